"""A Netflux model in memory: its species, its reactions, and the steady state they settle on."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from jaknet.errors import InputError, UnknownNameError, few
from jaknet.netflux._equations import Equations, Floats, equations_of

__all__ = ["LogicModel", "Reaction", "Species", "check_hill"]

#: Two steady states are different when a species differs by more than this.
_APART = 1e-4

Levels = Mapping[str, float]


def check_hill(n: float, ec50: float) -> None:
    """Refuse parameters for which the normalised Hill function does not exist.

    The function needs ``K = (B - 1)^(1/n)`` with ``B = (EC50^n - 1) / (2 EC50^n - 1)``. This is a
    real number only where ``EC50^n < 0.5``. At ``n = 1.4``, for example, an EC50 of 0.61 is too large.

    Parameters
    ----------
    n : float
        Hill exponent, without a unit.
    ec50 : float
        Activity at which half of the effect is reached, as a fraction of full activity.

    Raises
    ------
    InputError
        Unless ``n > 0``, ``0 < ec50 < 1`` and ``ec50**n < 0.5``.

    Examples
    --------
    >>> check_hill(1.4, 0.5)
    >>> check_hill(1.4, 0.61)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    jaknet.errors.InputError: n = 1.4, EC50 = 0.61 lie outside the Hill domain: ...
    """
    if not (n > 0 and 0 < ec50 < 1 and ec50**n < 0.5):
        message = f"n = {n}, EC50 = {ec50} lie outside the Hill domain: need n > 0, 0 < EC50 < 1 and EC50^n < 0.5. Lower EC50 or raise n."
        raise InputError(message)


@dataclass(frozen=True)
class Species:
    """One variable of a model. The defaults are those of Netflux.

    Attributes
    ----------
    name : str
        Its name in the rules.
    initial : float
        Activity at time 0, as a fraction of full activity (``Yinit``).
    ymax : float
        Highest activity it can reach, as a fraction of full activity.
    tau : float
        Time constant, in the time unit of the model.

    Raises
    ------
    InputError
        For a negative activity, or a time constant that is not positive.

    Examples
    --------
    >>> Species("STAT3", ymax=0.5)
    Species(name='STAT3', initial=0.0, ymax=0.5, tau=1.0)
    """

    name: str
    initial: float = 0.0
    ymax: float = 1.0
    tau: float = 1.0

    def __post_init__(self) -> None:
        if not (self.initial >= 0 and self.ymax >= 0 and self.tau > 0):
            given = f"Yinit {self.initial}, Ymax {self.ymax}, tau {self.tau} of {self.name}"
            raise InputError(f"{given}; need Yinit >= 0, Ymax >= 0, tau > 0.")


@dataclass(frozen=True)
class Reaction:
    """One rule, such as ``A & !B => C``. The defaults are those of Netflux.

    All reactants act together (AND), and ``!`` marks one that inhibits. A reaction without
    reactants is an input: it holds its target at its weight.

    Attributes
    ----------
    target : str
        The species it acts on.
    reactants : tuple of str
        The species it depends on.
    inverted : tuple of bool
        For each reactant, whether it inhibits.
    weight : float
        Largest effect of the reaction, from 0 to 1.
    n : float
        Hill exponent, without a unit.
    ec50 : float
        Activity of a reactant at half of its effect, as a fraction of full activity.

    Raises
    ------
    InputError
        For a weight outside [0, 1], or for parameters that `check_hill` refuses.

    Examples
    --------
    >>> print(Reaction("SOCS3", ("STAT3", "PIAS3"), (False, True)))
    STAT3 & !PIAS3 => SOCS3
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
    """A logic model as Netflux runs it: ordinary differential equations with normalised Hill functions.

    Each species follows ``dy/dt = (f ymax - y) / tau``. Here ``f`` joins the reactions of the
    species by OR: two reactions ``a`` and ``b`` give ``a + b - a b``. A reaction joins its
    reactants by AND: it is its weight ``w`` times the product of what the reactants pass on. A
    reactant with activity ``x`` passes on ``h(x) = min(1, B x^n / (K^n + x^n))``, or ``1 - h(x)``
    where it inhibits, with ``B = (EC50^n - 1) / (2 EC50^n - 1)`` and ``K = (B - 1)^(1/n)``
    (Kraeutler 2010, BMC Syst Biol 4:157).

    Attributes
    ----------
    species : tuple of Species
        The variables, in the order in which results list them.
    reactions : tuple of Reaction
        What acts on them. A reaction listed twice counts twice.
    name : str
        Used in messages.

    Raises
    ------
    InputError
        If a species is listed twice.
    UnknownNameError
        If a reaction names a species that is not listed.

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
        """The names of the species, in the order of the model."""
        return tuple(species.name for species in self.species)

    @property
    def inputs(self) -> dict[str, float]:
        """The species that have an input reaction, each with the weight of that reaction."""
        return {reaction.target: reaction.weight for reaction in self.reactions if not reaction.reactants}

    def with_inputs(self, inputs: Levels | float | None) -> LogicModel:
        """Return the same model with other input weights.

        Parameters
        ----------
        inputs : mapping of str to float, or float, or None
            A mapping sets the inputs it names. One number sets every input whose weight is 0, and
            leaves the others. None changes nothing. Weights run from 0 to 1.

        Returns
        -------
        LogicModel
            A new model. This one stays as it is.

        Raises
        ------
        UnknownNameError
            For a species without an input reaction.
        InputError
            For a weight outside [0, 1].

        Examples
        --------
        >>> model = LogicModel((Species("OSM"), Species("IL6")), (Reaction("OSM", weight=0.0), Reaction("IL6", weight=0.3)))
        >>> model.with_inputs(0.5).inputs
        {'OSM': 0.5, 'IL6': 0.3}
        >>> model.with_inputs({"IL6": 0.9}).inputs
        {'OSM': 0.0, 'IL6': 0.9}
        """
        if inputs is None:
            return self
        given = dict(inputs) if isinstance(inputs, Mapping) else dict.fromkeys(self._silent, float(inputs))
        unknown = sorted(set(given) - set(self.inputs))
        if unknown:
            raise UnknownNameError("input", unknown, sorted(self.inputs), f"species with an input reaction: {few(sorted(self.inputs), 20)}")
        return replace(self, reactions=tuple(_reweight(reaction, given) for reaction in self.reactions))

    def steady_state(self, inputs: Levels | float | None = None, ymax: Levels | None = None) -> pd.Series:
        """Return the steady state that the model reaches from its initial values.

        Repeated half steps towards the target values find it. If they do not settle, the equation
        is integrated over time instead. A second run starts with every species at its highest
        activity: if it ends elsewhere, the model has more than one steady state.

        Parameters
        ----------
        inputs : mapping of str to float, or float, optional
            Weights of input reactions, from 0 to 1, by species. One number sets every input whose weight is 0.
        ymax : mapping of str to float, optional
            Factors on the ``ymax`` of species, for example what a drug leaves: 0.1 leaves a tenth.

        Returns
        -------
        pandas.Series
            Activity by species, as a fraction of full activity. Its ``attrs`` say whether the model
            came to rest (``converged``) and whether it has several steady states (``multistable``).

        Raises
        ------
        UnknownNameError
            For a species that is not in the model, or an input that is none.
        InputError
            For an input weight outside [0, 1] or a negative factor.

        Warns
        -----
        UserWarning
            If the model does not come to rest, or has several steady states.

        Examples
        --------
        >>> model = LogicModel((Species("OSM"), Species("STAT3")), (Reaction("OSM", weight=0.0), Reaction("STAT3", ("OSM",), (False,))))
        >>> model.steady_state(inputs=0.5, ymax={"STAT3": 0.1}).round(6).to_dict()
        {'OSM': 0.5, 'STAT3': 0.05}
        """
        model, capacity = self.with_inputs(inputs), self._capacity(ymax)
        state, rests = model._equations.settle(self._start, capacity)
        other, other_rests = model._equations.settle(capacity, capacity)
        converged, several = rests and other_rests, bool(np.abs(state - other).max(initial=0.0) > _APART)
        if not converged:
            warnings.warn(f"{self.name} does not come to rest; the last state is returned.", UserWarning, stacklevel=2)
        elif several:
            message = f"{self.name} has several steady states; the one reached from the initial values is returned."
            warnings.warn(message, UserWarning, stacklevel=2)
        result = pd.Series(state, index=pd.Index(self.names, name="species"), name="steady_state")
        result.attrs.update(converged=converged, multistable=several)
        return result

    def time_course(self, times: Sequence[float], inputs: Levels | float | None = None, ymax: Levels | None = None) -> pd.DataFrame:
        """Return how the species move from their initial values, integrated by LSODA.

        Parameters
        ----------
        times : sequence of float
            When to look, in the time unit of the model, increasing from 0 or later.
        inputs : mapping of str to float, or float, optional
            Weights of input reactions, as in `steady_state`.
        ymax : mapping of str to float, optional
            Factors on the ``ymax`` of species, as in `steady_state`.

        Returns
        -------
        pandas.DataFrame
            Activity as a fraction of full activity: one row for each time, one column for each species.

        Raises
        ------
        UnknownNameError
            For a species that is not in the model, or an input that is none.
        InputError
            For times that do not increase, an input weight outside [0, 1] or a negative factor.

        Examples
        --------
        >>> LogicModel((Species("A"),), (Reaction("A", weight=0.8),)).time_course([0, 1, 20]).round(3)["A"].tolist()
        [0.0, 0.506, 0.8]
        """
        clock = np.asarray(times, float)
        if not (clock.size and clock[0] >= 0 and np.isfinite(clock).all() and (np.diff(clock) > 0).all()):
            raise InputError(f"times {few(times)} of {self.name}: give finite times that increase from 0 or later.")
        path = self.with_inputs(inputs)._equations.integrate(self._start, self._capacity(ymax), clock)
        return pd.DataFrame(path, index=pd.Index(times, name="time"), columns=list(self.names))

    def target_values(self, state: Floats) -> Floats:
        """Return ``f`` of every species: the activity that its reactions call for, before ``ymax``.

        Parameters
        ----------
        state : ndarray of float64, shape (n_species,)
            Activity of the species in the order of the model, as fractions of full activity.

        Returns
        -------
        ndarray of float64, shape (n_species,)
            From 0 to 1. A species without reactions gets 0.

        Examples
        --------
        >>> model = LogicModel((Species("A"), Species("B")), (Reaction("A", weight=0.5), Reaction("B", ("A",), (True,))))
        >>> model.target_values(np.array([0.5, 0.0])).round(6).tolist()
        [0.5, 0.5]
        """
        return self._equations.target_values(state)

    @cached_property
    def _equations(self) -> Equations:
        return equations_of(self)

    @property
    def _silent(self) -> list[str]:
        return [name for name, weight in self.inputs.items() if weight == 0]

    @property
    def _start(self) -> Floats:
        return np.array([species.initial for species in self.species], float)

    def _capacity(self, ymax: Levels | None) -> Floats:
        """Return the highest activity of every species once the factors are applied."""
        factors = dict(ymax or {})
        unknown = sorted(set(factors) - set(self.names))
        if unknown:
            raise UnknownNameError("species", unknown, self.names)
        bad = [f"{name}={value}" for name, value in factors.items() if not value >= 0]
        if bad:
            raise InputError(f"ymax factors must not be negative: {few(bad)}.")
        return np.array([species.ymax * factors.get(species.name, 1.0) for species in self.species])


def _reweight(reaction: Reaction, weights: Levels) -> Reaction:
    """Give an input reaction its new weight; any other reaction stays."""
    is_given = not reaction.reactants and reaction.target in weights
    return replace(reaction, weight=weights[reaction.target]) if is_given else reaction
