"""Drugs: what a dose leaves of each target, in which assay and matrix, and how surely."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from jaknet.errors import InputError, UnknownNameError
from jaknet.simulation.drugs import JAK_FAMILY, Drug, Target, combine_doses
from jaknet.simulation.library import as_drug, list_drugs, load_drug, named_dose
from jaknet.simulation.perturbations import activate, combine, inhibit

EXPOSURES = pd.DataFrame(
    {
        "regimen": ["5 mg BID", "5 mg BID", "9 mg QD"],
        "quantity": ["Cavg", "Cmax", "Cmax"],
        "value_nM": ["60", "180", "90"],
        "low_nM": ["30", "", ""],
        "high_nM": ["120", "", ""],
    }
)
DEMO = Drug("demo", (Target("JAK1", 10.0), Target("JAK2", 40.0, hill=2.0)), EXPOSURES, unbound=0.5)
PLAIN = Drug("plain", (Target("JAK1", 10.0), Target("TYK2", 500.0, hill=0.5)))


# --- doses -------------------------------------------------------------------------------------
@pytest.mark.parametrize("dose", ["10", "ten nM", "-5 nM", "5 mg", "10 mg BID", "10 ng/ml", "", "100 nm", "9-3 nM", 10.0, None])
def test_what_is_no_dose_is_refused_with_the_ways_out(dose: object) -> None:
    with pytest.raises(InputError, match=r"nM'"):
        DEMO.at(dose)  # type: ignore[arg-type]


def test_an_unknown_regimen_lists_those_there_are() -> None:
    with pytest.raises(InputError, match=r"or a regimen of this drug: 5 mg BID, 9 mg QD\."):
        DEMO.at("10 mg BID")
    with pytest.raises(InputError, match="none with a known exposure"):
        PLAIN.at("10 mg BID")


@pytest.mark.parametrize("dose", ["5 mg BID", " 5  MG   bid ", "5\tmg\tBID", "5 mg BID Cavg"])
def test_a_regimen_is_its_average_of_which_the_free_share_acts(dose: str) -> None:
    assert DEMO.concentration(dose) == pytest.approx(30.0)
    assert DEMO.at(dose).remaining["JAK1"] == pytest.approx(10 / (10 + 30))
    assert DEMO.at(dose).notes[-1] == f"demo {dose}: Cavg 60 nM total in plasma, 30 nM free"


def test_peak_and_trough_are_told_apart() -> None:
    assert DEMO.concentration("5 mg BID Cmax") == pytest.approx(90.0)
    with pytest.raises(InputError, match=r"no Ctrough of demo 5 mg BID was seen. Give one of: 5 mg BID Cavg, 5 mg BID Cmax"):
        DEMO.at("5 mg BID Ctrough")
    with pytest.raises(InputError, match=r"no Cavg of demo 9 mg QD was seen. Give one of: 9 mg QD Cmax"):
        DEMO.at("9 mg QD")


def test_a_total_in_blood_needs_the_unbound_fraction() -> None:
    assert DEMO.at("20 nM", matrix="blood").remaining["JAK1"] == pytest.approx(0.5)
    assert DEMO.at("20 nM", matrix="blood").label == "demo 20 nM in blood"
    for dose, matrix in (("5 mg BID", "medium"), ("20 nM", "blood")):
        with pytest.raises(InputError, match=r"no unbound fraction of demo was seen. Give the free concentration"):
            Drug("demo", DEMO.targets, EXPOSURES).at(dose, matrix=matrix)
    for wrong in ({"matrix": "serum"}, {"assay": "blood"}):
        with pytest.raises(InputError, match=r"is not known. Give one of"):
            DEMO.at("20 nM", **wrong)


def test_a_range_is_drawn_and_centred_on_its_geometric_middle() -> None:
    found = DEMO.at("10-1000 nM")
    assert DEMO.concentration("10-1000 nM") == pytest.approx(100.0)
    (spread,) = found.loads[0].spreads
    assert spread.uniform and spread.decades == pytest.approx(2.0)
    assert spread.factor(np.array([0.0, 0.5, 1.0])) == pytest.approx([0.1, 1.0, 10.0])


def test_the_range_of_an_exposure_holds_nine_patients_in_ten() -> None:
    (spread,) = DEMO.at("5 mg BID").loads[0].spreads
    low, high = spread.factor(np.array([0.05, 0.95]))
    assert (60 * low, 60 * high) == pytest.approx((30.0, 120.0), rel=1e-3)


# --- what is left ------------------------------------------------------------------------------
def test_capacity_left_follows_the_dose_response() -> None:
    assert DEMO.at("40 nM").remaining == {"JAK1": pytest.approx(0.2), "JAK2": pytest.approx(0.5)}
    assert DEMO.at("80 nM").remaining["JAK2"] == pytest.approx(1 / 5)
    assert PLAIN.at("125 nM").remaining["TYK2"] == pytest.approx(1 / (1 + np.sqrt(125 / 500)))


def test_no_dose_takes_nothing_and_a_flood_takes_almost_all() -> None:
    assert PLAIN.at("0 nM").remaining == {"JAK1": 1.0, "TYK2": 1.0}
    assert all(0 < left < 1e-11 for left in PLAIN.at("1e200 M").remaining.values())


@given(st.floats(1e-3, 1e6), st.floats(1.001, 100), st.floats(0.1, 1e5), st.floats(0.3, 4))
@settings(max_examples=50, deadline=None)
def test_more_drug_never_leaves_more_capacity(dose: float, factor: float, potency: float, hill: float) -> None:
    drug = Drug("x", (Target("JAK1", potency, hill=hill),))
    less, more = (drug.at(f"{amount!r} nM").remaining["JAK1"] for amount in (dose, dose * factor))
    assert 0 < more <= less <= 1


@given(st.floats(1e-3, 1e6), st.floats(0.1, 1e5), st.floats(0.3, 4), st.floats(0.01, 100))
@settings(max_examples=50, deadline=None)
def test_only_the_ratio_of_dose_and_potency_counts(dose: float, potency: float, hill: float, factor: float) -> None:
    one = Drug("x", (Target("JAK1", potency, hill=hill),)).at(f"{dose!r} nM")
    scaled = Drug("x", (Target("JAK1", potency * factor, hill=hill),)).at(f"{dose * factor!r} nM")
    assert scaled.remaining["JAK1"] == pytest.approx(one.remaining["JAK1"], rel=1e-6)


# --- combination -------------------------------------------------------------------------------
@given(st.floats(0.01, 1e5), st.floats(0.01, 1e5), st.floats(0.1, 1e4), st.floats(0.1, 1e4))
@settings(max_examples=50, deadline=None)
def test_drugs_on_one_site_compete_however_they_are_joined(first: float, second: float, one: float, other: float) -> None:
    drugs = [(Drug("a", (Target("JAK1", one),)), f"{first!r} nM"), (Drug("b", (Target("JAK1", other),)), f"{second!r} nM")]
    joint = combine([drug.at(dose) for drug, dose in drugs])
    assert joint.remaining["JAK1"] == pytest.approx(1 / (1 + first / one + second / other))
    assert combine_doses(drugs) == joint == drugs[0][0].at(drugs[0][1]) + drugs[1][0].at(drugs[1][1])


def test_drugs_at_different_sites_act_independently() -> None:
    inside, beside = Drug("a", (Target("TYK2", 10.0),)), Drug("b", (Target("TYK2", 10.0, binding="allosteric"),))
    assert combine_doses([(inside, "10 nM"), (beside, "10 nM")]).remaining["TYK2"] == pytest.approx(0.25)


def test_a_drug_given_twice_equals_the_double_dose() -> None:
    drug = Drug("a", (Target("JAK1", 7.0, hill=1.7),))
    assert combine_doses([(drug, "5 nM"), (drug, "5 nM")]).remaining == drug.at("10 nM").remaining


def test_a_loss_multiplies_what_a_drug_leaves() -> None:
    joint = combine([DEMO.at("10 nM"), inhibit("JAK1", 0.5), activate("OSM")])
    assert joint.remaining == {"JAK1": pytest.approx(0.25), "JAK2": pytest.approx(16 / 17)}
    assert joint.nodes == ("JAK1", "JAK2", "OSM") and joint.label == "demo 10 nM + inhibit JAK1 50% + activate OSM"


# --- assays ------------------------------------------------------------------------------------
TWO = Drug("two", (Target("JAK1", 2.0, assay="enzyme", km_uM=40.0), Target("TYK2", 3.0, assay="enzyme", km_uM=40.0), Target("TYK2", 900.0)))


def test_cells_take_measured_kinases_first_and_correct_the_others_for_atp() -> None:
    assert {target.name: target.potency_nM for target in TWO.acting()} == {"JAK1": pytest.approx(26.0), "TYK2": 900.0}
    assert {target.name: target.potency_nM for target in TWO.acting("enzyme")} == {"JAK1": 2.0, "TYK2": 3.0}
    assert TWO.at("26 nM").remaining["JAK1"] == pytest.approx(0.5)
    assert TWO.at("2 nM", assay="enzyme").remaining["JAK1"] == pytest.approx(0.5)
    assert TWO.at("2 nM", assay="enzyme").label == "two 2 nM (enzyme)"


def test_a_drug_of_your_own_acts_as_given_in_both_assays() -> None:
    assert PLAIN.acting() == PLAIN.acting("enzyme") == PLAIN.targets


def test_a_measured_signal_moves_the_kinases_that_were_not_measured_in_cells() -> None:
    signal = Target("IL6ST", 1.3, receptor=True, kinases=("JAK1",))
    drug = Drug("two", (*TWO.targets, signal))
    acting = {target.name: target.potency_nM for target in drug.acting()}
    assert 1.3 < acting["JAK1"] < 26.0 and acting["TYK2"] == 900.0 and acting["IL6ST"] == 1.3
    assert {target.name: target.potency_nM for target in drug.acting("enzyme")} == {"JAK1": 2.0, "TYK2": 3.0}


def test_receptors_count_in_cells_only() -> None:
    drug = Drug("r", (Target("JAK1", 2.0, assay="enzyme"), Target("IL6ST", 50.0, receptor=True)))
    assert [(target.name, target.receptor) for target in drug.acting()] == [("IL6ST", True), ("JAK1", False)]
    assert [target.name for target in drug.acting("enzyme")] == ["JAK1"]
    assert drug.at("50 nM").remaining == {"JAK1": pytest.approx(1 / 26)}


def test_a_drug_needs_a_target_and_only_one_potency_each() -> None:
    with pytest.raises(InputError, match="drug none has no target"):
        Drug("none", ())
    with pytest.raises(InputError, match="repeats one: JAK1, JAK1"):
        Drug("twice", (Target("JAK1", 1.0), Target("JAK1", 2.0)))


@pytest.mark.parametrize(("binding", "word"), [("covalent", "covalently"), ("allosteric", "beside the ATP site")])
def test_stand_in_models_are_said(binding: str, word: str) -> None:
    assert word in " ".join(Drug("x", (Target("JAK3", 5.0, binding=binding),)).at("1 nM").notes)


def test_reversible_drugs_with_all_potencies_come_without_caveats() -> None:
    assert PLAIN.at("10 nM").notes == ()
    (note,) = Drug("x", PLAIN.targets, unknown=("JAK2", "JAK3")).at("1 nM").notes
    assert note == "x: no usable potency on JAK2, JAK3; taken as not inhibited"


def test_a_drug_is_told_from_its_name() -> None:
    assert as_drug("tofacitinib") == load_drug("tofacitinib") and as_drug(PLAIN) is PLAIN
    assert named_dose("tofacitinib 5 mg BID").label == "tofacitinib 5 mg BID"
    with pytest.raises(UnknownNameError, match=r"did you mean tofacitinib\?"):
        as_drug("tofacitinb")
    with pytest.raises(InputError, match=r"a drug must be the name of a bundled one \(abrocitinib, .*; got 3 \(int\)"):
        as_drug(3)  # type: ignore[arg-type]


# --- what is bundled ---------------------------------------------------------------------------
@pytest.mark.parametrize("name", list_drugs())
def test_bundled_drugs_hold_together(name: str) -> None:
    drug = load_drug(name)
    for target in drug.acting():
        (load,) = [
            one for one in drug.at(f"{target.potency_nM!r} nM").loads if (one.target, one.receptor) == (target.name, target.receptor)
        ]
        assert load.ratio == pytest.approx(1.0) and target.decades > 0
    assert {target.name for target in drug.targets if not target.receptor} | set(drug.unknown) >= set(JAK_FAMILY)
    for row in drug.exposures.itertuples():
        if np.isfinite(drug.unbound):
            assert 0 < drug.concentration(f"{row.regimen} {row.quantity}") < float(row.value_nM)
    assert "html" not in repr(drug) and "<table" in drug._repr_html_()


def test_every_number_in_use_names_where_it_was_seen() -> None:
    from jaknet.data.registry import read_table

    potencies, about = read_table("networks/drugs/potencies.tsv"), read_table("networks/drugs/drugs.tsv")
    assert (potencies["reference"] != "").all()
    for value, reference in (("unbound", "unbound_reference"), ("half_life_h", "half_life_reference"), ("tmax_h", "tmax_reference")):
        assert ((about[value] == "") == (about[reference] == "")).all()
    assert (read_table("networks/drugs/exposures.tsv")["reference"] != "").all()
    assert set(potencies["drug"]) == set(about["drug"])


def test_tofacitinib_as_published() -> None:
    """IC50s in human blood (PMID:20701804) times the unbound fraction of .6, at the receptors measured by that paper alone."""
    found = {target.name: target.potency_nM for target in load_drug("tofacitinib").targets if target.receptor}
    assert found["CSF2RB"] == pytest.approx(0.6 * 1377) and found["IFNGR1"] == pytest.approx(0.6 * 178)
    assert found["IL4R"] == pytest.approx(0.6 * 50)
    assert found["IL4R"] < found["IL2RG"] < found["IFNAR1"] < found["IFNGR1"] < found["CSF2RB"]
