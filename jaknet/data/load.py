"""Load what the library bundles: networks, drugs, contexts, gene sets, facts, the example dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jaknet.data.registry import bundled_files, bundled_path, read_table, read_yaml
from jaknet.errors import UnknownNameError

if TYPE_CHECKING:
    from jaknet.expression.reading import Expression
    from jaknet.network.model import Network
    from jaknet.simulation.drugs import Drug
    from jaknet.simulation.perturbations import Context

__all__ = [
    "list_contexts",
    "list_drugs",
    "list_networks",
    "load_context",
    "load_controls",
    "load_drug",
    "load_example",
    "load_facts",
    "load_gene_sets",
    "load_network",
    "load_osteoanabolic",
]

_CORE, _DRUGS = "networks/osteoblast", "networks/drugs"


def list_networks() -> list[str]:
    """List the bundled networks.

    Examples
    --------
    >>> list_networks()
    ['osteoblast', 'source_study']
    """
    return sorted(name.split("/")[1] for name in bundled_files("networks/") if name.endswith("/network.yaml"))


def load_network(name: str = "osteoblast") -> Network:
    """Load a bundled network.

    Parameters
    ----------
    name : str
        One of `list_networks`.

    Raises
    ------
    UnknownNameError
        If there is no such network.

    Examples
    --------
    >>> load_network("osteoblast").name
    'osteoblast'
    """
    from jaknet.network.model import Network

    if name not in list_networks():
        raise UnknownNameError("network", [name], list_networks())
    about = read_yaml(f"networks/{name}/network.yaml")
    nodes = read_table(f"networks/{name}/nodes.tsv")
    return Network(read_table(f"networks/{name}/edges.tsv"), nodes, about["name"], str(about["version"]))


def list_drugs() -> list[str]:
    """List the bundled drugs.

    Examples
    --------
    >>> "tofacitinib" in list_drugs()
    True
    """
    return sorted(read_table(f"{_DRUGS}/drugs.tsv")["drug"])


def load_drug(name: str) -> Drug:
    """Load a drug with its potency on each target; ``drug.at("100 nM")`` is a perturbation.

    Raises
    ------
    UnknownNameError
        If there is no such drug.

    Examples
    --------
    >>> load_drug("tofacitinib").name
    'tofacitinib'
    """
    from jaknet.simulation.drug_tables import drug_from_tables

    if name not in list_drugs():
        raise UnknownNameError("drug", [name], list_drugs(), f"known: {', '.join(list_drugs())}")
    about, potencies, exposures = (read_table(f"{_DRUGS}/{table}.tsv") for table in ("drugs", "potencies", "exposures"))
    row = about.set_index("drug", drop=False).loc[name]
    own = potencies[potencies["drug"] == name], exposures[exposures["drug"] == name]
    return drug_from_tables(row, own[0], own[1], read_table(f"{_DRUGS}/kinases.tsv"))


def list_contexts() -> list[str]:
    """List the bundled contexts.

    Examples
    --------
    >>> "inflammatory" in list_contexts()
    True
    """
    return sorted(read_table(f"{_CORE}/contexts_about.tsv")["context"])


def load_context(name: str) -> Context:
    """Load a context: its inputs and clamps, each with its reason.

    Raises
    ------
    UnknownNameError
        If there is no such context.

    Examples
    --------
    >>> load_context("inflammatory").inputs["IL6"] > load_context("steady_state").inputs["IL6"]
    True
    """
    from jaknet.simulation.perturbations import Context

    if name not in list_contexts():
        raise UnknownNameError("context", [name], list_contexts())
    about = read_table(f"{_CORE}/contexts_about.tsv").set_index("context")["description"]
    rows = read_table(f"{_CORE}/contexts.tsv")
    return Context.from_table(name, rows[rows["context"] == name], str(about[name]))


def load_osteoanabolic() -> pd.DataFrame:
    """Load the osteoanabolic genes: ``gene``, ``polarity`` (1 promotes bone formation, -1 opposes), references.

    Examples
    --------
    >>> genes = load_osteoanabolic().set_index("gene")["polarity"]
    >>> int(genes["BGLAP"]), int(genes["SOST"])
    (1, -1)
    """
    table = read_table(f"{_CORE}/osteoanabolic.tsv")
    return table.assign(polarity=pd.to_numeric(table["polarity"]).astype(int))


def load_gene_sets() -> dict[str, list[str]]:
    """Load the bundled gene sets, made from the curated network by ``scripts/make_gene_sets.py``.

    Examples
    --------
    >>> "BGLAP" in load_gene_sets()["OSTEOANABOLIC"]
    True
    """
    lines = bundled_path(f"{_CORE}/gene_sets.gmt").read_text(encoding="utf-8").splitlines()
    return {line.split("\t")[0]: line.split("\t")[2:] for line in lines}


def load_facts() -> pd.DataFrame:
    """Load the reviewed perturbation facts that calibrate the ensemble, one row per readout.

    Examples
    --------
    >>> set(load_facts()["direction"]) == {"up", "down", "none"}
    True
    """
    return read_table(f"{_CORE}/facts.tsv")


def load_controls() -> pd.DataFrame:
    """Load the controls: what every textbook says that a ligand, an inhibitor or a context moves, and what it does not.

    Examples
    --------
    >>> load_controls().set_index("id").loc["C013", ["nodes", "readout", "direction"]].tolist()
    ['TNF', 'RELA', 'up']
    """
    return read_table(f"{_CORE}/controls.tsv")


def load_example() -> tuple[Expression, pd.DataFrame, pd.DataFrame]:
    """Load the bundled SIMULATED counts: the data, the sample table and the truth they were made from.

    Returns
    -------
    expression : Expression
        Negative binomial counts, genes by samples; simulated, not measured.
    samples : pandas.DataFrame
        ``sample`` as index, ``treatment`` of each.
    truth : pandas.DataFrame
        ``gene`` and the log2 fold change that was simulated.
    """
    from jaknet.expression.reading import read_expression

    counts = read_expression(bundled_path("expression/simulated/counts.tsv.gz"))
    samples = pd.read_csv(bundled_path("expression/simulated/samples.tsv"), sep="\t", index_col=0)
    truth = pd.read_csv(bundled_path("expression/simulated/truth.tsv"), sep="\t")
    return counts, samples, truth
