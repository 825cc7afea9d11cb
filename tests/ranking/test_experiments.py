"""Published experiments: found by any name, turned round where the opposite was done, counted by paper."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import jaknet as jn
from jaknet.errors import InputError
from jaknet.ranking.experiments import AGREEMENT, EXPERIMENT_COLUMNS, SUREST, count_papers, experiments, for_and_against, with_papers
from jaknet.validation.contradictions import agreement

NET = jn.load_network("osteoblast")


@pytest.fixture
def facts() -> pd.DataFrame:
    rows = [
        ("a", "JAK1;JAK2", -1, "BGLAP", "up", "PMID:1", "tofacitinib"),
        ("b", "JAK2", 1, "BGLAP", "down", "PMID:2", "constitutively active JAK2"),
        ("c", "JAK1", -1, "BGLAP", "down", "DOI:10.1/AB", "JAK1 silencing"),
        ("d", "JAK1", -1, "TNFSF11/TNFRSF11B", "down", "PMID:1", "tofacitinib"),
        ("e", "SOST", -1, "BGLAP", "up", "title:of-a-paper", "romosozumab"),
        ("f", "JAK1", -1, "BGLAP", "up", "1", "tofacitinib, other dose"),
    ]
    table = pd.DataFrame(rows, columns=["id", "nodes", "sign", "readout", "direction", "paper_id", "perturbation"])
    return table.assign(context="", system="", measure="transcript", note="")


def test_a_readout_and_a_perturbation_are_found_by_any_name(facts: pd.DataFrame) -> None:
    assert experiments("osteocalcin", facts=facts)["id"].tolist() == ["c", "a", "f", "b", "e"]
    assert experiments("RANKL", facts=facts)["id"].tolist() == ["d"]
    assert experiments(perturbed="sclerostin", facts=facts)["id"].tolist() == ["e"]
    assert experiments(perturbed="Tofacitinib", facts=facts)["id"].tolist() == ["a", "f", "d"]
    table = experiments(facts=facts)
    assert list(table) == EXPERIMENT_COLUMNS and len(table) == len(facts) and table["same_way"].isna().all()
    assert experiments("nothing that was read out", facts=facts).empty


def test_the_opposite_of_a_perturbation_is_told(facts: pd.DataFrame) -> None:
    lost = experiments("BGLAP", jn.knockout("Jak1"), facts).set_index("id")["same_way"]
    assert lost.to_dict() == {"a": 1, "c": 1, "f": 1}
    drug = experiments("BGLAP", "ruxolitinib 100 uM", facts).set_index("id")["same_way"]
    assert drug.to_dict() == {"a": 1, "b": -1, "c": 1, "f": 1}
    # A tenth less of JAK1 is no loss of it.
    assert experiments(perturbed=jn.inhibit("JAK1", 0.1), facts=facts).empty


def test_links_lead_to_the_paper(facts: pd.DataFrame) -> None:
    links = experiments("BGLAP", facts=facts).set_index("id")["link"]
    assert links["a"] == "https://pubmed.ncbi.nlm.nih.gov/1/" and links["c"] == "https://doi.org/10.1/ab" and links["e"] == ""
    assert experiments("BGLAP", "SOST", facts)["paper"].tolist() == ["title:of-a-paper"]


def test_papers_are_counted_once_and_turned_round(facts: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jaknet.ranking.experiments.read_table", lambda _: facts)
    # PMID:1 once, by either of its facts; the loss of JAK1 or the gain of JAK2 alone is another experiment.
    counts = count_papers(NET, pd.Series(["BGLAP", "SOST"]), jn.knockout("JAK1") + jn.knockout("JAK2"))
    assert counts.to_dict("list") == {"papers_up": [1, 0], "papers_down": [0, 0], "papers_none": [0, 0]}
    # A gain of JAK2 that lowers BGLAP says what a loss would do.
    lost = count_papers(NET, pd.Series(["BGLAP"]), jn.knockout("JAK2"))
    assert lost.iloc[0].tolist() == [1, 0, 0]
    # Whichever targets the table lists for a drug, its name makes it the same experiment.
    drug = count_papers(NET, pd.Series(["BGLAP", "TNFSF11/TNFRSF11B"]), jn.load_drug("tofacitinib").at("300 nM"))
    assert drug["papers_up"].tolist() == [1, 0] and drug["papers_down"].tolist() == [0, 1]
    assert not count_papers(NET, pd.Series(["BGLAP"]), jn.load_context("inflammatory")).to_numpy().any()


def test_a_ranking_counts_the_papers_beside_each_gene() -> None:
    table = jn.rank(jn.perturb(NET, "tofacitinib 300 nM", members=5), nulls=0).table.set_index("gene")
    assert table.loc["RUNX2", "papers_down"] >= 1 and table.loc["IL6", "papers_down"] >= 1
    assert table["p_rise"].dropna().between(1 - SUREST, SUREST).all()


def test_nodes_changed_in_opposite_ways_are_no_same_experiment(facts: pd.DataFrame) -> None:
    # Of three nodes two agree with an experiment that lowered all three: related, and not the same.
    three = facts.head(1).assign(nodes="JAK1;JAK2;TYK2")
    mixed = experiments(perturbed=jn.knockout("JAK1") + jn.knockout("JAK2") + jn.activate("TYK2"), facts=three)
    assert mixed[["same_nodes", "same_way"]].values.tolist() == [[False, 1.0]]
    # A drug that somebody added to a cytokine is another experiment than the drug.
    added = facts.head(1).assign(nodes="IL6", sign=1, perturbation="IL-6, blocked by tofacitinib")
    assert experiments(perturbed="tofacitinib", facts=added).empty


def test_experiments_for_and_against_stand_beside_each_prediction(facts: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jaknet.ranking.experiments.read_table", lambda _: facts.assign(readout=facts["readout"].replace("BGLAP", "OCN")))
    predicted = pd.Series({"ALPL": "up", "BGLAP": "up"})
    told = for_and_against(NET, predicted, jn.knockout("JAK1")).set_index("id")
    # The same experiment first (c, f), against before for; a changed JAK2 as well.
    assert told.index.tolist() == ["c", "f", "a"]
    assert told["speaks"].tolist() == ["against", "for", "for"] and told["same_nodes"].tolist() == [True, True, False]
    assert set(told["gene"]) == {"BGLAP"} and "experiment_context" in told
    # A gain that lowers speaks for a rise under the loss.
    gained = for_and_against(NET, predicted, jn.knockout("JAK2")).set_index("id")
    assert gained.loc["b", ["direction", "same_way", "speaks"]].tolist() == ["down", -1, "for"]
    unsure = for_and_against(NET, pd.Series({"BGLAP": "unsure"}), jn.knockout("JAK1"))
    assert set(unsure["speaks"]) == {"neither"}
    assert for_and_against(NET, predicted, jn.load_context("inflammatory")).empty


def test_a_ranking_lists_its_experiments_in_its_own_order() -> None:
    ranking = jn.rank(jn.perturb(NET, "tofacitinib 300 nM", members=5), nulls=0)
    listed, place = ranking.experiments(), ranking.table.set_index("gene")["rank"]
    assert listed["gene"].map(place).is_monotonic_increasing and {"PMID:33559714"} <= set(listed["paper"])
    counts = listed[listed["same_nodes"] & (listed["gene"] == "BGLAP")]["paper"].nunique()
    assert counts == ranking.table.set_index("gene").loc["BGLAP", ["papers_up", "papers_down", "papers_none"]].sum()


def test_papers_multiply_the_odds_of_the_network_and_nothing_gets_surer_than_one_paper() -> None:
    assert with_papers([0.4], [1], [0]) == pytest.approx([0.4 * 4 / (0.4 * 4 + 0.6)])
    assert with_papers([0.4, 0.6], [2, 0], [1, 1]).sum() == pytest.approx(1.0)
    assert with_papers([0.999, 0.999, 0.5], [0, 9, 0], [0, 0, 9]).tolist() == pytest.approx([SUREST, SUREST, 1 - SUREST])
    silent = with_papers([np.nan, np.nan, np.nan], [0, 1, 1], [0, 0, 1])
    assert np.isnan(silent[[0, 2]]).all() and silent[1] == pytest.approx(AGREEMENT)


def test_what_a_paper_is_worth_is_what_papers_are_seen_to_be_worth() -> None:
    pairs, share = agreement(jn.load_facts())
    assert abs(share - AGREEMENT) < 1.96 * np.sqrt(AGREEMENT * (1 - AGREEMENT) / pairs)


@pytest.mark.parametrize("asked", [{"gene": 5}, {"perturbed": 5}, {"facts": 5}])
def test_wrong_types_are_refused(asked: dict[str, int]) -> None:
    with pytest.raises(InputError, match=f"{next(iter(asked))}|path must be"):
        experiments(**asked)  # type: ignore[arg-type]
