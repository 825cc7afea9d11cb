"""`activities`: how active each regulator is in each sample or cell."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from scipy import sparse

from jaknet.errors import InputError, few
from jaknet.expression.expression import Expression, Source, as_expression
from jaknet.expression.kinds import KINDS, detect_kind
from jaknet.expression.sources import counts_layer, open_h5ad
from jaknet.expression.symbols import genes_of_rows
from jaknet.network.io.read import as_network
from jaknet.provenance import make_manifest
from jaknet.regulation.methods import Evidence
from jaknet.regulation.regulators import check_options
from jaknet.regulation.regulons import network_regulons
from jaknet.shared_docs import describe

if TYPE_CHECKING:
    from anndata import AnnData

    from jaknet.network.network import Network

__all__ = ["activities"]

_BLOCK = 256  # samples whose genes are dense at once
_PROBE = 500  # cells looked at to tell the kind of values


class _Values(NamedTuple):
    """Samples x rows as given, dense or sparse, with the names of both and what the numbers are."""

    matrix: Any
    samples: pd.Index
    rows: pd.Index
    kind: str
    species: str


@describe
def activities(
    expression: Expression | Source,
    network: Network | str,
    method: str = "ulm",
    *,
    centre: bool = True,
    kind: str = "auto",
    species: str = "auto",
    min_targets: int = 5,
    called: float = 0.1,
    key_added: str | None = None,
) -> pd.DataFrame:
    """Score every regulator in every sample or cell by the expression of its targets.

    Counts become log2 counts per million plus one, TPM log2(x + 1); logarithms stay. Rows are brought to the symbols of the network's
    species, and each gene's mean over the samples is taken off, so that an activity says how a sample differs
    from the average one. The scores of `jaknet.regulators` follow, sample by sample.

    Parameters
    ----------
    expression : Expression, path, pandas.DataFrame or AnnData
        What `jaknet.read_expression` returns or accepts. Sparse cells stay sparse; 256 at a time become dense.
    network : Network or str
        Signed edges from regulators to transcripts; or the name of a bundled one (``"osteoblast"``).
    method : {"ulm", "mlm", "calibrated", "ipa"}
        As in `jaknet.regulators`. ``ulm`` gives t-values; ``calibrated`` asks whether the targets are among the genes that lie
        farthest above or below the mean, which few cells have reads enough for.
    centre : bool
        Take each gene's mean over the samples off. Without it ``ulm`` gives decoupler's numbers for the same matrix, in which what all
        samples have in common counts most.
    kind : {"auto", "counts", "tpm", "log_intensity"}
        What the values are; ``"auto"`` tells it as `jaknet.read_expression` does.
    %(species)s
    min_targets : int
        Regulators with fewer measured targets are not scored.
    called : float
        ``calibrated`` and ``ipa``: share of all genes called up or down in each sample.
    key_added : str, optional
        For AnnData: write the result to ``.obsm`` under this key as well.

    Returns
    -------
    pandas.DataFrame, shape (n_samples, n_regulators)
        Positive: more active than in the average sample. NaN where a regulator cannot be scored. ``.attrs["provenance"]``
        says how it was made. For p-values see `jaknet.regulator_scores`.

    Raises
    ------
    InputError
        For unknown options, values that are no numbers, samples without any read, one sample to be centred, or `key_added`
        without an AnnData object.
    OverlapError
        If too few target genes were measured.

    References
    ----------
    Badia-i-Mompel et al. 2022, Bioinform Adv 2:vbac016.

    Examples
    --------
    >>> from jaknet.expression.examples import load_example
    >>> example = load_example("simulated")
    >>> scores = activities(example.expression, "osteoblast")
    >>> scores.shape[0], float(scores["STAT1"].groupby(example.samples["treatment"]).mean()["tofacitinib"]) < 0
    (8, True)
    """
    chosen = check_options(method, 1, called)
    network = as_network(network)
    given = _take(expression, kind, species)
    if key_added is not None and not hasattr(expression, "obsm"):
        kind_of = type(expression).__name__
        raise InputError(f"key_added={key_added!r} names a place in an AnnData object; this is a {kind_of}. Leave it out.")
    if centre and len(given.samples) < 2:
        raise InputError("one sample cannot be compared with the mean of the samples; give more, or say centre=False.")
    values, genes, dropped = _log_genes(given, network.species)
    regulons = network_regulons(network, genes, min_targets=min_targets)
    mean = np.asarray(values.mean(axis=0)).ravel() if centre else np.zeros(len(genes))
    blocks = (_dense(values[start : start + _BLOCK]) - mean for start in range(0, len(given.samples), _BLOCK))
    parts = Parallel(prefer="threads")(delayed(chosen.score)(Evidence(block.T, called), regulons) for block in blocks)
    scores = np.concatenate([part.statistic for part in parts], axis=1).T
    out = pd.DataFrame(scores, given.samples, pd.Index(regulons.regulators, name="regulator"))
    if key_added is not None:
        expression.obsm[key_added] = out  # type: ignore[union-attr]
    settings = {"method": method, "centre": centre, "kind": given.kind, "min_targets": min_targets, "called": called}
    out.attrs["provenance"] = make_manifest("activities", settings | {"network": network.label}, {"network": network.digest}, dropped)
    return out


def _take(expression: Expression | Source, kind: str, species: str) -> _Values:
    """Return the values of any source, samples in rows; those of an AnnData object as sparse as they are."""
    if kind not in (*KINDS, "auto"):
        raise InputError(f"unknown kind {kind!r}; use one of {few(KINDS)} or 'auto'.")
    if isinstance(expression, (str, os.PathLike)) and Path(expression).suffix == ".h5ad":
        expression = open_h5ad(Path(expression))
    if all(hasattr(expression, name) for name in ("X", "obs_names", "var_names", "layers")):
        return _take_cells(expression, kind, species)  # type: ignore[arg-type]
    data = as_expression(expression)
    found = data.kind if kind == "auto" else kind
    return _Values(data.matrix.to_numpy().T, data.matrix.columns, data.matrix.index, found, data.species if species == "auto" else species)


def _take_cells(adata: AnnData, kind: str, species: str) -> _Values:
    matrix, layer = counts_layer(adata)
    matrix = sparse.csr_array(matrix) if sparse.issparse(matrix) else np.asarray(matrix)
    stored = matrix.data if sparse.issparse(matrix) else matrix
    if not np.isfinite(stored).all():
        raise InputError(f"{int((~np.isfinite(stored)).sum())} values of {layer} are missing or infinite. Drop or fill these genes first.")
    if kind == "auto":
        kind = "counts" if layer == "counts" else detect_kind(pd.DataFrame(_dense(matrix[:_PROBE]).T))[0]
    return _Values(matrix, adata.obs_names, adata.var_names.astype(str), kind, species)


def _log_genes(given: _Values, species: str) -> tuple[Any, list[str], dict[str, int]]:
    """Return samples x genes as logarithms, genes by symbol, and how many rows lead to none."""
    values = given.matrix
    if given.kind == "counts":
        depth = np.asarray(values.sum(axis=1)).ravel()
        empty = given.samples[depth <= 0]
        if len(empty):
            raise InputError(f"{len(empty)} samples have no reads: {few(empty)}; leave them out.")
    names, _, _ = genes_of_rows(given.rows, "auto" if given.species == "unknown" else given.species, species)
    reached = np.flatnonzero(names != "")
    codes, genes = pd.factorize(names.to_numpy()[reached], sort=True)
    # Counts of several rows of one gene add up; logarithms do not, so that their mean stands for them.
    share = 1.0 / np.bincount(codes)[codes] if given.kind == "log_intensity" else np.ones(len(codes))
    onto = sparse.csr_array((share, (reached, codes)), shape=(len(names), len(genes)))
    values = values @ onto
    if given.kind == "counts":
        values = sparse.csr_array(sparse.diags_array(1e6 / depth) @ values) if sparse.issparse(values) else values * (1e6 / depth)[:, None]
    if given.kind != "log_intensity":
        values = _log2_plus_one(values)
    # Genes of which no sample has any are not measured; decoupler leaves them out too.
    seen = np.flatnonzero(np.asarray(abs(values).sum(axis=0)).ravel())
    return values[:, seen], list(genes[seen]), {"rows without a gene": len(names) - len(reached), "genes of zeros": len(genes) - len(seen)}


def _log2_plus_one(values: Any) -> Any:
    if not sparse.issparse(values):
        return np.log2(values + 1.0)
    return sparse.csr_array((np.log2(values.data + 1.0), values.indices, values.indptr), shape=values.shape)


def _dense(values: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.asarray(values.toarray() if sparse.issparse(values) else values, dtype=float)
