from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib import parallel_config

from jaknet.errors import InputError
from jaknet.network.model import Network
from jaknet.simulation.conditions import Condition, make_arm
from jaknet.simulation.contexts import Context
from jaknet.simulation.effects import ENGINES, Effects, direct_effects, perturbed_effects, simulate_effects, solve_baseline
from jaknet.simulation.ensemble import draw_ensemble
from jaknet.simulation.perturbations import activate, inhibit, knockout
from jaknet.simulation.settings import EnsembleSettings
from jaknet.simulation.simulate import perturb


def random_network(seed: int, nodes: int = 15, edges: int = 35) -> Network:
    rng = np.random.default_rng(seed)
    ends = np.unique(rng.integers(nodes, size=(edges, 2)), axis=0)
    table = pd.DataFrame({"source": [f"N{a:02d}" for a in ends[:, 0]], "target": [f"N{b:02d}" for b in ends[:, 1]]})
    table["layer"] = rng.choice(["signaling", "transcription"], len(ends))
    everyone = pd.DataFrame({"node": [f"N{k:02d}" for k in range(nodes)], "kind": "gene", "name": ""})
    return Network(table.assign(sign=rng.choice([1, -1], len(ends)), tier="A"), everyone.assign(gene=everyone["node"]))


NET = random_network(4)
CONDITIONS = [
    Condition(knockout("N01"), Context("one", {"N02": 0.5})),
    Condition(inhibit("N03"), Context("one", {"N02": 0.5})),
    Condition(activate("N04"), Context("two", {"N05": 0.9}), activate("N06")),
]


@pytest.mark.parametrize("engine", ["logic", "linear"])
def test_conditions_come_in_order_and_do_not_depend_on_company(engine: str) -> None:
    conditions = CONDITIONS if engine == "logic" else [Condition(each.perturbation, None, each.background) for each in CONDITIONS]
    together = list(simulate_effects(NET, conditions, members=120, engine=engine))
    for condition, effects in zip(conditions, together, strict=True):
        assert effects.condition is condition
        alone = perturb(NET, condition.perturbation, condition.context, condition.background, engine, members=120)
        assert np.array_equal(alone.perturbed_members, effects.perturbed)
        assert np.array_equal(alone.transcript_effects, effects.transcript_total)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_workers_of_any_backend_give_the_same_bits(backend: str) -> None:
    """Members enough that joblib hands arrays to other processes as read-only memory maps."""
    def total(effects: Effects) -> np.ndarray:
        return effects.total

    plain = list(simulate_effects(NET, CONDITIONS, members=5000, reduce=total))
    with parallel_config(backend=backend, n_jobs=2):
        spread = list(simulate_effects(NET, CONDITIONS, members=5000, reduce=total))
    assert all(np.array_equal(one, other) for one, other in zip(plain, spread, strict=True))


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_a_change_never_leaves_its_reach_and_a_null_change_does_nothing(seed: int) -> None:
    net = random_network(seed)
    start = net.names[seed % net.n_nodes]
    effects, same = simulate_effects(net, [Condition(knockout(start)), Condition(inhibit(start, 0.0))], members=3, seed=seed)
    step = np.eye(net.n_nodes, dtype=bool)
    step[net.arrays.source, net.arrays.target] = True
    reached = np.linalg.matrix_power(step.astype(float), net.n_nodes)[net.index[start]] > 0
    assert (effects.total[:, ~reached] == 0).all() and (effects.transcript_total[:, ~reached] == 0).all()
    assert (effects.perturbed[:, net.index[start]] == 0).all()
    assert (same.total == 0).all() and (same.transcript_total == 0).all()


def test_bistable_members_are_reported_and_start_from_their_baseline() -> None:
    """A switch held on by its own loop: flagged, and followed from the low state, not averaged with the high one."""
    loop = Network(pd.DataFrame({"source": ["A", "B"], "target": ["B", "A"], "sign": 1, "tier": "A"}))
    sure = {"keep": (1, 1, 1), "flip": (0, 0, 0), "weight": (1.0, 1.0)}
    steep = EnsembleSettings(**sure, gain=8.0, hill=(8.0, 8.0), ec50=(0.5, 0.5), basal=(0.05, 0.05))
    resp = perturb(loop, inhibit("A", 0.1), members=5, settings=steep)
    assert resp.multistable.all() and resp.converged.all()
    assert resp.baseline_members.max() < 0.1 and resp.perturbed_members.max() < 0.1
    pushed = perturb(loop, activate("A", 1.0), members=5, settings=steep)
    assert pushed.perturbed_members.min() > 0.5


def test_restless_members_are_reported_and_do_not_count() -> None:
    names = [f"R{k}" for k in range(5)]
    ring = Network(pd.DataFrame({"source": names, "target": names[1:] + names[:1], "sign": -1, "tier": "A"}))
    steep = {"hill": (8.0, 8.0), "ec50": (0.5, 0.5), "weight": (1.0, 1.0), "basal": (2.0, 2.0)}
    clock = EnsembleSettings(keep=(1, 1, 1), flip=(0, 0, 0), gain=30.0, **steep)
    with pytest.raises(InputError, match="3 of 3 members do not come to rest"):
        perturb(ring, inhibit("R0", 0.05), members=3, settings=clock)
    ensemble = draw_ensemble(ring, clock, 3)
    control, treated = (make_arm(ring, None, parts)[0] for parts in ([], [knockout("R0")]))
    effects = perturbed_effects(ensemble, solve_baseline(ensemble, control), treated)
    assert not effects.converged.any()


def test_unknown_engines_are_refused() -> None:
    with pytest.raises(InputError, match="engine"):
        list(simulate_effects(NET, CONDITIONS, engine="boolean"))


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_to_do_yields_nothing(engine: str) -> None:
    assert list(simulate_effects(NET, [], members=3, engine=engine)) == []


def test_a_drawn_ensemble_is_used_as_it_is_and_its_settings_count() -> None:
    chosen = EnsembleSettings(keep=(1, 1, 1), gain=2.0)
    ensemble = draw_ensemble(NET, chosen, 30, seed=9)
    given = list(simulate_effects(NET, CONDITIONS, members=7, seed=1, ensemble=ensemble))
    drawn = list(simulate_effects(NET, CONDITIONS, chosen, members=30, seed=9))
    assert all(np.array_equal(one.perturbed, two.perturbed) for one, two in zip(given, drawn, strict=True))


def test_a_subset_of_members_has_their_effects() -> None:
    ensemble, rows = draw_ensemble(NET, members=40), np.array([3, 17, 30])
    (whole,), (part,) = (list(simulate_effects(NET, CONDITIONS[:1], ensemble=own)) for own in (ensemble, ensemble.subset(rows)))
    assert np.array_equal(part.total, whole.total[rows])
    assert np.array_equal(part.converged, whole.converged[rows]) and np.array_equal(part.multistable, whole.multistable[rows])


def test_reduction_happens_to_each_condition_in_order() -> None:
    found = list(simulate_effects(NET, CONDITIONS, members=5, reduce=lambda effects: effects.condition.perturbation.label))
    assert found == [condition.perturbation.label for condition in CONDITIONS]


def test_a_repeated_condition_gives_the_same_bits_and_shares_its_control() -> None:
    one, two = simulate_effects(NET, [CONDITIONS[0], CONDITIONS[0]], members=20)
    assert np.array_equal(one.perturbed, two.perturbed)
    assert one.baseline is two.baseline


def test_what_the_network_lacks_travels_with_the_effects() -> None:
    condition = Condition(inhibit("N01"), Context("c", {"IL99": 0.5}))
    (effects,) = simulate_effects(NET, [condition], members=3)
    assert effects.lacking == {"context input IL99 not in the network": 1}
    (complete,) = simulate_effects(NET, CONDITIONS[:1], members=3)
    assert complete.lacking == {}


@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_direct_effects_stop_one_edge_behind_the_target(seed: int) -> None:
    net = random_network(seed)
    start = net.names[seed % net.n_nodes]
    ensemble = draw_ensemble(net, members=3, seed=seed)
    control, treated = (make_arm(net, None, parts)[0] for parts in ([], [inhibit(start, 0.8)]))
    activity, transcript = direct_effects(ensemble, solve_baseline(ensemble, control), treated)
    near = np.zeros(net.n_nodes, bool)
    near[net.arrays.target[net.arrays.source == net.index[start]]] = True
    onto_gene = np.zeros(net.n_nodes, bool)
    chosen = (net.arrays.source == net.index[start]) & ensemble.wiring.transcription
    onto_gene[net.arrays.target[chosen]] = True
    near[net.index[start]] = True
    # Rounding of a baseline that is settled to 1e-9 is all that others may show.
    assert np.abs(activity[:, ~near]).max(initial=0) < 1e-7
    assert np.abs(transcript[:, ~onto_gene]).max(initial=0) < 1e-7


@given(st.integers(0, 10**6))
@settings(max_examples=10, deadline=None)
def test_without_feedback_and_longer_routes_direct_is_total(seed: int) -> None:
    """A star: every route has one edge."""
    rng = np.random.default_rng(seed)
    star = pd.DataFrame({"source": "A", "target": list("BCDE"), "sign": rng.choice([1, -1], 4), "tier": "A"})
    star["layer"] = rng.choice(["signaling", "transcription"], 4)
    resp = perturb(Network(star), inhibit("A", 0.6), background=activate("A", 0.7), members=6, seed=seed)
    assert np.allclose(resp.direct_members, resp.effects.total, atol=1e-12)
    assert np.allclose(resp.transcript_direct, resp.transcript_effects, atol=1e-12)


def test_states_stay_within_the_unit_interval_and_the_capacity() -> None:
    for effects in simulate_effects(NET, [Condition(inhibit("N03", 0.7), Context("c", {"N02": 1.0}))], members=60):
        for states in (effects.baseline, effects.perturbed, effects.transcript_baseline, effects.transcript_perturbed):
            assert (states >= 0).all() and (states <= 1).all()
        assert (effects.perturbed[:, NET.index["N03"]] <= 0.3 + 1e-12).all()
        assert np.array_equal(effects.total, effects.perturbed - effects.baseline)


def test_order_of_conditions_does_not_matter() -> None:
    forth = list(simulate_effects(NET, CONDITIONS, members=25))
    back = list(simulate_effects(NET, CONDITIONS[::-1], members=25))[::-1]
    assert all(np.array_equal(one.perturbed, two.perturbed) for one, two in zip(forth, back, strict=True))


def test_the_unknown_engine_is_named_with_those_there_are() -> None:
    with pytest.raises(InputError, match="unknown engine 'boolean'; use one of logic, linear"):
        next(simulate_effects(NET, CONDITIONS, engine="boolean"))
