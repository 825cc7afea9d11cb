"""Files appear whole or not at all."""

from __future__ import annotations

import pytest

from jaknet.files import write_atomically


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
