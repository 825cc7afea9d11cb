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

    scale: NDArray[np.float64]
    pin: NDArray[np.float64]
    drive: NDArray[np.float64]


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _gate(code, gain, low, high, source, weight, response, basal, drive):  # type: ignore[no-untyped-def]
    if code == 0:
        raised = basal + gain * drive
        lowered = 1.0
        for edge in range(low, high):
            strength = weight[edge] * response[source[edge]]
            if strength > 0.0:
                raised += strength
            else:
                lowered -= strength
        return raised / (raised + lowered)
    off = (1.0 - basal) * (1.0 - drive)
    free = 1.0
    for edge in range(low, high):
        strength = weight[edge] * response[source[edge]]
        if strength > 0.0:
            off *= 1.0 - strength
        else:
            free *= 1.0 + strength
    return (1.0 - off) * free


@njit(cache=True, nogil=True, error_model="numpy")
def _value(plan, weight, response, basal, arm, node):  # type: ignore[no-untyped-def]
    if arm.pin[node] == arm.pin[node]:
        return arm.pin[node]
    low, high = plan.first[node], plan.first[node + 1]
    return arm.scale[node] * _gate(plan.gate, plan.gain, low, high, plan.source, weight, response, basal[node], arm.drive[node])


@njit(cache=True, nogil=True, error_model="numpy")
def _respond(power, threshold, height):  # type: ignore[no-untyped-def]
    return min(1.0, height * power / (threshold + power))


@njit(cache=True, nogil=True, error_model="numpy")
def _power(new, old, power, n):  # type: ignore[no-untyped-def]
    """Return new^n from old^n: by the binomial series where the step is small (error below 1e-12), else by pow."""
    step = (new - old) / old
    if abs(step) < 0.01:
        return power * (1.0 + n * step * (1.0 + (n - 1.0) * step / 2.0 * (1.0 + (n - 2.0) * step / 3.0 * (1.0 + (n - 3.0) * step / 4.0))))
    return new**n


@njit(cache=True, nogil=True, error_model="numpy")
def _relax(plan, parameters, member, arm, state, response, slope):  # type: ignore[no-untyped-def]
    """Integrate one member as an ODE (classical Runge-Kutta) until it rests; tell whether it did."""
    count = len(state)
    start, sums = np.empty(count), np.empty(count)
    for _ in range(_STEPS):
        speed = _runge_kutta(plan, parameters, member, arm, state, response, slope, start, sums, _STEP, False)
        if speed < _TOLERANCE:
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def _runge_kutta(plan, parameters, member, arm, state, response, slope, start, sums, step, timed):  # type: ignore[no-untyped-def]
    count = len(state)
    speed = 0.0
    start[:] = state
    sums[:] = 0.0
    for stage in range(4):
        for node in range(count):
            power = state[node] ** parameters.exponent[member, node]
            response[node] = _respond(power, parameters.threshold[member, node], parameters.height[member, node])
        for node in range(count):
            rate = parameters.rate[member, node] if timed else 1.0
            slope[node] = rate * (_value(plan, parameters.weight[member], response, parameters.basal[member], arm, node) - state[node])
        if stage == 0:
            speed = np.max(np.abs(slope))
        share = 1.0 if stage == 0 or stage == 3 else 2.0
        reach = 0.5 if stage < 2 else 1.0
        for node in range(count):
            sums[node] += share * slope[node]
            state[node] = start[node] + (step * sums[node] / 6.0 if stage == 3 else reach * step * slope[node])
    return speed


@njit(cache=True, nogil=True, error_model="numpy")
def steady_states(plan: Plan, parameters: Members, arm: Arm, active: NDArray[np.bool_], states: NDArray[np.float64]) -> NDArray[np.int8]:
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
    status = np.zeros(members, np.int8)
    power, response, slope = np.empty(count), np.empty(count), np.empty(count)
    for member in range(members):
        state, weight, basal = states[member], parameters.weight[member], parameters.basal[member]
        exponent, threshold, height = parameters.exponent[member], parameters.threshold[member], parameters.height[member]
        for node in range(count):
            power[node] = state[node] ** exponent[node]
            response[node] = _respond(power[node], threshold[node], height[node])
        settled = True
        for block in range(len(plan.cyclic)):
            first, last = plan.block[block], plan.block[block + 1]
            if not active[plan.order[first]]:
                continue
            for sweep in range(_SWEEPS):
                largest = 0.0
                for place in range(first, last):
                    node = plan.order[place]
                    new = _value(plan, weight, response, basal, arm, node)
                    largest = max(largest, abs(new - state[node]))
                    if new != state[node]:
                        power[node] = _power(new, state[node], power[node], exponent[node])
                        response[node] = _respond(power[node], threshold[node], height[node])
                        state[node] = new
                if not plan.cyclic[block] or largest < _TOLERANCE:
                    break
                if sweep == _SWEEPS - 1:
                    settled = False
        if not settled and not _relax(plan, parameters, member, arm, state, response, slope):
            status[member] = RESTLESS
    return status


@njit(cache=True, nogil=True, error_model="numpy")
def transcripts(plan: Plan, parameters: Members, states: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the transcripts that given activities entail: the gate over transcription edges alone.

    External input, capacity and pins act on activity, not on the gene.

    Returns
    -------
    ndarray of float64, shape (members, n_nodes)
    """
    members, count = states.shape
    levels, response = np.empty((members, count)), np.empty(count)
    for member in range(members):
        weight, basal = parameters.weight[member], parameters.basal[member]
        for node in range(count):
            power = states[member, node] ** parameters.exponent[member, node]
            response[node] = _respond(power, parameters.threshold[member, node], parameters.height[member, node])
        for node in range(count):
            low, high = plan.first[node], plan.transcript_end[node]
            levels[member, node] = _gate(plan.gate, plan.gain, low, high, plan.source, weight, response, basal[node], 0.0)
    return levels


@njit(cache=True, nogil=True, error_model="numpy")
def one_step(plan: Plan, parameters: Members, arm: Arm, states: NDArray[np.float64], targets: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the activities after the targets changed and each other node answered to them alone.

    First the targets take their value under `arm`, all else held; then every other node is
    computed from the changed targets and the held rest: the direct effect.

    Returns
    -------
    ndarray of float64, shape (members, n_nodes)
    """
    members, count = states.shape
    changed, response = states.copy(), np.empty(count)
    for member in range(members):
        weight, basal, state = parameters.weight[member], parameters.basal[member], states[member]
        for node in range(count):
            power = state[node] ** parameters.exponent[member, node]
            response[node] = _respond(power, parameters.threshold[member, node], parameters.height[member, node])
        for node in range(count):
            if targets[node]:
                changed[member, node] = _value(plan, weight, response, basal, arm, node)
        for node in range(count):
            if targets[node]:
                power = changed[member, node] ** parameters.exponent[member, node]
                response[node] = _respond(power, parameters.threshold[member, node], parameters.height[member, node])
        for node in range(count):
            if not targets[node]:
                changed[member, node] = _value(plan, weight, response, basal, arm, node)
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
    plan: Plan, parameters: Members, arm: Arm, states: NDArray[np.float64], times: NDArray[np.float64], largest_step: float
) -> NDArray[np.float64]:
    """Integrate every member from its start and return its states at the times given.

    Classical Runge-Kutta with equal steps of at most `largest_step` between two times.

    Returns
    -------
    ndarray of float64, shape (n_times, members, n_nodes)
    """
    members, count = states.shape
    path = np.empty((len(times), members, count))
    response, slope, start, sums = np.empty(count), np.empty(count), np.empty(count), np.empty(count)
    for member in range(members):
        state = states[member].copy()
        now = 0.0
        for index in range(len(times)):
            steps = math.ceil((times[index] - now) / largest_step)
            for _ in range(steps):
                _runge_kutta(plan, parameters, member, arm, state, response, slope, start, sums, (times[index] - now) / steps, True)
            now = times[index]
            path[index, member] = state
    return path
