"""The study file: documented, checked, and helpful when wrong."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from jaknet.errors import InputError
from jaknet.study import TEMPLATE, Treatment, read_study


def test_template_is_a_valid_study(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(TEMPLATE)
    study = read_study(path)
    assert study.drugs == (Treatment("tofacitinib", "300 nM"), Treatment("baricitinib", "100 nM"))
    assert study.settings == {"engine": "logic", "members": 1000, "nulls": 200, "seed": 0}


def test_uncommented_dataset_of_the_template_is_valid(tmp_path):
    text = TEMPLATE.replace("#dataset:", "dataset:").replace("\n#  ", "\n  ").replace("  signature: deseq2.csv", "  #signature")
    path = tmp_path / "study.yaml"
    path.write_text(text)
    for name in ("counts.tsv", "samples.tsv"):
        (tmp_path / name).write_text("x\n")
    dataset = read_study(path).dataset
    assert dataset.test == "IL22"
    assert dataset.subset == {"time": "3h"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"drugz": 1}, "did you mean drugs"),
        ({"dataset": {"expresion": "x"}}, "did you mean expression"),
        ({"dataset": {"signature": "absent.csv"}}, "does not exist"),
        ({"dataset": {"species": "rat", "signature": "x"}}, "choose one of human, mouse"),
        ({"dataset": {"expression": "x"}}, "lacks samples, test, reference"),
        ({"dataset": {"expression": "x", "signature": "y"}}, "exactly one"),
        ({"dataset": "counts.tsv"}, "must be a mapping"),
        ({"settings": {"members": "many"}}, "positive whole number"),
        ({"settings": {"nulls": 0}}, "positive whole number"),
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
        read_study(change)


def test_broken_yaml_and_missing_file(tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_text("drugs: [")
    with pytest.raises(InputError, match="not valid YAML"):
        read_study(broken)
    with pytest.raises(InputError, match="jaknet run --init"):
        read_study(tmp_path / "absent.yaml")
    empty = tmp_path / "empty.yaml"
    empty.write_text("")
    with pytest.raises(InputError, match="holds no keys"):
        read_study(empty)


@given(st.dictionaries(st.text(max_size=8), st.one_of(st.none(), st.integers(), st.text(max_size=5), st.lists(st.integers(), max_size=2))))
def test_any_mapping_gives_a_study_or_an_input_error(raw):
    text = yaml.safe_dump(raw)
    try:
        read_study(yaml.safe_load(text))
    except InputError:
        return
    assert set(raw) <= {"name", "network", "drugs", "contexts", "dataset", "regulators", "enrichment", "settings"}
