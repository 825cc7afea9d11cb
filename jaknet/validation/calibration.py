"""Conditioning of members on facts and calibration of probabilities, honest by construction: a paper never judges itself.

A member's weight is proportional to ``exp(beta * sum over papers of its mean agreement)``: tempered,
since a product of likelihoods would leave one or two members in a thousand. The probability of the
predicted direction is then shrunk on the logit scale by one slope, learned from facts that were
predicted without their own paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from jaknet.simulation.settings import EnsembleSettings
from jaknet.validation.facts import Fact, same_paper
from jaknet.validation.predicting import NUMERICALLY_ZERO, FactEffects, effects_of_facts

if TYPE_CHECKING:
    from jaknet.network.model import Network

__all__ = ["BETAS", "Agreement", "cross_validate", "fact_weights", "fit_slope", "log_score", "probability_up", "shrink", "tempered_weights"]

BETAS = (0.0, 0.1, 0.2, 0.4, 0.8)
#: Smallest effective sample of conditioned members, as a share of all.
EFFECTIVE_SHARE = 0.2
_SLOPES = (0.0, 2.0)
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Agreement:
    """The sign of every fact's readout in every member, beside the published one.

    Attributes
    ----------
    signs : ndarray of int8, shape (members, n_facts)
        1, -1, or 0 where the readout does not move.
    published : ndarray of int8, shape (n_facts,)
        1 up, -1 down, 0 none.
    kin : tuple of frozenset of int
        For each fact the facts that share its paper, itself included.
    """

    signs: NDArray[np.int8]
    published: NDArray[np.int8]
    kin: tuple[frozenset[int], ...]

    @classmethod
    def of(cls, facts: Sequence[Fact], effects: FactEffects) -> Agreement:
        """Compare simulated with published directions."""
        moved = np.where(np.abs(effects.values) > NUMERICALLY_ZERO, effects.values, 0.0)
        published = np.array([{"up": 1, "down": -1, "none": 0}[fact.direction] for fact in facts], np.int8)
        return cls(np.sign(np.nan_to_num(moved)).astype(np.int8), published, tuple(same_paper(facts, facts)))

    @cached_property
    def usable(self) -> NDArray[np.bool_]:
        """Facts with a published direction whose readout moves in some member."""
        return (self.published != 0) & np.any(self.signs != 0, axis=0)

    @cached_property
    def share(self) -> Array:
        """What each fact adds to a member's score: its agreement (1, 0 or -1, halved) over the usable facts of its paper."""
        size = np.array([sum(bool(self.usable[other]) for other in kin) for kin in self.kin])
        return 0.5 * self.signs * self.published * self.usable / np.maximum(size, 1)

    def weights(self, facts: Sequence[int], beta: float) -> Array:
        """Return the members' weights from some facts alone."""
        return tempered_weights(self.share[:, list(facts)].sum(axis=1), beta)

    def predictions(self, facts: Sequence[int], beta: float, sources: Sequence[int]) -> Array:
        """Return ``p_up`` of some facts, each from those `sources` that are not of its paper."""
        found = np.full(len(facts), np.nan)
        groups: dict[frozenset[int], list[int]] = {}
        for place, fact in enumerate(facts):
            groups.setdefault(self.kin[fact], []).append(place)
        for kin, places in groups.items():
            weights = self.weights([source for source in sources if source not in kin], beta)
            found[places] = probability_up(self.signs[:, [facts[place] for place in places]], weights)
        return found


def tempered_weights(score: Array, beta: float) -> Array:
    """Return ``exp(beta * score)`` normalised, beta lowered until the effective sample is a fifth of the members.

    Parameters
    ----------
    score : ndarray of float64, shape (members,)
    beta : float

    Returns
    -------
    ndarray of float64, shape (members,)

    Examples
    --------
    >>> tempered_weights(np.array([0.0, 0.0, 1.0]), 0.0).round(2)
    array([0.33, 0.33, 0.33])
    """
    while True:
        weights = np.exp(beta * (score - score.max()))
        weights /= weights.sum()
        if beta == 0.0 or 1.0 / np.sum(weights**2) >= EFFECTIVE_SHARE * len(score):
            return weights
        beta = 0.9 * beta if beta > 1e-3 else 0.0


def fact_weights(
    network: Network,
    facts: Sequence[Fact],
    beta: float = 0.4,
    members: int = 1000,
    seed: int = 0,
    settings: EnsembleSettings | None = None,
) -> Array:
    """Weigh the members of an ensemble by their agreement with facts, for ``jaknet.perturb(..., weights=)``.

    Each fact is simulated without the edges that cite its paper, so that a member gains by what it
    predicts and not by what was put in.

    Parameters
    ----------
    network : Network
    facts : sequence of Fact
        From `jaknet.validation.facts.read_facts`.
    beta : float
        Strength; lowered until the effective sample is a fifth of the members.
    members, seed, settings
        Those of the `jaknet.perturb` that the weights are for.

    Returns
    -------
    ndarray of float64, shape (members,)

    Examples
    --------
    >>> import jaknet as jn
    >>> from jaknet.validation.facts import read_facts
    >>> net = jn.load_network("osteoblast")
    >>> weights = fact_weights(net, read_facts(jn.load_facts().head(4)), members=20)
    >>> resp = jn.perturb(net, jn.knockout("STAT3"), members=20, weights=weights)
    >>> bool(resp.effective_sample >= 4)
    True
    """
    agreement = Agreement.of(facts, effects_of_facts(network, facts, settings, members, seed))
    return agreement.weights(range(len(facts)), beta)


def probability_up(signs: NDArray[np.int8], weights: Array) -> Array:
    """Return the weighted share of up among the members that move, with one pseudo-member on either side.

    Returns
    -------
    ndarray of float64, shape (n_facts,)
        0.5 where no member moves.
    """
    effective = 1.0 / np.sum(weights**2)
    up, down = weights @ (signs > 0), weights @ (signs < 0)
    return (effective * up + 1.0) / (effective * (up + down) + 2.0)


def shrink(probability: Array, slope: float) -> Array:
    """Return ``logistic(slope * logit(p))``: a slope below 1 takes back overconfidence, and never changes a direction.

    Examples
    --------
    >>> shrink(np.array([0.5, 0.9]), 0.5).round(2)
    array([0.5 , 0.75])
    """
    odds = np.log(probability) - np.log1p(-probability)
    return 1.0 / (1.0 + np.exp(-slope * odds))


def log_score(up: Array, published: NDArray[np.int8], slope: float = 1.0) -> float:
    """Return the mean logarithm of the probability given to the published direction; 0 is perfect, -0.69 a coin."""
    return float(np.mean(np.log(shrink(np.where(published > 0, up, 1.0 - up), slope))))


def fit_slope(up: Array, published: NDArray[np.int8]) -> float:
    """Return the slope of `shrink` with the best log score."""
    return float(minimize_scalar(lambda slope: -log_score(up, published, slope), bounds=_SLOPES, method="bounded").x)


def cross_validate(
    network: Network,
    facts: Sequence[Fact],
    candidates: Mapping[str, EnsembleSettings],
    betas: Sequence[float] = BETAS,
    folds: int = 10,
    members: int = 300,
    seed: int = 0,
    progress: bool = False,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Choose settings, conditioning and calibration by nested cross-validation over papers.

    Every fact is simulated without the edges that cite its paper. Papers, joined where they share
    an identifier, are dealt into outer folds. Inside each, candidate, beta and slope are chosen by
    the log score of the remaining facts, each predicted without its own paper; the fold's facts
    are then predicted with that choice.

    Parameters
    ----------
    network : Network
    facts : sequence of Fact
    candidates : mapping of str to EnsembleSettings
    betas : sequence of float
    folds, members, seed : int
    progress : bool

    Returns
    -------
    predictions : pandas.DataFrame
        One row a fact that can be scored: ``id``, ``fold``, ``candidate``, ``beta``, ``slope``, ``p_up``, ``predicted``,
        ``p_direction``, ``correct``.
    table : pandas.DataFrame
        One row a candidate and beta over all facts: ``log_score`` (slope fitted), ``slope``, ``accuracy``, ``n_facts``.
    """
    agreements = {
        name: Agreement.of(facts, effects_of_facts(network, facts, settings, members, seed, progress=progress))
        for name, settings in candidates.items()
    }
    choices = [(name, beta) for name in candidates for beta in betas]
    scored = np.flatnonzero(np.logical_or.reduce([agreement.usable for agreement in agreements.values()]))
    fold = _folds(next(iter(agreements.values())).kin, folds, seed)
    rows: list[dict[str, object]] = []
    for number in range(folds):
        test, train = scored[fold[scored] == number], scored[fold[scored] != number]
        if len(test):
            (name, beta), slope, _ = max((_judge(agreements, choice, train) for choice in choices), key=lambda judged: judged[2])
            weights = agreements[name].weights(train, beta)
            up = shrink(probability_up(agreements[name].signs[:, test], weights), slope)
            chosen = {"fold": number, "candidate": name, "beta": beta, "slope": slope}
            rows += [{"id": facts[place].id, **chosen, "p_up": p} for place, p in zip(test, up)]
    predictions = pd.DataFrame(rows)
    published = predictions["id"].map({fact.id: fact.direction for fact in facts})
    predictions["predicted"] = np.where(predictions["p_up"] > 0.5, "up", "down")
    predictions["p_direction"] = np.maximum(predictions["p_up"], 1.0 - predictions["p_up"])
    predictions["correct"] = predictions["predicted"] == published
    return predictions, _table(agreements, choices, scored)


def _judge(
    agreements: Mapping[str, Agreement], choice: tuple[str, float], facts: NDArray[np.int64]
) -> tuple[tuple[str, float], float, float]:
    agreement = agreements[choice[0]]
    up = agreement.predictions(list(facts), choice[1], list(facts))
    slope = fit_slope(up, agreement.published[facts])
    return choice, slope, log_score(up, agreement.published[facts], slope)


def _table(agreements: Mapping[str, Agreement], choices: Sequence[tuple[str, float]], facts: NDArray[np.int64]) -> pd.DataFrame:
    rows = []
    for choice in choices:
        agreement = agreements[choice[0]]
        _, slope, score = _judge(agreements, choice, facts)
        up = agreement.predictions(list(facts), choice[1], list(facts))
        moved = agreement.usable[facts]
        right = np.sign(up - 0.5)[moved] == agreement.published[facts][moved]
        found = {"log_score": score, "slope": slope, "accuracy": float(right.mean()), "n_facts": int(moved.sum())}
        rows.append({"candidate": choice[0], "beta": choice[1], **found})
    return pd.DataFrame(rows)


def _folds(kin: Sequence[frozenset[int]], folds: int, seed: int) -> NDArray[np.int64]:
    """Deal papers, those with an identifier in common as one, into folds of similar numbers of facts."""
    label = np.arange(len(kin))
    for group in kin:
        label[np.isin(label, label[list(group)])] = label[list(group)].min()
    names, sizes = np.unique(label, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    fold, load = np.zeros(len(kin), np.int64), np.zeros(folds)
    for place in order[np.argsort(-sizes[order], kind="stable")]:
        lightest = int(load.argmin())
        fold[label == names[place]] = lightest
        load[lightest] += sizes[place]
    return fold
