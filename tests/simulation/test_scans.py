from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib import parallel_config

from jaknet.errors import InputError, UnknownNameError
from jaknet.network.model import Network
from jaknet.simulation.contexts import Context
from jaknet.simulation.drugs import Drug, Target
from jaknet.simulation.perturbations import activate, inhibit, knockout
from jaknet.simulation.response import EFFECT_COLUMNS
from jaknet.simulation.scans import dose_response, screen, time_course
from jaknet.simulation.settings import EnsembleSettings
from jaknet.simulation.simulate import perturb

EDGES = pd.DataFrame(
    {
        "source": ["OSM", "JAK1", "JAK2", "STAT3", "STAT3"],
        "target": ["JAK1", "STAT3", "STAT3", "SOCS3", "SOST"],
        "sign": [1, 1, 1, 1, -1],
        "layer": ["signaling", "signaling", "signaling", "transcription", "transcription"],
        "tier": "A",
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
    ends = np.unique(rng.integers(size, size=(3 * size, 2)), axis=0)
    ends = ends[ends[:, 1] != 0]
    names = [f"N{k}" for k in range(size)]
    table = pd.DataFrame({"source": [names[a] for a in ends[:, 0]], "target": [names[b] for b in ends[:, 1]], "tier": "A"})
    start = pd.DataFrame({"source": ["N0"], "target": ["N1"], "tier": ["A"], "sign": [polarity[0] * polarity[1]]})
    edges = pd.concat([table.assign(sign=polarity[ends[:, 0]] * polarity[ends[:, 1]]), start]).drop_duplicates(["source", "target"])
    return Network(edges), polarity


@given(st.integers(0, 10**6), st.sampled_from(["balance", "or_and_not"]))
@settings(max_examples=20, deadline=None)
def test_dose_response_is_monotone_on_sign_coherent_paths(seed: int, gate: str) -> None:
    net, polarity = coherent_network(seed)
    drug = Drug("d", (Target("N0", 20.0),))
    chosen = EnsembleSettings(gate=gate, flip=(0, 0, 0))
    levels = [perturb(net, drug.at(dose), background=activate("N0", 0.5), members=6, settings=chosen) for dose in (*DOSES, "100 uM")]
    sign = np.array([polarity[int(name[1:])] for name in net.names])
    for weaker, stronger in pairwise(levels):
        usable = weaker.converged & stronger.converged & ~weaker.multistable & ~stronger.multistable
        change = (stronger.perturbed_members - weaker.perturbed_members)[usable]
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
    assert np.allclose(last["effect"], resp.to_frame()["total_effect"], atol=1e-6)
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
    with pytest.raises(UnknownNameError):
        screen(NET, [3], DOSES, members=2)  # type: ignore[list-item]


#: One time constant and no draw that matters, so that courses can be written down.
STILL = EnsembleSettings(
    keep=(1, 1, 1), flip=(0, 0, 0), weight=(0.7, 0.7), basal=(0.2, 0.2), hill=(2.0, 2.0), ec50=(0.4, 0.4), tau=(1.0, 1.0)
)


@pytest.mark.parametrize("tau", [0.5, 1.0, 3.0])
def test_a_knocked_out_node_decays_with_its_time_constant(tau: float) -> None:
    chosen = replace(STILL, tau=(tau, tau))
    course = time_course(NET, knockout("OSM"), [0.0, 0.5, 2.0, 7.0], nodes=["OSM"], members=2, settings=chosen, progress=False)
    start = 0.2 / 1.2
    assert np.allclose(course["level"], start * np.exp(-course["time"] / tau), atol=1e-6)
    assert np.allclose(course["effect"], course["level"] - start, atol=1e-9)


def test_input_raises_a_free_node_along_an_exponential() -> None:
    course = time_course(NET, activate("OSM", 0.5), [0.25, 1.0, 4.0], nodes=["OSM"], members=2, settings=STILL, progress=False)
    low, high = 0.2 / 1.2, 2.2 / 3.2
    assert np.allclose(course["level"], high + (low - high) * np.exp(-course["time"]), atol=1e-6)


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


def test_weights_choose_the_member_that_is_followed() -> None:
    given = {"times": [1.0], "members": 70, "progress": False}
    one = np.zeros(70)
    one[63] = 2.0
    course = time_course(NET, inhibit("JAK1"), **given, weights=one)
    assert np.array_equal(course["level"], course["level_low"]) and np.array_equal(course["level"], course["level_high"])
    assert not np.allclose(course["level"], time_course(NET, inhibit("JAK1"), **given)["level"])


@pytest.mark.parametrize("time", [float("inf"), float("nan")])
def test_endless_times_are_refused(time: float) -> None:
    with pytest.raises(InputError, match="be finite"):
        time_course(NET, inhibit("JAK1"), [1.0, time], members=2, progress=False)


def test_no_dose_does_nothing_and_more_does_more() -> None:
    curve = dose_response(NET, ONE, ["0 nM", "1 nM", "100 nM", "10 uM"], INFLAMED, nodes=["JAK1", "STAT3"], members=40, progress=False)
    assert curve["concentration_nM"].tolist() == [0.0, 0.0, 1.0, 1.0, 100.0, 100.0, 1e4, 1e4]
    none = curve[curve["dose"] == "0 nM"]
    assert (none[["total_effect", "mean_effect", "effect_low", "effect_high", "p_up", "p_down"]] == 0).all(axis=None)
    assert (none["direction"] == "none").all()
    jak1 = curve[curve["node"] == "JAK1"]
    assert (np.diff(jak1["total_effect"]) < 0).all() and (np.diff(jak1["mean_effect"]) < 0).all()


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
    (still, driven) = (screen(NET, [ONE], ["1 uM"], background=b, **given)["total_effect"].iloc[0] for b in (None, activate("OSM")))
    assert driven < still < 0
    linear = screen(NET, [ONE], ["1 uM"], engine="linear", **given)
    alone = perturb(NET, ONE.at("1 uM"), members=30, engine="linear").to_frame().set_index("node")
    assert linear["total_effect"].iloc[0] == alone.loc["SOCS3", "total_effect"]
    assert (linear[["not_at_rest", "multistable"]] == 0).all(axis=None)


def test_weights_of_members_reach_the_screen() -> None:
    weights = np.arange(20.0)
    table = screen(NET, [ONE], ["1 uM"], [INFLAMED], nodes=["STAT3"], members=20, weights=weights, progress=False)
    alone = perturb(NET, ONE.at("1 uM"), context=INFLAMED, members=20, weights=weights).to_frame().set_index("node")
    assert table["mean_effect"].iloc[0] == alone.loc["STAT3", "mean_effect"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"drugs": []}, "1 networks, 0 drugs, 1 doses, 1 contexts. Give at least one of each"),
        ({"doses": []}, "1 drugs, 0 doses"),
        ({"contexts": []}, "0 contexts"),
        ({"net": {}}, "0 networks"),
        ({"members": 0}, "members = 0; give at least 1"),
        ({"members": -3}, "members = -3; give at least 1"),
        ({"drugs": ["aspirin"]}, "unknown drug: aspirin"),
        ({"doses": ["1 nM", "two"]}, "dose 'two' of one"),
        ({"engine": "magic"}, "unknown engine 'magic'"),
    ],
)
def test_each_unfit_argument_of_a_screen_is_named(arguments: dict[str, object], words: str) -> None:
    fit = {"net": NET, "drugs": [ONE], "doses": ["1 nM"], "contexts": [None], "members": 2, "progress": False}
    with pytest.raises(InputError, match=words):
        screen(**fit | arguments)  # type: ignore[arg-type]


def test_members_of_a_course_are_counted_before_the_start() -> None:
    with pytest.raises(InputError, match="members = 0"):
        time_course(NET, inhibit("JAK1"), [1.0], members=0, progress=False)


def test_one_node_may_be_named_by_a_plain_string() -> None:
    from jaknet.data.load import load_network

    net = load_network("osteoblast")
    tables = [dose_response(net, "tofacitinib", ["10 nM"], nodes=nodes, members=5, progress=False) for nodes in ("CISH", ["CISH"])]
    assert tables[0].equals(tables[1])
    assert set(tables[0]["node"]) == {"CISH"}
