"""``jaknet run`` and ``jaknet report``: a whole plan, and its page again."""

from __future__ import annotations

import argparse
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd

from jaknet.cli.flags import jobs_options, said_options
from jaknet.cli.options import named, whole
from jaknet.cli.output import bars, say, step
from jaknet.cli.parser import Commands
from jaknet.errors import InputError
from jaknet.tables import write_atomically

__all__ = ["add_start_commands"]

_GROUP = "Start here"


def add_start_commands(commands: Commands) -> None:
    """Add ``jaknet run`` and ``jaknet report``.

    Parameters
    ----------
    commands : Commands
        Of the parser.
    """
    about = "Run a plan, or a bundled example: predict, compare with data, report."
    made = commands.add(_GROUP, "run", _run, about, "jaknet run --example --out results", jobs_options(), said_options())
    made.add_argument("plan", nargs="?", help="plan (YAML); write one with --init")
    made.add_argument("--out", default="results", metavar="FOLDER", help="folder for the results")
    told = "run a bundled example (without a name: ruxolitinib on human cells, as measured)"
    made.add_argument("--example", nargs="?", const="", metavar="NAME", help=told)
    made.add_argument("--init", metavar="FILE", help="write a commented plan to fill in, and stop")
    made.add_argument("--members", type=whole(1), metavar="N", help="models in the ensemble (default: what the plan says)")
    made.add_argument("--seed", type=whole(0), metavar="N", help="the same seed gives the same bytes (default: what the plan says)")

    about = "Write report.html again from the folder of a finished run."
    made = commands.add(_GROUP, "report", _report, about, "jaknet report results --out page.html", said_options())
    made.add_argument("folder", help="what --out of jaknet run named")
    made.add_argument("--out", metavar="FILE", help="file to write (default: report.html in the folder)")
    made.add_argument("--title", help="heading of the page (default: the name of the plan)")


def _run(options: argparse.Namespace) -> None:
    from jaknet.pipeline import example_plan, run
    from jaknet.plan import read_plan, template

    if options.init:
        if Path(options.init).exists():
            raise InputError(f"{options.init} exists; name a new file, or remove it first.")
        write_atomically(options.init, template())
        say(f"template written to {options.init}; edit it, then: jaknet run {options.init} --out results")
        return
    if (options.example is None) == (options.plan is None):
        raise InputError("give either a plan or --example. Write a plan with: jaknet run --init plan.yaml")
    with named("--example"):
        plan = read_plan(options.plan) if options.plan else example_plan(*filter(None, [options.example]))
    given = {name: value for name in ("members", "seed") if (value := getattr(options, name)) is not None}
    plan = plan.model_copy(update={"settings": plan.settings.model_copy(update=given)})
    say(run(plan, out=options.out, progress=bars(options)).summary())
    say(f"report: {Path(options.out) / 'report.html'}")


def _report(options: argparse.Namespace) -> None:
    from jaknet.pipeline import Results
    from jaknet.reporting.report import report
    from jaknet.steps import STEPS

    folder = Path(options.folder)
    manifest = _finished(folder)
    # In the order in which a run makes them, which is that of the page.
    made = {name: manifest["steps"][f"{name}.tsv"] for name in (one.name for one in STEPS) if f"{name}.tsv" in manifest["steps"]}
    tables = {name: _table(folder / f"{name}.tsv", about) for name, about in made.items()}
    step("writing the report of %d tables", len(tables))
    page = report(Results(folder, tables, manifest), options.out or folder / "report.html", title=options.title)
    say(f"report: {page}")


def _finished(folder: Path) -> dict[str, Any]:
    """Return the manifest of a run, which is written last."""
    again = "Name the folder that jaknet run wrote; a run that was stopped goes on with the same jaknet run."
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{folder} holds no finished run: there is no manifest.json. {again}") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{folder / 'manifest.json'} cannot be read ({error}). {again}") from error
    steps = manifest.get("steps") if isinstance(manifest, dict) else None
    if not (isinstance(steps, dict) and all(isinstance(made, dict) for made in steps.values())):
        raise InputError(f"{folder / 'manifest.json'} is not that of a run. {again}")
    return manifest


def _table(path: Path, made: dict[str, str]) -> pd.DataFrame:
    from jaknet.provenance import file_sha256

    if not path.is_file() or file_sha256(path) != made.get("sha256"):
        what = "is not as the run wrote it" if path.is_file() else "is missing"
        plan = path.parent / "plan.yaml"
        raise InputError(f"{path} {what}. Make it again: jaknet run {plan} --out {path.parent}")
    return pd.read_csv(StringIO(path.read_text(encoding="utf-8")), sep="\t", low_memory=False)
