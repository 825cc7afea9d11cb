"""What is done to a cell, and what it is done in: perturbations of nodes, and contexts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import TYPE_CHECKING

import pandas as pd

from jaknet.errors import InputError, UnknownNameError, check_type, few
from jaknet.shown import notebook_html
from jaknet.simulation.doses import Load, fraction_left, merge_loads

if TYPE_CHECKING:
    from jaknet.network.network import Network

__all__ = ["Context", "Perturbation", "activate", "combine", "inhibit", "knockout", "name_nodes", "readings"]


@dataclass(frozen=True)
class Perturbation:
    """A change of nodes: capacities scaled, activities held, drugs bound.

    Attributes
    ----------
    label : str
        Shown in results.
    scale : mapping of str to float
        Node or gene -> factor on its capacity (0 to 1): a loss of the protein.
    pin : mapping of str to float
        Node or gene -> activity it is held at, whatever its inputs say (0 to 1; a do-intervention).
    notes : tuple of str
        Caveats that travel into the report (covalent binder, IC50 of another assay, ...).
    loads : tuple of Load
        What drugs do to their targets, and to the signals of receptors. Unlike a loss it leaves the
        protein in place, so that a complex is inhibited as a whole (`jaknet.simulation.doses.place_loads`).

    Raises
    ------
    InputError
        For values outside [0, 1].
    """

    label: str
    scale: Mapping[str, float] = field(default_factory=dict)
    pin: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    loads: tuple[Load, ...] = ()

    def __post_init__(self) -> None:
        for name in ("scale", "pin"):
            check_type(f"{name} of {self.label}", getattr(self, name), Mapping, "a mapping of nodes to fractions")
            bad = [f"{node}={value}" for node, value in getattr(self, name).items() if not _is_share(value)]
            if bad:
                raise InputError(f"{name} outside [0, 1] in {self.label}: {few(bad)}. Give a fraction between 0 and 1.")

    def __repr__(self) -> str:
        left = [f"{node} left {share:.2g}" for node, share in self.remaining.items()]
        measured = [f"{load.target} receptor" for load in self.loads if load.receptor]
        return (
            f"Perturbation {self.label!r}: {', '.join([*left, *measured, *(f'{node} at {level:g}' for node, level in self.pin.items())])}"
        )

    def _repr_html_(self) -> str:
        return notebook_html("\n".join([repr(self), *self.notes]))

    def __add__(self, other: Perturbation) -> Perturbation:
        return combine([self, other])

    @property
    def nodes(self) -> tuple[str, ...]:
        """The names acted on, sorted."""
        return tuple(sorted({*self.scale, *self.pin, *(load.target for load in self.loads if not load.receptor)}))

    @property
    def remaining(self) -> dict[str, float]:
        """Node or gene -> fraction of its capacity that is left, at the centre of what is known of potency and dose."""
        left = dict(self.scale)
        for name in dict.fromkeys(load.target for load in self.loads if not load.receptor):
            acting = [load for load in self.loads if load.target == name and not load.receptor]
            left[name] = left.get(name, 1.0) * float(fraction_left(acting)[0])
        return left

    def centred(self) -> Perturbation:
        """Return the same perturbation with every potency and dose at its centre, the same in all members."""
        return replace(self, loads=tuple(replace(load, spreads=()) for load in self.loads))

    def noted(self, notes: Iterable[str]) -> Perturbation:
        """Return the same perturbation with further notes.

        Parameters
        ----------
        notes : iterable of str
            For the report.
        """
        return replace(self, notes=tuple(dict.fromkeys([*self.notes, *notes])))

    def on(self, network: Network) -> Perturbation:
        """Return the same perturbation in the network's node names, but for its `loads`.

        Inhibition and knock-out act on every form of a gene, and so on every complex that a form is
        part of; activation holds only the node of that name where there is one (adding ligand or
        activity does not make latent protein).

        Parameters
        ----------
        network : Network
            Whose names are meant.

        Raises
        ------
        UnknownNameError
            For a name the network does not have.
        InputError
            If two names mean one node (a gene and one of its forms, a symbol and a common name) and different changes of it.
        """
        scale: dict[str, float] = {}
        pin: dict[str, float] = {}
        for name, value in self.scale.items():
            _put(scale, network.resolve(name), value, self.label, _LEFT)
        for name, value in self.pin.items():
            own = network.own_name(name)
            _put(pin, network.resolve(own) if value == 0 or own not in network.index else (own,), value, self.label, _HELD)
        _refuse_both(scale, pin, self.label)
        return Perturbation(self.label, scale, pin, self.notes, self.loads)


_NODE = "the name of a node or gene"
#: What two values of one node mean, for messages.
_LEFT, _HELD = "inhibited to both {:g} and {:g} of its capacity", "held at both {} and {}"


def _put(values: dict[str, float], nodes: Iterable[str], value: float, label: str, what: str) -> None:
    """Give nodes a value; another than the one they have is refused."""
    for node in nodes:
        if values.setdefault(node, value) != value:
            raise InputError(f"{node} is {what.format(values[node], value)}. Keep one of them ({label}).")


def _refuse_both(scale: Mapping[str, float], pin: Mapping[str, float], label: str) -> None:
    """Refuse nodes that are inhibited and held at once: the level at which they are held would say what is left."""
    both = [node for node in scale if node in pin]
    if both:
        raise InputError(f"{few(both)} is inhibited and held at a level (knockout, activate) at once. Keep one of them ({label}).")


def _is_share(value: object) -> bool:
    return isinstance(value, Real) and 0.0 <= float(value) <= 1.0


@dataclass(frozen=True)
class Context:
    """The state that a perturbation starts from.

    Attributes
    ----------
    name : str
        Shown in results.
    inputs : mapping of str to float
        Node -> the activity to which this input alone would bring it, between 0 and 1. The node's
        regulators still act on it.
    clamps : mapping of str to float
        Node -> activity it is held at, 0 to 1.
    description : str
        What the context stands for.
    evidence : pandas.DataFrame
        One row per input or clamp with ``reason`` and ``references``.

    Raises
    ------
    InputError
        For an input outside (0, 1) or a clamp outside [0, 1].

    Examples
    --------
    >>> Context("my_cells", inputs={"TNF": 0.6}).inputs["TNF"]
    0.6
    """

    name: str
    inputs: Mapping[str, float] = field(default_factory=dict)
    clamps: Mapping[str, float] = field(default_factory=dict)
    description: str = ""
    evidence: pd.DataFrame = field(default_factory=pd.DataFrame, compare=False, repr=False)

    def __post_init__(self) -> None:
        for what in ("inputs", "clamps"):
            check_type(f"{what} of context {self.name}", getattr(self, what), Mapping, "a mapping of nodes to activities")
        bad = [f"{node}={value}" for node, value in self.inputs.items() if not _is_share(value) or value in (0, 1)]
        bad += [f"{node}={value}" for node, value in self.clamps.items() if not _is_share(value)]
        if bad:
            raise InputError(f"context {self.name} has inputs outside (0, 1) or clamps outside [0, 1]: {few(bad)}.")

    def _repr_html_(self) -> str:
        levels = [{"node": node, "kind": "input", "activity": level} for node, level in self.inputs.items()]
        levels += [{"node": node, "kind": "clamp", "activity": level} for node, level in self.clamps.items()]
        return notebook_html(f"Context {self.name!r}\n{self.description}", pd.DataFrame(levels), rows=len(levels))

    @classmethod
    def from_table(cls, name: str, rows: pd.DataFrame, description: str = "") -> Context:
        """Build a context from rows with ``node``, ``kind`` (input or clamp) and ``value``.

        Parameters
        ----------
        name : str
            Of the context.
        rows : pandas.DataFrame
            One row an input or clamp; further columns are kept as evidence.
        description : str
            What the context stands for.
        """
        table = rows.assign(value=pd.to_numeric(rows["value"])).reset_index(drop=True)
        inputs, clamps = (table[table["kind"] == kind].set_index("node")["value"].to_dict() for kind in ("input", "clamp"))
        return cls(name, inputs, clamps, description, table)


def inhibit(node: str, fraction: float = 0.9) -> Perturbation:
    """Take away a fraction of a node's capacity: ``s = 1 - fraction``.

    Parameters
    ----------
    node : str
        Node or gene; of a gene, every form.
    fraction : float
        Inhibited fraction, 0 to 1.

    Raises
    ------
    InputError
        For a fraction outside [0, 1].

    Examples
    --------
    >>> inhibit("JAK1", fraction=0.75).scale
    {'JAK1': 0.25}
    """
    check_type("node", node, str, _NODE)
    if not _is_share(fraction):
        raise InputError(f"fraction {fraction} for {node} is outside [0, 1]. Give the inhibited fraction, e.g. 0.9.")
    return Perturbation(f"inhibit {node} {fraction:.0%}", scale={node: 1.0 - fraction})


def knockout(node: str) -> Perturbation:
    """Hold a node, in all its forms, at zero.

    Parameters
    ----------
    node : str
        Node or gene; of a gene, every form.

    Examples
    --------
    >>> knockout("STAT3").pin
    {'STAT3': 0.0}
    """
    check_type("node", node, str, _NODE)
    return Perturbation(f"knockout {node}", pin={node: 0.0})


def activate(node: str, level: float = 1.0) -> Perturbation:
    """Hold a node at a level: a cytokine added, a receptor made active, a gene overexpressed.

    Parameters
    ----------
    node : str
        Node or gene; of a gene, the node that carries its name.
    level : float
        Activity at which it is held, 0 to 1.

    Raises
    ------
    InputError
        For a level outside [0, 1].

    Examples
    --------
    >>> activate("OSM").pin
    {'OSM': 1.0}
    """
    check_type("node", node, str, _NODE)
    if not _is_share(level):
        raise InputError(f"level {level} for {node} is outside [0, 1]. Give the activity at which it is held, e.g. 1.")
    return Perturbation(f"activate {node}", pin={node: level})


def combine(perturbations: Iterable[Perturbation]) -> Perturbation:
    """Join perturbations into one: what is said twice counts once, drugs at one site compete.

    Parameters
    ----------
    perturbations : iterable of Perturbation
        What is done at the same time.

    Raises
    ------
    InputError
        If two of them contradict each other: two levels or two fractions of one node, or a level and a fraction.

    Examples
    --------
    >>> combine([inhibit("JAK1", 0.5), activate("OSM")]).label
    'inhibit JAK1 50% + activate OSM'
    """
    parts = list(perturbations) if isinstance(perturbations, Iterable) else [perturbations]
    for part in parts:
        check_type("a perturbation", part, Perturbation, "one that inhibit, knockout, activate or drug.at('100 nM') makes")
    label = " + ".join(part.label for part in parts)
    scale: dict[str, float] = {}
    pin: dict[str, float] = {}
    for part in parts:
        for node, value in part.scale.items():
            _put(scale, [node], value, label, _LEFT)
        for node, value in part.pin.items():
            _put(pin, [node], value, label, _HELD)
    _refuse_both(scale, pin, label)
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    loads = merge_loads(load for part in parts for load in part.loads)
    return Perturbation(label, scale, pin, notes, loads)


def name_nodes(network: Network, perturbation: Perturbation) -> tuple[Perturbation, dict[str, int]]:
    """Return a perturbation in the network's node names, and the targets of drugs that the network lacks.

    A drug may have targets that the network lacks; they are reported. If it has none of them,
    that is an error, as is any other name that it lacks.

    Parameters
    ----------
    network : Network
        Whose names are meant.
    perturbation : Perturbation
        In names of nodes or genes.

    Raises
    ------
    UnknownNameError
        If the network lacks a node, or every target.
    """
    there = perturbation.on(network)
    lacking = [name for name in perturbation.nodes if name not in network]
    if lacking and len(lacking) == len(perturbation.nodes):
        raise UnknownNameError("node", lacking, network.names)
    return there, {f"target {name} not in the network": 1 for name in lacking}


def readings(network: Network, *given: Perturbation | Context | None) -> tuple[str, ...]:
    """Say which names mean nodes that the network calls otherwise.

    Parameters
    ----------
    network : Network
        Whose names are meant.
    *given : Perturbation, Context or None
        That name nodes. Targets of drugs, and names that the network lacks, are passed over.
    """
    values: list[Mapping[str, float]] = []
    for part in given:
        values += [part.scale, part.pin] if isinstance(part, Perturbation) else [part.inputs, part.clamps] if part else []
    found = {name: network.own_name(name) for each in values for name in each if name in network}
    return tuple(f"{name} is read as {own}" for name, own in found.items() if own != name)
