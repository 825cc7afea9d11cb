"""The plan file: documented, checked, and helpful when wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, strategies as st

from jaknet.errors import InputError
from jaknet.plan import Dataset, Treatment, read_plan, reference, template


def test_template_is_a_valid_study(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(template())
    plan = read_plan(path)
    assert plan.drugs == (Treatment(name="tofacitinib", dose="300 nM"), Treatment(name="baricitinib", dose="100 nM"))
    assert plan.settings.model_dump() == {"engine": "logic", "members": 1000, "nulls": 200, "seed": 0}


def test_uncommented_dataset_of_the_template_is_valid(tmp_path):
    text = (
        template()
        .replace("#dataset:", "dataset:")
        .replace("#explain:", "explain:")
        .replace("\n#  ", "\n  ")
        .replace("  signature: deseq2.csv", "  #signature")
    )
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    for name in ("counts.tsv", "samples.tsv"):
        (tmp_path / name).write_text("x\n")
    dataset = read_plan(path).dataset
    assert dataset.test == "IL22"
    assert dataset.subset == {"time": "3h"}
    assert read_plan(path).explain.cause == "IL22"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"drugz": 1}, "did you mean drugs"),
        ({"dataset": {"expresion": "x"}}, "did you mean expression"),
        ({"dataset": {"signature": "absent.csv"}}, "does not exist"),
        ({"dataset": {"species": "rat", "signature": "x"}}, "choose one of auto, human, mouse"),
        ({"dataset": {"expression": "x"}}, "lacks samples, test, reference"),
        ({"dataset": {"expression": "x", "signature": "y"}}, "exactly one"),
        ({"dataset": "counts.tsv"}, "must be a mapping"),
        ({"settings": {"members": "many"}}, "whole number of at least"),
        ({"settings": {"nulls": 0}}, "whole number of at least"),
        ({"settings": {"engine": "magic"}}, "choose one of logic, linear"),
        ({"regulators": {"depth": 3}}, "choose one of 1, 2"),
        ({"drugs": ["tofacitinib"]}, "name: tofacitinib, dose"),
        ({"drugs": []}, "drugs is empty"),
        ({"network": "missing.tsv"}, "does not exist"),
        ({"enrichment": []}, "must be a mapping"),
    ],
)
def test_each_mistake_gets_one_clear_message(change, message):
    with pytest.raises(InputError, match=message):
        read_plan(change)


def test_broken_yaml_and_missing_file(tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_text("drugs: [")
    with pytest.raises(InputError, match="not valid YAML"):
        read_plan(broken)
    with pytest.raises(InputError, match="jaknet run --init"):
        read_plan(tmp_path / "absent.yaml")
    empty = tmp_path / "empty.yaml"
    empty.write_text("")
    with pytest.raises(InputError, match="holds no keys"):
        read_plan(empty)


@given(st.dictionaries(st.text(max_size=8), st.one_of(st.none(), st.integers(), st.text(max_size=5), st.lists(st.integers(), max_size=2))))
def test_any_mapping_gives_a_study_or_an_input_error(raw):
    text = yaml.safe_dump(raw)
    try:
        read_plan(yaml.safe_load(text))
    except InputError:
        return
    assert set(raw) <= {"name", "network", "drugs", "contexts", "dataset", "regulators", "enrichment", "settings"}


@pytest.fixture
def folder(tmp_path):
    for name in ("counts.tsv", "samples.tsv", "net.tsv", "sets.gmt", "cells.h5ad", "de.csv"):
        (tmp_path / name).write_text("x\n")
    return tmp_path


def _read(folder: Path, text: str):
    (folder / "plan.yaml").write_text(text, encoding="utf-8")
    return read_plan(folder / "plan.yaml")


DATA = "dataset: {expression: counts.tsv, samples: samples.tsv, test: a, reference: b"


def test_an_empty_mapping_is_the_default_study():
    plan = read_plan({})
    assert (plan.name, plan.network, plan.contexts) == ("jaknet-plan", "osteoblast", ("steady_state",))
    assert plan.drugs == (Treatment(name="tofacitinib", dose="300 nM"),)
    assert plan.dataset is None
    assert plan.regulators.model_dump() == {"network": None, "method": "calibrated", "depth": 1}
    assert plan.enrichment.model_dump() == {"gene_sets": None, "method": "prerank"}
    assert plan.settings.model_dump() == {"engine": "logic", "members": 1000, "nulls": 200, "seed": 0}


def test_template_spells_out_the_defaults():
    plan, default = read_plan(yaml.safe_load(template())), read_plan({})
    for section in ("regulators", "enrichment", "settings"):
        assert getattr(plan, section) == getattr(default, section)
    assert plan.network == default.network


def test_paths_are_those_beside_the_study_wherever_one_stands(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    plan = _read(folder, f"{DATA}}}\nregulators: {{network: net.tsv}}\nenrichment: {{gene_sets: ./sets.gmt}}\nnetwork: net.tsv\n")
    assert plan.dataset.expression == (folder / "counts.tsv").resolve()
    assert plan.dataset.samples == (folder / "samples.tsv").resolve()
    assert plan.regulators.network == str((folder / "net.tsv").resolve())
    assert plan.enrichment.gene_sets == (folder / "sets.gmt").resolve()
    assert plan.network == str((folder / "net.tsv").resolve())


def test_single_values_stand_for_lists_and_numbers_for_texts(folder):
    plan = _read(folder, "contexts: inflammatory\ndrugs: {name: baricitinib, dose: 100 nM}\nname: 7\n")
    assert plan.contexts == ("inflammatory",) and plan.name == "7"
    assert plan.drugs == (Treatment(name="baricitinib", dose="100 nM"),)
    numbers = DATA.replace("test: a", "test: 3").replace("reference: b", "reference: 0")
    dataset = _read(folder, f"{numbers}, factor: 2, covariates: [1, x]}}").dataset
    assert (dataset.test, dataset.reference, dataset.factor, dataset.covariates) == ("3", "0", "2", ("1", "x"))


def test_one_covariate_need_not_be_a_list(folder):
    assert _read(folder, f"{DATA}, covariates: donor}}").dataset.covariates == ("donor",)
    assert _read(folder, f"{DATA}, covariates: []}}").dataset.covariates == ()


def test_null_means_left_out(folder):
    dataset = _read(folder, f"{DATA}, species: null, kind: null, covariates: null, subset: null, factor: null, signature: null}}").dataset
    assert dataset == Dataset(
        expression=(folder / "counts.tsv").resolve(), samples=(folder / "samples.tsv").resolve(), test="a", reference="b"
    )
    assert _read(folder, "network: null\nsettings: null\ndataset: null\n").network == "osteoblast"


def test_cells_bring_their_own_samples(folder):
    assert _read(folder, "dataset: {expression: cells.h5ad, test: a, reference: b}").dataset.samples is None
    with pytest.raises(InputError, match=r"dataset with expression lacks samples. Name the sample table"):
        _read(folder, "dataset: {expression: counts.tsv, test: a, reference: b}")


def test_a_finished_table_needs_nothing_else(folder):
    dataset = _read(folder, "dataset: {signature: de.csv, species: mouse}").dataset
    assert dataset.signature == (folder / "de.csv").resolve()
    assert (dataset.expression, dataset.species) == (None, "mouse")


def test_a_byte_order_mark_and_unicode_are_fine(folder):
    (folder / "plan.yaml").write_text("\ufeffname: Größe µ\n", encoding="utf-8")
    assert read_plan(str(folder / "plan.yaml")).name == "Größe µ"


def test_the_source_is_kept_and_not_changed():
    raw = {"settings": {"members": 5}, "drugs": [{"name": "Xeljanz", "dose": "1 nM"}]}
    plan = read_plan(raw)
    assert raw == {"settings": {"members": 5}, "drugs": [{"name": "Xeljanz", "dose": "1 nM"}]}
    assert plan.drugs[0].name == "tofacitinib"
    assert plan.settings.members == 5 and plan.settings.nulls == 200
    # Another plan does not inherit these values.
    assert read_plan({}).settings.members == 1000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"settings": {"seed": -1}}, "settings.seed is -1; give a whole number of at least 0, such as 0"),
        ({"settings": {"members": True}}, "settings.members is True"),
        ({"settings": {"members": 2.5}}, "settings.members is 2.5"),
        ({"settings": {"members": 0}}, "settings.members is 0; give a whole number of at least 1, such as 1000"),
        ({"settings": {"engin": "logic"}}, "unknown key in settings: engin; did you mean engine?"),
        ({"settings": [1]}, "settings must be a mapping with engine, members, nulls, seed"),
        ({"regulators": {"depth": "1"}}, "regulators.depth is '1'; choose one of 1, 2"),
        ({"regulators": {"method": "viper"}}, "choose one of calibrated, ulm, mlm, ipa"),
        ({"regulators": {"network": "no.tsv"}}, "regulators.network names no.tsv, which does not exist beside the plan"),
        ({"enrichment": {"method": "gsva"}}, "choose one of prerank, ora"),
        ({"drugs": [{"name": "x"}]}, "write it as {name: tofacitinib, dose: 300 nM}"),
        ({"drugs": [{"name": "x", "dose": "1 nM", "more": 1}]}, "write it as"),
        ({"drugs": None}, "drugs is empty; list at least one, or leave the line out"),
        ({"contexts": []}, "contexts is empty"),
        ({"dataset": {"species": "human"}}, "give exactly one"),
        ({"dataset": {"expression": "x", "test": "a", "reference": "b", "samples": "y", "subset": "3h"}}, "write column: level"),
        ({"dataset": {"kind": "reads", "expression": "x"}}, "kind is 'reads'; choose one of auto, counts"),
        ({"nonsense": 1}, "unknown key in the plan: nonsense; known: name, network, drugs"),
    ],
)
def test_each_refusal_names_key_value_and_remedy(change, message):
    with pytest.raises(InputError) as caught:
        read_plan(change)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_treatment_says_its_assay_and_matrix():
    plan = read_plan({"drugs": [{"name": "tofacitinib", "dose": "300 nM", "assay": "enzyme", "matrix": "blood"}]})
    (treatment,) = plan.drugs
    assert treatment.label == "tofacitinib 300 nM in blood (enzyme)" == treatment.perturbation().label
    for key, value in (("assay", "blood"), ("matrix", "serum")):
        with pytest.raises(InputError, match=f"drugs.{key} is '{value}'; choose one of"):
            read_plan({"drugs": [{"name": "tofacitinib", "dose": "300 nM", key: value}]})


def test_seed_zero_is_a_seed_and_treatments_have_labels():
    assert read_plan({"settings": {"seed": 0}}).settings.seed == 0
    assert Treatment(name="tofacitinib", dose="5 mg BID").label == "tofacitinib 5 mg BID"


def test_lists_and_bytes_are_no_study(tmp_path):
    (tmp_path / "list.yaml").write_text("- a\n- b\n")
    with pytest.raises(InputError, match=r"list\.yaml holds no keys. Write a template with: jaknet run --init list\.yaml"):
        read_plan(tmp_path / "list.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match="is not valid YAML"):
        read_plan(tmp_path / "binary.yaml")
    with pytest.raises(InputError, match="no plan"):
        read_plan(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "name: x\nsettings:\n  members: 0\n",
            "plan.yaml, line 3: settings.members is 0; give a whole number",
        ),
        ("drugs:\n  - {name: tofacitinib, dose: 1 nM}\n  - {name: x}\n", "plan.yaml, line 3: a drug is {'name': 'x'}"),
        ("name: x\n\nregulators: {metod: ulm}\n", "plan.yaml, line 3: unknown key in regulators: metod; did you mean method?"),
        ("name: x\nenrichment:\n  gene_sets: no.gmt\n", "plan.yaml, line 3: enrichment.gene_sets names no.gmt, which does not exist"),
        (
            "name: x\nnetwork: osteoblst\n",
            "plan.yaml, line 2: network names osteoblst, which does not exist beside the plan; bundled",
        ),
        ("name: x\ncontexts: [a]\nname: y\n", "plan.yaml, line 3: name is given twice; keep one of them."),
        ("settings:\n  seed: 1\n  nulls: 5\n  seed: 2\n", "plan.yaml, line 4: seed is given twice"),
        ("dataset: {signature: de.csv, factor: true}\n", "plan.yaml, line 1: dataset.factor is True; give text, in quotation marks"),
        ("settings: {members: a, seed: b}\n", "plan.yaml, line 1: settings.members is 'a'"),
    ],
)
def test_a_refusal_names_the_line_of_the_plan(folder, text, message):
    with pytest.raises(InputError) as caught:
        _read(folder, text)
    assert message in str(caught.value)


def test_every_problem_is_told_at_once(folder):
    with pytest.raises(InputError, match=r"line 1: settings\.members is 'a'.*line 1: settings\.seed is 'b'.*"):
        _read(folder, "settings: {members: a, seed: b}\n")


def test_the_page_of_the_plan_shows_its_keys():
    page = (Path(__file__).parents[1] / "docs" / "plan.md").read_text(encoding="utf-8")
    assert reference() in page


def test_every_key_is_explained_in_the_template():
    lines = template().splitlines()
    keys = [line for line in lines if line.lstrip("#").startswith("  ")]
    assert len(keys) == 37 and all("  # " in line or " # " in line for line in keys)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": {"gene": "SYMBOL"}}, "dataset with expression has columns, which only the other kind of data has"),
        ({"complete": False}, "dataset with expression has complete"),
        ({"duplicates": "strongest"}, "dataset with expression has duplicates strongest. Choose refuse, sum, mean or max"),
        ({"donor": "ind", "missing": "drop"}, "dataset with donor has missing, but cells are summed as counts"),
        ({"min_cells": 0}, "dataset.min_cells is 0; give a whole number of at least 1, such as 10"),
        ({"max_memory": "lots"}, "dataset.max_memory is 'lots'; give a number, such as 4e9"),
        ({"max_memory": -1}, "dataset.max_memory is -1; give a number"),
        ({"cells_as_replicates": "perhaps"}, "dataset.cells_as_replicates is 'perhaps'; give true or false"),
        ({"missing": "fill"}, "dataset.missing is 'fill'; choose one of refuse, drop"),
        ({"donor": [1]}, "dataset.donor is [1]; give text"),
    ],
)
def test_keys_of_data_are_checked(change, message):
    given = {"expression": "x.tsv", "samples": "y.tsv", "test": "a", "reference": "b"}
    with pytest.raises(InputError) as caught:
        read_plan({"dataset": given | change})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"samples": "y.tsv", "donor": "p"}, "dataset with signature has donor, samples, which only the other kind"),
        ({"duplicates": "sum"}, "dataset with signature has duplicates sum. Choose refuse, strongest"),
        ({"columns": "SYMBOL"}, "dataset.columns is 'SYMBOL'; write meaning: column, e.g. {gene: SYMBOL}"),
    ],
)
def test_keys_of_a_finished_table_are_checked(change, message):
    with pytest.raises(InputError) as caught:
        read_plan({"dataset": {"signature": "x.tsv"} | change})
    assert message in str(caught.value)
