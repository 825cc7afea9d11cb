"""Responses of rewired and thinned networks in the members of one ensemble, as fast as they can be had."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from jaknet.parallel import run_tasks
from jaknet.simulation import _logic
from jaknet.simulation.conditions import Condition, changed_nodes
from jaknet.simulation.effects import Effects
from jaknet.simulation.ensemble import Ensemble, draw_ensemble

if TYPE_CHECKING:
    from jaknet.simulation.response import Response

__all__ = ["Experiment", "experiment_of"]


@dataclass(frozen=True)
class Experiment:
    """One condition in some members of a response, ready to be repeated on altered networks.

    Attributes
    ----------
    ensemble : Ensemble
        Members of the response, the same draws.
    weights : ndarray of float64, shape (members,)
        Their weights, summing to 1.
    condition : Condition
    control, treated : Arm
    engine : str
    """

    ensemble: Ensemble
    weights: NDArray[np.float64]
    condition: Condition
    control: _logic.Arm
    treated: _logic.Arm
    engine: str = "logic"

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
        if self.engine == "linear":
            from jaknet.simulation.linear import linear_effects

            return linear_effects(drawn, self.condition, self.control, self.treated, {})
        plan, parameters = drawn.plan, drawn.parameters
        before = np.zeros((drawn.members, len(drawn.wiring.names))) if near is None else near.baseline.copy()
        altered = np.ones(before.shape[1], bool) if near is None or changed is None else _logic.downstream(plan, changed)
        status = _logic.steady_states(plan, parameters, self.control, altered, before)
        moved = _logic.downstream(plan, changed_nodes(self.control, self.treated))
        after = before.copy() if near is None else np.where(moved, near.perturbed, before)
        status |= _logic.steady_states(plan, parameters, self.treated, moved, after)
        levels = _logic.transcripts(plan, parameters, before)
        reached = np.where(moved, _logic.transcripts(plan, parameters, after), levels)
        rests = status == _logic.SETTLED
        return Effects(self.condition, before, after, levels, reached, rests, np.zeros_like(rests), {})

    def mean_transcripts(self, nodes: NDArray[np.int64], ensemble: Ensemble | None = None) -> NDArray[np.float64]:
        """Return the weighted mean change of the transcripts of some nodes, shape (len(nodes),)."""
        return self.weights @ self.effects(ensemble).transcript_total[:, nodes]

    def null_means(self, targets: NDArray[np.int64], nodes: NDArray[np.int64], progress: bool = False) -> NDArray[np.float64]:
        """Return `mean_transcripts` on many rewired networks, shape (len(targets), len(nodes))."""

        def _solve(target: NDArray[np.int64]) -> NDArray[np.float64]:
            return self.mean_transcripts(nodes, self.ensemble.rewired(target))

        found: Iterator[NDArray[np.float64]] = run_tasks(_solve, list(targets), progress, "rewired networks")
        return np.array(list(found))


def experiment_of(response: Response, members: int) -> Experiment:
    """Return the experiment behind a response, in its first members that carry weight."""
    condition = Condition(response.perturbation, response.context, response.background)
    control, treated, _ = condition.arms(response.network)
    rows = np.flatnonzero(response.weights > 0)[:members]
    drawn = draw_ensemble(response.network, response.settings, response.members, response.provenance.seed or 0)
    weights = response.weights[rows] / response.weights[rows].sum()
    return Experiment(drawn.subset(rows), weights, condition, control, treated, response.engine)
