"""Effects of conditions on every member: the fast entry that everything else is built on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from jaknet.errors import InputError, few
from jaknet.parallel import run_tasks, workers
from jaknet.simulation import _logic
from jaknet.simulation._logic import Arm
from jaknet.simulation.conditions import Condition, changed_nodes
from jaknet.simulation.ensemble import Ensemble, draw_ensemble
from jaknet.simulation.settings import EnsembleSettings

if TYPE_CHECKING:
    from jaknet.network.model import Network

__all__ = ["ENGINES", "Baseline", "Effects", "direct_effects", "perturbed_effects", "simulate_effects", "solve_baseline"]

ENGINES = ("logic", "linear")
_APART = 1e-4
Reduced = TypeVar("Reduced")
States = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Baseline:
    """The control arm: its steady states from a low and a high start.

    Attributes
    ----------
    arm : Arm
    states, high_states : ndarray of float64, shape (members, n_nodes)
        From all nodes at 0 (the one reported) and from all nodes at 1.
    transcripts : ndarray of float64, shape (members, n_nodes)
    converged, multistable : ndarray of bool, shape (members,)
        Came to rest from both starts; came to different states.
    """

    arm: Arm
    states: States
    high_states: States
    transcripts: States
    converged: Flags
    multistable: Flags


@dataclass(frozen=True)
class Effects:
    """Both arms of one condition in every member.

    Attributes
    ----------
    condition : Condition or None
    baseline, perturbed : ndarray of float64, shape (members, n_nodes)
        Activities; the perturbed ones continue from the baseline state of the same member.
    transcript_baseline, transcript_perturbed : ndarray of float64, shape (members, n_nodes)
    converged : ndarray of bool, shape (members,)
        Both arms came to rest from every start; others oscillate or drift and carry no weight.
    multistable : ndarray of bool, shape (members,)
        Another start led to another state.
    lacking : dict
        Names in the condition that the network lacks.
    """

    condition: Condition | None
    baseline: States
    perturbed: States
    transcript_baseline: States
    transcript_perturbed: States
    converged: Flags
    multistable: Flags
    lacking: dict[str, int]

    @property
    def total(self) -> States:
        """Change of activity, shape (members, n_nodes)."""
        return self.perturbed - self.baseline

    @property
    def transcript_total(self) -> States:
        """Change of transcript, shape (members, n_nodes)."""
        return self.transcript_perturbed - self.transcript_baseline


def solve_baseline(ensemble: Ensemble, arm: Arm) -> Baseline:
    """Bring every member to the steady state of one arm, from a low and from a high start."""
    shape = (ensemble.members, len(ensemble.wiring.names))
    everything = np.ones(shape[1], bool)
    low, low_rests = _settle(ensemble, arm, everything, np.zeros(shape))
    high, high_rests = _settle(ensemble, arm, everything, np.ones(shape))
    levels = _logic.transcripts(ensemble.plan, ensemble.parameters, low)
    return Baseline(arm, low, high, levels, low_rests & high_rests, _differ(low, high))


def perturbed_effects(
    ensemble: Ensemble, base: Baseline, treated: Arm, condition: Condition | None = None, lacking: dict[str, int] | None = None
) -> Effects:
    """Bring every member from its baseline to the steady state of the treated arm.

    The first start is the baseline state, the second has everything downstream of the change at
    1. Nodes that the change cannot reach keep their baseline value.
    """
    active = _logic.downstream(ensemble.plan, changed_nodes(base.arm, treated))
    states, rests = _settle(ensemble, treated, active, base.states.copy())
    other, other_rests = _settle(ensemble, treated, active, np.where(active, 1.0, base.states))
    levels = _logic.transcripts(ensemble.plan, ensemble.parameters, states)
    # Beyond its reach a change leaves the same bits, whatever rounding a recomputation brings.
    levels = np.where(active, levels, base.transcripts)
    converged, multistable = rests & other_rests & base.converged, _differ(states, other) | base.multistable
    return Effects(condition, base.states, states, base.transcripts, levels, converged, multistable, lacking or {})


def direct_effects(ensemble: Ensemble, baseline: Baseline, treated: Arm) -> tuple[States, States]:
    """Return the direct effects on activity and on transcript: every node but the targets held at baseline.

    Returns
    -------
    tuple of ndarray of float64, shape (members, n_nodes)
    """
    targets = changed_nodes(baseline.arm, treated)
    stepped = _logic.one_step(ensemble.plan, ensemble.parameters, treated, baseline.states, targets)
    held = np.where(targets, stepped, baseline.states)
    levels = _logic.transcripts(ensemble.plan, ensemble.parameters, held)
    reached = _logic.downstream(ensemble.plan, targets)
    # Outside the cone a recomputed baseline differs from the stored one by rounding only.
    return np.where(reached, stepped - baseline.states, 0.0), np.where(reached, levels - baseline.transcripts, 0.0)


def simulate_effects(
    network: Network,
    conditions: Sequence[Condition],
    settings: EnsembleSettings | None = None,
    members: int = 1000,
    seed: int = 0,
    engine: str = "logic",
    ensemble: Ensemble | None = None,
    reduce: Callable[[Effects], Reduced] | None = None,
    progress: bool = False,
) -> Iterator[Any]:
    """Yield the effects of each condition, in order; control arms are shared, nothing piles up in memory.

    Parameters
    ----------
    network : Network
    conditions : sequence of Condition
    settings : EnsembleSettings, optional
    members : int
    seed : int
    engine : {"logic", "linear"}
    ensemble : Ensemble, optional
        Members drawn before (then `settings`, `members` and `seed` are theirs).
    reduce : callable, optional
        Applied to each `Effects` inside the worker, so that the large arrays die there.
    progress : bool

    Yields
    ------
    Effects, or what `reduce` makes of them

    Raises
    ------
    InputError
        For an unknown engine, or a condition that it cannot express.

    Examples
    --------
    >>> import pandas as pd
    >>> from jaknet.network.model import Network
    >>> from jaknet.simulation.perturbations import knockout
    >>> net = Network(pd.DataFrame({"source": ["A"], "target": ["B"], "sign": [1]}))
    >>> effects, = simulate_effects(net, [Condition(knockout("A"))], members=20)
    >>> bool((effects.total[:, net.index["B"]] <= 0).all())
    True
    """
    if engine not in ENGINES:
        raise InputError(f"unknown engine {engine!r}; use one of {few(ENGINES)}.")
    drawn = ensemble or draw_ensemble(network, settings, members, seed)
    arms = [condition.arms(network) for condition in conditions]
    if engine == "linear":
        from jaknet.simulation.linear import linear_effects

        def _solve(row: int) -> Any:
            return _finish(linear_effects(drawn, conditions[row], *arms[row]))

    else:
        baselines = {_arm_key(control): solve_baseline(drawn, control) for control, _, _ in _unique(arms)}

        def _solve(row: int) -> Any:
            control, treated, lacking = arms[row]
            return _finish(perturbed_effects(drawn, baselines[_arm_key(control)], treated, conditions[row], lacking))

    def _finish(effects: Effects) -> Any:
        return effects if reduce is None else reduce(effects)

    yield from run_tasks(_solve, range(len(conditions)), progress, "conditions")


def _settle(ensemble: Ensemble, arm: Arm, active: Flags, states: States) -> tuple[States, Flags]:
    """Settle all members, a block of rows a worker; rows do not depend on each other, so nor does the result."""
    edges = np.linspace(0, len(states), min(workers(), 1 + len(states) // 100) + 1).astype(int)
    blocks = [slice(low, high) for low, high in pairwise(edges)]

    def _settle(rows: slice) -> NDArray[np.int8]:
        return _logic.steady_states(ensemble.plan, ensemble.part(rows), arm, active, states[rows])

    status = np.concatenate(list(run_tasks(_settle, blocks, in_place=True)))
    return states, status == _logic.SETTLED


def _differ(states: States, others: States) -> Flags:
    return np.abs(states - others).max(axis=1, initial=0.0) > _APART


def _arm_key(arm: Arm) -> bytes:
    return b"".join(part.tobytes() for part in arm)


def _unique(arms: list[tuple[Arm, Arm, dict[str, int]]]) -> list[tuple[Arm, Arm, dict[str, int]]]:
    return list({_arm_key(arm[0]): arm for arm in arms}.values())
