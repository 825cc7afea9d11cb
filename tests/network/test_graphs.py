"""GraphML and Netflux tables."""

from __future__ import annotations

import networkx as nx
import openpyxl
import pandas as pd
import pytest

from jaknet.errors import InputError
from jaknet.network._graphs import _identifiers, graph_tables, read_graphml, read_netflux_edges, write_netflux
from jaknet.network.model import Network


def test_identifiers_are_valid_and_distinct():
    names = _identifiers(("NKX2-5", "NKX2_5", "17β", "a b", "ok"))
    assert list(names.values()) == ["NKX2_5", "NKX2_5_", "X17_", "a_b", "ok"]


def test_graph_tables_of_simple_and_multigraphs():
    graph = nx.DiGraph([("A", "B", {"sign": 1})])
    edges, nodes = graph_tables(graph)
    assert edges.to_dict("records") == [{"sign": 1, "source": "A", "target": "B"}]
    assert nodes.empty
    multi = nx.MultiDiGraph([("A", "B", {"sign": 1}), ("A", "B", {"sign": -1})])
    assert graph_tables(multi)[0]["sign"].tolist() == [1, -1]
    assert graph_tables(nx.DiGraph())[0].empty


def test_an_activator_in_two_layers_is_one_reaction(tmp_path):
    rows = [("A", "B", 1, "signaling", 0.4, "PMID:1"), ("A", "B", 1, "transcription", 0.7, "PMID:2")]
    edges = pd.DataFrame(rows, columns=["source", "target", "sign", "layer", "weight", "references"])
    write_netflux(Network(edges), tmp_path / "net.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "net.xlsx")["reactions"].iter_rows(min_row=3, values_only=True))
    assert [(row[2], row[3]) for row in rows] == [("=> A", 0), ("A => B", 0.7)]
    assert rows[1][11] == "PMID:1;PMID:2"


def test_workbooks_without_reactions_and_broken_files_are_refused(tmp_path):
    openpyxl.Workbook().save(tmp_path / "empty.xlsx")
    with pytest.raises(InputError, match="a Netflux workbook has species and reactions"):
        read_netflux_edges(tmp_path / "empty.xlsx")
    (tmp_path / "broken.graphml").write_text("<graphml><graph>")
    with pytest.raises(InputError, match="not readable GraphML"):
        read_graphml(tmp_path / "broken.graphml")
    nx.write_graphml(nx.Graph([("A", "B", {"sign": 1})]), tmp_path / "undirected.graphml")
    with pytest.raises(InputError, match="undirected"):
        read_graphml(tmp_path / "undirected.graphml")
    with pytest.raises(InputError, match="no file"):
        read_netflux_edges(tmp_path / "absent.xlsx")


@pytest.mark.real_data
def test_published_workbooks_give_their_signs(real_data):
    edges, _, _ = read_netflux_edges(real_data / "netflux" / "kraeutler_betaAdrenergic_bmcsysbio2010.xlsx")
    signs = {(row.source, row.target): row.sign for row in edges.itertuples()}
    assert (signs[("NE", "B1AR")], signs[("B1ARPG", "B1AR")]) == ("1", "-1")
    assert len(edges) == 33
