"""The one reader and the one writer of files: text in any wrapping, tables, gene sets; written whole or not at all."""

from __future__ import annotations

import csv
import gzip
import io
import os
import warnings
import zlib
from collections.abc import Callable
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import pandas as pd

from jaknet.errors import InputError, check_type, few

__all__ = ["as_tsv", "cell_text", "head_lines", "open_text", "read_delimited", "read_gmt", "read_text", "read_tsv", "separator_of"]
__all__ += ["write_atomically", "write_table"]

_SEPARATORS = "\t,;"
_HEAD = 400  # lines looked at to find out what a file holds
_GZIP = b"\x1f\x8b"
_EXCEL = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # how workbooks begin, new and old
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_DAMAGED = (OSError, EOFError, zlib.error)


def cell_text(value: object) -> str:
    """Return what a cell shows as text, without padding.

    Spreadsheets store every number as a float, so that an identifier 7124 comes as 7124.0: a whole
    float becomes the whole number that was typed.

    Parameters
    ----------
    value : object
        Whatever a table or workbook holds in a cell.

    Returns
    -------
    str
        Empty for None and NaN.

    Examples
    --------
    >>> [cell_text(value) for value in (" JAK1 ", 7124.0, 0.5, None)]
    ['JAK1', '7124', '0.5', '']
    """
    if value is None or value != value:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def open_text(path: str | os.PathLike[str], kind: str = "file") -> IO[str]:
    """Open a text file for reading: gzip or not, UTF-8 or UTF-16 (by its byte-order mark), with any line end.

    Parameters
    ----------
    path : path
        The file.
    kind : str
        What it is, for the message if it is absent.

    Returns
    -------
    text stream

    Raises
    ------
    InputError
        If the path is absent, a folder or an Excel workbook.
    """
    check_type("path", path, (str, os.PathLike), f"the path of a {kind}")
    file = Path(path)
    if not file.exists():
        raise InputError(f"no {kind} {str(file)!r}: it does not exist; check the path.")
    if file.is_dir():
        raise InputError(f"{str(file)!r} is a folder; name the file in it.")
    with file.open("rb") as stream:
        magic = stream.read(4)
    if magic.startswith(_EXCEL):
        raise InputError(f"file {file.name!r} is an Excel workbook; save the sheet as TSV or CSV.")
    opened: Callable[..., Any] = gzip.open if magic.startswith(_GZIP) else open
    with opened(file, "rb") as stream:
        encoding = "utf-16" if stream.read(2) in _UTF16 else "utf-8-sig"
    return opened(file, "rt", encoding=encoding)


def read_text(path: str | os.PathLike[str], kind: str = "file") -> str:
    r"""Return the whole text of a file: gzip undone, no byte-order mark, every line end ``\n``.

    Parameters
    ----------
    path : path
        The file.
    kind : str
        What it is, for the message if it is absent.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If the file is absent, a folder, damaged, or not text.
    """
    try:
        with open_text(path, kind) as stream:
            text = stream.read()
    except _DAMAGED as error:
        raise InputError(f"cannot read {path}: {error}. Fetch or unpack it again.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not text in UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8.") from error
    if "\0" in text:
        raise InputError(f"{path} holds binary data; save the table as text.")
    return text


def head_lines(path: str | os.PathLike[str]) -> list[str]:
    """Return the first 400 lines of a text file, without their line ends.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    list of str

    Raises
    ------
    InputError
        If the file is absent, empty or not text.
    """
    try:
        with open_text(path) as stream:
            lines = [line.rstrip("\n") for _, line in zip(range(_HEAD), stream)]
    except (UnicodeDecodeError, *_DAMAGED) as error:
        raise _unreadable(path, error) from error
    if not lines:
        raise InputError(f"file {Path(path).name!r} is empty.")
    return lines


def separator_of(line: str) -> str:
    r"""Return what separates the cells of a line: whichever of tab, comma and semicolon it holds most of, else a blank.

    Parameters
    ----------
    line : str
        The first line of a table.

    Returns
    -------
    str

    Examples
    --------
    >>> separator_of("gene;a;b"), separator_of("gene a b")
    (';', ' ')
    """
    best = max(_SEPARATORS, key=line.count)
    return best if best in line else " "


def read_tsv(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a tab-separated table as text cells, empty where missing; quotation marks are characters like any other.

    Parameters
    ----------
    path : path
        A TSV with a header row, gzip or not.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    InputError
        If there is no such file, or it is no tab-separated table.
    """
    try:
        with open_text(path) as stream:
            return pd.read_csv(stream, sep="\t", dtype=str, keep_default_na=False, quoting=csv.QUOTE_NONE)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, *_DAMAGED) as error:
        raise InputError(f"{path} is not a tab-separated table: {error}") from error


def read_delimited(path: str | os.PathLike[str], skip: int = 0, stop: str | None = None) -> pd.DataFrame:
    """Read a table whose first column holds names; its other columns are numbers where all cells are.

    Parameters
    ----------
    path : path
        TSV, CSV, semicolon or space separated, possibly gz. Lines starting with ``#`` before the header are skipped.
    skip : int
        How many lines come before the table.
    stop : str, optional
        Text of the line that ends the table.

    Returns
    -------
    pandas.DataFrame
        The first column as text; a header one field short, as R writes it, gets the first column named ``gene``.

    Raises
    ------
    InputError
        If the file is absent, empty, not text, ragged, repeats a column or has one column only.
    """
    lines = head_lines(path)
    start = next((i for i in range(skip, len(lines)) if lines[i].strip() and not lines[i].startswith("#")), None)
    if start is None:
        raise InputError(f"file {Path(path).name!r} holds no table: every line is empty or a comment.")
    names, delimiter = _header(Path(path).name, lines[start : start + 2])
    try:
        with open_text(path) as stream, warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            source = io.StringIO("".join(takewhile(lambda line: not line.startswith(stop), stream))) if stop else stream
            frame = pd.read_csv(
                source,
                sep=delimiter,
                names=names,
                index_col=False,
                header=None,
                skiprows=start + 1,
                dtype={names[0]: str},
                low_memory=False,
                skipinitialspace=True,
            )
    except (ValueError, pd.errors.ParserWarning, *_DAMAGED) as error:
        raise _unreadable(path, error) from error
    if frame.empty:
        raise InputError(f"file {Path(path).name!r} has a header and no rows.")
    return frame


def _header(name: str, lines: list[str]) -> tuple[list[str], str]:
    delimiter = separator_of(lines[0]) if separator_of(lines[0]) != " " else separator_of(lines[-1])
    delimiter = delimiter if delimiter in lines[-1] else " "
    rows = [next(csv.reader([line], delimiter=delimiter, skipinitialspace=True)) for line in lines]
    names = [cell.strip() for cell in rows[0]]
    if len(rows) > 1 and len(rows[1]) == len(names) + 1:
        names = ["gene", *names]
    if len(names) < 2:
        raise InputError(f"file {name!r} has one column only; expected gene names and columns of values, separated by tab or comma.")
    names[0] = names[0] or "gene"
    if len(set(names)) < len(names):
        repeated = sorted({column for column in names if names.count(column) > 1})
        raise InputError(f"file {name!r} repeats the columns {few(map(repr, repeated))}; give each its own name.")
    return names, delimiter


def _unreadable(path: str | os.PathLike[str], error: Exception) -> InputError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return InputError(f"file {Path(path).name!r} cannot be read as a table ({reason[:160]}); expected UTF-8 text with tabs or commas.")


def read_gmt(path: str | os.PathLike[str]) -> dict[str, list[str]]:
    """Read a GMT file: one gene set a line, its name, a description, then the genes, tab separated.

    Parameters
    ----------
    path : path
        The file, gzip or not.

    Returns
    -------
    dict of str to list of str
        Set name -> genes, each once, in the order of the file.

    Raises
    ------
    InputError
        For a missing or empty file, a line without genes, or a repeated name.
    """
    name_of_file, sets = Path(path).name, dict[str, list[str]]()
    for number, line in enumerate(read_text(path, "gene-set file").splitlines(), start=1):
        if not line.strip():
            continue
        name, *rest = line.split("\t")
        genes = list(dict.fromkeys(gene.strip() for gene in rest[1:] if gene.strip()))
        if not genes or name in sets:
            problem = "repeats the set" if name in sets else "has no genes in the set"
            raise InputError(f"{name_of_file} line {number} {problem} {name[:60]}. A GMT line is name, description, genes, tab separated.")
        sets[name] = genes
    if not sets:
        raise InputError(f"{name_of_file} holds no gene set. A GMT line is name, description, genes, tab separated.")
    return sets


def as_tsv(table: pd.DataFrame) -> str:
    r"""Return a table as tab-separated text with a header row, numbers with eight significant digits.

    Parameters
    ----------
    table : pandas.DataFrame
        The table; its index is left out.

    Returns
    -------
    str

    Examples
    --------
    >>> as_tsv(pd.DataFrame({"gene": ["JAK1"], "effect": [2 / 3]}))
    'gene\teffect\nJAK1\t0.66666667\n'
    """
    return table.to_csv(sep="\t", index=False, float_format="%.8g", lineterminator="\n")


def write_table(table: pd.DataFrame, path: str | os.PathLike[str]) -> Path:
    """Write a table as `as_tsv` shows it, whole or not at all.

    Parameters
    ----------
    table : pandas.DataFrame
        The table; its index is left out.
    path : path
        File to write; missing parent folders are made.

    Returns
    -------
    pathlib.Path
    """
    return write_atomically(path, as_tsv(table))


def write_atomically(path: str | os.PathLike[str], content: str | bytes | Callable[[Path], object]) -> Path:
    """Write a file beside its final place, then move it there in one step.

    Parameters
    ----------
    path : path
        Missing parent folders are made.
    content : str, bytes or callable
        The content (text is UTF-8 with its line ends as they are), or a function that writes to the path it is given.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    InputError
        If the path is a folder or cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomically(Path(folder) / "a.txt", "whole").read_text()
    'whole'
    """
    final = Path(path)
    if final.is_dir():
        raise InputError(f"{final} is a folder; give the path of a file.")
    # The suffix stays: some writers choose their format by it.
    part = final.with_name(f".part-{uuid4().hex}{final.suffix}")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        if callable(content):
            content(part)
        else:
            part.write_bytes(content.encode() if isinstance(content, str) else content)
        os.replace(part, final)
    except OSError as error:
        raise InputError(f"cannot write {final}: {error.strerror}. Choose a folder that can be written to.") from error
    finally:
        # Where not even the folder could be made there is no draft, and unlink fails for the same reason.
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return final
