from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from jaknet.validation.contradictions import agreement, contradictions, paper_name, paper_pairs
from jaknet.validation.facts import load_facts

Facts = Callable[..., pd.DataFrame]


def test_what_differs_stands_beside_a_contradiction(facts_table: Facts) -> None:
    table = facts_table(
        {"paper_id": "PMID:1"},
        {"paper_id": "PMID:2", "direction": "down", "context": "inflammatory", "measure": "protein"},
        {"paper_id": "PMID:3", "direction": "down"},
        {"paper_id": "PMID:4", "direction": "none"},
        {"paper_id": "PMID:5", "readout": "SOST", "direction": "down"},
    )
    found = contradictions(table).set_index(["id_1", "id_2"])
    assert found["differs"].to_dict() == {("F0", "F1"): "context;measure", ("F0", "F2"): ""}
    assert found["context_2"].tolist() == ["inflammatory", "steady_state"]
    pairs = paper_pairs(table)
    assert pairs["agree"].tolist() == [False, False, True]
    assert agreement(table) == (3, 1 / 3)


def test_raising_and_lowering_are_opposite(facts_table: Facts) -> None:
    raised = {"nodes": "JAK1;JAK2", "paper_id": "PMID:1"}
    lowered = {"nodes": "JAK2;JAK1", "sign": "-1", "paper_id": "PMID:2"}
    assert contradictions(facts_table(raised, lowered | {"direction": "down"})).empty
    assert contradictions(facts_table(raised, lowered))["differs"].tolist() == ["sign"]


def test_a_paper_does_not_contradict_itself(facts_table: Facts) -> None:
    one = {"paper_id": "PMID:77", "paper_aliases": "DOI:10.1/x"}
    assert paper_pairs(facts_table(one, {"paper_id": "doi:10.1/X", "paper_aliases": "PMID:77", "direction": "down"})).empty
    assert paper_name("A title") == "A title"
    n, share = agreement(facts_table(one))
    assert n == 0 and np.isnan(share)


def test_a_column_that_the_table_has_may_explain(facts_table: Facts) -> None:
    table = facts_table({"paper_id": "PMID:1"}, {"paper_id": "PMID:2", "direction": "down"}).assign(system=["mouse", "human"])
    assert contradictions(table).iloc[0][["differs", "system_1", "system_2"]].tolist() == ["system", "mouse", "human"]


def test_published_papers_mostly_agree_and_the_order_of_rows_changes_nothing() -> None:
    facts = load_facts()
    n, share = agreement(facts)
    assert n > 10 and 0.5 < share < 1
    pd.testing.assert_frame_equal(contradictions(facts), contradictions(facts.iloc[::-1]))
