"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real datasets, or a skip that says how to provide it."""
    folder = os.environ.get("JAKNET_REAL_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("real datasets absent: set JAKNET_REAL_DATA to their folder")
    return Path(folder)
