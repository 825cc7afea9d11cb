"""Rewiring: what must stay, stays exactly; what must move, moves; every simple graph is equally likely."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare

from jaknet.errors import InputError
from jaknet.network.network import Network
from jaknet.network.rewire import mixing, rewire_network, rewired_targets, strata_of


def random_network(seed: int, n_nodes: int = 12, n_edges: int = 40) -> Network:
    generator = np.random.default_rng(seed)
    pairs = generator.choice(n_nodes * (n_nodes - 1) * 2, n_edges, replace=False)
    place, layer = pairs // 2, pairs % 2
    source, step = place // (n_nodes - 1), place % (n_nodes - 1)
    target = (source + 1 + step) % n_nodes
    names = np.array([f"N{number:02d}" for number in range(n_nodes)])
    edges = pd.DataFrame({"source": names[source], "target": names[target], "layer": np.array(["signaling", "transcription"])[layer]})
    edges["sign"] = generator.choice([1, -1], n_edges, p=[0.7, 0.3])
    edges["weight"] = generator.uniform(0.1, 1.0, n_edges)
    return Network(edges.assign(references="PMID:1", tier="A", support_positive=2), name="random")


def degrees(network: Network, target: np.ndarray) -> np.ndarray:
    """Counts of (target, sign, layer): with the sources untouched, all four signed degrees of every layer."""
    edges = network.arrays
    code = (target * 2 + (edges.sign > 0)) * 3 + edges.layer
    return np.bincount(code, minlength=network.n_nodes * 6)


def test_a_thousand_rewired_networks_keep_every_signed_degree_and_stay_simple() -> None:
    seen = 0
    for seed in range(50):
        network = random_network(seed, n_nodes=5 + seed % 17, n_edges=min(12 + 2 * seed, 2 * (5 + seed % 17) * (4 + seed % 17) - 4))
        edges, wanted = network.arrays, degrees(network, network.arrays.target)
        for target in rewired_targets(network, 20, seed):
            assert np.array_equal(degrees(network, target), wanted)
            assert not np.any(target == edges.source)
            keys = set(zip(edges.source.tolist(), target.tolist(), edges.layer.tolist(), strict=True))
            assert len(keys) == network.n_edges
            seen += 1
    assert seen == 1000


def test_an_edge_keeps_its_source_sign_layer_and_weight_and_loses_its_references() -> None:
    network = random_network(3)
    rewired = rewire_network(network, seed=1)
    for column in ("sign", "layer", "weight", "tier"):
        before = network.edges.groupby("source")[column].apply(sorted)
        after = rewired.edges.groupby("source")[column].apply(sorted)
        assert before.equals(after)
    kept = ["source", "sign", "layer", "weight"]
    assert sorted(network.edges[kept].itertuples(index=False)) == sorted(rewired.edges[kept].itertuples(index=False))
    assert (rewired.edges["references"] == "").all() and (rewired.edges["support_positive"] == 0).all()
    assert rewired.names == network.names
    assert not rewired.edges["target"].equals(network.edges["target"])


def test_every_simple_graph_with_the_same_degrees_is_equally_likely() -> None:
    # Four sources, four targets, one edge each, all disjoint: 24 graphs, reached with equal chance
    # only if rejected proposals count as steps.
    edges = pd.DataFrame({"source": list("ABCD"), "target": list("WXYZ"), "sign": 1})
    network = Network(edges)
    rows = [network.index[name] for name in "ABCD"]
    found = rewired_targets(network, 4800, seed=5)[:, np.argsort(np.argsort(rows))]
    counts = pd.Series([tuple(row) for row in found.tolist()]).value_counts()
    assert len(counts) == len(list(permutations("WXYZ"))) == 24
    assert chisquare(counts).pvalue > 1e-3


def test_the_chain_is_uniform_where_moves_are_often_rejected() -> None:
    # A path and a hub on five nodes: the reachable graphs differ in how many swaps they allow, so a
    # chain that skips rejected proposals would favour those with more.
    edges = pd.DataFrame({"source": ["A", "A", "B", "C", "D"], "target": ["B", "C", "C", "D", "E"], "sign": 1})
    network = Network(edges)
    found = rewired_targets(network, 6000, seed=2, proposals=20)
    counts = pd.Series([tuple(sorted(zip(network.arrays.source.tolist(), row, strict=True))) for row in found.tolist()]).value_counts()
    assert len(counts) > 3
    assert chisquare(counts).pvalue > 1e-3


def test_exchangeable_chains_leave_the_start_no_special_place() -> None:
    # One short chain from the network stays near it; through a hub, the network is as far from its
    # nulls as these are from each other.
    network = random_network(8, n_nodes=30, n_edges=150)
    target = network.arrays.target

    def shared(one: np.ndarray, other: np.ndarray) -> float:
        return float((one == other).mean())

    near = [rewired_targets(network, 12, seed, proposals=1) for seed in range(30)]
    fair = [rewired_targets(network, 12, seed, proposals=1, exchangeable=True) for seed in range(30)]
    among = np.mean([shared(nulls[0], nulls[1]) for nulls in fair])
    assert np.mean([shared(target, nulls[0]) for nulls in fair]) == pytest.approx(among, abs=0.03)
    assert np.mean([shared(target, nulls[0]) for nulls in near]) > np.mean([shared(nulls[0], nulls[1]) for nulls in near]) + 0.03


def test_the_same_seed_gives_the_same_networks_in_any_row_order() -> None:
    network = random_network(4)
    shuffled = Network(network.edges.sample(frac=1, random_state=0), name="random")
    assert np.array_equal(rewired_targets(network, 5, 7), rewired_targets(shuffled, 5, 7))
    assert network.rewire(seed=7) == shuffled.rewire(seed=7)
    assert not np.array_equal(rewired_targets(network, 5, 7), rewired_targets(network, 5, 8))


def test_more_chains_do_not_change_the_first_ones() -> None:
    network = random_network(4)
    assert np.array_equal(rewired_targets(network, 9, 7)[:4], rewired_targets(network, 4, 7))


def test_mixing_tells_small_strata_from_large_ones() -> None:
    edges = random_network(1, 40, 300).edges
    lonely = edges.iloc[:1].assign(target="PHENOTYPE", sign=1, layer="phenotype")
    network = Network(pd.concat([edges, lonely]))
    table = mixing(network, rewired_targets(network, 50, 0)).set_index("stratum")
    assert table.loc["phenotype+", "overlap"] == 1.0
    assert table.loc["signaling+", "overlap"] < 0.3
    assert table["n_edges"].sum() == network.n_edges
    assert network.rewire(seed=1).report["mixing"]["phenotype+"] == 1.0


def with_complexes(seed: int) -> Network:
    """A dense random network in which a quarter of the activating signaling edges are parts of complexes."""
    network = random_network(seed, n_nodes=9, n_edges=70)
    edges = network.edges
    part = (edges["sign"] > 0) & (edges["layer"] == "signaling") & (np.arange(len(edges)) % 4 == 0)
    return network.with_edges(edges.assign(mechanism=np.where(part, "part_of", ""), note="known"))


def test_complexes_keep_their_parts_and_no_other_edge_repeats_them() -> None:
    for seed in range(20):
        network = with_complexes(seed)
        edges, part = network.arrays, (network.edges["mechanism"] == "part_of").to_numpy()
        targets = rewired_targets(network, 20, seed, exchangeable=True)
        assert part.any() and (targets[:, part] == edges.target[part]).all()
        assert (targets[:, ~part] != edges.target[~part]).any()
        for target in targets:
            assert np.array_equal(degrees(network, target), degrees(network, edges.target))
            assert len(set(zip(edges.source.tolist(), target.tolist(), edges.layer.tolist(), strict=True))) == network.n_edges


def test_a_part_keeps_its_references_and_mixing_leaves_it_out() -> None:
    network = with_complexes(1)
    rewired = rewire_network(network, seed=1)
    before, after = (frame[frame["mechanism"] == "part_of"].reset_index(drop=True) for frame in (network.edges, rewired.edges))
    pd.testing.assert_frame_equal(before, after)
    assert (rewired.edges.loc[rewired.edges["mechanism"] != "part_of", ["references", "note"]] == "").all(axis=None)
    assert mixing(network, rewired_targets(network, 3))["n_edges"].sum() == network.n_edges - len(before)


def test_a_network_of_nothing_but_complexes_stays_as_it_is() -> None:
    network = Network(pd.DataFrame({"source": ["A", "B"], "target": ["C", "D"], "sign": 1, "mechanism": "part_of"}))
    assert strata_of(network).names == ()
    assert (rewired_targets(network, 3) == network.arrays.target).all()
    assert mixing(network, rewired_targets(network, 3)).empty


def test_strata_are_layer_and_sign() -> None:
    network = random_network(2)
    strata = strata_of(network)
    assert sorted(strata.names) == ["signaling+", "signaling-", "transcription+", "transcription-"]
    for name, first, last in zip(strata.names, strata.first[:-1], strata.first[1:], strict=True):
        rows = network.edges.iloc[strata.order[first:last]]
        assert set(rows["layer"]) == {name[:-1]} and set(rows["sign"]) == {1 if name[-1] == "+" else -1}


@pytest.mark.parametrize("wrong", [{"proposals": 0}, {"chains": 0}])
def test_nothing_to_propose_or_to_make_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InputError, match="at least 1"):
        rewired_targets(random_network(1), **({"chains": 1} | wrong))
