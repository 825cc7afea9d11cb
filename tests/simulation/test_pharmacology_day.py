"""A dosing day."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy.integrate import solve_ivp

from jaknet.errors import InputError
from jaknet.simulation.drugs import Drug, Target
from jaknet.simulation.library import load_drug
from jaknet.simulation.pharmacology import concentration_course, dosing_day


def _drug(half_life: float = 3.0, tmax: float = 1.0, quantity: str = "Cavg", regimen: str = "5 mg BID", unbound: float = 0.5) -> Drug:
    rows = pd.DataFrame({"regimen": [regimen], "quantity": [quantity], "value_nM": ["60"], "low_nM": "", "high_nM": ""})
    return Drug("demo", (Target("JAK1", 10.0),), rows, unbound=unbound, half_life_h=half_life, tmax_h=tmax)


@given(st.floats(1.5, 40.0), st.floats(0.2, 1.5), st.sampled_from(["5 mg BID", "5 mg QD"]))
@settings(max_examples=30, deadline=None)
def test_average_and_peak_are_where_they_should_be(half_life: float, tmax: float, regimen: str) -> None:
    hours = np.linspace(0, 24, 4801)
    course = concentration_course(_drug(half_life, tmax, regimen=regimen), regimen, hours)
    total = course["total_nM"].to_numpy()
    assert np.trapezoid(total, hours) / 24 == pytest.approx(60.0, rel=2e-3)
    first = hours < (12 if "BID" in regimen else 24)
    assert hours[first][total[first].argmax()] == pytest.approx(tmax, abs=0.011)
    assert total[0] == pytest.approx(total[-1], rel=1e-6) and (course["free_nM"] == total * 0.5).all()
    assert course.attrs["Cavg"] == pytest.approx((60.0, 60.0))


def test_the_course_is_that_of_repeated_doses() -> None:
    """Ten days of a dose every 12 h through first-order absorption and elimination, integrated."""
    drug = _drug(4.0, 1.5)
    course = concentration_course(drug, "5 mg BID", np.arange(12.0))["total_nM"].to_numpy()
    k = np.log(2) / 4.0

    def peak(ka: float) -> float:
        return float(np.log(ka * -np.expm1(-k * 12) / (k * -np.expm1(-ka * 12))) / (ka - k))

    grid = np.geomspace(k * 1.001, 50, 200_000)
    ka = grid[np.abs(np.array([peak(one) for one in grid[::50]]) - 1.5).argmin() * 50]
    state, times = np.zeros(2), np.arange(12.0)
    for _ in range(20):
        run = solve_ivp(
            lambda _, y: [-ka * y[0], ka * y[0] - k * y[1]], (0, 12), state + [1, 0], t_eval=[*times, 12.0], rtol=1e-9, atol=1e-12
        )
        state = run.y[:, -1]
    assert np.allclose(course / course.mean(), run.y[1, :-1] / run.y[1, :-1].mean(), rtol=2e-3)


def test_a_regimen_without_an_average_is_scaled_to_its_peak() -> None:
    course = concentration_course(_drug(quantity="Cmax"), "5 mg BID", np.linspace(0, 12, 1201))
    assert course["total_nM"].max() == pytest.approx(60.0, rel=1e-4) and course.attrs["scaled_to"] == "Cmax"


@pytest.mark.parametrize(
    ("drug", "regimen", "message"),
    [
        (_drug(), "9 mg BID", "Known: 5 mg BID"),
        (_drug(regimen="5 mg once"), "5 mg once", "Known: none"),
        (_drug(half_life=float("nan")), "5 mg BID", "no half_life_h of demo was seen"),
        (_drug(quantity="Ctrough"), "5 mg BID", "neither Cavg nor Cmax"),
        (_drug(half_life=0.5, tmax=6.0), "5 mg BID", "does not fit a half-life"),
    ],
)
def test_what_cannot_be_drawn_is_said(drug: Drug, regimen: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        concentration_course(drug, regimen)


def test_inhibition_follows_the_free_concentration_hour_by_hour() -> None:
    found = dosing_day(_drug(), "5 mg BID", members=20)
    part = found[found["receptor"] == "gp130_JAK1"]
    assert part["hour"].tolist() == list(range(25))
    assert part["inhibition"].to_numpy() == pytest.approx(part["free_nM"].to_numpy() / (part["free_nM"].to_numpy() + 10))
    day = found.attrs["day"].set_index("receptor").loc["gp130_JAK1"]
    assert day["mean_inhibition"] == pytest.approx(part["inhibition"].iloc[:-1].mean())
    fine = concentration_course(_drug(), "5 mg BID")["free_nM"].iloc[:-1]
    assert day["hours_above_ic50"] == pytest.approx(24 * (fine > 10).mean(), abs=0.26)
    with pytest.raises(InputError, match="no unbound fraction"):
        dosing_day(_drug(unbound=float("nan")), "5 mg BID")


def test_a_covalent_binder_gets_its_concentration_and_no_inhibition_by_the_hour() -> None:
    assert concentration_course("ritlecitinib", "50 mg QD")["free_nM"].max() > 500
    with pytest.raises(InputError, match="ritlecitinib binds covalently: its inhibition outlasts its concentration"):
        dosing_day("ritlecitinib", "50 mg QD")


@pytest.mark.parametrize(
    ("name", "regimen"),
    [
        ("tofacitinib", "5 mg BID"),
        ("baricitinib", "4 mg QD"),
        ("upadacitinib", "15 mg QD"),
        ("momelotinib", "200 mg QD"),
        ("ruxolitinib", "20 mg BID"),
    ],
)
def test_peaks_that_were_measured_are_met_within_a_third(name: str, regimen: str) -> None:
    """The course knows Cavg, half-life and time to the peak; the height of the peak is for it to predict."""
    course = concentration_course(load_drug(name), regimen)
    seen, here = course.attrs["Cmax"]
    assert course.attrs["scaled_to"] == "Cavg" and 2 / 3 < here / seen < 1.5
