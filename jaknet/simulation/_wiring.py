"""From a network to arrays in the order in which a steady state is computed fastest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from jaknet.kernels import njit
from jaknet.network.evidence import reliability
from jaknet.network.schema import LAYERS, PART_OF
from jaknet.simulation._random import name_keys

if TYPE_CHECKING:
    from jaknet.network.network import Network

__all__ = ["Plan", "Wiring", "make_plan", "wiring_of"]

_TRANSCRIPTION = LAYERS.index("transcription")


@dataclass(frozen=True)
class Wiring:
    """A network as arrays, edges and nodes in canonical order.

    Rewired or thinned variants are made with `dataclasses.replace`: draws are keyed by
    `edge_keys`, so an edge that changes its target keeps its parameters in every member.

    Attributes
    ----------
    names : tuple of str
        Nodes.
    source, target : ndarray of int64, shape (n_edges,)
        Positions in `names`.
    sign : ndarray of int8, shape (n_edges,)
        1 or -1.
    transcription : ndarray of bool, shape (n_edges,)
        Edges that act on the transcript too.
    part : ndarray of bool, shape (n_edges,)
        Edges that join a part to its complex.
    shared : ndarray of bool, shape (n_edges,)
        Edges that divide their target among them: neither parts nor canonical steps.
    weight : ndarray of float64, shape (n_edges,)
        How strong the edge is, in (0, 1].
    reliability, other_sign : ndarray of float64, shape (n_edges,)
        Probability that the edge acts with its sign, and with the other one.
    edge_keys, node_keys : ndarray of uint64
        What the random numbers of an edge or node are keyed by.
    basal : ndarray of float64, shape (n_nodes,)
        Activity in the reference state.
    """

    names: tuple[str, ...]
    source: NDArray[np.int64]
    target: NDArray[np.int64]
    sign: NDArray[np.int8]
    transcription: NDArray[np.bool_]
    part: NDArray[np.bool_]
    shared: NDArray[np.bool_]
    weight: NDArray[np.float64]
    reliability: NDArray[np.float64]
    other_sign: NDArray[np.float64]
    edge_keys: NDArray[np.uint64]
    node_keys: NDArray[np.uint64]
    basal: NDArray[np.float64]

    def thinned(self, keep: NDArray[np.bool_]) -> Wiring:
        """Return the wiring with some of the edges."""
        columns = ("source", "target", "sign", "transcription", "part", "shared", "weight", "reliability", "other_sign", "edge_keys")
        left: dict[str, Any] = {name: getattr(self, name)[keep] for name in columns}
        return replace(self, **left)


class Plan(NamedTuple):
    """Edges grouped by target, nodes ordered so that causes come before effects wherever possible.

    Attributes
    ----------
    edge_order : ndarray of int64, shape (n_edges,)
        Position in the wiring of each edge of the plan.
    first : ndarray of int64, shape (n_nodes + 1,)
        Edges of node i are ``first[i]:first[i + 1]``: layer transcription, then the other regulators, then parts.
    transcript_end, part_begin : ndarray of int64, shape (n_nodes,)
        Where the transcription edges end and the parts begin.
    source : ndarray of int64, shape (n_edges,)
        Of the edges, in plan order.
    order : ndarray of int64, shape (n_nodes,)
        In which the nodes are computed.
    block : ndarray of int64, shape (n_blocks + 1,)
        Nodes ``order[block[c]:block[c + 1]]`` form one strongly connected component.
    cyclic : ndarray of bool, shape (n_blocks,)
        Whether the component has a cycle and must be iterated.
    """

    edge_order: NDArray[np.int64]
    first: NDArray[np.int64]
    transcript_end: NDArray[np.int64]
    part_begin: NDArray[np.int64]
    source: NDArray[np.int64]
    order: NDArray[np.int64]
    block: NDArray[np.int64]
    cyclic: NDArray[np.bool_]


def wiring_of(network: Network, canonical: bool = True) -> Wiring:
    """Return the arrays of a network; `canonical` says whether canonical steps are certain."""
    edges, table = network.arrays, network._edges
    named = table["source"].astype(str) + "\t" + table["target"].astype(str) + "\t" + table["layer"].astype(str)
    # Edges that restate one finding share its draws: splitting a paper over five edges makes it no surer.
    keys = named.where(table["study"] == "", table["study"]).astype(str)
    drawn, part = reliability(table, canonical), (table["mechanism"] == PART_OF).to_numpy()
    # A canonical signal is undivided. Transcription is shared by all regulators of a gene, however certain each is.
    undivided = part | ((table["canonical"] == 1) & (table["layer"] != "transcription")).to_numpy()
    return Wiring(
        network.names,
        edges.source,
        edges.target,
        edges.sign,
        edges.layer == _TRANSCRIPTION,
        part,
        ~undivided,
        edges.weight,
        drawn["reliability"].to_numpy(),
        drawn["p_other_sign"].to_numpy(),
        name_keys(keys),
        name_keys(network.names),
        network._nodes["basal"].to_numpy(np.float64),
    )


def make_plan(wiring: Wiring) -> Plan:
    """Order nodes and edges for the kernel.

    Strongly connected components come in topological order, so that everything outside a cycle
    is computed once; within a component, reverse postorder of a depth-first search keeps the
    number of feedback edges, and with it the number of sweeps, small.
    """
    count = len(wiring.names)
    group = np.where(wiring.part, 2, np.where(wiring.transcription, 0, 1))
    edge_order = np.lexsort((wiring.source, group, wiring.target))
    first = np.searchsorted(wiring.target[edge_order], np.arange(count + 1))
    transcripts, parts = (np.bincount(wiring.target[group == kind], minlength=count) for kind in (0, 2))
    forward = np.argsort(wiring.source, kind="stable")
    out_first = np.searchsorted(wiring.source[forward], np.arange(count + 1))
    reached = _reverse_postorder(out_first, wiring.target[forward])
    graph = csr_matrix((np.ones(len(forward), np.int8), (wiring.source, wiring.target)), shape=(count, count))
    _, component = connected_components(graph, directed=True, connection="strong")
    rank = np.full(component.max(initial=-1) + 1, count)
    np.minimum.at(rank, component[reached], np.arange(count))
    order = reached[np.argsort(rank[component[reached]], kind="stable")]
    starts = np.flatnonzero(np.diff(component[order], prepend=-1))
    block = np.append(starts, count)
    loops = np.bincount(component[wiring.source[wiring.source == wiring.target]], minlength=len(rank)) > 0
    cyclic = (np.diff(block) > 1) | loops[component[order[starts]]]
    return Plan(edge_order, first, first[:-1] + transcripts, first[1:] - parts, wiring.source[edge_order], order, block, cyclic)


@njit(nogil=True)
def _reverse_postorder(first: NDArray[np.int64], target: NDArray[np.int64]) -> NDArray[np.int64]:
    count = len(first) - 1
    seen = np.zeros(count, np.bool_)
    cursor = first[:-1].copy()
    stack = np.empty(count, np.int64)
    finished = np.empty(count, np.int64)
    place = count
    for root in range(count):
        if seen[root]:
            continue
        seen[root] = True
        stack[0] = root
        depth = 1
        while depth:
            node = stack[depth - 1]
            if cursor[node] < first[node + 1]:
                following = target[cursor[node]]
                cursor[node] += 1
                if not seen[following]:
                    seen[following] = True
                    stack[depth] = following
                    depth += 1
            else:
                depth -= 1
                place -= 1
                finished[place] = node
    return finished
