"""TRRUST as bundled: signed rows alone, each with its papers, under current symbols, licence beside it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

import jaknet as jn
from jaknet.data.registry import bundled_path
from jaknet.genes.tables import gene_table

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "extract_regulons.py"


def test_every_edge_has_a_sign_a_paper_and_the_layer_of_transcription():
    edges = jn.load_network("trrust").edges
    assert set(edges["sign"]) == {1, -1} and set(edges["layer"]) == {"transcription"} and set(edges["resources"]) == {"TRRUST"}
    assert edges["references"].str.match(r"PMID:\d+").all()
    # A sign that some papers contradict says so.
    assert ((edges["sign_basis"] == "majority") == (edges["references_against"] != "")).all()


def test_symbols_are_current():
    names = set(jn.load_network("trrust").genes)
    assert names - gene_table("human").symbols == {"DEC1", "LOR", "NOV", "SALL4A", "STAT5"} - gene_table("human").symbols
    assert {"BMAL1", "CCN2"} <= names and not {"ARNTL", "CTGF"} & names


def test_licence_and_changes_are_stated():
    said = (bundled_path("networks/regulons/trrust/edges.tsv").parents[1] / "README.md").read_text(encoding="utf-8")
    assert "creativecommons.org/licenses/by-sa/4.0" in said and "10.1093/nar/gkx1013" in said and "rows without a sign" in said


def test_regulators_take_it_by_name(real_signature):
    found = jn.regulators(real_signature("t84_24h"), "trrust", method="ulm")
    assert found.loc[0, ["regulator", "direction"]].tolist() == ["STAT3", "up"]


@pytest.mark.skipif(not SCRIPT.is_file(), reason="scripts are not part of an installation")
def test_the_script_makes_what_is_bundled(real_data):
    specification = importlib.util.spec_from_file_location("extract_regulons", SCRIPT)
    script = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(script)
    made, bundled = script.signed_regulons(real_data / "networks" / "trrust_human.tsv"), jn.load_network("trrust")
    pd.testing.assert_frame_equal(made.edges, bundled.edges)
    assert (made.report["unsigned"], len(made.report["conflicts_dropped"])) == (4325, 110)
