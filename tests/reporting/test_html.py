"""The report is one file, complete, and escapes what it shows."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from jaknet.errors import InputError
from jaknet.reporting.html import report


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
    results = SimpleNamespace(tables={"signature": pd.DataFrame()}, manifest={"study": "x SIMULATED", "seed": 1})
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
