"""Which cytokine's signal a drug blocks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jaknet.errors import InputError, UnknownNameError
from jaknet.network.io.read import load_network
from jaknet.network.network import Network
from jaknet.simulation.drugs import Drug, Target
from jaknet.simulation.library import load_drug
from jaknet.simulation.pharmacology import selectivity, signal_ic50
from jaknet.simulation.signals import _default_doses, signals

OWN = Drug("own", (Target("JAK1", 10.0), Target("JAK2", 10.0), Target("IL6ST", 50.0, receptor=True, signal="IL6 > pSTAT3")))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return selectivity(OWN, ["50 nM"]).set_index("receptor")


def test_what_was_measured_is_told_from_what_is_predicted(table: pd.DataFrame) -> None:
    assert table.loc["gp130_JAK1", "basis"] == "seen: IL6 > pSTAT3"
    assert table.loc["IFNGR_JAK1_JAK2", "basis"] == "predicted from JAK1, JAK2"
    assert table.loc["IL12R_JAK2_TYK2", "basis"] == "predicted from JAK2 (TYK2 not known)"
    lone = selectivity(Drug("lone", (Target("TYK2", 1.0),)), ["1 nM"]).set_index("receptor").loc["EPOR_JAK2"]
    assert lone["basis"] == "no potency" and lone["inhibition"] == 0 and lone["ic50_nM"] == np.inf and lone["reports"] == 0


def test_inhibition_and_ic50_by_hand(table: pd.DataFrame) -> None:
    assert table.loc["gp130_JAK1", ["inhibition", "ic50_nM"]].tolist() == pytest.approx([0.5, 50.0], rel=1e-3)
    # Two kinases, both needed: (1 + c/10)^2 = 2.
    assert table.loc["IFNGR_JAK1_JAK2", "ic50_nM"] == pytest.approx(10 * (np.sqrt(2) - 1), rel=1e-3)
    assert table.loc["IFNGR_JAK1_JAK2", "inhibition"] == pytest.approx(1 - 1 / 36)
    certain = table[["inhibition_low", "inhibition_high"]]
    assert np.allclose(certain["inhibition_low"], certain["inhibition_high"])


def test_intervals_are_those_of_the_uncertain_potency_and_dose() -> None:
    vague = Drug("vague", (Target("JAK1", 100.0, decades=0.4),))
    row = selectivity(vague, ["100 nM"], members=2000).set_index("receptor").loc["gp130_JAK1"]
    assert (row["ic50_low"], row["ic50_high"]) == pytest.approx((100 * 10**-0.658, 100 * 10**0.658), rel=0.03)
    assert (row["inhibition_low"], row["inhibition_high"]) == pytest.approx((1 / (1 + 10**0.658), 1 / (1 + 10**-0.658)), rel=0.03)
    wide = selectivity(vague, ["10-1000 nM"], members=2000).set_index("receptor").loc["gp130_JAK1"]
    assert wide["inhibition_high"] > row["inhibition_high"] and wide["ic50_high"] == row["ic50_high"]


def test_tofacitinib_spares_gm_csf_in_cells_and_not_as_an_enzyme() -> None:
    cells, enzyme = (
        selectivity("tofacitinib", ["300 nM"], assay=assay).set_index("receptor")["inhibition"] for assay in ("cellular", "enzyme")
    )
    assert cells["CSF2RB_JAK2"] < 0.35 < 0.65 < cells["IL4R_JAK1"]
    assert (enzyme > 0.95).all()
    blood = selectivity("tofacitinib", ["1377 nM"], matrix="blood").set_index("receptor")
    assert blood.loc["CSF2RB_JAK2", "inhibition"] == pytest.approx(0.5)


def test_doses_default_to_three_and_the_exposures_that_can_be_used() -> None:
    assert _default_doses(load_drug("tofacitinib"))[3:] == ["5 mg BID Cavg", "10 mg BID Cavg", "5 mg BID Cmax"]
    assert _default_doses(load_drug("upadacitinib")) == ["100 nM", "300 nM", "1 uM"]
    assert load_drug("tofacitinib").selectivity("10-100 nM")["dose"].unique().tolist() == ["10 nM", "31.6 nM", "100 nM"]
    both = selectivity(["tofacitinib", OWN], ["1 nM"])
    assert both["drug"].unique().tolist() == ["tofacitinib", "own"]


def test_networks_without_receptor_complexes_and_unknown_names_are_refused() -> None:
    with pytest.raises(InputError, match="no receptor complex"):
        selectivity(OWN, ["1 nM"], Network(pd.DataFrame({"source": ["JAK1"], "target": ["STAT3"], "sign": [1]})))
    with pytest.raises(UnknownNameError, match="tofacitinb"):
        selectivity("tofacitinb", ["1 nM"])
    with pytest.raises(InputError, match="IL99: no cytokine"):
        signal_ic50("osteoblast", OWN, ["IL99"])


def test_the_model_loses_half_a_signal_near_the_concentration_that_blocks_half_the_receptor() -> None:
    found = signal_ic50(load_network("osteoblast"), OWN, ["IL6", "IFNG", "IL4"], members=60)
    assert list(found)[:5] == ["drug", "cytokine", "receptor", "readout", "signal"]
    main = found.set_index(["cytokine", "readout"]).loc[[("IL6", "STAT3"), ("IFNG", "STAT1"), ("IL4", "STAT6")]]
    ratio = main["ic50_nM"] / main["receptor_ic50_nM"]
    assert ((ratio > 0.4) & (ratio < 2.5)).all()
    assert (main["ic50_low"] <= main["ic50_nM"]).all() and (main["ic50_nM"] <= main["ic50_high"]).all() and (main["signal"] > 0.1).all()


def test_a_signal_that_a_drug_cannot_halve_has_no_ic50() -> None:
    found = signal_ic50("osteoblast", Drug("weak", (Target("JAK1", 1e9),)), ["IL6"], members=20)
    assert np.isinf(found["ic50_nM"]).all()


def test_cytokines_of_a_receptor_are_those_that_bind_it() -> None:
    named = signals().set_index("receptor")["cytokines"]
    assert named["GHR_JAK2"] == "GH1"  # JAG1 reaches the complex without binding it
    assert named["gp130_JAK1"] == "CLCF1;CTF1;IL11;IL6;LIF;OSM"
