from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaknet.errors import InputError, UnknownNameError
from jaknet.network.model import Network
from jaknet.simulation.perturbations import Perturbation, activate, combine, inhibit, knockout

FRACTION = st.floats(0, 1)
NODES = pd.DataFrame({"node": ["STAT1", "STAT1_latent", "JAK1"], "kind": "x", "gene": ["STAT1", "STAT1", "JAK1"], "name": ""})
NET = Network(pd.DataFrame({"source": ["JAK1"], "target": ["STAT1"], "sign": [1]}), NODES)


@pytest.mark.parametrize("field", ["scale", "pin", "drive"])
@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_values_outside_the_unit_interval_are_refused(field: str, value: float) -> None:
    with pytest.raises(InputError, match=f"{field} outside"):
        Perturbation("x", **{field: {"JAK1": value}})


@pytest.mark.parametrize("fraction", [-0.1, 1.5])
def test_impossible_fractions_are_refused(fraction: float) -> None:
    with pytest.raises(InputError, match="fraction"):
        inhibit("JAK1", fraction)


@given(st.lists(FRACTION, min_size=1, max_size=5))
@settings(max_examples=50, deadline=None)
def test_inhibitions_multiply_and_activations_keep_the_larger(fractions: list[float]) -> None:
    product = 1.0
    for fraction in fractions:
        product *= 1 - fraction
    assert combine([inhibit("JAK1", fraction) for fraction in fractions]).scale["JAK1"] == pytest.approx(product)
    assert combine([activate("OSM", fraction) for fraction in fractions]).drive["OSM"] == max(fractions)


def test_pins_may_repeat_but_not_contradict() -> None:
    assert (knockout("JAK1") + knockout("JAK1")).pin == {"JAK1": 0.0}
    with pytest.raises(InputError, match="pinned at both"):
        combine([knockout("JAK1"), Perturbation("on", pin={"JAK1": 1.0})])


def test_notes_are_kept_once_and_nodes_are_sorted() -> None:
    noted = Perturbation("a", scale={"TYK2": 0.5}, notes=("caveat",))
    joint = combine([noted, noted, activate("OSM"), knockout("JAK1")])
    assert joint.notes == ("caveat",)
    assert joint.nodes == ("JAK1", "OSM", "TYK2")


def test_losses_reach_every_form_of_a_gene_and_gains_the_named_one() -> None:
    assert set(inhibit("STAT1").on(NET).scale) == {"STAT1", "STAT1_latent"}
    assert set(knockout("STAT1").on(NET).pin) == {"STAT1", "STAT1_latent"}
    assert set(activate("STAT1").on(NET).drive) == {"STAT1"}
    assert set(Perturbation("on", pin={"STAT1": 1.0}).on(NET).pin) == {"STAT1"}
    assert set(activate("STAT1_latent").on(NET).drive) == {"STAT1_latent"}


def test_names_the_network_lacks_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="JAK9"):
        knockout("JAK9").on(NET)


LEVEL = st.dictionaries(st.sampled_from(["JAK1", "STAT1", "OSM", "µ-β"]), FRACTION, max_size=3)
ANY = st.builds(Perturbation, st.just("x"), scale=LEVEL, drive=LEVEL)


@given(ANY, ANY, ANY)
@settings(max_examples=40, deadline=None)
def test_adding_is_associative_and_commutative(one: Perturbation, two: Perturbation, three: Perturbation) -> None:
    left, right, turned = (one + two) + three, one + (two + three), three + two + one
    for other in (right, turned):
        assert other.drive == left.drive
        assert other.scale.keys() == left.scale.keys()
        assert np.allclose([other.scale[node] for node in left.scale], list(left.scale.values()), rtol=1e-12, atol=0)


@given(ANY)
@settings(max_examples=20, deadline=None)
def test_adding_nothing_changes_nothing(one: Perturbation) -> None:
    joint = one + Perturbation("nothing")
    assert (joint.scale, joint.pin, joint.drive) == (one.scale, one.pin, one.drive)
    assert joint.label == "x + nothing"


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_both_ends_of_the_unit_interval_are_allowed(value: float) -> None:
    made = Perturbation("x", {"A": value}, {"B": value}, {"C": value})
    assert made.nodes == ("A", "B", "C")
    assert inhibit("A", value).scale == {"A": 1.0 - value}
    assert activate("A", value).drive == {"A": value}


def test_defaults_and_labels() -> None:
    assert inhibit("JAK1").scale == {"JAK1": pytest.approx(0.1)}
    assert inhibit("JAK1", 0.256).label == "inhibit JAK1 26%"
    assert knockout("JAK1").label == "knockout JAK1"
    assert activate("OSM").label == "activate OSM"
    assert combine([]).label == "" and combine([]).nodes == ()


def test_bad_values_are_named_with_their_node_and_the_remedy() -> None:
    with pytest.raises(InputError, match=r"scale outside \[0, 1\] in x: A=1\.2, B=-3\. Give a fraction between 0 and 1"):
        Perturbation("x", scale={"A": 1.2, "ok": 0.5, "B": -3})
    with pytest.raises(InputError, match=r"fraction 90 for JAK1 is outside \[0, 1\]\. Give the inhibited fraction, e\.g\. 0\.9"):
        inhibit("JAK1", 90)
    with pytest.raises(InputError, match=r"A is pinned at both 0\.2 and 0\.3"):
        combine([Perturbation("a", pin={"A": 0.2}), Perturbation("b", pin={"A": 0.3})])


def test_placing_keeps_label_notes_and_values() -> None:
    given = Perturbation("demo 5 nM", {"STAT1": 0.25}, {"JAK1": 0.5}, {"JAK1": 0.75}, ("caveat",))
    placed = given.on(NET)
    assert (placed.label, placed.notes) == ("demo 5 nM", ("caveat",))
    assert placed.scale == {"STAT1": 0.25, "STAT1_latent": 0.25}
    assert (placed.pin, placed.drive) == ({"JAK1": 0.5}, {"JAK1": 0.75})


def test_a_gene_without_a_node_of_its_name_is_driven_in_all_its_forms() -> None:
    forms = NODES.assign(gene=["STAT1", "STAT1", "JAK"])
    net = Network(pd.DataFrame({"source": ["JAK1"], "target": ["STAT1"], "sign": [1]}), forms)
    assert set(activate("JAK").on(net).drive) == {"JAK1"}
    assert set(Perturbation("on", pin={"JAK": 1.0}).on(net).pin) == {"JAK1"}
