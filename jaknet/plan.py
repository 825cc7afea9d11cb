"""The study file: what `jaknet run` does, as one YAML with a checked schema."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from jaknet.errors import InputError, few

if TYPE_CHECKING:
    from jaknet.simulation.perturbations import Perturbation

__all__ = ["TEMPLATE", "Dataset", "Study", "Treatment", "read_study"]

TEMPLATE = """\
# A jaknet study. Every line is optional except those of the dataset you use.
# Paths are relative to this file. Run it with:  jaknet run study.yaml --out results

name: my-study

# The network: a bundled name (jaknet network list) or the path of a table.
network: osteoblast

# What is inhibited, at which dose (jaknet drugs list), before which state. A dose is a free concentration ('300 nM', or
# '10-1000 nM' if it lies somewhere in there) or a regimen ('5 mg BID'). matrix: blood makes it a total in blood, assay: enzyme
# takes the potencies of isolated enzymes, which overstate what happens in cells.
drugs:
  - {name: tofacitinib, dose: 300 nM}
  - {name: baricitinib, dose: 100 nM}
contexts: [steady_state, inflammatory]

# Your data; leave the whole block out for a prediction alone. Either counts or a finished table.
#dataset:
#  expression: counts.tsv        # genes by samples: TSV, CSV, featureCounts, RSEM, h5ad, ...
#  samples: samples.tsv          # one row a sample, sample names in the first column
#  species: human                # human or mouse; mouse is converted and the conversion reported
#  kind: auto                    # auto, counts, tpm, log_intensity
#  factor: treatment             # the column of samples that is compared
#  test: IL22                    # its level of interest
#  reference: Mock               # its level to compare with
#  covariates: []                # further columns of the design (donor, batch)
#  subset: {time: 3h}            # use these samples only
#  signature: deseq2.csv         # instead of all above (except species): a finished table

# Who could explain the data: a network of transcription factors and targets.
regulators:
  network: null                  # path of a table such as CollecTRI; null: the network above
  method: calibrated             # calibrated, ulm, mlm, ipa
  depth: 1

enrichment:
  gene_sets: null                # path of a GMT; null: the bundled sets
  method: prerank                # prerank, ora

settings:
  engine: logic                  # logic, linear
  members: 1000                  # models in the ensemble
  nulls: 200                     # rewired networks behind the topology p-values
  seed: 0
"""


@dataclass(frozen=True)
class Treatment:
    """A drug at a dose, as the study names it; `assay` and `matrix` as in `jaknet.simulation.drugs.Drug.at`."""

    name: str
    dose: str
    assay: str = "cellular"
    matrix: str = "medium"

    @property
    def label(self) -> str:
        """Drug and dose, for tables."""
        return f"{self.name} {self.described}"

    @property
    def described(self) -> str:
        """The dose with what is unusual of it."""
        return self.dose + (" in blood" if self.matrix == "blood" else "") + (" (enzyme)" if self.assay == "enzyme" else "")

    def perturbation(self) -> Perturbation:
        """Return what the dose amounts to."""
        from jaknet.simulation.library import load_drug

        return load_drug(self.name).at(self.dose, self.assay, self.matrix)


@dataclass(frozen=True)
class Dataset:
    """The user's data: an expression matrix with its contrast, or a finished table."""

    expression: Path | None = None
    samples: Path | None = None
    signature: Path | None = None
    species: str = "human"
    kind: str = "auto"
    factor: str = "treatment"
    test: str = ""
    reference: str = ""
    covariates: tuple[str, ...] = ()
    subset: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Study:
    """A whole run, checked; ``raw`` is the mapping it came from."""

    name: str = "jaknet-study"
    network: str = "osteoblast"
    drugs: tuple[Treatment, ...] = (Treatment("tofacitinib", "300 nM"),)
    contexts: tuple[str, ...] = ("steady_state",)
    dataset: Dataset | None = None
    regulators: Mapping[str, Any] = field(default_factory=dict)
    enrichment: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


_SECTIONS: dict[str, dict[str, Any]] = {
    "regulators": {"network": None, "method": "calibrated", "depth": 1},
    "enrichment": {"gene_sets": None, "method": "prerank"},
    "settings": {"engine": "logic", "members": 1000, "nulls": 200, "seed": 0},
}
_CHOICES = {
    "species": ("human", "mouse"),
    "drugs.assay": ("cellular", "enzyme"),
    "drugs.matrix": ("medium", "blood"),
    "kind": ("auto", "counts", "tpm", "log_intensity"),
    "regulators.method": ("calibrated", "ulm", "mlm", "ipa"),
    "regulators.depth": (1, 2),
    "enrichment.method": ("prerank", "ora"),
    "settings.engine": ("logic", "linear"),
}
_PATHS = ("expression", "samples", "signature")


def read_study(source: str | Path | Mapping[str, Any]) -> Study:
    """Read and check a study.

    Parameters
    ----------
    source : path or mapping
        A YAML file as ``jaknet run --init`` writes it, or the same as a mapping.

    Returns
    -------
    Study

    Raises
    ------
    InputError
        For a missing file, broken YAML, an unknown key (the closest known one is named), a value
        of the wrong kind, or a file the study names that does not exist.

    Examples
    --------
    >>> read_study({"drugs": [{"name": "baricitinib", "dose": "100 nM"}]}).drugs[0].label
    'baricitinib 100 nM'
    """
    raw, folder = (dict(source), Path()) if isinstance(source, Mapping) else _load(Path(source))
    known = ("name", "network", "drugs", "contexts", "dataset", *_SECTIONS)
    _refuse_unknown(raw, known, "the study")
    sections = {name: _section(name, raw.get(name), defaults) for name, defaults in _SECTIONS.items()}
    for section, key in (("regulators", "network"), ("enrichment", "gene_sets")):
        if sections[section][key] is not None:
            sections[section][key] = _existing(folder, sections[section][key], f"{section}.{key}")
    network = str(raw.get("network") or "osteoblast")
    if "/" in network or "." in network:
        network = str(_existing(folder, network, "network"))
    dataset = _dataset(raw["dataset"], folder) if raw.get("dataset") else None
    contexts = tuple(str(item) for item in _listed(raw.get("contexts", ["steady_state"]), "contexts"))
    drugs = tuple(_treatment(item) for item in _listed(raw.get("drugs", [{"name": "tofacitinib", "dose": "300 nM"}]), "drugs"))
    return Study(str(raw.get("name", "jaknet-study")), network, drugs, contexts, dataset, raw=raw, **sections)


def _load(path: Path) -> tuple[dict[str, Any], Path]:
    if not path.is_file():
        raise InputError(f"no study file {path}. Write one with: jaknet run --init {path.name}")
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = " ".join(str(error).split())
        raise InputError(f"{path.name} is not valid YAML: {where}. Compare it with the template of: jaknet run --init FILE") from error
    if not isinstance(raw, dict):
        raise InputError(f"{path.name} holds no keys. Write a template with: jaknet run --init {path.name}")
    return raw, path.parent


def _refuse_unknown(given: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    names = list(known)
    unknown = [str(key) for key in given if key not in names]
    if unknown:
        close = difflib.get_close_matches(unknown[0], names, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known: {few(names, 12)}"
        raise InputError(f"unknown key in {where}: {few(unknown)}; {hint}")


def _section(name: str, given: Any, defaults: Mapping[str, Any]) -> dict[str, Any]:
    if given is not None and not isinstance(given, Mapping):
        raise InputError(f"{name} must be a mapping with {few(defaults)}; it is {given!r}.")
    _refuse_unknown(given or {}, defaults, name)
    section = {**defaults, **(given or {})}
    for key, value in section.items():
        _check_choice(f"{name}.{key}", value)
        least = int(key != "seed")
        if isinstance(defaults[key], int) and (not isinstance(value, int) or isinstance(value, bool) or value < least):
            raise InputError(f"{name}.{key} is {value!r}; give a whole number of at least {least}, such as {defaults[key]}.")
    return section


def _check_choice(key: str, value: Any) -> None:
    choices = _CHOICES.get(key)
    if choices and value not in choices:
        raise InputError(f"{key} is {value!r}; choose one of {few(choices, 10)}.")


def _listed(value: Any, name: str) -> list[Any]:
    items = value if isinstance(value, list) else [value]
    if not items or items == [None]:
        raise InputError(f"{name} is empty; list at least one, or leave the line out for the default.")
    return items


def _treatment(item: Any) -> Treatment:
    if not isinstance(item, Mapping) or not {"name", "dose"} <= set(item) <= {"name", "dose", "assay", "matrix"}:
        raise InputError(f"a drug is {item!r}; write it as {{name: tofacitinib, dose: 300 nM}}, with assay and matrix if you need them.")
    for key in ("assay", "matrix"):
        if key in item:
            _check_choice(f"drugs.{key}", item[key])
    return Treatment(**{key: str(value) for key, value in item.items()})


def _existing(folder: Path, name: Any, key: str) -> Path:
    path = folder / str(name)
    if not path.exists():
        raise InputError(f"{key} names {name}, which does not exist beside the study. Correct the path (relative to the study file).")
    return path.resolve()


def _dataset(given: Any, folder: Path) -> Dataset:
    if not isinstance(given, Mapping):
        raise InputError(f"dataset must be a mapping; it is {given!r}. See the template of: jaknet run --init FILE")
    _refuse_unknown(given, Dataset.__dataclass_fields__, "dataset")
    values = {key: value for key, value in given.items() if value is not None}
    for key in ("species", "kind"):
        if key in values:
            _check_choice(key, values[key])
    if ("signature" in values) == ("expression" in values):
        raise InputError("dataset needs either expression (with samples, test, reference) or signature; give exactly one.")
    wanted = [key for key in ("samples", "test", "reference") if "expression" in values and key not in values]
    h5ad = str(values.get("expression", "")).endswith(".h5ad")
    wanted = [key for key in wanted if not (key == "samples" and h5ad)]
    if wanted:
        raise InputError(f"dataset with expression lacks {few(wanted)}. Name the sample table and the two levels to compare.")
    if not isinstance(values.get("subset", {}), Mapping):
        raise InputError(f"dataset.subset is {values['subset']!r}; write column: level, e.g. {{time: 3h}}.")
    for key in _PATHS:
        if key in values:
            values[key] = _existing(folder, values[key], f"dataset.{key}")
    for key in ("test", "reference", "factor"):
        if key in values:
            values[key] = str(values[key])
    given_covariates = values.get("covariates", [])
    values["covariates"] = tuple(str(item) for item in (given_covariates if isinstance(given_covariates, list) else [given_covariates]))
    return Dataset(**values)
