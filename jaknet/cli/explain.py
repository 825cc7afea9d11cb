"""``jaknet explain``: its flags, and what it says, writes and draws."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from jaknet.cli.data import signature
from jaknet.cli.options import perturbed, whole, without_papers
from jaknet.cli.output import bars, say, step
from jaknet.errors import InputError
from jaknet.tables import write_atomically, write_table

__all__ = ["add_explain_flags", "run_explain"]


def add_explain_flags(made: argparse.ArgumentParser) -> None:
    """Add the flags of the command, but those that say what was done.

    Parameters
    ----------
    made : argparse.ArgumentParser
        Of the command.
    """
    made.add_argument("--network", default="osteoblast", help="bundled name or path of a table")
    made.add_argument("--penalty", type=float, default=0.75, help="price of a certain step")
    made.add_argument("--changed", type=float, default=0.1, help="share of all genes called changed, or their number")
    made.add_argument("--q-threshold", type=float, help="call genes with q up to this instead (default: by --changed)")
    made.add_argument("--alternatives", type=whole(0), default=20, metavar="N", help="searches for other explanations")
    made.add_argument("--nulls", type=whole(0), default=0, metavar="N", help="permutations behind the p-value")
    made.add_argument("--time-limit", type=float, default=60.0, metavar="SECONDS", help="for each search")
    made.add_argument("--seed", type=whole(0), default=0, metavar="N", help="the same seed gives the same numbers")
    left = "leave out the evidence of this paper; may be repeated"
    made.add_argument("--without", action="append", default=[], metavar="REFERENCE", help=left)
    made.add_argument("--plot", metavar="FILE", help="draw the best explanation: png, pdf or svg (default: none)")
    made.add_argument("--out", metavar="DIR", help="folder for the tables and the graph (default: none)")
    made.set_defaults(background=[])


def run_explain(options: argparse.Namespace) -> None:
    """Explain a table, say what was found, and write it where that was asked.

    Parameters
    ----------
    options : argparse.Namespace
        The parsed command line.
    """
    from jaknet.explanation.explain import explain
    from jaknet.network.io.read import find_network

    network = without_papers(find_network(options.network), options.without)
    given = options.drug or options.dose or options.inhibit or options.knockout or options.activate
    done = perturbed(options, network)[0] if given else None
    chosen = ("penalty", "changed", "q_threshold", "alternatives", "nulls", "time_limit", "seed")
    data = signature(options, options.signature, network.species)
    step("looking for the smallest network that explains %s", data.label)
    found = explain(data, network, done, **{name: getattr(options, name) for name in chosen}, progress=bars(options))
    say(found.summary())
    if options.plot:
        say(f"drawn to {_save_figure(found.plot().figure, options.plot)}")
    if options.out:
        folder = Path(options.out)
        for name, table in (("nodes", found.to_frame()), ("edges", found.edges), ("genes", found.genes)):
            write_table(table, folder / f"explanation_{name}.tsv")
        say(f"written to {found.write(folder / 'explanation.graphml').parent}")


def _save_figure(figure: Any, path: str) -> Path:
    try:
        return write_atomically(path, lambda part: figure.savefig(part, format=Path(path).suffix[1:] or "png", dpi=150))
    except ValueError as error:
        raise InputError(f"--plot {path}: {error}") from error
