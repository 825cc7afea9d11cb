"""What a plan says of the user's data reaches the functions that read it."""

from __future__ import annotations

import anndata
import numpy as np
import pandas as pd
import pytest

import jaknet as jn
from jaknet.dataset import Dataset, as_key, in_words

RNG = np.random.default_rng(3)
GENES = ["SOCS3", "BCL3", "GAPDH", "ACTB", "JAK1", "RUNX2", "SP7", "BGLAP"]
SAMPLES = pd.DataFrame({"sample": [f"s{i}" for i in range(8)], "treatment": ["drug", "vehicle"] * 4, "donor": np.repeat([1, 2, 3, 4], 2)})
LEVELS = {"test": "drug", "reference": "vehicle"}


@pytest.fixture
def folder(tmp_path):
    counts = pd.DataFrame(RNG.poisson(4e5, (8, 8)), index=pd.Index(GENES, name="gene"), columns=SAMPLES["sample"])
    counts.to_csv(tmp_path / "counts.tsv", sep="\t")
    pd.concat([counts, counts.iloc[:1]]).to_csv(tmp_path / "twice.tsv", sep="\t")
    SAMPLES.to_csv(tmp_path / "samples.tsv", sep="\t", index=False)
    return tmp_path


def _contrast(folder, **options):
    dataset = Dataset(**{"expression": folder / "counts.tsv", "samples": folder / "samples.tsv", **LEVELS} | options)
    return dataset.contrast(dataset.read(), "human")


def test_donors_and_numbers(folder):
    groups, line = (_contrast(folder, covariates="donor", numeric=numeric) for numeric in ((), "donor"))
    assert groups.report["design"] == "~ donor (4 groups) + treatment"
    assert line.report["design"] == "~ donor (number) + treatment"
    assert "donor is taken as 4 groups" in groups.report["notes"][0]


def test_duplicates_are_merged_as_in_python(folder):
    with pytest.raises(jn.InputError, match="say duplicates='sum'"):
        _contrast(folder, expression=folder / "twice.tsv")
    assert len(_contrast(folder, expression=folder / "twice.tsv", duplicates="mean")) == 8


def test_memory_and_method_reach_the_test(folder):
    assert "limma" in _contrast(folder, max_memory=3000).report["method"]
    assert "limma" in _contrast(folder, method="trend").report["method"]
    assert "shrunken_log2_fold_change" in _contrast(folder, shrink=True).table


def test_cells_are_summed_by_donor_and_group(folder):
    obs = pd.DataFrame({"patient": np.tile(list("abc"), 80), "stim": np.repeat(["ctrl", "ifnb"], 120)}, index=[f"c{i}" for i in range(240)])
    cells = anndata.AnnData(RNG.poisson(3, (240, 8)).astype(float), obs=obs, var=pd.DataFrame(index=GENES))
    cells.write_h5ad(folder / "cells.h5ad")
    data = {"expression": folder / "cells.h5ad", "factor": "stim", "test": "ifnb", "reference": "ctrl"}
    with (
        pytest.raises(jn.InputError, match="donor: patient; or, to test cells all the same, say cells_as_replicates: true"),
        in_words(as_key),
    ):
        Dataset(**data).contrast(Dataset(**data).read())
    dataset = Dataset(**data, donor="patient", covariates="patient")
    summed = dataset.read()
    assert list(summed.samples) == ["patient", "stim", "cells"] and summed.matrix.shape == (8, 6)
    with pytest.warns(UserWarning, match="LOW DEPTH"):
        assert dataset.contrast(summed).report["design"] == "~ patient (3 groups) + stim"
    with pytest.raises(jn.InputError, match="no donor has 41 cells"):
        Dataset(**data, donor="patient", min_cells=41).read()


def test_a_finished_table_with_columns_of_its_own(tmp_path):
    table = pd.DataFrame({"SYMBOL": [*GENES, "GAPDH"], "effect": RNG.normal(size=9), "chance": np.linspace(0.01, 0.9, 9)})
    table.to_csv(tmp_path / "t.tsv", sep="\t", index=False)
    columns = {"gene": "SYMBOL", "log2_fold_change": "effect", "p_value": "chance"}
    dataset = Dataset(signature=tmp_path / "t.tsv", columns=columns, duplicates="strongest", complete=False)
    signature = dataset.contrast(dataset.read(), "human")
    assert len(signature) == 8 and signature.tested and not signature.complete


def test_mouse_is_detected_converted_and_reported(tmp_path):
    mouse = pd.DataFrame(
        {"gene": ["Socs3", "Stat3", "Bglap", "Bglap2", "Runx2", "Sp7"], "logFC": [1.0, 2, 3, 4, -1, 0.5], "t": [1.0, 2, 3, 4, -1, 0.5]}
    )
    mouse.to_csv(tmp_path / "m.tsv", sep="\t", index=False)
    dataset = Dataset(signature=tmp_path / "m.tsv")
    signature = dataset.contrast(None, "human")
    assert signature.species == "human" and "BGLAP" in set(signature.table["gene"])
    assert signature.report["notes"] == ["the data are mouse; 5 human genes stand for their orthologs"]
    assert dataset.contrast(None).species == "mouse"
    with pytest.raises(jn.SpeciesError, match=r"declared human, but the gene names are mouse .*; say species: mouse\.$"), in_words(as_key):
        Dataset(signature=tmp_path / "m.tsv", species="human").contrast(None, "human")


@pytest.mark.real_data
def test_fold_changes_alone_with_genes_listed_twice(real_data):
    path = real_data / "expression/GSE107363_RA_osteoblast_log2FC.tsv.gz"
    with pytest.raises(jn.InputError, match="say duplicates: strongest"), in_words(as_key):
        Dataset(signature=path).contrast(None, "human")
    signature = Dataset(signature=path, duplicates="strongest").contrast(None, "human")
    assert len(signature) > 15_000 and not signature.tested
