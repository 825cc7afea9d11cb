"""Figures of results, from their tables; each returns a matplotlib Figure and writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jaknet.errors import InputError, few

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_drug_heatmap", "plot_effects", "plot_enrichment", "plot_regulators", "plot_signature", "reliability", "selectivity"]

#: Blue and orange of Okabe and Ito, told apart by every kind of colour vision.
DOWN, UP, PALE = "#0072B2", "#D55E00", "#999999"


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    # A Figure without pyplot needs no display and leaves no global state behind.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _need(table: pd.DataFrame, columns: list[str]) -> None:
    missing = [column for column in columns if column not in table]
    if missing or table.empty:
        raise InputError(f"nothing to draw: the table lacks {few(missing) or 'rows'}.")


def plot_effects(ranking: pd.DataFrame, title: str = "", top: int = 25) -> Figure:
    """Draw predicted effects with their intervals, the most certain genes on top.

    Parameters
    ----------
    ranking : pandas.DataFrame
        A ranking's table: ``gene``, ``polarity``, ``predicted``, ``predicted_low``,
        ``predicted_high``, ``direction``, ``p_direction``, ``rank``.
    title : str
        Heading of the figure; by default one that says what it shows.
    top : int
        How many genes; osteoanabolic genes come first.

    Returns
    -------
    matplotlib.figure.Figure
        Point: median log2 fold change; line: the 90 % interval over the ensemble; colour: the
        direction, grey for none and unsure; shade: the probability of the direction.

    Raises
    ------
    InputError
        If the table is empty or lacks a column.
    """
    _need(ranking, ["gene", "polarity", "predicted", "predicted_low", "predicted_high", "direction", "p_direction", "rank"])
    shown = ranking.dropna(subset=["predicted"])
    marked = shown[shown["polarity"] != 0]
    shown = (marked if len(marked) >= 5 else shown).nsmallest(top, "rank").iloc[::-1]
    figure, axes = _figure(6.5, 1.2 + 0.22 * len(shown))
    place = np.arange(len(shown))
    # A change that is called none must not look like a sure fall.
    colors = shown["direction"].map({"up": UP, "down": DOWN}).fillna(PALE)
    for row, color, height in zip(shown.itertuples(), colors, place, strict=True):
        faint = float(np.clip(2 * row.p_direction - 1, 0.15, 1.0))
        axes.plot([row.predicted_low, row.predicted_high], [height, height], color=color, alpha=faint, linewidth=2)
        axes.plot(row.predicted, height, "o", color=color, alpha=faint, markersize=5)
    axes.axvline(0, color="black", linewidth=0.8)
    signs = shown["polarity"].map({1: " (+)", -1: " (−)"}).fillna("")
    axes.set_yticks(place, shown["gene"] + signs)
    axes.set_xlabel("predicted log2 fold change (median and 90 % interval of the members)")
    axes.set_title(title or "predicted effects; (+) builds bone, (−) opposes", fontsize=10)
    return figure


def plot_signature(signature: pd.DataFrame, title: str = "", label: int = 12) -> Figure:
    """Draw log2 fold change against significance, naming the strongest genes.

    Parameters
    ----------
    signature : pandas.DataFrame
        A signature's table (`Signature.to_frame`).
    title : str
        Heading of the figure; by default one that says what it shows.
    label : int
        How many genes to name, by absolute statistic.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If the table is empty or lacks a column.
    """
    _need(signature, ["gene", "log2_fold_change", "p_value", "q_value", "statistic"])
    table = signature.dropna(subset=["log2_fold_change", "p_value"])
    height = -np.log10(table["p_value"].clip(lower=1e-300))
    hit = (table["q_value"] <= 0.05).to_numpy()
    figure, axes = _figure(6.5, 4.5)
    colors = np.where(hit, np.where(table["log2_fold_change"] > 0, UP, DOWN), PALE)
    axes.scatter(table["log2_fold_change"], height, s=6, c=colors, alpha=0.6, linewidths=0, rasterized=True)
    for index in table["statistic"].abs().nlargest(label).index:
        axes.annotate(table.loc[index, "gene"], (table.loc[index, "log2_fold_change"], height[index]), fontsize=7)
    axes.set_xlabel("log2 fold change")
    axes.set_ylabel("−log10 p")
    axes.set_title(title or f"{int(hit.sum())} of {len(table)} genes with q ≤ 0.05", fontsize=10)
    return figure


def _bars(names: pd.Series, values: pd.Series, up: pd.Series, xlabel: str, title: str) -> Figure:
    figure, axes = _figure(6.5, 1.0 + 0.25 * len(names))
    place = np.arange(len(names))[::-1]
    axes.barh(place, values, color=np.where(up, UP, DOWN), height=0.7)
    axes.set_yticks(place, [name if len(name) <= 45 else name[:44] + "…" for name in names])
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel(xlabel)
    axes.set_title(title, fontsize=10)
    return figure


def plot_regulators(table: pd.DataFrame, title: str = "", top: int = 20) -> Figure:
    """Draw the regulators that explain a signature best.

    Parameters
    ----------
    table : pandas.DataFrame
        What `jaknet.regulators` found: ``regulator``, ``statistic``, ``p_value``.
    title : str
        Heading of the figure; by default one that says what it shows.
    top : int
        How many regulators, by p-value.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If the table is empty or lacks a column.
    """
    _need(table, ["regulator", "statistic", "p_value"])
    best = table.sort_values(["p_value", "regulator"]).head(top)
    return _bars(best["regulator"], best["statistic"], best["statistic"] > 0, "statistic", title or "upstream regulators, best first")


def plot_enrichment(table: pd.DataFrame, title: str = "", top: int = 20) -> Figure:
    """Draw the normalised scores of the sets with the smallest p-values.

    Parameters
    ----------
    table : pandas.DataFrame
        What `jaknet.enrich` found: ``term``, ``normalized_score``, ``p_value``.
    title : str
        Heading of the figure; by default one that says what it shows.
    top : int
        How many gene sets, by p-value.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If the table is empty or lacks a column.
    """
    _need(table, ["term", "normalized_score", "p_value"])
    best = table.dropna(subset=["normalized_score"]).nsmallest(top, "p_value")
    return _bars(best["term"], best["normalized_score"], best["normalized_score"] > 0, "normalised enrichment score", title or "gene sets")


def plot_drug_heatmap(table: pd.DataFrame, title: str = "", value: str = "effect") -> Figure:
    """Draw genes against arms (drug, dose, context) as a heat map.

    Parameters
    ----------
    table : pandas.DataFrame
        Tidy: ``node`` or ``gene``, any of ``drug``, ``dose``, ``context``, and `value`.
    title : str
        Heading of the figure.
    value : str
        Column that gives the colour.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If the table is empty or lacks a column.
    """
    gene = "gene" if "gene" in table else "node"
    _need(table, [gene, value])
    arms = [column for column in ("drug", "dose", "context") if column in table]
    labels = table[arms].astype(str).agg(" ".join, axis=1)
    wide = table.assign(arm=labels).pivot_table(index=gene, columns="arm", values=value, sort=False)
    wide = wide.loc[wide.mean(axis=1).sort_values(ascending=False).index]
    figure, axes = _figure(2.5 + 0.5 * wide.shape[1], 1.5 + 0.2 * wide.shape[0])
    bound = float(np.nanmax(np.abs(wide.to_numpy()))) or 1.0
    image = axes.imshow(wide, aspect="auto", cmap="RdBu_r", vmin=-bound, vmax=bound)
    axes.set_xticks(range(wide.shape[1]), wide.columns, rotation=60, ha="right", fontsize=7)
    axes.set_yticks(range(wide.shape[0]), wide.index, fontsize=7)
    figure.colorbar(image, ax=axes, label=value.replace("_", " "))
    axes.set_title(title, fontsize=10)
    return figure


def selectivity(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw which cytokine's signal is blocked at which dose, as a heat map.

    Parameters
    ----------
    table : pandas.DataFrame
        What `jaknet.selectivity` or ``drug.selectivity()`` returned.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib Axes
        One row a drug and dose, one column a receptor, named by its cytokines; each cell the blocked share in
        %. In bold: measured on that receptor's signal; in italics: predicted from the kinases alone; ``?``: no
        potency known.

    Raises
    ------
    InputError
        If the table is empty or lacks a column.

    Examples
    --------
    >>> import jaknet as jn
    >>> axes = jn.plot.selectivity(jn.load_drug("tofacitinib").selectivity(["100 nM", "1 uM"]))
    >>> [label.get_text() for label in axes.get_yticklabels()]
    ['tofacitinib 100 nM', 'tofacitinib 1 uM']
    """
    _need(table, ["drug", "dose", "receptor", "cytokines", "inhibition", "basis"])
    rows, columns = table["drug"] + " " + table["dose"], table["receptor"]
    first = table.drop_duplicates("receptor").set_index("receptor")["cytokines"]
    names = {receptor: _cytokine_label(receptor, cytokines) for receptor, cytokines in first.items()}
    shares = table.assign(row=rows).pivot_table(index="row", columns="receptor", values="inhibition", sort=False)
    # Receptors that the drugs block most come first, so that what they spare stands at the right.
    order = shares.mean().sort_values(ascending=False, kind="stable").index
    shares = shares[order]
    basis = dict(zip(zip(rows, columns, strict=True), table["basis"], strict=True))
    if ax is None:
        _, ax = _figure(2.6 + 0.52 * shares.shape[1], 1.9 + 0.34 * shares.shape[0])
    image = ax.imshow(shares, aspect="auto", cmap="Blues", vmin=0.0, vmax=1.0)
    for (place, row), (spot, receptor) in ((one, other) for one in enumerate(shares.index) for other in enumerate(shares.columns)):
        share = shares.loc[row, receptor]
        told = basis[row, receptor]
        shown = f"{share:.0%}" if told != "no potency" else "?"
        weight, slant = ("bold", "normal") if told.startswith("seen") else ("normal", "italic")
        ink = "white" if share > 0.6 else "black"
        ax.text(spot, place, shown, ha="center", va="center", fontsize=7, color=ink, fontweight=weight, fontstyle=slant)
    ax.set_xticks(range(shares.shape[1]), [names[receptor] for receptor in shares.columns], rotation=45, ha="right", fontsize=8)
    ax.set_yticks(range(shares.shape[0]), shares.index, fontsize=8)
    ax.figure.colorbar(image, ax=ax, label="blocked share of the signal", fraction=0.03, pad=0.02)
    ax.set_title("bold: measured on that signal; italics: predicted from the kinases", fontsize=8, loc="left")
    return ax


def reliability(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw how often predictions are right against how sure they were.

    Parameters
    ----------
    table : pandas.DataFrame
        ``validate(...).reliability``.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib Axes
        A point a bin, with its 95 % interval and the number of facts; the band is where 95 of 100 calibrated models stay
        in all bins at once, and the diagonal where a probability is what it says.

    Raises
    ------
    InputError
        If the table has no filled bin or lacks a column.

    Examples
    --------
    >>> import pandas as pd
    >>> bins = {"n": [40, 20], "p_mean": [0.55, 0.8], "accuracy": [0.6, 0.75], "low": [0.5, 0.6], "high": [0.7, 0.9]}
    >>> axes = reliability(pd.DataFrame(bins | {"band_low": [0.45, 0.65], "band_high": [0.65, 0.95]}))
    >>> [text.get_text() for text in axes.texts]
    ['40', '20']
    """
    columns = ["n", "p_mean", "accuracy", "low", "high", "band_low", "band_high"]
    _need(table.query("n > 0") if "n" in table else table, columns)
    shown = table.query("n > 0").sort_values("p_mean")
    if ax is None:
        _, ax = _figure(4.6, 4.2)
    ax.plot([0.5, 1.0], [0.5, 1.0], color="black", linewidth=0.8, linestyle="--", label="a probability that is what it says")
    ax.fill_between(
        shown["p_mean"], shown["band_low"], shown["band_high"], color=PALE, alpha=0.3, linewidth=0, label="95 % of calibrated models"
    )
    reach = [shown["accuracy"] - shown["low"], shown["high"] - shown["accuracy"]]
    ax.errorbar(
        shown["p_mean"], shown["accuracy"], yerr=reach, fmt="o-", color=DOWN, capsize=3, label="seen (95 % interval, papers resampled)"
    )
    for row in shown.itertuples():
        ax.annotate(str(row.n), (row.p_mean, row.accuracy), xytext=(7, -11), textcoords="offset points", fontsize=8, color=DOWN)
    ax.set_xlabel("stated probability of the sign (mean of the bin)")
    ax.set_ylabel("share of facts that are right")
    ax.set_xlim(0.5, 1.0)
    ax.set_ylim(min(0.4, float(shown[["low", "band_low"]].min().min()) - 0.02), 1.0)
    ax.legend(fontsize=8, frameon=False, loc="lower right")
    ax.set_title("numbers: facts in the bin", fontsize=8, loc="left")
    return ax


def _cytokine_label(receptor: str, cytokines: str) -> str:
    named = [name for name in cytokines.split(";") if name]
    kinases = " ".join(receptor.split("_")[1:])
    chain = receptor.split("_")[0]
    shown = ", ".join(named) if 0 < len(named) <= 3 else f"{chain}, {len(named)} cytokines" if named else chain
    return f"{shown} ({kinases})" if kinases else shown
