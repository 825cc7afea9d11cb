"""Stimulations whose cause is known: the explanation has to pass through it."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest

import jaknet as jn

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def stimulations(real_data, benchmark_of):
    """Name -> signature and perturbation."""
    found = benchmark_of("bench_explain").signatures(real_data)
    with warnings.catch_warnings():
        # The screen is shallow, which its signature says.
        warnings.simplefilter("ignore", UserWarning)
        return {name: (signature, done) for name, signature, done in found}


def _states(found: jn.Explanation) -> pd.DataFrame:
    return found.to_frame().set_index("node")


def test_il22_reaches_socs3_through_its_receptor_and_stat3(stimulations):
    signature, done = stimulations["T84 IL-22 3 h"]
    found = jn.explain(signature, "osteoblast", done, alternatives=6)
    frequency = found.edges.set_index(["source", "target"])["frequency"]
    for step in (("IL22", "IL22R_JAK1_TYK2"), ("IL22R_JAK1_TYK2", "STAT3"), ("STAT3", "SOCS3")):
        assert frequency[step] >= 0.9, step
    assert found.optimal and found.gap < 1e-3
    assert found.route("SOCS3") == "IL22 → IL22R_JAK1_TYK2 → STAT3 → SOCS3"


def test_interferon_beta_is_traced_to_its_receptor(stimulations):
    signature, _ = stimulations["IMR90 IFN-beta 6 h"]
    found = jn.explain(signature, "osteoblast", alternatives=6)
    states = _states(found).loc[["IFNAR_JAK1_TYK2", "STAT1", "STAT2", "IRF9"]]
    assert (states["state"] == "up").all() and (states["probability"] >= 0.9).all()


def test_ruxolitinib_lowers_stat1(stimulations):
    signature, done = stimulations["screen ruxolitinib 10 uM"]
    found = jn.explain(signature, "osteoblast", done, alternatives=6)
    states = _states(found)
    assert states.loc["STAT1", "state"] == "down" and states.loc["STAT1", "probability"] >= 0.9
    assert found.genes.set_index("gene").loc["SOCS3", "status"] == "explained"
