"""`explain` on small networks: what it says, what it refuses, and that it says the same twice."""

from __future__ import annotations

import json

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config

import jaknet as jn

LINES = [
    "IL22 > JAK1",
    "JAK1 > STAT3",
    "TNF > STAT3",
    "STAT3 => SOCS3",
    "STAT3 => FOS",
    "STAT3 =| BCL2",
    "STAT3 => IDLE",
    "SOCS3 | JAK1",
    "X => Y",
]
DATA = {"SOCS3": 9.0, "FOS": 8.0, "BCL2": -7.0, "IDLE": 0.00001, "Y": 6.0}


@pytest.fixture
def network(make_network):
    return make_network(LINES)


@pytest.fixture
def found(network, make_signature):
    return jn.explain(make_signature(DATA), network, "IL22", alternatives=6, penalty=0.3)


def test_states_routes_and_counts(found):
    states = found.to_frame().set_index("node")
    assert states.loc[["IL22", "JAK1", "STAT3"], "state"].tolist() == ["up"] * 3
    assert states.loc[["TNF", "X"], "state"].tolist() == ["none"] * 2
    assert states.loc["STAT3", "probability"] == 1
    assert found.route("SOCS3") == "IL22 → JAK1 → STAT3 → SOCS3" and found.route("BCL2") == "IL22 → JAK1 → STAT3 ⊣ BCL2"
    assert found.genes.set_index("gene")["status"].to_dict() == {
        "SOCS3": "explained", "FOS": "explained", "BCL2": "explained", "Y": "unexplained", "IDLE": "unmoved"
    }  # fmt: skip
    assert found.optimal and found.gap < 1e-3 and np.isnan(found.p_value)
    assert found.summary().startswith(
        "IL22 raises STAT3 (3 genes) through JAK1. This explains 3 of 4 changed genes, contradicts 0, leaves 1."
    )


def test_a_gene_pushed_the_wrong_way_is_contradicted(make_network, make_signature):
    network = make_network(["R > T", "T => A", "T => B", "T => C"])
    found = jn.explain(make_signature({"A": 9.0, "B": 8.0, "C": -7.0}), network, "R", alternatives=0, penalty=0.1)
    assert found.genes.set_index("gene")["status"].to_dict() == {"A": "explained", "B": "explained", "C": "contradicted"}


def test_a_silent_gene_passes_nothing_on(make_network, make_signature):
    # R induces the transcript of M, which is not among the data, and M's protein would move the genes.
    network = make_network(["R > S", "S => M", "S => IDLE", *(f"M => A{i}" for i in range(6))])
    changes = {f"A{i}": 9.0 + i for i in range(6)}
    panel, genome = (jn.explain(make_signature(changes, others=count), network, "R", alternatives=0, penalty=0.1) for count in (300, 5000))
    assert panel.to_frame().set_index("node").loc["M", "state"] == "up" and set(panel.genes["status"]) == {"explained"}
    assert genome.to_frame().set_index("node").loc["M", "state"] == "none" and set(genome.genes["status"]) == {"unexplained"}


def test_a_protein_that_the_cell_does_not_make_carries_nothing(make_network, make_signature):
    # Through the receptor R the way is shorter, but only Q and S are among the genes of a whole genome.
    lines = ["L > R", "R > T", "L > Q", "Q > S", "S > T", *(f"T => A{i}" for i in range(6))]
    nodes = pd.DataFrame({"node": ["L"], "kind": ["ligand"]})
    changes = {f"A{i}": 9.0 + i for i in range(6)} | dict.fromkeys("QST", 0.0001)
    network = make_network(lines, nodes)
    panel, genome = (jn.explain(make_signature(changes, others=count), network, "L", alternatives=0, penalty=0.1) for count in (300, 5000))
    assert panel.route("A0") == "L → R → T → A0" and genome.route("A0") == "L → Q → S → T → A0"
    # A cause that was given is believed, listed or not.
    assert jn.explain(make_signature(changes, others=5000), network, "R", alternatives=0).route("A0") == "R → T → A0"


def test_ties_share_the_frequency(make_network, make_signature):
    network = make_network(["R > P", "R > Q", "P > T", "Q > T", *(f"T => A{i}" for i in range(6))])
    found = jn.explain(make_signature({f"A{i}": 9.0 + i for i in range(6)}), network, "R", alternatives=20, penalty=0.3)
    states = found.to_frame().set_index("node")
    assert found.found == 2 and states.loc[["P", "Q"], "probability"].tolist() == [0.5, 0.5] and states.loc["T", "probability"] == 1
    assert found.edges.set_index(["source", "target"]).loc[("T", "A0"), "frequency"] == 1


def test_the_cause_is_found_upstream(make_network, make_signature):
    lines = ["L > R", "R > S", "R > T", *(f"S => A{i}" for i in range(6)), *(f"T => B{i}" for i in range(6))]
    changes = {f"A{i}": 9.0 + i for i in range(6)} | {f"B{i}": 8.0 + i for i in range(6)}
    found = jn.explain(make_signature(changes, others=400), make_network(lines), alternatives=0, penalty=0.3)
    assert found.roots == {"L": "up"} and not found.given
    assert found.summary().startswith("Most likely cause: L raises")


def test_no_cause_is_worth_its_price(make_network, make_signature):
    found = jn.explain(make_signature({"A": 9.0}), make_network(["T => A"]), alternatives=0, penalty=3.0)
    assert found.roots == {} and found.objective == 0 and "No cause is worth its price" in found.summary()
    with pytest.raises(jn.InputError, match="nothing to draw"):
        found.plot()


def test_inhibition_lowers(network, make_signature):
    down = make_signature({gene: -value for gene, value in DATA.items()})
    found = jn.explain(down, network, jn.knockout("STAT3"), alternatives=0, penalty=0.3)
    assert found.roots == {"STAT3": "down"}
    assert found.summary().startswith("STAT3, lowered, moves 3 genes itself.")
    drug = jn.explain(down, network, "tofacitinib 1 uM", alternatives=0, penalty=0.3)
    assert drug.roots == {"JAK1": "down"} and drug.route("SOCS3") == "JAK1 → STAT3 → SOCS3"


def test_permuted_data_are_rarely_explained_as_well(make_network, make_signature):
    lines = ["L > T", *(f"T => A{i}" for i in range(20)), *(f"U => B{i}" for i in range(60))]
    changes = {f"A{i}": 9.0 + i for i in range(15)} | {f"A{i}": 0.00001 for i in range(15, 20)} | {f"B{i}": 0.00001 for i in range(60)}
    found = jn.explain(make_signature(changes, others=200), make_network(lines), "L", alternatives=0, nulls=19, penalty=0.3)
    assert found.p_value == pytest.approx(1 / 20)


def test_the_same_bits_for_any_number_of_workers_and_order_of_rows(network, make_signature):
    signature = make_signature(DATA)
    turned = jn.Network(network.edges.iloc[::-1], network.nodes.iloc[::-1], name="toy")
    results = []
    for workers, wired in ((1, network), (2, turned)):
        with parallel_config(n_jobs=workers):
            results.append(jn.explain(signature, wired, "IL22", alternatives=6, nulls=9, penalty=0.3, seed=4))
    one, other = results
    assert one.edges.equals(other.edges) and one.to_frame().equals(other.to_frame()) and one.p_value == other.p_value


def test_a_limit_that_cuts_is_told(make_signature):
    signature = make_signature({gene: 5.0 + i for i, gene in enumerate(jn.load_network().transcripts)}, others=2000)
    found = jn.explain(signature, "osteoblast", "IL22", alternatives=1, time_limit=1e-5)
    assert not found.optimal and found.gap > 0 and len(found.notes) == 2
    assert "another run may find" in found.summary() and "gap" in repr(found)


def test_several_signatures_share_and_differ(network, make_signature):
    late = make_signature({"SOCS3": 9.0, "FOS": 0.00001, "BCL2": 0.00001})
    both = jn.explain({"3 h": make_signature(DATA), "24 h": late}, network, "IL22", alternatives=0, penalty=0.3)
    shared = both.shared.set_index(["source", "target"])
    assert shared.loc[("STAT3", "SOCS3"), "used_by"] == "all" and shared.loc[("STAT3", "FOS"), "used_by"] == "3 h"
    assert shared.loc[("STAT3", "FOS"), "24 h"] == 0
    assert len(both) == 2 and both["24 h"].route("SOCS3") and set(both.to_frame()["signature"]) == {"3 h", "24 h"}
    assert "3 of 5 edges are shared by all" in both.summary()
    listed = jn.explain([make_signature(DATA, label="a"), make_signature(DATA, label="b")], network, "IL22", alternatives=0)
    assert list(listed.parts) == ["a", "b"]
    with pytest.raises(jn.InputError, match="cannot be told apart"):
        jn.explain([late, late], network)
    with pytest.raises(jn.UnknownNameError, match="48 h"):
        both["48 h"]


def test_written_graphs_carry_states_and_are_read_back(found, tmp_path):
    graph = nx.read_graphml(found.write(tmp_path / "found.graphml"))
    assert graph.nodes["STAT3"]["state"] == "up" and graph.nodes["IL22"]["root"] == "up"
    assert {data["frequency"] for *_, data in graph.edges(data=True)} == {1.0}
    assert jn.read_network(tmp_path / "found.graphml").n_edges == found.to_network().n_edges == 5
    cells = json.loads(found.write(tmp_path / "found.cyjs", "cytoscape").read_text())
    assert {node["data"]["id"]: node["data"]["state"] for node in cells["elements"]["nodes"]}["BCL2"] == "none"
    with pytest.raises(jn.UnknownNameError, match="graph format"):
        found.write(tmp_path / "found.xyz", "xyz")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"penalty": 0}, "above 0"),
        ({"time_limit": -1}, "above 0"),
        ({"changed": 0}, "changed 0"),
        ({"changed": 2.5}, "changed 2.5"),
        ({"q_threshold": 2}, "q_threshold 2"),
        ({"alternatives": -1}, "alternatives = -1"),
        ({"nulls": 1.5}, "nulls = 1.5"),
        ({"perturbations": "IL23"}, "not a drug at a dose"),
        ({"perturbations": jn.activate("STAT33")}, "STAT3"),
        ({"perturbations": jn.inhibit("JAK1", 0.01)}, "nothing is moved"),
    ],
)
def test_bad_input_is_refused_with_a_remedy(network, make_signature, options, message):
    with pytest.raises(jn.InputError, match=message):
        jn.explain(make_signature(DATA), network, **options)


def test_species_and_filtered_tables_are_refused(network, make_signature):
    mouse = jn.Signature(make_signature(DATA).table, species="mouse")
    with pytest.raises(jn.SpeciesError, match="to_species"):
        jn.explain(mouse, network)
    with pytest.raises(jn.InputError, match="needs every gene"):
        jn.explain(jn.Signature(make_signature(DATA).table, complete=False), network)


def test_unreached_and_unknown_genes_have_no_route(found):
    with pytest.raises(jn.InputError, match="does not reach Y"):
        found.route("Y")
    with pytest.raises(jn.UnknownNameError):
        found.route("NOSUCH")


def test_picture_shows_states_by_shape_and_signs_by_ends(found):
    axes = found.plot(route_to="BCL2")
    texts = {text.get_text(): text for text in axes.texts}
    assert {"IL22 ▲", "STAT3 ▲", "BCL2", "SOCS3"} <= set(texts)
    styles = [type(patch.get_arrowstyle()).__name__ for patch in axes.patches if hasattr(patch, "get_arrowstyle")]
    assert sorted(styles) == ["BarAB", *["CurveFilledB"] * 4]
    thick = [patch for patch in axes.patches if patch.get_linewidth() > 2]
    assert len(thick) == 3
    assert found._repr_html_().startswith("<p><b>Explanation of")
