"""Symbols that a spreadsheet turned into dates."""

from __future__ import annotations

import pytest

from jaknet.genes.mapping import _renamed_symbol, symbols_of_date
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


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("2-Mar", ("MARCHF2", "MARCH2", "MTARC2")),
        ("1-Mar", ("MARCHF1", "MARCH1", "MTARC1")),
        ("3-Mar", ("MARCHF3", "MARCH3")),  # there are two MTARC genes only
        ("12-Sep", ("SEPTIN12", "SEPT12")),
        ("1-Dec", ("DELEC1", "DEC1")),
        ("4-Oct", ("OCT4",)),
        (" 2-Sep ", ("SEPTIN2", "SEPT2")),
        ("10/4/22", ("OCT4",)),
        ("12/1/2001", ("DELEC1", "DEC1")),
        ("2001-10-04 00:00:00.000", ("OCT4",)),
        ("2001-03-01T00:00:00", ("MARCHF1", "MARCH1", "MTARC1")),
        ("september-2", ("SEPTIN2", "SEPT2")),
    ],
)
def test_all_that_a_date_may_have_been_likeliest_first(text, symbols):
    assert symbols_of_date(text) == symbols


@pytest.mark.parametrize("text", ["2001-11-02", "2001-1-02", "13/2/2001", "2/9/2001", "2-Sep-2", "222-Sep", "-Sep", "Sep", "20-9-2001"])
def test_other_months_and_halves_of_dates_are_none(text):
    assert symbols_of_date(text) == ()


@pytest.mark.parametrize(
    ("name", "today"),
    [
        ("SEPT12", "SEPTIN12"),
        ("sept2", "SEPTIN2"),
        ("MARCH11", "MARCHF11"),
        ("Marc2", "MTARC2"),
        *((name, "") for name in ("SEPTIN2", "MARCH", "MARCHF1", "SEPT2L", "XSEPT2", "DEC1", "")),
    ],
)
def test_names_of_before_2020(name, today):
    assert _renamed_symbol(name) == today


def test_every_renamed_gene_has_a_current_name():
    symbols = gene_table("human").symbols
    assert all(_renamed_symbol(f"MARC{day}") in symbols for day in (1, 2))
    assert all(_renamed_symbol(f"MARCH{day}") in symbols for day in range(1, 12))
