"""The Snakefile of the documentation runs, and runs nothing twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import jaknet as jn

SNAKEFILE = Path(__file__).resolve().parents[2] / "docs" / "snakemake" / "Snakefile"


def test_the_workflow_runs_and_is_complete_afterwards(tmp_path):
    pytest.importorskip("snakemake", reason="snakemake is not installed; it is too large for the test extra")
    example = jn.load_example("simulated")
    example.expression.to_frame().to_csv(tmp_path / "counts.tsv", sep="\t")
    example.samples.to_csv(tmp_path / "samples.tsv", sep="\t")
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(SNAKEFILE), "--cores", "2", "--quiet"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    rankings = {path.stem: pd.read_csv(path, sep="\t").set_index("gene") for path in (tmp_path / "ranking").glob("*.tsv")}
    assert set(rankings) == {"30nM", "300nM"}
    assert rankings["300nM"].loc["SOCS3", "predicted"] < rankings["30nM"].loc["SOCS3", "predicted"] < 0
    assert pd.read_csv(tmp_path / "regulators.tsv", sep="\t").loc[0, "regulator"] == "STAT3"
    written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.tsv")}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.tsv")} == written
