"""Make ``networks/osteoblast/gene_sets.gmt`` from the curated edges, nodes and osteoanabolic genes.

Run from the project's root, then ``python scripts/update_registry.py``. A set is what the tables
say and nothing else: edit the tables or the definitions below, never the file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

SHELF = Path(__file__).resolve().parents[1] / "networks" / "osteoblast"
SMALLEST = 4

#: Set -> regulators whose transcription targets it holds; activated and repressed targets apart.
REGULATORS = {
    "JAK_STAT": ("STAT1", "STAT2", "STAT3", "STAT4", "STAT5A", "STAT5B", "STAT6", "IRF9", "ISGF3"),
    "STAT1": ("STAT1",),
    "STAT3": ("STAT3",),
    "STAT5": ("STAT5A", "STAT5B"),
    "WNT": ("BCAT_TCF", "CTNNB1", "LEF1", "TCF7", "TCF7L1", "TCF7L2"),
    "BMP": ("SMAD1_SMAD4", "SMAD1", "SMAD5", "SMAD9"),
    "TGFB": ("SMAD3_SMAD4", "SMAD2", "SMAD3"),
    "NFKB": ("NFKB1", "NFKB2", "REL", "RELA", "RELB"),
    "RUNX2": ("RUNX2",),
    "SP7": ("SP7",),
    "AP1": ("FOS", "FOSB", "FOSL1", "FOSL2", "JUN", "JUNB", "JUND"),
    "ATF4": ("ATF4",),
    "NOTCH": ("NOTCH1", "RBPJ", "HES1", "HEY1"),
    "HEDGEHOG": ("GLI1", "GLI2", "GLI3"),
    "FOXO": ("FOXO1", "FOXO3"),
    "VITAMIN_D": ("VDR",),
    "GLUCOCORTICOID": ("NR3C1",),
    "ESTROGEN": ("ESR1", "ESR2"),
    "ADIPOGENIC": ("PPARG", "CEBPA", "CEBPB", "CEBPD"),
    "CAMP_PTH": ("CREB1",),
}
#: Set -> nodes of this kind that act on one of these, in the signaling layer.
ACTING_ON = {
    "GP130_CYTOKINES": ("ligand", 1, ("IL6R", "gp130_JAK1", "LIFR", "OSMR", "IL11RA", "CNTFR", "IL27RA")),
    "WNT_LIGANDS": ("ligand", 1, ("FZD1", "FZD2", "FZD4", "FZD5", "FZD7", "FZD8", "FZD9", "LRP5", "LRP6", "ROR2", "RYK")),
    "WNT_ANTAGONISTS": ("inhibitor", -1, ("LRP5", "LRP6", "WNT_RECEPTOR", "WNT1", "WNT3A", "WNT5A", "WNT10B", "WNT7B", "WNT16", "WNT4")),
    "BMP_LIGANDS": ("ligand", 1, ("ACVR1", "ACVR2A", "ACVR2B", "BMPR1A", "BMPR1B", "BMPR2")),
    "BMP_ANTAGONISTS": ("inhibitor", -1, ("BMP2", "BMP4", "BMP6", "BMP7", "BMPR1A", "BMPR2", "SMAD1", "SMAD5")),
}
JAKS = ("JAK1", "JAK2", "JAK3", "TYK2")


def make_lines() -> list[str]:
    """Return the lines of the file, sorted by name of the set; sets of fewer than four genes are left out."""
    edges, nodes, marked = (_read(name) for name in ("edges", "nodes", "osteoanabolic"))
    gene = nodes.set_index("node")["gene"]
    edges["sign"] = edges["sign"].astype(int)
    sets = dict(_sets(edges, nodes.set_index("node")["kind"], marked))
    lines = []
    for name, (description, members) in sorted(sets.items()):
        symbols = sorted({gene.get(node, node) for node in members} - {""})
        if len(symbols) >= SMALLEST:
            lines.append("\t".join([name, description, *symbols]))
    return lines


def main() -> None:
    """Write the file."""
    lines = make_lines()
    (SHELF / "gene_sets.gmt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} sets")


def _read(name: str) -> pd.DataFrame:
    return pd.read_csv(SHELF / f"{name}.tsv", sep="\t", dtype=str, keep_default_na=False, quoting=csv.QUOTE_NONE)


def _sets(edges: pd.DataFrame, kind: pd.Series, marked: pd.DataFrame) -> Iterable[tuple[str, tuple[str, Iterable[str]]]]:
    polarity = marked["polarity"].astype(int)
    yield "OSTEOANABOLIC", ("genes that promote bone formation (osteoanabolic.tsv, polarity 1)", marked.loc[polarity > 0, "gene"])
    yield "OSTEOANABOLIC_OPPOSING", ("genes that oppose bone formation (osteoanabolic.tsv, polarity -1)", marked.loc[polarity < 0, "gene"])
    transcription = edges[edges["layer"] == "transcription"]
    for name, regulators in REGULATORS.items():
        found = transcription[transcription["source"].isin(regulators)]
        listed = ", ".join(regulators)
        yield f"{name}_TARGETS", (f"transcripts activated by {listed} (edges.tsv)", found.loc[found["sign"] > 0, "target"])
        yield f"{name}_REPRESSED", (f"transcripts repressed by {listed} (edges.tsv)", found.loc[found["sign"] < 0, "target"])
    signaling = edges[edges["layer"] == "signaling"]
    for name, (wanted, sign, targets) in ACTING_ON.items():
        acting = signaling[(signaling["sign"] == sign) & signaling["target"].isin(targets) & (signaling["source"].map(kind) == wanted)]
        verb = "activates" if sign > 0 else "inhibits"
        described = f"nodes of kind {wanted} with an edge that {verb} one of {', '.join(targets)} (edges.tsv, nodes.tsv)"
        yield name, (described, acting["source"])
    inhibits, activates = signaling[signaling["sign"] < 0], signaling[signaling["sign"] > 0]
    with_jak = signaling[(signaling["mechanism"] == "part_of") & signaling["source"].isin(JAKS)]
    nodes = (*JAKS, *sorted(set(with_jak["target"])), *REGULATORS["JAK_STAT"])
    braking = inhibits.loc[inhibits["target"].isin(nodes), "source"]
    yield "JAK_STAT_INHIBITORS", ("nodes that inhibit a JAK, its receptor complex or a STAT in the signaling layer (edges.tsv)", braking)
    pathway = {*nodes, *activates.loc[activates["target"].isin(nodes), "source"]}
    induced = transcription.loc[(transcription["sign"] > 0) & transcription["source"].isin(REGULATORS["JAK_STAT"]), "target"]
    returning = induced[induced.isin(inhibits.loc[inhibits["target"].isin(pathway), "source"]) & (induced.map(kind) == "inhibitor")]
    described = "inhibitors that a STAT or IRF9 induces and that act on a JAK complex, a STAT or what activates them (edges.tsv, nodes.tsv)"
    yield "JAK_STAT_FEEDBACK", (described, returning)
    yield "BONE_MATRIX", ("nodes of kind matrix (nodes.tsv)", kind.index[kind == "matrix"])


if __name__ == "__main__":
    main()
