from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jaknet.expression.coverage import OSTEOBLAST_MARKERS, few_genes, silent_markers, table_warnings
from jaknet.genes.tables import gene_table

HUMAN = [*OSTEOBLAST_MARKERS, *sorted(gene_table("human").coding - set(OSTEOBLAST_MARKERS))[:3000]]


def _table(genes: list[str], untested: tuple[str, ...] = ()) -> pd.DataFrame:
    return pd.DataFrame({"gene": genes, "p_value": [np.nan if gene in untested else 0.5 for gene in genes]})


@pytest.mark.parametrize(("genes", "said"), [(1999, True), (2000, False)])
def test_a_transcriptome_has_two_thousand_genes(genes, said):
    assert bool(few_genes(genes, 1.0, "human")) == said


@pytest.mark.parametrize(("named", "said"), [(0.49, True), (0.5, False)])
def test_half_of_the_names_must_be_genes(named, said):
    assert bool(few_genes(9000, named, "mouse")) == said
    assert all("mouse genes" in line for line in few_genes(9000, named, "mouse"))


@pytest.mark.parametrize(("silent", "said"), [(0, False), (2, False), (3, True)])
def test_a_third_of_the_markers_is_said(silent, said):
    assert bool(silent_markers(OSTEOBLAST_MARKERS[:silent], OSTEOBLAST_MARKERS, "absent")) == said
    assert silent_markers([], [], "absent") == []


def test_a_whole_table_gets_no_warning_in_either_species():
    assert table_warnings(_table(HUMAN), "human") == []
    mouse = ["Runx2", "Sp7", "Alpl", "Col1a1", "Col1a2", "Sparc", "Spp1", "Ibsp", "Bglap2", *sorted(gene_table("mouse").coding)[:3000]]
    assert table_warnings(_table(list(dict.fromkeys(mouse))), "mouse") == []


def test_untested_markers_count_as_absent_unless_nothing_was_tested():
    (line,) = table_warnings(_table(HUMAN, ("SP7", "IBSP", "BGLAP")), "human")
    assert line == "markers SP7, IBSP, BGLAP are absent or were not tested: are these the cells you think?"
    assert table_warnings(_table(HUMAN).assign(p_value=np.nan), "human") == []


def test_the_most_serious_comes_first():
    lines = table_warnings(_table(HUMAN[9:500]), "human", named=0.3, filtered="no p-value is above 0.05")
    assert [line.split(":")[0].split("?")[0] for line in lines[:3]] == ["FILTERED", "WRONG SPECIES", "FEW ROWS"]
    assert "no p-value is above 0.05" in lines[0] and lines[3].startswith("markers RUNX2")
