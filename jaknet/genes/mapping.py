"""Which genes are meant: identifiers of any kind mapped to symbols, and symbols that Excel turned into dates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pandas as pd

from jaknet.errors import InputError, SpeciesError, UnknownNameError, few
from jaknet.genes.tables import SPECIES, GeneTable, gene_table
from jaknet.shown import notebook_html
from jaknet.tables import cell_text

__all__ = ["Detection", "IdentifierMap", "detect", "map_identifiers", "symbols_of_date"]

_ENSEMBL = re.compile(r"^(ENS[A-Z]*G\d{11})(?:\.\d+)?(?:_PAR_Y)?$")
_ENTREZ = re.compile(r"^[1-9]\d*$")
_UNIPROT = re.compile(r"^[OPQ]\d[A-Z0-9]{3}\d(?:-\d+)?$|^[A-NR-Z]\d[A-Z][A-Z0-9]{2}\d(?:-\d+)?$")
_PREFIXES = {"ENSG": "human", "ENSMUSG": "mouse"}
_FOUND = ("current", "alias", "case", "date", "ensembl", "entrez", "uniprot")


class Detection(NamedTuple):
    """What a list of identifiers is.

    Attributes
    ----------
    species : str
        ``"human"`` or ``"mouse"``.
    kind : str
        ``"symbol"``, ``"ensembl"``, ``"entrez"`` or ``"uniprot"``.
    recognised : float
        Share of the identifiers that the species knows.
    """

    species: str
    kind: str
    recognised: float


@dataclass(frozen=True)
class IdentifierMap:
    """Where each identifier went.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per identifier given, in order: ``identifier``, ``mapped`` (empty where it could not
        be mapped), ``status`` (current, alias, case, date, ensembl, entrez, uniprot; ambiguous, unknown)
        and ``note`` (the candidates of an ambiguity, what a date may also have been).
    species, kind : str
        Of the identifiers given.
    report : dict
        Counts: ``given``, ``mapped``, one for each status that occurs, ``versions_stripped``, ``several_to_one``
        (identifiers that share their target) and the lists ``repaired`` and ``ambiguous_names``.
    """

    table: pd.DataFrame
    species: str
    kind: str
    report: dict[str, Any] = field(default_factory=dict)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table."""
        return self.table.copy()

    def __repr__(self) -> str:
        return f"IdentifierMap ({self.species} {self.kind}): {self.report['mapped']} of {self.report['given']} identifiers mapped"

    def _repr_html_(self) -> str:
        return notebook_html(repr(self), self.to_frame())


def detect(identifiers: Iterable[object]) -> Detection:
    """Tell the species and the type of gene identifiers.

    Each species is scored by the share of identifiers it knows (for symbols: exact current symbols and
    aliases, capitals included); the kind is that of the majority.

    Parameters
    ----------
    identifiers : iterable
        Symbols, Ensembl (with or without version), Entrez or UniProt identifiers of human or mouse genes.

    Returns
    -------
    Detection

    Raises
    ------
    InputError
        If neither species knows any of them.
    SpeciesError
        If both species are present: one in ten or more of those recognised belong to the other one only.

    Examples
    --------
    >>> detect(["Stat3", "Bglap2", "Trp53"])
    Detection(species='mouse', kind='symbol', recognised=1.0)
    >>> detect(["ENSG00000141510.18"])[:2]
    ('human', 'ensembl')
    """
    names = sorted({text for item in identifiers if (text := _text(item))})
    kind = _majority(names)
    known = {species: {name for name in names if _is_of(name, gene_table(species), kind)} for species in SPECIES}
    best = max(SPECIES, key=lambda species: len(known[species]))
    if not known[best]:
        message = f"no identifier is a human or mouse gene: {few(names)}. Give symbols, Ensembl, Entrez or UniProt identifiers."
        raise InputError(message)
    foreign = set().union(*known.values()) - known[best]
    # Numbers mean some gene in either species; Entrez numbers of one species hit the other's by chance alone.
    if kind != "entrez" and len(foreign) >= 0.1 * (len(known[best]) + len(foreign)):
        remedy = "Split the table, or give species= to drop the others."
        raise SpeciesError(f"identifiers of two species: mostly {best}, but also {few(sorted(foreign))}. {remedy}")
    return Detection(best, kind, len(known[best]) / len(names))


def map_identifiers(identifiers: Iterable[object], species: str = "auto", to: str = "symbol") -> IdentifierMap:
    """Map gene identifiers of any supported kind to current symbols, Ensembl or Entrez, row by row.

    A current symbol stands for itself. Otherwise, in this order: a date is turned back into the symbol
    it was; an alias or previous symbol that belongs to one gene only is taken (one that is also
    somebody's current symbol never wins); a spelling that differs in case alone is corrected. What
    could mean several genes stays unmapped, with its candidates.

    Parameters
    ----------
    identifiers : iterable
        Kinds may be mixed; Ensembl versions are stripped.
    species : {"auto", "human", "mouse"}
        Species of the identifiers; by default detected.
    to : {"symbol", "ensembl", "entrez"}
        Kind of identifier to return.

    Returns
    -------
    IdentifierMap

    Raises
    ------
    InputError, SpeciesError
        If the species is to be detected and cannot be.
    UnknownNameError
        For another `species` or `to`.

    Examples
    --------
    >>> mapping = map_identifiers(["RANKL", "2-Sep", "ENSG00000162434.11", "nonsense"], species="human")
    >>> mapping.table["mapped"].tolist()
    ['TNFSF11', 'SEPTIN2', 'JAK1', '']
    >>> mapping.report["repaired"]
    ['2-Sep -> SEPTIN2']
    """
    if to not in ("symbol", "ensembl", "entrez"):
        raise UnknownNameError("kind of identifier", [to], ("symbol", "ensembl", "entrez"))
    names = [_text(item) for item in identifiers]
    kind = _majority(names)
    chosen = detect(names).species if species == "auto" else species
    genes = gene_table(chosen)
    # Symbols already in the list cannot be what a date was as well.
    taken = {name for name in names if name in genes.symbols}
    found = {name: _resolve(name, genes, kind, taken) for name in dict.fromkeys(names)}
    rows = [(name, *found[name]) for name in names]
    table = pd.DataFrame(rows, columns=["identifier", "mapped", "status", "note"])
    if to != "symbol":
        translated = table["mapped"].map(genes.first(to)).fillna("")
        table.loc[(table["mapped"] != "") & (translated == ""), "note"] = f"no {to} identifier"
        table["mapped"] = translated
    return IdentifierMap(table, chosen, kind, _report(table))


def _resolve(name: str, genes: GeneTable, kind: str, taken: set[str]) -> tuple[str, str, str]:
    """Return the symbol (or nothing), how it was found, and a note."""
    if name in genes.symbols:
        return name, "current", ""
    own = _kind(name)
    if own == "ensembl":
        return _one(genes.by_ensembl.get(_stem(name), ()), "ensembl")
    if own == "entrez":
        return _one(genes.by_entrez.get(name, ()) if kind == "entrez" else (), "entrez")
    if dates := symbols_of_date(name):
        return _from_date(dates, genes, taken)
    if own == "uniprot" and name.partition("-")[0] in genes.by_uniprot:
        return _one(genes.by_uniprot[name.partition("-")[0]], "uniprot")
    if renamed := genes.by_case.get(_renamed_symbol(name)):
        return _one(renamed, "alias")
    if name in genes.by_alias:
        return _one(genes.by_alias[name], "alias")
    return _one(genes.by_case.get(name.upper(), ()), "case")


def _one(candidates: tuple[str, ...], status: str) -> tuple[str, str, str]:
    if len(candidates) == 1:
        return candidates[0], status, ""
    return ("", "ambiguous", ";".join(candidates)) if candidates else ("", "unknown", "")


def _from_date(dates: tuple[str, ...], genes: GeneTable, taken: set[str]) -> tuple[str, str, str]:
    current = dict.fromkeys(symbol for date in dates for symbol in _spelled(date, genes))
    possible = [symbol for symbol in current if symbol not in taken] or list(current)
    if not possible:
        return "", "unknown", "a date"
    return possible[0], "date", f"may also have been {few(possible[1:])}" if len(possible) > 1 else ""


def _spelled(symbol: str, genes: GeneTable) -> tuple[str, ...]:
    found = genes.by_case.get(symbol.upper()) or genes.by_alias.get(symbol) or ()
    return found if len(found) == 1 else ()


def _report(table: pd.DataFrame) -> dict[str, Any]:
    statuses = table["status"].value_counts()
    mapped = table.loc[table["mapped"] != "", "mapped"]
    repaired = table[table["status"] == "date"].drop_duplicates()
    ambiguous = table[table["status"] == "ambiguous"].drop_duplicates()
    return {
        "given": len(table),
        "mapped": len(mapped),
        **{str(status): int(statuses[status]) for status in (*_FOUND, "ambiguous", "unknown") if status in statuses},
        "versions_stripped": int(table["identifier"].str.match(r"^ENS[A-Z]*G\d{11}\.").sum()),
        "several_to_one": int(mapped.duplicated(keep=False).sum()),
        "repaired": [f"{row.identifier} -> {row.mapped}" + (f" ({row.note})" if row.note else "") for row in repaired.itertuples()],
        "ambiguous_names": [f"{row.identifier}: {row.note}" for row in ambiguous.itertuples()],
    }


def _majority(names: Iterable[str]) -> str:
    kinds = Counter(_kind(name) for name in names if name)
    return max(sorted(kinds), key=kinds.__getitem__) if kinds else "symbol"


def _kind(name: str) -> str:
    for kind, pattern in (("ensembl", _ENSEMBL), ("entrez", _ENTREZ), ("uniprot", _UNIPROT)):
        if pattern.match(name):
            return kind
    return "symbol"


def _stem(name: str) -> str:
    match = _ENSEMBL.match(name)
    return match[1] if match else name


def _is_of(name: str, genes: GeneTable, kind: str) -> bool:
    own = _kind(name)
    if own == "ensembl":
        return _PREFIXES.get(name.rstrip("0123456789._PARY")) == genes.species
    if own == "entrez":
        return kind == "entrez" and name in genes.by_entrez
    if own == "uniprot" and name in genes.by_uniprot:
        return True
    return name in genes.symbols or name in genes.by_alias


def _text(item: object) -> str:
    """Return an identifier as text: no padding, quotes or byte-order mark; a whole float is the number it was."""
    return cell_text(item).strip("\ufeff\"'")


#: Month -> prefixes of the symbols a spreadsheet reads as that month, today's name first.
_OF_MONTH = {"mar": ("MARCHF", "MARCH"), "sep": ("SEPTIN", "SEPT"), "dec": ("DELEC", "DEC"), "oct": ("OCT",)}
_NEW = {"SEPT": "SEPTIN", "MARCH": "MARCHF", "MARC": "MTARC"}
_RENAMED = re.compile(r"^(SEPT|MARCH|MARC)(\d+)$", re.IGNORECASE)
_MONTHS = {"3": "mar", "9": "sep", "10": "oct", "12": "dec"}
_NAMED = "mar|march|sep|sept|september|dec|december|oct|october"
_TIME = r"(?:[ T]\d{2}:\d{2}:\d{2}(?:\.0+)?)?"
_FORMS = (
    re.compile(rf"^(?P<day>\d{{1,2}})-(?P<month>{_NAMED})(?:-\d{{2,4}})?$", re.IGNORECASE),
    re.compile(rf"^(?P<month>{_NAMED})-(?P<day>\d{{1,2}})$", re.IGNORECASE),
    re.compile(rf"^\d{{4}}-0?(?P<month>3|9|10|12)-(?P<day>\d{{1,2}}){_TIME}$"),
    re.compile(rf"^0?(?P<month>3|9|10|12)/(?P<day>\d{{1,2}})/\d{{2,4}}{_TIME}$"),
)


def _renamed_symbol(name: str) -> str:
    """Return today's name of a gene that HGNC renamed in 2020 because of spreadsheets, or nothing.

    The old names are aliases of other genes as well (SEPT2 of SEPTIN6); as former official symbols they mean one.

    Examples
    --------
    >>> [_renamed_symbol(name) for name in ("SEPT2", "March1", "STAT3")]
    ['SEPTIN2', 'MARCHF1', '']
    """
    match = _RENAMED.match(name)
    return f"{_NEW[match[1].upper()]}{match[2]}" if match else ""


def symbols_of_date(text: str) -> tuple[str, ...]:
    """Return the human symbols a date may have been, likeliest first; empty for what is no date.

    ``1-Mar`` and ``2-Mar`` may also have been MARC1 and MARC2 (today MTARC1, MTARC2), which are
    rarer; they come last.

    Parameters
    ----------
    text : str
        An identifier as found in a table.

    Examples
    --------
    >>> symbols_of_date("2-Sep")
    ('SEPTIN2', 'SEPT2')
    >>> symbols_of_date("2001-03-01")
    ('MARCHF1', 'MARCH1', 'MTARC1')
    >>> symbols_of_date("STAT3")
    ()
    """
    match = next((found for form in _FORMS if (found := form.match(text.strip()))), None)
    if match is None:
        return ()
    month, day = match["month"].lower(), int(match["day"])
    short = _MONTHS.get(month, month[:3])
    rarer = (f"MTARC{day}",) if short == "mar" and day <= 2 else ()
    return (*(f"{prefix}{day}" for prefix in _OF_MONTH[short]), *rarer)
