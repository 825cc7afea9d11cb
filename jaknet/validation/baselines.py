"""What a model has to beat: the sign of the shortest path, the majority sign of all short paths, always-up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from jaknet.validation.facts import Fact
from jaknet.validation.predict import networks_for

if TYPE_CHECKING:
    from jaknet.network.network import Network

__all__ = ["BASELINES", "baseline_directions"]

#: Column of a prediction table -> what it says.
BASELINES = {
    "baseline_shortest_path": "sign of the shortest path",
    "baseline_all_paths": "majority sign of all paths to depth 4",
    "baseline_always_up": "always up",
}
_DEPTH = 4
Links = dict[str, list[tuple[str, int]]]


def baseline_directions(network: Network, facts: Sequence[Fact], leave_out_reference: bool = True) -> pd.DataFrame:
    """Return what each baseline predicts of each fact: ``up``, ``down``, or nothing on a tie or without a path.

    Paths lead from what was perturbed to the readout (for a ratio, those to the denominator count
    with the opposite sign), without the evidence of the fact's paper. Context and background
    play no part.

    Parameters
    ----------
    network : Network
    facts : sequence of Fact
    leave_out_reference : bool

    Returns
    -------
    pandas.DataFrame
        One row a fact, the columns of `BASELINES`.
    """
    rows: list[tuple[str, str, str]] = [("", "", "")] * len(facts)
    for left, places in networks_for(network, facts, leave_out_reference):
        links = _links(left)
        for place in places:
            shortest = _vote((length, sign) for length, sign in _first_paths(left, facts[place], links))
            short = _vote((0, sign) for _, sign in _short_paths(left, facts[place], links))
            rows[place] = (shortest, short, "up")
    return pd.DataFrame(rows, columns=list(BASELINES))


def _links(network: Network) -> tuple[Links, Links]:
    """Return the edges by source and, turned round, by target."""
    forward: Links = {name: [] for name in network.names}
    backward: Links = {name: [] for name in network.names}
    edges = network._edges
    for source, target, sign in zip(edges["source"], edges["target"], edges["sign"].astype(int)):
        forward[source].append((target, sign))
        backward[target].append((source, sign))
    return forward, backward


def _vote(paths: Iterator[tuple[int, int]]) -> str:
    """Return the sign of most of the shortest paths given."""
    counted: dict[int, int] = {}
    for length, sign in paths:
        counted[length] = counted.get(length, 0) + sign
    total = counted[min(counted)] if counted else 0
    return "up" if total > 0 else "down" if total < 0 else ""


def _ends(network: Network, fact: Fact) -> Iterator[tuple[str, set[str], int]]:
    """Yield start, goals and the sign with which paths between them count."""
    if all(part in network for part in fact.parts):
        for part, side in zip(fact.parts, (1, -1)):
            for node in fact.experiment.nodes:
                for start in network.resolve(node) if node in network else ():
                    yield start, set(network.resolve(part)), side * fact.experiment.sign


def _first_paths(network: Network, fact: Fact, links: tuple[Links, Links]) -> Iterator[tuple[int, int]]:
    """Yield (length, surplus of positive paths) of the shortest paths of each start, counted breadth first."""
    for start, goals, side in _ends(network, fact):
        level, seen, length = {start: (1, 0)}, {start}, 0
        while level and not (length and goals & set(level)):
            following: dict[str, tuple[int, int]] = {}
            for node, (positive, negative) in level.items():
                for target, sign in links[0][node]:
                    if target not in seen or target in goals:
                        plus, minus = following.get(target, (0, 0))
                        more = (positive, negative) if sign > 0 else (negative, positive)
                        following[target] = (plus + more[0], minus + more[1])
            level, length = following, length + 1
            seen |= set(level)
        for goal in goals & set(level):
            yield length, side * (level[goal][0] - level[goal][1])


def _short_paths(network: Network, fact: Fact, links: tuple[Links, Links]) -> Iterator[tuple[int, int]]:
    """Yield (length, sign) of every path of at most four edges that repeats no node."""
    for start, goals, side in _ends(network, fact):
        left = _distances(goals, links[1])
        stack: list[tuple[str, int, tuple[str, ...]]] = [(start, side, ())]
        while stack:
            node, sign, passed = stack.pop()
            if passed and node in goals:
                yield len(passed), sign
                continue
            for target, step in links[0][node]:
                fresh = target in goals or (target != node and target not in passed)
                if fresh and len(passed) + 1 + left.get(target, _DEPTH) <= _DEPTH:
                    stack.append((target, sign * step, (*passed, node)))


def _distances(goals: set[str], backward: Links) -> dict[str, int]:
    found = dict.fromkeys(goals, 0)
    level = set(goals)
    for length in range(1, _DEPTH):
        level = {source for node in level for source, _ in backward[node] if source not in found}
        found |= dict.fromkeys(level, length)
    return found
