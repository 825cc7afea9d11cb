"""Files appear whole or not at all; cells are text."""

from __future__ import annotations

from pathlib import Path

import pytest

from jaknet.errors import InputError
from jaknet.tables import cell_text, write_atomically


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
