from __future__ import annotations

import numpy as np
import pandas as pd

from jaknet.network.model import Network
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
