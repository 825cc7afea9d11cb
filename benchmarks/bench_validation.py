"""Which modelling choices matter to published perturbation facts, judged by cross-validation over papers.

    python benchmarks/bench_validation.py                    # 250 members: about 10 minutes
    python benchmarks/bench_validation.py --members 50 --only "default" "or_and_not"

1. Every choice by itself: log score of each fact predicted without its paper's edges (members weighted, if at all, without its
   paper's facts), the slope of the calibration fitted; differences from the default with a 95 % interval, papers resampled.
2. Nested: choice, conditioning and slope chosen inside each outer fold; what the held-out papers then show.
3. The default with the facts' context withheld, without leaving papers out, and with edges of several papers kept, which says how
   much of the score is lost by removing well supported edges.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd

import jaknet as jn
from jaknet.network.schema import split_list
from jaknet.simulation.settings import EnsembleSettings
from jaknet.validation.calibration import cross_validate
from jaknet.validation.facts import read_facts
from jaknet.validation.scoring import paper_interval

CHOICES = {
    "default": EnsembleSettings(),
    "or_and_not": EnsembleSettings(gate="or_and_not"),
    "every edge kept": EnsembleSettings(keep=(1.0, 1.0, 1.0)),
    "tier C left out": EnsembleSettings(keep=(0.8, 0.5, 0.0)),
    "tiers kept more": EnsembleSettings(keep=(0.9, 0.7, 0.2)),
    "no sign flipped": EnsembleSettings(flip=(0.0, 0.0, 0.0)),
    "former flips": EnsembleSettings(flip=(0.0, 0.15, 0.3)),
    "basal lower": EnsembleSettings(basal=(0.005, 0.05)),
    "basal high": EnsembleSettings(basal=(0.05, 0.5)),
    "gain doubled": EnsembleSettings(gain=8.0),
    "no crowding": EnsembleSettings(crowding=0.0),
    "saturating early": EnsembleSettings(hill=(1.2, 1.6), ec50=(0.2, 0.5)),
}


def main() -> None:
    """Run the three parts and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=250)
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--only", nargs="+", choices=list(CHOICES), default=list(CHOICES), help="choices to compare")
    options = parser.parse_args()
    net, facts = jn.load_network("osteoblast"), jn.load_facts()
    print(f"{net!r}, {net.digest[:12]}; {len(facts)} facts")
    started = time.perf_counter()
    choices = {name: CHOICES[name] for name in options.only}
    predictions, table = cross_validate(net, read_facts(facts), choices, folds=options.folds, members=options.members, progress=True)
    print(f"\n1. each choice ({time.perf_counter() - started:.0f} s)")
    print(table.sort_values("log_score", ascending=False).to_string(index=False, float_format="{:.3f}".format))
    print("\n2. nested")
    print(predictions.groupby("fold")[["candidate", "beta", "slope"]].first().to_string(float_format="{:.2f}".format))
    report("nested", predictions, facts)
    print("\n3. the default, otherwise posed")
    for name, network, asked, leave in (
        ("as is", net, facts, True),
        ("context withheld", net, facts.assign(context=""), True),
        ("edges of several papers kept", spared(net), facts, True),
        ("papers not left out", net, facts, False),
    ):
        score = jn.validate(network, asked, members=options.members, leave_out_reference=leave, settings=next(iter(choices.values())))
        found = contested(score.to_frame())
        print(f"{name}: {score!r}, Brier {score.brier:.3f}; contested pairs {len(found)}, mean p_direction {found.mean():.2f}, "
              f"highest {found.max():.2f}")  # fmt: skip


def report(name: str, predictions: pd.DataFrame, facts: pd.DataFrame) -> None:
    """Print accuracy, its interval, Brier score and the confident part of out-of-fold predictions."""
    papers = predictions["id"].map(facts.set_index("id")["paper_id"])
    right = predictions["correct"].to_numpy(float)
    low, high = paper_interval(right, papers)
    brier = float(((predictions["p_direction"] - right) ** 2).mean())
    print(f"{name}: accuracy {right.mean():.3f} [{low:.3f}, {high:.3f}] on {len(right)} facts, Brier {brier:.3f}")
    for bar in (0.7, 0.8, 0.9):
        sure = predictions["p_direction"] >= bar
        print(f"  p_direction >= {bar}: {sure.mean():.2f} of them, right {np.mean(right[sure]) if sure.any() else np.nan:.3f}")


def spared(network: jn.Network) -> jn.Network:
    """Return the network with the references of edges that two papers or more support cleared, so that no fact removes them."""
    edges = network.edges
    several = edges["references"].map(lambda cell: len(split_list(cell)) > 1)
    return network.with_edges(edges.assign(references=edges["references"].where(~several, "")))


def contested(frame: pd.DataFrame) -> pd.Series:
    """Return p_direction of the facts for which another paper reports the opposite of the same perturbation and readout."""
    given = frame[(frame["direction"] != "none") & (frame["predicted"] != "")]
    effect = given["direction"].map({"up": 1, "down": -1}) * given["sign"]
    groups = given.assign(effect=effect).groupby(["nodes", "readout"])
    return given[groups["effect"].transform("nunique").to_numpy() > 1]["p_direction"]


if __name__ == "__main__":
    main()
