"""One exception tree whose messages help."""

from __future__ import annotations

import numpy as np
import pytest

from jaknet import errors


def test_few_names_the_rest():
    assert errors.few(range(7)) == "0, 1, 2, 3, 4 (+2 more)"
    assert errors.few([]) == ""
    assert errors.few(["a"], limit=1) == "a"


def test_unknown_names_list_what_is_known():
    message = str(errors.UnknownNameError("drug", ["aspirin"], ["tofacitinib", "baricitinib"]))
    assert message == "unknown drug: aspirin; known: tofacitinib, baricitinib"


@pytest.mark.parametrize("kind", [errors.InputError, errors.OverlapError, errors.SpeciesError])
def test_bad_input_is_a_value_error_and_a_jaknet_error(kind):
    assert issubclass(kind, ValueError)
    assert issubclass(kind, errors.JaknetError)


def test_offline_is_no_input_error():
    assert issubclass(errors.OfflineError, ConnectionError)
    assert not issubclass(errors.OfflineError, errors.InputError)


def test_unknown_names_get_the_closest_whatever_the_capitals():
    error = errors.UnknownNameError("drug", ["Tofacitinb"], ["tofacitinib", "baricitinib"])
    assert str(error) == "unknown drug: Tofacitinb; known: tofacitinib, baricitinib (did you mean tofacitinib?)"


@pytest.mark.parametrize(("given", "shown"), [(5, r"5 \(int\)"), (None, r"None \(NoneType\)"), (range(10**6), "range"), ([0] * 99, "list")])
def test_wrong_types_get_one_sentence(given, shown):
    errors.check_type("name", "x", str, "text")
    with pytest.raises(errors.InputError, match=rf"^name must be text; got {shown}.*\.$"):
        errors.check_type("name", given, str, "text")


@pytest.mark.parametrize("given", [0, -1, 1.0, 0.5, "5", None, True, float("nan")])
def test_whole_numbers_are_whole_and_large_enough(given):
    assert errors.check_whole("members", np.int64(3), least=1) == 3
    with pytest.raises(errors.InputError, match=r"members = .*; give at least 1, as a whole number"):
        errors.check_whole("members", given, least=1)
