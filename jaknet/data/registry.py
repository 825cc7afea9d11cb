"""The only door to the bundled files: two shelves, each with a registry of SHA-256 sums.

In a clone or an editable install the shelves are the folders beside ``setup.cfg``; in a wheel
they are the packages ``jaknet.data.networks`` and ``jaknet.data.expression``. A file whose sum is
not in its shelf's ``registry.tsv`` is refused, so that a stale build can never be read unnoticed.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from jaknet.errors import JaknetError, UnknownNameError
from jaknet.provenance import file_sha256, sha256_of
from jaknet.tables import read_text, read_tsv

__all__ = ["SHELVES", "bundled_files", "bundled_path", "read_table", "read_yaml", "registry_digest", "registry_rows"]

SHELVES = ("networks", "expression")
_REGISTRY = "registry.tsv"


def bundled_path(name: str) -> Path:
    """Return the path of a bundled file after checking its SHA-256.

    Parameters
    ----------
    name : str
        Shelf and file, e.g. ``"networks/osteoblast/edges.tsv"``.

    Raises
    ------
    UnknownNameError
        If no registry lists the file.
    JaknetError
        If the file differs from its registered sum.

    Examples
    --------
    >>> bundled_path("networks/osteoblast/edges.tsv").name
    'edges.tsv'
    """
    registered = _registered()
    if name not in registered:
        raise UnknownNameError("bundled file", [name], sorted(registered))
    shelf, _, rest = name.partition("/")
    path = _shelf_root(shelf) / rest
    if file_sha256(path) != registered[name]:
        message = f"{name} differs from its registered SHA-256. Reinstall, or after an edit run: python scripts/update_registry.py"
        raise JaknetError(message)
    return path


def bundled_files(prefix: str = "") -> list[str]:
    """List the registered files, sorted.

    Parameters
    ----------
    prefix : str
        How their names start, e.g. ``"networks/drugs/"``.

    Returns
    -------
    list of str
    """
    return sorted(name for name in _registered() if name.startswith(prefix))


def registry_digest() -> str:
    """Return one SHA-256 over the sums of all bundled files: it changes when any of them does."""
    return sha256_of(*(f"{name}\t{digest}\n".encode() for name, digest in sorted(_registered().items())))


def read_table(name: str) -> pd.DataFrame:
    """Read a bundled TSV as text cells, empty where missing.

    Parameters
    ----------
    name : str
        Shelf and file, e.g. ``"networks/osteoblast/edges.tsv"``.

    Returns
    -------
    pandas.DataFrame
    """
    return read_tsv(bundled_path(name))


def read_yaml(name: str) -> dict[str, Any]:
    """Read a bundled YAML mapping.

    Parameters
    ----------
    name : str
        Shelf and file, e.g. ``"networks/osteoblast/network.yaml"``.

    Returns
    -------
    dict
    """
    return dict(yaml.safe_load(read_text(bundled_path(name))))


def registry_rows(root: Path) -> list[tuple[str, str]]:
    """Return what the ``registry.tsv`` of a shelf holds.

    Parameters
    ----------
    root : Path
        Folder of the shelf.

    Returns
    -------
    list of (str, str)
        File and SHA-256 of every data file below it, sorted.
    """
    kinds = {".tsv", ".yaml", ".gmt", ".gz", ".npz"}
    files = [path for path in root.rglob("*") if path.suffix in kinds and path.name != _REGISTRY]
    return sorted((path.relative_to(root).as_posix(), file_sha256(path)) for path in files)


def _shelf_root(shelf: str) -> Path:
    beside = Path(__file__).resolve().parents[2]
    if (beside / "setup.cfg").is_file() and (beside / shelf / "__init__.py").is_file():
        return beside / shelf
    return Path(str(resources.files(f"jaknet.data.{shelf}")))


@lru_cache(maxsize=1)
def _registered() -> dict[str, str]:
    sums: dict[str, str] = {}
    for shelf in SHELVES:
        table = read_tsv(_shelf_root(shelf) / _REGISTRY)
        sums |= {f"{shelf}/{file}": digest for file, digest in zip(table["file"], table["sha256"], strict=True)}
    return sums
