"""The edge and node tables."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from jaknet.errors import InputError
from jaknet.network.schema import EDGE_COLUMNS, NODE_COLUMNS, check_edges, check_nodes, join_list, split_list


def _edges(**columns):
    return pd.DataFrame({"source": ["B", "A"], "target": ["C", "B"], "sign": [1, -1]} | columns)


def test_defaults_types_and_order():
    table = check_edges(_edges(references=[None, " PMID:1 "]))
    assert list(table.columns) == EDGE_COLUMNS
    assert table[["source", "sign", "references", "tier", "weight", "layer"]].values.tolist() == [
        ["A", -1, "PMID:1", "C", 1.0, "signaling"],
        ["B", 1, "", "C", 1.0, "signaling"],
    ]
    assert (table["sign"].dtype, table["support_positive"].dtype) == ("int64", "int64")


def test_decoupler_weights_carry_the_sign():
    table = check_edges(_edges().drop(columns="sign").assign(weight=[-4.0, 2.0]))
    assert table[["source", "sign", "weight"]].values.tolist() == [["A", 1, 0.5], ["B", -1, 1.0]]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"sign": [1, 0]}, r"sign other than 1 or -1 in 1 edge\(s\): row 2 A->B"),
        ({"sign": [1, 2]}, "sign other than 1 or -1"),
        ({"sign": [1, None]}, "sign other than 1 or -1"),
        ({"sign": ["activates", "1"]}, "sign other than 1 or -1"),
        ({"source": ["", "A"]}, "empty source or target"),
        ({"source": [None, "A"]}, "empty source or target"),
        ({"weight": [0.5, 0.0]}, "weight outside"),
        ({"weight": [0.5, 1.5]}, "weight outside"),
        ({"weight": [0.5, "x"]}, "weight outside"),
        ({"layer": ["signaling", "cellar"]}, "unknown layer"),
        ({"tier": ["A", "D"]}, "unknown tier"),
        ({"sign_basis": ["reported", "guessed"]}, "unknown sign_basis"),
        ({"source": ["A", "A"], "target": ["B", "B"]}, "repeated source, target and layer"),
    ],
)
def test_malformed_rows_are_named(columns, message):
    with pytest.raises(InputError, match=message):
        check_edges(_edges(**columns))


@pytest.mark.parametrize("missing", [["source"], ["source", "target"], ["sign"]])
def test_missing_columns_are_named(missing):
    with pytest.raises(InputError, match=f"lacks the column {missing[0]}"):
        check_edges(_edges().drop(columns=missing))


def test_the_callers_table_is_not_changed():
    table = _edges(references=[None, " PMID:1 "])
    before = table.copy()
    check_edges(table)
    pd.testing.assert_frame_equal(table, before)


def test_nodes_are_completed_from_the_edges():
    given_nodes = pd.DataFrame({"node": ["A_form", "A"], "gene": ["A", None], "kind": [None, "kinase"]})
    nodes = check_nodes(given_nodes, check_edges(_edges())).set_index("node")
    assert nodes["gene"].to_dict() == {"A": "", "A_form": "A", "B": "B", "C": "C"}
    assert nodes.loc["B", "kind"] == "gene"
    assert [*nodes.reset_index().columns] == NODE_COLUMNS
    with pytest.raises(InputError, match="node table repeats A"):
        check_nodes(pd.DataFrame({"node": ["A", "A"]}), check_edges(_edges()))
    with pytest.raises(InputError, match="lacks the column node"):
        check_nodes(pd.DataFrame({"name": ["A"]}), check_edges(_edges()))


def test_nodes_rest_where_their_kind_or_their_own_number_says():
    kinds = {"A": "ligand", "B": "receptor", "C": "kinase", "D": "complex", "E": "ligand"}
    given_nodes = pd.DataFrame({"node": list(kinds), "kind": list(kinds.values()), "basal": ["", None, "", 0.6, "0.1"]})
    given_nodes["basal_reason"] = ["", None, "measured low in culture", "", "PMID:1"]
    edges = check_edges(pd.DataFrame({"source": ["F"], "target": ["A"], "sign": [1]}))
    nodes = check_nodes(given_nodes, edges).set_index("node")
    assert nodes["basal"].to_dict() == {"A": 0.05, "B": 0.3, "C": 0.25, "D": 0.6, "E": 0.1, "F": 0.25}
    assert nodes["basal"].dtype == "float64"
    # A default says so; a reason that was given stays.
    reasons = {"A": "of its kind", "B": "of its kind", "C": "measured low in culture", "D": "", "E": "PMID:1", "F": "of its kind"}
    assert nodes["basal_reason"].to_dict() == reasons
    pd.testing.assert_frame_equal(check_nodes(nodes.reset_index(), edges), nodes.reset_index())


def test_a_number_beside_an_empty_cell_is_no_cause_for_a_warning():
    given_nodes = pd.DataFrame({"node": ["A", "B"], "basal": ["", 0.4]})
    assert check_nodes(given_nodes, check_edges(_edges()))["basal"].tolist() == [0.25, 0.4, 0.25]


@pytest.mark.parametrize("basal", [0, 1, -0.1, 1.5, "0", "much", "1.0"])
def test_activities_that_no_cell_rests_at_are_refused(basal):
    given_nodes = pd.DataFrame({"node": ["A", "B"], "basal": [0.5, basal]}, dtype=object)
    with pytest.raises(InputError, match=r"basal outside \(0, 1\) for B"):
        check_nodes(given_nodes, check_edges(_edges()))


def test_canonical_marks_are_numbers():
    table = check_edges(_edges(canonical=["1", None], canonical_basis=["R-HSA-1059683; hsa04630", None]))
    assert table["canonical"].dtype == "int64"
    assert table[["source", "canonical", "canonical_basis"]].values.tolist() == [["A", 0, ""], ["B", 1, "R-HSA-1059683; hsa04630"]]
    assert check_edges(_edges())["canonical"].tolist() == [0, 0]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(st.characters(exclude_characters=";"), min_size=1).map(str.strip).filter(bool)))
def test_lists_survive_joining_and_splitting(parts):
    assert split_list(join_list(parts)) == tuple(sorted(set(parts)))


@pytest.mark.parametrize("cell", [None, float("nan"), "", " ; ;", 3])
def test_cells_that_hold_no_list(cell):
    assert split_list(cell) == ()
