"""The report is one file, complete, and escapes what it shows."""

from __future__ import annotations

import base64
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import jaknet as jn
from jaknet.errors import InputError
from jaknet.reporting.report import report


def test_page_is_self_contained_and_escaped(tmp_path):
    table = pd.DataFrame({"regulator": ["<b>X</b>", "Y"], "statistic": [1.0, -2.0], "p_value": [0.1, 0.01]})
    page = report({"regulators": table}, tmp_path / "r.html", title="a <study>").read_text()
    assert "&lt;b&gt;X" in page
    assert "<title>a &lt;study&gt;</title>" in page
    assert "data:image/png;base64," in page
    assert "http://" not in page
    assert "<script" not in page


def test_long_tables_are_cut_and_say_so(tmp_path):
    page = report({"numbers": pd.DataFrame({"a": range(500)})}, tmp_path / "r.html").read_text()
    assert "500 rows; the first 200 are shown" in page


def test_simulated_data_are_labelled(tmp_path):
    results = SimpleNamespace(tables={"signature": pd.DataFrame()}, manifest={"plan": "x SIMULATED", "seed": 1})
    assert "an example, not evidence" in report(results, tmp_path / "r.html").read_text()


def test_same_results_same_bytes(tmp_path):
    table = pd.DataFrame({"regulator": ["X"], "statistic": [1.0], "p_value": [0.1]})
    pages = [report({"regulators": table}, tmp_path / name).read_bytes() for name in ("a.html", "b.html")]
    assert pages[0] == pages[1]


@pytest.mark.parametrize("bad", [{}, {"x": 3}, [1, 2]])
def test_what_is_no_table_is_refused(bad, tmp_path):
    with pytest.raises(InputError, match=r"report"):
        report(bad, tmp_path / "r.html")
    assert list(tmp_path.iterdir()) == []


def _page(tables, tmp_path, **more) -> str:
    return report(tables, tmp_path / "r.html", **more).read_text(encoding="utf-8")


def _headings(page: str) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", page)


def _arms(drugs=("tofa", "bari")) -> pd.DataFrame:
    rows = [
        {"drug": drug, "dose": "1 nM", "context": "calm", "gene": gene, "polarity": polarity, "predicted": effect,
         "predicted_low": effect - 0.1, "predicted_high": effect + 0.1, "direction": "up", "p_direction": 0.9, "rank": rank}
        for drug in drugs
        for rank, (gene, polarity, effect) in enumerate([("BGLAP", 1, 0.3), ("SOST", -1, -0.2), ("GAPDH", 0, 0.0)], 1)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_sections_come_in_the_order_of_the_line_and_others_as_given(tmp_path):
    names = ["quality", "response", "signature", "ranking", "other"]
    results = SimpleNamespace(tables=dict.fromkeys(names, pd.DataFrame()), manifest={"plan": "s"})
    assert _headings(_page(results, tmp_path)) == ["ranking", "signature", "quality", "response", "How this was made"]
    assert _headings(_page({"b": pd.DataFrame({"x": [1]}), "a": pd.DataFrame({"x": [1]})}, tmp_path)) == ["b", "a"]


def test_known_tables_are_explained_and_own_ones_are_not(tmp_path):
    page = _page({"comparison": pd.DataFrame({"a": [1]}), "mine": pd.DataFrame({"a": [1]})}, tmp_path)
    assert "Does the dataset look like the predicted response" in page
    assert page.split("<h2>mine</h2>")[1].startswith("<div class=scroll>")


def test_a_result_brings_its_table_and_its_manifest(tmp_path):
    from jaknet.provenance import make_manifest

    class Thing:
        provenance = make_manifest("made by hand", {"note": "µ < 1"}, seed=3)

        def to_frame(self) -> pd.DataFrame:
            return pd.DataFrame({"node": ["β-catenin"]})

    page = _page(Thing(), tmp_path)
    assert _headings(page) == ["Thing", "How this was made"]
    assert "β-catenin" in page and "made by hand" in page and "µ &lt; 1" in page
    assert "seed 3" in page
    assert "How this was made" not in _page(pd.DataFrame({"a": [1]}), tmp_path)


def test_numbers_are_short_and_gaps_are_blank(tmp_path):
    page = _page({"t": pd.DataFrame({"x": [1 / 3, np.nan, 1.5e-12]})}, tmp_path)
    assert re.findall(r"<td>(.*?)</td>", page) == ["0.3333", "", "1.5e-12"]


@pytest.mark.parametrize(("rows", "said"), [(200, False), (201, True)])
def test_only_longer_tables_say_that_they_are_cut(tmp_path, rows, said):
    page = _page({"t": pd.DataFrame({"x": np.arange(rows)})}, tmp_path)
    assert page.count("<tr") == 1 + min(rows, 200)
    assert (f"{rows} rows; the first 200 are shown" in page) == said


@pytest.mark.parametrize("drugs", [("tofa",), ("tofa", "bari")])
def test_each_arm_has_its_figure_and_several_share_one(tmp_path, drugs):
    page = _page({"ranking": _arms(drugs)}, tmp_path)
    shared = ["all arms"] if len(drugs) > 1 else []
    assert re.findall(r"<img alt='(.*?)'", page) == [*(f"{drug} 1 nM calm" for drug in drugs), *shared]
    images = [base64.b64decode(image) for image in re.findall(r"base64,([^']*)'", page)]
    assert len(images) == len(drugs) + len(shared)
    assert all(image.startswith(b"\x89PNG") and b"Matplotlib" not in image for image in images)


def test_rankings_are_known_by_their_columns_and_without_arms(tmp_path):
    alone = _arms(("tofa",)).drop(columns=["drug", "dose", "context"])
    assert _page({"mine": alone}, tmp_path).count("<img") == 1
    assert _page({"mine": alone.drop(columns="polarity")}, tmp_path).count("<img") == 0


def test_nothing_marked_has_no_heat_map(tmp_path):
    assert "all arms" not in _page({"ranking": _arms().assign(polarity=0)}, tmp_path)


def test_empty_tables_are_shown_without_figures(tmp_path):
    page = _page({"signature": pd.DataFrame({"gene": [], "p_value": []})}, tmp_path)
    assert "<img" not in page and "<th>gene</th>" in page


def test_enrichment_and_signature_have_figures(tmp_path):
    sets = pd.DataFrame({"term": ["a", "b"], "normalized_score": [1.2, -0.4], "p_value": [0.1, 0.2]})
    sets = sets.assign(by=["observed", "predicted"], about=["IL22 vs Mock", "tofa in calm"], drug=["", "tofa"])
    # What was ranked heads each figure: a dataset is never headed by a drug.
    wanted = ["observed: IL22 vs Mock", "predicted: tofa in calm"]
    assert re.findall(r"<img alt='(.*?)'", _page({"enrichment": sets}, tmp_path)) == wanted
    sig = pd.DataFrame({"gene": ["A"], "log2_fold_change": [1.0], "statistic": [2.0], "p_value": [0.1], "q_value": [0.1]})
    assert re.findall(r"<img alt='(.*?)'", _page({"signature": sig}, tmp_path)) == ["signature"]


def test_quotes_in_captions_do_not_leave_the_attribute(tmp_path):
    rows = _arms(("x' onload='alert(1)",))
    page = _page({"ranking": rows}, tmp_path)
    assert "alt='x&#x27; onload=&#x27;alert(1) 1 nM calm'" in page


def test_title_is_the_given_one_that_of_the_plan_or_a_plain_one(tmp_path):
    table = {"t": pd.DataFrame({"a": [1]})}
    assert "<title>mine</title>" in _page(table, tmp_path, title="mine")
    assert "<title>jaknet report</title>" in _page(table, tmp_path)
    results = SimpleNamespace(tables={}, manifest={"plan": "knee & bone", "network": "toy 1", "seed": 0})
    page = _page(results, tmp_path)
    assert "<h1>knee &amp; bone</h1>" in page and "network toy 1; seed 0</p>" in page
    assert "SIMULATED" not in page


@pytest.mark.parametrize(("bad", "words"), [({}, "mapping is empty. Give results of jaknet.run"), ({"x": 3}, "a int; give a table")])
def test_refusals_say_what_to_give(tmp_path, bad, words):
    with pytest.raises(InputError, match=re.escape(words)):
        report(bad, tmp_path / "r.html")


def test_an_old_report_is_replaced_and_folders_are_made(tmp_path):
    path = tmp_path / "a" / "b" / "größe.html"
    for number in (1, 2):
        assert report({"t": pd.DataFrame({"x": [number]})}, path) == path
    assert "<td>2</td>" in path.read_text(encoding="utf-8")
    assert [item.name for item in path.parent.iterdir()] == ["größe.html"]


def _response_of(*edges):
    net = jn.Network(pd.DataFrame(edges, columns=["source", "target", "sign"]).assign(canonical=1), name="small")
    return jn.perturb(net, jn.activate(edges[0][0]), members=20)


def test_a_response_is_reported_with_its_networks_controls(tmp_path):
    page = report({"one": _response_of(("WNT3A", "CTNNB1", 1)), "two": pd.DataFrame({"a": [1]})}, tmp_path / "r.html").read_text()
    assert "small passes 1 of 1 textbook controls" in page and "100 members" in page
    assert "textbook controls" not in report(pd.DataFrame({"a": [1]}), tmp_path / "r.html").read_text()


def test_a_network_without_kinases_is_reported(tmp_path):
    assert report(_response_of(("IL6", "STAT3", 1)), tmp_path / "r.html").exists()
