"""Completion: what a shell offers after a word."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from jaknet.cli.app import build_parser, main
from jaknet.cli.completion import SHELLS, _commands, completion
from jaknet.simulation.library import list_contexts, list_drugs

BASH = shutil.which("bash")


@pytest.fixture(scope="module")
def script():
    return completion(build_parser(), "bash")


def _offered(script: str, *words: str) -> list[str]:
    """Let bash complete the last of the words."""
    line = " ".join(f"'{word}'" for word in words)
    asked = f'{script}\nCOMP_WORDS=({line})\nCOMP_CWORD={len(words) - 1}\n_jaknet\nprintf "%s\\n" "${{COMPREPLY[@]}}"'
    told = subprocess.run([str(BASH), "-c", asked], capture_output=True, text=True, check=True)
    assert told.stderr == ""
    return told.stdout.split()


@pytest.mark.skipif(BASH is None, reason="bash is not installed")
def test_bash_offers_commands_options_and_bundled_names(script):
    assert _offered(script, "jaknet", "re") == ["report", "regulators", "reproduce"]
    assert _offered(script, "jaknet", "rank", "--me") == ["--members"]
    assert _offered(script, "jaknet", "perturb", "--drug", "") == list_drugs()
    assert _offered(script, "jaknet", "perturb", "--context", "i") == ["inflammatory"]
    assert _offered(script, "jaknet", "perturb", "--engine", "") == ["logic", "linear"]
    assert _offered(script, "jaknet", "drugs", "s") == ["show", "selectivity", "signal"]
    assert _offered(script, "jaknet", "drugs", "show", "tof") == ["tofacitinib"]
    assert _offered(script, "jaknet", "contexts", "show", "infl") == ["inflammatory"]
    assert _offered(script, "jaknet", "network", "show", "sou") == ["source_study"]
    assert _offered(script, "jaknet", "perturb", "--out", "") == []  # left to bash: names of files


@pytest.mark.skipif(BASH is None, reason="bash is not installed")
def test_every_flag_of_every_command_is_offered(script):
    for name, parser in _commands(build_parser()).items():
        flags = {flag for action in parser._actions for flag in action.option_strings if flag.startswith("--")}
        assert set(_offered(script, "jaknet", name, "--")) == flags


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_its_script(shell, capsys):
    assert main(["completion", shell]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in ("dose-response", *list_drugs(), *list_contexts()))
    if shell == "zsh":
        assert "bashcompinit" in told


def test_fish_says_what_each_option_does_and_closes_every_quotation():
    lines = completion(build_parser(), "fish").splitlines()
    assert (
        "complete -c jaknet -n '__fish_seen_subcommand_from rank' -l nulls -d 'rewired networks behind the topology p-values' -r" in lines
    )
    assert all(line.startswith("complete -c jaknet ") for line in lines)
    assert all(line.replace("\\\\", "").replace("\\'", "").count("'") % 2 == 0 for line in lines)
