"""Flags that commands share, values that are checked, and errors that name the flag they come from."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import combinations
from typing import TYPE_CHECKING

from jaknet.errors import InputError
from jaknet.network.evidence import without_paper

if TYPE_CHECKING:
    from jaknet.network.network import Network
    from jaknet.simulation.perturbations import Perturbation

__all__ = ["background", "level", "level_pairs", "named", "pairs", "perturbed", "split_pair", "whole", "without_papers"]


def whole(least: int) -> Callable[[str], int]:
    """Return the reader of a flag that takes a whole number.

    Parameters
    ----------
    least : int
        Smallest number allowed.

    Examples
    --------
    >>> whole(1)("20")
    20
    """

    def _read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(f"{text} is not a whole number of at least {least}")
        return number

    return _read


@contextmanager
def named(flag: str) -> Iterator[None]:
    """Put a flag before the message of an input error.

    Parameters
    ----------
    flag : str
        The flag, with its value where that helps.

    Examples
    --------
    >>> with named("--knockout X"):
    ...     raise InputError("unknown node: X")
    Traceback (most recent call last):
    jaknet.errors.InputError: --knockout X: unknown node: X
    """
    try:
        yield
    except InputError as error:
        raise InputError(f"{flag}: {error}") from error


def split_pair(text: str, flag: str, alone: float | None = 1.0) -> tuple[str, float]:
    """Return name and number of ``NODE=NUMBER``.

    Parameters
    ----------
    text : str
        As it was typed.
    flag : str
        For the message.
    alone : float, optional
        The number of a name that stands alone; None refuses it.

    Raises
    ------
    InputError
        If it is something else.
    """
    name, equals, value = text.partition("=")
    with suppress(ValueError):
        if name and (equals or alone is not None):
            return name, float(value) if equals else float(alone or 0.0)
    raise InputError(f"{flag} {text} is not NODE=NUMBER; write for example {name or 'JAK1'}=0.9")


def level(text: str, flag: str) -> float:
    """Return a level between 0 and 1.

    Parameters
    ----------
    text : str
        As it was typed.
    flag : str
        For the message.

    Raises
    ------
    InputError
        If it is something else.
    """
    with suppress(ValueError):
        if 0 <= float(text) <= 1:
            return float(text)
    raise InputError(f"{flag} {text} is no level between 0 and 1; give a number such as 0.5.")


def pairs(texts: Sequence[str], flag: str) -> dict[str, float]:
    """Return several ``NODE=NUMBER`` as a mapping, none of them twice.

    Parameters
    ----------
    texts : sequence of str
        As they were typed.
    flag : str
        For the message.

    Raises
    ------
    InputError
        For another form, or a name that is given twice.
    """
    found: dict[str, float] = {}
    for text in texts:
        name, value = split_pair(text, flag, alone=None)
        if name in found:
            raise InputError(f"{flag} {text}: {name} is given twice, {found[name]:g} before; keep one of them.")
        found[name] = value
    return found


def level_pairs(texts: Sequence[str], flag: str) -> dict[str, list[str]]:
    """Return several ``NAME=TEXT`` as a mapping, each name with all it was given.

    Parameters
    ----------
    texts : sequence of str
        As they were typed.
    flag : str
        For the message.

    Raises
    ------
    InputError
        For another form.

    Examples
    --------
    >>> level_pairs(["time=3h", "time=24h", "dose=1 nM"], "--subset")
    {'time': ['3h', '24h'], 'dose': ['1 nM']}
    """
    found: dict[str, list[str]] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise InputError(f"{flag} {text} is not NAME=VALUE; write for example {name or 'time'}=3h")
        found.setdefault(name, []).append(value)
    return found


def perturbed(options: argparse.Namespace, network: Network) -> tuple[Perturbation, Perturbation | None]:
    """Return what the flags do to the treated arm, and to both arms.

    Parameters
    ----------
    options : argparse.Namespace
        The parsed command line.
    network : Network
        That is perturbed.

    Raises
    ------
    InputError
        For a name, dose or level that cannot be used, and for two flags that contradict each other; the flags are named.
    """
    return _together(network, _actions(options)), background(options, network)


def background(options: argparse.Namespace, network: Network) -> Perturbation | None:
    """Return what ``--background`` does to both arms; None where nothing is held.

    Parameters
    ----------
    options : argparse.Namespace
        The parsed command line.
    network : Network
        That is perturbed.

    Raises
    ------
    InputError
        For a name or level that cannot be used, and for two flags that contradict each other; the flags are named.
    """
    held = _held(options)
    return _together(network, held) if held else None


def without_papers(network: Network, references: Sequence[str]) -> Network:
    """Return the network without the evidence of papers.

    Parameters
    ----------
    network : Network
        Must cite each of them.
    references : sequence of str
        Values of ``--without``.

    Raises
    ------
    InputError
        For a paper that no edge cites.
    """
    left = network
    for reference in references:
        with named("--without"):
            without_paper(network._edges, reference, cited_in=network.label)
        edges, keep = without_paper(left._edges, reference)
        left = left.with_edges(edges[keep])
    return left


def _together(network: Network, parts: Sequence[tuple[str, Perturbation]]) -> Perturbation:
    """Combine what flags do; refuse those that name what the network lacks, and pairs that contradict each other."""
    from jaknet.simulation.perturbations import combine, name_nodes

    for flag, part in parts:
        with named(flag):
            name_nodes(network, part)
    for (flag, one), (other_flag, other) in combinations(parts, 2):
        with named(f"{flag} and {other_flag}"):
            name_nodes(network, combine([one, other]))
    return combine(part for _, part in parts)


def _actions(options: argparse.Namespace) -> list[tuple[str, Perturbation]]:
    """Return each flag that changes the treated arm, and what it does."""
    from jaknet.simulation.library import load_drug
    from jaknet.simulation.perturbations import activate, inhibit, knockout

    if len(options.drug) != len(options.dose):
        raise InputError(f"{len(options.drug)} --drug but {len(options.dose)} --dose; give one dose for each drug, in the same order.")
    found = []
    for name, dose in zip(options.drug, options.dose, strict=True):
        with named("--drug"):
            drug = load_drug(name)
        with named("--dose"):
            found.append((f"--drug {name}", drug.at(dose, options.assay, options.matrix)))
    for text in options.inhibit:
        node, fraction = split_pair(text, "--inhibit", alone=0.9)
        with named("--inhibit"):
            found.append((f"--inhibit {text}", inhibit(node, fraction)))
    found += [(f"--knockout {node}", knockout(node)) for node in options.knockout]
    for text in options.activate:
        node, held = split_pair(text, "--activate")
        with named("--activate"):
            found.append((f"--activate {text}", activate(node, held)))
    if not found:
        raise InputError("nothing to do: give --drug with --dose, or --inhibit, --knockout, --activate.")
    return found


def _held(options: argparse.Namespace) -> list[tuple[str, Perturbation]]:
    """Return each --background, and what it does in both arms."""
    from jaknet.simulation.perturbations import activate, knockout

    found = []
    for text in options.background:
        name, level = split_pair(text, "--background")
        if not (0 <= level <= 1 or level == -1):
            raise InputError(f"--background {text}: {level:g} is no level; give 0 to 1 to hold {name} there, or -1 to knock it out.")
        found.append((f"--background {text}", knockout(name) if level < 0 else activate(name, level)))
    return found
