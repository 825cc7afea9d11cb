"""`compare`: like, opposite, neither; rivals; several responses against one dataset."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

import jaknet as jn
from jaknet.comparison.compare import Comparison, compare, compare_responses
from jaknet.comparison.measures import MEASURE_COLUMNS
from jaknet.errors import InputError, OverlapError, SpeciesError
from jaknet.expression.signature import Signature
from jaknet.network.network import Network
from jaknet.regulation.regulators import regulators
from jaknet.regulation.regulons import footprint_network
from jaknet.simulation.response import Response


@pytest.fixture(scope="module")
def response() -> Response:
    return jn.perturb(jn.load_network("osteoblast"), jn.load_drug("tofacitinib").at("1 uM"), context="inflammatory", members=60)


def dataset(response: Response, strength: float, footprint: float = 0.0, seed: int = 0, extra: dict[str, float] | None = None) -> Signature:
    """Noise over the network's and PROGENy's genes, plus the prediction and JAK-STAT's footprint.

    `strength` is the deviate of the gene that is predicted to change most.
    """
    edges = footprint_network().edges
    genes = sorted({*response.network.genes, *edges["target"]})
    named = response.network.transcripts
    places = [response.network.index[node] for node in named.values()]
    changes = response.mean_transcript_effects[places]
    predicted = pd.Series(changes / np.abs(changes).max(), list(named)).reindex(genes).fillna(0.0)
    pathway = edges[edges["source"] == "JAK-STAT"]
    weights = (pathway["sign"] * pathway["weight"]).set_axis(pathway["target"]).reindex(genes).fillna(0.0)
    values = np.random.default_rng(seed).standard_normal(len(genes)) + strength * predicted + footprint * weights
    values = values + pd.Series(extra or {}, dtype=float).reindex(genes).fillna(0.0)
    table = pd.DataFrame({"gene": genes, "log2_fold_change": values.to_numpy(), "statistic": values.to_numpy()})
    return Signature(table.assign(p_value=np.nan, q_value=np.nan), label="made up")


def test_what_was_put_in_is_what_is_seen(response: Response) -> None:
    like, opposite, neither = (compare(dataset(response, strength, -strength), response) for strength in (6, -6, 0))
    assert [found.call for found in (like, opposite, neither)] == ["like", "opposite", "neither"]
    assert like.statistic > 0 > opposite.statistic
    assert "looks like tofacitinib 1 uM" in like.verdict
    assert "opposite of tofacitinib 1 uM" in opposite.verdict
    assert not like.rival


def test_measures_are_what_they_say(response: Response) -> None:
    signature = dataset(response, 4)
    found = compare(signature, response)
    table = found.to_frame().set_index("measure")
    assert list(found.to_frame().columns) == MEASURE_COLUMNS
    assert (found.to_frame()["p_value"] > 0).all()
    genes = found.genes
    assert (genes["direction"] != "none").all()
    assert table.loc["rank_correlation", "estimate"] == pytest.approx(spearmanr(genes["predicted_effect"], genes["statistic"]).statistic)
    clearest = genes.reindex(genes["statistic"].abs().sort_values(ascending=False).index).head(int(table.loc["concordance", "n_genes"]))
    assert table.loc["concordance", "estimate"] == pytest.approx(clearest["agrees"].mean())
    for name in ("concordance", "rank_correlation"):
        assert table.loc[name, "low"] <= table.loc[name, "estimate"] <= table.loc[name, "high"]
    pathways = regulators(signature, footprint_network(), "mlm", rotations=0).set_index("regulator")
    assert table.loc["footprint JAK-STAT", "estimate"] == pytest.approx(pathways.loc["JAK-STAT", "statistic"])
    assert table.loc["footprint JAK-STAT", "expected"] == "down"


def test_null_data_are_seldom_called(response: Response) -> None:
    calls = [compare(dataset(response, 0, seed=seed), response).call for seed in range(24)]
    assert calls.count("neither") >= 19


def test_a_better_explanation_is_named(response: Response) -> None:
    steroid = {"FKBP5": 25.0, "TSC22D3": 22.0, "DUSP1": 18.0, "CEBPD": 12.0, "TNFRSF11B": -9.0}
    found = compare(dataset(response, 2.5, -3, extra=steroid), response)
    assert found.rival == "NR3C1"
    assert "NR3C1 up explains it better" in found.verdict
    row = found.rivals.iloc[0]
    assert abs(row["joint_statistic"]) > abs(row["response_statistic"])


def test_joint_statistics_are_those_of_the_regression(response: Response) -> None:
    from jaknet.comparison.measures import pose
    from jaknet.regulation.regulons import network_regulons

    signature = dataset(response, 2)
    row = compare(signature, response).rivals.iloc[-1]
    table = signature.testable()[0]
    question = pose(response, table)
    profile = np.zeros(len(table))
    profile[question.universe] = question.profiles[0]
    regulons = network_regulons(response.network, table["gene"])
    regulon = regulons.weights[[regulons.regulators.index(row["regulator"])]].toarray()[0]
    design = np.column_stack([np.ones(len(table)), profile, regulon])
    beta, rss, *_ = np.linalg.lstsq(design, table["statistic"].to_numpy(), rcond=None)
    t = beta / np.sqrt(np.diag(np.linalg.inv(design.T @ design)) * rss / (len(table) - 3))
    np.testing.assert_allclose([row["response_statistic"], row["joint_statistic"]], t[1:], rtol=1e-8)


def test_bad_input_is_refused(response: Response) -> None:
    few = dataset(response, 1)
    with pytest.raises(OverlapError, match=r"^0 of the [1-9]\d* genes .* fewer than 10"):
        compare(Signature(few.table[~few.table["gene"].isin(response.network.genes)].reset_index(drop=True)), response)
    with pytest.raises(SpeciesError, match="mouse"):
        compare(Signature(few.table, species="mouse"), response)
    with pytest.raises(SpeciesError, match="mouse"):
        compare(few, response, Network(response.network.edges, species="mouse"))
    with pytest.raises(InputError, match="no response"):
        compare_responses(few, {})


def test_a_small_panel_does_without_footprints(response: Response) -> None:
    own = dataset(response, 6).table
    panel = own[own["gene"].isin(response.network.genes)].reset_index(drop=True)
    found = compare(Signature(panel), response)
    assert found.to_frame()["measure"].tolist() == ["effect", "concordance", "rank_correlation"]
    assert found.call == "like"


def test_drugs_are_contrasted_not_tested_one_by_one(response: Response) -> None:
    network = response.network
    other = jn.perturb(network, jn.inhibit("IKBKB"), context="inflammatory", members=60)
    signature = dataset(response, 6)
    table = compare_responses(signature, {"tofacitinib": response, "again": response, "IKKb": other}, draws=400).set_index("response")
    assert table.loc["tofacitinib", "difference"] == 0
    assert table.loc["again", ["difference_low", "difference_high"]].tolist() == [0, 0]
    assert table.loc["IKKb", "difference_high"] < 0
    assert ((table["low"] <= table["agreement"]) & (table["agreement"] <= table["high"])).all()


def verdict_on(real: Callable[[str], Signature], name: str, response: Response, rivals: Network | None = None) -> Comparison:
    return compare(real(name), response, rivals, progress=False)


@pytest.mark.real_data
def test_il22_looks_like_the_opposite_of_jak_inhibition(
    real_data: object, real_signature: Callable[[str], Signature], response: Response
) -> None:
    found = verdict_on(real_signature, "t84_3h", response)
    assert found.call == "opposite"
    assert not found.rival
    # at 24 h the replicates differ in interferon response as much as the treatment moves it
    late = verdict_on(real_signature, "t84_24h", response)
    assert late.statistic < -5
    assert "the opposite" in late.verdict


@pytest.mark.real_data
def test_dexamethasone_is_better_explained_by_its_receptor(
    real_data: object, real_signature: Callable[[str], Signature], response: Response, collectri: Network
) -> None:
    for rivals in (None, collectri):
        found = verdict_on(real_signature, "airway", response, rivals)
        assert found.rival == "NR3C1"
        pathway = found.to_frame().set_index("measure").loc["footprint JAK-STAT"]
        assert pathway["estimate"] < 0
        assert pathway["p_value"] < 0.01
