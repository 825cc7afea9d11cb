"""What a terminal shows of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from jaknet.pipeline import Results

__all__ = ["run_text"]

_CONDITION = ["drug", "dose", "context"]


def run_text(results: Results, top: int = 5) -> str:
    """Return the few lines of a run: what it rests on, warnings, net effects, the first genes, regulators and verdicts.

    Parameters
    ----------
    results : Results
        From `jaknet.run`.
    top : int
        Genes of each condition, and regulators.

    Returns
    -------
    str
    """
    tables, manifest = results.tables, results.manifest
    lines = [f"{manifest['plan']}: {manifest['network']}, {manifest['jaknet']}", f"  {manifest['controls']}"]
    lines += [f"  WARNING: {warning}" for warning in manifest.get("warnings", ())]
    lines += [f"  note: {note}" for note in manifest["notes"]]
    lines.append("  net effect on the osteoanabolic genes (positive builds bone): median and 90 % interval of the summed log2 fold changes")
    for condition, effects in manifest["net_effects"].items():
        lines += [f"  {condition}: {effects[0]}", f"    {'; '.join(effects[1:])}"]
    lines.append("  first osteoanabolic genes by the size of the prediction: direction (its probability; papers that report one)")
    for condition, rows in tables["ranking"].groupby(_CONDITION, sort=False):
        marked = rows[rows["polarity"] != 0]
        best = marked.reindex(marked["predicted"].abs().sort_values(ascending=False, kind="stable").index).head(top)
        lines.append(f"  {' '.join(condition)}: {', '.join(map(_gene_line, best.itertuples()))}")
    if "signature" in tables:
        lines += _data_lines(results, top)
    return "\n".join([*lines, f"  written to {results.out}: {', '.join(sorted(manifest['steps']))}"])


def _data_lines(results: Results, top: int) -> list[str]:
    tables, manifest = results.tables, results.manifest
    calls = (f"{row.regulator} {row.direction} (q {row.q_value:.2g})" for row in tables["regulators"].head(top).itertuples())
    lines = [f"  the data, {manifest['data']}, whatever the drug: regulators {', '.join(calls)}"]
    seen = tables["enrichment"].query("by == 'observed'").head(top)
    sets = ", ".join(f"{row.term} {row.direction} (q {row.q_value:.2g})" for row in seen.itertuples())
    lines.append(f"    gene sets {sets or 'none: no gene of the data has q <= .05'}")
    lines += [f"    explanation {manifest['explanation']}"] if manifest.get("explanation") else []
    for condition, verdict in manifest["verdicts"].items():
        lines += [f"  {condition} beside the data: {verdict}", f"    {manifest['agreement'][condition]}"]
    return lines


def _gene_line(row: Any) -> str:
    observed = "" if pd.isna(row.observed) else f", observed {row.observed:+.1f}"
    counts = (("up", row.papers_up), ("down", row.papers_down), ("none", row.papers_none))
    papers = [f"{count:.0f} {word}" for word, count in counts if count > 0]
    published = f"; papers: {', '.join(papers)}" if papers else ""
    return f"{row.gene} {row.direction} ({row.p_direction:.2f}{observed}{published})"
