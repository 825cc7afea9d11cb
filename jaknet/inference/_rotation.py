"""Kernel of rotation tests: the null of any statistic of gene statistics when genes are correlated."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from jaknet.expression.moderated import rotated_statistics

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["pooled_p", "rotation_null"]

_BLOCK = 64


def rotation_null(
    residuals: NDArray[np.float64],
    prior_df: float,
    score: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    rotations: int,
    seed: int,
    progress: bool | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Score the observed direction and random directions of the residual space.

    Parameters
    ----------
    residuals : ndarray, shape (n_genes, k)
        See `jaknet.expression.moderated.rotated_statistics`.
    prior_df : float
    score : callable
        Moderated t of shape (n_genes, n) -> scores of shape (n_scores, n).
    rotations : int
    seed : int
    progress : bool, optional
        False silences the progress bar; None shows it on a terminal.

    Returns
    -------
    observed : ndarray, shape (n_scores,)
    null : ndarray, shape (n_scores, rotations)
    """
    generator = np.random.default_rng(seed)
    observed = score(rotated_statistics(residuals, prior_df)[:, None])[:, 0]
    blocks = []
    for start in tqdm(range(0, rotations, _BLOCK), "rotations", disable=True if progress is False else None, leave=False):
        directions = generator.standard_normal((min(_BLOCK, rotations - start), residuals.shape[1])).T
        directions /= np.linalg.norm(directions, axis=0)
        blocks.append(score(rotated_statistics(residuals, prior_df, directions)))
    return observed, np.concatenate(blocks, axis=1)


def pooled_p(observed: NDArray[np.float64], null: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two-sided p-values against the nulls of all scores together, each divided by its own spread.

    Reaches below ``1 / (rotations + 1)``; exact only as far as the nulls share one shape. NaN for
    scores whose null does not vary.
    """
    spread = np.sqrt(np.mean(np.square(null), axis=1))
    alive = spread > 0
    p = np.full(len(observed), np.nan)
    if alive.any():
        pool = np.sort(np.abs(null[alive] / spread[alive, None]).ravel())
        reached = len(pool) - np.searchsorted(pool, np.abs(observed[alive]) / spread[alive] * (1 - 1e-12))
        p[alive] = (reached + 1.0) / (len(pool) + 1.0)
    return p
