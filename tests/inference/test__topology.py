"""Altered networks in the same members: warm starts and thinning change how fast, not what."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import jaknet as jn
from jaknet.inference._topology import Experiment, experiment_of
from jaknet.simulation.ensemble import draw_ensemble


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    resp = jn.perturb(jn.load_network("osteoblast"), jn.inhibit("JAK1"), context="inflammatory", members=12, seed=3)
    return experiment_of(resp, 12)


def test_a_warm_start_ends_where_a_cold_one_does(experiment: Experiment) -> None:
    network = jn.load_network("osteoblast")
    whole = experiment.effects()
    for row in np.random.default_rng(0).choice(network.n_edges, 8, replace=False):
        keep = np.ones(network.n_edges, bool)
        keep[row] = False
        changed = np.zeros(network.n_nodes, bool)
        changed[network.arrays.target[row]] = True
        thinned = experiment.ensemble.thinned(keep)
        cold, warm = experiment.effects(thinned), experiment.effects(thinned, whole, changed)
        assert np.allclose(cold.baseline, warm.baseline, atol=1e-7)
        assert np.allclose(cold.transcript_total, warm.transcript_total, atol=1e-7)


def test_thinning_gives_what_a_fresh_draw_gives() -> None:
    network = jn.load_network("osteoblast")
    keep = np.random.default_rng(1).random(network.n_edges) < 0.7
    thinned = draw_ensemble(network, members=5, seed=2).thinned(keep)
    fresh = draw_ensemble(network.with_edges(keep), members=5, seed=2)
    for one, other in zip(thinned.parameters, fresh.parameters, strict=True):
        assert np.array_equal(one, other)
    assert np.array_equal(thinned.plan.edge_order, fresh.plan.edge_order)


def test_a_subset_is_the_same_cells() -> None:
    network = jn.load_network("osteoblast")
    whole = draw_ensemble(network, members=9, seed=2)
    part = whole.subset(np.array([1, 7]))
    assert part.members == 2
    assert np.array_equal(part.parameters.weight, whole.parameters.weight[[1, 7]])
    target = network.arrays.target[::-1].copy()
    assert np.array_equal(part.rewired(target).parameters.weight, whole.rewired(target).parameters.weight[[1, 7]])


def test_transcripts_name_one_node_a_gene() -> None:
    network = jn.load_network("osteoblast")
    named = network.transcripts
    regulated = set(network.edges.query("layer == 'transcription'")["target"])
    genes = network.nodes.set_index("node")["gene"]
    assert list(named) == sorted(named) and set(named.values()) <= regulated
    assert all(genes[node] == gene for gene, node in named.items())
    assert {genes[node] for node in regulated} - {""} == set(named)
    edges = pd.DataFrame({"source": ["A", "A", "B"], "target": ["X1", "X2", "X2"], "sign": 1, "layer": "transcription"})
    nodes = pd.DataFrame({"node": ["X1", "X2"], "gene": ["X", "X"]})
    assert jn.Network(edges, nodes).transcripts == {"X": "X2"}
