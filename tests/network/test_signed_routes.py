"""Best routes against an exhaustive search; shortest signs against networkx."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from jaknet.network.network import Network
from jaknet.network.routes import find_paths
from jaknet.network.signed_routes import best_routes, shortest_signs


def dag(seed: int, n_nodes: int = 9, n_edges: int = 22) -> Network:
    """A random network without cycles, where every walk is a simple path."""
    generator = np.random.default_rng(seed)
    pairs = [(one, two) for one in range(n_nodes) for two in range(one + 1, n_nodes)]
    chosen = generator.choice(len(pairs), n_edges, replace=False)
    rows = [(f"N{pairs[place][0]}", f"N{pairs[place][1]}") for place in chosen]
    edges = pd.DataFrame(rows, columns=["source", "target"])
    edges["sign"] = generator.choice([1, -1], n_edges)
    edges["weight"] = generator.uniform(0.2, 1.0, n_edges)
    return Network(edges)


@pytest.mark.parametrize("seed", range(12))
def test_the_best_route_has_the_largest_product_of_all_paths_of_its_sign(seed: int) -> None:
    network = dag(seed)
    start = network.names[0]
    for direction in (1, -1):
        goals = dict.fromkeys(network.names[1:], direction)
        found = best_routes(network, {start: -0.5}, goals, network.arrays.weight, transcript=False)
        for goal in goals:
            paths = find_paths(network, start, goal, max_length=9, limit=10_000)
            paths = paths[paths["sign"] == -direction]
            assert (goal in found.index) == (len(paths) > 0)
            if len(paths):
                assert found.loc[goal, "weight"] == pytest.approx(paths["weight"].max())
                assert found.loc[goal, "sign"] == -direction


def test_the_larger_change_at_the_start_is_preferred() -> None:
    network = Network(pd.DataFrame({"source": ["JAK1", "JAK2"], "target": "STAT3", "sign": 1}))
    ones = np.ones(2)
    found = best_routes(network, {"JAK1": -0.2, "JAK2": -0.5}, {"STAT3": -1}, ones, transcript=False)
    assert found.loc["STAT3", "source"] == "JAK2"
    assert best_routes(network, {"JAK1": -0.2, "JAK2": 0.0}, {"STAT3": -1}, ones, transcript=False).loc["STAT3", "source"] == "JAK1"


def test_the_last_edge_of_a_transcript_route_is_transcription() -> None:
    edges = pd.DataFrame(
        {
            "source": ["JAK1", "JAK1", "STAT3"],
            "target": ["CTNNB1", "STAT3", "CTNNB1"],
            "sign": [-1, 1, -1],
            "layer": ["signaling", "signaling", "transcription"],
        }
    )
    network = Network(edges)
    activity = best_routes(network, {"JAK1": -1}, {"CTNNB1": 1}, np.ones(3), transcript=False)
    transcript = best_routes(network, {"JAK1": -1}, {"CTNNB1": 1}, np.ones(3))
    assert activity.loc["CTNNB1", "route"] == "JAK1 ⊣ CTNNB1"
    assert transcript.loc["CTNNB1", "route"] == "JAK1 → STAT3 ⊣ CTNNB1"


def test_a_transcript_may_be_reached_through_its_own_protein() -> None:
    edges = pd.DataFrame({"source": ["JAK1", "STAT3"], "target": ["STAT3", "STAT3"], "sign": 1, "layer": ["signaling", "transcription"]})
    found = best_routes(Network(edges), {"JAK1": -1}, {"STAT3": -1}, np.ones(2))
    assert found.loc["STAT3", "route"] == "JAK1 → STAT3 → STAT3"


@pytest.mark.parametrize("seed", range(8))
def test_shortest_signs_agree_with_all_shortest_paths(seed: int) -> None:
    network = dag(seed, 10, 20)
    graph = nx.DiGraph()
    graph.add_nodes_from(network.names)
    graph.add_edges_from((row.source, row.target, {"sign": row.sign}) for row in network.edges.itertuples())
    found = shortest_signs(network, {network.names[0]: 1.0}, transcript=False)
    for goal in network.names[1:]:
        try:
            paths = list(nx.all_shortest_paths(graph, network.names[0], goal))
        except nx.NetworkXNoPath:
            assert np.isnan(found.loc[goal, "length"]) and np.isnan(found.loc[goal, "sign"])
            continue
        signs = [np.prod([graph[one][two]["sign"] for one, two in pairwise(path)]) for path in paths]
        assert found.loc[goal, "length"] == len(paths[0]) - 1
        assert found.loc[goal, "sign"] == np.sign(sum(signs))


def test_an_inhibited_start_turns_the_sign() -> None:
    network = dag(3)
    up, down = (shortest_signs(network, {network.names[0]: change}, transcript=False)["sign"] for change in (1.0, -1.0))
    assert up.fillna(9).equals((-down).fillna(9))


def test_shortest_walk_to_a_transcript_counts_the_transcription_edge() -> None:
    edges = pd.DataFrame(
        {"source": ["A", "A", "B"], "target": ["B", "C", "C"], "sign": [1, 1, -1], "layer": ["signaling", "signaling", "transcription"]}
    )
    found = shortest_signs(Network(edges), {"A": 1.0})
    assert found.loc["C"].tolist() == [2.0, -1.0]
    assert np.isnan(found.loc["B", "sign"])
