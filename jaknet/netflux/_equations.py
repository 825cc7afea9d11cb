"""The equations of a Netflux model as arrays: target values, steady states and courses."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

if TYPE_CHECKING:
    from jaknet.netflux.model import LogicModel

__all__ = ["Equations", "Floats", "equations_of"]

#: A state is steady when no species differs from its target value by this much.
_TOLERANCE = 1e-11
#: Steps before we stop iterating and integrate the equations over time instead.
_ITERATIONS = 20_000
#: After so many of the longest time constants a model is near the steady state that it goes to.
_PULL = 50.0
#: How long that integration lasts, in the time unit of the model, and what change still counts as rest at its end.
_LONGEST = 1e4
_AT_REST = 1e-6

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Equations(NamedTuple):
    """``dy/dt = (f(y) capacity - y) / tau``; `jaknet.netflux.model.LogicModel` says what ``f`` is.

    Attributes
    ----------
    reaction, source : ndarray of int64, shape (n_terms,)
        For each reactant of each reaction: the number of the reaction, and that of the species.
    inverted : ndarray of bool, shape (n_terms,)
        Whether it inhibits.
    n, height : ndarray of float64, shape (n_terms,)
        Hill exponent, and ``B`` of the Hill function.
    weight : ndarray of float64, shape (n_reactions,)
        Largest effect of each reaction.
    target : ndarray of int64, shape (n_reactions,)
        Number of the species it acts on.
    tau : ndarray of float64, shape (n_species,)
        Time constants.
    """

    reaction: Integers
    source: Integers
    inverted: NDArray[np.bool_]
    n: Floats
    height: Floats
    weight: Floats
    target: Integers
    tau: Floats

    def target_values(self, state: Floats) -> Floats:
        """Return ``f`` of every species in a state."""
        power = np.clip(state, 0.0, None)[self.source] ** self.n
        active = np.minimum(1.0, self.height * power / (self.height - 1.0 + power))
        # Netflux gives the weight to each reactant, then divides it out again: it comes in once.
        flow = self.weight.copy()
        np.multiply.at(flow, self.reaction, np.where(self.inverted, 1.0 - active, active))
        # a OR b = 1 - (1 - a)(1 - b)
        off = np.ones(len(state))
        np.multiply.at(off, self.target, 1.0 - flow)
        return 1.0 - off

    def settle(self, start: Floats, capacity: Floats) -> tuple[Floats, bool]:
        """Return where the species go from a start, and whether they come to rest there."""
        # A half step of all species at once is an Euler step of the equations with equal time
        # constants. These do not move a steady state, but of several they decide which one is
        # reached: where they differ, the species are first let go where they go.
        state = start if np.ptp(self.tau) == 0.0 else self.integrate(start, capacity, np.array([_PULL * self.tau.max()]))[-1]
        for _ in range(_ITERATIONS):
            change = self.target_values(state) * capacity - state
            if np.abs(change).max(initial=0.0) < _TOLERANCE:
                return state, True
            state = state + 0.5 * change
        state = self.integrate(start, capacity, np.array([_LONGEST]))[-1]
        return state, bool(np.abs(self.target_values(state) * capacity - state).max() < _AT_REST)

    def integrate(self, start: Floats, capacity: Floats, times: Floats) -> Floats:
        """Return the state at each time, one row a time."""

        def _slope(_: float, state: Floats) -> Floats:
            return (self.target_values(state) * capacity - state) / self.tau

        # Where only time 0 is asked for, the solver still wants somewhere to go.
        return solve_ivp(_slope, (0.0, times[-1] or 1.0), start, method="LSODA", t_eval=times, rtol=1e-8, atol=1e-10).y.T


def equations_of(model: LogicModel) -> Equations:
    """Return the equations of a model; species and reactions are numbered as it lists them."""
    place = {name: position for position, name in enumerate(model.names)}
    terms = [
        (row, place[name], flip, each.n, each.ec50)
        for row, each in enumerate(model.reactions)
        for name, flip in zip(each.reactants, each.inverted, strict=True)
    ]
    row, source, inverted, n, ec50 = np.array(terms, float).reshape(-1, 5).T
    power = ec50**n
    height = (power - 1.0) / (2.0 * power - 1.0)
    weight = np.array([each.weight for each in model.reactions], float)
    target = np.array([place[each.target] for each in model.reactions], np.int64)
    tau = np.array([each.tau for each in model.species], float)
    return Equations(row.astype(np.int64), source.astype(np.int64), inverted.astype(bool), n, height, weight, target, tau)
