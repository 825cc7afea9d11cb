"""Drugs: potency on each target, doses with units, and the perturbation that a dose amounts to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jaknet.errors import InputError, check_type, few
from jaknet.shared_docs import describe
from jaknet.shown import Drawn, notebook_html
from jaknet.simulation.doses import UNITS_NM, Amount, Load, Spread, concentration_range, normalise, refuse_matrix, split_quantity
from jaknet.simulation.perturbations import Perturbation, combine
from jaknet.simulation.potency import ASSAYS, JAK_FAMILY, NAN, Target, own_offset
from jaknet.simulation.signals import drug_signals

if TYPE_CHECKING:
    from jaknet.network.network import Network

__all__ = ["Drug", "combine_doses"]

#: Kinds of binding for which an IC50 is only a stand-in -> what every dose says of it.
_STAND_INS = {
    "covalent": "binds covalently: inhibition grows with time and outlasts the drug, so an IC50 stands in for the hours of its assay",
    "allosteric": "binds beside the ATP site: only potencies measured in cells count, none is corrected for ATP",
}
_EXPOSURE_COLUMNS = ["regimen", "quantity", "value_nM", "low_nM", "high_nM", "reference", "note"]


@dataclass(frozen=True)
class Drug(Drawn, figure="selectivity"):
    """An inhibitor: its targets, and what is known of it in blood.

    Attributes
    ----------
    name : str
        Shown in results.
    targets : tuple of Target
        Proteins, and receptors on whose signal it was measured.
    exposures : pandas.DataFrame
        ``regimen``, ``quantity`` (Cavg, Cmax, Ctrough), ``value_nM`` (total in plasma at steady state)
        with its range: what a clinical regimen means as a concentration.
    unbound : float
        Fraction that is free in plasma; NaN: not known.
    half_life_h, tmax_h : float
        Terminal half-life, and time from a dose to the peak, in hours; NaN: not known.
    chembl_id : str
        Its record in ChEMBL.
    unknown : tuple of str
        Kinases without a usable potency: they are not inhibited, and every dose says so.
    listed : tuple of str
        Off-targets that are known and do not act: no potency on them holds in cells.
    notes : tuple of str
        Caveats that come with every dose.

    Examples
    --------
    >>> drug = Drug("demo", (Target("JAK1", 10.0), Target("TYK2", 90.0)))
    >>> {node: round(left, 2) for node, left in drug.at("10 nM").remaining.items()}
    {'JAK1': 0.5, 'TYK2': 0.9}
    """

    name: str
    targets: tuple[Target, ...]
    exposures: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=_EXPOSURE_COLUMNS), compare=False, repr=False)
    unbound: float = NAN
    half_life_h: float = NAN
    tmax_h: float = NAN
    chembl_id: str = ""
    unknown: tuple[str, ...] = ()
    listed: tuple[str, ...] = field(default=(), repr=False)
    notes: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        names = [(target.name, target.receptor, target.assay == "enzyme") for target in self.targets]
        if not names or len(set(names)) < len(names):
            shown = few(name for name, _, _ in names)
            raise InputError(f"drug {self.name} has no target or repeats one: {shown}. Give each target one potency.")

    def acting(self, assay: str = "cellular") -> tuple[Target, ...]:
        """Return the targets whose potencies apply: in cells receptors, then proteins; or else isolated enzymes.

        In cells, an enzyme's potency is corrected for ATP and by the drug's own offset
        (`jaknet.simulation.potency.own_offset`); what was measured in cells stands as it is.

        Parameters
        ----------
        assay : {"cellular", "enzyme"}
            Potencies that hold in cells, or of isolated enzymes.

        Raises
        ------
        InputError
            For another assay.
        """
        if assay not in ASSAYS:
            raise InputError(f"assay {assay!r} of {self.name} is not known. Give one of {few(ASSAYS)}.")
        enzymes = {target.name: target for target in self.targets if target.assay == "enzyme"}
        cells = {target.name: target for target in self.targets if not target.receptor and target.assay != "enzyme"}
        if assay == "enzyme":
            return tuple((cells | enzymes).values())
        receptors = tuple(target for target in self.targets if target.receptor)
        corrected = {name: target.in_cells() for name, target in enzymes.items()}
        offset, decades = own_offset(receptors, corrected | cells)
        moved = {name: target.shifted(offset, decades) for name, target in corrected.items()}
        return receptors + tuple((moved | cells).values())

    def at(self, dose: str, assay: str = "cellular", matrix: str = "medium") -> Perturbation:
        """Return the perturbation that a dose amounts to: each target is left ``1 / (1 + (C/IC50)^h)``.

        Parameters
        ----------
        dose : str
            A concentration (``"100 nM"``, ``"1 uM"``); a range in which it lies (``"10-1000 nM"``: the
            members differ in it, log-uniformly); or one of the drug's regimens, at its average
            concentration (``"5 mg BID"``) or at ``"5 mg BID Cmax"``, ``"5 mg BID Ctrough"``.
        assay : {"cellular", "enzyme"}
            Potencies that hold in cells: measured on the signal of a receptor, else of single kinases
            corrected for the ATP of a cell. Or those of isolated enzymes as they stand.
        matrix : {"medium", "blood"}
            A concentration is free, as in medium, or the total in blood or plasma, of which the unbound
            fraction acts. Regimens are always totals in plasma.

        Raises
        ------
        InputError
            If the unit is missing or unknown, the regimen has no known exposure, or the unbound fraction
            is needed and not known.
        """
        amount = self._amount(dose, matrix)
        loads = tuple(_load(self.name, target, amount) for target in self.acting(assay))
        label = f"{self.name} {dose}" + (" in blood" if matrix == "blood" else "") + (" (enzyme)" if assay == "enzyme" else "")
        return Perturbation(label, notes=(*self._caveats(assay), *amount.said), loads=loads)

    def concentration(self, dose: str, matrix: str = "medium") -> float:
        """Return a dose as free concentration in nM; the geometric middle of a range.

        Parameters
        ----------
        dose : str
            As in `at`.
        matrix : {"medium", "blood"}
            As in `at`.
        """
        return self._amount(dose, matrix).nanomolar

    @property
    def off_targets(self) -> tuple[str, ...]:
        """Proteins outside the JAK family: those that act with their potency, then those that are only listed."""
        acting = [target for target in self.targets if not target.receptor and target.name not in JAK_FAMILY]
        return (*(f"{target.name} {target.potency_nM:g} nM (acts)" for target in acting), *self.listed)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a target and assay: ``potency_nM`` as measured, ``acts_nM`` what acts in cells."""
        table = pd.DataFrame([vars(target) for target in self.targets]).rename(columns={"name": "target"})
        acting = {(target.name, target.receptor): target.potency_nM for target in self.acting()}
        table.insert(2, "acts_nM", [acting[target.name, target.receptor] for target in self.targets])
        return table

    @describe
    def selectivity(
        self,
        doses: Sequence[str] | str | None = None,
        network: Network | str = "osteoblast",
        assay: str = "cellular",
        matrix: str = "medium",
    ) -> pd.DataFrame:
        """Return which cytokine's signal the drug blocks at which dose; see `jaknet.simulation.pharmacology.selectivity`.

        Parameters
        ----------
        doses : sequence of str, or str, optional
            By default 100 nM, 300 nM, 1 uM and the exposures that are known.
        %(network)s
        %(assay)s
        %(matrix)s

        Examples
        --------
        >>> from jaknet.simulation.library import load_drug
        >>> table = load_drug("tofacitinib").selectivity(["300 nM"]).set_index("receptor")
        >>> bool(table.loc["CSF2RB_JAK2", "inhibition"] < .5 < table.loc["IL2RG_JAK1_JAK3", "inhibition"])
        True
        """
        return drug_signals(self, doses, network, assay, matrix)

    def __repr__(self) -> str:
        kinds = [
            f"{sum(target.receptor == wanted for target in self.targets)} {word}" for wanted, word in ((0, "proteins"), (1, "receptors"))
        ]
        return f"Drug {self.name!r}: potencies on {' and '.join(kinds)}, {len(self.exposures)} exposures"

    def _repr_html_(self) -> str:
        return notebook_html(repr(self), self.to_frame(), rows=len(self.targets))

    # --- doses ---------------------------------------------------------------------------------
    def _amount(self, dose: str, matrix: str) -> Amount:
        refuse_matrix(matrix, self.name)
        if not isinstance(dose, str):
            raise InputError(f"dose {dose!r} of {self.name} has no unit. Write it out, e.g. '100 nM'.")
        regimen = self._regimen(dose)
        if regimen is not None:
            return self._exposure(dose, regimen)
        low, high = self._limits(dose)
        share = self._share(dose) if matrix == "blood" else 1.0
        said = (f"{self.name} {dose} in blood: {share:g} of it is free",) if matrix == "blood" else ()
        spreads = (Spread(f"dose {dose} of {self.name}", float(np.log10(high / low)), uniform=True),) if high > low else ()
        return Amount(share * (float(np.sqrt(low * high)) if spreads else low), spreads, said)

    def _limits(self, dose: str) -> tuple[float, float]:
        found = concentration_range(dose)
        if found is not None:
            return found
        listed = few(dict.fromkeys(self.exposures["regimen"]), 12) if len(self.exposures) else "none with a known exposure"
        remedy = (
            f"Give a number and one of {few(UNITS_NM, 9)}, nmol/L, ... (e.g. '100 nM', '10-1000 nM'), or a regimen of this drug: {listed}."
        )
        raise InputError(f"dose {dose!r} of {self.name} is not understood. {remedy}")

    def _regimen(self, dose: str) -> pd.DataFrame | None:
        wanted, _ = split_quantity(dose)
        found = self.exposures[self.exposures["regimen"].map(normalise) == normalise(wanted)]
        return found if len(found) else None

    def _exposure(self, dose: str, rows: pd.DataFrame) -> Amount:
        _, quantity = split_quantity(dose)
        found = rows[rows["quantity"] == (quantity or "Cavg")]
        if found.empty:
            known = few(rows["regimen"] + " " + rows["quantity"])
            raise InputError(f"no {quantity or 'Cavg'} of {self.name} {rows['regimen'].iloc[0]} was seen. Give one of: {known}.")
        row = found.iloc[0]
        value, low, high = (float(pd.to_numeric(row[name], errors="coerce")) for name in ("value_nM", "low_nM", "high_nM"))
        share = self._share(dose)
        known_range = np.isfinite(low) and np.isfinite(high)
        # The range of a table is that of patients, mean -/+ SD or 5th to 95th percentile: taken as 90 %.
        spreads = (Spread(f"{self.name} in patients", float(np.log10(high / low)) / 3.29),) if known_range else ()
        said = f"{self.name} {dose}: {row['quantity']} {value:g} nM total in plasma, {share * value:.3g} nM free"
        return Amount(share * value, spreads, (said,))

    def _share(self, dose: str) -> float:
        if not np.isfinite(self.unbound):
            remedy = "Give the free concentration, e.g. '30 nM'."
            raise InputError(f"{self.name} {dose} is a total in blood, and no unbound fraction of {self.name} was seen. {remedy}")
        return self.unbound

    def _caveats(self, assay: str) -> tuple[str, ...]:
        acting = self.acting(assay)
        said = [f"{self.name} {_STAND_INS[kind]}" for kind in sorted({target.binding for target in acting} & set(_STAND_INS))]
        if self.unknown:
            said.append(f"{self.name}: no usable potency on {few(self.unknown)}; taken as not inhibited")
        return (*said, *self.notes)


def combine_doses(doses: Iterable[tuple[Drug, str]]) -> Perturbation:
    """Give several drugs at once: on one site they compete, ``1 / (1 + sum_i (C_i/IC50_i)^h_i)``.

    The same as combining ``drug.at(dose)``.

    Parameters
    ----------
    doses : iterable of (Drug, str)
        Each drug with its dose.

    Returns
    -------
    Perturbation

    Examples
    --------
    >>> one, other = Drug("one", (Target("JAK1", 10.0),)), Drug("other", (Target("JAK1", 20.0),))
    >>> combine_doses([(one, "10 nM"), (other, "20 nM")]).remaining == {"JAK1": 1 / 3}
    True
    """
    check_type("doses", doses, Iterable, "pairs of a drug and a dose")
    return combine([drug.at(dose) for drug, dose in doses])


def _load(drug: str, target: Target, amount: Amount) -> Load:
    own = (Spread(f"{drug} on {target.name}", target.decades),) if target.decades > 0 else ()
    site = "allosteric" if target.binding == "allosteric" else "catalytic"
    return Load(drug, target.name, amount.nanomolar / target.potency_nM, target.hill, (*own, *amount.spreads), site, target.receptor)
