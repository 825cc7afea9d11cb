"""How fast the engines are, against scipy and numpy on the same members in the same run.

    python benchmarks/bench_simulation.py                                # members and linear: about a minute
    python benchmarks/bench_simulation.py screen --against ../old        # 600 conditions, here and in another checkout
    python benchmarks/bench_simulation.py growth --plot growth.png

members: steady states of the bundled osteoblast network in the inflammatory context with tofacitinib at 300 nM, one thread,
against scipy's LSODA on ``dy/dt = f(y) - y`` until rest, without and with the Jacobian. The right-hand side is written here
from the definition in `EnsembleSettings`, with sparse numpy; nothing of the kernel is used.
screen: 12 drugs x 10 doses x 5 contexts x 1,000 members, each from two starts, as a process of its own, start and imports
included; --against names the folder of another checkout that runs the same script. linear: the tangent at the context's baseline
against numpy's dense solve, a member at a time. growth: cost against nodes, edges and members on random networks.

Processor time is shown beside wall time, because a busy machine lengthens only the latter; ratios are of processor time.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import pandas as pd
from joblib import parallel_config
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.sparse import csr_matrix
from scipy.special import expit, logit
from threadpoolctl import threadpool_limits

import jaknet as jn
from jaknet.simulation._model import PART_FLOOR, Arm
from jaknet.simulation.ensemble import Ensemble, draw_ensemble
from jaknet.simulation.model import Baseline, Effects, perturbed_effects, solve_baseline
from jaknet.simulation.trial import make_arm

DRUG, DOSE, CONTEXT = "tofacitinib", "300 nM", "inflammatory"
LONG, AT_REST = 1000.0, 1e-8
REPEATS = 7
SCREEN = """
import time
import jaknet as jn
network = jn.load_network("osteoblast")
doses = [f"{dose} nM" for dose in (1, 3, 10, 30, 100, 300, 1000, 3000, 10000, 30000)]
begun = time.perf_counter()
table = jn.screen(network, jn.list_drugs(), doses, jn.list_contexts(), members=MEMBERS, progress=False)
size = f"{len(jn.list_drugs())} drugs x {len(doses)} doses x {len(jn.list_contexts())} contexts"
print(f"{network.n_nodes} nodes, {network.n_edges} edges, {size}: {len(table)} rows; the call {time.perf_counter() - begun:.1f} s; "
      f"not at rest at most {table['not_at_rest'].max():.1%}, multistable at most {table['multistable'].max():.1%}")
"""

Floats = NDArray[np.float64]
Found = TypeVar("Found")


def main() -> None:
    """Run the parts asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = {"members": _members, "screen": _screen, "linear": _linear, "growth": _growth}
    parser.add_argument("parts", nargs="*", default=["members", "linear"], metavar="part", help="of: " + ", ".join(parts))
    parser.add_argument("--members", type=int, default=1000, help="members of the ensembles")
    parser.add_argument("--peers", type=int, default=7, help="members that LSODA simulates")
    parser.add_argument("--against", type=Path, help="with screen: folder of another checkout")
    parser.add_argument("--plot", type=Path, help="with growth: where to write the figure")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(parts):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
    for part in options.parts:
        with threadpool_limits(1):  # of the linear algebra, whose idle threads would count as processor time
            parts[part](options)
        print(f"  peak memory so far: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB\n")


class Equation(NamedTuple):
    """One member in one arm: ``y = capacity sigma(fixed + regulation @ (y - rest) + parts @ ln((y + c) / (rest + c)))``.

    Complexes that drugs inhibit as a whole see ``lift * y`` in place of y.
    """

    capacity: Floats
    pin: Floats
    fixed: Floats
    rest: Floats
    regulation: csr_matrix
    parts: csr_matrix
    lift: Floats
    whole: Floats

    @classmethod
    def of(cls, drawn: Ensemble, arm: Arm, member: int) -> Equation:
        """Write a member down from its factors; only the draws are taken from the ensemble.

        Parameters
        ----------
        drawn : Ensemble
            What the member belongs to.
        arm : Arm
            What is done to the nodes.
        member : int
            Its number.
        """
        wiring, settings, count = drawn.wiring, drawn.settings, len(drawn.wiring.names)
        sharing = np.bincount(wiring.target[wiring.shared], minlength=count)[wiring.target]
        strength = settings.gain * drawn.factor[member] * np.where(wiring.transcription, settings.synthesis, 1.0)
        strength = strength * np.where(wiring.shared, np.maximum(sharing, 1.0) ** -settings.crowding, 1.0)
        odds = drawn.parameters.rest[member]
        fixed = np.where(np.isnan(arm.level), odds, logit(arm.level))
        where = (wiring.target, wiring.source)
        regulation = csr_matrix((np.where(wiring.part, 0.0, strength), where), shape=(count, count))
        regulation.eliminate_zeros()
        parts = csr_matrix((wiring.part.astype(float), where), shape=(count, count))
        parts.eliminate_zeros()
        row = member if len(arm.scale) > 1 else 0
        return cls(arm.scale[row], arm.pin, fixed, expit(odds), regulation, parts, arm.lift[row], arm.whole)

    def called_for(self, state: Floats) -> Floats:
        """Return the log odds that a state calls for.

        Parameters
        ----------
        state : ndarray of float64, shape (nodes,)
            Activity of every node.
        """
        plain, lifted = (self._odds(seen) for seen in (state, self.lift * state))
        return np.asarray(self.fixed + np.where(self.whole, lifted, plain))

    def _odds(self, seen: Floats) -> Floats:
        shares = np.log((np.maximum(seen, 0.0) + PART_FLOOR) / (self.rest + PART_FLOOR))
        return np.asarray(self.regulation @ (seen - self.rest) + self.parts @ shares)

    def slope(self, _: float, state: Floats) -> Floats:
        """Return ``f(y) - y``.

        Parameters
        ----------
        _ : float
            Time, which the equation does not depend on.
        state : ndarray of float64, shape (nodes,)
            Activity of every node.
        """
        answer = np.where(np.isnan(self.pin), expit(self.called_for(state)), self.pin)
        return np.asarray(self.capacity * answer - state)

    def jacobian(self, _: float, state: Floats) -> Floats:
        """Return the derivatives of `slope`.

        Parameters
        ----------
        _ : float
            Time, which the equation does not depend on.
        state : ndarray of float64, shape (nodes,)
            Activity of every node.
        """
        share = expit(self.called_for(state))
        steep = np.where(np.isnan(self.pin), self.capacity * share * (1.0 - share), 0.0)
        return steep[:, None] * self.reach(state) - np.eye(len(state))

    def reach(self, state: Floats) -> Floats:
        """Return the derivatives of `called_for`.

        Parameters
        ----------
        state : ndarray of float64, shape (nodes,)
            Activity of every node.
        """
        seen = np.where(self.whole[:, None], self.lift * state, state)
        slope = self.regulation.toarray() + self.parts.toarray() / (np.maximum(seen, 0.0) + PART_FLOOR)
        return np.asarray(slope * np.where(self.whole[:, None], self.lift, 1.0))


class Cost(NamedTuple):
    """Median wall and processor time of one member, in ms."""

    wall: float
    used: float


def _timed(step: Callable[[], Found]) -> tuple[Found, Cost]:
    """Return what a step gives and what it took, in ms."""
    begun, used = time.perf_counter(), time.process_time()
    found = step()
    return found, Cost(1e3 * (time.perf_counter() - begun), 1e3 * (time.process_time() - used))


def _median(costs: list[Cost], share: float = 1.0) -> Cost:
    """Return the median of each column, divided by `share`."""
    return Cost(*(np.median(np.array(costs), axis=0) / share))


def _members(options: argparse.Namespace) -> None:
    """Members to steady state: jaknet on all, LSODA on a few."""
    network = jn.load_network("osteoblast")
    drawn, drawing = _timed(lambda: draw_ensemble(network, members=options.members))
    arm, _ = make_arm(network, jn.load_context(CONTEXT), [jn.load_drug(DRUG).at(DOSE)], ensemble=drawn)
    few = range(min(options.peers, options.members))
    equations = [Equation.of(drawn, arm, member) for member in few]
    costs: dict[str, list[Cost]] = {}
    apart: dict[str, float] = {}
    with parallel_config(n_jobs=1):
        solve_baseline(drawn.subset(np.arange(2)), arm.take(np.arange(2)))
        one, two = ([_timed(lambda: solve_baseline(drawn, arm, starts))[1] for _ in range(REPEATS)] for starts in (1, 2))  # noqa: B023
        found = solve_baseline(drawn, arm)
    for name, given in (("LSODA", {}), ("LSODA, Jacobian given", {"jac": True})):
        costs[name], costs[f"{name}, two starts"] = [], []
        for member, equation in zip(few, equations, strict=True):
            starts = [equation.rest, np.ones(network.n_nodes)]
            if member == 0:
                _integrate(equation, equation.rest, bool(given))  # the first run pays for what later ones find in memory
            ends = [_timed(lambda: _integrate(equation, start, bool(given))) for start in starts]  # noqa: B023
            costs[name].append(ends[0][1])
            costs[f"{name}, two starts"].append(Cost(*(sum(parts) for parts in zip(*(cost for _, cost in ends), strict=True))))
            far = max(float(np.abs(state - found.states[member]).max()) for state, _ in ends)
            apart[name] = max(far, apart.get(name, 0.0))
    mine = {False: _median(one, options.members), True: _median(two, options.members)}
    print(f"steady states, {CONTEXT} with {DRUG} {DOSE}: {network.n_nodes} nodes, {network.n_edges} edges")
    trouble = f"{int((~found.converged).sum())} not at rest, {int(found.multistable.sum())} multistable"
    print(f"  {options.members} members drawn in {drawing.wall:.0f} ms; {trouble}")
    rest = max(float(np.abs(equation.slope(0.0, found.states[member])).max()) for member, equation in zip(few, equations, strict=True))
    print(f"  largest |f(y) - y| of jaknet's states by the equation written here: {rest:.1e}")
    for label, cost in (("jaknet, one start", mine[False]), ("jaknet, two starts", mine[True])):
        print(f"  {label:34s} {cost.wall:9.3f} ms a member, {cost.used:9.3f} ms of processor time")
    for label, every in costs.items():
        cost, own = _median(every), mine["two" in label]
        far = apart[label.removesuffix(", two starts")]
        print(f"  {label:34s} {cost.wall:9.1f} ms a member, {cost.used:9.1f} ms of processor time: "
              f"{cost.used / own.used:5.0f} x; largest difference {far:.1e}")  # fmt: skip


def _integrate(equation: Equation, start: Floats, jacobian: bool) -> Floats:
    """Integrate one member until it rests, but not longer than LONG."""

    def rests(time: float, state: Floats) -> float:
        return float(np.abs(equation.slope(time, state)).max()) - AT_REST

    rests.terminal = True  # type: ignore[attr-defined]
    given = {"jac": equation.jacobian} if jacobian else {}
    run = solve_ivp(equation.slope, (0, LONG), start, method="LSODA", events=rests, rtol=1e-8, atol=1e-10, **given)
    return np.asarray(run.y[:, -1])


def _screen(options: argparse.Namespace) -> None:
    """Drugs x doses x contexts, from two starts each, in a process of its own; and the same elsewhere."""
    here = Path(__file__).resolve().parents[1]
    used = [_process(name, folder, options.members) for name, folder in (("this checkout", here), ("the other", options.against)) if folder]
    if len(used) > 1:
        print(f"  this checkout took {used[0] / used[1]:.2f} times the processor time of the other")


def _process(name: str, folder: Path, count: int) -> float:
    text = SCREEN.replace("MEMBERS", str(count))
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(folder.resolve())}
    done = subprocess.run([sys.executable, "-c", text], env=environment, cwd=folder, capture_output=True, text=True, check=True)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"screen, {name}, {count} members: whole process {wall:.1f} s, {used:.1f} s of processor time\n  {done.stdout.strip()}")
    return used


def _linear(options: argparse.Namespace) -> None:
    """The tangent at the context's baseline: jaknet on all members, numpy's dense solve on a few."""
    network = jn.load_network("osteoblast")
    drawn = draw_ensemble(network, members=options.members)
    control, _ = make_arm(network, jn.load_context(CONTEXT))
    treated, _ = make_arm(network, jn.load_context(CONTEXT), [jn.load_drug(DRUG).at(DOSE)], ensemble=drawn)
    few = range(min(20, options.members))
    with parallel_config(n_jobs=1):
        base = solve_baseline(drawn, control)
        found = perturbed_effects(drawn, base, treated, "linear")
        mine = [_timed(lambda: perturbed_effects(drawn, base, treated, "linear"))[1] for _ in range(REPEATS)]
    logic = perturbed_effects(drawn, base, treated)
    pairs = [(Equation.of(drawn, control, member), Equation.of(drawn, treated, member)) for member in few]
    ends = [_timed(lambda: _follow(*pair, base.states[member])) for member, pair in zip(few, pairs, strict=True)]  # noqa: B023
    apart = max(float(np.abs(state - found.perturbed[member]).max()) for member, (state, _) in zip(few, ends, strict=True))
    own, peer = _median(mine, options.members), _median([cost for _, cost in ends])
    print(f"linear engine, {DRUG} {DOSE} in {CONTEXT}, {options.members} members; {int((~found.converged).sum())} without a solution")
    print(f"  jaknet                {own.wall:8.3f} ms a member, {own.used:8.3f} ms of processor time")
    print(f"  numpy.linalg.solve    {peer.wall:8.3f} ms a member, {peer.used:8.3f} ms of processor time: {peer.used / own.used:.0f} x; "
          f"largest difference {apart:.1e}")  # fmt: skip
    print(f"  correlation of its mean effects with those of the logic engine {_agreement(found, logic):.3f}")


def _agreement(one: Effects, other: Effects) -> float:
    return float(np.corrcoef(one.total.mean(axis=0), other.total.mean(axis=0))[0, 1])


def _follow(control: Equation, treated: Equation, base: Floats) -> Floats:
    """Return the tangent's answer of one member, from a dense linear system."""
    seeing = control._replace(whole=treated.whole)
    share, slope = expit(seeing.called_for(base)), seeing._replace(lift=np.ones(len(base))).reach(base)
    held = ~np.isnan(treated.pin)
    steep = np.where(held, 0.0, treated.capacity * share * (1.0 - share))
    constant = treated.capacity * np.where(held, treated.pin, share) - base + steep * (treated.fixed - control.fixed)
    # What drugs do to the sources of a complex that they inhibit as a whole is taken back there: the lift does that.
    lift = np.where(treated.whole[:, None], treated.lift, 1.0)
    constant = constant + steep * ((slope * (lift - 1.0)) @ base)
    return np.asarray(base + np.linalg.solve(np.eye(len(base)) - steep[:, None] * slope * lift, constant))


def _growth(options: argparse.Namespace) -> None:
    """Cost against nodes, edges and members, on random networks of the osteoblast network's density."""
    cases = [("nodes", size, 2.6 * size, 200) for size in (100, 200, 400, 800, 1600)]
    cases += [("edges", 400, degree * 400, 200) for degree in (1, 2, 4, 8)]
    cases += [("members", 400, 1040, count) for count in (100, 300, 1000, 3000, 10000)]
    rows = []
    for axis, nodes, edges, count in cases:
        random = _random_network(nodes, int(edges))
        arm, _ = make_arm(random, None)
        solve_baseline(draw_ensemble(random, members=2), arm)
        treated, _ = make_arm(random, None, [jn.inhibit(random.names[0], 0.9), jn.activate(random.names[1], 0.9)])
        drawn, drawing = _timed(lambda: draw_ensemble(random, members=count))  # noqa: B023
        _, both = _timed(lambda: _solve(drawn, treated))  # noqa: B023
        rows.append((axis, nodes, random.n_edges, count, drawing.used / 1e3, both.used / 2 / count))
    table = pd.DataFrame(rows, columns=["axis", "nodes", "edges", "members", "draw_s", "ms_a_state"])
    print(table.round(4).to_string(index=False))
    if options.plot is not None:
        _draw(table, options.plot)


def _solve(drawn: Ensemble, arm: Arm) -> Baseline:
    return solve_baseline(drawn, arm)


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
