"""A small cell and the facts about it, true by construction."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from jaknet.network.network import Network

FACT = {
    "id": "F",
    "nodes": "OSM",
    "sign": "1",
    "background": "",
    "context": "steady_state",
    "readout": "SOCS3",
    "direction": "up",
    "measure": "transcript",
    "paper_id": "PMID:900",
    "paper_aliases": "",
}

MANY = 10**7


def _facts_table(*changes: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame([FACT | {"id": f"F{number}"} | change for number, change in enumerate(changes)])


@pytest.fixture(scope="session")
def facts_table() -> Callable[..., pd.DataFrame]:
    """Build a table of facts, each given by what differs from one that is true of `cell`."""
    return _facts_table


@pytest.fixture(scope="session")
def cell() -> Network:
    """OSM → JAK1 → STAT3, which induces SOCS3 and represses SOST; every edge its own paper, one of them two.

    The reports are so many that, with `other_sign` 0, an edge is there with its sign in every member.
    """
    rows = [
        ("OSM", "JAK1", 1, "signaling", "PMID:1"),
        ("JAK1", "STAT3", 1, "signaling", "PMID:2"),
        ("STAT3", "SOCS3", 1, "transcription", "PMID:3;DOI:10.1/x"),
        ("STAT3", "SOST", -1, "transcription", "PMID:4"),
        ("SOST", "CTNNB1", -1, "signaling", "PMID:5"),
        ("PTH", "SOST", -1, "transcription", "PMID:6"),
    ]
    edges = pd.DataFrame(rows, columns=["source", "target", "sign", "layer", "references"]).assign(tier="A", lineage="osteoblast")
    edges["support_positive"], edges["support_negative"] = (MANY * (edges["sign"] == sign) for sign in (1, -1))
    return Network(edges, name="cell")


@pytest.fixture
def table() -> pd.DataFrame:
    return _facts_table(
        {},
        {"nodes": "JAK1", "sign": "-1", "background": "OSM=+1", "direction": "down"},
        {"readout": "SOST", "direction": "down", "paper_id": "PMID:901"},
        {"readout": "CTNNB1", "measure": "activity", "direction": "up", "paper_id": "PMID:901"},
        {"readout": "SOCS3/SOST", "direction": "up", "paper_id": "a title that no edge cites"},
        {"readout": "SOST", "direction": "up", "paper_id": "PMID:902"},
        {"nodes": "NOSUCH", "readout": "ALPL", "paper_id": "PMID:903"},
        {"nodes": "PTH", "readout": "SOCS3", "direction": "none", "paper_id": "PMID:904"},
    )
