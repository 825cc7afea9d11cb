"""DESeq2's Wald test through PyDESeq2, with its two slowest steps done for all genes at once."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydeseq2.dds import DeseqDataSet
from pydeseq2.default_inference import DefaultInference
from pydeseq2.ds import DeseqStats
from pydeseq2.utils import irls_solver
from scipy.special import gammaln

__all__ = ["wald_test"]

Floats = NDArray[Any]

_BLOCK = 2000  # genes whose likelihoods are held at once
_GRID = 48  # first points of the search for a dispersion, over its whole range
_GOLDEN = (np.sqrt(5) - 1) / 2
_FLAT = 1e-3  # slope of the log-likelihood in log dispersion at which DESeq2's first step already counts as converged
_ITERATIONS, _LARGEST = 250, 30  # of the reweighted least squares; a coefficient beyond this diverges
_STEPS = 40  # golden sections: the bracket shrinks below 1e-8


def wald_test(counts: pd.DataFrame, design: pd.DataFrame, shrink: bool = False) -> tuple[pd.DataFrame, list[str]]:
    """Test the last column of a design by DESeq2's Wald statistic.

    Parameters
    ----------
    counts : pandas.DataFrame
        Genes x samples, whole numbers, no gene without reads.
    design : pandas.DataFrame
        Samples x coefficients.
    shrink : bool
        Add shrunken fold changes (apeGLM prior).

    Returns
    -------
    (pandas.DataFrame, list of str)
        ``log2_fold_change``, ``statistic``, ``p_value`` (NaN for count outliers by Cook's distance) by gene; what
        PyDESeq2 remarked on the way.

    References
    ----------
    Love MI, Huber W, Anders S (2014) Genome Biol 15:550; Muzellec B et al. (2023) Bioinformatics 39:btad547.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> counts = pd.DataFrame(rng.poisson(100, (60, 6)), columns=list("abcdef"))
    >>> counts.iloc[0, 3:] *= 9
    >>> design = pd.DataFrame({"intercept": 1.0, "drug": [0.0, 0, 0, 1, 1, 1]}, index=counts.columns)
    >>> int(wald_test(counts, design)[0]["statistic"].argmax())
    0
    """
    inference = _Inference(n_cpus=1)
    everywhere = bool((counts.to_numpy() > 0).all(axis=1).any())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = DeseqDataSet(
            counts=counts.T,
            metadata=pd.DataFrame({"sample": counts.columns.astype(str)}, index=counts.columns),
            design=design.set_axis(counts.columns, axis=0),
            size_factors_fit_type="ratio" if everywhere else "poscounts",
            inference=inference,
            quiet=True,
            low_memory=True,
        )
        model.deseq2()
        direction = np.eye(design.shape[1])[-1]
        found = DeseqStats(model, contrast=direction, independent_filter=False, inference=inference, quiet=True)
        found.run_wald_test()
        found._cooks_filtering()
        columns = {"log2_fold_change": found.LFC.iloc[:, -1] / np.log(2), "statistic": found.statistics, "p_value": found.p_values}
        if shrink:
            found.lfc_shrink(coeff=design.columns[-1])
            columns["shrunken_log2_fold_change"] = found.LFC.iloc[:, -1] / np.log(2)
    notes = sorted({" ".join(str(item.message).split()).split(". ")[0] for item in caught if issubclass(item.category, UserWarning)})
    return pd.DataFrame(columns).set_axis(counts.index, axis=0), notes


class _Inference(DefaultInference):
    """PyDESeq2's routines; means, coefficients and dispersions are fitted for all genes at once, in the same model."""

    def lin_reg_mu(self, counts: NDArray[Any], size_factors: Floats, design_matrix: Floats, min_mu: float) -> Floats:
        """Return fitted means of the linear model that starts the dispersions."""
        basis = np.linalg.qr(design_matrix)[0]
        fitted = basis @ (basis.T @ (counts / size_factors[:, None]))
        return np.maximum(size_factors[:, None] * fitted, min_mu)

    def irls(
        self,
        counts: NDArray[Any],
        size_factors: Floats,
        design_matrix: Floats,
        disp: Floats,
        min_mu: float,
        beta_tol: float,
        min_beta: float = -30,
        max_beta: float = 30,
        optimizer: str = "L-BFGS-B",
        maxiter: int = 250,
    ) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
        """Return coefficients, means, leverages and convergence; genes that diverge are left to PyDESeq2's optimiser."""
        beta = np.concatenate(
            [
                _fit_coefficients(counts[:, part].astype(float), size_factors, design_matrix, disp[part], min_mu, beta_tol)
                for part in (slice(start, start + _BLOCK) for start in range(0, counts.shape[1], _BLOCK))
            ]
        )
        mu = size_factors[:, None] * np.exp(design_matrix @ beta.T)
        weights = np.maximum(mu, min_mu) / (1 + np.maximum(mu, min_mu) * disp)
        inverse = np.linalg.inv(_information(weights, design_matrix))
        leverage = weights * np.einsum("ij,gjk,ik->ig", design_matrix, inverse, design_matrix, optimize=True)
        failed = np.flatnonzero(~np.isfinite(beta).all(axis=1) | (np.abs(beta) > max_beta).any(axis=1))
        converged = np.ones(len(beta), dtype=bool)
        for gene in failed:
            alone = irls_solver(counts[:, gene], size_factors, design_matrix, disp[gene], min_mu, beta_tol, min_beta, max_beta)
            beta[gene], mu[:, gene], leverage[:, gene], converged[gene] = alone
        return beta, mu, leverage, converged

    def alpha_mle(
        self,
        counts: NDArray[Any],
        design_matrix: Floats,
        mu: Floats,
        alpha_hat: Floats,
        min_disp: float,
        max_disp: float,
        prior_disp_var: float | None = None,
        cr_reg: bool = True,
        prior_reg: bool = False,
        optimizer: str = "golden section",
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Return dispersions and convergence."""
        spread = prior_disp_var if prior_reg else None
        bounds = (np.log(min_disp), np.log(max_disp))
        logs = [
            _fit_log_dispersion(counts[:, part].astype(float), mu[:, part], design_matrix, np.log(alpha_hat[part]), bounds, spread)
            for part in (slice(start, start + _BLOCK) for start in range(0, counts.shape[1], _BLOCK))
        ]
        dispersions = np.exp(np.concatenate(logs))
        return dispersions, np.ones(len(dispersions), dtype=bool)


def _fit_coefficients(counts: Floats, size_factors: Floats, design: Floats, disp: Floats, min_mu: float, tolerance: float) -> Floats:
    """Iterate reweighted least squares for all genes, each until its deviance stops changing; NaN for those that diverge."""
    scale = size_factors[:, None]
    beta = np.linalg.lstsq(design, np.log(counts / scale + 0.1), rcond=None)[0].T
    deviance = np.full(len(beta), 1000.0)
    active = np.arange(len(beta))
    for _ in range(_ITERATIONS):
        mu = np.maximum(scale * np.exp(design @ beta[active].T), min_mu)
        y, alpha = counts[:, active], disp[active]
        weights = mu / (1 + mu * alpha)
        working = np.log(mu / scale) + (y - mu) / mu
        beta[active] = np.linalg.solve(_information(weights, design), ((weights * working).T @ design)[:, :, None])[:, :, 0]
        beta[active[(np.abs(beta[active]) > _LARGEST).any(axis=1)]] = np.nan
        mu = np.maximum(scale * np.exp(design @ beta[active].T), min_mu)
        # PyDESeq2's deviance, up to a sign: twice the log-likelihood, constants included, since the rule below is relative to it.
        fresh = 2 * (_log_likelihood(y, mu, alpha) - gammaln(y + 1).sum(axis=0))
        moving = np.abs(fresh - deviance[active]) / (np.abs(fresh) + 0.1) > tolerance
        deviance[active] = fresh
        active = active[moving]
        if not len(active):
            return beta
    beta[active] = np.nan
    return beta


def _information(weights: Floats, design: Floats) -> Floats:
    """Return X'WX of every gene, with PyDESeq2's small ridge."""
    width = design.shape[1]
    pairs = np.einsum("ij,ik->ijk", design, design).reshape(len(design), -1)
    return (weights.T @ pairs).reshape(-1, width, width) + 1e-6 * np.eye(width)


def _fit_log_dispersion(
    counts: Floats, mu: Floats, design: Floats, centre: Floats, bounds: tuple[float, float], spread: float | None
) -> Floats:
    """Find the local minimum of each gene's penalised likelihood downhill of its start: along a grid first, then by golden sections.

    Local on purpose, as in DESeq2: with few reads the Cox-Reid term alone makes a second minimum at the largest dispersion.
    For the same reason a gene that starts at the smallest dispersion stays there if its likelihood is flat.
    """
    pairs = np.einsum("ij,ik->ijk", design, design).reshape(len(design), -1)

    def loss(logs: Floats) -> Floats:
        """Penalised loss of every gene at its own log dispersion."""
        return _loss(logs, counts, mu, pairs, centre, spread)

    grid = np.linspace(*bounds, _GRID)
    losses = np.array([loss(np.full(counts.shape[1], point)) for point in grid])
    start = np.abs(grid[:, None] - centre).argmin(axis=0)
    resting = (start == 0) & (np.abs(losses[1] - losses[0]) < _FLAT * (grid[1] - grid[0]))
    best = _downhill(losses, start)
    low, high = grid[np.maximum(best - 1, 0)], grid[np.minimum(best + 1, _GRID - 1)]
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    loss_left, loss_right = loss(left), loss(right)
    for _ in range(_STEPS):
        leftwards = loss_left < loss_right
        low, high = np.where(leftwards, low, left), np.where(leftwards, right, high)
        probe = np.where(leftwards, high - _GOLDEN * (high - low), low + _GOLDEN * (high - low))
        loss_probe = loss(probe)
        left, right = np.where(leftwards, probe, right), np.where(leftwards, left, probe)
        loss_left, loss_right = np.where(leftwards, loss_probe, loss_right), np.where(leftwards, loss_left, loss_probe)
    return np.where(resting, grid[0], (low + high) / 2)


def _downhill(losses: Floats, start: NDArray[np.intp]) -> NDArray[np.intp]:
    """Follow each column of a grid of losses from its start to the next minimum."""
    genes = np.arange(losses.shape[1])
    walled = np.pad(losses, ((1, 1), (0, 0)), constant_values=np.inf)
    place = start + 1
    for _ in range(len(losses)):
        step = np.argmin([walled[place, genes], walled[place - 1, genes], walled[place + 1, genes]], axis=0)
        if not step.any():
            break
        place = place + np.array([0, -1, 1])[step]
    return place - 1


def _loss(logs: Floats, counts: Floats, mu: Floats, pairs: Floats, centre: Floats, spread: float | None) -> Floats:
    """Negative log-likelihood of each gene with the Cox-Reid term and, where asked, the prior on log dispersion (Love 2014, eq. 4 to 8)."""
    alpha = np.exp(logs)
    width = int(np.sqrt(pairs.shape[1]))
    information = ((mu / (1 + alpha * mu)).T @ pairs).reshape(-1, width, width)
    penalty = 0.5 * np.linalg.slogdet(information)[1]
    return penalty - _log_likelihood(counts, mu, alpha) + (0.0 if spread is None else np.square(logs - centre) / (2 * spread))


def _log_likelihood(counts: Floats, mu: Floats, alpha: Floats) -> Floats:
    """Log-likelihood of each gene (column) under the negative binomial, without the term of the counts alone."""
    size, product = 1 / alpha, alpha * mu
    each = gammaln(counts + size) + counts * np.log(product) - (counts + size) * np.log1p(product)
    return each.sum(axis=0) - len(counts) * gammaln(size)
