"""Moderated t-statistics: a linear model for every gene, its variance shrunk towards that of all genes.

The empirical Bayes of limma (Smyth 2004, Stat Appl Genet Mol Biol 3:3; the mean-variance trend as in Law et al. 2014,
Genome Biol 15:R29), written on numpy and scipy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

__all__ = ["ModeratedFit", "fit_variance_prior", "moderated_fit", "rotated_statistics"]

Floats = NDArray[np.float64]

#: Residual directions kept for rotation tests; any fixed subset of them rotates validly.
MAX_DIRECTIONS = 100


@dataclass(frozen=True)
class ModeratedFit:
    """One contrast of a linear model, gene by gene.

    Attributes
    ----------
    log2_fold_change, statistic, p_value : ndarray, shape (n_genes,)
        Coefficient of the last column of the design, its moderated t, and the two-sided p.
    residual_df : int
        Samples minus columns of the design.
    prior_df : float
        Degrees of freedom that the shrinkage adds; infinite where all genes share one variance.
    prior_variance : ndarray, shape (n_genes,)
        The variance towards which each gene is shrunk.
    residuals : ndarray, shape (n_genes, 1 + directions)
        Effect and residual directions for rotation tests; see `rotated_statistics`.
    """

    log2_fold_change: Floats
    statistic: Floats
    p_value: Floats
    residual_df: int
    prior_df: float
    prior_variance: Floats
    residuals: Floats


def moderated_fit(blocks: Iterable[Floats], design: Floats, trend: bool = True) -> ModeratedFit:
    r"""Fit a linear model to every gene and test the design's last column by a moderated t.

    With residual variance :math:`s_g^2` on :math:`d` degrees of freedom and prior :math:`s_{0g}^2` on :math:`d_0`,

    .. math:: \tilde s_g^2 = \frac{d_0 s_{0g}^2 + d s_g^2}{d_0 + d}, \qquad t_g = \frac{\hat\beta_g}{\tilde s_g \sqrt{v}}

    follows a t-distribution on :math:`d_0 + d` degrees of freedom.

    Parameters
    ----------
    blocks : iterable of ndarray, shape (some genes, n_samples)
        Log2 expression, a block of genes at a time, so that a large matrix is never held twice.
    design : ndarray, shape (n_samples, n_columns)
        Full column rank; the column to be tested last.
    trend : bool
        Let the prior variance follow the mean log expression (limma-trend) through a natural spline.

    Returns
    -------
    ModeratedFit

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> design = np.column_stack([np.ones(6), [0, 0, 0, 1, 1, 1]])
    >>> values = rng.normal(size=(200, 6)); values[0] += 9 * design[:, 1]
    >>> fit = moderated_fit([values], design)
    >>> int(np.argmax(fit.statistic)), fit.residual_df
    (0, 4)
    """
    n_samples, n_columns = design.shape
    basis, triangle = np.linalg.qr(design, mode="complete")
    scale = triangle[n_columns - 1, n_columns - 1]
    kept = min(n_samples - n_columns, MAX_DIRECTIONS)
    directions = np.column_stack([basis[:, n_columns - 1] * np.sign(scale), basis[:, n_columns : n_columns + kept]])
    parts = [_fit_block(np.asarray(block, dtype=float), basis[:, :n_columns], directions) for block in blocks]
    effects, squares, means = (np.concatenate([part[i] for part in parts]) for i in range(3))
    residual_df = n_samples - n_columns
    variance = squares / residual_df
    prior_variance, prior_df = fit_variance_prior(variance, residual_df, means if trend else None)
    posterior = _posterior(variance, residual_df, prior_variance, prior_df)
    statistic = np.divide(effects[:, 0], np.sqrt(posterior), out=np.zeros(len(effects)), where=posterior > 0)
    total_df = min(residual_df + prior_df, residual_df * len(effects))
    p_value = 2 * stats.t.sf(np.abs(statistic), total_df)
    standardised = effects / np.sqrt(np.where(prior_variance > 0, prior_variance, 1.0))[:, None]
    return ModeratedFit(effects[:, 0] / abs(scale), statistic, p_value, residual_df, prior_df, prior_variance, standardised)


def rotated_statistics(residuals: Floats, prior_df: float, direction: Floats | None = None) -> Floats:
    r"""Moderated t of every gene after a rotation of the residual space (ROAST; Wu et al. 2010, Bioinformatics 26:2176).

    Row g of `residuals` is :math:`u_g = (y_g^\top q_1, \ldots, y_g^\top q_k) / s_{0g}`: the log2 expression of the gene
    along the orthonormal direction :math:`q_1` that carries the tested effect, free of all other terms of the design,
    and along directions :math:`q_2 \ldots q_k` of the residual space, over the gene's prior standard deviation. Without an
    effect, u_g is normal with equal variance along every direction, correlated between genes in the same way along each,
    so any unit vector r drawn uniformly gives statistics distributed as the observed ones:

    .. math:: t_g(r) = \frac{u_g \cdot r}{\sqrt{(d_0 + |u_g|^2 - (u_g \cdot r)^2) / (d_0 + k - 1)}}

    Parameters
    ----------
    residuals : ndarray, shape (n_genes, k)
        ``Signature.residuals``.
    prior_df : float
        `jaknet.expression.signature.Rotation.prior_df`; may be infinite.
    direction : ndarray, shape (k,) or (k, n_rotations), optional
        Unit vectors; left out: the observed direction (1, 0, ..., 0).

    Returns
    -------
    ndarray, shape (n_genes,) or (n_genes, n_rotations)

    Examples
    --------
    >>> rotated_statistics(np.array([[2.0, 1.0, -1.0]]), prior_df=2.0)
    array([2.])
    """
    along = residuals[:, 0] if direction is None else residuals @ direction
    if np.isinf(prior_df):
        return along
    total = np.square(residuals).sum(axis=1)
    rest = (total if along.ndim == 1 else total[:, None]) - np.square(along)
    scale = (prior_df + np.maximum(rest, 0.0)) / (prior_df + residuals.shape[1] - 1)
    return np.divide(along, np.sqrt(scale), out=np.zeros_like(along), where=scale > 0)


def fit_variance_prior(variance: Floats, df: int, mean: Floats | None = None) -> tuple[Floats, float]:
    """Fit a scaled F-distribution to residual variances: prior variance of each gene and prior degrees of freedom.

    Moments of the logarithm, as in Smyth 2004, section 6.2; with `mean`, the log prior variance follows a natural
    cubic spline on four degrees of freedom.

    Parameters
    ----------
    variance : ndarray, shape (n_genes,)
        Residual variances.
    df : int
        Their degrees of freedom.
    mean : ndarray, shape (n_genes,), optional
        Mean log expression, for a trend.

    Returns
    -------
    (ndarray, float)

    Examples
    --------
    >>> prior, prior_df = fit_variance_prior(np.full(50, 2.0), df=4)
    >>> prior_df, round(float(prior[0]), 3)
    (inf, 2.0)
    """
    middle = float(np.median(variance)) or 1.0
    floored = np.maximum(variance, 1e-5 * middle)
    logs = np.log(floored) - special.digamma(df / 2) + np.log(df / 2)
    columns = 1 if mean is None else min(1 + (len(logs) >= 3) + (len(logs) >= 6) + (len(logs) >= 30), len(np.unique(mean)))
    if len(logs) == 1:
        return floored, 0.0
    if columns < 2 or mean is None:
        fitted = np.full(len(logs), logs.mean())
        spread = float(logs.var(ddof=1))
    else:
        spline = _natural_spline(mean, columns)
        fitted = spline @ np.linalg.lstsq(spline, logs, rcond=None)[0]
        spread = float(np.square(logs - fitted).sum() / (len(logs) - columns))
    excess = spread - float(special.polygamma(1, df / 2))
    if excess > 0:
        prior_df = 2 * _trigamma_inverse(excess)
        return np.exp(fitted + special.digamma(prior_df / 2) - np.log(prior_df / 2)), prior_df
    return (np.full(len(logs), floored.mean()) if columns < 2 or mean is None else np.exp(fitted)), np.inf


def _fit_block(values: Floats, model: Floats, directions: Floats) -> tuple[Floats, Floats, Floats]:
    # What rounding leaves of a constant gene is no variance.
    noise = 1e-13 * np.abs(values).max(axis=1, keepdims=True) * values.shape[1]
    rest, effects = values - (values @ model) @ model.T, values @ directions
    rest[np.abs(rest) < noise], effects[np.abs(effects) < noise] = 0.0, 0.0
    return effects, np.square(rest).sum(axis=1), values.mean(axis=1)


def _posterior(variance: Floats, df: int, prior_variance: Floats, prior_df: float) -> Floats:
    return prior_variance if np.isinf(prior_df) else (prior_df * prior_variance + df * variance) / (prior_df + df)


def _natural_spline(x: Floats, n_columns: int) -> Floats:
    """Basis of the natural cubic splines with knots at the range and at equal quantiles (Hastie et al. 2009, eq. 5.4)."""
    knots = np.quantile(x, np.linspace(0, 1, n_columns))
    knots = (knots - knots[0]) / (knots[-1] - knots[0])
    x = (x - x.min()) / (x.max() - x.min())

    def truncated(k: int) -> Any:
        """Return the cubic beyond knot k that becomes linear beyond the last."""
        return (np.maximum(x - knots[k], 0) ** 3 - np.maximum(x - knots[-1], 0) ** 3) / (knots[-1] - knots[k])

    inner = range(n_columns - 2)
    if n_columns > 2 and len(np.unique(knots)) < n_columns:
        return np.column_stack([np.ones_like(x), x])
    last = truncated(n_columns - 2) if n_columns > 2 else None
    return np.column_stack([np.ones_like(x), x, *(truncated(k) - last for k in inner)])


def _trigamma_inverse(target: float) -> float:
    """Solve trigamma(y) = target by Newton steps on its reciprocal (Smyth 2004, appendix)."""
    if target > 1e7:
        return float(1 / np.sqrt(target))
    if target < 1e-6:
        return 1 / target
    trigamma: Callable[[float], float] = lambda y: float(special.polygamma(1, y))  # noqa: E731
    y = 0.5 + 1 / target
    for _ in range(50):
        step = trigamma(y) * (1 - trigamma(y) / target) / float(special.polygamma(2, y))
        y += step
        if -step / y < 1e-8:
            break
    return y
