from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jaknet.errors import InputError
from jaknet.expression.kinds import as_kind, detect_kind

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
