"""Where expression data and their sample tables come from: GEO, AnnData, the user's tables."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from jaknet.errors import InputError, UnknownNameError, few
from jaknet.tables import open_text, read_delimited

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["counts_layer", "match_samples", "open_h5ad", "read_samples", "read_series_matrix", "select_samples"]

_BEGIN, _END = "!series_matrix_table_begin", "!series_matrix_table_end"
_FIELDS = ("title", "source_name_ch1", "organism_ch1", "characteristics_ch1")


def read_series_matrix(path: Path) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Read a GEO series matrix.

    Parameters
    ----------
    path : path
        ``GSE..._series_matrix.txt``, gz or not.

    Returns
    -------
    (pandas.DataFrame, pandas.DataFrame, dict)
        Values with the row names first; samples, one row an accession, ``characteristics_ch1`` split at
        its colon into columns; and a report.

    Raises
    ------
    InputError
        If the file has no value table, as for RNA sequencing, whose counts GEO keeps in supplementary files.
    """
    samples: dict[str, list[str]] = {}
    start = None
    with open_text(path) as stream:
        for number, line in enumerate(stream):
            if line.startswith(_BEGIN):
                start = number + 1
                break
            if line.startswith("!Sample_"):
                cells = next(csv.reader([line.rstrip("\n")], delimiter="\t"))
                _collect(samples, cells[0].removeprefix("!Sample_"), cells[1:])
        following = [next(stream, ""), next(stream, "")] if start is not None else []
    if start is None or not following[1].strip() or following[1].startswith(_END):
        raise InputError(
            f"series matrix {path.name!r} holds no values; for RNA sequencing GEO keeps the counts in a supplementary file: "
            "read that one instead."
        )
    values = read_delimited(path, skip=start, stop=_END)
    return values, pd.DataFrame(samples), {"format": "GEO series matrix"}


def _collect(samples: dict[str, list[str]], name: str, cells: list[str]) -> None:
    if name == "geo_accession":
        samples["sample"] = cells
    elif name == "characteristics_ch1" and cells and all(re.match(r"[^:]+:", cell) for cell in cells if cell):
        # By the key of each cell: where samples differ in their characteristics, one line holds several.
        for place, (key, value) in ((i, cell.split(":", 1)) for i, cell in enumerate(cells) if cell):
            samples.setdefault(key.strip(), [""] * len(cells))[place] = value.strip()
    elif name in _FIELDS:
        samples[name] = cells


def open_h5ad(path: Path) -> AnnData:
    """Read an h5ad file.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    AnnData

    Raises
    ------
    InputError
        If it is absent, or no h5ad file.
    """
    import anndata

    if not path.is_file():
        raise InputError(f"file {str(path)!r} does not exist; check the path.")
    try:
        return anndata.read_h5ad(path)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise InputError(f"file {path.name!r} is not a readable h5ad file ({str(error)[:120]}).") from error


def counts_layer(adata: AnnData) -> tuple[Any, str]:
    """Return the values of an AnnData object, layer ``counts`` before ``X``.

    Parameters
    ----------
    adata : AnnData
        Cells or samples x genes.

    Returns
    -------
    (array or sparse matrix, str)
        The values, and the layer they are from.

    Raises
    ------
    InputError
        If there are no values.
    """
    layer = "counts" if "counts" in adata.layers else "X"
    values = adata.layers["counts"] if layer == "counts" else adata.X
    if values is None or 0 in adata.shape:
        raise InputError(f"the AnnData object is empty: {adata.n_obs} observations, {adata.n_vars} variables.")
    return values, layer


def read_samples(source: str | os.PathLike[str] | pd.DataFrame) -> pd.DataFrame:
    """Return a sample table from a file or a frame, all columns kept.

    Parameters
    ----------
    source : path or pandas.DataFrame
        One row a sample. A frame's index, unless it is a plain range, counts as a column named ``sample``.

    Returns
    -------
    pandas.DataFrame
    """
    if not isinstance(source, pd.DataFrame):
        return read_delimited(source)
    if isinstance(source.index, pd.RangeIndex):
        return source.copy()
    frame = source.copy()
    name = next(name for name in ("sample", "sample_name", "sample_index") if name not in frame)
    frame.insert(0, name, source.index.astype(str))
    return frame.reset_index(drop=True)


def match_samples(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Index a sample table by the samples of a matrix, in the matrix's order.

    Parameters
    ----------
    table : pandas.DataFrame
        As `read_samples` returns it; the column that shares most values with `names` names the samples.
    names : sequence of str
        Columns of the matrix.

    Returns
    -------
    pandas.DataFrame
        One row for each sample that both have.

    Raises
    ------
    InputError
        If a row of the table matches no column of the matrix, or names one twice.

    Examples
    --------
    >>> table = pd.DataFrame({"id": ["s2", "s1"], "treatment": ["drug", "vehicle"]})
    >>> list(match_samples(table, ["s1", "s2", "s3"]).index)
    ['s1', 's2']
    """
    known = set(names)
    texts = {str(column): table[column].astype(str).str.strip() for column in table}
    column = max(texts, key=lambda name: int(texts[name].isin(known).sum()))
    keys = texts[column]
    unmatched = keys[~keys.isin(known)]
    if len(unmatched):
        raise InputError(
            f"samples do not match: {len(unmatched)} of {len(keys)} rows of the sample table ({few(unmatched)}) are not columns "
            f"of the matrix ({few(names)}); use the same names in both."
        )
    if keys.duplicated().any():
        raise InputError(f"the sample table names {few(keys[keys.duplicated()].unique())} more than once; keep one row a sample.")
    indexed = table.set_axis(pd.Index(keys, name="sample"), axis=0).rename(columns=str)
    return indexed.loc[[name for name in names if name in set(keys)]].drop(columns=column if column == "sample" else [])


def select_samples(samples: pd.DataFrame, subset: Mapping[str, Any]) -> pd.DataFrame:
    """Keep the samples whose columns have the given value, or one of the given values.

    Parameters
    ----------
    samples : pandas.DataFrame
        One row a sample.
    subset : mapping
        Column -> value or values, compared as text.

    Returns
    -------
    pandas.DataFrame
        The rows that agree in every column.

    Raises
    ------
    InputError
        For an unknown column or value, or if no sample is left.

    Examples
    --------
    >>> samples = pd.DataFrame({"time": ["3h", "24h"]}, index=["a", "b"])
    >>> list(select_samples(samples, {"time": "3h"}).index)
    ['a']
    """
    for column, wanted in subset.items():
        if column not in samples:
            raise UnknownNameError("sample column", [column], samples.columns)
        levels = samples[column].astype(str)
        values = [wanted] if pd.api.types.is_scalar(wanted) else list(wanted)
        unknown = [value for value in values if str(value) not in set(levels)]
        if unknown:
            raise UnknownNameError(f"level of {column}", unknown, sorted(levels.unique()))
        samples = samples[levels.isin([str(value) for value in values])]
    if samples.empty:
        raise InputError(f"no sample is left after the selection {dict(subset)}; loosen it.")
    return samples
