from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import jaknet as jn
from jaknet.network.network import Network
from jaknet.validation.claims import CLAIM_COLUMNS, CLAIM_CONTEXTS, OUT_OF_SCOPE, _wilson, reproduce


@pytest.fixture(scope="module")
def built_in() -> pd.DataFrame:
    """The claims in a cell where the study's own edge is all that raises beta-catenin."""
    rows = [
        ("JAK1", "CTNNB1", -1, "signaling", "PMID:32051226"),
        ("CTNNB1", "BGLAP", 1, "transcription", "PMID:1"),
        ("JAK1", "STAT3", 1, "signaling", "PMID:2"),
        ("STAT3", "BGLAP", 1, "transcription", "PMID:3"),
        ("STAT3", "TNFSF11", 1, "transcription", "PMID:4"),
        ("CTNNB1", "TNFRSF11B", 1, "transcription", "PMID:5"),
    ]
    edges = pd.DataFrame(rows, columns=["source", "target", "sign", "layer", "references"])
    of_study = edges["references"] == "PMID:32051226"
    edges = edges.assign(study=of_study.map({True: "study", False: ""}), canonical=(~of_study).astype(int))
    return reproduce(Network(edges), members=60)


def test_claims_given_the_study_and_without_it(built_in: pd.DataFrame) -> None:
    assert list(built_in.columns) == CLAIM_COLUMNS
    catenin = built_in[built_in["id"] == "S002"]
    assert set(catenin["drug"]) == {"tofacitinib", "baricitinib"}
    assert set(catenin["direction_given"]) == {"up"} and set(catenin["agreement_given"]) == {"agrees"}
    # With its own edge gone nothing leads from a JAK to beta-catenin.
    assert set(catenin["direction_without"]) == {"none"} and set(catenin["agreement_without"]) == {"disagrees"}
    assert (catenin["effect_without"] == 0).all() and (catenin["route"] == "").all()
    osteocalcin = built_in[built_in["id"] == "S001"]
    # Patients on tofacitinib are a paper of its own; of baricitinib and osteocalcin nobody else has published.
    heard = osteocalcin.groupby("drug")[["papers_for", "papers_against"]].max()
    assert heard.loc["tofacitinib", "papers_for"] >= 1 and heard.loc["baricitinib"].sum() == 0
    assert set(osteocalcin["direction_without"]) == {"down"}
    assert set(osteocalcin["route"]) == {"JAK1 → STAT3 → BGLAP"}
    assert osteocalcin["resting_on"].str.contains("STAT3 → BGLAP").all()
    assert (osteocalcin["effect_given"] > osteocalcin["effect_without"]).all()


def test_the_ratio_is_one_readout(built_in: pd.DataFrame) -> None:
    ratio = built_in[built_in["id"] == "S003"]
    assert set(ratio["context"]) == {"steady_state", "estrogen_deficient", "inflammatory"}
    assert set(ratio["direction_without"]) == {"down"} and set(ratio["agreement_without"]) == {"agrees"}


def test_every_claim_is_asked_in_every_context_and_what_the_study_stated_is_marked(built_in: pd.DataFrame) -> None:
    asked = built_in[built_in["agreement_given"] != OUT_OF_SCOPE]
    per_claim = asked.groupby(["id", "drug"])["context"].agg(lambda contexts: tuple(sorted(contexts)))
    assert set(per_claim) == {tuple(sorted(CLAIM_CONTEXTS))}
    assert asked["stated"].any() and not asked["stated"].all()


def test_intervals_hold_the_effect_and_probabilities_sum_to_one(built_in: pd.DataFrame) -> None:
    within = built_in[built_in["agreement_given"] != OUT_OF_SCOPE]
    for suffix in ("_given", "_without"):
        assert (within["effect_low" + suffix] <= within["effect" + suffix]).all()
        assert (within["effect" + suffix] <= within["effect_high" + suffix]).all()
        chances = within[[name + suffix for name in ("p_up", "p_down", "p_none")]].astype(float)
        assert np.allclose(chances.sum(axis=1), 1.0)
        assert np.allclose(within["p_direction" + suffix].astype(float), chances.max(axis=1))


def test_a_claim_without_a_majority_is_unsure() -> None:
    # An edge whose sign is as often reported the other way round: neither up, down nor none has half of the members.
    edges = pd.DataFrame({"source": ["JAK1"], "target": ["CTNNB1"], "sign": [-1], "tier": ["C"], "lineage": ["osteoblast"]})
    table = reproduce(Network(edges.assign(support_negative=2, support_positive=3)), members=200, contexts=["steady_state"])
    catenin = table[table["id"] == "S002"]
    assert set(catenin["direction_given"]) == {"unsure"} and set(catenin["agreement_given"]) <= {"undecided", "disagrees"}
    # Nothing of the study is in this network: both halves say the same.
    assert (catenin["effect_given"] == catenin["effect_without"]).all()


def test_the_verdict_follows_the_wilson_interval(built_in: pd.DataFrame) -> None:
    within = built_in[built_in["agreement_given"] != OUT_OF_SCOPE]
    for side in ("given", "without"):
        low, share, high = (within[f"{name}_{side}"] for name in ("p_claim_low", "p_claim", "p_claim_high"))
        assert ((low <= share) & (share <= high)).all()
        wanted = np.select([low > 0.5, high < 0.5], ["agrees", "disagrees"], "undecided")
        assert within[f"agreement_{side}"].tolist() == wanted.tolist()
    # 58 of 100 leave it open, 59 of 98 and 610 of 1000 do not: z sqrt(.25/n) beside a half.
    assert _wilson(0.58, 100)[0] < 0.5 < _wilson(0.61, 100)[0] and _wilson(0.61, 1000)[0] > 0.57
    assert _wilson(0.0, 0) == (0.0, 1.0)


def test_few_and_many_members_never_say_opposite_things() -> None:
    few, many = (reproduce(members=members, contexts=["steady_state"]) for members in (60, 300))
    for side in ("given", "without"):
        words = pd.DataFrame({"few": few[f"agreement_{side}"], "many": many[f"agreement_{side}"]})
        assert not words.apply(lambda row: {*row} == {"agrees", "disagrees"}, axis=1).any()


def test_what_a_gene_network_cannot_express_is_out_of_scope(built_in: pd.DataFrame) -> None:
    outside = built_in[built_in["agreement_given"] == OUT_OF_SCOPE]
    assert {"S004", "S009", "S010", "S011", "S012"} == set(outside["id"])
    assert outside["effect_given"].isna().all()
    assert "MINERALIZATION" in set(outside["nearest_readout"])


def test_a_network_without_the_readouts_claims_nothing() -> None:
    net = Network(pd.DataFrame({"source": ["JAK1"], "target": ["STAT3"], "sign": [1]}))
    assert set(reproduce(net, members=5)["agreement_given"]) == {OUT_OF_SCOPE}


@pytest.mark.parametrize("drug", ["tofacitinib", "baricitinib"])
@pytest.mark.parametrize("context", ["steady_state", "inflammatory"])
def test_jak_inhibition_lowers_its_positive_controls(drug: str, context: str) -> None:
    net = jn.load_network().without_study()
    table = jn.perturb(net, jn.load_drug(drug).at("100 nM"), context, members=60).transcripts().set_index("node")
    assert table.loc[["SOCS3", "CISH"], "direction"].tolist() == ["down", "down"]
    assert np.all(table.loc[["SOCS3", "CISH"], "p_down"] > 0.8)
