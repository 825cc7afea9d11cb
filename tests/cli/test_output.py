"""Tables for people and for programs, notes, progress."""

from __future__ import annotations

import argparse
import json
import logging
import os
from io import StringIO

import numpy as np
import pandas as pd
import pytest

from jaknet.cli import output
from jaknet.cli.app import main
from jaknet.cli.output import check_format, readable, save, telling
from jaknet.errors import InputError

TABLE = pd.DataFrame({"gene": ["JAK1", "SOST"], "effect": [2 / 3, np.nan], "p_value": [1e-30, np.inf], "reason": ["long, long text", None]})
PERTURB = ["perturb", "--inhibit", "JAK1", "--members", "8"]


def _options(**given: object) -> argparse.Namespace:
    return argparse.Namespace(**{"out": None, "format": None, "quiet": False} | given)


class _Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def _on_terminal(monkeypatch) -> tuple[_Terminal, _Terminal]:
    """Make the streams a terminal of 60 columns; not as a fixture, since pytest sets them again before the test."""
    monkeypatch.setenv("COLUMNS", "60")
    streams = _Terminal(), _Terminal()
    monkeypatch.setattr("sys.stdout", streams[0])
    monkeypatch.setattr("sys.stderr", streams[1])
    return streams


def test_each_format_holds_the_table(capsys):
    read = {"tsv": lambda text: pd.read_csv(StringIO(text), sep="\t"), "csv": lambda text: pd.read_csv(StringIO(text))}
    read["json"] = lambda text: pd.DataFrame(json.loads(text)).astype({"p_value": float})
    for kind, reader in read.items():
        save(TABLE, _options(format=kind))
        found = reader(capsys.readouterr().out).fillna({"reason": ""})
        pd.testing.assert_frame_equal(found, TABLE.fillna({"reason": ""}), check_dtype=False, rtol=1e-7)


def test_json_says_missing_as_null_and_keeps_tiny_numbers(capsys):
    save(TABLE, _options(format="json"))
    first, second = json.loads(capsys.readouterr().out)
    assert first["p_value"] == 1e-30 and second["effect"] is None and second["p_value"] == "inf" and second["reason"] is None


@pytest.mark.parametrize(("name", "begins"), [("t.csv", "gene,effect"), ("t.json", "["), ("t.tsv", "gene\t"), ("t.txt", "gene\t")])
def test_the_ending_of_the_file_gives_the_format(name, begins, tmp_path, capsys):
    save(TABLE, _options(out=str(tmp_path / name)))
    assert (tmp_path / name).read_text().startswith(begins)
    save(TABLE, _options(out=str(tmp_path / name), format="csv"))
    assert (tmp_path / name).read_text().startswith("gene,effect")


def test_parquet_is_refused_before_anything_is_computed(monkeypatch, capsys):
    with pytest.raises(InputError, match="name the file with --out"):
        check_format(_options(format="parquet"))
    monkeypatch.setattr(output, "find_spec", lambda _name: None)
    assert main([*PERTURB, "--out", "r.parquet"]) == 2
    assert (
        capsys.readouterr().err == "jaknet: parquet needs the package pyarrow: pip install pyarrow. Or choose --format tsv, csv or json.\n"
    )


def test_parquet_is_written_whole(tmp_path):
    pytest.importorskip("pyarrow")
    save(TABLE, _options(out=str(tmp_path / "t.parquet")))
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "t.parquet"), TABLE)


@pytest.mark.parametrize("width", [4, 12, 17, 30, 45, 80, 200])
def test_a_table_fits_the_terminal_and_names_what_does_not(width):
    shown, hidden = readable(TABLE, width)
    lines = shown.splitlines()
    assert len(lines) == 3 and max(map(len, lines)) <= max(width, 4)
    names = list(TABLE.columns)
    assert names[len(names) - len(hidden) :] == hidden
    assert lines[0].split() == names[: len(names) - len(hidden)]


def test_cells_are_cut_only_as_far_as_needed():
    wide = pd.DataFrame({"gene": ["JAK1"], "text": ["x" * 100]})
    assert readable(wide, 200)[0].splitlines()[1] == "JAK1  " + "x" * 100
    assert readable(wide, 50)[0].splitlines()[1] == "JAK1  " + "x" * 43 + "…"


def test_a_terminal_gets_an_aligned_table_and_is_told_what_is_hidden(monkeypatch):
    terminal = _on_terminal(monkeypatch)
    assert main([*PERTURB]) == 0
    shown, told = (stream.getvalue() for stream in terminal)
    lines = shown.splitlines()
    assert lines[0].split()[:3] == ["node", "effect", "effect_low"] and max(map(len, lines)) <= 60
    assert "\t" not in shown and "columns that did not fit: " in told and "baseline" in told
    assert "simulating" not in told  # that is for where no bar can be seen


def test_a_pipe_gets_tsv_and_a_line_for_each_step(capsys):
    assert main([*PERTURB]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("node\tgene\tkind\tbaseline\t")
    assert told.err.startswith("simulating inhibit JAK1 90% in 8 members of osteoblast")


def test_quiet_leaves_the_result_and_warnings(capsys, tmp_path):
    assert main([*PERTURB, "--quiet"]) == 0
    told = capsys.readouterr()
    assert told.err == "" and told.out.startswith("node\t")


def test_verbose_logs_with_the_time_on_a_terminal_too(monkeypatch):
    terminal = _on_terminal(monkeypatch)
    assert main([*PERTURB, "--verbose"]) == 0
    assert " jaknet.cli INFO: simulating inhibit JAK1" in terminal[1].getvalue()


def test_logging_is_left_as_it_was():
    logger = logging.getLogger("jaknet")
    before = logger.level, list(logger.handlers)
    with telling(quiet=False, verbose=True):
        assert logger.level == logging.INFO
    assert (logger.level, list(logger.handlers)) == before


def test_jobs_reach_the_workers_and_change_no_bit(capsys, monkeypatch):
    from jaknet.cli import predict
    from jaknet.parallel import workers

    shown = {}
    for jobs in ("1", "3"):
        assert main([*PERTURB, "--jobs", jobs]) == 0
        shown[jobs] = capsys.readouterr().out
    assert shown["1"] == shown["3"]
    seen = []
    monkeypatch.setattr(predict, "_perturb", lambda _options: seen.append(workers()))
    main([*PERTURB, "--jobs", "3"])
    main([*PERTURB, "--jobs", "1"])
    main(PERTURB)
    assert seen[:2] == [3, 1] and seen[2] == workers()


def test_a_reader_that_has_seen_enough_is_no_error(monkeypatch, tmp_path):
    from jaknet.cli import predict

    def stop(_options):
        raise BrokenPipeError

    monkeypatch.setattr(predict, "_perturb", stop)
    with open(tmp_path / "out", "w") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        assert main(PERTURB) == 0
        os.write(stream.fileno(), b"lost")
    assert (tmp_path / "out").read_bytes() == b""


def test_an_interrupt_is_one_line(monkeypatch, capsys):
    from jaknet.cli import predict

    def stop(_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(predict, "_perturb", stop)
    assert main(PERTURB) == 130
    assert capsys.readouterr().err == "jaknet: interrupted\n"
