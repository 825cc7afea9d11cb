"""`Signature`: what a contrast found, gene by gene, over every gene that was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from jaknet.errors import InputError, few
from jaknet.provenance import Manifest, make_manifest

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SIGNATURE_COLUMNS", "Signature"]

SIGNATURE_COLUMNS = ["gene", "log2_fold_change", "statistic", "p_value", "q_value"]


@dataclass(frozen=True)
class Signature:
    """Differential expression over the whole measured universe.

    Attributes
    ----------
    table : pandas.DataFrame
        `SIGNATURE_COLUMNS`; one row per gene, sorted by gene. ``p_value`` and ``q_value`` are NaN
        where the source has none.
    species : str
        ``"human"`` or ``"mouse"``.
    label : str
        The contrast in words, e.g. ``"IL22 vs Mock"``.
    report : dict
        What was read, mapped, merged and dropped, with counts.
    residuals : ndarray, shape (n_genes, n_directions), optional
        Effect and residual directions of the linear model, rows as in `table`, for rotation tests.
    provenance : Manifest
    """

    table: pd.DataFrame
    species: str = "human"
    label: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)
    residuals: NDArray[Any] | None = field(default=None, repr=False, compare=False)
    provenance: Manifest = field(default_factory=lambda: make_manifest("signature"), repr=False, compare=False)

    def __post_init__(self) -> None:
        missing = [column for column in SIGNATURE_COLUMNS if column not in self.table]
        if missing:
            raise InputError(f"signature lacks the columns {few(missing)}; it has {few(self.table.columns, 10)}.")
        repeated = self.table["gene"][self.table["gene"].duplicated()]
        if len(repeated):
            raise InputError(f"signature repeats {few(repeated.unique())}; aggregate to one row a gene first.")

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table."""
        return self.table.copy()

    def to_species(self, species: str) -> Signature:
        """Convert gene symbols to another species through one-to-one orthologs.

        The one explicit way across species; see `jaknet.expression.conversion`.
        """
        from jaknet.expression.conversion import convert_signature

        return convert_signature(self, species)

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        tested = self.table["p_value"].notna().sum()
        found = int((self.table["q_value"] <= 0.05).sum())
        return f"Signature {self.label!r} ({self.species}): {len(self)} genes, {tested} tested, {found} with q <= 0.05"

    def _repr_html_(self) -> str:
        top = self.table.reindex(self.table["statistic"].abs().sort_values(ascending=False).index).head(10)
        return f"<p><b>{self!r}</b></p>{top.to_html(index=False)}"
