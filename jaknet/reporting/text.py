"""What a terminal shows of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from jaknet.pipeline import Results

__all__ = ["conclusion", "run_text"]

_CONDITION = ["drug", "dose", "context"]
_CLEAR = 0.05
_VERDICTS = {"like": "like", "opposite": "the opposite of", "neither": "neither like nor unlike"}
#: Genes named one by one; the others are counted.
_NAMED = 5


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
    lines.append(
        "  first osteoanabolic genes by the size of the prediction: direction (its probability; papers on the same, and both together)"
    )
    for condition, rows in tables["ranking"].groupby(_CONDITION, sort=False):
        marked = rows[rows["polarity"] != 0]
        best = marked.reindex(marked["predicted"].abs().sort_values(ascending=False, kind="stable").index).head(top)
        lines.append(f"  {' '.join(condition)}: {', '.join(map(_gene_line, best.itertuples()))}")
    if "signature" in tables:
        lines += _data_lines(results, top)
    lines.append(f"  written to {results.out}: {', '.join(sorted(manifest['steps']))}")
    return "\n".join([*lines, *manifest.get("conclusion", ())])


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


def conclusion(tables: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any]) -> list[str]:
    """Say what the data show, and what rests on the prediction alone; nothing without data.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Of a run.
    manifest : mapping
        With ``data``, the name of the data, and ``warnings``.

    Returns
    -------
    list of str
        Two sentences, or none.
    """
    if "signature" not in tables:
        return []
    regulators, sets = tables["regulators"], tables["enrichment"].query("by == 'observed'").rename(columns={"term": "regulator"})
    calls = tables["comparison"].drop_duplicates(_CONDITION).groupby("call", sort=False)
    verdicts = [f"{_VERDICTS[call]} {'; '.join(rows[_CONDITION].agg(' '.join, axis=1))}" for call, rows in calls]
    bone = tables["ranking"].query("polarity != 0").drop_duplicates("gene")
    measured, clear = bone["observed"].notna().sum(), (bone["observed_q_value"] <= _CLEAR).sum()
    silent = [line.partition(":")[0] for line in manifest.get("warnings", ()) if line.startswith("markers")]
    return [
        f"SEEN in the data, {manifest['data']}: {_clear_genes(tables['ranking'])}; regulators {_called(regulators)}; "
        f"gene sets {_called(sets)}; verdict: {', '.join(verdicts)}",
        f"PREDICTED by the network: what the drug does to osteoanabolic genes. Of {len(bone)} such genes {measured} were measured here "
        f"and {clear} changed clearly{'; '.join(['', *silent])}",
    ]


def _called(rows: pd.DataFrame) -> str:
    """Name the first regulators or gene sets with a q-value that counts."""
    names = [f"{row.regulator} {row.direction}" for row in rows[rows["q_value"] <= _CLEAR].head(_NAMED).itertuples()]
    return ", ".join(names) or "none with q <= .05"


def _clear_genes(ranking: pd.DataFrame) -> str:
    """Name the genes with a clear change that some condition predicts, surest first, and how many moved so."""
    asked = ranking[ranking["agreement"].isin(["agrees", "disagrees"])].sort_values("observed_q_value", kind="stable")
    agree = asked.loc[asked["agreement"] == "agrees", "gene"].nunique()
    genes = asked.drop_duplicates("gene")
    if genes.empty:
        return "no gene that was predicted changed clearly"
    names = [f"{row.gene} {row.observed:+.1f}" for row in genes.head(_NAMED).itertuples()]
    more = f" and {len(genes) - _NAMED} more" * (len(genes) > _NAMED)
    return f"of the genes predicted, {', '.join(names)}{more} (log2) changed clearly, {agree} of {len(genes)} as predicted"


def _gene_line(row: Any) -> str:
    observed = "" if pd.isna(row.observed) else f", observed {row.observed:+.1f}"
    counts = (("up", row.papers_up), ("down", row.papers_down), ("none", row.papers_none))
    papers = [f"{count:.0f} {word}" for word, count in counts if count > 0]
    together = f", together {'up' if row.p_rise >= 0.5 else 'down'} {max(row.p_rise, 1 - row.p_rise):.2f}" if papers else ""
    published = f"; papers: {', '.join(papers)}{together}" if papers else ""
    return f"{row.gene} {row.direction} ({row.p_direction:.2f}{observed}{published})"
