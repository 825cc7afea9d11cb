"""``jaknet drugs``: what it shows and writes."""

from __future__ import annotations

import shlex

import pandas as pd
import pytest

from jaknet.cli.app import main
from jaknet.simulation.library import list_drugs


def _shown(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(shlex.split(line)) == 0
    return capsys.readouterr().out


def test_every_drug_is_listed_with_what_is_known(capsys):
    shown = _shown("drugs list", capsys)
    assert [line.split()[0] for line in shown.splitlines()[1:]] == list_drugs()
    assert "IL6ST" in shown and "5 mg BID" in shown


def test_a_drug_is_shown_with_potencies_exposures_off_targets_and_caveats(capsys, tmp_path):
    shown = _shown(f"drugs show ritlecitinib fedratinib --out {tmp_path / 'd.tsv'}", capsys)
    for word in (
        "receptor IL2RG",
        "86% unbound",
        "unbound fraction not seen",
        "50 mg QD",
        "FLT3 13 nM (Kd)",
        "binds covalently",
        "JAK2, TYK2",
    ):
        assert word in shown
    assert set(pd.read_csv(tmp_path / "d.tsv", sep="\t")["drug"]) == {"ritlecitinib", "fedratinib"}


def test_selectivity_is_read_by_people_and_written_whole(capsys, tmp_path):
    out, plot = tmp_path / "s.tsv", tmp_path / "s.png"
    shown = _shown(f"drugs selectivity tofacitinib --dose '10-1000 nM' --members 50 --out {out} --plot {plot}", capsys)
    table = pd.read_csv(out, sep="\t")
    assert table["dose"].unique().tolist() == ["10 nM", "31.6 nM", "100 nM", "316 nM", "1000 nM"]
    assert "seen: IL6 > pSTAT3" in shown and "blocked (90 %)" in shown
    assert plot.read_bytes().startswith(b"\x89PNG")
    two = _shown("drugs selectivity tofacitinib --dose '1 nM' --dose '5 mg BID Cmax' --members 50", capsys)
    assert "5 mg BID Cmax" in two and " 1 nM" in two


def test_a_day_and_a_signal(capsys):
    day = _shown("drugs day baricitinib --dose '4 mg QD' --members 50", capsys)
    assert day.startswith("baricitinib 4 mg QD at steady state, scaled to Cavg; seen, total in plasma: Cavg 54.2 nM")
    assert "hours_above_ic50" in day
    signal = _shown("drugs signal tofacitinib --cytokine IL4 --members 20", capsys)
    assert "STAT6" in signal and "IL13" not in signal


def test_the_check_of_one_drug(capsys, tmp_path):
    shown = _shown(f"drugs check tofacitinib --out {tmp_path / 'c.tsv'}", capsys)
    assert "rank correlation" in shown and len(pd.read_csv(tmp_path / "c.tsv", sep="\t")) == 7
