"""Only registered files, and only as registered."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jaknet.data import registry
from jaknet.errors import JaknetError, UnknownNameError


@pytest.fixture
def shelves(tmp_path, monkeypatch):
    """A copy of a small shelf that a test may damage."""
    for shelf in registry.SHELVES:
        (tmp_path / shelf).mkdir()
        (tmp_path / shelf / "a.tsv").write_text("x\ty\n1\t\n")
        rows = registry.registry_rows(tmp_path / shelf)
        (tmp_path / shelf / "registry.tsv").write_text("file\tsha256\n" + "".join(f"{file}\t{digest}\n" for file, digest in rows))
    monkeypatch.setattr(registry, "_shelf_root", lambda shelf: tmp_path / shelf)
    registry._registered.cache_clear()
    yield tmp_path
    registry._registered.cache_clear()


def test_reads_a_registered_table_as_text(shelves):
    assert registry.read_table("networks/a.tsv").values.tolist() == [["1", ""]]


def test_refuses_a_changed_file(shelves):
    (shelves / "networks" / "a.tsv").write_text("x\ty\n2\t\n")
    with pytest.raises(JaknetError, match=r"differs from its registered SHA-256.*update_registry"):
        registry.bundled_path("networks/a.tsv")


def test_refuses_an_unregistered_file(shelves):
    (shelves / "networks" / "b.tsv").write_text("x\n")
    with pytest.raises(UnknownNameError, match=r"b\.tsv"):
        registry.bundled_path("networks/b.tsv")


def test_real_registries_are_up_to_date():
    for shelf in registry.SHELVES:
        root = registry._shelf_root(shelf)
        listed = [tuple(line.split("\t")) for line in (root / "registry.tsv").read_text().splitlines()[1:]]
        assert listed == registry.registry_rows(root), f"run python scripts/update_registry.py ({shelf})"


def test_only_the_door_opens_the_shelves():
    package = Path(registry.__file__).parents[1]
    openers = [path.relative_to(package).as_posix() for path in package.rglob("*.py") if "importlib import resources" in path.read_text()]
    assert openers == ["data/registry.py"]


def test_shelves_hold_no_stray_binary(tmp_path):
    root = registry._shelf_root("networks")
    copied = shutil.copytree(root, tmp_path / "copy", ignore=shutil.ignore_patterns("__pycache__"))
    kinds = {path.suffix for path in Path(copied).rglob("*") if path.is_file()}
    assert kinds <= {".tsv", ".yaml", ".gmt", ".gz", ".md", ".py"}
