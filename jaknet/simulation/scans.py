"""Scans: dose-response, time course and screens of drugs x doses x contexts x networks, as tidy tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaknet.errors import InputError, check_type
from jaknet.network.io.read import as_network
from jaknet.parallel import run_tasks
from jaknet.provenance import as_seed
from jaknet.shared_docs import describe
from jaknet.simulation import _model
from jaknet.simulation.doses import dose_series
from jaknet.simulation.drugs import Drug
from jaknet.simulation.ensemble import Ensemble, draw_ensemble
from jaknet.simulation.library import as_context, as_drug
from jaknet.simulation.model import Effects, member_weights, solve_baseline
from jaknet.simulation.perturbations import Context, Perturbation
from jaknet.simulation.response import summarise
from jaknet.simulation.settings import FOLD_CHANGE_MARGIN, MARGIN, EnsembleSettings
from jaknet.simulation.trial import Condition, node_places, simulate_effects
from jaknet.stats import weighted_quantiles

if TYPE_CHECKING:
    from jaknet.network.network import Network

__all__ = ["dose_response", "screen", "time_course"]

_LISTS = {"drugs": ["tofacitinib"], "doses": ["100 nM"], "contexts": ["inflammatory"]}
_STEP = 0.2
_BLOCK = 50
_BAND = (0.5, 0.05, 0.95)


@describe
def dose_response(
    network: Network | str,
    drug: Drug | str,
    doses: Sequence[str] | str,
    context: Context | str | None = None,
    background: Perturbation | str | Sequence[Perturbation | str] | None = None,
    nodes: Iterable[str] | None = None,
    engine: str = "logic",
    members: int = 1000,
    seed: int | np.random.Generator = 0,
    settings: EnsembleSettings | None = None,
    progress: bool | None = None,
    assay: str = "cellular",
    matrix: str = "medium",
) -> pd.DataFrame:
    """Simulate one drug at several doses in one context.

    The case of `screen` with one drug and one context.

    Parameters
    ----------
    %(network)s
    %(drug)s
    doses : sequence of str, or str
        Such as ``["10 nM", "100 nM"]``, or ``"10-1000 nM"`` for half-logarithmic steps through a range.
    %(context)s
    %(background)s
    %(nodes)s
    %(engine)s
    %(members)s
    %(seed)s
    %(settings)s
    %(progress)s
    %(assay)s
    %(matrix)s

    Returns
    -------
    pandas.DataFrame
        The columns of `screen`.

    Examples
    --------
    >>> from jaknet.network.io.read import load_network
    >>> table = dose_response(load_network("osteoblast"), "tofacitinib", ["10 nM", "1 uM"], "inflammatory",
    ...                       nodes=["SOCS3"], members=20, progress=False)
    >>> effect = table[table["measure"] == "transcript"]["effect"]
    >>> bool(effect.iloc[1] < effect.iloc[0] < 0)
    True
    """
    return screen(network, [drug], doses, [context], background, nodes, engine, members, seed, settings, progress, assay, matrix)


@describe
def screen(
    network: Network | str | Mapping[str, Network],
    drugs: Sequence[Drug | str],
    doses: Sequence[str] | str,
    contexts: Sequence[Context | str | None] = (None,),
    background: Perturbation | str | Sequence[Perturbation | str] | None = None,
    nodes: Iterable[str] | None = None,
    engine: str = "logic",
    members: int = 1000,
    seed: int | np.random.Generator = 0,
    settings: EnsembleSettings | None = None,
    progress: bool | None = None,
    assay: str = "cellular",
    matrix: str = "medium",
) -> pd.DataFrame:
    """Simulate every drug at every dose in every context and network.

    Every condition sees the same members. Inside ``joblib.parallel_config(backend="dask")`` the work spreads over that
    cluster; each condition is summarised where it is computed, so memory does not grow with their number.

    Parameters
    ----------
    network : Network, str or mapping of str to Network
        What is perturbed: a network, the name of a bundled one, or several, each with a label.
    drugs : sequence of Drug or str
        Drugs, or names of bundled ones.
    doses : sequence of str, or str
        Such as ``["10 nM", "100 nM"]``, or ``"10-1000 nM"`` for half-logarithmic steps through a range.
    contexts : sequence of Context, str or None
        States before the perturbation, or names of bundled ones; None is the resting state.
    %(background)s
    %(nodes)s
    %(engine)s
    %(members)s
    %(seed)s
    %(settings)s
    %(progress)s
    %(assay)s
    %(matrix)s

    Returns
    -------
    pandas.DataFrame
        ``network``, ``context``, ``drug``, ``dose``, ``concentration_nM`` (free), ``node``, ``measure``
        (``activity``, or ``transcript`` where the network has edges onto it), the columns of
        `jaknet.simulation.response.EFFECT_COLUMNS`, and the shares of members ``not_at_rest``
        and ``multistable``. Sorted as given.

    Raises
    ------
    InputError
        If there is nothing to do, or a dose is not understood.
    UnknownNameError
        For unknown drugs, contexts or nodes.

    Examples
    --------
    >>> from jaknet.network.io.read import load_network
    >>> table = screen(load_network("osteoblast"), ["tofacitinib", "baricitinib"], ["100 nM"], ["steady_state"],
    ...                nodes=["SOCS3", "CISH"], members=10, progress=False)
    >>> len(table)
    8
    """
    given = network if isinstance(network, Mapping) else as_network(network)
    networks = given if isinstance(given, Mapping) else {given.name: given}
    doses = dose_series(doses)
    drugs = [drugs] if isinstance(drugs, (Drug, str)) else drugs
    contexts = [contexts] if isinstance(contexts, (Context, str)) else contexts
    for what, several in (("drugs", drugs), ("doses", doses), ("contexts", contexts)):
        check_type(what, several, Sequence, f"a list, such as {what}={_LISTS[what]}")
    sizes = {"networks": len(networks), "drugs": len(drugs), "doses": len(doses), "contexts": len(contexts)}
    if not all(sizes.values()):
        raise InputError(f"nothing to screen: {', '.join(f'{n} {name}' for name, n in sizes.items())}. Give at least one of each.")
    number, known, states = as_seed(seed), [as_drug(drug) for drug in drugs], [as_context(context) for context in contexts]
    keys = [(context, drug, dose) for context in states for drug in known for dose in doses]
    conditions = [Condition.of(drug.at(dose, assay, matrix), context, background) for context, drug, dose in keys]
    tables, chosen_nodes = [], _named(nodes)
    for label, wired in networks.items():
        ensemble = draw_ensemble(wired, settings, members, number)
        reduce = _summariser(wired, ensemble, chosen_nodes)
        found = simulate_effects(wired, conditions, engine=engine, ensemble=ensemble, reduce=reduce, progress=progress)
        for (context, drug, dose), table in zip(keys, found, strict=True):
            where = (label, context.name if context else "", drug.name, dose, drug.concentration(dose, matrix))
            tables.append((where, table))
    return _stacked(tables)


@describe
def time_course(
    network: Network | str,
    perturbations: Perturbation | str | Sequence[Perturbation | str],
    times: Sequence[float],
    context: Context | str | None = None,
    background: Perturbation | str | Sequence[Perturbation | str] | None = None,
    nodes: Iterable[str] | None = None,
    members: int = 1000,
    seed: int | np.random.Generator = 0,
    settings: EnsembleSettings | None = None,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Follow every member from its baseline after the perturbation starts at time 0.

    ``dy/dt = (f(y) - y) / tau`` by the classical Runge-Kutta method, in steps of a fifth of the
    shortest time constant; the right-hand side is that of the steady state. Time is in units of
    the mean time constant. Transcripts are computed from the activities at that time.

    Parameters
    ----------
    %(network)s
    %(perturbations)s
    times : sequence of float
        Increasing, not negative.
    %(context)s
    %(background)s
    %(nodes)s
    %(members)s
    %(seed)s
    %(settings)s
    %(progress)s

    Returns
    -------
    pandas.DataFrame
        ``time``, ``node``, ``measure``, then medians and 90 % intervals: ``level``, ``level_low``,
        ``level_high``, ``effect``, ``effect_low``, ``effect_high`` (change since time 0).

    Raises
    ------
    InputError
        If the times are not increasing, or no member starts at rest.

    Examples
    --------
    >>> import pandas as pd
    >>> from jaknet.network.network import Network
    >>> from jaknet.simulation.perturbations import activate
    >>> chain = Network(pd.DataFrame({"source": ["OSM"], "target": ["JAK1"], "sign": [1], "tier": ["A"]}))
    >>> table = time_course(chain, activate("OSM"), [0, 1, 20], nodes=["OSM"], members=10, progress=False)
    >>> [round(effect, 2) for effect in table["effect"]][0]
    0.0
    """
    clock = _check_times(times)
    condition = Condition.of(perturbations, context, background)
    network = as_network(network)
    ensemble = draw_ensemble(network, settings, members, seed)
    control, treated, _ = condition.arms(network, ensemble)
    base = solve_baseline(ensemble, control)
    columns = {"activity": _positions(network, _named(nodes), np.ones(network.n_nodes, bool))}
    columns["transcript"] = columns["activity"][ensemble.transcribed[columns["activity"]]]
    step = _STEP / float(ensemble.parameters.rate.max())

    def _follow(low: int) -> dict[str, NDArray[np.float64]]:
        rows = slice(low, low + _BLOCK)
        path = _model.courses(ensemble.plan, ensemble.part(rows), treated.take(rows), base.states[rows], clock, step)
        levels = np.stack([ensemble.transcripts(states, rows) for states in path])
        return {"activity": path[:, :, columns["activity"]], "transcript": levels[:, :, columns["transcript"]]}

    blocks = list(run_tasks(_follow, range(0, members, _BLOCK), progress, "members"))
    share = member_weights(base.converged)
    start = {"activity": base.states, "transcript": base.transcripts}
    names = np.array(network.names, object)
    tables = []
    for measure, picked in columns.items():
        path = np.concatenate([block[measure] for block in blocks], axis=1)
        tables.append(_course_table(clock, path, start[measure][:, picked], share, node=names[picked], measure=measure))
    return pd.concat(tables, ignore_index=True)


def _check_times(times: Sequence[float]) -> NDArray[np.float64]:
    clock = np.asarray(times, float)
    if not (len(clock) and clock[0] >= 0 and np.all(np.diff(clock) > 0) and np.isfinite(clock[-1])):
        raise InputError(f"times {list(times)[:5]} must increase from 0 or later, without repeats, and be finite.")
    return clock


def _course_table(
    clock: NDArray[np.float64], path: NDArray[np.float64], start: NDArray[np.float64], weights: NDArray[np.float64], **labels: object
) -> pd.DataFrame:
    tables = []
    for time, states in zip(clock, path, strict=True):
        level, effect = (weighted_quantiles(values, weights, _BAND) for values in (states, states - start))
        columns = dict(zip(("level", "level_low", "level_high", "effect", "effect_low", "effect_high"), (*level, *effect), strict=True))
        tables.append(pd.DataFrame({"time": time, **labels, **columns}))
    return pd.concat(tables, ignore_index=True)


def _summariser(network: Network, ensemble: Ensemble, nodes: Sequence[str] | None) -> Callable[[Effects], dict[str, NDArray[np.generic]]]:
    activity = _positions(network, nodes, np.ones(network.n_nodes, bool))
    transcript = _positions(network, nodes, ensemble.transcribed)
    names = np.array(network.names, object)
    labels = {"node": np.concatenate([names[activity], names[transcript]])}
    labels["measure"] = np.repeat(np.array(["activity", "transcript"], object), [len(activity), len(transcript)])

    def _summary(effects: Effects) -> dict[str, NDArray[np.generic]]:
        weights = member_weights(effects.converged)
        parts = [
            summarise(effects.total[:, activity], weights, MARGIN),
            summarise(effects.transcript_total[:, transcript], weights, FOLD_CHANGE_MARGIN),
        ]
        found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        shares = {"not_at_rest": 1.0 - effects.converged.mean(), "multistable": effects.multistable.mean()}
        return labels | found | {name: np.full(len(labels["node"]), share) for name, share in shares.items()}

    return _summary


def _named(nodes: Iterable[str] | None) -> list[str] | None:
    return None if nodes is None else [nodes] if isinstance(nodes, str) else list(nodes)


def _positions(network: Network, nodes: Sequence[str] | None, among: NDArray[np.bool_]) -> NDArray[np.int64]:
    if nodes is None:
        return np.flatnonzero(among)
    return np.array([place for place in node_places(network, nodes) if among[place]], np.int64)


def _stacked(tables: Sequence[tuple[tuple[object, ...], Mapping[str, NDArray[np.generic]]]]) -> pd.DataFrame:
    sizes = [len(table["node"]) for _, table in tables]
    where = zip(*(key for key, _ in tables), strict=True)
    columns = dict(zip(("network", "context", "drug", "dose", "concentration_nM"), where, strict=True))
    keys = {name: np.repeat(np.array(values, float if name == "concentration_nM" else object), sizes) for name, values in columns.items()}
    found = {name: np.concatenate([table[name] for _, table in tables]) for name in tables[0][1]}
    return pd.DataFrame(keys | found)
