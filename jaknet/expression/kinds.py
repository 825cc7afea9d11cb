"""What the numbers of a matrix are: counts, linear abundances (TPM) or log intensities; and whether they can be used."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from jaknet.errors import InputError, few

__all__ = ["KINDS", "as_kind", "detect_kind"]

#: ``tpm`` stands for every linear abundance: TPM, FPKM, CPM, microarray intensities before the logarithm.
KINDS = ("counts", "tpm", "log_intensity")

_LOG_CEILING = 40.0  # 2**40 is beyond any read count or scanner
_WHOLE_SHARE = 0.05  # of the non-zero values: expected counts of RSEM and Salmon have more, TPM and logs fewer
_MOST_READS = 2**40
_PROBE = 2000  # rows looked at to tell the kind


def detect_kind(matrix: pd.DataFrame) -> tuple[str, str]:
    """Tell what the values of an expression matrix are.

    Whole numbers are counts. Otherwise negative values, or a largest value of at most 40, mean logarithms;
    columns that each sum to one million mean TPM; a share of whole numbers of at least 5 % among the
    non-zero values means expected counts (RSEM, Salmon); anything else is a linear abundance.

    Parameters
    ----------
    matrix : pandas.DataFrame
        Genes x samples, finite numbers.

    Returns
    -------
    (str, str)
        One of `KINDS`, and the reason in words.

    Examples
    --------
    >>> detect_kind(pd.DataFrame({"a": [10, 0], "b": [7, 3]}))
    ('counts', 'every value is a whole number')
    >>> detect_kind(pd.DataFrame({"a": [7.1, 3.2], "b": [6.9, -0.1]}))[0]
    'log_intensity'
    """
    step = max(len(matrix) // _PROBE, 1)
    probe = matrix.to_numpy()[::step]
    nonzero = probe[probe != 0]
    whole = float((nonzero == np.rint(nonzero)).mean()) if nonzero.size else 1.0
    largest = float(matrix.to_numpy().max())
    if whole == 1.0 and _all_whole(matrix):
        return "counts", "every value is a whole number"
    if (matrix.to_numpy() < 0).any():
        return "log_intensity", "some values are negative"
    totals = matrix.to_numpy().sum(axis=0)
    if np.allclose(totals, 1e6, rtol=0.01):
        return "tpm", "every sample sums to one million"
    if whole >= _WHOLE_SHARE and largest > _LOG_CEILING:
        return "counts", f"{100 * whole:.0f} % of the non-zero values are whole numbers, as in expected counts"
    if largest <= _LOG_CEILING:
        return "log_intensity", f"the largest value is {largest:.3g}, as after a logarithm"
    return "tpm", f"fractions up to {largest:.3g} that do not sum to one million: linear abundances"


def as_kind(matrix: pd.DataFrame, kind: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Check a matrix against its kind and return it ready for use, with what was changed.

    Parameters
    ----------
    matrix : pandas.DataFrame
        Genes x samples, finite numbers.
    kind : str
        One of `KINDS`, or ``"auto"``.

    Returns
    -------
    (pandas.DataFrame, dict)
        The matrix, counts as integers; and ``kind``, ``kind_because`` and ``rounded`` (how many values were fractions).

    Raises
    ------
    InputError
        If the values contradict the kind, or a sample holds nothing but zeros.
    """
    if kind not in (*KINDS, "auto"):
        raise InputError(f"unknown kind {kind!r}; use one of {few(KINDS)} or 'auto'.")
    found, reason = detect_kind(matrix)
    report: dict[str, Any] = {"kind": found, "kind_because": reason, "rounded": 0}
    if kind != "auto":
        report |= {"kind": kind, "kind_because": "declared"}
    if kind not in ("auto", found):
        _refuse_contradiction(matrix, kind, found, reason)
    empty = matrix.columns[(matrix.to_numpy() == 0).all(axis=0)]
    if len(empty):
        raise InputError(f"samples {few(empty)} hold nothing but zeros; leave them out, or check how they were counted.")
    if report["kind"] != "counts":
        return matrix.astype(float), report
    values = matrix.to_numpy()
    if values.min() < 0:
        raise _negative(matrix)
    if values.max() > _MOST_READS:
        raise InputError(f"counts reach {float(values.max()):.3g}, which no experiment does; check the file, or say kind='tpm'.")
    if values.dtype.kind in "iu":
        return matrix, report
    rounded = np.rint(values)
    report["rounded"] = int((rounded != values).sum())
    return pd.DataFrame(rounded.astype(np.int64), index=matrix.index, columns=matrix.columns), report


def _all_whole(matrix: pd.DataFrame) -> bool:
    columns = (matrix.iloc[:, i].to_numpy() for i in range(matrix.shape[1]))
    return all(values.dtype.kind in "iub" or bool((values == np.rint(values)).all()) for values in columns)


def _negative(matrix: pd.DataFrame) -> InputError:
    rows = matrix.index[(matrix.to_numpy() < 0).any(axis=1)]
    return InputError(f"counts cannot be negative, but {len(rows)} genes are: {few(rows)}; for logarithms say kind='log_intensity'.")


def _refuse_contradiction(matrix: pd.DataFrame, kind: str, found: str, reason: str) -> None:
    largest = float(matrix.to_numpy().max())
    if kind == "counts" and found == "log_intensity":
        if (matrix.to_numpy() < 0).any():
            raise _negative(matrix)
        raise InputError(f"declared counts look like logarithms ({reason}); give the raw counts, or say kind='log_intensity'.")
    if kind == "counts" and found == "tpm":
        raise InputError(f"declared counts look like TPM or another abundance ({reason}); give the raw counts, or say kind='tpm'.")
    if kind == "log_intensity" and largest > _LOG_CEILING:
        raise InputError(f"declared logarithms reach {largest:.6g}, which no log2 does; say kind='counts' or 'tpm', or take the logarithm.")
    if kind == "tpm" and found == "log_intensity":
        raise InputError(f"declared TPM look like logarithms ({reason}); say kind='log_intensity'.")
