"""Walks and paths, against networkx."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from jaknet.errors import UnknownNameError
from jaknet.network.network import Network
from jaknet.network.routes import PATH_COLUMNS, distances, find_paths, walk_mask

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
