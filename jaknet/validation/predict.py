"""What is predicted of every fact, without the evidence of its own paper: by the network, and by other papers on the same experiment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaknet.network.evidence import without_paper
from jaknet.network.papers import identifiers_of
from jaknet.parallel import run_tasks
from jaknet.ranking.experiments import experiments, share_rising, with_papers
from jaknet.shared_docs import describe
from jaknet.simulation.ensemble import Ensemble, draw_ensemble
from jaknet.simulation.library import list_contexts
from jaknet.simulation.model import STILL, Baseline, Effects, perturbed_effects, solve_baseline
from jaknet.simulation.settings import EnsembleSettings
from jaknet.validation.contradictions import paper_name
from jaknet.validation.facts import Experiment, Fact, lacking, load_facts

if TYPE_CHECKING:
    from jaknet.network.network import Network

__all__ = ["FactEffects", "Networks", "effects_of_facts", "networks_for", "other_papers", "prediction_table"]
__all__ += ["readout_effect", "readout_node"]

Array = NDArray[np.float64]
#: Networks, each with the positions of the facts that are predicted with it.
Networks: TypeAlias = "Sequence[tuple[Network, list[int]]]"


@dataclass(frozen=True)
class FactEffects:
    """What the ensemble says about each fact.

    Attributes
    ----------
    values : ndarray of float64, shape (members, n_facts)
        Change of the readout (of a ratio: of its logarithm); NaN in members that do not come to
        rest and where the network lacks the readout or everything that was perturbed.
    dropped : ndarray of int64, shape (n_facts,)
        Edges that rest on the fact's paper alone, left out.
    lacking : tuple of str
        For each fact the names that the network lacks, joined with ``;``.
    """

    values: Array
    dropped: NDArray[np.int64]
    lacking: tuple[str, ...]


@describe
def effects_of_facts(
    network: Network,
    facts: Sequence[Fact],
    settings: EnsembleSettings | None = None,
    members: int = 1000,
    seed: int = 0,
    engine: str = "logic",
    networks: Networks | None = None,
    progress: bool | None = None,
) -> FactEffects:
    """Simulate the experiment of every fact, each distinct one once.

    An experiment whose context is empty or unknown is simulated in every bundled context, an equal
    share of the members in each: not knowing the context then widens the answer.

    Parameters
    ----------
    network : Network
        That predicts.
    facts : sequence of Fact
        What is predicted.
    %(settings)s
    %(members)s
    seed : int
        Of every random draw.
    %(engine)s
    networks : sequence of (Network, list of int), optional
        As `networks_for` returns them; by default without the evidence of each fact's own paper.
    %(progress)s

    Returns
    -------
    FactEffects
    """
    values = np.full((members, len(facts)), np.nan)
    dropped = np.zeros(len(facts), np.int64)

    def _predict(task: tuple[Network, list[int]]) -> list[tuple[int, Array]]:
        left, rows = task
        able = [row for row in rows if _covered(network, facts[row])]
        return list(_simulate(left, draw_ensemble(left, settings, members, seed), facts, able, engine))

    groups = networks_for(network, facts) if networks is None else networks
    for (left, rows), found in zip(groups, run_tasks(_predict, groups, progress, "papers"), strict=True):
        dropped[rows] = network.n_edges - left.n_edges
        for row, effect in found:
            values[:, row] = effect
    return FactEffects(values, dropped, tuple(";".join(_lacking(network, fact)) for fact in facts))


def other_papers(network: Network, facts: Sequence[Fact]) -> NDArray[np.int64]:
    """Count the papers known to the library, other than a fact's own, on the same experiment: those that report a rise, and a fall.

    The same experiment raised or lowered exactly the same nodes, or used the same drug, and read the same thing, in any context and
    cells; where the opposite was done the direction is turned round. See `jaknet.experiments`.

    Parameters
    ----------
    network : Network
        Whose names are meant.
    facts : sequence of Fact
        In any order.

    Returns
    -------
    ndarray of int64, shape (n_facts, 2)
        A paper that reports both counts in both.
    """
    known, counts = load_facts(), np.zeros((len(facts), 2), np.int64)
    by_experiment: dict[tuple[tuple[str, ...], int], list[int]] = {}
    for place, fact in enumerate(facts):
        by_experiment.setdefault((fact.experiment.nodes, fact.experiment.sign), []).append(place)
    for places in by_experiment.values():
        perturbation = facts[places[0]].experiment.perturbation
        if perturbation is None:
            continue
        found = experiments(perturbed=perturbation, facts=known).query("same_nodes and direction != 'none'")
        rises = (found["direction"] == "up").to_numpy() == (found["same_way"] > 0).to_numpy()
        readouts = [_own_names(network, cell.split("/")) for cell in found["readout"]]
        said = list(zip(rises, readouts, map(identifiers_of, found["paper"]), strict=True))
        for place in places:
            read, own = _own_names(network, facts[place].parts), identifiers_of(facts[place].paper, facts[place].aliases)
            votes = {(up, min(paper)) for up, readout, paper in said if readout == read and not paper & own}
            counts[place] = sum(up for up, _ in votes), sum(not up for up, _ in votes)
    return counts


def prediction_table(facts: Sequence[Fact], effects: FactEffects, papers: NDArray[np.int64] | None = None) -> pd.DataFrame:
    """Return what the ensemble says of each fact, beside the fact, and what it says together with other papers.

    Parameters
    ----------
    facts : sequence of Fact
        What was predicted.
    effects : FactEffects
        Of these facts.
    papers : ndarray of int64, shape (n_facts, 2), optional
        As `other_papers` returns them. By default the network speaks alone.

    Returns
    -------
    pandas.DataFrame
        One row a fact; the columns to ``lacking`` of `jaknet.validation.score.Validation.to_frame`.
    """
    table = pd.DataFrame([_describe(fact) for fact in facts])
    network = share_rising(effects.values)
    up, down = np.zeros((2, len(facts)), np.int64) if papers is None else papers.T
    predicted, p_sign = _stated(with_papers(network, up, down))
    sizes = [_sizes(values, fact.margin) for values, fact in zip(effects.values.T, facts, strict=True)]
    table = table.assign(predicted=predicted, p_sign=p_sign).join(pd.DataFrame(sizes, columns=["p_up", "p_down", "p_none", "effect"]))
    right = np.where(table["direction"] == "none", table["p_none"] > 0.5, table["predicted"] == table["direction"])
    table = table.assign(correct=right & (table["predicted"] != ""), dropped_edges=effects.dropped, lacking=effects.lacking)
    if papers is None:
        return table
    table = table.assign(papers_up=up, papers_down=down)
    silent = np.full(len(facts), np.nan)
    for name, rises in (("network", with_papers(network, 0 * up, 0 * down)), ("papers", with_papers(silent, up, down))):
        table[f"baseline_{name}"], table[f"p_{name}"] = _stated(rises)
    return table


def networks_for(network: Network, facts: Sequence[Fact], leave_out_reference: bool = True) -> Networks:
    """Return each network that the facts are to be predicted with, and the positions of its facts.

    Without the evidence of a fact's paper: what rests on it alone goes, what others support stays.

    Parameters
    ----------
    network : Network
        The whole network.
    facts : sequence of Fact
        In any order.
    leave_out_reference : bool
        If False the whole network serves all facts.
    """
    groups: dict[tuple[str, ...], list[int]] = {}
    for place, fact in enumerate(facts):
        groups.setdefault((fact.paper, *fact.aliases) if leave_out_reference else (), []).append(place)
    untouched: list[int] = []
    found: list[tuple[Network, list[int]]] = []
    for (paper, *aliases), places in groups.items() if leave_out_reference else ():
        edges, keep = without_paper(network._edges, paper, aliases)
        if keep.all() and edges.equals(network._edges):
            untouched += places
        else:
            found.append((network.with_edges(edges[keep]), places))
    untouched = untouched if leave_out_reference else list(range(len(facts)))
    return [*found, (network, untouched)] if untouched else found


def readout_effect(network: Network, effects: Effects, parts: Sequence[str], quantity: str) -> Array:
    """Return the change of a readout in every member.

    A transcript changes by a log2 fold change, an activity by a difference; a ratio changes by the
    difference of its parts' log2 changes. A transcript that no edge of the network leads to is
    represented by the activity of its node.

    Parameters
    ----------
    network : Network
        That was simulated.
    effects : Effects
        Both arms in every member.
    parts : sequence of str
        A node or gene, or numerator and denominator.
    quantity : {"transcript", "activity"}
        What of each part is read.

    Returns
    -------
    ndarray of float64, shape (members,)
        NaN in members that do not come to rest.
    """
    changes = [_change(network, effects, part, quantity, len(parts) > 1) for part in parts]
    change = changes[0] if len(changes) == 1 else changes[0] - changes[1]
    return np.where(effects.converged, change, np.nan)


def readout_node(network: Network, name: str, quantity: str) -> int:
    """Return the position of the node that is read out.

    Parameters
    ----------
    network : Network
        Whose nodes are meant.
    name : str
        A node or gene. A gene's transcript is read at the form that edges of the transcription layer lead to,
        its activity at its main form.
    quantity : {"transcript", "activity"}
        What is read.
    """
    if quantity == "transcript" and name in network.transcripts:
        return network.index[network.transcripts[name]]
    return network.index[name if name in network.index else network.resolve(name)[0]]


def _change(network: Network, effects: Effects, name: str, quantity: str, relative: bool) -> Array:
    node = readout_node(network, name, quantity)
    moved = effects.transcript_total[:, node]
    if quantity == "transcript" and np.any(moved != 0):
        return moved
    before, after = effects.baseline[:, node], effects.perturbed[:, node]
    return np.asarray(np.log2(np.maximum(after, 1e-12) / np.maximum(before, 1e-12)) if relative else after - before)


def _simulate(network: Network, ensemble: Ensemble, facts: Sequence[Fact], rows: list[int], engine: str) -> Iterator[tuple[int, Array]]:
    by_experiment: dict[Experiment, list[int]] = {}
    for row in rows:
        by_experiment.setdefault(facts[row].experiment, []).append(row)
    found: dict[int, list[Array]] = {row: [] for row in rows}
    for part, settled in _jobs(ensemble, list(by_experiment)):
        for experiment, effects in _settled(network, part, settled, engine):
            for row in by_experiment[experiment]:
                found[row].append(readout_effect(network, effects, facts[row].parts, facts[row].quantity))
    return ((row, np.concatenate(parts)) for row, parts in found.items())


def _settled(
    network: Network, ensemble: Ensemble, experiments: Sequence[tuple[Experiment, str]], engine: str
) -> Iterator[tuple[Experiment, Effects]]:
    """Yield the effects of each experiment in its context; experiments on the same control share it.

    From one start only: whether another start leads elsewhere is asked of a response itself.
    """
    baselines: dict[tuple[object, ...], Baseline] = {}
    for experiment, context in experiments:
        control, treated, _ = experiment.condition(network, context).arms(network, ensemble)
        key = (experiment.background, context)
        if key not in baselines:
            baselines[key] = solve_baseline(ensemble, control, starts=1)
        yield experiment, perturbed_effects(ensemble, baselines[key], treated, engine, starts=1)


def _jobs(ensemble: Ensemble, experiments: Sequence[Experiment]) -> Iterator[tuple[Ensemble, list[tuple[Experiment, str]]]]:
    """Yield members and the (experiment, context) pairs that they simulate.

    Where the context is known these are all members, else an equal share of them in each context.
    """
    contexts = list_contexts()
    sure = [(experiment, experiment.context) for experiment in experiments if experiment.context in contexts]
    unsure = [experiment for experiment in experiments if experiment.context not in contexts]
    if sure:
        yield ensemble, sure
    if unsure:
        bounds = np.linspace(0, ensemble.members, len(contexts) + 1).astype(int)
        for context, (low, high) in zip(contexts, pairwise(bounds), strict=True):
            yield ensemble.subset(slice(low, high)), [(experiment, context) for experiment in unsure]


def _lacking(network: Network, fact: Fact) -> list[str]:
    named = [*fact.experiment.nodes, *(name for name, _ in fact.experiment.background), *fact.parts]
    return sorted(set(lacking(named, network)))


def _covered(network: Network, fact: Fact) -> bool:
    nodes = fact.experiment.nodes
    return len(lacking(nodes, network)) < len(nodes) and not lacking(fact.parts, network)


def _own_names(network: Network, parts: Sequence[str]) -> tuple[str, ...]:
    return tuple(network.own_name(part) if part in network else part for part in parts)


def _stated(rises: Array) -> tuple[NDArray[np.object_], Array]:
    """Return the more probable direction, and its probability; nothing and NaN where there is none."""
    direction = np.where(np.isnan(rises), "", np.where(rises >= 0.5, "up", "down")).astype(object)
    return direction, np.maximum(rises, 1.0 - rises)


def _sizes(values: Array, margin: float) -> tuple[float, float, float, float]:
    """Return p_up, p_down, p_none and the median effect of one fact."""
    rests = values[~np.isnan(values)]
    moved = np.where(np.abs(rests) > STILL, rests, 0.0)
    if not moved.any():
        return np.nan, np.nan, np.nan, np.nan
    above, below = float(np.mean(moved > margin)), float(np.mean(moved < -margin))
    return above, below, max(0.0, 1.0 - above - below), float(np.median(moved))


def _describe(fact: Fact) -> dict[str, object]:
    experiment = fact.experiment
    return {
        "id": fact.id,
        "nodes": ";".join(experiment.nodes),
        "sign": experiment.sign,
        "background": ";".join(f"{name}={level:+d}" for name, level in experiment.background),
        "context": experiment.context,
        "readout": fact.readout,
        "direction": fact.direction,
        "measure": fact.measure,
        "paper_id": paper_name(fact.paper, fact.aliases),
    }
