"""`perturb`, from a perturbation in a context to a `Response`: every node and transcript, over all members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaknet.errors import InputError, check_type
from jaknet.network.io.read import as_network
from jaknet.provenance import Manifest, make_manifest
from jaknet.shared_docs import describe
from jaknet.shown import Drawn, notebook_html
from jaknet.simulation.ensemble import draw_ensemble
from jaknet.simulation.model import Effects, member_weights
from jaknet.simulation.perturbations import Context, Perturbation
from jaknet.simulation.settings import FOLD_CHANGE_MARGIN, MARGIN, EnsembleSettings
from jaknet.simulation.trial import Condition, Trial, check_engine
from jaknet.stats import ROUNDING, weighted_quantiles

if TYPE_CHECKING:
    from jaknet.network.network import Network

__all__ = ["EFFECT_COLUMNS", "Response", "check_response", "contrast_responses", "perturb"]
__all__ += ["sort_by_size", "summarise", "transcript_places"]

EFFECT_COLUMNS = ["effect", "effect_low", "effect_high", "p_up", "p_down", "p_none", "direction", "p_direction"]
_INTERVAL = (0.05, 0.5, 0.95)
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Response(Drawn, figure="effects"):
    """Every node before and after a perturbation, in every member.

    Arrays have one row a member and one column a node of ``network.names``.

    Attributes
    ----------
    network : Network
        What was perturbed.
    trial : Trial
        The ensemble and both arms: what the response was made from, and can be repeated with.
    effects : Effects
        Both arms of every member.
    provenance : Manifest
        For people: what was asked, in which versions.
    """

    network: Network
    trial: Trial = field(repr=False)
    effects: Effects = field(repr=False)
    provenance: Manifest = field(default_factory=lambda: make_manifest("perturb"), repr=False)

    @property
    def perturbation(self) -> Perturbation | Context:
        """What the treated arm has."""
        return self.trial.condition.perturbation

    @property
    def label(self) -> str:
        """Name of the perturbation, as results show it."""
        done = self.perturbation
        return done.name if isinstance(done, Context) else done.label

    @property
    def notes(self) -> tuple[str, ...]:
        """Caveats of the perturbation (covalent binder, missing potency, ...)."""
        return () if isinstance(self.perturbation, Context) else self.perturbation.notes

    @property
    def context(self) -> Context | None:
        """State before the perturbation."""
        return self.trial.condition.context

    @property
    def background(self) -> Perturbation | None:
        """What is changed in both arms."""
        return self.trial.condition.background

    @property
    def settings(self) -> EnsembleSettings:
        """How the ensemble was drawn."""
        return self.trial.ensemble.settings

    @property
    def engine(self) -> str:
        """Steady state (``logic``) or tangent (``linear``)."""
        return self.trial.engine

    @property
    def members(self) -> int:
        """Number of members."""
        return self.trial.ensemble.members

    @property
    def given_study(self) -> bool:
        """Whether the source study's finding is held in every member."""
        return self.network.given_study

    @property
    def transcript_effects(self) -> Array:
        """log2 fold changes of transcripts; 0 where the network has no edge onto the transcript (see `transcribed`)."""
        return self.effects.transcript_total

    @property
    def transcribed(self) -> NDArray[np.bool_]:
        """Nodes whose transcript the network explains at all, shape (n_nodes,)."""
        return self.trial.ensemble.transcribed

    @property
    def converged(self) -> NDArray[np.bool_]:
        """Members that came to rest in both arms from every start, shape (members,)."""
        return self.effects.converged

    @property
    def multistable(self) -> NDArray[np.bool_]:
        """Members with more than one steady state in an arm, shape (members,)."""
        return self.effects.multistable

    @cached_property
    def weights(self) -> Array:
        """Weights of the members, summing to 1; 0 for those that do not come to rest."""
        return member_weights(self.converged)

    @cached_property
    def mean_effects(self) -> Array:
        """Mean change of activity over the members, shape (n_nodes,): opposing members cancel."""
        return self.weights @ self.effects.total

    @cached_property
    def mean_transcript_effects(self) -> Array:
        """Mean log2 fold change over the members, shape (n_nodes,): opposing members cancel."""
        return self.weights @ self.transcript_effects

    def first(self, members: int) -> Trial:
        """Return the trial in the first members that carry weight, to repeat it on altered networks.

        Parameters
        ----------
        members : int
            How many.
        """
        return self.trial.first(members, self.weights)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a node: its activity before and after, the effect, its interval and its probabilities.

        Returns
        -------
        pandas.DataFrame
            ``node``, ``gene``, ``kind``; ``baseline`` (median activity, 0 to 1), ``effect`` (median
            change), ``perturbed`` (their sum), ``effect_low`` and ``effect_high`` (90 % interval of
            the members); ``p_up``, ``p_down``, ``p_none`` (share of the members whose effect exceeds,
            falls below or stays within 0.01); ``direction``: the outcome among up, down and none
            with a probability of at least .5, else ``unsure``; ``p_direction``, the probability of
            that outcome, or of the most probable one where unsure.
        """
        return self._table(self.effects.baseline, self.effects.total, MARGIN)

    def transcripts(self) -> pd.DataFrame:
        """Return the same columns for transcripts, for the nodes with an edge of layer transcription.

        ``effect`` is a log2 fold change with a margin of 0.1; ``baseline`` and ``perturbed`` are
        log2 fold changes against the reference state, the cell without any ligand added.
        """
        table = self._table(self.effects.transcript_baseline, self.transcript_effects, FOLD_CHANGE_MARGIN)
        return table[self.transcribed].reset_index(drop=True)

    def __getitem__(self, gene: str) -> pd.Series:
        """Return the row of one transcript, or of one activity where the network does not explain the transcript."""
        node = gene if gene in self.network.index else self.network.transcripts.get(gene) or self.network.resolve(gene)[0]
        place = self.network.index[node]
        return (self.transcripts() if self.transcribed[place] else self.to_frame()).set_index("node").loc[node]

    def _table(self, before: Array, change: Array, margin: float) -> pd.DataFrame:
        nodes = self.network._nodes
        found = summarise(change, self.weights, margin)
        baseline = weighted_quantiles(before, self.weights, (0.5,))[0]
        columns = {"node": nodes["node"], "gene": nodes["gene"], "kind": nodes["kind"]}
        return pd.DataFrame(columns | {"baseline": baseline, "perturbed": baseline + found["effect"]} | found)

    def __repr__(self) -> str:
        where = self.context.name if self.context else "the reference state"
        trouble = f"{int((~self.converged).sum())} not at rest, {int(self.multistable.sum())} multistable"
        made = f"{self.members} members of {self.network.label} {self.network.study_condition}, {self.engine} engine"
        return f"Response to {self.label} in {where}: {made}; {trouble}"

    def _repr_html_(self) -> str:
        return notebook_html(repr(self), sort_by_size(self.transcripts(), "effect", "node"))


@describe
def perturb(
    network: Network | str,
    perturbations: Perturbation | str | Sequence[Perturbation | str],
    context: Context | str | None = None,
    background: Perturbation | str | Sequence[Perturbation | str] | None = None,
    engine: str = "logic",
    members: int = 1000,
    seed: int | np.random.Generator = 0,
    settings: EnsembleSettings | None = None,
) -> Response:
    """Compare the steady states with and without a perturbation, in every member of an ensemble.

    Parameters
    ----------
    network : Network or str
        A network, or the name of a bundled one. With its source study's edges the answer is given the study's finding; see
        `Network.without_study` for the answer without it.
    perturbations : Perturbation, str or sequence of them
        ``drug.at("100 nM")`` or ``"tofacitinib 100 nM"``, `inhibit`, `knockout`, `activate`; several are combined.
    %(context)s
    %(background)s
    %(engine)s
    %(members)s
    %(seed)s
    %(settings)s

    Returns
    -------
    Response

    Raises
    ------
    UnknownNameError
        If the network has none of the perturbed nodes.
    InputError
        If something that is no perturbation is given (a drug without a dose), for an unknown
        engine, or for too few members.

    Examples
    --------
    >>> import pandas as pd
    >>> from jaknet.network.network import Network
    >>> from jaknet.simulation.perturbations import activate, inhibit
    >>> edges = pd.DataFrame({"source": ["OSM", "JAK1", "STAT3"], "target": ["JAK1", "STAT3", "SOCS3"], "sign": 1,
    ...                       "canonical": 1, "layer": ["signaling", "signaling", "transcription"]})
    >>> resp = perturb(Network(edges), inhibit("JAK1", 0.9), background=activate("OSM"), members=100)
    >>> resp.transcripts()[["node", "direction"]].values.tolist()
    [['SOCS3', 'down']]
    """
    check_engine(engine)
    condition = Condition.of(perturbations, context, background)
    wired = as_network(network)
    trial = Trial.of(wired, draw_ensemble(wired, settings, members, seed), condition, engine)
    effects = trial.solve()
    return Response(wired, trial, effects, _manifest(wired, trial, effects))


def contrast_responses(first: Response, second: Response) -> pd.DataFrame:
    """Compare the transcript effects of two perturbations, paired by member.

    A member is the same cell under both, so the uncertainty they share cancels: the interval of
    the difference is narrower than two intervals side by side suggest.

    Parameters
    ----------
    first, second : Response
        Of the same network, settings, seed and number of members; contexts may differ.

    Returns
    -------
    pandas.DataFrame
        ``gene``, ``first_effect``, ``second_effect`` (means), then the summary of first minus
        second as in a response: ``effect`` (median difference, log2), ``effect_low``,
        ``effect_high``, ``p_up`` (the first acts more upward), ``p_down``, ``p_none``, ``direction``,
        ``p_direction``. The largest median difference first.

    Raises
    ------
    InputError
        If the members of the two are not the same cells.

    Examples
    --------
    >>> import jaknet as jn
    >>> net = jn.load_network("osteoblast")
    >>> drug = jn.load_drug("tofacitinib")
    >>> low, high = (jn.perturb(net, drug.at(dose), "inflammatory", members=50) for dose in ("10 nM", "1 uM"))
    >>> differ = contrast_responses(low, high).set_index("gene")
    >>> differ.loc["CISH", "direction"]
    'up'
    """
    same = first.network == second.network and first.settings == second.settings and first.engine == second.engine
    if not same or first.members != second.members or first.trial.ensemble.seed != second.trial.ensemble.seed:
        raise InputError("the two responses have different members; use the same network, settings, engine, members and seed for both.")
    genes, columns = transcript_places(first.network)
    weights = member_weights(first.converged & second.converged)
    one, two = first.transcript_effects[:, columns], second.transcript_effects[:, columns]
    table = {"gene": genes, "first_effect": weights @ one, "second_effect": weights @ two}
    table |= summarise(one - two, weights, FOLD_CHANGE_MARGIN)
    return sort_by_size(pd.DataFrame(table), "effect", "gene")


def summarise(effects: Array, weights: Array, margin: float = MARGIN) -> dict[str, NDArray[np.generic]]:
    """Summarise effects over members, column by column.

    Parameters
    ----------
    effects : ndarray of float64, shape (members, n)
        Changes of activity or transcript.
    weights : ndarray of float64, shape (members,)
        Sum to 1.
    margin : float
        Changes up to this size count as none, in the unit of the effects.

    Returns
    -------
    dict of str to ndarray
        `EFFECT_COLUMNS`.
    """
    # Row sums of a transposed copy: unlike those of a matrix product, their bits do not depend on the other columns.
    rows = np.ascontiguousarray(effects.T)
    up, down = ((part * weights).sum(axis=1) for part in (rows > margin, rows < -margin))
    low, middle, high = weighted_quantiles(effects, weights, _INTERVAL)
    none = np.clip(1.0 - up - down, 0.0, 1.0)
    direction, probability = _call(up, down, none)
    return dict(zip(EFFECT_COLUMNS, (middle, low, high, up, down, none, direction, probability), strict=True))


def transcript_places(network: Network) -> tuple[list[str], list[int]]:
    """Return the genes whose transcripts a network explains, and the position of each one's node in ``network.names``.

    Parameters
    ----------
    network : Network
        Whose transcripts are meant.
    """
    return list(network.transcripts), [network.index[node] for node in network.transcripts.values()]


def sort_by_size(table: pd.DataFrame, column: str, *then: str) -> pd.DataFrame:
    """Sort a table by the absolute value of a column, the largest first, and ties by other columns.

    Parameters
    ----------
    table : pandas.DataFrame
        Is not changed.
    column : str
        Of numbers.
    *then : str
        Columns that decide ties, ascending.
    """
    return table.assign(_size=-table[column].abs()).sort_values(["_size", *then], ignore_index=True).drop(columns="_size")


def _call(up: Array, down: Array, none: Array) -> tuple[NDArray[np.object_], Array]:
    """Return the outcome that has a probability of at least .5, else ``unsure``, and the largest probability."""
    chances = np.stack([up, down, none])
    largest = chances.max(axis=0)
    # Sums of equal shares differ by rounding, which must not decide a tie: of two outcomes at .5 neither is called.
    tied = (chances > largest - ROUNDING).sum(axis=0) > 1
    names = np.array(["up", "down", "none"], object)[chances.argmax(axis=0)]
    return np.where((largest < 0.5 - ROUNDING) | tied, "unsure", names), largest


def _manifest(network: Network, trial: Trial, effects: Effects) -> Manifest:
    def _plain(part: Perturbation | None) -> dict[str, Any] | None:
        return None if part is None else asdict(part) | {"remaining": part.remaining}

    def _state(context: Context | None) -> dict[str, Any] | None:
        return None if context is None else {"name": context.name, "inputs": context.inputs, "clamps": context.clamps}

    condition, ensemble = trial.condition, trial.ensemble
    done = condition.perturbation
    parameters = {
        "network": network.label,
        "given_study": network.given_study,
        "perturbation": _state(done) if isinstance(done, Context) else _plain(done),
        "background": _plain(condition.background),
        "context": _state(condition.context),
        "engine": trial.engine,
        "members": ensemble.members,
        "settings": ensemble.settings.to_dict(),
        "multistable_members": int(effects.multistable.sum()),
    }
    dropped = effects.lacking | {"members not at rest": int((~effects.converged).sum())}
    return make_manifest("perturb", parameters, {"network": network.digest}, dropped, ensemble.seed)


def check_response(given: object) -> None:
    """Refuse what is no response, saying how to get one.

    Parameters
    ----------
    given : object
        What was given for one.
    """
    check_type("response", given, Response, "a Response (jaknet.perturb)")
