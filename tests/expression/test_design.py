from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from jaknet.errors import InputError, UnknownNameError
from jaknet.expression.design import make_design

SAMPLES = pd.DataFrame(
    {
        "treatment": ["drug", "vehicle"] * 4,
        "donor": np.repeat([1, 2, 3, 4], 2),
        "batch": ["x", "y"] * 4,
        "age": [31.0, 40.5, 22.0, 60.0, 35.0, 44.0, 51.0, 29.0],
        "site": "one",
    },
    index=[f"s{i}" for i in range(8)],
)


def test_tested_column_is_last_and_reference_is_the_intercept():
    design = make_design(SAMPLES, "treatment", "drug", "vehicle")
    assert list(design.matrix) == ["intercept", "treatment drug"]
    assert design.matrix["treatment drug"].tolist() == [1.0, 0.0] * 4
    assert design.replicates == {"drug": 4, "vehicle": 4}


def test_whole_numbers_that_repeat_are_groups_and_measures_are_scaled():
    design = make_design(SAMPLES, "treatment", "drug", "vehicle", ["donor", "age"])
    assert design.formula == "~ donor (4 groups) + age (number) + treatment"
    assert design.matrix["age"].mean() == pytest.approx(0)
    assert design.matrix["age"].std() == pytest.approx(1)


def test_combinations_of_columns_are_groups():
    samples = SAMPLES.assign(time=["3h"] * 4 + ["24h"] * 4, clone=["a", "a", "b", "b"] * 2)
    assert "time:clone (4 groups)" in make_design(samples, "treatment", "drug", "vehicle", ["time:clone"]).formula


def test_further_levels_lend_their_replicates():
    samples = SAMPLES.assign(treatment=["a", "b", "c", "a", "b", "c", "a", "b"])
    design = make_design(samples, "treatment", "b", "a")
    assert list(design.matrix) == ["intercept", "treatment c", "treatment b"]


@pytest.mark.parametrize(
    ("change", "arguments", "words"),
    [
        ({}, {"factor": "dose"}, "unknown sample column: dose"),
        ({}, {"test": "Drug"}, "unknown level of treatment: Drug; known: drug, vehicle"),
        ({}, {"test": ""}, "say which levels"),
        ({}, {"test": "vehicle"}, "both 'vehicle'"),
        ({}, {"covariates": ["lab"]}, "unknown covariate: lab"),
        ({}, {"covariates": ["treatment"]}, "cannot be a covariate"),
        ({}, {"covariates": ["site"]}, "'one' in every sample"),
        ({}, {"covariates": ["batch"]}, "cannot be told apart from batch"),
        ({}, {"covariates": ["donor", "age", "copy"]}, "cannot be told apart in these samples"),
        ({"treatment": ["drug"] + ["vehicle"] * 7}, {}, "drug has one replicate"),
        ({"treatment": [None, *SAMPLES["treatment"][1:]]}, {}, "s0 have no treatment"),
        ({"age": [None, *SAMPLES["age"][1:]]}, {"covariates": ["age"]}, "s0 have no age"),
        ({"id": list("aabbccde")}, {"covariates": ["id", "age", "age2"]}, "no degree"),
    ],
)
def test_impossible_designs_are_refused_in_plain_words(change, arguments, words):
    samples = SAMPLES.assign(copy=SAMPLES["age"] * 3, age2=SAMPLES["age"] ** 2, **change)
    with pytest.raises(InputError, match=words):
        make_design(samples, **{"factor": "treatment", "test": "drug", "reference": "vehicle"} | arguments)


def test_unknown_names_are_their_own_error():
    with pytest.raises(UnknownNameError):
        make_design(SAMPLES, "treatment", "drug", "placebo")


def test_two_replicates_and_near_confounding_are_said():
    few = make_design(SAMPLES.iloc[:4], "treatment", "drug", "vehicle")
    assert "2 replicates only" in few.warnings[0]
    near = SAMPLES.assign(batch=["x", "y", "x", "y", "x", "y", "x", "x"])
    twice = pd.concat([near, *[near.assign(batch=["x", "y"] * 4)] * 3]).reset_index(drop=True)
    assert "nearly coincide" in make_design(twice, "treatment", "drug", "vehicle", ["batch"]).warnings[0]
    assert make_design(SAMPLES, "treatment", "drug", "vehicle", ["donor"]).warnings == ()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.floats(0, 9)), min_size=2, max_size=12))
def test_every_design_has_full_rank_or_is_refused(rows):
    samples = pd.DataFrame(rows, columns=["treatment", "batch", "age"])
    try:
        design = make_design(samples, "treatment", "b", "a", ["batch", "age"])
    except InputError:
        return
    matrix = design.matrix.to_numpy()
    assert np.linalg.matrix_rank(matrix) == matrix.shape[1] < len(matrix)


GIVEN = {"factor": "treatment", "test": "drug", "reference": "vehicle"}


def test_matrix_by_hand():
    samples = pd.DataFrame({"treatment": list("cbacba"), "batch": list("yxyxyx")}, index=list("klmnop"))
    matrix = make_design(samples, "treatment", "b", "a", ["batch"]).matrix
    assert list(matrix) == ["intercept", "batch y", "treatment c", "treatment b"]
    assert list(matrix.index) == list("klmnop")
    assert matrix.to_numpy().tolist() == [[1, 1, 1, 0], [1, 0, 0, 1], [1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 0, 1], [1, 0, 0, 0]]


def test_swapping_test_and_reference_turns_the_column():
    there = make_design(SAMPLES, "treatment", "drug", "vehicle", ["donor"]).matrix
    back = make_design(SAMPLES, "treatment", "vehicle", "drug", ["donor"]).matrix
    assert (there["treatment drug"] + back["treatment vehicle"] == 1).all()
    pd.testing.assert_frame_equal(there.iloc[:, :-1], back.iloc[:, :-1])


def test_order_of_samples_is_that_of_the_table_and_nothing_else_changes():
    mixed = SAMPLES.sample(frac=1, random_state=1)
    one, other = (make_design(table, **GIVEN, covariates=["donor", "age"]).matrix for table in (SAMPLES, mixed))
    pd.testing.assert_frame_equal(one, other.loc[one.index], check_exact=False, rtol=1e-12)
    assert list(other.index) == list(mixed.index)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 1, 2, 2, 3, 3, 4, 4], "4 groups"),  # as many values as half the samples
        ([1, 2, 3, 4, 5, 5, 5, 5], "5 groups"),
        ([0.5, 0.5, 1, 1, 2, 2, 3, 3], "number"),
        (["1", "1", "2", "2", "3", "3", "1", "1"], "3 groups"),
        (["31.5", "40", "22", "60", "35", "44", "51", "29"], "number"),
        (list("aabbaabb"), "2 groups"),
        ([True, True, False, False, True, True, False, False], "2 groups"),
    ],
)
def test_what_is_a_group_and_what_a_measure(values, kind):
    design = make_design(SAMPLES.assign(x=values), **GIVEN, covariates=["x"])
    assert design.formula == f"~ x ({kind}) + treatment"


def test_units_of_a_measure_do_not_matter():
    years, days = (make_design(SAMPLES.assign(age=SAMPLES["age"] * f), **GIVEN, covariates=["age"]).matrix for f in (1, 365.25))
    pd.testing.assert_frame_equal(years, days, check_exact=False, rtol=1e-12)


def test_groups_of_combined_columns_are_those_that_occur():
    samples = SAMPLES.assign(time=[3, 3, 24, 24] * 2, clone=["a"] * 4 + ["b"] * 4)
    matrix = make_design(samples, **GIVEN, covariates=["time:clone"]).matrix
    assert list(matrix)[1:-1] == ["time:clone 24:b", "time:clone 3:a", "time:clone 3:b"]


def test_levels_are_compared_as_texts_without_padding():
    samples = SAMPLES.assign(dose=[100, 0] * 4, arm=[" drug ", "vehicle"] * 4)
    assert list(make_design(samples, "dose", "100", "0").matrix)[-1] == "dose 100"
    assert make_design(samples, "arm", "drug", "vehicle").replicates == {"drug": 4, "vehicle": 4}


def test_a_level_named_in_neither_may_have_one_sample():
    samples = SAMPLES.assign(treatment=["drug", "vehicle"] * 3 + ["drug", "odd"])
    assert list(make_design(samples, **GIVEN).replicates.items()) == [("drug", 4), ("odd", 1), ("vehicle", 3)]
    with pytest.raises(InputError, match=r"treatment odd has one replicate.*give at least 2 samples"):
        make_design(samples, "treatment", "odd", "vehicle")


@pytest.mark.parametrize(("samples", "said"), [(6, False), (5, True), (4, True)])
def test_two_replicates_are_said_of_the_level_that_has_them(samples, said):
    table = pd.DataFrame({"treatment": ["drug", "vehicle", "drug", "vehicle", "vehicle", "drug"][:samples]})
    found = make_design(table, **GIVEN).warnings
    assert bool(found) == said
    if samples == 5:
        assert found[0].startswith("treatment drug has 2 replicates only")


def test_inflation_is_that_of_the_regression_on_the_covariates():
    """Variance inflation, 1 / (1 - R squared) of the treatment on the covariate, is what the warning states."""
    batch = ["x", "y"] * 7 + ["y", "x"]
    samples = pd.DataFrame({"treatment": ["drug", "vehicle"] * 8, "batch": batch})
    r = np.corrcoef(samples["treatment"] == "drug", samples["batch"] == "x")[0, 1]
    inflation = 1 / (1 - r**2)
    found = make_design(samples, **GIVEN, covariates=["batch"]).warnings
    assert (len(found) == 1) == (inflation > 5)
    larger = pd.concat([samples, samples.iloc[:14], samples.iloc[:14]], ignore_index=True)
    r = np.corrcoef(larger["treatment"] == "drug", larger["batch"] == "x")[0, 1]
    (warning,) = make_design(larger, **GIVEN, covariates=["batch"]).warnings
    assert f"the variance of the effect is {1 / (1 - r**2):.1f} times that without" in warning


def test_confounding_names_both_and_the_way_out():
    with pytest.raises(InputError, match=r"every batch has one of the two only. Leave batch out and read the result as the effect of both"):
        make_design(SAMPLES, **GIVEN, covariates=["batch"])


def test_missing_values_are_listed_by_sample():
    ages = [None, None, *SAMPLES["age"][2:]]
    with pytest.raises(InputError, match="samples s0, s1 have no age; fill it in or leave them out"):
        make_design(SAMPLES.assign(age=ages), **GIVEN, covariates=["age"])


@pytest.mark.parametrize("arguments", [{"test": ""}, {"reference": ""}, {"test": "", "reference": ""}])
def test_both_levels_must_be_said(arguments):
    with pytest.raises(InputError, match=r"say which levels of treatment to compare, test= and reference=; known: drug, vehicle"):
        make_design(SAMPLES, **GIVEN | arguments)


def test_whole_numbers_are_names_of_donors_until_told_otherwise():
    """A straight line through the numbers of patients is no paired design, however many patients there are."""
    table = pd.DataFrame({"treatment": ["drug", "vehicle"] * 2, "donor": [1, 1, 2, 2]})
    design = make_design(table, **GIVEN, covariates=["donor"])
    assert design.formula == "~ donor (2 groups) + treatment"
    assert design.notes == ("donor is taken as 2 groups, not as a number; say numeric='donor' if it measures something",)
    patients = make_design(SAMPLES.assign(patient=[101, 101, 102, 102, 103, 104, 105, 103]), **GIVEN, covariates=["patient"])
    assert patients.formula == "~ patient (5 groups) + treatment"
    # Numbers that hardly repeat may be ages: said as a warning.
    assert any("patient is taken as 5 groups" in warning for warning in patients.warnings) and not patients.notes


def test_numeric_makes_whole_numbers_a_measure():
    samples = SAMPLES.assign(age=[31, 40, 22, 60, 35, 44, 51, 29])
    design = make_design(samples, **GIVEN, covariates=["donor", "age"], numeric=["age"])
    assert design.formula == "~ donor (4 groups) + age (number) + treatment"
    assert len(design.notes) == 1 and "donor" in design.notes[0] and design.warnings == ()
    with pytest.raises(InputError, match=r"every age has one of the two only.*or say numeric='age' if it measures something"):
        make_design(samples, **GIVEN, covariates=["age"])


@pytest.mark.parametrize(
    ("covariates", "numeric", "words"),
    [
        (["donor"], ["age"], "numeric names age, which is no covariate (donor); name it in covariates as well"),
        (["batch"], ["batch"], "covariate batch is to be a number, but holds 'x', 'y'"),
        (["donor:time"], ["donor:time"], "covariate donor:time is to be a number, but holds"),
        (["site"], ["site"], "'one' in every sample; remove it"),
        (["donor", "donor"], [], "covariates names donor more than once"),
    ],
)
def test_what_cannot_be_a_number_is_said(covariates, numeric, words):
    with pytest.raises(InputError) as refused:
        make_design(SAMPLES.assign(time=["3h"] * 4 + ["24h"] * 4), **GIVEN, covariates=covariates, numeric=numeric)
    assert words in str(refused.value)
