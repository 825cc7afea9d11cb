"""`contrast`: from an expression matrix and two groups of samples to a `Signature`."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaknet.errors import InputError, few
from jaknet.expression._moderated import ModeratedFit, moderated_fit
from jaknet.expression.design import Design, as_names, make_design
from jaknet.expression.expression import Expression, Source, as_expression
from jaknet.expression.pseudobulk import refuse_cells
from jaknet.expression.quality import examine
from jaknet.expression.signature import Rotation, Signature, signature_table
from jaknet.expression.sources import select_samples
from jaknet.expression.symbols import species_of, symbol_rows
from jaknet.provenance import make_manifest
from jaknet.shared_docs import describe

if TYPE_CHECKING:
    import os

__all__ = ["contrast"]

MIN_READS = 10  # a gene with fewer reads over all samples was not measured
_BLOCK = 4000  # genes whose logarithms are held at once
_COPIES = {"deseq2": 10, "trend": 4}  # peak memory over that of the matrix, measured


@describe
def contrast(
    expression: Expression | Source,
    samples: str | os.PathLike[str] | pd.DataFrame | None = None,
    factor: str = "treatment",
    test: str = "",
    reference: str = "",
    covariates: str | Sequence[str] = (),
    species: str = "auto",
    *,
    numeric: str | Sequence[str] = (),
    subset: Mapping[str, Any] | None = None,
    orthologs_to: str | None = None,
    method: str = "auto",
    shrink: bool = False,
    max_memory: float = 4e9,
    cells_as_replicates: bool = False,
) -> Signature:
    r"""Test every gene for a difference between two groups of samples.

    Rows are mapped to the symbols of their species first, and the rows of one symbol merged. Counts go through
    DESeq2's negative binomial model (PyDESeq2; Love 2014, Genome Biol 15:550) and get its Wald statistic; log
    intensities, and TPM after :math:`\log_2(x + 1)`, get limma's moderated t. Counts whose model would need more than
    `max_memory` are tested as log2 counts per million by limma-trend, block by block.

    Parameters
    ----------
    expression : Expression, path, pandas.DataFrame or AnnData
        What `read_expression` returns, or accepts.
    samples : path or pandas.DataFrame, optional
        One row a sample; by default the table that came with `expression`. Samples that it leaves out are not used.
    factor, test, reference : str
        Column of the treatment, the level of interest and the one it is compared with.
    covariates : str or sequence of str
        Columns to adjust for: batch, donor of a paired design, age; ``"donor:time"`` for combinations. Text and
        whole numbers are groups, fractions numbers; ``report["design"]`` says what was done.
    %(species)s
    numeric : str or sequence of str
        Covariates whose whole numbers measure something, such as age in years.
    subset : mapping, optional
        Columns -> value or values of the samples to use, e.g. ``{"time": "3h"}``.
    orthologs_to : str, optional
        Species to whose symbols the rows are brought before the test: counts of Bglap, Bglap2 and Bglap3 are summed
        to BGLAP, which `Signature.to_species` can no longer do. Without it the signature stays in its own species.
    method : str
        ``"auto"``, ``"deseq2"`` or ``"trend"``.
    shrink : bool
        Add ``shrunken_log2_fold_change`` (apeGLM prior; Zhu 2019), for display: no statistic uses it.
    max_memory : float
        Bytes.
    cells_as_replicates : bool
        Test single cells as if each were a sample of its own. By default they are refused: sum them with `pseudobulk`.

    Returns
    -------
    Signature
        Over every gene with at least 10 reads in all. ``quality`` holds the check of the samples used, ``warnings`` what it
        found and what is weak in the design; what may spoil the measurement itself is a `UserWarning` too. ``rotation``
        holds what rotation tests turn: directions (`jaknet.expression._moderated.rotated_statistics`) and prior degrees of freedom.

    Raises
    ------
    InputError
        For unknown columns or levels, samples that do not match, one replicate, confounded designs, or data beyond `max_memory`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> genes = ["SOCS3", "BCL3", "GAPDH", "ACTB", "JAK1", "RUNX2", "SP7", "BGLAP"]
    >>> values = pd.DataFrame(rng.normal(8, 0.1, (8, 6)), index=genes, columns=[f"s{i}" for i in range(6)])
    >>> values.iloc[0, :3] += 2
    >>> design = pd.DataFrame({"treatment": ["IL22"] * 3 + ["Mock"] * 3}, index=values.columns)
    >>> sig = contrast(values, design, test="IL22", reference="Mock")
    >>> sig.to_frame().nsmallest(1, "p_value")["gene"].item()
    'SOCS3'
    """
    covariates, numeric = as_names("covariates", covariates), as_names("numeric", numeric)
    data = as_expression(expression, samples)
    if data.samples is None:
        names = few(data.matrix.columns)
        raise InputError(f"no sample table: give samples= with one row for each of {names} and a column that says how it was treated.")
    # One order of samples, so that another order in the file changes no bit of the result.
    table = select_samples(data.samples, subset or {}).sort_index()
    if not cells_as_replicates:
        refuse_cells(data.matrix, data.kind, table, factor)
    design = make_design(table, factor, test, reference, covariates, numeric)
    engine = _choose(method, data.kind, (len(data.matrix), len(table)), max_memory)
    declared = data.species if species == "auto" else species_of(data.matrix.index, species, {})
    genes = symbol_rows(data.matrix, declared, data.kind, orthologs_to)
    used = genes.table if list(genes.table) == list(table.index) else genes.table[list(table.index)]
    quality = examine(data, table, factor, genes=genes if genes.species == "human" else None)
    if design.warnings or quality.faults:
        warnings.warn(". ".join([*design.warnings, *quality.faults]) + ".", UserWarning, stacklevel=2)
    matrix, undetected = _detected(used, data.kind)
    frame, fit, notes = _test(matrix, design, data.kind, engine, shrink)
    report: dict[str, Any] = {
        **genes.report,
        "dropped_undetected": undetected,
        "method": {"deseq2": "PyDESeq2, Wald", "trend": "moderated t, limma-trend"}[engine],
        "design": design.formula,
        "replicates": design.replicates,
        "samples_left_out": data.matrix.shape[1] - len(table),
        "warnings": [*quality.faults, *design.warnings, *quality.warnings[len(quality.faults) :]],
        "notes": [*design.notes, *notes],
        "untested_outliers": int(frame["p_value"].isna().sum()),
        "rotation": {"prior_df": fit.prior_df, "residual_df": fit.residual_df, "directions": fit.residuals.shape[1]},
        "reading": dict(data.report),
    }
    parameters: dict[str, Any] = {"factor": factor, "test": test, "reference": reference, "covariates": covariates, "numeric": numeric}
    parameters |= {"subset": dict(subset or {}), "method": engine, "species": genes.species, "orthologs_to": orthologs_to, "shrink": shrink}
    dropped = {key: value for key, value in report.items() if key.startswith("dropped")}
    provenance = make_manifest("contrast", parameters, data.provenance.inputs, dropped)
    rotation = Rotation(fit.residuals, fit.prior_df)
    return Signature(frame, genes.species, f"{test} vs {reference}", report, rotation, provenance=provenance, quality=quality)


def _choose(method: str, kind: str, shape: tuple[int, int], max_memory: float) -> str:
    if method not in ("auto", "deseq2", "trend"):
        raise InputError(f"unknown method {method!r}; use 'auto', 'deseq2' or 'trend'.")
    if method == "deseq2" and kind != "counts":
        raise InputError(f"DESeq2 needs counts, and these values are {kind}; use method='trend', or give the raw counts.")
    needed = {engine: 8.0 * shape[0] * shape[1] * copies for engine, copies in _COPIES.items()}
    engine = method if method != "auto" else "deseq2" if kind == "counts" and needed["deseq2"] <= max_memory else "trend"
    if needed[engine] > max_memory:
        remedy = "use method='trend'" if engine == "deseq2" and needed["trend"] <= max_memory else "select samples with subset="
        raise InputError(
            f"{shape[0]} genes x {shape[1]} samples need about {needed[engine] / 1e9:.1f} GB, "
            f"more than max_memory {max_memory / 1e9:.1f} GB; raise max_memory or {remedy}."
        )
    return engine


def _detected(matrix: pd.DataFrame, kind: str) -> tuple[pd.DataFrame, int]:
    if kind == "log_intensity":
        return matrix, 0
    keep = matrix.to_numpy().sum(axis=1) >= (MIN_READS if kind == "counts" else 1e-9)
    if keep.sum() < 2:
        raise InputError(f"{int(keep.sum())} genes have {MIN_READS} reads or more over all samples; there is nothing to test.")
    return (matrix if keep.all() else matrix[keep]), int((~keep).sum())


def _test(matrix: pd.DataFrame, design: Design, kind: str, engine: str, shrink: bool) -> tuple[pd.DataFrame, ModeratedFit, list[str]]:
    fit = moderated_fit(_log_blocks(matrix, kind), design.matrix.to_numpy())
    if engine == "trend":
        return signature_table(matrix.index, fit.log2_fold_change, fit.statistic, fit.p_value), fit, []
    from jaknet.expression._negative_binomial import wald_test

    tested, notes = wald_test(matrix, design.matrix, shrink)
    frame = signature_table(matrix.index, tested["log2_fold_change"], tested["statistic"], tested["p_value"])
    if shrink:
        frame["shrunken_log2_fold_change"] = tested["shrunken_log2_fold_change"].to_numpy()
    return frame, fit, notes


def _log_blocks(matrix: pd.DataFrame, kind: str) -> Iterator[NDArray[np.float64]]:
    """Yield log2 expression by blocks of genes; counts as log2 counts per million with a prior count of 2."""
    library = _effective_library(matrix.to_numpy()) if kind == "counts" else np.ones(matrix.shape[1])
    prior = 2.0 * library / library.mean()
    for start in range(0, len(matrix), _BLOCK):
        values = matrix.to_numpy()[start : start + _BLOCK].astype(float)
        if kind == "counts":
            yield np.log2((values + prior) / (library + 2 * prior) * 1e6)
        else:
            yield values if kind == "log_intensity" else np.log2(values + 1)


def _effective_library(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Return library sizes corrected for composition: median-of-ratios factors on the scale of the totals.

    The ratios are those of DESeq2 over the genes that every sample has; where these are fewer than 100, the totals are returned.
    """
    totals = counts.sum(axis=0).astype(float)
    shared = np.flatnonzero((counts > 0).all(axis=1))
    if len(shared) < 100:
        return totals
    logs = np.log(counts[shared[:: max(len(shared) // 5000, 1)]])
    factors = np.exp(np.median(logs - logs.mean(axis=1, keepdims=True), axis=0))
    return factors * np.exp(np.mean(np.log(totals / factors)))
