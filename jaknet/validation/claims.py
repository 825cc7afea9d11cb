"""`reproduce`: the claims of the source study against the model, given the study's finding and without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest

from jaknet.data.registry import read_table
from jaknet.network.io.read import as_network
from jaknet.network.routes import walk_mask
from jaknet.network.schema import split_list
from jaknet.provenance import as_seed
from jaknet.ranking.experiments import count_papers
from jaknet.shared_docs import describe
from jaknet.simulation.library import load_drug
from jaknet.simulation.response import perturb, summarise
from jaknet.simulation.sensitivity import carrying_routes, leave_one_out
from jaknet.validation.facts import MARGINS, readout_parts
from jaknet.validation.predict import readout_effect, readout_node

if TYPE_CHECKING:
    from jaknet.network.network import Network
    from jaknet.simulation.model import Effects
    from jaknet.simulation.perturbations import Perturbation
    from jaknet.simulation.response import Response

__all__ = ["CLAIM_COLUMNS", "CLAIM_CONTEXTS", "claims_text", "reproduce"]

#: The states in which the study treated mice: healthy, ovariectomised, arthritic.
CLAIM_CONTEXTS = ("steady_state", "estrogen_deficient", "inflammatory")
_SUMMARY = ["effect", "effect_low", "effect_high", "p_up", "p_down", "p_none", "direction", "p_direction"]
CLAIM_COLUMNS = [
    "claim",
    "id",
    "drug",
    "dose",
    "context",
    "stated",
    "readout",
    "quantity",
    "expected",
    *(f"{name}_given" for name in _SUMMARY),
    *(f"{name}_without" for name in _SUMMARY),
    *(f"{name}_{side}" for side in ("given", "without") for name in ("p_claim", "p_claim_low", "p_claim_high")),
    "agreement_given",
    "agreement_without",
    "papers_for",
    "papers_against",
    "route",
    "resting_on",
    "nearest_readout",
]
OUT_OF_SCOPE = "out of scope"
#: The search for the edges that a prediction rests on: members that are simulated, and the longest walk from a target to the readout.
_FEW_MEMBERS, _REACH = 64, 6
_LISTED = 5


@describe
def reproduce(
    network: Network | str = "osteoblast",
    dose: str = "300 nM",
    contexts: Sequence[str] = CLAIM_CONTEXTS,
    members: int = 1000,
    seed: int | np.random.Generator = 0,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Compare the claims of the source study (PMID:32051226) with the model, given its finding and without it.

    The study found that JAK inhibition stabilises beta-catenin. In the network this finding is a set
    of edges. Given the study these edges act in every member; without it they are absent, and the
    prediction rests on other papers alone.

    Parameters
    ----------
    %(network)s
    dose : str
        Of every drug.
    contexts : sequence of str
        Names of bundled contexts. Every claim is asked in each of them; ``stated`` says whether the study claims it there.
    %(members)s
    %(seed)s
    %(progress)s

    Returns
    -------
    pandas.DataFrame
        One row a claim, drug and context, columns `CLAIM_COLUMNS`: median ``effect`` (log2 fold
        change of a transcript or of a ratio, change of an activity) with its 90 % interval, ``p_up``,
        ``p_down``, ``p_none``, ``direction`` and its probability, each ``_given`` the study and
        ``_without`` it; ``p_claim``, the share of the members that move as claimed, with its 95 % Wilson interval (``low``,
        ``high``: what another draw of as many members could give, not what biology leaves open); ``agreement``: ``agrees`` if
        that interval lies above .5, ``disagrees`` if below, else ``undecided``; ``papers_for``, ``papers_against``: papers other than the
        study's that gave the drug, or inhibited exactly its targets, and found what is claimed, or not; ``route``, the one that
        carries the change without the study; ``resting_on``, the edges each of which, removed alone,
        changes the direction predicted without the study. A claim that a gene network cannot express
        is ``out of scope``; ``nearest_readout`` then names what comes closest and is not tested.

    Examples
    --------
    >>> table = reproduce(members=20)  # doctest: +SKIP
    >>> sorted(table["agreement_given"].unique())  # doctest: +SKIP
    ['agrees', 'disagrees', 'out of scope', 'undecided']
    """
    wired, drawn = as_network(network), (members, as_seed(seed))
    rows: list[dict[str, Any]] = []
    asked: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for claim in read_table("networks/osteoblast/claims.tsv").to_dict("records"):
        for drug in split_list(claim["drugs"]):
            inside = bool(claim["readout"]) and all(part in wired for part in readout_parts(claim["readout"]))
            for context in contexts if inside else split_list(claim["contexts"]) or ("",):
                stated = context in split_list(claim["contexts"])
                row = {"claim": claim["claim"], "id": claim["id"], "drug": drug, "dose": dose, "context": context, "stated": stated}
                row |= {"expected": claim["direction"]} | {name: claim[name] for name in ("readout", "quantity", "nearest_readout")}
                row |= {} if inside else dict.fromkeys(("agreement_given", "agreement_without"), OUT_OF_SCOPE)
                rows.append(row)
                if inside:
                    asked.setdefault((drug, context), []).append(row)
    for (drug, context), group in asked.items():
        _compare(wired, load_drug(drug).at(dose), context, group, drawn, progress)
    return pd.DataFrame(rows).reindex(columns=CLAIM_COLUMNS)


def claims_text(table: pd.DataFrame) -> str:
    """Show each claim with its probabilities given the study's finding and without it, disagreements first.

    Parameters
    ----------
    table : pandas.DataFrame
        What `reproduce` returned.

    Returns
    -------
    str
        Several lines for a terminal.
    """
    asked = table[table["agreement_given"] != OUT_OF_SCOPE].copy()
    for suffix in ("given", "without"):
        verdict, chance, effect = (asked[f"{name}_{suffix}"] for name in ("agreement", "p_claim", "effect"))
        heading = "given the study" if suffix == "given" else "without it"
        asked[heading] = verdict.astype(str) + " " + chance.map("{:.2f}".format) + " (" + effect.map("{:+.2f}".format) + ")"
    order = {"disagrees": 0, "undecided": 1, "agrees": 2}
    asked = asked.sort_values(["agreement_without", "agreement_given"], key=lambda column: column.map(order), kind="stable")
    asked["readout"] += np.where(asked["quantity"].str.startswith("activity"), " activity", "")
    asked["papers"] = asked["papers_for"].map("{:.0f} for, ".format) + asked["papers_against"].map("{:.0f} against".format)
    asked["stated there"] = asked["stated"].map({True: "yes", False: ""})
    shown = ["id", "readout", "expected", "stated there", "drug", "dose", "context", "given the study", "without it", "papers"]
    outside = table.loc[table["agreement_given"] == OUT_OF_SCOPE, "claim"].drop_duplicates()
    lines = [f"{_count(asked, 'given')} given the study's finding; {_count(asked, 'without')} without it"]
    lines += ["each with the share of members that move as claimed and (median effect: log2 fold change, or change of an activity)"]
    lines += ["what disagrees without the study's own finding comes first; stated there: by the study, in that context;"]
    lines += ["papers: others that gave the drug or inhibited its targets, in any context (jaknet.experiments lists them)", ""]
    lines += [asked[shown].to_string(index=False), ""]
    routed = asked[asked["route"].fillna("") != ""]
    for (readout, direction, route, resting), rows in routed.groupby(["readout", "direction_without", "route", "resting_on"], sort=False):
        alone = f" (turns without {resting})" if resting else ""
        arms = ", ".join(f"{row.drug} {row.context}" for row in rows.itertuples())
        lines.append(f"{readout} {direction} without the study by {route}{alone}: {arms}")
    lines += ["", "outside a gene network: " + "; ".join(outside)]
    return "\n".join(lines)


def _count(asked: pd.DataFrame, side: str) -> str:
    counts = asked[f"agreement_{side}"].value_counts()
    words = {"agrees": "agree", "undecided": "are undecided", "disagrees": "disagree"}
    return ", ".join(f"{counts.get(word, 0)} {said}" for word, said in words.items())


def _wilson(share: float, members: int) -> tuple[float, float]:
    """95 % interval of a share of members; everything where none came to rest."""
    if members == 0:
        return 0.0, 1.0
    interval = binomtest(round(share * members), members).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def _quantity(claim: Mapping[str, str]) -> str:
    """Return what of the readout is compared: its ``activity``, or else its ``transcript``."""
    return "activity" if claim["quantity"].startswith("activity") else "transcript"


def _compare(
    network: Network, given: Perturbation, context: str, rows: list[dict[str, Any]], drawn: tuple[int, int], progress: bool | None
) -> None:
    """Fill in what the model says of some claims on one drug in one context, given the study and without it."""
    independent = network.without_study()
    reads = {row["id"]: partial(_read, network=network, claim=row) for row in rows}
    for wiring, suffix in ((network, "_given"), (independent, "_without")):
        # After the loop `response` is the one without the study; its routes are reported.
        response = perturb(wiring, given, context or None, members=drawn[0], seed=drawn[1])
        for row in rows:
            found = summarise(reads[row["id"]](response.effects)[:, None], response.weights, MARGINS[_quantity(row)])
            row |= {name + suffix: found[name][0] for name in _SUMMARY}
            share = float(found[f"p_{row['expected']}"][0])
            low, high = _wilson(share, int(response.converged.sum()))
            row |= {f"p_claim{suffix}": share, f"p_claim_low{suffix}": low, f"p_claim_high{suffix}": high}
            row["agreement" + suffix] = "agrees" if low > 0.5 else "disagrees" if high < 0.5 else "undecided"
    targets = tuple(name for name in given.nodes if name in independent)
    ends = [part for row in rows for part in readout_parts(row["readout"])]
    near = walk_mask(independent, targets, ends, _REACH)
    chosen = min(_FEW_MEMBERS, drawn[0])
    lost = leave_one_out(independent, given, context or None, reads, members=chosen, seed=drawn[1], among=near, progress=progress)
    published = count_papers(network, pd.Series([row["readout"] for row in rows]), given)
    for row, papers in zip(rows, published.to_dict("records"), strict=True):
        row["papers_for"] = papers.pop(f"papers_{row['expected']}")
        row["papers_against"] = sum(papers.values())
    turned = lost[lost["direction"] != lost["direction_without"]]
    for row in rows:
        row["route"] = _route(response, row)
        row["resting_on"] = "; ".join(turned.loc[turned["readout"] == row["id"], "removed"].head(_LISTED))


def _read(effects: Effects, network: Network, claim: Mapping[str, str]) -> NDArray[np.float64]:
    return np.nan_to_num(readout_effect(network, effects, readout_parts(claim["readout"]), _quantity(claim)))


def _route(response: Response, row: dict[str, Any]) -> str:
    """Return the route that carries the change to the readout, or to the numerator of a ratio."""
    sign = {"up": 1, "down": -1}.get(row["direction_without"])
    if sign is None:
        return ""
    quantity = _quantity(row)
    node = response.network.names[readout_node(response.network, readout_parts(row["readout"])[0], quantity)]
    found = carrying_routes(response, {node: sign}, transcript=quantity == "transcript")
    return str(found.loc[node, "route"]) if node in found.index else ""
