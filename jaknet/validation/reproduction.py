"""`reproduce`: the study's claims against the model, with and without the edges that restate the study."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jaknet.data.load import load_drug, load_network
from jaknet.data.registry import read_table
from jaknet.inference.sensitivity import leave_one_out
from jaknet.network.routes import find_paths
from jaknet.network.schema import split_list
from jaknet.simulation.response import summarise
from jaknet.simulation.simulate import perturb
from jaknet.validation.predicting import readout_effect

if TYPE_CHECKING:
    from jaknet.network.model import Network
    from jaknet.simulation.effects import Effects

__all__ = ["CLAIM_COLUMNS", "reproduce"]

CLAIM_COLUMNS = [
    "claim",
    "id",
    "drug",
    "context",
    "readout",
    "quantity",
    "expected",
    "prediction",
    "effect",
    "low",
    "high",
    "p_direction",
    "without_study",
    "effect_without",
    "low_without",
    "high_without",
    "p_direction_without",
    "agreement",
    "agreement_without",
    "route",
    "resting_on",
    "nearest_readout",
]
OUT_OF_SCOPE = "out of scope"
_FEW_MEMBERS = 32
_LISTED = 5


def reproduce(net: Network | None = None, members: int = 1000, seed: int = 0, dose: str = "100 nM", progress: bool = False) -> pd.DataFrame:
    """Compare the claims of the study that raised the question (PMID:32051226) with the model, context by context.

    Parameters
    ----------
    net : Network, optional
        The bundled osteoblast network by default.
    members, seed : int
    dose : str
        Of every drug. 100 nM lies between the mean plasma concentrations of 5 and 10 mg
        tofacitinib twice daily and takes away nine tenths of JAK1 and JAK2 with either drug.
    progress : bool

    Returns
    -------
    pandas.DataFrame
        One row a claim, drug and context, columns `CLAIM_COLUMNS`: ``prediction`` (up, down, none)
        with the median ``effect``, its 90 % interval and probability; ``without_study``, the same
        without the edges that cite the study; whether each agrees with what is ``expected``;
        ``route``, the shortest path with the predicted sign; ``resting_on``, the single edges
        without which the prediction (without the study) is no longer made. What a gene network
        cannot express is ``out of scope``; ``nearest_readout`` is then a hint, and not a test.

    Examples
    --------
    >>> table = reproduce(members=20)  # doctest: +SKIP
    >>> sorted(table["agreement"].unique())  # doctest: +SKIP
    ['no', 'out of scope', 'yes']
    """
    network = net if net is not None else load_network("osteoblast")
    rows: list[dict[str, object]] = []
    for claim in read_table("networks/osteoblast/claims.tsv").to_dict("records"):
        for drug in split_list(claim["drugs"]):
            for context in split_list(claim["contexts"]) or ("",):
                told = {"claim": claim["claim"], "id": claim["id"], "drug": drug, "context": context, "expected": claim["direction"]}
                told |= {name: claim[name] for name in ("readout", "quantity", "nearest_readout")}
                if claim["readout"] and all(part in network for part in _parts(claim["readout"])):
                    told |= _compare(network, claim, drug, context, (members, seed), dose, progress)
                else:
                    told |= dict.fromkeys(("prediction", "without_study", "agreement", "agreement_without"), OUT_OF_SCOPE)
                rows.append(told)
    return pd.DataFrame(rows).reindex(columns=CLAIM_COLUMNS)


def _parts(readout: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in readout.split("/"))


def _compare(
    network: Network, claim: dict[str, str], drug: str, context: str, drawn: tuple[int, int], dose: str, progress: bool
) -> dict[str, object]:
    independent = network.without_reference(claim["paper_id"], split_list(claim["paper_aliases"]))
    given = load_drug(drug).at(dose)
    quantity = "activity" if claim["quantity"].startswith("activity") else "transcript"
    read = partial(_read, network=network, readout=claim["readout"], quantity=quantity)
    told: dict[str, object] = {}
    for wiring, suffix in ((network, ""), (independent, "_without")):
        response = perturb(wiring, given, context or None, members=drawn[0], seed=drawn[1])
        called = summarise(read(response.effects)[:, None], response.weights, response.settings)
        direction = str(called["direction"][0])
        told["without_study" if suffix else "prediction"] = direction
        told["agreement" + suffix] = "yes" if direction == claim["direction"] else "no"
        names = {"effect": "total_effect", "low": "effect_low", "high": "effect_high", "p_direction": "p_direction"}
        told |= {name + suffix: float(called[column][0]) for name, column in names.items()}
    told["route"] = _route(independent, list(given.on(network).nodes), claim["readout"], str(told["without_study"]))
    lost = leave_one_out(
        independent, given, context or None, {"claim": read}, members=min(_FEW_MEMBERS, drawn[0]), seed=drawn[1], progress=progress
    )
    resting = lost[lost["direction"] != lost["direction_without"]]
    told["resting_on"] = "; ".join(resting["removed"].head(_LISTED))
    return told


def _read(effects: Effects, network: Network, readout: str, quantity: str) -> np.ndarray:
    return np.nan_to_num(readout_effect(network, effects, _parts(readout), quantity))


def _route(network: Network, targets: list[str], readout: str, direction: str) -> str:
    """Return the shortest path from an inhibited target whose sign explains the direction."""
    signs = {"down": 1, "up": -1}
    found = [find_paths(network, target, _parts(readout)[0], max_length=4) for target in targets if target in network]
    table = pd.concat(found) if found else pd.DataFrame(columns=["sign", "length", "route"])
    fitting = table[table["sign"] == signs.get(direction, 0)].sort_values(
        ["length", "weakest_tier", "weight"], ascending=[True, True, False]
    )
    return str(fitting["route"].iloc[0]) if len(fitting) else ""
