"""Recovery of the regulator that was changed, among 300, as more of the network's signs are wrong.

5,000 genes, 300 regulators of 10 to 150 targets. In each dataset one regulator changes; half of its edges are active and move their
targets by 1 to 4 standard errors (weak: 0.5 to 3); a twelfth of all genes, the much-targeted more often and 65 % of them upward,
changes for reasons of its own by 1 to 5; all statistics carry unit noise. The methods see the network with a share of its signs flipped.

    python benchmarks/bench_recovery.py --datasets 100          # needs decoupler: python -m pip install '.[bench]'
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.stats import rankdata

from jaknet.regulation.methods import METHODS, Evidence
from jaknet.regulation.regulons import Regulons

GENES, REGULATORS = 5000, 300
EFFECTS = {"clear": (1.0, 4.0), "weak": (0.5, 3.0)}


def _true_network(rng: np.random.Generator) -> sparse.csr_array:
    """Signed edges, 80 % activating; genes differ in how many regulators they attract."""
    attraction = rng.pareto(1.5, GENES) + 0.2
    sizes = np.clip(rng.lognormal(3.4, 0.8, REGULATORS), 10, 150).astype(int)
    targets = np.concatenate([rng.choice(GENES, size, replace=False, p=attraction / attraction.sum()) for size in sizes])
    signs = np.where(rng.random(len(targets)) < 0.8, 1.0, -1.0)
    network = sparse.csr_array((signs, (np.repeat(np.arange(REGULATORS), sizes), targets)), shape=(REGULATORS, GENES))
    network.sort_indices()
    return network


def _datasets_of(
    network: sparse.csr_array, count: int, size: tuple[float, float], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Gene statistics, shape (n_genes, count), and the regulator changed in each."""
    degree = np.bincount(network.indices, minlength=GENES)
    values = rng.standard_normal((GENES, count))
    truth = rng.integers(0, REGULATORS, count)
    for column, regulator in enumerate(truth):
        other = rng.choice(GENES, GENES // 12, replace=False, p=(1 + degree) / (1 + degree).sum())
        values[other, column] += np.where(rng.random(len(other)) < 0.65, 1, -1) * rng.uniform(1, 5, len(other))
        row = slice(network.indptr[regulator], network.indptr[regulator + 1])
        active = rng.random(row.stop - row.start) < 0.5
        effect = rng.choice([-1, 1]) * network.data[row] * rng.uniform(*size, row.stop - row.start)
        values[network.indices[row][active], column] += effect[active]
    return values, truth


def _with_wrong_signs(network: sparse.csr_array, share: float, rng: np.random.Generator) -> Regulons:
    """The network as the methods see it."""
    flipped = network.copy()
    flipped.data = np.where(rng.random(network.nnz) < share, -network.data, network.data)
    return Regulons(tuple(f"R{i:03d}" for i in range(REGULATORS)), tuple(f"G{i:04d}" for i in range(GENES)), flipped)


def _strengths(values: np.ndarray, regulons: Regulons, peers: bool) -> dict[str, np.ndarray]:
    """How strongly each method speaks for each regulator; larger is stronger; shape (n_regulators, n_datasets)."""
    evidence = Evidence(values)
    found = {}
    for name in ("calibrated", "ulm", "mlm", "ipa"):
        scores = METHODS[name].score(evidence, regulons)
        found["IPA z" if name == "ipa" else name] = np.nan_to_num(np.abs(scores.statistic))
        if name == "ipa":
            found["Fisher"] = -scores.p_value
    found["mean"] = np.abs(regulons.weights @ values) / regulons.sizes[:, None]
    if peers:
        import decoupler

        rows, columns = regulons.weights.nonzero()
        names, genes = np.array(regulons.regulators), np.array(regulons.genes)
        edges = pd.DataFrame({"source": names[rows], "target": genes[columns], "weight": regulons.weights.data})
        scores, _ = decoupler.mt.viper(pd.DataFrame(values.T, columns=genes), edges, tmin=1, pleiotropy=True)
        found["viper"] = np.abs(scores[list(names)].to_numpy().T)
    return found


def recovery(share: float, datasets: int, seed: int, effect: str = "clear", peers: bool = False) -> pd.DataFrame:
    """Median rank of the truth, and how often it is first and among the first ten, by method.

    Parameters
    ----------
    share : float
        Of the edges whose sign is wrong.
    datasets : int
        Simulated, each with one changed regulator.
    seed : int
        Of every random draw.
    effect : str
        Size of the change, a key of `EFFECTS`.
    peers : bool
        Run VIPER of decoupler too.
    """
    rng = np.random.default_rng(seed)
    network = _true_network(rng)
    values, truth = _datasets_of(network, datasets, EFFECTS[effect], rng)
    rows = {}
    for name, strength in _strengths(values, _with_wrong_signs(network, share, rng), peers).items():
        ranks = rankdata(-strength, axis=0)[truth, np.arange(datasets)]
        rows[name] = {"median rank": np.median(ranks), "first": np.mean(ranks < 2), "first ten": np.mean(ranks <= 10)}
    return pd.DataFrame(rows).T


def main() -> None:
    """Print one table per share of wrong signs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for effect in EFFECTS:
        shares = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25)
        tables = {f"{share:.0%}": recovery(share, options.datasets, options.seed, effect, peers=True) for share in shares}
        for measure in ("median rank", "first ten"):
            print(f"{effect} effects, {measure}, by share of wrong signs")
            print(pd.DataFrame({share: table[measure] for share, table in tables.items()}).round(2).to_string(), "\n")


if __name__ == "__main__":
    main()
