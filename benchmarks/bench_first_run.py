"""What the first run on a fresh installation costs: the bundled example with an empty compilation cache, and again with a full one.

    python benchmarks/bench_first_run.py                        # about a minute
    python benchmarks/bench_first_run.py --against ../old       # and the same in another checkout

Each run is a process of its own (`jaknet run --example`). The difference between the two is compilation; it is then listed by
kernel, from a third run with an empty cache in which numba reports each compilation: seconds in the kernel and in what it
calls, and for how many signatures. Processor time is shown beside wall time, because a busy machine lengthens only the latter.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

RUN = "import sys; from jaknet.cli.app import main; main(['run', '--example', '--out', sys.argv[1]])"
LISTENING = """
import time
from numba.core import event
begun = []

class Listener(event.Listener):
    def on_start(self, found):
        begun.append(time.thread_time())

    def on_end(self, found):
        used, kernel = time.thread_time() - begun.pop(), found.data["dispatcher"].py_func
        if not begun:
            print("COMPILED", kernel.__module__ + "." + kernel.__name__, used, sep="\\t")

event.register("numba:compile", Listener())
"""


def main() -> None:
    """Print both runs of each checkout and what was compiled."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, help="folder of another checkout")
    options = parser.parse_args()
    here = Path(__file__).resolve().parents[1]
    for name, folder in (("this checkout", here), ("the other", options.against)):
        if folder is not None:
            _measure(name, folder)


def _measure(name: str, folder: Path) -> None:
    """Run the example cold, warm and listening in one checkout."""
    with tempfile.TemporaryDirectory() as cache, tempfile.TemporaryDirectory() as other:
        for label in ("empty", "full"):
            wall, used, _ = _example(folder, Path(cache), RUN)
            print(f"{name}, cache {label}: {wall:.1f} s, {used:.1f} s of processor time")
        printed = _example(folder, Path(other), LISTENING + RUN)[2]
    rows = [line.split("\t")[1:] for line in printed.splitlines() if line.startswith("COMPILED")]
    table = pd.DataFrame(rows, columns=["kernel", "seconds"]).astype({"seconds": float})
    by_kernel = table.groupby("kernel")["seconds"].agg(["sum", "count"]).sort_values("sum", ascending=False)
    print(f"  compiling took {table['seconds'].sum():.1f} s of processor time")
    print(by_kernel.rename(columns={"sum": "seconds", "count": "signatures"}).to_string(float_format="{:.2f}".format), end="\n\n")


def _example(folder: Path, cache: Path, code: str) -> tuple[float, float, str]:
    """Return wall time, processor time and output of one run."""
    environment = {**os.environ, "PYTHONPATH": str(folder.resolve()), "NUMBA_CACHE_DIR": str(cache)}
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-c", code, str(Path(out) / "example")]
        done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=True)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


if __name__ == "__main__":
    main()
