"""Error rates and recovery, by smaller runs of the benchmarks that measure them."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest


@pytest.mark.parametrize(("hub_biased", "share_up"), [(False, 0.5), (False, 0.9), (True, 0.5), (True, 0.9)])
def test_false_positive_rates_hold_where_others_fail(benchmark_of: Callable[[str], ModuleType], hub_biased: bool, share_up: float) -> None:
    rates = benchmark_of("bench_calibration").null_rates(hub_biased, share_up, datasets=10, seed=1)
    assert 0.02 <= rates["calibrated"] <= 0.05
    assert 0.04 <= rates["normal"] <= 0.06
    if share_up == 0.9:
        assert rates["IPA z"] > 0.1
    if hub_biased:
        assert rates["Fisher"] > 0.5
        assert rates["ulm"] > 0.15


@pytest.mark.parametrize("hub_biased", [False, True])
def test_false_positive_rates_hold_at_depth_two(benchmark_of: Callable[[str], ModuleType], hub_biased: bool) -> None:
    rates = benchmark_of("bench_calibration").depth_two_rates(hub_biased, 0.7, datasets=10, seed=1)
    assert 0.025 <= rates["calibrated"] <= 0.055
    assert 0.035 <= rates["normal"] <= 0.065


def test_rotation_holds_where_genes_are_correlated(benchmark_of: Callable[[str], ModuleType]) -> None:
    rates = benchmark_of("bench_calibration").correlated_rates(0.05, datasets=10, seed=2, rotations=200)
    assert rates["rotation"] <= 0.07
    assert rates["calibrated"] > 0.2
    assert rates["ulm"] > 0.3


def test_the_changed_regulator_is_found_and_lost_gracefully(benchmark_of: Callable[[str], ModuleType]) -> None:
    bench = benchmark_of("bench_recovery")
    few, many = (bench.recovery(share, datasets=60, seed=0)["median rank"] for share in (0.05, 0.25))
    assert few["calibrated"] <= 8
    assert few["ulm"] <= 8
    assert few["calibrated"] < min(few["Fisher"], few["mean"], few["IPA z"])
    assert few["calibrated"] < many["calibrated"] < 100
