from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy.special import expit, logit

from jaknet.errors import InputError
from jaknet.network.network import Network
from jaknet.simulation.ensemble import Ensemble, draw_ensemble
from jaknet.simulation.settings import EnsembleSettings

COUNT = 60
#: Every tier with 0 to 4 reports for and 0 to 2 against, of both lineages; some canonical, some parts of a complex.
EDGES = pd.DataFrame(
    {
        "source": [f"S{k:02d}" for k in range(COUNT)],
        "target": [f"T{k % 7}" for k in range(COUNT)],
        "sign": [1 if k % 3 else -1 for k in range(COUNT)],
        "tier": ["ABC"[k % 3] for k in range(COUNT)],
        "layer": [("signaling", "signaling", "transcription")[k // 4 % 3] for k in range(COUNT)],
        "lineage": ["osteoblast" if k % 2 else "other" for k in range(COUNT)],
        "support_positive": [(k % 5) if k % 3 else k % 4 // 2 for k in range(COUNT)],
        "support_negative": [(k % 4 // 2) if k % 3 else k % 5 for k in range(COUNT)],
        "canonical": [int(k % 10 == 1) for k in range(COUNT)],
        "mechanism": ["part_of" if k % 15 == 2 else "" for k in range(COUNT)],
        "weight": [0.4 + 0.01 * k for k in range(COUNT)],
    }
)
NET = Network(EDGES, pd.DataFrame({"node": [f"T{k}" for k in range(7)], "basal": [0.1 * (k + 1) for k in range(7)]}))
PART, CANONICAL = (NET.edges["mechanism"] == "part_of").to_numpy(), (NET.edges["canonical"] == 1).to_numpy()


def same_bits(one: Ensemble, two: Ensemble) -> bool:
    return np.array_equal(one.factor, two.factor) and all(map(np.array_equal, one.parameters, two.parameters))


@pytest.mark.parametrize("other_sign", [0.0, 0.12])
@pytest.mark.parametrize("canonical", [True, False])
def test_shares_of_presence_and_sign_follow_the_reports(other_sign: float, canonical: bool) -> None:
    """(alpha + n_for) / (alpha + beta + n_for + n_against), other lineages at half. Columns are stratified: shares are exact."""
    edges = NET.edges
    plus, minus = edges["support_positive"].to_numpy(), edges["support_negative"].to_numpy()
    half = np.where(edges["lineage"] == "other", 0.5, 1.0)
    supporting, opposing = half * np.where(edges["sign"] > 0, plus, minus), half * np.where(edges["sign"] > 0, minus, plus)
    alpha = edges["tier"].map({"A": 4, "B": 2, "C": 1}).to_numpy()
    right = (alpha + supporting) / (alpha + 1 + supporting + opposing)
    right = np.where(PART | (CANONICAL & canonical), 1.0, right)
    against = (1 - right) * opposing / (supporting + opposing + 1)
    strays = np.where(right < 1, other_sign, 0.0)
    factor = draw_ensemble(NET, EnsembleSettings(other_sign=other_sign, canonical=canonical), 500).factor
    own = factor * edges["sign"].to_numpy()
    assert np.allclose((own > 0).mean(axis=0), right * (1 - strays), rtol=0, atol=1.001 / 500)
    assert np.allclose((own < 0).mean(axis=0), against + right * strays, rtol=0, atol=2.001 / 500)
    assert np.allclose((own == 0).mean(axis=0), 1 - right - against, rtol=0, atol=1.001 / 500)
    assert right.min() < 0.5 and (against > 0).sum() > 20


@given(st.integers(0, 2**31), st.integers(1, 40))
@settings(max_examples=15, deadline=None)
def test_canonical_steps_and_parts_are_in_every_member_with_their_sign(seed: int, members: int) -> None:
    sure = PART | CANONICAL
    own = draw_ensemble(NET, members=members, seed=seed).factor[:, sure] * NET.edges["sign"].to_numpy()[sure]
    assert (own > 0).all()


def test_without_the_flag_canonical_steps_are_drawn_as_any_other_and_stay_undivided() -> None:
    plain, certain = draw_ensemble(Network(EDGES.assign(canonical=0), NET.nodes), members=40), draw_ensemble(NET, members=40)
    drawn = draw_ensemble(NET, EnsembleSettings(canonical=False), 40)
    assert np.array_equal(drawn.factor, plain.factor) and not np.array_equal(drawn.factor, certain.factor)
    assert np.array_equal(drawn.wiring.shared, certain.wiring.shared)


def test_edges_that_restate_one_finding_share_its_draw() -> None:
    table = pd.DataFrame({"source": list("ABC"), "target": list("XYZ"), "sign": [1, -1, 1], "study": ["s", "s", ""]})
    factor = draw_ensemble(Network(table), members=50).factor
    assert np.array_equal(factor[:, 0], -factor[:, 1]) and np.ptp(factor[:, 0]) > 0.5
    assert not np.array_equal(factor[:, 0], factor[:, 2])


@given(st.randoms(use_true_random=False), st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_order_and_labels_of_rows_change_no_draw(random: Random, seed: int) -> None:
    rows = list(range(COUNT))
    random.shuffle(rows)
    shuffled = EDGES.iloc[rows].set_axis([f"row {row}" for row in random.sample(range(1000), COUNT)])
    one, two = (draw_ensemble(Network(table, NET.nodes.iloc[::-1]), members=13, seed=seed) for table in (EDGES, shuffled))
    assert same_bits(one, two)


@given(st.integers(0, COUNT - 1), st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_removing_an_edge_changes_no_other_draw(row: int, seed: int) -> None:
    keep = np.arange(COUNT) != row
    whole, less = draw_ensemble(NET, members=11, seed=seed), draw_ensemble(NET.with_edges(keep), members=11, seed=seed)
    assert np.array_equal(less.factor, whole.factor[:, keep])
    assert np.array_equal(less.parameters.rest, whole.parameters.rest) and np.array_equal(less.parameters.rate, whole.parameters.rate)


def test_an_added_node_changes_no_other_draw() -> None:
    wider = draw_ensemble(Network(pd.concat([EDGES, EDGES.iloc[:1].assign(target="A new one")]), NET.nodes), members=9)
    assert np.array_equal(wider.parameters.rest[:, 1:], draw_ensemble(NET, members=9).parameters.rest)


def test_seeds_give_other_members() -> None:
    assert not np.array_equal(draw_ensemble(NET, members=7, seed=3).factor, draw_ensemble(NET, members=7, seed=4).factor)
    assert draw_ensemble(NET, members=7, seed=3).seed == 3 and draw_ensemble(NET, members=7).members == 7


def test_parameters_fill_their_ranges_around_their_middle() -> None:
    chosen = EnsembleSettings(strength=(0.04, 1.0), tau=(0.25, 4.0), basal_spread=0.8)
    own = draw_ensemble(NET, chosen, 400)
    ratio = np.abs(own.factor[:, PART | CANONICAL]) / NET.edges["weight"].to_numpy()[PART | CANONICAL]
    shift = own.parameters.rest - logit(NET.nodes["basal"].to_numpy())
    for values, middle, (low, high) in ((np.log(ratio), 0.2, (0.04, 1.0)), (np.log(1 / own.parameters.rate), 1.0, (0.25, 4.0))):
        # Stratified columns: every quantile is that of the range but for one stratum.
        assert np.allclose(np.median(values, axis=0), np.log(middle), rtol=0, atol=0.02)
        assert np.allclose([values.min(axis=0), values.max(axis=0)], np.log([[low], [high]]), rtol=0, atol=0.02)
    assert np.allclose([shift.min(axis=0), shift.max(axis=0)], [[-0.8], [0.8]], rtol=0, atol=0.01)
    assert np.allclose(own.resting, expit(own.parameters.rest), rtol=1e-15)


def test_strengths_are_gain_times_factor_shared_by_the_crowd(definition: Callable) -> None:
    own = draw_ensemble(NET, EnsembleSettings(gain=2.0, crowding=0.7, synthesis=0.3), 4)
    plan = own.plan
    target = np.repeat(np.arange(NET.n_nodes), np.diff(plan.first))
    part = own.wiring.part[plan.edge_order]
    assert (own.parameters.strength[:, part] == 1).all()
    for member in range(4):
        found = np.zeros((NET.n_nodes, NET.n_nodes))
        found[target[~part], plan.source[~part]] = own.parameters.strength[member, ~part]
        assert np.allclose(found, definition(NET, own, member).regulation, rtol=1e-13, atol=0)


def test_sharing_by_hand() -> None:
    """Three that share T (one of them a canonical target gene), a canonical signal, a part: 3 / 3^.5, half of it, 3, 1."""
    table = pd.DataFrame({"source": list("ABCDE"), "target": "T", "sign": [1, -1, 1, -1, 1], "study": ["s", "s", "", "", ""]})
    table = table.assign(canonical=[0, 0, 1, 1, 0], layer=["signaling", "signaling", "transcription", "signaling", "signaling"])
    table["mechanism"] = ["", "", "", "", "part_of"]
    own = draw_ensemble(Network(table), EnsembleSettings(gain=3.0, synthesis=0.5, crowding=0.5, strength=(1.0, 1.0)), 1)
    strength = np.empty(5)
    strength[own.plan.edge_order] = own.parameters.strength[0]
    assert np.allclose(strength, [np.sqrt(3), -np.sqrt(3), np.sqrt(3) / 2, -3, 1])


@pytest.mark.parametrize("step", [2, 4])
def test_a_thinned_ensemble_is_a_fresh_one_on_what_is_left(step: int) -> None:
    keep = np.arange(COUNT) % step != 0
    assert same_bits(draw_ensemble(NET, members=30).thinned(keep), draw_ensemble(NET.with_edges(keep), members=30))


def test_rewiring_keeps_every_draw_and_shares_by_the_new_crowd() -> None:
    whole = draw_ensemble(NET, EnsembleSettings(gain=2.0, synthesis=0.4, crowding=0.5), 30)
    assert same_bits(whole.rewired(NET.arrays.target), whole)
    target = np.roll(NET.arrays.target, 1)
    rewired = whole.rewired(target)
    assert np.array_equal(rewired.factor, whole.factor)
    assert np.array_equal(rewired.wiring.target[rewired.plan.edge_order], np.sort(target))
    shared = ~PART & ~(CANONICAL & (NET.edges["layer"] == "signaling").to_numpy())
    crowd = np.array([((target == node) & shared).sum() for node in target])
    share = np.where(shared, 1 / np.sqrt(np.maximum(crowd, 1)), 1.0) * np.where(NET.edges["layer"] == "transcription", 0.4, 1.0)
    expected = np.where(PART, 1.0, 2.0 * whole.factor * share)
    assert np.allclose(rewired.parameters.strength, expected[:, rewired.plan.edge_order], rtol=1e-13, atol=0)


@pytest.mark.parametrize("members", [0, -1])
def test_an_ensemble_has_members(members: int) -> None:
    with pytest.raises(InputError, match=f"members = {members}; give at least 1"):
        draw_ensemble(NET, members=members)


def test_transcribed_nodes_are_those_with_an_edge_onto_the_gene() -> None:
    edges = pd.DataFrame({"source": list("ABC"), "target": list("XXY"), "sign": 1, "layer": ["signaling", "transcription", "signaling"]})
    net = Network(edges)
    assert [name for name, flag in zip(net.names, draw_ensemble(net, members=1).transcribed, strict=True) if flag] == ["X"]


def test_parts_and_subsets_are_the_same_members() -> None:
    whole = draw_ensemble(NET, members=9)
    part, few = whole.part(slice(2, 5)), whole.subset(np.array([4, 1]))
    assert all(np.shares_memory(*pair) for pair in zip(part, whole.parameters, strict=True))
    assert few.members == 2 and np.array_equal(few.factor, whole.factor[[4, 1]])
    assert all(np.array_equal(one, two[[4, 1]]) for one, two in zip(few.parameters, whole.parameters, strict=True))


def test_thinning_everything_leaves_the_nodes() -> None:
    whole = draw_ensemble(NET, members=9)
    bare = whole.thinned(np.zeros(COUNT, bool))
    assert bare.parameters.strength.shape == (9, 0) and np.array_equal(bare.parameters.rest, whole.parameters.rest)
    assert bare.wiring.names == NET.names and not bare.transcribed.any()
