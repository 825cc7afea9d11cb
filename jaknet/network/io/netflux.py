"""Write a network as a Netflux workbook, and read a Netflux workbook as a network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from jaknet.netflux.model import Reaction, Species
from jaknet.netflux.workbook import data_rows, parse_rule, read_sheets
from jaknet.network.io.text import make_table
from jaknet.network.schema import join_list, split_list

if TYPE_CHECKING:
    from jaknet.network.network import Network

__all__ = ["netflux_tables", "write_netflux"]

#: Netflux wants a title row, then a header row, then one row each.
_SPECIES = ["module", "ID", "name", "Yinit", "Ymax", "tau", "type", "location", "ref", "notes"]
_REACTIONS = ["module", "ID", "Rule", "Weight", "n", "EC50", "location"]
_SOURCES = [f"{what} {number}" for number in (1, 2) for what in ("confidence", "species", "system", "database", "ref ID", "link")]
_RULE = 2

Cells = list[list[Any]]


def write_netflux(network: Network, path: Path) -> None:
    """Write a network as the Netflux model in which inhibitors veto.

    Each activator of a node gets a reaction of its own, in AND with "not" each inhibitor of that
    node; Netflux joins these reactions by OR. A node that has inhibitors alone gets one reaction
    from all of them. A node that nothing acts on becomes an input of weight 0. A weight is that of
    the activator's edge, or the largest where it has several. The sheets ``edges``, ``nodes`` and
    ``network`` hold the tables of the network, so that `netflux_tables` gives all of it back.

    Parameters
    ----------
    network : Network
        Characters that Netflux does not allow in a name become ``_`` in the rules.
    path : Path
        Where the xlsx file goes. Its folder must exist. `Network.write` makes the folder, and
        leaves no half-written file.

    Raises
    ------
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from jaknet.network.network import Network
    >>> net = Network(pd.DataFrame({"source": ["STAT3", "PIAS3"], "target": ["SOCS3", "SOCS3"], "sign": [1, -1]}))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_netflux(net, Path(folder) / "model.xlsx")
    ...     rules = read_sheets(Path(folder) / "model.xlsx")["reactions"]
    >>> [row[2] for row in rules[2:]]
    ['=> PIAS3', 'STAT3 & !PIAS3 => SOCS3', '=> STAT3']
    """
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    names = _identifiers(network.names)
    model = {"species": _species_sheet(network, names), "reactions": _reactions_sheet(network, names)}
    for title, rows in (model | _table_sheets(network)).items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        # openpyxl takes a text such as "=> A" for a formula. Here it is a rule or a note.
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"):
            cell.data_type = "s"
    book.save(path)


def netflux_tables(path: str | Path) -> tuple[pd.DataFrame, pd.DataFrame | None, dict[str, str]]:
    """Read a Netflux workbook as a network.

    A workbook that jaknet wrote has the tables of its network in sheets of their own. Any other
    workbook gives the signs of its rules: ``A & !B => C`` is an edge ``A -> C`` of sign 1 and an
    edge ``B -> C`` of sign -1. Its numbers play no part.

    Parameters
    ----------
    path : str or Path
        An ``.xlsx`` file, or an ``.xls`` file if the extra ``jaknet[xls]`` is installed.

    Returns
    -------
    edges : pandas.DataFrame
        Text cells, one row for each edge.
    nodes : pandas.DataFrame or None
        Text cells, one row for each node; None where the workbook has no such table.
    about : dict of str to str
        ``name``, ``version`` and ``species`` of the network, if the workbook says so.

    Raises
    ------
    InputError
        If the file is no workbook, has neither these tables nor a sheet ``reactions``, or has a
        rule that `jaknet.netflux.workbook.parse_rule` refuses.

    Examples
    --------
    >>> import tempfile
    >>> from jaknet.network.network import Network
    >>> net = Network(pd.DataFrame({"source": ["PIAS3"], "target": ["SOCS3"], "sign": [-1]}), name="small")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     edges, _, about = netflux_tables(net.write(Path(folder) / "model.xlsx", "netflux"))
    >>> edges[["source", "target", "sign"]].values.tolist(), about["name"]
    ([['PIAS3', 'SOCS3', '-1']], 'small')
    """
    file = Path(path)
    sheets = read_sheets(file)
    if {"edges", "nodes"} <= set(sheets):
        edges, nodes = (make_table(*_split_header(sheets[title]), file) for title in ("edges", "nodes"))
        return edges, nodes, {row[0]: row[1] for row in sheets.get("network", []) if len(row) > 1}
    rules = [parse_rule(row) for row in data_rows(sheets, "reactions", _RULE, file.name)]
    found = {
        (source, target, "-1" if flip else "1")
        for rule in rules
        for source, flip in zip(rule.reactants, rule.inverted, strict=True)
        for target in rule.products
    }
    return pd.DataFrame(sorted(found), columns=["source", "target", "sign"]), None, {}


def _split_header(rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    return (rows[0], rows[1:]) if rows else ([], [])


def _species_sheet(network: Network, names: dict[str, str]) -> Cells:
    kinds = dict(zip(network.nodes["node"], network.nodes["kind"], strict=True))
    plain = Species("any")
    rows = [["", names[node], node, plain.initial, plain.ymax, plain.tau, kinds[node]] for node in network.names]
    return [["Species information"], _SPECIES, *rows]


def _reactions_sheet(network: Network, names: dict[str, str]) -> Cells:
    incoming = dict(list(network.edges.groupby("target")))
    found = [pair for node in network.names for pair in _reactions_of(names[node], incoming.get(node), names)]
    rows = [_reaction_row(number, reaction, cited) for number, (reaction, cited) in enumerate(found, start=1)]
    return [["Reaction Information"], [*_REACTIONS, *_SOURCES, "notes"], *rows]


def _reaction_row(number: int, reaction: Reaction, cited: str) -> list[Any]:
    module = "middle" if reaction.reactants else "inputs"
    row = [module, f"r{number}", str(reaction), reaction.weight, reaction.n, reaction.ec50]
    # The references go into the first column "ref ID".
    blank = [""] * ([*_REACTIONS, *_SOURCES].index("ref ID 1") - len(row))
    return [*row, *blank, cited]


def _table_sheets(network: Network) -> dict[str, Cells]:
    tables = {"edges": network.edges, "nodes": network.nodes}
    sheets: dict[str, Cells] = {title: [list(table), *table.to_numpy(object).tolist()] for title, table in tables.items()}
    return sheets | {"network": [["name", network.name], ["version", network.version], ["species", network.species]]}


def _reactions_of(target: str, edges: pd.DataFrame | None, names: dict[str, str]) -> list[tuple[Reaction, str]]:
    """Return the reactions of one node, each with the references of its edges."""
    if edges is None:
        return [(Reaction(target, weight=0.0), "")]
    activators, inhibitors = edges[edges["sign"] > 0], edges[edges["sign"] < 0]
    veto = tuple(names[source] for source in dict.fromkeys(inhibitors["source"]))
    if activators.empty:
        return [(_reaction(target, (), veto, inhibitors), _join_references(inhibitors))]
    # An activator in two layers is one reaction: Netflux would count a repeated rule twice.
    groups = [(names[str(source)], own) for source, own in activators.groupby("source")]
    return [(_reaction(target, (source,), veto, own), _join_references(own, inhibitors)) for source, own in groups]


def _reaction(target: str, activators: tuple[str, ...], inhibitors: tuple[str, ...], edges: pd.DataFrame) -> Reaction:
    inverted = (False,) * len(activators) + (True,) * len(inhibitors)
    return Reaction(target, activators + inhibitors, inverted, float(edges["weight"].max()))


def _join_references(*tables: pd.DataFrame) -> str:
    return join_list(part for table in tables for cell in table["references"] for part in split_list(cell))


def _identifiers(names: tuple[str, ...]) -> dict[str, str]:
    """Give each node a name that Netflux accepts: letters, digits and underscores, a letter first."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = re.sub(r"\W", "_", name, flags=re.ASCII)
        plain = plain if plain[:1].isalpha() else f"X{plain}"
        while plain in taken:
            plain += "_"
        found[name] = plain
        taken.add(plain)
    return found
