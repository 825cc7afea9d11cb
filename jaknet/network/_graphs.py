"""GraphML and Netflux workbooks as edge and node tables, in both directions."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

import pandas as pd

from jaknet.errors import InputError, few
from jaknet.network.schema import EDGE_COLUMNS, NODE_COLUMNS

if TYPE_CHECKING:
    import networkx as nx

    from jaknet.network.model import Network

__all__ = ["graph_tables", "read_graphml", "read_netflux_edges", "write_netflux"]

#: Layout of Netflux model files: a title row, a header row, then one row each.
_SPECIES = ["module", "ID", "name", "Yinit", "Ymax", "tau", "type", "location", "ref", "notes"]
_REACTIONS = ["module", "ID", "Rule", "Weight", "n", "EC50", "location"]
_SOURCES = [f"{what} {number}" for number in (1, 2) for what in ("confidence", "species", "system", "database", "ref ID", "link")]
_HILL, _HALF = 1.4, 0.5


def read_graphml(path: Path) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Read GraphML into text cells of edges, nodes, and what the graph says about itself."""
    import networkx as nx

    from jaknet.network._text import read_text

    text = read_text(path)
    try:
        graph = nx.parse_graphml(text, force_multigraph=True)
    except (ParseError, nx.NetworkXException, ValueError, KeyError) as error:
        raise InputError(f"{path} is not readable GraphML: {error}. Export it again.") from error
    if not graph.is_directed():
        raise InputError(f"{path} holds an undirected graph; a signed network needs directed edges.")
    edges, nodes = graph_tables(graph)
    said = {key: str(value) for key, value in graph.graph.items() if key in ("name", "version", "species")}
    return edges.map(_cell).rename(columns=str.lower), nodes, said


def graph_tables(graph: nx.Graph) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the edge and node tables of a graph; nodes go by ``shared name`` where all have one (Cytoscape)."""
    labels = {node: data.get("shared name") for node, data in graph.nodes(data=True)}
    if not all(labels.values()):
        labels = {node: str(node) for node in graph}
    rows = []
    for source, target, *_, data in graph.edges(keys=True, data=True) if graph.is_multigraph() else graph.edges(data=True):
        rows.append({**data, "source": labels[source], "target": labels[target]})
    nodes = [
        {"node": labels[node], "kind": data.get("kind"), "gene": data.get("gene"), "name": data.get("full_name")}
        for node, data in graph.nodes(data=True)
        if "kind" in data
    ]
    return pd.DataFrame(rows, columns=None if rows else EDGE_COLUMNS), pd.DataFrame(nodes, columns=NODE_COLUMNS)


def read_netflux_edges(path: Path) -> tuple[pd.DataFrame, pd.DataFrame | None, dict[str, Any]]:
    """Read a Netflux workbook as a network: its sheet ``edges``, if it has one, else the signs of its rules."""
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except FileNotFoundError as error:
        raise InputError(f"no file {path}; check the path.") from error
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, openpyxl.utils.exceptions.InvalidFileException) as error:
        raise InputError(f"{path} is not a readable xlsx workbook: {error}. Save it as xlsx.") from error
    sheets = {sheet.title: [[_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)] for sheet in book}
    book.close()
    if "edges" in sheets and "nodes" in sheets:
        said = {row[0]: row[1] for row in sheets.get("network", []) if len(row) > 1}
        return _sheet(sheets["edges"]), _sheet(sheets["nodes"]), said
    if "reactions" not in sheets:
        raise InputError(f"{path} has the sheets {few(sheets)}; a Netflux workbook has species and reactions.")
    rules = [row[2] for row in sheets["reactions"][2:] if len(row) > 2 and "=>" in row[2]]
    edges = [edge for rule in rules for edge in _edges_of_rule(rule)]
    return pd.DataFrame(sorted(set(edges)), columns=["source", "target", "sign"]), None, {}


def write_netflux(network: Network, path: Path) -> None:
    """Write a workbook: a reaction for each activator in AND with not each inhibitor, inputs of weight 0; the tables as further sheets."""
    import openpyxl

    book = openpyxl.Workbook()
    names = _identifiers(network.names)
    kinds = dict(zip(network.nodes["node"], network.nodes["kind"], strict=True))
    species = [["", names[node], node, 0, 1, 1, kinds[node]] for node in network.names]
    sheets: dict[str, list[list[Any]]] = {
        "species": [["Species information"], _SPECIES, *species],
        "reactions": [["Reaction Information"], [*_REACTIONS, *_SOURCES, "notes"], *_reactions(network, names)],
        "edges": [list(network.edges), *network.edges.to_numpy(object).tolist()],
        "nodes": [list(network.nodes), *network.nodes.to_numpy(object).tolist()],
        "network": [["name", network.name], ["version", network.version], ["species", network.species]],
    }
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        # A text such as "=> A" is a rule, not a formula.
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"):
            cell.data_type = "s"
    book.save(path)


def _reactions(network: Network, names: dict[str, str]) -> list[list[object]]:
    rows: list[list[object]] = []

    def add(module: str, rule: str, weight: float, cited: str) -> None:
        rows.append([module, f"r{len(rows) + 1}", rule, weight, _HILL, _HALF, *[""] * 5, cited])

    incoming = dict(list(network.edges.groupby("target")))
    for node in network.names:
        if node not in incoming:
            add("inputs", f"=> {names[node]}", 0.0, "")
            continue
        edges = incoming[node]
        activators, inhibitors = edges[edges["sign"] > 0], edges[edges["sign"] < 0]
        veto = [f"!{names[source]}" for source in dict.fromkeys(inhibitors["source"])]
        against = list(inhibitors["references"])
        if activators.empty:
            add("middle", f"{' & '.join(veto)} => {names[node]}", float(inhibitors["weight"].max()), ";".join(filter(None, against)))
        # An activator in two layers is one reaction: Netflux would count a repeated rule twice.
        for source, own in activators.groupby("source"):
            rule = " & ".join([names[str(source)], *veto])
            add("middle", f"{rule} => {names[node]}", float(own["weight"].max()), ";".join(filter(None, [*own["references"], *against])))
    return rows


def _identifiers(names: tuple[str, ...]) -> dict[str, str]:
    """Node -> an identifier that Netflux accepts: letters, digits and underscores, a letter first."""
    found: dict[str, str] = {}
    for name in names:
        plain = re.sub(r"\W", "_", name, flags=re.ASCII)
        plain = plain if plain[:1].isalpha() else f"X{plain}"
        while plain in found.values():
            plain += "_"
        found[name] = plain
    return found


def _edges_of_rule(rule: str) -> list[tuple[str, str, str]]:
    left, _, target = rule.partition("=>")
    terms = [term.strip() for term in re.split(r"[&+]", left) if term.strip()]
    return [(term.lstrip("! "), target.strip(), "-1" if term.startswith("!") else "1") for term in terms]


def _sheet(rows: list[list[str]]) -> pd.DataFrame:
    return pd.DataFrame(rows[1:], columns=rows[0] if rows else None, dtype=str)


def _cell(value: object) -> str:
    if value is None or value != value:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
