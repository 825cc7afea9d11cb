from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    samples = SAMPLES.assign(copy=SAMPLES["age"] * 2, age2=SAMPLES["age"] ** 2, **change)
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
