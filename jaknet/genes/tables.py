"""The bundled gene tables as look-up dictionaries: one `GeneTable` a species, read once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from jaknet.data.registry import read_table
from jaknet.errors import UnknownNameError

__all__ = ["SPECIES", "GeneTable", "gene_table", "ortholog_pairs"]

SPECIES = ("human", "mouse")

#: Identifier -> the symbols it may mean; more than one is an ambiguity that is reported, never guessed.
Lookup = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class GeneTable:
    """Identifiers of one species.

    Attributes
    ----------
    species : str
    symbols : frozenset of str
        Current symbols.
    coding : frozenset of str
        Symbols of protein-coding genes.
    by_alias, by_ensembl, by_entrez, by_uniprot, by_case : mapping
        Identifier -> symbols. An alias that is also somebody's current symbol is left out; of several
        genes behind one Ensembl or UniProt identifier the only protein-coding one is taken.
        ``by_case`` holds the symbols in capitals.
    ensembl, entrez : mapping
        Symbol -> identifier, the first where there are several.
    """

    species: str
    symbols: frozenset[str]
    coding: frozenset[str]
    by_alias: Lookup
    by_ensembl: Lookup
    by_entrez: Lookup
    by_uniprot: Lookup
    by_case: Lookup
    ensembl: Mapping[str, str]
    entrez: Mapping[str, str]


@lru_cache(maxsize=len(SPECIES))
def gene_table(species: str) -> GeneTable:
    """Return the gene table of a species.

    Parameters
    ----------
    species : {"human", "mouse"}

    Raises
    ------
    UnknownNameError
        For another species.

    Examples
    --------
    >>> gene_table("human").by_alias["RANKL"]
    ('TNFSF11',)
    """
    if species not in SPECIES:
        raise UnknownNameError("species", [species], SPECIES)
    table = read_table(f"networks/identifiers/{species}_genes.tsv.gz")
    names = table["symbol"].tolist()
    symbols, coding = frozenset(names), frozenset(table.loc[table["coding"] == "1", "symbol"])
    aliases = {alias: found for alias, found in _inverted(names, table["aliases"]).items() if alias not in symbols}
    filled = table["ensembl"].str.partition(";")[0]
    return GeneTable(
        species,
        symbols,
        coding,
        aliases,
        _only_coding(_inverted(names, table["ensembl"]), coding),
        _inverted(names, table["entrez"]),
        _only_coding(_inverted(names, table["uniprot"]), coding),
        _inverted(names, table["symbol"].str.upper()),
        {name: item for name, item in zip(names, filled, strict=True) if item},
        {name: item for name, item in zip(names, table["entrez"], strict=True) if item},
    )


@lru_cache(maxsize=1)
def ortholog_pairs() -> pd.DataFrame:
    """Return the pairs of HCOP: ``mouse``, ``human`` (symbols) and ``support``, the number of sources."""
    return read_table("networks/identifiers/mouse_human_orthologs.tsv.gz").astype({"support": int})


def _inverted(names: Iterable[str], cells: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name, cell in zip(names, cells, strict=True):
        for item in cell.split(";"):
            found[item].append(name)
    found.pop("", None)
    return {item: tuple(symbols) for item, symbols in found.items()}


def _only_coding(found: dict[str, tuple[str, ...]], coding: frozenset[str]) -> dict[str, tuple[str, ...]]:
    for item, symbols in found.items():
        if len(symbols) > 1:
            chosen = tuple(symbol for symbol in symbols if symbol in coding)
            found[item] = chosen if len(chosen) == 1 else symbols
    return found
