"""Simulated signatures and networks, and the real ones, made once."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

import jaknet as jn
from jaknet.expression.moderated import moderated_fit
from jaknet.expression.signature import Signature
from jaknet.inference.statistics import benjamini_hochberg
from jaknet.network.model import Network


@pytest.fixture(scope="session")
def benchmark_of() -> object:
    """Load a benchmark script as a module, so that tests run the same simulation at a smaller size."""

    def load(name: str) -> ModuleType:
        path = Path(__file__).resolve().parents[2] / "benchmarks" / f"{name}.py"
        specification = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
        return module

    return load


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
    report = {"rotation": {"prior_df": fit.prior_df}}
    return Signature(table, label="TF07 up", report=report, residuals=fit.residuals), Network(edges, name="simulated")


def _real_folder() -> Path:
    folder = Path(os.environ.get("JAKNET_REAL_DATA", ""))
    if not os.environ.get("JAKNET_REAL_DATA") or not folder.is_dir():
        pytest.skip("real datasets absent: set JAKNET_REAL_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def collectri() -> Network:
    """CollecTRI's human regulons."""
    return jn.read_network(_real_folder() / "networks/collectri_human.tsv.gz")


@pytest.fixture(scope="session")
def real_signature() -> object:
    """Make a signature of a real dataset once per session."""
    expression = _real_folder() / "expression"
    made: dict[str, Signature] = {}
    recipes = {
        "t84_3h": ("t84_il22", "treatment", "IL22", "Mock", {"subset": {"time": "3h"}}),
        "t84_24h": ("t84_il22", "treatment", "IL22", "Mock", {"subset": {"time": "24h"}, "method": "trend"}),
    }
    options = {"orthologs_to": "human", "method": "trend"}
    recipes["bone"] = ("mouse_bone_osteocyte_enriched", "condition", "osteocyte_enriched", "with_marrow", options)

    def get(name: str) -> Signature:
        if name not in made and name == "airway":
            samples = pd.read_csv(expression / "airway_metadata.csv")
            made[name] = jn.contrast(expression / "airway_rawcounts.csv.gz", samples, "dex", "treated", "control", ["celltype"])
        elif name not in made:
            stem, factor, test, reference, options = recipes[name]
            counts, samples = expression / f"{stem}_counts.tsv.gz", expression / f"{stem}_samples.tsv"
            made[name] = jn.contrast(counts, samples, factor, test, reference, **options)
        return made[name]

    return get
