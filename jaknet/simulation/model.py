"""Both arms of an experiment in every member: steady states, or the tangent at the control arm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from jaknet.errors import InputError
from jaknet.parallel import run_tasks, workers
from jaknet.simulation import _model, _tangent
from jaknet.simulation._model import Arm
from jaknet.simulation.ensemble import Ensemble

__all__ = ["STILL", "Baseline", "Effects", "altered_effects", "changed_nodes", "member_weights", "perturbed_effects", "solve_baseline"]

#: Effects up to this size count as exactly none, in the whole library. Wider than `_model.TOLERANCE`, 1e-9: sweeps
#: stop when a step is that small, and a cycle that settles slowly is then still further than one step from its rest.
STILL = 1e-6
#: Two starts that end further apart than this reached different steady states. Wider than `STILL`: the starts approach one
#: state from opposite sides and stop short of it on both.
_APART = 1e-4
States = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Baseline:
    """The control arm in every member.

    Attributes
    ----------
    arm : Arm
        What is done to it.
    states : ndarray of float64, shape (members, n_nodes)
        Steady states, started from the reference state.
    transcripts : ndarray of float64, shape (members, n_nodes)
        log2 fold changes against the reference state.
    converged, multistable : ndarray of bool, shape (members,)
        Came to rest from both starts; came to different states.
    """

    arm: Arm
    states: States
    transcripts: States
    converged: Flags
    multistable: Flags


@dataclass(frozen=True)
class Effects:
    """Both arms of one condition in every member.

    Attributes
    ----------
    baseline, perturbed : ndarray of float64, shape (members, n_nodes)
        Activities; the perturbed ones continue from the baseline state of the same member.
    transcript_baseline, transcript_perturbed : ndarray of float64, shape (members, n_nodes)
        log2 fold changes against the reference state.
    converged : ndarray of bool, shape (members,)
        Both arms came to rest from every start; others oscillate or drift and carry no weight.
    multistable : ndarray of bool, shape (members,)
        Another start led to another state.
    lacking : dict
        Names in the condition that the network lacks.
    """

    baseline: States
    perturbed: States
    transcript_baseline: States
    transcript_perturbed: States
    converged: Flags
    multistable: Flags
    lacking: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> States:
        """Change of activity, shape (members, n_nodes)."""
        return self.perturbed - self.baseline

    @property
    def transcript_total(self) -> States:
        """log2 fold change of the transcripts, shape (members, n_nodes)."""
        return self.transcript_perturbed - self.transcript_baseline


def changed_nodes(control: Arm, treated: Arm) -> Flags:
    """Return the nodes on which two arms differ, shape (n_nodes,).

    Parameters
    ----------
    control, treated : Arm
        Of the same network.
    """
    held = (control.pin != treated.pin) & ~(np.isnan(control.pin) & np.isnan(treated.pin))
    given = (control.level != treated.level) & ~(np.isnan(control.level) & np.isnan(treated.level))
    return (control.scale != treated.scale).any(axis=0) | (control.whole != treated.whole) | held | given


def solve_baseline(ensemble: Ensemble, arm: Arm, starts: int = 2) -> Baseline:
    """Bring every member to the steady state of one arm.

    Parameters
    ----------
    ensemble : Ensemble
        Members to solve.
    arm : Arm
        What is done to them.
    starts : {1, 2}
        From the reference state; and from every node at 1, which shows whether there is another state.
    """
    everything = np.ones(len(ensemble.wiring.names), bool)
    states, rests = _settle(ensemble, arm, everything, ensemble.resting)
    apart = np.zeros(len(states), bool)
    if starts > 1:
        high, high_rests = _settle(ensemble, arm, everything, np.ones(states.shape))
        rests, apart = rests & high_rests, _differ(states, high)
    return Baseline(arm, states, ensemble.transcripts(states), rests, apart)


def perturbed_effects(ensemble: Ensemble, base: Baseline, treated: Arm, engine: str = "logic", starts: int = 2) -> Effects:
    """Bring every member from its baseline to the treated arm.

    The first start is the baseline state, the second has everything downstream of the change at 1.
    Nodes that the change cannot reach keep their baseline value. The linear engine instead follows
    the tangent of the model at the baseline.

    Parameters
    ----------
    ensemble : Ensemble
        The members of the baseline.
    base : Baseline
        The control arm.
    treated : Arm
        What is done in the other arm.
    engine : {"logic", "linear"}
        Steady state or tangent.
    starts : {1, 2}
        As in `solve_baseline`.
    """
    active = _model.downstream(ensemble.plan, changed_nodes(base.arm, treated))
    apart = base.multistable
    if engine == "linear":
        states, rests = _follow(ensemble, base, treated, active)
    else:
        states, rests = _settle(ensemble, treated, active, base.states.copy())
        if starts > 1:
            other, other_rests = _settle(ensemble, treated, active, np.where(active, 1.0, base.states))
            rests, apart = rests & other_rests, apart | _differ(states, other)
    # Beyond its reach a change leaves the same bits, whatever rounding a recomputation brings.
    levels = np.where(active, ensemble.transcripts(states), base.transcripts)
    return Effects(base.states, states, base.transcripts, levels, rests & base.converged, apart)


def altered_effects(ensemble: Ensemble, control: Arm, treated: Arm, near: Effects, changed: Flags | None = None) -> Effects:
    """Compute both arms on an altered network, starting from the steady states of the unaltered one.

    From one start only, and in one thread: several altered networks are solved side by side.

    Parameters
    ----------
    ensemble : Ensemble
        Members on the altered network.
    control, treated : Arm
        What is done to them.
    near : Effects
        Both arms on the unaltered network.
    changed : ndarray of bool, shape (n_nodes,), optional
        Nodes whose regulation was altered; only what they reach is computed anew. By default all.
    """
    plan, parameters, before = ensemble.plan, ensemble.parameters, near.baseline.copy()
    altered = np.ones(before.shape[1], bool) if changed is None else _model.downstream(plan, changed)
    status = _model.steady_states(plan, parameters, control, altered, before)
    moved = _model.downstream(plan, changed_nodes(control, treated))
    after = np.where(moved, near.perturbed, before)
    status |= _model.steady_states(plan, parameters, treated, moved, after)
    levels = ensemble.transcripts(before)
    rests = status == _model.SETTLED
    return Effects(before, after, levels, np.where(moved, ensemble.transcripts(after), levels), rests, np.zeros_like(rests))


def member_weights(converged: Flags) -> States:
    """Return equal weights that sum to 1, with none on members that do not come to rest.

    Parameters
    ----------
    converged : ndarray of bool, shape (members,)
        Members that came to rest.

    Raises
    ------
    InputError
        If no member comes to rest.
    """
    if not converged.any():
        raise InputError(f"none of {len(converged)} members comes to rest. Lower the gain of the ensemble.")
    return converged / converged.sum()


def _settle(ensemble: Ensemble, arm: Arm, active: Flags, states: States) -> tuple[States, Flags]:
    def _solve(rows: slice) -> NDArray[np.int8]:
        return _model.steady_states(ensemble.plan, ensemble.part(rows), arm.take(rows), active, states[rows])

    return states, _in_blocks(len(states), _solve)


def _follow(ensemble: Ensemble, base: Baseline, treated: Arm, active: Flags) -> tuple[States, Flags]:
    states = base.states.copy()

    def _solve(rows: slice) -> NDArray[np.int8]:
        return _tangent.tangents(ensemble.plan, ensemble.part(rows), base.arm.take(rows), treated.take(rows), active, states[rows])

    rests = _in_blocks(len(states), _solve)
    return np.where(active, states, base.states), rests


def _in_blocks(members: int, solve: Callable[[slice], NDArray[np.int8]]) -> Flags:
    """Solve all members, a block of rows a worker; rows do not depend on each other, so nor does the result."""
    edges = np.linspace(0, members, min(workers(), 1 + members // 100) + 1).astype(int)
    blocks = [slice(low, high) for low, high in pairwise(edges)]
    return np.concatenate(list(run_tasks(solve, blocks, in_place=True))) == _model.SETTLED


def _differ(states: States, others: States) -> Flags:
    return np.abs(states - others).max(axis=1, initial=0.0) > _APART
