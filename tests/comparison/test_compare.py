"""`compare`: like, opposite, neither; rivals; several responses against one dataset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import linregress, norm

import jaknet as jn
from jaknet.comparison.compare import CORRELATION_OF_NOISE, CORRELATION_OF_SETS, Comparison, compare, compare_responses
from jaknet.comparison.measures import MEASURE_COLUMNS, pose, sure_genes
from jaknet.errors import InputError, OverlapError, SpeciesError
from jaknet.expression.signature import Signature
from jaknet.network.network import Network
from jaknet.regulation.regulons import footprint_network
from jaknet.simulation.response import Response


@pytest.fixture(scope="module")
def response() -> Response:
    return jn.perturb(jn.load_network("osteoblast"), jn.load_drug("tofacitinib").at("1 uM"), context="inflammatory", members=60)


def dataset(response: Response, strength: float, footprint: float = 0.0, seed: int = 0, extra: dict[str, float] | None = None) -> Signature:
    """Noise over the network's and PROGENy's genes, plus the prediction and JAK-STAT's footprint.

    `strength` is the deviate of the genes that are surely predicted.
    """
    edges = footprint_network().edges
    genes = sorted({*response.network.genes, *edges["target"]})
    table = response.transcripts().drop_duplicates("gene").set_index("gene")
    predicted = (table["p_up"] - table["p_down"]).reindex(genes).fillna(0.0)
    pathway = edges[edges["source"] == "JAK-STAT"]
    weights = (pathway["sign"] * pathway["weight"]).set_axis(pathway["target"]).reindex(genes).fillna(0.0)
    values = np.random.default_rng(seed).standard_normal(len(genes)) + strength * predicted + footprint * weights
    values = values + pd.Series(extra or {}, dtype=float).reindex(genes).fillna(0.0)
    table = pd.DataFrame({"gene": genes, "log2_fold_change": values.to_numpy(), "statistic": values.to_numpy()})
    return Signature(table.assign(p_value=2 * norm.sf(np.abs(values)), q_value=1.0), label="made up")


def test_what_was_put_in_is_what_is_seen(response: Response) -> None:
    like, opposite, neither = (compare(dataset(response, strength, -strength), response) for strength in (6, -6, 0))
    assert [found.call for found in (like, opposite, neither)] == ["like", "opposite", "neither"]
    assert like.statistic > 0 > opposite.statistic
    assert "Concluded: like tofacitinib 1 uM" in like.verdict
    assert "Concluded: the opposite of tofacitinib 1 uM" in opposite.verdict
    assert "Concluded: neither like nor unlike tofacitinib 1 uM" in neither.verdict
    # What was seen is told apart from what is concluded.
    assert "JAK-STAT output is lower than in controls" in like.verdict.partition("Concluded")[0]
    assert not like.rival


def test_measures_are_what_they_say(response: Response) -> None:
    signature = dataset(response, 4, -6)
    found = compare(signature, response)
    table = found.to_frame().set_index("measure")
    assert list(found.to_frame().columns) == MEASURE_COLUMNS
    assert table.index.tolist() == ["whole", "predicted genes", "JAK-STAT", "WNT", "concordance"]
    tested = table.drop(index="concordance")
    assert (tested["p_value"] > 0).all() and (tested["p_value"] == tested["competitive_p_value"]).all()
    assert table.loc["JAK-STAT", "expected"] == "down" and table.loc["JAK-STAT", "estimate"] < -2
    assert found.statistic == table.loc["whole", "estimate"] and found.p_value == table.loc["whole", "p_value"]
    genes = found.genes
    assert genes["direction"].isin(["up", "down"]).all() and (genes["p_direction"] >= 0.9).all()
    clearest = genes.reindex(genes["statistic"].abs().sort_values(ascending=False).index).head(int(table.loc["concordance", "n_genes"]))
    assert table.loc["concordance", "estimate"] == pytest.approx(clearest["agrees"].mean())
    assert table.loc["concordance", "low"] <= table.loc["concordance", "estimate"] <= table.loc["concordance", "high"]


def test_the_statistic_is_the_regression_on_the_profile_deflated_for_correlated_genes(response: Response) -> None:
    signature = dataset(response, 3, -2)
    table = signature.testable()[0]
    profile = pose(response, table).profiles[0]
    plain = linregress(profile, table["statistic"])
    for correlation in (0.0, 0.01, 0.2):
        found = compare(signature, response, correlation=correlation)
        inflation = 1 + correlation * (np.abs(profile).sum() ** 2 - 1)
        assert found.statistic == pytest.approx(plain.slope / plain.stderr / np.sqrt(inflation))
        assert found.variance_explained == pytest.approx(plain.rvalue**2)
    assert compare(signature, response).correlation == CORRELATION_OF_NOISE > CORRELATION_OF_SETS


def test_correlated_genes_without_samples_are_not_taken_for_a_drug(response: Response) -> None:
    # One factor moves all genes of the profile together, as interferon tone does between untreated wells.
    base = dataset(response, 0)
    profile = pose(response, base.testable()[0]).profiles[0]
    tone = np.random.default_rng(5).normal(0, 3.0, 40)
    calls = {}
    for correlation in (0.0, None):
        found = [compare(_plus(base, size * profile), response, correlation=correlation).call for size in tone]
        calls[correlation] = len(found) - found.count("neither")
    assert calls[0.0] > 15 > 4 >= calls[None]


def _plus(signature: Signature, added: np.ndarray) -> Signature:
    return replace(signature, table=signature.table.assign(statistic=signature.table["statistic"] + added))


def test_fold_changes_alone_give_no_p_and_no_call(response: Response) -> None:
    given = dataset(response, 9, -9)
    alone = Signature(given.table.assign(p_value=np.nan, q_value=np.nan), label="arrays")
    found = compare(alone, response)
    assert found.call == "neither" and np.isnan(found.p_value)
    assert found.statistic == compare(given, response).statistic > 2
    steroid = {"FKBP5": 25.0, "TSC22D3": 22.0, "DUSP1": 18.0, "CEBPD": 12.0, "TNFRSF11B": -9.0}
    other = dataset(response, 2.5, -3, extra=steroid)
    bare = compare(Signature(other.table.assign(p_value=np.nan, q_value=np.nan)), response)
    assert bare.rivals["explains_better"].any() and bare.rival == "" and "explains it better" not in bare.verdict
    assert "without p-values" in found.verdict and "like" not in found.verdict.partition("Concluded")[2]


def test_parts_that_contradict_each_other_forbid_a_call(response: Response) -> None:
    # As after a loss of STAT3: interferon genes rise, the other genes that JAK inhibition lowers fall.
    edges = footprint_network().edges
    interferon = set(edges.loc[edges["source"] == "JAK-STAT", "target"])
    others = [gene for gene in sure_genes(response, pd.Series(response.network.genes))["gene"] if gene not in interferon]
    found = compare(dataset(response, 0, 40, extra=dict.fromkeys(others, -3.5)), response)
    assert found.p_value < 0.05 and found.statistic < 0
    assert found.call == "neither" and "predicted genes" in found.contradicted
    assert "its parts contradict each other" in found.verdict


def test_a_table_cut_at_significance_is_refused(response: Response) -> None:
    with pytest.raises(InputError, match="every gene that was measured"):
        compare(replace(dataset(response, 3), complete=False), response)
    with pytest.raises(InputError, match="from 0 to 1"):
        compare(dataset(response, 3), response, correlation=-0.1)


def test_null_data_are_seldom_called(response: Response) -> None:
    calls = [compare(dataset(response, 0, seed=seed), response).call for seed in range(24)]
    assert calls.count("neither") >= 19


def test_a_better_explanation_is_named(response: Response) -> None:
    steroid = {"FKBP5": 25.0, "TSC22D3": 22.0, "DUSP1": 18.0, "CEBPD": 12.0, "TNFRSF11B": -9.0}
    found = compare(dataset(response, 2.5, -3, extra=steroid), response)
    assert found.rival == "NR3C1"
    # The better explanation is said first.
    assert found.verdict.startswith("made up: NR3C1 up explains it better than tofacitinib 1 uM")
    row = found.rivals.iloc[0]
    assert abs(row["joint_statistic"]) > abs(row["response_statistic"])


def test_joint_statistics_are_those_of_the_regression(response: Response) -> None:
    from jaknet.regulation.regulons import network_regulons

    signature = dataset(response, 2)
    row = compare(signature, response).rivals.iloc[-1]
    table = signature.testable()[0]
    question = pose(response, table)
    profile = question.profiles[0]
    regulons = network_regulons(response.network, table["gene"])
    regulon = regulons.weights[[regulons.regulators.index(row["regulator"])]].toarray()[0]
    design = np.column_stack([np.ones(len(table)), profile, regulon])
    beta, rss, *_ = np.linalg.lstsq(design, table["statistic"].to_numpy(), rcond=None)
    t = beta / np.sqrt(np.diag(np.linalg.inv(design.T @ design)) * rss / (len(table) - 3))
    np.testing.assert_allclose([row["response_statistic"], row["joint_statistic"]], t[1:], rtol=1e-8)


def test_bad_input_is_refused(response: Response) -> None:
    few = dataset(response, 1)
    with pytest.raises(OverlapError, match=r"^0 of the [1-9]\d* genes .* fewer than 5"):
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
    assert found.to_frame()["measure"].tolist() == ["whole", "predicted genes", "concordance"]
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
    assert late.call == "neither" and late.statistic < -4
    # The finished table holds as well at 3 h.
    assert compare(replace(real_signature("t84_3h"), rotation=None), response).call == "opposite"


@pytest.mark.real_data
def test_dexamethasone_is_better_explained_by_its_receptor(
    real_data: object, real_signature: Callable[[str], Signature], response: Response, collectri: Network
) -> None:
    for rivals in (None, collectri):
        found = verdict_on(real_signature, "airway", response, rivals)
        assert found.rival == "NR3C1"
        assert found.call == "neither" and found.verdict.partition(": ")[2].startswith("NR3C1 up")


@pytest.mark.real_data
def test_bone_is_said_to_be_neither_and_its_own_factor_comes_first(
    real_data: object, real_signature: Callable[[str], Signature], response: Response
) -> None:
    found = verdict_on(real_signature, "bone", response)
    assert found.call == "neither" and found.rival == "RUNX2"


@pytest.mark.real_data
def test_loss_of_stat3_is_not_read_as_jak_activation(real_data: Path, response: Response) -> None:
    table = pd.read_csv(real_data / "expression/synovial_fibroblast_sirna_limma.tsv.gz", sep="\t")
    columns = {"gene": "hgnc_symbol", "log2_fold_change": "STAT3_log2fc", "p_value": "STAT3_pvalue"}
    found = compare(jn.read_signature(table, columns=columns, duplicates="strongest", label="STAT3 siRNA"), response)
    seen = found.to_frame().set_index("measure")
    assert seen.loc["JAK-STAT", "estimate"] > 2  # STAT1's targets do rise
    assert found.call == "neither" and found.rival == "STAT3"
    assert "rather STAT3 down" in found.verdict
