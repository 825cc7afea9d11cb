from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from jaknet.errors import InputError
from jaknet.expression.signature import Rotation, Signature, signature_table

TABLE = signature_table(["STAT3", "BGLAP"], [1.0, -0.5], [4.0, -1.0], [0.0, np.nan])


def test_table_is_sorted_and_no_p_is_zero():
    assert TABLE["gene"].tolist() == ["BGLAP", "STAT3"]
    assert TABLE["p_value"].iloc[1] > 0
    assert np.isnan(TABLE["q_value"].iloc[0])


def test_repr_counts_what_was_tested():
    sig = Signature(TABLE, "human", "drug vs vehicle")
    assert repr(sig) == "Signature 'drug vs vehicle' (human): 2 genes, 1 tested, 1 with q <= 0.05"
    assert "<table" in sig._repr_html_()
    assert len(sig) == 2


def test_missing_columns_and_repeated_genes_are_refused():
    with pytest.raises(InputError, match="lacks the columns statistic"):
        Signature(TABLE.drop(columns="statistic"))
    with pytest.raises(InputError, match="repeats STAT3"):
        Signature(pd.concat([TABLE, TABLE.iloc[1:]]))


def test_filtered_tables_are_refused_where_a_universe_is_needed():
    Signature(TABLE).require_universe("regulators")
    with pytest.raises(InputError, match=r"regulators needs every gene .* 2 genes was already filtered \(no p-value is above"):
        Signature(TABLE, report={"filtered_because": "no p-value is above 0.05"}, complete=False).require_universe("regulators")


def test_tested_tells_whether_there_are_p_values():
    assert Signature(TABLE).tested
    assert not Signature(TABLE.assign(p_value=np.nan)).tested


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_q_is_never_below_p_and_keeps_its_order(p):
    table = signature_table([f"g{i:02d}" for i in range(len(p))], np.ones(len(p)), np.ones(len(p)), p)
    assert (table["q_value"] >= table["p_value"] - 1e-15).all()
    ordered = table.sort_values("p_value")["q_value"]
    assert (np.diff(ordered) >= -1e-15).all()


def _whole(n: int = 25) -> pd.DataFrame:
    rng = np.random.default_rng(n)
    z = rng.normal(size=n)
    return signature_table([f"G{i:02d}" for i in range(n)], z / 2, z, np.linspace(0.001, 1, n))


def test_q_is_the_step_up_of_benjamini_and_hochberg():
    """Written out: q_(i) = min over j >= i of p_(j) n / j, over what was tested alone."""
    p = np.array([0.01, 0.04, np.nan, 0.03, 0.5, 0.01])
    table = signature_table(list("abcdef"), np.zeros(6), np.zeros(6), p)
    expected = [0.05 / 2, 0.2 / 4, np.nan, 0.05, 0.5, 0.05 / 2]
    np.testing.assert_allclose(table["q_value"], expected, rtol=1e-12)


def test_smallest_p_keeps_its_order_of_magnitude():
    table = signature_table(["A", "B"], [1, 1], [9, 9], [0.0, 1e-310])
    assert table["p_value"].tolist() == [np.finfo(float).tiny] * 2
    assert signature_table(["A"], [1], [9], [1e-300])["p_value"].item() == 1e-300


def test_table_of_one_gene_and_of_none_tested():
    one = signature_table(["A"], [1.0], [2.0], [0.04])
    assert one.loc[0, ["p_value", "q_value"]].tolist() == [0.04, 0.04]
    untested = signature_table(["B", "A"], [1.0, 2.0], [3.0, 4.0], [np.nan, np.nan])
    assert untested[["p_value", "q_value"]].isna().all(axis=None)
    assert untested["statistic"].tolist() == [4.0, 3.0]


def test_table_takes_iterators_numbers_as_names_and_leaves_its_input_alone():
    p = np.array([0.0, 0.5])
    table = signature_table(iter([7157, "A"]), [1, 2], [3, 4], p)
    assert table["gene"].tolist() == ["7157", "A"]
    assert table["log2_fold_change"].dtype == float
    assert p.tolist() == [0.0, 0.5]


def test_order_of_rows_changes_nothing():
    table = _whole()
    mixed = table.sample(frac=1, random_state=3)
    columns = [mixed[name] for name in ("gene", "log2_fold_change", "statistic", "p_value")]
    pd.testing.assert_frame_equal(signature_table(*columns), table, check_exact=False, rtol=1e-15)


def test_frame_is_a_copy():
    sig = Signature(_whole())
    frame = sig.to_frame()
    frame.loc[:, "statistic"] = 0.0
    assert sig.table["statistic"].any()


def test_html_shows_ten_genes_of_either_sign_strongest_first():
    table = _whole()
    table.loc[4, "statistic"], table.loc[9, "statistic"] = -30.0, 20.0
    page = Signature(table)._repr_html_()
    assert page.count("<tr") == 11
    assert page.index("G04") < page.index("G09")
    strongest = table.loc[table["statistic"].abs().nlargest(10).index, "gene"]
    assert all(gene in page for gene in strongest)


def test_repr_counts_at_the_threshold_and_keeps_arrays_out():
    table = TABLE.assign(q_value=[0.05, 0.0500001], p_value=[0.01, 0.02])
    assert repr(Signature(table, rotation=Rotation(np.ones((2, 3))))).endswith("2 genes, 2 tested, 1 with q <= 0.05")


def test_refusals_name_what_is_there():
    with pytest.raises(InputError, match="it has gene, p"):
        Signature(pd.DataFrame({"gene": [], "p": []}))
    with pytest.raises(InputError, match=r"repeats A, B; aggregate"):
        Signature(signature_table(list("AABBBC"), np.ones(6), np.ones(6), np.ones(6)))
    with pytest.raises(InputError, match=r"enrich needs every gene.*\(as declared\); export the whole table, or say complete=True"):
        Signature(TABLE, complete=False).require_universe("enrich")


def test_conversion_goes_through_the_method_too():
    mouse = Signature(signature_table(["Stat3", "Socs3"], [1, -1], [4, -3], [0.001, 0.01]), "mouse", "a vs b")
    assert mouse.to_species("human").table["gene"].tolist() == ["SOCS3", "STAT3"]
    assert mouse.to_species("mouse") is mouse


def test_warnings_come_from_the_report_and_are_shown_inert():
    assert Signature(TABLE).warnings == ()
    sig = Signature(TABLE, report={"warnings": ["FILTERED: <b>cut</b>"]})
    assert sig.warnings == ("FILTERED: <b>cut</b>",)
    assert "FILTERED: &lt;b&gt;cut" in sig._repr_html_()
