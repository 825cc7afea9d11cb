"""What is written is read back with every sign and reference."""

from __future__ import annotations

import networkx as nx
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from jaknet.errors import InputError, UnknownNameError
from jaknet.network.io.read import read_network
from jaknet.network.io.write import WRITE_FORMATS, to_networkx, write_network
from jaknet.network.network import Network

SUFFIX = {"tsv": "tsv", "sif": "sif", "graphml": "graphml", "netflux": "xlsx"}


@pytest.fixture
def network() -> Network:
    edges = pd.DataFrame(
        {
            "source": ["JAK1", "SOCS3", "STAT3", "STAT3", "STAT1_latent", "STAT3"],
            "target": ["STAT3", "JAK1", "SOCS3", "NKX2-5", "RUNX2", "NKX2-5"],
            "sign": [1, -1, 1, -1, -1, 1],
            "layer": ["signaling", "signaling", "transcription", "transcription", "signaling", "signaling"],
            "weight": [1.0, 0.7, 0.4, 1 / 3, 1.0, 1.0],
            "tier": ["A", "B", "C", "A", "A", "C"],
            "references": ["PMID:1;PMID:2", "DOI:10.1/x", "", "PMCID:PMC3", "PMID:12923053", ""],
            "references_against": ["PMID:9", "", "", "", "", ""],
            "support_positive": [2, 0, 0, 1, 0, 1],
            "support_negative": [1, 1, 0, 2, 1, 0],
            "canonical": [1, 0, 0, 0, 0, 0],
            "canonical_basis": ["R-HSA-1059683; hsa04630", "", "", "", "", ""],
            "resources": ["SIGNOR", "", "CollecTRI", "", "", "X;Y"],
            "note": ['says "so", and more', "", "", "α → β; < & >", "=1+1", ""],
        }
    )
    rows = [("STAT1_latent", "tf", "STAT1", "unphosphorylated STAT1"), ("ALONE", "phenotype", "", "")]
    nodes = pd.DataFrame(rows, columns=["node", "kind", "gene", "name"])
    return Network(edges, nodes, "mine", "2.0")


@pytest.mark.parametrize("format", list(WRITE_FORMATS))
def test_what_a_network_simulates_with_survives_every_format(tmp_path, network, format):
    nodes = network.nodes.assign(basal=network.nodes["node"].map({"JAK1": 0.4}), basal_reason="PMID:5")
    rested = Network(network.edges, nodes, "mine", "2.0")
    assert rested != network
    back = read_network(rested.write(tmp_path / f"net.{SUFFIX[format]}", format))
    pd.testing.assert_frame_equal(back.nodes, rested.nodes)
    assert back == rested


def test_networkx_and_back_keeps_where_nodes_rest(network):
    nodes = network.nodes.assign(basal=0.4)
    rested = Network(network.edges, nodes)
    assert Network.from_networkx(to_networkx(rested)) == rested


@pytest.mark.parametrize("format", WRITE_FORMATS)
def test_round_trip_is_exact(tmp_path, network, format):
    path = network.write(tmp_path / "deep" / f"net.{SUFFIX[format]}", format)
    back = read_network(path)
    pd.testing.assert_frame_equal(back.edges, network.edges)
    pd.testing.assert_frame_equal(back.nodes, network.nodes)
    assert back == network
    assert (back.label, back.species) == ("mine 2.0", "human")


@pytest.mark.parametrize("format", WRITE_FORMATS)
def test_the_bundled_network_survives_every_format(tmp_path, format):
    bundled = Network(
        *(pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, quoting=3) for path in _bundled("edges.tsv", "nodes.tsv"))
    )
    back = read_network(bundled.write(tmp_path / f"net.{SUFFIX[format]}", format))
    pd.testing.assert_frame_equal(back.edges, bundled.edges)


def _bundled(*names):
    from jaknet.data.registry import bundled_path

    return [bundled_path(f"networks/osteoblast/{name}") for name in names]


def test_sif_is_plain_and_edges_changed_since_lose_their_evidence(tmp_path, network):
    path = network.write(tmp_path / "net.sif", "sif")
    lines = path.read_text().splitlines()
    assert "SOCS3\tsignaling:inhibits\tJAK1" in lines
    path.write_text("\n".join(lines).replace("SOCS3\tsignaling:inhibits", "SOCS3\tsignaling:activates") + "\nNEW1\tactivates\tJAK1\n")
    edges = read_network(path).edges.set_index(["source", "target", "layer"])
    assert edges.loc[("SOCS3", "JAK1", "signaling"), ["sign", "references"]].tolist() == [1, ""]
    assert edges.loc[("NEW1", "JAK1", "signaling"), "sign"] == 1
    assert edges.loc[("JAK1", "STAT3", "signaling"), "references"] == "PMID:1;PMID:2"


def test_graphml_has_unique_edges_and_plain_types(tmp_path, network):
    graph = nx.read_graphml(network.write(tmp_path / "net.graphml", "graphml"), force_multigraph=True)
    assert graph.number_of_edges() == network.n_edges
    assert {type(data["sign"]) for *_, data in graph.edges(data=True)} == {int}
    assert graph.nodes["STAT1_latent"]["gene"] == "STAT1"


def test_graphml_as_cytoscape_exports_it(tmp_path):
    graph = nx.DiGraph()
    graph.add_node("101", **{"shared name": "JAK1", "name": "JAK1"})
    graph.add_node("102", **{"shared name": "STAT3", "name": "STAT3"})
    graph.add_edge("101", "102", interaction="activates")
    path = tmp_path / "cytoscape.graphml"
    nx.write_graphml(graph, path)
    assert read_network(path).edges[["source", "target", "sign"]].values.tolist() == [["JAK1", "STAT3", 1]]


def test_networkx_both_ways(network):
    graph = to_networkx(network)
    assert graph["STAT3"]["NKX2-5"]["transcription"]["sign"] == -1
    assert Network.from_networkx(graph) == network == Network.from_networkx(network.to_networkx())
    with pytest.raises(InputError, match="undirected"):
        Network.from_networkx(nx.Graph([("A", "B", {"sign": 1})]))
    with pytest.raises(InputError, match="lacks the column"):
        Network.from_networkx(nx.DiGraph([("A", "B")]))
    weighted = Network.from_networkx(nx.DiGraph([("A", "B", {"weight": -0.5})]))
    assert weighted.edges[["sign", "weight"]].values.tolist() == [[-1, 0.5]]


def test_refusals(tmp_path, network):
    with pytest.raises(UnknownNameError, match="unknown network format: gml"):
        network.write(tmp_path / "net.gml", "gml")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        network.write(tmp_path / "folder", "graphml")
    with pytest.raises(InputError, match="names no file"):
        write_network(network, "/", "tsv")


def test_a_failure_leaves_no_file(tmp_path, network, monkeypatch):
    monkeypatch.setattr(nx, "write_graphml_xml", lambda *_: (_ for _ in ()).throw(RuntimeError("disk")))
    with pytest.raises(RuntimeError, match="disk"):
        network.write(tmp_path / "net.graphml", "graphml")
    assert list(tmp_path.iterdir()) == []


LETTERS = st.characters(min_codepoint=33, max_codepoint=0x24F, exclude_categories=["Zs", "Cc"])
NAMES = st.text(LETTERS, min_size=1, max_size=6).map(lambda name: f"g{name}")
CELL = st.text(LETTERS | st.just(" "), max_size=12)
ROWS = st.lists(st.tuples(NAMES, NAMES, st.sampled_from([1, -1]), CELL), min_size=1, max_size=6, unique_by=lambda row: row[:2])


@settings(max_examples=15, deadline=None)
@given(ROWS, st.sampled_from(list(SUFFIX)))
def test_any_names_and_notes_survive(tmp_path_factory, rows, format):
    network = Network(pd.DataFrame(rows, columns=["source", "target", "sign", "note"]))
    path = tmp_path_factory.mktemp("trip") / f"net.{SUFFIX[format]}"
    back = read_network(network.write(path, format), species="human")
    pd.testing.assert_frame_equal(back.edges, network.edges)
