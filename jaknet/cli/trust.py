"""How far to trust a network: ``jaknet validate``, ``controls`` and ``reproduce``."""

from __future__ import annotations

import argparse
from pathlib import Path

from jaknet.cli.flags import jobs_options, model_options, said_options, table_options
from jaknet.cli.output import bars, save, say, show, step
from jaknet.cli.parser import Commands
from jaknet.tables import write_table

__all__ = ["add_trust_commands"]

_GROUP = "Trust"


def add_trust_commands(commands: Commands) -> None:
    """Add ``jaknet validate``, ``controls`` and ``reproduce``.

    Parameters
    ----------
    commands : Commands
        Of the parser.
    """
    shared = (model_options(), jobs_options(), said_options())
    about = "Score a network against published perturbations."
    made = commands.add(_GROUP, "validate", _validate, about, "jaknet validate --members 100 --out validation", *shared)
    made.add_argument("facts", nargs="?", help="TSV of facts (default: the bundled ones)")
    made.add_argument("--keep-references", action="store_true", help="do not leave out the evidence of a fact's own paper")
    made.add_argument("--network-alone", action="store_true", help="do not hear what other papers found in the same experiment")
    made.add_argument("--out", metavar="FOLDER", help="folder for the tables")

    about = "Does the cell answer its ligands as every textbook says?"
    table = table_options("file to write as well (default: none)")
    made = commands.add(_GROUP, "controls", _controls, about, "jaknet controls --members 50", table, *shared)
    made.add_argument("--controls", metavar="FILE", help="TSV of controls of your own (default: the bundled ones)")
    made.add_argument("--without-canonical", action="store_true", help="do not take canonical steps as certain")

    about = "The source study's claims, given its finding and without it."
    made = commands.add(_GROUP, "reproduce", _reproduce, about, "jaknet reproduce --members 100 --out claims", *shared)
    made.add_argument("--out", default="results", metavar="FOLDER", help="folder for claims.tsv")


def _validate(options: argparse.Namespace) -> None:
    from jaknet.network.io.read import find_network
    from jaknet.validation.facts import load_facts, read_fact_table
    from jaknet.validation.score import validate

    chosen = {"engine": options.engine, "members": options.members, "seed": options.seed, "progress": bars(options)}
    facts = load_facts() if options.facts is None else read_fact_table(options.facts)
    chosen |= {"leave_out_reference": not options.keep_references, "experiments": not options.network_alone}
    network = find_network(options.network)
    step("predicting %d facts in %d members of %s", len(facts), options.members, network.label)
    score = validate(network, facts, **chosen)
    say(score.summary())
    if options.out:
        say(f"written to {score.write(options.out)}")


def _controls(options: argparse.Namespace) -> None:
    from jaknet.network.io.read import find_network
    from jaknet.simulation.settings import EnsembleSettings
    from jaknet.validation.controls import check_controls

    settings = EnsembleSettings(canonical=not options.without_canonical)
    chosen = {name: getattr(options, name) for name in ("engine", "members", "seed")}
    check = check_controls(find_network(options.network), options.controls, settings=settings, progress=bars(options), **chosen)
    if options.out or options.format:
        save(check.to_frame(), options)
    if options.out or not options.format:
        columns = ["id", "nodes", "sign", "background", "context", "readout", "measure", "direction", "effect", "share", "reference_effect"]
        show(check.to_frame()[[*columns, "verdict", "off_targets"]].round(3), options)
        say(check.summary())


def _reproduce(options: argparse.Namespace) -> None:
    from jaknet.network.io.read import find_network
    from jaknet.validation.claims import claims_text, reproduce

    network = find_network(options.network)
    step("testing the claims in %d members of %s", options.members, network.label)
    table = reproduce(network, members=options.members, seed=options.seed, progress=bars(options))
    write_table(table, Path(options.out) / "claims.tsv")
    say(claims_text(table))
    say(f"written to {Path(options.out) / 'claims.tsv'}")
