"""``jaknet drugs``: which drugs there are, which cytokine's signal they block at a dose, and over a day."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jaknet.cli.flags import jobs_options, model_options, potency_options, said_options, table_options
from jaknet.cli.output import save, say, show
from jaknet.cli.parser import Commands
from jaknet.errors import InputError

if TYPE_CHECKING:
    from jaknet.network.network import Network
    from jaknet.simulation.drugs import Drug

__all__ = ["add_drugs_command"]

ACTIONS = ("list", "show", "selectivity", "signal", "day", "check")


def add_drugs_command(commands: Commands, group: str) -> None:
    """Add ``jaknet drugs``.

    Parameters
    ----------
    commands : Commands
        Of the parser.
    group : str
        Where the help lists it.
    """
    about = "Drugs: potencies, doses, and the cytokine signals that they block."
    shown = "jaknet drugs selectivity tofacitinib baricitinib --dose '300 nM'"
    table = table_options("file to write the whole table to (default: none)")
    shared = (model_options(), potency_options(), table, jobs_options(), said_options())
    made = commands.add(group, "drugs", _run_drugs, about, shown, *shared)
    about = "list; show one drug; selectivity at doses; signal: IC50 of each cytokine's signal in the model; day: hour by hour; check"
    made.add_argument("action", choices=ACTIONS, help=about)
    made.add_argument("names", nargs="*", metavar="DRUG", help="bundled drugs (default of check: all)")
    dose = "repeat for several, or a range such as '10-1000 nM'; with day: the regimen"
    made.add_argument("--dose", action="append", help=dose)
    told = "with signal: only these; may be repeated (default: every cytokine of the network)"
    made.add_argument("--cytokine", action="append", metavar="NAME", help=told)
    made.add_argument("--plot", metavar="FILE", help="with selectivity: draw the heat map too (png, svg or pdf)")


def _run_drugs(options: argparse.Namespace) -> None:
    from jaknet.network.io.read import find_network
    from jaknet.simulation.library import list_drugs, load_drug

    if options.action == "list":
        _tell(_drugs_table(), options)
        return
    if options.action == "check":
        from jaknet.validation.selectivity import check_selectivity

        check = check_selectivity(options.names or None, options.seed)
        _tell(check.to_frame(), options)
        say(check.summary())
        return
    if not options.names:
        raise InputError(f"drugs {options.action} needs a drug: one of {', '.join(list_drugs())}.")
    drugs = [load_drug(name) for name in options.names]
    if options.action == "show":
        for drug in drugs:
            say(_show_drug(drug))
        if options.out:
            save(pd.concat([drug.to_frame().assign(drug=drug.name) for drug in drugs], ignore_index=True), options)
    elif options.action == "selectivity":
        _selectivity(drugs, options, find_network(options.network))
    elif options.action == "signal":
        from jaknet.simulation.pharmacology import signal_ic50

        chosen = {"assay": options.assay, "members": options.members, "seed": options.seed}
        wired = find_network(options.network)
        tables = [signal_ic50(wired, drug, options.cytokine, **chosen) for drug in drugs]
        _tell(pd.concat(tables, ignore_index=True), options)
    else:
        _day(drugs, options, find_network(options.network))


def _drugs_table() -> pd.DataFrame:
    """Return one row a bundled drug: its kinases, measured receptors, unbound fraction, half-life and regimens."""
    from jaknet.simulation.library import list_drugs, load_drug

    rows = []
    for drug in map(load_drug, list_drugs()):
        receptors = sorted({target.name for target in drug.targets if target.receptor})
        proteins = sorted({target.name for target in drug.targets if not target.receptor})
        regimens = list(dict.fromkeys(drug.exposures["regimen"]))
        row = {"drug": drug.name, "kinases": ", ".join(proteins), "measured_on_receptors": ", ".join(receptors)}
        rows.append(row | {"unbound": drug.unbound, "half_life_h": drug.half_life_h, "regimens": ", ".join(regimens)})
    return pd.DataFrame(rows)


def _show_drug(drug: Drug) -> str:
    """Return what is known of a drug as text: potencies that act in cells, exposures, off-targets, caveats."""
    acting = pd.DataFrame([vars(target) for target in drug.acting()])
    acting["target"] = np.where(acting["receptor"], "receptor " + acting["name"], acting["name"])
    measured = {target.name: target.potency_nM for target in drug.targets if target.assay == "enzyme"}
    acting["enzyme_nM"] = [measured.get(name, np.nan) for name in acting["name"]]
    acting["in_cells_nM"], acting["low"], acting["high"] = (
        acting["potency_nM"] * 10 ** (shift * acting["decades"]) for shift in (0.0, -1.645, 1.645)
    )
    columns = ["target", "in_cells_nM", "low", "high", "enzyme_nM", "n", "signal", "binding", "reference"]
    shown = acting[columns].to_string(index=False, na_rep="", float_format="{:.3g}".format)
    share = f"{drug.unbound:.0%} unbound in plasma" if np.isfinite(drug.unbound) else "unbound fraction not seen"
    lines = [f"{drug!r}; {share}", "potencies that act in cells (free concentration, 90 % interval):", shown]
    if len(drug.exposures):
        exposed = drug.exposures[["regimen", "quantity", "value_nM", "low_nM", "high_nM", "reference"]]
        lines += ["exposures (total in plasma, steady state):", exposed.to_string(index=False)]
    if drug.off_targets:
        lines.append(f"off-targets: {', '.join(drug.off_targets)}")
    return "\n".join([*lines, *(f"note: {note}" for note in drug.at("1 nM").notes)])


def _selectivity_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of `jaknet.selectivity` with each IC50 and inhibition beside its interval."""
    ic50 = table.apply(lambda row: f"{row.ic50_nM:.3g} ({row.ic50_low:.2g}-{row.ic50_high:.2g})", axis=1)
    blocked = table.apply(lambda row: f"{row.inhibition:.0%} ({row.inhibition_low:.0%}-{row.inhibition_high:.0%})", axis=1)
    shown = table[["drug", "dose", "receptor", "cytokines"]].assign(ic50_nM=ic50, inhibition=blocked, basis=table["basis"])
    return shown.rename(columns={"ic50_nM": "IC50 nM, free (90 %)", "inhibition": "blocked (90 %)"})


def _selectivity(drugs: list[Drug], options: argparse.Namespace, network: Network) -> None:
    from jaknet.simulation.pharmacology import selectivity

    given = options.dose[0] if options.dose and len(options.dose) == 1 else options.dose
    table = selectivity(drugs, given, network, options.assay, options.matrix, options.members, options.seed)
    if options.plot:
        from jaknet.reporting.plot import selectivity as draw

        draw(table).figure.savefig(Path(options.plot), dpi=150, bbox_inches="tight")  # type: ignore[union-attr]
    _tell(table, options, _selectivity_table(table))


def _day(drugs: list[Drug], options: argparse.Namespace, network: Network) -> None:
    from jaknet.simulation.pharmacology import dosing_day

    if len(drugs) != 1 or not options.dose or len(options.dose) != 1:
        raise InputError("drugs day needs one drug and its regimen, e.g.: jaknet drugs day tofacitinib --dose '5 mg BID'")
    found = dosing_day(drugs[0], options.dose[0], network, options.members, options.seed)
    course = found.attrs["course"]
    seen = [f"{name} {value[0]:.3g} nM (here {value[1]:.3g})" for name, value in course.items() if name != "scaled_to"]
    say(f"{drugs[0].name} {options.dose[0]} at steady state, scaled to {course['scaled_to']}; seen, total in plasma: {', '.join(seen)}")
    _tell(found, options, found.attrs["day"].round(2))


def _tell(table: pd.DataFrame, options: argparse.Namespace, shown: pd.DataFrame | None = None) -> None:
    """Show a table to people, and write it where that was asked for; ``--format`` alone prints it for programs."""
    if options.out or not options.format:
        show(table if shown is None else shown, options)
    if options.out or options.format:
        save(table, options)
