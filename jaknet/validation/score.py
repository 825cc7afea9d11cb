"""`validate`: a network and an engine against published perturbation facts, each without its own paper's evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from jaknet.errors import InputError, check_whole, few
from jaknet.network.io.read import as_network
from jaknet.provenance import Manifest, as_seed, make_manifest
from jaknet.shared_docs import describe
from jaknet.shown import Drawn
from jaknet.simulation.settings import EnsembleSettings
from jaknet.simulation.trial import check_engine
from jaknet.tables import write_atomically, write_table
from jaknet.validation.baselines import BASELINES, baseline_predictions, routes_of_facts
from jaknet.validation.calibration import SURE, log_scores, no_change_table, paper_interval, reliability_table, risk_table
from jaknet.validation.contradictions import agreement, contradictions
from jaknet.validation.facts import read_fact_table, read_facts
from jaknet.validation.predict import effects_of_facts, networks_for, other_papers, prediction_table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from jaknet.network.network import Network

__all__ = ["Validation", "validate"]

_JAK_AXIS = frozenset({"JAK1", "JAK2", "JAK3", "TYK2", "STAT1", "STAT3", "STAT5A", "STAT5B"})
#: By what the figures are split in a summary; `pathway` where the table of facts has it.
_PARTS = ("context", "measure", "pathway", "steps", "evidence")
_WIDEST, _TOLD = 40, "^(nodes|readout|differs|(id|sign|direction)_[12])$"


@dataclass(frozen=True)
class Validation(Drawn, figure="reliability"):
    """How well published perturbation facts are predicted, by a network and by what other papers found in the same experiment.

    A fact *gets a direction* when the network has its nodes and readout and the readout moves by more than rounding in some member, or when
    more of the other papers report one direction than the other. A fact whose published direction is ``none`` is right when the readout
    stays within the margin (0.01 in activity, 0.1 in log2 fold change) in more than half of the members. Accuracy counts both kinds of
    facts; Brier and log score, reliability, risk and the sure part only those with a published direction, since ``p_sign`` is a probability
    of up or down; `no_change` scores ``p_none``. Every interval is of 95 %, with papers resampled.

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
            The fact (``id``, ``nodes``, ``sign``, ``background``, ``context``, ``readout``, ``direction``, ``measure``, ``paper_id``: of
            its paper's identifiers the PubMed one where it is known); ``predicted`` (``up`` or ``down``, empty where the fact got no
            direction) and ``p_sign``, the probability of that sign given that the readout moves: of its share among the members that move,
            and of the other papers on the same experiment (`jaknet.ranking.experiments.with_papers`), at most .85; ``p_up``, ``p_down``,
            ``p_none`` (shares of the members beyond and within the margin); ``effect`` (median); ``correct``; ``dropped_edges`` (how many
            rest on the fact's paper alone and were left out); ``lacking`` (names that the network lacks); ``steps`` of the shortest route
            and the ``evidence`` of its best one (`jaknet.validation.baselines.routes_of_facts`); ``papers_up``, ``papers_down`` (other
            papers on the same experiment); what the baselines say, the network and these papers alone among them; further columns of the
            facts.
        """
        return self.frame.copy()

    @cached_property
    def _given(self) -> pd.DataFrame:
        return self.frame[self.frame["predicted"] != ""].astype({"correct": float})

    @cached_property
    def _directed(self) -> pd.DataFrame:
        return _scored(self._given[self._given["direction"] != "none"])

    @cached_property
    def _arrays(self) -> tuple[NDArray[np.float64], NDArray[np.float64], pd.Series]:
        return self._directed["p_sign"].to_numpy(float), self._directed["correct"].to_numpy(float), self._directed["paper_id"]

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
        """95 % interval of the accuracy."""
        return paper_interval(self._given["correct"].to_numpy(), self._given["paper_id"], self.seed)

    @property
    def macro_accuracy(self) -> float:
        """Mean over papers of the accuracy within each."""
        return _mean(self._given.groupby("paper_id")["correct"].mean())

    @property
    def brier(self) -> float:
        """Mean squared difference between ``p_sign`` and right (1) or wrong (0)."""
        return _mean(self._directed["brier"])

    @property
    def log_score(self) -> float:
        """Mean natural logarithm of the probability given to the published direction, which counts as at least 0.01; a coin has -0.693."""
        return _mean(self._directed["log_score"])

    @property
    def confident(self) -> pd.DataFrame:
        """The facts with a published direction whose ``p_sign`` is at least 0.8."""
        return self._directed[self._directed["p_sign"] >= SURE].drop(columns=["brier", "log_score"])

    @cached_property
    def reliability(self) -> pd.DataFrame:
        """How often facts are right by ``p_sign``, with a joint band; see `jaknet.validation.calibration.reliability_table`."""
        return reliability_table(*self._arrays, self.seed)

    @cached_property
    def risk(self) -> pd.DataFrame:
        """How often the surest facts are right, by the share that is kept; see `jaknet.validation.calibration.risk_table`."""
        return risk_table(*self._arrays, self.seed)

    @cached_property
    def no_change(self) -> pd.DataFrame:
        """How ``p_none`` tells facts without a change from others; see `jaknet.validation.calibration.no_change_table`."""
        sized = self.frame[self.frame["p_none"].notna()]
        return no_change_table(sized["p_none"].to_numpy(float), (sized["direction"] == "none").to_numpy())

    @cached_property
    def baselines(self) -> pd.DataFrame:
        """The model beside each baseline, on the facts with a published direction: a baseline cannot say that nothing changes.

        ``method``; ``accuracy`` with ``low`` and ``high``; ``coverage``; ``n_shared`` facts for which both give a direction, and there
        ``accuracy_shared``, ``model_shared`` and how much more often the model is right, ``ahead``, with ``ahead_low`` and ``ahead_high``.
        ``brier`` and ``log_score`` are over the facts for which the model gives a direction; a baseline that has no
        probabilities is granted its own accuracy there as its constant probability, the best it could have known, and 0.5
        where it says nothing. ``gain`` is how much lower the model's Brier score is, with ``gain_low`` and ``gain_high``. All intervals
        are paired and resample papers.
        """
        rows = [{"method": "model"} | self._beside("predicted", self._directed["p_sign"])]
        for column, said in BASELINES.items():
            if column in self.frame:
                rows.append({"method": said} | self._beside(column, self._directed.get(column.replace("baseline_", "p_"))))
        return pd.DataFrame(rows)

    def by(self, column: str) -> pd.DataFrame:
        """Return the figures of the parts of the facts.

        Parameters
        ----------
        column : str
            A column of `to_frame`, such as ``context``, ``measure``, ``steps``, ``evidence`` or ``nodes``.

        Returns
        -------
        pandas.DataFrame
            ``column``, ``value``, ``n`` facts, ``coverage``, ``accuracy`` with its interval ``low``, ``high``, ``brier``, ``log_score``.

        Raises
        ------
        InputError
            For no such column.
        """
        if column not in self.frame:
            raise InputError(f"the validation has no column {column!r}; it has {few(self.frame.columns, 40)}.")
        values = self.frame[column].fillna("").map(lambda value: f"{value:g}" if isinstance(value, float) else str(value) or "(empty)")
        order = self.frame[column].groupby(values).min().sort_values(kind="stable").index
        return pd.DataFrame([{"column": column, "value": value} | self._part(self.frame.index[values == value]) for value in order])

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

    @cached_property
    def contradictions(self) -> pd.DataFrame:
        """Facts of two papers that contradict each other, and in what they differ; see `jaknet.validation.contradictions`."""
        return contradictions(self.frame)

    def summary(self) -> str:
        """Return the result as text for a terminal."""
        tables = {
            "baselines, on facts with a published direction (ahead: oftener right where both speak; gain: Brier score the model saves)": (
                self.baselines.drop(columns=["low", "high", "n_shared", "accuracy_shared", "model_shared"])
            ),
            "reliability of p_sign (band: where 95 % of calibrated models stay in all bins at once)": self.reliability,
            "risk: the surest facts first": self.risk,
            "parts": self._parts(),
            "facts without a change, by p_none": self.no_change,
            "JAKs and STATs perturbed": self.jak_axis,
            f"counter-examples ({len(self.counter_examples)}), surest first": self.counter_examples.head(15),
            self._told_of_papers(): self.contradictions.filter(regex=_TOLD).head(15),
        }
        lines = [*self._headline(), *self._doubts(), *(line for title, table in tables.items() for line in ("", title, _text(table)))]
        lacking = sorted({name for cell in self.frame["lacking"] for name in cell.split(";") if name})
        if lacking:
            lines += ["", f"not in the network ({len(lacking)}): {', '.join(lacking)}"]
        return "\n".join(lines)

    def write(self, folder: str | Path) -> Path:
        """Write ``validation.tsv``, ``summary.txt`` and a table of every part of the summary; return the folder.

        Parameters
        ----------
        folder : path
            Made if it is not there.
        """
        path = Path(folder)
        tables = {"validation": self.frame, "parts": self._parts()}
        tables |= {name: getattr(self, name) for name in ("reliability", "risk", "baselines", "no_change", "jak_axis", "contradictions")}
        for name, table in tables.items():
            write_table(table, path / f"{name}.tsv")
        write_atomically(path / "summary.txt", self.summary() + "\n")
        return path

    def _headline(self) -> list[str]:
        given, sure, low, high = self._given, self.confident, *self.interval
        members, told = (self.provenance.parameters[name] for name in ("members", "network"))
        share = len(sure) / max(len(self._directed), 1)
        return [
            f"{len(self.frame)} facts of {self.frame['paper_id'].nunique()} papers, {self.engine} engine, {members} members of {told}",
            f"accuracy {self.accuracy:.3f} [{low:.3f}, {high:.3f}] (95 %, papers resampled), "
            f"by paper {self.macro_accuracy:.3f}; coverage {self.coverage:.3f} ({len(given)} of {len(self.frame)})",
            f"facts with a published direction: {_mean(self._directed['correct']):.3f} right of {len(self._directed)}, "
            f"Brier {self.brier:.3f}, log score {self.log_score:.3f} (a coin: 0.250, -0.693)",
            f"p_sign >= {SURE} on {len(sure)} of these ({share:.2f}), right {_mean(sure['correct']):.3f}",
        ]

    def _doubts(self) -> Iterator[str]:
        """Yield what speaks against the model: a baseline not surely beaten, a probability that does not hold."""
        close = self.baselines.query("method != 'model' and gain_low <= 0")["method"]
        if len(close):
            yield f"Brier score not surely better (95 % interval of the gain holds 0) than: {', '.join(close)}"
        bins = self.reliability.query("n > 0 and (accuracy < band_low or accuracy > band_high)")
        if len(bins):
            where = ", ".join(f"{row.p_low} to {row.p_high}" for row in bins.itertuples())
            yield f"p_sign does not hold (accuracy outside the joint band): {where}"
        brier, constant = self.no_change.iloc[-1][["brier", "brier_constant"]]
        if brier > constant:
            yield f"p_none does not tell which experiments find no change: Brier {brier:.3f}, one constant {constant:.3f}"

    def _told_of_papers(self) -> str:
        pairs, share = agreement(self.frame)
        if not pairs:
            return "no two papers on the same perturbation and readout"
        count = len(self.contradictions)
        told = "1 pair of facts contradicts" if count == 1 else f"{count} pairs of facts contradict"
        times = "once" if pairs == 1 else f"{pairs} times"
        return f"two papers on the same perturbation and readout, {times}: agreement {share:.2f}; {told} each other"

    def _parts(self) -> pd.DataFrame:
        return pd.concat([self.by(column) for column in _PARTS if column in self.frame], ignore_index=True)

    def _part(self, rows: pd.Index) -> dict[str, object]:
        given = self._given.loc[self._given.index.intersection(rows)]
        directed = self._directed.loc[self._directed.index.intersection(rows)]
        figures = {"n": len(rows), "coverage": len(given) / len(rows), "accuracy": _mean(given["correct"])}
        return figures | self._between("", given["correct"], given) | {name: _mean(directed[name]) for name in ("brier", "log_score")}

    def _beside(self, column: str, stated: pd.Series | None) -> dict[str, object]:
        """Return the figures of one column of directions; `stated` are their probabilities, if it has any."""
        published, judged = self.frame[self.frame["direction"] != "none"], self._directed
        spoke, shared = (rows[rows[column] != ""] for rows in (published, judged))
        right = (spoke[column] == spoke["direction"]).astype(float)
        also = right.loc[shared.index]
        p_said = pd.Series(_mean(also), shared.index) if stated is None else stated.loc[shared.index]
        found = p_said.where(also == 1.0, 1.0 - p_said).reindex(judged.index, fill_value=0.5)
        row = {"accuracy": _mean(right)} | self._between("", right, spoke) | {"coverage": len(spoke) / max(len(published), 1)}
        row |= {"n_shared": len(shared), "accuracy_shared": _mean(also), "model_shared": _mean(shared["correct"])}
        ahead, gain = shared["correct"] - also, (1.0 - found) ** 2 - judged["brier"]
        row |= {"ahead": _mean(ahead)} | self._between("ahead_", ahead, shared)
        row |= {"brier": _mean((1.0 - found) ** 2), "log_score": _mean(pd.Series(log_scores(found.to_numpy(float))))}
        return row | {"gain": _mean(gain)} | self._between("gain_", gain, judged)

    def _between(self, name: str, values: pd.Series, rows: pd.DataFrame) -> dict[str, object]:
        low, high = paper_interval(values.to_numpy(float), rows["paper_id"], self.seed)
        return {f"{name}low": low, f"{name}high": high}

    def __repr__(self) -> str:
        span = "[{:.3f}, {:.3f}]".format(*self.interval)
        return f"Validation: accuracy {self.accuracy:.3f} {span} at coverage {self.coverage:.3f} of {len(self.frame)} facts"


@describe
def validate(
    network: Network | str,
    facts: str | Path | pd.DataFrame,
    engine: str = "logic",
    leave_out_reference: bool = True,
    members: int = 1000,
    seed: int | np.random.Generator = 0,
    settings: EnsembleSettings | None = None,
    experiments: bool = True,
    progress: bool | None = None,
) -> Validation:
    """Predict published perturbation facts and score the predictions.

    Every fact is simulated without the evidence of its own paper, in its context; where the
    context is empty or unknown, an equal share of the members is simulated in every bundled one. What other papers
    found in the same experiment is heard beside the network, and either is scored alone too (`Validation.baselines`).

    Parameters
    ----------
    %(network)s
    facts : path or pandas.DataFrame
        Table of facts; its columns are those of `jaknet.read_facts`. Further ones,
        such as ``pathway`` or ``system``, are kept in the result.
    %(engine)s
    leave_out_reference : bool
        Leave out the evidence of a fact's own paper: edges that rest on it alone go, edges that other papers support stay.
    %(members)s
    %(seed)s
    %(settings)s
    experiments : bool
        Hear what other papers that the library knows found in the same experiment (`jaknet.experiments`).
        If False the network speaks alone.
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
    table = read_fact_table(facts)
    wired, listed, chosen, number = as_network(network), read_facts(table), settings or EnsembleSettings(), as_seed(seed)
    networks = networks_for(wired, listed, leave_out_reference)
    effects = effects_of_facts(wired, listed, chosen, members, number, engine, networks, progress)
    frame = prediction_table(listed, effects, other_papers(wired, listed) if experiments else None)
    for tell in (routes_of_facts, baseline_predictions):
        frame = frame.join(tell(networks, listed))
    frame = frame.join(table.reset_index(drop=True).drop(columns=[*frame.columns, "paper_aliases"], errors="ignore"))
    parameters = {"network": f"{wired.label}, {wired.study_condition}", "engine": engine, "members": members}
    parameters |= {"leave_out_reference": leave_out_reference, "experiments": experiments, "settings": chosen.to_dict()}
    dropped = {"facts without a direction": int((frame["predicted"] == "").sum())}
    return Validation(frame, chosen, engine, number, make_manifest("validate", parameters, {"network": wired.digest}, dropped, number))


def _scored(facts: pd.DataFrame) -> pd.DataFrame:
    """Add the Brier and the log score of ``p_sign``."""
    found = facts["p_sign"].where(facts["correct"] == 1.0, 1.0 - facts["p_sign"])
    return facts.assign(brier=(1.0 - found) ** 2, log_score=log_scores(found.to_numpy(float)))


def _mean(values: pd.Series) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _text(table: pd.DataFrame) -> str:
    """Return a table as text; long cells, such as titles of papers, are cut."""
    short = table.map(lambda cell: f"{cell[:_WIDEST]}…" if isinstance(cell, str) and len(cell) > _WIDEST else cell)
    return short.to_string(index=False, float_format="{:.3f}".format, na_rep="") if len(table) else "(none)"
