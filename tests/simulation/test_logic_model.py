from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from jaknet.errors import InputError, UnknownNameError
from jaknet.simulation.logic_model import LogicModel, Reaction, Species
from jaknet.simulation.settings import check_hill

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


def test_a_switch_is_called_multistable_and_a_clock_restless() -> None:
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
