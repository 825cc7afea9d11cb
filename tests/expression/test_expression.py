from __future__ import annotations

import gzip

import anndata
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from jaknet.errors import InputError, SpeciesError
from jaknet.expression.expression import Expression, read_expression

GENES = ["STAT3", "SOCS3", "CISH", "BGLAP", "RUNX2", "SP7"]
COUNTS = pd.DataFrame(np.arange(24).reshape(6, 4) + 1, index=GENES, columns=["d1", "d2", "v1", "v2"])
SAMPLES = pd.DataFrame({"sample": ["d1", "d2", "v1", "v2"], "treatment": ["drug", "drug", "vehicle", "vehicle"]})


def check(expression: Expression) -> None:
    assert expression.kind == "counts"
    assert expression.matrix.to_numpy().tolist() == COUNTS.to_numpy().tolist()
    assert list(expression.matrix.index) == GENES
    assert list(expression.matrix.columns) == list(COUNTS.columns)


@pytest.mark.parametrize(("name", "separator"), [("c.tsv", "\t"), ("c.csv", ","), ("c.tsv.gz", "\t")])
def test_text_tables(tmp_path, name, separator):
    COUNTS.to_csv(tmp_path / name, sep=separator)
    check(read_expression(tmp_path / name))


def test_frames_with_and_without_index():
    check(read_expression(COUNTS))
    check(read_expression(COUNTS.rename_axis("gene").reset_index()))


def test_featurecounts(tmp_path):
    table = COUNTS.rename(columns=lambda name: f"/data/run/{name}Aligned.sortedByCoord.out.bam").rename_axis("Geneid").reset_index()
    for column, value in (("Chr", "chr1;chr1"), ("Start", "11;30"), ("End", "20;40"), ("Strand", "+;+"), ("Length", 20)):
        table.insert(1, column, value)
    path = tmp_path / "fc.txt"
    path.write_text('# Program:featureCounts v2.0.6; Command:"featureCounts" "-a" "x.gtf"\n' + table.to_csv(sep="\t", index=False))
    expression = read_expression(path)
    check(expression)
    assert expression.report["format"] == "featureCounts"
    assert expression.report["dropped_annotation_columns"] == 5


def test_rsem_and_salmon_matrices_are_rounded_and_said(tmp_path):
    table = (COUNTS + 0.25).where(COUNTS % 4 == 0, COUNTS.astype(float)) * 10
    rsem = table.rename(columns=lambda name: name + ".genes.results").rename_axis("gene_id").reset_index()
    rsem.insert(1, "transcript_id(s)", "ENST00000000001")
    rsem.to_csv(tmp_path / "rsem.tsv", sep="\t", index=False)
    salmon = table.rename_axis("gene_id").reset_index()
    salmon.insert(1, "gene_name", GENES)
    salmon.to_csv(tmp_path / "salmon.tsv", sep="\t", index=False)
    for path in (tmp_path / "rsem.tsv", tmp_path / "salmon.tsv"):
        expression = read_expression(path)
        assert (expression.kind, expression.report["rounded"]) == ("counts", 6)
        assert list(expression.matrix.columns) == list(COUNTS.columns)


def test_rows_of_counting_programs_are_left_out():
    table = pd.concat([COUNTS, COUNTS.iloc[:2].set_axis(["__no_feature", "N_unmapped"])])
    expression = read_expression(table)
    check(expression)
    assert expression.report["dropped_tally_rows"] == 2


def test_anndata_object_layer_and_file(tmp_path):
    obs = SAMPLES.set_index("sample").rename_axis(None)
    adata = anndata.AnnData(COUNTS.T.to_numpy(float), obs=obs, var=pd.DataFrame(index=GENES))
    check(read_expression(adata))
    adata.write_h5ad(tmp_path / "a.h5ad")
    expression = read_expression(tmp_path / "a.h5ad")
    check(expression)
    assert expression.samples["treatment"].tolist() == SAMPLES["treatment"].tolist()
    adata.layers["counts"] = adata.X.copy()
    adata.X = np.log1p(adata.X)
    check(read_expression(adata))


def test_natural_logarithms_of_scanpy_become_log2():
    adata = anndata.AnnData(np.log1p(COUNTS.T.to_numpy(float)), obs=pd.DataFrame(index=COUNTS.columns), var=pd.DataFrame(index=GENES))
    adata.uns["log1p"] = {}
    expression = read_expression(adata)
    assert expression.kind == "log_intensity"
    np.testing.assert_allclose(expression.matrix.to_numpy(), np.log2(COUNTS.to_numpy() + 1))


def test_transposed_matrix_is_turned_by_its_genes_or_by_its_samples():
    expression = read_expression(COUNTS.T)
    check(expression)
    assert expression.report["transposed"]
    made_up = COUNTS.set_axis([f"locus_{i}" for i in range(6)])
    assert list(read_expression(made_up.T, SAMPLES).matrix.columns) == list(COUNTS.columns)


def test_samples_are_matched():
    expression = read_expression(COUNTS, SAMPLES.iloc[::-1])
    assert expression.samples["treatment"].tolist() == SAMPLES["treatment"].tolist()
    with pytest.raises(InputError, match="samples do not match"):
        read_expression(COUNTS, SAMPLES.assign(sample=["a", "b", "c", "d"]))


@pytest.mark.parametrize(("duplicates", "expected"), [("sum", [6, 8, 10, 12]), ("mean", [3, 4, 5, 6]), ("max", [5, 6, 7, 8])])
def test_duplicate_genes_are_refused_or_merged_on_request(duplicates, expected):
    table = COUNTS.set_axis(["STAT3", "STAT3", *GENES[2:]])
    with pytest.raises(InputError, match=r"STAT3; say duplicates='sum'"):
        read_expression(table)
    expression = read_expression(table, duplicates=duplicates)
    assert expression.matrix.loc["STAT3"].tolist() == expected
    assert expression.report["duplicate_rows"] == 1


def test_missing_values_are_refused_or_dropped_on_request():
    table = COUNTS.astype(float)
    table.loc["CISH", "v1"] = np.nan
    with pytest.raises(InputError, match=r"1 genes \(CISH\) lack values in 1 samples \(v1\); .*missing='drop'"):
        read_expression(table)
    expression = read_expression(table, missing="drop")
    assert "CISH" not in expression.matrix.index
    assert expression.report["dropped_missing_genes"] == 1


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (COUNTS.astype(float).replace(1, np.inf), "infinite values: STAT3"),
        (-COUNTS, "cannot be negative"),
        (COUNTS.assign(v1=0), "samples v1 hold nothing but zeros"),
        (COUNTS.astype(object).where(COUNTS != 7, "seven"), "column 'v1' holds 1 cells that are not numbers: 'seven'"),
        (COUNTS.iloc[:0], "is empty"),
        (COUNTS.set_axis([""] * 6), "no row has a gene name"),
        (COUNTS.set_axis(["a", "a", "b", "c"], axis=1), "samples a appear twice"),
        (pd.DataFrame({"gene": GENES, "note": "x"}), "no column holds numbers"),
    ],
)
def test_unusable_values_give_one_clear_error(table, words):
    with pytest.raises(InputError, match=words):
        read_expression(table)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"duplicates": "drop"}, "unknown duplicates 'drop'"), ({"missing": "zero"}, "unknown missing"), ({"kind": "reads"}, "unknown kind")],
)
def test_unknown_options_are_named(arguments, words):
    with pytest.raises(InputError, match=words):
        read_expression(COUNTS, **arguments)


def test_other_objects_and_broken_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="cannot read a list"):
        read_expression([1, 2])
    with pytest.raises(InputError, match="does not exist"):
        read_expression(tmp_path / "absent.h5ad")
    (tmp_path / "bad.h5ad").write_bytes(b"not hdf5")
    with pytest.raises(InputError, match="not a readable h5ad"):
        read_expression(tmp_path / "bad.h5ad")
    (tmp_path / "cut.tsv.gz").write_bytes(gzip.compress(b"gene\ta\nSTAT3\t1\n" * 100)[:-20])
    with pytest.raises(InputError, match="cannot be read"):
        read_expression(tmp_path / "cut.tsv.gz")


def test_species_is_found_and_a_wrong_declaration_refused():
    mouse = COUNTS.set_axis(["Stat3", "Socs3", "Cish", "Bglap2", "Runx2", "Sp7"])
    assert read_expression(mouse).species == "mouse"
    with pytest.raises(SpeciesError, match="declared human, but the gene names are mouse"):
        read_expression(mouse, species="human")
    assert read_expression(COUNTS.set_axis([f"locus_{i}" for i in range(6)])).species == "unknown"


def test_dates_are_counted():
    assert read_expression(COUNTS.set_axis(["2-Sep", "1-Mar", *GENES[2:]])).report["date_names"] == 2


def test_provenance_holds_the_hash_of_the_file(tmp_path):
    COUNTS.to_csv(tmp_path / "c.tsv", sep="\t")
    assert len(read_expression(tmp_path / "c.tsv").provenance.inputs["c.tsv"]) == 64


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(1, 10**6), min_size=3, max_size=3), min_size=2, max_size=6))
def test_any_counts_survive_the_round_trip_through_a_file(tmp_path, rows):
    table = pd.DataFrame(rows, index=GENES[: len(rows)], columns=["a", "b", "c"])
    table.to_csv(tmp_path / "c.csv")
    assert read_expression(tmp_path / "c.csv").matrix.to_numpy().tolist() == rows


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.lists(st.one_of(st.floats(), st.sampled_from(["NA", "x", "", None, "1e3"])), min_size=3, max_size=3), min_size=1, max_size=5
    ),
    st.lists(st.sampled_from([*GENES, "", "2-Sep", "nan"]), min_size=5, max_size=5),
)
def test_any_cells_give_finite_expression_or_an_input_error(rows, names):
    table = pd.DataFrame(rows, index=names[: len(rows)], columns=["a", "b", "c"])
    try:
        matrix = read_expression(table).matrix
    except InputError:
        return
    assert np.isfinite(matrix.to_numpy()).all()
    assert matrix.index.is_unique


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "species", "shape", "rounded"),
    [
        ("t84_il22_counts.tsv.gz", "human", (18509, 12), 0),
        ("airway_rawcounts.csv.gz", "human", (64102, 8), 0),
        ("mouse_bone_osteocyte_enriched_counts.tsv.gz", "mouse", (46206, 10), 14149),
        ("low_depth_osteoblast_counts.tsv.gz", "human", (61533, 15), 0),
        ("kang_ifnb_600x249.h5ad", "human", (249, 600), 0),
    ],
)
def test_real_datasets(real_data, name, species, shape, rounded):
    expression = read_expression(real_data / "expression" / name)
    assert (expression.kind, expression.species, expression.matrix.shape) == ("counts", species, shape)
    assert expression.report["rounded"] == rounded


def test_input_frame_is_never_changed():
    given = COUNTS.astype(object).rename_axis("gene").reset_index()
    kept = given.copy(deep=True)
    made = read_expression(given, duplicates="sum").matrix
    made.iloc[:, :] = 0
    pd.testing.assert_frame_equal(given, kept)
    plain = COUNTS.copy()
    expression = read_expression(plain)
    frame = expression.to_frame()
    frame.iloc[0, 0] = -1
    assert expression.matrix.iloc[0, 0] == plain.iloc[0, 0] == 1


def test_order_of_rows_and_columns_is_kept_and_nothing_else_depends_on_it():
    mixed = COUNTS.iloc[::-1, ::-1]
    expression = read_expression(mixed)
    assert list(expression.matrix.index) == GENES[::-1]
    assert list(expression.matrix.columns) == ["v2", "v1", "d2", "d1"]
    pd.testing.assert_frame_equal(expression.matrix.loc[GENES, COUNTS.columns], read_expression(COUNTS).matrix)


def test_repr_names_species_kind_and_size():
    assert repr(read_expression(COUNTS)) == "Expression (human, counts): 6 genes x 4 samples"
    assert repr(read_expression(np.log2(COUNTS))) == "Expression (human, log_intensity): 6 genes x 4 samples"


def test_report_counts_what_was_left_out():
    table = pd.concat([COUNTS, COUNTS.iloc[:3].set_axis(["__ambiguous", "", "N_noFeature"])])
    expression = read_expression(table)
    found = {key: expression.report[key] for key in expression.report if key.startswith("dropped")}
    assert found == {
        "dropped_annotation_columns": 0, "dropped_unnamed_rows": 1, "dropped_tally_rows": 2
    }  # fmt: skip
    assert expression.provenance.dropped == found
    assert (expression.report["genes"], expression.report["samples"], expression.report["transposed"]) == (6, 4, False)


def test_probes_rename_and_drop_but_are_not_counted_as_unnamed():
    table = COUNTS.set_axis([f"{i}_at" for i in range(6)])
    expression = read_expression(table, probes={"0_at": "STAT3", "1_at": "SOCS3", "9_at": "CISH"})
    assert list(expression.matrix.index) == ["STAT3", "SOCS3"]
    assert (expression.report["dropped_probes"], expression.report["dropped_unnamed_rows"]) == (4, 0)
    with pytest.raises(InputError, match="no row has a gene name"):
        read_expression(table, probes={"x": "STAT3"})
    both = read_expression(table, probes={"0_at": "STAT3", "5_at": "STAT3"}, duplicates="max")
    assert both.matrix.loc["STAT3"].tolist() == [21, 22, 23, 24]


@pytest.mark.parametrize("heading", ["gene_name", "Symbol", "Description", "LENGTH", "gene_biotype"])
def test_annotation_is_no_sample_wherever_it_stands(heading):
    table = COUNTS.rename_axis("gene_id").reset_index()
    table.insert(3, heading, range(6))
    expression = read_expression(table)
    check(expression)
    assert expression.report["dropped_annotation_columns"] == 1


def test_a_gene_column_behind_others_is_found():
    table = COUNTS.reset_index(drop=True)
    table.insert(2, "GeneID", GENES)
    check(read_expression(table))


def test_text_cells_that_are_numbers_are_numbers():
    texts = COUNTS.astype(str).rename_axis("gene").reset_index()
    check(read_expression(texts))
    assert read_expression(COUNTS.astype(str).replace("7", " 7e0 ").rename_axis("gene").reset_index()).matrix.loc["SOCS3", "v1"] == 7


def test_a_column_of_words_is_left_out_and_one_typing_error_is_not():
    table = COUNTS.rename_axis("gene").reset_index()
    noted = table.assign(remark=["a", "b", "c", "1", "2", "3"])
    assert read_expression(noted).report["dropped_annotation_columns"] == 1
    with pytest.raises(InputError, match="column 'remark' holds 2 cells that are not numbers: 'a', 'b'; correct them"):
        read_expression(table.assign(remark=["a", "b", "4", "1", "2", "3"]))


def test_paths_of_alignments_become_sample_names_unless_they_collide():
    folders = COUNTS.set_axis([f"run{i}/sorted/{name}.sorted.dedup.bam" for i, name in enumerate(COUNTS)], axis=1)
    check(read_expression(folders))
    windows = COUNTS.set_axis([f"C:\\data\\{name}.cram" for name in COUNTS], axis=1)
    check(read_expression(windows))
    same = COUNTS.set_axis([f"lane{i}/s.bam" for i in range(4)], axis=1)
    assert list(read_expression(same).matrix.columns) == [f"lane{i}/s.bam" for i in range(4)]


@pytest.mark.parametrize(("duplicates", "dtype"), [("sum", "i"), ("mean", "i"), ("max", "i")])
def test_merged_counts_stay_whole(duplicates, dtype):
    table = COUNTS.set_axis(["STAT3", "SOCS3", "STAT3", "BGLAP", "STAT3", "SP7"])
    expression = read_expression(table, duplicates=duplicates)
    assert {kind.kind for kind in expression.matrix.dtypes} == {dtype}
    first = ["SOCS3", "BGLAP", "STAT3"] if duplicates == "max" else ["STAT3", "SOCS3", "BGLAP"]
    assert expression.matrix.index.tolist() == [*first, "SP7"]
    assert expression.report["duplicate_rows"] == 2


def test_mean_of_repeated_logarithms_is_not_rounded():
    logs = np.log2(COUNTS).set_axis(["STAT3", "STAT3", *GENES[2:]])
    merged = read_expression(logs, duplicates="mean").matrix.loc["STAT3"]
    np.testing.assert_allclose(merged, np.log2(COUNTS).iloc[:2].mean())


def test_repeated_genes_are_counted_once_each():
    with pytest.raises(InputError, match="2 genes appear more than once: STAT3, SOCS3; say duplicates="):
        read_expression(COUNTS.set_axis(["STAT3"] * 3 + ["SOCS3"] * 3))


def test_a_gene_missing_everywhere_and_a_sample_that_lacks_all():
    table = COUNTS.astype(float)
    table.loc["CISH"] = np.nan
    assert len(read_expression(table, missing="drop").matrix) == 5
    table["v1"] = np.nan
    for missing in ("refuse", "drop"):
        with pytest.raises(InputError, match=r"6 genes .* lack values in 4 samples .*; leave out the samples that lack most"):
            read_expression(table, missing=missing)


def test_counts_with_a_missing_gene_are_counts():
    table = COUNTS.astype(float)
    table.loc["CISH", "v1"] = np.nan
    expression = read_expression(table, missing="drop")
    assert expression.kind == "counts" and expression.matrix.to_numpy().dtype.kind == "i"


def test_infinite_values_name_their_genes_and_the_usual_cause():
    with np.errstate(divide="ignore"):
        logs = np.log2(COUNTS.to_numpy() - 1.0)
    with pytest.raises(InputError, match="1 genes hold infinite values: STAT3; the logarithm of 0 is one, add 1 before taking it"):
        read_expression(pd.DataFrame(logs, index=GENES, columns=COUNTS.columns))


def test_one_gene_and_one_sample():
    expression = read_expression(pd.DataFrame({"only": [5]}, index=["STAT3"]))
    assert expression.matrix.to_numpy().tolist() == [[5]]
    assert (expression.kind, expression.species, expression.samples) == ("counts", "human", None)


def test_unicode_names_survive_a_file(tmp_path):
    table = COUNTS.set_axis(["Behandlung µ", "δ", "対照 1", "対照 2"], axis=1)
    table.to_csv(tmp_path / "größe.csv")
    expression = read_expression(tmp_path / "größe.csv")
    assert list(expression.matrix.columns) == list(table.columns)
    assert list(expression.provenance.inputs) == ["größe.csv"]


def test_largest_counts_of_a_file_are_exact(tmp_path):
    table = COUNTS.copy()
    table.iloc[0, 0] = 2**40
    table.to_csv(tmp_path / "c.tsv", sep="\t")
    assert read_expression(tmp_path / "c.tsv").matrix.iloc[0, 0] == 2**40


def test_base_two_logarithms_of_scanpy_are_left_alone():
    values = np.log2(COUNTS.T.to_numpy(float) + 1)
    adata = anndata.AnnData(values, obs=pd.DataFrame(index=COUNTS.columns), var=pd.DataFrame(index=GENES))
    adata.uns["log1p"] = {"base": 2}
    np.testing.assert_allclose(read_expression(adata).matrix.to_numpy(), values.T)


def test_sparse_cells_are_read_like_dense_ones():
    sparse = pytest.importorskip("scipy.sparse")
    values = sparse.csr_matrix(COUNTS.T.to_numpy(float))
    adata = anndata.AnnData(values, obs=pd.DataFrame(index=COUNTS.columns), var=pd.DataFrame(index=GENES))
    check(read_expression(adata))
    assert read_expression(adata).samples is None


def test_a_square_matrix_of_genes_is_not_turned():
    square = pd.DataFrame(np.arange(16).reshape(4, 4) + 1, index=GENES[:4], columns=list(COUNTS))
    assert not read_expression(square).report["transposed"]
    assert read_expression(square.T).report["transposed"]


def test_samples_of_the_table_come_in_the_order_of_the_matrix_and_may_be_fewer():
    expression = read_expression(COUNTS, SAMPLES.iloc[[3, 0, 1]])
    assert list(expression.samples.index) == ["d1", "d2", "v2"]
    assert expression.matrix.shape[1] == 4
