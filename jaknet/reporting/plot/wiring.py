"""Figures of a network: some of its edges, and the routes along which a change travels; arrows and T-bars between layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

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
    >>> [text.get_text() for text in route(response, "SOCS3").texts][-1]
    'SOCS3 ▼'
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
    heights, bends = _place(layers, pairs)
    ax = axes_for(ax, max(4.2, _COLUMN * (layers.max() + 1) + 0.3), max(1.6, _ROW * (np.ptp(heights) + 2) + 0.5))
    spot = np.column_stack([layers, heights])
    ports = _ports(pairs, spot, layers)
    for place, row in enumerate(edges.itertuples()):
        _add_edge(ax, row, _path(pairs[place], spot, bends[place], ports[place], layers))
    longest = max(len(name) + len(_BOXES.get(marks.get(name, ""), _PLAIN)[0]) for name in names)
    ax.set_xlim(-0.5, layers.max() + 0.5)
    ax.set_ylim(heights.min() - 1.0, heights.max() + 0.7)
    wide = ax.get_window_extent().width * 72 / ax.figure.dpi / (layers.max() + 1) * _WIDE
    for name, (x, y) in zip(names, spot, strict=True):
        _add_box(ax, name, x, y, _BOXES.get(marks.get(name, ""), _PLAIN), name in perturbed, min(8.0, wide / (0.66 * longest)))
    ax.set_axis_off()
    return ax


def _place(layers: NDArray[np.int64], pairs: list[tuple[int, int]]) -> tuple[NDArray[np.float64], list[list[tuple[float, float]]]]:
    """Return the height of each node, and the points at which each edge passes the layers between its ends."""
    steps: list[tuple[int, int]] = []
    through: list[list[int]] = []
    level = layers.tolist()
    for source, target in pairs:
        between = list(range(len(level), len(level) + max(0, layers[target] - layers[source] - 1)))
        level += list(range(layers[source] + 1, layers[target]))[: len(between)]
        chain = [source, *between, target]
        # An edge that closes a loop runs outside the layers.
        steps += list(pairwise(chain)) if layers[target] > layers[source] else []
        through.append(between)
    all_layers = np.array(level, np.int64)
    heights = order_layers(all_layers, steps)
    bends = [[(float(all_layers[node]), float(heights[node])) for node in between] for between in through]
    return heights[: len(layers)], bends


def _ports(pairs: list[tuple[int, int]], spot: NDArray[np.float64], layers: NDArray[np.int64]) -> list[tuple[float, float]]:
    """Return how far above the middle of their boxes each edge starts and ends, so that edges do not share an end."""
    shift = np.zeros((len(pairs), 2))
    for end in (0, 1):
        for node in {pair[end] for pair in pairs}:
            touching = [place for place, pair in enumerate(pairs) if pair[end] == node and layers[pair[1]] > layers[pair[0]]]
            touching.sort(key=lambda place: (spot[pairs[place][1 - end]][1], place))
            shift[touching, end] = np.linspace(-0.3, 0.3, len(touching)) * _HIGH if len(touching) > 1 else 0.0
    return [(float(start), float(stop)) for start, stop in shift]


def _path(
    pair: tuple[int, int], spot: NDArray[np.float64], bends: list[tuple[float, float]], port: tuple[float, float], layers: NDArray[np.int64]
) -> list[tuple[float, float]]:
    """Return the corners of an edge: pairs of points, between which it runs straight and curved in turn."""
    (x, y), (u, v) = spot[pair[0]], spot[pair[1]]
    if layers[pair[1]] <= layers[pair[0]]:
        low = min(y, v) - 0.5 * _HIGH - 0.4
        start, stop = x + 0.12 * _WIDE, u - 0.12 * _WIDE
        return [(start, y - 0.5 * _HIGH), (start, low), (stop, low), (stop, v - 0.5 * _HIGH)]
    inner = [point for bend in bends for point in ((bend[0] - 0.5 * _WIDE, bend[1]), (bend[0] + 0.5 * _WIDE, bend[1]))]
    ends = [(x + 0.5 * _WIDE, y + port[0]), *inner, (u - 0.5 * _WIDE - 0.01, v + port[1])]
    path = [ends[0]]
    for (a, b), (c, d) in zip(ends[::2], ends[1::2], strict=True):
        path += [(a, b)] if path[-1] != (a, b) else []
        path += [((a + c) / 2, b), ((a + c) / 2, d), (c, d)]
    return path


def _add_edge(ax: Axes, row: object, points: list[tuple[float, float]]) -> None:
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    codes = [Path.MOVETO, *([Path.CURVE4] * 3)]
    # After each curve of three points a straight piece crosses the next layer.
    while len(codes) < len(points):
        codes += [Path.LINETO, *([Path.CURVE4] * 3)]
    arrow = "-|>,head_length=0.5,head_width=0.22" if row.sign > 0 else "|-|,widthA=0,widthB=0.42"  # type: ignore[attr-defined]
    dashed = (0, (3, 1.6)) if row.layer == "transcription" else "-"  # type: ignore[attr-defined]
    width = 0.6 + 1.0 * float(row.reliability)  # type: ignore[attr-defined]
    patch = FancyArrowPatch(
        path=Path(points, codes), arrowstyle=arrow, mutation_scale=9, linewidth=width, linestyle=dashed, color="#333333", zorder=2
    )
    ax.add_patch(patch)


def _add_box(ax: Axes, name: str, x: float, y: float, look: tuple[str, str, str], bold: bool, size: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    sign, border, fill = look
    box = FancyBboxPatch(
        (x - _WIDE / 2, y - _HIGH / 2), _WIDE, _HIGH, boxstyle="round,pad=0,rounding_size=0.06", mutation_aspect=_COLUMN / _ROW,
        facecolor=fill, edgecolor=border, linewidth=1.8 if bold else 0.9, zorder=3,
    )  # fmt: skip
    ax.add_patch(box)
    ax.text(x, y, name + sign, ha="center", va="center_baseline", fontsize=size, fontweight="bold" if bold else "normal", zorder=4)
