from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaknet.data.load import list_drugs, load_drug
from jaknet.errors import InputError, UnknownNameError
from jaknet.simulation.drugs import Drug, Target, combine_doses
from jaknet.simulation.perturbations import combine

EXPOSURES = pd.DataFrame({"drug": ["demo"], "regimen": ["5 mg BID"], "value_nM": [59.5], "quantity": ["Cavg, total"]})
DEMO = Drug("demo", (Target("JAK1", 10.0), Target("JAK2", 40.0, hill=2.0)), EXPOSURES)


@pytest.mark.parametrize(
    ("dose", "concentration"),
    [("10 nM", 10), ("0.01uM", 10), ("1e-2 µM", 10), ("1e-8 M", 10), ("5 mg bid", 59.5), ("10000 pM", 10)],
)
def test_units_and_regimens_are_concentrations(dose: str, concentration: float) -> None:
    assert DEMO.concentration(dose) == pytest.approx(concentration)


@pytest.mark.parametrize("dose", ["10", "ten nM", "-5 nM", "5 mg", "10 mg BID", "10 ng/ml", "", 10.0])
def test_what_is_no_dose_is_refused_with_the_ways_out(dose: object) -> None:
    with pytest.raises(InputError, match=r"nM'"):
        DEMO.at(dose)  # type: ignore[arg-type]


def test_capacity_left_follows_the_dose_response() -> None:
    assert DEMO.at("40 nM").scale == {"JAK1": pytest.approx(0.2), "JAK2": pytest.approx(0.5)}
    assert DEMO.at("80 nM").scale["JAK2"] == pytest.approx(1 / 5)


@given(st.floats(0.01, 1e5), st.floats(0.01, 1e5), st.floats(0.1, 1e4), st.floats(0.1, 1e4))
@settings(max_examples=50, deadline=None)
def test_drugs_on_one_site_compete_rather_than_multiply(first: float, second: float, one: float, other: float) -> None:
    drugs = [(Drug("a", (Target("JAK1", one),)), f"{first!r} nM"), (Drug("b", (Target("JAK1", other),)), f"{second!r} nM")]
    joint = combine_doses(drugs).scale["JAK1"]
    assert joint == pytest.approx(1 / (1 + first / one + second / other))
    assert joint >= combine([drug.at(dose) for drug, dose in drugs]).scale["JAK1"]


def test_a_drug_given_twice_equals_the_double_dose() -> None:
    drug = Drug("a", (Target("JAK1", 7.0),))
    assert combine_doses([(drug, "5 nM"), (drug, "5 nM")]).scale == drug.at("10 nM").scale


@pytest.mark.parametrize(("binding", "word"), [("covalent", "covalently"), ("allosteric", "allosterically")])
def test_stand_in_models_are_said(binding: str, word: str) -> None:
    assert word in " ".join(Drug("x", (Target("JAK3", 5.0, binding=binding),)).at("1 nM").notes)


def _rows(**columns: list[object]) -> pd.DataFrame:
    count = len(columns["target"])
    blank = dict.fromkeys(["hill", "assay_class", "parameter", "n", "source", "reference", "binding", "note"], [""] * count)
    whole = {"drug": ["demo"] * count, "chembl_id": ["C1"] * count, "relation": ["="] * count, "chosen": ["1"] * count}
    return pd.DataFrame(blank | whole | columns)


def test_missing_and_bounded_potencies_inhibit_nothing_and_are_named() -> None:
    given = {"potency_nM": ["5", "10000", "", "7"], "relation": ["=", ">", "=", "="], "chosen": ["1", "1", "1", "0"]}
    rows = _rows(target=["JAK1", "JAK2", "TYK2", "JAK1;JAK2"], **given)
    drug = Drug.from_tables("demo", rows, EXPOSURES)
    assert [target.name for target in drug.targets] == ["JAK1"]
    assert drug.unknown == ("JAK2", "JAK3", "TYK2")
    assert "JAK2, JAK3, TYK2" in drug.at("1 nM").notes[0]


def test_only_chosen_rows_count_and_repeats_are_refused() -> None:
    rows = _rows(target=["JAK1", "JAK1"], potency_nM=["5", "50"], chosen=["0", "1"])
    assert Drug.from_tables("demo", rows, EXPOSURES).targets[0].potency_nM == 50
    with pytest.raises(InputError, match="repeats"):
        Drug.from_tables("demo", rows.assign(chosen="1"), EXPOSURES)
    with pytest.raises(UnknownNameError):
        Drug.from_tables("other", rows, EXPOSURES)


@pytest.mark.parametrize("values", [{"potency_nM": 0.0}, {"potency_nM": -1.0}, {"potency_nM": 1.0, "hill": 0.0}])
def test_impossible_potencies_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(InputError, match="positive"):
        Target("JAK1", **values)


PLAIN = Drug("plain", (Target("JAK1", 10.0), Target("TYK2", 500.0, hill=0.5)))


@pytest.mark.parametrize(
    ("dose", "concentration"),
    [("3 pM", 3e-3), ("3 nM", 3.0), ("3 uM", 3e3), ("3 \u00b5M", 3e3), ("3 \u03bcM", 3e3), ("3 mM", 3e6), ("3 M", 3e9), ("  .5nM ", 0.5)],
)
def test_every_unit_by_its_power_of_ten(dose: str, concentration: float) -> None:
    assert PLAIN.concentration(dose) == pytest.approx(concentration, rel=1e-12)


@pytest.mark.parametrize("dose", ["100 nm", "100 NM", "100 MM", "1e5", "1.2.3 nM", "1,000 nM", "100 nM BID", "inf nM", "nan nM"])
def test_capitals_of_a_unit_are_not_guessed(dose: str) -> None:
    """A nanometre is no concentration, and M and m are nine powers of ten apart."""
    with pytest.raises(InputError, match=rf"dose '{re.escape(dose)}' of plain is not understood.*none with a known exposure"):
        PLAIN.at(dose)


def test_an_unknown_regimen_lists_those_there_are() -> None:
    with pytest.raises(InputError, match=r"or a regimen of this drug: 5 mg BID\."):
        DEMO.at("10 mg BID")


@pytest.mark.parametrize("dose", ["5 mg BID", " 5  MG   bid ", "5\tmg\tBID"])
def test_spaces_and_capitals_of_a_regimen_do_not_matter(dose: str) -> None:
    assert DEMO.at(dose).scale["JAK1"] == pytest.approx(10 / (10 + 59.5))
    assert "59.5 nM (Cavg, total)" in DEMO.at(dose).notes[-1]


def test_no_dose_takes_nothing_and_a_flood_takes_all() -> None:
    assert PLAIN.at("0 nM").scale == {"JAK1": 1.0, "TYK2": 1.0}
    assert PLAIN.at("1e300 M").scale == {"JAK1": 0.0, "TYK2": 0.0}


@given(st.floats(1e-3, 1e6), st.floats(1.001, 100), st.floats(0.1, 1e5), st.floats(0.3, 4))
@settings(max_examples=50, deadline=None)
def test_more_drug_never_leaves_more_capacity(dose: float, factor: float, potency: float, hill: float) -> None:
    drug = Drug("x", (Target("JAK1", potency, hill=hill),))
    less, more = (drug.at(f"{amount!r} nM").scale["JAK1"] for amount in (dose, dose * factor))
    assert 0 <= more <= less <= 1


@given(st.floats(1e-3, 1e6), st.floats(0.1, 1e5), st.floats(0.3, 4), st.floats(0.01, 100))
@settings(max_examples=50, deadline=None)
def test_only_the_ratio_of_dose_and_potency_counts(dose: float, potency: float, hill: float, factor: float) -> None:
    one = Drug("x", (Target("JAK1", potency, hill=hill),)).at(f"{dose!r} nM")
    scaled = Drug("x", (Target("JAK1", potency * factor, hill=hill),)).at(f"{dose * factor!r} nM")
    assert scaled.scale["JAK1"] == pytest.approx(one.scale["JAK1"], rel=1e-6)


def test_slope_and_potency_by_hand() -> None:
    assert PLAIN.at("125 nM").scale["TYK2"] == pytest.approx(1 / (1 + np.sqrt(125 / 500)))
    assert PLAIN.targets[1].load(2000.0) == pytest.approx(2.0)


def test_doses_of_several_drugs_keep_their_own_targets_order_and_notes() -> None:
    covalent = Drug("hook", (Target("JAK3", 5.0, binding="covalent"),), unknown=("JAK1",))
    joint = combine_doses([(DEMO, "10 nM"), (covalent, "5 nM")])
    assert joint.label == "demo 10 nM + hook 5 nM"
    assert joint.scale == {"JAK1": 0.5, "JAK2": pytest.approx(1 / (1 + 1 / 16)), "JAK3": 0.5}
    assert [note.split(" ")[0].rstrip(":") for note in joint.notes] == ["hook", "hook"]
    assert combine_doses([(covalent, "5 nM"), (DEMO, "10 nM")]).scale == joint.scale


def test_reversible_drugs_with_all_potencies_come_without_caveats() -> None:
    assert PLAIN.at("10 nM").notes == ()
    (note,) = Drug("x", PLAIN.targets, unknown=("JAK2", "JAK3")).at("1 nM").notes
    assert note == "x: no usable potency on JAK2, JAK3; taken as not inhibited"


def test_a_drug_needs_a_target_and_only_one_potency_each() -> None:
    with pytest.raises(InputError, match="drug none has no target"):
        Drug("none", ())
    with pytest.raises(InputError, match="repeats one: JAK1, JAK1"):
        Drug("twice", (Target("JAK1", 1.0), Target("JAK1", 2.0)))


def test_blank_cells_of_the_table_mean_the_defaults() -> None:
    rows = _rows(target=["TYK2", "JAK1"], potency_nM=["5", "7"], hill=["", "1.5"], n=["", "3.0"], binding=["", "covalent"])
    first, second = Drug.from_tables("demo", rows, EXPOSURES).targets
    assert (first.name, first.hill, first.n, first.binding) == ("JAK1", 1.5, 3, "covalent")
    assert (second.name, second.hill, second.n, second.binding) == ("TYK2", 1.0, 1, "reversible")


def test_lower_bounds_are_no_potencies_and_upper_bounds_are() -> None:
    rows = _rows(target=["JAK1", "JAK2", "JAK3", "TYK2"], potency_nM=["5"] * 4, relation=["<", ">", ">=", "~"])
    drug = Drug.from_tables("demo", rows, EXPOSURES)
    assert [target.name for target in drug.targets] == ["JAK1", "TYK2"]
    assert drug.unknown == ("JAK2", "JAK3")


def test_exposures_of_other_drugs_do_not_leak() -> None:
    rows = _rows(target=["JAK1"], potency_nM=["5"])
    foreign = pd.concat([EXPOSURES, EXPOSURES.assign(drug="other", regimen="9 mg QD", value_nM=1.0)])
    drug = Drug.from_tables("demo", rows, foreign)
    assert drug.exposures["regimen"].tolist() == ["5 mg BID"]
    with pytest.raises(InputError, match="9 mg QD"):
        drug.at("9 mg QD")


def test_frame_has_one_row_a_target_with_its_evidence() -> None:
    frame = PLAIN.to_frame()
    assert frame["target"].tolist() == ["JAK1", "TYK2"]
    assert frame["potency_nM"].tolist() == [10.0, 500.0]
    assert {"assay_class", "parameter", "reference", "binding"} <= set(frame)


@pytest.mark.parametrize("name", list_drugs())
def test_bundled_drugs_halve_each_target_at_its_potency(name: str) -> None:
    drug = load_drug(name)
    for target in drug.targets:
        assert drug.at(f"{target.potency_nM!r} nM").scale[target.name] == pytest.approx(0.5)
    for regimen in drug.exposures["regimen"]:
        assert 0 < drug.concentration(regimen) < 1e5
