"""Reading networks of every format, well-formed or not."""

from __future__ import annotations

import gzip

import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from jaknet.errors import InputError, JaknetError, SpeciesError, UnknownNameError
from jaknet.network.io.read import read_network
from jaknet.network.network import Network

NATIVE = "source\ttarget\tsign\nJAK1\tSTAT3\t1\nSOCS3\tJAK1\t-1\n"
SIGNOR_OWN = (
    "ENTITYA\tTYPEA\tIDA\tENTITYB\tTYPEB\tIDB\tEFFECT\tMECHANISM\tRESIDUE\tPMID\n"
    "JAK1\tprotein\tP23458\tSTAT3\tprotein\tP40763\tup-regulates activity\tphosphorylation\tTyr705\t7543024\n"
    "JAK1\tprotein\tP23458\tSTAT3\tprotein\tP40763\tup-regulates\tphosphorylation\tTyr705\t9999999\n"
    "RUNX2\tprotein\tQ13950\tBGLAP\tprotein\tP02818\tup-regulates quantity by expression\ttranscriptional regulation\t\t9182762\n"
    "SOCS3\tprotein\tO14543\tJAK1\tprotein\tP23458\tdown-regulates activity\tbinding\t\t\n"
    "A\tprotein\tX\tB\tprotein\tY\tform complex\tbinding\t\t1\n"
)


def _signs(network: Network) -> dict[tuple[str, str], int]:
    return {(row.source, row.target): row.sign for row in network.edges.itertuples()}


def _write(folder, text: str | bytes, name: str = "net.tsv"):
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    "content",
    [
        NATIVE,
        NATIVE.replace("\t", ","),
        NATIVE.replace("\t", ";"),
        NATIVE.replace("\n", "\r"),
        NATIVE.replace("\n", "\r\n"),
        "\ufeff" + NATIVE,
        NATIVE.encode("utf-16"),
        gzip.compress(NATIVE.encode(), mtime=0),
        NATIVE.replace("\t1\n", "\tactivates\n").replace("-1", "inhibits"),
        NATIVE.replace("\t1\n", "\t+1\n").replace("-1", "-1.0"),
        "# a comment\n\n" + NATIVE + "\n\t\t\n",
        NATIVE.upper().replace("\tSIGN", "\tSign"),
        '"source"\t"target"\t"sign"\n"JAK1"\t"STAT3"\t1\n"SOCS3"\t"JAK1"\t-1\n',
    ],
)
def test_one_network_in_many_disguises(tmp_path, content):
    assert _signs(read_network(_write(tmp_path, content))) == {("JAK1", "STAT3"): 1, ("SOCS3", "JAK1"): -1}


def test_quoted_commas_stay_in_their_cell(tmp_path):
    path = _write(tmp_path, 'source,target,sign,note\nJAK1,STAT3,1,"binds, then phosphorylates"\n', "net.csv")
    assert read_network(path).edges["note"][0] == "binds, then phosphorylates"


def test_decoupler_weights_give_sign_and_size(tmp_path):
    network = read_network(_write(tmp_path, "source,target,weight\nSTAT3,SOCS3,4\nSTAT3,SOST,-2\nSTAT3,JAK1,0\n"))
    assert network.edges[["target", "sign", "weight", "layer"]].values.tolist() == [
        ["SOCS3", 1, 1.0, "transcription"],
        ["SOST", -1, 0.5, "transcription"],
    ]
    assert network.report["unsigned"] == 1


def test_collectri_states_which_signs_were_assumed(tmp_path):
    text = "source,target,weight,resources,references,sign_decision\nSPI1,BGLAP,1,TFactS,,default activation\nSTAT3,SOCS3,1,X,12;13,PMID\n"
    edges = read_network(_write(tmp_path, text)).edges
    assert edges[["sign_basis", "tier", "references"]].values.tolist() == [["default", "C", ""], ["reported", "B", "PMID:12;PMID:13"]]


def test_sif_with_several_targets_a_row(tmp_path):
    for text in ("JAK1 activates STAT3 STAT1\nSOCS3 -| JAK1\nlonely\n", "JAK1\tactivates\tSTAT3\tSTAT1\nSOCS3\t-|\tJAK1\nlonely\n"):
        network = read_network(_write(tmp_path, text, "net.sif"))
        assert _signs(network) == {("JAK1", "STAT3"): 1, ("JAK1", "STAT1"): 1, ("SOCS3", "JAK1"): -1}
    with pytest.raises(InputError, match="no signed edge"):
        read_network(_write(tmp_path, "lonely\n", "net.sif"))


def test_omnipath_web_columns_and_the_consensus(tmp_path):
    header = (
        "source\ttarget\tsource_genesymbol\ttarget_genesymbol\tis_directed\tis_stimulation\tis_inhibition\t"
        "consensus_stimulation\tconsensus_inhibition\tsources\treferences\n"
    )
    rows = (
        "P1\tP2\tJAK1\tSTAT3\tTrue\tTrue\tFalse\tTrue\tFalse\tSIGNOR;KEGG\tSIGNOR:123;KEGG:124\n"
        "P1\tP2\tSOCS3\tJAK1\t1\t1\t1\t0\t1\tA\t\n"
        "P1\tP2\tBOTH1\tJAK1\t1\t1\t1\t1\t1\tA\t\n"
        "P1\tP2\tNONE1\tJAK1\t1\t0\t0\t0\t0\tA\t\n"
    )
    network = read_network(_write(tmp_path, header + rows))
    assert _signs(network) == {("JAK1", "STAT3"): 1, ("SOCS3", "JAK1"): -1}
    assert network.report["unsigned"] == 2
    assert network.edges.set_index("source").loc["JAK1", "references"] == "PMID:123;PMID:124"


def test_signor_own_columns(tmp_path):
    network = read_network(_write(tmp_path, SIGNOR_OWN))
    edges = network.edges.set_index(["source", "target"])
    assert edges.loc[("JAK1", "STAT3"), ["sign", "support_positive", "references"]].tolist() == [1, 2, "PMID:7543024;PMID:9999999"]
    assert edges.loc[("RUNX2", "BGLAP"), "layer"] == "transcription"
    assert edges.loc[("SOCS3", "JAK1"), ["sign", "tier"]].tolist() == [-1, "C"]
    assert (network.report["merged"], network.report["unsigned"], network.report["format"]) == (1, 1, "signor")


def test_signor_complexes_stand_for_no_gene(tmp_path):
    text = SIGNOR_OWN.splitlines()[0] + "\nAMPK\tcomplex\tSIGNOR-C15\tmTORC1\tcomplex\tSIGNOR-C3\tdown-regulates\tbinding\t\t1\n"
    nodes = read_network(_write(tmp_path, text)).nodes.set_index("node")
    assert nodes.loc["AMPK", ["kind", "gene"]].tolist() == ["complex", ""]


def test_mangled_symbols_go_by_uniprot_then_by_the_only_symbol_that_fits(tmp_path):
    text = (
        "source\ttarget\tsign\tmechanism\tresidue\tsource_id\ttarget_id\n"
        "NKX2_5\tHLA_A\t1\tbinding\t\tP52952\tP04439\n"
        "NKX3_2\tANGIOTENSIN_2\t1\tbinding\t\tO99999\tP01019-PRO_1\n"
        "AMPK_C1\tNO_GENE\t-1\tbinding\t\tSIGNOR-C15\tO99998\n"
    )
    network = read_network(_write(tmp_path, text))
    assert set(network.names) == {"NKX2-5", "HLA-A", "NKX3-2", "ANGIOTENSIN_2", "AMPK_C1", "NO_GENE"}
    assert network.report["repaired"] == ["HLA_A -> HLA-A", "NKX2_5 -> NKX2-5", "NKX3_2 -> NKX3-2"]
    assert network.report["unmapped"] == ["NO_GENE"]


@pytest.mark.parametrize("header", ["TF\tgene_symbol\tinteraction\tposition\n", ""])
def test_trrust_with_and_without_header(tmp_path, header):
    rows = "STAT3\tSOCS3\tActivation\t1;2\nSTAT3\tSOST\tRepression\t3\nSTAT3\tJAK1\tUnknown\t4\nSTAT3\tSOCS3\tRepression\t5\n"
    network = read_network(_write(tmp_path, header + rows))
    edges = network.edges.set_index("target")
    assert edges.loc["SOCS3", ["sign", "support_positive", "support_negative", "sign_basis"]].tolist() == [1, 2, 1, "majority"]
    assert edges.loc["SOCS3", ["references", "references_against", "tier"]].tolist() == ["PMID:1;PMID:2", "PMID:5", "B"]
    assert network.report["unsigned"] == 1
    assert network.report["conflicts"] == ["STAT3 -> SOCS3 (transcription): 2 for +, 1 for -, kept +1"]


def test_wikipathways_zero_is_unsigned(tmp_path):
    rows = "IL6\tIL6R\t0\tArrow\tWP1\tx\nIL6\tIL6ST\t1\tmim-binding\tWP1\tx\nIL6\tIL6ST\t1\tmim-binding\tWP2\ty\n"
    text = "source\ttarget\tsign\tarrow\twp\tpathway\n" + rows
    network = read_network(_write(tmp_path, text))
    assert network.report["unsigned"] == 1
    assert network.edges[["resources", "support_positive", "context"]].values.tolist() == [["WikiPathways", 2, "x;y"]]


def test_duplicates_and_contradictions_go_by_the_stated_rule(tmp_path):
    rows = "A1BG\tTP53\t1\tPMID:1\tB\nA1BG\tTP53\t-1\tPMID:2;PMID:3\tB\nA1BG\tTP53\t1\tPMID:1\tA\nJAK1\tTP53\t1\t\tC\nJAK1\tTP53\t-1\t\tC\n"
    path = _write(tmp_path, "source\ttarget\tsign\treferences\ttier\n" + rows)
    by_rule = {rule: read_network(path, on_conflict=rule) if rule != "drop" else None for rule in ("support", "curated", "drop")}
    assert _signs(by_rule["support"]) == {("A1BG", "TP53"): -1}
    assert _signs(by_rule["curated"]) == {("A1BG", "TP53"): 1}
    assert by_rule["support"].edges[["support_positive", "support_negative"]].values.tolist() == [[1, 2]]
    assert by_rule["support"].report["conflicts_dropped"] == ["JAK1 -> TP53 (signaling): 1 for +, 1 for -, left out"]
    with pytest.raises(InputError, match="keeps no edge after its conflicts"):
        read_network(path, on_conflict="drop")


def test_self_loops_and_cycles_are_kept_and_counted(tmp_path):
    network = read_network(_write(tmp_path, "source,target,sign\nSTAT3,STAT3,1\nSTAT3,SOCS3,1\nSOCS3,STAT3,-1\n"))
    assert (len(network), network.report["self_loops"]) == (3, 1)


def test_rows_without_an_end_are_counted(tmp_path):
    network = read_network(_write(tmp_path, "source,target,sign\nJAK1,STAT3,1\nNaN,STAT3,1\nJAK1,,1\n,,\nJAK1,STAT1,NaN\n"))
    assert (network.report["incomplete"], network.report["unsigned"], len(network)) == (3, 1, 1)


def test_excel_dates_become_symbols_again(tmp_path):
    network = read_network(_write(tmp_path, "source,target,sign\n2-Sep,STAT3,1\nJAK1,1-Mar,-1\n"))
    assert {"SEPTIN2", "MARCHF1"} <= set(network.names)
    assert network.report["repaired"] == ["1-Mar -> MARCHF1", "2-Sep -> SEPTIN2"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("source,target,sign\n", "no signed edge"),
        ("a,b,c\n1,2,3\n", "lacks the columns of an edge table"),
        ("source,target\nJAK1,STAT3\n", "lacks the columns"),
        ("source,target,sign\nJAK1,STAT3,2\n", "row 1 JAK1 -> STAT3"),
        ("source,target,sign\nJAK1,STAT3,perhaps\n", "row 1 JAK1 -> STAT3"),
        ("source,target,sign\nJAK1,STAT3,0\n", "no signed edge"),
        ("source,target,weight\nJAK1,STAT3,much\n", "row 1 JAK1 -> STAT3"),
        ("source,target,weight\nJAK1,STAT3,inf\n", "row 1 JAK1 -> STAT3"),
        ("source,target,sign\nJAK1,STAT3,1,9\n", "more cells than columns"),
        ("source,source,target,sign\nJAK1,x,STAT3,1\n", "repeats the column source"),
        (b"\x00\x01\x02", "binary data"),
        (b"source,target,sign\n\xff\xfe,STAT3,1\n", "not text in UTF-8"),
        (b"\x1f\x8bnot gzip", "cannot read"),
        (gzip.compress(NATIVE.encode(), mtime=0)[:-10], "cannot read"),
        ("source,target,sign,layer\nJAK1,STAT3,1,cellar\n", "unknown layer"),
        ("source,target,sign,tier\nJAK1,STAT3,1,Z\n", "unknown tier"),
        ("source,target,sign,weight\nJAK1,STAT3,1,7\n", "weight outside"),
    ],
)
def test_malformed_tables_give_one_clear_error(tmp_path, content, message):
    with pytest.raises(InputError, match=message) as caught:
        read_network(_write(tmp_path, content))
    assert "\n" not in str(caught.value)


def test_folders_missing_files_and_unknown_formats(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        read_network(tmp_path)
    with pytest.raises(InputError, match="no file"):
        read_network(tmp_path / "absent.tsv")
    with pytest.raises(UnknownNameError, match="unknown network format: xml2"):
        read_network(_write(tmp_path, NATIVE), format="xml2")
    with pytest.raises(InputError, match="lacks the columns"):
        read_network(_write(tmp_path, NATIVE), format="trrust")
    for name in ("broken.graphml", "broken.xlsx"):
        with pytest.raises(InputError, match=r"not a? ?readable"):
            read_network(_write(tmp_path, "no markup", name))


def test_a_folder_with_edges_is_a_network(tmp_path):
    _write(tmp_path, NATIVE, "edges.tsv")
    _write(tmp_path, "node\tkind\tgene\tname\nJAK1\tkinase\tJAK1\tJanus kinase 1\n", "nodes.tsv")
    _write(tmp_path, "name: mine\nversion: '2.1'\n", "network.yaml")
    network = read_network(tmp_path)
    assert network.label == "mine 2.1"
    assert network.nodes.set_index("node").loc["JAK1", "kind"] == "kinase"
    _write(tmp_path, "name: [unclosed", "network.yaml")
    with pytest.raises(InputError, match="is not YAML"):
        read_network(tmp_path)


def test_species_is_told_and_mixtures_refused(tmp_path):
    mouse = _write(tmp_path, "source,target,sign\nJak1,Stat3,1\nSocs3,Jak1,-1\n")
    assert read_network(mouse).species == "mouse"
    assert read_network(_write(tmp_path, "source,target,sign\nnode one,node two,1\n")).species == "human"
    mixed = _write(tmp_path, "source,target,sign\nJak1,Stat3,1\nSocs3,Bglap2,-1\nJAK1,STAT3,1\nSOCS3,TP53,1\n")
    with pytest.raises(SpeciesError, match="symbols of two species"):
        read_network(mixed)
    assert len(read_network(mixed, species="human")) == 4


def test_two_hundred_thousand_rows(tmp_path):
    numbers = pd.Series(range(200_000))
    ends = {"source": "g" + (numbers % 700).astype(str), "target": "t" + (numbers // 700).astype(str)}
    table = pd.DataFrame({**ends, "sign": 1 - 2 * (numbers % 2)})
    path = tmp_path / "large.tsv.gz"
    table.to_csv(path, sep="\t", index=False)
    network = read_network(path)
    assert len(network) == 200_000
    assert int(network.edges["sign"].sum()) == 0


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(6)), st.sampled_from(["support", "curated"]))
def test_row_order_changes_nothing(tmp_path_factory, order, rule):
    rows = ["A1BG,TP53,1,PMID:1", "A1BG,TP53,-1,PMID:2", "A1BG,TP53,1,PMID:3", "JAK1,STAT3,1,", "JAK1,STAT3,1,PMID:9", "STAT3,JAK1,-1,"]
    folder = tmp_path_factory.mktemp("orders")
    text = "source,target,sign,references\n"
    plain = read_network(_write(folder, text + "\n".join(rows)), on_conflict=rule)
    mixed = read_network(_write(folder, text + "\n".join(rows[i] for i in order)), on_conflict=rule)
    assert plain == mixed
    assert plain.report["conflicts"] == mixed.report["conflicts"]


WORDS = ["JAK1", "STAT3", "Jak1", "", "NaN", "1", "-1", "0", "2", "activates", "inf", "2-Sep", '"', "a;b", "\ufeff", "-", "1e400"]
ROWS = st.lists(st.lists(st.sampled_from(WORDS) | st.text(max_size=6), max_size=7), max_size=5)
NAMES = """source target sign weight interaction layer tier references support_positive tf gene_symbol arrow wp mechanism
    source_id target_id genesymbol record_id label value entitya entityb effect"""
LAYOUTS = [
    ["source", "target", "sign"],
    ["source", "target", "weight"],
    ["tf", "gene_symbol", "interaction"],
    ["source", "target", "sign", "arrow", "wp"],
    ["source", "target", "sign", "source_id", "target_id", "mechanism"],
    ["source_genesymbol", "target_genesymbol", "is_stimulation", "is_inhibition"],
    ["genesymbol", "record_id", "label", "value"],
]
HEADERS = st.sampled_from(LAYOUTS) | st.lists(st.sampled_from(NAMES.split()), min_size=1, max_size=6)


@settings(max_examples=50, deadline=None)
@given(HEADERS, ROWS, st.sampled_from("\t,;"), st.sampled_from(["\n", "\r"]))
def test_any_table_is_read_or_refused_clearly(tmp_path_factory, header, rows, separator, end):
    text = end.join(separator.join(cells) for cells in [header, *rows])
    path = tmp_path_factory.mktemp("fuzz") / "net.tsv"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        network = read_network(path)
    except JaknetError as error:
        assert str(error)
    else:
        assert len(network) > 0
        assert set(network.edges["sign"]) <= {1, -1}


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["net.tsv", "net.sif", "net.graphml", "net.xlsx", "net.csv"]))
def test_any_bytes_are_read_or_refused_clearly(tmp_path_factory, content, name):
    try:
        network = read_network(_write(tmp_path_factory.mktemp("fuzz"), content, name))
    except JaknetError as error:
        assert str(error)
    else:
        assert len(network) > 0


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("file", "format", "least", "species"),
    [
        ("collectri_human.tsv.gz", "decoupler", 43_000, "human"),
        ("omnipath_2021.tsv.gz", "sif", 19_000, "human"),
        ("signor_human.tsv.gz", "signor", 28_000, "human"),
        ("signor_mouse.tsv.gz", "signor", 24_000, "mouse"),
        ("trrust_human.tsv", "trrust", 4_700, "human"),
        ("trrust_mouse.tsv", "trrust", 4_000, "mouse"),
        ("progeny_human_top500.tsv.gz", "decoupler", 7_000, "human"),
        ("wikipathways_osteo_jak_wnt_edges.tsv", "wikipathways", 600, "human"),
    ],
)
def test_every_resource_is_read_and_nothing_lost_in_silence(real_data, file, format, least, species):
    network = read_network(real_data / "networks" / file)
    report = network.report
    assert (report["format"], network.species) == (format, species)
    assert len(network) >= least
    kept = report["rows"] - report["incomplete"] - report["unsigned"] - report["merged"] - len(report["conflicts_dropped"])
    assert len(network) == kept
