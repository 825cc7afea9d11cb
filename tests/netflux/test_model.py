from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st
from scipy.integrate import solve_ivp

from jaknet.errors import InputError, UnknownNameError
from jaknet.netflux.model import LogicModel, Reaction, Species, check_hill

ABC = (Species("A"), Species("B"), Species("C"))


def respond(level: float, **parameters: float) -> float:
    """Value of B when A => B and A is held by its input at a level."""
    model = LogicModel(ABC[:2], (Reaction("A", weight=level), Reaction("B", ("A",), (False,), **parameters)))
    return float(model.steady_state()["B"])


def test_hill_golden_values() -> None:
    """METHODS 1.1 (computed): B = 2.565 and K = 1.377 at n = 1.4, EC50 = 0.5."""
    height, half = 2.565, 1.377
    assert respond(0.3) == pytest.approx(height * 0.3**1.4 / (half**1.4 + 0.3**1.4), abs=2e-4)


@given(st.floats(0.5, 4), st.floats(0.05, 0.8), st.floats(0.1, 1))
@settings(max_examples=50, deadline=None)
def test_normalised_hill_passes_through_its_three_points(n: float, ec50: float, weight: float) -> None:
    if ec50**n >= 0.49:
        return
    assert respond(0.0, n=n, ec50=ec50, weight=weight) == 0
    assert respond(ec50, n=n, ec50=ec50, weight=weight) == pytest.approx(weight / 2, abs=1e-6)
    assert respond(1.0, n=n, ec50=ec50, weight=weight) == pytest.approx(weight, abs=1e-6)


@pytest.mark.parametrize(("n", "ec50"), [(1.4, 0.61), (1.0, 0.5), (0.0, 0.5), (1.4, 0.0), (1.4, 1.0), (float("nan"), 0.5), (-1.4, 0.5)])
def test_parameters_outside_the_hill_domain_raise(n: float, ec50: float) -> None:
    with pytest.raises(InputError, match="Hill domain"):
        check_hill(n, ec50)
    with pytest.raises(InputError, match="Hill domain"):
        Reaction("B", ("A",), (False,), n=n, ec50=ec50)


@given(st.floats(0.1, 6), st.floats(0.01, 0.99))
@settings(max_examples=100, deadline=None)
def test_the_hill_domain_is_where_its_threshold_is_real(n: float, ec50: float) -> None:
    with np.errstate(all="ignore"):
        power = np.float64(ec50) ** n
        height = (power - 1) / (2 * power - 1)
        real = bool(np.isfinite(height) and height > 1)
    if real:
        check_hill(n, ec50)
    else:
        with pytest.raises(InputError, match="Hill domain"):
            check_hill(n, ec50)


def test_gates_by_hand() -> None:
    inputs = (Reaction("A", weight=0.5), Reaction("B", weight=0.5))
    both = LogicModel(ABC, (*inputs, Reaction("C", ("A", "B"), (False, False), weight=0.8)))
    either = LogicModel(ABC, (*inputs, Reaction("C", ("A",), (False,)), Reaction("C", ("B",), (False,))))
    unless = LogicModel(ABC, (*inputs, Reaction("C", ("A", "B"), (False, True), weight=0.8)))
    assert both.steady_state()["C"] == pytest.approx(0.4 * 0.4 / 0.8)
    assert either.steady_state()["C"] == pytest.approx(0.75)
    assert unless.steady_state()["C"] == pytest.approx(0.4 * (0.8 - 0.4) / 0.8)


def test_inputs_and_ymax() -> None:
    model = LogicModel(ABC, (Reaction("A", weight=0.0), Reaction("B", weight=0.3), Reaction("C", ("A",), (False,))))
    assert model.steady_state(0.5).to_dict() == pytest.approx({"A": 0.5, "B": 0.3, "C": 0.5})
    assert model.steady_state({"B": 0.9})["B"] == pytest.approx(0.9)
    assert model.steady_state(0.5, ymax={"C": 0.1})["C"] == pytest.approx(0.05)
    for wrong in ({"inputs": {"C": 0.5}}, {"ymax": {"X": 0.5}}):
        with pytest.raises(UnknownNameError):
            model.steady_state(**wrong)
    with pytest.raises(InputError):
        model.steady_state(ymax={"A": -1.0})


def random_model(seed: int, size: int = 8) -> LogicModel:
    rng = np.random.default_rng(seed)
    species = tuple(Species(f"S{k}", float(rng.uniform(0, 1)), float(rng.uniform(0.5, 1)), float(rng.uniform(0.5, 3))) for k in range(size))
    reactions = [Reaction("S0", weight=0.6)]
    for _ in range(2 * size):
        count = int(rng.integers(1, 3))
        names = tuple(f"S{k}" for k in rng.permutation(size)[:count])
        flips = tuple(bool(rng.random() < 0.3) for _ in names)
        reactions.append(Reaction(f"S{rng.integers(size)}", names, flips, float(rng.uniform(0.3, 1)), float(rng.uniform(1.2, 3)), 0.45))
    return LogicModel(species, tuple(reactions))


@given(st.integers(0, 10**6))
@example(671)  # time constants decide which of its steady states is reached
@settings(max_examples=20, deadline=None)
@pytest.mark.filterwarnings("ignore:.*several steady states")
@pytest.mark.filterwarnings("ignore:.*does not come to rest")
def test_steady_state_is_where_the_ode_goes(seed: int) -> None:
    model = random_model(seed)
    state = model.steady_state()
    if not state.attrs["converged"] or state.attrs["multistable"]:
        return
    capacity, tau = (np.array([getattr(species, name) for species in model.species]) for name in ("ymax", "tau"))
    start = [species.initial for species in model.species]
    run = solve_ivp(lambda _, y: (model.target_values(y) * capacity - y) / tau, (0, 2000), start, method="LSODA", rtol=1e-10, atol=1e-12)
    assert np.allclose(state, run.y[:, -1], atol=1e-6)
    assert np.allclose(model.time_course([0.0, 2000.0]).iloc[-1], state, atol=1e-5)


def test_a_switch_is_called_multistable_and_a_clock_restless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jaknet.netflux._equations._LONGEST", 200.0)
    monkeypatch.setattr("jaknet.netflux._equations._ITERATIONS", 2000)
    steep = {"n": 5.0, "ec50": 0.5}
    switch = LogicModel(ABC[:2], (Reaction("A", ("B",), (False,), **steep), Reaction("B", ("A",), (False,), **steep)))
    with pytest.warns(UserWarning, match="several steady states"):
        assert switch.steady_state().to_dict() == {"A": 0, "B": 0}
    ring = [Species(f"S{k}", initial=0.1 * k) for k in range(5)]
    clock = LogicModel(tuple(ring), tuple(Reaction(f"S{(k + 1) % 5}", (f"S{k}",), (True,), n=9.0, ec50=0.5) for k in range(5)))
    with pytest.warns(UserWarning, match="does not come to rest"):
        assert not clock.steady_state().attrs["converged"]


def test_repeated_and_unknown_species_are_refused() -> None:
    with pytest.raises(InputError, match="repeated"):
        LogicModel((Species("A"), Species("A")), ())
    with pytest.raises(UnknownNameError, match="X"):
        LogicModel(ABC, (Reaction("A", ("X",), (False,)),))
    with pytest.raises(InputError, match="weight"):
        Reaction("A", weight=1.5)


def test_an_input_decays_or_rises_along_its_exponential() -> None:
    model = LogicModel((Species("A", 0.9, 1.0, 2.0), Species("B", 0.1, 0.5, 0.5)), (Reaction("A", weight=0.0), Reaction("B", weight=0.8)))
    times = [0.0, 0.3, 1.0, 5.0]
    course = model.time_course(times)
    assert list(course.columns) == ["A", "B"] and course.index.tolist() == times and course.index.name == "time"
    clock = np.array(times)
    assert np.allclose(course["A"], 0.9 * np.exp(-clock / 2.0), atol=1e-6)
    assert np.allclose(course["B"], 0.4 + (0.1 - 0.4) * np.exp(-clock / 0.5), atol=1e-6)


@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_order_of_species_and_reactions_changes_nothing(seed: int) -> None:
    model, rng = random_model(seed), np.random.default_rng(seed)
    mixed = LogicModel(
        tuple(model.species[place] for place in rng.permutation(len(model.species))),
        tuple(model.reactions[place] for place in rng.permutation(len(model.reactions))),
    )
    state = rng.random(len(model.species))
    place = [model.names.index(name) for name in mixed.names]
    assert np.allclose(mixed.target_values(state[place]), model.target_values(state)[place], atol=1e-12)


@given(st.integers(0, 10**6), st.floats(0.1, 10))
@settings(max_examples=10, deadline=None)
@pytest.mark.filterwarnings("ignore:.*several steady states")
@pytest.mark.filterwarnings("ignore:.*does not come to rest")
def test_time_constants_do_not_move_the_steady_state(seed: int, factor: float) -> None:
    model = random_model(seed)
    slow = LogicModel(tuple(replace(species, tau=species.tau * factor) for species in model.species), model.reactions)
    one, other = model.steady_state(), slow.steady_state()
    if one.attrs["converged"] and other.attrs["converged"]:
        assert np.allclose(one, other, atol=1e-6)


@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_targets_lie_between_zero_and_one(seed: int) -> None:
    values = random_model(seed).target_values(np.random.default_rng(seed).random(8))
    assert (values >= -1e-12).all() and (values <= 1 + 1e-12).all()


def test_three_reactants_share_one_weight() -> None:
    """AND of three at full activity is w, not w cubed; each half-active reactant halves it."""
    names = tuple(Species(name) for name in "ABCX")
    for levels, expected in (((1, 1, 1), 0.6), ((0.5, 1, 1), 0.3), ((0.5, 0.5, 0.5), 0.075)):
        inputs = [Reaction(name, weight=level) for name, level in zip("ABC", levels, strict=True)]
        model = LogicModel(names, (*inputs, Reaction("X", ("A", "B", "C"), (False,) * 3, 0.6)))
        assert model.steady_state()["X"] == pytest.approx(expected, abs=1e-6)


def test_activity_above_capacity_and_below_zero_saturates() -> None:
    model = LogicModel(ABC[:2], (Reaction("B", ("A",), (False,)),))
    assert model.target_values(np.array([3.0, 0.0]))[1] == 1.0
    assert model.target_values(np.array([-0.5, 0.0]))[1] == 0.0


def test_capacity_is_a_factor_on_what_the_model_has() -> None:
    model = LogicModel((Species("A", ymax=0.8), Species("B")), (Reaction("A", weight=0.5), Reaction("B", weight=0.5)))
    assert model.steady_state(ymax={"A": 0.25}).to_dict() == pytest.approx({"A": 0.1, "B": 0.5})
    assert model.steady_state(ymax={"A": 0.0})["A"] == 0
    assert model.steady_state(ymax={"A": 2.0})["A"] == pytest.approx(0.8)
    assert model.time_course([50.0], ymax={"A": 0.25})["A"].item() == pytest.approx(0.1, abs=1e-6)


def test_a_number_sets_silent_inputs_alone_and_a_mapping_the_named_ones() -> None:
    model = LogicModel(ABC, (Reaction("A", weight=0.0), Reaction("B", weight=0.3), Reaction("C", ("A",), (False,))))
    assert model.inputs == {"A": 0.0, "B": 0.3}
    assert model.with_inputs(1).inputs == {"A": 1, "B": 0.3}
    assert model.with_inputs({"A": 0.2, "B": 0.0}).inputs == {"A": 0.2, "B": 0.0}
    assert model.with_inputs(None) is model
    assert model.with_inputs(0.7).reactions[2] is model.reactions[2]
    with pytest.raises(UnknownNameError, match=r"unknown input: C; species with an input reaction: A, B"):
        model.with_inputs({"C": 0.5})
    with pytest.raises(InputError, match=r"weight 1\.5 of => A is outside \[0, 1\]"):
        model.with_inputs(1.5)


def test_state_is_a_named_series_with_its_verdict() -> None:
    model = LogicModel(ABC[:1], (Reaction("A", weight=0.4),), name="tiny")
    state = model.steady_state()
    assert (state.name, state.index.name) == ("steady_state", "species")
    assert state.attrs == {"converged": True, "multistable": False}
    assert model.names == ("A",)


def test_a_species_without_reactions_falls_to_zero() -> None:
    model = LogicModel((Species("A", initial=1.0), Species("B")), (Reaction("B", weight=0.2),))
    assert model.steady_state()["A"] == pytest.approx(0, abs=1e-9)


def test_reactions_are_written_as_rules() -> None:
    assert str(Reaction("C", ("A", "B"), (False, True))) == "A & !B => C"
    assert str(Reaction("A", weight=0.1)) == "=> A"


def test_of_two_states_the_one_near_the_start_is_returned_with_the_name_of_the_model() -> None:
    """Two mutual inhibitors: who is ahead stays ahead, and the second start ends elsewhere."""
    steep = {"n": 5.0, "ec50": 0.5}
    pair = (Reaction("A", weight=1.0), Reaction("A", ("B",), (False,), **steep), Reaction("B", ("A",), (False,), **steep))
    one = LogicModel((Species("A"), Species("B")), pair[1:], "toggle")
    with pytest.warns(UserWarning, match="toggle has several steady states; the one reached from the initial values is returned"):
        state = one.steady_state()
    assert state.attrs == {"converged": True, "multistable": True} and state["A"] == 0
    # An input settles the question.
    assert LogicModel(one.species, pair).steady_state().to_dict() == pytest.approx({"A": 1.0, "B": 1.0})


@pytest.mark.parametrize(("ymax", "words"), [({"A": -0.5}, "not be negative: A=-0.5"), ({"A": float("nan")}, "A=nan"), ({"Q": 1.0}, "Q")])
def test_unfit_capacities_are_named(ymax: dict[str, float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        LogicModel(ABC, (Reaction("A", weight=0.5),)).steady_state(ymax=ymax)


@pytest.mark.parametrize("times", [[], [1.0, 1.0], [2.0, 1.0], [-1.0, 1.0], [0.0, float("nan")], [0.0, float("inf")]])
def test_times_that_do_not_increase_are_refused(times: list[float]) -> None:
    with pytest.raises(InputError, match=r"of tiny: give finite times that increase from 0 or later"):
        LogicModel(ABC[:1], (Reaction("A", weight=0.4),), "tiny").time_course(times)


def test_the_course_may_be_its_start_alone() -> None:
    assert LogicModel((Species("A", initial=0.3),), (Reaction("A"),)).time_course([0.0]).values.tolist() == [[0.3]]


@pytest.mark.parametrize("wrong", [{"initial": -0.1}, {"ymax": -1.0}, {"tau": 0.0}, {"tau": float("nan")}])
def test_species_that_could_not_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=r"of A; need Yinit >= 0, Ymax >= 0, tau > 0"):
        Species("A", **wrong)


def test_a_level_may_be_a_number_of_numpy() -> None:
    model = LogicModel(ABC[:1], (Reaction("A", weight=0.0),))
    assert model.with_inputs(np.int64(1)).inputs == model.with_inputs(np.float32(1)).inputs == {"A": 1.0}


def test_running_a_model_leaves_it_as_it_was() -> None:
    model = LogicModel((Species("A", initial=0.2),), (Reaction("A", weight=0.0),))
    assert model.steady_state(0.9)["A"] == pytest.approx(0.9)
    assert model.inputs == {"A": 0.0} and model.time_course([0.0])["A"].item() == 0.2
