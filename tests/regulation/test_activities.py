"""Activities per sample: decoupler's numbers, sparse as dense, and refusals that say what to do."""

from __future__ import annotations

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import jaknet as jn
from jaknet.regulation import activities as module

GENES = [
    "STAT1",
    "IRF9",
    "ISG15",
    "MX1",
    "OAS1",
    "SOCS3",
    "CISH",
    "BCL2",
    "MYC",
    "CCND1",
    "BGLAP",
    "ALPL",
    "RUNX2",
    "SP7",
    "COL1A1",
    "IBSP",
]
GENES += ["SPP1", "GAPDH", "ACTB", "TP53", "JAK1", "JAK2", "TYK2", "IL6"]
WEIGHTS = {"A": [1, 1, 1, 1, -1, 0.5], "B": [1, -1] * 5}
#: decoupler 2.2.0, ``decoupler.mt.ulm(values.T, network, tmin=3)[0]``; rows are samples, columns A and B.
DECOUPLER = [
    [0.25138783489683786, -0.14440134935678972],
    [-0.3498200524005179, 1.6501600997053452],
    [-0.43456720122945774, -0.19139797173072778],
    [1.243275256484043, -0.2124427683726068],
]


@pytest.fixture(scope="module")
def network() -> jn.Network:
    rows = [("A", gene, weight) for gene, weight in zip(GENES[:6], WEIGHTS["A"], strict=True)]
    rows += [("B", gene, weight) for gene, weight in zip(GENES[4:14], WEIGHTS["B"], strict=True)]
    edges = pd.DataFrame(rows, columns=["source", "target", "weight"])
    return jn.Network(edges.assign(sign=np.sign(edges["weight"]).astype(int), weight=edges["weight"].abs()), name="small")


@pytest.fixture(scope="module")
def values() -> pd.DataFrame:
    """Genes x samples, logarithms."""
    i = np.arange(len(GENES))
    columns = {f"s{k}": np.sin(1.7 * i * (k + 1)) + 0.3 * k + np.cos(i) for k in range(4)}
    return pd.DataFrame(columns, index=GENES)


@pytest.fixture(scope="module")
def cells() -> anndata.AnnData:
    """Sparse counts of 600 cells, more than two blocks; in the second half STAT1's targets are higher."""
    rng = np.random.default_rng(3)
    genes = [*GENES, *(f"ZNF{i}" for i in (2, 3, 7, 8, 10, 12, 14, 16, 17, 18, 19, 20))]
    level = np.tile(np.full(len(genes), 1.5), (600, 1))
    level[300:, :4] = 4.0
    return anndata.AnnData(sparse.csr_matrix(rng.poisson(level).astype(float)), var=pd.DataFrame(index=genes))


def test_ulm_is_decouplers(values, network):
    found = jn.activities(values, network, centre=False, min_targets=3)
    assert found.columns.tolist() == ["A", "B"] and found.index.tolist() == list(values)
    np.testing.assert_allclose(found, DECOUPLER, atol=1e-6)


def test_centring_takes_the_mean_of_the_samples_off(values, network):
    relative = values.sub(values.mean(axis=1), axis=0)
    there = jn.activities(relative, network, centre=False, min_targets=3)
    np.testing.assert_allclose(jn.activities(values, network, min_targets=3), there, atol=1e-9)
    assert not np.allclose(there, DECOUPLER, atol=0.01)


@pytest.mark.parametrize("method", ["ulm", "calibrated", "mlm", "ipa"])
def test_scores_are_those_of_regulator_scores(values, network, method):
    relative = values.sub(values.mean(axis=1), axis=0).sort_index()
    scores, _ = jn.regulator_scores(relative, network, method, min_targets=3)
    np.testing.assert_allclose(jn.activities(values, network, method, min_targets=3), scores.T, atol=1e-9)


def test_sparse_cells_score_as_dense_counts_do(cells, network):
    dense = cells.to_df().T.astype(int)
    np.testing.assert_allclose(jn.activities(cells, network), jn.activities(dense, network), atol=1e-9)
    found = jn.activities(cells, network)
    assert found["A"].iloc[300:].mean() > 0.3 > -0.3 > found["A"].iloc[:300].mean()


def test_only_a_block_of_cells_is_dense_at_once(cells, network, monkeypatch):
    seen = []
    monkeypatch.setattr(module, "_dense", lambda block, dense=module._dense: seen.append(block.shape[0]) or dense(block))
    jn.activities(cells, network, kind="counts")
    assert seen == [256, 256, 88]


def test_obsm_gets_the_table_on_request(cells, network, tmp_path):
    copied = cells.copy()
    found = jn.activities(copied, network, key_added="regulators")
    copied.write_h5ad(tmp_path / "cells.h5ad")
    again = anndata.read_h5ad(tmp_path / "cells.h5ad")
    np.testing.assert_allclose(again.obsm["regulators"], found)
    assert again.obsm["regulators"].columns.tolist() == ["A", "B"]
    np.testing.assert_allclose(jn.activities(tmp_path / "cells.h5ad", network), found)


def test_mouse_samples_meet_a_human_network(values, network):
    shared = values.drop(["OAS1", "TP53"])  # the mouse has several of the one, and another name for the other
    mouse = shared.rename(index=lambda gene: gene.capitalize())
    np.testing.assert_allclose(jn.activities(mouse, network, min_targets=3), jn.activities(shared, network, min_targets=3), atol=1e-9)


def test_rows_of_one_gene_are_one_gene(values, network):
    twice = pd.concat([values, values.loc[["STAT1"]].rename(index={"STAT1": "ENSG00000115415"})])
    np.testing.assert_allclose(jn.activities(twice, network, min_targets=3), jn.activities(values, network, min_targets=3), atol=1e-9)


def test_what_was_left_out_is_counted(values, network):
    more = pd.concat([values, pd.DataFrame(0.0, index=["NO_GENE", "KDR"], columns=values.columns)])
    found = jn.activities(more, network, min_targets=3)
    assert dict(found.attrs["provenance"].dropped) == {"rows without a gene": 1, "genes of zeros": 1}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"method": "gsva"}, "unknown method"),
        ({"called": 0.0}, "between 0 and 1"),
        ({"kind": "reads"}, "unknown kind 'reads'"),
        ({"key_added": "x"}, "names a place in an AnnData object; this is a DataFrame"),
        ({"network": "trust"}, "unknown network: trust"),
    ],
)
def test_bad_options_are_refused(values, network, more, message):
    with pytest.raises(jn.InputError, match=message):
        jn.activities(values, **{"network": network} | more)


def test_bad_values_are_refused(values, cells, network):
    with pytest.raises(jn.InputError, match="one sample cannot be compared"):
        jn.activities(values[["s0"]], network)
    assert jn.activities(values[["s0"]], network, centre=False, min_targets=3).shape == (1, 2)
    empty = anndata.AnnData(sparse.csr_matrix(cells.X.multiply((np.arange(600) != 5)[:, None])), var=cells.var)
    with pytest.raises(jn.InputError, match="1 samples have no reads: 5"):
        jn.activities(empty, network, kind="counts")
    broken = cells.copy()
    broken.X.data[0] = np.nan
    with pytest.raises(jn.InputError, match="1 values of X are missing or infinite"):
        jn.activities(broken, network)


def test_jak_inhibitors_lower_isgf3_in_wells_and_another_inhibitor_does_not():
    example = jn.load_example()
    by_drug = jn.activities(example.expression, "osteoblast")["ISGF3"].groupby(example.samples["treatment"]).mean()
    assert (by_drug[["ruxolitinib", "tofacitinib", "fedratinib"]] < by_drug["control"] - 1).all()
    assert by_drug["zm-447439"] > by_drug["control"] - 1
