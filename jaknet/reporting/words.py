"""Columns and tables in words, from ``templates/words.yaml``: what the report calls them, and what its tooltips say."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import yaml

__all__ = ["Words", "load_words"]


class Words(NamedTuple):
    """What the report calls its tables and columns.

    Attributes
    ----------
    tables : dict of str to dict
        Table -> ``heading`` and ``about``, in the order of the page.
    columns : dict of str to list of str
        Column -> its name in words, and a tooltip.
    hidden, last : dict of str to list of str
        Table -> columns that stay in its file, and columns that come last on the page.
    shares : list of str
        Columns shown in %.
    cited : list of str
        What to cite.
    cited_tools : dict of str to str
        Tool -> what to cite where it was used.
    """

    tables: dict[str, dict[str, str]]
    columns: dict[str, list[str]]
    hidden: dict[str, list[str]]
    last: dict[str, list[str]]
    shares: list[str]
    cited: list[str]
    cited_tools: dict[str, str]

    def kind(self, column: str) -> str:
        """Return how a column is shown: ``share`` (in %), ``p`` (scientific where small), ``links``, ``gene`` or ``plain``.

        Parameters
        ----------
        column : str
            Its name.
        """
        if column in self.shares:
            return "share"
        if column.endswith(("p_value", "q_value")):
            return "p"
        if column in {"references", "references_against", "paper"}:
            return "links"
        return "gene" if column in {"gene", "regulator"} else "plain"


@lru_cache(maxsize=1)
def load_words() -> Words:
    """Read the words once."""
    text = (files("jaknet.reporting") / "templates" / "words.yaml").read_text(encoding="utf-8")
    return Words(**yaml.safe_load(text))
