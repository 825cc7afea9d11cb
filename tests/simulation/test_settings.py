from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from jaknet.errors import InputError
from jaknet.simulation.settings import FOLD_CHANGE_MARGIN, MARGIN, EnsembleSettings

NAN = float("nan")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"strength": (0.0, 1.0)}, r"range strength = \(0\.0, 1\.0\) is empty or not positive. Give \(low, high\) with 0 < low <= high"),
        ({"strength": (1.0, 0.5)}, r"range strength = \(1\.0, 0\.5\)"),
        ({"strength": (NAN, 1.0)}, "range strength"),
        ({"tau": (-1.0, 1.0)}, r"range tau = \(-1\.0, 1\.0\)"),
        ({"tau": (0.5, NAN)}, "range tau"),
        ({"gain": 0.0}, r"gain 0\.0, .*the first two must be positive"),
        ({"gain": NAN}, "gain nan"),
        ({"fold_change": 0.0}, r"fold_change 0\.0"),
        ({"synthesis": 0.0}, r"synthesis 0\.0, .*synthesis in \(0, 1\]"),
        ({"synthesis": 1.1}, r"synthesis 1\.1"),
        ({"other_sign": -0.1}, r"other_sign -0\.1.*other_sign in \[0, 0\.5\)"),
        ({"other_sign": 0.5}, r"other_sign 0\.5"),
        ({"crowding": -0.5}, r"crowding -0\.5 and basal_spread 0\.5 must not be negative"),
        ({"crowding": NAN}, "crowding nan"),
        ({"basal_spread": -0.1}, r"basal_spread -0\.1"),
    ],
)
def test_each_unfit_setting_is_named_with_what_fits(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        EnsembleSettings(**wrong)


@pytest.mark.parametrize(
    "edge",
    [
        {"strength": (0.7, 0.7)},
        {"tau": (3.0, 3.0)},
        {"synthesis": 1.0},
        {"other_sign": 0.0},
        {"other_sign": 0.49},
        {"crowding": 0.0},
        {"basal_spread": 0.0},
        {"canonical": False},
    ],
)
def test_the_ends_of_each_range_are_allowed(edge: dict[str, object]) -> None:
    (name, value) = next(iter(edge.items()))
    assert getattr(EnsembleSettings(**edge), name) == value


def test_settings_are_plain_values_for_a_manifest() -> None:
    chosen = EnsembleSettings(gain=2.0, canonical=False)
    assert EnsembleSettings(**chosen.to_dict()) == chosen


def test_settings_can_be_keys_and_do_not_change() -> None:
    assert len({EnsembleSettings(), EnsembleSettings(), EnsembleSettings(gain=3.0)}) == 2
    with pytest.raises(FrozenInstanceError):
        EnsembleSettings().gain = 5.0  # type: ignore[misc]


def test_margins_are_those_of_the_definitions_and_no_settings() -> None:
    """METHODS 1.4: beyond .01 in activity or .1 in log2 fold change, no setting of a check."""
    assert (MARGIN, FOLD_CHANGE_MARGIN) == (0.01, 0.1)
    assert not any("margin" in name for name in EnsembleSettings().to_dict())
