from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaknet.errors import InputError
from jaknet.expression.signature import Signature, signature_table

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
