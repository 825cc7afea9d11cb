"""The bundled gene tables as look-up dictionaries: one `GeneTable` a species, read once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import pandas as pd

from jaknet.data.registry import read_table
from jaknet.errors import UnknownNameError

__all__ = ["SPECIES", "GeneTable", "gene_table", "ortholog_pairs"]

SPECIES = ("human", "mouse")

#: Identifier -> the symbols it may mean; more than one is an ambiguity that is reported, never guessed.
Lookup = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class GeneTable:
    """Identifiers of one species; each look-up is made when it is first used.

    Attributes
    ----------
    species : str
    table : pandas.DataFrame
        ``symbol``, ``entrez``, ``coding``, ``ensembl``, ``uniprot``, ``aliases``; lists joined with ``;``.
    """

    species: str
    table: pd.DataFrame = field(repr=False)

    @cached_property
    def symbols(self) -> frozenset[str]:
        """Current symbols."""
        return frozenset(self.table["symbol"])

    @cached_property
    def coding(self) -> frozenset[str]:
        """Symbols of protein-coding genes."""
        return frozenset(self.table.loc[self.table["coding"] == "1", "symbol"])

    @cached_property
    def by_alias(self) -> Lookup:
        """Alias or previous symbol -> symbols; one that is also somebody's current symbol is left out."""
        return {alias: found for alias, found in self._inverted("aliases").items() if alias not in self.symbols}

    @cached_property
    def by_ensembl(self) -> Lookup:
        """Ensembl gene -> symbols; of several the only protein-coding one."""
        return self._only_coding("ensembl")

    @cached_property
    def by_uniprot(self) -> Lookup:
        """UniProt accession -> symbols; of several the only protein-coding one."""
        return self._only_coding("uniprot")

    @cached_property
    def by_entrez(self) -> Lookup:
        """Entrez number -> symbols."""
        return self._inverted("entrez")

    @cached_property
    def by_case(self) -> Lookup:
        """Symbol in capitals -> symbols."""
        return self._inverted("symbol", capitals=True)

    def first(self, column: str) -> dict[str, str]:
        """Symbol -> identifier of a column, the first where there are several."""
        cells = zip(self.table["symbol"], self.table[column], strict=True)
        return {name: cell.partition(";")[0] for name, cell in cells if cell}

    def _inverted(self, column: str, capitals: bool = False) -> dict[str, tuple[str, ...]]:
        found: defaultdict[str, list[str]] = defaultdict(list)
        for name, cell in zip(self.table["symbol"], self.table[column], strict=True):
            for item in (cell.upper() if capitals else cell).split(";"):
                found[item].append(name)
        found.pop("", None)
        return {item: tuple(symbols) for item, symbols in found.items()}

    def _only_coding(self, column: str) -> dict[str, tuple[str, ...]]:
        found = self._inverted(column)
        for item, symbols in found.items():
            chosen = tuple(symbol for symbol in symbols if symbol in self.coding)
            found[item] = chosen if len(chosen) == 1 else symbols
        return found


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
    return GeneTable(species, read_table(f"networks/identifiers/{species}_genes.tsv.gz"))


@lru_cache(maxsize=1)
def ortholog_pairs() -> pd.DataFrame:
    """Return the pairs of HCOP: ``mouse``, ``human`` (symbols) and ``support``, the number of sources."""
    return read_table("networks/identifiers/mouse_human_orthologs.tsv.gz").astype({"support": int})
