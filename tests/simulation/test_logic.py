from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from jaknet.network.model import Network
from jaknet.simulation._logic import RESTLESS, SETTLED, Arm, courses, downstream, steady_states, transcripts
from jaknet.simulation.ensemble import Ensemble, draw_ensemble
from jaknet.simulation.settings import GATES, EnsembleSettings

SURE = {"keep": (1.0, 1.0, 1.0), "flip": (0.0, 0.0, 0.0)}


def random_network(seed: int, nodes: int = 12, edges: int = 30) -> Network:
    rng = np.random.default_rng(seed)
    ends = np.unique(rng.integers(nodes, size=(edges, 2)), axis=0)
    table = pd.DataFrame({"source": [f"N{a:02d}" for a in ends[:, 0]], "target": [f"N{b:02d}" for b in ends[:, 1]]})
    table["layer"] = rng.choice(["signaling", "transcription"], len(ends))
    return Network(table.assign(sign=rng.choice([1, -1], len(ends), p=[0.7, 0.3]), weight=rng.uniform(0.2, 1, len(ends)), tier="A"))


def plain_answer(ensemble: Ensemble, member: int, arm: Arm, state: np.ndarray, transcription_only: bool = False) -> np.ndarray:
    """The right-hand side written out edge by edge from the definition, apart from the kernel."""
    wiring, chosen, own = ensemble.wiring, ensemble.settings, ensemble.part(slice(member, member + 1))
    n, threshold, height, basal = (array[0] for array in (own.exponent, own.threshold, own.height, own.basal))
    response = np.minimum(1.0, height * state**n / (threshold + state**n))
    answer = np.empty(len(state))
    for node in range(len(state)):
        into = np.flatnonzero(wiring.target == node)
        signed = ensemble.signed_weight[member, into]
        if chosen.gate == "balance":
            signed = signed * chosen.gain / max(len(into), 1) ** chosen.crowding
        if transcription_only:
            signed = np.where(wiring.transcription[into], signed, 0.0)
        terms = signed * response[wiring.source[into]]
        if chosen.gate == "balance":
            drive = basal[node] + chosen.gain * arm.drive[node] + terms[terms > 0].sum()
            answer[node] = drive / (drive + 1.0 - terms[terms < 0].sum())
        else:
            off = (1 - basal[node]) * (1 - arm.drive[node]) * np.prod(1 - terms[terms > 0])
            answer[node] = (1 - off) * np.prod(1 + terms[terms < 0])
    return np.where(np.isnan(arm.pin), answer * arm.scale, arm.pin)


def free_arm(count: int) -> Arm:
    return Arm(np.ones(count), np.full(count, np.nan), np.zeros(count))


def random_arm(count: int, seed: int) -> Arm:
    rng = np.random.default_rng(seed)
    pin = np.where(rng.random(count) < 0.1, rng.random(count), np.nan)
    return Arm(np.where(rng.random(count) < 0.2, rng.random(count), 1.0), pin, np.where(rng.random(count) < 0.3, rng.random(count), 0.0))


@given(st.integers(0, 10**6), st.sampled_from(GATES))
@settings(max_examples=30, deadline=None)
def test_steady_states_satisfy_the_definition_and_pins_stay(seed: int, gate: str) -> None:
    net = random_network(seed)
    ensemble, arm = draw_ensemble(net, EnsembleSettings(gate=gate), 4, seed), random_arm(net.n_nodes, seed)
    states = np.random.default_rng(seed).random((4, net.n_nodes))
    status = steady_states(ensemble.plan, ensemble.parameters, arm, np.ones(net.n_nodes, bool), states)
    for member in np.flatnonzero(status == SETTLED):
        assert np.allclose(plain_answer(ensemble, member, arm, states[member]), states[member], atol=1e-7)
    pinned = ~np.isnan(arm.pin)
    assert (states[:, pinned] == arm.pin[pinned]).all()
    levels = transcripts(ensemble.plan, ensemble.parameters, states)
    free = free_arm(net.n_nodes)
    assert np.allclose(levels[0], plain_answer(ensemble, 0, free, states[0], transcription_only=True), atol=1e-12)


@given(st.integers(0, 10**6), st.sampled_from(GATES))
@settings(max_examples=12, deadline=None)
def test_steady_states_and_courses_agree_with_lsoda(seed: int, gate: str) -> None:
    net = random_network(seed)
    ensemble, arm = draw_ensemble(net, EnsembleSettings(gate=gate), 1, seed), random_arm(net.n_nodes, seed)
    start = np.zeros((1, net.n_nodes))
    states = start.copy()
    status = steady_states(ensemble.plan, ensemble.parameters, arm, np.ones(net.n_nodes, bool), states)
    rate = ensemble.parameters.rate[0]
    run = solve_ivp(
        lambda _, y: rate * (plain_answer(ensemble, 0, arm, np.clip(y, 0, None)) - y),
        (0, 300), start[0], method="LSODA", t_eval=[3, 300], rtol=1e-9, atol=1e-11,
    )  # fmt: skip
    path = courses(ensemble.plan, ensemble.parameters, arm, start, np.array([0.0, 3.0]), 0.1)
    assert np.array_equal(path[0], start)
    assert np.allclose(path[1, 0], run.y[:, 0], atol=2e-5)
    if status[0] == SETTLED and np.abs(plain_answer(ensemble, 0, arm, run.y[:, 1]) - run.y[:, 1]).max() < 1e-8:
        assert np.allclose(states[0], run.y[:, 1], atol=1e-6)


def ring(sign: int, size: int, gain: float) -> tuple[Network, EnsembleSettings]:
    names = [f"R{k}" for k in range(size)]
    table = pd.DataFrame({"source": names, "target": names[1:] + names[:1], "sign": sign, "tier": "A"})
    steep = {"hill": (8.0, 8.0), "ec50": (0.5, 0.5), "weight": (1.0, 1.0)}
    return Network(table), EnsembleSettings(gain=gain, basal=(0.05, 0.05) if sign > 0 else (2.0, 2.0), **SURE, **steep)


def test_a_switch_keeps_both_its_states() -> None:
    net, chosen = ring(1, 2, gain=8.0)
    ensemble, everything = draw_ensemble(net, chosen, 1), np.ones(2, bool)
    low, high = np.zeros((1, 2)), np.ones((1, 2))
    for states in (low, high):
        assert steady_states(ensemble.plan, ensemble.parameters, free_arm(2), everything, states)[0] == SETTLED
    assert low.max() < 0.1 and high.min() > 0.7


def test_a_clock_is_restless() -> None:
    net, chosen = ring(-1, 5, gain=30.0)
    ensemble = draw_ensemble(net, chosen, 1)
    states = np.zeros((1, 5))
    states[0, 0] = 0.3
    assert steady_states(ensemble.plan, ensemble.parameters, free_arm(5), np.ones(5, bool), states)[0] == RESTLESS


def test_a_damped_loop_that_overshoots_sweep_by_sweep_still_settles() -> None:
    """Its loop gain exceeds 1, so Gauss-Seidel sweeps diverge, while the ODE of two variables is stable."""
    names = ["R0", "R1"]
    table = pd.DataFrame({"source": names, "target": names[::-1], "sign": [1, -1], "tier": "A"})
    steep = {"hill": (8.0, 8.0), "ec50": (0.5, 0.5), "weight": (1.0, 1.0), "basal": (0.6, 0.6)}
    net, chosen = Network(table), EnsembleSettings(gain=30.0, **SURE, **steep)
    ensemble, states = draw_ensemble(net, chosen, 1), np.zeros((1, 2))
    assert steady_states(ensemble.plan, ensemble.parameters, free_arm(2), np.ones(2, bool), states)[0] == SETTLED
    assert np.allclose(plain_answer(ensemble, 0, free_arm(2), states[0]), states[0], atol=1e-7)


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_downstream_is_what_walks_reach(seed: int) -> None:
    net = random_network(seed)
    start = np.zeros(net.n_nodes, bool)
    start[seed % net.n_nodes] = True
    step = np.eye(net.n_nodes, dtype=int)
    step[net.arrays.source, net.arrays.target] = 1
    reached = np.linalg.matrix_power(step.astype(float), net.n_nodes)[start].sum(axis=0) > 0
    assert np.array_equal(downstream(draw_ensemble(net, members=1).plan, start), reached)


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("regulators", [1, 40])
def test_no_number_of_inhibitors_is_a_floor_under_balance(gate: str, regulators: int) -> None:
    """METHODS 1.1: all inhibitors in AND drive a node of 40 regulators to a floor where nothing can move it."""
    names = [f"I{k:02d}" for k in range(regulators)]
    net = Network(pd.DataFrame({"source": [*names, "A"], "target": "X", "sign": [-1] * regulators + [1], "tier": "A"}))
    ensemble = draw_ensemble(net, EnsembleSettings(gate=gate, **SURE), 20)
    moved = []
    for activator in (0.0, 1.0):
        arm = free_arm(net.n_nodes)
        arm.drive[:] = [1.0 if name in names else activator if name == "A" else 0.0 for name in net.names]
        states = np.zeros((20, net.n_nodes))
        steady_states(ensemble.plan, ensemble.parameters, arm, np.ones(net.n_nodes, bool), states)
        moved.append(np.median(states[:, net.index["X"]]))
    assert moved[1] > moved[0]
    assert (moved[1] - moved[0] < 1e-3) == (gate == "or_and_not" and regulators == 40)
