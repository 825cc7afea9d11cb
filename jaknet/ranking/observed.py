"""The observed half of a ranking: what the data says of each gene, and how it meets the prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jaknet.errors import OverlapError
from jaknet.expression.symbols import require_same_species
from jaknet.ranking.posterior import Prior, conjunction, estimate_prior, signed_z
from jaknet.simulation.model import STILL
from jaknet.stats import benjamini_hochberg, empirical_p

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jaknet.expression.signature import Signature
    from jaknet.network.network import Network

__all__ = ["join_data"]

_SMALLEST_OVERLAP = 0.1
_SMALLEST_STRATUM = 10
_PERMUTATIONS = 1999
_UNDERFLOW = 37.4
_TEXT: dict[str, Any] = dict.fromkeys(["process", "direction", "route", "weakest_edge", "weakest_tier", "references"], "")
_TEXT |= {"polarity": 0, "baseline_degree": 0}
_DATA = ["log2_fold_change", "statistic", "data_q_value", "data_null_p_value", "data_null_q_value", "concordance"]
Joined = tuple[pd.DataFrame, pd.Series, Prior | None, dict[str, Any]]


def join_data(table: pd.DataFrame, signature: Signature | None, network: Network, seed: int) -> Joined:
    """Add the data's columns to a predicted table, genes outside the network included.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a gene with ``gene``, ``mean_effect``, ``topology_p_value``, ``baseline_degree``.
    signature : Signature or None
        The data; None for a ranking by prediction alone.
    network : Network
        What the prediction was made from.
    seed : int
        Of the permutation of labels.

    Returns
    -------
    table : pandas.DataFrame
        With the data's columns and ``score``.
    observed : pandas.Series
        z-values of the data, by gene; empty without tested data.
    prior : Prior or None
        What links prediction and data.
    report : dict
        Overlap, agreement, and what could not be computed.
    """
    if signature is None:
        table = table.assign(**dict.fromkeys([*_DATA, "p_conjunction", "q_conjunction", "baseline_data"], np.nan))
        table = table.assign(score=table["mean_effect"], in_network=True)
        return table, pd.Series(dtype=float), None, {"score": "mean predicted effect: no signature was given"}
    data = _check_data(signature, network, table["gene"])
    table = table.assign(in_network=True).merge(data, on="gene", how="outer")
    table["in_network"] = table["in_network"].eq(True)
    table = table.fillna(_TEXT).astype({"polarity": int, "baseline_degree": int})
    inside, predicted = table["in_network"], table["mean_effect"].where(table["mean_effect"].abs() > STILL, 0.0)
    change = table["statistic"].fillna(table["log2_fold_change"])
    z = pd.Series(signed_z(table["p_value"], change) if signature.tested else np.nan, table.index)
    # Where the p-value underflows, only the statistic still tells genes apart.
    z = z.where((z.abs() < _UNDERFLOW) | (table["statistic"].abs() <= z.abs()), table["statistic"])
    table["data_q_value"], table["baseline_data"] = table["q_value"], z if signature.tested else table["log2_fold_change"]
    table["concordance"] = np.where(inside, np.sign(predicted) * np.sign(change), np.nan)
    strata = _degree_strata(table["baseline_degree"].where(inside & table["baseline_data"].notna()))
    table["data_null_p_value"] = _label_null(table["baseline_data"], np.sign(predicted), strata)
    table["data_null_q_value"] = benjamini_hochberg(table["data_null_p_value"])
    table["p_conjunction"] = conjunction(table["topology_p_value"], predicted, table["p_value"], change)
    table["q_conjunction"] = benjamini_hochberg(table["p_conjunction"])
    unseen = inside & table["baseline_data"].isna()
    report: dict[str, Any] = {"genes_observed_only": int((~inside).sum()), "genes_not_observed": int(unseen.sum())}
    report |= _measure_agreement(predicted.to_numpy(), table["baseline_data"].to_numpy(), strata, seed)
    if not signature.tested:
        reason = "the signature has no p-values, so score, data_q_value and p_conjunction cannot be computed"
        table["score"] = predicted.fillna(0.0)
        return table, pd.Series(dtype=float), None, report | {"score": f"mean predicted effect: {reason}"}
    prior = estimate_prior(predicted.where(inside), z.where(inside))
    table["score"] = prior.mean(predicted, z)
    against = "; the data runs against the prediction" if prior.raw_slope < -2 * prior.standard_error else ""
    report |= {"score": f"posterior mean of the standardised effect{against}", "prior": dict(vars(prior))}
    return table, pd.Series(z.to_numpy(), index=table["gene"]), prior, report


def _check_data(signature: Signature, network: Network, genes: pd.Series) -> pd.DataFrame:
    require_same_species(signature, network.species, network.label)
    signature.require_universe("rank")
    data = signature.to_frame()
    shared = int(genes.isin(data["gene"]).sum())
    if shared < max(1.0, _SMALLEST_OVERLAP * len(genes)):
        held = f"the signature holds {shared} of the {len(genes)} genes whose transcript {network.label} explains"
        raise OverlapError(f"{held}; at least {_SMALLEST_OVERLAP:.0%} are needed. Check the kind of identifier and the species.")
    return data


def _degree_strata(degree: pd.Series) -> NDArray[np.int64]:
    """Group genes of similar in-degree, at least ten to a group where there are that many: numbers from 0, -1 where the degree is NaN."""
    group = np.full(len(degree), -1)
    counts = degree.value_counts().sort_index()
    number, filled = 0, 0
    for value, count in counts.items():
        group[degree.to_numpy() == value] = number
        filled += count
        if filled >= _SMALLEST_STRATUM:
            number, filled = number + 1, 0
    if filled and number:
        group[group == number] = number - 1
    return group


def _label_null(observed: pd.Series, predicted: pd.Series, strata: NDArray[np.int64]) -> NDArray[np.float64]:
    """P-value of each observed change in the predicted direction, when gene labels are permuted within strata.

    A permutation gives a gene the value of each gene of its stratum with equal chance, so that
    counting the stratum is the whole null distribution: ``(b + 1) / (m + 1)`` with b of the m other
    genes at least as extreme. NaN without a stratum or a predicted direction.
    """
    value, sign = observed.to_numpy(float), np.nan_to_num(predicted.to_numpy(float))
    p_value = np.full(len(value), np.nan)
    for stratum in range(strata.max(initial=-1) + 1):
        rows = np.flatnonzero(strata == stratum)
        asked = rows[sign[rows] != 0]
        extreme = sign[asked, None] * value[rows] >= (sign[asked] * value[asked])[:, None]
        # The gene itself is among those counted, which is the + 1.
        p_value[asked] = empirical_p(extreme.sum(axis=1) - 1, len(rows) - 1)
    return p_value


def _measure_agreement(
    predicted: NDArray[np.float64], observed: NDArray[np.float64], strata: NDArray[np.int64], seed: int
) -> dict[str, Any]:
    """Correlation of prediction and data, and its p when labels are permuted within strata of in-degree."""
    rows = np.flatnonzero(strata >= 0)
    x, y = predicted[rows], observed[rows]
    if len(rows) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return {"agreement": None, "agreement_p_value": None}
    generator, blocks = np.random.default_rng(seed), [np.flatnonzero(strata[rows] == group) for group in np.unique(strata[rows])]
    drawn = np.empty((_PERMUTATIONS, len(rows)))
    for block in blocks:
        drawn[:, block] = generator.permuted(np.tile(y[block], (_PERMUTATIONS, 1)), axis=1)
    centred = x - x.mean()
    observed_sum, chance = centred @ y, drawn @ centred
    p_value = float(empirical_p((chance >= observed_sum - 1e-12 * abs(observed_sum)).sum(), _PERMUTATIONS))
    return {"agreement": float(np.corrcoef(x, y)[0, 1]), "agreement_p_value": p_value}
