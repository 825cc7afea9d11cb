"""Published experiments beside a prediction: what was changed, which way a readout went, in which paper."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jaknet.data.registry import read_table
from jaknet.errors import check_type
from jaknet.genes.names import Names
from jaknet.network.papers import normalise_reference
from jaknet.network.schema import split_list
from jaknet.simulation.library import list_drugs, load_drug, split_dose
from jaknet.simulation.perturbations import Perturbation, combine
from jaknet.tables import read_tsv

if TYPE_CHECKING:
    from jaknet.network.network import Network
    from jaknet.simulation.perturbations import Context

__all__ = ["EXPERIMENT_COLUMNS", "count_papers", "experiments"]

EXPERIMENT_COLUMNS = ["readout", "direction", "perturbation", "same_way", "context", "system", "measure", "paper", "link", "note", "id"]
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

    Nothing here is predicted, and no prediction is changed by it: it is what a reader should know beside one.

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
        published. ``same_way``: 1 if the experiment changed the node the way that `perturbed` does, -1 the other way
        (the node of a name counts as raised), NaN without it. ``link``: address of the paper, empty where only its title is known.

    Raises
    ------
    InputError
        For anything else than text, a perturbation and a table.

    Examples
    --------
    >>> experiments("osteocalcin", "tofacitinib 300 nM")[["direction", "same_way", "context", "paper"]].values.tolist()
    [['up', 1.0, 'inflammatory', 'PMID:33559714']]
    """
    table = read_table("networks/osteoblast/facts.tsv") if facts is None else facts if isinstance(facts, pd.DataFrame) else read_tsv(facts)
    names = Names(tuple(sorted({part for cell in [*table["readout"], *table["nodes"]] for part in _parts(cell)})), "human")
    keep, same_way = np.ones(len(table), bool), np.full(len(table), np.nan)
    if gene is not None:
        check_type("gene", gene, str, "the name of a gene, protein or phenotype")
        wanted = _meant(names, gene)
        keep &= [not wanted.isdisjoint(_parts(cell)) for cell in table["readout"]]
    if perturbed is not None:
        check_type("perturbed", perturbed, (Perturbation, str), "a Perturbation, a drug or the name of a node")
        same_way = _same_way(table, perturbed, names)
        keep &= same_way != 0
    return _rows(table, np.where(perturbed is None, np.nan, same_way))[keep].sort_values(["readout", "paper", "id"], ignore_index=True)


def count_papers(network: Network, genes: pd.Series, perturbation: Perturbation | Context) -> pd.DataFrame:
    """Count the papers that report each gene up, down or unchanged under a perturbation, or the reverse under its opposite.

    Parameters
    ----------
    network : Network
        Whose names the genes have.
    genes : pandas.Series of str
        Symbols.
    perturbation : Perturbation or Context
        As in `experiments`; no paper is counted for a context.

    Returns
    -------
    pandas.DataFrame
        ``papers_up``, ``papers_down``, ``papers_none``, one row a gene. A paper with both counts in both.
    """
    found = experiments(perturbed=perturbation if isinstance(perturbation, Perturbation) else combine([]))
    turned = found["direction"].where(found["same_way"] > 0, found["direction"].map(_OPPOSITE))
    gene = [network.own_name(name) if name in network else name for name in found["readout"]]
    said = pd.DataFrame({"gene": gene, "direction": turned, "paper": found["paper"]}).drop_duplicates()
    counts = pd.crosstab(said["gene"], said["direction"]).reindex(index=genes, columns=[*_OPPOSITE], fill_value=0)
    return counts.add_prefix("papers_").reset_index(drop=True).rename_axis(columns=None)


def _parts(cell: str) -> list[str]:
    """Return the names in a cell: of a list, and of a ratio."""
    return [name for part in split_list(cell) for name in part.split("/")]


def _meant(names: Names, name: str) -> set[str]:
    """Return the names of the table that one name may mean; itself where there is none."""
    found = names.find(name)
    return {found} if found else {name, *names.meanings(name)}


def _same_way(table: pd.DataFrame, perturbed: Perturbation | str, names: Names) -> np.ndarray:
    """Return 1 for experiments that change what is perturbed the same way, -1 the other way, 0 for others."""
    if isinstance(perturbed, str):
        if perturbed.strip().casefold() in list_drugs():
            return table["perturbation"].str.contains(perturbed.strip(), case=False, regex=False).to_numpy(float)
        at_dose = split_dose(perturbed)
        signs = _signs(load_drug(at_dose[0]).at(at_dose[1]), names) if at_dose else dict.fromkeys(_meant(names, perturbed), 1)
    else:
        signs = _signs(perturbed, names)
    changed = zip(table["nodes"], pd.to_numeric(table["sign"]), strict=True)
    return np.array([np.sign(sum(int(sign) * signs.get(node, 0) for node in split_list(nodes))) for nodes, sign in changed], float)


def _signs(perturbation: Perturbation, names: Names) -> dict[str, int]:
    """Return node -> 1 or -1 for what a perturbation raises, or lowers by at least half."""
    levels: Mapping[str, int] = {
        **{node: -1 for node, left in perturbation.remaining.items() if left <= _HALF},
        **{node: 1 if level >= _HALF else -1 for node, level in perturbation.pin.items()},
    }
    return {name: sign for node, sign in levels.items() for name in _meant(names, node)}


def _rows(table: pd.DataFrame, same_way: np.ndarray) -> pd.DataFrame:
    # A title is compared by its letters and digits, but read with its words apart.
    paper = table["paper_id"].map(lambda cell: cell if cell.startswith("title:") else normalise_reference(cell))
    kinds = paper.str.partition(":")
    link = [_LINKS[kind].format(number) if kind in _LINKS else "" for kind, number in zip(kinds[0], kinds[2], strict=True)]
    return table.assign(same_way=same_way, paper=paper, link=link)[EXPERIMENT_COLUMNS]
