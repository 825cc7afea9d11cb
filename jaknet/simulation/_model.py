"""Kernels of the model: steady states, their tangent, transcripts and time courses on arrays.

One function, `_called_for`, is the activity that a node's inputs call for, everywhere; `EnsembleSettings` has the equation.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from jaknet.simulation._wiring import Plan

__all__ = ["PART_FLOOR", "RESTLESS", "SETTLED", "Arm", "Members", "courses", "downstream", "steady_states", "tangents", "transcripts"]

SETTLED, RESTLESS = 0, 1
#: Added to the activity of a part before its logarithm is taken: a complex can be emptied to about a hundredth.
PART_FLOOR = 0.01
_TOLERANCE = 1e-9
#: Share of its change that a node takes in one sweep, and the sweeps given to it, phase by phase.
_DAMPING = (1.0, 0.5, 0.2, 0.05)
_SWEEPS = (60, 100, 300, 1000)
_TANGENT_SWEEPS = 300

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Members(NamedTuple):
    """Parameters, one row a member.

    Attributes
    ----------
    strength : ndarray of float64, shape (members, n_edges)
        Signed, in plan order; log odds by which the source moves the target; 0 where the member
        lacks the edge, 1 for a part of a complex.
    rest : ndarray of float64, shape (members, n_nodes)
        Log odds of the activity in the reference state.
    rate : ndarray of float64, shape (members, n_nodes)
        ``1 / tau``.
    """

    strength: Floats
    rest: Floats
    rate: Floats


class Arm(NamedTuple):
    """What is done to every node in one arm of an experiment.

    Attributes
    ----------
    scale : ndarray of float64, shape (n_nodes,)
        Factor on the capacity; scales a pinned activity too.
    pin : ndarray of float64, shape (n_nodes,)
        Activity held; NaN where free.
    level : ndarray of float64, shape (n_nodes,)
        Activity to which an external input alone brings the node; NaN where there is none.
    """

    scale: Floats
    pin: Floats
    level: Floats


# The kernels below work on plain arrays taken out of their records once: looking into a record inside
# the loops made them three times slower.


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _logistic(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-value))


@njit(cache=True, nogil=True)
def _gather(
    order: Integers, plan_first: Integers, part_begin: Integers, plan_source: Integers, weight: Floats,
    first: Integers, last: Integers, source: Integers, strength: Floats,
) -> None:  # fmt: skip
    """List the regulators that a member has, node by node: absent edges then cost nothing."""
    place = 0
    for node in order:
        first[node] = place
        for edge in range(plan_first[node], part_begin[node]):
            if weight[edge] != 0.0:
                source[place], strength[place] = plan_source[edge], weight[edge]
                place += 1
        last[node] = place


@njit(cache=True, nogil=True, error_model="numpy")
def _offsets(
    rest: Floats, level: Floats, first: Integers, last: Integers, source: Integers, strength: Floats,
    part_begin: Integers, part_end: Integers, plan_source: Integers, offset: Floats,
) -> None:  # fmt: skip
    """Write what remains of each node's log odds when every source is at 0: its own level less its sources' rest."""
    count = len(rest)
    still = np.empty(count)
    for node in range(count):
        still[node] = _logistic(rest[node])
    for node in range(count):
        given = level[node]
        total = rest[node] if given != given else math.log(given / (1.0 - given))
        for edge in range(first[node], last[node]):
            total -= strength[edge] * still[source[edge]]
        for edge in range(part_begin[node], part_end[node]):
            total -= math.log(still[plan_source[edge]] + PART_FLOOR)
        offset[node] = total


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _called_for(
    offset: float, first: int, last: int, source: Integers, strength: Floats,
    part_begin: int, part_end: int, plan_source: Integers, state: Floats,
) -> float:  # fmt: skip
    """Return the activity that a node's sources call for in a state, before its capacity."""
    total, parts = offset, 1.0
    for edge in range(first, last):
        total += strength[edge] * state[source[edge]]
    for edge in range(part_begin, part_end):
        parts *= state[plan_source[edge]] + PART_FLOOR
    # sigma(total + ln parts), without the logarithm.
    return parts / (parts + math.exp(-total))


@njit(cache=True, nogil=True, error_model="numpy")
def _prepare(
    plan: Plan, parameters: Members, member: int, level: Floats,
    first: Integers, last: Integers, source: Integers, strength: Floats, offset: Floats,
) -> None:  # fmt: skip
    _gather(plan.order, plan.first, plan.part_begin, plan.source, parameters.strength[member], first, last, source, strength)
    # fmt: off
    _offsets(parameters.rest[member], level, first, last, source, strength,
             plan.part_begin, plan.first[1:], plan.source, offset)
    # fmt: on


@njit(cache=True, nogil=True, error_model="numpy")
def steady_states(plan: Plan, parameters: Members, arm: Arm, active: NDArray[np.bool_], states: Floats) -> NDArray[np.int8]:
    """Move every member from its start to its steady state, in place.

    Components are solved in topological order by Gauss-Seidel sweeps to 1e-9, undamped first and
    then with smaller and smaller steps. The smallest follow the ODE ``dy/dt = f(y) - y``, so that a
    member that oscillates is seen.

    Parameters
    ----------
    plan, parameters, arm
        See `Plan`, `Members`, `Arm`.
    active : ndarray of bool, shape (n_nodes,)
        Nodes that may change; a union of whole components closed under the edges.
    states : ndarray of float64, shape (members, n_nodes)
        Starts on entry, steady states on return.

    Returns
    -------
    ndarray of int8, shape (members,)
        `SETTLED` or `RESTLESS`.
    """
    members, count = states.shape
    order, block, cyclic, plan_source = plan.order, plan.block, plan.cyclic, plan.source
    part_begin, part_end = plan.part_begin, plan.first[1:]
    scale, pin = arm.scale, arm.pin
    first, last = np.empty(count, np.int64), np.empty(count, np.int64)
    source, strength, offset = np.empty(len(plan_source), np.int64), np.empty(len(plan_source)), np.empty(count)
    status = np.zeros(members, np.int8)
    for member in range(members):
        state = states[member]
        _prepare(plan, parameters, member, arm.level, first, last, source, strength, offset)
        settled = True
        for component in range(len(cyclic)):
            low, high = block[component], block[component + 1]
            if not active[order[low]]:
                continue
            phase, sweep = 0, 0
            while True:
                largest = 0.0
                for place in range(low, high):
                    node = order[place]
                    held = pin[node]
                    if held == held:
                        new = scale[node] * held
                    else:
                        # fmt: off
                        new = scale[node] * _called_for(offset[node], first[node], last[node], source, strength,
                                                        part_begin[node], part_end[node], plan_source, state)
                        # fmt: on
                    largest = max(largest, abs(new - state[node]))
                    state[node] = new if phase == 0 else state[node] + _DAMPING[phase] * (new - state[node])
                if largest < _TOLERANCE or not cyclic[component]:
                    break
                sweep += 1
                if sweep == _SWEEPS[phase]:
                    phase, sweep = phase + 1, 0
                    if phase == len(_DAMPING):
                        settled = False
                        break
        if not settled:
            status[member] = RESTLESS
    return status


@njit(cache=True, nogil=True, error_model="numpy")
def _runge_kutta(
    plan: Plan, arm: Arm, first: Integers, last: Integers, source: Integers, strength: Floats, offset: Floats,
    state: Floats, rate: Floats, step: float,
) -> float:  # fmt: skip
    """Take one classical Runge-Kutta step of ``dy/dt = (f(y) - y) / tau`` in place and return the speed at its start."""
    count = len(state)
    start, sums, slope = state.copy(), np.zeros(count), np.empty(count)
    speed = 0.0
    for stage in range(4):
        for node in range(count):
            held = arm.pin[node]
            # fmt: off
            slope[node] = arm.scale[node] * (held if held == held else
                _called_for(offset[node], first[node], last[node], source, strength,
                            plan.part_begin[node], plan.first[node + 1], plan.source, state))
            # fmt: on
        share = 1.0 if stage == 0 or stage == 3 else 2.0
        reach = 0.5 * step if stage < 2 else step
        for node in range(count):
            slope[node] = rate[node] * (slope[node] - state[node])
            sums[node] += share * slope[node]
            state[node] = start[node] + (step * sums[node] / 6.0 if stage == 3 else reach * slope[node])
        if stage == 0:
            speed = np.max(np.abs(slope))
    return speed


@njit(cache=True, nogil=True, error_model="numpy")
def tangents(plan: Plan, parameters: Members, control: Arm, treated: Arm, active: NDArray[np.bool_], states: Floats) -> NDArray[np.int8]:
    """Move every member from its baseline along the tangent of the model there, in place.

    Every log odds is replaced by its tangent at the baseline, capacities and pins are those of the
    treated arm exactly: ``y = s' (sigma_0 + sigma_0' (eta - eta_0))``, a linear system. It is solved
    by Gauss-Seidel sweeps, which converge wherever those of the model do, else directly.

    Parameters
    ----------
    plan, parameters, control, treated, active
        As in `steady_states`.
    states : ndarray of float64, shape (members, n_nodes)
        Steady states of the control arm on entry, the answer of the tangent on return.

    Returns
    -------
    ndarray of int8, shape (members,)
        `SETTLED`, or `RESTLESS` where the linear system has no solution.
    """
    members, count = states.shape
    order, block, cyclic, plan_source, part_end = plan.order, plan.block, plan.cyclic, plan.source, plan.first[1:]
    first, last = np.empty(count, np.int64), np.empty(count, np.int64)
    source, strength = np.empty(len(plan_source), np.int64), np.empty(len(plan_source))
    offset, other, constant, steep = np.empty(count), np.empty(count), np.empty(count), np.empty(count)
    status = np.zeros(members, np.int8)
    for member in range(members):
        base = states[member].copy()
        change = np.zeros(count)
        _prepare(plan, parameters, member, control.level, first, last, source, strength, offset)
        _prepare(plan, parameters, member, treated.level, first, last, source, strength, other)
        for node in range(count):
            # fmt: off
            share = _called_for(offset[node], first[node], last[node], source, strength,
                                plan.part_begin[node], part_end[node], plan_source, base)
            # fmt: on
            held = treated.pin[node]
            if held == held:
                steep[node], constant[node] = 0.0, treated.scale[node] * held - base[node]
            else:
                steep[node] = treated.scale[node] * share * (1.0 - share)
                constant[node] = treated.scale[node] * share - base[node] + steep[node] * (other[node] - offset[node])
        for component in range(len(cyclic)):
            low, high = block[component], block[component + 1]
            if not active[order[low]]:
                continue
            # fmt: off
            if not _sweep_tangent(order[low:high], cyclic[component], constant, steep, first, last, source, strength,
                                  plan.part_begin, part_end, plan_source, base, change) and \
               not _solve_tangent(order[low:high], constant, steep, first, last, source, strength,
                                  plan.part_begin, part_end, plan_source, base, change):
                status[member] = RESTLESS
            # fmt: on
        # An element at a time, here and in `courses`: assigning a slice takes seconds to compile.
        for node in range(count):
            states[member, node] = base[node] + change[node]
    return status


@njit(cache=True, nogil=True, error_model="numpy")
def _sweep_tangent(
    nodes: Integers, cyclic: bool, constant: Floats, steep: Floats, first: Integers, last: Integers, source: Integers,
    strength: Floats, part_begin: Integers, part_end: Integers, plan_source: Integers, base: Floats, change: Floats,
) -> bool:  # fmt: skip
    for _ in range(_TANGENT_SWEEPS):
        largest = 0.0
        for node in nodes:
            total = 0.0
            for edge in range(first[node], last[node]):
                total += strength[edge] * change[source[edge]]
            for edge in range(part_begin[node], part_end[node]):
                total += change[plan_source[edge]] / (base[plan_source[edge]] + PART_FLOOR)
            new = constant[node] + steep[node] * total
            largest = max(largest, abs(new - change[node]))
            change[node] = new
        if not cyclic or largest < _TOLERANCE:
            return True
        if not largest < 1e6:
            break
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def _solve_tangent(
    nodes: Integers, constant: Floats, steep: Floats, first: Integers, last: Integers, source: Integers,
    strength: Floats, part_begin: Integers, part_end: Integers, plan_source: Integers, base: Floats, change: Floats,
) -> bool:  # fmt: skip
    size = len(nodes)
    place = np.full(len(base), -1)
    for row in range(size):
        place[nodes[row]] = row
    matrix, given = np.eye(size), np.empty(size)
    for row in range(size):
        node = nodes[row]
        given[row] = constant[node]
        for edge in range(first[node], part_end[node] - part_begin[node] + last[node]):
            part = edge >= last[node]
            origin = plan_source[part_begin[node] + edge - last[node]] if part else source[edge]
            reach = steep[node] * (1.0 / (base[origin] + PART_FLOOR) if part else strength[edge])
            if place[origin] >= 0:
                matrix[row, place[origin]] -= reach
            else:
                given[row] += reach * change[origin]
    try:
        found = np.linalg.solve(matrix, given)
    except Exception:  # numba knows no narrower one: the matrix is singular, the tangent has no answer
        return False
    for row in range(size):
        change[nodes[row]] = found[row]
    return bool(np.all(np.isfinite(found)))


@njit(cache=True, nogil=True, error_model="numpy")
def transcripts(plan: Plan, parameters: Members, states: Floats, unit: float) -> Floats:
    """Return the transcripts that given activities entail, as log2 fold changes against the reference state.

    Only edges of layer transcription count: capacity, pins and inputs act on the protein.

    Parameters
    ----------
    unit : float
        log2 fold change for one unit of log odds.

    Returns
    -------
    ndarray of float64, shape (members, n_nodes)
    """
    members, count = states.shape
    levels = np.empty((members, count))
    for member in range(members):
        for node in range(count):
            total = 0.0
            for edge in range(plan.first[node], plan.transcript_end[node]):
                origin = plan.source[edge]
                total += parameters.strength[member, edge] * (states[member, origin] - _logistic(parameters.rest[member, origin]))
            levels[member, node] = unit * total
    return levels


@njit(cache=True, nogil=True)
def downstream(plan: Plan, starts: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the nodes that the starts can reach, themselves included."""
    active = starts.copy()
    grew = True
    while grew:
        grew = False
        for node in plan.order:
            if not active[node]:
                for edge in range(plan.first[node], plan.first[node + 1]):
                    if active[plan.source[edge]]:
                        active[node] = True
                        grew = True
                        break
    return active


@njit(cache=True, nogil=True, error_model="numpy")
def courses(
    plan: Plan, parameters: Members, arm: Arm, states: Floats, times: Floats, largest_step: float
) -> Floats:
    """Integrate every member from its start and return its states at the times given.

    Classical Runge-Kutta with equal steps of at most `largest_step` between two times.

    Returns
    -------
    ndarray of float64, shape (n_times, members, n_nodes)
    """
    members, count = states.shape
    path = np.empty((len(times), members, count))
    first, last = np.empty(count, np.int64), np.empty(count, np.int64)
    source, strength, offset = np.empty(len(plan.source), np.int64), np.empty(len(plan.source)), np.empty(count)
    for member in range(members):
        state = states[member].copy()
        _prepare(plan, parameters, member, arm.level, first, last, source, strength, offset)
        now = 0.0
        for index in range(len(times)):
            steps = math.ceil((times[index] - now) / largest_step)
            for _ in range(steps):
                step = (times[index] - now) / steps
                _runge_kutta(plan, arm, first, last, source, strength, offset, state, parameters.rate[member], step)
            now = times[index]
            for node in range(count):
                path[index, member, node] = state[node]
    return path
