"""The effect of every fact's experiment on its readout, in every member, without the edges that cite its paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from jaknet.data.load import list_contexts, load_context
from jaknet.errors import InputError, few
from jaknet.simulation.conditions import Condition
from jaknet.simulation.effects import Effects, simulate_effects
from jaknet.simulation.ensemble import Ensemble, draw_ensemble
from jaknet.simulation.settings import EnsembleSettings
from jaknet.validation.facts import Experiment, Fact, cited_edges

if TYPE_CHECKING:
    from jaknet.network.model import Network

__all__ = ["NUMERICALLY_ZERO", "FactEffects", "effects_of_facts", "readout_effect"]

#: Smaller changes are rounding of the steady states, which are solved to 1e-9.
NUMERICALLY_ZERO = 1e-6

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FactEffects:
    """What the ensemble says about each fact.

    Attributes
    ----------
    values : ndarray of float64, shape (members, n_facts)
        Change of the readout (of a ratio: of its logarithm); NaN in members that do not come to
        rest and where the network lacks the readout or everything that was perturbed.
    dropped : ndarray of int64, shape (n_facts,)
        Edges left out because they cite the fact's paper.
    lacking : tuple of str
        For each fact the names that the network lacks, joined with ``;``.
    """

    values: Array
    dropped: NDArray[np.int64]
    lacking: tuple[str, ...]

    def of(self, rows: slice) -> FactEffects:
        """Return the effects of some of the facts."""
        return FactEffects(self.values[:, rows], self.dropped[rows], self.lacking[rows])


def effects_of_facts(
    network: Network,
    facts: Sequence[Fact],
    settings: EnsembleSettings | None = None,
    members: int = 1000,
    seed: int = 0,
    engine: str = "logic",
    leave_out_reference: bool = True,
    progress: bool = False,
) -> FactEffects:
    """Simulate the experiment of every fact, each distinct one once.

    An experiment whose context is empty or unknown is simulated in every bundled context, an equal
    share of the members in each: not knowing the context then widens the answer.

    Parameters
    ----------
    network : Network
    facts : sequence of Fact
    settings : EnsembleSettings, optional
    members, seed, engine
        As in `jaknet.perturb`.
    leave_out_reference : bool
        Leave out the edges that cite a fact's paper.
    progress : bool

    Returns
    -------
    FactEffects
    """
    values = np.full((members, len(facts)), np.nan)
    cited = [cited_edges(network, fact) if leave_out_reference else np.zeros(network.n_edges, bool) for fact in facts]
    able = [place for place, fact in enumerate(facts) if _covered(network, fact)]

    def _wiring(place: int) -> bytes:
        return cited[place].tobytes()

    for _, places in groupby(sorted(able, key=_wiring), key=_wiring):
        rows = list(places)
        left = network.with_edges(~cited[rows[0]])
        ensemble = draw_ensemble(left, settings, members, seed)
        for place, effect in _simulate(left, ensemble, facts, rows, engine, progress):
            values[:, place] = effect
    lacking = tuple(";".join(_lacking(network, fact)) for fact in facts)
    return FactEffects(values, np.array([int(mask.sum()) for mask in cited], np.int64), lacking)


def readout_effect(network: Network, effects: Effects, parts: Sequence[str], quantity: str) -> Array:
    """Return the change of a readout in every member.

    Of a ratio it is the change of its logarithm. A transcript that no edge of the network leads
    to is represented by the activity of its node.

    Parameters
    ----------
    network : Network
    effects : Effects
    parts : sequence of str
        A node or gene, or numerator and denominator.
    quantity : {"transcript", "activity"}

    Returns
    -------
    ndarray of float64, shape (members,)
        NaN in members that do not come to rest.
    """
    levels = [_levels(network, effects, part, quantity) for part in parts]
    if len(levels) == 1:
        change = levels[0][1] - levels[0][0]
    else:
        (low, high), (low_below, high_below) = [np.maximum(pair, 1e-12) for pair in levels]
        change = np.log(high / low) - np.log(high_below / low_below)
    return np.where(effects.converged, change, np.nan)


def _levels(network: Network, effects: Effects, name: str, quantity: str) -> Array:
    node = network.index[name if name in network.index else network.resolve(name)[0]]
    transcript = np.array([effects.transcript_baseline[:, node], effects.transcript_perturbed[:, node]])
    if quantity == "transcript" and np.any(transcript[0] != transcript[1]):
        return transcript
    return np.array([effects.baseline[:, node], effects.perturbed[:, node]])


def _simulate(
    network: Network, ensemble: Ensemble, facts: Sequence[Fact], rows: list[int], engine: str, progress: bool
) -> Iterator[tuple[int, Array]]:
    by_experiment: dict[Experiment, list[int]] = {}
    for row in rows:
        by_experiment.setdefault(facts[row].experiment, []).append(row)
    found: dict[int, list[Array]] = {row: [] for row in rows}
    for part, settled in _jobs(ensemble, list(by_experiment)):
        conditions = [_condition(network, experiment, context, engine) for experiment, context in settled]
        results = simulate_effects(network, conditions, engine=engine, ensemble=part, progress=progress)
        for (experiment, _), effects in zip(settled, results, strict=True):
            for row in by_experiment[experiment]:
                found[row].append(readout_effect(network, effects, facts[row].parts, facts[row].quantity))
    return ((row, np.concatenate(parts)) for row, parts in found.items())


def _jobs(ensemble: Ensemble, experiments: Sequence[Experiment]) -> Iterator[tuple[Ensemble, list[tuple[Experiment, str]]]]:
    """Yield members and the experiments they simulate: all of them where the context is known, else a share in each context."""
    contexts = list_contexts()
    sure = [(experiment, experiment.context) for experiment in experiments if experiment.context in contexts]
    unsure = [experiment for experiment in experiments if experiment.context not in contexts]
    if sure:
        yield ensemble, sure
    if unsure:
        bounds = np.linspace(0, ensemble.members, len(contexts) + 1).astype(int)
        for context, (low, high) in zip(contexts, pairwise(bounds), strict=True):
            yield _share(ensemble, slice(low, high)), [(experiment, context) for experiment in unsure]


def _share(ensemble: Ensemble, rows: slice) -> Ensemble:
    return replace(ensemble, parameters=ensemble.part(rows), signed_weight=ensemble.signed_weight[rows])


def _condition(network: Network, experiment: Experiment, context: str, engine: str) -> Condition:
    changed = experiment.perturbation(network)
    if changed is None:
        raise InputError(f"the network has none of {few(experiment.nodes)}.")
    # By superposition the inputs of a context change no effect of the linear engine; it refuses them.
    settled = load_context(context)
    return Condition(changed, settled if engine == "logic" or settled.clamps else None, experiment.shared(network))


def _lacking(network: Network, fact: Fact) -> list[str]:
    named = [*fact.experiment.nodes, *(name for name, _ in fact.experiment.background), *fact.parts]
    return sorted({name for name in named if name not in network})


def _covered(network: Network, fact: Fact) -> bool:
    return any(node in network for node in fact.experiment.nodes) and all(part in network for part in fact.parts)
