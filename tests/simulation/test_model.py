"""Both arms in every member: closed forms on tiny networks, complexes, feedback, more than one state, none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from joblib import parallel_config
from scipy.optimize import brentq
from scipy.special import expit, logit

from jaknet.errors import InputError
from jaknet.network.network import Network
from jaknet.simulation.ensemble import draw_ensemble
from jaknet.simulation.model import Effects, changed_nodes, member_weights, perturbed_effects, solve_baseline
from jaknet.simulation.perturbations import Context, Perturbation, activate, inhibit, knockout
from jaknet.simulation.settings import EnsembleSettings
from jaknet.simulation.trial import Condition, Trial, make_arm

SEEDS = st.integers(0, 10**6)


def both(net: Network, chosen: EnsembleSettings | None, done: object, context: Context | None = None, engine: str = "logic",
         background: Perturbation | None = None, members: int = 1, seed: int = 0) -> Effects:  # fmt: skip
    return Trial.of(net, draw_ensemble(net, chosen, members, seed), Condition(done, context, background), engine).solve()


def at(net: Network, states: np.ndarray, *names: str) -> list[float]:
    return [float(states[0, net.index[name]]) for name in names]


# --- what is done to a node --------------------------------------------------------------------
@given(SEEDS)
@settings(max_examples=15, deadline=None)
def test_without_inputs_the_cell_is_in_its_reference_state(random_network: Callable, seed: int) -> None:
    net = random_network(seed)
    ensemble = draw_ensemble(net, members=5, seed=seed)
    base = solve_baseline(ensemble, make_arm(net, None)[0])
    assert np.allclose(base.states, ensemble.resting, rtol=0, atol=1e-12)
    assert np.abs(base.transcripts).max() < 1e-11


@given(st.floats(0.001, 0.999), st.floats(0.01, 0.99), SEEDS)
@settings(max_examples=30, deadline=None)
def test_an_input_alone_brings_a_node_to_its_level_whatever_its_reference(certain: Callable, level: float, basal: float, seed: int) -> None:
    net = certain(("A", 1, "B"), A=basal)
    base = solve_baseline(draw_ensemble(net, members=6, seed=seed), make_arm(net, Context("c", {"A": level}))[0])
    assert np.allclose(base.states[:, 0], level, rtol=1e-12, atol=0)


def test_a_regulated_node_by_hand(certain: Callable, fixed: Callable) -> None:
    """Weight 1, gain 3: logit .2 + 3 (.05 - .5) - 3 (.9 - .4), and with an input logit .7 in place of logit .2."""
    net = certain(("A", 1, "X"), ("B", -1, "X"), A=0.5, B=0.4, X=0.2)
    before = expit(logit(0.2) - 3 * (0.9 - 0.4))
    found = both(net, fixed(), inhibit("A"), background=activate("B", 0.9))
    assert at(net, found.baseline, "A", "B", "X") == pytest.approx([0.5, 0.9, before], abs=1e-12)
    assert at(net, found.perturbed, "A", "B", "X") == pytest.approx([0.05, 0.9, expit(logit(before) - 3 * 0.45)], abs=1e-12)
    driven = both(net, fixed(), inhibit("A"), Context("c", {"X": 0.7}))
    assert at(net, driven.perturbed, "X") == pytest.approx([expit(logit(0.7) - 3 * 0.45)], abs=1e-12)


def test_transcription_moves_the_activity_by_its_share(certain: Callable, fixed: Callable) -> None:
    net = certain(("A", 1, "X", "transcription"), A=0.5, X=0.2)
    found = both(net, fixed(synthesis=0.4, fold_change=2.0), knockout("A"))
    assert at(net, found.perturbed, "X") == pytest.approx([expit(logit(0.2) - 3 * 0.4 * 0.5)], abs=1e-12)
    assert at(net, found.transcript_total, "X") == pytest.approx([-2.0 / np.log(2) * 3 * 0.4 * 0.5], abs=1e-12)


@pytest.mark.parametrize("engine", ["logic", "linear"])
def test_held_nodes_ignore_their_regulators_and_lose_with_their_capacity(certain: Callable, fixed: Callable, engine: str) -> None:
    net = certain(("A", 1, "B"), ("B", 1, "A"), A=0.3, B=0.3)
    held = both(net, fixed(), activate("B", 0.8), engine=engine)
    assert at(net, held.perturbed, "B") == pytest.approx([0.8], abs=1e-15)
    less = both(net, fixed(), inhibit("B", 0.75), engine=engine, background=activate("B", 0.8))
    assert at(net, less.perturbed, "B") == pytest.approx([0.2], abs=1e-15)
    clamped = both(net, fixed(), inhibit("B", 0.75), Context("c", clamps={"B": 0.8}), engine)
    assert at(net, clamped.baseline, "B") == pytest.approx([0.8], abs=1e-15)
    assert at(net, clamped.perturbed, "B") == pytest.approx([0.2], abs=1e-15)


@given(st.floats(0, 1), SEEDS)
@settings(max_examples=20, deadline=None)
def test_inhibition_scales_capacity(certain: Callable, fraction: float, seed: int) -> None:
    net = certain(("A", 1, "B"), ("B", 1, "C"), A=0.6)
    for engine in ("logic", "linear"):
        found = both(net, None, inhibit("B", fraction), Context("c", {"A": 0.9}), engine, members=4, seed=seed)
        assert np.allclose(found.perturbed[:, 1], (1 - fraction) * found.baseline[:, 1], rtol=0, atol=1e-9)


# --- complexes ---------------------------------------------------------------------------------
PARTS = ("P1", "P2", "P3", "P4")
LEVEL = st.floats(0, 1)


def complex_of_four(certain: Callable[..., Network], **basal: float) -> Network:
    return certain(*((part, 1, "WHOLE", "part_of") for part in PARTS), ("R", -1, "WHOLE"), **{"WHOLE": 0.75} | basal)


@given(st.tuples(LEVEL, LEVEL, LEVEL, LEVEL), LEVEL, st.lists(st.floats(0.05, 0.95), min_size=5, max_size=5))
@settings(max_examples=40, deadline=None)
def test_a_complex_multiplies_the_odds_of_its_parts(
    certain: Callable, fixed: Callable, levels: tuple[float, ...], regulator: float, rest: list[float]
) -> None:
    net = complex_of_four(certain, **dict(zip((*PARTS, "R"), rest, strict=True)))
    pins = dict(zip((*PARTS, "R"), (*levels, regulator), strict=True))
    found = both(net, fixed(), Perturbation("all", pin=pins))
    odds = 3.0 * np.prod([(pins[part] + 0.01) / (own + 0.01) for part, own in zip(PARTS, rest, strict=False)])
    odds *= np.exp(-3 * (regulator - rest[4]))
    assert at(net, found.perturbed, "WHOLE") == pytest.approx([odds / (1 + odds)], abs=1e-12)
    assert at(net, found.baseline, "WHOLE") == pytest.approx([0.75], abs=1e-14)


def test_a_part_at_a_tenth_takes_a_complex_to_a_quarter(certain: Callable, fixed: Callable) -> None:
    net = complex_of_four(certain, P1=0.75, P2=0.75, P3=0.05, P4=0.3)
    found = both(net, fixed(), inhibit("P1", 0.9))
    assert at(net, found.perturbed, "WHOLE") == pytest.approx([0.25], abs=0.01)


@given(st.tuples(LEVEL, LEVEL, LEVEL))
@settings(max_examples=30, deadline=None)
def test_other_parts_do_not_make_good_a_missing_one(certain: Callable, fixed: Callable, others: tuple[float, float, float]) -> None:
    net = complex_of_four(certain, **dict.fromkeys(PARTS, 0.75))
    pins = dict(zip(PARTS, (0.0, *others), strict=True))
    assert at(net, both(net, fixed(), Perturbation("one lost", pin=pins)).perturbed, "WHOLE")[0] < 0.1


def test_the_capacity_of_a_complex_is_capped_once(certain: Callable, fixed: Callable) -> None:
    net = complex_of_four(certain)
    found = both(net, fixed(), inhibit("WHOLE", 0.6))
    assert at(net, found.perturbed, "WHOLE") == pytest.approx([0.3], abs=1e-12)


# --- feedback ----------------------------------------------------------------------------------
LAYERS = ("signaling", "transcription")


@given(
    st.lists(st.tuples(st.sampled_from([1, -1]), st.sampled_from(LAYERS), st.floats(0.05, 0.9)), min_size=2, max_size=6),
    st.floats(0, 0.95),
    st.floats(0.5, 6),
    SEEDS,
)
@settings(max_examples=30, deadline=None)
def test_negative_feedback_damps_and_never_turns_an_effect(certain: Callable, chain: list, left: float, gain: float, seed: int) -> None:
    """Around a negative loop, a target left with the share s of its capacity comes to rest between s a and a."""
    names = [f"R{place}" for place in range(len(chain))]
    closing = -1 if np.prod([sign for sign, _, _ in chain[:-1]]) > 0 else 1
    edges = [(a, sign, b, layer) for a, b, (sign, layer, _) in zip(names, names[1:], chain, strict=False)]
    basal = dict(zip(names, (own for _, _, own in chain), strict=True))
    done, chosen = inhibit("R0", 1 - left), EnsembleSettings(gain=gain)
    for engine in ("logic", "linear"):
        closed = both(certain(*edges, (names[-1], closing, "R0"), **basal), chosen, done, engine=engine, members=5, seed=seed)
        still = closed.converged
        opened = both(certain(*edges, **basal), chosen, done, engine=engine, members=5, seed=seed)
        reached = np.cumprod([1, *(sign for sign, _, _ in chain[:-1])])
        with_feedback, without = (effects.total[still] * reached for effects in (closed, opened))
        assert (without <= 1e-12).all() and (with_feedback <= 1e-7).all()
        assert (with_feedback >= without - 1e-7).all()


def test_a_damped_loop_meets_its_fixed_point(certain: Callable, fixed: Callable) -> None:
    net = certain(("JAK", 1, "SOCS"), ("SOCS", -1, "JAK"), JAK=0.5, SOCS=0.2)

    def socs(jak: float) -> float:
        return expit(logit(0.2) + 3 * (jak - 0.5))

    jak = brentq(lambda y: 0.3 * expit(-3 * (socs(y) - 0.2)) - y, 0, 1)
    found = both(net, fixed(), inhibit("JAK", 0.7))
    assert at(net, found.perturbed, "JAK", "SOCS") == pytest.approx([jak, socs(jak)], abs=1e-8)
    assert 0.15 < jak < 0.5
    linear = both(net, fixed(), inhibit("JAK", 0.7), engine="linear")
    change = -0.35 / (1 + 0.3 * 0.25 * 3 * 0.16 * 3)
    assert at(net, linear.total, "JAK", "SOCS") == pytest.approx([change, change * 0.48], abs=1e-9)


def test_another_start_that_leads_elsewhere_is_flagged(certain: Callable, fixed: Callable) -> None:
    """A toggle switch: the first start, the reference state, is kept for the arm, and the second leaves it."""
    net = certain(("A", -1, "B"), ("B", -1, "A"), A=0.5, B=0.5)
    switch = draw_ensemble(net, fixed(gain=8.0), 3)
    for context, several in ((None, True), (Context("pushed", {"A": 0.6}), True), (Context("held", clamps={"A": 0.8}), False)):
        base = solve_baseline(switch, make_arm(net, context)[0])
        assert (base.multistable == several).all() and base.converged.all()
    # Below a gain of 4 the switch has one state.
    assert not solve_baseline(draw_ensemble(net, fixed(gain=3.5), 3), make_arm(net, None)[0]).multistable.any()
    weak = both(net, fixed(gain=8.0), inhibit("A", 0.05), Context("pushed", {"A": 0.6}), members=3)
    assert weak.multistable.all() and weak.converged.all()
    assert (weak.perturbed[:, 0] > 0.7).all(), "continues from the baseline state, not from the other one"
    assert not solve_baseline(switch, make_arm(net, None)[0], starts=1).multistable.any()


def ring_of_five(certain: Callable[..., Network]) -> Network:
    names = [f"R{place}" for place in range(5)]
    return certain(*((a, -1, b) for a, b in zip(names, names[1:] + names[:1], strict=True)), **dict.fromkeys(names, 0.5))


def test_a_clock_never_rests_and_stops_when_it_is_cut(certain: Callable, fixed: Callable) -> None:
    net = ring_of_five(certain)
    for done in (inhibit("R1", 0.05), knockout("R1")):
        assert not both(net, fixed(gain=12.0), done, members=3).converged.any()
    cut = both(net, fixed(gain=12.0), inhibit("R2", 0.5), Context("cut", clamps={"R0": 0.5}), members=3)
    assert cut.converged.all()


@pytest.mark.parametrize("turned", [False, True])
def test_trouble_in_either_arm_is_trouble(certain: Callable, fixed: Callable, turned: bool) -> None:
    """A switch and a clock, free in one arm and held in the other."""
    clock, switch = ring_of_five(certain), certain(("A", -1, "B"), ("B", -1, "A"), A=0.5, B=0.5)
    for net, held, gain, converged, multistable in ((clock, "R0", 12.0, False, None), (switch, "A", 8.0, True, True)):
        arms = [Context("free"), Context("held", clamps={held: 0.8})]
        control, treated = arms[::-1] if turned else arms
        found = both(net, fixed(gain=gain), treated, control, members=2)
        assert (found.converged == converged).all() and (multistable is None or (found.multistable == multistable).all())
        assert both(net, fixed(gain=gain), arms[1], arms[1], members=2).converged.all()


def test_only_members_at_rest_carry_weight(certain: Callable) -> None:
    """Strengths around the threshold of 4.94: some members oscillate, and they are those beyond it."""
    net = ring_of_five(certain)
    ensemble = draw_ensemble(net, EnsembleSettings(gain=5.0, strength=(0.5, 2.0), basal_spread=0.0), 60)
    rests = solve_baseline(ensemble, make_arm(net, None)[0]).converged
    power = np.abs(ensemble.parameters.strength).prod(axis=1) ** 0.2
    assert rests[power < 4.2].all() and not rests[power > 5.6].any() and 5 < rests.sum() < 55
    weights = member_weights(rests)
    assert weights.sum() == pytest.approx(1) and np.array_equal(weights > 0, rests) and np.ptp(weights[rests]) == 0
    with pytest.raises(InputError, match=r"none of 2 members comes to rest\. Lower the gain"):
        member_weights(np.zeros(2, bool))


# --- both arms ---------------------------------------------------------------------------------
@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_the_linear_engine_follows_the_dense_tangent_of_the_baseline(random_network: Callable, definition: Callable, seed: int) -> None:
    net = random_network(seed)
    context, done = Context("c", {"N03": 0.7, "N05": 0.2}, {"N07": 0.4}), inhibit("N04", 0.9) + activate("N06", 0.8) + inhibit("N00", 0.5)
    ensemble = draw_ensemble(net, members=3, seed=seed)
    trial = Trial.of(net, ensemble, Condition(done, context), "linear")
    found = trial.solve()
    for member in np.flatnonzero(found.converged):
        model = definition(net, ensemble, member)
        dense = model.tangent(trial.control, trial.treated, found.baseline[member])
        assert np.allclose(found.perturbed[member], dense, rtol=1e-6, atol=1e-6)
        expected = model.fold_changes(dense) - model.fold_changes(found.baseline[member])
        assert np.allclose(found.transcript_total[member], expected, rtol=1e-5, atol=1e-5)


@given(SEEDS, st.sampled_from(["N00", "N03", "N08"]))
@settings(max_examples=20, deadline=None)
def test_the_engines_agree_as_an_inhibition_vanishes(random_network: Callable, seed: int, node: str) -> None:
    """Their difference falls with the square of the inhibited fraction."""
    net, context = random_network(seed), Context("c", {"N03": 0.7})
    apart = []
    for fraction in (0.02, 0.01):
        one, two = (both(net, None, inhibit(node, fraction), context, engine, members=3, seed=seed) for engine in ("logic", "linear"))
        mild = one.converged & ~one.multistable & (np.abs(two.total).max(axis=1) < 3 * fraction)
        assert np.abs((one.total - two.total)[mild]).max(initial=0) < 50 * fraction**2
        apart.append(np.abs((one.total - two.total)[mild]).max(initial=0))
    assert apart[1] <= 0.5 * apart[0] + 1e-7


@pytest.mark.parametrize("engine", ["logic", "linear"])
@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_a_change_never_leaves_its_reach_and_a_null_change_does_nothing(random_network: Callable, engine: str, seed: int) -> None:
    net = random_network(seed, edges=14)
    start = net.names[seed % net.n_nodes]
    found, same = (both(net, None, done, engine=engine, members=3, seed=seed) for done in (knockout(start), inhibit(start, 0.0)))
    step = np.eye(net.n_nodes)
    step[net.arrays.source, net.arrays.target] = True
    reached = np.linalg.matrix_power(step, net.n_nodes)[net.index[start]] > 0
    assert (found.total[:, ~reached] == 0).all() and (found.transcript_total[:, ~reached] == 0).all()
    assert (found.perturbed[:, net.index[start]] == 0).all()
    assert (same.total == 0).all() and (same.transcript_total == 0).all()


def test_states_stay_within_the_unit_interval_and_the_capacity(random_network: Callable) -> None:
    found = both(random_network(4), None, inhibit("N03", 0.7), Context("c", {"N02": 0.99}), members=60)
    for states in (found.baseline, found.perturbed):
        assert (states > 0).all() and (states < 1).all()
    assert (found.perturbed[:, 3] <= 0.3).all()
    assert np.array_equal(found.total, found.perturbed - found.baseline)
    assert np.array_equal(found.transcript_total, found.transcript_perturbed - found.transcript_baseline)


def test_every_kind_of_change_is_seen_and_equal_ones_are_none(certain: Callable) -> None:
    net = certain(("A", 1, "B"), ("B", 1, "C"), ("C", 1, "D"))
    context = Context("c", {"D": 0.5}, {"C": 0.5})
    plain, _ = make_arm(net, context)
    for done, names in (
        (inhibit("A"), ["A"]),
        (activate("B"), ["B"]),
        (Perturbation("same", pin={"C": 0.5}), []),
        (Perturbation("full", scale={"A": 1.0}), []),
        (activate("C", 0.6), ["C"]),
    ):
        treated, _ = make_arm(net, context, perturbation=done)
        assert [net.names[place] for place in np.flatnonzero(changed_nodes(plain, treated))] == names
    for other, names in ((Context("c", {"D": 0.6}, {"C": 0.5}), ["D"]), (Context("c", {"A": 0.5}), ["A", "C", "D"])):
        assert [net.names[place] for place in np.flatnonzero(changed_nodes(plain, make_arm(net, other)[0]))] == names


@pytest.mark.parametrize("engine", ["logic", "linear"])
def test_blocks_and_threads_change_no_bit(random_network: Callable, engine: str) -> None:
    net = random_network(8, nodes=20, edges=50)
    ensemble, condition = draw_ensemble(net, members=350), Condition(knockout("N05"), Context("c", {"N04": 0.8}))
    found = []
    for count in (1, 2, 3):
        with parallel_config(n_jobs=count):
            found.append(Trial.of(net, ensemble, condition, engine).solve())
    rows = np.array([3, 200, 349])
    few = Trial.of(net, ensemble.subset(rows), condition, engine).solve()
    for name in ("baseline", "perturbed", "transcript_baseline", "transcript_perturbed", "converged", "multistable"):
        assert np.array_equal(getattr(found[0], name), getattr(found[1], name))
        assert np.array_equal(getattr(found[0], name), getattr(found[2], name))
        assert np.array_equal(getattr(few, name), getattr(found[0], name)[rows])


def test_one_start_gives_the_same_states_as_two(random_network: Callable) -> None:
    net = random_network(2)
    ensemble = draw_ensemble(net, members=20)
    control, treated = (make_arm(net, None, perturbation=done)[0] for done in (None, knockout("N04")))
    one, two = (perturbed_effects(ensemble, solve_baseline(ensemble, control, starts), treated, starts=starts) for starts in (1, 2))
    assert np.array_equal(one.perturbed, two.perturbed) and (one.converged >= two.converged).all()
