from __future__ import annotations

import pandas as pd
import pytest

from jaknet.errors import OverlapError, SpeciesError
from jaknet.expression.symbols import gene_share, species_of, symbol_rows


def test_plain_numbers_prove_nothing():
    assert gene_share(["1", "2", "3"]) == 0.0


def test_mixed_species_are_genes_all_the_same():
    assert gene_share(["STAT3", "SOCS3", "Bglap2", "Stat1"]) == 1.0


def test_declaring_a_species_settles_a_mixture():
    names = ["STAT3", "SOCS3", "Bglap2", "Stat1"]
    with pytest.raises(SpeciesError):
        species_of(names, "auto", {})
    assert species_of(names, "human", {}) == "human"


def test_paralogues_are_summed_onto_their_ortholog_and_logarithms_averaged():
    matrix = pd.DataFrame({"s": [1, 2, 3, 9]}, index=["Bglap", "Bglap2", "ENSMUSG00000074489.6", "Sost"])
    sums = symbol_rows(matrix, "mouse", "counts", "human")
    assert sums.table["s"].to_dict() == {"BGLAP": 6, "SOST": 9}
    assert sums.report["merged_by"] == "sum"
    means = symbol_rows(matrix.astype(float), "mouse", "log_intensity", "human")
    assert means.table["s"].to_dict() == {"BGLAP": 2.0, "SOST": 9.0}


def test_dates_become_the_genes_they_were():
    matrix = pd.DataFrame({"s": [1, 2]}, index=["2-Sep", "STAT3"])
    sums = symbol_rows(matrix, "human", "counts")
    assert sums.table["s"].to_dict() == {"SEPTIN2": 1, "STAT3": 2}
    assert sums.report["repaired"] == ["2-Sep -> SEPTIN2"]


def test_unknown_rows_are_refused():
    with pytest.raises(OverlapError, match="0% of 3"):
        symbol_rows(pd.DataFrame({"s": [1, 2, 3]}, index=["locus_1", "locus_2", "locus_3"]), "human", "counts")


HUMAN = ["STAT3", "SOCS3", "RUNX2", "SP7", "BGLAP"]


@pytest.mark.parametrize(
    ("names", "share"),
    [(HUMAN, 1.0), ([*HUMAN[:2], "x", "y"], 0.5), ([], 0.0), (["", "nan"], 0.0), (["Stat3", "Sp7", "row"], 2 / 3), (["P23458"], 1.0)],
)
def test_share_of_genes(names, share):
    assert gene_share(iter(names)) == pytest.approx(share)


def test_long_lists_are_probed_from_end_to_end():
    names = HUMAN * 1000 + ["nothing"] * 5000
    assert gene_share(names) == pytest.approx(0.5, abs=0.05)


def test_kind_share_and_dates_are_reported():
    report = {}
    assert species_of(["STAT3", "2-Sep", "1-Mar", "nonsense", "HLA-A"], "auto", report) == "human"
    assert (report["identifiers"], report["date_names"]) == ("symbol", 2)
    assert report["recognised"] == pytest.approx(0.4)  # what a spreadsheet made a date tells no species


@pytest.mark.parametrize(
    ("names", "declared", "species"),
    [
        (HUMAN, "auto", "human"),
        (["Stat3", "Socs3"], "auto", "mouse"),
        (["locus_1", "locus_2"], "auto", "unknown"),
        (["locus_1", "locus_2"], "mouse", "mouse"),
        (["16451", "20848"], "human", "human"),  # Entrez numbers of one species hit those of the other
        ([*(f"x_{i}" for i in range(9)), "Stat3"], "human", "human"),  # too few to contradict
        ([], "auto", "unknown"),
    ],
)
def test_what_is_declared_against_what_is_seen(names, declared, species):
    assert species_of(names, declared, {}) == species


def test_a_contradiction_names_both_and_the_conversion():
    with pytest.raises(SpeciesError, match=r"declared mouse, but the gene names are human \(STAT3, SOCS3, RUNX2 \(\+2 more\)\)"):
        species_of(HUMAN, "mouse", {})
    with pytest.raises(SpeciesError, match=r"say species='human', then convert with sig.to_species\('mouse'\)"):
        species_of(HUMAN, "mouse", {})


@pytest.mark.parametrize(("kind", "merged", "values"), [("counts", "sum", 12), ("tpm", "sum", 12), ("log_intensity", "mean", 4)])
def test_rows_of_one_symbol_by_kind(kind, merged, values):
    matrix = pd.DataFrame({"s": [1, 3, 8, 5]}, index=["TP53", "ENSG00000141510", "P04637", "STAT3"])
    sums = symbol_rows(matrix if kind == "counts" else matrix.astype(float), "human", kind)
    assert sums.table["s"].to_dict() == {"STAT3": 5, "TP53": values}
    assert sums.report["merged_by"] == merged
    assert sums.report["dropped_unmapped"] == 0 and "dropped" not in sums.report


def test_species_is_tried_once_more_where_it_is_unknown():
    matrix = pd.DataFrame({"s": [1, 2]}, index=["Stat3", "Sost"])
    assert symbol_rows(matrix, "unknown", "counts").species == "mouse"


def test_all_forms_of_a_gene_average_alike_whatever_their_order():
    matrix = pd.DataFrame({"s": [1.0, 2.0, 6.0], "t": [0.0, 3.0, 3.0]}, index=["Bglap", "Bglap2", "Bglap3"])
    for rows in (["Bglap", "Bglap2", "Bglap3"], ["Bglap3", "Bglap", "Bglap2"]):
        table = symbol_rows(matrix.loc[rows], "mouse", "log_intensity", "human").table
        assert table.to_numpy().tolist() == [[3.0, 2.0]]
