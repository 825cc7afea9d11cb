"""What a prediction rests on: single edges, papers, contexts, the targets of a drug."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jaknet.errors import InputError, UnknownNameError
from jaknet.network.evidence import without_paper
from jaknet.network.io.read import as_network
from jaknet.network.papers import identifiers_of
from jaknet.network.routes import best_routes, walk_mask
from jaknet.network.schema import split_list
from jaknet.parallel import run_tasks
from jaknet.shared_docs import describe
from jaknet.simulation._model import PART_FLOOR, Arm
from jaknet.simulation.ensemble import draw_ensemble
from jaknet.simulation.library import as_perturbation, list_contexts, load_context
from jaknet.simulation.model import changed_nodes, member_weights, perturbed_effects, solve_baseline
from jaknet.simulation.response import check_response, sort_by_size, summarise, transcript_places
from jaknet.simulation.settings import FOLD_CHANGE_MARGIN
from jaknet.simulation.trial import Condition, Trial

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jaknet.network.network import Network
    from jaknet.simulation.ensemble import Ensemble
    from jaknet.simulation.model import Effects
    from jaknet.simulation.perturbations import Context, Perturbation
    from jaknet.simulation.response import Response
    from jaknet.simulation.settings import EnsembleSettings

__all__ = ["LEAVE_OUT_COLUMNS", "carrying_routes", "leave_one_out", "sensitivity", "target_effects"]

LEAVE_OUT_COLUMNS = [
    "removed",
    "n_edges",
    "readout",
    "effect",
    "effect_without",
    "change",
    "direction",
    "direction_without",
    "p_direction_without",
    "reverses",
]
Quantity = Callable[["Effects"], "NDArray[np.float64]"]


@describe
def leave_one_out(
    network: Network | str,
    perturbations: Perturbation | str | Sequence[Perturbation | str],
    context: Context | str | None = None,
    readouts: Iterable[str] | Mapping[str, Quantity] = (),
    by: str = "edge",
    background: Perturbation | str | Sequence[Perturbation | str] | None = None,
    members: int = 64,
    seed: int | np.random.Generator = 0,
    settings: EnsembleSettings | None = None,
    among: NDArray[np.bool_] | None = None,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Repeat a simulation without each edge, or the evidence of each paper, and compare what is read out.

    Draws are keyed by edge and node, so every member without an edge is the same cell as with it:
    a difference is the edge's doing and not sampling.

    Parameters
    ----------
    %(network)s
    %(perturbations)s
    %(context)s
    readouts : iterable of str, or mapping of str to callable
        Genes, whose transcripts are read; or names with functions from
        `jaknet.simulation.model.Effects` to one value a member (an activity, a log ratio).
    by : {"edge", "paper"}
        Remove single edges, or the evidence of a paper under any of its identifiers: edges that rest
        on it alone go, others are as reliable, and of the sign, as the papers left say.
    %(background)s
    %(members)s
    %(seed)s
    %(settings)s
    among : ndarray of bool, shape (n_edges,), optional
        Remove only these edges, or papers with evidence on one of them.
    %(progress)s

    Returns
    -------
    pandas.DataFrame
        `LEAVE_OUT_COLUMNS`, the largest change first: mean effect over the members with and
        without; the called direction; ``reverses`` where up became down or down up; ``n_edges`` that
        were removed, or that the paper has evidence on. Edges with no
        walk to a readout are left out: they can change nothing.

    Raises
    ------
    InputError
        For another `by`, or no readout.
    UnknownNameError
        For a gene whose transcript the network does not explain.

    Examples
    --------
    >>> from jaknet.network.network import Network
    >>> from jaknet.simulation.perturbations import inhibit
    >>> edges = pd.DataFrame({"source": ["JAK1", "JAK1"], "target": ["SOCS3", "MYC"], "sign": 1, "tier": "A", "layer": "transcription"})
    >>> leave_one_out(Network(edges), inhibit("JAK1"), readouts=["SOCS3"])[["removed", "direction", "direction_without"]].values.tolist()
    [['JAK1 → SOCS3', 'down', 'none']]
    """
    condition = Condition.of(perturbations, context, background)
    network = as_network(network)
    trial = Trial.of(network, draw_ensemble(network, settings, members, seed), condition)
    return _leave_out(trial, network, readouts, by, progress, among)


@describe
def sensitivity(
    response: Response, genes: Iterable[str] | None = None, by: str = "edge", members: int = 64, progress: bool | None = None
) -> pd.DataFrame:
    """Tell which edges, papers or contexts the predicted effects on some genes rest on.

    Parameters
    ----------
    %(response)s
    genes : iterable of str, optional
        By default the ten transcripts with the largest mean effect.
    by : {"edge", "paper", "context"}
        ``edge``, ``paper``: see `leave_one_out`. ``context``: the same members in every bundled context.
    members : int
        How many of the response's members to repeat (``edge``, ``paper``).
    %(progress)s

    Returns
    -------
    pandas.DataFrame
        `LEAVE_OUT_COLUMNS`; or ``readout, context`` with the summary columns of a response.

    Examples
    --------
    >>> from jaknet.network.network import Network
    >>> from jaknet.simulation.perturbations import inhibit
    >>> from jaknet.simulation.response import perturb
    >>> net = Network(pd.DataFrame({"source": ["JAK1"], "target": ["SOCS3"], "sign": 1, "tier": "A", "layer": "transcription"}))
    >>> response = perturb(net, inhibit("JAK1"), members=200)
    >>> sensitivity(response, ["SOCS3"])["removed"].tolist()
    ['JAK1 → SOCS3']
    """
    check_response(response)
    chosen = list(genes) if genes is not None else _leading(response)
    if by == "context":
        return _contexts(response, chosen)
    return _leave_out(response.first(members), response.network, chosen, by, progress)


@describe
def target_effects(
    network: Network | str,
    perturbations: Perturbation | str | Sequence[Perturbation | str],
    context: Context | str | None = None,
    members: int = 300,
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Split what a perturbation does to transcripts by the nodes that it inhibits: each alone, as strongly as by the whole.

    A drug inhibits a receptor complex as a whole, so that the split says which cytokine's signal
    matters to a gene.

    Parameters
    ----------
    %(network)s
    %(perturbations)s
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
    >>> split = target_effects("osteoblast", "tofacitinib 100 nM", "inflammatory", members=20)
    >>> "gp130_JAK1" in set(split["target"])
    True
    """
    network, done = as_network(network), as_perturbation(perturbations)
    ensemble = draw_ensemble(network, None, members, seed)
    trial = Trial.of(network, ensemble, Condition.of(done, context))
    base = solve_baseline(ensemble, trial.control)
    inhibited = np.flatnonzero((trial.treated.scale < trial.control.scale).any(axis=0))
    if not len(inhibited):
        raise InputError(f"{done.label} inhibits no node of {network.label}; give a drug at a dose, or inhibit(...).")
    genes, columns = transcript_places(network)

    def _means(arm: Arm) -> NDArray[np.float64]:
        effects = perturbed_effects(ensemble, base, arm)
        return member_weights(effects.converged) @ effects.transcript_total[:, columns]

    arms = [trial.treated, *(_alone(trial, int(node)) for node in inhibited)]
    whole, *single = run_tasks(_means, arms)
    names = [network.names[node] for node in inhibited]
    frames = [pd.DataFrame({"gene": genes, "target": name, "effect": found}) for name, found in zip(names, single, strict=True)]
    table = pd.concat(frames, ignore_index=True)
    table["whole_effect"] = table["gene"].map(dict(zip(genes, whole, strict=True)))
    return sort_by_size(table, "whole_effect", "gene", "target")


@describe
def carrying_routes(response: Response, goals: Mapping[str, int], transcript: bool = True) -> pd.DataFrame:
    """Find for each goal the route along which the change travels, from a perturbed node.

    Every edge counts by what it carries: the mean over the members of the change of log odds that its
    source brings to its target, relative to the largest. The best route has the largest product
    among those whose signs give the wanted direction.

    Parameters
    ----------
    %(response)s
    goals : mapping of str to int
        Node -> wanted direction, 1 or -1.
    transcript : bool
        The last edge must be of layer transcription.

    Returns
    -------
    pandas.DataFrame
        As `jaknet.network.routes.best_routes`, indexed by goal.
    """
    network, ensemble, effects = response.network, response.trial.ensemble, response.effects
    plan, wiring = ensemble.plan, ensemble.wiring
    carried = np.empty(network.n_edges)
    change = effects.total
    # The tangent is not bounded: an activity below 0 counts as none.
    logs = np.log(np.maximum(effects.perturbed, 0.0) + PART_FLOOR) - np.log(effects.baseline + PART_FLOOR)
    moved = np.where(wiring.part[plan.edge_order], logs[:, plan.source], ensemble.parameters.strength * change[:, plan.source])
    carried[plan.edge_order] = response.weights @ np.abs(moved)
    targets = np.flatnonzero(changed_nodes(response.trial.control, response.trial.treated))
    starts = {network.names[node]: float(response.mean_effects[node]) for node in targets}
    # A route's cost is the sum of -log(share): the floors keep it finite where an edge, or every edge, carries nothing.
    share = np.maximum(carried / max(float(carried.max(initial=0.0)), 1e-12), 1e-9)
    return best_routes(network, starts, goals, share, transcript)


def _alone(trial: Trial, node: int) -> Arm:
    """Return the control arm with one node as in the treated arm; complexes inhibited as a whole do not see their parts inhibited."""
    scale, lift = (np.tile(part, (len(trial.treated.scale) // len(part), 1)) for part in (trial.control.scale, trial.control.lift))
    scale[:, node], lift[:, node] = trial.treated.scale[:, node], trial.treated.lift[:, node]
    return trial.control._replace(scale=scale, lift=lift, whole=trial.treated.whole)


def _leading(response: Response, count: int = 10) -> list[str]:
    if not response.network.transcripts:
        raise InputError(
            f"{response.network.label} explains no transcript: it has no edge of layer transcription. Name activities in leave_one_out."
        )
    genes, columns = transcript_places(response.network)
    size = np.abs(response.mean_transcript_effects[columns])
    return [genes[place] for place in np.argsort(-size, kind="stable")[:count]]


def _nodes_of(network: Network, genes: Iterable[str]) -> dict[str, int]:
    wanted = list(genes)
    unknown = [gene for gene in wanted if gene not in network.transcripts]
    if unknown or not wanted:
        if not wanted:
            raise InputError("no readout was given. Name genes, or functions of the effects.")
        raise UnknownNameError("transcript", unknown, network.transcripts)
    return {gene: network.index[network.transcripts[gene]] for gene in wanted}


def _transcript(node: int) -> Quantity:
    return lambda effects: effects.transcript_total[:, node]


def _leave_out(
    trial: Trial,
    network: Network,
    readouts: Iterable[str] | Mapping[str, Quantity],
    by: str,
    progress: bool | None,
    among: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    relevant = np.ones(network.n_edges, bool) if among is None else among
    if isinstance(readouts, Mapping):
        asked = dict(readouts)
    else:
        nodes = _nodes_of(network, readouts)
        asked = {gene: _transcript(node) for gene, node in nodes.items()}
        relevant = relevant & walk_mask(network, None, [network.names[node] for node in nodes.values()], None)
    groups = _groups(network, relevant, by)
    whole = trial.effects()
    targets = network.arrays.target

    def _read(effects: Effects) -> dict[str, NDArray[np.generic]]:
        values = np.column_stack([quantity(effects) for quantity in asked.values()])
        weights = trial.resting(effects)
        return summarise(values, weights, FOLD_CHANGE_MARGIN) | {"mean": weights @ values}

    def _solve(group: tuple[str, NDArray[np.int64]]) -> dict[str, NDArray[np.generic]]:
        name, rows = group
        changed = np.zeros(network.n_nodes, bool)
        changed[targets[rows]] = True
        return _read(trial.effects(_without(trial.ensemble, network, name, rows, by), whole, changed))

    full = _read(whole)
    parts = []
    for (name, rows), left in zip(groups.items(), run_tasks(_solve, list(groups.items()), progress, f"without each {by}"), strict=True):
        columns = {"removed": name, "n_edges": len(rows), "readout": list(asked), "effect": full["mean"]}
        columns |= {"effect_without": left["mean"], "direction": full["direction"], "direction_without": left["direction"]}
        parts.append(pd.DataFrame(columns | {"p_direction_without": left["p_direction"]}))
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=LEAVE_OUT_COLUMNS)
    table["change"] = table["effect_without"] - table["effect"]
    opposite = {"up": "down", "down": "up"}
    table["reverses"] = table["direction"].map(opposite).eq(table["direction_without"])
    return sort_by_size(table, "change", "removed", "readout")[LEAVE_OUT_COLUMNS]


def _without(ensemble: Ensemble, network: Network, name: str, rows: NDArray[np.int64], by: str) -> Ensemble:
    if by == "paper":
        edges, keep = without_paper(network._edges, name)
        return ensemble.with_evidence(network.with_edges(edges[keep]), keep)
    return ensemble.thinned(~np.isin(np.arange(network.n_edges), rows))


def _groups(network: Network, relevant: NDArray[np.bool_], by: str) -> dict[str, NDArray[np.int64]]:
    """Name of what is removed -> positions of its edges; groups without a relevant edge are left out."""
    edges = network._edges
    if by == "edge":
        arrow = edges["sign"].map({1: "→", -1: "⊣"})
        twice = edges.duplicated(["source", "target"], keep=False)
        layer = np.where(twice, " (" + edges["layer"] + ")", "")
        names = edges["source"] + " " + arrow + " " + edges["target"] + layer
        return {names.iloc[row]: np.array([row]) for row in np.flatnonzero(relevant)}
    if by != "paper":
        raise InputError(f"by is {by!r}; choose edge or paper (of a response also context).")
    cited: dict[frozenset[str], list[int]] = {}
    for row, cell in enumerate(edges["references"] + ";" + edges["references_against"]):
        for paper in {identifiers_of(item) for item in split_list(cell)}:
            cited.setdefault(paper, []).append(row)
    # The last in the alphabet is the PMID where there is one.
    kept = {max(paper): np.array(rows) for paper, rows in cited.items() if relevant[rows].any()}
    return dict(sorted(kept.items()))


def _contexts(response: Response, genes: list[str]) -> pd.DataFrame:
    nodes, parts = _nodes_of(response.network, genes), []
    for context in list_contexts():
        condition = replace(response.trial.condition, context=load_context(context))
        effects = Trial.of(response.network, response.trial.ensemble, condition, response.engine).solve()
        columns = summarise(effects.transcript_total[:, list(nodes.values())], member_weights(effects.converged), FOLD_CHANGE_MARGIN)
        parts.append(pd.DataFrame({"readout": list(nodes), "context": context} | columns))
    return pd.concat(parts, ignore_index=True)
