"""`perturb`: from a perturbation in a context to a `Response`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jaknet.errors import InputError, few
from jaknet.provenance import Manifest, as_seed, make_manifest
from jaknet.simulation.conditions import Condition, as_context, as_perturbation
from jaknet.simulation.contexts import Context
from jaknet.simulation.effects import ENGINES, Effects, direct_effects, perturbed_effects, solve_baseline
from jaknet.simulation.ensemble import Ensemble, draw_ensemble
from jaknet.simulation.perturbations import Perturbation
from jaknet.simulation.response import Response, member_weights
from jaknet.simulation.settings import EnsembleSettings

if TYPE_CHECKING:
    from jaknet.network.model import Network

__all__ = ["perturb"]


def perturb(
    net: Network,
    perturbations: Perturbation | Sequence[Perturbation],
    context: Context | str | None = None,
    background: Perturbation | Sequence[Perturbation] | None = None,
    engine: str = "logic",
    members: int = 1000,
    seed: int | np.random.Generator = 0,
    settings: EnsembleSettings | None = None,
    weights: NDArray[np.float64] | None = None,
) -> Response:
    """Compare the steady states with and without a perturbation, in every member of an ensemble.

    Parameters
    ----------
    net : Network
    perturbations : Perturbation or sequence of Perturbation
        ``drug.at("100 nM")``, `inhibit`, `knockout`, `activate`; several are combined.
    context : Context or str, optional
        The state before the perturbation, or the name of a bundled one.
    background : Perturbation or sequence of Perturbation, optional
        Changed in both arms (OSM with and without drug).
    engine : {"logic", "linear"}
        ``logic``: saturating, context-dependent steady states of ``dy/dt = (f(y) - y) / tau``
        (see `EnsembleSettings`). ``linear``: ``x = (I - W)^-1 b``, changes in arbitrary units.
    members : int
        Size of the ensemble.
    seed : int or numpy.random.Generator
    settings : EnsembleSettings, optional
        Gates, sampling of parameters and edges, equivalence margin.
    weights : ndarray of float64, shape (members,), optional
        How much each member counts, e.g. from conditioning on facts; uniform by default.

    Returns
    -------
    Response

    Raises
    ------
    UnknownNameError
        If the network has none of the perturbed nodes.
    InputError
        If something that is no perturbation is given (a drug without a dose), for an unknown
        engine, too few members, unfit weights, or a context that the linear engine cannot express.

    Examples
    --------
    >>> import pandas as pd
    >>> from jaknet.network.model import Network
    >>> from jaknet.simulation.perturbations import activate, inhibit
    >>> edges = pd.DataFrame({"source": ["OSM", "JAK1", "STAT3"], "target": ["JAK1", "STAT3", "SOCS3"], "sign": 1,
    ...                       "tier": "A", "layer": ["signaling", "signaling", "transcription"]})
    >>> resp = perturb(Network(edges), inhibit("JAK1", 0.9), background=activate("OSM"), members=100)
    >>> resp.transcripts()[["node", "direction"]].values.tolist()
    [['SOCS3', 'down']]
    """
    if engine not in ENGINES:
        raise InputError(f"unknown engine {engine!r}; use one of {few(ENGINES)}.")
    chosen, number = settings or EnsembleSettings(), as_seed(seed)
    shared = None if background is None else as_perturbation(background)
    condition = Condition(as_perturbation(perturbations), as_context(context), shared)
    ensemble = draw_ensemble(net, chosen, members, number)
    effects, direct, transcript_direct = _solve(net, ensemble, condition, engine)
    return Response(
        net,
        condition.perturbation,
        condition.context,
        condition.background,
        effects,
        direct,
        transcript_direct,
        member_weights(weights, effects.converged),
        ensemble.transcribed,
        chosen,
        engine,
        _manifest(net, condition, effects, chosen, engine, members, number, weights is not None),
    )


def _solve(
    net: Network, ensemble: Ensemble, condition: Condition, engine: str
) -> tuple[Effects, NDArray[np.float64], NDArray[np.float64]]:
    control, treated, lacking = condition.arms(net)
    if engine == "linear":
        from jaknet.simulation.linear import linear_direct, linear_effects

        return linear_effects(ensemble, condition, control, treated, lacking), *linear_direct(ensemble, control, treated)
    base = solve_baseline(ensemble, control)
    effects = perturbed_effects(ensemble, base, treated, condition, lacking)
    return effects, *direct_effects(ensemble, base, treated)


def _manifest(
    net: Network, condition: Condition, effects: Effects, settings: EnsembleSettings, engine: str, members: int, seed: int, weighted: bool
) -> Manifest:
    def _plain(part: Perturbation | None) -> dict[str, Any] | None:
        return None if part is None else dict(vars(part))

    context = condition.context
    parameters = {
        "network": net.label,
        "perturbation": _plain(condition.perturbation),
        "background": _plain(condition.background),
        "context": None if context is None else {"name": context.name, "inputs": context.inputs, "clamps": context.clamps},
        "engine": engine,
        "members": members,
        "weighted": weighted,
        "settings": settings.to_dict(),
        "multistable_members": int(effects.multistable.sum()),
    }
    dropped = effects.lacking | {"members not at rest": int((~effects.converged).sum())}
    return make_manifest("perturb", parameters, {"network": net.digest}, dropped, seed)
