"""Random networks with the same signed degrees: the null of everything that claims topology matters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jaknet.errors import InputError
from jaknet.network._swaps import swap_many
from jaknet.network.schema import LAYERS, PART_OF
from jaknet.provenance import as_generator
from jaknet.shared_docs import describe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jaknet.network.network import Network

__all__ = ["Strata", "mixing", "rewire_network", "rewired_targets", "strata_of"]

_CLEARED = {
    **dict.fromkeys(("references", "references_against", "resources", "study", "note", "context"), ""),
    **dict.fromkeys(("support_positive", "support_negative"), 0),
}


@dataclass(frozen=True)
class Strata:
    """Edges sorted by (layer, sign): swaps happen within one stratum only.

    Edges that join a part to its complex belong to no stratum and stay where they are: they say what a complex
    is made of, not what regulates it.

    Attributes
    ----------
    order : ndarray of int64, shape (n_edges,)
        Positions of the edges, stratum by stratum; those that stay come last.
    first : ndarray of int64, shape (n_strata + 1,)
        Where each stratum begins in `order`, and where the last one ends.
    names : tuple of str
        Layer and sign of each stratum.
    """

    order: NDArray[np.int64]
    first: NDArray[np.int64]
    names: tuple[str, ...]


def strata_of(network: Network) -> Strata:
    """Group the edges of a network by layer and sign; edges of mechanism ``part_of`` stay apart.

    Parameters
    ----------
    network : Network
        Whose edges are grouped.

    Returns
    -------
    Strata
    """
    arrays, stays = network.arrays, _stays(network)
    code = np.where(stays, 2 * len(LAYERS), arrays.layer.astype(np.int64) * 2 + (arrays.sign < 0))
    order = np.argsort(code, kind="stable")
    moving = len(order) - int(stays.sum())
    present, starts = np.unique(code[order[:moving]], return_index=True)
    names = tuple(f"{LAYERS[value // 2]}{'-' if value % 2 else '+'}" for value in present)
    return Strata(order, np.append(starts, moving).astype(np.int64), names)


@describe
def rewired_targets(
    network: Network, chains: int, seed: int | np.random.Generator = 0, proposals: int = 10, exchangeable: bool = False
) -> NDArray[np.int64]:
    """Return the targets of many rewired networks at once.

    Parameters
    ----------
    network : Network
        What is rewired.
    chains : int
        How many networks.
    %(seed)s
    proposals : int
        Swaps proposed per edge; the overlap with the start levels off by 5.
    exchangeable : bool
        Start every chain from one network that a first chain led to, not from the network itself. The chains
        are reversible, so that the network and the rewired ones are then exchangeable, and a Monte Carlo p-value
        is exact even if the chains mix badly (Besag & Clifford 1989, Biometrika 76:633, the parallel method).

    Returns
    -------
    ndarray of int64, shape (chains, n_edges)
        For each edge in canonical order (source, sign, layer and weight unchanged), the position
        of its new target in ``network.names``; edges of mechanism ``part_of`` keep theirs.

    Raises
    ------
    InputError
        If `proposals` or `chains` is below 1.
    """
    if proposals < 1 or chains < 1:
        raise InputError(f"proposals {proposals} and chains {chains} must both be at least 1.")
    arrays, strata = network.arrays, strata_of(network)
    drawn = as_generator(seed).integers(0, 2**64, chains + 1, dtype=np.uint64)
    seeds, first_seed = drawn[:chains], drawn[chains:]
    order = strata.order
    source, start, layer = arrays.source[order], arrays.target[order], arrays.layer[order].astype(np.int64)
    if exchangeable:
        start = swap_many(source, start, layer, strata.first, network.n_nodes, proposals, first_seed)[0]
    swapped = swap_many(source, start, layer, strata.first, network.n_nodes, proposals, seeds)
    targets = np.empty_like(swapped)
    targets[:, order] = swapped
    return targets


def mixing(network: Network, targets: NDArray[np.int64]) -> pd.DataFrame:
    """Measure how many edges of each stratum are the same after rewiring.

    Small strata offer few swaps and so stay much as they were: the null networks then differ little from the network.

    Parameters
    ----------
    network : Network
        The network as it was.
    targets : ndarray of int64, shape (chains, n_edges)
        From `rewired_targets`.

    Returns
    -------
    pandas.DataFrame
        ``stratum``, ``n_edges``, ``overlap`` (mean share of (source, target) pairs that are also
        in the original stratum). Edges of mechanism ``part_of``, which stay, are not among them.
    """
    arrays, strata = network.arrays, strata_of(network)
    rows = []
    for name, begin, end in zip(strata.names, strata.first[:-1], strata.first[1:], strict=True):
        edges = strata.order[begin:end]
        original = arrays.source[edges] * network.n_nodes + arrays.target[edges]
        moved = arrays.source[edges] * network.n_nodes + targets[:, edges]
        rows.append((name, len(edges), float(np.isin(moved, original).mean())))
    return pd.DataFrame(rows, columns=["stratum", "n_edges", "overlap"])


@describe
def rewire_network(network: Network, seed: int | np.random.Generator = 0, proposals: int = 10) -> Network:
    """Return a random network in which every node keeps its four signed degrees in every layer.

    Edges of one sign and layer swap targets; self-loops and repeated edges never arise. Sign,
    layer, weight, tier and mechanism go with the edge; references, resources and support are
    cleared, since no paper reported the new edge. Complexes keep their parts.

    Parameters
    ----------
    network : Network
        What is rewired.
    %(seed)s
    proposals : int
        Swaps of targets proposed per edge.

    Returns
    -------
    Network
        Its ``report["mixing"]`` has the share of each stratum left in place.

    References
    ----------
    Milo R et al. On the uniform generation of random graphs with prescribed degree sequences.
    arXiv:cond-mat/0312028.

    Examples
    --------
    >>> import jaknet as jn
    >>> net = jn.load_network("osteoblast")
    >>> net.rewire(seed=1).n_edges == net.n_edges
    True
    """
    targets = rewired_targets(network, 1, seed, proposals)
    names = np.array(network.names, dtype=object)
    edges = network.edges.assign(target=names[targets[0]])
    edges.loc[~_stays(network), list(_CLEARED)] = list(_CLEARED.values())
    rewired = network.with_edges(edges, name=f"{network.name} rewired")
    mixed = mixing(network, targets).set_index("stratum")["overlap"]
    rewired.report = {**network.report, "mixing": mixed.to_dict()}
    return rewired


def _stays(network: Network) -> NDArray[np.bool_]:
    return (network._edges["mechanism"] == PART_OF).to_numpy(bool)
