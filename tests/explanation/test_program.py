"""The integer programme against enumeration, and what it must never do."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from jaknet.explanation._program import search_program, solve_program, worth
from jaknet.explanation._pruning import Program, reduce_program


def random_program(seed: int, nodes: int = 5, edges: int = 8, roots: bool = True) -> Program:
    """A small problem: signed edges, prizes at random states, a root, pushes onto prized states."""
    rng = np.random.default_rng(seed)
    source, target = rng.integers(0, nodes, edges), rng.integers(0, nodes, edges)
    sign = rng.choice([0, 1], edges)
    tail = np.concatenate([2 * source, 2 * source + 1])
    head = np.concatenate([2 * target + sign, 2 * target + (1 - sign)])
    cost = np.tile(rng.uniform(0.1, 0.6, edges), 2)
    prize = np.where(rng.random(2 * nodes) < 0.4, rng.uniform(0.5, 2, 2 * nodes), -rng.uniform(0, 0.2, 2 * nodes))
    fixed = np.zeros(2 * nodes, bool)
    price = np.full(2 * nodes, np.inf if roots else 0.8)
    fixed[0] = roots
    prized = np.flatnonzero(prize > 0)
    pusher, pushed = rng.integers(0, 2 * nodes, 3), rng.choice(prized, 3)
    keep = pusher // 2 != pushed // 2
    weight = np.where(prize > 0, prize, 0.0)
    need = np.ones(2 * nodes, np.int64)
    return Program(tail, head, cost, prize, price, fixed, need, pusher[keep], pushed[keep], np.full(keep.sum(), 0.7), weight)


def enumerate_best(program: Program) -> float:
    """Try every set of arcs: no loop, one arc into a state that is no root, tails that hold."""
    usable = np.flatnonzero((program.tail // 2 != program.head // 2) & ~program.fixed[program.head] & ~program.fixed[program.head ^ 1])
    startable = np.flatnonzero(np.isfinite(program.price) & ~program.fixed)
    best = -np.inf
    for count in range(len(startable) + 1):
        for started in itertools.combinations(startable, count):
            best = max(best, _grow(program, usable, {*started, *np.flatnonzero(program.fixed)}, frozenset()))
    return best


def _grow(program: Program, usable: np.ndarray, roots: set[int], carried: frozenset[int], after: int = -1) -> float:
    """Extend a forest arc by arc; every forest is met, since states are added in some order."""
    seen: dict[frozenset[int], float] = {}
    stack = [(frozenset[int](), frozenset(int(root) for root in roots))]
    best = -np.inf
    if any(state ^ 1 in roots for state in roots):
        return best
    while stack:
        arcs, holds = stack.pop()
        if arcs in seen:
            continue
        mask = np.zeros(len(program.prize), bool)
        mask[list(holds)] = True
        carries, start = np.zeros(len(program.tail), bool), np.zeros(len(program.prize), bool)
        carries[list(arcs)] = True
        start[list(roots)] = True
        seen[arcs] = worth(program, mask, carries, start)
        for arc in usable:
            tail, head = int(program.tail[arc]), int(program.head[arc])
            if tail in holds and head not in holds and head ^ 1 not in holds:
                stack.append((arcs | {int(arc)}, holds | {head}))
    return max(seen.values())


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("roots", [True, False], ids=["given", "found"])
def test_the_best_of_all_explanations_is_found(seed, roots):
    program = random_program(seed, nodes=4, edges=6, roots=roots)
    solution = solve_program(program, gap=0.0)
    assert solution.objective == pytest.approx(enumerate_best(program), abs=1e-6)
    assert solution.bound == pytest.approx(solution.objective, abs=1e-6) and not solution.cut


@pytest.mark.parametrize("seed", range(8))
def test_what_carries_is_a_forest_from_the_roots(seed):
    program = random_program(seed, nodes=30, edges=90, roots=seed % 2 == 0)
    solution = solve_program(program)
    assert not (solution.holds[::2] & solution.holds[1::2]).any()
    assert solution.holds[program.tail[solution.carries]].all() and solution.holds[program.head[solution.carries]].all()
    incoming = np.bincount(program.head[solution.carries], minlength=len(program.prize))
    assert (incoming[solution.holds & ~solution.roots] == 1).all() and not incoming[solution.roots].any()
    reached, before = solution.roots.copy(), 0
    while reached.sum() > before:
        before = reached.sum()
        reached[program.head[solution.carries & reached[program.tail]]] = True
    assert (reached == solution.holds).all()


def test_pruning_changes_no_objective():
    program = random_program(3, nodes=12, edges=30)
    kept = reduce_program(program).kept
    smaller = program._replace(tail=program.tail[kept], head=program.head[kept], cost=program.cost[kept])
    assert 0 < kept.sum() < len(kept)
    assert solve_program(smaller).objective == pytest.approx(solve_program(program).objective)


def test_the_longest_walks_go_first():
    program = random_program(3, nodes=12, edges=30)
    whole, fewer = reduce_program(program), reduce_program(program, most=12)
    assert np.isinf(whole.longest) and whole.between == fewer.between == whole.kept.sum()
    assert 0 < fewer.kept.sum() <= 12 and not (fewer.kept & ~whole.kept).any() and np.isfinite(fewer.longest)
    smaller = program._replace(tail=program.tail[fewer.kept], head=program.head[fewer.kept], cost=program.cost[fewer.kept])
    assert solve_program(smaller).objective <= solve_program(program).objective + 1e-9


def test_a_search_reaches_its_least_or_finds_none():
    program = random_program(5, nodes=10, edges=25)
    best = solve_program(program).objective
    found = search_program(program, best - 0.2, factors=np.random.default_rng(0).uniform(0.5, 1.5, len(program.tail)))
    assert found is not None and best - 0.2 <= found.objective <= best + 1e-9
    assert search_program(program, best + 0.01) is None


def test_a_loop_does_not_hold_itself_up():
    # B and C raise each other and C has a prize; nothing starts them.
    tail, head = np.array([2, 4]), np.array([4, 2])
    prize, price = np.array([0, 0, 0, 0, 5.0, 0]), np.array([0.1] + [np.inf] * 5)
    empty = np.zeros(0, int)
    need = np.ones(6, int)
    program = Program(tail, head, np.full(2, 0.1), prize, price, np.zeros(6, bool), need, empty, empty, np.zeros(0), np.zeros(6))
    assert solve_program(program).objective == 0
    assert not solve_program(program).holds.any()


def test_no_time_still_gives_an_explanation_with_its_gap():
    program = random_program(2, nodes=60, edges=240)
    hurried = solve_program(program, time_limit=1e-6)
    assert hurried.objective <= hurried.bound
    assert hurried.cut and hurried.gap > 0
