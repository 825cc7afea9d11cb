"""`Expression` and `read_expression`: any expression matrix in, checked and labelled."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from jaknet.errors import InputError, few
from jaknet.expression.kinds import as_kind
from jaknet.expression.sources import counts_layer, match_samples, open_h5ad, read_samples, read_series_matrix
from jaknet.expression.symbols import gene_share, species_of
from jaknet.provenance import Manifest, file_sha256, make_manifest
from jaknet.shared_docs import describe
from jaknet.shown import notebook_html
from jaknet.tables import head_lines, read_delimited

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Expression", "Source", "as_expression", "read_expression"]

Source: TypeAlias = "str | os.PathLike[str] | pd.DataFrame | AnnData"

#: Columns that describe a gene and are not samples, in lower case (featureCounts, Salmon, RSEM, GEO supplements).
_ANNOTATION = {
    "chr", "chrom", "chromosome", "start", "end", "strand", "length", "effective_length", "effectivelength", "width",
    "gene_name", "gene_symbol", "symbol", "external_gene_name", "hgnc_symbol", "mgi_symbol", "entrez", "entrezid", "entrez_id",
    "gene_biotype", "biotype", "gene_type", "description", "transcript_id", "transcript_id(s)", "gene_id", "geneid", "band",
}  # fmt: skip
#: Rows that counting programs append (HTSeq, STAR).
_TALLIES = re.compile(r"^(__\w+|N_(unmapped|multimapping|noFeature|ambiguous))$")
_FILE_ENDINGS = re.compile(r"([._]?(Aligned\.sortedByCoord\.out|sorted|dedup))*\.(bam|sam|cram|genes\.results|isoforms\.results)$")


@dataclass(frozen=True)
class Expression:
    """An expression matrix that passed every check.

    Attributes
    ----------
    matrix : pandas.DataFrame
        Genes x samples; whole numbers for counts. Row names are the identifiers as given.
    samples : pandas.DataFrame or None
        Sample table, index = columns of `matrix`.
    kind : str
        ``"counts"``, ``"tpm"`` (any linear abundance) or ``"log_intensity"`` (log2).
    species : str
        ``"human"``, ``"mouse"``, or ``"unknown"`` where the identifiers do not tell.
    report : dict
        How the kind was found, and what was rounded, merged, transposed and left out, with counts.
    provenance : Manifest
    """

    matrix: pd.DataFrame
    samples: pd.DataFrame | None = None
    kind: str = "counts"
    species: str = "human"
    report: Mapping[str, Any] = field(default_factory=dict)
    provenance: Manifest = field(default_factory=lambda: make_manifest("read_expression"), repr=False, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the matrix."""
        return self.matrix.copy()

    def __repr__(self) -> str:
        genes, samples = self.matrix.shape
        return f"Expression ({self.species}, {self.kind}): {genes} genes x {samples} samples"

    def _repr_html_(self) -> str:
        return notebook_html(
            repr(self), self.matrix.iloc[:, :8].rename_axis("gene") if self.samples is None else self.samples.rename_axis("sample")
        )


@describe
def read_expression(
    path: Source,
    samples: str | os.PathLike[str] | pd.DataFrame | None = None,
    kind: str = "auto",
    species: str = "auto",
    *,
    duplicates: str = "refuse",
    missing: str = "refuse",
    probes: Mapping[str, str] | None = None,
) -> Expression:
    """Read an expression matrix, tell what it holds, and check it.

    Parameters
    ----------
    path : path, pandas.DataFrame or AnnData
        TSV or CSV (gz or not), featureCounts output, Salmon or RSEM gene matrix, GEO series matrix, h5ad.
        Genes are rows; a matrix with samples as rows is recognised by its gene names and turned.
        From an AnnData object, layer ``counts`` is taken where there is one.
    samples : path or pandas.DataFrame, optional
        One row a sample. GEO series matrices and AnnData bring their own.
    kind : str
        ``"auto"``, ``"counts"``, ``"tpm"`` or ``"log_intensity"``; see `jaknet.expression.kinds.detect_kind`.
    %(species)s
    duplicates : str
        What to do with a gene listed twice: ``"refuse"``, ``"sum"``, ``"mean"`` or ``"max"`` (the row with the largest mean).
    missing : str
        ``"refuse"`` missing values, or ``"drop"`` the genes that have any.
    probes : mapping, optional
        Probe or row name -> gene identifier, for arrays; rows that are not in it are dropped and counted.

    Returns
    -------
    Expression

    Raises
    ------
    InputError
        One message that names the fault, the values and the remedy.

    Examples
    --------
    >>> counts = pd.DataFrame({"drug_1": [90, 5], "vehicle_1": [10, 4]}, index=["SOCS3", "GAPDH"])
    >>> read_expression(counts)
    Expression (human, counts): 2 genes x 2 samples
    """
    for name, value, known in (("duplicates", duplicates, ("refuse", "sum", "mean", "max")), ("missing", missing, ("refuse", "drop"))):
        if value not in known:
            raise InputError(f"unknown {name} {value!r}; use one of {few(known)}.")
    frame, own_samples, report, digest = _load(path)
    matrix = _numbers(frame, report)
    del frame
    table = read_samples(samples) if samples is not None else own_samples
    matrix = _upright(matrix, table, report)
    matrix = _named_rows(matrix, probes, report)
    matrix = _finite(matrix, missing, report)
    matrix, found = as_kind(matrix, kind)
    matrix = _single_rows(matrix, duplicates, report)
    found_species = species_of(matrix.index, species, report)
    report |= found | {"genes": len(matrix), "samples": matrix.shape[1]}
    matched = None if table is None else match_samples(table, list(matrix.columns))
    parameters = {"kind": kind, "species": species, "duplicates": duplicates, "missing": missing}
    provenance = make_manifest("read_expression", parameters, digest, {key: n for key, n in report.items() if key.startswith("dropped")})
    return Expression(matrix, matched, str(found["kind"]), found_species, report, provenance)


def as_expression(expression: Expression | Source, samples: str | os.PathLike[str] | pd.DataFrame | None = None) -> Expression:
    """Return an expression matrix with its sample table, read where it is not yet.

    Parameters
    ----------
    expression : Expression, path, pandas.DataFrame or AnnData
        What `read_expression` returns, or accepts.
    samples : path or pandas.DataFrame, optional
        One row a sample; by default the table that comes with `expression`.

    Returns
    -------
    Expression
    """
    if not isinstance(expression, Expression):
        return read_expression(expression, samples)
    if samples is None:
        return expression
    return replace(expression, samples=match_samples(read_samples(samples), list(expression.matrix.columns)))


def _load(source: Source) -> tuple[pd.DataFrame, pd.DataFrame | None, dict[str, Any], dict[str, str]]:
    if isinstance(source, pd.DataFrame):
        if source.empty:
            raise InputError(f"the table is empty: {source.shape[0]} rows, {source.shape[1]} columns.")
        return _with_names(source), None, {"format": "DataFrame"}, {}
    if not isinstance(source, (str, os.PathLike)):
        return *_from_anndata(source), {}
    path = Path(source)
    if path.suffix == ".h5ad":
        return *_from_anndata(open_h5ad(path)), {path.name: file_sha256(path)}
    lines = head_lines(path)
    if lines[0].startswith("!"):
        return *read_series_matrix(path), {path.name: file_sha256(path)}
    style = "featureCounts" if "featureCounts" in lines[0] else "table"
    return read_delimited(path), None, {"format": style}, {path.name: file_sha256(path)}


def _from_anndata(adata: Any) -> tuple[pd.DataFrame, pd.DataFrame | None, dict[str, Any]]:
    if not all(hasattr(adata, name) for name in ("X", "obs", "var_names", "layers")):
        raise InputError(f"cannot read a {type(adata).__name__}; give a path, a pandas.DataFrame or an AnnData object.")
    values, layer = counts_layer(adata)
    dense = np.asarray(values.todense() if hasattr(values, "todense") else values)
    report: dict[str, Any] = {"format": "AnnData", "layer": layer}
    if layer == "X" and "log1p" in adata.uns and (adata.uns["log1p"] or {}).get("base") is None:
        dense, report["natural_log_converted_to_log2"] = dense / np.log(2), True
    frame = pd.DataFrame(dense.T, index=adata.var_names.astype(str), columns=adata.obs_names.astype(str))
    return _with_names(frame), (read_samples(adata.obs.set_axis(adata.obs_names.astype(str))) if len(adata.obs.columns) else None), report


def _numbers(frame: pd.DataFrame, report: dict[str, Any]) -> pd.DataFrame:
    """Split names, annotation and values; every value column must be numeric."""
    names = frame.columns.map(str)
    lowered = [name.strip().lower() for name in names]
    first = next((i for i, name in enumerate(lowered) if name in {"gene_id", "geneid", "gene", "id_ref", "ensgene"}), 0)
    annotation = [i for i, name in enumerate(lowered) if i != first and name in _ANNOTATION]
    textual = [i for i in range(len(names)) if i not in (first, *annotation) and frame.dtypes.iloc[i].kind not in "iufb"]
    marked = [names[i] for i in range(len(names)) if i not in (first, *annotation) and _has_marks(frame.iloc[:, i])]
    if marked:
        raise InputError(f"columns {few(marked)} hold TRUE and FALSE, which are no measurements; give numbers, or take the columns out.")
    parsed = {i: pd.to_numeric(frame.iloc[:, i], errors="coerce") for i in textual}
    for i, numbers in parsed.items():
        bad = frame.iloc[:, i][numbers.isna() & frame.iloc[:, i].notna()]
        if 2 * len(bad) >= len(frame):
            annotation.append(i)
        elif len(bad):
            shown = few(map(repr, bad.unique()))
            raise InputError(f"column {names[i]!r} holds {len(bad)} cells that are not numbers: {shown}; correct them.")
    keep = [i for i in range(len(names)) if i not in (first, *annotation)]
    if not keep:
        raise InputError(f"no column holds numbers; the columns are {few(names)}.")
    report["dropped_annotation_columns"] = len(annotation)
    values = pd.concat([parsed.get(i, frame.iloc[:, i]) for i in keep], axis=1) if parsed else frame.iloc[:, keep]
    cleaned = [_FILE_ENDINGS.sub("", name) for name in names[keep]]
    shortened = [name.replace("\\", "/").rsplit("/", 1)[-1] for name in cleaned]
    columns = shortened if len(set(shortened)) == len(shortened) else list(names[keep])
    if len(set(columns)) < len(columns):
        repeated = sorted({name for name in columns if columns.count(name) > 1})
        raise InputError(f"samples {few(repeated)} appear twice; give each its own name.")
    return _relabelled(values, pd.Index(frame.iloc[:, first].astype(object), name="gene"), columns)


def _has_marks(column: pd.Series) -> bool:
    return column.dtype.kind == "b" or (column.dtype.kind == "O" and column.map(lambda cell: isinstance(cell, (bool, np.bool_))).any())


def _with_names(frame: pd.DataFrame) -> pd.DataFrame:
    """Put the row names into a first column, without copying the values."""
    if isinstance(frame.index, pd.RangeIndex):
        return frame
    names = pd.Series(frame.index.to_numpy(dtype=object), name="gene")
    return pd.concat([names, _relabelled(frame, pd.RangeIndex(len(frame)))], axis=1, copy=False)


def _relabelled(frame: pd.DataFrame, index: pd.Index, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Change labels without copying the values, which may be most of the memory."""
    changed = frame.copy(deep=False)
    changed.index = index
    if columns is not None:
        changed.columns = pd.Index(columns)
    return changed


def _upright(matrix: pd.DataFrame, table: pd.DataFrame | None, report: dict[str, Any]) -> pd.DataFrame:
    """Turn a matrix whose columns are the genes."""
    rows, columns = matrix.index.astype(str), matrix.columns
    in_columns, in_rows = gene_share(columns), gene_share(rows)
    turned = in_columns > in_rows + 0.3
    if table is not None and not turned and in_rows < 0.3:
        cells = {str(value) for column in table for value in table[column]}
        turned = len(cells.intersection(rows)) > len(cells.intersection(columns))
    report["transposed"] = turned
    return matrix.set_axis(rows, axis=0).T.rename_axis("gene") if turned else matrix


def _named_rows(matrix: pd.DataFrame, probes: Mapping[str, str] | None, report: dict[str, Any]) -> pd.DataFrame:
    names = matrix.index.to_series().map(lambda name: str(name).strip() if pd.notna(name) else "")
    if probes is not None:
        mapped = names.map({str(probe): str(gene) for probe, gene in probes.items()}).fillna("")
        report["dropped_probes"] = int((mapped == "").sum())
        names = mapped
    tally = names.str.match(_TALLIES)
    report["dropped_unnamed_rows"] = int((names == "").sum()) - report.get("dropped_probes", 0)
    report["dropped_tally_rows"] = int(tally.sum())
    keep = ((names != "") & ~tally).to_numpy()
    if not keep.any():
        raise InputError("no row has a gene name; the first column, or one named gene_id, must hold them.")
    named = _relabelled(matrix, pd.Index(names, name="gene"))
    return named if keep.all() else named[keep]


def _finite(matrix: pd.DataFrame, missing: str, report: dict[str, Any]) -> pd.DataFrame:
    values = matrix.to_numpy()
    if values.dtype.kind in "iu":
        return matrix
    values = values.astype(float, copy=False)
    matrix = pd.DataFrame(values, index=matrix.index, columns=matrix.columns)
    infinite = matrix.index[np.isinf(values).any(axis=1)]
    if len(infinite):
        raise InputError(f"{len(infinite)} genes hold infinite values: {few(infinite)}; the logarithm of 0 is one, add 1 before taking it.")
    lacking = np.isnan(values).any(axis=1)
    report["dropped_missing_genes"] = int(lacking.sum())
    if not lacking.any():
        return matrix
    if missing == "refuse" or lacking.all():
        where = matrix.columns[np.isnan(values).any(axis=0)]
        remedy = "leave out the samples that lack most" if lacking.all() else "fill them in, or say missing='drop' to leave these genes out"
        genes = f"{lacking.sum()} genes ({few(matrix.index[lacking])})"
        raise InputError(f"{genes} lack values in {len(where)} samples ({few(where)}); {remedy}.")
    return matrix[~lacking]


def _single_rows(matrix: pd.DataFrame, duplicates: str, report: dict[str, Any]) -> pd.DataFrame:
    repeated = matrix.index.duplicated()
    report["duplicate_rows"] = int(repeated.sum())
    if not repeated.any():
        return matrix
    if duplicates == "refuse":
        names = matrix.index[repeated].unique()
        raise InputError(f"{len(names)} genes appear more than once: {few(names)}; say duplicates='sum', 'mean' or 'max' to merge them.")
    if duplicates == "max":
        order = matrix.mean(axis=1).to_numpy().argsort(kind="stable")[::-1]
        return matrix.iloc[np.sort(order[~matrix.index[order].duplicated()])]
    merged = matrix.groupby(level=0, sort=False).agg(duplicates)
    return merged.round().astype(matrix.dtypes.iloc[0]) if matrix.dtypes.iloc[0].kind in "iu" else merged
