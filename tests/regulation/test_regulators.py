"""`regulators`: the table, its promises, what it refuses, and what it finds in real data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from scipy.stats import norm

from jaknet.errors import InputError, OverlapError, SpeciesError, UnknownNameError
from jaknet.expression.signature import Signature
from jaknet.network.network import Network
from jaknet.regulation.regulators import REGULATOR_COLUMNS, regulator_scores, regulators
from jaknet.regulation.regulons import footprint_network
from jaknet.stats import benjamini_hochberg

Made = tuple[Signature, Network]


@pytest.mark.parametrize("method", ["calibrated", "ulm", "mlm", "ipa"])
def test_every_method_finds_what_was_put_in(simulated: Made, method: str) -> None:
    signature, network = simulated
    table = regulators(signature, network, method, rotations=200, progress=False)
    assert list(table.columns[: len(REGULATOR_COLUMNS)]) == REGULATOR_COLUMNS
    assert table.loc[0, ["regulator", "direction"]].tolist() == ["TF07", "up"]
    assert (table["p_value"] > 0).all()
    np.testing.assert_allclose(table["q_value"], benjamini_hochberg(table["p_value"]))
    assert table.attrs["provenance"].parameters["method"] == method


def test_driving_targets_move_as_predicted(simulated: Made) -> None:
    signature, network = simulated
    first = regulators(signature, network, rotations=0).iloc[0]
    sign = network.edges[network.edges["source"] == "TF07"].set_index("target")["sign"]
    moved = signature.table.set_index("gene")["statistic"]
    named = first["targets"].split(";")
    assert len(named) == 10
    assert (sign[named] * moved[named] > 0).all()
    assert (moved[named].abs().diff().dropna() <= 0).all()


def test_rotation_agrees_where_genes_are_independent(simulated: Made) -> None:
    signature, network = simulated
    table = regulators(signature, network, "ulm", rotations=400, progress=False).set_index("regulator")
    assert table.loc["TF07", "rotation_p_value"] <= 0.02
    assert table["inflation"].median() == pytest.approx(1.0, abs=0.25)
    # One p to go by, and the q of that very p: never below it.
    assert (table["p_value"] == table[["gene_p_value", "rotation_p_value"]].max(axis=1)).all()
    assert (table["q_value"] >= table["p_value"]).all()
    without = regulators(signature, network, "ulm", rotations=0)
    assert without["rotation_p_value"].isna().all()
    assert (without["p_value"] >= without["gene_p_value"]).all()


def test_what_the_method_cannot_test_has_no_p_and_comes_last(simulated: Made) -> None:
    signature, network = simulated
    twin = network.edges[network.edges["source"] == "TF07"].assign(source="TWIN")
    table = regulators(signature, Network(pd.concat([network.edges, twin])), "mlm", rotations=99, progress=False)
    # Two regulons of the same targets cannot be told apart in one regression, whatever a rotation says of either.
    assert set(table["regulator"].tail(2)) == {"TF07", "TWIN"}
    assert table[["statistic", "p_value", "q_value"]].tail(2).isna().all(axis=None)
    tested = table.head(-2)
    assert tested["p_value"].notna().all()
    np.testing.assert_allclose(tested["q_value"], benjamini_hochberg(tested["p_value"]))


def test_it_says_what_its_p_assumes(simulated: Made) -> None:
    signature, network = simulated
    assert "replicates" in regulators(signature, network, rotations=20, progress=False).attrs["assumes"]
    for bare in (regulators(signature, network, rotations=0), regulators(replace(signature, rotation=None), network)):
        assert "0.01" in bare.attrs["assumes"]
        # CAMERA's inflation by hand: each regulon has equal weights here.
        by_hand = 2 * norm.sf(norm.isf(bare["gene_p_value"] / 2) / np.sqrt(1 + 0.01 * (bare["n_targets"] - 1)))
        np.testing.assert_allclose(bare["p_value"], by_hand, rtol=1e-9)


def test_order_of_rows_changes_nothing(simulated: Made) -> None:
    signature, network = simulated
    shuffled = Network(network.edges.sample(frac=1, random_state=1), name="simulated")
    order = np.random.default_rng(2).permutation(len(signature))
    turned = replace(signature, table=signature.table.iloc[order].reset_index(drop=True), rotation=signature.rotation.take(order))
    kept = ["regulator", "statistic", "p_value", "targets"]
    for method in ("calibrated", "ulm"):
        one, other = (regulators(a, b, method, rotations=0)[kept] for a, b in ((signature, network), (turned, shuffled)))
        pd.testing.assert_frame_equal(one, other, rtol=1e-12)


def test_calls_by_significance(simulated: Made) -> None:
    signature, network = simulated
    table = regulators(signature, network, "ipa", q_threshold=0.05, rotations=0)
    called = set(signature.table.loc[signature.table["q_value"] <= 0.05, "gene"])
    targets = network.edges.groupby("source")["target"].agg(lambda genes: len(called & set(genes)))
    assert (table.set_index("regulator")["n_called"] == targets.reindex(table["regulator"])).all()
    with pytest.raises(InputError, match="no gene"):
        regulators(signature, network, q_threshold=1e-300)


def test_redundant_regulators_are_named(simulated: Made) -> None:
    signature, network = simulated
    double = network.edges[network.edges["source"] == "TF07"].iloc[:30].assign(source="TWIN")
    table = regulators(signature, Network(pd.concat([network.edges, double])), rotations=0).set_index("regulator")
    assert table.loc["TWIN", "redundant_with"] == "TF07"
    assert table.loc["TWIN", "shared_fraction"] == 1.0
    assert table.loc["TF07", "redundant_with"] == ""


def test_fold_changes_alone_and_missing_statistics(simulated: Made) -> None:
    signature, network = simulated
    bare = signature.table.assign(statistic=np.nan, p_value=np.nan, q_value=np.nan)
    assert regulators(Signature(bare), network).loc[0, "regulator"] == "TF07"
    some = signature.table.copy()
    some.loc[:9, "statistic"] = [np.nan, np.inf] * 5
    assert regulators(Signature(some), network).attrs["provenance"].dropped == {"genes without a statistic": 10}


def test_bad_input_is_refused_in_plain_words(simulated: Made) -> None:
    signature, network = simulated
    with pytest.raises(UnknownNameError, match="calibrated"):
        regulators(signature, network, "viper")
    with pytest.raises(InputError, match="depth"):
        regulators(signature, network, "ipa", depth=2)
    with pytest.raises(InputError, match="between 0 and 1"):
        regulators(signature, network, called=1.5)
    with pytest.raises(InputError, match="constant"):
        regulators(Signature(signature.table.assign(statistic=1.0)), network)
    with pytest.raises(SpeciesError, match="to_species"):
        regulators(replace(signature, species="mouse"), network)
    with pytest.raises(OverlapError, match="measured"):
        regulators(Signature(signature.table.assign(gene=signature.table["gene"].str.lower())), network)
    with pytest.raises(InputError, match="missing or infinite"):
        regulator_scores(pd.DataFrame({"a": [np.nan, 1.0]}), network)


@pytest.mark.parametrize("method", ["calibrated", "ulm", "ipa"])
def test_many_signatures_at_once_equal_one_by_one(simulated: Made, method: str) -> None:
    signature, network = simulated
    rng = np.random.default_rng(4)
    data = pd.DataFrame({f"s{i}": rng.permutation(signature.table["statistic"]) for i in range(130)}, signature.table["gene"])
    statistic, p = regulator_scores(data, network, method)
    with parallel_config(n_jobs=2):
        again = regulator_scores(data, network, method)
    pd.testing.assert_frame_equal(statistic, again[0], check_exact=True)
    pd.testing.assert_frame_equal(p, again[1], check_exact=True)
    one = regulators(Signature(signature.table.assign(statistic=data["s100"].to_numpy())), network, method).set_index("regulator")
    np.testing.assert_allclose(statistic["s100"], one["statistic"].reindex(statistic.index), rtol=1e-12)
    np.testing.assert_allclose(p["s100"], one["gene_p_value"].reindex(p.index), rtol=1e-12)


def rank_of(table: pd.DataFrame, regulator: str) -> int:
    return int(table.index[table["regulator"] == regulator][0]) + 1


@pytest.mark.real_data
def test_il22_is_read_as_stat3_and_jak_stat(real_data: object, real_signature: Callable[[str], Signature], collectri: Network) -> None:
    early = real_signature("t84_3h")
    for method in ("calibrated", "ulm"):
        table = regulators(early, collectri, method, progress=False)
        assert rank_of(table, "STAT3") == 1, method
        assert table.loc[0, "direction"] == "up"
        assert table.loc[0, "rotation_p_value"] <= 0.01
    for name in ("t84_3h", "t84_24h"):
        joint = regulators(real_signature(name), footprint_network(), "mlm", rotations=0)
        assert rank_of(joint, "JAK-STAT") == 1, name
    # one at a time, pathways that share genes with it come first: why the joint model is the one to use
    alone = regulators(early, footprint_network(), "ulm", rotations=0)
    assert set(alone.loc[:1, "regulator"]) == {"NFkB", "TNFa"}


@pytest.mark.real_data
def test_bone_is_read_as_osteogenic(real_data: object, real_signature: Callable[[str], Signature], collectri: Network) -> None:
    for method in ("calibrated", "ulm"):
        table = regulators(real_signature("bone"), collectri, method, rotations=0)
        assert max(rank_of(table, name) for name in ("SP7", "RUNX2", "SMAD1")) <= 10, method


@pytest.mark.real_data
def test_dexamethasone_is_read_as_its_receptor(real_data: object, real_signature: Callable[[str], Signature], collectri: Network) -> None:
    for method in ("calibrated", "ulm"):
        assert rank_of(regulators(real_signature("airway"), collectri, method, rotations=0), "NR3C1") <= 10, method
