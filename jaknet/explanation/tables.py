"""Tables of an explanation: nodes, edges, genes, and the steps of the best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jaknet.explanation._program import Solution
    from jaknet.explanation.problem import Problem

__all__ = ["edge_table", "gene_table", "node_table", "root_states", "step_table"]

NODE_COLUMNS = ["node", "state", "probability", "observed", "gene", "kind", "best"]
EDGE_COLUMNS = ["source", "target", "sign", "layer", "frequency", "best", "reliability", "references", "tier"]
GENE_COLUMNS = ["gene", "observed", "weight", "status", "frequency"]
STEP_COLUMNS = ["source", "source_is", "source_state", "target", "target_is", "target_state", "edge", "sign"]
_STATES = np.array(["up", "down", "none"], object)


def root_states(problem: Problem, best: Solution) -> dict[str, str]:
    """Return where the best explanation starts: node -> up or down.

    Parameters
    ----------
    problem : Problem
        That was solved.
    best : Solution
        The best explanation.
    """
    return {problem.network.names[state // 2]: str(_STATES[state % 2]) for state in np.flatnonzero(best.roots)}


def node_table(problem: Problem, kept: Sequence[Solution]) -> pd.DataFrame:
    """Return one row a node: its state in most explanations, and the share that agrees.

    Parameters
    ----------
    problem : Problem
        That was solved.
    kept : sequence of Solution
        The best first.
    """
    nodes, count = problem.network._nodes, problem.network.n_nodes
    holds = np.stack([one.holds[: 2 * count] for one in kept]).reshape(len(kept), count, 2)
    shares = np.concatenate([holds.mean(axis=0), 1.0 - holds.any(axis=2).mean(axis=0)[:, None]], axis=1)
    # A tie is no state.
    winner = np.where(shares[:, 2] >= shares[:, :2].max(axis=1), 2, shares[:, :2].argmax(axis=1))
    first = np.where(holds[0].any(axis=1), holds[0].argmax(axis=1), 2)
    observed = nodes["gene"].map(problem.genes.set_index("gene")["statistic"])
    columns = {"state": _STATES[winner], "probability": shares[np.arange(count), winner], "observed": observed, "best": _STATES[first]}
    return nodes[["node", "gene", "kind"]].assign(**columns)[NODE_COLUMNS]


def edge_table(problem: Problem, kept: Sequence[Solution]) -> pd.DataFrame:
    """Return one row an edge that some explanation uses, the most frequent first.

    Parameters
    ----------
    problem : Problem
        That was solved.
    kept : sequence of Solution
        The best first.
    """
    used = np.stack([_edges_of(problem, one) for one in kept])
    rows = np.flatnonzero(used.any(axis=0))
    columns = {"frequency": used[:, rows].mean(axis=0), "best": used[0, rows], "reliability": problem.reliability[rows]}
    table = problem.network._edges.iloc[rows].assign(**columns)[EDGE_COLUMNS]
    return table.sort_values(["frequency", "source", "target", "layer"], ascending=[False, True, True, True], ignore_index=True)


def _edges_of(problem: Problem, one: Solution) -> NDArray[np.bool_]:
    edge, used = problem.arcs["edge"].to_numpy(), np.zeros(problem.network.n_edges, bool)
    carried = edge[one.carries]
    used[carried[carried >= 0]] = True
    return used


def gene_table(problem: Problem, kept: Sequence[Solution]) -> pd.DataFrame:
    """Return the genes that changed, and those that the best explanation should have moved.

    Parameters
    ----------
    problem : Problem
        That was solved.
    kept : sequence of Solution
        The best first.
    """
    best, genes = kept[0], problem.genes
    state = problem.transcript_states
    pushed = problem.pushes[best.holds[problem.pushes["pusher"].to_numpy()]]
    wrong, still = (np.isin(state // 2, pushed.loc[(pushed["seen"] == 0) == none, "pushed"] // 2) for none in (False, True))
    changed = (genes["changed"] != 0).to_numpy()
    cases = [changed & best.holds[state], changed & wrong, changed, still]
    status = np.select(cases, ["explained", "contradicted", "unexplained", "unmoved"], "")
    frequency = np.where(changed, np.stack([one.holds[state] for one in kept]).mean(axis=0), np.nan)
    table = genes.rename(columns={"statistic": "observed"}).assign(status=status, frequency=frequency)
    table = table[table["status"] != ""].assign(size=-table["observed"].abs())
    return table.sort_values(["size", "gene"], ignore_index=True)[GENE_COLUMNS]


def step_table(problem: Problem, best: Solution) -> pd.DataFrame:
    """Return the steps of the best explanation, from state to state.

    Parameters
    ----------
    problem : Problem
        That was solved.
    best : Solution
        The best explanation.
    """
    arcs = problem.arcs[best.carries]
    names, kinds = problem.names
    columns: dict[str, NDArray[Any]] = {}
    for end, states in (("source", arcs["tail"].to_numpy()), ("target", arcs["head"].to_numpy())):
        columns |= {end: names[states // 2], f"{end}_is": kinds[states // 2], f"{end}_state": _STATES[states % 2]}
    flips = (arcs["tail"] % 2 == arcs["head"] % 2).to_numpy()
    table = pd.DataFrame(columns | {"edge": arcs["edge"].to_numpy(), "sign": np.where(flips, 1, -1)})[STEP_COLUMNS]
    # The whole of a complex is the complex.
    return table[(table["source"] != table["target"]) | (table["source_is"] != table["target_is"])].reset_index(drop=True)
