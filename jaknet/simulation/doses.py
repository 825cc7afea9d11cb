"""Doses: from a text such as ``10-1000 nM`` to a concentration, and to what drugs leave of each node of a network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from jaknet.errors import InputError
from jaknet.network.schema import PART_OF
from jaknet.simulation._random import name_keys, stratified

if TYPE_CHECKING:
    from jaknet.network.network import Network

__all__ = ["MATRICES", "QUANTITIES", "UNITS_NM", "Amount", "Load", "Spread", "concentration_range", "dose_quantiles", "dose_series"]
__all__ += ["fraction_left", "merge_loads", "normalise", "place_loads", "refuse_matrix", "split_quantity", "spread_keys"]

MATRICES = ("medium", "blood")
QUANTITIES = ("Cavg", "Cmax", "Ctrough")
UNITS_NM = {"pM": 1e-3, "nM": 1.0, "uM": 1e3, "µM": 1e3, "μM": 1e3, "mM": 1e6, "M": 1e9}
#: The same, written out: ``nmol/L``, ``nmol/l``, ``nmol/litre``. Capitals count (mM and MM are nine powers of ten apart).
_SPELLED_NM = UNITS_NM | {unit[:-1] + f"mol/{litre}": size for unit, size in UNITS_NM.items() for litre in ("L", "l", "litre", "liter")}
_NUMBER = r"([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)"
_CONCENTRATION = re.compile(rf"\s*{_NUMBER}\s*([^\s0-9]+)\s*")
_RANGE = re.compile(rf"\s*{_NUMBER}\s*([^\s0-9.–-]*)\s*(?:-|–|to)\s*{_NUMBER}\s*([^\s0-9]+)\s*")
_BELOW_ZERO = re.compile(r"\s*[-–−]\s*(\S.*)")
#: Fraction that the strongest dose still leaves. Not 0: the activity without drug is found by dividing by it.
_LEAST = 1e-12


@dataclass(frozen=True)
class Spread:
    """A factor that is not known exactly, drawn once for all that share its key.

    Attributes
    ----------
    key : str
        What is uncertain, such as ``tofacitinib on JAK1``. Each member draws it once.
    decades : float
        Standard deviation of its log10 where normal; width of its range where uniform.
    uniform : bool
        Equally probable on the whole range (a dose given as one), instead of normal.
    """

    key: str
    decades: float
    uniform: bool = False

    def factor(self, quantile: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the factor at quantiles between 0 and 1.

        Parameters
        ----------
        quantile : ndarray of float64
            Between 0 and 1.
        """
        shift = quantile - 0.5 if self.uniform else ndtri(np.clip(quantile, 1e-9, 1 - 1e-9))
        return np.asarray(10.0 ** (self.decades * shift))


@dataclass(frozen=True)
class Amount:
    """A dose as a free concentration.

    Attributes
    ----------
    nanomolar : float
        The concentration in nM; of a range, its geometric mean.
    spreads : tuple of Spread
        What is uncertain of it.
    said : tuple of str
        How it follows from the dose, for the report.
    """

    nanomolar: float
    spreads: tuple[Spread, ...] = ()
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class Load:
    """A drug at a concentration on one target: ``(C/IC50)^h``; alone it leaves ``1 / (1 + (C/IC50)^h)``.

    Attributes
    ----------
    drug : str
        Its name.
    target : str
        Gene of the protein that it binds, or of the receptor chain whose signal it was measured on.
    ratio : float
        ``C/IC50``, dimensionless.
    hill : float
        Steepness.
    spreads : tuple of Spread
        Of the potency, and of the concentration where that is uncertain.
    site : str
        Drugs at one site compete; drugs at different sites act independently.
    receptor : bool
        Of a receptor's signal as a whole, whichever kinases carry it.
    """

    drug: str
    target: str
    ratio: float
    hill: float = 1.0
    spreads: tuple[Spread, ...] = ()
    site: str = "reversible"
    receptor: bool = False

    def size(self, quantiles: Mapping[str, NDArray[np.float64]] | None = None) -> NDArray[np.float64]:
        """Return ``(C/IC50)^h``: its centre, or in each member given the quantiles of the keys of its spreads.

        Parameters
        ----------
        quantiles : mapping of str to ndarray, optional
            Of each key of the spreads, shape (members,).
        """
        ratio = np.array([self.ratio])
        if quantiles is not None:
            for spread in self.spreads:
                ratio = ratio * spread.factor(quantiles[spread.key])
        with np.errstate(over="ignore"):
            return np.asarray(ratio**self.hill)


def concentration_range(text: str) -> tuple[float, float] | None:
    """Return the ends of a range of concentrations in nM, equal for a single one; None if the text is neither.

    Parameters
    ----------
    text : str
        A number with a unit (``nM``, ``nmol/L``, ...), or two with ``-`` or ``to`` between them.

    Raises
    ------
    InputError
        For a concentration that is negative or infinite.

    Examples
    --------
    >>> concentration_range("0.1 uM"), concentration_range("10-1000 nM"), concentration_range("5 mg BID")
    ((100.0, 100.0), (10.0, 1000.0), None)
    """
    alone, between = _CONCENTRATION.fullmatch(text), _RANGE.fullmatch(text)
    if alone and alone[2] in _SPELLED_NM:
        low = high = float(alone[1]) * _SPELLED_NM[alone[2]]
    elif between and between[4] in _SPELLED_NM and (between[2] or between[4]) in _SPELLED_NM:
        low, high = float(between[1]) * _SPELLED_NM[between[2] or between[4]], float(between[3]) * _SPELLED_NM[between[4]]
        if not 0 < low < high:
            return None
    else:
        below = _BELOW_ZERO.fullmatch(text)
        if below and concentration_range(below[1]):
            raise InputError(f"dose {text!r} is negative. Give a concentration from 0 up, e.g. '100 nM'.")
        return None
    if not np.isfinite(high):
        raise InputError(f"dose {text!r} is not a finite concentration. Give one that exists, e.g. '100 nM'.")
    return low, high


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
    low, high = (end / _SPELLED_NM[found[4]] for end in ends)
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


def normalise(text: str) -> str:
    """Return a text without capitals and surplus spaces.

    Parameters
    ----------
    text : str
        As somebody wrote it.
    """
    return " ".join(text.split()).lower()


def refuse_matrix(matrix: str, drug: str) -> None:
    """Refuse an unknown matrix.

    Parameters
    ----------
    matrix : str
        What was given.
    drug : str
        Its name, for the message.
    """
    if matrix not in MATRICES:
        raise InputError(f"matrix {matrix!r} of {drug} is not known. Give one of {', '.join(MATRICES)}.")


def spread_keys(loads: Iterable[Load]) -> list[str]:
    """Return the keys of all uncertain factors of some loads, sorted.

    Parameters
    ----------
    loads : iterable of Load
        Of any number of drugs.
    """
    return sorted({spread.key for load in loads for spread in load.spreads})


def dose_quantiles(keys: Sequence[str], members: int, seed: int) -> NDArray[np.float64]:
    """Return the place of each member, between 0 and 1, in what is uncertain of each key, shape (members, len(keys)).

    Parameters
    ----------
    keys : sequence of str
        Of spreads.
    members : int
        Members of the ensemble.
    seed : int
        Of its draws.
    """
    return stratified(name_keys(keys), "potency", members, seed)


def merge_loads(loads: Iterable[Load]) -> tuple[Load, ...]:
    """Return the loads with those of one drug on one target added up: the same drug given twice is a double dose.

    Sorted, so that the order in which drugs are given changes no bit.

    Parameters
    ----------
    loads : iterable of Load
        Of any number of drugs.
    """
    sums: dict[tuple[str, str, bool], Load] = {}
    for load in loads:
        key = (load.drug, load.target, load.receptor)
        sums[key] = replace(load, ratio=load.ratio + sums[key].ratio) if key in sums else load
    return tuple(sums[key] for key in sorted(sums))


def place_loads(loads: Iterable[Load], network: Network) -> tuple[dict[str, tuple[Load, ...]], frozenset[str]]:
    """Return what acts on each node of a network, and the complexes whose loads cover their parts.

    A drug acts on every form of its target, and on each complex that one is part of: there by the
    potency measured on the receptor's signal where there is one, else by that on each of the parts,
    all of which the complex needs. Such a complex is inhibited as a whole, and once.

    Parameters
    ----------
    loads : iterable of Load
        Of any number of drugs.
    network : Network
        Targets that it lacks are passed over.
    """
    given, acting = merge_loads(loads), dict[str, list[Load]]()
    for load in given:
        if not load.receptor and load.target in network:
            for form in network.resolve(load.target):
                acting.setdefault(form, []).append(load)
    genes = dict(zip(network._nodes["node"], network._nodes["gene"], strict=True))
    joined = network._edges[network._edges["mechanism"] == PART_OF]
    whole = set()
    for name, parts in joined.groupby("target", sort=True)["source"]:
        of_parts = [load for part in sorted(parts) for load in acting.get(part, ())]
        chains = {genes[part] for part in parts}
        measured = [load for load in given if load.receptor and load.target in chains]
        known = {load.drug for load in measured}
        found = [*measured, *(load for load in dict.fromkeys(of_parts) if load.drug not in known)]
        if found:
            whole.add(str(name))
            acting[str(name)] = found
    return {node: tuple(found) for node, found in acting.items()}, frozenset(whole)


def fraction_left(loads: Sequence[Load], quantiles: Mapping[str, NDArray[np.float64]] | None = None) -> NDArray[np.float64]:
    """Return what several loads leave of one node, shape (1,) or (members,).

    ``prod_sites 1 / (1 + sum_drugs (prod_parts (1 + load) - 1))``: a complex needs all of its parts,
    drugs at one site compete, sites are independent.

    Parameters
    ----------
    loads : sequence of Load
        All that act on the node.
    quantiles : mapping of str to ndarray, optional
        Of each key, shape (members,); without it every load is at its centre.

    Examples
    --------
    >>> one, other = Load("one", "JAK1", 1.0), Load("other", "JAK1", 2.0)
    >>> fraction_left([one, other]), fraction_left([one, Load("one", "JAK2", 1.0)])
    (array([0.25]), array([0.25]))
    """
    sites: dict[str, dict[str, NDArray[np.float64]]] = {}
    for load in loads:
        drugs = sites.setdefault(load.site, {})
        drugs[load.drug] = drugs.get(load.drug, np.ones(1)) * (1.0 + load.size(quantiles))
    left = np.ones(1)
    with np.errstate(over="ignore"):
        for drugs in sites.values():
            left = left / (1.0 + sum(factor - 1.0 for factor in drugs.values()))
    return np.maximum(left, _LEAST)
