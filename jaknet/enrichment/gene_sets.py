"""Gene sets: bundled, from a GMT file, from a mapping, or an Enrichr library where one is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from jaknet.data.registry import bundled_path
from jaknet.errors import InputError, OfflineError, check_type, few
from jaknet.shared_docs import describe
from jaknet.tables import read_gmt

__all__ = ["as_gene_sets", "cluster_sets", "load_gene_sets"]

_ONLINE = "enrichr:"


@describe
def as_gene_sets(gene_sets: Mapping[str, Iterable[str]] | str | Path | None = None) -> dict[str, list[str]]:
    """Return gene sets as a mapping of name to genes. Nothing goes online but ``"enrichr:NAME"``.

    Parameters
    ----------
    %(gene_sets)s

    Returns
    -------
    dict of str to list of str
        Set name -> genes, each once.

    Raises
    ------
    InputError
        For an empty mapping, a broken file or one that is not there, and anything else.
    OfflineError
        If an Enrichr library cannot be fetched.

    Examples
    --------
    >>> as_gene_sets({"A": ["X", "Y", "X"]})
    {'A': ['X', 'Y']}
    """
    if gene_sets is None:
        return load_gene_sets()
    if isinstance(gene_sets, Mapping):
        sets = {str(name): list(dict.fromkeys(genes)) for name, genes in gene_sets.items()}
        empty = [name for name, genes in sets.items() if not genes]
        if not sets or empty:
            raise InputError(f"gene sets without genes: {few(empty) or 'the whole mapping'}. Remove them.")
        return sets
    check_type("gene_sets", gene_sets, (str, PathLike), f"a mapping of name to genes, a GMT file or '{_ONLINE}NAME'")
    name = str(gene_sets)
    if name.startswith(_ONLINE):
        return _fetch_library(name.removeprefix(_ONLINE))
    if not Path(name).exists():
        raise InputError(f"no gene-set file {name!r}: it does not exist; check the path. An Enrichr library is '{_ONLINE}NAME'.")
    return read_gmt(name)


def cluster_sets(members: list[list[str]], overlap: float = 0.5) -> NDArray[np.int64]:
    """Group sets that share most of the smaller one (average linkage on the overlap coefficient).

    Parameters
    ----------
    members : list of list of str
        The genes of each set.
    overlap : float
        Sets join at this overlap coefficient ``|A & B| / min(|A|, |B|)``.

    Returns
    -------
    ndarray of int64, shape (len(members),)
        Group numbers from 1, in order of first appearance.

    Examples
    --------
    >>> cluster_sets([["A", "B"], ["A", "B", "C"], ["X"]]).tolist()
    [1, 1, 2]
    """
    if len(members) < 2:
        return np.ones(len(members), np.int64)
    column = {gene: i for i, gene in enumerate(sorted({gene for genes in members for gene in genes}))}
    rows = np.repeat(np.arange(len(members)), [len(genes) for genes in members])
    columns = [column[gene] for genes in members for gene in genes]
    table = sparse.csr_matrix((np.ones(len(columns)), (rows, columns)), shape=(len(members), max(len(column), 1)))
    shared = (table @ table.T).toarray()
    size = np.maximum(np.asarray(table.sum(axis=1)).ravel(), 1)
    distance = 1 - shared / np.minimum.outer(size, size)
    np.fill_diagonal(distance, 0)
    raw = fcluster(linkage(squareform(np.clip(distance, 0, 1), checks=False), "average"), 1 - overlap, "distance")
    _, first, inverse = np.unique(raw, return_index=True, return_inverse=True)
    return (np.argsort(np.argsort(first)) + 1)[inverse].astype(np.int64)


def _fetch_library(name: str) -> dict[str, list[str]]:
    import gseapy

    try:
        return {term: list(genes) for term, genes in gseapy.get_library(name).items()}
    except Exception as error:  # gseapy raises many kinds for one cause: the service did not answer
        raise OfflineError(
            f"the Enrichr library {name} could not be fetched ({type(error).__name__}). Give a GMT file to work offline."
        ) from error


def load_gene_sets() -> dict[str, list[str]]:
    """Load the bundled gene sets, made from the curated network by ``scripts/make_gene_sets.py``.

    Examples
    --------
    >>> "BGLAP" in load_gene_sets()["OSTEOANABOLIC"]
    True
    """
    return read_gmt(bundled_path("networks/osteoblast/gene_sets.gmt"))
