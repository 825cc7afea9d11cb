"""``jaknet dose-response`` and ``jaknet screen`` are the scans of Python."""

from __future__ import annotations

import shlex
from io import StringIO

import pandas as pd
import pytest

import jaknet as jn
from jaknet.cli.app import main


def _shown(line: str, capsys) -> tuple[pd.DataFrame, str]:
    assert main(shlex.split(line)) == 0
    told = capsys.readouterr()
    return pd.read_csv(StringIO(told.out), sep="\t"), told.err


def _same(found: pd.DataFrame, known: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(found.fillna(""), known.fillna(""), check_dtype=False, rtol=1e-6, atol=1e-12)


def test_a_dose_response_is_that_of_python(capsys):
    line = "dose-response --drug Xeljanz --dose '10-1000 nM' --context inflammatory --node SOCS3 --node OCN --members 12 --seed 3"
    found, told = _shown(f"{line} --background OSM=0.5 --engine linear --matrix blood", capsys)
    known = jn.dose_response(
        "osteoblast",
        "tofacitinib",
        "10-1000 nM",
        "inflammatory",
        jn.activate("OSM", 0.5),
        ["SOCS3", "BGLAP"],
        "linear",
        12,
        3,
        progress=False,
        matrix="blood",
    )
    _same(found, known)
    assert found["dose"].unique().tolist() == ["10 nM", "31.6 nM", "100 nM", "316 nM", "1000 nM"]
    assert "simulating 5 conditions in 12 members" in told


def test_a_screen_takes_several_of_each_in_the_order_given(capsys):
    drugs, doses, contexts = ["baricitinib", "tofacitinib"], ["1 uM", "100 nM"], ["inflammatory", "steady_state"]
    flags = [f"--{name} '{value}'" for name, values in (("drug", drugs), ("dose", doses), ("context", contexts)) for value in values]
    found, told = _shown(f"screen {' '.join(flags)} --node SOCS3 --members 6", capsys)
    _same(found, jn.screen("osteoblast", drugs, doses, contexts, nodes=["SOCS3"], members=6, progress=False))
    assert found["context"].drop_duplicates().tolist() == contexts
    assert told.count("note: baricitinib: reported below 50 nM on IL6") == 1
    at_rest, _ = _shown("screen --drug tofacitinib --dose '1 uM' --node SOCS3 --members 6 --without PMID:32051226", capsys)
    assert set(at_rest["context"].fillna("")) == {""}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("screen --drug tofacitinb --dose '1 nM'", "--drug: unknown drug: tofacitinb"),
        ("screen --drug tofacitinib --dose '1 apple'", "--dose: dose '1 apple' of tofacitinib"),
        ("screen --drug tofacitinib --dose '1 nM' --context infl", "--context: unknown context: infl"),
        ("screen --drug tofacitinib --dose '1 nM' --node NOTAGENE", "--node: unknown node: NOTAGENE"),
        ("dose-response --drug tofacitinib --dose '1 nM' --background OSM=2", "--background OSM=2: 2 is no level"),
        ("dose-response --drug tofacitinib --dose '1 nM' --without PMID:999", "--without: unknown reference: PMID:999"),
        ("dose-response --drug tofacitinib --dose '1 nM' --network absent.tsv", "absent.tsv"),
    ],
)
def test_errors_name_the_flag(line, message, capsys):
    assert main(shlex.split(line)) == 2
    told = capsys.readouterr().err
    assert message in told and told.startswith("jaknet: ") and told.count("\n") == 1


def test_one_drug_and_one_context_make_a_dose_response(capsys):
    for flag, second in (("drug", "baricitinib"), ("context", "steady_state")):
        line = f"dose-response --drug tofacitinib --dose '1 nM' --context inflammatory --{flag} {second}"
        with pytest.raises(SystemExit):
            main(shlex.split(line))
        assert f"--{flag} is given twice" in capsys.readouterr().err
