"""Which modelling choices matter to published perturbation facts, beside the baselines that any model has to beat.

    python benchmarks/bench_validation.py                    # 250 members
    python benchmarks/bench_validation.py --members 50 --only "default" "no crowding"
    python benchmarks/bench_validation.py --facts 40         # an evenly spaced part of the facts, for a quick look

The network speaks alone here (`validate(experiments=False)`), but for one row of part 2.

1. Every choice by itself, each fact predicted without the evidence of its own paper: coverage, accuracy and Brier score, the share
   of sure predictions and how many of them are right, and the mean log score with its difference from the default (95 % interval,
   papers resampled). A fact without a direction counts with a probability of one half. Baselines, with the same evidence left out,
   are listed below the choices.
2. The default with other papers on the same experiment heard, with the facts' context withheld, with papers not left out, and
   without the source study's edges: how much rests on what.
3. Would a mean of the two solvers, a mean with the walk sum, or one shrink of the probabilities help? What has a parameter chooses
   it without the papers that it is judged on (ten folds by paper, ten times); the gain in Brier score is paired, with its interval.

The facts served development: a difference between choices seen here is a reason to look, not an estimate of what new papers show.
"""

from __future__ import annotations

import argparse
import time
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import jaknet as jn
from jaknet.simulation.settings import EnsembleSettings
from jaknet.validation.calibration import log_scores, paper_interval

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
    """Run all parts and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=250)
    parser.add_argument("--table", help="TSV of facts; the bundled ones by default")
    parser.add_argument("--facts", type=int, help="how many facts; all by default")
    parser.add_argument("--only", nargs="+", choices=list(CHOICES), default=list(CHOICES), help="choices to compare")
    options = parser.parse_args()
    net = jn.load_network("osteoblast")
    facts = jn.load_facts() if options.table is None else pd.read_csv(options.table, sep="\t", dtype=str, keep_default_na=False)
    if options.facts:
        facts = facts.iloc[np.linspace(0, len(facts) - 1, min(options.facts, len(facts))).astype(int)].reset_index(drop=True)
    print(f"{net!r}, {net.digest[:12]}; {len(facts)} facts of {facts['paper_id'].nunique()} papers, {options.members} members")
    default = _validated(net, facts, options.members, CHOICES["default"])
    rows = [_row("default", default, default)]
    rows += [_row(name, _validated(net, facts, options.members, CHOICES[name]), default) for name in options.only if name != "default"]
    table = pd.DataFrame(rows).sort_values("log_score", ascending=False)
    print("\n1. each choice")
    print(table.to_string(index=False, float_format="{:.3f}".format))
    print(default.baselines.to_string(index=False, float_format="{:.3f}".format))
    print("\n2. the default, otherwise posed")
    other = [("as is", default)]
    other.append(("other papers heard", _validated(net, facts, options.members, CHOICES["default"], experiments=True)))
    other.append(("context withheld", _validated(net, facts.assign(context=""), options.members, CHOICES["default"])))
    other.append(("papers not left out", _validated(net, facts, options.members, CHOICES["default"], leave=False)))
    other.append(("without the source study", _validated(net.without_study(), facts, options.members, CHOICES["default"])))
    print(pd.DataFrame([_row(name, found, default) for name, found in other]).to_string(index=False, float_format="{:.3f}".format))
    print("\n3. means and shrinks, against the default")
    tangent = jn.validate(net, facts, engine="linear", members=options.members, experiments=False)
    print(pd.DataFrame(_mixed(default.to_frame(), tangent.to_frame())).to_string(index=False, float_format="{:.4f}".format))


def _validated(
    net: jn.Network, facts: pd.DataFrame, members: int, settings: EnsembleSettings, leave: bool = True, experiments: bool = False
) -> jn.Validation:
    """Return the predictions of all facts under some settings."""
    begun = time.perf_counter()
    found = jn.validate(net, facts, members=members, settings=settings, leave_out_reference=leave, experiments=experiments)
    print(f"  {len(facts)} facts in {time.perf_counter() - begun:.0f} s", flush=True)
    return found


def _log_scores(found: jn.Validation) -> pd.Series:
    """Return the log of the probability given to what was published, for the facts with a published direction, by fact."""
    frame = found.to_frame().set_index("id")
    frame = frame[frame["direction"] != "none"]
    right = frame["p_sign"].where(frame["predicted"] == frame["direction"], 1.0 - frame["p_sign"])
    return right.where(frame["predicted"] != "", 0.5).map(lambda p: float(log_scores(np.array(p))))


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


def _mixed(model: pd.DataFrame, tangent: pd.DataFrame) -> list[dict[str, object]]:
    """Return the figures of means of the two solvers and the walk sum, and of shrinks of the model's own probability."""
    kept = (model["direction"] != "none") & (model["predicted"] != "")
    rows, up = model[kept], (model[kept]["direction"] == "up").to_numpy(float)
    logic, linear = (_p_up(frame[kept], "predicted", "p_sign") for frame in (model, tangent))
    walks = _p_up(rows, "baseline_walk_sum", "p_walk_sum")
    made = {"model": logic, "tangent": linear, "walk sum": walks, "mean of both solvers": (logic + linear) / 2}
    made |= {"mean of model and walk sum": (logic + walks) / 2, "mean of all three": (logic + linear + walks) / 3}
    odds = np.log(logic) - np.log1p(-logic)
    shrinks = np.linspace(0.3, 1.3, 51)
    made["shrunk log odds, chosen by fold"] = _chosen([1 / (1 + np.exp(-k * odds)) for k in shrinks], up, rows["paper_id"])
    made["shrunk difference from 1/2, chosen by fold"] = _chosen([0.5 + min(k, 1) * (logic - 0.5) for k in shrinks], up, rows["paper_id"])
    weights = [(a, b) for a, b in product(np.linspace(0, 1, 11), repeat=2) if a + b <= 1.0]
    mixed = [a * logic + b * linear + (1 - a - b) * walks for a, b in weights]
    made["weights of all three, chosen by fold"] = _chosen(mixed, up, rows["paper_id"])
    return [_gain(name, p, logic, up, rows["paper_id"]) for name, p in made.items()]


def _p_up(frame: pd.DataFrame, said: str, p_said: str) -> NDArray[np.float64]:
    """Return the probability of up; one half where nothing is said."""
    p = frame[p_said].where(frame[said] == "up", 1.0 - frame[p_said])
    return p.where(frame[said] != "", 0.5).to_numpy(float)


def _chosen(candidates: list[NDArray[np.float64]], up: NDArray[np.float64], papers: pd.Series) -> NDArray[np.float64]:
    """Return predictions of the candidate that is best on the other folds; the mean of ten divisions of the papers."""
    tried = np.array(candidates)
    loss, paper = (tried - up) ** 2, pd.factorize(papers)[0]
    told = np.zeros((10, len(up)))
    for division in range(10):
        fold = (np.random.default_rng(division).permutation(paper.max() + 1) % 10)[paper]
        for number in range(10):
            best = loss[:, fold != number].mean(axis=1).argmin()
            told[division, fold == number] = tried[best, fold == number]
    return told.mean(axis=0)


def _gain(name: str, p: NDArray[np.float64], model: NDArray[np.float64], up: NDArray[np.float64], papers: pd.Series) -> dict[str, object]:
    """Return the figures of one probability of up, with its gain over the model."""
    loss, sure, right = (p - up) ** 2, np.abs(p - 0.5) >= 0.3, (p >= 0.5) == (up == 1.0)
    gained = (model - up) ** 2 - loss
    low, high = paper_interval(gained, papers)
    row: dict[str, object] = {"probability": name, "accuracy": right.mean(), "brier": loss.mean(), "sure": sure.mean()}
    return row | {"sure_right": right[sure].mean() if sure.any() else np.nan, "gained": gained.mean(), "low": low, "high": high}


if __name__ == "__main__":
    main()
