"""The bundled example datasets: what is measured or simulated, its samples, and the comparison they are there for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from jaknet.data.registry import bundled_files, bundled_path, read_yaml
from jaknet.errors import UnknownNameError, check_type, few
from jaknet.expression.expression import Expression, read_expression
from jaknet.shown import notebook_html
from jaknet.tables import read_delimited

__all__ = ["EXAMPLE", "Example", "list_examples", "load_example"]

#: The example that is meant where none is named.
EXAMPLE = "jak_inhibitors_neural"
_FILES = ("expression", "samples")


@dataclass(frozen=True)
class Example:
    """A bundled dataset.

    Attributes
    ----------
    name : str
        One of `list_examples`.
    title : str
        What it is, and whether it was measured or simulated.
    expression : Expression
        Counts with their sample table.
    contrast : dict
        Arguments of `jaknet.contrast` for the comparison that its plan makes: ``factor``, ``test``, ``reference``, ``subset``.
    truth : pandas.DataFrame or None
        ``gene`` and the ``log2_fold_change`` that was simulated; None for measured data, whose truth nobody knows.
    """

    name: str
    title: str
    expression: Expression
    contrast: Mapping[str, Any]
    truth: pd.DataFrame | None = field(default=None, repr=False)

    @property
    def samples(self) -> pd.DataFrame:
        """A copy of the sample table, index = columns of the matrix."""
        return pd.DataFrame(self.expression.samples).copy()

    def __repr__(self) -> str:
        return f"Example {self.name!r}: {self.title}; {self.expression!r}"

    def _repr_html_(self) -> str:
        return notebook_html(repr(self), self.samples.rename_axis("sample"))


def list_examples() -> list[str]:
    """List the bundled example datasets.

    Returns
    -------
    list of str

    Examples
    --------
    >>> list_examples()
    ['jak_inhibitors_neural', 'mouse_bone_osteocytes', 'simulated']
    """
    return [name.split("/")[1] for name in bundled_files("expression/") if name.endswith("/plan.yaml")]


def load_example(name: str = EXAMPLE) -> Example:
    """Load a bundled example dataset; its datasheet is ``expression/NAME/README.md``.

    Parameters
    ----------
    name : str
        One of `list_examples`. ``"jak_inhibitors_neural"`` (three JAK inhibitors on human neural cells) and
        ``"mouse_bone_osteocytes"`` (mouse bone with and without its marrow) were measured, ``"simulated"`` was not.

    Returns
    -------
    Example

    Raises
    ------
    UnknownNameError
        If there is no such example.

    Examples
    --------
    >>> example = load_example()
    >>> example.expression
    Expression (human, counts): 18024 genes x 59 samples
    >>> example.contrast["test"], example.contrast["reference"]
    ('ruxolitinib', 'control')
    """
    check_type("an example", name, str, f"the name of a bundled one ({few(list_examples())}); jaknet.read_expression reads a file")
    if name not in list_examples():
        raise UnknownNameError("example", [name], list_examples())
    folder = f"expression/{name}/"
    plan = read_yaml(f"{folder}plan.yaml")
    data = {"factor": "treatment", **plan["dataset"]}
    counts, samples = (bundled_path(folder + data[file]) for file in _FILES)
    expression = read_expression(counts, samples)
    truth = read_delimited(bundled_path(f"{folder}truth.tsv")) if f"{folder}truth.tsv" in bundled_files(folder) else None
    return Example(name, plan["name"], expression, {key: value for key, value in data.items() if key not in _FILES}, truth)
