"""How network and data become prices: who is called changed, what a transcript does to its protein, how a complex rises."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jaknet.errors import InputError, OverlapError
from jaknet.explanation._program import solve_program
from jaknet.explanation.problem import Problem, call_genes


def solved(network, signature, roots, penalty=0.2):
    genes, price = call_genes(signature, network, 0.1)
    problem = Problem(network, genes, roots, penalty, price)
    return problem, solve_program(problem.program)


def state(problem, solution, node):
    place = 2 * problem.network.index[node]
    return int(solution.holds[place]) - int(solution.holds[place + 1])


def test_weights_are_shares_of_all_measured_genes(make_network, make_signature):
    network = make_network(["T => A", "T => B", "T => C"])
    genes, price = call_genes(make_signature({"A": 9.0, "B": -8.0, "C": 0.0}, others=97), network, 0.1)
    assert genes.set_index("gene")["weight"].round(6).to_dict() == {"A": 2.0, "B": pytest.approx(-np.log10(0.02)), "C": 0.0}
    assert genes.set_index("gene")["changed"].to_dict() == {"A": 1, "B": -1, "C": 0}
    # Ten genes are called; the weight of all of them is spread over the other ninety.
    assert price == pytest.approx(-np.log10(np.arange(1, 11) / 100).sum() / 90)


def test_the_scale_of_the_statistic_changes_nothing(make_network, make_signature):
    network = make_network(["T => A", "T => B"])
    one, other = (call_genes(make_signature({"A": 9.0 * by, "B": 8.0 * by}, others=60), network, 0.05)[0] for by in (1.0, 50.0))
    assert one["weight"].tolist() == other["weight"].tolist()


def test_number_and_q_call_genes_too(make_network, make_signature):
    network = make_network(["T => A", "T => B"])
    signature = make_signature({"A": 9.0, "B": 4.0})
    assert call_genes(signature, network, 1)[0]["changed"].tolist() == [1, 0]
    assert call_genes(signature, network, 1, q_threshold=0.05)[0]["changed"].tolist() == [1, 1]


def test_nothing_measured_and_nothing_changed_are_refused(make_network, make_signature):
    network = make_network(["T => A"])
    with pytest.raises(OverlapError, match="none of the 1 genes"):
        call_genes(make_signature({"B": 3.0}), network, 0.1)
    with pytest.raises(InputError, match="nothing to explain"):
        call_genes(make_signature({"A": 0.0005}), network, 0.1)
    with pytest.raises(InputError, match="leave q_threshold out"):
        call_genes(make_signature({"A": 9.0}, p_value=np.nan, q_value=np.nan), network, 0.1, 0.05)


def test_signaling_onto_a_node_does_not_change_its_transcript(make_network, make_signature):
    signature = make_signature({"A": 9.0})
    for lines, explained in ((["R > T", "T => A"], 1), (["R > T", "T > A", "X => A"], 0)):
        problem, solution = solved(make_network(lines), signature, {"R": 1})
        assert solution.holds[problem.transcript_states].sum() == explained


@pytest.mark.parametrize(("middle", "follows"), [({}, True), ({"M": 5.0}, True), ({"M": -5.0}, False), ({"M": 0.0001}, False)])
def test_a_protein_follows_its_transcript_unless_the_data_say_no(make_network, make_signature, middle, follows):
    network = make_network(["R => M", "M => A"])
    problem, solution = solved(network, make_signature({"A": 9.0} | middle), {"R": 1})
    assert state(problem, solution, "M") == int(follows)


def test_a_complex_falls_with_one_part_and_rises_with_all_that_are_absent(make_network, make_signature):
    lines = ["R > P", "R > Q", "P part C", "Q part C", "S part C", "C => A"]
    nodes = pd.DataFrame({"node": ["P", "Q", "S", "C", "R", "A"], "basal": [0.2, 0.2, 0.8, 0.2, 0.2, 0.2], "kind": "protein"}).assign(
        gene=""
    )
    nodes.loc[nodes["node"] == "A", "gene"] = "A"
    up = make_signature({"A": 9.0})
    for roots, expected in (({"R": 1}, 1), ({"P": 1}, 0), ({"S": 1}, 0), ({"P": 1, "Q": 1}, 1)):
        problem, solution = solved(make_network(lines, nodes), up, roots)
        assert state(problem, solution, "C") == expected, roots
    for part in ("P", "S"):
        problem, solution = solved(make_network(lines, nodes), make_signature({"A": -9.0}), {part: -1})
        assert state(problem, solution, "C") == -1


def test_targets_that_did_not_change_count_against_a_regulator(make_network, make_signature):
    def chosen(idle):
        lines = ["R > T", "R > U", "T => A", "U => A", *(f"T => I{i}" for i in range(idle))]
        problem, solution = solved(
            make_network(lines, canonical=[1] * (4 + idle)), make_signature({"A": 9.0} | {f"I{i}": 0.0001 for i in range(idle)}), {"R": 1}
        )
        return state(problem, solution, "T"), state(problem, solution, "U")

    assert chosen(8) == (0, 1)
    lines = ["R > T", "T => A", *(f"T => I{i}" for i in range(12))]
    problem, solution = solved(make_network(lines), make_signature({"A": 9.0} | {f"I{i}": 0.0001 for i in range(12)}), {"R": 1})
    assert state(problem, solution, "T") == 0


def test_unreliable_edges_are_dearer(make_network, make_signature):
    lines = ["R > T", "R > U", "T => A", "U => A"]
    network = make_network(lines, canonical=0, tier=["C", "A", "A", "A"], references=["", "PMID:1;PMID:2", "PMID:1", "PMID:1"])
    problem, solution = solved(network, make_signature({"A": 9.0}), {"R": 1})
    assert (state(problem, solution, "T"), state(problem, solution, "U")) == (0, 1)


def test_causes_that_signalling_could_bring_about_cost_twice(make_network, make_signature):
    problem, _ = solved(make_network(["L > T", "T => A", "T => B"]), make_signature({"A": 9.0, "B": -9.0}), {})
    price = dict(zip([f"{node} {sign}" for node in problem.network.names for sign in ("up", "down")], problem.program.price, strict=False))
    assert price["T up"] == pytest.approx(2 * price["L up"]) and price["L up"] == pytest.approx(np.log10(8))
    # The transcript of B fell, so a rise of B is no cause.
    assert np.isinf(price["B up"]) and np.isfinite(price["B down"])


def test_shuffling_keeps_the_values_of_each_stratum(make_network, make_signature):
    lines = [f"T => A{i}" for i in range(40)] + [f"U{j} => A{i}" for i in range(20) for j in range(6)]
    signature = make_signature({f"A{i}": 5.0 + i for i in range(40)})
    problem, _ = solved(make_network(lines), signature, {"T": 1})
    dealt = problem.shuffled(np.random.default_rng(0))
    assert problem.genes["stratum"].nunique() == 2
    assert dealt.genes["statistic"].tolist() != problem.genes["statistic"].tolist()
    for _, rows in problem.genes.groupby("stratum"):
        assert sorted(dealt.genes.loc[rows.index, "statistic"]) == sorted(rows["statistic"])
