"""Simulate the bundled example: counts of osteoblasts with and without tofacitinib, from a network that differs from the bundled one.

Run from the project's root: ``python scripts/simulate_example.py``, then ``python scripts/update_registry.py``.
The log2 fold changes of the network's genes are the median transcript effects of a network that lacks 20 % of the bundled
edges and has 10 % of the rest with their sign turned, so that finding them again is no circle; complexes keep their parts.
All other genes are unchanged.
"""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path

import numpy as np
import pandas as pd

import jaknet as jn
from jaknet.genes.tables import gene_table
from jaknet.network.network import Network
from jaknet.network.schema import PART_OF

SEED = 20
GENES, REPLICATES, READS = 4000, 4, 6e6
DROPPED, TURNED = 0.2, 0.1
LARGEST = 2.5  # log2 fold change of the transcript that changes most; the others in proportion
DRUG, DOSE, CONTEXT = "tofacitinib", "300 nM", "inflammatory"


def _altered(network: Network, rng: np.random.Generator) -> Network:
    """Return the network without a fifth of its edges and with a tenth of the rest turned; parts of complexes stay."""
    edges = network.edges
    kept = (rng.random(network.n_edges) >= DROPPED) | (edges["mechanism"] == PART_OF)
    edges = edges.loc[kept].reset_index(drop=True)
    turned = (rng.random(len(edges)) < TURNED) & (edges["mechanism"] != PART_OF)
    return network.with_edges(edges.assign(sign=np.where(turned, -edges["sign"], edges["sign"])), name="altered for the example")


def _simulate() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return counts, samples and truth."""
    rng = np.random.default_rng(SEED)
    network = _altered(jn.load_network("osteoblast"), rng)
    response = jn.perturb(network, jn.load_drug(DRUG).at(DOSE), context=jn.load_context(CONTEXT), members=400, seed=SEED)
    human = gene_table("human")
    effects = response.transcripts().set_index("node")["effect"]
    effects = effects[[name in human.symbols for name in effects.index]]
    kinds = network.nodes.set_index("node")["gene"]
    measured = sorted(set(effects.index) | {gene for gene in kinds if gene in human.coding})
    others = rng.choice(sorted(human.coding - set(measured)), GENES - len(measured), replace=False)
    genes = sorted([*measured, *others])
    change = (LARGEST * effects / effects.abs().max()).reindex(genes).fillna(0.0).round(4)
    level = np.exp(rng.normal(0, 1.6, GENES))
    level = np.where(np.isin(genes, measured), np.maximum(level, 0.3), level)
    treated = np.repeat([0, 1], REPLICATES)
    mean = level[:, None] * 2.0 ** (change.to_numpy()[:, None] * treated)
    mean *= READS / mean.sum(axis=0) * rng.uniform(0.75, 1.3, 2 * REPLICATES)
    size = 1 / (0.03 + 1.5 / mean.mean(axis=1, keepdims=True))
    names = [f"simulated_{arm}_{i + 1}" for arm in ("vehicle", DRUG) for i in range(REPLICATES)]
    counts = pd.DataFrame(rng.poisson(rng.gamma(size, mean / size)), index=pd.Index(genes, name="gene"), columns=names)
    arms = np.repeat(["vehicle", DRUG], REPLICATES)
    samples = pd.DataFrame({"sample": names, "treatment": arms, "context": CONTEXT, "origin": "simulated"})
    in_network = np.isin(genes, effects.index).astype(int)
    truth = pd.DataFrame({"gene": genes, "log2_fold_change": change.to_numpy(), "in_network": in_network, "origin": "simulated"})
    return counts, samples, truth


def main() -> None:
    """Write the three files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1] / "expression" / "simulated")
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    counts, samples, truth = _simulate()
    text = "# SIMULATED by scripts/simulate_example.py, not measured\n" + counts.to_csv(sep="\t", lineterminator="\n")
    (folder / "counts.tsv.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    samples.to_csv(folder / "samples.tsv", sep="\t", index=False, lineterminator="\n")
    truth.to_csv(folder / "truth.tsv", sep="\t", index=False, lineterminator="\n")
    changed = (truth["log2_fold_change"].abs() >= 0.25).sum()
    print(f"{len(counts)} genes x {counts.shape[1]} samples, {changed} changed by 0.25 or more, written to {folder}")


if __name__ == "__main__":
    main()
