"""Walks, paths and routes: what lies between sources and targets, and with which sign.

Every search runs on one of two graphs: the network itself, or its signed double cover, in which each node stands twice,
once for "raised" (state ``node``) and once for "lowered" (state ``node + n_nodes``). An activation joins equal states, an
inhibition crosses over, so that a walk ends in the state that says which way its end is moved.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from jaknet.errors import InputError, check_whole, few
from jaknet.network.schema import LAYERS, join_list, split_list

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jaknet.network.network import Network

__all__ = ["PATH_COLUMNS", "best_routes", "count_shortest_walks", "distances", "find_paths", "shortest_signs", "simple_paths", "walk_mask"]

PATH_COLUMNS = ["source", "target", "sign", "length", "route", "weight", "weakest_edge", "weakest_tier", "references"]
_TRANSCRIPTION = LAYERS.index("transcription")
_MOST_WALKS = 20_000


def distances(network: Network, starts: Iterable[str], reverse: bool = False, keep: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
    """Return the number of edges from the nearest start to every node.

    Parameters
    ----------
    network : Network
        Whose edges are followed.
    starts : iterable of str
        Nodes or genes.
    reverse : bool
        Follow the edges backwards.
    keep : ndarray of bool, shape (n_edges,), optional
        Use these edges only. By default all.

    Returns
    -------
    ndarray of float64, shape (n_nodes,)
        Infinite where there is no walk.
    """
    edges = network.arrays
    used = slice(None) if keep is None else keep
    ends = (edges.target[used], edges.source[used]) if reverse else (edges.source[used], edges.target[used])
    named = [starts] if isinstance(starts, str) else starts
    return _steps(*ends, network.n_nodes, [network.index[form] for start in named for form in network.resolve(start)])


def walk_mask(
    network: Network,
    sources: Iterable[str] | None,
    targets: Iterable[str] | None,
    max_depth: int | None,
    keep: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Tell which edges lie on a walk of at most `max_depth` edges from a source to a target.

    Parameters
    ----------
    network : Network
        Whose edges are followed.
    sources, targets : iterable of str or None
        Nodes or genes. With None, a walk may start or end anywhere.
    max_depth : int or None
        Longest walk, in edges. With None, walks of any length count.
    keep : ndarray of bool, shape (n_edges,), optional
        Walk along these edges only. By default along all.

    Returns
    -------
    ndarray of bool, shape (n_edges,)
    """
    edges = network.arrays
    before = distances(network, sources, keep=keep) if sources is not None else np.zeros(network.n_nodes)
    after = distances(network, targets, reverse=True, keep=keep) if targets is not None else np.zeros(network.n_nodes)
    length = before[edges.source] + 1 + after[edges.target]
    return np.isfinite(length) if max_depth is None else length <= max_depth


def find_paths(network: Network, source: str, target: str, max_length: int = 4, limit: int = 100) -> pd.DataFrame:
    """List simple paths from one node to another, shortest and best evidence first.

    Parameters
    ----------
    network : Network
        Whose edges are followed.
    source, target : str
        Nodes or genes (a gene means all its forms).
    max_length : int
        Longest path, in edges.
    limit : int
        How many rows to return at most.

    Returns
    -------
    pandas.DataFrame
        `PATH_COLUMNS`: ``sign`` is the product of the edges' signs; ``weight`` the product of
        their weights; ``weakest_edge`` the edge of the lowest tier, then weight; ``references``
        those of all edges. Sorted by length, weakest tier, weight, then route.

    Raises
    ------
    UnknownNameError
        For a node the network does not have.
    InputError
        If there are too many paths to list, more than 20,000 walks: a shorter length that works is named.

    Examples
    --------
    >>> import pandas as pd
    >>> from jaknet.network.network import Network
    >>> edges = pd.DataFrame({"source": ["JAK1", "STAT3"], "target": ["STAT3", "SOST"], "sign": [1, -1]})
    >>> find_paths(Network(edges), "JAK1", "SOST")[["sign", "route"]].values.tolist()
    [[-1, 'JAK1 → STAT3 ⊣ SOST']]
    """
    goals, starts, edges = network.resolve(target), network.resolve(source), network.arrays
    _refuse_many(network, starts, goals, check_whole("max_length", max_length, least=1))
    paths = [path for start in starts for path in simple_paths(network, start, goals, max_length)]
    rows = [_describe(network, path) for path in paths if edges.source[path[0]] != edges.target[path[-1]]]
    table = pd.DataFrame(rows, columns=PATH_COLUMNS)
    order = table.sort_values(["length", "weakest_tier", "weight", "route"], ascending=[True, True, False, True])
    return order.head(limit).reset_index(drop=True)


def _refuse_many(network: Network, starts: Iterable[str], goals: Iterable[str], max_length: int) -> None:
    """Refuse a length at which so many walks lead from starts to goals that listing their paths would not end."""
    edges, count = network.arrays, network.n_nodes
    onward = sparse.csr_array((np.ones(network.n_edges), (edges.target, edges.source)), shape=(count, count))
    reached, ends, walks = np.zeros(count), [network.index[goal] for goal in goals], 0.0
    reached[[network.index[start] for start in starts]] = 1.0
    for length in range(1, min(max_length, count) + 1):  # a path passes no node twice
        reached = onward @ reached
        walks += reached[ends].sum()
        if walks > _MOST_WALKS:
            what = f"more than {_MOST_WALKS:,} walks of up to {length} edges lead from {few(starts)} to {few(goals)}"
            raise InputError(f"length {max_length}: {what}; give at most {length - 1}.")
        if not reached.any():
            return


def simple_paths(network: Network, start: str, goals: Collection[str], max_length: int) -> Iterator[list[int]]:
    """Yield every path to the first goal it meets that passes no node twice; a start that is a goal may be returned to.

    Parameters
    ----------
    network : Network
        Whose edges are followed.
    start : str
        Node from which the paths lead.
    goals : collection of str
        Nodes at which they end.
    max_length : int
        Longest path, in edges.

    Yields
    ------
    list of int
        Positions of the path's edges in ``network.edges``.
    """
    edges, ends = network.arrays, {network.index[goal] for goal in goals}
    after = _steps(edges.target, edges.source, network.n_nodes, list(ends))
    first = np.searchsorted(edges.source, np.arange(network.n_nodes + 1))
    begin = network.index[start]
    stack: list[tuple[int, list[int], frozenset[int]]] = [(begin, [], frozenset({begin}))]
    while stack:
        node, path, seen = stack.pop()
        if node in ends and path:
            yield path
            continue
        for edge in range(first[node], first[node + 1]):
            following = int(edges.target[edge])
            if (following in ends or following not in seen) and len(path) + 1 + after[following] <= max_length:
                stack.append((following, [*path, edge], seen | {following}))


def best_routes(
    network: Network,
    starts: Mapping[str, float],
    goals: Mapping[str, int],
    reliability: NDArray[np.float64],
    transcript: bool = True,
) -> pd.DataFrame:
    """Find for each goal the most reliable route whose sign gives the wanted direction.

    The best route has the largest product of reliabilities: the shortest walk on the signed double cover
    where an edge is as long as ``-log(reliability)``. Of equally good routes the one whose last edge, then
    the edge before it, and so on, comes first in ``network.edges`` is taken.

    Parameters
    ----------
    network : Network
        Whose edges are followed.
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
        `PATH_COLUMNS`, indexed by goal; goals without such a route are left out. A route may pass a node
        twice: a transcript is reached through its own protein, or feedback turns the sign.

    Examples
    --------
    >>> from jaknet.network.network import Network
    >>> edges = pd.DataFrame({"source": ["JAK1", "STAT3"], "target": ["STAT3", "SOST"], "sign": [1, -1]})
    >>> best_routes(Network(edges), {"JAK1": -1.0}, {"SOST": 1}, np.ones(2), transcript=False)["route"].item()
    'JAK1 → STAT3 ⊣ SOST'
    """
    edges, count = network.arrays, network.n_nodes
    cost = -np.log(reliability)
    length, came_by = _cheapest(network, starts, cost)
    last, rows = _last_edges(network, transcript), {}
    for goal, direction in goals.items():
        incoming = np.flatnonzero(last & (edges.target == network.index[goal]))
        before = edges.source[incoming] + count * (edges.sign[incoming] * direction < 0)
        total = length[before] + cost[incoming]
        if np.isfinite(total).any():
            best = int(np.argmin(total))
            rows[goal] = _describe(network, [*_walk_to(network, int(before[best]), came_by), int(incoming[best])])
    return pd.DataFrame.from_dict(rows, orient="index", columns=PATH_COLUMNS).rename_axis("goal")


def shortest_signs(network: Network, starts: Mapping[str, float], transcript: bool = True) -> pd.DataFrame:
    """Return length and sign of the shortest walks from the starts to every node: the baseline any model should beat.

    Parameters
    ----------
    network : Network
        Whose edges are followed.
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
    length, surplus = count_shortest_walks(network, starts, transcript)
    reached = np.isfinite(length)
    table = {"length": np.where(reached, length, np.nan), "sign": np.where(reached, np.sign(surplus), np.nan)}
    return pd.DataFrame(table, index=pd.Index(network.names, name="node"))


def count_shortest_walks(
    network: Network, starts: Mapping[str, float], transcript: bool = True
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Count the shortest walks of at least one edge from the starts to every node.

    Parameters
    ----------
    network : Network
        Whose edges are followed.
    starts : mapping of str to float
        Node -> change; only its sign counts.
    transcript : bool
        The last edge must be of layer transcription.

    Returns
    -------
    length : ndarray of float64, shape (n_nodes,)
        Edges of the shortest walk; infinite where there is none.
    surplus : ndarray of float64, shape (n_nodes,)
        How many more of these walks raise than lower the node.
    """
    edges, count = network.arrays, network.n_nodes
    begin = [network.index[node] for node in starts]
    steps = _steps(edges.source, edges.target, count, begin)
    walks = np.zeros(count)
    walks[begin] = [-1.0 if change < 0 else 1.0 for change in starts.values()]
    onward = sparse.csr_array((edges.sign.astype(float), (edges.target, edges.source)), shape=(count, count))
    for depth in range(1, int(steps[np.isfinite(steps)].max(initial=0)) + 1):
        walks = np.where(steps == depth, onward @ np.where(steps == depth - 1, walks, 0.0), walks)
    last = _last_edges(network, transcript)
    source, target, sign = edges.source[last], edges.target[last], edges.sign[last]
    length, surplus = np.full(count, np.inf), np.zeros(count)
    np.minimum.at(length, target, steps[source] + 1)
    shortest = np.isfinite(steps[source]) & (steps[source] + 1 == length[target])
    np.add.at(surplus, target[shortest], (sign * walks[source])[shortest])
    return length, surplus


def _steps(tail: NDArray[np.int64], head: NDArray[np.int64], count: int, begin: list[int]) -> NDArray[np.float64]:
    """Fewest edges from any of the nodes `begin`; infinite where no walk leads."""
    if not begin:
        return np.full(count, np.inf)
    graph = sparse.csr_array((np.ones(len(tail)), (tail, head)), shape=(count, count))
    return dijkstra(graph, indices=sorted(set(begin)), min_only=True, unweighted=True)


def _last_edges(network: Network, transcript: bool) -> NDArray[np.bool_]:
    """Which edges may end a route: for transcripts those of layer transcription."""
    return network.arrays.layer == _TRANSCRIPTION if transcript else np.ones(network.n_edges, bool)


def _cheapest(network: Network, starts: Mapping[str, float], cost: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the cheapest walk to every state of the double cover: its cost, and its last edge (-1: it starts there)."""
    edges, count = network.arrays, network.n_nodes
    root, inhibits = 2 * count, edges.sign < 0
    changes = {network.index[node]: change for node, change in starts.items() if change}
    largest = max(map(abs, changes.values()), default=1.0)
    begin = np.array([node + count * (change < 0) for node, change in changes.items()], np.int64)
    # From the root to the starts, then from raised and from lowered states. A start that ties with an edge goes first.
    tail = np.concatenate([np.full(len(begin), root), edges.source, edges.source + count])
    head = np.concatenate([begin, edges.target + count * inhibits, edges.target + count * ~inhibits])
    price = np.concatenate([[-np.log(abs(change) / largest) for change in changes.values()], cost, cost])
    edge = np.concatenate([np.full(len(begin), -1), np.tile(np.arange(network.n_edges), 2)])
    # Edges of two layers may join the same states: the cheaper one counts.
    arcs = pd.Series(price).groupby([tail, head]).min()
    ends = (arcs.index.get_level_values(0), arcs.index.get_level_values(1))
    length = dijkstra(sparse.csr_array((arcs.to_numpy(), ends), shape=(root + 1, root + 1)), indices=root)
    # On a cheapest walk every arc makes up the whole difference. Arcs that cost nothing must also lead away from the root.
    tight = np.isfinite(length[head]) & (length[tail] + price == length[head])
    tail, head, edge = tail[tight], head[tight], edge[tight]
    steps = _steps(tail, head, root + 1, [root])
    forward = (length[tail] < length[head]) | (steps[tail] < steps[head])
    came_by = np.full(root + 1, network.n_edges)
    np.minimum.at(came_by, head[forward], edge[forward])
    return length, came_by


def _walk_to(network: Network, state: int, came_by: NDArray[np.int64]) -> list[int]:
    """Return the edges of the cheapest walk to a state."""
    edges, count, path = network.arrays, network.n_nodes, list[int]()
    while (edge := int(came_by[state])) >= 0:
        path.append(edge)
        lowered = (state >= count) != (edges.sign[edge] < 0)
        state = int(edges.source[edge]) + count * int(lowered)
    return path[::-1]


def _describe(network: Network, path: list[int]) -> tuple[object, ...]:
    """Return one row of `PATH_COLUMNS`."""
    rows = network._edges.iloc[path]
    steps = zip(rows["sign"], rows["target"], strict=True)
    route = rows["source"].iloc[0] + "".join(f" {'→' if sign > 0 else '⊣'} {node}" for sign, node in steps)
    weak = rows.sort_values(["tier", "weight"], ascending=[False, True]).iloc[0]
    arrow = "→" if weak["sign"] > 0 else "⊣"
    cited = join_list(item for cell in rows["references"] for item in split_list(cell))
    return (
        rows["source"].iloc[0],
        rows["target"].iloc[-1],
        int(rows["sign"].prod()),
        len(path),
        route,
        float(rows["weight"].prod()),
        f"{weak['source']} {arrow} {weak['target']}",
        weak["tier"],
        cited,
    )
