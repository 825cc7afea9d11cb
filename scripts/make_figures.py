"""Remake the figures of README and docs. Run from the project's root: ``python scripts/make_figures.py``."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from PIL import Image

import jaknet as jn

DOCS = Path(__file__).resolve().parents[1] / "docs"
#: Code, and the picture below it.
SHOWN = re.compile(r"^```python\n(.*?)^```(?:\s+!\[[^]]*\]\(images/(gallery_\w+\.png)\))?", re.MULTILINE | re.DOTALL)


def main() -> None:
    """Draw the gallery, a ranking, what each drug blocks, how far probabilities hold, and an explanation of made-up data."""
    draw_gallery((DOCS / "gallery.md").read_text(encoding="utf-8"))
    net = jn.load_network("osteoblast")
    response = jn.perturb(net, jn.load_drug("tofacitinib").at("300 nM"), context="inflammatory", seed=0)
    write(jn.rank(response, nulls=0, seed=0).plot().figure, "ranking.png")
    write(jn.explain(made_up(net), net, "IL22", alternatives=0).plot(route_to="SOCS3").figure, "explanation.png")
    write(jn.plot.selectivity(jn.selectivity(jn.list_drugs(), ["300 nM"])).figure, "selectivity.png")
    write(jn.validate(net, jn.load_facts()).plot().figure, "reliability.png")


def draw_gallery(page: str) -> None:
    """Run the code of the gallery from top to bottom, and write what ``axes`` is above each picture."""
    names: dict[str, Any] = {}
    for code, picture in SHOWN.findall(page):
        exec("\n".join(line[4:] for line in code.splitlines() if line.startswith((">>> ", "... "))), names)
        if picture:
            write(names["axes"].figure, picture)


def made_up(net: jn.Network) -> jn.Signature:
    """The dataset of docs/explain.md: the predicted transcripts of cells with IL-22, taken as if they had been measured."""
    table = jn.perturb(net, jn.activate("IL22"), members=50).transcripts().rename(columns={"effect": "log2_fold_change"})
    table = table[["gene", "log2_fold_change"]].drop_duplicates("gene")
    return jn.Signature(table.assign(statistic=20 * table["log2_fold_change"], p_value=0.5, q_value=0.5), label="IL-22, made up")


def write(figure: Figure, name: str) -> None:
    """Write a figure as a small PNG."""
    drawn = BytesIO()
    figure.savefig(drawn, format="png", dpi=110, metadata={"Software": None})
    path = DOCS / "images" / name
    path.parent.mkdir(exist_ok=True)
    picture = Image.open(drawn).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    picture.save(path, optimize=True)
    print(f"written to {name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
