"""A dosing day: concentration and inhibition hour by hour, from a regimen's exposure and half-life."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq

from jaknet.errors import InputError, few
from jaknet.provenance import as_seed
from jaknet.shared_docs import describe
from jaknet.simulation.doses import plain
from jaknet.simulation.drugs import Drug
from jaknet.simulation.library import as_drug
from jaknet.simulation.signals import drug_signals

if TYPE_CHECKING:
    from jaknet.network.network import Network

__all__ = ["concentration_course", "dosing_day"]

_HOURS_BETWEEN = {"qd": 24.0, "bid": 12.0}
_STEPS = 97  # a quarter of an hour apart over a day


@describe
def concentration_course(drug: Drug | str, regimen: str, hours: NDArray[np.float64] | None = None) -> pd.DataFrame:
    """Return the concentration of a drug over a day at steady state.

    One compartment, absorbed and eliminated at first order (Gibaldi & Perrier, Pharmacokinetics):

    ``C(t) = A (e^{-k t} / (1 - e^{-k tau}) - e^{-ka t} / (1 - e^{-ka tau}))``

    with ``k = ln 2 / half-life``, ka such that the peak comes at the drug's ``tmax_h``, and A such that the
    average over the interval tau is the regimen's Cavg; its peak is Cmax where Cavg is not known.

    Parameters
    ----------
    %(drug)s
    regimen : str
        ``"5 mg BID"`` or ``"4 mg QD"``: one with a known exposure.
    hours : ndarray of float64, optional
        Since a dose; by default every quarter of an hour for 24 hours.

    Returns
    -------
    pandas.DataFrame
        ``hour``, ``total_nM``, ``free_nM`` (NaN without an unbound fraction). In ``attrs``: ``scaled_to``, and
        of each quantity that was seen its value and the course's (``Cmax``: (seen, here)).

    Raises
    ------
    InputError
        If half-life, time to the peak or exposure is not known, or the regimen is not once or twice a day.

    Examples
    --------
    >>> course = concentration_course("tofacitinib", "5 mg BID")
    >>> round(course["total_nM"].iloc[:-1].mean())
    50
    """
    known = as_drug(drug)
    tau, rows = _interval(known, regimen)
    lacking = [name for name in ("half_life_h", "tmax_h") if not np.isfinite(getattr(known, name))]
    if lacking:
        raise InputError(f"no {' and no '.join(lacking)} of {known.name} was seen: a day cannot be drawn. Give a concentration instead.")
    k = np.log(2.0) / known.half_life_h
    ka = _absorption(known, k, tau)
    clock = np.linspace(0.0, 24.0, _STEPS) if hours is None else np.asarray(hours, float)
    seen = {row.quantity: float(row.value_nM) for row in rows.itertuples()}
    average = (1.0 / k - 1.0 / ka) / tau
    peak, trough = _shape(np.array([known.tmax_h]), k, ka, tau)[0], _shape(np.array([0.0]), k, ka, tau)[0]
    scaled_to = "Cavg" if "Cavg" in seen else "Cmax"
    if scaled_to not in seen:
        raise InputError(f"neither Cavg nor Cmax of {known.name} {regimen} was seen. Give a concentration instead.")
    size = seen[scaled_to] / (average if scaled_to == "Cavg" else peak)
    here = {"Cavg": float(size * average), "Cmax": float(size * peak), "Ctrough": float(size * trough)}
    total = size * _shape(clock % tau, k, ka, tau)
    course = pd.DataFrame({"hour": clock, "total_nM": total, "free_nM": total * known.unbound})
    course.attrs = {"scaled_to": scaled_to} | {name: (value, here[name]) for name, value in seen.items()}
    return course


@describe
def dosing_day(
    drug: Drug | str,
    regimen: str,
    network: Network | str = "osteoblast",
    members: int = 1000,
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Return how much of each cytokine's signal a regimen blocks over a day at steady state.

    Parameters
    ----------
    %(drug)s
    regimen : str
        As in `concentration_course`.
    %(network)s
    members : int
        Draws behind the intervals.
    %(seed)s

    Returns
    -------
    pandas.DataFrame
        One row an hour and receptor: ``hour``, ``total_nM``, ``free_nM``, ``receptor``, ``cytokines``, ``basis``,
        ``ic50_nM``, ``inhibition``, ``inhibition_low``, ``inhibition_high`` (90 % interval over the uncertain
        potency). In ``attrs["day"]`` a table by receptor: ``mean_inhibition``, ``mean_low``, ``mean_high`` over
        the day, ``hours_above_ic50``.

    Raises
    ------
    InputError
        If the course cannot be drawn, the unbound fraction is not known, or the drug binds covalently: then
        inhibition does not follow the concentration.

    Examples
    --------
    >>> day = dosing_day("baricitinib", "4 mg QD").attrs["day"].set_index("receptor")
    >>> bool(0 < day.loc["gp130_JAK1", "mean_inhibition"] < 1)
    True
    """
    known, number = as_drug(drug), as_seed(seed)
    if any(target.binding == "covalent" for target in known.acting()):
        why = "its inhibition outlasts its concentration, and neither the rate of binding nor the turnover of its target was seen"
        raise InputError(f"{known.name} binds covalently: {why}. concentration_course gives the concentration alone.")
    course = concentration_course(known, regimen, np.arange(25.0))
    if not np.isfinite(known.unbound):
        raise InputError(f"no unbound fraction of {known.name} was seen: how much of {regimen} acts is not known.")
    doses = [f"{amount!r} nM" for amount in map(float, course["free_nM"])]
    table = drug_signals(known, doses, network, members=members, seed=number)
    place = np.repeat(np.arange(len(course)), len(table) // len(course))
    clock = course.iloc[place].reset_index(drop=True)
    columns = ["receptor", "cytokines", "basis", "ic50_nM", "inhibition", "inhibition_low", "inhibition_high"]
    found = pd.concat([clock, table[columns]], axis=1)
    # The last hour of the day is the first of the next.
    within = found[found["hour"] < 24.0]
    groups = within.groupby("receptor", sort=False)
    day = groups[["inhibition", "inhibition_low", "inhibition_high"]].mean().set_axis(["mean_inhibition", "mean_low", "mean_high"], axis=1)
    fine = concentration_course(known, regimen)["free_nM"].to_numpy()[:-1]
    above = {receptor: 24.0 * float((fine > part["ic50_nM"].iloc[0]).mean()) for receptor, part in groups}
    day["hours_above_ic50"] = pd.Series(above)
    found.attrs = {"day": day.reset_index(), "course": course.attrs}
    return found


def _interval(drug: Drug, regimen: str) -> tuple[float, pd.DataFrame]:
    rows = drug.exposures[drug.exposures["regimen"].map(plain) == plain(regimen)]
    found = re.search(r"\b(qd|bid)\b", plain(regimen))
    if rows.empty or not found:
        known = few(name for name in dict.fromkeys(drug.exposures["regimen"]) if re.search(r"\b(qd|bid)\b", plain(name)))
        raise InputError(
            f"no exposure of {drug.name} {regimen!r}, taken once or twice a day (QD, BID), was seen. Known: {known or 'none'}."
        )
    return _HOURS_BETWEEN[found[1]], rows


def _absorption(drug: Drug, k: float, tau: float) -> float:
    """Return the rate of absorption that puts the peak at tmax."""

    def _early(logarithm: float) -> float:
        ka = k * 10.0**logarithm
        peak = np.log(ka * -np.expm1(-k * tau) / (k * -np.expm1(-ka * tau))) / (ka - k)
        return float(peak - drug.tmax_h)

    low, high = 1e-6, 4.0
    if _early(low) < 0 or _early(high) > 0:
        raise InputError(f"a peak {drug.tmax_h:g} h after a dose does not fit a half-life of {drug.half_life_h:g} h of {drug.name}.")
    return float(k * 10.0 ** brentq(_early, low, high, xtol=1e-10))


def _shape(hours: NDArray[np.float64], k: float, ka: float, tau: float) -> NDArray[np.float64]:
    return np.asarray(np.exp(-k * hours) / -np.expm1(-k * tau) - np.exp(-ka * hours) / -np.expm1(-ka * tau))
