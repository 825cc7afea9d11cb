"""Detection and mapping of identifiers."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from jaknet.errors import InputError, SpeciesError, UnknownNameError
from jaknet.genes.mapping import detect, map_identifiers
from jaknet.genes.tables import SPECIES, gene_table, ortholog_pairs, orthologs


@pytest.mark.parametrize(
    ("names", "species", "kind"),
    [
        (["JAK1", "STAT3", "BGLAP"], "human", "symbol"),
        (["Jak1", "Stat3", "Bglap2", "mt-Nd1"], "mouse", "symbol"),
        (["ENSG00000162434", "ENSG00000168610.15"], "human", "ensembl"),
        (["ENSMUSG00000000001.4", "__no_feature"], "mouse", "ensembl"),
        (["16451", "20848"], "mouse", "entrez"),
        ([3716.0, 6774.0], "human", "entrez"),
        (["P23458", "P40763"], "human", "uniprot"),
        (["2-Sep", "JAK1"], "human", "symbol"),
        (["\ufeffJAK1", ' "STAT3" '], "human", "symbol"),
    ],
)
def test_species_and_kind_are_told(names, species, kind):
    assert detect(names)[:2] == (species, kind)


@pytest.mark.parametrize("names", [[], ["", None, math.nan], ["zzz1", "nothing"], ["ENSRNOG00000000001"]])
def test_what_is_no_gene_is_refused(names):
    with pytest.raises(InputError, match="no identifier is a human or mouse gene"):
        detect(names)


def test_two_species_are_refused_and_named():
    with pytest.raises(SpeciesError, match="mostly human, but also Bglap2, Sost"):
        detect(["JAK1", "STAT3", "SOCS3", "Bglap2", "Sost"])


def test_every_way_an_identifier_is_found():
    names = ["JAK1", "RANKL", "Tp53", "2-Sep", "ENSG00000162434.11", "P23458-2", "OCN", "nonsense", None]
    table = map_identifiers(names, "human").table
    assert table["mapped"].tolist() == ["JAK1", "TNFSF11", "TP53", "SEPTIN2", "JAK1", "JAK1", "BGLAP", "", ""]
    assert table["status"].tolist() == ["current", "alias", "case", "date", "ensembl", "uniprot", "alias", "unknown", "unknown"]


def test_report_counts_every_identifier():
    report = map_identifiers(["JAK1", "JAK1A", "2-Sep", "ENSG00000162434.11", "nonsense", "OC"], "human").report
    found = sum(report.get(status, 0) for status in ("current", "alias", "case", "date", "ensembl", "ambiguous", "unknown"))
    assert found == report["given"] == 6
    assert report["versions_stripped"] == 1
    assert report["several_to_one"] == 3
    assert report["repaired"] == ["2-Sep -> SEPTIN2"]


def test_an_ambiguous_alias_is_reported_not_guessed():
    ambiguous = {alias: found for alias, found in gene_table("human").by_alias.items() if len(found) > 1}
    alias = "DEC1" if "DEC1" in ambiguous else min(ambiguous)
    mapping = map_identifiers([alias], "human")
    assert mapping.table.loc[0, ["mapped", "status"]].tolist() == ["", "ambiguous"]
    assert mapping.report["ambiguous_names"] == [f"{alias}: {';'.join(ambiguous[alias])}"]


def test_a_current_symbol_is_never_read_as_an_alias():
    # An alias of another gene that is itself a current symbol stands for itself.
    assert map_identifiers(["MARC1"], "human").table["mapped"][0] == "MTARC1"
    assert map_identifiers(["MTARC1"], "human").table["status"][0] == "current"


def test_first_of_march_is_marc1_only_where_march1_is_there_too():
    assert map_identifiers(["1-Mar"], "human").report["repaired"] == ["1-Mar -> MARCHF1 (may also have been MTARC1)"]
    assert map_identifiers(["1-Mar", "MARCHF1"], "human").table["mapped"].tolist() == ["MTARC1", "MARCHF1"]


def test_old_mouse_symbols_and_the_human_habit():
    names = ["Sept2", "March1", "Fam46a", "Tp53", "2-Sep"]
    assert map_identifiers(names, "mouse").table["mapped"].tolist() == ["Septin2", "Marchf1", "Tent5a", "Trp53", "Septin2"]


def test_a_former_official_symbol_means_one_gene():
    # SEPT2 is also an alias of SEPTIN6.
    assert len(gene_table("human").by_alias["SEPT2"]) == 2
    assert map_identifiers(["SEPT2", "MARCH1", "MARC1"], "human").table["mapped"].tolist() == ["SEPTIN2", "MARCHF1", "MTARC1"]


def test_other_vocabularies():
    assert map_identifiers(["JAK1", "BGLAP"], "human", to="entrez").table["mapped"].tolist() == ["3716", "632"]
    assert map_identifiers(["16451"], "mouse", to="ensembl").table["mapped"].tolist() == ["ENSMUSG00000028530"]
    with pytest.raises(UnknownNameError, match="kind of identifier"):
        map_identifiers(["JAK1"], to="hgnc")


def test_row_numbers_are_no_entrez_identifiers_among_symbols():
    assert map_identifiers(["JAK1", "STAT3", "1"], "human").table["status"].tolist() == ["current", "current", "unknown"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=12) | st.floats() | st.integers() | st.none() | st.sampled_from(["JAK1", "2-Sep", "OC"]), max_size=12))
def test_any_list_keeps_its_length_and_order(names):
    mapping = map_identifiers(names, "human")
    assert len(mapping.table) == len(names) == mapping.report["given"]
    known = gene_table("human").symbols
    assert all(symbol in known for symbol in mapping.table["mapped"] if symbol)
    again = map_identifiers(list(reversed(names)), "human").table
    if not any(row.note.startswith("may also") for row in mapping.table.itertuples()):
        assert again["mapped"].tolist()[::-1] == mapping.table["mapped"].tolist()


@pytest.mark.real_data
def test_measured_mouse_genes_reach_their_human_ortholog(real_data):
    counts = pd.read_csv(real_data / "expression" / "mouse_bone_osteocyte_enriched_counts.tsv.gz", sep="\t", index_col=0)
    mapping = map_identifiers(counts.index)
    assert (mapping.species, mapping.kind) == ("mouse", "ensembl")
    symbols = mapping.table["mapped"]
    coding, with_ortholog = gene_table("mouse").coding, set(ortholog_pairs()["mouse"])
    wanted = [symbol in coding and symbol in with_ortholog for symbol in symbols] & (counts.sum(axis=1) > 0).to_numpy()
    assert wanted.sum() > 15_000
    assert (orthologs(symbols[wanted])["target"] != "").mean() >= 0.95


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("file", "species", "kind"),
    [
        ("airway_rawcounts.csv.gz", "human", "ensembl"),
        ("t84_il22_counts.tsv.gz", "human", "symbol"),
        ("low_depth_osteoblast_counts.tsv.gz", "human", None),
    ],
)
def test_real_tables_are_recognised(real_data, file, species, kind):
    names = pd.read_csv(real_data / "expression" / file, sep=None, engine="python", index_col=0).index
    found = detect(names)
    assert found.species == species
    assert kind in (None, found.kind)


@pytest.mark.parametrize("species", SPECIES)
def test_every_current_symbol_stands_for_itself(species):
    symbols = sorted(gene_table(species).symbols)[::37]
    table = map_identifiers(symbols, species).table
    assert table["mapped"].tolist() == symbols
    assert set(table["status"]) == {"current"}


@pytest.mark.parametrize("species", SPECIES)
@pytest.mark.parametrize("kind", ["ensembl", "entrez"])
def test_coding_genes_come_back_from_their_identifier(species, kind):
    genes = gene_table(species)
    there = {name: number for name, number in genes.first(kind).items() if name in genes.coding}
    names = sorted(there)[::101]
    back = map_identifiers([there[name] for name in names], species).table
    assert (back["mapped"] == names).mean() > 0.99
    assert set(back["status"]) <= {kind, "ambiguous"}
    forth = map_identifiers(names, species, to=kind).table["mapped"]
    assert forth.tolist() == [there[name] for name in names]


@pytest.mark.parametrize("dressed", ["{}.11", " {} ", '"{}"', "\ufeff{}", "{}.11_PAR_Y", "{}_PAR_Y"])
def test_what_an_ensembl_identifier_wears(dressed):
    table = map_identifiers([dressed.format("ENSG00000162434")], "human").table
    assert table.loc[0, ["mapped", "status"]].tolist() == ["JAK1", "ensembl"]


def test_only_versions_are_counted_as_stripped():
    names = ["ENSG00000162434.11", "ENSG00000162434", "NEAT1.1", "ENSG00000999999.1"]
    assert map_identifiers(names, "human").report["versions_stripped"] == 2


@pytest.mark.parametrize("share", [1, 2])
def test_a_tenth_of_the_other_species_is_too_much(share):
    human = ["JAK1", "STAT3", "SOCS3", "RUNX2", "SP7", "BGLAP", "ALPL", "SPP1", "IBSP", "SPARC"]
    mixed = [*human, "Bglap2"][share - 1 :]
    if share == 1:
        assert detect(mixed) == ("human", "symbol", pytest.approx(10 / 11))
        return
    with pytest.raises(SpeciesError, match=r"mostly human, but also Bglap2\. Split the table, or give species="):
        detect(mixed)


def test_repeats_count_once_and_the_rest_lowers_the_share():
    assert detect(["JAK1"] * 9 + ["x-1"]) == ("human", "symbol", 0.5)
    assert detect(["JAK1", "ENSG00000168610", "ENSG00000141510"]).kind == "ensembl"


def test_numbers_are_identifiers_only_where_most_are():
    assert map_identifiers([3716, "6774", 7157.0], "human").table["mapped"].tolist() == ["JAK1", "STAT3", "TP53"]
    table = map_identifiers(["JAK1", "STAT3", "7157"], "human").table
    assert table.loc[2, ["mapped", "status"]].tolist() == ["", "unknown"]
    assert map_identifiers(["0", "-5", "7157.5"], "human").report["mapped"] == 0


def test_case_is_corrected_in_either_species_and_said():
    table = map_identifiers(["stat3", "Stat3", "STAT3"], "human").table
    assert table["mapped"].tolist() == ["STAT3"] * 3
    assert table["status"].tolist() == ["case", "case", "current"]
    assert map_identifiers(["STAT3", "SOCS3"], "mouse").table["mapped"].tolist() == ["Stat3", "Socs3"]


def test_a_gene_that_lacks_the_wanted_identifier_says_so():
    genes = gene_table("human")
    lacking = min(genes.symbols - set(genes.first("ensembl")))
    mapping = map_identifiers([lacking, "JAK1"], "human", to="ensembl")
    assert mapping.table["mapped"].tolist() == ["", "ENSG00000162434"]
    assert mapping.table["note"].tolist() == ["no ensembl identifier", ""]
    assert mapping.report["mapped"] == 1


def test_repr_and_frame():
    mapping = map_identifiers(["JAK1", "nonsense"], "human")
    assert repr(mapping) == "IdentifierMap (human symbol): 1 of 2 identifiers mapped"
    frame = mapping.to_frame()
    frame["mapped"] = "X"
    assert mapping.table["mapped"].tolist() == ["JAK1", ""]


def test_nothing_maps_to_nothing():
    mapping = map_identifiers([], "mouse")
    assert len(mapping.table) == 0 and mapping.report["given"] == mapping.report["mapped"] == 0
    assert mapping.kind == "symbol"


def test_ambiguities_and_repairs_are_listed_once():
    report = map_identifiers(["2-Sep", "2-Sep", "1-Mar", "1-Mar"], "human").report
    assert report["date"] == 4
    assert report["repaired"] == ["2-Sep -> SEPTIN2", "1-Mar -> MARCHF1 (may also have been MTARC1)"]
    assert report["several_to_one"] == 4


@pytest.mark.parametrize(("arguments", "words"), [({"species": "rat"}, "rat; known: human"), ({"to": "hgnc"}, "known: symbol, ensembl")])
def test_unknown_choices_list_the_known(arguments, words):
    with pytest.raises(UnknownNameError, match=words):
        map_identifiers(["JAK1"], **arguments)
