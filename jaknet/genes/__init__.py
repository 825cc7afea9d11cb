"""Gene identifiers: symbols, aliases, Ensembl, Entrez, human and mouse, orthologs, names that Excel mangled."""
