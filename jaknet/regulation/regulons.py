"""Regulons: which measured genes a regulator should move, which way: from a network, gene sets, or PROGENy's footprints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from jaknet.data.registry import read_table
from jaknet.errors import InputError, OverlapError, few
from jaknet.network.network import Network
from jaknet.network.schema import LAYERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Regulons", "footprint_network", "network_regulons", "set_regulons"]

_LEAST_OVERLAP = 0.2
_LEAST_STRATUM = 20


@dataclass(frozen=True)
class Regulons:
    """Signed, weighted targets of regulators among the measured genes.

    Attributes
    ----------
    regulators : tuple of str
        Their names, sorted.
    genes : tuple of str
        The measured universe, in the order of the signature.
    weights : scipy.sparse.csr_array, shape (n_regulators, n_genes)
        Sign times weight; the sign says which way the gene moves when the regulator is more active.
    direct_degree : ndarray of int, shape (n_genes,), optional
        Direct regulators of each gene, where `weights` reach further.
    """

    regulators: tuple[str, ...]
    genes: tuple[str, ...]
    weights: sparse.csr_array
    direct_degree: NDArray[np.int64] | None = None

    @cached_property
    def signs(self) -> sparse.csr_array:
        """The weights reduced to 1 and -1."""
        return sparse.csr_array((np.sign(self.weights.data), self.weights.indices, self.weights.indptr), shape=self.weights.shape)

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """Number of measured targets of each regulator."""
        return np.diff(self.weights.indptr).astype(np.int64)

    @cached_property
    def strata(self) -> NDArray[np.int64]:
        """Stratum of each gene by its in-degree; 0 for genes that nothing targets.

        Genes that many regulators target are also the genes that change most often, so a gene is
        compared only with genes of its own stratum. In-degrees are cut at powers of 2. At depth 2 the
        number of direct regulators is cut likewise, and each combination of both is a stratum.
        """
        reach = _levels(np.bincount(self.weights.indices, minlength=len(self.genes)))
        if self.direct_degree is None:
            return reach
        crossed = np.where(reach > 0, reach * (_levels(self.direct_degree).max() + 1) + _levels(self.direct_degree), -1)
        return np.unique(np.append(crossed, -1), return_inverse=True)[1][:-1].astype(np.int64)

    @cached_property
    def membership(self) -> sparse.csr_array:
        """Strata by genes, 1 where a gene belongs; genes that nothing targets belong nowhere."""
        genes = np.flatnonzero(self.strata)
        rows = np.unique(self.strata[genes], return_inverse=True)[1]
        return sparse.csr_array((np.ones(len(genes)), (rows, genes)), shape=(int(rows.max()) + 1, len(self.genes)))

    @cached_property
    def stratum_sizes(self) -> NDArray[np.float64]:
        """Genes in each stratum of `membership`."""
        return np.diff(self.membership.indptr).astype(float)

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """Sum of a regulon's weights in each stratum over the genes of the stratum, shape (n_regulators, n_strata)."""
        return (self.weights @ self.membership.T).toarray() / self.stratum_sizes


def network_regulons(network: Network, genes: Iterable[str], depth: int = 1, min_targets: int = 5) -> Regulons:
    """Collect the targets of every regulator of a network.

    The last step of a route must change a transcript: an edge of layer ``transcription``, where the
    network has any (a bare table of regulators and targets counts as such). At depth 2 one edge of
    signalling or transcription may come before it. The sign of a route is the product of its signs;
    a target that routes of two steps reach with both signs is left out, and a direct edge overrides
    routes of two steps. A target's weight is the mean over routes of the product of their weights.

    Parameters
    ----------
    network : Network
        Signed edges from regulators to transcripts.
    genes : iterable of str
        Every gene measured.
    depth : {1, 2}
        Number of steps from a regulator to its targets.
    min_targets : int
        Regulators with fewer measured targets are left out.

    Returns
    -------
    Regulons

    Raises
    ------
    InputError
        For a depth other than 1 and 2.
    OverlapError
        If fewer than a fifth of the network's target genes were measured, or no regulator has
        enough targets.

    Examples
    --------
    >>> edges = pd.DataFrame({"source": ["JAK1", "STAT3"], "target": ["STAT3", "SOCS3"], "sign": 1})
    >>> edges["layer"] = ["signaling", "transcription"]
    >>> network_regulons(Network(edges), ["SOCS3", "BGLAP"], depth=2, min_targets=1).regulators
    ('JAK1', 'STAT3')
    """
    if depth not in (1, 2):
        raise InputError(f"depth {depth} is not supported. Use 1 (direct targets) or 2 (one intermediate).")
    measured = tuple(genes)
    steps = _steps(network)
    onto = _gene_of_node(network, measured)
    direct = _clip(steps[1] @ onto)
    _check_overlap(network, steps[1], measured)
    if depth == 1:
        return _select(network.names, measured, direct, min_targets, network.label)
    regulons = _select(network.names, measured, _add_second_step(*steps, direct, onto), min_targets, network.label)
    return replace(regulons, direct_degree=np.bincount(direct.indices, minlength=len(measured)))


def set_regulons(gene_sets: Mapping[str, Iterable[str] | Mapping[str, float]], genes: Iterable[str], min_targets: int = 5) -> Regulons:
    """Treat gene sets as regulons.

    Parameters
    ----------
    gene_sets : mapping
        Name -> genes, which get the weight 1, or name -> (gene -> signed weight).
    genes : iterable of str
        Every gene measured.
    min_targets : int
        Sets with fewer measured genes are left out.

    Returns
    -------
    Regulons

    Raises
    ------
    OverlapError
        If no set has enough measured genes.
    """
    measured = tuple(genes)
    position = {gene: i for i, gene in enumerate(measured)}
    names = tuple(sorted(gene_sets))
    rows, columns, values = [], [], []
    for row, name in enumerate(names):
        members = gene_sets[name]
        profile = members if isinstance(members, Mapping) else dict.fromkeys(members, 1.0)
        for gene in sorted(profile.keys() & position.keys()):
            rows.append(row)
            columns.append(position[gene])
            values.append(float(profile[gene]))
    weights = sparse.csr_array((values, (rows, columns)), shape=(len(names), len(measured)))
    return _select(names, measured, weights, min_targets, "the gene sets")


@lru_cache(maxsize=1)
def footprint_network() -> Network:
    """Return the 14 human pathways of PROGENy as a network from pathway to responsive gene.

    A footprint holds the genes that respond to a pathway, whatever the pathway consists of. Score a
    signature with ``regulators(signature, footprint_network(), method="mlm")``: pathways share
    responsive genes, and only the joint model tells them apart.

    References
    ----------
    Schubert et al. 2018, Nat Commun 9:20.

    Examples
    --------
    >>> footprint_network().edges["source"].nunique()
    14
    """
    table = read_table("networks/footprints/progeny_human.tsv.gz").rename(columns={"pathway": "source", "gene": "target"})
    table = table[pd.to_numeric(table["weight"]) != 0][["source", "target", "weight"]]
    table = table.assign(layer="transcription", resources="PROGENy", mechanism="footprint")
    return Network(table, name="PROGENy", version="1.20")


def _levels(degree: NDArray[np.int64]) -> NDArray[np.int64]:
    """``1 + floor(log2 d)``, 0 for none; levels of fewer than 20 genes join the next lower one (the lowest, the next higher)."""
    levels = np.frexp(degree.astype(float))[1].astype(np.int64)
    for level in range(levels.max(), 1, -1):
        if np.count_nonzero(levels == level) < _LEAST_STRATUM:
            levels[levels == level] = level - 1
    if 0 < np.count_nonzero(levels == 1) < _LEAST_STRATUM and levels.max() > 1:
        levels[levels == 1] = levels[levels > 1].min()
    return levels


def _steps(network: Network) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Signed weights of first steps (signalling or transcription) and last steps (transcription)."""
    edges = network.arrays
    phenotype, transcription = LAYERS.index("phenotype"), LAYERS.index("transcription")
    last = edges.layer == transcription
    if not last.any():
        last = edges.layer != phenotype

    def _matrix(keep: NDArray[np.bool_]) -> sparse.csr_array:
        """Sources by targets."""
        values = edges.sign[keep] * edges.weight[keep]
        return _clip(sparse.csr_array((values, (edges.source[keep], edges.target[keep])), shape=(network.n_nodes,) * 2))

    return _matrix(edges.layer != phenotype), _matrix(last)


def _gene_of_node(network: Network, genes: tuple[str, ...]) -> sparse.csr_array:
    """Nodes by measured genes, 1 where a node is a form of the gene."""
    position = {gene: i for i, gene in enumerate(genes)}
    column = network._nodes["gene"].map(position)
    rows = np.flatnonzero(column.notna().to_numpy())
    return sparse.csr_array((np.ones(len(rows)), (rows, column.to_numpy()[rows].astype(int))), shape=(network.n_nodes, len(genes)))


def _add_second_step(first: sparse.csr_array, last: sparse.csr_array, direct: sparse.csr_array, onto: sparse.csr_array) -> sparse.csr_array:
    """Add targets at two steps whose routes agree in sign; direct edges and a regulator's own gene go first."""
    total = first @ last @ onto
    absolute = abs(first) @ abs(last) @ onto
    routes = abs(first).sign() @ abs(last).sign() @ onto
    conflicting = (absolute - abs(total)) > 1e-9
    mean = total.multiply(routes.power(-1.0))
    mean = mean - mean.multiply(conflicting + direct.astype(bool) + onto.astype(bool))
    return _clip(direct + mean)


def _clip(weights: sparse.csr_array) -> sparse.csr_array:
    """Weights within [-1, 1] without stored zeros, columns sorted; contradicting duplicates cancel."""
    out = sparse.csr_array(weights)
    out.sum_duplicates()
    out.data = np.where(np.abs(out.data) < 1e-12, 0.0, np.clip(out.data, -1.0, 1.0))
    out.eliminate_zeros()
    out.sort_indices()
    return out


def _check_overlap(network: Network, last: sparse.csr_array, measured: tuple[str, ...]) -> None:
    wanted = set(network._nodes["gene"].to_numpy()[np.unique(last.indices)]) - {""}
    shared = wanted & set(measured)
    if len(shared) < _LEAST_OVERLAP * len(wanted) or not shared:
        message = (
            f"{len(shared)} of the {len(wanted)} target genes of {network.label} were measured, fewer than {_LEAST_OVERLAP:.0%}; "
            f"the signature has {few(measured, 3)}, the network {few(sorted(wanted), 3)}. "
            "Check identifiers and species, and give every gene measured."
        )
        raise OverlapError(message)


def _select(names: tuple[str, ...], measured: tuple[str, ...], weights: sparse.csr_array, least: int, label: str) -> Regulons:
    """Keep the regulons with at least `least` measured targets."""
    keep = np.flatnonzero(np.diff(weights.indptr) >= max(least, 1))
    if not len(keep):
        most = int(np.diff(weights.indptr).max(initial=0))
        message = f"no regulator of {label} has {least} measured targets (the most is {most}). Lower min_targets or check identifiers."
        raise OverlapError(message)
    return Regulons(tuple(names[i] for i in keep), measured, sparse.csr_array(weights[keep]))
