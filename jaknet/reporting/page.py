"""What the page of a report says and shows, as plain data: sentences, tables, the network of the routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from jaknet.data.registry import read_table
from jaknet.network.schema import split_list
from jaknet.reporting.words import load_words

__all__ = ["page_data"]

CONDITION = ["drug", "dose", "context"]
#: Rows of the largest tables that the page holds; the files have all.
_MOST = {"signature": 3000, "response": 4000}
#: Tables of which the page shows the rows of the condition that the reader chose.
_FOLLOWING = {"ranking", "experiments", "comparison", "enrichment", "net_effects", "response", "selectivity", "dose_response"}
#: What the first screen speaks of: quantity, readout, name in words.
_HEADLINES = (("transcript", "BGLAP", "Osteocalcin (BGLAP)"), ("activity", "CTNNB1", "Beta-catenin activity"))
_VERB = {"up": "rises", "down": "falls", "none": "does not move"}


def page_data(tables: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return all that the page shows.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Name -> table.
    manifest : mapping
        Of a run, or empty.

    Returns
    -------
    dict
        ``conditions``, ``answers`` by condition, ``tables``, ``network``; ready for JSON.
    """
    given = {name: table.reset_index(drop=True) for name, table in tables.items()}
    conditions = _conditions(given)
    known = load_words().tables
    order = [name for name in known if name in given] + [name for name in given if name not in known and name != "routes"]
    return {
        "conditions": [{"id": name, "drug": drug, "dose": dose, "context": context} for name, (drug, dose, context) in conditions.items()],
        "answers": {name: _answer(key, given, manifest) for name, key in conditions.items()} if "net_effects" in given else {},
        "tables": {name: _table(name, given[name]) for name in order},
        "network": _network(given, conditions),
    }


def _conditions(tables: Mapping[str, pd.DataFrame]) -> dict[str, tuple[str, str, str]]:
    table = tables.get("ranking", tables.get("response", pd.DataFrame()))
    if table.empty or not set(CONDITION) <= set(table):
        return {}
    return {" ".join(key): key for key in table[CONDITION].astype(str).drop_duplicates().itertuples(index=False, name=None)}


def _of(table: pd.DataFrame, key: tuple[str, str, str]) -> pd.DataFrame:
    return table[(table[CONDITION].astype(str) == list(key)).all(axis=1)]


# --- the first screen ---------------------------------------------------------------------------
def _answer(key: tuple[str, str, str], tables: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cards and the sentences of one condition; what speaks against the prediction comes first."""
    response, ranking = (_of(tables[name], key) for name in ("response", "ranking"))
    said = {name: _outcome(response, quantity, name) for quantity, name, _ in _HEADLINES}
    cards = [{"head": title, **said[name]} for _, name, title in _HEADLINES if said[name]]
    effects = _of(tables["net_effects"], key)
    effects = effects[effects["process"] == "all"]
    cards += [_net_card(effects)]
    against = [*_study(key, said), *_published(ranking, tables.get("experiments"), key), *_data(" ".join(key), manifest), *_alone(effects)]
    return {"cards": cards, "against": against}


def _outcome(response: pd.DataFrame, quantity: str, node: str) -> dict[str, Any]:
    rows = response[(response["quantity"] == quantity) & (response["node"] == node)]
    if rows.empty:
        return {}
    row = rows.iloc[0]
    chances = {name: float(row[f"p_{name}"]) for name in _VERB}
    told = f"{_VERB[row['direction']]}" if row["direction"] in _VERB else "may go either way"
    unit = "log2" if quantity == "transcript" else "of full activity"
    rest = ", ".join(f"{_VERB[name]} {share:.0%}" for name, share in sorted(chances.items(), key=lambda item: -item[1]))
    return {
        "answer": told,
        "tone": str(row["direction"]),
        "text": f"{rest}. Median change {row['effect']:+.2f} {unit} ({row['effect_low']:+.2f} to {row['effect_high']:+.2f}).",
    }


def _net_card(effects: pd.DataFrame) -> dict[str, Any]:
    row = effects.iloc[0]
    builds, breaks = float(row["p_anabolic"]), float(row["p_catabolic"])
    answer = "builds bone" if builds >= 0.5 else "is against bone" if breaks >= 0.5 else "undecided"
    text = f"builds bone {builds:.0%}, against bone {breaks:.0%}, over {row['n_genes']} genes that make or break bone ({row['study']})."
    return {
        "head": "Net effect on these genes",
        "answer": answer,
        "tone": {"builds bone": "up", "is against bone": "down"}.get(answer, ""),
        "text": text,
    }


def _study(key: tuple[str, str, str], said: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    claims = read_table("networks/osteoblast/claims.tsv")
    for claim in claims[claims["readout"].isin(list(said))].itertuples():
        found = said[claim.readout]
        if key[0] in split_list(claim.drugs) and found and found["tone"] != claim.direction:
            where = "" if key[2] in split_list(claim.contexts) else ", in another state"
            yield f"The source study (Adam et al. 2020) found that {claim.claim}{where}; here {claim.readout} {found['answer']}."


def _published(ranking: pd.DataFrame, experiments: pd.DataFrame | None, key: tuple[str, str, str]) -> Iterable[str]:
    if experiments is None or experiments.empty:
        return
    marked = set(ranking.loc[ranking["polarity"] != 0, "gene"])
    rows = _of(experiments, key)
    rows = rows[rows["gene"].isin(marked) & (rows["speaks"] == "against") & rows["same_nodes"].astype(bool)]
    if len(rows):
        genes = ", ".join(f"{row.gene} {row.direction}" for row in rows.drop_duplicates(["gene", "direction"]).itertuples())
        papers = rows["paper"].nunique()
        who = "1 paper that did" if papers == 1 else f"{papers} papers that did"
        yield f"{who} the same found something else: {genes} (see Published experiments)."


def _data(name: str, manifest: Mapping[str, Any]) -> Iterable[str]:
    if name in manifest.get("verdicts", {}):
        yield f"Beside the data: {manifest['verdicts'][name]}"
    if name in manifest.get("agreement", {}):
        yield f"Prediction and data, gene by gene: {manifest['agreement'][name]}."


def _alone(effects: pd.DataFrame) -> Iterable[str]:
    for row in effects.iloc[1:].itertuples():
        yield f"Net effect {row.study}: builds bone {row.p_anabolic:.0%}, against bone {row.p_catabolic:.0%}."


# --- tables -------------------------------------------------------------------------------------
def _table(name: str, table: pd.DataFrame) -> dict[str, Any]:
    table, words = _sorted(name, table), load_words()
    shown = table.head(_MOST.get(name, 20_000))
    last = [column for column in words.last.get(name, ()) if column in shown]
    kept = [column for column in shown if column not in words.hidden.get(name, ()) and column not in last] + last
    columns = []
    for column in kept:
        title, about = words.columns.get(column, (column.replace("_", " "), ""))
        number = pd.api.types.is_numeric_dtype(shown[column]) and not pd.api.types.is_bool_dtype(shown[column])
        columns.append({"field": column, "title": title, "help": about, "kind": words.kind(column), "number": bool(number)})
    said = words.tables.get(name, {"heading": name, "about": ""})
    return {
        **said,
        "columns": columns,
        "rows": [[_cell(value) for value in row] for row in shown[kept].itertuples(index=False, name=None)],
        "total": len(table),
        "by": [column for column in CONDITION if column in table] if name in _FOLLOWING else [],
    }


def _sorted(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Leave out genes that nothing is predicted of, and put first what a reader looks for."""
    if name == "ranking" and "in_network" in table:
        return table[table["in_network"].astype(bool)]
    if name == "signature" and "p_value" in table:
        return table.sort_values("p_value", kind="stable")
    if name == "response" and "effect" in table:
        return table.sort_values("effect", key=lambda effect: -effect.abs(), kind="stable")
    return table


def _cell(value: Any) -> Any:
    """Return a value as JSON has it; numbers with five digits."""
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.5g}") if np.isfinite(value) else None
    return None if value is None or value is pd.NA else str(value)


# --- the network of the routes ------------------------------------------------------------------
def _network(tables: Mapping[str, pd.DataFrame], conditions: Mapping[str, tuple[str, str, str]]) -> dict[str, Any]:
    """Return nodes, edges with their evidence, the routes of each gene and the change of each node, by condition."""
    routes, response = tables.get("routes", pd.DataFrame()), tables.get("response", pd.DataFrame())
    if routes.empty or response.empty:
        return {}
    key = ["source", "target", "layer"]
    edges = routes.drop_duplicates(key).reset_index(drop=True)
    number = {tuple(row): place for place, row in enumerate(edges[key].itertuples(index=False, name=None))}
    kinds = response.drop_duplicates("node").set_index("node")["kind"]
    names = sorted({*edges["source"], *edges["target"]})
    evidence = ["source", "target", "sign", "layer", "mechanism", "tier", "reliability", "references", "references_against"]
    lit, change = {}, {}
    for name, condition in conditions.items():
        rows = _of(routes, condition)
        lit[name] = {
            gene: [number[tuple(row)] for row in part[key].itertuples(index=False, name=None)]
            for gene, part in rows.groupby("gene", sort=False)
        }
        moved = _of(response, condition).query("quantity == 'activity'").set_index("node")["direction"]
        change[name] = {node: direction for node, direction in moved.items() if node in names}
        # Of the gene at the end of a route the transcript is predicted, of a node on the way the activity.
        change[name] |= dict(_of(tables["ranking"], condition).query("in_network").set_index("gene")["direction"][list(lit[name])])
    return {
        "nodes": [{"id": node, "kind": str(kinds.get(node, ""))} for node in names],
        "edges": [{field: _cell(value) for field, value in row.items()} for row in edges[evidence].to_dict("records")],
        "routes": lit,
        "change": change,
        "first": list(tables["ranking"].query("polarity != 0")["gene"].drop_duplicates()) if "ranking" in tables else [],
    }
