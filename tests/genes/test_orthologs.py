"""Orthologs with support."""

from __future__ import annotations

import pytest

from jaknet.errors import UnknownNameError
from jaknet.genes.orthologs import orthologs
from jaknet.genes.tables import ortholog_pairs


def test_osteocalcin_paralogues_reach_bglap():
    found = orthologs(["Bglap", "Bglap2", "Bglap3"])
    assert found["target"].tolist() == ["BGLAP"] * 3
    assert set(found["relation"]) == {"many-to-one"}
    assert (found["support"] == 10).all()


def test_order_and_unknown_names_are_kept():
    found = orthologs(["Trp53", "", "Nonsense", "Jak1", "Trp53"])
    assert found["target"].tolist() == ["TP53", "", "", "JAK1", "TP53"]
    assert found["relation"].tolist() == ["one-to-one", "none", "none", "one-to-one", "one-to-one"]


def test_names_that_capitals_would_get_wrong():
    assert orthologs(["Cd8b1", "Trp53", "Il6st"])["target"].tolist() == ["CD8B", "TP53", "IL6ST"]


def test_both_directions_agree_where_the_relation_is_one_to_one():
    there = orthologs(sorted(set(ortholog_pairs()["mouse"])))
    single = there[(there["relation"] == "one-to-one") & (there["support"] >= 8)]
    back = orthologs(single["target"], "human", "mouse")
    assert (back["target"].to_numpy() == single["source"].to_numpy()).mean() > 0.99


def test_a_poorly_supported_paralogue_is_left_out():
    there = orthologs(sorted(set(ortholog_pairs()["mouse"])))
    weaker = there[there["relation"] == "weaker"]
    assert len(weaker) > 100
    assert (weaker["target"] == "").all()
    kept = there[there["target"] != ""]
    strongest = kept.groupby("target")["support"].transform("max")
    assert (2 * kept["support"] >= strongest).all()
    assert not kept.loc[kept["relation"] == "one-to-one", "target"].duplicated().any()


@pytest.mark.parametrize("pair", [("mouse", "mouse"), ("rat", "human"), ("human", "rat")])
def test_other_pairs_are_refused(pair):
    with pytest.raises(UnknownNameError, match="pair of species"):
        orthologs(["Jak1"], *pair)
