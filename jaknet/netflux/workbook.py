"""Read a Netflux workbook (https://github.com/saucermanlab/Netflux) and check every row of it."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from io import StringIO
from math import isfinite
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from jaknet.errors import InputError, check_type, few
from jaknet.netflux.model import LogicModel, Reaction, Species
from jaknet.tables import cell_text

__all__ = ["Row", "Rule", "data_rows", "parse_rule", "read_netflux", "read_sheets"]

_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
_TERM = re.compile(r"(!?)([A-Za-z]\w*)", re.ASCII)
#: What may stand between the names of a rule; Netflux itself looks at the names alone.
_LINK = re.compile(r"[\s&+]*")
#: Netflux goes by position: columns B (ID), C (the rule of a reaction) and D to F (numbers), from row 3.
_ID, _RULE, _NUMBERS = 1, 2, (3, 4, 5)
_FIRST_ROW = 3

Sheets = dict[str, list[list[str]]]
_Made = TypeVar("_Made")


class Row(NamedTuple):
    """One row of a sheet that holds data.

    Attributes
    ----------
    sheet : str
        Name of the sheet.
    number : int
        Number of the row as Excel shows it, from 1.
    cells : list of str
        Its cells as text, from column A.
    """

    sheet: str
    number: int
    cells: list[str]

    @property
    def where(self) -> str:
        """The place of the row, for messages."""
        return f"sheet {self.sheet}, row {self.number}"

    def text(self, column: int) -> str:
        """Return one cell, or an empty text where the row ends before it.

        Parameters
        ----------
        column : int
            Number of the column, 0 for column A.

        Returns
        -------
        str
        """
        return self.cells[column] if column < len(self.cells) else ""

    @property
    def numbers(self) -> list[float]:
        """Columns D to F, or nothing where one is empty: then Netflux takes its defaults for all three."""
        cells = [self.text(column) for column in _NUMBERS]
        if not all(cells):
            return []
        try:
            values = [float(cell) for cell in cells]
        except ValueError:
            values = []
        if not (values and all(map(isfinite, values))):
            raise InputError(f"{self.where}: {few(cells)} are not all numbers. Correct columns D to F.")
        return values


class Rule(NamedTuple):
    """What a rule such as ``A & !B => C`` says.

    Attributes
    ----------
    reactants : tuple of str
        The names left of ``=>``.
    inverted : tuple of bool
        For each reactant, whether ``!`` stands before it.
    products : tuple of str
        The names right of ``=>``.
    """

    reactants: tuple[str, ...]
    inverted: tuple[bool, ...]
    products: tuple[str, ...]


def read_netflux(path: str | Path) -> LogicModel:
    """Read a Netflux workbook as the model that it describes.

    Netflux goes by the position of a column and not by its header, and so does this function. In
    both sheets the data begin in row 3. Sheet ``species`` has ID, name, Yinit, Ymax and tau in
    columns B to F; sheet ``reactions`` has ID, Rule, Weight, n and EC50 there. A row without an ID
    (species) or a rule (reactions) is skipped. See `parse_rule` for what a rule may look like.

    Parameters
    ----------
    path : str or Path
        An ``.xlsx`` file, or an ``.xls`` file if the extra ``jaknet[xls]`` is installed.

    Returns
    -------
    LogicModel
        Its name is that of the file. Call `LogicModel.steady_state` to run it.

    Raises
    ------
    InputError
        If the file or one of its rows cannot be read. The message names the sheet and the row.

    Warns
    -----
    UserWarning
        Where numbers are missing, so that the defaults of Netflux are taken, and where a rule is
        repeated, because each repeat counts. Both name the rows.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from jaknet.network.network import Network
    >>> net = Network(pd.DataFrame({"source": ["OSM", "STAT3"], "target": ["STAT3", "SOCS3"], "sign": [1, 1]}))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model = read_netflux(net.write(Path(folder) / "model.xlsx", "netflux"))
    >>> model.steady_state(inputs=0.5, ymax={"STAT3": 0.1}).round(3).to_dict()
    {'OSM': 0.5, 'SOCS3': 0.024, 'STAT3': 0.05}
    """
    check_type("path", path, (str, PathLike), "the path of a workbook")
    file = Path(path)
    sheets = read_sheets(file)
    named, ruled = data_rows(sheets, "species", _ID, file.name), data_rows(sheets, "reactions", _RULE, file.name)
    _check_names(named)
    species = tuple(_make_part(row, Species, row.text(_ID), *row.numbers) for row in named)
    rules = [_check_known(parse_rule(row), row, {each.name for each in species}) for row in ruled]
    reactions = tuple(reaction for rule, row in zip(rules, ruled, strict=True) for reaction in _reactions(rule, row))
    if not species or not reactions:
        raise InputError(f"{file.name} has {len(species)} species and {len(reactions)} reactions from row {_FIRST_ROW}; both are needed.")
    _warn(file, "parameters missing, defaults taken", [row for row in named + ruled if not row.numbers])
    _warn(file, "rule repeated, each counts", _find_repeated(rules, ruled))
    return LogicModel(species, reactions, file.stem)


def read_sheets(path: str | Path) -> Sheets:
    """Return every sheet of a workbook as rows of text cells.

    Parameters
    ----------
    path : str or Path
        An ``.xls`` file, or any other name for an xlsx file.

    Returns
    -------
    dict of str to list of list of str
        Title of the sheet -> its rows from the first, whatever stands in them; an empty cell is an empty text.

    Raises
    ------
    InputError
        If there is no such file, if it is no workbook, or if it is ``.xls`` and ``jaknet[xls]`` is not installed.

    Examples
    --------
    >>> import tempfile
    >>> import openpyxl
    >>> book = openpyxl.Workbook()
    >>> book.active.append(["A", 1.0, None, 0.5])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     book.save(Path(folder) / "book.xlsx")
    ...     read_sheets(Path(folder) / "book.xlsx")
    {'Sheet': [['A', '1', '', '0.5']]}
    """
    file = Path(path)
    if not file.is_file():
        raise InputError(f"no file {file}; check the path.")
    return _xls_sheets(file) if file.suffix.lower() == ".xls" else _xlsx_sheets(file)


def data_rows(sheets: Sheets, title: str, needed: int, name: str) -> list[Row]:
    """Return the rows of a sheet that hold data: from row 3, and with something in the column that is needed.

    Parameters
    ----------
    sheets : dict of str to list of list of str
        What `read_sheets` returned.
    title : str
        Name of the sheet in lower case; in the workbook it may be in upper case.
    needed : int
        Column without which a row says nothing, 0 for column A.
    name : str
        Name of the file, for the message.

    Returns
    -------
    list of Row
        In the order of the sheet.

    Raises
    ------
    InputError
        If there is no such sheet.

    Examples
    --------
    >>> sheets = {"Reactions": [["title"], ["module", "ID", "Rule"], ["", "r1", "=> A"], ["", "", ""]]}
    >>> [row.where for row in data_rows(sheets, "reactions", 2, "model.xlsx")]
    ['sheet reactions, row 3']
    """
    found = next((rows for known, rows in sheets.items() if known.lower() == title), None)
    if found is None:
        raise InputError(f"{name} has no sheet {title}; it has {few(sheets)}. A Netflux workbook has species and reactions.")
    rows = (Row(title, number, cells) for number, cells in enumerate(found, start=1))
    return [row for row in rows if row.number >= _FIRST_ROW and row.text(needed)]


def parse_rule(row: Row) -> Rule:
    """Take the rule of a row apart; this is the only place that knows how rules are written.

    The reactants stand left of ``=>`` and the products right of it. Netflux joins reactants by AND
    however they are separated, so ``&``, ``+`` and a blank mean the same. A ``!`` directly before a
    name inverts it. A name that is given both ways counts as inverted.

    Parameters
    ----------
    row : Row
        A row of the sheet ``reactions``, with its rule in column C.

    Returns
    -------
    Rule
        Each name once, in the order of the rule.

    Raises
    ------
    InputError
        For a rule without ``=>`` or without a product, a product with ``!``, or other signs than these.

    Examples
    --------
    >>> parse_rule(Row("reactions", 3, ["", "r1", "A & !B => C"]))
    Rule(reactants=('A', 'B'), inverted=(False, True), products=('C',))
    """
    text = row.text(_RULE)
    left, arrow, right = text.partition("=>")
    if not arrow:
        raise InputError(f"{row.where}: rule {text!r} has no =>. Write reactants => product.")
    if not all(_LINK.fullmatch(_TERM.sub(" ", side)) for side in (left, right)):
        raise InputError(f"{row.where}: rule {text!r} is not understood. Join reactants with & and invert with ! before the name.")
    reactants, products = _terms(left), _terms(right)
    if not products or any(products.values()):
        raise InputError(f"{row.where}: rule {text!r} needs a plain species right of =>.")
    return Rule(tuple(reactants), tuple(reactants.values()), tuple(products))


def _terms(side: str) -> dict[str, bool]:
    """Return the names on one side of a rule, each with whether it is inverted."""
    terms: dict[str, bool] = {}
    for mark, name in _TERM.findall(side):
        terms[name] = mark == "!" or terms.get(name, False)
    return terms


def _check_known(rule: Rule, row: Row, species: set[str]) -> Rule:
    unknown = [name for name in dict.fromkeys(rule.reactants + rule.products) if name not in species]
    if unknown:
        raise InputError(f"{row.where}: rule {row.text(_RULE)!r} names {few(unknown)}, not in sheet species. Correct it or add a row.")
    return rule


def _reactions(rule: Rule, row: Row) -> list[Reaction]:
    """Return one reaction for each product."""
    return [_make_part(row, Reaction, product, rule.reactants, rule.inverted, *row.numbers) for product in rule.products]


def _make_part(row: Row, make: Callable[..., _Made], *values: Any) -> _Made:
    """Make a part of the model; what is wrong with its values is reported with the row they are in."""
    try:
        return make(*values)
    except InputError as error:
        raise InputError(f"{row.where}: {error}") from error


def _check_names(rows: Iterable[Row]) -> None:
    seen: dict[str, str] = {}
    for row in rows:
        name = row.text(_ID)
        if not _NAME.fullmatch(name):
            raise InputError(f"{row.where}: species {name!r} is no name for Netflux. Use letters, digits and _, a letter first.")
        if name in seen:
            raise InputError(f"{row.where}: species {name} is already in {seen[name]}. Keep one row.")
        seen[name] = row.where


def _warn(file: Path, problem: str, rows: list[Row]) -> None:
    if rows:
        # The third level is the caller of read_netflux.
        warnings.warn(f"{file.name}: {problem}: {few(row.where for row in rows)}.", UserWarning, stacklevel=3)


def _find_repeated(rules: list[Rule], rows: list[Row]) -> list[Row]:
    counts = Counter(rules)
    return [row for rule, row in zip(rules, rows, strict=True) if counts[rule] > 1]


def _xlsx_sheets(file: Path) -> Sheets:
    import openpyxl

    formulas = _open_book(file, lambda: openpyxl.load_workbook(file))
    cells = (cell for sheet in formulas.worksheets for row in sheet.iter_rows() for cell in row)
    # A workbook shows its formulas or their results, so that one with formulas is read twice.
    has_formulas = any(cell.data_type == "f" for cell in cells)
    values = _open_book(file, lambda: openpyxl.load_workbook(file, data_only=True)) if has_formulas else formulas
    return {sheet.title: _xlsx_rows(sheet, formulas[sheet.title]) for sheet in values.worksheets}


def _open_book(file: Path, open_book: Callable[[], Any]) -> Any:
    try:
        return open_book()
    # A damaged workbook fails wherever its parser trips over it: as zlib.error, struct.error, IndexError and more.
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{file} is not a readable workbook: {reason}. Save it as xlsx again.") from error


def _xlsx_rows(values: Any, formulas: Any) -> list[list[str]]:
    pairs = zip(values.iter_rows(values_only=True), formulas.iter_rows(values_only=True), strict=True)
    return [[cell_text(_choose_cell(*cells)) for cells in zip(*rows, strict=True)] for rows in pairs]


def _choose_cell(value: object, formula: object) -> object:
    """A rule such as ``=> A`` may be stored as if it were a formula; then its text is what counts."""
    return formula if value is None and str(formula).startswith("=>") else value


def _xls_sheets(file: Path) -> Sheets:
    try:
        import xlrd  # type: ignore[import-untyped]
    except ImportError as error:
        raise InputError(f"{file.name} is an xls workbook: install jaknet[xls], or save it as xlsx.") from error
    # Left to itself, xlrd prints what it thinks of a damaged file.
    book = _open_book(file, lambda: xlrd.open_workbook(file, logfile=StringIO()))
    return {sheet.name: [[cell_text(cell) for cell in sheet.row_values(row)] for row in range(sheet.nrows)] for sheet in book.sheets()}
