"""The model once more, in dense numpy and edge by edge from its definition, and networks to try it on."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from jaknet.network.network import Network
from jaknet.simulation._model import Arm
from jaknet.simulation.ensemble import Ensemble
from jaknet.simulation.settings import EnsembleSettings


class Member:
    """One member: ``y = s sigma(logit a + u + B (y - a) + P ln((y + .01) / (a + .01)))``."""

    def __init__(self, network: Network, ensemble: Ensemble, member: int = 0) -> None:
        edges, chosen, count = network.edges, ensemble.settings, network.n_nodes
        source, target = (edges[end].map(network.index).to_numpy() for end in ("source", "target"))
        part, transcription = (edges["mechanism"] == "part_of").to_numpy(), (edges["layer"] == "transcription").to_numpy()
        undivided = part | ((edges["canonical"] == 1).to_numpy() & ~transcription)
        crowd = np.array([max(1, ((target == node) & ~undivided).sum()) for node in target])
        by = chosen.gain * ensemble.factor[member] * np.where(undivided, 1.0, crowd**-chosen.crowding)
        by = by * np.where(transcription, chosen.synthesis, 1.0)
        self.regulation, self.transcription, self.parts = (np.zeros((count, count)) for _ in range(3))
        np.add.at(self.regulation, (target[~part], source[~part]), by[~part])
        np.add.at(self.transcription, (target[transcription], source[transcription]), by[transcription])
        self.parts[target[part], source[part]] = 1.0
        self.odds = ensemble.parameters.rest[member]
        self.rest = expit(self.odds)
        self.unit = chosen.fold_change / np.log(2)

    def seen(self, arm: Arm, state: np.ndarray) -> np.ndarray:
        """What each target (row) sees of each source: complexes inhibited as a whole see what drugs have not touched."""
        return np.where(arm.whole[:, None], state * arm.lift[0], state)

    def log_odds(self, arm: Arm, state: np.ndarray) -> np.ndarray:
        own = np.where(np.isnan(arm.level), self.odds, logit(np.where(np.isnan(arm.level), 0.5, arm.level)))
        seen = self.seen(arm, state)
        joined = (self.parts * np.log((seen + 0.01) / (self.rest + 0.01))).sum(axis=1)
        return own + (self.regulation * (seen - self.rest)).sum(axis=1) + joined

    def answer(self, arm: Arm, state: np.ndarray) -> np.ndarray:
        """What the inputs call for: a steady state answers itself."""
        return arm.scale[0] * np.where(np.isnan(arm.pin), expit(self.log_odds(arm, state)), arm.pin)

    def tangent(self, control: Arm, treated: Arm, base: np.ndarray) -> np.ndarray:
        """``(I - J)^-1 b`` at the baseline, with the capacities, drugs and pins of the treated arm."""
        before = control._replace(whole=treated.whole)
        share, scale = expit(self.log_odds(before, base)), treated.scale[0]
        free = np.isnan(treated.pin)
        steep = np.where(free, scale * share * (1 - share), 0.0)
        slope = self.regulation + self.parts / (self.seen(before, base) + 0.01)
        lifts = (slope * (self.seen(treated, base) - self.seen(before, base))).sum(axis=1)
        given = self.log_odds(before._replace(level=treated.level), base) - self.log_odds(before, base) + lifts
        change = np.where(free, scale * share + steep * given, scale * treated.pin) - base
        jacobian = steep[:, None] * slope * np.where(treated.whole[:, None], treated.lift[0], 1.0)
        return base + np.linalg.solve(np.eye(len(base)) - jacobian, change)

    def fold_changes(self, state: np.ndarray) -> np.ndarray:
        return self.unit * self.transcription @ (state - self.rest)


def _random_network(seed: int, nodes: int = 12, edges: int = 30, complexes: int = 2) -> Network:
    """Signed edges of both layers, negative feedback and complexes of three parts; some steps are canonical."""
    rng = np.random.default_rng(seed)
    names = np.array([f"N{place:02d}" for place in range(nodes)])
    ends = rng.integers(nodes, size=(edges, 2))
    table = pd.DataFrame({"source": names[ends[:, 0]], "target": names[ends[:, 1]], "sign": rng.choice([1, -1], edges, p=[0.65, 0.35])})
    table = table.assign(layer=rng.choice(["signaling", "transcription"], edges), weight=rng.uniform(0.3, 1, edges))
    table = table.assign(tier=rng.choice(list("ABC"), edges), canonical=rng.integers(0, 2, edges), mechanism="")
    joined = [(part, whole) for whole in names[:complexes] for part in rng.choice(names[complexes:], 3, replace=False)]
    parts = pd.DataFrame(joined, columns=["source", "target"]).assign(sign=1, layer="signaling", weight=1.0, tier="A", mechanism="part_of")
    whole = pd.concat([parts.assign(canonical=0), table], ignore_index=True).drop_duplicates(["source", "target", "layer"])
    kinds = np.where(np.arange(nodes) < complexes, "complex", "gene")
    table = pd.DataFrame({"node": names, "kind": kinds, "gene": names, "basal": rng.uniform(0.1, 0.8, nodes)})
    return Network(whole, table, f"random {seed}")


def _free_arm(count: int) -> Arm:
    return Arm(np.ones((1, count)), np.full(count, np.nan), np.full(count, np.nan), np.ones((1, count)), np.zeros(count, bool))


def _random_arm(count: int, seed: int) -> Arm:
    rng = np.random.default_rng(seed)
    pin, level = (np.where(rng.random(count) < share, rng.uniform(0.05, 0.95, count), np.nan) for share in (0.15, 0.25))
    scale, left = (np.where(rng.random(count) < 0.25, rng.uniform(0.05, 1, count), 1.0)[None] for _ in range(2))
    return Arm(scale * left, pin, level, 1 / left, np.arange(count) < 2)


def _certain(*edges: tuple[str, int, str] | tuple[str, int, str, str], **basal: float) -> Network:
    """Canonical edges (source, sign, target, layer or part_of) and reference activities, else those of the schema."""
    rows = pd.DataFrame([(*edge, "signaling")[:4] for edge in edges], columns=["source", "sign", "target", "layer"])
    part = rows["layer"] == "part_of"
    rows = rows.assign(layer=rows["layer"].mask(part, "signaling"), mechanism=np.where(part, "part_of", ""), canonical=1)
    names = sorted({*rows["source"], *rows["target"]})
    return Network(rows, pd.DataFrame({"node": names, "gene": names, "basal": [basal.get(name) for name in names]}), "certain")


@pytest.fixture(scope="session")
def definition() -> type[Member]:
    """The model by its definition."""
    return Member


@pytest.fixture(scope="session")
def random_network() -> Callable[..., Network]:
    """Make a random network with complexes and feedback of both signs."""
    return _random_network


@pytest.fixture(scope="session")
def certain() -> Callable[..., Network]:
    """Make a network whose edges every member has."""
    return _certain


@pytest.fixture(scope="session")
def arms() -> SimpleNamespace:
    """Arms in which nothing (``free``) or anything (``random``) is done."""
    return SimpleNamespace(free=_free_arm, random=_random_arm)


@pytest.fixture(scope="session")
def fixed() -> Callable[..., EnsembleSettings]:
    """Settings under which nothing is drawn, so that all members of a certain network are one."""

    def _fixed(**other: object) -> EnsembleSettings:
        scales = {"gain": 3.0, "synthesis": 0.5, "crowding": 0.5, "fold_change": 6.0}
        return EnsembleSettings(**{"strength": (1.0, 1.0), "basal_spread": 0.0, "tau": (1.0, 1.0)} | scales | other)

    return _fixed
