"""Figures of a network: some of its edges, and the routes along which a change travels; arrows and T-bars between layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from jaknet.errors import InputError, few
from jaknet.network.evidence import route_edges
from jaknet.network.network import Network
from jaknet.ranking.ranking import Ranking
from jaknet.reporting.plot._layout import layer_nodes, order_layers
from jaknet.reporting.plot.canvas import DOWN, UP, axes_for
from jaknet.simulation.model import STILL, changed_nodes
from jaknet.simulation.response import Response
from jaknet.simulation.sensitivity import carrying_routes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["network", "route"]

_MOST = 60  # nodes whose names can still be read
_WIDE, _HIGH = 0.64, 0.56  # of a box, in columns and rows
_COLUMN, _ROW = 1.35, 0.42  # inches
#: Direction -> sign after the name, border, fill.
_BOXES = {
    "up": (" ▲", UP, "#FBE3D3"),
    "down": (" ▼", DOWN, "#D5E7F4"),
    "none": ("", "#666666", "white"),
    "unsure": (" ?", "#666666", "white"),
}
_INK = "#333333"
_PLAIN = ("", "#666666", "white")
_LEGEND = "arrow: activates, T-bar: inhibits; dashed: transcription; thick: reliable"


def network(network: Network | Response, nodes: Iterable[str] | None = None, ax: Axes | None = None) -> Axes:
    """Draw a small network in layers, from what acts first at the left to what is acted on at the right.

    Parameters
    ----------
    network : Network or Response
        What to draw; of a response, its network, each node with the direction of its activity.
    nodes : iterable of str, optional
        Nodes or genes: edges whose two ends are among them. By default all edges; cut a large network with
        `jaknet.Network.subnetwork` first.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        An arrow for an activation, a T-bar for an inhibition, dashed where the edge is of layer transcription, thicker the more
        reliable it is. Of a response: triangle and colour for a node that rises or falls, ``?`` for unsure, bold what is perturbed.

    Raises
    ------
    InputError
        If there is no edge, or more than 60 nodes.
    UnknownNameError
        For a node that the network does not have.

    Examples
    --------
    >>> import jaknet as jn
    >>> axes = network(jn.load_network("osteoblast"), ["OSM", "STAT3", "SOCS3", "JAK1"])
    >>> {"STAT3", "SOCS3"} <= {text.get_text() for text in axes.texts}
    True
    """
    if not isinstance(network, (Network, Response)):
        raise InputError(f"cannot draw a {type(network).__name__}; give a Network, or the Response of jaknet.perturb.")
    response = network if isinstance(network, Response) else None
    whole = network.network if isinstance(network, Response) else network
    shown = whole if nodes is None else whole.subnetwork(nodes=nodes)
    edges = shown.edges.assign(reliability=shown.reliability()["reliability"].to_numpy())
    marks = {} if response is None else dict(response.to_frame().set_index("node")["direction"])
    ax = _draw(edges, marks, _perturbed(response), ax)
    about = whole.label if response is None else f"{response.label}: ▲ activity rises, ▼ falls, ? unsure"
    ax.set_title(f"{about}\n{_LEGEND}", fontsize=8, loc="left")
    return ax


def route(response: Response | Ranking, gene: str | Iterable[str], ax: Axes | None = None) -> Axes:
    """Draw the route along which the perturbation reaches a gene, or the routes to several.

    Parameters
    ----------
    response : Response or Ranking
        A prediction.
    gene : str or iterable of str
        Whose transcript is reached.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        As `network`; the genes at the ends carry the direction of their transcripts, the nodes on the way that of their activities.

    Raises
    ------
    InputError
        If the network explains no transcript of a gene, the transcript does not move, or there are more than 60 nodes.
    UnknownNameError
        For a gene that the network does not have.

    Examples
    --------
    >>> import jaknet as jn
    >>> response = jn.perturb("osteoblast", "tofacitinib 300 nM", "inflammatory", members=20)
    >>> sorted(text.get_text() for text in route(response, "SOCS3").texts)
    ['SOCS3 ▼', 'STAT3 ▼', 'gp130_JAK1 ▼']
    """
    found = response.response if isinstance(response, Ranking) else response
    if not isinstance(found, Response):
        raise InputError(f"cannot draw a {type(response).__name__}; give a Response (jaknet.perturb) or a Ranking (jaknet.rank).")
    wired = found.network
    genes = list(dict.fromkeys(wired.own_name(name) for name in ([gene] if isinstance(gene, str) else gene)))
    goals = _moved(found, genes)
    routes = carrying_routes(found, {node: sign for node, sign, _ in goals.values()})["route"]
    lost = [name for name, (node, _, _) in goals.items() if not routes.get(node)]
    if lost or not goals:
        raise InputError(f"no route leads to {few(lost or ['(no gene given)'])}; nothing that is perturbed acts on it.")
    edges = route_edges(wired, {name: routes[node] for name, (node, _, _) in goals.items()})
    edges = edges.drop_duplicates(["source", "target", "layer"])
    marks = dict(found.to_frame().set_index("node")["direction"]) | {node: direction for node, _, direction in goals.values()}
    ax = _draw(edges, marks, _perturbed(found), ax)
    ax.set_title(f"{found.label}: ▲ rises, ▼ falls, ? unsure\n{_LEGEND}", fontsize=8, loc="left")
    return ax


def _moved(response: Response, genes: list[str]) -> dict[str, tuple[str, int, str]]:
    """Return for each gene its node, the sign of the median effect on its transcript, and the direction called."""
    table = response.transcripts().set_index("node")
    explained = response.network.transcripts
    lacking = [gene for gene in genes if explained.get(gene) not in table.index]
    if lacking:
        raise InputError(f"{response.network.label} explains no transcript of {few(lacking)}: no edge of layer transcription leads there.")
    rows = {gene: table.loc[explained[gene]] for gene in genes}
    still = [gene for gene, row in rows.items() if abs(row["effect"]) <= STILL]
    if still:
        raise InputError(f"{response.label} does not move {few(still)} in the median member, so there is no route; leave it out.")
    return {gene: (explained[gene], int(np.sign(row["effect"])), str(row["direction"])) for gene, row in rows.items()}


def _perturbed(response: Response | None) -> list[str]:
    if response is None:
        return []
    changed = np.flatnonzero(changed_nodes(response.trial.control, response.trial.treated))
    return [response.network.names[place] for place in changed]


def _draw(edges: pd.DataFrame, marks: Mapping[str, str], perturbed: list[str], ax: Axes | None) -> Axes:
    """Draw edges (``source``, ``target``, ``sign``, ``layer``, ``reliability``) and the nodes at their ends."""
    names = sorted({*edges["source"], *edges["target"]})
    if not names or len(names) > _MOST:
        remedy = "name some with nodes=, or cut the network with subnetwork(sources=..., targets=..., max_depth=...)"
        raise InputError(f"cannot draw {len(names)} nodes, only 1 to {_MOST}; {remedy}.")
    number = {name: place for place, name in enumerate(names)}
    pairs = [(number[source], number[target]) for source, target in zip(edges["source"], edges["target"], strict=True)]
    layers = layer_nodes(len(names), pairs, [number[name] for name in perturbed if name in number])
    # An edge that closes a loop is laid out from left to right like any other, and drawn the other way round.
    back = [layers[target] < layers[source] for source, target in pairs]
    courses = _courses(layers, [pair[::-1] if turned else pair for pair, turned in zip(pairs, back, strict=True)])
    heights = courses.heights
    every = np.array([*heights, *(height for bends in courses.bends for _, height in bends)])
    ax = axes_for(ax, max(4.6, _COLUMN * (layers.max() + 1) + 0.2), max(1.6, _ROW * (np.ptp(every) + 1.6) + 0.5))
    for place, row in enumerate(edges.itertuples()):
        _add_edge(ax, row, courses.path(place)[:: -1 if back[place] else 1])
    ax.set_xlim(-0.5, layers.max() + 0.5)
    ax.set_ylim(every.min() - 0.8, every.max() + 0.8)
    longest = max(len(name) + len(_BOXES.get(marks.get(name, ""), _PLAIN)[0]) for name in names)
    wide = ax.get_window_extent().width * 72 / ax.figure.dpi / (layers.max() + 1) * _WIDE
    for name, x, y in zip(names, layers, heights, strict=True):
        _add_box(ax, name, float(x), y, _BOXES.get(marks.get(name, ""), _PLAIN), name in perturbed, min(8.0, wide / (0.62 * longest)))
    ax.set_axis_off()
    return ax


class _Courses(NamedTuple):
    """Where nodes stand, and which way edges run from left to right."""

    layers: NDArray[np.int64]
    heights: NDArray[np.float64]
    pairs: list[tuple[int, int]]
    bends: list[list[tuple[float, float]]]  # the points at which an edge passes the layers between its ends
    ports: NDArray[np.float64]  # how far above the middle of their boxes each edge starts and ends

    def path(self, place: int) -> list[tuple[float, float]]:
        """Return the corners of an edge: a curve of four points, a straight piece across the next layer, a curve, ...

        Parameters
        ----------
        place : int
            Number of the edge.
        """
        left, right = self.pairs[place]
        x, y, u, v = float(self.layers[left]), self.heights[left], float(self.layers[right]), self.heights[right]
        if left == right:
            low = y - 0.5 * _HIGH
            return [(x + 0.2 * _WIDE, low), (x + 0.2 * _WIDE, low - 0.5), (x - 0.2 * _WIDE, low - 0.5), (x - 0.2 * _WIDE, low - 0.1)]
        half, gap = 0.5 * _WIDE, 0.045
        inner = [point for bend, height in self.bends[place] for point in ((bend - half, height), (bend + half, height))]
        start, stop = self.ports[place]
        ends = [(x + half + gap, y + start), *inner, (u - half - gap, v + stop)]
        path: list[tuple[float, float]] = []
        for (a, b), (c, d) in zip(ends[::2], ends[1::2], strict=True):
            path += [(a, b), ((a + c) / 2, b), ((a + c) / 2, d), (c, d)]
        return path


def _courses(layers: NDArray[np.int64], pairs: list[tuple[int, int]]) -> _Courses:
    """Lay out edges that run from left to right; those that pass a layer get a place of their own in it."""
    level, steps, through = layers.tolist(), [], []
    for left, right in pairs:
        passed = range(int(layers[left]) + 1, int(layers[right]))
        between = list(range(len(level), len(level) + len(passed)))
        level += passed
        steps += list(pairwise([left, *between, right])) if left != right else []
        through.append(between)
    everything = np.array(level, np.int64)
    room = np.where(np.arange(len(level)) < len(layers), 1.0, 0.4)
    heights = order_layers(everything, steps, room)
    bends = [[(float(everything[node]), float(heights[node])) for node in between] for between in through]
    ends = [
        [heights[(between or [right])[0]], heights[(between or [left])[-1]]] for (left, right), between in zip(pairs, through, strict=True)
    ]
    ports = np.zeros((len(pairs), 2))
    for end in (0, 1):
        for node in {pair[end] for pair in pairs}:
            touching = [place for place, pair in enumerate(pairs) if pair[end] == node and pair[0] != pair[1]]
            # Sorted by where they come from, edges at one side of a box do not cross each other.
            touching.sort(key=lambda place: (ends[place][end], place))
            ports[touching, end] = np.linspace(-0.32, 0.32, len(touching)) * _HIGH if len(touching) > 1 else 0.0
    return _Courses(layers, heights[: len(layers)], pairs, bends, ports)


def _add_edge(ax: Axes, row: Any, points: list[tuple[float, float]]) -> None:
    """Draw one edge and its end: an arrow head or a bar, in the direction in which it arrives."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    codes = [code for _ in points[::4] for code in (Path.LINETO, *([Path.CURVE4] * 3))]
    width = 0.6 + 1.0 * float(row.reliability)
    dashed = (0, (3, 1.6)) if row.layer == "transcription" else "-"
    line = Path(points, [Path.MOVETO, *codes[1:]])
    ax.add_patch(PathPatch(line, fill=False, linewidth=width, linestyle=dashed, edgecolor=_INK, capstyle="butt", zorder=2))
    (x, y), (u, v) = points[-2:]
    upright = x == u
    head = ("^" if v > y else "v") if upright else (">" if u > x else "<")
    marker, size = (head, 5.0) if row.sign > 0 else ("_" if upright else "|", 8.0)
    ax.plot([u], [v], marker, color=_INK, markersize=size, markeredgewidth=1.6 if row.sign < 0 else 0.0, zorder=2)


def _add_box(ax: Axes, name: str, x: float, y: float, look: tuple[str, str, str], bold: bool, size: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    sign, border, fill = look
    box = FancyBboxPatch(
        (x - _WIDE / 2, y - _HIGH / 2), _WIDE, _HIGH, boxstyle="round,pad=0,rounding_size=0.06", mutation_aspect=_COLUMN / _ROW,
        facecolor=fill, edgecolor=border, linewidth=1.8 if bold else 0.9, zorder=3,
    )  # fmt: skip
    ax.add_patch(box)
    ax.text(x, y, name + sign, ha="center", va="center_baseline", fontsize=size, fontweight="bold" if bold else "normal", zorder=4)
