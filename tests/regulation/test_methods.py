"""The methods, each against an independent computation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import sparse, stats

from jaknet.regulation.methods import METHODS, Evidence, _call_genes
from jaknet.regulation.regulons import Regulons


def random_regulons(seed: int, regulators: int = 12, genes: int = 300) -> Regulons:
    rng = np.random.default_rng(seed)
    dense = np.where(rng.random((regulators, genes)) < 0.1, rng.choice([-1.0, 1.0, 0.5], (regulators, genes)), 0.0)
    return Regulons(tuple(f"R{i:02d}" for i in range(regulators)), tuple(f"G{i:03d}" for i in range(genes)), sparse.csr_array(dense))


def test_ulm_equals_linear_regression() -> None:
    regulons = random_regulons(0)
    values = np.random.default_rng(1).standard_t(3, (300, 4))
    scores = METHODS["ulm"].score(Evidence(values), regulons)
    for row, column in np.ndindex(scores.statistic.shape):
        fit = stats.linregress(regulons.weights[[row]].toarray()[0], values[:, column])
        assert scores.statistic[row, column] == pytest.approx(fit.slope / fit.stderr, abs=1e-10)
        assert scores.p_value[row, column] == pytest.approx(fit.pvalue, rel=1e-10)


def test_ulm_and_mlm_equal_decoupler() -> None:
    decoupler = pytest.importorskip("decoupler")
    import pandas as pd

    regulons = random_regulons(2)
    values = np.random.default_rng(3).standard_normal((300, 3))
    rows, columns = regulons.weights.nonzero()
    names, genes = np.array(regulons.regulators), np.array(regulons.genes)
    net = pd.DataFrame({"source": names[rows], "target": genes[columns], "weight": regulons.weights.data})
    data = pd.DataFrame(values.T, ["a", "b", "c"], regulons.genes)
    for name in ("ulm", "mlm"):
        expected, p = getattr(decoupler.mt, name)(data, net, tmin=0)
        scores = METHODS[name].score(Evidence(values), regulons)
        np.testing.assert_allclose(scores.statistic, expected[list(regulons.regulators)].T, atol=1e-9)
        if name == "ulm":
            np.testing.assert_allclose(stats.false_discovery_control(scores.p_value, axis=0), p[list(regulons.regulators)].T, rtol=1e-6)


def test_mlm_equals_least_squares_and_leaves_out_what_it_cannot_separate() -> None:
    regulons = random_regulons(4, regulators=5)
    values = np.random.default_rng(5).standard_normal((300, 2))
    scores = METHODS["mlm"].score(Evidence(values), regulons)
    design = np.column_stack([np.ones(300), regulons.weights.toarray().T])
    beta, rss, *_ = np.linalg.lstsq(design, values, rcond=None)
    error = np.sqrt(np.outer(np.diag(np.linalg.inv(design.T @ design)), rss / (300 - 6)))
    np.testing.assert_allclose(scores.statistic, (beta / error)[1:], rtol=1e-9)
    doubled = sparse.vstack([regulons.weights, 2 * regulons.weights[[0]]]).tocsr()
    again = METHODS["mlm"].score(Evidence(values), Regulons((*regulons.regulators, "same"), regulons.genes, sparse.csr_array(doubled)))
    assert np.isnan(again.p_value[[0, 5]]).all()
    np.testing.assert_allclose(again.statistic[1:5], scores.statistic[1:5], rtol=1e-8)


def test_ipa_counts_by_hand() -> None:
    weights = sparse.csr_array(np.array([[1.0, 1.0, -1.0, 1.0, 0.0, 0.0]]))
    values = np.array([5.0, -4.0, -6.0, 0.1, 7.0, 0.2])[:, None]
    calls = np.array([1, -1, -1, 0, 1, 0], np.int8)[:, None]
    scores = METHODS["ipa"].score(Evidence(values, given_calls=calls), Regulons(("R",), tuple("ABCDEF"), weights))
    # targets called: A up (match), B down (against), C down (match)
    assert scores.statistic.item() == pytest.approx(1 / np.sqrt(3))
    assert scores.p_value.item() == pytest.approx(stats.fisher_exact([[3, 1], [1, 1]], alternative="greater").pvalue)
    # no bias: as many genes up as down
    assert scores.extra["bias_corrected_z"].item() == pytest.approx(1 / np.sqrt(3))


def test_calibrated_equals_dealing_the_calls_at_random() -> None:
    regulons = random_regulons(6, regulators=4, genes=120)
    rng = np.random.default_rng(7)
    values = rng.standard_normal((120, 1))
    evidence = Evidence(values, 0.3)
    scores = METHODS["calibrated"].score(evidence, regulons)
    dealt = np.repeat(evidence.calls.astype(float), 20000, axis=1)
    for stratum in np.unique(regulons.strata):
        inside = regulons.strata == stratum
        dealt[inside] = rng.permuted(dealt[inside], axis=0)
    null = regulons.signs @ dealt
    observed = (regulons.signs @ evidence.calls.astype(float))[:, 0]
    z = (observed - null.mean(axis=1)) / null.std(axis=1)
    np.testing.assert_allclose(scores.statistic[:, 0], z, atol=0.05)
    tails = np.minimum((null <= observed[:, None]).mean(axis=1), (null >= observed[:, None]).mean(axis=1))
    np.testing.assert_allclose(scores.p_value[:, 0], np.minimum(2 * tails, 1), atol=0.02)


@given(st.integers(0, 10**6), st.floats(0.02, 0.5))
@settings(max_examples=30, deadline=None)
def test_turning_the_data_over_turns_the_call_over(seed: int, fraction: float) -> None:
    regulons = random_regulons(seed)
    values = np.random.default_rng(seed + 1).standard_normal((300, 1))
    for name, method in METHODS.items():
        ahead, back = (method.score(Evidence(side * values, fraction), regulons) for side in (1, -1))
        np.testing.assert_allclose(ahead.statistic, -back.statistic, atol=1e-9, err_msg=name)
        np.testing.assert_allclose(ahead.p_value, back.p_value, rtol=1e-7, err_msg=name)
        assert (np.isnan(ahead.p_value) | ((ahead.p_value >= 0) & (ahead.p_value <= 1))).all()


def test_calls_take_the_stated_share_and_no_ties() -> None:
    values = np.random.default_rng(0).standard_normal((1000, 3))
    assert (np.abs(_call_genes(values, 0.1)).sum(axis=0) == 100).all()
    assert _call_genes(np.array([[3.0], [-2.0], [0.5], [0.1]]), 0.5).ravel().tolist() == [1, -1, 0, 0]
    assert (_call_genes(np.zeros((10, 1)), 0.3) == 0).all()
    assert _call_genes(np.array([[2.0], [2.0], [1.0], [0.0]]), 0.25).ravel().tolist() == [0, 0, 0, 0]


def test_a_regulon_that_fills_its_strata_cannot_be_tested() -> None:
    regulons = Regulons(("R",), tuple("ABCDEF"), sparse.csr_array(np.array([[1.0, 1.0, 1.0, 0, 0, 0]])))
    scores = METHODS["calibrated"].score(Evidence(np.arange(6.0)[:, None], 0.5), regulons)
    assert np.isnan(scores.p_value).all()
