"""Read networks of many formats; what cannot be used is counted, what cannot be understood is refused."""

from __future__ import annotations

import re
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from jaknet.data.registry import bundled_files, read_table, read_yaml
from jaknet.errors import InputError, SpeciesError, UnknownNameError, check_type, few
from jaknet.genes.mapping import map_identifiers, symbols_of_date
from jaknet.genes.tables import SPECIES, GeneTable, gene_table
from jaknet.network.io.formats import FORMATS, MISSING, Format, references_of
from jaknet.network.io.netflux import netflux_tables
from jaknet.network.io.text import read_cells, read_graphml, stem
from jaknet.network.merge import merge_edges
from jaknet.network.network import Network
from jaknet.network.schema import split_list
from jaknet.tables import read_text

__all__ = ["NETWORK_FORMATS", "as_network", "find_network", "list_networks", "load_network", "read_network"]

NETWORK_FORMATS = ("auto", "native", "sif", "graphml", "decoupler", "omnipath", "signor", "trrust", "wikipathways", "progeny", "netflux")
# Chains of a precursor (angiotensin 2 of AGT) are not the gene's product as a whole: they keep their names.
_UNIPROT = re.compile(r"^[A-Z]\d[A-Z0-9]{3}\d([A-Z0-9]{4})?(-\d+)?$")
_OF_A_GENE = ("", "protein", "mirna", "ncrna")


def read_network(
    path: str | Path,
    format: str = "auto",
    name: str | None = None,
    species: str = "auto",
    on_conflict: str = "support",
) -> Network:
    """Read a network from a file, or from a folder that holds ``edges.tsv``.

    Parameters
    ----------
    path : str or Path
        A table (tab, comma or semicolon; gzip or not), SIF, GraphML, a Netflux workbook, or a folder with
        ``edges.tsv`` and, if there, ``nodes.tsv`` and ``network.yaml``. Files that `Network.write` left beside the path (``.nodes.tsv``,
        ``.evidence.tsv``, ``.network.yaml``) are used.
    format : str
        One of `NETWORK_FORMATS`; ``"auto"`` tells by the columns.
    name : str, optional
        Default: what the file says, else its own name.
    species : {"auto", "human", "mouse"}
        ``"auto"`` tells by the symbols, and assumes human where they are no genes.
    on_conflict : {"support", "curated", "drop"}
        What decides where rows report both signs of an edge; see `jaknet.network.build.build_network`.

    Returns
    -------
    Network
        Its ``report`` counts: ``rows``, ``incomplete`` (an end is missing), ``unsigned``, ``merged`` (joined to another row of
        the same source, target and layer), ``self_loops`` (kept), and lists the ``conflicts`` decided and
        ``conflicts_dropped``, symbols ``repaired`` and those that stay ``unmapped``.

    Raises
    ------
    InputError
        For a file that is missing, empty, damaged or not a network, or cells that are no sign; the
        message names the rows.
    SpeciesError
        For symbols of two species.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "small.csv"
    ...     _ = path.write_text("source,target,sign\\nJAK1,STAT3,activates\\nSOCS3,JAK1,-1\\nIL6,IL6R,0\\n")
    ...     net = read_network(path)
    >>> net, net.report["unsigned"]
    (Network 'small': 3 nodes, 2 edges (+1/-1), 1)
    """
    if format not in NETWORK_FORMATS:
        raise UnknownNameError("network format", [format], NETWORK_FORMATS)
    check_type("path", path, (str, PathLike), "the path of a table, SIF, GraphML or workbook, or of a folder")
    file = Path(path)
    edges_file = file / "edges.tsv" if (file / "edges.tsv").is_file() else file
    table, nodes, about = _load(edges_file, format, in_folder=edges_file != file)
    label = name or about.get("name") or stem(file)
    edges, report = _tidy(table, str(label), edges_file)
    edges, report["repaired"], report["unmapped"], found = _name_genes(edges, species if species != "auto" else about.get("species"))
    merged = merge_edges(edges, on_conflict)
    if merged.edges.empty:
        raise InputError(f"{file} keeps no edge after its conflicts; choose another on_conflict than {on_conflict!r}.")
    if nodes is None and {"source_type", "target_type"} <= set(edges):
        nodes = _make_nodes(edges, set(merged.edges["source"]) | set(merged.edges["target"]))
    report |= {"format": about["format"], "merged": merged.merged, "conflicts": merged.resolved, "conflicts_dropped": merged.dropped}
    report["self_loops"] = int((merged.edges["source"] == merged.edges["target"]).sum())
    return Network(merged.edges, nodes, str(label), str(about.get("version", "")), report, found)


def _load(path: Path, format: str, in_folder: bool) -> tuple[pd.DataFrame, pd.DataFrame | None, dict[str, Any]]:
    """Return converted rows, the node table and what is said about the network."""
    lowered = path.name.lower()
    if format == "graphml" or (format == "auto" and lowered.endswith((".graphml", ".xml"))):
        table, nodes, about = read_graphml(path)
        return _native(table, path), nodes, about | {"format": "graphml"}
    if format == "netflux" or (format == "auto" and lowered.endswith(".xlsx")):
        table, nodes, about = netflux_tables(path)
        return _native(table, path), nodes, about | {"format": "netflux"}
    cells = read_cells(read_text(path), path)
    layout = _recognise(cells, format, path)
    table = layout.convert(cells)
    prefix = "" if in_folder else f"{stem(path)}."
    evidence, nodes_file, about_file = (path.with_name(prefix + kind) for kind in ("evidence.tsv", "nodes.tsv", "network.yaml"))
    if layout.name == "sif" and evidence.is_file():
        table = _with_evidence(table, _native(read_cells(read_text(evidence), evidence), evidence))
    nodes = read_cells(read_text(nodes_file), nodes_file) if nodes_file.is_file() else None
    about = _read_about(about_file) if about_file.is_file() else {}
    return table, nodes, {**about, "format": layout.name}


def _read_about(path: Path) -> dict[str, Any]:
    try:
        said = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not YAML: {few(str(error).splitlines(), 1)}. Correct or remove it.") from error
    return dict(said) if isinstance(said, dict) else {}


def _recognise(cells: pd.DataFrame, format: str, path: Path) -> Format:
    columns = set(cells.columns)
    candidates = [layout for layout in FORMATS if format in ("auto", layout.name)]
    for layout in candidates:
        if layout.needs <= columns:
            return layout
    # The shared form of OmniPath is a SIF table with a header row.
    if format == "omnipath" and {"source", "interaction", "target"} <= columns:
        return next(layout for layout in FORMATS if layout.name == "sif")
    wanted = " or ".join(", ".join(sorted(layout.needs)) for layout in candidates if format != "auto") or "source, target, sign"
    raise InputError(f"{path} lacks the columns of an edge table ({wanted}); it has {few(cells.columns, 10)}. Rename the columns.")


def _native(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    columns = set(table.columns)
    layout = next((layout for layout in FORMATS if layout.name in ("native", "decoupler", "sif") and layout.needs <= columns), None)
    if layout is None:
        raise InputError(f"{path} has no edge with a sign (edge attribute sign, weight or interaction).")
    return layout.convert(table)


def _with_evidence(table: pd.DataFrame, evidence: pd.DataFrame) -> pd.DataFrame:
    """Give the edges of a SIF their evidence; edges drawn or re-signed since then stand without any."""
    key = ["source", "target", "layer", "sign"]
    return table[key].merge(evidence, on=key, how="left").fillna({column: "" for column in evidence if column != "sign"})


def _tidy(table: pd.DataFrame, label: str, path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Drop and count what is no signed edge; normalise references, numbers and tiers."""
    report: dict[str, Any] = {"rows": len(table)}
    ends = [table[column].str.lower().isin(MISSING) for column in ("source", "target")]
    incomplete = ends[0] | ends[1]
    meaningless = table["sign"].isna() & ~incomplete
    if meaningless.any():
        rows = [f"row {i + 1} {table['source'].iloc[i]} -> {table['target'].iloc[i]}" for i in np.flatnonzero(meaningless)]
        what = "whose sign is neither 1, -1, a word for them, nor 0 or empty"
        raise InputError(f"{path} has {len(rows)} edge(s) {what}: {few(rows)}. Correct these cells.")
    unsigned = (table["sign"] == 0) & ~incomplete
    report |= {"incomplete": int(incomplete.sum()), "unsigned": int(unsigned.sum())}
    kept = table[~incomplete & ~unsigned].copy()
    if kept.empty:
        counts = f"{report['rows']} rows, {report['incomplete']} without an end, {report['unsigned']} without a sign"
        raise InputError(f"{path} has no signed edge ({counts}); signs are 1 and -1 in the column sign.")
    kept["sign"] = kept["sign"].astype(int)
    # Tables that count their support are ours: their cells stay as they are, for an exact round trip.
    for column in ("references", "references_against"):
        if column in kept and "support_positive" not in kept:
            kept[column] = kept[column].map({cell: references_of(cell) for cell in kept[column].unique()})
    _fill(kept, label)
    return kept, report


def _fill(kept: pd.DataFrame, label: str) -> None:
    """Give defaults that depend on the row: a name for the source of rows without any, the tier, the support."""
    cited = kept["references"] != "" if "references" in kept else pd.Series(False, kept.index)
    own_columns = {"tier", "support_positive", "support_negative"} & set(kept.columns)
    resources = kept["resources"] if "resources" in kept else pd.Series("", kept.index)
    kept["resources"] = resources.where(cited | (resources != ""), label) if not own_columns else resources
    if "weight" in kept:
        kept["weight"] = pd.to_numeric(kept["weight"].replace("", 1.0), errors="coerce")
    for column, default in (("layer", "signaling"), ("lineage", "other"), ("sign_basis", "reported")):
        if column in kept:
            kept[column] = kept[column].replace("", default)
    tier = pd.Series(np.where(cited, "B", "C"), kept.index)
    kept["tier"] = kept["tier"].where(kept["tier"] != "", tier) if "tier" in kept else tier
    for column in ("support_positive", "support_negative"):
        if column in kept:
            kept[column] = pd.to_numeric(kept[column], errors="coerce").fillna(0).clip(0, 10**6).astype(int)
    if not own_columns:
        papers = kept["references"].map(lambda cell: max(len(split_list(cell)), 1)) if "references" in kept else 1
        kept["support_positive"], kept["support_negative"] = papers * (kept["sign"] > 0), papers * (kept["sign"] < 0)


def _name_genes(edges: pd.DataFrame, species: str | None) -> tuple[pd.DataFrame, list[str], list[str], str]:
    """Repair dates and mangled symbols; tell the species."""
    names = sorted(set(edges["source"]) | set(edges["target"]))
    found = species or _species_of(names)
    genes = gene_table(found)
    renamed = {name: symbol for name in names if symbols_of_date(name) and (symbol := map_identifiers([name], found).table["mapped"][0])}
    unmapped: list[str] = []
    if {"source_id", "target_id"} <= set(edges.columns):
        accessions = dict(sorted(_describe_ends(edges, "id")))
        proteins = {name: item for name, item in accessions.items() if "_" in name and _UNIPROT.match(item) and name not in genes.symbols}
        mangled = {name: _restore_symbol(name, item, genes) for name, item in proteins.items()}
        renamed |= {name: symbol for name, symbol in mangled.items() if symbol}
        unmapped = sorted(name for name, symbol in mangled.items() if not symbol)
    repaired = [f"{name} -> {symbol}" for name, symbol in sorted(renamed.items())]
    ends = {end: edges[end].map(lambda name: renamed.get(name, name)) for end in ("source", "target")}
    return edges.assign(**ends), repaired, unmapped, found


def _make_nodes(edges: pd.DataFrame, used: set[str]) -> pd.DataFrame:
    """Nodes of SIGNOR: complexes, families, chemicals, stimuli and phenotypes stand for no gene."""
    # What is listed under several types is a protein, if that is one of them.
    types = dict(sorted(_describe_ends(edges, "type"), key=lambda pair: (pair[0], pair[1] == "protein", pair[1])))
    kinds = {name: kind for name, kind in types.items() if name in used}
    rows = [(name, "gene" if kind == "protein" else kind, name if kind in _OF_A_GENE else "", "") for name, kind in kinds.items()]
    return pd.DataFrame(rows, columns=["node", "kind", "gene", "name"])


def _describe_ends(edges: pd.DataFrame, what: str) -> set[tuple[str, str]]:
    return {pair for end in ("source", "target") for pair in zip(edges[end], edges[f"{end}_{what}"], strict=True)}


def _restore_symbol(name: str, accession: str, genes: GeneTable) -> str:
    """Return the symbol of a protein whose hyphens became underscores: by UniProt, else the only symbol that fits."""
    by_accession = genes.by_uniprot.get(accession.partition("-")[0], ())
    fitting = [symbol for symbol in (name.replace("_", "-"), name.replace("_", ".")) if symbol in genes.symbols]
    if len(by_accession) == 1:
        return by_accession[0]
    return fitting[0] if len(fitting) == 1 else ""


def _species_of(names: list[str]) -> str:
    known = {species: {name for name in names if name in gene_table(species).symbols} for species in SPECIES}
    only = {species: known[species] - known[other] for species, other in (SPECIES, SPECIES[::-1])}
    best, other = sorted(SPECIES, key=lambda species: -len(only[species]))
    if len(only[other]) >= 3 and len(only[other]) >= 0.1 * len(only[best]):
        message = f"symbols of two species: {few(sorted(only[best]), 3)} are {best}, {few(sorted(only[other]), 3)} are {other}. "
        raise SpeciesError(message + "Split the table, or give species=.")
    return best if only[best] else "human"


def list_networks() -> list[str]:
    """List the bundled networks.

    ``osteoblast`` and ``source_study`` are curated; ``trrust`` holds regulons alone: transcription factors and their targets.

    Examples
    --------
    >>> list_networks()
    ['osteoblast', 'source_study', 'trrust']
    """
    return sorted(_folders())


def _folders() -> dict[str, str]:
    """Return the folder of each bundled network."""
    found = [name.removesuffix("/network.yaml") for name in bundled_files("networks/") if name.endswith("/network.yaml")]
    return {folder.rpartition("/")[2]: folder for folder in found}


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
    check_type("a network", name, str, f"the name of a bundled one ({few(list_networks())}); jaknet.read_network reads a file")
    if name not in list_networks():
        raise UnknownNameError("network", [name], list_networks())
    about, nodes, edges = (f"{_folders()[name]}/{file}" for file in ("network.yaml", "nodes.tsv", "edges.tsv"))
    said = read_yaml(about)
    return Network(read_table(edges), read_table(nodes), said["name"], str(said["version"]))


def find_network(named: str | Path) -> Network:
    """Return a bundled network by its name, or else read it from a file.

    Parameters
    ----------
    named : str or Path
        One of `list_networks`, or where the network lies.

    Raises
    ------
    UnknownNameError
        If it is neither.

    Examples
    --------
    >>> find_network("source_study").name
    'source_study'
    """
    if str(named) in list_networks():
        return load_network(str(named))
    if not Path(named).exists():
        known = ", ".join(list_networks())
        raise UnknownNameError("network", [str(named)], list_networks(), f"give the path of a table, or one of: {known}")
    return read_network(named)


def as_network(given: Network | str) -> Network:
    """Return a network from itself or the name of a bundled one.

    Parameters
    ----------
    given : Network or str
        A network, or the name of a bundled one.

    Raises
    ------
    UnknownNameError
        If there is no such network.
    InputError
        For anything else.
    """
    if isinstance(given, str):
        return load_network(given)
    if not isinstance(given, Network):
        known = ", ".join(list_networks())
        raise InputError(f"a network is a Network or the name of a bundled one ({known}); got {type(given).__name__}.")
    return given
