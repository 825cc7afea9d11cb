"""`Explanation`: what `explain` found, as tables, sentences, a network and a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jaknet.errors import InputError, UnknownNameError, few
from jaknet.network.network import Network
from jaknet.network.schema import PART_OF
from jaknet.provenance import Manifest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from jaknet.explanation._program import Solution
    from jaknet.explanation.problem import Problem

__all__ = ["Explanation", "Explanations"]

_SHOWN_REGULATORS = 3


@dataclass(frozen=True)
class Explanation:
    """The best explanation of a dataset, and how far others that are nearly as good agree with it.

    Attributes
    ----------
    network : Network
        What it was taken from.
    label : str
        Of the signature.
    roots : dict of str to str
        Where the best one starts: node -> ``up`` or ``down``.
    given : bool
        Whether the roots are those of a perturbation; else they were found.
    nodes, edges, genes, steps : pandas.DataFrame
        What `to_frame` returns; the edges that any explanation uses, with ``frequency``, the share that does, and ``best``, whether the
        best does; the genes that changed or should have (``status``: explained, contradicted, unexplained, unmoved); and the
        steps of the best, from state to state.
    objective, bound : float
        What the best is worth, in weights of genes, and what none can exceed.
    found : int
        Distinct explanations within 5 % of the best, it included; shares are taken over them.
    p_value : float
        How often data permuted among genes of like in-degree are explained as well; NaN without permutations.
    optimal : bool
        Whether no better one exists (but for a share of 1e-4).
    notes : tuple of str
        What a time limit cut.
    pruned : dict of str to float
        Ways for a change to travel in the network (``arcs``), and how many were left after each kind of pruning. In networks of many
        thousand edges the longest routes go as well; only then ``longest route`` is there, and a better explanation may exist among them.
    provenance : Manifest
    """

    network: Network = field(repr=False)
    label: str
    roots: dict[str, str]
    given: bool
    nodes: pd.DataFrame = field(repr=False)
    edges: pd.DataFrame = field(repr=False)
    genes: pd.DataFrame = field(repr=False)
    steps: pd.DataFrame = field(repr=False)
    objective: float
    bound: float
    found: int
    p_value: float
    optimal: bool
    notes: tuple[str, ...]
    pruned: dict[str, float] = field(repr=False)
    provenance: Manifest = field(repr=False)

    @classmethod
    def of(
        cls, problem: Problem, kept: Sequence[Solution], label: str, p_value: float, notes: tuple[str, ...], provenance: Manifest
    ) -> Explanation:
        """Turn solutions into tables.

        Parameters
        ----------
        problem : Problem
            What was solved.
        kept : sequence of Solution
            The best, then the others.
        label : str
            Of the signature.
        p_value : float
            NaN where none was asked for.
        notes : tuple of str
            What a time limit cut.
        provenance : Manifest
            What was asked.
        """
        from jaknet.explanation.tables import edge_table, gene_table, node_table, root_states, step_table

        best = kept[0]
        return cls(
            network=problem.network,
            label=label,
            roots=root_states(problem, best),
            given=bool(problem.roots),
            nodes=node_table(problem, kept),
            edges=edge_table(problem, kept),
            genes=gene_table(problem, kept),
            steps=step_table(problem, best),
            objective=best.objective,
            bound=best.bound,
            found=len(kept),
            p_value=p_value,
            optimal=not best.cut,
            notes=notes,
            pruned=problem.pruned,
            provenance=provenance,
        )

    @property
    def gap(self) -> float:
        """By how much a better explanation could exceed the objective, as a share of it."""
        return max(0.0, self.bound - self.objective) / max(abs(self.objective), 1e-9)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a node.

        Returns
        -------
        pandas.DataFrame
            ``node``; ``state``: up, down or none, whichever most explanations say; ``probability``, the share that says so;
            ``observed``, the statistic of its transcript; ``gene``, ``kind``; ``best``, its state in the best explanation.
        """
        return self.nodes.copy()

    def route(self, gene: str) -> str:
        """Return the steps of the best explanation from a root to the transcript of a gene.

        Parameters
        ----------
        gene : str
            A gene that is explained.

        Returns
        -------
        str
            Such as ``IL22 → STAT3 → SOCS3``; ``⊣`` stands for an inhibition.

        Raises
        ------
        UnknownNameError
            If the network has no such gene.
        InputError
            If the best explanation does not reach it.
        """
        rows = self.steps.loc[self.route_rows(gene)]
        rows = rows[rows["edge"] >= 0]
        arrows = (f" {'→' if row.sign > 0 else '⊣'} {row.target}" for row in rows.itertuples())
        return str(rows["source"].iloc[0]) + "".join(arrows)

    def route_rows(self, gene: str) -> list[int]:
        """Return the rows of `steps` that lead from a root to the transcript of a gene.

        Parameters
        ----------
        gene : str
            As in `route`.
        """
        own = self.network.own_name(gene)
        rows = self._rows_to(self.network.transcripts.get(own, own), "transcript")
        if not rows:
            explained = self.genes.loc[self.genes["status"] == "explained", "gene"]
            raise InputError(f"the explanation of {self.label!r} does not reach {own}; it reaches {few(explained, 12)}.")
        return rows

    def _rows_to(self, node: str, kind: str) -> list[int]:
        """Rows of `steps` from a root to an activity or transcript; none if it is a root, or not reached."""
        place, rows = (node, kind), list[int]()
        while place in self._behind:
            rows.append(self._behind[place])
            place = tuple(self.steps.loc[rows[-1], ["source", "source_is"]])
        return rows[::-1]

    @cached_property
    def _behind(self) -> dict[tuple[str, str], int]:
        """Node and whether it is an activity or a transcript -> the (first) step onto it."""
        ends = zip(self.steps["target"], self.steps["target_is"], strict=True)
        return {end: row for row, end in reversed([*enumerate(ends)])}

    def summary(self) -> str:
        """Return what was found in sentences a biologist can quote."""
        counts = self.genes["status"].value_counts()
        explained, against, left, unmoved = (int(counts.get(name, 0)) for name in ("explained", "contradicted", "unexplained", "unmoved"))
        told = [self._cause_text(root, state) for root, state in self.roots.items()]
        likely = "" if self.given or not self.roots else "Most likely cause: "
        start = likely + ". ".join(filter(None, told)) or (
            f"{few(self.roots)} carries nothing" if self.roots else "No cause is worth its price"
        )
        changed = explained + against + left
        said = [f"{start}. This explains {explained} of {changed} changed genes, contradicts {against}, leaves {left}"]
        said.append(f"{unmoved} genes that it should move did not change")
        best = "no better explanation exists" if self.optimal else f"a better one could exceed it by {self.gap:.1%}"
        if "longest route" in self.pruned:
            best += f", among routes of up to {self.pruned['longest route']:.0f} steps"
        several = "s" if self.found > 1 else ""
        said.append(f"Of {self.found} explanation{several} within 5 % of the best ({best}), shares are in .edges and .to_frame()")

        if not np.isnan(self.p_value):
            said.append(f"Permuted data are explained as well with p = {self.p_value:.2g}")
        return ". ".join([*said, *self.notes]) + "."

    def _cause_text(self, root: str, state: str) -> str:
        """Say what a root does to the regulators of most genes downstream of it, and through what."""
        onto = self.steps[(self.steps["target_is"] == "transcript") & (self.steps["edge"] >= 0)]
        counts = onto["source"].value_counts()
        routes = {node: self._rows_to(node, "activity") for node in onto["source"].unique()}
        mine = [node for node, rows in routes.items() if (self.steps.loc[rows[0], "source"] if rows else node) == root]
        told = []
        for node in sorted(mine, key=lambda node: (-counts[node], node))[:_SHOWN_REGULATORS]:
            passed = self.steps.loc[routes[node]]
            genes = f"{counts[node]} gene{'s' if counts[node] > 1 else ''}"
            through = [self._with_parts(one) for one in dict.fromkeys(passed["target"]) if one not in (root, node)]
            way = f" through {', '.join(through)}" if through else ""
            verb = "" if passed.empty else "raises " if passed["target_state"].iloc[-1] == "up" else "lowers "
            told.append(f"{verb}{node} ({genes}){way}" if verb else f"moves {genes} itself")
        start = root if state == "up" else f"{root}, lowered,"
        return f"{start} {'; '.join(told)}" if told else ""

    def _with_parts(self, node: str) -> str:
        edges = self.network._edges
        parts = edges.loc[(edges["mechanism"] == PART_OF) & (edges["target"] == node), "source"]
        return f"the complex of {', '.join(parts)}" if len(parts) else node

    def to_network(self, frequency: float = 0.5) -> Network:
        """Return the part of the network that explanations use.

        Parameters
        ----------
        frequency : float
            Smallest share of explanations that use an edge.

        Returns
        -------
        Network
        """
        used = self.edges[self.edges["frequency"] >= frequency]
        keys = pd.MultiIndex.from_frame(used[["source", "target", "layer"]])
        edges = self.network.edges
        kept = edges[pd.MultiIndex.from_frame(edges[["source", "target", "layer"]]).isin(keys)]
        ends = {*kept["source"], *kept["target"], *self.roots}
        nodes = self.network.nodes
        name = f"{self.network.name}, explaining {self.label}".rstrip()
        return Network(kept, nodes[nodes["node"].isin(ends)], name, self.network.version, species=self.network.species)

    def write(self, path: str | Path, format: str = "graphml", frequency: float = 0.5) -> Path:
        """Write the network of `to_network` with the state of each node and the frequency of each edge.

        Parameters
        ----------
        path : str or Path
            The file; missing folders are made.
        format : {"graphml", "cytoscape"}
            GraphML, or the JSON that Cytoscape and cytoscape.js read.
        frequency : float
            As in `to_network`.

        Raises
        ------
        UnknownNameError
            For another format.
        """
        from jaknet.network.io.write import to_networkx, write_graph

        graph = to_networkx(self.to_network(frequency))
        about = self.nodes.set_index("node")
        for node, data in graph.nodes(data=True):
            row = about.loc[node]
            data |= {"state": str(row["state"]), "probability": float(row["probability"]), "root": self.roots.get(node, "")}
            data |= {} if np.isnan(row["observed"]) else {"observed": float(row["observed"])}
        shares = self.edges.set_index(["source", "target", "layer"])
        for source, target, layer, data in graph.edges(keys=True, data=True):
            row = shares.loc[(source, target, layer)]
            data |= {"frequency": float(row["frequency"]), "reliability": float(row["reliability"])}
        return write_graph(graph, path, format)

    def plot(self, ax: Axes | None = None, route_to: str | None = None) -> Axes:
        """Draw the best explanation; see `jaknet.explanation.drawing.draw_explanation`.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.
        route_to : str, optional
            A gene, the route to which is highlighted.
        """
        from jaknet.explanation.drawing import draw_explanation

        return draw_explanation(self, ax, route_to)

    def __repr__(self) -> str:
        roots = ", ".join(f"{node} {state}" for node, state in list(self.roots.items())[:5]) or "no root"
        explained = int((self.genes["status"] == "explained").sum())
        changed = int((self.genes["status"] != "unmoved").sum())
        gap = "" if self.optimal else f", gap {self.gap:.1%}"
        return f"Explanation of {self.label!r} from {roots}: {explained} of {changed} changed genes, objective {self.objective:.4g}{gap}"

    def _repr_html_(self) -> str:
        top = self.nodes[self.nodes["state"] != "none"].sort_values(["probability", "node"], ascending=[False, True]).head(15)
        return f"<p><b>{escape(repr(self))}</b></p><p>{escape(self.summary())}</p>{top.to_html(index=False)}"


@dataclass(frozen=True)
class Explanations:
    """Explanations of several datasets, each by itself with the same settings.

    Attributes
    ----------
    parts : dict of str to Explanation
        By the name of the dataset.
    """

    parts: Mapping[str, Explanation]

    def __getitem__(self, name: str) -> Explanation:
        if name not in self.parts:
            raise UnknownNameError("dataset", [name], self.parts)
        return self.parts[name]

    def __len__(self) -> int:
        return len(self.parts)

    def to_frame(self) -> pd.DataFrame:
        """Return the nodes of every explanation, with the name of the dataset in ``signature``."""
        return pd.concat([part.to_frame().assign(signature=name) for name, part in self.parts.items()], ignore_index=True)

    @property
    def shared(self) -> pd.DataFrame:
        """What is shared and what is specific.

        One row an edge that at least half of the explanations of some dataset use: ``source``, ``target``, ``sign``, ``layer``,
        the frequency in each dataset (0 where none uses it), and ``used_by``: ``all``, or the datasets in which at least half do.
        """
        key = ["source", "target", "sign", "layer"]
        columns = {name: part.edges.set_index(key)["frequency"] for name, part in self.parts.items()}
        table = pd.DataFrame(columns).fillna(0.0)
        often = table[(table >= 0.5).any(axis=1)].sort_index()
        names = [";".join(name for name in often if row[name] >= 0.5) for _, row in often.iterrows()]
        everywhere = ";".join(self.parts)
        return often.assign(used_by=["all" if name == everywhere else name for name in names]).reset_index()

    def summary(self) -> str:
        """Return the sentences of each, then how much they share."""
        used = self.shared["used_by"]
        lines = [f"{name}: {part.summary()}" for name, part in self.parts.items()]
        return "\n".join([*lines, f"{int((used == 'all').sum())} of {len(used)} edges are shared by all."])

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {part!r}" for name, part in self.parts.items())

    def _repr_html_(self) -> str:
        return "".join(f"<h4>{escape(name)}</h4>{part._repr_html_()}" for name, part in self.parts.items())
