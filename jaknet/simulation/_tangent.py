"""Kernels of engine linear: the tangent of the model at the baseline, solved member by member."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jaknet.kernels import njit
from jaknet.simulation._model import PART_FLOOR, RESTLESS, TOLERANCE, Arm, Floats, Integers, Members, called_for, prepare
from jaknet.simulation._wiring import Plan

__all__ = ["tangents"]

_SWEEPS = 300


@njit(nogil=True, error_model="numpy")
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
    lifted, shift, whole = np.empty(count), np.empty(count), treated.whole
    status = np.zeros(members, np.int8)
    for member in range(members):
        base = states[member].copy()
        change = np.zeros(count)
        before = control.lift[member if len(control.lift) > 1 else 0]
        row = member if len(treated.lift) > 1 else 0
        lift, scale = treated.lift[row], treated.scale[row]
        for node in range(count):
            lifted[node] = base[node] * before[node]
            shift[node] = base[node] * (lift[node] - before[node])
        prepare(plan, parameters, member, control.level, first, last, source, strength, offset)
        prepare(plan, parameters, member, treated.level, first, last, source, strength, other)
        for node in range(count):
            # fmt: off
            share = called_for(offset[node], first[node], last[node], source, strength,
                                plan.part_begin[node], part_end[node], plan_source, lifted if whole[node] else base)
            # fmt: on
            held = treated.pin[node]
            if held == held:
                steep[node], constant[node] = 0.0, scale[node] * held - base[node]
            else:
                steep[node] = scale[node] * share * (1.0 - share)
                constant[node] = scale[node] * share - base[node] + steep[node] * (other[node] - offset[node])
        for component in range(len(cyclic)):
            low, high = block[component], block[component + 1]
            if not active[order[low]]:
                continue
            # fmt: off
            if not _sweep_tangent(order[low:high], cyclic[component], constant, steep, first, last, source, strength,
                                  plan.part_begin, part_end, plan_source, base, change, lifted, shift, lift, whole) and \
               not _solve_tangent(order[low:high], constant, steep, first, last, source, strength,
                                  plan.part_begin, part_end, plan_source, base, change, lifted, shift, lift, whole):
                status[member] = RESTLESS
            # fmt: on
        # An element at a time: assigning a slice takes seconds to compile.
        for node in range(count):
            states[member, node] = base[node] + change[node]
    return status


@njit(nogil=True, error_model="numpy")
def _sweep_tangent(
    nodes: Integers, cyclic: bool, constant: Floats, steep: Floats, first: Integers, last: Integers, source: Integers,
    strength: Floats, part_begin: Integers, part_end: Integers, plan_source: Integers, base: Floats, change: Floats,
    lifted: Floats, shift: Floats, lift: Floats, whole: NDArray[np.bool_],
) -> bool:  # fmt: skip
    """Solve the tangent of one component by sweeps. What a whole complex sees of a source moves by ``lift * change + shift``."""
    for _ in range(_SWEEPS):
        largest = 0.0
        for node in nodes:
            total = 0.0
            for edge in range(first[node], last[node]):
                origin = source[edge]
                total += strength[edge] * (lift[origin] * change[origin] + shift[origin] if whole[node] else change[origin])
            for edge in range(part_begin[node], part_end[node]):
                origin = plan_source[edge]
                if whole[node]:
                    total += (lift[origin] * change[origin] + shift[origin]) / (lifted[origin] + PART_FLOOR)
                else:
                    total += change[origin] / (base[origin] + PART_FLOOR)
            new = constant[node] + steep[node] * total
            largest = max(largest, abs(new - change[node]))
            change[node] = new
        if not cyclic or largest < TOLERANCE:
            return True
        if not largest < 1e6:
            break
    return False


@njit(nogil=True, error_model="numpy")
def _solve_tangent(
    nodes: Integers, constant: Floats, steep: Floats, first: Integers, last: Integers, source: Integers,
    strength: Floats, part_begin: Integers, part_end: Integers, plan_source: Integers, base: Floats, change: Floats,
    lifted: Floats, shift: Floats, lift: Floats, whole: NDArray[np.bool_],
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
            start, factor, moved = (lifted[origin], lift[origin], shift[origin]) if whole[node] else (base[origin], 1.0, 0.0)
            reach = steep[node] * (1.0 / (start + PART_FLOOR) if part else strength[edge])
            given[row] += reach * moved
            if place[origin] >= 0:
                matrix[row, place[origin]] -= reach * factor
            else:
                given[row] += reach * factor * change[origin]
    try:
        found = np.linalg.solve(matrix, given)
    except Exception:  # numba knows no narrower one: the matrix is singular, the tangent has no answer
        return False
    for row in range(size):
        change[nodes[row]] = found[row]
    return bool(np.all(np.isfinite(found)))
