"""Rotation kernels: exchangeable directions, symmetric nulls, pooled tails."""

from __future__ import annotations

import numpy as np
import pytest

from jaknet.expression.signature import Rotation
from jaknet.regulation.rotation import pooled_p, rotation_null, rotation_p

IDENTITY = np.eye(3)


def test_the_observed_direction_is_the_first_column() -> None:
    residuals = np.random.default_rng(0).standard_normal((3, 5))
    observed, null = rotation_null(Rotation(residuals, np.inf), lambda values: IDENTITY @ values, 100, seed=1, progress=False)
    np.testing.assert_allclose(observed, residuals[:, 0])
    assert null.shape == (3, 100)
    # a unit direction never reaches beyond the gene's length over all directions
    assert (np.abs(null) <= np.linalg.norm(residuals, axis=1)[:, None] + 1e-12).all()


def test_the_null_has_the_mean_square_of_all_directions() -> None:
    residuals = np.random.default_rng(1).standard_normal((3, 6))
    _, null = rotation_null(Rotation(residuals, np.inf), lambda values: IDENTITY @ values, 20000, seed=2, progress=False)
    np.testing.assert_allclose(null.mean(axis=1), 0, atol=0.05)
    np.testing.assert_allclose(np.square(null).mean(axis=1), np.square(residuals).mean(axis=1), rtol=0.05)


def test_the_number_of_rotations_only_adds_draws() -> None:
    residuals = np.random.default_rng(2).standard_normal((3, 4))
    short, long = (rotation_null(Rotation(residuals, 4.0), lambda values: values, count, seed=3, progress=False)[1] for count in (64, 130))
    np.testing.assert_array_equal(short, long[:, :64])


def test_pooled_tails_equal_counting_and_skip_what_does_not_vary() -> None:
    null = np.vstack([np.linspace(-2, 2, 101), np.linspace(-20, 20, 101), np.zeros(101)])
    p = pooled_p(np.array([2.0, 10.0, 1.0]), null)
    spread = np.sqrt(np.mean(null[0] ** 2))
    pool = np.abs(np.concatenate([null[0], null[1] / 10])) / spread
    assert p[0] == pytest.approx((np.sum(pool >= 2 / spread - 1e-9) + 1) / (len(pool) + 1))
    assert p[1] == pytest.approx((np.sum(pool >= 1 / spread - 1e-9) + 1) / (len(pool) + 1))
    assert np.isnan(p[2])


def test_p_counts_random_scores_at_least_as_large_in_either_direction() -> None:
    null = np.array([[1.0, -2.0, 0.5, 3.0], [0.0, 0.0, 0.0, 0.0]])
    assert rotation_p(np.array([-2.0, 1.0]), null).tolist() == [3 / 5, 1 / 5]
