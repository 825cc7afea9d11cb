from __future__ import annotations

import pandas as pd
import pytest

from jaknet.errors import InputError, UnknownNameError
from jaknet.expression.samples import match_samples, read_samples, select_samples

TABLE = pd.DataFrame({"run": ["r2", "r1", "r3"], "treatment": ["drug", "vehicle", "drug"], "time": [3, 24, 3]})


def test_naming_column_is_found_and_the_order_is_that_of_the_matrix():
    matched = match_samples(TABLE, ["r1", "r2", "r3"])
    assert list(matched.index) == ["r1", "r2", "r3"]
    assert matched.loc["r2", "treatment"] == "drug"


def test_index_counts_as_a_column():
    matched = match_samples(read_samples(TABLE.set_index("run")), ["r1", "r2", "r3"])
    assert list(matched) == ["treatment", "time"]


def test_samples_are_read_from_a_file(tmp_path):
    TABLE.to_csv(tmp_path / "samples.csv", index=False)
    pd.testing.assert_frame_equal(read_samples(tmp_path / "samples.csv"), TABLE)


def test_samples_of_the_matrix_may_be_left_out():
    assert len(match_samples(TABLE, ["r0", "r1", "r2", "r3"])) == 3


@pytest.mark.parametrize("names", [["r1", "r2"], ["x", "y", "z"]])
def test_rows_without_a_column_are_refused(names):
    with pytest.raises(InputError, match="samples do not match"):
        match_samples(TABLE, names)


def test_repeated_sample_is_refused():
    with pytest.raises(InputError, match="r1 more than once"):
        match_samples(TABLE.assign(run=["r1", "r1", "r3"]), ["r1", "r2", "r3"])


def test_selection_by_one_or_several_values():
    table = match_samples(TABLE, ["r1", "r2", "r3"])
    assert list(select_samples(table, {"time": 3}).index) == ["r2", "r3"]
    assert list(select_samples(table, {"time": ["3", "24"], "treatment": "drug"}).index) == ["r2", "r3"]


@pytest.mark.parametrize(
    ("subset", "error", "words"),
    [
        ({"hour": 3}, UnknownNameError, "unknown sample column: hour"),
        ({"time": 5}, UnknownNameError, "unknown level of time: 5"),
        ({"time": 24, "treatment": "vehicle", "run": "r2"}, InputError, "level of run|no sample is left"),
    ],
)
def test_impossible_selections_are_refused(subset, error, words):
    with pytest.raises(error, match=words):
        select_samples(match_samples(TABLE, ["r1", "r2", "r3"]), subset)
