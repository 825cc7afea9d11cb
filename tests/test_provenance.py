"""Manifests hold plain, complete values."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from jaknet._version import __version__
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


@dataclass
class _Odd:
    """Neither a number nor a text nor a collection."""

    name: str

    def __str__(self) -> str:
        return f"odd {self.name}"


def test_every_kind_of_value_becomes_plain():
    given = {
        "int": np.int32(3), "float": np.float32(0.5), "bool": np.bool_(True), "tuple": (1, "a"), "path": Path("a") / "b",
        "keys": {1: None, ("x", 2): [np.int64(1)]}, "odd": _Odd("one"), "text": "µ", "generator": (n for n in (1, 2)), "matrix": np.eye(2),
    }  # fmt: skip
    found = make_manifest("s", given).to_dict()["parameters"]
    assert found == {
        "int": 3, "float": 0.5, "bool": True, "tuple": [1, "a"], "path": str(Path("a") / "b"),
        "keys": {"1": None, "('x', 2)": [1]}, "odd": "odd one", "text": "µ", "generator": [1, 2], "matrix": [[1.0, 0.0], [0.0, 1.0]],
    }  # fmt: skip
    assert [type(found[name]) for name in ("int", "float", "bool")] == [int, float, bool]
    json.dumps(found)


def test_a_manifest_of_nothing_is_empty_but_for_the_step_and_versions():
    made = make_manifest("step").to_dict()
    assert list(made) == ["step", "parameters", "inputs", "dropped", "seed", "versions"]
    assert (made["step"], made["parameters"], made["inputs"], made["dropped"], made["seed"]) == ("step", {}, {}, {}, None)


def test_a_manifest_keeps_its_own_copy():
    parameters, dropped = {"a": 1}, {"rows": 2}
    made = make_manifest("step", parameters, dropped=dropped)
    parameters["a"], dropped["rows"] = 9, 9
    assert made.parameters == {"a": 1} and made.dropped == {"rows": 2}


def test_versions_are_those_that_run():
    versions = make_manifest("step").versions
    assert versions["numpy"] == np.__version__
    assert versions["jaknet"] == __version__


@pytest.mark.parametrize("content", [b"", b"x", b"\x00" * (1 << 20), b"y" * ((1 << 20) + 1)])
def test_hash_of_any_length(tmp_path, content):
    (tmp_path / "f").write_bytes(content)
    assert file_sha256(str(tmp_path / "f")) == hashlib.sha256(content).hexdigest()


def test_seeds_of_any_kind():
    assert as_seed(np.int64(4)) == 4 and type(as_seed(np.int64(4))) is int
    drawn = as_seed(np.random.default_rng(0))
    assert type(drawn) is int and 0 <= drawn < 2**63
    assert max(as_seed(np.random.default_rng(start)) for start in range(20)) > 2**61
    assert as_seed(np.random.default_rng(0)) == drawn
    assert as_generator(None).random() != as_generator(None).random()
