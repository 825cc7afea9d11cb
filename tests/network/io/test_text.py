"""From text to cells."""

from __future__ import annotations

from pathlib import Path

import pytest

from jaknet.errors import InputError
from jaknet.network.io.text import read_cells


def test_cells_are_padded_and_stripped():
    table = read_cells(" Source ,TARGET,sign\n A , B\nC,D, 1 ,\n", Path("x.csv"))
    assert table.columns.tolist() == ["source", "target", "sign"]
    assert table.values.tolist() == [["A", "B", ""], ["C", "D", "1"]]


def test_quotation_marks_belong_to_the_cell_unless_the_header_is_quoted():
    assert read_cells('a\tb\n"x"\t5\' "y"\n', Path("x.tsv")).values.tolist() == [['"x"', '5\' "y"']]
    assert read_cells('"a"\t"b"\n"x"\ty\n', Path("x.tsv")).values.tolist() == [["x", "y"]]


def test_headerless_tables_are_known_by_their_sign_word():
    assert read_cells("A\tactivates\tB\n", Path("x.tsv")).columns.tolist() == ["source", "interaction", "target"]
    assert read_cells("A\tB\tUnknown\t1\n", Path("x.tsv")).columns.tolist() == ["tf", "gene_symbol", "interaction", "position"]
    assert read_cells("A B C\nD E F\n", Path("x.sif")).columns.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "message"), [("a,b\n1,2,3\n", "row\\(s\\) 2"), ("a,a\n1,2\n", "repeats the column a"), ("a,b\n", "no signed edge")]
)
def test_unusable_tables_are_refused(text, message):
    with pytest.raises(InputError, match=message):
        read_cells(text, Path("x.csv"))
