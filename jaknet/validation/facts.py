"""Perturbation facts: what was changed, in which context, and which way a readout went, with its paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from jaknet.data.registry import read_table
from jaknet.errors import InputError, check_type, few
from jaknet.network.schema import split_list
from jaknet.simulation.library import load_context, named_dose, split_dose
from jaknet.simulation.perturbations import Perturbation, activate, combine, inhibit
from jaknet.simulation.settings import FOLD_CHANGE_MARGIN, MARGIN
from jaknet.simulation.trial import Condition
from jaknet.tables import read_tsv

if TYPE_CHECKING:
    from jaknet.network.network import Network

__all__ = [
    "CONTEXT_PREFIX",
    "DIRECTIONS",
    "MARGINS",
    "Experiment",
    "Fact",
    "lacking",
    "load_facts",
    "read_fact_table",
    "read_facts",
    "readout_parts",
]

DIRECTIONS = ("up", "down", "none")
#: Before the name of a context that takes the place of what was perturbed.
CONTEXT_PREFIX = "context:"
#: What is read out -> the largest change that counts as none.
MARGINS = {"activity": MARGIN, "transcript": FOLD_CHANGE_MARGIN}
_COLUMNS = ["id", "nodes", "sign", "background", "context", "readout", "direction", "measure", "paper_id", "paper_aliases"]
_OPTIONAL = ["background", "context", "paper_aliases"]
_FILLED = ["nodes", "sign", "readout", "direction"]
_LEVELS = {"1": 1, "+1": 1, "-1": -1, "1.0": 1, "-1.0": -1}
#: Share of a node's capacity that inhibition, silencing or deletion takes away in a fact.
_LOSS = 0.9


@dataclass(frozen=True)
class Experiment:
    """What was done to the cells, in the words of the table; several facts may be readouts of one experiment.

    `condition` turns it into what is simulated.

    Attributes
    ----------
    nodes : tuple of str
        Nodes or genes, or a drug at a dose (``tofacitinib 300 nM``). A control may name a context instead
        (``context:inflammatory``), which is then compared with `context`.
    sign : int
        1: raised or added (held at 1). -1: inhibited, silenced or deleted (nine tenths of the capacity
        taken away). A drug at a dose does what its potencies say, whatever the sign.
    background : tuple of (str, int)
        Nodes and signs that are changed in both arms.
    context : str
        Name of a context; empty where unknown.
    """

    nodes: tuple[str, ...]
    sign: int
    background: tuple[tuple[str, int], ...] = ()
    context: str = ""

    @property
    def perturbation(self) -> Perturbation | None:
        """What is done to the nodes, whether a network has them or not; None where a context takes its place."""
        return None if self.nodes[0].startswith(CONTEXT_PREFIX) else _changed([(node, self.sign) for node in self.nodes])

    def condition(self, network: Network, context: str | None = None) -> Condition:
        """Return what is simulated: the experiment as far as the network has its nodes.

        Parameters
        ----------
        network : Network
            That it is simulated in.
        context : str, optional
            Name of the context to simulate it in; by default its own.

        Raises
        ------
        InputError
            If the network has none of the perturbed nodes.
        """
        name = self.context if context is None else context
        start = load_context(name) if name else None
        background = _changed([(name, level) for name, level in self.background if not lacking([name], network)])
        if self.nodes[0].startswith(CONTEXT_PREFIX):
            return Condition(load_context(self.nodes[0].removeprefix(CONTEXT_PREFIX)), start, background)
        changed = _changed([(node, self.sign) for node in self.nodes if not lacking([node], network)])
        if changed is None:
            raise InputError(f"the network has none of {few(self.nodes)}.")
        return Condition(changed, start, background)


@dataclass(frozen=True)
class Fact:
    """One readout of an experiment, as published.

    Attributes
    ----------
    id : str
        Name of the fact in messages and results.
    experiment : Experiment
        What was done.
    readout : str
        A node or gene, or a ratio ``A/B``.
    direction : str
        ``up``, ``down`` or ``none``, compared with the arm without the perturbation.
    measure : str
        ``transcript``, ``protein``, ``activity``, ``phenotype`` (mineral, or bone in the living animal), ``serum``, ...
    paper : str
        Identifier of the paper, such as ``PMID:32051226``, or ``title:`` and its title.
    aliases : tuple of str
        Further identifiers of the paper.
    """

    id: str
    experiment: Experiment
    readout: str
    direction: str
    measure: str
    paper: str
    aliases: tuple[str, ...] = ()

    @property
    def quantity(self) -> str:
        """What of the readout is compared: its ``transcript``, or else its ``activity``."""
        return "transcript" if self.measure == "transcript" else "activity"

    @property
    def margin(self) -> float:
        """Largest change that still counts as none: in activity, or in log2 fold change of a transcript."""
        return MARGINS[self.quantity]

    @property
    def parts(self) -> tuple[str, ...]:
        """The readout, or numerator and denominator of a ratio."""
        return readout_parts(self.readout)


def readout_parts(readout: str) -> tuple[str, ...]:
    """Return the node or gene that is read out, or numerator and denominator of a ratio.

    Parameters
    ----------
    readout : str
        A node or gene, or ``A/B``.
    """
    return tuple(part.strip() for part in readout.split("/"))


def read_facts(source: str | Path | pd.DataFrame) -> tuple[Fact, ...]:
    """Read and check a table of facts.

    Parameters
    ----------
    source : path or pandas.DataFrame
        Tab-separated with a header: ``id, nodes, sign, background, context, readout, direction,
        measure, paper_id, paper_aliases``; ``background``, ``context`` and ``paper_aliases`` may be
        absent, further columns are ignored. ``nodes`` and ``paper_aliases`` are joined with ``;``,
        ``background`` reads ``OSM=+1;OSMR=-1``.

    Returns
    -------
    tuple of Fact
        In the order of the file.

    Raises
    ------
    InputError
        If the file is missing, empty or lacks a column, an id is repeated, or a sign, direction or
        background cannot be understood; rows are named.

    Examples
    --------
    >>> row = {"id": "F1", "nodes": "JAK1;JAK2", "sign": "-1", "background": "OSM=+1", "context": "", "readout": "SOCS3",
    ...        "direction": "down", "measure": "transcript", "paper_id": "PMID:1", "paper_aliases": ""}
    >>> fact, = read_facts(pd.DataFrame([row]))
    >>> fact.experiment.nodes, fact.experiment.background, fact.quantity
    (('JAK1', 'JAK2'), (('OSM', 1),), 'transcript')
    """
    table = read_fact_table(source)
    missing = [name for name in _COLUMNS if name not in table and name not in _OPTIONAL]
    if missing:
        raise InputError(f"facts lack the column {few(missing)}; they have {few(table.columns, 12)}. Rename or add it.")
    if table.empty:
        raise InputError("the table of facts has no row. Give at least one fact.")
    table = table.reindex(columns=_COLUMNS).fillna("").astype(str).apply(lambda column: column.str.strip())
    for column in ("direction", "measure"):
        table[column] = table[column].str.lower()
    _check(table)
    return tuple(_fact(row) for row in table.to_dict("records"))


def lacking(names: Iterable[str], network: Network) -> list[str]:
    """Return the names that a network cannot express: nodes that it lacks, drugs of which it has no target.

    Parameters
    ----------
    names : iterable of str
        Nodes, genes, or drugs at a dose.
    network : Network
        That they are looked up in.
    """
    return [name for name in names if not any(node in network for node in _meant(name))]


def _meant(name: str) -> tuple[str, ...]:
    return (name,) if split_dose(name) is None else named_dose(name).nodes


def _changed(changes: Sequence[tuple[str, int]]) -> Perturbation | None:
    parts = []
    for name, sign in changes:
        dosed = split_dose(name) is not None
        parts.append(named_dose(name) if dosed else activate(name) if sign > 0 else inhibit(name, _LOSS))
    return combine(parts) if parts else None


def read_fact_table(source: str | Path | pd.DataFrame) -> pd.DataFrame:
    """Read a tab-separated table of facts or controls as text cells, unchecked.

    Parameters
    ----------
    source : path or pandas.DataFrame
        A file, or a data frame, which is returned as it is.

    Raises
    ------
    InputError
        If there is no such file, or it is no tab-separated table.
    """
    check_type("facts", source, (str, PathLike, pd.DataFrame), "the path of a table, or a pandas.DataFrame (jaknet.load_facts())")
    return source if isinstance(source, pd.DataFrame) else read_tsv(source)


def _check(table: pd.DataFrame) -> None:
    def _refuse(bad: pd.Series, what: str, remedy: str) -> None:
        if bad.any():
            rows = [f"row {place + 1} ({table['id'].iloc[place]})" for place in range(len(table)) if bad.iloc[place]]
            raise InputError(f"{what} in {int(bad.sum())} fact(s): {few(rows)}. {remedy}")

    for column in _FILLED:
        _refuse(table[column] == "", f"empty {column}", "Fill or remove these rows.")
    _refuse(table["id"].duplicated() & (table["id"] != ""), "repeated id", "Give each fact an id of its own.")
    _refuse(~table["sign"].isin(list(_LEVELS)), "sign other than 1 or -1", "Give 1 for raised or added, -1 for inhibited or deleted.")
    _refuse(~table["direction"].isin(DIRECTIONS), "unknown direction", f"Use one of {few(DIRECTIONS)}.")
    _refuse(table["background"].map(_background).isna(), "background not understood", "Write it as OSM=+1;OSMR=-1.")
    _refuse(~table["readout"].str.count("/").isin([0, 1]), "readout with several ratios", "Write A or A/B.")


def _background(text: str) -> tuple[tuple[str, int], ...] | None:
    pairs = [part.partition("=") for part in split_list(text)]
    if any(equals and level.strip() not in _LEVELS for _, equals, level in pairs):
        return None
    return tuple((name.strip(), _LEVELS[level.strip()] if equals else 1) for name, equals, level in pairs)


def _fact(row: dict[str, str]) -> Fact:
    background = _background(row["background"]) or ()
    experiment = Experiment(split_list(row["nodes"]), _LEVELS[row["sign"]], background, row["context"])
    return Fact(row["id"], experiment, row["readout"], row["direction"], row["measure"], row["paper_id"], split_list(row["paper_aliases"]))


def load_facts() -> pd.DataFrame:
    """Load the published perturbation facts that the ensemble is tested on, one row per readout.

    What the columns mean, how the facts were chosen and what is thin stands in the datasheet,
    ``networks/osteoblast/README.md``.

    Examples
    --------
    >>> set(load_facts()["direction"]) == {"up", "down", "none"}
    True
    """
    return read_table("networks/osteoblast/facts.tsv")
