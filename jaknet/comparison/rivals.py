"""Who else could explain a signature: every other regulator beside the prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jaknet.comparison.measures import LEVEL, Question
from jaknet.regulation.methods import METHODS, Evidence, t_tail
from jaknet.regulation.regulators import regulator_table
from jaknet.regulation.regulons import network_regulons
from jaknet.stats import benjamini_hochberg, never_zero, variance_inflation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jaknet.network.network import Network
    from jaknet.simulation.response import Response

__all__ = ["RIVAL_COLUMNS", "weigh_rivals"]

RIVAL_COLUMNS = ["regulator", "n_targets", "direction", "statistic", "p_value", "q_value", "joint_statistic", "joint_p_value"]
RIVAL_COLUMNS += ["response_statistic", "variance_explained", "explains_better", "targets"]


def weigh_rivals(
    response: Response, network: Network, question: Question, table: pd.DataFrame, statistic: float, correlation: float
) -> pd.DataFrame:
    """Score every other regulator alone, and beside the response's profile in one regression over all genes.

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
    correlation : float
        Correlation between the targets of a regulator that its p-value allows for.

    Returns
    -------
    pandas.DataFrame
        `RIVAL_COLUMNS`, those that explain the signature better first, then by ``joint_statistic``.
    """
    values = table["statistic"].to_numpy(float)
    regulons = network_regulons(network, table["gene"])
    found = regulator_table(METHODS["ulm"], regulons, Evidence(values[:, None]))
    row = {name: i for i, name in enumerate(regulons.regulators)}
    weights = [regulons.weights[[row[name]]] for name in found["regulator"]]  # sparse: a thousand dense columns would not fit
    inflation = np.array([variance_inflation(one.data / np.linalg.norm(one.data), correlation) for one in weights]).reshape(-1)
    t = found["statistic"].to_numpy(float)
    found["p_value"] = never_zero(t_tail(t / np.sqrt(inflation), len(table) - 2))
    found["q_value"] = benjamini_hochberg(found["p_value"])
    found["variance_explained"] = t**2 / (t**2 + len(table) - 2)
    both = [joint_t(values, question.profiles[0], one.toarray()[0]) for one in weights]
    found["response_statistic"], found["joint_statistic"] = np.array(both).reshape(-1, 2).T
    found["joint_p_value"] = never_zero(t_tail(found["joint_statistic"].to_numpy(float) / np.sqrt(inflation), len(table) - 3))
    stronger = found["joint_statistic"].abs() > found["response_statistic"].abs()
    found["explains_better"] = (found["q_value"] <= LEVEL) & stronger
    found = found[~_mediated(response, found, statistic) & found["statistic"].notna()]
    order = np.lexsort((found["regulator"], -found["joint_statistic"].abs(), ~found["explains_better"]))
    return found.iloc[order].reset_index(drop=True)[RIVAL_COLUMNS]


def _mediated(response: Response, found: pd.DataFrame, statistic: float) -> pd.Series:
    """Regulators that the response moves in the direction seen: they carry its effect and explain nothing else."""
    moved = response.to_frame().set_index("node")
    nodes = response.network.nodes.set_index("node")["gene"]
    symbols = nodes.where(nodes != "", nodes.index)  # a complex stands for itself
    acts = pd.Series(moved["direction"].map({"up": 1.0, "down": -1.0}).fillna(0.0).to_numpy(), symbols.reindex(moved.index).to_numpy())
    acts = acts[acts != 0].groupby(level=0).first()
    return found["regulator"].map(acts) == np.sign(found["statistic"]) * np.sign(statistic)


def joint_t(values: NDArray[np.float64], profile: NDArray[np.float64], regulon: NDArray[np.float64]) -> tuple[float, float]:
    """Return t of a profile and of a regulon in one regression with intercept, from their correlations.

    Parameters
    ----------
    values : ndarray, shape (n_genes,)
        Gene statistics.
    profile, regulon : ndarray, shape (n_genes,)
        What may explain them.
    """
    (_, yp, yr), (_, _, pr) = np.corrcoef([values, profile, regulon])[:2]
    rest = 1 - (yp**2 + yr**2 - 2 * yp * yr * pr) / (1 - pr**2)
    scale = np.sqrt((len(values) - 3) / max(rest * (1 - pr**2), 1e-15))
    return float((yp - yr * pr) * scale), float((yr - yp * pr) * scale)
