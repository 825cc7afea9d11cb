"""What a drug does to cytokine signals: dose by dose at the receptor, over a day of doses, and in the model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq

from jaknet.errors import InputError, check_type, few
from jaknet.network.io.read import as_network
from jaknet.provenance import as_seed
from jaknet.shared_docs import describe
from jaknet.simulation.doses import normalise
from jaknet.simulation.drugs import Drug
from jaknet.simulation.ensemble import draw_ensemble
from jaknet.simulation.library import as_drug
from jaknet.simulation.model import Effects, member_weights
from jaknet.simulation.perturbations import activate
from jaknet.simulation.settings import MARGIN
from jaknet.simulation.signals import BAND, drug_signals, signals
from jaknet.simulation.trial import Condition, simulate_effects
from jaknet.stats import weighted_quantiles

if TYPE_CHECKING:
    from jaknet.network.network import Network
    from jaknet.simulation.settings import EnsembleSettings

__all__ = ["concentration_course", "dosing_day", "selectivity", "signal_ic50"]

#: Half-logarithmic doses, in nM, of the model's dose-response.
_MODEL_DOSES = np.geomspace(0.1, 1e5, 13)
_HOURS_BETWEEN = {"qd": 24.0, "bid": 12.0}
_STEPS = 97  # a quarter of an hour apart over a day


@describe
def selectivity(
    drugs: Drug | str | Iterable[Drug | str],
    doses: Sequence[str] | str | None = None,
    network: Network | str = "osteoblast",
    assay: str = "cellular",
    matrix: str = "medium",
    members: int = 1000,
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Return the share of each cytokine's signal that drugs block at the receptor, dose by dose.

    Parameters
    ----------
    drugs : Drug, str or iterable of them
        Drugs, or names of bundled ones.
    doses : sequence of str, or str, optional
        As in `Drug.at`; a range given as one text becomes steps through it. By default 100 nM, 300 nM,
        1 uM and the drug's known exposures.
    %(network)s
    %(assay)s
    %(matrix)s
    members : int
        Draws behind the intervals.
    %(seed)s

    Returns
    -------
    pandas.DataFrame
        ``drug``, ``receptor``, ``cytokines``, ``kinases``; ``basis`` (``seen: ...`` or ``predicted from
        ...``) and ``reports`` behind it; ``ic50_nM``, ``ic50_low``, ``ic50_high`` (free concentration); ``dose``,
        ``concentration_nM`` (free); ``inhibition``, ``inhibition_low``, ``inhibition_high`` (share of the
        signal, 0 to 1). Low and high are 90 % intervals over what is uncertain of potency and dose.

    Raises
    ------
    InputError
        If the network has no receptor complex with a kinase of the JAK family, or a dose is not understood.

    Examples
    --------
    >>> table = selectivity("tofacitinib", ["300 nM"], assay="enzyme").set_index("receptor")
    >>> bool(table.loc["CSF2RB_JAK2", "inhibition"] > .9)                # what isolated enzymes would say
    True
    """
    wired, number = as_network(network), as_seed(seed)
    check_type("drugs", drugs, (Drug, str, Iterable), "a drug, the name of a bundled one, or a list of them")
    given = map(as_drug, [drugs] if isinstance(drugs, (Drug, str)) else drugs)
    return pd.concat([drug_signals(drug, doses, wired, assay, matrix, members, number) for drug in given], ignore_index=True)


@describe
def signal_ic50(
    network: Network | str,
    drug: Drug | str,
    cytokines: Iterable[str] | None = None,
    assay: str = "cellular",
    members: int = 300,
    seed: int | np.random.Generator = 0,
    settings: EnsembleSettings | None = None,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Return the concentration at which the model loses half of each cytokine's signal at its transcription factor.

    The signal is what the cytokine adds to the activity of the transcription factor, with the drug at
    half-logarithmic doses from 0.1 nM to 0.1 mM in both arms. It may be lost at another concentration than the
    receptor's: the steps between saturate, and feedback makes up for part.

    Parameters
    ----------
    %(network)s
    %(drug)s
    cytokines : iterable of str, optional
        Ligands of `signals`; all by default.
    %(assay)s
    %(members)s
    %(seed)s
    %(settings)s
    %(progress)s

    Returns
    -------
    pandas.DataFrame
        One row a cytokine and factor that it raises by more than 0.01. ``drug``, ``cytokine``, ``receptor``,
        ``readout``; ``signal``, the rise without drug;
        ``ic50_nM``, ``ic50_low``, ``ic50_high``: median over the members and 90 % interval, infinite where
        0.1 mM does not reach half; ``receptor_ic50_nM``, that of the receptor, which went in.

    Raises
    ------
    InputError
        For a cytokine that is none of the network's.

    Examples
    --------
    >>> table = signal_ic50("osteoblast", "tofacitinib", ["IL6", "CSF2"], members=20).set_index(["cytokine", "readout"])
    >>> bool(table.loc[("IL6", "STAT3"), "ic50_nM"] < table.loc[("CSF2", "STAT5A"), "ic50_nM"])
    True
    """
    wired, known, number = as_network(network), as_drug(drug), as_seed(seed)
    asked = [(ligand, row) for row in signals(wired).itertuples() for ligand in row.cytokines.split(";") if ligand and row.readouts]
    wanted = None if cytokines is None else set(cytokines)
    lacking = sorted((wanted or set()) - {ligand for ligand, _ in asked})
    if lacking:
        raise InputError(f"{', '.join(lacking)}: no cytokine of {wired.label}. It has {', '.join(sorted({name for name, _ in asked}))}.")
    asked = [(ligand, row) for ligand, row in asked if wanted is None or ligand in wanted]
    seen = drug_signals(known, ["1 nM"], wired, assay, members=members, seed=number).set_index("receptor")["ic50_nM"]
    ensemble = draw_ensemble(wired, settings, members, number)
    places = {factor: wired.index[factor] for _, row in asked for factor in row.readouts.split(";")}
    columns = list(places.values())

    def _levels(effects: Effects) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return effects.perturbed[:, columns] - effects.baseline[:, columns], member_weights(effects.converged)

    drugged = [None, *(known.at(f"{dose!r} nM", assay) for dose in map(float, _MODEL_DOSES))]
    conditions = [Condition(activate(ligand), background=dosed) for ligand, _ in asked for dosed in drugged]
    solved = list(simulate_effects(wired, conditions, ensemble=ensemble, reduce=_levels, progress=progress))
    rows = []
    for place, (ligand, row) in enumerate(asked):
        (full, weights), *steps = solved[place * len(drugged) : (place + 1) * len(drugged)]
        for factor in row.readouts.split(";"):
            column = columns.index(places[factor])
            signal = float(weights @ full[:, column])
            found = {"drug": known.name, "cytokine": ligand, "receptor": row.receptor, "readout": factor, "signal": signal}
            if signal > MARGIN:
                rise = np.where(full[:, column] > 0, full[:, column], np.nan)
                left = np.stack([step[:, column] / rise for step, _ in steps], axis=1)
                halves = weighted_quantiles(_halving(left)[:, None], weights, (0.5, *BAND))[:, 0]
                found |= dict(zip(("ic50_nM", "ic50_low", "ic50_high"), map(float, halves), strict=True))
                rows.append(found | {"receptor_ic50_nM": seen[row.receptor]})
    columns_out = ["drug", "cytokine", "receptor", "readout", "signal", "ic50_nM", "ic50_low", "ic50_high", "receptor_ic50_nM"]
    return pd.DataFrame(rows, columns=columns_out)


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


def _halving(left: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each member the dose at which half is left for the first time, between steps on the logarithm; inf if none."""
    below = left <= 0.5
    first = below.argmax(axis=1)
    rows = np.arange(len(left))
    before = np.maximum(first - 1, 0)
    start, end = left[rows, before], left[rows, first]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(start > end, (start - 0.5) / (start - end), 1.0)
    logs = np.log10(_MODEL_DOSES)
    found = 10.0 ** (logs[before] + share * (logs[first] - logs[before]))
    return np.where(below.any(axis=1), found, np.inf)


def _interval(drug: Drug, regimen: str) -> tuple[float, pd.DataFrame]:
    rows = drug.exposures[drug.exposures["regimen"].map(normalise) == normalise(regimen)]
    found = re.search(r"\b(qd|bid)\b", normalise(regimen))
    if rows.empty or not found:
        known = few(name for name in dict.fromkeys(drug.exposures["regimen"]) if re.search(r"\b(qd|bid)\b", normalise(name)))
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
