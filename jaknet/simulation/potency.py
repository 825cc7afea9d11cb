"""Potency: what was measured on a protein or a receptor's signal, and the IC50 it amounts to in a cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from jaknet.errors import InputError
from jaknet.network.schema import split_list

__all__ = ["ASSAYS", "ATP_IN_CELLS_UM", "DRUG_DECADES", "JAK_FAMILY", "NAN", "RECEPTOR_DECADES", "REPORT_DECADES", "Target"]
__all__ += ["atp_factor", "joint_ic50", "own_offset", "pool"]

ASSAYS = ("cellular", "enzyme")
JAK_FAMILY = ("JAK1", "JAK2", "JAK3", "TYK2")
#: What is not known. One object, so that two records that lack the same thing are equal.
NAN = float("nan")
#: ATP at which enzyme assays imitate a cell (Thorarensen 2014, ACS Chem Biol 9:1552). The mean over published cells is
#: 3,152 +/- 1,698 uM, less in blood cells (Traut 1994, Mol Cell Biochem 140:1).
ATP_IN_CELLS_UM = 1000.0
#: Standard deviation (log10) of one report about the mean of a drug on a receptor, and the reports that this is worth.
REPORT_DECADES, _PRIOR = 0.25, 4.0
#: Standard deviations (log10) of what kinases say of a receptor's signal: of a drug's own offset, and of a receptor about
#: it (`jaknet.validation.selectivity` measures both). Without any measured signal of the drug both count.
DRUG_DECADES, RECEPTOR_DECADES = 0.52, 0.35


@dataclass(frozen=True)
class Target:
    """How strongly a drug inhibits one target, and how that is known.

    Attributes
    ----------
    name : str
        Gene of a protein, or of a receptor chain.
    potency_nM : float
        IC50, Ki or Kd in nM: free concentration, or total in blood where `assay` is ``blood``.
    hill : float
        Steepness of the dose-response.
    decades : float
        Standard deviation of log10 potency; what the members of an ensemble draw.
    receptor : bool
        Measured on the signal of a cytokine through this receptor chain, whichever kinases carry it.
    assay : {"cell", "enzyme", "blood"}
        Where it was measured. A potency of your own counts as measured in cells.
    atp_uM : float
        ATP in an enzyme assay, in uM, 0 for a Ki or Kd; NaN: at the Km, as is the custom.
    km_uM : float
        Michaelis constant of the enzyme for ATP, in uM; NaN: not known, so no correction.
    binding : {"reversible", "covalent", "allosteric"}
        Reversible binders compete with ATP.
    signal, parameter, reference, note : str
        What was read, as which quantity, where it was seen.
    kinases : tuple of str
        Of a receptor: those that carry its signal.
    n : int
        How many reports the potency summarises.
    low_nM, high_nM : float
        Their range; NaN where there is none.
    """

    name: str
    potency_nM: float
    hill: float = 1.0
    decades: float = 0.0
    receptor: bool = False
    assay: str = "cell"
    atp_uM: float = NAN
    km_uM: float = NAN
    binding: str = "reversible"
    signal: str = ""
    parameter: str = "IC50"
    n: int = 1
    low_nM: float = NAN
    high_nM: float = NAN
    reference: str = ""
    note: str = ""
    kinases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (self.potency_nM > 0 and self.hill > 0):
            raise InputError(f"potency {self.potency_nM} nM and Hill slope {self.hill} of {self.name} must be positive.")

    @property
    def corrected(self) -> bool:
        """Whether ATP in a cell changes the potency: an enzyme's, of a binder that competes with ATP, with a known Km."""
        return self.assay == "enzyme" and self.binding == "reversible" and bool(np.isfinite(self.km_uM))

    def in_cells(self) -> Target:
        """Return the target with the potency that the enzyme's amounts to in a cell, and with the uncertainty of that step."""
        if self.assay != "enzyme":
            return self
        by = atp_factor(self.km_uM, self.atp_uM) if self.corrected else 1.0
        moved = {name: getattr(self, name) * by for name in ("potency_nM", "low_nM", "high_nM")}
        return replace(self, **moved, assay="cell", decades=float(np.hypot(DRUG_DECADES, RECEPTOR_DECADES)))

    def shifted(self, offset: float, decades: float) -> Target:
        """Return the target with a potency moved by an offset (log10), and the uncertainty that is left.

        Parameters
        ----------
        offset : float
            In log10.
        decades : float
            Standard deviation (log10) that is left.
        """
        moved = {name: getattr(self, name) * 10.0**offset for name in ("potency_nM", "low_nM", "high_nM")}
        return replace(self, **moved, decades=decades)

    def free(self, unbound: float) -> Target:
        """Return the target with a potency as free concentration: that of blood times the unbound fraction.

        Parameters
        ----------
        unbound : float
            Fraction that is free in plasma.
        """
        if self.assay != "blood":
            return self
        moved = {name: getattr(self, name) * unbound for name in ("potency_nM", "low_nM", "high_nM")}
        return replace(self, **moved, assay="cell")


def atp_factor(km_uM: float, assay_atp_uM: float = NAN, cell_atp_uM: float = ATP_IN_CELLS_UM) -> float:
    """Return by how much the ATP of a cell weakens a competitive inhibitor against its enzyme assay.

    Cheng and Prusoff (1973): ``IC50 = Ki (1 + [ATP] / Km)``, so between two concentrations of ATP
    the factor is ``(1 + [ATP]_cell / Km) / (1 + [ATP]_assay / Km)``.

    Parameters
    ----------
    km_uM : float
        Michaelis constant of the kinase for ATP, in uM.
    assay_atp_uM : float
        ATP in the assay, in uM; 0 for a Ki or Kd. NaN, the default: at the Km.
    cell_atp_uM : float
        ATP in the cell, in uM.

    Returns
    -------
    float

    Examples
    --------
    >>> atp_factor(40.0), atp_factor(40.0, 0.0), atp_factor(40.0, 1000.0)
    (13.0, 26.0, 1.0)
    """
    assay = km_uM if np.isnan(assay_atp_uM) else assay_atp_uM
    return (1.0 + cell_atp_uM / km_uM) / (1.0 + assay / km_uM)


def pool(reports: Sequence[Target]) -> Target:
    """Summarise reports on one target: the geometric mean over papers, and how far the next cell may lie from it.

    Reports of one paper are averaged first. The standard deviation is moderated as in limma, four
    reports' worth of `REPORT_DECADES` with those at hand, and widened by the uncertainty of the mean:
    ``s sqrt(1 + 1/m)`` with m papers.

    Parameters
    ----------
    reports : sequence of Target
        All on one target and in one kind of concentration.

    Returns
    -------
    Target

    Examples
    --------
    >>> two = pool([Target("IL6ST", 100.0, reference="PMID:1"), Target("IL6ST", 400.0, reference="PMID:2")])
    >>> round(two.potency_nM), two.n, round(two.decades, 2)
    (200, 2, 0.36)
    """
    table = pd.DataFrame({"paper": [one.reference for one in reports], "level": np.log10([one.potency_nM for one in reports])})
    papers = table.groupby("paper", sort=True)["level"].mean()
    apart = float(((table["level"] - papers.mean()) ** 2).sum()) if len(table) > 1 else 0.0
    spread = np.sqrt((_PRIOR * REPORT_DECADES**2 + apart) / (_PRIOR + len(table) - 1))
    values = [value for one in reports for value in (one.potency_nM, one.low_nM, one.high_nM) if np.isfinite(value)]

    def _joined(name: str) -> str:
        return "; ".join(sorted({getattr(one, name) for one in reports} - {""}))

    return replace(
        reports[0],
        signal=_joined("signal"),
        reference=_joined("reference").replace("; ", ";"),
        note=_joined("note"),
        potency_nM=float(10.0 ** papers.mean()),
        decades=float(spread * np.sqrt(1.0 + 1.0 / len(papers))),
        n=sum(one.n for one in reports),
        low_nM=min(values),
        high_nM=max(values),
    )


def joint_ic50(potencies: Iterable[float]) -> float:
    """Return the IC50 of a complex that needs several kinases, from theirs: ``prod (1 + C/IC50_k) = 2``.

    Parameters
    ----------
    potencies : iterable of float
        IC50 of each kinase, in one unit.

    Examples
    --------
    >>> joint_ic50([20.0]), round(joint_ic50([10.0, 10.0]), 2)
    (20.0, 4.14)
    """
    rates = [1.0 / value for value in potencies]
    if len(rates) == 1:
        return 1.0 / rates[0]
    high = 1.0 / max(rates)
    return float(brentq(lambda amount: np.sum(np.log1p(amount * np.array(rates))) - np.log(2.0), 0.0, high, xtol=1e-12 * high))


def own_offset(receptors: Iterable[Target], kinases: Mapping[str, Target]) -> tuple[float, float]:
    """Return by how much a drug is stronger or weaker in cells than its kinases say, from its measured signals.

    The mean of ``log10(measured / predicted)`` over its n receptors, shrunk as a random effect of the drug:
    times ``n t^2 / (n t^2 + s^2)`` with t = `DRUG_DECADES` and s = `RECEPTOR_DECADES`. Receptors that rest on
    the same papers as their kinases are passed over.

    Parameters
    ----------
    receptors : iterable of Target
        Measured signals, with their kinases.
    kinases : mapping of str to Target
        Potencies in cells.

    Returns
    -------
    offset : float
        In log10; 0 without a measured signal.
    decades : float
        Standard deviation (log10) of a potency so corrected.

    Examples
    --------
    >>> measured = [Target("MPL", 10.0, receptor=True, kinases=("JAK2",))]
    >>> [round(part, 2) for part in own_offset(measured, {"JAK2": Target("JAK2", 100.0)})]
    [-0.69, 0.45]
    """
    known = []
    for one in receptors:
        carrying = [kinases[name] for name in one.kinases if name in kinases]
        papers = {paper for kinase in carrying for paper in split_list(kinase.reference)}
        if carrying and len(carrying) == len(one.kinases) and not papers & set(split_list(one.reference)):
            known.append(np.log10(one.potency_nM / joint_ic50(kinase.potency_nM for kinase in carrying)))
    weight = len(known) * DRUG_DECADES**2 / (len(known) * DRUG_DECADES**2 + RECEPTOR_DECADES**2)
    spread = np.sqrt(RECEPTOR_DECADES**2 + DRUG_DECADES**2 * (1.0 - weight))
    return float(weight * np.mean(known)) if known else 0.0, float(spread)
