from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from jaknet.errors import InputError
from jaknet.network.network import Network
from jaknet.simulation.library import load_context, load_drug
from jaknet.simulation.perturbations import Perturbation, activate, inhibit
from jaknet.simulation.trial import Condition
from jaknet.validation.facts import Experiment, lacking, load_facts, read_facts


def test_a_table_becomes_facts(table: pd.DataFrame, cell: Network) -> None:
    facts = read_facts(table)
    assert facts[1].experiment == Experiment(("JAK1",), -1, (("OSM", 1),), "steady_state")
    assert facts[4].parts == ("SOCS3", "SOST")
    assert lacking(facts[6].experiment.nodes, cell) == ["NOSUCH"] and lacking(facts[1].experiment.nodes, cell) == []


def test_an_experiment_becomes_a_condition(table: pd.DataFrame, cell: Network) -> None:
    facts = read_facts(table)
    condition = facts[1].experiment.condition(cell)
    assert condition == Condition(inhibit("JAK1", 0.9), load_context("steady_state"), activate("OSM"))
    assert facts[1].experiment.condition(cell, "inflammatory").context == load_context("inflammatory")
    assert Experiment(("JAK1", "NOSUCH"), 1, (("NOSUCH", 1),)).condition(cell) == Condition(activate("JAK1"))
    compared = Experiment(("context:inflammatory",), 1, context="steady_state").condition(cell)
    assert compared == Condition(load_context("inflammatory"), load_context("steady_state"))
    with pytest.raises(InputError, match="none of NOSUCH"):
        facts[6].experiment.condition(cell)


def test_a_drug_at_a_dose_does_what_its_potencies_say(facts_table: Callable[..., pd.DataFrame], cell: Network) -> None:
    told = {"nodes": "tofacitinib 300 nM", "sign": "-1"}
    changed = read_facts(facts_table(told))[0].experiment.condition(cell).perturbation
    assert changed == load_drug("tofacitinib").at("300 nM")
    both = read_facts(facts_table(told | {"nodes": "tofacitinib 300 nM;STAT3"}))[0].experiment.condition(cell).perturbation
    assert isinstance(changed, Perturbation) and isinstance(both, Perturbation)
    assert both.scale == {**changed.scale, "STAT3": pytest.approx(0.1)}


@pytest.mark.parametrize(
    ("measure", "quantity"), [("transcript", "transcript"), ("serum", "activity"), ("Protein", "activity"), ("", "activity")]
)
def test_the_measure_decides_what_is_compared(facts_table: Callable[..., pd.DataFrame], measure: str, quantity: str) -> None:
    assert read_facts(facts_table({"measure": measure}))[0].quantity == quantity


def test_a_file_reads_as_its_table(table: pd.DataFrame, tmp_path) -> None:
    path = tmp_path / "facts.tsv"
    table.assign(note='a "quoted" word').to_csv(path, sep="\t", index=False, quoting=3)
    assert read_facts(path) == read_facts(table) == read_facts(str(path))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"direction": "sideways"}, "unknown direction"),
        ({"sign": "0"}, "sign other than 1 or -1"),
        ({"sign": "2"}, "sign other than 1 or -1"),
        ({"readout": ""}, "empty readout"),
        ({"nodes": " "}, "empty nodes"),
        ({"background": "OSM=5"}, "background not understood"),
        ({"readout": "A/B/C"}, "several ratios"),
        ({"id": "F0"}, "repeated id"),
    ],
)
def test_a_wrong_fact_is_refused_with_its_row(facts_table: Callable[..., pd.DataFrame], change: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message) as refusal:
        read_facts(facts_table({}, change))
    assert "row 2" in str(refusal.value)


def test_what_is_no_table_of_facts_is_refused(table: pd.DataFrame, tmp_path) -> None:
    with pytest.raises(InputError, match="lack the column direction"):
        read_facts(table.drop(columns="direction"))
    with pytest.raises(InputError, match="no row"):
        read_facts(table.head(0))
    with pytest.raises(InputError, match="no file"):
        read_facts(tmp_path / "absent.tsv")
    (tmp_path / "empty.tsv").write_text("")
    with pytest.raises(InputError, match="not a tab-separated table"):
        read_facts(tmp_path / "empty.tsv")


def test_columns_that_may_be_absent(table: pd.DataFrame) -> None:
    fact = read_facts(table.drop(columns=["background", "context", "paper_aliases"]))[1]
    assert fact.experiment.background == () and fact.experiment.context == "" and fact.aliases == ()


def test_the_bundled_facts_are_read() -> None:
    facts = read_facts(load_facts())
    assert len(facts) == len(load_facts())
    assert len({fact.experiment for fact in facts}) < len(facts)
