"""`check_selectivity`: the IC50 on a cytokine's signal predicted from kinases alone, against the IC50 measured on that signal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from jaknet.network.schema import split_list
from jaknet.provenance import as_seed
from jaknet.shared_docs import describe
from jaknet.shown import notebook_html
from jaknet.simulation.drugs import Drug
from jaknet.simulation.library import as_drug, list_drugs
from jaknet.simulation.potency import Target, joint_ic50

__all__ = ["SelectivityCheck", "check_selectivity", "kinases_alone"]

_COLUMNS = ["drug", "receptor", "signal", "kinases", "measured_nM", "reports", "kinases_nM", "others_nM", "enzyme_nM"]
_POTENCIES = ("kinases", "others", "enzyme")
_DRAWS = 4000
_FEWEST = 3  # receptors behind a rank correlation or an interval


@dataclass(frozen=True)
class SelectivityCheck:
    """Predicted and measured IC50 of each drug on each receptor, and how they agree.

    Attributes
    ----------
    frame : pandas.DataFrame
        ``drug``, ``receptor``, ``signal``, ``kinases``; ``measured_nM``, the measured IC50, from ``reports`` values; ``kinases_nM``,
        predicted from kinases corrected for the ATP of a cell; ``others_nM``, the same shifted by what the drug's other signals show;
        ``enzyme_nM``, from isolated enzymes as they stand. NaN where the potency of a kinase is not known.
    unscored : tuple of str
        Drugs without a measured signal, or without kinases to predict it from.
    seed : int
        Of the resampling behind the intervals.
    """

    frame: pd.DataFrame
    unscored: tuple[str, ...]
    seed: int = field(default=0, repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a drug and receptor."""
        return self.frame

    def scores(self) -> pd.DataFrame:
        """Return the agreement, drug by drug and over all.

        Returns
        -------
        pandas.DataFrame
            ``drug`` (last ``all``), ``potency`` (``kinases``, ``others`` or ``enzyme``), ``receptors``; ``spearman`` of predicted
            with measured IC50 (NaN below three receptors); ``fold_error``, median of the larger over the
            smaller of the two; each with ``_low`` and ``_high``, 90 % intervals that resample receptors (NaN
            below three).
        """
        rows = []
        known = self.frame.dropna(subset=["kinases_nM"])
        for drug in [*dict.fromkeys(known["drug"]), "all"]:
            part = known if drug == "all" else known[known["drug"] == drug]
            for potency in _POTENCIES:
                measured, predicted = (np.log10(part[name].to_numpy(float)) for name in ("measured_nM", f"{potency}_nM"))
                rows.append({"drug": drug, "potency": potency, "receptors": len(part)} | _agreement(measured, predicted, self.seed))
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """Return one line a drug: rank correlation and error of kinases alone, and the errors of the two other predictions."""
        table = self.scores().set_index(["drug", "potency"])
        lines = []
        for drug in dict.fromkeys(table.index.get_level_values(0)):
            kinases, others, enzyme = (table.loc[(drug, potency)] for potency in _POTENCIES)
            rank = f"rank correlation {_shown(kinases, 'spearman')}, " if np.isfinite(kinases["spearman"]) else ""
            beside = f"with its other signals {_shown(others, 'fold_error')}, isolated enzymes {_shown(enzyme, 'fold_error')}"
            count = int(kinases["receptors"])
            lines.append(f"{drug}: {rank}off by a factor {_shown(kinases, 'fold_error')} ({beside}); {count} receptor{'s' * (count > 1)}")
        if self.unscored:
            lines.append(f"not scored, for lack of a measured signal or of its kinases: {', '.join(self.unscored)}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return notebook_html(self.summary(), self.scores(), rows=60)


@describe
def check_selectivity(drugs: Iterable[Drug | str] | None = None, seed: int | np.random.Generator = 0) -> SelectivityCheck:
    """Predict the IC50 of each drug on each receptor from its kinases alone, and compare with what was measured there.

    Left out are the potencies measured on receptors, and those of kinases that come from the same papers. A second prediction adds
    what was measured on the drug's other receptors, which may come from the same paper.

    Parameters
    ----------
    drugs : iterable of Drug or str, optional
        Drugs, or names of bundled ones; all bundled ones by default.
    %(seed)s

    Returns
    -------
    SelectivityCheck

    Examples
    --------
    >>> check = check_selectivity(["tofacitinib"])
    >>> len(check.to_frame())
    7
    """
    rows, unscored = [], []
    for drug in map(as_drug, list_drugs() if drugs is None else drugs):
        receptors, bare = [target for target in drug.targets if target.receptor], kinases_alone(drug)
        made = [_predicted(drug, bare, target) for target in receptors] if bare is not None else []
        rows += made
        if not any(np.isfinite(row["kinases_nM"]) for row in made):
            unscored.append(drug.name)
    return SelectivityCheck(pd.DataFrame(rows, columns=_COLUMNS), tuple(unscored), as_seed(seed))


def _predicted(drug: Drug, bare: Drug, receptor: Target) -> dict[str, Any]:
    others = replace(drug, targets=(*bare.targets, *(one for one in drug.targets if one.receptor and one != receptor)))
    row: dict[str, Any] = {"drug": drug.name, "receptor": receptor.name, "signal": receptor.signal}
    row |= {"kinases": ";".join(receptor.kinases), "measured_nM": receptor.potency_nM, "reports": receptor.n}
    for name, source, assay in (("kinases_nM", bare, "cellular"), ("others_nM", others, "cellular"), ("enzyme_nM", bare, "enzyme")):
        known = {one.name: one.potency_nM for one in source.acting(assay) if not one.receptor}
        told = receptor.kinases and set(receptor.kinases) <= set(known)
        row[name] = joint_ic50(known[kinase] for kinase in receptor.kinases) if told else np.nan
    return row


def kinases_alone(drug: Drug) -> Drug | None:
    """Return a drug without potencies measured on receptors or from the same papers; None if no potency is left.

    Parameters
    ----------
    drug : Drug
        With its measured signals.
    """
    papers = {paper for target in drug.targets if target.receptor for paper in split_list(target.reference)}
    left = tuple(t for t in drug.targets if not t.receptor and not papers & set(split_list(t.reference)))
    return replace(drug, targets=left) if left else None


def _agreement(measured: NDArray[np.float64], predicted: NDArray[np.float64], seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    found = {}
    rows = rng.integers(len(measured), size=(_DRAWS, len(measured)))
    errors = np.abs(predicted - measured)
    found["fold_error"] = float(10 ** np.median(errors))
    enough = len(measured) >= _FEWEST
    low, high = np.quantile(10 ** np.median(errors[rows], axis=1), (0.05, 0.95)) if enough else (float("nan"),) * 2
    found |= {"fold_error_low": float(low), "fold_error_high": float(high)}
    ranks = [_rank_correlation(measured[row], predicted[row]) for row in rows] if enough else []
    known = np.array([rank for rank in ranks if np.isfinite(rank)])
    spearman = _rank_correlation(measured, predicted) if enough else float("nan")
    bounds = np.quantile(known, (0.05, 0.95)) if len(known) else (float("nan"),) * 2
    return {"spearman": spearman, "spearman_low": float(bounds[0]), "spearman_high": float(bounds[1])} | found


def _rank_correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    one, other = rankdata(first), rankdata(second)
    return float(np.corrcoef(one, other)[0, 1]) if np.ptp(one) > 0 and np.ptp(other) > 0 else float("nan")


def _shown(row: pd.Series, name: str) -> str:
    interval = f" ({row[name + '_low']:.2g} to {row[name + '_high']:.2g})" if np.isfinite(row[name + "_low"]) else ""
    return f"{row[name]:.2g}{interval}"
