"""Manifests hold plain, complete values."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from jaknet.provenance import as_generator, as_seed, file_sha256, make_manifest


def test_manifest_becomes_json_whatever_it_holds():
    made = make_manifest("step", {"array": np.arange(2), "nested": {"x": np.float64(1.5)}, "none": None}, {"a": "b"}, {"rows": 3}, 7)
    read = json.loads(json.dumps(made.to_dict()))
    assert read["parameters"] == {"array": [0, 1], "nested": {"x": 1.5}, "none": None}
    assert read["dropped"] == {"rows": 3}
    assert read["seed"] == 7


def test_manifest_names_versions():
    versions = make_manifest("step").versions
    assert {"python", "jaknet", "numpy", "pandas"} <= set(versions)


def test_file_hash_equals_hashlib(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * 3_000_000)
    assert file_sha256(path) == hashlib.sha256(b"x" * 3_000_000).hexdigest()


def test_seeds_are_reproducible_and_generators_advance():
    assert as_generator(3).integers(100) == as_generator(3).integers(100)
    generator = np.random.default_rng(1)
    assert as_generator(generator) is generator
    assert as_seed(generator) != as_seed(generator)
    assert as_seed(5) == 5
