"""The parser: groups, the closest word for a mistyped one, defaults in every help."""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys

import pytest

from jaknet.cli.app import build_parser, main
from jaknet.cli.completion import _commands

COMMANDS = _commands(build_parser())
GROUPS = {
    "Start here": "run report",
    "Predict": "perturb rank dose-response screen",
    "Data": "contrast quality regulators explain activities compare enrich",
    "Knowledge": "network drugs contexts experiments",
    "Trust": "validate controls reproduce",
    "Other": "netflux cite completion",
}


def test_the_help_lists_every_command_in_its_group_with_one_line():
    lines = build_parser().format_help().splitlines()
    told: dict[str, list[str]] = {}
    for line in lines:
        if line.endswith(":"):
            group = told.setdefault(line[:-1], [])
        elif line.startswith("  ") and line.split()[0] in COMMANDS:
            group.append(line.split()[0])
            assert len(line) <= 100 and line.endswith((".", "?"))
    assert {group: " ".join(names) for group, names in told.items() if names} == GROUPS
    assert sum(map(len, told.values())) == len(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained_with_its_default(name):
    parser = COMMANDS[name]
    shown = " ".join(parser.format_help().split())
    assert f"example: {parser.get_default('example_line')}" in shown
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction):
            continue
        told = parser._get_formatter()._expand_help(action)
        assert len(told) > 3, action.dest
        if action.option_strings:
            assert "(required)" in told or "default" in told, action.dest
        if type(action.default) in (int, float, str) and action.option_strings:
            assert str(action.default) in told, action.dest


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("rnak", "unknown command: rnak; did you mean rank?"),
        ("dose_response", "unknown command: dose_response; did you mean dose-response?"),
        ("frobnicate", "unknown command: frobnicate; known: run, report, perturb"),
        ("--verson", "unknown option --verson; did you mean --version?"),
        ("rank --memebrs 5", "unknown option --memebrs; did you mean --members?"),
        ("rank --memebrs=5", "unknown option --memebrs; did you mean --members?"),
        ("rank --xyz", "unknown option --xyz (see"),
        ("contrast counts samples --tset drug", "unknown option --tset; did you mean --test?"),
        ("perturb --engine lgic", "--engine: unknown choice: lgic; did you mean logic?"),
        ("regulators s.tsv --depth 7", "--depth: unknown choice: 7; known: 1, 2"),
        ("network lst", "action: unknown choice: lst; did you mean list?"),
        ("perturb stray", "not understood: stray"),
        ("perturb --quiet --verbose", "--verbose: not allowed with argument --quiet"),
        ("perturb --jobs 0", "--jobs: 0 is not a whole number of at least 1"),
        ("screen --drug tofacitinib", "the following arguments are required: --dose"),
    ],
)
def test_what_is_mistyped_is_one_line_with_the_closest_word(line, message, capsys):
    with pytest.raises(SystemExit) as stop:
        main(shlex.split(line))
    told = capsys.readouterr().err
    assert stop.value.code == 2
    assert told.startswith(f"jaknet: {message}") and told.count("\n") == 1


def test_values_that_look_like_flags_are_left_alone():
    found = build_parser().parse_args(["netflux", "m.xlsx", "--ymax", "A=-1", "--inp", "0.5"])
    assert (found.ymax, found.inputs) == (["A=-1"], ["0.5"])


def test_shared_options_are_where_they_make_sense():
    flags = {name: set(parser._option_string_actions) for name, parser in COMMANDS.items()}
    assert all({"--quiet", "--verbose"} <= found for name, found in flags.items() if name != "completion")
    lacking = {name for name, found in flags.items() if "--jobs" not in found}
    assert lacking == {"report", "network", "contexts", "experiments", "netflux", "cite", "completion"}
    folders = {name for name, found in flags.items() if "--format" not in found}
    assert folders == {"run", "report", "explain", "validate", "reproduce", "cite", "completion"}


def test_help_does_not_wait_for_the_simulation_to_load():
    shown = "import sys; from jaknet.cli.app import build_parser; build_parser().format_help()"
    asked = f"{shown}; print(sorted({{'numba', 'scipy'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout == "[]\n"
