"""Controls: does the cell answer its ligands as every textbook says, and leave the rest alone?"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaknet.data.registry import read_table
from jaknet.network.io.read import as_network
from jaknet.provenance import as_seed
from jaknet.shared_docs import describe
from jaknet.shown import notebook_html
from jaknet.simulation.ensemble import draw_ensemble
from jaknet.simulation.library import load_drug, split_dose
from jaknet.simulation.model import Effects
from jaknet.simulation.settings import EnsembleSettings
from jaknet.simulation.trial import simulate_effects
from jaknet.validation.facts import CONTEXT_PREFIX, Experiment, Fact, lacking, read_fact_table, read_facts
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
        Name of the network that was asked.
    members : int
        Number of cells in the ensemble that answered.
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
            (the network lacks a node, or every target of the drug); ``off_targets``, what else the
            drug is known to inhibit.
        """
        return self.frame.copy()

    @property
    def directional(self) -> pd.DataFrame:
        """The controls with a direction."""
        return self.frame[self.frame["direction"] != "none"]

    @property
    def specific(self) -> pd.DataFrame:
        """The controls of specificity: readouts that the perturbation should leave alone."""
        return self.frame[self.frame["direction"] == "none"]

    @property
    def passed(self) -> bool:
        """Whether nine in ten of the covered directional controls pass and none goes the wrong way."""
        covered = self.directional[self.directional["verdict"] != "not covered"]
        right = (covered["verdict"] == "pass").mean() if len(covered) else 0.0
        return bool(right >= 0.9 and not (covered["verdict"] == "wrong way").any())

    def counts(self, rows: pd.DataFrame) -> tuple[int, int]:
        """Return how many of some rows pass, and how many there are.

        Parameters
        ----------
        rows : pandas.DataFrame
            Part of the frame, such as `directional` or `specific`.
        """
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
        return notebook_html(self.summary(), self.frame, rows=len(self.frame))


@describe
def check_controls(
    network: Network | str,
    controls: str | Path | pd.DataFrame | None = None,
    engine: str = "logic",
    members: int = 200,
    seed: int | np.random.Generator = 0,
    settings: EnsembleSettings | None = None,
    progress: bool | None = None,
) -> ControlCheck:
    """Ask a network what every textbook knows: which ligand moves which factor and gene, and which does not.

    A control passes when at least .95 of the members move the textbook way by more than the margin
    (0.01 in activity, 0.1 in log2 fold change). A control with direction ``none`` passes when its
    median effect is at most a fifth of that of its reference ligand, which itself must exceed the margin.

    Parameters
    ----------
    network : Network or str
        Any network with human symbols, or the name of a bundled one.
    controls : path or pandas.DataFrame, optional
        Tab-separated: the columns of a table of facts and ``reference_ligand``. ``nodes`` are nodes or
        genes (``sign`` 1: held at 1; -1: nine tenths inhibited), a drug at a dose (``tofacitinib
        300 nM``), or ``context:NAME``, which compares that context with the one in ``context``. The
        bundled controls by default.
    %(engine)s
    %(members)s
    %(seed)s
    %(settings)s
        With ``EnsembleSettings(canonical=False)`` textbook steps are drawn like any other edge.
    %(progress)s

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
    wired = as_network(network)
    table = _read(controls)
    facts = read_facts(table)
    ensemble = draw_ensemble(wired, settings, members, as_seed(seed))
    asked = [_experiments(wired, fact, ligand) for fact, ligand in zip(facts, table["reference_ligand"], strict=True)]
    needed = list(dict.fromkeys(experiment for experiments in asked for experiment in experiments))
    readouts = sorted({_readout(wired, fact) for fact, experiments in zip(facts, asked, strict=True) if experiments})

    def _reduce(effects: Effects) -> dict[tuple[int, str], Array]:
        changes = {"activity": effects.total, "transcript": effects.transcript_total}
        return {(node, what): np.where(effects.converged, changes[what][:, node], 0.0) for node, what in readouts}

    conditions = [experiment.condition(wired) for experiment in needed]
    results = simulate_effects(wired, conditions, engine=engine, ensemble=ensemble, reduce=_reduce, progress=progress)
    answers = dict(zip(needed, results, strict=True))
    rows = []
    for fact, experiments in zip(facts, asked, strict=True):
        moved = [answers[experiment][_readout(wired, fact)] for experiment in experiments]
        rows.append(_judge(fact, moved) | {"off_targets": _off_targets(fact)})
    frame = pd.concat([table[_KEPT].reset_index(drop=True), pd.DataFrame(rows)], axis=1)
    return ControlCheck(frame, wired.label, members)


def _read(controls: str | Path | pd.DataFrame | None) -> pd.DataFrame:
    table = load_controls() if controls is None else read_fact_table(controls)
    return table.assign(paper_id="", **{name: "" for name in _KEPT if name not in table}).astype(str)


def _experiments(network: Network, fact: Fact, ligand: str) -> list[Experiment]:
    """Return the experiment of a control and that of its reference ligand; none where the network lacks a node of it."""
    own = fact.experiment
    reference = [Experiment((ligand,), 1, context=own.context)] if ligand else []
    named = [name for name in own.nodes if not name.startswith(CONTEXT_PREFIX)]
    named += [*(name for name, _ in own.background), *([ligand] if ligand else []), fact.readout]
    return [] if lacking(named, network) else [own, *reference]


def _readout(network: Network, fact: Fact) -> tuple[int, str]:
    return readout_node(network, fact.readout, fact.quantity), fact.quantity


def _judge(fact: Fact, moved: list[Array]) -> dict[str, object]:
    if not moved:
        return {"effect": np.nan, "share": np.nan, "reference_effect": np.nan, "verdict": "not covered"}
    effect, reference = float(np.median(moved[0])), float(np.median(moved[-1]))
    if fact.direction == "none":
        quiet = len(moved) > 1 and abs(reference) > fact.margin and abs(effect) <= SPECIFIC * abs(reference)
        share = float(np.mean(np.abs(moved[0]) <= SPECIFIC * abs(reference)))
        return {"effect": effect, "share": share, "reference_effect": reference, "verdict": "pass" if quiet else "fail"}
    side = 1.0 if fact.direction == "up" else -1.0
    share, against = float(np.mean(side * moved[0] > fact.margin)), float(np.mean(side * moved[0] < -fact.margin))
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
