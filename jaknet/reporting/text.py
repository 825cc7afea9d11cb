"""What a terminal shows of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from jaknet.pipeline import Results

__all__ = ["run_text"]

_ARM = ["drug", "dose", "context"]


def run_text(results: Results, top: int = 5) -> str:
    """Return the few lines of a run: what it rests on, the net effect, the first genes, regulators and verdicts.

    Parameters
    ----------
    results : Results
        From `jaknet.run`.
    top : int
        Genes of each arm, and regulators.

    Returns
    -------
    str
    """
    tables, manifest = results.tables, results.manifest
    lines = [f"{manifest['plan']}: {manifest['network']}, {manifest['jaknet']}", f"  {manifest['controls']}"]
    lines += [f"  note: {note}" for note in manifest["notes"]]
    lines.append("  net effect on the osteoanabolic genes (positive builds bone): median and 90 % interval of the summed log2 fold changes")
    overall = tables["net_effects"].query("process == 'all'")
    lines += [f"  {' '.join(arm)}: {', '.join(map(_net_line, rows.itertuples()))}" for arm, rows in overall.groupby(_ARM, sort=False)]
    lines.append("  first osteoanabolic genes of each arm: predicted direction (its probability), observed log2 fold change")
    for arm, rows in tables["ranking"].groupby(_ARM, sort=False):
        best = rows[rows["polarity"] != 0].nsmallest(top, "rank")
        lines.append(f"  {' '.join(arm)}: {', '.join(map(_gene_line, best.itertuples()))}")
    if "signature" in tables:
        calls = (f"{row.regulator} {row.direction} (q {row.q_value:.2g})" for row in tables["regulators"].head(top).itertuples())
        lines.append("  regulators of the dataset: " + ", ".join(calls))
        verdicts = tables["comparison"].drop_duplicates([*_ARM, "verdict"])
        lines += [f"  {row.drug} {row.dose} {row.context}: {row.verdict}" for row in verdicts.itertuples()]
    return "\n".join([*lines, f"  written to {results.out}: {', '.join(sorted(manifest['steps']))}"])


def _net_line(row: Any) -> str:
    return f"{row.median:+.1f} [{row.low:+.1f}, {row.high:+.1f}] {row.study}"


def _gene_line(row: Any) -> str:
    observed = "" if pd.isna(row.log2_fold_change) else f" {row.log2_fold_change:+.1f}"
    return f"{row.gene} {row.direction} ({row.p_direction:.2f}){observed}"
