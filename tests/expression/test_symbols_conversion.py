"""Across species: signatures, count matrices, and the guard."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import false_discovery_control

from jaknet.errors import OverlapError, SpeciesError, UnknownNameError
from jaknet.expression.signature import Rotation, Signature, require_same_species
from jaknet.expression.symbols import convert_signature, require_share, strongest_rows, sum_to_genes


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
    sig = _signature(["Sost", "Bglap", "Jak1", "Bglap2"], [1.0, 2.0, 3.0, 4.0], [0.1] * 4, rotation=Rotation(residuals, 3.0))
    human = convert_signature(sig, "human")
    assert human.to_frame()["gene"].tolist() == ["BGLAP", "JAK1", "SOST"]
    assert human.rotation.residuals.tolist() == [[6.0, 7.0], [4.0, 5.0], [0.0, 1.0]]


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


MOUSE = ["Bglap", "Bglap2", "Bglap3", "Sost", "Dmp1", "Jak1", "Stat3", "Socs3"]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(0, 10**9), min_size=2, max_size=2), min_size=8, max_size=8), st.randoms(use_true_random=False))
def test_sums_lose_no_read_and_ignore_the_order_of_rows(rows, random):
    counts = pd.DataFrame(rows, index=MOUSE, columns=["a", "b"])
    order = list(MOUSE)
    random.shuffle(order)
    one, other = sum_to_genes(counts, to_species="human"), sum_to_genes(counts.loc[order], to_species="human")
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.table.sum().tolist() == counts.sum().tolist()
    assert one.table.index.is_monotonic_increasing and one.table.index.name == "gene"
    assert list(one.table.columns) == ["a", "b"]


def test_report_of_sums_counts_genes_relations_and_identifiers():
    counts = pd.DataFrame({"a": range(10)}, index=[*MOUSE, "nonsense", "Stat3.1"])
    sums = sum_to_genes(counts, "mouse", "human")
    assert (sums.report["genes"], sums.report["dropped"]) == (6, 2)
    assert sums.report["orthologs"]["many-to-one"] == 3
    assert sums.report["orthologs"]["one-to-one"] == 5
    same = sum_to_genes(counts.iloc[:8], "mouse")
    assert (same.species, same.report["dropped"], same.report["summed"]) == ("mouse", 0, {})
    assert "orthologs" not in same.report


@pytest.mark.parametrize(("known", "fits"), [(1, False), (2, True)])
def test_a_fifth_of_the_rows_is_enough(known, fits):
    reached = np.arange(10) < known
    if fits:
        require_share(reached, "mouse", "human")
        return
    with pytest.raises(OverlapError, match=r"only 10% of 10 identifiers lead from mouse to human genes; at least 20% must"):
        require_share(reached, "mouse", "human")


def test_nothing_at_all_is_too_little():
    with pytest.raises(OverlapError, match="only 0% of 0"):
        require_share(np.array([], bool), "human", "human")


def _rows(**columns) -> pd.DataFrame:
    return pd.DataFrame({"log2_fold_change": 0.0, "p_value": 0.1} | columns)


def test_of_equal_statistics_the_first_name_stands():
    table = _rows(gene=["A", "A", "A"], original=["z", "b", "c"], statistic=[-2.0, 2.0, np.nan])
    kept = strongest_rows(table)
    assert kept["original"].tolist() == ["b"]
    assert kept["p_value"].item() == pytest.approx(0.3)
    assert list(kept.index) == [1]


def test_p_never_exceeds_one_and_q_is_over_the_kept_rows():
    table = _rows(gene=list("BBACD"), original=list("vwxyz"), statistic=[3.0, 1.0, 2.0, 1.0, 0.5], p_value=[0.7, 0.8, 0.01, 0.5, np.nan])
    kept = strongest_rows(table).set_index("gene")
    assert kept.index.tolist() == list("ABCD")
    assert kept["p_value"].tolist()[:3] == [0.01, 1.0, 0.5]
    np.testing.assert_allclose(kept["q_value"].tolist()[:3], false_discovery_control([0.01, 1.0, 0.5]))
    assert np.isnan(kept.loc["D", "q_value"])
    assert "size" not in kept and "size" not in table


def test_there_and_back_returns_one_to_one_genes():
    genes = ["Dmp1", "Jak1", "Socs3", "Sost", "Stat3"]
    sig = _signature(genes, [1.0, -2.0, 3.0, -4.0, 5.0], [0.5, 0.04, 0.03, 0.02, 0.01])
    back = sig.to_species("human").to_species("mouse").to_frame()
    assert back["gene"].tolist() == genes
    assert back["statistic"].tolist() == [1.0, -2.0, 3.0, -4.0, 5.0]
    assert back["p_value"].tolist() == [0.5, 0.04, 0.03, 0.02, 0.01]


def test_conversion_reports_what_it_did_and_keeps_what_it_knew():
    sig = _signature([*MOUSE, "Gm42418"], np.arange(9.0), [0.1] * 9, report={"method": "x"}, complete=False)
    human = sig.to_species("human")
    found = human.report["conversion"]
    assert (found["from"], found["given"], found["kept"], found["dropped"]) == ("mouse", 9, 6, 1)
    assert found["relations"]["none"] == 1
    assert human.report["method"] == "x" and human.complete is False and human.label == sig.label
    assert human.provenance.dropped == {"genes without ortholog": 1}
    assert human.provenance.parameters["species"] == "human"
    assert "original" not in human.table
    assert sig.table["gene"].tolist() == [*MOUSE, "Gm42418"]
