from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import jaknet as jn
from jaknet.network.model import Network
from jaknet.validation.reproduction import CLAIM_COLUMNS, OUT_OF_SCOPE, reproduce


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
    edges = pd.DataFrame(rows, columns=["source", "target", "sign", "layer", "references"]).assign(tier="A")
    return reproduce(Network(edges), members=60)


def test_claims_with_and_without_the_studys_edges(built_in: pd.DataFrame) -> None:
    assert list(built_in.columns) == CLAIM_COLUMNS
    catenin = built_in[built_in["id"] == "S002"]
    assert set(catenin["drug"]) == {"tofacitinib", "baricitinib"}
    assert set(catenin["prediction"]) == {"up"} and set(catenin["agreement"]) == {"yes"}
    # With its own edge gone nothing leads from a JAK to beta-catenin.
    assert set(catenin["without_study"]) == {"none"} and set(catenin["agreement_without"]) == {"no"}
    osteocalcin = built_in[built_in["id"] == "S001"]
    assert set(osteocalcin["without_study"]) == {"down"}
    assert set(osteocalcin["route"]) == {"JAK1 → STAT3 → BGLAP"}
    assert osteocalcin["resting_on"].str.contains("STAT3 → BGLAP").all()


def test_the_ratio_is_one_readout(built_in: pd.DataFrame) -> None:
    ratio = built_in[built_in["id"] == "S003"]
    assert set(ratio["context"]) == {"steady_state", "estrogen_deficient", "inflammatory"}
    assert set(ratio["without_study"]) == {"down"} and set(ratio["agreement_without"]) == {"yes"}


def test_intervals_hold_the_effect(built_in: pd.DataFrame) -> None:
    within = built_in[built_in["prediction"].isin(["up", "down", "none"])]
    for suffix in ("", "_without"):
        assert (within["low" + suffix] <= within["effect" + suffix]).all()
        assert (within["effect" + suffix] <= within["high" + suffix]).all()
        assert within["p_direction" + suffix].between(0, 1).all()


def test_what_a_gene_network_cannot_express_is_out_of_scope(built_in: pd.DataFrame) -> None:
    outside = built_in[built_in["agreement"] == OUT_OF_SCOPE]
    assert {"S004", "S009", "S010", "S011", "S012"} == set(outside["id"])
    assert outside["effect"].isna().all()
    assert "MINERALIZATION" in set(outside["nearest_readout"])


def test_a_network_without_the_readouts_claims_nothing() -> None:
    net = Network(pd.DataFrame({"source": ["JAK1"], "target": ["STAT3"], "sign": [1]}))
    assert set(reproduce(net, members=5)["agreement"]) == {OUT_OF_SCOPE}


@pytest.mark.parametrize("drug", ["tofacitinib", "baricitinib"])
@pytest.mark.parametrize("context", ["steady_state", "inflammatory"])
def test_jak_inhibition_lowers_its_positive_controls(drug: str, context: str) -> None:
    net = jn.load_network().without_reference("PMID:32051226")
    table = jn.perturb(net, jn.load_drug(drug).at("100 nM"), context, members=60).transcripts().set_index("node")
    assert table.loc[["SOCS3", "CISH"], "direction"].tolist() == ["down", "down"]
    assert np.all(table.loc[["SOCS3", "CISH"], "p_down"] > 0.8)
