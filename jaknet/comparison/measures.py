"""What `compare` measures: the predicted genes and the outputs of pathways, each as a profile over genes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jaknet.errors import OverlapError, few
from jaknet.regulation.methods import t_tail
from jaknet.regulation.regulons import Regulons, footprint_network, network_regulons
from jaknet.simulation.settings import MARGIN
from jaknet.stats import clopper_pearson, never_zero, variance_inflation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jaknet.simulation.response import Response

__all__ = ["LEVEL", "MEASURE_COLUMNS", "PATHWAYS", "Question", "called_genes", "measure", "pose", "profile_t", "sure_genes"]

MEASURE_COLUMNS = ["measure", "expected", "estimate", "low", "high", "chance", "variance_explained", "n_genes"]
MEASURE_COLUMNS += ["p_value", "competitive_p_value", "rotation_p_value"]
#: PROGENy pathway -> the node whose predicted activity says which way its footprint should go. The JAK-STAT footprint is
#: made of interferon genes, so that STAT1 stands for it: a loss of STAT3 does not lower it.
PATHWAYS = {"JAK-STAT": "STAT1", "WNT": "CTNNB1"}
LEVEL = 0.05
_SURE = 0.9
_LEAST_GENES = 10
_FEWEST_GENES = 5


@dataclass(frozen=True)
class Question:
    """What is compared, as profiles over all measured genes.

    Attributes
    ----------
    predicted : pandas.DataFrame
        The measured genes that the response surely moves, as `sure_genes` gives them.
    inside : ndarray of int64
        Row of the signature of each of them.
    changed : int
        How many of them, those with the largest absolute statistic, concordance looks at.
    names, expected : tuple of str
        Of each profile: ``whole``, ``predicted genes``, then the pathways; ``positive`` of the first two, else ``up``, ``down`` or empty.
    sizes : tuple of int
        Genes of each profile.
    profiles : ndarray, shape (n_profiles, n_genes)
        Each of mean 0 and length 1, rows of the signature.
    """

    predicted: pd.DataFrame
    inside: NDArray[np.int64]
    changed: int
    names: tuple[str, ...]
    expected: tuple[str, ...]
    sizes: tuple[int, ...]
    profiles: NDArray[np.float64]

    def score(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the product of each profile with gene statistics, then concordance less a half; shape (n_profiles + 1, n).

        Parameters
        ----------
        values : ndarray, shape (n_genes, n)
            Gene statistics of one or more signatures.
        """
        sign = np.where(self.predicted["direction"] == "up", 1.0, -1.0)
        agreement = _concordance(sign, values[self.inside], self.changed) - 0.5
        return np.vstack([self.profiles @ values, agreement])


def called_genes(response: Response, genes: pd.Series) -> pd.DataFrame:
    """Return the measured genes whose transcript is called up or down, each once, by its surest form.

    Parameters
    ----------
    response : Response
        The prediction.
    genes : pandas.Series
        Every gene measured.

    Returns
    -------
    pandas.DataFrame
        ``gene``, ``effect``, ``direction``, ``p_direction``, sorted by gene.

    Raises
    ------
    OverlapError
        If there are fewer than five.
    """
    table = response.transcripts()
    called = table[table["direction"].isin(["up", "down"])]
    called = called.sort_values(["gene", "p_direction"], ascending=[True, False]).drop_duplicates("gene")
    measured = called[called["gene"].isin(set(genes))]
    if len(measured) < _FEWEST_GENES:
        message = (
            f"{len(measured)} of the {len(called)} genes that {response.label} should move up or down were measured, "
            f"fewer than {_FEWEST_GENES}; the signature has {few(genes, 3)}. Check identifiers and species, or the context."
        )
        raise OverlapError(message)
    return measured[["gene", "effect", "direction", "p_direction"]].reset_index(drop=True)


def sure_genes(response: Response, genes: pd.Series) -> pd.DataFrame:
    """Return the measured genes whose transcript the response surely moves.

    These are the genes called up or down with a probability of at least .9; if fewer than ten of them were
    measured, the ten with the highest.

    Parameters
    ----------
    response : Response
        The prediction.
    genes : pandas.Series
        Every gene measured.

    Returns
    -------
    pandas.DataFrame
        ``gene``, ``direction``, ``p_direction``, the surest first.

    Raises
    ------
    OverlapError
        If fewer than five genes that are called up or down were measured.
    """
    ranked = called_genes(response, genes).sort_values(["p_direction", "gene"], ascending=[False, True], ignore_index=True)
    sure = max(int((ranked["p_direction"] >= _SURE).sum()), _LEAST_GENES)
    return ranked[["gene", "direction", "p_direction"]].head(sure)


def pose(response: Response, table: pd.DataFrame) -> Question:
    """Put the prediction and the footprints of pathways side by side, each as a profile over all measured genes.

    Parameters
    ----------
    response : Response
        The prediction.
    table : pandas.DataFrame
        ``gene``, ``statistic`` and ``q_value`` of every gene with a statistic.
    """
    predicted = sure_genes(response, table["gene"])
    inside = pd.Index(table["gene"]).get_indexer(predicted["gene"]).astype(np.int64)
    regulons = _footprint_regulons(table["gene"])
    columns = regulons.weights.T.toarray() if regulons else np.zeros((len(table), 0))
    moved = np.zeros(len(table))
    moved[inside] = np.where(predicted["direction"] == "up", 1.0, -1.0)
    expected = _expected_outputs(response)
    shown = [name for name in PATHWAYS if regulons and name in regulons.regulators]
    outputs = [_partial_footprint(columns, regulons.regulators.index(name)) for name in shown] if regulons else []
    parts = [_unit(moved), *(expected.get(name, 0) * part for name, part in zip(shown, outputs, strict=True))]
    whole = _unit(np.sum(parts, axis=0))
    significant = int((table["q_value"].to_numpy(float)[inside] <= LEVEL).sum())
    of_pathways = [int((columns[:, regulons.regulators.index(name)] != 0).sum()) for name in shown] if regulons else []
    told = tuple({1: "up", -1: "down"}.get(expected.get(name, 0), "") for name in shown)
    return Question(
        predicted,
        inside,
        max(significant, min(_LEAST_GENES, len(inside))),
        ("whole", "predicted genes", *shown),
        ("positive", "positive", *told),
        (len(table), len(inside), *of_pathways),
        np.vstack([whole, parts[0], *outputs]),
    )


def _unit(profile: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = profile - profile.mean()
    return centred / np.linalg.norm(centred)


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
    return _unit(weights[:, pathway] - others @ explained)


def _expected_outputs(response: Response) -> dict[str, int]:
    """Sign of the change of each pathway that the response surely moves."""
    table = response.to_frame().set_index("node")
    rows = {pathway: table.loc[node] for pathway, node in PATHWAYS.items() if node in table.index}
    sure = {name: row for name, row in rows.items() if row["p_direction"] >= _SURE and abs(row["effect"]) >= MARGIN}
    return {name: {"up": 1, "down": -1}[row["direction"]] for name, row in sure.items() if row["direction"] in ("up", "down")}


def _concordance(sign: NDArray[np.float64], values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Share of the most changed genes, by column, whose sign is the predicted one."""
    clear = np.argsort(-np.abs(values), axis=0, kind="stable")[:count]
    return np.mean(np.sign(np.take_along_axis(values, clear, axis=0)) == sign[clear], axis=0)


def profile_t(profile: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    """Return Student's t of the correlation of a profile with gene statistics, as if genes were independent.

    Parameters
    ----------
    profile : ndarray, shape (n_genes,)
        Of mean 0 and length 1.
    values : ndarray, shape (n_genes,)
        Gene statistics.
    """
    centred = values - values.mean()
    r = float(profile @ centred / np.linalg.norm(centred))
    return float(r * np.sqrt((len(values) - 2) / max(1 - r * r, 1e-15)))


def measure(question: Question, values: NDArray[np.float64], rotated: NDArray[np.float64] | None, correlation: float) -> pd.DataFrame:
    """Return the measures of agreement, one row each.

    Parameters
    ----------
    question : Question
        What is compared.
    values : ndarray, shape (n_genes,)
        The statistic of every measured gene.
    rotated : ndarray, shape (n_profiles + 1,), optional
        p-values of `Question.score` by rotation.
    correlation : float
        Correlation between the genes of a profile that the competitive test allows for.

    Returns
    -------
    pandas.DataFrame
        `MEASURE_COLUMNS`; concordance comes last. ``variance_explained`` is a share of the variance over all measured genes;
        ``chance`` of concordance is what the rises and falls of all genes that changed as much would give.
    """
    size = len(values)
    t = np.array([profile_t(profile, values) for profile in question.profiles])
    estimate = t / np.sqrt([variance_inflation(profile, correlation) for profile in question.profiles])
    rows = pd.DataFrame({"measure": question.names, "expected": question.expected, "estimate": estimate, "chance": 0.0})
    rows = rows.assign(variance_explained=t**2 / (t**2 + size - 2), n_genes=question.sizes)
    table = pd.concat([rows, _concordance_row(question, values)], ignore_index=True)
    competitive = never_zero(np.append(t_tail(estimate, size - 2), np.nan))
    rotation = np.full(len(table), np.nan) if rotated is None else rotated
    larger = np.fmax(competitive, rotation)
    table = table.assign(p_value=larger, competitive_p_value=competitive, rotation_p_value=rotation)
    return table.reindex(columns=MEASURE_COLUMNS)


def _concordance_row(question: Question, values: NDArray[np.float64]) -> pd.DataFrame:
    own, count = values[question.inside], question.changed
    sign = np.where(question.predicted["direction"] == "up", 1.0, -1.0)
    share = float(_concordance(sign, own[:, None], count)[0])
    clear = np.argsort(-np.abs(own), kind="stable")[:count]
    # Of genes anywhere that changed as much: a dataset in which most of them rise agrees with every prediction of rises.
    rising = np.mean(values[np.abs(values) >= np.abs(own[clear]).min()] > 0)
    up = np.mean(sign[clear] > 0)
    low, high = clopper_pearson(round(share * count), count)
    row = {"measure": "concordance", "expected": "above chance", "estimate": share, "low": float(low), "high": float(high)}
    return pd.DataFrame([row | {"chance": rising * up + (1 - rising) * (1 - up), "n_genes": count}])
