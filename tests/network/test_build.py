"""Merging resources and connecting seeds to targets."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from jaknet.errors import InputError, SpeciesError
from jaknet.network.build import build_network
from jaknet.network.network import Network


def _net(*edges, name="resource", species="human", nodes=None, **columns):
    table = pd.DataFrame(edges, columns=["source", "target", "sign"])
    return Network(table.assign(resources=name, **columns), nodes, name, species=species)


def test_steps_say_what_was_kept_and_dropped():
    one = _net(("JAK1", "STAT3", 1), ("STAT3", "SOST", -1), ("STAT3", "MYC", 1), name="one")
    two = _net(("JAK1", "STAT3", 1), ("SOST", "LRP6", -1), ("LRP6", "CTNNB1", 1), ("CTNNB1", "BGLAP", 1), name="two")
    expressed = ["JAK1", "STAT3", "SOST", "LRP6", "CTNNB1", "BGLAP"]
    built = build_network([one, two], seeds=["JAK1", "NOBODY"], targets=["BGLAP"], expressed=expressed, max_depth=5)
    steps = pd.DataFrame(built.report["steps"])
    assert steps["step"].tolist() == ["merge", "express", "connect"]
    assert steps["edges"].tolist() == [6, 5, 5]
    assert steps["dropped"].tolist() == [0, 1, 0]
    assert "not in the network: NOBODY" in steps["note"].iloc[-1]
    assert built.edges.set_index(["source", "target"]).loc[("JAK1", "STAT3"), ["support_positive", "resources"]].tolist() == [2, "one;two"]


def test_depth_limits_the_walks():
    chain = _net(("A", "B", 1), ("B", "C", 1), ("C", "D", 1), ("A", "X", 1))
    assert build_network([chain], seeds=["A"], targets=["D"], max_depth=3).n_edges == 3
    with pytest.raises(InputError, match="step 'connect' leaves no edge"):
        build_network([chain], seeds=["A"], targets=["D"], max_depth=2)
    assert build_network([chain], seeds=["B"]).n_edges == 2
    assert build_network([chain], targets=["X"]).n_edges == 1


def test_conflicts_between_resources_follow_the_rule():
    many = [_net(("A", "B", 1), name=f"r{number}") for number in range(2)]
    curated = _net(("A", "B", -1), name="curated", tier="A", references="PMID:1")
    assert build_network([*many, curated]).edges["sign"].tolist() == [1]
    assert build_network([*many, curated], on_conflict="curated").edges["sign"].tolist() == [-1]
    with pytest.raises(InputError, match="every edge is in conflict"):
        build_network([*many, curated], on_conflict="drop")
    with pytest.raises(InputError, match="unknown on_conflict"):
        build_network(many, on_conflict="vote")


def test_the_order_of_resources_changes_nothing():
    nets = [
        _net(("A", "B", 1), ("B", "C", -1), name="one"),
        _net(("A", "B", -1), ("C", "A", 1), name="two", tier="A"),
        _net(("A", "B", 1), ("B", "C", 1), name="three"),
    ]
    digests = {build_network(list(order)).digest for order in itertools.permutations(nets)}
    assert len(digests) == 1


def test_phenotypes_stay_and_forms_go_with_their_gene():
    nodes = pd.DataFrame(
        [("STAT1_latent", "tf", "STAT1", ""), ("MINERALIZATION", "phenotype", "", "")], columns=["node", "kind", "gene", "name"]
    )
    net = _net(("STAT1_latent", "RUNX2", -1), ("RUNX2", "MINERALIZATION", 1), ("RUNX2", "BGLAP", 1), nodes=nodes)
    kept = build_network([net], expressed=["STAT1", "RUNX2"])
    assert kept.names == ("MINERALIZATION", "RUNX2", "STAT1_latent")
    assert kept.nodes.set_index("node").loc["STAT1_latent", "gene"] == "STAT1"


def test_paths_are_read(tmp_path):
    path = tmp_path / "small.csv"
    path.write_text("source,target,sign\nJAK1,STAT3,1\nJAK1,STAT1,0\n")
    built = build_network(path)
    assert built.n_edges == 1
    assert built.report["resources"]["small"]["unsigned"] == 1


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="no resource"):
        build_network([])
    with pytest.raises(SpeciesError, match="one is human, two is mouse"):
        build_network([_net(("A", "B", 1), name="one"), _net(("A", "B", 1), name="two", species="mouse")])
    with pytest.raises(InputError, match="no seed is in the network: JAK9"):
        build_network([_net(("A", "B", 1))], seeds=["JAK9"])
    with pytest.raises(InputError, match="step 'express' leaves no edge"):
        build_network([_net(("A", "B", 1))], expressed=["C"])


@pytest.mark.real_data
def test_collectri_and_signor_connect_jaks_to_bone_genes(real_data):
    folder = real_data / "networks"
    built = build_network(
        [folder / "collectri_human.tsv.gz", folder / "signor_human.tsv.gz"], seeds=["JAK1", "JAK2"], targets=["BGLAP", "SOST"], max_depth=3
    )
    steps = pd.DataFrame(built.report["steps"])
    assert steps["edges"].iloc[0] > 69_000
    assert (np.diff(steps["edges"]) <= 0).all()
    assert {"JAK1", "JAK2", "BGLAP", "SOST", "STAT3"} <= set(built.names)
    assert len(built.report["conflicts"]) >= 0
