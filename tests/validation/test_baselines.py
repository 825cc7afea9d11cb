from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest

from jaknet.network.network import Network
from jaknet.validation.baselines import baseline_predictions, routes_of_facts
from jaknet.validation.facts import Fact, read_facts
from jaknet.validation.predict import networks_for

PATHS = ["baseline_shortest_path", "baseline_all_paths", "baseline_always_up"]


def _net(*edges: tuple[str, str, int]) -> Network:
    return Network(pd.DataFrame(edges, columns=["source", "target", "sign"]))


def _told(network: Network, facts: Sequence[Fact], leave_out_reference: bool = True) -> pd.DataFrame:
    return baseline_predictions(networks_for(network, facts, leave_out_reference), facts)


def test_signs_of_paths(cell: Network, table: pd.DataFrame) -> None:
    told = _told(cell, read_facts(table))
    wanted = ["up", "down", "down", "up", "up", "down", "", ""]
    assert told["baseline_shortest_path"].tolist() == wanted
    assert told["baseline_all_paths"].tolist() == wanted
    assert told["baseline_walk_sum"].tolist() == wanted
    assert set(told["baseline_always_up"]) == {"up"}


def test_the_shortest_path_and_the_majority_may_differ(facts_table: Callable[..., pd.DataFrame]) -> None:
    net = _net(("A", "Z", -1), ("A", "B", 1), ("B", "Z", 1), ("A", "C", 1), ("C", "Z", 1))
    told = _told(net, read_facts(facts_table({"nodes": "A", "readout": "Z"})))
    assert told[PATHS].iloc[0].tolist() == ["down", "up", "up"]


def test_a_tie_says_nothing(facts_table: Callable[..., pd.DataFrame]) -> None:
    net = _net(("A", "B", 1), ("B", "Z", 1), ("A", "C", -1), ("C", "Z", 1))
    told = _told(net, read_facts(facts_table({"nodes": "A", "readout": "Z"})))
    assert told[PATHS].iloc[0].tolist() == ["", "", "up"]


def test_paths_beyond_four_edges_count_for_the_shortest_alone(facts_table: Callable[..., pd.DataFrame]) -> None:
    chain = [(f"N{k}", f"N{k + 1}", -1 if k == 0 else 1) for k in range(5)]
    told = _told(_net(*chain), read_facts(facts_table({"nodes": "N0", "readout": "N5"}, {"nodes": "N0", "readout": "N4"})))
    assert told["baseline_shortest_path"].tolist() == ["down", "down"]
    assert told["baseline_all_paths"].tolist() == ["", "down"]


def test_a_loop_back_to_the_start_is_a_path(facts_table: Callable[..., pd.DataFrame]) -> None:
    net = _net(("A", "B", 1), ("B", "A", -1))
    told = _told(net, read_facts(facts_table({"nodes": "A", "readout": "A"})))
    assert told[PATHS].iloc[0].tolist() == ["down", "down", "up"]


def test_the_papers_own_evidence_is_left_out(facts_table: Callable[..., pd.DataFrame], cell: Network) -> None:
    both = {"paper_id": "PMID:3", "paper_aliases": "DOI:10.1/x"}
    facts = read_facts(facts_table(both, {"paper_id": "PMID:3"}, {"paper_id": "PMID:2", "readout": "SOST"}))
    left = _told(cell, facts)
    # The edge goes only where no paper is left for it.
    assert left["baseline_shortest_path"].tolist() == ["", "up", ""]
    assert left["baseline_all_paths"].tolist() == ["", "up", ""]
    whole = _told(cell, facts, leave_out_reference=False)
    assert whole["baseline_shortest_path"].tolist() == ["up", "up", "down"]


def test_the_sign_is_that_of_the_other_papers(facts_table: Callable[..., pd.DataFrame]) -> None:
    edges = pd.DataFrame({"source": ["A"], "target": ["Z"], "sign": [1], "references": ["PMID:900;PMID:1"]})
    net = Network(edges.assign(references_against="PMID:7;PMID:8", support_positive=2, support_negative=2))
    facts = read_facts(facts_table({"nodes": "A", "readout": "Z"}))
    assert _told(net, facts)[PATHS].iloc[0].tolist() == ["down", "down", "up"]
    assert _told(net, facts, leave_out_reference=False)[PATHS].iloc[0].tolist() == ["up", "up", "up"]


def test_canonical_steps_stay_on_the_path(facts_table: Callable[..., pd.DataFrame]) -> None:
    edges = pd.DataFrame({"source": ["A"], "target": ["Z"], "sign": [-1], "references": ["PMID:900"]})
    facts = read_facts(facts_table({"nodes": "A", "readout": "Z"}))
    told = [_told(Network(edges.assign(canonical=mark)), facts)[PATHS].iloc[0].tolist() for mark in (0, 1)]
    assert told == [["", "", "up"], ["down", "down", "up"]]


def test_path_counts_agree_with_enumeration(facts_table: Callable[..., pd.DataFrame]) -> None:
    net = _net(("A", "B", 1), ("A", "C", -1), ("B", "C", 1), ("C", "B", 1), ("B", "Z", 1), ("C", "Z", -1), ("Z", "A", 1))
    signs = net.paths("A", "Z", max_length=4)["sign"]
    told = _told(net, read_facts(facts_table({"nodes": "A", "readout": "Z"})))
    total = int(signs.sum())
    assert told["baseline_all_paths"].iloc[0] == ("up" if total > 0 else "down" if total < 0 else "")


def test_walks_add_up_to_what_enumeration_says(facts_table: Callable[..., pd.DataFrame]) -> None:
    rows = [("A", "Z", -1, "signaling", "A", 1.0), ("A", "B", 1, "signaling", "B", 0.5), ("B", "Z", 1, "transcription", "C", 1.0)]
    edges = pd.DataFrame(rows, columns=["source", "target", "sign", "layer", "tier", "weight"])
    facts = read_facts(facts_table({"nodes": "A", "readout": "Z"}, {"nodes": "A", "sign": "-1", "readout": "Z/B"}))
    told = _told(Network(edges), facts)
    direct, by_way = 0.9 / np.sqrt(2), 0.5 * 0.7 * 0.9 * 0.5 * 0.2 / np.sqrt(2)
    to_b = 0.5 * 0.7 * 0.9
    assert told["baseline_walk_sum"].tolist() == ["down", "up"]
    balance = [(direct - by_way) / (direct + by_way), (direct - by_way + to_b) / (direct + by_way + to_b)]
    assert told["p_walk_sum"].tolist() == pytest.approx([0.5 + 0.35 * share for share in balance])


def test_walks_go_round_for_ten_steps(facts_table: Callable[..., pd.DataFrame]) -> None:
    chain = [(f"N{k}", f"N{k + 1}", 1) for k in range(11)]
    facts = read_facts(facts_table({"nodes": "N0", "readout": "N10"}, {"nodes": "N0", "readout": "N11"}))
    told = _told(_net(*chain), facts)
    assert told["baseline_walk_sum"].tolist() == ["up", ""]
    assert told["p_walk_sum"].isna().tolist() == [False, True]


def test_a_route_is_as_good_as_its_weakest_edge(facts_table: Callable[..., pd.DataFrame]) -> None:
    rows = [("A", "Z", "C", 0), ("A", "B", "A", 1), ("B", "C", "C", 1), ("C", "Z", "B", 0), ("A", "Y", "A", 0), ("B", "X", "C", 1)]
    edges = pd.DataFrame(rows, columns=["source", "target", "tier", "canonical"]).assign(sign=1)
    facts = read_facts(facts_table(*({"nodes": "A", "readout": node} for node in "ZYX"), {"nodes": "X", "readout": "A"}))
    table = routes_of_facts(networks_for(Network(edges), facts), facts)
    assert table["evidence"].tolist() == ["tier B", "tier A", "textbook", ""]
    # The shortest route to Z is the direct one, of tier C.
    assert table["steps"].tolist()[:3] == [1, 1, 2] and np.isnan(table["steps"][3])
