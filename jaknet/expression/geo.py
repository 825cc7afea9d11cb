"""GEO series matrix files: samples and values from one text file."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pandas as pd

from jaknet.errors import InputError
from jaknet.expression._tables import open_text, read_delimited

__all__ = ["read_series_matrix"]

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
