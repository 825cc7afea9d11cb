"""The bundled gene tables."""

from __future__ import annotations

import pytest

from jaknet.data.registry import bundled_path
from jaknet.errors import UnknownNameError
from jaknet.genes.tables import SPECIES, gene_table, ortholog_pairs


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
