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
    net = random_network(3, 700, 3500)
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


@given(st.integers(0, 10**6), st.floats(-5, 5))
@settings(max_examples=20, deadline=None)
def test_effects_superpose(seed: int, factor: float) -> None:
    net = random_network(seed)
    system, rng = LinearSystem.from_network(net), np.random.default_rng(seed)
    one, two = rng.normal(size=(2, net.n_nodes))
    joint = system.solve(one + factor * two)
    assert np.allclose(joint, system.solve(one) + factor * system.solve(two), atol=1e-9 * (1 + np.abs(joint).max()))
    assert np.allclose(system.solve(np.column_stack([one, two])), np.column_stack([system.solve(one), system.solve(two)]), atol=1e-12)


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_names_and_their_order_change_nothing(seed: int) -> None:
    net, rng = random_network(seed), np.random.default_rng(seed)
    new = dict(zip(net.names, rng.permutation([f"µ{k:02d}" for k in range(net.n_nodes)]).tolist(), strict=True))
    edges = net.edges.assign(source=net.edges["source"].map(new), target=net.edges["target"].map(new))
    one, two = LinearSystem.from_network(net), LinearSystem.from_network(Network(edges))
    pin = {net.names[0]: -1.0, net.names[5]: 0.5}
    there = one.pinned([pin])[:, 0]
    here = two.pinned([{new[name]: value for name, value in pin.items()}])[:, 0]
    assert np.allclose(here[[two.index[new[name]] for name in net.names]], there, atol=1e-9)
    assert two.found_radius == pytest.approx(one.found_radius, abs=1e-4)


@pytest.mark.parametrize(
    ("normalise", "weights"),
    [("none", [0.8, -0.4, 0.5]), ("in_degree", [0.4, -0.2, 0.5]), ("out_degree", [0.4, -0.4, 0.25]), ("sqrt_in_degree", None)],
)
def test_what_weights_are_divided_by(normalise: str, weights: list[float] | None) -> None:
    """A and B act on C, A on D: two arrive at C, two leave A."""
    edges = pd.DataFrame({"source": list("ABA"), "target": list("CCD"), "sign": [1, -1, 1], "weight": [0.8, 0.4, 0.5]})
    matrix = LinearSystem.from_network(Network(edges), normalise).weights.toarray()
    expected = weights or [0.8 / np.sqrt(2), -0.4 / np.sqrt(2), 0.5]
    assert [matrix[2, 0], matrix[2, 1], matrix[3, 0]] == pytest.approx(expected)
    assert np.count_nonzero(matrix) == 3


def test_a_radius_is_declared_and_only_ever_lowered() -> None:
    loop = np.array([[0.0, 0.5], [0.5, 0.0]])
    small = LinearSystem.from_matrix(["a", "b"], loop)
    assert (small.found_radius, small.radius) == pytest.approx((0.5, 0.5))
    assert np.array_equal(small.weights.toarray(), loop)
    large = LinearSystem.from_matrix(["a", "b"], loop * 10, radius=0.8)
    assert (large.found_radius, large.radius) == pytest.approx((5.0, 0.8))
    assert np.allclose(large.weights.toarray(), loop * 10 * 0.8 / 5)
    still = LinearSystem.from_matrix(["a", "b"], np.array([[0.0, 7.0], [0.0, 0.0]]))
    assert still.found_radius == 0 and still.weights[0, 1] == 7.0


def test_a_sum_over_walks_is_what_is_solved() -> None:
    """x = b + W b + W^2 b + ... for a loop of gain one half."""
    system = LinearSystem.from_matrix(["a", "b"], np.array([[0.0, 1.0], [0.5, 0.0]]))
    total, walk = np.zeros(2), np.array([1.0, 0.0])
    for _ in range(120):
        total, walk = total + walk, system.weights @ walk
    assert np.allclose(system.solve(np.array([1.0, 0.0])), total, atol=1e-12)
    assert total[0] == pytest.approx(2.0)


def test_gain_of_loops_is_signed_and_zero_without_one() -> None:
    edges = pd.DataFrame({"source": list("ABCD"), "target": list("BACD"), "sign": [1, 1, 1, 1], "weight": [0.6, 0.5, 0.4, 0.25]})
    edges.loc[2, ["source", "target"]] = ["A", "C"]
    system = LinearSystem.from_network(Network(edges), "none")
    assert system.loop_gain(["D", "A", "C"]) == pytest.approx({"D": 0.25, "A": 0.3, "C": 0.0}, abs=1e-12)
    assert list(system.loop_gain(["D", "A"])) == ["D", "A"]


def test_holding_a_node_cuts_what_enters_it() -> None:
    chain = pd.DataFrame({"source": list("ABC"), "target": list("BCD"), "sign": [1, -1, 1]})
    system = LinearSystem.from_network(Network(chain))
    assert system.pinned([{"A": 1.0, "C": 0.0}])[:, 0].tolist() == [1, 1, 0, 0]
    assert system.pinned([{"A": 1.0}, {"B": 1.0}, {"C": 1.0}]).tolist() == [[1, 0, 0], [1, 1, 0], [-1, -1, 1], [-1, -1, 1]]
    assert system.direct({"B": 2.0, "C": 1.0}).tolist() == [0, 2, 1, 1]
    assert system.pinned([]).shape == (4, 0)


@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_stronger_inhibition_scales_every_member(seed: int) -> None:
    net = random_network(seed, 15, 40)
    one, two = (perturb(net, inhibit(net.names[0], fraction), engine="linear", members=4, seed=seed) for fraction in (0.25, 0.75))
    assert np.allclose(two.effects.total, 3 * one.effects.total, atol=1e-9)
    assert np.allclose(two.transcript_effects, 3 * one.transcript_effects, atol=1e-9)
    assert np.allclose(two.direct_members, 3 * one.direct_members, atol=1e-12)
    assert (one.perturbed_members[:, 0] == -0.25).all()


def test_two_lasting_inputs_add() -> None:
    net = random_network(7)
    a, b = net.names[1], net.names[2]
    first, second = activate(a, 0.3), activate(b, 0.8)
    one, two, both = (perturb(net, change, engine="linear", members=5) for change in (first, second, [first, second]))
    assert np.allclose(both.effects.total, one.effects.total + two.effects.total, atol=1e-10)


@pytest.mark.parametrize(("wrong", "words"), [({"normalise": "sqrt"}, "unknown normalisation 'sqrt'; use one of none, sqrt_in_degree"),
                                              ({"radius": 1.0}, r"radius = 1\.0 must lie between 0 and 1.*Try 0\.9")])  # fmt: skip
def test_unfit_choices_say_what_fits(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        LinearSystem.from_network(random_network(0), **wrong)
