"""Does `compare` call untreated replicates like a drug, and does it know a JAK inhibitor when it sees one?

    python benchmarks/bench_comparison.py null --data DATA      # random splits of untreated wells, of mouse marrow, of airway controls
    python benchmarks/bench_comparison.py screen --data DATA    # a kinase inhibitor screen, beside ULM's STAT1 in the same run
    python benchmarks/bench_comparison.py sets --data DATA      # IL-22, dexamethasone, bone, siRNA: what each is said to be

DATA is a folder with `expression/` and `networks/`. Splits and contrasts are cached nowhere: `null` takes about ten minutes on two cores.
"""

from __future__ import annotations

import argparse
import itertools
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from scipy.stats import rankdata

import jaknet as jn
from jaknet.regulation.regulators import regulator_scores

JAK_INHIBITORS = ("ruxolitinib", "tofacitinib", "fedratinib")


def perturbations(members: int) -> dict[str, jn.Response]:
    """Tofacitinib in two contexts, and four ligands."""
    made = {f"tofacitinib {context}": ("tofacitinib 1 uM", context) for context in ("inflammatory", "resting")}
    made |= {ligand: (jn.activate(ligand), "resting") for ligand in ("TNF", "WNT3A", "PTH", "BMP2")}
    contexts = {"resting": None}
    return {name: jn.perturb("osteoblast", what, contexts.get(where, where), members=members) for name, (what, where) in made.items()}


def contrast_of(counts: pd.DataFrame, test: tuple[str, ...], reference: tuple[str, ...], species: str, target: str | None) -> jn.Signature:
    """Test against reference samples, without the warnings of a small or shallow design."""
    samples = pd.DataFrame({"treatment": ["test"] * len(test) + ["reference"] * len(reference)}, index=[*test, *reference])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        options = {"species": species, "orthologs_to": target}
        return jn.contrast(counts[list(samples.index)], samples, test="test", reference="reference", **options)


def calls_of(signature: jn.Signature, responses: dict[str, jn.Response], label: str) -> list[dict[str, object]]:
    """What a signature is called with its samples, and as a table without them."""
    rows = []
    for name, response in responses.items():
        for form, given in (("samples", signature), ("table", replace(signature, rotation=None))):
            found = jn.compare(given, response, progress=False)
            row = {"data": label, "perturbation": name, "form": form, "call": found.call, "statistic": found.statistic}
            rows.append(row | {"p_value": found.p_value, "seen": found.verdict.partition(". Concluded")[0].partition(": ")[2]})
    return rows


def screen_counts(data: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Counts of the screen, and the drug and dose of each well."""
    counts = pd.read_csv(data / "expression/neural_kinase_screen_counts.csv.gz", index_col=0)
    wells = pd.read_csv(data / "expression/neural_kinase_screen_wells.csv", dtype=str, keep_default_na=False).set_index("Well")
    return counts, wells[wells.index.isin(counts.columns)]


def random_splits(names: list[str], count: int, seed: int) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Distinct splits, every second one 3 against 3, the others 5 against the rest."""
    rng, splits = np.random.default_rng(seed), dict[tuple[tuple[str, ...], tuple[str, ...]], None]()
    while len(splits) < count:
        shuffled = list(rng.permutation(names))
        first, last = (5, len(names)) if len(splits) % 2 else (3, 6)
        splits[tuple(sorted(shuffled[:first])), tuple(sorted(shuffled[first:last]))] = None
    return list(splits)


def distinct_splits(names: list[str]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Every way to halve a few samples, each once."""
    halves = [one for one in itertools.combinations(names, len(names) // 2) if len(names) % 2 or names[0] in one]
    return [(one, tuple(name for name in names if name not in one)) for one in halves]


def null(data: Path, splits: int, members: int) -> None:
    """Count the calls where nothing was done."""
    responses = perturbations(members)
    counts, wells = screen_counts(data)
    jobs = [
        (counts, *split, "human", None, "screen") for split in random_splits(list(wells.index[wells["Drug"] == "Drug control"]), splits, 1)
    ]
    bone = pd.read_csv(data / "expression/mouse_bone_osteocyte_enriched_counts.tsv.gz", sep="\t", index_col=0)
    marrow = [name for name in bone if not str(name).startswith("Clean")]
    jobs += [(bone, *split, "mouse", "human", f"marrow {'+'.join(split[0])}") for split in distinct_splits(marrow)]
    airway = pd.read_csv(data / "expression/airway_rawcounts.csv.gz", index_col=0)
    about = pd.read_csv(data / "expression/airway_metadata.csv").set_index("id")
    untreated = list(about.index[about["dex"] == "control"])
    jobs += [(airway, *split, "human", None, f"airway {'+'.join(split[0])}") for split in distinct_splits(untreated)]

    def _one(
        counts: pd.DataFrame, test: tuple[str, ...], reference: tuple[str, ...], species: str, target: str | None, label: str
    ) -> object:
        return calls_of(contrast_of(counts, test, reference, species, target), responses, label)

    rows = pd.DataFrame([row for found in Parallel(n_jobs=-1)(delayed(_one)(*job) for job in jobs) for row in found])
    called = rows.assign(called=rows["call"] != "neither")
    random = called[called["data"] == "screen"]
    print(f"called like or opposite, of {splits} random splits of untreated wells of the screen:")
    print(random.pivot_table(index="perturbation", columns="form", values="called", aggfunc="sum").to_string())
    print("\nevery distinct split of mouse marrow and of airway controls:")
    others = called[called["data"] != "screen"]
    wide = others.pivot_table(index=["data", "perturbation"], columns="form", values=["call", "p_value"], aggfunc="first")
    print(wide.round(3).to_string())


def area_under_curve(scores: np.ndarray, positive: np.ndarray) -> float:
    """Chance that a positive scores above a negative."""
    ranks, count = rankdata(scores), int(positive.sum())
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(positive) - count)))


def interval(table: pd.DataFrame, column: str, draws: int = 2000) -> str:
    """AUROC with a 95 % interval from resampling drugs, which share their doses."""
    drugs = table["drug"].unique()
    groups = {drug: np.flatnonzero(table["drug"] == drug) for drug in drugs}
    rng, values = np.random.default_rng(0), []
    for _ in range(draws):
        rows = np.concatenate([groups[drug] for drug in rng.choice(drugs, len(drugs))])
        positive = table["jak"].to_numpy()[rows]
        if 0 < positive.sum() < len(positive):
            values.append(area_under_curve(table[column].to_numpy()[rows], positive))
    low, high = np.quantile(values, [0.025, 0.975])
    return f"{area_under_curve(table[column].to_numpy(), table['jak'].to_numpy()):.3f} [{low:.3f}, {high:.3f}]"


def screen(data: Path, members: int) -> None:
    """Tell JAK inhibitors from all other treatments, and list what is called like one."""
    responses = {name: response for name, response in perturbations(members).items() if name.startswith("tofacitinib")}
    counts, wells = screen_counts(data)
    collectri = jn.read_network(data / "networks/collectri_human.tsv.gz")
    controls = tuple(wells.index[wells["Drug"] == "Drug control"])
    treated = wells[wells["Drug"] != "Drug control"]
    groups = {key: tuple(rows.index) for key, rows in treated.groupby(["Drug", "Concentration"]) if len(rows) > 1}

    def _one(drug: str, dose: str, test: tuple[str, ...]) -> list[dict[str, object]]:
        signature = contrast_of(counts, test, controls, "human", None)
        statistic, p_value = regulator_scores(signature.testable()[0].set_index("gene")[["statistic"]], collectri, "ulm")
        stat1 = {"stat1": -float(statistic.loc["STAT1"].iloc[0]), "stat1_p": float(p_value.loc["STAT1"].iloc[0])}
        return [row | stat1 | {"drug": drug, "dose": dose} for row in calls_of(signature, responses, f"{drug} {dose}")]

    found = Parallel(n_jobs=-1)(delayed(_one)(*key, test) for key, test in groups.items())
    rows = pd.DataFrame([row for group in found for row in group])
    rows["jak"] = rows["drug"].isin(JAK_INHIBITORS)
    for (name, form), table in rows.groupby(["perturbation", "form"]):
        for chosen, part in (("all doses", table), ("1 and 10 uM", table[table["dose"].isin(["1", "10"])])):
            beside = f"ULM's STAT1 {interval(part, 'stat1')}"
            print(f"{name}, {form}, {chosen} ({len(part)}): AUROC {interval(part, 'statistic')}; {beside}")
        print(
            f"  called: {table['call'].value_counts().to_dict()}; JAK inhibitors like: {int((table['call'] == 'like')[table['jak']].sum())}"
        )
        kept = table[(table["stat1_p"] > 0.05) | (table["stat1"] < 0)]
        wrong = kept[kept["call"] == "like"]
        print(f"  of {len(kept)} that do not lower STAT1's targets (ULM, p > .05) {len(wrong)} are called like: {list(wrong['data'])}")
        for row in table[table["call"] != "neither"].sort_values("statistic", ascending=False).itertuples():
            print(f"    {row.data}: {row.call} (statistic {row.statistic:.1f}, p {row.p_value:.2g}; STAT1 {-row.stat1:.1f}). {row.seen}")


def sets(data: Path, members: int) -> None:
    """Say what well-known datasets are said to be."""
    response = perturbations(members)["tofacitinib inflammatory"]
    folder = data / "expression"
    t84 = {"samples": folder / "t84_il22_samples.tsv", "test": "IL22", "reference": "Mock"}
    made = {f"T84, IL-22, {time}": jn.contrast(folder / "t84_il22_counts.tsv.gz", subset={"time": time}, **t84) for time in ("3h", "24h")}
    about = pd.read_csv(folder / "airway_metadata.csv")
    made["airway, dexamethasone"] = jn.contrast(folder / "airway_rawcounts.csv.gz", about, "dex", "treated", "control", "celltype")
    options = {"factor": "condition", "test": "osteocyte_enriched", "reference": "with_marrow", "orthologs_to": "human"}
    bone = [folder / f"mouse_bone_osteocyte_enriched_{name}.tsv{end}" for name, end in (("counts", ".gz"), ("samples", ""))]
    made["mouse bone"] = jn.contrast(*bone, **options)
    sirna = pd.read_csv(folder / "synovial_fibroblast_sirna_limma.tsv.gz", sep="\t")
    for term in [str(column).removesuffix("_log2fc") for column in sirna if str(column).endswith("_log2fc")]:
        columns = {"gene": "hgnc_symbol", "log2_fold_change": f"{term}_log2fc", "p_value": f"{term}_pvalue"}
        made[f"synovial {term}"] = jn.read_signature(sirna, label=term, columns=columns, duplicates="strongest")
    for name, signature in made.items():
        print(f"{name}: {jn.compare(signature, response, progress=False).verdict}")


def main() -> None:
    """Run one of the three."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["null", "screen", "sets"])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--splits", type=int, default=200)
    parser.add_argument("--members", type=int, default=300)
    options = parser.parse_args()
    if options.what == "null":
        null(options.data, options.splits, options.members)
    else:
        {"screen": screen, "sets": sets}[options.what](options.data, options.members)


if __name__ == "__main__":
    main()
