"""Published experiments beside a prediction: what was changed, which way a readout went, in which paper, and what that is worth."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from jaknet.data.registry import read_table
from jaknet.errors import check_type
from jaknet.genes.names import Names
from jaknet.network.papers import normalise_reference
from jaknet.network.schema import split_list
from jaknet.simulation.library import list_drugs, load_drug, split_dose
from jaknet.simulation.model import STILL
from jaknet.simulation.perturbations import Perturbation, combine
from jaknet.simulation.settings import EnsembleSettings
from jaknet.tables import read_tsv

if TYPE_CHECKING:
    from jaknet.network.network import Network
    from jaknet.simulation.perturbations import Context

__all__ = ["AGREEMENT", "EXPERIMENT_COLUMNS", "SUREST", "count_papers", "experiments", "for_and_against"]
__all__ += ["share_rising", "with_papers"]

EXPERIMENT_COLUMNS = ["readout", "direction", "perturbation", "same_nodes", "same_way"]
EXPERIMENT_COLUMNS += ["context", "system", "measure", "paper", "link", "note", "id"]
#: In so many cases two papers that changed the same nodes and read the same thing agree (docs/validation.md).
AGREEMENT = 0.8
#: No sign is surer than one paper is of the cells of another laboratory: textbook routes alone would say .99, and .9 is seen.
SUREST = 1.0 - EnsembleSettings().other_sign
#: A perturbation that leaves less than this of a node counts as its loss.
_HALF = 0.5
_OPPOSITE = {"up": "down", "down": "up", "none": "none"}
_LINKS = {
    "PMID": "https://pubmed.ncbi.nlm.nih.gov/{}/",
    "DOI": "https://doi.org/{}",
    "PMCID": "https://www.ncbi.nlm.nih.gov/pmc/articles/{}/",
}


def experiments(
    gene: str | None = None,
    perturbed: Perturbation | str | None = None,
    facts: str | PathLike[str] | pd.DataFrame | None = None,
) -> pd.DataFrame:
    """List what was published about a readout, a perturbation, or one under the other.

    Nothing here is predicted: it is what a reader should know beside a prediction. `jaknet.rank` and `jaknet.validate` count
    the papers on the very same experiment (``same_nodes``) and hear them beside the network. Experiments that share only
    some of the nodes agree in fewer than half of the cases.

    Parameters
    ----------
    gene : str, optional
        The readout: a gene, protein or phenotype by any of its names. By default every readout.
    perturbed : Perturbation or str, optional
        A perturbation, a drug at a dose, or the name of a node: experiments that raised or lowered a node that it raises or
        lowers by at least half. A drug without a dose: experiments that name the drug. By default every experiment.
    facts : path or pandas.DataFrame, optional
        A table of facts in the columns of the bundled one, the default.

    Returns
    -------
    pandas.DataFrame
        `EXPERIMENT_COLUMNS`, one row a published readout, by readout and paper. ``direction``: up, down or none, as
        published. ``same_nodes``: whether the experiment changed exactly the nodes that `perturbed` changes, or used its drug.
        ``same_way``: 1 if the experiment changed the node the way that `perturbed` does, -1 the other way
        (the node of a name counts as raised), NaN without it. ``link``: address of the paper, empty where only its title is known.

    Raises
    ------
    InputError
        For anything else than text, a perturbation and a table.

    Examples
    --------
    >>> found = experiments("osteocalcin", "tofacitinib 300 nM")
    >>> found.loc[found["same_nodes"], ["direction", "same_way", "context", "paper"]].values.tolist()
    [['up', 1.0, 'inflammatory', 'PMID:33559714']]
    """
    table = read_table("networks/osteoblast/facts.tsv") if facts is None else facts if isinstance(facts, pd.DataFrame) else read_tsv(facts)
    names = Names(tuple(sorted({part for cell in [*table["readout"], *table["nodes"]] for part in _parts(cell)})), "human")
    keep, same_way, same_nodes = np.ones(len(table), bool), np.full(len(table), np.nan), np.zeros(len(table), bool)
    if gene is not None:
        check_type("gene", gene, str, "the name of a gene, protein or phenotype")
        wanted = _meant(names, gene)
        keep &= [not wanted.isdisjoint(_parts(cell)) for cell in table["readout"]]
    if perturbed is not None:
        check_type("perturbed", perturbed, (Perturbation, str), "a Perturbation, a drug or the name of a node")
        same_way, same_nodes = _compared(table, perturbed, names)
        keep &= same_way != 0
    found = table.assign(same_way=same_way, same_nodes=same_nodes)[keep]
    return _linked(found)[EXPERIMENT_COLUMNS].sort_values(["readout", "paper", "id"], ignore_index=True)


def count_papers(network: Network, genes: pd.Series, perturbation: Perturbation | Context) -> pd.DataFrame:
    """Count the papers that report each gene up, down or unchanged under the same perturbation, or the reverse under its opposite.

    Parameters
    ----------
    network : Network
        Whose names the genes have.
    genes : pandas.Series of str
        Symbols.
    perturbation : Perturbation or Context
        Papers that used its drug or changed exactly its nodes count; no paper is counted for a context.

    Returns
    -------
    pandas.DataFrame
        ``papers_up``, ``papers_down``, ``papers_none``, one row a gene. A paper with both counts in both.
    """
    said = _turned(network, perturbation).query("same_nodes")[["gene", "turned", "paper"]].drop_duplicates()
    counts = pd.crosstab(said["gene"], said["turned"]).reindex(index=genes, columns=[*_OPPOSITE], fill_value=0)
    return counts.add_prefix("papers_").reset_index(drop=True).rename_axis(columns=None)


def for_and_against(network: Network, predicted: pd.Series, perturbation: Perturbation | Context) -> pd.DataFrame:
    """List the published experiments that speak for or against predicted directions.

    Parameters
    ----------
    network : Network
        Whose names the genes have.
    predicted : pandas.Series of str
        Gene -> up, down, none or unsure, in the order that the result shall have.
    perturbation : Perturbation or Context
        As in `experiments`; nothing is listed for a context.

    Returns
    -------
    pandas.DataFrame
        ``gene``, ``predicted``, ``speaks`` (``against``, ``for``, or ``neither`` where nothing is predicted), then the columns of
        `experiments` from ``direction`` on, with ``experiment_context`` for its context: gene by gene, the same
        experiment before similar ones, and what speaks against before what speaks for.
    """
    found = _turned(network, perturbation)
    found = found[found["gene"].isin(predicted.index)]
    said = predicted.loc[found["gene"]].to_numpy(object)
    speaks = np.where(said == "unsure", "neither", np.where(found["turned"] == said, "for", "against"))
    order = pd.Series(range(len(predicted)), predicted.index).loc[found["gene"]].to_numpy()
    table = found.assign(predicted=said, speaks=speaks, order=order).sort_values(
        ["order", "same_nodes", "speaks", "id"], ascending=[True, False, True, True]
    )
    shown = table[["gene", "predicted", "speaks", *EXPERIMENT_COLUMNS[1:]]]
    return shown.rename(columns={"context": "experiment_context"}).reset_index(drop=True)


def with_papers(p_rise: ArrayLike, papers_up: ArrayLike, papers_down: ArrayLike) -> NDArray[np.float64]:
    """Return the probability of a rise when papers on the same experiment are heard beside the network.

    The network counts as `p_rise`, at most `SUREST` either way; each paper multiplies the odds of the direction that it
    reports by ``AGREEMENT / (1 - AGREEMENT)``, as if papers were independent; and no direction gets more than `SUREST`.

    Parameters
    ----------
    p_rise : array_like of float, shape (n,)
        What the network says, given that the readout moves; NaN where it says nothing.
    papers_up, papers_down : array_like of int, shape (n,)
        Papers that report a rise and a fall.

    Returns
    -------
    ndarray of float64, shape (n,)
        NaN where the network says nothing and as many papers report a rise as a fall.

    Examples
    --------
    >>> with_papers([0.5, 0.3, 0.99, float("nan")], [1, 2, 0, 0], [0, 0, 1, 0]).round(2).tolist()
    [0.8, 0.85, 0.59, nan]
    """
    network, said = np.asarray(p_rise, float), np.asarray(papers_up, float) - np.asarray(papers_down, float)
    heard = logit(np.clip(np.nan_to_num(network, nan=0.5), 1.0 - SUREST, SUREST)) + said * logit(AGREEMENT)
    return np.where(np.isnan(network) & (said == 0), np.nan, np.clip(expit(heard), 1.0 - SUREST, SUREST))


def share_rising(effects: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability that something rises, given that it moves at all.

    Parameters
    ----------
    effects : ndarray of float64, shape (members, n)
        Changes; NaN in members that do not come to rest.

    Returns
    -------
    ndarray of float64, shape (n,)
        The share of rises among the members that move by more than rounding, with one pseudo-member on either
        side, so that none is 0 or 1; NaN where no member moves.
    """
    raised, lowered = (effects > STILL).sum(axis=0), (effects < -STILL).sum(axis=0)
    return np.where(raised + lowered > 0, (raised + 1.0) / (raised + lowered + 2.0), np.nan)


def _turned(network: Network, perturbation: Perturbation | Context) -> pd.DataFrame:
    """Return the experiments beside a perturbation with the ``gene`` in the network's names, and the direction ``turned`` to its way."""
    found = experiments(perturbed=perturbation if isinstance(perturbation, Perturbation) else combine([]))
    gene = [network.own_name(name) if name in network else name for name in found["readout"]]
    return found.assign(gene=gene, turned=found["direction"].where(found["same_way"] > 0, found["direction"].map(_OPPOSITE)))


def _parts(cell: str) -> list[str]:
    """Return the names in a cell: of a list, and of a ratio."""
    return [name for part in split_list(cell) for name in part.split("/")]


def _meant(names: Names, name: str) -> set[str]:
    """Return the names of the table that one name may mean; itself where there is none."""
    found = names.find(name)
    return {found} if found else {name, *names.meanings(name)}


def _compared(table: pd.DataFrame, perturbed: Perturbation | str, names: Names) -> tuple[np.ndarray, np.ndarray]:
    """Return for each experiment 1 if it changes what is perturbed the same way, -1 the other way, else 0; and whether exactly that."""
    drug = ""
    if isinstance(perturbed, str):
        at_dose, drug = split_dose(perturbed), perturbed.strip() if perturbed.strip().casefold() in list_drugs() else ""
        perturbed = load_drug(at_dose[0]).at(at_dose[1]) if at_dose else perturbed
    if isinstance(perturbed, Perturbation):
        signs, drugs = _signs(perturbed, names), {load.drug for load in perturbed.loads}
        drug = drugs.pop() if len(drugs) == 1 and not perturbed.scale and not perturbed.pin else ""
    else:
        signs = {} if drug else dict.fromkeys(_meant(names, perturbed), 1)
    sign, changed = table["sign"].astype(int).to_numpy(), [split_list(nodes) for nodes in table["nodes"]]
    alike = sign * np.array([sum(signs.get(node, 0) for node in nodes) for nodes in changed], np.int64)
    exactly = np.array([{*nodes} == signs.keys() for nodes in changed], bool) & (np.abs(alike) == len(signs))
    if drug:
        # An inhibition that names the drug is the same experiment, whichever of its targets the table lists.
        named = table["perturbation"].str.contains(drug, case=False, regex=False).to_numpy(bool) & (sign < 0)
        alike, exactly = np.where(named, 1, alike), exactly | named
    return np.sign(alike).astype(float), exactly


def _signs(perturbation: Perturbation, names: Names) -> dict[str, int]:
    """Return node -> 1 or -1 for what a perturbation raises, or lowers by at least half."""
    levels: Mapping[str, int] = {
        **{node: -1 for node, left in perturbation.remaining.items() if left <= _HALF},
        **{node: 1 if level >= _HALF else -1 for node, level in perturbation.pin.items()},
    }
    return {name: sign for node, sign in levels.items() for name in _meant(names, node)}


def _linked(table: pd.DataFrame) -> pd.DataFrame:
    """Add the paper in one spelling, and its address."""
    # A title is compared by its letters and digits, but read with its words apart.
    paper = table["paper_id"].map(lambda cell: cell if cell.startswith("title:") else normalise_reference(cell))
    kinds = paper.str.partition(":").reindex(columns=[0, 2])
    link = [_LINKS[kind].format(number) if kind in _LINKS else "" for kind, number in zip(kinds[0], kinds[2], strict=True)]
    return table.assign(paper=paper, link=link)
