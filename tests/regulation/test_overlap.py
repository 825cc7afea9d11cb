"""The signed overlap: its distribution against integer counting, its moments against its distribution."""

from __future__ import annotations

from itertools import product
from math import comb
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from jaknet.regulation._overlap import exact_tails, moments, overlap_distribution

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
small = st.integers(0, 5)


def counted(activated: int, inhibited: int, size: int, up: int, down: int) -> dict[int, float]:
    """Sum over all tables with exact integers."""
    total = comb(size, up) * comb(size - up, down)
    out: dict[int, int] = {}
    for a, c in product(range(activated + 1), repeat=2):
        for b, d in product(range(inhibited + 1), repeat=2):
            rest, i, j = size - activated - inhibited, up - a - b, down - c - d
            if a + c > activated or b + d > inhibited or min(i, j) < 0 or i + j > rest:
                continue
            ways = comb(activated, a) * comb(activated - a, c) * comb(inhibited, b) * comb(inhibited - b, d)
            ways *= comb(rest, i) * comb(rest - i, j)
            out[a - c - b + d] = out.get(a - c - b + d, 0) + ways
    return {score: ways / total for score, ways in out.items()}


@given(small, small, small, small, small)
@settings(max_examples=50, deadline=None)
def test_distribution_equals_integer_counting(activated: int, inhibited: int, rest: int, up: int, down: int) -> None:
    size = activated + inhibited + rest
    up = min(up, size)
    down = min(down, size - up)
    q = activated + inhibited
    chances = overlap_distribution(activated, inhibited, size, up, down)
    expected = counted(activated, inhibited, size, up, down)
    np.testing.assert_allclose(chances, [expected.get(s, 0.0) for s in range(-q, q + 1)], atol=1e-13)


@given(st.integers(1, 12), st.integers(0, 12), st.integers(30, 3000), st.floats(0, 0.5), st.floats(0, 0.5))
@settings(max_examples=40, deadline=None)
def test_moments_are_those_of_the_distribution(activated: int, inhibited: int, size: int, share_up: float, share_down: float) -> None:
    up, down = int(share_up * size), int(share_down * size)
    chances = overlap_distribution(activated, inhibited, size, up, down)
    scores = np.arange(len(chances)) - (activated + inhibited)
    assert chances.sum() == pytest.approx(1.0, abs=1e-10)
    one = np.ones((1, 1))
    mean, variance = moments(np.array([float(size)]), up * one, down * one, activated * one, inhibited * one)
    assert mean.item() == pytest.approx(chances @ scores, abs=1e-9)
    assert variance.item() == pytest.approx(chances @ scores**2 - (chances @ scores) ** 2, abs=1e-9)


def test_tails_of_strata_are_those_of_their_sum() -> None:
    size, up, down = np.array([30, 50]), np.array([[6], [10]]), np.array([[6], [5]])
    shapes = np.array([[0, 7, 4], [1, 3, 0]])
    scores = np.array([[4], [4]])
    below, at, above = exact_tails(scores, np.array([[0, 1], [0, -1]]), shapes, size, up, down)
    first, second = overlap_distribution(7, 4, 30, 6, 6), overlap_distribution(3, 0, 50, 10, 5)
    both = np.convolve(first, second)
    assert above[0, 0] == pytest.approx(both[14 + 5 :].sum(), rel=1e-12)
    assert at[1, 0] == pytest.approx(first[11 + 4], rel=1e-12)
    np.testing.assert_allclose(below + at + above, 1.0, atol=1e-12)


def test_far_tails_keep_their_digits() -> None:
    # all 40 targets up out of 100 up among 15,000: near 1e-90, where 1 - lower tail would be 0
    size, up, down = np.array([15000]), np.array([[100]]), np.array([[0]])
    above = exact_tails(np.array([[39]]), np.array([[0]]), np.array([[0, 40, 0]]), size, up, down)[2, 0, 0]
    expected = 1.0
    for k in range(40):
        expected *= (100 - k) / (15000 - k)
    assert above == pytest.approx(expected, rel=1e-9)


def test_distribution_has_its_golden_tails() -> None:
    for row in pd.read_csv(GOLDEN / "signed_overlap.tsv", sep="\t").itertuples():
        regulated, size = row.activated + row.inhibited, row.activated + row.inhibited + row.untouched
        chances = overlap_distribution(row.activated, row.inhibited, size, row.up, row.down)
        assert chances[max(row.score + regulated, 0) :].sum() == pytest.approx(row.tail, rel=2e-10)
