"""False-positive rates of regulator tests at a nominal 5 %, under nulls where nothing regulates anything.

Six nulls deal calls to genes at random, uniformly or in proportion to in-degree, with 50, 70 or 90 % of them up. A further
null simulates samples (3 against 3) without any effect, in which the targets of a regulator are correlated, as they are when its
activity varies from sample to sample.

    python benchmarks/bench_calibration.py --datasets 50
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import ndtr

from jaknet.expression._moderated import moderated_fit
from jaknet.expression.signature import Rotation, Signature
from jaknet.network.network import Network
from jaknet.regulation.methods import METHODS, Evidence
from jaknet.regulation.regulators import regulators
from jaknet.regulation.regulons import Regulons, network_regulons

N_GENES, N_REGULATORS = 6000, 400
CALLED, LEVEL = 0.1, 0.05


def _scale_free_regulons(rng: np.random.Generator) -> Regulons:
    """400 regulators with 5 to 300 targets, 80 % activated; genes differ in how many regulators they attract."""
    attraction = rng.pareto(1.5, N_GENES) + 0.1
    sizes = np.clip(rng.lognormal(3.3, 1.0, N_REGULATORS), 5, 300).astype(int)
    targets = [rng.choice(N_GENES, size, replace=False, p=attraction / attraction.sum()) for size in sizes]
    rows = np.repeat(np.arange(N_REGULATORS), sizes)
    signs = np.where(rng.random(len(rows)) < 0.8, 1.0, -1.0)
    weights = sparse.csr_array((signs, (rows, np.concatenate(targets))), shape=(N_REGULATORS, N_GENES))
    weights.sort_indices()
    names = tuple(f"R{i:03d}" for i in range(N_REGULATORS))
    return Regulons(names, tuple(f"G{i:04d}" for i in range(N_GENES)), weights)


def _null_statistics(regulons: Regulons, hub_biased: bool, share_up: float, datasets: int, rng: np.random.Generator) -> np.ndarray:
    """Gene statistics whose tenth of called genes was dealt at random, shape (n_genes, datasets)."""
    degree = np.bincount(regulons.weights.indices, minlength=N_GENES)
    chance = 1.0 + degree if hub_biased else np.ones(N_GENES)
    values = rng.uniform(-1, 1, (N_GENES, datasets))
    for column in range(datasets):
        called = rng.choice(N_GENES, int(CALLED * N_GENES), replace=False, p=chance / chance.sum())
        sign = np.where(rng.random(len(called)) < share_up, 1.0, -1.0)
        values[called, column] = sign * rng.uniform(2, 4, len(called))
    return values


def overlap_rates(values: np.ndarray, regulons: Regulons) -> dict[str, float]:
    """Share of p-values up to .05 of the signed overlap, by its own p and by the normal p of its z."""
    scores = METHODS["calibrated"].score(Evidence(values, CALLED), regulons)
    normal = 2.0 * ndtr(-np.abs(scores.statistic))
    return {"calibrated": float(np.nanmean(scores.p_value <= LEVEL)), "normal": float(np.nanmean(normal <= LEVEL))}


def null_rates(hub_biased: bool, share_up: float, datasets: int, seed: int) -> dict[str, float]:
    """Share of p-values up to .05 (or abs(z) > 1.96) of each test under one null.

    Parameters
    ----------
    hub_biased : bool
        Call much-targeted genes more often, in place of all alike.
    share_up : float
        Share of the called genes that are up.
    datasets : int
        Null datasets drawn.
    seed : int
        Of every random draw.
    """
    rng = np.random.default_rng(seed)
    regulons = _scale_free_regulons(rng)
    values = _null_statistics(regulons, hub_biased, share_up, datasets, rng)
    rates = overlap_rates(values, regulons)
    ipa = METHODS["ipa"].score(Evidence(values, CALLED), regulons)
    rates["IPA z"] = float(np.nanmean(np.abs(ipa.statistic) > 1.96))
    rates["IPA z, bias-corrected"] = float(np.nanmean(np.abs(ipa.extra["bias_corrected_z"]) > 1.96))
    rates["Fisher"] = float(np.mean(ipa.p_value <= LEVEL))
    rates["ulm"] = float(np.nanmean(METHODS["ulm"].score(Evidence(values, CALLED), regulons).p_value <= LEVEL))
    return rates


def depth_two_rates(hub_biased: bool, share_up: float, datasets: int, seed: int) -> dict[str, float]:
    """The same at depth 2, where regulators are themselves among the targets.

    Parameters
    ----------
    hub_biased : bool
        Call much-targeted genes more often, in place of all alike.
    share_up : float
        Share of the called genes that are up.
    datasets : int
        Null datasets drawn.
    seed : int
        Of every random draw.
    """
    rng = np.random.default_rng(seed)
    near = _scale_free_regulons(rng)
    rows, columns = near.weights.nonzero()
    genes = np.array(near.genes)
    edges = pd.DataFrame({"source": genes[rows], "target": genes[columns], "weight": near.weights.data})
    far = network_regulons(Network(edges[edges["source"] != edges["target"]]), near.genes, depth=2)
    values = _null_statistics(near, hub_biased, share_up, datasets, rng)
    return overlap_rates(values, far)


def _correlated_signature(correlation: float, sizes: list[int], rng: np.random.Generator, replicates: int = 3) -> tuple[Signature, Network]:
    """A contrast of two equal groups of samples; the targets of each regulator share its varying activity."""
    genes = [f"G{i:05d}" for i in range(2 * sum(sizes))]
    design = np.column_stack([np.ones(2 * replicates), np.repeat([0.0, 1.0], replicates)])
    values = rng.standard_normal((len(genes), 2 * replicates))
    rows, start = [], 0
    for number, size in enumerate(sizes):
        signs = np.where(rng.random(size) < 0.8, 1, -1)
        activity = rng.standard_normal(2 * replicates)
        block = slice(start, start + size)
        values[block] = np.sqrt(1 - correlation) * values[block] + np.sqrt(correlation) * signs[:, None] * activity
        rows += [(f"R{number:03d}", genes[start + i], signs[i]) for i in range(size)]
        start += size
    # genes differ in their variance, as they do in life
    values *= np.sqrt(8.0 / rng.chisquare(8.0, (len(genes), 1)))
    fit = moderated_fit([values], design, trend=False)
    columns = {"gene": genes, "log2_fold_change": fit.log2_fold_change, "statistic": fit.statistic, "p_value": fit.p_value, "q_value": 1.0}
    network = Network(pd.DataFrame(rows, columns=["source", "target", "sign"]), name="null")
    return Signature(pd.DataFrame(columns), label="null", rotation=Rotation(fit.residuals, fit.prior_df)), network


def correlated_rates(correlation: float, datasets: int, seed: int, rotations: int = 500) -> dict[str, float]:
    """Share of p-values up to .05 where nothing changes but targets are correlated; 20 regulators of 100, 20 of 200 targets.

    Parameters
    ----------
    correlation : float
        Between the targets of one regulator.
    datasets : int
        Null datasets drawn.
    seed : int
        Of every random draw.
    rotations : int
        Random rotations behind each p-value.
    """
    rng = np.random.default_rng(seed)
    hits: dict[str, list[float]] = {}
    for _ in range(datasets):
        signature, network = _correlated_signature(correlation, [100, 200] * 20, rng)
        for method in ("calibrated", "ulm", "ipa"):
            table = regulators(signature, network, method, rotations=rotations if method == "ulm" else 0, seed=rng, progress=False)
            hits.setdefault({"ipa": "Fisher"}.get(method, method), []).append((table["gene_p_value"] <= LEVEL).mean())
            if method == "ipa":
                hits.setdefault("IPA z", []).append((table["statistic"].abs() > 1.96).mean())
            if method == "ulm":
                hits.setdefault("rotation", []).append((table["rotation_p_value"] <= LEVEL).mean())
                hits.setdefault("larger of ulm and rotation", []).append((table["p_value"] <= LEVEL).mean())
    return {name: float(np.mean(rates)) for name, rates in hits.items()}


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", type=int, default=50, help="datasets per null; 400 regulators are tested in each")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    nulls = [(hub, up) for hub in (False, True) for up in (0.5, 0.7, 0.9)]
    rows = {f"{'hub-biased' if hub else 'uniform'}, {up:.0%} up": null_rates(hub, up, options.datasets, options.seed) for hub, up in nulls}
    print(pd.DataFrame(rows).T.round(3).to_string())
    print()
    kinds = {False: "uniform", True: "hub-biased"}
    rows = {f"depth 2, {kinds[hub]}, {up:.0%} up": depth_two_rates(hub, up, options.datasets, options.seed) for hub, up in nulls}
    print(pd.DataFrame(rows).T.round(3).to_string())
    print()
    rows = {f"correlation {rho}": correlated_rates(rho, options.datasets, options.seed) for rho in (0.0, 0.01, 0.05, 0.1)}
    print(pd.DataFrame(rows).T.round(3).to_string())


if __name__ == "__main__":
    main()
