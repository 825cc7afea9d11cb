"""The bundled example: labelled as simulated, small, and analysable."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jaknet.data.registry import bundled_path, read_table
from jaknet.expression.contrast import contrast
from jaknet.expression.quality import check_quality

COUNTS, SAMPLES = "expression/simulated/counts.tsv.gz", "expression/simulated/samples.tsv"


def truth() -> pd.Series:
    table = read_table("expression/simulated/truth.tsv")
    return table.set_index("gene")["log2_fold_change"].astype(float)


def test_every_file_says_simulated():
    assert pd.read_csv(bundled_path(COUNTS), sep="\t", nrows=0).columns[0].startswith("# SIMULATED")
    for name in (SAMPLES, "expression/simulated/truth.tsv"):
        assert set(read_table(name)["origin"]) == {"simulated"}
    assert sum(path.stat().st_size for path in bundled_path(COUNTS).parent.iterdir()) < 400_000


def test_contrast_finds_the_truth_and_not_more():
    sig = contrast(bundled_path(COUNTS), bundled_path(SAMPLES), test="tofacitinib", reference="vehicle")
    table = sig.to_frame().set_index("gene")
    expected = truth().loc[table.index]
    strong, null = expected.abs() > 1, expected == 0
    # A changed gene of few reads may be missed.
    assert (table.loc[strong, "q_value"] < 0.05).mean() > 0.9
    assert (np.sign(table.loc[strong, "log2_fold_change"]) == np.sign(expected[strong])).all()
    assert 0.02 < (table.loc[null, "p_value"] < 0.05).mean() < 0.08


def test_positive_controls_of_jak_inhibition_fall():
    change = truth()
    assert change["SOCS3"] < -0.5
    # The altered network may have lost the edges onto a control, which then stays where it is.
    assert (change[["SOCS1", "SOCS2", "SOCS3", "CISH"]] <= 0).all()


def test_quality_finds_nothing():
    assert check_quality(bundled_path(COUNTS), bundled_path(SAMPLES)).warnings == ()
