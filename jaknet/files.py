"""Files appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

__all__ = ["write_atomically"]


def write_atomically(path: str | Path, content: str | bytes | Callable[[Path], object]) -> Path:
    """Write a file beside its place, then move it there in one step.

    Parameters
    ----------
    path : path
        Where the file goes; missing folders are made.
    content : str, bytes or callable
        What to write, or a function that writes to the path it is given.

    Returns
    -------
    pathlib.Path
        The path, complete.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomically(Path(folder) / "new" / "a.txt", "whole").read_text()
    'whole'
    """
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(prefix=f".{place.stem}-", suffix=place.suffix, dir=place.parent)
    os.close(handle)
    draft = Path(beside)
    try:
        if callable(content):
            content(draft)
        elif isinstance(content, bytes):
            draft.write_bytes(content)
        else:
            draft.write_text(content, encoding="utf-8", newline="\n")
        # mkstemp makes private files; a result should be as readable as any other new file.
        mask = os.umask(0)
        os.umask(mask)
        draft.chmod(0o666 & ~mask)
        os.replace(draft, place)
    finally:
        draft.unlink(missing_ok=True)
    return place
