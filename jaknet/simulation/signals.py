"""The cytokine signals of a network, and the share of each that a drug blocks at its receptor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jaknet.errors import InputError
from jaknet.network.io.read import as_network
from jaknet.network.schema import PART_OF
from jaknet.provenance import as_seed
from jaknet.shared_docs import describe
from jaknet.simulation.doses import Load, dose_quantiles, dose_series, fraction_left, place_loads, spread_keys
from jaknet.simulation.potency import JAK_FAMILY, Target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jaknet.network.network import Network
    from jaknet.simulation.drugs import Drug

    _Drawn = Mapping[str, NDArray[np.float64]]

__all__ = ["BAND", "drug_signals", "signals"]

#: Lower and upper bound of the intervals given, 90 %.
BAND = (0.05, 0.95)
#: Concentrations, in nM, over which an IC50 is looked for.
_SEARCH = np.geomspace(1e-3, 1e7, 401)


@describe
def signals(network: Network | str = "osteoblast") -> pd.DataFrame:
    """Return the cytokine signals of a network: complexes that a kinase of the JAK family is part of.

    Parameters
    ----------
    %(network)s

    Returns
    -------
    pandas.DataFrame
        ``receptor`` (the complex), ``cytokines`` (ligands that bind it; not those that reach it in other ways), ``kinases`` (its parts of
        the JAK family), ``readouts`` (transcription factors that it activates), the last three joined by ``;``.

    Examples
    --------
    >>> signals().set_index("receptor").loc["IFNGR_JAK1_JAK2", ["cytokines", "kinases", "readouts"]].tolist()
    ['IFNG', 'JAK1;JAK2', 'STAT1;YBX1']
    """
    wired = as_network(network)
    genes, kinds = (dict(zip(wired._nodes["node"], wired._nodes[column], strict=True)) for column in ("gene", "kind"))
    edges = wired._edges
    # Ligands act on their receptor by binding, which many resources leave unsaid.
    binding = (edges["mechanism"] == "") | edges["mechanism"].str.startswith("binding")
    rows = []
    for receptor, parts in edges[edges["mechanism"] == PART_OF].groupby("target", sort=True)["source"]:
        kinases = sorted({genes[part] for part in parts} & set(JAK_FAMILY))
        onto = edges[(edges["target"] == receptor) & (edges["sign"] > 0) & binding]["source"]
        out = edges[(edges["source"] == receptor) & (edges["sign"] > 0) & (edges["layer"] == "signaling")]["target"]
        ligands, factors = ([node for node in sorted(nodes) if kinds[node] == kind] for nodes, kind in ((onto, "ligand"), (out, "tf")))
        if kinases:
            rows.append((receptor, ";".join(ligands), ";".join(kinases), ";".join(factors)))
    return pd.DataFrame(rows, columns=["receptor", "cytokines", "kinases", "readouts"])


def _default_doses(drug: Drug) -> list[str]:
    """Return three concentrations, and each exposure that is known with its unbound fraction."""
    exposed = drug.exposures["regimen"] + " " + drug.exposures["quantity"] if np.isfinite(drug.unbound) else []
    return ["100 nM", "300 nM", "1 uM", *exposed]


@describe
def drug_signals(
    drug: Drug,
    doses: Sequence[str] | str | None = None,
    network: Network | str = "osteoblast",
    assay: str = "cellular",
    matrix: str = "medium",
    members: int = 1000,
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Return the share of each cytokine's signal that one drug blocks; see `jaknet.simulation.pharmacology.selectivity`.

    Parameters
    ----------
    drug : Drug
        What is dosed.
    doses : sequence of str, or str, optional
        As in `jaknet.simulation.pharmacology.selectivity`.
    %(network)s
    %(assay)s
    %(matrix)s
    members : int
        Draws behind the intervals.
    %(seed)s
    """
    wired, number = as_network(network), as_seed(seed)
    asked = signals(wired)
    if asked.empty:
        raise InputError(f"{wired.label} has no receptor complex with a kinase of the JAK family: edges with mechanism part_of make one.")
    known = {(target.name, target.receptor): target for target in drug.acting(assay)}
    one, _ = place_loads(drug.at("1 nM", assay).loads, wired)
    ic50 = {receptor: _centre_and_band(one.get(receptor, ()), members, number, _half_point) for receptor in asked["receptor"]}
    rows = []
    for dose in dose_series(doses) if doses is not None else _default_doses(drug):
        acting, _ = place_loads(drug.at(dose, assay, matrix).loads, wired)
        for row in asked.itertuples():
            told = [known[load.target, load.receptor] for load in one.get(row.receptor, ())]
            basis = _basis(told, row.kinases.split(";"))
            blocked = _centre_and_band(acting.get(row.receptor, ()), members, number, _blocked)
            rows.append(
                {"drug": drug.name, "receptor": row.receptor, "cytokines": row.cytokines, "kinases": row.kinases, "basis": basis}
                | {"reports": sum(target.n for target in told)}
                | dict(zip(("ic50_nM", "ic50_low", "ic50_high"), ic50[row.receptor], strict=True))
                | {"dose": dose, "concentration_nM": drug.concentration(dose, matrix)}
                | dict(zip(("inhibition", "inhibition_low", "inhibition_high"), blocked, strict=True))
            )
    return pd.DataFrame(rows)


def _basis(told: Sequence[Target], kinases: Sequence[str]) -> str:
    if any(target.receptor for target in told):
        return "seen: " + "; ".join(target.signal for target in told if target.receptor)
    missing = [kinase for kinase in kinases if kinase not in {target.name for target in told}]
    unknown = f" ({', '.join(missing)} not known)" if missing and told else ""
    return f"predicted from {', '.join(target.name for target in told)}{unknown}" if told else "no potency"


def _centre_and_band(
    loads: Sequence[Load], members: int, seed: int, quantity: Callable[[Sequence[Load], _Drawn | None], NDArray[np.float64]]
) -> tuple[float, float, float]:
    """Return a quantity of loads at the centre of what is uncertain of them, and its 90 % interval."""
    centre, keys = float(quantity(loads, None)[0]), spread_keys(loads)
    if not keys:
        return centre, centre, centre
    drawn = dict(zip(keys, dose_quantiles(keys, members, seed).T, strict=True))
    low, high = np.quantile(quantity(loads, drawn), BAND)
    return centre, float(low), float(high)


def _blocked(loads: Sequence[Load], drawn: _Drawn | None) -> NDArray[np.float64]:
    return 1.0 - fraction_left(loads, drawn)


def _half_point(unit: Sequence[Load], drawn: _Drawn | None) -> NDArray[np.float64]:
    """Return the concentration at which loads, given for 1 nM, leave half; infinite without any."""
    if not unit:
        return np.array([np.inf])
    logs = np.log10(_SEARCH)
    left = np.stack([fraction_left([replace(load, ratio=load.ratio * amount) for load in unit], drawn) for amount in _SEARCH], axis=1)
    return np.array([10.0 ** np.interp(-0.5, -row, logs) for row in left])
