"""How fast the engines are, against scipy (LSODA) and libroadrunner (CVODE) on the same members in the same run.

Prints a table a part; with --plot draws how cost grows with nodes, edges and members. Needs
libroadrunner and antimony for their row; --data names a folder of network tables for the linear part.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.integrate import solve_ivp
from scipy.sparse import csr_matrix

import jaknet as jn
from jaknet.simulation import _logic
from jaknet.simulation.conditions import make_arm
from jaknet.simulation.effects import solve_baseline
from jaknet.simulation.ensemble import Ensemble, draw_ensemble
from jaknet.simulation.linear import LinearSystem

DOSES = [f"{dose} nM" for dose in (1, 3, 10, 30, 100, 300, 1000, 3000, 10000, 30000)]
LONG = 400.0


def main() -> None:
    """Run the parts asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=["ensemble"], help="of: ensemble, screen, linear, growth (default: ensemble)")
    parser.add_argument("--members", type=int, default=10_000)
    parser.add_argument("--peers", type=int, default=5, help="members that the peers simulate (default: 5)")
    parser.add_argument("--data", type=Path, help="folder with collectri_human.tsv.gz and signor_human.tsv.gz")
    parser.add_argument("--plot", type=Path, help="with growth: where to write the figure")
    options = parser.parse_args()
    net = jn.load_network("osteoblast")
    print(net)
    for part in options.parts:
        {"ensemble": ensemble, "screen": screen, "linear": linear, "growth": growth}[part](net, options)
        print(f"  peak memory so far: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB\n")


def ensemble(net: jn.Network, options: argparse.Namespace) -> None:
    """Members to steady state: jaknet on all, the peers on a few."""
    arm, _ = make_arm(net, jn.load_context("inflammatory"), [])
    solve_baseline(draw_ensemble(net, members=2), arm)
    start = time.perf_counter()
    drawn = draw_ensemble(net, members=options.members)
    drawing = time.perf_counter() - start
    base = solve_baseline(drawn, arm)
    both = time.perf_counter() - start - drawing
    rows = [("jaknet, low and high start", 1e3 * both / options.members, ""), ("jaknet, one start", 1e3 * both / 2 / options.members, "")]
    restless, found = (~base.converged).sum(), base.states[: options.peers].copy()
    drawn, base = drawn.subset(np.arange(options.peers)), None
    for name, peer in (("scipy solve_ivp LSODA", lsoda), ("libroadrunner CVODE", roadrunner)):
        states, elapsed = peer(drawn, arm, range(options.peers))
        rows.append((name, 1e3 * elapsed / options.peers, f"{np.abs(states - found).max():.1e}"))
    mine = rows[1][1]
    print(f"ensemble of {options.members} members: drawn in {drawing:.2f} s, solved in {both:.2f} s; {restless} not at rest")
    for name, cost, apart in rows:
        print(f"  {name:28s} {cost:10.3f} ms a member {cost / mine:10.0f} x   {'largest difference ' + apart if apart else ''}")


def lsoda(drawn: Ensemble, arm: _logic.Arm, members: range) -> tuple[np.ndarray, float]:
    """Integrate each member with sparse numpy as the right-hand side."""
    states, elapsed = [], 0.0
    for member in members:
        slope = _slope(drawn, arm, member)
        begun = time.perf_counter()
        run = solve_ivp(slope, (0, LONG), np.zeros(len(arm.scale)), method="LSODA", t_eval=[LONG], rtol=1e-8, atol=1e-10)
        elapsed += time.perf_counter() - begun
        states.append(run.y[:, -1])
    return np.array(states), elapsed


def _slope(drawn: Ensemble, arm: _logic.Arm, member: int) -> Callable[[float, np.ndarray], np.ndarray]:
    plan, own, count = drawn.plan, drawn.parameters, len(drawn.wiring.names)
    target, weight = np.repeat(np.arange(count), np.diff(plan.first)), own.weight[member]
    raising, lowering = (csr_matrix((np.clip(sign * weight, 0, None), (target, plan.source)), shape=(count, count)) for sign in (1, -1))
    n, threshold, height, basal = (array[member] for array in (own.exponent, own.threshold, own.height, own.basal))
    fixed = basal + plan.gain * arm.drive

    def slope(_: float, state: np.ndarray) -> np.ndarray:
        power = np.maximum(state, 0.0) ** n
        response = np.minimum(1.0, height * power / (threshold + power))
        raised = fixed + raising @ response
        answer = arm.scale * raised / (raised + 1.0 + lowering @ response)
        return np.where(np.isnan(arm.pin), answer, arm.pin) - state

    return slope


def roadrunner(drawn: Ensemble, arm: _logic.Arm, members: range) -> tuple[np.ndarray, float]:
    """Integrate each member with libroadrunner; the model is written in Antimony, loading is not timed."""
    import antimony
    import roadrunner as peer

    states, elapsed = [], 0.0
    for member in members:
        if antimony.loadAntimonyString(_antimony(drawn, arm, member)) < 0:
            raise RuntimeError(antimony.getLastError())
        runner = peer.RoadRunner(antimony.getSBMLString(antimony.getModuleNames()[-1]))
        runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = 1e-8, 1e-10
        begun = time.perf_counter()
        last = runner.simulate(0, LONG, 2)[-1]
        elapsed += time.perf_counter() - begun
        place = {name.strip("[]"): column for column, name in enumerate(runner.timeCourseSelections)}
        states.append([last[place[f"x{node}"]] for node in range(len(arm.scale))])
        antimony.clearPreviousLoads()
    return np.array(states), elapsed


def _antimony(drawn: Ensemble, arm: _logic.Arm, member: int) -> str:
    plan, own = drawn.plan, drawn.parameters
    lines = ["model cell()"]
    for node in range(len(arm.scale)):
        edges = slice(plan.first[node], plan.first[node + 1])
        pairs = zip(own.weight[member, edges].tolist(), plan.source[edges].tolist(), strict=True)
        terms = [(weight, f"{abs(weight)!r}*h{source}") for weight, source in pairs]
        fixed = float(own.basal[member, node] + plan.gain * arm.drive[node])
        raised = " + ".join([repr(fixed), *(term for weight, term in terms if weight > 0)])
        lowered = " + ".join(["1", *(term for weight, term in terms if weight < 0)])
        n, threshold, height = (float(array[member, node]) for array in (own.exponent, own.threshold, own.height))
        answer = f"{float(arm.scale[node])!r}*r{node}/(r{node} + {lowered})" if np.isnan(arm.pin[node]) else repr(float(arm.pin[node]))
        lines += [f"h{node} := {height!r}*x{node}^{n!r}/({threshold!r} + x{node}^{n!r})", f"r{node} := {raised}"]
        lines += [f"x{node}' = {answer} - x{node}", f"x{node} = 0"]
    return "\n".join([*lines, "end"])


def screen(net: jn.Network, options: argparse.Namespace) -> None:
    """Drugs x doses x contexts x 1,000 members, from two starts each, streamed."""
    jn.screen(net, jn.list_drugs()[:1], DOSES[:1], members=2, progress=False)
    begun, used = time.perf_counter(), time.process_time()
    table = jn.screen(net, jn.list_drugs(), DOSES, jn.list_contexts(), members=1000)
    elapsed, used = time.perf_counter() - begun, time.process_time() - used
    conditions = len(jn.list_drugs()) * len(DOSES) * len(jn.list_contexts())
    print(f"screen of {conditions} conditions x 1000 members x 2 starts: {elapsed:.1f} s ({used:.1f} s of processor time)")
    restless, several = table["not_at_rest"].max(), table["multistable"].max()
    print(f"  {len(table)} rows; members not at rest at most {restless:.1%}, multistable at most {several:.1%}")


def linear(net: jn.Network, options: argparse.Namespace) -> None:
    """CollecTRI merged with SIGNOR: a thousand pinned perturbations from one factorisation."""
    if options.data is None:
        print("linear: give --data")
        return
    collectri = pd.read_csv(options.data / "collectri_human.tsv.gz", sep="\t")
    signor = pd.read_csv(options.data / "signor_human.tsv.gz", sep="\t")
    regulation = collectri.assign(sign=np.sign(collectri["weight"]).astype(int), layer="transcription")
    columns = ["source", "target", "sign", "layer"]
    edges = pd.concat([signor.assign(layer="signaling")[columns], regulation[columns]])
    merged = jn.Network(edges[edges["sign"] != 0].drop_duplicates(["source", "target", "layer"]), name="collectri+signor")
    LinearSystem.from_network(net).pinned([{net.names[0]: -1.0}])
    begun = time.perf_counter()
    system = LinearSystem.from_network(merged)
    sources = [merged.names[node] for node in np.flatnonzero(np.bincount(merged.arrays.source, minlength=merged.n_nodes))[:1000]]
    effects = system.pinned([{name: -1.0} for name in sources])
    elapsed = time.perf_counter() - begun
    print(f"linear, {merged.n_nodes} nodes, {merged.n_edges} edges: {effects.shape[1]} pinned perturbations in {elapsed:.1f} s")
    print(f"  spectral radius {system.found_radius:.2f}, rescaled to {system.radius:.2f}")


def growth(net: jn.Network, options: argparse.Namespace) -> None:
    """Cost against nodes, edges and members, on random networks of the osteoblast network's density."""
    cases = [("nodes", size, 2.4 * size, 200) for size in (100, 200, 400, 800, 1600)]
    cases += [("edges", 400, degree * 400, 200) for degree in (1, 2, 4, 8)]
    cases += [("members", 400, 960, count) for count in (100, 300, 1000, 3000, 10000)]
    rows = []
    for axis, nodes, edges, members in cases:
        random = _random_network(nodes, int(edges))
        arm, _ = make_arm(random, None, [])
        solve_baseline(draw_ensemble(random, members=2), arm)
        begun = time.process_time()
        drawn = draw_ensemble(random, members=members)
        drawing = time.process_time() - begun
        solve_baseline(drawn, arm)
        both = time.process_time() - begun - drawing
        rows.append((axis, nodes, random.n_edges, members, drawing, 500 * both / members))
    table = pd.DataFrame(rows, columns=["axis", "nodes", "edges", "members", "draw_s", "ms_a_state"])
    print(table.round(4).to_string(index=False))
    if options.plot is not None:
        _draw(table, options.plot)


def _random_network(nodes: int, edges: int) -> jn.Network:
    rng = np.random.default_rng(nodes + edges)
    # In-degrees as uneven as those of curated networks: a few hubs take many edges.
    popularity = 1 / np.arange(1, nodes + 1) ** 0.7
    target = rng.choice(nodes, edges, p=popularity / popularity.sum())
    ends = pd.DataFrame({"source": rng.integers(nodes, size=edges), "target": target}).drop_duplicates().astype(str)
    return jn.Network(ends.assign(sign=rng.choice([1, -1], len(ends), p=[0.7, 0.3]), tier="A"))


def _draw(table: pd.DataFrame, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, 3, figsize=(10, 3), sharey=True, layout="constrained")
    for panel, axis in zip(panels, ("nodes", "edges", "members"), strict=True):
        rows = table[table["axis"] == axis]
        panel.loglog(rows[axis], rows["ms_a_state"], marker="o")
        panel.set(xlabel=axis, ylabel="ms a steady state" if axis == "nodes" else "")
    figure.savefig(path, dpi=150)
    print(f"  figure: {path}")


if __name__ == "__main__":
    main()
