from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from jaknet.errors import InputError, UnknownNameError
from jaknet.expression.expression import read_expression
from jaknet.expression.quality import OSTEOBLAST_MARKERS, check_quality, depth_warnings
from jaknet.genes.tables import gene_table

RNG = np.random.default_rng(12)
OTHERS = sorted(gene_table("human").coding - set(OSTEOBLAST_MARKERS))[:2000]
SYMBOLS = [*OSTEOBLAST_MARKERS, "XIST", "RPS4Y1", *OTHERS]
NAMES = [f"s{i}" for i in range(8)]
SAMPLES = pd.DataFrame({"treatment": ["drug"] * 4 + ["vehicle"] * 4, "sex": ["f"] * 8}, index=NAMES)


@pytest.fixture
def counts() -> pd.DataFrame:
    level = np.tile(3_000 * RNG.gamma(2, 0.5, (len(SYMBOLS), 1)) + 50, 8)
    level[50:150, :4] *= 4
    level[10] = 0
    return pd.DataFrame(RNG.poisson(RNG.gamma(50, level / 50)), index=SYMBOLS, columns=NAMES)


def test_sound_data_give_no_warning(counts):
    quality = check_quality(counts, SAMPLES, factor="treatment")
    assert quality.warnings == ()
    assert quality.table["library_size"].tolist() == counts.sum().tolist()
    assert (quality.table["own_group"] > quality.table["other_group"]).all()
    assert set(quality.table["sex"]) == {"female"}


def test_swapped_labels_are_found(counts):
    swapped = counts.rename(columns={"s0": "s7", "s7": "s0"})[NAMES]
    quality = check_quality(swapped, SAMPLES, factor="treatment")
    assert quality.table.index[quality.table["flags"] == "swapped?"].tolist() == ["s0", "s7"]
    assert "s0, s7 resemble another group" in quality.warnings[0]


def test_groups_that_explain_nothing_are_not_called_swapped(counts):
    other = SAMPLES.assign(treatment=["a", "b"] * 4)
    quality = check_quality(counts, other, factor="treatment")
    assert "do not group by treatment" in quality.warnings[0]
    assert (quality.table["flags"] == "").all()


def test_outlier_is_found(counts):
    counts["s2"] = RNG.permutation(RNG.gamma(0.3, 30_000, len(counts)).astype(int))
    quality = check_quality(counts)
    assert quality.table.loc["s2", "flags"] == "outlier"
    assert "s2 resemble no other sample" in quality.warnings[0]


def test_sex_is_compared_with_the_declaration_and_mixtures_are_said(counts):
    counts.loc["XIST", "s1"], counts.loc["RPS4Y1", "s1"] = 0, 3_000
    counts.loc["RPS4Y1", "s4"] = 3_000
    quality = check_quality(counts, SAMPLES)
    assert quality.table.loc["s1", "sex"] == "male"
    assert quality.table.loc["s1", "flags"].split(", ")[-1] == "sex"
    assert quality.table.loc["s4", "sex"] == "both"
    assert any("s1 are not of the declared sex" in line for line in quality.warnings)
    assert any("s4 express XIST and genes of the Y" in line for line in quality.warnings)


def test_silent_markers_are_named(counts):
    counts.loc[["RUNX2", "SP7", "BGLAP"]] = 0
    assert "RUNX2, SP7, BGLAP are below" in check_quality(counts).warnings[-1]
    assert check_quality(counts, markers=["COL1A1"]).warnings == ()


def test_low_depth_warns_loudly(counts):
    with pytest.warns(UserWarning, match="LOW DEPTH"):
        quality = check_quality(counts // 100)
    assert quality.warnings[0].startswith("LOW DEPTH")


def test_shallow_sample_and_few_genes(counts):
    counts["s3"] //= 10
    assert "samples s3 have less than a fifth" in depth_warnings(counts)[0]
    empty = pd.DataFrame(0, index=[f"g{i}" for i in range(10_000)], columns=NAMES)
    assert "FEW GENES" in depth_warnings(pd.concat([counts * 3, empty]))[-1]


def test_log_intensities_are_checked_too(counts):
    quality = check_quality(np.log2(counts + 1.5), SAMPLES, factor="treatment")
    assert quality.warnings == ()
    assert quality.correlation.shape == (8, 8)


def test_unknown_factor(counts):
    with pytest.raises(UnknownNameError, match="dose"):
        check_quality(counts, SAMPLES, factor="dose")


def test_figure_and_repr(counts):
    quality = check_quality(counts, SAMPLES, factor="treatment")
    assert quality.plot().get_title(loc="left") == "8 samples, 0 flagged"
    assert repr(quality) == "Quality: 8 samples, 0 warnings"
    assert quality.to_frame() is not quality.table


@pytest.mark.real_data
def test_low_depth_osteoblasts_warn_loudly(real_data):
    with pytest.warns(UserWarning, match=r"LOW DEPTH: the median sample has 109,892 reads"):
        quality = check_quality(real_data / "expression/low_depth_osteoblast_counts.tsv.gz")
    assert [line.split(":")[0] for line in quality.warnings[:2]] == ["LOW DEPTH", "FEW GENES"]
    assert "ALPL, IBSP, BGLAP" in quality.warnings[-1]


@pytest.mark.real_data
def test_mouse_bone_is_sound(real_data):
    folder = real_data / "expression"
    paths = (folder / "mouse_bone_osteocyte_enriched_counts.tsv.gz", folder / "mouse_bone_osteocyte_enriched_samples.tsv")
    assert check_quality(*paths, factor="condition").warnings == ()


@pytest.fixture
def sound() -> pd.DataFrame:
    """Four samples without noise: every gene at its own level."""
    level = np.linspace(1, 50, len(SYMBOLS)).round() * 1000
    return pd.DataFrame(np.tile(level[:, None], (1, 4)) + np.arange(4) * 10, index=SYMBOLS, columns=list("abcd")).astype(int)


def test_table_holds_sums_and_genes_seen(counts):
    quality = check_quality(counts)
    assert quality.table["detected_genes"].tolist() == (counts > 0).sum().tolist()
    assert list(quality.table.index) == NAMES
    assert quality.table["other_group"].isna().all()


def test_components_are_those_of_the_centred_logarithms(counts):
    quality = check_quality(counts)
    logs = np.log2(counts / counts.sum() * 1e6 + 1)
    variable = logs.loc[logs.var(axis=1).nlargest(1000).index].to_numpy()
    centred = variable - variable.mean(axis=1, keepdims=True)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    for place, name in ((-1, "pc1"), (-2, "pc2")):
        expected = vectors[:, place] * np.sqrt(values[place])
        found = quality.table[name].to_numpy()
        np.testing.assert_allclose(np.abs(found), np.abs(expected), rtol=1e-6, atol=1e-6)
        assert abs(found @ expected) == pytest.approx(values[place], rel=1e-6)


def test_correlation_is_pearson_of_the_logarithms(counts):
    quality = check_quality(counts)
    logs = np.log2(counts / counts.sum() * 1e6 + 1)
    variable = logs.loc[logs.var(axis=1).nlargest(1000).index]
    np.testing.assert_allclose(quality.correlation, np.corrcoef(variable.to_numpy().T), atol=1e-9)
    assert list(quality.correlation.index) == list(quality.correlation.columns) == NAMES
    own = [np.median(np.delete(quality.correlation.to_numpy()[i], i)) for i in range(8)]
    np.testing.assert_allclose(quality.table["own_group"], own)


def test_markers_are_means_per_million(counts):
    quality = check_quality(counts, markers=["RUNX2", "NOT_MEASURED", "SP7"])
    assert list(quality.markers.index) == ["RUNX2", "NOT_MEASURED", "SP7"]
    expected = (counts.loc["SP7"] / counts.sum() * 1e6).mean()
    assert quality.markers["SP7"] == pytest.approx(expected)
    assert np.isnan(quality.markers["NOT_MEASURED"])
    assert "markers NOT_MEASURED are below 1 per million" in quality.warnings[0]


@pytest.mark.parametrize(("silent", "said"), [(2, False), (3, True)])
def test_a_third_of_the_markers_must_be_silent(counts, silent, said):
    counts.loc[list(OSTEOBLAST_MARKERS[:silent])] = 0
    assert bool(check_quality(counts).warnings) == said


def test_order_of_genes_and_samples_changes_no_finding(counts):
    counts.loc["XIST", "s1"], counts.loc["RPS4Y1", "s1"] = 0, 10_000
    one = check_quality(counts, SAMPLES, factor="treatment")
    mixed = counts.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=2)
    two = check_quality(mixed, SAMPLES.iloc[::-1], factor="treatment")
    assert one.warnings == two.warnings
    columns = ["library_size", "detected_genes", "own_group", "other_group", "sex", "flags"]
    pd.testing.assert_frame_equal(two.table.loc[NAMES, columns], one.table[columns], check_exact=False, rtol=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.2, 20))
def test_depth_scales_sizes_and_nothing_of_the_pattern(factor):
    rng = np.random.default_rng(0)
    level = pd.DataFrame(rng.gamma(2, 40_000, (len(SYMBOLS), 4)).round(), index=SYMBOLS, columns=list("abcd")) + 5
    one, other = check_quality(level.astype(int)), check_quality((level * factor).round().astype(int))
    assert np.abs(one.correlation - other.correlation).to_numpy().max() < 1e-3
    np.testing.assert_allclose(other.table["library_size"], one.table["library_size"] * factor, rtol=1e-3)


def test_mouse_counts_are_checked_by_their_human_orthologs():
    mouse = ["Runx2", "Sp7", "Alpl", "Col1a1", "Col1a2", "Sparc", "Spp1", "Ibsp", "Bglap", "Bglap2", "Xist"]
    counts = pd.DataFrame(RNG.poisson(200_000, (11, 4)), index=mouse, columns=list("abcd"))
    quality = check_quality(counts)
    assert [line.split(":")[0] for line in quality.warnings] == ["FEW ROWS"]
    assert quality.markers["BGLAP"] == pytest.approx((counts.loc[["Bglap", "Bglap2"]].sum() / counts.sum() * 1e6).mean())


def test_samples_that_the_table_leaves_out_are_not_checked(counts):
    quality = check_quality(counts, SAMPLES.iloc[:5])
    assert list(quality.table.index) == NAMES[:5]
    assert quality.correlation.shape == (5, 5)


@pytest.mark.parametrize("column", ["sex", "Sex", "GENDER"])
@pytest.mark.parametrize(("declared", "flagged"), [("M", True), ("male", True), ("F", False), ("Female", False), ("unknown", False)])
def test_sex_is_declared_in_many_ways(counts, column, declared, flagged):
    table = SAMPLES.drop(columns="sex").assign(**{column: declared})
    found = check_quality(counts, table).warnings
    assert any("not of the declared sex" in line for line in found) == flagged


def test_sex_is_not_told_from_logarithms_or_silence(counts):
    assert set(check_quality(np.log2(counts + 1.5)).table["sex"]) == {""}
    counts.loc[["XIST", "RPS4Y1"]] = 0
    assert set(check_quality(counts).table["sex"]) == {""}


@pytest.mark.parametrize(("reads", "low"), [(999_999, True), (1_000_000, False)])
def test_a_million_reads_is_the_least(reads, low):
    """The median sample counts, not the mean, which one deep sample lifts."""
    counts = pd.DataFrame({"a": [reads], "b": [reads], "c": [10**8]}, index=["STAT3"])
    assert any(line.startswith("LOW DEPTH") for line in depth_warnings(counts)) == low


def test_reads_of_the_median_sample_are_spelled_out():
    (said, *_) = depth_warnings(pd.DataFrame({"a": [1234], "b": [5678], "c": [91_011]}))
    assert said.startswith("LOW DEPTH: the median sample has 5,678 reads, where 10,000,000 are usual")


@pytest.mark.parametrize(("reads", "said"), [(1_999_999, True), (2_000_000, False)])
def test_a_fifth_of_the_median_is_the_least_of_a_sample(reads, said):
    counts = pd.DataFrame({"a": [10**7], "b": [10**7], "c": [10**7], "d": [reads]})
    assert any("samples d have less than a fifth" in line for line in depth_warnings(counts)) == said


@pytest.mark.parametrize(("rows", "seen", "said"), [(10_000, 7_999, True), (10_000, 8_000, False), (9_999, 100, False)])
def test_few_genes_are_said_of_whole_transcriptomes_alone(rows, seen, said):
    """Five reads make a gene seen; four do not."""
    column = np.r_[[10**7], np.full(seen - 1, 5), np.full(rows - seen, 4)]
    found = depth_warnings(pd.DataFrame({"a": column, "b": column, "c": np.r_[10**7, np.full(rows - 1, 9)]}))
    assert any(f"only {seen:,} genes have 5 reads or more" in line for line in found) == said
    assert not any("LOW DEPTH" in line for line in found)


def test_one_and_two_samples_are_checked_without_a_fault(sound):
    for names in (["a"], ["a", "b"]):
        quality = check_quality(sound[names])
        assert len(quality.table) == len(names)
        assert quality.table["pc1"].notna().all() and (quality.table["flags"] == "").all()


def test_small_groups_are_not_called_swapped(counts):
    swapped = counts.rename(columns={"s0": "s7", "s7": "s0"})[NAMES]
    few = swapped[["s0", "s1", "s6", "s7"]]
    assert "swapped?" not in set(check_quality(few, SAMPLES.loc[few.columns], factor="treatment").table["flags"])


def test_flagged_samples_are_crossed_and_named_in_the_figure(counts):
    counts["s2"] = RNG.permutation(RNG.gamma(0.3, 30_000, len(counts)).astype(int))
    quality = check_quality(counts)
    axes = quality.plot()
    crosses = [(x, y) for line in axes.lines if line.get_marker() == "X" for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)]
    assert crosses == [tuple(quality.table.loc["s2", ["pc1", "pc2"]])]
    assert sorted(text.get_text().split(" ")[0] for text in axes.texts) == sorted(NAMES)


def test_repr_counts_samples_and_warnings(counts):
    counts.loc[list(OSTEOBLAST_MARKERS)] = 0
    first, second = repr(check_quality(counts)).splitlines()
    assert first == "Quality: 8 samples, 1 warnings"
    assert second.startswith("  - markers RUNX2, SP7")


def test_order_of_columns_and_of_the_sample_table_changes_no_bit(counts):
    """The order of matrix columns used to change the components of quality.tsv."""
    one = check_quality(counts, SAMPLES, factor="treatment")
    mixed = counts[list(reversed(NAMES))]
    for table in (SAMPLES, SAMPLES.iloc[::-1], SAMPLES.sample(frac=1, random_state=5)):
        two = check_quality(mixed, table, factor="treatment")
        assert two.warnings == one.warnings
        assert two.to_frame().to_csv() == one.to_frame().to_csv()
        pd.testing.assert_frame_equal(two.to_frame(), one.to_frame(), check_exact=True)
        pd.testing.assert_frame_equal(two.correlation, one.correlation, check_exact=True)


@pytest.mark.real_data
def test_order_of_columns_changes_no_bit_of_real_quality(real_data):
    counts = pd.read_csv(real_data / "expression/t84_il22_counts.tsv.gz", sep="\t", index_col=0)
    samples = pd.read_csv(real_data / "expression/t84_il22_samples.tsv", sep="\t")
    one = check_quality(counts, samples, factor="treatment")
    two = check_quality(counts.sample(frac=1, axis=1, random_state=1), samples.iloc[::-1], factor="treatment")
    pd.testing.assert_frame_equal(two.to_frame(), one.to_frame(), check_exact=True)


def test_frame_names_the_samples_first(counts):
    frame = check_quality(counts).to_frame()
    assert next(iter(frame)) == "sample" and frame["sample"].tolist() == NAMES


def test_samples_outside_the_subset_are_not_checked(counts):
    counts["s7"] //= 1000
    table = SAMPLES.assign(time=["3h"] * 7 + ["24h"])
    with pytest.warns(UserWarning, match="s7 have less than a fifth"):
        check_quality(counts, table)
    quality = check_quality(counts, table, "treatment", subset={"time": "3h"})
    assert quality.warnings == () and list(quality.table.index) == NAMES[:7]


def test_a_factor_or_subset_needs_a_sample_table(counts):
    for options in ({"factor": "treatment"}, {"subset": {"time": "3h"}}):
        with pytest.raises(InputError, match="give samples= with one row a sample"):
            check_quality(counts, **options)


def test_repeated_and_constant_samples_are_named_and_flagged(counts):
    counts["s5"], counts["s2"] = counts["s1"], 3000
    with pytest.warns(UserWarning, match="CONSTANT: samples s2 hold the same value for every gene"):
        quality = check_quality(counts, SAMPLES)
    assert quality.warnings[1].startswith("REPEATED: samples s1, s5 hold identical values")
    assert quality.faults == quality.warnings[:2]
    assert quality.table["flags"].str.contains("repeated").tolist() == [name in ("s1", "s5") for name in NAMES]
    assert "constant" in quality.table.loc["s2", "flags"]


def test_true_and_false_are_no_counts(counts, tmp_path):
    (tmp_path / "flags.csv").write_text((counts > 3000).rename_axis("gene").to_csv())
    missing = counts.assign(s4=(counts["s4"] > 3000).astype(object).where(counts["s4"] > 0))
    for flags, named in ((counts > 3000, "s0, s1"), (missing, "s4"), (tmp_path / "flags.csv", "s0, s1")):
        with pytest.raises(InputError, match=f"columns {named}.* hold TRUE and FALSE"):
            check_quality(flags)


def test_names_of_another_kind_are_doubted(counts):
    strange = counts.set_axis([name if i < 500 else f"LOC{i}" for i, name in enumerate(counts.index)])
    lines = check_quality(read_expression(strange, species="human")).warnings
    assert lines[0].startswith("WRONG SPECIES? Only 25% of the row names are human genes")
    assert lines[1].startswith("FEW ROWS: 500 genes are listed")


def test_linear_abundances_are_compared_per_million():
    """Values of 39 million in all must not turn a trace of XIST into its presence."""
    level = np.full((len(SYMBOLS), 4), 20_000.0) + RNG.uniform(0, 9, (len(SYMBOLS), 4))
    level[SYMBOLS.index("XIST")], level[SYMBOLS.index("RPS4Y1")] = 50.5, 20_000.5
    quality = check_quality(pd.DataFrame(level, index=SYMBOLS, columns=list("abcd")))
    assert set(quality.table["sex"]) == {"male"}
    assert quality.markers["SP7"] == pytest.approx(1e6 / len(SYMBOLS), rel=0.01)


def test_log_intensities_lack_markers_only_if_they_were_not_measured(counts):
    logs = np.log2(counts + 1.5).drop(index=["RUNX2", "SP7", "BGLAP"])
    assert check_quality(logs).warnings == ("markers RUNX2, SP7, BGLAP are not measured: are these the cells you think?",)
