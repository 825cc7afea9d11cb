"""Every result shows itself in a notebook, and what it says cannot become markup."""

from __future__ import annotations

import pandas as pd
import pytest

import jaknet as jn
from jaknet.genes.mapping import map_identifiers
from jaknet.shown import notebook_html


def test_text_is_escaped_and_long_tables_are_cut():
    page = notebook_html("a < b\n<script>", pd.DataFrame({"x": range(12)}), rows=3)
    assert "<b>a &lt; b</b><br>&lt;script&gt;" in page
    assert page.count("<tr") == 4 and "3 of 12 rows" in page
    assert "rows" not in notebook_html("a", pd.DataFrame({"x": [1]}))
    assert notebook_html("a", pd.DataFrame()) == "<p><b>a</b></p>"


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: jn.load_context("inflammatory"), ["inflammatory", "TNF", "input"]),
        (lambda: jn.Context("<b>", clamps={"TNF": 0.5}), ["&lt;b&gt;", "clamp"]),
        (lambda: jn.load_drug("tofacitinib").at("300 nM"), ["tofacitinib 300 nM", "JAK1"]),
        (lambda: jn.load_drug("tofacitinib"), ["tofacitinib", "potency_nM"]),
        (lambda: jn.load_example("simulated"), ["simulated", "<th>sample</th>"]),
        (lambda: jn.load_example("simulated").expression, ["genes x 8 samples", "treatment"]),
        (lambda: jn.Expression(pd.DataFrame({"s": [1]}, index=["SOST"])), ["1 genes x 1 samples", "SOST"]),
        (lambda: jn.check_quality(jn.load_example("simulated").expression), ["8 samples", "library_size"]),
        (lambda: map_identifiers(["Bglap", "nonsense"]), ["1 of 2 identifiers", "nonsense"]),
        (lambda: jn.check_selectivity(["tofacitinib"]), ["tofacitinib", "spearman"]),
        (lambda: jn.validate("osteoblast", jn.load_facts().head(12), members=10), ["accuracy", "paper_id"]),
    ],
)
def test_each_noun_shows_what_it_is(made, words):
    page = made()._repr_html_()
    for word in words:
        assert word in page


def test_each_result_names_a_figure_that_is_there():
    for noun in (jn.Response, jn.Ranking, jn.Signature, jn.Enrichment, jn.Validation, jn.Network, jn.Drug):
        assert callable(getattr(jn.plot, noun._figure))
