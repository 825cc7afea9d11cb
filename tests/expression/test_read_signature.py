from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from jaknet.errors import InputError, SpeciesError, UnknownNameError
from jaknet.expression.read_signature import read_signature
from jaknet.genes.tables import gene_table

RNG = np.random.default_rng(14)
GENES = sorted(gene_table("human").coding)[1000:1200]
CHANGE = RNG.normal(0, 1, 200)
P = RNG.uniform(0, 1, 200)
Q = stats.false_discovery_control(P)
Z = np.sign(CHANGE) * stats.norm.isf(P / 2)
TOOLS = {
    "DESeq2": pd.DataFrame({"baseMean": 9.0, "log2FoldChange": CHANGE, "lfcSE": 0.1, "stat": Z, "pvalue": P, "padj": Q}, index=GENES),
    "edgeR": pd.DataFrame({"logFC": CHANGE, "logCPM": 5.0, "F": Z**2, "PValue": P, "FDR": Q}, index=GENES),
    "limma": pd.DataFrame({"logFC": CHANGE, "AveExpr": 5.0, "t": Z, "P.Value": P, "adj.P.Val": Q, "B": 0.1}, index=GENES),
    "Seurat": pd.DataFrame({"p_val": P, "avg_log2FC": CHANGE, "pct.1": 0.5, "p_val_adj": np.minimum(P * 200, 1)}, index=GENES),
    "table": pd.DataFrame({"names": GENES, "scores": Z, "logfoldchanges": CHANGE, "pvals": P, "pvals_adj": Q}),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_tools_are_recognised_and_agree(tool, tmp_path):
    TOOLS[tool].to_csv(tmp_path / "de.csv", index=tool != "table")
    sig = read_signature(tmp_path / "de.csv", label="a vs b")
    assert sig.report["format"] == tool
    assert sig.complete
    table = sig.to_frame().set_index("gene").loc[GENES]
    np.testing.assert_allclose(table["log2_fold_change"], CHANGE)
    np.testing.assert_allclose(table["statistic"], Z, rtol=1e-6)
    np.testing.assert_allclose(table["q_value"], Q, rtol=1e-9)


def test_natural_logarithms_and_ratios_become_log2():
    old = TOOLS["Seurat"].rename(columns={"avg_log2FC": "avg_logFC"})
    np.testing.assert_allclose(read_signature(old).table["log2_fold_change"], CHANGE / np.log(2))
    signed = np.sign(CHANGE) * 2 ** np.abs(CHANGE)
    for fold in (2**CHANGE, signed):
        table = pd.DataFrame({"gene": GENES, "fold_change": fold, "p": P})
        np.testing.assert_allclose(read_signature(table).table["log2_fold_change"], CHANGE, atol=1e-9)
    with pytest.raises(InputError, match="neither a ratio nor a signed fold change"):
        read_signature(pd.DataFrame({"gene": GENES, "fold_change": CHANGE, "p": P}))


def test_fold_changes_alone_are_read_and_what_cannot_be_tested_is_said():
    sig = read_signature(pd.DataFrame({"gene": GENES, "RAvsHealthy": CHANGE}))
    assert not sig.tested
    assert sig.complete
    assert "no p-values" in sig.report["cannot_be_tested"]
    assert sig.table["statistic"].equals(sig.table["log2_fold_change"])


@pytest.mark.parametrize("keep", [P < 0.05, Q < 1.1, np.abs(CHANGE) > 0.5])
def test_filtered_tables_are_known_and_refused_where_a_universe_is_needed(keep):
    whole = bool(np.all(keep))
    table = TOOLS["limma"] if whole else TOOLS["limma"][keep] if keep.sum() >= 10 else TOOLS["limma"].nsmallest(10, "P.Value")
    sig = read_signature(table)
    assert sig.complete == whole
    if not whole:
        with pytest.raises(InputError, match="already filtered"):
            sig.require_universe("enrich")
        assert read_signature(table, complete=True).complete


def test_table_cut_at_the_adjusted_p_is_known():
    table = TOOLS["limma"].assign(**{"adj.P.Val": 0.2})
    assert read_signature(table).report["filtered_because"] == "no adjusted p-value is above 0.2"


def test_p_of_zero_is_raised():
    sig = read_signature(TOOLS["Seurat"].assign(p_val=np.where(P < 0.2, 0.0, P)))
    assert (sig.table["p_value"] > 0).all()
    assert np.isfinite(sig.table["statistic"]).all()
    assert sig.report["zero_p_values_raised"] == (P < 0.2).sum()


def test_identifiers_of_one_symbol_are_merged_with_a_fair_p():
    table = pd.DataFrame({"gene": ["TP53", "ENSG00000141510", "STAT3"], "logFC": [1.0, 2.0, 1.0], "pvalue": [0.2, 0.01, 0.5]})
    sig = read_signature(table)
    assert sig.table.set_index("gene").loc["TP53", ["log2_fold_change", "p_value"]].tolist() == [2.0, 0.02]
    assert sig.report["merged_rows"] == 1


def test_repeated_genes_are_refused_or_merged_on_request():
    table = pd.DataFrame({"gene": ["TP53", "TP53", "STAT3"], "logFC": [1.0, 2.0, 1.0], "pvalue": [0.2, 0.01, 0.5]})
    with pytest.raises(InputError, match="TP53; say duplicates='strongest'"):
        read_signature(table)
    assert len(read_signature(table, duplicates="strongest")) == 2


def test_columns_may_be_named():
    table = pd.DataFrame({"locus": GENES, "effect": CHANGE, "significance": P, "noise": 1.0})
    with pytest.raises(InputError, match="no column of fold changes"):
        read_signature(table)
    sig = read_signature(table, columns={"gene": "locus", "log2_fold_change": "effect", "p_value": "significance"})
    np.testing.assert_allclose(sig.table.set_index("gene").loc[GENES, "statistic"], Z)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"P.Value": P * 3}, InputError, "beyond 0 to 1"),
        ({"logFC": np.where(P < 0.5, np.inf, CHANGE)}, InputError, "infinite values"),
        ({"logFC": ["much", *CHANGE[1:].astype(str)]}, InputError, "'much'"),
        ({"logFC": np.nan}, InputError, "nothing is left"),
    ],
)
def test_unusable_values_are_refused(change, error, words):
    with pytest.raises(error, match=words):
        read_signature(TOOLS["limma"].assign(**change))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"columns": {"gene": "nowhere"}}, UnknownNameError, "nowhere"),
        ({"columns": {"weight": "t"}}, UnknownNameError, "weight"),
        ({"duplicates": "sum"}, InputError, "unknown duplicates"),
        ({"species": "mouse"}, SpeciesError, "declared mouse"),
    ],
)
def test_unusable_arguments_are_refused(arguments, error, words):
    with pytest.raises(error, match=words):
        read_signature(TOOLS["limma"], **arguments)


def test_empty_table():
    with pytest.raises(InputError, match="no rows"):
        read_signature(TOOLS["limma"].iloc[:0])


@pytest.mark.real_data
def test_rheumatoid_osteoblasts_have_fold_changes_alone(real_data):
    path = real_data / "expression/GSE107363_RA_osteoblast_log2FC.tsv.gz"
    with pytest.raises(InputError, match="1271 genes appear more than once"):
        read_signature(path)
    sig = read_signature(path, duplicates="strongest")
    assert (sig.species, sig.complete, sig.tested) == ("human", True, False)
    assert len(sig) > 26_000


def _small(**columns) -> pd.DataFrame:
    return pd.DataFrame({"gene": GENES[:6]} | columns)


LFC = np.array([2.0, -1.0, 0.5, -0.25, 0.0, 3.0])
SMALL_P = np.array([0.001, 0.02, 0.3, 0.5, 0.9, 0.04])


def _statistics(table: pd.DataFrame) -> np.ndarray:
    return read_signature(table).table.set_index("gene").loc[GENES[:6], "statistic"].to_numpy()


def test_statistics_are_taken_signed_or_made_signed():
    signed = np.array([5.0, -2.0, 1.0, -0.5, 0.0, 3.0])
    np.testing.assert_allclose(_statistics(_small(logFC=LFC, t=signed, pvalue=SMALL_P)), signed)
    for squared in ("F", "LR", "stat"):  # a likelihood ratio of DESeq2 stands in its column stat
        np.testing.assert_allclose(_statistics(_small(logFC=LFC, pvalue=SMALL_P, **{squared: signed**2})), signed)


def test_a_statistic_without_negatives_is_left_alone_if_nothing_falls():
    rising = np.abs(LFC)
    np.testing.assert_allclose(_statistics(_small(logFC=rising, stat=rising * 3, pvalue=SMALL_P)), rising * 3)


def test_a_zero_does_not_hide_that_a_statistic_has_no_sign():
    squared = np.array([25.0, 4.0, 1.0, 0.25, 0.0, 9.0])
    assert _statistics(_small(logFC=LFC, stat=squared, pvalue=SMALL_P)).min() == -2


def test_no_statistic_and_a_p_give_the_normal_quantile():
    expected = np.sign(LFC) * np.sqrt(stats.chi2.isf(SMALL_P, 1))
    np.testing.assert_allclose(_statistics(_small(logFC=LFC, pvalue=SMALL_P)), expected, rtol=1e-9)


def test_swapping_the_contrast_flips_signs_and_nothing_else():
    table = TOOLS["limma"]
    one = read_signature(table).table
    other = read_signature(table.assign(logFC=-table["logFC"], t=-table["t"])).table
    np.testing.assert_array_equal(one[["log2_fold_change", "statistic"]], -other[["log2_fold_change", "statistic"]])
    np.testing.assert_array_equal(one[["p_value", "q_value"]], other[["p_value", "q_value"]])


@pytest.mark.parametrize("tool", TOOLS)
def test_order_of_rows_and_columns_changes_nothing(tool):
    mixed = TOOLS[tool].sample(frac=1, random_state=4).iloc[:, ::-1]
    pd.testing.assert_frame_equal(read_signature(mixed).table, read_signature(TOOLS[tool]).table, check_exact=False, rtol=1e-12)


def test_own_q_values_are_recomputed():
    table = _small(logFC=LFC, pvalue=SMALL_P, padj=[0.9] * 6)
    np.testing.assert_allclose(sorted(read_signature(table).table["q_value"]), sorted(stats.false_discovery_control(SMALL_P)))


@pytest.mark.parametrize(("ratio", "change"), [(4.0, 2.0), (0.25, -2.0), (1.0, 0.0), (-2.0, -1.0), (-1.0, 0.0)])
def test_fold_changes_by_hand(ratio, change):
    fold = [ratio, 2.0, 2.0, 2.0, 2.0, 2.0]
    table = read_signature(_small(foldchange=fold, pvalue=SMALL_P)).table.set_index("gene")
    assert table.loc[GENES[0], "log2_fold_change"] == pytest.approx(change)


@pytest.mark.parametrize("ratio", [0.0, -0.5, -0.999])
def test_what_no_fold_change_can_be_is_refused_with_the_way_out(ratio):
    with pytest.raises(InputError, match=r"column 'FC' is neither a ratio.*columns=\{'log2_fold_change'"):
        read_signature(_small(FC=[ratio, 2.0, 2, 2, 2, 2], pvalue=SMALL_P))


def test_the_more_telling_column_of_several_is_taken():
    table = _small(FC=2.0**LFC, logFC=LFC, pvalue=SMALL_P, row=range(6), id=[f"row_{i}" for i in range(6)])
    sig = read_signature(table)
    assert sig.report["columns"]["gene"] == "gene"
    np.testing.assert_allclose(sig.table.set_index("gene").loc[GENES[:6], "log2_fold_change"], LFC)


def test_gene_names_without_a_known_heading_are_found():
    table = pd.DataFrame({"note": ["x"] * 6, "locus": GENES[:6], "logFC": LFC, "pvalue": SMALL_P})
    assert read_signature(table).report["columns"]["gene"] == "locus"


def test_a_single_number_column_is_the_fold_change_but_not_one_of_several():
    assert read_signature(_small(drug_vs_vehicle=LFC)).report["columns"]["log2_fold_change"] == "drug_vs_vehicle"
    with pytest.raises(InputError, match=r"no column of fold changes found among gene, one, other"):
        read_signature(_small(one=LFC, other=LFC))
    with pytest.raises(InputError, match="no column of gene names"):
        read_signature(pd.DataFrame({"logFC": LFC, "pvalue": SMALL_P}))


def test_rows_without_values_are_left_out_and_counted():
    table = _small(logFC=[np.nan, *LFC[1:]], stat=[1.0, np.nan, *LFC[2:]], pvalue=[*SMALL_P[:5], np.nan])
    table.loc[3, "gene"] = None
    sig = read_signature(table)
    assert sig.report["dropped_untested"] == 3
    assert len(sig) == 3
    assert sig.provenance.dropped["dropped_untested"] == 3
    # A gene without a p-value (independent filtering) keeps its fold change and is not tested.
    assert sig.table["p_value"].isna().sum() == 1


def test_unmapped_names_are_counted_and_too_many_are_refused():
    table = _small(logFC=LFC, pvalue=SMALL_P)
    table.loc[:1, "gene"] = ["novel_1", "novel_2"]
    assert read_signature(table).report["dropped_unmapped"] == 2
    table["gene"] = [*(f"novel_{i}" for i in range(5)), GENES[0]]
    with pytest.raises(InputError, match="only 17% of 6 identifiers"):
        read_signature(table, species="human")


def test_label_is_the_one_given_the_file_or_a_plain_word(tmp_path):
    table = _small(logFC=LFC, pvalue=SMALL_P)
    table.to_csv(tmp_path / "il22_3h.deseq2.csv", index=False)
    assert read_signature(tmp_path / "il22_3h.deseq2.csv").label == "il22_3h"
    assert read_signature(tmp_path / "il22_3h.deseq2.csv", label="x").label == "x"
    assert read_signature(table).label == "signature"
    assert set(read_signature(tmp_path / "il22_3h.deseq2.csv").provenance.inputs) == {"il22_3h.deseq2.csv"}


def test_names_with_padding_and_decimal_commas():
    padded = _small(logFC=LFC, pvalue=SMALL_P).assign(gene=[f"  {gene} " for gene in GENES[:6]])
    assert set(read_signature(padded).table["gene"]) == set(GENES[:6])
    with pytest.raises(InputError, match=r"column 'logFC' holds cells that are not numbers: '2,0'; correct them"):
        read_signature(_small(logFC=["2,0", *LFC[1:].astype(str)], pvalue=SMALL_P))


@pytest.mark.parametrize("rows", [9, 10])
def test_a_short_table_is_not_called_cut(rows):
    table = TOOLS["limma"].nsmallest(rows, "P.Value")[["logFC", "P.Value"]]
    sig = read_signature(table)
    assert sig.complete == (rows == 9)
    assert read_signature(table, complete=False).complete is False


def test_fold_changes_cut_in_the_middle_are_known_by_their_gap():
    cut = TOOLS["limma"][["logFC"]].copy()
    cut["logFC"] = np.sign(CHANGE) * (0.3 + np.abs(CHANGE))
    assert read_signature(cut).report["filtered_because"].startswith("no log2 fold change is below 0.3")
    assert read_signature(cut.iloc[:99]).complete


def test_strongest_of_repeated_genes_pays_by_their_number():
    table = _small(logFC=LFC, stat=LFC * 2, pvalue=SMALL_P)
    table.loc[1:2, "gene"] = GENES[0]
    sig = read_signature(table, duplicates="strongest")
    row = sig.table.set_index("gene").loc[GENES[0]]
    assert (row["statistic"], row["p_value"]) == (4.0, pytest.approx(0.003))
    assert sig.report["duplicate_rows"] == 2
    with pytest.raises(InputError, match="1 genes appear more than once"):
        read_signature(table)


def test_p_beyond_range_is_shown():
    with pytest.raises(InputError, match=r"'pvalue' holds values beyond 0 to 1: -0\.1, 1\.5"):
        read_signature(_small(logFC=LFC, pvalue=[-0.1, 1.5, 0.1, 0.1, 1.0, 0.0]))


def test_mouse_tables_stay_mouse():
    table = pd.DataFrame({"gene": ["Stat3", "Socs3", "Bglap2"], "logFC": [1.0, 2, 3], "pvalue": [0.1, 0.2, 0.9]})
    sig = read_signature(table)
    assert (sig.species, sig.table["gene"].tolist()) == ("mouse", ["Bglap2", "Socs3", "Stat3"])


LIMMA = TOOLS["limma"]


def test_a_statistic_that_opposes_its_fold_change_throughout_is_refused():
    """It used to be taken in silence."""
    for table in (LIMMA.assign(t=-Z), LIMMA.assign(t=-Z).head(4), LIMMA.assign(logFC=np.where(P < 0.96, -CHANGE, CHANGE))):
        with pytest.raises(InputError, match=r"opposite sign of the fold change in \d+ of \d+ genes: was the contrast turned round"):
            read_signature(table)


@pytest.mark.parametrize(("opposed", "said"), [(10, False), (11, True), (189, True)])
def test_a_statistic_that_opposes_in_part_is_warned_of_with_the_count(opposed, said):
    table = LIMMA.assign(t=np.where(np.arange(200) < opposed, -Z, Z))
    if not said:
        assert not any("opposite" in line for line in read_signature(table).warnings)
        return
    with pytest.warns(UserWarning, match=f"opposite signs in {opposed} of 200 genes"):
        sig = read_signature(table)
    assert f"in {opposed} of 200 genes" in sig.warnings[0]


def test_genes_without_a_sign_are_not_counted_as_opposed():
    change = np.where(np.arange(200) < 150, 0.0, CHANGE)
    assert not any("opposite" in line for line in read_signature(LIMMA.assign(logFC=change)).warnings)


def test_p_values_that_do_not_follow_the_statistic_are_warned_of():
    shuffled = RNG.permutation(P)
    with pytest.warns(UserWarning, match=r"p-values do not fall as the statistic grows \(rank correlation -?0\.\d\d\)"):
        sig = read_signature(LIMMA.assign(**{"P.Value": shuffled}))
    assert sig.warnings[0].startswith("p-values do not fall")
    one_sided = stats.norm.sf(Z)
    with pytest.warns(UserWarning, match="two-sided"):
        read_signature(LIMMA.assign(**{"P.Value": one_sided}))


@pytest.mark.parametrize("column", ["logFC", "t", "P.Value"])
@pytest.mark.parametrize("kind", ["bool", "object", "boolean", "csv"])
def test_true_and_false_are_no_numbers(column, kind, tmp_path):
    flags = pd.Series(CHANGE > 0, index=GENES)
    if kind == "object":
        flags = flags.astype(object).where(P < 0.9, None)
    table = LIMMA.assign(**{column: flags.astype("boolean") if kind == "boolean" else flags})
    if kind == "csv":
        table.to_csv(tmp_path / "de.csv")
    with pytest.raises(InputError, match=f"column '{column}' holds TRUE and FALSE, which are no numbers"):
        read_signature(tmp_path / "de.csv" if kind == "csv" else table)


@pytest.mark.parametrize("value", [50.5, -51.0, 1e308])
def test_fold_changes_beyond_sense_are_refused_with_the_gene(value):
    change = np.where(np.arange(200) == 7, value, CHANGE)
    statistic = np.abs(Z) * np.sign(change)
    with pytest.raises(
        InputError, match=f"gives 1 genes a log2 fold change beyond 50: {GENES[7]} .*'fold_change': ...}} if they are ratios"
    ):
        read_signature(LIMMA.assign(logFC=change, t=statistic))
    with pytest.raises(InputError, match=r"column 'fc' gives 1 genes .*; correct the values\.$"):
        read_signature(pd.DataFrame({"gene": GENES[:4], "fc": [2.0, 0.5, 1.0, 1e300], "pvalue": [0.1, 0.2, 0.9, 0.01]}))


def test_fold_changes_up_to_fifty_are_taken():
    assert read_signature(LIMMA.assign(logFC=np.where(Z > 0, 50.0, -50.0))).table["log2_fold_change"].max() == 50


@pytest.mark.parametrize("p", [1.0, 0.5, 0.0])
def test_p_values_all_the_same_are_refused_unless_a_statistic_orders_the_genes(p):
    """All p of 1 used to be taken in silence."""
    with pytest.raises(InputError, match=f"every p-value in column 'P.Value' is {p:g}, which orders no gene.*leave it out"):
        read_signature(LIMMA[["logFC"]].assign(**{"P.Value": p}))
    with pytest.warns(UserWarning, match=f"every p-value is {p:g}: no gene can be told from the others"):
        sig = read_signature(LIMMA.assign(**{"P.Value": p}))
    assert sig.table["statistic"].nunique() == 200


@pytest.mark.parametrize("tool", TOOLS)
def test_coherent_tables_are_told_of_what_they_lack_only(tool):
    lines = read_signature(TOOLS[tool]).warnings
    assert [line.split(" ")[0] for line in lines] == ["FEW", "markers"]


def test_filtered_tables_and_fold_changes_alone_say_so_first():
    assert read_signature(LIMMA[P < 0.05]).warnings[0].startswith("FILTERED: no p-value is above 0.0")
    assert read_signature(LIMMA, complete=False).warnings[0].startswith("FILTERED: as declared")
    assert not any("FILTERED" in line for line in read_signature(LIMMA[P < 0.05], complete=True).warnings)
    assert read_signature(LIMMA[["logFC"]]).warnings[0].startswith("no p-values: genes can be ordered")


@pytest.mark.real_data
@pytest.mark.parametrize("term", ["STAT3", "LIFR", "d1t6"])
def test_limma_of_synovial_fibroblasts_is_coherent(real_data, term):
    table = pd.read_csv(real_data / "expression/synovial_fibroblast_sirna_limma.tsv.gz", sep="\t")
    names = {"gene": "ensembl_id", "log2_fold_change": f"{term}_log2fc", "p_value": f"{term}_pvalue"}
    lines = read_signature(table, columns=names, duplicates="strongest").warnings
    assert all(line.startswith("markers ") for line in lines)
