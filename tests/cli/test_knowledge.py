"""``jaknet contexts``, and ``jaknet cite``."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

import jaknet as jn
from jaknet.cli.app import main

ROOT = Path(__file__).resolve().parents[2]


def test_contexts_are_listed_with_what_they_stand_for(capsys):
    assert main(["contexts", "list", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["context"]: row["description"] for row in rows} == {name: jn.load_context(name).description for name in jn.list_contexts()}


def test_a_context_is_shown_with_the_reason_of_every_level(capsys):
    assert main(["contexts", "show", "Inflammatory", "steady_state", "inflammatory", "--format", "json"]) == 0
    told = capsys.readouterr()
    rows = json.loads(told.out)
    for name in ("inflammatory", "steady_state"):
        context = jn.load_context(name)
        levels = {row["node"]: float(row["value"]) for row in rows if row["context"] == name}
        assert levels == {**context.inputs, **context.clamps}
        assert f"{name}: {context.description}" in told.err
    assert all(row["reason"] and row["references"] for row in rows)
    assert main(["contexts", "show", "--quiet"]) == 0
    told = capsys.readouterr()
    assert told.err == "" and all(f"\n{name}\t" in told.out for name in jn.list_contexts())


@pytest.mark.parametrize(
    ("line", "message"),
    [("contexts show infl", "unknown context: infl"), ("contexts list inflammatory", "say: jaknet contexts show inflammatory")],
)
def test_a_wrong_context_is_refused(line, message, capsys):
    assert main(line.split()) == 2
    assert message in capsys.readouterr().err


def test_an_audit_has_the_format_of_its_file(tmp_path, monkeypatch, capsys):
    out = tmp_path / "audit.json"
    assert main(["network", "audit", "osteoblast", "--out", str(out)]) == 0
    assert isinstance(json.loads(out.read_text()), list)
    monkeypatch.setattr("jaknet.cli.output.find_spec", lambda _name: None)
    assert main(["network", "audit", "osteoblast", "--out", str(tmp_path / "audit.parquet")]) == 2
    assert "parquet needs the package pyarrow" in capsys.readouterr().err


def test_citations_are_those_of_the_repository(capsys):
    bundled = ROOT / "jaknet" / "cli" / "CITATION.cff"
    assert bundled.read_bytes() == (ROOT / "CITATION.cff").read_bytes()
    told = yaml.safe_load(bundled.read_text(encoding="utf-8"))
    assert main(["cite"]) == 0
    plain = capsys.readouterr().out
    assert main(["cite", "--bibtex"]) == 0
    bibtex = capsys.readouterr().out
    assert told["version"] == jn.__version__
    for work in (told, *told["references"]):
        assert work["title"] in plain and work["title"] in bibtex
    assert "10.1126/scitranslmed.aay4447" in plain and "doi = {10.1126/scitranslmed.aay4447}" in bibtex


def test_bibtex_is_well_formed(capsys):
    assert main(["cite", "--bibtex"]) == 0
    entries = re.findall(r"^@(\w+)\{(\w+),\n(.*?)^\}", capsys.readouterr().out, re.S | re.M)
    assert [(kind, key) for kind, key, _ in entries] == [("software", "jaknet2026"), ("article", "Adam2020")]
    for _, _, fields in entries:
        assert all(re.fullmatch(r"  \w+ = \{.+\},", line) and line.count("{") == line.count("}") for line in fields.splitlines())
