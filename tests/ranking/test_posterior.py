"""The posterior mean against numerical integration; the conjunction against simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate
from scipy.stats import norm, spearmanr

from jaknet.ranking.posterior import conjunction, estimate_prior, signed_z


@pytest.mark.parametrize("spread", [0.5, 1.0, 1.6, 12.0])
def test_trust_is_the_posterior_mean_under_a_half_cauchy_prior(spread: float) -> None:
    z = spread * np.random.default_rng(1).standard_normal(20)
    prior = estimate_prior(np.zeros(20), z)

    def density(deviation: float) -> float:
        variance = 1.0 + deviation**2
        return float(np.exp(-10 * np.log(variance) - (z @ z) / 2 / variance + 10 * np.log(max(z @ z / 20, 1))) / variance)

    top, _ = integrate.quad(lambda deviation: deviation**2 / (1 + deviation**2) * density(deviation), 0, np.inf, epsabs=0, limit=500)
    bottom, _ = integrate.quad(density, 0, np.inf, epsabs=0, limit=500)
    assert prior.slope == 0.0
    assert prior.trust == pytest.approx(top / bottom, rel=1e-6)


def test_the_slope_is_the_posterior_mean_of_a_slope_not_below_zero() -> None:
    generator = np.random.default_rng(2)
    x, z = generator.standard_normal(40), generator.standard_normal(40)
    prior = estimate_prior(x, z)

    def density(slope: float) -> float:
        return float(norm.pdf(slope, prior.raw_slope, prior.standard_error))

    top, _ = integrate.quad(lambda slope: slope * density(slope), 0, 5)
    bottom, _ = integrate.quad(density, 0, 5)
    assert prior.slope == pytest.approx(top / bottom, rel=1e-6)


def test_known_slope_and_variance_are_found() -> None:
    generator = np.random.default_rng(3)
    x = generator.standard_normal(4000)
    z = 2.0 * x + 1.5 * generator.standard_normal(4000) + generator.standard_normal(4000)
    prior = estimate_prior(0.01 * x, z)
    assert prior.slope / prior.unit == pytest.approx(200.0, rel=0.05)
    assert prior.trust / (1 - prior.trust) == pytest.approx(1.5**2, rel=0.1)


def test_a_useless_prediction_leaves_the_order_of_the_data() -> None:
    generator = np.random.default_rng(4)
    z = 2 * generator.standard_normal(300)
    for _ in range(5):
        x = generator.standard_normal(300)
        prior = estimate_prior(x, z)
        assert prior.slope < 0.3
        assert spearmanr(prior.mean(x, z), z).statistic > 0.99


def test_an_opposing_prediction_is_ignored_not_turned_round() -> None:
    x = np.random.default_rng(5).standard_normal(200)
    prior = estimate_prior(x, -3 * x + np.random.default_rng(6).standard_normal(200))
    assert prior.raw_slope < -2
    assert 0 <= prior.slope < 0.05


def test_a_shift_common_to_all_genes_is_not_agreement() -> None:
    generator = np.random.default_rng(7)
    x, z = 1 + 0.1 * generator.standard_normal(300), 2 + generator.standard_normal(300)
    assert abs(estimate_prior(x, z).raw_slope) < 3 * estimate_prior(x, z).standard_error


def test_without_an_observation_the_prior_mean_stands() -> None:
    x = np.linspace(-1, 1, 30)
    prior = estimate_prior(x, 3 * x)
    assert prior.mean([0.5], [np.nan]).item() == pytest.approx(1.5)
    assert prior.mean([np.nan], [2.0]).item() == pytest.approx(2.0 * prior.trust)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_few_genes_give_no_slope_and_no_error(count: int) -> None:
    prior = estimate_prior(np.arange(count, dtype=float), np.arange(count, dtype=float))
    assert prior.slope == 0.0 and 0 < prior.trust <= 0.51


def test_z_keeps_sign_and_never_becomes_infinite() -> None:
    z = signed_z([0.0, 1e-300, 0.5, np.nan], [-1.0, 2.0, -0.1, 1.0])
    assert np.isfinite(z[:3]).all() and np.isnan(z[3])
    assert np.sign(z[:3]).tolist() == [-1, 1, -1]
    assert norm.sf(abs(z[1])) * 2 == pytest.approx(1e-300)


@pytest.mark.parametrize(("prediction_null", "data_null"), [(True, True), (True, False), (False, True)])
def test_the_conjunction_is_conservative_whichever_part_is_null(prediction_null: bool, data_null: bool) -> None:
    generator = np.random.default_rng(8)
    predicted = generator.standard_normal(40_000) + (0 if prediction_null else 4) * generator.choice([-1, 1], 40_000)
    observed = generator.standard_normal(40_000) + (0 if data_null else 4) * np.sign(predicted)
    p_value = conjunction(2 * norm.sf(abs(predicted)), predicted, 2 * norm.sf(abs(observed)), observed)
    for level in (0.01, 0.05, 0.2):
        assert (p_value <= level).mean() <= level + 3 * np.sqrt(level / 40_000)


def test_the_conjunction_finds_what_is_real_in_both_and_wants_the_same_direction() -> None:
    assert conjunction([1e-3], [1.0], [1e-4], [5.0]).item() == 1e-3
    assert conjunction([1e-3], [1.0], [1e-4], [-5.0]).item() > 0.99
    assert np.isnan(conjunction([np.nan, 0.1, 0.1], [1.0, 0.0, 1.0], [0.1, 0.1, np.nan], [1.0, 1.0, 1.0])).all()
