"""Write networks for other programs, every sign and reference kept; to and from networkx."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import yaml

from jaknet.errors import InputError, UnknownNameError
from jaknet.network.io.text import stem
from jaknet.tables import write_atomically

if TYPE_CHECKING:
    import networkx as nx

    from jaknet.network.network import Network

__all__ = ["GRAPH_FORMATS", "WRITE_FORMATS", "to_networkx", "write_graph", "write_network"]


def write_network(network: Network, path: str | Path, format: str = "tsv") -> Path:
    """Write a network; `jaknet.network.io.read.read_network` reads every format back with all signs and references.

    Parameters
    ----------
    network : Network
        What is written.
    path : str or Path
        Missing folders are made; existing files are replaced, each whole or not at all.
    format : {"tsv", "sif", "graphml", "netflux"}
        ``tsv``: the edge table, beside it ``.nodes.tsv`` and ``.network.yaml`` (name, version, species). ``sif``:
        rows such as ``A transcription:activates B``, beside it ``.evidence.tsv`` with every column, and the same two.
        ``graphml``: one file, for Cytoscape and others. ``netflux``: an xlsx workbook of the logic
        model in which inhibitors veto (each activator in AND with not each inhibitor, all activators in OR), with
        the edge and node tables in sheets of their own.

    Returns
    -------
    pathlib.Path
        The main file.

    Raises
    ------
    UnknownNameError
        For another format.
    InputError
        If the path cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> from jaknet.network.network import Network
    >>> net = Network(pd.DataFrame({"source": ["JAK1"], "target": ["STAT3"], "sign": [1], "references": ["PMID:1"]}))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(write_network(net, Path(folder) / "net.sif", "sif").read_text())
    JAK1	signaling:activates	STAT3
    """
    if format not in WRITE_FORMATS:
        raise UnknownNameError("network format", [format], WRITE_FORMATS)
    file = Path(path)
    if not file.name:
        raise InputError(f"{file} names no file; give one such as network.{format}.")
    return WRITE_FORMATS[format](network, file)


def to_networkx(network: Network) -> nx.MultiDiGraph:
    """Return a `networkx.MultiDiGraph` whose edge keys are the layers.

    Nodes carry ``kind``, ``gene``, ``full_name``, ``basal`` and ``basal_reason``, edges every column
    but their ends, the graph ``name``, ``version`` and ``species``.

    Parameters
    ----------
    network : Network
        What is turned into a graph.

    Returns
    -------
    networkx.MultiDiGraph

    Examples
    --------
    >>> from jaknet.network.network import Network
    >>> net = Network(pd.DataFrame({"source": ["A"], "target": ["B"], "sign": [-1]}))
    >>> to_networkx(net)["A"]["B"]["signaling"]["sign"]
    -1
    """
    import networkx as nx

    graph = nx.MultiDiGraph(name=network.name, version=network.version, species=network.species)
    for node in network.nodes.to_dict("records"):
        graph.add_node(node.pop("node"), full_name=node.pop("name"), **node)
    for edge in network.edges.to_dict("records"):
        graph.add_edge(edge.pop("source"), edge.pop("target"), key=edge["layer"], **edge)
    return graph


def _write_tsv(network: Network, path: Path) -> Path:
    _write_sidecars(network, path)
    return write_atomically(path, _as_tsv(network.edges))


def _write_sif(network: Network, path: Path) -> Path:
    edges = network.edges
    words = edges["layer"] + ":" + edges["sign"].map({1: "activates", -1: "inhibits"})
    lines = (edges["source"] + "\t" + words + "\t" + edges["target"]).tolist()
    _write_sidecars(network, path)
    write_atomically(_beside(path, "evidence.tsv"), _as_tsv(edges))
    return write_atomically(path, "\n".join(lines) + "\n")


def write_graph(graph: nx.MultiDiGraph, path: str | Path, format: str = "graphml") -> Path:
    """Write a graph with every attribute of its nodes and edges.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        As `to_networkx` returns, with further attributes where wanted.
    path : str or Path
        The file. Missing folders are made; an existing file is replaced, whole or not at all.
    format : {"graphml", "cytoscape"}
        GraphML, or the JSON of Cytoscape and cytoscape.js.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    UnknownNameError
        For another format.
    """
    if format not in GRAPH_FORMATS:
        raise UnknownNameError("graph format", [format], GRAPH_FORMATS)
    return GRAPH_FORMATS[format](graph, Path(path))


def _graph_as_graphml(graph: nx.MultiDiGraph, path: Path) -> Path:
    import networkx as nx

    # GraphML wants edge identifiers that are unique; a layer is not.
    plain = nx.MultiDiGraph(**graph.graph)
    plain.add_nodes_from(graph.nodes(data=True))
    plain.add_edges_from((source, target, f"e{number}", data) for number, (source, target, data) in enumerate(graph.edges(data=True)))
    return write_atomically(path, lambda part: nx.write_graphml_xml(plain, part))


def _graph_as_cytoscape(graph: nx.MultiDiGraph, path: Path) -> Path:
    import networkx as nx

    return write_atomically(path, json.dumps(nx.cytoscape_data(graph), indent=1, ensure_ascii=False) + "\n")


def _write_graphml(network: Network, path: Path) -> Path:
    return _graph_as_graphml(to_networkx(network), path)


def _write_netflux(network: Network, path: Path) -> Path:
    # Netflux builds on networks, so that it can be imported only here.
    from jaknet.network.io.netflux import write_netflux

    return write_atomically(path, lambda part: write_netflux(network, part))


WRITE_FORMATS: dict[str, Callable[[Network, Path], Path]] = {
    "tsv": _write_tsv,
    "sif": _write_sif,
    "graphml": _write_graphml,
    "netflux": _write_netflux,
}
GRAPH_FORMATS: dict[str, Callable[[nx.MultiDiGraph, Path], Path]] = {"graphml": _graph_as_graphml, "cytoscape": _graph_as_cytoscape}


def _write_sidecars(network: Network, path: Path) -> None:
    write_atomically(_beside(path, "nodes.tsv"), _as_tsv(network.nodes))
    about = {"name": network.name, "version": network.version, "species": network.species}
    write_atomically(_beside(path, "network.yaml"), yaml.safe_dump(about, sort_keys=False))


def _beside(path: Path, kind: str) -> Path:
    return path.with_name(f"{stem(path)}.{kind}")


def _as_tsv(table: pd.DataFrame) -> str:
    """A table without quotation marks: whitespace that would break a row becomes a blank."""
    cells = table.astype(str).replace(r"[\t\r\n]+", " ", regex=True)
    lines = ["\t".join(cells.columns), *cells.agg("\t".join, axis=1)]
    return "\n".join(lines) + "\n"
