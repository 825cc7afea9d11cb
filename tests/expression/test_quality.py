from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jaknet.errors import UnknownNameError
from jaknet.expression.quality import OSTEOBLAST_MARKERS, check_quality, depth_warnings
from jaknet.genes.tables import gene_table

RNG = np.random.default_rng(12)
OTHERS = sorted(gene_table("human").coding - set(OSTEOBLAST_MARKERS))[:500]
SYMBOLS = [*OSTEOBLAST_MARKERS, "XIST", "RPS4Y1", *OTHERS]
NAMES = [f"s{i}" for i in range(8)]
SAMPLES = pd.DataFrame({"treatment": ["drug"] * 4 + ["vehicle"] * 4, "sex": ["f"] * 8}, index=NAMES)


@pytest.fixture
def counts() -> pd.DataFrame:
    level = np.full((len(SYMBOLS), 8), 10_000.0)
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
    counts.loc["XIST", "s1"], counts.loc["RPS4Y1", "s1"] = 0, 10_000
    counts.loc["RPS4Y1", "s4"] = 10_000
    quality = check_quality(counts, SAMPLES)
    assert quality.table.loc["s1", ["sex", "flags"]].tolist() == ["male", "sex"]
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
    assert quality.figure().axes[0].get_title() == "library size"
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
