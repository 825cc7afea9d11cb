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
