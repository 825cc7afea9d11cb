"""The edge and node tables: their columns, defaults and checks, in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jaknet.errors import InputError, check_type, few

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "EDGE_COLUMNS",
    "KEY",
    "LAYERS",
    "NODE_COLUMNS",
    "PART_OF",
    "EdgeArrays",
    "add_defaults",
    "check_edges",
    "check_nodes",
    "join_list",
    "split_list",
    "transcript_nodes",
]

KEY = ["source", "target", "layer"]
LAYERS = ("signaling", "transcription", "phenotype")
TIERS = ("A", "B", "C")
SIGN_BASES = ("reported", "majority", "default")

#: Column -> value where a table leaves it out. Lists (references, resources) are joined with ``;``.
EDGE_DEFAULTS: dict[str, object] = {
    "source": None,
    "target": None,
    "sign": None,
    "layer": "signaling",
    "mechanism": "",
    "weight": 1.0,
    "context": "",
    "lineage": "other",
    "tier": "C",
    "sign_basis": "reported",
    "support_positive": 0,
    "support_negative": 0,
    "references": "",
    "references_against": "",
    "resources": "",
    "study": "",
    "canonical": 0,
    "canonical_basis": "",
    "note": "",
}
EDGE_COLUMNS = list(EDGE_DEFAULTS)
NODE_COLUMNS = ["node", "kind", "gene", "name", "basal", "basal_reason"]
#: Mechanism of the edges that join the parts of a complex: definitions, not reports, so never drawn away.
PART_OF = "part_of"
#: Activity in the reference state (no ligand added) of a node without a ``basal`` of its own, by kind.
BASAL_OF_KIND = {"ligand": 0.05, "receptor": 0.3}
BASAL_OTHERWISE = 0.25
_TEXT = [name for name, value in EDGE_DEFAULTS.items() if value == "" or (value is None and name != "sign")]


@dataclass(frozen=True)
class EdgeArrays:
    """Edges as arrays in canonical order, for kernels.

    Attributes
    ----------
    source, target : ndarray of int64, shape (n_edges,)
        Positions in ``Network.names``.
    sign : ndarray of int8, shape (n_edges,)
        1 or -1.
    layer : ndarray of int8, shape (n_edges,)
        Position in `LAYERS`.
    weight : ndarray of float64, shape (n_edges,)
        In (0, 1], how strong.
    """

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    sign: NDArray[np.int8]
    layer: NDArray[np.int8]
    weight: NDArray[np.float64]

    @classmethod
    def of(cls, edges: pd.DataFrame, index: Mapping[str, int]) -> EdgeArrays:
        """Return a table of edges as read-only arrays.

        Parameters
        ----------
        edges : pandas.DataFrame
            In the columns of `EDGE_COLUMNS`.
        index : mapping of str to int
            Position of each node.
        """
        columns: tuple[Any, ...] = (
            edges["source"].map(index).to_numpy(np.int64),
            edges["target"].map(index).to_numpy(np.int64),
            edges["sign"].to_numpy(np.int8),
            edges["layer"].map(LAYERS.index).to_numpy(np.int8),
            edges["weight"].to_numpy(np.float64),
        )
        for column in columns:
            column.setflags(write=False)
        return cls(*columns)


def transcript_nodes(edges: pd.DataFrame, nodes: pd.DataFrame) -> dict[str, str]:
    """Return gene symbol -> the node whose incoming transcription edges stand for its transcript, in sorted order.

    Of several forms of a gene it is the one that most of these edges lead to, then the first by name.

    Parameters
    ----------
    edges, nodes : pandas.DataFrame
        Of a network.
    """
    counts = edges.loc[edges["layer"] == "transcription", "target"].value_counts()
    regulated = nodes[nodes["node"].isin(counts.index) & (nodes["gene"] != "")]
    ordered = regulated.assign(count=-regulated["node"].map(counts)).sort_values(["gene", "count", "node"])
    return dict(ordered.drop_duplicates("gene")[["gene", "node"]].itertuples(index=False))


def split_list(text: object) -> tuple[str, ...]:
    """Split a ``;``-joined cell into its parts.

    Parameters
    ----------
    text : object
        The cell; anything other than a text has no parts.

    Returns
    -------
    tuple of str
        Trimmed, without empty ones.

    Examples
    --------
    >>> split_list("PMID:1; PMID:2")
    ('PMID:1', 'PMID:2')
    """
    return tuple(part.strip() for part in str(text).split(";") if part.strip()) if isinstance(text, str) else ()


def join_list(parts: Iterable[object]) -> str:
    """Join parts with ``;``, sorted and without repeats.

    Parameters
    ----------
    parts : iterable
        Each is turned into text; empty ones are left out.

    Returns
    -------
    str

    Examples
    --------
    >>> join_list(["PMID:2", "PMID:1", "PMID:2"])
    'PMID:1;PMID:2'
    """
    return ";".join(sorted({str(part) for part in parts if str(part)}))


def add_defaults(edges: pd.DataFrame) -> pd.DataFrame:
    """Return an edge table with every column; those it lacks hold their default.

    Parameters
    ----------
    edges : pandas.DataFrame
        Some of `EDGE_COLUMNS`.

    Returns
    -------
    pandas.DataFrame
        A copy. Columns of other names stay.
    """
    return edges.assign(**{column: default for column, default in EDGE_DEFAULTS.items() if column not in edges})


def check_edges(edges: pd.DataFrame) -> pd.DataFrame:
    """Return the edges complete, typed, checked and in canonical order.

    Parameters
    ----------
    edges : pandas.DataFrame
        At least ``source``, ``target`` and either ``sign`` (1 or -1) or a signed ``weight``
        (the decoupler convention, where the sign of the weight is the sign of the edge).

    Returns
    -------
    pandas.DataFrame
        Every column of `EDGE_COLUMNS`, sorted by source, target and layer.

    Raises
    ------
    InputError
        For missing columns or names, signs other than 1 and -1, weights outside (0, 1],
        unknown layers or tiers, and repeated (source, target, layer).
    """
    check_type("edges", edges, (pd.DataFrame, dict, list), "a pandas.DataFrame")
    table = pd.DataFrame(edges).reset_index(drop=True)
    missing = [name for name in ("source", "target") if name not in table]
    if missing or not {"sign", "weight"} & set(table.columns):
        wanted = missing or ["sign"]
        raise InputError(f"edge table lacks the column {few(wanted)}; it has {few(table.columns, 10)}. Rename or add it.")
    if "sign" not in table:
        table = _sign_from_weight(table)
    table = add_defaults(table)[EDGE_COLUMNS].copy()
    for column in _TEXT:
        # Cells repeat: each distinct one is cleaned once.
        table[column] = table[column].fillna("").map({cell: str(cell).strip() for cell in table[column].fillna("").unique()})
    _check_values(table)
    table["sign"] = table["sign"].astype(np.int64)
    table["weight"] = table["weight"].astype(np.float64)
    for column in ("support_positive", "support_negative", "canonical"):
        table[column] = pd.to_numeric(table[column], errors="coerce").fillna(0).astype(np.int64)
    return table.sort_values(KEY, kind="stable", ignore_index=True)


def check_nodes(nodes: pd.DataFrame | None, edges: pd.DataFrame) -> pd.DataFrame:
    """Return one row per node of the edges (and any extra node given), sorted by name.

    Nodes without a row get kind ``"gene"`` and stand for the gene of their own name. A node without
    a ``basal`` takes that of its kind (ligand 0.05, receptor 0.3, else 0.25), and its reason says so.

    Parameters
    ----------
    nodes : pandas.DataFrame or None
        At least ``node``; other columns of `NODE_COLUMNS` where known. None: what the edges tell is all there is.
    edges : pandas.DataFrame
        What `check_edges` returned.

    Returns
    -------
    pandas.DataFrame
        Every column of `NODE_COLUMNS`.

    Raises
    ------
    InputError
        For a node table without ``node``, with repeated nodes, or with a ``basal`` outside (0, 1).
    """
    table = pd.DataFrame(columns=NODE_COLUMNS) if nodes is None else pd.DataFrame(nodes).reset_index(drop=True)
    if "node" not in table:
        raise InputError(f"node table lacks the column node; it has {few(table.columns, 10)}. Rename or add it.")
    repeated = table.loc[table["node"].duplicated(), "node"]
    if len(repeated):
        raise InputError(f"node table repeats {few(repeated.unique())}; keep one row a node.")
    given = table.reindex(columns=NODE_COLUMNS).set_index("node")
    names = sorted(set(edges["source"]) | set(edges["target"]) | set(given.index))
    full = given.reindex(names)
    known = full.index.isin(given.index)
    full["kind"] = full["kind"].fillna("gene").astype(str)
    own_name = pd.Series(full.index, index=full.index).where(~known, "")
    full["gene"] = full["gene"].where(full["gene"].notna(), own_name).astype(str)
    full["name"] = full["name"].fillna("").astype(str)
    full["basal"], full["basal_reason"] = _basal(full)
    return full.rename_axis("node").reset_index()[NODE_COLUMNS]


def _basal(nodes: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    given = pd.to_numeric(nodes["basal"], errors="coerce")
    unread = nodes["basal"].notna() & (nodes["basal"] != "") & given.isna()
    bad = nodes.index[unread | (given <= 0) | (given >= 1)]
    if len(bad):
        raise InputError(f"basal outside (0, 1) for {few(bad)}. Give the activity without any ligand, e.g. 0.25, or leave it empty.")
    by_kind = nodes["kind"].map(BASAL_OF_KIND).fillna(BASAL_OTHERWISE)
    reason = nodes["basal_reason"].fillna("").astype(str)
    # A table that went through here once keeps its reasons: reading it again changes nothing.
    told = np.where(given.isna() & (reason == ""), "of its kind", reason)
    return given.fillna(by_kind).astype(np.float64), pd.Series(told, nodes.index)


def _sign_from_weight(table: pd.DataFrame) -> pd.DataFrame:
    weight = pd.to_numeric(table["weight"], errors="coerce")
    largest = weight.abs().max()
    scale = largest if largest > 1 else 1.0
    return table.assign(sign=np.sign(weight), weight=weight.abs() / scale)


def _check_values(table: pd.DataFrame) -> None:
    def _refuse(bad: pd.Series, what: str, remedy: str) -> None:
        if bad.any():
            rows = [f"row {i + 1} {table.source[i]}->{table.target[i]}" for i in np.flatnonzero(bad.to_numpy())]
            raise InputError(f"{what} in {int(bad.sum())} edge(s): {few(rows)}. {remedy}")

    _refuse((table["source"] == "") | (table["target"] == ""), "empty source or target", "Fill or remove these rows.")
    sign = pd.to_numeric(table["sign"], errors="coerce")
    _refuse(~sign.isin([1, -1]), "sign other than 1 or -1", "Give 1 for activation, -1 for inhibition; drop unsigned rows.")
    weight = pd.to_numeric(table["weight"], errors="coerce")
    _refuse(~((weight > 0) & (weight <= 1)), "weight outside (0, 1]", "Rescale; the sign belongs in the column sign.")
    _refuse(~table["layer"].isin(LAYERS), "unknown layer", f"Use one of {few(LAYERS)}.")
    _refuse(~table["tier"].isin(TIERS), "unknown tier", f"Use one of {few(TIERS)}.")
    _refuse(~table["sign_basis"].isin(SIGN_BASES), "unknown sign_basis", f"Use one of {few(SIGN_BASES)}.")
    table["sign"], table["weight"] = sign, weight
    remedy = "Merge them first, e.g. with build_network, which counts the support for each sign."
    _refuse(table.duplicated(KEY), "repeated source, target and layer", remedy)
