from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from jaknet.data.registry import read_table
from jaknet.errors import InputError, UnknownNameError
from jaknet.network.io.read import load_network
from jaknet.network.network import Network
from jaknet.network.papers import identifiers_of
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
    assert {fact.direction for fact in facts} == {"up", "down", "none"}
    assert sum(fact.direction == "none" for fact in facts) > 80


def test_each_bundled_fact_is_one_readout_of_one_experiment() -> None:
    table = load_facts()
    same = ["paper_id", "nodes", "sign", "background", "context", "system", "perturbation", "readout", "measure"]
    assert table["id"].is_unique and table[same].duplicated().sum() == 0
    assert set(table["measure"]) == {"transcript", "protein", "activity", "phenotype", "serum"}
    assert set(table["reviewed"]) == {"as received", "corrected", "kept", "read"}
    network = load_network("osteoblast")
    assert [fact.id for fact in read_facts(table) if lacking(fact.experiment.nodes, network) == [*fact.experiment.nodes]] == []


def test_no_observation_stands_twice() -> None:
    table = load_facts().assign(nodes=lambda t: t["nodes"].str.split(";").map(sorted).str.join(";"))
    # What a paper found at two doses stands twice only where the doses differ in what they do.
    same = ["paper_id", "nodes", "sign", "background", "context", "readout", "measure", "system", "direction"]
    assert list(table.loc[table.duplicated(same, keep=False), "id"]) == []


def test_what_was_measured_in_blood_or_as_mass_says_so() -> None:
    table = load_facts()
    blood = table["system"].str.contains("RA patients|plasma|^rat serum", regex=True)
    assert blood.sum() >= 9 and set(table.loc[blood, "measure"]) == {"serum"}
    assert ((table["readout"] == "MINERALIZATION") == (table["measure"] == "phenotype")).all()


def test_mineral_that_was_scored_in_culture_is_of_differentiating_cells() -> None:
    table = load_facts()
    culture = table[(table["measure"] == "phenotype") & ~table["system"].str.contains("in vivo")]
    assert len(culture) > 60 and set(culture["context"]) <= {"differentiating", "estrogen_deficient"}


def test_what_the_words_of_a_fact_put_into_both_arms_is_in_its_columns() -> None:
    network, table = load_network("osteoblast"), load_facts()
    told = re.compile(r"(?:\bwith|\bon top of|\+) (?:soluble )?([\w-]+)|([\w-]+) in both arms")
    lost, found = [], 0
    for row in table.itertuples():
        columns = {*row.nodes.split(";"), *(part.split("=")[0] for part in row.background.split(";"))}
        for name in (max(match) for text in (row.perturbation, row.system) for match in told.findall(text)):
            try:
                nodes = set(network.resolve(name))
            except UnknownNameError:
                continue
            found += 1
            lost += [] if nodes & columns else [(row.id, name)]
    assert found > 50 and lost == []


def test_every_paper_of_the_facts_has_one_well_formed_identifier() -> None:
    papers = load_facts().groupby("paper_id")["paper_aliases"].agg(set)
    assert (papers.map(len) == 1).all()
    named = [name for paper, (aliases,) in papers.items() for name in (paper, *aliases.split(";")) if name]
    # A PMID has at most eight digits; a PMC or article number has none of its own.
    form = r"PMID:\d{1,8}|DOI:10\.\d{4,9}/\S+|PMCID:PMC\d+|title:[a-z0-9-]+|https?://\S+"
    assert [name for name in named if not re.fullmatch(form, name)] == []
    numbers = {name.removeprefix("PMID:") for name in named if name.startswith("PMID:")}
    assert numbers.isdisjoint({name.removeprefix("PMCID:PMC") for name in named if name.startswith("PMCID:")})
    assert numbers.isdisjoint({digits for name in named if name.startswith("DOI:") for digits in re.findall(r"\d{6,}", name)})
    groups = [identifiers_of(paper) for paper in papers.index]
    assert len({name for group in groups for name in group}) == sum(map(len, groups)), "one paper stands under two identifiers"


def test_the_log_of_the_review_is_of_facts_and_leads_to_them() -> None:
    log, table = read_table("networks/osteoblast/facts_review.tsv"), load_facts().set_index("id")
    assert list(log) == ["id", "what", "from", "to", "why"] and (log[["what", "why"]] != "").all(axis=None)
    removed = log[log["what"] == "removed"]
    assert set(log["id"]) == (set(log["id"]) & set(table.index)) | set(removed["id"])
    assert set(removed["id"]).isdisjoint(table.index) and set(removed["to"]) <= set(table.index)
    changed = log[log["what"].isin(["nodes", "sign", "background", "context", "readout", "direction", "measure", "paper_id"])]
    last = changed[~changed["id"].isin(removed["id"])].groupby(["id", "what"])["to"].last()
    assert [key for key, to in last.items() if table.loc[key] != to] == []
    assert set(table.index[table["reviewed"] == "corrected"]) <= set(log["id"])


def test_the_datasheet_counts_the_facts_as_they_are() -> None:
    table, sheet = load_facts(), Path(__file__).resolve().parents[2] / "networks" / "osteoblast" / "README.md"
    if not sheet.is_file():
        pytest.skip("the datasheet is not part of an installation")
    ways, papers = table["direction"].value_counts(), table["paper_id"].nunique()
    told = f"{len(table)} published readouts of {papers} papers: {ways['up']} up, {ways['down']} down, {ways['none']} unchanged."
    assert told in sheet.read_text(encoding="utf-8")


def test_every_bundled_fact_has_one_pathway_and_a_node_always_the_same() -> None:
    facts = load_facts()
    assert (facts["pathway"] != "").all() and facts["pathway"].nunique() < 20
    assert len(facts[["nodes", "pathway"]].drop_duplicates()) == facts["nodes"].nunique()
