"""What `compare` measures, kernel by kernel."""

from __future__ import annotations

import numpy as np
import pytest

import jaknet as jn
from jaknet.comparison.measures import _concordance, _expected_pathways, _joint_t, _partial_footprint, _rank_correlation, _t_of, predict
from jaknet.simulation.response import Response


@pytest.fixture(scope="module")
def response() -> Response:
    return jn.perturb(jn.load_network("osteoblast"), jn.load_drug("baricitinib").at("1 uM"), context="inflammatory", members=40)


def test_concordance_looks_at_the_most_changed() -> None:
    effect = np.array([1.0, -1.0, 1.0, -1.0])
    values = np.array([[5.0, -0.1], [-4.0, -0.2], [-0.5, 3.0], [0.1, 2.0]])
    assert _concordance(effect, values, 2).tolist() == [1.0, 0.5]
    assert _concordance(effect, values, 4).tolist() == [0.5, 0.5]


def test_rank_correlation_sees_order_alone() -> None:
    effect = np.arange(10.0)
    values = np.column_stack([np.exp(effect), -effect, np.ones(10)])
    np.testing.assert_allclose(_rank_correlation(effect, values), [1, -1, 0], atol=1e-12)


def test_statistics_of_a_perfect_fit_stay_finite() -> None:
    profile = np.arange(20.0)
    assert np.isfinite(_t_of(profile, 3 * profile + 1))
    assert _t_of(profile, -profile) < -1e5


def test_joint_statistics_do_not_depend_on_scale() -> None:
    rng = np.random.default_rng(0)
    values, profile, regulon = rng.standard_normal((3, 60))
    np.testing.assert_allclose(_joint_t(values, profile, regulon), _joint_t(5 * values + 1, 0.1 * profile, 7 * regulon), rtol=1e-9)


def test_partial_footprint_gives_the_joint_coefficient() -> None:
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(200, 4))
    values = rng.normal(size=200)
    beta = np.linalg.lstsq(np.column_stack([np.ones(200), weights]), values, rcond=None)[0][2]
    part = _partial_footprint(weights, 1)
    assert np.linalg.norm(part) == pytest.approx(1)
    assert part @ values / (part @ weights[:, 1]) == pytest.approx(beta)


def test_only_surely_moved_pathways_are_expected(response: Response) -> None:
    assert _expected_pathways(response)["JAK-STAT"] < 0
    quiet = jn.perturb(response.network, jn.inhibit("FGF23"), context="inflammatory", members=40)
    assert "JAK-STAT" not in _expected_pathways(quiet)


def test_predictions_are_transcripts_that_are_not_said_to_stay(response: Response) -> None:
    import pandas as pd

    found = predict(response, pd.Series(response.network.genes))
    assert set(found["direction"]) <= {"up", "down", "unsure"}
    assert found["gene"].is_unique
    table = response.transcripts()
    assert set(found["gene"]) == set(table.loc[table["direction"] != "none", "gene"])
    assert found.set_index("gene").loc["SOCS3", "direction"] == "down"
    # The effect is the mean: where members disagree it is small, whichever way most of them go.
    node = response.network.index[response.network.transcripts["SOCS3"]]
    mean = response.weights @ response.transcript_effects[:, node]
    assert found.set_index("gene").loc["SOCS3", "predicted_effect"] == pytest.approx(mean)
