"""Enrichment of rankings and signatures, by gseapy.

Where this differs from a bare call of gseapy: ties are broken by symbol, so that the order of rows
cannot change a score; a ranking of which more than half is tied is refused; q-values count every set
that was tested, also those without a hit; no p-value is 0; what was dropped is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jaknet.enrichment.gene_sets import as_gene_sets, cluster_sets
from jaknet.errors import InputError, OverlapError, few
from jaknet.expression.signature import Signature
from jaknet.genes.tables import load_osteoanabolic
from jaknet.parallel import workers
from jaknet.provenance import Manifest, as_seed, make_manifest
from jaknet.ranking.ranking import Ranking
from jaknet.shared_docs import describe
from jaknet.shown import Drawn
from jaknet.stats import benjamini_hochberg

__all__ = ["ENRICHMENT_COLUMNS", "Enrichment", "enrich"]

ENRICHMENT_COLUMNS = [
    "by",
    "term",
    "n_genes",
    "n_set",
    "score",
    "normalized_score",
    "direction",
    "p_value",
    "q_value",
    "leading_edge",
    "osteoanabolic",
    "cluster",
]
#: gseapy's multilevel method estimates p down to here; smaller ones are reported as this bound.
P_FLOOR = 1e-50
#: What is ranked, or selected at q <= .05 -> column of a ranking.
_RANKED = {"predicted": "predicted", "observed": "observed_statistic", "combined": "combined"}
_SELECTED = {"observed": "observed_q_value", "combined": "q_conjunction"}
_RANKABLE = "give a Ranking (jaknet.rank), a Signature, a pandas.Series of numbers by gene, or for method='ora' a list of genes"
CAVEAT = "p-values permute genes and so ignore their correlation; read them as an ordering, not as error rates"


@dataclass(frozen=True)
class Enrichment(Drawn, figure="enrichment"):
    """Gene sets with their scores.

    Attributes
    ----------
    table : pandas.DataFrame
        `ENRICHMENT_COLUMNS`, sorted by p-value. ``by`` says what was ranked; ``n_genes`` of the set's ``n_set`` genes were
        ranked; ``osteoanabolic`` is the net polarity of the leading edge (positive: the change of
        these genes builds bone); ``cluster`` numbers groups of overlapping sets.
    method : str
        ``"prerank"`` or ``"ora"``.
    by : str
        ``"observed"``, ``"predicted"`` or ``"combined"``; ``"given"`` for a series or list.
    about : str
        What the scores are about: the contrast of a dataset, or a perturbation in its context.
    report : dict
        Genes and sets dropped, with counts; of a combined score, how much of it is data.
    ranked : pandas.Series or None
        What was ranked, gene -> value, largest first; None for over-representation.
    sets : mapping of str to list of str
        The genes of every set tested.
    provenance : Manifest
        What was tested, with which settings and versions.
    """

    table: pd.DataFrame
    method: str
    by: str = "given"
    about: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)
    ranked: pd.Series | None = field(default=None, repr=False)
    sets: Mapping[str, list[str]] = field(default_factory=dict, repr=False)
    provenance: Manifest = field(default_factory=lambda: make_manifest("enrich"), repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table."""
        return self.table.copy()

    def __repr__(self) -> str:
        found = int((self.table["q_value"] <= 0.05).sum())
        about = f", {self.about}" if self.about else ""
        weight = f"; {self.report['combined']}" if "combined" in self.report else ""
        return f"Enrichment, {self.by}{about} ({self.method}): {len(self.table)} sets tested, {found} with q <= 0.05{weight}"


@describe
def enrich(
    source: Ranking | Signature | pd.Series | Iterable[str],
    gene_sets: Mapping[str, Iterable[str]] | str | Path | None = None,
    method: str = "prerank",
    universe: Iterable[str] | None = None,
    by: str | None = None,
    min_size: int = 5,
    max_size: int = 500,
    seed: int | np.random.Generator = 0,
) -> Enrichment:
    """Test gene sets against a ranking, a signature, or a list of genes.

    Parameters
    ----------
    source : Ranking, Signature, pandas.Series or iterable of str
        For ``"prerank"`` something with a number for every gene; for ``"ora"`` also a plain list
        of genes.
    %(gene_sets)s
    method : {"prerank", "ora"}
        Prerank: gseapy's multilevel GSEA on the whole ranking. ORA: hypergeometric test of the selected genes: observed
        with q <= .05, predicted up or down with `p_direction` >= .9, or combined with `q_conjunction` <= .05.
    universe : iterable of str, optional
        For ORA: every gene that could have been selected. Taken from a ranking or signature;
        required with a plain list.
    by : {"observed", "predicted", "combined"}, optional
        What is ranked. Of a signature only ``"observed"``, its statistic. Of a ranking by default ``"predicted"``, the predicted
        log2 fold change of the network's genes; ``"observed"`` is the statistic of its dataset, whatever the perturbation, and
        ``"combined"`` the posterior mean of both, which is nearly all data where the data is strong (the result says how much).
    min_size : int
        Sets with fewer genes in the universe are not tested.
    max_size : int
        Sets with more genes in the universe are not tested.
    %(seed)s

    Returns
    -------
    Enrichment

    Raises
    ------
    InputError
        For a constant or mostly tied ranking, an unknown method or column, or ORA on a list
        without a universe.
    OverlapError
        If no set has enough genes in the universe.

    References
    ----------
    Subramanian A et al. 2005, PNAS 102:15545 (GSEA); Korotkevich G et al. 2021, bioRxiv 060012
    (the multilevel estimate).

    Examples
    --------
    >>> import pandas as pd
    >>> ranked = pd.Series({f"G{i}": float(i) for i in range(40)})
    >>> enrich(ranked, {"TOP": [f"G{i}" for i in range(30, 40)]}).to_frame()["direction"].item()
    'up'
    """
    if method not in ("prerank", "ora"):
        raise InputError(f"method is {method!r}; choose prerank or ora.")
    frame, number = _frame_of(source), as_seed(seed)
    sets = as_gene_sets(gene_sets)
    chosen_by, about = _check_by(source, frame, by)
    if method == "prerank":
        ranked, report = _order_genes(source, frame, chosen_by)
        table = _prerank(ranked, sets, min_size, max_size, number)
    else:
        ranked = None
        chosen, everything = _select_genes(source, frame, chosen_by, universe)
        report = {"n_selected": len(chosen), "n_universe": len(everything)}
        table = _ora(chosen, everything, sets, min_size, max_size)
    table = _complete(table).assign(by=chosen_by)[ENRICHMENT_COLUMNS]
    report = {**report, "n_sets": len(sets), "n_sets_not_tested": len(sets) - len(table), "caveat": CAVEAT}
    report["n_sets_without_p"] = int(table["p_value"].isna().sum())
    if chosen_by == "combined":
        report["combined"] = getattr(source, "report", {}).get("combined", "")
    parameters = {"method": method, "by": chosen_by, "about": about, "min_size": min_size, "max_size": max_size}
    tested = {term: sets[term] for term in table["term"]}
    provenance = make_manifest("enrich", parameters, seed=number)
    return Enrichment(table, method, chosen_by, about, report, ranked, tested, provenance)


def _frame_of(source: Any) -> pd.DataFrame | None:
    """Return the table of a ranking or a signature; nothing of a series or genes, which are taken as they are."""
    if isinstance(source, (Ranking, Signature)):
        return source.to_frame()
    if isinstance(source, str) or not isinstance(source, Iterable):
        raise InputError(f"cannot rank a {type(source).__name__}; {_RANKABLE}.")
    return None


def _check_by(source: Any, frame: pd.DataFrame | None, by: str | None) -> tuple[str, str]:
    """Return what is ranked, and what that is about."""
    if by not in (None, *_RANKED):
        raise InputError(f"by is {by!r}; choose observed, predicted or combined.")
    if frame is None:
        if by is not None:
            raise InputError(f"by={by!r} needs a ranking or a signature; a {type(source).__name__} is ranked as it is given.")
        return "given", ""
    if "predicted" not in frame:
        if by in ("predicted", "combined"):
            raise InputError(f"by={by!r} needs a ranking (jaknet.rank); a {type(source).__name__} holds observations alone.")
        return "observed", str(getattr(source, "label", ""))
    chosen = by or "predicted"
    if frame[_RANKED[chosen]].isna().all():
        raise InputError(
            f"by={chosen!r}, but the ranking has no tested data. Give rank() a signature with p-values, or use by='predicted'."
        )
    return chosen, source.data_label if chosen == "observed" else source.about


def _order_genes(source: Any, frame: pd.DataFrame | None, by: str) -> tuple[pd.Series, dict[str, Any]]:
    if frame is not None:
        column = _RANKED[by] if "predicted" in frame else "statistic"
        values = frame.set_index("gene")[column]
    elif isinstance(source, pd.Series):
        values = source
    else:
        raise InputError(f"prerank needs a number for every gene; {type(source).__name__} has none. Use method='ora' with a universe.")
    values = values.astype(float)
    finite = values[np.isfinite(values)]
    merged = finite.groupby(level=0).mean()
    report = {"n_not_finite": len(values) - len(finite), "n_duplicates_averaged": len(finite) - len(merged)}
    report["n_tied"] = int(merged.duplicated(keep=False).sum())
    if len(merged) == 0 or merged.value_counts().iloc[0] > 0.5 * len(merged):
        share = merged.value_counts().iloc[0] / len(merged) if len(merged) else 1.0
        tied = f"{share:.0%} of {len(merged)} genes share one value"
        raise InputError(f"the ranking is constant or mostly tied ({tied}); rank something that varies.")
    named = merged.rename_axis("gene").rename("value").reset_index()
    ordered = named.sort_values(["value", "gene"], ascending=[False, True])
    return ordered.set_index("gene")["value"], report


def _prerank(values: pd.Series, sets: dict[str, list[str]], min_size: int, max_size: int, seed: int) -> pd.DataFrame:
    from gseapy.gsea import Prerank

    # gseapy maps case by its own guess (mouse symbols onto human sets); numbered names leave nothing to guess.
    genes_ranked = list(values.index)
    number = {gene: f"G{place}" for place, gene in enumerate(genes_ranked)}
    usable = _fit_sets(sets, set(number), min_size, max_size)
    options: dict[str, Any] = {"min_size": min_size, "max_size": max_size, "ascending": None, "seed": seed, "threads": workers()}
    numbered = {name: [number[gene] for gene in genes] for name, genes in usable.items()}
    ranked = values.set_axis(list(number.values()))
    done = Prerank(rnk=ranked, gene_sets=numbered, method="multilevel", outdir=None, no_plot=True, verbose=False, **options)
    # Its warning that ties come in arbitrary order is not true of `values`, where symbols break them.
    done._logger.setLevel("ERROR")
    done.run()
    rows = done.res2d
    normalized = rows["NES"].astype(float)
    return pd.DataFrame(
        {
            "term": rows["Term"],
            "n_genes": rows["Term"].map({name: len(genes) for name, genes in usable.items()}),
            "n_set": rows["Term"].map({name: len(genes) for name, genes in sets.items()}),
            "score": rows["ES"].astype(float),
            "normalized_score": normalized,
            "direction": np.where(rows["ES"].astype(float) > 0, "up", "down"),
            "p_value": rows["NOM p-val"].astype(float),
            "leading_edge": [";".join(genes_ranked[int(name[1:])] for name in cell.split(";") if name) for cell in rows["Lead_genes"]],
        }
    )


def _select_genes(source: Any, frame: pd.DataFrame | None, by: str, universe: Iterable[str] | None) -> tuple[set[str], set[str]]:
    if frame is None:
        if universe is None:
            raise InputError("ORA of a plain list needs universe: every gene that was measured and could have been selected.")
        everything = set(universe)
        chosen = {str(gene) for gene in source}
    else:
        # Genes without a number are no part of the universe; genes predicted to stay are, but are not selected.
        if by == "predicted":
            tested, hit = frame["p_direction"].notna(), (frame["p_direction"] >= 0.9) & frame["direction"].isin(["up", "down"])
        else:
            q_value = frame[_SELECTED[by] if "predicted" in frame else "q_value"]
            tested, hit = q_value.notna(), q_value <= 0.05
        chosen = set(frame.loc[hit, "gene"])
        everything = set(frame.loc[tested, "gene"]) if universe is None else set(universe)
    outside = chosen - everything
    if outside:
        raise InputError(f"selected genes outside the universe: {few(sorted(outside))}. The universe must hold every gene that was tested.")
    if not chosen:
        raise InputError("no gene was selected (q <= 0.05, or p_direction >= 0.9); use method='prerank', which needs no threshold.")
    return chosen, everything


def _ora(chosen: set[str], universe: set[str], sets: dict[str, list[str]], min_size: int, max_size: int) -> pd.DataFrame:
    from scipy.stats import hypergeom

    annotated = universe & {gene for genes in sets.values() for gene in genes}
    drawn = chosen & annotated
    rows = []
    for name, genes in _fit_sets(sets, annotated, min_size, max_size).items():
        hits, size = sorted(drawn & set(genes)), len(genes)
        expected = size * len(drawn) / len(annotated)
        p_value = float(hypergeom.sf(len(hits) - 1, len(annotated), size, len(drawn)))
        ratio = len(hits) / expected if expected else np.nan
        rows.append((name, size, len(sets[name]), len(hits), ratio, "selected", p_value, ";".join(hits)))
    columns = ["term", "n_genes", "n_set", "score", "normalized_score", "direction", "p_value", "leading_edge"]
    return pd.DataFrame(rows, columns=columns)


def _fit_sets(sets: dict[str, list[str]], universe: set[str], min_size: int, max_size: int) -> dict[str, list[str]]:
    """Reduce sets to the genes of the universe and keep those of the sizes asked for."""
    inside = {name: [gene for gene in genes if gene in universe] for name, genes in sets.items()}
    usable = {name: genes for name, genes in inside.items() if min_size <= len(genes) <= max_size}
    if not usable:
        best = max(map(len, inside.values()), default=0)
        found = f"no gene set has at least {min_size} genes among the ranked ones (the best has {best})"
        raise OverlapError(f"{found}. Check the identifiers and the species, or lower min_size.")
    return usable


def _complete(table: pd.DataFrame) -> pd.DataFrame:
    polarity = load_osteoanabolic().set_index("gene")["polarity"].to_dict()
    sign = table["direction"].map({"up": 1, "down": -1}).astype(float)
    leading = [str(cell).split(";") if cell else [] for cell in table["leading_edge"]]
    net = [sum(polarity.get(gene, 0) for gene in genes) if any(gene in polarity for gene in genes) else np.nan for genes in leading]
    p_value = table["p_value"].clip(lower=P_FLOOR)
    table = table.assign(p_value=p_value, q_value=benjamini_hochberg(p_value), osteoanabolic=sign * np.array(net, float))
    table = table.assign(cluster=cluster_sets(leading))
    ordered = table.assign(strength=-table["normalized_score"].abs()).sort_values(["p_value", "strength", "term"])
    return ordered.reset_index(drop=True)
