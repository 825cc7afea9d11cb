"""GraphML and graphs of networkx as tables."""

from __future__ import annotations

import networkx as nx
import pytest

from jaknet.errors import InputError
from jaknet.network.io.text import graph_tables, read_graphml


def test_graph_tables_of_simple_and_multigraphs():
    graph = nx.DiGraph([("A", "B", {"sign": 1})])
    edges, nodes = graph_tables(graph)
    assert edges.to_dict("records") == [{"sign": 1, "source": "A", "target": "B"}]
    assert nodes.empty
    multi = nx.MultiDiGraph([("A", "B", {"sign": 1}), ("A", "B", {"sign": -1})])
    assert graph_tables(multi)[0]["sign"].tolist() == [1, -1]
    assert graph_tables(nx.DiGraph())[0].empty


def test_broken_and_undirected_graphs_are_refused(tmp_path):
    (tmp_path / "broken.graphml").write_text("<graphml><graph>")
    with pytest.raises(InputError, match="not readable GraphML"):
        read_graphml(tmp_path / "broken.graphml")
    nx.write_graphml(nx.Graph([("A", "B", {"sign": 1})]), tmp_path / "undirected.graphml")
    with pytest.raises(InputError, match="undirected"):
        read_graphml(tmp_path / "undirected.graphml")
