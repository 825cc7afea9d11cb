from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from jaknet.errors import InputError
from jaknet.tables import head_lines, read_delimited

ROWS = [["gene", "a", "b"], ["STAT3", "1", "2"], ["SOCS3", "3", "4"]]


def write(path: Path, rows: list[list[str]], delimiter: str = "\t", end: str = "\n") -> Path:
    path.write_bytes(end.join(delimiter.join(row) for row in rows).encode() + end.encode())
    return path


@pytest.mark.parametrize("delimiter", ["\t", ",", ";", " "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_do_not_matter(tmp_path, delimiter, end):
    frame = read_delimited(write(tmp_path / "t.txt", ROWS, delimiter, end))
    assert list(frame) == ["gene", "a", "b"]
    assert frame.to_numpy().tolist() == [["STAT3", 1, 2], ["SOCS3", 3, 4]]


def test_gzip_byte_order_mark_and_comments(tmp_path):
    path = tmp_path / "t.tsv.gz"
    path.write_bytes(gzip.compress("\ufeff# made by a program\ngene\ta\nSTAT3\t1\n".encode()))
    assert read_delimited(path)["gene"].tolist() == ["STAT3"]


def test_header_one_field_short_is_that_of_r(tmp_path):
    frame = read_delimited(write(tmp_path / "t.tsv", [["a", "b"], *ROWS[1:]]))
    assert list(frame) == ["gene", "a", "b"]


def test_quoted_cells_may_hold_the_delimiter(tmp_path):
    (tmp_path / "t.csv").write_text('"gene","a, first"\n"STAT3",1\n')
    assert list(read_delimited(tmp_path / "t.csv")) == ["gene", "a, first"]


def test_identifiers_stay_text(tmp_path):
    frame = read_delimited(write(tmp_path / "t.tsv", [["entrez", "a"], ["007157", "1"]]))
    assert frame["entrez"].tolist() == ["007157"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n\n", "no table"),
        (b"# only a comment\n", "no table"),
        (b"gene\ta\n", "no rows"),
        (b"gene\nSTAT3\n", "one column only"),
        (b"gene\ta\ta\nSTAT3\t1\t2\n", "repeats the columns 'a'"),
        (b"PK\x03\x04rest", "Excel workbook"),
        (b"\x1f\x8bnot gzip", "cannot be read"),
        (b"gene\ta\nSTAT3\t1\nSOCS3\t1\t2\t3\n", "cannot be read"),
        (b"gene\ta\n\xff\xfe\x00\t1\n", "cannot be read"),
    ],
)
def test_unusable_files_give_one_clear_error(tmp_path, content, words):
    path = tmp_path / "broken.tsv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_delimited(path)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_delimited(tmp_path / "absent.tsv")
    with pytest.raises(InputError, match="is a folder"):
        head_lines(tmp_path)


def test_stop_line_ends_the_table(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("!begin\nID\ta\nx\t1\ny\t2\n!end\nrest\n")
    assert read_delimited(path, skip=1, stop="!end")["ID"].tolist() == ["x", "y"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300))
def test_any_bytes_give_a_table_or_an_input_error(tmp_path, content):
    path = tmp_path / "fuzz.tsv"
    path.write_bytes(content)
    try:
        frame = read_delimited(path)
    except InputError as error:
        assert len(str(error)) < 400
    else:
        assert isinstance(frame, pd.DataFrame)
        assert frame.shape[1] >= 2


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.tuples(st.integers(0, 10**9), st.floats(-1e6, 1e6, allow_nan=False)), min_size=1, max_size=20))
def test_written_tables_come_back(tmp_path, values):
    frame = pd.DataFrame({"gene": [f"G{i}" for i in range(len(values))], "n": [n for n, _ in values], "x": [x for _, x in values]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    back = read_delimited(tmp_path / "t.csv")
    pd.testing.assert_frame_equal(back, frame, check_dtype=False, check_exact=False, rtol=1e-12)


def _text(tmp_path, text: str, name: str = "t.tsv") -> pd.DataFrame:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read_delimited(tmp_path / name)


def test_the_commoner_delimiter_of_the_header_separates(tmp_path):
    assert list(_text(tmp_path, "gene\ta,b\tc\nSTAT3\t1\t2\n")) == ["gene", "a,b", "c"]
    assert list(_text(tmp_path, "gene;a;b\nSTAT3;1,5;2,5\n")) == ["gene", "a", "b"]
    assert list(_text(tmp_path, "a\nSTAT3\t1\n")) == ["gene", "a"]


def test_several_spaces_are_one(tmp_path):
    frame = _text(tmp_path, "gene a b\nSTAT3 1 2\nSOCS3 3 4\n")
    assert frame.to_numpy().tolist() == [["STAT3", 1, 2], ["SOCS3", 3, 4]]


def test_padding_and_a_nameless_first_column(tmp_path):
    frame = _text(tmp_path, '"", a , "b"\nSTAT3, 1, 2\n')
    assert list(frame) == ["gene", "a", "b"]
    assert frame.to_numpy().tolist() == [["STAT3", 1, 2]]


def test_comments_and_blank_lines_before_the_header_alone_are_skipped(tmp_path):
    frame = _text(tmp_path, "# one\n\n# two\ngene\ta\n#1\t5\nSTAT3\t6\n")
    assert frame["gene"].tolist() == ["#1", "STAT3"]


def test_numbers_blanks_and_words(tmp_path):
    frame = _text(tmp_path, "gene\tx\ty\tz\nA\t1\t\tone\nB\t2.5\t3\t\n")
    assert frame["x"].tolist() == [1.0, 2.5]
    assert frame["y"].isna().tolist() == [True, False]
    assert frame["z"].tolist()[0] == "one"


@pytest.mark.parametrize(("skip", "first"), [(0, "a"), (2, "c")])
def test_lines_may_be_skipped(tmp_path, skip, first):
    (tmp_path / "t.tsv").write_text("gene\ta\nSTAT3\t1\ngene\tc\nSOCS3\t2\n")
    assert read_delimited(tmp_path / "t.tsv", skip=skip).columns[1] == first


def test_repeated_columns_are_listed_sorted(tmp_path):
    with pytest.raises(InputError, match=r"'t.tsv' repeats the columns 'a', 'z'; give each its own name"):
        _text(tmp_path, "gene\tz\ta\tz\ta\nSTAT3\t1\t2\t3\t4\n")


@pytest.mark.parametrize("magic", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1"])
def test_workbooks_old_and_new_are_named(tmp_path, magic):
    (tmp_path / "book.xls").write_bytes(magic + b"rest")
    with pytest.raises(InputError, match=r"'book.xls' is an Excel workbook; save the sheet as TSV or CSV"):
        head_lines(tmp_path / "book.xls")


def test_first_lines_come_without_their_ends_and_not_all(tmp_path):
    (tmp_path / "long.txt").write_bytes(b"\xef\xbb\xbffirst\r\nsecond\n" + b"x\n" * 1000)
    lines = head_lines(tmp_path / "long.txt")
    assert lines[:2] == ["first", "second"] and len(lines) == 400


def test_messages_are_one_line_and_name_the_file(tmp_path):
    (tmp_path / "größe.tsv").write_text("gene\ta\nSTAT3\t1\t2\t3\n")
    with pytest.raises(InputError) as caught:
        read_delimited(tmp_path / "größe.tsv")
    assert str(caught.value).startswith("file 'größe.tsv' ") and "\n" not in str(caught.value)
