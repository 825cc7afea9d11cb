"""`compare`: does a dataset look like a predicted response, its opposite, or neither - and what explains it better?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jaknet.comparison.measures import LEVEL, measure, pose, predict, weigh_rivals
from jaknet.errors import InputError
from jaknet.expression.symbols import require_same_species
from jaknet.provenance import Manifest, as_seed, make_manifest
from jaknet.regulation.rotation import rotation_null, rotation_p
from jaknet.shared_docs import describe
from jaknet.stats import group_bootstrap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jaknet.expression.signature import Signature
    from jaknet.network.network import Network
    from jaknet.simulation.response import Response

__all__ = ["Comparison", "compare", "compare_responses"]


@dataclass(frozen=True)
class Comparison:
    """How a signature agrees with a predicted response.

    Attributes
    ----------
    signature, response : str
        Their labels.
    statistic : float
        The one test: positive if the dataset moves as predicted.
    p_value : float
        The larger of the p that takes genes as independent and the rotation p, where there is one.
    call : str
        ``"like"``, ``"opposite"`` or ``"neither"``.
    rival : str
        The regulator that explains the signature better, or an empty string.
    measures : pandas.DataFrame
        `jaknet.comparison.measures.MEASURE_COLUMNS`: the test, concordance, rank correlation and pathway footprints (t in the
        joint model of all pathways, as ``regulators(..., method="mlm")`` gives it).
    genes : pandas.DataFrame
        Every predicted and measured gene: ``gene``, ``predicted_effect``, ``direction``,
        ``p_direction``, ``statistic``, ``agrees``.
    rivals : pandas.DataFrame
        Other regulators beside the response in one regression; see `compare`.
    provenance : Manifest
        What was compared, with which settings and versions.
    """

    signature: str
    response: str
    statistic: float
    p_value: float
    call: str
    rival: str
    measures: pd.DataFrame = field(repr=False)
    genes: pd.DataFrame = field(repr=False)
    rivals: pd.DataFrame = field(repr=False)
    provenance: Manifest = field(repr=False)

    @property
    def verdict(self) -> str:
        """The answer in one sentence, with the rival explanation if there is one."""
        said = {"like": "looks like", "opposite": "looks like the opposite of", "neither": "looks neither like nor unlike"}[self.call]
        text = f"{self.signature or 'The dataset'} {said} {self.response} (statistic {self.statistic:.1f}, p = {self.p_value:.2g})"
        alone = float(self.measures["p_value"].iloc[0])
        if self.call == "neither" and alone <= LEVEL:
            lean = "its way" if self.statistic > 0 else "the opposite way"
            text += f"; the genes lean {lean} (p = {alone:.1g} if they were independent), but replicates differ as much among themselves"
        for row in self.measures[self.measures["expected"].isin(["up", "down"]) & (self.measures["p_value"] <= LEVEL)].itertuples():
            text += f"; {row.measure} {'higher' if row.estimate > 0 else 'lower'} (t = {row.estimate:.1f})"
        if self.rival:
            rival = self.rivals.set_index("regulator").loc[self.rival]
            beside = f"t = {rival['joint_statistic']:.1f} against {rival['response_statistic']:.1f} beside each other"
            text += f"; {self.rival} {rival['direction']} explains it better ({beside})"
        return text + "."

    def to_frame(self) -> pd.DataFrame:
        """Return the measures, one a row."""
        return self.measures.copy()

    def __repr__(self) -> str:
        return f"Comparison: {self.verdict}"

    def _repr_html_(self) -> str:
        return f"<p><b>{self.verdict}</b></p>{self.measures.to_html(index=False)}"


@describe
def compare(
    signature: Signature,
    response: Response,
    rivals: Network | None = None,
    *,
    rotations: int = 1000,
    seed: int | np.random.Generator = 0,
    progress: bool | None = None,
) -> Comparison:
    r"""Ask whether a dataset looks like a predicted response, by one test.

    The test projects the gene statistics on one profile: the predicted changes of transcripts,
    scaled to length 1, plus the footprint of each pathway that the response surely moves (JAK-STAT
    by STAT1 and STAT3, WNT by beta-catenin), freed of what the other pathways explain, scaled
    likewise and signed as predicted. With :math:`r` the correlation of profile and statistics over
    the n genes that either says something about,

    .. math:: t = r \sqrt{(n - 2)/(1 - r^2)}

    Its p takes genes as independent; the rotation p (Wu 2010) keeps their correlation, and the
    larger counts. Concordance is the share of the predicted genes with q <= .05 (at least ten: those
    with the largest absolute statistic) that changed as predicted, with its exact interval.

    A rival is a regulator that the response does not move in the direction seen. Each is put
    beside the response's profile in one regression over all genes; it explains the signature better
    if it is significant (q <= .05) and has the larger absolute t of the two.

    Parameters
    ----------
    %(signature)s
    %(response)s
    rivals : Network, optional
        Where rivals are looked for; the response's network by default.
    %(rotations)s
    %(seed)s
    %(progress)s

    Returns
    -------
    Comparison

    Raises
    ------
    SpeciesError
        If signature and network are of different species.
    OverlapError
        If fewer than ten genes that are predicted to change were measured.

    References
    ----------
    Schubert et al. 2018, Nat Commun 9:20 (footprints); Wu et al. 2010, Bioinformatics 26:2176.

    Examples
    --------
    >>> import jaknet as jn
    >>> net = jn.load_network("osteoblast")
    >>> response = jn.perturb(net, jn.inhibit("JAK1"), context="inflammatory", members=50)
    >>> table = response.transcripts().rename(columns={"effect": "log2_fold_change"})
    >>> table["statistic"] = -20 * table["log2_fold_change"]
    >>> signature = jn.Signature(table.assign(p_value=0.5, q_value=0.5), label="mirror image")
    >>> compare(signature, response).call
    'opposite'
    """
    network = rivals or response.network
    for one in (response.network, network):
        require_same_species(signature, one.species, one.label)
    table, turned, dropped = signature.testable()
    values, number = table["statistic"].to_numpy(float), as_seed(seed)
    question = pose(response, table)
    observed = question.score(values[:, None])[:, 0]
    rotated = np.full(len(observed), np.nan)
    if turned is not None and rotations:
        rotated = rotation_p(*rotation_null(turned, question.score, rotations, number, progress))
    measures = measure(question, values, observed, rotated)
    test = measures.iloc[0]
    p = float(np.nanmax([test["p_value"], test["rotation_p_value"]]))
    call = "neither" if p > LEVEL else "like" if test["estimate"] > 0 else "opposite"
    others = weigh_rivals(response, network, question, table, test["estimate"])
    better = others.loc[others["explains_better"], "regulator"]
    genes = question.predicted.assign(statistic=values[question.inside])
    genes["agrees"] = np.sign(genes["statistic"]) == np.sign(genes["predicted_effect"])
    settings = {"signature": signature.label, "response": response.label, "rotations": rotations, "rivals": network.label}
    return Comparison(
        signature=signature.label,
        response=response.label,
        statistic=float(test["estimate"]),
        p_value=p,
        call=call,
        rival="" if better.empty else str(better.iloc[0]),
        measures=measures,
        genes=genes.reset_index(drop=True),
        rivals=others,
        provenance=make_manifest("compare", settings, {"network": response.network.digest}, dropped, number),
    )


@describe
def compare_responses(
    signature: Signature, responses: Mapping[str, Response], draws: int = 2000, seed: int | np.random.Generator = 0
) -> pd.DataFrame:
    """Contrast how well several responses (drugs, doses, contexts) agree with one dataset.

    Inhibitors of one family predict nearly the same genes, so a test for each would count one
    finding many times. Here the agreement of each (correlation of predicted effects with gene
    statistics, over all genes that any response predicts) and its difference from the first carry
    an interval from resampling the same genes for all.

    Parameters
    ----------
    %(signature)s
    responses : mapping of str to Response
        Label -> response; the first is the reference.
    draws : int
        Number of bootstrap samples.
    %(seed)s

    Returns
    -------
    pandas.DataFrame
        ``response``, ``agreement``, ``low``, ``high``, ``difference``, ``difference_low``,
        ``difference_high`` (95 % intervals), ``n_genes``.

    Raises
    ------
    InputError
        Without responses.
    SpeciesError, OverlapError
        As in `compare`.

    Examples
    --------
    >>> import jaknet as jn
    >>> net = jn.load_network("osteoblast")
    >>> arms = {
    ...     drug: jn.perturb(net, jn.load_drug(drug).at("1 uM"), context="inflammatory", members=50)
    ...     for drug in ("tofacitinib", "baricitinib")
    ... }
    >>> table = arms["tofacitinib"].transcripts().rename(columns={"effect": "log2_fold_change"})
    >>> table["statistic"] = 20 * arms["tofacitinib"].mean_transcript_effects[arms["tofacitinib"].transcribed]
    >>> signature = jn.Signature(table.assign(p_value=0.5, q_value=0.5))
    >>> compare_responses(signature, arms, draws=100)["agreement"].round(2).tolist()[0]
    1.0
    """
    if not responses:
        raise InputError("there is no response to compare. Give a mapping of label to response.")
    table, _, _ = signature.testable()
    columns = {}
    for label, response in responses.items():
        require_same_species(signature, response.network.species, response.network.label)
        columns[label] = predict(response, table["gene"]).set_index("gene")["predicted_effect"]
    effects = pd.DataFrame(columns).fillna(0.0).sort_index()
    values = table.set_index("gene")["statistic"].reindex(effects.index).to_numpy(float)
    resamples = np.vstack([np.ones(len(effects)), group_bootstrap(effects.index.to_numpy(str), draws, seed)])
    agreement = np.column_stack([_weighted_correlation(effects[label].to_numpy(), values, resamples) for label in columns])
    difference = agreement - agreement[:, :1]
    (low, high), (apart_low, apart_high) = (np.nanquantile(part[1:], [0.025, 0.975], axis=0) for part in (agreement, difference))
    found = {"agreement": agreement[0], "low": low, "high": high, "difference": difference[0]}
    found |= {"difference_low": apart_low, "difference_high": apart_high, "n_genes": len(effects)}
    return pd.DataFrame({"response": list(columns)} | found)


def _weighted_correlation(x: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    share = weights / weights.sum(axis=1, keepdims=True)
    x_mean, y_mean = share @ x, share @ y
    covariance = share @ (x * y) - x_mean * y_mean
    spread = (share @ x**2 - x_mean**2) * (share @ y**2 - y_mean**2)
    return np.divide(covariance, np.sqrt(np.maximum(spread, 0)), out=np.full(len(share), np.nan), where=spread > 1e-300)
