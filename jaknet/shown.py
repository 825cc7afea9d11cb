"""How results show themselves: in a notebook, and as the figure that fits."""

from __future__ import annotations

from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Drawn", "notebook_html"]


def notebook_html(text: str, table: pd.DataFrame | None = None, rows: int = 10) -> str:
    """Return what a notebook shows: a text, its first line in bold, above the first rows of a table.

    Parameters
    ----------
    text : str
        Plain text of one line or more; what would be markup is escaped.
    table : pandas.DataFrame, optional
        What the text is about.
    rows : int
        How many rows to show; of a longer table its length is said.

    Examples
    --------
    >>> notebook_html("2 genes with q < 0.05")
    '<p><b>2 genes with q &lt; 0.05</b></p>'
    """
    first, *rest = map(escape, text.splitlines())
    told = "<br>".join([f"<b>{first}</b>", *rest])
    if table is None or table.empty:
        return f"<p>{told}</p>"
    more = f"<p>{rows} of {len(table):,} rows</p>" if len(table) > rows else ""
    return f"<p>{told}</p>{table.head(rows).to_html(index=table.index.name is not None)}{more}"


class _Tabled(Protocol):
    def to_frame(self) -> pd.DataFrame: ...


class Drawn:
    """A result that can be drawn.

    Parameters
    ----------
    figure : str
        The function of ``jaknet.plot`` that fits, given where a class is derived: ``class Response(Drawn, figure="effects")``.
    """

    _figure: ClassVar[str]

    def __init_subclass__(cls, figure: str = "", **options: Any) -> None:
        super().__init_subclass__(**options)
        if figure:
            cls._figure = figure

    def _repr_html_(self: _Tabled) -> str:
        return notebook_html(repr(self), self.to_frame())

    def plot(self, **options: Any) -> Axes:
        """Draw the result with the function of ``jaknet.plot`` that fits it.

        Parameters
        ----------
        **options
            Arguments of that function, such as ``ax``, the matplotlib Axes to draw on.

        Returns
        -------
        matplotlib.axes.Axes
        """
        # Figures know every result, so no result may import them: they are looked up when first asked for.
        draw = getattr(import_module("jaknet.reporting.plot"), self._figure)
        drawn: Axes = draw(self, **options)
        return drawn
