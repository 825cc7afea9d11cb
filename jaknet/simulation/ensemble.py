"""Ensembles: members that differ in parameters and in the presence and sign of edges."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jaknet.errors import InputError
from jaknet.simulation._compile import Plan, Wiring, make_plan, wiring_of
from jaknet.simulation._draws import stratified
from jaknet.simulation._linear import radius_bounds
from jaknet.simulation.settings import EnsembleSettings

if TYPE_CHECKING:
    from jaknet.network.model import Network

__all__ = ["Ensemble", "Members", "draw_ensemble"]


class Members(NamedTuple):
    """Parameters, one row a member.

    Attributes
    ----------
    weight : ndarray of float64, shape (members, n_edges)
        Signed strength in plan order; 0 where the member lacks the edge.
    exponent, threshold, height : ndarray of float64, shape (members, n_nodes)
        ``n``, ``K^n`` and ``B`` of the Hill function by which a node acts on its targets.
    basal : ndarray of float64, shape (members, n_nodes)
    rate : ndarray of float64, shape (members, n_nodes)
        ``1 / tau``.
    """

    weight: NDArray[np.float64]
    exponent: NDArray[np.float64]
    threshold: NDArray[np.float64]
    height: NDArray[np.float64]
    basal: NDArray[np.float64]
    rate: NDArray[np.float64]


@dataclass(frozen=True)
class Ensemble:
    """A network compiled together with its members; reusable for any number of conditions.

    Attributes
    ----------
    wiring : Wiring
    plan : Plan
    parameters : Members
    settings : EnsembleSettings
    seed : int
    signed_weight : ndarray of float64, shape (members, n_edges)
        Signed strengths in the order of the network's edges, before crowding.
    """

    wiring: Wiring
    plan: Plan
    parameters: Members
    settings: EnsembleSettings
    seed: int
    signed_weight: NDArray[np.float64]

    @property
    def members(self) -> int:
        """Number of members."""
        return len(self.signed_weight)

    @property
    def transcribed(self) -> NDArray[np.bool_]:
        """Nodes with at least one incoming edge of layer transcription, shape (n_nodes,)."""
        return self.plan.transcript_end > self.plan.first[:-1]

    @cached_property
    def linear_weight(self) -> NDArray[np.float64]:
        """Signed strengths for the linear engine in plan order, each member's radius at most the declared one."""
        regulators = np.diff(self.plan.first)
        weight = self.signed_weight[:, self.plan.edge_order] * np.repeat(regulators, regulators) ** -self.settings.crowding
        bounds = radius_bounds(self.plan, weight)
        weight *= np.minimum(1.0, self.settings.radius / np.maximum(bounds, 1e-300))[:, None]
        return weight

    def rewired(self, target: NDArray[np.int64]) -> Ensemble:
        """Return the same members on a rewired network: edge i leads to ``target[i]``, all its parameters kept."""
        return self._on(replace(self.wiring, target=np.asarray(target, np.int64)), self.signed_weight)

    def thinned(self, keep: NDArray[np.bool_]) -> Ensemble:
        """Return the same members on the network without some edges: what a fresh draw there would give, without drawing."""
        wiring = self.wiring
        columns = ("source", "target", "sign", "transcription", "weight", "tier", "basis", "edge_keys")
        left = replace(wiring, **{name: getattr(wiring, name)[keep] for name in columns})
        return self._on(left, self.signed_weight[:, keep])

    def subset(self, rows: NDArray[np.int64]) -> Ensemble:
        """Return some of the members, parameters unchanged."""
        parameters = Members(*(array[rows] for array in self.parameters))
        return replace(self, parameters=parameters, signed_weight=self.signed_weight[rows])

    def _on(self, wiring: Wiring, signed: NDArray[np.float64]) -> Ensemble:
        plan = make_plan(wiring, self.settings.gate, self.settings.gain)
        parameters = self.parameters._replace(weight=_placed(wiring, plan, self.settings, signed))
        return replace(self, wiring=wiring, plan=plan, parameters=parameters, signed_weight=signed)

    def part(self, rows: slice) -> Members:
        """Return the parameters of some members (views, no copies)."""
        return Members(*(array[rows] for array in self.parameters))


def draw_ensemble(network: Network | Wiring, settings: EnsembleSettings | None = None, members: int = 1000, seed: int = 0) -> Ensemble:
    """Sample an ensemble of a network by Latin hypercube, one column per edge or node and quantity.

    Draws are keyed by the names of edges and nodes: removing or reordering edges leaves every
    other draw unchanged bit for bit, so member 17 is the same cell with and without an edge.

    Parameters
    ----------
    network : Network or Wiring
    settings : EnsembleSettings, optional
    members : int
    seed : int

    Returns
    -------
    Ensemble

    Raises
    ------
    InputError
        For fewer than one member.

    Examples
    --------
    >>> import pandas as pd
    >>> from jaknet.network.model import Network
    >>> net = Network(pd.DataFrame({"source": ["A"], "target": ["B"], "sign": [-1], "tier": ["A"]}))
    >>> settings = EnsembleSettings(flip=(0.0, 0.0, 0.0))
    >>> float(np.mean(draw_ensemble(net, settings, members=100).signed_weight < 0))
    0.8
    """
    if members < 1:
        raise InputError(f"members = {members}; give at least 1.")
    chosen = settings or EnsembleSettings()
    wiring = network if isinstance(network, Wiring) else wiring_of(network)
    plan = make_plan(wiring, chosen.gate, chosen.gain)
    signed = _signed_weights(wiring, chosen, members, seed)
    exponent = _uniform(wiring.node_keys, "hill", members, seed, chosen.hill)
    power = _uniform(wiring.node_keys, "ec50", members, seed, chosen.ec50) ** exponent
    height = (power - 1.0) / (2.0 * power - 1.0)
    basal = _log_uniform(wiring.node_keys, "basal", members, seed, chosen.basal)
    rate = 1.0 / _log_uniform(wiring.node_keys, "tau", members, seed, chosen.tau)
    parameters = Members(_placed(wiring, plan, chosen, signed), exponent, height - 1.0, height, basal, rate)
    return Ensemble(wiring, plan, parameters, chosen, seed, signed)


def _signed_weights(wiring: Wiring, settings: EnsembleSettings, members: int, seed: int) -> NDArray[np.float64]:
    present = stratified(wiring.edge_keys, "presence", members, seed) < np.array(settings.keep)[wiring.tier]
    flipped = stratified(wiring.edge_keys, "sign", members, seed) < np.array(settings.flip)[wiring.basis]
    strength = _log_uniform(wiring.edge_keys, "weight", members, seed, settings.weight)
    strength *= wiring.weight * wiring.sign
    strength *= present
    np.negative(strength, out=strength, where=flipped)
    return strength


def _placed(wiring: Wiring, plan: Plan, settings: EnsembleSettings, signed: NDArray[np.float64]) -> NDArray[np.float64]:
    if settings.gate != "balance":
        return signed[:, plan.edge_order]
    regulators = np.diff(plan.first)
    scale = settings.gain * regulators[wiring.target[plan.edge_order]] ** -settings.crowding
    placed = signed[:, plan.edge_order]
    placed *= scale
    return placed


def _uniform(keys: NDArray[np.uint64], quantity: str, members: int, seed: int, bounds: tuple[float, float]) -> NDArray[np.float64]:
    low, high = bounds
    drawn = stratified(keys, quantity, members, seed)
    drawn *= high - low
    drawn += low
    return drawn


def _log_uniform(keys: NDArray[np.uint64], quantity: str, members: int, seed: int, bounds: tuple[float, float]) -> NDArray[np.float64]:
    low, high = np.log(bounds)
    drawn = _uniform(keys, quantity, members, seed, (low, high))
    return np.exp(drawn, out=drawn)
