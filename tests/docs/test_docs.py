"""Every example of the README and the docs runs and prints what it says; links lead somewhere; no public name is forgotten."""

from __future__ import annotations

import doctest
import importlib.util
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import jaknet as jn

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
# A block, with the comments right above it: "run" has its shell commands executed, "needs PACKAGE" leaves it out where
# the package is not installed, "sockets" allows it the connections within this machine that tests are denied.
FENCE = re.compile(r"^(?P<marks>(?:<!-- [^>]* -->\n)*)```(?P<kind>\w+)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def run_commands(text: str) -> list[str]:
    """Run each line that begins with ``$`` in a shell, and say where what it prints differs from the lines below it."""
    wrong = []
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]), "COLUMNS": "200"}
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=False)
        if done.returncode or (expected and not doctest.OutputChecker().check_output(expected, done.stdout, FLAGS)):
            wrong.append(f"$ {command}\nexpected:\n{expected}\ngot ({done.returncode}):\n{done.stdout}\n{done.stderr}")
    return wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples_of_the_page_run(page, tmp_path, monkeypatch, request):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    printed: list[str] = []
    missing: list[str] = []
    ran = 0
    for block in FENCE.finditer(page.read_text(encoding="utf-8")):
        needs = re.findall(r"<!-- needs (\w+) -->", block["marks"])
        lacking = [package for package in needs if importlib.util.find_spec(package) is None]
        missing += lacking
        if lacking:
            continue
        if "<!-- sockets -->" in block["marks"]:
            request.getfixturevalue("socket_enabled")
        if block["kind"] == "console" and "<!-- run -->" in block["marks"]:
            printed += run_commands(block["text"])
            ran += 1
        elif block["kind"] in {"python", "pycon"} and ">>>" in block["text"]:
            test = doctest.DocTestParser().get_doctest(block["text"], {}, page.name, str(page), 0)
            test.globs = names
            runner.run(test, out=printed.append, clear_globs=False)
            ran += 1
    assert not printed, "\n".join(printed)
    if missing:
        pytest.skip(f"{ran} blocks ran; those that need {', '.join(sorted(set(missing)))}, which is not installed, did not")
    if not ran:
        pytest.skip("no example on this page")


def test_every_public_name_stands_on_the_page_of_the_api():
    listed = set(re.findall(r"^   (\w+)$", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.MULTILINE))
    public = set(jn.__all__) - {"__version__", "plot"}
    assert listed == public


def test_links_between_pages_and_to_their_headings_lead_somewhere():
    broken = []
    for page in PAGES:
        for target, anchor in re.findall(r"\]\(([\w./-]+\.md)(?:#([\w-]+))?\)", page.read_text(encoding="utf-8")):
            there = (page.parent / target).resolve()
            if not there.exists() or (anchor and anchor not in headings(there)):
                broken.append(f"{page.name}: {target}#{anchor}")
    assert broken == []


def headings(page: Path) -> set[str]:
    found = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_no_path_of_a_machine_is_written_anywhere():
    pattern = re.compile(r"(?<![\w.])/(?:home|root|work|tmp|opt)/\w")
    kinds = {".py", ".md", ".tsv", ".yaml", ".cfg", ".toml", ".cff"}
    folders = ("jaknet", "networks", "expression", "docs", "scripts", "benchmarks")
    places = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in kinds]
    found = [path.name for path in places if pattern.search(path.read_text(encoding="utf-8", errors="ignore"))]
    assert found == []


def test_the_page_of_tables_says_what_the_report_says():
    page = runpy.run_path(str(ROOT / "scripts" / "make_tables_page.py"))["tables_page"]()
    assert (ROOT / "docs" / "tables.md").read_text(encoding="utf-8") == page, "run scripts/make_tables_page.py"
