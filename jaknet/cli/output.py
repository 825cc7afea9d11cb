"""What the command says and writes."""

from __future__ import annotations

import sys
from typing import Any

import pandas as pd

from jaknet.tables import as_tsv, write_table

__all__ = ["save", "say", "say_warning"]


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
    """Say a warning as one line beside the results.

    Parameters
    ----------
    message : Warning or str
        What was warned of.
    """
    say(f"warning: {message}", sys.stderr)


def save(frame: pd.DataFrame, out: str | None) -> None:
    """Write a table to a file, or to the terminal.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table.
    out : str or None
        File to write; None for the terminal.
    """
    if out is None:
        say(as_tsv(frame).rstrip("\n"))
    else:
        write_table(frame, out)
        say(f"{len(frame)} rows written to {out}")
