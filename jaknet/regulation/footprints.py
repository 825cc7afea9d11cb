"""PROGENy's pathway footprints: genes that respond to a pathway, whoever its members are."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jaknet.data.registry import read_table
from jaknet.network.network import Network

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["footprint_network", "partial_footprint"]


@lru_cache(maxsize=1)
def footprint_network() -> Network:
    """Return the 14 human pathways of PROGENy as a network from pathway to responsive gene.

    Score a signature with ``regulators(sig, footprint_network(), method="mlm")``: pathways share
    responsive genes, and only the joint model tells them apart.

    References
    ----------
    Schubert et al. 2018, Nat Commun 9:20.

    Examples
    --------
    >>> footprint_network().edges["source"].nunique()
    14
    """
    table = read_table("networks/footprints/progeny_human.tsv.gz").rename(columns={"pathway": "source", "gene": "target"})
    table = table[pd.to_numeric(table["weight"]) != 0][["source", "target", "weight"]]
    table = table.assign(layer="transcription", resources="PROGENy", mechanism="footprint")
    return Network(table, name="PROGENy", version="1.20")


def partial_footprint(weights: NDArray[np.float64], pathway: int) -> NDArray[np.float64]:
    """Return one pathway's column free of what intercept and other pathways explain, scaled to length 1.

    Its product with the gene statistics is proportional to the pathway's coefficient in the joint
    model (Frisch-Waugh).

    Parameters
    ----------
    weights : ndarray, shape (n_genes, n_pathways)
    pathway : int
    """
    others = np.column_stack([np.ones(len(weights)), np.delete(weights, pathway, axis=1)])
    explained = np.linalg.lstsq(others.T @ others, others.T @ weights[:, pathway], rcond=None)[0]
    rest = weights[:, pathway] - others @ explained
    return rest / np.linalg.norm(rest)
