"""Kernels of the model: steady states, transcripts and time courses on arrays.

One function, `called_for`, is the activity that a node's inputs call for, everywhere; `EnsembleSettings` has the equation.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jaknet.kernels import njit
from jaknet.simulation._wiring import Plan

__all__ = [
    "PART_FLOOR",
    "RESTLESS",
    "SETTLED",
    "TOLERANCE",
    "Arm",
    "Members",
    "called_for",
    "courses",
    "downstream",
    "prepare",
    "steady_states",
    "transcripts",
]

SETTLED, RESTLESS = 0, 1
#: Added to the activity of a part before its logarithm is taken: a complex can be emptied to about a hundredth.
PART_FLOOR = 0.01
#: Change of an activity in one sweep below which a member is at rest (`jaknet.simulation.model.STILL` is what counts as no
#: effect). Here and not in the settings: compiled code is cached by file, and would not notice a change elsewhere.
TOLERANCE = 1e-9
#: Share of its change that a node takes in one sweep, and the sweeps given to it, phase by phase.
_DAMPING = (1.0, 0.5, 0.2, 0.05)
_SWEEPS = (60, 100, 300, 1000)

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
    scale : ndarray of float64, shape (1, n_nodes) or (members, n_nodes)
        Factor on the capacity, of all members or of each; scales a pinned activity too.
    pin : ndarray of float64, shape (n_nodes,)
        Activity held; NaN where free.
    level : ndarray of float64, shape (n_nodes,)
        Activity to which an external input alone brings the node; NaN where there is none.
    lift : ndarray of float64, shape of `scale`
        One over what drugs leave of the node: by it, the activity as it would be without them on it.
    whole : ndarray of bool, shape (n_nodes,)
        Complexes whose own factor covers what drugs do to their parts: they see their sources lifted,
        so that a drug is not counted twice.
    """

    scale: Floats
    pin: Floats
    level: Floats
    lift: Floats
    whole: NDArray[np.bool_]

    def take(self, rows: slice | Integers) -> Arm:
        """Return the arm of some of the members."""
        if len(self.scale) == 1:
            return self
        return self._replace(scale=np.ascontiguousarray(self.scale[rows]), lift=np.ascontiguousarray(self.lift[rows]))


# The kernels below work on plain arrays taken out of their records once: looking into a record inside
# the loops made them three times slower.


@njit(nogil=True, error_model="numpy", inline="always")
def _logistic(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-value))


@njit(nogil=True)
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


@njit(nogil=True, error_model="numpy")
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


@njit(nogil=True, error_model="numpy", inline="always")
def called_for(
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


@njit(nogil=True, error_model="numpy")
def prepare(
    plan: Plan, parameters: Members, member: int, level: Floats,
    first: Integers, last: Integers, source: Integers, strength: Floats, offset: Floats,
) -> None:  # fmt: skip
    _gather(plan.order, plan.first, plan.part_begin, plan.source, parameters.strength[member], first, last, source, strength)
    # fmt: off
    _offsets(parameters.rest[member], level, first, last, source, strength,
             plan.part_begin, plan.first[1:], plan.source, offset)
    # fmt: on


@njit(nogil=True, error_model="numpy")
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
    pin, whole = arm.pin, arm.whole
    first, last = np.empty(count, np.int64), np.empty(count, np.int64)
    source, strength, offset = np.empty(len(plan_source), np.int64), np.empty(len(plan_source)), np.empty(count)
    lifted = np.empty(count)
    status = np.zeros(members, np.int8)
    for member in range(members):
        state = states[member]
        row = member if len(arm.scale) > 1 else 0
        scale, lift = arm.scale[row], arm.lift[row]
        for node in range(count):
            lifted[node] = state[node] * lift[node]
        prepare(plan, parameters, member, arm.level, first, last, source, strength, offset)
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
                        new = scale[node] * called_for(offset[node], first[node], last[node], source, strength, part_begin[node],
                                                        part_end[node], plan_source, lifted if whole[node] else state)
                        # fmt: on
                    largest = max(largest, abs(new - state[node]))
                    state[node] = new if phase == 0 else state[node] + _DAMPING[phase] * (new - state[node])
                    lifted[node] = state[node] * lift[node]
                if largest < TOLERANCE or not cyclic[component]:
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


@njit(nogil=True, error_model="numpy")
def _runge_kutta(
    plan: Plan, arm: Arm, row: int, first: Integers, last: Integers, source: Integers, strength: Floats, offset: Floats,
    state: Floats, rate: Floats, step: float,
) -> float:  # fmt: skip
    """Take one classical Runge-Kutta step of ``dy/dt = (f(y) - y) / tau`` in place and return the speed at its start."""
    count = len(state)
    start, sums, slope, lifted = state.copy(), np.zeros(count), np.empty(count), np.empty(count)
    speed = 0.0
    for stage in range(4):
        for node in range(count):
            lifted[node] = state[node] * arm.lift[row, node]
        for node in range(count):
            held = arm.pin[node]
            # fmt: off
            slope[node] = arm.scale[row, node] * (held if held == held else
                called_for(offset[node], first[node], last[node], source, strength, plan.part_begin[node],
                            plan.first[node + 1], plan.source, lifted if arm.whole[node] else state))
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


@njit(nogil=True, error_model="numpy")
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


@njit(nogil=True)
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


@njit(nogil=True, error_model="numpy")
def courses(plan: Plan, parameters: Members, arm: Arm, states: Floats, times: Floats, largest_step: float) -> Floats:
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
        prepare(plan, parameters, member, arm.level, first, last, source, strength, offset)
        row, rate, now = member if len(arm.scale) > 1 else 0, parameters.rate[member], 0.0
        for index in range(len(times)):
            steps = math.ceil((times[index] - now) / largest_step)
            for _ in range(steps):
                step = (times[index] - now) / steps
                _runge_kutta(plan, arm, row, first, last, source, strength, offset, state, rate, step)
            now = times[index]
            for node in range(count):
                path[index, member, node] = state[node]
    return path
