"""Regulons: which edges count, how two steps combine, what is refused; PROGENy's footprints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jaknet.errors import InputError, OverlapError
from jaknet.network.network import Network
from jaknet.regulation.regulons import Regulons, footprint_network, network_regulons, set_regulons


def targets_of(regulons: Regulons, name: str) -> dict[str, float]:
    row = regulons.weights[[regulons.regulators.index(name)]].toarray()[0]
    return {gene: float(value) for gene, value in zip(regulons.genes, row, strict=True) if value}


def network(rows: list[tuple[str, str, int, str]], **columns: list[float]) -> Network:
    return Network(pd.DataFrame(rows, columns=["source", "target", "sign", "layer"]).assign(**columns))


CASCADE = network(
    [
        ("JAK1", "STAT3", 1, "signaling"),
        ("SOCS3", "JAK1", -1, "signaling"),
        ("STAT3", "SOCS3", 1, "transcription"),
        ("STAT3", "RUNX2", -1, "transcription"),
        ("RUNX2", "BGLAP", 1, "transcription"),
        ("JAK1", "BGLAP", 1, "transcription"),
        ("BGLAP", "MINERALIZATION", 1, "phenotype"),
    ]
)
GENES = ["BGLAP", "RUNX2", "SOCS3", "JAK1", "MINERALIZATION"]


def test_only_edges_onto_transcripts_make_a_target() -> None:
    regulons = network_regulons(CASCADE, GENES, min_targets=1)
    assert regulons.regulators == ("JAK1", "RUNX2", "STAT3")
    assert targets_of(regulons, "STAT3") == {"SOCS3": 1.0, "RUNX2": -1.0}
    assert targets_of(regulons, "JAK1") == {"BGLAP": 1.0}


def test_second_step_multiplies_signs_and_direct_edges_go_first() -> None:
    regulons = network_regulons(CASCADE, GENES, depth=2, min_targets=1)
    assert targets_of(regulons, "JAK1") == {"SOCS3": 1.0, "RUNX2": -1.0, "BGLAP": 1.0}
    assert targets_of(regulons, "STAT3") == {"SOCS3": 1.0, "RUNX2": -1.0, "BGLAP": -1.0}
    assert targets_of(regulons, "SOCS3") == {"BGLAP": -1.0}


def test_routes_that_contradict_each_other_are_left_out() -> None:
    rows = [("A", "B", 1, "signaling"), ("A", "C", 1, "signaling"), ("B", "X", 1, "transcription"), ("C", "X", -1, "transcription")]
    rows += [("B", "Y", 1, "transcription"), ("C", "Y", 1, "transcription")]
    regulons = network_regulons(network(rows, weight=[0.5, 1.0, 1.0, 1.0, 1.0, 1.0]), ["X", "Y"], depth=2, min_targets=1)
    assert targets_of(regulons, "A") == {"Y": 0.75}


def test_a_regulator_does_not_explain_itself_through_a_loop() -> None:
    rows = [("A", "B", 1, "signaling"), ("B", "A", 1, "transcription"), ("B", "X", 1, "transcription")]
    assert targets_of(network_regulons(network(rows), ["A", "X"], depth=2, min_targets=1), "A") == {"X": 1.0}


def test_bare_tables_count_as_transcription_and_forms_share_a_gene() -> None:
    edges = pd.DataFrame({"source": ["TF", "TF"], "target": ["STAT1", "STAT1_latent"], "weight": [2.0, 2.0]})
    nodes = pd.DataFrame({"node": ["STAT1", "STAT1_latent"], "kind": "tf", "gene": "STAT1", "name": ""})
    assert targets_of(network_regulons(Network(edges, nodes), ["STAT1"], min_targets=1), "TF") == {"STAT1": 1.0}


def test_too_little_overlap_is_refused_by_name() -> None:
    wide = network([("TF", f"G{i}", 1, "transcription") for i in range(30)])
    with pytest.raises(OverlapError, match="3 of the 30"):
        network_regulons(wide, ["G1", "G2", "G3"])
    with pytest.raises(OverlapError, match="no regulator"):
        network_regulons(wide, [f"G{i}" for i in range(10)], min_targets=20)
    with pytest.raises(InputError, match="depth 3"):
        network_regulons(wide, ["G1"], depth=3)


def test_gene_sets_and_signed_profiles_become_regulons() -> None:
    regulons = set_regulons({"set": ["A", "B", "absent"], "profile": {"A": -0.5, "C": 2.0}}, ["A", "B", "C"], min_targets=2)
    assert targets_of(regulons, "set") == {"A": 1.0, "B": 1.0}
    assert targets_of(regulons, "profile") == {"A": -0.5, "C": 2.0}


def test_strata_follow_the_in_degree_and_none_is_small() -> None:
    rng = np.random.default_rng(0)
    genes = [f"G{i}" for i in range(400)]
    chance = np.linspace(1, 30, 350) ** 2
    drawn = [rng.choice(350, 40, replace=False, p=chance / chance.sum()) for _ in range(60)]
    rows = [(f"TF{number}", genes[gene], 1, "transcription") for number, chosen in enumerate(drawn) for gene in chosen]
    regulons = network_regulons(network(rows), genes)
    degree = np.asarray(abs(regulons.signs).sum(axis=0))
    order = np.argsort(degree, kind="stable")
    assert (np.diff(regulons.strata[order]) >= 0).all()
    assert ((regulons.strata == 0) == (degree == 0)).all()
    assert regulons.stratum_sizes.min() >= 20
    assert regulons.stratum_sizes.sum() == (degree > 0).sum()


def test_strata_at_depth_two_hold_the_direct_in_degree_too() -> None:
    rng = np.random.default_rng(1)
    nodes = [f"G{i}" for i in range(300)]
    chance = np.linspace(1, 20, 300)
    drawn = [rng.choice(300, 15, replace=False, p=chance / chance.sum()) for _ in range(60)]
    rows = [(nodes[number], nodes[gene], 1, "transcription") for number, chosen in enumerate(drawn) for gene in chosen if gene != number]
    near, far = (network_regulons(network(rows), nodes, depth) for depth in (1, 2))
    for stratum in np.unique(far.strata):
        assert len(np.unique(near.strata[far.strata == stratum])) <= 2
    assert ((far.strata == 0) == (np.asarray(abs(far.signs).sum(axis=0)) == 0)).all()


def test_fourteen_pathways_with_both_signs() -> None:
    network = footprint_network()
    per_pathway = network.edges.groupby("source")["sign"]
    assert per_pathway.ngroups == 14
    assert {"JAK-STAT", "WNT"} <= set(per_pathway.groups)
    assert (per_pathway.size() == 500).all()
    assert (per_pathway.nunique() == 2).all()
    top = network.edges[network.edges["source"] == "JAK-STAT"].nlargest(20, "weight")["target"]
    assert {"IFIT1", "ISG15", "OAS1"} & set(top)


@pytest.mark.real_data
def test_bundled_weights_are_those_of_the_package(real_data: Path) -> None:
    given = pd.read_csv(real_data / "networks/progeny_human_top500.tsv.gz", sep="\t", keep_default_na=False)
    edges = footprint_network().edges
    both = given.merge(edges, left_on=["pathway", "gene"], right_on=["source", "target"])
    assert len(both) == len(given) == len(edges)
    scaled = both["weight_x"] / given["weight"].abs().max()
    np.testing.assert_allclose(both["sign"] * both["weight_y"], scaled, rtol=1e-3)
