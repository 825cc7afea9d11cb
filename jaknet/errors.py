"""One exception tree; every message says what is wrong, which values, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from numbers import Integral

__all__ = ["InputError", "JaknetError", "OfflineError", "OverlapError", "SpeciesError", "UnknownNameError"]
__all__ += ["check_type", "check_whole", "closest", "few"]


class JaknetError(Exception):
    """Base class of every error that jaknet raises on purpose."""


class InputError(JaknetError, ValueError):
    """The caller's input cannot be used as it is; the command line exits with 2."""


class UnknownNameError(InputError):
    """A name (node, drug, context, column, level, ...) is not among the known ones; close ones are named."""

    def __init__(self, kind: str, names: Iterable[object], known: Iterable[object], remedy: str = "") -> None:
        given, options = [*names], [*known]
        close = dict.fromkeys(name for wrong in given[:5] for name in closest(wrong, options))
        listed = f"known: {few(options, 12)}" + (f" (did you mean {few(close)}?)" if close else "")
        super().__init__(f"unknown {kind}: {few(given)}; {remedy or listed}")


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


def closest(name: object, known: Iterable[object], limit: int = 3) -> list[str]:
    """Return the known names that are spelled most like a name, whatever the capitals, the closest first.

    Parameters
    ----------
    name : str
        What was given.
    known : iterable of str
        What it may have meant.
    limit : int
        How many to return at most.

    Examples
    --------
    >>> closest("Tofacitinb", ["tofacitinib", "baricitinib"])
    ['tofacitinib']
    """
    pool, word = {str(option).upper(): str(option) for option in known}, str(name).upper()
    likeness = {match: SequenceMatcher(None, match, word).ratio() for match in get_close_matches(word, pool, n=limit, cutoff=0.6)}
    return [pool[match] for match, ratio in likeness.items() if ratio >= max(likeness.values()) - 0.15]


def check_type(what: str, given: object, kinds: type | tuple[type, ...], wanted: str) -> None:
    """Refuse a value of the wrong type, in one sentence.

    Parameters
    ----------
    what : str
        Name of the argument.
    given : object
        What was given for it.
    kinds : type or tuple of types
        What it may be.
    wanted : str
        The same in words, with the way to get one.

    Raises
    ------
    InputError
        If it is something else.

    Examples
    --------
    >>> check_type("name", 5, str, "the name of a drug")
    Traceback (most recent call last):
    jaknet.errors.InputError: name must be the name of a drug; got 5 (int).
    """
    if not isinstance(given, kinds):
        kind, shown = type(given).__name__, repr(given)
        raise InputError(f"{what} must be {wanted}; got {f'{shown} ({kind})' if len(shown) <= 40 else kind}.")


def check_whole(what: str, given: object, least: int) -> int:
    """Return a whole number, refused if it is none or too small.

    Parameters
    ----------
    what : str
        Name of the argument.
    given : object
        What was given for it.
    least : int
        Smallest value that makes sense.

    Raises
    ------
    InputError
        For anything else.

    Examples
    --------
    >>> check_whole("members", 100, least=1)
    100
    """
    if isinstance(given, bool) or not isinstance(given, Integral) or given < least:
        raise InputError(f"{what} = {given!r}; give at least {least}, as a whole number.")
    return int(given)
