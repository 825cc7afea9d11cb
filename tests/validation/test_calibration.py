from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaknet.network.model import Network
from jaknet.simulation.settings import EnsembleSettings
from jaknet.validation.calibration import (
    EFFECTIVE_SHARE,
    Agreement,
    _folds,
    cross_validate,
    fact_weights,
    fit_slope,
    log_score,
    probability_up,
    shrink,
    tempered_weights,
)
from jaknet.validation.facts import read_facts
from jaknet.validation.predicting import effects_of_facts


@given(st.integers(2, 200), st.floats(0, 100), st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_tempered_weights_keep_a_fifth_of_the_members(members: int, beta: float, seed: int) -> None:
    weights = tempered_weights(np.random.default_rng(seed).normal(size=members), beta)
    assert weights.sum() == pytest.approx(1.0)
    assert 1 / np.sum(weights**2) >= EFFECTIVE_SHARE * members - 1e-9


def test_a_better_member_weighs_more() -> None:
    weights = tempered_weights(np.array([0.0, 1.0, 2.0]), 0.5)
    assert weights[0] < weights[1] < weights[2]
    assert np.allclose(np.diff(np.log(weights)), 0.5)


@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=20), st.floats(0.05, 2.0))
@settings(max_examples=40, deadline=None)
def test_shrinking_keeps_directions_and_order(values: list[float], slope: float) -> None:
    given_, found = np.sort(np.array(values)), shrink(np.sort(np.array(values)), slope)
    assert (np.sign(given_ - 0.5) == np.sign(np.round(found - 0.5, 15))).all()
    assert (np.diff(found) >= 0).all()


def test_the_slope_recovers_known_overconfidence() -> None:
    rng = np.random.default_rng(0)
    honest = rng.uniform(0.02, 0.98, 4000)
    published = np.where(rng.random(4000) < honest, 1, -1).astype(np.int8)
    boasted = shrink(honest, 2.0)
    assert fit_slope(boasted, published) == pytest.approx(0.5, abs=0.05)
    assert log_score(boasted, published, 0.5) > log_score(boasted, published)
    assert fit_slope(1 - boasted, published) < 0.01


def test_probability_of_up() -> None:
    signs = np.array([[1, 0, 1], [1, 0, -1], [1, 0, 0], [1, 0, 0]], np.int8)
    assert probability_up(signs, np.full(4, 0.25)).tolist() == pytest.approx([5 / 6, 0.5, 0.5])


def _agreement(signs: list[list[int]], kin: list[set[int]]) -> Agreement:
    array = np.array(signs, np.int8)
    return Agreement(array, np.ones(array.shape[1], np.int8), tuple(frozenset(group) for group in kin))


def test_papers_count_alike_however_many_facts_they_hold() -> None:
    agreement = _agreement([[1, 1, 1, -1], [-1, -1, -1, 1]], [{0, 1, 2}, {0, 1, 2}, {0, 1, 2}, {3}])
    assert np.allclose(agreement.share.sum(axis=1), 0.0)
    assert np.allclose(agreement.weights(range(4), 3.0), 0.5)


def test_a_paper_never_judges_itself() -> None:
    agreement = _agreement([[1, 1], [-1, -1], [1, -1], [-1, 1]], [{0}, {1}])
    alone = agreement.predictions([0], 2.0, [0])
    assert alone == pytest.approx([0.5])
    assert agreement.predictions([0], 2.0, [0, 1]) == pytest.approx([0.5])
    linked = _agreement([[1, 1], [1, 1], [-1, -1], [-1, -1]], [{0}, {1}])
    assert linked.predictions([0], 2.0, [0, 1])[0] > 0.6


def test_folds_never_split_a_paper() -> None:
    kin = [frozenset({0, 1}), frozenset({0, 1}), frozenset({2}), frozenset({3, 4}), frozenset({3, 4, 5}), frozenset({4, 5})]
    fold = _folds(kin, 3, 0)
    assert fold[0] == fold[1] and fold[3] == fold[4] == fold[5]
    assert len(set(fold)) == 3


def test_nested_cross_validation_finds_the_better_gate_settings(cell: Network, facts_table: Callable[..., pd.DataFrame]) -> None:
    from jaknet.validation.facts import read_facts

    changes = [
        {"nodes": node, "sign": str(sign), "readout": readout, "direction": direction, "paper_id": f"PMID:{90 + number}"}
        for number, (node, sign, readout, direction) in enumerate(
            [("OSM", 1, "SOCS3", "up"), ("OSM", 1, "SOST", "down"), ("JAK1", -1, "SOCS3", "down"), ("JAK1", -1, "SOST", "up")] * 2
        )
    ]
    candidates = {"right": EnsembleSettings(keep=(1.0, 1.0, 1.0)), "wrong": EnsembleSettings(keep=(1.0, 1.0, 1.0), flip=(1.0, 0.0, 0.0))}
    predictions, table = cross_validate(cell, read_facts(facts_table(*changes)), candidates, betas=(0.0, 0.4), folds=4, members=20)
    assert len(predictions) == 8
    assert set(predictions["candidate"]) == {"right"}
    assert predictions["correct"].all()
    best = table.sort_values("log_score").iloc[-1]
    assert best["candidate"] == "right" and best["accuracy"] == 1.0
    assert set(table["beta"]) == {0.0, 0.4}


def test_weights_favour_the_members_that_agree(cell: Network, facts_table: Callable[..., pd.DataFrame]) -> None:
    unsure = EnsembleSettings(keep=(1.0, 1.0, 1.0), flip=(0.5, 0.5, 0.5))
    facts = read_facts(facts_table({"direction": "up"}))
    weights = fact_weights(cell, facts, beta=2.0, members=40, settings=unsure)
    rises = effects_of_facts(cell, facts, unsure, 40).values[:, 0] > 0
    assert 0 < rises.sum() < 40
    assert weights[rises].min() > weights[~rises].max()
    assert weights.sum() == pytest.approx(1.0)
    assert 1 / (weights**2).sum() >= 8
