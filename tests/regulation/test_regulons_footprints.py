"""PROGENy's footprints: what is bundled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jaknet.regulation.regulons import footprint_network


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
