"""Strata and the label null, against permutation by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jaknet.ranking.observed import _degree_strata, _label_null


def test_every_stratum_holds_ten_genes_or_all() -> None:
    generator = np.random.default_rng(0)
    degree = pd.Series(generator.geometric(0.4, 200).astype(float))
    strata = _degree_strata(degree)
    assert np.bincount(strata).min() >= 10
    order = np.argsort(degree.to_numpy(), kind="stable")
    assert (np.diff(strata[order]) >= 0).all()
    assert set(_degree_strata(pd.Series([1.0, 2.0, 5.0]))) == {0}
    some = _degree_strata(pd.Series([1.0] * 10 + [2, 3] + [9] * 10 + [np.nan]))
    assert some[[0, 10, 11, 12, 22]].tolist() == [0, 1, 1, 1, -1]


def test_the_label_null_is_what_permuting_labels_gives() -> None:
    generator = np.random.default_rng(1)
    observed = pd.Series(generator.standard_normal(24))
    predicted = pd.Series(generator.choice([-1.0, 1.0], 24))
    strata = np.repeat([0, 1], 12)
    exact = _label_null(observed, predicted, strata)
    gene, count = 3, 0
    for _ in range(20_000):
        drawn = generator.permutation(observed.to_numpy()[:12])[gene]
        count += predicted[gene] * drawn >= predicted[gene] * observed[gene]
    assert abs(exact[gene] - count / 20_000) < 0.015


def test_the_label_null_is_uniform_when_labels_carry_nothing() -> None:
    generator = np.random.default_rng(2)
    strata, found = np.zeros(20, int), []
    for _ in range(300):
        observed, predicted = pd.Series(generator.standard_normal(20)), pd.Series(generator.choice([-1.0, 1.0], 20))
        found.append(_label_null(observed, predicted, strata)[0])
    for level in (0.05, 0.2, 0.5):
        assert np.mean(np.array(found) <= level + 1e-9) <= level + 3 * np.sqrt(level * (1 - level) / 300)
    assert min(found) >= 1 / 20


def test_no_stratum_or_no_direction_gives_no_p() -> None:
    observed = pd.Series([1.0, 2.0, np.nan, 3.0])
    found = _label_null(observed, pd.Series([1.0, 0.0, 1.0, np.nan]), np.array([0, 0, -1, 0]))
    assert np.isnan(found[1:]).all() and found[0] == 1.0
