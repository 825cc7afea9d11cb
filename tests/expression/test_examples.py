"""The bundled examples: measured ones are what their source file holds, licensed, and show what their datasheets say."""

from __future__ import annotations

import gzip
import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import jaknet as jn
from jaknet.data.registry import bundled_path
from jaknet.pipeline import example_plan

MEASURED = ("jak_inhibitors_neural", "mouse_bone_osteocytes")
SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "extract_examples.py"


@pytest.mark.parametrize("name", jn.list_examples())
def test_each_example_loads_with_a_comparison_that_can_be_made(name):
    example = jn.load_example(name)
    factor, levels = example.contrast["factor"], {example.contrast["test"], example.contrast["reference"]}
    assert levels <= set(example.samples[factor])
    assert example.samples.index.tolist() == example.expression.matrix.columns.tolist()
    assert (example.truth is not None) == (name == "simulated")
    assert ("measured" in example.title) != ("SIMULATED" in example.title)
    assert example.title in repr(example)


@pytest.mark.parametrize("name", jn.list_examples())
def test_the_plan_makes_the_comparison_that_load_example_offers(name):
    data, example = example_plan(name).dataset, jn.load_example(name)
    assert {key: getattr(data, key) for key in example.contrast} == example.contrast
    assert data.expression == bundled_path(f"expression/{name}/counts.tsv.gz")


@pytest.mark.parametrize("given", ["simulate", 3, ""])
def test_unknown_examples_are_refused(given):
    with pytest.raises(jn.InputError, match="simulated"):
        jn.load_example(given)


@pytest.mark.parametrize("name", MEASURED)
def test_measured_examples_carry_licence_and_datasheet_and_are_small(name):
    folder = bundled_path(f"expression/{name}/counts.tsv.gz").parent
    assert "MIT License" in (folder / "LICENSE-MIT.md").read_text() and "Copyright (c)" in (folder / "LICENSE-MIT.md").read_text()
    assert "**What was taken" in (folder / "README.md").read_text()
    assert sum(path.stat().st_size for path in folder.iterdir()) < 700_000
    # No time of writing, so that the script gives the same bytes.
    assert (folder / "counts.tsv.gz").read_bytes()[4:8] == b"\0\0\0\0"


@pytest.mark.real_data
@pytest.mark.skipif(not SCRIPT.is_file(), reason="scripts are not part of an installation")
def test_the_script_makes_what_is_bundled(real_data):
    specification = importlib.util.spec_from_file_location("extract_examples", SCRIPT)
    script = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(script)
    for name, extract in zip(MEASURED, (script.jak_inhibitors, script.mouse_bone), strict=True):
        counts, samples = extract(real_data / "expression")
        with gzip.open(bundled_path(f"expression/{name}/counts.tsv.gz"), "rt") as stream:
            bundled = pd.read_csv(stream, sep="\t", index_col=0)
        assert bundled.index.equals(counts.index) and np.array_equal(bundled.to_numpy(), counts.to_numpy())
        written = pd.read_csv(bundled_path(f"expression/{name}/samples.tsv"), sep="\t", keep_default_na=False)
        assert written.equals(samples.reset_index(drop=True))


@pytest.fixture(scope="module")
def ruxolitinib() -> jn.Signature:
    example = jn.load_example()
    with pytest.warns(UserWarning, match="LOW DEPTH"):
        return jn.contrast(example.expression, **example.contrast)


def test_a_jak_inhibitor_is_seen_in_neural_cells(ruxolitinib):
    table = ruxolitinib.to_frame().set_index("gene")
    assert (table.loc[["SOCS3", "ISG15"], "log2_fold_change"] < -2).all() and (table.loc[["SOCS3", "ISG15"], "q_value"] < 0.01).all()
    found = jn.regulators(ruxolitinib, "osteoblast")
    assert found["regulator"].head(2).tolist() == ["ISGF3", "STAT1"] and set(found["direction"].head(2)) == {"down"}
    assert found.loc[0, "q_value"] < 0.01
    response = jn.perturb("osteoblast", "ruxolitinib 1-10 uM", context="inflammatory", members=100)
    assert jn.compare(ruxolitinib, response).call == "like"


def test_its_cells_make_no_bone_and_the_warnings_say_so(ruxolitinib):
    said = " ".join(ruxolitinib.report["warnings"])
    assert "LOW DEPTH" in said and "markers SP7, ALPL, IBSP, BGLAP are below 1 per million" in said
    assert ruxolitinib.to_frame().set_index("gene")["p_value"].reindex(["BGLAP", "SOST", "SP7", "TNFSF11"]).isna().all()


def test_mouse_bone_shows_bone_genes():
    example = jn.load_example("mouse_bone_osteocytes")
    found = jn.contrast(example.expression, orthologs_to="human", method="trend", **example.contrast).to_frame().set_index("gene")
    assert (found.loc[["BGLAP", "DMP1", "SOST"], "log2_fold_change"] > 3).all()
