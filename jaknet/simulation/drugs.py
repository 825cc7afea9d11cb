"""Drugs: potency on each target, doses with units, and the fraction of each target's capacity that is left."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from jaknet.errors import InputError, UnknownNameError, few
from jaknet.simulation.perturbations import Perturbation

__all__ = ["Drug", "Target", "combine_doses", "named_dose", "split_dose"]

#: A drug without a potency on one of these is not known to spare it: that is said with every dose.
JAK_FAMILY = ("JAK1", "JAK2", "JAK3", "TYK2")
_NANOMOLAR = {"pM": 1e-3, "nM": 1.0, "uM": 1e3, "µM": 1e3, "μM": 1e3, "mM": 1e6, "M": 1e9}
_CONCENTRATION = re.compile(r"\s*([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*([^\s0-9]+)\s*")
_STAND_INS = {
    "covalent": "binds covalently: inhibition grows with time, so dose and IC50 are a stand-in",
    "allosteric": "binds allosterically: catalytic IC50 arithmetic is a stand-in",
}


@dataclass(frozen=True)
class Target:
    """How strongly a drug inhibits one target, and how that is known.

    Attributes
    ----------
    name : str
        Gene symbol.
    potency_nM : float
        IC50 (or Kd) in nM.
    hill : float
        Steepness of the dose-response.
    assay_class, parameter, source, reference, binding, note : str
    n : int
        How many measurements the potency summarises.
    """

    name: str
    potency_nM: float
    hill: float = 1.0
    assay_class: str = ""
    parameter: str = "IC50"
    n: int = 1
    source: str = ""
    reference: str = ""
    binding: str = "reversible"
    note: str = ""

    def __post_init__(self) -> None:
        if not (self.potency_nM > 0 and self.hill > 0):
            raise InputError(f"potency {self.potency_nM} nM and Hill slope {self.hill} of {self.name} must be positive.")

    def load(self, concentration: float) -> float:
        """Return ``(C / IC50)^h``."""
        return (concentration / self.potency_nM) ** self.hill


@dataclass(frozen=True)
class Drug:
    """An inhibitor with its targets.

    Attributes
    ----------
    name : str
    targets : tuple of Target
    exposures : pandas.DataFrame
        ``regimen``, ``value_nM``, ``quantity``: what a clinical regimen means as a concentration.
    chembl_id : str
    unknown : tuple of str
        Targets without a usable potency: they are not inhibited, and every dose says so.

    Examples
    --------
    >>> drug = Drug("demo", (Target("JAK1", 10.0), Target("TYK2", 90.0)))
    >>> {node: round(left, 2) for node, left in drug.at("10 nM").scale.items()}
    {'JAK1': 0.5, 'TYK2': 0.9}
    """

    name: str
    targets: tuple[Target, ...]
    exposures: pd.DataFrame = field(default_factory=pd.DataFrame, compare=False, repr=False)
    chembl_id: str = ""
    unknown: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [target.name for target in self.targets]
        if not names or len(set(names)) < len(names):
            raise InputError(f"drug {self.name} has no target or repeats one: {few(names)}. Give each target one potency.")

    @classmethod
    def from_tables(cls, name: str, drugs: pd.DataFrame, exposures: pd.DataFrame) -> Drug:
        """Build a drug from the rows of the potency table and the exposure table that concern it.

        The rows with ``chosen`` 1 count, one a target; a potency that is only a bound (``>``), or
        missing, leaves its target uninhibited and listed in `unknown`.

        Raises
        ------
        UnknownNameError
            If no row is of this drug.
        InputError
            If no row gives a usable potency.
        """
        rows = drugs[drugs["drug"] == name]
        if rows.empty:
            raise UnknownNameError("drug", [name], sorted(drugs["drug"].unique()))
        potency = pd.to_numeric(rows["potency_nM"], errors="coerce")
        chosen = rows[(rows["chosen"].astype(str) == "1") & potency.notna() & ~rows["relation"].isin([">", ">="])]
        targets = tuple(_target_from(row) for _, row in chosen.sort_values("target").iterrows())
        single = set(rows["target"][~rows["target"].str.contains(";", regex=False)])
        lacking = sorted((single | set(JAK_FAMILY)) - {target.name for target in targets})
        known = exposures[exposures["drug"] == name].reset_index(drop=True)
        return cls(name, targets, known, str(rows["chembl_id"].iloc[0]), tuple(lacking))

    def at(self, dose: str) -> Perturbation:
        """Return the perturbation that a dose amounts to: ``ymax = 1 / (1 + (C/IC50)^h)`` on each target.

        Parameters
        ----------
        dose : str
            A concentration (``"100 nM"``, ``"1 uM"``) or one of the drug's regimens (``"5 mg BID"``).

        Raises
        ------
        InputError
            If the unit is missing or unknown, or the regimen has no known exposure.
        """
        return combine_doses([(self, dose)])

    def concentration(self, dose: str) -> float:
        """Return a dose in nM."""
        if not isinstance(dose, str):
            raise InputError(f"dose {dose!r} of {self.name} has no unit. Write it out, e.g. '100 nM'.")
        regimen = self._regimen(dose)
        if regimen is not None:
            return float(regimen["value_nM"])
        found = _CONCENTRATION.fullmatch(dose)
        if found and found[2] in _NANOMOLAR:
            return float(found[1]) * _NANOMOLAR[found[2]]
        listed = few(self.exposures["regimen"], 12) if len(self.exposures) else "none with a known exposure"
        remedy = f"Give a number and one of {few(_NANOMOLAR, 9)} (e.g. '100 nM'), or a regimen of this drug: {listed}."
        raise InputError(f"dose {dose!r} of {self.name} is not understood. {remedy}")

    def notes(self, dose: str) -> tuple[str, ...]:
        """Return the caveats of a dose: stand-in binding models, missing potencies, kind of exposure."""
        kinds = sorted({target.binding for target in self.targets} & set(_STAND_INS))
        said = [f"{self.name} {_STAND_INS[kind]}" for kind in kinds]
        if self.unknown:
            said.append(f"{self.name}: no usable potency on {few(self.unknown)}; taken as not inhibited")
        regimen = self._regimen(dose)
        if regimen is not None:
            said.append(f"{self.name} {dose}: {regimen['value_nM']} nM ({regimen['quantity']})")
        return tuple(said)

    @property
    def off_targets(self) -> tuple[str, ...]:
        """Targets outside the JAK family whose potency is known, with it."""
        return tuple(f"{target.name} {target.potency_nM:g} nM" for target in self.targets if target.name not in JAK_FAMILY)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a target."""
        return pd.DataFrame([vars(target) for target in self.targets]).rename(columns={"name": "target"})

    def _regimen(self, dose: str) -> pd.Series | None:
        if not len(self.exposures):
            return None
        spelled = self.exposures["regimen"].str.split().str.join(" ").str.lower()
        found = self.exposures[spelled == " ".join(dose.split()).lower()]
        return found.iloc[0] if len(found) else None


def combine_doses(doses: Iterable[tuple[Drug, str]]) -> Perturbation:
    """Give several drugs at once: on one site they compete, ``ymax = 1 / (1 + sum_i (C_i/IC50_i)^h_i)``.

    Parameters
    ----------
    doses : iterable of (Drug, str)

    Returns
    -------
    Perturbation

    Examples
    --------
    >>> one, other = Drug("one", (Target("JAK1", 10.0),)), Drug("other", (Target("JAK1", 20.0),))
    >>> combine_doses([(one, "10 nM"), (other, "20 nM")]).scale == {"JAK1": 1 / 3}
    True
    """
    given = list(doses)
    loads: dict[str, float] = {}
    for drug, dose in given:
        concentration = drug.concentration(dose)
        for target in drug.targets:
            loads[target.name] = loads.get(target.name, 0.0) + target.load(concentration)
    label = " + ".join(f"{drug.name} {dose}" for drug, dose in given)
    notes = tuple(note for drug, dose in given for note in drug.notes(dose))
    return Perturbation(label, scale={name: 1.0 / (1.0 + load) for name, load in loads.items()}, notes=notes)


def split_dose(text: str) -> tuple[str, str] | None:
    """Return drug and dose of a text such as ``tofacitinib 300 nM``; None if it does not begin with a bundled drug.

    Examples
    --------
    >>> split_dose("tofacitinib 300 nM"), split_dose("STAT3")
    (('tofacitinib', '300 nM'), None)
    """
    from jaknet.data.load import list_drugs

    name, _, dose = text.strip().partition(" ")
    return (name, dose.strip()) if dose and name in list_drugs() else None


def named_dose(text: str) -> Perturbation:
    """Return the perturbation that a text such as ``tofacitinib 300 nM`` names.

    Raises
    ------
    InputError
        If it does not begin with a bundled drug, or the dose is not understood.
    """
    from jaknet.data.load import list_drugs, load_drug

    found = split_dose(text)
    if found is None:
        raise InputError(f"{text!r} is not a drug at a dose. Write e.g. 'tofacitinib 300 nM' with one of: {few(list_drugs(), 12)}.")
    return load_drug(found[0]).at(found[1])


def _target_from(row: pd.Series) -> Target:
    return Target(
        str(row["target"]),
        float(row["potency_nM"]),
        float(row["hill"] or 1.0),
        str(row["assay_class"]),
        str(row["parameter"]),
        int(float(row["n"] or 1)),
        str(row["source"]),
        str(row["reference"]),
        str(row["binding"] or "reversible"),
        str(row["note"]),
    )
