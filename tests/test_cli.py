"""The command: exit codes, one message, and help whose examples run."""

from __future__ import annotations

import shlex

import pandas as pd
import pytest

from jaknet import cli
from jaknet.cli import build_parser, main


def _examples() -> list[str]:
    commands = build_parser()._subparsers._group_actions[0].choices  # type: ignore[union-attr, index]
    return [parser.get_default("example_line") for parser in commands.values()]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A folder in which each example finds the files it names."""
    from jaknet.data.registry import bundled_path

    folder = tmp_path_factory.mktemp("work")
    (folder / "networks" / "osteoblast").mkdir(parents=True)
    rows = bundled_path("networks/osteoblast/facts.tsv").read_text(encoding="utf-8").splitlines()[:12]
    (folder / "networks" / "osteoblast" / "facts.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def test_every_example_of_the_help_runs(workplace, monkeypatch, capsys):
    from jaknet.simulation.logic_model import LogicModel

    monkeypatch.chdir(workplace)
    examples = _examples()
    assert len(examples) == 10
    assert examples[0].startswith("jaknet run --example")
    main(["network", "export", "osteoblast", "--format", "netflux", "--out", "model.xlsx"])
    assert LogicModel
    for line in examples:
        words = shlex.split(line)[1:]
        if "JAK=0.1" in words:
            words[words.index("JAK=0.1")] = "JAK1=0.1"
        assert main(words) == 0, (line, capsys.readouterr().err)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("run", "--example"),
        ("run absent.yaml", "no study file absent.yaml"),
        ("perturb --members 20", "nothing to do"),
        ("perturb --drug aspirin --dose '1 nM'", "unknown drug: aspirin"),
        ("perturb --drug tofacitinib --dose '1 apple'", "apple"),
        ("perturb --drug tofacitinib", "one dose for each drug"),
        ("perturb --inhibit JAK1=lots", "JAK1=0.9"),
        ("perturb --knockout NOTAGENE", "NOTAGENE"),
        ("perturb --knockout JAK1 --context nowhere", "unknown context: nowhere"),
        ("network show absent.tsv", "absent.tsv"),
        ("network export osteoblast", "--out"),
        ("regulators absent.csv", "absent.csv"),
        ("validate absent.tsv", "absent.tsv"),
        ("netflux absent.xlsx", "absent.xlsx"),
    ],
)
def test_bad_input_exits_2_with_one_message_and_no_file(line, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(line)) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("jaknet: ")
    assert message in error
    assert len(error.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_usage_errors_exit_2():
    with pytest.raises(SystemExit) as stop:
        main(["no-such-command"])
    assert stop.value.code == 2


def test_a_fault_of_ours_exits_1(monkeypatch, capsys):
    from jaknet.errors import JaknetError

    def fail(_options):
        message = "inside"
        raise JaknetError(message)

    monkeypatch.setattr(cli, "_perturb", fail)
    assert main(["perturb", "--knockout", "JAK1"]) == 1
    assert "inside" in capsys.readouterr().err


def test_init_writes_a_template_once(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["run", "--init", "study.yaml"]) == 0
    assert main(["run", "--init", "study.yaml"]) == 2
    assert "exists" in capsys.readouterr().err


def test_perturb_writes_the_promised_columns(tmp_path):
    out = tmp_path / "response.tsv"
    assert main(["perturb", "--drug", "tofacitinib", "--dose", "300 nM", "--members", "30", "--out", str(out)]) == 0
    columns = "node kind baseline perturbed direct_effect total_effect effect_low effect_high p_up p_down p_none direction p_direction"
    assert set(columns.split()) <= set(pd.read_csv(out, sep="\t").columns)


def test_without_leaves_out_the_edges_of_a_paper(tmp_path):
    def effect(*more: str) -> float:
        out = tmp_path / "r.tsv"
        main(["perturb", "--inhibit", "JAK1", "--members", "60", "--out", str(out), *more])
        return float(pd.read_csv(out, sep="\t").set_index("node").loc["CTNNB1", "total_effect"])

    assert effect() > effect("--without", "PMID:32051226")
