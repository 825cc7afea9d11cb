"""The parser: commands in groups, the closest name for a mistyped one, defaults in every help, no flag that is lost."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

from jaknet.errors import closest, few

__all__ = ["Commands", "Parser"]

Work = Callable[[argparse.Namespace], None]


class _Once(argparse.Action):
    """Store the value of a flag that takes one; a second one is refused, not silently preferred."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None) -> None:
        given = vars(namespace).setdefault("_given", set())
        if option is not None and self.dest in given:
            parser.error(f"{option} is given twice; keep one of them")
        given.add(self.dest)
        setattr(namespace, self.dest, values)


class _Help(argparse.RawDescriptionHelpFormatter):
    """The help of the standard library, in which every option that has a default says so."""

    def _get_help_string(self, action: argparse.Action) -> str:
        told = action.help or ""
        if not action.option_strings or "default" in told or isinstance(action, (argparse._HelpAction, argparse._VersionAction)):
            return told
        if action.required:
            return f"{told} (required)"
        # A number may be 0, which is not the same as none.
        empty = action.default is None or action.default is False or action.default == []
        return f"{told} (default: {('off' if action.nargs == 0 else 'none') if empty else action.default})"


class Parser(argparse.ArgumentParser):
    """The parser of the standard library; an error is one line that names the closest word, and no flag overrides an earlier one."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"formatter_class": _Help} | options)
        for name in (None, "store"):
            self.register("action", name, _Once)

    def error(self, message: str) -> NoReturn:
        """Say in one line what is wrong with the arguments, and exit with 2.

        Parameters
        ----------
        message : str
            Names the argument.
        """
        self.exit(2, f"jaknet: {message.removeprefix('argument ')} (see {self.prog} --help)\n")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse arguments and refuse those that are not known.

        Parameters
        ----------
        args : sequence of str, optional
            By default those of the shell.
        namespace : argparse.Namespace, optional
            Takes the values.

        Returns
        -------
        tuple of argparse.Namespace and list
            The list is empty.
        """
        if args is not None:
            # Before the parser asks for a required flag, which may be the one that was mistyped.
            self._refuse_unknown_flags([str(word) for word in args])
        found, extra = super().parse_known_args(args, namespace)
        if extra:
            self.error(f"not understood: {' '.join(extra)}")
        return found, extra

    def _refuse_unknown_flags(self, words: Sequence[str]) -> None:
        known = self._option_string_actions
        for word in words:
            if word == "--" or (self._subparsers is not None and not word.startswith("-")):
                return
            flag = word.partition("=")[0]
            if word.startswith("--") and " " not in flag and not any(name.startswith(flag) for name in known):
                near = closest(flag, known, 1)
                self.error(f"unknown option {flag}" + (f"; did you mean {near[0]}?" if near else ""))

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        known = [str(choice) for choice in action.choices]
        near = closest(value, known, 1)
        told = f"did you mean {near[0]}?" if near else f"known: {few(known, len(known))}"
        if isinstance(action, argparse._SubParsersAction):
            self.error(f"unknown command: {value}; {told}")
        raise argparse.ArgumentError(action, f"unknown choice: {value}; {told}")


class Commands:
    """The commands of one parser, in groups, each with an example that runs as it stands.

    Parameters
    ----------
    parser : Parser
        Gets the commands, and their list as its help.
    about : str
        The sentence above the list.
    groups : iterable of str
        In the order of the help.
    """

    def __init__(self, parser: Parser, about: str, groups: Iterable[str]) -> None:
        self._parser, self._about = parser, about
        self._groups: dict[str, list[str]] = {group: [] for group in groups}
        self._choices = parser.add_subparsers(
            dest="command", required=True, metavar="COMMAND", prog=parser.prog, help=argparse.SUPPRESS, parser_class=Parser
        )

    def add(self, group: str, name: str, work: Work, about: str, example: str, *parents: Parser) -> Parser:
        """Add a command.

        Parameters
        ----------
        group : str
            Where the help lists it.
        name : str
            As it is typed.
        work : callable
            Gets the parsed command line.
        about : str
            What it does, in one line.
        example : str
            A line that runs as it stands; the tests run it.
        *parents : Parser
            Options that it shares with others.

        Returns
        -------
        Parser
            That of the command, for its own options.
        """
        made: Parser = self._choices.add_parser(name, help=about, description=about, parents=list(parents), epilog=f"example:\n  {example}")
        made.set_defaults(work=work, example_line=example)
        self._groups[group].append(f"  {name:<15}{about}")
        listed = "\n\n".join("\n".join([f"{title}:", *lines]) for title, lines in self._groups.items() if lines)
        self._parser.description = f"{self._about}\n\n{listed}"
        return made
