from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy import special, stats
from scipy.interpolate import CubicSpline

from jaknet.expression._moderated import (
    MAX_DIRECTIONS,
    _natural_spline,
    _trigamma_inverse,
    fit_variance_prior,
    moderated_fit,
    rotated_statistics,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "expression"
DONOR = np.repeat(range(4), 2)
PAIRED = np.column_stack([np.ones(8), *(k == DONOR for k in (1, 2, 3)), np.tile([0, 1], 4)]).astype(float)


@pytest.mark.parametrize("suffix", ["", "_trend"])
def test_statistics_are_those_of_limma(suffix):
    counts = pd.read_csv(GOLDEN / "simulated_counts.tsv", sep="\t", index_col=0)
    limma = pd.read_csv(GOLDEN / "simulated_limma.tsv", sep="\t", index_col=0)
    logs = np.log2(counts.to_numpy() + 1.0)
    fit = moderated_fit([logs[:150], logs[150:]], PAIRED, trend=bool(suffix))
    np.testing.assert_allclose(fit.log2_fold_change, limma["log2_fold_change"], rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(fit.statistic, limma["t" + suffix], rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(fit.p_value, limma["p" + suffix], rtol=1e-6)
    np.testing.assert_allclose(fit.prior_df, limma["prior_df" + suffix].iloc[0], rtol=1e-7)


@pytest.mark.real_data
@pytest.mark.parametrize("suffix", ["", "_trend"])
def test_airway_statistics_are_those_of_limma(real_data, suffix):
    counts = pd.read_csv(real_data / "expression/airway_rawcounts.csv.gz", index_col=0)
    counts = counts[counts.sum(axis=1) >= 10]
    data = pd.read_csv(real_data / "expression/airway_metadata.csv", index_col=0)
    design = np.column_stack([np.ones(8), pd.get_dummies(data["celltype"], drop_first=True), data["dex"] == "treated"]).astype(float)
    logs = np.log2((counts + 0.5) / (counts.sum() + 1) * 1e6)
    fit = moderated_fit([logs.to_numpy()], design, trend=bool(suffix))
    found = pd.DataFrame({"t": fit.statistic, "lfc": fit.log2_fold_change}, index=counts.index)
    limma = pd.read_csv(GOLDEN / "airway_limma.tsv", sep="\t", index_col=0)
    np.testing.assert_allclose(found.loc[limma.index, "t"], limma["t" + suffix], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(found.loc[limma.index, "lfc"], limma["log2_fold_change"], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(fit.prior_df, limma["prior_df" + suffix].iloc[0], rtol=1e-6)


def test_one_gene_is_an_ordinary_t_test():
    values = np.array([[5.0, 6, 5.5, 8, 9, 8.2]])
    fit = moderated_fit([values], np.column_stack([np.ones(6), [0, 0, 0, 1, 1, 1]]).astype(float))
    expected = stats.ttest_ind(values[0, 3:], values[0, :3])
    np.testing.assert_allclose([fit.statistic[0], fit.p_value[0]], [expected.statistic, expected.pvalue])


def test_blocks_do_not_matter():
    values = np.random.default_rng(2).normal(size=(97, 8))
    whole, parts = moderated_fit([values], PAIRED), moderated_fit(np.array_split(values, 5), PAIRED)
    np.testing.assert_allclose(whole.statistic, parts.statistic, rtol=1e-12)


def test_constant_gene_has_no_effect_and_breaks_nothing():
    values = np.random.default_rng(3).normal(size=(50, 8))
    values[7] = 4.0
    fit = moderated_fit([values], PAIRED)
    assert abs(fit.statistic[7]) < 1e-9
    assert np.isfinite(fit.p_value).all()
    constant = moderated_fit([np.full((5, 8), 2.0)], PAIRED)
    assert np.abs(constant.statistic).max() < 1e-6


def test_p_values_are_uniform_without_effects():
    values = np.random.default_rng(4).normal(size=(4000, 8)) * np.exp(np.random.default_rng(5).normal(0, 0.5, (4000, 1)))
    assert stats.kstest(moderated_fit([values], PAIRED).p_value, "uniform").pvalue > 0.01


def test_unrotated_directions_give_the_moderated_t():
    values = np.random.default_rng(6).normal(7, 1, size=(60, 8)) + np.linspace(0, 5, 60)[:, None]
    fit = moderated_fit([values], PAIRED)
    np.testing.assert_allclose(rotated_statistics(fit.residuals, fit.prior_df), fit.statistic, rtol=1e-9)
    axes = rotated_statistics(fit.residuals, fit.prior_df, np.eye(4))
    np.testing.assert_allclose(axes[:, 0], fit.statistic, rtol=1e-9)


def test_rotations_of_correlated_genes_reproduce_the_null():
    """A sum over correlated genes: its rotation p-values are uniform although the genes are not independent."""
    rng = np.random.default_rng(7)
    p = []
    for _ in range(200):
        values = rng.normal(size=(30, 8)) + rng.normal(size=(1, 8))
        fit = moderated_fit([values], PAIRED)
        directions = rng.normal(size=(4, 199))
        rotated = rotated_statistics(fit.residuals, fit.prior_df, directions / np.linalg.norm(directions, axis=0)).sum(axis=0)
        p.append((1 + (np.abs(rotated) >= abs(fit.statistic.sum())).sum()) / 200)
    assert stats.kstest(p, "uniform").pvalue > 0.01


def test_many_samples_keep_a_bounded_number_of_directions():
    design = np.column_stack([np.ones(150), np.arange(150) % 2]).astype(float)
    fit = moderated_fit([np.random.default_rng(8).normal(size=(40, 150))], design)
    assert fit.residuals.shape == (40, 1 + MAX_DIRECTIONS)
    assert fit.residual_df == 148


@settings(max_examples=30, deadline=None)
@given(shift=st.floats(-5, 5), scale=st.floats(0.1, 10))
def test_shift_moves_nothing_and_scale_leaves_the_statistic(shift, scale):
    values = np.random.default_rng(9).normal(8, 1, size=(40, 8))
    fit, changed = moderated_fit([values], PAIRED, trend=False), moderated_fit([values * scale + shift], PAIRED, trend=False)
    np.testing.assert_allclose(changed.statistic, fit.statistic, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(changed.log2_fold_change, fit.log2_fold_change * scale, rtol=1e-6, atol=1e-8)


@settings(max_examples=20, deadline=None)
@given(df=st.integers(4, 30), prior_df=st.floats(2, 12))
def test_prior_degrees_of_freedom_are_recovered(df, prior_df):
    rng = np.random.default_rng(10)
    variance = stats.f.rvs(df, prior_df, size=20000, random_state=rng) * 0.5
    prior, found = fit_variance_prior(variance, df)
    assert found == pytest.approx(prior_df, rel=0.25)
    assert prior[0] == pytest.approx(0.5, rel=0.1)


@settings(max_examples=50, deadline=None)
@given(st.floats(-9, 9))
def test_inverse_of_the_trigamma_function(exponent):
    target = 10.0**exponent
    found = _trigamma_inverse(target)
    assert special.polygamma(1, found) == pytest.approx(target, rel=1e-3 if exponent < -5.9 or exponent > 6.9 else 1e-7)


@pytest.mark.parametrize("columns", [3, 4])
def test_splines_are_cubic_between_knots_and_straight_beyond(columns):
    """Every natural cubic spline on the same knots, made by scipy, is a combination of the columns."""
    x = np.sort(np.random.default_rng(1).gamma(2, 2, 200))
    basis = _natural_spline(x, columns)
    assert basis.shape == (200, columns)
    knots = np.quantile(x, np.linspace(0, 1, columns))
    for values in np.eye(columns):
        other = CubicSpline(knots, values, bc_type="natural")(x)
        left = other - basis @ np.linalg.lstsq(basis, other, rcond=None)[0]
        assert np.abs(left).max() < 1e-9


def test_splines_on_tied_values_become_a_line():
    basis = _natural_spline(np.array([0.0] * 50 + [1.0, 2.0]), 4)
    np.testing.assert_allclose(basis, np.column_stack([np.ones(52), [0.0] * 50 + [0.5, 1.0]]))


def _two_groups(values: np.ndarray, **more) -> object:
    design = np.column_stack([np.ones(values.shape[1]), np.arange(values.shape[1]) % 2]).astype(float)
    return moderated_fit([values], design, **more)


def test_equal_variances_are_pooled_over_all_genes():
    """With no more spread than chance the prior is infinite: one variance, a normal reference."""
    rng = np.random.default_rng(2)
    base = rng.normal(size=(1, 8))
    values = np.vstack([rng.permutation(base[0]) * rng.choice([-1, 1]) for _ in range(1)] * 40)
    fit = _two_groups(values, trend=False)
    assert np.isinf(fit.prior_df)
    pooled = fit.prior_variance[0]
    expected = fit.log2_fold_change / np.sqrt(pooled / 2)
    np.testing.assert_allclose(fit.statistic, expected, rtol=1e-9)
    np.testing.assert_allclose(fit.p_value, 2 * stats.t.sf(np.abs(expected), 6 * 40), rtol=1e-9)


def test_shrunken_variance_by_hand():
    values = np.random.default_rng(3).normal(size=(300, 8)) * np.exp(np.random.default_rng(4).normal(0, 0.7, (300, 1)))
    fit = _two_groups(values, trend=False)
    groups = np.arange(8) % 2
    variance = (values[:, groups == 0].var(axis=1, ddof=1) + values[:, groups == 1].var(axis=1, ddof=1)) / 2
    prior, prior_df = fit_variance_prior(variance, 6)
    assert (fit.residual_df, fit.prior_df) == (6, pytest.approx(prior_df))
    posterior = (prior_df * prior + 6 * variance) / (prior_df + 6)
    np.testing.assert_allclose(fit.statistic, fit.log2_fold_change / np.sqrt(posterior * (1 / 4 + 1 / 4)), rtol=1e-9)
    np.testing.assert_allclose(fit.p_value, 2 * stats.t.sf(np.abs(fit.statistic), prior_df + 6), rtol=1e-9)


def test_turning_the_tested_column_turns_effects_and_directions():
    values = np.random.default_rng(5).normal(8, 1, size=(50, 8))
    turned = PAIRED.copy()
    turned[:, -1] = 1 - turned[:, -1]
    one, other = moderated_fit([values], PAIRED), moderated_fit([values], turned)
    np.testing.assert_allclose(other.log2_fold_change, -one.log2_fold_change, atol=1e-12)
    np.testing.assert_allclose(other.residuals[:, 0], -one.residuals[:, 0], atol=1e-10)
    np.testing.assert_allclose(np.square(other.residuals[:, 1:]).sum(axis=1), np.square(one.residuals[:, 1:]).sum(axis=1))


@pytest.mark.parametrize("genes", [1, 2, 3, 6, 7, 29, 31])
def test_any_number_of_genes_has_finite_tests(genes):
    fit = _two_groups(np.random.default_rng(genes).normal(size=(genes, 6)) * np.arange(1, genes + 1)[:, None])
    assert np.isfinite(fit.statistic).all() and ((fit.p_value > 0) & (fit.p_value <= 1)).all()
    assert fit.residuals.shape == (genes, 5)


def test_rotations_keep_the_length_of_a_gene():
    """Statistics along all axes of a basis use up the gene's whole sum of squares."""
    rng = np.random.default_rng(6)
    residuals, prior_df = rng.normal(size=(20, 5)), 4.0
    basis = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    t = rotated_statistics(residuals, prior_df, basis)
    total = np.square(residuals).sum(axis=1, keepdims=True)
    along = t**2 * (prior_df + total) / (prior_df + 4 + t**2)
    np.testing.assert_allclose(along.sum(axis=1), total[:, 0], rtol=1e-9)
    np.testing.assert_allclose(rotated_statistics(residuals, np.inf, basis), residuals @ basis)
    np.testing.assert_allclose(rotated_statistics(residuals, prior_df, -basis), -t)
