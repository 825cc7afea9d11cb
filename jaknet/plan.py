"""The plan: what `jaknet run` does, as one YAML file. The models below are its only schema.

Checks, defaults, the commented template (`template`) and the table of keys in the documentation
(`reference`) all come from them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StrictInt, ValidationError, model_validator

from jaknet.dataset import Dataset, Part
from jaknet.errors import InputError, check_type, closest, few
from jaknet.written import Written

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from jaknet.simulation.perturbations import Perturbation

__all__ = ["Dataset", "Plan", "Treatment", "read_plan", "reference", "template"]


def _as_list(value: Any) -> Any:
    """Let one item stand for a list of one; an empty list is a mistake."""
    items = list(value) if isinstance(value, (list, tuple)) else [value]
    if not items or items == [None]:
        raise ValueError("is empty; list at least one, or leave the line out for the default")
    return items


def _own_name(kind: str, name: str) -> str:
    """Return the bundled name of what is called so."""
    from jaknet.simulation.library import load_context, load_drug

    return (load_drug(name) if kind == "drug" else load_context(name)).name


class Treatment(Part):
    """A drug at a dose, as the plan names it."""

    name: Annotated[str, AfterValidator(partial(_own_name, "drug"))] = Field(
        description="a bundled drug (jaknet drugs list)", examples=["tofacitinib"]
    )
    dose: str = Field(description="a free concentration, a range, or a regimen", examples=["300 nM"])
    assay: Literal["cellular", "enzyme"] = Field("cellular", description="potency in cells, or on isolated enzymes")
    matrix: Literal["medium", "blood"] = Field("medium", description="free drug in medium, or total drug in blood")

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

    @model_validator(mode="after")
    def _check_dose(self) -> Treatment:
        self.perturbation()
        return self


class Regulators(Part):
    """Who could explain the data."""

    network: str | None = Field(None, description="a table such as CollecTRI, or a bundled name; null: the network above")
    method: Literal["calibrated", "ulm", "mlm", "ipa"] = Field("calibrated", description="how regulators are scored")
    depth: Literal[1, 2] = Field(1, description="direct targets, or those at two steps as well")


class EnrichmentOptions(Part):
    """Gene sets."""

    gene_sets: Path | None = Field(None, description="a GMT file; null: the bundled sets")
    method: Literal["prerank", "ora"] = Field("prerank", description="on the whole ranking, or over-representation among the first")


class Explain(Part):
    """The smallest signed network that leads to the changed genes."""

    cause: str | None = Field(
        None, description="what was done: a node that was raised, or a drug at a dose; null: it is to be found", examples=["IL22"]
    )
    network: str | None = Field(None, description="a table or a bundled name; null: the network above")
    penalty: float = Field(0.75, gt=0, description="price of a certain step; a gene of the first tenth weighs 1, of the first hundredth 2")
    changed: float = Field(0.1, gt=0, description="share of all measured genes that is called changed, or their number")
    alternatives: StrictInt = Field(20, ge=0, description="searches for other explanations that are nearly as good")
    nulls: StrictInt = Field(0, ge=0, description="permutations behind its p-value")
    time_limit: float = Field(60.0, gt=0, description="seconds for each search")


class Settings(Part):
    """The size of the computation."""

    engine: Literal["logic", "linear"] = Field("logic", description="steady states of the model, or of its tangent")
    members: StrictInt = Field(1000, ge=1, description="cells drawn for the ensemble")
    nulls: StrictInt = Field(200, ge=1, description="rewired networks behind the topology p-values")
    seed: StrictInt = Field(0, ge=0, description="the same seed gives the same bytes")


class Plan(Part):
    """A whole run, checked."""

    name: str = Field("jaknet-plan", description="shown in the report", examples=["my-plan"])
    network: str = Field("osteoblast", description="a bundled network (jaknet network list) or the path of a table")
    drugs: Annotated[tuple[Treatment, ...], BeforeValidator(_as_list)] = Field(
        (Treatment.model_construct(name="tofacitinib", dose="300 nM"),),
        description="what is inhibited. A dose is a free concentration ('300 nM', or '10-1000 nM' if it lies somewhere in there) or a "
        "regimen with known exposure ('5 mg BID'). matrix: blood makes it a total in blood; assay: enzyme takes the potencies of "
        "isolated enzymes, which overstate what happens in cells",
        examples=[[{"name": "tofacitinib", "dose": "300 nM"}, {"name": "baricitinib", "dose": "100 nM"}]],
    )
    contexts: Annotated[tuple[Annotated[str, AfterValidator(partial(_own_name, "context"))], ...], BeforeValidator(_as_list)] = Field(
        ("steady_state",),
        description="the states before the drug; jn.list_contexts() names them",
        examples=[["steady_state", "inflammatory"]],
    )
    dataset: Dataset | None = Field(
        None, description="your data; without this block the run is a prediction alone. Either counts or a finished table"
    )
    regulators: Regulators = Field(Regulators(), description="who could explain the data: a network of transcription factors and targets")
    explain: Explain | None = Field(None, description="a network that explains the data; left out without this block")
    enrichment: EnrichmentOptions = Field(EnrichmentOptions(), description="gene sets for every ranking")
    settings: Settings = Field(Settings(), description="the size of the computation")


def _refuse_unfounded(plan: Plan) -> None:
    if plan.explain is not None and plan.dataset is None:
        raise InputError("explain needs data: give the plan a dataset, or leave explain out.")


def read_plan(source: str | Path | Mapping[str, Any] | Plan) -> Plan:
    """Read and check a plan.

    Parameters
    ----------
    source : path, mapping or Plan
        A YAML file as ``jaknet run --init`` writes it, or the same as a mapping.

    Returns
    -------
    Plan
        Paths are absolute.

    Raises
    ------
    InputError
        For a missing file, broken YAML, a repeated or unknown key (the closest known one is named), a value of the wrong kind, or a file
        that does not exist. For a file, the line is named.

    Examples
    --------
    >>> read_plan({"drugs": [{"name": "baricitinib", "dose": "100 nM"}]}).drugs[0].label
    'baricitinib 100 nM'
    """
    if isinstance(source, Plan):
        return source
    check_type("a plan", source, (str, Path, Mapping), "the path of a YAML file, a mapping or a Plan")
    written = Written(source)
    try:
        plan = Plan.model_validate(written.content)
    except ValidationError as error:
        problems = [written.place(item["loc"]) + _explain(item) for item in error.errors(include_url=False)]
        raise InputError("; ".join(problems) + ".") from error
    _refuse_unfounded(plan)
    return _find_files(plan, written)


def template() -> str:
    """Return a plan to fill in: every key with its default or an example, and what it means."""
    lines = ["# A jaknet plan. Every line is optional except those of the dataset you use.", "# Paths are relative to this file."]
    for name, field in Plan.model_fields.items():
        part = _part_of(field)
        lines += ["", *textwrap.wrap(_sentence(field), 118, initial_indent="# ", subsequent_indent="# ")]
        if part is None:
            lines.append(f"{name}: {_yaml(_shown(field))}")
            continue
        off = "#" if field.default is None else ""
        lines.append(f"{off}{name}:")
        for key, inner in part.model_fields.items():
            lines.append(f"{off + '  ' + key + ': ' + _yaml(_shown(inner)):<32} # {inner.description}{_choices(inner)}")
    return "\n".join(lines) + "\n"


def reference() -> str:
    """Return the table of all keys, for the documentation."""
    rows = ["| key | default | meaning |", "| --- | --- | --- |"]
    for key, field in _keys(Plan):
        default = "" if field.is_required() or field.get_default(call_default_factory=True) in (None, "") else f"`{_yaml(_default(field))}`"
        rows.append(f"| `{key}` | {default} | {field.description}{_choices(field)} |")
    return "\n".join(rows) + "\n"


def _keys(model: type[Part], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        part = _part_of(field)
        if part is None:
            yield prefix + name, field
        else:
            yield from _keys(part, f"{name}.")


def _part_of(field: FieldInfo) -> type[Part] | None:
    """Return the model of a key that holds a mapping."""
    options = (field.annotation, *get_args(field.annotation))
    return next((option for option in options if isinstance(option, type) and issubclass(option, Part) and option is not Treatment), None)


def _choices(field: FieldInfo) -> str:
    options = get_args(field.annotation)
    return (
        f" ({', '.join(map(str, options))})"
        if options and not any(isinstance(option, type) or get_args(option) for option in options)
        else ""
    )


def _sentence(field: FieldInfo) -> str:
    text = field.description or ""
    return text[:1].upper() + text[1:] + "."


def _default(field: FieldInfo) -> Any:
    return _plain(field.get_default(call_default_factory=True))


def _shown(field: FieldInfo) -> Any:
    return field.examples[0] if field.examples else _default(field)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_defaults=True)
    return [_plain(item) for item in value] if isinstance(value, tuple) else str(value) if isinstance(value, (str, Path)) else value


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False).replace("\n...", "").strip()


def _explain(problem: Mapping[str, Any]) -> str:
    """Say what is wrong with a value, which it is, and what to do."""
    steps, kind, given, context = problem["loc"], problem["type"], problem["input"], problem.get("ctx", {})
    key = ".".join(str(step) for step in steps if not isinstance(step, int))
    if kind == "extra_forbidden" and steps[0] != "drugs":
        return _unknown_key(steps)
    if kind == "literal_error":
        return f"{key} is {given!r}; choose one of {context['expected'].replace(chr(39), '').replace(' or ', ', ')}"
    if kind == "value_error":
        return f"{key}{':' * isinstance(context['error'], InputError)} {str(context['error']).rstrip('.')}"
    if steps[0] == "drugs":
        return f"a drug is {given!r}; write it as {{name: tofacitinib, dose: 300 nM}}, with assay and matrix if you need them"
    field = _field(steps)
    part = _part_of(field) if field else Plan
    if part is not None:
        return f"{key or 'the plan'} must be a mapping with {few(part.model_fields, 12)}; it is {given!r}"
    if kind.startswith(("int", "greater")) and key != "dataset.max_memory":
        least = next((rule.ge for rule in field.metadata if hasattr(rule, "ge")), 0) if field else 0
        return f"{key} is {given!r}; give a whole number of at least {least}, such as {field.default if field else 1}"
    if kind.startswith("dict"):
        return f"{key} is {given!r}; write " + (
            "meaning: column, e.g. {gene: SYMBOL}" if key.endswith("columns") else "column: level, e.g. {time: 3h}"
        )
    if kind.startswith(("bool", "float", "finite", "greater")):
        return f"{key} is {given!r}; give " + ("true or false" if kind.startswith("bool") else "a number, such as 4e9")
    return f"{key} is {given!r}; give text, in quotation marks if YAML reads it as something else"


def _unknown_key(steps: tuple[int | str, ...]) -> str:
    field = _field(steps[:-1]) if len(steps) > 1 else None
    model = (_part_of(field) if field else None) or Plan
    known, wrong = list(model.model_fields), str(steps[-1])
    close = closest(wrong, known, 1)
    where = "the plan" if model is Plan else str(steps[-2])
    return f"unknown key in {where}: {wrong}; " + (f"did you mean {close[0]}?" if close else f"known: {few(known, 12)}")


def _field(steps: Iterable[int | str]) -> FieldInfo | None:
    model: type[Part] | None = Plan
    field = None
    for step in steps:
        if model is None or step not in model.model_fields:
            break
        field = model.model_fields[str(step)]
        model = _part_of(field)
    return field


def _find_files(part: Any, written: Written, location: tuple[str, ...] = ()) -> Any:
    """Return the same with the path of every file that it names, which must exist."""
    from jaknet.network.io.read import list_networks

    found: dict[str, Any] = {}
    for key, value in part:
        place = (*location, key)
        if isinstance(value, BaseModel):
            found[key] = _find_files(value, written, place)
        elif isinstance(value, Path) or (key == "network" and value is not None and value not in list_networks()):
            path = written.folder / value
            if not path.exists():
                known = f"; bundled are {few(list_networks())}" if key == "network" else ""
                what = f"{'.'.join(place)} names {value}, which does not exist beside the plan{known}"
                raise InputError(f"{written.place(place)}{what}. Correct the path (relative to the plan).")
            found[key] = type(value)(path.resolve()) if key == "network" else path.resolve()
    return part.model_copy(update=found)
