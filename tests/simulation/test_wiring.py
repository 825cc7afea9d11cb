from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
import pandas as pd
from hypothesis import given, settings, strategies as st

from jaknet.network.evidence import reliability
from jaknet.network.network import Network
from jaknet.simulation._wiring import make_plan, wiring_of

ENDS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=40, unique=True)
KEY = ["source", "target", "layer"]


def network_of(ends: list[tuple[int, int]]) -> Network:
    rng = np.random.default_rng(len(ends))
    table = pd.DataFrame({"source": [f"N{a}" for a, _ in ends], "target": [f"N{b}" for _, b in ends], "sign": 1})
    table["mechanism"] = rng.choice(["", "", "part_of"], len(ends))
    return Network(table.assign(layer=rng.choice(["signaling", "transcription"], len(ends))))


@given(ENDS)
@settings(max_examples=50, deadline=None)
def test_causes_come_before_effects_except_within_cycles(ends: list[tuple[int, int]]) -> None:
    net = network_of(ends)
    plan = make_plan(wiring_of(net))
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
def test_edges_of_a_node_are_transcription_then_regulators_then_parts(ends: list[tuple[int, int]]) -> None:
    net = network_of(ends)
    wiring = wiring_of(net)
    plan = make_plan(wiring)
    assert np.array_equal(wiring.source[plan.edge_order], plan.source)
    assert np.array_equal(np.sort(plan.edge_order), np.arange(net.n_edges))
    edges = net.edges
    group = np.select([edges["mechanism"] == "part_of", edges["layer"] == "transcription"], [2, 0], 1)[plan.edge_order]
    for node in range(net.n_nodes):
        mine = slice(plan.first[node], plan.first[node + 1])
        assert (wiring.target[plan.edge_order[mine]] == node).all()
        found = np.repeat([0, 1, 2], np.diff([mine.start, plan.transcript_end[node], plan.part_begin[node], mine.stop]))
        assert np.array_equal(group[mine], found)


@given(ENDS, st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_keys_belong_to_edges_not_to_rows(ends: list[tuple[int, int]], random: Random) -> None:
    net = network_of(ends)
    rows = [row for row in range(net.n_edges) if random.random() < 0.7]
    whole = dict(zip(map(tuple, net.edges[KEY].to_numpy()), wiring_of(net).edge_keys, strict=True))
    assert len(set(whole.values())) == len(whole)
    if rows:
        part = net.with_edges(np.isin(np.arange(net.n_edges), rows))
        for key, value in zip(map(tuple, part.edges[KEY].to_numpy()), wiring_of(part).edge_keys, strict=True):
            assert whole[key] == value


#: A canonical signal, a canonical target gene, a part, an edge of the study twice, and one like any other.
KINDS = pd.DataFrame(
    {
        "source": list("ABCDEF"),
        "target": "X",
        "sign": 1,
        "layer": ["signaling", "transcription", "signaling", "signaling", "signaling", "signaling"],
        "mechanism": ["", "", "part_of", "", "", ""],
        "canonical": [1, 1, 0, 0, 0, 0],
        "study": ["", "", "", "s", "s", ""],
    }
)


def test_parts_and_canonical_signals_are_undivided_and_transcription_is_shared() -> None:
    wiring = wiring_of(Network(KINDS))
    assert wiring.part.tolist() == [False, False, True, False, False, False]
    assert wiring.transcription.tolist() == [False, True, False, False, False, False]
    assert wiring.shared.tolist() == [False, True, False, True, True, True]
    assert np.array_equal(wiring_of(Network(KINDS), canonical=False).shared, wiring.shared)


def test_edges_that_restate_one_finding_share_a_key() -> None:
    keys = wiring_of(Network(KINDS)).edge_keys
    assert keys[3] == keys[4] and len(set(keys)) == 5


def test_what_is_certain_is_so_only_as_far_as_asked() -> None:
    """Canonical steps, parts and the study's edges; the last edge, of tier C with no report, stands at one half."""
    assert wiring_of(Network(KINDS)).reliability.tolist() == [1, 1, 1, 1, 1, 0.5]
    assert wiring_of(Network(KINDS), canonical=False).reliability.tolist() == [0.5, 0.5, 1, 1, 1, 0.5]


def test_reliability_is_that_of_the_evidence_in_the_order_of_the_edges(random_network: Callable) -> None:
    net = random_network(5)
    wiring, expected = wiring_of(net), reliability(net.edges)
    assert np.array_equal(wiring.reliability, expected["reliability"])
    assert np.array_equal(wiring.other_sign, expected["p_other_sign"])
    assert np.array_equal(wiring.basal, net.nodes["basal"]) and wiring.names == net.names
    for name in ("source", "target", "sign", "weight"):
        assert np.array_equal(getattr(wiring, name), getattr(net.arrays, name))


def test_thinning_keeps_nodes_and_the_columns_of_what_is_left(random_network: Callable) -> None:
    net = random_network(6)
    keep = np.arange(net.n_edges) % 3 != 1
    thinned, fresh = wiring_of(net).thinned(keep), wiring_of(net.with_edges(keep))
    for name in vars(fresh):
        assert np.array_equal(getattr(thinned, name), getattr(fresh, name)), name


def test_without_edges_every_node_is_a_block_of_its_own() -> None:
    plan = make_plan(wiring_of(Network(KINDS)).thinned(np.zeros(len(KINDS), bool)))
    assert plan.block.tolist() == list(range(8)) and not plan.cyclic.any()
