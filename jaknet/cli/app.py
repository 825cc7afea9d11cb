"""The `jaknet` command: every public function of the line, from a shell.

Exit codes: 0 done, 2 bad input or usage (one message, nothing written), 1 a fault of ours.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence

from joblib import parallel_config

from jaknet._version import __version__
from jaknet.cli.knowledge import add_knowledge_commands
from jaknet.cli.other import add_other_commands
from jaknet.cli.output import check_format, say, say_warning, telling
from jaknet.cli.parser import Commands, Parser
from jaknet.cli.predict import add_predict_commands
from jaknet.cli.signatures import add_data_commands
from jaknet.cli.start import add_start_commands
from jaknet.cli.trust import add_trust_commands
from jaknet.errors import InputError, JaknetError

__all__ = ["build_parser", "main"]

_ABOUT = "From JAK inhibition in osteoblasts to ranked osteoanabolic genes."
_GROUPS = ("Start here", "Predict", "Data", "Knowledge", "Trust", "Other")


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
    given = vars(options)
    options.quiet = given.get("quiet", False)
    try:
        with warnings.catch_warnings(), telling(options.quiet, given.get("verbose", False)), parallel_config(n_jobs=given.get("jobs")):
            warnings.showwarning = say_warning
            check_format(options)
            options.work(options)
    except InputError as error:
        say(f"jaknet: {error}", sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader of a pipe, such as head, has seen enough; what is left must not be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        say("jaknet: interrupted", sys.stderr)
        return 130
    except (OSError, JaknetError) as error:
        say(f"jaknet: {type(error).__name__}: {error}", sys.stderr)
        return 2 if isinstance(error, OSError) else 1
    return 0


def build_parser() -> Parser:
    """Return the parser of the whole command, each part with an example that runs as it stands."""
    usage, more = "jaknet COMMAND [options]", "jaknet COMMAND --help shows the options of a command, and an example that runs as it stands."
    parser = Parser(prog="jaknet", usage=usage, epilog=more)
    parser.add_argument("--version", action="version", version=f"jaknet {__version__}", help="show the version and exit")
    commands = Commands(parser, _ABOUT, _GROUPS)
    add_start_commands(commands)
    add_predict_commands(commands)
    add_data_commands(commands)
    add_knowledge_commands(commands)
    add_trust_commands(commands)
    add_other_commands(commands, build_parser)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
