"""From a file to tables of text cells, whatever the line ends, the compression, the separator or the graph format."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

import pandas as pd

from jaknet.errors import InputError, few
from jaknet.network.io.formats import HEADERLESS, sign_of
from jaknet.network.schema import EDGE_COLUMNS, NODE_COLUMNS
from jaknet.tables import cell_text, read_text, separator_of

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["graph_tables", "make_table", "read_cells", "read_graphml", "stem"]
_SUFFIXES = (".tsv", ".csv", ".txt", ".sif", ".graphml", ".xml", ".xlsx")


def read_cells(text: str, path: Path) -> pd.DataFrame:
    """Return the table of a text: lower-case column names, text cells without padding, empty where missing.

    The separator is the one the first line holds most of (tab, comma, semicolon, else blanks). Tables
    without a header row are known by a sign word in the first line (SIF, TRRUST, SIGNOR).

    Parameters
    ----------
    text : str
        What `read_text` returned.
    path : Path
        The file it is from; its suffix tells a SIF, and messages name it.

    Returns
    -------
    pandas.DataFrame
        One row a line.

    Raises
    ------
    InputError
        If there is no row, or a row has more cells than the first line.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    while lines and lines[0].startswith("#"):
        lines.pop(0)
    if not lines:
        raise InputError(f"{path} is empty; an edge table with a header row was expected.")
    separator = _separator(lines[0], path)
    # In tab-separated files a quotation mark is a character like any other, unless the header is quoted too.
    if separator == "\t":
        cut = _unquote if '"' in lines[0] else str.strip
        rows = [[cut(cell) for cell in line.split("\t")] for line in lines]
    elif separator == " ":
        rows = [line.split() for line in lines]
    else:
        try:
            rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=separator)]
        except csv.Error as error:
            raise InputError(f"{path} cannot be split at {separator!r}: {error}. Save it as a TSV.") from error
    if path.name.lower().removesuffix(".gz").endswith(".sif"):
        rows = _split_sif_rows(rows)
    header = _find_names(rows[0])
    if header is None:
        header, rows = [cell.lower() for cell in rows[0]], rows[1:]
    if not rows:
        raise InputError(f"{path} has a header row but no signed edge; an edge table has one row an edge.")
    return make_table(header, rows, path)


def make_table(header: list[str], rows: list[list[str]], path: Path) -> pd.DataFrame:
    """Return a table of text cells; a short row is filled up with empty cells.

    Parameters
    ----------
    header : list of str
        Names of the columns.
    rows : list of list of str
        The cells of each row.
    path : Path
        The file they are from, for messages.

    Returns
    -------
    pandas.DataFrame
        One column for each name.

    Raises
    ------
    InputError
        If a row has more cells than there are names, or a name is repeated.

    Examples
    --------
    >>> make_table(["source", "target", "note"], [["A", "B"]], Path("net.tsv")).values.tolist()
    [['A', 'B', '']]
    """
    width = len(header)
    long = [number + 2 for number, row in enumerate(rows) if len(row) > width and any(row[width:])]
    if long:
        raise InputError(f"{path} has more cells than columns ({width}) in row(s) {few(long)}; remove stray separators.")
    repeated = sorted({name for name in header if name and header.count(name) > 1})
    if repeated:
        raise InputError(f"{path} repeats the column {few(repeated)}; keep one of each.")
    padded = [row[:width] + [""] * (width - len(row)) for row in rows]
    return pd.DataFrame(padded, columns=header, dtype=str)


def _separator(line: str, path: Path) -> str:
    if path.name.lower().removesuffix(".gz").endswith(".sif"):
        return "\t" if "\t" in line else " "
    return separator_of(line)


def _split_sif_rows(rows: list[list[str]]) -> list[list[str]]:
    """Spell out ``A activates B C`` as one row a target; a lone node is no edge."""
    if [cell.lower() for cell in rows[0]] == ["source", "interaction", "target"]:
        return rows
    return [[row[0], row[1], target] for row in rows if len(row) > 2 for target in row[2:]] or [["source", "interaction", "target"]]


def _find_names(first: list[str]) -> list[str] | None:
    position, names = HEADERLESS.get(len(first), (0, []))
    if not names or first[position].lower() in ("interaction", "effect"):
        return None
    return names if sign_of(first[position]) in (1, -1) or first[position].lower() in ("unknown", "0") else None


def _unquote(cell: str) -> str:
    text = cell.strip()
    return text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] == '"' else text


def read_graphml(path: Path) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Read a GraphML file as tables of text cells.

    Parameters
    ----------
    path : Path
        The file, compressed or not.

    Returns
    -------
    edges : pandas.DataFrame
        ``source``, ``target`` and the attributes of the edges, under lower-case names.
    nodes : pandas.DataFrame
        The nodes that carry a ``kind``, in `jaknet.network.schema.NODE_COLUMNS`.
    about : dict of str to str
        ``name``, ``version`` and ``species``, where the graph states them.

    Raises
    ------
    InputError
        If the file is not GraphML, or its graph is undirected.
    """
    import networkx as nx

    text = read_text(path)
    try:
        graph = nx.parse_graphml(text, force_multigraph=True)
    except (ParseError, nx.NetworkXException, ValueError, KeyError) as error:
        raise InputError(f"{path} is not readable GraphML: {error}. Export it again.") from error
    if not graph.is_directed():
        raise InputError(f"{path} holds an undirected graph; a signed network needs directed edges.")
    edges, nodes = graph_tables(graph)
    said = {key: str(value) for key, value in graph.graph.items() if key in ("name", "version", "species")}
    return edges.map(cell_text).rename(columns=str.lower), nodes, said


def graph_tables(graph: nx.Graph) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the edge and node tables of a graph.

    Parameters
    ----------
    graph : networkx.Graph
        A graph or multigraph. Its nodes go by their attribute ``shared name`` where all have one (Cytoscape).

    Returns
    -------
    edges : pandas.DataFrame
        ``source``, ``target`` and the attributes of the edges.
    nodes : pandas.DataFrame
        The nodes that carry a ``kind``, in `jaknet.network.schema.NODE_COLUMNS`.
    """
    labels = {node: data.get("shared name") for node, data in graph.nodes(data=True)}
    if not all(labels.values()):
        labels = {node: str(node) for node in graph}
    rows = []
    for source, target, *_, data in graph.edges(keys=True, data=True) if graph.is_multigraph() else graph.edges(data=True):
        rows.append({**data, "source": labels[source], "target": labels[target]})
    nodes = [
        {"node": labels[node], "name": data.get("full_name")} | {key: data.get(key) for key in ("kind", "gene", "basal", "basal_reason")}
        for node, data in graph.nodes(data=True)
        if "kind" in data
    ]
    return pd.DataFrame(rows, columns=None if rows else EDGE_COLUMNS), pd.DataFrame(nodes, columns=NODE_COLUMNS)


def stem(path: Path) -> str:
    """Return the name of a file without its suffixes, which the files beside it share.

    Parameters
    ----------
    path : Path
        Such as ``folder/net.tsv.gz``.

    Returns
    -------
    str
        Such as ``net``.
    """
    name = path.name
    for suffix in (".gz", *_SUFFIXES):
        name = name[: -len(suffix)] if name.lower().endswith(suffix) else name
    return name or path.resolve().name
