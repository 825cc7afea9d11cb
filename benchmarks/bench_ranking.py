"""Measure a ranking against known truth, and its p-values where there is none.

    python benchmarks/bench_ranking.py                      # 50 seeds, 200 null datasets: a few minutes
    python benchmarks/bench_ranking.py --seeds 10 --datasets 40

Recovery: the truth is the response of another network, the bundled one with 20 % of its edges dropped and 10 % of the signs
flipped, in a cell that no ensemble member is; the data is the truth plus noise of unit variance. A gene counts as moved if
its true change is among the largest fifth. AUROC: |score| for moved against not moved. Precision at 10: moved, in the direction
that was said (degree says none and is spared that). Ties are broken at random.

Calibration: the observed network is itself drawn from the rewiring chain, so no gene is special; rates over all genes that can
move, each dataset one observation.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata

import jaknet as jn
from jaknet.expression.signature import Signature, signature_table
from jaknet.network.network import Network
from jaknet.network.rewire import rewired_targets
from jaknet.network.schema import PART_OF
from jaknet.ranking.posterior import conjunction, estimate_prior
from jaknet.simulation.model import STILL
from jaknet.simulation.response import Response
from jaknet.simulation.settings import EnsembleSettings
from jaknet.stats import benjamini_hochberg, clopper_pearson, empirical_p, smallest_q

NOISE = (0.25, 0.5, 1.0, 2.0, 4.0)
SURE = EnsembleSettings(other_sign=0.0)
CERTAIN = 10_000
MOVED = 0.2


def main() -> None:
    """Run both parts and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=50, help="truths simulated")
    parser.add_argument("--datasets", type=int, default=200, help="null datasets")
    parser.add_argument("--nulls", type=int, default=1399, help="rewired networks a null dataset; 20 a gene let q reach 5 %%")
    options = parser.parse_args()
    table = recovery(options.seeds)
    for measure in ("auroc", "precision_at_10"):
        print(f"{measure}, mean over {options.seeds} truths")
        print(table.pivot_table(index="signal_to_noise", columns="ranked_by", values=measure).round(3).to_string(), end="\n\n")
    print(_calibration(options.datasets, options.nulls).to_string(index=False, float_format="{:.4f}".format))


def _other_network(network: Network, seed: int) -> Network:
    """Drop 20 % of the edges, flip the signs of 10 % and make what is left certain; complexes keep their parts."""
    generator = np.random.default_rng(seed)
    edges = network.edges
    part = (edges["mechanism"] == PART_OF).to_numpy()
    edges["sign"] *= np.where((generator.random(len(edges)) < 0.1) & ~part, -1, 1)
    raising = edges["sign"] > 0
    edges["support_positive"], edges["support_negative"] = CERTAIN * raising, CERTAIN * ~raising
    return network.with_edges(edges[(generator.random(len(edges)) >= 0.2) | part], name="truth")


def recovery(seeds: int, noise: tuple[float, ...] = NOISE, members: int = 300) -> pd.DataFrame:
    """Return mean AUROC and precision at 10 by signal-to-noise ratio and what ranks the genes.

    Parameters
    ----------
    seeds : int
        Number of simulated truths.
    noise : tuple of float
        Ratios of signal to noise.
    members : int
        Size of the ensemble that predicts.
    """
    network, drug = jn.load_network("osteoblast"), jn.load_drug("tofacitinib").at("100 nM")
    resp = jn.perturb(network, drug, "inflammatory", members=members)
    predicted = jn.rank(resp, nulls=0).table.sort_values("gene").set_index("gene")
    nodes = [network.index[network.transcripts[gene]] for gene in predicted.index]
    rows = []
    for seed in range(seeds):
        truth_network = _other_network(network, seed)
        truth = jn.perturb(truth_network, drug, "inflammatory", members=1, seed=10_000 + seed, settings=SURE).transcript_effects[0, nodes]
        generator = np.random.default_rng(seed)
        deviates, shuffle = generator.standard_normal(len(truth)), generator.permutation(len(truth))
        for ratio in noise:
            z = ratio * truth / np.sqrt(np.mean(truth**2)) + deviates
            for name, score in _scores(resp, predicted, z, shuffle, check=seed == 0).items():
                rows.append((ratio, name, *_measures(score, truth, name == "degree", seed)))
    table = pd.DataFrame(rows, columns=["signal_to_noise", "ranked_by", "auroc", "precision_at_10"])
    return table.groupby(["signal_to_noise", "ranked_by"], as_index=False).mean()


def _scores(resp: Response, predicted: pd.DataFrame, z: np.ndarray, shuffle: np.ndarray, check: bool) -> dict[str, np.ndarray]:
    """Return what each way of ranking gives every gene."""
    effect = predicted["predicted"].to_numpy()
    score = estimate_prior(effect, z).mean(effect, z)
    if check:  # that this is what jn.rank reports
        signature = Signature(signature_table(predicted.index, z, z, 2 * norm.sf(np.abs(z))))
        whole = jn.rank(resp, signature, nulls=0).table.set_index("gene")["combined"]
        if not np.allclose(whole.loc[predicted.index], score):
            raise SystemExit("jn.rank reports another score than this benchmark measures")
    shuffled = effect[shuffle]
    return {
        "score": score,
        "prediction": effect,
        "data": z,
        "degree": predicted["baseline_degree"].to_numpy(float),
        "shortest_path": predicted["baseline_shortest_path"].fillna(0.0).to_numpy(),
        "score_of_shuffled": estimate_prior(shuffled, z).mean(shuffled, z),
    }


def _measures(score: np.ndarray, truth: np.ndarray, unsigned: bool, seed: int) -> tuple[float, float]:
    """Return AUROC of |score| for the moved fifth, and precision at 10 with direction."""
    moved = np.abs(truth) >= np.sort(np.abs(truth))[-max(int(MOVED * len(truth)), 1)]
    places = rankdata(np.abs(score))
    area = (places[moved].sum() - moved.sum() * (moved.sum() + 1) / 2) / (moved.sum() * (~moved).sum())
    order = np.lexsort((np.random.default_rng(seed).random(len(score)), -np.abs(score)))[:10]
    right = moved[order] & (unsigned | (np.sign(score[order]) == np.sign(truth[order])))
    return float(area), float(right.mean())


def _calibration(datasets: int, nulls: int, members: int = 3) -> pd.DataFrame:
    """Return false-positive rates of the topology test and the conjunction, and the rate of any discovery at q 5 %."""
    base = jn.load_network("osteoblast").subnetwork(sources=["JAK1", "JAK2"], max_depth=3)
    levels = np.array([0.01, 0.05, 0.2])
    shares: dict[str, list[np.ndarray]] = {name: [] for name in ("exact", "prediction null", "data null")}
    false, floors = {"topology": 0, "conjunction": 0}, []
    for seed in range(datasets):
        p_value, effect = _null_dataset(base.rewire(seed=seed), nulls, members, seed)
        generator = np.random.default_rng(seed)
        # Without a look at the observed effect; a gene that does not move counts as not rejected.
        tested = np.flatnonzero(~np.isnan(p_value))
        noise = generator.standard_normal(len(effect))
        real = 4 * np.sign(effect) + noise
        both = conjunction(p_value, effect, 2 * norm.sf(np.abs(real)), real)
        none = conjunction(np.full(len(effect), 1e-3), effect, 2 * norm.sf(np.abs(noise)), noise)
        for name, values in zip(shares, (p_value, both, none), strict=True):
            shares[name].append((values[tested, None] <= levels + 1e-12).mean(axis=0))
        false["topology"] += bool(np.nanmin(benjamini_hochberg(p_value)) <= 0.05)
        false["conjunction"] += bool(np.nanmin(benjamini_hochberg(np.where(effect != 0, none, np.nan))) <= 0.05)
        floors.append(smallest_q(nulls, len(tested)))
    labels = {"exact": "topology p"}
    labels |= {"prediction null": "conjunction, prediction null, data real", "data null": "conjunction, data null, prediction real"}
    rows = [row for name, found in shares.items() for row in _mean_rates(labels[name], levels, np.array(found))]
    rows += [(f"any {name} q <= 5 % where nothing is true", 0.05, *_rate(np.arange(datasets) < count)) for name, count in false.items()]
    print(f"smallest topology q possible here: {min(floors):.4f} to {max(floors):.4f} ({nulls} nulls)")
    return pd.DataFrame(rows, columns=["false positives", "nominal", "rate", "low", "high"])


def _null_dataset(network: Network, nulls: int, members: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return topology p-values and the observed effects of one network against its nulls."""
    trial = jn.perturb(network, jn.inhibit("JAK2"), members=members, seed=seed).first(members)
    nodes = np.array([network.index[node] for node in network.transcripts.values()])
    chance = trial.null_means(rewired_targets(network, nulls, seed + 500_000, exchangeable=True), nodes)
    found = trial.mean_transcripts(nodes)
    exact = empirical_p((np.abs(chance) >= np.abs(found) - STILL).sum(axis=0), nulls)
    moving = (np.abs(chance) > STILL).any(axis=0)
    return np.where(moving, exact, np.nan), np.where(np.abs(found) > STILL, found, 0.0)


def _mean_rates(label: str, levels: np.ndarray, shares: np.ndarray) -> list[tuple[str, float, float, float, float]]:
    """Return the share of genes rejected, averaged over datasets, with its 95 % interval: genes of one dataset hang together."""
    mean, reach = shares.mean(axis=0), 1.96 * shares.std(axis=0, ddof=1) / np.sqrt(len(shares))
    return [(label, *map(float, row)) for row in zip(levels, mean, mean - reach, mean + reach, strict=True)]


def _rate(hits: np.ndarray) -> tuple[float, float, float]:
    low, high = clopper_pearson(hits.sum(), len(hits))
    return float(hits.mean()), float(low), float(high)


if __name__ == "__main__":
    main()
