"""`LogicModel`: one published logic model as written, reaction by reaction, to steady state."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from jaknet.errors import InputError, UnknownNameError, few
from jaknet.simulation.settings import check_hill

__all__ = ["LogicModel", "Reaction", "Species"]

_TOLERANCE = 1e-11
_ITERATIONS = 20_000
_LONGEST = 1e4


@dataclass(frozen=True)
class Species:
    """A variable of the model: initial value, capacity and time constant."""

    name: str
    initial: float = 0.0
    ymax: float = 1.0
    tau: float = 1.0


@dataclass(frozen=True)
class Reaction:
    """``A & !B => C``: all reactants in AND, ``!`` inverted; without reactants an input of its weight.

    Attributes
    ----------
    target : str
    reactants : tuple of str
    inverted : tuple of bool
    weight, n, ec50 : float

    Raises
    ------
    InputError
        For a weight outside [0, 1] or parameters outside the domain of the Hill function.
    """

    target: str
    reactants: tuple[str, ...] = ()
    inverted: tuple[bool, ...] = ()
    weight: float = 1.0
    n: float = 1.4
    ec50: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.weight <= 1:
            raise InputError(f"weight {self.weight} of {self} is outside [0, 1].")
        check_hill(self.n, self.ec50)

    def __str__(self) -> str:
        left = " & ".join(("!" if flip else "") + name for name, flip in zip(self.reactants, self.inverted, strict=True))
        return f"{left} => {self.target}".strip()


@dataclass(frozen=True)
class LogicModel:
    """A normalised-Hill logic ODE (Kraeutler 2010, BMC Syst Biol 4:157), as Netflux runs it.

    ``dy/dt = (f ymax - y) / tau``, where ``f`` is the OR of a species' reactions, ``a + b - ab``;
    a reaction is the AND of its reactants, their product over ``w^(k - 1)``; a reactant acts as
    ``act(x) = min(w, w B x^n / (K^n + x^n))``, inverted as ``w - act(x)``, with
    ``B = (EC50^n - 1) / (2 EC50^n - 1)`` and ``K = (B - 1)^(1/n)``.

    Attributes
    ----------
    species : tuple of Species
    reactions : tuple of Reaction
    name : str

    Raises
    ------
    InputError
        If species repeat or a reaction names an unknown one.

    Examples
    --------
    >>> model = LogicModel((Species("A"), Species("B")), (Reaction("A", weight=0.5), Reaction("B", ("A",), (False,))))
    >>> model.steady_state().round(6).to_dict()
    {'A': 0.5, 'B': 0.5}
    """

    species: tuple[Species, ...]
    reactions: tuple[Reaction, ...]
    name: str = "model"

    def __post_init__(self) -> None:
        names = self.names
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise InputError(f"species repeated in {self.name}: {few(repeated)}. Keep one row each.")
        unknown = {name for reaction in self.reactions for name in (reaction.target, *reaction.reactants)} - set(names)
        if unknown:
            raise UnknownNameError("species", sorted(unknown), names)

    @property
    def names(self) -> tuple[str, ...]:
        """Species in the order of the model."""
        return tuple(species.name for species in self.species)

    @property
    def inputs(self) -> dict[str, float]:
        """Species with an input reaction -> its weight."""
        return {reaction.target: reaction.weight for reaction in self.reactions if not reaction.reactants}

    def with_inputs(self, inputs: Mapping[str, float] | float | None) -> LogicModel:
        """Return the model with other input weights: by species, or one number for all inputs of weight 0.

        Raises
        ------
        UnknownNameError
            For a species without an input reaction.
        """
        if inputs is None:
            return self
        given = {name: inputs for name, weight in self.inputs.items() if weight == 0} if isinstance(inputs, (int, float)) else inputs
        unknown = sorted(set(given) - set(self.inputs))
        if unknown:
            raise UnknownNameError("input", unknown, sorted(self.inputs), f"species with an input reaction: {few(sorted(self.inputs), 20)}")
        reactions = tuple(
            Reaction(reaction.target, weight=given[reaction.target]) if not reaction.reactants and reaction.target in given else reaction
            for reaction in self.reactions
        )
        return LogicModel(self.species, reactions, self.name)

    def steady_state(self, inputs: Mapping[str, float] | float | None = None, ymax: Mapping[str, float] | None = None) -> pd.Series:
        """Return the steady state that the model reaches from its initial values.

        A damped fixed-point iteration finds it; where that does not settle the ODE is integrated.
        A second start, from all species at their capacity, tells whether there is another state.

        Parameters
        ----------
        inputs : mapping of str to float, or float, optional
            Weights of input reactions; one number sets every input whose weight is 0.
        ymax : mapping of str to float, optional
            Factor on the capacity of species, e.g. what a drug leaves.

        Returns
        -------
        pandas.Series
            Value by species. ``attrs`` hold ``converged`` and ``multistable``.

        Warns
        -----
        UserWarning
            If the model oscillates, or has more than one steady state.
        """
        model = self.with_inputs(inputs)
        capacity = model._capacity(ymax)
        start = np.array([species.initial for species in model.species])
        state, rests = model._settle(start, capacity)
        other, other_rests = model._settle(capacity.copy(), capacity)
        several = bool(np.abs(state - other).max(initial=0.0) > 1e-4)
        if not (rests and other_rests):
            warnings.warn(f"{self.name} does not come to rest; the last state is returned.", UserWarning, stacklevel=2)
        elif several:
            message = f"{self.name} has several steady states; the one reached from the initial values is returned."
            warnings.warn(message, UserWarning, stacklevel=2)
        result = pd.Series(state, index=pd.Index(model.names, name="species"), name="steady_state")
        result.attrs.update(converged=rests and other_rests, multistable=several)
        return result

    def time_course(
        self, times: Sequence[float], inputs: Mapping[str, float] | float | None = None, ymax: Mapping[str, float] | None = None
    ) -> pd.DataFrame:
        """Return the course from the initial values by LSODA: one row a time, one column a species."""
        model = self.with_inputs(inputs)
        start = np.array([species.initial for species in model.species])
        path = model._integrate(start, model._capacity(ymax), np.asarray(times, float))
        return pd.DataFrame(path, index=pd.Index(times, name="time"), columns=list(model.names))

    def target_values(self, state: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``f`` of every species in a state, before capacity, shape (n_species,)."""
        table = self._arrays
        power = np.clip(state, 0.0, None)[table["source"]] ** table["n"]
        active = np.minimum(1.0, table["height"] * power / (table["height"] - 1.0 + power))
        # AND divides the product of w-scaled terms by w^(k - 1): the weight comes in once.
        flow = table["weight"].copy()
        np.multiply.at(flow, table["reaction"], np.where(table["inverted"], 1.0 - active, active))
        off = np.ones(len(state))
        np.multiply.at(off, table["target"], 1.0 - flow)
        return 1.0 - off

    @cached_property
    def _arrays(self) -> dict[str, Any]:
        place = {name: position for position, name in enumerate(self.names)}
        terms = [
            (row, place[name], flip, reaction.n, reaction.ec50)
            for row, reaction in enumerate(self.reactions)
            for name, flip in zip(reaction.reactants, reaction.inverted, strict=True)
        ]
        row, source, inverted, n, ec50 = np.array(terms, float).reshape(-1, 5).T
        power = ec50**n
        return {
            "reaction": row.astype(int),
            "source": source.astype(int),
            "inverted": inverted.astype(bool),
            "n": n,
            "height": (power - 1.0) / (2.0 * power - 1.0),
            "weight": np.array([reaction.weight for reaction in self.reactions]),
            "target": np.array([place[reaction.target] for reaction in self.reactions], int),
        }

    def _capacity(self, ymax: Mapping[str, float] | None) -> NDArray[np.float64]:
        factors = dict(ymax or {})
        unknown = sorted(set(factors) - set(self.names))
        if unknown:
            raise UnknownNameError("species", unknown, self.names)
        bad = [f"{name}={value}" for name, value in factors.items() if not value >= 0]
        if bad:
            raise InputError(f"ymax factors must not be negative: {few(bad)}.")
        return np.array([species.ymax * factors.get(species.name, 1.0) for species in self.species])

    def _settle(self, state: NDArray[np.float64], capacity: NDArray[np.float64]) -> tuple[NDArray[np.float64], bool]:
        # Simultaneous half steps are Euler steps of the ODE: what they settle on, it settles on.
        start = state.copy()
        for _ in range(_ITERATIONS):
            change = self.target_values(state) * capacity - state
            if np.abs(change).max(initial=0.0) < _TOLERANCE:
                return state, True
            state = state + 0.5 * change
        state = self._integrate(start, capacity, np.array([_LONGEST]))[-1]
        return state, bool(np.abs(self.target_values(state) * capacity - state).max() < 1e-6)

    def _integrate(self, start: NDArray[np.float64], capacity: NDArray[np.float64], times: NDArray[np.float64]) -> NDArray[np.float64]:
        tau = np.array([species.tau for species in self.species])

        def _slope(_: float, state: NDArray[np.float64]) -> NDArray[np.float64]:
            return (self.target_values(state) * capacity - state) / tau

        return solve_ivp(_slope, (0.0, times[-1]), start, method="LSODA", t_eval=times, rtol=1e-8, atol=1e-10).y.T
