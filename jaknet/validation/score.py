"""`validate`: a network and an engine against published perturbation facts, each without its own paper's evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaknet.errors import check_whole
from jaknet.network.io.read import as_network
from jaknet.network.papers import normalise_reference
from jaknet.provenance import Manifest, as_seed, make_manifest
from jaknet.shared_docs import describe
from jaknet.simulation.model import STILL
from jaknet.simulation.settings import EnsembleSettings
from jaknet.simulation.trial import check_engine
from jaknet.stats import group_bootstrap
from jaknet.tables import write_atomically, write_table
from jaknet.validation.baselines import BASELINES, baseline_directions
from jaknet.validation.facts import Fact, read_facts
from jaknet.validation.predict import effects_of_facts

if TYPE_CHECKING:
    from jaknet.network.network import Network

__all__ = ["Validation", "paper_interval", "validate"]

_BINS = np.linspace(0.5, 1.0, 6)
_JAK_AXIS = frozenset({"JAK1", "JAK2", "JAK3", "TYK2", "STAT1", "STAT3", "STAT5A", "STAT5B"})
_SURE = 0.8
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Validation:
    """How well a model predicts published perturbation facts.

    A fact *gets a direction* when the network has its nodes and readout and the readout moves by
    more than rounding in some member. A fact whose published direction is ``none`` is right when the
    readout stays within the margin (0.01 in activity, 0.1 in log2 fold change) in more than half of
    the members. Accuracy counts both kinds of facts; Brier score, reliability and the confident part
    only those with a published direction, since ``p_sign`` is a probability of up or down.

    Attributes
    ----------
    frame : pandas.DataFrame
        See `to_frame`.
    settings : EnsembleSettings
        How the ensemble was drawn.
    engine : {"logic", "linear"}
        Steady states of the model itself, or of its tangent at the baseline.
    seed : int
        Of the ensemble and of the resampling of papers.
    provenance : Manifest
        What the result was made from.
    """

    frame: pd.DataFrame = field(repr=False)
    settings: EnsembleSettings
    engine: str
    seed: int
    provenance: Manifest = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a fact, in the order of the file.

        Returns
        -------
        pandas.DataFrame
            The fact (``id``, ``nodes``, ``sign``, ``background``, ``context``, ``readout``,
            ``direction``, ``measure``, ``paper_id``); ``predicted`` (``up`` or ``down``, empty where
            the fact got no direction) and ``p_sign``, the share of that sign among the members that
            move; ``p_up``, ``p_down``, ``p_none`` (shares of the members beyond and within the margin);
            ``effect`` (median); ``correct``; ``dropped_edges`` (how many rest on the fact's paper alone
            and were left out); ``lacking`` (names that the network lacks); the directions of the baselines.
        """
        return self.frame.copy()

    @cached_property
    def _given(self) -> pd.DataFrame:
        return self.frame[self.frame["predicted"] != ""].astype({"correct": float})

    @cached_property
    def _directed(self) -> pd.DataFrame:
        return self._given[self._given["direction"] != "none"]

    @property
    def coverage(self) -> float:
        """Share of all facts of the file that got a direction."""
        return len(self._given) / len(self.frame)

    @property
    def accuracy(self) -> float:
        """Share of the facts with a direction that are right; NaN if none has one."""
        return _mean(self._given["correct"])

    @cached_property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the accuracy, papers resampled."""
        return paper_interval(self._given["correct"].to_numpy(), self._given["paper_id"], self.seed)

    @property
    def macro_accuracy(self) -> float:
        """Mean over papers of the accuracy within each."""
        return _mean(self._given.groupby("paper_id")["correct"].mean())

    @property
    def brier(self) -> float:
        """Mean squared difference between ``p_sign`` and right (1) or wrong (0)."""
        return _mean((self._directed["p_sign"] - self._directed["correct"]) ** 2)

    @property
    def confident(self) -> pd.DataFrame:
        """The facts with a published direction whose ``p_sign`` is at least 0.8."""
        return self._directed[self._directed["p_sign"] >= _SURE]

    @cached_property
    def reliability(self) -> pd.DataFrame:
        """Five bins of ``p_sign``: ``p_low``, ``p_high``, ``n``, ``p_mean``, ``accuracy`` with its interval ``low``, ``high``."""
        place = np.clip(np.searchsorted(_BINS, self._directed["p_sign"], side="right") - 1, 0, len(_BINS) - 2)
        rows = []
        for number in range(len(_BINS) - 1):
            inside = self._directed[place == number]
            low, high = paper_interval(inside["correct"].to_numpy(), inside["paper_id"], self.seed)
            bounds = (round(float(_BINS[number]), 2), round(float(_BINS[number + 1]), 2))
            rows.append((*bounds, len(inside), _mean(inside["p_sign"]), _mean(inside["correct"]), low, high))
        return pd.DataFrame(rows, columns=["p_low", "p_high", "n", "p_mean", "accuracy", "low", "high"])

    @cached_property
    def baselines(self) -> pd.DataFrame:
        """The model beside each baseline: ``method``, ``accuracy``, ``low``, ``high``, ``coverage``, ``n_shared``, ``accuracy_shared``, ...

        ``accuracy_shared`` and ``model_shared`` compare both on the facts for which both give a
        direction. ``brier`` is over the facts for which the model gives one; a baseline has no
        probabilities, so it is granted its own accuracy there as its constant probability (0.5
        where it says nothing), the best it could have known.
        """
        rows: list[tuple[object, ...]] = [
            ("model", self.accuracy, *self.interval, self.coverage, len(self._given), self.accuracy, self.accuracy, self.brier)
        ]
        rows += [self._baseline(column, said) for column, said in BASELINES.items()]
        columns = ["method", "accuracy", "low", "high", "coverage", "n_shared", "accuracy_shared", "model_shared", "brier"]
        return pd.DataFrame(rows, columns=columns)

    @property
    def jak_axis(self) -> pd.DataFrame:
        """Facts that perturb a JAK or a STAT, by context, sign and published direction: ``n``, ``n_given``, ``accuracy``."""
        axis = self.frame[self.frame["nodes"].map(lambda cell: bool(_JAK_AXIS & set(cell.split(";"))))]
        given = axis["predicted"] != ""
        counted = axis.assign(given=given, right=axis["correct"].where(given).astype(float))
        groups = counted.groupby(["context", "sign", "direction"], sort=True)
        return groups.agg(n=("id", "size"), n_given=("given", "sum"), accuracy=("right", "mean")).reset_index()

    @property
    def counter_examples(self) -> pd.DataFrame:
        """The facts that got a wrong direction, surest first."""
        wrong = self._directed[self._directed["correct"] == 0.0]
        columns = ["id", "nodes", "sign", "context", "readout", "direction", "predicted", "p_sign", "paper_id"]
        return wrong.sort_values("p_sign", ascending=False, kind="stable")[columns].reset_index(drop=True)

    def summary(self) -> str:
        """Return the result as text for a terminal."""
        given, frame, sure = self._given, self.frame, self.confident
        quiet = given[given["direction"] == "none"]
        still = _mean((self._directed["p_none"] > 0.5).astype(float))
        members, told = (self.provenance.parameters[name] for name in ("members", "network"))
        lines = [
            f"{len(frame)} facts of {frame['paper_id'].nunique()} papers, {self.engine} engine, {members} members of {told}",
            f"accuracy {self.accuracy:.3f} [{self.interval[0]:.3f}, {self.interval[1]:.3f}] (95 %, papers resampled), "
            f"by paper {self.macro_accuracy:.3f}; coverage {self.coverage:.3f} ({len(given)} of {len(frame)})",
            f"facts with a direction {_mean(self._directed['correct']):.3f} (n = {len(self._directed)}); "
            f"facts without ({len(quiet)}) within the margin {_mean(quiet['correct']):.3f}, others within it {still:.3f}",
            f"Brier {self.brier:.3f}; p_sign >= {_SURE} on {len(sure)} facts "
            f"({len(sure) / max(len(self._directed), 1):.2f}), right {_mean(sure['correct']):.3f}",
            "",
            "baselines (accuracy on the facts that they and the model share; Brier with their own accuracy granted)",
            _text(self.baselines),
            "",
            "reliability of p_sign",
            _text(self.reliability),
            "",
            "JAKs and STATs perturbed",
            _text(self.jak_axis),
            "",
            f"counter-examples ({len(self.counter_examples)}), surest first",
            _text(self.counter_examples.head(15)),
        ]
        lacking = sorted({name for cell in frame["lacking"] for name in cell.split(";") if name})
        if lacking:
            lines += ["", f"not in the network ({len(lacking)}): {', '.join(lacking)}"]
        return "\n".join(lines)

    def write(self, folder: str | Path) -> Path:
        """Write ``validation.tsv``, ``summary.txt``, ``reliability.tsv``, ``baselines.tsv`` and ``jak_axis.tsv``; return the folder.

        Parameters
        ----------
        folder : path
            Made if it is not there.
        """
        path = Path(folder)
        tables = {"validation": self.frame, "reliability": self.reliability, "baselines": self.baselines, "jak_axis": self.jak_axis}
        for name, table in tables.items():
            write_table(table, path / f"{name}.tsv")
        write_atomically(path / "summary.txt", self.summary() + "\n")
        return path

    def _baseline(self, column: str, said: str) -> tuple[object, ...]:
        def _right(rows: pd.DataFrame) -> pd.Series:
            return (rows[column] == rows["direction"]).astype(float)

        spoke = self.frame[self.frame[column] != ""]
        shared = self._given[self._given[column] != ""]
        low, high = paper_interval(_right(spoke).to_numpy(), spoke["paper_id"], self.seed)
        judged = self._directed[self._directed[column] != ""]
        known = _mean(_right(judged))
        silent = len(self._directed) - len(judged)
        brier = (len(judged) * known * (1.0 - known) + 0.25 * silent) / max(len(self._directed), 1) if len(judged) else np.nan
        share = len(spoke) / len(self.frame)
        return said, _mean(_right(spoke)), low, high, share, len(shared), _mean(_right(shared)), _mean(shared["correct"]), brier

    def __repr__(self) -> str:
        low, high = self.interval
        return (
            f"Validation: accuracy {self.accuracy:.3f} [{low:.3f}, {high:.3f}] at coverage {self.coverage:.3f} of {len(self.frame)} facts"
        )


@describe
def validate(
    network: Network | str,
    facts: str | Path | pd.DataFrame,
    engine: str = "logic",
    leave_out_reference: bool = True,
    members: int = 1000,
    seed: int | np.random.Generator = 0,
    settings: EnsembleSettings | None = None,
    progress: bool | None = None,
) -> Validation:
    """Predict published perturbation facts and score the predictions.

    Every fact is simulated without the evidence of its own paper, in its context; where the
    context is empty or unknown, an equal share of the members is simulated in every bundled one.

    Parameters
    ----------
    %(network)s
    facts : path or pandas.DataFrame
        Table of facts; its columns are those of `jaknet.read_facts`.
    %(engine)s
    leave_out_reference : bool
        Leave out the evidence of a fact's own paper: edges that rest on it alone go, edges that other papers support stay.
    %(members)s
    %(seed)s
    %(settings)s
    %(progress)s

    Returns
    -------
    Validation

    Raises
    ------
    InputError
        If the facts cannot be read, the engine is unknown or there are too few members.

    Examples
    --------
    >>> from jaknet.network.network import Network
    >>> net = Network(pd.DataFrame({"source": ["OSM"], "target": ["SOCS3"], "sign": [1], "tier": ["A"], "layer": ["transcription"]}))
    >>> fact = {"id": "F1", "nodes": "OSM", "sign": "1", "context": "", "readout": "SOCS3", "direction": "up",
    ...         "measure": "transcript", "paper_id": "PMID:1"}
    >>> validate(net, pd.DataFrame([fact]), members=50).accuracy
    1.0
    """
    check_engine(engine)
    check_whole("members", members, least=1)
    wired, listed, chosen, number = as_network(network), read_facts(facts), settings or EnsembleSettings(), as_seed(seed)
    effects = effects_of_facts(wired, listed, chosen, members, number, engine, leave_out_reference, progress)
    predictions = [_prediction(values, fact.margin) for values, fact in zip(effects.values.T, listed, strict=True)]
    frame = pd.DataFrame([_describe(fact) for fact in listed])
    frame = frame.join(pd.DataFrame(predictions, columns=["predicted", "p_sign", "p_up", "p_down", "p_none", "effect"]))
    directed = frame["predicted"] == frame["direction"]
    frame["correct"] = np.where(frame["direction"] == "none", frame["p_none"] > 0.5, directed) & (frame["predicted"] != "")
    frame["dropped_edges"] = effects.dropped
    frame["lacking"] = effects.lacking
    frame = frame.join(baseline_directions(wired, listed, leave_out_reference))
    parameters = {"network": f"{wired.label}, {wired.study_condition}", "engine": engine, "members": members}
    parameters |= {"leave_out_reference": leave_out_reference, "settings": chosen.to_dict()}
    dropped = {"facts without a direction": int((frame["predicted"] == "").sum())}
    return Validation(frame, chosen, engine, number, make_manifest("validate", parameters, {"network": wired.digest}, dropped, number))


@describe
def paper_interval(values: Array, papers: Sequence[str] | pd.Series, seed: int | np.random.Generator = 0) -> tuple[float, float]:
    """Return the 95 % interval of a mean, whole papers resampled with replacement.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Whose mean is asked, such as 1 for a right fact and 0 for a wrong one.
    papers : sequence of str
        The paper of each value.
    %(seed)s

    Returns
    -------
    low, high : float
        NaN without values.

    Examples
    --------
    >>> paper_interval(np.array([1.0, 1.0, 1.0]), ["a", "a", "b"])
    (1.0, 1.0)
    """
    if len(values) == 0:
        return float("nan"), float("nan")
    counts = group_bootstrap(np.asarray(papers, str), seed=seed)
    low, high = np.quantile(counts @ values / counts.sum(axis=1), (0.025, 0.975))
    return float(low), float(high)


def _prediction(values: Array, margin: float) -> tuple[str, float, float, float, float, float]:
    """Return predicted, p_sign, p_up, p_down, p_none and the median effect of one fact."""
    rests = values[~np.isnan(values)]
    moved = np.where(np.abs(rests) > STILL, rests, 0.0)
    if not moved.any():
        return "", np.nan, np.nan, np.nan, np.nan, np.nan
    raised, lowered = int((moved > 0).sum()), int((moved < 0).sum())
    # One pseudo-member on either side: no probability is 0 or 1.
    up = (raised + 1.0) / (raised + lowered + 2.0)
    above, below = float(np.mean(moved > margin)), float(np.mean(moved < -margin))
    middle = float(np.median(moved))
    return ("up" if up >= 0.5 else "down"), max(up, 1.0 - up), above, below, max(0.0, 1.0 - above - below), middle


def _describe(fact: Fact) -> dict[str, object]:
    experiment = fact.experiment
    return {
        "id": fact.id,
        "nodes": ";".join(experiment.nodes),
        "sign": experiment.sign,
        "background": ";".join(f"{name}={level:+d}" for name, level in experiment.background),
        "context": experiment.context,
        "readout": fact.readout,
        "direction": fact.direction,
        "measure": fact.measure,
        "paper_id": normalise_reference(fact.paper),
    }


def _mean(values: pd.Series) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _text(table: pd.DataFrame) -> str:
    return table.to_string(index=False, float_format="{:.3f}".format) if len(table) else "(none)"
