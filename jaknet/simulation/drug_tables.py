"""Drugs from the tables of ``networks/drugs``: which rows act, pooled and as free concentrations."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jaknet.errors import few
from jaknet.network.schema import split_list
from jaknet.simulation.drugs import JAK_FAMILY, Drug
from jaknet.simulation.potency import NAN, REPORT_DECADES, Target, pool

__all__ = ["drug_from_tables"]

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
