from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jaknet.errors import InputError
from jaknet.network.model import Network
from jaknet.simulation.conditions import Condition, changed_nodes, make_arm, place
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
