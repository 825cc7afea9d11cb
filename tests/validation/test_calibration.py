from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from jaknet.validation.calibration import likeness, log_scores, no_change_table, paper_interval, reliability_table, risk_table

PAPERS = np.repeat([f"paper {number}" for number in range(60)], 5)


def _stated(rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(0.5, 0.99, len(PAPERS))


def _outcomes(rng: np.random.Generator, p_right: np.ndarray, shared: float) -> np.ndarray:
    drawn = np.sqrt(shared) * np.repeat(rng.standard_normal(60), 5) + np.sqrt(1 - shared) * rng.standard_normal(len(PAPERS))
    return (drawn < norm.ppf(p_right)).astype(float)


def _holds(p_right: np.ndarray, right: np.ndarray) -> bool:
    table = reliability_table(p_right, right, PAPERS)
    return bool(table["accuracy"].between(table["band_low"], table["band_high"]).all())


def test_intervals_resample_papers() -> None:
    values = np.repeat([1.0, 0.0], 50)
    many = paper_interval(values, [str(k) for k in range(100)])
    few = paper_interval(values, ["a"] * 50 + ["b"] * 50)
    assert few == (0.0, 1.0)
    assert many[0] > 0.35 and many[1] < 0.65
    assert np.isnan(paper_interval(np.array([]), [])[0])


def test_one_sure_miss_does_not_decide_a_log_score() -> None:
    assert log_scores(np.array([1e-9, 0.01, 0.25])).tolist() == pytest.approx(np.log([0.01, 0.01, 0.25]))


@pytest.mark.parametrize("shared", [0.0, 0.4])
def test_the_band_holds_calibrated_models_whole(shared: float) -> None:
    rng = np.random.default_rng(1)
    held = []
    for _ in range(100):
        p_right = _stated(rng)
        held.append(_holds(p_right, _outcomes(rng, p_right, shared)))
    # 95 of 100 with a standard deviation of two; bins tested one by one would hold about 77.
    assert 0.88 <= np.mean(held) <= 1.0


def test_the_band_refuses_a_model_that_is_too_sure() -> None:
    rng = np.random.default_rng(2)
    p_right = _stated(rng)
    assert not _holds(p_right, _outcomes(rng, 0.5 + 0.4 * (p_right - 0.5), 0.0))
    # Forty certain predictions of which four are wrong.
    certain = np.full(40, 0.99)
    table = reliability_table(certain, (np.arange(40) >= 4).astype(float), [str(k) for k in range(40)])
    assert table.iloc[-1][["n", "accuracy"]].tolist() == [40, 0.9]
    assert table["band_low"].iloc[-1] > 0.9


def test_the_band_is_wider_where_papers_agree_with_themselves() -> None:
    rng = np.random.default_rng(3)
    p_right = np.full(len(PAPERS), 0.75)
    alone, together = (_outcomes(rng, p_right, shared) for shared in (0.0, 0.9))
    assert likeness(p_right, alone, PAPERS) < 0.1 < 0.4 < likeness(p_right, together, PAPERS)
    widths = [reliability_table(p_right, right, PAPERS).eval("band_high - band_low").iloc[2] for right in (alone, together)]
    assert widths[1] > 1.4 * widths[0]


def test_the_order_of_the_rows_changes_no_bit() -> None:
    rng = np.random.default_rng(4)
    p_right = _stated(rng).round(2)
    right, turned = _outcomes(rng, p_right, 0.3), rng.permutation(len(PAPERS))
    for table in (reliability_table, risk_table):
        once, twice = table(p_right, right, PAPERS), table(p_right[turned], right[turned], PAPERS[turned])
        assert np.allclose(once, twice, rtol=0, atol=1e-12, equal_nan=True)


def test_risk_keeps_the_surest_and_ties_together() -> None:
    p_right, right = np.array([0.9, 0.6, 0.9, 0.7]), np.array([1.0, 0.0, 1.0, 0.0])
    table = risk_table(p_right, right, list("abcd")).set_index("share")
    assert table.loc[0.1, ["n", "p_least", "accuracy"]].tolist() == [2, 0.9, 1.0]
    assert table.loc[0.8, ["n", "p_least"]].tolist() == [3, 0.7]
    assert table.loc[1.0, "accuracy"] == 0.5
    assert risk_table(np.array([]), np.array([]), []).empty


def test_no_change_is_scored_by_its_own_probability() -> None:
    table = no_change_table(np.array([0.9, 0.3, 0.2, 0.6]), np.array([True, True, False, False])).set_index("published")
    assert table.loc["none", ["n", "p_none", "within"]].tolist() == [2, 0.6, 0.5]
    assert table.loc["all", "brier"] == pytest.approx((0.01 + 0.49 + 0.04 + 0.36) / 4)
    assert table.loc["all", "brier_constant"] == 0.25
    assert no_change_table(np.array([]), np.array([], bool))["n"].tolist() == [0, 0, 0]
