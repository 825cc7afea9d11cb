"""The whole line: it runs, resumes, cleans up, and reproduces itself to the byte."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from markupsafe import escape

import jaknet as jn
from jaknet import pipeline
from jaknet.pipeline import run

SMALL = {
    "name": "small",
    "drugs": [{"name": "tofacitinib", "dose": "300 nM"}],
    "contexts": ["inflammatory"],
    "settings": {"members": 60, "nulls": 9},
}
FILES = {"controls.tsv", "response.tsv", "ranking.tsv", "routes.tsv", "experiments.tsv", "net_effects.tsv", "enrichment.tsv"}
FILES |= {"selectivity.tsv", "dose_response.tsv", "report.html", "manifest.json", "plan.yaml"}
WITH_DATA = FILES | {"signature.tsv", "quality.tsv", "regulators.tsv", "comparison.tsv"}


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """The simulated example with few members, run once."""
    plan = pipeline.example_plan("simulated")
    small = plan.settings.model_copy(update={"members": 60, "nulls": 9})
    return run(plan.model_copy(update={"settings": small}), out=tmp_path_factory.mktemp("example") / "out", progress=False)


def test_example_writes_every_promised_file(example):
    assert {path.name for path in example.out.iterdir()} == WITH_DATA
    arms = example.tables["ranking"][["drug", "context"]].drop_duplicates()
    assert len(arms) == 4


def test_example_says_it_is_simulated_everywhere(example):
    assert "SIMULATED" in example.manifest["plan"]
    assert "an example, not evidence" in (example.out / "report.html").read_text()
    assert "SIMULATED" in example.summary()


def test_example_finds_the_simulated_truth(example):
    truth = jn.load_example("simulated").truth
    merged = example.tables["signature"].merge(truth, on="gene", suffixes=("", "_true"))
    true = merged[merged["log2_fold_change_true"].abs() > 0.5]
    assert len(true) >= 10
    agree = (true["log2_fold_change"] * true["log2_fold_change_true"] > 0).mean()
    assert agree > 0.9


def test_what_was_seen_is_said_last_and_apart_from_what_is_predicted(example, prediction):
    seen, predicted = example.summary().splitlines()[-2:]
    assert example.manifest["conclusion"] == [seen, predicted]
    page = (example.out / "report.html").read_text(encoding="utf-8")
    assert escape(seen) in page and escape(predicted) in page
    # The sentence is about the tables beside it.
    ranking, regulators = example.tables["ranking"], example.tables["regulators"]
    agreeing = ranking.loc[ranking["agreement"] == "agrees", "gene"].nunique()
    clear = ranking.loc[ranking["agreement"].isin(["agrees", "disagrees"]), "gene"].nunique()
    assert f"{agreeing} of {clear} as predicted" in seen
    for name in regulators.loc[regulators["q_value"] <= 0.05, "regulator"].head(5):
        assert name in seen
    assert "verdict: like tofacitinib 300 nM steady_state" in seen
    bone = ranking[ranking["polarity"] != 0].drop_duplicates("gene")
    assert f"Of {len(bone)} such genes {bone['observed'].notna().sum()} were measured" in predicted
    assert "conclusion" in prediction.manifest and prediction.manifest["conclusion"] == []


def test_no_q_is_below_its_p(example):
    pairs = []
    for name, table in example.tables.items():
        for q_name in [column for column in table if column.startswith("q_") or column.endswith("q_value")]:
            p_name = q_name.replace("q_value", "p_value").replace("q_conj", "p_conj")
            if p_name in table:
                both = table[[p_name, q_name]].astype(float).dropna()
                pairs.append((name, q_name))
                assert (both[q_name] >= both[p_name]).all(), (name, q_name)
                assert (both > 0).all(axis=None), (name, q_name)
    assert {name for name, _ in pairs} >= {"signature", "regulators", "ranking", "enrichment"}
    assert {("ranking", "topology_q_value"), ("ranking", "observed_null_q_value"), ("ranking", "q_conjunction")} <= set(pairs)


def test_manifest_names_what_was_used(example):
    manifest = json.loads((example.out / "manifest.json").read_text())
    assert manifest["network"].startswith("osteoblast ")
    assert {"network", "expression", "samples"} <= set(manifest["inputs"])
    assert manifest["seed"] == 0
    assert set(manifest["steps"]) == {name for name in WITH_DATA if name.endswith(".tsv")}


@pytest.fixture(scope="module")
def prediction(tmp_path_factory):
    """A run without data."""
    return run(SMALL, out=tmp_path_factory.mktemp("prediction") / "out", progress=False)


def test_prediction_alone_needs_no_data(prediction):
    assert {path.name for path in prediction.out.iterdir()} == FILES


def test_same_seed_same_bytes(prediction, tmp_path):
    again = run(SMALL, out=tmp_path / "again", progress=False)
    for name in sorted(FILES):
        assert (again.out / name).read_bytes() == (prediction.out / name).read_bytes(), name


def _forbid(monkeypatch, *names: str) -> None:
    """Let a run fail if it makes one of these tables."""

    def fail(name: str):
        return lambda **inputs: pytest.fail(f"{name} was made again")

    steps = tuple(step._replace(make=fail(step.name)) if step.name in names else step for step in pipeline.STEPS)
    monkeypatch.setattr(pipeline, "STEPS", steps)


def test_rerun_reuses_what_is_whole_and_remakes_what_is_not(tmp_path, monkeypatch):
    run(SMALL, out=tmp_path / "out", progress=False)
    (tmp_path / "out" / "enrichment.tsv").write_text("damaged")
    _forbid(monkeypatch, "ranking", "response")
    again = run(SMALL, out=tmp_path / "out", progress=False)
    assert "term" in again.tables["enrichment"]
    with pytest.raises(pytest.fail.Exception):
        run({**SMALL, "settings": {"members": 61, "nulls": 9}}, out=tmp_path / "out", progress=False)


def test_an_edited_bundled_table_is_not_answered_from_old_files(tmp_path, monkeypatch):
    run(SMALL, out=tmp_path / "out", progress=False)
    monkeypatch.setattr(pipeline, "registry_digest", lambda: "another")
    _forbid(monkeypatch, "response")
    with pytest.raises(pytest.fail.Exception, match="response was made again"):
        run(SMALL, out=tmp_path / "out", progress=False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"drugs": [{"name": "aspirin", "dose": "1 nM"}]}, "aspirin"),
        ({"drugs": [{"name": "tofacitinib", "dose": "3 apples"}]}, "apples"),
        ({"contexts": ["space"]}, "space"),
        ({"enrichment": {"gene_sets": "absent.gmt"}}, r"absent\.gmt"),
    ],
)
def test_bad_input_leaves_nothing_behind(change, message, tmp_path):
    with pytest.raises(jn.InputError, match=message):
        run({**SMALL, **change}, out=tmp_path / "out", progress=False)
    assert list(tmp_path.iterdir()) == []


def test_late_bad_input_removes_what_was_written(tmp_path):
    (tmp_path / "odd.gmt").write_text("SET\tnone\tNOT_A_GENE\tNOR_THIS\n")
    plan = {**SMALL, "enrichment": {"gene_sets": str(tmp_path / "odd.gmt")}}
    with pytest.raises(jn.OverlapError):
        run(plan, out=tmp_path / "out", progress=False)
    assert not (tmp_path / "out").exists()


@pytest.mark.real_data
def test_t84_il22_puts_stat3_first(real_data, tmp_path):
    folder = real_data / "expression"
    plan = {
        **SMALL,
        "dataset": {
            "expression": str(folder / "t84_il22_counts.tsv.gz"),
            "samples": str(folder / "t84_il22_samples.tsv"),
            "test": "IL22",
            "reference": "Mock",
            "subset": {"time": "3h"},
        },
        "regulators": {"network": str(real_data / "networks" / "collectri_human.tsv.gz")},
    }
    with pytest.warns(UserWarning, match="markers RUNX2, SP7.*BGLAP are below 1 per million") as said:
        results = run(plan, out=tmp_path / "out", progress=False)
    assert results.tables["regulators"]["regulator"][0] == "STAT3"
    (doubt,) = results.manifest["warnings"]
    assert [str(line.message) for line in said] == [doubt]
    assert f"WARNING: {doubt}" in results.summary() and escape(doubt) in (results.out / "report.html").read_text(encoding="utf-8")
    samples = pd.read_csv(folder / "t84_il22_samples.tsv", sep="\t")
    assert results.tables["quality"]["sample"].tolist() == sorted(samples.loc[samples["time"] == "3h", "sample"])


@pytest.mark.real_data
def test_mouse_bone_ranks_osteocyte_genes_up(real_data, tmp_path):
    folder = real_data / "expression"
    plan = {
        **SMALL,
        "dataset": {
            "expression": str(folder / "mouse_bone_osteocyte_enriched_counts.tsv.gz"),
            "samples": str(folder / "mouse_bone_osteocyte_enriched_samples.tsv"),
            "species": "mouse",
            "factor": "condition",
            "test": "osteocyte_enriched",
            "reference": "with_marrow",
        },
    }
    results = run(plan, out=tmp_path / "out", progress=False)
    change = results.tables["ranking"].set_index("gene")["observed"]
    assert (change[["BGLAP", "SOST", "DMP1"]] > 1).all()
    assert "mapped" in json.dumps(results.manifest["dropped"])
    with pytest.raises(jn.SpeciesError):
        run({**plan, "dataset": {**plan["dataset"], "species": "human"}}, out=tmp_path / "wrong", progress=False)
    assert not (tmp_path / "wrong").exists()
    assert isinstance(results.tables["signature"], pd.DataFrame)


def _tsv(path):
    return pd.read_csv(path, sep="\t")


def test_tables_are_what_the_functions_say(prediction):
    network = jn.load_network("osteoblast")
    response = jn.perturb(network, jn.load_drug("tofacitinib").at("300 nM"), context="inflammatory", members=60)
    table = prediction.tables["response"]
    assert table["quantity"].unique().tolist() == ["activity", "transcript"]
    for quantity, frame in (("activity", response.to_frame()), ("transcript", response.transcripts())):
        rows = table[table["quantity"] == quantity].reset_index(drop=True)
        assert rows["node"].tolist() == frame["node"].tolist()
        assert rows["effect"].tolist() == pytest.approx(frame["effect"].tolist(), rel=1e-6, abs=1e-12)
    assert set(table["drug"]) == {"tofacitinib"} and set(table["dose"]) == {"300 nM"} and set(table["context"]) == {"inflammatory"}


def test_controls_and_net_effects_are_what_the_functions_say(prediction):
    network = jn.load_network("osteoblast")
    check = jn.check_controls(network, members=60)
    assert prediction.tables["controls"]["verdict"].tolist() == check.to_frame()["verdict"].tolist()
    assert prediction.manifest["controls"] == check.summary()
    assert check.summary().split(";")[0] in (prediction.out / "report.html").read_text(encoding="utf-8")
    response = jn.perturb(network, jn.load_drug("tofacitinib").at("300 nM"), context="inflammatory", members=60)
    net = jn.rank(response, nulls=0).net_effects
    both = prediction.tables["net_effects"]
    found = both[both["study"] == "given the source study"]
    assert found["process"].tolist() == net["process"].tolist() and found["process"].iloc[0] == "all"
    assert found["median"].tolist() == pytest.approx(net["median"].tolist(), rel=1e-6, abs=1e-9)
    alone = jn.perturb(network.without_study(), jn.load_drug("tofacitinib").at("300 nM"), context="inflammatory", members=60)
    left = both.loc[both["study"] == "without the source study", "median"].tolist()
    assert left == pytest.approx(jn.rank(alone, nulls=0).net_effects["median"].tolist(), rel=1e-6, abs=1e-9)
    assert left != found["median"].tolist()


def test_files_hold_what_the_results_hold(prediction):
    for name, table in prediction.tables.items():
        pd.testing.assert_frame_equal(_tsv(prediction.out / f"{name}.tsv"), table)
    manifest = json.loads((prediction.out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest == json.loads(json.dumps(prediction.manifest))


def test_manifest_hashes_are_those_of_the_files(prediction):
    import hashlib

    for name, step in prediction.manifest["steps"].items():
        assert step["sha256"] == hashlib.sha256((prediction.out / name).read_bytes()).hexdigest()
    assert prediction.manifest["inputs"] == {"network": jn.load_network("osteoblast").digest}


def test_plan_as_run_spells_out_every_default_and_runs_again(prediction, tmp_path):
    import yaml

    plan = yaml.safe_load((prediction.out / "plan.yaml").read_text(encoding="utf-8"))
    assert plan["settings"] == {"engine": "logic", "members": 60, "nulls": 9, "seed": 0}
    assert plan["network"] == "osteoblast" and plan["regulators"]["method"] == "calibrated"
    again = run(prediction.out / "plan.yaml", out=tmp_path / "again", progress=False)
    for name in ("response.tsv", "ranking.tsv", "enrichment.tsv"):
        assert (again.out / name).read_bytes() == (prediction.out / name).read_bytes()


def test_summary_names_plan_net_effects_genes_and_files(prediction):
    first, controls, net, given, processes, without, _, about, condition, files = prediction.summary(top=2).splitlines()
    assert first.startswith("small: osteoblast ") and "jaknet " in first
    assert controls.strip() == prediction.manifest["controls"]
    assert "positive builds bone" in net
    overall = prediction.tables["net_effects"].query("process == 'all'")
    for line, row in zip((given, without), overall.itertuples(), strict=True):
        assert line.startswith(f"  tofacitinib 300 nM inflammatory {row.study}: all {row.median:+.2f} (")
        assert f"catabolic {row.p_catabolic:.0%}" in line
    assert [part.split()[0] for part in processes.strip().split("; ")][:2] == ["Wnt", "formation"] or "formation" in processes
    assert "by the size of the prediction" in about
    ranking = prediction.tables["ranking"]
    marked = ranking[ranking["polarity"] != 0]
    best = marked.reindex(marked["predicted"].abs().sort_values(ascending=False).index)["gene"].head(2).tolist()
    assert [part.split()[0] for part in condition.split(": ")[1].split("), ")] == best
    assert files.endswith("net_effects.tsv, ranking.tsv, response.tsv, routes.tsv, selectivity.tsv")
    assert repr(prediction) == prediction.summary()


def test_summary_of_data_is_not_headed_by_a_drug(example):
    text = example.summary(top=3)
    leading = example.tables["regulators"]["regulator"].head(3).tolist()
    (line,) = [line for line in text.splitlines() if "whatever the drug" in line]
    assert line.startswith("  the data, tofacitinib vs vehicle, whatever the drug: regulators ")
    assert [part.split()[0] for part in line.split("regulators ")[1].split("), ")] == leading
    verdicts = example.tables["comparison"].drop_duplicates(["drug", "dose", "context"])
    assert all(f"{row.drug} {row.dose} {row.context} beside the data: {row.verdict}" in text for row in verdicts.itertuples())
    assert all(sentence in text for sentence in example.manifest["agreement"].values())


def test_gene_sets_of_the_data_belong_to_no_drug_and_are_made_once(example):
    table = _tsv(example.out / "enrichment.tsv")
    observed = table[table["by"] == "observed"]
    assert observed["term"].is_unique and observed["drug"].isna().all()
    assert set(observed["about"]) == {"tofacitinib vs vehicle"}
    predicted = table[table["by"] == "predicted"]
    assert predicted[["drug", "dose", "context"]].drop_duplicates().shape[0] == 4
    signature = jn.Signature(_tsv(example.out / "signature.tsv"), label="tofacitinib vs vehicle")
    alone = jn.enrich(signature).to_frame()
    assert alone["term"].tolist() == observed["term"].tolist()


def test_manifest_and_report_carry_net_effects_agreement_and_verdicts(example):
    manifest, page = example.manifest, (example.out / "report.html").read_text(encoding="utf-8")
    for lines in manifest["net_effects"].values():
        chance = lines[0].split("anabolic ")[1].split(",")[0]
        assert lines[0].startswith("all ") and f"builds bone {chance}" in page
    for sentence in [*manifest["agreement"].values(), *manifest["verdicts"].values()]:
        assert escape(sentence) in page


def test_a_line_of_a_gene_shows_what_was_measured_only_if_it_was():
    from types import SimpleNamespace

    from jaknet.reporting import text

    papers = {"papers_up": 2.0, "papers_down": 0.0, "papers_none": 1.0, "p_rise": 0.31}
    row = SimpleNamespace(gene="SOST", direction="up", p_direction=0.876, observed=-1.26, **papers)
    assert text._gene_line(row) == "SOST up (0.88, observed -1.3; papers: 2 up, 1 none, together down 0.69)"
    row.observed, row.papers_up, row.papers_none = float("nan"), 0.0, float("nan")
    assert text._gene_line(row) == "SOST up (0.88)"


def test_predictions_that_no_data_can_tell_apart_are_named(example):
    (note,) = [line for line in example.manifest["notes"] if "nearly the same predictions" in line]
    assert note.startswith("tofacitinib 300 nM steady_state; tofacitinib 300 nM inflammatory; baricitinib 100 nM steady_state")
    assert note in example.summary() and note.replace(">", "&gt;") in (example.out / "report.html").read_text()
    other = example.tables["ranking"].query("drug == 'tofacitinib'").copy()
    other.loc[other["context"] == "inflammatory", "predicted"] *= -1
    assert pipeline._alike(other) == []


def test_example_ranks_carry_the_measured_changes(example):
    measured = example.tables["signature"].set_index("gene")["log2_fold_change"]
    ranking = example.tables["ranking"].dropna(subset=["observed"])
    assert len(ranking) > 20
    assert ranking["observed"].tolist() == pytest.approx(measured[ranking["gene"]].tolist(), rel=1e-6)
    assert example.manifest["dropped"]["signature"]["method"] == "PyDESeq2, Wald"


OF_AN_ARM = {"response", "ranking", "routes", "experiments", "net_effects", "enrichment", "comparison", "dose_response"}


def _keys(plan: dict, out) -> dict[str, str]:
    made = pipeline._Run(pipeline.read_plan(plan), out, False)
    return {step.name: made.key(step.name) for step in pipeline.STEPS if step.table}


@pytest.mark.parametrize(
    ("change", "remade"),
    [
        ({"name": "other"}, set()),
        ({"settings": {"members": 61, "nulls": 9}}, {"controls", *OF_AN_ARM}),
        ({"settings": {"members": 60, "nulls": 9, "seed": 1}}, {"controls", "selectivity", *OF_AN_ARM}),
        ({"contexts": ["steady_state"]}, OF_AN_ARM),
        ({"drugs": [{"name": "tofacitinib", "dose": "301 nM"}]}, {"selectivity", *OF_AN_ARM}),
        ({"enrichment": {"method": "ora"}}, {"enrichment"}),
        ({"regulators": {"depth": 2}}, {"regulators"}),
    ],
)
def test_a_change_remakes_what_depends_on_it_and_nothing_else(change, remade, tmp_path):
    before, after = _keys(SMALL, tmp_path), _keys({**SMALL, **change}, tmp_path)
    assert {name for name in before if before[name] != after[name]} == remade
    assert len(set(before.values())) == len(before)


def test_changed_data_remake_what_rests_on_them(tmp_path):
    table = pd.DataFrame({"gene": ["STAT3", "SOCS3", "BGLAP"], "logFC": [1.0, 2.0, -1.0], "pvalue": [0.1, 0.2, 0.9]})
    plan = {**SMALL, "dataset": {"signature": str(tmp_path / "de.csv")}}
    keys = []
    for factor in (1, 2):
        (table.assign(logFC=table["logFC"] * factor)).to_csv(tmp_path / "de.csv", index=False)
        keys.append(_keys(plan, tmp_path))
    changed = {name for name in keys[0] if keys[0][name] != keys[1][name]}
    assert changed == {"signature", "quality", "regulators", "comparison", "ranking", "routes", "experiments", "enrichment"}


def test_a_step_sees_only_the_inputs_it_declares():
    given = {name for step in pipeline.STEPS for name in step.inputs} - {step.name for step in pipeline.STEPS}
    assert given == set(pipeline._Run(pipeline.example_plan(), Path(), None).given)
    for step in pipeline.STEPS:
        assert tuple(inspect.signature(step.make).parameters) == step.inputs


@pytest.mark.parametrize("content", ["", "{", "[1]", "\x00"])
def test_a_broken_manifest_is_no_obstacle(content, tmp_path):
    assert pipeline._previous(tmp_path) == {}
    (tmp_path / "manifest.json").write_text(content)
    assert pipeline._previous(tmp_path) == {}


def test_a_file_in_place_of_the_folder_is_refused_and_kept(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(jn.InputError, match="is a file; give --out a folder"):
        run(SMALL, out=tmp_path / "out", progress=False)
    assert (tmp_path / "out").read_text() == "mine"


def test_failure_keeps_the_files_that_were_there(prediction, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    (tmp_path / "odd.gmt").write_text("SET\tnone\tNOT_A_GENE\tNOR_THIS\n")
    with pytest.raises(jn.OverlapError):
        run({**SMALL, "enrichment": {"gene_sets": str(tmp_path / "odd.gmt")}}, out=tmp_path / "out", progress=False)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["notes.txt"]


def _dataset(folder, counts: pd.DataFrame | None = None, samples: str | None = None, **more: object) -> dict[str, object]:
    """A small plan with its files, each of which a test may spoil."""
    rng = np.random.default_rng(0)
    genes = ["SOCS3", "CISH", "BGLAP", "RUNX2", "SP7", "STAT3", "JAK1", "GAPDH", "ACTB", "COL1A1", "ALPL", "IBSP"]
    whole = pd.DataFrame(rng.poisson(200, (12, 6)), index=pd.Index(genes, name="gene"), columns=[f"s{i}" for i in range(6)])
    (folder / "counts.tsv").write_text((whole if counts is None else counts).to_csv(sep="\t"))
    lines = "".join(f"s{i}\t{'drug' if i < 3 else 'vehicle'}\n" for i in range(6))
    (folder / "samples.tsv").write_text(f"sample\ttreatment\n{lines}" if samples is None else samples)
    files = {"expression": str(folder / "counts.tsv"), "samples": str(folder / "samples.tsv")}
    return {**SMALL, "dataset": {**files, "test": "drug", "reference": "vehicle", **more}}


def _whole(folder) -> pd.DataFrame:
    _dataset(folder)
    return pd.read_csv(folder / "counts.tsv", sep="\t", index_col=0)


def _negative(table: pd.DataFrame) -> pd.DataFrame:
    return table - 300


def _doubled(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table, table.iloc[:1]])


@pytest.mark.parametrize(
    ("spoil", "more", "message"),
    [
        (_negative, {"kind": "counts"}, "negative"),
        (_doubled, {}, "SOCS3"),
        (pd.DataFrame.head, {"test": "placebo"}, "placebo"),
        (pd.DataFrame.head, {"factor": "dose"}, "dose"),
        (pd.DataFrame.head, {"covariates": ["donor"]}, "donor"),
        (pd.DataFrame.head, {"subset": {"time": "3h"}}, "time"),
        (pd.DataFrame.head, {"species": "mouse"}, "human"),
    ],
)
def test_each_spoilt_dataset_gets_one_message_and_no_file(spoil, more, message, tmp_path):
    plan = _dataset(tmp_path, spoil(_whole(tmp_path)), **more)
    with pytest.raises(jn.InputError, match=message):
        run(plan, out=tmp_path / "out", progress=False)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("name", "text"), [("counts.tsv", ""), ("samples.tsv", ""), ("samples.tsv", "sample\ttreatment\nother\tdrug\n")])
def test_empty_or_foreign_files_are_refused(name, text, tmp_path):
    plan = _dataset(tmp_path)
    (tmp_path / name).write_text(text)
    with pytest.raises(jn.InputError):
        run(plan, out=tmp_path / "out", progress=False)
    assert not (tmp_path / "out").exists()


def test_data_without_significant_genes_does_not_stop_over_representation(tmp_path):
    example = jn.load_example("simulated")
    table = jn.contrast(example.expression, **example.contrast).to_frame()
    table.assign(p_value=np.linspace(0.4, 1.0, len(table))).drop(columns=["q_value", "statistic"]).to_csv(
        tmp_path / "table.csv", index=False
    )
    plan = {**SMALL, "dataset": {"signature": str(tmp_path / "table.csv")}, "enrichment": {"method": "ora"}}
    results = run(plan, out=tmp_path / "out", progress=False)
    assert set(results.tables["enrichment"]["by"]) == {"predicted"}
    assert "no gene of the data has q <= .05" in results.summary()


def test_a_finished_table_is_enough(tmp_path):
    example = jn.load_example("simulated")
    signature = jn.contrast(example.expression, **example.contrast)
    signature.to_frame().to_csv(tmp_path / "table.csv", index=False)
    results = run({**SMALL, "dataset": {"signature": str(tmp_path / "table.csv")}}, out=tmp_path / "out", progress=False)
    assert {path.name for path in results.out.iterdir()} == WITH_DATA - {"quality.tsv"}
    assert len(results.tables["signature"]) == len(signature)
    assert "Concluded:" in results.summary()


def _shuffled(folder: Path) -> dict[str, object]:
    """The example's dataset, or the same with columns and rows of the samples in another order."""
    example = jn.load_example("simulated")
    counts, samples = example.expression.to_frame(), example.samples.rename_axis("sample").reset_index()
    counts["unused"] = counts.iloc[:, 0] // 1000
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(len(folder.name))
    counts[rng.permutation(counts.columns)].to_csv(folder / "counts.tsv", sep="\t")
    samples.sample(frac=1, random_state=rng).to_csv(folder / "samples.tsv", sep="\t", index=False)
    return {"expression": str(folder / "counts.tsv"), "samples": str(folder / "samples.tsv"), "test": "tofacitinib", "reference": "vehicle"}


def test_order_of_columns_and_samples_changes_no_byte_of_any_table(tmp_path):
    """The order of matrix columns used to change quality.tsv; samples outside the table have no part in it."""
    names = ("one", "another")
    one, two = (run({**SMALL, "dataset": _shuffled(tmp_path / n)}, out=tmp_path / f"out_{n}", progress=False) for n in names)
    assert "unused" not in set(one.tables["quality"]["sample"])
    assert list(pd.read_csv(tmp_path / "one/counts.tsv", sep="\t")) != list(pd.read_csv(tmp_path / "another/counts.tsv", sep="\t"))
    for name in one.tables:
        assert (one.out / f"{name}.tsv").read_bytes() == (two.out / f"{name}.tsv").read_bytes(), name


def _without_bone_genes(folder: Path) -> dict[str, object]:
    plan = _shuffled(folder)
    counts = pd.read_csv(plan["expression"], sep="\t", index_col=0)
    counts.loc[["RUNX2", "SP7", "ALPL", "BGLAP"]] = 0
    counts.to_csv(plan["expression"], sep="\t")
    return {**SMALL, "dataset": plan}


def test_warnings_of_the_data_are_said_kept_and_said_again(tmp_path, monkeypatch):
    """They used to be dropped by a run; a second run reads no data and still has them."""
    plan = _without_bone_genes(tmp_path / "data")
    with pytest.warns(UserWarning, match="markers RUNX2, SP7, ALPL, BGLAP"):
        first = run(plan, out=tmp_path / "out", progress=False)
    assert first.manifest["warnings"][0].startswith("markers RUNX2, SP7, ALPL, BGLAP are below 1 per million")
    _forbid(monkeypatch, "data", "quality", "signature")
    with pytest.warns(UserWarning, match="markers RUNX2") as said:
        again = run(plan, out=tmp_path / "out", progress=False)
    assert [str(line.message) for line in said] == again.manifest["warnings"] == first.manifest["warnings"]
    assert again.summary() == first.summary() and f"WARNING: {first.manifest['warnings'][0]}" in first.summary()
    assert escape(first.manifest["warnings"][0]) in (again.out / "report.html").read_text(encoding="utf-8")


def test_sound_data_and_no_data_have_no_warnings(example, prediction):
    assert example.manifest["warnings"] == [] == prediction.manifest["warnings"]


def test_doubts_come_before_the_simulation(tmp_path, monkeypatch):
    _forbid(monkeypatch, "responses", "controls")
    with pytest.warns(UserWarning, match="markers RUNX2"), pytest.raises(pytest.fail.Exception, match="was made again"):
        run(_without_bone_genes(tmp_path / "data"), out=tmp_path / "out", progress=False)


@pytest.mark.real_data
def test_too_few_reads_are_named_as_the_reason(real_data, tmp_path):
    """They used to be refused late and without a word of depth: check identifiers and species."""
    counts = real_data / "expression/low_depth_osteoblast_counts.tsv.gz"
    names = pd.read_csv(counts, sep="\t", index_col=0, nrows=1).columns
    table = pd.DataFrame({"sample": names, "treatment": ["vehicle" if "undif" in name else "drug" for name in names]})
    table.to_csv(tmp_path / "samples.tsv", sep="\t", index=False)
    data = {"expression": str(counts), "samples": str(tmp_path / "samples.tsv"), "test": "drug", "reference": "vehicle"}
    with pytest.warns(UserWarning) as said, pytest.raises(jn.OverlapError, match=r"too shallow.*LOW DEPTH.*109,892 reads") as refused:
        run({**SMALL, "dataset": data}, out=tmp_path / "out", progress=False)
    assert [str(line.message).split(":")[0].split()[0] for line in said] == ["LOW", "FEW", "markers"]
    assert "identifiers" not in str(refused.value)
    assert not (tmp_path / "out").exists()


EXPLAIN = {"explain": {"cause": "OSM", "alternatives": 0}}
EXPLANATION = {"explanation_nodes.tsv", "explanation_edges.tsv", "explanation_genes.tsv"}


def test_the_block_explain_adds_three_tables_and_a_section(tmp_path):
    dataset = pipeline.example_plan().dataset.model_dump(mode="json", exclude_none=True)
    plan = SMALL | {"dataset": {key: dataset[key] for key in ("expression", "samples", "test", "reference")}}
    found = run(plan | EXPLAIN, out=tmp_path / "out", progress=False)
    assert {path.name for path in found.out.iterdir()} == WITH_DATA | EXPLANATION
    genes = found.tables["explanation_genes"]
    assert set(genes["status"]) <= {"explained", "contradicted", "unexplained", "unmoved"}
    said = found.manifest["explanation"]
    assert "changed genes" in said and said in found.summary()
    assert "What explains the data: " + escape(said) in (found.out / "report.html").read_text()
    before = {name: (found.out / name).stat().st_mtime_ns for name in EXPLANATION}
    again = run(plan | EXPLAIN, out=tmp_path / "out", progress=False)
    assert {name: (again.out / name).stat().st_mtime_ns for name in EXPLANATION} == before
    assert again.manifest["explanation"] == said


def test_explain_without_data_is_refused():
    with pytest.raises(jn.InputError, match="explain needs data"):
        run(SMALL | EXPLAIN)
