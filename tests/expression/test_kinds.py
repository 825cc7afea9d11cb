from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from jaknet.errors import InputError
from jaknet.expression.kinds import KINDS, as_kind, detect_kind

RNG = np.random.default_rng(1)
COUNTS = pd.DataFrame(RNG.poisson(50, (40, 4)), columns=list("abcd"))
EXPECTED = COUNTS.astype(float)
EXPECTED.iloc[:5] += 0.37
ABUNDANCE = pd.DataFrame(RNG.gamma(1, 30, (40, 4)), columns=list("abcd"))
TPM = ABUNDANCE / ABUNDANCE.sum() * 1e6
LOGS = pd.DataFrame(RNG.normal(7, 2, (40, 4)), columns=list("abcd"))


@pytest.mark.parametrize(
    ("matrix", "kind"),
    [
        (COUNTS, "counts"),
        (EXPECTED, "counts"),
        (TPM, "tpm"),
        (ABUNDANCE, "tpm"),
        (LOGS, "log_intensity"),
        (LOGS - 8, "log_intensity"),
    ],
)
def test_kind_is_detected_with_a_reason(matrix, kind):
    found, reason = detect_kind(matrix)
    assert found == kind
    assert reason


def test_fractions_of_counts_are_rounded_and_said():
    matrix, report = as_kind(EXPECTED, "auto")
    assert report["rounded"] == 20
    assert matrix.to_numpy().dtype == np.int64
    assert np.abs(matrix - EXPECTED).to_numpy().max() <= 0.5


def test_declaring_a_kind_overrides_the_detection():
    assert as_kind(ABUNDANCE.round(), "tpm")[1]["kind"] == "tpm"
    assert as_kind(COUNTS.clip(upper=30), "log_intensity")[1]["kind_because"] == "declared"


@pytest.mark.parametrize(
    ("matrix", "kind", "words"),
    [
        (LOGS.abs(), "counts", "look like logarithms"),
        (LOGS - 8, "counts", "cannot be negative"),
        (-COUNTS, "auto", "cannot be negative"),
        (TPM, "counts", "look like TPM"),
        (COUNTS * 100, "log_intensity", "no log2 does"),
        (LOGS - 8, "tpm", "look like logarithms"),
        (COUNTS, "reads", "unknown kind 'reads'"),
        (COUNTS.assign(c=0), "auto", "samples c hold nothing but zeros"),
    ],
)
def test_contradictions_are_refused(matrix, kind, words):
    with pytest.raises(InputError, match=words):
        as_kind(matrix, kind)


@settings(max_examples=50, deadline=None)
@given(arrays(np.int64, (6, 3), elements=st.integers(1, 10**7)))
def test_whole_numbers_are_counts_and_come_back_unchanged(values):
    matrix, report = as_kind(pd.DataFrame(values), "auto")
    assert report == {"kind": "counts", "kind_because": "every value is a whole number", "rounded": 0}
    assert (matrix.to_numpy() == values).all()


def _with(value: float) -> pd.DataFrame:
    """Fractions from 0 to 10 but for one value."""
    matrix = LOGS.abs().clip(upper=10) + 0.013
    matrix.iloc[3, 1] = value
    return matrix


@pytest.mark.parametrize(("largest", "kind"), [(40.0, "log_intensity"), (39.9, "log_intensity"), (40.1, "tpm")])
def test_the_ceiling_of_logarithms_is_forty(largest, kind):
    assert detect_kind(_with(largest))[0] == kind


def test_one_negative_value_makes_logarithms_of_anything_but_whole_numbers():
    assert detect_kind(_with(-0.5))[0] == "log_intensity"
    large = ABUNDANCE * 100
    large.iloc[0, 0] = -0.5
    assert detect_kind(large) == ("log_intensity", "some values are negative")
    assert detect_kind(COUNTS - 1000)[0] == "counts"


@pytest.mark.parametrize(("whole", "kind"), [(7, "tpm"), (8, "counts")])
def test_a_twentieth_of_whole_numbers_makes_expected_counts(whole, kind):
    """8 of the 160 values are 5 %; zeros count neither way."""
    values = ABUNDANCE.to_numpy().copy() + 0.001
    values.flat[:whole] = 77.0
    matrix = pd.DataFrame(np.vstack([values, np.zeros((50, 4))]))
    assert detect_kind(matrix)[0] == kind


@pytest.mark.parametrize(("off", "kind"), [(0.009, "tpm"), (0.3, "counts")])
def test_columns_of_one_million_are_tpm_even_with_whole_numbers(off, kind):
    matrix = TPM.round(0)
    matrix.iloc[5:] += 0.25
    matrix.iloc[0] += 1e6 * (1 + off) - matrix.sum()
    assert detect_kind(matrix)[0] == kind


def test_scaling_logarithms_never_makes_them_counts():
    for factor in (0.1, 1.0, 2.0):
        assert detect_kind(LOGS.abs() * factor + 0.017)[0] == "log_intensity"


def test_order_of_rows_and_columns_does_not_matter():
    for matrix in (COUNTS, EXPECTED, TPM, LOGS):
        assert detect_kind(matrix.iloc[::-1, ::-1]) == detect_kind(matrix)


def test_a_fraction_far_down_a_long_matrix_is_seen():
    """Only every other row is looked at for shares; whether all numbers are whole is asked of every row."""
    long = pd.DataFrame(np.full((5001, 2), 100.0))
    assert detect_kind(long)[0] == "counts"
    long.iloc[4999, 1] = 0.5
    matrix, report = as_kind(long, "auto")
    assert (report["kind"], report["rounded"]) == ("counts", 1)
    assert matrix.iloc[4999, 1] == 0


def test_zeros_alone_and_one_cell():
    assert detect_kind(pd.DataFrame({"a": [0.0, 0.0]}))[0] == "counts"
    assert detect_kind(pd.DataFrame({"a": [0.5]}))[0] == "log_intensity"
    with pytest.raises(InputError, match=r"samples a, b hold nothing but zeros; leave them out"):
        as_kind(pd.DataFrame({"a": [0, 0], "b": [0, 0]}), "auto")


@pytest.mark.parametrize("kind", KINDS)
def test_declaring_what_is_detected_changes_no_value(kind):
    given = {"counts": COUNTS, "tpm": TPM, "log_intensity": LOGS}[kind]
    declared, report = as_kind(given, kind)
    found, _ = as_kind(given, "auto")
    pd.testing.assert_frame_equal(declared, found)
    assert report == {"kind": kind, "kind_because": "declared", "rounded": 0}


def test_counts_in_floats_become_integers_and_integers_stay_as_they_are():
    assert as_kind(COUNTS.astype(float), "counts")[0].to_numpy().dtype == np.int64
    small = COUNTS.astype(np.int32)
    assert as_kind(small, "counts")[0] is small
    assert as_kind(COUNTS, "tpm")[0].to_numpy().dtype == float


def test_halves_are_rounded_to_even_as_numpy_does():
    matrix = pd.DataFrame({"a": [0.5, 1.5, 2.5, 100.0], "b": [10.0, 20.0, 30.0, 40.0]})
    rounded, report = as_kind(matrix, "counts")
    assert rounded["a"].tolist() == [0, 2, 2, 100]
    assert report["rounded"] == 3


def test_impossible_counts_are_refused_with_their_size():
    huge = COUNTS.astype(float)
    huge.iloc[0, 0] = 2.0**41
    with pytest.raises(InputError, match=r"counts reach 2\.2e\+12, which no experiment does; check the file, or say kind='tpm'"):
        as_kind(huge, "auto")
    assert as_kind(huge, "tpm")[0].iloc[0, 0] == 2.0**41


def test_negative_genes_are_counted_and_named():
    wrong = COUNTS.set_axis([f"g{i}" for i in range(40)])
    wrong.iloc[[3, 7], 0] = -1
    with pytest.raises(InputError, match=r"but 2 genes are: g3, g7; for logarithms say kind='log_intensity'"):
        as_kind(wrong, "counts")
