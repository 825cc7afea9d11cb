"""`pseudobulk`: single cells summed per donor, so that donors and not cells are the replicates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jaknet.errors import InputError, UnknownNameError, few
from jaknet.expression.expression import Expression, read_expression
from jaknet.expression.sources import counts_layer, open_h5ad
from jaknet.shared_docs import describe

if TYPE_CHECKING:
    import os

    from anndata import AnnData

__all__ = ["pseudobulk"]


@describe
def pseudobulk(
    adata: AnnData | str | os.PathLike[str], donor: str, group: str | Sequence[str], min_cells: int = 10, species: str = "auto"
) -> Expression:
    """Sum the counts of the cells of each donor in each group.

    Cells of one donor are no independent replicates: testing them as such calls thousands of genes by chance
    (Squair 2021, Nat Commun 12:5692). The result goes into `contrast` like any other counts.

    Parameters
    ----------
    adata : AnnData or path of an h5ad file
        Cells x genes, raw counts in layer ``counts`` or in X; sparse stays sparse.
    donor : str
        Column of ``obs`` that names the donor, animal or culture.
    group : str or sequence of str
        Columns of ``obs`` that define the groups: the treatment, and the cell type if cells are not of one kind.
    min_cells : int
        Sums over fewer cells are left out and counted in the report.
    %(species)s

    Returns
    -------
    Expression
        One sample for each donor and group, with the columns ``donor``, `group` and ``cells`` in its sample table.

    Raises
    ------
    InputError
        For unknown columns, values that are no counts, or no sum of enough cells.

    Examples
    --------
    >>> import anndata
    >>> obs = pd.DataFrame({"donor": list("aabb") * 10, "stim": ["ctrl", "ifnb"] * 20})
    >>> obs.index = obs.index.astype(str)
    >>> cells = anndata.AnnData(np.ones((40, 2)), obs=obs, var=pd.DataFrame(index=["ISG15", "STAT1"]))
    >>> pseudobulk(cells, donor="donor", group="stim").matrix.iloc[0].to_dict()
    {'a.ctrl': 10, 'a.ifnb': 10, 'b.ctrl': 10, 'b.ifnb': 10}
    """
    cells: Any = adata if hasattr(adata, "obs") else open_h5ad(Path(str(adata)))
    columns = [donor, *([group] if isinstance(group, str) else group)]
    unknown = [column for column in columns if column not in cells.obs]
    if unknown:
        raise UnknownNameError("column of obs", unknown, cells.obs.columns)
    values, layer = counts_layer(cells)
    stored = values.data if hasattr(values, "tocsr") else np.asarray(values)
    if stored.size and (stored.min() < 0 or (stored != np.rint(stored)).any()):
        raise InputError(f"{layer} of the AnnData object has fractions or negative values; put the raw counts in layers['counts'].")
    labels = cells.obs[columns].astype(str)
    keys = labels.agg(".".join, axis=1)
    sizes = keys.value_counts().sort_index()
    enough = sizes.index[sizes >= min_cells]
    if not len(enough):
        raise InputError(f"no donor has {min_cells} cells in any group (most: {sizes.max()}); lower min_cells or use coarser groups.")
    chosen = np.stack([np.asarray(values[(keys == key).to_numpy()].sum(axis=0)).ravel() for key in enough], axis=1)
    table = labels.rename(columns={donor: "donor"}).assign(sample=keys).drop_duplicates("sample").set_index("sample").loc[enough]
    table["cells"] = sizes[enough]
    matrix = pd.DataFrame(np.rint(chosen).astype(np.int64), index=cells.var_names.astype(str), columns=list(enough))
    read = read_expression(matrix, table, kind="counts", species=species, duplicates="sum")
    report = {**read.report, "format": "pseudobulk", "layer": layer, "cells": int(sizes[enough].sum())}
    report["dropped_small_sums"] = few(sizes.index[sizes < min_cells]) if len(enough) < len(sizes) else 0
    return Expression(read.matrix, read.samples, "counts", read.species, report, read.provenance)
