"""Figures of scans: effects by dose, and by time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jaknet.errors import InputError, UnknownNameError
from jaknet.reporting.plot._layout import spread
from jaknet.reporting.plot.canvas import SERIES, axes_for, need, table_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["dose_response", "time_course"]

_UNITS = {"transcript": "log2 fold change of the transcript", "activity": "change of activity (0 to 1)"}


def dose_response(table: pd.DataFrame, nodes: Iterable[str] | None = None, measure: str = "transcript", ax: Axes | None = None) -> Axes:
    """Draw the effect on some nodes against the free concentration of a drug.

    Parameters
    ----------
    table : pandas.DataFrame
        What `jaknet.dose_response` or `jaknet.screen` returned.
    nodes : iterable of str, optional
        Which nodes. By default those that change most, as many as there are colours for.
    measure : {"transcript", "activity"}
        What of a node to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        A line a node (and drug, context and network, where several were screened): medians, with the 90 % interval of the
        members at each dose. Concentrations on a logarithmic axis.

    Raises
    ------
    InputError
        If there is nothing to draw, a dose is 0, or more lines were asked for than can be told apart.
    UnknownNameError
        For a node that the table lacks.

    Examples
    --------
    >>> import jaknet as jn
    >>> table = jn.dose_response("osteoblast", "tofacitinib", "10-1000 nM", "inflammatory", nodes=["SOCS3", "CISH"],
    ...                          members=20, progress=False)
    >>> dose_response(table).get_xlabel()
    'free concentration (nM)'
    """
    give = "the table of jaknet.dose_response or jaknet.screen"
    found = table_of(table, give)
    need(found, ["drug", "concentration_nM"], give)
    if (found["concentration_nM"] <= 0).any():
        raise InputError("a dose of 0 has no place on the logarithmic axis; select the rows with a concentration_nM above 0.")
    several = [name for name in ("drug", "context", "network") if name in found and len(found[name].unique()) > 1]
    lines = _lines(found, "concentration_nM", nodes, measure, several, give)
    ax = axes_for(ax, 5.6, 3.8)
    ax.set_xscale("log")
    _draw(ax, lines, "concentration_nM", measure, nudge=1.02)
    ax.set_xlabel("free concentration (nM)")
    fixed = [str(found[name].iloc[0] or "resting state") for name in ("drug", "context") if name in found and name not in several]
    ax.set_title(f"{', '.join(fixed)}{_left_out(lines, found, measure, nodes)}", fontsize=8, loc="left")
    return ax


def time_course(table: pd.DataFrame, nodes: Iterable[str] | None = None, measure: str = "activity", ax: Axes | None = None) -> Axes:
    """Draw the change of some nodes after a perturbation starts.

    Parameters
    ----------
    table : pandas.DataFrame
        What `jaknet.time_course` returned.
    nodes : iterable of str, optional
        Which nodes. By default those that change most, as many as there are colours for.
    measure : {"activity", "transcript"}
        What of a node to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        A line a node: medians of the change since time 0, with the 90 % interval of the members. Time is in units of the mean time
        constant of a node, not in hours.

    Raises
    ------
    InputError
        If there is nothing to draw, or more nodes were asked for than can be told apart.
    UnknownNameError
        For a node that the table lacks.

    Examples
    --------
    >>> import jaknet as jn
    >>> table = jn.time_course("osteoblast", "tofacitinib 300 nM", [0, 1, 3], "inflammatory", nodes=["STAT3"],
    ...                        members=10, progress=False)
    >>> len(time_course(table).lines[0].get_xdata())
    3
    """
    give = "the table of jaknet.time_course"
    found = table_of(table, give)
    need(found, ["time"], give)
    lines = _lines(found, "time", nodes, measure, [], give)
    ax = axes_for(ax, 5.6, 3.8)
    _draw(ax, lines, "time", measure, nudge=1.0)
    ax.set_xlabel("time since the perturbation (mean time constants)")
    ax.set_title(f"change since the perturbation{_left_out(lines, found, measure, nodes)}", fontsize=8, loc="left")
    return ax


def _lines(
    table: pd.DataFrame, along: str, nodes: Iterable[str] | None, measure: str, several: list[str], give: str
) -> dict[str, pd.DataFrame]:
    """Return the rows of each line, named by what tells it from the others; those that change most first."""
    need(table, ["node", "measure", "effect", "effect_low", "effect_high"], give)
    if measure not in _UNITS:
        raise InputError(f"measure is {measure!r}; choose transcript or activity.")
    rows = table[table["measure"] == measure]
    need(rows, ["node"], f"{give} with rows of measure {measure!r}; the others are of {', '.join(sorted(set(table['measure'])))}")
    sizes = rows.assign(size=rows["effect"].abs()).groupby("node")["size"].max().sort_values(ascending=False, kind="stable")
    each = max(1, len(rows[several].drop_duplicates())) if several else 1
    if each > len(SERIES):
        raise InputError(f"{each} conditions are more lines than the {len(SERIES)} that can be told apart; select rows of the table first.")
    asked = list(sizes.index[: len(SERIES) // each]) if nodes is None else [nodes] if isinstance(nodes, str) else list(nodes)
    unknown = [node for node in asked if node not in sizes]
    if unknown or not asked:
        raise UnknownNameError("node of the table", unknown or ["(none given)"], sizes.index)
    if len(asked) * each > len(SERIES):
        raise InputError(f"{len(asked) * each} lines are more than the {len(SERIES)} that can be told apart; name fewer nodes.")
    found: dict[str, pd.DataFrame] = {}
    for node in asked:
        part = rows[rows["node"] == node]
        for key, one in part.groupby(several, sort=False, dropna=False) if several else [((), part)]:
            shown = [str(word or "resting state") for word in key]
            found[", ".join([node, *shown] if len(asked) > 1 or not shown else shown)] = one.sort_values(along, kind="stable")
    return found


def _draw(ax: Axes, lines: dict[str, pd.DataFrame], along: str, measure: str, nudge: float) -> None:
    """Draw every line with its intervals, and its name at its end."""
    middle = (len(lines) - 1) / 2
    for place, ((color, marker, style), (_, rows)) in enumerate(zip(SERIES, lines.items(), strict=False)):
        # Intervals at one dose stand side by side, not on top of each other.
        x = rows[along].to_numpy(float) * nudge ** (place - middle)
        reach = [rows["effect"] - rows["effect_low"], rows["effect_high"] - rows["effect"]]
        ax.errorbar(x, rows["effect"], yerr=reach, fmt="none", ecolor=color, elinewidth=0.9, alpha=0.55, zorder=2)
        ax.plot(x, rows["effect"], linestyle=style, marker=marker, color=color, markersize=4, linewidth=1.4, zorder=3)
    ax.axhline(0, color="black", linewidth=0.6, zorder=1)
    ax.set_ylabel(f"{_UNITS[measure]}\n(median and 90 % interval)")
    low, high = ax.get_ylim()
    height = ax.get_window_extent().height * 72 / ax.figure.dpi
    ends = np.array([float(rows["effect"].iloc[-1]) for rows in lines.values()])
    places = spread(ends, 9.5 * (high - low) / height)
    for (color, _, _), name, end, spot in zip(SERIES, lines, ends, places, strict=False):
        beside = ax.get_yaxis_transform()
        ax.annotate(
            name, (1.0, end), (1.06, spot), beside, beside, annotation_clip=False, fontsize=8, va="center", color=color,
            arrowprops={"arrowstyle": "-", "color": color, "linewidth": 0.6, "shrinkA": 1, "shrinkB": 0},
        )  # fmt: skip


def _left_out(lines: dict[str, pd.DataFrame], table: pd.DataFrame, measure: str, asked: Iterable[str] | None) -> str:
    shown = len({node for rows in lines.values() for node in rows["node"]})
    total = table.loc[table["measure"] == measure, "node"].nunique()
    return f"; the {shown} of {total} nodes that change most" if shown < total and asked is None else ""
