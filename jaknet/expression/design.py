"""The design of a contrast: a matrix with the tested column last, and refusals for what no model can separate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jaknet.errors import InputError, UnknownNameError, check_type, few

__all__ = ["Design", "as_names", "make_design"]

_INFLATION = 5.0  # variance inflation from which a covariate is called nearly confounded


@dataclass(frozen=True)
class Design:
    """A linear model of the samples.

    Attributes
    ----------
    matrix : pandas.DataFrame
        Samples x coefficients; the last column is test minus reference.
    formula : str
        The model in words, e.g. ``~ donor (4 groups) + treatment``.
    replicates : dict
        Samples in each level of the factor.
    warnings : tuple of str
        What is estimable but weak.
    notes : tuple of str
        Covariates of whole numbers that were taken as groups.
    """

    matrix: pd.DataFrame
    formula: str
    replicates: dict[str, int]
    warnings: tuple[str, ...]
    notes: tuple[str, ...] = ()


def make_design(
    samples: pd.DataFrame, factor: str, test: str, reference: str, covariates: Sequence[str] = (), numeric: Sequence[str] = ()
) -> Design:
    """Build the design matrix of `test` against `reference`.

    Every level of the factor is modelled, so that further levels lend their replicates to the variance.
    A covariate of text or of whole numbers gives groups (batches, donors of a paired design, whatever they are
    called): no line is drawn through the numbers of patients. Fractions, and what `numeric` names, enter as numbers,
    centred and scaled. ``"donor:time"`` gives a group for each combination.

    Parameters
    ----------
    samples : pandas.DataFrame
        One row a sample.
    factor, test, reference : str
        Column of the treatment and the two levels compared.
    covariates : sequence of str
        Columns to adjust for.
    numeric : sequence of str
        Those of them that measure something in whole numbers, such as age in years.

    Returns
    -------
    Design

    Raises
    ------
    InputError
        For unknown columns or levels, missing values, text in a column of `numeric`, a single replicate, confounding, or no residual
        degree of freedom.

    Examples
    --------
    >>> samples = pd.DataFrame({"treatment": ["drug", "vehicle"] * 3, "donor": [1, 1, 2, 2, 3, 3]})
    >>> design = make_design(samples, "treatment", "drug", "vehicle", ["donor"])
    >>> design.formula, list(design.matrix)
    ('~ donor (3 groups) + treatment', ['intercept', 'donor 2', 'donor 3', 'treatment drug'])
    """
    levels = _levels(samples, factor, test, reference)
    counts = {str(level): int(n) for level, n in levels.value_counts().sort_index().items()}
    alone = [level for level in (test, reference) if counts[level] < 2]
    if alone:
        raise InputError(
            f"{factor} {few(alone)} has one replicate, so nothing tells its effect from chance; "
            "give at least 2 samples of each level, better 3 or more."
        )
    blocks, words = [pd.DataFrame({"intercept": 1.0}, index=samples.index)], []
    _check_names(covariates, numeric)
    coded = _coded_groups(samples, covariates, numeric)
    for covariate in covariates:
        block, word = _covariate(samples, covariate, factor, numeric)
        _refuse_confounded(block, levels, covariate, (factor, test, reference), _or_number(coded.keys() & {covariate}))
        blocks.append(block)
        words.append(word)
    others = [level for level in counts if level not in (test, reference)]
    tested = pd.DataFrame({f"{factor} {level}": (levels == level).astype(float) for level in [*others, test]})
    matrix = pd.concat([*blocks, tested], axis=1)
    rank = int(np.linalg.matrix_rank(matrix.to_numpy()))
    if rank < matrix.shape[1]:
        raise InputError(
            f"the covariates {few(covariates)} and {factor} cannot be told apart in these samples; "
            f"leave one covariate out{_or_number(coded)}."
        )
    if rank >= len(matrix):
        raise InputError(
            f"{rank} coefficients leave {len(matrix)} samples no degree of freedom; "
            f"give more samples or fewer covariates{_or_number(coded)}."
        )
    formula = " + ".join(["~ " + words[0], *words[1:], factor] if words else [f"~ {factor}"])
    weak, notes = _weak_points(matrix, counts, covariates, factor, (test, reference)), list[str]()
    for covariate, groups in coded.items():
        # More groups than pairs of samples: numbers that hardly repeat are as likely a measure as names.
        told = notes if 2 * groups <= len(samples) else weak
        told.append(f"{covariate} is taken as {groups} groups, not as a number{_or_number([covariate], ';')}")
    return Design(matrix, formula, counts, tuple(weak), tuple(notes))


def as_names(what: str, given: str | Sequence[str]) -> list[str]:
    """Return names of columns as a list, one name being a list of one.

    Parameters
    ----------
    what : str
        Name of the argument.
    given : str or sequence of str
        What was given for it.

    Raises
    ------
    InputError
        If it holds anything but text.
    """
    listed = [given] if isinstance(given, str) else given
    check_type(what, listed, Sequence, "the name of a column, or a list of names")
    for name in listed:
        check_type(what, name, str, "the name of a column, or a list of names")
    return list(listed)


def _check_names(covariates: Sequence[str], numeric: Sequence[str]) -> None:
    unknown = [name for name in numeric if name not in covariates]
    if unknown:
        listed = few(covariates) if covariates else "none"
        raise InputError(f"numeric names {few(unknown)}, which is no covariate ({listed}); name it in covariates as well.")
    repeated = sorted({name for name in covariates if list(covariates).count(name) > 1})
    if repeated:
        raise InputError(f"covariates names {few(repeated)} more than once; name each once.")


def _coded_groups(samples: pd.DataFrame, covariates: Sequence[str], numeric: Sequence[str]) -> dict[str, int]:
    """Return the covariates whose whole numbers are taken as names of groups, and how many groups."""
    columns = [name for name in covariates if name in samples and name not in numeric and not _is_measure(samples[name])]
    known = {name: _as_numbers(samples[name]) for name in columns if samples[name].dtype.kind != "b"}
    return {name: int(numbers.nunique()) for name, numbers in known.items() if numbers.notna().all()}


def _or_number(coded: Iterable[str], when: str = ", or") -> str:
    """Say how to have whole numbers taken as numbers; empty where there are none."""
    listed = " or ".join(f"numeric={name!r}" for name in coded)
    return f"{when} say {listed} if it measures something" if listed else ""


def _levels(samples: pd.DataFrame, factor: str, test: str, reference: str) -> pd.Series:
    if factor not in samples:
        raise UnknownNameError("sample column", [factor], samples.columns)
    levels = samples[factor]
    if levels.isna().any():
        raise InputError(f"samples {few(samples.index[levels.isna()])} have no {factor}; fill it in or leave them out.")
    texts = levels.astype(str).str.strip()
    known = sorted(texts.unique())
    if not test or not reference:
        raise InputError(f"say which levels of {factor} to compare, test= and reference=; known: {few(known, 12)}.")
    unknown = [level for level in (test, reference) if level not in known]
    if unknown:
        raise UnknownNameError(f"level of {factor}", unknown, known)
    if test == reference:
        raise InputError(f"test and reference are both {test!r}; name two levels of {factor}: {few(known, 12)}.")
    return texts


def _covariate(samples: pd.DataFrame, covariate: str, factor: str, numeric: Sequence[str]) -> tuple[pd.DataFrame, str]:
    columns = covariate.split(":")
    unknown = [column for column in columns if column not in samples]
    if unknown:
        raise UnknownNameError("covariate", unknown, samples.columns)
    if factor in columns:
        raise InputError(f"{factor} is the tested factor and cannot be a covariate; remove it from covariates.")
    values = samples[columns]
    if values.isna().any().any():
        raise InputError(f"samples {few(samples.index[values.isna().any(axis=1)])} have no {covariate}; fill it in or leave them out.")
    groups = values.astype(str).agg(":".join, axis=1)
    names = sorted(groups.unique())
    if len(names) < 2:
        raise InputError(f"covariate {covariate} is {names[0]!r} in every sample; remove it.")
    if covariate in numeric or (len(columns) == 1 and _is_measure(values[covariate])):
        number = _as_numbers(values[covariate]) if len(columns) == 1 else pd.Series(np.nan, values.index)
        odd = groups[~np.isfinite(number)].unique()
        if len(odd):
            raise InputError(
                f"covariate {covariate} is to be a number, but holds {few(map(repr, odd))}; correct it, or take it out of numeric."
            )
        return pd.DataFrame({covariate: (number - number.mean()) / (number.std() or 1.0)}), f"{covariate} (number)"
    return pd.DataFrame({f"{covariate} {name}": (groups == name).astype(float) for name in names[1:]}), f"{covariate} ({len(names)} groups)"


def _as_numbers(values: pd.Series) -> pd.Series:
    return pd.to_numeric(values, errors="coerce").astype(float)


def _is_measure(values: pd.Series) -> bool:
    """Tell whether every value is a number and some are fractions; whole numbers may be names."""
    numbers = _as_numbers(values)
    return bool(numbers.notna().all() and (numbers != numbers.round()).any())


def _refuse_confounded(block: pd.DataFrame, levels: pd.Series, covariate: str, tested: tuple[str, str, str], remedy: str) -> None:
    factor, test, reference = tested
    compared = levels.isin([test, reference]).to_numpy()
    nuisance = np.column_stack([np.ones(int(compared.sum())), block.to_numpy()[compared]])
    target = (levels[compared] == test).to_numpy(dtype=float)
    left = target - nuisance @ np.linalg.lstsq(nuisance, target, rcond=None)[0]
    if np.square(left).sum() < 1e-8:
        raise InputError(
            f"{factor} {test} against {reference} cannot be told apart from {covariate}: every {covariate} has one of the two only. "
            f"Leave {covariate} out and read the result as the effect of both, or add samples that separate them{remedy}."
        )


def _weak_points(matrix: pd.DataFrame, counts: dict[str, int], covariates: Sequence[str], factor: str, pair: tuple[str, str]) -> list[str]:
    found = []
    few_levels = [level for level in pair if counts[level] == 2]
    if few_levels:
        found.append(f"{factor} {few(few_levels)} has 2 replicates only: fold changes are uncertain and few genes can reach significance")
    nuisance, tested = matrix.to_numpy()[:, :-1], matrix.to_numpy()[:, -1]
    left = tested - nuisance @ np.linalg.lstsq(nuisance, tested, rcond=None)[0]
    inflation = float(np.square(tested - tested.mean()).sum() / np.square(left).sum())
    if covariates and inflation > _INFLATION:
        found.append(f"{factor} and {few(covariates)} nearly coincide: the variance of the effect is {inflation:.1f} times that without")
    return found
