"""Remake the figure of the README. Run from the project's root: ``python scripts/make_figures.py``."""

from __future__ import annotations

from pathlib import Path

import jaknet as jn
from jaknet.reporting.plots import plot_effects


def main() -> None:
    """Draw tofacitinib in arthritis, ranked without data."""
    net = jn.load_network("osteoblast")
    response = jn.perturb(net, jn.load_drug("tofacitinib").at("300 nM"), context="inflammatory", seed=0)
    ranking = jn.rank(response, nulls=100, seed=0)
    title = "tofacitinib 300 nM, inflammatory context, given the source study\n(+) builds bone, (−) opposes"
    figure = plot_effects(ranking.to_frame(), title=title)
    place = Path(__file__).resolve().parents[1] / "docs" / "images" / "ranking.png"
    place.parent.mkdir(exist_ok=True)
    figure.savefig(place, dpi=110, metadata={"Software": None})
    print(f"written to {place.name}")


if __name__ == "__main__":
    main()
