"""``jaknet run`` and ``jaknet report``: what overrides the plan, and the page made again."""

from __future__ import annotations

import json
import shlex

import pytest
import yaml

from jaknet.cli.app import main

PLAN = "name: small\ndrugs: [{name: tofacitinib, dose: 300 nM}]\nsettings: {members: 30, nulls: 5, seed: 1}\n"


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A folder with a plan and a finished run of it, its settings overridden."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "plan.yaml").write_text(PLAN)
    assert main(["run", str(folder / "plan.yaml"), "--out", str(folder / "out"), "--members", "12", "--seed", "7", "--jobs", "2"]) == 0
    return folder


def test_flags_override_the_plan_and_are_recorded(done):
    as_run = yaml.safe_load((done / "out" / "plan.yaml").read_text())["settings"]
    assert as_run == {"engine": "logic", "members": 12, "nulls": 5, "seed": 7}
    manifest = json.loads((done / "out" / "manifest.json").read_text())
    assert manifest["seed"] == 7 and manifest["parameters"]["settings"]["members"] == 12
    assert (done / "plan.yaml").read_text() == PLAN


def test_a_run_tells_each_step_and_names_the_report_last(done, capsys):
    assert main(["run", str(done / "out" / "plan.yaml"), "--out", str(done / "out")]) == 0
    told = capsys.readouterr()
    assert told.out.splitlines()[-1] == f"report: {done / 'out' / 'report.html'}"
    assert "ranking.tsv is complete: reused" in told.err and "making rankings" not in told.err
    assert main(["run", str(done / "plan.yaml"), "--out", str(done / "other"), "--members", "9"]) == 0
    steps = [line for line in capsys.readouterr().err.splitlines() if line.startswith("making ")]
    assert "making rankings" in steps and len(steps) == len(set(steps))
    assert main(["run", str(done / "out" / "plan.yaml"), "--out", str(done / "out"), "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_the_report_made_again_is_that_of_the_run(done, capsys):
    first = (done / "out" / "report.html").read_bytes()
    assert main(["report", str(done / "out"), "--out", str(done / "page.html")]) == 0
    assert capsys.readouterr().out == f"report: {done / 'page.html'}\n"
    assert (done / "page.html").read_bytes() == first
    (done / "out" / "report.html").unlink()
    assert main(["report", str(done / "out")]) == 0
    assert (done / "out" / "report.html").read_bytes() == first
    assert main(["report", str(done / "out"), "--out", str(done / "page.html"), "--title", "Mine"]) == 0
    assert "<title>Mine" in (done / "page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "holds no finished run: there is no manifest.json"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "manifest.json cannot be read"),
        (lambda folder: (folder / "manifest.json").write_text("[]"), "manifest.json is not that of a run"),
        (lambda folder: (folder / "manifest.json").write_text('{"steps": {"ranking.tsv": 1}}'), "manifest.json is not that of a run"),
        (lambda folder: (folder / "ranking.tsv").unlink(), "ranking.tsv is missing. Make it again: jaknet run"),
        (lambda folder: (folder / "ranking.tsv").write_text("gene\n"), "ranking.tsv is not as the run wrote it. Make it again: jaknet run"),
    ],
)
def test_an_unfinished_or_altered_run_is_refused(done, change, message, tmp_path, capsys):
    folder = tmp_path / "copy"
    folder.mkdir()
    for path in (done / "out").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    change(folder)
    assert main(["report", str(folder), "--out", str(tmp_path / "page.html")]) == 2
    told = capsys.readouterr().err
    assert message in told and told.startswith("jaknet: ") and told.count("\n") == 1
    assert not (tmp_path / "page.html").exists()


def test_a_folder_that_is_not_there_is_named(tmp_path, capsys):
    assert main(shlex.split(f"report {tmp_path / 'none'}")) == 2
    assert f"{tmp_path / 'none'} holds no finished run" in capsys.readouterr().err
