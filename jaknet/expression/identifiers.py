"""Where the matrix meets the gene tables: species, symbols, and one row for each of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pandas as pd

from jaknet.errors import InputError, SpeciesError, few
from jaknet.expression.conversion import GeneSums, sum_to_genes
from jaknet.genes.dates import symbols_of_date
from jaknet.genes.identifiers import detect

__all__ = ["gene_share", "species_of", "symbol_rows"]

_PROBE = 2000  # names looked at to recognise genes


def gene_share(names: Iterable[object]) -> float:
    """Return the share of names that are human or mouse genes; 0 for plain numbers, which may be anything.

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
