"""GraphML and graphs of networkx as edge and node tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

import pandas as pd

from jaknet.errors import InputError
from jaknet.files import cell_text
from jaknet.network.schema import EDGE_COLUMNS, NODE_COLUMNS

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["graph_tables", "read_graphml"]


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
    return edges.map(cell_text).rename(columns=str.lower), nodes, said


def graph_tables(graph: nx.Graph) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the edge and node tables of a graph; nodes go by ``shared name`` where all have one (Cytoscape)."""
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
