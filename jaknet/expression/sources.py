"""Where expression data come from: delimited tables, tools' outputs, AnnData, GEO."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
import warnings
import zlib
from pathlib import Path
from typing import IO, Any

import pandas as pd

from jaknet.errors import InputError, few

__all__ = ["head_lines", "open_text", "read_delimited", "read_series_matrix"]

_DELIMITERS = "\t,;"
_HEAD = 400


def open_text(path: str | os.PathLike[str]) -> IO[str]:
    """Open a text file, compressed or not, without its byte-order mark and with any line end."""
    file = Path(path)
    if not file.exists():
        raise InputError(f"file {str(file)!r} does not exist; check the path.")
    if file.is_dir():
        raise InputError(f"{str(file)!r} is a folder; name the file in it.")
    with file.open("rb") as stream:
        magic = stream.read(4)
    if not magic:
        raise InputError(f"file {file.name!r} is empty.")
    if magic[:2] == b"PK" or magic == b"\xd0\xcf\x11\xe0":
        raise InputError(f"file {file.name!r} is an Excel workbook; save the sheet as TSV or CSV.")
    if magic[:2] == b"\x1f\x8b":
        return gzip.open(file, "rt", encoding="utf-8-sig")
    return file.open(encoding="utf-8-sig")


def head_lines(path: str | os.PathLike[str]) -> list[str]:
    """Return the first lines of a text file, without their line ends."""
    try:
        with open_text(path) as stream:
            return [line.rstrip("\n") for _, line in zip(range(_HEAD), stream)]
    except (UnicodeDecodeError, EOFError, OSError, zlib.error) as error:
        raise _unreadable(path, error) from error


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
            source = io.StringIO("".join(_until(stream, stop))) if stop else stream
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
    except (UnicodeDecodeError, EOFError, OSError, zlib.error, ValueError, pd.errors.ParserWarning) as error:
        raise _unreadable(path, error) from error
    if frame.empty:
        raise InputError(f"file {Path(path).name!r} has a header and no rows.")
    return frame


def _header(name: str, lines: list[str]) -> tuple[list[str], str]:
    delimiter = max(_DELIMITERS, key=lines[0].count)
    if not lines[0].count(delimiter):
        delimiter = max(_DELIMITERS, key=lines[-1].count)
    if not lines[-1].count(delimiter):
        delimiter = " "
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


def _until(stream: IO[str], stop: str) -> list[str]:
    lines = []
    for line in stream:
        if line.startswith(stop):
            break
        lines.append(line)
    return lines


def _unreadable(path: str | os.PathLike[str], error: Exception) -> InputError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return InputError(f"file {Path(path).name!r} cannot be read as a table ({reason[:160]}); expected UTF-8 text with tabs or commas.")


_BEGIN, _END = "!series_matrix_table_begin", "!series_matrix_table_end"
_FIELDS = ("title", "source_name_ch1", "organism_ch1", "characteristics_ch1")


def read_series_matrix(path: Path) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Read a GEO series matrix.

    Parameters
    ----------
    path : path
        ``GSE..._series_matrix.txt``, gz or not.

    Returns
    -------
    (pandas.DataFrame, pandas.DataFrame, dict)
        Values with the row names first; samples, one row an accession, ``characteristics_ch1`` split at
        its colon into columns; and a report.

    Raises
    ------
    InputError
        If the file has no value table, as for RNA sequencing, whose counts GEO keeps in supplementary files.
    """
    samples: dict[str, list[str]] = {}
    start = None
    with open_text(path) as stream:
        for number, line in enumerate(stream):
            if line.startswith(_BEGIN):
                start = number + 1
                break
            if line.startswith("!Sample_"):
                cells = next(csv.reader([line.rstrip("\n")], delimiter="\t"))
                _collect(samples, cells[0].removeprefix("!Sample_"), cells[1:])
        following = [next(stream, ""), next(stream, "")] if start is not None else []
    if start is None or not following[1].strip() or following[1].startswith(_END):
        raise InputError(
            f"series matrix {path.name!r} holds no values; for RNA sequencing GEO keeps the counts in a supplementary file: "
            "read that one instead."
        )
    values = read_delimited(path, skip=start, stop=_END)
    return values, pd.DataFrame(samples), {"format": "GEO series matrix"}


def _collect(samples: dict[str, list[str]], name: str, cells: list[str]) -> None:
    if name == "geo_accession":
        samples["sample"] = cells
    elif name == "characteristics_ch1" and cells and all(re.match(r"[^:]+:", cell) for cell in cells if cell):
        # By the key of each cell: where samples differ in their characteristics, one line holds several.
        for place, (key, value) in ((i, cell.split(":", 1)) for i, cell in enumerate(cells) if cell):
            samples.setdefault(key.strip(), [""] * len(cells))[place] = value.strip()
    elif name in _FIELDS:
        samples[name] = cells
