"""Gene sets: bundled, from a GMT file, from a mapping, or (online) an Enrichr library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from jaknet.data.registry import bundled_path
from jaknet.errors import InputError, OfflineError, few
from jaknet.shared_docs import describe
from jaknet.tables import read_gmt

__all__ = ["as_gene_sets", "cluster_sets", "load_gene_sets"]


@describe
def as_gene_sets(gene_sets: Mapping[str, Iterable[str]] | str | Path | None = None) -> dict[str, list[str]]:
    """Return gene sets as a mapping of name to genes. An Enrichr library is asked for over the internet.

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
        For an empty mapping or a broken file.
    OfflineError
        If a library name cannot be looked up.

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
    if Path(gene_sets).suffix == ".gmt" or Path(gene_sets).exists():
        return read_gmt(gene_sets)
    return _fetch_library(str(gene_sets))


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
        tried = f"no file {name}, and the Enrichr library of that name could not be fetched ({type(error).__name__})"
        raise OfflineError(f"{tried}. Give a GMT file to work offline.") from error


def load_gene_sets() -> dict[str, list[str]]:
    """Load the bundled gene sets, made from the curated network by ``scripts/make_gene_sets.py``.

    Examples
    --------
    >>> "BGLAP" in load_gene_sets()["OSTEOANABOLIC"]
    True
    """
    return read_gmt(bundled_path("networks/osteoblast/gene_sets.gmt"))
