"""What `compare` measures: prediction and footprints beside a signature, agreement, rivals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import binomtest, rankdata

from jaknet.errors import OverlapError, few
from jaknet.regulation.methods import METHODS, Evidence, t_tail
from jaknet.regulation.regulators import regulator_table
from jaknet.regulation.regulons import Regulons, footprint_network, network_regulons
from jaknet.simulation.model import STILL
from jaknet.simulation.settings import MARGIN
from jaknet.stats import clopper_pearson, never_zero

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jaknet.network.network import Network
    from jaknet.simulation.response import Response

__all__ = ["LEVEL", "MEASURE_COLUMNS", "RIVAL_COLUMNS", "Question", "measure", "pose", "predict", "weigh_rivals"]

MEASURE_COLUMNS = ["measure", "expected", "estimate", "low", "high", "chance", "n_genes", "p_value", "rotation_p_value"]
RIVAL_COLUMNS = ["regulator", "n_targets", "direction", "statistic", "p_value", "q_value"]
RIVAL_COLUMNS += ["joint_statistic", "response_statistic", "explains_better", "targets"]
#: PROGENy pathway -> nodes whose predicted activity says which way its footprint should go.
_MARKERS = {"JAK-STAT": ("STAT1", "STAT3"), "WNT": ("CTNNB1",)}
_SURE = 0.9
LEVEL = 0.05
_LEAST_GENES = 10


class Footprint(NamedTuple):
    """A pathway in the joint model of all pathways: its t, the p of that, and its measured genes."""

    t: float
    p_value: float
    n_genes: int


@dataclass(frozen=True)
class Question:
    """What is compared, as arrays over the measured genes that the prediction or a footprint concerns.

    Attributes
    ----------
    predicted : pandas.DataFrame
        The measured genes that are predicted to change, as `predict` gives them.
    changed : int
        How many of them, those with the largest absolute statistic, concordance looks at.
    universe : ndarray of int64
        Rows of the signature that the prediction or a footprint concerns.
    inside : ndarray of int64
        Row of the signature of each predicted gene.
    profiles : ndarray, shape (1 + n_pathways, len(universe))
        The profile of the test, then the footprint of each pathway.
    footprints : mapping of str to Footprint
        Pathway -> its activity in the signature.
    expected : mapping of str to float
        Pathway -> mean predicted change, where the response surely moves it.
    """

    predicted: pd.DataFrame
    changed: int
    universe: NDArray[np.int64]
    inside: NDArray[np.int64]
    profiles: NDArray[np.float64]
    footprints: Mapping[str, Footprint]
    expected: Mapping[str, float]

    def score(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the test, concordance and rank correlation, then the footprints; shape (3 + n_pathways, n).

        Parameters
        ----------
        values : ndarray, shape (n_genes, n)
            Gene statistics of one or more signatures.
        """
        part = values[self.universe]
        linear = self.profiles @ (part - part.mean(axis=0))
        own = values[self.inside]
        effect = self.predicted["predicted_effect"].to_numpy()
        return np.vstack([linear[:1], _concordance(effect, own, self.changed) - 0.5, _rank_correlation(effect, own), linear[1:]])


def predict(response: Response, genes: pd.Series) -> pd.DataFrame:
    """Return the measured genes whose transcript is predicted to change.

    Parameters
    ----------
    response : Response
        The prediction.
    genes : pandas.Series
        Every gene measured.

    Returns
    -------
    pandas.DataFrame
        ``gene``, ``predicted_effect`` (mean log2 fold change), ``direction``, ``p_direction``.

    Raises
    ------
    OverlapError
        If there are fewer than ten.
    """
    table = response.transcripts()
    table = table.assign(predicted_effect=response.mean_transcript_effects[response.transcribed])
    table = table[(table["direction"] != "none") & (table["predicted_effect"].abs() > STILL)]
    table = table.sort_values(["gene", "p_direction"], ascending=[True, False]).drop_duplicates("gene")
    measured = table[table["gene"].isin(set(genes))]
    if len(measured) < _LEAST_GENES:
        message = (
            f"{len(measured)} of the {len(table)} genes that {response.label} should change were measured, "
            f"fewer than {_LEAST_GENES}; the signature has {few(genes, 3)}. Check identifiers and species, or the context."
        )
        raise OverlapError(message)
    return measured[["gene", "predicted_effect", "direction", "p_direction"]].reset_index(drop=True)


def pose(response: Response, table: pd.DataFrame) -> Question:
    """Put the prediction and the footprints side by side over the genes that either concerns.

    Parameters
    ----------
    response : Response
        The prediction.
    table : pandas.DataFrame
        ``gene``, ``statistic`` and ``q_value`` of every gene with a statistic.
    """
    predicted = predict(response, table["gene"])
    inside = pd.Index(table["gene"]).get_indexer(predicted["gene"]).astype(np.int64)
    regulons = _footprint_regulons(table["gene"])
    columns = regulons.weights.T.toarray() if regulons else np.zeros((len(table), 0))
    names = regulons.regulators if regulons else ()
    universe = np.union1d(inside, np.flatnonzero(columns.any(axis=1)))
    transcripts = np.zeros(len(table))
    transcripts[inside] = predicted["predicted_effect"]
    profile = transcripts[universe] / np.linalg.norm(transcripts)
    expected = _expected_pathways(response)
    shown = tuple(name for name in _MARKERS if name in names)
    parts = [_partial_footprint(columns[universe], names.index(name)) for name in shown]
    for name, part in zip(shown, parts, strict=True):
        profile = profile + np.sign(expected.get(name, 0.0)) * part
    footprints = _score_footprints(regulons, table["statistic"].to_numpy(float), shown) if regulons else {}
    significant = int((table["q_value"].to_numpy(float)[inside] <= LEVEL).sum())
    changed = max(significant, min(_LEAST_GENES, len(inside)))
    return Question(predicted, changed, universe, inside, np.vstack([profile, *parts]), footprints, expected)


def _footprint_regulons(genes: pd.Series) -> Regulons | None:
    """PROGENy over the measured genes; None for panels that hold too few of its genes."""
    try:
        return network_regulons(footprint_network(), genes)
    except OverlapError:
        return None


def _partial_footprint(weights: NDArray[np.float64], pathway: int) -> NDArray[np.float64]:
    """One pathway's column of the weights (genes by pathways) without what intercept and other pathways explain, scaled to length 1.

    Its product with the gene statistics is proportional to the pathway's coefficient in the joint
    model (Frisch-Waugh).
    """
    others = np.column_stack([np.ones(len(weights)), np.delete(weights, pathway, axis=1)])
    explained = np.linalg.lstsq(others.T @ others, others.T @ weights[:, pathway], rcond=None)[0]
    rest = weights[:, pathway] - others @ explained
    return rest / np.linalg.norm(rest)


def _score_footprints(regulons: Regulons, values: NDArray[np.float64], pathways: tuple[str, ...]) -> dict[str, Footprint]:
    scores = METHODS["mlm"].score(Evidence(values[:, None]), regulons)
    rows = {name: regulons.regulators.index(name) for name in pathways}
    statistic, p_value, sizes = scores.statistic[:, 0], scores.p_value[:, 0], regulons.sizes
    return {name: Footprint(float(statistic[row]), float(p_value[row]), int(sizes[row])) for name, row in rows.items()}


def _expected_pathways(response: Response) -> dict[str, float]:
    """Mean predicted change of the pathways that the response surely moves."""
    table = response.to_frame().assign(mean=response.mean_effects).set_index("node")
    out = {}
    for pathway, markers in _MARKERS.items():
        rows = table.reindex([node for node in markers if node in table.index])
        beyond = rows["mean"].abs() >= MARGIN
        sure = rows[beyond & rows["direction"].isin(["up", "down"]) & (rows["p_direction"] >= _SURE)]
        if len(sure):
            out[pathway] = float(sure["mean"].mean())
    return out


def _concordance(effect: NDArray[np.float64], values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Share of the most changed genes, by column, whose sign is the predicted one."""
    clear = np.argsort(-np.abs(values), axis=0, kind="stable")[:count]
    return np.mean(np.sign(np.take_along_axis(values, clear, axis=0)) == np.sign(effect)[clear], axis=0)


def _rank_correlation(effect: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    ranks, target = rankdata(values, axis=0), rankdata(effect)
    ranks, target = ranks - ranks.mean(axis=0), target - target.mean()
    return target @ ranks / np.maximum(np.linalg.norm(ranks, axis=0) * np.linalg.norm(target), 1e-300)


def measure(question: Question, values: NDArray[np.float64], observed: NDArray[np.float64], rotated: NDArray[np.float64]) -> pd.DataFrame:
    """Return the measures of agreement, one row each.

    Parameters
    ----------
    question : Question
        What is compared.
    values : ndarray, shape (n_genes,)
        The statistic of every measured gene.
    observed : ndarray, shape (n_scores,)
        `Question.score` of `values`.
    rotated : ndarray, shape (n_scores,)
        p-values by rotation, NaN where there are none.

    Returns
    -------
    pandas.DataFrame
        `MEASURE_COLUMNS`.
    """
    part, own = values[question.universe], values[question.inside]
    effect = question.predicted["predicted_effect"].to_numpy()
    count = question.changed
    hits = round((observed[1] + 0.5) * count)
    clear = np.argsort(-np.abs(own), kind="stable")[:count]
    rising, predicted_up = np.mean(own[clear] > 0), np.mean(effect[clear] > 0)
    chance = rising * predicted_up + (1 - rising) * (1 - predicted_up)
    low, high = clopper_pearson(hits, count)
    rank = float(np.clip(observed[2], -1 + 1e-9, 1 - 1e-9))
    t_rank = rank * np.sqrt((len(own) - 2) / max(1 - rank**2, 1e-12))
    # Fisher's z with the variance of Bonett & Wright 2000
    reach = 1.96 * np.sqrt((1 + rank**2 / 2) / max(len(own) - 3, 1))
    rows: list[tuple[object, ...]] = [
        ("effect", "positive", _t_of(question.profiles[0], part), np.nan, np.nan, 0.0, len(part)),
        ("concordance", "above chance", hits / count, float(low), float(high), chance, count),
        ("rank_correlation", "positive", rank, np.tanh(np.arctanh(rank) - reach), np.tanh(np.arctanh(rank) + reach), 0.0, len(own)),
    ]
    p = [_tail(rows[0][2], len(part) - 2), binomtest(hits, count, chance).pvalue, _tail(t_rank, len(own) - 2)]
    for name, found in question.footprints.items():
        moved = np.sign(question.expected.get(name, 0.0))
        rows.append((f"footprint {name}", {1: "up", -1: "down"}.get(int(moved), "none"), found.t, np.nan, np.nan, 0.0, found.n_genes))
        p.append(found.p_value)
    table = pd.DataFrame(rows, columns=MEASURE_COLUMNS[:-2])
    return table.assign(p_value=never_zero(p), rotation_p_value=rotated)


def _t_of(profile: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    r = np.corrcoef(profile, values)[0, 1]
    return float(r * np.sqrt((len(values) - 2) / max(1 - r * r, 1e-15)))


def _tail(t: object, df: int) -> float:
    return float(t_tail(np.array([t], float), df)[0])


def weigh_rivals(response: Response, network: Network, question: Question, table: pd.DataFrame, statistic: float) -> pd.DataFrame:
    """Score every other regulator alone, and beside the response's profile in one regression.

    Parameters
    ----------
    response : Response
        The prediction; regulators that it moves in the direction seen are no rivals.
    network : Network
        Where rivals are looked for.
    question : Question
        What is compared.
    table : pandas.DataFrame
        ``gene`` and ``statistic`` of every gene with a statistic.
    statistic : float
        Of the test: its sign says whether the dataset goes the response's way.

    Returns
    -------
    pandas.DataFrame
        `RIVAL_COLUMNS`, those that explain the signature better first.
    """
    values = table["statistic"].to_numpy(float)
    regulons = network_regulons(network, table["gene"])
    found = regulator_table(METHODS["ulm"], regulons, Evidence(values[:, None]))
    moved = response.to_frame().set_index("node")
    nodes = response.network.nodes.set_index("node")["gene"]
    symbols = nodes.where(nodes != "", nodes.index)  # a complex stands for itself
    acts = pd.Series(np.where(moved["direction"] == "none", 0.0, np.sign(response.mean_effects)), symbols.reindex(moved.index).to_numpy())
    acts = acts[acts != 0].groupby(level=0).first()
    mediated = found["regulator"].map(acts) == np.sign(found["statistic"]) * np.sign(statistic)
    found = found[~mediated & found["statistic"].notna()].reset_index(drop=True)
    profile = np.zeros(len(table))
    profile[question.universe] = question.profiles[0]
    row = {name: i for i, name in enumerate(regulons.regulators)}
    both = [_joint_t(values, profile, regulons.weights[[row[name]]].toarray()[0]) for name in found["regulator"]]
    found["response_statistic"], found["joint_statistic"] = np.array(both).reshape(-1, 2).T
    stronger = found["joint_statistic"].abs() > found["response_statistic"].abs()
    found["explains_better"] = (found["q_value"] <= LEVEL) & stronger
    order = np.lexsort((found["regulator"], -found["joint_statistic"].abs(), ~found["explains_better"]))
    return found.iloc[order].reset_index(drop=True)[RIVAL_COLUMNS]


def _joint_t(values: NDArray[np.float64], profile: NDArray[np.float64], regulon: NDArray[np.float64]) -> tuple[float, float]:
    """t of the profile and of the regulon in one regression with intercept, from their correlations."""
    (_, yp, yr), (_, _, pr) = np.corrcoef([values, profile, regulon])[:2]
    rest = 1 - (yp**2 + yr**2 - 2 * yp * yr * pr) / (1 - pr**2)
    scale = np.sqrt((len(values) - 3) / max(rest * (1 - pr**2), 1e-15))
    return float((yp - yr * pr) * scale), float((yr - yp * pr) * scale)
