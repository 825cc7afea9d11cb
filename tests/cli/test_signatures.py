"""``jaknet activities``, and tables for programs beside those for people."""

from __future__ import annotations

import json
import shlex
from io import StringIO

import numpy as np
import pandas as pd
import pytest

import jaknet as jn
from jaknet.cli.app import main
from jaknet.data.registry import bundled_path


@pytest.fixture(scope="module")
def counts():
    return str(bundled_path("expression/simulated/counts.tsv.gz"))


@pytest.mark.parametrize(
    ("flags", "options"), [("", {}), ("--method mlm --no-centre --min-targets 9", {"method": "mlm", "centre": False, "min_targets": 9})]
)
def test_activities_are_those_of_python(flags, options, counts, capsys):
    assert main(shlex.split(f"activities {counts} {flags}")) == 0
    found = pd.read_csv(StringIO(capsys.readouterr().out), sep="\t").set_index("sample")
    known = jn.activities(counts, "osteoblast", **options)
    assert list(found.index) == list(known.index) and list(found.columns) == list(known.columns)
    np.testing.assert_allclose(found, known, rtol=1e-6)


def test_activities_refuse_what_is_no_matrix(tmp_path, capsys):
    (tmp_path / "one.tsv").write_text("gene\ta\nSTAT1\t3\nSTAT3\t4\n")
    assert main(["activities", str(tmp_path / "one.tsv"), "--kind", "counts"]) == 2
    assert main(["activities", str(tmp_path / "absent.tsv")]) == 2
    told = capsys.readouterr().err
    assert "absent.tsv" in told and told.count("jaknet: ") == 2


def test_a_format_prints_the_whole_table_instead_of_the_one_for_people(capsys):
    assert main(["drugs", "list", "--format", "json"]) == 0
    assert [row["drug"] for row in json.loads(capsys.readouterr().out)] == jn.list_drugs()
    assert main(["controls", "--members", "5", "--format", "csv"]) == 0
    told = capsys.readouterr().out
    assert "passes" not in told and set(pd.read_csv(StringIO(told))["id"]) >= set(jn.load_controls()["id"])


def test_a_comparison_prints_its_verdict_or_its_measures(tmp_path, capsys):
    rng, genes = np.random.default_rng(0), sorted(set(jn.load_network("osteoblast").nodes["gene"].dropna()) - {""})
    path = tmp_path / "s.tsv"
    table = {"gene": genes, "log2_fold_change": rng.normal(size=len(genes)), "p_value": rng.uniform(size=len(genes))}
    pd.DataFrame(table).to_csv(path, sep="\t", index=False)
    line = f"compare {path} --knockout STAT3 --members 10 --complete"
    assert main(shlex.split(line)) == 0
    verdict = capsys.readouterr().out.strip()
    assert main(shlex.split(f"{line} --format json")) == 0
    assert isinstance(json.loads(capsys.readouterr().out), list) and "STAT3" in verdict
