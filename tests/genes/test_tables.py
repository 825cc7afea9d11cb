"""The bundled gene tables."""

from __future__ import annotations

import pandas as pd
import pytest

from jaknet.data.registry import bundled_path
from jaknet.errors import UnknownNameError
from jaknet.genes.tables import SPECIES, GeneTable, gene_table, ortholog_pairs


@pytest.mark.parametrize("species", SPECIES)
def test_no_alias_is_somebodys_current_symbol(species):
    genes = gene_table(species)
    assert not genes.symbols & set(genes.by_alias)
    assert len(genes.coding) > 19_000


def test_osteoanabolic_genes_have_every_identifier():
    genes = gene_table("human")
    assert genes.first("ensembl")["BGLAP"] == "ENSG00000242252"
    assert genes.first("entrez")["BGLAP"] == "632"
    assert genes.by_uniprot["P02818"] == ("BGLAP",)
    assert genes.by_ensembl["ENSG00000242252"] == ("BGLAP",)


def test_of_several_genes_behind_one_identifier_the_coding_one_is_taken():
    # ENSG00000004866 is listed for ST7 and for its antisense transcript ST7-OT3.
    assert gene_table("human").by_ensembl["ENSG00000004866"] == ("ST7",)


def test_ortholog_pairs_are_current_symbols():
    pairs = ortholog_pairs()
    assert set(pairs["mouse"]) <= gene_table("mouse").symbols
    assert set(pairs["human"]) <= gene_table("human").symbols
    assert pairs["support"].between(1, 13).all()
    assert not pairs.duplicated(["mouse", "human"]).any()


def test_another_species_is_refused():
    with pytest.raises(UnknownNameError, match="unknown species: rat; known: human, mouse"):
        gene_table("rat")


def test_extracts_stay_small():
    names = ("human_genes", "mouse_genes", "mouse_human_orthologs")
    assert sum(bundled_path(f"networks/identifiers/{name}.tsv.gz").stat().st_size for name in names) < 2_500_000


ROWS = [
    ("ABC", "1", "1", "E1;E9", "P1", "OLD;Both"),
    ("DEF", "2", "0", "E1;E2", "P1;P2", "Both;ABC"),
    ("abc", "", "0", "E2", "", ""),
    ("GHI", "3", "1", "", "P2;P3", ""),
    ("JKL", "4", "1", "", "P3", ""),
]
SMALL = GeneTable("human", pd.DataFrame(ROWS, columns=["symbol", "entrez", "coding", "ensembl", "uniprot", "aliases"]))


def test_look_ups_by_hand():
    assert SMALL.symbols == {"ABC", "DEF", "abc", "GHI", "JKL"}
    assert SMALL.coding == {"ABC", "GHI", "JKL"}
    assert SMALL.by_alias == {"OLD": ("ABC",), "Both": ("ABC", "DEF")}
    assert SMALL.by_entrez == {"1": ("ABC",), "2": ("DEF",), "3": ("GHI",), "4": ("JKL",)}
    assert SMALL.by_case == {"ABC": ("ABC", "abc"), "DEF": ("DEF",), "GHI": ("GHI",), "JKL": ("JKL",)}


def test_of_several_genes_the_only_coding_one_is_taken_and_otherwise_all():
    assert SMALL.by_ensembl == {"E1": ("ABC",), "E9": ("ABC",), "E2": ("DEF", "abc")}
    assert SMALL.by_uniprot == {"P1": ("ABC",), "P2": ("GHI",), "P3": ("GHI", "JKL")}


def test_first_identifier_of_each_gene_that_has_one():
    assert SMALL.first("ensembl") == {"ABC": "E1", "DEF": "E1", "abc": "E2"}
    assert SMALL.first("entrez") == {"ABC": "1", "DEF": "2", "GHI": "3", "JKL": "4"}
    assert "ABC" not in repr(SMALL)


@pytest.mark.parametrize("species", SPECIES)
def test_bundled_tables_are_read_once_and_name_each_gene_once(species):
    genes = gene_table(species)
    assert gene_table(species) is genes
    assert genes.species == species and genes.table["symbol"].is_unique
    assert all("" not in look for look in (genes.by_alias, genes.by_case, genes.by_ensembl, genes.by_entrez, genes.by_uniprot))
    assert set(genes.table["coding"]) == {"0", "1"}
