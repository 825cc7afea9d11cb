"""`read_signature`: finished tables of differential expression, whoever made them."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from jaknet.errors import InputError, UnknownNameError, check_type, few
from jaknet.expression.coverage import table_warnings
from jaknet.expression.signature import Signature, signature_table
from jaknet.expression.symbols import gene_share, require_share, species_of, strongest_rows
from jaknet.genes.mapping import map_identifiers
from jaknet.provenance import file_sha256, make_manifest
from jaknet.shared_docs import describe
from jaknet.tables import read_delimited

__all__ = ["read_signature"]

#: Meaning -> column names, reduced to small letters and digits, the most telling first.
_NAMES = {
    "gene": (
        "genesymbol symbol hgncsymbol mgisymbol externalgenename genename gene genes geneid geneids names ensembl ensemblid ensgene "
        "ensemblgeneid entrez entrezid feature row rowname id x unnamed0"
    ),
    "log2_fold_change": "log2foldchange log2fc logfc avglog2fc logfoldchanges logfoldchange lfc log2ratio l2fc",
    "natural_fold_change": "avglogfc lnfc",
    "fold_change": "foldchange fc ratio",
    "statistic": "statistic stat t tstatistic wald waldstatistic scores score z zscore",
    "unsigned_statistic": "f lr",
    "p_value": "pvalue pval p pvals rawp rawpvalue",
    "q_value": "padj qvalue qval adjpval adjpvalue fdr pvaladj pvalsadj padjust adjp padjusted adjustedpvalue",
    "mean": "basemean aveexpr logcpm amean",
}
_MEANINGS = {name: meaning for meaning, names in _NAMES.items() for name in names.split()}
_TOOLS = {"DESeq2": {"basemean", "lfcse"}, "edgeR": {"logcpm", "fdr"}, "limma": {"aveexpr", "adjpval"}, "Seurat": {"pvaladj", "pct1"}}
_LARGEST_P, _LARGEST_Q = 0.1, 0.25  # of a table cut at significance; a whole one reaches 1
_LARGEST_CHANGE = 50.0  # log2; no measurement spans so many doublings
_OPPOSED, _REVERSED = 0.05, 0.95  # share of genes whose statistic opposes the fold change: warned of, refused
_LEAST_AGREEMENT = 0.7  # rank correlation of p with the size of the statistic
_COMPARED = 3  # genes, fewer than which tell nothing about a column


@describe
def read_signature(
    path: str | os.PathLike[str] | pd.DataFrame,
    species: str = "auto",
    label: str = "",
    *,
    columns: Mapping[str, str] | None = None,
    duplicates: str = "refuse",
    complete: bool | None = None,
) -> Signature:
    r"""Read a table of differential expression and bring it to the columns of a `Signature`.

    DESeq2, edgeR, limma, Seurat, scanpy and plain tables are recognised by their column names. Fold changes become
    log2: Seurat's older ``avg_logFC`` is a natural logarithm, a plain fold change of -2 means one half. Without a
    signed statistic, :math:`z = \mathrm{sign}(\beta)\,\Phi^{-1}(1 - p/2)` stands in; an F or likelihood ratio gives its
    signed square root; without p-values the fold change itself orders the genes, and nothing can be called significant.
    q-values are recomputed by Benjamini-Hochberg over every gene that has a p-value.

    Parameters
    ----------
    path : path or pandas.DataFrame
        One row a gene.
    %(species)s
    label : str
        The contrast in words; by default the file's name.
    columns : mapping, optional
        Names the detection does not know: ``gene``, ``log2_fold_change``, ``statistic``, ``p_value`` -> column.
    duplicates : str
        For a gene listed twice: ``"refuse"``, or ``"strongest"`` to keep the row with the largest absolute statistic, its
        p-value times the number of rows. Different identifiers of one symbol are always merged so.
    complete : bool, optional
        Whether the table holds every gene measured; by default detected. A table cut at significance is read, and
        refused by what needs the other genes (`Signature.require_universe`).

    Returns
    -------
    Signature
        Its ``warnings`` say what is doubtful: a filtered table, another species, osteoblast genes that are absent or were
        not tested. Where columns contradict each other, a `UserWarning` says so too: a statistic against the sign of more
        than 5 % of the fold changes, p-values that do not follow the statistic, or that are all the same.

    Raises
    ------
    InputError
        For a table without genes or fold changes, p-values beyond 0 to 1, infinite values or repeated genes; for TRUE and
        FALSE in place of numbers, log2 fold changes beyond 50, a statistic whose sign opposes 95 % of the fold changes or more,
        and p-values that are all the same where the statistic would have to come from them.

    Examples
    --------
    >>> table = pd.DataFrame({"baseMean": [90.0, 50, 20], "log2FoldChange": [2.0, -1, 0.1], "lfcSE": [0.2, 0.5, 0.5],
    ...                       "pvalue": [1e-22, 0.05, 0.84], "padj": [3e-22, 0.07, 0.84]}, index=["SOCS3", "BGLAP", "GAPDH"])
    >>> read_signature(table, label="drug vs vehicle")
    Signature 'drug vs vehicle' (human): 3 genes, 3 tested, 1 with q <= 0.05
    """
    if duplicates not in ("refuse", "strongest"):
        raise InputError(f"unknown duplicates {duplicates!r}; use 'refuse' or 'strongest'.")
    if isinstance(path, pd.DataFrame):
        raw, digest = path if isinstance(path.index, pd.RangeIndex) else path.rename_axis("gene_id").reset_index(), {}
    else:
        check_type("path", path, (str, PathLike), "the path of a table, or a pandas.DataFrame")
        path = Path(path)
        raw, digest = read_delimited(path), {path.name: file_sha256(path)}
        label = label or path.name.split(".")[0]
    if raw.empty:
        raise InputError("the table has no rows.")
    places = _find_columns(raw, columns or {})
    report: dict[str, Any] = {"format": _tool(raw), "columns": {meaning: str(column) for meaning, column in places.items()}}
    table = _values(raw, places, report)
    doubts = _contradictions(table, places)
    if doubts:
        warnings.warn(" ".join(doubt if doubt.endswith("?") else f"{doubt}." for doubt in doubts), UserWarning, stacklevel=2)
    reason = _filtered(table, raw, places)
    whole = (reason == "") if complete is None else complete
    report |= {"filtered_because": reason} if reason else {}
    merged, found_species = _to_symbols(table, species, duplicates, report)
    kept = signature_table(merged["gene"], merged["log2_fold_change"], merged["statistic"], merged["p_value"])
    if not kept["p_value"].notna().any():
        report["cannot_be_tested"] = "no p-values: genes can be ordered, but none can be called significant"
        doubts.append(report["cannot_be_tested"])
    named = report["mapping"]["mapped"] / report["mapping"]["given"]
    report["warnings"] = [*doubts, *table_warnings(kept, found_species, named, "" if whole else reason or "as declared")]
    dropped = {key: value for key, value in report.items() if key.startswith("dropped")}
    parameters = {"species": species, "duplicates": duplicates, "complete": whole, "columns": report["columns"]}
    provenance = make_manifest("read_signature", parameters, digest, dropped)
    return Signature(kept, found_species, label or "signature", report, complete=whole, provenance=provenance)


def _plain(name: object) -> str:
    return re.sub(r"[^a-z0-9]", "", str(name).lower())


def _find_columns(raw: pd.DataFrame, given: Mapping[str, str]) -> dict[str, str]:
    unknown = [column for column in given.values() if column not in raw] + [meaning for meaning in given if meaning not in _NAMES]
    if unknown:
        raise UnknownNameError("column", unknown, raw.columns)
    places = dict(given)
    for meaning, names in _NAMES.items():
        found = [column for name in names.split() for column in raw.columns if _plain(column) == name and column not in given.values()]
        if found and meaning not in places:
            places[meaning] = found[0] if meaning != "gene" else _gene_column(raw, found)
    texts = [column for column in raw.columns if raw[column].dtype.kind not in "iufb"]
    if "gene" not in places and texts:
        places["gene"] = _gene_column(raw, texts)
    changes = [meaning for meaning in ("log2_fold_change", "natural_fold_change", "fold_change") if meaning in places]
    free = [column for column in raw.columns if raw[column].dtype.kind in "iuf" and column not in places.values()]
    if not changes and len(free) == 1 and "p_value" not in places:
        places["log2_fold_change"], changes = free[0], ["log2_fold_change"]
    if "gene" not in places or not changes:
        lacking = "gene names" if "gene" not in places else "fold changes"
        raise InputError(
            f"no column of {lacking} found among {few(raw.columns, 10)}; name them: "
            "columns={'gene': ..., 'log2_fold_change': ..., 'p_value': ...}."
        )
    return places


def _gene_column(raw: pd.DataFrame, candidates: list[str]) -> str:
    """Among several columns of names take the one that is best known, then the one with fewest repeats."""
    texts = {column: raw[column].dropna().astype(str) for column in candidates}
    return max(candidates, key=lambda column: (round(gene_share(texts[column]), 1), texts[column].nunique()))


def _tool(raw: pd.DataFrame) -> str:
    names = {_plain(column) for column in raw.columns}
    return next((tool for tool, needed in _TOOLS.items() if needed <= names), "table")


def _numbers(raw: pd.DataFrame, column: str) -> pd.Series:
    if raw[column].map(lambda cell: isinstance(cell, (bool, np.bool_))).any():
        raise InputError(f"column {column!r} holds TRUE and FALSE, which are no numbers; name the right column: columns={{...: ...}}.")
    numbers = pd.to_numeric(raw[column], errors="coerce").astype(float)
    bad = raw[column][numbers.isna() & raw[column].notna()]
    if len(bad):
        raise InputError(f"column {column!r} holds cells that are not numbers: {few(map(repr, bad.unique()))}; correct them.")
    if np.isinf(numbers).any():
        raise InputError(f"column {column!r} holds {int(np.isinf(numbers).sum())} infinite values; replace or remove them.")
    return numbers


def _values(raw: pd.DataFrame, places: Mapping[str, str], report: dict[str, Any]) -> pd.DataFrame:
    """Return gene, log2 fold change, statistic and p-value on the scales of a `Signature`."""
    change = _log2_change(raw, places, report)
    p = _numbers(raw, places["p_value"]) if "p_value" in places else pd.Series(np.nan, raw.index)
    if ((p < 0) | (p > 1)).any():
        raise InputError(f"column {places['p_value']!r} holds values beyond 0 to 1: {few(p[(p < 0) | (p > 1)])}; these are no p-values.")
    name = places.get("statistic", places.get("unsigned_statistic"))
    if name is not None:
        statistic = _numbers(raw, name)
        if "statistic" not in places or ((statistic.dropna() >= 0).all() and (change < 0).any()):
            statistic, report["statistic"] = np.sign(change) * np.sqrt(statistic), f"signed square root of {name}"
    elif p.notna().any():
        quantile = stats.norm.isf(p.clip(lower=np.finfo(float).tiny) / 2)
        statistic, report["statistic"] = np.sign(change) * quantile, "signed normal quantile of p"
    else:
        statistic, report["statistic"] = change, "log2 fold change"
    table = pd.DataFrame({"original": raw[places["gene"]], "log2_fold_change": change, "statistic": statistic, "p_value": p})
    _refuse_nonsense(table, places)
    usable = table["original"].notna() & change.notna() & statistic.notna()
    report["dropped_untested"] = int((~usable).sum())
    report["zero_p_values_raised"] = int((p == 0).sum())
    if not usable.any():
        raise InputError("no row has a gene, a fold change and a statistic; nothing is left to read.")
    return table[usable].assign(original=table["original"][usable].astype(str).str.strip()).reset_index(drop=True)


def _refuse_nonsense(table: pd.DataFrame, places: Mapping[str, str]) -> None:
    """Refuse fold changes that no experiment has, and p-values that order no gene."""
    beyond = table[table["log2_fold_change"].abs() > _LARGEST_CHANGE]
    if len(beyond):
        meaning = next(name for name in ("log2_fold_change", "natural_fold_change", "fold_change") if name in places)
        ratios = "" if meaning == "fold_change" else ", or say columns={'fold_change': ...} if they are ratios"
        raise InputError(
            f"column {places[meaning]!r} gives {len(beyond)} genes a log2 fold change beyond {_LARGEST_CHANGE:g}: "
            f"{few(f'{row.original} {row.log2_fold_change:.3g}' for row in beyond.itertuples())}; correct the values{ratios}."
        )
    p = table["p_value"].dropna()
    if len(p) >= _COMPARED and p.min() == p.max() and not {"statistic", "unsigned_statistic"} & set(places):
        raise InputError(
            f"every p-value in column {places['p_value']!r} is {p.iloc[0]:g}, which orders no gene; name the column of raw p-values, "
            "or leave it out to order the genes by their fold change."
        )


def _contradictions(table: pd.DataFrame, places: Mapping[str, str]) -> list[str]:
    """Refuse a statistic that runs against the fold change, and say where columns fit each other badly."""
    if not {"statistic", "unsigned_statistic"} & set(places):
        return []  # the statistic was made from the other columns
    found = []
    signs = np.sign(table["log2_fold_change"] * table["statistic"])
    opposed, compared = int((signs < 0).sum()), int((signs != 0).sum())
    if compared >= _COMPARED and opposed >= _REVERSED * compared:
        raise InputError(
            f"the statistic has the opposite sign of the fold change in {opposed} of {compared} genes: was the contrast turned round in "
            "one of the two? Turn one column round, so that positive means higher in the treated samples in both."
        )
    if opposed > _OPPOSED * compared:
        found.append(f"statistic and fold change have opposite signs in {opposed} of {compared} genes: are both of the same contrast?")
    tested = table.dropna(subset="p_value")
    p, size = tested["p_value"], tested["statistic"].abs()
    if len(tested) >= _COMPARED and p.min() == p.max():
        found.append(f"every p-value is {p.iloc[0]:g}: no gene can be told from the others by it")
    elif len(tested) >= 10 and size.min() < size.max():
        agreement = float(stats.spearmanr(size, -p).statistic)
        if agreement < _LEAST_AGREEMENT:
            found.append(
                f"p-values do not fall as the statistic grows (rank correlation {agreement:.2f}): are both of the same test, "
                "two-sided, and not adjusted?"
            )
    return found


def _log2_change(raw: pd.DataFrame, places: Mapping[str, str], report: dict[str, Any]) -> pd.Series:
    if "log2_fold_change" in places:
        return _numbers(raw, places["log2_fold_change"])
    if "natural_fold_change" in places:
        report["fold_change"] = "natural logarithm, converted to log2"
        return _numbers(raw, places["natural_fold_change"]) / np.log(2)
    ratio = _numbers(raw, places["fold_change"])
    report["fold_change"] = "ratio, converted to log2"
    if ((ratio > -1) & (ratio <= 0)).any():
        raise InputError(
            f"column {places['fold_change']!r} is neither a ratio nor a signed fold change (values between -1 and 0); "
            "if it is a logarithm say columns={'log2_fold_change': ...}."
        )
    return np.sign(ratio) * np.log2(ratio.abs())


def _filtered(table: pd.DataFrame, raw: pd.DataFrame, places: Mapping[str, str]) -> str:
    """Say why a table looks cut at significance or at fold change; empty if it does not."""
    known = table["p_value"].dropna()
    if len(known) >= 10 and known.max() <= _LARGEST_P:
        return f"no p-value is above {known.max():.2g}"
    adjusted = _numbers(raw, places["q_value"]).dropna() if "q_value" in places else pd.Series(dtype=float)
    if len(adjusted) >= 10 and adjusted.max() <= _LARGEST_Q:
        return f"no adjusted p-value is above {adjusted.max():.2g}"
    sizes = table["log2_fold_change"].abs()
    # Among n fold changes of a whole table the smallest is about 1/n of the median one.
    if len(sizes) >= 100 and sizes.min() > 0.1 * sizes.median():
        return f"no log2 fold change is below {sizes.min():.2g} in size"
    return ""


def _to_symbols(table: pd.DataFrame, species: str, duplicates: str, report: dict[str, Any]) -> tuple[pd.DataFrame, str]:
    repeated = table["original"][table["original"].duplicated()].unique()
    report["duplicate_rows"] = int(table["original"].duplicated().sum())
    if len(repeated) and duplicates == "refuse":
        raise InputError(f"{len(repeated)} genes appear more than once: {few(repeated)}; say duplicates='strongest' to keep one row each.")
    found = species_of(table["original"], species, report)
    mapping = map_identifiers(table["original"], "auto" if found == "unknown" else found)
    reached = (mapping.table["mapped"] != "").to_numpy()
    require_share(reached, mapping.species, mapping.species)
    report |= {"mapping": mapping.report, "dropped_unmapped": int((~reached).sum())}
    named = table[reached].assign(gene=mapping.table["mapped"].to_numpy()[reached])
    report["merged_rows"] = int(named["gene"].duplicated().sum())
    return strongest_rows(named), mapping.species
