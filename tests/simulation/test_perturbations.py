from __future__ import annotations

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
