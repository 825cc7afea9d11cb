"""Commands that ask what a dataset means: ``jaknet regulators``, ``explain``, ``activities``, ``compare`` and ``enrich``."""

from __future__ import annotations

import argparse

from jaknet.cli.data import add_count_commands, add_signature_flags, signature
from jaknet.cli.explain import add_explain_flags, run_explain
from jaknet.cli.flags import action_options, cause_options, jobs_options, model_options, said_options, table_options
from jaknet.cli.options import whole
from jaknet.cli.output import bars, save, say, step
from jaknet.cli.parser import Commands, Parser
from jaknet.cli.predict import response

__all__ = ["add_data_commands"]

_GROUP = "Data"
_METHODS = ("calibrated", "ulm", "mlm", "ipa")
_EXPLAINING = "bundled name or path, e.g. of CollecTRI"


def add_data_commands(commands: Commands) -> None:
    """Add the commands that read the user's data.

    Parameters
    ----------
    commands : Commands
        Of the parser.
    """
    add_count_commands(commands, _GROUP)
    shared = (table_options(), jobs_options(), said_options())
    shown = "jaknet regulators results/signature.tsv --method calibrated --out regulators.tsv"
    made = commands.add(_GROUP, "regulators", _regulators, "Which upstream regulators explain a signature.", shown, _signature(), *shared)
    made.add_argument("--network", default="osteoblast", help=_EXPLAINING)
    made.add_argument("--method", default="calibrated", choices=_METHODS, help="how regulators are scored")
    made.add_argument("--depth", type=int, default=1, choices=[1, 2], help="direct targets, or those at two steps as well")

    shown = "jaknet explain results/signature.tsv --drug tofacitinib --dose '300 nM' --alternatives 2 --out explanation"
    about, cause = "The smallest signed network that leads to the changed genes.", cause_options("the cause (default: it is looked for)")
    made = commands.add(_GROUP, "explain", run_explain, about, shown, _signature(), cause, jobs_options(), said_options())
    add_explain_flags(made)

    shown = "jaknet activities expression/simulated/counts.tsv.gz --out activities.tsv"
    made = commands.add(_GROUP, "activities", _activities, "How active each regulator is in each sample or cell.", shown, *shared)
    made.add_argument("expression", metavar="EXPRESSION", help="counts, TPM or log intensities, genes in rows; or h5ad")
    made.add_argument("--network", default="osteoblast", help=_EXPLAINING)
    made.add_argument("--method", default="ulm", choices=_METHODS, help="how regulators are scored")
    made.add_argument("--no-centre", action="store_true", help="do not take each gene's mean over the samples off")
    made.add_argument("--kind", default="auto", choices=["auto", "counts", "tpm", "log_intensity"], help="what the values are")
    made.add_argument("--species", default="auto", choices=["auto", "human", "mouse"], help="of the genes")
    made.add_argument("--min-targets", type=whole(1), default=5, metavar="N", help="regulators with fewer measured targets are left out")

    shown = "jaknet compare results/signature.tsv --drug tofacitinib --dose '300 nM' --context inflammatory"
    about = "Does a dataset look like this perturbation?"
    compared = (table_options("file to write the measures to (default: none)"), jobs_options(), said_options())
    commands.add(_GROUP, "compare", _compare, about, shown, _signature(), action_options(), model_options(), *compared)

    shown = "jaknet enrich results/signature.tsv --method prerank --out enrichment.tsv"
    made = commands.add(_GROUP, "enrich", _enrich, "Which gene sets a signature moves.", shown, _signature(), *shared)
    made.add_argument("--gene-sets", metavar="FILE", help="path of a GMT file (default: the bundled sets)")
    told = "on the whole ranking, or over-representation among the first"
    made.add_argument("--method", default="prerank", choices=["prerank", "ora"], help=told)


def _signature() -> Parser:
    shared = Parser(add_help=False)
    shared.add_argument("signature", help="table of differential expression")
    add_signature_flags(shared)
    return shared


def _regulators(options: argparse.Namespace) -> None:
    from jaknet.network.io.read import find_network
    from jaknet.regulation.regulators import regulators

    network = find_network(options.network)
    data = signature(options, options.signature, network.species)
    step("scoring the regulators of %s", network.label)
    save(regulators(data, network, method=options.method, depth=options.depth, progress=bars(options)), options)


def _activities(options: argparse.Namespace) -> None:
    from jaknet.network.io.read import find_network
    from jaknet.regulation.activities import activities

    network = find_network(options.network)
    step("scoring the regulators of %s in every sample", network.label)
    chosen = {name: getattr(options, name) for name in ("method", "kind", "species", "min_targets")}
    found = activities(options.expression, network, centre=not options.no_centre, **chosen)
    save(found.rename_axis("sample").reset_index(), options)


def _compare(options: argparse.Namespace) -> None:
    from jaknet.comparison.compare import compare

    found = response(options)
    data = signature(options, options.signature, found.network.species)
    step("comparing")
    comparison = compare(data, found, progress=bars(options))
    if options.out or not options.format:
        say(comparison.verdict)
    if options.out or options.format:
        save(comparison.to_frame(), options)


def _enrich(options: argparse.Namespace) -> None:
    from jaknet.enrichment.enrich import enrich

    data = signature(options, options.signature, None if options.gene_sets else "human")
    step("testing gene sets")
    save(enrich(data, gene_sets=options.gene_sets, method=options.method).to_frame(), options)
