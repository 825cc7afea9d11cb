"""Regression kernels: what does not change them, and what they cannot answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import sparse, stats

from jaknet.regulation.methods import _multivariate_t, _univariate_t, t_tail


def columns(seed: int) -> sparse.csr_array:
    rng = np.random.default_rng(seed)
    return sparse.csr_array(np.where(rng.random((4, 80)) < 0.3, rng.standard_normal((4, 80)), 0.0))


@given(st.integers(0, 10**6), st.floats(0.01, 100), st.floats(-50, 50))
@settings(max_examples=30, deadline=None)
def test_scale_and_shift_of_the_data_change_nothing(seed: int, scale: float, shift: float) -> None:
    values = np.random.default_rng(seed).standard_normal((80, 2))
    weights = columns(seed)
    np.testing.assert_allclose(_univariate_t(scale * values + shift, weights), _univariate_t(values, weights), atol=1e-6)
    np.testing.assert_allclose(_multivariate_t(scale * values + shift, weights)[0], _multivariate_t(values, weights)[0], atol=1e-6)


def test_a_single_regulon_is_the_same_in_both() -> None:
    weights, values = columns(1)[[0]], np.random.default_rng(2).standard_normal((80, 3))
    joint, df = _multivariate_t(values, sparse.csr_array(weights))
    np.testing.assert_allclose(joint, _univariate_t(values, sparse.csr_array(weights)), rtol=1e-9)
    assert df == 78


def test_a_regulon_of_every_gene_cannot_be_scored() -> None:
    everything = sparse.csr_array(np.ones((1, 80)))
    values = np.random.default_rng(3).standard_normal((80, 1))
    assert np.isnan(_univariate_t(values, everything)).all()
    assert np.isnan(_multivariate_t(values, everything)[0]).all()


def test_a_constant_signature_gives_no_statistic() -> None:
    assert np.isnan(_univariate_t(np.ones((80, 1)), columns(4))).all()


def test_tail_is_students() -> None:
    t = np.array([-3.0, 0.0, 1.5, 40.0])
    np.testing.assert_allclose(t_tail(t, 7), 2 * stats.t.sf(np.abs(t), 7), rtol=1e-10)
    assert t_tail(np.array([0.0]), 3).item() == pytest.approx(1.0)
