"""Sign words, references, and the order in which layouts are recognised."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from jaknet.network.io.formats import FORMATS, references_of, sign_of, signs_of


@pytest.mark.parametrize(
    "word", ["1", "+1", "1.0", " Activates ", "->", "Activation", "up-regulates quantity by expression", "phenotype:activates"]
)
def test_positive_words(word):
    assert sign_of(word) == 1


@pytest.mark.parametrize("word", ["-1", "-1.0", "inhibits", "-|", "⊣", "Repression", "down-regulates", "signaling:inhibits"])
def test_negative_words(word):
    assert sign_of(word) == -1


@pytest.mark.parametrize("word", ["0", "", "NaN", "unknown", "pp", "form complex"])
def test_unsigned_words(word):
    assert sign_of(word) == 0


@pytest.mark.parametrize("word", ["2", "-3", "1e400", "perhaps", "activates?", "11"])
def test_words_that_mean_nothing(word):
    assert math.isnan(sign_of(word))


def test_a_column_is_read_cell_by_cell():
    assert signs_of(pd.Series(["1", "inhibits", "1", ""])).tolist() == [1, -1, 1, 0]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("12;13", "PMID:12;PMID:13"),
        ("SIGNOR:17145764|KEGG:5", "PMID:17145764;PMID:5"),
        ("PMCID:PMC12", "PMCID:PMC12"),
        ("doi:10.1/A", "DOI:10.1/a"),
        ("NaN;", ""),
        ("CollecTRI:12;12", "PMID:12"),
    ],
)
def test_references_in_one_spelling(cell, expected):
    assert references_of(cell) == expected


def test_no_layout_hides_a_more_telling_one():
    for number, layout in enumerate(FORMATS):
        hidden = [later.name for later in FORMATS[number + 1 :] if layout.needs < later.needs]
        assert hidden == []
