from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from joblib import parallel_config

from jaknet.errors import InputError, UnknownNameError
from jaknet.network.io.read import load_network
from jaknet.network.network import Network
from jaknet.simulation.doses import Load
from jaknet.simulation.ensemble import draw_ensemble
from jaknet.simulation.library import load_context, load_drug
from jaknet.simulation.perturbations import Context, Perturbation, activate, inhibit, knockout
from jaknet.simulation.response import EFFECT_COLUMNS, Response, _call, perturb, summarise
from jaknet.simulation.settings import EnsembleSettings
from jaknet.simulation.trial import Condition, Trial
from jaknet.stats import weighted_quantiles

SEEDS = st.integers(0, 10**6)


# --- summaries ---------------------------------------------------------------------------------
@given(SEEDS, st.integers(1, 30), st.booleans())
@settings(max_examples=50, deadline=None)
def test_quantiles_equal_those_of_numpy_on_repeated_values(seed: int, members: int, even: bool) -> None:
    rng = np.random.default_rng(seed)
    values, counts = rng.normal(size=(members, 3)), rng.integers(0, 6, members)
    counts = np.ones(members, int) if even else np.maximum(counts, np.arange(members) == 0)
    found = weighted_quantiles(values, counts / counts.sum(), (0.05, 0.5, 0.95))
    repeated = np.repeat(values, counts, axis=0)
    assert np.allclose(found, np.quantile(repeated, (0.05, 0.5, 0.95), axis=0, method="inverted_cdf"))


@pytest.mark.parametrize("equal", [True, False])
def test_quantiles_are_values_that_occur_and_leave_their_input_alone(equal: bool) -> None:
    values = np.array([[4.0], [1.0], [3.0], [2.0]])
    weights = np.full(4, 0.25) if equal else np.array([0.25, 0.25, 0.125, 0.375])
    assert weighted_quantiles(values, weights, (0.0, 0.25, 1.0))[:, 0].tolist() == [1, 1, 4]
    assert weighted_quantiles(values, weights, (0.25 + 1e-9,))[0, 0] == 2
    assert values[:, 0].tolist() == [4, 1, 3, 2]


def test_summary_by_hand() -> None:
    effects = np.array([[0.2, 0.0, -0.5], [0.1, 0.0, 0.4], [-0.1, 0.005, -0.3], [0.3, 0.0, -0.2]])
    found = summarise(effects, np.array([0.4, 0.3, 0.2, 0.1]))
    assert tuple(found) == tuple(EFFECT_COLUMNS)
    assert np.allclose(found["effect"], [0.1, 0.0, -0.3])
    assert np.allclose(found["effect_low"], [-0.1, 0, -0.5]) and np.allclose(found["effect_high"], [0.3, 0.005, 0.4])
    assert np.allclose(found["p_up"], [0.8, 0, 0.3]) and np.allclose(found["p_down"], [0.2, 0, 0.7])
    assert np.allclose(found["p_none"], [0, 1, 0])
    assert found["direction"].tolist() == ["up", "none", "down"]
    assert np.allclose(found["p_direction"], [0.8, 1.0, 0.7])


@pytest.mark.parametrize("margin", [0.01, 0.1])
def test_a_change_of_exactly_the_margin_is_none(margin: float) -> None:
    beyond = np.nextafter(margin, 1)
    effects = np.array([[margin, -margin, beyond, -beyond]])
    assert summarise(effects, np.ones(1), margin)["direction"].tolist() == ["none", "none", "up", "down"]


@pytest.mark.parametrize(
    ("up", "down", "none", "direction", "chance"),
    [
        (0.5, 0.3, 0.2, "up", 0.5),
        (0.2, 0.5, 0.3, "down", 0.5),
        (0.3, 0.2, 0.5, "none", 0.5),
        (0.49, 0.26, 0.25, "unsure", 0.49),
        (0.5, 0.5, 0.0, "unsure", 0.5),
        (0.5, 0.0, 0.5, "unsure", 0.5),
        (0.0, 0.5, 0.5, "unsure", 0.5),
        (1 / 3, 1 / 3, 1 / 3, "unsure", 1 / 3),
        (0.0, 0.0, 1.0, "none", 1.0),
        (0.1 + 0.2 + 0.2, 0.5 - 1e-16, 0.0, "unsure", 0.5),
        (0.5 - 1e-15, 0.3, 0.2, "up", 0.5),
    ],
)
def test_an_outcome_is_called_at_one_half_and_ties_are_not(up: float, down: float, none: float, direction: str, chance: float) -> None:
    way, largest = _call(*(np.array([share]) for share in (up, down, none)))
    assert way.tolist() == [direction] and largest[0] == pytest.approx(chance)


@given(SEEDS, st.integers(1, 25))
@settings(max_examples=40, deadline=None)
def test_turned_effects_turn_the_summary_and_probabilities_sum_to_1(seed: int, members: int) -> None:
    rng = np.random.default_rng(seed)
    effects = rng.normal(0, 0.02, (members, 4)) * (rng.random((members, 4)) < 0.6)
    weights = rng.dirichlet(np.ones(members))
    one, turned = (summarise(values, weights) for values in (effects, -effects))
    assert np.array_equal(one["p_up"], turned["p_down"]) and np.allclose(one["p_none"], turned["p_none"], atol=1e-15)
    assert np.allclose(one["p_up"] + one["p_down"] + one["p_none"], 1, rtol=0, atol=1e-15) and (one["p_none"] >= 0).all()
    opposite = {"up": "down", "down": "up", "none": "none", "unsure": "unsure"}
    assert [opposite[way] for way in one["direction"]] == turned["direction"].tolist()
    assert np.allclose(one["p_direction"], np.max([one["p_up"], one["p_down"], one["p_none"]], axis=0))
    assert ((one["p_direction"] < 0.5) <= (one["direction"] == "unsure")).all()


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_a_column_is_summarised_alike_in_any_company_and_order_of_members(seed: int) -> None:
    rng = np.random.default_rng(seed)
    effects, weights = rng.normal(size=(17, 6)), rng.dirichlet(np.ones(17))
    whole, alone = summarise(effects, weights), summarise(effects[:, [4]], weights)
    assert all(whole[name][4] == alone[name][0] for name in EFFECT_COLUMNS)
    order = rng.permutation(17)
    mixed = summarise(effects[order], weights[order])
    for name in ("effect", "effect_low", "effect_high"):
        assert np.array_equal(mixed[name], whole[name])


@pytest.mark.parametrize("members", [10, 100, 300, 1000])
def test_rounding_decides_no_tie(members: int) -> None:
    """Shares are sums of equal weights, whose rounding depends on which members they are."""
    rng = np.random.default_rng(members)
    tied = np.repeat([1.0, -1.0], members // 2)
    found = summarise(np.column_stack([rng.permutation(tied) for _ in range(60)]), np.full(members, 1 / members))
    assert set(found["direction"]) == {"unsure"}


# --- responses ---------------------------------------------------------------------------------
CHAIN = pd.DataFrame(
    {
        "source": ["OSM", "JAK1", "STAT3", "STAT3", "SOCS3", "SOST"],
        "target": ["JAK1", "STAT3", "SOCS3", "SOST", "JAK1", "CTNNB1"],
        "sign": [1, 1, 1, -1, -1, -1],
        "layer": ["signaling", "signaling", "transcription", "transcription", "signaling", "signaling"],
        "tier": "A",
        "references": "PMID:1;PMID:2;PMID:3",
    }
)
NET = Network(CHAIN, name="toy")
CALM = Context("calm", {"OSM": 0.5})


@pytest.fixture(scope="module")
def resp() -> Response:
    return perturb(NET, inhibit("JAK1"), CALM, activate("CTNNB1", 0.4), members=151)


def test_jak_inhibition_lowers_socs3_and_raises_sost_and_lowers_beta_catenin() -> None:
    found = perturb(Network(CHAIN.assign(canonical=1)), inhibit("JAK1"), CALM, members=200)
    assert dict(found.transcripts()[["node", "direction"]].to_numpy().tolist()) == {"SOCS3": "down", "SOST": "up"}
    assert found["CTNNB1"]["direction"] == "down" and found["CTNNB1"]["p_direction"] > 0.95
    assert found.converged.all() and not found.multistable.any()


def test_columns_are_what_the_members_say(resp: Response) -> None:
    """Every column again, from the arrays by numpy alone."""
    for table, before, change, margin in (
        (resp.to_frame(), resp.effects.baseline, resp.effects.total, 0.01),
        (resp.transcripts(), *(values[:, resp.transcribed] for values in (resp.effects.transcript_baseline, resp.transcript_effects)), 0.1),
    ):
        assert list(table) == ["node", "gene", "kind", "baseline", "perturbed", *EFFECT_COLUMNS]
        low, middle, high = np.quantile(change, (0.05, 0.5, 0.95), axis=0, method="inverted_cdf")
        for column, values in (("effect", middle), ("effect_low", low), ("effect_high", high)):
            assert np.array_equal(table[column], values)
        assert np.array_equal(table["baseline"], np.median(before, axis=0))
        assert np.array_equal(table["perturbed"], table["baseline"] + table["effect"])
        assert np.allclose(table["perturbed"] - table["baseline"], table["effect"], rtol=0, atol=1e-15)
        assert np.allclose(table["p_up"], (change > margin).mean(axis=0)) and np.allclose(table["p_down"], (change < -margin).mean(axis=0))
        assert np.allclose(table["p_none"], (np.abs(change) <= margin).mean(axis=0))
        assert np.allclose(table[["p_up", "p_down", "p_none"]].sum(axis=1), 1, rtol=0, atol=1e-15)


def test_means_are_those_of_the_members(resp: Response) -> None:
    assert np.allclose(resp.mean_effects, resp.effects.total.mean(axis=0), rtol=0, atol=1e-15)
    assert np.allclose(resp.mean_transcript_effects, resp.transcript_effects.mean(axis=0), rtol=0, atol=1e-14)


def test_transcripts_are_the_rows_that_transcription_explains(resp: Response) -> None:
    assert resp.transcripts()["node"].tolist() == ["SOCS3", "SOST"] and list(resp.transcripts().index) == [0, 1]
    assert not resp.transcript_effects[:, ~resp.transcribed].any()
    assert resp.to_frame()["node"].tolist() == list(NET.names)


def test_a_gene_is_looked_up_by_its_transcript_or_else_its_activity(resp: Response) -> None:
    pd.testing.assert_series_equal(resp["SOST"], resp.transcripts().set_index("node").loc["SOST"])
    pd.testing.assert_series_equal(resp["JAK1"], resp.to_frame().set_index("node").loc["JAK1"])
    with pytest.raises(UnknownNameError, match="SOST99"):
        resp["SOST99"]
    forms = NET.nodes.assign(gene=NET.nodes["gene"].replace("CTNNB1", "CTNNB"))
    assert perturb(Network(CHAIN, forms), inhibit("JAK1"), members=3)["CTNNB"].name == "CTNNB1"


def test_the_transcript_of_osteocalcin_is_a_log2_fold_change() -> None:
    found = perturb(load_network("osteoblast"), load_drug("tofacitinib").at("300 nM"), "inflammatory", members=5)
    place = found.network.index["BGLAP"]
    assert found["BGLAP"]["effect"] == np.median(found.transcript_effects[:, place])
    assert found["BGLAP"]["gene"] == "BGLAP"


def test_tables_are_copies(resp: Response) -> None:
    table = resp.to_frame()
    table["effect"] = 0.0
    table["node"] = "x"
    assert resp.to_frame()["node"].tolist() == list(NET.names) and resp.to_frame()["effect"].any()


def test_repr_says_what_where_and_how_well(resp: Response) -> None:
    assert repr(resp).startswith("Response to inhibit JAK1 90% in calm: 151 members of toy without the source study, logic engine")
    assert repr(resp).endswith("; 0 not at rest, 0 multistable")
    assert "in the reference state:" in repr(perturb(NET, inhibit("JAK1"), members=2))
    own = Network(CHAIN.assign(study=["s", *[""] * 5]))
    given = perturb(own, inhibit("JAK1"), members=2)
    assert given.given_study and "given the source study" in repr(given) and not resp.given_study


def test_html_shows_the_largest_transcripts_first(resp: Response) -> None:
    table, page = resp.transcripts(), resp._repr_html_()
    first, second = table.loc[table["effect"].abs().sort_values(ascending=False).index, "node"]
    assert page.index(f"<td>{first}</td>") < page.index(f"<td>{second}</td>") and "<td>JAK1</td>" not in page


def test_a_response_of_a_context_goes_by_its_name() -> None:
    trial = Trial.of(NET, draw_ensemble(NET, members=50), Condition(Context("inflamed", {"OSM": 0.9}), CALM))
    found = Response(NET, trial, trial.solve())
    assert (found.label, found.notes, found.context) == ("inflamed", (), CALM)
    assert found.mean_transcript_effects[NET.index["SOCS3"]] > 0 and "Response to inflamed in calm" in repr(found)


def test_the_first_members_repeat_the_response(resp: Response) -> None:
    trial = resp.first(20)
    assert np.array_equal(trial.solve().perturbed, resp.effects.perturbed[:20]) and np.allclose(trial.shares, 0.05)


# --- transcripts -------------------------------------------------------------------------------
def test_fold_changes_leave_out_protein_edges_capacity_and_pins(certain: Callable, fixed: Callable) -> None:
    """X: 3 / 2^.5 from each of two transcription regulators, halved, times their change; 6 / ln 2 a unit."""
    net = certain(("A", 1, "X", "transcription"), ("B", -1, "X", "transcription"), ("C", 1, "X"), A=0.6, B=0.3, C=0.5, X=0.2)
    done = knockout("A") + activate("B", 0.7)
    expected = 6 / np.log(2) * 3 / np.sqrt(2) / 2 * (-0.6 - 0.4)
    for more in (inhibit("X", 0.9), activate("X", 0.9), knockout("X"), knockout("C"), activate("C")):
        found = perturb(net, done + more, members=1, settings=fixed())
        assert found["X"]["effect"] == pytest.approx(expected, abs=1e-12)
    alone = perturb(net, inhibit("X", 0.9) + activate("C"), members=1, settings=fixed())
    assert alone["X"]["effect"] == 0 and alone["X"]["direction"] == "none" and alone.to_frame().set_index("node").loc["X", "effect"] < -0.1


@pytest.mark.parametrize(("size", "direction"), [(0.0099, "none"), (0.0101, "up")])
def test_activities_count_beyond_a_hundredth_and_transcripts_beyond_a_tenth(
    certain: Callable, fixed: Callable, size: float, direction: str
) -> None:
    net = certain(("A", 1, "X", "transcription"), A=0.5, X=0.2)
    found = perturb(net, activate("A", 0.5 + size), members=1, settings=fixed())
    assert found["A"]["direction"] == direction
    change = np.log(2) / 6 / 1.5 * size * 10
    found = perturb(net, activate("A", 0.5 + change), members=1, settings=fixed())
    assert found["X"]["effect"] == pytest.approx(10 * size) and found["X"]["direction"] == direction


# --- perturb -----------------------------------------------------------------------------------
def test_background_is_in_both_arms() -> None:
    quiet, driven = (perturb(NET, inhibit("JAK1"), background=given, members=100) for given in (None, activate("OSM")))
    osm, stat3 = NET.index["OSM"], NET.index["STAT3"]
    assert (driven.effects.baseline[:, osm] > quiet.effects.baseline[:, osm]).all()
    assert np.allclose(driven.effects.total[:, osm], 0)
    assert driven.mean_effects[stat3] < quiet.mean_effects[stat3]


def test_background_and_perturbation_meet_in_the_same_state() -> None:
    """Adding OSM to both arms or to the second alone changes the start, not the end."""
    beside = perturb(NET, inhibit("JAK1"), background=activate("OSM"), members=40)
    together = perturb(NET, [inhibit("JAK1"), activate("OSM")], members=40)
    same = ~(beside.multistable | together.multistable)
    assert same.sum() > 20
    assert np.allclose(beside.effects.perturbed[same], together.effects.perturbed[same], rtol=0, atol=1e-7)


def test_a_pinned_perturbation_overrides_background_and_context() -> None:
    found = perturb(NET, knockout("STAT3"), Context("on", clamps={"STAT3": 0.9}), activate("STAT3", 0.8), members=20)
    assert (found.effects.perturbed[:, NET.index["STAT3"]] == 0).all()
    assert np.allclose(found.effects.baseline[:, NET.index["STAT3"]], 0.8, rtol=0, atol=1e-15)


def test_names_the_network_lacks_are_reported_or_refused() -> None:
    drug = Perturbation("drug", loads=(Load("drug", "JAK1", 9.0), Load("drug", "JAK3", 9.0)))
    found = perturb(NET, drug, context=Context("c", {"IFNG": 0.5}), members=5)
    assert {"target JAK3 not in the network", "context input IFNG not in the network"} < set(found.provenance.dropped)
    with pytest.raises(UnknownNameError, match="closest"):
        perturb(NET, knockout("STAT33"), members=5)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"engine": "magic"}, "unknown engine 'magic'; use one of logic, linear"),
        ({"members": 0}, "members = 0; give at least 1"),
        ({"perturbations": []}, "got nothing"),
        ({"perturbations": load_drug("tofacitinib")}, r"at\('100 nM'\)"),
        ({"context": "nowhere"}, "nowhere"),
        ({"context": 3}, "a context is a Context, the name of a bundled one .*, or None; got int"),
        ({"network": pd.DataFrame()}, "a network is a Network or the name of a bundled one .*; got DataFrame"),
        ({"network": "osteoblst"}, "osteoblast"),
    ],
)
def test_unfit_arguments_are_refused_by_name(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        perturb(**{"network": NET, "perturbations": knockout("JAK1"), "members": 5} | wrong)  # type: ignore[arg-type]


def test_an_ensemble_that_never_rests_gives_no_answer(certain: Callable, fixed: Callable) -> None:
    names = [f"R{place}" for place in range(5)]
    net = certain(*((a, -1, b) for a, b in zip(names, names[1:] + names[:1], strict=True)), **dict.fromkeys(names, 0.5))
    found = perturb(net, inhibit("R0", 0.05), members=3, settings=fixed(gain=12.0))
    assert found.provenance.dropped["members not at rest"] == 3
    with pytest.raises(InputError, match="none of 3 members comes to rest"):
        found.to_frame()


def test_restless_members_do_not_enter_the_table(certain: Callable) -> None:
    names = [f"R{place}" for place in range(5)]
    net = certain(*((a, -1, b) for a, b in zip(names, names[1:] + names[:1], strict=True)), **dict.fromkeys(names, 0.5))
    found = perturb(net, inhibit("R0", 0.3), members=60, settings=EnsembleSettings(gain=5.0, strength=(0.5, 2.0)))
    rests = found.converged
    assert 5 < rests.sum() < 55
    part = summarise(found.effects.total[rests], np.full(rests.sum(), 1 / rests.sum()))
    assert all(np.array_equal(found.to_frame()[name], part[name]) for name in ("effect", "effect_low", "effect_high", "direction"))


@pytest.fixture(scope="module")
def reference() -> np.ndarray:
    return perturb(NET, inhibit("JAK1"), background=activate("OSM"), members=230, seed=5).effects.perturbed


@given(st.randoms(use_true_random=False), st.integers(1, 3))
@settings(max_examples=12, deadline=None)
def test_same_bits_in_any_row_order_and_for_any_number_of_workers(reference: np.ndarray, random: Random, jobs: int) -> None:
    rows = list(range(len(CHAIN)))
    random.shuffle(rows)
    with parallel_config(n_jobs=jobs):
        shuffled = perturb(Network(CHAIN.iloc[rows], name="toy"), inhibit("JAK1"), background=activate("OSM"), members=230, seed=5)
    assert np.array_equal(shuffled.effects.perturbed, reference)


@pytest.mark.parametrize("engine", ["logic", "linear"])
@pytest.mark.parametrize("more", [("X", "Y"), ("CTNNB1", "WNT_READOUT"), ("STAT3", "AAA")])
def test_a_gene_that_acts_on_nobody_changes_no_bit_of_the_others(engine: str, more: tuple[str, str]) -> None:
    row = {"source": more[0], "target": more[1], "sign": 1, "layer": "transcription", "tier": "A"}
    wider = Network(pd.concat([CHAIN, pd.DataFrame([row])], ignore_index=True))
    given = {"members": 40, "engine": engine, "background": activate("OSM", 0.5)}
    one, two = perturb(NET, inhibit("JAK1"), **given), perturb(wider, inhibit("JAK1"), **given)
    shared = [wider.index[name] for name in NET.names]
    assert np.array_equal(two.effects.perturbed[:, shared], one.effects.perturbed)
    assert np.array_equal(two.transcript_effects[:, shared], one.transcript_effects)


@pytest.mark.parametrize("engine", ["logic", "linear"])
@pytest.mark.parametrize("nothing", [inhibit("JAK1", 0.0), Perturbation("nothing", scale={"STAT3": 1.0}), Perturbation("empty")])
def test_nothing_done_is_exactly_nothing(engine: str, nothing: Perturbation) -> None:
    found = perturb(NET, nothing, CALM, members=30, engine=engine)
    assert not found.effects.total.any() and not found.transcript_effects.any()
    assert (found.to_frame()["direction"] == "none").all() and (found.to_frame()["p_none"] == 1).all()


@pytest.mark.parametrize("engine", ["logic", "linear"])
def test_stronger_inhibition_never_leaves_more_of_the_target(engine: str) -> None:
    given = {"members": 60, "engine": engine, "background": activate("OSM")}
    levels = [perturb(NET, inhibit("JAK1", f), **given).effects.perturbed[:, NET.index["JAK1"]] for f in (0.0, 0.2, 0.5, 0.8, 0.95, 1.0)]
    assert (np.diff(levels, axis=0) < 0).all()


def test_complete_inhibition_and_knock_out_are_one() -> None:
    gone, out = (perturb(NET, change, members=30, background=activate("OSM")) for change in (inhibit("JAK1", 1.0), knockout("JAK1")))
    assert (gone.effects.perturbed[:, NET.index["JAK1"]] == 0).all()
    assert np.allclose(gone.effects.perturbed, out.effects.perturbed, rtol=0, atol=1e-9)
    assert np.array_equal(gone.effects.baseline, out.effects.baseline)


def test_order_of_perturbations_and_of_what_follows_does_not_matter() -> None:
    parts = [inhibit("JAK1", 0.6), knockout("SOST"), activate("OSM", 0.3), inhibit("STAT3", 0.5)]
    one, two, other = (perturb(NET, given, CALM, members=20).effects for given in (parts, parts[::-1], knockout("SOST")))
    assert np.allclose(one.perturbed, two.perturbed, rtol=0, atol=1e-8)
    assert np.array_equal(one.baseline, two.baseline) and np.array_equal(one.baseline, other.baseline)


def test_new_names_change_nothing_where_nothing_is_drawn(certain: Callable, fixed: Callable) -> None:
    """Names order the arrays and key the draws; with every parameter fixed neither may show."""
    edges = [("A", 1, "B"), ("B", -1, "C", "transcription"), ("C", 1, "A"), ("A", 1, "D", "part_of"), ("C", 1, "D", "part_of")]
    new = dict(zip("ABCD", ["µ-δ", "z9", "A b", "0"], strict=True))
    basal = {"A": 0.3, "B": 0.2, "C": 0.6, "D": 0.7}
    one = certain(*edges, **basal)
    two = certain(*((new[a], sign, new[b], *rest) for a, sign, b, *rest in edges), **{new[name]: value for name, value in basal.items()})
    asked = ((one, "A"), (two, new["A"]))
    found, other = (perturb(net, inhibit(name), members=1, settings=fixed()).effects.perturbed for net, name in asked)
    assert np.allclose(other[0, [two.index[new[name]] for name in "ABCD"]], found[0], rtol=0, atol=1e-8)


def test_seeds_give_other_members_and_generators_their_own() -> None:
    given = {"background": activate("OSM"), "members": 20}
    one, again, other = (perturb(NET, inhibit("JAK1"), seed=seed, **given).effects.total for seed in (1, 1, 2))
    assert np.array_equal(one, again) and not np.array_equal(one, other)
    drawn = perturb(NET, inhibit("JAK1"), seed=np.random.default_rng(3), **given)
    repeated = perturb(NET, inhibit("JAK1"), seed=drawn.provenance.seed, **given)
    assert np.array_equal(drawn.effects.total, repeated.effects.total)


def test_provenance_says_what_was_done() -> None:
    record = perturb(NET, inhibit("JAK1"), CALM, activate("OSM", 0.5), members=5, seed=3).provenance.to_dict()
    assert record["seed"] == 3 and record["inputs"]["network"] == NET.digest
    asked = record["parameters"]
    assert asked["context"]["inputs"] == {"OSM": 0.5} and asked["background"]["pin"] == {"OSM": 0.5}
    assert asked["settings"] == EnsembleSettings().to_dict() | {"strength": [0.6, 1.6], "tau": [0.5, 2.0]}
    assert asked["members"] == 5 and asked["engine"] == "logic" and asked["given_study"] is False


@pytest.mark.parametrize("drug", ["tofacitinib", "baricitinib"])
@pytest.mark.parametrize("context", ["inflammatory", "steady_state"])
def test_positive_controls_of_jak_inhibition_fall_without_the_study_own_edges(drug: str, context: str) -> None:
    own = load_network("osteoblast").without_study()
    table = perturb(own, load_drug(drug).at("300 nM"), context=context, members=40).transcripts().set_index("node")
    assert (table.loc[["SOCS3", "CISH"], "direction"] == "down").all()


def test_names_stand_for_what_they_name() -> None:
    by_name = perturb("osteoblast", "tofacitinib 300 nM", "inflammatory", background="ruxolitinib 10 nM", members=20)
    doses = load_drug("tofacitinib").at("300 nM"), load_drug("ruxolitinib").at("10 nM")
    by_object = perturb(load_network("osteoblast"), doses[0], load_context("inflammatory"), background=doses[1], members=20)
    pd.testing.assert_frame_equal(by_name.to_frame(), by_object.to_frame())
