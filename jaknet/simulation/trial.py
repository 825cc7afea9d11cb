"""Trials: a perturbation against its control, in a context, in the members of one ensemble."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from jaknet.errors import InputError, few
from jaknet.parallel import run_tasks
from jaknet.shared_docs import describe
from jaknet.simulation._model import Arm
from jaknet.simulation.doses import Load, fraction_left, place_loads, spread_keys
from jaknet.simulation.ensemble import Ensemble, draw_ensemble
from jaknet.simulation.library import as_context, as_perturbation
from jaknet.simulation.model import Baseline, Effects, altered_effects, member_weights, perturbed_effects, solve_baseline
from jaknet.simulation.perturbations import Context, Perturbation, combine, name_nodes, readings
from jaknet.simulation.settings import ENGINES, EnsembleSettings

if TYPE_CHECKING:
    from jaknet.network.network import Network

__all__ = ["Condition", "Trial", "check_engine", "make_arm", "node_places", "simulate_effects"]

Reduced = TypeVar("Reduced")
_CONTEXT_INPUT = "context input"


@dataclass(frozen=True)
class Condition:
    """What is simulated: two arms that share context and background, of which one has the perturbation.

    Attributes
    ----------
    perturbation : Perturbation or Context
        What the treated arm has; a context means that the treated arm is in that context.
    context : Context, optional
        Of both arms, or of the control arm where the perturbation is a context.
    background : Perturbation, optional
        Changed in both arms, such as OSM with and without drug.
    """

    perturbation: Perturbation | Context
    context: Context | None = None
    background: Perturbation | None = None

    @classmethod
    def of(
        cls,
        perturbations: Perturbation | str | Sequence[Perturbation | str],
        context: Context | str | None = None,
        background: Perturbation | str | Sequence[Perturbation | str] | None = None,
    ) -> Condition:
        """Build a condition from what a user gives: several perturbations, the name of a context.

        Parameters
        ----------
        perturbations : Perturbation, str or sequence of them
            What the treated arm has; several are combined.
        context : Context or str, optional
            Of both arms, or the name of a bundled one.
        background : Perturbation or sequence of Perturbation, optional
            Changed in both arms.
        """
        shared = None if background is None else as_perturbation(background)
        return cls(as_perturbation(perturbations), as_context(context), shared)

    def arms(self, network: Network, ensemble: Ensemble | None = None) -> tuple[Arm, Arm, dict[str, int]]:
        """Return the control arm, the perturbed arm, and what the network lacks (name -> 1).

        Parameters
        ----------
        network : Network
            Whose nodes are meant.
        ensemble : Ensemble, optional
            Whose members draw what is uncertain of a dose; without it, every dose is at its centre.
        """
        shared = [] if self.background is None else [self.background]
        control, lacking = make_arm(network, self.context, shared, ensemble=ensemble)
        if isinstance(self.perturbation, Context):
            treated, more = make_arm(network, self.perturbation, shared, ensemble=ensemble)
        else:
            treated, more = make_arm(network, self.context, shared, self.perturbation, ensemble)
        return control, treated, lacking | more


@dataclass(frozen=True)
class Trial:
    """One condition in the members of one ensemble: what a response is made from, and can be repeated with.

    Attributes
    ----------
    ensemble : Ensemble
        The members.
    condition : Condition
        What is compared.
    control, treated : Arm
        The condition in the nodes of the network.
    lacking : dict
        Names in the condition that the network lacks.
    engine : {"logic", "linear"}
        Steady state or tangent.
    weights : ndarray of float64, shape (members,), optional
        Of the members, summing to 1; equal by default.
    """

    ensemble: Ensemble
    condition: Condition
    control: Arm
    treated: Arm
    lacking: dict[str, int] = field(default_factory=dict)
    engine: str = "logic"
    weights: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, network: Network, ensemble: Ensemble, condition: Condition, engine: str = "logic") -> Trial:
        """Place a condition in a network.

        Parameters
        ----------
        network : Network
            Whose nodes the condition names.
        ensemble : Ensemble
            Members drawn from that network.
        condition : Condition
            What is compared.
        engine : {"logic", "linear"}
            As in `jaknet.perturb`.
        """
        control, treated, lacking = condition.arms(network, ensemble)
        said = [*readings(network, condition.perturbation, condition.background, condition.context)]
        said += [item for item in lacking if item.startswith(_CONTEXT_INPUT)]
        if said and isinstance(condition.perturbation, Perturbation):
            condition = replace(condition, perturbation=condition.perturbation.noted(said))
        return cls(ensemble, condition, control, treated, lacking, engine)

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """Weights of the members, summing to 1."""
        count = self.ensemble.members
        return np.full(count, 1.0 / count) if self.weights is None else self.weights

    def solve(self) -> Effects:
        """Return both arms, each from two starts."""
        base = solve_baseline(self.ensemble, self.control)
        return replace(perturbed_effects(self.ensemble, base, self.treated, self.engine), lacking=self.lacking)

    def first(self, members: int, weights: NDArray[np.float64]) -> Trial:
        """Return the trial in its first members that carry weight.

        Parameters
        ----------
        members : int
            How many.
        weights : ndarray of float64, shape (all members,)
            Of all members; those left share them out anew.
        """
        rows = np.flatnonzero(weights > 0)[:members]
        control, treated = self.control.take(rows), self.treated.take(rows)
        shares = weights[rows] / weights[rows].sum()
        return replace(self, ensemble=self.ensemble.subset(rows), control=control, treated=treated, weights=shares)

    def effects(self, ensemble: Ensemble | None = None, near: Effects | None = None, changed: NDArray[np.bool_] | None = None) -> Effects:
        """Return both arms on the ensemble of an altered network.

        From one start only: whether another start leads elsewhere is asked of the response itself.

        Parameters
        ----------
        ensemble : Ensemble, optional
            By default the unaltered one.
        near : Effects, optional
            Of the unaltered network: steady states to start from, which saves most sweeps.
        changed : ndarray of bool, shape (n_nodes,), optional
            With `near`: nodes whose regulation was altered; only what they reach is computed anew.
        """
        drawn = ensemble or self.ensemble
        if self.engine == "linear" or near is None:
            return perturbed_effects(drawn, solve_baseline(drawn, self.control, starts=1), self.treated, self.engine, starts=1)
        return altered_effects(drawn, self.control, self.treated, near, changed)

    def resting(self, effects: Effects) -> NDArray[np.float64]:
        """Return the weights of the members with none on those that do not come to rest.

        Parameters
        ----------
        effects : Effects
            Of this trial, on its own or an altered network.

        Raises
        ------
        InputError
            If no member comes to rest.
        """
        left = self.shares * member_weights(effects.converged)
        return left / left.sum()

    def mean_transcripts(self, nodes: NDArray[np.int64], ensemble: Ensemble | None = None) -> NDArray[np.float64]:
        """Return the weighted mean log2 fold change of some transcripts, shape (len(nodes),).

        Parameters
        ----------
        nodes : ndarray of int64
            Positions of the transcripts in ``network.names``.
        ensemble : Ensemble, optional
            The members on an altered network; by default the unaltered one.
        """
        effects = self.effects(ensemble)
        return self.resting(effects) @ effects.transcript_total[:, nodes]

    @describe
    def null_means(self, targets: NDArray[np.int64], nodes: NDArray[np.int64], progress: bool | None = None) -> NDArray[np.float64]:
        """Return `mean_transcripts` on many rewired networks, shape (len(targets), len(nodes)).

        Parameters
        ----------
        targets : ndarray of int64, shape (n_networks, n_edges)
            Node that each edge leads to, network by network.
        nodes : ndarray of int64
            Positions of the transcripts in ``network.names``.
        %(progress)s
        """

        def _solve(target: NDArray[np.int64]) -> NDArray[np.float64]:
            return self.mean_transcripts(nodes, self.ensemble.rewired(target))

        found: Iterator[NDArray[np.float64]] = run_tasks(_solve, list(targets), progress, "rewired networks")
        return np.array(list(found))


@describe
def simulate_effects(
    network: Network,
    conditions: Sequence[Condition],
    settings: EnsembleSettings | None = None,
    members: int = 1000,
    seed: int | np.random.Generator = 0,
    engine: str = "logic",
    ensemble: Ensemble | None = None,
    reduce: Callable[[Effects], Reduced] | None = None,
    progress: bool | None = None,
) -> Iterator[Any]:
    """Yield the effects of each condition, in order; control arms are shared, nothing piles up in memory.

    Parameters
    ----------
    network : Network
        Whose nodes the conditions name.
    conditions : sequence of Condition
        What to simulate.
    %(settings)s
    %(members)s
    %(seed)s
    %(engine)s
    ensemble : Ensemble, optional
        Members drawn before (then `settings`, `members` and `seed` are theirs).
    reduce : callable, optional
        Applied to each `Effects` inside the worker, so that the large arrays die there.
    %(progress)s

    Yields
    ------
    Effects, or what `reduce` makes of them

    Raises
    ------
    InputError
        For an unknown engine.

    Examples
    --------
    >>> import pandas as pd
    >>> from jaknet.network.network import Network
    >>> from jaknet.simulation.perturbations import knockout
    >>> net = Network(pd.DataFrame({"source": ["A"], "target": ["B"], "sign": [1], "canonical": 1}))
    >>> effects, = simulate_effects(net, [Condition(knockout("A"))], members=20)
    >>> bool((effects.total[:, net.index["B"]] <= 0).all())
    True
    """
    check_engine(engine)
    drawn = ensemble or draw_ensemble(network, settings, members, seed)
    arms = [condition.arms(network, drawn) for condition in conditions]
    controls = {_arm_key(control): control for control, _, _ in arms}
    baselines: dict[bytes, Baseline] = {key: solve_baseline(drawn, control) for key, control in controls.items()}

    def _solve(row: int) -> Any:
        control, treated, lacking = arms[row]
        effects = perturbed_effects(drawn, baselines[_arm_key(control)], treated, engine)
        effects = replace(effects, lacking=lacking)
        return effects if reduce is None else reduce(effects)

    yield from run_tasks(_solve, range(len(conditions)), progress, "conditions")


def check_engine(engine: str) -> None:
    """Refuse an engine that does not exist.

    Parameters
    ----------
    engine : str
        What was asked for.
    """
    if engine not in ENGINES:
        raise InputError(f"unknown engine {engine!r}; use one of {few(ENGINES)}.")


def make_arm(
    network: Network,
    context: Context | None,
    background: Sequence[Perturbation] = (),
    perturbation: Perturbation | None = None,
    ensemble: Ensemble | None = None,
) -> tuple[Arm, dict[str, int]]:
    """Return one arm as arrays, and what the network lacks.

    A pin of the perturbation overrides one of the background, and both override a clamp of the
    context; capacities multiply, on pinned nodes too, and drugs of both compete for their sites.

    Parameters
    ----------
    network : Network
        Whose nodes are meant.
    context : Context, optional
        State of the cell; None is the resting state.
    background : sequence of Perturbation
        What both arms have.
    perturbation : Perturbation, optional
        What this arm has besides.
    ensemble : Ensemble, optional
        Whose members draw what is uncertain of a dose; without it, every dose is at its centre.
    """
    count = network.n_nodes
    scale, pin, level = np.ones(count), np.full(count, np.nan), np.full(count, np.nan)
    loads: list[Load] = []
    lacking: dict[str, int] = {}
    if context is not None:
        for values, array in ((context.inputs, level), (context.clamps, pin)):
            for name, value in values.items():
                if name in network:
                    array[node_places(network, [name])] = value
                else:
                    lacking[f"{_CONTEXT_INPUT} {name} not in the network"] = 1
    layers = [combine(background)] if background else []
    for part in [*layers, *([] if perturbation is None else [perturbation])]:
        there, missing = name_nodes(network, part)
        lacking |= missing
        for name, value in there.pin.items():
            pin[network.index[name]] = value
        for name, value in there.scale.items():
            scale[network.index[name]] *= value
        loads += there.loads
    left, whole = _left(network, loads, ensemble)
    return Arm(scale * left, pin, level, 1.0 / left, whole), lacking


def _left(network: Network, loads: Sequence[Load], ensemble: Ensemble | None) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return what drugs leave of each node, shape (1, n_nodes) or (members, n_nodes), and which complexes that covers."""
    acting, inhibited = place_loads(loads, network) if loads else ({}, frozenset())
    keys = spread_keys(load for node_loads in acting.values() for load in node_loads)
    quantiles = None if ensemble is None or not keys else dict(zip(keys, ensemble.quantiles(keys).T, strict=True))
    left = np.ones((1 if quantiles is None or ensemble is None else ensemble.members, network.n_nodes))
    whole = np.zeros(network.n_nodes, bool)
    for node, node_loads in acting.items():
        left[:, network.index[node]] = fraction_left(node_loads, quantiles)
        whole[network.index[node]] = node in inhibited
    return left, whole


def node_places(network: Network, names: Iterable[str]) -> list[int]:
    """Return the positions in ``network.names`` of nodes, and of every form of genes that are no node.

    Parameters
    ----------
    network : Network
        Whose names are meant.
    names : iterable of str
        Nodes or genes.
    """
    owned = (network.own_name(name) for name in ([names] if isinstance(names, str) else names))
    forms = (form for name in owned for form in ((name,) if name in network.index else network.resolve(name)))
    return [network.index[form] for form in dict.fromkeys(forms)]


def _arm_key(arm: Arm) -> bytes:
    return b"".join(part.tobytes() for part in arm)
