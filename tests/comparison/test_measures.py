"""What `compare` measures, kernel by kernel."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import jaknet as jn
from jaknet.comparison.measures import _concordance, _expected_outputs, _partial_footprint, profile_t, sure_genes
from jaknet.simulation.response import Response


@pytest.fixture(scope="module")
def response() -> Response:
    return jn.perturb(jn.load_network("osteoblast"), jn.load_drug("baricitinib").at("1 uM"), context="inflammatory", members=40)


def test_concordance_looks_at_the_most_changed() -> None:
    effect = np.array([1.0, -1.0, 1.0, -1.0])
    values = np.array([[5.0, -0.1], [-4.0, -0.2], [-0.5, 3.0], [0.1, 2.0]])
    assert _concordance(effect, values, 2).tolist() == [1.0, 0.5]
    assert _concordance(effect, values, 4).tolist() == [0.5, 0.5]


def test_statistics_of_a_perfect_fit_stay_finite() -> None:
    profile = np.arange(20.0) - 9.5
    profile = profile / np.linalg.norm(profile)
    assert np.isfinite(profile_t(profile, 3 * profile + 1))
    assert profile_t(profile, -profile) < -1e5


def test_partial_footprint_gives_the_joint_coefficient() -> None:
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(200, 4))
    values = rng.normal(size=200)
    beta = np.linalg.lstsq(np.column_stack([np.ones(200), weights]), values, rcond=None)[0][2]
    part = _partial_footprint(weights, 1)
    assert np.linalg.norm(part) == pytest.approx(1)
    assert part @ values / (part @ weights[:, 1]) == pytest.approx(beta)


def test_only_surely_moved_pathways_are_expected(response: Response) -> None:
    assert _expected_outputs(response)["JAK-STAT"] == -1
    quiet = jn.perturb(response.network, jn.inhibit("FGF23"), context="inflammatory", members=40)
    assert "JAK-STAT" not in _expected_outputs(quiet)
    # The footprint is made of interferon genes, which a loss of STAT3 does not lower.
    assert "JAK-STAT" not in _expected_outputs(jn.perturb(response.network, jn.knockout("STAT3"), context="inflammatory", members=40))


def test_surely_predicted_genes_are_called_and_at_least_ten(response: Response) -> None:
    found = sure_genes(response, pd.Series(response.network.genes))
    assert set(found["direction"]) <= {"up", "down"} and found["gene"].is_unique
    table = response.transcripts()
    sure = table[table["direction"].isin(["up", "down"]) & (table["p_direction"] >= 0.9)]
    assert len(sure) > 10 and set(found["gene"]) == set(sure["gene"])
    assert found.set_index("gene").loc["SOCS3", "direction"] == "down"
    # Where few are sure, the ten surest of those that are called.
    weak = jn.perturb(response.network, jn.activate("WNT3A"), members=40)
    assert len(sure_genes(weak, pd.Series(response.network.genes))) == 10
