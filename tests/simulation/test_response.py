from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaknet.errors import InputError
from jaknet.simulation.response import EFFECT_COLUMNS, member_weights, summarise, weighted_quantiles
from jaknet.simulation.settings import EnsembleSettings


@given(st.integers(0, 10**6), st.integers(1, 30), st.booleans())
@settings(max_examples=50, deadline=None)
def test_quantiles_equal_those_of_numpy_on_repeated_values(seed: int, members: int, even: bool) -> None:
    rng = np.random.default_rng(seed)
    values, counts = rng.normal(size=(members, 3)), rng.integers(0, 6, members)
    counts = np.ones(members, int) if even else np.maximum(counts, np.arange(members) == 0)
    found = weighted_quantiles(values, counts / counts.sum(), (0.05, 0.5, 0.95))
    repeated = np.repeat(values, counts, axis=0)
    assert np.allclose(found, np.quantile(repeated, (0.05, 0.5, 0.95), axis=0, method="inverted_cdf"))


def test_summary_by_hand() -> None:
    effects = np.array([[0.2, 0.0, -0.5], [0.1, 0.0, 0.4], [-0.1, 0.0005, -0.3], [0.3, 0.0, -0.2]])
    found = summarise(effects, np.array([0.4, 0.3, 0.2, 0.1]), EnsembleSettings(margin=0.001, none_above=0.9))
    assert tuple(found) == tuple(EFFECT_COLUMNS)
    assert np.allclose(found["p_up"], [0.8, 0, 0.3]) and np.allclose(found["p_down"], [0.2, 0, 0.7])
    assert found["direction"].tolist() == ["up", "none", "down"]
    assert np.allclose(found["p_direction"], [0.8, 1.0, 0.7])
    assert np.allclose(found["mean_effect"], [0.12, 0.0001, -0.16])
    assert np.allclose(found["total_effect"], [0.1, 0.0, -0.3])


def test_mostly_absent_routes_are_still_called_unless_too_rare() -> None:
    effects = np.zeros((100, 2))
    effects[:30, 0], effects[:8, 1] = 0.1, 0.1
    found = summarise(effects, np.full(100, 0.01), EnsembleSettings(none_above=0.9))
    assert found["direction"].tolist() == ["up", "none"]
    assert np.allclose(found["p_direction"], [0.3, 0.92])


def test_restless_members_carry_no_weight() -> None:
    rests = np.array([True, False, True])
    assert member_weights(None, rests).tolist() == [0.5, 0, 0.5]
    assert member_weights(np.array([1.0, 5.0, 3.0]), rests).tolist() == [0.25, 0, 0.75]
    with pytest.raises(InputError, match="1 of 3"):
        member_weights(np.array([0.0, 1.0, 0.0]), np.array([True, False, True]))
