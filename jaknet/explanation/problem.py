"""From a network, a signature and a perturbation to the programme that `explain` solves.

A network node stands for an activity. A gene whose transcript the network explains has a node of its own for the transcript:
edges of layer transcription lead to it, the data are compared with it, and the activity follows it only where the data
allow that: the transcript was seen to change that way, or was not looked at. A gene that a dataset of the whole
genome does not list is one that the cell does not express: neither its transcript nor its protein takes part, unless the
protein may come from outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaknet.errors import InputError, OverlapError
from jaknet.explanation._pruning import Program, reduce_program
from jaknet.network.schema import LAYERS, PART_OF
from jaknet.regulation.regulons import network_regulons

if TYPE_CHECKING:
    from jaknet.expression.signature import Signature
    from jaknet.network.network import Network

__all__ = ["Problem", "call_genes"]

#: A part of a complex below this activity at rest has to rise for the complex to rise; above it is there anyway.
_AT_REST = 0.5
#: Digits of the probability that a certain edge is wrong after all: more than any gene weighs.
_CERTAIN = 9.0
_TRANSCRIPTION = LAYERS.index("transcription")
#: From so many measured genes on a dataset is one of the whole genome, and a gene that it lacks was too low to be tested.
_WHOLE_GENOME = 5_000
#: Kinds of nodes that need not be made by the cell, or are made of others.
_FROM_OUTSIDE = frozenset({"ligand", "matrix", "metabolite", "phenotype", "complex"})
#: What is known of a transcript, beside 1, 0 and -1: nobody looked; the cell does not make it.
_UNKNOWN, _SILENT = -2, -3


def call_genes(signature: Signature, network: Network, changed: float, q_threshold: float | None = None) -> tuple[pd.DataFrame, float]:
    """Say which of the network's transcripts were measured, which changed, and how much each counts.

    A changed gene weighs ``-log10`` of the share of all measured genes whose absolute statistic is at least as large: 1 for the
    last of the first tenth, 2 for the last of the first hundredth. This does not depend on the kind of statistic or the number of
    samples, so that one penalty fits every dataset; and as the logarithm of a probability it has the unit of the other prices.

    Parameters
    ----------
    signature : Signature
        Of the species of the network.
    network : Network
        Whose transcripts are compared.
    changed : float or int
        Share of all measured genes that is called changed, or their number; those with the largest absolute statistic.
    q_threshold : float, optional
        Call genes with ``q_value`` up to this instead.

    Returns
    -------
    genes : pandas.DataFrame
        ``gene``, ``node``, ``statistic``, ``changed`` (-1, 0, 1), ``weight`` (0 where nothing changed) and ``stratum`` (of genes
        of like in-degree); one row a measured transcript of the network, sorted by gene.
    unchanged_price : float
        What a gene costs that a regulator moves surely and that did not change: the weight of all changed genes of the dataset over
        the number of the others. A regulator whose targets change no more often than any gene then gains nothing, whatever their signs.

    Raises
    ------
    OverlapError
        If no transcript of the network was measured.
    InputError
        If none of these changed, or for q-values that are not there.
    """
    table, _, _ = signature.testable()
    if q_threshold is not None and not signature.tested:
        raise InputError(f"{signature.label!r} has no q-values; leave q_threshold out to call genes by the size of their statistic.")
    size = table["statistic"].abs()
    share = size.rank(ascending=False, method="max") / len(table)
    largest = changed if changed < 1 else changed / len(table)
    called = (share <= largest) if q_threshold is None else (table["q_value"] <= q_threshold)
    weight = (-np.log10(share)).where(called & (size > 0), 0.0)
    called = weight > 0
    nodes = pd.Series(network.transcripts, dtype=object)
    inside = table["gene"].isin(nodes.index)
    if not inside.any():
        held = f"none of the {len(nodes)} genes whose transcript {network.label} explains is among the {len(table)} of the signature"
        raise OverlapError(f"{held}. Check the kind of identifier and the species.")
    if not called[inside].any():
        how = f"has q <= {q_threshold}" if q_threshold is not None else f"is among the {largest:.2%} with the largest statistic"
        name = "changed" if q_threshold is None else "q_threshold"
        raise InputError(f"none of the {int(inside.sum())} measured genes of {network.label} {how}: nothing to explain. Raise {name}.")
    found = pd.DataFrame(
        {
            "gene": table["gene"],
            "node": table["gene"].map(nodes),
            "statistic": table["statistic"],
            "changed": np.where(called, np.sign(table["statistic"]), 0).astype(np.int64),
            "weight": weight,
        }
    )[inside].sort_values("gene", ignore_index=True)
    found["stratum"] = network_regulons(network, found["gene"], 1, 1).strata
    return found, min(1.0, float(weight.sum()) / max(1, int((~called).sum())))


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be explained, by which network, from which causes.

    Attributes
    ----------
    network : Network
    genes : pandas.DataFrame
        As `call_genes` returns.
    roots : mapping of str to int
        Node -> 1 or -1: what the perturbation does. Empty: the causes are to be found.
    penalty : float
        Price of a step that is certain, in weights of genes.
    unchanged_price : float
        As `call_genes` returns.
    measured : frozenset of str
        Genes that the dataset tested, in the network or not.
    """

    network: Network
    genes: pd.DataFrame
    roots: Mapping[str, int]
    penalty: float
    unchanged_price: float
    measured: frozenset[str] = frozenset()

    @cached_property
    def reliability(self) -> NDArray[np.float64]:
        """Of each edge of the network."""
        return self.network.reliability()["reliability"].to_numpy(float)

    @cached_property
    def transcripts(self) -> NDArray[np.int64]:
        """Position of each transcript's node among those of the network; transcripts follow the network's nodes."""
        edges = self.network.arrays
        return np.unique(edges.target[edges.layer == _TRANSCRIPTION])

    @cached_property
    def seen(self) -> NDArray[np.int64]:
        """Of each transcript: 1 or -1 changed, 0 measured without change, -2 not looked at, -3 not expressed."""
        place = {self.network.names[node]: row for row, node in enumerate(self.transcripts)}
        seen = np.full(len(self.transcripts), _SILENT if len(self.measured) >= _WHOLE_GENOME else _UNKNOWN)
        seen[[place[node] for node in self.genes["node"]]] = self.genes["changed"]
        return seen

    @cached_property
    def silent(self) -> NDArray[np.bool_]:
        """Nodes that the cell does not make, and complexes that lack such a part, shape (n_nodes,); never a given cause."""
        nodes = self.network._nodes
        absent = ~(nodes["gene"].isin(self.measured) | nodes["kind"].isin(_FROM_OUTSIDE) | nodes["node"].isin(list(self.roots)))
        silent = absent.to_numpy() & (len(self.measured) >= _WHOLE_GENOME)
        for target, (joined, _) in self.complexes.items():
            silent[target] = silent[self.network.arrays.source[joined]].any()
        return silent

    @cached_property
    def transcript_states(self) -> NDArray[np.int64]:
        """The state of its transcript that was seen, for each row of `genes` (``up`` where nothing changed)."""
        place = {self.network.names[node]: self.network.n_nodes + row for row, node in enumerate(self.transcripts)}
        return 2 * self.genes["node"].map(place).to_numpy(np.int64) + (self.genes["changed"].to_numpy() < 0)

    @cached_property
    def names(self) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
        """Network node of each node of the programme, and whether that is its activity or transcript."""
        nodes = np.array(self.network.names, object)
        whole = nodes[np.array([*self.complexes], np.int64)]
        kinds = np.repeat(np.array(["activity", "transcript", "activity"], object), [len(nodes), len(self.transcripts), len(whole)])
        return np.concatenate([nodes, nodes[self.transcripts], whole]), kinds

    @cached_property
    def pruned(self) -> dict[str, float]:
        """How many ways for a change to travel there are, and how many were left after each kind of pruning."""
        found = reduce_program(self.program)
        left: dict[str, float] = {"arcs": len(self.arcs), "between cause and changed gene": found.between}
        return left if np.isinf(found.longest) else left | {"solved": float(found.kept.sum()), "longest route": found.longest}

    @cached_property
    def complexes(self) -> dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Complex -> its part_of edges, and those of parts that must rise for it to rise."""
        edges, network = self.network.arrays, self.network
        parts = np.flatnonzero((network._edges["mechanism"] == PART_OF).to_numpy() & (edges.sign > 0))
        basal = network._nodes["basal"].to_numpy(float)
        return {
            int(target): (joined, joined[basal[edges.source[joined]] < _AT_REST])
            for target in np.unique(edges.target[parts])
            for joined in [parts[edges.target[parts] == target]]
        }

    @cached_property
    def arcs(self) -> pd.DataFrame:
        """Every way in which a change can be carried: ``tail``, ``head`` (states), ``edge`` (row of the network's, or -1), ``cost``."""
        edges, count = self.network.arrays, self.network.n_nodes
        # A step costs what it takes to name it among others, and more the less surely the edge acts.
        price = self.penalty - np.log10(self.reliability)
        place = np.full(count, -1)
        place[self.transcripts] = count + np.arange(len(self.transcripts))
        onto = edges.layer == _TRANSCRIPTION
        part = np.zeros(len(onto), bool)
        for joined, _ in self.complexes.values():
            part[joined] = True
        target = np.where(onto, place[edges.target], edges.target)
        plain = np.flatnonzero(~part)
        rows = [_both(edges.source[plain], target[plain], edges.sign[plain], plain, price[plain])]
        follow, ones = count + np.arange(len(self.transcripts)), np.ones(len(self.transcripts))
        rows.append(_both(follow, self.transcripts, ones, np.full(len(follow), -1), self.penalty * ones))
        rows += self._assemble(price)
        table = pd.concat(rows, ignore_index=True)
        return table[self._allowed(table)].reset_index(drop=True)

    def _assemble(self, price: NDArray[np.float64]) -> list[pd.DataFrame]:
        """A complex falls with any part; it rises with all parts that are not there at rest."""
        edges, rows = self.network.arrays, []
        first = self.network.n_nodes + len(self.transcripts)
        for number, (target, (joined, needed)) in enumerate(self.complexes.items()):
            rows.append(_arcs(2 * edges.source[joined] + 1, np.full(len(joined), 2 * target + 1), joined, price[joined]))
            whole = target if len(needed) < 2 else first + number
            rows.append(_arcs(2 * edges.source[needed], np.full(len(needed), 2 * whole), needed, price[needed] / max(1, len(needed))))
            if whole != target:
                rows.append(_arcs(np.array([2 * whole]), np.array([2 * target]), np.array([-1]), np.zeros(1)))
        return rows

    def _allowed(self, arcs: pd.DataFrame) -> NDArray[np.bool_]:
        """Transcripts that were measured move as they were seen to, or not at all; what the cell does not make carries nothing."""
        count, head = self.network.n_nodes, arcs["head"].to_numpy()
        made = np.ones(count + len(self.transcripts) + len(self.complexes), bool)
        made[:count] = ~self.silent
        row = head // 2 - count
        inside = (row >= 0) & (row < len(self.transcripts))
        seen = self.seen[np.where(inside, row, 0)]
        there = made[head // 2] & made[arcs["tail"].to_numpy() // 2]
        return there & (~inside | (seen == _UNKNOWN) | (seen == np.where(head % 2, -1, 1)))

    @cached_property
    def program(self) -> Program:
        """The integer programme."""
        count = self.network.n_nodes
        states = 2 * (count + len(self.transcripts) + len(self.complexes))
        prize, price, weight = np.zeros(states), np.full(states, np.inf), np.zeros(states)
        need, fixed = np.ones(states, np.int64), np.zeros(states, bool)
        if not self.roots:
            price[: 2 * count] = self._root_price()
        for node, sign in self.roots.items():
            fixed[2 * self.network.index[node] + (sign < 0)] = True
        first = count + len(self.transcripts)
        for number, (_, needed) in enumerate(self.complexes.values()):
            need[2 * (first + number)] = max(1, len(needed))
        pushes = self.pushes
        still = pushes["seen"] == 0
        np.subtract.at(prize, pushes.loc[still, "pusher"].to_numpy(), self.unchanged_price * pushes.loc[still, "strength"].to_numpy())
        prize[self.transcript_states] = weight[self.transcript_states] = self.genes["weight"]
        wrong = pushes[~still]
        tail, head, cost = (self.arcs[name].to_numpy() for name in ("tail", "head", "cost"))
        pusher, pushed, strength = (wrong[name].to_numpy() for name in ("pusher", "pushed", "strength"))
        return Program(tail, head, cost, prize, price, fixed, need, pusher, pushed, strength, weight)

    def _root_price(self) -> NDArray[np.float64]:
        """Price of each state as a cause: naming one of so many takes ``log10(2 N)``.

        Where the network knows of signalling that could bring the state about, to do without costs that much again. No cause is
        a protein whose own transcript changed the other way, nor a complex: what changes that is a part or a ligand.
        """
        count = self.network.n_nodes
        price = np.full(2 * count, np.log10(2 * count))
        signalled = self.arcs.loc[(self.arcs["tail"] < 2 * count) & (self.arcs["head"] < 2 * count), "head"]
        price[signalled.unique()] *= 2
        against = np.isin(self.seen, (-1, 1))
        price[2 * self.transcripts[against] + (self.seen[against] > 0)] = np.inf
        made = np.array([*self.complexes], np.int64)
        price[2 * made] = price[2 * made + 1] = np.inf
        return price

    @cached_property
    def pushes(self) -> pd.DataFrame:
        """What active regulators do to transcripts that were seen not to move, or to move the other way.

        ``pusher``, the state of the regulator; ``pushed``, that of the transcript as seen; ``strength``, the share of its price
        that counts; ``seen``.
        """
        edges, count = self.network.arrays, self.network.n_nodes
        onto = np.flatnonzero(edges.layer == _TRANSCRIPTION)
        row = np.searchsorted(self.transcripts, edges.target[onto])
        seen, sign = self.seen[row], edges.sign[onto].astype(np.int64)
        both = pd.concat(
            pd.DataFrame(
                {
                    "pusher": 2 * edges.source[onto] + (state < 0),
                    "pushed": 2 * (count + row) + (seen < 0),
                    "strength": np.where(seen == 0, self.reliability[onto], self._blame(onto, row)),
                    "seen": seen,
                    "push": state * sign,
                }
            )
            for state in (1, -1)
        )
        return both[(both["seen"] == 0) | (both["seen"] == -both["push"])].reset_index(drop=True)

    def _blame(self, onto: NDArray[np.int64], row: NDArray[np.int64]) -> NDArray[np.float64]:
        """Share of a gene's weight that an edge loses which pushes it the wrong way.

        The edge may be wrong, which has a probability of 1 - r: it cannot cost more than ``-log10(1 - r)``.
        """
        weight = np.zeros(len(self.transcripts))
        weight[self.transcript_states // 2 - self.network.n_nodes] = self.genes["weight"]
        wrong = np.maximum(1.0 - self.reliability[onto], 10.0**-_CERTAIN)
        return np.minimum(1.0, -np.log10(wrong) / np.maximum(weight[row], 1.0 / _CERTAIN))

    def shuffled(self, rng: np.random.Generator) -> Problem:
        """Return the same with the data dealt anew among measured genes of like in-degree.

        Parameters
        ----------
        rng : numpy.random.Generator
            Of the permutation.
        """
        order = np.arange(len(self.genes))
        for stratum in np.unique(self.genes["stratum"]):
            rows = np.flatnonzero(self.genes["stratum"] == stratum)
            order[rows] = rng.permutation(rows)
        dealt = self.genes[["statistic", "changed", "weight"]].iloc[order].reset_index(drop=True)
        return replace(self, genes=self.genes.assign(**{name: dealt[name] for name in dealt}))


def _arcs(tail: NDArray[np.int64], head: NDArray[np.int64], edge: NDArray[np.int64], cost: NDArray[np.float64]) -> pd.DataFrame:
    return pd.DataFrame({"tail": tail, "head": head, "edge": edge, "cost": cost})


def _both(
    source: NDArray[np.int64], target: NDArray[np.int64], sign: NDArray[Any], edge: NDArray[np.int64], cost: NDArray[np.float64]
) -> pd.DataFrame:
    """What edges carry from an "up" source, then from a "down" one."""
    flips = (sign < 0).astype(np.int64)
    return pd.concat([_arcs(2 * source + down, 2 * target + (flips ^ down), edge, cost) for down in (0, 1)], ignore_index=True)
