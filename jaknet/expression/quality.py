"""`check_quality`: is the dataset what it claims to be, and deep enough to say anything?"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaknet.errors import InputError, UnknownNameError, few
from jaknet.expression.coverage import OSTEOBLAST_MARKERS, few_genes, silent_markers
from jaknet.expression.expression import Expression, Source, as_expression
from jaknet.expression.sources import select_samples
from jaknet.expression.symbols import GeneSums, symbol_rows
from jaknet.shown import Drawn, notebook_html

__all__ = ["OSTEOBLAST_MARKERS", "Quality", "check_quality", "depth_warnings", "examine"]

_FEMALE, _MALE = ("XIST",), ("RPS4Y1", "DDX3Y", "KDM5D", "EIF1AY", "UTY", "EIF2S3Y")
_LEAST_READS = 1e6  # below a million reads most regulators and markers are not seen at all
_LEAST_DETECTED = 8000  # genes with 5 reads in a median sample, where the matrix lists a whole transcriptome
_FEW = 10  # rows, fewer than which may be the same in two samples by chance
_SEEN = 1.0  # counts per million from which a marker counts as expressed
_PRESENT = 5.0  # counts per million from which a sex-specific gene tells the sex
_VARIABLE = 1000  # genes of largest variance used for correlation and components
_BLOCK = 4000  # genes whose logarithms are held at once


@dataclass(frozen=True)
class Quality(Drawn, figure="quality"):
    """What was checked, sample by sample.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a sample, sorted by name: ``library_size``, ``detected_genes``, ``own_group`` and ``other_group`` (median correlation
        with them), ``pc1``, ``pc2``, ``sex`` (``female``, ``male``, ``both`` or empty), ``flags``.
    warnings : tuple of str
        What the user should know before trusting a result, most serious first; empty if nothing was found.
    correlation : pandas.DataFrame
        Samples x samples, Pearson, log expression of the most variable genes.
    markers : pandas.Series
        Mean expression of the marker genes, in counts (or TPM) per million, or log2 units; NaN where not measured.
    faults : tuple of str
        Those of the warnings that concern the measurement itself: too few reads, constant or repeated samples.
    """

    table: pd.DataFrame
    warnings: tuple[str, ...]
    correlation: pd.DataFrame = field(repr=False)
    markers: pd.Series = field(repr=False)
    faults: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return the table with the names of the samples as its first column, ``sample``."""
        return self.table.rename_axis("sample").reset_index()

    def __repr__(self) -> str:
        return "\n".join([f"Quality: {len(self.table)} samples, {len(self.warnings)} warnings", *(f"  - {line}" for line in self.warnings)])

    def _repr_html_(self) -> str:
        return notebook_html(repr(self), self.to_frame(), rows=len(self.table))


def check_quality(
    expression: Expression | Source,
    samples: str | os.PathLike[str] | pd.DataFrame | None = None,
    factor: str | None = None,
    markers: Sequence[str] = OSTEOBLAST_MARKERS,
    subset: Mapping[str, Any] | None = None,
) -> Quality:
    """Check depth, constant, repeated, outlying and swapped samples, sex, species and marker genes.

    Parameters
    ----------
    expression : Expression, path, pandas.DataFrame or AnnData
        What `read_expression` returns, or accepts.
    samples : path or pandas.DataFrame, optional
        Sample table; by default the one that came with `expression`. Samples that it leaves out are not checked. A column
        ``sex`` is compared with the sex that XIST and the genes of the Y chromosome show.
    factor : str, optional
        Column of the groups: a sample more like another group than like its own is called a possible swap.
    markers : sequence of str
        Human symbols of genes the cells should express; by default those of osteoblasts.
    subset : mapping, optional
        Columns of the sample table -> value or values of the samples to check, e.g. ``{"time": "3h"}``.

    Returns
    -------
    Quality
        Where the measurement itself is at fault (`Quality.faults`), a `UserWarning` says so too.

    Raises
    ------
    InputError
        For an unknown column.

    Examples
    --------
    >>> from jaknet.expression.examples import load_example
    >>> check_quality(load_example("simulated").expression, factor="treatment")
    Quality: 8 samples, 0 warnings
    """
    data = as_expression(expression, samples)
    if data.samples is None and (factor or subset):
        raise InputError("factor= and subset= name columns of the sample table, and there is none; give samples= with one row a sample.")
    table = data.samples if data.samples is None else select_samples(data.samples, subset or {})
    quality = examine(data, table, factor, markers)
    if quality.faults:
        warnings.warn(". ".join(quality.faults) + ".", UserWarning, stacklevel=2)
    return quality


def examine(
    data: Expression,
    table: pd.DataFrame | None = None,
    factor: str | None = None,
    markers: Sequence[str] = OSTEOBLAST_MARKERS,
    genes: GeneSums | None = None,
) -> Quality:
    """Check the samples of a table as `check_quality` does, without raising a `UserWarning`.

    Parameters
    ----------
    data : Expression
        The matrix.
    table : pandas.DataFrame, optional
        Rows of the sample table that are used, by sample name; by default every column of the matrix.
    factor : str, optional
        Column of the groups.
    markers : sequence of str
        Human symbols of genes the cells should express.
    genes : GeneSums, optional
        The matrix by human symbols, if it is at hand.

    Returns
    -------
    Quality

    Raises
    ------
    InputError
        For an unknown factor.
    """
    # One order of samples, so that another order in the files changes no bit of the result.
    names = sorted(data.matrix if table is None else table.index, key=str)
    matrix = data.matrix if list(data.matrix) == names else data.matrix[names]
    table = table if table is None else table.loc[names]
    groups = None if table is None or factor is None else _groups(table, factor)
    result = _sizes(matrix)
    genes = genes or symbol_rows(matrix, data.species, data.kind, "human")
    linear = data.kind != "log_intensity"
    correlation = _add_correlations(result, _variable_logs(genes.table, result["library_size"], data.kind), groups)
    level = genes.table.reindex(index=dict.fromkeys([*markers, *_FEMALE, *_MALE]), columns=names)
    level = level / result["library_size"] * 1e6 if linear else level
    result["sex"] = _sex(level, data.kind)
    means = level.loc[list(markers)].mean(axis=1)
    faults = [*(depth_warnings(matrix) if data.kind == "counts" else []), *_sameness(matrix, result)]
    found = [*faults, *few_genes(len(genes.table), genes.report["mapped"] / genes.report["given"], data.species)]
    found += [*_flag_samples(result, groups), *_sex_findings(result, table), *_marker_findings(means, data.kind)]
    return Quality(result, tuple(found), correlation, means, tuple(faults))


def depth_warnings(counts: pd.DataFrame) -> list[str]:
    """Say what is wrong with the depth of a count matrix, if anything.

    Parameters
    ----------
    counts : pandas.DataFrame
        Genes x samples.

    Returns
    -------
    list of str
        Empty if the median sample has a million reads and, of a matrix of 10,000 genes or more, 8,000 genes with 5 reads.

    Examples
    --------
    >>> depth_warnings(pd.DataFrame({"a": [120, 30], "b": [90, 10]}))[0].split(":")[0]
    'LOW DEPTH'
    """
    totals = counts.sum(axis=0)
    found = []
    if totals.median() < _LEAST_READS:
        found.append(
            f"LOW DEPTH: the median sample has {totals.median():,.0f} reads, where 10,000,000 are usual; "
            "most genes cannot be seen to change, and a missing effect means nothing: sequence deeper"
        )
    low = totals[totals < totals.median() / 5]
    if len(low):
        found.append(f"samples {few(low.index)} have less than a fifth of the reads of the median sample; consider leaving them out")
    detected = (counts >= 5).sum(axis=0).median()
    if len(counts) >= 10_000 and detected < _LEAST_DETECTED:
        found.append(f"FEW GENES: only {detected:,.0f} genes have 5 reads or more in the median sample, where 12,000 are usual")
    return found


def _groups(table: pd.DataFrame, factor: str) -> pd.Series:
    if factor not in table:
        raise UnknownNameError("sample column", [factor], table.columns)
    return table[factor].astype(str)


def _sizes(matrix: pd.DataFrame) -> pd.DataFrame:
    """Return library size and genes seen of each sample."""
    columns = {name: matrix[name].to_numpy() for name in matrix}
    # Sorted first, so that the order of genes changes no bit of a sum of fractions.
    totals = [values.sum() if values.dtype.kind in "iu" else np.sort(values).sum() for values in columns.values()]
    seen = [int((values > 0).sum()) for values in columns.values()]
    return pd.DataFrame({"library_size": totals, "detected_genes": seen}, index=matrix.columns)


def _variable_logs(genes: pd.DataFrame, totals: pd.Series, kind: str) -> NDArray[np.float64]:
    """Return log2 expression of the genes that vary most, block by block."""
    blocks = [genes.iloc[start : start + _BLOCK] for start in range(0, len(genes), _BLOCK)]
    variance = np.concatenate([_logs(block, totals, kind).var(axis=1) for block in blocks])
    return _logs(genes.iloc[np.argsort(-variance, kind="stable")[:_VARIABLE]], totals, kind)


def _logs(genes: pd.DataFrame, totals: pd.Series, kind: str) -> NDArray[np.float64]:
    """Return log2 expression, of counts and TPM per million."""
    values = np.ascontiguousarray(genes[totals.index].to_numpy(), dtype=float)
    return values if kind == "log_intensity" else np.log2(values / totals.to_numpy() * 1e6 + 1.0)


def _add_correlations(result: pd.DataFrame, variable: NDArray[np.float64], groups: pd.Series | None) -> pd.DataFrame:
    """Write correlations with the groups and the first two components into the table; return all correlations."""
    centred = variable - variable.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = np.atleast_2d(np.corrcoef(variable.T))
        relative = np.atleast_2d(np.corrcoef(centred.T))
    labels = np.zeros(len(result)) if groups is None else groups.to_numpy()
    result["own_group"], result["other_group"] = _group_correlation(correlation if groups is None else relative, labels)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    for place in range(2):
        known = place < len(sizes)
        axis = axes[place] * sizes[place] if known else np.zeros(len(result))
        # The sign of a component is arbitrary: the sample farthest out is positive.
        result[f"pc{place + 1}"] = axis if axis[np.abs(axis).argmax()] >= 0 else -axis
    return pd.DataFrame(correlation, index=result.index, columns=result.index)


def _group_correlation(correlation: NDArray[np.float64], labels: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Median correlation of each sample with the rest of its own group, and with the closest other group."""
    own, other = np.full(len(labels), np.nan), np.full(len(labels), np.nan)
    for i, label in enumerate(labels):
        mates = (labels == label) & (np.arange(len(labels)) != i)
        if mates.any():
            own[i] = np.median(correlation[i, mates])
        rivals = [np.median(correlation[i, labels == name]) for name in np.unique(labels) if name != label]
        other[i] = max(rivals) if rivals else np.nan
    return own, other


def _flag(result: pd.DataFrame, names: Iterable[str], flag: str) -> None:
    for name in names:
        result.loc[name, "flags"] = f"{result.loc[name, 'flags']}, {flag}".removeprefix(", ")


def _sameness(matrix: pd.DataFrame, result: pd.DataFrame) -> list[str]:
    """Find samples that hold one value throughout, and those that hold the values of another."""
    result["flags"] = ""
    values = {name: matrix[name].to_numpy(dtype=float) for name in matrix} if len(matrix) > 1 else {}
    constant = [name for name, column in values.items() if column.min() == column.max()]
    alike: dict[bytes, list[str]] = {}
    for name in [name for name in values if name not in constant]:
        alike.setdefault(sha256(values[name].tobytes()).digest(), []).append(name)
    twins = [group for group in alike.values() if len(group) > 1 and len(matrix) >= _FEW]
    _flag(result, constant, "constant")
    _flag(result, [name for group in twins for name in group], "repeated")
    found = [f"CONSTANT: samples {few(constant)} hold the same value for every gene; leave them out"] if constant else []
    if twins:
        pairs = "; ".join(few(group) for group in twins)
        found.append(f"REPEATED: samples {pairs} hold identical values; a copy is no replicate: keep one of them")
    return found


def _flag_samples(result: pd.DataFrame, groups: pd.Series | None) -> list[str]:
    """Write the flags into the table and say what they mean."""
    mean = result["own_group"] if groups is None else result[["own_group", "other_group"]].max(axis=1)
    if mean.isna().all():  # a single sample resembles nothing
        return []
    typical = mean.median()
    spread = max(1.4826 * (mean - typical).abs().median(), 0.02)
    outlying = result.index[(mean < typical - 5 * spread) & (len(result) > 4)]
    _flag(result, outlying, "outlier")
    found = []
    if len(outlying):
        lowest = mean[outlying].min()
        found.append(f"samples {few(outlying)} resemble no other sample (median correlation {lowest:.2f}, usual {typical:.2f})")
    if groups is None:
        return found
    large = groups.map(groups.value_counts()).gt(2).to_numpy()
    swapped = result.index[(result["other_group"] > result["own_group"] + 0.1) & large]
    if len(swapped) > len(result) / 3:
        found.append(f"samples do not group by {groups.name}: something else (time, batch, donor) differs more; adjust for it")
    elif len(swapped):
        _flag(result, swapped, "swapped?")
        found.append(f"samples {few(swapped)} resemble another group of {groups.name} more than their own: swapped labels?")
    return found


def _sex(level: pd.DataFrame, kind: str) -> list[str]:
    if kind == "log_intensity":
        return [""] * level.shape[1]  # a background of unknown height hides presence and absence
    female = level.reindex(_FEMALE).max(axis=0) >= _PRESENT
    male = level.reindex(_MALE).sum(axis=0, min_count=1) >= _PRESENT
    return ["both" if f and m else "female" if f else "male" if m else "" for f, m in zip(female, male)]


def _sex_findings(result: pd.DataFrame, table: pd.DataFrame | None) -> list[str]:
    found = []
    mixed = result.index[result["sex"] == "both"]
    if len(mixed):
        found.append(f"samples {few(mixed)} express XIST and genes of the Y chromosome: pooled or contaminated with cells of the other sex")
    column = next((name for name in table if str(name).lower() in ("sex", "gender")), None) if table is not None else None
    if table is not None and column is not None:
        declared = table[column].astype(str).str.lower().str[:1].map({"f": "female", "m": "male"}).fillna("")
        wrong = result.index[((declared != result["sex"]) & (declared != "") & result["sex"].isin(["female", "male"])).to_numpy()]
        _flag(result, wrong, "sex")
        if len(wrong):
            found.append(f"samples {few(wrong)} are not of the declared sex by XIST and the Y chromosome: swapped?")
    return found


def _marker_findings(means: pd.Series, kind: str) -> list[str]:
    if kind == "log_intensity":
        return silent_markers(means.index[means.isna()], means.index, "not measured")
    return silent_markers(means.index[~(means >= _SEEN)], means.index, f"below {_SEEN:g} per million or not measured")
