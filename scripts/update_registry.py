"""Rewrite ``registry.tsv`` of both shelves after a deliberate edit of a bundled file.

Run from the project's root: ``python scripts/update_registry.py``.
"""

from __future__ import annotations

from pathlib import Path

from jaknet.data.registry import SHELVES, registry_rows


def main() -> None:
    """Write file and SHA-256 of every bundled file, sorted by name."""
    for shelf in SHELVES:
        root = Path(__file__).resolve().parents[1] / shelf
        lines = ["file\tsha256", *("\t".join(row) for row in registry_rows(root))]
        (root / "registry.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
