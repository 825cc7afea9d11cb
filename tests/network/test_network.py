"""The network object: immutable, indexed, independent of row order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from jaknet.errors import InputError, UnknownNameError
from jaknet.network.evidence import without_paper
from jaknet.network.io.read import load_network
from jaknet.network.network import Network
from jaknet.network.schema import LAYERS

EDGES = pd.DataFrame(
    [
        ("JAK1", "STAT3", 1, "signaling", "PMID:1", "A", "osteoblast"),
        ("STAT3", "SOCS3", 1, "transcription", "PMID:2", "A", "other"),
        ("SOCS3", "JAK1", -1, "signaling", "PMID:1;PMID:2", "B", "other"),
        ("STAT1_latent", "RUNX2", -1, "signaling", "PMID:12923053", "A", "osteoblast"),
        ("RUNX2", "BGLAP", 1, "transcription", "", "C", "osteoblast"),
    ],
    columns=["source", "target", "sign", "layer", "references", "tier", "lineage"],
)
NODES = pd.DataFrame([("STAT1_latent", "tf", "STAT1", ""), ("STAT1", "tf", "STAT1", "")], columns=["node", "kind", "gene", "name"])


@pytest.fixture
def net() -> Network:
    return Network(EDGES, NODES, "toy", "1.0")


def test_tables_are_copies(net):
    edges, nodes = net.edges, net.nodes
    edges.loc[0, "sign"] = -9
    nodes.loc[0, "gene"] = "changed"
    assert net == Network(EDGES, NODES)
    with pytest.raises(ValueError, match="read-only"):
        net.arrays.sign[0] = 0


def test_arrays_agree_with_the_table(net):
    arrays, edges = net.arrays, net.edges
    assert [net.names[i] for i in arrays.source] == edges["source"].tolist()
    assert [net.names[i] for i in arrays.target] == edges["target"].tolist()
    assert [LAYERS[i] for i in arrays.layer] == edges["layer"].tolist()
    assert (arrays.sign == edges["sign"]).all()
    assert (np.diff(arrays.source) >= 0).all()


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(len(EDGES))), st.permutations(range(len(NODES))))
def test_identity_is_free_of_row_order(edge_order, node_order):
    one, two = Network(EDGES, NODES, "a"), Network(EDGES.iloc[edge_order], NODES.iloc[node_order], "b")
    assert one == two
    assert hash(one) == hash(two)
    assert one.names == two.names


@pytest.mark.parametrize(("column", "value"), [("sign", -1), ("references", "PMID:7"), ("weight", 0.5), ("note", "x"), ("canonical", 1)])
def test_identity_sees_every_column(net, column, value):
    edges = net.edges
    edges.loc[0, column] = value if edges.loc[0, column] != value else 1
    assert Network(edges, NODES) != net
    assert net != "toy"


def test_forms_of_a_gene(net):
    assert net.resolve("STAT1") == ("STAT1", "STAT1_latent")
    assert net.resolve("STAT1_latent") == ("STAT1_latent",)
    assert "STAT1" in net
    assert "STAT9" not in net
    with pytest.raises(UnknownNameError, match=r"unknown node: JAK9; closest in toy 1.0: .*JAK1"):
        net.resolve("JAK9")


def test_without_reference(net):
    left = net.without_reference("pubmed:2")
    # SOCS3 -| JAK1 rests on another paper too.
    assert left.edges.set_index("source")["references"].to_dict() == {
        "JAK1": "PMID:1",
        "SOCS3": "PMID:1",
        "STAT1_latent": "PMID:12923053",
        "RUNX2": "",
    }
    assert left.names == net.names
    assert net.n_edges == 5
    assert net.without_reference("a title", ["PMID:2"]) == left
    with pytest.raises(UnknownNameError, match=r"unknown reference: PMID:99; no edge of toy 1\.0 cites it"):
        net.without_reference("PMID:99")
    with pytest.raises(InputError, match=r"reference must be a paper .*; got 5 \(int\)"):
        net.without_reference(5)
    # Evaluations leave out the papers of facts, which the network need not cite.
    edges, keep = without_paper(net.edges, "PMID:99")
    assert keep.all() and edges.equals(net.edges)


def test_without_study(net):
    edges = net.edges.assign(study=["study", "", "", "", ""])
    given = Network(edges, NODES, "toy", "1.0")
    assert given.given_study and not net.given_study
    left = given.without_study()
    assert not left.given_study
    assert left.n_edges == 4 and left.names == given.names
    assert net.without_study() == net


def test_reliability_names_the_edges(net):
    table = net.reliability()
    assert list(table.columns) == ["source", "target", "layer", "reliability", "p_other_sign"]
    # tier A in osteoblasts with one paper, (4 + 1) / (5 + 1); tier C without any, 1 / 2
    by_source = table.set_index("source")["reliability"]
    assert by_source[["JAK1", "RUNX2"]].tolist() == pytest.approx([5 / 6, 1 / 2])
    certain = Network(net.edges.assign(canonical=1))
    assert (certain.reliability()["reliability"] == 1).all()
    assert certain.reliability(canonical=False).equals(table)


def test_subnetworks(net):
    assert net.subnetwork(nodes=["JAK1", "STAT3"]).n_edges == 1
    assert net.subnetwork(sources=["JAK1"]).n_edges == 3
    assert net.subnetwork(sources=["JAK1"], max_depth=1).edges["target"].tolist() == ["STAT3"]
    assert net.subnetwork(targets=["BGLAP"]).n_edges == 2
    assert net.subnetwork(sources=["STAT1"], targets=["BGLAP"]).names == ("BGLAP", "RUNX2", "STAT1_latent")
    assert net.subnetwork(layers=["transcription"]).n_edges == 2
    assert net.subnetwork(tiers=["A"], lineages=["osteoblast"]).n_edges == 2
    with pytest.raises(UnknownNameError, match="NOBODY"):
        net.subnetwork(sources=["NOBODY"])


def test_name_version_species_and_report_travel(net):
    mouse = Network(EDGES, NODES, "toy", "1.0", {"rows": 5}, "mouse")
    for smaller in (mouse.with_edges(mouse.edges["sign"] > 0), mouse.subnetwork(tiers=["A"]), mouse.without_reference("PMID:1")):
        assert (smaller.label, smaller.species, smaller.report["rows"]) == ("toy 1.0", "mouse", 5)


def test_identity_sees_the_resting_activity(net):
    nodes = net.nodes
    nodes.loc[nodes["node"] == "JAK1", "basal"] = 0.4
    assert Network(EDGES, nodes) != net


def test_shown_as_text_and_html(net):
    assert repr(net) == "Network 'toy 1.0': 7 nodes, 5 edges (+3/-2)"
    assert "edges by tier A: 3, B: 1, C: 1" in net._repr_html_()
    assert len(net) == net.n_edges == 5


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        *((name, "BGLAP") for name in ("OCN", "ocn", "osteocalcin", "Bglap", "Bglap2", "BGLAP")),
        *((name, "TNFSF11") for name in ("RANKL", "rankl", "Tnfsf11")),
        *((name, "TNFRSF11B") for name in ("OPG", "osteoprotegerin")),
        *((name, "CTNNB1") for name in ("beta-catenin", "betacatenin", "b-catenin", "β-catenin", "Beta Catenin")),
        ("sclerostin", "SOST"),
        ("p65", "RELA"),
        ("Jak1", "JAK1"),
        ("Trp53", "TP53"),
        ("IL-6", "IL6"),
        ("ENSG00000162434", "JAK1"),
    ],
)
def test_names_as_people_write_them(said, meant):
    bone = load_network("osteoblast")
    assert bone.resolve(said) == (meant,) and said in bone and bone.own_name(said) == meant
    assert "target" in bone.paths(said, "RUNX2", 2) and bone.subnetwork(nodes=said).n_nodes >= 0


def test_exact_names_win_and_forms_are_found_in_any_capitals(net):
    assert net.resolve("stat1") == net.resolve("STAT1") and net.resolve("STAT1_Latent") == ("STAT1_latent",)
    own = Network(pd.DataFrame({"source": ["OCN", "p65"], "target": ["BGLAP", "RELA"], "sign": 1}))
    assert own.resolve("OCN") == ("OCN",) and own.resolve("osteocalcin") == ("BGLAP",) and own.resolve("p65") == ("p65",)


def test_ambiguous_names_are_refused_with_what_they_may_mean():
    bone = load_network("osteoblast")
    with pytest.raises(UnknownNameError, match=r"NF-kB; it may be NFKB1, NFKB2, RELA, RELB; write the one you mean"):
        bone.resolve("NF-kB")
    assert "NF-kB" not in bone


def test_a_name_that_is_understood_but_lacking_says_what_it_is(net):
    with pytest.raises(UnknownNameError, match=r"unknown node: OPG; it is TNFRSF11B, which toy 1\.0 lacks; closest in toy 1\.0"):
        net.resolve("OPG")
    with pytest.raises(UnknownNameError, match=r"closest in toy 1\.0: osteocalcin \(BGLAP\)"):
        net.resolve("osteocalcn")


@pytest.mark.parametrize("wrong", [3, None, ["JAK1"]])
def test_nodes_are_named_by_text(net, wrong):
    with pytest.raises(InputError, match="a node must be the name of a node or gene; got"):
        net.resolve(wrong)
    assert wrong not in net
