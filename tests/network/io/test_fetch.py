"""Downloads, against a server on this machine."""

from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from jaknet.errors import InputError, OfflineError
from jaknet.network.io.fetch import fetch_collectri, fetch_omnipath, fetch_progeny, fetch_signor

COLLECTRI = "source,target,weight,resources,references,sign_decision\nSTAT3,SOCS3,1,X,12,PMID\nSPI1,BGLAP,1,Y,,default activation\n"
OMNIPATH = (
    "source\ttarget\tsource_genesymbol\ttarget_genesymbol\tis_directed\tis_stimulation\tis_inhibition\tconsensus_direction\t"
    "consensus_stimulation\tconsensus_inhibition\tsources\treferences\n"
    "P1\tP2\tJak1\tStat3\tTrue\tTrue\tFalse\tTrue\tTrue\tFalse\tSIGNOR\tSIGNOR:123\n"
)
# SIGNOR's web service sends 28 columns and no header row.
SIGNOR = "\t".join(
    ["JAK1", "protein", "P23458", "UNIPROT", "STAT3", "protein", "P40763", "UNIPROT", "up-regulates activity", "phosphorylation", "Tyr705"]
    + [""] * 10 + ["7543024", "YES", "", "someone", "", "SIGNOR-1", "0.9"]
)  # fmt: skip
PROGENY = "uniprot\tgenesymbol\tentity_type\tsource\tlabel\tvalue\trecord_id\n" + "".join(
    f"P{record}\t{gene}\tprotein\tPROGENy\t{label}\t{value}\t{record}\n"
    for record, gene, cells in (
        (1, "SOCS3", {"pathway": "JAK-STAT", "weight": "10", "p_value": "1e-9"}),
        (2, "IRF1", {"pathway": "JAK-STAT", "weight": "-5", "p_value": "1e-3"}),
        (3, "AXIN2", {"pathway": "WNT", "weight": "2", "p_value": "0.5"}),
    )
    for label, value in cells.items()
)


@pytest.fixture
def server(socket_enabled):
    """Serve `pages` (start of the path -> text) and note every path asked for."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append(self.path)
            body = next((text for start, text in self.server.pages.items() if self.path.startswith(start)), None)
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write((body or "").encode())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.pages, running.asked = {}, []
        running.url = f"http://127.0.0.1:{running.server_port}"
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def test_collectri_is_fetched_once_and_kept(server, tmp_path):
    server.pages["/records/8192729/files/CollecTRI_regulons.csv"] = COLLECTRI
    networks = [fetch_collectri(server.url, cache=tmp_path) for _ in range(2)]
    assert len(server.asked) == 1
    assert networks[0] == networks[1]
    assert networks[0].edges[["source", "sign_basis"]].values.tolist() == [["SPI1", "default"], ["STAT3", "reported"]]
    assert networks[0].report["sha256"] == hashlib.sha256(COLLECTRI.encode()).hexdigest()
    assert networks[0].report["url"].startswith(server.url)


def test_the_hash_is_checked(server, tmp_path):
    server.pages["/records"] = COLLECTRI
    right = hashlib.sha256(COLLECTRI.encode()).hexdigest()
    assert fetch_collectri(server.url, sha256=right, cache=tmp_path / "a").n_edges == 2
    with pytest.raises(OfflineError, match="whose SHA-256 is not 000"):
        fetch_collectri(server.url, sha256="0" * 64, cache=tmp_path / "b")
    assert not [path for path in (tmp_path / "b").rglob("*") if path.is_file()]


def test_the_cache_folder_can_be_named_by_the_environment(server, tmp_path, monkeypatch):
    monkeypatch.setenv("JAKNET_CACHE", str(tmp_path / "mine"))
    server.pages["/records"] = COLLECTRI
    fetch_collectri(server.url)
    assert (tmp_path / "mine" / "collectri_human.csv").is_file()


def test_omnipath_asks_for_the_species(server, tmp_path):
    server.pages["/interactions"] = OMNIPATH
    network = fetch_omnipath("mouse", server.url, cache=tmp_path)
    assert "organisms=10090" in server.asked[0]
    assert (network.species, network.edges["references"][0]) == ("mouse", "PMID:123")


def test_signor_without_a_header_row(server, tmp_path):
    server.pages["/getData.php"] = SIGNOR + "\n"
    edges = fetch_signor(base_url=server.url, cache=tmp_path).edges
    assert edges[["source", "target", "sign", "references"]].values.tolist() == [["JAK1", "STAT3", 1, "PMID:7543024"]]


def test_progeny_keeps_the_most_significant_genes(server, tmp_path):
    server.pages["/annotations"] = PROGENY
    network = fetch_progeny(1, server.url, cache=tmp_path)
    assert network.edges[["source", "target", "weight"]].values.tolist() == [["JAK-STAT", "SOCS3", 1.0], ["WNT", "AXIN2", 0.2]]
    assert network.report["beyond_top"] == 1


def test_errors_of_the_server_are_offline_errors(server, tmp_path):
    with pytest.raises(OfflineError, match=r"cannot fetch .*HTTPError.*read_network"):
        fetch_signor(base_url=server.url, cache=tmp_path)
    server.pages["/getData.php"] = "<html>maintenance</html>"
    with pytest.raises(InputError, match="no signed edge"):
        fetch_signor(base_url=server.url, cache=tmp_path)


def test_no_server_is_an_offline_error(socket_enabled, tmp_path):
    with pytest.raises(OfflineError, match=r"cannot fetch http://127.0.0.1:9/"):
        fetch_omnipath(base_url="http://127.0.0.1:9", cache=tmp_path)


def test_other_species_are_refused_before_anything_is_asked():
    with pytest.raises(InputError, match="unknown species 'rat'"):
        fetch_signor("rat")
