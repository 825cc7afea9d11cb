"""Controls: small cells whose answers are known, and the bundled network against the textbook."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jaknet.errors import InputError, UnknownNameError
from jaknet.network.io.read import load_network
from jaknet.network.network import Network
from jaknet.simulation.settings import EnsembleSettings
from jaknet.validation.controls import ControlCheck, check_controls, load_controls

CONTROL = {"id": "C", "nodes": "OSM", "sign": "1", "readout": "STAT3", "measure": "activity", "direction": "up"}


@pytest.fixture(scope="module")
def net() -> Network:
    """OSM acts through JAK1 on STAT3 and SOCS3, which lowers JAK1; TNF on RELA; all of it certain."""
    rows = [
        ("OSM", "JAK1", 1, "signaling"),
        ("IL6", "JAK1", 1, "signaling"),
        ("JAK1", "STAT3", 1, "signaling"),
        ("STAT3", "SOCS3", 1, "transcription"),
        ("SOCS3", "JAK1", -1, "signaling"),
        ("TNF", "RELA", 1, "signaling"),
    ]
    return Network(pd.DataFrame(rows, columns=["source", "target", "sign", "layer"]).assign(canonical=1), name="small")


def _check(net: Network, *changes: dict[str, str], **options: object) -> ControlCheck:
    table = pd.DataFrame([CONTROL | {"id": f"C{number}"} | change for number, change in enumerate(changes)]).fillna("")
    return check_controls(net, table, **{"members": 20} | options)


def _row(net: Network, **change: str) -> pd.Series:
    return _check(net, change).to_frame().iloc[0]


def test_a_control_passes_fails_or_goes_the_wrong_way(net: Network) -> None:
    check = _check(
        net,
        {},
        {"readout": "RELA"},
        {"direction": "down"},
        {"readout": "NOSUCH"},
        {"nodes": "NOSUCH"},
        {"background": "NOSUCH=+1"},
        {"readout": "SOCS3", "measure": "transcript"},
        {"nodes": "SOCS3", "sign": "-1", "background": "OSM=+1"},
    )
    frame = check.to_frame()
    assert frame["verdict"].tolist() == ["pass", "fail", "wrong way", *["not covered"] * 3, "pass", "pass"]
    assert frame["share"].tolist()[:3] == [1.0, 0.0, 0.0]
    assert frame["effect"].tolist()[0] == frame["effect"].tolist()[2] > 0.1
    assert frame["effect"].isna().tolist() == [False, False, False, True, True, True, False, False]
    assert frame["reference_effect"].isna().all()
    assert check.counts(check.directional) == (3, 8)
    assert not check.passed


def test_the_margin_is_that_of_the_measure() -> None:
    # Effects between 0.01 and 0.1: enough for an activity, not for a log2 fold change.
    edges = pd.DataFrame({"source": ["OSM", "OSM"], "target": ["STAT3", "SOCS3"], "layer": ["signaling", "transcription"]})
    weak = Network(edges.assign(sign=1, canonical=1, weight=[0.1, 0.004]))
    frame = _check(weak, {}, {"readout": "SOCS3", "measure": "transcript"}).to_frame()
    assert frame["effect"].between(0.01, 0.1).all()
    assert frame["verdict"].tolist() == ["pass", "fail"]


def test_nineteen_in_twenty_members_have_to_agree() -> None:
    edges = pd.DataFrame({"source": ["OSM"], "target": ["STAT3"], "sign": [1], "tier": ["A"], "lineage": ["osteoblast"]})
    # Tier A without a report counted: four in five members have the edge, fewer with its sign.
    unsure = _row(Network(edges))
    assert unsure["verdict"] == "fail" and 0.5 < unsure["share"] < 0.95
    strong = Network(edges.assign(support_positive=10**7))
    assert _row(strong)["share"] < 0.95
    sure = _check(strong, {}, settings=EnsembleSettings(other_sign=0.0)).to_frame().iloc[0]
    assert sure["verdict"] == "pass" and sure["share"] == 1.0


def test_without_canonical_steps_the_network_is_less_sure(net: Network) -> None:
    frame = _check(net, {}, settings=EnsembleSettings(canonical=False)).to_frame()
    assert frame["share"].iloc[0] < 0.9 and frame["verdict"].iloc[0] == "fail"


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        # OSM leaves RELA alone, which TNF moves.
        ({"readout": "RELA", "reference_ligand": "TNF"}, "pass"),
        # OSM moves STAT3 as much as IL6 does.
        ({"reference_ligand": "IL6"}, "fail"),
        # Where the reference does not move the readout either, nothing is shown.
        ({"nodes": "OSM", "readout": "RELA", "reference_ligand": "IL6"}, "fail"),
        ({"readout": "RELA"}, "fail"),
        ({"readout": "RELA", "reference_ligand": "NOSUCH"}, "not covered"),
    ],
)
def test_specificity_is_judged_beside_the_reference_ligand(net: Network, change: dict[str, str], verdict: str) -> None:
    check = _check(net, change | {"direction": "none"})
    row = check.to_frame().iloc[0]
    assert row["verdict"] == verdict
    if change.get("reference_ligand") == "TNF":
        alone = _row(net, nodes="TNF", readout="RELA")["effect"]
        assert row["reference_effect"] == alone > 0.1
        assert row["effect"] == 0 and row["share"] == 1
    assert len(check.specific) == 1 and len(check.directional) == 0


def test_a_fifth_of_the_reference_is_the_limit() -> None:
    edges = pd.DataFrame({"source": ["OSM", "IL6", "TNF"], "target": "STAT3", "sign": 1, "canonical": 1, "weight": [0.05, 0.5, 1.0]})
    specific = {"direction": "none", "reference_ligand": "TNF"}
    frame = _check(Network(edges), specific, specific | {"nodes": "IL6"}).to_frame()
    share = (frame["effect"] / frame["reference_effect"]).tolist()
    assert 0.01 < share[0] < 0.2 < share[1]
    assert frame["verdict"].tolist() == ["pass", "fail"]


def test_contexts_are_compared(net: Network) -> None:
    inflamed = {"nodes": "context:inflammatory", "context": "steady_state"}
    back = {"nodes": "context:steady_state", "context": "inflammatory", "direction": "down"}
    frame = _check(net, inflamed, back, {"nodes": "context:steady_state", "context": "steady_state"}).to_frame()
    assert frame["verdict"].tolist() == ["pass", "pass", "fail"]
    assert frame["effect"].iloc[0] == pytest.approx(-frame["effect"].iloc[1], abs=1e-6)
    assert frame["effect"].iloc[2] == 0


def test_a_drug_at_a_dose_is_asked_with_what_else_it_inhibits(net: Network) -> None:
    lowered = {"sign": "-1", "background": "OSM=+1", "direction": "down"}
    doses = ["tofacitinib 1 nM", "tofacitinib 100 nM", "upadacitinib 1 uM"]
    frame = _check(net, *(lowered | {"nodes": dose} for dose in doses)).to_frame()
    assert frame["verdict"].tolist()[1:] == ["pass", "pass"]
    assert frame["effect"].iloc[1] < frame["effect"].iloc[0] < 0
    assert all(told.startswith(dose.split()[0] + ": ") for told, dose in zip(frame["off_targets"], doses, strict=True))
    assert _row(net)["off_targets"] == ""


def test_a_table_of_ones_own_is_read_from_a_file(net: Network, tmp_path: Path) -> None:
    own = pd.DataFrame([CONTROL | {"id": "M1", "pathway": "mine"}, CONTROL | {"id": "M2", "readout": "RELA"}]).fillna("")
    own.to_csv(tmp_path / "mine.tsv", sep="\t", index=False)
    from_file, from_frame = (check_controls(net, given, members=20) for given in (tmp_path / "mine.tsv", own))
    pd.testing.assert_frame_equal(from_file.to_frame(), from_frame.to_frame())
    frame = from_file.to_frame()
    assert frame["id"].tolist() == ["M1", "M2"] and frame["pathway"].tolist() == ["mine", ""]
    assert {"reference_ligand", "note", "share", "verdict", "off_targets"} <= set(frame.columns)


def test_the_check_tells_what_it_found(net: Network) -> None:
    quiet = {"direction": "none", "readout": "RELA", "reference_ligand": "TNF"}
    check = _check(net, {}, {"direction": "down"}, {"readout": "NOSUCH"}, quiet)
    text = check.summary()
    told = "small passes 1 of 2 textbook controls and 1 of 1 controls of specificity; 1 more ask for nodes that it lacks"
    assert text.startswith(told) and "Median effect on an activity" in text
    assert "wrong way: C1" in text and "not passed: none." in text and "20 members" in text
    assert "nan" not in _check(net, {"readout": "NOSUCH"}).summary()
    assert repr(check) == text and text in check._repr_html_()
    copy = check.to_frame()
    copy.loc[0, "verdict"] = "changed"
    assert check.to_frame()["verdict"].iloc[0] == "pass"


def test_nine_in_ten_and_none_the_wrong_way(net: Network) -> None:
    right, missing = [{}] * 9, {"readout": "NOSUCH"}
    assert _check(net, *right, {"readout": "RELA"}, missing).passed
    assert not _check(net, *right, {"readout": "RELA"}, {"readout": "RELA"}).passed
    assert not _check(net, *right, *right, {"direction": "down"}).passed
    assert not _check(net, missing).passed


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"context": "moon"}, UnknownNameError, "unknown context: moon"),
        ({"nodes": "context:moon"}, UnknownNameError, "unknown context: moon"),
        ({"nodes": "tofacitinib 3 apples"}, InputError, "3 apples"),
        ({"direction": "sideways"}, InputError, r"unknown direction in 1 fact\(s\): row 2"),
        ({"sign": "0"}, InputError, "sign other than 1 or -1"),
        ({"readout": ""}, InputError, "empty readout"),
        ({"id": "C0"}, InputError, "repeated id"),
    ],
)
def test_what_cannot_be_asked_is_refused(net: Network, change: dict[str, str], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        _check(net, {}, change)


def test_what_is_no_table_is_refused(net: Network, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        check_controls(net, tmp_path / "absent.tsv")
    with pytest.raises(InputError, match="no row"):
        check_controls(net, pd.DataFrame([CONTROL]).head(0))
    with pytest.raises(InputError, match="use one of logic, linear"):
        _check(net, {}, engine="magic")
    with pytest.raises(InputError, match="at least 1"):
        _check(net, {}, members=0)


def test_a_bundled_network_is_asked_by_its_name() -> None:
    check = check_controls("source_study", members=5)
    assert check.label == load_network("source_study").label and check.members == 5
    pd.testing.assert_frame_equal(check.to_frame(), check_controls(load_network("source_study"), members=5).to_frame())


def test_an_unknown_drug_is_not_covered(net: Network) -> None:
    assert _row(net, nodes="aspirin 300 nM")["verdict"] == "not covered"


def test_a_drug_without_any_target_in_the_network_is_not_covered(net: Network) -> None:
    without = Network(net.edges[net.edges["source"] == "TNF"])
    assert _row(without, nodes="tofacitinib 300 nM", readout="RELA")["verdict"] == "not covered"


def test_a_drug_may_stand_in_the_background(net: Network) -> None:
    alone, beside = (_row(net, background=drug)["effect"] for drug in ("", "tofacitinib 300 nM"))
    assert 0 < beside < alone


def test_members_seed_and_engine_are_those_of_a_response(net: Network) -> None:
    from jaknet.simulation.perturbations import activate
    from jaknet.simulation.response import perturb

    for engine in ("logic", "linear"):
        told = _check(net, {"context": "steady_state"}, members=15, seed=3, engine=engine).to_frame()["effect"].iloc[0]
        response = perturb(net, activate("OSM"), "steady_state", members=15, seed=3, engine=engine)
        assert told == np.median(response.effects.total[:, net.index["STAT3"]])


def test_the_bundled_network_answers_as_textbooks_say() -> None:
    check = check_controls(load_network(), members=100)
    frame = check.to_frame()
    assert frame["id"].tolist() == load_controls()["id"].tolist()
    assert not frame["verdict"].isin(["wrong way", "not covered"]).any()
    ligands = check.directional[check.directional["id"].str.startswith("C")]
    assert len(ligands) == 61 and check.counts(ligands)[0] >= 52
    assert check.counts(check.specific)[0] >= 7 and len(check.specific) == 8


def test_the_answers_do_not_rest_on_the_source_study() -> None:
    """JAK inhibitors lower what their ligands raise, with the study's own finding left out."""
    controls = load_controls()
    drugs = controls[controls["nodes"].str.contains("citinib|litinib") & (controls["direction"] == "down")]
    check = check_controls(load_network().without_study(), drugs, members=60)
    assert len(drugs) >= 5 and check.passed and check.counts(check.directional) == (len(drugs), len(drugs))
