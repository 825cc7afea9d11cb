"""`explain`: the smallest signed network that carries a perturbation, or inferred causes, to the genes that changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from jaknet.errors import InputError, check_whole
from jaknet.explanation._program import Solution, search_program, solve_program
from jaknet.explanation.explanation import Explanation, Explanations
from jaknet.explanation.problem import Problem, call_genes
from jaknet.expression.signature import Signature, require_same_species
from jaknet.network.io.read import as_network
from jaknet.parallel import run_tasks
from jaknet.provenance import as_seed, make_manifest
from jaknet.shared_docs import describe
from jaknet.simulation.library import as_perturbation, split_dose
from jaknet.simulation.perturbations import Perturbation, activate, combine
from jaknet.simulation.trial import make_arm
from jaknet.stats import empirical_p

if TYPE_CHECKING:
    from jaknet.network.network import Network

__all__ = ["explain"]

#: Alternatives reach the best objective but for this share.
_TOLERANCE = 0.05
#: Costs of steps are multiplied with numbers from 1 - this to 1 + this in the search of alternatives.
_SPREAD = 0.5
#: A search for alternatives stops when its own optimum cannot be better by more than this share.
_ALTERNATIVE_GAP = 0.5
#: A protein of which more than this is left is not inhibited.
_LEFT = 0.9

Given = Perturbation | str | Sequence[Perturbation | str]


@overload
def explain(
    signature: Signature,
    network: Network | str,
    perturbations: Given | None = None,
    *,
    penalty: float = 0.75,
    changed: float = 0.1,
    q_threshold: float | None = None,
    alternatives: int = 20,
    nulls: int = 0,
    time_limit: float = 60.0,
    seed: int | np.random.Generator = 0,
    progress: bool | None = None,
) -> Explanation: ...


@overload
def explain(
    signature: Mapping[str, Signature] | Sequence[Signature],
    network: Network | str,
    perturbations: Given | None = None,
    *,
    penalty: float = 0.75,
    changed: float = 0.1,
    q_threshold: float | None = None,
    alternatives: int = 20,
    nulls: int = 0,
    time_limit: float = 60.0,
    seed: int | np.random.Generator = 0,
    progress: bool | None = None,
) -> Explanations: ...


@describe
def explain(
    signature: Signature | Mapping[str, Signature] | Sequence[Signature],
    network: Network | str,
    perturbations: Given | None = None,
    *,
    penalty: float = 0.75,
    changed: float = 0.1,
    q_threshold: float | None = None,
    alternatives: int = 20,
    nulls: int = 0,
    time_limit: float = 60.0,
    seed: int | np.random.Generator = 0,
    progress: bool | None = None,
) -> Explanation | Explanations:
    r"""Find the smallest sign-consistent network that leads from a perturbation, or from causes to be found, to the changed genes.

    CARNIVAL's integer programme (Liu et al. 2019, npj Syst Biol Appl 5:40), solved exactly by HiGHS. A set of signed steps is worth

    .. math:: \sum_{g\,\text{explained}} w_g - \sum_{g\,\text{contradicted}} \min(w_g, -\log_{10}(1 - r))
        - \kappa \sum_{g\,\text{unmoved}} r - \sum_\text{steps} (\lambda - \log_{10} r) - \sum_\text{causes} k \log_{10} 2N

    with :math:`w_g = -\log_{10}` of the share of all measured genes whose absolute statistic is at least as large, r the reliability
    of an edge, :math:`\lambda` the `penalty`, N the number of nodes, and :math:`\kappa` the price of a gene that an active regulator should
    have moved and that did not change: a regulator whose targets change no more often than any gene gains nothing. A cause that was not
    given costs what it takes to name it; twice that (k = 2) where the network knows of signalling that could bring it about. Every price is
    the logarithm of a probability, so that the same defaults fit any dataset.

    Data are compared with transcripts, which edges of layer transcription alone reach. The activity of a protein may follow its
    transcript, as one more step, where this was seen to change the same way or was not measured. A complex falls with any of its parts, and
    rises with a ligand, or with all of its parts that are not there at rest (``basal`` below .5).

    Parameters
    ----------
    signature : Signature, or mapping or sequence of them
        Differential expression over every gene measured. Several are explained one by one, with the same settings.
    %(network)s
    perturbations : Perturbation, str or sequence of them, optional
        What was done: ``"tofacitinib 300 nM"``, ``knockout("STAT3")``; the name of a node means that it is raised. By default
        the causes are found: any node, ligand, receptor or transcription factor, but a complex or a protein whose transcript changed the
        other way.
    penalty : float
        Price of a step that is certain; above 0. A gene of the first tenth weighs 1, of the first hundredth 2.
    changed : float or int
        Share of all measured genes that is called changed (below 1), or their number: those with the largest absolute statistic.
    q_threshold : float, optional
        Call genes with ``q_value`` up to this instead.
    alternatives : int
        Searches for other explanations within 5 %% of the best, each with costs of steps drawn anew (times .5 to 1.5). Shares are taken
        over the distinct ones found.
    nulls : int
        Permutations of the data among measured genes of like in-degree, behind `p_value`; 0 for none.
    time_limit : float
        Seconds for the best explanation, and for each alternative and permutation. What a limit cuts depends on the machine: the
        result says so.
    %(seed)s
    %(progress)s

    Returns
    -------
    Explanation or Explanations
        The latter for several signatures.

    Raises
    ------
    InputError
        For options out of range, or where no measured gene of the network changed.
    UnknownNameError
        If the network has none of the perturbed nodes.
    SpeciesError
        If signature and network are of different species.
    OverlapError
        If no transcript of the network was measured.

    Examples
    --------
    >>> import pandas as pd
    >>> from jaknet.network.network import Network
    >>> edges = pd.DataFrame({"source": ["IL22", "STAT3", "STAT3"], "target": ["STAT3", "SOCS3", "BCL2"], "sign": 1, "tier": "A",
    ...                       "layer": ["signaling", "transcription", "transcription"]})
    >>> genes = ["SOCS3", "BCL2", *(f"G{i}" for i in range(40))]
    >>> table = pd.DataFrame({"gene": genes, "log2_fold_change": 0.0, "statistic": [9.0, 8.0] + [0.01 * i for i in range(40)],
    ...                       "p_value": 0.5, "q_value": 0.5})
    >>> found = explain(Signature(table), Network(edges), "IL22", alternatives=0)
    >>> found.route("SOCS3"), found.optimal
    ('IL22 → STAT3 → SOCS3', True)
    """
    _check_options(penalty, changed, q_threshold, time_limit)
    check_whole("alternatives", alternatives, least=0)
    check_whole("nulls", nulls, least=0)
    wired, number = as_network(network), as_seed(seed)
    options: dict[str, Any] = {"penalty": penalty, "changed": changed, "q_threshold": q_threshold, "alternatives": alternatives}
    options |= {"nulls": nulls, "time_limit": time_limit}
    if isinstance(signature, Mapping | Sequence):
        named = signature if isinstance(signature, Mapping) else _by_label(signature)
        return Explanations({name: _explain(one, wired, perturbations, options, number, progress) for name, one in named.items()})
    return _explain(signature, wired, perturbations, options, number, progress)


def _by_label(signatures: Sequence[Signature]) -> dict[str, Signature]:
    labels = [getattr(one, "label", "") for one in signatures]
    if len(set(labels)) < len(labels) or not labels:
        raise InputError(f"signatures labelled {labels} cannot be told apart. Give a mapping of name to signature.")
    return dict(zip(labels, signatures, strict=True))


def _check_options(penalty: float, changed: float, q_threshold: float | None, time_limit: float) -> None:
    if not penalty > 0 or not time_limit > 0:
        raise InputError(f"penalty {penalty} and time_limit {time_limit} must be above 0.")
    if not changed > 0 or (changed >= 1 and changed != int(changed)) or not 0 < (q_threshold or 0.5) < 1:
        raise InputError(
            f"changed {changed} must be a share between 0 and 1 or a whole number, and q_threshold {q_threshold} between 0 and 1."
        )


def _explain(
    signature: Signature, network: Network, perturbations: Given | None, options: dict[str, Any], seed: int, progress: bool | None
) -> Explanation:
    require_same_species(signature, network.species, network.label)
    signature.require_universe("explain")
    label, roots, lacking = ("", {}, {}) if perturbations is None else _roots(network, perturbations)
    genes, price = call_genes(signature, network, options["changed"], options["q_threshold"])
    problem = Problem(network, genes, roots, options["penalty"], price, frozenset(signature.testable()[0]["gene"]))
    best = solve_program(problem.program, options["time_limit"])
    kept, cut = _search_alternatives(problem, best, options, seed, progress)
    reached, undecided = _count_nulls(problem, best, options, seed, progress)
    nulls = options["nulls"]
    dropped = lacking | signature.testable()[2] | {"transcripts of the network not measured": len(network.transcripts) - len(genes)}
    settings = options | {"network": network.label, "signature": signature.label, "perturbation": label, "roots": dict(roots)}
    return Explanation.of(
        problem,
        kept,
        label=signature.label,
        p_value=float(empirical_p(reached, nulls)) if nulls else float("nan"),
        notes=_notes(best, cut, undecided, options),
        provenance=make_manifest("explain", settings, {"network": network.digest}, dropped, seed),
    )


def _roots(network: Network, given: Given) -> tuple[str, dict[str, int], dict[str, int]]:
    """Return what is done in words, which nodes that raises (1) or lowers (-1), and what the network lacks."""
    listed = [given] if isinstance(given, Perturbation | str) else list(given)
    parts = [activate(one) if isinstance(one, str) and split_dose(one) is None and one in network else one for one in listed]
    done = combine([as_perturbation(part) for part in parts])
    arm, lacking = make_arm(network, None, (), done)
    basal = network._nodes["basal"].to_numpy(float)
    moved = np.where(np.isnan(arm.pin), -1.0 * (arm.scale[-1] < _LEFT), np.sign(arm.pin - basal))
    found = {network.names[node]: int(moved[node]) for node in np.flatnonzero(moved)}
    if not found:
        raise InputError(f"{done.label} leaves every node at more than {_LEFT:.0%}: nothing is moved. Give a higher dose.")
    return done.label, found, lacking


def _search_alternatives(
    problem: Problem, best: Solution, options: dict[str, Any], seed: int, progress: bool | None
) -> tuple[list[Solution], int]:
    """Return the distinct explanations that are nearly as good as the best, it first, and how many searches the limit cut."""
    least = best.objective - _TOLERANCE * abs(best.objective)

    def _search(number: int) -> Solution | None:
        factors = np.random.default_rng((seed, 0, number)).uniform(1.0 - _SPREAD, 1.0 + _SPREAD, len(problem.program.tail))
        try:
            return search_program(problem.program, least, options["time_limit"], _ALTERNATIVE_GAP, factors)
        except TimeoutError:
            return best._replace(cut=True)

    found = [one for one in run_tasks(_search, range(options["alternatives"]), progress, "alternatives") if one is not None]
    distinct: dict[bytes, Solution] = {}
    for one in (best, *found):
        distinct.setdefault(one.carries.tobytes() + one.roots.tobytes(), one)
    return [*distinct.values()], sum(one.cut for one in found)


def _count_nulls(problem: Problem, best: Solution, options: dict[str, Any], seed: int, progress: bool | None) -> tuple[int, int]:
    """Count permutations whose data can be explained as well, and those that the limit left undecided (they count as such)."""

    def _reaches(number: int) -> bool | None:
        shuffled = problem.shuffled(np.random.default_rng((seed, 1, number)))
        try:
            return search_program(shuffled.program, best.objective, options["time_limit"]) is not None
        except TimeoutError:
            return None

    found = [*run_tasks(_reaches, range(options["nulls"]), progress, "permutations")]
    return sum(one is not False for one in found), sum(one is None for one in found)


def _notes(best: Solution, cut: int, undecided: int, options: dict[str, Any]) -> tuple[str, ...]:
    """Say what the time limit cut: that part differs from machine to machine."""
    limit = f"the limit of {options['time_limit']:g} s"
    notes = []
    if best.cut:
        notes.append(f"{limit} stopped the search at a gap of {best.gap:.1%}: another run may find a better explanation")
    if cut:
        notes.append(f"{limit} cut {cut} of {options['alternatives']} searches for alternatives: another run may find others")
    if undecided:
        notes.append(f"{limit} left {undecided} of {options['nulls']} permutations undecided; they count as explained as well")
    return tuple(notes)
