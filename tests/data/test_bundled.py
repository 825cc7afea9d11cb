"""What is bundled loads, agrees with itself, and unknown names say what is known."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import jaknet as jn
from jaknet.genes.tables import load_osteoanabolic
from jaknet.network.schema import PART_OF
from jaknet.simulation.library import split_dose
from jaknet.validation.controls import load_controls
from jaknet.validation.facts import read_facts

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "make_source_study.py"
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


def test_controls_are_read_and_name_what_there_is():
    controls, network = load_controls(), jn.load_network()
    assert controls["id"].is_unique
    assert len(read_facts(controls.assign(paper_id=""))) == len(controls)
    assert set(controls["direction"]) == {"up", "down", "none"}
    assert set(controls["measure"]) == {"activity", "transcript"}
    named = controls["nodes"].map(lambda cell: split_dose(cell) is None and not cell.startswith("context:"))
    assert [node for node in controls.loc[named, "nodes"] if node not in network] == []
    assert [node for node in controls["readout"] if node not in network] == []
    compared = controls.loc[controls["nodes"].str.startswith("context:"), "nodes"].str.removeprefix("context:")
    assert {*compared, *controls["context"]} <= set(jn.list_contexts())
    # Each control of specificity says what should have moved its readout.
    quiet = controls["direction"] == "none"
    assert (controls.loc[quiet, "reference_ligand"] != "").all() and (controls.loc[~quiet, "reference_ligand"] == "").all()
    # The table is a copy: nobody's change reaches the next reader.
    controls.loc[0, "direction"] = "changed"
    assert load_controls()["direction"].iloc[0] != "changed"


def test_the_source_study_is_a_network_of_its_own():
    assert jn.list_networks() == ["osteoblast", "source_study", "trrust"]
    study, whole = jn.load_network("source_study"), jn.load_network()
    assert (study.name, study.given_study, whole.given_study) == ("source_study", True, True)
    # Every edge is one of the whole network, and the study's finding is among them.
    assert study.edges.merge(whole.edges).equals(study.edges)
    assert set(study.edges.loc[study.edges["study"] != "", "target"]) == {"CTNNB1"}
    assert set(study.genes) & set(load_osteoanabolic()["gene"]) >= {"BGLAP", "TNFRSF11B", "SOST"}
    drug = jn.load_drug("tofacitinib").at("300 nM")
    given, without = (jn.perturb(net, drug, members=20)["CTNNB1"] for net in (study, study.without_study()))
    assert given["direction"] == "up" and given["p_up"] == pytest.approx(1.0)
    # Nothing else in it leads from a JAK to beta-catenin.
    assert without["effect"] == 0


@pytest.mark.skipif(not SCRIPT.is_file(), reason="scripts are not part of an installation")
def test_the_source_study_is_what_the_script_cuts_out_today():
    specification = importlib.util.spec_from_file_location("make_source_study", SCRIPT)
    script = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(script)
    edges, nodes = script.pathway(jn.load_network())
    assert jn.Network(edges, nodes) == jn.load_network("source_study"), "run scripts/make_source_study.py, then scripts/update_registry.py"


def test_every_node_rests_somewhere_and_what_cannot_move_has_a_reason():
    nodes = jn.load_network().nodes
    assert nodes["basal"].between(0, 1, inclusive="neither").all()
    assert (nodes["basal_reason"] != "").all()


def test_canonical_steps_say_in_what_they_stand():
    edges = jn.load_network().edges
    assert set(edges["canonical"]) == {0, 1}
    assert (edges.loc[edges["canonical"] == 1, "canonical_basis"] != "").all()


def test_receptors_hold_their_kinases_as_parts():
    network = jn.load_network()
    parts = network.edges[network.edges["mechanism"] == PART_OF].groupby("target")["source"].agg(set)
    assert {"IL6ST", "JAK1"} <= parts["gp130_JAK1"]
    assert {"IFNGR1", "IFNGR2", "JAK1", "JAK2"} <= parts["IFNGR_JAK1_JAK2"]
    # The kinases act on STATs through their receptors, and on none directly.
    edges = network.edges
    direct = edges[edges["source"].isin(["JAK1", "JAK2", "JAK3", "TYK2"]) & edges["target"].str.startswith("STAT")]
    assert direct.empty
    assert len(network.paths("JAK1", "STAT3", max_length=2)) >= 1
