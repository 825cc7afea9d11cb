from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jaknet.errors import InputError, UnknownNameError
from jaknet.expression.sources import match_samples, read_samples, select_samples

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


def test_input_is_never_changed():
    plain, named = TABLE.copy(), TABLE.set_index("run")
    for frame in (read_samples(plain), read_samples(named)):
        frame["time"] = 0
    match_samples(plain, ["r1", "r2", "r3"])
    pd.testing.assert_frame_equal(plain, TABLE)
    assert list(named) == ["treatment", "time"]


@pytest.mark.parametrize(("taken", "name"), [([], "sample"), (["sample"], "sample_name"), (["sample", "sample_name"], "sample_index")])
def test_index_gets_a_free_name_and_comes_first(taken, name):
    frame = TABLE.set_index("run").assign(**dict.fromkeys(taken, "x"))
    read = read_samples(frame)
    assert read.columns[0] == name
    assert read[name].tolist() == ["r2", "r1", "r3"]
    assert isinstance(read.index, pd.RangeIndex)


def test_numbers_as_sample_names_match_as_texts():
    table = pd.DataFrame({"treatment": ["a", "b"]}, index=[10, 2])
    matched = match_samples(read_samples(table), ["2", "10"])
    assert list(matched.index) == ["2", "10"]
    assert matched["treatment"].tolist() == ["b", "a"]


def test_padding_of_names_does_not_matter_and_unicode_is_fine():
    table = pd.DataFrame({"id": [" größe ", "µ"], "treatment": ["a", "b"]})
    assert match_samples(table, ["µ", "größe"])["treatment"].tolist() == ["b", "a"]


def test_the_column_that_matches_best_names_the_samples():
    table = pd.DataFrame({"pair": ["r1", "r1", "x"], "run": ["r1", "r2", "r3"], 7: [1, 2, 3]})
    matched = match_samples(table, ["r3", "r2", "r1"])
    assert matched.index.name == "sample"
    assert matched["7"].tolist() == [3, 2, 1]
    assert "pair" in matched and "run" in matched


def test_unmatched_rows_are_counted_and_both_sides_shown():
    with pytest.raises(InputError, match=r"2 of 3 rows of the sample table \(r2, r3\) are not columns of the matrix \(r1, a, b\)"):
        match_samples(TABLE, ["r1", "a", "b"])


@pytest.mark.parametrize("wanted", [3, "3", np.int64(3), [3], ("3",), {3}, np.array([3]), pd.Series([3])])
def test_values_of_a_selection_may_be_of_any_kind(wanted):
    assert list(select_samples(TABLE.set_index("run"), {"time": wanted}).index) == ["r2", "r3"]


def test_values_that_are_not_there_are_listed_beside_those_that_are():
    measured = TABLE.set_index("run").assign(dose=[0.5, 1.0, 0.5], ok=[True, False, True])
    assert list(select_samples(measured, {"dose": np.float64(0.5), "ok": True}).index) == ["r2", "r3"]
    assert list(select_samples(measured, {"ok": np.bool_(False)}).index) == ["r1"]
    with pytest.raises(UnknownNameError, match=r"unknown level of dose: 2, 7; known: 0\.5, 1\.0"):
        select_samples(measured, {"dose": [2, 0.5, 7]})


def test_selections_narrow_one_another_and_none_keeps_all():
    table = TABLE.set_index("run")
    assert select_samples(table, {}) is table
    assert list(select_samples(table, {"treatment": ["drug", "vehicle"], "time": 24}).index) == ["r1"]
    with pytest.raises(UnknownNameError, match=r"unknown level of treatment: vehicle; known: drug"):
        select_samples(table, {"time": 3, "treatment": "vehicle"})
    with pytest.raises(InputError, match=r"no sample is left after the selection \{'time': \[\]\}; loosen it"):
        select_samples(table, {"time": []})
