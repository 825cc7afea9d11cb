"""The kernels against the definition in dense numpy, against LSODA, and against closed forms."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.special import expit, logit

from jaknet.simulation._model import RESTLESS, SETTLED, Arm, courses, downstream, steady_states, transcripts
from jaknet.simulation._tangent import tangents
from jaknet.simulation.ensemble import Ensemble, draw_ensemble
from jaknet.simulation.model import solve_baseline

SEEDS = st.integers(0, 10**6)


def settle(ensemble: Ensemble, arm: Arm, states: np.ndarray) -> np.ndarray:
    return steady_states(ensemble.plan, ensemble.parameters, arm, np.ones(states.shape[1], bool), states)


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_the_reference_state_rests_without_inputs(random_network: Callable, definition: Callable, arms: SimpleNamespace, seed: int) -> None:
    net = random_network(seed)
    ensemble, free = draw_ensemble(net, members=3, seed=seed), arms.free(net.n_nodes)
    states = ensemble.resting
    assert (settle(ensemble, free, states) == SETTLED).all()
    for member in range(3):
        model = definition(net, ensemble, member)
        assert np.allclose(model.answer(free, model.rest), model.rest, rtol=0, atol=1e-14)
        assert np.allclose(states[member], model.rest, rtol=0, atol=1e-13)


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_steady_states_answer_themselves_and_pins_hold(
    random_network: Callable, definition: Callable, arms: SimpleNamespace, seed: int
) -> None:
    net = random_network(seed)
    ensemble, arm = draw_ensemble(net, members=4, seed=seed), arms.random(net.n_nodes, seed)
    states = np.random.default_rng(seed).random((4, net.n_nodes))
    status = settle(ensemble, arm, states)
    for member in np.flatnonzero(status == SETTLED):
        assert np.allclose(definition(net, ensemble, member).answer(arm, states[member]), states[member], rtol=0, atol=1e-8)
    held = ~np.isnan(arm.pin)
    assert np.allclose(states[:, held], (arm.scale[0] * arm.pin)[held], rtol=0, atol=1e-15)


@pytest.mark.parametrize("seed", range(10))
def test_steady_states_and_courses_agree_with_lsoda(
    random_network: Callable, definition: Callable, arms: SimpleNamespace, seed: int
) -> None:
    net = random_network(seed)
    ensemble, arm = draw_ensemble(net, members=1, seed=seed), arms.random(net.n_nodes, seed)
    model, rate, start = definition(net, ensemble), ensemble.parameters.rate[0], ensemble.resting
    run = solve_ivp(
        lambda _, y: rate * (model.answer(arm, y) - y), (0, 400), start[0], method="LSODA", t_eval=[1, 3, 400], rtol=1e-10, atol=1e-12
    )
    assert np.abs(model.answer(arm, run.y[:, 2]) - run.y[:, 2]).max() < 1e-8
    path = courses(ensemble.plan, ensemble.parameters, arm, start, np.array([0.0, 1.0, 3.0]), 0.1)
    assert np.array_equal(path[0], start)
    assert np.allclose(path[1:, 0], run.y[:, :2].T, rtol=0, atol=2e-5)
    found = solve_baseline(ensemble, arm)
    assert found.converged.all() and not found.multistable.any()
    assert np.allclose(found.states[0], run.y[:, 2], rtol=0, atol=1e-6)


def test_a_switch_keeps_both_its_states_where_the_diagonal_meets_its_curve(
    certain: Callable, fixed: Callable, arms: SimpleNamespace
) -> None:
    net = certain(("A", -1, "B"), ("B", -1, "A"), A=0.5, B=0.5)
    ensemble = draw_ensemble(net, fixed(gain=8.0), 1)
    low = brentq(lambda y: expit(-8 * (expit(-8 * (y - 0.5)) - 0.5)) - y, 1e-6, 0.4)
    for start in ([0.1, 0.9], [0.9, 0.1]):
        states = np.array([start])
        assert settle(ensemble, arms.free(2), states)[0] == SETTLED
        assert np.allclose(np.sort(states[0]), [low, 1 - low], rtol=0, atol=1e-7)


@pytest.mark.parametrize(("gain", "status"), [(4.3, SETTLED), (5.6, RESTLESS), (20.0, RESTLESS)])
def test_a_ring_of_five_inhibitors_is_a_clock_beyond_the_secant_condition(
    certain: Callable, fixed: Callable, arms: SimpleNamespace, gain: float, status: int
) -> None:
    """Its reference state is unstable where gain / 4 > 1 / cos(pi / 5), that is beyond 4.94."""
    names = [f"R{place}" for place in range(5)]
    net = certain(*((a, -1, b) for a, b in zip(names, names[1:] + names[:1], strict=True)), **dict.fromkeys(names, 0.5))
    states = np.array([[0.3, 0.9, 0.2, 0.6, 0.7]])
    assert settle(draw_ensemble(net, fixed(gain=gain), 1), arms.free(5), states)[0] == status


def test_a_loop_whose_sweeps_overshoot_comes_to_rest_as_its_ode_does(certain: Callable, fixed: Callable, arms: SimpleNamespace) -> None:
    """Loop gain (20 / 4)^2: undamped sweeps diverge, while the ODE of two variables with negative feedback always rests."""
    net = certain(("A", 1, "B"), ("B", -1, "A"), A=0.5, B=0.5)
    ensemble, states = draw_ensemble(net, fixed(gain=20.0), 1), np.array([[0.9, 0.1]])
    arm = arms.free(2)
    arm.level[0] = 0.6
    assert settle(ensemble, arm, states)[0] == SETTLED
    a = brentq(lambda y: expit(logit(0.6) - 20 * (expit(20 * (y - 0.5)) - 0.5)) - y, 0, 1)
    assert np.allclose(states[0], [a, expit(20 * (a - 0.5))], rtol=0, atol=1e-7)


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_tangents_solve_the_dense_linear_system(random_network: Callable, definition: Callable, arms: SimpleNamespace, seed: int) -> None:
    net = random_network(seed)
    ensemble, (control, treated) = draw_ensemble(net, members=4, seed=seed), (arms.random(net.n_nodes, seed + more) for more in (0, 1))
    base = solve_baseline(ensemble, control)
    states = base.states.copy()
    status = tangents(ensemble.plan, ensemble.parameters, control, treated, np.ones(net.n_nodes, bool), states)
    assert (status == SETTLED).all()
    for member in np.flatnonzero(base.converged):
        dense = definition(net, ensemble, member).tangent(control, treated, base.states[member])
        assert np.allclose(states[member], dense, rtol=1e-6, atol=1e-6)


@given(SEEDS, st.integers(0, 11))
@settings(max_examples=30, deadline=None)
def test_tangents_are_the_derivative_of_the_steady_state(random_network: Callable, arms: SimpleNamespace, seed: int, node: int) -> None:
    net, step = random_network(seed), 1e-4
    ensemble, control = draw_ensemble(net, members=4, seed=seed), arms.random(net.n_nodes, seed)
    base, everything = solve_baseline(ensemble, control), np.ones(net.n_nodes, bool)
    ahead, behind = (control._replace(scale=control.scale * np.where(np.arange(12) == node, 1 + h, 1)) for h in (step, -step))
    linear, forth, back = (base.states.copy() for _ in range(3))
    tangents(ensemble.plan, ensemble.parameters, control, ahead, everything, linear)
    rests = base.converged & ~base.multistable & (settle(ensemble, ahead, forth) == SETTLED) & (settle(ensemble, behind, back) == SETTLED)
    slope, derivative = (linear - base.states) / step, (forth - back) / (2 * step)
    # A member next to a fold has no derivative to speak of.
    mild = rests & (np.abs(slope).max(axis=1) < 3)
    assert np.allclose(slope[mild], derivative[mild], rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("gain", [3.0, 20.0])
def test_tangents_of_a_loop_are_solved_directly_where_sweeps_diverge(
    certain: Callable, fixed: Callable, arms: SimpleNamespace, gain: float
) -> None:
    """x_A = (s - 1) a / (1 + s (gain / 4)^2) for a loop of gain (gain / 4)^2 around one half."""
    net = certain(("A", 1, "B"), ("B", -1, "A"), A=0.5, B=0.5)
    ensemble, control = draw_ensemble(net, fixed(gain=gain), 1), arms.free(2)
    treated = control._replace(scale=np.array([[0.4, 1.0]]))
    states = ensemble.resting
    assert tangents(ensemble.plan, ensemble.parameters, control, treated, np.ones(2, bool), states)[0] == SETTLED
    change = -0.6 * 0.5 / (1 + 0.4 * (gain / 4) ** 2)
    assert np.allclose(states[0] - 0.5, [change, change * gain / 4], rtol=0, atol=1e-8)


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_transcripts_are_log_odds_of_transcription_edges_alone(random_network: Callable, definition: Callable, seed: int) -> None:
    net = random_network(seed)
    ensemble, states = draw_ensemble(net, members=3, seed=seed), np.random.default_rng(seed).random((3, net.n_nodes))
    levels = transcripts(ensemble.plan, ensemble.parameters, states, ensemble.settings.fold_change / np.log(2))
    for member in range(3):
        assert np.allclose(levels[member], definition(net, ensemble, member).fold_changes(states[member]), rtol=0, atol=1e-11)
    assert (levels[:, ~ensemble.transcribed] == 0).all()


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_downstream_is_what_walks_reach(random_network: Callable, seed: int) -> None:
    net = random_network(seed, edges=14)
    start = np.zeros(net.n_nodes, bool)
    start[seed % net.n_nodes] = True
    step = np.eye(net.n_nodes)
    step[net.arrays.source, net.arrays.target] = 1
    reached = np.linalg.matrix_power(step, net.n_nodes)[start].sum(axis=0) > 0
    assert np.array_equal(downstream(draw_ensemble(net, members=1).plan, start), reached)


def test_only_active_nodes_move(random_network: Callable, arms: SimpleNamespace) -> None:
    net = random_network(3, edges=14)
    ensemble, start = draw_ensemble(net, members=2), np.arange(net.n_nodes) == 5
    active, states = downstream(ensemble.plan, start), np.full((2, net.n_nodes), 0.123)
    assert 0 < active.sum() < net.n_nodes
    steady_states(ensemble.plan, ensemble.parameters, arms.free(net.n_nodes), active, states)
    assert (states[:, ~active] == 0.123).all() and (states[:, active] != 0.123).all()


@pytest.mark.parametrize("tau", [0.5, 3.0])
def test_held_nodes_decay_with_their_time_constant(certain: Callable, fixed: Callable, arms: SimpleNamespace, tau: float) -> None:
    ensemble = draw_ensemble(certain(("A", 1, "B"), A=0.8), fixed(tau=(tau, tau)), 1)
    arm, times = arms.free(2), np.array([0.3, 1.0, 4.0])
    arm.pin[0], arm.scale[0] = 0.5, 0.4
    path = courses(ensemble.plan, ensemble.parameters, arm, ensemble.resting, times, 0.05)
    assert np.allclose(path[:, 0, 0], 0.2 + 0.6 * np.exp(-times / tau), rtol=0, atol=1e-6)
