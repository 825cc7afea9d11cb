"""Text in any wrapping, gene sets, tables of text; files appear whole or not at all."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jaknet.errors import InputError
from jaknet.tables import as_tsv, cell_text, read_delimited, read_gmt, read_text, read_tsv, write_atomically, write_table


def test_failure_leaves_the_old_file_and_no_draft(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("old")

    def fail(draft):
        draft.write_text("half")
        message = "stop"
        raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="stop"):
        write_atomically(path, fail)
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["out.txt"]


@pytest.mark.parametrize(("content", "expected"), [("text\n", b"text\n"), (b"\x00\x01", b"\x00\x01")])
def test_text_and_bytes_arrive_as_they_are(tmp_path, content, expected):
    assert write_atomically(tmp_path / "deep" / "file.bin", content).read_bytes() == expected


def test_mode_is_that_of_a_new_file(tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("x")
    assert write_atomically(tmp_path / "made", "x").stat().st_mode == plain.stat().st_mode


def test_text_keeps_its_line_ends_and_letters(tmp_path):
    text = "größe\r\nµ\n対照"
    assert write_atomically(str(tmp_path / "a.txt"), text).read_bytes() == text.encode()
    assert isinstance(write_atomically(str(tmp_path / "a.txt"), text), Path)


def test_a_writer_sees_a_draft_of_the_same_suffix_beside_the_file(tmp_path):
    seen = []

    def write(draft):
        seen.append(draft)
        draft.write_text("x")

    final = write_atomically(tmp_path / "new" / "book.tar.gz", write)
    (draft,) = seen
    assert draft.suffix == ".gz" and draft.parent == final.parent and draft != final
    assert [item.name for item in final.parent.iterdir()] == ["book.tar.gz"]


def test_an_old_file_is_replaced_whole(tmp_path):
    path = tmp_path / "out"
    write_atomically(path, "a long first version")
    write_atomically(path, "short")
    assert path.read_text() == "short"


def test_a_folder_is_refused_and_left_alone(tmp_path):
    with pytest.raises(InputError, match="is a folder; give the path of a file"):
        write_atomically(tmp_path, "x")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to_is_said(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match=r"cannot write .*Choose a folder that can be written to"):
        write_atomically(tmp_path / "file" / "inside.txt", "x")
    assert (tmp_path / "file").read_text() == "x"


def test_a_writer_that_writes_nothing_is_a_fault_and_leaves_nothing(tmp_path):
    with pytest.raises(InputError, match="cannot write"):
        write_atomically(tmp_path / "out", lambda draft: None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (float("nan"), ""), (7124.0, "7124"), (-0.5, "-0.5"), (1 / 3, repr(1 / 3)), (3, "3"), ("\t A b ", "A b"), (True, "True")],
)
def test_cells_are_text_without_padding(value, text):
    assert cell_text(value) == text


WRAPPINGS = [
    str.encode,
    lambda text: gzip.compress(text.encode()),
    lambda text: text.encode("utf-16"),
    lambda text: gzip.compress(text.encode("utf-16")),
    lambda text: text.encode("utf-8-sig"),
]


@pytest.mark.parametrize("encode", WRAPPINGS)
def test_text_and_tables_are_the_same_in_any_wrapping(tmp_path, encode):
    path = tmp_path / "file"
    path.write_bytes(encode("a\r\nβ\rc\n"))
    assert read_text(path) == "a\nβ\nc\n"
    path.write_bytes(encode("gene\tβ\r\nSTAT3\t1\r\n"))
    assert read_tsv(path).to_dict("list") == {"gene": ["STAT3"], "β": ["1"]}
    assert read_delimited(path).to_dict("list") == {"gene": ["STAT3"], "β": [1]}
    path.write_bytes(encode("SET\tabout β\tA\tB\r\n"))
    assert read_gmt(path) == {"SET": ["A", "B"]}


@pytest.mark.parametrize("read", [read_text, read_tsv, read_delimited, read_gmt])
@pytest.mark.parametrize(
    "content", ["größe\tA\tB\n".encode("latin-1"), gzip.compress(b"a\tb\nc\td\n" * 99, mtime=0)[:-12], b"\xff\xfea\x00\t"]
)
def test_what_is_damaged_or_not_text_is_refused_in_one_line(tmp_path, read, content):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(InputError, match=r"cannot be read|cannot read|not text in UTF-8|not a tab-separated table") as caught:
        read(tmp_path / "file")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("read", [read_text, read_tsv, read_delimited, read_gmt])
def test_absent_files_folders_and_workbooks_are_named(tmp_path, read):
    with pytest.raises(InputError, match=r"^no .*absent.tsv.*does not exist; check the path"):
        read(tmp_path / "absent.tsv")
    with pytest.raises(InputError, match="is a folder; name the file in it"):
        read(tmp_path)
    (tmp_path / "book.tsv").write_bytes(b"PK\x03\x04rest")
    with pytest.raises(InputError, match=r"'book.tsv' is an Excel workbook"):
        read(tmp_path / "book.tsv")


def test_binary_data_is_no_text(tmp_path):
    (tmp_path / "file").write_bytes("SET\tabout\tA".encode("utf-16-le"))
    with pytest.raises(InputError, match="holds binary data"):
        read_gmt(tmp_path / "file")


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "no gene set"), ("ONE\tabout\n", "line 1 has no genes"), ("A\t\tX\nA\t\tY\n", "repeats the set A")],
)
def test_a_broken_gmt_is_refused_with_its_line(tmp_path, text, said):
    path = tmp_path / "sets.gmt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_gmt(path)


def test_cells_of_a_tsv_stay_as_they_are_typed(tmp_path):
    (tmp_path / "t.tsv").write_text('id\tnote\n007\t5\' "end"\nNA\t\n')
    assert read_tsv(tmp_path / "t.tsv").values.tolist() == [["007", '5\' "end"'], ["NA", ""]]


def test_a_written_table_has_one_number_format_and_comes_back(tmp_path):
    table = pd.DataFrame({"gene": ["A", "B"], "x": [1 / 3, np.nan], "p": [1e-300, 12345678.9], "n": [3, 4]})
    assert as_tsv(table) == "gene\tx\tp\tn\nA\t0.33333333\t1e-300\t3\nB\t\t12345679\t4\n"
    path = write_table(table, tmp_path / "new" / "t.tsv")
    assert path.read_bytes() == as_tsv(table).encode()
    pd.testing.assert_frame_equal(read_delimited(path), table, check_exact=False, rtol=1e-7)


def test_a_name_that_begins_like_a_workbook_is_no_workbook(tmp_path):
    (tmp_path / "sets.gmt").write_text("PKA\tabout\tPRKACA\n")
    assert read_gmt(tmp_path / "sets.gmt") == {"PKA": ["PRKACA"]}
