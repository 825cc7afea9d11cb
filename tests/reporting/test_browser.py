"""The report in a browser: no errors, tables sort and search, a click lights a route, no overflow on a phone, accessible."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import jaknet as jn
from jaknet.data.registry import bundled_path

pytest.importorskip("selenium", reason="selenium is not installed")
if not (shutil.which("chromium") and shutil.which("chromedriver")):
    pytest.skip("no chromium with chromedriver on this machine", allow_module_level=True)

#: The driver is spoken to over the loopback.
pytestmark = [pytest.mark.allow_hosts(["127.0.0.1", "localhost", "::1"]), pytest.mark.xdist_group("browser")]
_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --window-size=1400,1000"
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with data, of two drugs in two contexts."""
    folder = bundled_path("expression/simulated/counts.tsv.gz").parent
    dataset = {"expression": str(folder / "counts.tsv.gz"), "samples": str(folder / "samples.tsv"), "test": "tofacitinib"}
    plan = {
        "name": "in a browser",
        "drugs": [{"name": "tofacitinib", "dose": "300 nM"}, {"name": "baricitinib", "dose": "100 nM"}],
        "dataset": dataset | {"reference": "vehicle"},
        "settings": {"members": 40, "nulls": 9},
    }
    return jn.run(plan, out=tmp_path_factory.mktemp("page") / "out", progress=False).out / "report.html"


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Any]:
    """Headless Chromium with a profile of its own."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for flag in [*_FLAGS.split(), f"--user-data-dir={tmp_path / 'profile'}"]:
        options.add_argument(flag)
    options.binary_location = shutil.which("chromium") or ""
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(service=webdriver.ChromeService(shutil.which("chromedriver")), options=options)
    driver.set_script_timeout(120)
    yield driver
    driver.quit()


def _open(browser: Any, page: Path, width: int = 1400, dark: bool = False) -> None:
    """Open the page at a width and wait until it is drawn."""
    from selenium.webdriver.support.ui import WebDriverWait

    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    browser.get(page.as_uri())
    WebDriverWait(browser, 60).until(lambda driver: driver.execute_script("return !!window.jaknetNetwork"))


def _first_cells(browser: Any, table: str, field: str) -> list[str]:
    found = browser.execute_script(
        "return [...document.querySelectorAll(`[data-table='${arguments[0]}'] .tabulator-row [tabulator-field='${arguments[1]}']`)]"
        ".map((cell) => cell.textContent)",
        table,
        field,
    )
    return [str(text) for text in found]


def test_nothing_goes_wrong_and_every_chart_is_drawn(browser: Any, page: Path) -> None:
    _open(browser, page)
    assert [entry for entry in browser.get_log("browser") if entry["level"] in {"SEVERE", "WARNING"}] == []
    drawn = "return [...document.querySelectorAll('.chart')].map((chart) => [chart.id, chart.querySelectorAll('.main-svg').length > 0])"
    charts = dict(browser.execute_script(drawn))
    assert len(charts) >= 9 and all(charts.values()), charts


def test_a_table_sorts_and_searches(browser: Any, page: Path) -> None:
    from selenium.webdriver.common.by import By

    _open(browser, page)
    header = browser.find_element(By.CSS_SELECTOR, "[data-table='ranking'] .tabulator-col[tabulator-field='predicted']")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", header)
    header.click()
    values = [float(text) for text in _first_cells(browser, "ranking", "predicted")]
    assert len(values) == 12 and values == sorted(values) and values[0] < 0
    box = browser.find_element(By.CSS_SELECTOR, "[data-search='ranking']")
    box.send_keys("SOCS3")
    assert "SOCS3" in _first_cells(browser, "ranking", "gene")
    routes = zip(_first_cells(browser, "ranking", "gene"), _first_cells(browser, "ranking", "route"), strict=True)
    assert all("SOCS3" in gene or "SOCS3" in route for gene, route in routes)
    box.clear()
    box.send_keys("no such gene")
    assert _first_cells(browser, "ranking", "gene") == []


def test_a_click_on_a_gene_lights_its_route_and_tells_its_evidence(browser: Any, page: Path) -> None:
    _open(browser, page)
    browser.execute_script("jaknetNetwork.getElementById('SOST').emit('tap')")
    lit = browser.execute_script("return jaknetNetwork.edges('.lit').map((edge) => edge.source().id() + ' ' + edge.target().id())")
    told = browser.execute_script("return document.getElementById('evidence').textContent")
    assert lit and any(edge.endswith(" SOST") for edge in lit) and told.startswith("SOST: ")
    assert all(part in told for edge in lit for part in edge.split(" ")) and "acts with probability" in told
    links = browser.execute_script("return [...document.querySelectorAll('#evidence a')].map((link) => link.href)")
    assert links and all(link.startswith("https://") for link in links)
    assert browser.execute_script("return document.getElementById('gene').value") == "SOST"


def test_everything_follows_the_condition(browser: Any, page: Path) -> None:
    _open(browser, page)
    before = _first_cells(browser, "ranking", "predicted")
    browser.execute_script("document.querySelectorAll('input[name=condition]')[1].click()")
    assert _first_cells(browser, "ranking", "predicted") != before
    shown = (
        "return [...document.querySelectorAll('.of-condition')].filter((part) => part.style.display !== 'none')"
        ".map((part) => part.dataset.condition)"
    )
    chosen = browser.execute_script("return document.querySelector('input[name=condition]:checked').value")
    assert browser.execute_script(shown) == [chosen]


@pytest.mark.parametrize("width", [390, 768, 1400])
def test_no_width_overflows(browser: Any, page: Path, width: int) -> None:
    _open(browser, page, width)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_is_accessible(browser: Any, page: Path, dark: bool) -> None:
    pytest.importorskip("axe_core_python", reason="axe-core is not installed")
    _open(browser, page, dark=dark)
    browser.execute_script((files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = browser.execute_async_script("const done = arguments[arguments.length - 1]; axe.run().then(done)")
    assert len(found["passes"]) > 20
    faults = [(fault["impact"], fault["id"], fault["nodes"][0]["html"][:120]) for fault in found["violations"]]
    assert faults == []
