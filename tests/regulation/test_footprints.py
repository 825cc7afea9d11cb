"""PROGENy's footprints: what is bundled, and the column that one pathway has for itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jaknet.regulation.footprints import footprint_network, partial_footprint


def test_fourteen_pathways_with_both_signs() -> None:
    network = footprint_network()
    per_pathway = network.edges.groupby("source")["sign"]
    assert per_pathway.ngroups == 14
    assert {"JAK-STAT", "WNT"} <= set(per_pathway.groups)
    assert (per_pathway.size() == 500).all()
    assert (per_pathway.nunique() == 2).all()
    top = network.edges[network.edges["source"] == "JAK-STAT"].nlargest(20, "weight")["target"]
    assert {"IFIT1", "ISG15", "OAS1"} & set(top)


def test_partial_footprint_gives_the_joint_coefficient() -> None:
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(200, 4))
    values = rng.normal(size=200)
    beta = np.linalg.lstsq(np.column_stack([np.ones(200), weights]), values, rcond=None)[0][2]
    part = partial_footprint(weights, 1)
    assert np.linalg.norm(part) == pytest.approx(1)
    assert part @ values / (part @ weights[:, 1]) == pytest.approx(beta)


@pytest.mark.real_data
def test_bundled_weights_are_those_of_the_package(real_data: Path) -> None:
    given = pd.read_csv(real_data / "networks/progeny_human_top500.tsv.gz", sep="\t", keep_default_na=False)
    edges = footprint_network().edges
    both = given.merge(edges, left_on=["pathway", "gene"], right_on=["source", "target"])
    assert len(both) == len(given) == len(edges)
    scaled = both["weight_x"] / given["weight"].abs().max()
    np.testing.assert_allclose(both["sign"] * both["weight_y"], scaled, rtol=1e-3)
