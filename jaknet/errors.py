"""One exception tree; every message says what is wrong, which values, and what to do."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["InputError", "JaknetError", "OfflineError", "OverlapError", "SpeciesError", "UnknownNameError", "few"]


class JaknetError(Exception):
    """Base class of every error that jaknet raises on purpose."""


class InputError(JaknetError, ValueError):
    """The caller's input cannot be used as it is; the command line exits with 2."""


class UnknownNameError(InputError):
    """A name (node, drug, context, column, level, ...) is not among the known ones."""

    def __init__(self, kind: str, names: Iterable[object], known: Iterable[object], remedy: str = "") -> None:
        listed = f"known: {few(known, 12)}"
        super().__init__(f"unknown {kind}: {few(names)}; {remedy or listed}")


class SpeciesError(InputError):
    """Data of one species met a network or signature of another."""


class OverlapError(InputError):
    """Too few identifiers are shared between two inputs for an honest answer."""


class OfflineError(JaknetError, ConnectionError):
    """A ``fetch_*`` function could not reach or verify its source."""


def few(values: Iterable[object], limit: int = 5) -> str:
    """Show at most `limit` values, then how many more there are.

    Parameters
    ----------
    values : iterable
        What to show, in the order given.
    limit : int
        How many to spell out.

    Returns
    -------
    str
        For a message of one line.

    Examples
    --------
    >>> few(["A", "B", "C"], limit=2)
    'A, B (+1 more)'
    """
    shown = [str(value) for value in values]
    rest = len(shown) - limit
    return ", ".join(shown[:limit]) + (f" (+{rest} more)" if rest > 0 else "")
