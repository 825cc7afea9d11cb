"""``jaknet netflux``, ``cite`` and ``completion``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import yaml

from jaknet.cli.completion import SHELLS, completion
from jaknet.cli.flags import said_options, table_options
from jaknet.cli.options import level, pairs
from jaknet.cli.output import save, say
from jaknet.cli.parser import Commands, Parser
from jaknet.errors import InputError

__all__ = ["add_other_commands"]

_GROUP = "Other"


def add_other_commands(commands: Commands, parser: Callable[[], Parser]) -> None:
    """Add ``jaknet netflux``, ``cite`` and ``completion``.

    Parameters
    ----------
    commands : Commands
        Of the parser.
    parser : callable
        Returns the whole parser, whose words are completed.
    """
    shown = "jaknet netflux model.xlsx --inputs 0.5 --ymax JAK=0.1 --out steady.tsv"
    about = "Steady state of a published Netflux workbook."
    made = commands.add(_GROUP, "netflux", _netflux, about, shown, table_options(), said_options())
    made.add_argument("model", help="workbook (.xlsx or .xls)")
    told = "level of every input, or of the named ones (default: those of the workbook)"
    made.add_argument("--inputs", nargs="*", default=[], metavar="VALUE|NODE=VALUE", help=told)
    made.add_argument("--ymax", nargs="*", default=[], metavar="NODE=FACTOR", help="factor on a species' capacity")

    made = commands.add(_GROUP, "cite", _cite, "How to cite jaknet and the study behind it.", "jaknet cite --bibtex", said_options())
    made.add_argument("--bibtex", action="store_true", help="as BibTeX instead of plain text")

    about = "Print the script that completes commands and options in a shell."
    made = commands.add(_GROUP, "completion", lambda options: say(completion(parser(), options.shell)), about, "jaknet completion bash")
    made.add_argument("shell", choices=SHELLS, help="bash, zsh or fish")


def _netflux(options: argparse.Namespace) -> None:
    from jaknet.netflux.workbook import read_netflux

    model = read_netflux(options.model)
    levels = [text for text in options.inputs if "=" not in text]
    if levels and len(options.inputs) > 1:
        raise InputError(f"--inputs {' '.join(options.inputs)}: give one level for every input, or NODE=VALUE for each that you name.")
    inputs = level(levels[0], "--inputs") if levels else pairs(options.inputs, "--inputs") or None
    steady = model.steady_state(inputs=inputs, ymax=pairs(options.ymax, "--ymax"))
    save(steady.rename_axis("species").rename("steady_state").reset_index(), options)


def _cite(options: argparse.Namespace) -> None:
    told = yaml.safe_load((files("jaknet.cli") / "CITATION.cff").read_text(encoding="utf-8"))
    works = [told, *told.get("references", ())]
    say("\n\n".join(map(_bibtex if options.bibtex else _plain, works)))


def _people(work: dict[str, Any]) -> list[str]:
    """Return the authors; of an organisation its name, of a person the family name first."""
    return [one.get("name") or ", ".join(filter(None, (one.get("family-names"), one.get("given-names")))) for one in work["authors"]]


def _year(work: dict[str, Any]) -> str:
    return str(work.get("year") or str(work["date-released"])[:4])


def _plain(work: dict[str, Any]) -> str:
    where = f"{work['journal']} {work['volume']}. doi:{work['doi']}" if "journal" in work else f"Version {work['version']}."
    return f"{'; '.join(_people(work))} ({_year(work)}). {work['title']}. {where}"


def _bibtex(work: dict[str, Any]) -> str:
    """Return a BibTeX entry; an organisation stands in braces of its own, so that no name is torn apart."""
    people = " and ".join(f"{{{name}}}" if "name" in one else name for name, one in zip(_people(work), work["authors"], strict=True))
    kind, key = ("article", _people(work)[0].split(",")[0]) if "journal" in work else ("software", "jaknet")
    fields = {"author": people, "title": f"{{{work['title']}}}", "year": _year(work)}
    fields |= {name: str(work[name]) for name in ("journal", "volume", "version", "doi") if name in work}
    return "\n".join([f"@{kind}{{{key}{_year(work)},", *(f"  {name} = {{{value}}}," for name, value in fields.items()), "}"])
