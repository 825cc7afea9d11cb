"""Controls: does the cell answer its ligands as every textbook says, and leave the rest alone?"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaknet.data.registry import read_table
from jaknet.errors import InputError, few
from jaknet.provenance import as_seed
from jaknet.simulation.ensemble import draw_ensemble
from jaknet.simulation.library import load_context, load_drug, split_dose
from jaknet.simulation.model import Effects
from jaknet.simulation.settings import FOLD_CHANGE_MARGIN, MARGIN, EnsembleSettings
from jaknet.simulation.trial import Condition, simulate_effects
from jaknet.validation.facts import Experiment, Fact, lacking, read_fact_table, read_facts
from jaknet.validation.predict import readout_node

if TYPE_CHECKING:
    from jaknet.network.network import Network

__all__ = ["ControlCheck", "check_controls", "load_controls"]

#: Share of the members that have to move the textbook way, beyond the margin, for a control to pass.
SHARE = 0.95
#: A control of specificity passes when the effect is at most this much of the reference ligand's own.
SPECIFIC = 0.2
#: Members that answer the controls for a report: shares to a hundredth are enough for a verdict.
REPORT_MEMBERS = 100
_CONTEXT = "context:"
_KEPT = ["id", "nodes", "sign", "background", "context", "readout", "measure", "direction", "pathway", "reference_ligand", "note"]
Array = NDArray[np.float64]


@dataclass(frozen=True)
class ControlCheck:
    """How a network answers its controls.

    Attributes
    ----------
    frame : pandas.DataFrame
        See `to_frame`.
    label : str
        Of the network.
    members : int
        Size of the ensemble.
    """

    frame: pd.DataFrame = field(repr=False)
    label: str = ""
    members: int = 0

    def to_frame(self) -> pd.DataFrame:
        """Return one row a control, in the order of the file.

        Returns
        -------
        pandas.DataFrame
            The control (``id``, ``nodes``, ``sign``, ``background``, ``context``, ``readout``,
            ``measure``, ``direction``, ``pathway``); ``effect``, its median over the members
            (activity, or log2 fold change of a transcript); ``share``, of the members that move the
            textbook way beyond the margin (0.01 or 0.1); for a control of specificity
            ``reference_effect``, the median effect of its reference ligand; ``verdict``: ``pass``,
            ``fail``, ``wrong way`` (most members move against the textbook) or ``not covered``
            (the network lacks a node, or every target of the drug); ``off_targets``, what else the drug is known to inhibit.
        """
        return self.frame.copy()

    @property
    def directional(self) -> pd.DataFrame:
        """The controls with a direction."""
        return self.frame[self.frame["direction"] != "none"]

    @property
    def specific(self) -> pd.DataFrame:
        """The controls that nothing should move."""
        return self.frame[self.frame["direction"] == "none"]

    @property
    def passed(self) -> bool:
        """Whether nine in ten of the covered directional controls pass and none goes the wrong way."""
        covered = self.directional[self.directional["verdict"] != "not covered"]
        right = (covered["verdict"] == "pass").mean() if len(covered) else 0.0
        return bool(right >= 0.9 and not (covered["verdict"] == "wrong way").any())

    def counts(self, rows: pd.DataFrame) -> tuple[int, int]:
        """Return how many of some rows pass, and how many there are."""
        return int((rows["verdict"] == "pass").sum()), len(rows)

    def summary(self) -> str:
        """Return the result in two sentences."""
        lacking = int((self.frame["verdict"] == "not covered").sum())
        right, asked = self.counts(self.directional.query("verdict != 'not covered'"))
        specific, quiet = self.counts(self.specific.query("verdict != 'not covered'"))
        wrong = self.frame.loc[self.frame["verdict"] == "wrong way", "id"]
        failed = self.frame.loc[self.frame["verdict"] == "fail", "id"]
        sizes = self.directional.query("measure == 'activity'")["effect"].abs().dropna()
        told = f"{self.label} passes {right} of {asked} textbook controls and {specific} of {quiet} controls of specificity"
        told += f"; {lacking} more ask for nodes that it lacks" if lacking else ""
        told += f"; wrong way: {', '.join(wrong) or 'none'}; not passed: {', '.join(failed) or 'none'}."
        size = f"Median effect on an activity {sizes.median():.3f}; " if len(sizes) else ""
        return f"{told} {size}{self.members} members."

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return f"<p>{self.summary()}</p>{self.frame.to_html(index=False)}"


def check_controls(
    network: Network,
    controls: str | Path | pd.DataFrame | None = None,
    members: int = 200,
    seed: int | np.random.Generator = 0,
    settings: EnsembleSettings | None = None,
    engine: str = "logic",
    progress: bool = False,
) -> ControlCheck:
    """Ask a network what every textbook knows: which ligand moves which factor and gene, and which does not.

    A control passes when at least .95 of the members move the textbook way by more than the margin
    (0.01 in activity, 0.1 in log2 fold change: fixed). One with direction ``none`` passes when the
    median effect is at most a fifth of that of its reference ligand, which must exceed the margin.

    Parameters
    ----------
    network : Network
        Any network with human symbols.
    controls : path or pandas.DataFrame, optional
        Tab-separated: the columns of a table of facts and ``reference_ligand``. ``nodes`` are nodes or
        genes (``sign`` 1: held at 1; -1: nine tenths inhibited), a drug at a dose (``tofacitinib
        300 nM``), or ``context:NAME``, which compares that context with the one in ``context``. The
        bundled controls by default.
    members : int
        Size of the ensemble.
    seed : int or numpy.random.Generator
        Of its draws.
    settings : EnsembleSettings, optional
        The defaults if not given; ``EnsembleSettings(canonical=False)`` asks without certain steps.
    engine : {"logic", "linear"}
        Steady state or tangent.
    progress : bool
        Show a bar on a terminal.

    Returns
    -------
    ControlCheck

    Raises
    ------
    InputError
        If the table cannot be read or names an unknown context.

    Examples
    --------
    >>> from jaknet.network.network import Network
    >>> net = Network(pd.DataFrame({"source": ["OSM"], "target": ["STAT3"], "sign": [1], "canonical": [1]}))
    >>> control = {"id": "C1", "nodes": "OSM", "sign": 1, "readout": "STAT3", "measure": "activity", "direction": "up"}
    >>> check_controls(net, pd.DataFrame([control]), members=20).to_frame()["verdict"].tolist()
    ['pass']
    """
    table = _read(controls)
    facts = read_facts(table)
    ensemble = draw_ensemble(network, settings, members, as_seed(seed))
    questions = [_ask(network, fact, ligand) for fact, ligand in zip(facts, table["reference_ligand"], strict=True)]
    needed = list(dict.fromkeys(question for asked in questions for question in asked))
    readouts = sorted({_readout(network, fact) for fact, asked in zip(facts, questions, strict=True) if asked})

    def _reduce(effects: Effects) -> dict[tuple[int, str], Array]:
        changes = {"activity": effects.total, "transcript": effects.transcript_total}
        return {(node, what): np.where(effects.converged, changes[what][:, node], 0.0) for node, what in readouts}

    conditions = [_condition(network, *question) for question in needed]
    results = simulate_effects(network, conditions, engine=engine, ensemble=ensemble, reduce=_reduce, progress=progress)
    answers = dict(zip(needed, results, strict=True))
    rows = []
    for fact, asked in zip(facts, questions, strict=True):
        moved = [answers[question][_readout(network, fact)] for question in asked]
        rows.append(_judge(fact, moved) | {"off_targets": _off_targets(fact)})
    frame = pd.concat([table[_KEPT].reset_index(drop=True), pd.DataFrame(rows)], axis=1)
    return ControlCheck(frame, network.label, members)


#: Nodes, sign, background and context: what is compared in one control, or to get its reference effect.
_Question = tuple[tuple[str, ...], int, tuple[tuple[str, int], ...], str]


def _read(controls: str | Path | pd.DataFrame | None) -> pd.DataFrame:
    table = load_controls() if controls is None else read_fact_table(controls)
    return table.assign(paper_id="", **{name: "" for name in _KEPT if name not in table}).astype(str)


def _ask(network: Network, fact: Fact, ligand: str) -> list[_Question]:
    """Return the comparisons that a control needs; none where the network lacks a node of it."""
    experiment = fact.experiment
    questions: list[_Question] = [(experiment.nodes, experiment.sign, experiment.background, experiment.context)]
    questions += [((ligand,), 1, (), experiment.context)] if ligand else []
    named = [name for name in experiment.nodes if not name.startswith(_CONTEXT)]
    named += [*(name for name, _ in experiment.background), *([ligand] if ligand else []), fact.readout]
    return [] if lacking(named, network) else questions


def _condition(network: Network, nodes: tuple[str, ...], sign: int, background: tuple[tuple[str, int], ...], context: str) -> Condition:
    start = load_context(context) if context else None
    shared = Experiment(("",), 1, background).shared(network)
    if nodes[0].startswith(_CONTEXT):
        return Condition(load_context(nodes[0].removeprefix(_CONTEXT)), start, shared)
    changed = Experiment(nodes, sign).perturbation(network)
    if changed is None:
        raise InputError(f"the network has none of {few(nodes)}.")
    return Condition(changed, start, shared)


def _readout(network: Network, fact: Fact) -> tuple[int, str]:
    return readout_node(network, fact.readout, fact.quantity), fact.quantity


def _judge(fact: Fact, moved: list[Array]) -> dict[str, object]:
    if not moved:
        return {"effect": np.nan, "share": np.nan, "reference_effect": np.nan, "verdict": "not covered"}
    margin = MARGIN if fact.quantity == "activity" else FOLD_CHANGE_MARGIN
    effect, reference = float(np.median(moved[0])), float(np.median(moved[-1]))
    if fact.direction == "none":
        quiet = len(moved) > 1 and abs(reference) > margin and abs(effect) <= SPECIFIC * abs(reference)
        share = float(np.mean(np.abs(moved[0]) <= SPECIFIC * abs(reference)))
        return {"effect": effect, "share": share, "reference_effect": reference, "verdict": "pass" if quiet else "fail"}
    side = 1.0 if fact.direction == "up" else -1.0
    share, against = float(np.mean(side * moved[0] > margin)), float(np.mean(side * moved[0] < -margin))
    verdict = "pass" if share >= SHARE else "wrong way" if against > 0.5 else "fail"
    return {"effect": effect, "share": share, "reference_effect": np.nan, "verdict": verdict}


def _off_targets(fact: Fact) -> str:
    drugs = [split_dose(name) for name in fact.experiment.nodes]
    known = [f"{drug[0]}: {', '.join(load_drug(drug[0]).off_targets) or 'none listed'}" for drug in drugs if drug is not None]
    return "; ".join(known)


def load_controls() -> pd.DataFrame:
    """Load the controls: what every textbook says that a ligand, an inhibitor or a context moves, and what it does not.

    Examples
    --------
    >>> load_controls().set_index("id").loc["C013", ["nodes", "readout", "direction"]].tolist()
    ['TNF', 'RELA', 'up']
    """
    return read_table("networks/osteoblast/controls.tsv")
