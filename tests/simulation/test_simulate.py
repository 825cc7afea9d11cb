from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib import parallel_config

from jaknet.data.load import load_drug, load_network
from jaknet.errors import InputError, UnknownNameError
from jaknet.network.model import Network
from jaknet.simulation.contexts import Context
from jaknet.simulation.perturbations import Perturbation, activate, inhibit, knockout
from jaknet.simulation.settings import EnsembleSettings
from jaknet.simulation.simulate import perturb

CHAIN = pd.DataFrame(
    {
        "source": ["OSM", "JAK1", "STAT3", "STAT3", "SOCS3", "SOST"],
        "target": ["JAK1", "STAT3", "SOCS3", "SOST", "JAK1", "CTNNB1"],
        "sign": [1, 1, 1, -1, -1, -1],
        "layer": ["signaling", "signaling", "transcription", "transcription", "signaling", "signaling"],
        "tier": "A",
    }
)
NET = Network(CHAIN, name="toy")
CERTAIN = EnsembleSettings(keep=(1, 1, 1), flip=(0, 0, 0))


def _direction(table: pd.DataFrame) -> dict[str, str]:
    return dict(zip(table["node"], table["direction"], strict=True))


def test_jak_inhibition_lowers_socs3_and_raises_sost_and_lowers_beta_catenin() -> None:
    resp = perturb(NET, inhibit("JAK1"), context=Context("with OSM", {"OSM": 0.5}), members=200)
    assert _direction(resp.transcripts()) == {"SOCS3": "down", "SOST": "up"}
    assert _direction(resp.to_frame())["CTNNB1"] == "down"
    assert resp.converged.all() and not resp.multistable.any()


def test_frame_holds_the_promised_columns_and_consistent_numbers() -> None:
    table = perturb(NET, inhibit("JAK1"), background=activate("OSM"), members=200).to_frame()
    promised = "node kind baseline perturbed direct_effect total_effect effect_low effect_high p_up p_down p_none direction p_direction"
    assert [name for name in table if name != "mean_effect"] == promised.split()
    assert np.allclose(table[["p_up", "p_down", "p_none"]].sum(axis=1), 1)
    assert (table["effect_low"] <= table["total_effect"]).all() and (table["total_effect"] <= table["effect_high"]).all()
    called = table[table["direction"] != "none"]
    assert np.allclose(called["p_direction"], called[["p_up", "p_down"]].max(axis=1))


def test_direct_effect_stops_after_one_step() -> None:
    resp = perturb(NET, inhibit("JAK1"), background=activate("OSM"), members=50, settings=CERTAIN)
    moved = np.abs(resp.direct_members).max(axis=0) > 1e-9
    assert [name for name, flag in zip(NET.names, moved, strict=True) if flag] == ["JAK1", "STAT3"]
    step = Network(CHAIN[CHAIN["source"].isin(["OSM", "JAK1"])])
    alone = perturb(step, inhibit("JAK1"), background=activate("OSM"), members=50, settings=CERTAIN)
    assert np.allclose(alone.direct_members, alone.effects.total, atol=1e-8)


def test_background_is_in_both_arms() -> None:
    quiet, driven = (perturb(NET, inhibit("JAK1"), background=given, members=100) for given in (None, activate("OSM")))
    osm, stat3 = NET.index["OSM"], NET.index["STAT3"]
    assert (driven.baseline_members[:, osm] > quiet.baseline_members[:, osm]).all()
    assert np.allclose(driven.effects.total[:, osm], 0)
    assert driven.effects.total[:, stat3].mean() < quiet.effects.total[:, stat3].mean()


def test_several_perturbations_combine() -> None:
    both = perturb(NET, [knockout("STAT3"), activate("OSM")], members=30)
    assert (both.perturbed_members[:, NET.index["STAT3"]] == 0).all()
    assert (both.effects.total[:, NET.index["OSM"]] > 0).all()


def test_names_the_network_lacks_are_reported_or_refused() -> None:
    drug = Perturbation("drug", scale={"JAK1": 0.1, "JAK3": 0.1})
    resp = perturb(NET, drug, context=Context("c", {"IFNG": 0.5}), members=5)
    assert {"target JAK3 not in the network", "context input IFNG not in the network"} < set(resp.provenance.dropped)
    with pytest.raises(UnknownNameError, match="closest"):
        perturb(NET, knockout("STAT33"), members=5)


BAD_WEIGHTS = [{"weights": np.ones(4)}, {"weights": -np.ones(5)}, {"weights": np.zeros(5)}, {"weights": np.full(5, np.nan)}]


@pytest.mark.parametrize("wrong", [{"engine": "magic"}, {"members": 0}, *BAD_WEIGHTS])
def test_unfit_arguments_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        perturb(NET, knockout("JAK1"), **({"members": 5} | wrong))


def test_a_drug_without_a_dose_is_refused() -> None:
    with pytest.raises(InputError, match="at\\('100 nM'\\)"):
        perturb(NET, object(), members=5)  # type: ignore[arg-type]


def test_weights_select_members() -> None:
    resp = perturb(NET, inhibit("JAK1"), background=activate("OSM"), members=40)
    one = np.zeros(40)
    one[7] = 3.0
    picked = resp.with_weights(one)
    assert picked.effective_sample == pytest.approx(1)
    assert np.array_equal(picked.to_frame()["total_effect"], resp.effects.total[7])


@pytest.fixture(scope="module")
def reference() -> np.ndarray:
    return perturb(NET, inhibit("JAK1"), background=activate("OSM"), members=230, seed=5).perturbed_members


@given(st.randoms(use_true_random=False), st.integers(1, 2))
@settings(max_examples=12, deadline=None)
def test_same_bits_in_any_row_order_and_for_any_number_of_workers(reference: np.ndarray, random, jobs: int) -> None:
    rows = list(range(len(CHAIN)))
    random.shuffle(rows)
    with parallel_config(n_jobs=jobs):
        shuffled = perturb(Network(CHAIN.iloc[rows], name="toy"), inhibit("JAK1"), background=activate("OSM"), members=230, seed=5)
    assert np.array_equal(shuffled.perturbed_members, reference)


def test_members_keep_their_draws_when_an_edge_is_left_out() -> None:
    whole = perturb(NET, inhibit("JAK1"), background=activate("OSM"), members=60)
    less = perturb(Network(CHAIN.iloc[:-1], NET.nodes), inhibit("JAK1"), background=activate("OSM"), members=60)
    untouched = [NET.index[name] for name in ("OSM", "JAK1", "STAT3", "SOCS3", "SOST")]
    assert np.array_equal(whole.perturbed_members[:, untouched], less.perturbed_members[:, untouched])


@pytest.mark.parametrize("drug", ["tofacitinib", "baricitinib"])
@pytest.mark.parametrize("context", ["inflammatory", "steady_state"])
def test_positive_controls_of_jak_inhibition_fall_without_the_study_own_edges(drug: str, context: str) -> None:
    net = load_network("osteoblast")
    own = net.with_edges((net.edges["study"] == "").to_numpy())
    table = perturb(own, load_drug(drug).at("300 nM"), context=context, members=100).transcripts().set_index("node")
    assert (table.loc[["SOCS3", "CISH"], "direction"] == "down").all()


def test_provenance_says_what_was_done() -> None:
    resp = perturb(NET, inhibit("JAK1"), context=Context("c", {"OSM": 0.5}), members=5, seed=3)
    record = resp.provenance.to_dict()
    assert record["seed"] == 3 and record["inputs"]["network"] == NET.digest
    assert record["parameters"]["context"]["inputs"] == {"OSM": 0.5} and record["parameters"]["settings"]["gate"] == "balance"
