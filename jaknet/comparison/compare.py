"""`compare`: does a dataset look like a predicted response, its opposite, or neither - and what explains it better?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jaknet.comparison.measures import LEVEL, called_genes, measure, pose
from jaknet.comparison.rivals import weigh_rivals
from jaknet.errors import InputError, check_type, check_whole
from jaknet.expression.signature import check_signature, require_same_species
from jaknet.network.io.read import as_network
from jaknet.provenance import Manifest, as_seed, make_manifest
from jaknet.regulation.rotation import rotation_null, rotation_p
from jaknet.shared_docs import describe
from jaknet.shown import Drawn, notebook_html
from jaknet.simulation.response import check_response
from jaknet.stats import group_bootstrap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jaknet.expression.signature import Signature
    from jaknet.network.network import Network
    from jaknet.simulation.response import Response

__all__ = ["CORRELATION_OF_NOISE", "CORRELATION_OF_SETS", "Comparison", "compare", "compare_responses"]

#: Correlation between genes of one programme that a competitive test allows for: beside a rotation, which keeps the noise's own
#: correlation, that of limma's cameraPR; without samples what splits of untreated replicates show of cytokine programmes.
CORRELATION_OF_SETS, CORRELATION_OF_NOISE = 0.01, 0.04
_ASIDE = 1.0  # standard errors on the other side of 0 from which the output of a pathway contradicts the whole
_SAID = {"like": "like", "opposite": "the opposite of", "neither": "neither like nor unlike"}


@dataclass(frozen=True)
class Comparison(Drawn, figure="concordance"):
    """How a signature agrees with a predicted response.

    Attributes
    ----------
    signature, response : str
        Their labels.
    statistic : float
        The one test, in standard errors: positive if the dataset moves as predicted.
    p_value : float
        The one to go by: the larger of the competitive p and, where there are samples, the rotation p. NaN where fold changes alone
        were given.
    call : str
        ``"like"``, ``"opposite"`` or ``"neither"``.
    contradicted : str
        Parts of the prediction that move against the rest, which forbids a call; an empty string if there are none.
    rival : str
        The regulator that explains the signature better, or an empty string; none is named where fold changes alone were given.
    variance_explained : float
        Share of the variance of the gene statistics, over all genes, that the prediction explains.
    correlation : float
        Correlation between genes that the competitive test allowed for.
    measures : pandas.DataFrame
        `jaknet.comparison.measures.MEASURE_COLUMNS`: the test (``whole``), its parts (``predicted genes`` and the output of pathways by
        their footprints) and concordance. ``p_value`` is the one to go by, the larger of the two beside it: ``competitive`` asks
        whether the genes stand out among all, ``rotation`` whether correlated noise could move them as far.
    genes : pandas.DataFrame
        Every surely predicted and measured gene: ``gene``, ``direction``, ``p_direction``, ``statistic``, ``agrees``.
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
    contradicted: str
    rival: str
    variance_explained: float
    correlation: float
    measures: pd.DataFrame = field(repr=False)
    genes: pd.DataFrame = field(repr=False)
    rivals: pd.DataFrame = field(repr=False)
    provenance: Manifest = field(repr=False)

    @property
    def verdict(self) -> str:
        """What explains the dataset better, if anything does; what was seen; what is concluded."""
        rival = f"{self._rival()}. " if self.rival and not self.contradicted else ""
        return f"{self.signature or 'The dataset'}: {rival}Seen: {self._seen()}. Concluded: {self._concluded()}."

    def _rival(self) -> str:
        row = self.rivals.set_index("regulator").loc[self.rival]
        shares = f"{row['variance_explained']:.1%} of the variance against {self.variance_explained:.1%}"
        beside = f"t = {row['joint_statistic']:.1f} against {row['response_statistic']:.1f} beside each other"
        return f"{self.rival} {row['direction']} explains it better than {self.response} ({shares}; {beside})"

    def _seen(self) -> str:
        rows = self.measures.set_index("measure")
        outputs = rows.drop(index=["whole", "predicted genes", "concordance"])
        changed = outputs["p_value"] <= LEVEL
        told = [
            f"{name} output is {'higher' if row['estimate'] > 0 else 'lower'} than in controls"
            f" (t = {row['estimate']:.1f}, p = {row['p_value']:.2g})"
            for name, row in outputs[changed].iterrows()
        ]
        # Without p-values nothing was tested, and "no clear change" would be a claim.
        unclear = ~changed & (outputs["expected"] != "") & outputs["p_value"].notna()
        told += [f"no clear change of {name} output" for name in outputs.index[unclear]]
        row = rows.loc["concordance"]
        hits, count = round(row["estimate"] * row["n_genes"]), int(row["n_genes"])
        most = f"of the {count} surely predicted genes that changed most, {hits} moved as predicted"
        return ", ".join([*told, f"{most} ({row['chance'] * count:.1f} by chance)"])

    def _concluded(self) -> str:
        test = f"statistic {self.statistic:.1f}, p = {self.p_value:.2g}, {self.variance_explained:.1%} of the variance"
        if np.isnan(self.p_value):
            lean = "the way of" if self.statistic > 0 else "away from"
            return f"nothing; these are fold changes without p-values, which cannot be told from noise (they lean {lean} {self.response})"
        if self.contradicted:
            rather = f", rather {self.rival} {self.rivals.set_index('regulator').loc[self.rival, 'direction']}" if self.rival else ""
            against = f"its parts contradict each other: {self.contradicted} against the rest ({test})"
            return f"neither like {self.response} nor its opposite{rather}; {against}"
        return f"{_SAID[self.call]} {self.response} ({test})"

    def to_frame(self) -> pd.DataFrame:
        """Return the measures, one a row."""
        return self.measures.copy()

    def __repr__(self) -> str:
        return f"Comparison: {self.verdict}"

    def _repr_html_(self) -> str:
        return notebook_html(self.verdict, self.measures)


@describe
def compare(
    signature: Signature,
    response: Response,
    rivals: Network | str | None = None,
    *,
    correlation: float | None = None,
    rotations: int = 1000,
    seed: int | np.random.Generator = 0,
    progress: bool | None = None,
) -> Comparison:
    r"""Ask whether a dataset looks like a predicted response, by one test.

    The test projects the gene statistics on one profile: each gene that the response surely moves (p >= .9, at
    least the ten surest) counts +1 or -1; to it comes the footprint of each pathway whose output the response surely moves
    (JAK-STAT by STAT1, WNT by beta-catenin), freed of what the other pathways explain and signed as predicted. Both have
    length 1. With :math:`r` the correlation of profile and statistics over all n genes,

    .. math:: t = r \sqrt{(n - 2)/(1 - r^2)} \Big/ \sqrt{1 + \rho\, ((\textstyle\sum_g |w_g|)^2 - 1)}

    where the second root is the variance inflation of correlated genes (CAMERA, Wu & Smyth 2012). With samples
    :math:`\rho = 0.01`, and a rotation of the residuals (Wu 2010), which keeps the correlation of the noise, is asked as well;
    the larger p counts. A finished table has no residuals: :math:`\rho = 0.04`, what splits of untreated replicates show of
    cytokine programmes. Fold changes without p-values give no p and no call.

    The call is ``like`` or ``opposite`` if p <= .05 and no part contradicts it: the predicted genes have to lean that way
    themselves, and no expected output of a pathway may lie a standard error or more on the other side of 0. A loss of STAT3,
    which lowers its own targets and raises those of STAT1, is therefore neither.

    A rival is a regulator that the response does not move in the direction seen. Each is put beside the response's profile in one
    regression over all genes; it explains the signature better if it is significant (q <= .05) and has the larger absolute t of the two.

    Parameters
    ----------
    %(signature)s
    %(response)s
    rivals : Network or str, optional
        Where rivals are looked for; the response's network by default.
    correlation : float, optional
        Correlation between genes that the competitive test allows for; by default .01 with samples and .04 without.
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
        If fewer than five genes that are predicted to change were measured.
    InputError
        If the signature was cut at significance, or `correlation` is outside 0 to 1.

    References
    ----------
    Schubert et al. 2018, Nat Commun 9:20 (footprints); Wu et al. 2010, Bioinformatics 26:2176; Wu & Smyth 2012, Nucleic Acids Res 40:e133.

    Examples
    --------
    >>> import jaknet as jn
    >>> net = jn.load_network("osteoblast")
    >>> response = jn.perturb(net, jn.inhibit("JAK1"), context="inflammatory", members=50)
    >>> table = response.transcripts().rename(columns={"effect": "log2_fold_change"})
    >>> table["statistic"] = 20 * (table["p_down"] - table["p_up"])
    >>> signature = jn.Signature(table.assign(p_value=0.5, q_value=0.5), label="mirror image")
    >>> compare(signature, response).call
    'opposite'
    """
    check_response(response)
    network = response.network if rivals is None else as_network(rivals)
    if correlation is not None and not 0 <= correlation <= 1:
        raise InputError(f"correlation is {correlation}; give a number from 0 to 1, or None for the default.")
    check_whole("rotations", rotations, least=0)
    for one in (response.network, network):
        require_same_species(signature, one.species, one.label)
    signature.require_universe("compare")
    table, turned, dropped = signature.testable()
    values, number = table["statistic"].to_numpy(float), as_seed(seed)
    question = pose(response, table)
    rotated = None
    if turned is not None and rotations:
        rotated = rotation_p(*rotation_null(turned, question.score, rotations, number, progress))
    allowed = correlation if correlation is not None else CORRELATION_OF_NOISE if rotated is None else CORRELATION_OF_SETS
    measures = measure(question, values, rotated, allowed)
    if not signature.tested and rotated is None:
        measures = measures.assign(p_value=np.nan, competitive_p_value=np.nan)
    whole = measures.iloc[0]
    clear = bool(whole["p_value"] <= LEVEL)
    against = _contradicting(measures) if clear else ""
    called = "like" if whole["estimate"] > 0 else "opposite"
    others = weigh_rivals(response, network, question, table, whole["estimate"], allowed)
    genes = question.predicted.assign(statistic=values[question.inside])
    genes["agrees"] = np.sign(genes["statistic"]) == np.where(genes["direction"] == "up", 1, -1)
    settings = {"signature": signature.label, "response": response.label, "rotations": rotations, "rivals": network.label}
    return Comparison(
        signature=signature.label,
        response=response.label,
        statistic=float(whole["estimate"]),
        p_value=float(whole["p_value"]),
        call=called if clear and not against else "neither",
        contradicted=against,
        rival="" if np.isnan(whole["p_value"]) else _better(others, bool(against)),
        variance_explained=float(whole["variance_explained"]),
        correlation=allowed,
        measures=measures,
        genes=genes.reset_index(drop=True),
        rivals=others,
        provenance=make_manifest("compare", settings | {"correlation": allowed}, {"network": response.network.digest}, dropped, number),
    )


def _contradicting(measures: pd.DataFrame) -> str:
    """Name the parts that go against the whole."""
    wanted = measures["expected"].map({"positive": 1.0, "up": 1.0, "down": -1.0}).iloc[1:].dropna()
    parts = measures.loc[wanted.index]
    towards = parts["estimate"] * wanted * np.sign(measures["estimate"].iloc[0])
    against = parts[towards <= np.where(parts["measure"] == "predicted genes", 0.0, -_ASIDE)]
    names = [
        f"{row.measure}{'' if row.measure == 'predicted genes' else ' output'} (t = {row.estimate:.1f})" for row in against.itertuples()
    ]
    return " and ".join(names)


def _better(rivals: pd.DataFrame, contradicted: bool) -> str:
    """The first rival that explains the signature better; of a contradicted prediction, the one that stands out most beside it."""
    chosen = rivals[rivals["explains_better"] | (contradicted & (rivals["joint_p_value"] <= LEVEL))]
    return "" if chosen.empty else str(chosen["regulator"].iloc[0])


@describe
def compare_responses(
    signature: Signature, responses: Mapping[str, Response], draws: int = 2000, seed: int | np.random.Generator = 0
) -> pd.DataFrame:
    """Contrast how well several responses (drugs, doses, contexts) agree with one dataset.

    Inhibitors of one family predict nearly the same genes, so a test for each would count one
    finding many times. Here the agreement of each (correlation of predicted effects with gene
    statistics, over all genes that any response moves up or down) and its difference from the first carry
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
    >>> table["statistic"] = 20 * table["log2_fold_change"]
    >>> signature = jn.Signature(table.assign(p_value=0.5, q_value=0.5))
    >>> bool(compare_responses(signature, arms, draws=100)["agreement"].iloc[0] > 0.9)
    True
    """
    check_type("responses", responses, Mapping, "a mapping of label to Response (jaknet.perturb)")
    if not responses:
        raise InputError("there is no response to compare. Give a mapping of label to response.")
    check_signature(signature)
    table, _, _ = signature.testable()
    columns = {}
    for label, response in responses.items():
        check_response(response)
        require_same_species(signature, response.network.species, response.network.label)
        called = called_genes(response, table["gene"])
        columns[label] = called.set_index("gene")["effect"]
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
