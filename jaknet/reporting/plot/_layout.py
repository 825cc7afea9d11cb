"""Where things stand in a figure: labels that keep apart, layers of a network, the walk down a ranking."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["layer_nodes", "order_layers", "place_labels", "running_sum", "spread"]

Floats = NDArray[np.float64]
_ANGLES = np.deg2rad([30, 150, -30, -150, 90, -90, 0, 180, 60, 120, -60, -120])
_REACH = (5.0, 10.0, 17.0, 26.0, 37.0)
_MARKER = 3.0  # half the width of a marker
_SWEEPS = 12


def place_labels(points: Floats, sizes: Floats, frame: tuple[float, float], others: Floats) -> Floats:
    """Find a place for each label beside its point, where it covers no other label and few other points.

    The first label chooses first: places in rings of growing size around its point.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 2)
        What is labelled, in typographic points from the lower left corner of the frame.
    sizes : ndarray of float64, shape (n, 2)
        Width and height of each label.
    frame : tuple of float
        Width and height of the frame; labels stay inside.
    others : ndarray of float64, shape (m, 2)
        Points that labels had better not cover.

    Returns
    -------
    ndarray of float64, shape (n, 2)
        The centre of each label.
    """
    taken = np.empty((0, 4))
    centres = np.empty_like(points)
    for place, (point, size) in enumerate(zip(points, sizes, strict=True)):
        steps = np.array([(reach * np.cos(angle), reach * np.sin(angle)) for reach in _REACH for angle in _ANGLES])
        tried = point + steps + np.sign(np.round(steps, 6)) * size / 2
        tried = np.clip(tried, size / 2, np.array(frame) - size / 2)
        boxes = np.hstack([tried - size / 2, tried + size / 2])
        hidden = _overlap(boxes, taken).sum(axis=1)
        near = boxes + np.array([-_MARKER, -_MARKER, _MARKER, _MARKER])
        covered = _inside(near, others).sum(axis=1) + 10 * _inside(near, points).sum(axis=1)
        # Another label is worst; then points, which may stay visible beneath; then the way to the own point.
        cost = 1e6 * hidden + 20 * covered + np.hypot(*(tried - point).T)
        best = int(cost.argmin())
        centres[place] = tried[best]
        taken = np.vstack([taken, boxes[best]])
    return centres


def _overlap(boxes: Floats, taken: Floats) -> Floats:
    """Return the area that each box shares with each taken one."""
    low = np.maximum(boxes[:, None, :2], taken[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], taken[None, :, 2:])
    return np.clip(high - low, 0.0, None).prod(axis=2)


def _inside(boxes: Floats, points: Floats) -> NDArray[np.bool_]:
    above, below = points[None] > boxes[:, None, :2], points[None] < boxes[:, None, 2:]
    return np.asarray((above & below).all(axis=2))


def spread(values: Floats, room: Floats | float) -> Floats:
    """Move numbers apart until neighbours have room, as little as possible, in their order.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Finite.
    room : ndarray of float64, shape (n,), or float
        How much room each needs; neighbours differ by at least the mean of theirs.

    Returns
    -------
    ndarray of float64, shape (n,)

    Examples
    --------
    >>> spread(np.array([0.0, 0.0, 5.0]), 2.0).tolist()
    [-1.0, 1.0, 5.0]
    """
    order = np.argsort(values, kind="stable")
    # Subtracting the room that is due leaves the nearest rising sequence, found by pooling neighbours that fall.
    rooms = np.broadcast_to(np.asarray(room, float), len(values))[order]
    due = np.cumsum(rooms) - rooms / 2
    pools: list[tuple[float, int]] = []
    for value in values[order] - due:
        mean, count = float(value), 1
        while pools and pools[-1][0] > mean:
            before, size = pools.pop()
            mean, count = (mean * count + before * size) / (count + size), count + size
        pools.append((mean, count))
    moved = np.concatenate([np.full(count, mean) for mean, count in pools]) if pools else np.empty(0)
    apart = np.empty(len(values))
    apart[order] = moved + due
    return apart


def layer_nodes(count: int, edges: list[tuple[int, int]], roots: list[int]) -> NDArray[np.int64]:
    """Return the layer of each node: one more than the last of its regulators, feedback left out.

    Parameters
    ----------
    count : int
        Number of nodes.
    edges : list of (int, int)
        Source and target of each edge.
    roots : list of int
        Where to start; nodes that nothing acts on follow, then all others.

    Returns
    -------
    ndarray of int64, shape (count,)
        From 0. An edge onto an earlier or the same layer closes a loop.
    """
    onward: list[list[int]] = [[] for _ in range(count)]
    entered = np.zeros(count, bool)
    for source, target in edges:
        onward[source].append(target)
        entered[target] |= source != target
    order: list[int] = []
    state = np.zeros(count, np.int64)  # 0 not seen, 1 on the current walk, 2 done
    back: set[tuple[int, int]] = set()
    for root in [*roots, *np.flatnonzero(~entered).tolist(), *range(count)]:
        _walk(root, onward, state, order, back)
    layers = np.zeros(count, np.int64)
    for node in reversed(order):
        for target in onward[node]:
            if (node, target) not in back:
                layers[target] = max(layers[target], layers[node] + 1)
    return layers


def _walk(root: int, onward: list[list[int]], state: NDArray[np.int64], order: list[int], back: set[tuple[int, int]]) -> None:
    """Walk depth first, noting nodes when they are done and edges that close a loop."""
    if state[root]:
        return
    state[root] = 1
    stack = [(root, iter(onward[root]))]
    while stack:
        node, left = stack[-1]
        target = next(left, None)
        if target is None:
            state[node] = 2
            order.append(node)
            stack.pop()
        elif state[target] == 1:
            back.add((node, target))
        elif state[target] == 0:
            state[target] = 1
            stack.append((target, iter(onward[target])))


def order_layers(layers: NDArray[np.int64], edges: list[tuple[int, int]], room: Floats) -> Floats:
    """Return a height for each node, so that few edges between neighbouring layers cross.

    Each node moves to the mean height of its neighbours in the layer before, then after, and so on.

    Parameters
    ----------
    layers : ndarray of int64, shape (n,)
        Layer of each node.
    edges : list of (int, int)
        Between neighbouring layers.
    room : ndarray of float64, shape (n,)
        How much room each node needs in its layer.

    Returns
    -------
    ndarray of float64, shape (n,)
        Centred on 0.
    """
    heights = np.zeros(len(layers))
    for layer in np.unique(layers):
        inside = np.flatnonzero(layers == layer)
        heights[inside] = np.arange(len(inside)) - (len(inside) - 1) / 2
    before: list[list[int]] = [[] for _ in layers]
    after: list[list[int]] = [[] for _ in layers]
    for source, target in edges:
        before[target].append(source)
        after[source].append(target)
    for sweep in range(_SWEEPS):
        near, sequence = (before, np.unique(layers)) if sweep % 2 == 0 else (after, np.unique(layers)[::-1])
        for layer in sequence:
            inside = np.flatnonzero(layers == layer)
            wanted = np.array([heights[near[node]].mean() if near[node] else heights[node] for node in inside])
            heights[inside] = spread(wanted, room[inside])
    return heights - (heights.max(initial=0.0) + heights.min(initial=0.0)) / 2


def running_sum(values: Floats, hit: NDArray[np.bool_]) -> Floats:
    """Return the running sum of GSEA along a ranking.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        What the genes are ranked by, largest first.
    hit : ndarray of bool, shape (n,)
        Whether a gene is in the set.

    Returns
    -------
    ndarray of float64, shape (n + 1,)
        From 0 before the first gene to 0 after the last.

    Examples
    --------
    >>> running_sum(np.array([3.0, 1.0, -1.0, -2.0]), np.array([True, True, False, False])).tolist()
    [0.0, 0.75, 1.0, 0.5, 0.0]
    """
    rise = np.where(hit, np.abs(values), 0.0)
    # Where every gene of the set has the value 0, each counts the same.
    rise = rise if rise.sum() > 0 else hit.astype(float)
    fall = (~hit).astype(float)
    steps = rise / rise.sum() - fall / max(float(fall.sum()), 1.0)
    return np.concatenate([[0.0], np.cumsum(steps)])
