"""Across species: signatures, count matrices, and the guard."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jaknet.errors import OverlapError, SpeciesError, UnknownNameError
from jaknet.expression.conversion import convert_signature, require_same_species, sum_to_genes
from jaknet.expression.signature import Signature


def _signature(genes, statistics, p_values, species="mouse", **more):
    table = pd.DataFrame({"gene": genes, "log2_fold_change": np.array(statistics) / 2, "statistic": statistics, "p_value": p_values})
    return Signature(table.assign(q_value=table["p_value"]), species, "knock-out vs control", **more)


def test_paralogues_are_summed_and_total_counts_kept():
    counts = pd.DataFrame({"a": [1, 2, 4, 8], "b": [0, 1, 0, 3]}, index=["Bglap", "Bglap2", "Bglap3", "Sost"])
    sums = sum_to_genes(counts, to_species="human")
    assert sums.table.to_dict("index") == {"BGLAP": {"a": 7, "b": 1}, "SOST": {"a": 8, "b": 3}}
    assert sums.report["summed"] == {"BGLAP": ["Bglap", "Bglap2", "Bglap3"]}
    assert (sums.species, sums.report["dropped"]) == ("human", 0)


def test_versions_aliases_and_dates_of_one_gene_are_summed():
    counts = pd.DataFrame({"a": [1, 2, 4, 8]}, index=["ENSG00000162434.11", "ENSG00000162434.12", "SEPT2", "2-Sep"])
    sums = sum_to_genes(counts)
    assert sums.table["a"].to_dict() == {"JAK1": 3, "SEPTIN2": 12}
    assert sums.species == "human"


def test_dropped_rows_are_counted():
    counts = pd.DataFrame({"a": [1, 2]}, index=["JAK1", "nonsense"])
    assert sum_to_genes(counts, "human").report["dropped"] == 1


def test_too_few_identifiers_raise():
    counts = pd.DataFrame({"a": range(10)}, index=["JAK1", *[f"row{number}" for number in range(9)]])
    with pytest.raises(OverlapError, match="only 10% of 10 identifiers"):
        sum_to_genes(counts, "human")


def test_signature_keeps_the_strongest_paralogue_and_pays_for_the_choice():
    sig = _signature(["Bglap", "Bglap2", "Bglap3", "Jak1"], [1.0, -5.0, 2.0, 3.0], [0.3, 1e-6, 0.05, 0.01])
    human = sig.to_species("human")
    row = human.to_frame().set_index("gene").loc["BGLAP"]
    assert (row["statistic"], row["log2_fold_change"]) == (-5.0, -2.5)
    assert row["p_value"] == pytest.approx(3e-6)
    assert human.report["conversion"]["aggregated"] == {"BGLAP": ["Bglap", "Bglap2", "Bglap3"]}
    assert human.species == "human"


def test_q_is_benjamini_hochberg_over_the_genes_kept():
    sig = _signature(["Jak1", "Stat3", "Sost", "Gm42418"], [3.0, 2.0, 1.0, 9.0], [0.01, 0.04, 0.3, 1e-9])
    q = convert_signature(sig, "human").to_frame().set_index("gene")["q_value"]
    assert q.to_dict() == pytest.approx({"JAK1": 0.03, "STAT3": 0.06, "SOST": 0.3})


def test_fold_changes_without_tests_stay_without():
    sig = _signature(["Jak1", "Bglap", "Bglap2"], [1.0, 2.0, np.nan], [np.nan] * 3)
    table = convert_signature(sig, "human").to_frame()
    assert table["gene"].tolist() == ["BGLAP", "JAK1"]
    assert table[["p_value", "q_value"]].isna().all(axis=None)


def test_residuals_follow_their_gene():
    residuals = np.arange(8.0).reshape(4, 2)
    sig = _signature(["Sost", "Bglap", "Jak1", "Bglap2"], [1.0, 2.0, 3.0, 4.0], [0.1] * 4, residuals=residuals)
    human = convert_signature(sig, "human")
    assert human.to_frame()["gene"].tolist() == ["BGLAP", "JAK1", "SOST"]
    assert human.residuals.tolist() == [[6.0, 7.0], [4.0, 5.0], [0.0, 1.0]]


def test_same_species_is_no_conversion_and_others_are_refused():
    sig = _signature(["Jak1"], [1.0], [0.1])
    assert convert_signature(sig, "mouse") is sig
    with pytest.raises(UnknownNameError, match="unknown species"):
        convert_signature(sig, "zebrafish")


def test_a_mismatch_names_the_conversion():
    sig = _signature(["Jak1"], [1.0], [0.1])
    with pytest.raises(SpeciesError, match=r'is mouse, osteoblast 1.0 is human; convert it first: sig.to_species\("human"\)'):
        require_same_species(sig, "human", "osteoblast 1.0")
    require_same_species(sig, "mouse")


def test_row_order_changes_nothing():
    names, statistics = ["Sost", "Bglap", "Jak1", "Bglap2", "Stat3"], [1.0, 2.0, 3.0, -2.0, 5.0]
    one = convert_signature(_signature(names, statistics, [0.1] * 5), "human").to_frame()
    two = convert_signature(_signature(names[::-1], statistics[::-1], [0.1] * 5), "human").to_frame()
    pd.testing.assert_frame_equal(one, two)


@pytest.mark.real_data
def test_real_mouse_counts_become_human_counts(real_data):
    counts = pd.read_csv(real_data / "expression" / "mouse_bone_osteocyte_enriched_counts.tsv.gz", sep="\t", index_col=0)
    own, human = sum_to_genes(counts), sum_to_genes(counts, to_species="human")
    expected = own.table.loc[["Bglap", "Bglap2", "Bglap3"]].sum()
    pd.testing.assert_series_equal(human.table.loc["BGLAP"], expected, check_names=False)
    assert len(human.table) > 16_000
