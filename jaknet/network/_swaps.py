"""Degree-preserving edge swaps, compiled. Pure functions on arrays."""

from __future__ import annotations

import numpy as np
from numba import prange
from numpy.typing import NDArray

from jaknet.kernels import njit

__all__ = ["swap_many", "swap_targets"]

_EMPTY = np.int64(-1)


@njit(nogil=True, inline="always")
def _mix(state: np.uint64) -> np.uint64:
    """Finish splitmix64 (Steele 2014): a bijection that scatters every bit."""
    z = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(nogil=True, inline="always")
def _place(table: NDArray[np.int64], key: np.int64) -> np.int64:
    """Slot of a key, or the empty slot where it would go (linear probing)."""
    mask = np.int64(table.size - 1)
    slot = np.int64(_mix(np.uint64(key)) & np.uint64(mask))
    while table[slot] != _EMPTY and table[slot] != key:
        slot = (slot + 1) & mask
    return slot


@njit(nogil=True)
def _remove(table: NDArray[np.int64], key: np.int64) -> None:
    """Delete a key and close the gap, so that probing never meets a tombstone."""
    mask = np.int64(table.size - 1)
    gap = _place(table, key)
    table[gap] = _EMPTY
    slot = (gap + 1) & mask
    while table[slot] != _EMPTY:
        home = np.int64(_mix(np.uint64(table[slot])) & np.uint64(mask))
        if ((slot - home) & mask) >= ((slot - gap) & mask):
            table[gap] = table[slot]
            table[slot] = _EMPTY
            gap = slot
        slot = (slot + 1) & mask


@njit(nogil=True)
def swap_targets(
    source: NDArray[np.int64],
    target: NDArray[np.int64],
    layer: NDArray[np.int64],
    first: NDArray[np.int64],
    n_nodes: int,
    proposals: int,
    seed: np.uint64,
) -> NDArray[np.int64]:
    """Swap targets within strata by a Markov chain that is uniform over the simple graphs it reaches.

    Parameters
    ----------
    source, target, layer : ndarray of int64, shape (n_edges,)
        Edges sorted by stratum; edges after the last stratum stay, and no other edge may repeat them.
    first : ndarray of int64, shape (n_strata + 1,)
        Where each stratum begins, and where the last one ends.
    n_nodes : int
        Number of nodes in the network.
    proposals : int
        Swaps proposed per edge. A rejected one counts as a step of the chain, which would not be uniform otherwise.
    seed : uint64
        State from which the random bits start.

    Returns
    -------
    ndarray of int64, shape (n_edges,)
        The new targets. No self-loop and no repeated (source, target, layer) appears.
    """
    out = target.copy()
    size = 4
    while size < 4 * target.size:
        size *= 2
    table = np.full(size, _EMPTY, np.int64)
    for edge in range(target.size):
        key = (layer[edge] * n_nodes + source[edge]) * n_nodes + target[edge]
        table[_place(table, key)] = key
    state = seed
    for stratum in range(first.size - 1):
        start = first[stratum]
        count = np.uint64(first[stratum + 1] - start)
        if count < 2:
            continue
        base = layer[start] * n_nodes
        for _ in range(np.int64(count) * proposals):
            state += np.uint64(0x9E3779B97F4A7C15)
            bits = _mix(state)
            # The high and low halves are two independent draws; count is far below 2^32.
            one = start + np.int64(((bits >> np.uint64(32)) * count) >> np.uint64(32))
            two = start + np.int64(((bits & np.uint64(0xFFFFFFFF)) * count) >> np.uint64(32))
            a, b, c, d = source[one], out[one], source[two], out[two]
            if a == c or b == d or a == d or c == b:
                continue
            new_one = (base + a) * n_nodes + d
            new_two = (base + c) * n_nodes + b
            if table[_place(table, new_one)] != _EMPTY or table[_place(table, new_two)] != _EMPTY:
                continue
            _remove(table, (base + a) * n_nodes + b)
            _remove(table, (base + c) * n_nodes + d)
            table[_place(table, new_one)] = new_one
            table[_place(table, new_two)] = new_two
            out[one], out[two] = d, b
    return out


@njit(nogil=True, parallel=True)
def swap_many(
    source: NDArray[np.int64],
    target: NDArray[np.int64],
    layer: NDArray[np.int64],
    first: NDArray[np.int64],
    n_nodes: int,
    proposals: int,
    seeds: NDArray[np.uint64],
) -> NDArray[np.int64]:
    """Run one chain for each seed; shape (n_seeds, n_edges). Each chain depends on its seed alone."""
    out = np.empty((seeds.size, target.size), np.int64)
    for chain in prange(seeds.size):
        targets = swap_targets(source, target, layer, first, n_nodes, proposals, seeds[chain])
        # An element at a time: assigning a slice takes seconds to compile.
        for edge in range(target.size):
            out[chain, edge] = targets[edge]
    return out
