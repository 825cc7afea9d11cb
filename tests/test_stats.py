"""Statistics shared by every test: against definitions, other implementations and stored exact values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import binom, binomtest, false_discovery_control

from jaknet.errors import InputError
from jaknet.stats import (
    benjamini_hochberg,
    clopper_pearson,
    empirical_p,
    group_bootstrap,
    never_zero,
    smallest_q,
)

GOLDEN = Path(__file__).resolve().parent / "golden"


@given(st.lists(st.one_of(st.floats(0, 1), st.just(float("nan"))), min_size=1, max_size=40))
@settings(max_examples=50, deadline=None)
def test_q_values_equal_scipy_over_what_was_tested(p_values: list[float]) -> None:
    p = np.array(p_values)
    q = benjamini_hochberg(p)
    tested = ~np.isnan(p)
    assert np.isnan(q[~tested]).all()
    if tested.any():
        np.testing.assert_allclose(q[tested], false_discovery_control(p[tested]), rtol=1e-12)


def test_q_values_do_not_depend_on_order() -> None:
    p = np.random.default_rng(0).random(50)
    order = np.random.default_rng(1).permutation(50)
    assert (benjamini_hochberg(p)[order] == benjamini_hochberg(p[order])).all()


def test_q_values_refuse_what_is_no_probability() -> None:
    with pytest.raises(InputError, match=r"1\.5"):
        benjamini_hochberg([0.1, 1.5])


def test_underflow_is_raised_and_nan_kept() -> None:
    p = never_zero([0.0, np.nan, 0.5])
    assert p[0] > 0
    assert np.isnan(p[1])
    assert p[2] == 0.5


def test_empirical_p_counts_the_observation() -> None:
    assert empirical_p([0, 9, 99], 99).tolist() == [0.01, 0.1, 1.0]
    assert smallest_q(99, 50) == 0.5
    assert smallest_q(9, 50) == 1.0


@pytest.mark.parametrize(("hits", "trials"), [(0, 10), (3, 10), (10, 10), (41, 60)])
def test_interval_equals_scipys_exact_interval(hits: int, trials: int) -> None:
    low, high = clopper_pearson(hits, trials)
    expected = binomtest(hits, trials).proportion_ci(method="exact")
    np.testing.assert_allclose([low, high], [expected.low, expected.high], atol=1e-12)


def test_interval_covers_at_least_as_often_as_it_says() -> None:
    trials, truth = 20, 0.3
    low, high = clopper_pearson(np.arange(trials + 1), trials)
    covered = (low <= truth) & (truth <= high)
    assert binom.pmf(np.arange(trials + 1), trials, truth)[covered].sum() >= 0.95


def test_interval_without_trials_knows_nothing() -> None:
    low, high = clopper_pearson(0, 0)
    assert (float(low), float(high)) == (0.0, 1.0)
    with pytest.raises(InputError, match="successes"):
        clopper_pearson(3, 2)


def test_bootstrap_takes_whole_groups_in_any_row_order() -> None:
    groups = np.array(["p1", "p2", "p2", "p3", "p1"])
    counts = group_bootstrap(groups, draws=200, seed=3)
    assert (counts[:, 1] == counts[:, 2]).all()
    order = np.array([4, 2, 0, 3, 1])
    assert (group_bootstrap(groups[order], draws=200, seed=3) == counts[:, order]).all()
    # each group is drawn once on average, and one draw takes as many groups as there are
    assert (counts[:, [0, 1, 3]].sum(axis=1) == 3).all()
    np.testing.assert_allclose(counts.mean(axis=0), 1.0, atol=0.2)
