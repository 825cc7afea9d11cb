"""Time and memory of scoring CollecTRI's regulators in many signatures, beside decoupler's ULM in the same run.

    python benchmarks/bench_regulators.py --collectri collectri_human.tsv.gz --signatures 1000

Each task runs in a process of its own, so that its peak memory is its own; times exclude imports, reading and compilation.
Needs decoupler: ``python -m pip install '.[bench]'``.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

GENES = 15_000


def _data_of(edges: pd.DataFrame, signatures: int) -> pd.DataFrame:
    """Random statistics over 15,000 genes, the network's targets among them; genes x signatures."""
    targets = sorted(set(edges["target"]))
    genes = (targets + [f"OTHER{i}" for i in range(GENES)])[:GENES]
    values = np.random.default_rng(0).standard_t(5, (GENES, signatures))
    return pd.DataFrame(values, genes, [f"s{i}" for i in range(signatures)])


def _with_jaknet(method: str, workers: int) -> Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame]:
    """Return a task that scores with `regulator_scores`."""

    def run(data: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
        from joblib import parallel_config

        from jaknet.network.network import Network
        from jaknet.regulation.regulators import regulator_scores

        network = Network(edges, name="CollecTRI")
        with parallel_config(n_jobs=workers):
            return regulator_scores(data, network, method, min_targets=1)[0]

    return run


def _with_decoupler(data: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    """Score with decoupler's ulm."""
    import decoupler

    return decoupler.mt.ulm(data.T, edges, tmin=1)[0].T


def _measure(task: Callable[..., pd.DataFrame], path: str, signatures: int, pipe: object) -> None:
    """Run once small (imports, compilation), then once in full."""
    edges = pd.read_csv(path, sep="\t")
    data = _data_of(edges, signatures)
    task(data.iloc[:, :2], edges)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    scores = task(data, edges)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    first = scores.sort_index().to_numpy()[:, :20]
    pipe.send((seconds, before / 1e6, peak / 1e6, len(scores), first))


def main() -> None:
    """Print seconds and memory of each task, and the largest difference between the two ULM."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--collectri", required=True, help="table of source, target, weight")
    parser.add_argument("--signatures", type=int, default=1000)
    options = parser.parse_args()
    tasks = {"decoupler ulm": _with_decoupler}
    for method in ("ulm", "calibrated"):
        tasks |= {f"jaknet {method}, {workers} worker{'s' * (workers > 1)}": _with_jaknet(method, workers) for workers in (1, 2)}
    context = multiprocessing.get_context("fork")
    rows, first = {}, {}
    for name, task in tasks.items():
        ours, theirs = context.Pipe()
        process = context.Process(target=_measure, args=(task, options.collectri, options.signatures, theirs))
        process.start()
        theirs.close()  # so that a process that fails ends the wait below
        seconds, before, peak, count, first[name] = ours.recv()
        process.join()
        rows[name] = {"seconds": seconds, "GB before": before, "GB peak": peak, "regulators": count}
    table = pd.DataFrame(rows).T
    table["times decoupler"] = table["seconds"] / table.loc["decoupler ulm", "seconds"]
    print(table.round(2).to_string())
    difference = np.abs(first["decoupler ulm"] - first["jaknet ulm, 1 worker"]).max()
    print(f"largest difference between the two ulm: {difference:.1e}")


if __name__ == "__main__":
    main()
