"""The linear engine: exact total and direct effects, ``x = (I - W)^-1 b``, from one factorisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import ArpackNoConvergence, eigs, splu

from jaknet.errors import InputError, few
from jaknet.simulation._linear import input_sums, linear_states, solve_triangles
from jaknet.simulation._logic import Arm, downstream
from jaknet.simulation.conditions import Condition, changed_nodes
from jaknet.simulation.effects import Effects
from jaknet.simulation.ensemble import Ensemble

if TYPE_CHECKING:
    from jaknet.network.model import Network

__all__ = ["LinearSystem", "linear_direct", "linear_effects", "spectral_radius"]

NORMALISATIONS = ("none", "sqrt_in_degree", "in_degree", "out_degree")
_DENSE = 600
_COLUMNS = 64
Array = NDArray[np.float64]


class Factors(NamedTuple):
    """Sparse triangular factors with ``A[p_r][:, p_c] = L U``, solved for many columns at once.

    Attributes
    ----------
    lower, upper : scipy.sparse.csc_matrix, shape (n, n)
    rows, columns : ndarray of int32, shape (n,)
        Permutations.
    """

    lower: sparse.csc_matrix
    upper: sparse.csc_matrix
    rows: NDArray[np.int32]
    columns: NDArray[np.int32]

    def solve(self, inputs: Array) -> Array:
        """Return ``A^-1 inputs``, shape (n, k)."""
        permuted = np.empty(inputs.shape)
        permuted[self.rows] = inputs
        lower, upper = self.lower, self.upper
        solve_triangles(lower.indptr, lower.indices, lower.data, upper.indptr, upper.indices, upper.data, permuted)
        return permuted[self.columns]


@dataclass(frozen=True)
class LinearSystem:
    """``x = W x + b``: changes of all nodes that a lasting input, or a node held at a value, entails.

    Attributes
    ----------
    names : tuple of str
    weights : scipy.sparse.csc_matrix, shape (n, n)
        ``W[target, source]``, rescaled.
    found_radius, radius : float
        Spectral radius before and after rescaling to the declared one.

    Examples
    --------
    The signalling pathway impact analysis of Tarca 2009 (doi:10.1093/bioinformatics/btn577) is
    this algebra with weights divided by the number of targets of their source:

    >>> import pandas as pd
    >>> from jaknet.network.model import Network
    >>> edges = pd.DataFrame({"source": list("AABC"), "target": list("BCDD"), "sign": [1, -1, 1, 1]})
    >>> system = LinearSystem.from_network(Network(edges), normalise="out_degree")
    >>> system.solve(np.array([2.0, 0.0, 0.0, 1.0])).tolist()
    [2.0, 1.0, -1.0, 1.0]
    """

    names: tuple[str, ...]
    weights: sparse.csc_matrix
    found_radius: float
    radius: float

    @classmethod
    def from_network(cls, network: Network, normalise: str = "sqrt_in_degree", radius: float = 0.9) -> LinearSystem:
        """Build the system of a network.

        Parameters
        ----------
        network : Network
        normalise : {"none", "sqrt_in_degree", "in_degree", "out_degree"}
            What each signed weight is divided by; ``out_degree`` is SPIA.
        radius : float
            Declared spectral radius, below 1: a larger one is rescaled to it, and recorded.

        Raises
        ------
        InputError
            For an unknown normalisation or a radius outside (0, 1).
        """
        if normalise not in NORMALISATIONS:
            raise InputError(f"unknown normalisation {normalise!r}; use one of {few(NORMALISATIONS)}.")
        edges, count = network.arrays, network.n_nodes
        inward, outward = (np.bincount(ends, minlength=count) for ends in (edges.target, edges.source))
        divisors = {
            "none": np.ones(network.n_edges),
            "sqrt_in_degree": np.sqrt(inward[edges.target]),
            "in_degree": inward[edges.target],
            "out_degree": outward[edges.source],
        }
        values = edges.sign * edges.weight / divisors[normalise]
        matrix = sparse.coo_matrix((values, (edges.target, edges.source)), shape=(count, count)).tocsc()
        return cls.from_matrix(network.names, matrix, radius)

    @classmethod
    def from_matrix(cls, names: Sequence[str], weights: Any, radius: float = 0.9) -> LinearSystem:
        """Build the system of a matrix ``W[target, source]``, rescaled to the declared radius where it exceeds it."""
        if not 0 < radius < 1:
            raise InputError(f"radius = {radius} must lie between 0 and 1, or the sum over walks does not converge. Try 0.9.")
        matrix = sparse.csc_matrix(weights, dtype=float)
        found = spectral_radius(matrix)
        factor = min(1.0, radius / found) if found else 1.0
        return cls(tuple(names), matrix * factor, found, found * factor)

    @cached_property
    def index(self) -> dict[str, int]:
        """Node name -> position."""
        return {name: position for position, name in enumerate(self.names)}

    @cached_property
    def _factors(self) -> Factors:
        # On networks of hubs this ordering fills in a tenth of what the default one does.
        factors = splu((sparse.identity(len(self.names), format="csc") - self.weights).tocsc(), permc_spec="MMD_AT_PLUS_A")
        return Factors(factors.L, factors.U, factors.perm_r, factors.perm_c)

    def solve(self, inputs: Array) -> Array:
        """Return the total effect of lasting inputs, ``(I - W)^-1 b``.

        Parameters
        ----------
        inputs : ndarray of float64, shape (n,) or (n, k)
        """
        given = np.asarray(inputs, float)
        return self._factors.solve(given.reshape(len(given), -1)).reshape(given.shape)

    def pinned(self, pins: Sequence[Mapping[str, float]]) -> Array:
        """Return the total effect of holding nodes at values, one column a set of pins.

        Holding node t zeroes its row. By the Woodbury identity the answer needs only columns
        ``G_t`` of the inverse that is already factorised: ``x = G_T (G_TT)^-1 v``.

        Parameters
        ----------
        pins : sequence of mapping of str to float

        Returns
        -------
        ndarray of float64, shape (n, len(pins))
        """
        effects = np.empty((len(self.names), len(pins)))
        for start in range(0, len(pins), _COLUMNS):
            part = pins[start : start + _COLUMNS]
            held = sorted({self.index[name] for pin in part for name in pin})
            place = {node: column for column, node in enumerate(held)}
            columns = self._columns(held)
            for offset, pin in enumerate(part):
                nodes = [self.index[name] for name in pin]
                chosen = columns[:, [place[node] for node in nodes]]
                effects[:, start + offset] = chosen @ np.linalg.solve(chosen[nodes], np.array(list(pin.values()), float))
                # Exactly, not to rounding: a pinned node stays pinned.
                effects[nodes, start + offset] = list(pin.values())
        return effects

    def direct(self, pin: Mapping[str, float]) -> Array:
        """Return the effect of holding nodes at values with every other node held at its baseline, shape (n,)."""
        change = np.zeros(len(self.names))
        change[[self.index[name] for name in pin]] = list(pin.values())
        effect = self.weights @ change
        return np.where(change != 0, change, effect)

    def loop_gain(self, nodes: Sequence[str]) -> dict[str, float]:
        """Return the gain of all feedback through each node: ``L = 1 - 1 / G_tt``; negative damps, e.g. SOCS."""
        places = [self.index[name] for name in nodes]
        columns = self._columns(places)
        return {name: float(1.0 - 1.0 / columns[place, column]) for column, (name, place) in enumerate(zip(nodes, places, strict=True))}

    def _columns(self, nodes: Sequence[int]) -> Array:
        unit = np.zeros((len(self.names), len(nodes)))
        unit[list(nodes), np.arange(len(nodes))] = 1.0
        return self._factors.solve(unit)


def spectral_radius(weights: Any) -> float:
    """Return the largest absolute eigenvalue of a sparse matrix; exactly 0 without cycles.

    Only strongly connected components matter; small ones are solved densely, large ones by
    Arnoldi iteration, and where that does not converge by the Perron root of ``abs(W)``, a bound.
    """
    matrix = sparse.csr_matrix(weights)
    _, component = connected_components(matrix, directed=True, connection="strong")
    sizes = np.bincount(component)
    cyclic = sizes > 1
    cyclic[component[matrix.diagonal() != 0]] = True
    return max((_block_radius(matrix[nodes][:, nodes]) for nodes in map(component.__eq__, np.flatnonzero(cyclic))), default=0.0)


def _block_radius(block: Any) -> float:
    if block.shape[0] <= _DENSE:
        return float(np.abs(np.linalg.eigvals(block.toarray())).max())
    start = np.ones(block.shape[0])
    try:
        return float(np.abs(eigs(block, k=4, v0=start, ncv=60, return_eigenvectors=False)).max())
    except ArpackNoConvergence:
        for _ in range(200):
            image = np.abs(block) @ start + start
            bound, start = (image / start).max() - 1.0, image / image.max()
        return float(bound)


def linear_effects(ensemble: Ensemble, condition: Condition, control: Arm, treated: Arm, lacking: dict[str, int]) -> Effects:
    """Return the effects of one condition in every member of an ensemble, in arbitrary units around 0.

    Inhibition by a fraction f holds the node at -f, a pin at value v holds it at 2 v - 1 (a
    knock-out at -1), a drive d is a lasting input b = d.

    Raises
    ------
    InputError
        For a context that only gives inputs: by superposition it changes no effect.
    """
    context = condition.context
    if context is not None and context.inputs and not context.clamps:
        reason = "superposition: in a linear system inputs present in both arms cancel, so no effect depends on them"
        raise InputError(f"context {context.name} gives inputs alone ({reason}). Use engine='logic', clamps, or no context.")
    weight, held, value, active = _change(ensemble, control, treated)
    states = linear_states(ensemble.plan, weight, held, value, active)
    nothing, everyone = np.zeros_like(states), np.ones(len(states), bool)
    levels = input_sums(ensemble.plan, weight, states, ensemble.plan.transcript_end)
    return Effects(condition, nothing, states, nothing, levels, everyone, ~everyone, lacking)


def linear_direct(ensemble: Ensemble, control: Arm, treated: Arm) -> tuple[Array, Array]:
    """Return the direct effects on activity and transcript: one step from the changed nodes."""
    weight, held, value, _ = _change(ensemble, control, treated)
    targets = changed_nodes(control, treated)
    change = np.where(targets, value, 0.0)
    alone = np.tile(change, (len(weight), 1))
    plan = ensemble.plan
    effect = input_sums(plan, weight, alone, plan.first[1:])
    return np.where(targets | held, change, effect), input_sums(plan, weight, alone, plan.transcript_end)


def _change(ensemble: Ensemble, control: Arm, treated: Arm) -> tuple[Array, NDArray[np.bool_], Array, NDArray[np.bool_]]:
    def _held_at(arm: Arm) -> Array:
        pinned = np.where(arm.scale < 1.0, arm.scale - 1.0, np.nan)
        return np.where(np.isnan(arm.pin), pinned, 2.0 * arm.pin - 1.0)

    before, after = _held_at(control), _held_at(treated)
    held = ~np.isnan(after)
    value = np.where(held, after - np.nan_to_num(before), treated.drive - control.drive)
    active = downstream(ensemble.plan, value != 0)
    return ensemble.linear_weight, held, value, active
