"""Selectivity: which cytokine's signal a drug blocks at which dose, and what the model makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaknet.errors import InputError
from jaknet.network.schema import PART_OF
from jaknet.provenance import as_seed
from jaknet.simulation.doses import dose_series
from jaknet.simulation.drugs import JAK_FAMILY, Drug, as_drug
from jaknet.simulation.ensemble import draw_ensemble
from jaknet.simulation.model import Effects, member_weights
from jaknet.simulation.occupancy import Load, dose_quantiles, fraction_left, placed, spread_keys
from jaknet.simulation.perturbations import activate
from jaknet.simulation.potency import Target
from jaknet.simulation.response import weighted_quantiles
from jaknet.simulation.settings import MARGIN
from jaknet.simulation.trial import Condition, simulate_effects

if TYPE_CHECKING:
    from jaknet.network.model import Network
    from jaknet.simulation.settings import EnsembleSettings

__all__ = ["default_doses", "selectivity", "signal_ic50", "signals"]

_BAND = (0.05, 0.95)
#: Concentrations, in nM, over which an IC50 is looked for.
_SEARCH = np.geomspace(1e-3, 1e7, 401)
#: Half-logarithmic doses, in nM, of the model's dose-response.
_MODEL_DOSES = np.geomspace(0.1, 1e5, 13)


def signals(network: Network | str = "osteoblast") -> pd.DataFrame:
    """Return the cytokine signals of a network: complexes that a kinase of the JAK family is part of.

    Parameters
    ----------
    network : Network or str
        A network, or the name of a bundled one.

    Returns
    -------
    pandas.DataFrame
        ``receptor`` (the complex), ``cytokines`` (its ligands in the network), ``kinases`` (its parts of
        the JAK family), ``readouts`` (transcription factors that it activates), the last three joined by ``;``.

    Examples
    --------
    >>> signals().set_index("receptor").loc["IFNGR_JAK1_JAK2", ["cytokines", "kinases", "readouts"]].tolist()
    ['IFNG', 'JAK1;JAK2', 'STAT1;YBX1']
    """
    wired = _as_network(network)
    genes, kinds = (dict(zip(wired._nodes["node"], wired._nodes[column], strict=True)) for column in ("gene", "kind"))
    edges = wired._edges
    rows = []
    for receptor, parts in edges[edges["mechanism"] == PART_OF].groupby("target", sort=True)["source"]:
        kinases = sorted({genes[part] for part in parts} & set(JAK_FAMILY))
        onto = edges[(edges["target"] == receptor) & (edges["sign"] > 0) & (edges["mechanism"] != PART_OF)]["source"]
        out = edges[(edges["source"] == receptor) & (edges["sign"] > 0) & (edges["layer"] == "signaling")]["target"]
        ligands, factors = ([node for node in sorted(nodes) if kinds[node] == kind] for nodes, kind in ((onto, "ligand"), (out, "tf")))
        if kinases:
            rows.append((receptor, ";".join(ligands), ";".join(kinases), ";".join(factors)))
    return pd.DataFrame(rows, columns=["receptor", "cytokines", "kinases", "readouts"])


def default_doses(drug: Drug) -> list[str]:
    """Return three concentrations, and each exposure that is known with its unbound fraction.

    Parameters
    ----------
    drug : Drug
        Whose exposures are meant.
    """
    exposed = drug.exposures["regimen"] + " " + drug.exposures["quantity"] if np.isfinite(drug.unbound) else []
    return ["100 nM", "300 nM", "1 uM", *exposed]


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
    network : Network or str
        Whose receptor complexes are asked about.
    assay, matrix : str
        As in `Drug.at`.
    members : int
        Draws behind the intervals.
    seed : int or numpy.random.Generator
        Of these draws; those of an ensemble with this seed and size.

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
    wired, number = _as_network(network), as_seed(seed)
    asked = signals(wired)
    if asked.empty:
        raise InputError(f"{wired.label} has no receptor complex with a kinase of the JAK family: edges with mechanism part_of make one.")
    rows = []
    for drug in map(as_drug, [drugs] if isinstance(drugs, (Drug, str)) else drugs):
        known = {(target.name, target.receptor): target for target in drug.acting(assay)}
        one, _ = placed(drug.at("1 nM", assay).loads, wired)
        for dose in dose_series(doses) if doses is not None else default_doses(drug):
            acting, _ = placed(drug.at(dose, assay, matrix).loads, wired)
            for row in asked.itertuples():
                loads, unit = acting.get(row.receptor, ()), one.get(row.receptor, ())
                told = [known[load.target, load.receptor] for load in unit]
                basis = _basis(told, row.kinases.split(";"))
                rows.append(
                    {"drug": drug.name, "receptor": row.receptor, "cytokines": row.cytokines, "kinases": row.kinases, "basis": basis}
                    | {"reports": sum(target.n for target in told)}
                    | dict(zip(("ic50_nM", "ic50_low", "ic50_high"), _ic50(unit, members, number), strict=True))
                    | {"dose": dose, "concentration_nM": drug.concentration(dose, matrix)}
                    | dict(zip(("inhibition", "inhibition_low", "inhibition_high"), _inhibition(loads, members, number), strict=True))
                )
    return pd.DataFrame(rows)


def signal_ic50(
    network: Network | str,
    drug: Drug | str,
    cytokines: Iterable[str] | None = None,
    assay: str = "cellular",
    members: int = 300,
    seed: int | np.random.Generator = 0,
    settings: EnsembleSettings | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """Return the concentration at which the model loses half of each cytokine's signal at its transcription factor.

    The signal is what the cytokine adds to the activity of the transcription factor, with the drug at
    half-logarithmic doses from 0.1 nM to 0.1 mM in both arms. It may be lost at another concentration than the
    receptor's: the steps between saturate, and feedback makes up for part.

    Parameters
    ----------
    network : Network or str
        A network, or the name of a bundled one.
    drug : Drug or str
        A drug, or the name of a bundled one.
    cytokines : iterable of str, optional
        Ligands of `signals`; all by default.
    assay : {"cellular", "enzyme"}
        As in `Drug.at`.
    members : int
        Size of the ensemble.
    seed : int or numpy.random.Generator
        Of its draws.
    settings : EnsembleSettings, optional
        Of the ensemble; the defaults if not given.
    progress : bool
        Show a bar on a terminal.

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
    wired, known, number = _as_network(network), as_drug(drug), as_seed(seed)
    asked = [(ligand, row) for row in signals(wired).itertuples() for ligand in row.cytokines.split(";") if ligand and row.readouts]
    wanted = None if cytokines is None else set(cytokines)
    lacking = sorted((wanted or set()) - {ligand for ligand, _ in asked})
    if lacking:
        raise InputError(f"{', '.join(lacking)}: no cytokine of {wired.label}. It has {', '.join(sorted({name for name, _ in asked}))}.")
    asked = [(ligand, row) for ligand, row in asked if wanted is None or ligand in wanted]
    seen = selectivity(known, ["1 nM"], wired, assay, members=members, seed=number).set_index("receptor")["ic50_nM"]
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
                halves = weighted_quantiles(_halving(left)[:, None], weights, (0.5, *_BAND))[:, 0]
                found |= dict(zip(("ic50_nM", "ic50_low", "ic50_high"), map(float, halves), strict=True))
                rows.append(found | {"receptor_ic50_nM": seen[row.receptor]})
    columns_out = ["drug", "cytokine", "receptor", "readout", "signal", "ic50_nM", "ic50_low", "ic50_high", "receptor_ic50_nM"]
    return pd.DataFrame(rows, columns=columns_out)


def _basis(told: Sequence[Target], kinases: Sequence[str]) -> str:
    if any(target.receptor for target in told):
        return "seen: " + "; ".join(target.signal for target in told if target.receptor)
    missing = [kinase for kinase in kinases if kinase not in {target.name for target in told}]
    unknown = f" ({', '.join(missing)} not known)" if missing and told else ""
    return f"predicted from {', '.join(target.name for target in told)}{unknown}" if told else "no potency"


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


def _inhibition(loads: Sequence[Load], members: int, seed: int) -> tuple[float, float, float]:
    """Return centre and 90 % interval of the share that loads block."""
    keys = spread_keys(loads)
    drawn = dict(zip(keys, dose_quantiles(keys, members, seed).T, strict=True)) if keys else None
    low, high = np.quantile(1.0 - fraction_left(loads, drawn), _BAND)
    return float(1.0 - fraction_left(loads)[0]), float(low), float(high)


def _ic50(unit: Sequence[Load], members: int, seed: int) -> tuple[float, float, float]:
    """Return centre and 90 % interval of the concentration at which loads, given for 1 nM, leave half."""
    if not unit:
        return (float("inf"),) * 3
    keys = spread_keys(unit)
    drawn = dict(zip(keys, dose_quantiles(keys, members, seed).T, strict=True)) if keys else None
    low, high = np.quantile(_half_point(unit, drawn), _BAND)
    return float(_half_point(unit, None)[0]), float(low), float(high)


def _half_point(unit: Sequence[Load], drawn: dict[str, NDArray[np.float64]] | None) -> NDArray[np.float64]:
    logs = np.log10(_SEARCH)
    left = np.stack([fraction_left([replace(load, ratio=load.ratio * amount) for load in unit], drawn) for amount in _SEARCH], axis=1)
    return np.array([10.0 ** np.interp(-0.5, -row, logs) for row in left])


def _as_network(given: Network | str) -> Network:
    if isinstance(given, str):
        from jaknet.data.load import load_network

        return load_network(given)
    return given
