"""What the public edge tables look like: how each is recognised, and how it becomes our columns.

Every converter takes a frame of text cells under lower-case column names and returns one with ``source``,
``target`` and ``sign`` (1, -1; 0 where the table knows none; NaN where the cell means nothing), the columns of `schema.EDGE_COLUMNS`
that the format can fill, and ``evidence``: what tells two reports without a paper apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jaknet.errors import InputError
from jaknet.network.papers import normalise_reference
from jaknet.network.schema import LAYERS

__all__ = ["FORMATS", "HEADERLESS", "MISSING", "Format", "sign_of", "signs_of"]

MISSING = frozenset({"", "na", "n/a", "nan", "none", "null", "#n/a", "<na>"})
_WORDS = {
    1.0: "+ 1 1.0 +1 -> → activates activate activation activator stimulates stimulation positive up upregulates induces induction",
    -1.0: "- -1 -1.0 -| ⊣ |- inhibits inhibit inhibition inhibitor represses repress repression negative down downregulates",
    0.0: "0 0.0 -0 unknown unsigned undirected binding binds pp interacts interaction",
}
_SIGNS = {word: sign for sign, words in _WORDS.items() for word in words.split()} | dict.fromkeys(MISSING, 0.0)
_SIGNOR_KEPT = ["source", "target", "mechanism", "source_id", "target_id", "source_type", "target_type"]
_SIGNOR_COLUMNS = """entitya typea ida databasea entityb typeb idb databaseb effect mechanism residue sequence tax_id cell_data tissue_data
    modulator_complex target_complex modificationa modaseq modificationb modbseq pmid direct notes annotator sentence signor_id score"""


@dataclass(frozen=True)
class Format:
    """One table layout: its name, the columns that give it away, and its converter."""

    name: str
    needs: frozenset[str]
    convert: Callable[[pd.DataFrame], pd.DataFrame]


def sign_of(word: str) -> float:
    """Return 1, -1, 0 (stated to be unsigned) or NaN (means nothing) for what a cell calls an effect.

    Parameters
    ----------
    word : str
        Text of the cell.

    Returns
    -------
    float

    Examples
    --------
    >>> [sign_of(word) for word in ("activates", "transcription:inhibits", "up-regulates activity", "0", "2")]
    [1.0, -1.0, 1.0, 0.0, nan]
    """
    text = word.strip().lower().rpartition(":")[2]
    if text.startswith(("up-regulates", "down-regulates")):
        return 1.0 if text.startswith("up") else -1.0
    return 0.0 if text == "form complex" else _SIGNS.get(text, np.nan)


def signs_of(cells: pd.Series) -> pd.Series:
    """Apply `sign_of` to a column, each distinct cell once.

    Parameters
    ----------
    cells : pandas.Series
        The column, as text.

    Returns
    -------
    pandas.Series
        Of float64.
    """
    return cells.map({cell: sign_of(cell) for cell in cells.unique()}).astype(float)


def _native(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(sign=signs_of(table["sign"]))


def _decoupler(table: pd.DataFrame) -> pd.DataFrame:
    renamed = table.rename(columns={"mor": "weight", "pathway": "source", "gene": "target", "sources": "resources"})
    weight = pd.to_numeric(renamed["weight"].where(~renamed["weight"].str.lower().isin(MISSING)), errors="coerce")
    unreadable = weight.isna() & ~renamed["weight"].str.lower().isin(MISSING) | np.isinf(weight)
    largest = max(weight.abs().where(np.isfinite(weight)).max(), 1.0)
    kept = renamed[[name for name in ("source", "target", "references", "resources") if name in renamed]].copy()
    sign = np.sign(weight).fillna(0).mask(unreadable)
    if "sign_decision" in renamed:
        kept["sign_basis"] = np.where(renamed["sign_decision"].str.contains("default"), "default", "reported")
    return kept.assign(sign=sign, weight=(weight.abs() / largest).where(weight != 0, 1.0), layer="transcription")


def _progeny(table: pd.DataFrame) -> pd.DataFrame:
    """The long table of OmniPath: pathway, weight and p_value of a record are rows of their own."""
    wide = table.pivot_table(index=["record_id", "genesymbol"], columns="label", values="value", aggfunc="first")
    wide = wide.fillna("").reset_index().rename(columns={"genesymbol": "gene", "p_value": "p.value"})
    if not {"pathway", "weight", "p.value"} <= set(wide):
        raise InputError("the table of PROGENy lacks the labels pathway, weight and p_value; fetch it again.")
    wide = wide.rename_axis(columns=None)
    return _decoupler(wide).assign(note="p=" + wide["p.value"], resources="PROGENy")


def _sif(table: pd.DataFrame) -> pd.DataFrame:
    prefix = table["interaction"].str.partition(":")[0]
    layer = prefix.where(prefix.isin(LAYERS), "signaling")
    return table.assign(sign=signs_of(table["interaction"]), layer=layer)


def _omnipath(table: pd.DataFrame) -> pd.DataFrame:
    up, down = (_flags(table[name]) for name in ("is_stimulation", "is_inhibition"))
    both = up & down
    # The consensus decides where the databases report both signs; where it does not, no sign is claimed.
    for column, flags in (("consensus_stimulation", up), ("consensus_inhibition", down)):
        if column in table:
            flags &= ~both | _flags(table[column])
    return pd.DataFrame(
        {
            "source": table["source_genesymbol"],
            "target": table["target_genesymbol"],
            "sign": up.astype(float) - down.astype(float),
            "references": table.get("references", pd.Series("", table.index)),
            "resources": table.get("sources", pd.Series("", table.index)).str.replace(r"^$", "OmniPath", regex=True),
        }
    )


def _flags(cells: pd.Series) -> pd.Series:
    return cells.str.lower().isin(("true", "1", "1.0"))


def _signor(table: pd.DataFrame) -> pd.DataFrame:
    own_names = {"entitya": "source", "entityb": "target", "ida": "source_id", "idb": "target_id"}
    own_names |= {"typea": "source_type", "typeb": "target_type"}
    renamed = table.rename(columns=own_names)
    empty = pd.Series("", renamed.index)
    layer = np.where(renamed["mechanism"].str.startswith("transcriptional"), "transcription", "signaling")
    layer = np.where(renamed.get("target_type", empty) == "phenotype", "phenotype", layer)
    # SIGNOR's own tables state an effect in words, the derived ones a sign.
    sign = signs_of(renamed["effect" if "effect" in renamed else "sign"])
    return renamed.reindex(columns=[name for name in _SIGNOR_KEPT if name in renamed]).assign(
        sign=sign,
        layer=layer,
        references=renamed.get("pmid", empty),
        resources="SIGNOR",
        evidence=renamed["mechanism"] + "|" + renamed.get("residue", empty),
    )


def _trrust(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "source": table["tf"],
            "target": table["gene_symbol"],
            "sign": signs_of(table["interaction"]),
            "layer": "transcription",
            "references": table.get("position", pd.Series("", table.index)),
            "resources": "TRRUST",
        }
    )


def _wikipathways(table: pd.DataFrame) -> pd.DataFrame:
    layer = np.where(table["arrow"].str.contains("transcription"), "transcription", "signaling")
    context = table.get("pathway", table["wp"])
    return table[["source", "target"]].assign(
        sign=signs_of(table["sign"]), layer=layer, mechanism=table["arrow"], context=context, resources="WikiPathways", evidence=table["wp"]
    )


def references_of(cell: str) -> str:
    """Return the references of a cell as ``;``-joined identifiers in one spelling.

    Parameters
    ----------
    cell : str
        References in any spelling, separated by ``;``, ``|`` or ``,``.

    Returns
    -------
    str
        Sorted, without repeats.

    Examples
    --------
    >>> references_of("SIGNOR:17145764;22909821|pmid:1")
    'PMID:1;PMID:17145764;PMID:22909821'
    """
    found = set()
    for item in re.split(r"[;|,]\s*", cell):
        text = item.strip()
        if text.lower() in MISSING:
            continue
        digits = re.fullmatch(r"(?!PMC|DOI)[A-Za-z][\w\-. ]*:\s*(\d+)", text, re.IGNORECASE)
        found.add(normalise_reference(digits[1] if digits else text))
    return ";".join(sorted(found))


def _format(name: str, needs: str, convert: Callable[[pd.DataFrame], pd.DataFrame]) -> Format:
    return Format(name, frozenset(needs.split()), convert)


#: In the order in which they are tried: the most telling columns first.
FORMATS = (
    _format("omnipath", "source_genesymbol target_genesymbol is_stimulation is_inhibition", _omnipath),
    _format("signor", "entitya entityb effect mechanism", _signor),
    _format("signor", "source target sign source_id target_id mechanism", _signor),
    _format("trrust", "tf gene_symbol interaction", _trrust),
    _format("wikipathways", "source target sign arrow wp", _wikipathways),
    _format("native", "source target sign", _native),
    _format("progeny", "genesymbol record_id label value", _progeny),
    _format("decoupler", "source target weight", _decoupler),
    _format("decoupler", "source target mor", _decoupler),
    _format("decoupler", "pathway gene weight", _decoupler),
    _format("sif", "source interaction target", _sif),
)

#: Number of columns -> (column whose first cell must carry a sign word, names) of tables without a header row.
HEADERLESS = {
    3: (1, ["source", "interaction", "target"]),
    4: (2, ["tf", "gene_symbol", "interaction", "position"]),
    28: (8, _SIGNOR_COLUMNS.split()),
}
