"""Sign-consistent routes from what is perturbed to what is read out, for all readouts at once."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jaknet.network.routes import PATH_COLUMNS, _describe
from jaknet.network.schema import LAYERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jaknet.network.network import Network

__all__ = ["best_routes", "shortest_signs"]

_TRANSCRIPTION = LAYERS.index("transcription")


def best_routes(
    network: Network,
    starts: Mapping[str, float],
    goals: Mapping[str, int],
    reliability: NDArray[np.float64],
    transcript: bool = True,
) -> pd.DataFrame:
    """Find for each goal the most reliable route whose sign gives the wanted direction.

    Dijkstra's search over (node, sign of the change there) with the cost
    ``-log(reliability)`` an edge, so that the best route has the largest product.

    Parameters
    ----------
    network : Network
    starts : mapping of str to float
        Node -> change at the start; its sign counts, and its size relative to the largest is the
        first factor of the product.
    goals : mapping of str to int
        Node -> wanted direction, 1 or -1.
    reliability : ndarray of float64, shape (n_edges,)
        In (0, 1], e.g. weight times the probability that the edge exists.
    transcript : bool
        The last edge must be of layer transcription.

    Returns
    -------
    pandas.DataFrame
        ``PATH_COLUMNS`` of `jaknet.network.routes`, indexed by goal; goals without such a route are
        left out. A route may pass a node twice: a transcript is reached through its own protein,
        or feedback turns the sign.

    Examples
    --------
    >>> from jaknet.network.network import Network
    >>> edges = pd.DataFrame({"source": ["JAK1", "STAT3"], "target": ["STAT3", "SOST"], "sign": [1, -1]})
    >>> best_routes(Network(edges), {"JAK1": -1.0}, {"SOST": 1}, np.ones(2), transcript=False)["route"].item()
    'JAK1 → STAT3 ⊣ SOST'
    """
    cost = -np.log(reliability)
    reached, came_by = _search(network, starts, cost)
    edges, rows = network.arrays, {}
    incoming = _incoming(network, transcript)
    for goal, direction in goals.items():
        best: tuple[float, int] | None = None
        for edge in incoming.get(network.index[goal], ()):
            before = (int(edges.source[edge]), int(edges.sign[edge]) * direction)
            length = reached.get(before, np.inf) + cost[edge]
            if np.isfinite(length) and (best is None or length < best[0]):
                best = (length, edge)
        if best is not None:
            rows[goal] = _describe(network, _walk_back(network, best[1], direction, came_by))
    return pd.DataFrame.from_dict(rows, orient="index", columns=PATH_COLUMNS).rename_axis("goal")


def shortest_signs(network: Network, starts: Mapping[str, float], transcript: bool = True) -> pd.DataFrame:
    """Return length and sign of the shortest walks from the starts to every node: the baseline any model should beat.

    Parameters
    ----------
    network : Network
    starts : mapping of str to float
        Node -> change; only its sign counts.
    transcript : bool
        The last edge must be of layer transcription.

    Returns
    -------
    pandas.DataFrame
        ``length`` (NaN where there is no walk) and ``sign`` (1, -1, or 0 where as many shortest
        walks raise as lower the node), indexed by node.

    Examples
    --------
    >>> from jaknet.network.network import Network
    >>> edges = pd.DataFrame({"source": ["A", "A", "B"], "target": ["B", "C", "C"], "sign": [1, -1, 1]})
    >>> shortest_signs(Network(edges), {"A": -1.0}, transcript=False).loc["C"].tolist()
    [1.0, 1.0]
    """
    edges, count = network.arrays, network.n_nodes
    length, walks = np.full(count, np.inf), np.zeros((count, 2))
    for node, change in starts.items():
        length[network.index[node]] = 0
        walks[network.index[node], int(change < 0)] = 1
    depth = 0
    while (frontier := length[edges.source] == depth).any():
        fresh = frontier & (length[edges.target] > depth)
        np.add.at(walks, edges.target[fresh], _carried(walks, edges.source[fresh], edges.sign[fresh]))
        depth += 1
        length[edges.target[fresh]] = depth
    last = edges.layer == _TRANSCRIPTION if transcript else np.ones(network.n_edges, bool)
    ends, before = edges.target[last], length[edges.source[last]]
    final = np.full(count, np.inf)
    np.minimum.at(final, ends, before + 1)
    best = np.isfinite(before) & (before + 1 == final[ends])
    balance = np.zeros((count, 2))
    np.add.at(balance, ends[best], _carried(walks, edges.source[last][best], edges.sign[last][best]))
    sign = np.sign(balance[:, 0] - balance[:, 1])
    table = {"length": np.where(np.isfinite(final), final, np.nan), "sign": np.where(np.isfinite(final), sign, np.nan)}
    return pd.DataFrame(table, index=pd.Index(network.names, name="node"))


def _carried(walks: NDArray[np.float64], source: NDArray[np.int64], sign: NDArray[np.int8]) -> NDArray[np.float64]:
    """Numbers of raising and lowering walks after one more edge; an inhibition swaps them."""
    return np.where(sign[:, None] > 0, walks[source], walks[source][:, ::-1])


def _incoming(network: Network, transcript: bool) -> dict[int, list[int]]:
    edges, grouped = network.arrays, dict[int, list[int]]()
    for edge in range(network.n_edges):
        if not transcript or edges.layer[edge] == _TRANSCRIPTION:
            grouped.setdefault(int(edges.target[edge]), []).append(edge)
    return grouped


State = tuple[int, int]


def _search(network: Network, starts: Mapping[str, float], cost: NDArray[np.float64]) -> tuple[dict[State, float], dict[State, int]]:
    edges = network.arrays
    first = np.searchsorted(edges.source, np.arange(network.n_nodes + 1))
    largest = max((abs(change) for change in starts.values()), default=0.0)
    moved = {node: change for node, change in starts.items() if change}
    queue: list[tuple[float, int, int, int]] = []
    for name, change in moved.items():
        heappush(queue, (-float(np.log(abs(change) / largest)), network.index[name], int(np.sign(change)), -1))
    reached, came_by = dict[State, float](), dict[State, int]()
    while queue:
        length, node, sign, edge = heappop(queue)
        if (node, sign) in reached:
            continue
        reached[node, sign], came_by[node, sign] = length, edge
        for onward in range(first[node], first[node + 1]):
            following = (int(edges.target[onward]), sign * int(edges.sign[onward]))
            if following not in reached:
                heappush(queue, (length + float(cost[onward]), *following, onward))
    return reached, came_by


def _walk_back(network: Network, last: int, direction: int, came_by: Mapping[State, int]) -> list[int]:
    edges, path, sign = network.arrays, [last], direction
    while True:
        sign *= int(edges.sign[path[-1]])
        edge = came_by[int(edges.source[path[-1]]), sign]
        if edge < 0:
            return path[::-1]
        path.append(edge)
