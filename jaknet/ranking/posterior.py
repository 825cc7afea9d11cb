"""Prediction and observation together: a posterior mean, and a test that both are real."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from jaknet.stats import never_zero

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Prior", "conjunction", "estimate_prior", "signed_z"]

_FEWEST = 4
_ANGLES = 20_001


@dataclass(frozen=True)
class Prior:
    """The true standardised effect of a gene is taken as ``N(slope * prediction / unit, variance)``.

    Attributes
    ----------
    slope : float
        What one unit of prediction is worth, shrunk by its own uncertainty: near 0 where the
        prediction says nothing about the data or runs against it.
    trust : float
        Weight of the observation in the posterior mean, ``variance / (1 + variance)``.
    unit : float
        Root mean square of the predictions.
    raw_slope, standard_error : float
        The slope before shrinkage; NaN and infinity where it cannot be estimated.
    n_genes : int
        Genes it was estimated from.
    """

    slope: float
    trust: float
    unit: float
    raw_slope: float
    standard_error: float
    n_genes: int

    def mean(self, prediction: ArrayLike, observed: ArrayLike) -> NDArray[np.float64]:
        """Return posterior means, ``trust * z + (1 - trust) * slope * prediction / unit``.

        Parameters
        ----------
        prediction : array-like, shape (n_genes,)
            NaN counts as 0.
        observed : array-like, shape (n_genes,)
            z-values with unit variance; where NaN, the prior mean is returned.
        """
        prior = self.slope * np.nan_to_num(np.asarray(prediction, float)) / self.unit
        z = np.asarray(observed, float)
        return np.where(np.isnan(z), prior, self.trust * z + (1.0 - self.trust) * prior)


def estimate_prior(prediction: ArrayLike, observed: ArrayLike) -> Prior:
    """Estimate what the prediction is worth from the genes that have both (hierarchical Bayes).

    The model is ``z = slope * prediction + deviation + noise`` with ``Var(noise) = 1``. The slope is
    the posterior mean under a flat prior on slopes of at least 0,
    ``b + s * pdf(b/s) / cdf(b/s)`` with b the least squares slope beside an intercept (a shift common
    to all genes must not pass for agreement) and s its standard error. Given it, the standard
    deviation of the deviations has a half-Cauchy prior of scale 1 (the noise), and ``trust`` is
    the posterior mean of ``variance / (1 + variance)``.

    Parameters
    ----------
    prediction : array-like, shape (n_genes,)
        Predicted effects, NaN where unknown.
    observed : array-like, shape (n_genes,)
        z-values of the data, NaN where unknown.

    Returns
    -------
    Prior

    References
    ----------
    Morris CN. Parametric empirical Bayes inference. J Am Stat Assoc 1983, 78:47. Gelman A. Prior
    distributions for variance parameters in hierarchical models. Bayesian Anal 2006, 1:515.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 200)
    >>> prior = estimate_prior(x, 5 * x)
    >>> round(prior.slope / prior.unit, 3)
    5.0
    """
    x, z = np.asarray(prediction, float), np.asarray(observed, float)
    both = ~np.isnan(x) & ~np.isnan(z)
    x, z = x[both], z[both]
    unit = float(np.sqrt(np.mean(x**2))) if len(x) and x.any() else 1.0
    x = x / unit
    slope, raw, error = _slope(x, z)
    return Prior(slope, _trust(z - slope * x), unit, raw, error, len(x))


def _slope(x: NDArray[np.float64], z: NDArray[np.float64]) -> tuple[float, float, float]:
    centred = x - x.mean() if len(x) else x
    spread = float(centred @ centred)
    if len(x) < _FEWEST or spread <= 0:
        return 0.0, np.nan, np.inf
    raw = float(centred @ z / spread)
    left = z - z.mean() - raw * centred
    error = float(np.sqrt(max(left @ left / (len(x) - 2), 1.0) / spread))
    step = float(np.exp(norm.logpdf(raw / error) - norm.logcdf(raw / error)))
    return max(raw + error * step, 0.0), raw, error


def _trust(left: NDArray[np.float64]) -> float:
    """Posterior mean of ``variance / (1 + variance)`` from deviates ``N(0, 1 + variance)``.

    With ``1 / (1 + variance) = sin(angle)^2`` the half-Cauchy prior is uniform in the angle, and the
    trapezoid rule converges at once because the integrand is even about both ends.
    """
    angle = np.linspace(0.0, np.pi / 2.0, _ANGLES)[1:]
    factor = np.sin(angle) ** 2
    log_density = len(left) / 2.0 * np.log(factor) - float(left @ left) / 2.0 * factor
    density = np.exp(log_density - log_density.max())
    density[-1] /= 2.0
    return float(density @ (1.0 - factor) / density.sum())


def signed_z(p_value: ArrayLike, direction: ArrayLike) -> NDArray[np.float64]:
    """Return the normal deviate with the two-sided p-value given, signed by the direction.

    Parameters
    ----------
    p_value : array-like, shape (n_genes,)
        Two-sided p-values.
    direction : array-like, shape (n_genes,)
        Numbers whose sign is that of the change.

    Examples
    --------
    >>> signed_z([0.05, 1.0], [-2.3, 1.0]).round(2).tolist()
    [-1.96, 0.0]
    """
    return np.sign(np.asarray(direction, float)) * norm.isf(never_zero(p_value) / 2.0)


def conjunction(prediction_p: ArrayLike, prediction: ArrayLike, data_p: ArrayLike, observed: ArrayLike) -> NDArray[np.float64]:
    """Return the p-value of "the prediction is real and the data moves the same way".

    It is the larger of the two-sided p of the prediction and the one-sided p of the data in the
    predicted direction. If the prediction is null, the first alone exceeds the level as often as
    it should; if the data is null, the second does, because the direction it is tested in was
    chosen without the data. So the maximum is conservative whichever of the two is null, and need
    not be doubled for the choice of direction.

    Parameters
    ----------
    prediction_p : array-like, shape (n_genes,)
        Two-sided p-values of the prediction.
    prediction : array-like, shape (n_genes,)
        Predicted effects; their signs are the directions. 0 has no direction and gets NaN.
    data_p : array-like, shape (n_genes,)
        Two-sided p-values of the data.
    observed : array-like, shape (n_genes,)
        Observed changes, of which the signs count.

    References
    ----------
    Berger RL. Multiparameter hypothesis testing and acceptance sampling. Technometrics 1982, 24:295
    (the intersection-union test).

    Examples
    --------
    >>> conjunction([0.01, 0.01], [1, 1], [0.04, 0.04], [3.0, -3.0]).round(3).tolist()
    [0.02, 0.98]
    """
    agrees = np.sign(np.asarray(prediction, float)) * np.sign(np.asarray(observed, float))
    halved = np.asarray(data_p, float) / 2.0
    one_sided = np.where(agrees > 0, halved, np.where(agrees < 0, 1.0 - halved, np.nan))
    return np.maximum(np.asarray(prediction_p, float), one_sided)
