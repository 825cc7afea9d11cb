from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from joblib import parallel_config
from scipy.integrate import solve_ivp

from jaknet.errors import InputError, UnknownNameError
from jaknet.network.network import Network
from jaknet.simulation.drugs import Drug, Target
from jaknet.simulation.ensemble import draw_ensemble
from jaknet.simulation.perturbations import Context, activate, inhibit, knockout
from jaknet.simulation.response import EFFECT_COLUMNS, perturb
from jaknet.simulation.scans import dose_response, screen, time_course
from jaknet.simulation.settings import EnsembleSettings

EDGES = pd.DataFrame(
    {
        "source": ["OSM", "JAK1", "JAK2", "STAT3", "STAT3"],
        "target": ["JAK1", "STAT3", "STAT3", "SOCS3", "SOST"],
        "sign": [1, 1, 1, 1, -1],
        "layer": ["signaling", "signaling", "signaling", "transcription", "transcription"],
        "canonical": 1,
    }
)
NET = Network(EDGES, name="toy")
ONE, TWO = Drug("one", (Target("JAK1", 10.0),)), Drug("two", (Target("JAK1", 30.0), Target("JAK2", 3.0)))
INFLAMED = Context("inflamed", {"OSM": 0.6})
DOSES = ["1 nM", "30 nM", "1 uM"]
KEYS = ["network", "context", "drug", "dose", "concentration_nM", "node", "measure"]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return screen(NET, [ONE, TWO], DOSES, [None, INFLAMED], members=40, progress=False)


def test_screen_is_tidy_and_complete(table: pd.DataFrame) -> None:
    assert list(table) == [*KEYS, *EFFECT_COLUMNS, "not_at_rest", "multistable"]
    assert not table.duplicated(KEYS).any()
    assert len(table) == 2 * 3 * 2 * (NET.n_nodes + 2)
    assert set(table.loc[table["measure"] == "transcript", "node"]) == {"SOCS3", "SOST"}
    assert (table["dose"].map({"1 nM": 1, "30 nM": 30, "1 uM": 1000}) == table["concentration_nM"]).all()


def test_each_row_is_what_perturb_says(table: pd.DataFrame) -> None:
    alone = perturb(NET, TWO.at("30 nM"), context=INFLAMED, members=40)
    rows = table[(table["drug"] == "two") & (table["dose"] == "30 nM") & (table["context"] == "inflamed")]
    for measure, frame in (("activity", alone.to_frame()), ("transcript", alone.transcripts())):
        found = rows[rows["measure"] == measure].set_index("node")
        pd.testing.assert_frame_equal(found[EFFECT_COLUMNS], frame.set_index("node")[EFFECT_COLUMNS])


@pytest.mark.parametrize("jobs", [1, 2])
def test_workers_and_company_change_no_bit(table: pd.DataFrame, jobs: int) -> None:
    with parallel_config(n_jobs=jobs):
        part = screen({"toy": NET}, [TWO], DOSES[::-1], [INFLAMED], nodes=["SOST"], members=40, progress=False)
    both = table.merge(part, on=KEYS, suffixes=("", "_part"))
    assert len(both) == len(part) == 6
    assert all((both[name] == both[f"{name}_part"]).all() for name in EFFECT_COLUMNS)


def coherent_network(seed: int, size: int = 9) -> tuple[Network, np.ndarray]:
    """A random network all of whose walks from the drug's target to a node have one sign, cycles included."""
    rng = np.random.default_rng(seed)
    polarity = rng.choice([1, -1], size)
    polarity[0] = 1
    ends = np.unique(np.vstack([[0, 1], rng.integers(size, size=(2 * size, 2))]), axis=0)
    ends = ends[ends[:, 1] != 0]
    table = pd.DataFrame({"source": ends[:, 0], "target": ends[:, 1], "sign": polarity[ends].prod(axis=1), "canonical": 1})
    return Network(table.assign(source="N" + table["source"].astype(str), target="N" + table["target"].astype(str))), polarity


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_dose_response_is_monotone_on_sign_coherent_paths(seed: int) -> None:
    net, polarity = coherent_network(seed)
    drug = Drug("d", (Target("N0", 20.0),))
    levels = [perturb(net, drug.at(dose), background=activate("N0", 0.5), members=6, seed=seed) for dose in (*DOSES, "100 uM")]
    sign = np.array([polarity[int(name[1:])] for name in net.names])
    for weaker, stronger in pairwise(levels):
        usable = weaker.converged & stronger.converged & ~weaker.multistable & ~stronger.multistable
        change = (stronger.effects.perturbed - weaker.effects.perturbed)[usable]
        assert (sign * change <= 1e-7).all()


def test_dose_response_is_the_screen_of_one_drug(table: pd.DataFrame) -> None:
    curve = dose_response(NET, TWO, DOSES, INFLAMED, members=40, progress=False)
    same = table[(table["drug"] == "two") & (table["context"] == "inflamed")].reset_index(drop=True)
    pd.testing.assert_frame_equal(curve, same)


def test_time_course_runs_from_baseline_to_the_steady_state() -> None:
    given = {"context": INFLAMED, "members": 60}
    course = time_course(NET, inhibit("JAK1"), [0.0, 1.0, 60.0], **given, progress=False)
    resp = perturb(NET, inhibit("JAK1"), **given)
    last = course[(course["time"] == 60) & (course["measure"] == "activity")]
    first = course[(course["time"] == 0) & (course["measure"] == "activity")]
    assert (first[["effect", "effect_low", "effect_high"]] == 0).all(axis=None)
    assert np.allclose(last["effect"], resp.to_frame()["effect"], rtol=0, atol=1e-6)
    assert np.allclose(last["level"], np.median(resp.effects.perturbed, axis=0), rtol=0, atol=0.02)
    ends = course[(course["time"] == 60) & (course["measure"] == "transcript")]
    assert np.allclose(ends["effect"], resp.transcripts()["effect"], rtol=0, atol=1e-5)
    socs3 = course[(course["node"] == "SOCS3") & (course["measure"] == "transcript")]
    assert (np.diff(socs3["effect"]) < 0).all()


@pytest.mark.parametrize("times", [[], [-1.0, 1.0], [1.0, 1.0], [2.0, 1.0]])
def test_times_that_do_not_increase_are_refused(times: list[float]) -> None:
    with pytest.raises(InputError, match="increase"):
        time_course(NET, inhibit("JAK1"), times, members=2, progress=False)


def test_empty_and_unknown_arguments_are_refused() -> None:
    with pytest.raises(InputError, match="nothing to screen"):
        screen(NET, [], DOSES, members=2)
    with pytest.raises(UnknownNameError):
        screen(NET, [ONE], DOSES, nodes=["BGLAP"], members=2)
    with pytest.raises(InputError, match=r"a drug must be the name of a bundled one .*; got 3 \(int\)"):
        screen(NET, [3], DOSES, members=2)  # type: ignore[list-item]
    with pytest.raises(InputError, match=r"drugs must be a list, such as drugs=\['tofacitinib'\]; got 5 \(int\)"):
        screen(NET, 5, DOSES, members=2)  # type: ignore[arg-type]


def test_one_drug_and_one_context_stand_for_lists_of_one() -> None:
    one, listed = (
        screen(NET, drugs, "100 nM", contexts, members=3, progress=False)
        for drugs, contexts in (("tofacitinib", "inflammatory"), (["Xeljanz"], ["Inflammatory"]))
    )
    pd.testing.assert_frame_equal(one, listed)


@pytest.mark.parametrize("tau", [0.5, 1.0, 3.0])
def test_a_knocked_out_node_decays_with_its_time_constant(fixed: Callable, tau: float) -> None:
    given = {"nodes": ["OSM"], "members": 2, "settings": fixed(tau=(tau, tau)), "progress": False}
    course = time_course(NET, knockout("OSM"), [0.0, 0.5, 2.0, 7.0], INFLAMED, **given)
    assert np.allclose(course["level"], 0.6 * np.exp(-course["time"] / tau), rtol=0, atol=1e-5)
    assert np.allclose(course["effect"], course["level"] - 0.6, rtol=0, atol=1e-9)


def test_a_cascade_follows_its_ode(fixed: Callable, definition: Callable, arms: SimpleNamespace) -> None:
    """STAT3 behind a decaying JAK1, against LSODA on the definition."""
    chosen = fixed()
    course = time_course(NET, inhibit("JAK1", 0.8), [0.5, 2.0, 6.0], INFLAMED, nodes=["STAT3"], members=1, settings=chosen, progress=False)
    model, arm = definition(NET, draw_ensemble(NET, chosen, 1)), arms.free(NET.n_nodes)
    arm.level[NET.index["OSM"]] = 0.6
    start = perturb(NET, inhibit("JAK1"), INFLAMED, members=1, settings=chosen).effects.baseline[0]
    arm.scale[0, NET.index["JAK1"]] = 0.2
    run = solve_ivp(lambda _, y: model.answer(arm, y) - y, (0, 6), start, method="LSODA", t_eval=[0.5, 2, 6], rtol=1e-10, atol=1e-12)
    assert np.allclose(course["level"], run.y[NET.index["STAT3"]], rtol=0, atol=1e-5)


def test_asked_times_do_not_steer_the_course() -> None:
    given = {"members": 8, "nodes": ["SOST"], "background": activate("OSM"), "progress": False}
    many = time_course(NET, inhibit("JAK1"), [0.1, 0.3, 0.77, 1.9, 3.0], **given)
    one = time_course(NET, inhibit("JAK1"), [3.0], **given)
    last = many[many["time"] == 3.0].reset_index(drop=True)
    assert np.allclose(last[["level", "effect"]], one[["level", "effect"]], atol=1e-5)


def test_course_table_is_tidy() -> None:
    course = time_course(NET, inhibit("JAK1"), [0.0, 1.0], nodes=["SOST", "JAK1"], members=60, context=INFLAMED, progress=False)
    labels = ["time", "node", "measure", "level", "level_low", "level_high", "effect", "effect_low", "effect_high"]
    assert list(course) == labels
    keys = course[["time", "node", "measure"]].to_numpy().tolist()
    activity = [[time, node, "activity"] for time in (0.0, 1.0) for node in ("SOST", "JAK1")]
    assert keys == [*activity, [0.0, "SOST", "transcript"], [1.0, "SOST", "transcript"]]
    for name in ("level", "effect"):
        assert (course[f"{name}_low"] <= course[name]).all() and (course[name] <= course[f"{name}_high"]).all()
    # More members than one block of work holds: the start is that of `perturb`, member by member.
    whole = perturb(NET, inhibit("JAK1"), INFLAMED, members=60).to_frame().set_index("node")["baseline"]
    first = course[(course["time"] == 0) & (course["measure"] == "activity")].set_index("node")["level"]
    assert np.allclose(first, whole[first.index])


@pytest.mark.parametrize("time", [float("inf"), float("nan")])
def test_endless_times_are_refused(time: float) -> None:
    with pytest.raises(InputError, match="be finite"):
        time_course(NET, inhibit("JAK1"), [1.0, time], members=2, progress=False)


def test_no_dose_does_nothing_and_more_does_more() -> None:
    curve = dose_response(NET, ONE, ["0 nM", "1 nM", "100 nM", "10 uM"], INFLAMED, nodes=["JAK1", "STAT3"], members=40, progress=False)
    assert curve["concentration_nM"].tolist() == [0.0, 0.0, 1.0, 1.0, 100.0, 100.0, 1e4, 1e4]
    none = curve[curve["dose"] == "0 nM"]
    assert (none[["effect", "effect_low", "effect_high", "p_up", "p_down"]] == 0).all(axis=None)
    assert (none["direction"] == "none").all()
    jak1 = curve[curve["node"] == "JAK1"]
    assert (np.diff(jak1["effect"]) < 0).all()


def test_units_of_a_dose_do_not_matter() -> None:
    one, two = (dose_response(NET, TWO, [dose], members=20, progress=False) for dose in ("300 nM", "0.3 uM"))
    pd.testing.assert_frame_equal(one.drop(columns="dose"), two.drop(columns="dose"))
    assert (two["dose"] == "0.3 uM").all()


def test_rows_come_as_given_and_networks_side_by_side() -> None:
    less = Network(EDGES[EDGES["target"] != "SOST"], name="less")
    table = screen({"b": NET, "a": less}, [TWO, ONE], ["1 uM", "1 nM"], [INFLAMED, None], nodes=["STAT3"], members=5, progress=False)
    keys = table[["network", "context", "drug", "dose"]].to_numpy().tolist()
    assert keys == [[n, c, d, x] for n in "ba" for c in ("inflamed", "") for d in ("two", "one") for x in ("1 uM", "1 nM")]
    # SOST acts on nobody: its absence is not seen by STAT3.
    half = len(table) // 2
    pd.testing.assert_frame_equal(table.iloc[:half, 1:].reset_index(drop=True), table.iloc[half:, 1:].reset_index(drop=True))


def test_nodes_are_named_by_gene_counted_once_and_in_the_order_asked() -> None:
    forms = pd.DataFrame({"node": list(NET.names)}).assign(kind="gene", gene=list(NET.names), name="")
    forms.loc[forms["node"].isin(["JAK1", "JAK2"]), "gene"] = "JAK"
    table = screen(Network(EDGES, forms), [ONE], ["1 nM"], nodes=["SOST", "JAK", "JAK1", "SOST"], members=5, progress=False)
    assert table[["node", "measure"]].to_numpy().tolist() == [
        ["SOST", "activity"], ["JAK1", "activity"], ["JAK2", "activity"], ["SOST", "transcript"],
    ]  # fmt: skip


def test_background_and_engine_reach_every_condition() -> None:
    given = {"nodes": ["SOCS3"], "members": 30, "progress": False}
    (still, driven) = (screen(NET, [ONE], ["1 uM"], background=b, **given)["effect"].iloc[0] for b in (None, activate("OSM")))
    assert driven < still < 0
    linear = screen(NET, [ONE], ["1 uM"], engine="linear", **given)
    alone = perturb(NET, ONE.at("1 uM"), members=30, engine="linear").to_frame().set_index("node")
    assert linear["effect"].iloc[0] == alone.loc["SOCS3", "effect"]
    assert (linear[["not_at_rest", "multistable"]] == 0).all(axis=None)


def test_members_that_never_rest_are_counted_and_give_no_answer(certain: Callable, fixed: Callable) -> None:
    names = [f"R{place}" for place in range(5)]
    net = certain(*((a, -1, b) for a, b in zip(names, names[1:] + names[:1], strict=True)), **dict.fromkeys(names, 0.5))
    drug, spread = Drug("d", (Target("R1", 10.0),)), EnsembleSettings(gain=5.0, strength=(0.5, 2.0))
    table = dose_response(net, drug, ["5 nM"], members=60, settings=spread, progress=False)
    found = perturb(net, drug.at("5 nM"), members=60, settings=spread)
    assert 0 < (~found.converged).mean() < 1 and set(table["not_at_rest"]) == {1 - found.converged.mean()}
    for run in (lambda chosen: dose_response(net, drug, ["5 nM"], members=3, settings=chosen, progress=False),
                lambda chosen: time_course(net, inhibit("R1"), [1.0], members=3, settings=chosen, progress=False)):  # fmt: skip
        with pytest.raises(InputError, match="none of 3 members comes to rest"):
            run(fixed(gain=12.0))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"drugs": []}, "1 networks, 0 drugs, 1 doses, 1 contexts. Give at least one of each"),
        ({"doses": []}, "1 drugs, 0 doses"),
        ({"contexts": []}, "0 contexts"),
        ({"network": {}}, "0 networks"),
        ({"members": 0}, "members = 0; give at least 1"),
        ({"members": -3}, "members = -3; give at least 1"),
        ({"drugs": ["aspirin"]}, "unknown drug: aspirin"),
        ({"doses": ["1 nM", "two"]}, "dose 'two' of one"),
        ({"engine": "magic"}, "unknown engine 'magic'"),
    ],
)
def test_each_unfit_argument_of_a_screen_is_named(arguments: dict[str, object], words: str) -> None:
    fit = {"network": NET, "drugs": [ONE], "doses": ["1 nM"], "contexts": [None], "members": 2, "progress": False}
    with pytest.raises(InputError, match=words):
        screen(**fit | arguments)  # type: ignore[arg-type]


def test_members_of_a_course_are_counted_before_the_start() -> None:
    with pytest.raises(InputError, match="members = 0"):
        time_course(NET, inhibit("JAK1"), [1.0], members=0, progress=False)


def test_one_node_may_be_named_by_a_plain_string() -> None:
    from jaknet.network.io.read import load_network

    net = load_network("osteoblast")
    tables = [dose_response(net, "tofacitinib", ["10 nM"], nodes=nodes, members=5, progress=False) for nodes in ("CISH", ["CISH"])]
    assert tables[0].equals(tables[1])
    assert set(tables[0]["node"]) == {"CISH"}


def test_a_range_of_doses_in_blood_by_isolated_enzymes() -> None:
    from jaknet.network.io.read import load_network

    net = load_network("osteoblast")
    cells, blood, enzyme = (
        dose_response(net, "tofacitinib", "100-1000 nM", nodes="CISH", members=5, progress=False, **given)
        for given in ({}, {"matrix": "blood"}, {"assay": "enzyme"})
    )
    for table in (cells, blood, enzyme):
        assert table["dose"].unique().tolist() == ["100 nM", "316 nM", "1000 nM"]
    assert np.allclose(blood["concentration_nM"], 0.6 * cells["concentration_nM"])
    effect = [table.query("measure == 'transcript'")["effect"].abs().to_numpy() for table in (blood, cells, enzyme)]
    assert (effect[0] < effect[1]).all() and (effect[1] < effect[2]).all()
