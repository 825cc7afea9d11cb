"""Which modelling choices matter to published perturbation facts, beside the baselines that any model has to beat.

    python benchmarks/bench_validation.py                    # 250 members
    python benchmarks/bench_validation.py --members 50 --only "default" "no crowding"
    python benchmarks/bench_validation.py --facts 40         # an evenly spaced part of the facts, for a quick look

1. Every choice by itself, each fact predicted without the evidence of its own paper: coverage, accuracy and Brier score, the share
   of sure predictions and how many of them are right, and the mean log score with its difference from the default (95 % interval,
   papers resampled). A fact without a direction counts with a probability of one half. Baselines, with the same evidence left out,
   are listed below the choices.
2. The default with the facts' context withheld, with papers not left out, and without the source study's edges: how much rests
   on what.

The facts served development: a difference between choices seen here is a reason to look, not an estimate of what new papers show.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import numpy as np
import pandas as pd

import jaknet as jn
from jaknet.simulation.settings import EnsembleSettings
from jaknet.validation.baselines import BASELINES
from jaknet.validation.score import paper_interval

CHOICES = {
    "default": EnsembleSettings(),
    "canonical steps drawn": EnsembleSettings(canonical=False),
    "no sign turned": EnsembleSettings(other_sign=0.0),
    "more signs turned": EnsembleSettings(other_sign=0.25),
    "gain halved": EnsembleSettings(gain=EnsembleSettings().gain / 2),
    "gain up by half": EnsembleSettings(gain=EnsembleSettings().gain * 1.5),
    "no crowding": EnsembleSettings(crowding=0.0),
    "full crowding": EnsembleSettings(crowding=1.0),
    "proteins follow transcripts": EnsembleSettings(synthesis=1.0),
    "one strength": EnsembleSettings(strength=(1.0, 1.0)),
    "wide strengths": EnsembleSettings(strength=(0.3, 3.0)),
    "one reference state": EnsembleSettings(basal_spread=0.0),
}


def main() -> None:
    """Run both parts and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=250)
    parser.add_argument("--facts", type=int, help="how many facts; all by default")
    parser.add_argument("--only", nargs="+", choices=list(CHOICES), default=list(CHOICES), help="choices to compare")
    options = parser.parse_args()
    net, facts = jn.load_network("osteoblast"), jn.load_facts()
    if options.facts:
        facts = facts.iloc[np.linspace(0, len(facts) - 1, min(options.facts, len(facts))).astype(int)].reset_index(drop=True)
    print(f"{net!r}, {net.digest[:12]}; {len(facts)} facts of {facts['paper_id'].nunique()} papers, {options.members} members")
    default = _validated(net, facts, options.members, CHOICES["default"])
    rows = [_row("default", default, default)]
    rows += [_row(name, _validated(net, facts, options.members, CHOICES[name]), default) for name in options.only if name != "default"]
    table = pd.DataFrame(rows).sort_values("log_score", ascending=False)
    print("\n1. each choice")
    print(table.to_string(index=False, float_format="{:.3f}".format))
    print(pd.DataFrame(_baselines(default)).to_string(index=False, float_format="{:.3f}".format))
    print("\n2. the default, otherwise posed")
    other = [("as is", default)]
    other.append(("context withheld", _validated(net, facts.assign(context=""), options.members, CHOICES["default"])))
    other.append(("papers not left out", _validated(net, facts, options.members, CHOICES["default"], leave=False)))
    other.append(("without the source study", _validated(net.without_study(), facts, options.members, CHOICES["default"])))
    print(pd.DataFrame([_row(name, found, default) for name, found in other]).to_string(index=False, float_format="{:.3f}".format))


def _validated(net: jn.Network, facts: pd.DataFrame, members: int, settings: EnsembleSettings, leave: bool = True) -> jn.Validation:
    """Return the predictions of all facts under some settings."""
    begun = time.perf_counter()
    found = jn.validate(net, facts, members=members, settings=settings, leave_out_reference=leave)
    print(f"  {len(facts)} facts in {time.perf_counter() - begun:.0f} s", flush=True)
    return found


def _log_scores(found: jn.Validation) -> pd.Series:
    """Return the log of the probability given to what was published, for the facts with a published direction, by fact."""
    frame = found.to_frame().set_index("id")
    frame = frame[frame["direction"] != "none"]
    right = frame["p_sign"].where(frame["predicted"] == frame["direction"], 1.0 - frame["p_sign"])
    return np.log(right.where(frame["predicted"] != "", 0.5))


def _row(name: str, found: jn.Validation, default: jn.Validation) -> dict[str, object]:
    """Return the figures of one choice."""
    own, sure = _log_scores(found), found.confident
    gained = own - _log_scores(default)
    papers = found.to_frame().set_index("id")["paper_id"].loc[gained.index]
    low, high = paper_interval(gained.to_numpy(), papers)
    directed = found.to_frame().query("direction != 'none' and predicted != ''")
    return {
        "choice": name,
        "coverage": found.coverage,
        "accuracy": found.accuracy,
        "brier": found.brier,
        "sure": len(sure) / max(len(directed), 1),
        "sure_right": sure["correct"].mean() if len(sure) else np.nan,
        "log_score": own.mean(),
        "gained": gained.mean(),
        "low": low,
        "high": high,
    }


def _baselines(found: jn.Validation) -> Iterator[dict[str, object]]:
    """Yield coverage and accuracy of each baseline on the facts with a published direction."""
    frame = found.to_frame()
    frame = frame[frame["direction"] != "none"]
    for column, meaning in BASELINES.items():
        given = frame[frame[column] != ""]
        yield {"baseline": meaning, "coverage": len(given) / len(frame), "accuracy": (given[column] == given["direction"]).mean()}


if __name__ == "__main__":
    main()
