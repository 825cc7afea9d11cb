"""Flags become what is done, and say which of them cannot be used."""

from __future__ import annotations

import shlex

import pytest

from jaknet.cli.app import build_parser
from jaknet.cli.options import level, pairs, perturbed, split_pair, without_papers
from jaknet.errors import InputError
from jaknet.network.io.read import load_network
from jaknet.simulation.perturbations import Perturbation

NET = load_network("osteoblast")


def _done(line: str) -> tuple[Perturbation, Perturbation | None]:
    return perturbed(build_parser().parse_args(shlex.split(f"perturb {line}")), NET)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("--inhibit JAK1", Perturbation("inhibit JAK1 90%", scale={"JAK1": 0.1})),
        ("--inhibit JAK1=0.25", Perturbation("inhibit JAK1 25%", scale={"JAK1": 0.75})),
        ("--activate OSM", Perturbation("activate OSM", pin={"OSM": 1.0})),
        ("--activate OSM=0.3 --knockout SOST", Perturbation("knockout SOST + activate OSM", pin={"SOST": 0.0, "OSM": 0.3})),
    ],
)
def test_words_become_perturbations(line, expected):
    found, background = _done(line)
    assert (found.label, found.pin, background) == (expected.label, expected.pin, None)
    assert found.scale == pytest.approx(expected.scale)


def test_two_drugs_on_one_site_compete():
    both, _ = _done("--drug tofacitinib --dose '100 nM' --drug baricitinib --dose '100 nM'")
    alone = [_done(f"--drug {name} --dose '100 nM'")[0] for name in ("tofacitinib", "baricitinib")]
    loads = [1 / part.remaining["JAK1"] - 1 for part in alone]
    assert both.remaining["JAK1"] == pytest.approx(1 / (1 + sum(loads)))
    assert both.label == "tofacitinib 100 nM + baricitinib 100 nM"


def test_assay_and_matrix_reach_the_dose():
    enzyme, blood, plain = (
        _done(f"--drug tofacitinib --dose '100 nM' {more}")[0] for more in ("--assay enzyme", "--matrix blood", "--assay cellular")
    )
    assert enzyme.remaining["JAK1"] < plain.remaining["JAK1"] < blood.remaining["JAK1"]
    assert (enzyme.label, blood.label) == ("tofacitinib 100 nM (enzyme)", "tofacitinib 100 nM in blood")


def test_background_levels_hold_and_minus_one_knocks_out():
    _, made = _done("--knockout JAK1 --background OSM=0.4 --background SOST=-1 --background IL6")
    assert made is not None and made.pin == {"OSM": 0.4, "IL6": 1.0, "SOST": 0.0} and not made.scale


def test_papers_are_left_out_one_after_the_other_whatever_the_first_takes_along():
    alone = next(row.references for row in NET.edges.itertuples() if row.references.startswith("PMID") and ";" not in row.references)
    twice = without_papers(NET, [alone, alone])
    assert twice == without_papers(NET, [alone]) == NET.without_reference(alone)


@pytest.mark.parametrize(("text", "pair"), [("A", ("A", 1.0)), ("A=-1", ("A", -1.0)), ("A=1e-3", ("A", 1e-3)), ("µ=2", ("µ", 2.0))])
def test_pairs_of_a_name_and_a_number(text, pair):
    assert split_pair(text, "--x") == pair


@pytest.mark.parametrize("text", ["A=", "A=b", "A=0.5=1"])
def test_what_is_no_number_is_shown_with_an_example(text):
    with pytest.raises(InputError, match=f"--x {text} is not NODE=NUMBER; write for example A=0.9"):
        split_pair(text, "--x")


def test_of_several_pairs_none_is_lost():
    assert pairs(["A=1", "B=0.5"], "--x") == {"A": 1.0, "B": 0.5}
    with pytest.raises(InputError, match="--x A=2: A is given twice, 1 before"):
        pairs(["A=1", "A=2"], "--x")
    with pytest.raises(InputError, match="--x A is not NODE=NUMBER"):
        pairs(["A"], "--x")


@pytest.mark.parametrize("text", ["nan", "-0.1", "2", "high", "inf"])
def test_a_level_lies_between_0_and_1(text):
    assert level("0.5", "--x") == 0.5
    with pytest.raises(InputError, match=f"--x {text} is no level"):
        level(text, "--x")
