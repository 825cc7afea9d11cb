from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from jaknet.errors import InputError, SpeciesError, UnknownNameError
from jaknet.expression.signature_reading import read_signature
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
