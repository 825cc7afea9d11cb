from __future__ import annotations

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from jaknet.errors import InputError, UnknownNameError
from jaknet.expression.pseudobulk import pseudobulk

RNG = np.random.default_rng(13)
VALUES = RNG.poisson(2, (120, 5)).astype(float)
OBS = pd.DataFrame(
    {"donor": np.tile(list("abc"), 40), "stim": np.repeat(["ctrl", "ifnb"], 60), "cell": np.tile(["T", "B"], 60)},
    index=[f"cell{i}" for i in range(120)],
)
VAR = pd.DataFrame(index=["ISG15", "STAT1", "STAT3", "IRF7", "GAPDH"])


@pytest.mark.parametrize("store", [np.asarray, sparse.csr_matrix])
def test_sums_are_those_of_the_cells(store):
    expression = pseudobulk(anndata.AnnData(store(VALUES), obs=OBS, var=VAR), "donor", "stim")
    chosen = ((OBS["donor"] == "b") & (OBS["stim"] == "ifnb")).to_numpy()
    assert expression.matrix["b.ifnb"].tolist() == VALUES[chosen].sum(axis=0).tolist()
    assert expression.samples.loc["b.ifnb", ["donor", "stim", "cells"]].tolist() == ["b", "ifnb", 20]
    assert expression.matrix.to_numpy().sum() == VALUES.sum()


def test_several_columns_and_small_groups():
    obs = OBS.assign(cell=np.where(np.arange(120) < 4, "rare", OBS["cell"]))
    expression = pseudobulk(anndata.AnnData(VALUES, obs=obs, var=VAR), "donor", ["stim", "cell"], min_cells=5)
    assert "a.ifnb.T" in expression.matrix
    assert not any("rare" in name for name in expression.matrix)
    assert "rare" in expression.report["dropped_small_sums"]


@pytest.mark.parametrize(
    ("values", "arguments", "error", "words"),
    [
        (VALUES, {"donor": "patient"}, UnknownNameError, "patient"),
        (np.log1p(VALUES), {}, InputError, "fractions or negative"),
        (VALUES, {"min_cells": 50}, InputError, "no donor has 50 cells in any group"),
    ],
)
def test_unusable_cells_are_refused(values, arguments, error, words):
    with pytest.raises(error, match=words):
        pseudobulk(anndata.AnnData(values, obs=OBS, var=VAR), **{"donor": "donor", "group": "stim"} | arguments)


@pytest.mark.real_data
def test_kang_has_no_donor_column(real_data):
    with pytest.raises(UnknownNameError, match="unknown column of obs: donor; known: stim"):
        pseudobulk(real_data / "expression/kang_ifnb_600x249.h5ad", "donor", "stim")


CELLS = anndata.AnnData(VALUES, obs=OBS, var=VAR)


def test_order_of_cells_and_genes_changes_nothing():
    one = pseudobulk(CELLS, "donor", "stim")
    order = RNG.permutation(120)
    other = pseudobulk(CELLS[order][:, ::-1].copy(), "donor", "stim")
    pd.testing.assert_frame_equal(other.matrix.loc[one.matrix.index], one.matrix)
    pd.testing.assert_frame_equal(other.samples, one.samples)


def test_samples_are_sorted_and_say_whence_they_come():
    expression = pseudobulk(CELLS, "donor", ["stim", "cell"])
    assert list(expression.matrix.columns) == sorted(expression.matrix.columns)
    assert list(expression.samples) == ["donor", "stim", "cell", "cells"]
    assert (expression.samples.index == expression.matrix.columns).all()
    assert expression.samples["cells"].tolist() == [10] * 12
    assert (expression.kind, expression.species) == ("counts", "human")
    assert expression.matrix.to_numpy().dtype == np.int64


def test_coarser_groups_are_sums_of_finer_ones():
    fine, coarse = pseudobulk(CELLS, "donor", ["stim", "cell"]).matrix, pseudobulk(CELLS, "donor", "stim").matrix
    for name in coarse:
        assert (fine[f"{name}.B"] + fine[f"{name}.T"]).tolist() == coarse[name].tolist()


@pytest.mark.parametrize(("min_cells", "left"), [(20, 6), (21, 0), (1, 6)])
def test_as_many_cells_as_asked_for_are_enough(min_cells, left):
    if left:
        expression = pseudobulk(CELLS, "donor", "stim", min_cells=min_cells)
        assert expression.matrix.shape[1] == left
        assert expression.report["dropped_small_sums"] == 0 and expression.report["cells"] == 120
        return
    with pytest.raises(InputError, match=r"no donor has 21 cells in any group \(most: 20\); lower min_cells or use coarser groups"):
        pseudobulk(CELLS, "donor", "stim", min_cells=min_cells)


def test_counts_layer_comes_first_and_normalised_values_are_refused():
    layered = anndata.AnnData(np.log1p(VALUES), obs=OBS, var=VAR, layers={"counts": VALUES})
    expression = pseudobulk(layered, "donor", "stim")
    assert expression.report["layer"] == "counts"
    pd.testing.assert_frame_equal(expression.matrix, pseudobulk(CELLS, "donor", "stim").matrix)
    with pytest.raises(InputError, match="X of the AnnData object has fractions or negative values; put the raw counts in layers"):
        pseudobulk(anndata.AnnData(-VALUES, obs=OBS, var=VAR), "donor", "stim")


def test_numbers_name_donors_and_groups_too(tmp_path):
    obs = OBS.assign(donor=np.tile([1, 2, 3], 40), stim=np.repeat([0, 5], 60))
    cells = anndata.AnnData(sparse.csr_matrix(VALUES), obs=obs, var=VAR)
    cells.write_h5ad(tmp_path / "cells.h5ad")
    expression = pseudobulk(str(tmp_path / "cells.h5ad"), "donor", "stim")
    assert list(expression.matrix.columns) == ["1.0", "1.5", "2.0", "2.5", "3.0", "3.5"]
    assert expression.samples.loc["2.5", ["donor", "stim"]].tolist() == ["2", "5"]


def test_every_unknown_column_is_named():
    with pytest.raises(UnknownNameError, match=r"unknown column of obs: patient, arm; known: donor, stim, cell"):
        pseudobulk(CELLS, "patient", ["stim", "arm"])
