from __future__ import annotations

import pandas as pd
import pytest

from jaknet.data.load import list_contexts, load_context, load_network
from jaknet.errors import InputError
from jaknet.simulation.contexts import Context
from jaknet.simulation.perturbations import inhibit
from jaknet.simulation.simulate import perturb


def test_tables_become_inputs_and_clamps_with_their_reasons() -> None:
    rows = pd.DataFrame({"node": ["IL6", "TP53"], "kind": ["input", "clamp"], "value": ["0.5", "0"], "reason": ["a", "b"]})
    context = Context.from_table("c", rows, "about")
    assert (context.inputs, context.clamps, context.description) == ({"IL6": 0.5}, {"TP53": 0.0}, "about")
    assert context.evidence["reason"].tolist() == ["a", "b"]


@pytest.mark.parametrize("values", [{"inputs": {"IL6": 1.5}}, {"clamps": {"IL6": -0.5}}, {"inputs": {"IL6": float("nan")}}])
def test_values_outside_the_unit_interval_are_refused(values: dict[str, dict[str, float]]) -> None:
    with pytest.raises(InputError, match="IL6"):
        Context("c", **values)


@pytest.mark.parametrize("name", list_contexts())
def test_bundled_contexts_name_nodes_of_the_bundled_network(name: str) -> None:
    net, context = load_network("osteoblast"), load_context(name)
    assert [node for node in (*context.inputs, *context.clamps) if node not in net] == []


def test_rows_keep_their_order_and_evidence_starts_at_zero() -> None:
    kinds = ["clamp", "input", "input"]
    rows = pd.DataFrame({"node": list("CAB"), "kind": kinds, "value": [1, "0.25", 0], "reason": list("xyz")}, index=[7, 3, 5])
    context = Context.from_table("c", rows)
    assert (context.inputs, context.clamps, context.description) == ({"A": 0.25, "B": 0}, {"C": 1}, "")
    assert list(context.evidence.index) == [0, 1, 2]
    assert rows["value"].tolist() == [1, "0.25", 0]


def test_bad_values_are_named_with_their_context() -> None:
    with pytest.raises(InputError, match=r"context inflamed has values outside \[0, 1\]: IL6=1\.5, TP53=-1"):
        Context("inflamed", {"IL6": 1.5, "OSM": 1.0}, {"TP53": -1})


def test_contexts_are_equal_by_what_they_do() -> None:
    one = Context("c", {"A": 0.5}, evidence=pd.DataFrame({"reason": ["x"]}))
    assert one == Context("c", {"A": 0.5})
    assert one != Context("c", {"A": 0.6})
    assert "reason" not in repr(one)


@pytest.mark.parametrize("name", list_contexts())
def test_bundled_contexts_come_with_reasons_and_a_description(name: str) -> None:
    context = load_context(name)
    assert context.name == name and context.description
    assert len(context.evidence) == len(context.inputs) + len(context.clamps)
    assert (context.evidence["reason"].str.strip() != "").all()


@pytest.mark.parametrize("name", list_contexts())
def test_clamps_hold_in_the_baseline_of_the_bundled_network(name: str) -> None:
    net, context = load_network("osteoblast"), load_context(name)
    resp = perturb(net, inhibit("JAK1"), context=name, members=3)
    for node, value in context.clamps.items():
        assert (resp.baseline_members[:, net.index[node]] == value).all()
    calm = perturb(net, inhibit("JAK1"), members=3)
    for node, value in context.inputs.items():
        if value and node in net.index:
            assert (resp.baseline_members[:, net.index[node]] > calm.baseline_members[:, net.index[node]]).any()
