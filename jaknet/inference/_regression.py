"""Kernels that regress gene statistics on regulons: one at a time (ulm) and all at once (mlm)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.special import stdtr

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["multivariate_t", "t_tail", "univariate_t"]


def univariate_t(values: NDArray[np.float64], weights: sparse.csr_array) -> NDArray[np.float64]:
    """Return ``t = r sqrt((T - 2) / (1 - r^2))`` of each regulon column against each signature.

    Parameters
    ----------
    values : ndarray, shape (n_genes, n_signatures)
    weights : scipy.sparse.csr_array, shape (n_regulators, n_genes)

    Returns
    -------
    ndarray, shape (n_regulators, n_signatures)
        NaN where a column or a signature is constant.
    """
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


def multivariate_t(values: NDArray[np.float64], weights: sparse.csr_array) -> tuple[NDArray[np.float64], int]:
    """Return the t-values of all regulons in one regression with intercept, and its degrees of freedom.

    Coefficients that the data cannot separate (regulons that are linear combinations of others)
    are NaN: they are those with a share in the null space of the Gram matrix.
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
    """Return the two-sided p-value of Student's t."""
    return 2.0 * stdtr(df, -np.abs(t))
