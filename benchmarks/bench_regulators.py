"""Regulators beside decoupler's ULM in the same run: speed, knocked-out factors, activities per sample, and the bundled regulons.

    python benchmarks/bench_regulators.py speed knockouts activities bundled --data "$JAKNET_REAL_DATA"

``speed``       Time and memory of scoring CollecTRI's regulators in many signatures. Each task runs in a process of its own, so that
                its peak memory is its own; times exclude imports, reading and compilation.
``knockouts``   26 contrasts of 18 transcription factors that were knocked out in human cells (MorPhiC): how often the factor comes out
                down, and where it stands among all (0 lowest, .5 by chance). Twice: on every gene, and without the row of the gene
                that was cut, which says what was done and not what follows, and which CollecTRI counts as a target of
                factors that regulate themselves.
``activities``  Largest difference to decoupler over the bundled example, sample by sample; time on 20,000 sparse cells.
``bundled``     Rank of the expected regulator with each network, on real data.

Needs decoupler: ``python -m pip install '.[bench]'``.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm

import jaknet as jn

GENES = 15_000
METHODS = ("calibrated", "ulm", "mlm")
DRAWS = 2000


def _data_of(edges: pd.DataFrame, signatures: int) -> pd.DataFrame:
    """Random statistics over 15,000 genes, the network's targets among them; genes x signatures."""
    targets = sorted(set(edges["target"]))
    genes = (targets + [f"OTHER{i}" for i in range(GENES)])[:GENES]
    values = np.random.default_rng(0).standard_t(5, (GENES, signatures))
    return pd.DataFrame(values, genes, [f"s{i}" for i in range(signatures)])


def _with_jaknet(method: str, workers: int) -> Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame]:
    """Return a task that scores with `regulator_scores`."""

    def run(data: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
        from joblib import parallel_config

        from jaknet.network.network import Network
        from jaknet.regulation.regulators import regulator_scores

        network = Network(edges, name="CollecTRI")
        with parallel_config(n_jobs=workers):
            return regulator_scores(data, network, method, min_targets=1)[0]

    return run


def _with_decoupler(data: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    """Score with decoupler's ulm."""
    import decoupler

    return decoupler.mt.ulm(data.T, edges, tmin=1)[0].T


def _measure(task: Callable[..., pd.DataFrame], path: str, signatures: int, pipe: object) -> None:
    """Run once small (imports, compilation), then once in full."""
    edges = pd.read_csv(path, sep="\t")
    data = _data_of(edges, signatures)
    task(data.iloc[:, :2], edges)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    scores = task(data, edges)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    first = scores.sort_index().to_numpy()[:, :20]
    pipe.send((seconds, before / 1e6, peak / 1e6, len(scores), first))


def _speed(options: argparse.Namespace) -> None:
    """Print seconds and memory of each task, and the largest difference between the two ULM."""
    path = str(options.data / "networks/collectri_human.tsv.gz")
    tasks = {"decoupler ulm": _with_decoupler}
    for method in ("ulm", "calibrated"):
        tasks |= {f"jaknet {method}, {workers} worker{'s' * (workers > 1)}": _with_jaknet(method, workers) for workers in (1, 2)}
    context = multiprocessing.get_context("fork")
    rows, first = {}, {}
    for name, task in tasks.items():
        ours, theirs = context.Pipe()
        process = context.Process(target=_measure, args=(task, path, options.signatures, theirs))
        process.start()
        theirs.close()  # so that a process that fails ends the wait below
        seconds, before, peak, count, first[name] = ours.recv()
        process.join()
        rows[name] = {"seconds": seconds, "GB before": before, "GB peak": peak, "regulators": count}
    table = pd.DataFrame(rows).T
    table["times decoupler"] = table["seconds"] / table.loc["decoupler ulm", "seconds"]
    print(table.round(2).to_string())
    difference = np.abs(first["decoupler ulm"] - first["jaknet ulm, 1 worker"]).max()
    print(f"largest difference between the two ulm: {difference:.1e}")


def _knockouts(options: argparse.Namespace) -> None:
    """Print the share of factors with the right sign and their median place, with intervals over factors."""
    for own_row in (True, False):
        scored = pd.DataFrame(_knocked_out(options.data, own_row))
        found = scored.pivot_table(index=["tf", "contrast"], columns="method", values=["down", "place"], aggfunc="first")
        print(f"{'every gene' if own_row else 'without the row of the gene that was cut'}: {len(found)} contrasts")
        print(_with_intervals(found).round(2).to_string())


def _knocked_out(data: Path, own_row: bool) -> Iterator[dict[str, object]]:
    """Score and place of the factor that was knocked out, by contrast and method; decoupler's on the same z and on the table as it is."""
    import decoupler

    table = pd.read_csv(data / "expression/morphic_tf_knockout_signed_log10p.tsv.gz", sep="\t", index_col=0)
    contrasts = pd.read_csv(data / "expression/morphic_tf_knockout_contrasts.tsv", sep="\t")
    edges = pd.read_csv(data / "networks/collectri_human.tsv.gz", sep="\t")
    network = jn.read_network(data / "networks/collectri_human.tsv.gz")
    for name, factor in zip(contrasts["contrast"], contrasts["tf"], strict=True):
        signed = table[name].dropna()
        signed = signed if own_row else signed.drop(factor, errors="ignore")
        z = (np.sign(signed) * norm.isf(10.0 ** -signed.abs() / 2)).clip(-38, 38)
        scores = {f"jaknet {method}": jn.regulator_scores(z.to_frame(), network, method)[0][name] for method in METHODS}
        for given, values in (("z", z), ("signed log10 p", signed)):
            scores[f"decoupler ulm, {given}"] = decoupler.mt.ulm(values.to_frame().T, edges, tmin=5)[0].loc[name]
        for method, values in scores.items():
            yield {"contrast": name, "tf": factor, "method": method, "down": values[factor] < 0, "place": (values < values[factor]).mean()}


def _with_intervals(found: pd.DataFrame) -> pd.DataFrame:
    """Means and medians, their 95 % intervals, and those of the difference to decoupler on z; factors are drawn, not contrasts."""
    rng = np.random.default_rng(0)
    factors = found.index.get_level_values("tf")
    rows = {name: np.flatnonzero(factors == name) for name in factors.unique()}
    drawn = [np.concatenate([rows[name] for name in rng.choice(list(rows), len(rows))]) for _ in range(DRAWS)]
    out = {}
    for what, summary in (("down", pd.DataFrame.mean), ("place", pd.DataFrame.median)):
        values = found[what].astype(float)
        boot = pd.DataFrame([summary(values.iloc[places]) for places in drawn])
        beside = boot.sub(boot["decoupler ulm, z"], axis=0)
        out |= {what: summary(values)}
        for label, draws in ((what, boot), (f"{what} - decoupler z", beside)):
            out |= {f"{label} low": draws.quantile(0.025), f"{label} high": draws.quantile(0.975)}
    return pd.DataFrame(out)


def _activities(options: argparse.Namespace) -> None:
    """Print the difference to decoupler on the bundled example, and seconds on many sparse cells."""
    import anndata
    import decoupler
    from scipy import sparse

    from jaknet.genes.tables import gene_table

    network = jn.read_network(options.data / "networks" / "trrust_human.tsv")
    edges = network.edges[["source", "target", "sign"]].rename(columns={"sign": "weight"})
    genes = sorted(gene_table("human").coding)
    counts = jn.load_example().expression.matrix
    logs = np.log2(counts.loc[counts.index.intersection(genes)] / counts.sum() * 1e6 + 1)
    theirs = decoupler.mt.ulm(logs.T, edges, tmin=5)[0]
    ours = jn.activities(logs, network, centre=False, kind="log_intensity")
    difference = np.abs(ours[theirs.columns] - theirs).max(axis=None)
    print(f"{ours.shape[0]} samples x {ours.shape[1]} regulators: largest difference {difference:.1e}")
    cells = sparse.random(20_000, len(genes), density=0.08, format="csr", random_state=0)
    cells.data = np.ceil(cells.data * 4)
    adata = anndata.AnnData(cells, var=pd.DataFrame(index=genes))
    for name, score in (("jaknet", lambda: jn.activities(adata, network)), ("decoupler", lambda: decoupler.mt.ulm(adata, edges, tmin=5))):
        start = time.perf_counter()
        score()
        print(f"20,000 cells x {len(genes):,} genes, {name}: {time.perf_counter() - start:.1f} s")


def _bundled(options: argparse.Namespace) -> None:
    """Print the rank of the expected regulators, calibrated and ulm, with each network."""
    files = {"trrust": "trrust_human.tsv", "collectri": "collectri_human.tsv.gz"}
    networks = {"osteoblast": jn.load_network()} | {name: jn.read_network(options.data / "networks" / file) for name, file in files.items()}
    rows: dict[str, dict[str, str]] = {}
    for label, signature, expected in _signatures(options.data / "expression"):
        for name, network in networks.items():
            ranks = [_ranks(jn.regulators(signature, network, method), expected) for method in ("calibrated", "ulm")]
            rows.setdefault(label, {})[name] = " / ".join(ranks)
    print(pd.DataFrame(rows).T.to_string())


def _ranks(found: pd.DataFrame, expected: tuple[str, ...]) -> str:
    places = [found.index[found["regulator"] == name] + 1 for name in expected]
    return ", ".join(f"{name} {place[0]}" for name, place in zip(expected, places, strict=True) if len(place)) + f" of {len(found)}"


def _signatures(folder: Path) -> Iterator[tuple[str, jn.Signature, tuple[str, ...]]]:
    example = jn.load_example()
    yield "ruxolitinib, neural cells (the example)", jn.contrast(example.expression, **example.contrast), ("ISGF3", "STAT1")
    for hours in ("3h", "24h"):
        files = (folder / "t84_il22_counts.tsv.gz", folder / "t84_il22_samples.tsv")
        yield f"T84, IL-22 {hours}", jn.contrast(*files, test="IL22", reference="Mock", subset={"time": hours}), ("STAT3",)
    counts = pd.read_csv(folder / "imr90_ifnb_counts.tsv.gz", sep="\t", index_col=0)
    samples = pd.read_csv(folder / "imr90_ifnb_samples.tsv", sep="\t").set_index("geo_accession")
    parts = samples["title"].str.extract(r"^(?P<line>\w+?_\d)_IFN_(?P<hours>\d+)hrs")
    samples = parts.assign(hours=parts["hours"] + "h")
    for hours in ("6h", "24h"):
        found = jn.contrast(counts, samples, "hours", hours, "0h", "line", subset={"hours": ["0h", hours]})
        yield f"IMR90, IFN-beta {hours}", found, ("ISGF3", "STAT1", "IRF9")


def main() -> None:
    """Run the parts that were asked for."""
    parts = {"speed": _speed, "knockouts": _knockouts, "activities": _activities, "bundled": _bundled}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="+", choices=parts)
    parser.add_argument("--data", type=Path, required=True, help="folder of the real datasets")
    parser.add_argument("--signatures", type=int, default=1000, help="for speed")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    for name in options.parts:
        print(f"== {name}")
        parts[name](options)


if __name__ == "__main__":
    main()
