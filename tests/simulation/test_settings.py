from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaknet.errors import InputError
from jaknet.simulation.settings import EnsembleSettings


@pytest.mark.parametrize(
    "wrong",
    [
        {"gate": "and"},
        {"keep": (0.8, 0.5)},
        {"keep": (1.2, 0.5, 0.5)},
        {"flip": (0.0, 0.1, -0.1)},
        {"weight": (0.5, 1.5)},
        {"weight": (0.9, 0.5)},
        {"basal": (0.0, 0.1)},
        {"tau": (-1.0, 1.0)},
        {"gain": 0.0},
        {"crowding": -0.5},
        {"radius": 1.0},
        {"margin": -0.1},
        {"none_above": 1.5},
        {"hill": (1.4, 3.0), "ec50": (0.3, 0.61)},
        {"hill": (1.0, 3.0), "ec50": (0.3, 0.5)},
    ],
)
def test_unfit_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        EnsembleSettings(**wrong)


def test_settings_are_plain_values_for_a_manifest() -> None:
    assert EnsembleSettings(**EnsembleSettings(gate="or_and_not").to_dict()) == EnsembleSettings(gate="or_and_not")


def test_settings_can_be_keys() -> None:
    assert len({EnsembleSettings(), EnsembleSettings(), EnsembleSettings(gain=3.0)}) == 2


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"gate": "and"}, "unknown gate 'and'; use one of balance, or_and_not"),
        ({"keep": (0.8, 0.5)}, r"keep \(0\.8, 0\.5\) and flip .* need one probability each for A, B, C and reported, majority, default"),
        ({"basal": (0.2, 0.1)}, r"range basal = \(0\.2, 0\.1\) is empty or not positive. Give \(low, high\) with 0 < low <= high"),
        ({"weight": (0.5, 1.5)}, r"weight \(0\.5, 1\.5\) exceeds 1. Raise gain instead"),
        ({"margin": float("nan")}, "margin not negative"),
        ({"none_above": -0.1}, r"none_above in \[0, 1\]"),
        ({"radius": 0.0}, "radius below 1"),
    ],
)
def test_each_unfit_setting_is_named_with_what_fits(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        EnsembleSettings(**wrong)


@pytest.mark.parametrize(
    "edge",
    [
        {"keep": (0, 1, 0)},
        {"flip": (1, 1, 1)},
        {"weight": (1.0, 1.0)},
        {"crowding": 0.0},
        {"margin": 0.0},
        {"none_above": 0.0},
        {"none_above": 1.0},
        {"tau": (3.0, 3.0)},
    ],
)
def test_the_ends_of_each_range_are_allowed(edge: dict[str, object]) -> None:
    (name, value) = next(iter(edge.items()))
    assert getattr(EnsembleSettings(**edge), name) == value


@given(st.floats(0.5, 5), st.floats(0.5, 5), st.floats(0.05, 0.95), st.floats(0.05, 0.95))
@settings(max_examples=50, deadline=None)
def test_the_worst_corner_of_the_ranges_decides(low: float, more: float, first: float, second: float) -> None:
    """The smallest exponent with the largest EC50 leaves the domain first."""
    hill, ec50 = (low, low + more), tuple(sorted((first, second)))
    if ec50[1] ** hill[0] < 0.5:
        assert EnsembleSettings(hill=hill, ec50=ec50).ec50 == ec50
    else:
        with pytest.raises(InputError, match="Lower EC50 or raise n"):
            EnsembleSettings(hill=hill, ec50=ec50)
