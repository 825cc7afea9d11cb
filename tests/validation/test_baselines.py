from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from jaknet.network.model import Network
from jaknet.validation.baselines import baseline_directions
from jaknet.validation.facts import read_facts


def _net(*edges: tuple[str, str, int]) -> Network:
    return Network(pd.DataFrame(edges, columns=["source", "target", "sign"]))


def test_signs_of_paths(cell: Network, table: pd.DataFrame) -> None:
    told = baseline_directions(cell, read_facts(table))
    wanted = ["up", "down", "down", "up", "up", "down", "", ""]
    assert told["baseline_shortest_path"].tolist() == wanted
    assert told["baseline_all_paths"].tolist() == wanted
    assert set(told["baseline_always_up"]) == {"up"}


def test_the_shortest_path_and_the_majority_may_differ(facts_table: Callable[..., pd.DataFrame]) -> None:
    net = _net(("A", "Z", -1), ("A", "B", 1), ("B", "Z", 1), ("A", "C", 1), ("C", "Z", 1))
    told = baseline_directions(net, read_facts(facts_table({"nodes": "A", "readout": "Z"})))
    assert told.iloc[0].tolist() == ["down", "up", "up"]


def test_a_tie_says_nothing(facts_table: Callable[..., pd.DataFrame]) -> None:
    net = _net(("A", "B", 1), ("B", "Z", 1), ("A", "C", -1), ("C", "Z", 1))
    told = baseline_directions(net, read_facts(facts_table({"nodes": "A", "readout": "Z"})))
    assert told.iloc[0].tolist() == ["", "", "up"]


def test_paths_beyond_four_edges_count_for_the_shortest_alone(facts_table: Callable[..., pd.DataFrame]) -> None:
    chain = [(f"N{k}", f"N{k + 1}", -1 if k == 0 else 1) for k in range(5)]
    told = baseline_directions(_net(*chain), read_facts(facts_table({"nodes": "N0", "readout": "N5"}, {"nodes": "N0", "readout": "N4"})))
    assert told["baseline_shortest_path"].tolist() == ["down", "down"]
    assert told["baseline_all_paths"].tolist() == ["", "down"]


def test_a_loop_back_to_the_start_is_a_path(facts_table: Callable[..., pd.DataFrame]) -> None:
    net = _net(("A", "B", 1), ("B", "A", -1))
    told = baseline_directions(net, read_facts(facts_table({"nodes": "A", "readout": "A"})))
    assert told.iloc[0].tolist() == ["down", "down", "up"]


def test_the_papers_own_edges_are_left_out(facts_table: Callable[..., pd.DataFrame], cell: Network) -> None:
    facts = read_facts(facts_table({"paper_id": "PMID:3"}))
    assert baseline_directions(cell, facts).iloc[0].tolist() == ["", "", "up"]
    assert baseline_directions(cell, facts, leave_out_reference=False).iloc[0].tolist() == ["up", "up", "up"]


def test_path_counts_agree_with_enumeration(facts_table: Callable[..., pd.DataFrame]) -> None:
    net = _net(("A", "B", 1), ("A", "C", -1), ("B", "C", 1), ("C", "B", 1), ("B", "Z", 1), ("C", "Z", -1), ("Z", "A", 1))
    signs = net.paths("A", "Z", max_length=4)["sign"]
    told = baseline_directions(net, read_facts(facts_table({"nodes": "A", "readout": "Z"})))
    total = int(signs.sum())
    assert told["baseline_all_paths"].iloc[0] == ("up" if total > 0 else "down" if total < 0 else "")
