"""Rotation tests: against limma's roast, and uniform where nothing changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jaknet.errors import InputError
from jaknet.expression._moderated import moderated_fit
from jaknet.expression.signature import Rotation, Signature
from jaknet.regulation.rotation import rotation_test

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
DESIGN = np.column_stack([np.ones(6), [0, 0, 0, 1, 1, 1]])


def signature_of(values: pd.DataFrame) -> Signature:
    fit = moderated_fit([values.to_numpy()], DESIGN, trend=False)
    columns = {"gene": values.index, "log2_fold_change": fit.log2_fold_change, "statistic": fit.statistic}
    table = pd.DataFrame(columns).assign(p_value=fit.p_value, q_value=1.0)
    return Signature(table, rotation=Rotation(fit.residuals, fit.prior_df))


def test_equals_limmas_roast() -> None:
    signature = signature_of(pd.read_csv(GOLDEN / "roast_expression.tsv", sep="\t", index_col=0))
    expected = pd.read_csv(GOLDEN / "roast.tsv", sep="\t").set_index("gene_set")
    genes = signature.table["gene"].tolist()
    sets = {row.Index: genes[row.first : row.last + 1] for row in expected.itertuples()}
    found = rotation_test(signature, sets, rotations=10000, progress=False).set_index("gene_set").loc[expected.index]
    assert signature.rotation.prior_df == pytest.approx(5.6093, abs=1e-4)
    np.testing.assert_allclose(found["p_value"], expected["p_value"], atol=0.01)
    np.testing.assert_allclose(found["mixed_p_value"], expected["mixed_p_value"], atol=0.01)
    assert found["direction"].tolist()[:3] == ["up"] * 3


def test_p_values_are_uniform_under_correlation_where_nothing_changes() -> None:
    rng = np.random.default_rng(0)
    p = []
    for _ in range(60):
        values = rng.standard_normal((300, 6))
        values += 0.5 * np.repeat(rng.standard_normal((10, 6)), 30, axis=0)
        data = pd.DataFrame(values, [f"G{i:03d}" for i in range(300)])
        sets = {f"S{s}": data.index[30 * s : 30 * s + 30] for s in range(10)}
        p += rotation_test(signature_of(data), sets, rotations=200, seed=rng, progress=False)["p_value"].tolist()
    assert np.mean(np.array(p) <= 0.05) == pytest.approx(0.05, abs=0.03)
    assert np.mean(np.array(p) <= 0.5) == pytest.approx(0.5, abs=0.07)


def test_same_seed_same_answer_and_a_floor(simulated: tuple[Signature, object]) -> None:
    signature, _ = simulated
    sets = {"set": signature.table["gene"][:20], "other": signature.table["gene"][20:60]}
    one, two = (rotation_test(signature, sets, rotations=99, seed=5, progress=False) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
    assert (one["p_value"] >= 0.01).all()
    for kind in ("", "mixed_"):
        assert (one[f"{kind}q_value"] >= one[f"{kind}p_value"]).all()


def test_the_recorded_seed_of_a_generator_repeats_the_test(simulated: tuple[Signature, object]) -> None:
    signature, _ = simulated
    sets = {"set": signature.table["gene"][:20], "other": signature.table["gene"][20:60]}
    first = rotation_test(signature, sets, rotations=99, seed=np.random.default_rng(5), progress=False)
    again = rotation_test(signature, sets, rotations=99, seed=first.attrs["provenance"].seed, progress=False)
    pd.testing.assert_frame_equal(first, again)


def test_without_replicates_there_is_nothing_to_rotate() -> None:
    table = pd.DataFrame({"gene": ["A", "B", "C"], "log2_fold_change": 0.0, "statistic": [1.0, 2.0, 3.0], "p_value": 0.5, "q_value": 0.5})
    with pytest.raises(InputError, match="no residuals"):
        rotation_test(Signature(table), {"set": ["A", "B"]})
