"""Rivals of a prediction, in one regression with it."""

from __future__ import annotations

import numpy as np

from jaknet.comparison.rivals import joint_t


def test_joint_statistics_do_not_depend_on_scale() -> None:
    rng = np.random.default_rng(0)
    values, profile, regulon = rng.standard_normal((3, 60))
    np.testing.assert_allclose(joint_t(values, profile, regulon), joint_t(5 * values + 1, 0.1 * profile, 7 * regulon), rtol=1e-9)
