"""The sample table: read it, find the column that names the samples, and match it to the matrix."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from jaknet.errors import InputError, UnknownNameError, few
from jaknet.expression.sources import read_delimited

__all__ = ["match_samples", "read_samples", "select_samples"]


def read_samples(source: str | os.PathLike[str] | pd.DataFrame) -> pd.DataFrame:
    """Return a sample table from a file or a frame, all columns kept.

    Parameters
    ----------
    source : path or pandas.DataFrame
        One row a sample. A frame's index, unless it is a plain range, counts as a column named ``sample``.
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
