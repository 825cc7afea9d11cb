"""``jaknet explain``: what it says, writes, draws and refuses."""

from __future__ import annotations

import pandas as pd
import pytest

import jaknet as jn
from jaknet.cli.app import main


@pytest.fixture
def table(tmp_path):
    """A table in which the targets of STAT3 rose."""
    changed = ["SOCS3", "FOS", "CEBPD"]
    network = jn.load_network()
    own = network.edges.query("source == 'STAT3'")["target"]
    others = sorted({*network.genes} - {*network.transcripts})
    genes = [*changed, *sorted({*network.transcripts} - {*own, *changed})[:50], *others[:200]]
    values = [9.0, 8.0, 7.0, *(0.001 * (i + 1) for i in range(250))]
    path = tmp_path / "table.tsv"
    p_value = [1e-9, 1e-8, 1e-7, *(0.99 - 0.001 * i for i in range(250))]
    columns = {"gene": genes, "log2_fold_change": values, "statistic": values, "p_value": p_value, "q_value": p_value}
    pd.DataFrame(columns).to_csv(path, sep="\t", index=False)
    return path


def test_an_explanation_is_said_written_and_drawn(table, tmp_path, capsys):
    out, picture = tmp_path / "found", tmp_path / "found.svg"
    line = f"explain {table} --species human --activate IL22 --alternatives 0 --out {out} --plot {picture}"
    assert main(line.split()) == 0
    assert capsys.readouterr().out.startswith("IL22 raises STAT3 (")
    assert {path.name for path in out.iterdir()} == {f"explanation_{name}.tsv" for name in ("nodes", "edges", "genes")} | {
        "explanation.graphml"
    }
    assert pd.read_csv(out / "explanation_genes.tsv", sep="\t")["status"].tolist()[:3] == ["explained"] * 3
    assert "<svg" in picture.read_text()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--activate IL23", "--activate IL23"),
        ("--penalty 0", "penalty 0"),
        ("--alternatives 0 --activate IL22 --plot found.xyz", "--plot found.xyz"),
    ],
)
def test_bad_flags_exit_2(table, flags, message, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["explain", str(table), "--species", "human", *flags.split()]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "found.xyz").exists()
