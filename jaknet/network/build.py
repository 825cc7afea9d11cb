"""Networks from resources: edges merged with their evidence, then pruned to what can matter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from jaknet.errors import InputError, SpeciesError, few
from jaknet.network.io.read import read_network
from jaknet.network.merge import merge_edges
from jaknet.network.network import Network

__all__ = ["build_network"]


def build_network(
    resources: Sequence[Network | str | Path],
    seeds: Iterable[str] | None = None,
    targets: Iterable[str] | None = None,
    expressed: Iterable[str] | None = None,
    max_depth: int = 4,
    on_conflict: str = "support",
    name: str = "built",
) -> Network:
    """Merge resources into one network and keep what connects seeds to targets.

    Parameters
    ----------
    resources : sequence of Network, str or Path
        Paths are read with `jaknet.network.io.read.read_network`. Their order does not matter.
    seeds, targets : iterable of str, optional
        Nodes or genes. Kept are the edges on walks of at most `max_depth` edges from a seed to a target; with one of the
        two, those downstream of the seeds or upstream of the targets.
    expressed : iterable of str, optional
        Genes expressed in the cells at hand. Kept are the edges between them; nodes that stand for no gene
        (phenotypes, metabolites) stay.
    max_depth : int
        Longest walk, in edges.
    on_conflict : {"support", "curated", "drop"}
        What decides where both signs of an edge are reported. ``support``: the larger number of
        reports, then the better tier; ``curated``: the better tier (A, then B, then C), then the
        larger number; ``drop``: nothing. What stays undecided is left out. The numbers for both signs stay on
        the edge (``support_positive``, ``support_negative``), and its ``sign_basis`` becomes ``majority``.
    name : str
        Name of the network, shown in every result made from it.

    Returns
    -------
    Network
        ``report["steps"]`` is a list of rows for a frame: ``step``, ``edges``, ``nodes``, ``dropped`` (edges) and ``note``;
        ``report["conflicts"]``, ``report["conflicts_dropped"]`` list the conflicts between resources.

    Raises
    ------
    InputError
        Without resources, for an unknown rule, if no seed or target is in the network, or if no edge is left.
    SpeciesError
        For resources of two species.

    Examples
    --------
    >>> kinases = Network(pd.DataFrame({"source": ["JAK1", "IL6"], "target": ["STAT3", "IL6R"], "sign": [1, 1]}))
    >>> genes = Network(pd.DataFrame({"source": ["STAT3"], "target": ["SOST"], "sign": [-1]}))
    >>> net = build_network([kinases, genes], seeds=["JAK1"], targets=["SOST"])
    >>> net, [(row["step"], row["edges"]) for row in net.report["steps"]]
    (Network 'built': 3 nodes, 2 edges (+1/-1), [('merge', 3), ('connect', 2)])
    """
    if isinstance(resources, (str, Path, Network)):
        resources = [resources]
    networks = [item if isinstance(item, Network) else read_network(item, on_conflict=on_conflict) for item in resources]
    network = _merge(networks, on_conflict, name)
    if expressed is not None:
        network = _restrict(network, set(expressed))
    if seeds is not None or targets is not None:
        network = _connect(network, seeds, targets, max_depth)
    return network


def _merge(networks: list[Network], rule: str, name: str) -> Network:
    species = {network.species for network in networks}
    if not networks:
        raise InputError("no resource to build from; give networks or paths.")
    if len(species) > 1:
        labels = few(f"{network.label} is {network.species}" for network in networks)
        raise SpeciesError(f"resources of two species: {labels}. Build one network per species.")
    merged = merge_edges(pd.concat([network.edges for network in networks], ignore_index=True), rule)
    if merged.edges.empty:
        raise InputError(f"every edge is in conflict and on_conflict {rule!r} decides none; choose another rule.")
    # A node keeps the most telling row: one with a kind other than the default "gene".
    nodes = pd.concat([network.nodes for network in networks], ignore_index=True)
    nodes = nodes.assign(plain=nodes["kind"] == "gene").sort_values(["node", "plain", "kind", "gene", "name"])
    nodes = nodes.drop_duplicates("node").drop(columns="plain")
    given = sum(network.n_edges for network in networks)
    note = f"{len(networks)} resources, {given} edges, {merged.merged} joined; conflicts: {len(merged.resolved)} decided by {rule}"
    report: dict[str, Any] = {
        "resources": {network.label: _summarise_report(network) for network in networks},
        "conflicts": merged.resolved,
        "conflicts_dropped": merged.dropped,
        "steps": [],
    }
    network = Network(merged.edges, nodes, name, report=report, species=species.pop())
    return _note_step(network, "merge", len(merged.dropped), f"{note}, {len(merged.dropped)} left out")


def _summarise_report(network: Network) -> dict[str, Any]:
    return {key: value for key, value in network.report.items() if isinstance(value, (int, str))}


def _restrict(network: Network, expressed: set[str]) -> Network:
    nodes = network.nodes
    allowed = set(nodes.loc[nodes["gene"].isin(expressed) | (nodes["gene"] == ""), "node"])
    edges = network.edges
    kept = edges[edges["source"].isin(allowed) & edges["target"].isin(allowed)]
    found = len(expressed & set(network.genes))
    return _keep_edges(network, kept, "express", f"{found} of {len(network.genes)} genes are expressed")


def _connect(network: Network, seeds: Iterable[str] | None, targets: Iterable[str] | None, max_depth: int) -> Network:
    ends, missing = [], []
    for role, wanted in (("seed", seeds), ("target", targets)):
        names = None if wanted is None else sorted(set(wanted))
        present = None if names is None else [item for item in names if item in network]
        if names is not None and not present:
            raise InputError(f"no {role} is in the network: {few(names)}. Check the symbols, and whether they count as expressed.")
        missing += [item for item in names or [] if item not in network]
        ends.append(present)
    connected = network.subnetwork(sources=ends[0], targets=ends[1], max_depth=max_depth)
    reached = [item for item in ends[1] or [] if item in connected]
    note = f"walks of at most {max_depth} edges; {len(reached)} of {len(ends[1] or [])} targets connected"
    if missing:
        note += f"; not in the network: {', '.join(missing)}"
    return _keep_edges(network, connected.edges, "connect", note)


def _keep_edges(network: Network, edges: pd.DataFrame, step: str, note: str) -> Network:
    if edges.empty:
        raise InputError(f"step {step!r} leaves no edge ({note}). Widen max_depth, the expressed genes, or the resources.")
    left = set(edges["source"]) | set(edges["target"])
    nodes = network.nodes[network.nodes["node"].isin(left)]
    smaller = Network(edges, nodes, network.name, network.version, network.report, network.species)
    return _note_step(smaller, step, network.n_edges - len(edges), note)


def _note_step(network: Network, step: str, dropped: int, note: str) -> Network:
    row = {"step": step, "edges": network.n_edges, "nodes": network.n_nodes, "dropped": dropped, "note": note}
    network.report["steps"] = [*network.report["steps"], row]
    return network
