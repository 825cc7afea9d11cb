"""What is bundled loads, agrees with itself, and unknown names say what is known."""

from __future__ import annotations

import pytest

import jaknet as jn
from jaknet.data.load import load_osteoanabolic

READOUTS = "BGLAP COL1A1 COL1A2 ALPL SPP1 IBSP SPARC PHEX DMP1 MEPE PHOSPHO1 ENPP1 ANKH POSTN TNFRSF11B TNFSF11 SOST DKK1 FGF23"


def test_network_drugs_and_contexts_load():
    network = jn.load_network()
    assert network.n_edges >= 300
    assert len(jn.list_drugs()) == 12
    for name in jn.list_drugs():
        assert jn.load_drug(name).name == name
    for name in ("steady_state", "inflammatory", "estrogen_deficient", "differentiating", "unstimulated_stromal"):
        context = jn.load_context(name)
        unknown = [node for node in (*context.inputs, *context.clamps) if node not in network]
        assert unknown == []
        assert (context.evidence["reason"] != "").all()


@pytest.mark.parametrize(("load", "kind"), [(jn.load_network, "network"), (jn.load_drug, "drug"), (jn.load_context, "context")])
def test_unknown_names_are_refused(load, kind):
    with pytest.raises(jn.UnknownNameError, match=f"unknown {kind}: nonsense"):
        load("nonsense")


def test_osteoanabolic_genes_are_nodes_with_polarity_and_reference():
    genes = load_osteoanabolic()
    assert set(genes["polarity"]) == {1, -1}
    assert (genes["references"] != "").all()
    network = jn.load_network()
    assert [gene for gene in genes["gene"] if gene not in network] == []
    assert set(READOUTS.split()) <= set(genes["gene"])


def test_gene_sets_are_genes_of_the_network():
    network = jn.load_network()
    for genes in jn.load_gene_sets().values():
        assert genes
        assert [gene for gene in genes if gene not in network] == []


def test_facts_name_known_contexts_and_directions():
    facts = jn.load_facts()
    assert set(facts["direction"]) <= {"up", "down", "none"}
    assert set(facts["context"]) <= set(jn.list_contexts())
    assert facts["id"].is_unique
