"""Read Netflux workbooks (https://github.com/saucermanlab/Netflux) by position, as Netflux does."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from jaknet.errors import InputError, few
from jaknet.simulation.logic_model import LogicModel, Reaction, Species

__all__ = ["read_netflux"]

_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
_TERM = re.compile(r"(!?)([A-Za-z]\w*)", re.ASCII)
#: What may stand between the names of a rule; Netflux itself looks at the names alone.
_LINK = re.compile(r"[\s&+]*")
_SPECIES_DEFAULTS = (0.0, 1.0, 1.0)
_REACTION_DEFAULTS = (1.0, 1.4, 0.5)
_FIRST_ROW = 3


class _Row(NamedTuple):
    sheet: str
    number: int
    cells: tuple[Any, ...]

    @property
    def where(self) -> str:
        """The place, for messages."""
        return f"sheet {self.sheet}, row {self.number}"

    def text(self, column: int) -> str:
        """Return a cell as text, empty where there is none."""
        return str(self.cells[column]).strip() if column < len(self.cells) and self.cells[column] is not None else ""

    def numbers(self, defaults: tuple[float, ...]) -> tuple[tuple[float, ...], bool]:
        """Return columns D to F; where one is empty Netflux takes all three defaults."""
        cells = [self.text(column) for column in (3, 4, 5)]
        if not all(cells):
            return defaults, True
        try:
            return tuple(float(cell) for cell in cells), False
        except ValueError as error:
            raise InputError(f"{self.where}: {few(cells)} are not all numbers. Correct columns D to F.") from error


def read_netflux(path: str | Path) -> LogicModel:
    """Read a Netflux workbook.

    Columns count by position, whatever their headers: sheet ``species`` has ID, name, Yinit, Ymax
    and tau in columns B to F from row 3, sheet ``reactions`` has ID, Rule, Weight, n and EC50
    there. Rows without an ID or rule are skipped. The reactants of a rule are the species left of
    ``=>``, joined in AND however they are separated (``&``, ``+``, space); ``!`` inverts.

    Parameters
    ----------
    path : str or Path
        ``.xlsx``, or ``.xls`` with the extra ``jaknet[xls]``.

    Returns
    -------
    LogicModel

    Raises
    ------
    InputError
        If the file or a row cannot be read; the message names sheet and row.

    Warns
    -----
    UserWarning
        Where parameters are missing (Netflux's defaults are taken) or a rule is repeated.
    """
    file = Path(path)
    if not file.is_file():
        raise InputError(f"no file {file}; check the path.")
    sheet = _xls_sheets(file) if file.suffix.lower() == ".xls" else _xlsx_sheets(file)
    defaulted: list[str] = []
    species = {row.text(1): _species(row, defaulted) for row in _distinct(_rows(sheet, "species"))}
    rows = list(_rows(sheet, "reactions", 2))
    reactions = tuple(reaction for row in rows for reaction in _reactions(row, set(species), defaulted))
    if not species or not reactions:
        raise InputError(f"{file.name} has {len(species)} species and {len(reactions)} reactions from row {_FIRST_ROW}; both are needed.")
    rules = [row.text(2) for row in rows]
    repeated = [row.where for row, rule in zip(rows, rules, strict=True) if rules.count(rule) > 1]
    for problem, places in (("parameters missing, defaults taken", defaulted), ("rule repeated, each counts", repeated)):
        if places:
            warnings.warn(f"{file.name}: {problem}: {few(places)}.", UserWarning, stacklevel=2)
    return LogicModel(tuple(species.values()), reactions, file.stem)


def _distinct(rows: Iterator[_Row]) -> Iterator[_Row]:
    seen: dict[str, str] = {}
    for row in rows:
        name = row.text(1)
        if not _NAME.fullmatch(name):
            raise InputError(f"{row.where}: species {name!r} is no name for Netflux. Use letters, digits and _, a letter first.")
        if name in seen:
            raise InputError(f"{row.where}: species {name} is already in {seen[name]}. Keep one row.")
        seen[name] = row.where
        yield row


def _species(row: _Row, defaulted: list[str]) -> Species:
    (initial, ymax, tau), missing = row.numbers(_SPECIES_DEFAULTS)
    defaulted.extend([row.where] if missing else [])
    if not (initial >= 0 and ymax >= 0 and tau > 0):
        raise InputError(f"{row.where}: Yinit {initial}, Ymax {ymax}, tau {tau} of {row.text(1)}; need Yinit >= 0, Ymax >= 0, tau > 0.")
    return Species(row.text(1), initial, ymax, tau)


def _reactions(row: _Row, species: set[str], defaulted: list[str]) -> list[Reaction]:
    rule = row.text(2)
    left, arrow, right = rule.partition("=>")
    if not arrow:
        raise InputError(f"{row.where}: rule {rule!r} has no =>. Write reactants => product.")
    reactants, products = _terms(left, row, species), _terms(right, row, species)
    if not products or any(inverted for _, inverted in products):
        raise InputError(f"{row.where}: rule {rule!r} needs a plain species right of =>.")
    (weight, n, ec50), missing = row.numbers(_REACTION_DEFAULTS)
    defaulted.extend([row.where] if missing else [])
    names, inverted = tuple(name for name, _ in reactants), tuple(flip for _, flip in reactants)
    try:
        return [Reaction(product, names, inverted, weight, n, ec50) for product, _ in products]
    except InputError as error:
        raise InputError(f"{row.where}: {error}") from error


def _terms(side: str, row: _Row, species: set[str]) -> list[tuple[str, bool]]:
    terms: dict[str, bool] = {}
    for match in _TERM.finditer(side):
        terms[match[2]] = match[1] == "!" or terms.get(match[2], False)
    unknown = [name for name in terms if name not in species]
    if unknown:
        raise InputError(f"{row.where}: rule {row.text(2)!r} names {few(unknown)}, not in sheet species. Correct it or add a row.")
    if not _LINK.fullmatch(_TERM.sub(" ", side)):
        raise InputError(f"{row.where}: rule {row.text(2)!r} is not understood. Join reactants with & and invert with ! before the name.")
    return list(terms.items())


def _rows(sheet: Callable[[str], list[tuple[Any, ...]]], name: str, needed: int = 1) -> Iterator[_Row]:
    for number, cells in enumerate(sheet(name)[_FIRST_ROW - 1 :], start=_FIRST_ROW):
        row = _Row(name, number, cells)
        if row.text(needed):
            yield row


def _missing_sheet(file: Path, name: str, titles: list[str]) -> InputError:
    return InputError(f"{file.name} has no sheet {name}; it has {few(titles)}. A Netflux workbook has species and reactions.")


def _xlsx_sheets(file: Path) -> Callable[[str], list[tuple[Any, ...]]]:
    import openpyxl

    try:
        books = [openpyxl.load_workbook(file, data_only=values) for values in (True, False)]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, openpyxl.utils.exceptions.InvalidFileException) as error:
        raise InputError(f"{file} is not a readable xlsx workbook: {error}. Save it as xlsx again.") from error

    def _sheet(name: str) -> list[tuple[Any, ...]]:
        titles = {title.lower(): title for title in books[0].sheetnames}
        if name not in titles:
            raise _missing_sheet(file, name, books[0].sheetnames)
        values, formulas = ([*book[titles[name]].iter_rows(values_only=True)] for book in books)
        # A rule such as "=> A" may be stored as if it were a formula; then its text is what counts.
        return [
            tuple(text if value is None and str(text).startswith("=>") else value for value, text in zip(row, texts, strict=True))
            for row, texts in zip(values, formulas, strict=True)
        ]

    return _sheet


def _xls_sheets(file: Path) -> Callable[[str], list[tuple[Any, ...]]]:
    try:
        import xlrd  # type: ignore[import-untyped]
    except ImportError as error:
        raise InputError(f"{file.name} is an xls workbook: install jaknet[xls], or save it as xlsx.") from error
    try:
        book = xlrd.open_workbook(file)
    except (OSError, xlrd.XLRDError) as error:
        raise InputError(f"{file} is not a readable xls workbook: {error}. Save it as xlsx.") from error

    def _sheet(name: str) -> list[tuple[Any, ...]]:
        titles = {title.lower(): title for title in book.sheet_names()}
        if name not in titles:
            raise _missing_sheet(file, name, book.sheet_names())
        found = book.sheet_by_name(titles[name])
        return [tuple(None if cell == "" else cell for cell in found.row_values(row)) for row in range(found.nrows)]

    return _sheet
