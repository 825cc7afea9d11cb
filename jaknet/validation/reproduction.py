"""`reproduce`: the study's claims against the model, with and without the edges that restate the study."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jaknet.data.load import load_drug, load_network
from jaknet.data.registry import read_table
from jaknet.inference.sensitivity import leave_one_out
from jaknet.network.routes import find_paths, walk_mask
from jaknet.network.schema import split_list
from jaknet.simulation.response import summarise
from jaknet.simulation.simulate import perturb
from jaknet.validation.predicting import readout_effect

if TYPE_CHECKING:
    from jaknet.network.model import Network
    from jaknet.simulation.effects import Effects
    from jaknet.simulation.perturbations import Perturbation

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
#: Members, and longest walk from a target to the readout, of the search for the edges a prediction rests on.
_FEW_MEMBERS, _REACH = 64, 6
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
        (on walks of up to six from a target) without which the prediction without the study
        changes its call. What a gene network
        cannot express is ``out of scope``; ``nearest_readout`` is then a hint, and not a test.

    Examples
    --------
    >>> table = reproduce(members=20)  # doctest: +SKIP
    >>> sorted(table["agreement"].unique())  # doctest: +SKIP
    ['no', 'out of scope', 'yes']
    """
    network = net if net is not None else load_network("osteoblast")
    claims = read_table("networks/osteoblast/claims.tsv").to_dict("records")
    rows: list[dict[str, Any]] = []
    asked: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for claim in claims:
        for drug in split_list(claim["drugs"]):
            for context in split_list(claim["contexts"]) or ("",):
                told = {"claim": claim["claim"], "id": claim["id"], "drug": drug, "context": context, "expected": claim["direction"]}
                rows.append(told | {name: claim[name] for name in ("readout", "quantity", "nearest_readout")})
                if claim["readout"] and all(part in network for part in _parts(claim["readout"])):
                    paper = (claim["paper_id"], split_list(claim["paper_aliases"]))
                    asked.setdefault((drug, context, paper), []).append(rows[-1])
                else:
                    rows[-1] |= dict.fromkeys(("prediction", "without_study", "agreement", "agreement_without"), OUT_OF_SCOPE)
    for (drug, context, paper), group in asked.items():
        _compare(network, network.without_reference(*paper), load_drug(drug).at(dose), context, group, (members, seed), progress)
    return pd.DataFrame(rows).reindex(columns=CLAIM_COLUMNS)


def _parts(readout: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in readout.split("/"))


def _compare(
    network: Network,
    independent: Network,
    given: Perturbation,
    context: str,
    rows: list[dict[str, Any]],
    drawn: tuple[int, int],
    progress: bool,
) -> None:
    """Fill in what the model says of some claims on one drug in one context, with and without the study's edges."""
    reads = {row["id"]: partial(_read, network=network, readout=row["readout"], quantity=row["quantity"]) for row in rows}
    for wiring, suffix in ((network, ""), (independent, "_without")):
        response = perturb(wiring, given, context or None, members=drawn[0], seed=drawn[1])
        for row in rows:
            called = summarise(reads[row["id"]](response.effects)[:, None], response.weights, response.settings)
            direction = str(called["direction"][0])
            row["without_study" if suffix else "prediction"] = direction
            row["agreement" + suffix] = "yes" if direction == row["expected"] else "no"
            names = {"effect": "total_effect", "low": "effect_low", "high": "effect_high", "p_direction": "p_direction"}
            row |= {name + suffix: float(called[column][0]) for name, column in names.items()}
    targets = tuple(name for name in given.nodes if name in independent)
    ends = [part for row in rows for part in _parts(row["readout"])]
    near = walk_mask(independent, targets, ends, _REACH)
    chosen = min(_FEW_MEMBERS, drawn[0])
    lost = leave_one_out(independent, given, context or None, reads, members=chosen, seed=drawn[1], among=near, progress=progress)
    turned = lost[lost["direction"] != lost["direction_without"]]
    for row in rows:
        row["route"] = _route(independent, targets, row["readout"], row["without_study"])
        row["resting_on"] = "; ".join(turned.loc[turned["readout"] == row["id"], "removed"].head(_LISTED))


def _read(effects: Effects, network: Network, readout: str, quantity: str) -> NDArray[np.float64]:
    what = "activity" if quantity.startswith("activity") else "transcript"
    return np.nan_to_num(readout_effect(network, effects, _parts(readout), what))


def _route(network: Network, targets: tuple[str, ...], readout: str, direction: str) -> str:
    """Return the shortest path from an inhibited target whose sign explains the direction."""
    signs = {"down": 1, "up": -1}
    found = [find_paths(network, target, _parts(readout)[0], max_length=4) for target in targets]
    table = pd.concat(found) if found else pd.DataFrame(columns=["sign", "length", "route"])
    fitting = table[table["sign"] == signs.get(direction, 0)].sort_values(
        ["length", "weakest_tier", "weight"], ascending=[True, True, False]
    )
    return str(fitting["route"].iloc[0]) if len(fitting) else ""
