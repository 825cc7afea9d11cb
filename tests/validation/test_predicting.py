from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from jaknet.network.model import Network
from jaknet.simulation.settings import EnsembleSettings
from jaknet.validation.facts import read_facts
from jaknet.validation.predicting import NUMERICALLY_ZERO, effects_of_facts

ALWAYS = EnsembleSettings(keep=(1.0, 1.0, 1.0), flip=(0.0, 0.0, 0.0))


def test_effects_have_the_sign_of_the_wiring(cell: Network, table: pd.DataFrame) -> None:
    effects = effects_of_facts(cell, read_facts(table), ALWAYS, members=20)
    expected = [1, -1, -1, 1, 1, -1]
    for column, sign in enumerate(expected):
        assert (np.sign(effects.values[:, column]) == sign).all()
    assert np.isnan(effects.values[:, 6]).all()
    assert not effects.values[:, 7].any()
    assert effects.lacking[6] == "ALPL;NOSUCH"
    assert effects.of(slice(6, None)).lacking == effects.lacking[6:]


def test_the_papers_own_edges_are_left_out(facts_table: Callable[..., pd.DataFrame], cell: Network) -> None:
    facts = read_facts(facts_table({"paper_id": "PMID:3"}, {"paper_id": "PMID:5"}))
    effects = effects_of_facts(cell, facts, ALWAYS, members=10)
    assert effects.dropped.tolist() == [1, 1]
    # Without STAT3 -> SOCS3 nothing reaches SOCS3, whose node the network keeps.
    assert (np.nan_to_num(effects.values[:, 0]) == 0).all()
    assert (effects.values[:, 1] > 0).all()
    kept = effects_of_facts(cell, facts, ALWAYS, members=10, leave_out_reference=False)
    assert kept.dropped.tolist() == [0, 0] and (kept.values > 0).all()


def test_a_ratio_is_the_difference_of_log_changes(facts_table: Callable[..., pd.DataFrame], cell: Network) -> None:
    facts = read_facts(facts_table({"readout": "SOCS3/SOST"}, {"readout": "SOST/SOCS3"}))
    values = effects_of_facts(cell, facts, ALWAYS, members=10).values
    assert np.allclose(values[:, 0], -values[:, 1]) and (values[:, 0] > 0).all()


def test_a_transcript_without_edges_is_read_as_activity(facts_table: Callable[..., pd.DataFrame], cell: Network) -> None:
    facts = read_facts(facts_table({"readout": "CTNNB1"}, {"readout": "CTNNB1", "measure": "activity"}))
    values = effects_of_facts(cell, facts, ALWAYS, members=10).values
    assert np.array_equal(values[:, 0], values[:, 1]) and (values[:, 0] > NUMERICALLY_ZERO).all()


def test_an_unknown_context_is_a_mixture_of_all(facts_table: Callable[..., pd.DataFrame]) -> None:
    edges = pd.DataFrame({"source": ["OSM", "IL6"], "target": ["JAK1", "JAK1"], "sign": 1, "tier": "A"})
    facts = read_facts(
        facts_table({"readout": "JAK1", "measure": "activity"}, {"readout": "JAK1", "measure": "activity", "context": "on the moon"})
    )
    values = effects_of_facts(Network(edges), facts, ALWAYS, members=50).values
    assert values.shape == (50, 2) and (values > 0).all()
    assert not np.allclose(values[:, 0], values[:, 1])


def test_the_order_of_facts_changes_no_bit(cell: Network, table: pd.DataFrame) -> None:
    facts = read_facts(table)
    forward = effects_of_facts(cell, facts, members=12).values
    backward = effects_of_facts(cell, facts[::-1], members=12).values[:, ::-1]
    assert np.array_equal(forward, backward, equal_nan=True)
