"""Walks and paths: what lies between sources and targets, and by which sign-carrying routes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from jaknet.network.schema import join_list, split_list

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jaknet.network.network import Network

__all__ = ["PATH_COLUMNS", "distances", "find_paths", "walk_mask"]

PATH_COLUMNS = ["source", "target", "sign", "length", "route", "weight", "weakest_edge", "weakest_tier", "references"]
_FAR = np.iinfo(np.int64).max // 4


def distances(network: Network, starts: Iterable[str], reverse: bool = False, keep: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
    """Return the number of edges from the nearest start to every node.

    Parameters
    ----------
    network : Network
    starts : iterable of str
        Nodes or genes.
    reverse : bool
        Follow the edges backwards.
    keep : ndarray of bool, shape (n_edges,), optional
        Use these edges only.

    Returns
    -------
    ndarray of int64, shape (n_nodes,)
        A very large number where there is no walk.
    """
    edges, count = network.arrays, network.n_nodes
    used = np.ones(network.n_edges, bool) if keep is None else keep
    rows, columns = (edges.target, edges.source) if reverse else (edges.source, edges.target)
    step = sparse.csr_matrix((np.ones(int(used.sum()), np.int8), (rows[used], columns[used])), shape=(count, count))
    far = np.full(count, _FAR)
    queue = deque(sorted({network.index[form] for start in starts for form in network.resolve(start)}))
    far[list(queue)] = 0
    while queue:
        node = queue.popleft()
        for neighbour in step.indices[step.indptr[node] : step.indptr[node + 1]]:
            if far[neighbour] == _FAR:
                far[neighbour] = far[node] + 1
                queue.append(neighbour)
    return far


def walk_mask(
    network: Network,
    sources: Iterable[str] | None,
    targets: Iterable[str] | None,
    max_depth: int | None,
    keep: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Tell which edges lie on a walk of at most `max_depth` edges from a source to a target.

    Returns
    -------
    ndarray of bool, shape (n_edges,)
    """
    edges = network.arrays
    before = distances(network, sources, keep=keep) if sources is not None else np.zeros(network.n_nodes, np.int64)
    after = distances(network, targets, reverse=True, keep=keep) if targets is not None else np.zeros(network.n_nodes, np.int64)
    length = before[edges.source] + 1 + after[edges.target]
    return length <= (_FAR - 1 if max_depth is None else max_depth)


def find_paths(network: Network, source: str, target: str, max_length: int = 4, limit: int = 100) -> pd.DataFrame:
    """List simple paths from one node to another, best evidence first, with the sign of their product.

    Parameters
    ----------
    network : Network
    source, target : str
        Nodes or genes (a gene means all its forms).
    max_length : int
        Longest path, in edges.
    limit : int
        How many rows to return at most.

    Returns
    -------
    pandas.DataFrame
        `PATH_COLUMNS`: the sign is the product of the edges' signs; ``weight`` the product of
        their weights; ``weakest_edge`` the edge of the lowest tier, then weight; ``references``
        those of all edges. Sorted by length, weakest tier, weight, then route.

    Raises
    ------
    UnknownNameError
        For a node the network does not have.

    Examples
    --------
    >>> import pandas as pd
    >>> from jaknet.network.network import Network
    >>> edges = pd.DataFrame({"source": ["JAK1", "STAT3"], "target": ["STAT3", "SOST"], "sign": [1, -1]})
    >>> find_paths(Network(edges), "JAK1", "SOST")[["sign", "route"]].values.tolist()
    [[-1, 'JAK1 → STAT3 ⊣ SOST']]
    """
    goals = {network.index[form] for form in network.resolve(target)}
    after = distances(network, [target], reverse=True)
    starts = [network.index[form] for form in network.resolve(source)]
    rows = [_describe(network, path) for start in starts for path in _simple_paths(network, start, goals, after, max_length)]
    table = pd.DataFrame(rows, columns=PATH_COLUMNS)
    order = table.sort_values(["length", "weakest_tier", "weight", "route"], ascending=[True, True, False, True])
    return order.head(limit).reset_index(drop=True)


def _simple_paths(network: Network, start: int, goals: set[int], after: NDArray[np.int64], max_length: int) -> Iterator[list[int]]:
    edges = network.arrays
    first = np.searchsorted(edges.source, np.arange(network.n_nodes + 1))
    stack: list[tuple[int, list[int], frozenset[int]]] = [(start, [], frozenset({start}))]
    while stack:
        node, path, seen = stack.pop()
        if node in goals and path:
            yield path
            continue
        for edge in range(first[node], first[node + 1]):
            following = int(edges.target[edge])
            if following not in seen and len(path) + 1 + after[following] <= max_length:
                stack.append((following, [*path, edge], seen | {following}))


def _describe(network: Network, path: list[int]) -> tuple[object, ...]:
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
