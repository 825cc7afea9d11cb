"""One exception tree whose messages help."""

from __future__ import annotations

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
