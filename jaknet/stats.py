"""Statistics shared by every test of the library: false discovery, exact tails, floors, intervals.

Three rules hold wherever these are used: no p-value is ever 0, q-values count everything that was
tested, and resampling takes whole groups (papers, donors) whose rows are not independent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import beta

from jaknet.errors import InputError, few
from jaknet.provenance import as_generator
from jaknet.shared_docs import describe

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "ROUNDING",
    "benjamini_hochberg",
    "clopper_pearson",
    "empirical_p",
    "group_bootstrap",
    "never_zero",
    "smallest_q",
    "variance_inflation",
    "weighted_quantiles",
]

ROUNDING = 1e-12  # by which sums of weights may differ from what they are


def benjamini_hochberg(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return Benjamini-Hochberg q-values over everything that was tested.

    ``q_(i) = min over j >= i of m p_(j) / j`` for the m finite p-values in ascending order
    (Benjamini & Hochberg 1995, J R Stat Soc B 57:289).

    Parameters
    ----------
    p_values : array-like, shape (n,)
        NaN where nothing was tested; such entries stay NaN and do not count.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    InputError
        For values outside [0, 1].

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, np.nan, 0.03]).tolist()
    [0.03, 0.04, nan, 0.04]
    """
    p = np.asarray(p_values, float)
    tested = np.flatnonzero(~np.isnan(p))
    bad = p[tested][(p[tested] < 0) | (p[tested] > 1)]
    if len(bad):
        raise InputError(f"p-values outside [0, 1]: {few(bad)}. Give probabilities, NaN where nothing was tested.")
    q = np.full(p.shape, np.nan)
    descending = tested[np.argsort(-p[tested], kind="stable")]
    ranks = np.arange(len(tested), 0, -1)
    q[descending] = np.minimum.accumulate(np.minimum(p[descending] * len(tested) / np.maximum(ranks, 1), 1.0))
    return q


def never_zero(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return the p-values with underflow raised to the smallest normal number.

    Parameters
    ----------
    p_values : array-like
        NaN stays.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> bool(never_zero([0.0])[0] > 0)
    True
    """
    return np.clip(np.asarray(p_values, float), np.finfo(float).tiny, 1.0)


def empirical_p(exceeding: ArrayLike, draws: int) -> NDArray[np.float64]:
    """Return ``(b + 1) / (m + 1)`` for b of m random draws at least as extreme as the observation.

    The floor is ``1 / (m + 1)`` (Phipson & Smyth 2010, Stat Appl Genet Mol Biol 9:39).

    Parameters
    ----------
    exceeding : array-like of int
        How many draws are at least as extreme: b.
    draws : int
        How many draws there are: m.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> float(empirical_p(0, 999))
    0.001
    """
    return (np.asarray(exceeding, float) + 1.0) / (draws + 1.0)


def smallest_q(draws: int, tested: int) -> float:
    """Return the smallest q-value that `draws` random draws can give one of `tested` hypotheses.

    A hypothesis at the floor ``1 / (m + 1)``, alone there, gets ``tested / (m + 1)``.

    Parameters
    ----------
    draws : int
        How many draws there are: m.
    tested : int
        Number of hypotheses.

    Returns
    -------
    float

    Examples
    --------
    >>> smallest_q(999, 100)
    0.1
    """
    return min(1.0, tested / (draws + 1.0))


def clopper_pearson(successes: ArrayLike, trials: ArrayLike, confidence: float = 0.95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the exact interval of a proportion (Clopper & Pearson 1934, Biometrika 26:404).

    Parameters
    ----------
    successes, trials : array-like of int
        Broadcast together; no trials give the interval (0, 1).
    confidence : float
        How often the interval holds the true proportion, between 0 and 1.

    Returns
    -------
    low, high : ndarray

    Raises
    ------
    InputError
        If successes exceed trials, or either is negative.

    Examples
    --------
    >>> low, high = clopper_pearson(9, 10)
    >>> round(float(low), 4), round(float(high), 4)
    (0.555, 0.9975)
    """
    hits, total = np.broadcast_arrays(np.asarray(successes, float), np.asarray(trials, float))
    if np.any((hits < 0) | (hits > total)):
        raise InputError(f"successes must lie between 0 and the trials, got {few(hits.ravel())} of {few(total.ravel())}.")
    outside = (1.0 - confidence) / 2.0
    low = np.where(hits == 0, 0.0, beta.ppf(outside, np.maximum(hits, 1), total - hits + 1))
    high = np.where(hits == total, 1.0, beta.ppf(1.0 - outside, hits + 1, np.maximum(total - hits, 1)))
    return low, high


@describe
def group_bootstrap(groups: ArrayLike, draws: int = 2000, seed: int | np.random.Generator = 0) -> NDArray[np.int64]:
    """Resample whole groups with replacement; return how often each row was taken.

    A statistic that is a ratio of sums over rows becomes a matrix product: the bootstrap of a mean
    is ``(counts @ values) / counts.sum(axis=1)``. Groups are drawn in sorted order, so that the
    order of the rows changes nothing.

    Parameters
    ----------
    groups : array-like, shape (n_rows,)
        The group of each row, e.g. the paper a fact comes from.
    draws : int
        Number of bootstrap samples.
    %(seed)s

    Returns
    -------
    ndarray of int, shape (draws, n_rows)

    Examples
    --------
    >>> counts = group_bootstrap(["a", "a", "b"], draws=100, seed=1)
    >>> bool((counts[:, 0] == counts[:, 1]).all()), counts[:, 1:].sum(axis=1).tolist()[:3]
    (True, [2, 2, 2])
    """
    names, position = np.unique(np.asarray(groups), return_inverse=True)
    taken = as_generator(seed).multinomial(len(names), np.full(len(names), 1.0 / len(names)), size=draws)
    return taken[:, position]


def variance_inflation(weights: ArrayLike, correlation: float) -> float:
    r"""Return the factor by which correlation between genes inflates the variance of their weighted sum.

    .. math:: 1 + \rho \left( (\textstyle\sum_g |w_g|)^2 - 1 \right), \qquad \sum_g w_g^2 = 1

    which for m equal weights is :math:`1 + (m - 1) \rho`, as in CAMERA (Wu & Smyth 2012, Nucleic Acids Res 40:e133). The
    correlation is that of genes turned to the sign of their weight: genes of one programme vary together along it.

    Parameters
    ----------
    weights : array-like, shape (n_genes,)
        Of length 1.
    correlation : float
        Mean correlation between two genes, 0 to 1.

    Examples
    --------
    >>> round(variance_inflation([0.5, 0.5, -0.5, 0.5], 0.01), 6)
    1.03
    """
    return float(1.0 + correlation * max(np.abs(np.asarray(weights, float)).sum() ** 2 - 1.0, 0.0))


def weighted_quantiles(values: NDArray[np.float64], weights: NDArray[np.float64], probabilities: tuple[float, ...]) -> NDArray[np.float64]:
    """Return quantiles of each column: the smallest value whose cumulative weight reaches the probability.

    Parameters
    ----------
    values : ndarray of float64, shape (members, n)
        Sorted column by column.
    weights : ndarray of float64, shape (members,)
        Sum to 1.
    probabilities : tuple of float
        Between 0 and 1.

    Returns
    -------
    ndarray of float64, shape (len(probabilities), n)

    Examples
    --------
    >>> weighted_quantiles(np.array([[3.0], [1.0], [2.0]]), np.array([0.2, 0.4, 0.4]), (0.5,))
    array([[2.]])
    """
    rows = np.array(values.T, order="C")
    # Rounding of the cumulative sum must not push a quantile past its step.
    wanted = np.array(probabilities) - ROUNDING
    if np.ptp(weights) == 0.0:
        rows.sort(axis=1)
        places = np.searchsorted(np.cumsum(weights), wanted)
        return rows[:, places].T
    order = np.argsort(rows, axis=1, kind="stable")
    reached = np.cumsum(weights[order], axis=1)
    places = np.stack([(reached < probability).sum(axis=1) for probability in wanted])
    found = np.take_along_axis(order, np.minimum(places.T, len(weights) - 1), axis=1)
    return np.take_along_axis(rows, found, axis=1).T
