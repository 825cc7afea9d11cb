"""Merge the rows that say something about one edge: their papers, counts and signs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from jaknet.errors import InputError, few
from jaknet.network.papers import normalise_reference
from jaknet.network.schema import EDGE_COLUMNS, KEY, PART_OF, add_defaults, join_list, split_list

__all__ = ["RULES", "Merged", "merge_edges"]

RULES = ("support", "curated", "drop")
_LINEAGES = ("osteoblast", "mesenchymal", "other")
_JOINED = ("context", "study", "note")


@dataclass(frozen=True)
class Merged:
    """Merged edges, and what merging did.

    Attributes
    ----------
    edges : pandas.DataFrame
        One row per (source, target, layer).
    merged : int
        Rows that were joined to another.
    resolved, dropped : list of str
        Edges reported with both signs: decided by the rule, and left out.
    """

    edges: pd.DataFrame
    merged: int
    resolved: list[str]
    dropped: list[str]


def merge_edges(table: pd.DataFrame, on_conflict: str = "support") -> Merged:
    """Join the rows of each (source, target, layer).

    The support of a sign is the number of distinct reports: its papers, and for rows without a paper the distinct values
    of ``evidence``, else of ``resources``. Where a row states a larger count, that count stands, so that merging
    a table with itself changes nothing.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns of `EDGE_COLUMNS` (absent ones take their default) with signs 1 and -1, and ``evidence``.
    on_conflict : {"support", "curated", "drop"}
        What decides when both signs are reported. ``support``: the larger support, then the better
        tier; ``curated``: the better tier, then the larger support; ``drop``: nothing does. An
        undecided edge is left out.

    Returns
    -------
    Merged

    Raises
    ------
    InputError
        For an unknown rule.
    """
    if on_conflict not in RULES:
        raise InputError(f"unknown on_conflict {on_conflict!r}; use one of {few(RULES)}.")
    full = add_defaults(table)
    if "evidence" not in full:
        full["evidence"] = ""
    several = full.duplicated(KEY, keep=False)
    groups: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in full[several].to_dict("records"):
        groups[tuple(str(row[column]) for column in KEY)].append(row)
    rows: list[dict[str, Any]] = []
    resolved: list[str] = []
    dropped: list[str] = []
    for rows_of_edge in groups.values():
        edge, story = _join(rows_of_edge, on_conflict)
        if story:
            (resolved if edge else dropped).append(story)
        if edge:
            rows.append(edge)
    single = full.loc[~several, EDGE_COLUMNS]
    joined = pd.concat([single, pd.DataFrame(rows, columns=EDGE_COLUMNS)], ignore_index=True) if rows else single
    return Merged(joined, int(several.sum()) - len(groups), sorted(resolved), sorted(dropped))


def _join(rows: list[dict[str, Any]], rule: str) -> tuple[dict[str, Any] | None, str]:
    """Return the edge (or nothing, where it is undecided), and the story of a conflict."""
    papers = {sign: _papers(rows, sign) for sign in (1, -1)}
    support = {sign: _support(rows, sign, papers[sign]) for sign in (1, -1)}
    reported = sorted({int(row["sign"]) for row in rows})
    sign = reported[0] if len(reported) == 1 else _decide(rows, support, rule)
    first = rows[0]
    ends = f"{first['source']} -> {first['target']} ({first['layer']}): {support[1]} for +, {support[-1]} for -"
    story = f"{ends}, {f'kept {sign:+d}' if sign else 'left out'}" if len(reported) > 1 else ""
    if sign == 0:
        return None, story
    own = [row for row in rows if int(row["sign"]) == sign]
    edge = {column: first[column] for column in KEY} | {column: _join_cells(own, column) for column in _JOINED}
    edge |= {
        "mechanism": PART_OF if any(row["mechanism"] == PART_OF for row in own) else _join_cells(own, "mechanism"),
        "canonical": max(int(row["canonical"]) for row in own),
        "canonical_basis": _join_cells(own, "canonical_basis"),
        "sign": sign,
        "weight": max(float(row["weight"]) for row in own),
        "lineage": min((str(row["lineage"]) for row in own), key=lambda name: _LINEAGES.index(name) if name in _LINEAGES else 9),
        "tier": min(str(row["tier"]) for row in own),
        "sign_basis": "majority" if len(reported) > 1 else max(str(row["sign_basis"]) for row in own),
        "support_positive": support[1],
        "support_negative": support[-1],
        "references": join_list(papers[sign]),
        "references_against": join_list(papers[-sign]),
        "resources": join_list(item for row in own for item in split_list(row["resources"])),
    }
    return edge, story


def _decide(rows: list[dict[str, Any]], support: dict[int, int], rule: str) -> int:
    tier = {sign: min(str(row["tier"]) for row in rows if int(row["sign"]) == sign) for sign in (1, -1)}
    by_support = support[1] - support[-1]
    by_tier = (tier[1] < tier[-1]) - (tier[1] > tier[-1])
    order = {"support": (by_support, by_tier), "curated": (by_tier, by_support), "drop": ()}[rule]
    decisive = next((score for score in order if score), 0)
    return (decisive > 0) - (decisive < 0)


def _papers(rows: list[dict[str, Any]], sign: int) -> set[str]:
    cells = (row["references" if int(row["sign"]) == sign else "references_against"] for row in rows)
    return {normalise_reference(item) for cell in cells for item in split_list(cell)}


def _support(rows: list[dict[str, Any]], sign: int, papers: Iterable[str]) -> int:
    column = "support_positive" if sign > 0 else "support_negative"
    unnamed = {str(row["evidence"] or row["resources"]) for row in rows if int(row["sign"]) == sign and not split_list(row["references"])}
    return max(len(set(papers)) + len(unnamed), *(int(row[column]) for row in rows))


def _join_cells(rows: list[dict[str, Any]], column: str) -> str:
    return ";".join(sorted({str(row[column]) for row in rows if str(row[column])}))
