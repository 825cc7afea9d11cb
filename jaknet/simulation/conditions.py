"""Conditions: a perturbation against its control, in a context, as arrays a kernel understands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jaknet.errors import InputError, UnknownNameError
from jaknet.simulation._logic import Arm
from jaknet.simulation.contexts import Context
from jaknet.simulation.perturbations import Perturbation, combine

if TYPE_CHECKING:
    from jaknet.network.model import Network

__all__ = ["Condition", "as_context", "as_perturbation", "make_arm", "place"]


@dataclass(frozen=True)
class Condition:
    """One experiment: both arms share context and background, one has the perturbation.

    Attributes
    ----------
    perturbation : Perturbation
    context : Context, optional
    background : Perturbation, optional
        Changed in both arms, such as OSM with and without drug.
    """

    perturbation: Perturbation
    context: Context | None = None
    background: Perturbation | None = None

    def arms(self, network: Network) -> tuple[Arm, Arm, dict[str, int]]:
        """Return the control arm, the perturbed arm, and what the network lacks (name -> 1)."""
        shared = [] if self.background is None else [self.background]
        control, lacking = make_arm(network, self.context, shared)
        treated, more = make_arm(network, self.context, [*shared, self.perturbation])
        return control, treated, lacking | more


def as_perturbation(given: Perturbation | Sequence[Perturbation]) -> Perturbation:
    """Return one perturbation from one or several.

    Raises
    ------
    InputError
        For anything else, such as a drug without a dose.
    """
    parts = [given] if isinstance(given, Perturbation) else list(given) if isinstance(given, Iterable) else [given]
    wrong = [part for part in parts if not isinstance(part, Perturbation)]
    if wrong or not parts:
        shown = ", ".join(type(part).__name__ for part in wrong) or "nothing"
        raise InputError(f"expected a perturbation or a list of them, got {shown}. Use inhibit, knockout, activate or drug.at('100 nM').")
    return parts[0] if len(parts) == 1 else combine(parts)


def as_context(given: Context | str | None) -> Context | None:
    """Return a context from itself, the name of a bundled one, or None."""
    if isinstance(given, str):
        from jaknet.data.load import load_context

        return load_context(given)
    return given


def place(network: Network, perturbation: Perturbation) -> tuple[Perturbation, dict[str, int]]:
    """Return a perturbation in the network's node names, and the names that the network lacks.

    A drug may have targets that the network lacks; they are reported. If it has none of them,
    that is an error.

    Raises
    ------
    UnknownNameError
    """
    lacking = [name for name in perturbation.nodes if name not in network]
    if not lacking:
        return perturbation.on(network), {}
    if len(lacking) == len(perturbation.nodes):
        network.resolve(lacking[0])
        raise UnknownNameError("node", lacking, network.names)

    def _known(values: Any) -> dict[str, float]:
        return {name: value for name, value in values.items() if name not in lacking}

    left = replace(perturbation, scale=_known(perturbation.scale), pin=_known(perturbation.pin), drive=_known(perturbation.drive))
    return left.on(network), {f"target {name} not in the network": 1 for name in lacking}


def make_arm(network: Network, context: Context | None, perturbations: Sequence[Perturbation]) -> tuple[Arm, dict[str, int]]:
    """Return one arm as arrays, and what the network lacks.

    External inputs of context and perturbation combine as ``a + b - ab``. A node clamped by the
    context answers to perturbations as a fixed quantity would: driven up by input, scaled down by
    inhibition; a pin overrides the clamp.
    """
    count = network.n_nodes
    scale, pin, drive = np.ones(count), np.full(count, np.nan), np.zeros(count)
    lacking: dict[str, int] = {}
    if context is not None:
        for values, array in ((context.inputs, drive), (context.clamps, pin)):
            for name, value in values.items():
                if name in network:
                    array[_positions(network, name)] = value
                else:
                    lacking[f"context input {name} not in the network"] = 1
    added = np.zeros(count)
    if perturbations:
        placed = [place(network, part) for part in perturbations]
        for _, missing in placed:
            lacking |= missing
        joint = combine([part for part, _ in placed])
        for name, value in joint.scale.items():
            scale[network.index[name]] = value
        for name, value in joint.drive.items():
            added[network.index[name]] = value
        clamped = ~np.isnan(pin)
        pin[clamped] = (pin[clamped] + added[clamped] - pin[clamped] * added[clamped]) * scale[clamped]
        for name, value in joint.pin.items():
            pin[network.index[name]] = value
    return Arm(scale, pin, drive + added - drive * added), lacking


def _positions(network: Network, name: str) -> list[int]:
    forms: tuple[str, ...] = (name,) if name in network.index else network.resolve(name)
    return [network.index[form] for form in forms]


def changed_nodes(control: Arm, treated: Arm) -> NDArray[np.bool_]:
    """Return the nodes on which two arms differ, shape (n_nodes,)."""
    pins = (control.pin != treated.pin) & ~(np.isnan(control.pin) & np.isnan(treated.pin))
    return (control.scale != treated.scale) | (control.drive != treated.drive) | pins
