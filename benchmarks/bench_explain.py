"""What `explain` finds, how fast, and beside what.

    python benchmarks/bench_explain.py real --data FOLDER        # known stimulations, with the seconds they take
    python benchmarks/bench_explain.py merged --data FOLDER      # networks of more than 20,000 edges
    python benchmarks/bench_explain.py null --data FOLDER        # p-values of permuted real data, which must be uniform
    python benchmarks/bench_explain.py planted                   # recovery of a planted network
    python benchmarks/bench_explain.py peers                     # the optimum of corneto's CARNIVAL (pip install corneto highspy)

FOLDER holds the real datasets (expression/, networks/).
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from jaknet.explanation._program import solve_program
from jaknet.explanation._pruning import Program


# --- real stimulations ----------------------------------------------------------------------------
def signatures(folder: Path) -> Iterator[tuple[str, object, str]]:
    """Yield name, signature and the perturbation of each stimulation."""
    import pandas as pd

    import jaknet as jn

    data = folder / "expression"
    counts, samples = data / "t84_il22_counts.tsv.gz", data / "t84_il22_samples.tsv"
    yield "T84 IL-22 3 h", jn.contrast(counts, samples, "treatment", "IL22", "Mock", subset={"time": "3h"}), "IL22"
    samples = pd.read_csv(data / "imr90_ifnb_samples.tsv", sep="\t", index_col=0)
    samples["line"] = samples["title"].str.lower().str.extract(r"^(sh[a-z]+_\d)")[0]
    samples["hours"] = samples["title"].str.extract(r"_(\d+hrs)")[0]
    fibroblasts = jn.read_expression(data / "imr90_ifnb_counts.tsv.gz")
    yield "IMR90 IFN-beta 6 h", jn.contrast(fibroblasts, samples, "hours", "6hrs", "0hrs", covariates=["line"]), "IFNB1"
    screen = pd.read_csv(data / "neural_kinase_screen_counts.csv.gz", index_col=0)
    wells = pd.read_csv(data / "neural_kinase_screen_wells.csv", dtype=str, keep_default_na=False).set_index("Well")
    wells = wells[wells.index.isin(screen.columns)]
    treated = (wells["Drug"] == "ruxolitinib") & (wells["Concentration"] == "10")
    chosen = wells[treated | (wells["Drug"] == "Drug control")]
    yield "screen ruxolitinib 10 uM", jn.contrast(screen[chosen.index], chosen, "Drug", "ruxolitinib", "Drug control"), "ruxolitinib 10 uM"


def real(folder: Path) -> None:
    """Explain each stimulation from what was done, and without being told."""
    import jaknet as jn

    network = jn.load_network("osteoblast")
    for name, signature, done in signatures(folder):
        for given in (done, None):
            start = time.perf_counter()
            one = jn.explain(signature, network, given, alternatives=0, progress=False)
            alone, start = time.perf_counter() - start, time.perf_counter()
            found = jn.explain(signature, network, given, nulls=99, progress=False)
            rest = time.perf_counter() - start
            print(f"\n{name}, {given or 'no cause given'}: one optimum {alone:.1f} s (gap {one.gap:.1e})", end=", ")
            print(f"with 20 alternatives and 99 permutations {rest:.1f} s")
            print(found.summary())
            states = found.to_frame().query("state != 'none'")
            print("  " + ", ".join(f"{row.node} {row.state} {row.probability:.2f}" for row in states.itertuples()))


def merged(folder: Path) -> None:
    """Explain IL-22 in large networks."""
    import jaknet as jn

    _, signature, _ = next(signatures(folder))
    measured = {*signature.table["gene"], "IL22"}
    own, tables = jn.load_network("osteoblast"), folder / "networks"
    for name in ("signor_human", "collectri_human"):
        network = jn.build_network([own, jn.read_network(tables / f"{name}.tsv.gz")], expressed=measured, name=f"osteoblast + {name}")
        for given in ("IL22", None):
            start = time.perf_counter()
            found = jn.explain(signature, network, given, alternatives=0, progress=False)
            print(f"{network!r}, {given or 'no cause given'}: {time.perf_counter() - start:.1f} s, {found!r}; {found.pruned}", flush=True)


def null(folder: Path, datasets: int, nulls: int, named: str) -> None:
    """Permute the genes of a real dataset and ask for the p-value of each permutation."""
    from scipy.stats import kstest

    import jaknet as jn

    network = jn.load_network("osteoblast")
    rng = np.random.default_rng(0)
    for name, signature, done in signatures(folder):
        if named not in name:
            continue
        found = []
        for number in range(datasets):
            table = signature.to_frame()
            inside = table["gene"].isin(network.transcripts)
            table.loc[inside, "gene"] = rng.permutation(table.loc[inside, "gene"].to_numpy())
            dealt = jn.Signature(table.sort_values("gene", ignore_index=True), label=f"permuted {number}")
            found.append(jn.explain(dealt, network, done, alternatives=0, nulls=nulls, seed=number, time_limit=5, progress=False).p_value)
        p = np.array(found)
        shares = ", ".join(f"p <= {level}: {np.mean(p <= level):.3f}" for level in (0.05, 0.1, 0.2, 0.5, 0.8))
        print(
            f"{name}: {datasets} permutations, {shares}; mean {p.mean():.3f}, Kolmogorov-Smirnov p {kstest(p, 'uniform').pvalue:.2f}",
            flush=True,
        )


# --- planted truth --------------------------------------------------------------------------------
def planted(repeats: int) -> None:
    """Plant a signed tree from one root, change its genes, hide 20 % and turn some signs; ask who finds its edges."""
    import pandas as pd

    rows = []
    for edges in (200, 500, 1000, 2000):
        for wrong in (0.0, 0.1, 0.2):
            for repeat in range(repeats):
                network, signature, truth = _plant(edges, wrong, np.random.default_rng((edges, int(10 * wrong), repeat)))
                for method, found in _recover(network, signature).items():
                    hit = len(found & truth)
                    precision, recall = hit / max(len(found), 1), hit / len(truth)
                    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
                    rows.append({"edges": edges, "wrong": wrong, "method": method, "precision": precision, "recall": recall, "F1": f1})
    table = pd.DataFrame(rows).pivot_table(index=["edges", "wrong"], columns="method", sort=False)
    print(table.round(2).to_string())


def _plant(count: int, wrong: float, rng: np.random.Generator) -> tuple[object, object, set[tuple[str, str]]]:
    """A random network of signalling, regulators and genes; the true edges carry the root's rise to a fifth of the genes."""
    import pandas as pd

    import jaknet as jn

    kinases, factors, genes = (max(4, int(count * share)) for share in (0.08, 0.06, 0.3))
    pairs = {("ROOT", f"K{i}", "signaling") for i in range(3)}
    while len(pairs) < count:
        kind = rng.random()
        if kind < 0.2:
            pair = (f"K{rng.integers(kinases)}", f"K{rng.integers(kinases)}", "signaling")
        elif kind < 0.35:
            pair = (f"K{rng.integers(kinases)}", f"T{rng.integers(factors)}", "signaling")
        else:
            pair = (f"T{rng.integers(factors)}", f"G{rng.integers(genes)}", "transcription")
        if pair[0] != pair[1]:
            pairs.add(pair)
    edges = pd.DataFrame(sorted(pairs), columns=["source", "target", "layer"]).assign(tier="A", references="PMID:1")
    edges["sign"] = np.where(rng.random(len(edges)) < 0.7, 1, -1)
    state, truth = _spread(edges, rng)
    turned = rng.random(len(edges)) < wrong
    network = jn.Network(edges.assign(sign=np.where(turned, -edges["sign"], edges["sign"])), name="planted")
    names = [f"G{i}" for i in range(genes)]
    moved = np.array([state.get(name, 0) for name in names])
    statistic = moved * rng.uniform(4, 10, genes) + rng.normal(0, 1, genes)
    seen = rng.random(genes) >= 0.2
    other = rng.normal(0, 1, 9 * genes)
    table = pd.DataFrame({"gene": [*np.array(names)[seen], *(f"X{i}" for i in range(len(other)))], "statistic": [*statistic[seen], *other]})
    table = table.assign(log2_fold_change=table["statistic"], p_value=0.5, q_value=0.5).sort_values("gene", ignore_index=True)
    return network, jn.Signature(table, label="planted"), truth


def _spread(edges: object, rng: np.random.Generator) -> tuple[dict[str, int], set[tuple[str, str]]]:
    """Let the root's rise spread: a third of the regulators that shortest routes reach are active, and most of their targets follow."""
    state, parent = {"ROOT": 1}, {}
    queue = ["ROOT"]
    signalling = edges[edges["layer"] == "signaling"]
    for node in queue:
        for row in signalling[signalling["source"] == node].sample(frac=1, random_state=int(rng.integers(2**31))).itertuples():
            if row.target not in state:
                state[row.target], parent[row.target] = state[node] * row.sign, node
                queue.append(row.target)
    factors = sorted(node for node in state if node.startswith("T"))
    active = rng.permutation(factors)[: max(2, len(factors) // 3)]
    truth, genes = set[tuple[str, str]](), dict[str, int]()
    for factor in active:
        node = factor
        while node in parent:
            truth.add((parent[node], node))
            node = parent[node]
        for row in edges[edges["source"] == factor].itertuples():
            if row.target not in genes and rng.random() < 0.8:
                genes[row.target] = state[factor] * row.sign
                truth.add((factor, row.target))
    return genes, truth


def _recover(network: object, signature: object) -> dict[str, set[tuple[str, str]]]:
    """Edges that each method names."""
    import jaknet as jn
    from jaknet.network.routes import simple_paths

    found = jn.explain(signature, network, "ROOT", alternatives=0, time_limit=20, progress=False)
    used = found.edges[found.edges["best"]]
    changed = found.genes[found.genes["status"] != "unmoved"].set_index("gene")["observed"]
    shortest = set[tuple[str, str]]()
    edges = network.edges
    for gene in changed.index:
        for length in range(1, 12):
            paths = [*simple_paths(network, "ROOT", [gene], length)]
            if paths:
                shortest |= {(edges["source"][edge], edges["target"][edge]) for path in paths for edge in path}
                break
    # Regulators alone: those with q <= .05, each with the changed targets that agree with its direction.
    ranked = jn.regulators(signature, network, min_targets=2)
    called = ranked[ranked["q_value"] <= 0.05].set_index("regulator")["direction"].map({"up": 1, "down": -1})
    onto = edges[edges["source"].isin(called.index) & edges["target"].isin(changed.index) & (edges["layer"] == "transcription")]
    agrees = np.sign(onto["target"].map(changed)) == onto["source"].map(called) * onto["sign"]
    return {
        "explain": set(zip(used["source"], used["target"], strict=True)),
        "shortest paths": shortest,
        "regulators": set(zip(onto["source"][agrees], onto["target"][agrees], strict=True)),
    }


# --- corneto --------------------------------------------------------------------------------------
def random_instance(seed: int) -> tuple[list[tuple[int, int, int]], dict[int, float]]:
    """Edges (source, sign, target) and measurements of a random network in which node 0 is raised."""
    rng = np.random.default_rng(seed)
    nodes, edges = int(rng.integers(10, 26)), int(rng.integers(30, 71))
    pairs = {(int(a), int(b)) for a, b in rng.integers(0, nodes, (edges, 2)) if a != b and b != 0}
    rows = [(a, int(rng.choice([1, -1], p=[0.7, 0.3])), b) for a, b in sorted(pairs)]
    targets = sorted({b for _, _, b in rows})
    measured = rng.choice(targets, min(8, len(targets)), replace=False)
    return rows, {int(node): float(np.round(rng.normal(0, 2), 3)) for node in measured}


def as_program(rows: list[tuple[int, int, int]], measured: dict[int, float], penalty: float) -> Program:
    """The same instance for our programme: unit costs of edges, no price of unchanged genes."""
    source, sign, target = (np.array(column) for column in zip(*rows, strict=True))
    count = 1 + max(source.max(), target.max())
    flips = (sign < 0).astype(int)
    tail = np.concatenate([2 * source, 2 * source + 1])
    head = np.concatenate([2 * target + flips, 2 * target + 1 - flips])
    prize, fixed, empty = np.zeros(2 * count), np.zeros(2 * count, bool), np.zeros(0, int)
    for node, value in measured.items():
        prize[2 * node : 2 * node + 2] = value, -value
    fixed[0] = True
    need = np.ones(2 * count, int)
    costs = np.full(len(tail), penalty)
    return Program(tail, head, costs, prize, np.full(2 * count, np.inf), fixed, need, empty, empty, np.zeros(0), np.zeros(2 * count))


def peers(instances: int, penalty: float = 0.2) -> None:
    """Compare objective and seconds with corneto's CARNIVAL on HiGHS."""
    import corneto as cn
    from corneto.methods.carnival import milp_carnival

    ours, theirs, worst = [], [], 0.0
    for seed in range(instances):
        rows, measured = random_instance(seed)
        graph = cn.Graph.from_tuples([(f"n{a}", sign, f"n{b}") for a, sign, b in rows])
        named = {f"n{node}": value for node, value in measured.items()}
        start = time.perf_counter()
        problem = milp_carnival(graph, {"n0": 1.0}, named, beta_weight=penalty)
        problem.solve(solver="HIGHS", verbosity=0)
        theirs.append(time.perf_counter() - start)
        error = sum(float(np.sum(one.value)) * weight for one, weight in zip(problem.objectives, problem.weights, strict=True))
        start = time.perf_counter()
        found = solve_program(as_program(rows, measured, penalty), gap=0.0)
        ours.append(time.perf_counter() - start)
        difference = abs(sum(map(abs, measured.values())) - found.objective - error)
        worst = max(worst, difference)
        seconds = f"corneto {theirs[-1]:.2f} s, jaknet {ours[-1]:.3f} s"
        print(f"instance {seed}: {len(rows)} edges, corneto's optimum {error:.6f}, difference {difference:.1e}; {seconds}")
    print(f"largest difference {worst:.1e}; seconds in sum: corneto {sum(theirs):.1f}, jaknet {sum(ours):.2f}")


def main() -> None:
    """Run one of the parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["real", "merged", "null", "planted", "peers"])
    parser.add_argument("--data", type=Path, default=Path("."), help="folder of the real datasets")
    parser.add_argument("--repeats", type=int, default=5, help="planted: networks of each kind; peers: instances; null: permutations")
    parser.add_argument("--nulls", type=int, default=19, help="null: permutations behind each p-value")
    parser.add_argument("--only", default="", help="null: datasets whose name holds this")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.part in ("real", "merged"):
        {"real": real, "merged": merged}[options.part](options.data)
    elif options.part == "null":
        null(options.data, options.repeats, options.nulls, options.only)
    else:
        {"planted": planted, "peers": peers}[options.part](options.repeats)


if __name__ == "__main__":
    main()
