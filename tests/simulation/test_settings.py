from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaknet.errors import InputError
from jaknet.simulation.settings import EnsembleSettings, check_hill


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


@given(st.floats(0.1, 6), st.floats(0.01, 0.99))
@settings(max_examples=100, deadline=None)
def test_the_hill_domain_is_where_its_threshold_is_real(n: float, ec50: float) -> None:
    with np.errstate(all="ignore"):
        height = (ec50**n - 1) / (2 * ec50**n - 1)
        real = bool(np.isfinite(height) and height > 1)
    if real:
        check_hill(n, ec50)
    else:
        with pytest.raises(InputError, match="Hill domain"):
            check_hill(n, ec50)
