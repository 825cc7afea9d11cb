"""Ensembles: members that differ in parameters and in the presence and sign of edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import NoneType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from jaknet.errors import check_type, check_whole
from jaknet.provenance import as_seed
from jaknet.shared_docs import describe
from jaknet.simulation import _model
from jaknet.simulation._model import Members
from jaknet.simulation._random import stratified
from jaknet.simulation._wiring import Plan, Wiring, make_plan, wiring_of
from jaknet.simulation.doses import dose_quantiles
from jaknet.simulation.settings import EnsembleSettings

if TYPE_CHECKING:
    from jaknet.network.network import Network

__all__ = ["Ensemble", "draw_ensemble"]


@dataclass(frozen=True)
class Ensemble:
    """A network compiled together with its members; reusable for any number of conditions.

    Attributes
    ----------
    wiring : Wiring
        The network as arrays.
    plan : Plan
        The order in which it is solved.
    parameters : Members
        What the members differ in.
    settings : EnsembleSettings
        How they were drawn.
    seed : int
        Of the draws.
    factor : ndarray of float64, shape (members, n_edges)
        Signed factor times weight in the order of the network's edges, before gain and crowding;
        0 where the member lacks the edge.
    drawn : int
        How many members were drawn at first.
    rows : ndarray of int64, shape (members,)
        Which of those the members are.
    """

    wiring: Wiring
    plan: Plan
    parameters: Members
    settings: EnsembleSettings
    seed: int
    factor: NDArray[np.float64]
    drawn: int
    rows: NDArray[np.int64]

    @property
    def members(self) -> int:
        """Number of members."""
        return len(self.factor)

    @property
    def transcribed(self) -> NDArray[np.bool_]:
        """Nodes with at least one incoming edge of layer transcription, shape (n_nodes,)."""
        return self.plan.transcript_end > self.plan.first[:-1]

    @property
    def resting(self) -> NDArray[np.float64]:
        """Activities in the reference state, shape (members, n_nodes)."""
        return np.asarray(1.0 / (1.0 + np.exp(-self.parameters.rest)))

    def quantiles(self, names: Sequence[str]) -> NDArray[np.float64]:
        """Return the quantile that each member draws of each uncertain factor of a dose, shape (members, len(names)).

        Parameters
        ----------
        names : sequence of str
            Keys of the factors (`Spread`).
        """
        return dose_quantiles(names, self.drawn, self.seed)[self.rows]

    def rewired(self, target: NDArray[np.int64]) -> Ensemble:
        """Return the same members on a rewired network; every edge keeps its parameters.

        Parameters
        ----------
        target : ndarray of int64, shape (n_edges,)
            Node that each edge leads to.
        """
        return self._on(replace(self.wiring, target=np.asarray(target, np.int64)), self.factor)

    def thinned(self, keep: NDArray[np.bool_]) -> Ensemble:
        """Return the same members without some edges: what a fresh draw on that network would give.

        Parameters
        ----------
        keep : ndarray of bool, shape (n_edges,)
            Edges that stay.
        """
        return self._on(self.wiring.thinned(keep), np.compress(keep, self.factor, axis=1))

    def with_evidence(self, network: Network, keep: NDArray[np.bool_]) -> Ensemble:
        """Return the same members after a change of evidence: what a fresh draw on that network would give.

        Only edges whose sign or reliability changed are drawn again.

        Parameters
        ----------
        network : Network
            The edges that stay, with their new evidence.
        keep : ndarray of bool, shape (n_edges,)
            Edges of the present network that stay.
        """
        wiring, before = wiring_of(network, self.settings.canonical), self.wiring.thinned(keep)
        changed = np.zeros(len(wiring.sign), bool)
        for name in ("sign", "reliability", "other_sign"):
            changed |= getattr(wiring, name) != getattr(before, name)
        factor = np.compress(keep, self.factor, axis=1)
        factor[:, changed] = _factors(wiring.thinned(changed), self.settings, self.drawn, self.seed)[self.rows]
        return self._on(wiring, factor)

    def subset(self, rows: NDArray[np.int64] | slice) -> Ensemble:
        """Return an ensemble of some of the members, parameters unchanged.

        Parameters
        ----------
        rows : ndarray of int64 or slice
            Members to keep.
        """
        parameters = Members(*(array[rows] for array in self.parameters))
        return replace(self, parameters=parameters, factor=self.factor[rows], rows=self.rows[rows])

    def part(self, rows: slice) -> Members:
        """Return the parameters of some members (views, no copies).

        Parameters
        ----------
        rows : slice
            Members.
        """
        return Members(*(array[rows] for array in self.parameters))

    def transcripts(self, states: NDArray[np.float64], rows: slice = slice(None)) -> NDArray[np.float64]:
        """Return the transcripts that activities entail, as log2 fold changes against the reference state.

        Parameters
        ----------
        states : ndarray of float64, shape (members, n_nodes)
            Activities.
        rows : slice
            Members that the activities are of; all by default.
        """
        return _model.transcripts(self.plan, self.part(rows), states, self.settings.fold_change / np.log(2.0))

    def _on(self, wiring: Wiring, factor: NDArray[np.float64]) -> Ensemble:
        plan = make_plan(wiring)
        parameters = self.parameters._replace(strength=_strengths(wiring, plan, self.settings, factor))
        return replace(self, wiring=wiring, plan=plan, parameters=parameters, factor=factor)


@describe
def draw_ensemble(
    network: Network, settings: EnsembleSettings | None = None, members: int = 1000, seed: int | np.random.Generator = 0
) -> Ensemble:
    """Sample an ensemble of a network by Latin hypercube, one column per edge or node and quantity.

    Draws are keyed by the names of edges and nodes: removing or reordering edges leaves every
    other draw unchanged bit for bit, so member 17 is the same cell with and without an edge.

    Parameters
    ----------
    network : Network
        Edges and nodes to draw.
    %(settings)s
    %(members)s
    %(seed)s

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
    >>> from jaknet.network.network import Network
    >>> net = Network(pd.DataFrame({"source": ["A"], "target": ["B"], "sign": [-1], "tier": ["A"]}))
    >>> float(np.mean(draw_ensemble(net, members=100).factor == 0))        # tier A without a counted report: r = .8
    0.2
    """
    check_whole("members", members, least=1)
    check_type("settings", settings, (EnsembleSettings, NoneType), "an EnsembleSettings")
    chosen, number = settings or EnsembleSettings(), as_seed(seed)
    wiring = wiring_of(network, chosen.canonical)
    plan = make_plan(wiring)
    factor = _factors(wiring, chosen, members, number)
    odds = np.log(wiring.basal) - np.log1p(-wiring.basal)
    rest = odds + _uniform(wiring.node_keys, "basal", members, number, (-chosen.basal_spread, chosen.basal_spread))
    rate = np.exp(-_uniform(wiring.node_keys, "tau", members, number, tuple(np.log(chosen.tau))))
    parameters = Members(_strengths(wiring, plan, chosen, factor), rest, rate)
    return Ensemble(wiring, plan, parameters, chosen, number, factor, members, np.arange(members))


def _factors(wiring: Wiring, settings: EnsembleSettings, members: int, seed: int) -> NDArray[np.float64]:
    drawn = stratified(wiring.edge_keys, "presence", members, seed)
    factor = np.exp(_uniform(wiring.edge_keys, "strength", members, seed, tuple(np.log(settings.strength))))
    factor *= wiring.weight * wiring.sign
    # Slices of one draw: the edge acts with its sign, with the other one, or is absent.
    strays = np.where(wiring.reliability < 1.0, settings.other_sign, 0.0)
    acts = wiring.reliability * (1.0 - strays)
    turned = wiring.other_sign + wiring.reliability * strays
    factor *= np.where(drawn < acts, 1.0, np.where(drawn < acts + turned, -1.0, 0.0))
    return factor


def _strengths(wiring: Wiring, plan: Plan, settings: EnsembleSettings, factor: NDArray[np.float64]) -> NDArray[np.float64]:
    sharing = np.bincount(wiring.target[wiring.shared], minlength=len(wiring.names))[wiring.target]
    scale = settings.gain * np.where(wiring.shared, np.maximum(sharing, 1) ** -settings.crowding, 1.0)
    scale *= np.where(wiring.transcription, settings.synthesis, 1.0)
    # Rows must be contiguous: indexing `[:, order]` would give columns, slow to read and another signature to compile.
    strength = np.take(factor * scale, plan.edge_order, axis=1)
    strength[:, wiring.part[plan.edge_order]] = 1.0
    return strength


def _uniform(keys: NDArray[np.uint64], quantity: str, members: int, seed: int, bounds: tuple[float, ...]) -> NDArray[np.float64]:
    low, high = bounds
    drawn = stratified(keys, quantity, members, seed)
    drawn *= high - low
    drawn += low
    return drawn
