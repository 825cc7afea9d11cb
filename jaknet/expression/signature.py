"""`Signature`: what a contrast found, gene by gene, over every gene that was measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from jaknet.errors import InputError, SpeciesError, check_type, few
from jaknet.provenance import Manifest, make_manifest
from jaknet.shared_docs import describe
from jaknet.shown import Drawn, notebook_html
from jaknet.stats import never_zero

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from jaknet.expression.quality import Quality

__all__ = ["SIGNATURE_COLUMNS", "Rotation", "Signature", "check_signature", "require_same_species", "signature_table"]

SIGNATURE_COLUMNS = ["gene", "log2_fold_change", "statistic", "p_value", "q_value"]


@dataclass(frozen=True)
class Rotation:
    """The residual space of a linear model, which rotation tests turn.

    Attributes
    ----------
    residuals : ndarray, shape (n_genes, n_directions)
        Effect (first) and residual directions, rows as in the signature's table
        (`jaknet.expression._moderated.rotated_statistics`).
    prior_df : float
        Prior degrees of freedom of the genes' variances; may be infinite.
    """

    residuals: NDArray[Any]
    prior_df: float = 0.0

    def take(self, rows: NDArray[Any]) -> Rotation:
        """Return the residuals of some of the genes.

        Parameters
        ----------
        rows : ndarray
            Positions, or a mask, of the genes in the table.
        """
        return Rotation(np.asarray(self.residuals)[rows], self.prior_df)


@dataclass(frozen=True)
class Signature(Drawn, figure="volcano"):
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
        What was read, mapped, merged and dropped, with counts; and what to know before trusting a result (`warnings`).
    rotation : Rotation, optional
        What rotation tests turn, where the signature was made from samples.
    complete : bool
        Whether the table holds every gene measured, not only significant ones.
    provenance : Manifest
    quality : Quality, optional
        The check of the samples, where the signature was made from samples.
    """

    table: pd.DataFrame
    species: str = "human"
    label: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)
    rotation: Rotation | None = field(default=None, repr=False, compare=False)
    complete: bool = True
    provenance: Manifest = field(default_factory=lambda: make_manifest("signature"), repr=False, compare=False)
    quality: Quality | None = field(default=None, repr=False, compare=False)

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

    def require_universe(self, purpose: str) -> None:
        """Raise unless the table holds every gene measured, which a test against the others needs.

        Parameters
        ----------
        purpose : str
            What needs it, e.g. ``"regulators"``.
        """
        if not self.complete:
            raise InputError(
                f"{purpose} needs every gene that was measured, but this table of {len(self)} genes was already filtered "
                f"({self.report.get('filtered_because', 'as declared')}); export the whole table, or say complete=True if it is whole."
            )

    def to_species(self, species: str) -> Signature:
        """Convert gene symbols to another species through orthologs; see `jaknet.expression.symbols.convert_signature`.

        Parameters
        ----------
        species : {"human", "mouse"}
            Species of the result.

        Returns
        -------
        Signature
        """
        from jaknet.expression.symbols import convert_signature

        return convert_signature(self, species)

    def testable(self) -> tuple[pd.DataFrame, Rotation | None, dict[str, int]]:
        """Return the genes with a statistic, what rotation tests turn of them, and what was left out.

        A signature without statistics (fold changes alone) is scored by its fold changes.

        Raises
        ------
        InputError
            If nothing varies.
        """
        table = self.table.assign(statistic=pd.to_numeric(self.table["statistic"], errors="coerce"))
        if table["statistic"].isna().all():
            table["statistic"] = pd.to_numeric(table["log2_fold_change"], errors="coerce")
        finite = np.isfinite(table["statistic"].to_numpy(float))
        if finite.sum() < 3 or table["statistic"][finite].nunique() < 2:
            remedy = "Give one that varies between genes."
            raise InputError(f"the statistic of {self.label!r} is constant or missing; nothing can be ranked. {remedy}")
        rotation = self.rotation.take(finite) if self.rotation else None
        return table[finite].reset_index(drop=True), rotation, {"genes without a statistic": int((~finite).sum())}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know of the data before trusting a result, most serious first; empty if nothing was found."""
        return tuple(self.report.get("warnings", ()))

    @property
    def tested(self) -> bool:
        """Whether the source came with p-values; without them genes can be ordered but none called significant."""
        return bool(self.table["p_value"].notna().any())

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        tested = self.table["p_value"].notna().sum()
        found = int((self.table["q_value"] <= 0.05).sum())
        return f"Signature {self.label!r} ({self.species}): {len(self)} genes, {tested} tested, {found} with q <= 0.05"

    def _repr_html_(self) -> str:
        top = self.table.reindex(self.table["statistic"].abs().sort_values(ascending=False, kind="stable").index)
        return notebook_html("\n".join([repr(self), *self.warnings]), top)


def signature_table(gene: Iterable[object], log2_fold_change: ArrayLike, statistic: ArrayLike, p_value: ArrayLike) -> pd.DataFrame:
    """Build the table of a `Signature`: sorted by gene, q by Benjamini-Hochberg over everything tested, no p of 0.

    Parameters
    ----------
    gene : iterable of str
        Name of each gene.
    log2_fold_change, statistic, p_value : array-like, shape (n_genes,)
        NaN where unknown; a p below the smallest double is raised to it.

    Returns
    -------
    pandas.DataFrame
        With the columns `SIGNATURE_COLUMNS`.

    Examples
    --------
    >>> signature_table(["B", "A"], [1.0, -1.0], [4.0, -1.0], [0.01, 0.2])["q_value"].tolist()
    [0.2, 0.02]
    """
    p = never_zero(p_value)
    known = ~np.isnan(p)
    q = np.full(len(p), np.nan)
    if known.any():
        q[known] = false_discovery_control(p[known])
    columns = (list(map(str, gene)), np.asarray(log2_fold_change, float), np.asarray(statistic, float), p, q)
    frame = pd.DataFrame(dict(zip(SIGNATURE_COLUMNS, columns)))
    return frame.sort_values("gene", kind="stable", ignore_index=True)


def check_signature(given: object) -> None:
    """Refuse what is no signature, saying how to get one.

    Parameters
    ----------
    given : object
        What was given for one.
    """
    check_type("signature", given, Signature, "a Signature (jaknet.contrast, jaknet.read_signature)")


@describe
def require_same_species(signature: Signature, network_species: str, network: str = "the network") -> None:
    """Refuse a signature of one species beside a network of another.

    Parameters
    ----------
    %(signature)s
    network_species : str
        `jaknet.network.network.Network.species`.
    network : str
        The network's label, for the message.

    Raises
    ------
    InputError
        If it is no signature.
    SpeciesError
        Naming both species and the conversion to call.
    """
    check_signature(signature)
    if network_species and signature.species != network_species:
        message = (
            f"the signature {signature.label!r} is {signature.species}, {network} is {network_species}; "
            f'convert it first: sig.to_species("{network_species}")'
        )
        raise SpeciesError(message)
