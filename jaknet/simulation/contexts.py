"""Contexts: the state before the drug, as ligand inputs and clamps, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from jaknet.errors import InputError, few

__all__ = ["Context"]


@dataclass(frozen=True)
class Context:
    """The state a perturbation starts from.

    Attributes
    ----------
    name : str
    inputs : mapping of str to float
        Node -> external input, 0 to 1.
    clamps : mapping of str to float
        Node -> activity it is held at, 0 to 1.
    description : str
    evidence : pandas.DataFrame
        One row per input or clamp with ``reason`` and ``references``.

    Raises
    ------
    InputError
        For values outside [0, 1].
    """

    name: str
    inputs: Mapping[str, float] = field(default_factory=dict)
    clamps: Mapping[str, float] = field(default_factory=dict)
    description: str = ""
    evidence: pd.DataFrame = field(default_factory=pd.DataFrame, compare=False, repr=False)

    def __post_init__(self) -> None:
        values = [*self.inputs.items(), *self.clamps.items()]
        bad = [f"{node}={value}" for node, value in values if not 0 <= value <= 1]
        if bad:
            raise InputError(f"context {self.name} has values outside [0, 1]: {few(bad)}.")

    @classmethod
    def from_table(cls, name: str, rows: pd.DataFrame, description: str = "") -> Context:
        """Build a context from rows with ``node``, ``kind`` (input or clamp) and ``value``."""
        table = rows.assign(value=pd.to_numeric(rows["value"])).reset_index(drop=True)
        inputs, clamps = (table[table["kind"] == kind].set_index("node")["value"].to_dict() for kind in ("input", "clamp"))
        return cls(name, inputs, clamps, description, table)
