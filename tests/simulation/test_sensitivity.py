"""Leaving out an edge is what a fresh simulation without it gives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config

import jaknet as jn
from jaknet.errors import InputError, UnknownNameError
from jaknet.network.evidence import without_paper
from jaknet.network.network import Network
from jaknet.simulation.drugs import Drug, Target
from jaknet.simulation.ensemble import draw_ensemble
from jaknet.simulation.model import Effects
from jaknet.simulation.response import EFFECT_COLUMNS
from jaknet.simulation.sensitivity import LEAVE_OUT_COLUMNS, carrying_routes, leave_one_out, sensitivity, target_effects

LAYERS = ("signaling", "transcription")


@pytest.fixture(scope="module")
def loop() -> Network:
    """JAK1 -> STAT3 -> SOCS3 with feedback, a second route to SOST, and a paper behind two edges."""
    rows = [
        ("JAK1", "STAT3", 1, "signaling", "PMID:1"),
        ("SOCS3", "JAK1", -1, "signaling", "PMID:2"),
        ("STAT3", "SOCS3", 1, "transcription", "PMID:1;PMID:3"),
        ("STAT3", "SOST", -1, "transcription", "PMID:4"),
        ("JAK1", "RUNX2", 1, "signaling", "PMID:5"),
        ("RUNX2", "SOST", 1, "transcription", ""),
        ("SOST", "LRP5", -1, "signaling", "PMID:6"),
    ]
    edges = pd.DataFrame(rows, columns=["source", "target", "sign", "layer", "references"])
    return Network(edges.assign(tier="A"), name="loop")


def test_leaving_an_edge_out_equals_simulating_without_it(loop: Network) -> None:
    table = leave_one_out(loop, jn.inhibit("JAK1"), readouts=["SOCS3", "SOST"], members=40, seed=2)
    assert len(table) == 12
    assert list(table.columns) == LEAVE_OUT_COLUMNS
    edges = loop.edges
    for row in table.itertuples():
        source, _, target = row.removed.split(" ")
        keep = ~((edges["source"] == source) & (edges["target"] == target))
        fresh = jn.perturb(loop.with_edges(keep.to_numpy()), jn.inhibit("JAK1"), members=40, seed=2)
        expected = fresh.weights @ fresh.transcript_effects[:, loop.index[row.readout]]
        assert row.effect_without == pytest.approx(expected, abs=1e-7)
        assert row.change == pytest.approx(row.effect_without - row.effect)


def test_edges_that_reach_no_readout_are_left_out(loop: Network) -> None:
    table = leave_one_out(loop, jn.inhibit("JAK1"), readouts=["SOST"], members=10)
    assert "SOST ⊣ LRP5" not in set(table["removed"])
    assert "SOCS3 ⊣ JAK1" in set(table["removed"])


def test_a_call_that_rests_on_one_edge_reverses_without_it() -> None:
    rows = [("JAK1", "STAT3", "signaling", 1.0), ("STAT3", "SOST", "transcription", 1.0), ("JAK1", "SOST", "transcription", 0.05)]
    edges = pd.DataFrame(rows, columns=["source", "target", "layer", "weight"]).assign(sign=[1, -1, 1], tier="A")
    table = leave_one_out(Network(edges), jn.inhibit("JAK1"), readouts=["SOST"], members=100)
    first = table.set_index("removed")
    assert first.loc["STAT3 ⊣ SOST", ["direction", "direction_without", "reverses"]].tolist() == ["up", "down", True]
    assert not first.loc["JAK1 → SOST", "reverses"]


def test_a_paper_takes_all_its_edges_and_only_them(loop: Network) -> None:
    table = leave_one_out(loop, jn.inhibit("JAK1"), readouts=["SOCS3"], by="paper", members=20).set_index("removed")
    assert table["n_edges"].to_dict() == {"PMID:1": 2, "PMID:2": 1, "PMID:3": 1}
    left = loop.with_edges(~loop.edges["references"].str.contains("PMID:1").to_numpy())
    without = jn.perturb(left, jn.inhibit("JAK1"), members=20)
    expected = without.weights @ without.transcript_effects[:, loop.index["SOCS3"]]
    assert table.loc["PMID:1", "effect_without"] == pytest.approx(expected, abs=1e-7)
    assert table.loc["PMID:1", "direction_without"] == "none"


def test_both_routes_of_one_paper_go_together() -> None:
    edges = pd.DataFrame({"source": ["JAK1", "JAK2", "JAK1"], "target": ["SOCS3", "SOCS3", "STAT3"], "layer": "transcription", "sign": 1})
    net = Network(edges.assign(tier="A", references=["PMID:7", "PMID:7", "PMID:8"]))
    done = jn.inhibit("JAK1") + jn.inhibit("JAK2")
    table = leave_one_out(net, done, readouts=["SOCS3"], by="paper", members=40).set_index("removed")
    assert table["n_edges"].to_dict() == {"PMID:7": 2}
    assert table.loc["PMID:7", "effect_without"] == 0 > table.loc["PMID:7", "effect"]


def test_what_other_papers_support_stays_without_a_paper() -> None:
    edges = pd.DataFrame({"source": ["JAK1", "JAK1"], "target": ["SOCS3", "CISH"], "layer": "transcription", "sign": 1, "tier": "A"})
    net = Network(edges.assign(references=["PMID:7;PMID:8", "PMID:7"], references_against=["PMID:9", ""]))
    table = leave_one_out(net, jn.inhibit("JAK1"), readouts=["SOCS3", "CISH"], by="paper", members=100).set_index(["removed", "readout"])
    assert table.loc[("PMID:7", "CISH"), "effect_without"] == 0
    assert table.loc[("PMID:7", "SOCS3"), "effect_without"] < 0
    # A paper against an edge is evidence too: without it the edge is surer.
    assert table.loc[("PMID:9", "SOCS3"), "change"] < 0


@pytest.mark.parametrize("paper", ["PMID:27044867", "PMID:32051226", "PMID:7537214"])
def test_members_without_a_paper_are_those_of_a_fresh_draw_without_it(paper: str) -> None:
    net = jn.load_network("osteoblast")
    edges, keep = without_paper(net.edges, paper)
    rows = np.array([1, 4, 30])
    few = draw_ensemble(net, members=40, seed=3).subset(rows).with_evidence(net.with_edges(edges[keep]), keep)
    fresh = draw_ensemble(net.without_reference(paper), members=40, seed=3).subset(rows)
    assert not edges[keep].equals(net.edges)
    assert np.array_equal(few.factor, fresh.factor)
    for one, other in zip(few.parameters, fresh.parameters, strict=True):
        assert np.array_equal(one, other)


def test_any_function_of_the_effects_can_be_read_out(loop: Network) -> None:
    def ratio(effects: Effects) -> np.ndarray:
        return effects.transcript_total[:, loop.index["SOST"]] - effects.transcript_total[:, loop.index["SOCS3"]]

    readouts = {"SOST/SOCS3": ratio, "LRP5 activity": lambda effects: effects.total[:, loop.index["LRP5"]]}
    table = leave_one_out(loop, jn.inhibit("JAK1"), readouts=readouts, members=20).set_index(["removed", "readout"])
    assert table.loc[("SOST ⊣ LRP5", "LRP5 activity"), "effect_without"] == 0
    assert table.loc[("SOST ⊣ LRP5", "SOST/SOCS3"), "change"] == pytest.approx(0, abs=1e-9)
    assert table.loc[("STAT3 → SOCS3", "SOST/SOCS3"), "effect"] > 0


def test_of_a_response_its_own_members_are_repeated(loop: Network) -> None:
    resp = jn.perturb(loop, jn.inhibit("JAK1"), members=30, seed=5)
    whole = sensitivity(resp, ["SOST"], members=30)
    assert whole["effect"].iloc[0] == pytest.approx(resp.weights @ resp.transcript_effects[:, loop.index["SOST"]], abs=1e-8)
    pd.testing.assert_frame_equal(whole, leave_one_out(loop, jn.inhibit("JAK1"), readouts=["SOST"], members=30, seed=5))
    assert set(sensitivity(resp)["readout"]) == {"SOCS3", "SOST"}


def test_workers_change_nothing(loop: Network) -> None:
    frames = []
    for count in (1, 2):
        with parallel_config(n_jobs=count):
            frames.append(leave_one_out(loop, jn.inhibit("JAK1"), readouts=["SOST"], members=20))
    pd.testing.assert_frame_equal(*frames, check_exact=True)


@pytest.mark.parametrize("seed", range(2))
def test_complexes_and_feedback_are_left_out_as_well(random_network: Callable, seed: int) -> None:
    net = random_network(seed, edges=20)
    gene = next(iter(net.transcripts))
    given = {"context": jn.Context("c", {"N05": 0.8}), "members": 8, "seed": seed}
    table = leave_one_out(net, jn.inhibit("N04"), readouts=[gene], **given)
    edges = net.edges.reset_index(names="row")
    for removed in table.itertuples():
        source, arrow, target, *layer = removed.removed.split(" ")
        layers = [part.strip("()") for part in layer] or LAYERS
        same = edges[(edges["source"] == source) & (edges["target"] == target) & edges["layer"].isin(layers)]
        assert len(same) == 1 and same["sign"].iloc[0] == {"→": 1, "⊣": -1}[arrow]
        fresh = jn.perturb(net.with_edges((edges["row"] != same["row"].iloc[0]).to_numpy()), jn.inhibit("N04"), **given)
        expected = fresh.transcript_effects[:, net.index[gene]].mean()
        assert fresh.multistable.any() or removed.effect_without == pytest.approx(expected, abs=1e-6)


def test_only_what_is_asked_for_is_removed(loop: Network) -> None:
    among = (loop.edges["target"] == "SOST").to_numpy()
    table = leave_one_out(loop, jn.inhibit("JAK1"), readouts=["SOST"], members=10, among=among)
    assert set(table["removed"]) == {"STAT3 ⊣ SOST", "RUNX2 → SOST"}
    papers = leave_one_out(loop, jn.inhibit("JAK1"), readouts=["SOST"], by="paper", members=10, among=among)
    assert papers["removed"].tolist() == ["PMID:4"]


def test_the_leading_transcripts_are_those_with_the_largest_mean_effect(loop: Network) -> None:
    resp = jn.perturb(loop, jn.inhibit("JAK1"), members=20)
    genes = sensitivity(resp)["readout"].unique()
    assert set(genes) == {gene for gene, node in loop.transcripts.items() if resp.mean_transcript_effects[loop.index[node]]}


@pytest.mark.parametrize(("strong", "weak"), [("A", "B"), ("B", "A")])
def test_the_change_travels_along_the_route_that_carries_more_of_it(strong: str, weak: str) -> None:
    edges = pd.DataFrame({"source": ["U", "U", "A", "B"], "target": ["A", "B", "X", "X"], "sign": [1, 1, 1, 1], "canonical": 1})
    edges = edges.assign(layer=["signaling", "signaling", "transcription", "transcription"])
    edges["weight"] = np.where((edges["source"] == weak) | (edges["target"] == weak), 0.2, 1.0)
    resp = jn.perturb(Network(edges), jn.inhibit("U"), members=20)
    assert carrying_routes(resp, {"X": -1})["route"].tolist() == [f"U → {strong} → X"]


def test_a_route_has_the_sign_that_is_asked_for_and_may_pass_a_complex(certain: Callable, fixed: Callable) -> None:
    net = certain(("U", 1, "WHOLE", "part_of"), ("WHOLE", 1, "X", "transcription"), ("U", -1, "B"), ("B", 1, "X", "transcription"), U=0.5)
    resp = jn.perturb(net, jn.inhibit("U"), members=1, settings=fixed())
    found = {sign: carrying_routes(resp, {"X": sign}).loc["X", "route"] for sign in (1, -1)}
    assert found == {-1: "U → WHOLE → X", 1: "U ⊣ B → X"}
    direct = carrying_routes(resp, {"WHOLE": -1, "B": -1}, transcript=False)
    assert direct["route"].to_dict() == {"WHOLE": "U → WHOLE"}


def test_contexts_are_compared() -> None:
    net = jn.load_network("osteoblast")
    resp = jn.perturb(net, jn.inhibit("JAK1"), context="inflammatory", members=10)
    table = sensitivity(resp, ["SOCS3"], by="context").set_index("context")
    assert set(table.index) == set(jn.list_contexts())
    assert table.loc["inflammatory", EFFECT_COLUMNS].tolist() == resp["SOCS3"][EFFECT_COLUMNS].tolist()


def test_unknown_readouts_and_ways_are_refused(loop: Network) -> None:
    with pytest.raises(UnknownNameError, match="LRP5"):
        leave_one_out(loop, jn.inhibit("JAK1"), readouts=["LRP5"], members=5)
    with pytest.raises(InputError, match="no readout"):
        leave_one_out(loop, jn.inhibit("JAK1"), members=5)
    with pytest.raises(InputError, match="choose edge or paper"):
        leave_one_out(loop, jn.inhibit("JAK1"), readouts=["SOST"], by="gene", members=5)


def test_each_target_alone() -> None:
    rows = [("JAK1", "STAT3", 1, "signaling"), ("JAK2", "STAT5A", 1, "signaling"), ("STAT3", "SOCS3", 1, "transcription")]
    rows += [("STAT5A", "CISH", 1, "transcription")]
    net = Network(pd.DataFrame(rows, columns=["source", "target", "sign", "layer"]).assign(canonical=1))
    drug = Drug("dual", (Target("JAK1", 1.0), Target("JAK2", 10.0)))
    table = target_effects(net, drug.at("10 nM"), members=40).set_index(["gene", "target"])
    assert table.loc[("SOCS3", "JAK2"), "effect"] == 0
    assert table.loc[("SOCS3", "JAK1"), "effect"] == pytest.approx(table.loc[("SOCS3", "JAK1"), "whole_effect"])
    assert table.loc[("CISH", "JAK2"), "effect"] < 0
    with pytest.raises(InputError, match="inhibits no node"):
        target_effects(net, jn.activate("JAK1"))


def test_a_drug_acts_on_genes_through_the_receptors_it_inhibits() -> None:
    rows = [("IL6ST", "R", 1, "signaling", "part_of"), ("JAK1", "R", 1, "signaling", "part_of"), ("R", "STAT3", 1, "signaling", "")]
    rows += [("STAT3", "SOCS3", 1, "transcription", ""), ("JAK1", "DKK1", 1, "transcription", "")]
    edges = pd.DataFrame(rows, columns=["source", "target", "sign", "layer", "mechanism"]).assign(canonical=1)
    drug = Drug("one", (Target("JAK1", 1.0), Target("IL6ST", 10.0, receptor=True)))
    table = target_effects(Network(edges), drug.at("10 nM"), members=30).set_index(["gene", "target"])["effect"]
    # JAK1 is inhibited ten times as strongly as the receptor it sits in, and adds nothing there.
    assert table["SOCS3", "R"] < -0.1 and abs(table["SOCS3", "JAK1"]) < 1e-9
    assert table["DKK1", "JAK1"] < -0.1 and abs(table["DKK1", "R"]) < 1e-9
