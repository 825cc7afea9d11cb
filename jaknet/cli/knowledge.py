"""What is known beforehand: ``jaknet network``, ``contexts`` and ``experiments``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import pandas as pd

from jaknet.cli.drugs import add_drugs_command
from jaknet.cli.flags import said_options, table_options
from jaknet.cli.options import named, whole
from jaknet.cli.output import check_format, note, save, say, show
from jaknet.cli.parser import Commands
from jaknet.errors import InputError

if TYPE_CHECKING:
    from jaknet.network.network import Network

__all__ = ["add_knowledge_commands"]

_GROUP = "Knowledge"


def add_knowledge_commands(commands: Commands) -> None:
    """Add ``jaknet network``, ``drugs``, ``contexts`` and ``experiments``.

    Parameters
    ----------
    commands : Commands
        Of the parser.
    """
    about = "List, show, audit or export a network, bundled or yours."
    made = commands.add(_GROUP, "network", _network, about, "jaknet network audit osteoblast", said_options())
    made.add_argument("action", choices=["list", "show", "audit", "export"], help="list, show, audit or export")
    made.add_argument(
        "name", nargs="?", default="osteoblast", metavar="NETWORK", help="bundled name or path of a table (default: osteoblast)"
    )
    made.add_argument("--paths", nargs=2, metavar=("FROM", "TO"), help="with show: list the paths between two nodes")
    made.add_argument("--length", type=whole(1), default=4, metavar="N", help="with --paths: the longest, in edges")
    made.add_argument("--format", default="tsv", choices=["tsv", "sif", "graphml", "netflux"], help="with export: what is written")
    made.add_argument("--out", metavar="FILE", help="file to write; export needs it")

    add_drugs_command(commands, _GROUP)

    about = "The states of the cell before a drug: their ligands, with reasons."
    shared = (table_options(), said_options())
    made = commands.add(_GROUP, "contexts", _contexts, about, "jaknet contexts show inflammatory", *shared)
    made.add_argument("action", choices=["list", "show"], help="list, or show one with the reason of every level")
    made.add_argument("names", nargs="*", metavar="CONTEXT", help="with show: bundled contexts (default: all)")

    about = "What was published on a gene, a perturbation, or one under the other."
    made = commands.add(_GROUP, "experiments", _experiments, about, "jaknet experiments osteocalcin --perturbed tofacitinib", *shared)
    made.add_argument("gene", nargs="?", help="gene, protein or phenotype that was read, by any name (default: every one)")
    made.add_argument("--perturbed", metavar="WHAT", help="a node, a drug, or a drug at a dose (default: everything)")


def _network(options: argparse.Namespace) -> None:
    from jaknet.network.io.read import find_network, list_networks

    if options.action == "list":
        say("\n".join(list_networks()))
        return
    if options.action != "export":
        options.format = None  # which is of an export; a table has that of its file's ending
        check_format(options)
    network = find_network(options.name)
    if options.action == "show":
        _show(network, options)
    elif options.action == "audit":
        audit = network.audit()
        say(audit.summary())
        if options.out:
            save(audit.to_frame(), options)
    else:
        if options.out is None:
            raise InputError("export needs --out FILE.")
        say(f"{network!r} written to {network.write(options.out, format=options.format)}")


def _show(network: Network, options: argparse.Namespace) -> None:
    paths = _paths(network, options)
    say(repr(network))
    for column in ("layer", "tier", "lineage"):
        counts = network.edges[column].value_counts().sort_index()
        say(f"  {column}: " + ", ".join(f"{value} {count}" for value, count in counts.items()))
    if paths is not None:
        show(paths.drop(columns=["source", "target"]), options)


def _paths(network: Network, options: argparse.Namespace) -> pd.DataFrame | None:
    if not options.paths:
        return None
    source, target = options.paths
    with named(f"--paths {source} {target} --length {options.length}"):
        return network.paths(source, target, options.length)


def _contexts(options: argparse.Namespace) -> None:
    from jaknet.simulation.library import list_contexts, load_context

    if options.action == "list":
        if options.names:
            raise InputError(f"contexts list takes no name; say: jaknet contexts show {' '.join(options.names)}")
        rows = [(context.name, context.description) for context in map(load_context, list_contexts())]
        save(pd.DataFrame(rows, columns=["context", "description"]), options)
        return
    contexts = [load_context(name) for name in dict.fromkeys(options.names or list_contexts())]
    for context in contexts:
        note(f"{context.name}: {context.description}", options)
    save(pd.concat([context.evidence for context in contexts], ignore_index=True), options)


def _experiments(options: argparse.Namespace) -> None:
    from jaknet.ranking.experiments import experiments

    found = experiments(options.gene, options.perturbed)
    if found.empty:
        raise InputError("no published experiment is known of it. Leave out --perturbed or the gene, or try another name.")
    save(found, options)
