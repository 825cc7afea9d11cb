"""Walks, paths and routes, against networkx and exhaustive search."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from jaknet.errors import UnknownNameError
from jaknet.network.network import Network
from jaknet.network.routes import (
    PATH_COLUMNS,
    best_routes,
    distances,
    find_paths,
    shortest_signs,
    simple_paths,
    walk_mask,
)

ENDS = st.tuples(st.sampled_from("ABCDEFG"), st.sampled_from("ABCDEFG"))
GRAPHS = st.dictionaries(ENDS, st.sampled_from([1, -1]), min_size=1, max_size=18)


def _network(edges: dict[tuple[str, str], int]) -> Network:
    return Network(pd.DataFrame([(*ends, sign) for ends, sign in edges.items()], columns=["source", "target", "sign"]))


@settings(max_examples=40, deadline=None)
@given(GRAPHS)
def test_distances_equal_networkx(edges):
    network, graph = _network(edges), nx.DiGraph(list(edges))
    start = network.names[0]
    for reverse in (False, True):
        expected = nx.single_source_shortest_path_length(graph.reverse() if reverse else graph, start)
        far = distances(network, [start], reverse)
        assert {name: int(far[i]) for name, i in network.index.items() if far[i] <= network.n_edges} == expected


@settings(max_examples=40, deadline=None)
@given(GRAPHS, st.integers(1, 4))
def test_walk_mask_keeps_the_edges_of_some_short_walk(edges, depth):
    network, graph = _network(edges), nx.DiGraph(list(edges))
    source, target = network.names[0], network.names[-1]
    before = nx.single_source_shortest_path_length(graph, source)
    after = nx.single_source_shortest_path_length(graph.reverse(), target)
    ends = zip(network.edges["source"], network.edges["target"], strict=True)
    expected = [one in before and two in after and before[one] + 1 + after[two] <= depth for one, two in ends]
    assert walk_mask(network, [source], [target], depth).tolist() == expected


@settings(max_examples=40, deadline=None)
@given(GRAPHS, st.integers(1, 4))
def test_paths_equal_networkx_with_the_sign_of_their_product(edges, longest):
    network, graph = _network(edges), nx.DiGraph(list(edges))
    source, target = network.names[0], network.names[-1]
    if source == target:
        return
    expected = {}
    for path in nx.all_simple_edge_paths(graph, source, target, cutoff=longest):
        route = source + "".join(f" {'→' if edges[ends] > 0 else '⊣'} {ends[1]}" for ends in path)
        expected[route] = int(np.prod([edges[ends] for ends in path]))
    found = find_paths(network, source, target, longest, limit=10_000)
    assert dict(zip(found["route"], found["sign"], strict=True)) == expected
    assert found["length"].is_monotonic_increasing


def test_a_path_shows_its_evidence_and_weakest_edge():
    edges = pd.DataFrame(
        {
            "source": ["JAK1", "STAT3"],
            "target": ["STAT3", "SOST"],
            "sign": [1, -1],
            "weight": [1.0, 0.4],
            "tier": ["A", "B"],
            "references": ["PMID:2;PMID:1", "PMID:3"],
        }
    )
    row = find_paths(Network(edges), "JAK1", "SOST").iloc[0]
    assert list(row.index) == PATH_COLUMNS
    assert row[["sign", "length", "weight", "weakest_edge", "weakest_tier", "references"]].tolist() == [
        -1,
        2,
        0.4,
        "STAT3 ⊣ SOST",
        "B",
        "PMID:1;PMID:2;PMID:3",
    ]


def test_forms_limits_and_unknown_nodes():
    nodes = pd.DataFrame({"node": ["S_1", "S_2"], "kind": "tf", "gene": "S", "name": ""})
    network = Network(pd.DataFrame({"source": ["S_1", "S_2"], "target": ["T", "T"], "sign": [1, -1]}), nodes)
    assert find_paths(network, "S", "T")["sign"].tolist() == [1, -1]
    assert len(find_paths(network, "S", "T", limit=1)) == 1
    assert find_paths(network, "T", "S").empty
    with pytest.raises(UnknownNameError, match="unknown node"):
        find_paths(network, "S", "nowhere")


def test_only_edges_that_are_kept_are_walked():
    network = _network({("A", "B"): 1, ("B", "C"): 1})
    far = distances(network, ["A"], keep=np.array([True, False]))
    assert far[:2].tolist() == [0, 1]
    assert far[2] > network.n_edges


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


def test_equally_good_routes_take_the_edge_that_comes_first() -> None:
    edges = pd.DataFrame({"source": ["A", "A", "B", "C"], "target": ["B", "C", "Z", "Z"], "sign": 1})
    network = Network(edges)
    for reliability in (0.5, 1.0):
        found = best_routes(network, {"A": 1.0}, {"Z": 1}, np.full(4, reliability), transcript=False)
        assert found.loc["Z", "route"] == "A → B → Z"


def test_a_loop_of_certain_edges_ends_at_the_start() -> None:
    edges = pd.DataFrame({"source": ["A", "B", "B"], "target": ["B", "A", "Z"], "sign": 1})
    found = best_routes(Network(edges), {"A": 1.0}, {"Z": 1, "A": 1}, np.ones(3), transcript=False)
    assert found["route"].tolist() == ["A → B → Z", "A → B → A"]


def test_a_route_turns_its_sign_through_feedback() -> None:
    edges = pd.DataFrame({"source": ["A", "B", "B"], "target": ["B", "A", "Z"], "sign": [1, -1, 1]})
    found = best_routes(Network(edges), {"A": 1.0}, {"Z": -1}, np.full(3, 0.5), transcript=False)
    assert found.loc["Z", "route"] == "A → B ⊣ A → B → Z"


def test_the_better_of_two_layers_counts() -> None:
    edges = pd.DataFrame({"source": "A", "target": "Z", "sign": 1, "layer": ["signaling", "transcription"], "weight": [0.2, 0.9]})
    more = pd.DataFrame({"source": ["Z"], "target": ["Y"], "sign": [1], "layer": ["signaling"], "weight": [0.5]})
    network = Network(pd.concat([edges, more]))
    found = best_routes(network, {"A": 1.0}, {"Y": 1}, network.arrays.weight, transcript=False)
    assert found.loc["Y", "weight"] == pytest.approx(0.45)


def test_a_path_ends_at_the_first_goal_and_may_return_to_its_start() -> None:
    network = _network({("A", "B"): 1, ("B", "A"): -1, ("B", "C"): 1, ("C", "D"): 1})
    names = [[network.edges["target"][edge] for edge in path] for path in simple_paths(network, "A", ("A", "C", "D"), 4)]
    assert sorted(names) == [["B", "A"], ["B", "C"]]
    assert find_paths(network, "A", "A").empty


def test_nothing_is_near_no_start() -> None:
    assert np.isinf(distances(_network({("A", "B"): 1}), [])).all()
