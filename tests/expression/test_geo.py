from __future__ import annotations

import pytest

from jaknet.errors import InputError
from jaknet.expression.geo import read_series_matrix
from jaknet.expression.reading import read_expression

HEAD = """!Series_title\t"Osteoblasts and a drug"
!Sample_title\t"drug 1"\t"vehicle 1"
!Sample_geo_accession\t"GSM1"\t"GSM2"
!Sample_organism_ch1\t"Homo sapiens"\t"Homo sapiens"
!Sample_characteristics_ch1\t"treatment: drug"\t"treatment: vehicle"
!Sample_characteristics_ch1\t"donor: 1"\t"donor: 1"
!series_matrix_table_begin
"ID_REF"\t"GSM1"\t"GSM2"
"""


@pytest.fixture
def series(tmp_path):
    path = tmp_path / "GSE1_series_matrix.txt"
    path.write_text(HEAD + '"p1"\t7.5\t6.25\n"p2"\t3.5\t3.25\n!series_matrix_table_end\n')
    return path


def test_values_and_samples_are_read(series):
    values, samples, _ = read_series_matrix(series)
    assert values.to_numpy().tolist() == [["p1", 7.5, 6.25], ["p2", 3.5, 3.25]]
    assert samples["treatment"].tolist() == ["drug", "vehicle"]
    assert samples["donor"].tolist() == ["1", "1"]


def test_probes_become_genes(series):
    expression = read_expression(series, probes={"p1": "SOCS3"})
    assert expression.kind == "log_intensity"
    assert list(expression.matrix.index) == ["SOCS3"]
    assert expression.report["dropped_probes"] == 1
    assert expression.samples.loc["GSM2", "treatment"] == "vehicle"


@pytest.mark.parametrize("rest", ["!series_matrix_table_end\n", ""])
def test_series_without_values_says_where_they_are(tmp_path, rest):
    path = tmp_path / "GSE2_series_matrix.txt"
    path.write_text(HEAD + rest)
    with pytest.raises(InputError, match="supplementary file"):
        read_expression(path)
