"""Orthologs with support."""

from __future__ import annotations

import pandas as pd
import pytest

from jaknet.errors import UnknownNameError
from jaknet.genes import tables as module
from jaknet.genes.tables import ortholog_pairs, orthologs


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


@pytest.fixture
def hcop(monkeypatch):
    """Replace the table of pairs by a few rows; the cached answers of the real table are put aside."""

    def _use(rows: list[tuple[str, str, int]]) -> None:
        table = pd.DataFrame(rows, columns=["mouse", "human", "support"])
        monkeypatch.setattr(module, "ortholog_pairs", table.copy)
        module._best.cache_clear()

    yield _use
    module._best.cache_clear()


def _found(names: list[str], *pair: str) -> list[tuple[str, int, str]]:
    found = orthologs(names, *pair)
    return list(zip(found["target"], found["support"].tolist(), found["relation"], strict=True))


def test_most_support_wins_over_name_and_reciprocity(hcop):
    hcop([("Abc", "ABC", 3), ("Abc", "XYZ", 4), ("Xyz", "XYZ", 9)])
    assert _found(["Abc"]) == [("", 4, "weaker")]
    hcop([("Abc", "ABC", 3), ("Abc", "XYZ", 4), ("Xyz", "XYZ", 8)])
    assert _found(["Abc", "Xyz"]) == [("XYZ", 4, "many-to-one"), ("XYZ", 8, "many-to-one")]


def test_a_tie_goes_to_the_same_name_then_to_the_mutual_best(hcop):
    hcop([("Abc", "ABC", 5), ("Abc", "DEF", 5), ("Abd", "ABC", 9)])
    assert _found(["Abc"]) == [("ABC", 5, "many-to-one")]
    hcop([("Abc", "DEF", 5), ("Abc", "GHI", 5), ("Xxx", "DEF", 9)])
    assert _found(["Abc"]) == [("GHI", 5, "one-to-one")]


def test_a_tie_that_nothing_breaks_stays_open(hcop):
    hcop([("Abc", "DEF", 5), ("Abc", "GHI", 5), ("One", "ONE", 2)])
    assert _found(["Abc", "One", "Two"]) == [("", 5, "undecided"), ("ONE", 2, "one-to-one"), ("", 0, "none")]


@pytest.mark.parametrize(("support", "relation"), [(4, "weaker"), (5, "many-to-one"), (10, "many-to-one")])
def test_half_the_support_of_the_strongest_is_enough(hcop, support, relation):
    hcop([("Abc", "ABC", 10), ("Abcl", "ABC", support)])
    assert _found(["Abcl"]) == [("ABC" if support > 4 else "", support, relation)]
    # The strongest shares its ortholog only with those that are kept.
    assert _found(["Abc"])[0][2] == ("one-to-one" if support == 4 else "many-to-one")


def test_the_way_back_is_decided_on_its_own(hcop):
    hcop([("Abc", "ABC", 10), ("Abc", "ABCL", 6), ("Def", "ABCL", 3)])
    assert _found(["ABC", "ABCL"], "human", "mouse") == [("Abc", 10, "many-to-one"), ("Abc", 6, "many-to-one")]
    assert _found(["Abc", "Def"]) == [("ABC", 10, "one-to-one"), ("ABCL", 3, "one-to-one")]


def test_any_iterable_and_none_at_all():
    assert orthologs(iter(["Trp53"]))["target"].tolist() == ["TP53"]
    empty = orthologs([])
    assert len(empty) == 0 and list(empty) == ["source", "target", "support", "relation"]


def test_asking_twice_gives_an_own_table():
    one = orthologs(["Trp53"])
    one["target"] = "X"
    assert orthologs(["Trp53"])["target"].tolist() == ["TP53"]


def test_other_species_are_named_with_the_pairs_there_are():
    with pytest.raises(UnknownNameError, match="unknown pair of species: rat -> human; known: mouse -> human, human -> mouse"):
        orthologs([], "rat", "human")
