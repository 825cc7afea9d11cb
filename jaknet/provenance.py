"""What a result was made from: versions, input hashes, parameters, seed. One manifest for every result."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from jaknet.errors import check_whole

__all__ = ["Manifest", "as_generator", "as_seed", "file_sha256", "make_manifest", "sha256_of"]

_PACKAGES = ("jaknet", "numpy", "scipy", "pandas", "networkx", "numba", "gseapy", "pydeseq2")


@dataclass(frozen=True)
class Manifest:
    """The record attached to a result as ``.provenance``.

    Attributes
    ----------
    step : str
        What was done, e.g. ``"perturb"``.
    parameters : dict
        Every argument that shapes the result, as plain values.
    inputs : dict
        Name of each input -> its SHA-256 or content digest.
    dropped : dict
        What was left out -> how many.
    seed : int or None
        The seed, where randomness was used.
    versions : dict
        Python and package versions.
    """

    step: str
    parameters: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    seed: int | None = None
    versions: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the manifest as plain types, ready for JSON."""
        return {key: _plain(value) for key, value in vars(self).items()}


def make_manifest(
    step: str,
    parameters: Mapping[str, Any] | None = None,
    inputs: Mapping[str, str] | None = None,
    dropped: Mapping[str, int] | None = None,
    seed: int | None = None,
) -> Manifest:
    """Build a `Manifest` with the versions of this environment.

    Parameters
    ----------
    step : str
        What was done, e.g. ``"perturb"``.
    parameters : mapping, optional
        Every argument that shapes the result.
    inputs : mapping, optional
        Name of each input -> its SHA-256 or content digest.
    dropped : mapping, optional
        What was left out -> how many.
    seed : int, optional
        The seed, where randomness was used.

    Returns
    -------
    Manifest

    Examples
    --------
    >>> make_manifest("demo", {"members": 10}, seed=1).parameters
    {'members': 10}
    """
    return Manifest(step, dict(parameters or {}), dict(inputs or {}), dict(dropped or {}), seed, _versions())


def sha256_of(*parts: bytes) -> str:
    """Return the SHA-256 of bytes, one part after the other, in hexadecimal digits.

    Parameters
    ----------
    *parts : bytes
        What is hashed, in this order.
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def file_sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes as hexadecimal digits.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    str
    """
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def as_generator(seed: int | np.random.Generator | None) -> np.random.Generator:
    """Return a generator of random numbers.

    Parameters
    ----------
    seed : int, numpy.random.Generator or None
        The same integer always gives the same stream; a generator is returned as it is; None gives another stream each time.

    Returns
    -------
    numpy.random.Generator

    Examples
    --------
    >>> bool(as_generator(1).random() == as_generator(1).random())
    True
    """
    return seed if isinstance(seed, np.random.Generator) else np.random.default_rng(seed)


def as_seed(seed: int | np.random.Generator) -> int:
    """Return a seed as an integer.

    Parameters
    ----------
    seed : int or numpy.random.Generator
        A generator is asked for an integer, and thereby advanced.

    Returns
    -------
    int

    Raises
    ------
    InputError
        For a negative number, or anything else.
    """
    return int(seed.integers(2**63)) if isinstance(seed, np.random.Generator) else check_whole("seed", seed, least=0)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Iterable):
        return [_plain(item) for item in value]
    return str(value)
