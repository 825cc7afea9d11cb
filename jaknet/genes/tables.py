"""Bundled gene tables: symbols, aliases, Ensembl and Entrez identifiers, orthologs of human and mouse."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from jaknet.data.registry import read_table
from jaknet.errors import UnknownNameError

__all__ = ["SPECIES", "GeneTable", "gene_table", "load_osteoanabolic", "ortholog_pairs", "orthologs"]

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

    def aliases_of(self, symbol: str) -> tuple[str, ...]:
        """Return the aliases and previous symbols of a gene.

        Parameters
        ----------
        symbol : str
            A current symbol; others have none.
        """
        return tuple(self._aliases.get(symbol, "").split(";"))

    @cached_property
    def _aliases(self) -> dict[str, str]:
        return dict(zip(self.table["symbol"], self.table["aliases"], strict=True))

    def first(self, column: str) -> dict[str, str]:
        """Return symbol -> identifier, the first where there are several.

        Parameters
        ----------
        column : {"entrez", "ensembl", "uniprot"}
            Kind of identifier.

        Returns
        -------
        dict of str to str
            Without the symbols that have none.
        """
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
        Which one.

    Returns
    -------
    GeneTable

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


def orthologs(symbols: Iterable[str], source: str = "mouse", target: str = "human") -> pd.DataFrame:
    """Return the ortholog of each gene, with its support and whether others share it.

    The ortholog is the candidate that most HCOP sources support; a tie goes to the gene of the same
    name, then to the one whose own best candidate this is, and else stays undecided. Genes of
    `source` that share their ortholog (Bglap, Bglap2, Bglap3 and BGLAP) are paralogues; one with less
    than half of the support of the strongest is a poorer guess (mostly a pseudogene) and is left out.

    Parameters
    ----------
    symbols : iterable of str
        Current symbols of `source`; see `jaknet.genes.mapping.map_identifiers`.
    source, target : {"human", "mouse"}
        Species of the symbols given, and of the orthologs.

    Returns
    -------
    pandas.DataFrame
        One row per symbol, in order: ``source``, ``target`` (empty where there is none), ``support``
        (number of sources, 0 to 13), ``relation`` (``one-to-one``, ``many-to-one``, ``weaker``, ``undecided``, ``none``).

    Raises
    ------
    UnknownNameError
        For another species.

    References
    ----------
    Wright MW et al. (2005) Mamm Genome 16:827, HGNC Comparison of Orthology Predictions.

    Examples
    --------
    >>> orthologs(["Trp53", "Bglap2", "Gm1"])["target"].tolist()
    ['TP53', 'BGLAP', '']
    """
    names = list(symbols)
    wrong = [species for species in (source, target) if species not in SPECIES]
    if wrong or source == target:
        raise UnknownNameError("pair of species", [f"{source} -> {target}"], ["mouse -> human", "human -> mouse"])
    best = _best(source, target).reindex(names)
    return pd.DataFrame(
        {
            "source": names,
            "target": best["target"].fillna("").to_numpy(),
            "support": best["support"].fillna(0).to_numpy(np.int64),
            "relation": best["relation"].fillna("none").to_numpy(),
        }
    )


@lru_cache(maxsize=2)
def _best(source: str, target: str) -> pd.DataFrame:
    pairs = ortholog_pairs().rename(columns={source: "source", target: "target"})
    same_name = (pairs["source"].str.upper() == pairs["target"].str.upper()).astype(int)
    mutual = (pairs["support"] == pairs.groupby("target")["support"].transform("max")).astype(int)
    pairs["rank"] = pairs["support"] * 4 + same_name * 2 + mutual
    pairs = pairs[pairs["rank"] == pairs.groupby("source")["rank"].transform("max")]
    tied = pairs["source"].duplicated(keep=False)
    decided = pairs[~tied].copy()
    strongest = decided.groupby("target")["support"].transform("max")
    weaker = 2 * decided["support"] < strongest
    shared = decided["target"].isin(decided.loc[~weaker, "target"][decided.loc[~weaker, "target"].duplicated()])
    decided["relation"] = np.select([weaker, shared], ["weaker", "many-to-one"], "one-to-one")
    decided.loc[weaker, "target"] = ""
    undecided = pairs[tied].drop_duplicates("source").assign(target="", relation="undecided")
    return pd.concat([decided, undecided]).set_index("source")[["target", "support", "relation"]]


def load_osteoanabolic() -> pd.DataFrame:
    """Load the osteoanabolic genes: ``gene``, ``polarity`` (1 promotes bone formation, -1 opposes), references.

    Examples
    --------
    >>> genes = load_osteoanabolic().set_index("gene")["polarity"]
    >>> int(genes["BGLAP"]), int(genes["SOST"])
    (1, -1)
    """
    table = read_table("networks/osteoblast/osteoanabolic.tsv")
    return table.assign(polarity=pd.to_numeric(table["polarity"]).astype(int))
