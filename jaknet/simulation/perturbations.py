"""Perturbations: what is done to nodes, whatever did it (a drug at a dose, a knock-out, a cytokine)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jaknet.errors import InputError, few

if TYPE_CHECKING:
    from jaknet.network.model import Network

__all__ = ["Perturbation", "activate", "combine", "inhibit", "knockout"]


@dataclass(frozen=True)
class Perturbation:
    """A change of the model: capacities scaled, activities pinned, inputs driven.

    Attributes
    ----------
    label : str
        Shown in results.
    scale : mapping of str to float
        Node or gene -> factor on its capacity ``ymax`` (0 to 1). Inhibitors act here.
    pin : mapping of str to float
        Node or gene -> activity it is held at, whatever its inputs say (0 to 1; a do-intervention).
    drive : mapping of str to float
        Node or gene -> external input (0 to 1): ligands added, or activity forced from outside
        while feedback still acts.
    notes : tuple of str
        Caveats that travel into the report (covalent binder, IC50 of another assay, ...).

    Raises
    ------
    InputError
        For values outside [0, 1].
    """

    label: str
    scale: Mapping[str, float] = field(default_factory=dict)
    pin: Mapping[str, float] = field(default_factory=dict)
    drive: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("scale", "pin", "drive"):
            bad = [f"{node}={value}" for node, value in getattr(self, name).items() if not 0 <= value <= 1]
            if bad:
                raise InputError(f"{name} outside [0, 1] in {self.label}: {few(bad)}. Give a fraction between 0 and 1.")

    def __add__(self, other: Perturbation) -> Perturbation:
        return combine([self, other])

    @property
    def nodes(self) -> tuple[str, ...]:
        """The names acted on, sorted."""
        return tuple(sorted({*self.scale, *self.pin, *self.drive}))

    def on(self, network: Network) -> Perturbation:
        """Return the same perturbation in the network's node names.

        Inhibition and knock-out act on every form of a gene; activation drives only the node of
        that name where there is one (adding ligand or activity does not make latent protein).

        Raises
        ------
        UnknownNameError
            For a name the network does not have.
        """

        def _spread(values: Mapping[str, float], all_forms: bool) -> dict[str, float]:
            placed: dict[str, float] = {}
            for name, value in values.items():
                forms = network.resolve(name)
                placed.update(dict.fromkeys(forms if all_forms or name not in network.index else (name,), value))
            return placed

        lowered = {name: value for name, value in self.pin.items() if value == 0}
        raised = {name: value for name, value in self.pin.items() if value > 0}
        pin = _spread(lowered, True) | _spread(raised, False)
        return Perturbation(self.label, _spread(self.scale, True), pin, _spread(self.drive, False), self.notes)


def inhibit(node: str, fraction: float = 0.9) -> Perturbation:
    """Take away a fraction of a node's capacity: ``ymax = 1 - fraction``.

    Examples
    --------
    >>> inhibit("JAK1", fraction=0.75).scale
    {'JAK1': 0.25}
    """
    if not 0 <= fraction <= 1:
        raise InputError(f"fraction {fraction} for {node} is outside [0, 1]. Give the inhibited fraction, e.g. 0.9.")
    return Perturbation(f"inhibit {node} {fraction:.0%}", scale={node: 1.0 - fraction})


def knockout(node: str) -> Perturbation:
    """Hold a node, in all its forms, at zero.

    Examples
    --------
    >>> knockout("STAT3").pin
    {'STAT3': 0.0}
    """
    return Perturbation(f"knockout {node}", pin={node: 0.0})


def activate(node: str, level: float = 1.0) -> Perturbation:
    """Drive a node from outside: a cytokine added, a receptor made active, a gene overexpressed.

    Parameters
    ----------
    node : str
    level : float
        External input, 0 to 1.

    Examples
    --------
    >>> activate("OSM").drive
    {'OSM': 1.0}
    """
    return Perturbation(f"activate {node}", drive={node: level})


def combine(perturbations: Iterable[Perturbation]) -> Perturbation:
    """Join perturbations into one: factors multiply, drives keep the larger.

    Two *different* inhibitors of one site do not multiply; combine doses with
    `jaknet.simulation.drugs.combine_doses`, which adds ``C/IC50``.

    Raises
    ------
    InputError
        If two pins contradict each other.

    Examples
    --------
    >>> combine([inhibit("JAK1", 0.5), activate("OSM")]).label
    'inhibit JAK1 50% + activate OSM'
    """
    parts = list(perturbations)
    scale: dict[str, float] = {}
    pin: dict[str, float] = {}
    drive: dict[str, float] = {}
    for part in parts:
        for node, value in part.scale.items():
            scale[node] = scale.get(node, 1.0) * value
        for node, value in part.drive.items():
            drive[node] = max(drive.get(node, 0.0), value)
        for node, value in part.pin.items():
            if pin.setdefault(node, value) != value:
                raise InputError(f"{node} is pinned at both {pin[node]} and {value}. Keep one of them.")
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    return Perturbation(" + ".join(part.label for part in parts), scale, pin, drive, notes)
