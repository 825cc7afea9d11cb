"""Rows of a matrix or signature as gene symbols of a species, with everything that was lost or summed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from jaknet.errors import InputError, OverlapError, SpeciesError, few
from jaknet.genes.mapping import detect, map_identifiers, symbols_of_date
from jaknet.genes.tables import gene_table, orthologs
from jaknet.provenance import make_manifest
from jaknet.shared_docs import describe

if TYPE_CHECKING:
    from jaknet.expression.signature import Signature

__all__ = ["GeneSums", "convert_signature", "gene_share", "genes_of_rows", "require_share", "species_of"]
__all__ += ["strongest_rows", "sum_to_genes", "symbol_rows"]

_PROBE = 2000  # names looked at to recognise genes


def gene_share(names: Iterable[object]) -> float:
    """Return the share of names that are human or mouse genes; 0 for plain numbers, which may be anything.

    Parameters
    ----------
    names : iterable
        Row or column names; of a long list every n-th is looked at.

    Returns
    -------
    float

    Examples
    --------
    >>> gene_share(["STAT3", "BGLAP"]), gene_share(["drug_1", "vehicle_1"])
    (1.0, 0.0)
    """
    listed = list(names)
    probe = listed[:: max(len(listed) // _PROBE, 1)]
    try:
        found = detect(probe)
    except SpeciesError:
        return 1.0
    except InputError:
        return 0.0
    return 0.0 if found.kind == "entrez" else found.recognised


def species_of(names: Iterable[str], declared: str, report: dict[str, Any]) -> str:
    """Return the species of gene identifiers, ``"unknown"`` where no species knows them.

    Parameters
    ----------
    names : iterable of str
        Identifiers of the rows.
    declared : str
        ``"auto"``, ``"human"`` or ``"mouse"``.
    report : dict
        Gets ``identifiers`` (their kind), ``recognised`` (share) and ``date_names``.

    Raises
    ------
    SpeciesError
        If the identifiers belong to another species than the declared one, or to two.
    """
    listed = list(names)
    report["date_names"] = sum(bool(symbols_of_date(name)) for name in listed if name[:1].isdigit() or "-" in name)
    try:
        found = detect(listed)
    except SpeciesError:
        if declared == "auto":
            raise
        return declared
    except InputError:
        return "unknown" if declared == "auto" else declared
    report |= {"identifiers": found.kind, "recognised": round(found.recognised, 4)}
    if declared in ("auto", found.species) or found.kind == "entrez" or found.recognised < 0.2:
        return found.species if declared == "auto" else declared
    raise SpeciesError(
        f"declared {declared}, but the gene names are {found.species} ({few(listed, 3)}); say species={found.species!r}, "
        f"then convert with sig.to_species({declared!r})."
    )


def symbol_rows(matrix: pd.DataFrame, species: str, kind: str, orthologs_to: str | None = None) -> GeneSums:
    """Name rows by current symbols and merge the rows of one symbol: counts and TPM are summed, logarithms averaged.

    Parameters
    ----------
    matrix : pandas.DataFrame
        Genes x samples, rows named by any supported identifier.
    species : str
        Species of the rows; ``"unknown"`` to try once more.
    kind : str
        Of the values; see `jaknet.expression.kinds.KINDS`.
    orthologs_to : str, optional
        Another species, whose symbols the rows get: paralogues (Bglap, Bglap2, Bglap3) are merged onto their
        common ortholog (BGLAP) here, before any test.

    Returns
    -------
    GeneSums
        Table sorted by symbol; the report says what was mapped, merged and dropped.

    Raises
    ------
    OverlapError
        If less than a fifth of the rows can be mapped.

    Examples
    --------
    >>> symbol_rows(pd.DataFrame({"s": [8.0, 6.0]}, index=["TP53", "ENSG00000141510"]), "human", "log_intensity").table["s"].to_dict()
    {'TP53': 7.0}
    """
    sums = sum_to_genes(matrix, "auto" if species == "unknown" else species, orthologs_to)
    report = {key: value for key, value in sums.report.items() if key != "dropped"}
    report |= {"dropped_unmapped": sums.report["dropped"], "merged_by": "mean" if kind == "log_intensity" else "sum"}
    if kind != "log_intensity":
        return replace(sums, report=report)
    rows = pd.Series({gene: len(parts) for gene, parts in sums.report["summed"].items()}, dtype=float).reindex(sums.table.index).fillna(1.0)
    return replace(sums, table=sums.table.div(rows, axis=0), report=report)


_LEAST_SHARE = 0.2


@dataclass(frozen=True)
class GeneSums:
    """A matrix whose rows are current gene symbols.

    Attributes
    ----------
    table : pandas.DataFrame
        Genes x samples, sorted by gene; rows that reached one gene are summed.
    species : str
        Of the symbols in `table`.
    report : dict
        Counts of what was mapped, summed and dropped; ``summed``: gene -> the identifiers summed into it.
    """

    table: pd.DataFrame
    species: str
    report: dict[str, Any] = field(default_factory=dict)


def sum_to_genes(matrix: pd.DataFrame, species: str = "auto", to_species: str | None = None) -> GeneSums:
    """Map the rows of a genes x samples matrix to current symbols, of another species if wanted, and sum.

    Counts add: rows of one gene, and paralogues that share an ortholog (Bglap, Bglap2 and Bglap3 are all
    BGLAP), are summed before any test, which keeps counts counts. Intensities or logarithms must
    not be summed; convert their signature instead.

    Parameters
    ----------
    matrix : pandas.DataFrame
        Row names are identifiers of any kind `jaknet.genes.mapping.map_identifiers` knows.
    species : {"auto", "human", "mouse"}
        Of the rows.
    to_species : {"human", "mouse"}, optional
        Species of the result; the same one if left out.

    Returns
    -------
    GeneSums

    Raises
    ------
    SpeciesError, InputError
        If the species is to be detected and cannot be.
    OverlapError
        If less than a fifth of the rows can be mapped.

    Examples
    --------
    >>> counts = pd.DataFrame({"s1": [1, 2, 4]}, index=["Bglap", "Bglap2", "Sost"])
    >>> sum_to_genes(counts, to_species="human").table["s1"].to_dict()
    {'BGLAP': 3, 'SOST': 4}
    """
    genes, target, report = genes_of_rows(matrix.index, species, to_species)
    reached = (genes != "").to_numpy()
    labels = pd.Index(genes[reached], name="gene")
    table = _sum_rows(matrix, np.flatnonzero(reached), labels)
    shared = pd.Series(genes.index[reached], index=labels)
    several = shared[shared.index.duplicated(keep=False)].groupby(level=0).agg(list)
    report.update(dropped=int((~reached).sum()), genes=len(table), summed={str(gene): rows for gene, rows in several.items()})
    return GeneSums(table, target, report)


def genes_of_rows(names: Iterable[str], species: str = "auto", to_species: str | None = None) -> tuple[pd.Series, str, dict[str, Any]]:
    """Return the current symbol of each row, of another species if wanted.

    Parameters
    ----------
    names : iterable of str
        Identifiers of the rows.
    species : {"auto", "human", "mouse"}
        Of the rows.
    to_species : {"human", "mouse"}, optional
        Species of the symbols; the same one if left out.

    Returns
    -------
    (pandas.Series, str, dict)
        Identifier -> symbol, empty where there is none; their species; counts of what was mapped.

    Raises
    ------
    SpeciesError, InputError, OverlapError
        As in `sum_to_genes`.
    """
    mapping = map_identifiers(names, species)
    genes, report = mapping.table["mapped"], dict(mapping.report)
    target = to_species or mapping.species
    if target != mapping.species:
        found = orthologs(genes, mapping.species, target)
        report["orthologs"] = _relations(found[genes != ""])
        genes = found["target"]
    require_share((genes != "").to_numpy(), mapping.species, target)
    return pd.Series(genes.to_numpy(), index=mapping.table["identifier"]), target, report


@describe
def convert_signature(signature: Signature, species: str) -> Signature:
    """Return a signature in the gene symbols of another species.

    One-to-one orthologs keep their row. Where several genes share an ortholog, the row with the
    largest absolute statistic stands for all, and its p-value is multiplied by their number (Bonferroni,
    valid whatever their correlation); the report names them. Summing counts before testing
    (`sum_to_genes`) is better where counts are at hand. q-values are recomputed by Benjamini-Hochberg over the genes kept.

    Parameters
    ----------
    %(signature)s
    species : {"human", "mouse"}
        Species of the result.

    Returns
    -------
    Signature
        With ``report["conversion"]``: genes given, kept and dropped, by relation, and the genes aggregated.

    Raises
    ------
    UnknownNameError
        For another species.
    OverlapError
        If less than a fifth of the genes known to the species has an ortholog.

    Examples
    --------
    >>> from jaknet.expression.signature import Signature
    >>> table = pd.DataFrame({"gene": ["Bglap", "Bglap2", "Sost"], "log2_fold_change": [1.0, 2.0, -1.0],
    ...                       "statistic": [2.0, 4.0, -3.0], "p_value": [0.05, 0.0001, 0.003], "q_value": [0.05, 0.001, 0.01]})
    >>> convert_signature(Signature(table, "mouse"), "human").to_frame()[["gene", "log2_fold_change", "p_value"]].values.tolist()
    [['BGLAP', 2.0, 0.0002], ['SOST', -1.0, 0.003]]
    """
    gene_table(species)
    if species == signature.species:
        return signature
    mapping = map_identifiers(signature.table["gene"], signature.species)
    found = orthologs(mapping.table["mapped"], signature.species, species)
    reached = (found["target"] != "").to_numpy()
    require_share(reached[(mapping.table["mapped"] != "").to_numpy()], signature.species, species)
    table = signature.table.reset_index(drop=True)[reached].rename(columns={"gene": "original"})
    table.insert(0, "gene", found["target"][reached].to_numpy())
    kept = strongest_rows(table)
    aggregated = {str(gene): sorted(group["original"]) for gene, group in table.groupby("gene") if len(group) > 1}
    report: dict[str, Any] = {
        "from": signature.species,
        "given": len(signature),
        "kept": len(kept),
        "dropped": int((~reached).sum()),
        "relations": _relations(found),
        "aggregated": aggregated,
    }
    rotation = signature.rotation.take(kept.index.to_numpy()) if signature.rotation else None
    return replace(
        signature,
        table=kept.drop(columns="original").reset_index(drop=True),
        species=species,
        report={**signature.report, "conversion": report},
        rotation=rotation,
        provenance=make_manifest(
            "convert_signature",
            {"species": species, "made_by": signature.provenance.to_dict()},
            dropped={"genes without ortholog": report["dropped"]},
        ),
    )


def strongest_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the row with the largest absolute statistic of each gene, its p-value times the number of rows it stands for.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns of a signature and ``original``, the name before mapping, which breaks ties.

    Returns
    -------
    pandas.DataFrame
        Sorted by gene, q-values recomputed; the index still tells the original position.
    """
    count = table.groupby("gene")["gene"].transform("size")
    ordered = table.assign(p_value=np.minimum(table["p_value"] * count, 1.0), size=-table["statistic"].abs().fillna(-1))
    kept = ordered.sort_values(["gene", "size", "original"]).drop_duplicates("gene").drop(columns="size")
    tested = kept["p_value"].notna()
    kept["q_value"] = np.nan
    kept.loc[tested, "q_value"] = false_discovery_control(kept.loc[tested, "p_value"]) if tested.any() else np.nan
    return kept


def _sum_rows(matrix: pd.DataFrame, rows: NDArray[np.intp], labels: pd.Index) -> pd.DataFrame:
    """Sum the given rows by label, sorted; with one copy of the values, where groupby makes four."""
    codes, genes = pd.factorize(labels, sort=True)
    order = np.argsort(codes, kind="stable")
    values = matrix.to_numpy()[rows[order]]
    if len(genes) < len(values):
        values = np.add.reduceat(values, np.searchsorted(codes[order], np.arange(len(genes))), axis=0)
    return pd.DataFrame(values, index=pd.Index(genes, name="gene"), columns=matrix.columns)


def _relations(found: pd.DataFrame) -> Mapping[str, int]:
    counts = found["relation"].value_counts().sort_index()
    return {str(relation): int(count) for relation, count in counts.items()}


def require_share(reached: np.ndarray[Any, np.dtype[np.bool_]], source: str, target: str) -> None:
    """Raise `OverlapError` unless a fifth of the identifiers reached a gene.

    Parameters
    ----------
    reached : ndarray of bool
        Which identifiers did.
    source, target : str
        Species, for the message.
    """
    share = reached.mean() if reached.size else 0.0
    if share < _LEAST_SHARE:
        message = (
            f"only {share:.0%} of {reached.size} identifiers lead from {source} to {target} genes; at least {_LEAST_SHARE:.0%} must. "
            "Check the species and the kind of the identifiers."
        )
        raise OverlapError(message)
