"""Remake the figures of README and docs. Run from the project's root: ``python scripts/make_figures.py``."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

import jaknet as jn
from jaknet.reporting.plot import plot_effects

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"


def main() -> None:
    """Draw a ranking, what each drug blocks, how far probabilities hold, and an explanation of made-up data."""
    net = jn.load_network("osteoblast")
    response = jn.perturb(net, jn.load_drug("tofacitinib").at("300 nM"), context="inflammatory", seed=0)
    ranking = jn.rank(response, nulls=100, seed=0)
    title = "tofacitinib 300 nM, inflammatory context, given the source study\n(+) builds bone, (−) opposes"
    _write(plot_effects(ranking.to_frame(), title=title), "ranking.png")
    _write(jn.explain(_made_up(net), net, "IL22", alternatives=0).plot(route_to="SOCS3").figure, "explanation.png")
    _write(jn.plot.selectivity(jn.selectivity(jn.list_drugs(), ["300 nM"])).figure, "selectivity.png")
    _write(jn.plot.reliability(jn.validate(net, jn.load_facts()).reliability).figure, "reliability.png")


def _made_up(net: jn.Network) -> jn.Signature:
    """The dataset of docs/explain.md: the predicted transcripts of cells with IL-22, taken as if they had been measured."""
    table = jn.perturb(net, jn.activate("IL22"), members=50).transcripts().rename(columns={"effect": "log2_fold_change"})
    table = table[["gene", "log2_fold_change"]].drop_duplicates("gene")
    return jn.Signature(table.assign(statistic=20 * table["log2_fold_change"], p_value=0.5, q_value=0.5), label="IL-22, made up")


def _write(figure: Figure, name: str) -> None:
    IMAGES.mkdir(exist_ok=True)
    figure.savefig(IMAGES / name, dpi=110, metadata={"Software": None})
    print(f"written to {name}")


if __name__ == "__main__":
    main()
