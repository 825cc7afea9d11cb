from __future__ import annotations

import pytest

from jaknet.errors import InputError
from jaknet.expression.expression import read_expression
from jaknet.expression.sources import read_series_matrix

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


TWO = '"p1"\t7.5\t6.25\n"p2"\t3.5\t3.25\n!series_matrix_table_end\n'


def _series(tmp_path, fields: str, name: str = "GSE9_series_matrix.txt"):
    head = "\n".join(line for line in HEAD.splitlines() if "characteristics" not in line and "begin" not in line and "ID_REF" not in line)
    path = tmp_path / name
    path.write_text(f'{head}\n{fields}!series_matrix_table_begin\n"ID_REF"\t"GSM1"\t"GSM2"\n{TWO}')
    return path


def test_columns_of_the_samples(series):
    _, samples, report = read_series_matrix(series)
    assert list(samples) == ["title", "sample", "organism_ch1", "treatment", "donor"]
    assert samples["sample"].tolist() == ["GSM1", "GSM2"]
    assert report == {"format": "GEO series matrix"}


def test_characteristics_are_split_at_the_first_colon_and_blanks_stay(tmp_path):
    fields = '!Sample_characteristics_ch1\t"time: 3:30"\t""\n!Sample_characteristics_ch1\t" dose :  5 nM "\t"dose: 0"\n'
    _, samples, _ = read_series_matrix(_series(tmp_path, fields))
    assert samples["time"].tolist() == ["3:30", ""]
    assert samples["dose"].tolist() == ["5 nM", "0"]


def test_characteristics_without_a_name_keep_theirs_and_other_fields_are_left_out(tmp_path):
    fields = '!Sample_characteristics_ch1\t"female"\t"dose: 5"\n!Sample_contact_name\t"A"\t"B"\n!Sample_source_name_ch1\t"bone"\t"bone"\n'
    _, samples, _ = read_series_matrix(_series(tmp_path, fields))
    assert samples["source_name_ch1"].tolist() == ["bone", "bone"]
    assert not {"contact_name", "female", "dose"} & set(samples)


def test_blank_characteristics_make_no_odd_column(tmp_path):
    _, samples, _ = read_series_matrix(_series(tmp_path, '!Sample_characteristics_ch1\t""\t""\n'))
    assert list(samples) == ["title", "sample", "organism_ch1"]


def test_lines_that_mix_characteristics_are_sorted_by_their_names(tmp_path):
    """Untreated samples often lack a line, and all further values move up by one."""
    fields = '!Sample_characteristics_ch1\t"drug: tofacitinib"\t"donor: 2"\n!Sample_characteristics_ch1\t"donor: 1"\t""\n'
    _, samples, _ = read_series_matrix(_series(tmp_path, fields))
    assert samples["drug"].tolist() == ["tofacitinib", ""]
    assert samples["donor"].tolist() == ["1", "2"]


def test_quoted_tabs_do_not_shift_the_samples(tmp_path):
    _, samples, _ = read_series_matrix(_series(tmp_path, '!Sample_characteristics_ch1\t"cells: a\tb"\t"cells: c"\n'))
    assert samples["cells"].tolist() == ["a\tb", "c"]


def test_a_packed_series_reads_alike(series, tmp_path):
    import gzip

    packed = tmp_path / "GSE1_series_matrix.txt.gz"
    packed.write_bytes(gzip.compress(series.read_bytes()))
    for one, two in zip(read_series_matrix(series)[:2], read_series_matrix(packed)[:2], strict=True):
        assert one.equals(two)
    assert read_expression(packed, probes={"p1": "SOCS3"}).samples["treatment"].tolist() == ["drug", "vehicle"]
