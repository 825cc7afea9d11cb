"""A simulated signature and network."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jaknet.expression._moderated import moderated_fit
from jaknet.expression.signature import Rotation, Signature
from jaknet.network.network import Network
from jaknet.stats import benjamini_hochberg


@pytest.fixture(scope="session")
def simulated() -> tuple[Signature, Network]:
    """Three against three samples of 1,000 genes; TF07 is more active: its targets move as its signs say."""
    rng = np.random.default_rng(11)
    genes = [f"G{i:04d}" for i in range(1000)]
    rows = [(f"TF{t:02d}", genes[g], int(rng.choice([1, 1, -1]))) for t in range(30) for g in rng.choice(1000, 40, replace=False)]
    edges = pd.DataFrame(rows, columns=["source", "target", "sign"]).assign(layer="transcription")
    values = rng.normal(8, 0.5, (1000, 6))
    effect = edges[edges["source"] == "TF07"].set_index("target")["sign"].reindex(genes).fillna(0).to_numpy()
    values[:, 3:] += 2.0 * effect[:, None]
    fit = moderated_fit([values], np.column_stack([np.ones(6), [0, 0, 0, 1, 1, 1]]))
    table = pd.DataFrame({"gene": genes, "log2_fold_change": fit.log2_fold_change, "statistic": fit.statistic, "p_value": fit.p_value})
    table["q_value"] = benjamini_hochberg(fit.p_value)
    return Signature(table, label="TF07 up", rotation=Rotation(fit.residuals, fit.prior_df)), Network(edges, name="simulated")
