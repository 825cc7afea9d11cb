"""Many reports of one edge become one."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from jaknet.errors import InputError
from jaknet.network.evidence import reliability
from jaknet.network.merge import RULES, merge_edges
from jaknet.network.schema import EDGE_COLUMNS, check_edges


def _table(*rows):
    columns = ["source", "target", "sign", "references", "resources", "tier"]
    return pd.DataFrame(rows, columns=columns)


def test_papers_are_counted_once_and_resources_where_there_are_none():
    merged = merge_edges(
        _table(
            ("A", "B", 1, "PMID:1;PMID:2", "X", "B"),
            ("A", "B", 1, "PMID:2", "Y", "B"),
            ("A", "B", 1, "", "Z", "C"),
            ("A", "B", -1, "", "Z", "C"),
        )
    )
    edge = merged.edges.iloc[0]
    assert edge[["sign", "support_positive", "support_negative", "sign_basis", "tier"]].tolist() == [1, 3, 1, "majority", "B"]
    assert (edge["references"], edge["resources"]) == ("PMID:1;PMID:2", "X;Y;Z")
    assert merged.merged == 3
    assert merged.resolved == ["A -> B (signaling): 3 for +, 1 for -, kept +1"]


def test_a_single_row_is_left_as_it_is():
    table = check_edges(_table(("A", "B", -1, "", "", "C")))
    pd.testing.assert_frame_equal(check_edges(merge_edges(table).edges), table)


def test_a_canonical_step_stays_canonical_beside_another_report():
    table = _table(("A", "B", 1, "PMID:1", "X", "A"), ("A", "B", 1, "PMID:2", "Y", "B"))
    marked = table.assign(canonical=[1, 0], canonical_basis=["R-HSA-1059683", ""])
    edge = check_edges(merge_edges(marked).edges).iloc[0]
    assert (edge["canonical"], edge["canonical_basis"]) == (1, "R-HSA-1059683")


def test_a_part_of_a_complex_stays_a_part_beside_another_report():
    table = _table(("A", "AB", 1, "PMID:1", "X", "A"), ("A", "AB", 1, "PMID:2", "Y", "B"))
    edge = check_edges(merge_edges(table.assign(mechanism=["part_of", "binding"])).edges)
    assert reliability(edge)["reliability"].tolist() == [1.0]


def test_a_tie_in_support_goes_to_the_better_tier_then_to_nobody():
    tied = _table(("A", "B", 1, "PMID:1", "", "B"), ("A", "B", -1, "PMID:2", "", "A"))
    assert merge_edges(tied).edges["sign"].tolist() == [-1]
    assert merge_edges(tied.assign(tier="B")).edges.empty
    assert merge_edges(tied, "drop").dropped == ["A -> B (signaling): 1 for +, 1 for -, left out"]


def test_opposite_signs_in_two_layers_are_no_conflict():
    table = _table(("A", "B", 1, "", "", "C"), ("A", "B", -1, "", "", "C")).assign(layer=["signaling", "transcription"])
    merged = merge_edges(table)
    assert (len(merged.edges), merged.resolved, merged.dropped) == (2, [], [])


def test_an_unknown_rule_is_refused():
    with pytest.raises(InputError, match="unknown on_conflict 'vote'; use one of support, curated, drop"):
        merge_edges(_table(("A", "B", 1, "", "", "C")), "vote")


ROW = st.tuples(
    st.sampled_from("AB"),
    st.sampled_from("AB"),
    st.sampled_from([1, -1]),
    st.sampled_from(["", "PMID:1", "PMID:1;PMID:2", "PMID:3"]),
    st.sampled_from(["", "X", "Y"]),
    st.sampled_from("ABC"),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=12), st.sampled_from(RULES), st.randoms())
def test_merging_is_idempotent_and_free_of_order(rows, rule, random):
    once = merge_edges(_table(*rows), rule).edges.sort_values(["source", "target"], ignore_index=True)
    shuffled = rows[:]
    random.shuffle(shuffled)
    again = merge_edges(_table(*shuffled), rule).edges.sort_values(["source", "target"], ignore_index=True)
    pd.testing.assert_frame_equal(once, again, check_dtype=False)
    doubled = merge_edges(pd.concat([once, once]), rule).edges.sort_values(["source", "target"], ignore_index=True)
    key = ["source", "target", "sign", "references", "references_against", "resources"]
    pd.testing.assert_frame_equal(doubled[key], once[key], check_dtype=False)
    assert list(once.columns) == EDGE_COLUMNS
