"""Machine code is kept in the user's cache, never among the installed files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from jaknet.kernels import njit

_ASKED = """
import sys
sys.path.insert(0, {folder!r})
import kernel
print(kernel.twice(3), numba_dir := __import__("numba").config.CACHE_DIR or "")
"""


def _run(folder: Path, **environment: str) -> str:
    (folder / "kernel.py").write_text("from jaknet.kernels import njit\n\n\n@njit(nogil=True)\ndef twice(x):\n    return 2 * x\n")
    kept = {name: value for name, value in os.environ.items() if name not in {"NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME"}}
    asked = [sys.executable, "-c", _ASKED.format(folder=str(folder))]
    return subprocess.run(asked, env=kept | environment, capture_output=True, text=True, check=True).stdout


def _written(folder: Path) -> set[str]:
    return {path.suffix for path in folder.rglob("*.nb[ic]")}


@pytest.mark.parametrize("name", ["XDG_CACHE_HOME", "HOME"])
def test_the_users_cache_holds_it(name: str, tmp_path: Path) -> None:
    home, code = tmp_path / "home", tmp_path / "code"
    code.mkdir()
    assert _run(code, **{"HOME": str(home), name: str(home)}).split() == ["6"]
    assert _written(home) == {".nbi", ".nbc"} and _written(code) == set()


def test_a_folder_that_was_chosen_is_kept_to(tmp_path: Path) -> None:
    home, chosen, code = (tmp_path / part for part in ("home", "chosen", "code"))
    code.mkdir()
    assert _run(code, HOME=str(home), NUMBA_CACHE_DIR=str(chosen)).split() == ["6", str(chosen)]
    assert _written(chosen) == {".nbi", ".nbc"} and not home.exists()


def test_without_a_cache_to_write_it_still_compiles(tmp_path: Path) -> None:
    code, blocked = tmp_path / "code", tmp_path / "a file"
    code.mkdir()
    blocked.write_text("")
    assert _run(code, HOME=str(blocked)).split() == ["6"]


def test_what_others_compile_is_left_alone() -> None:
    before = numba.config.CACHE_DIR
    assert njit(nogil=True)(lambda x: x + 1)(1) == 2
    assert before == numba.config.CACHE_DIR
