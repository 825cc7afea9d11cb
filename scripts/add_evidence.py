"""Add a fact or an edge from a paper to the bundled tables, after showing what it changes.

Run from the project's root, with the columns of the table as ``column=value``::

    python scripts/add_evidence.py fact nodes=JAK1 sign=-1 readout=osteocalcin direction=up measure=protein \
        paper_id=PMID:12345 system="MC3T3-E1" perturbation="JAK1 siRNA" note="figure 2"
    python scripts/add_evidence.py edge source=STAT3 target=SOST sign=-1 layer=transcription lineage=osteoblast tier=A \
        references=PMID:12345 note="figure 3"

It reads the names as the network does, checks identifiers, refuses what is there already, names what contradicts it, and shows
how the paper changes the audit, the controls and the scores. Nothing is written without ``--write``. Record what the paper says,
whatever the model says of it: the scores are shown to be known, not to decide.
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from pathlib import Path

import pandas as pd

import jaknet as jn
from jaknet.errors import InputError, UnknownNameError
from jaknet.network.evidence import count_support
from jaknet.network.papers import citing, identifiers_of, normalise_reference
from jaknet.network.schema import EDGE_COLUMNS, KEY, join_list, split_list
from jaknet.tables import read_tsv, write_table

SHELF = Path(__file__).resolve().parents[1] / "networks" / "osteoblast"
_FORMS = {"PMID": r"\d{1,8}", "DOI": r"10\.\d{4,9}/\S+", "PMCID": r"PMC\d{4,9}", "title": r".{10,}"}
_SAME = ["nodes", "sign", "background", "context", "readout", "measure"]


def paper(text: str) -> str:
    """Return one spelling of a paper's identifier, refused if it cannot be one."""
    found = normalise_reference(text)
    kind, _, number = found.partition(":")
    if kind not in _FORMS or not re.fullmatch(_FORMS[kind], number):
        raise InputError(f"{text!r} is no identifier of a paper; give PMID:12345678, DOI:10.1234/x, PMCID:PMC123456 or title:its-words.")
    return found


def own_names(network: jn.Network, names: str, needed: bool) -> str:
    """Return names joined with ``;`` or ``/`` as the network calls them; one that it lacks stays unless it is needed."""

    def _own(found: re.Match[str]) -> str:
        return network.own_name(found[0]) if needed or found[0] in network else found[0]

    return re.sub(r"[^;/]+", _own, names)


def new_fact(given: dict[str, str], facts: pd.DataFrame, network: jn.Network) -> dict[str, str]:
    """Return the row of a fact, checked, with an id of its own."""
    row = dict.fromkeys(facts.columns, "") | given | {"paper_id": paper(given.get("paper_id", ""))}
    row |= {"nodes": own_names(network, row["nodes"], True), "readout": own_names(network, row["readout"], False), "reviewed": "kept"}
    if not row["id"]:
        taken = facts["id"].str.extract(r"^N(\d+)\.", expand=False).dropna().astype(int)
        row["id"] = f"N{taken.max() + 1 if len(taken) else 1:03d}.{row['readout'].replace('/', '_')}"
    jn.read_facts(pd.DataFrame([row]))
    same = (facts[_SAME] == pd.Series(row)[_SAME]).all(axis=1) & citing(facts["paper_id"], row["paper_id"])
    if same.any():
        raise InputError(
            f"{row['paper_id']} has this fact already: {facts.loc[same, 'id'].iloc[0]} ({facts.loc[same, 'direction'].iloc[0]})."
        )
    return row


def with_edge(given: dict[str, str], edges: pd.DataFrame, network: jn.Network) -> tuple[pd.DataFrame, str]:
    """Return the edges with what a paper says of one, and what was done in words."""
    cited = paper(given.get("references", ""))
    names = {end: own_names(network, given[end], False) for end in ("source", "target") if given.get(end)}
    row = dict.fromkeys(EDGE_COLUMNS, "") | {"weight": "1.0", "layer": "signaling", "sign_basis": "reported"} | given
    row |= names | {"references": cited, "sign": given.get("sign", "").lstrip("+")}
    jn.Network(pd.DataFrame([{name: value for name, value in row.items() if value}]))
    there = (edges[KEY] == pd.Series(row)[KEY]).all(axis=1)
    if not there.any():
        row |= {"support_positive": str(int(row["sign"] == "1")), "support_negative": str(int(row["sign"] == "-1"))}
        return pd.concat([edges, pd.DataFrame([row])[edges.columns]]).sort_values(KEY, ignore_index=True, kind="stable"), "a new edge"
    place = edges.index[there][0]
    agrees = edges.loc[place, "sign"] == row["sign"]
    column = "references" if agrees else "references_against"
    if any(citing(edges.loc[[place], name], cited)[0] for name in ("references", "references_against")):
        raise InputError(f"{' '.join(row[name] for name in KEY)} cites {cited} already.")
    edges = edges.copy()
    edges.loc[place, column] = join_list([*split_list(edges.loc[place, column]), cited])
    support = "support_positive" if row["sign"] == "1" else "support_negative"
    edges.loc[place, support] = str(int(float(edges.loc[place, support] or 0)) + 1)
    counted = count_support(jn.Network(edges).edges.merge(edges.loc[[place], KEY])).iloc[0]
    verb = "supports" if agrees else "CONTRADICTS"
    return edges, f"{verb} an edge that is there (now {counted['n_for']:g} for, {counted['n_against']:g} against)"


def show_fact(row: dict[str, str], network: jn.Network, members: int) -> None:
    """Print what other papers say of the same perturbation and readout, and what the model predicts without the paper."""
    others = jn.experiments(row["readout"].split("/")[0], split_list(row["nodes"])[0])
    if len(others):
        others = others.assign(changed=others["same_way"].map({1.0: "raised", -1.0: "lowered"}))
        print(others[["readout", "direction", "changed", "context", "measure", "paper"]].to_string(index=False))
    else:
        print("no other paper on this perturbation and readout")
    print(jn.validate(network, pd.DataFrame([row]), members=members, progress=False).to_frame().T.to_string(header=False))


def show_edges(before: jn.Network, after: jn.Network, facts: pd.DataFrame, members: int) -> None:
    """Print what changes in the audit, the controls and the scores."""

    def _told(network: jn.Network) -> list[str]:
        scores = jn.validate(network, facts, members=members, progress=False)
        checked = jn.check_controls(network, members=members, progress=False)
        return [*network.audit().summary().splitlines(), *checked.summary().splitlines(), *str(scores).splitlines()]

    changes = [line for line in difflib.unified_diff(_told(before), _told(after), lineterm="", n=0) if line[:2] not in ("--", "++", "@@")]
    print("\n".join(changes) or "nothing changes in audit, controls and scores")


def main() -> None:
    """Read the row, show what it changes, and write it if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["fact", "edge"])
    parser.add_argument("row", nargs="+", metavar="column=value")
    parser.add_argument("--members", type=int, default=200, help="models in the ensemble of the scores (default: 200)")
    parser.add_argument("--write", action="store_true", help="write the table; then run scripts/update_registry.py")
    options = parser.parse_args()
    given = dict(cell.partition("=")[::2] for cell in options.row)
    network, facts, edges = jn.load_network("osteoblast"), read_tsv(SHELF / "facts.tsv"), read_tsv(SHELF / "edges.tsv")
    table = facts if options.kind == "fact" else edges
    unknown = [name for name in given if name not in table]
    if unknown:
        raise UnknownNameError("column", unknown, table.columns)
    if options.kind == "fact":
        row = new_fact(given, facts, network)
        table = pd.concat([facts, pd.DataFrame([row])])
        show_fact(row, network, options.members)
    else:
        table, said = with_edge(given, edges, network)
        print(said)
        changed = jn.Network(table, network.nodes, network.name, network.version)
        show_edges(network, changed, facts, options.members)
        row = given | {"paper_id": paper(given["references"])}
    print(
        "the paper:",
        ", ".join(sorted(identifiers_of(row["paper_id"]))),
        f"({int(citing(edges['references'], row['paper_id']).sum())} edges cite it)",
    )
    if options.write:
        write_table(table, SHELF / f"{options.kind}s.tsv")
        print(f"written to {options.kind}s.tsv; now: python scripts/update_registry.py")
    else:
        print("nothing is written; add --write to keep it")


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(str(error))
