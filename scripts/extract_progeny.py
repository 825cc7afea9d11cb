"""Extract PROGENy's human pathway footprints from the Debian package r-bioc-progeny.

Run from the project's root, with R (Debian r-base-core) and a Debian mirror at hand::

    python scripts/extract_progeny.py

Downloads the package with ``apt-get download``, reads its lazy-load database with R, keeps the 500 genes of the smallest p-value in
each pathway and writes ``networks/footprints/progeny_human.tsv.gz``. PROGENy is licensed under Apache-2.0; see
``networks/footprints/README.md``. Then run ``python scripts/update_registry.py``.
"""

from __future__ import annotations

import argparse
import gzip
import subprocess
import tempfile
from pathlib import Path

import pandas as pd

PACKAGE = "r-bioc-progeny"
READ = 'e <- new.env(); lazyLoad("{database}", envir = e); write.csv(e$model_human_full, "{table}", row.names = FALSE)'


def _extract(archive: Path, folder: Path) -> pd.DataFrame:
    """Return gene, pathway, weight and p.value of every pathway in an unpacked package."""
    subprocess.run(["dpkg-deb", "-x", str(archive), str(folder)], check=True)
    database, table = folder / "usr/lib/R/site-library/progeny/data/Rdata", folder / "model.csv"
    subprocess.run(["Rscript", "--vanilla", "-e", READ.format(database=database, table=table)], check=True, stdout=subprocess.DEVNULL)
    return pd.read_csv(table, keep_default_na=False)


def _strongest(model: pd.DataFrame, genes: int) -> pd.DataFrame:
    """Keep the genes of the smallest p-value in each pathway, sorted by pathway and gene, numbers to five digits."""
    model = model.rename(columns={"p.value": "p_value"}).sort_values(["pathway", "p_value", "gene"], kind="stable")
    kept = model.groupby("pathway").head(genes).sort_values(["pathway", "gene"])
    return kept.assign(weight=kept["weight"].map("{:.5g}".format), p_value=kept["p_value"].map("{:.3g}".format))[
        ["pathway", "gene", "weight", "p_value"]
    ]


def main() -> None:
    """Download, extract, write; the same bytes each time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--genes", type=int, default=500, help="genes per pathway")
    options = parser.parse_args()
    out = Path(__file__).resolve().parents[1] / "networks/footprints/progeny_human.tsv.gz"
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["apt-get", "download", PACKAGE], check=True, cwd=scratch)
        archive = next(Path(scratch).glob(f"{PACKAGE}_*.deb"))
        table = _strongest(_extract(archive, Path(scratch)), options.genes)
    out.parent.mkdir(parents=True, exist_ok=True)
    with open(out, "wb") as raw, gzip.GzipFile("", "wb", mtime=0, fileobj=raw) as stream:
        stream.write(table.to_csv(sep="\t", index=False, lineterminator="\n").encode())
    print(f"{len(table)} rows from {archive.name} in {out.name}")


if __name__ == "__main__":
    main()
