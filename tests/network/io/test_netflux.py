"""A network becomes a Netflux workbook that runs, and a Netflux workbook becomes a network."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from jaknet.errors import InputError
from jaknet.netflux.workbook import read_netflux
from jaknet.network.io.netflux import _identifiers, netflux_tables, write_netflux
from jaknet.network.io.read import read_network
from jaknet.network.network import Network


def rules_of(path: Path, *rules: str) -> Path:
    """Write a workbook of somebody else: rules and nothing more."""
    rows = [["about"], ["module", "ID", "Rule"], *(["", "r", rule] for rule in rules)]
    pd.DataFrame(rows).to_excel(path, sheet_name="reactions", header=False, index=False)
    return path


def test_identifiers_are_valid_and_distinct():
    names = _identifiers(("NKX2-5", "NKX2_5", "17β", "a b", "ok"))
    assert list(names.values()) == ["NKX2_5", "NKX2_5_", "X17_", "a_b", "ok"]


def test_an_activator_in_two_layers_is_one_reaction(tmp_path):
    rows = [("A", "B", 1, "signaling", 0.4, "PMID:1"), ("A", "B", 1, "transcription", 0.7, "PMID:2")]
    edges = pd.DataFrame(rows, columns=["source", "target", "sign", "layer", "weight", "references"])
    write_netflux(Network(edges), tmp_path / "net.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "net.xlsx")["reactions"].iter_rows(min_row=3, values_only=True))
    assert [(row[2], row[3]) for row in rows] == [("=> A", 0), ("A => B", 0.7)]
    assert rows[1][11] == "PMID:1;PMID:2"


def test_netflux_rules_let_inhibitors_veto(tmp_path):
    rows = [("A", "T", 1, 1.0), ("B", "T", 1, 0.5), ("I-1", "T", -1, 1.0), ("I-1", "U", -1, 0.7)]
    network = Network(pd.DataFrame(rows, columns=["source", "target", "sign", "weight"]))
    book = openpyxl.load_workbook(network.write(tmp_path / "net.xlsx", "netflux"))
    rows = list(book["reactions"].iter_rows(values_only=True))
    assert rows[0][0] == "Reaction Information"
    assert rows[1][:6] == ("module", "ID", "Rule", "Weight", "n", "EC50")
    rules = {row[2]: row[3] for row in rows[2:]}
    assert rules == {"=> A": 0, "=> B": 0, "=> I_1": 0, "A & !I_1 => T": 1, "B & !I_1 => T": 0.5, "!I_1 => U": 0.7}
    species = list(book["species"].iter_rows(values_only=True))
    assert species[1][:6] == ("module", "ID", "name", "Yinit", "Ymax", "tau")
    assert [row[1:6] for row in species[2:]] == [
        ("A", "A", 0, 1, 1), ("B", "B", 0, 1, 1), ("I_1", "I-1", 0, 1, 1), ("T", "T", 0, 1, 1), ("U", "U", 0, 1, 1)
    ]  # fmt: skip


def test_a_netflux_workbook_of_others_gives_its_signs(tmp_path):
    edges = read_network(rules_of(tmp_path / "net.xlsx", "=> A", "A & !B => C", "A + D => C")).edges
    assert edges[["source", "target", "sign"]].values.tolist() == [["A", "C", 1], ["B", "C", -1], ["D", "C", 1]]


@pytest.mark.real_data
def test_published_workbooks_give_their_signs(real_data):
    edges, _, _ = netflux_tables(real_data / "netflux" / "kraeutler_betaAdrenergic_bmcsysbio2010.xlsx")
    signs = {(row.source, row.target): row.sign for row in edges.itertuples()}
    assert (signs[("NE", "B1AR")], signs[("B1ARPG", "B1AR")]) == ("1", "-1")
    assert len(edges) == 33


@pytest.mark.parametrize(
    ("rule", "edges"),
    [
        ("A => B + C", [["A", "B", "1"], ["A", "C", "1"]]),
        ("A !B => C", [["A", "C", "1"], ["B", "C", "-1"]]),
        ("=> A", []),
    ],
)
def test_networks_and_models_take_a_rule_apart_alike(tmp_path, rule, edges):
    assert netflux_tables(rules_of(tmp_path / "net.xlsx", rule))[0].values.tolist() == edges


def test_a_table_that_calls_itself_xls_is_still_read_as_a_table(tmp_path):
    (tmp_path / "net.xls").write_text("source\ttarget\tsign\nA\tB\t1\n")
    assert read_network(tmp_path / "net.xls").edges["target"].tolist() == ["B"]


def test_rules_that_mean_nothing_are_refused_with_their_row(tmp_path):
    with pytest.raises(InputError, match=r"sheet reactions, row 4: rule 'A -> B' has no =>"):
        read_network(rules_of(tmp_path / "net.xlsx", "A => B", "A -> B"))


def test_workbooks_that_are_no_network_are_refused(tmp_path):
    openpyxl.Workbook().save(tmp_path / "empty.xlsx")
    with pytest.raises(InputError, match=r"empty.xlsx has no sheet reactions; it has Sheet. A Netflux workbook has species and reactions"):
        netflux_tables(tmp_path / "empty.xlsx")
    with pytest.raises(InputError, match="no file"):
        netflux_tables(tmp_path / "absent.xlsx")
    with pytest.raises(InputError, match="has no signed edge"):
        read_network(rules_of(tmp_path / "inputs.xlsx", "=> A"))


@pytest.mark.parametrize("rows", [[], [["source", "target"], ["A", "B"]]])
def test_tables_that_lost_their_signs_are_refused(tmp_path, rows):
    with pd.ExcelWriter(tmp_path / "net.xlsx") as book:
        pd.DataFrame(rows).to_excel(book, sheet_name="edges", header=False, index=False)
        pd.DataFrame([["node"], ["A"]]).to_excel(book, sheet_name="nodes", header=False, index=False)
    with pytest.raises(InputError, match="no edge with a sign"):
        read_network(tmp_path / "net.xlsx")


def test_the_workbook_of_a_network_runs(tmp_path):
    rows = [("OSM", "STAT3", 1, 1.0), ("SOCS3", "STAT3", -1, 1.0), ("STAT3", "SOCS3", 1, 0.5)]
    network = Network(pd.DataFrame(rows, columns=["source", "target", "sign", "weight"]))
    model = read_netflux(network.write(tmp_path / "net.xlsx", "netflux"))
    assert [str(reaction) for reaction in model.reactions] == ["=> OSM", "STAT3 => SOCS3", "OSM & !SOCS3 => STAT3"]
    low, high = (model.steady_state(level) for level in (0.2, 0.8))
    assert low["STAT3"] < high["STAT3"] and low["SOCS3"] < high["SOCS3"]
    assert model.steady_state(0.8, ymax={"OSM": 0.0}).max() == pytest.approx(0)


def test_references_of_activator_and_inhibitors_stand_once(tmp_path):
    rows = [("A", "T", 1, "PMID:2;PMID:1"), ("I", "T", -1, "PMID:2;PMID:3"), ("I", "U", -1, "PMID:4")]
    write_netflux(Network(pd.DataFrame(rows, columns=["source", "target", "sign", "references"])), tmp_path / "net.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "net.xlsx")["reactions"].iter_rows(min_row=2, values_only=True))
    column = rows[0].index("ref ID 1")
    cited = {row[2]: row[column] for row in rows[1:]}
    assert (cited["A & !I => T"], cited["!I => U"]) == ("PMID:1;PMID:2;PMID:3", "PMID:4")
