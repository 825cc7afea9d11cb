"""Fit the one scale of transcripts, and show it on stimulations that did not set it.

``log2 fold change = fold_change / ln 2 * (change of the log odds of transcription)``. One number for all genes is fitted by
least squares through 0 on two published stimulations (fibroblasts with interferon beta for 6 h, T84 cells with IL-22 for 3 h). It
is shown on those and on others: later times, interferon beta on blood cells, TNF on synovial fibroblasts, dexamethasone on airway
muscle (as NR3C1 held active), two JAK inhibitors on neural cells. For each: predicted beside observed for genes that answer the
stimulus; then, over those genes and over all transcripts of the network that were measured, slope of observed on predicted through
0 (1 where the scale fits), correlation, and the root mean square error beside that of the peer, a prediction of no change.

    JAKNET_REAL_DATA=path/to/data python benchmarks/bench_scale.py
    JAKNET_REAL_DATA=path/to/data python benchmarks/bench_scale.py --only Kang Airway

What the data leave open: the blood cells have no donors in the file, so cells are summed by arm; the terms d0t1 to d0t16 of the synovial
table are read as TNF without IL-17A against time 0, since the file has no key and TNF's targets rise in them; which ligands the
neural cells make is unknown, so the drugs are shown in two contexts.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import anndata
import numpy as np
import pandas as pd

import jaknet as jn

ALWAYS = ("STAT1", "IRF1", "ISG15", "SOCS3", "CISH")
INFLAMMATION = (*ALWAYS, "NFKBIA", "IL6", "CCL2")
GLUCOCORTICOID = (*ALWAYS, "FKBP5", "TSC22D3", "NFKBIA", "IL6", "CCL2")
FITTED = ("IMR90 IFN-beta 6 h", "T84 IL-22 3 h")
MEASURED = 1.0  # reads a well on average: fewer leave the fold change to chance


@dataclass(frozen=True)
class Stimulation:
    """A published experiment and what stands for it in the model."""

    name: str
    done: tuple[str, ...]
    read: Callable[[], pd.Series]
    shown: tuple[str, ...] = ALWAYS
    context: str = "unstimulated_stromal"


def _stimulations(folder: Path) -> Iterator[Stimulation]:
    """List the experiments; each is read when it is asked for."""
    for hours in ("6hrs", "24hrs"):
        yield Stimulation(f"IMR90 IFN-beta {hours[:-3]} h", ("IFNB1",), lambda hours=hours: _imr90(folder, hours))
    for hours in ("3h", "24h"):
        yield Stimulation(f"T84 IL-22 {hours[:-1]} h", ("IL22",), lambda hours=hours: _t84(folder, hours))
    yield Stimulation("Kang IFN-beta 6 h, blood cells", ("IFNB1",), lambda: _kang(folder), INFLAMMATION)
    for hours in ("1", "6", "16"):
        yield Stimulation(f"Synovial TNF {hours} h", ("TNF",), lambda hours=hours: _synovial(folder, f"d0t{hours}"), INFLAMMATION)
    yield Stimulation("Airway dexamethasone 18 h", ("NR3C1",), lambda: _airway(folder), GLUCOCORTICOID)
    for drug in ("ruxolitinib", "tofacitinib"):
        for context in ("unstimulated_stromal", "inflammatory"):
            yield Stimulation(
                f"Neural {drug} 1 uM ({context})", (f"{drug} 1 uM",), lambda drug=drug: _neural(folder, drug), ALWAYS, context
            )


def _imr90(folder: Path, hours: str) -> pd.Series:
    """Return fibroblasts with interferon beta against none, knock-down lines adjusted for."""
    samples = pd.read_csv(folder / "imr90_ifnb_samples.tsv", sep="\t", index_col=0)
    samples["line"] = samples["title"].str.lower().str.extract(r"^(sh[a-z]+_\d)")[0]
    samples["hours"] = samples["title"].str.extract(r"_(\d+hrs)")[0]
    counts = jn.read_expression(folder / "imr90_ifnb_counts.tsv.gz")
    return _changes(jn.contrast(counts, samples, factor="hours", test=hours, reference="0hrs", covariates=["line"]))


def _t84(folder: Path, hours: str) -> pd.Series:
    """Return T84 cells with IL-22 against mock."""
    samples = pd.read_csv(folder / "t84_il22_samples.tsv", sep="\t", index_col=0)
    counts = jn.read_expression(folder / "t84_il22_counts.tsv.gz")
    return _changes(jn.contrast(counts, samples[samples["time"] == hours], factor="treatment", test="IL22", reference="Mock"))


def _kang(folder: Path) -> pd.Series:
    """Return blood cells with interferon beta against none: sums over cells, the median gene taken as unchanged."""
    cells = anndata.read_h5ad(folder / "kang_ifnb_600x249.h5ad")
    arms = [np.asarray(cells[(cells.obs["stim"] == arm).to_numpy()].X.sum(axis=0)).ravel() for arm in ("ctrl", "stim")]
    change = pd.Series(np.log2(arms[1] + 0.5) - np.log2(arms[0] + 0.5), index=cells.var_names)
    return change - change.median()


def _synovial(folder: Path, term: str) -> pd.Series:
    """Return one term of the table of synovial fibroblasts; of several rows a gene, the one expressed most."""
    table = pd.read_csv(folder / "synovial_fibroblast_sirna_limma.tsv.gz", sep="\t")
    table = table[table["mean_expression"] > 1].sort_values("mean_expression", ascending=False).drop_duplicates("hgnc_symbol")
    return table.set_index("hgnc_symbol")[f"{term}_log2fc"]


def _airway(folder: Path) -> pd.Series:
    """Return airway muscle with dexamethasone against none, donors adjusted for."""
    files = (folder / "airway_rawcounts.csv.gz", folder / "airway_metadata.csv")
    return _changes(jn.contrast(*files, factor="dex", test="treated", reference="control", covariates=["celltype"]))


@cache
def _neural(folder: Path, drug: str) -> pd.Series:
    """Return neural cells with a drug at 1 uM against the control wells; genes with enough reads alone."""
    wells = pd.read_csv(folder / "neural_kinase_screen_wells.csv", index_col="Well")
    wells["arm"] = wells["Drug"].where(wells["Drug"] == "Drug control", wells["Drug"] + " " + wells["Concentration"].astype(str))
    chosen = wells[wells["arm"].isin(["Drug control", f"{drug} 1.0"])]
    counts = pd.read_csv(folder / "neural_kinase_screen_counts.csv.gz", index_col=0)[chosen.index]
    counts = counts[counts.mean(axis=1) >= MEASURED]
    return _changes(jn.contrast(counts, chosen, factor="arm", test=f"{drug} 1.0", reference="Drug control"))


def _changes(signature: jn.Signature) -> pd.Series:
    return signature.to_frame().set_index("gene")["log2_fold_change"]


@cache
def _predicted(done: tuple[str, ...], context: str, members: int) -> pd.Series:
    """Return the median log2 fold change of every transcript at a scale of 1; names of nodes are held active, drugs have a dose."""
    network = jn.load_network("osteoblast")
    changes = [_perturbation(name) for name in done]
    response = jn.perturb(network, changes, context, members=members, settings=jn.EnsembleSettings(fold_change=1.0))
    table = response.transcripts().set_index("node")["effect"]
    return pd.Series({gene: table[node] for gene, node in network.transcripts.items()})


def _perturbation(name: str) -> jn.Perturbation:
    drug, _, dose = name.partition(" ")
    return jn.load_drug(drug).at(dose) if dose else jn.activate(name)


def main() -> None:
    """Print the fitted scale, and predicted beside observed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=300)
    parser.add_argument(
        "--only", nargs="+", default=[], help="first words of the stimulations to show (those that set the scale always are)"
    )
    options = parser.parse_args()
    folder = Path(os.environ["JAKNET_REAL_DATA"]) / "expression"
    wanted = [each for each in _stimulations(folder) if not options.only or each.name in FITTED or each.name.split()[0] in options.only]
    pairs = {each.name: _pair(each, options.members) for each in wanted}
    both = pd.concat([pairs[name] for name in FITTED])
    scale = jn.EnsembleSettings().fold_change
    print(f"fold_change fitted on {' and '.join(FITTED)} ({len(both)} genes): {_slope(both):.3f}; in use: {scale}")
    for each in wanted:
        _show(each, pairs[each.name].assign(predicted=pairs[each.name]["predicted"] * scale))


def _pair(each: Stimulation, members: int) -> pd.DataFrame:
    """Return predicted (at a scale of 1) beside observed, for the transcripts that both have."""
    seen, said = each.read(), _predicted(each.done, each.context, members)
    return pd.concat([said, seen[~seen.index.duplicated()]], axis=1, join="inner", keys=["predicted", "observed"]).dropna()


def _show(each: Stimulation, table: pd.DataFrame) -> None:
    """Print one stimulation: its figures, then its genes."""
    print(f"\n{each.name} ({'set the scale' if each.name in FITTED else 'did not set the scale'})")
    chosen = table[table.index.isin(each.shown)]
    for label, part in (("genes shown", chosen), ("all genes of the network", table)):
        error = [float(np.sqrt(np.mean(left**2))) for left in (part["observed"] - part["predicted"], part["observed"])]
        print(f"  {label}: slope of observed on predicted {_slope(part):.2f}, correlation {_correlation(part):.2f}, n {len(part)}; "
              f"root mean square error {error[0]:.2f}, of a prediction of 0 {error[1]:.2f}")  # fmt: skip
    print(chosen.loc[_in_order(each.shown, chosen)].T.round(2).to_string())


def _in_order(names: Sequence[str], table: pd.DataFrame) -> list[str]:
    return [name for name in names if name in table.index]


def _slope(table: pd.DataFrame) -> float:
    """Return the slope of observed on predicted through 0; NaN where nothing is predicted to move."""
    size = float(table["predicted"] @ table["predicted"])
    return float(table["predicted"] @ table["observed"]) / size if size > 0 else float("nan")


def _correlation(table: pd.DataFrame) -> float:
    """Return Pearson's correlation; NaN for fewer than three genes or without any variation."""
    varies = len(table) > 2 and bool((table.std() > 0).all())
    return float(table.corr().iloc[0, 1]) if varies else float("nan")


if __name__ == "__main__":
    main()
