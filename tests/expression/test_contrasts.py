from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jaknet.errors import InputError, OverlapError, SpeciesError
from jaknet.expression import contrasts
from jaknet.expression.contrasts import contrast, effective_library
from jaknet.expression.moderated import rotated_statistics
from jaknet.expression.reading import read_expression
from jaknet.genes.tables import gene_table

RNG = np.random.default_rng(11)
SYMBOLS = sorted(gene_table("human").coding)[:400]
NAMES = [f"s{i}" for i in range(8)]
DONORS = np.repeat(list("abcd"), 2)
SAMPLES = pd.DataFrame({"treatment": ["drug", "vehicle"] * 4, "donor": DONORS, "time": ["3h"] * 4 + ["24h"] * 4}, index=NAMES)
CHANGE = np.zeros(400)
CHANGE[:40] = RNG.choice([-2.0, 2.0], 40)


def counts(reads: float = 3e6) -> pd.DataFrame:
    level = RNG.gamma(1, 1, (400, 1)) + 0.05
    mean = level / level.sum() * reads * 2 ** (CHANGE[:, None] * (SAMPLES["treatment"] == "drug").to_numpy() * np.ones(8))
    return pd.DataFrame(RNG.poisson(RNG.gamma(20, mean / 20)), index=SYMBOLS, columns=NAMES)


COUNTS = counts()
LOGS = np.log2(COUNTS + 8.5)
ARGUMENTS = {"samples": SAMPLES, "test": "drug", "reference": "vehicle"}


@pytest.mark.parametrize("arguments", [{}, {"covariates": ["donor"]}, {"method": "trend"}])
def test_counts_recover_the_changed_genes(arguments):
    sig = contrast(COUNTS, **ARGUMENTS, **arguments)
    table = sig.to_frame().set_index("gene").loc[SYMBOLS]
    called = (table["q_value"] < 0.05).to_numpy()
    assert called[CHANGE != 0].mean() > 0.9
    assert called[CHANGE == 0].mean() < 0.05
    assert np.corrcoef(table["log2_fold_change"], CHANGE)[0, 1] > 0.9
    assert (table["p_value"] > 0).all()
    assert (np.sign(table["statistic"]) == np.sign(table["log2_fold_change"])).all()


def test_log_intensities_go_through_the_moderated_t():
    sig = contrast(LOGS, **ARGUMENTS)
    assert sig.report["method"] == "moderated t, limma-trend"
    assert set(sig.to_frame().nsmallest(30, "p_value")["gene"]) <= set(SYMBOLS[:40])


def test_tpm_is_logged():
    tpm = COUNTS / COUNTS.sum() * 1e6
    sig = contrast(tpm, **ARGUMENTS)
    table = sig.to_frame().set_index("gene")
    assert sig.report["reading"]["kind"] == "tpm"
    assert table.loc[SYMBOLS[:40], "log2_fold_change"].abs().median() == pytest.approx(2, abs=0.4)


def test_swapping_the_levels_turns_every_sign():
    there = contrast(LOGS, **ARGUMENTS).to_frame()
    back = contrast(LOGS, SAMPLES, test="vehicle", reference="drug").to_frame()
    np.testing.assert_allclose(there["statistic"], -back["statistic"], rtol=1e-9)


def test_order_of_genes_and_samples_changes_nothing():
    mixed = COUNTS.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=2)
    one, other = contrast(COUNTS, **ARGUMENTS).to_frame(), contrast(mixed, **ARGUMENTS).to_frame()
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_residuals_reproduce_the_statistic_of_the_linear_model():
    sig = contrast(LOGS, **ARGUMENTS, covariates=["donor"])
    rotation = sig.report["rotation"]
    assert sig.residuals.shape == (len(sig), 1 + 8 - 5)
    assert rotation["residual_df"] == 3
    np.testing.assert_allclose(rotated_statistics(sig.residuals, rotation["prior_df"]), sig.table["statistic"], rtol=1e-8)
    of_counts = contrast(COUNTS, **ARGUMENTS)
    again = rotated_statistics(of_counts.residuals, of_counts.report["rotation"]["prior_df"])
    assert np.corrcoef(again, of_counts.table["statistic"])[0, 1] > 0.9


def test_subset_uses_part_of_the_samples_and_says_so():
    with pytest.warns(UserWarning, match="2 replicates only"):
        sig = contrast(LOGS, **ARGUMENTS, subset={"time": "3h"})
    assert sig.report["samples_left_out"] == 4


def test_paralogues_are_summed_before_the_test():
    mouse = ["Bglap", "Bglap2", "Bglap3", "Sost", "Dmp1", "Runx2", "Sp7", "Stat3", "Socs3", "Cish"]
    matrix = pd.DataFrame(RNG.poisson(200_000, (10, 8)), index=mouse, columns=NAMES)
    matrix.iloc[:3] = RNG.poisson(100_000, (3, 8)) * (1 + (SAMPLES["treatment"] == "drug").to_numpy())
    own = contrast(matrix, **ARGUMENTS)
    assert own.species == "mouse"
    assert {"Bglap", "Bglap2", "Bglap3"} <= set(own.table["gene"])
    human = contrast(matrix, **ARGUMENTS, orthologs_to="human")
    assert human.species == "human"
    assert human.report["summed"]["BGLAP"] == ["Bglap", "Bglap2", "Bglap3"]
    assert human.table.set_index("gene").loc["BGLAP", "log2_fold_change"] > 0.5


def test_shrunken_fold_changes_are_for_display():
    sig = contrast(COUNTS.iloc[:60] * 9, **ARGUMENTS, shrink=True)
    assert "shrunken_log2_fold_change" in sig.to_frame()


def test_low_depth_is_said_loudly():
    with pytest.warns(UserWarning, match="LOW DEPTH: the median sample has"):
        sig = contrast(counts(5e4), **ARGUMENTS)
    assert "LOW DEPTH" in sig.report["warnings"][0]


def test_genes_without_reads_are_left_out_and_counted():
    table = COUNTS.copy()
    table.iloc[:7] = 0
    table.iloc[0, 0] = 9
    sig = contrast(table, **ARGUMENTS)
    assert sig.report["dropped_undetected"] == 7
    assert len(sig) == 393


def test_memory_is_estimated_before_the_start():
    assert contrasts._choose("auto", "counts", (60_000, 2_000), 4e9) == "trend"
    assert contrasts._choose("auto", "counts", (20_000, 100), 4e9) == "deseq2"
    with pytest.raises(InputError, match=r"60000 genes x 2000 samples need about 9\.6 GB.*method='trend'"):
        contrasts._choose("deseq2", "counts", (60_000, 2_000), 4e9)
    with pytest.raises(InputError, match="select samples with subset="):
        contrasts._choose("auto", "counts", (60_000, 2_000), 1e9)


@pytest.mark.parametrize(
    ("source", "arguments", "error", "words"),
    [
        (COUNTS, {"samples": None}, InputError, "no sample table"),
        (COUNTS, {"samples": SAMPLES.set_axis([f"x{i}" for i in range(8)])}, InputError, "samples do not match"),
        (COUNTS, {"species": "mouse"}, SpeciesError, "declared mouse"),
        (LOGS, {"method": "deseq2"}, InputError, "DESeq2 needs counts"),
        (COUNTS, {"method": "edger"}, InputError, "unknown method 'edger'"),
        (COUNTS.set_axis([f"locus_{i}" for i in range(400)]), {}, (InputError, OverlapError), "no identifier|lead from"),
        (COUNTS // 10**6, {}, InputError, "nothing but zeros|nothing to test"),
    ],
)
def test_unusable_input_is_refused(source, arguments, error, words):
    with pytest.raises(error, match=words):
        contrast(source, **ARGUMENTS | arguments)


def test_effective_library_corrects_composition():
    even = np.full((200, 2), 100)
    even[:10, 1] = 10_000
    library = effective_library(even)
    assert library[1] / library[0] == pytest.approx(1)
    assert effective_library(even[:50]).tolist() == even[:50].sum(axis=0).tolist()


@pytest.mark.real_data
def test_il22_on_t84(real_data):
    folder = real_data / "expression"
    expression = read_expression(folder / "t84_il22_counts.tsv.gz", folder / "t84_il22_samples.tsv")
    sig = contrast(expression, test="IL22", reference="Mock", subset={"time": "3h"})
    top = sig.to_frame().nsmallest(12, "p_value").set_index("gene")
    assert top.loc["SOCS3", "log2_fold_change"] == pytest.approx(3.39, abs=0.05)


@pytest.mark.real_data
def test_mouse_bone(real_data):
    folder = real_data / "expression"
    path = folder / "mouse_bone_osteocyte_enriched_counts.tsv.gz"
    design = {"factor": "condition", "test": "osteocyte_enriched", "reference": "with_marrow"}
    sig = contrast(path, folder / "mouse_bone_osteocyte_enriched_samples.tsv", **design, orthologs_to="human")
    change = sig.to_frame().set_index("gene")["log2_fold_change"]
    assert change[["DMP1", "SOST", "BGLAP"]].tolist() == pytest.approx([5.7, 7.3, 3.9], abs=0.1)
    assert len(sig.report["summed"]["BGLAP"]) == 3
    assert sig.report["mapped"] > 41_000


@pytest.mark.real_data
def test_airway_paired(real_data):
    folder = real_data / "expression"
    sig = contrast(folder / "airway_rawcounts.csv.gz", folder / "airway_metadata.csv", "dex", "treated", "control", ["celltype"])
    assert {"SPARCL1", "DUSP1", "PER1"} <= set(sig.to_frame().nsmallest(12, "p_value")["gene"])
    assert sig.report["design"] == "~ celltype (4 groups) + dex"
