"""Time rewiring against igraph and networkx, and the nulls of a ranking with their responses.

    python benchmarks/bench_rewiring.py                     # 100,000 edges; networkx does a hundredth of the swaps
    python benchmarks/bench_rewiring.py --edges 10000 --nulls 100

The random network has hubs on both sides (Zipf out- and in-degrees). Peers know no signs, so each rewires one sign stratum at
a time. Processor time is shown beside wall time, because a busy machine lengthens only the latter. igraph and networkx
are optional (pip install igraph); what is missing is left out and said so.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from joblib import parallel_config

import jaknet as jn
from jaknet.network._swaps import swap_targets
from jaknet.network.network import Network
from jaknet.network.rewire import mixing, rewired_targets, strata_of

PROPOSALS = 10


def main() -> None:
    """Run both parts and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edges", type=int, default=100_000, help="edges of the random network")
    parser.add_argument("--nulls", type=int, default=1000, help="rewired networks of the bundled model, each simulated")
    parser.add_argument("--members", type=int, default=32, help="members that simulate each rewired network")
    options = parser.parse_args()
    print(_against_peers(options.edges).to_string(index=False, float_format="{:.3f}".format))
    print()
    print(_nulls_of_the_model(options.nulls, options.members).to_string(index=False, float_format="{:.3f}".format))


def _hub_network(n_edges: int, seed: int = 0) -> Network:
    """Return a random network whose out- and in-degrees follow a power law."""
    generator = np.random.default_rng(seed)
    n_nodes = n_edges // 10
    chance = 1.0 / np.arange(1, n_nodes + 1) ** 0.7
    drawn = generator.choice(n_nodes, (3 * n_edges, 2), p=chance / chance.sum())
    drawn[:, 1] = generator.permutation(n_nodes)[drawn[:, 1]]
    pairs = pd.DataFrame(drawn, columns=["source", "target"]).drop_duplicates()
    pairs = pairs[pairs["source"] != pairs["target"]].head(n_edges).reset_index(drop=True)
    sign = generator.choice([1, -1], len(pairs), p=[0.7, 0.3])
    return Network(pairs.map("N{:06d}".format).assign(sign=sign), name="hubs")


def _timed(step: Callable[[], object]) -> tuple[float, float]:
    """Return wall and processor seconds of a step."""
    start, cpu = time.perf_counter(), time.process_time()
    step()
    return time.perf_counter() - start, time.process_time() - cpu


def _against_peers(n_edges: int) -> pd.DataFrame:
    """Rewire each sign stratum of one network by every program, 10 proposals an edge."""
    network = _hub_network(n_edges)
    rewired_targets(_hub_network(1000), 1, 0)  # compiles
    edges, strata = network.arrays, strata_of(network)
    rows = []
    for name, begin, end in zip(strata.names, strata.first[:-1], strata.first[1:], strict=True):
        part = strata.order[begin:end]
        source, target = edges.source[part], edges.target[part]
        size, layer = end - begin, np.zeros(end - begin, np.int64)

        def ours() -> object:
            first = np.array([0, len(source)])  # noqa: B023
            return swap_targets(source, target, layer, first, network.n_nodes, PROPOSALS, np.uint64(1))  # noqa: B023

        overlap = mixing(network, rewired_targets(network, 1, 1)).set_index("stratum").loc[name, "overlap"]
        rows.append((name, size, "jaknet", PROPOSALS * size, *_timed(ours), overlap))
        rows += _peers(name, source, target, network.n_nodes)
    table = pd.DataFrame(rows, columns=["stratum", "edges", "program", "proposals", "wall_s", "cpu_s", "overlap"])
    fastest = table[table["program"] == "igraph"].set_index("stratum")
    table["us_per_proposal"] = 1e6 * table["cpu_s"] / table["proposals"]
    if len(fastest):
        peer = fastest["cpu_s"] / fastest["proposals"] * 1e6
        table["times_igraph"] = table["us_per_proposal"] / table["stratum"].map(peer)
    return table


def _peers(name: str, source: np.ndarray, target: np.ndarray, n_nodes: int) -> list[tuple[object, ...]]:
    """Rewire one stratum by igraph and networkx."""
    size, found = len(source), []
    pairs = list(zip(source.tolist(), target.tolist(), strict=True))

    def left(after: list[tuple[int, int]]) -> float:
        return len(set(pairs) & set(after)) / size

    try:
        import igraph

        graph = igraph.Graph(n_nodes, pairs, directed=True)
        used = _timed(lambda: graph.rewire(n=PROPOSALS * size))
        found.append((name, size, "igraph", PROPOSALS * size, *used, left(graph.get_edgelist())))
    except ImportError:
        print("igraph is not installed: left out")
    import networkx as nx

    directed, swaps = nx.DiGraph(pairs), max(PROPOSALS * size // 100, 1)
    # Its swap moves three edges, and only accepted ones count.
    used = _timed(lambda: nx.directed_edge_swap(directed, nswap=swaps, max_tries=100 * swaps, seed=1))
    found.append((name, size, "networkx", swaps, *used, left(list(directed.edges()))))
    return found


def _nulls_of_the_model(nulls: int, members: int) -> pd.DataFrame:
    """Time the rewired networks of the bundled model and their responses, on two workers."""
    network = jn.load_network("osteoblast")
    resp = jn.perturb(network, jn.load_drug("tofacitinib").at("100 nM"), "steady_state", members=members)
    trial = resp.first(members)
    nodes = np.array([network.index[node] for node in network.transcripts.values()])
    with parallel_config(n_jobs=2):
        trial.null_means(rewired_targets(network, 4, 0), nodes)
        targets: list[np.ndarray] = []
        rewire = _timed(lambda: targets.append(rewired_targets(network, nulls, 0, exchangeable=True)))
        respond = _timed(lambda: trial.null_means(targets[0], nodes))
        whole = _timed(lambda: jn.rank(resp, nulls=nulls, null_members=members))
    label = f"{nulls} nulls of {network.n_edges} edges"
    rows = [(f"rewire {label}", *rewire), (f"their responses, {members} members each", *respond), ("the whole of jn.rank", *whole)]
    return pd.DataFrame(rows, columns=["step", "wall_s", "cpu_s"])


if __name__ == "__main__":
    main()
