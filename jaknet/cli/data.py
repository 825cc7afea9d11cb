"""The user's data on the command line: flags for every key of a plan's dataset, and the commands that read counts or a finished table."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from pydantic import ValidationError

from jaknet.cli.flags import jobs_options, said_options, table_options
from jaknet.cli.options import level_pairs, whole
from jaknet.cli.output import note, save, step
from jaknet.cli.parser import Commands
from jaknet.dataset import Dataset, in_words
from jaknet.errors import InputError

if TYPE_CHECKING:
    from jaknet.expression.signature import Signature

__all__ = ["add_count_commands", "add_signature_flags", "as_flag", "signature"]

#: Keys of a dataset that a finished table has.
SIGNATURE_KEYS = ("species", "columns", "duplicates", "complete")
_MATRIX_KEYS = ("species", "kind", "duplicates", "missing", "donor", "min_cells")
_TEST_KEYS = ("covariates", "numeric", "subset", "cells_as_replicates", "method", "shrink", "max_memory")
_FLAGS = {"covariates": "--covariate"}


def as_flag(key: str, value: str) -> str:
    """Return the flag of a key of the data, with its value.

    Parameters
    ----------
    key, value : str
        As Python says them; an empty value stands for any.

    Examples
    --------
    >>> as_flag("duplicates", "sum"), as_flag("cells_as_replicates", "True")
    ('--duplicates sum', '--cells-as-replicates')
    >>> as_flag("columns", "{'gene': ..., 'p_value': ...}")
    '--columns gene=... --columns p_value=...'
    """
    flag = _FLAGS.get(key, "--" + key.replace("_", "-"))
    if value.startswith("{"):
        pairs = value.strip("{}").replace("'", "").replace(": ", "=").split(", ")
        return " ".join(f"{flag} {pair}" for pair in pairs)
    return flag if value in ("", "True") else f"--no{flag[1:]}" if value == "False" else f"{flag} {value}"


def _add_flags(parser: argparse.ArgumentParser, keys: Sequence[str]) -> None:
    """Add a flag for each key, with the choices, default and meaning of the schema."""
    for key in keys:
        field = Dataset.model_fields[key]
        kind, default = field.annotation, field.get_default(call_default_factory=True)
        told = f" (default: {default:g})" if isinstance(default, float) else f" (default: {default})" if default else ""
        shape: dict[str, Any] = {"dest": key, "default": None, "help": (field.description or "").replace("null: ", "by default ") + told}
        if get_origin(kind) is Literal:
            shape["choices"] = get_args(kind)
        elif isinstance(default, dict):
            shape |= {"action": "append", "metavar": "COLUMN=LEVEL" if key == "subset" else "MEANING=COLUMN"}
        elif isinstance(default, tuple):
            shape |= {"action": "append", "metavar": "COLUMN"}
        elif isinstance(default, bool) or default is None:
            shape["action"] = "store_true" if default is False else argparse.BooleanOptionalAction
        else:
            shape |= {"metavar": "N", "type": whole(1) if isinstance(default, int) else float} if default else {"metavar": "COLUMN"}
        parser.add_argument(as_flag(key, ""), **shape)


def add_signature_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of commands that read a finished table.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Of the command.
    """
    _add_flags(parser, SIGNATURE_KEYS)


def _add_matrix(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("expression", metavar="COUNTS", help=Dataset.model_fields["expression"].description)
    parser.add_argument("samples", metavar="SAMPLES", nargs="?", help=f"{Dataset.model_fields['samples'].description}; h5ad has its own")
    _add_flags(parser, _MATRIX_KEYS)


def add_count_commands(commands: Commands, group: str) -> None:
    """Add ``jaknet contrast``, ``quality`` and ``activities``, which read samples.

    Parameters
    ----------
    commands : Commands
        Of the parser.
    group : str
        Where the help lists them.
    """
    shared = (table_options(), jobs_options(), said_options())
    counts = "expression/simulated/counts.tsv.gz"
    where = f"{counts} expression/simulated/samples.tsv"
    shown = f"jaknet contrast {where} --test tofacitinib --reference vehicle --out signature.tsv"
    about = "Test every gene between two groups of samples, or of donors' cells."
    made = commands.add(group, "contrast", _contrast, about, shown, *shared)
    _add_matrix(made)
    made.add_argument("--factor", default="treatment", metavar="COLUMN", help="the column of samples that is compared")
    made.add_argument("--test", required=True, metavar="LEVEL", help="its level of interest")
    made.add_argument("--reference", required=True, metavar="LEVEL", help="its level to compare with")
    _add_flags(made, _TEST_KEYS)
    told = "species to whose genes the rows are brought before the test (default: their own)"
    made.add_argument("--orthologs-to", choices=["human", "mouse"], help=told)

    about = "Check depth, outlying and swapped samples, sex and marker genes."
    made = commands.add(group, "quality", _quality, about, f"jaknet quality {where} --factor treatment", *shared)
    _add_matrix(made)
    told = "the column of samples that holds the groups, to find samples that were swapped"
    made.add_argument("--factor", metavar="COLUMN", help=told)


@contextmanager
def _spoken() -> Iterator[None]:
    """Name flags where an error names the arguments of Python."""
    try:
        with in_words(as_flag):
            yield
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        flag = as_flag(str(problem["loc"][0]), "") if problem["loc"] else "the data"
        reason = problem.get("ctx", {}).get("error", f"{problem['input']}: {problem['msg'].replace('Input', 'it')}")
        raise InputError(f"{flag} {str(reason).rstrip('.')}.") from error


def _dataset(options: argparse.Namespace, keys: Sequence[str], **more: Any) -> Dataset:
    """Return the data that the flags tell of; what was not given keeps the default of the schema."""
    given = {key: value for key in keys if (value := getattr(options, key, None)) not in (None, [])}
    for key in {"subset", "columns"} & given.keys():
        several = level_pairs(given[key], as_flag(key, ""))
        given[key] = several if key == "subset" else _single(several, as_flag(key, ""))
    return Dataset(**given | more)


def _single(pairs: dict[str, list[str]], flag: str) -> dict[str, str]:
    repeated = [name for name, values in pairs.items() if len(values) > 1]
    if repeated:
        raise InputError(f"{flag} {repeated[0]}={pairs[repeated[0]][1]}: {repeated[0]} is given twice; keep one of them.")
    return {name: values[0] for name, values in pairs.items()}


def _notes(made: Signature, options: argparse.Namespace) -> None:
    for told in made.report.get("notes", []):
        with _spoken_line(str(told)) as line:
            note(f"note: {line}", options)


@contextmanager
def _spoken_line(text: str) -> Iterator[str]:
    try:
        with in_words(as_flag):
            raise InputError(text)
    except InputError as told:
        yield str(told)


def signature(options: argparse.Namespace, path: str, to_species: str | None) -> Signature:
    """Read a finished table as the flags say, and tell what was converted.

    Parameters
    ----------
    options : argparse.Namespace
        The parsed command line.
    path : str
        Of the table.
    to_species : str or None
        Species of the network that the genes are to meet; None keeps theirs.

    Raises
    ------
    InputError
        For a table that cannot be read; flags are named.
    """
    with _spoken():
        made = _dataset(options, SIGNATURE_KEYS, signature=Path(path)).contrast(None, to_species)
    _notes(made, options)
    return made


def _matrix(options: argparse.Namespace, keys: Sequence[str], **levels: str) -> Dataset:
    if options.samples is None and not options.expression.endswith(".h5ad"):
        raise InputError(f"{options.expression} needs a table of samples: jaknet {options.command} COUNTS SAMPLES.")
    files = {name: Path(path) for name in ("expression", "samples") if (path := getattr(options, name))}
    return _dataset(options, keys, **files, **levels)


def _contrast(options: argparse.Namespace) -> None:
    with _spoken():
        dataset = _matrix(options, ("factor", "test", "reference", *_MATRIX_KEYS, *_TEST_KEYS))
        expression = dataset.read()
        step("testing %s against %s", options.test, options.reference)
        made = dataset.contrast(expression, options.orthologs_to)
    note(f"{made!r}; {made.report['design']}, {made.report['method']}", options)
    _notes(made, options)
    save(made.to_frame(), options)


def _quality(options: argparse.Namespace) -> None:
    from jaknet.expression.quality import check_quality

    with _spoken():
        if options.donor and not options.factor:
            raise InputError("--donor needs --factor: the cells of each donor and group are summed.")
        # No levels are compared here; the schema wants them, and nothing reads them.
        dataset = _matrix(options, ("factor", *_MATRIX_KEYS), test="-", reference="-")
        expression = dataset.read()
        if expression is None:
            return
        quality = check_quality(expression, factor=options.factor)
    note(repr(quality), options)
    save(quality.to_frame(), options)
