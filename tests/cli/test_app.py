"""The command: exit codes, one message, and help whose examples run."""

from __future__ import annotations

import shlex
from io import StringIO

import pandas as pd
import pytest

from jaknet.cli import predict
from jaknet.cli.app import build_parser, main


def _examples() -> list[str]:
    commands = build_parser()._subparsers._group_actions[0].choices  # type: ignore[union-attr, index]
    return [parser.get_default("example_line") for parser in commands.values()]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A folder in which each example finds the files it names."""
    from jaknet.data.registry import bundled_path

    folder = tmp_path_factory.mktemp("work")
    (folder / "networks" / "osteoblast").mkdir(parents=True)
    (folder / "expression" / "simulated").mkdir(parents=True)
    for name in ("counts.tsv.gz", "samples.tsv"):
        (folder / "expression" / "simulated" / name).write_bytes(bundled_path(f"expression/simulated/{name}").read_bytes())
    rows = bundled_path("networks/osteoblast/facts.tsv").read_text(encoding="utf-8").splitlines()[:12]
    (folder / "networks" / "osteoblast" / "facts.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.mark.filterwarnings("default:(LOW DEPTH|FEW GENES|markers):UserWarning")  # the measured example is shallow
def test_every_example_of_the_help_runs(workplace, monkeypatch, capsys):
    monkeypatch.chdir(workplace)
    examples = _examples()
    assert len(examples) == 23
    assert examples[0].startswith("jaknet run --example")
    main(["network", "export", "osteoblast", "--format", "netflux", "--out", "model.xlsx"])
    for line in examples:
        words = shlex.split(line)[1:]
        if "JAK=0.1" in words:
            words[words.index("JAK=0.1")] = "JAK1=0.1"
        assert main(words) == 0, (line, capsys.readouterr().err)
        if "--example" in words:
            told = capsys.readouterr()
            assert "warning: LOW DEPTH" in told.err and "SEEN in the data, ruxolitinib vs control" in told.out


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("run", "--example"),
        ("run --example simulate", "--example: unknown example: simulate"),
        ("run --example simulated plan.yaml", "give either a plan or --example"),
        ("run absent.yaml", "no plan absent.yaml"),
        ("perturb --members 20", "nothing to do"),
        ("perturb --drug aspirin --dose '1 nM'", "unknown drug: aspirin"),
        ("perturb --drug tofacitinib --dose '1 apple'", "apple"),
        ("perturb --drug tofacitinib", "one dose for each drug"),
        ("perturb --drug upadacitinib --dose '15 mg QD'", "no unbound fraction of upadacitinib was seen"),
        ("perturb --drug baricitinib --dose '4 mg QD Ctrough'", "4 mg QD Cavg, 4 mg QD Cmax"),
        ("drugs show", "needs a drug"),
        ("drugs selectivity aspirin", "unknown drug: aspirin"),
        ("drugs selectivity tofacitinib --dose 100", "dose '100' of tofacitinib is not understood"),
        ("drugs selectivity tofacitinib --network source_study", "no receptor complex"),
        ("drugs day tofacitinib baricitinib --dose '5 mg BID'", "one drug and its regimen"),
        ("drugs day ritlecitinib --dose '50 mg QD'", "binds covalently"),
        ("drugs signal tofacitinib --cytokine IL99", "IL99: no cytokine"),
        ("perturb --inhibit JAK1=lots", "JAK1=0.9"),
        ("perturb --knockout NOTAGENE", "NOTAGENE"),
        ("perturb --knockout JAK1 --context nowhere", "unknown context: nowhere"),
        ("perturb --knockout JAK1 --activate JAK1", "--knockout JAK1 and --activate JAK1: JAK1 is held at both 0.0 and 1.0"),
        ("perturb --knockout OCN --activate BGLAP=0.5", "--knockout OCN and --activate BGLAP=0.5: BGLAP is held at both 0.0 and 0.5"),
        ("perturb --inhibit STAT1 --activate STAT1_latent", "--inhibit STAT1 and --activate STAT1_latent: STAT1_latent is inhibited and"),
        ("perturb --inhibit JAK1=0.5 --inhibit JAK1=0.9", "--inhibit JAK1=0.5 and --inhibit JAK1=0.9: JAK1 is inhibited to both"),
        ("perturb --knockout JAK1 --activate NOTAGENE", "--activate NOTAGENE: unknown node: NOTAGENE"),
        ("perturb --knockout JAK1 --background OSM=-0.5", "--background OSM=-0.5: -0.5 is no level; give 0 to 1"),
        ("perturb --knockout JAK1 --background OSM=nan", "--background OSM=nan: nan is no level"),
        ("perturb --knockout JAK1 --background OSM --background OSM=0.3", "--background OSM and --background OSM=0.3: OSM is held at both"),
        ("perturb --knockout JAK1 --without PMID:999", "--without: unknown reference: PMID:999; no edge of osteoblast 1.0 cites it"),
        ("perturb --knockout JAK1 --without PMID:32051226 --without PMID:999", "unknown reference: PMID:999"),
        ("perturb --knockout JAK1 --context inflamatory", "--context: unknown context: inflamatory"),
        ("perturb --inhibit JAK1=2", "--inhibit: fraction 2.0 for JAK1 is outside [0, 1]"),
        ("perturb --activate OSM=inf", "--activate: level inf for OSM is outside [0, 1]"),
        ("perturb --drug Xeljans --dose '300 nM'", "--drug: unknown drug: Xeljans"),
        ("perturb --drug tofacitinib --dose '1e400 nM'", "--dose: dose '1e400 nM' is not a finite concentration"),
        ("perturb --drug tofacitinib --dose=-5nM", "--dose: dose '-5nM' is negative"),
        ("network show --paths OSM RANKL --length 30", "--length 30: length 30: more than 20,000 walks"),
        ("network show --paths OSM RANKLL", "--paths OSM RANKLL --length 4: unknown node: RANKLL"),
        ("network show absent.tsv", "absent.tsv"),
        ("network export osteoblast", "--out"),
        ("regulators absent.csv", "absent.csv"),
        ("validate absent.tsv", "absent.tsv"),
        ("controls --controls absent.tsv", "absent.tsv"),
        ("controls --network absent.tsv", "absent.tsv"),
        ("netflux absent.xlsx", "absent.xlsx"),
    ],
)
def test_bad_input_exits_2_with_one_message_and_no_file(line, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(line)) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("jaknet: ")
    assert message in error
    assert len(error.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_usage_errors_exit_2():
    with pytest.raises(SystemExit) as stop:
        main(["no-such-command"])
    assert stop.value.code == 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("perturb --knockout JAK1 --context a --context b", "--context is given twice; keep one of them"),
        ("perturb --knockout JAK1 --network x --network y", "--network is given twice"),
        ("netflux model.xlsx --inputs 0.5 --inputs 0.7", "--inputs is given twice"),
        ("perturb --knockout JAK1 --seed -1", "--seed: -1 is not a whole number of at least 0"),
        ("perturb --knockout JAK1 --members 0", "--members: 0 is not a whole number of at least 1"),
        ("perturb --knockout JAK1 --members many", "--members: many is not a whole number"),
        ("rank --knockout JAK1 --nulls -1", "--nulls: -1 is not a whole number"),
        ("network show --paths OSM RANKL --length 0", "--length: 0 is not a whole number of at least 1"),
    ],
)
def test_usage_errors_are_one_line_that_names_the_flag(line, message, capsys):
    with pytest.raises(SystemExit) as stop:
        main(shlex.split(line))
    error = capsys.readouterr().err
    assert stop.value.code == 2
    assert error.startswith(f"jaknet: {message}") and error.count("\n") == 1


def test_a_fault_of_ours_exits_1(monkeypatch, capsys):
    from jaknet.errors import JaknetError

    def fail(_options):
        message = "inside"
        raise JaknetError(message)

    monkeypatch.setattr(predict, "_perturb", fail)
    assert main(["perturb", "--knockout", "JAK1"]) == 1
    assert "inside" in capsys.readouterr().err


def test_init_writes_a_template_once(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["run", "--init", "plan.yaml"]) == 0
    assert main(["run", "--init", "plan.yaml"]) == 2
    assert "exists" in capsys.readouterr().err


def test_perturb_writes_the_promised_columns(tmp_path):
    out = tmp_path / "response.tsv"
    assert main(["perturb", "--drug", "tofacitinib", "--dose", "300 nM", "--members", "30", "--out", str(out)]) == 0
    columns = "node gene kind baseline perturbed effect effect_low effect_high p_up p_down p_none direction p_direction"
    assert list(pd.read_csv(out, sep="\t").columns) == columns.split()


def test_without_leaves_out_the_edges_of_a_paper(tmp_path):
    def effect(*more: str) -> float:
        out = tmp_path / "r.tsv"
        main(["perturb", "--inhibit", "JAK1", "--members", "60", "--out", str(out), *more])
        return float(pd.read_csv(out, sep="\t").set_index("node").loc["CTNNB1", "effect"])

    assert effect() > effect("--without", "PMID:32051226")


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A network of three edges and a place to write to."""
    monkeypatch.chdir(tmp_path)
    rows = [("OSM", "JAK1", 1, "signaling"), ("JAK1", "STAT3", 1, "signaling"), ("STAT3", "SOCS3", 1, "transcription")]
    pd.DataFrame(rows, columns=["source", "target", "sign", "layer"]).assign(tier="A").to_csv("toy.tsv", sep="\t", index=False)
    return tmp_path


def _shown(line: str, capsys) -> pd.DataFrame:
    assert main(shlex.split(line)) == 0
    return pd.read_csv(StringIO(capsys.readouterr().out), sep="\t")


def test_terminal_and_file_hold_the_same_table(toy, capsys):
    line = "perturb --network toy.tsv --inhibit JAK1 --members 20"
    shown = _shown(line, capsys)
    assert main(shlex.split(f"{line} --out deep/r.tsv")) == 0
    assert capsys.readouterr().out == "4 rows written to deep/r.tsv\n"
    pd.testing.assert_frame_equal(pd.read_csv(toy / "deep" / "r.tsv", sep="\t"), shown)


def test_arguments_reach_the_model(toy, capsys):
    from jaknet.network.io.read import read_network
    from jaknet.simulation.perturbations import activate, inhibit
    from jaknet.simulation.response import perturb

    line = "perturb --network toy.tsv --inhibit JAK1=0.5 --background OSM=0.4 --members 17 --seed 5"
    for engine in ("logic", "linear"):
        response = perturb(read_network("toy.tsv"), inhibit("JAK1", 0.5), None, activate("OSM", 0.4), engine, 17, 5)
        shown = _shown(f"{line} --engine {engine}", capsys)
        assert shown["effect"].tolist() == pytest.approx(response.to_frame()["effect"].tolist(), rel=1e-6)
        genes = _shown(f"{line} --engine {engine} --transcripts", capsys)
        assert genes["node"].tolist() == ["SOCS3"]
        assert genes["effect"].tolist() == pytest.approx(response.transcripts()["effect"].tolist(), rel=1e-6)


def test_caveats_of_a_drug_go_to_the_error_stream(capsys):
    assert main(shlex.split("perturb --drug ritlecitinib --dose '50 nM' --members 5 --transcripts")) == 0
    captured = capsys.readouterr()
    assert "note: ritlecitinib binds covalently" in captured.err
    assert "note:" not in captured.out


def test_networks_are_listed_shown_and_written(toy, capsys):
    assert main(["network", "show", "toy.tsv"]) == 0
    shown = capsys.readouterr().out
    assert "layer: signaling 2, transcription 1" in shown and "tier: A 3" in shown
    assert main(shlex.split("network show toy.tsv --paths OSM SOCS3 --length 3")) == 0
    assert "SOCS3" in capsys.readouterr().out.split("lineage")[1]
    assert main(shlex.split("network export toy.tsv --format sif --out toy.sif")) == 0
    assert (toy / "toy.sif").read_text().count("SOCS3") == 1
    assert main(shlex.split("network audit toy.tsv --out audit.tsv")) == 0
    assert (toy / "audit.tsv").exists()


def test_names_drugs_doses_and_contexts_as_people_write_them(capsys):
    line = "perturb --drug {} --dose '{}' --context {} --members 10 --transcripts"
    plain = _shown(line.format("tofacitinib", "300 nM", "inflammatory"), capsys)
    for drug, dose, context in (("Tofacitinib", "300 nmol/L", "Inflammatory"), ("XELJANZ", "0.3 µM", "INFLAMMATORY")):
        pd.testing.assert_frame_equal(_shown(line.format(drug, dose, context), capsys)[["node", "direction"]], plain[["node", "direction"]])
    assert main(shlex.split("perturb --knockout OCN --members 5")) == 0
    told = capsys.readouterr()
    assert "note: OCN is read as BGLAP" in told.err and "\nBGLAP\t" in told.out
    assert main(shlex.split("network show --paths OSM RANKL")) == 0
    assert "TNFSF11" in capsys.readouterr().out
    assert main(shlex.split("drugs show Xeljanz")) == 0
    assert "Drug 'tofacitinib'" in capsys.readouterr().out


CONTROLS = """id\tnodes\tsign\treadout\tmeasure\tdirection
C1\tOSM\t1\tSTAT3\tactivity\tup
C2\tOSM\t1\tSTAT3\tactivity\tdown
"""


def test_controls_of_ones_own_on_a_network_of_ones_own(toy, capsys):
    (toy / "mine.tsv").write_text(CONTROLS)
    pd.read_csv("toy.tsv", sep="\t").assign(canonical=1).to_csv("sure.tsv", sep="\t", index=False)
    line = "controls --network sure.tsv --controls mine.tsv --members 20"
    assert main(shlex.split(f"{line} --out told.tsv")) == 0
    shown = capsys.readouterr().out
    assert "sure passes 1 of 2 textbook controls" in shown and "wrong way: C2" in shown
    assert pd.read_csv("told.tsv", sep="\t")["verdict"].tolist() == ["pass", "wrong way"]
    # Without canonical steps no edge is certain, and fewer than nineteen in twenty members agree.
    assert main(shlex.split(f"{line} --without-canonical --out unsure.tsv")) == 0
    unsure = pd.read_csv("unsure.tsv", sep="\t")
    assert unsure["verdict"].tolist()[0] == "fail" and unsure["share"].tolist()[0] < 0.95
    assert main(shlex.split(f"{line} --engine linear --seed 4")) == 0


def test_reproduce_shows_both_halves_and_writes_them(toy, capsys):
    rows = [("JAK1", "CTNNB1", -1, "signaling", "study"), ("JAK1", "STAT3", 1, "signaling", ""), ("STAT3", "BGLAP", 1, "transcription", "")]
    edges = pd.DataFrame(rows, columns=["source", "target", "sign", "layer", "study"])
    edges.assign(canonical=1).to_csv("bone.tsv", sep="\t", index=False)
    assert main(shlex.split("reproduce --network bone.tsv --members 12 --out claims")) == 0
    shown = capsys.readouterr().out
    assert "given the study" in shown and "without it" in shown and "outside a gene network: " in shown
    assert "agrees 1.00" in shown and "disagrees 0.00 (+0.00)" in shown
    table = pd.read_csv(toy / "claims" / "claims.tsv", sep="\t").set_index("id")
    assert set(table.loc["S002", "agreement_given"]) == {"agrees"} and set(table.loc["S002", "agreement_without"]) == {"disagrees"}


def test_netflux_levels_by_number_and_by_name(toy, capsys):
    assert main(shlex.split("network export toy.tsv --format netflux --out model.xlsx")) == 0
    capsys.readouterr()
    low, high = (_shown(f"netflux model.xlsx --inputs OSM={level}", capsys).set_index("species")["steady_state"] for level in (0.2, 0.8))
    assert low["OSM"] == pytest.approx(0.2, abs=1e-6) and high["OSM"] == pytest.approx(0.8, abs=1e-6)
    for given, told in (
        ("--inputs 0.5 0.7", "--inputs 0.5 0.7: give one level for every input"),
        ("--inputs 0.5 OSM=0.7", "--inputs 0.5 OSM=0.7: give one level for every input"),
        ("--inputs OSM=0.5 OSM=0.7", "--inputs OSM=0.7: OSM is given twice"),
        ("--inputs lots", "--inputs lots is no level between 0 and 1"),
        ("--ymax JAK1", "--ymax JAK1 is not NODE=NUMBER"),
    ):
        assert main(shlex.split(f"netflux model.xlsx {given}")) == 2
        assert told in capsys.readouterr().err
    cut = _shown("netflux model.xlsx --inputs OSM=0.8 --ymax JAK1=0.5", capsys).set_index("species")["steady_state"]
    assert cut["JAK1"] == pytest.approx(high["JAK1"] / 2, abs=1e-6)


def test_warnings_are_one_line_on_the_error_stream(monkeypatch, capsys):
    import warnings

    def warn(_options):
        warnings.warn("shallow", UserWarning, stacklevel=1)

    monkeypatch.setattr(predict, "_perturb", warn)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert main(["perturb", "--knockout", "JAK1"]) == 0
    assert capsys.readouterr().err == "warning: shallow\n"


def test_version_is_that_of_the_package(capsys):
    from jaknet import __version__

    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"jaknet {__version__}\n"


def test_a_failing_disk_exits_2_and_other_faults_are_not_hidden(monkeypatch, capsys):
    def fail(error):
        def work(_options):
            raise error

        return work

    monkeypatch.setattr(predict, "_perturb", fail(PermissionError("no entry")))
    assert main(["perturb"]) == 2
    assert "PermissionError: no entry" in capsys.readouterr().err
    monkeypatch.setattr(predict, "_perturb", fail(ZeroDivisionError("ours")))
    with pytest.raises(ZeroDivisionError):
        main(["perturb"])
