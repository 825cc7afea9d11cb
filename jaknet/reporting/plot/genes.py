"""Figures of predicted genes: effects with their intervals, several predictions side by side, predictions beside data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jaknet.comparison.compare import Comparison
from jaknet.errors import InputError
from jaknet.genes.tables import load_osteoanabolic
from jaknet.ranking.ranking import Ranking
from jaknet.reporting.plot.canvas import MARKS, PALE, axes_for, label_points, need, table_of
from jaknet.simulation.response import Response

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["concordance", "effects", "heatmap"]

_RENAMED = {"effect": "predicted", "effect_low": "predicted_low", "effect_high": "predicted_high"}
_GIVE = "a Ranking (jaknet.rank), a Response (jaknet.perturb), or the table of one"
_FEWEST = 5  # osteoanabolic genes that stand alone; with fewer, other genes are shown too
_WAYS = {
    "agrees": ("#009E73", "o", "as predicted"),
    "disagrees": ("black", "X", "against the prediction"),
    "unclear": (PALE, ".", "no clear change"),
}
_SIGNS = {"up": "+", "down": "−", "unsure": "?"}


def _predicted(given: Ranking | Response | pd.DataFrame) -> pd.DataFrame:
    """Return a table with the columns of a ranking, of the genes that something is predicted of."""
    table = given.transcripts() if isinstance(given, Response) else table_of(given, _GIVE)
    if "effect" in table and "predicted" not in table:
        polarity = load_osteoanabolic().set_index("gene")["polarity"]
        table = table.rename(columns=_RENAMED).assign(polarity=table["gene"].map(polarity).fillna(0))
    need(table, ["gene", "polarity", "predicted", "predicted_low", "predicted_high", "direction", "p_direction"], _GIVE)
    known = table.dropna(subset=["predicted"])
    size = known["rank"] if "rank" in known else -known["predicted"].abs()
    return known.assign(order=size).sort_values(["order", "gene"], kind="stable")


def effects(ranking: Ranking | Response | pd.DataFrame, top: int = 25, ax: Axes | None = None) -> Axes:
    """Draw predicted effects with their intervals, the best ranks on top.

    Parameters
    ----------
    ranking : Ranking, Response or pandas.DataFrame
        What `jaknet.rank` or `jaknet.perturb` returned, or its table.
    top : int
        How many genes; osteoanabolic genes alone where there are five of them.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Marker: median log2 fold change of the transcript, a triangle up or down where that direction is called, else a circle,
        hollow where unsure. Line: 90 % interval of the members. At the right: the called outcome's probability.

    Raises
    ------
    InputError
        If the table has no row or lacks a column.

    Examples
    --------
    >>> import jaknet as jn
    >>> response = jn.perturb("osteoblast", "tofacitinib 300 nM", "inflammatory", members=20)
    >>> len(effects(response, top=8).get_yticklabels())
    8
    """
    table = _predicted(ranking)
    need(table, ["gene"], _GIVE)
    marked = table[table["polarity"] != 0]
    shown = (marked if len(marked) >= _FEWEST else table).head(top).iloc[::-1]
    ax = axes_for(ax, 5.6, 1.3 + 0.2 * len(shown))
    place = np.arange(len(shown))
    for direction, (color, marker, filled) in MARKS.items():
        rows = (shown["direction"] == direction).to_numpy()
        part = shown[rows]
        if part.empty:
            continue
        ax.hlines(place[rows], part["predicted_low"], part["predicted_high"], color=color, linewidth=1.6, zorder=2)
        face = color if filled else "white"
        ax.plot(part["predicted"], place[rows], marker, color=color, markerfacecolor=face, markersize=5.5, label=direction, zorder=3)
    ax.axvline(0, color="black", linewidth=0.8, zorder=1)
    signs = shown["polarity"].map({1: " (+)", -1: " (−)"}).fillna("")
    ax.set_yticks(place, shown["gene"] + signs, fontsize=8)
    ax.set_ylim(-0.7, len(shown) - 0.3)
    for height, chance in enumerate(shown["p_direction"]):
        ax.text(1.02, height, f"{chance:.2f}", transform=ax.get_yaxis_transform(), fontsize=7, va="center", color="#444444")
    ax.text(1.02, len(shown) - 0.2, "p", transform=ax.get_yaxis_transform(), fontsize=7, va="bottom", fontstyle="italic")
    ax.set_xlabel("predicted log2 fold change of the transcript\n(median and 90 % interval)")
    about = f"{_name_of(ranking)}\n" if isinstance(ranking, (Ranking, Response)) else ""
    ax.set_title(f"{about}(+) builds bone, (−) opposes; p: probability of the outcome", fontsize=8, loc="left", pad=16)
    corner = (-0.01, 0.99)
    ax.legend(
        fontsize=7, frameon=False, handletextpad=0.1, borderaxespad=0.2, columnspacing=1.2, ncols=4, loc="lower left", bbox_to_anchor=corner
    )
    return ax


def heatmap(
    rankings: Mapping[str, Ranking | Response] | Iterable[Ranking | Response] | pd.DataFrame, top: int = 25, ax: Axes | None = None
) -> Axes:
    """Draw genes against conditions, coloured by the predicted effect.

    Parameters
    ----------
    rankings : mapping of str to Ranking or Response, iterable of them, or pandas.DataFrame
        Name -> prediction; without names they are called what they are about. Or the table of `jaknet.screen`, of which the
        transcripts are drawn.
    top : int
        How many genes, those with the largest effect in some condition.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        One row a gene, the largest mean effect on top; one column a condition. In each cell the outcome: + up, − down, ? unsure,
        empty for none. A cell without a prediction is white.

    Raises
    ------
    InputError
        If there is nothing to draw, or two conditions have one name.

    Examples
    --------
    >>> import jaknet as jn
    >>> table = jn.screen("osteoblast", ["tofacitinib", "ruxolitinib"], ["300 nM"], ["inflammatory"],
    ...                   nodes=["SOCS3", "CISH"], members=20, progress=False)
    >>> [label.get_text() for label in heatmap(table).get_xticklabels()]
    ['tofacitinib', 'ruxolitinib']
    """
    table = _conditions(rankings)
    cells = table.set_index(["gene", "condition"])[["effect", "direction"]]
    if cells.index.has_duplicates:
        raise InputError("the table has several rows of one gene and condition; select the rows of one measure and setting first.")
    wide = cells["effect"].unstack()[list(dict.fromkeys(table["condition"]))]  # noqa: PD010
    kept = wide.abs().max(axis=1).sort_values(ascending=False, kind="stable").index[:top]
    wide = wide.loc[wide.loc[kept].mean(axis=1).sort_values(ascending=False, kind="stable").index]
    called = cells["direction"].unstack().loc[wide.index, wide.columns]  # noqa: PD010
    ax = axes_for(ax, 2.6 + 0.42 * wide.shape[1], 1.6 + 0.18 * wide.shape[0])
    bound = float(np.nanmax(np.abs(wide.to_numpy()))) or 1.0
    image = ax.imshow(wide, aspect="auto", cmap="RdBu_r", vmin=-bound, vmax=bound)
    for row, column in np.ndindex(*wide.shape):
        ink = "white" if abs(wide.iloc[row, column]) > 0.6 * bound else "black"
        ax.text(column, row, _SIGNS.get(called.iloc[row, column], ""), ha="center", va="center", fontsize=7, color=ink)
    ax.set_xticks(range(wide.shape[1]), wide.columns, rotation=45, ha="right", rotation_mode="anchor", fontsize=8)
    ax.set_yticks(range(wide.shape[0]), wide.index, fontsize=7)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    bar = ax.figure.colorbar(image, ax=ax, shrink=min(1.0, 16 / len(wide)))
    bar.set_label("predicted log2 fold change (median)", fontsize=9)
    bar.ax.tick_params(labelsize=8)
    ax.set_title("+ up   − down   ? unsure", fontsize=8, loc="left")
    return ax


def _conditions(given: Mapping[str, Ranking | Response] | Iterable[Ranking | Response] | pd.DataFrame) -> pd.DataFrame:
    """Return gene, condition, effect and direction, a row each."""
    if isinstance(given, pd.DataFrame):
        need(given, ["node", "measure", "drug", "dose", "context", "effect", "direction"], "the table of jaknet.screen, or rankings")
        table = given[given["measure"] == "transcript"]
        need(table, ["node"], "a screen of nodes whose transcripts the network explains")
        # What is the same in every condition says nothing.
        told = [name for name in ("drug", "dose", "context", "network") if name in table]
        differ = [name for name in told if len(table[name].unique()) > 1] or ["drug"]
        condition = table[differ].fillna("resting state").astype(str).agg(" ".join, axis=1)
        return table.rename(columns={"node": "gene"}).assign(condition=condition)
    pairs: list[tuple[str, Ranking | Response]]
    if isinstance(given, Mapping):
        pairs = list(given.items())
    else:
        several = [given] if isinstance(given, (Ranking, Response)) else list(given)
        pairs = [(_name_of(one), one) for one in several]
    names = [name for name, _ in pairs]
    if not names or len(set(names)) < len(names):
        raise InputError(f"nothing to draw: {names or 'no predictions'}; give each prediction a name of its own, {{name: ranking}}.")
    columns = ["gene", "predicted", "direction"]
    tables = [_predicted(one)[columns].assign(condition=name) for name, one in pairs]
    return pd.concat(tables).rename(columns={"predicted": "effect"})


def _name_of(one: Ranking | Response) -> str:
    if isinstance(one, Ranking):
        return one.about
    if not isinstance(one, Response):
        raise InputError(f"cannot draw a {type(one).__name__}; give {_GIVE}, each with a name.")
    return f"{one.label} in {one.context.name if one.context else 'the resting state'}"


def concordance(ranking: Ranking | Comparison, label: int = 15, ax: Axes | None = None) -> Axes:
    """Draw what was predicted beside what was observed, gene by gene.

    Parameters
    ----------
    ranking : Ranking or Comparison
        What `jaknet.rank` with a signature, or `jaknet.compare`, returned.
    label : int
        How many genes to name: those that the data changed most surely.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Of a ranking, log2 fold changes of all genes that are predicted to rise or fall: circle as predicted, cross against, small
        and grey where the data changed nothing clearly (q > .05); shaded are the quadrants where prediction and data agree.
        Of a comparison, which tests signs, the observed statistics of the surely predicted genes that changed most, beside the
        direction predicted.

    Raises
    ------
    InputError
        For a ranking made without tested data, or if no gene is both predicted to move and measured.

    Examples
    --------
    >>> import jaknet as jn
    >>> example = jn.load_example("simulated")
    >>> signature = jn.contrast(example.expression, **example.contrast)
    >>> response = jn.perturb("osteoblast", "tofacitinib 300 nM", "inflammatory", members=20)
    >>> concordance(jn.compare(signature, response)).get_xlabel()
    'observed statistic'
    """
    if not isinstance(ranking, (Ranking, Comparison)):
        raise InputError(f"cannot draw a {type(ranking).__name__}; give a Ranking made with a signature, or a Comparison.")
    if isinstance(ranking, Comparison):
        return _called_genes(ranking, label, ax)
    table = _measured(ranking)
    ax = axes_for(ax, 5.2, 4.2)
    for way, (color, marker, told) in _WAYS.items():
        part = table[table["agreement"] == way]
        if len(part):
            shown = f"{told} ({len(part)})"
            ax.plot(part["predicted"], part["observed"], marker, color=color, markersize=5, markeredgewidth=0, label=shown)
    _shade_agreement(ax)
    ax.set_xlabel("predicted log2 fold change (median)")
    ax.set_ylabel("observed log2 fold change")
    ax.set_title(f"{ranking.data_label} beside {ranking.about}\nshaded: prediction and data agree", fontsize=8, loc="left")
    ax.legend(fontsize=7, frameon=True, framealpha=0.8, edgecolor="none", loc="best", handletextpad=0.2)
    named = table[table["agreement"] != "unclear"].head(label)
    places = table[["predicted", "observed"]].to_numpy(float)
    label_points(ax, named["predicted"].tolist(), named["observed"].tolist(), named["gene"].tolist(), places)
    return ax


def _measured(ranking: Ranking) -> pd.DataFrame:
    """Return the genes that are predicted to move and were measured, the surest change first."""
    table = ranking.to_frame()
    if not table["observed"].notna().any():
        raise InputError("the ranking was made without data; give rank() a signature: jaknet.rank(response, signature).")
    found = table[table["agreement"].isin(list(_WAYS))].dropna(subset=["predicted", "observed"])
    need(found, ["gene"], "data with q-values, of genes that are predicted to rise or fall")
    return found.sort_values(["observed_q_value", "gene"], kind="stable")


def _shade_agreement(ax: Axes) -> None:
    """Shade the quadrants of equal signs, and keep the limits that the points have, 0 among them."""
    ax.margins(0.1)
    ax.axhline(0, color="black", linewidth=0.6)
    ax.axvline(0, color="black", linewidth=0.6)
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    ax.fill_between([0, right], 0, high, color="#F0F0F0", zorder=0, linewidth=0)
    ax.fill_between([left, 0], 0, low, color="#F0F0F0", zorder=0, linewidth=0)
    ax.set_xlim(left, right)
    ax.set_ylim(low, high)


def _called_genes(comparison: Comparison, most: int, ax: Axes | None) -> Axes:
    """Draw the observed statistic of the surely predicted genes that changed most."""
    genes = comparison.genes
    need(genes, ["gene"], "a comparison with surely predicted genes that were measured; this one has none")
    shown = genes.sort_values("statistic", key=lambda values: -values.abs(), kind="stable").head(most).iloc[::-1]
    ax = axes_for(ax, 5.2, 1.2 + 0.2 * len(shown))
    place = np.arange(len(shown))
    for agrees, (color, marker, told) in ((True, _WAYS["agrees"]), (False, _WAYS["disagrees"])):
        rows = shown["agrees"].to_numpy(bool) == agrees
        ax.hlines(place[rows], 0, shown["statistic"][rows], color=color, linewidth=1.4)
        count = int((genes["agrees"].to_numpy(bool) == agrees).sum())
        ax.plot(shown["statistic"][rows], place[rows], marker, color=color, markersize=6, markeredgewidth=0, label=f"{told} ({count})")
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set_yticks(place, shown["gene"] + shown["direction"].map({"up": " ▲", "down": " ▼"}), fontsize=8)
    ax.set_ylim(-0.7, len(shown) - 0.3)
    ax.set_xlabel("observed statistic")
    title = f"{comparison.signature} beside {comparison.response}: {comparison.call}\n▲ ▼ predicted; {len(shown)} of {len(genes)} genes"
    ax.set_title(title, fontsize=8, loc="left")
    ax.legend(fontsize=7, frameon=False, loc="best", handletextpad=0.2)
    return ax
