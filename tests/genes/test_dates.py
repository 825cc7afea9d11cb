"""Symbols that a spreadsheet turned into dates."""

from __future__ import annotations

import pytest

from jaknet.genes.dates import symbols_of_date
from jaknet.genes.tables import gene_table


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("2-Sep", "SEPTIN2"),
        ("02-Sep", "SEPTIN2"),
        ("Sep-02", "SEPTIN2"),
        ("2-SEP", "SEPTIN2"),
        ("2-Sep-24", "SEPTIN2"),
        ("2001-09-02", "SEPTIN2"),
        ("2023-09-02 00:00:00", "SEPTIN2"),
        ("9/2/2001", "SEPTIN2"),
        ("1-Mar", "MARCHF1"),
        ("2001-03-01", "MARCHF1"),
        ("11-Mar", "MARCHF11"),
        ("1-Dec", "DELEC1"),
        ("4-Oct", "OCT4"),
    ],
)
def test_every_spelling_of_a_date(text, symbol):
    assert symbols_of_date(text)[0] == symbol


@pytest.mark.parametrize("text", ["STAT3", "2-Jan", "2001-01-02", "SEPT2", "HLA-A", "1.2", "", "12-Sept-extra"])
def test_what_is_no_date_stays(text):
    assert symbols_of_date(text) == ()


def test_every_septin_and_march_survives_the_spreadsheet():
    symbols = gene_table("human").symbols
    septins = [name for name in symbols if name.startswith("SEPTIN") and name[6:].isdigit()]
    marches = [name for name in symbols if name.startswith("MARCHF") and name[6:].isdigit()]
    assert len(septins) >= 13
    assert len(marches) >= 11
    assert all(symbols_of_date(f"{name[6:]}-Sep")[0] == name for name in septins)
    assert all(symbols_of_date(f"{name[6:]}-Mar")[0] == name for name in marches)
