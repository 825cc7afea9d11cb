"""``jaknet contrast``, ``jaknet quality``, and the flags of commands that read a finished table."""

from __future__ import annotations

import shlex

import anndata
import numpy as np
import pandas as pd
import pytest

import jaknet as jn
from jaknet.cli.app import build_parser, main
from jaknet.cli.data import as_flag
from jaknet.dataset import Dataset

RNG = np.random.default_rng(5)
GENES = sorted(set(jn.load_network("osteoblast").nodes["gene"].dropna()) - {""})
TEST = "contrast counts.tsv samples.tsv --test drug --reference vehicle"


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = [f"s{i}" for i in range(8)]
    samples = {"sample": names, "treatment": ["drug", "vehicle"] * 4, "donor": [1, 1, 2, 2, 3, 3, 4, 4], "time": ["3h"] * 4 + ["24h"] * 4}
    pd.DataFrame(samples).to_csv("samples.tsv", sep="\t", index=False)
    counts = pd.DataFrame(RNG.poisson(9e4, (len(GENES), 8)), index=pd.Index(GENES, name="gene"), columns=names)
    counts.to_csv("counts.tsv", sep="\t")
    pd.concat([counts, counts.iloc[:2]]).to_csv("twice.tsv", sep="\t")
    table = pd.DataFrame(
        {"SYMBOL": [*GENES, GENES[0]], "effect": RNG.normal(size=len(GENES) + 1), "chance": RNG.uniform(size=len(GENES) + 1)}
    )
    table.to_csv("own.tsv", sep="\t", index=False)
    table[["SYMBOL"]].assign(place="bone").to_csv("bare.tsv", sep="\t", index=False)
    return tmp_path


def _said(line: str, capsys) -> tuple[str, str]:
    assert main(shlex.split(line)) == 0
    told = capsys.readouterr()
    return told.out, told.err


def test_a_contrast_is_that_of_python(place, capsys):
    said = _said(f"{TEST} --covariate donor --method trend --out s.tsv", capsys)[1]
    assert "~ donor (4 groups) + treatment" in said and "note: donor is taken as 4 groups, not as a number; say --numeric donor" in said
    known = jn.contrast("counts.tsv", "samples.tsv", test="drug", reference="vehicle", covariates=["donor"], method="trend").to_frame()
    found = pd.read_csv("s.tsv", sep="\t")
    assert found["gene"].tolist() == known["gene"].tolist()
    assert found["p_value"].tolist() == pytest.approx(known["p_value"].tolist(), rel=1e-6)
    assert "~ donor (number) + treatment" in _said(f"{TEST} --covariate donor --numeric donor", capsys)[1]


def test_samples_are_chosen_and_genes_merged(place, capsys):
    out = _said(f"{TEST.replace('counts', 'twice')} --duplicates sum --subset time=3h --subset time=24h", capsys)[0]
    assert len(out.splitlines()) == len(GENES) + 1
    with pytest.warns(UserWarning, match="2 replicates only"):
        jn.contrast("counts.tsv", "samples.tsv", test="drug", reference="vehicle", subset={"time": "3h"})


@pytest.mark.filterwarnings("ignore:LOW DEPTH", "ignore:FEW GENES")
def test_cells_are_refused_or_summed(place, capsys):
    obs = pd.DataFrame({"patient": np.tile(list("abc"), 80), "stim": np.repeat(["no", "yes"], 120)}, index=[f"c{i}" for i in range(240)])
    anndata.AnnData(RNG.poisson(3, (240, len(GENES))).astype(float), obs=obs, var=pd.DataFrame(index=GENES)).write_h5ad("cells.h5ad")
    line = "contrast cells.h5ad --factor stim --test yes --reference no"
    assert main(shlex.split(line)) == 2
    assert "--donor patient; or, to test cells all the same, say --cells-as-replicates." in capsys.readouterr().err
    assert "~ patient (3 groups) + stim" in _said(f"{line} --donor patient --covariate patient", capsys)[1]
    out = _said("quality cells.h5ad --factor stim --donor patient --min-cells 5", capsys)[0]
    assert [row.split("\t")[0] for row in out.splitlines()] == ["sample", "a.no", "a.yes", "b.no", "b.yes", "c.no", "c.yes"]


def test_tables_with_columns_of_their_own(place, capsys):
    line = "regulators own.tsv --columns gene=SYMBOL --columns log2_fold_change=effect --columns p_value=chance"
    assert main(shlex.split(line)) == 2
    assert "say --duplicates strongest" in capsys.readouterr().err
    assert _said(f"{line} --duplicates strongest --complete", capsys)[0].startswith("regulator\t")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("contrast counts.tsv --test a --reference b", "counts.tsv needs a table of samples: jaknet contrast COUNTS SAMPLES"),
        (f"{TEST} --subset time", "--subset time is not NAME=VALUE"),
        (f"{TEST} --numeric donor", "numeric names donor, which is no covariate (none)"),
        (f"{TEST} --max-memory -1", "--max-memory -1.0: it should be greater than 0"),
        (f"{TEST} --duplicates strongest", "duplicates strongest. Choose refuse, sum, mean or max"),
        (TEST.replace("counts", "twice"), "say --duplicates sum"),
        (f"{TEST} --species mouse", "say --species human"),
        (f"{TEST} --covariate donr", "unknown covariate: donr"),
        ("quality cells.h5ad --donor patient", "--donor needs --factor"),
        ("regulators own.tsv --columns effect", "--columns effect is not NAME=VALUE"),
        ("regulators own.tsv --columns gene=SYMBOL --columns gene=effect", "--columns gene=effect: gene is given twice"),
        ("regulators own.tsv --duplicates sum", "duplicates sum. Choose refuse, strongest"),
        ("regulators bare.tsv", "--columns gene=... --columns log2_fold_change=... --columns p_value=..."),
    ],
)
def test_errors_name_the_flag(place, capsys, line, words):
    before = sorted(place.iterdir())
    assert main(shlex.split(line)) == 2
    told = capsys.readouterr().err
    # Where no progress bar can be seen, a line says what was under way; the message is one, and the last.
    assert words in told.splitlines()[-1] and told.count("jaknet: ") == 1
    assert sorted(place.iterdir()) == before


def test_every_key_of_the_plan_has_its_flag():
    commands = build_parser()._subparsers._group_actions[0].choices  # type: ignore[union-attr, index]
    flags = {flag for name in ("contrast", "regulators") for action in commands[name]._actions for flag in action.option_strings}
    keys = set(Dataset.model_fields) - {"expression", "samples", "signature"}
    assert {as_flag(key, "") for key in keys} <= flags


@pytest.mark.real_data
def test_fold_changes_alone_with_genes_listed_twice(real_data, tmp_path, capsys):
    path = real_data / "expression/GSE107363_RA_osteoblast_log2FC.tsv.gz"
    _said(f"regulators {path} --duplicates strongest --out {tmp_path / 'r.tsv'}", capsys)
    assert len(pd.read_csv(tmp_path / "r.tsv", sep="\t")) > 5
