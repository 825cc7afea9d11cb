"""Figures of drugs and of trust: which signal a drug blocks, and how far a stated probability holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jaknet.reporting.plot.canvas import DOWN, PALE, axes_for, need, table_of
from jaknet.simulation.drugs import Drug
from jaknet.validation.score import Validation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["reliability", "selectivity"]


def selectivity(table: Drug | pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw which cytokine's signal is blocked at which dose, as a heat map.

    Parameters
    ----------
    table : Drug or pandas.DataFrame
        What `jaknet.selectivity` or ``drug.selectivity()`` returned; of a drug, the latter.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
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
    give = "a Drug, or the table of jaknet.selectivity"
    table = table.selectivity() if isinstance(table, Drug) else table_of(table, give)
    need(table, ["drug", "dose", "receptor", "cytokines", "inhibition", "basis"], give)
    rows, columns = table["drug"] + " " + table["dose"], table["receptor"]
    first = table.drop_duplicates("receptor").set_index("receptor")["cytokines"]
    names = {receptor: _cytokine_label(receptor, cytokines) for receptor, cytokines in first.items()}
    shares = table.assign(row=rows).pivot_table(index="row", columns="receptor", values="inhibition", sort=False)
    # Receptors that the drugs block most come first, so that what they spare stands at the right.
    order = shares.mean().sort_values(ascending=False, kind="stable").index
    shares = shares[order]
    basis = dict(zip(zip(rows, columns, strict=True), table["basis"], strict=True))
    ax = axes_for(ax, 2.6 + 0.52 * shares.shape[1], 1.9 + 0.34 * shares.shape[0])
    image = ax.imshow(shares, aspect="auto", cmap="Blues", vmin=0.0, vmax=1.0)
    for (place, row), (spot, receptor) in ((one, other) for one in enumerate(shares.index) for other in enumerate(shares.columns)):
        share = shares.loc[row, receptor]
        told = basis[row, receptor]
        shown = f"{share:.0%}" if told != "no potency" else "?"
        weight, slant = ("bold", "normal") if told.startswith("seen") else ("normal", "italic")
        ink = "white" if share > 0.7 else "black"
        ax.text(spot, place, shown, ha="center", va="center", fontsize=7, color=ink, fontweight=weight, fontstyle=slant)
    ax.set_xticks(range(shares.shape[1]), [names[receptor] for receptor in shares.columns], rotation=45, ha="right", fontsize=8)
    ax.set_yticks(range(shares.shape[0]), shares.index, fontsize=8)
    bar = ax.figure.colorbar(image, ax=ax, fraction=0.03, pad=0.02)
    bar.set_label("blocked share of the signal", fontsize=9)
    bar.ax.tick_params(labelsize=8)
    ax.set_title("bold: measured on that signal; italics: predicted from the kinases", fontsize=8, loc="left")
    return ax


def reliability(table: Validation | pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw how often predictions are right against how sure they were.

    Parameters
    ----------
    table : Validation or pandas.DataFrame
        What `jaknet.validate` returned, or its ``reliability``.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
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
    give = "a Validation (jaknet.validate), or its reliability, with a filled bin"
    found = table.reliability if isinstance(table, Validation) else table_of(table, give)
    columns = ["n", "p_mean", "accuracy", "low", "high", "band_low", "band_high"]
    need(found.query("n > 0") if "n" in found else found, columns, give)
    shown = found.query("n > 0").sort_values("p_mean")
    ax = axes_for(ax, 4.6, 4.2)
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
