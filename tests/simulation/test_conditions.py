from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaknet.errors import InputError, UnknownNameError
from jaknet.network.model import Network
from jaknet.simulation.conditions import Condition, as_context, as_perturbation, changed_nodes, make_arm, place
from jaknet.simulation.contexts import Context
from jaknet.simulation.perturbations import Perturbation, activate, inhibit, knockout

NODES = pd.DataFrame({"node": ["STAT1", "STAT1_latent", "OSM", "JAK1"], "kind": "x", "gene": ["STAT1", "STAT1", "OSM", "JAK1"], "name": ""})
NET = Network(pd.DataFrame({"source": ["OSM", "JAK1"], "target": ["JAK1", "STAT1"], "sign": 1}), NODES)


def at(array: np.ndarray, name: str) -> float:
    return float(array[NET.index[name]])


def test_inputs_of_context_and_perturbation_add_as_probabilities() -> None:
    arm, _ = make_arm(NET, Context("c", {"OSM": 0.5}), [activate("OSM", 0.4)])
    assert at(arm.drive, "OSM") == pytest.approx(0.7)
    full, _ = make_arm(NET, Context("c", {"OSM": 0.5}), [activate("OSM", 1.0)])
    assert at(full.drive, "OSM") == 1.0


def test_clamps_answer_to_perturbations_and_yield_to_pins() -> None:
    context = Context("c", clamps={"JAK1": 0.5})
    levels = [at(make_arm(NET, context, [part])[0].pin, "JAK1") for part in (inhibit("JAK1", 0.8), activate("JAK1", 0.5), knockout("JAK1"))]
    assert levels == pytest.approx([0.1, 0.75, 0.0])
    assert at(make_arm(NET, context, [inhibit("OSM")])[0].pin, "JAK1") == 0.5


def test_knock_outs_reach_every_form_of_a_gene() -> None:
    arm, _ = make_arm(NET, None, [knockout("STAT1")])
    assert at(arm.pin, "STAT1") == at(arm.pin, "STAT1_latent") == 0


def test_background_belongs_to_both_arms() -> None:
    control, treated, lacking = Condition(inhibit("JAK1"), Context("c", {"IL9": 0.5}), activate("OSM")).arms(NET)
    assert [NET.names[k] for k in np.flatnonzero(changed_nodes(control, treated))] == ["JAK1"]
    assert at(control.drive, "OSM") == 1.0
    assert lacking == {"context input IL9 not in the network": 1}


def test_contradicting_pins_are_refused() -> None:
    with pytest.raises(InputError, match="pinned at both"):
        make_arm(NET, None, [knockout("JAK1"), Perturbation("on", pin={"JAK1": 1.0})])


def test_absent_targets_are_dropped_only_beside_present_ones() -> None:
    placed, lacking = place(NET, Perturbation("drug", scale={"JAK1": 0.1, "JAK3": 0.1}))
    assert placed.scale == {"JAK1": 0.1} and len(lacking) == 1
    with pytest.raises(InputError, match="JAK33"):
        place(NET, Perturbation("drug", scale={"JAK33": 0.1}))


LEVELS = st.floats(0, 1)


def test_one_perturbation_stays_itself_and_several_are_joined() -> None:
    one = inhibit("JAK1")
    assert as_perturbation(one) is one
    assert as_perturbation([one]) is one
    assert as_perturbation(part for part in (one, activate("OSM"))).label == "inhibit JAK1 90% + activate OSM"


@pytest.mark.parametrize(("given", "shown"), [([], "nothing"), ("JAK1", "str"), (3, "int"), ([Context("c")], "Context"), (None, "None")])
def test_what_is_no_perturbation_is_named_by_its_type(given: object, shown: str) -> None:
    with pytest.raises(InputError, match=rf"got .*{shown}.*Use inhibit, knockout, activate"):
        as_perturbation(given)  # type: ignore[arg-type]


def test_contexts_by_name_by_value_and_none() -> None:
    own = Context("mine")
    assert as_context(own) is own and as_context(None) is None
    assert as_context("inflammatory").name == "inflammatory"  # type: ignore[union-attr]


def test_an_untouched_arm_is_neutral() -> None:
    arm, lacking = make_arm(NET, None, [])
    assert (arm.scale == 1).all() and np.isnan(arm.pin).all() and (arm.drive == 0).all() and lacking == {}
    assert not changed_nodes(arm, arm).any()


@given(LEVELS, LEVELS, LEVELS, LEVELS)
@settings(max_examples=40, deadline=None)
def test_arms_stay_in_the_unit_interval(clamp: float, given_input: float, drive: float, scale: float) -> None:
    context = Context("c", {"OSM": given_input}, {"JAK1": clamp})
    done = Perturbation("x", {"JAK1": scale}, drive={"OSM": drive, "JAK1": drive})
    arm, _ = make_arm(NET, context, [done])
    assert at(arm.drive, "OSM") == pytest.approx(1 - (1 - given_input) * (1 - drive), abs=1e-12)
    assert at(arm.pin, "JAK1") == pytest.approx((1 - (1 - clamp) * (1 - drive)) * scale, abs=1e-12)
    for values in arm:
        known = values[~np.isnan(values)]
        assert ((known >= 0) & (known <= 1 + 1e-12)).all()


def test_every_kind_of_change_is_seen_and_equal_pins_are_none() -> None:
    plain, _ = make_arm(NET, Context("c", clamps={"STAT1": 0.5}), [])
    for change, names in (
        (inhibit("OSM"), ["OSM"]),
        (activate("JAK1"), ["JAK1"]),
        (knockout("JAK1"), ["JAK1"]),
        (Perturbation("same", pin={"STAT1": 0.5}), []),
        (knockout("STAT1"), ["STAT1", "STAT1_latent"]),
    ):
        treated, _ = make_arm(NET, Context("c", clamps={"STAT1": 0.5}), [change])
        assert [NET.names[place] for place in np.flatnonzero(changed_nodes(plain, treated))] == names


def test_inputs_of_a_context_reach_the_named_form_and_a_gene_all_of_them() -> None:
    arm, _ = make_arm(NET, Context("c", {"STAT1": 0.4}), [])
    assert (at(arm.drive, "STAT1"), at(arm.drive, "STAT1_latent")) == (0.4, 0.0)
    forms = NODES.assign(gene=["STAT1", "STAT1", "OSM", "JAK"])
    net = Network(pd.DataFrame({"source": ["OSM", "JAK1"], "target": ["JAK1", "STAT1"], "sign": 1}), forms)
    arm, lacking = make_arm(net, Context("c", {"JAK": 0.3}), [])
    assert arm.drive[net.index["JAK1"]] == 0.3 and lacking == {}


def test_what_the_network_lacks_is_collected_from_both_arms() -> None:
    drug = Perturbation("drug", scale={"JAK1": 0.1, "JAK3": 0.1})
    _, treated, lacking = Condition(drug, Context("c", {"IL9": 0.5}, {"IL8": 0.0}), Perturbation("b", drive={"OSM": 1, "IL7": 1})).arms(NET)
    assert sorted(lacking) == [
        "context input IL8 not in the network",
        "context input IL9 not in the network",
        "target IL7 not in the network",
        "target JAK3 not in the network",
    ]
    assert at(treated.scale, "JAK1") == 0.1


def test_several_absent_targets_and_no_present_one_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="JAK9"):
        place(NET, Perturbation("drug", scale={"JAK9": 0.1, "XYZ": 0.1}))


def test_two_inhibitions_multiply_and_two_drives_keep_the_larger_in_one_arm() -> None:
    arm, _ = make_arm(NET, None, [inhibit("JAK1", 0.5), inhibit("JAK1", 0.5), activate("OSM", 0.2), activate("OSM", 0.6)])
    assert (at(arm.scale, "JAK1"), at(arm.drive, "OSM")) == (0.25, 0.6)
