"""Cut the small network of the source study's pathway out of the osteoblast network.

JAK1 and JAK2, beta-catenin with its partner on DNA, and the osteoanabolic genes within two steps of
transcription: what carries the figure of Adam et al. 2020 (PMID:32051226). Run after an edit of
networks/osteoblast, then scripts/update_registry.py.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import jaknet as jn

CORE = {"JAK1", "JAK2", "CTNNB1", "TCF7L2", "BCAT_TCF"}
SHELF = Path(__file__).resolve().parents[1] / "networks" / "source_study"
ABOUT = """name: source_study
version: "1.0"
description: JAK to beta-catenin to the osteoanabolic genes, the pathway of the source study (PMID:32051226)
species: human
"""


def pathway(network: jn.Network) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the edges and nodes of the pathway.

    Parameters
    ----------
    network : Network
        The osteoblast network.
    """
    edges = network.edges
    wanted = set(jn.load_osteoanabolic()["gene"])
    written = edges[edges["layer"] == "transcription"]
    first = set(written.loc[written["source"] == "BCAT_TCF", "target"]) & wanted
    second = set(written.loc[written["source"].isin(first), "target"]) & wanted
    inside = CORE | first | second
    upstream = edges["source"].isin(CORE) & edges["target"].isin(CORE)
    downstream = (edges["layer"] == "transcription") & edges["source"].isin({"BCAT_TCF", *first}) & edges["target"].isin(inside)
    kept = edges[upstream | downstream]
    nodes = network.nodes
    return kept, nodes[nodes["node"].isin(set(kept["source"]) | set(kept["target"]))]


if __name__ == "__main__":
    edges, nodes = pathway(jn.load_network("osteoblast"))
    SHELF.mkdir(exist_ok=True)
    edges.to_csv(SHELF / "edges.tsv", sep="\t", index=False, lineterminator="\n")
    nodes.to_csv(SHELF / "nodes.tsv", sep="\t", index=False, lineterminator="\n")
    (SHELF / "network.yaml").write_text(ABOUT, encoding="utf-8")
    print(f"{len(nodes)} nodes, {len(edges)} edges written to networks/source_study")
