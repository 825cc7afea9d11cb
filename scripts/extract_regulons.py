"""Extract the signed part of TRRUST as a bundled network of transcription factors and targets.

Run from the project's root with the folder that holds ``networks/trrust_human.tsv`` (TRRUST v2 as its site offers it, with a header row),
then ``python scripts/update_registry.py``::

    python scripts/extract_regulons.py "$JAKNET_REAL_DATA"

TRRUST is under CC BY-SA 4.0, and so is what this script makes of it; see ``networks/regulons/README.md``.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import pandas as pd

from jaknet.genes.mapping import map_identifiers
from jaknet.network.io.read import read_network
from jaknet.network.network import Network
from jaknet.tables import as_tsv

#: What the other columns of an edge would hold is the default of every network.
COLUMNS = ["source", "target", "sign", "layer", "tier", "sign_basis", "support_positive", "support_negative"]
COLUMNS += ["references", "references_against", "resources"]
ABOUT = """name: trrust
version: "2"
description: transcription factors and their targets with signs, of TRRUST v2 (CC BY-SA 4.0)
species: human
"""


def signed_regulons(path: Path) -> Network:
    """Return the rows with a sign, under current symbols; what was left out is in the report.

    Parameters
    ----------
    path : Path
        Of TRRUST's table.
    """
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    ends = list(table.columns[:2])
    names = sorted({*table[ends[0]], *table[ends[1]]})
    mapped = map_identifiers(names, "human").table
    current = {old: new or old for old, new in zip(mapped["identifier"], mapped["mapped"], strict=True)}
    table[ends] = table[ends].map(current.__getitem__)
    with tempfile.TemporaryDirectory() as scratch:
        renamed = Path(scratch) / "trrust.tsv"
        table.to_csv(renamed, sep="\t", index=False)
        network = read_network(renamed, format="trrust", name="TRRUST", species="human")
    network.report["renamed"] = sum(old != new for old, new in current.items())
    return network


def main() -> None:
    """Write edges, nodes and what the network is; the same bytes each time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder that holds networks/")
    network = signed_regulons(parser.parse_args().data / "networks" / "trrust_human.tsv")
    folder = Path(__file__).resolve().parents[1] / "networks" / "regulons" / "trrust"
    folder.mkdir(parents=True, exist_ok=True)
    regulators = set(network.edges["source"])
    nodes = network.nodes[["node", "gene"]]
    nodes.insert(1, "kind", ["tf" if node in regulators else "gene" for node in nodes["node"]])
    (folder / "edges.tsv").write_text(as_tsv(network.edges[COLUMNS]), encoding="utf-8")
    (folder / "nodes.tsv").write_text(as_tsv(nodes), encoding="utf-8")
    (folder / "network.yaml").write_text(ABOUT, encoding="utf-8")
    print(repr(network), {key: len(value) if isinstance(value, list) else value for key, value in network.report.items()})


if __name__ == "__main__":
    main()
