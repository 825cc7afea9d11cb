"""Doses as text: concentrations with units, ranges of them, clinical regimens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jaknet.errors import InputError
from jaknet.simulation.occupancy import Spread

__all__ = ["MATRICES", "QUANTITIES", "UNITS_NM", "Amount", "concentration_range", "dose_series", "plain", "refuse_matrix", "split_quantity"]

MATRICES = ("medium", "blood")
QUANTITIES = ("Cavg", "Cmax", "Ctrough")
UNITS_NM = {"pM": 1e-3, "nM": 1.0, "uM": 1e3, "µM": 1e3, "μM": 1e3, "mM": 1e6, "M": 1e9}
_NUMBER = r"([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)"
_CONCENTRATION = re.compile(rf"\s*{_NUMBER}\s*([^\s0-9]+)\s*")
_RANGE = re.compile(rf"\s*{_NUMBER}\s*([^\s0-9.–-]*)\s*(?:-|–|to)\s*{_NUMBER}\s*([^\s0-9]+)\s*")


@dataclass(frozen=True)
class Amount:
    """A dose as a free concentration: its centre in nM, what is uncertain of it, and how it came about."""

    nanomolar: float
    spreads: tuple[Spread, ...] = ()
    said: tuple[str, ...] = ()


def concentration_range(text: str) -> tuple[float, float] | None:
    """Return the ends of a range of concentrations in nM, equal for a single one; None if the text is neither.

    Parameters
    ----------
    text : str
        A number with a unit, or two with ``-`` or ``to`` between them.

    Examples
    --------
    >>> concentration_range("0.1 uM"), concentration_range("10-1000 nM"), concentration_range("5 mg BID")
    ((100.0, 100.0), (10.0, 1000.0), None)
    """
    alone, between = _CONCENTRATION.fullmatch(text), _RANGE.fullmatch(text)
    if alone and alone[2] in UNITS_NM:
        low = high = float(alone[1]) * UNITS_NM[alone[2]]
    elif between and between[4] in UNITS_NM and (between[2] or between[4]) in UNITS_NM:
        low, high = float(between[1]) * UNITS_NM[between[2] or between[4]], float(between[3]) * UNITS_NM[between[4]]
        if not 0 < low < high:
            return None
    else:
        return None
    return (low, high) if np.isfinite(high) else None


def dose_series(doses: Sequence[str] | str) -> list[str]:
    """Return doses one by one: a range given as one text becomes half-logarithmic steps through it.

    Parameters
    ----------
    doses : sequence of str, or str
        A sequence is returned as it is; in it, a range is one dose that is not known exactly.

    Examples
    --------
    >>> dose_series("10-1000 nM"), dose_series("5 mg BID"), dose_series(["10-1000 nM"])
    (['10 nM', '31.6 nM', '100 nM', '316 nM', '1000 nM'], ['5 mg BID'], ['10-1000 nM'])
    """
    if not isinstance(doses, str):
        return list(doses)
    ends, found = concentration_range(doses), _RANGE.fullmatch(doses)
    if ends is None or found is None:
        return [doses]
    low, high = (end / UNITS_NM[found[4]] for end in ends)
    steps = max(1, round(2 * np.log10(high / low)))
    return [
        f"{amount:.{0 if amount >= 1000 else 3}{'f' if amount >= 1000 else 'g'}} {found[4]}"
        for amount in np.geomspace(low, high, steps + 1)
    ]


def split_quantity(dose: str) -> tuple[str, str]:
    """Return regimen and quantity of a text such as ``5 mg BID Cmax``; the quantity is empty where none is named.

    Parameters
    ----------
    dose : str
        A regimen, with or without ``Cavg``, ``Cmax`` or ``Ctrough`` behind it.
    """
    regimen, _, last = dose.strip().rpartition(" ")
    named = {quantity.lower(): quantity for quantity in QUANTITIES}
    return (regimen, named[last.lower()]) if regimen and last.lower() in named else (dose, "")


def plain(text: str) -> str:
    """Return a text without capitals and surplus spaces.

    Parameters
    ----------
    text : str
        As somebody wrote it.
    """
    return " ".join(text.split()).lower()


def refuse_matrix(matrix: str, drug: str) -> None:
    """Refuse a matrix that there is not.

    Parameters
    ----------
    matrix : str
        What was given.
    drug : str
        Its name, for the message.
    """
    if matrix not in MATRICES:
        raise InputError(f"matrix {matrix!r} of {drug} is not known. Give one of {', '.join(MATRICES)}.")
