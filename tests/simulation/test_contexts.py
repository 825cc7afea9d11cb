from __future__ import annotations

import pandas as pd
import pytest

from jaknet.data.load import list_contexts, load_context, load_network
from jaknet.errors import InputError
from jaknet.simulation.contexts import Context


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
