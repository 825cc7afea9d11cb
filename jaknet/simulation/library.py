"""The drugs and contexts that the library bundles, by name; drugs from the rows of ``networks/drugs``."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import pandas as pd

from jaknet.data.registry import read_table
from jaknet.errors import InputError, UnknownNameError, check_type, closest, few
from jaknet.genes.names import fold
from jaknet.network.schema import split_list
from jaknet.simulation.drugs import Drug
from jaknet.simulation.perturbations import Context, Perturbation, combine
from jaknet.simulation.potency import JAK_FAMILY, NAN, REPORT_DECADES, Target, pool

__all__ = ["as_context", "as_drug", "as_perturbation", "drug_from_tables", "list_contexts", "list_drugs", "load_context", "load_drug"]
__all__ += ["named_dose", "split_dose"]

_BOUNDS = (">", ">=", "<", "<=")


def drug_from_tables(about: pd.Series, potencies: pd.DataFrame, exposures: pd.DataFrame, kinases: pd.DataFrame) -> Drug:
    """Build a drug from its rows.

    Rows with ``used`` 1 act, unless they are a bound: on a protein one row for the enzyme and one for
    cells, on a receptor all reports in human cells, pooled (`jaknet.simulation.potency.pool`). Those in
    blood count as free concentration, if the unbound fraction is known.

    Parameters
    ----------
    about : pandas.Series
        The drug's row of ``drugs.tsv``.
    potencies, exposures : pandas.DataFrame
        Its rows of those tables.
    kinases : pandas.DataFrame
        ``kinase`` and ``km_uM``.

    Raises
    ------
    InputError
        If no row gives a usable potency.
    """
    name, unbound = str(about["drug"]), _number(about["unbound"])
    used = potencies["used"].astype(str) == "1"
    rows = _targets(potencies[used & ~potencies["relation"].isin(_BOUNDS)], kinases)
    lost = sorted({target.name for target in rows if target.assay == "blood" and not np.isfinite(unbound)})
    groups: dict[tuple[bool, str, bool], list[Target]] = {}
    for target in (target.free(unbound) for target in rows if target.assay != "blood" or np.isfinite(unbound)):
        groups.setdefault((target.receptor, target.name, target.assay == "enzyme"), []).append(target)
    targets = tuple(group[0] if enzyme else pool(group) for (_, _, enzyme), group in sorted(groups.items()))
    proteins = {target.name for target in targets if not target.receptor}
    others = potencies[~used & (potencies["kind"] == "protein") & ~potencies["target"].isin(proteins)]
    return Drug(
        name,
        targets,
        exposures.reset_index(drop=True),
        unbound,
        _number(about["half_life_h"]),
        _number(about["tmax_h"]),
        str(about["chembl_id"]),
        unknown=tuple(sorted(set(JAK_FAMILY) - proteins)),
        listed=tuple(f"{row.target} {row.relation.strip('=')}{row.potency_nM} nM ({row.parameter})" for row in others.itertuples()),
        notes=tuple(f"{name}: {note}" for note in _caveats(str(about["note"]), potencies, lost)),
    )


def _caveats(note: str, potencies: pd.DataFrame, lost: list[str]) -> list[str]:
    below = potencies[(potencies["kind"] == "receptor") & potencies["relation"].isin(["<", "<="])]
    said = [note] if note else []
    said += [
        f"reported below {row.potency_nM} nM on {row.signal} ({row.reference}), a bound that is not used" for row in below.itertuples()
    ]
    return said + ([f"measured in blood on {few(lost)}, not used: no unbound fraction was seen"] if lost else [])


def _targets(rows: pd.DataFrame, kinases: pd.DataFrame) -> list[Target]:
    known_km = dict(zip(kinases["kinase"], kinases["km_uM"].map(_number), strict=True))
    return [_target_from(row, known_km) for _, row in rows.sort_values(["target", "assay", "reference"]).iterrows()]


def _target_from(row: pd.Series, known_km: dict[str, float]) -> Target:
    name = str(row["target"])
    count = int(float(row["n"] or 1))
    return Target(
        name,
        float(row["potency_nM"]),
        float(row["hill"] or 1.0),
        REPORT_DECADES / count**0.5,
        receptor=row["kind"] == "receptor",
        assay=str(row["assay"]),
        atp_uM=_number(row["atp_uM"]),
        km_uM=known_km.get(name, NAN),
        binding=str(row["binding"] or "reversible"),
        signal=str(row["signal"]),
        parameter=str(row["parameter"]),
        n=count,
        low_nM=_number(row["low_nM"]),
        high_nM=_number(row["high_nM"]),
        reference=str(row["reference"]),
        note=str(row["note"]),
        kinases=split_list(row["kinases"]),
    )


def _number(cell: object) -> float:
    value = float(pd.to_numeric(cell, errors="coerce"))
    return value if np.isfinite(value) else NAN


def list_drugs() -> list[str]:
    """List the bundled drugs.

    Examples
    --------
    >>> "tofacitinib" in list_drugs()
    True
    """
    return sorted(read_table("networks/drugs/drugs.tsv")["drug"])


@lru_cache(maxsize=2)
def _drug_names(spelled: bool = False) -> dict[str, str]:
    """Return name, brand or code -> drug; folded, unless they are wanted as they are spelled."""
    table = read_table("networks/drugs/drugs.tsv")
    pairs = zip(table["drug"], table["synonyms"], strict=True)
    return {name if spelled else fold(name): drug for drug, synonyms in pairs for name in (drug, *split_list(synonyms))}


def load_drug(name: str) -> Drug:
    """Load a drug with its potency on each target; ``drug.at("100 nM")`` is a perturbation.

    Parameters
    ----------
    name : str
        One of `list_drugs`, in any capitals, or a brand name or code of it (Xeljanz, INCB018424).

    Raises
    ------
    UnknownNameError
        If there is no such drug.

    Examples
    --------
    >>> load_drug("tofacitinib").name, load_drug("Jakavi").name
    ('tofacitinib', 'ruxolitinib')
    """
    check_type("a drug", name, str, f"the name of a bundled one ({few(list_drugs(), 3)}; jaknet.list_drugs())")
    known = _drug_names()
    if fold(name) not in known:
        spelled = _drug_names(spelled=True)
        found = {match: spelled[match] for match in closest(name, spelled)}
        close = [drug if drug == match else f"{match} ({drug})" for match, drug in found.items()]
        hint = f" (did you mean {few(close)}?)" if close else ""
        raise UnknownNameError("drug", [name], list_drugs(), f"known: {few(list_drugs(), 12)}{hint}")
    name = known[fold(name)]
    about, potencies, exposures = (read_table(f"networks/drugs/{table}.tsv") for table in ("drugs", "potencies", "exposures"))
    row = about.set_index("drug", drop=False).loc[name]
    own = potencies[potencies["drug"] == name], exposures[exposures["drug"] == name]
    return drug_from_tables(row, own[0], own[1], read_table("networks/drugs/kinases.tsv"))


def list_contexts() -> list[str]:
    """List the bundled contexts.

    Examples
    --------
    >>> "inflammatory" in list_contexts()
    True
    """
    return sorted(read_table("networks/osteoblast/contexts_about.tsv")["context"])


def load_context(name: str) -> Context:
    """Load a context: its inputs and clamps, each with its reason.

    Parameters
    ----------
    name : str
        One of `list_contexts`, in any capitals.

    Raises
    ------
    UnknownNameError
        If there is no such context.

    Examples
    --------
    >>> load_context("inflammatory").inputs["IL6"] > load_context("steady_state").inputs["IL6"]
    True
    """
    check_type("a context", name, str, f"the name of a bundled one ({few(list_contexts(), 9)})")
    known = {fold(context): context for context in list_contexts()}
    if fold(name) not in known:
        raise UnknownNameError("context", [name], list_contexts())
    name = known[fold(name)]
    about = read_table("networks/osteoblast/contexts_about.tsv").set_index("context")["description"]
    rows = read_table("networks/osteoblast/contexts.tsv")
    return Context.from_table(name, rows[rows["context"] == name], str(about[name]))


def split_dose(text: str) -> tuple[str, str] | None:
    """Return drug and dose of a text such as ``tofacitinib 300 nM``; None if it does not begin with a bundled drug.

    Parameters
    ----------
    text : str
        A drug's name and a dose.

    Examples
    --------
    >>> split_dose("tofacitinib 300 nM"), split_dose("STAT3")
    (('tofacitinib', '300 nM'), None)
    """
    name, _, dose = text.strip().partition(" ")
    drug = _drug_names().get(fold(name))
    return (drug, dose.strip()) if dose and drug else None


def named_dose(text: str) -> Perturbation:
    """Return the perturbation that a text such as ``tofacitinib 300 nM`` names.

    Parameters
    ----------
    text : str
        A drug's name and a dose.

    Raises
    ------
    InputError
        If it does not begin with a bundled drug, or the dose is not understood.
    """
    name, _, dose = text.strip().partition(" ")
    if not dose:
        other = f"'{name} 300 nM'" if fold(name) in _drug_names() else f"'tofacitinib 300 nM', or knockout({name!r}) for a node"
        raise InputError(f"{text!r} is not a drug at a dose; write {other}.")
    return load_drug(name).at(dose.strip())


def as_drug(given: Drug | str) -> Drug:
    """Return a drug from itself or the name of a bundled one.

    Parameters
    ----------
    given : Drug or str
        A drug, or the name of a bundled one.

    Raises
    ------
    UnknownNameError
        For anything else.
    """
    if isinstance(given, Drug):
        return given
    return load_drug(given)


def as_context(given: Context | str | None) -> Context | None:
    """Return a context from itself, the name of a bundled one, or None.

    Parameters
    ----------
    given : Context, str or None
        None is the resting state.

    Raises
    ------
    UnknownNameError
        If there is no such context.
    InputError
        For anything else.
    """
    if isinstance(given, str):
        return load_context(given)
    if not isinstance(given, Context | None):
        known = ", ".join(list_contexts())
        raise InputError(f"a context is a Context, the name of a bundled one ({known}), or None; got {type(given).__name__}.")
    return given


def as_perturbation(given: Perturbation | str | Iterable[Perturbation | str]) -> Perturbation:
    """Return one perturbation from one or several, each a perturbation or a drug at a dose in words.

    Parameters
    ----------
    given : Perturbation, str or iterable of them
        Such as ``knockout("STAT3")`` or ``"tofacitinib 300 nM"``; several are combined.

    Raises
    ------
    InputError
        For anything else, such as a drug without a dose.

    Examples
    --------
    >>> as_perturbation("tofacitinib 300 nM").label
    'tofacitinib 300 nM'
    """
    listed = [given] if isinstance(given, Perturbation | Drug | str) else list(given) if isinstance(given, Iterable) else [given]
    parts = [named_dose(part) if isinstance(part, str) else part for part in listed]
    undosed = [part.name for part in parts if isinstance(part, Drug)]
    if undosed:
        raise InputError(f"{few(undosed)} without a dose is no perturbation. Give drug.at('100 nM'), or the words '{undosed[0]} 300 nM'.")
    wrong = [type(part).__name__ for part in parts if not isinstance(part, Perturbation)]
    if wrong or not parts:
        ways = "inhibit, knockout, activate, drug.at('100 nM'), or words such as 'tofacitinib 100 nM'"
        raise InputError(f"expected a perturbation or a list of them, got {', '.join(wrong) or 'nothing'}. Use {ways}.")
    return parts[0] if len(parts) == 1 else combine(parts)
