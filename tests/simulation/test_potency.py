"""What a measured potency amounts to in a cell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from jaknet.errors import InputError
from jaknet.simulation.potency import (
    ATP_IN_CELLS_UM,
    DRUG_DECADES,
    RECEPTOR_DECADES,
    REPORT_DECADES,
    Target,
    atp_factor,
    joint_ic50,
    own_offset,
    pool,
)

POSITIVE = st.floats(0.1, 1e4)
BOTH = pytest.approx(np.hypot(DRUG_DECADES, RECEPTOR_DECADES))


@given(POSITIVE, POSITIVE, POSITIVE)
@settings(max_examples=50, deadline=None)
def test_the_atp_rule_is_that_of_cheng_and_prusoff(km: float, assay: float, cell: float) -> None:
    """IC50 = Ki (1 + [ATP] / Km) at both concentrations."""
    ki = 1.7
    there, here = (ki * (1 + atp / km) for atp in (cell, assay))
    assert here * atp_factor(km, assay, cell) == pytest.approx(there, rel=1e-12)
    assert atp_factor(km, cell_atp_uM=km) == pytest.approx(1.0)
    assert atp_factor(km, 0.0, cell) == pytest.approx(1 + cell / km)


def test_published_pairs_give_the_bundled_km() -> None:
    """IC50s of one compound at two concentrations of ATP: what the correction has to bridge, measured."""
    from jaknet.data.registry import read_table

    def _km(low: float, high: float, atp: float) -> float:
        return float((1000 - atp * high / low) / (high / low - 1))

    bundled = read_table("networks/drugs/kinases.tsv").set_index("kinase")["km_uM"].astype(float)
    jak3 = [_km(1.7, 50.0, 6.0), _km(27.0, 1000.0, 6.0), _km(6.0, 210.0, 6.0)]  # doi:10.1021/acs.jmedchem.8b01823
    tyk2 = [1000 / (2 * 774 / 23 - 1), 1000 / (2 * 489 / 34 - 1)]  # low arm at the Km itself
    assert bundled["JAK3"] == pytest.approx(np.exp(np.mean(np.log(jak3))), rel=0.01)
    assert bundled["TYK2"] == pytest.approx(np.exp(np.mean(np.log(tyk2))), rel=0.01)
    for low, high in ((27.0, 1000.0), (6.0, 210.0)):
        rule = atp_factor(bundled["JAK3"], 6.0)
        assert rule == pytest.approx(high / low, rel=0.15)


def test_only_enzymes_of_atp_competitors_with_a_known_km_are_corrected() -> None:
    enzyme = Target("JAK1", 10.0, assay="enzyme", km_uM=40.0, low_nM=5.0, high_nM=20.0)
    cell = enzyme.in_cells()
    assert (cell.potency_nM, cell.low_nM, cell.high_nM) == pytest.approx((130.0, 65.0, 260.0))
    assert cell.decades == BOTH and cell.assay == "cell"
    for same in (Target("JAK1", 10.0, assay="enzyme", km_uM=40.0, binding="allosteric"), Target("ACVR1", 10.0, assay="enzyme")):
        assert same.in_cells().potency_nM == 10.0 and same.in_cells().decades == BOTH and not same.corrected
    assert Target("JAK1", 10.0).in_cells() == Target("JAK1", 10.0)
    at_one_millimolar = Target("JAK1", 10.0, assay="enzyme", km_uM=40.0, atp_uM=ATP_IN_CELLS_UM)
    assert at_one_millimolar.in_cells().potency_nM == pytest.approx(10.0)


def test_blood_counts_as_its_free_share() -> None:
    blood = Target("IL6ST", 400.0, receptor=True, assay="blood", low_nM=100.0, high_nM=800.0)
    free = blood.free(0.6)
    assert (free.potency_nM, free.low_nM, free.high_nM) == pytest.approx((240.0, 60.0, 480.0)) and free.assay == "cell"
    assert Target("JAK1", 5.0).free(0.1).potency_nM == 5.0


def test_reports_of_one_paper_are_averaged_before_papers_are() -> None:
    reports = [Target("R", value, reference=paper) for value, paper in ((10, "A"), (1000, "A"), (100, "A"), (400, "B"))]
    assert pool(reports).potency_nM == pytest.approx(200.0)
    assert (pool(reports).low_nM, pool(reports).high_nM, pool(reports).n) == (10, 1000, 4)


@given(st.lists(st.floats(1, 1e4), min_size=1, max_size=8), st.floats(0.01, 100))
@settings(max_examples=50, deadline=None)
def test_the_spread_follows_the_reports_not_their_unit(values: list[float], by: float) -> None:
    reports = [Target("R", value, reference=f"P{place}") for place, value in enumerate(values)]
    scaled = [Target("R", value * by, reference=f"P{place}") for place, value in enumerate(values)]
    assert pool(scaled).decades == pytest.approx(pool(reports).decades)
    assert pool(scaled).potency_nM == pytest.approx(pool(reports).potency_nM * by)


def test_the_spread_by_hand() -> None:
    assert pool([Target("R", 50.0)]).decades == pytest.approx(REPORT_DECADES * np.sqrt(2))
    pair = pool([Target("R", 10.0, reference="A"), Target("R", 1000.0, reference="B")])
    assert pair.decades == pytest.approx(np.sqrt((4 * REPORT_DECADES**2 + 2.0) / 5) * np.sqrt(1.5))


def test_the_spread_of_reports_is_that_of_the_bundled_ones() -> None:
    """`REPORT_DECADES`: pooled standard deviation of free potencies about the mean of their drug and receptor."""
    from jaknet.data.registry import read_table

    table = read_table("networks/drugs/potencies.tsv")
    unbound = read_table("networks/drugs/drugs.tsv").set_index("drug")["unbound"].replace("", np.nan).astype(float)
    table = table[(table["kind"] == "receptor") & (table["used"] == "1")]
    share = np.where(table["assay"] == "blood", table["drug"].map(unbound), 1.0)
    level = np.log10(table["potency_nM"].astype(float) * share)
    groups = level.dropna().groupby([table["drug"], table["target"]])
    freedom = (groups.size() - 1).sum()
    assert freedom >= 8
    assert np.sqrt(groups.apply(lambda part: ((part - part.mean()) ** 2).sum()).sum() / freedom) == pytest.approx(REPORT_DECADES, abs=0.05)


@pytest.mark.parametrize("values", [{"potency_nM": 0.0}, {"potency_nM": -1.0}, {"potency_nM": 1.0, "hill": 0.0}])
def test_impossible_potencies_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(InputError, match="positive"):
        Target("JAK1", **values)


@given(st.lists(POSITIVE, min_size=1, max_size=4))
@settings(max_examples=50, deadline=None)
def test_the_ic50_of_a_complex_leaves_half_of_it(values: list[float]) -> None:
    found = joint_ic50(values)
    assert np.prod([1 / (1 + found / value) for value in values]) == pytest.approx(0.5, rel=1e-9)
    assert found <= min(values) * (1 + 1e-9)


def _measured(name: str, value: float, *kinases: str, reference: str = "") -> Target:
    return Target(name, value, receptor=True, kinases=kinases, reference=reference)


def test_a_drug_keeps_the_offset_that_its_measured_signals_show_less_what_chance_gives() -> None:
    kinases = {"JAK1": Target("JAK1", 100.0, reference="PMID:9"), "JAK2": Target("JAK2", 1000.0)}
    assert own_offset([], kinases) == (0.0, BOTH)
    one = own_offset([_measured("IL6ST", 10.0, "JAK1")], kinases)
    weight = DRUG_DECADES**2 / (DRUG_DECADES**2 + RECEPTOR_DECADES**2)
    assert one == (pytest.approx(-weight), pytest.approx(np.sqrt(RECEPTOR_DECADES**2 + DRUG_DECADES**2 * (1 - weight))))
    many = own_offset([_measured(f"R{place}", 10.0, "JAK1") for place in range(50)], kinases)
    assert many == (pytest.approx(-1.0, abs=0.02), pytest.approx(RECEPTOR_DECADES, abs=0.01))


def test_signals_of_unknown_kinases_or_of_the_same_paper_show_no_offset() -> None:
    kinases = {"JAK1": Target("JAK1", 100.0, reference="PMID:9;PMID:8")}
    told = [_measured("A", 1.0), _measured("B", 1.0, "JAK1", "TYK2"), _measured("C", 1.0, "JAK1", reference="PMID:8")]
    assert own_offset(told, kinases) == (0.0, BOTH)
