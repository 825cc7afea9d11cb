"""Papers that tested the same perturbation and readout: do they agree, and if not, in what do the experiments differ?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

import pandas as pd

from jaknet.network.papers import identifiers_of
from jaknet.network.schema import split_list

__all__ = ["agreement", "contradictions", "paper_name", "paper_pairs"]

#: What may explain that two papers disagree; columns that a table lacks are passed over.
EXPLANATIONS = ("sign", "background", "context", "measure", "system")
_SHOWN = ("id", "paper_id", "direction", *EXPLANATIONS)


def paper_name(paper: str, aliases: Iterable[str] = ()) -> str:
    """Return one name for a paper whichever of its identifiers is given: the PubMed identifier where it is known.

    Parameters
    ----------
    paper : str
        An identifier, or a title.
    aliases : iterable of str
        Further identifiers of the same paper.

    Examples
    --------
    >>> paper_name("https://doi.org/10.1/X", ["PMID:7"])
    'PMID:7'
    """
    return min(identifiers_of(paper, aliases), key=lambda name: (not name.startswith("PMID:"), name))


def paper_pairs(facts: pd.DataFrame) -> pd.DataFrame:
    """List all pairs of facts of two papers that changed the same nodes and read the same thing.

    Facts whose published direction is ``none`` are left out. Raising a node and lowering it are opposite: two papers agree when
    their directions are equal and their signs too, or when both are opposite.

    Parameters
    ----------
    facts : pandas.DataFrame
        As `jaknet.load_facts` returns them, or a table of `jaknet.validate`.

    Returns
    -------
    pandas.DataFrame
        ``nodes``, ``readout``, ``agree``; ``differs``, the columns among sign, background, context, measure and system in which the two
        differ, joined with ``;``; and both facts, in columns that end in ``_1`` and ``_2``.
    """
    shown = [name for name in _SHOWN if name in facts]
    same = facts["nodes"].map(lambda cell: ";".join(sorted(split_list(cell))))
    told = facts.assign(nodes=same, paper=_papers(facts), toward=_toward(facts))[facts["direction"] != "none"]
    told = told.sort_values(["nodes", "readout", "paper", "id"], kind="stable")
    rows = [
        _pair(one, other, shown)
        for _, group in told.groupby(["nodes", "readout"], sort=True)
        for one, other in combinations(group.to_dict("records"), 2)
        if one["paper"] != other["paper"]
    ]
    both = [f"{name}_{place}" for name in shown for place in (1, 2)]
    return pd.DataFrame(rows, columns=["nodes", "readout", "agree", "differs", *both])


def contradictions(facts: pd.DataFrame) -> pd.DataFrame:
    """List the pairs of facts in which two papers contradict each other, with what might explain it.

    Parameters
    ----------
    facts : pandas.DataFrame
        As `jaknet.load_facts` returns them, or a table of `jaknet.validate`.

    Returns
    -------
    pandas.DataFrame
        The rows of `paper_pairs` that do not agree. Where ``differs`` is empty, the table tells no reason.

    Examples
    --------
    >>> row = {"nodes": "OSM", "sign": "1", "background": "", "readout": "RUNX2", "measure": "transcript"}
    >>> rows = [{"id": "F1", "paper_id": "PMID:1", "context": "differentiating", "direction": "up"},
    ...         {"id": "F2", "paper_id": "PMID:2", "context": "inflammatory", "direction": "down"}]
    >>> contradictions(pd.DataFrame([row | other for other in rows]))[["readout", "id_1", "id_2", "differs"]].values.tolist()
    [['RUNX2', 'F1', 'F2', 'context']]
    """
    pairs = paper_pairs(facts)
    return pairs[~pairs["agree"].astype(bool)].drop(columns="agree").reset_index(drop=True)


def agreement(facts: pd.DataFrame) -> tuple[int, float]:
    """Return how many times two papers tested the same perturbation and readout, and the share of agreement.

    Several facts of the same two papers on one readout count once, by their mean.

    Parameters
    ----------
    facts : pandas.DataFrame
        As `jaknet.load_facts` returns them, or a table of `jaknet.validate`.

    Returns
    -------
    n : int
        Pairs of papers.
    share : float
        NaN where there is none.
    """
    pairs = paper_pairs(facts)
    met = pairs.assign(agree=pairs["agree"].astype(float)).groupby(["nodes", "readout", "paper_id_1", "paper_id_2"])["agree"].mean()
    return len(met), float(met.mean())


def _papers(facts: pd.DataFrame) -> list[str]:
    aliases = facts.get("paper_aliases", pd.Series("", facts.index))
    return [paper_name(paper, split_list(cell)) for paper, cell in zip(facts["paper_id"], aliases, strict=True)]


def _toward(facts: pd.DataFrame) -> pd.Series:
    """Return the direction for a raised node: 1 or -1."""
    return facts["sign"].astype(float) * facts["direction"].map({"up": 1, "down": -1, "none": 0})


def _pair(one: dict[str, object], other: dict[str, object], shown: list[str]) -> dict[str, object]:
    differs = [name for name in EXPLANATIONS if name in shown and one[name] != other[name]]
    row = {"nodes": one["nodes"], "readout": one["readout"], "agree": one["toward"] == other["toward"], "differs": ";".join(differs)}
    return row | dict(_placed(shown, one, 1)) | dict(_placed(shown, other, 2))


def _placed(shown: list[str], fact: dict[str, object], place: int) -> Iterator[tuple[str, object]]:
    return ((f"{name}_{place}", fact[name]) for name in shown)
