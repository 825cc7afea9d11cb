"""Time reading, merging, auditing and pruning CollecTRI with SIGNOR (77,000 rows), step by step, with the peak memory.

    python benchmarks/bench_build.py --data FOLDER        # holds collectri_human.tsv.gz and signor_human.tsv.gz

The peer of each reading step is `pandas.read_csv` of the same file, which checks nothing. Processor time is shown
beside wall time, because a busy machine lengthens only the latter.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pandas as pd

from jaknet.data.registry import read_table
from jaknet.network.build import build_network
from jaknet.network.io.read import read_network

Result = TypeVar("Result")


def main() -> None:
    """Run the steps once and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(os.environ.get("JAKNET_REAL_DATA", ".")) / "networks"
    parser.add_argument("--data", type=Path, default=default, help="folder with both tables (default: networks/ in $JAKNET_REAL_DATA)")
    folder: Path = parser.parse_args().data
    print(f"{'step':<34}{'wall s':>8}{'cpu s':>8}  result")
    collectri, signor = folder / "collectri_human.tsv.gz", folder / "signor_human.tsv.gz"
    _timed("pandas.read_csv CollecTRI (peer)", lambda: pd.read_csv(collectri, sep="\t"), show=len)
    _timed("pandas.read_csv SIGNOR (peer)", lambda: pd.read_csv(signor, sep="\t"), show=len)
    start, cpu = time.perf_counter(), time.process_time()
    parts = [_timed("read CollecTRI", lambda: read_network(collectri)), _timed("read SIGNOR", lambda: read_network(signor))]
    merged = _timed("merge", lambda: build_network(parts))
    _timed("audit", merged.audit, show=lambda audit: f"{len(audit.conflicts)} edges with reports for both signs")
    genes = read_table("networks/osteoblast/osteoanabolic.tsv")["gene"]
    _timed("prune to JAK1/JAK2 -> readouts", lambda: build_network([merged], seeds=["JAK1", "JAK2"], targets=genes))
    print(f"{'all of it':<34}{time.perf_counter() - start:>8.2f}{time.process_time() - cpu:>8.2f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def _timed(label: str, step: Callable[[], Result], show: Callable[[Result], object] = repr) -> Result:
    """Run a step, print its wall and processor time and its result."""
    start, cpu = time.perf_counter(), time.process_time()
    result = step()
    print(f"{label:<34}{time.perf_counter() - start:>8.2f}{time.process_time() - cpu:>8.2f}  {show(result)}")
    return result


if __name__ == "__main__":
    main()
