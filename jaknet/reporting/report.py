"""One self-contained HTML page: the answer and what speaks against it first, then the network, charts and tables to explore."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from jaknet._version import __version__
from jaknet.errors import InputError
from jaknet.network.network import Network
from jaknet.reporting.page import page_data
from jaknet.reporting.words import load_words
from jaknet.tables import write_atomically
from jaknet.validation.controls import REPORT_MEMBERS, check_controls

__all__ = ["CHARTS", "VENDORED", "report"]

#: Vendored JavaScript and styles -> SHA-256 (``static/README.md`` says what they are).
VENDORED = {
    "cytoscape.min.js": "71fa9ebec21a7ca2c40cff6aacc30d1f6464e363662ad4b2c197e1adc770cd94",
    "plotly-basic.min.js": "7a82316e6da7672955f037ba93e84d9a0174a1e38830c33d63624ffe03b0fcf4",
    "tabulator.min.css": "405ae24218357d80df2a5f3addf138666d035f970dac4ebdb0265d0b5373efcb",
    "tabulator.min.js": "ffac518cb793c672a2f0522b7fc80bf862234d96bb1e581c8aaf7f48f130eafa",
}
#: Table -> its charts, each with what a reader who cannot see it is told.
CHARTS = {
    "ranking": (("effects", "Predicted changes with intervals, gene by gene"), ("agreement", "Predicted against observed changes")),
    "net_effects": (("net", "Net effect by process with intervals"),),
    "selectivity": (("blocked", "Share of each receptor's signal that the dose blocks"),),
    "dose_response": (("doses", "Median changes of a few readouts along the dose"),),
    "signature": (("volcano", "Measured fold changes against their p-values"),),
    "regulators": (("regulators", "Signed statistics of the first regulators"),),
    "enrichment": (("enrichment", "Scores of the first gene sets"),),
    "quality": (("samples", "Samples by their first two principal components"),),
}


def report(results: Any, path: str | Path = "report.html", title: str | None = None) -> Path:
    """Write results as one self-contained HTML file that opens offline.

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
    ...     page = report({"numbers": pd.DataFrame({"a": [1]})}, Path(folder) / "report.html").read_text(encoding="utf-8")
    >>> ">numbers</h2>" in page
    True
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    tables, manifest = _tables_of(results)
    page = page_data(tables, manifest)
    charts = {name: CHARTS[name] for name in page["tables"] if name in CHARTS}
    libraries = ["tabulator.min.js", *(["plotly-basic.min.js"] if charts else []), *(["cytoscape.min.js"] if page["network"] else [])]
    scripts = [_static(name) for name in libraries] + [_template("report.js")]
    text = json.dumps(page, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    environment = Environment(loader=PackageLoader("jaknet.reporting"), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    html = environment.get_template("report.html").render(
        title=title or str(manifest.get("plan", "jaknet report")),
        question=_question(page),
        made_with=f"jaknet {__version__}; network {manifest.get('network', '-')}; seed {manifest.get('seed', '-')}",
        page=page,
        charts=charts,
        contents=_contents(page),
        warnings=[str(warning) for warning in manifest.get("warnings", ())],
        notes=[str(note) for note in manifest.get("notes", ())],
        conclusion=[str(line) for line in manifest.get("conclusion", ())],
        explanation=str(manifest.get("explanation") or ""),
        controls=str(manifest.get("controls", "")),
        simulated="SIMULATED" in json.dumps(manifest, default=str),
        manifest=manifest,
        plan=manifest.get("parameters", {}),
        tested=manifest.get("dropped", {}).get("signature", {}),
        citations=list(_citations(manifest, page)) if manifest else [],
        facts=list(_facts(manifest)),
        styles=Markup(_static("tabulator.min.css") + _template("report.css")),
        # "<" never stands in the data, so that no cell of a table can end the script.
        data=Markup(text.replace("<", "\\u003c")),
        scripts=[Markup(script.replace("</script", "<\\/script")) for script in scripts],
    )
    return write_atomically(path, html)


def _static(name: str) -> str:
    return (files("jaknet.reporting") / "static" / name).read_text(encoding="utf-8")


def _template(name: str) -> str:
    return (files("jaknet.reporting") / "templates" / name).read_text(encoding="utf-8")


def _tables_of(results: Any) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    if hasattr(results, "tables") and hasattr(results, "manifest"):
        return dict(results.tables), dict(results.manifest)
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


# --- words around the tables --------------------------------------------------------------------
def _question(page: Mapping[str, Any]) -> str:
    conditions = page["conditions"]
    if not conditions:
        return ""
    drugs = dict.fromkeys(f"{item['drug']} {item['dose']}" for item in conditions)
    contexts = dict.fromkeys(item["context"].replace("_", " ") for item in conditions)
    asked = (
        f"Which genes that make or break bone does {' or '.join(drugs)} move in osteoblasts ({', '.join(contexts)}), and how sure is that?"
    )
    return asked + (" And does the dataset look like it?" if "comparison" in page["tables"] else "")


def _contents(page: Mapping[str, Any]) -> list[tuple[str, str]]:
    listed = [("answer", "The answer" if page["answers"] else "Overview"), *([("network", "Routes")] if page["network"] else [])]
    return [*listed, *((f"table-{name}", table["heading"]) for name, table in page["tables"].items()), ("methods", "How this was made")]


def _citations(manifest: Mapping[str, Any], page: Mapping[str, Any]) -> Iterable[str]:
    words = load_words()
    used = {"gseapy": "enrichment" in page["tables"], "PyDESeq2": "PyDESeq2" in json.dumps(manifest.get("dropped", {}), default=str)}
    yield from words.cited
    yield from (cited for tool, cited in words.cited_tools.items() if used[tool])


def _facts(manifest: Mapping[str, Any]) -> Iterable[tuple[str, list[tuple[str, str]]]]:
    """Yield tables of what was used: parameters, versions, inputs, what was dropped."""
    for key, heading in (
        ("parameters", "Parameters"),
        ("versions", "Versions"),
        ("inputs", "Inputs (SHA-256)"),
        ("dropped", "Dropped and noted"),
    ):
        rows = list(_flat(manifest.get(key, {})))
        if rows:
            yield heading, rows


def _flat(value: Any, name: str = "") -> Iterable[tuple[str, str]]:
    """Yield the leaves of nested settings, with their place in words."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _flat(part, f"{name} {key}".strip().replace("_", " "))
    elif isinstance(value, (list, tuple)) and any(isinstance(part, Mapping) for part in value):
        for place, part in enumerate(value, start=1):
            yield from _flat(part, f"{name} {place}".strip())
    elif value not in (None, "", [], {}):
        yield name or "value", ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
