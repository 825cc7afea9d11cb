"""Human and mouse orthologs with the number of sources that support each (HCOP)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import pandas as pd

from jaknet.errors import UnknownNameError
from jaknet.genes.tables import SPECIES, ortholog_pairs

__all__ = ["orthologs"]


def orthologs(symbols: Iterable[str], source: str = "mouse", target: str = "human") -> pd.DataFrame:
    """Return the ortholog of each gene, with its support and whether others share it.

    The ortholog is the candidate that most HCOP sources support; a tie goes to the gene of the same
    name, then to the one whose own best candidate this is, and else stays undecided. Genes of
    `source` that share their ortholog (Bglap, Bglap2, Bglap3 and BGLAP) are paralogues; one with less
    than half of the support of the strongest is a poorer guess (mostly a pseudogene) and is left out.

    Parameters
    ----------
    symbols : iterable of str
        Current symbols of `source`; see `jaknet.genes.identifiers.map_identifiers`.
    source, target : {"human", "mouse"}

    Returns
    -------
    pandas.DataFrame
        One row per symbol, in order: ``source``, ``target`` (empty where there is none), ``support``
        (number of sources, 0 to 13), ``relation`` (``one-to-one``, ``many-to-one``, ``weaker``, ``undecided``, ``none``).

    Raises
    ------
    UnknownNameError
        For another species.

    References
    ----------
    Wright MW et al. (2005) Mamm Genome 16:827, HGNC Comparison of Orthology Predictions.

    Examples
    --------
    >>> orthologs(["Trp53", "Bglap2", "Gm1"])["target"].tolist()
    ['TP53', 'BGLAP', '']
    """
    names = list(symbols)
    wrong = [species for species in (source, target) if species not in SPECIES]
    if wrong or source == target:
        raise UnknownNameError("pair of species", [f"{source} -> {target}"], ["mouse -> human", "human -> mouse"])
    best = _best(source, target).reindex(names)
    return pd.DataFrame(
        {
            "source": names,
            "target": best["target"].fillna("").to_numpy(),
            "support": best["support"].fillna(0).to_numpy(np.int64),
            "relation": best["relation"].fillna("none").to_numpy(),
        }
    )


@lru_cache(maxsize=2)
def _best(source: str, target: str) -> pd.DataFrame:
    pairs = ortholog_pairs().rename(columns={source: "source", target: "target"})
    same_name = (pairs["source"].str.upper() == pairs["target"].str.upper()).astype(int)
    mutual = (pairs["support"] == pairs.groupby("target")["support"].transform("max")).astype(int)
    pairs["rank"] = pairs["support"] * 4 + same_name * 2 + mutual
    pairs = pairs[pairs["rank"] == pairs.groupby("source")["rank"].transform("max")]
    tied = pairs["source"].duplicated(keep=False)
    decided = pairs[~tied].copy()
    strongest = decided.groupby("target")["support"].transform("max")
    weaker = 2 * decided["support"] < strongest
    shared = decided["target"].isin(decided.loc[~weaker, "target"][decided.loc[~weaker, "target"].duplicated()])
    decided["relation"] = np.select([weaker, shared], ["weaker", "many-to-one"], "one-to-one")
    decided.loc[weaker, "target"] = ""
    undecided = pairs[tied].drop_duplicates("source").assign(target="", relation="undecided")
    return pd.concat([decided, undecided]).set_index("source")[["target", "support", "relation"]]
