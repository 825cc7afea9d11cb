from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from jaknet.errors import InputError
from jaknet.netflux.model import Reaction
from jaknet.netflux.workbook import Row, Rule, parse_rule, read_netflux, read_sheets
from jaknet.network.io.read import read_network

SPECIES = [["", "A", "", 0, 1, 1], ["", "B", "", 0, 1, 1], ["", "C", "", 0, 1, 1]]
REACTIONS = [["", "r1", "=> A", 0.5, 1.4, 0.5], ["", "r2", "=> B", 0.5, 1.4, 0.5], ["", "r3", "A & !B => C", 1, 1.4, 0.5]]
HEADER = ["module", "ID", "name", "Yinit", "Ymax", "tau"]


def workbook(
    folder: Path,
    species: list[list[object]] = SPECIES,
    reactions: list[list[object]] = REACTIONS,
    header: list[str] = HEADER,
    titles: tuple[str, str] = ("species", "reactions"),
) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in zip(titles, (species, reactions), strict=True):
        sheet = book.create_sheet(title)
        for row in [["about"], header, *rows]:
            sheet.append(row)
    path = folder / "model.xlsx"
    book.save(path)
    return path


def changed(rule: str, *numbers: object) -> list[list[object]]:
    return [*REACTIONS[:2], ["", "r3", rule, *(numbers or (1, 1.4, 0.5))]]


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["exampleNet", "kraeutler_betaAdrenergic_bmcsysbio2010"])
def test_published_models_reach_their_steady_states(real_data: Path, name: str) -> None:
    """Every column of the independently integrated reference; inputs of weight 0 at 0.5, Ymax times 0.1."""
    model = read_netflux(real_data / "netflux" / f"{name}.xlsx")
    expected = pd.read_csv(real_data / "netflux" / f"{name}.steady.tsv", sep="\t", index_col="species")
    for column in expected:
        ymax = None if column == "baseline" else {column.removeprefix("ymax10:"): 0.1}
        found = model.steady_state(inputs=0.5, ymax=ymax)
        assert (found.reindex(expected.index) - expected[column]).abs().max() < 1e-6


@pytest.mark.parametrize("rule", ["A & !B => C", "A + !B => C", "!B&A=>C", "A !B  =>  C", "A & A & !B => C"])
def test_reactants_are_in_and_however_they_are_joined(tmp_path: Path, rule: str) -> None:
    reaction = read_netflux(workbook(tmp_path, reactions=changed(rule))).reactions[-1]
    assert dict(zip(reaction.reactants, reaction.inverted, strict=True)) == {"A": False, "B": True}


def test_position_counts_not_the_header(tmp_path: Path) -> None:
    plain = read_netflux(workbook(tmp_path))
    odd = read_netflux(workbook(tmp_path, header=["x", "id", "NAME", "yinit", "ymax", "TAU"], titles=("Species", "REACTIONS")))
    assert odd == plain
    assert plain.steady_state()["C"] == pytest.approx(0.25)


def test_hundred_species_and_blank_rows(tmp_path: Path) -> None:
    species: list[list[object]] = [row for k in range(100) for row in (["", f"s{k}", "", 0, 1, 1], [None] * 6)]
    chain = [["", f"r{k}", f"s{k - 1} => s{k}", 1, 1.4, 0.5] for k in range(1, 100)]
    model = read_netflux(workbook(tmp_path, species, [["", "r0", "=> s0", 1, 1.4, 0.5], [None] * 6, *chain]))
    assert len(model.species) == len(model.reactions) == 100
    assert model.steady_state()["s99"] == pytest.approx(1.0, abs=1e-6)


def test_names_that_contain_each_other_stay_apart(tmp_path: Path) -> None:
    species = [["", name, "", 0, 1, 1] for name in ("A", "AB", "ab", "A1")]
    model = read_netflux(workbook(tmp_path, species, [["", "r", "A & !AB + ab => A1", 1, 1.4, 0.5]]))
    assert model.reactions[0].reactants == ("A", "AB", "ab") and model.reactions[0].inverted == (False, True, False)


def test_several_products_are_several_reactions(tmp_path: Path) -> None:
    model = read_netflux(workbook(tmp_path, reactions=[["", "r", "A => B + C", 1, 1.4, 0.5]]))
    assert [reaction.target for reaction in model.reactions] == ["B", "C"]


def test_missing_parameters_become_the_defaults_of_netflux_and_are_named(tmp_path: Path) -> None:
    species = [["", "A", "", 0.3, None, 1], *SPECIES[1:]]
    with pytest.warns(UserWarning, match="sheet species, row 3, sheet reactions, row 5"):
        model = read_netflux(workbook(tmp_path, species, changed("A => C", 0.5, None, 0.5)))
    assert (model.species[0].initial, model.reactions[-1].weight) == (0.0, 1.0)


def test_a_repeated_rule_counts_twice_and_is_named(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="rule repeated"):
        model = read_netflux(workbook(tmp_path, reactions=[*changed("A => C"), ["", "r4", "A => C", 1, 1.4, 0.5]]))
    assert model.steady_state()["C"] == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("reactions", "place"),
    [
        (changed("A & D => C"), r"sheet reactions, row 5.*D"),
        (changed("A => "), r"sheet reactions, row 5"),
        (changed("A => !C"), r"sheet reactions, row 5"),
        (changed("A -> C"), r"sheet reactions, row 5.*=>"),
        (changed("A & ! B => C"), r"sheet reactions, row 5.*not understood"),
        (changed("A | B => C"), r"sheet reactions, row 5.*not understood"),
        (changed("A => C", "high", 1.4, 0.5), r"sheet reactions, row 5.*numbers"),
        (changed("A => C", "inf", 1.4, 0.5), r"sheet reactions, row 5.*numbers"),
        (changed("A => IL-6"), r"sheet reactions, row 5.*not understood"),
        (changed("A => C => B"), r"sheet reactions, row 5.*not understood"),
        (changed("A => C", 1, 1.4, 0.7), r"sheet reactions, row 5.*Hill domain"),
        (changed("A => C", 1.5, 1.4, 0.5), r"sheet reactions, row 5.*weight"),
        ([], "0 reactions"),
    ],
)
def test_what_netflux_could_not_mean_is_refused_with_sheet_and_row(tmp_path: Path, reactions: list[list[object]], place: str) -> None:
    with pytest.raises(InputError, match=place):
        read_netflux(workbook(tmp_path, reactions=reactions))


@pytest.mark.parametrize("name", ["IL-6", "2A", "A B", "A"])
def test_species_that_are_no_names_or_repeat_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="sheet species, row 6"):
        read_netflux(workbook(tmp_path, [*SPECIES, ["", name, "", 0, 1, 1]]))


def test_impossible_species_numbers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"sheet species, row 3.*tau"):
        read_netflux(workbook(tmp_path, [["", "A", "", 0, 1, 0], *SPECIES[1:]]))


def test_files_that_are_no_workbooks_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.xlsx").write_text("A => B")
    (tmp_path / "text.xls").write_text("A => B")
    for name in ("text.xlsx", "text.xls", "absent.xlsx"):
        with pytest.raises(InputError, match=name):
            read_netflux(tmp_path / name)
    with pytest.raises(InputError, match="no sheet species"):
        read_netflux(workbook(tmp_path, titles=("nodes", "edges")))


class OldSheet:
    """What xlrd shows of a sheet: empty cells are empty texts there, and every number is a float."""

    def __init__(self, name: str, rows: list[list[object]]) -> None:
        self.name, self.rows, self.nrows = name, [["about"], HEADER, *rows], len(rows) + 2

    def row_values(self, row: int) -> list[object]:
        return [float(cell) if isinstance(cell, int) else cell for cell in self.rows[row]]


@pytest.fixture
def xlrd(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A stand-in for the optional package, so that the test runs without it."""
    found = SimpleNamespace()
    monkeypatch.setitem(sys.modules, "xlrd", found)
    return found


def test_old_workbooks_are_read_alike(tmp_path: Path, xlrd: SimpleNamespace) -> None:
    sheets = [OldSheet("Species", SPECIES), OldSheet("reactions", [*REACTIONS, [""] * 6])]
    xlrd.open_workbook = lambda path, logfile: SimpleNamespace(sheets=lambda: sheets)
    (tmp_path / "model.xls").touch()
    assert read_netflux(tmp_path / "model.xls") == read_netflux(workbook(tmp_path))
    assert read_network(tmp_path / "model.xls", "netflux", name="model") == read_network(workbook(tmp_path))


def test_broken_old_workbooks_and_a_missing_reader_say_what_to_do(
    tmp_path: Path, xlrd: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, logfile: object) -> None:
        message = "no OLE2\ndocument"
        raise LookupError(message)

    xlrd.open_workbook = refuse
    (tmp_path / "model.xls").touch()
    with pytest.raises(InputError, match=r"model.xls is not a readable workbook: no OLE2 document. Save it as xlsx"):
        read_netflux(tmp_path / "model.xls")
    monkeypatch.setitem(sys.modules, "xlrd", None)
    with pytest.raises(InputError, match=r"install jaknet\[xls\], or save it as xlsx"):
        read_netflux(tmp_path / "model.xls")


def test_defaults_of_netflux_by_number(tmp_path: Path) -> None:
    species = [["", "A", "", None, 0.5, 2], ["", "B", "", "", "", ""], ["", "C", "", 0.2, 0.5, 3]]
    with pytest.warns(UserWarning, match=r"sheet species, row 3, sheet species, row 4, sheet reactions, row 5"):
        model = read_netflux(workbook(tmp_path, species, changed("A & B => C", 0.5, 2.0, None)))
    given = [(each.name, each.initial, each.ymax, each.tau) for each in model.species]
    assert given == [("A", 0, 1, 1), ("B", 0, 1, 1), ("C", 0.2, 0.5, 3)]
    last = model.reactions[-1]
    assert (last.weight, last.n, last.ec50, last.reactants, last.inverted) == (1.0, 1.4, 0.5, ("A", "B"), (False, False))


@pytest.mark.parametrize(("numbers", "fits"), [((0, 0, 1), True), ((-0.1, 1, 1), False), ((0, -1, 1), False), ((0, 1, -1), False)])
def test_species_numbers_at_their_limits(tmp_path: Path, numbers: tuple[float, float, float], fits: bool) -> None:
    path = workbook(tmp_path, [["", "A", "", *numbers], *SPECIES[1:]])
    if fits:
        assert read_netflux(path).species[0].tau == numbers[2]
        return
    with pytest.raises(InputError, match=r"sheet species, row 3: Yinit .* of A; need Yinit >= 0, Ymax >= 0, tau > 0"):
        read_netflux(path)


@pytest.mark.parametrize("rule", ["A & !B => C", " A&!B=>C ", "A + !B => C", "!B A => C", "A  &  !B  =>  C"])
def test_spelling_of_a_rule_does_not_matter(tmp_path: Path, rule: str) -> None:
    reaction = read_netflux(workbook(tmp_path, reactions=changed(rule, 0.75, 2, 0.5))).reactions[-1]
    assert dict(zip(reaction.reactants, reaction.inverted, strict=True)) == {"A": False, "B": True}
    assert (reaction.target, reaction.weight, reaction.n) == ("C", 0.75, 2.0)


def test_padded_names_and_the_name_of_the_file(tmp_path: Path) -> None:
    model = read_netflux(workbook(tmp_path, [["", " A ", "", 0, 1, 1], *SPECIES[1:]]))
    assert model.names == ("A", "B", "C") and model.name == "model"


def test_a_sheet_that_is_missing_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"model.xlsx has no sheet reactions; it has species, edges. A Netflux workbook has"):
        read_netflux(workbook(tmp_path, titles=("species", "edges")))


def test_workbooks_without_rows_say_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"model.xlsx has 0 species and 0 reactions from row 3; both are needed"):
        read_netflux(workbook(tmp_path, [], []))


def rule_of(text: str) -> Rule:
    return parse_rule(Row("reactions", 3, ["", "r", text]))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("=> A", Rule((), (), ("A",))),
        ("A&!B=>C", Rule(("A", "B"), (False, True), ("C",))),
        ("!A !B => C + D", Rule(("A", "B"), (True, True), ("C", "D"))),
        ("A & !A & A => C", Rule(("A",), (True,), ("C",))),
    ],
)
def test_rules_by_hand(text: str, rule: Rule) -> None:
    assert rule_of(text) == rule


NAMES = st.lists(st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,5}", fullmatch=True), min_size=1, max_size=5, unique=True)


@given(NAMES, st.lists(st.booleans(), min_size=5, max_size=5))
@settings(max_examples=50, deadline=None)
def test_what_a_reaction_is_written_as_is_read_as_that_reaction(names: list[str], flips: list[bool]) -> None:
    reaction = Reaction(names[0], tuple(names[1:]), tuple(flips[: len(names) - 1]))
    assert rule_of(str(reaction)) == Rule(reaction.reactants, reaction.inverted, (reaction.target,))


def test_one_rule_in_two_spellings_is_repeated(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match=r"rule repeated, each counts: sheet reactions, row 5, sheet reactions, row 6\."):
        read_netflux(workbook(tmp_path, reactions=[*changed("A & !B => C"), ["", "r4", "A+!B=>C", 1, 1.4, 0.5]]))


def test_rules_stored_as_formulas_are_read_as_text(tmp_path: Path) -> None:
    """openpyxl, like other writers, stores a text that begins with = as a formula without a value."""
    path = workbook(tmp_path)
    assert openpyxl.load_workbook(path)["reactions"]["C3"].data_type == "f"
    assert read_sheets(path)["reactions"][2] == ["", "r1", "=> A", "0.5", "1.4", "0.5"]
    assert read_network(path).edges["source"].tolist() == ["A", "B"]


def test_numbers_may_be_formulas(tmp_path: Path) -> None:
    """What counts is the result that Excel stored beside the formula."""
    computed = tmp_path / "computed.xlsx"
    with zipfile.ZipFile(workbook(tmp_path, reactions=changed("A => C", 0.625, 1.4, 0.5))) as whole, zipfile.ZipFile(computed, "w") as copy:
        for name in whole.namelist():
            content = whole.read(name)
            copy.writestr(name, content.replace(b"<v>0.625</v>", b"<f>5/8</f><v>0.625</v>"))
    assert openpyxl.load_workbook(computed)["reactions"]["D5"].value == "=5/8"
    assert read_netflux(computed).reactions[-1].weight == 0.625


def test_a_workbook_with_broken_markup_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(workbook(tmp_path)) as whole, zipfile.ZipFile(broken, "w") as copy:
        for name in whole.namelist():
            copy.writestr(name, "<worksheet><" if "sheet1" in name else whole.read(name))
    with pytest.raises(InputError, match=r"broken.xlsx is not a readable workbook"):
        read_netflux(broken)


@given(st.integers(0, 10**6), st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_damaged_workbooks_are_read_or_refused_clearly(tmp_path_factory: pytest.TempPathFactory, seed: int, hits: int) -> None:
    path = workbook(tmp_path_factory.mktemp("damaged"))
    content, rng = bytearray(path.read_bytes()), np.random.default_rng(seed)
    for place in rng.integers(len(content), size=hits):
        content[place] = rng.integers(256)
    path.write_bytes(content)
    try:
        assert set(read_sheets(path))
    except InputError as error:
        assert "is not a readable workbook" in str(error)
