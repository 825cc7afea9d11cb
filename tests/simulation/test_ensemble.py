from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jaknet.errors import InputError
from jaknet.network.model import Network
from jaknet.simulation._compile import wiring_of
from jaknet.simulation._logic import steady_states
from jaknet.simulation.conditions import make_arm
from jaknet.simulation.ensemble import draw_ensemble
from jaknet.simulation.settings import EnsembleSettings

COUNT = 60
NET = Network(
    pd.DataFrame(
        {
            "source": [f"S{k:02d}" for k in range(COUNT)],
            "target": [f"T{k % 7}" for k in range(COUNT)],
            "sign": [1 if k % 3 else -1 for k in range(COUNT)],
            "tier": ["ABC"[k % 3] for k in range(COUNT)],
            "sign_basis": [("reported", "majority", "default")[k // 20] for k in range(COUNT)],
            "weight": [0.4 + 0.01 * k for k in range(COUNT)],
        }
    )
)


def test_presence_follows_the_tier_and_sign_the_basis() -> None:
    chosen = EnsembleSettings(keep=(0.8, 0.5, 0.25), flip=(0.0, 0.1, 0.4))
    signed = draw_ensemble(NET, chosen, 200).signed_weight
    edges = NET.edges
    # Each column is stratified, so shares are exact, not only on average.
    assert np.allclose((signed != 0).mean(axis=0), edges["tier"].map({"A": 0.8, "B": 0.5, "C": 0.25}))
    flipped = (signed * edges["sign"].to_numpy() < 0).sum(axis=0) / (signed != 0).sum(axis=0)
    wanted = edges["sign_basis"].map({"reported": 0.0, "majority": 0.1, "default": 0.4})
    assert np.abs(flipped - wanted).max() < 0.2 and abs(flipped.mean() - wanted.mean()) < 0.03
    assert (flipped[wanted == 0] == 0).all()


def test_parameters_stay_in_their_ranges_and_fill_them() -> None:
    chosen = EnsembleSettings(keep=(1, 1, 1), weight=(0.5, 1.0), basal=(0.1, 0.4), hill=(1.5, 2.5), ec50=(0.3, 0.6))
    ensemble = draw_ensemble(NET, chosen, 500)
    ratio = np.abs(ensemble.signed_weight) / NET.edges["weight"].to_numpy()
    for values, (low, high) in ((ratio, (0.5, 1)), (ensemble.parameters.basal, (0.1, 0.4)), (ensemble.parameters.exponent, (1.5, 2.5))):
        assert values.min() >= low and values.max() <= high and np.ptp(values) > 0.99 * (high - low)
    own = ensemble.parameters
    half = own.height * own.threshold ** -1.0  # B / K^n, finite and positive only inside the Hill domain
    assert np.isfinite(half).all() and (own.threshold > 0).all()


def test_thinned_and_rewired_keep_every_parameter() -> None:
    whole = draw_ensemble(NET, members=30)
    keep = np.arange(COUNT) % 4 != 0
    fresh = draw_ensemble(NET.with_edges(keep), members=30)
    thinned = whole.thinned(keep)
    assert np.array_equal(thinned.parameters.weight, fresh.parameters.weight)
    assert np.array_equal(thinned.signed_weight, whole.signed_weight[:, keep])
    target = np.roll(NET.arrays.target, 1)
    rewired = whole.rewired(target)
    assert np.array_equal(rewired.signed_weight, whole.signed_weight)
    assert np.array_equal(rewired.wiring.target[rewired.plan.edge_order], np.sort(target))
    assert np.array_equal(whole.rewired(NET.arrays.target).parameters.weight, whole.parameters.weight)


def test_a_subset_of_members_has_their_results() -> None:
    whole, rows = draw_ensemble(NET, members=20), np.array([3, 11])
    arm, _ = make_arm(NET, None, [])
    states, part = np.zeros((20, NET.n_nodes)), np.zeros((2, NET.n_nodes))
    everything = np.ones(NET.n_nodes, bool)
    steady_states(whole.plan, whole.parameters, arm, everything, states)
    steady_states(whole.plan, whole.subset(rows).parameters, arm, everything, part)
    assert np.array_equal(part, states[rows])


@pytest.mark.parametrize("members", [0, -1])
def test_an_ensemble_has_members(members: int) -> None:
    with pytest.raises(InputError, match=f"members = {members}; give at least 1"):
        draw_ensemble(NET, members=members)


def test_ranges_on_a_logarithmic_scale_have_their_middle_at_the_geometric_mean() -> None:
    chosen = EnsembleSettings(keep=(1, 1, 1), weight=(0.04, 1.0), basal=(0.01, 0.25), tau=(0.25, 4.0), hill=(1.5, 2.5), ec50=(0.3, 0.6))
    own = draw_ensemble(NET, chosen, 400)
    ratio = np.abs(own.signed_weight) / NET.edges["weight"].to_numpy()
    # Stratified columns: the median is that of the range but for one stratum.
    for values, middle in ((ratio, 0.2), (own.parameters.basal, 0.05), (own.parameters.rate, 1.0), (own.parameters.exponent, 2.0)):
        assert np.allclose(np.median(values, axis=0), middle, rtol=0.02)
    assert own.parameters.rate.min() >= 0.25 and own.parameters.rate.max() <= 4.0


def test_hill_parameters_pass_through_half_and_one() -> None:
    """h(EC50) = 1/2 and h(1) = 1 for every node of every member, EC50 recovered from the definition of B."""
    own = draw_ensemble(NET, EnsembleSettings(ec50=(0.3, 0.6), hill=(1.5, 3.0)), 50).parameters
    assert np.allclose(own.height / (own.threshold + 1), 1.0)
    power = own.threshold / (2 * own.height - 1)
    ec50 = power ** (1 / own.exponent)
    assert (ec50 >= 0.3 - 1e-9).all() and (ec50 <= 0.6 + 1e-9).all()
    assert np.allclose(own.height * power / (own.threshold + power), 0.5)


def test_drives_are_shared_by_the_root_of_the_crowd_under_balance_alone() -> None:
    for gate, gain, crowding in (("balance", 4.0, 0.5), ("balance", 2.0, 1.0), ("or_and_not", 4.0, 0.5)):
        own = draw_ensemble(NET, EnsembleSettings(gate=gate, gain=gain, crowding=crowding), 5)
        crowd = np.bincount(NET.arrays.target, minlength=NET.n_nodes)[NET.arrays.target]
        factor = gain / crowd**crowding if gate == "balance" else np.ones(COUNT)
        assert np.allclose(own.parameters.weight, (own.signed_weight * factor)[:, own.plan.edge_order])


def test_linear_weights_are_divided_by_the_crowd_and_kept_below_the_radius() -> None:
    own = draw_ensemble(NET, members=5)  # no cycles: no rescaling
    crowd = np.bincount(NET.arrays.target, minlength=NET.n_nodes)[NET.arrays.target]
    assert np.allclose(own.linear_weight, (own.signed_weight / np.sqrt(crowd))[:, own.plan.edge_order])
    loop = Network(pd.DataFrame({"source": ["A", "B"], "target": ["B", "A"], "sign": 1, "tier": "A"}))
    for radius in (0.2, 0.9):
        weight = draw_ensemble(loop, EnsembleSettings(keep=(1, 1, 1), flip=(0, 0, 0), radius=radius), 30).linear_weight
        assert (np.sqrt(weight.prod(axis=1)) <= radius + 1e-9).all()


def test_a_wiring_draws_what_its_network_draws() -> None:
    one, two = draw_ensemble(NET, members=7, seed=3), draw_ensemble(wiring_of(NET), members=7, seed=3)
    assert all(np.array_equal(a, b) for a, b in zip(one.parameters, two.parameters, strict=True))
    assert one.members == 7 and one.seed == 3
    assert not np.array_equal(one.signed_weight, draw_ensemble(NET, members=7, seed=4).signed_weight)


def test_transcribed_nodes_are_those_with_an_edge_onto_the_gene() -> None:
    edges = pd.DataFrame({"source": list("ABC"), "target": list("XXY"), "sign": 1, "layer": ["signaling", "transcription", "signaling"]})
    net = Network(edges)
    assert [name for name, flag in zip(net.names, draw_ensemble(net, members=1).transcribed, strict=True) if flag] == ["X"]


def test_parts_are_views_and_thinning_everything_leaves_the_nodes() -> None:
    whole = draw_ensemble(NET, members=9)
    part = whole.part(slice(2, 5))
    assert part.weight.shape[0] == 3 and np.shares_memory(part.weight, whole.parameters.weight)
    bare = whole.thinned(np.zeros(COUNT, bool))
    assert bare.parameters.weight.shape == (9, 0)
    assert np.array_equal(bare.parameters.basal, whole.parameters.basal)
    assert bare.wiring.names == NET.names and not bare.transcribed.any()
