"""What people call a gene or its protein, read as one of the names that a network has."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from jaknet.data.registry import read_table
from jaknet.errors import UnknownNameError, check_type, closest, few
from jaknet.genes.mapping import map_identifiers
from jaknet.genes.tables import SPECIES, gene_table, orthologs

__all__ = ["Names", "common_names", "fold"]

_GREEK = str.maketrans({"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "κ": "kappa", "ω": "omega"})
_SEPARATOR = re.compile(r"(?<!\d)[-_\s]+|[-_\s]+(?!\d)")


def fold(name: str) -> str:
    """Return a name without capitals, Greek letters and separators.

    A separator between two digits stays: ``MAPK1-3`` is not MAPK13.

    Parameters
    ----------
    name : str
        As somebody wrote it.

    Examples
    --------
    >>> [fold(name) for name in ("Beta-catenin", "β catenin", "IL-6", "MAPK1-3")]
    ['betacatenin', 'betacatenin', 'il6', 'mapk1-3']
    """
    return _SEPARATOR.sub("", name.strip().casefold().translate(_GREEK))


@lru_cache(maxsize=1)
def common_names() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return the bundled common names: folded name -> the name as it is written, and the human symbols it stands for."""
    rows = read_table("networks/identifiers/common_names.tsv").itertuples(index=False)
    return {fold(row.name): (row.name, tuple(row.symbols.split(";"))) for row in rows}


@dataclass(frozen=True)
class Names:
    """The names of a network's nodes and genes, and what else may be said for them.

    A name is read in the first of these ways that gives a meaning: a known name in other capitals or with other
    separators; a common name (osteocalcin, OPG, p65); an identifier, alias or former symbol of the species; a symbol or
    alias of the other species, by its ortholog; an alias in other capitals. The tables of genes are opened only for a
    name that the first two do not explain.

    Attributes
    ----------
    known : tuple of str
        Names of nodes and genes.
    species : str
        Of the gene symbols among them.
    """

    known: tuple[str, ...]
    species: str
    _read: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def meanings(self, name: str) -> tuple[str, ...]:
        """Return what a name may mean: symbols, in the spelling of the known names; several if it is ambiguous.

        Parameters
        ----------
        name : str
            As somebody wrote it.

        Examples
        --------
        >>> names = Names(("BGLAP", "NFKB1", "RELA"), "human")
        >>> [names.meanings(name) for name in ("Osteocalcin", "Bglap2", "NF-kB", "OPG", "nonsense")]
        [('BGLAP',), ('BGLAP',), ('NFKB1', 'RELA'), ('TNFRSF11B',), ()]
        """
        if name not in self._read:
            self._read[name] = next(filter(None, self._readings(name)), ())
        return self._read[name]

    def find(self, name: object) -> str | None:
        """Return the known name that is meant; None if there is none, or more than one.

        Parameters
        ----------
        name : str
            As somebody wrote it; anything but text means nothing.
        """
        if not isinstance(name, str) or name in self._exact:
            return name if isinstance(name, str) else None
        meant = self.meanings(name)
        return meant[0] if len(meant) == 1 and meant[0] in self._exact else None

    def own(self, name: str, where: str) -> str:
        """Return the known name that is meant.

        Parameters
        ----------
        name : str
            As somebody wrote it.
        where : str
            Label of the network, for the message.

        Raises
        ------
        UnknownNameError
            If there is none, or more than one: what the name may mean, or which names are close.
        """
        check_type("a node", name, str, "the name of a node or gene")
        found = self.find(name)
        if found is None:
            raise self._refusal(name, where)
        return found

    def _refusal(self, name: str, where: str) -> UnknownNameError:
        meant = self.meanings(name)
        if len(meant) > 1:
            there = [symbol for symbol in meant if symbol in self._exact]
            remedy = f"it may be {few(meant, 8)}; write the one you mean ({where} has {few(there, 8) or 'none of them'})"
            return UnknownNameError("node", [name], there, remedy)
        also = {alias: symbols[0] for alias, symbols in self._aliases() if len(symbols) == 1 and symbols[0] in self._exact}
        close = closest(name, (*self.known, *also), 5)
        shown = few(f"{option} ({also[option]})" if option in also else option for option in close) or "none"
        lacks = f"it is {meant[0]}, which {where} lacks; " if meant and meant[0] != name else ""
        return UnknownNameError("node", [name], close, f"{lacks}closest in {where}: {shown}")

    def _aliases(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield what genes are called besides their symbols, and the symbols."""
        if self.species in SPECIES:
            yield from gene_table(self.species).by_alias.items()
        if self.species == "human":
            yield from common_names().values()

    @cached_property
    def _exact(self) -> frozenset[str]:
        return frozenset(self.known)

    @cached_property
    def _folded(self) -> dict[str, tuple[str, ...]]:
        found: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for name in self.known:
            found[fold(name)][name] = None
        return {folded: tuple(names) for folded, names in found.items()}

    def _readings(self, name: str) -> Iterator[tuple[str, ...]]:
        """Yield what the name means in each way of reading it, empty where it means nothing."""
        folded = fold(name)
        yield self._folded.get(folded, ())
        if self.species not in SPECIES or not folded:
            return
        common = common_names().get(folded, ("", ()))[1]
        symbols = common if self.species == "human" else _by_orthology(common, "human")
        # Of a family that shares a name, those that the network has are meant.
        yield tuple(symbol for symbol in symbols if symbol in self._exact) or symbols
        other = next(species for species in SPECIES if species != self.species)
        for symbols in (
            _identified(name, self.species),
            _by_orthology(_identified(name, other), other),
            _folded_aliases(self.species).get(folded, ()),
            _by_orthology(_folded_aliases(other).get(folded, ()), other),
        ):
            yield tuple(self._spelled(symbol) for symbol in symbols)

    def _spelled(self, symbol: str) -> str:
        """Return a symbol, or the older name of the same gene that is known instead."""
        if symbol in self._exact:
            return symbol
        genes = gene_table(self.species)
        old = [alias for alias in genes.aliases_of(symbol) if alias in self._exact and genes.by_alias.get(alias) == (symbol,)]
        return old[0] if len(old) == 1 else symbol


def _identified(name: str, species: str) -> tuple[str, ...]:
    """Return the symbols that an identifier, symbol or alias of a species may mean."""
    row = map_identifiers([name], species).table.iloc[0]
    return (row["mapped"],) if row["mapped"] else tuple(row["note"].split(";")) if row["status"] == "ambiguous" else ()


def _by_orthology(symbols: tuple[str, ...], source: str) -> tuple[str, ...]:
    """Return the orthologs of symbols in the other species, each once."""
    if not symbols:
        return ()
    target = next(species for species in SPECIES if species != source)
    return tuple(dict.fromkeys(filter(None, orthologs(symbols, source, target)["target"])))


@lru_cache(maxsize=len(SPECIES))
def _folded_aliases(species: str) -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for alias, symbols in gene_table(species).by_alias.items():
        found[fold(alias)].update(dict.fromkeys(symbols))
    return {alias: tuple(symbols) for alias, symbols in found.items()}
