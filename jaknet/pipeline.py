"""The whole line from one plan: data and network in, ranking, enrichment and report out."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from pydantic import BaseModel

from jaknet._version import __version__
from jaknet.data.registry import bundled_files, bundled_path, registry_digest
from jaknet.errors import InputError, OverlapError, UnknownNameError
from jaknet.expression.examples import EXAMPLE, list_examples
from jaknet.plan import Dataset, Plan, read_plan
from jaknet.provenance import file_sha256, make_manifest, sha256_of
from jaknet.steps import CONDITION, STEPS
from jaknet.tables import as_tsv, write_atomically

__all__ = ["Results", "example_plan", "run"]

_LOG = logging.getLogger(__name__)
#: Correlation of predicted effects from which two conditions are called nearly the same.
_ALIKE = 0.9


@dataclass(frozen=True)
class Results:
    """What a run wrote: its tables by name, the manifest, and where they are.

    Attributes
    ----------
    out : pathlib.Path
    tables : dict of str to pandas.DataFrame
        ``controls``, ``ranking``, ``routes``, ``experiments``, ``net_effects``, ``response``, ``selectivity``, ``dose_response``,
        ``enrichment`` and, with a dataset, ``signature``, ``regulators``, ``comparison`` and ``quality``; where the plan has the
        block ``explain``, ``explanation_nodes``, ``explanation_edges`` and ``explanation_genes``.
    manifest : dict
        What was used, and the sentences of the summary; ``warnings`` holds what to know of the data before trusting a result.
    """

    out: Path
    tables: dict[str, pd.DataFrame]
    manifest: dict[str, Any]

    def summary(self, top: int = 5) -> str:
        """Return the few lines that a terminal shows.

        Parameters
        ----------
        top : int
            Genes of each condition, and regulators.
        """
        from jaknet.reporting.text import run_text

        return run_text(self, top)

    def __repr__(self) -> str:
        return self.summary()


def run(plan: str | Path | Mapping[str, Any] | Plan, out: str | Path = "results", progress: bool | None = None) -> Results:
    """Run a plan and write its results.

    Each table is written whole or not at all; a second run reuses every file that is complete and
    made from the same inputs, and bad input leaves nothing behind. What is doubtful about the data is said
    first, each finding a `UserWarning`, and stands in the manifest, the summary and the report.

    Parameters
    ----------
    plan : path, mapping or Plan
        A plan (``jaknet run --init plan.yaml`` writes a commented one), or the same read.
    out : path
        Folder for the tables of `Results`, each as ``NAME.tsv``, ``report.html``, ``manifest.json`` and ``plan.yaml``.
    progress : bool, optional
        Show progress bars. By default only on a terminal.

    Returns
    -------
    Results

    Raises
    ------
    InputError
        For anything wrong with the plan or its files.

    Examples
    --------
    >>> import tempfile
    >>> small = {"drugs": [{"name": "tofacitinib", "dose": "300 nM"}], "settings": {"members": 40, "nulls": 9}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     results = run(small, out=folder, progress=False)
    >>> results.tables["ranking"]["gene"].is_unique
    True
    """
    return _Run(read_plan(plan), Path(out), progress).execute()


def example_plan(name: str = EXAMPLE) -> Plan:
    """Return the plan of a bundled example.

    Parameters
    ----------
    name : str
        One of `jaknet.list_examples`.

    Raises
    ------
    UnknownNameError
        If there is no such example.
    """
    if name not in list_examples():
        raise UnknownNameError("example", [name], list_examples())
    # Every file of the folder passes its check before the plan names it.
    paths = {path.name: path for path in map(bundled_path, bundled_files(f"expression/{name}/"))}
    return read_plan(paths["plan.yaml"])


class _Run:
    """One plan under way: values and keys of steps, made on first use, so that reused tables cost nothing."""

    def __init__(self, plan: Plan, out: Path, progress: bool | None) -> None:
        self.plan, self.out = plan, out
        self._progress = progress
        self._values: dict[str, Any] = {}
        self._keys: dict[str, str] = {}
        self._steps = {step.name: step for step in STEPS}
        self._written: list[Path] = []

    # --- values and keys ----------------------------------------------------------------------
    @cached_property
    def given(self) -> dict[str, Any]:
        """What no step makes: the parts of the plan, and its networks."""
        from jaknet.network.io.read import find_network

        network, named = find_network(self.plan.network), self.plan.regulators.network
        parts = {name: getattr(self.plan, name) for name in ("drugs", "contexts", "dataset", "explain")}
        parts |= {"method": self.plan.regulators.method, "depth": self.plan.regulators.depth}
        parts |= {"gene_sets": self.plan.enrichment.gene_sets, "enrichment_method": self.plan.enrichment.method}
        networks = {"network": network, "explaining": find_network(named) if named else network}
        other = self.plan.explain.network if self.plan.explain else None
        networks["explained"] = find_network(other) if other else network
        return {**networks, **parts, **dict(self.plan.settings), "progress": self._progress}

    def value(self, name: str) -> Any:
        """Return what a step makes, or a given.

        Parameters
        ----------
        name : str
            Of the step or the given.
        """
        if name not in self._steps:
            return self.given[name]
        if name not in self._values:
            step = self._steps[name]
            inputs = {given: self.value(given) for given in step.inputs}
            _LOG.info("making %s", name.replace("_", " "))
            self._values[name] = step.make(**inputs)
        return self._values[name]

    def key(self, name: str) -> str:
        """Hash all that can change what a step makes, down to the content of the files.

        Parameters
        ----------
        name : str
            Of the step or the given.
        """
        if name not in self._keys:
            if name in self._steps:
                inputs = [self.key(given) for given in self._steps[name].inputs if given != "progress"]
                content: Any = [__version__, registry_digest(), name, inputs]
            else:
                content = _content(self.given[name])
            self._keys[name] = sha256_of(json.dumps(content, default=str, sort_keys=True).encode())
        return self._keys[name]

    @property
    def tables(self) -> list[str]:
        """The tables of this plan, in the order in which they are made."""
        data = self.plan.dataset
        lacking = set() if data else {step.name for step in STEPS if "data" in step.inputs} - {"rankings", "enrichment"}
        lacking |= set() if self.plan.explain else {step.name for step in STEPS if "explanation" in step.inputs}
        lacking |= {"quality"} if data and data.expression is None else set()
        return [step.name for step in STEPS if step.table and step.name not in lacking]

    # --- writing ------------------------------------------------------------------------------
    def execute(self) -> Results:
        """Make or reuse every table, then the report and the manifest."""
        self._check_names()
        existed = self.out.exists()
        try:
            return self._execute()
        except InputError:
            for path in self._written:
                path.unlink(missing_ok=True)
            if not existed and self.out.exists() and not any(self.out.iterdir()):
                self.out.rmdir()
            raise

    def _check_names(self) -> None:
        from jaknet.simulation.library import load_context

        for treatment in self.plan.drugs:
            treatment.perturbation()
        for context in self.plan.contexts:
            load_context(context)
        if self.out.exists() and not self.out.is_dir():
            raise InputError(f"{self.out} is a file; give --out a folder.")

    def _execute(self) -> Results:
        from jaknet.reporting.report import report
        from jaknet.reporting.text import conclusion

        before, steps = _previous(self.out), dict[str, dict[str, str]]()
        doubts = self._doubts(before)
        for doubt in doubts:
            warnings.warn(doubt, UserWarning, stacklevel=4)
        self._refuse_shallow()
        tables = {name: self._table(name, before.get("steps", {}), steps) for name in self.tables}
        manifest = self._manifest(steps, before, tables) | {"warnings": doubts}
        manifest["conclusion"] = conclusion(tables, manifest)
        results = Results(self.out, tables, manifest)
        self._write("plan.yaml", yaml.safe_dump(self._as_run(), sort_keys=False, allow_unicode=True))
        _LOG.info("writing report.html")
        report(results, self.out / "report.html")
        # Unsorted, so that a report made from this file has the order of the first.
        self._write("manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
        return results

    def _doubts(self, before: Mapping[str, Any]) -> list[str]:
        """Return what the data were warned of; of data that need not be read again, what the last run said."""
        if self.plan.dataset is None:
            return []
        last, said = before.get("steps", {}).get("signature.tsv", {}), before.get("warnings")
        if isinstance(said, list) and last.get("key") == self.key("signature"):
            return [str(line) for line in said]
        with warnings.catch_warnings():
            # What the step says of the data stands in the signature too, and is said from there.
            warnings.filterwarnings("ignore", category=UserWarning, module=r"jaknet\.dataset")
            return list(self.value("data").warnings)

    def _refuse_shallow(self) -> None:
        """Name the depth, where it is why too few genes were seen for the network."""
        from jaknet.regulation.regulons import network_regulons

        signature = self._values.get("data")
        if signature is None or signature.quality is None:
            return
        shallow = [line for line in signature.quality.faults if line.startswith(("LOW DEPTH", "FEW GENES"))]
        if not shallow:
            return
        network = self.given["explaining"]
        try:
            network_regulons(network, signature.table["gene"], self.given["depth"])
        except OverlapError as error:
            raise OverlapError(
                f"the dataset is too shallow for {network.label}, of whose genes it hardly saw any. {'. '.join(shallow)}. "
                "Without the line dataset the plan gives the prediction alone."
            ) from error

    def _table(self, name: str, before: Mapping[str, Any], steps: dict[str, Any]) -> pd.DataFrame:
        file = f"{name}.tsv"
        path, key = self.out / file, self.key(name)
        done = before.get(file, {})
        if not (done.get("key") == key and path.is_file() and file_sha256(path) == done.get("sha256")):
            self._write(file, as_tsv(self.value(name)))
        else:
            _LOG.info("%s is complete: reused", file)
        steps[file] = {"key": key, "sha256": file_sha256(path)}
        return pd.read_csv(StringIO(path.read_text(encoding="utf-8")), sep="\t", keep_default_na=True, low_memory=False)

    def _write(self, name: str, text: str) -> None:
        path = self.out / name
        self.out.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            self._written.append(path)
        write_atomically(path, text)

    def _as_run(self) -> dict[str, Any]:
        """The plan with every default spelled out."""
        plain = self.plan.model_dump(mode="json")
        data = {key: value for key, value in (plain.pop("dataset") or {}).items() if value not in (None, "", [], {})}
        return plain | ({"dataset": data} if data else {})

    def _manifest(self, steps: dict[str, Any], before: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
        from jaknet.ranking.observed import agreement_text
        from jaknet.ranking.ranking import net_effect_text
        from jaknet.validation.controls import REPORT_MEMBERS, ControlCheck

        plan, network = self.plan, self.given["network"]
        named: dict[str, Any] = {"explain": plan.explain.network if plan.explain else None}
        named |= {"regulators": plan.regulators.network, "gene_sets": plan.enrichment.gene_sets, **dict(plan.dataset or ())}
        files = {name: Path(path) for name, path in named.items() if isinstance(path, (str, Path)) and Path(path).is_file()}
        inputs = {name: file_sha256(path) for name, path in files.items()} | {"network": network.digest}
        made = make_manifest("run", self._as_run(), inputs, seed=plan.settings.seed)
        data = self._values.get("data")
        reported = {"signature": dict(data.report)} if data else before.get("dropped", {})
        notes = [note for drug in plan.drugs for note in drug.perturbation().notes] + reported.get("signature", {}).get("notes", [])
        notes += _alike(tables["ranking"])
        label = _data_label(plan.dataset)
        return {
            "plan": plan.name,
            "jaknet": f"jaknet {__version__}",
            "network": f"{network.label}, {network.study_condition}",
            "versions": made.versions,
            "inputs": made.inputs,
            "parameters": made.to_dict()["parameters"],
            "seed": made.seed,
            "notes": list(dict.fromkeys(notes)),
            "dropped": reported,
            "steps": steps,
            "controls": ControlCheck(tables["controls"], network.label, min(REPORT_MEMBERS, plan.settings.members)).summary(),
            "net_effects": {
                " ".join(key): [net_effect_text(row) for row in rows.itertuples()]
                for key, rows in tables["net_effects"].groupby([*CONDITION, "study"], sort=False)
            },
            "data": label,
            "agreement": {
                " ".join(key): agreement_text(rows, label) for key, rows in tables["ranking"].groupby(CONDITION, sort=False) if label
            },
            "verdicts": dict(zip(*_verdicts(tables), strict=True)) if label else {},
            "explanation": self._explained(before),
        }

    def _explained(self, before: Mapping[str, Any]) -> str:
        """What explains the data, in words; of an explanation that was reused, what the last run said."""
        if self.plan.explain is None:
            return ""
        found = self._values.get("explanation")
        return found.summary() if found is not None else str(before.get("explanation", ""))


def _data_label(dataset: Dataset | None) -> str:
    """Name the data as its `Signature` does."""
    if dataset is None:
        return ""
    return dataset.signature.name.split(".")[0] if dataset.signature else f"{dataset.test} vs {dataset.reference}"


def _alike(ranking: pd.DataFrame) -> list[str]:
    """Name the conditions whose predictions are nearly the same: data that look like one of them look like all."""
    names = ranking[CONDITION].agg(" ".join, axis=1)
    effects = ranking.assign(condition=names).pivot_table(index="gene", columns="condition", values="predicted", sort=False)
    likeness, found, said = effects.corr(), [], set[str]()
    for name in effects:
        group = [other for other in effects if likeness.loc[name, other] >= _ALIKE and other not in said]
        if name not in said and len(group) > 1:
            found.append(f"{'; '.join(group)}: nearly the same predictions (r >= {_ALIKE}); data that look like one look like all of them")
            said |= {*group}
    return found


def _verdicts(tables: Mapping[str, pd.DataFrame]) -> tuple[list[str], list[str]]:
    rows = tables["comparison"].drop_duplicates([*CONDITION, "verdict"])
    return list(rows[CONDITION].agg(" ".join, axis=1)), list(rows["verdict"])


def _content(value: Any) -> Any:
    """Return what a hash of a value is made of; files count by what is in them."""
    if hasattr(value, "digest"):
        return value.digest
    if isinstance(value, Path):
        return [value.name, file_sha256(value)]
    if isinstance(value, tuple):
        return [_content(item) for item in value]
    return {name: _content(part) for name, part in value} if isinstance(value, BaseModel) else value


def _previous(out: Path) -> dict[str, Any]:
    try:
        found = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
