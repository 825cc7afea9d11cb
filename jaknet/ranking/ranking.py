"""`rank`: the downstream genes of a perturbation, how sure each is, and what the data says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from jaknet.errors import check_whole
from jaknet.genes.tables import load_osteoanabolic
from jaknet.network.evidence import route_edges
from jaknet.network.rewire import mixing, rewired_targets
from jaknet.network.routes import shortest_signs
from jaknet.provenance import Manifest, as_seed, make_manifest, sha256_of
from jaknet.ranking.experiments import count_papers, for_and_against, share_rising, with_papers
from jaknet.ranking.observed import join_data
from jaknet.ranking.posterior import Prior
from jaknet.shared_docs import describe
from jaknet.shown import Drawn, notebook_html
from jaknet.simulation.model import STILL, changed_nodes
from jaknet.simulation.response import check_response
from jaknet.simulation.sensitivity import carrying_routes
from jaknet.stats import benjamini_hochberg, empirical_p, smallest_q, weighted_quantiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jaknet.expression.signature import Signature
    from jaknet.network.network import Network
    from jaknet.simulation.response import Response
    from jaknet.simulation.trial import Trial

__all__ = ["RANKING_COLUMNS", "Ranking", "net_effect_text", "net_effects", "rank"]

RANKING_COLUMNS = ["gene", "polarity", "process", "predicted", "predicted_low", "predicted_high", "direction", "p_direction"]
RANKING_COLUMNS += ["topology_p_value", "topology_q_value", "route", "weakest_edge", "weakest_tier", "references"]
RANKING_COLUMNS += ["papers_up", "papers_down", "papers_none", "p_rise"]
RANKING_COLUMNS += ["observed", "observed_statistic", "observed_q_value", "observed_null_p_value", "observed_null_q_value"]
RANKING_COLUMNS += ["agreement", "combined", "p_conjunction", "q_conjunction", "rank"]
RANKING_COLUMNS += ["baseline_shortest_path", "baseline_degree", "baseline_data", "in_network"]
_RENAMED = {"effect": "predicted", "effect_low": "predicted_low", "effect_high": "predicted_high"}
Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Ranking(Drawn, figure="effects"):
    """One row per downstream gene.

    Attributes
    ----------
    table : pandas.DataFrame
        `RANKING_COLUMNS`, best first; docs/ranking.md says what each is.
    net_effects : pandas.DataFrame
        The net osteoanabolic effect by process: ``process`` (all, formation, resorption, mineral
        homeostasis, Wnt), ``median``, ``low``, ``high`` (90 % interval; positive builds bone),
        ``p_anabolic``, ``p_catabolic`` (share of the members, by weight, above and below 0),
        ``n_genes`` (osteoanabolic genes whose transcript the network explains).
    agreement : str
        How far prediction and data agree beyond chance, in a sentence; empty without data.
    order : str
        What the table is sorted by, in words.
    report : dict
        Overlap, floors of p and q, mixing of the topology null, and what could not be computed.
    response : Response
        The prediction.
    observed : pandas.Series
        z-values of the data, by gene; empty without tested data.
    prior : Prior or None
        What links prediction and data.
    data_label : str
        What the data is, such as ``IL22 vs Mock``; empty without data.
    nulls : int
        Rewired networks of the topology null.
    provenance : Manifest
        What was ranked, with which settings and versions.
    """

    table: pd.DataFrame
    net_effects: pd.DataFrame = field(repr=False)
    agreement: str
    order: str
    report: Mapping[str, Any] = field(repr=False)
    response: Response = field(repr=False)
    observed: pd.Series = field(repr=False)
    prior: Prior | None = field(repr=False)
    data_label: str
    nulls: int = field(repr=False)
    provenance: Manifest = field(repr=False)

    @property
    def about(self) -> str:
        """The perturbation and its context."""
        context = self.response.context
        return f"{self.response.label} in {context.name if context else 'the resting state'}"

    @property
    def smallest_topology_q(self) -> float | None:
        """The smallest topology q-value that one gene alone could have; None without nulls."""
        return smallest_q(self.nulls, int(self.table["topology_p_value"].notna().sum())) if self.nulls else None

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table."""
        return self.table.copy()

    def experiments(self) -> pd.DataFrame:
        """List the published experiments for and against the predicted direction of each gene.

        Returns
        -------
        pandas.DataFrame
            As `jaknet.ranking.experiments.for_and_against` says; empty where nobody changed what is perturbed here.
        """
        inside = self.table[self.table["in_network"]].set_index("gene")["direction"]
        return for_and_against(self.response.network, inside, self.response.trial.condition.perturbation)

    def routes(self) -> pd.DataFrame:
        """List the edges of every route, with their evidence.

        Returns
        -------
        pandas.DataFrame
            ``gene``, ``step`` from 1, then as `jaknet.network.evidence.route_edges` says.
        """
        routed = self.table.loc[self.table["route"].fillna("") != "", ["gene", "route"]]
        return route_edges(self.response.network, dict(routed.itertuples(index=False)))

    def stability(self, tops: tuple[int, ...] = (10, 20)) -> pd.DataFrame:
        """Let every member rank the network's genes by itself, and return how often each gene is at the top.

        Parameters
        ----------
        tops : tuple of int
            How many genes count as the top.

        Returns
        -------
        pandas.DataFrame
            ``gene``, ``rank``, ``p_top_10``, ``p_top_20`` (share of the members) and ``rank_low``,
            ``rank_high`` (90 % interval); with data, members differ in the prediction and share the
            observation and what it is worth.
        """
        response, table = self.response, self.table[self.table["in_network"]]
        named = response.network.transcripts
        effects = response.transcript_effects[:, [response.network.index[named[gene]] for gene in table["gene"]]]
        if self.prior is not None:
            effects = self.prior.mean(effects, self.observed.reindex(table["gene"]).to_numpy())
        places = rankdata(-np.abs(effects), axis=1, method="average")
        low, high = weighted_quantiles(places, response.weights, (0.05, 0.95))
        shares = {f"p_top_{top}": response.weights @ (places <= top) for top in tops}
        return pd.DataFrame({"gene": table["gene"], "rank": table["rank"]} | shares | {"rank_low": low, "rank_high": high})

    def summary(self) -> str:
        """Return the net osteoanabolic effect with its parts, the agreement with the data, and the order, one a line."""
        made = f"{self.about}, {self.response.network.study_condition}"
        first, *parts = [net_effect_text(row) for row in self.net_effects.itertuples()]
        lines = [f"net osteoanabolic effect under {made} (log2, positive builds bone): {first}", f"  by process: {'; '.join(parts)}"]
        lines += [self.agreement] if self.agreement else []
        return "\n".join([*lines, f"sorted {self.order}"])

    def __repr__(self) -> str:
        inside, floor = int(self.table["in_network"].sum()), self.smallest_topology_q
        nulls = f"; smallest topology q possible {floor:.3g}" if floor is not None else ""
        extra = f" and {len(self.table) - inside} observed only" if inside < len(self.table) else ""
        return f"Ranking of {inside} genes{extra}{nulls}\n{self.summary()}"

    def _repr_html_(self) -> str:
        shown = ["gene", "process", "predicted", "direction", "p_direction", "observed", "agreement", "route", "rank"]
        return notebook_html(repr(self), self.table[shown], rows=15)


def net_effect_text(row: Any) -> str:
    """Return one net effect as ``formation -0.3 (-1.2 to 0.5; anabolic 31 %, catabolic 68 %; 40 genes)``.

    Parameters
    ----------
    row : namedtuple
        A row of `net_effects`.
    """
    chances = f"anabolic {row.p_anabolic:.0%}, catabolic {row.p_catabolic:.0%}"
    return f"{row.process} {row.median:+.2f} ({row.low:+.2f} to {row.high:+.2f}; {chances}; {row.n_genes} genes)"


@describe
def rank(
    response: Response,
    signature: Signature | None = None,
    nulls: int = 1000,
    seed: int | np.random.Generator = 0,
    null_members: int = 32,
    progress: bool | None = None,
) -> Ranking:
    """Rank the genes downstream of a perturbation, by prediction alone or together with data.

    Without data the genes stand in the order of the size of the predicted change; with data in that of the evidence
    that both hold, the prediction and the same change in the data (``p_conjunction``).

    Parameters
    ----------
    %(response)s
    signature : Signature, optional
        A differential expression result of the network's species over every gene measured. Genes
        outside the network appear as observed only, below those of the network.
    nulls : int
        Rewired networks of the topology null; 0 leaves its columns empty.
    %(seed)s
    null_members : int
        Members that simulate each rewired network; the observed statistic of the test comes from
        the same members, so that observed and null are exchangeable.
    %(progress)s

    Returns
    -------
    Ranking

    Raises
    ------
    SpeciesError
        If the signature is of another species than the network.
    OverlapError
        If the signature holds under a tenth of the network's transcripts.
    InputError
        If the signature was filtered, `nulls` is negative or `null_members` below 1.

    Notes
    -----
    ``topology_p_value`` is two-sided and exact for each gene, ``(b + 1) / (m + 1)`` with b of m
    rewired networks (signed degrees kept, see `jaknet.network.rewire`) moving the gene's
    transcript at least as far on average; NaN for a gene that no rewired network moves.
    ``observed_null_p_value`` asks the same of the observed change in the predicted direction when gene
    labels are permuted within strata of in-degree. ``agreement`` is ``agrees`` or ``disagrees`` where the prediction is up or
    down and the data changed clearly (q <= .05), ``unclear`` where they did not, and empty for any other gene. ``combined`` and
    ``p_conjunction``: `jaknet.ranking.posterior`.

    Examples
    --------
    >>> import jaknet as jn
    >>> net = jn.load_network("osteoblast")
    >>> response = jn.perturb(net, jn.inhibit("JAK1"), context="inflammatory", members=20)
    >>> ranking = jn.rank(response, nulls=0).to_frame().set_index("gene")
    >>> ranking.loc["SOCS3", ["direction", "route"]].tolist()
    ['down', 'JAK1 → IFNGR_JAK1_JAK2 → STAT1 → SOCS3']
    """
    check_response(response)
    check_whole("nulls", nulls, least=0)
    check_whole("null_members", null_members, least=1)
    number = as_seed(seed)
    table = _predict(response)
    trial = response.first(null_members)
    table["topology_p_value"], report = _test_topology(response, trial, nulls, number, progress)
    table["topology_q_value"] = benjamini_hochberg(table["topology_p_value"])
    joined = join_data(table, signature, response.network)
    table, order = _sort(joined.table)
    parameters = {"nulls": nulls, "null_members": trial.ensemble.members, "response": dict(response.provenance.parameters)}
    inputs = dict(response.provenance.inputs) | ({} if signature is None else {"signature": _digest(signature.table)})
    manifest = make_manifest("rank", parameters, inputs, seed=number)
    return Ranking(
        table=table[RANKING_COLUMNS],
        net_effects=net_effects(response),
        agreement=joined.agreement,
        order=order,
        report={**report, **joined.report},
        response=response,
        observed=joined.observed,
        prior=joined.prior,
        data_label=signature.label if signature is not None else "",
        nulls=nulls,
        provenance=manifest,
    )


def _sort(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Put genes of the network first: by the evidence that both hold where there is any, else by the size of the prediction."""
    both = bool(table["p_conjunction"].notna().any())
    keys = table.assign(
        outside=~table["in_network"],
        both=table["p_conjunction"] if both else 0.0,
        size=-table["predicted"].abs().fillna(0.0),
        sure=-table["p_direction"].fillna(0.0),
        seen=-table["baseline_data"].abs().fillna(0.0),
    )
    ordered = keys.sort_values(["outside", "both", "size", "sure", "seen", "gene"], ignore_index=True, na_position="last")
    ordered["rank"] = np.arange(1, len(ordered) + 1)
    by_both = "by the evidence that prediction and data both hold (p_conjunction), then by the size of the predicted change"
    return ordered, by_both if both else "by the size of the predicted change"


def _digest(table: pd.DataFrame) -> str:
    return sha256_of(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())


# --- prediction ---------------------------------------------------------------------------------
def _predict(response: Response) -> pd.DataFrame:
    network, named = response.network, response.network.transcripts
    effects = response.transcripts().set_index("node").loc[list(named.values())].reset_index()
    table = effects.rename(columns=_RENAMED).assign(gene=list(named))
    marked = load_osteoanabolic().set_index("gene")
    table["polarity"] = table["gene"].map(marked["polarity"]).fillna(0).astype(int)
    table["process"] = table["gene"].map(marked["process"]).fillna("")
    wanted = np.sign(table["predicted"].where(table["predicted"].abs() > STILL, 0)).astype(int)
    goals = {node: sign for node, sign in zip(table["node"], wanted, strict=True) if sign}
    routes = carrying_routes(response, goals)
    for column in ("route", "weakest_edge", "weakest_tier", "references"):
        table[column] = table["node"].map(routes[column]).fillna("")
    targets = np.flatnonzero(changed_nodes(response.trial.control, response.trial.treated))
    shortest = shortest_signs(network, {network.names[node]: float(response.mean_effects[node]) for node in targets}).loc[table["node"]]
    table["baseline_shortest_path"] = (shortest["sign"] / shortest["length"]).to_numpy()
    table["baseline_degree"] = _count_regulators(network, table["node"])
    table = table.join(count_papers(network, table["gene"], response.trial.condition.perturbation))
    rising = share_rising(response.transcript_effects[response.weights > 0][:, [network.index[node] for node in table["node"]]])
    table["p_rise"] = with_papers(rising, table["papers_up"], table["papers_down"])
    return table.drop(columns=["node", "kind", "baseline", "perturbed"])


def _count_regulators(network: Network, nodes: pd.Series) -> NDArray[np.int64]:
    edges = network._edges
    counts = edges.loc[edges["layer"] == "transcription", "target"].value_counts()
    return nodes.map(counts).to_numpy(np.int64)


@describe
def net_effects(response: Response) -> pd.DataFrame:
    """Sum polarity times log2 fold change over the osteoanabolic genes, all of them and by process.

    Parameters
    ----------
    %(response)s

    Returns
    -------
    pandas.DataFrame
        As in `Ranking.net_effects`.
    """
    marked = load_osteoanabolic().set_index("gene")
    named = {gene: node for gene, node in response.network.transcripts.items() if gene in marked.index}
    places = np.array([response.network.index[node] for node in named.values()], np.int64)
    marked = marked.loc[list(named)]
    signed = response.transcript_effects[:, places] * marked["polarity"].to_numpy(float)
    rows = []
    for process in ("all", *dict.fromkeys(sorted(marked["process"]))):
        inside = np.ones(len(marked), bool) if process == "all" else (marked["process"] == process).to_numpy()
        net = signed[:, inside].sum(axis=1)
        low, middle, high = weighted_quantiles(net[:, None], response.weights, (0.05, 0.5, 0.95))[:, 0]
        above, below = float(response.weights @ (net > STILL)), float(response.weights @ (net < -STILL))
        rows.append((process, float(middle), float(low), float(high), above, below, int(inside.sum())))
    return pd.DataFrame(rows, columns=["process", "median", "low", "high", "p_anabolic", "p_catabolic", "n_genes"])


# --- topology null ------------------------------------------------------------------------------
def _test_topology(response: Response, trial: Trial, nulls: int, seed: int, progress: bool | None) -> tuple[Array, dict[str, Any]]:
    network = response.network
    nodes = np.array([network.index[node] for node in network.transcripts.values()], np.int64)
    report: dict[str, Any] = {"nulls": nulls, "null_members": trial.ensemble.members, "smallest_topology_q": None}
    if nulls == 0:
        return np.full(len(nodes), np.nan), report
    targets = rewired_targets(network, nulls, seed, exchangeable=True)
    moved = np.abs(trial.null_means(targets, nodes, progress))
    observed = np.abs(trial.mean_transcripts(nodes))
    # Sums of the same terms in another order are a tie, not a smaller effect.
    p_value = empirical_p((moved >= observed - STILL).sum(axis=0), nulls)
    tested = (moved > STILL).any(axis=0)
    report["genes_no_null_moves"] = int((~tested).sum())
    report["smallest_topology_p"] = 1.0 / (nulls + 1)
    report["smallest_topology_q"] = smallest_q(nulls, int(tested.sum()))
    report["overlap_left_by_rewiring"] = mixing(network, targets).set_index("stratum")["overlap"].round(3).to_dict()
    return np.where(tested, p_value, np.nan), report
