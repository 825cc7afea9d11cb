from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaknet.errors import InputError
from jaknet.network.model import Network
from jaknet.simulation.contexts import Context
from jaknet.simulation.perturbations import activate, inhibit
from jaknet.simulation.response import EFFECT_COLUMNS, Response, member_weights, summarise, weighted_quantiles
from jaknet.simulation.settings import EnsembleSettings
from jaknet.simulation.simulate import perturb


@given(st.integers(0, 10**6), st.integers(1, 30), st.booleans())
@settings(max_examples=50, deadline=None)
def test_quantiles_equal_those_of_numpy_on_repeated_values(seed: int, members: int, even: bool) -> None:
    rng = np.random.default_rng(seed)
    values, counts = rng.normal(size=(members, 3)), rng.integers(0, 6, members)
    counts = np.ones(members, int) if even else np.maximum(counts, np.arange(members) == 0)
    found = weighted_quantiles(values, counts / counts.sum(), (0.05, 0.5, 0.95))
    repeated = np.repeat(values, counts, axis=0)
    assert np.allclose(found, np.quantile(repeated, (0.05, 0.5, 0.95), axis=0, method="inverted_cdf"))


def test_summary_by_hand() -> None:
    effects = np.array([[0.2, 0.0, -0.5], [0.1, 0.0, 0.4], [-0.1, 0.0005, -0.3], [0.3, 0.0, -0.2]])
    found = summarise(effects, np.array([0.4, 0.3, 0.2, 0.1]), EnsembleSettings(margin=0.001, none_above=0.9))
    assert tuple(found) == tuple(EFFECT_COLUMNS)
    assert np.allclose(found["p_up"], [0.8, 0, 0.3]) and np.allclose(found["p_down"], [0.2, 0, 0.7])
    assert found["direction"].tolist() == ["up", "none", "down"]
    assert np.allclose(found["p_direction"], [0.8, 1.0, 0.7])
    assert np.allclose(found["mean_effect"], [0.12, 0.0001, -0.16])
    assert np.allclose(found["total_effect"], [0.1, 0.0, -0.3])


def test_mostly_absent_routes_are_still_called_unless_too_rare() -> None:
    effects = np.zeros((100, 2))
    effects[:30, 0], effects[:8, 1] = 0.1, 0.1
    found = summarise(effects, np.full(100, 0.01), EnsembleSettings(none_above=0.9))
    assert found["direction"].tolist() == ["up", "none"]
    assert np.allclose(found["p_direction"], [0.3, 0.92])


def test_restless_members_carry_no_weight() -> None:
    rests = np.array([True, False, True])
    assert member_weights(None, rests).tolist() == [0.5, 0, 0.5]
    assert member_weights(np.array([1.0, 5.0, 3.0]), rests).tolist() == [0.25, 0, 0.75]
    with pytest.raises(InputError, match="1 of 3"):
        member_weights(np.array([0.0, 1.0, 0.0]), np.array([True, False, True]))


EDGES = pd.DataFrame(
    {"source": ["OSM", "JAK1", "JAK1", "B"], "target": ["JAK1", "SOCS3", "SOST", "C"], "sign": [1, 1, -1, 1], "tier": "C",
     "layer": ["signaling", "transcription", "transcription", "signaling"]}
)  # fmt: skip


@pytest.fixture(scope="module")
def resp() -> Response:
    return perturb(Network(EDGES, name="toy"), inhibit("JAK1"), Context("calm", {"OSM": 0.5}), activate("B", 0.2), members=50)


def test_columns_are_what_the_members_say(resp: Response) -> None:
    """Every column again, from the arrays by numpy alone."""
    total, margin = resp.perturbed_members - resp.baseline_members, resp.settings.margin
    table = resp.to_frame()
    assert table["node"].tolist() == list(resp.network.names)
    for column, values in (("baseline", resp.baseline_members), ("perturbed", resp.perturbed_members), ("total_effect", total)):
        assert np.allclose(table[column], np.quantile(values, 0.5, axis=0, method="inverted_cdf"), atol=1e-15)
    assert np.allclose(table["effect_low"], np.quantile(total, 0.05, axis=0, method="inverted_cdf"))
    assert np.allclose(table["effect_high"], np.quantile(total, 0.95, axis=0, method="inverted_cdf"))
    assert np.allclose(table["mean_effect"], total.mean(axis=0))
    assert np.allclose(table["p_up"], (total > margin).mean(axis=0))
    assert np.allclose(table["p_down"], (total < -margin).mean(axis=0))
    assert np.allclose(table["p_none"], (np.abs(total) <= margin).mean(axis=0))
    assert np.allclose(table["direct_effect"], np.quantile(resp.direct_members, 0.5, axis=0, method="inverted_cdf"))


def test_transcripts_are_the_rows_that_transcription_explains(resp: Response) -> None:
    table = resp.transcripts()
    assert table["node"].tolist() == ["SOCS3", "SOST"]
    assert list(table.index) == [0, 1]
    places = [resp.network.index[name] for name in table["node"]]
    assert np.allclose(table["mean_effect"], resp.transcript_effects[:, places].mean(axis=0))
    assert not resp.transcript_effects[:, [resp.network.index["JAK1"], resp.network.index["C"]]].any()


def test_tables_are_copies(resp: Response) -> None:
    table = resp.to_frame()
    table["total_effect"] = 0.0
    table["node"] = "x"
    assert resp.to_frame()["node"].tolist() == list(resp.network.names)
    assert resp.to_frame()["total_effect"].any()


def test_repr_says_what_where_and_how_well(resp: Response) -> None:
    words = "Response to inhibit JAK1 90% in calm: 50 members of toy"
    assert repr(resp).startswith(words)
    assert repr(resp).endswith("logic engine; 0 not at rest, 0 multistable")
    assert "in no context:" in repr(perturb(resp.network, inhibit("JAK1"), members=2))
    page = resp._repr_html_()
    assert page.index("SOCS3") > 0 and "<td>JAK1</td>" not in page


def test_html_shows_the_largest_mean_effect_first(resp: Response) -> None:
    table, page = resp.transcripts(), resp._repr_html_()
    first, second = table.loc[table["mean_effect"].abs().sort_values(ascending=False).index, "node"]
    assert page.index(first) < page.index(second)


def test_effective_sample_counts_members_that_count(resp: Response) -> None:
    assert resp.members == 50 and resp.effective_sample == pytest.approx(50)
    assert resp.with_weights(np.r_[np.ones(10), np.zeros(40)]).effective_sample == pytest.approx(10)
    assert resp.with_weights(np.r_[3.0, 1.0, np.zeros(48)]).effective_sample == pytest.approx(16 / 10)
    assert np.array_equal(resp.with_weights(None).weights, resp.weights)


def test_other_weights_leave_the_members_alone(resp: Response) -> None:
    other = resp.with_weights(np.arange(50.0))
    assert other.effects is resp.effects and other.perturbation is resp.perturbation
    assert np.allclose(other.to_frame()["mean_effect"], np.average(resp.effects.total, axis=0, weights=np.arange(50)))


@given(st.integers(0, 10**6), st.integers(1, 25))
@settings(max_examples=40, deadline=None)
def test_turned_effects_turn_the_summary(seed: int, members: int) -> None:
    rng = np.random.default_rng(seed)
    effects = rng.normal(0, 0.01, (members, 4)) * (rng.random((members, 4)) < 0.6)
    weights = np.full(members, 1 / members)
    one, turned = (summarise(values, weights, EnsembleSettings(margin=0.002)) for values in (effects, -effects))
    assert np.array_equal(one["p_up"], turned["p_down"]) and np.allclose(one["p_none"], turned["p_none"], atol=1e-15)
    assert np.allclose(one["p_direction"], turned["p_direction"], atol=1e-15)
    opposite = {"up": "down", "down": "up", "none": "none"}
    assert [opposite[way] for way in one["direction"]] == turned["direction"].tolist()
    assert np.allclose(one["mean_effect"], -turned["mean_effect"], atol=1e-18)


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_a_column_is_summarised_alike_in_any_company_and_order_of_members(seed: int) -> None:
    rng = np.random.default_rng(seed)
    effects, weights = rng.normal(size=(17, 6)), rng.dirichlet(np.ones(17))
    whole, alone = summarise(effects, weights, EnsembleSettings()), summarise(effects[:, [4]], weights, EnsembleSettings())
    assert all(whole[name][4] == alone[name][0] for name in EFFECT_COLUMNS)
    order = rng.permutation(17)
    mixed = summarise(effects[order], weights[order], EnsembleSettings())
    for name in ("total_effect", "effect_low", "effect_high"):
        assert np.array_equal(mixed[name], whole[name])


def test_a_change_of_exactly_the_margin_is_none_and_a_tie_is_undecided() -> None:
    effects = np.array([[0.5, 0.3, 0.0], [0.5, -0.3, 0.0], [-0.5, 0.3, 0.0], [0.5, -0.3, 0.6]])
    found = summarise(effects, np.full(4, 0.25), EnsembleSettings(margin=0.5, none_above=0.7))
    assert found["direction"].tolist() == ["none", "none", "none"]
    assert found["p_none"].tolist() == [1, 1, 0.75]
    tied = summarise(effects, np.full(4, 0.25), EnsembleSettings(margin=0.1, none_above=0.75))
    assert tied["direction"].tolist() == ["up", "none", "up"]
    assert tied["p_direction"].tolist() == [0.75, 0.0, 0.25]


@pytest.mark.parametrize("equal", [True, False])
def test_quantiles_are_values_that_occur(equal: bool) -> None:
    values = np.array([[4.0], [1.0], [3.0], [2.0]])
    weights = np.full(4, 0.25) if equal else np.array([0.25, 0.25, 0.125, 0.375])
    assert weighted_quantiles(values, weights, (0.0, 0.25, 1.0))[:, 0].tolist() == [1, 1, 4]
    assert weighted_quantiles(values, weights, (0.25 + 1e-9,))[0, 0] == 2


def test_quantiles_leave_their_input_alone() -> None:
    values = np.array([[3.0], [1.0], [2.0]])
    weighted_quantiles(values, np.full(3, 1 / 3), (0.5,))
    assert values[:, 0].tolist() == [3, 1, 2]


@pytest.mark.parametrize("wrong", [np.ones(2), np.ones((3, 1)), np.array([1, -1e-9, 1]), np.array([1, np.nan, 1])])
def test_unfit_weights_are_refused_with_the_shape_needed(wrong: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"weights need shape \(3,\) and no negative or missing value"):
        member_weights(wrong, np.ones(3, bool))


def test_nobody_at_rest_names_gain_and_weights() -> None:
    with pytest.raises(InputError, match=r"2 of 2 members do not come to rest. Check weights and gain"):
        member_weights(None, np.zeros(2, bool))


@pytest.mark.parametrize("members", [10, 100, 300, 1000])
def test_rounding_decides_no_tie_and_no_threshold(members: int) -> None:
    """Shares are sums of equal weights, whose rounding depends on which members they are."""
    rng = np.random.default_rng(members)
    weights = member_weights(None, np.ones(members, bool))
    tied = np.repeat([1.0, -1.0], members // 2)
    rare = np.repeat([1.0, 0.0], [members // 10, members - members // 10])
    for values, direction in ((tied, "none"), (rare, "up")):
        found = summarise(np.column_stack([rng.permutation(values) for _ in range(60)]), weights, EnsembleSettings(none_above=0.9))
        assert set(found["direction"]) == {direction}
