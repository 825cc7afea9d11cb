"""`Response`: what a perturbation does to every node, over all members of the ensemble."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaknet.errors import InputError
from jaknet.provenance import Manifest, make_manifest
from jaknet.simulation.contexts import Context
from jaknet.simulation.effects import Effects
from jaknet.simulation.perturbations import Perturbation
from jaknet.simulation.settings import EnsembleSettings

if TYPE_CHECKING:
    from jaknet.network.model import Network

__all__ = ["EFFECT_COLUMNS", "Response", "member_weights", "summarise", "weighted_quantiles"]

EFFECT_COLUMNS = ["total_effect", "mean_effect", "effect_low", "effect_high", "p_up", "p_down", "p_none", "direction", "p_direction"]
_INTERVAL = (0.05, 0.5, 0.95)
_ROUNDING = 1e-12  # by which sums of weights may differ from what they are
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Response:
    """Every node before and after a perturbation, in every member.

    Arrays have one row a member and one column a node of ``network.names``.

    Attributes
    ----------
    network : Network
    perturbation : Perturbation
    context : Context or None
    background : Perturbation or None
    effects : Effects
    direct_members, transcript_direct : ndarray of float64, shape (members, n_nodes)
        Effects with every node but the perturbed ones held at its baseline.
    weights : ndarray of float64, shape (members,)
        Sum to 1; members that do not come to rest have none.
    transcribed : ndarray of bool, shape (n_nodes,)
        Nodes whose transcript the network explains at all.
    settings : EnsembleSettings
    engine : str
    provenance : Manifest
    """

    network: Network
    perturbation: Perturbation
    context: Context | None
    background: Perturbation | None
    effects: Effects = field(repr=False)
    direct_members: Array = field(repr=False)
    transcript_direct: Array = field(repr=False)
    weights: Array = field(repr=False)
    transcribed: NDArray[np.bool_] = field(repr=False)
    settings: EnsembleSettings = field(default_factory=EnsembleSettings)
    engine: str = "logic"
    provenance: Manifest = field(default_factory=lambda: make_manifest("perturb"), repr=False)

    @property
    def members(self) -> int:
        """Number of members."""
        return len(self.weights)

    @property
    def baseline_members(self) -> Array:
        """Activities before the perturbation."""
        return self.effects.baseline

    @property
    def perturbed_members(self) -> Array:
        """Activities at the new steady state."""
        return self.effects.perturbed

    @property
    def transcript_effects(self) -> Array:
        """Changes of transcripts; 0 where the network has no edge onto the transcript (see `transcribed`)."""
        return self.effects.transcript_total

    @property
    def converged(self) -> NDArray[np.bool_]:
        """Members that came to rest in both arms from every start, shape (members,)."""
        return self.effects.converged

    @property
    def multistable(self) -> NDArray[np.bool_]:
        """Members with more than one steady state in an arm, shape (members,)."""
        return self.effects.multistable

    @property
    def effective_sample(self) -> float:
        """Kish's effective number of members, ``1 / sum(w^2)`` for weights that sum to 1."""
        return float(1.0 / np.sum(self.weights**2))

    def to_frame(self) -> pd.DataFrame:
        """Return one row a node: activities before and after, effects, their interval and their probabilities.

        Returns
        -------
        pandas.DataFrame
            ``node``, ``kind``, ``baseline``, ``perturbed`` (medians), ``direct_effect`` (median,
            every node but the perturbed held at baseline), ``total_effect`` (median, at the new
            steady state), ``mean_effect``, ``effect_low`` and ``effect_high`` (90 % interval),
            ``p_up``, ``p_down``, ``p_none`` (share of the members whose effect exceeds, falls below
            or stays within ``settings.margin``), ``direction`` and its probability ``p_direction``.
        """
        return self._table(self.effects.baseline, self.effects.perturbed, self.direct_members)

    def transcripts(self) -> pd.DataFrame:
        """Return the same columns for transcripts, for the nodes with an edge of layer transcription."""
        table = self._table(self.effects.transcript_baseline, self.effects.transcript_perturbed, self.transcript_direct)
        return table[self.transcribed].reset_index(drop=True)

    def with_weights(self, weights: Array | None) -> Response:
        """Return the same response with other member weights."""
        return replace(self, weights=member_weights(weights, self.converged))

    def _table(self, before: Array, after: Array, direct: Array) -> pd.DataFrame:
        def _middle(values: Array) -> Array:
            return weighted_quantiles(values, self.weights, (0.5,))[0]

        nodes = self.network._nodes
        columns = {"node": nodes["node"], "kind": nodes["kind"], "baseline": _middle(before), "perturbed": _middle(after)}
        effects = summarise(after - before, self.weights, self.settings)
        return pd.DataFrame(columns | {"direct_effect": _middle(direct)} | effects)

    def __repr__(self) -> str:
        where = self.context.name if self.context else "no context"
        trouble = f"{int((~self.converged).sum())} not at rest, {int(self.multistable.sum())} multistable"
        made = f"{self.members} members of {self.network.label}, {self.engine} engine"
        return f"Response to {self.perturbation.label} in {where}: {made}; {trouble}"

    def _repr_html_(self) -> str:
        table = self.transcripts()
        top = table.reindex(table["mean_effect"].abs().sort_values(ascending=False).index).head(10)
        return f"<p><b>{self!r}</b></p>{top.to_html(index=False)}"


def summarise(effects: Array, weights: Array, settings: EnsembleSettings) -> dict[str, NDArray[np.generic]]:
    """Summarise effects over members, column by column.

    Parameters
    ----------
    effects : ndarray of float64, shape (members, n)
    weights : ndarray of float64, shape (members,)
        Sum to 1.
    settings : EnsembleSettings
        ``margin``: smaller changes are none. ``none_above``: a column is called ``"none"`` where
        ``p_none`` exceeds it; else it is called by the more probable of up and down.

    Returns
    -------
    dict of str to ndarray
        `EFFECT_COLUMNS`.
    """
    # Row sums of a transposed copy: unlike a matrix product they give a column the same bits in any company.
    rows = np.ascontiguousarray(effects.T)
    mean, up, down = ((part * weights).sum(axis=1) for part in (rows, rows > settings.margin, rows < -settings.margin))
    low, middle, high = weighted_quantiles(effects, weights, _INTERVAL)
    none = np.clip(1.0 - up - down, 0.0, 1.0)
    # Sums of equal shares differ by rounding, which must not decide a tie.
    quiet = (none > settings.none_above + _ROUNDING) | (np.abs(up - down) < _ROUNDING)
    direction = np.where(quiet, "none", np.where(up > down, "up", "down"))
    probability = np.where(quiet, none, np.maximum(up, down))
    return dict(zip(EFFECT_COLUMNS, (middle, mean, low, high, up, down, none, direction, probability), strict=True))


def weighted_quantiles(values: Array, weights: Array, probabilities: tuple[float, ...]) -> Array:
    """Return quantiles of each column: the smallest value whose cumulative weight reaches the probability.

    Parameters
    ----------
    values : ndarray of float64, shape (members, n)
    weights : ndarray of float64, shape (members,)
        Sum to 1.
    probabilities : tuple of float

    Returns
    -------
    ndarray of float64, shape (len(probabilities), n)

    Examples
    --------
    >>> weighted_quantiles(np.array([[3.0], [1.0], [2.0]]), np.array([0.2, 0.4, 0.4]), (0.5,))
    array([[2.]])
    """
    rows = np.array(values.T, order="C")
    # Rounding of the cumulative sum must not push a quantile past its step.
    wanted = np.array(probabilities) - _ROUNDING
    if np.ptp(weights) == 0.0:
        rows.sort(axis=1)
        places = np.searchsorted(np.cumsum(weights), wanted)
        return rows[:, places].T
    order = np.argsort(rows, axis=1, kind="stable")
    reached = np.cumsum(weights[order], axis=1)
    places = np.stack([(reached < probability).sum(axis=1) for probability in wanted])
    found = np.take_along_axis(order, np.minimum(places.T, len(weights) - 1), axis=1)
    return np.take_along_axis(rows, found, axis=1).T


def member_weights(weights: Array | None, converged: NDArray[np.bool_]) -> Array:
    """Return weights that sum to 1, with none on members that do not come to rest.

    Raises
    ------
    InputError
        If the shape is wrong, a weight is negative or NaN, or no weight is left.
    """
    given = np.ones(len(converged)) if weights is None else np.asarray(weights, float)
    if given.shape != converged.shape or not np.all(given >= 0):
        raise InputError(f"weights need shape {converged.shape} and no negative or missing value; got shape {given.shape}.")
    kept = given * converged
    if kept.sum() <= 0:
        restless = int((~converged).sum())
        raise InputError(f"no weight is left: {restless} of {len(converged)} members do not come to rest. Check weights and gain.")
    return kept / kept.sum()
