"""Contrasts of two drugs, paired by member."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import jaknet as jn
from jaknet.errors import InputError
from jaknet.network.network import Network
from jaknet.simulation.response import contrast_responses


@pytest.fixture(scope="module")
def net() -> Network:
    rows = [("JAK1", "STAT3", 1, "signaling"), ("JAK2", "STAT5A", 1, "signaling"), ("STAT3", "SOCS3", 1, "transcription")]
    rows += [("STAT5A", "CISH", 1, "transcription"), ("STAT3", "SOST", -1, "transcription")]
    return Network(pd.DataFrame(rows, columns=["source", "target", "sign", "layer"]).assign(canonical=1))


def test_a_drug_differs_from_itself_by_nothing(net: Network) -> None:
    resp = jn.perturb(net, jn.inhibit("JAK1"), members=30)
    table = contrast_responses(resp, resp)
    assert (table["effect"] == 0).all() and (table["direction"] == "none").all()


def test_selective_inhibitors_are_told_apart(net: Network) -> None:
    one, two = (jn.perturb(net, jn.inhibit(node), members=61) for node in ("JAK1", "JAK2"))
    table = contrast_responses(one, two).set_index("gene")
    assert table.loc["SOCS3", "direction"] == "down" and table.loc["CISH", "direction"] == "up" and table.loc["SOST", "direction"] == "up"
    place = net.index["SOCS3"]
    differences = one.transcript_effects[:, place] - two.transcript_effects[:, place]
    assert table.loc["SOCS3", "effect"] == pytest.approx(np.median(differences))
    # First and second are means, so that their difference is the mean one.
    assert table.loc["SOCS3", "first_effect"] - table.loc["SOCS3", "second_effect"] == pytest.approx(differences.mean())
    turned = contrast_responses(two, one).set_index("gene").loc[table.index]
    assert np.allclose(turned["effect"], -table["effect"])
    assert np.allclose(turned["p_up"], table["p_down"])


def test_pairing_makes_the_interval_narrower(net: Network) -> None:
    one, two = (jn.perturb(net, jn.inhibit("JAK1", fraction), members=200) for fraction in (0.95, 0.8))
    paired = contrast_responses(one, two).set_index("gene").loc["SOCS3"]
    effects = one.transcript_effects[:, net.index["SOCS3"]], two.transcript_effects[::-1, net.index["SOCS3"]]
    low, high = np.quantile(effects[0] - effects[1], [0.05, 0.95])
    assert paired["effect_high"] - paired["effect_low"] < 0.8 * (high - low)


def test_different_cells_are_not_compared(net: Network) -> None:
    one = jn.perturb(net, jn.inhibit("JAK1"), members=20, seed=1)
    for other in (jn.perturb(net, jn.inhibit("JAK1"), members=20, seed=2), jn.perturb(net, jn.inhibit("JAK1"), members=30, seed=1)):
        with pytest.raises(InputError, match="different members"):
            contrast_responses(one, other)
