"""Rotation tests: p-values of gene statistics that hold when genes are correlated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from tqdm import tqdm

from jaknet.errors import InputError
from jaknet.expression._moderated import rotated_statistics
from jaknet.expression.signature import check_signature
from jaknet.provenance import as_seed, make_manifest
from jaknet.regulation.regulons import set_regulons
from jaknet.shared_docs import describe
from jaknet.stats import benjamini_hochberg, empirical_p

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jaknet.expression.signature import Rotation, Signature

__all__ = ["pooled_p", "rotation_null", "rotation_p", "rotation_test"]

_BLOCK = 64


@describe
def rotation_test(
    signature: Signature,
    gene_sets: Mapping[str, Iterable[str] | Mapping[str, float]],
    *,
    min_genes: int = 5,
    rotations: int = 2000,
    seed: int | np.random.Generator = 0,
    progress: bool | None = None,
) -> pd.DataFrame:
    r"""Test gene sets by rotating the residuals of the linear model (ROAST).

    The statistic is the weighted mean over the set of the moderated t as normal scores,
    :math:`\sum_g w_g z_g / \sum_g |w_g|`; the mixed statistic takes absolute values, for sets whose
    genes move both ways. Random rotations of the effect among the residuals show how large both get
    without an effect, with the correlation between genes kept. The test asks whether the genes of the
    set change, not whether they change more than other genes.

    Parameters
    ----------
    signature : Signature
        With residuals, as `jaknet.contrast` gives it.
    gene_sets : mapping
        Name -> genes, or name -> (gene -> signed weight).
    min_genes : int
        Sets with fewer measured genes are left out.
    rotations : int
        Number of random rotations; no p is below ``1 / (rotations + 1)``.
    %(seed)s
    %(progress)s

    Returns
    -------
    pandas.DataFrame
        ``gene_set``, ``n_genes``, ``statistic``, ``direction``, ``p_value``, ``q_value``,
        ``mixed_p_value``, ``mixed_q_value``; smallest p first.

    Raises
    ------
    InputError
        If the signature has no residuals.
    OverlapError
        If no set has enough measured genes.

    References
    ----------
    Wu et al. 2010, Bioinformatics 26:2176.

    Examples
    --------
    >>> import jaknet as jn
    >>> rng = np.random.default_rng(0)
    >>> values = pd.DataFrame(rng.normal(8, 1, (300, 6)), [f"G{i}" for i in range(300)], [f"s{i}" for i in range(6)])
    >>> values.iloc[:10, 3:] += 2.0
    >>> from jaknet.expression._moderated import moderated_fit
    >>> from jaknet.expression.signature import Rotation
    >>> fit = moderated_fit([values.to_numpy()], np.column_stack([np.ones(6), [0, 0, 0, 1, 1, 1]]))
    >>> table = pd.DataFrame({"gene": values.index, "log2_fold_change": fit.log2_fold_change, "statistic": fit.statistic,
    ...                       "p_value": fit.p_value, "q_value": 1.0})
    >>> signature = jn.Signature(table, rotation=Rotation(fit.residuals, fit.prior_df))
    >>> table = rotation_test(signature, {"changed": values.index[:10], "other": values.index[10:40]}, rotations=200)
    >>> table["gene_set"].tolist()
    ['changed', 'other']
    """
    check_signature(signature)
    table, turned, dropped = signature.testable()
    if turned is None:
        raise InputError(f"{signature.label!r} has no residuals to rotate. Make it with jaknet.contrast from the samples.")
    regulons = set_regulons(gene_sets, table["gene"], min_genes)
    df = turned.prior_df + turned.residuals.shape[1] - 1
    size = np.asarray(abs(regulons.weights).sum(axis=1))[:, None]

    def _score(t: NDArray[np.float64]) -> NDArray[np.float64]:
        """Directed means, then mixed ones."""
        values = _normal_scores(t, df)
        return np.vstack([regulons.weights @ values / size, abs(regulons.weights) @ np.abs(values) / size])

    number = as_seed(seed)
    observed, null = rotation_null(turned, _score, rotations, number, progress)
    p, mixed = np.split(rotation_p(observed, null), 2)
    statistic = observed[: len(p)]
    columns = {"gene_set": regulons.regulators, "n_genes": regulons.sizes, "statistic": statistic}
    columns |= {"direction": np.where(statistic > 0, "up", "down"), "p_value": p, "q_value": benjamini_hochberg(p)}
    columns |= {"mixed_p_value": mixed, "mixed_q_value": benjamini_hochberg(mixed)}
    out = pd.DataFrame(columns).sort_values(["p_value", "mixed_p_value", "gene_set"], ignore_index=True)
    out.attrs["provenance"] = make_manifest("rotation_test", {"rotations": rotations}, {}, dropped, number)
    return out


def _normal_scores(t: NDArray[np.float64], df: float) -> NDArray[np.float64]:
    """Normal deviates of the same tail, so that no single gene outweighs a set (Wallace 1959, Ann Math Stat 30:1121)."""
    if np.isinf(df):
        return t
    return np.sign(t) * np.sqrt(df * np.log1p(t * t / df)) * (8 * df + 1) / (8 * df + 3)


@describe
def rotation_null(
    turned: Rotation,
    score: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    rotations: int,
    seed: int,
    progress: bool | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Score the observed direction and random directions of the residual space.

    Parameters
    ----------
    turned : Rotation
        Residuals of the linear model and the prior degrees of freedom of its variances.
    score : callable
        Moderated t of shape (n_genes, n) -> scores of shape (n_scores, n).
    rotations : int
        Number of random directions.
    seed : int
        Of the directions.
    %(progress)s

    Returns
    -------
    observed : ndarray, shape (n_scores,)
    null : ndarray, shape (n_scores, rotations)
    """
    residuals, prior_df = turned.residuals, turned.prior_df
    generator = np.random.default_rng(seed)
    observed = score(rotated_statistics(residuals, prior_df)[:, None])[:, 0]
    blocks = []
    for start in tqdm(range(0, rotations, _BLOCK), "rotations", disable=None if progress is None else not progress, leave=False):
        directions = generator.standard_normal((min(_BLOCK, rotations - start), residuals.shape[1])).T
        directions /= np.linalg.norm(directions, axis=0)
        blocks.append(score(rotated_statistics(residuals, prior_df, directions)))
    return observed, np.concatenate(blocks, axis=1)


def rotation_p(observed: NDArray[np.float64], null: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the two-sided p-value of each score against its own null; none is below ``1 / (rotations + 1)``.

    Parameters
    ----------
    observed : ndarray, shape (n_scores,)
        Scores of the data.
    null : ndarray, shape (n_scores, rotations)
        Scores of random directions.
    """
    return empirical_p((np.abs(null) >= np.abs(observed)[:, None] * (1 - 1e-12)).sum(axis=1), null.shape[1])


def pooled_p(observed: NDArray[np.float64], null: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two-sided p-values against the nulls of all scores together, each divided by its own spread.

    These p-values can be smaller than ``1 / (rotations + 1)``, and are exact where all nulls have the
    same shape. NaN for scores whose null does not vary.

    Parameters
    ----------
    observed : ndarray, shape (n_scores,)
        Scores of the data.
    null : ndarray, shape (n_scores, rotations)
        Scores of random directions.
    """
    spread = np.sqrt(np.mean(np.square(null), axis=1))
    alive = spread > 0
    p = np.full(len(observed), np.nan)
    if alive.any():
        pool = np.sort(np.abs(null[alive] / spread[alive, None]).ravel())
        reached = len(pool) - np.searchsorted(pool, np.abs(observed[alive]) / spread[alive] * (1 - 1e-12))
        p[alive] = (reached + 1.0) / (len(pool) + 1.0)
    return p
