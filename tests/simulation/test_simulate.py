from __future__ import annotations

from dataclasses import replace

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


#: Every parameter has one value, so that the whole model can be written out by hand.
FIXED = EnsembleSettings(
    keep=(1, 1, 1), flip=(0, 0, 0), weight=(0.7, 0.7), gain=3, crowding=0.5, basal=(0.2, 0.2), hill=(2.0, 2.0), ec50=(0.4, 0.4), tau=(1, 1)
)


def _hill(level: float, n: float = 2.0, ec50: float = 0.4) -> float:
    height = (ec50**n - 1) / (2 * ec50**n - 1)
    return min(1.0, height * level**n / (height - 1 + level**n))


def test_two_regulators_by_hand() -> None:
    """y = (b + A) / (b + A + 1 + I), each drive 3 x 0.7 x weight x h(regulator) over the root of the number of regulators."""
    edges = pd.DataFrame({"source": ["A", "B"], "target": "X", "sign": [1, -1], "weight": [1.0, 0.5], "tier": "A"})
    resp = perturb(Network(edges), inhibit("A", 0.75), background=activate("A", 0.5), members=2, settings=FIXED)
    before, free = (0.2 + 3 * 0.5) / (1.2 + 3 * 0.5), 0.2 / 1.2
    inhibition = 3 * 0.7 * 0.5 * _hill(free) / np.sqrt(2)

    def _x(a: float) -> float:
        drive = 0.2 + 3 * 0.7 * _hill(a) / np.sqrt(2)
        return drive / (drive + 1 + inhibition)

    assert np.allclose(resp.baseline_members, [[before, free, _x(before)]] * 2, atol=1e-9)
    assert np.allclose(resp.perturbed_members, [[before / 4, free, _x(before / 4)]] * 2, atol=1e-9)


def test_logic_gates_by_hand() -> None:
    """y = OR(b, activators) x prod(1 - w h(inhibitors)); crowding and gain play no part."""
    edges = pd.DataFrame({"source": ["A", "B", "C"], "target": "X", "sign": [1, 1, -1], "tier": "A"})
    given = [activate("A", 0.3), activate("C", 0.6)]
    resp = perturb(Network(edges), knockout("B"), background=given, members=2, settings=replace(FIXED, gate="or_and_not"))
    a, b, c = 1 - 0.8 * 0.7, 0.2, 1 - 0.8 * 0.4
    free = 1 - 0.7 * _hill(c)
    before = (1 - 0.8 * (1 - 0.7 * _hill(a)) * (1 - 0.7 * _hill(b))) * free
    after = (1 - 0.8 * (1 - 0.7 * _hill(a))) * free
    assert np.allclose(resp.baseline_members, [[a, b, c, before]] * 2, atol=1e-9)
    assert np.allclose(resp.perturbed_members, [[a, 0, c, after]] * 2, atol=1e-9)


def test_transcripts_leave_out_protein_edges_and_capacity() -> None:
    edges = pd.DataFrame({"source": ["A", "B"], "target": "X", "sign": 1, "layer": ["transcription", "signaling"], "tier": "A"})
    resp = perturb(Network(edges), [knockout("A"), inhibit("X", 0.9)], background=activate("B"), members=2, settings=FIXED)
    # The edge from B counts in the number of regulators, not in the transcript.
    drive = 0.2 + 3 * 0.7 * _hill(0.2 / 1.2) / np.sqrt(2)
    x = 2
    assert np.allclose(resp.effects.transcript_baseline[:, x], drive / (drive + 1), atol=1e-9)
    assert np.allclose(resp.effects.transcript_perturbed[:, x], 0.2 / 1.2, atol=1e-9)
    assert resp.transcripts()["node"].tolist() == ["X"]


@pytest.mark.parametrize("gate", ["balance", "or_and_not"])
def test_new_names_change_nothing_where_nothing_is_drawn(gate: str) -> None:
    """Names order the arrays and key the draws; with every parameter fixed neither may show."""
    names = sorted(NET.names)
    renamed = dict(zip(names, ["µ-δ", "z9", "A b", "0", "Ω", "node;1"], strict=True))
    other = Network(CHAIN.replace(renamed), name="renamed")
    chosen = replace(FIXED, gate=gate)
    one = perturb(NET, inhibit("JAK1"), background=activate("OSM"), members=2, settings=chosen)
    two = perturb(other, inhibit(renamed["JAK1"]), background=activate(renamed["OSM"]), members=2, settings=chosen)
    columns = [other.index[renamed[name]] for name in NET.names]
    assert np.allclose(two.perturbed_members[:, columns], one.perturbed_members, atol=1e-8)
    assert np.allclose(two.transcript_effects[:, columns], one.transcript_effects, atol=1e-8)
    assert np.allclose(two.direct_members[:, columns], one.direct_members, atol=1e-8)


@pytest.mark.parametrize("engine", ["logic", "linear"])
@pytest.mark.parametrize("more", [("X", "Y"), ("CTNNB1", "WNT_READOUT"), ("STAT3", "AAA")])
def test_a_gene_that_acts_on_nobody_changes_no_bit_of_the_others(engine: str, more: tuple[str, str]) -> None:
    row = {"source": more[0], "target": more[1], "sign": 1, "layer": "transcription", "tier": "A"}
    wider = Network(pd.concat([CHAIN, pd.DataFrame([row])], ignore_index=True))
    given = {"members": 40, "engine": engine, "background": activate("OSM", 0.5)}
    one, two = perturb(NET, inhibit("JAK1"), **given), perturb(wider, inhibit("JAK1"), **given)
    shared = [wider.index[name] for name in NET.names]
    assert np.array_equal(two.perturbed_members[:, shared], one.perturbed_members)
    assert np.array_equal(two.transcript_effects[:, shared], one.transcript_effects)


@pytest.mark.parametrize("engine", ["logic", "linear"])
@pytest.mark.parametrize("nothing", [inhibit("JAK1", 0.0), activate("OSM", 0.0), Perturbation("nothing", scale={"STAT3": 1.0})])
def test_nothing_done_is_exactly_nothing(engine: str, nothing: Perturbation) -> None:
    resp = perturb(NET, nothing, members=30, engine=engine)
    assert not resp.effects.total.any() and not resp.transcript_effects.any()
    assert not resp.direct_members.any() and not resp.transcript_direct.any()
    table = resp.to_frame()
    assert (table["direction"] == "none").all() and (table["p_none"] == 1).all() and (table["p_direction"] == 1).all()


@pytest.mark.parametrize("engine", ["logic", "linear"])
def test_stronger_inhibition_never_leaves_more_of_the_target(engine: str) -> None:
    jak1 = NET.index["JAK1"]
    given = {"members": 60, "engine": engine, "background": activate("OSM")}
    levels = [perturb(NET, inhibit("JAK1", f), **given).perturbed_members[:, jak1] for f in (0.0, 0.2, 0.5, 0.8, 0.95, 1.0)]
    assert (np.diff(levels, axis=0) < 0).all()


def test_complete_inhibition_and_knock_out_are_one() -> None:
    gone, out = (perturb(NET, change, members=30, background=activate("OSM")) for change in (inhibit("JAK1", 1.0), knockout("JAK1")))
    assert (gone.perturbed_members[:, NET.index["JAK1"]] == 0).all()
    assert np.allclose(gone.perturbed_members, out.perturbed_members, atol=1e-9)
    assert np.array_equal(gone.baseline_members, out.baseline_members)


@pytest.mark.parametrize("force", [activate("STAT3"), [activate("STAT3"), activate("OSM"), inhibit("SOCS3")]])
def test_a_knocked_out_node_stays_out_whatever_drives_it(force: object) -> None:
    parts = [force] if isinstance(force, Perturbation) else force
    resp = perturb(NET, [*parts, knockout("STAT3")], context=Context("on", {"OSM": 1.0}, {"STAT3": 0.9}), members=20)
    assert (resp.perturbed_members[:, NET.index["STAT3"]] == 0).all()
    assert (resp.baseline_members[:, NET.index["STAT3"]] == 0.9).all()


def test_order_of_perturbations_does_not_matter() -> None:
    parts = [inhibit("JAK1", 0.6), knockout("SOST"), activate("OSM", 0.3), inhibit("JAK1", 0.5)]
    one, two = perturb(NET, parts, members=20), perturb(NET, parts[::-1], members=20)
    assert np.allclose(one.perturbed_members, two.perturbed_members, atol=1e-8)


def test_baseline_does_not_know_what_follows() -> None:
    context = Context("c", {"OSM": 0.4})
    states = [perturb(NET, change, context=context, members=25).baseline_members for change in (inhibit("JAK1"), knockout("SOST"))]
    assert np.array_equal(*states)


def test_background_and_perturbation_meet_in_the_same_state() -> None:
    """Adding OSM to both arms or to the second alone changes the start, not the end."""
    beside = perturb(NET, inhibit("JAK1"), background=activate("OSM"), members=40)
    together = perturb(NET, [inhibit("JAK1"), activate("OSM")], members=40)
    same = ~(beside.multistable | together.multistable)
    assert same.sum() > 20
    assert np.allclose(beside.perturbed_members[same], together.perturbed_members[same], atol=1e-7)


def test_linear_effects_are_proportional_to_what_is_done() -> None:
    half, whole = (perturb(NET, inhibit("JAK1", f), members=20, engine="linear").effects.total for f in (0.4, 0.8))
    assert np.allclose(whole, 2 * half, atol=1e-12) and whole.any()
    weak, strong = (perturb(NET, activate("OSM", level), members=20, engine="linear").effects.total for level in (0.3, 0.9))
    assert np.allclose(strong, 3 * weak, atol=1e-12) and strong.any()


def test_flipping_the_signs_out_of_a_source_flips_what_it_does() -> None:
    """A star: all edges leave A, so every effect but that on A turns its sign in the linear engine."""
    star = pd.DataFrame({"source": "A", "target": list("BCD"), "sign": [1, -1, 1], "tier": "A"})
    one, other = (perturb(Network(star.assign(sign=sign * star["sign"])), knockout("A"), members=30, engine="linear") for sign in (1, -1))
    assert np.array_equal(one.effects.total[:, 1:], -other.effects.total[:, 1:])
    assert np.array_equal(one.effects.total[:, 0], other.effects.total[:, 0])


def test_seeds_give_other_members_and_generators_their_own() -> None:
    given = {"background": activate("OSM"), "members": 20}
    one, again, other = (perturb(NET, inhibit("JAK1"), seed=seed, **given).effects.total for seed in (1, 1, 2))
    assert np.array_equal(one, again) and not np.array_equal(one, other)
    drawn = perturb(NET, inhibit("JAK1"), seed=np.random.default_rng(3), **given)
    repeated = perturb(NET, inhibit("JAK1"), seed=drawn.provenance.seed, **given)
    assert np.array_equal(drawn.effects.total, repeated.effects.total)


def test_weights_count_by_their_ratio_alone() -> None:
    weights = np.random.default_rng(0).random(30)
    one, two = (perturb(NET, inhibit("JAK1"), members=30, weights=weights * factor).to_frame() for factor in (1.0, 1e6))
    pd.testing.assert_frame_equal(one, two)
    assert perturb(NET, inhibit("JAK1"), members=30, weights=weights).provenance.parameters["weighted"] is True
    assert perturb(NET, inhibit("JAK1"), members=30).provenance.parameters["weighted"] is False


def test_one_member_is_its_own_summary() -> None:
    resp = perturb(NET, inhibit("JAK1"), background=activate("OSM"), members=1, settings=CERTAIN)
    table = resp.to_frame()
    for column in ("total_effect", "mean_effect", "effect_low", "effect_high"):
        assert np.allclose(table[column], resp.effects.total[0], atol=1e-15)
    assert set(table["p_direction"]) == {1.0}


def test_messages_name_value_and_remedy() -> None:
    with pytest.raises(InputError, match=r"members = 0; give at least 1"):
        perturb(NET, knockout("JAK1"), members=0)
    with pytest.raises(InputError, match=r"unknown engine 'magic'; use one of logic, linear"):
        perturb(NET, knockout("JAK1"), engine="magic")
    with pytest.raises(InputError, match="got nothing"):
        perturb(NET, [], members=5)
    with pytest.raises(InputError, match=r"need shape \(5,\).*got shape \(4,\)"):
        perturb(NET, knockout("JAK1"), members=5, weights=np.ones(4))
    with pytest.raises(UnknownNameError, match="nowhere"):
        perturb(NET, knockout("JAK1"), context="nowhere", members=5)
