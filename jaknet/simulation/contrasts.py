"""Two drugs, two doses, two targets: where their predicted effects differ, and how surely."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jaknet.errors import InputError
from jaknet.parallel import run_tasks
from jaknet.shared_docs import describe
from jaknet.simulation._model import Arm
from jaknet.simulation.ensemble import draw_ensemble
from jaknet.simulation.model import member_weights, perturbed_effects, solve_baseline
from jaknet.simulation.response import summarise
from jaknet.simulation.settings import FOLD_CHANGE_MARGIN
from jaknet.simulation.trial import Condition, Trial

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jaknet.network.network import Network
    from jaknet.simulation.perturbations import Context, Perturbation
    from jaknet.simulation.response import Response

__all__ = ["contrast_responses", "target_effects"]


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


@describe
def target_effects(
    network: Network,
    perturbation: Perturbation,
    context: Context | str | None = None,
    members: int = 300,
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Split what a perturbation does to transcripts by the nodes that it inhibits: each alone, as strongly as by the whole.

    A drug inhibits a receptor complex as a whole, so that the split says which cytokine's signal
    matters to a gene.

    Parameters
    ----------
    network : Network
        What is perturbed.
    perturbation : Perturbation
        Usually ``drug.at(dose)``.
    %(context)s
    %(members)s
    %(seed)s

    Returns
    -------
    pandas.DataFrame
        ``gene``, ``target`` (node), ``effect`` (mean, log2) of that target alone, ``whole_effect`` of the
        perturbation; the genes with the largest whole effect first. Parts need not add up to the
        whole: targets of one pathway saturate each other.

    Raises
    ------
    InputError
        If the perturbation does not inhibit anything.

    Examples
    --------
    >>> import jaknet as jn
    >>> split = target_effects(jn.load_network("osteoblast"), jn.load_drug("tofacitinib").at("100 nM"), "inflammatory", members=20)
    >>> "gp130_JAK1" in set(split["target"])
    True
    """
    ensemble = draw_ensemble(network, None, members, seed)
    trial = Trial.of(network, ensemble, Condition.of(perturbation, context))
    base = solve_baseline(ensemble, trial.control)
    inhibited = np.flatnonzero((trial.treated.scale < trial.control.scale).any(axis=0))
    if not len(inhibited):
        raise InputError(f"{perturbation.label} inhibits no node of {network.label}; give a drug at a dose, or inhibit(...).")
    genes, nodes = zip(*network.transcripts.items(), strict=True)
    columns = [network.index[node] for node in nodes]

    def _means(arm: Arm) -> NDArray[np.float64]:
        effects = perturbed_effects(ensemble, base, arm)
        return member_weights(effects.converged) @ effects.transcript_total[:, columns]

    arms = [trial.treated, *(_alone(trial, int(node)) for node in inhibited)]
    whole, *single = run_tasks(_means, arms)
    names = [network.names[node] for node in inhibited]
    frames = [pd.DataFrame({"gene": genes, "target": name, "effect": found}) for name, found in zip(names, single, strict=True)]
    table = pd.concat(frames, ignore_index=True)
    return _by_size(table.assign(whole_effect=table["gene"].map(dict(zip(genes, whole, strict=True)))), "whole_effect", "target")


def _alone(trial: Trial, node: int) -> Arm:
    """Return the control arm with one node as in the treated arm; complexes inhibited as a whole do not see their parts inhibited."""
    scale, lift = (np.tile(part, (len(trial.treated.scale) // len(part), 1)) for part in (trial.control.scale, trial.control.lift))
    scale[:, node], lift[:, node] = trial.treated.scale[:, node], trial.treated.lift[:, node]
    return trial.control._replace(scale=scale, lift=lift, whole=trial.treated.whole)


def _by_size(table: pd.DataFrame, column: str, then: str | None = None) -> pd.DataFrame:
    order = ["_size", "gene"] if then is None else ["_size", "gene", then]
    return table.assign(_size=-table[column].abs()).sort_values(order, ignore_index=True).drop(columns="_size")
