"""What a prediction has to beat: its parts alone, shortest path, path majority, walk sums, always-up; and on what a route rests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from jaknet.network.routes import count_shortest_walks, distances, simple_paths
from jaknet.network.schema import TIERS
from jaknet.ranking.experiments import SUREST
from jaknet.validation.facts import Fact
from jaknet.validation.predict import Networks

if TYPE_CHECKING:
    from jaknet.network.network import Network

__all__ = ["BASELINES", "baseline_predictions", "routes_of_facts"]

#: Column of a prediction table -> what it says. The first two are in the table where other papers were heard, and the others always.
BASELINES = {
    "baseline_network": "the network alone",
    "baseline_papers": "other papers on the same experiment alone",
    "baseline_shortest_path": "sign of the shortest path",
    "baseline_all_paths": "majority sign of all paths to depth 4",
    "baseline_walk_sum": "signed sum of all walks to ten steps",
    "baseline_always_up": "always up",
}
_DEPTH, _STEPS = 4, 10
_OF_TIER = {"A": 1.0, "B": 0.7, "C": 0.5}
_OF_LAYER = {"transcription": 0.2}
_OF_OTHER_LAYERS = 0.9
Ends = tuple[str, tuple[str, ...], int]


def baseline_predictions(networks: Networks, facts: Sequence[Fact]) -> pd.DataFrame:
    """Return what each baseline predicts of each fact: ``up``, ``down``, or nothing on a tie or without a path.

    Paths lead from what was perturbed to the readout (for a ratio, those to the denominator count
    with the opposite sign). Context and background play no part. A walk may pass a node twice; an
    edge is as strong as ``weight * tier * layer / sqrt(regulators of its target)`` with 1, 0.7 and 0.5 for
    tiers A, B and C, and 0.2 for layer transcription against 0.9 for others, and a walk is as strong as the product of its edges.

    Parameters
    ----------
    networks : sequence of (Network, list of int)
        Whose paths are followed, and for which facts (`jaknet.validation.predict.networks_for`).
    facts : sequence of Fact
        Published experiments (`jaknet.validation.facts.read_facts`).

    Returns
    -------
    pandas.DataFrame
        One row a fact, the last four columns of `BASELINES`, and ``p_walk_sum``, the probability of the sign of the walks:
        half of ``1 + 0.7 |surplus| / sum``, NaN without a walk.
    """
    rows: list[tuple[object, ...]] = [("", "", "", "up", np.nan)] * len(facts)
    for left, places in networks:
        ends = {place: list(_ends(left, facts[place])) for place in places}
        surplus, total = _walk_sums(left, ends)
        for place, found in ends.items():
            share = surplus[place] / total[place] if total[place] else np.nan
            told = (_shortest_paths(left, found), _short_paths(left, found), _direction(surplus[place]))
            rows[place] = (*told, "up", 0.5 + (SUREST - 0.5) * abs(share))
    return pd.DataFrame(rows, columns=[*list(BASELINES)[2:], "p_walk_sum"])


def routes_of_facts(networks: Networks, facts: Sequence[Fact]) -> pd.DataFrame:
    """Return how far the readout of each fact lies from what was perturbed, and on what the best route rests.

    Parameters
    ----------
    networks : sequence of (Network, list of int)
        Whose edges are followed, and for which facts (`jaknet.validation.predict.networks_for`).
    facts : sequence of Fact
        Published experiments (`jaknet.validation.facts.read_facts`).

    Returns
    -------
    pandas.DataFrame
        ``steps``, edges of the shortest route (NaN without one), and ``evidence``, that of the weakest edge of the route whose
        weakest edge is best: ``textbook`` (canonical), ``tier A``, ``tier B``, ``tier C``, or nothing.
    """
    rows: list[tuple[float, str]] = [(np.nan, "")] * len(facts)
    for left, places in networks:
        edges = left._edges
        rank = np.where(edges["canonical"] == 1, 0, edges["tier"].map(TIERS.index).to_numpy() + 1)
        for place in places:
            ends = list(_ends(left, facts[place]))
            goals = [left.index[goal] for _, goals, _ in ends for goal in goals]
            starts = {start for start, _, _ in ends}
            away = [distances(left, starts, keep=rank <= level)[goals].min(initial=np.inf) for level in range(len(TIERS) + 1)]
            if np.isfinite(away[-1]):
                best = int(np.flatnonzero(np.isfinite(away))[0])
                rows[place] = (float(away[-1]), f"tier {TIERS[best - 1]}" if best else "textbook")
    return pd.DataFrame(rows, columns=["steps", "evidence"])


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


def _walk_sums(network: Network, ends: dict[int, list[Ends]]) -> tuple[dict[int, float], dict[int, float]]:
    """Return the surplus of raising over lowering walks and their sum, by place."""
    starts = sorted({start for found in ends.values() for start, _, _ in found})
    column = {start: number for number, start in enumerate(starts)}
    begin = np.zeros((network.n_nodes, len(starts)))
    begin[[network.index[start] for start in starts], range(len(starts))] = 1.0
    strength = _strengths(network)
    signed, plain = (_walked(network, factors, begin) for factors in (strength * network.arrays.sign, strength))
    surplus, total = dict.fromkeys(ends, 0.0), dict.fromkeys(ends, 0.0)
    for place, found in ends.items():
        for start, goals, side in found:
            rows = [network.index[goal] for goal in goals]
            surplus[place] += side * float(signed[rows, column[start]].sum())
            total[place] += float(plain[rows, column[start]].sum())
    return surplus, total


def _strengths(network: Network) -> NDArray[np.float64]:
    edges, target = network._edges, network.arrays.target
    regulators = np.bincount(target, minlength=network.n_nodes)[target]
    layer = edges["layer"].map(_OF_LAYER).fillna(_OF_OTHER_LAYERS)
    return np.asarray(edges["weight"] * edges["tier"].map(_OF_TIER) * layer / np.sqrt(regulators), float)


def _walked(network: Network, factors: NDArray[np.float64], begin: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of all walks of one to ten edges to every node, by start."""
    edges, count = network.arrays, network.n_nodes
    onward = sparse.csr_array((factors, (edges.target, edges.source)), shape=(count, count))
    reached, total = begin, np.zeros_like(begin)
    for _ in range(_STEPS):
        reached = onward @ reached
        total += reached
    return total


def _direction(surplus: float) -> str:
    return "up" if surplus > 0 else "down" if surplus < 0 else ""
