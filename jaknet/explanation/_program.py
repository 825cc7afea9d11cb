"""The integer programme behind `explain`: the best signed forest from roots to what changed.

Every node stands twice, once for "up" and once for "down" (state ``2 * node`` and ``2 * node + 1``), and every way in which an
edge can carry a change is an arc from state to state, so that signs need no rule of their own. With binaries x (a state
holds), y (an arc carries) and z (a state is a root), and orders p of the nodes, the programme is

.. math::

    \\max\\ & \\sum_s \\text{prize}_s x_s - \\sum_a \\text{cost}_a y_a - \\sum_s \\text{price}_s z_s - \\sum_g \\text{weight}_g c_g \\\\
    & \\sum_{a \\to s} y_a = \\text{need}_s (x_s - z_s), \\quad y_a \\le x_{\\text{tail}(a)},
    \\quad x_\\text{up} + x_\\text{down} \\le 1 \\\\
    & p_\\text{head} - p_\\text{tail} \\ge 1 - (P + 1)(1 - y_a), \\quad c_g \\ge r (x_s - x_g) \\text{ where s pushes g the wrong way}

which is CARNIVAL's (Liu et al. 2019, npj Syst Biol Appl 5:40), written for one incoming arc a state: a second one only costs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse.csgraph import connected_components

from jaknet.explanation._pruning import Floats, Places, Program, reached, reduce_program, steps_from

__all__ = ["GAP", "Solution", "search_program", "solve_program", "worth"]

#: Status of scipy's milp.
_TIME_LIMIT = 1
#: Share by which a better explanation may be missed.
GAP = 1e-4


class Solution(NamedTuple):
    """The best explanation that was found.

    Attributes
    ----------
    holds : ndarray of bool, shape (n_states,)
    carries : ndarray of bool, shape (n_arcs,)
    roots : ndarray of bool, shape (n_states,)
        Where the explanation starts.
    objective, bound : float
        What it is worth, and what none can exceed (infinite where that was not asked).
    cut : bool
        The time limit stopped the search: another machine may find another one.
    """

    holds: NDArray[np.bool_]
    carries: NDArray[np.bool_]
    roots: NDArray[np.bool_]
    objective: float
    bound: float
    cut: bool

    @property
    def gap(self) -> float:
        """By how much a better one could exceed it, as a share of it."""
        return max(0.0, self.bound - self.objective) / max(abs(self.objective), 1e-9)


def worth(program: Program, holds: NDArray[np.bool_], carries: NDArray[np.bool_], roots: NDArray[np.bool_]) -> float:
    """Return the objective of an explanation.

    Parameters
    ----------
    program : Program
        Whose prices count.
    holds, carries, roots : ndarray of bool
        As in `Solution`.
    """
    wrong = np.zeros(len(program.prize))
    missed = holds[program.pusher] & ~holds[program.pushed]
    np.maximum.at(wrong, program.pushed[missed], program.strength[missed])
    started = program.price[roots & ~program.fixed].sum()
    return float(program.prize[holds].sum() - program.cost[carries].sum() - started - program.weight @ wrong)


def solve_program(program: Program, time_limit: float = 60.0, gap: float = GAP) -> Solution:
    """Return the best explanation that is found in time; there always is one, that the roots carry nothing.

    Parameters
    ----------
    program : Program
        In full; what cannot matter is left out here.
    time_limit : float
        Seconds.
    gap : float
        Stop when no other can be better by more than this share.
    """
    idle = (program.fixed, np.zeros(len(program.tail), bool), program.fixed)
    least = worth(program, *idle)
    model = _Model(program, np.flatnonzero(reduce_program(program).kept))
    if not len(model.states):
        return Solution(*idle, least, least, False)
    found = model.solve(model.objective, model.constraints, time_limit, gap)
    limit = float(program.prize[program.prize > 0].sum()) if found.mip_dual_bound is None else model.constant - found.mip_dual_bound
    cut = found.status == _TIME_LIMIT
    if found.x is None:
        return Solution(*idle, least, limit, cut)
    chosen = _trim(program, *model.read(found.x))
    return Solution(*chosen, worth(program, *chosen), limit, cut)


def search_program(
    program: Program, least: float, time_limit: float = 60.0, gap: float = np.inf, factors: Floats | None = None
) -> Solution | None:
    """Return an explanation that is worth at least so much, or None if there is none.

    Parameters
    ----------
    program : Program
        In full.
    least : float
        The smallest objective.
    time_limit : float
        Seconds.
    gap : float
        Stop when no other can be better by more than this share. By default any will do.
    factors : ndarray of float64, shape (n_arcs,), optional
        On the costs of arcs while searching; they count neither for `least` nor for the objective returned.

    Raises
    ------
    TimeoutError
        If none was found and none excluded in time.
    """
    model = _Model(program, np.flatnonzero(reduce_program(program).kept))
    if not len(model.states):
        nothing = solve_program(program)
        return nothing if nothing.objective >= least else None
    aim = model.objective.copy()
    if factors is not None:
        aim[model.offset[1] : model.offset[2]] *= factors[model.arcs]
    enough = LinearConstraint(model.objective[None, :], -np.inf, model.constant - least)
    found = model.solve(aim, [*model.constraints, enough], time_limit, gap)
    cut = found.status == _TIME_LIMIT
    if found.x is None:
        if cut:
            raise TimeoutError(f"undecided after {time_limit} s")
        return None
    chosen = _trim(program, *model.read(found.x))
    return Solution(*chosen, worth(program, *chosen), np.inf, cut)


def _trim(
    program: Program, holds: NDArray[np.bool_], carries: NDArray[np.bool_], roots: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Drop what leads to no prize, and let every end hang on the cheapest arc, of equal ones on that nearest to a root."""
    used = reached(program.head[carries], program.tail[carries], holds & (program.prize > 0))
    holds, carries, roots = holds & (used | program.fixed), carries & used[program.head], roots & (used | program.fixed)
    depth = steps_from(program.tail[carries], program.head[carries], roots)
    end = holds & ~roots & (program.need == 1)
    end[program.tail[carries]] = False
    # Not on another end: two could hang on each other.
    may = np.flatnonzero(end[program.head] & holds[program.tail] & ~end[program.tail] & np.isfinite(depth[program.tail]))
    ranked = may[np.lexsort((may, depth[program.tail[may]], program.cost[may], program.head[may]))]
    carries[end[program.head]] = False
    carries[ranked[np.unique(program.head[ranked], return_index=True)[1]]] = True
    # A state that carried only to ends that now hang elsewhere is of no use any more.
    return (holds, carries, roots) if _reached_all(program, holds, carries, roots) else _trim(program, holds, carries, roots)


def _reached_all(program: Program, holds: NDArray[np.bool_], carries: NDArray[np.bool_], roots: NDArray[np.bool_]) -> bool:
    """Tell whether every state that holds leads to a prize or is fixed."""
    used = reached(program.head[carries], program.tail[carries], holds & (program.prize > 0))
    return bool((used | program.fixed)[holds].all())


class _Model:
    """The programme as scipy wants it: columns x, y, z, p, c in this order."""

    def __init__(self, program: Program, arcs: Places) -> None:
        self.program, self.arcs = program, arcs
        tail, head = program.tail[arcs], program.head[arcs]
        used = np.zeros(len(program.prize), bool)
        used[tail], used[head] = True, True
        used |= (program.prize > 0) & np.isfinite(program.price)
        self.states = np.flatnonzero(used & ~program.fixed)
        self.starts = self.states[np.isfinite(program.price[self.states])]
        self.column = np.full(len(program.prize), -1)
        self.column[self.states] = np.arange(len(self.states))
        self._order(tail, head)
        live = (self.column[program.pusher] >= 0) | program.fixed[program.pusher]
        self.pushes = np.flatnonzero(live & (program.weight[program.pushed] > 0))
        self.genes, self.gene_of = np.unique(program.pushed[self.pushes], return_inverse=True)
        sizes = [len(self.states), len(arcs), len(self.starts), len(self.nodes), len(self.genes)]
        self.offset = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
        self.constant = float(program.prize[program.fixed].sum())
        self.objective = np.concatenate(
            [-program.prize[self.states], program.cost[arcs], program.price[self.starts], np.zeros(sizes[3]), program.weight[self.genes]]
        )
        self.integrality = np.repeat([1, 1, 1, 0, 0], sizes)
        upper = np.repeat([1.0, 1.0, 1.0, float(self.longest), 1.0], sizes)
        self.bounds = Bounds(np.zeros(self.offset[-1]), upper)
        self.constraints = [self._support(), self._carry(), self._either(), *self._acyclic(), *self._contradict()]

    def _order(self, tail: Places, head: Places) -> None:
        """Find the nodes that lie on loops: only these need an order."""
        count = len(self.program.prize) // 2
        graph = sparse.csr_array((np.ones(len(tail)), (tail // 2, head // 2)), shape=(count, count))
        label = connected_components(graph, directed=True, connection="strong")[1]
        self.looped = np.flatnonzero(label[tail // 2] == label[head // 2])
        self.nodes = np.unique(np.concatenate([tail[self.looped] // 2, head[self.looped] // 2]))
        self.place = np.full(count, -1)
        self.place[self.nodes] = np.arange(len(self.nodes))
        self.longest = max(np.bincount(label[self.nodes]).max(initial=1) - 1, 1)

    def solve(self, aim: Floats, constraints: list[LinearConstraint], time_limit: float, gap: float) -> OptimizeResult:
        """Minimise an objective.

        Parameters
        ----------
        aim : ndarray of float64
            Of each column.
        constraints : list of LinearConstraint
            On the columns.
        time_limit, gap : float
            When to stop.
        """
        options = {"time_limit": time_limit, "mip_rel_gap": gap}
        return milp(aim, constraints=constraints, integrality=self.integrality, bounds=self.bounds, options=options)

    def _matrix(self, rows: int, *parts: tuple[Places, Places, Floats]) -> sparse.csr_array:
        row, column, value = (np.concatenate([np.atleast_1d(part[place]) for part in parts]) for place in range(3))
        return sparse.csr_array((value, (row, column)), shape=(rows, self.offset[-1]))

    def _find(self, tail: Places, head: Places) -> tuple[Places, Places]:
        """Return which of these pairs of states an arc joins, and the place of the arc among those used."""
        if not len(self.arcs):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        count = len(self.program.prize)
        key, wanted = self.program.tail[self.arcs] * count + self.program.head[self.arcs], tail * count + head
        order = np.argsort(key, kind="stable")
        place = np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)
        there = np.flatnonzero(key[order][place] == wanted)
        return there, order[place[there]]

    def _support(self) -> LinearConstraint:
        """A state holds if it is a root or as many arcs as it needs carry the change to it."""
        program, arcs = self.program, self.arcs
        need = program.need[self.states].astype(float)
        start = self.column[self.starts]
        matrix = self._matrix(
            len(self.states),
            (self.column[program.head[arcs]], self.offset[1] + np.arange(len(arcs)), np.ones(len(arcs))),
            (np.arange(len(self.states)), np.arange(len(self.states)), -need),
            (start, self.offset[2] + np.arange(len(start)), need[start]),
        )
        return LinearConstraint(matrix, 0.0, 0.0)

    def _carry(self) -> LinearConstraint:
        """An arc carries only what its tail holds; of an arc and its reverse only one."""
        program, arcs = self.program, self.arcs
        tail, head = program.tail[arcs], program.head[arcs]
        free = np.flatnonzero(~program.fixed[tail])
        rows, ones = np.arange(len(free)), np.ones(len(free))
        # The reverse arc, if there is one, supports the tail through the head: both would be a loop of two.
        there, back = self._find(head[free], tail[free])
        matrix = self._matrix(
            len(free),
            (rows, self.offset[1] + free, ones),
            (rows, self.column[tail[free]], -ones),
            (there, self.offset[1] + back, np.ones(len(there))),
        )
        return LinearConstraint(matrix, -np.inf, 0.0)

    def _either(self) -> LinearConstraint:
        """No node is up and down."""
        node, row = np.unique(self.states // 2, return_inverse=True)
        both = self._matrix(len(node), (row, np.arange(len(self.states)), np.ones(len(self.states))))
        return LinearConstraint(both, -np.inf, 1.0)

    def _acyclic(self) -> list[LinearConstraint]:
        """Along an arc that carries, the order rises."""
        if not len(self.looped):
            return []
        tail, head = (self.place[end[self.arcs[self.looped]] // 2] for end in (self.program.tail, self.program.head))
        pair, row = np.unique(tail * len(self.nodes) + head, return_inverse=True)
        first, second = pair // len(self.nodes), pair % len(self.nodes)
        rows, most = np.arange(len(pair)), float(self.longest + 1)
        matrix = self._matrix(
            len(pair),
            (rows, self.offset[3] + second, np.ones(len(pair))),
            (rows, self.offset[3] + first, -np.ones(len(pair))),
            (row, self.offset[1] + self.looped, np.full(len(row), -most)),
        )
        return [LinearConstraint(matrix, 1.0 - most, np.inf)]

    def _contradict(self) -> list[LinearConstraint]:
        """A gene that a state pushes the wrong way counts unless another explains it."""
        program, pushes = self.program, self.pushes
        if not len(pushes):
            return []
        rows, strength = np.arange(len(pushes)), program.strength[pushes]
        pusher, pushed = program.pusher[pushes], program.pushed[pushes]
        always, seen = program.fixed[pusher], np.flatnonzero(self.column[pushed] >= 0)
        free = np.flatnonzero(~always)
        # What the other state of the pusher would explain does not count here: half up and half down is no way out.
        there, own = self._find(pusher ^ 1, pushed)
        matrix = self._matrix(
            len(pushes),
            (rows, self.offset[4] + self.gene_of, np.ones(len(pushes))),
            (free, self.column[pusher[free]], -strength[free]),
            (seen, self.column[pushed[seen]], strength[seen]),
            (there, self.offset[1] + own, -strength[there]),
        )
        return [LinearConstraint(matrix, np.where(always, strength, 0.0), np.inf)]

    def read(self, values: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
        """Return states, arcs and roots of a vector of values."""
        program = self.program
        holds, carries, roots = program.fixed.copy(), np.zeros(len(program.tail), bool), program.fixed.copy()
        holds[self.states[values[: self.offset[1]] > 0.5]] = True
        carries[self.arcs[values[self.offset[1] : self.offset[2]] > 0.5]] = True
        roots[self.starts[values[self.offset[2] : self.offset[3]] > 0.5]] = True
        return holds, carries, roots
