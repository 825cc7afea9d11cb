"""Doses as text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from jaknet.errors import InputError
from jaknet.simulation.doses import concentration_range, dose_series, split_quantity
from jaknet.simulation.library import load_drug


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("10 nM", (10, 10)),
        ("0.01uM", (10, 10)),
        ("1e-2 µM", (10, 10)),
        ("1e-8 M", (10, 10)),
        ("10000 pM", (10, 10)),
        ("3 mM", (3e6, 3e6)),
        (" .5nM ", (0.5, 0.5)),
        ("300 nmol/L", (300, 300)),
        ("0.3 umol/l", (300, 300)),
        ("0.3 µmol/L", (300, 300)),
        ("0.3 µM", (300, 300)),
        ("300nM", (300, 300)),
        ("1e-9 mol/l", (1, 1)),
        ("10-1000 nmol/L", (10, 1000)),
        ("10 nmol/L to 1 uM", (10, 1000)),
        ("10-1000 nM", (10, 1000)),
        ("10 nM - 1 uM", (10, 1000)),
        ("10 – 1000 nM", (10, 1000)),
        ("10 to 1000 nM", (10, 1000)),
        ("1e1-1e3nM", (10, 1000)),
    ],
)
def test_concentrations_and_ranges(text: str, ends: tuple[float, float]) -> None:
    assert concentration_range(text) == pytest.approx(ends, rel=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "10",
        "ten nM",
        "5 mg",
        "10 ng/ml",
        "",
        "100 nm",
        "100 MM",
        "1,000 nM",
        "inf nM",
        "9-3 nM",
        "0-3 nM",
        "3-3 nM",
        "1-2 mg",
    ],
)
def test_what_is_no_concentration(text: str) -> None:
    """A nanometre is no concentration, M and m are nine powers of ten apart, and a range must rise from above 0."""
    assert concentration_range(text) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("-5 nM", "'-5 nM' is negative"),
        ("−0.1 uM", "is negative"),
        ("1e400 nM", "'1e400 nM' is not a finite concentration"),
        ("1e308 M", "not a finite"),
        ("10-1e400 nM", "not a finite"),
    ],
)
def test_concentrations_that_cannot_be_are_refused(text: str, words: str) -> None:
    for asked in (concentration_range, load_drug("tofacitinib").at):
        with pytest.raises(InputError, match=words):
            asked(text)


@given(st.floats(1e-2, 1e3), st.floats(3.5, 1e4))
@settings(max_examples=50, deadline=None)
def test_a_range_becomes_half_logarithmic_steps_with_its_ends(low: float, by: float) -> None:
    steps = [concentration_range(dose)[0] for dose in dose_series(f"{low!r}-{low * by!r} nM")]  # type: ignore[index]
    assert (steps[0], steps[-1]) == pytest.approx((low, low * by), rel=5e-3)
    assert np.diff(np.log10(steps)) == pytest.approx(np.log10(by) / (len(steps) - 1), abs=0.01)
    assert 0.25 < np.log10(by) / (len(steps) - 1) < 0.75


def test_a_list_is_taken_as_it_is() -> None:
    assert dose_series(["10-1000 nM", "5 mg BID"]) == ["10-1000 nM", "5 mg BID"]
    assert dose_series("0.01 - 1 uM") == ["0.01 uM", "0.0316 uM", "0.1 uM", "0.316 uM", "1 uM"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("5 mg BID Cmax", ("5 mg BID", "Cmax")),
        ("5 mg BID cavg", ("5 mg BID", "Cavg")),
        ("5 mg BID", ("5 mg BID", "")),
        ("Cmax", ("Cmax", "")),
    ],
)
def test_a_regimen_may_name_its_quantity(text: str, parts: tuple[str, str]) -> None:
    assert split_quantity(text) == parts
