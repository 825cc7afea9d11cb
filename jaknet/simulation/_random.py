"""Stratified random numbers keyed by name: what is drawn for one edge never depends on the others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
from numba import uint64
from numpy.typing import NDArray

from jaknet.kernels import njit

__all__ = ["name_keys", "stratified"]

_WIDTH = 8
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def name_keys(names: Iterable[str]) -> NDArray[np.uint64]:
    """Return one 64-bit key a name, the same on every machine and in any order."""
    digests = b"".join(hashlib.blake2b(name.encode(), digest_size=8).digest() for name in names)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def stratified(keys: NDArray[np.uint64], quantity: str, members: int, seed: int) -> NDArray[np.float64]:
    """Draw one Latin hypercube column a key: each of `members` equal strata of [0, 1) is hit once.

    A column is a function of its key, the quantity, the seed and the number of members alone.
    Numbers come from SplitMix64 (Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195): keyed
    creation of a thousand numpy generators takes longer than all the draws.

    Parameters
    ----------
    keys : ndarray of uint64, shape (n,)
        From `name_keys`, one an edge, a node or an uncertain factor of a dose.
    quantity : str
        What is drawn; the columns of one key for two quantities are independent.
    members : int
        Rows to draw.
    seed : int
        The same seed gives the same numbers.

    Returns
    -------
    ndarray of float64, shape (members, n)
    """
    stream = name_keys([f"{seed}|{quantity}"])[0]
    drawn = np.empty((members, len(keys)))
    _fill(keys, stream, drawn)
    return drawn


@njit(uint64(uint64), nogil=True)
def _mix(state: np.uint64) -> np.uint64:
    state = (state ^ (state >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> uint64(27))) * uint64(0x94D049BB133111EB)
    return state ^ (state >> uint64(31))


@njit(nogil=True)
def _fill(keys: NDArray[np.uint64], stream: np.uint64, drawn: NDArray[np.float64]) -> None:
    members = len(drawn)
    unit = 1.0 / 9007199254740992.0
    salt = _mix(stream)
    # A few columns at a time, written out row by row: whole columns would touch a cache line a number.
    columns = np.empty((_WIDTH, members))
    for low in range(0, len(keys), _WIDTH):
        width = min(_WIDTH, len(keys) - low)
        for offset in range(width):
            state = _mix(keys[low + offset] ^ salt)
            column = columns[offset]
            for member in range(members):
                column[member] = member
            for member in range(members - 1, 0, -1):
                state += _GOLDEN
                # The bias of this modulo-free draw is below members / 2**32.
                other = int(((_mix(state) >> uint64(32)) * uint64(member + 1)) >> uint64(32))
                column[member], column[other] = column[other], column[member]
            for member in range(members):
                state += _GOLDEN
                column[member] = (column[member] + (_mix(state) >> uint64(11)) * unit) / members
        for member in range(members):
            for offset in range(width):
                drawn[member, low + offset] = columns[offset, member]
