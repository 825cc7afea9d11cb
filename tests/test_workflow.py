"""The whole line: it runs, resumes, cleans up, and reproduces itself to the byte."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import jaknet as jn
from jaknet import workflow
from jaknet.workflow import run

SMALL = {
    "name": "small",
    "drugs": [{"name": "tofacitinib", "dose": "300 nM"}],
    "contexts": ["inflammatory"],
    "settings": {"members": 60, "nulls": 9},
}
FILES = {"response.tsv", "ranking.tsv", "enrichment.tsv", "report.html", "manifest.json", "study.yaml"}
WITH_DATA = FILES | {"signature.tsv", "quality.tsv", "regulators.tsv", "comparison.tsv"}


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """The bundled example with few members, run once."""
    from dataclasses import replace

    study = replace(workflow.example_study(), settings={**workflow.example_study().settings, "members": 60, "nulls": 9})
    return run(study, out=tmp_path_factory.mktemp("example") / "out", progress=False)


def test_example_writes_every_promised_file(example):
    assert {path.name for path in example.out.iterdir()} == WITH_DATA
    arms = example.tables["ranking"][["drug", "context"]].drop_duplicates()
    assert len(arms) == 4


def test_example_says_it_is_simulated_everywhere(example):
    assert "SIMULATED" in example.manifest["study"]
    assert "an example, not evidence" in (example.out / "report.html").read_text()
    assert "SIMULATED" in example.summary()


def test_example_finds_the_simulated_truth(example):
    _, _, truth = jn.load_example()
    merged = example.tables["signature"].merge(truth, on="gene", suffixes=("", "_true"))
    true = merged[merged["log2_fold_change_true"].abs() > 0.5]
    assert len(true) >= 20
    agree = (true["log2_fold_change"] * true["log2_fold_change_true"] > 0).mean()
    assert agree > 0.9


def test_manifest_names_what_was_used(example):
    manifest = json.loads((example.out / "manifest.json").read_text())
    assert manifest["network"].startswith("osteoblast ")
    assert {"network", "expression", "samples"} <= set(manifest["inputs"])
    assert manifest["seed"] == 0
    assert set(manifest["steps"]) == {name for name in WITH_DATA if name.endswith(".tsv")}


@pytest.fixture(scope="module")
def prediction(tmp_path_factory):
    """A run without data."""
    return run(SMALL, out=tmp_path_factory.mktemp("prediction") / "out", progress=False)


def test_prediction_alone_needs_no_data(prediction):
    assert {path.name for path in prediction.out.iterdir()} == FILES


def test_same_seed_same_bytes(prediction, tmp_path):
    again = run(SMALL, out=tmp_path / "again", progress=False)
    for name in sorted(FILES):
        assert (again.out / name).read_bytes() == (prediction.out / name).read_bytes(), name


def test_rerun_reuses_what_is_whole_and_remakes_what_is_not(tmp_path, monkeypatch):
    run(SMALL, out=tmp_path / "out", progress=False)
    (tmp_path / "out" / "enrichment.tsv").write_text("damaged")
    monkeypatch.setattr(workflow._Run, "make_ranking", lambda self: pytest.fail("ranking was whole"))
    monkeypatch.setattr(workflow._Run, "make_response", lambda self: pytest.fail("response was whole"))
    again = run(SMALL, out=tmp_path / "out", progress=False)
    assert "term" in again.tables["enrichment"]
    with pytest.raises(pytest.fail.Exception):
        run({**SMALL, "settings": {"members": 61, "nulls": 9}}, out=tmp_path / "out", progress=False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"drugs": [{"name": "aspirin", "dose": "1 nM"}]}, "aspirin"),
        ({"drugs": [{"name": "tofacitinib", "dose": "3 apples"}]}, "apples"),
        ({"contexts": ["space"]}, "space"),
        ({"enrichment": {"gene_sets": "absent.gmt"}}, r"absent\.gmt"),
    ],
)
def test_bad_input_leaves_nothing_behind(change, message, tmp_path):
    with pytest.raises(jn.InputError, match=message):
        run({**SMALL, **change}, out=tmp_path / "out", progress=False)
    assert list(tmp_path.iterdir()) == []


def test_late_bad_input_removes_what_was_written(tmp_path):
    (tmp_path / "odd.gmt").write_text("SET\tnone\tNOT_A_GENE\tNOR_THIS\n")
    study = {**SMALL, "enrichment": {"gene_sets": str(tmp_path / "odd.gmt")}}
    with pytest.raises(jn.OverlapError):
        run(study, out=tmp_path / "out", progress=False)
    assert not (tmp_path / "out").exists()


@pytest.mark.real_data
def test_t84_il22_puts_stat3_first(real_data, tmp_path):
    folder = real_data / "expression"
    study = {
        **SMALL,
        "dataset": {
            "expression": str(folder / "t84_il22_counts.tsv.gz"),
            "samples": str(folder / "t84_il22_samples.tsv"),
            "test": "IL22",
            "reference": "Mock",
            "subset": {"time": "3h"},
        },
        "regulators": {"network": str(real_data / "networks" / "collectri_human.tsv.gz")},
    }
    results = run(study, out=tmp_path / "out", progress=False)
    assert results.tables["regulators"]["regulator"][0] == "STAT3"


@pytest.mark.real_data
def test_mouse_bone_ranks_osteocyte_genes_up(real_data, tmp_path):
    folder = real_data / "expression"
    study = {
        **SMALL,
        "dataset": {
            "expression": str(folder / "mouse_bone_osteocyte_enriched_counts.tsv.gz"),
            "samples": str(folder / "mouse_bone_osteocyte_enriched_samples.tsv"),
            "species": "mouse",
            "factor": "condition",
            "test": "osteocyte_enriched",
            "reference": "with_marrow",
        },
    }
    results = run(study, out=tmp_path / "out", progress=False)
    change = results.tables["ranking"].set_index("gene")["log2_fold_change"]
    assert (change[["BGLAP", "SOST", "DMP1"]] > 1).all()
    assert "mapped" in json.dumps(results.manifest["dropped"])
    with pytest.raises(jn.SpeciesError):
        run({**study, "dataset": {**study["dataset"], "species": "human"}}, out=tmp_path / "wrong", progress=False)
    assert not (tmp_path / "wrong").exists()
    assert isinstance(results.tables["signature"], pd.DataFrame)
