"""The page of the command line says what the parser knows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from jaknet.cli.app import build_parser
from jaknet.cli.completion import _commands

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "command-line.md"
LINES = [
    (page.name, re.split(r" [|>] ", line)[0])
    for page in sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
    for line in re.findall(r"^\$ (jaknet (?!--version).*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
]


def test_the_page_lists_the_commands_in_the_order_of_the_help():
    listed = re.findall(r"^\| `jaknet ([\w-]+)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == list(_commands(build_parser()))


@pytest.mark.parametrize(("page", "line"), LINES)
def test_every_line_of_the_docs_is_understood(page, line):
    assert build_parser().parse_args(shlex.split(line)[1:]).work


def test_lines_were_found():
    assert len(LINES) > 15 and {page for page, _ in LINES} > {"command-line.md"}
