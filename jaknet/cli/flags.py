"""Options that several commands share, each group written once."""

from __future__ import annotations

from typing import get_args

from jaknet.cli.options import whole
from jaknet.cli.output import FORMATS
from jaknet.cli.parser import Parser
from jaknet.plan import Treatment

__all__ = ["action_options", "cause_options", "context_options", "jobs_options", "model_options", "potency_options"]
__all__ += ["said_options", "table_options"]


def said_options() -> Parser:
    """Return the options of what is told beside the results."""
    shared = Parser(add_help=False)
    group = shared.add_argument_group("what is told").add_mutually_exclusive_group()
    group.add_argument("--quiet", action="store_true", help="no notes and no progress on the error stream; warnings stay")
    group.add_argument("--verbose", action="store_true", help="log each step with its time on the error stream")
    return shared


def jobs_options() -> Parser:
    """Return the option of how many cores are used; the results are the same with any number."""
    shared = Parser(add_help=False)
    shared.add_argument("--jobs", type=whole(1), metavar="N", help="how many tasks run at once (default: one per core)")
    return shared


def table_options(out: str = "file to write (default: the terminal)") -> Parser:
    """Return the options of where a table goes, and how it is written.

    Parameters
    ----------
    out : str
        Help of ``--out``.
    """
    shared = Parser(add_help=False)
    shared.add_argument("--out", metavar="FILE", help=out)
    shared.add_argument("--format", choices=FORMATS, help="of the table (default: the ending of --out, else tsv; on a terminal aligned)")
    return shared


def model_options() -> Parser:
    """Return the options of the simulated cell."""
    shared = Parser(add_help=False)
    group = shared.add_argument_group("the model")
    group.add_argument("--network", default="osteoblast", help="bundled name or path of a table")
    group.add_argument("--engine", default="logic", choices=["logic", "linear"], help="steady states of the model, or of its tangent")
    group.add_argument("--members", type=whole(1), default=1000, metavar="N", help="models in the ensemble")
    group.add_argument("--seed", type=whole(0), default=0, metavar="N", help="the same seed gives the same numbers")
    return shared


def potency_options() -> Parser:
    """Return the options of what a dose means, with the choices, default and meaning that a plan has."""
    shared = Parser(add_help=False)
    group = shared.add_argument_group("what a dose means")
    for name in ("assay", "matrix"):
        field = Treatment.model_fields[name]
        group.add_argument(f"--{name}", default=field.default, choices=get_args(field.annotation), help=field.description)
    return shared


def context_options(several: bool = False) -> Parser:
    """Return the options of the cell before the drug.

    Parameters
    ----------
    several : bool
        Whether ``--context`` may be repeated.
    """
    shared = Parser(add_help=False)
    group = shared.add_argument_group("the cell before the perturbation")
    told = "one of: jaknet contexts list" + ("; repeat for several" if several else "") + " (default: at rest, without ligands)"
    if several:
        group.add_argument("--context", action="append", default=[], metavar="NAME", help=told)
    else:
        group.add_argument("--context", metavar="NAME", help=told)
    held = "hold a node in both arms; -1 knocks it out; may be repeated"
    group.add_argument("--background", action="append", default=[], metavar="NODE=LEVEL", help=held)
    left = "leave out the evidence of this paper, e.g. PMID:32051226; may be repeated"
    group.add_argument("--without", action="append", default=[], metavar="REFERENCE", help=left)
    return shared


def cause_options(title: str = "the perturbation (at least one)") -> Parser:
    """Return the options of what is done to the cell.

    Parameters
    ----------
    title : str
        Heading of these options in the help.
    """
    changed = Parser(add_help=False)
    group = changed.add_argument_group(title)
    group.add_argument("--drug", action="append", default=[], metavar="NAME", help="one of: jaknet drugs list; repeat for a combination")
    dose = "of each --drug: '100 nM', '10-1000 nM' (somewhere in it), '5 mg BID'"
    group.add_argument("--dose", action="append", default=[], help=dose)
    inhibit = "reduce a node's activity by this share, or by 0.9; may be repeated"
    group.add_argument("--inhibit", action="append", default=[], metavar="NODE[=SHARE]", help=inhibit)
    group.add_argument("--knockout", action="append", default=[], metavar="NODE", help="hold a node at 0; may be repeated")
    activate = "hold a node at this level, or at 1; may be repeated"
    group.add_argument("--activate", action="append", default=[], metavar="NODE[=LEVEL]", help=activate)
    return Parser(add_help=False, parents=[changed, potency_options()])


def action_options() -> Parser:
    """Return the options of a perturbation, and of the cell that it meets."""
    return Parser(add_help=False, parents=[cause_options(), context_options()])
