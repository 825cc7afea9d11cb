"""What every figure shares: axes without global state, colours and marks, labels that keep apart, one error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jaknet.errors import InputError, few
from jaknet.reporting.plot._layout import place_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["DOWN", "MARKS", "PALE", "SERIES", "UP", "axes_for", "label_points", "need", "table_of"]

#: Blue and vermilion of Okabe and Ito, told apart by every kind of colour vision; grey for neither.
DOWN, UP, PALE = "#0072B2", "#D55E00", "#8C8C8C"
#: Direction -> colour, marker, whether it is filled: none of the three is needed to tell directions apart.
MARKS = {"up": (UP, "^", True), "down": (DOWN, "v", True), "none": (PALE, "o", True), "unsure": (PALE, "o", False)}
#: Colour, marker and line of each series, in this order.
SERIES = (
    ("#0072B2", "o", "-"),
    ("#D55E00", "s", "--"),
    ("#009E73", "^", "-."),
    ("#CC79A7", "D", ":"),
    ("#E69F00", "v", "-"),
    ("#56B4E9", "P", "--"),
    ("#000000", "X", "-."),
    ("#8C8C8C", "*", ":"),
)


def axes_for(ax: Axes | None, width: float, height: float) -> Axes:
    """Return the axes to draw on: those given, or those of a new figure without top and right spine.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        Given by the caller.
    width, height : float
        Of a new figure, in inches.
    """
    if ax is not None:
        return ax
    # A Figure without pyplot needs no display and leaves no global state behind.
    from matplotlib.figure import Figure

    axes = Figure(figsize=(width, height), layout="constrained").subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_fontsize(9)
    return axes


def table_of(given: Any, wanted: str) -> pd.DataFrame:
    """Return the table of a result, or the table itself.

    Parameters
    ----------
    given : object
        A result with ``to_frame``, or a table.
    wanted : str
        What should have been given, for the message.

    Raises
    ------
    InputError
        If it is neither.
    """
    if isinstance(given, pd.DataFrame):
        return given
    if not hasattr(given, "to_frame") or isinstance(given, (pd.Series, pd.Index)):
        raise InputError(f"cannot draw a {type(given).__name__}; give {wanted}.")
    found: pd.DataFrame = given.to_frame()
    return found


def need(table: pd.DataFrame, columns: Sequence[str], remedy: str) -> None:
    """Refuse a table that has no row or lacks a column.

    Parameters
    ----------
    table : pandas.DataFrame
        To be drawn.
    columns : sequence of str
        That must be there.
    remedy : str
        What to give instead.

    Raises
    ------
    InputError
        Naming what is lacking and what to give.
    """
    missing = [column for column in columns if column not in table]
    if missing or table.empty:
        lacking = f"columns {few(missing)}" if missing else "rows"
        raise InputError(f"nothing to draw: the table lacks {lacking}; give {remedy}.")


def label_points(ax: Axes, x: Sequence[float], y: Sequence[float], names: Sequence[str], others: np.ndarray[Any, Any]) -> None:
    """Name points so that no label covers another; a thin line leads to a point further off.

    Call it last: places are found for the limits that the axes then have.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where the points are.
    x, y : sequence of float
        What is named, the most important first.
    names : sequence of str
        One for each.
    others : ndarray, shape (m, 2)
        Points that labels had better not cover, in data units.
    """
    if not len(names):
        return
    ax.autoscale_view()
    ax.set_xlim(ax.get_xlim())
    ax.set_ylim(ax.get_ylim())
    root = ax.figure.canvas.figure
    labels = [ax.annotate(name, (0, 0), xycoords="axes points", fontsize=7, ha="center", va="center", zorder=5) for name in names]
    root.draw_without_rendering()
    unit = 72.0 / root.dpi
    corner, frame = ax.bbox.p0 * unit, (ax.bbox.width * unit, ax.bbox.height * unit)
    points = ax.transData.transform(np.column_stack([x, y])) * unit - corner
    beside = ax.transData.transform(others) * unit - corner if len(others) else np.empty((0, 2))
    boxes = [label.get_window_extent() for label in labels]
    sizes = np.array([(box.width * unit + 2, box.height * unit) for box in boxes])
    centres = place_labels(points, sizes, frame, beside)
    for label, name, point, spot, size, at in zip(labels, names, points, centres, sizes, zip(x, y, strict=True), strict=True):
        label.remove()
        nearest = np.clip(point, spot - size / 2, spot + size / 2)
        leader = {"arrowstyle": "-", "color": PALE, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 2}
        far = float(np.hypot(*(nearest - point))) > 8.0
        ax.annotate(
            name, at, tuple(spot - point), textcoords="offset points", fontsize=7, ha="center", va="center", zorder=5,
            arrowprops=leader if far else None, annotation_clip=False,
        )  # fmt: skip
