"""How sure the places of a ranking are, over the members."""

from __future__ import annotations

import pandas as pd
import pytest

import jaknet as jn
from jaknet.network.network import Network
from jaknet.ranking.ranking import rank


@pytest.fixture(scope="module")
def loop() -> Network:
    """JAK1 -> STAT3 -> SOCS3 with feedback, and STAT3 -| SOST."""
    ends = {"source": ["JAK1", "SOCS3", "STAT3", "STAT3"], "target": ["STAT3", "JAK1", "SOCS3", "SOST"]}
    edges = pd.DataFrame(ends | {"layer": ["signaling", "signaling", "transcription", "transcription"]})
    return Network(edges.assign(sign=[1, -1, 1, -1], tier="A"), name="loop")


def test_stability_of_a_sure_ranking(loop: Network) -> None:
    ranking = rank(jn.perturb(loop, jn.inhibit("JAK1"), members=50), nulls=0)
    table = ranking.stability(tops=(1, 2))
    assert table["p_top_2"].tolist() == pytest.approx([1.0, 1.0])
    # In a member where nothing reaches either gene, both share the first two places.
    assert 0.5 < table["p_top_1"].sum() <= 1.0 + 1e-9
    assert (table["rank_low"] <= table["rank_high"]).all()
    assert table["gene"].tolist() == ranking.table["gene"].tolist()
