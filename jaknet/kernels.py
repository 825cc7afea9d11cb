"""Compiled array kernels, with their machine code kept in the user's cache and not among the installed files.

What numba keeps beside a module outlives the package: after an upgrade or an editable installation the folder that is left
hides the new one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numba

__all__ = ["njit"]


def njit(*signature: Any, **options: Any) -> Any:
    """Compile a function as `numba.njit` does, and keep the machine code.

    The folder is that of ``NUMBA_CACHE_DIR`` if it is set, else ``jaknet/numba`` in ``XDG_CACHE_HOME`` or ``~/.cache``; where that
    cannot be written, numba's own choice.

    Parameters
    ----------
    *signature, **options
        As of `numba.njit`; ``cache`` is set here.

    Returns
    -------
    callable
        A decorator.
    """

    # Numba asks for the folder when a function is decorated; what others compile is left alone.
    settings: Any = numba.config
    decorate: Any = numba.njit

    def _compiled(function: Any) -> Any:
        """Compile one function, its machine code in the folder."""
        before = settings.CACHE_DIR
        settings.CACHE_DIR = before or _own_folder()
        try:
            return decorate(*signature, cache=True, **options)(function)
        finally:
            settings.CACHE_DIR = before

    return _compiled


def _own_folder() -> str:
    """Return a folder that can be written, made where needed; nothing where there is none."""
    root = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = Path(root) / "jaknet" / "numba"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return ""
    return str(folder) if os.access(folder, os.W_OK) else ""
