"""Scripts that complete commands, options and bundled names in a shell, made from the parser."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from typing import NamedTuple

from jaknet.cli.parser import Parser

__all__ = ["SHELLS", "completion"]

SHELLS = ("bash", "zsh", "fish")


class _Word(NamedTuple):
    """What may be typed after a command: a flag or, with an empty name, a word at its place."""

    flag: str
    takes: bool
    values: list[str]
    about: str


def completion(parser: Parser, shell: str) -> str:
    """Return the script for a shell.

    Parameters
    ----------
    parser : Parser
        Of the whole command.
    shell : {"bash", "zsh", "fish"}
        Where the script is read.

    Examples
    --------
    >>> from jaknet.cli.app import build_parser
    >>> completion(build_parser(), "bash").splitlines()[-1]
    'complete -o default -F _jaknet jaknet'
    """
    tree = {name: (made.description or "", list(_words(made))) for name, made in _commands(parser).items()}
    if shell == "fish":
        return "\n".join(_fish(tree))
    # zsh reads scripts of bash.
    before = ["autoload -U +X compinit && compinit", "autoload -U +X bashcompinit && bashcompinit"] if shell == "zsh" else []
    return "\n".join([*before, *_bash(tree)])


def _commands(parser: Parser) -> dict[str, Parser]:
    action = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return dict(action.choices)


def _bundled() -> dict[str, list[str]]:
    """Return the names that options and words of that name take."""
    from jaknet.expression.examples import list_examples
    from jaknet.network.io.read import list_networks
    from jaknet.simulation.library import list_contexts, list_drugs

    return {"drug": list_drugs(), "context": list_contexts(), "network": list_networks(), "example": list_examples()}


def _words(parser: Parser) -> Iterator[_Word]:
    known = _bundled()
    for action in parser._actions:
        metavar = action.metavar.lower() if isinstance(action.metavar, str) else ""
        values = list(map(str, action.choices or known.get(action.dest) or known.get(metavar) or []))
        flags = [flag for flag in action.option_strings if flag.startswith("--")]
        for flag in flags or [""]:
            yield _Word(flag, action.nargs != 0, values, (action.help or "").replace("%%", "%"))


def _bash(tree: dict[str, tuple[str, list[_Word]]]) -> Iterator[str]:
    yield "_jaknet() {"
    yield '    local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" words='
    yield '    if [ "$COMP_CWORD" -eq 1 ]; then'
    yield f"        words={shlex.quote(' '.join([*tree, '--help', '--version']))}"
    yield "    else"
    yield '        case "${COMP_WORDS[1]} $before" in'
    for command, (_, words) in tree.items():
        for word in words:
            # Without known values bash completes the names of files.
            if word.flag and word.takes:
                values = shlex.quote(" ".join(word.values))
                yield f"            {shlex.quote(f'{command} {word.flag}')}) words={values} ;;"
    yield '            *) case "${COMP_WORDS[1]}" in'
    for command, (_, words) in tree.items():
        typed = [word.flag for word in words if word.flag] + [value for word in words if not word.flag for value in word.values]
        yield f"                {command}) words={shlex.quote(' '.join(typed))} ;;"
    yield "            esac ;;"
    yield "        esac"
    yield "    fi"
    yield '    COMPREPLY=($(compgen -W "$words" -- "$word"))'
    yield "}"
    yield "complete -o default -F _jaknet jaknet"


def _fish(tree: dict[str, tuple[str, list[_Word]]]) -> Iterator[str]:
    for command, (about, words) in tree.items():
        yield f"complete -c jaknet -f -n __fish_use_subcommand -a {command} -d {_quoted(about)}"
        here = f"complete -c jaknet -n '__fish_seen_subcommand_from {command}'"
        for word in words:
            values = f" -x -a {_quoted(' '.join(word.values))}" if word.values else " -r" if word.takes else ""
            if word.flag:
                yield f"{here} -l {word.flag[2:]} -d {_quoted(word.about)}{values}"
            elif word.values:
                yield f"{here} -a {_quoted(' '.join(word.values))}"


def _quoted(text: str) -> str:
    """Return text as a word of fish, which knows two escapes within quotation marks."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
