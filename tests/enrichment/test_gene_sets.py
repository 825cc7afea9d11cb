"""Reading, clustering, and the bundled sets against the tables they are made from."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as some

import jaknet as jn
from jaknet.enrichment.gene_sets import as_gene_sets, cluster_sets
from jaknet.errors import InputError, OfflineError
from jaknet.tables import read_gmt

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "make_gene_sets.py"


def test_a_gmt_is_read_with_repeats_and_blanks_removed(tmp_path: Path) -> None:
    path = tmp_path / "sets.gmt"
    path.write_text("ONE\tabout\tA\tB\tA\t\nTWO\t\tC\n\n", encoding="utf-8")
    assert read_gmt(path) == {"ONE": ["A", "B"], "TWO": ["C"]}
    assert as_gene_sets(str(path)) == read_gmt(path)


def test_missing_file_empty_mapping_and_offline_library(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no gene-set file"):
        as_gene_sets(tmp_path / "absent.gmt")
    with pytest.raises(InputError, match="without genes"):
        as_gene_sets({"A": []})
    with pytest.raises(InputError, match="whole mapping"):
        as_gene_sets({})
    with pytest.raises(OfflineError, match="Give a GMT file"):
        as_gene_sets("enrichr:MSigDB_Hallmark_2020")
    # A name that is misspelled asks nobody on the internet.
    with pytest.raises(InputError, match=r"no gene-set file 'typo'.*enrichr:NAME"):
        as_gene_sets("typo")
    with pytest.raises(InputError, match="gene_sets must be a mapping"):
        as_gene_sets(5)


def test_sets_that_share_most_of_the_smaller_one_form_a_cluster() -> None:
    groups = cluster_sets([["A", "B", "C", "D"], ["X", "Y"], ["A", "B"], ["Y", "Z", "W"], []])
    assert groups[0] == groups[2] == 1
    assert groups[1] == 2
    assert groups[4] not in groups[:4]
    assert cluster_sets([]).tolist() == [] and cluster_sets([["A"]]).tolist() == [1]


@settings(max_examples=40, deadline=None)
@given(some.lists(some.lists(some.sampled_from("ABCDEFGH"), min_size=1, max_size=5, unique=True), min_size=2, max_size=8))
def test_cluster_numbers_are_dense_in_order_and_equal_sets_go_together(sets: list[list[str]]) -> None:
    groups = cluster_sets(sets)
    firsts = list(dict.fromkeys(groups.tolist()))
    assert firsts == list(range(1, len(firsts) + 1))
    for one in range(len(sets)):
        for other in range(one):
            if set(sets[one]) == set(sets[other]):
                assert groups[one] == groups[other]


def test_bundled_sets_say_what_the_network_says() -> None:
    sets, edges = jn.load_gene_sets(), jn.load_network("osteoblast").edges
    assert {"OSTEOANABOLIC", "OSTEOANABOLIC_OPPOSING", "JAK_STAT_TARGETS", "WNT_TARGETS", "BMP_TARGETS", "NFKB_TARGETS"} <= set(sets)
    assert {"SOCS1", "SOCS3", "CISH"} <= set(sets["JAK_STAT_FEEDBACK"])
    assert not set(sets["OSTEOANABOLIC"]) & set(sets["OSTEOANABOLIC_OPPOSING"])
    induced = edges[(edges["source"] == "RUNX2") & (edges["layer"] == "transcription") & (edges["sign"] > 0)]["target"]
    assert set(sets["RUNX2_TARGETS"]) == set(induced)
    assert all(len(genes) >= 4 and genes == sorted(set(genes)) for genes in sets.values())


@pytest.mark.skipif(not SCRIPT.is_file(), reason="scripts are not part of an installation")
def test_the_bundled_file_is_what_the_script_makes_of_the_tables_today() -> None:
    specification = importlib.util.spec_from_file_location("make_gene_sets", SCRIPT)
    script = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(script)
    made = {line.split("\t")[0]: line.split("\t")[2:] for line in script.make_lines()}
    assert made == jn.load_gene_sets(), "run scripts/make_gene_sets.py, then scripts/update_registry.py"
    assert np.all([line.split("\t")[1] for line in script.make_lines()])
