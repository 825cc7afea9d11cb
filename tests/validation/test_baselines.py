from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from jaknet.network.network import Network
from jaknet.validation.baselines import baseline_predictions
from jaknet.validation.facts import read_facts


def _net(*edges: tuple[str, str, int]) -> Network:
    return Network(pd.DataFrame(edges, columns=["source", "target", "sign"]))


def test_signs_of_paths(cell: Network, table: pd.DataFrame) -> None:
    told = baseline_predictions(cell, read_facts(table))
    wanted = ["up", "down", "down", "up", "up", "down", "", ""]
    assert told["baseline_shortest_path"].tolist() == wanted
    assert told["baseline_all_paths"].tolist() == wanted
    assert set(told["baseline_always_up"]) == {"up"}


def test_the_shortest_path_and_the_majority_may_differ(facts_table: Callable[..., pd.DataFrame]) -> None:
    net = _net(("A", "Z", -1), ("A", "B", 1), ("B", "Z", 1), ("A", "C", 1), ("C", "Z", 1))
    told = baseline_predictions(net, read_facts(facts_table({"nodes": "A", "readout": "Z"})))
    assert told.iloc[0].tolist() == ["down", "up", "up"]


def test_a_tie_says_nothing(facts_table: Callable[..., pd.DataFrame]) -> None:
    net = _net(("A", "B", 1), ("B", "Z", 1), ("A", "C", -1), ("C", "Z", 1))
    told = baseline_predictions(net, read_facts(facts_table({"nodes": "A", "readout": "Z"})))
    assert told.iloc[0].tolist() == ["", "", "up"]


def test_paths_beyond_four_edges_count_for_the_shortest_alone(facts_table: Callable[..., pd.DataFrame]) -> None:
    chain = [(f"N{k}", f"N{k + 1}", -1 if k == 0 else 1) for k in range(5)]
    told = baseline_predictions(_net(*chain), read_facts(facts_table({"nodes": "N0", "readout": "N5"}, {"nodes": "N0", "readout": "N4"})))
    assert told["baseline_shortest_path"].tolist() == ["down", "down"]
    assert told["baseline_all_paths"].tolist() == ["", "down"]


def test_a_loop_back_to_the_start_is_a_path(facts_table: Callable[..., pd.DataFrame]) -> None:
    net = _net(("A", "B", 1), ("B", "A", -1))
    told = baseline_predictions(net, read_facts(facts_table({"nodes": "A", "readout": "A"})))
    assert told.iloc[0].tolist() == ["down", "down", "up"]


def test_the_papers_own_evidence_is_left_out(facts_table: Callable[..., pd.DataFrame], cell: Network) -> None:
    both = {"paper_id": "PMID:3", "paper_aliases": "DOI:10.1/x"}
    facts = read_facts(facts_table(both, {"paper_id": "PMID:3"}, {"paper_id": "PMID:2", "readout": "SOST"}))
    left = baseline_predictions(cell, facts)
    # The edge goes only where no paper is left for it.
    assert left["baseline_shortest_path"].tolist() == ["", "up", ""]
    assert left["baseline_all_paths"].tolist() == ["", "up", ""]
    whole = baseline_predictions(cell, facts, leave_out_reference=False)
    assert whole["baseline_shortest_path"].tolist() == ["up", "up", "down"]


def test_the_sign_is_that_of_the_other_papers(facts_table: Callable[..., pd.DataFrame]) -> None:
    edges = pd.DataFrame({"source": ["A"], "target": ["Z"], "sign": [1], "references": ["PMID:900;PMID:1"]})
    net = Network(edges.assign(references_against="PMID:7;PMID:8", support_positive=2, support_negative=2))
    facts = read_facts(facts_table({"nodes": "A", "readout": "Z"}))
    assert baseline_predictions(net, facts).iloc[0].tolist() == ["down", "down", "up"]
    assert baseline_predictions(net, facts, leave_out_reference=False).iloc[0].tolist() == ["up", "up", "up"]


def test_canonical_steps_stay_on_the_path(facts_table: Callable[..., pd.DataFrame]) -> None:
    edges = pd.DataFrame({"source": ["A"], "target": ["Z"], "sign": [-1], "references": ["PMID:900"]})
    facts = read_facts(facts_table({"nodes": "A", "readout": "Z"}))
    told = [baseline_predictions(Network(edges.assign(canonical=mark)), facts).iloc[0].tolist() for mark in (0, 1)]
    assert told == [["", "", "up"], ["down", "down", "up"]]


def test_path_counts_agree_with_enumeration(facts_table: Callable[..., pd.DataFrame]) -> None:
    net = _net(("A", "B", 1), ("A", "C", -1), ("B", "C", 1), ("C", "B", 1), ("B", "Z", 1), ("C", "Z", -1), ("Z", "A", 1))
    signs = net.paths("A", "Z", max_length=4)["sign"]
    told = baseline_predictions(net, read_facts(facts_table({"nodes": "A", "readout": "Z"})))
    total = int(signs.sum())
    assert told["baseline_all_paths"].iloc[0] == ("up" if total > 0 else "down" if total < 0 else "")
