"""Two drugs, two doses, two targets: where their predicted effects differ, and how surely."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jaknet.errors import InputError
from jaknet.simulation.model import Effects, member_weights
from jaknet.simulation.perturbations import Perturbation
from jaknet.simulation.response import summarise
from jaknet.simulation.settings import FOLD_CHANGE_MARGIN
from jaknet.simulation.trial import Condition, as_context, simulate_effects

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jaknet.network.model import Network
    from jaknet.simulation.drugs import Drug
    from jaknet.simulation.perturbations import Context
    from jaknet.simulation.response import Response

__all__ = ["contrast_responses", "potency_selectivity", "target_effects"]


def contrast_responses(first: Response, second: Response) -> pd.DataFrame:
    """Compare the transcript effects of two perturbations, paired by member.

    A member is the same cell under both, so the uncertainty they share cancels: the interval of
    the difference is narrower than two intervals side by side suggest.

    Parameters
    ----------
    first, second : Response
        Of the same network, settings, seed and number of members; contexts may differ.

    Returns
    -------
    pandas.DataFrame
        ``gene``, ``first_effect``, ``second_effect`` (means), then the summary of first minus
        second as in a response: ``effect`` (median difference, log2), ``effect_low``,
        ``effect_high``, ``p_up`` (the first acts more upward), ``p_down``, ``p_none``, ``direction``,
        ``p_direction``. The largest median difference first.

    Raises
    ------
    InputError
        If the members of the two are not the same cells.

    Examples
    --------
    >>> import jaknet as jn
    >>> net = jn.load_network("osteoblast")
    >>> drug = jn.load_drug("tofacitinib")
    >>> low, high = (jn.perturb(net, drug.at(dose), "inflammatory", members=50) for dose in ("10 nM", "1 uM"))
    >>> differ = contrast_responses(low, high).set_index("gene")
    >>> differ.loc["CISH", "direction"]
    'up'
    """
    same = first.network == second.network and first.settings == second.settings and first.engine == second.engine
    if not same or first.members != second.members or first.trial.ensemble.seed != second.trial.ensemble.seed:
        raise InputError("the two responses have different members; use the same network, settings, engine, members and seed for both.")
    genes, nodes = zip(*first.network.transcripts.items(), strict=True)
    columns = [first.network.index[node] for node in nodes]
    weights = member_weights(first.converged & second.converged)
    one, two = first.transcript_effects[:, columns], second.transcript_effects[:, columns]
    table = {"gene": genes, "first_effect": weights @ one, "second_effect": weights @ two}
    table |= summarise(one - two, weights, FOLD_CHANGE_MARGIN)
    return _by_size(pd.DataFrame(table), "effect")


def target_effects(
    network: Network, perturbation: Perturbation, context: Context | str | None = None, members: int = 300, seed: int = 0
) -> pd.DataFrame:
    """Split what a drug does to transcripts by target: each target inhibited alone, as strongly as by the drug.

    Parameters
    ----------
    network : Network
    perturbation : Perturbation
        Usually ``drug.at(dose)``.
    context : Context or str, optional
    members : int
    seed : int

    Returns
    -------
    pandas.DataFrame
        ``gene``, ``target``, ``effect`` (mean, log2) of that target alone, ``whole_effect`` of the drug;
        the genes with the largest whole effect first. Parts need not add up to the whole: targets
        of one pathway saturate each other.

    Raises
    ------
    InputError
        If the perturbation does not inhibit anything.

    Examples
    --------
    >>> import jaknet as jn
    >>> split = target_effects(jn.load_network("osteoblast"), jn.load_drug("tofacitinib").at("100 nM"), "inflammatory", members=20)
    >>> sorted(split["target"].unique())
    ['JAK1', 'JAK2', 'JAK3', 'TYK2']
    """
    inhibited = [name for name, factor in perturbation.scale.items() if factor < 1 and name in network]
    if not inhibited:
        raise InputError(f"{perturbation.label} inhibits no node of {network.label}; give a drug at a dose, or inhibit(...).")
    parts = [Perturbation(name, scale={name: perturbation.scale[name]}) for name in sorted(inhibited)]
    genes, nodes = zip(*network.transcripts.items(), strict=True)
    columns = [network.index[node] for node in nodes]

    def _means(effects: Effects) -> NDArray[np.float64]:
        return member_weights(effects.converged) @ effects.transcript_total[:, columns]

    conditions = [Condition(part, as_context(context)) for part in (perturbation, *parts)]
    whole, *single = simulate_effects(network, conditions, members=members, seed=seed, reduce=_means)
    frames = [pd.DataFrame({"gene": genes, "target": part.label, "effect": found}) for part, found in zip(parts, single, strict=True)]
    table = pd.concat(frames, ignore_index=True)
    return _by_size(table.assign(whole_effect=table["gene"].map(dict(zip(genes, whole, strict=True)))), "whole_effect", "target")


def potency_selectivity(drugs: Iterable[Drug], first: str = "JAK1", second: str = "JAK2") -> pd.DataFrame:
    """Return how many times more of each drug it takes to inhibit the second target than the first.

    Parameters
    ----------
    drugs : iterable of Drug
    first, second : str
        Targets.

    Returns
    -------
    pandas.DataFrame
        ``drug``, potency on both in nM, ``fold`` (second over first; above 1 prefers the first;
        NaN without both potencies), the most selective first.

    Examples
    --------
    >>> import jaknet as jn
    >>> potency_selectivity([jn.load_drug("tofacitinib")]).columns.tolist()
    ['drug', 'JAK1_nM', 'JAK2_nM', 'fold']
    """
    rows = []
    for drug in drugs:
        potency = {target.name: target.potency_nM for target in drug.targets}
        rows.append((drug.name, potency.get(first, np.nan), potency.get(second, np.nan)))
    table = pd.DataFrame(rows, columns=["drug", f"{first}_nM", f"{second}_nM"])
    table["fold"] = table[f"{second}_nM"] / table[f"{first}_nM"]
    return table.sort_values(["fold", "drug"], ascending=[False, True], ignore_index=True)


def _by_size(table: pd.DataFrame, column: str, then: str | None = None) -> pd.DataFrame:
    order = ["_size", "gene"] if then is None else ["_size", "gene", then]
    return table.assign(_size=-table[column].abs()).sort_values(order, ignore_index=True).drop(columns="_size")
