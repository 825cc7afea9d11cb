"""Selectivity: which cytokine's signal a drug blocks at which dose, and what the model makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaknet.errors import InputError
from jaknet.network.io.read import as_network
from jaknet.provenance import as_seed
from jaknet.shared_docs import describe
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

__all__ = ["selectivity", "signal_ic50"]

#: Half-logarithmic doses, in nM, of the model's dose-response.
_MODEL_DOSES = np.geomspace(0.1, 1e5, 13)


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
