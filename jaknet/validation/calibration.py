"""Does a probability mean what it says? Intervals, log score, reliability and risk, with the papers as what varies.

Several readouts of one paper are not independent, so papers are resampled, never facts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from jaknet.provenance import as_generator
from jaknet.shared_docs import describe
from jaknet.stats import group_bootstrap

__all__ = ["FLOOR", "SURE", "likeness", "log_scores", "no_change_table", "paper_interval", "reliability_table", "risk_table"]

#: A probability of at least this is sure.
SURE = 0.8
#: The log score takes no probability below this: one fact that is surely wrong must not decide a mean.
FLOOR = 0.01
_BINS = np.linspace(0.5, 1.0, 6)
_SHARES = np.linspace(0.1, 1.0, 10)
_DRAWS = 4000
Array = NDArray[np.float64]
Papers: TypeAlias = Sequence[str] | pd.Series


@describe
def paper_interval(values: Array, papers: Papers, seed: int | np.random.Generator = 0) -> tuple[float, float]:
    """Return the 95 % interval of a mean, whole papers resampled with replacement.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Whose mean is asked, such as 1 for a right fact and 0 for a wrong one.
    papers : sequence of str
        The paper of each value.
    %(seed)s

    Returns
    -------
    low, high : float
        NaN without values.

    Examples
    --------
    >>> paper_interval(np.array([1.0, 1.0, 1.0]), ["a", "a", "b"])
    (1.0, 1.0)
    """
    if len(values) == 0:
        return float("nan"), float("nan")
    counts = group_bootstrap(np.asarray(papers, str), seed=seed)
    low, high = np.quantile(counts @ values / counts.sum(axis=1), (0.025, 0.975))
    return float(low), float(high)


def log_scores(p_found: Array) -> Array:
    """Return the natural logarithm of the probability that was given to what was found, taken as at least `FLOOR`.

    Parameters
    ----------
    p_found : ndarray of float64
        Between 0 and 1.

    Examples
    --------
    >>> log_scores(np.array([1.0, 0.5, 0.0])).round(2).tolist()
    [0.0, -0.69, -4.61]
    """
    return np.log(np.maximum(p_found, FLOOR))


def likeness(p_right: Array, right: Array, papers: Papers) -> float:
    """Return how alike the facts of one paper come out: the mean product of two standardised residuals, between 0 and 1.

    Parameters
    ----------
    p_right : ndarray of float64, shape (n,)
        Probability of being right, above 0 and below 1.
    right : ndarray of float64, shape (n,)
        1 where right, 0 where wrong.
    papers : sequence of str
        The paper of each fact.

    Returns
    -------
    float
        0 where no paper has two facts.

    Examples
    --------
    >>> likeness(np.full(4, 0.5), np.array([1.0, 1.0, 0.0, 0.0]), ["a", "a", "b", "b"])
    1.0
    """
    residual = (right - p_right) / np.sqrt(p_right * (1.0 - p_right))
    paper = pd.factorize(np.asarray(papers, str))[0]
    size, total, squares = (np.bincount(paper, weights) for weights in (np.ones(len(paper)), residual, residual**2))
    pairs = (size * (size - 1)).sum()
    return float(np.clip((total**2 - squares).sum() / pairs, 0.0, 1.0)) if pairs else 0.0


@describe
def reliability_table(p_right: Array, right: Array, papers: Papers, seed: int | np.random.Generator = 0) -> pd.DataFrame:
    """Return how often facts of each of five bins of probability are right, beside what a calibrated model would show.

    The band is joint: it holds the whole curve, all bins at once, of 95 of 100 calibrated models. These are drawn: papers
    as they are, a fact right with its stated probability, two facts of one paper as alike as `likeness` finds them (through
    a normal variable that they share). The band is as wide in every bin, in standard deviations of these curves.

    Parameters
    ----------
    p_right : ndarray of float64, shape (n,)
        Probability of being right, 0.5 to 1.
    right : ndarray of float64, shape (n,)
        1 where right, 0 where wrong.
    papers : sequence of str
        The paper of each fact.
    %(seed)s

    Returns
    -------
    pandas.DataFrame
        ``p_low``, ``p_high``, ``n``, ``p_mean``, ``accuracy``, its 95 % interval ``low``, ``high`` (papers resampled),
        and the band ``band_low``, ``band_high``.
    """
    bins = np.clip(np.searchsorted(_BINS, p_right, side="right") - 1, 0, len(_BINS) - 2)
    member = (bins[:, None] == np.arange(len(_BINS) - 1)).astype(float)
    n = member.sum(axis=0)
    with np.errstate(invalid="ignore"):
        p_mean, accuracy = p_right @ member / n, right @ member / n
    intervals = [paper_interval(right[bins == number], np.asarray(papers, str)[bins == number], seed) for number in range(len(n))]
    reach = _joint_reach(p_right, right, papers, member / np.maximum(n, 1.0), seed)
    table = {"p_low": _BINS[:-1].round(2), "p_high": _BINS[1:].round(2), "n": n.astype(int), "p_mean": p_mean, "accuracy": accuracy}
    table |= {"low": [low for low, _ in intervals], "high": [high for _, high in intervals]}
    return pd.DataFrame(table | {"band_low": np.maximum(p_mean - reach, 0.0), "band_high": np.minimum(p_mean + reach, 1.0)})


def _joint_reach(p_right: Array, right: Array, papers: Papers, weights: Array, seed: int | np.random.Generator) -> Array:
    """Return how far from the diagonal 95 of 100 calibrated curves stay, bin by bin and in all bins at once."""
    if not len(p_right):
        return np.full(weights.shape[1], np.nan)
    # Two normal variables correlated by r fall on the same side of their middle as often as binary ones correlated by 2 asin(r) / pi.
    shared = np.sin(likeness(p_right, right, papers) * np.pi / 2.0)
    names, paper = np.unique(np.asarray(papers, str), return_inverse=True)
    order = np.lexsort((right, p_right, paper))  # the order of the rows must change nothing
    p_right, paper, weights = p_right[order], paper[order], weights[order]
    rng = as_generator(seed)
    drawn = np.sqrt(shared) * rng.standard_normal((_DRAWS, len(names)))[:, paper]
    drawn += np.sqrt(1.0 - shared) * rng.standard_normal((_DRAWS, len(paper)))
    gaps = ((drawn < norm.ppf(p_right)) - p_right) @ weights
    spread = gaps.std(axis=0)
    filled = spread > 0
    furthest = (np.abs(gaps[:, filled]) / spread[filled]).max(axis=1, initial=0.0)
    return spread * float(np.quantile(furthest, 0.95))


@describe
def risk_table(p_right: Array, right: Array, papers: Papers, seed: int | np.random.Generator = 0) -> pd.DataFrame:
    """Return how often the surest tenth, fifth, ... of the facts are right: risk against coverage.

    Parameters
    ----------
    p_right : ndarray of float64, shape (n,)
        Probability of being right; equal ones are kept together.
    right : ndarray of float64, shape (n,)
        1 where right, 0 where wrong.
    papers : sequence of str
        The paper of each fact.
    %(seed)s

    Returns
    -------
    pandas.DataFrame
        ``share`` of the facts that are kept, ``n``, the smallest probability kept ``p_least``, ``accuracy`` and its 95 % interval
        ``low``, ``high`` (papers resampled).
    """
    surest, named, rows = np.sort(p_right)[::-1], np.asarray(papers, str), []
    for share in _SHARES if len(surest) else ():
        least = surest[max(1, round(share * len(surest))) - 1]
        kept = p_right >= least
        low, high = paper_interval(right[kept], named[kept], seed)
        rows.append((round(float(share), 1), int(kept.sum()), least, right[kept].mean(), low, high))
    return pd.DataFrame(rows, columns=["share", "n", "p_least", "accuracy", "low", "high"])


def no_change_table(p_none: Array, is_none: NDArray[np.bool_]) -> pd.DataFrame:
    """Return how a probability of no change tells facts without a change from others.

    Parameters
    ----------
    p_none : ndarray of float64, shape (n,)
        Probability that the readout stays within the margin.
    is_none : ndarray of bool, shape (n,)
        Whether no change was published.

    Returns
    -------
    pandas.DataFrame
        For the facts ``published`` as ``none``, as ``up or down``, and for ``all``: ``n``, the mean ``p_none``, the share ``within`` (above
        one half), ``brier``, and ``brier_constant`` of one probability for all facts, their share without a change granted.

    Examples
    --------
    >>> no_change_table(np.array([0.9, 0.2]), np.array([True, False]))["within"].tolist()
    [1.0, 0.0, 0.5]
    """
    table = pd.DataFrame({"n": 1, "p_none": p_none, "within": p_none > 0.5, "brier": (p_none - is_none) ** 2})
    table["brier_constant"] = (is_none.mean() - is_none) ** 2 if len(is_none) else 0.0
    parts = {"none": table[is_none], "up or down": table[~is_none], "all": table}
    rows = [{"published": name, **part.mean(), "n": len(part)} for name, part in parts.items()]
    return pd.DataFrame(rows)
