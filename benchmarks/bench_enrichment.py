"""Time `enrich` against a bare call of gseapy on the same ranking, and compare what both say.

    python benchmarks/bench_enrichment.py                   # Reactome from $JAKNET_REAL_DATA/gene_sets, 15,000 genes
    python benchmarks/bench_enrichment.py --gmt my.gmt --genes 5000

Both run twice in turn; the first pair warms up. Processor time is what counts on a busy machine. Without a GMT the sets are
simulated with Reactome's sizes.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import gseapy
import numpy as np
import pandas as pd
from joblib import parallel_config

from jaknet.enrichment.enrich import enrich
from jaknet.tables import read_gmt


def main() -> None:
    """Run both and print times and differences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(os.environ.get("JAKNET_REAL_DATA", ".")) / "gene_sets" / "c2.cp.reactome.v2022.1.Hs.symbols.gmt"
    parser.add_argument("--gmt", type=Path, default=default, help="gene sets")
    parser.add_argument("--genes", type=int, default=15_000, help="genes ranked")
    parser.add_argument("--rounds", type=int, default=2, help="times each is run")
    options = parser.parse_args()
    sets = read_gmt(options.gmt) if options.gmt.is_file() else _simulated_sets()
    values = _ranking(sets, options.genes)
    ordered = values.sort_values(ascending=False)
    rows = []
    with parallel_config(n_jobs=1):
        for _ in range(options.rounds):
            start, cpu = time.perf_counter(), time.process_time()
            call = {"min_size": 5, "max_size": 500, "outdir": None, "no_plot": True, "seed": 0, "threads": 1}
            bare = gseapy.prerank(rnk=ordered, gene_sets=sets, method="multilevel", **call).res2d.set_index("Term")
            rows.append(("gseapy", time.perf_counter() - start, time.process_time() - cpu))
            start, cpu = time.perf_counter(), time.process_time()
            ours = enrich(values, sets).to_frame().set_index("term")
            rows.append(("jaknet", time.perf_counter() - start, time.process_time() - cpu))
    table = pd.DataFrame(rows, columns=["program", "wall_s", "cpu_s"])
    print(table.to_string(index=False, float_format="{:.2f}".format))
    best = table.groupby("program")["cpu_s"].min()
    print(f"{len(values)} genes, {len(ours)} sets tested; overhead {best['jaknet'] / best['gseapy'] - 1:+.1%} of processor time")
    bare = bare.loc[ours.index]
    for column, theirs in (("score", "ES"), ("normalized_score", "NES"), ("p_value", "NOM p-val"), ("q_value", "FDR q-val")):
        print(f"largest difference of {column}: {(ours[column] - bare[theirs].astype(float)).abs().max():.3g}")


def _simulated_sets(count: int = 1600, n_genes: int = 11_000, seed: int = 0) -> dict[str, list[str]]:
    """Return sets with log-normal sizes from 5 to 500."""
    generator = np.random.default_rng(seed)
    sizes = np.clip(np.exp(generator.normal(3.3, 1.0, count)).astype(int), 5, 500)
    return {f"SET{row}": [f"S{gene}" for gene in generator.choice(n_genes, size, replace=False)] for row, size in enumerate(sizes)}


def _ranking(sets: dict[str, list[str]], n_genes: int, seed: int = 0) -> pd.Series:
    """Return a ranking without ties in which some sets are shifted up."""
    known = sorted({gene for genes in sets.values() for gene in genes})[:n_genes]
    genes = known + [f"OTHER{number}" for number in range(n_genes - len(known))]
    values = pd.Series(np.random.default_rng(seed).standard_normal(len(genes)), index=genes)
    for name in list(sets)[:40]:
        values[values.index.intersection(sets[name])] += 0.4
    return values


if __name__ == "__main__":
    main()
