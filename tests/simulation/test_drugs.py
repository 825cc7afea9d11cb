from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
