from __future__ import annotations

import pandas as pd
import pytest

from jaknet.errors import OverlapError, SpeciesError
from jaknet.expression.identifiers import gene_share, species_of, symbol_rows


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
