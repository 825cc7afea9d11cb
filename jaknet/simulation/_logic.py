"""Kernels of the logic engine: steady states, transcripts and time courses on arrays.

One function, `_value`, is the right-hand side everywhere: ``dy/dt = (f(y) - y) / tau``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from jaknet.simulation._compile import Plan
from jaknet.simulation.ensemble import Members

__all__ = ["RESTLESS", "SETTLED", "Arm", "courses", "downstream", "one_step", "steady_states", "transcripts"]

SETTLED, RESTLESS = 0, 1
_TOLERANCE = 1e-9
_SWEEPS = 300
_STEP = 0.2
_STEPS = 3000

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Arm(NamedTuple):
    """What is done to every node in one arm of an experiment.

    Attributes
    ----------
    scale : ndarray of float64, shape (n_nodes,)
        Factor on the capacity.
    pin : ndarray of float64, shape (n_nodes,)
        Activity held; NaN where free.
    drive : ndarray of float64, shape (n_nodes,)
        External input, 0 to 1.
    """

    scale: Floats
    pin: Floats
    drive: Floats


# The kernels below work on plain arrays taken out of their records once: looking into a record inside
# the loops made them three times slower.


@njit(cache=True, nogil=True)
def _gather(
    order: Integers, plan_first: Integers, plan_last: Integers, plan_source: Integers, weight: Floats,
    first: Integers, middle: Integers, last: Integers, source: Integers, strength: Floats,
) -> None:  # fmt: skip
    """List the edges that a member has, activators of a node before its inhibitors: absent ones cost nothing, signs need no branch."""
    place = 0
    for node in order:
        first[node] = place
        for edge in range(plan_first[node], plan_last[node]):
            if weight[edge] > 0.0:
                source[place], strength[place] = plan_source[edge], weight[edge]
                place += 1
        middle[node] = place
        for edge in range(plan_first[node], plan_last[node]):
            if weight[edge] < 0.0:
                source[place], strength[place] = plan_source[edge], -weight[edge]
                place += 1
        last[node] = place


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _value(
    gate: int, gain: float, first: int, middle: int, last: int, source: Integers, strength: Floats, response: Floats,
    basal: float, scale: float, pin: float, drive: float,
) -> float:  # fmt: skip
    """Return the activity that a node's inputs call for; the settings say what the two gates mean."""
    if pin == pin:
        result = pin
    elif gate == 0:
        raised, lowered = basal + gain * drive, 1.0
        for edge in range(first, middle):
            raised += strength[edge] * response[source[edge]]
        for edge in range(middle, last):
            lowered += strength[edge] * response[source[edge]]
        result = scale * raised / (raised + lowered)
    else:
        off, free = (1.0 - basal) * (1.0 - drive), 1.0
        for edge in range(first, middle):
            off *= 1.0 - strength[edge] * response[source[edge]]
        for edge in range(middle, last):
            free *= 1.0 - strength[edge] * response[source[edge]]
        result = scale * (1.0 - off) * free
    return result


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _respond(power: float, threshold: float, height: float) -> float:
    return min(1.0, height * power / (threshold + power))


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _power(new: float, old: float, power: float, n: float) -> float:
    """Return new^n from old^n: by the binomial series where the step is small (error below 1e-12), else by pow."""
    step = (new - old) / old
    if abs(step) < 0.01:
        result = power * (1.0 + n * step * (1.0 + (n - 1.0) * step / 2.0 * (1.0 + (n - 2.0) * step / 3.0 * (1.0 + (n - 3.0) * step / 4.0))))
    else:
        result = new**n
    return result


@njit(cache=True, nogil=True, error_model="numpy")
def _answer(plan: Plan, parameters: Members, member: int, arm: Arm, last_edge: Integers, state: Floats, answer: Floats) -> None:
    """Write what every node's inputs call for in a state, over the edges up to `last_edge` of each."""
    gate, gain, order, source, count = plan.gate, plan.gain, plan.order, plan.source, len(state)
    weight, basal = parameters.weight[member], parameters.basal[member]
    exponent, threshold, height = parameters.exponent[member], parameters.threshold[member], parameters.height[member]
    scale, pin, drive = arm.scale, arm.pin, arm.drive
    first, middle, last = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    present, strength, response = np.empty(len(source), np.int64), np.empty(len(source)), np.empty(count)
    _gather(order, plan.first, last_edge, source, weight, first, middle, last, present, strength)
    for node in range(count):
        response[node] = _respond(state[node] ** exponent[node], threshold[node], height[node])
    for node in range(count):
        # fmt: off
        answer[node] = _value(gate, gain, first[node], middle[node], last[node], present, strength, response,
                              basal[node], scale[node], pin[node], drive[node])
        # fmt: on


@njit(cache=True, nogil=True, error_model="numpy")
def _runge_kutta(plan: Plan, parameters: Members, member: int, arm: Arm, state: Floats, rate: Floats, step: float) -> float:
    """Take one classical Runge-Kutta step in place and return the speed at its start."""
    count = len(state)
    start, sums, slope = state.copy(), np.zeros(count), np.empty(count)
    speed = 0.0
    for stage in range(4):
        _answer(plan, parameters, member, arm, plan.first[1:], state, slope)
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
def _relax(plan: Plan, parameters: Members, member: int, arm: Arm, state: Floats) -> bool:
    """Integrate one member as an ODE until it rests; tell whether it did."""
    rate = np.ones(len(state))
    for _ in range(_STEPS):  # noqa: SIM110  (numba compiles no generator expressions)
        if _runge_kutta(plan, parameters, member, arm, state, rate, _STEP) < _TOLERANCE:
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def steady_states(plan: Plan, parameters: Members, arm: Arm, active: NDArray[np.bool_], states: Floats) -> NDArray[np.int8]:
    """Move every member from its start to its steady state, in place.

    Components are solved in topological order by undamped Gauss-Seidel sweeps to 1e-9. A member
    that does not settle that way is integrated as the ODE it stands for, so that what is called a
    steady state is one and what oscillates is seen.

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
    gate, gain, order, block, cyclic, source = plan.gate, plan.gain, plan.order, plan.block, plan.cyclic, plan.source
    plan_first, plan_last = plan.first, plan.first[1:]
    scale, pin, drive = arm.scale, arm.pin, arm.drive
    first, middle, last = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    present, strength = np.empty(len(source), np.int64), np.empty(len(source))
    power, response = np.empty(count), np.empty(count)
    status = np.zeros(members, np.int8)
    for member in range(members):
        state, basal = states[member], parameters.basal[member]
        exponent, threshold, height = parameters.exponent[member], parameters.threshold[member], parameters.height[member]
        _gather(order, plan_first, plan_last, source, parameters.weight[member], first, middle, last, present, strength)
        for node in range(count):
            power[node] = state[node] ** exponent[node]
            response[node] = _respond(power[node], threshold[node], height[node])
        settled = True
        for component in range(len(cyclic)):
            low, high = block[component], block[component + 1]
            if not active[order[low]]:
                continue
            for sweep in range(_SWEEPS):
                largest = 0.0
                for place in range(low, high):
                    node = order[place]
                    # fmt: off
                    new = _value(gate, gain, first[node], middle[node], last[node], present, strength, response,
                                 basal[node], scale[node], pin[node], drive[node])
                    # fmt: on
                    largest = max(largest, abs(new - state[node]))
                    if new != state[node]:
                        power[node] = _power(new, state[node], power[node], exponent[node])
                        response[node] = _respond(power[node], threshold[node], height[node])
                        state[node] = new
                if not cyclic[component] or largest < _TOLERANCE:
                    break
                if sweep == _SWEEPS - 1:
                    settled = False
        if not settled and not _relax(plan, parameters, member, arm, state):
            status[member] = RESTLESS
    return status


@njit(cache=True, nogil=True, error_model="numpy")
def transcripts(plan: Plan, parameters: Members, states: Floats) -> Floats:
    """Return the transcripts that given activities entail: the gate over transcription edges alone.

    External input, capacity and pins act on activity, not on the gene.

    Returns
    -------
    ndarray of float64, shape (members, n_nodes)
    """
    members, count = states.shape
    levels = np.empty((members, count))
    untouched = Arm(np.ones(count), np.full(count, np.nan), np.zeros(count))
    for member in range(members):
        _answer(plan, parameters, member, untouched, plan.transcript_end, states[member], levels[member])
    return levels


@njit(cache=True, nogil=True, error_model="numpy")
def one_step(plan: Plan, parameters: Members, arm: Arm, states: Floats, targets: NDArray[np.bool_]) -> Floats:
    """Return the activities after the targets changed and each other node answered to them alone.

    First the targets take their value under `arm`, all else held; then every other node is
    computed from the changed targets and the held rest: the direct effect.

    Returns
    -------
    ndarray of float64, shape (members, n_nodes)
    """
    members, count = states.shape
    changed, held = np.empty((members, count)), np.empty(count)
    for member in range(members):
        _answer(plan, parameters, member, arm, plan.first[1:], states[member], changed[member])
        held[:] = np.where(targets, changed[member], states[member])
        _answer(plan, parameters, member, arm, plan.first[1:], held, changed[member])
        changed[member] = np.where(targets, held, changed[member])
    return changed


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
    for member in range(members):
        state = states[member].copy()
        now = 0.0
        for index in range(len(times)):
            steps = math.ceil((times[index] - now) / largest_step)
            for _ in range(steps):
                _runge_kutta(plan, parameters, member, arm, state, parameters.rate[member], (times[index] - now) / steps)
            now = times[index]
            path[index, member] = state
    return path
