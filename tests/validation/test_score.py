from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import jaknet as jn
from jaknet.errors import InputError, UnknownNameError
from jaknet.network.network import Network
from jaknet.simulation.settings import EnsembleSettings
from jaknet.validation.score import Validation, validate

ALWAYS = EnsembleSettings(other_sign=0.0)
Facts = Callable[..., pd.DataFrame]


@pytest.fixture(scope="module")
def score(facts_table: Facts, cell: Network) -> Validation:
    facts = facts_table(
        {},
        {"nodes": "JAK1", "sign": "-1", "background": "OSM=+1", "direction": "down"},
        {"readout": "SOST", "direction": "down", "paper_id": "PMID:901"},
        {"readout": "CTNNB1", "measure": "activity", "direction": "up", "paper_id": "PMID:901"},
        {"readout": "SOCS3/SOST", "direction": "up", "paper_id": "a title that no edge cites"},
        {"readout": "SOST", "direction": "up", "paper_id": "PMID:902"},
        {"nodes": "NOSUCH", "readout": "ALPL", "paper_id": "PMID:903"},
        {"nodes": "PTH", "readout": "SOCS3", "direction": "none", "paper_id": "PMID:904"},
    )
    return validate(cell, facts, members=60, settings=ALWAYS)


def test_predictions_and_what_is_counted(score: Validation) -> None:
    frame = score.to_frame()
    assert frame["predicted"].tolist() == ["up", "down", "down", "up", "up", "down", "", ""]
    assert frame["correct"].tolist() == [True, True, True, True, True, False, False, False]
    assert score.coverage == 6 / 8
    assert score.accuracy == pytest.approx(5 / 6)
    assert score.macro_accuracy == pytest.approx((1 + 1 + 1 + 0) / 4)
    low, high = score.interval
    assert 0 <= low <= score.accuracy <= high <= 1
    assert score.brier == pytest.approx(((frame["p_sign"] - frame["correct"])[frame["predicted"] != ""] ** 2).mean())


def test_probabilities_are_probabilities(score: Validation) -> None:
    given = score.to_frame().query("predicted != ''")
    assert np.allclose(given[["p_up", "p_down", "p_none"]].sum(axis=1), 1.0)
    assert given["p_sign"].between(0.5, 1.0, inclusive="left").all()


def test_baselines_and_reliability(score: Validation) -> None:
    table = score.baselines.set_index("method")
    names = ["the network alone", "other papers on the same experiment alone"]
    names += ["sign of the shortest path", "majority sign of all paths to depth 4", "signed sum of all walks to ten steps", "always up"]
    assert list(table.index) == ["model", *names]
    # One of the eight facts is about no change, one has nothing in the network.
    assert table.loc["model", ["accuracy", "coverage", "brier"]].tolist() == pytest.approx([5 / 6, 6 / 7, score.brier])
    assert table.loc["sign of the shortest path", "coverage"] == 6 / 7
    assert table.loc["always up", "coverage"] == 1.0
    assert table.loc["always up", "accuracy"] == 5 / 7
    # Four of the six facts with a direction say up: four right and two wrong, however confident.
    assert table.loc["always up", "brier"] == pytest.approx(4 / 6 * 2 / 6)
    assert table.loc["always up", "ahead"] == pytest.approx(5 / 6 - 4 / 6)
    assert table.loc["always up", "gain"] == pytest.approx(4 / 6 * 2 / 6 - score.brier)
    assert (table["gain_low"] <= table["gain"]).all() and (table["gain"] <= table["gain_high"]).all()
    # Walks state their own probability: 0.85 where no walk opposes.
    assert table.loc["signed sum of all walks to ten steps", "brier"] == pytest.approx((5 * 0.15**2 + 0.85**2) / 6)
    assert score.reliability["n"].sum() == 6
    assert len(score.reliability) == 5
    assert score.risk["n"].tolist()[-1] == 6


def test_the_network_can_speak_alone(cell: Network, facts_table: Facts) -> None:
    # Of several papers at least one found that OSM lowers osteocalcin; the cell has no osteocalcin.
    facts = facts_table({"readout": "ALPL", "direction": "down"}, {})
    heard, alone = (validate(cell, facts, members=5, settings=ALWAYS, experiments=told) for told in (True, False))
    assert alone.to_frame()["predicted"].tolist() == ["", "up"] and "papers_up" not in alone.to_frame()
    assert alone.baselines["method"].tolist()[1] == "sign of the shortest path"
    told = heard.to_frame()
    assert told["p_network"].isna().tolist() == [True, False]
    assert (told["predicted"] != "").tolist() == [told.loc[0, "papers_up"] != told.loc[0, "papers_down"], True]
    assert told.loc[1, "p_sign"] == pytest.approx(max(told.loc[1, ["p_network"]]))


def test_a_silent_baseline_is_a_coin(cell: Network, facts_table: Facts) -> None:
    facts = facts_table({"paper_id": "PMID:5"}, {"nodes": "SOST", "readout": "SOCS3", "paper_id": "PMID:6", "direction": "down"})
    edges = pd.DataFrame(
        {"source": ["OSM", "OSM", "B", "C"], "target": ["B", "C", "SOCS3", "SOCS3"], "sign": [1, 1, 1, -1], "weight": [1, 0.5, 1, 0.2]}
    )
    score = validate(Network(edges.assign(canonical=1)), facts, members=20, settings=ALWAYS)
    assert score.to_frame()["baseline_shortest_path"].tolist() == ["", ""]
    table = score.baselines.set_index("method")
    assert table.loc["sign of the shortest path", ["brier", "log_score"]].tolist() == pytest.approx([0.25, np.log(0.5)])
    assert score.log_score == pytest.approx(np.log(0.85))  # 21 of 22 members, but no sign is surer than .85


def test_parts_add_up(score: Validation) -> None:
    for column in ("context", "measure", "steps", "evidence", "nodes", "correct"):
        assert score.by(column)["n"].sum() == 8
    steps = score.by("steps").set_index("value")
    assert steps.index.tolist() == ["2", "3", "4", "(empty)"]
    assert steps.loc["(empty)", "coverage"] == 0.0
    assert score.by("direction").set_index("value").loc["down", "accuracy"] == 1.0
    with pytest.raises(InputError, match="no column 'pathway'; it has id"):
        score.by("pathway")


def test_further_columns_of_the_facts_are_kept(cell: Network, facts_table: Facts) -> None:
    facts = facts_table({}, {"readout": "SOST", "direction": "down"}).assign(pathway=["gp130", "Wnt"], correct="said by the user")
    score = validate(cell, facts, members=5, settings=ALWAYS)
    assert score.by("pathway")["value"].tolist() == ["Wnt", "gp130"]
    assert score.to_frame()["correct"].tolist() == [True, True]
    assert "pathway" in score.summary()


def test_papers_that_contradict_each_other_are_listed(score: Validation) -> None:
    assert score.contradictions[["id_1", "id_2", "differs"]].values.tolist() == [["F2", "F5", ""]]
    assert "two papers on the same perturbation and readout, once: agreement 0.00; 1 pair of facts contradicts" in score.summary()


def test_counter_examples_and_the_jak_axis(score: Validation) -> None:
    assert score.counter_examples["id"].tolist() == ["F5"]
    axis = score.jak_axis
    assert axis[["context", "sign", "direction", "n", "n_given", "accuracy"]].values.tolist() == [["steady_state", -1, "down", 1, 1, 1.0]]


def test_facts_without_a_direction_are_judged_by_the_margin(facts_table: Facts) -> None:
    # The same edges, strong and a thousandth as strong: 0.01 in activity, 0.1 in log2 fold change.
    rows = [("OSM", "A", "signaling", 1.0), ("OSM", "B", "transcription", 1.0)]
    rows += [("OSM", "C", "signaling", 0.001), ("OSM", "D", "transcription", 0.001)]
    edges = pd.DataFrame(rows, columns=["source", "target", "layer", "weight"]).assign(sign=1, canonical=1)
    none = {"direction": "none"}
    facts = [none | {"readout": node, "measure": what} for node, what in zip("ABCD", ["activity", "transcript"] * 2, strict=True)]
    score = validate(Network(edges), facts_table(*facts), members=30, settings=ALWAYS)
    frame = score.to_frame()
    assert (frame["predicted"] == "up").all() and (frame["effect"] > 0).all()
    assert frame["correct"].tolist() == [False, False, True, True]
    assert frame["p_none"].tolist() == [0.0, 0.0, 1.0, 1.0]
    assert np.isnan(score.brier)


def test_the_papers_own_evidence_is_left_out_and_counted(cell: Network, facts_table: Facts) -> None:
    facts = facts_table({"paper_id": "PMID:3", "paper_aliases": "DOI:10.1/x"}, {"paper_id": "PMID:3"})
    left = validate(cell, facts, members=20, settings=ALWAYS)
    assert left.to_frame()["predicted"].tolist() == ["", "up"]
    assert left.to_frame()["dropped_edges"].tolist() == [1, 0]
    kept = validate(cell, facts, members=20, settings=ALWAYS, leave_out_reference=False)
    assert kept.coverage == 1.0
    assert kept.to_frame()["dropped_edges"].tolist() == [0, 0]


def test_the_summary_says_what_the_tables_say(score: Validation, tmp_path: Path) -> None:
    text = score.summary()
    for part in ("accuracy 0.833", "coverage 0.750 (6 of 8)", "always up", "reliability", "F5", "ALPL, NOSUCH"):
        assert part in text
    folder = score.write(tmp_path / "out")
    names = {"validation.tsv", "summary.txt", "reliability.tsv", "baselines.tsv", "jak_axis.tsv"}
    names |= {"risk.tsv", "parts.tsv", "no_change.tsv", "contradictions.tsv"}
    assert {path.name for path in folder.iterdir()} == names
    again = pd.read_csv(folder / "validation.tsv", sep="\t", keep_default_na=False)
    assert again["predicted"].tolist() == score.to_frame()["predicted"].tolist()


def test_a_score_without_any_direction_still_reports(cell: Network, facts_table: Facts, tmp_path: Path) -> None:
    nothing = validate(cell, facts_table({"nodes": "NOSUCH"}), members=5)
    assert nothing.coverage == 0.0 and np.isnan(nothing.accuracy)
    assert "coverage 0.000" in nothing.summary()
    nothing.write(tmp_path)


def test_what_speaks_against_the_model_is_said_first(score: Validation) -> None:
    lines = score.summary().splitlines()
    doubt = lines.index(
        "Brier score not surely better (95 % interval of the gain holds 0) than: " + ", ".join(score.baselines["method"][1:])
    )
    assert doubt < lines.index("JAKs and STATs perturbed") and doubt < 6
    wrong = score.frame.assign(predicted="up", p_sign=0.999, direction="down", correct=False, p_none=0.9)
    text = replace(score, frame=wrong).summary()
    assert "p_sign does not hold (accuracy outside the joint band): 0.9 to 1.0" in text
    assert "p_none does not tell which experiments find no change: Brier 0.810, one constant 0.000" in text


def test_arguments_are_checked(cell: Network, table: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="use one of logic"):
        validate(cell, table, engine="magic")
    with pytest.raises(InputError, match="at least 1"):
        validate(cell, table, members=0)
    with pytest.raises(UnknownNameError, match="nosuch"):
        validate("nosuch", table)


def test_the_linear_engine_is_scored_alike(cell: Network, facts_table: Facts) -> None:
    score = validate(cell, facts_table({}, {"readout": "SOST", "direction": "down"}), engine="linear", members=20, settings=ALWAYS)
    assert score.accuracy == 1.0


def test_the_bundled_network_and_facts_repeat_bit_by_bit() -> None:
    net, facts = jn.load_network(), jn.load_facts().iloc[::6]
    once, twice = (jn.validate(net, rows, members=8).to_frame() for rows in (facts, facts.iloc[::-1]))
    pd.testing.assert_frame_equal(once, twice.iloc[::-1].reset_index(drop=True))
    assert (once["predicted"] != "").mean() > 0.4
