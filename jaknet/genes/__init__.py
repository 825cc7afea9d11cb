"""Identifiers of genes: symbols, aliases, Ensembl, Entrez, orthologs."""
