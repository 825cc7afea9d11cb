from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from jaknet.network.model import Network
from jaknet.simulation._compile import make_plan, wiring_of

ENDS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=40, unique=True)


def network_of(ends: list[tuple[int, int]]) -> Network:
    rng = np.random.default_rng(len(ends))
    table = pd.DataFrame({"source": [f"N{a}" for a, _ in ends], "target": [f"N{b}" for _, b in ends], "sign": 1})
    return Network(table.assign(layer=rng.choice(["signaling", "transcription"], len(ends))))


@given(ENDS)
@settings(max_examples=50, deadline=None)
def test_causes_come_before_effects_except_within_cycles(ends: list[tuple[int, int]]) -> None:
    net = network_of(ends)
    plan = make_plan(wiring_of(net), "balance", 4.0)
    assert sorted(plan.order) == list(range(net.n_nodes))
    block_of = np.empty(net.n_nodes, int)
    for block, (low, high) in enumerate(zip(plan.block[:-1], plan.block[1:], strict=True)):
        block_of[plan.order[low:high]] = block
    source, target = net.arrays.source, net.arrays.target
    assert (block_of[source] <= block_of[target]).all()
    cyclic = {block_of[a] for a, b in zip(source, target, strict=True) if block_of[a] == block_of[b]}
    assert cyclic == set(np.flatnonzero(plan.cyclic))


@given(ENDS)
@settings(max_examples=50, deadline=None)
def test_edges_are_grouped_by_target_with_transcription_first(ends: list[tuple[int, int]]) -> None:
    net = network_of(ends)
    wiring = wiring_of(net)
    plan = make_plan(wiring, "balance", 4.0)
    assert np.array_equal(wiring.source[plan.edge_order], plan.source)
    for node in range(net.n_nodes):
        edges = plan.edge_order[plan.first[node] : plan.first[node + 1]]
        assert (wiring.target[edges] == node).all()
        onto_gene = wiring.transcription[edges]
        assert onto_gene.sum() == plan.transcript_end[node] - plan.first[node] and (np.diff(onto_gene.astype(int)) <= 0).all()


@given(ENDS, st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_keys_belong_to_edges_not_to_rows(ends: list[tuple[int, int]], random) -> None:
    net = network_of(ends)
    rows = [row for row in range(net.n_edges) if random.random() < 0.7]
    whole = dict(zip(map(tuple, net.edges[["source", "target", "layer"]].to_numpy()), wiring_of(net).edge_keys, strict=True))
    if rows:
        part = net.with_edges(np.isin(np.arange(net.n_edges), rows))
        for key, value in zip(map(tuple, part.edges[["source", "target", "layer"]].to_numpy()), wiring_of(part).edge_keys, strict=True):
            assert whole[key] == value
