"""Prediction and observation together: a posterior mean, and a test that both are real."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from jaknet.inference.statistics import never_zero

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Prior", "conjunction", "estimate_prior", "signed_z"]

_FEWEST = 4


@dataclass(frozen=True)
class Prior:
    """The true standardised effect of a gene is taken as ``N(slope * prediction, variance)``.

    Attributes
    ----------
    slope : float
        What one unit of `unit` of prediction is worth, shrunk by its own uncertainty; 0 where the
        prediction says nothing about the data or runs against it.
    variance : float
        Of true effects about the prediction.
    unit : float
        Root mean square of the predictions, by which they are divided.
    raw_slope, standard_error : float
        The slope before shrinkage.
    n_genes : int
        Genes it was estimated from.
    """

    slope: float
    variance: float
    unit: float
    raw_slope: float
    standard_error: float
    n_genes: int

    def mean(self, prediction: ArrayLike, observed: ArrayLike) -> NDArray[np.float64]:
        """Return the posterior mean of the effects, observed as z with unit variance; the prior mean where z is NaN.

        ``(variance * z + slope * prediction) / (variance + 1)``
        """
        prior = self.slope * np.nan_to_num(np.asarray(prediction, float)) / self.unit
        z = np.asarray(observed, float)
        return np.where(np.isnan(z), prior, (self.variance * z + prior) / (self.variance + 1.0))


def estimate_prior(prediction: ArrayLike, observed: ArrayLike) -> Prior:
    """Estimate how much the prediction is worth, from the genes that have both (empirical Bayes).

    With ``z = slope * prediction + deviation + noise``, Var(noise) = 1, the slope is the least
    squares estimate beside an intercept (a shift common to all genes must not pass for agreement),
    multiplied by ``1 - (standard error / slope)^2`` where that is positive (positive-part
    James-Stein); a negative slope becomes 0. The variance is what is left of the mean square of
    ``z - slope * prediction`` above 1, and at least its own standard error for z alone,
    ``sqrt(2 / n)``, since no fewer genes could tell it from 0.

    Parameters
    ----------
    prediction, observed : array-like, shape (n_genes,)
        NaN where unknown.

    References
    ----------
    Efron B, Morris C. Stein's estimation rule and its competitors. J Am Stat Assoc 1973, 68:117.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 50)
    >>> round(estimate_prior(x, 5 * x).raw_slope / np.sqrt(np.mean((5 * x) ** 2)), 6)
    1.0
    """
    x, z = np.asarray(prediction, float), np.asarray(observed, float)
    both = ~np.isnan(x) & ~np.isnan(z)
    x, z = x[both], z[both]
    count = len(x)
    unit = float(np.sqrt(np.mean(x**2))) if count else 1.0
    unit = unit or 1.0
    x = x / unit
    spread = float(np.sum((x - x.mean()) ** 2)) if count else 0.0
    raw, error = 0.0, np.inf
    if count >= _FEWEST and spread > 0:
        raw = float((x - x.mean()) @ z / spread)
        left = z - z.mean() - raw * (x - x.mean())
        error = float(np.sqrt(max(left @ left / (count - 2), 1.0) / spread))
    slope = raw * max(0.0, 1.0 - (error / raw) ** 2) if raw > 0 else 0.0
    beyond = float(np.mean((z - slope * x) ** 2)) - 1.0 if count else 0.0
    return Prior(slope, max(beyond, np.sqrt(2.0 / max(count, 1))), unit, raw, error, count)


def signed_z(p_value: ArrayLike, direction: ArrayLike) -> NDArray[np.float64]:
    """Return the normal deviate with the two-sided p-value given, signed by the direction.

    Examples
    --------
    >>> signed_z([0.05, 1.0], [-2.3, 1.0]).round(2).tolist()
    [-1.96, 0.0]
    """
    return np.sign(np.asarray(direction, float)) * norm.isf(never_zero(p_value) / 2.0)


def conjunction(prediction_p: ArrayLike, prediction: ArrayLike, data_p: ArrayLike, observed: ArrayLike) -> NDArray[np.float64]:
    """Return the p-value of "the prediction is real and the data moves the same way".

    The larger of the two-sided p of the prediction and the one-sided p of the data in the
    predicted direction. If the prediction is null, the first alone exceeds the level as often as
    it should; if the data is null, the second does, because the direction it is tested in was
    chosen without the data. So the maximum is conservative whichever of the two is null, and no
    factor 2 is due for the choice of direction.

    Parameters
    ----------
    prediction_p, data_p : array-like, shape (n_genes,)
        Two-sided p-values.
    prediction, observed : array-like, shape (n_genes,)
        Their signs are the directions; a prediction of 0 has no direction and gets NaN.

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
