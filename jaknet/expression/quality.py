"""`check_quality`: is the dataset what it claims to be, and deep enough to say anything?"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaknet.errors import UnknownNameError, few
from jaknet.expression.expression import Expression, Source, as_expression
from jaknet.expression.symbols import symbol_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["OSTEOBLAST_MARKERS", "Quality", "check_quality", "depth_warnings"]

#: Transcripts that osteoblasts at some stage express at high levels.
OSTEOBLAST_MARKERS = ("RUNX2", "SP7", "ALPL", "COL1A1", "COL1A2", "SPARC", "SPP1", "IBSP", "BGLAP")
_FEMALE, _MALE = ("XIST",), ("RPS4Y1", "DDX3Y", "KDM5D", "EIF1AY", "UTY", "EIF2S3Y")
_LEAST_READS = 1e6  # below a million reads most regulators and markers are not seen at all
_LEAST_DETECTED = 8000  # genes with 5 reads in a median sample, where the matrix lists a whole transcriptome
_SEEN = 1.0  # counts per million from which a marker counts as expressed
_PRESENT = 5.0  # counts per million from which a sex-specific gene tells the sex
_VARIABLE = 1000  # genes of largest variance used for correlation and components


@dataclass(frozen=True)
class Quality:
    """What was checked, sample by sample.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a sample: ``library_size``, ``detected_genes``, ``own_group`` and ``other_group`` (median correlation with them),
        ``pc1``, ``pc2``, ``sex`` (``female``, ``male``, ``both`` or empty), ``flags``.
    warnings : tuple of str
        What the user should know before trusting a result, most serious first; empty if nothing was found.
    correlation : pandas.DataFrame
        Samples x samples, Pearson, log expression of the most variable genes.
    markers : pandas.Series
        Mean expression of the marker genes, in counts (or TPM) per million, or log2 units; NaN where not measured.
    """

    table: pd.DataFrame
    warnings: tuple[str, ...]
    correlation: pd.DataFrame = field(repr=False)
    markers: pd.Series = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table."""
        return self.table.copy()

    def figure(self) -> Figure:
        """Draw library sizes, the first two components and the sample correlations."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(12, 3.8), layout="constrained")
        sizes, components, heat = figure.subplots(1, 3)
        names, flagged = list(self.table.index), self.table["flags"] != ""
        colours = ["#c0392b" if flag else "#2c6e91" for flag in flagged]
        sizes.barh(names, self.table["library_size"], color=colours)
        sizes.set(xlabel="sum of expression (reads, for counts)", title="library size")
        sizes.invert_yaxis()
        components.scatter(self.table["pc1"], self.table["pc2"], c=colours)
        for name, row in self.table.iterrows():
            components.annotate(str(name), (row["pc1"], row["pc2"]), fontsize=6)
        components.set(xlabel="component 1", ylabel="component 2", title="samples (red: flagged)")
        image = heat.imshow(self.correlation, cmap="viridis")
        heat.set(xticks=[], yticks=range(len(names)), yticklabels=names, title="correlation")
        for axes in (sizes, heat):
            axes.tick_params(axis="y", labelsize=6)
        figure.colorbar(image, ax=heat)
        return figure

    def __repr__(self) -> str:
        return "\n".join([f"Quality: {len(self.table)} samples, {len(self.warnings)} warnings", *(f"  - {line}" for line in self.warnings)])


def check_quality(
    expression: Expression | Source,
    samples: str | os.PathLike[str] | pd.DataFrame | None = None,
    factor: str | None = None,
    markers: Sequence[str] = OSTEOBLAST_MARKERS,
) -> Quality:
    """Check depth, outlying and swapped samples, sex, species and marker genes.

    Parameters
    ----------
    expression : Expression, path, pandas.DataFrame or AnnData
        What `read_expression` returns, or accepts.
    samples : path or pandas.DataFrame, optional
        Sample table; by default the one that came with `expression`. A column ``sex`` is compared with the sex that
        XIST and the genes of the Y chromosome show.
    factor : str, optional
        Column of the groups: a sample more like another group than like its own is called a possible swap.
    markers : sequence of str
        Human symbols of genes the cells should express; by default those of osteoblasts.

    Returns
    -------
    Quality
        A dataset too shallow to use also raises a `UserWarning`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> counts = pd.DataFrame(rng.poisson(3e5, (9, 4)), index=list(OSTEOBLAST_MARKERS), columns=list("abcd"))
    >>> check_quality(counts)
    Quality: 4 samples, 0 warnings
    """
    data = as_expression(expression, samples)
    table = data.samples
    matrix = data.matrix if table is None else data.matrix[list(table.index)]
    logs, level = _log_levels(symbol_rows(matrix, data.species, data.kind, "human").table, matrix, data.kind)
    groups = None if table is None or factor is None else _groups(table, factor)
    result, correlation = _sample_table(matrix, logs, groups)
    result["sex"] = _sex(level, data.kind)
    means = level.mean(axis=1).reindex(list(markers))
    shallow = depth_warnings(matrix) if data.kind == "counts" else []
    if shallow:
        warnings.warn(". ".join(shallow) + ".", UserWarning, stacklevel=2)
    found = [*shallow, *_flag_samples(result, groups), *_sex_findings(result, table), *_marker_findings(means, data.kind)]
    return Quality(result, tuple(found), correlation, means)


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


def _log_levels(merged: pd.DataFrame, matrix: pd.DataFrame, kind: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return log2 expression, and expression per million (log2 intensities as they are)."""
    if kind == "log_intensity":
        return merged, merged
    level = merged / matrix.sum(axis=0) * 1e6 if kind == "counts" else merged
    prior = 2e6 / max(float(matrix.sum(axis=0).median()), 2e6) if kind == "counts" else 0.0
    return np.log2(level + max(prior, 1.0)), level


def _sample_table(matrix: pd.DataFrame, logs: pd.DataFrame, groups: pd.Series | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    variable = logs.loc[logs.var(axis=1).nlargest(_VARIABLE).index].to_numpy()
    centred = variable - variable.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = np.atleast_2d(np.corrcoef(variable.T))
        relative = np.atleast_2d(np.corrcoef(centred.T))
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    components = np.zeros((matrix.shape[1], 2))
    components[:, : min(2, len(sizes))] = (axes[:2] * sizes[:2, None]).T
    names = matrix.columns
    labels = np.zeros(len(names)) if groups is None else groups.to_numpy()
    own, other = _group_correlation(correlation if groups is None else relative, labels)
    columns = {"library_size": matrix.sum(axis=0), "detected_genes": (matrix > 0).sum(axis=0), "own_group": own, "other_group": other}
    columns |= {"pc1": components[:, 0], "pc2": components[:, 1]}
    return pd.DataFrame(columns, index=names), pd.DataFrame(correlation, index=names, columns=names)


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


def _flag_samples(result: pd.DataFrame, groups: pd.Series | None) -> list[str]:
    """Write the flags into the table and say what they mean."""
    result["flags"] = ""
    mean = result["own_group"] if groups is None else result[["own_group", "other_group"]].max(axis=1)
    if mean.isna().all():  # a single sample resembles nothing
        return []
    typical = mean.median()
    spread = max(1.4826 * (mean - typical).abs().median(), 0.02)
    outlying = result.index[(mean < typical - 5 * spread) & (len(result) > 4)]
    result.loc[outlying, "flags"] = "outlier"
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
        result.loc[swapped, "flags"] = "swapped?"
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
        result.loc[wrong, "flags"] = "sex"
        if len(wrong):
            found.append(f"samples {few(wrong)} are not of the declared sex by XIST and the Y chromosome: swapped?")
    return found


def _marker_findings(means: pd.Series, kind: str) -> list[str]:
    if kind == "log_intensity" or means.empty:
        return []
    silent = means.index[~(means >= _SEEN)]
    if 3 * len(silent) < len(means):
        return []
    return [f"markers {few(silent, 9)} are below {_SEEN:g} per million or not measured: are these the cells you think?"]
