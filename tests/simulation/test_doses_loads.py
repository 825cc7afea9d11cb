"""Where a drug acts in a network, what it leaves there, and how that differs between the members."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from jaknet.network.io.read import load_network
from jaknet.network.network import Network
from jaknet.simulation.doses import Load, Spread, fraction_left, place_loads
from jaknet.simulation.drugs import Drug, Target
from jaknet.simulation.ensemble import draw_ensemble
from jaknet.simulation.library import load_drug
from jaknet.simulation.perturbations import activate, inhibit
from jaknet.simulation.response import perturb
from jaknet.simulation.trial import Condition, make_arm

PARTS = [("IL6ST", "gp130"), ("JAK1", "gp130"), ("IFNGR1", "IFNGR"), ("JAK1", "IFNGR"), ("JAK2", "IFNGR")]
EDGES = pd.DataFrame(PARTS, columns=["source", "target"]).assign(sign=1, layer="signaling", mechanism="part_of")
OUT = pd.DataFrame({"source": ["gp130", "JAK1", "IL6"], "target": ["STAT3", "CTNNB1", "gp130"], "sign": [1, -1, 1], "layer": "signaling"})
NET = Network(pd.concat([EDGES, OUT.assign(mechanism="")]).assign(canonical=1))
DRUG = Drug("demo", (Target("JAK1", 10.0), Target("JAK2", 40.0), Target("IL6ST", 100.0, receptor=True)))


def test_a_receptor_is_inhibited_as_measured_and_else_as_its_kinases_are() -> None:
    acting, whole = place_loads(DRUG.at("100 nM").loads, NET)
    left = {node: float(fraction_left(loads)[0]) for node, loads in acting.items()}
    assert left == {
        "JAK1": pytest.approx(1 / 11),
        "JAK2": pytest.approx(1 / 3.5),
        "gp130": pytest.approx(1 / 2),
        "IFNGR": pytest.approx(1 / 11 / 3.5),
    }
    assert whole == {"gp130", "IFNGR"}


def test_forms_of_a_gene_are_all_reached_and_a_complex_counts_them_once() -> None:
    nodes = pd.DataFrame({"node": ["J1", "J1b", "C"], "gene": ["JAK1", "JAK1", ""], "kind": ["kinase", "kinase", "complex"]})
    edges = pd.DataFrame({"source": ["J1", "J1b"], "target": "C", "sign": 1, "mechanism": "part_of"})
    acting, whole = place_loads(Drug("d", (Target("JAK1", 10.0),)).at("10 nM").loads, Network(edges, nodes))
    assert {node: float(fraction_left(loads)[0]) for node, loads in acting.items()} == {"J1": 0.5, "J1b": 0.5, "C": 0.5} and whole == {"C"}


def test_two_drugs_compete_for_a_receptor_whether_measured_there_or_not() -> None:
    other = Drug("other", (Target("JAK1", 20.0),))
    acting, _ = place_loads((DRUG.at("100 nM") + other.at("60 nM")).loads, NET)
    assert fraction_left(acting["gp130"])[0] == pytest.approx(1 / (1 + 1 + 3))
    assert fraction_left(acting["IFNGR"])[0] == pytest.approx(1 / (1 + (11 * 3.5 - 1) + 3))


def test_a_receptor_without_its_complex_and_an_absent_kinase_are_passed_over() -> None:
    bare = Network(pd.DataFrame({"source": ["JAK1"], "target": ["STAT3"], "sign": [1]}))
    acting, whole = place_loads(DRUG.at("10 nM").loads, bare)
    assert set(acting) == {"JAK1"} and not whole


def test_a_drug_lowers_a_signal_by_what_was_measured_on_it_and_no_more() -> None:
    """The kinase in the complex is inhibited ten times as strongly: counted twice, a sixth would be left, not half."""
    for dose in ("100 nM", "300 nM"):
        resp = perturb(NET, DRUG.at(dose), background=activate("IL6"), members=40)
        ratio = (resp.effects.perturbed / resp.effects.baseline)[:, NET.index["gp130"]]
        assert np.allclose(ratio, float(fraction_left(place_loads(DRUG.at(dose).loads, NET)[0]["gp130"])[0]), atol=1e-9)
    lost = perturb(NET, inhibit("JAK1", 10 / 11), background=activate("IL6"), members=40)
    ratio = (lost.effects.perturbed / lost.effects.baseline)[:, NET.index["gp130"]]
    assert (ratio < 1).all() and np.ptp(ratio) > 0.01


def test_a_kinase_still_tells_its_other_targets_that_it_is_inhibited() -> None:
    resp = perturb(NET, DRUG.at("100 nM"), members=40)
    assert (resp.effects.total[:, NET.index["CTNNB1"]] > 0).all()


def test_engines_agree_on_small_doses() -> None:
    """The tangent is that of the model: at a hundredth of the IC50 both must say the same."""
    drug = Drug("weak", (Target("JAK1", 10.0), Target("JAK2", 10.0)))
    logic, linear = (perturb(NET, drug.at("0.01 nM"), background=activate("IL6"), engine=name, members=20) for name in ("logic", "linear"))
    assert np.allclose(logic.effects.total, linear.effects.total, atol=2e-6) and np.abs(logic.effects.total).max() > 1e-4


# --- uncertainty -------------------------------------------------------------------------------
def test_members_draw_the_potency_by_its_name() -> None:
    vague = Drug("vague", (Target("JAK1", 10.0, decades=0.5),))
    ensemble = draw_ensemble(NET, members=400, seed=3)
    arm, _ = make_arm(NET, None, perturbation=vague.at("10 nM"), ensemble=ensemble)
    left = arm.scale[:, NET.index["JAK1"]]
    decades = np.log10(1 / left - 1)
    assert left.shape == (400,) and np.median(left) == pytest.approx(0.5, abs=0.01)
    assert np.sort(ndtr(decades / 0.5)) == pytest.approx((np.arange(400) + 0.5) / 400, abs=1.1 / 400)
    # The same cell at another dose, and in the complex: the draw is the drug's on that kinase.
    more, _ = make_arm(NET, None, perturbation=vague.at("100 nM"), ensemble=ensemble)
    assert np.log10(1 / more.scale[:, NET.index["JAK1"]] - 1) == pytest.approx(decades + 1)
    assert (arm.scale[:, NET.index["gp130"]] == left).all() and np.allclose(arm.lift * arm.scale, 1)
    again, _ = make_arm(NET, None, perturbation=vague.at("10 nM"), ensemble=ensemble.subset(np.array([7, 2])))
    assert (again.scale == arm.scale[[7, 2]]).all()


def test_a_certain_dose_needs_one_row() -> None:
    arm, _ = make_arm(NET, None, perturbation=DRUG.at("10 nM"), ensemble=draw_ensemble(NET, members=50))
    assert arm.scale.shape == (1, NET.n_nodes) and arm.take(slice(3, 5)) is arm


def test_a_range_of_doses_spreads_the_effect() -> None:
    drug = Drug("d", (Target("JAK1", 100.0),))
    wide, narrow = (perturb(NET, drug.at(dose), members=200) for dose in ("10-1000 nM", "100 nM"))
    node = NET.index["JAK1"]
    assert np.ptp(wide.effects.total[:, node] / wide.effects.baseline[:, node]) > 0.7
    assert np.ptp(narrow.effects.total[:, node] / narrow.effects.baseline[:, node]) < 1e-12


def test_background_and_perturbation_compete_and_share_their_draws() -> None:
    vague = Drug("vague", (Target("JAK1", 10.0, decades=0.5),))
    ensemble = draw_ensemble(NET, members=30)
    control, treated, _ = Condition(vague.at("20 nM"), background=vague.at("10 nM")).arms(NET, ensemble)
    whole, _ = make_arm(NET, None, perturbation=vague.at("30 nM"), ensemble=ensemble)
    alone, _ = make_arm(NET, None, perturbation=vague.at("10 nM"), ensemble=ensemble)
    assert np.allclose(treated.scale, whole.scale) and np.allclose(control.scale, alone.scale)


def test_the_order_of_drugs_changes_no_bit() -> None:
    one, other = load_drug("tofacitinib").at("100 nM"), load_drug("deucravacitinib").at("5 nM")
    net = load_network("osteoblast")
    first, second = (perturb(net, parts, "inflammatory", members=8).effects.perturbed for parts in ([one, other], [other, one]))
    assert (first == second).all()


def test_spreads_by_hand() -> None:
    assert Spread("k", 2.0, uniform=True).factor(np.array([0.25])) == pytest.approx([10**-0.5])
    assert Spread("k", 2.0).factor(np.array([ndtr(1.0)])) == pytest.approx([100.0])
    load = Load("d", "JAK1", 4.0, hill=0.5, spreads=(Spread("k", 1.0),))
    assert load.size() == pytest.approx([2.0]) and load.size({"k": np.array([ndtr(2.0)])}) == pytest.approx([20.0])
