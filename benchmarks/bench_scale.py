"""Fit the one scale of transcripts, and show it on stimulations that did not set it.

``log2 fold change = fold_change / ln 2 * (change of the log odds of transcription)``. One number for
all genes is fitted by least squares through 0 on two published stimulations (fibroblasts with
interferon beta for 6 h, T84 cells with IL-22 for 3 h) and shown on others. Needs the datasets that
JAKNET_REAL_DATA points to. Run: python benchmarks/bench_scale.py
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

import jaknet as jn

SHOWN = ["STAT1", "IRF1", "ISG15", "SOCS3", "CISH"]
FITTED = ["IMR90 IFN-beta 6 h", "T84 IL-22 3 h"]
LIGANDS = {"IMR90": ["IFNB1"], "T84": ["IL22"], "Kang": ["IFNB1"], "Synovial": ["TNF"], "Airway": ["NR3C1"]}


def observed(folder: Path) -> dict[str, pd.Series]:
    """Return log2 fold changes by symbol for each stimulation."""
    found = {}
    samples = pd.read_csv(folder / "imr90_ifnb_samples.tsv", sep="\t", index_col=0)
    samples["line"] = samples["title"].str.lower().str.extract(r"^(sh[a-z]+_\d)")[0]
    samples["hours"] = samples["title"].str.extract(r"_(\d+hrs)")[0]
    counts = jn.read_expression(folder / "imr90_ifnb_counts.tsv.gz")
    for hours in ("6hrs", "24hrs"):
        signature = jn.contrast(counts, samples, factor="hours", test=hours, reference="0hrs", covariates=["line"])
        found[f"IMR90 IFN-beta {hours.removesuffix('hrs')} h"] = _changes(signature)
    samples = pd.read_csv(folder / "t84_il22_samples.tsv", sep="\t", index_col=0)
    counts = jn.read_expression(folder / "t84_il22_counts.tsv.gz")
    for hours in ("3h", "24h"):
        chosen = samples[samples["time"] == hours]
        signature = jn.contrast(counts, chosen, factor="treatment", test="IL22", reference="Mock")
        found[f"T84 IL-22 {hours.removesuffix('h')} h"] = _changes(signature)
    return found


def _changes(signature: jn.Signature) -> pd.Series:
    return signature.to_frame().set_index("gene")["log2_fold_change"]


def predicted(ligands: list[str], settings: jn.EnsembleSettings) -> pd.Series:
    """Return the median log2 fold change of every transcript under some ligands."""
    network = jn.load_network("osteoblast")
    response = jn.perturb(network, [jn.activate(name) for name in ligands], "unstimulated_stromal", members=300, settings=settings)
    table = response.transcripts().set_index("node")["effect"]
    return pd.Series({gene: table[node] for gene, node in network.transcripts.items()})


def main() -> None:
    """Print the fitted scale, and predicted beside observed."""
    folder = Path(os.environ["JAKNET_REAL_DATA"]) / "expression"
    data = observed(folder)
    unit = jn.EnsembleSettings(fold_change=1.0)
    pairs = {name: pd.concat([predicted(LIGANDS[name.split()[0]], unit), seen], axis=1, join="inner", keys=["predicted", "observed"]).dropna()
             for name, seen in data.items()}  # fmt: skip
    both = pd.concat([pairs[name] for name in FITTED])
    print(f"fold_change fitted on {' and '.join(FITTED)} ({len(both)} genes): {_slope(both):.3f}")
    for name, table in pairs.items():
        set_by = "set it" if name in FITTED else "did not set it"
        scaled = table.assign(predicted=table["predicted"] * jn.EnsembleSettings().fold_change)
        print(f"\n{name} ({set_by}): slope of observed on predicted {_slope(scaled):.2f}, correlation {scaled.corr().iloc[0, 1]:.2f}, {len(scaled)} genes")
        print(scaled[scaled.index.isin(SHOWN)].round(2).to_string())


def _slope(table: pd.DataFrame) -> float:
    return float((table["predicted"] @ table["observed"]) / (table["predicted"] @ table["predicted"]))


if __name__ == "__main__":
    np.set_printoptions(precision=3)
    main()
