from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from jaknet.errors import InputError, UnknownNameError
from jaknet.network.io.read import load_network
from jaknet.network.network import Network
from jaknet.simulation.doses import Load
from jaknet.simulation.library import as_perturbation, list_contexts, load_context, load_drug
from jaknet.simulation.perturbations import Context, Perturbation, activate, combine, inhibit, knockout, name_nodes
from jaknet.simulation.response import perturb

FRACTION = st.floats(0, 1)
NODES = pd.DataFrame({"node": ["STAT1", "STAT1_latent", "JAK1"], "kind": "x", "gene": ["STAT1", "STAT1", "JAK1"], "name": ""})
NET = Network(pd.DataFrame({"source": ["JAK1"], "target": ["STAT1"], "sign": [1]}), NODES)


@pytest.mark.parametrize("field", ["scale", "pin"])
@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_values_outside_the_unit_interval_are_refused(field: str, value: float) -> None:
    with pytest.raises(InputError, match=f"{field} outside"):
        Perturbation("x", **{field: {"JAK1": value}})


@pytest.mark.parametrize("fraction", [-0.1, 1.5, float("nan")])
def test_impossible_fractions_are_refused(fraction: float) -> None:
    with pytest.raises(InputError, match="fraction"):
        inhibit("JAK1", fraction)


def test_a_node_is_inhibited_once_and_not_held_besides() -> None:
    assert (inhibit("JAK1", 0.6) + inhibit("JAK1", 0.6)).scale == {"JAK1": 0.4}
    with pytest.raises(InputError, match=r"JAK1 is inhibited to both 0\.5 and 0\.1 of its capacity\. Keep one"):
        combine([inhibit("JAK1", 0.5), inhibit("JAK1", 0.9)])
    for held in (knockout("JAK1"), activate("JAK1")):
        with pytest.raises(InputError, match=r"JAK1 is inhibited and held at a level \(knockout, activate\) at once"):
            combine([inhibit("JAK1", 0.5), held])


@pytest.mark.parametrize(
    ("one", "two", "words"),
    [
        (knockout("STAT1"), activate("stat1_latent"), r"STAT1_latent is held at both 0\.0 and 1\.0"),
        (inhibit("STAT1", 0.5), activate("STAT1_latent"), "STAT1_latent is inhibited and held"),
        (inhibit("STAT1", 0.5), inhibit("STAT1_latent", 0.9), r"STAT1_latent is inhibited to both 0\.5 and 0\.1"),
        (knockout("Jak1"), activate("JAK1"), r"JAK1 is held at both 0\.0 and 1\.0"),
    ],
)
def test_contradictions_show_by_the_forms_of_a_gene_and_by_other_names(one: Perturbation, two: Perturbation, words: str) -> None:
    with pytest.raises(InputError, match=words):
        perturb(NET, [one, two], members=2)
    with pytest.raises(InputError, match="Keep one of them"):
        perturb(NET, [two, one], members=2)


def test_other_names_do_the_same_and_the_response_says_how_they_are_read() -> None:
    one, other = (perturb(NET, [inhibit(name, 0.5)], Context("c", {name: 0.4}), members=5) for name in ("JAK1", "Jak1"))
    assert np.array_equal(one.effects.perturbed, other.effects.perturbed)
    assert (one.notes, other.notes) == ((), ("Jak1 is read as JAK1",))
    assert other.to_frame()["node"].tolist() == list(NET.names)


def test_inputs_of_a_context_that_the_network_lacks_are_told() -> None:
    assert perturb(NET, inhibit("JAK1"), Context("c", {"TNFF": 0.4}), members=2).notes == ("context input TNFF not in the network",)


@pytest.mark.parametrize("wrong", [5, None, ["JAK1"]])
def test_nodes_are_named_by_text(wrong: object) -> None:
    for made in (inhibit, knockout, activate):
        with pytest.raises(InputError, match="node must be the name of a node or gene; got"):
            made(wrong)  # type: ignore[operator]


@pytest.mark.parametrize("level", ["high", None, 2, -0.5, float("nan")])
def test_levels_and_fractions_are_numbers_in_the_unit_interval(level: object) -> None:
    for made, words in ((inhibit, "fraction .* for OSM"), (activate, "level .* for OSM")):
        with pytest.raises(InputError, match=words):
            made("OSM", level)  # type: ignore[operator]


@pytest.mark.parametrize("wrong", [5, [5], [load_drug("tofacitinib")]])
def test_only_perturbations_are_combined(wrong: object) -> None:
    with pytest.raises(InputError, match="a perturbation must be one that inhibit, knockout, activate"):
        combine(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"inputs": ["TNF"]}, {"clamps": 5}, {"inputs": {"TNF": "high"}}])
def test_contexts_map_nodes_to_numbers(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match="context c"):
        Context("c", **wrong)  # type: ignore[arg-type]


def test_pins_may_repeat_but_not_contradict() -> None:
    assert (knockout("JAK1") + knockout("JAK1")).pin == {"JAK1": 0.0}
    assert (activate("OSM", 0.4) + activate("OSM", 0.4)).pin == {"OSM": 0.4}
    for one, two in ((knockout("JAK1"), activate("JAK1")), (activate("JAK1", 0.2), activate("JAK1", 0.3))):
        with pytest.raises(InputError, match=rf"JAK1 is held at both {one.pin['JAK1']} and {two.pin['JAK1']}\. Keep one"):
            combine([one, two])


def test_notes_are_kept_once_and_nodes_are_sorted() -> None:
    noted = Perturbation("a", scale={"TYK2": 0.5}, notes=("caveat",))
    joint = combine([noted, noted, activate("OSM"), knockout("JAK1")])
    assert joint.notes == ("caveat",)
    assert joint.nodes == ("JAK1", "OSM", "TYK2")


def test_losses_reach_every_form_of_a_gene_and_gains_the_named_one() -> None:
    assert set(inhibit("STAT1").on(NET).scale) == {"STAT1", "STAT1_latent"}
    assert knockout("STAT1").on(NET).pin == {"STAT1": 0.0, "STAT1_latent": 0.0}
    assert activate("STAT1").on(NET).pin == {"STAT1": 1.0}
    assert activate("STAT1", 0.3).on(NET).pin == {"STAT1": 0.3}
    assert activate("STAT1", 0.0).on(NET).pin == knockout("STAT1").on(NET).pin
    assert activate("STAT1_latent").on(NET).pin == {"STAT1_latent": 1.0}
    assert set(inhibit("STAT1_latent").on(NET).scale) == {"STAT1_latent"}


def test_a_gene_without_a_node_of_its_name_is_held_in_all_its_forms() -> None:
    net = Network(NET.edges, NODES.assign(gene=["STAT", "STAT", "JAK1"]))
    assert activate("STAT", 0.8).on(net).pin == {"STAT1": 0.8, "STAT1_latent": 0.8}


def test_names_the_network_lacks_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="JAK9"):
        knockout("JAK9").on(NET)


LEVELS = {"JAK1": 0.1, "STAT1": 0.0, "OSM": 1.0, "µ-β": 1 / 3}
LEVEL = st.sets(st.sampled_from(sorted(LEVELS))).map(lambda names: {name: LEVELS[name] for name in names})
ANY = st.builds(Perturbation, st.just("x"), scale=LEVEL, pin=st.dictionaries(st.sampled_from(["A", "B"]), st.just(0.5), max_size=2))


@given(ANY, ANY, ANY)
@settings(max_examples=40, deadline=None)
def test_adding_is_associative_and_commutative(one: Perturbation, two: Perturbation, three: Perturbation) -> None:
    left, right, turned = (one + two) + three, one + (two + three), three + two + one
    for other in (right, turned):
        assert other.pin == left.pin
        assert other.scale.keys() == left.scale.keys()
        assert np.allclose([other.scale[node] for node in left.scale], list(left.scale.values()), rtol=1e-12, atol=1e-300)


@given(ANY)
@settings(max_examples=20, deadline=None)
def test_adding_nothing_changes_nothing(one: Perturbation) -> None:
    joint = one + Perturbation("nothing")
    assert (joint.scale, joint.pin) == (one.scale, one.pin)
    assert joint.label == "x + nothing"


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_both_ends_of_the_unit_interval_are_allowed(value: float) -> None:
    assert Perturbation("x", {"A": value}, {"B": value}).nodes == ("A", "B")
    assert inhibit("A", value).scale == {"A": 1.0 - value}
    assert activate("A", value).pin == {"A": value}


def test_defaults_and_labels() -> None:
    assert inhibit("JAK1").scale == {"JAK1": pytest.approx(0.1)}
    assert activate("OSM").pin == {"OSM": 1.0}
    assert inhibit("JAK1", 0.256).label == "inhibit JAK1 26%"
    assert knockout("JAK1").label == "knockout JAK1"
    assert activate("OSM").label == "activate OSM"
    assert combine([]).label == "" and combine([]).nodes == ()


def test_bad_values_are_named_with_their_node_and_the_remedy() -> None:
    with pytest.raises(InputError, match=r"scale outside \[0, 1\] in x: A=1\.2, B=-3\. Give a fraction between 0 and 1"):
        Perturbation("x", scale={"A": 1.2, "ok": 0.5, "B": -3})
    with pytest.raises(InputError, match=r"fraction 90 for JAK1 is outside \[0, 1\]\. Give the inhibited fraction, e\.g\. 0\.9"):
        inhibit("JAK1", 90)


def test_placing_keeps_label_notes_and_values() -> None:
    placed = Perturbation("demo 5 nM", {"STAT1": 0.25}, {"JAK1": 0.5}, ("caveat",)).on(NET)
    assert (placed.label, placed.notes) == ("demo 5 nM", ("caveat",))
    assert (placed.scale, placed.pin) == ({"STAT1": 0.25, "STAT1_latent": 0.25}, {"JAK1": 0.5})


# --- contexts ----------------------------------------------------------------------------------
def test_tables_become_inputs_and_clamps_with_their_reasons() -> None:
    kinds = ["clamp", "input", "input"]
    rows = pd.DataFrame({"node": list("CAB"), "kind": kinds, "value": [1, "0.25", 0.5], "reason": list("xyz")}, index=[7, 3, 5])
    context = Context.from_table("c", rows, "about")
    assert (context.inputs, context.clamps, context.description) == ({"A": 0.25, "B": 0.5}, {"C": 1}, "about")
    assert list(context.evidence.index) == [0, 1, 2] and context.evidence["reason"].tolist() == list("xyz")
    assert rows["value"].tolist() == [1, "0.25", 0.5]


NAN = float("nan")


@pytest.mark.parametrize(
    "values",
    [{"inputs": {"IL6": value}} for value in (0, 1, -0.1, 1.5, NAN)] + [{"clamps": {"IL6": value}} for value in (-0.5, 1.01, NAN)],
)
def test_an_input_lies_between_0_and_1_and_a_clamp_may_reach_them(values: dict[str, dict[str, float]]) -> None:
    with pytest.raises(InputError, match="IL6"):
        Context("c", **values)
    assert Context("c", {"A": 0.001, "B": 0.999}, {"C": 0, "D": 1}).clamps == {"C": 0, "D": 1}


def test_bad_values_are_named_with_their_context() -> None:
    with pytest.raises(InputError, match=r"context inflamed has inputs outside \(0, 1\) or clamps outside \[0, 1\]: OSM=1\.0, TP53=-1"):
        Context("inflamed", {"IL6": 0.5, "OSM": 1.0}, {"TP53": -1})


def test_contexts_are_equal_by_what_they_do() -> None:
    one = Context("c", {"A": 0.5}, evidence=pd.DataFrame({"reason": ["x"]}))
    assert one == Context("c", {"A": 0.5})
    assert one != Context("c", {"A": 0.6})
    assert "reason" not in repr(one)


@pytest.mark.parametrize("name", list_contexts())
def test_bundled_contexts_come_with_reasons_and_hold_in_the_bundled_network(name: str) -> None:
    net, context = load_network("osteoblast"), load_context(name)
    assert context.name == name and context.description
    assert len(context.evidence) == len(context.inputs) + len(context.clamps)
    assert (context.evidence["reason"].str.strip() != "").all()
    assert [node for node in (*context.inputs, *context.clamps) if node not in net] == []
    there, calm = (perturb(net, inhibit("JAK1"), context=given, members=3).effects.baseline for given in (name, None))
    for node, value in context.clamps.items():
        assert np.allclose(there[:, net.index[node]], value, rtol=0, atol=1e-15)
    for node, value in context.inputs.items():
        before, after = calm[:, net.index[node]], there[:, net.index[node]]
        assert (np.sign(after - before) == np.sign(value - before)).any()


def test_absent_targets_are_dropped_only_beside_present_ones() -> None:
    loads = tuple(Load("drug", target, 9.0) for target in ("JAK1", "JAK3"))
    placed, lacking = name_nodes(NET, Perturbation("drug", loads=loads))
    assert placed.loads == loads and lacking == {"target JAK3 not in the network": 1}
    with pytest.raises(UnknownNameError, match="JAK3"):
        name_nodes(NET, Perturbation("drug", loads=loads[1:]))
    for scale in ({"JAK33": 0.1}, {"JAK9": 0.1, "XYZ": 0.1}, {"JAK1": 0.1, "JAK3": 0.1}):
        with pytest.raises(UnknownNameError, match=r"unknown node: JAK\d"):
            name_nodes(NET, Perturbation("loss", scale=scale))


def test_one_perturbation_stays_itself_and_several_are_joined() -> None:
    one = inhibit("JAK1")
    assert as_perturbation(one) is one
    assert as_perturbation([one]) is one
    assert as_perturbation(part for part in (one, activate("OSM"))).label == "inhibit JAK1 90% + activate OSM"


@pytest.mark.parametrize(("given", "shown"), [([], "nothing"), (3, "int"), ([Context("c")], "Context"), (None, "None")])
def test_what_is_no_perturbation_is_named_by_its_type(given: object, shown: str) -> None:
    with pytest.raises(InputError, match=rf"got .*{shown}.*Use inhibit, knockout, activate"):
        as_perturbation(given)  # type: ignore[arg-type]


def test_a_drug_at_a_dose_may_be_said_in_words() -> None:
    drug = load_drug("tofacitinib").at("300 nM")
    assert as_perturbation("tofacitinib 300 nM") == drug
    assert as_perturbation(["tofacitinib 300 nM", knockout("STAT3")]) == combine([drug, knockout("STAT3")])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("tofacitinib", "'tofacitinib' is not a drug at a dose; write 'tofacitinib 300 nM'."),
        ("STAT3", "'STAT3' is not a drug at a dose; write 'tofacitinib 300 nM', or knockout('STAT3') for a node."),
        ("tofacitinb 300 nM", "tofacitinib"),
        ("tofacitinib 3 apples", "apples"),
    ],
)
def test_words_that_name_no_dose_are_answered_with_the_way_out(words: str, told: str) -> None:
    with pytest.raises(InputError, match=re.escape(told)):
        as_perturbation(words)
