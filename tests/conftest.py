"""Fixtures shared by all tests."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
import urllib3  # noqa: F401  It tries a socket when first imported, here before sockets are blocked.

import jaknet as jn


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real datasets, or a skip that says how to provide it."""
    folder = os.environ.get("JAKNET_REAL_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("real datasets absent: set JAKNET_REAL_DATA to their folder")
    return Path(folder)


@pytest.fixture(scope="session")
def collectri(real_data: Path) -> jn.Network:
    """CollecTRI's human regulons."""
    return jn.read_network(real_data / "networks/collectri_human.tsv.gz")


@pytest.fixture(scope="session")
def real_signature(real_data: Path) -> object:
    """Make a signature of a real dataset once per session."""
    expression = real_data / "expression"
    made: dict[str, jn.Signature] = {}
    recipes = {
        "t84_3h": ("t84_il22", "treatment", "IL22", "Mock", {"subset": {"time": "3h"}}),
        "t84_24h": ("t84_il22", "treatment", "IL22", "Mock", {"subset": {"time": "24h"}, "method": "trend"}),
    }
    options = {"orthologs_to": "human", "method": "trend"}
    recipes["bone"] = ("mouse_bone_osteocyte_enriched", "condition", "osteocyte_enriched", "with_marrow", options)

    def get(name: str) -> jn.Signature:
        if name not in made and name == "airway":
            samples = pd.read_csv(expression / "airway_metadata.csv")
            made[name] = jn.contrast(expression / "airway_rawcounts.csv.gz", samples, "dex", "treated", "control", ["celltype"])
        elif name not in made:
            stem, factor, test, reference, options = recipes[name]
            counts, samples = expression / f"{stem}_counts.tsv.gz", expression / f"{stem}_samples.tsv"
            made[name] = jn.contrast(counts, samples, factor, test, reference, **options)
        return made[name]

    return get


@pytest.fixture(scope="session")
def benchmark_of() -> object:
    """Load a benchmark script as a module, so that tests run the same simulation at a smaller size."""

    def load(name: str) -> ModuleType:
        path = Path(__file__).resolve().parents[1] / "benchmarks" / f"{name}.py"
        specification = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
        return module

    return load
