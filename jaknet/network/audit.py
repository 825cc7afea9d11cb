"""Audit a network: signs, evidence, textbook edges, the curated core, conflicts, connectivity."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from jaknet.data.registry import read_table
from jaknet.errors import few
from jaknet.genes.tables import orthologs
from jaknet.network.routes import distances
from jaknet.network.schema import PART_OF

if TYPE_CHECKING:
    from jaknet.network.network import Network

__all__ = ["Audit", "audit_network"]

_EVIDENCE = ["tier", "lineage", "layer", "sign_basis"]
_FROM = ("JAK1", "JAK2")


@dataclass(frozen=True, repr=False)
class Audit:
    """What `audit_network` found.

    Attributes
    ----------
    label : str
        Of the network.
    n_nodes, n_edges : int
    unsigned : int
        Rows without a sign that reading or building left out; edges of a `Network` always have one.
    without_evidence : pandas.DataFrame
        Edges with neither a reference nor a resource.
    shares : pandas.DataFrame
        ``property`` (tier, lineage, layer, sign_basis), ``value``, ``edges``, ``share``.
    textbook : pandas.DataFrame
        ``source``, ``target``, ``expected``, ``found`` (0 where absent), ``verdict`` (present, wrong, absent).
    disagreements : pandas.DataFrame
        Edges whose sign differs from that of the curated core: ``source``, ``target``, ``layer``, ``sign``, ``curated``.
    readouts : pandas.DataFrame
        Osteoanabolic genes: ``gene``, ``in_network``, ``distance`` from JAK1 or JAK2 in edges (-1 where unreachable).
    study, conflicts : pandas.DataFrame
        Edges that restate the source study, and edges with reports for both signs.
    n_parts : int
        Edges that join a part to its complex: definitions, which the shares leave out.
    canonical : float
        Share of the other edges that are canonical steps, certain in every member.
    immovable : pandas.DataFrame
        Nodes other than ligands that nothing in the network acts on: ``node``, ``basal``, ``basal_reason``.
        They move only when they are perturbed themselves, so that each needs a reason.
    self_loops, feedback : pandas.DataFrame
        Edges from a node to itself; the nodes of each strongly connected part, largest first (``nodes``, ``members``).
    unreached : tuple of str
        Nodes that no walk from JAK1 or JAK2 reaches.
    """

    label: str
    n_nodes: int
    n_edges: int
    unsigned: int
    without_evidence: pd.DataFrame
    shares: pd.DataFrame
    textbook: pd.DataFrame
    disagreements: pd.DataFrame
    readouts: pd.DataFrame
    study: pd.DataFrame
    conflicts: pd.DataFrame
    n_parts: int
    canonical: float
    immovable: pd.DataFrame
    self_loops: pd.DataFrame
    feedback: pd.DataFrame
    unreached: tuple[str, ...]

    def share(self, column: str, *values: str) -> float:
        """Return the share of edges with one of these values of tier, lineage, layer or sign_basis."""
        rows = self.shares[(self.shares["property"] == column) & self.shares["value"].isin(values)]
        return float(rows["share"].sum())

    @property
    def unexplained(self) -> pd.DataFrame:
        """The immovable nodes whose resting activity has no reason of its own."""
        return self.immovable[self.immovable["basal_reason"].isin(["", "of its kind"])]

    def to_frame(self) -> pd.DataFrame:
        """Return every finding as a row: ``finding``, ``source``, ``target``, ``detail``."""
        differs = self.textbook[self.textbook["verdict"] != "present"]
        lost = self.readouts[self.readouts["distance"] < 0].rename(columns={"gene": "target"}).assign(source="")
        # Finding -> its rows, and what to say of each.
        found = [
            ("textbook edge wrong", differs[differs["verdict"] == "wrong"], "expected {expected:+d}"),
            ("textbook edge absent", differs[differs["verdict"] == "absent"], "expected {expected:+d}"),
            ("disagrees with the core", self.disagreements, "{layer} {sign:+d}, curated {curated:+d}"),
            ("no reference or resource", self.without_evidence, "{layer}"),
            ("reports for both signs", self.conflicts, "{support_positive} for +, {support_negative} for -"),
            ("restates the study", self.study, "{layer}"),
            ("cannot move, no reason given", self.unexplained.assign(source="", target=self.unexplained["node"]), "rests at {basal:.2f}"),
            ("self-loop", self.self_loops, "{layer}"),
            ("readout not reached", lost, "from JAK1 or JAK2"),
        ]
        rows = [
            (finding, row["source"], row["target"], detail.format(**row))
            for finding, table, detail in found
            for row in table.to_dict("records")
        ]
        return pd.DataFrame(rows, columns=["finding", "source", "target", "detail"])

    def summary(self) -> str:
        """Return the findings as a text of some 20 lines."""
        counts = self.textbook["verdict"].value_counts()
        reached = self.readouts[self.readouts["distance"] >= 0]
        lost = self.readouts.loc[self.readouts["distance"] < 0, "gene"]
        in_loops, largest = (int(self.feedback["nodes"].sum()), int(self.feedback["nodes"].max())) if len(self.feedback) else (0, 0)
        lines = [
            f"Audit of {self.label}: {self.n_nodes} nodes, {self.n_edges} edges",
            f"unsigned edges: 0 ({self.unsigned} unsigned rows were left out when it was read)",
            f"edges without reference or resource: {len(self.without_evidence)}{_listed(_arrows(self.without_evidence))}",
            *(f"{column.replace('_', ' ')}: {self._line_of(column)}" for column in _EVIDENCE),
            f"tiers A and B together: {self.share('tier', 'A', 'B'):.1%}",
            f"edges that join parts to complexes, left out of these shares: {self.n_parts}",
            f"canonical steps, certain in every member: {self.canonical:.1%}",
            f"textbook edges: {counts.get('present', 0)} of {len(self.textbook)} present, "
            f"{counts.get('wrong', 0)} wrong, {counts.get('absent', 0)} absent",
            *self._textbook_lines(),
            f"signs that differ from the curated core: {len(self.disagreements)}{_listed(_arrows(self.disagreements))}",
            f"osteoanabolic readouts reached from JAK1 or JAK2: {len(reached)} of {len(self.readouts)}{_listed(lost, 'not reached')}",
            f"nodes that nothing acts on: {len(self.immovable)}",
            f"of these without a reason: {len(self.unexplained)}{_listed(self.unexplained['node'])}",
            f"edges that restate the source study: {len(self.study)}{_listed(_arrows(self.study))}",
            f"edges with reports for both signs: {len(self.conflicts)}{_listed(_arrows(self.conflicts))}",
            f"self-loops: {len(self.self_loops)}{_listed(_arrows(self.self_loops))}",
            f"nodes in feedback loops: {in_loops} (largest part {largest})",
            f"nodes not downstream of JAK1 or JAK2: {len(self.unreached)}{_listed(self.unreached)}",
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        first, *rest = self.summary().splitlines()
        items = "".join(f"<li>{line.strip()}</li>" for line in rest)
        return f"<p><b>{first}</b></p><ul>{items}</ul>{self.to_frame().head(50).to_html(index=False)}"

    def _line_of(self, column: str) -> str:
        rows = self.shares[self.shares["property"] == column]
        return ", ".join(f"{row.value} {row.share:.1%} ({row.edges})" for row in rows.itertuples())

    def _textbook_lines(self) -> list[str]:
        lines = []
        for verdict in ("wrong", "absent"):
            rows = self.textbook[self.textbook["verdict"] == verdict]
            names = [f"{row.source} {'→' if row.expected > 0 else '⊣'} {row.target}" for row in rows.itertuples()]
            expected = " (should be)" if verdict == "wrong" else ""
            lines += [f"  {verdict}{expected}: {', '.join(names)}"] if names else []
        return lines


def audit_network(network: Network) -> Audit:
    """Check the signs, evidence and connectivity of a network.

    Every network is held against 41 textbook edges of JAK-STAT, Wnt, BMP and RANKL signalling and against the
    curated osteoblast core, both bundled. An edge between two genes counts as wrong if the layer in which
    it is looked for (signaling, else any) has the other sign. The core of a mouse network is its orthologs.

    Parameters
    ----------
    network : Network

    Returns
    -------
    Audit

    Examples
    --------
    >>> from jaknet.network.network import Network
    >>> net = Network(pd.DataFrame({"source": ["SOCS3", "JAK1"], "target": ["JAK1", "STAT3"], "sign": [1, 1]}))
    >>> audit = audit_network(net)
    >>> audit.textbook.query("verdict == 'wrong'")[["source", "target"]].values.tolist()
    [['SOCS3', 'JAK1']]
    """
    edges = network.edges
    signs = _signs_between_genes(network.edges, network.nodes)
    part = edges["mechanism"] == PART_OF
    nodes = network.nodes
    alone = ~nodes["node"].isin(edges["target"]) & (nodes["kind"] != "ligand")
    supported = (edges["references"] != "") | (edges["resources"] != "")
    both = (edges["support_positive"] > 0) & (edges["support_negative"] > 0)
    starts = [start for start in _reference_genes(_FROM, network.species) if start in network]
    far = distances(network, starts)
    reached = np.isfinite(far)
    return Audit(
        label=network.label,
        n_nodes=network.n_nodes,
        n_edges=network.n_edges,
        unsigned=_unsigned_rows(network),
        without_evidence=edges[~supported & ~part],
        shares=_shares(edges[~part]),
        textbook=_textbook(signs, network.species),
        disagreements=_disagreements(network, signs),
        readouts=_readouts(network, far, reached),
        study=edges[edges["study"] != ""],
        conflicts=edges[both],
        n_parts=int(part.sum()),
        canonical=float((edges.loc[~part, "canonical"] == 1).mean()) if (~part).any() else 0.0,
        immovable=nodes.loc[alone, ["node", "basal", "basal_reason"]].reset_index(drop=True),
        self_loops=edges[edges["source"] == edges["target"]],
        feedback=_feedback(network),
        unreached=tuple(name for name, hit in zip(network.names, reached, strict=True) if not hit),
    )


def _unsigned_rows(network: Network) -> int:
    parts = [network.report, *network.report.get("resources", {}).values()]
    return sum(int(part.get("unsigned", 0)) for part in parts if isinstance(part, dict))


def _signs_between_genes(edges: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Gene pairs with layer and sign; a node without a gene goes by its own name.

    What acts on a complex acts on its parts, and what a complex acts on its parts act on; the parts
    of a complex act together.
    """
    genes = {row.node: row.gene or row.node for row in nodes.itertuples()}
    steps = edges[["source", "target", "layer", "sign"]]
    parts = steps[(edges["mechanism"] == PART_OF).to_numpy()][["source", "target"]].set_axis(["part", "complex"], axis=1)
    outward = steps.merge(parts, left_on="source", right_on="complex").assign(source=lambda table: table["part"])[steps.columns]
    inward = steps.merge(parts, left_on="target", right_on="complex").assign(target=lambda table: table["part"])[steps.columns]
    table = pd.concat([steps, outward, inward], ignore_index=True)
    ends = {end: table[end].map(genes).fillna(table[end]) for end in ("source", "target")}
    table = table.assign(**ends)
    return table[(table["source"] != table["target"]) | table.index.isin(range(len(steps)))].drop_duplicates()


def _textbook(signs: pd.DataFrame, species: str) -> pd.DataFrame:
    table = read_table("networks/osteoblast/textbook.tsv")
    table["expected"] = table["sign"].astype(int)
    wanted = table.assign(**{end: _reference_genes(table[end], species) for end in ("source", "target")})
    found = []
    signs = signs[signs["source"].isin(wanted["source"]) & signs["target"].isin(wanted["target"])]
    for row in wanted.itertuples():
        hits = signs[(signs["source"] == row.source) & (signs["target"] == row.target)]
        signaling = hits[hits["layer"] == "signaling"]
        values = set((signaling if len(signaling) else hits)["sign"])
        found.append(0 if not values else -row.expected if -row.expected in values else row.expected)
    table["found"] = found
    table["verdict"] = np.select([table["found"] == 0, table["found"] == table["expected"]], ["absent", "present"], "wrong")
    return table[["source", "target", "expected", "found", "verdict"]]


def _disagreements(network: Network, signs: pd.DataFrame) -> pd.DataFrame:
    edges = read_table("networks/osteoblast/edges.tsv").astype({"sign": int})
    core = _signs_between_genes(edges, read_table("networks/osteoblast/nodes.tsv"))
    for end in ("source", "target"):
        core[end] = _reference_genes(core[end], network.species)
    core = core.drop_duplicates()
    # Forms of one gene may differ in sign (latent and phosphorylated STAT1): such pairs decide nothing.
    core = core[~core.duplicated(["source", "target", "layer"], keep=False)].rename(columns={"sign": "curated"})
    joined = signs.merge(core, on=["source", "target", "layer"])
    return joined[joined["sign"] != joined["curated"]].sort_values(["source", "target", "layer"]).reset_index(drop=True)


def _readouts(network: Network, far: np.ndarray, reached: np.ndarray) -> pd.DataFrame:
    genes = read_table("networks/osteoblast/osteoanabolic.tsv")["gene"].tolist()
    rows = []
    for gene, own in zip(genes, _reference_genes(genes, network.species), strict=True):
        forms = [network.index[form] for form in network.resolve(own)] if own in network else []
        steps = [int(far[form]) for form in forms if reached[form]]
        rows.append((gene, bool(forms), min(steps) if steps else -1))
    return pd.DataFrame(rows, columns=["gene", "in_network", "distance"])


def _reference_genes(genes: Iterable[str], species: str) -> list[str]:
    """The bundled (human) genes in the network's species."""
    names = list(genes)
    return names if species == "human" else [_ortholog(name, species) for name in names]


@lru_cache(maxsize=4096)
def _ortholog(gene: str, species: str) -> str:
    return str(orthologs([gene], "human", species)["target"][0]) or gene


def _shares(edges: pd.DataFrame) -> pd.DataFrame:
    rows = [
        (column, str(value), int(count), count / max(len(edges), 1))
        for column in _EVIDENCE
        for value, count in edges[column].value_counts().sort_index().items()
    ]
    return pd.DataFrame(rows, columns=["property", "value", "edges", "share"])


def _feedback(network: Network) -> pd.DataFrame:
    edges, count = network.arrays, network.n_nodes
    graph = coo_matrix((np.ones(network.n_edges, np.int8), (edges.source, edges.target)), shape=(count, count))
    _, labels = connected_components(graph, directed=True, connection="strong")
    names = np.array(network.names, dtype=object)
    parts = [names[labels == label] for label in np.flatnonzero(np.bincount(labels) > 1)]
    table = pd.DataFrame([(len(part), ";".join(part)) for part in parts], columns=["nodes", "members"])
    return table.sort_values(["nodes", "members"], ascending=[False, True], ignore_index=True)


def _arrows(edges: pd.DataFrame) -> list[str]:
    return [f"{row.source} {'→' if row.sign > 0 else '⊣'} {row.target}" for row in edges.itertuples()]


def _listed(names: Iterable[object], word: str = "") -> str:
    text = few(names)
    return f" ({f'{word}: ' if word else ''}{text})" if text else ""
