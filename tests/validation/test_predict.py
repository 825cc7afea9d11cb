from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from jaknet.network.io.read import load_network
from jaknet.network.network import Network
from jaknet.network.papers import citing
from jaknet.simulation.model import STILL
from jaknet.simulation.perturbations import activate, inhibit
from jaknet.simulation.response import perturb
from jaknet.simulation.settings import EnsembleSettings
from jaknet.validation.facts import load_facts, read_facts
from jaknet.validation.predict import effects_of_facts, networks_for, other_papers, prediction_table, readout_node

ALWAYS = EnsembleSettings(other_sign=0.0)
Facts = Callable[..., pd.DataFrame]


def test_effects_have_the_sign_of_the_wiring(cell: Network, table: pd.DataFrame) -> None:
    effects = effects_of_facts(cell, read_facts(table), ALWAYS, members=20)
    expected = [1, -1, -1, 1, 1, -1]
    for column, sign in enumerate(expected):
        assert (np.sign(effects.values[:, column]) == sign).all()
    assert np.isnan(effects.values[:, 6]).all()
    assert not effects.values[:, 7].any()
    assert effects.lacking[6] == "ALPL;NOSUCH"
    assert effects.lacking[:6] == ("",) * 6


def test_the_papers_own_evidence_is_left_out(facts_table: Facts, cell: Network) -> None:
    both = {"paper_id": "PMID:3", "paper_aliases": "https://doi.org/10.1/X"}
    facts = read_facts(facts_table(both, {"paper_id": "PMID:5"}, {"paper_id": "PMID:3"}))
    effects = effects_of_facts(cell, facts, ALWAYS, members=10)
    # STAT3 -> SOCS3 has two papers: it goes with both, and stays where the fact is of one of them.
    assert effects.dropped.tolist() == [1, 1, 0]
    # Without STAT3 -> SOCS3 nothing reaches SOCS3, whose node the network keeps.
    assert (effects.values[:, 0] == 0).all()
    assert (effects.values[:, 1:] > 0).all()
    kept = effects_of_facts(cell, facts, ALWAYS, members=10, networks=networks_for(cell, facts, leave_out_reference=False))
    assert kept.dropped.tolist() == [0, 0, 0] and (kept.values > 0).all()


def test_facts_of_one_paper_share_a_network(facts_table: Facts, cell: Network) -> None:
    papers = ["PMID:4", "PMID:901", "PMID:2", "PMID:4", "a title", "PMID:2"]
    facts = read_facts(facts_table(*({"paper_id": paper} for paper in papers)))
    found = list(networks_for(cell, facts))
    assert sorted(rows for _, rows in found) == [[0, 3], [1, 4], [2, 5]]
    networks = {rows[0]: left for left, rows in found}
    # What no edge cites leaves the network as it is.
    assert networks[1] is cell
    assert set(cell.edges["references"]) - set(networks[0].edges["references"]) == {"PMID:4"}
    assert set(cell.edges["references"]) - set(networks[2].edges["references"]) == {"PMID:2"}
    assert all(left.names == cell.names for left, _ in found)
    assert [(left is cell, rows) for left, rows in networks_for(cell, facts, leave_out_reference=False)] == [(True, [0, 1, 2, 3, 4, 5])]


def test_evidence_that_only_lowers_a_count_makes_another_network(facts_table: Facts) -> None:
    edges = pd.DataFrame({"source": ["A", "B"], "target": ["B", "C"], "sign": 1, "references": ["PMID:900;PMID:1", "PMID:900"]})
    net = Network(edges.assign(support_positive=2, canonical=[0, 1]))
    ((left, rows),) = networks_for(net, read_facts(facts_table({"nodes": "A", "readout": "C"})))
    assert rows == [0]
    assert left.edges[["support_positive", "references"]].values.tolist() == [[1, "PMID:1"], [1, ""]]


def test_a_facts_own_paper_never_supports_its_prediction() -> None:
    network, facts = load_network(), read_facts(load_facts().iloc[::5])
    seen: list[int] = []
    for left, rows in networks_for(network, facts):
        seen += rows
        for paper, aliases in {(facts[row].paper, facts[row].aliases) for row in rows}:
            for column in ("references", "references_against"):
                assert not citing(left.edges[column], paper, aliases).any(), (paper, column)
    assert sorted(seen) == list(range(len(facts)))


def test_the_majority_without_the_paper_decides_the_prediction(facts_table: Facts) -> None:
    edges = pd.DataFrame({"source": ["OSM"], "target": ["Z"], "sign": [1], "references": ["PMID:900;PMID:1"], "lineage": ["osteoblast"]})
    edges = edges.assign(references_against="PMID:7;PMID:8", support_positive=2, support_negative=2)
    facts = read_facts(facts_table({"readout": "Z", "measure": "activity"}))
    net = Network(edges)
    means = [effects_of_facts(net, facts, ALWAYS, 60, networks=networks_for(net, facts, out)).values.mean() for out in (True, False)]
    assert means[0] < 0 < means[1]


def test_a_drug_at_a_dose_is_predicted(facts_table: Facts, cell: Network) -> None:
    told = {"sign": "-1", "background": "OSM=+1", "direction": "down"}
    facts = read_facts(facts_table(told | {"nodes": "tofacitinib 300 nM"}))
    assert (effects_of_facts(cell, facts, ALWAYS, members=10).values < 0).all()


def test_a_transcript_is_that_of_the_form_the_edges_lead_to() -> None:
    edges = pd.DataFrame({"source": ["A", "A"], "target": ["G_b", "G_a"], "sign": 1, "layer": ["transcription", "signaling"]})
    nodes = pd.DataFrame({"node": ["G_a", "G_b"], "gene": ["G", "G"]})
    net = Network(edges, nodes)
    assert net.names[readout_node(net, "G", "transcript")] == "G_b"
    assert net.names[readout_node(net, "G", "activity")] == "G_a"
    assert net.names[readout_node(net, "G_a", "transcript")] == "G_a"


def test_a_ratio_is_the_difference_of_log_changes(facts_table: Facts, cell: Network) -> None:
    facts = read_facts(facts_table({"readout": "SOCS3/SOST"}, {"readout": "SOST/SOCS3"}))
    values = effects_of_facts(cell, facts, ALWAYS, members=10).values
    assert np.allclose(values[:, 0], -values[:, 1]) and (values[:, 0] > 0).all()


def test_a_transcript_without_edges_is_read_as_activity(facts_table: Facts, cell: Network) -> None:
    facts = read_facts(facts_table({"readout": "CTNNB1"}, {"readout": "CTNNB1", "measure": "activity"}))
    values = effects_of_facts(cell, facts, ALWAYS, members=10).values
    assert np.array_equal(values[:, 0], values[:, 1]) and (values[:, 0] > STILL).all()


def test_an_unknown_context_is_a_mixture_of_all(facts_table: Facts) -> None:
    edges = pd.DataFrame({"source": ["OSM", "IL6"], "target": ["JAK1", "JAK1"], "sign": 1, "canonical": 1})
    facts = read_facts(
        facts_table({"readout": "JAK1", "measure": "activity"}, {"readout": "JAK1", "measure": "activity", "context": "on the moon"})
    )
    values = effects_of_facts(Network(edges), facts, ALWAYS, members=50).values
    assert values.shape == (50, 2) and (values > 0).all()
    assert not np.allclose(values[:, 0], values[:, 1])


def test_the_order_of_facts_changes_no_bit(cell: Network, table: pd.DataFrame) -> None:
    facts = read_facts(table)
    forward = effects_of_facts(cell, facts, members=12).values
    backward = effects_of_facts(cell, facts[::-1], members=12).values[:, ::-1]
    assert np.array_equal(forward, backward, equal_nan=True)


def test_predictions_are_those_of_a_response(facts_table: Facts, cell: Network) -> None:
    told = {"nodes": "JAK1", "sign": "-1", "background": "OSM=+1", "context": "inflammatory", "direction": "down"}
    facts = read_facts(facts_table(told, {"paper_aliases": "doi:10.1/A", "paper_id": "pmid: 900"}))
    effects = effects_of_facts(cell, facts, members=40)
    response = perturb(cell, inhibit("JAK1", 0.9), context="inflammatory", background=activate("OSM"), members=40)
    shown = response.transcripts().set_index("node").loc["SOCS3"]
    table = prediction_table(facts, effects)
    assert table.loc[0, ["p_up", "p_down", "p_none"]].tolist() == pytest.approx(shown[["p_up", "p_down", "p_none"]].tolist(), abs=1e-12)
    assert table["paper_id"].tolist() == ["PMID:900", "PMID:900"]


def test_experiments_share_a_control_only_where_it_is_the_same(facts_table: Facts, cell: Network) -> None:
    rows = [
        {"nodes": "JAK1", "sign": "-1", "background": back, "context": where} for back in ("", "OSM=+1") for where in ("", "inflammatory")
    ]
    together = effects_of_facts(cell, read_facts(facts_table(*rows)), members=30).values
    alone = [effects_of_facts(cell, read_facts(facts_table(row)), members=30).values[:, 0] for row in rows]
    assert np.array_equal(together, np.transpose(alone))
    assert len({round(float(column.mean()), 6) for column in alone}) > 1


def test_other_papers_on_the_same_experiment_are_heard_and_the_own_is_not(
    cell: Network, facts_table: Facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = facts_table(
        {"paper_id": "PMID:901"},
        {"paper_id": "PMID:901", "context": "inflammatory"},
        {"paper_id": "DOI:10.1/Y", "sign": "-1", "direction": "down"},
        {"paper_id": "PMID:903", "direction": "down"},
        {"paper_id": "PMID:904", "direction": "none"},
        {"paper_id": "PMID:905", "nodes": "OSM;IL6", "direction": "down"},
        {"paper_id": "PMID:906", "readout": "SOCS3/SOST", "direction": "down"},
    ).assign(perturbation="", system="", note="")
    monkeypatch.setattr("jaknet.validation.predict.load_facts", lambda: known)
    asked = read_facts(
        facts_table(
            {},
            {"nodes": "oncostatin M", "readout": "Socs3", "sign": "-1"},
            {"paper_id": "PMID:901"},
            {"paper_aliases": "https://doi.org/10.1/y"},
            {"readout": "SOCS3/SOST"},
            {"nodes": "context:inflammatory"},
        )
    )
    assert other_papers(cell, asked).tolist() == [[2, 1], [1, 2], [1, 1], [1, 1], [0, 1], [0, 0]]
    assert np.array_equal(other_papers(cell, asked[::-1]), other_papers(cell, asked)[::-1])
