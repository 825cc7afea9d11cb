from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydeseq2.default_inference import DefaultInference

from jaknet.expression._negative_binomial import _Inference, wald_test

GOLDEN = Path(__file__).parents[1] / "golden" / "expression"
RNG = np.random.default_rng(0)
DESIGN = np.column_stack([np.ones(8), np.repeat([0, 1], 4), np.tile([0, 1], 4)]).astype(float)
MEAN = np.exp(RNG.normal(3, 2, (300, 1)) + DESIGN[:, 2] * RNG.normal(0, 1, (300, 1)))
DISPERSION = np.exp(RNG.normal(-3, 1, 300))
COUNTS = RNG.poisson(RNG.gamma(1 / DISPERSION[:, None], MEAN * DISPERSION[:, None]))
COUNTS[:10, 4:] = 0
KEPT = COUNTS.sum(axis=1) >= 10
COUNTS, DISPERSION = COUNTS[KEPT].T, DISPERSION[KEPT]
FACTORS = np.exp(RNG.normal(0, 0.2, 8))
OURS, PEER = _Inference(n_cpus=1), DefaultInference(n_cpus=1)


def test_coefficients_are_those_of_pydeseq2():
    arguments = (COUNTS, FACTORS, DESIGN, DISPERSION, 0.5, 1e-8)
    for ours, peer in zip(OURS.irls(*arguments), PEER.irls(*arguments)):
        np.testing.assert_allclose(ours.astype(float), peer.astype(float), rtol=1e-9, atol=1e-9)


def test_starting_means_are_those_of_pydeseq2():
    arguments = (COUNTS, FACTORS, DESIGN, 0.5)
    np.testing.assert_allclose(OURS.lin_reg_mu(*arguments), PEER.lin_reg_mu(*arguments), rtol=1e-9)


@pytest.mark.parametrize("spread", [None, 1.0])
def test_dispersions_are_those_of_pydeseq2(spread):
    counts = COUNTS[:, :120]
    mean = np.maximum(counts.mean(axis=0), 0.5) * np.ones((8, 1))
    start = np.full(counts.shape[1], 0.1)
    arguments = (counts, DESIGN, mean, start, 1e-8, 10.0, spread, True, spread is not None)
    ours, peer = OURS.alpha_mle(*arguments)[0], PEER.alpha_mle(*arguments)[0]
    clear = peer > 1e-4  # below, the likelihood is flat and the peer's search stops early
    assert clear.sum() > 100
    np.testing.assert_allclose(np.log(ours[clear]), np.log(peer[clear]), atol=2e-4)


def test_statistics_are_those_of_deseq2():
    counts = pd.read_csv(GOLDEN / "simulated_counts.tsv", sep="\t", index_col=0)
    deseq2 = pd.read_csv(GOLDEN / "simulated_deseq2.tsv", sep="\t", index_col=0)
    donors = pd.get_dummies(pd.Series(np.repeat(list("abcd"), 2)), drop_first=True)
    design = pd.concat([pd.Series(1, range(8), name="intercept"), donors, pd.Series(np.tile([0, 1], 4), name="drug")], axis=1).astype(float)
    found, _ = wald_test(counts, design)
    np.testing.assert_allclose(found["log2_fold_change"], deseq2["log2_fold_change"], atol=0.003)
    np.testing.assert_allclose(found["statistic"], deseq2["stat"], atol=0.04)
    assert (found["statistic"] - deseq2["stat"]).abs().median() < 0.002


@pytest.mark.real_data
def test_airway_statistics_are_close_to_those_of_deseq2(real_data):
    counts = pd.read_csv(real_data / "expression/airway_rawcounts.csv.gz", index_col=0)
    counts = counts[counts.sum(axis=1) >= 10]
    data = pd.read_csv(real_data / "expression/airway_metadata.csv", index_col=0)
    design = pd.get_dummies(data["celltype"], drop_first=True).assign(treated=data["dex"] == "treated").astype(float)
    design.insert(0, "intercept", 1.0)
    found = wald_test(counts, design)[0]
    deseq2 = pd.read_csv(GOLDEN / "airway_deseq2.tsv", sep="\t", index_col=0)
    found = found.loc[deseq2.index]
    difference = (found["statistic"] - deseq2["stat"]).abs()
    assert difference.median() < 0.05
    assert found["statistic"].corr(deseq2["stat"], method="spearman") > 0.998
    assert (found["log2_fold_change"] - deseq2["log2_fold_change"]).abs().quantile(0.95) < 0.01


def test_shrunken_fold_changes_are_smaller_and_change_no_statistic():
    counts = pd.DataFrame(COUNTS.T[-60:], columns=[f"s{i}" for i in range(8)])
    design = pd.DataFrame(DESIGN, index=counts.columns, columns=["intercept", "batch", "drug"])
    plain, shrunk = wald_test(counts, design)[0], wald_test(counts, design, shrink=True)[0]
    pd.testing.assert_frame_equal(plain, shrunk[list(plain)])
    assert (shrunk["shrunken_log2_fold_change"].abs() <= shrunk["log2_fold_change"].abs() + 0.05).mean() > 0.95


def test_no_gene_without_zeros_still_has_size_factors():
    counts = pd.DataFrame(RNG.poisson(20, (40, 6)), columns=list("abcdef"))
    for i in range(40):
        counts.iloc[i, i % 6] = 0
    design = pd.DataFrame({"intercept": 1.0, "drug": [0.0, 0, 0, 1, 1, 1]}, index=counts.columns)
    assert np.isfinite(wald_test(counts, design)[0]["statistic"]).all()
