from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats

from jaknet.errors import InputError, OverlapError, SpeciesError
from jaknet.expression import contrast as contrasts
from jaknet.expression._moderated import rotated_statistics
from jaknet.expression.contrast import _effective_library, contrast
from jaknet.expression.expression import read_expression
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
    assert sig.rotation.residuals.shape == (len(sig), 1 + 8 - 5)
    assert rotation["residual_df"] == 3
    np.testing.assert_allclose(rotated_statistics(sig.rotation.residuals, sig.rotation.prior_df), sig.table["statistic"], rtol=1e-8)
    of_counts = contrast(COUNTS, **ARGUMENTS)
    again = rotated_statistics(of_counts.rotation.residuals, of_counts.rotation.prior_df)
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
    library = _effective_library(even)
    assert library[1] / library[0] == pytest.approx(1)
    assert _effective_library(even[:50]).tolist() == even[:50].sum(axis=0).tolist()


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


DRUG = (SAMPLES["treatment"] == "drug").to_numpy()


def _by_gene(source, **arguments) -> pd.DataFrame:
    return contrast(source, **ARGUMENTS | arguments).to_frame().set_index("gene")


def test_fold_change_of_logarithms_is_the_difference_of_means():
    found = _by_gene(LOGS).loc[SYMBOLS, "log2_fold_change"]
    np.testing.assert_allclose(found, LOGS.loc[:, DRUG].mean(axis=1) - LOGS.loc[:, ~DRUG].mean(axis=1), rtol=1e-9, atol=1e-12)


def test_fold_change_of_pairs_is_the_mean_of_their_differences():
    shifted = LOGS + np.repeat([0.0, 3.0, -2.0, 5.0], 2)  # donors differ, pairs do not
    found = _by_gene(shifted, covariates=["donor"]).loc[SYMBOLS, "log2_fold_change"]
    pairs = LOGS.to_numpy()[:, ::2] - LOGS.to_numpy()[:, 1::2]
    np.testing.assert_allclose(found, pairs.mean(axis=1), rtol=1e-9, atol=1e-9)


def test_statistics_lie_between_the_ordinary_t_and_one_common_variance():
    """Shrinkage by hand: the moderated t is the ordinary one with its variance moved towards the prior."""
    sig = contrast(LOGS, **ARGUMENTS)
    values = LOGS.loc[sig.table["gene"]].to_numpy()
    ordinary = stats.ttest_ind(values[:, DRUG], values[:, ~DRUG], axis=1).statistic
    variance = (values[:, DRUG].var(axis=1, ddof=1) + values[:, ~DRUG].var(axis=1, ddof=1)) / 2
    found, change = sig.table["statistic"].to_numpy(), sig.table["log2_fold_change"].to_numpy()
    posterior = np.square(change / found) / (2 / 4)
    prior_df = sig.report["rotation"]["prior_df"]
    prior = (posterior * (prior_df + 6) - 6 * variance) / prior_df
    assert (prior > 0).all()
    assert ((np.abs(found) < np.abs(ordinary)) == (posterior > variance)).all()
    np.testing.assert_allclose(sig.table["p_value"], 2 * stats.t.sf(np.abs(found), prior_df + 6), rtol=1e-6)


@settings(max_examples=8, deadline=None)
@given(st.floats(-3, 20), st.integers(0, 10**6))
def test_adding_a_constant_to_logarithms_changes_nothing(shift, seed):
    genes = np.random.default_rng(seed).choice(400, 60, replace=False)
    one, other = _by_gene(LOGS.iloc[genes] + 0.5), _by_gene(LOGS.iloc[genes] + 0.5 + shift)
    np.testing.assert_allclose(other, one, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("method", ["deseq2", "trend"])
def test_twice_the_depth_leaves_fold_changes(method):
    deep = COUNTS[(COUNTS > 50).all(axis=1)]
    one, twice = _by_gene(deep, method=method), _by_gene(deep * 2, method=method)
    assert (one["log2_fold_change"] - twice["log2_fold_change"]).abs().max() < 0.02
    assert one["statistic"].corr(twice["statistic"]) > 0.995


@pytest.mark.parametrize("method", ["deseq2", "trend"])
def test_depth_of_single_samples_is_no_effect(method):
    """Treated samples read three times as deeply: without normalisation every gene would rise by 1.6."""
    deep = COUNTS[(COUNTS > 50).all(axis=1)]
    one, other = _by_gene(deep, method=method), _by_gene(deep * np.where(DRUG, 3, 1), method=method)
    assert (one["log2_fold_change"] - other["log2_fold_change"]).abs().median() < 0.03


def test_scaling_tpm_of_a_sample_moves_it_as_the_logarithm_says():
    tpm = COUNTS / COUNTS.sum() * 1e6
    found = _by_gene(tpm).loc[SYMBOLS, "log2_fold_change"]
    logs = np.log2(tpm + 1)
    np.testing.assert_allclose(found, logs.loc[:, DRUG].mean(axis=1) - logs.loc[:, ~DRUG].mean(axis=1), atol=1e-9)


def test_genes_that_no_sample_has_change_no_other_gene():
    silent = pd.DataFrame(0, index=sorted(gene_table("human").coding)[500:600], columns=NAMES)
    for method in ("deseq2", "trend"):
        one, other = _by_gene(COUNTS, method=method), _by_gene(pd.concat([silent, COUNTS]), method=method)
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_names_of_samples_and_levels_are_only_names():
    renamed = dict(zip(NAMES, ["ß 1", "a", "Ω", "10", "9", "z-z", "é", "_"]))
    samples = SAMPLES.rename(index=renamed).replace({"drug": "µ", "vehicle": "0"})
    one = _by_gene(LOGS)
    other = contrast(LOGS.rename(columns=renamed), samples, test="µ", reference="0").to_frame().set_index("gene")
    np.testing.assert_allclose(other, one, rtol=1e-8, atol=1e-10)


def test_third_level_lends_degrees_of_freedom_and_leaves_the_difference():
    more = pd.concat([LOGS, LOGS.iloc[:, :3].set_axis(["x0", "x1", "x2"], axis=1) + 1], axis=1)
    samples = pd.concat([SAMPLES, pd.DataFrame({"treatment": "other", "donor": "e", "time": "3h"}, index=["x0", "x1", "x2"])])
    two, three = contrast(LOGS, **ARGUMENTS), contrast(more, samples, test="drug", reference="vehicle")
    assert (two.report["rotation"]["residual_df"], three.report["rotation"]["residual_df"]) == (6, 8)
    np.testing.assert_allclose(three.table["log2_fold_change"], two.table["log2_fold_change"], rtol=1e-9)
    assert three.report["replicates"] == {"drug": 4, "other": 3, "vehicle": 4}


def test_a_subset_equals_the_same_samples_alone():
    first = list(SAMPLES.index[:6])
    part = contrast(LOGS, SAMPLES.assign(use=["y"] * 6 + ["n"] * 2), test="drug", reference="vehicle", subset={"use": "y"})
    alone = contrast(LOGS[first], SAMPLES.loc[first], test="drug", reference="vehicle")
    pd.testing.assert_frame_equal(part.table, alone.table, check_exact=True)
    assert (part.report["samples_left_out"], alone.report["samples_left_out"]) == (2, 0)


def test_report_and_provenance_say_what_was_done():
    sig = contrast(COUNTS, **ARGUMENTS, covariates=["donor"], method="trend")
    assert sig.label == "drug vs vehicle"
    assert sig.report["method"] == "moderated t, limma-trend"
    assert sig.report["design"] == "~ donor (4 groups) + treatment"
    assert sig.report["untested_outliers"] == 0
    parameters = sig.provenance.parameters
    assert (parameters["covariates"], parameters["method"], parameters["species"]) == (["donor"], "trend", "human")
    assert sig.provenance.dropped["dropped_undetected"] == sig.report["dropped_undetected"]
    assert contrast(COUNTS, **ARGUMENTS).report["method"] == "PyDESeq2, Wald"


def test_ten_reads_in_all_are_enough_and_nine_are_not():
    table = COUNTS[(COUNTS > 20).all(axis=1)].iloc[:50].copy()
    table.iloc[0] = [2, 1, 1, 1, 1, 1, 1, 2]
    table.iloc[1] = [1, 1, 1, 1, 1, 1, 1, 2]
    with pytest.warns(UserWarning, match="LOW DEPTH"):
        found = _by_gene(table, method="trend")
    assert table.index[0] in found.index and table.index[1] not in found.index


def test_rows_of_one_gene_are_summed_before_the_test():
    split = COUNTS.iloc[[5]] // 3
    parts = pd.concat([COUNTS.iloc[:5], split, (COUNTS.iloc[[5]] - split).set_axis(["ENSEMBL"]), COUNTS.iloc[6:]])
    ensembl = gene_table("human").first("ensembl")[SYMBOLS[5]]
    joined = parts.rename(index={"ENSEMBL": ensembl})
    pd.testing.assert_frame_equal(_by_gene(joined), _by_gene(COUNTS), check_exact=True)


@pytest.mark.parametrize("seed", range(2))
def test_library_sizes_follow_depth_and_the_order_of_samples(seed):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.gamma(2, 200, (300, 1)) * np.array([1.0, 2.0, 4.0]))
    library = _effective_library(counts)
    np.testing.assert_allclose(library / library[0], [1, 2, 4], rtol=0.03)
    np.testing.assert_allclose(_effective_library(counts[:, ::-1]), library[::-1], rtol=1e-12)
    np.testing.assert_allclose(_effective_library(counts * 5), library * 5, rtol=1e-12)
    # On the scale of the totals: their geometric mean is kept.
    np.testing.assert_allclose(np.log(library).mean(), np.log(counts.sum(axis=0)).mean(), rtol=1e-12)


def test_blocks_of_genes_give_what_the_whole_gives(monkeypatch):
    whole = contrast(COUNTS, **ARGUMENTS, method="trend").table
    monkeypatch.setattr(contrasts, "_BLOCK", 37)
    pd.testing.assert_frame_equal(contrast(COUNTS, **ARGUMENTS, method="trend").table, whole, check_exact=False, rtol=1e-12)


def test_log_counts_per_million_by_hand():
    (values,) = contrasts._log_blocks(pd.DataFrame([[10, 0], [90, 300]]), "counts")
    library, prior = np.array([100.0, 300.0]), np.array([1.0, 3.0])
    np.testing.assert_allclose(values[0], np.log2((np.array([10, 0]) + prior) / (library + 2 * prior) * 1e6))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"test": "Drug"}, "unknown level of treatment: Drug; known: drug, vehicle"),
        ({"factor": "dose"}, "unknown sample column: dose; known: treatment, donor, time"),
        ({"subset": {"time": "5h"}}, "unknown level of time: 5h; known: 24h, 3h"),
        ({"subset": {"treatment": "drug"}}, "unknown level of treatment: vehicle"),
        ({"covariates": ["batch"]}, "unknown covariate: batch"),
        ({"max_memory": 1e3}, "more than max_memory 0.0 GB; raise max_memory or select samples"),
    ],
)
def test_unknown_names_list_the_known_ones(arguments, words):
    with pytest.raises(InputError, match=words):
        contrast(COUNTS, **ARGUMENTS | arguments)


def test_one_covariate_may_be_named_without_a_list():
    one, listed = (contrast(LOGS, **ARGUMENTS, covariates=given) for given in ("donor", ["donor"]))
    pd.testing.assert_frame_equal(one.table, listed.table)
    assert one.provenance.parameters["covariates"] == ["donor"]


def test_quality_of_the_samples_used_travels_with_the_signature():
    """What the check found used to be dropped: silent markers, samples that the subset left out."""
    early = {"subset": {"time": "3h"}, "method": "trend"}
    table = COUNTS.assign(s7=COUNTS["s7"] // 100)
    with pytest.warns(UserWarning, match="2 replicates only"):
        sig = contrast(table, **ARGUMENTS, **early)
    assert sig.quality is not None and list(sig.quality.table.index) == NAMES[:4]
    assert [line.split(":")[0].split(" ")[0] for line in sig.warnings] == ["treatment", "FEW", "markers"]
    assert sig.warnings == tuple(sig.report["warnings"]) and "are these the cells you think?" in sig.warnings[-1]
    assert sig.to_species("mouse").warnings == sig.warnings and sig.to_species("mouse").quality is sig.quality


def test_faults_of_the_measurement_come_before_the_design_and_are_said_at_once():
    table = COUNTS.assign(s2=COUNTS["s0"])
    with pytest.warns(UserWarning, match="REPEATED: samples s0, s2 hold identical values"):
        sig = contrast(table, **ARGUMENTS, method="trend")
    assert sig.warnings[0].startswith("REPEATED") and sig.quality.table["flags"].str.contains("repeated").sum() == 2


def test_depth_is_that_of_the_whole_library_mapped_or_not():
    extra = pd.DataFrame(10_000, index=["novel_1", "novel_2"], columns=NAMES)
    with pytest.warns(UserWarning) as said:
        sig = contrast(pd.concat([counts(reads=1e5), extra]), **ARGUMENTS, method="trend")
    median = sig.quality.table["library_size"].median()
    assert median > 115_000 and f"the median sample has {median:,.0f} reads" in str(said[0].message)


def test_true_and_false_are_refused():
    with pytest.raises(InputError, match=r"columns s0, s1.* hold TRUE and FALSE, which are no measurements"):
        contrast(COUNTS > 20, **ARGUMENTS)


@pytest.mark.parametrize("values", [COUNTS, LOGS, COUNTS / COUNTS.sum() * 1e6], ids=["counts", "logs", "tpm"])
def test_order_of_columns_and_samples_changes_no_bit(values):
    one = contrast(values, **ARGUMENTS)
    two = contrast(values[NAMES[::-1]], SAMPLES.sample(frac=1, random_state=3), test="drug", reference="vehicle")
    pd.testing.assert_frame_equal(two.table, one.table, check_exact=True)
    pd.testing.assert_frame_equal(two.quality.to_frame(), one.quality.to_frame(), check_exact=True)
    np.testing.assert_array_equal(two.rotation.residuals, one.rotation.residuals)
    assert two.warnings == one.warnings


def test_mouse_counts_are_checked_alike_in_either_species():
    mouse = sorted(gene_table("mouse").coding)[:300] + ["Runx2", "Bglap", "Bglap2", "Col1a1"]
    table = pd.DataFrame(RNG.poisson(20_000, (304, 8)), index=mouse, columns=NAMES)
    own, human = (contrast(table, **ARGUMENTS, method="trend", orthologs_to=to) for to in (None, "human"))
    assert (own.species, human.species) == ("mouse", "human")
    pd.testing.assert_frame_equal(own.quality.to_frame(), human.quality.to_frame(), check_exact=True)
    assert own.warnings == human.warnings
