"""The report is one file that opens offline, says the answer and what speaks against it, and escapes what it shows."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import jaknet as jn
from jaknet.errors import InputError
from jaknet.reporting import report as module
from jaknet.reporting.report import CHARTS, VENDORED, report
from jaknet.reporting.words import load_words


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> jn.Results:
    """A prediction for two drugs in two contexts."""
    drugs = [{"name": "tofacitinib", "dose": "300 nM"}, {"name": "baricitinib", "dose": "100 nM"}]
    plan = {"name": "two <drugs>", "drugs": drugs, "contexts": ["steady_state", "inflammatory"], "settings": {"members": 40, "nulls": 9}}
    return jn.run(plan, out=tmp_path_factory.mktemp("run") / "out", progress=False)


def _page(given: object, folder: Path, **more: str) -> str:
    return report(given, folder / "r.html", **more).read_text(encoding="utf-8")


def _data(page: str) -> dict:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found.group(1))


def _headings(page: str) -> list[str]:
    return re.findall(r"<h2 id=\"[^\"]*\">(.*?)</h2>", page)


def test_the_page_needs_nothing_but_itself(results: jn.Results) -> None:
    page = (results.out / "report.html").read_text(encoding="utf-8")
    body = page.split("<script>")[0]
    # Links lead to papers and genes; nothing is loaded from anywhere.
    assert not re.search(r"<(?:link|img|iframe|script)[^>]*(?:src|href)=|@import|url\(\s*['\"]?http", body)
    assert "<title>two &lt;drugs&gt;</title>" in page and (results.out / "report.html").stat().st_size < 4e6


def test_vendored_files_are_the_ones_that_were_vendored() -> None:
    folder = Path(module.__file__).parent / "static"
    assert {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in VENDORED} == VENDORED
    said = (folder / "README.md").read_text(encoding="utf-8")
    assert all(name in said for name in VENDORED) and len(list(folder.glob("*.LICENSE"))) == 3


def test_cells_cannot_leave_the_data(tmp_path: Path) -> None:
    table = pd.DataFrame({"regulator": ["</script><script>alert(1)</script>", "Y & <b>"], "p_value": [0.1, 0.01]})
    page = _page({"x' onload='y": table}, tmp_path, title="a <study>")
    around = page.split('id="data">')[0]
    assert "<title>a &lt;study&gt;</title>" in around and "onload='y" not in around and "<script>alert" not in page
    assert _data(page)["tables"]["x' onload='y"]["rows"][0][0] == "</script><script>alert(1)</script>"


def test_the_answer_is_what_the_tables_say(results: jn.Results) -> None:
    page = (results.out / "report.html").read_text(encoding="utf-8")
    assert "Which genes that make or break bone does tofacitinib 300 nM or baricitinib 100 nM move in osteoblasts" in page
    data, response = _data(page), results.tables["response"]
    assert [item["id"] for item in data["conditions"]] == list(data["answers"])
    for condition in data["conditions"]:
        rows = response[(response[["drug", "dose", "context"]] == [condition[name] for name in ("drug", "dose", "context")]).all(axis=1)]
        cards = {card["head"]: card for card in data["answers"][condition["id"]]["cards"]}
        for head, quantity, node in (("Osteocalcin (BGLAP)", "transcript", "BGLAP"), ("Beta-catenin activity", "activity", "CTNNB1")):
            row = rows[(rows["quantity"] == quantity) & (rows["node"] == node)].iloc[0]
            word = {"up": "rises", "down": "falls", "none": "does not move", "unsure": "may go either way"}[row["direction"]]
            assert cards[head]["answer"] == word and f"rises {row['p_up']:.0%}" in cards[head]["text"]
        effects = results.tables["net_effects"].merge(pd.DataFrame([condition]), on=["drug", "dose", "context"]).query("process == 'all'")
        given, without = effects.to_dict("records")
        assert f"builds bone {given['p_anabolic']:.0%}" in cards["Net effect on these genes"]["text"]
        told = " ".join(data["answers"][condition["id"]]["against"])
        assert f"without the source study: builds bone {without['p_anabolic']:.0%}" in told
        rises = cards["Osteocalcin (BGLAP)"]["answer"] == "rises"
        assert ("found that osteocalcin rises" in told) != rises


def test_experiments_against_a_bone_gene_are_said_at_once(results: jn.Results) -> None:
    table = results.tables["experiments"]
    rows = table[(table["drug"] == "tofacitinib") & (table["speaks"] == "against") & table["same_nodes"]]
    marked = set(results.tables["ranking"].query("polarity != 0")["gene"])
    told = _data((results.out / "report.html").read_text(encoding="utf-8"))["answers"]
    for context, part in rows[rows["gene"].isin(marked)].groupby("context"):
        (line,) = [line for line in told[f"tofacitinib 300 nM {context}"]["against"] if "found something else" in line]
        assert all(f"{row.gene} {row.direction}" in line for row in part.itertuples())


def test_the_network_holds_every_route_with_its_evidence(results: jn.Results) -> None:
    network = _data((results.out / "report.html").read_text(encoding="utf-8"))["network"]
    routes = results.tables["routes"]
    for name, genes in network["routes"].items():
        rows = routes[(routes["drug"] + " " + routes["dose"] + " " + routes["context"]) == name]
        assert set(genes) == set(rows["gene"])
        for gene in ("SOCS3", "BGLAP"):
            walked = [(network["edges"][place]["source"], network["edges"][place]["target"]) for place in genes[gene]]
            assert walked == list(rows.loc[rows["gene"] == gene, ["source", "target"]].itertuples(index=False, name=None))
    names = {node["id"] for node in network["nodes"]}
    assert {edge["source"] for edge in network["edges"]} | {edge["target"] for edge in network["edges"]} == names
    ranking = results.tables["ranking"].query("drug == 'tofacitinib' and context == 'inflammatory'").set_index("gene")["direction"]
    assert network["change"]["tofacitinib 300 nM inflammatory"]["SOCS3"] == ranking["SOCS3"]


def test_tables_hold_their_rows_in_words(results: jn.Results) -> None:
    data, words = _data((results.out / "report.html").read_text(encoding="utf-8")), load_words()
    for name, table in results.tables.items():
        if name == "routes":
            continue
        shown = data["tables"][name]
        fields = [column["field"] for column in shown["columns"]]
        assert set(fields) | set(words.hidden.get(name, ())) == set(table) and shown["heading"] == words.tables[name]["heading"]
        inside = table[table["in_network"]] if name == "ranking" else table
        assert len(shown["rows"]) == shown["total"] == len(inside)
        unknown = [field for field in fields if field not in words.columns]
        assert unknown == [], (name, unknown)


def test_numbers_gaps_and_truth_values_are_plain_json(tmp_path: Path) -> None:
    table = pd.DataFrame({"x": [1 / 3, np.nan, np.inf], "n": [1, 2, 3], "is": [True, False, True], "s": ["a", None, "β"]})
    shown = _data(_page({"t": table}, tmp_path))["tables"]["t"]
    assert shown["rows"] == [[0.33333, 1, "yes", "a"], [None, 2, "no", None], [None, 3, "yes", "β"]]
    assert [column["number"] for column in shown["columns"]] == [True, True, False, False]


def test_only_the_largest_tables_are_cut_and_say_so(tmp_path: Path) -> None:
    genes = pd.DataFrame({"gene": [f"G{k}" for k in range(5000)], "log2_fold_change": 1.0, "p_value": np.linspace(1, 0.001, 5000)})
    page = _page({"signature": genes, "mine": genes}, tmp_path)
    data = _data(page)["tables"]
    assert len(data["mine"]["rows"]) == 5000 and len(data["signature"]["rows"]) == 3000
    assert data["signature"]["rows"][0][0] == "G4999" and "5000 rows; the first 3000 are here, signature.tsv has all" in page


def test_sections_come_in_the_order_of_the_page_and_others_as_given(tmp_path: Path) -> None:
    names = ["quality", "response", "signature", "ranking", "other"]
    given = SimpleNamespace(tables=dict.fromkeys(names, pd.DataFrame()), manifest={"plan": "s"})
    known = [load_words().tables[name]["heading"] for name in load_words().tables if name in names]
    assert _headings(_page(given, tmp_path)) == ["Overview", *known, "other", "How this was made"]
    own = {"b": pd.DataFrame({"x": [1]}), "a": pd.DataFrame({"x": [1]})}
    assert _headings(_page(own, tmp_path)) == ["Overview", "b", "a", "How this was made"]


def test_charts_stand_where_their_table_is(tmp_path: Path) -> None:
    page = _page({"signature": pd.DataFrame({"gene": ["A"], "p_value": [0.1]}), "mine": pd.DataFrame({"a": [1]})}, tmp_path)
    assert re.findall(r'id="chart-(\w+)"', page) == [chart for chart, _ in CHARTS["signature"]]
    assert "plotly.js" in page and "plotly.js" not in _page({"mine": pd.DataFrame({"a": [1]})}, tmp_path)


def test_simulated_data_are_labelled(tmp_path: Path) -> None:
    given = SimpleNamespace(tables={"signature": pd.DataFrame()}, manifest={"plan": "x SIMULATED", "seed": 1})
    assert "an example, not evidence" in _page(given, tmp_path)


def test_warnings_notes_and_conclusions_come_first(tmp_path: Path) -> None:
    manifest = {"plan": "p", "warnings": ["LOW DEPTH < 1"], "notes": ["a note"], "conclusion": ["SEEN: this"], "controls": "58 of 68"}
    page = _page(SimpleNamespace(tables={"t": pd.DataFrame({"a": [1]})}, manifest=manifest), tmp_path)
    first = page.split("</section>")[0]
    assert first.index("LOW DEPTH &lt; 1") < first.index("SEEN: this") < first.index("58 of 68") < first.index("a note")


def test_how_it_was_made_is_said_in_sentences_and_tables(results: jn.Results) -> None:
    page = (results.out / "report.html").read_text(encoding="utf-8")
    made = page.split("How this was made</h2>")[1]
    assert "40 models whose wiring is drawn by the\n  evidence" in made and "9 networks rewired" in made and "Adam S et al." in made
    assert "gseapy: Fang Z" in made and "PyDESeq2" not in made.split("Versions")[0]
    for key, value in (("settings members", "40"), ("drugs 2 dose", "100 nM"), ("pandas", pd.__version__)):
        assert f'<th scope="row">{key}</th><td>{value}</td>' in made


def test_a_result_brings_its_table_and_its_manifest(tmp_path: Path) -> None:
    from jaknet.provenance import make_manifest

    class Thing:
        provenance = make_manifest("made by hand", {"note": "µ < 1"}, seed=3)

        def to_frame(self) -> pd.DataFrame:
            return pd.DataFrame({"node": ["β-catenin"]})

    page = _page(Thing(), tmp_path)
    assert _headings(page) == ["Overview", "Thing", "How this was made"]
    assert "β-catenin" in page and "µ &lt; 1" in page and "seed 3" in page


def test_same_results_same_bytes(tmp_path: Path, results: jn.Results) -> None:
    pages = [report(results, tmp_path / name).read_bytes() for name in ("a.html", "b.html")]
    assert pages[0] == pages[1] == (results.out / "report.html").read_bytes()


def test_title_is_the_given_one_that_of_the_plan_or_a_plain_one(tmp_path: Path) -> None:
    table = {"t": pd.DataFrame({"a": [1]})}
    assert "<title>mine</title>" in _page(table, tmp_path, title="mine")
    assert "<title>jaknet report</title>" in _page(table, tmp_path)
    page = _page(SimpleNamespace(tables={}, manifest={"plan": "knee & bone", "network": "toy 1", "seed": 0}), tmp_path)
    assert "<h1>knee &amp; bone</h1>" in page and "network toy 1; seed 0</p>" in page and "SIMULATED" not in page


@pytest.mark.parametrize(
    ("bad", "words"),
    [({}, "mapping is empty. Give results of jaknet.run"), ({"x": 3}, "a int; give a table"), ([1, 2], "a list; give a table")],
)
def test_what_is_no_table_is_refused_and_nothing_written(bad: object, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape(words)):
        report(bad, tmp_path / "r.html")
    assert list(tmp_path.iterdir()) == []


def test_an_old_report_is_replaced_and_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "größe.html"
    for number in (1, 2):
        assert report({"t": pd.DataFrame({"x": [number]})}, path) == path
    assert _data(path.read_text(encoding="utf-8"))["tables"]["t"]["rows"] == [[2]]
    assert [item.name for item in path.parent.iterdir()] == ["größe.html"]


def _response_of(*edges: tuple[str, str, int]) -> jn.Response:
    net = jn.Network(pd.DataFrame(edges, columns=["source", "target", "sign"]).assign(canonical=1), name="small")
    return jn.perturb(net, jn.activate(edges[0][0]), members=20)


def test_a_response_is_reported_with_its_networks_controls(tmp_path: Path) -> None:
    page = _page({"one": _response_of(("WNT3A", "CTNNB1", 1)), "two": pd.DataFrame({"a": [1]})}, tmp_path)
    assert "small passes 1 of 1 textbook controls" in page and "100 members" in page
    assert "textbook controls" not in _page(pd.DataFrame({"a": [1]}), tmp_path)


def test_a_network_without_kinases_is_reported(tmp_path: Path) -> None:
    assert report(_response_of(("IL6", "STAT3", 1)), tmp_path / "r.html").exists()
