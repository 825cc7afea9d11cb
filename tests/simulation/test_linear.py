from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaknet.errors import InputError
from jaknet.network.model import Network
from jaknet.simulation._linear import radius_bounds
from jaknet.simulation.contexts import Context
from jaknet.simulation.ensemble import draw_ensemble
from jaknet.simulation.linear import NORMALISATIONS, LinearSystem, spectral_radius
from jaknet.simulation.perturbations import activate, inhibit, knockout
from jaknet.simulation.settings import EnsembleSettings
from jaknet.simulation.simulate import perturb


def random_network(seed: int, nodes: int = 25, edges: int = 60) -> Network:
    rng = np.random.default_rng(seed)
    ends = np.unique(rng.integers(nodes, size=(edges, 2)), axis=0)
    table = pd.DataFrame({"source": [f"N{a:02d}" for a in ends[:, 0]], "target": [f"N{b:02d}" for b in ends[:, 1]]})
    return Network(table.assign(sign=rng.choice([1, -1], len(ends)), weight=rng.uniform(0.2, 1, len(ends)), tier="A"))


@given(st.integers(0, 10**6), st.sampled_from(NORMALISATIONS), st.floats(0.2, 0.95))
@settings(max_examples=50, deadline=None)
def test_total_effect_equals_the_dense_inverse(seed: int, normalise: str, radius: float) -> None:
    net = random_network(seed)
    system = LinearSystem.from_network(net, normalise, radius)
    dense = np.linalg.inv(np.eye(net.n_nodes) - system.weights.toarray())
    assert system.radius <= radius + 1e-12
    assert np.allclose(system.solve(np.eye(net.n_nodes)), dense, rtol=0, atol=1e-10 * np.abs(dense).max())


@given(st.integers(0, 10**6), st.integers(1, 4))
@settings(max_examples=50, deadline=None)
def test_pins_equal_the_system_with_their_rows_zeroed(seed: int, count: int) -> None:
    net = random_network(seed)
    system = LinearSystem.from_network(net)
    rng = np.random.default_rng(seed)
    rows = rng.permutation(net.n_nodes)[:count]
    pin = {net.names[node]: float(value) for node, value in zip(rows, rng.uniform(-1, 1, count), strict=True)}
    matrix, right = np.eye(net.n_nodes) - system.weights.toarray(), np.zeros(net.n_nodes)
    matrix[rows] = np.eye(net.n_nodes)[rows]
    right[rows] = list(pin.values())
    found = system.pinned([pin, {net.names[0]: 1.0}])[:, 0]
    assert np.array_equal(found[rows], right[rows])
    assert np.allclose(found, np.linalg.solve(matrix, right), rtol=0, atol=1e-10)


def test_many_pins_are_solved_in_blocks_with_the_same_answer() -> None:
    net = random_network(1, 100, 300)
    system = LinearSystem.from_network(net)
    pins = [{name: -1.0} for name in net.names]
    alone = np.column_stack([system.pinned([pin])[:, 0] for pin in pins])
    assert np.allclose(system.pinned(pins), alone, rtol=0, atol=1e-12)


def test_spia_golden_values() -> None:
    """METHODS 1.2: computed independently."""
    edges = pd.DataFrame({"source": list("AABC"), "target": list("BCDD"), "sign": [1, -1, 1, 1]})
    system = LinearSystem.from_network(Network(edges), normalise="out_degree")
    assert system.solve(np.array([2.0, 0, 0, 1])).tolist() == [2, 1, -1, 1]
    assert system.found_radius == 0


def test_pinning_differs_from_input_by_the_loop_gain() -> None:
    loop = pd.DataFrame({"source": ["STAT3", "SOCS3"], "target": ["SOCS3", "STAT3"], "sign": [1, -1], "weight": [1.0, 0.5]})
    system = LinearSystem.from_network(Network(loop), normalise="none")
    stat3 = system.index["STAT3"]
    assert system.loop_gain(["STAT3"])["STAT3"] == pytest.approx(-0.5)
    assert system.solve(np.eye(2)[:, stat3])[stat3] == pytest.approx(1 / 1.5)
    assert system.pinned([{"STAT3": -1.0}])[stat3, 0] == -1.0


def test_direct_effect_is_one_step() -> None:
    chain = Network(pd.DataFrame({"source": ["A", "B"], "target": ["B", "C"], "sign": [1, -1]}))
    system = LinearSystem.from_network(chain)
    assert system.direct({"A": -1.0}).tolist() == [-1, -1, 0]
    assert system.pinned([{"A": -1.0}])[:, 0].tolist() == [-1, -1, 1]


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_radius_is_the_largest_eigenvalue(seed: int) -> None:
    matrix = LinearSystem.from_network(random_network(seed), "none").weights
    assert spectral_radius(matrix) == pytest.approx(np.abs(np.linalg.eigvals(matrix.toarray())).max(initial=0), abs=1e-5)


def test_large_cycles_get_their_radius_by_iteration() -> None:
    net = random_network(3, 1200, 6000)
    matrix = LinearSystem.from_network(net, "none").weights
    assert spectral_radius(matrix) == pytest.approx(np.abs(np.linalg.eigvals(matrix.toarray())).max(), rel=1e-6)


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_radius_bound_is_one_and_close(seed: int) -> None:
    """Against the Perron root and the radius by dense eigenvalues, member by member."""
    net = random_network(seed)
    ensemble = draw_ensemble(net, EnsembleSettings(keep=(1, 1, 1)), 2, seed)
    plan, weight = ensemble.plan, ensemble.signed_weight[:, ensemble.plan.edge_order]
    target = np.repeat(np.arange(net.n_nodes), np.diff(plan.first))
    for own, bound in zip(weight, radius_bounds(plan, weight), strict=True):
        dense = np.zeros((net.n_nodes, net.n_nodes))
        np.add.at(dense, (target, plan.source), own)
        perron = np.abs(np.linalg.eigvals(np.abs(dense))).max()
        # Eigenvalues of a defective matrix are themselves uncertain by about the square root of the rounding.
        assert np.abs(np.linalg.eigvals(dense)).max() <= bound + 1e-4
        assert perron - 1e-4 <= bound <= 1.3 * perron + 0.05


@given(st.integers(0, 10**6), st.sampled_from([inhibit("N00", 0.7), knockout("N03"), activate("N05", 0.4)]))
@settings(max_examples=25, deadline=None)
def test_members_solve_their_own_system(seed: int, change) -> None:
    net = random_network(seed, 20, 60)
    if change.nodes[0] not in net:
        return
    resp = perturb(net, change, engine="linear", members=3, seed=seed)
    ensemble = draw_ensemble(net, members=3, seed=seed)
    plan, node = ensemble.plan, net.index[change.nodes[0]]
    target = np.repeat(np.arange(net.n_nodes), np.diff(plan.first))
    for member, weight in enumerate(ensemble.linear_weight):
        dense = np.zeros((net.n_nodes, net.n_nodes))
        np.add.at(dense, (target, plan.source), weight)
        assert np.abs(np.linalg.eigvals(dense)).max() <= 0.9 + 1e-9
        right = np.zeros(net.n_nodes)
        right[node] = {"scale": -0.7, "pin": -1.0, "drive": 0.4}[next(k for k in ("scale", "pin", "drive") if getattr(change, k))]
        if not change.drive:
            dense[node] = 0
        assert np.allclose(resp.perturbed_members[member], np.linalg.solve(np.eye(net.n_nodes) - dense, right), atol=1e-9)


def test_a_context_of_inputs_alone_raises_and_says_why() -> None:
    net = random_network(0)
    with pytest.raises(InputError, match="superposition"):
        perturb(net, knockout("N03"), context=Context("inflamed", {"N01": 0.5}), engine="linear", members=3)
    clamped = perturb(net, knockout("N03"), context=Context("c", {"N01": 0.5}, {"N02": 0.5}), engine="linear", members=3)
    assert (clamped.perturbed_members[:, net.index["N02"]] == 0).all()


@pytest.mark.parametrize("wrong", [{"normalise": "sqrt"}, {"radius": 1.0}, {"radius": 0.0}])
def test_unfit_choices_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        LinearSystem.from_network(random_network(0), **wrong)
