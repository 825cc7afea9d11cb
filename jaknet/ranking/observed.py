"""The observed half of a ranking: what the data says of each gene, and how it meets the prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact

from jaknet.errors import OverlapError
from jaknet.expression.signature import require_same_species
from jaknet.ranking.posterior import Prior, conjunction, estimate_prior, signed_z
from jaknet.simulation.model import STILL
from jaknet.stats import benjamini_hochberg, empirical_p

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jaknet.expression.signature import Signature
    from jaknet.network.network import Network

__all__ = ["Joined", "agreement_text", "join_data"]

_SMALLEST_OVERLAP = 0.1
_SMALLEST_STRATUM = 10
_UNDERFLOW = 37.4
_OBSERVED = {"log2_fold_change": "observed", "statistic": "observed_statistic", "q_value": "observed_q_value"}
_TEXT: dict[str, Any] = dict.fromkeys(["process", "direction", "route", "weakest_edge", "weakest_tier", "references"], "")
_TEXT |= {"polarity": 0, "baseline_degree": 0}
_DATA = ["observed", "observed_statistic", "observed_q_value", "observed_null_p_value", "observed_null_q_value"]
_CLEAR = 0.05


class Joined(NamedTuple):
    """A predicted table with the data's columns, and what links the two.

    Attributes
    ----------
    table : pandas.DataFrame
        Genes outside the network included.
    observed : pandas.Series
        z-values of the data, by gene; empty without tested data.
    prior : Prior or None
        What links prediction and data.
    agreement : str
        How far they agree beyond chance, in a sentence.
    report : dict
        Overlap, and what could not be computed.
    """

    table: pd.DataFrame
    observed: pd.Series
    prior: Prior | None
    agreement: str
    report: dict[str, Any]


def join_data(table: pd.DataFrame, signature: Signature | None, network: Network) -> Joined:
    """Add the data's columns to a predicted table, genes outside the network included.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a gene with ``gene``, ``predicted``, ``direction``, ``topology_p_value``, ``baseline_degree``.
    signature : Signature or None
        The data; None for a ranking by prediction alone.
    network : Network
        What the prediction was made from.
    """
    if signature is None:
        columns = dict.fromkeys([*_DATA, "combined", "p_conjunction", "q_conjunction", "baseline_data"], np.nan)
        return Joined(table.assign(**columns, agreement="", in_network=True), pd.Series(dtype=float), None, "", {})
    data = _check_data(signature, network, table["gene"])
    table = table.assign(in_network=True).merge(data, on="gene", how="outer")
    table["in_network"] = table["in_network"].eq(True)
    table = table.fillna(_TEXT).astype({"polarity": int, "baseline_degree": int})
    inside, predicted = table["in_network"], table["predicted"].where(table["predicted"].abs() > STILL, 0.0)
    change = table["observed_statistic"].fillna(table["observed"])
    z = pd.Series(signed_z(table["p_value"], change) if signature.tested else np.nan, table.index)
    # Where the p-value underflows, only the statistic still tells genes apart.
    z = z.where((z.abs() < _UNDERFLOW) | (table["observed_statistic"].abs() <= z.abs()), table["observed_statistic"])
    table["baseline_data"] = z if signature.tested else table["observed"]
    called = table["direction"].map({"up": 1.0, "down": -1.0})
    table["agreement"] = _agreement(called, change, table["observed_q_value"])
    strata = _degree_strata(table["baseline_degree"].where(inside & table["baseline_data"].notna()))
    table["observed_null_p_value"] = _label_null(table["baseline_data"], np.sign(predicted), strata)
    table["observed_null_q_value"] = benjamini_hochberg(table["observed_null_p_value"])
    table["p_conjunction"] = conjunction(table["topology_p_value"], predicted, table["p_value"], change)
    table["q_conjunction"] = benjamini_hochberg(table["p_conjunction"])
    unseen = inside & table["baseline_data"].isna()
    report: dict[str, Any] = {"genes_observed_only": int((~inside).sum()), "genes_not_observed": int(unseen.sum())}
    told = agreement_text(table, signature.label)
    if not signature.tested:
        reason = "the signature has no p-values, so combined, observed_q_value and p_conjunction cannot be computed"
        return Joined(table.assign(combined=np.nan), pd.Series(dtype=float), None, told, report | {"combined": reason})
    prior = estimate_prior(predicted.where(inside), z.where(inside))
    table["combined"] = prior.mean(predicted, z)
    against = "; the data runs against the prediction" if prior.raw_slope < -2 * prior.standard_error else ""
    weight = f"{prior.trust:.0%} of it is the observation"
    report |= {"combined": f"posterior mean of the standardised effect; {weight}{against}", "prior": dict(vars(prior))}
    return Joined(table, pd.Series(z.to_numpy(), index=table["gene"]), prior, told, report)


def _agreement(called: pd.Series, change: pd.Series, q_value: pd.Series) -> NDArray[np.object_]:
    """Say whether a clear change goes the predicted way; empty where nothing is predicted or measured."""
    asked = called.notna() & change.notna() & (change != 0)
    same = np.where(np.sign(change) == called, "agrees", "disagrees")
    return np.where(~asked, "", np.where(q_value <= _CLEAR, same, "unclear"))


def agreement_text(table: pd.DataFrame, label: str) -> str:
    """Count the clear changes that go the predicted way, beside what the numbers of rises and falls alone would give.

    Parameters
    ----------
    table : pandas.DataFrame
        A ranking's: ``direction``, ``observed``, ``observed_q_value``, ``agreement``.
    label : str
        What the data is, such as ``IL22 vs Mock``.
    """
    name = label or "the data"
    if table["observed_q_value"].isna().all():
        return f"{name} has fold changes without p-values: which of them are clear, and agree or disagree, cannot be said"
    called = table["direction"].isin(["up", "down"])
    clear = table[table["agreement"].isin(["agrees", "disagrees"])]
    asked = f"of {int(called.sum())} genes predicted up or down, {len(clear)} changed clearly in {name} (q <= .05)"
    if clear.empty:
        return f"{asked}: nothing to agree or disagree with"
    up, agrees = clear["direction"] == "up", clear["agreement"] == "agrees"
    rising = up == agrees
    chance = len(clear) * float(up.mean() * rising.mean() + (1 - up.mean()) * (1 - rising.mean()))
    counts = [[int((up & rising).sum()), int((up & ~rising).sum())], [int((~up & rising).sum()), int((~up & ~rising).sum())]]
    p_value = float(fisher_exact(counts, alternative="greater").pvalue)
    return f"{asked}, {int(agrees.sum())} as predicted ({chance:.1f} by chance; p = {p_value:.2g} if genes were independent)"


def _check_data(signature: Signature, network: Network, genes: pd.Series) -> pd.DataFrame:
    require_same_species(signature, network.species, network.label)
    signature.require_universe("rank")
    data = signature.to_frame().rename(columns=_OBSERVED)
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
