"""Files that appear whole or not at all, and the cells of tables as text."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from jaknet.errors import InputError

__all__ = ["cell_text", "write_atomically"]


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


def write_atomically(path: str | Path, content: str | bytes | Callable[[Path], object]) -> Path:
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
