"""`pseudobulk`: single cells summed per donor, so that donors and not cells are the replicates."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jaknet.errors import InputError, UnknownNameError, check_type, check_whole, few
from jaknet.expression.design import as_names
from jaknet.expression.expression import Expression, read_expression
from jaknet.expression.sources import counts_layer, open_h5ad
from jaknet.shared_docs import describe

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["pseudobulk", "refuse_cells"]

_MANY = 50  # observations; few bulk experiments have more
_READS = 20_000  # in the median observation; the shallowest bulk samples have five times that
_GENES = 5_000  # detected in the median observation, where values are no counts; bulk samples have twice that
_OF_ONE_DONOR = 10  # observations in one group, beyond any number of technical replicates
_DONORS = re.compile(
    r"^(donor|patient|subject|individual|ind|person|animal|mouse|participant)s?([._ ]?(id|name|no|number))?$", re.IGNORECASE
)


@describe
def pseudobulk(
    adata: AnnData | str | os.PathLike[str] | pd.DataFrame,
    donor: str,
    group: str | Sequence[str],
    min_cells: int = 10,
    species: str = "auto",
    *,
    samples: str | os.PathLike[str] | pd.DataFrame | None = None,
) -> Expression:
    """Sum the counts of the cells of each donor in each group.

    Cells of one donor are no independent replicates: testing them as such calls thousands of genes by chance
    (Squair 2021, Nat Commun 12:5692). The result goes into `contrast` like any other counts.

    Parameters
    ----------
    adata : AnnData, path or pandas.DataFrame
        An h5ad file or its content: cells x genes, raw counts in layer ``counts`` or in X; sparse stays sparse. With
        `samples`, any matrix of counts that `read_expression` reads.
    donor : str
        Column of ``obs``, or of `samples`, that names the donor, animal or culture.
    group : str or sequence of str
        Columns that define the groups: the treatment, and the cell type if cells are not of one kind.
    min_cells : int
        Sums over fewer cells are left out and counted in the report.
    %(species)s
    samples : path or pandas.DataFrame, optional
        One row a cell; by default ``obs``.

    Returns
    -------
    Expression
        One sample for each donor and group, with the columns `donor`, `group` and ``cells`` in its sample table.

    Raises
    ------
    InputError
        For unknown columns, cells without donor or group, values that are no counts, or no sum of enough cells.

    Examples
    --------
    >>> import anndata
    >>> obs = pd.DataFrame({"donor": list("aabb") * 10, "stim": ["ctrl", "ifnb"] * 20})
    >>> obs.index = obs.index.astype(str)
    >>> cells = anndata.AnnData(np.ones((40, 2)), obs=obs, var=pd.DataFrame(index=["ISG15", "STAT1"]))
    >>> pseudobulk(cells, donor="donor", group="stim").matrix.iloc[0].to_dict()
    {'a.ctrl': 10, 'a.ifnb': 10, 'b.ctrl': 10, 'b.ifnb': 10}
    """
    check_type("donor", donor, str, "the name of a column")
    check_whole("min_cells", min_cells, least=1)
    groups = as_names("group", group)
    if donor in groups:
        raise InputError(f"{donor} names the donors and cannot be a group as well; take it out of one of the two.")
    values, names, obs, layer = _cells(adata, samples)
    labels = _labels(obs, [donor, *groups], "obs" if samples is None else "samples")
    keys = labels.agg(".".join, axis=1)
    sizes = keys.value_counts().sort_index()
    enough = sizes.index[sizes >= min_cells]
    if not len(enough):
        raise InputError(f"no donor has {min_cells} cells in any group (most: {sizes.max()}); lower min_cells or use coarser groups.")
    chosen = np.stack([np.asarray(values[(keys == key).to_numpy()].sum(axis=0)).ravel() for key in enough], axis=1)
    table = labels.assign(sample=keys).drop_duplicates("sample").set_index("sample").loc[enough]
    table["cells"] = sizes[enough]
    matrix = pd.DataFrame(np.rint(chosen).astype(np.int64), index=names, columns=list(enough))
    read = read_expression(matrix, table, kind="counts", species=species, duplicates="sum")
    report = {**read.report, "format": "pseudobulk", "layer": layer, "cells": int(sizes[enough].sum())}
    report["dropped_small_sums"] = few(sizes.index[sizes < min_cells]) if len(enough) < len(sizes) else 0
    return Expression(read.matrix, read.samples, "counts", read.species, report, read.provenance)


def _cells(adata: Any, samples: Any) -> tuple[Any, pd.Index, pd.DataFrame, str]:
    """Return counts (cells x genes), names of the genes, what is known of each cell, and the layer."""
    if samples is not None:
        data = read_expression(adata, samples, duplicates="sum")
        if data.kind != "counts" or data.samples is None:
            raise InputError(f"cells are summed as counts, and these values are {data.kind}; give the raw counts.")
        return data.matrix[list(data.samples.index)].to_numpy().T, data.matrix.index, data.samples, data.kind
    if not hasattr(adata, "obs"):
        check_type("adata", adata, (str, os.PathLike), "an AnnData object, the path of an h5ad file, or a matrix with samples=")
    cells: Any = adata if hasattr(adata, "obs") else open_h5ad(Path(adata))
    values, layer = counts_layer(cells)
    stored = values.data if hasattr(values, "tocsr") else np.asarray(values)
    if stored.size and (stored.min() < 0 or (stored != np.rint(stored)).any()):
        raise InputError(f"{layer} of the AnnData object has fractions or negative values; put the raw counts in layers['counts'].")
    return values, cells.var_names.astype(str), cells.obs, layer


def _labels(obs: pd.DataFrame, columns: list[str], where: str) -> pd.DataFrame:
    unknown = [column for column in columns if column not in obs]
    if unknown:
        raise UnknownNameError(f"column of {where}", unknown, obs.columns)
    lacking = obs[columns].isna().any(axis=1)
    if lacking.any():
        raise InputError(f"{int(lacking.sum())} cells have no {' or no '.join(columns)}: {few(obs.index[lacking])}; leave them out first.")
    return obs[columns].astype(str)


def refuse_cells(matrix: pd.DataFrame, kind: str, samples: pd.DataFrame, factor: str) -> None:
    """Refuse single cells where samples are wanted.

    Cells are told by their number (more than 50) together with few reads (fewer than 20,000 counts in the median one,
    or, where values are no counts, fewer than 5,000 genes and half of all), or with 10 or more of one donor in a group.

    Parameters
    ----------
    matrix : pandas.DataFrame
        Genes x samples.
    kind : str
        Of its values; see `jaknet.expression.kinds.KINDS`.
    samples : pandas.DataFrame
        The samples that are used, one row each.
    factor : str
        Column of the treatment.

    Raises
    ------
    InputError
        Which names `pseudobulk`, and the column of the donors where one looks like it.

    Examples
    --------
    >>> cells = pd.DataFrame(np.ones((30, 60)), columns=[f"c{i}" for i in range(60)])
    >>> try:
    ...     refuse_cells(cells, "counts", pd.DataFrame({"stim": "a", "patient": 1}, index=cells.columns), "stim")
    ... except InputError as error:
    ...     str(error).split(", and")[0]
    '60 samples look like single cells (counts in the median one: 30)'
    """
    if len(samples) <= _MANY:
        return
    donors = [column for column in samples if _DONORS.match(str(column)) and column != factor]
    why = _shallow(matrix[list(samples.index)].to_numpy(), kind)
    crowded = donors and factor in samples and samples.groupby([donors[0], factor], observed=True).size().median() >= _OF_ONE_DONOR
    if not why and crowded:
        why = f"10 or more of one {donors[0]} in a group"
    if why:
        which = f"donor={donors[0]!r}" if donors else f"the column of donors as donor= (columns: {few(samples.columns)})"
        raise InputError(
            f"{len(samples)} samples look like single cells ({why}), and cells of one donor are no replicates of each other: "
            f"sum them with pseudobulk, {which}; or, to test cells all the same, say cells_as_replicates=True."
        )


def _shallow(values: np.ndarray[Any, Any], kind: str) -> str:
    """Say how little was seen in the median observation; empty if it is enough for a sample."""
    if kind == "counts":
        reads = float(np.median(values.sum(axis=0)))
        return f"counts in the median one: {reads:,.0f}" if reads < _READS else ""
    genes = int(np.median((values > 0).sum(axis=0)))
    return f"genes detected in the median one: {genes:,} of {len(values):,}" if genes < min(_GENES, len(values) / 2) else ""
