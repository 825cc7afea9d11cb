"""Commands that predict: ``jaknet perturb``, ``rank``, ``dose-response`` and ``screen``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from jaknet.cli.data import add_signature_flags, signature
from jaknet.cli.flags import action_options, context_options, jobs_options, model_options, potency_options, said_options, table_options
from jaknet.cli.options import background, named, perturbed, whole, without_papers
from jaknet.cli.output import bars, note, save, step
from jaknet.cli.parser import Commands, Parser

if TYPE_CHECKING:
    from jaknet.network.network import Network
    from jaknet.simulation.response import Response

__all__ = ["add_predict_commands", "response"]

_GROUP = "Predict"
_ANSWER = ("effect", "effect_low", "effect_high", "direction", "p_direction")


def add_predict_commands(commands: Commands) -> None:
    """Add ``jaknet perturb``, ``rank``, ``dose-response`` and ``screen``.

    Parameters
    ----------
    commands : Commands
        Of the parser.
    """
    shared = (table_options(), jobs_options(), said_options())
    shown = "jaknet perturb --drug tofacitinib --dose '300 nM' --context inflammatory --members 100"
    about = "What a drug, knock-out or ligand does to every node of the network."
    made = commands.add(_GROUP, "perturb", _perturb, about, shown, action_options(), model_options(), *shared)
    made.add_argument("--transcripts", action="store_true", help="log2 fold changes of transcripts instead of activities")

    shown = "jaknet rank --drug baricitinib --dose '100 nM' --context inflammatory --members 100 --nulls 20"
    about = "Which genes move downstream, which way, how sure; with or without data."
    made = commands.add(_GROUP, "rank", _rank, about, shown, action_options(), model_options(), *shared)
    made.add_argument("--signature", metavar="FILE", help="table of differential expression to rank together with the prediction")
    add_signature_flags(made)
    made.add_argument("--nulls", type=whole(1), default=1000, metavar="N", help="rewired networks behind the topology p-values")

    shown = "jaknet dose-response --drug tofacitinib --dose '10-1000 nM' --context inflammatory --node SOCS3 --node BGLAP --members 50"
    about = "How nodes follow the dose of one drug in one context."
    scanned = (potency_options(), model_options(), *shared)
    made = commands.add(_GROUP, "dose-response", _scan, about, shown, context_options(), *scanned)
    _add_scan(made, several=False)

    shown = (
        "jaknet screen --drug tofacitinib --drug baricitinib --dose '100 nM' --dose '1 uM' "
        "--context steady_state --context inflammatory --node SOCS3 --members 50"
    )
    about = "Every drug at every dose in every context, as one table."
    made = commands.add(_GROUP, "screen", _scan, about, shown, context_options(several=True), *scanned)
    _add_scan(made, several=True)


def _add_scan(parser: Parser, several: bool) -> None:
    told = "one of: jaknet drugs list" + ("; repeat for several" if several else "")
    shape: dict[str, Any] = {"action": "append"} if several else {}
    parser.add_argument("--drug", required=True, metavar="NAME", help=told, **shape)
    dose = "such as '100 nM', '5 mg BID', or '10-1000 nM' for half-logarithmic steps through it; repeat for several"
    parser.add_argument("--dose", required=True, action="append", help=dose)
    told = "node or gene to report, by any name; repeat for several (default: all)"
    parser.add_argument("--node", action="append", metavar="NAME", help=told)


def response(options: argparse.Namespace) -> Response:
    """Simulate the perturbation that the flags tell of.

    Parameters
    ----------
    options : argparse.Namespace
        The parsed command line, with the flags of a perturbation and of the model.

    Raises
    ------
    InputError
        For a name, dose or level that cannot be used; the flag is named.
    """
    from jaknet.simulation.library import load_context
    from jaknet.simulation.response import perturb

    with named("--context"):
        context = load_context(options.context) if options.context else None
    network = _network(options)
    changed, held = perturbed(options, network)
    chosen = {name: getattr(options, name) for name in ("engine", "members", "seed")}
    step("simulating %s in %d members of %s", changed.label, options.members, network.label)
    return perturb(network, changed, context=context, background=held, **chosen)


def _network(options: argparse.Namespace) -> Network:
    from jaknet.network.io.read import find_network

    return without_papers(find_network(options.network), options.without)


def _perturb(options: argparse.Namespace) -> None:
    found = response(options)
    note(repr(found), options)
    save(found.transcripts() if options.transcripts else found.to_frame(), options, ("node", *_ANSWER))
    for line in found.notes:
        note(f"note: {line}", options)


def _rank(options: argparse.Namespace) -> None:
    from jaknet.ranking.ranking import rank

    found = response(options)
    data = signature(options, options.signature, found.network.species) if options.signature else None
    step("rewiring %d networks", options.nulls)
    ranking = rank(found, data, nulls=options.nulls, seed=options.seed, progress=bars(options))
    note(repr(ranking), options)
    save(ranking.to_frame(), options)


def _scan(options: argparse.Namespace) -> None:
    """Run ``dose-response``, which is a screen of one drug in one context, and ``screen``."""
    from jaknet.simulation.doses import dose_series
    from jaknet.simulation.library import load_context, load_drug
    from jaknet.simulation.scans import screen
    from jaknet.simulation.trial import node_places

    given = [options.drug] if isinstance(options.drug, str) else options.drug
    states = [options.context] if isinstance(options.context, str) else options.context
    with named("--drug"):
        drugs = [load_drug(name) for name in given]
    with named("--context"):
        contexts = [load_context(name) for name in states or ()]
    with named("--dose"):
        # One word may be a range; several are doses.
        doses = dose_series(options.dose[0] if len(options.dose) == 1 else options.dose)
        for drug in drugs:
            for dose in doses:
                drug.at(dose, options.assay, options.matrix)
    network = _network(options)
    with named("--node"):
        node_places(network, options.node or [])
    held = background(options, network)
    chosen = {name: getattr(options, name) for name in ("engine", "members", "seed", "assay", "matrix")}
    conditions = len(doses) * len(drugs) * (len(contexts) or 1)
    step("simulating %d conditions in %d members of %s", conditions, options.members, network.label)
    found = screen(network, drugs, doses, contexts or (None,), held, options.node, progress=bars(options), **chosen)
    save(found, options, ("context", "drug", "dose", "node", "measure", *_ANSWER))
    for line in dict.fromkeys(line for drug in drugs for dose in doses for line in drug.at(dose, options.assay, options.matrix).notes):
        note(f"note: {line}", options)
