"""`Network`: a signed, directed, immutable gene network whose every edge carries its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jaknet.errors import InputError
from jaknet.genes.names import Names
from jaknet.network.evidence import reliability, without_paper
from jaknet.network.io.text import graph_tables
from jaknet.network.schema import EDGE_COLUMNS, KEY, EdgeArrays, check_edges, check_nodes, transcript_nodes
from jaknet.provenance import sha256_of
from jaknet.shared_docs import describe
from jaknet.shown import Drawn, notebook_html

if TYPE_CHECKING:
    import networkx as nx
    from numpy.typing import NDArray

    from jaknet.network.audit import Audit

__all__ = ["Network"]


class Network(Drawn, figure="network"):
    """A signed, directed network; immutable, hashable, independent of row order.

    Parameters
    ----------
    edges : pandas.DataFrame
        One row per (source, target, layer) in `jaknet.network.schema.EDGE_COLUMNS`, or a decoupler table (``source, target, weight``).
    nodes : pandas.DataFrame, optional
        Columns ``node``, ``kind``, ``gene``, ``name``, ``basal`` (activity without any ligand, 0 to 1) and ``basal_reason``.
        Several nodes may be forms of one gene (``STAT1`` and ``STAT1_latent``): perturbing the gene perturbs them all.
    name, version : str
        Shown in every result made from the network.
    report : mapping, optional
        Counts of what reading or building kept and dropped.
    species : {"human", "mouse"}
        Of the gene symbols; a signature of another species is refused beside the network.

    Raises
    ------
    InputError
        If a table is malformed; the message names the rows.

    Examples
    --------
    >>> import pandas as pd
    >>> net = Network(pd.DataFrame({"source": ["JAK1"], "target": ["STAT3"], "sign": [1]}), name="toy")
    >>> net
    Network 'toy': 2 nodes, 1 edges (+1/-0)
    """

    def __init__(
        self,
        edges: pd.DataFrame,
        nodes: pd.DataFrame | None = None,
        name: str = "network",
        version: str = "",
        report: Mapping[str, Any] | None = None,
        species: str = "human",
    ) -> None:
        self._edges = check_edges(edges)
        self._nodes = check_nodes(nodes, self._edges)
        self.name = name
        self.version = version
        self.report: dict[str, Any] = dict(report or {})
        self.species = species

    @property
    def edges(self) -> pd.DataFrame:
        """A copy of the edge table, sorted by source, target and layer."""
        return self._edges.copy()

    @property
    def nodes(self) -> pd.DataFrame:
        """A copy of the node table, sorted by node."""
        return self._nodes.copy()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Node names in canonical (sorted) order; positions in every matrix view."""
        return tuple(self._nodes["node"])

    @cached_property
    def index(self) -> dict[str, int]:
        """Node name -> position in `names`."""
        return {name: position for position, name in enumerate(self.names)}

    @cached_property
    def forms(self) -> dict[str, tuple[str, ...]]:
        """Gene symbol -> the nodes that are forms of it."""
        found: dict[str, tuple[str, ...]] = {}
        for gene, node in zip(self._nodes["gene"], self._nodes["node"], strict=True):
            if gene:
                found[gene] = (*found.get(gene, ()), node)
        return found

    @cached_property
    def _called(self) -> Names:
        return Names((*self.names, *self.genes), self.species)

    @cached_property
    def arrays(self) -> EdgeArrays:
        """The edges as read-only arrays."""
        return EdgeArrays.of(self._edges, self.index)

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self._nodes)

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return len(self._edges)

    @property
    def label(self) -> str:
        """Name and version, for results."""
        return f"{self.name} {self.version}".strip()

    @cached_property
    def genes(self) -> tuple[str, ...]:
        """Gene symbols that the nodes stand for, sorted."""
        return tuple(sorted(self.forms))

    @cached_property
    def transcripts(self) -> dict[str, str]:
        """Gene symbol -> the node that stands for its transcript; see `jaknet.network.schema.transcript_nodes`."""
        return transcript_nodes(self._edges, self._nodes)

    def resolve(self, name: str) -> tuple[str, ...]:
        """Return the nodes meant by a name: of a gene every form, of any other node itself.

        Parameters
        ----------
        name : str
            As in `own_name`, which refuses what the network lacks.
        """
        own = self.own_name(name)
        return self.forms.get(own) or (own,)

    def own_name(self, name: str) -> str:
        """Return a node or gene as the network calls it.

        Parameters
        ----------
        name : str
            Its own name, that in other capitals, a common name or alias (``OCN``, ``beta-catenin``), or the symbol of
            the mouse or human ortholog; in this order (`jaknet.genes.names.Names`).

        Raises
        ------
        UnknownNameError
            If the network has no such node or gene, or several; what may be meant is named.

        Examples
        --------
        >>> net = Network(pd.DataFrame({"source": ["STAT1"], "target": ["BGLAP"], "sign": [-1]}))
        >>> [net.own_name(name) for name in ("osteocalcin", "Bglap2", "stat1")]
        ['BGLAP', 'BGLAP', 'STAT1']
        """
        return self._called.own(name, self.label)

    def with_edges(self, keep: NDArray[np.bool_] | pd.DataFrame, name: str | None = None) -> Network:
        """Return a network with other edges.

        All nodes stay, with or without an edge: unless new edges bring new nodes, each keeps its position in `names`.

        Parameters
        ----------
        keep : ndarray of bool, shape (n_edges,), or pandas.DataFrame
            Which rows of `edges` to keep, or a whole new edge table.
        name : str, optional
            Name of the new network. By default that of this one.
        """
        edges = keep if isinstance(keep, pd.DataFrame) else self._edges[np.asarray(keep, bool)]
        return Network(edges, self._nodes, name or self.name, self.version, self.report, self.species)

    @describe
    def without_reference(self, reference: str, aliases: Iterable[str] = ()) -> Network:
        """Return the network without the evidence of a paper.

        An edge goes if no other paper supports it; the others stay, with the counts and the majority sign of the other
        papers. Canonical steps always stay.

        Parameters
        ----------
        %(reference)s
        %(aliases)s

        Raises
        ------
        UnknownNameError
            If no edge cites the paper.

        Examples
        --------
        >>> edges = pd.DataFrame({"source": ["A", "B"], "target": ["B", "C"], "sign": [1, -1],
        ...                       "references": ["PMID:1", "PMID:1;PMID:2"]})
        >>> Network(edges).without_reference("PMID:1").edges[["source", "references"]].values.tolist()
        [['B', 'PMID:2']]
        """
        edges, keep = without_paper(self._edges, reference, aliases, cited_in=self.label)
        return self.with_edges(edges[keep])

    @property
    def given_study(self) -> bool:
        """Whether the network holds edges that restate the source study (column ``study``)."""
        return bool((self._edges["study"] != "").any())

    @property
    def study_condition(self) -> str:
        """``given the source study`` or ``without the source study``: heads every prediction."""
        return "given the source study" if self.given_study else "without the source study"

    def without_study(self) -> Network:
        """Return the network without the edges that restate the source study.

        Examples
        --------
        >>> import jaknet as jn
        >>> net = jn.load_network("osteoblast")
        >>> net.given_study, net.without_study().given_study
        (True, False)
        """
        return self.with_edges((self._edges["study"] == "").to_numpy())

    def subnetwork(
        self,
        nodes: Iterable[str] | None = None,
        sources: Iterable[str] | None = None,
        targets: Iterable[str] | None = None,
        max_depth: int | None = None,
        layers: Iterable[str] | None = None,
        tiers: Iterable[str] | None = None,
        lineages: Iterable[str] | None = None,
    ) -> Network:
        """Return the part of the network that meets every condition given.

        Parameters
        ----------
        nodes : iterable of str, optional
            Keep edges whose two ends are among these nodes or genes.
        sources, targets : iterable of str, optional
            Keep edges on a walk from a source to a target; with one of the two, edges downstream of the sources or upstream of the targets.
        max_depth : int, optional
            Longest walk, in edges, for `sources` and `targets`.
        layers, tiers, lineages : iterable of str, optional
            Keep edges with these values.

        Raises
        ------
        UnknownNameError
            For a node the network does not have.
        """
        from jaknet.network.routes import walk_mask

        keep = np.ones(self.n_edges, bool)
        for column, wanted in (("layer", layers), ("tier", tiers), ("lineage", lineages)):
            if wanted is not None:
                keep &= self._edges[column].isin([wanted] if isinstance(wanted, str) else list(wanted)).to_numpy()
        if nodes is not None:
            inside = {form for node in ([nodes] if isinstance(nodes, str) else nodes) for form in self.resolve(node)}
            keep &= (self._edges["source"].isin(inside) & self._edges["target"].isin(inside)).to_numpy()
        if sources is not None or targets is not None:
            keep &= walk_mask(self, sources, targets, max_depth, keep)
        edges = self._edges[keep]
        left = set(edges["source"]) | set(edges["target"])
        return Network(edges, self._nodes[self._nodes["node"].isin(left)], self.name, self.version, self.report, self.species)

    def paths(self, source: str, target: str, max_length: int = 4, limit: int = 100) -> pd.DataFrame:
        """List the simple paths from one node to another, shortest and best evidence first; see `jaknet.network.routes.find_paths`.

        Parameters
        ----------
        source, target : str
            Nodes or genes (a gene means all its forms).
        max_length : int
            Longest path, in edges.
        limit : int
            How many rows to return at most.
        """
        from jaknet.network.routes import find_paths

        return find_paths(self, source, target, max_length, limit)

    def audit(self) -> Audit:
        """Check signs, evidence, conflicts and connectivity; see `jaknet.network.audit.Audit`."""
        from jaknet.network.audit import Audit

        return Audit(self)

    def reliability(self, canonical: bool = True) -> pd.DataFrame:
        """Return the probability that each edge acts with its sign, and with the other one; see `jaknet.network.evidence.reliability`.

        Parameters
        ----------
        canonical : bool
            Take canonical steps as certain; if False they are as reliable as their own reports.
        """
        return self._edges[KEY].join(reliability(self._edges, canonical))

    @describe
    def rewire(self, seed: int | np.random.Generator = 0, proposals: int = 10) -> Network:
        """Return a random network with the same signed degrees; see `jaknet.network.rewire.rewire_network`.

        Parameters
        ----------
        %(seed)s
        proposals : int
            Swaps of targets proposed per edge.
        """
        from jaknet.network.rewire import rewire_network

        return rewire_network(self, seed, proposals)

    def to_networkx(self) -> nx.MultiDiGraph:
        """Return a `networkx.MultiDiGraph` keyed by layer, with every attribute on nodes and edges."""
        from jaknet.network.io.write import to_networkx

        return to_networkx(self)

    @classmethod
    def from_networkx(cls, graph: nx.Graph, name: str = "network") -> Network:
        """Return the network of a directed graph whose edges carry ``sign``, or a signed ``weight``.

        Parameters
        ----------
        graph : networkx.DiGraph or MultiDiGraph
            Edge attributes named like `jaknet.network.schema.EDGE_COLUMNS` are kept.
        name : str
            Used where the graph has none.

        Raises
        ------
        InputError
            For an undirected graph, or edges without a sign.

        Examples
        --------
        >>> net = Network(pd.DataFrame({"source": ["A"], "target": ["B"], "sign": [-1]}))
        >>> Network.from_networkx(net.to_networkx()) == net
        True
        """
        if not graph.is_directed():
            raise InputError("the graph is undirected; signed networks need a DiGraph or MultiDiGraph.")
        edges, nodes = graph_tables(graph)
        known, about = edges[[column for column in edges if column in EDGE_COLUMNS]], graph.graph
        return cls(known, nodes, str(about.get("name") or name), str(about.get("version", "")), species=str(about.get("species", "human")))

    def write(self, path: str | Path, format: str = "tsv") -> Path:
        """Write the network and return the main file; `jaknet.read_network` reads every format back with all signs and references.

        Parameters
        ----------
        path : str or Path
            The main file. Missing folders are made, and existing files replaced.
        format : {"tsv", "sif", "graphml", "netflux"}
            What each holds says `jaknet.network.io.write.write_network`.
        """
        from jaknet.network.io.write import write_network

        return write_network(self, path, format)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content: the same for the same rows in any order."""
        parts = [pd.util.hash_pandas_object(table, index=False).to_numpy() for table in (self._edges, self._nodes)]
        return sha256_of(*(part.tobytes() for part in parts))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Network) and self.digest == other.digest

    def __hash__(self) -> int:
        return int(self.digest[:15], 16)

    def __len__(self) -> int:
        return self.n_edges

    def __contains__(self, name: object) -> bool:
        return self._called.find(name) is not None

    def __repr__(self) -> str:
        positive = int((self._edges["sign"] > 0).sum())
        return f"Network {self.label!r}: {self.n_nodes} nodes, {self.n_edges} edges (+{positive}/-{self.n_edges - positive})"

    def _repr_html_(self) -> str:
        shown = ", ".join(f"{tier}: {count}" for tier, count in self._edges["tier"].value_counts().sort_index().items())
        return notebook_html(f"{self!r}\nedges by tier {shown}", self._edges[[*KEY, "sign", "tier", "references", "resources"]])
