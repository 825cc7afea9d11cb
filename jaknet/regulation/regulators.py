"""`regulators`: which upstream change explains a signature; one runner for every method."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from jaknet.errors import InputError, UnknownNameError
from jaknet.expression._moderated import rotated_statistics
from jaknet.expression.signature import require_same_species
from jaknet.network.io.read import as_network
from jaknet.provenance import as_seed, make_manifest
from jaknet.regulation.methods import METHODS, Evidence, Method
from jaknet.regulation.regulons import Regulons, network_regulons
from jaknet.regulation.rotation import pooled_p, rotation_null
from jaknet.shared_docs import describe
from jaknet.stats import benjamini_hochberg, never_zero

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jaknet.expression.signature import Rotation, Signature
    from jaknet.network.network import Network

__all__ = ["REGULATOR_COLUMNS", "check_options", "regulator_scores", "regulator_table", "regulators"]

REGULATOR_COLUMNS = [
    "regulator",
    "n_targets",
    "statistic",
    "direction",
    "p_value",
    "q_value",
    "gene_p_value",
    "rotation_p_value",
    "inflation",
    "targets",
    "redundant_with",
    "shared_fraction",
]
_BLOCK = 64
_SHOWN_TARGETS = 10
#: What `p_value` assumes, with samples to rotate and without.
_WITH_SAMPLES = "targets vary together as they do between replicates"
_WITHOUT_SAMPLES = "two targets of a regulator vary together with a mean correlation of 0.01 (no samples to measure it)"
#: limma's default for the correlation between genes of a set (cameraPR); at .01 splits of replicates are called at the nominal rate.
_CORRELATION = 0.01


@dataclass(frozen=True)
class _Rotation:
    p_value: NDArray[np.float64]
    floor: float
    inflation: NDArray[np.float64]


@describe
def regulators(
    signature: Signature,
    network: Network | str,
    method: str = "calibrated",
    depth: int = 1,
    *,
    min_targets: int = 5,
    called: float = 0.1,
    q_threshold: float | None = None,
    rotations: int = 1000,
    seed: int | np.random.Generator = 0,
    progress: bool | None = None,
) -> pd.DataFrame:
    r"""Rank the upstream regulators whose change would explain a signature.

    ``calibrated`` counts targets that moved as the regulator predicts minus those that moved against
    it, and compares this with calls dealt at random among genes of similar in-degree:

    .. math:: z = \frac{S - \sum_h E_h}{\sqrt{\sum_h V_h}},\quad
        E_h = \frac{(q^+ - q^-)(n^+ - n^-)}{T},\quad
        V_h = \frac{\left(q - \frac{(q^+ - q^-)^2}{T}\right)\left(n - \frac{(n^+ - n^-)^2}{T}\right)}{T - 1}

    over strata h of in-degree 1, 2-3, 4-7, ... Genes are called by rank: the tenth of all measured
    genes with the largest absolute statistic, each with its sign, so that as many genes are called in
    a weak dataset as in a strong one; `q_threshold` calls by significance instead. Regulons of up to
    80 targets get their p from the exact distribution, larger ones from the normal one.

    ``ulm`` regresses the statistics of all genes on one regulon (equal to decoupler's), ``mlm`` on
    all regulons together, ``ipa`` gives the activation z (``statistic``), its bias-corrected form
    and Fisher's overlap p (``p_value``) for comparison with published tables.

    Parameters
    ----------
    %(signature)s
    network : Network or str
        Signed edges from regulators to transcripts, or a bundled name: ``"osteoblast"``, the curated network's transcription layer.
        Weights count in ``ulm``, ``mlm`` and ``ipa``.
    method : {"calibrated", "ulm", "mlm", "ipa"}
        How regulators are scored.
    depth : {1, 2}
        Number of steps from a regulator to its targets. With 2, one step of signalling or
        transcription may come first (not with ``ipa``).
    min_targets : int
        Regulators with fewer measured targets are not tested.
    called : float
        Share of all genes called up or down, between 0 and 1.
    q_threshold : float, optional
        Call genes with ``q_value`` up to this instead.
    %(rotations)s
    %(seed)s
    %(progress)s

    Returns
    -------
    pandas.DataFrame
        `REGULATOR_COLUMNS`, best first; ``ipa`` adds ``bias_corrected_z`` and ``n_called``.
        ``direction``: up if the regulator's activity appears raised. ``targets``: those that drive
        the call, strongest first. ``redundant_with``: the better-ranked regulator that shares the
        largest part of the targets. ``p_value`` is the one to go by, the larger of the two beside it, and ``q_value``
        Benjamini-Hochberg of it over every regulator tested. ``gene_p_value`` (competitive) asks whether the targets stand out
        among all genes, taking genes as independent; ``rotation_p_value`` (noise) whether noise with the correlations that
        the replicates show could move the targets as far, whatever the method: it rotates the
        weighted sum of moderated t relative to genes of like in-degree. ``inflation`` is the spread
        of that sum along residual directions, 1 for independent genes. The rotation p is
        taken from the nulls of all regulators together, each divided by its own spread; regulators whose p lies below
        1/(rotations + 1), what the null of one alone could resolve, stand in the order of their statistic. Without samples, or
        with ``rotations=0``, there is no rotation p: ``p_value`` is then ``gene_p_value`` with room for a mean correlation of .01
        between targets (CAMERA's variance inflation, 1 + .01 (m - 1) for m targets), and the order is that of ``gene_p_value``.
        A regulator that the method cannot test has no p at all. ``.attrs`` hold the provenance and, as ``assumes``, what
        ``p_value`` takes for granted.

    Raises
    ------
    InputError
        For unknown options, a constant statistic, or ``ipa`` beyond depth 1.
    SpeciesError
        If signature and network are of different species.
    OverlapError
        If too few target genes were measured.

    References
    ----------
    Chindelevitch et al. 2012, BMC Bioinformatics 13:35 (signed overlap); Badia-i-Mompel et al.
    2022, Bioinform Adv 2:vbac016 (ulm, mlm); Kraemer et al. 2014, Bioinformatics 30:523 (ipa);
    Wu et al. 2010, Bioinformatics 26:2176 (rotation).

    Examples
    --------
    >>> import pandas as pd
    >>> from jaknet.expression.signature import Signature
    >>> from jaknet.network.network import Network
    >>> genes = [f"G{i}" for i in range(40)]
    >>> table = pd.DataFrame({"gene": genes, "log2_fold_change": 0.0, "statistic": [9.0] * 6 + [0.1 * i for i in range(34)],
    ...                       "p_value": 0.5, "q_value": 0.5})
    >>> edges = pd.DataFrame({"source": ["TF1"] * 6 + ["TF2"] * 34, "target": genes, "sign": 1})
    >>> ranked = regulators(Signature(table), Network(edges), called=0.2)
    >>> ranked.loc[0, ["regulator", "direction"]].tolist()
    ['TF1', 'up']
    """
    chosen = check_options(method, depth, called, q_threshold)
    network = as_network(network)
    require_same_species(signature, network.species, network.label)
    table, turned, dropped = signature.testable()
    regulons = network_regulons(network, table["gene"], depth, min_targets)
    evidence, number = _gather_evidence(table, called, q_threshold), as_seed(seed)
    rotation = _rotate(turned, regulons, rotations, number, progress)
    out = regulator_table(chosen, regulons, evidence, rotation)
    settings = {"method": method, "depth": depth, "min_targets": min_targets, "called": called, "q_threshold": q_threshold}
    settings |= {"rotations": rotations if rotation else 0, "network": network.label, "signature": signature.label}
    out.attrs["assumes"] = _WITH_SAMPLES if rotation else _WITHOUT_SAMPLES
    out.attrs["provenance"] = make_manifest("regulators", settings, {"network": network.digest}, dropped, number)
    return out


def regulator_scores(
    statistics: pd.DataFrame,
    network: Network | str,
    method: str = "calibrated",
    depth: int = 1,
    *,
    min_targets: int = 5,
    called: float = 0.1,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score every regulator in many signatures at once, in blocks.

    Parameters
    ----------
    statistics : pandas.DataFrame, shape (n_genes, n_signatures)
        Signed gene statistics without missing values; genes in the index.
    network : Network or str
        Signed edges from regulators to transcripts; or the name of a bundled one.
    method : {"calibrated", "ulm", "mlm", "ipa"}
        As in `regulators`.
    depth : {1, 2}
        Number of steps from a regulator to its targets (``ipa``: 1).
    min_targets : int
        Regulators with fewer measured targets are not tested.
    called : float
        Share of all genes called up or down in each signature.

    Returns
    -------
    statistic, p_value : pandas.DataFrame, shape (n_regulators, n_signatures)
        The p-values are ``gene_p_value`` of `regulators`. Wrap the call in ``joblib.parallel_config(n_jobs=2)`` to use more
        cores; the result does not depend on it.

    Raises
    ------
    InputError, OverlapError
        As in `regulators`.

    Examples
    --------
    >>> import pandas as pd
    >>> from jaknet.network.network import Network
    >>> edges = pd.DataFrame({"source": ["TF"] * 3, "target": ["A", "B", "C"], "sign": [1, 1, -1]})
    >>> data = pd.DataFrame({"s1": [5.0, 4.0, -6.0, 0.1, 0.3, -0.2]}, index=list("ABCDEF"))
    >>> statistic, p_value = regulator_scores(data, Network(edges), "ulm", min_targets=3)
    >>> bool(statistic.loc["TF", "s1"] > 5)
    True
    """
    from joblib import Parallel, delayed

    chosen = check_options(method, depth, called, None)
    values = statistics.to_numpy(float)
    if not np.isfinite(values).all():
        raise InputError(f"{int((~np.isfinite(values)).sum())} statistics are missing or infinite. Drop or fill these genes first.")
    regulons = network_regulons(as_network(network), statistics.index, depth, min_targets)
    starts = range(0, values.shape[1], _BLOCK)
    blocks = [Evidence(values[:, start : start + _BLOCK], called) for start in starts]
    parts = Parallel(prefer="threads")(delayed(chosen.score)(block, regulons) for block in blocks)
    axes = (pd.Index(regulons.regulators, name="regulator"), statistics.columns)
    statistic = pd.DataFrame(np.concatenate([part.statistic for part in parts], axis=1), *axes)
    return statistic, pd.DataFrame(never_zero(np.concatenate([part.p_value for part in parts], axis=1)), *axes)


def check_options(method: str, depth: int = 1, called: float = 0.1, q_threshold: float | None = None) -> Method:
    """Return a method by its name after checking what it is asked with.

    Parameters
    ----------
    method : str
        A key of `jaknet.regulation.methods.METHODS`.
    depth : int
        Steps from a regulator to its targets.
    called : float
        Share of all genes called up or down.
    q_threshold : float, optional
        Call genes with ``q_value`` up to this instead.

    Raises
    ------
    InputError
        For what the method does not know, and numbers out of range.
    """
    if method not in METHODS:
        raise UnknownNameError("method", [method], METHODS)
    if method == "ipa" and depth != 1:
        raise InputError(f"ipa is defined for direct targets, not depth {depth}. Use depth=1 or method='calibrated'.")
    if not 0 < called < 1 or not 0 < (q_threshold or 0.5) < 1:
        raise InputError(f"called {called} and q_threshold {q_threshold} must lie between 0 and 1.")
    return METHODS[method]


def _gather_evidence(table: pd.DataFrame, called: float, q_threshold: float | None) -> Evidence:
    values = table["statistic"].to_numpy(float)[:, None]
    if q_threshold is None:
        return Evidence(values, called)
    chosen = (table["q_value"] <= q_threshold).to_numpy()
    if not chosen.any():
        raise InputError(f"no gene has q <= {q_threshold}. Leave q_threshold out to call genes by rank.")
    calls = (np.sign(values) * chosen[:, None]).astype(np.int8)
    return Evidence(values, float(chosen.mean()), calls)


def _rotate(turned: Rotation | None, regulons: Regulons, rotations: int, seed: int, progress: bool | None) -> _Rotation | None:
    """Rotate the weighted sum of moderated t over a regulon, relative to genes of like in-degree."""
    if turned is None or turned.residuals.shape[1] < 2 or not rotations:
        return None
    observed, null = rotation_null(turned, partial(_relative_sum, regulons), rotations, seed, progress)
    sideways = rotated_statistics(turned.residuals, turned.prior_df, np.eye(turned.residuals.shape[1])[:, 1:])
    expected = np.sqrt(_relative_variance(regulons, sideways))
    with np.errstate(divide="ignore", invalid="ignore"):
        inflation = np.sqrt(np.mean(np.square(_relative_sum(regulons, sideways) / expected), axis=1))
    return _Rotation(pooled_p(observed, null), 1.0 / (rotations + 1), inflation)


def _relative_sum(regulons: Regulons, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted sum over each regulon minus what it would be if every gene had the mean of its stratum."""
    return regulons.weights @ values - regulons.shares @ (regulons.membership @ values)


def _relative_variance(regulons: Regulons, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Variance of `_relative_sum` if the values were dealt to the genes of each stratum at random."""
    strata, size = regulons.membership, regulons.stratum_sizes
    targets = (regulons.weights.power(2) @ strata.T).toarray() - regulons.shares**2 * size
    return targets @ ((strata @ values**2 - (strata @ values) ** 2 / size[:, None]) / np.maximum(size - 1, 1)[:, None])


def regulator_table(method: Method, regulons: Regulons, evidence: Evidence, rotation: _Rotation | None = None) -> pd.DataFrame:
    """Score regulons against one signature and return the table of `regulators`, best first.

    Parameters
    ----------
    method : Method
        One of `jaknet.regulation.methods.METHODS`.
    regulons : Regulons
        Over the genes of the evidence.
    evidence : Evidence
        Of one signature.
    rotation : optional
        Rotation p-values; without them their columns are NaN.
    """
    scores = method.score(evidence, regulons)
    statistic, p = scores.statistic[:, 0], never_zero(scores.p_value[:, 0])
    unknown = np.full(len(p), np.nan)
    # Where only the rotation has no p (its null does not vary) the other stands; what the method cannot test has none.
    larger = np.where(np.isnan(p), np.nan, np.fmax(p, rotation.p_value)) if rotation else _allow_for_correlation(p, regulons)
    out = pd.DataFrame(
        {
            "regulator": regulons.regulators,
            "n_targets": regulons.sizes,
            "statistic": statistic,
            "direction": np.select([statistic > 0, statistic < 0], ["up", "down"], "none"),
            "p_value": larger,
            "q_value": benjamini_hochberg(larger),
            "gene_p_value": p,
            "rotation_p_value": rotation.p_value if rotation else unknown,
            "inflation": rotation.inflation if rotation else unknown,
            "targets": _list_driving_targets(method, regulons, evidence, statistic),
        }
        | {name: values[:, 0] for name, values in scores.extra.items()}
    )
    # Below the floor of one regulator's own null the pooled p resolves nothing: the statistic decides. An assumed correlation
    # widens p but says nothing about which of two regulators moved: it would put large regulons behind small ones.
    resolved = np.maximum(larger, rotation.floor) if rotation else p
    order = np.lexsort((out["regulator"], -out["statistic"].abs(), resolved))
    redundant, shared = _find_redundancy(regulons, order)
    out = out.assign(redundant_with=redundant, shared_fraction=shared).iloc[order].reset_index(drop=True)
    return out[REGULATOR_COLUMNS + list(scores.extra)]


def _allow_for_correlation(p: NDArray[np.float64], regulons: Regulons) -> NDArray[np.float64]:
    """Return p-values that took genes as independent as they are if targets vary together (CAMERA)."""
    weights = abs(regulons.weights)
    targets = np.asarray(weights.sum(axis=1)).ravel() ** 2 / np.asarray(weights.power(2).sum(axis=1)).ravel()
    return never_zero(2.0 * norm.sf(norm.isf(p / 2.0) / np.sqrt(1.0 + _CORRELATION * (targets - 1.0))))


def _list_driving_targets(method: Method, regulons: Regulons, evidence: Evidence, statistic: NDArray[np.float64]) -> list[str]:
    values = evidence.statistics[:, 0]
    values = values * (evidence.calls[:, 0] != 0) if method.calls else values - values.mean()
    weights, genes = regulons.weights, np.array(regulons.genes, dtype=object)
    rows: list[str] = []
    for row, direction in enumerate(np.sign(np.nan_to_num(statistic))):
        columns = weights.indices[weights.indptr[row] : weights.indptr[row + 1]]
        push = direction * weights.data[weights.indptr[row] : weights.indptr[row + 1]] * values[columns]
        order = np.lexsort((genes[columns], -push))
        rows.append(";".join(genes[columns[i]] for i in order[:_SHOWN_TARGETS] if push[i] > 0))
    return rows


def _find_redundancy(regulons: Regulons, order: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """For each regulator, the better-ranked one that shares the largest part of its targets, and that part."""
    member = abs(regulons.signs)
    shared = (member @ member.T).toarray() / regulons.sizes[:, None]
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    shared[place[:, None] <= place[None, :]] = 0.0
    best = shared.argmax(axis=1)
    share = shared[np.arange(len(order)), best]
    names = np.array(regulons.regulators, dtype=object)[best]
    return np.where(share > 0, names, ""), share
