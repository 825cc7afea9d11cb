from __future__ import annotations

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from jaknet.errors import InputError, UnknownNameError
from jaknet.expression.contrast import contrast
from jaknet.expression.pseudobulk import pseudobulk, refuse_cells

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


def test_cells_are_no_replicates_in_a_contrast():
    """Six hundred cells of three donors are three samples."""
    with pytest.raises(InputError, match=r"120 samples look like single cells .*sum them with pseudobulk, donor='donor'") as refused:
        contrast(CELLS, factor="stim", test="ifnb", reference="ctrl")
    assert "cells_as_replicates=True" in str(refused.value)
    with pytest.raises(InputError, match=r"the column of donors as donor= \(columns: stim, cell\)"):
        contrast(anndata.AnnData(VALUES, obs=OBS[["stim", "cell"]], var=VAR), factor="stim", test="ifnb", reference="ctrl")
    table = pd.DataFrame(VALUES.T, index=VAR.index, columns=OBS.index)
    with pytest.raises(InputError, match="look like single cells"):
        contrast(table, OBS, factor="stim", test="ifnb", reference="ctrl")


def test_who_insists_may_test_cells():
    with pytest.warns(UserWarning, match="LOW DEPTH"):
        signature = contrast(CELLS, factor="stim", test="ifnb", reference="ctrl", cells_as_replicates=True)
    assert len(signature) == 5


@pytest.mark.parametrize(
    ("n", "reads", "kind", "donors", "refused"),
    [
        (60, 10_000, "counts", None, True),
        (60, 100_000, "counts", None, False),  # a shallow screen of wells
        (40, 100, "counts", None, False),
        (60, 1_000_000, "counts", ["p1", "p2"], True),  # deep cells
        (60, 1_000_000, "counts", [f"p{i}" for i in range(30)], False),  # paired samples
        (60, 0, "log_intensity", None, True),
        (60, 30, "log_intensity", None, False),
    ],
)
def test_what_looks_like_cells(n, reads, kind, donors, refused):
    matrix = pd.DataFrame(np.full((20, n), reads / 20), columns=[f"s{i}" for i in range(n)])
    samples = pd.DataFrame({"stim": ["a", "b"] * (n // 2)}, index=matrix.columns)
    if donors:
        samples["patient_id"] = np.resize(np.repeat(donors, 2), n)
    if refused:
        with pytest.raises(InputError, match="look like single cells"):
            refuse_cells(matrix, kind, samples, "stim")
    else:
        refuse_cells(matrix, kind, samples, "stim")


@pytest.mark.real_data
def test_kang_cells_are_refused(real_data):
    with pytest.raises(InputError, match=r"600 samples look like single cells .*columns: stim"):
        contrast(real_data / "expression/kang_ifnb_600x249.h5ad", factor="stim", test="stim", reference="ctrl")


def test_cells_of_a_table_are_summed_like_those_of_anndata():
    table = pd.DataFrame(VALUES.T, index=VAR.index, columns=OBS.index)
    found, known = pseudobulk(table, "donor", "stim", samples=OBS), pseudobulk(CELLS, "donor", "stim")
    pd.testing.assert_frame_equal(found.matrix.loc[known.matrix.index], known.matrix)
    pd.testing.assert_frame_equal(found.samples, known.samples)


def test_the_column_of_donors_keeps_its_name():
    cells = anndata.AnnData(VALUES, obs=OBS.rename(columns={"donor": "patient"}), var=VAR)
    assert list(pseudobulk(cells, "patient", "stim").samples) == ["patient", "stim", "cells"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"donor": 5}, "donor must be the name of a column; got 5 (int)"),
        ({"donor": "stim"}, "stim names the donors and cannot be a group as well"),
        ({"min_cells": 0}, "min_cells = 0; give at least 1"),
        ({"group": 7}, "group must be the name of a column, or a list of names; got 7 (int)"),
        ({"adata": 5}, "adata must be an AnnData object"),
        ({"adata": anndata.AnnData(VALUES, obs=OBS.assign(donor=[None] * 3 + ["a"] * 117), var=VAR)}, "3 cells have no donor or no stim"),
    ],
)
def test_wrong_arguments_are_one_sentence(arguments, words):
    with pytest.raises(InputError) as refused:
        pseudobulk(**{"adata": CELLS, "donor": "donor", "group": "stim"} | arguments)
    assert words in str(refused.value)
