"""Papers under their several identifiers: one crosswalk of PMID, DOI, PMCID and title, shared by edges and facts."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaknet.data.registry import read_table
from jaknet.network.schema import split_list
from jaknet.shared_docs import describe

__all__ = ["citing", "identifiers_of", "normalise_reference"]

_PREFIXES = {"PMID": "PMID", "PUBMED": "PMID", "DOI": "DOI", "PMCID": "PMCID", "PMC": "PMCID", "TITLE": "title"}


def normalise_reference(reference: str) -> str:
    """Return one spelling of a reference: ``PMID:1``, ``DOI:10.x/y`` (lower case), ``PMCID:PMC1``, ``title:wordsrunningon``.

    Bare numbers are PubMed identifiers. Of what follows ``title:`` only letters and digits count, in
    lower case; it is kept as it is if it has none. Anything else is kept, trimmed.

    Parameters
    ----------
    reference : str
        An identifier in any spelling, or an address at doi.org.

    Returns
    -------
    str

    Examples
    --------
    >>> [normalise_reference(r) for r in ("pmid: 123", "https://doi.org/10.1/AB", "PMC99", "12923053")]
    ['PMID:123', 'DOI:10.1/ab', 'PMCID:PMC99', 'PMID:12923053']
    >>> normalise_reference("title: IL-6 and bone.") == normalise_reference("title:il-6-and-bone")
    True
    """
    text = reference.strip()
    lowered = text.lower()
    if "doi.org/" in lowered:
        return "DOI:" + lowered.split("doi.org/", 1)[1]
    if lowered.startswith("10.") and "/" in text:
        return "DOI:" + lowered
    if text.isdigit():
        return "PMID:" + text
    if lowered.startswith("pmc") and lowered[3:].isdigit():
        return "PMCID:" + text.upper()
    prefix, colon, rest = text.partition(":")
    kind = _PREFIXES.get(prefix.strip().upper()) if colon else None
    if kind is None:
        return text
    rest = rest.strip()
    if kind == "title":
        return "title:" + ("".join(filter(str.isalnum, rest.lower())) or rest)
    if kind == "DOI":
        return "DOI:" + rest.lower()
    if kind == "PMCID":
        return "PMCID:PMC" + rest.upper().removeprefix("PMC")
    return "PMID:" + rest


@describe
def identifiers_of(reference: str, aliases: Iterable[str] = ()) -> frozenset[str]:
    """Return every known identifier of a paper.

    Parameters
    ----------
    %(reference)s
    %(aliases)s

    Returns
    -------
    frozenset of str
        What was given, and what the bundled crosswalk adds.
    """
    known = _crosswalk()
    found: set[str] = set()
    for item in (reference, *aliases):
        spelled = normalise_reference(item)
        found |= known.get(spelled, frozenset({spelled}))
    return frozenset(found)


@describe
def citing(references: pd.Series, reference: str, aliases: Iterable[str] = ()) -> NDArray[np.bool_]:
    """Tell which cells of a reference column cite a paper.

    Parameters
    ----------
    references : pandas.Series
        Cells of references joined with ``;``.
    %(reference)s
    %(aliases)s

    Returns
    -------
    ndarray of bool, shape (len(references),)
    """
    wanted = identifiers_of(reference, aliases)
    hits = {cell: any(normalise_reference(item) in wanted for item in split_list(cell)) for cell in references.unique()}
    return references.map(hits).to_numpy(bool)


@lru_cache(maxsize=1)
def _crosswalk() -> dict[str, frozenset[str]]:
    groups: dict[str, frozenset[str]] = {}
    for row in read_table("networks/osteoblast/crosswalk.tsv").itertuples(index=False):
        cells = zip(("PMID:", "DOI:", "PMCID:", "title:"), (row.pmid, row.doi, row.pmcid, row.title), strict=True)
        named = frozenset(normalise_reference(prefix + cell) for prefix, cell in cells if cell)
        merged = named.union(*(groups.get(item, frozenset()) for item in named))
        groups.update(dict.fromkeys(merged, merged))
    return groups
