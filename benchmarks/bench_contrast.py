"""Time and memory of `contrast`: PyDESeq2 with jaknet's routines, PyDESeq2 with its own, and limma-trend on a large matrix.

Example: ``python benchmarks/bench_contrast.py --genes 5000 --samples 8`` (add ``--large`` for 60,000 genes x 2,000 samples).
"""

from __future__ import annotations

import argparse
import resource
import time
import warnings

import numpy as np
import pandas as pd

from jaknet.expression import _negative_binomial as negative_binomial
from jaknet.expression.contrast import contrast
from jaknet.genes.tables import gene_table


def _simulated(genes: int, samples: int, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw negative binomial counts of two groups in batches of four samples."""
    rng = np.random.default_rng(seed)
    symbols = sorted(gene_table("human").symbols)
    names = symbols[:genes] if genes <= len(symbols) else [*symbols, *(f"ENSG{i:011d}" for i in range(genes - len(symbols)))]
    mean = np.exp(rng.normal(5, 1.5, (genes, 1)))
    matrix = np.empty((genes, samples), dtype=np.int64)
    for i in range(samples):
        matrix[:, i] = rng.poisson(rng.gamma(5, mean[:, 0] / 5))
    columns = [f"s{i:04d}" for i in range(samples)]
    batches = [f"b{i // 4}" for i in range(samples)]
    table = pd.DataFrame({"treatment": ["drug", "vehicle"] * (samples // 2), "batch": batches}, index=columns)
    return pd.DataFrame(matrix, index=names, columns=columns), table


def main() -> None:
    """Print one row a run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--genes", type=int, default=5000)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--large", action="store_true", help="60,000 genes x 2,000 samples by limma-trend, and nothing else")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{'run':44s} {'seconds':>8s} {'peak GB':>8s}")
    if arguments.large:
        matrix, table = _simulated(60_000, 2_000)
        _timed("limma-trend, 60,000 genes x 2,000 samples", matrix, table)
        return
    matrix, table = _simulated(arguments.genes, arguments.samples)
    size = f"{arguments.genes} genes x {arguments.samples} samples, batches"
    ours = _timed(f"jaknet in PyDESeq2, {size}", matrix, table, ["batch"])
    routines, negative_binomial._Inference = negative_binomial._Inference, negative_binomial.DefaultInference
    peer = _timed(f"PyDESeq2 alone, {size}", matrix, table, ["batch"])
    negative_binomial._Inference = routines
    print(f"largest difference in the Wald statistic: {np.nanmax(np.abs(ours['statistic'] - peer['statistic'])):.2g}")


def _timed(label: str, matrix: pd.DataFrame, table: pd.DataFrame, covariates: list[str] | None = None) -> pd.DataFrame:
    """Run one contrast and print its time and the peak memory of the process so far."""
    start = time.perf_counter()
    found = contrast(matrix, table, test="drug", reference="vehicle", covariates=covariates or [])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{label:44s} {time.perf_counter() - start:8.1f} {peak:8.2f}")
    return found.table


if __name__ == "__main__":
    main()
