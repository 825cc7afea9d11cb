"""Every Python example of the README and the docs runs and prints what it says."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
FENCE = re.compile(r"^```(?:python|pycon)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_of_the_page_run(page, tmp_path, monkeypatch):
    blocks = [match.group(1) for match in FENCE.finditer(page.read_text(encoding="utf-8"))]
    examples = "\n".join(block for block in blocks if ">>>" in block)
    if not examples:
        pytest.skip("no example on this page")
    monkeypatch.chdir(tmp_path)
    test = doctest.DocTestParser().get_doctest(examples, {}, page.name, str(page), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    printed: list[str] = []
    runner.run(test, out=printed.append)
    assert runner.failures == 0, "".join(printed)


def test_no_path_of_a_machine_is_written_anywhere():
    pattern = re.compile(r"(?<![\w.])/(?:home|root|work|tmp|opt)/\w")
    kinds = {".py", ".md", ".tsv", ".yaml", ".cfg", ".toml", ".cff"}
    folders = ("jaknet", "networks", "expression", "docs", "scripts", "benchmarks")
    places = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in kinds]
    found = [path.name for path in places if pattern.search(path.read_text(encoding="utf-8", errors="ignore"))]
    assert found == []
