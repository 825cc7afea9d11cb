"""`EnsembleSettings`: every modelling choice of the ensemble in one small record."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from jaknet.errors import InputError

__all__ = ["ENGINES", "FOLD_CHANGE_MARGIN", "MARGIN", "EnsembleSettings"]

#: Smaller changes of an activity count as none. Fixed: no check can be passed by moving it.
MARGIN = 0.01
#: Smaller log2 fold changes of a transcript count as none.
FOLD_CHANGE_MARGIN = 0.1
ENGINES = ("logic", "linear")

Range = tuple[float, float]


@dataclass(frozen=True)
class EnsembleSettings:
    """What the members of an ensemble share, and the ranges in which they differ.

    The model is anchored to a reference state: the cell without any ligand added, in which node i
    has the activity ``a_i`` (``basal`` in the node table). With s the capacity that a drug or loss
    leaves, u an external input and y the activities,

    ``y_i = s_i sigma(logit a_i + u_i + sum_j b_ij sign_ij (y_j - a_j))``

    where ``b_ij = gain * k_ij * w_ij * m_i^-crowding``, w is the weight of the edge, k the member's
    factor, and ``m_i`` the number of regulators that share the node (a canonical step is not
    divided). A complex also adds ``sum_p ln((y_p + 0.01) / (a_p + 0.01))`` over its parts p, so that
    a lack of one part is not made good by the others. Without inputs ``y = a`` is a steady state
    exactly. Like CellBox (Yuan 2021, Cell Syst 12:128), it models departures from an unperturbed state.

    Attributes
    ----------
    gain : float
        Log odds by which a regulator of weight 1 that goes from 0 to 1 moves its target.
    synthesis : float
        Share of the gain with which an edge of layer transcription moves the activity: a protein
        follows its transcript less than a substrate follows its kinase. Keeps feedback through
        transcripts, which is slow in a cell, from oscillating.
    other_sign : float
        Share of its appearances in which an edge that is not certain acts with the other sign,
        beyond the reports against it. Two papers on the same perturbation and readout agree in .73 of
        cases, as they do where each is right of its cells with a probability of about .85.
    crowding : float
        Regulators of a node that are not canonical are divided by (their number)^crowding.
    strength : tuple of float
        Range of the factor k on every edge, drawn log-uniformly, a member and an edge at a time.
    basal_spread : float
        Every member draws the log odds of each node's reference activity within this distance of
        the table's, uniformly.
    tau : tuple of float
        Range of the time constants, drawn log-uniformly; matters to time courses alone.
    fold_change : float
        log2 fold change of a transcript for a change of one unit (times ln 2) in the log odds of its
        transcription: one number for all genes, fitted to two published stimulations.
    canonical : bool
        Take canonical steps as certain; if False they are drawn as their own reports say.

    Raises
    ------
    InputError
        For a range out of order or not positive, or a gain, crowding or spread below its bound.

    Examples
    --------
    >>> EnsembleSettings(canonical=False).canonical
    False
    """

    gain: float = 3.2
    synthesis: float = 0.5
    other_sign: float = 0.15
    crowding: float = 0.5
    strength: Range = (0.6, 1.6)
    basal_spread: float = 0.5
    tau: Range = (0.5, 2.0)
    fold_change: float = 6.0
    canonical: bool = True

    def __post_init__(self) -> None:
        for name in ("strength", "tau"):
            low, high = getattr(self, name)
            if not 0 < low <= high:
                raise InputError(f"range {name} = ({low}, {high}) is empty or not positive. Give (low, high) with 0 < low <= high.")
        if not (self.gain > 0 and self.fold_change > 0 and 0 < self.synthesis <= 1 and 0 <= self.other_sign < 0.5):
            values = f"gain {self.gain}, fold_change {self.fold_change}, synthesis {self.synthesis}, other_sign {self.other_sign}"
            raise InputError(f"{values}: the first two must be positive, synthesis in (0, 1], other_sign in [0, 0.5).")
        if not (self.crowding >= 0 and self.basal_spread >= 0):
            raise InputError(f"crowding {self.crowding} and basal_spread {self.basal_spread} must not be negative.")

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values, for a manifest."""
        return asdict(self)
