"""The `jaknet` command: every public function of the line, from a shell.

Exit codes: 0 done, 2 bad input or usage (one message, nothing written), 1 a fault of ours.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaknet._version import __version__
from jaknet.cli.data import add_data_commands, add_signature_flags, signature
from jaknet.cli.drugs import add_arguments as add_drug_arguments
from jaknet.cli.explain import add_explain_flags
from jaknet.cli.options import Parser, level, named, pairs, perturbed, whole, without_papers
from jaknet.cli.output import save, say, say_warning
from jaknet.errors import InputError, JaknetError
from jaknet.tables import write_atomically, write_table

if TYPE_CHECKING:
    import pandas as pd

    from jaknet.network.network import Network
    from jaknet.simulation.response import Response

__all__ = ["build_parser", "main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows ``jaknet``; by default that of the shell.

    Examples
    --------
    >>> main(["network", "list"])
    osteoblast
    source_study
    0
    """
    options = build_parser().parse_args(arguments)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = say_warning
            options.work(options)
    except InputError as error:
        say(f"jaknet: {error}", sys.stderr)
        return 2
    except (OSError, JaknetError) as error:
        say(f"jaknet: {type(error).__name__}: {error}", sys.stderr)
        return 2 if isinstance(error, OSError) else 1
    return 0


_Work = Callable[[argparse.Namespace], None]


# --- shared pieces -------------------------------------------------------------------------------
def _network(given: str) -> Network:
    from jaknet.network.io.read import find_network

    return find_network(given)


def _response(options: argparse.Namespace) -> Response:
    from jaknet.simulation.library import load_context
    from jaknet.simulation.response import perturb

    with named("--context"):
        context = load_context(options.context) if options.context else None
    network = without_papers(_network(options.network), options.without)
    changed, background = perturbed(options, network)
    chosen = {name: getattr(options, name) for name in ("engine", "members", "seed")}
    return perturb(network, changed, context=context, background=background, **chosen)


# --- commands ------------------------------------------------------------------------------------
def _run(options: argparse.Namespace) -> None:
    from jaknet.pipeline import example_plan, run
    from jaknet.plan import template

    if options.init:
        if Path(options.init).exists():
            raise InputError(f"{options.init} exists; name a new file, or remove it first.")
        write_atomically(options.init, template())
        say(f"template written to {options.init}; edit it, then: jaknet run {options.init} --out results")
        return
    if (options.example is None) == (options.plan is None):
        raise InputError("give either a plan or --example. Write a plan with: jaknet run --init plan.yaml")
    with named("--example"):
        plan = options.plan or example_plan(*filter(None, [options.example]))
    say(run(plan, out=options.out).summary())


def _network_command(options: argparse.Namespace) -> None:
    from jaknet.network.io.read import list_networks

    if options.action == "list":
        say("\n".join(list_networks()))
        return
    network = _network(options.name)
    if options.action == "show":
        paths = _paths(network, options)
        say(repr(network))
        for column in ("layer", "tier", "lineage"):
            counts = network.edges[column].value_counts().sort_index()
            say(f"  {column}: " + ", ".join(f"{value} {count}" for value, count in counts.items()))
        if paths is not None:
            say(paths.drop(columns=["source", "target"]).to_string(index=False))
    elif options.action == "audit":
        audit = network.audit()
        say(audit.summary())
        if options.out:
            save(audit.to_frame(), options.out)
    else:
        if options.out is None:
            raise InputError("export needs --out FILE.")
        say(f"{network!r} written to {network.write(options.out, format=options.format)}")


def _paths(network: Network, options: argparse.Namespace) -> pd.DataFrame | None:
    if not options.paths:
        return None
    source, target = options.paths
    with named(f"--paths {source} {target} --length {options.length}"):
        return network.paths(source, target, options.length)


def _perturb(options: argparse.Namespace) -> None:
    response = _response(options)
    say(repr(response), sys.stderr)
    save(response.transcripts() if options.transcripts else response.to_frame(), options.out)
    for note in response.notes:
        say(f"note: {note}", sys.stderr)


def _rank(options: argparse.Namespace) -> None:
    from jaknet.ranking.ranking import rank

    response = _response(options)
    data = signature(options, options.signature, response.network.species) if options.signature else None
    ranking = rank(response, data, nulls=options.nulls, seed=options.seed)
    say(repr(ranking), sys.stderr)
    save(ranking.to_frame(), options.out)


def _regulators(options: argparse.Namespace) -> None:
    from jaknet.regulation.regulators import regulators

    network = _network(options.network)
    data = signature(options, options.signature, network.species)
    found = regulators(data, network, method=options.method, depth=options.depth)
    save(found, options.out)


def _explain(options: argparse.Namespace) -> None:
    from jaknet.cli.explain import run_explain

    run_explain(options, without_papers(_network(options.network), options.without))


def _compare(options: argparse.Namespace) -> None:
    from jaknet.comparison.compare import compare

    response = _response(options)
    comparison = compare(signature(options, options.signature, response.network.species), response)
    say(comparison.verdict)
    if options.out:
        save(comparison.to_frame(), options.out)


def _enrich(options: argparse.Namespace) -> None:
    from jaknet.enrichment.enrich import enrich

    data = signature(options, options.signature, None if options.gene_sets else "human")
    save(enrich(data, gene_sets=options.gene_sets, method=options.method).to_frame(), options.out)


def _experiments(options: argparse.Namespace) -> None:
    from jaknet.ranking.experiments import experiments

    found = experiments(options.gene, options.perturbed)
    if found.empty:
        raise InputError("no published experiment is known of it. Leave out --perturbed or the gene, or try another name.")
    save(found, options.out)


def _validate(options: argparse.Namespace) -> None:
    from jaknet.validation.facts import load_facts
    from jaknet.validation.score import validate

    chosen = {"engine": options.engine, "members": options.members, "seed": options.seed}
    facts = load_facts() if options.facts is None else options.facts
    chosen |= {"leave_out_reference": not options.keep_references, "experiments": not options.network_alone}
    score = validate(_network(options.network), facts, **chosen)
    say(score.summary())
    if options.out:
        say(f"written to {score.write(options.out)}")


def _reproduce(options: argparse.Namespace) -> None:
    from jaknet.validation.claims import claims_text, reproduce

    table = reproduce(_network(options.network), members=options.members, seed=options.seed)
    write_table(table, Path(options.out) / "claims.tsv")
    say(claims_text(table))
    say(f"written to {Path(options.out) / 'claims.tsv'}")


def _controls(options: argparse.Namespace) -> None:
    from jaknet.simulation.settings import EnsembleSettings
    from jaknet.validation.controls import check_controls

    settings = EnsembleSettings(canonical=not options.without_canonical)
    chosen = {name: getattr(options, name) for name in ("engine", "members", "seed")}
    check = check_controls(_network(options.network), options.controls, settings=settings, **chosen)
    columns = ["id", "nodes", "sign", "background", "context", "readout", "measure", "direction", "effect", "share", "reference_effect"]
    say(check.to_frame()[[*columns, "verdict", "off_targets"]].round(3).to_string(index=False, na_rep=""))
    say(check.summary())
    if options.out:
        save(check.to_frame(), options.out)


def _drugs(options: argparse.Namespace) -> None:
    from jaknet.cli.drugs import run_drugs

    run_drugs(options, lambda: _network(options.network))


def _netflux(options: argparse.Namespace) -> None:
    from jaknet.netflux.workbook import read_netflux

    model = read_netflux(options.model)
    levels = [text for text in options.inputs if "=" not in text]
    if levels and len(options.inputs) > 1:
        raise InputError(f"--inputs {' '.join(options.inputs)}: give one level for every input, or NODE=VALUE for each that you name.")
    inputs = level(levels[0], "--inputs") if levels else pairs(options.inputs, "--inputs") or None
    steady = model.steady_state(inputs=inputs, ymax=pairs(options.ymax, "--ymax"))
    save(steady.rename_axis("species").rename("steady_state").reset_index(), options.out)


# --- the parser ----------------------------------------------------------------------------------
def build_parser() -> Parser:
    """Return the parser of the whole command, each part with an example that runs as it stands."""
    parser = Parser(prog="jaknet", description="From JAK inhibition in osteoblasts to ranked osteoanabolic genes.")
    parser.add_argument("--version", action="version", version=f"jaknet {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def _add(name: str, work: _Work, about: str, example: str, *parents: Parser) -> argparse.ArgumentParser:
        """Add one command; its epilog shows the example that the tests run."""
        shape: dict[str, Any] = {"description": about, "formatter_class": argparse.RawDescriptionHelpFormatter}
        made = commands.add_parser(name, help=about, parents=parents, epilog=f"example:\n  {example}", **shape)
        made.set_defaults(work=work, example_line=example)
        return made

    model, potency, data = _model_options(), _potency_options(), _data_options()
    cause = _cause_options(potency)
    action = _action_options(cause)
    made = _add("run", _run, "Run a whole plan, or the bundled example.", "jaknet run --example --out results")
    made.add_argument("plan", nargs="?", help="plan (YAML)")
    made.add_argument("--out", default="results", help="folder for the results (default: results)")
    made.add_argument("--example", nargs="?", const="", metavar="NAME", help="run a bundled example (default: ruxolitinib on cells)")
    made.add_argument("--init", metavar="FILE", help="write a commented plan to fill in and stop")

    made = _add("network", _network_command, "List, show, audit or export a network.", "jaknet network audit osteoblast")
    made.add_argument("action", choices=["list", "show", "audit", "export"])
    made.add_argument("name", nargs="?", default="osteoblast", help="bundled name or path of a table (default: osteoblast)")
    made.add_argument("--paths", nargs=2, metavar=("FROM", "TO"), help="with show: list the paths between two nodes")
    made.add_argument("--length", type=whole(1), default=4, help="longest path, in edges (default: 4)")
    made.add_argument("--format", default="tsv", choices=["tsv", "sif", "graphml", "netflux"], help="with export (default: tsv)")
    made.add_argument("--out", help="file to write")

    shown = "jaknet perturb --drug tofacitinib --dose '300 nM' --context inflammatory --members 100"
    made = _add("perturb", _perturb, "Simulate a perturbation over the ensemble.", shown, model, action)
    made.add_argument("--transcripts", action="store_true", help="transcripts instead of activities")
    made.add_argument("--out", help="file to write (default: the terminal)")

    shown = "jaknet rank --drug baricitinib --dose '100 nM' --context inflammatory --members 100 --nulls 20"
    made = _add("rank", _rank, "Rank the genes downstream of a perturbation.", shown, model, action)
    made.add_argument("--signature", help="table of differential expression to integrate")
    add_signature_flags(made)
    made.add_argument("--nulls", type=whole(1), default=1000, help="rewired networks (default: 1000)")
    made.add_argument("--out", help="file to write (default: the terminal)")

    add_data_commands(_add)
    shown = "jaknet regulators results/signature.tsv --method calibrated --out regulators.tsv"
    made = _add("regulators", _regulators, "Find the regulators that explain a signature.", shown, data)
    made.add_argument("--network", default="osteoblast", help="bundled name or path, e.g. CollecTRI (default: osteoblast)")
    made.add_argument("--method", default="calibrated", choices=["calibrated", "ulm", "mlm", "ipa"])
    made.add_argument("--depth", type=int, default=1, choices=[1, 2])

    shown = "jaknet explain results/signature.tsv --drug tofacitinib --dose '300 nM' --alternatives 2 --out explanation"
    made = _add("explain", _explain, "Find the smallest signed network that leads to the changed genes.", shown, data, cause)
    add_explain_flags(made)

    shown = "jaknet compare results/signature.tsv --drug tofacitinib --dose '300 nM' --context inflammatory"
    _add("compare", _compare, "Does a dataset look like this perturbation?", shown, data, model, action)

    shown = "jaknet enrich results/signature.tsv --method prerank --out enrichment.tsv"
    made = _add("enrich", _enrich, "Gene-set enrichment of a signature.", shown, data)
    made.add_argument("--gene-sets", help="path of a GMT file (default: the bundled sets)")
    made.add_argument("--method", default="prerank", choices=["prerank", "ora"])

    shown = "jaknet experiments osteocalcin --perturbed tofacitinib"
    made = _add("experiments", _experiments, "What was published about a readout, a perturbation, or one under the other.", shown)
    made.add_argument("gene", nargs="?", help="gene, protein or phenotype that was read, by any name (default: every one)")
    made.add_argument("--perturbed", metavar="WHAT", help="a node, a drug, or a drug at a dose (default: everything)")
    made.add_argument("--out", help="file to write (default: the terminal)")

    shown = "jaknet validate --members 100 --out validation"
    made = _add("validate", _validate, "Score a network against published perturbation facts.", shown, model)
    made.add_argument("facts", nargs="?", help="TSV of facts (default: the bundled ones)")
    made.add_argument("--keep-references", action="store_true", help="do not leave out the evidence of a fact's own paper")
    made.add_argument("--network-alone", action="store_true", help="do not hear what other papers found in the same experiment")
    made.add_argument("--out", help="folder for the tables")

    made = _add("controls", _controls, "Ask the cell what every textbook knows of its ligands.", "jaknet controls --members 50", model)
    made.add_argument("--controls", help="TSV of controls of your own (default: the bundled ones)")
    made.add_argument("--without-canonical", action="store_true", help="do not take canonical steps as certain")
    made.add_argument("--out", help="file to write as well")

    shown = "jaknet reproduce --members 100 --out claims"
    made = _add("reproduce", _reproduce, "Compare the study's claims with the model.", shown, model)
    made.add_argument("--out", default="results", help="folder for claims.tsv (default: results)")

    shown = "jaknet drugs selectivity tofacitinib baricitinib --dose '300 nM'"
    made = _add("drugs", _drugs, "Drugs: potencies, and which cytokine's signal a dose or a day of it blocks.", shown, model, potency)
    add_drug_arguments(made)

    shown = "jaknet netflux model.xlsx --inputs 0.5 --ymax JAK=0.1 --out steady.tsv"
    made = _add("netflux", _netflux, "Steady state of a Netflux workbook.", shown)
    made.add_argument("model", help="workbook (.xlsx or .xls)")
    made.add_argument("--inputs", nargs="*", default=[], metavar="VALUE|NODE=VALUE", help="level of every input, or of the named ones")
    made.add_argument("--ymax", nargs="*", default=[], metavar="NODE=FACTOR", help="factor on a species' capacity")
    made.add_argument("--out", help="file to write (default: the terminal)")
    return parser


def _model_options() -> Parser:
    shared = Parser(add_help=False)
    shared.add_argument("--network", default="osteoblast", help="bundled name or path of a table (default: osteoblast)")
    shared.add_argument("--engine", default="logic", choices=["logic", "linear"], help="(default: logic)")
    shared.add_argument("--members", type=whole(1), default=1000, help="models in the ensemble (default: 1000)")
    shared.add_argument("--seed", type=whole(0), default=0, help="(default: 0)")
    return shared


def _potency_options() -> Parser:
    from jaknet.simulation.doses import MATRICES
    from jaknet.simulation.potency import ASSAYS

    shared = Parser(add_help=False)
    shared.add_argument(
        "--assay", default="cellular", choices=ASSAYS, help="potencies that hold in cells, or of enzymes (default: cellular)"
    )
    shared.add_argument("--matrix", default="medium", choices=MATRICES, help="doses are free, or totals in blood (default: medium)")
    return shared


def _cause_options(potency: Parser) -> Parser:
    shared = Parser(add_help=False, parents=[potency])
    shared.add_argument("--drug", action="append", default=[], help="repeat for a combination")
    shared.add_argument(
        "--dose", action="append", default=[], help="of each --drug, e.g. '100 nM', '10-1000 nM' (somewhere in it), '5 mg BID'"
    )
    shared.add_argument("--inhibit", action="append", default=[], metavar="NODE[=FRACTION]")
    shared.add_argument("--knockout", action="append", default=[], metavar="NODE")
    shared.add_argument("--activate", action="append", default=[], metavar="NODE[=LEVEL]")
    return shared


def _action_options(cause: Parser) -> Parser:
    shared = Parser(add_help=False, parents=[cause])
    shared.add_argument("--background", action="append", default=[], metavar="NODE=LEVEL", help="changed in both arms; -1 knocks out")
    shared.add_argument("--context", help="state before the perturbation, e.g. inflammatory")
    shared.add_argument("--without", action="append", default=[], metavar="REFERENCE", help="leave out the evidence of this paper")
    return shared


def _data_options() -> Parser:
    shared = Parser(add_help=False)
    shared.add_argument("signature", help="table of differential expression")
    add_signature_flags(shared)
    shared.add_argument("--out", help="file to write (default: the terminal)")
    return shared


if __name__ == "__main__":
    raise SystemExit(main())
