from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from joblib import parallel_config

from jaknet.errors import InputError, UnknownNameError
from jaknet.network.network import Network
from jaknet.simulation.doses import Load
from jaknet.simulation.ensemble import draw_ensemble
from jaknet.simulation.library import as_context
from jaknet.simulation.model import Effects, changed_nodes
from jaknet.simulation.perturbations import Context, Perturbation, activate, inhibit, knockout
from jaknet.simulation.settings import ENGINES, EnsembleSettings
from jaknet.simulation.trial import Condition, Trial, make_arm, simulate_effects

NODES = pd.DataFrame({"node": ["STAT1", "STAT1_latent", "OSM", "JAK1"], "kind": "x", "gene": ["STAT1", "STAT1", "OSM", "JAK1"]})
NET = Network(pd.DataFrame({"source": ["OSM", "JAK1"], "target": ["JAK1", "STAT1"], "sign": 1}), NODES)
LEVELS = st.floats(0, 1)


def at(array: np.ndarray, name: str, net: Network = NET) -> float:
    return float(array[..., net.index[name]].squeeze())


# --- arms --------------------------------------------------------------------------------------
def test_an_untouched_arm_is_neutral() -> None:
    arm, lacking = make_arm(NET, None)
    assert (arm.scale == 1).all() and np.isnan(arm.pin).all() and np.isnan(arm.level).all() and lacking == {}
    assert not changed_nodes(arm, arm).any()


def test_pins_of_the_perturbation_override_the_background_and_that_the_context() -> None:
    context = Context("c", clamps={"JAK1": 0.5})
    for background, done, level in (
        ([], None, 0.5),
        ([activate("JAK1", 0.7)], None, 0.7),
        ([activate("JAK1", 0.7)], activate("JAK1", 0.9), 0.9),
        ([activate("JAK1", 0.7)], knockout("JAK1"), 0.0),
        ([], activate("JAK1", 0.9), 0.9),
        ([activate("JAK1", 0.7)], inhibit("JAK1"), 0.7),
    ):
        assert at(make_arm(NET, context, background, done)[0].pin, "JAK1") == level


def test_capacities_of_background_and_perturbation_multiply() -> None:
    arm, _ = make_arm(NET, None, [inhibit("JAK1", 0.5), inhibit("JAK1", 0.5)], inhibit("JAK1", 0.8))
    assert at(arm.scale, "JAK1") == pytest.approx(0.1)


def test_contradicting_pins_of_one_arm_are_refused() -> None:
    with pytest.raises(InputError, match=r"JAK1 is held at both 0\.0 and 1\.0"):
        make_arm(NET, None, [knockout("JAK1"), Perturbation("on", pin={"JAK1": 1.0})])


def test_knock_outs_reach_every_form_of_a_gene() -> None:
    arm, _ = make_arm(NET, None, perturbation=knockout("STAT1"))
    assert at(arm.pin, "STAT1") == at(arm.pin, "STAT1_latent") == 0
    arm, _ = make_arm(NET, None, perturbation=activate("STAT1"))
    assert at(arm.pin, "STAT1") == 1 and np.isnan(at(arm.pin, "STAT1_latent"))


def test_background_belongs_to_both_arms() -> None:
    control, treated, lacking = Condition(inhibit("JAK1"), Context("c", {"IL9": 0.5}), activate("OSM")).arms(NET)
    assert [NET.names[k] for k in np.flatnonzero(changed_nodes(control, treated))] == ["JAK1"]
    assert at(control.pin, "OSM") == at(treated.pin, "OSM") == 1.0
    assert lacking == {"context input IL9 not in the network": 1}


def test_a_context_may_be_the_treated_arm() -> None:
    condition = Condition(Context("inflamed", {"OSM": 0.9}), Context("calm", {"OSM": 0.2}, {"JAK1": 0.4}), inhibit("STAT1", 0.5))
    control, treated, lacking = condition.arms(NET)
    assert (at(control.level, "OSM"), at(treated.level, "OSM")) == (0.2, 0.9)
    assert at(control.pin, "JAK1") == 0.4 and np.isnan(at(treated.pin, "JAK1"))
    assert at(control.scale, "STAT1") == at(treated.scale, "STAT1") == 0.5 and lacking == {}
    assert Condition(Context("c", {"IL9": 0.9})).arms(NET)[2] == {"context input IL9 not in the network": 1}


@given(LEVELS, st.floats(0.01, 0.99), LEVELS, LEVELS)
@settings(max_examples=30, deadline=None)
def test_arms_hold_what_was_given(clamp: float, level: float, pin: float, scale: float) -> None:
    arm, _ = make_arm(NET, Context("c", {"OSM": level}, {"JAK1": clamp}), [], Perturbation("x", {"JAK1": scale}, {"STAT1": pin}))
    assert (at(arm.level, "OSM"), at(arm.pin, "JAK1"), at(arm.scale, "JAK1"), at(arm.pin, "STAT1")) == (level, clamp, scale, pin)
    assert np.isnan(at(arm.level, "JAK1")) and np.isnan(at(arm.pin, "OSM")) and at(arm.scale, "OSM") == 1


def test_inputs_of_a_context_reach_the_named_form_and_a_gene_without_a_node_all_of_them() -> None:
    arm, _ = make_arm(NET, Context("c", {"STAT1": 0.4}))
    assert at(arm.level, "STAT1") == 0.4 and np.isnan(at(arm.level, "STAT1_latent"))
    net = Network(NET.edges, NODES.assign(gene=["STAT", "STAT", "OSM", "JAK1"]))
    arm, lacking = make_arm(net, Context("c", {"STAT": 0.3}))
    assert at(arm.level, "STAT1", net) == at(arm.level, "STAT1_latent", net) == 0.3 and lacking == {}


# --- names -------------------------------------------------------------------------------------
def test_what_the_network_lacks_is_collected_from_both_arms() -> None:
    drug = Perturbation("drug", loads=(Load("drug", "JAK1", 9.0), Load("drug", "JAK3", 9.0)))
    other = Perturbation("other", loads=(Load("other", "JAK1", 1.0), Load("other", "IL7", 1.0)))
    _, treated, lacking = Condition(drug, Context("c", {"IL9": 0.5}, {"IL8": 0.0}), other).arms(NET)
    assert sorted(lacking) == [
        "context input IL8 not in the network",
        "context input IL9 not in the network",
        "target IL7 not in the network",
        "target JAK3 not in the network",
    ]
    assert at(treated.scale, "JAK1") == pytest.approx(1 / 11)


def test_contexts_by_name_by_value_and_none() -> None:
    own = Context("mine")
    assert as_context(own) is own and as_context(None) is None
    assert as_context("inflammatory").name == "inflammatory"  # type: ignore[union-attr]
    with pytest.raises(UnknownNameError, match="nowhere"):
        as_context("nowhere")


# --- many conditions ---------------------------------------------------------------------------
CONDITIONS = [
    Condition(knockout("N04"), Context("one", {"N02": 0.5})),
    Condition(inhibit("N03"), Context("one", {"N02": 0.5})),
    Condition(activate("N04"), Context("two", {"N05": 0.9}), activate("N06")),
    Condition(Context("two", {"N05": 0.9}), Context("one", {"N02": 0.5})),
]


@pytest.mark.parametrize("engine", ENGINES)
def test_conditions_come_in_order_and_do_not_depend_on_company(random_network: Callable, engine: str) -> None:
    net = random_network(4)
    together = list(simulate_effects(net, CONDITIONS, members=120, engine=engine))
    backwards = list(simulate_effects(net, CONDITIONS[::-1], members=120, engine=engine))[::-1]
    for condition, effects, again in zip(CONDITIONS, together, backwards, strict=True):
        alone = Trial.of(net, draw_ensemble(net, members=120), condition, engine).solve()
        for other in (alone, again):
            assert np.array_equal(other.perturbed, effects.perturbed) and np.array_equal(other.baseline, effects.baseline)
            assert np.array_equal(other.transcript_total, effects.transcript_total)
    assert together[0].baseline is together[1].baseline


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_workers_of_any_backend_give_the_same_bits(random_network: Callable, backend: str) -> None:
    """Members enough that joblib hands arrays to other processes as read-only memory maps."""

    def total(effects: Effects) -> np.ndarray:
        return effects.total

    net = random_network(4)
    plain = list(simulate_effects(net, CONDITIONS[:2], members=2000, reduce=total))
    with parallel_config(backend=backend, n_jobs=2):
        spread = list(simulate_effects(net, CONDITIONS[:2], members=2000, reduce=total))
    assert all(np.array_equal(one, other) for one, other in zip(plain, spread, strict=True))


def test_reduction_happens_to_each_condition_in_order(random_network: Callable) -> None:
    net = random_network(4)
    found = list(simulate_effects(net, CONDITIONS, members=5, reduce=lambda effects: effects.total.sum()))
    assert found == [effects.total.sum() for effects in simulate_effects(net, CONDITIONS, members=5)]
    assert len(set(found)) == len(CONDITIONS)


def test_a_drawn_ensemble_is_used_as_it_is_and_its_settings_count(random_network: Callable) -> None:
    net, chosen = random_network(4), EnsembleSettings(gain=2.0)
    ensemble = draw_ensemble(net, chosen, 30, seed=9)
    given = list(simulate_effects(net, CONDITIONS, members=7, seed=1, ensemble=ensemble))
    drawn = list(simulate_effects(net, CONDITIONS, chosen, members=30, seed=9))
    assert all(np.array_equal(one.perturbed, two.perturbed) for one, two in zip(given, drawn, strict=True))


def test_what_the_network_lacks_travels_with_the_effects() -> None:
    asked = [Condition(inhibit("JAK1"), Context("c", {"IL99": 0.5})), Condition(inhibit("JAK1"))]
    assert [effects.lacking for effects in simulate_effects(NET, asked, members=3)] == [{"context input IL99 not in the network": 1}, {}]


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_to_do_yields_nothing(engine: str) -> None:
    assert list(simulate_effects(NET, [], members=3, engine=engine)) == []


def test_the_unknown_engine_is_named_with_those_there_are() -> None:
    with pytest.raises(InputError, match="unknown engine 'boolean'; use one of logic, linear"):
        next(simulate_effects(NET, [Condition(inhibit("JAK1"))], engine="boolean"))


# --- one trial, repeated -----------------------------------------------------------------------
@pytest.mark.parametrize("engine", ENGINES)
def test_two_contexts_as_arms_are_their_own_baselines_and_turn_with_their_order(random_network: Callable, engine: str) -> None:
    net = random_network(1)
    ensemble, calm = draw_ensemble(net, members=20), Context("calm", {"N02": 0.2})
    inflamed = Context("inflamed", {"N05": 0.9}, {"N03": 0.6})
    forth, back = (Trial.of(net, ensemble, Condition(there, here)).solve() for there, here in ((inflamed, calm), (calm, inflamed)))
    one = forth.converged & ~forth.multistable & ~back.multistable
    assert one.sum() > 10
    assert np.allclose(forth.perturbed[one], back.baseline[one], rtol=0, atol=1e-7)
    assert np.allclose(forth.total[one], -back.total[one], rtol=0, atol=1e-7)
    assert np.abs(forth.total).max() > 0.1
    same = Trial.of(net, ensemble, Condition(inflamed, inflamed), engine).solve()
    assert not same.total.any() and not same.transcript_total.any()


@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_starting_near_and_computing_only_what_changed_gives_the_same(random_network: Callable, seed: int) -> None:
    net, rng = random_network(seed), np.random.default_rng(seed)
    keep = rng.random(net.n_edges) < 0.9
    trial = Trial.of(net, draw_ensemble(net, members=5, seed=seed), Condition(knockout("N04"), Context("c", {"N05": 0.8})))
    changed = np.zeros(net.n_nodes, bool)
    changed[net.arrays.target[~keep]] = True
    thinned, whole = trial.ensemble.thinned(keep), trial.solve()
    fresh = Trial.of(net.with_edges(keep), draw_ensemble(net.with_edges(keep), members=5, seed=seed), trial.condition).solve()
    unique = whole.converged & fresh.converged & ~whole.multistable & ~fresh.multistable
    for found in (trial.effects(thinned), trial.effects(thinned, whole), trial.effects(thinned, whole, changed)):
        assert found.converged[unique].all()
        for name in ("baseline", "perturbed", "transcript_baseline", "transcript_perturbed"):
            assert np.allclose(getattr(found, name)[unique], getattr(fresh, name)[unique], rtol=0, atol=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_effects_on_the_same_ensemble_are_those_of_the_solution(random_network: Callable, engine: str) -> None:
    net = random_network(7)
    trial = Trial.of(net, draw_ensemble(net, members=10), CONDITIONS[0], engine)
    whole = trial.solve()
    again = trial.effects()
    assert np.array_equal(again.perturbed, whole.perturbed) and np.array_equal(again.transcript_total, whole.transcript_total)
    near = trial.effects(near=whole, changed=np.zeros(net.n_nodes, bool))
    assert np.allclose(near.perturbed, whole.perturbed, rtol=0, atol=1e-8) and np.array_equal(near.baseline, whole.baseline)


def test_rewired_networks_are_simulated_one_by_one(random_network: Callable) -> None:
    net, rng = random_network(3), np.random.default_rng(0)
    trial = Trial.of(net, draw_ensemble(net, members=8), CONDITIONS[1])
    nodes = np.flatnonzero(trial.ensemble.transcribed)
    targets = [net.arrays.target, *(rng.permutation(net.arrays.target) for _ in range(3))]
    means = trial.null_means(np.array(targets), nodes)
    assert np.allclose(means[0], trial.solve().transcript_total[:, nodes].mean(axis=0), rtol=0, atol=1e-8)
    for row, target in zip(means, targets, strict=True):
        alone = Trial.of(net, trial.ensemble.rewired(target), trial.condition).effects()
        assert np.allclose(row, alone.transcript_total[:, nodes].mean(axis=0), rtol=0, atol=1e-9)
    assert not np.allclose(means[0], means[1])


def test_the_first_members_are_those_that_carry_weight(random_network: Callable) -> None:
    net = random_network(3)
    trial = Trial.of(net, draw_ensemble(net, members=6), CONDITIONS[1])
    weights = np.array([0.0, 0.2, 0.0, 0.2, 0.4, 0.2])
    first = trial.first(3, weights)
    assert np.allclose(first.shares, [0.25, 0.25, 0.5]) and np.allclose(trial.shares, 1 / 6)
    assert np.array_equal(first.solve().perturbed, trial.solve().perturbed[[1, 3, 4]])
    nodes = np.arange(net.n_nodes)
    assert np.allclose(first.mean_transcripts(nodes), [0.25, 0.25, 0.5] @ trial.solve().transcript_total[[1, 3, 4]], rtol=0, atol=1e-9)
