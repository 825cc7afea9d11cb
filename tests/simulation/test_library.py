"""Drugs from their rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import jaknet as jn
from jaknet.errors import InputError, UnknownNameError
from jaknet.simulation.library import as_perturbation, drug_from_tables
from jaknet.simulation.potency import DRUG_DECADES, RECEPTOR_DECADES, REPORT_DECADES

EXPOSURES = pd.DataFrame({"regimen": ["5 mg BID"], "quantity": ["Cavg"], "value_nM": ["60"], "low_nM": [""], "high_nM": [""]})
KINASES = pd.DataFrame({"kinase": ["JAK1"], "km_uM": ["40"]})


def _about(**changes: str) -> pd.Series:
    blank = {"drug": "demo", "chembl_id": "C1", "unbound": "0.5", "half_life_h": "", "tmax_h": "", "note": ""}
    return pd.Series(blank | changes)


def _rows(*rows: dict[str, str]) -> pd.DataFrame:
    names = ["potency_nM", "low_nM", "high_nM", "n", "atp_uM", "hill", "signal", "parameter", "binding", "reference", "note", "kinases"]
    filled = {"drug": "demo", "kind": "protein", "assay": "enzyme", "relation": "=", "used": "1"} | dict.fromkeys(names, "")
    return pd.DataFrame([filled | row for row in rows])


def test_reports_on_a_receptor_are_pooled_as_free_concentrations() -> None:
    receptor = {"target": "IL6ST", "kind": "receptor"}
    table = _rows(
        {"target": "JAK1", "potency_nM": "5", "n": "4"},
        receptor | {"potency_nM": "100", "assay": "blood", "reference": "A"},
        receptor | {"potency_nM": "200", "assay": "cell", "reference": "B"},
    )
    drug = drug_from_tables(_about(), table, EXPOSURES, KINASES)
    kinase, pooled = drug.targets
    assert pooled.potency_nM == pytest.approx(100.0) and pooled.n == 2 and pooled.reference == "A;B"
    assert kinase.km_uM == 40.0 and kinase.decades == pytest.approx(REPORT_DECADES / 2)
    assert kinase.in_cells().decades == pytest.approx(np.hypot(DRUG_DECADES, RECEPTOR_DECADES))
    without = drug_from_tables(_about(unbound=""), table, EXPOSURES, KINASES)
    assert [target.potency_nM for target in without.targets if target.receptor] == pytest.approx([200.0])
    assert without.notes == ("demo: measured in blood on IL6ST, not used: no unbound fraction was seen",)


def test_bounds_and_unused_rows_do_not_act_and_are_said() -> None:
    table = _rows(
        {"target": "JAK1", "potency_nM": "5"},
        {"target": "JAK2", "potency_nM": "10000", "relation": ">"},
        {"target": "IL6ST", "kind": "receptor", "potency_nM": "50", "relation": "<", "signal": "IL6", "reference": "PMID:1", "used": "0"},
        {"target": "FLT3", "potency_nM": "13", "parameter": "Kd", "used": "0"},
    )
    drug = drug_from_tables(_about(), table, EXPOSURES, KINASES)
    assert [target.name for target in drug.targets] == ["JAK1"] and drug.unknown == ("JAK2", "JAK3", "TYK2")
    assert drug.off_targets == ("FLT3 13 nM (Kd)",)
    assert drug.at("1 nM").notes == (
        "demo: no usable potency on JAK2, JAK3, TYK2; taken as not inhibited",
        "demo: reported below 50 nM on IL6 (PMID:1), a bound that is not used",
    )


def test_blank_cells_of_the_table_mean_the_defaults() -> None:
    table = _rows(
        {"target": "TYK2", "potency_nM": "5"}, {"target": "JAK1", "potency_nM": "7", "hill": "1.5", "n": "3.0", "binding": "covalent"}
    )
    first, second = drug_from_tables(_about(), table, EXPOSURES, KINASES).targets
    assert (first.name, first.hill, first.n, first.binding) == ("JAK1", 1.5, 3, "covalent")
    assert (second.name, second.hill, second.n, second.binding) == ("TYK2", 1.0, 1, "reversible")


def test_names_hold_in_any_capitals_and_typos_get_the_closest() -> None:
    assert jn.load_drug(" Tofacitinib").name == "tofacitinib"
    assert jn.load_context("Inflammatory").name == "inflammatory"
    assert as_perturbation("Baricitinib 100 nM").label == "baricitinib 100 nM"
    with pytest.raises(UnknownNameError, match="did you mean tofacitinib"):
        jn.load_drug("tofacitinb")
    with pytest.raises(UnknownNameError, match="did you mean inflammatory"):
        jn.load_context("inflamatory")
    with pytest.raises(InputError, match=r"must be the name of a bundled one .*; got 5 \(int\)"):
        jn.load_drug(5)
