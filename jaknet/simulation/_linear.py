"""Kernels of the linear engine on an ensemble: ``x = W x + b`` with held nodes, and a bound on the radius of W."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from jaknet.simulation._compile import Plan

__all__ = ["input_sums", "linear_states", "radius_bounds", "solve_triangles"]

_TOLERANCE = 1e-13
_SWEEPS = 5000
_ITERATIONS = 60

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Indices = NDArray[np.int32]


@njit(cache=True, nogil=True, error_model="numpy")
def radius_bounds(plan: Plan, weight: Floats) -> Floats:
    """Return an upper bound of the spectral radius of each member's weights.

    The Perron root of ``abs(W)`` bounds the radius of ``W``; the bound is that of Collatz and
    Wielandt, ``max (abs(W) v) / v`` for a positive ``v`` improved by power iteration on ``abs(W) + I``.
    Nodes outside cycles do not count.

    Returns
    -------
    ndarray of float64, shape (members,)
    """
    count = len(plan.order)
    bounds = np.zeros(len(weight))
    vector, image = np.zeros(count), np.zeros(count)
    for member in range(len(weight)):
        for block in range(len(plan.cyclic)):
            if plan.cyclic[block]:
                nodes = plan.order[plan.block[block] : plan.block[block + 1]]
                bounds[member] = max(bounds[member], _block_bound(plan, weight[member], nodes, vector, image))
    return bounds


@njit(cache=True, nogil=True, error_model="numpy")
def _block_bound(plan: Plan, weight: Floats, nodes: Integers, vector: Floats, image: Floats) -> float:
    vector[nodes] = 1.0
    bound = 0.0
    for _ in range(_ITERATIONS):
        largest, bound = 0.0, 0.0
        for node in nodes:
            image[node] = vector[node]
            for edge in range(plan.first[node], plan.first[node + 1]):
                # Outside the component the vector is zero.
                image[node] += abs(weight[edge]) * vector[plan.source[edge]]
            largest = max(largest, image[node])
            bound = max(bound, image[node] / vector[node] - 1.0)
        for node in nodes:
            # The floor keeps the vector positive; a positive vector is all the bound needs.
            vector[node] = max(image[node] / largest, 1e-9)
    vector[nodes] = 0.0
    return bound


@njit(cache=True, nogil=True, error_model="numpy")
def linear_states(
    plan: Plan, weight: Floats, held: NDArray[np.bool_], value: Floats, active: NDArray[np.bool_]
) -> Floats:
    """Solve ``x = W x + b`` for every member; held nodes have ``x = value``, the others ``b = value``.

    Gauss-Seidel sweeps, component by component in topological order; they converge whenever the
    radius of ``abs(W)`` is below 1.

    Parameters
    ----------
    plan : Plan
    weight : ndarray of float64, shape (members, n_edges)
    held : ndarray of bool, shape (n_nodes,)
    value : ndarray of float64, shape (n_nodes,)
    active : ndarray of bool, shape (n_nodes,)
        Nodes that can differ from 0.

    Returns
    -------
    ndarray of float64, shape (members, n_nodes)
    """
    members, count = len(weight), len(plan.order)
    states = np.zeros((members, count))
    for member in range(members):
        state = states[member]
        for block in range(len(plan.cyclic)):
            first, last = plan.block[block], plan.block[block + 1]
            if not active[plan.order[first]]:
                continue
            for _ in range(_SWEEPS):
                largest = 0.0
                for place in range(first, last):
                    node = plan.order[place]
                    new = value[node]
                    if not held[node]:
                        for edge in range(plan.first[node], plan.first[node + 1]):
                            new += weight[member, edge] * state[plan.source[edge]]
                    largest = max(largest, abs(new - state[node]))
                    state[node] = new
                if not plan.cyclic[block] or largest < _TOLERANCE:
                    break
    return states


@njit(cache=True, nogil=True, error_model="numpy")
def input_sums(plan: Plan, weight: Floats, states: Floats, last: Integers) -> Floats:
    """Return ``W x`` over the edges of each node up to `last`: all of them, or those of layer transcription."""
    sums = np.zeros(states.shape)
    for member in range(len(states)):
        for node in range(states.shape[1]):
            for edge in range(plan.first[node], last[node]):
                sums[member, node] += weight[member, edge] * states[member, plan.source[edge]]
    return sums


@njit(cache=True, nogil=True, error_model="numpy")
def solve_triangles(
    low_first: Indices, low_row: Indices, low_value: Floats, up_first: Indices, up_row: Indices, up_value: Floats, columns: Floats
) -> None:
    """Solve ``L U x = b`` in place for all columns of b, ``L`` with unit diagonal, both stored by column.

    The inner loop runs over right-hand sides, which lie next to each other in memory.
    """
    count, width = columns.shape
    for node in range(count):
        for entry in range(low_first[node], low_first[node + 1]):
            row = low_row[entry]
            if row > node:
                for column in range(width):
                    columns[row, column] -= low_value[entry] * columns[node, column]
    for node in range(count - 1, -1, -1):
        diagonal = 1.0
        for entry in range(up_first[node], up_first[node + 1]):
            if up_row[entry] == node:
                diagonal = up_value[entry]
        for column in range(width):
            columns[node, column] /= diagonal
        for entry in range(up_first[node], up_first[node + 1]):
            row = up_row[entry]
            if row < node:
                for column in range(width):
                    columns[row, column] -= up_value[entry] * columns[node, column]
