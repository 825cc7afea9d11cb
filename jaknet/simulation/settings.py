"""`EnsembleSettings`: every modelling choice of the ensemble in one small record, so that it can be cross-validated."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from jaknet.errors import InputError, few
from jaknet.netflux.model import check_hill
from jaknet.network.schema import SIGN_BASES, TIERS

__all__ = ["GATES", "EnsembleSettings"]

#: How the inputs of one node are combined; position = code in the kernel.
GATES = ("balance", "or_and_not")

Range = tuple[float, float]


@dataclass(frozen=True)
class EnsembleSettings:
    """What the members of an ensemble share, and the ranges in which they differ.

    Every regulator reaches its target through the normalised Hill function of its activity,
    ``h(x) = min(1, B x^n / (K^n + x^n))`` with ``B = (EC50^n - 1) / (2 EC50^n - 1)`` and
    ``K = (B - 1)^(1/n)`` (Kraeutler 2010, BMC Syst Biol 4:157). The gate then combines them:

    ``balance``
        ``y = (b + A) / (b + A + 1 + I)`` with the basal drive ``b``, ``A`` the summed drive of
        activators and external input and ``I`` that of inhibitors. Smooth, bounded, monotone; no
        number of regulators drives a node to a floor where nothing can move it.
    ``or_and_not``
        ``y = OR(b, input, activators) * prod(1 - w h(inhibitors))``, the usual logic gate.

    Attributes
    ----------
    gate : str
        ``"balance"`` or ``"or_and_not"``.
    keep : tuple of float
        Probability that a member has an edge of evidence tier A, B, C.
    flip : tuple of float
        Probability that a member has an edge with the other sign, by ``sign_basis``: reported,
        majority, default. Not only errors of reading: a sign reported in one cell or stage need
        not hold in another. These values make the share of members a calibrated probability on
        published facts (docs/validation.md).
    weight : tuple of float
        Range of the factor on the edge's own weight, drawn log-uniformly.
    gain : float
        ``balance`` only: drive of one edge of weight 1 at full activity, and of a full input.
    crowding : float
        ``balance`` only: drives are divided by (number of regulators)^crowding.
    basal : tuple of float
        Range of the basal drive, drawn log-uniformly: every node can go both up and down.
    hill : tuple of float
        Range of the exponent ``n``, drawn uniformly.
    ec50 : tuple of float
        Range of EC50, drawn uniformly; needs ``EC50^n < 0.5`` throughout.
    tau : tuple of float
        Range of the time constant, drawn log-uniformly; matters to time courses alone.
    radius : float
        Linear engine only: members whose weights have a larger spectral radius are rescaled to it.
    margin : float
        Equivalence margin: smaller changes of activity or transcript count as none.
    none_above : float
        A node is called ``"none"`` where more than this share of the members stays within the
        margin; otherwise it is called by the more probable of up and down.

    Raises
    ------
    InputError
        For an unknown gate, a probability outside [0, 1], a range out of order or outside the
        domain of the Hill function.

    Examples
    --------
    >>> EnsembleSettings(gate="or_and_not").hill
    (1.4, 3.0)
    """

    gate: str = "balance"
    keep: tuple[float, float, float] = (0.8, 0.5, 0.4)
    flip: tuple[float, float, float] = (0.1, 0.25, 0.4)
    weight: Range = (0.3, 1.0)
    gain: float = 4.0
    crowding: float = 0.5
    basal: Range = (0.02, 0.2)
    hill: Range = (1.4, 3.0)
    ec50: Range = (0.3, 0.6)
    tau: Range = (0.5, 2.0)
    radius: float = 0.9
    margin: float = 0.001
    none_above: float = 0.9

    def __post_init__(self) -> None:
        if self.gate not in GATES:
            raise InputError(f"unknown gate {self.gate!r}; use one of {few(GATES)}.")
        chances = [value for value in (*self.keep, *self.flip) if not 0 <= value <= 1]
        if chances or len(self.keep) != len(TIERS) or len(self.flip) != len(SIGN_BASES):
            raise InputError(f"keep {self.keep} and flip {self.flip} need one probability each for {few(TIERS)} and {few(SIGN_BASES)}.")
        for name in ("weight", "basal", "hill", "ec50", "tau"):
            low, high = getattr(self, name)
            if not 0 < low <= high:
                raise InputError(f"range {name} = ({low}, {high}) is empty or not positive. Give (low, high) with 0 < low <= high.")
        if self.weight[1] > 1:
            raise InputError(f"weight {self.weight} exceeds 1. Raise gain instead; weights lie in (0, 1].")
        if not (self.gain > 0 and self.crowding >= 0 and self.margin >= 0 and 0 < self.radius < 1 and 0 <= self.none_above <= 1):
            raise InputError("gain must be positive, crowding and margin not negative, radius below 1, none_above in [0, 1].")
        check_hill(self.hill[0], self.ec50[1])

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values, for a manifest."""
        return asdict(self)
