"""One self-contained HTML page: figures inside, tables readable, circularity and caveats in sight."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from html import escape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from jaknet._version import __version__
from jaknet.errors import InputError
from jaknet.network.network import Network
from jaknet.reporting import plot
from jaknet.tables import write_atomically
from jaknet.validation.controls import REPORT_MEMBERS, check_controls

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["report"]

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color:#222}
h1{font-size:1.5em}h2{font-size:1.2em;border-bottom:1px solid #ccc;margin-top:2em}
table{border-collapse:collapse;font-size:12px}td,th{padding:2px 8px;text-align:left;border-bottom:1px solid #eee}
th{position:sticky;top:0;background:#fff}.scroll{max-height:32em;overflow:auto}img{max-width:100%}
.warn{background:#fff3cd;padding:.5em 1em;border-left:4px solid #d55e00}pre{font-size:11px;white-space:pre-wrap}
"""
_ABOUT = {
    "ranking": "Genes downstream of the perturbation. predicted is the median log2 fold change over the ensemble, p_direction the "
    "probability of its direction; observed is the data, which knows of no drug; agreement says whether a clear change goes the "
    "predicted way. Without data the order is by the size of the prediction, with data by the evidence that both hold "
    "(p_conjunction). Baselines stand beside each gene: a claim holds only where the result beats them.",
    "controls": "What every textbook knows of ligands, inhibitors and contexts, asked of this network. A network that fails them does not "
    "answer like the cell it stands for, and nothing below is better than that.",
    "net_effects": "Polarity times predicted log2 fold change, summed over the osteoanabolic genes of each process; positive builds bone. "
    "Column study: with the edges that restate the source study, and without them.",
    "response": "Baseline and perturbed state of every node; activity integrates all edges, the transcript only those of transcription.",
    "signature": "The contrast of the dataset, every measured gene.",
    "quality": "Checks of the samples.",
    "regulators": "Which upstream change explains the dataset; p and q over every regulator tested.",
    "explanation_genes": "The genes that changed, and what the best explanation makes of them: explained, contradicted (its "
    "regulators push them the other way), unexplained; unmoved genes should have changed and did not. frequency is the share "
    "of explanations that explain a gene.",
    "explanation_nodes": "State of each node in most explanations, and the share that agrees; best is its state in the best one.",
    "explanation_edges": "Edges that any explanation uses, the most frequent first, with their evidence.",
    "comparison": "Does the dataset look like the predicted response, its opposite, or neither?",
    "enrichment": "Gene sets. by says what was ranked: the observed changes of the dataset, which belong to no drug, or the predicted "
    "ones of a perturbation. p-values permute genes and so ignore their correlation: an ordering, not error rates.",
}
_ROWS = 200


def report(results: Any, path: str | Path = "report.html", title: str | None = None) -> Path:
    """Write results as one self-contained HTML file.

    Parameters
    ----------
    results : Results, mapping, or any result object
        What `jaknet.run` returned; a mapping of title to result; or one Response, Ranking,
        Signature, Enrichment, Validation or DataFrame.
    path : path
        File to write, whole or not at all.
    title : str, optional
        Heading of the page; by default the name of the plan.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    InputError
        If `results` holds nothing that is a table.

    Examples
    --------
    >>> import tempfile, pandas as pd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = report({"numbers": pd.DataFrame({"a": [1]})}, Path(folder) / "report.html").read_text()
    >>> "<h2>numbers</h2>" in page
    True
    """
    tables, manifest = _tables_of(results)
    heading = title or str(manifest.get("plan", "jaknet report"))
    body = [f"<h1>{escape(heading)}</h1>", *_preface(manifest)]
    for name, table in tables.items():
        body += [f"<h2>{escape(name)}</h2>", *_section(name, table)]
    if manifest:
        shown = json.dumps(manifest, indent=2, ensure_ascii=False, sort_keys=True)
        body += ["<h2>How this was made</h2>", f"<pre>{escape(shown)}</pre>"]
    head = f"<meta charset=utf-8><title>{escape(heading)}</title><style>{_STYLE}</style>"
    return write_atomically(path, f"<!doctype html><html lang=en>{head}{''.join(body)}</html>\n")


def _tables_of(results: Any) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    if hasattr(results, "tables") and hasattr(results, "manifest"):
        order = ["net_effects", "ranking", "comparison", "regulators", "explanation_genes", "explanation_nodes", "explanation_edges"]
        order += ["enrichment", "signature", "quality", "response", "controls"]
        found = {name: results.tables[name] for name in order if name in results.tables}
        return found, dict(results.manifest)
    named = results if isinstance(results, Mapping) else {type(results).__name__: results}
    tables = {str(name): _frame(item) for name, item in named.items()}
    if not tables:
        raise InputError("nothing to report: the mapping is empty. Give results of jaknet.run, or a mapping of title to result.")
    provenance = getattr(results, "provenance", None)
    about = provenance.to_dict() if provenance is not None else {}
    networks = {network.digest: network for network in map(_network_of, named.values()) if network is not None}
    checks = [check_controls(network, members=REPORT_MEMBERS).summary() for network in networks.values()]
    return tables, about | ({"controls": " ".join(checks)} if checks else {})


def _network_of(item: Any) -> Network | None:
    """The network that a response or ranking was made with."""
    found = getattr(getattr(item, "response", item), "network", None)
    return found if isinstance(found, Network) else None


def _frame(item: Any) -> pd.DataFrame:
    if isinstance(item, pd.DataFrame):
        return item
    if not hasattr(item, "to_frame"):
        raise InputError(f"cannot report a {type(item).__name__}; give a table or a result with to_frame().")
    return item.to_frame()


def _preface(manifest: Mapping[str, Any]) -> Iterable[str]:
    yield f"<p>jaknet {escape(__version__)}; network {escape(str(manifest.get('network', '-')))}; seed {manifest.get('seed', '-')}</p>"
    if "controls" in manifest:
        yield f"<p>{escape(str(manifest['controls']))}</p>"
    yield from (f"<p class=warn>{escape(str(warning))}</p>" for warning in manifest.get("warnings", ()))
    yield from (f"<p>{escape(str(note))}</p>" for note in manifest.get("notes", ()))
    for condition, effects in manifest.get("net_effects", {}).items():
        yield f"<p>Net osteoanabolic effect of {escape(condition)}: {escape('; '.join(effects))}</p>"
    for condition, verdict in manifest.get("verdicts", {}).items():
        told = f"{condition} beside the data: {verdict} Prediction and data: {manifest['agreement'][condition]}."
        yield f"<p>{escape(told)}</p>"
    if manifest.get("explanation"):
        yield f"<p>What explains the data: {escape(str(manifest['explanation']))}</p>"
    if "SIMULATED" in json.dumps(manifest):
        yield "<p class=warn>The expression data here are SIMULATED from the library's own model: an example, not evidence.</p>"


def _section(name: str, table: pd.DataFrame) -> Iterable[str]:
    if name in _ABOUT:
        yield f"<p>{escape(_ABOUT[name])}</p>"
    for caption, figure in _figures(name, table):
        yield f"<p><img alt='{escape(caption, quote=True)}' src='data:image/png;base64,{_png(figure)}'></p>"
    shown = table.head(_ROWS)
    rest = f"<p>{len(table)} rows; the first {len(shown)} are shown, the file has all.</p>" if len(table) > len(shown) else ""
    yield f"<div class=scroll>{shown.to_html(index=False, border=0, float_format='{:.4g}'.format, na_rep='')}</div>{rest}"


def _figures(name: str, table: pd.DataFrame) -> Iterable[tuple[str, Figure]]:
    if table.empty:
        return
    arms = [column for column in ("drug", "dose", "context") if column in table]
    if name == "ranking" or {"predicted", "polarity"} <= set(table.columns):
        groups = table.groupby(arms, sort=False) if arms else [(("",), table)]
        for arm, rows in groups:
            yield " ".join(arm), plot.plot_effects(rows, title=" ".join(arm))
        marked = table[table["polarity"] != 0]
        if arms and len(marked) and table[arms].drop_duplicates().shape[0] > 1:
            yield (
                "all arms",
                plot.plot_drug_heatmap(marked.dropna(subset=["predicted"]), "predicted log2 fold change", "predicted"),
            )
    elif name == "signature":
        yield "signature", plot.plot_signature(table)
    elif name == "regulators":
        yield "regulators", plot.plot_regulators(table)
    elif name == "enrichment":
        for about, rows in table.assign(about=table.get("about", "")).fillna({"about": ""}).groupby(["by", "about"], sort=False):
            heading = ": ".join(filter(None, about))
            yield heading, plot.plot_enrichment(rows, title=heading)


def _png(figure: Figure) -> str:
    stream = BytesIO()
    # Without the Software field the same figure is the same bytes everywhere.
    figure.savefig(stream, format="png", dpi=110, metadata={"Software": None})
    return base64.b64encode(stream.getvalue()).decode("ascii")
