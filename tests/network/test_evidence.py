"""What an edge's evidence amounts to, and what is left of it without a paper."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from jaknet.network.evidence import count_support, reliability, without_paper
from jaknet.network.papers import identifiers_of
from jaknet.network.schema import check_edges


def _edges(*rows: dict[str, object]) -> pd.DataFrame:
    """Edges N0 -> N1 -> ... from osteoblasts, tier A, positive, each changed as told."""
    plain: dict[str, object] = {"sign": 1, "tier": "A", "lineage": "osteoblast"}
    table = [{"source": f"N{k}", "target": f"N{k + 1}"} | plain | row for k, row in enumerate(rows)]
    return check_edges(pd.DataFrame(table))


def _one(**columns: object) -> pd.DataFrame:
    return _edges(columns)


@pytest.mark.parametrize(
    ("columns", "n_for", "n_against"),
    [
        ({"support_positive": 3, "support_negative": 1}, 3, 1),
        ({"support_positive": 3, "support_negative": 1, "sign": -1}, 1, 3),
        ({"support_positive": 3, "support_negative": 1, "lineage": "other"}, 1.5, 0.5),
        ({"support_positive": 3, "support_negative": 1, "lineage": "mesenchymal"}, 3, 1),
        # Counts win over the lists; where there are none the papers count, and where there are no papers the resources.
        ({"support_positive": 5, "references": "PMID:1"}, 5, 0),
        ({"references": "PMID:1;PMID:2", "resources": "X;Y;Z"}, 2, 0),
        ({"resources": "X;Y;Z"}, 3, 0),
        ({}, 0, 0),
        # Papers listed against an edge count even where the counts forgot them.
        ({"support_positive": 2, "support_negative": 1, "references_against": "PMID:8;PMID:9"}, 2, 2),
        ({"references": "PMID:1", "references_against": "PMID:8;PMID:9"}, 1, 2),
        # An assumed sign has nothing in its favour, but may have something against it.
        ({"support_positive": 3, "sign_basis": "default"}, 0, 0),
        ({"references": "PMID:1", "sign_basis": "default", "references_against": "PMID:9"}, 0, 1),
    ],
)
def test_reports_are_counted(columns: dict[str, object], n_for: float, n_against: float) -> None:
    assert count_support(_one(**columns)).values.tolist() == [[n_for, n_against]]


@pytest.mark.parametrize(
    ("columns", "right", "other"),
    [
        # (4 + 1) / (5 + 2); (2 / 7) * 1 / 3
        ({"support_positive": 1, "support_negative": 1}, 5 / 7, 2 / 21),
        # half weight: (4 + 0.5) / (5 + 1); (1.5 / 6) * 0.5 / 2
        ({"support_positive": 1, "support_negative": 1, "lineage": "other"}, 0.75, 0.0625),
        ({"support_positive": 2, "tier": "B", "lineage": "other"}, 0.75, 0.0),
        ({"support_positive": 2, "tier": "B"}, 0.8, 0.0),
        ({"tier": "C"}, 0.5, 0.0),
        ({"tier": "B"}, 2 / 3, 0.0),
        # (1 + 0) / (2 + 2); (3 / 4) * 2 / 3
        ({"tier": "C", "support_negative": 2}, 0.25, 0.5),
        ({"tier": "C", "support_positive": 9, "sign_basis": "default"}, 0.5, 0.0),
        ({"tier": "C", "support_negative": 2, "mechanism": "part_of"}, 1.0, 0.0),
        ({"tier": "C", "support_negative": 2, "study": "study"}, 1.0, 0.0),
        ({"tier": "C", "support_negative": 2, "canonical": 1}, 1.0, 0.0),
    ],
)
def test_reliability_by_hand(columns: dict[str, object], right: float, other: float) -> None:
    assert reliability(_one(**columns)).values.tolist() == [pytest.approx([right, other])]


def test_without_canonical_steps_only_parts_and_the_study_are_certain() -> None:
    shared: dict[str, object] = {"tier": "C", "support_positive": 1, "support_negative": 1, "canonical": 1}
    edges = _edges(shared, shared | {"mechanism": "part_of"}, shared | {"study": "study"})
    assert reliability(edges)["reliability"].tolist() == [1.0, 1.0, 1.0]
    # (1 + 1) / (2 + 2); (1 / 2) * 1 / 3
    assert reliability(edges, canonical=False).values.tolist() == [pytest.approx([0.5, 1 / 6]), [1.0, 0.0], [1.0, 0.0]]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 30), st.integers(0, 30), st.sampled_from("ABC"), st.sampled_from(["osteoblast", "other"]))
def test_probabilities_are_probabilities_and_move_with_the_reports(plus: int, minus: int, tier: str, lineage: str) -> None:
    fixed: dict[str, object] = {"tier": tier, "lineage": lineage}
    # At least one report for, lest the lists be counted instead.
    told = [(plus + 1, minus), (plus + 2, minus), (plus + 1, minus + 1)]
    found = reliability(_edges(*(fixed | {"support_positive": up, "support_negative": down} for up, down in told)))
    right, other = found["reliability"].to_numpy(), found["p_other_sign"].to_numpy()
    assert (right > 0).all() and (other >= 0).all() and (right + other <= 1).all()
    assert right[2] < right[0] < right[1]


def test_an_edge_goes_if_no_other_paper_supports_it() -> None:
    edges = _edges({"references": "PMID:1"}, {"references": "PMID:1;PMID:2"}, {"references": "PMID:2"}, {"references_against": "PMID:1"})
    left, keep = without_paper(edges, "PMID:1")
    assert keep.tolist() == [False, True, True, True]
    assert left["references"].tolist() == ["", "PMID:2", "PMID:2", ""]
    assert left["references_against"].tolist() == [""] * 4
    # A resource is no paper: what only the paper supported goes, whoever collected it.
    assert without_paper(_one(references="PMID:1", resources="X"), "PMID:1")[1].tolist() == [False]


def test_counts_lose_the_paper_on_the_side_it_is_on() -> None:
    counts: dict[str, object] = {"support_positive": 5, "support_negative": 3}
    listed: dict[str, object] = {"references": "PMID:1;PMID:2", "references_against": "PMID:3;PMID:4"}
    edges = _edges(counts | listed, counts | listed | {"sign": -1, "support_negative": 7})
    told = ["support_positive", "support_negative"]
    assert without_paper(edges, "PMID:1")[0][told].values.tolist() == [[4, 3], [5, 6]]
    assert without_paper(edges, "PMID:3")[0][told].values.tolist() == [[5, 2], [4, 7]]
    assert without_paper(edges, "PMID:9")[0].equals(edges)
    # A count that forgot the paper stays at zero.
    forgot = _one(references="PMID:1;PMID:2", support_negative=1)
    assert without_paper(forgot, "PMID:1")[0]["support_positive"].tolist() == [0]


def test_a_sign_kept_against_a_majority_does_not_turn() -> None:
    # Two reports for, three against: the sign stands for a reason that counts do not know.
    listed: dict[str, object] = {"references": "PMID:1;PMID:2", "support_positive": 2}
    edges = _one(**listed, references_against="PMID:7;PMID:8;PMID:9", support_negative=3)
    left, keep = without_paper(edges, "PMID:1")
    assert keep.all() and left["sign"].tolist() == [1] and left["references"].tolist() == ["PMID:2"]
    # One less against, and the majority does turn with the paper.
    even = _one(**listed, references_against="PMID:7;PMID:8", support_negative=2)
    assert without_paper(even, "PMID:1")[0]["sign"].tolist() == [-1]


def test_the_sign_turns_with_the_majority() -> None:
    against: dict[str, object] = {"references_against": "PMID:8;PMID:9", "support_negative": 2}
    edges = _edges({"references": "PMID:1;PMID:2", "support_positive": 2} | against, {"references": "PMID:1;PMID:2", "support_positive": 3})
    left, keep = without_paper(edges, "PMID:1")
    assert keep.all()
    assert left["sign"].tolist() == [-1, 1]
    turned = left.iloc[0]
    assert (turned["references"], turned["references_against"], turned["sign_basis"]) == ("PMID:8;PMID:9", "PMID:2", "majority")
    assert count_support(left).values.tolist() == [[2, 1], [2, 0]]
    # Without a paper against it an edge never turns, however few are for it.
    weak = _one(references="PMID:1", support_positive=1, references_against="PMID:7;PMID:8;PMID:9", support_negative=3)
    assert without_paper(weak, "PMID:9")[0]["sign"].tolist() == [1]


def test_a_tie_leaves_the_sign() -> None:
    edges = _one(references="PMID:1;PMID:2", references_against="PMID:3", support_positive=2, support_negative=1)
    assert without_paper(edges, "PMID:1")[0]["sign"].tolist() == [1]


def test_papers_that_are_left_speak_for_the_sign_even_where_the_counts_forgot_them() -> None:
    edges = _one(references="PMID:1;PMID:2", references_against="PMID:3", support_positive=1, support_negative=1)
    assert without_paper(edges, "PMID:1")[0]["sign"].tolist() == [1]


@pytest.mark.parametrize("safe", [{"canonical": 1}, {"mechanism": "part_of"}])
def test_canonical_steps_and_parts_stay_with_their_sign(safe: dict[str, object]) -> None:
    edges = _one(references="PMID:1", references_against="PMID:8;PMID:9", support_positive=1, support_negative=2, **safe)
    left, keep = without_paper(edges, "PMID:1")
    assert keep.tolist() == [True]
    assert left[["sign", "references", "support_positive"]].values.tolist() == [[1, "", 0]]


def test_a_paper_goes_under_all_its_identifiers() -> None:
    study = sorted(identifiers_of("PMID:32051226"))
    assert len(study) > 1
    edges = _edges(*({"references": f"{name};PMID:1"} for name in study), {"references": "PMID:77"}, {"references": ";".join(study)})
    for name in study:
        left, keep = without_paper(edges, name)
        assert keep.tolist() == [*[True] * len(study), True, False]
        assert left["references"].tolist() == [*["PMID:1"] * len(study), "PMID:77", ""]
    assert without_paper(edges, "a title", ["pubmed: 77"])[1].tolist() == [*[True] * len(study), False, True]


def test_the_callers_table_is_not_changed() -> None:
    edges = _one(references="PMID:1;PMID:2", references_against="PMID:8;PMID:9", support_positive=2, support_negative=2)
    before = edges.copy()
    without_paper(edges, "PMID:1")
    reliability(edges)
    pd.testing.assert_frame_equal(edges, before)
