from __future__ import annotations

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
from jaknet.simulation.perturbations import activate, inhibit
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
