"""What people call a protein, read as a name that is known."""

from __future__ import annotations

import pytest

from jaknet.genes import names as module
from jaknet.genes.names import Names, common_names, fold
from jaknet.genes.tables import SPECIES, gene_table
from jaknet.network.io.read import load_network


def test_folding_leaves_numbers_apart():
    assert fold("IL-6") == fold("il 6") == "il6"
    assert fold("MAPK1-3") != fold("MAPK13") and fold("SMAD2_3") != fold("SMAD23")
    assert fold("TNF-α") == fold("TNFalpha")


def test_common_names_are_current_symbols_of_no_other_gene():
    assert len(common_names()) > 100
    for species in SPECIES:
        current = {fold(symbol): symbol.upper() for symbol in gene_table(species).symbols}
        taken = {name: current[key] for key, (name, meant) in common_names().items() if key in current and meant != (current[key],)}
        assert taken == {}
    assert {symbol for _, meant in common_names().values() for symbol in meant} <= gene_table("human").symbols


def test_no_two_names_of_the_bundled_networks_fold_alike():
    for network in map(load_network, ("osteoblast", "source_study")):
        names = {*network.names, *network.genes}
        assert len({fold(name) for name in names}) == len(names)


def test_a_mouse_network_understands_human_symbols_and_common_names():
    mouse = Names(("Bglap", "Trp53", "Tnfrsf11b", "Rela"), "mouse")
    said = {"OCN": "Bglap", "TP53": "Trp53", "OPG": "Tnfrsf11b", "p65": "Rela", "BGLAP": "Bglap"}
    assert {name: mouse.find(name) for name in said} == said


def test_a_family_means_the_member_that_is_known_and_aliases_of_strangers_stay_ambiguous():
    assert Names(("MAPK3",), "human").find("ERK") == "MAPK3"
    assert Names(("MAPK1", "MAPK3"), "human").find("ERK") is None
    alike = Names(("EIF4E", "HRAS"), "human")
    assert alike.find("CD126") is None
    # An alias of several genes is not guessed because one of them is there.
    assert len(gene_table("human").by_alias["P3"]) > 1 if "P3" in gene_table("human").by_alias else True


def test_a_current_symbol_is_never_read_as_the_alias_of_another_gene():
    assert Names(("PDPK1",), "human").find("PDK1") is None
    assert Names(("THPO",), "human").find("TPO") is None


def test_a_network_with_older_symbols_understands_those_of_today():
    assert Names(("WISP1",), "human").find("CCN4") == "WISP1"
    assert Names(("CCN4",), "human").find("WISP1") == "CCN4"


def test_exact_and_respelled_names_open_no_table(monkeypatch):
    for opened in ("gene_table", "map_identifiers", "orthologs"):
        monkeypatch.delattr(module, opened)
    names = Names(("BGLAP", "gp130_JAK1"), "human")
    assert [names.find(name) for name in ("BGLAP", "bglap", "GP130-jak1", "osteocalcin")] == ["BGLAP", "BGLAP", "gp130_JAK1", "BGLAP"]


@pytest.mark.parametrize("species", ["rat", ""])
def test_of_another_species_only_spelling_is_known(species):
    names = Names(("Jak1",), species)
    assert names.find("JAK1") == "Jak1" and names.find("OCN") is None
