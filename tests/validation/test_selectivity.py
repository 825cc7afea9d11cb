"""Kinases alone against measured signals."""

from __future__ import annotations

import numpy as np
import pytest

from jaknet.simulation.drugs import Drug, Target
from jaknet.simulation.library import load_drug
from jaknet.simulation.potency import DRUG_DECADES, RECEPTOR_DECADES
from jaknet.validation.selectivity import SelectivityCheck, check_selectivity, kinases_alone


@pytest.fixture(scope="module")
def check() -> SelectivityCheck:
    return check_selectivity()


def test_what_is_compared_is_left_out() -> None:
    mixed = Target("TYK2", 5.0, reference="PMID:1;PMID:2")
    drug = Drug("d", (Target("JAK1", 5.0, reference="PMID:9"), mixed, Target("IFNAR1", 1.0, receptor=True, reference="PMID:2")))
    bare = kinases_alone(drug)
    assert bare is not None and [target.name for target in bare.targets] == ["JAK1"]
    assert kinases_alone(Drug("d", (mixed, Target("IFNAR1", 1.0, receptor=True, reference="PMID:2")))) is None
    # Its TYK2 is known from interferon alpha and IL-23 alone.
    assert "TYK2" not in {target.name for target in kinases_alone(load_drug("deucravacitinib")).targets}  # type: ignore[union-attr]


def test_agreement_by_hand() -> None:
    measured = {"IL6ST": (10.0, ("JAK1",)), "IFNGR1": (40.0, ("JAK1", "JAK2")), "CSF2RB": (1000.0, ("JAK2",))}
    targets = [Target(name, value, receptor=True, kinases=kinases) for name, (value, kinases) in measured.items()]
    check = check_selectivity([Drug("d", (Target("JAK1", 20.0), Target("JAK2", 500.0), *targets))])
    table = check.to_frame().set_index("receptor")
    assert table["kinases_nM"].tolist() == pytest.approx([20.0, 18.9, 500.0], rel=0.02)
    scores = check.scores().set_index(["drug", "potency"]).loc[("d", "kinases")]
    assert scores["receptors"] == 3 and scores["fold_error"] == pytest.approx(2.0, rel=0.05)
    # JAK1 alone 20, JAK1 with JAK2 a little less: two of three ranks are in order.
    assert scores["spearman"] == pytest.approx(0.5)
    assert scores["spearman_low"] <= scores["spearman"] <= scores["spearman_high"]


def test_a_signal_is_predicted_from_the_others_without_itself() -> None:
    signals = [Target(name, value, receptor=True, kinases=("JAK1",)) for name, value in (("IL6ST", 10.0), ("IL4R", 1000.0))]
    table = check_selectivity([Drug("d", (Target("JAK1", 100.0, assay="enzyme"), *signals))]).to_frame().set_index("receptor")
    assert table.loc["IL6ST", "others_nM"] > 100.0 > table.loc["IL4R", "others_nM"]
    assert (table["kinases_nM"] == 100.0).all() and (table["enzyme_nM"] == 100.0).all()


def test_few_receptors_get_no_interval(check: SelectivityCheck) -> None:
    scores = check.scores().set_index(["drug", "potency"])
    few = scores[scores["receptors"] < 3]
    assert len(few) and few[["spearman", "fold_error_low", "fold_error_high"]].isna().all().all() and few["fold_error"].notna().all()


def test_correction_beats_isolated_enzymes_and_measured_signals_help_the_others(check: SelectivityCheck) -> None:
    scores = check.scores().set_index(["drug", "potency"])["fold_error"]
    assert scores["tofacitinib", "kinases"] < 3 < 10 < scores["tofacitinib", "enzyme"]
    assert scores["all", "kinases"] < scores["all", "enzyme"]
    known = check.to_frame().dropna()
    error = {name: np.log10(known[name] / known["measured_nM"]) for name in ("kinases_nM", "others_nM")}
    assert (error["others_nM"] ** 2).mean() < (error["kinases_nM"] ** 2).mean()


def test_drugs_without_a_measured_signal_are_listed_and_not_scored(check: SelectivityCheck) -> None:
    assert {"baricitinib", "deucravacitinib", "pacritinib"} <= set(check.unscored)
    assert not set(check.unscored) & {"tofacitinib", "ruxolitinib"}
    text = check.summary()
    assert "not scored" in text and "baricitinib" in text and repr(check) == text


def test_the_uncertainty_that_members_draw_is_the_error_that_was_seen(check: SelectivityCheck) -> None:
    known = check.to_frame().dropna()
    error = np.log10(known["kinases_nM"].astype(float) / known["measured_nM"].astype(float))
    groups = error.groupby(known["drug"])
    within = np.sqrt(((error - groups.transform("mean")) ** 2).sum() / (len(error) - groups.ngroups))
    assert within == pytest.approx(RECEPTOR_DECADES, abs=0.03)
    assert np.sqrt((error**2).mean()) == pytest.approx(np.hypot(DRUG_DECADES, RECEPTOR_DECADES), abs=0.03)
