"""What the command says and writes: tables for people on a terminal, for programs elsewhere; notes and progress beside them."""

from __future__ import annotations

import argparse
import json
import logging
import math
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path
from typing import Any

import pandas as pd

from jaknet.errors import InputError, few
from jaknet.tables import as_tsv, write_atomically

__all__ = ["FORMATS", "bars", "check_format", "note", "readable", "save", "say", "say_warning", "show", "step", "telling"]

FORMATS = ("tsv", "csv", "json", "parquet")
_NARROWEST = 16  # characters to which a cell is cut on a terminal
_LOG = logging.getLogger("jaknet.cli")


def say(text: str, stream: Any = None) -> None:
    """Write a line to a stream, by default that of results.

    Parameters
    ----------
    text : str
        One line or several.
    stream : file, optional
        Standard output by default.
    """
    (stream or sys.stdout).write(text + "\n")


def say_warning(message: Warning | str, *_details: Any, **_more: Any) -> None:
    """Say a warning as one line beside the results, with ``--quiet`` too.

    Parameters
    ----------
    message : Warning or str
        What was warned of.
    """
    say(f"warning: {message}", sys.stderr)


def note(text: str, options: argparse.Namespace) -> None:
    """Say what is good to know beside the results, unless ``--quiet`` was given.

    Parameters
    ----------
    text : str
        One line or several.
    options : argparse.Namespace
        The parsed command line.
    """
    if not options.quiet:
        say(text, sys.stderr)


def step(text: str, *values: object) -> None:
    """Tell what is being done: a line where no progress bar can be seen, a log line with ``--verbose``.

    Parameters
    ----------
    text : str
        With a ``%s`` for each value.
    *values : object
        What stands in it.
    """
    _LOG.info(text, *values)


def bars(options: argparse.Namespace) -> bool | None:
    """Return the argument `progress` of a public function: no bars with ``--quiet``, else where there is a terminal.

    Parameters
    ----------
    options : argparse.Namespace
        The parsed command line.
    """
    return False if options.quiet else None


@contextmanager
def telling(quiet: bool, verbose: bool) -> Iterator[None]:
    """Send what the library logs to the error stream.

    Lines about progress are for where bars cannot be seen, so that on a terminal only ``--verbose`` shows them.

    Parameters
    ----------
    quiet, verbose : bool
        The flags.
    """
    logger, handler = logging.getLogger("jaknet"), logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s: %(message)s" if verbose else "%(message)s"))
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING if quiet or (sys.stderr.isatty() and not verbose) else logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


def check_format(options: argparse.Namespace) -> None:
    """Refuse a format that cannot be written, before anything is computed.

    Parameters
    ----------
    options : argparse.Namespace
        The parsed command line.

    Raises
    ------
    InputError
        For parquet on the terminal, or without the package that writes it.
    """
    if _format(options) != "parquet":
        return
    if options.out is None:
        raise InputError("--format parquet is not text: name the file with --out FILE.")
    if not any(map(find_spec, ("pyarrow", "fastparquet"))):
        raise InputError("parquet needs the package pyarrow: pip install pyarrow. Or choose --format tsv, csv or json.")


def save(frame: pd.DataFrame, options: argparse.Namespace, first: Sequence[str] = ()) -> None:
    """Write a table to the file of ``--out``; else print it, aligned on a terminal and as TSV into a pipe.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table.
    options : argparse.Namespace
        With ``out`` and ``format``.
    first : sequence of str
        Columns that people look for: on a terminal, which may be narrow, they come first.
    """
    kind = _format(options)
    if options.out is not None:
        write_atomically(options.out, (lambda part: frame.to_parquet(part, index=False)) if kind == "parquet" else _text(frame, kind))
        say(f"{len(frame)} rows written to {options.out}")
    elif options.format is None and sys.stdout.isatty():
        show(frame[[*first, *frame.columns.difference(first, sort=False)]], options)
    else:
        say(_text(frame, kind).rstrip("\n"))


def show(frame: pd.DataFrame, options: argparse.Namespace) -> None:
    """Print a table for people: as wide as the terminal, or whole where there is none.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table.
    options : argparse.Namespace
        The parsed command line.
    """
    if not sys.stdout.isatty():
        say(frame.to_string(index=False, na_rep="", float_format="{:.3g}".format))
        return
    shown, hidden = readable(frame, shutil.get_terminal_size().columns)
    say(shown)
    if hidden:
        note(f"columns that did not fit: {few(hidden, 30)}; for all of them: --out FILE, or a pipe", options)


def _format(options: argparse.Namespace) -> str:
    """Return the format that was asked for, else that of the file's ending."""
    given = getattr(options, "format", None)
    ending = Path(getattr(options, "out", None) or "").suffix.lstrip(".").lower()
    return given or (ending if ending in FORMATS else "tsv")


def _text(frame: pd.DataFrame, kind: str) -> str:
    if kind == "csv":
        return frame.to_csv(index=False, float_format="%.8g", lineterminator="\n")
    if kind == "json":
        rows = [{str(name): _plain(value) for name, value in row.items()} for row in frame.to_dict("records")]
        return json.dumps(rows, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    return as_tsv(frame)


def _plain(value: Any) -> Any:
    """Return a cell as JSON has it: null where it is missing, text where a number is infinite, which JSON cannot say."""
    if value is None or value is pd.NA or value != value:
        return None
    if isinstance(value, float) and math.isinf(value):
        return str(value)
    return value if isinstance(value, (bool, int, float, str)) else str(value)


def readable(frame: pd.DataFrame, width: int) -> tuple[str, list[str]]:
    """Return a table for people: aligned, numbers with three digits, as many columns as fit.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table.
    width : int
        Characters of a line.

    Returns
    -------
    str
        One line a row, below the names.
    list of str
        Columns that did not fit; the first always does, cut to the width.

    Examples
    --------
    >>> shown, hidden = readable(pd.DataFrame({"gene": ["JAK1"], "effect": [2 / 3], "reason": ["long"]}), 12)
    >>> print(shown)
    gene  effect
    JAK1   0.667
    >>> hidden
    ['reason']
    """
    whole = [[str(name), *map(_short, frame.iloc[:, place])] for place, name in enumerate(frame.columns)]
    natural = [max(map(len, cells)) for cells in whole]
    # Cells are cut as little as makes every column fit; where none does, columns are left out.
    limits = range(width, _NARROWEST, -1)
    most = next((limit for limit in limits if sum(min(size, limit) + 2 for size in natural) - 2 <= width), _NARROWEST)
    sizes = [min(size, most) for size in natural]
    count = max(1, sum(total - 2 <= width for total in accumulate(size + 2 for size in sizes)))
    numbers = [pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind) for kind in frame.dtypes]
    columns = [
        [_cut(cell, size).rjust(size) if number else _cut(cell, size).ljust(size) for cell in cells]
        for cells, size, number in zip(whole[:count], sizes, numbers)
    ]
    lines = ["  ".join(row).rstrip() for row in zip(*columns, strict=True)]
    return "\n".join(lines), [str(name) for name in frame.columns[count:]]


def _short(value: object) -> str:
    if value is None or value is pd.NA or value != value:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else " ".join(str(value).split())


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 1, 1)] + "…"
