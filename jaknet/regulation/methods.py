"""Methods that score regulators: each a function of gene statistics and regulons, and its record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.special import ndtr, stdtr
from scipy.stats import hypergeom

from jaknet.regulation._overlap import exact_tails, moments

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jaknet.regulation.regulons import Regulons

__all__ = ["METHODS", "Evidence", "Method", "Scores", "t_tail"]

#: Regulons with more measured targets get their p from the normal distribution instead of the exact one.
EXACT_UP_TO = 80


@dataclass(frozen=True)
class Evidence:
    """What a method sees of one or more signatures.

    Attributes
    ----------
    statistics : ndarray, shape (n_genes, n_signatures)
        Signed gene statistics, no NaN.
    fraction : float
        Share of the genes, by absolute statistic, that counts as called up or down.
    given_calls : ndarray of int8, same shape, optional
        Calls made by the caller, e.g. by a q-value threshold.
    """

    statistics: NDArray[np.float64]
    fraction: float = 0.1
    given_calls: NDArray[np.int8] | None = None

    @cached_property
    def calls(self) -> NDArray[np.int8]:
        """1 for genes called up, -1 for down, 0 for neither."""
        return _call_genes(self.statistics, self.fraction) if self.given_calls is None else self.given_calls


@dataclass(frozen=True)
class Scores:
    """Statistic and p-value, each of shape (n_regulators, n_signatures), and what else a method tells."""

    statistic: NDArray[np.float64]
    p_value: NDArray[np.float64]
    extra: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


@dataclass(frozen=True)
class Method:
    """A method of scoring regulators.

    Attributes
    ----------
    name : str
        As users write it.
    calls : bool
        Whether it uses genes called up or down, not the size of their statistics.
    reference : str
        What it computes, and where that is published.
    score : callable
        ``(Evidence, Regulons) -> Scores``.
    """

    name: str
    calls: bool
    reference: str
    score: Callable[[Evidence, Regulons], Scores]


def _call_genes(statistics: NDArray[np.float64], fraction: float) -> NDArray[np.int8]:
    """Call the given share of genes with the largest absolute statistic up or down.

    Genes that tie at the threshold are all left uncalled; a statistic of 0 is never called.
    """
    size = np.abs(statistics)
    count = min(max(round(fraction * len(size)), 1), len(size) - 1)
    threshold = np.partition(size, len(size) - count - 1, axis=0)[len(size) - count - 1]
    return (np.sign(statistics) * (size > threshold)).astype(np.int8)


def _calibrated(evidence: Evidence, regulons: Regulons) -> Scores:
    calls, strata, size = evidence.calls, regulons.membership, regulons.stratum_sizes
    up, down = strata @ (calls > 0).astype(float), strata @ (calls < 0).astype(float)
    activated, inhibited = (((regulons.signs * side > 0).astype(float) @ strata.T).toarray() for side in (1, -1))
    overlap = regulons.signs @ calls.astype(float)
    mean, variance = moments(size, up, down, activated, inhibited)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(variance > 1e-9, (overlap - mean) / np.sqrt(variance), np.nan)
    p = 2.0 * ndtr(-np.abs(z))
    small = np.flatnonzero(regulons.sizes <= EXACT_UP_TO)
    if len(small):
        below, at, above = _exact(overlap[small], activated[small], inhibited[small], size, up, down)
        p[small] = np.minimum(2.0 * np.minimum(below + at, above + at), 1.0)
        p[np.isnan(z)] = np.nan
    return Scores(z, p)


def _exact(
    overlap: NDArray[np.float64],
    activated: NDArray[np.float64],
    inhibited: NDArray[np.float64],
    size: NDArray[np.float64],
    up: NDArray[np.float64],
    down: NDArray[np.float64],
) -> NDArray[np.float64]:
    """P(S < observed), P(S = observed), P(S > observed); shape (3, n_regulators, n_signatures)."""
    strata = np.broadcast_to(np.arange(len(size)), activated.shape)
    every = np.stack([strata, activated, inhibited], axis=2).astype(np.int64)
    shapes, position = np.unique(every.reshape(-1, 3), axis=0, return_inverse=True)
    empty = every[:, :, 1:].sum(axis=2) == 0
    shape_at = np.where(empty, -1, position.reshape(activated.shape))
    used = np.unique(shape_at[~empty])
    shape_at = np.where(empty, -1, np.searchsorted(used, shape_at))
    whole = [np.ascontiguousarray(part, dtype=np.int64) for part in (overlap, shape_at, shapes[used], size, up, down)]
    return exact_tails(*whole)


def _ulm(evidence: Evidence, regulons: Regulons) -> Scores:
    t = _univariate_t(evidence.statistics, regulons.weights)
    return Scores(t, t_tail(t, len(regulons.genes) - 2))


def _mlm(evidence: Evidence, regulons: Regulons) -> Scores:
    t, df = _multivariate_t(evidence.statistics, regulons.weights)
    return Scores(t, t_tail(t, df))


def _ipa(evidence: Evidence, regulons: Regulons) -> Scores:
    """z, bias-corrected z and Fisher's overlap p over targets that were called up or down.

    With x = 1 for a match and -1 for a mismatch, ``z = sum(w x) / sqrt(sum w^2)``. The bias is the product of that of the data
    (surplus of genes up) and of the regulator (surplus of activated targets):
    ``(sum(w x) - mu sum(w)) / sqrt((1 - mu^2) sum w^2)``.
    """
    calls = evidence.calls.astype(float)
    weights = regulons.weights
    called = np.abs(calls)
    squares = weights.power(2) @ called
    balance_data = calls.sum(axis=0) / np.maximum(called.sum(axis=0), 1.0)
    balance_regulator = np.asarray(weights.sum(axis=1)) / np.asarray(abs(weights).sum(axis=1))
    bias = np.outer(balance_regulator, balance_data)
    hits = abs(regulons.signs) @ called
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(hits > 0, weights @ calls / np.sqrt(squares), np.nan)
        corrected = (weights @ calls - bias * (abs(weights) @ called)) / np.sqrt(squares * (1.0 - bias**2))
    overlap_p = hypergeom.sf(hits - 1, len(calls), called.sum(axis=0), regulons.sizes[:, None])
    return Scores(z, overlap_p, {"bias_corrected_z": np.where(np.isfinite(corrected), corrected, np.nan), "n_called": hits})


_SIGNED = "doi:10.1186/1471-2105-13-35, doi:10.1186/s12859-016-1181-8"
_DECOUPLER = "doi:10.1093/bioadv/vbac016"
_IPA = "doi:10.1093/bioinformatics/btt703"
_ALL = (
    Method("calibrated", True, f"signed overlap within strata of in-degree; {_SIGNED}", _calibrated),
    Method("ulm", False, f"univariate linear model; {_DECOUPLER}", _ulm),
    Method("mlm", False, f"multivariate linear model; {_DECOUPLER}", _mlm),
    Method("ipa", True, f"activation z and overlap p; {_IPA}", _ipa),
)
#: Name -> method.
METHODS = {method.name: method for method in _ALL}


def _univariate_t(values: NDArray[np.float64], weights: sparse.csr_array) -> NDArray[np.float64]:
    """``t = r sqrt((T - 2) / (1 - r^2))`` of each regulon against each signature; NaN where either is constant."""
    genes = weights.shape[1]
    total, square = np.asarray(weights.sum(axis=1)), np.asarray(weights.power(2).sum(axis=1))
    centred = values - values.mean(axis=0)
    across = square - total**2 / genes
    spread = np.sqrt(np.where(across > 1e-12 * square, across, np.nan))
    with np.errstate(divide="ignore", invalid="ignore"):
        r = weights @ centred
        r /= spread[:, None]
        r /= np.sqrt(np.einsum("ij,ij->j", centred, centred))
        np.clip(r, -1.0, 1.0, out=r)
        return r * np.sqrt((genes - 2) / (1.0 - r * r))


def _multivariate_t(values: NDArray[np.float64], weights: sparse.csr_array) -> tuple[NDArray[np.float64], int]:
    """The t-values of all regulons in one regression with intercept, and its degrees of freedom.

    Regulons that are linear combinations of others cannot be told apart and get NaN: their
    coefficients have a share in the null space of the Gram matrix.
    """
    genes = weights.shape[1]
    scaled = np.sqrt(np.asarray(weights.power(2).sum(axis=1)))
    columns = sparse.vstack([sparse.csr_array(np.full((1, genes), genes**-0.5)), sparse.diags_array(1.0 / scaled) @ weights]).tocsr()
    level, basis = np.linalg.eigh((columns @ columns.T).toarray())
    alive = level > 1e-10 * level[-1]
    inverse = (basis[:, alive] / level[alive]) @ basis[:, alive].T
    lost = np.square(basis[:, ~alive]).sum(axis=1) > 1e-8
    coefficients = inverse @ (columns @ values)
    residuals = values - columns.T @ coefficients
    df = genes - int(alive.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(np.outer(np.diag(inverse), np.einsum("ij,ij->j", residuals, residuals) / df))
        t = coefficients / error
    t[lost] = np.nan
    return t[1:], df


def t_tail(t: NDArray[np.float64], df: int) -> NDArray[np.float64]:
    """Return the two-sided p-value of Student's t.

    Parameters
    ----------
    t : ndarray
        Values of t.
    df : int
        Degrees of freedom.
    """
    return 2.0 * stdtr(df, -np.abs(t))
