"""The script that adds a fact or an edge: names and identifiers read, repetition refused, contradiction counted."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

import jaknet as jn
from jaknet.errors import InputError

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "add_evidence.py"
pytestmark = pytest.mark.skipif(not SCRIPT.is_file(), reason="scripts are not part of an installation")
FACT = {"nodes": "Jak1", "sign": "-1", "readout": "osteocalcin", "direction": "up", "measure": "protein", "paper_id": "doi.org/10.1234/AB"}


@pytest.fixture(scope="module")
def script() -> ModuleType:
    specification = importlib.util.spec_from_file_location("add_evidence", SCRIPT)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def network() -> jn.Network:
    return jn.load_network("osteoblast")


def test_a_fact_gets_the_network_s_names_one_identifier_and_an_id(script: ModuleType, network: jn.Network) -> None:
    facts = script.read_tsv(script.SHELF / "facts.tsv")
    row = script.new_fact(FACT, facts, network)
    assert (row["nodes"], row["readout"], row["paper_id"]) == ("JAK1", "BGLAP", "DOI:10.1234/ab")
    assert row["id"].endswith(".BGLAP") and row["id"] not in set(facts["id"])
    with pytest.raises(InputError, match="has this fact already"):
        script.new_fact(FACT | {"direction": "down"}, pd.concat([facts, pd.DataFrame([row])]), network)
    with pytest.raises(InputError, match="unknown node: JAKK"):
        script.new_fact(FACT | {"nodes": "JAKK"}, facts, network)


@pytest.mark.parametrize("text", ["", "PMC", "PMID:123456789", "DOI:abc", "Adam 2020"])
def test_what_is_no_identifier_of_a_paper_is_refused(script: ModuleType, text: str) -> None:
    with pytest.raises(InputError, match="no identifier of a paper"):
        script.paper(text)


def test_an_edge_is_new_supported_or_contradicted(script: ModuleType, network: jn.Network) -> None:
    edges = script.read_tsv(script.SHELF / "edges.tsv")
    key = {"source": "STAT3", "target": "SOST", "layer": "transcription", "references": "PMID:99999999"}
    there = edges.query("source == 'STAT3' and target == 'SOST' and layer == 'transcription'").iloc[0]
    other = "1" if there["sign"] == "-1" else "-1"
    for sign, column, word in ((there["sign"], "references", "supports"), (other, "references_against", "CONTRADICTS")):
        table, said = script.with_edge(key | {"sign": sign}, edges, network)
        row = table.query("source == 'STAT3' and target == 'SOST' and layer == 'transcription'").iloc[0]
        assert said.startswith(word) and row[column].endswith("PMID:99999999") and row["sign"] == there["sign"] and len(table) == len(edges)
        with pytest.raises(InputError, match="cites PMID:99999999 already"):
            script.with_edge(key | {"sign": sign}, table, network)
    table, said = script.with_edge(key | {"target": "CFL1", "sign": "1", "tier": "A"}, edges, network)
    assert said == "a new edge" and len(table) == len(edges) + 1
    assert jn.Network(table).n_edges == len(table)
