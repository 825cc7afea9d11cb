"""What a model has to beat: the sign of the shortest path, the majority sign of all short paths, always-up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from jaknet.network.routes import count_shortest_walks, simple_paths
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
Ends = tuple[str, tuple[str, ...], int]


def baseline_directions(network: Network, facts: Sequence[Fact], leave_out_reference: bool = True) -> pd.DataFrame:
    """Return what each baseline predicts of each fact: ``up``, ``down``, or nothing on a tie or without a path.

    Paths lead from what was perturbed to the readout (for a ratio, those to the denominator count
    with the opposite sign). Context and background play no part.

    Parameters
    ----------
    network : Network
        Whose paths are followed.
    facts : sequence of Fact
        Published experiments (`jaknet.validation.facts.read_facts`).
    leave_out_reference : bool
        Predict each fact without the evidence of its own paper.

    Returns
    -------
    pandas.DataFrame
        One row a fact, the columns of `BASELINES`.
    """
    rows: list[tuple[str, str, str]] = [("", "", "")] * len(facts)
    for left, places in networks_for(network, facts, leave_out_reference):
        for place in places:
            ends = list(_ends(left, facts[place]))
            rows[place] = (_shortest_paths(left, ends), _short_paths(left, ends), "up")
    return pd.DataFrame(rows, columns=list(BASELINES))


def _ends(network: Network, fact: Fact) -> Iterator[Ends]:
    """Yield start, goals and the sign with which paths between them count."""
    if all(part in network for part in fact.parts):
        for part, side in zip(fact.parts, (1, -1)):
            for node in fact.experiment.nodes:
                for start in network.resolve(node) if node in network else ():
                    yield start, network.resolve(part), side * fact.experiment.sign


def _shortest_paths(network: Network, ends: list[Ends]) -> str:
    """Return the sign of most of the shortest paths of all starts."""
    found = []
    for start, goals, side in ends:
        length, surplus = count_shortest_walks(network, {start: 1.0}, transcript=False)
        found += [(length[network.index[goal]], side * surplus[network.index[goal]]) for goal in goals]
    shortest = min((length for length, _ in found), default=0)
    return _direction(sum(surplus for length, surplus in found if length == shortest))


def _short_paths(network: Network, ends: list[Ends]) -> str:
    """Return the sign of most of the paths of at most four edges that repeat no node."""
    sign = network.arrays.sign
    return _direction(sum(side * sign[path].prod() for start, goals, side in ends for path in simple_paths(network, start, goals, _DEPTH)))


def _direction(surplus: float) -> str:
    return "up" if surplus > 0 else "down" if surplus < 0 else ""
