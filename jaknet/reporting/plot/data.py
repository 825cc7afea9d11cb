"""Figures of a dataset: its samples, its genes, the regulators and the gene sets that stand out in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jaknet.errors import InputError, UnknownNameError
from jaknet.expression.quality import Quality
from jaknet.reporting.plot._layout import running_sum
from jaknet.reporting.plot.canvas import DOWN, PALE, UP, axes_for, label_points, need, table_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from jaknet.enrichment.enrich import Enrichment
    from jaknet.expression.signature import Signature

__all__ = ["enrichment", "quality", "regulators", "running_score", "volcano"]

_CLEAR = 0.05
_SIGNATURE = "a Signature (jaknet.contrast, jaknet.read_signature) with p-values, or its table"
_HIGHEST = 300  # smaller p-values are near the smallest number there is, and no more exact
_LONGEST = 40  # characters of a name


def volcano(signature: Signature | pd.DataFrame, label: int = 12, ax: Axes | None = None) -> Axes:
    """Draw log2 fold change against significance, naming the strongest genes.

    Parameters
    ----------
    signature : Signature or pandas.DataFrame
        Differential expression, or its table.
    label : int
        How many genes to name, by absolute statistic.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        A point a gene with a p-value: a triangle up or down where q <= .05, a grey dot elsewhere.

    Raises
    ------
    InputError
        If no gene has a p-value, or the table lacks a column.

    Examples
    --------
    >>> import jaknet as jn
    >>> example = jn.load_example("simulated")
    >>> volcano(jn.contrast(example.expression, **example.contrast)).get_xlabel()
    'log2 fold change'
    """
    table = table_of(signature, _SIGNATURE)
    need(table, ["gene", "log2_fold_change", "p_value", "q_value", "statistic"], _SIGNATURE)
    table = table.dropna(subset=["log2_fold_change", "p_value"])
    need(table, ["gene"], _SIGNATURE)
    x, y = table["log2_fold_change"].to_numpy(float), -np.log10(table["p_value"].clip(lower=10.0**-_HIGHEST).to_numpy(float))
    clear = (table["q_value"] <= _CLEAR).to_numpy()
    ax = axes_for(ax, 5.6, 4.4)
    parts = ((~clear, PALE, "o", 5, "q > .05"), (clear & (x > 0), UP, "^", 14, "up"), (clear & (x < 0), DOWN, "v", 14, "down"))
    for rows, color, marker, size, told in parts:
        shown = f"{told} ({int(rows.sum()):,})"
        ax.scatter(x[rows], y[rows], s=size, c=color, marker=marker, alpha=0.7, linewidths=0, rasterized=True, label=shown)
    reach = 1.08 * float(np.abs(x).max()) or 1.0
    ax.set_xlim(-reach, reach)
    ax.set_ylim(0, 1.08 * float(y.max()) or 1.0)
    ax.set_xlabel("log2 fold change")
    beyond = int((table["p_value"] < 10.0**-_HIGHEST).sum())
    ax.set_ylabel(f"−log10 p-value ({beyond} beyond {_HIGHEST} are drawn there)" if beyond else "−log10 p-value")
    about = getattr(signature, "label", "")
    ax.set_title(f"{about + ': ' if about else ''}{int(clear.sum()):,} of {len(table):,} genes with q ≤ .05", fontsize=8, loc="left")
    ax.legend(fontsize=7, frameon=False, loc="best", handletextpad=0.1)
    order = np.argsort(-table["statistic"].abs().fillna(0).to_numpy(float), kind="stable")[:label]
    label_points(ax, x[order].tolist(), y[order].tolist(), table["gene"].iloc[order].tolist(), np.column_stack([x, y])[clear])
    return ax


def regulators(table: pd.DataFrame, top: int = 20, ax: Axes | None = None) -> Axes:
    """Draw the regulators that explain a signature best.

    Parameters
    ----------
    table : pandas.DataFrame
        What `jaknet.regulators` returned.
    top : int
        How many regulators, by p-value.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        One line a regulator: a triangle up where its activity appears raised, down where lowered, filled where q <= .05. At the
        right, how many of its targets were measured.

    Raises
    ------
    InputError
        If the table has no row with a p-value, or lacks a column.

    Examples
    --------
    >>> import jaknet as jn
    >>> example = jn.load_example("simulated")
    >>> found = jn.regulators(jn.contrast(example.expression, **example.contrast), "osteoblast", rotations=50, progress=False)
    >>> len(regulators(found, top=10).get_yticklabels())
    10
    """
    give = "the table of jaknet.regulators"
    need(table_of(table, give), ["regulator", "n_targets", "statistic", "p_value", "q_value"], give)
    best = table.dropna(subset=["p_value"]).sort_values(["p_value", "regulator"], kind="stable").head(top)
    need(best, ["regulator"], f"{give} with p-values")
    best = best.rename(columns={"regulator": "name", "n_targets": "count"})
    return _lollipops(best.assign(up=best["statistic"] > 0), "statistic", "targets", "statistic of the targets (+ raised, − lowered)", ax)


def enrichment(table: Enrichment | pd.DataFrame, top: int = 20, ax: Axes | None = None) -> Axes:
    """Draw the gene sets with the smallest p-values.

    Parameters
    ----------
    table : Enrichment or pandas.DataFrame
        What `jaknet.enrich` returned, or its table.
    top : int
        How many gene sets.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        One line a set: normalised enrichment score, or for over-representation how many times as many genes as expected; a
        triangle in its direction, filled where q <= .05. At the right, how many of its genes were ranked.

    Raises
    ------
    InputError
        If no set has a score, or the table lacks a column.

    Examples
    --------
    >>> import pandas as pd
    >>> import jaknet as jn
    >>> ranked = pd.Series({f"G{i}": float(i) for i in range(40)})
    >>> result = jn.enrich(ranked, {"TOP": [f"G{i}" for i in range(30, 40)]})
    >>> [label.get_text() for label in enrichment(result).get_yticklabels()]
    ['TOP']
    """
    give = "an Enrichment (jaknet.enrich), or its table"
    found = table_of(table, give)
    need(found, ["term", "n_genes", "normalized_score", "direction", "p_value", "q_value"], give)
    best = found.dropna(subset=["normalized_score", "p_value"]).sort_values(["p_value", "term"], kind="stable").head(top)
    need(best, ["term"], f"{give}, with a scored set")
    selected = bool((best["direction"] == "selected").any())
    best = best.rename(columns={"term": "name", "n_genes": "count"}).assign(up=best["direction"] != "down")
    told = "selected genes over those expected" if selected else "normalised enrichment score"
    ax = _lollipops(best, "normalized_score", "genes", told, ax, origin=float(selected))
    about = f"{getattr(table, 'by', '')} {getattr(table, 'about', '')}".strip()
    ax.set_title(f"{about + '; ' if about else ''}filled: q ≤ .05", fontsize=8, loc="left")
    return ax


def _lollipops(best: pd.DataFrame, value: str, counted: str, xlabel: str, ax: Axes | None, origin: float = 0.0) -> Axes:
    """Draw one line a row from the origin to its value, best on top."""
    ax = axes_for(ax, 5.6, 1.1 + 0.22 * len(best))
    place = np.arange(len(best))[::-1]
    clear = (best["q_value"] <= _CLEAR).to_numpy()
    for up, color, marker in ((True, UP, "^"), (False, DOWN, "v")):
        rows = (best["up"] == up).to_numpy()
        ax.hlines(place[rows], origin, best[value][rows], color=color, linewidth=1.4, zorder=2)
        for full in (True, False):
            some = rows & (clear == full)
            ax.plot(best[value][some], place[some], marker, color=color, markerfacecolor=color if full else "white", markersize=6, zorder=3)
    ax.axvline(origin, color="black", linewidth=0.8, zorder=1)
    ax.set_yticks(place, [name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…" for name in best["name"]], fontsize=8)
    ax.set_ylim(-0.7, len(best) - 0.3)
    for height, count in zip(place, best["count"], strict=True):
        ax.text(1.02, height, f"{int(count)}", transform=ax.get_yaxis_transform(), fontsize=7, va="center", color="#444444")
    ax.text(1.02, len(best) - 0.2, counted, transform=ax.get_yaxis_transform(), fontsize=7, va="bottom", fontstyle="italic")
    ax.set_xlabel(xlabel)
    ax.set_title("filled: q ≤ .05", fontsize=8, loc="left")
    return ax


def running_score(enrichment: Enrichment, term: str, ax: Axes | None = None) -> Axes:
    """Draw the running sum of GSEA for one gene set.

    Walking down the ranking, the sum rises at a gene of the set, in proportion to its absolute value, and falls at any other; its
    largest deviation from 0 is the enrichment score (Subramanian et al. 2005, PNAS 102:15545).

    Parameters
    ----------
    enrichment : Enrichment
        What `jaknet.enrich` returned with ``method="prerank"``.
    term : str
        One of its gene sets.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The sum along the ranking, its extreme, and a tick for each gene of the set.

    Raises
    ------
    InputError
        If the enrichment ranked no genes (over-representation).
    UnknownNameError
        If the set was not tested.

    Examples
    --------
    >>> import pandas as pd
    >>> import jaknet as jn
    >>> ranked = pd.Series({f"G{i}": float(i) for i in range(40)})
    >>> result = jn.enrich(ranked, {"TOP": [f"G{i}" for i in range(30, 40)]})
    >>> round(float(running_score(result, "TOP").lines[0].get_ydata().max()), 6)
    1.0
    """
    ranked = getattr(enrichment, "ranked", None)
    if ranked is None:
        raise InputError("there is no running sum without a ranking; give the Enrichment of jaknet.enrich(..., method='prerank').")
    if term not in enrichment.sets:
        raise UnknownNameError("gene set", [term], enrichment.sets)
    values, hit = ranked.to_numpy(float), ranked.index.isin(enrichment.sets[term])
    walk = running_sum(values, hit)
    row = enrichment.table.set_index("term").loc[term]
    color = UP if row["direction"] == "up" else DOWN
    ax = axes_for(ax, 5.2, 3.2)
    places = np.arange(len(walk))
    ax.plot(places, walk, color=color, linewidth=1.6)
    peak = int(np.abs(walk).argmax())
    ax.plot([peak, peak], [0, walk[peak]], color=color, linewidth=1, linestyle="--")
    ax.axhline(0, color="black", linewidth=0.8)
    low, high = min(0.0, float(walk.min())), max(0.0, float(walk.max()))
    step = (high - low) * 0.1
    ax.vlines(np.flatnonzero(hit) + 1, low - 2 * step, low - step, color="black", linewidth=0.7)
    turn = int((values > 0).sum())
    if 0 < turn < len(values):
        ax.axvline(turn + 0.5, color=PALE, linewidth=0.8, linestyle=":")
    ax.set_ylim(low - 2.4 * step, high + step)
    ax.set_xlim(0, len(values) + 1)
    ax.set_xlabel(f"rank among {len(values):,} genes (dotted: values change sign)")
    ax.set_ylabel("running enrichment score")
    told = f"NES {row['normalized_score']:.2f}, p = {row['p_value']:.2g}, q = {row['q_value']:.2g}, {int(row['n_genes'])} genes"
    ax.set_title(f"{term}: {told}", fontsize=8, loc="left")
    return ax


def quality(quality: Quality | pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the samples on their first two principal components.

    Parameters
    ----------
    quality : Quality or pandas.DataFrame
        What `jaknet.check_quality` returned, or its table.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        A point a sample, in log2 expression of the genes that vary most; a cross where something was flagged, and what.

    Raises
    ------
    InputError
        If the table has no row or lacks a column.

    Examples
    --------
    >>> import jaknet as jn
    >>> example = jn.load_example("simulated")
    >>> len(quality(jn.check_quality(example.expression, factor="treatment")).texts)
    8
    """
    give = "a Quality (jaknet.check_quality), or its table"
    table = quality.table.rename_axis("sample").reset_index() if isinstance(quality, Quality) else table_of(quality, give)
    need(table, ["sample", "pc1", "pc2", "flags"], give)
    ax = axes_for(ax, 5.2, 4.2)
    flagged = (table["flags"] != "").to_numpy()
    for rows, color, marker, told in ((~flagged, DOWN, "o", "no flag"), (flagged, UP, "X", "flagged")):
        if rows.any():
            ax.plot(table["pc1"][rows], table["pc2"][rows], marker, color=color, markersize=6, markeredgewidth=0, label=told)
    ax.margins(0.12)
    ax.set_xlabel("principal component 1 (log2 expression)")
    ax.set_ylabel("principal component 2 (log2 expression)")
    ax.set_title(f"{len(table)} samples, {int(flagged.sum())} flagged", fontsize=8, loc="left")
    if flagged.any():
        ax.legend(fontsize=7, frameon=False, loc="best", handletextpad=0.1)
    names = [f"{name} ({flag})" if flag else str(name) for name, flag in zip(table["sample"], table["flags"], strict=True)]
    label_points(ax, table["pc1"].tolist(), table["pc2"].tolist(), names, table[["pc1", "pc2"]].to_numpy(float))
    return ax
