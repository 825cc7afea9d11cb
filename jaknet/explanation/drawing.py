"""The picture of an explanation: causes on top, genes at the bottom, states told by colour, shape and sign."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from jaknet.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from jaknet.explanation.explanation import Explanation

__all__ = ["draw_explanation"]

#: Blue and orange of Okabe and Ito, told apart by every kind of colour vision; the pale ones fill boxes.
_INK = {"up": "#D55E00", "down": "#0072B2"}
_FILL = {"up": "#FBE3D4", "down": "#D6E9F5"}
_GLYPH = {"up": "▲", "down": "▼"}
#: Rounded boxes are up, square ones down, so that a grey copy still tells them apart.
_BOX = {"up": "round,pad=0.25,rounding_size=0.6", "down": "square,pad=0.25"}
_LINE = "#777777"
_HALF = 0.15  # of the height of a box, in layers

Place = tuple[str, str]


def draw_explanation(explanation: Explanation, ax: Axes | None = None, route_to: str | None = None) -> Axes:
    """Draw the best explanation in layers.

    Parameters
    ----------
    explanation : Explanation
        What is drawn.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure of fitting size.
    route_to : str, optional
        A gene, the route to which is highlighted.

    Returns
    -------
    matplotlib.axes.Axes
        Filled boxes are activities, those with a black rim proteins that follow their own transcript; below are the
        transcripts of the genes explained. Orange, rounded and ▲: up. Blue, square and ▼: down. Arrows activate, bars inhibit.

    Raises
    ------
    InputError
        If the explanation is empty, or does not reach the gene.
    """
    if explanation.steps.empty:
        raise InputError(f"nothing to draw: the explanation of {explanation.label!r} takes no step.")
    lit = set(explanation.route_rows(route_to)) if route_to else set[int]()
    steps = explanation.steps.assign(lit=[row in lit for row in explanation.steps.index])
    steps, followed = _merge_followed(steps)
    place, depth = _layout(steps)
    bottom = max(depth.values())
    if ax is None:
        width = 1.2 + 0.34 * (max(x for x, _ in place.values()) + 1)
        ax = _new_axes(max(6.5, width), 1.6 + 0.75 * bottom)
    states = _states(steps)
    for row in steps.sort_values("lit", kind="stable").itertuples():
        _draw_step(ax, row, place, bool(lit))
    marked = {end for row in steps[steps["lit"]].itertuples() for end in _ends(row)}
    for node, spot in place.items():
        _draw_node(ax, node, spot, states[node], node in followed, faint=bool(lit) and node not in marked)
    x = [spot[0] for spot in place.values()]
    ax.set_xlim(min(x) - 1.5, max(x) + 1.5)
    ax.set_ylim(-bottom - 1.1, 0.6)
    ax.set_axis_off()
    ax.set_title(_title(explanation), fontsize=9, loc="left")
    return ax


def _new_axes(width: float, height: float) -> Axes:
    # A Figure without pyplot needs no display and leaves no global state behind.
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained").subplots()


def _title(explanation: Explanation) -> str:
    counts = explanation.genes["status"].value_counts()
    changed = int((explanation.genes["status"] != "unmoved").sum())
    name = explanation.label or "the data"
    key = "filled: activity (black rim: follows its transcript); italics: transcript; ▲ up, ▼ down"
    return f"{name}: {int(counts.get('explained', 0))} of {changed} changed genes explained\n{key}"


def _ends(row: Any) -> tuple[Place, Place]:
    return (row.source, row.source_is), (row.target, row.target_is)


def _merge_followed(steps: pd.DataFrame) -> tuple[pd.DataFrame, set[Place]]:
    """Draw a protein that follows its transcript as one box: the steps onto the transcript lead to the protein."""
    follows = steps[(steps["edge"] < 0) & (steps["source_is"] == "transcript")]
    names = set(follows["target"])
    rest = steps.drop(follows.index).copy()
    onto = (rest["target_is"] == "transcript") & rest["target"].isin(names)
    rest.loc[onto, "target_is"] = "activity"
    return rest, {(name, "activity") for name in names}


def _states(steps: pd.DataFrame) -> dict[Place, str]:
    found: dict[Place, str] = {}
    for row in steps.itertuples():
        source, target = _ends(row)
        found[source], found[target] = row.source_state, row.target_state
    return found


def _layout(steps: pd.DataFrame) -> tuple[dict[Place, tuple[float, float]], dict[Place, int]]:
    """Place a forest without crossings: leaves side by side, all transcripts in the last row, parents over their children."""
    children: dict[Place, list[Place]] = {}
    parent: dict[Place, Place] = {}
    for row in steps.itertuples():
        source, target = _ends(row)
        children.setdefault(source, [])
        children.setdefault(target, [])
        if target not in parent:
            parent[target] = source
            children[source].append(target)
    roots = [node for node in children if node not in parent]
    depth: dict[Place, int] = {}
    for node in _walk(roots, children):
        depth[node] = depth[parent[node]] + 1 if node in parent else 0
    bottom = max(max(depth.values()), 1 + max((depth[node] for node in depth if children[node]), default=0))
    width: dict[Place, float] = {}
    for node in reversed([*_walk(roots, children)]):
        width[node] = max(_breadth(node), sum(width[child] for child in children[node]))
    left: dict[Place, float] = {}
    free = 0.0
    for root in roots:
        left[root], free = free, free + width[root]
    across = {}
    for node in _walk(roots, children):
        inside = sum(width[child] for child in children[node])
        start = left[node] + (width[node] - inside) / 2
        # A node stands over its own ends, so that lines to them pass under no other node.
        ends = sum(width[child] for child in children[node] if not children[child])
        across[node] = start + (ends or inside) / 2
        for child in _ordered(node, children):
            left[child], start = start, start + width[child]
    depth = {node: level if node[1] == "activity" else bottom for node, level in depth.items()}
    return {node: (across[node], -float(depth[node])) for node in depth}, depth


def _walk(roots: Iterable[Place], children: dict[Place, list[Place]]) -> Iterable[Place]:
    """Yield parents before children, branches one after the other."""
    stack = [*roots][::-1]
    while stack:
        node = stack.pop()
        yield node
        stack += _ordered(node, children)[::-1]


def _ordered(node: Place, children: dict[Place, list[Place]]) -> list[Place]:
    """Leaves stand left of what goes on, so that long branches do not cross them."""
    return sorted(children[node], key=lambda child: (bool(children[child]), child))


def _breadth(node: Place) -> float:
    """Room that a label needs, in the width of a rotated one."""
    return 1.0 if node[1] == "transcript" else 0.75 + 0.19 * len(node[0])


def _draw_step(ax: Axes, row: Any, place: dict[Place, tuple[float, float]], some_lit: bool) -> None:
    from matplotlib.patches import FancyArrowPatch

    source, target = _ends(row)
    style = "-|>,head_length=4,head_width=2" if row.sign > 0 else "|-|,widthA=0,widthB=3"
    color, width = ("black", 2.2) if row.lit else (_LINE, 0.9)
    (start, top), (end, bottom) = place[source], place[target]
    arrow = FancyArrowPatch(
        (start, top - _HALF),
        (end, bottom + (_HALF if target[1] == "activity" else 0.0)),
        arrowstyle=style,
        color=color,
        linewidth=width,
        alpha=0.35 if some_lit and not row.lit else 1.0,
        shrinkA=0.0,
        shrinkB=2.0 if target[1] == "activity" else 6.0,
        zorder=2 if row.lit else 1,
    )
    ax.add_patch(arrow)


def _draw_node(ax: Axes, node: Place, spot: tuple[float, float], state: str, follows: bool, faint: bool) -> None:
    name, kind = node
    ink = _INK[state]
    look: dict[str, Any] = {"fontsize": 7, "color": "black", "alpha": 0.45 if faint else 1.0, "zorder": 3, "ha": "center"}
    if kind == "transcript":
        ax.plot(*spot, marker="^" if state == "up" else "v", color=ink, markersize=6, alpha=look["alpha"], zorder=3)
        ax.annotate(name, spot, xytext=(0, -7), textcoords="offset points", rotation=90, va="top", fontstyle="italic", **look)
        return
    rim = "black" if follows else ink
    box = {"boxstyle": _BOX[state], "facecolor": _FILL[state], "edgecolor": rim, "linewidth": 1.4 if follows else 1.0}
    ax.text(*spot, f"{name} {_GLYPH[state]}", va="center", bbox=box | {"alpha": look["alpha"]}, **look)
