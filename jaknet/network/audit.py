"""Audit a network: signs, evidence, textbook edges, the curated core, conflicts, connectivity."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
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
from jaknet.shown import notebook_html

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jaknet.network.network import Network

__all__ = ["Audit"]

_EVIDENCE = ["tier", "lineage", "layer", "sign_basis"]
_FROM = ("JAK1", "JAK2")


@dataclass(frozen=True, repr=False)
class Audit:
    """The checks of a network's signs, evidence and connectivity; each is made when it is first asked for.

    The network is held against 41 textbook edges of JAK-STAT, Wnt, BMP and RANKL signalling and against the curated
    osteoblast core, both bundled; for a mouse network against their orthologs.

    Parameters
    ----------
    network : Network
        What is checked.

    Examples
    --------
    >>> from jaknet.network.network import Network
    >>> audit = Audit(Network(pd.DataFrame({"source": ["SOCS3", "JAK1"], "target": ["JAK1", "STAT3"], "sign": [1, 1]})))
    >>> audit.textbook.query("verdict == 'wrong'")[["source", "target"]].values.tolist()
    [['SOCS3', 'JAK1']]
    """

    network: Network

    # --- evidence -----------------------------------------------------------------------------
    @property
    def unsigned(self) -> int:
        """Rows without a sign that reading or building left out; edges of a `Network` always have one."""
        parts = [self.network.report, *self.network.report.get("resources", {}).values()]
        return sum(int(part.get("unsigned", 0)) for part in parts if isinstance(part, dict))

    @cached_property
    def without_evidence(self) -> pd.DataFrame:
        """Edges with neither a reference nor a resource."""
        return self._reported[(self._reported["references"] == "") & (self._reported["resources"] == "")]

    @cached_property
    def shares(self) -> pd.DataFrame:
        """How many edges are of each tier, lineage, layer and sign_basis: ``property``, ``value``, ``edges``, ``share``."""
        edges = self._reported
        rows = [
            (column, str(value), int(count), count / max(len(edges), 1))
            for column in _EVIDENCE
            for value, count in edges[column].value_counts().sort_index().items()
        ]
        return pd.DataFrame(rows, columns=["property", "value", "edges", "share"])

    @property
    def n_parts(self) -> int:
        """Edges that join a part to its complex: definitions, which the shares leave out."""
        return self.network.n_edges - len(self._reported)

    @cached_property
    def canonical(self) -> float:
        """Share of the other edges that are canonical steps, certain in every member."""
        return float((self._reported["canonical"] == 1).mean()) if len(self._reported) else 0.0

    @cached_property
    def study(self) -> pd.DataFrame:
        """Edges that restate the source study."""
        return self._edges[self._edges["study"] != ""]

    @cached_property
    def conflicts(self) -> pd.DataFrame:
        """Edges with reports for both signs."""
        return self._edges[(self._edges["support_positive"] > 0) & (self._edges["support_negative"] > 0)]

    # --- signs --------------------------------------------------------------------------------
    @cached_property
    def textbook(self) -> pd.DataFrame:
        """Textbook edges: ``source``, ``target``, ``expected``, ``found`` (0 where absent), ``verdict`` (present, wrong, absent).

        An edge between two genes is wrong if the layer in which it is looked for (signaling, else any) has the other sign.
        """
        table = read_table("networks/osteoblast/textbook.tsv")
        table["expected"] = table["sign"].astype(int)
        wanted = table.assign(**{end: _reference_genes(table[end], self.network.species) for end in ("source", "target")})
        signs = self._signs[self._signs["source"].isin(wanted["source"]) & self._signs["target"].isin(wanted["target"])]
        found = []
        for row in wanted.itertuples():
            hits = signs[(signs["source"] == row.source) & (signs["target"] == row.target)]
            signaling = hits[hits["layer"] == "signaling"]
            values = set((signaling if len(signaling) else hits)["sign"])
            found.append(0 if not values else -row.expected if -row.expected in values else row.expected)
        table["found"] = found
        table["verdict"] = np.select([table["found"] == 0, table["found"] == table["expected"]], ["absent", "present"], "wrong")
        return table[["source", "target", "expected", "found", "verdict"]]

    @cached_property
    def disagreements(self) -> pd.DataFrame:
        """Edges whose sign differs from that of the curated core: ``source``, ``target``, ``layer``, ``sign``, ``curated``."""
        edges = read_table("networks/osteoblast/edges.tsv").astype({"sign": int})
        core = _signs_between_genes(edges, read_table("networks/osteoblast/nodes.tsv"))
        core = core.assign(**{end: _reference_genes(core[end], self.network.species) for end in ("source", "target")}).drop_duplicates()
        # Forms of one gene may differ in sign (latent and phosphorylated STAT1): such pairs decide nothing.
        core = core[~core.duplicated(["source", "target", "layer"], keep=False)].rename(columns={"sign": "curated"})
        joined = self._signs.merge(core, on=["source", "target", "layer"])
        return joined[joined["sign"] != joined["curated"]].sort_values(["source", "target", "layer"]).reset_index(drop=True)

    # --- connectivity -------------------------------------------------------------------------
    @cached_property
    def readouts(self) -> pd.DataFrame:
        """Osteoanabolic genes: ``gene``, ``in_network``, ``distance`` from JAK1 or JAK2 in edges (-1 where unreachable)."""
        network, rows = self.network, []
        genes = read_table("networks/osteoblast/osteoanabolic.tsv")["gene"].tolist()
        for gene, own in zip(genes, _reference_genes(genes, network.species), strict=True):
            forms = [network.index[form] for form in network.resolve(own)] if own in network else []
            nearest = self._far[forms].min(initial=np.inf)
            rows.append((gene, bool(forms), int(nearest) if np.isfinite(nearest) else -1))
        return pd.DataFrame(rows, columns=["gene", "in_network", "distance"])

    @cached_property
    def unreached(self) -> tuple[str, ...]:
        """Nodes that no walk from JAK1 or JAK2 reaches."""
        return tuple(name for name, steps in zip(self.network.names, self._far, strict=True) if not np.isfinite(steps))

    @cached_property
    def immovable(self) -> pd.DataFrame:
        """Nodes other than ligands that nothing in the network acts on: ``node``, ``basal``, ``basal_reason``.

        They move only when they are perturbed themselves, so that each needs a reason.
        """
        nodes = self.network.nodes
        alone = ~nodes["node"].isin(self._edges["target"]) & (nodes["kind"] != "ligand")
        return nodes.loc[alone, ["node", "basal", "basal_reason"]].reset_index(drop=True)

    @property
    def unexplained(self) -> pd.DataFrame:
        """The immovable nodes whose resting activity has no reason of its own."""
        return self.immovable[self.immovable["basal_reason"].isin(["", "of its kind"])]

    @cached_property
    def self_loops(self) -> pd.DataFrame:
        """Edges from a node to itself."""
        return self._edges[self._edges["source"] == self._edges["target"]]

    @cached_property
    def feedback(self) -> pd.DataFrame:
        """Strongly connected parts, largest first: ``nodes`` (how many), ``members`` (their names)."""
        edges, count = self.network.arrays, self.network.n_nodes
        graph = coo_matrix((np.ones(self.network.n_edges, np.int8), (edges.source, edges.target)), shape=(count, count))
        _, labels = connected_components(graph, directed=True, connection="strong")
        names = np.array(self.network.names, dtype=object)
        parts = [names[labels == label] for label in np.flatnonzero(np.bincount(labels) > 1)]
        table = pd.DataFrame([(len(part), ";".join(part)) for part in parts], columns=["nodes", "members"])
        return table.sort_values(["nodes", "members"], ascending=[False, True], ignore_index=True)

    # --- what the checks share ----------------------------------------------------------------
    @cached_property
    def _edges(self) -> pd.DataFrame:
        return self.network.edges

    @cached_property
    def _reported(self) -> pd.DataFrame:
        """The edges without those that join a part to its complex."""
        return self._edges[self._edges["mechanism"] != PART_OF]

    @cached_property
    def _signs(self) -> pd.DataFrame:
        return _signs_between_genes(self._edges, self.network.nodes)

    @cached_property
    def _far(self) -> NDArray[np.float64]:
        starts = [start for start in _reference_genes(_FROM, self.network.species) if start in self.network]
        return distances(self.network, starts)

    # --- results for people -------------------------------------------------------------------
    def share(self, column: str, *values: str) -> float:
        """Return the share of edges with one of these values.

        Parameters
        ----------
        column : {"tier", "lineage", "layer", "sign_basis"}
            Property of the edges.
        *values : str
            Its values, such as ``"A", "B"``.

        Returns
        -------
        float
            From 0 to 1.
        """
        rows = self.shares[(self.shares["property"] == column) & self.shares["value"].isin(values)]
        return float(rows["share"].sum())

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
            f"Audit of {self.network.label}: {self.network.n_nodes} nodes, {self.network.n_edges} edges",
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
        return notebook_html(self.summary(), self.to_frame(), rows=50)

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


def _reference_genes(genes: Iterable[str], species: str) -> list[str]:
    """The bundled (human) genes in the network's species."""
    names = list(genes)
    return names if species == "human" else [_ortholog(name, species) for name in names]


@lru_cache(maxsize=4096)
def _ortholog(gene: str, species: str) -> str:
    return str(orthologs([gene], "human", species)["target"][0]) or gene


def _arrows(edges: pd.DataFrame) -> list[str]:
    return [f"{row.source} {'→' if row.sign > 0 else '⊣'} {row.target}" for row in edges.itertuples()]


def _listed(names: Iterable[object], word: str = "") -> str:
    text = few(names)
    return f" ({f'{word}: ' if word else ''}{text})" if text else ""
