"""What a run makes, as the list `STEPS`.

A step is called with the inputs it declares and sees nothing else, so that the key by which a
re-run knows what it may reuse follows from the same declaration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
from tqdm.auto import tqdm

if TYPE_CHECKING:
    from pathlib import Path

    from jaknet.explanation.explanation import Explanation
    from jaknet.expression.signature import Signature
    from jaknet.network.network import Network
    from jaknet.plan import Dataset, Explain, Treatment
    from jaknet.ranking.ranking import Ranking
    from jaknet.simulation.response import Response

__all__ = ["CONDITION", "STEPS", "Step"]

#: Drug, dose and context, as the tables name them.
Condition = tuple[str, str, str]
#: Columns that name a condition.
CONDITION = ["drug", "dose", "context"]


class Step(NamedTuple):
    """Something a run makes.

    Attributes
    ----------
    name : str
        Of a table, which is written as ``NAME.tsv``, or of an object that other steps use.
    inputs : tuple of str
        Names of parts of the plan, or of other steps; the arguments of `make`.
    make : callable
        Returns the table or object.
    table : bool
        Whether it is written, and reused by a re-run if its inputs are the same.
    """

    name: str
    inputs: tuple[str, ...]
    make: Callable[..., Any]
    table: bool = True


def _read_data(dataset: Dataset | None, network: Network) -> Signature | None:
    """Read the dataset, contrast it, and bring it to the species of the network."""
    from jaknet.dataset import as_key, in_words

    if dataset is None:
        return None
    with in_words(as_key):
        return dataset.contrast(dataset.read(), network.species)


def _respond(
    network: Network, drugs: tuple[Treatment, ...], contexts: tuple[str, ...], engine: str, members: int, seed: int, progress: bool | None
) -> dict[Condition, Response]:
    from jaknet.simulation.response import perturb

    pairs = [(treatment, context) for treatment in drugs for context in contexts]
    return {
        (treatment.name, treatment.described, context): perturb(
            network, treatment.perturbation(), context=context, engine=engine, members=members, seed=seed
        )
        for treatment, context in _bar(pairs, "simulate", progress)
    }


def _rank(
    responses: dict[Condition, Response], data: Signature | None, nulls: int, seed: int, progress: bool | None
) -> dict[Condition, Ranking]:
    from jaknet.ranking.ranking import rank

    return {condition: rank(response, data, nulls=nulls, seed=seed) for condition, response in _bar(responses.items(), "rank", progress)}


def _controls(network: Network, engine: str, members: int, seed: int) -> pd.DataFrame:
    from jaknet.validation.controls import REPORT_MEMBERS, check_controls

    return check_controls(network, members=min(REPORT_MEMBERS, members), seed=seed, engine=engine).to_frame()


def _selectivity(network: Network, drugs: tuple[Treatment, ...], seed: int) -> pd.DataFrame:
    """Return which cytokine's signal each drug of the plan blocks at its dose."""
    from jaknet.simulation.pharmacology import selectivity

    frames = [
        selectivity(one.name, [one.dose], network, one.assay, one.matrix, seed=seed).assign(drug=one.name, dose=one.described)
        for one in drugs
    ]
    return pd.concat(frames, ignore_index=True)


def _dose_response(
    network: Network, drugs: tuple[Treatment, ...], contexts: tuple[str, ...], engine: str, members: int, seed: int, progress: bool | None
) -> pd.DataFrame:
    """Return how a few readouts follow the concentration of each drug, in every context; ``swept_dose`` is not the plan's dose."""
    from jaknet.simulation.scans import dose_response

    readouts = [name for name in _FOLLOWED if name in network]
    kinds = dict.fromkeys((one.name, one.assay, one.matrix) for one in drugs)
    frames = (
        [
            dose_response(
                network,
                name,
                _SWEEP,
                context,
                nodes=readouts,
                engine=engine,
                members=min(members, _SWEEP_MEMBERS),
                seed=seed,
                progress=False,
                assay=assay,
                matrix=matrix,
            )
            for (name, assay, matrix), context in _bar([(kind, context) for kind in kinds for context in contexts], "doses", progress)
        ]
        if readouts
        else [pd.DataFrame(columns=["drug", "context", "dose"])]
    )
    return pd.concat(frames, ignore_index=True).rename(columns={"dose": "swept_dose"}).drop(columns="network", errors="ignore")


def _response_table(responses: dict[Condition, Response]) -> pd.DataFrame:
    frames = {}
    for condition, response in responses.items():
        both = {"activity": response.to_frame(), "transcript": response.transcripts()}
        frames[condition] = pd.concat([frame.assign(quantity=name) for name, frame in both.items()], ignore_index=True)
    return _stack(frames)


def _net_effects(
    network: Network,
    responses: dict[Condition, Response],
    drugs: Any,
    contexts: Any,
    engine: str,
    members: int,
    seed: int,
    progress: bool | None,
) -> pd.DataFrame:
    """Return the net osteoanabolic effect, given the source study and without it."""
    from jaknet.ranking.ranking import net_effects

    sides = [responses]
    if network.given_study:
        sides.append(_respond(network.without_study(), drugs, contexts, engine, members, seed, progress))
    frames = {key: [net_effects(side[key]).assign(study=side[key].network.study_condition) for side in sides] for key in responses}
    return _stack({key: pd.concat(both, ignore_index=True) for key, both in frames.items()})


def _enrichment(rankings: dict[Condition, Ranking], data: Signature | None, gene_sets: Path | None, enrichment_method: str) -> pd.DataFrame:
    """Return the gene sets of the dataset, which belong to no drug, then those of each prediction."""
    from jaknet.enrichment.enrich import enrich

    # Over-representation needs genes that were selected; a dataset without any has no gene sets of its own.
    testable = data is not None and (enrichment_method != "ora" or bool((data.table["q_value"] <= 0.05).any()))
    sources = {("", "", ""): data} if testable else {}
    made = {key: enrich(source, gene_sets, method=enrichment_method) for key, source in {**sources, **rankings}.items()}
    return _stack({key: found.to_frame().assign(about=found.about) for key, found in made.items()})


def _regulators(data: Signature, explaining: Network, method: str, depth: int) -> pd.DataFrame:
    from jaknet.regulation.regulators import regulators

    return regulators(data, explaining, method=method, depth=depth)


def _explain(data: Signature, explained: Network, explain: Explain, seed: int, progress: bool | None) -> Explanation:
    from jaknet.explanation.explain import explain as find_explanation

    options = explain.model_dump(exclude={"cause", "network"})
    return find_explanation(data, explained, explain.cause, **options, seed=seed, progress=progress)


def _comparison(data: Signature, responses: dict[Condition, Response], explaining: Network, progress: bool | None) -> pd.DataFrame:
    from jaknet.comparison.compare import compare

    frames = {}
    for condition, response in _bar(responses.items(), "compare", progress):
        comparison = compare(data, response, rivals=explaining)
        frames[condition] = comparison.to_frame().assign(call=comparison.call, verdict=comparison.verdict)
    return _stack(frames)


def _bar(items: Iterable[Any], what: str, progress: bool | None) -> Any:
    return tqdm(items, desc=what, disable=None if progress is None else not progress)


def _stack(frames: Mapping[Condition, pd.DataFrame]) -> pd.DataFrame:
    named = [
        pd.concat([pd.DataFrame(dict(zip(CONDITION, key, strict=True)), index=frame.index), frame], axis=1) for key, frame in frames.items()
    ]
    return pd.concat(named, ignore_index=True)


#: What a sweep of doses follows, over which concentrations, in how many members.
_FOLLOWED, _SWEEP, _SWEEP_MEMBERS = ("BGLAP", "CTNNB1", "TNFSF11", "SOST", "SOCS3"), "1-10000 nM", 200
_MODEL = ("drugs", "contexts", "engine", "members", "seed", "progress")
STEPS = (
    Step("data", ("dataset", "network"), _read_data, table=False),
    Step("responses", ("network", *_MODEL), _respond, table=False),
    Step("rankings", ("responses", "data", "nulls", "seed", "progress"), _rank, table=False),
    Step("signature", ("data",), lambda data: data.to_frame()),
    Step("quality", ("data",), lambda data: data.quality.to_frame()),
    Step("regulators", ("data", "explaining", "method", "depth"), _regulators),
    Step("explanation", ("data", "explained", "explain", "seed", "progress"), _explain, table=False),
    Step("explanation_nodes", ("explanation",), lambda explanation: explanation.to_frame()),
    Step("explanation_edges", ("explanation",), lambda explanation: explanation.edges),
    Step("explanation_genes", ("explanation",), lambda explanation: explanation.genes),
    Step("controls", ("network", "engine", "members", "seed"), _controls),
    Step("selectivity", ("network", "drugs", "seed"), _selectivity),
    Step("dose_response", ("network", *_MODEL), _dose_response),
    Step("response", ("responses",), _response_table),
    Step("ranking", ("rankings",), lambda rankings: _stack({key: ranking.to_frame() for key, ranking in rankings.items()})),
    Step("routes", ("rankings",), lambda rankings: _stack({key: ranking.routes() for key, ranking in rankings.items()})),
    Step("experiments", ("rankings",), lambda rankings: _stack({key: ranking.experiments() for key, ranking in rankings.items()})),
    Step("net_effects", ("network", "responses", *_MODEL), _net_effects),
    Step("enrichment", ("rankings", "data", "gene_sets", "enrichment_method"), _enrichment),
    Step("comparison", ("data", "responses", "explaining", "progress"), _comparison),
)
