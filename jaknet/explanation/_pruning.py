"""What the integer programme is made of, and what of it can matter: pruning by reach and distance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

__all__ = ["Floats", "Places", "Program", "Pruned", "reached", "reduce_program", "steps_from"]

#: Arcs that a solver is given at most: of more, those on the longest routes are left out.
MOST_ARCS = 6000

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


class Program(NamedTuple):
    """What may be explained, and at which price.

    Attributes
    ----------
    tail, head : ndarray of int64, shape (n_arcs,)
        States that each arc joins.
    cost : ndarray of float64, shape (n_arcs,)
        Price of carrying a change along the arc, not negative.
    prize : ndarray of float64, shape (n_states,)
        What a state is worth when it holds; negative where it costs.
    price : ndarray of float64, shape (n_states,)
        Of starting in a state; infinite where nothing may start.
    fixed : ndarray of bool, shape (n_states,)
        States that hold from the outset. The other state of their node cannot.
    need : ndarray of int64, shape (n_states,)
        How many incoming arcs a state needs at once: 1, but for complexes that need several parts.
    pusher, pushed : ndarray of int64, shape (n_pushes,)
        State that pushes a gene the wrong way, and the state of the gene that was seen.
    strength : ndarray of float64, shape (n_pushes,)
        Share of the price of the gene that this costs, 0 to 1.
    weight : ndarray of float64, shape (n_states,)
        Price of a gene that is pushed the wrong way and not explained, by the state that was seen.
    """

    tail: Places
    head: Places
    cost: Floats
    prize: Floats
    price: Floats
    fixed: NDArray[np.bool_]
    need: Places
    pusher: Places
    pushed: Places
    strength: Floats
    weight: Floats


class Pruned(NamedTuple):
    """Which arcs are left, and why not the others.

    Attributes
    ----------
    kept : ndarray of bool, shape (n_arcs,)
    between : int
        Arcs on a walk from a state that may start to one with a prize: no other is used by a best explanation.
    longest : float
        Arcs of the longest walk that was kept; infinite where all are.
    """

    kept: NDArray[np.bool_]
    between: int
    longest: float


def reduce_program(program: Program, most: int = MOST_ARCS) -> Pruned:
    """Tell which arcs can matter.

    Left out are arcs on no walk from a state that may start to one with a prize, which changes nothing. If more than `most` arcs
    are left, those on the longest walks go as well, which may cost a better explanation.

    Parameters
    ----------
    program : Program
        In full.
    most : int
        Arcs to keep at most, unless the shortest walks alone have more.
    """
    taken = program.fixed.reshape(-1, 2)[:, ::-1].ravel()
    usable = ~taken[program.tail] & ~taken[program.head] & ~program.fixed[program.head] & (program.tail // 2 != program.head // 2)
    starts, goals = program.fixed | np.isfinite(program.price), program.prize > 0
    tail, head = program.tail[usable], program.head[usable]
    length = np.full(len(usable), np.inf)
    length[usable] = steps_from(tail, head, starts)[tail] + 1 + steps_from(head, tail, goals)[head]
    kept, longest = np.isfinite(length), np.inf
    between = int(kept.sum())
    if between > most:
        # Whole lengths go or stay; the shortest stay in any case.
        lengths, counts = np.unique(length[kept], return_counts=True)
        longest = float(lengths[max(0, int(np.searchsorted(np.cumsum(counts), most, side="right")) - 1)])
        kept = length <= longest
    return Pruned(kept, between, longest)


def reached(tail: Places, head: Places, starts: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which states a walk reaches from any of the starts.

    Parameters
    ----------
    tail, head : ndarray of int64
        Ends of the arcs.
    starts : ndarray of bool, shape (n_states,)
        Where walks begin.
    """
    return np.isfinite(steps_from(tail, head, starts))


def steps_from(tail: Places, head: Places, starts: NDArray[np.bool_]) -> Floats:
    """Return the fewest arcs from a start to every state; infinite where none leads.

    Parameters
    ----------
    tail, head : ndarray of int64
        Ends of the arcs.
    starts : ndarray of bool, shape (n_states,)
        Where walks begin.
    """
    count = len(starts)
    begin = np.flatnonzero(starts)
    rows, columns = np.append(tail, np.full(len(begin), count)), np.append(head, begin)
    graph = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(count + 1, count + 1))
    return dijkstra(graph, indices=count, unweighted=True)[:count] - 1
