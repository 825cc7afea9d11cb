"""What the evidence of an edge amounts to: its reliability, and what is left of it without a paper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaknet.errors import UnknownNameError, check_type
from jaknet.network.papers import citing, identifiers_of, normalise_reference
from jaknet.network.schema import PART_OF, split_list
from jaknet.shared_docs import describe

if TYPE_CHECKING:
    from jaknet.network.network import Network

__all__ = ["count_support", "reliability", "route_edges", "without_paper"]

#: Tier -> (alpha, beta): what is believed of an edge before its reports are counted.
PRIOR = {"A": (4.0, 1.0), "B": (2.0, 1.0), "C": (1.0, 1.0)}
#: A report from another lineage counts this much of one from osteoblasts or their precursors.
OTHER_LINEAGE = 0.5


def count_support(edges: pd.DataFrame) -> pd.DataFrame:
    """Count the reports for and against the sign of every edge.

    The number is that of ``support_positive`` or ``support_negative``, or that of the papers listed if these are more.
    An edge with neither counts nor papers has as many reports as resources. Reports from other lineages count half, and
    a sign that was assumed (``sign_basis`` default) has no report for it.

    Parameters
    ----------
    edges : pandas.DataFrame
        In the columns of `jaknet.network.schema.EDGE_COLUMNS`.

    Returns
    -------
    pandas.DataFrame
        ``n_for`` and ``n_against``, one row an edge.
    """
    positive = edges["sign"].to_numpy() > 0
    plus, minus = edges["support_positive"].to_numpy(float), edges["support_negative"].to_numpy(float)
    supporting, opposing = np.where(positive, plus, minus), np.where(positive, minus, plus)
    listed = {name: edges[name].map(lambda cell: len(split_list(cell))).to_numpy(float) for name in _LISTS}
    uncounted = plus + minus == 0
    unlisted = uncounted & (listed["references"] == 0)
    # A listed paper counts even where the column of counts forgot it.
    supporting = np.where(unlisted, listed["resources"], np.maximum(supporting, listed["references"]))
    opposing = np.maximum(opposing, listed["references_against"])
    supporting = np.where(edges["sign_basis"] == "default", 0.0, supporting)
    share = np.where(edges["lineage"] == "other", OTHER_LINEAGE, 1.0)
    return pd.DataFrame({"n_for": supporting * share, "n_against": opposing * share}, index=edges.index)


_LISTS = ("references", "references_against", "resources")


def reliability(edges: pd.DataFrame, canonical: bool = True) -> pd.DataFrame:
    """Return the probability that each edge acts with its sign in this cell, and with the other one.

    ``r = (alpha + n_for) / (alpha + beta + n_for + n_against)`` with (alpha, beta) of the tier; with
    ``(1 - r) n_against / (n_for + n_against + 1)`` the edge acts with the other sign; else it is
    absent. Certain are the parts of a complex, canonical steps, and the finding of the source study
    (leave that out with ``network.without_study()``).

    Parameters
    ----------
    edges : pandas.DataFrame
        In the columns of `jaknet.network.schema.EDGE_COLUMNS`.
    canonical : bool
        Take canonical steps as certain; if False they are as reliable as their own reports.

    Returns
    -------
    pandas.DataFrame
        ``reliability`` and ``p_other_sign``, one row an edge.

    Examples
    --------
    >>> from jaknet.network.network import Network
    >>> net = Network(pd.DataFrame({"source": ["A"], "target": ["B"], "sign": [1], "tier": ["A"], "lineage": ["osteoblast"],
    ...                             "references": ["PMID:1"], "references_against": ["PMID:2"]}))
    >>> reliability(net.edges).round(2).values.tolist()
    [[0.71, 0.1]]
    """
    counts = count_support(edges)
    supporting, opposing = counts["n_for"].to_numpy(), counts["n_against"].to_numpy()
    alpha, beta = (edges["tier"].map({tier: pair[place] for tier, pair in PRIOR.items()}).to_numpy(float) for place in (0, 1))
    right = (alpha + supporting) / (alpha + beta + supporting + opposing)
    certain = ((edges["mechanism"] == PART_OF) | (edges["study"] != "")).to_numpy()
    if canonical:
        certain |= edges["canonical"].to_numpy() == 1
    right = np.where(certain, 1.0, right)
    other = (1.0 - right) * opposing / (supporting + opposing + 1.0)
    return pd.DataFrame({"reliability": right, "p_other_sign": other}, index=edges.index)


@describe
def without_paper(
    edges: pd.DataFrame, reference: str, aliases: Iterable[str] = (), cited_in: str = ""
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Leave the evidence of one paper out: what rests on it alone goes, what others support stays.

    The counts are taken again without the paper. If that turns the majority, so that more reports are
    then against an edge than for it, the edge turns to their sign; one whose sign was kept against a
    majority for a reason (its note says which) keeps it. Canonical steps and parts of complexes never
    rest on one paper.

    Parameters
    ----------
    edges : pandas.DataFrame
        In the columns of `jaknet.network.schema.EDGE_COLUMNS`.
    %(reference)s
    %(aliases)s
    cited_in : str
        Label of a network whose edges must cite the paper. By default nothing is left out where none does.

    Raises
    ------
    UnknownNameError
        With `cited_in`, if no edge cites the paper.

    Returns
    -------
    edges : pandas.DataFrame
        All rows, with the paper taken out of the lists and counts.
    keep : ndarray of bool, shape (len(edges),)
        False for the edges that rest on the paper alone.
    """
    left = edges.copy()
    check_type("reference", reference, str, "a paper such as 'PMID:32051226'")
    names = [aliases] if isinstance(aliases, str) else list(aliases)
    cites, opposes = (citing(edges[column], reference, names) for column in ("references", "references_against"))
    if not (cites | opposes).any():
        if cited_in:
            remedy = f"no edge of {cited_in} cites it (columns references and references_against of network.edges)"
            raise UnknownNameError("reference", [reference], [], remedy)
        return left, np.ones(len(edges), bool)
    gone = identifiers_of(reference, names)
    for column, hit in (("references", cites), ("references_against", opposes)):
        left.loc[hit, column] = left.loc[hit, column].map(lambda cell: ";".join(_remaining_references(cell, gone)))
    positive = edges["sign"].to_numpy() > 0
    for column, hit in (("support_positive", np.where(positive, cites, opposes)), ("support_negative", np.where(positive, opposes, cites))):
        left[column] = (left[column] - hit.astype(np.int64)).clip(lower=0)
    safe = (edges["canonical"] == 1).to_numpy() | (edges["mechanism"] == PART_OF).to_numpy()
    keep = ~cites | (left["references"] != "").to_numpy() | safe
    before = count_support(edges)
    stood = (before["n_for"] >= before["n_against"]).to_numpy()
    return _turn_signs(left, cites & keep & stood & ~safe), keep


def _remaining_references(cell: str, gone: frozenset[str]) -> list[str]:
    return [item for item in split_list(cell) if normalise_reference(item) not in gone]


def _turn_signs(edges: pd.DataFrame, touched: NDArray[np.bool_]) -> pd.DataFrame:
    """Turn the touched edges whose reports now are mostly for the other sign."""
    counts = count_support(edges)
    turned = touched & (counts["n_against"] > counts["n_for"]).to_numpy()
    if turned.any():
        rows = edges.index[turned]
        edges.loc[rows, ["references", "references_against"]] = edges.loc[rows, ["references_against", "references"]].to_numpy()
        edges.loc[rows, "sign"] = -edges.loc[rows, "sign"]
        edges.loc[rows, "sign_basis"] = "majority"
    return edges


def route_edges(network: Network, routes: Mapping[str, str]) -> pd.DataFrame:
    """List the edges of routes, with what each rests on.

    Parameters
    ----------
    network : Network
        That the routes run through.
    routes : mapping of str to str
        Readout -> route, as results write it: ``JAK1 → STAT3 ⊣ SOST``.

    Returns
    -------
    pandas.DataFrame
        ``gene`` (the readout), ``step`` from 1, ``source``, ``target``, ``sign``, ``layer``, ``mechanism``, ``tier``, ``canonical``,
        ``reliability`` (probability that the edge acts with this sign), ``references``, ``references_against``.

    Examples
    --------
    >>> import jaknet as jn
    >>> route_edges(jn.load_network("osteoblast"), {"SOST": "STAT3 ⊣ SOST"})[["step", "source", "target", "sign"]].values.tolist()
    [[1, 'STAT3', 'SOST', -1]]
    """
    steps = []
    for gene, route in routes.items():
        words = route.split(" ")
        for step, (source, arrow, target) in enumerate(zip(words[::2], words[1::2], words[2::2], strict=False), start=1):
            # Only the last step of a route to a transcript is of layer transcription, if there is a choice.
            steps.append((gene, step, source, target, 1 if arrow == "→" else -1, len(words) == 2 * step + 1))
    wanted = pd.DataFrame(steps, columns=["gene", "step", "source", "target", "sign", "last"])
    shown = ["source", "target", "sign", "layer", "mechanism", "tier", "canonical", "references", "references_against"]
    edges = network._edges[shown].assign(reliability=reliability(network._edges)["reliability"].to_numpy())
    found = wanted.merge(edges, on=["source", "target", "sign"], how="left")
    found = found.assign(other=(found["layer"] == "transcription") != found["last"]).sort_values("other", kind="stable")
    found = found.drop_duplicates(["gene", "step"]).sort_index()
    return found[["gene", "step", *shown[:7], "reliability", *shown[7:]]].reset_index(drop=True)
