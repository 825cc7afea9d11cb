"""The cytokine signals of a network."""

from __future__ import annotations

from jaknet.simulation.signals import signals


def test_every_complex_with_a_kinase_of_the_family_is_a_signal() -> None:
    found = signals().set_index("receptor")
    assert found.loc["gp130_JAK1"].tolist() == ["CLCF1;CTF1;IL11;IL6;LIF;OSM", "JAK1", "STAT1;STAT3;STAT5B"]
    assert found.loc["IL2RG_JAK1_JAK3", "kinases"] == "JAK1;JAK3" and "DESTRUCTION_COMPLEX" not in found.index
