"""What the top of a ranking rests on: single edges, papers, parameters, contexts, members."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from jaknet.errors import InputError, UnknownNameError
from jaknet.inference._topology import Experiment, experiment_of
from jaknet.network.papers import identifiers_of
from jaknet.network.routes import walk_mask
from jaknet.network.schema import split_list
from jaknet.parallel import run_tasks
from jaknet.simulation.conditions import Condition, as_context, as_perturbation
from jaknet.simulation.ensemble import draw_ensemble
from jaknet.simulation.response import summarise, weighted_quantiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jaknet.inference.ranking import Ranking
    from jaknet.network.model import Network
    from jaknet.simulation.contexts import Context
    from jaknet.simulation.effects import Effects
    from jaknet.simulation.perturbations import Perturbation
    from jaknet.simulation.response import Response
    from jaknet.simulation.settings import EnsembleSettings

__all__ = ["LEAVE_OUT_COLUMNS", "leave_one_out", "rank_stability", "sensitivity"]

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


def leave_one_out(
    network: Network,
    perturbation: Perturbation | Sequence[Perturbation],
    context: Context | str | None = None,
    readouts: Iterable[str] | Mapping[str, Quantity] = (),
    by: str = "edge",
    background: Perturbation | None = None,
    members: int = 64,
    seed: int = 0,
    settings: EnsembleSettings | None = None,
    among: NDArray[np.bool_] | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """Repeat a simulation without each edge, or each paper's edges, and compare what is read out.

    Draws are keyed by edge and node, so every member without an edge is the same cell as with it:
    a difference is the edge's doing and not sampling.

    Parameters
    ----------
    network : Network
    perturbation, context, background
        As in `jaknet.perturb`.
    readouts : iterable of str, or mapping of str to callable
        Genes, whose transcripts are read; or names with functions from
        `jaknet.simulation.effects.Effects` to one value a member (an activity, a log ratio).
    by : {"edge", "paper"}
        Remove single edges, or all edges that cite a paper under any of its identifiers.
    members : int
    seed : int
    settings : EnsembleSettings, optional
    among : ndarray of bool, shape (n_edges,), optional
        Remove only these edges, or papers that one of them cites.
    progress : bool

    Returns
    -------
    pandas.DataFrame
        `LEAVE_OUT_COLUMNS`, the largest change first: mean effect over the members with and
        without; the called direction; ``reverses`` where up became down or down up. Edges with no
        walk to a readout are left out: they can change nothing.

    Raises
    ------
    InputError
        For another `by`, or no readout.
    UnknownNameError
        For a gene whose transcript the network does not explain.

    Examples
    --------
    >>> from jaknet.network.model import Network
    >>> from jaknet.simulation.perturbations import inhibit
    >>> edges = pd.DataFrame({"source": ["JAK1", "JAK1"], "target": ["SOCS3", "MYC"], "sign": 1, "tier": "A", "layer": "transcription"})
    >>> leave_one_out(Network(edges), inhibit("JAK1"), readouts=["SOCS3"])[["removed", "direction", "direction_without"]].values.tolist()
    [['JAK1 → SOCS3', 'down', 'none']]
    """
    condition = Condition(as_perturbation(perturbation), as_context(context), background)
    control, treated, _ = condition.arms(network)
    drawn = draw_ensemble(network, settings, members, seed)
    experiment = Experiment(drawn, np.full(members, 1.0 / members), condition, control, treated)
    return _leave_out(experiment, network, readouts, by, progress, among)


def sensitivity(
    resp: Response, genes: Iterable[str] | None = None, by: str = "edge", members: int = 64, top: int = 10, progress: bool = False
) -> pd.DataFrame:
    """Tell which edges, papers, parameters or contexts the predicted effects on some genes rest on.

    Parameters
    ----------
    resp : Response
    genes : iterable of str, optional
        By default the ten transcripts with the largest mean effect.
    by : {"edge", "paper", "parameter", "context"}
        ``edge``, ``paper``: see `leave_one_out`. ``parameter``: Spearman correlation, over all
        members, of the effect with every sampled edge strength, basal drive, Hill exponent and
        EC50. ``context``: the same perturbation in every bundled context.
    members : int
        How many of the response's members to repeat (``edge``, ``paper``).
    top : int
        Parameters a gene.
    progress : bool

    Returns
    -------
    pandas.DataFrame
        `LEAVE_OUT_COLUMNS`; or ``readout, parameter, correlation``; or ``readout, context`` with
        the summary columns of a response.

    Examples
    --------
    >>> from jaknet.network.model import Network
    >>> from jaknet.simulation.perturbations import inhibit
    >>> from jaknet.simulation.simulate import perturb
    >>> net = Network(pd.DataFrame({"source": ["JAK1"], "target": ["SOCS3"], "sign": 1, "tier": "A", "layer": "transcription"}))
    >>> resp = perturb(net, inhibit("JAK1"), members=200)
    >>> sensitivity(resp, ["SOCS3"], by="parameter", top=2)["parameter"].tolist()
    ['JAK1 → SOCS3 strength', 'JAK1 basal drive']
    """
    chosen = list(genes) if genes is not None else _leading(resp)
    if by == "parameter":
        return _parameters(resp, chosen, top)
    if by == "context":
        return _contexts(resp, chosen)
    return _leave_out(experiment_of(resp, members), resp.network, chosen, by, progress)


def rank_stability(ranking: Ranking, tops: tuple[int, ...] = (10, 20)) -> pd.DataFrame:
    """Let every member rank the network's genes by itself, and return how often each gene is at the top.

    Parameters
    ----------
    ranking : Ranking
    tops : tuple of int

    Returns
    -------
    pandas.DataFrame
        ``gene``, ``rank``, ``p_top_10``, ``p_top_20`` (share of the members by weight) and
        ``rank_low``, ``rank_high`` (90 % interval); with data, members differ in the prediction
        and share the observation and what it is worth.
    """
    resp, table = ranking.response, ranking.table[ranking.table["in_network"]]
    named = resp.network.transcripts
    effects = resp.transcript_effects[:, [resp.network.index[named[gene]] for gene in table["gene"]]]
    if ranking.prior is not None:
        effects = ranking.prior.mean(effects, ranking.observed.reindex(table["gene"]).to_numpy())
    places = rankdata(-np.abs(effects), axis=1, method="average")
    low, high = weighted_quantiles(places, resp.weights, (0.05, 0.95))
    shares = {f"p_top_{top}": resp.weights @ (places <= top) for top in tops}
    return pd.DataFrame({"gene": table["gene"], "rank": table["rank"]} | shares | {"rank_low": low, "rank_high": high})


def _leading(resp: Response, count: int = 10) -> list[str]:
    genes, nodes = zip(*resp.network.transcripts.items(), strict=True)
    size = np.abs(resp.weights @ resp.transcript_effects[:, [resp.network.index[node] for node in nodes]])
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
    experiment: Experiment,
    network: Network,
    readouts: Iterable[str] | Mapping[str, Quantity],
    by: str,
    progress: bool,
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
    whole = experiment.effects()
    targets, settings, weights = network.arrays.target, experiment.ensemble.settings, experiment.weights

    def _read(effects: Effects) -> dict[str, NDArray[np.generic]]:
        values = np.column_stack([quantity(effects) for quantity in asked.values()])
        return summarise(values, weights, settings)

    def _solve(rows: NDArray[np.int64]) -> dict[str, NDArray[np.generic]]:
        keep = np.ones(network.n_edges, bool)
        keep[rows] = False
        changed = np.zeros(network.n_nodes, bool)
        changed[targets[rows]] = True
        return _read(experiment.effects(experiment.ensemble.thinned(keep), whole, changed))

    full = _read(whole)
    parts = []
    for (name, rows), left in zip(groups.items(), run_tasks(_solve, list(groups.values()), progress, f"without each {by}"), strict=True):
        columns = {"removed": name, "n_edges": len(rows), "readout": list(asked), "effect": full["mean_effect"]}
        columns |= {"effect_without": left["mean_effect"], "direction": full["direction"], "direction_without": left["direction"]}
        parts.append(pd.DataFrame(columns | {"p_direction_without": left["p_direction"]}))
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=LEAVE_OUT_COLUMNS)
    table["change"] = table["effect_without"] - table["effect"]
    opposite = {"up": "down", "down": "up"}
    table["reverses"] = table["direction"].map(opposite).eq(table["direction_without"])
    order = table.assign(size=-table["change"].abs()).sort_values(["size", "removed", "readout"], ignore_index=True)
    return order[LEAVE_OUT_COLUMNS]


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
        raise InputError(f"by is {by!r}; choose edge or paper (of a response also parameter or context).")
    cited: dict[frozenset[str], list[int]] = {}
    for row, cell in enumerate(edges["references"]):
        for paper in {identifiers_of(item) for item in split_list(cell)}:
            cited.setdefault(paper, []).append(row)
    # The last in the alphabet is the PMID where there is one.
    kept = {max(paper): np.array(rows) for paper, rows in cited.items() if relevant[rows].any()}
    return dict(sorted(kept.items()))


def _parameters(resp: Response, genes: list[str], top: int) -> pd.DataFrame:
    network, seed = resp.network, resp.provenance.seed or 0
    drawn = draw_ensemble(network, resp.settings, resp.members, seed)
    edges, (_, exponent, _, height, basal, _) = network._edges, drawn.parameters
    power = (height - 1.0) / (2.0 * height - 1.0)
    arrow = edges["sign"].map({1: " → ", -1: " ⊣ "})
    names = [f"{name} strength" for name in edges["source"] + arrow + edges["target"]]
    names += [f"{node} {what}" for what in ("basal drive", "Hill exponent", "EC50") for node in network.names]
    values = _standard_ranks(np.hstack([np.abs(drawn.signed_weight), basal, exponent, power ** (1.0 / exponent)]))
    nodes = _nodes_of(network, genes)
    effects = _standard_ranks(resp.transcript_effects[:, list(nodes.values())])
    correlation = effects.T @ values / resp.members
    parts = []
    for gene, row in zip(nodes, correlation, strict=True):
        best = np.argsort(-np.abs(row), kind="stable")[:top]
        parts.append(pd.DataFrame({"readout": gene, "parameter": [names[place] for place in best], "correlation": row[best]}))
    return pd.concat(parts, ignore_index=True)


def _standard_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    ranks = rankdata(values, axis=0)
    ranks -= ranks.mean(axis=0)
    spread = ranks.std(axis=0)
    return ranks / np.where(spread > 0, spread, 1.0)


def _contexts(resp: Response, genes: list[str]) -> pd.DataFrame:
    from jaknet.data.load import list_contexts
    from jaknet.simulation.simulate import perturb

    nodes, parts = _nodes_of(resp.network, genes), []
    shared: dict[str, Any] = {"engine": resp.engine, "members": resp.members, "settings": resp.settings, "seed": resp.provenance.seed or 0}
    for context in list_contexts():
        again = perturb(resp.network, resp.perturbation, context, resp.background, **shared)
        columns = summarise(again.transcript_effects[:, list(nodes.values())], again.weights, resp.settings)
        parts.append(pd.DataFrame({"readout": list(nodes), "context": context} | columns))
    return pd.concat(parts, ignore_index=True)
