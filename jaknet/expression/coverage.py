"""Are the genes of a dataset those of a whole transcriptome, of the right species, of cells that make bone?"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from jaknet.errors import few
from jaknet.genes.tables import orthologs

__all__ = ["OSTEOBLAST_MARKERS", "few_genes", "silent_markers", "table_warnings"]

#: Transcripts that osteoblasts at some stage express at high levels.
OSTEOBLAST_MARKERS = ("RUNX2", "SP7", "ALPL", "COL1A1", "COL1A2", "SPARC", "SPP1", "IBSP", "BGLAP")
_PANEL = 2000  # genes, fewer than which no transcriptome has
_NAMED = 0.5  # share of row names that should be genes of the species


def table_warnings(table: pd.DataFrame, species: str, named: float = 1.0, filtered: str = "") -> list[str]:
    """Say what is wrong with a finished table of differential expression as a whole, if anything.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``gene`` and ``p_value`` (NaN where not tested).
    species : str
        Of the genes.
    named : float
        Share of the rows whose names are genes of the species.
    filtered : str
        Why the table looks as if genes had been left out, if it does.

    Returns
    -------
    list of str

    Examples
    --------
    >>> table = pd.DataFrame({"gene": ["SOCS3", "STAT3"], "p_value": [0.01, 0.2]})
    >>> [line.split(":")[0] for line in table_warnings(table, "human")]
    ['FEW ROWS', 'markers RUNX2, SP7, ALPL, COL1A1, COL1A2, SPARC, SPP1, IBSP, BGLAP are absent or were not tested']
    """
    found = [f"FILTERED: {filtered}; what did not change is missing: give every gene that was measured"] if filtered else []
    found += few_genes(len(table), named, species)
    tested = table["gene"][table["p_value"].notna()] if table["p_value"].notna().any() else table["gene"]
    known = set(tested if species == "human" else orthologs(tested, species, "human")["target"])
    absent = [name for name in OSTEOBLAST_MARKERS if name not in known]
    return found + silent_markers(absent, OSTEOBLAST_MARKERS, "absent or were not tested")


def few_genes(genes: int, named: float, species: str) -> list[str]:
    """Say whether the rows are those of a whole transcriptome of the species.

    Parameters
    ----------
    genes : int
        Number of genes.
    named : float
        Share of the rows whose names are genes of the species.
    species : str
        Human or mouse.

    Returns
    -------
    list of str
        Empty if they are.

    Examples
    --------
    >>> few_genes(14_000, 0.9, "human"), len(few_genes(300, 0.3, "human"))
    ([], 2)
    """
    found = []
    if named < _NAMED:
        found.append(f"WRONG SPECIES? Only {named:.0%} of the row names are {species} genes; check the species and the kind of identifiers")
    if genes < _PANEL:
        found.append(
            f"FEW ROWS: {genes:,} genes are listed, where a transcriptome has 15,000 or more; if the table was filtered, "
            "give every gene that was measured"
        )
    return found


def silent_markers(silent: Sequence[str], markers: Sequence[str], how: str) -> list[str]:
    """Name the markers without expression, if they are a third or more of all.

    Parameters
    ----------
    silent, markers : sequence of str
        Markers without expression, and all of them.
    how : str
        What is the matter with them.

    Returns
    -------
    list of str
        Empty, or one sentence.

    Examples
    --------
    >>> silent_markers(["SP7"], ["SP7", "RUNX2"], "not measured")
    ['markers SP7 are not measured: are these the cells you think?']
    """
    if not len(silent) or 3 * len(silent) < len(markers):
        return []
    return [f"markers {few(silent, 9)} are {how}: are these the cells you think?"]
