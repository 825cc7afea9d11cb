"""The whole line from one study file: data and network in, ranking, enrichment and report out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import yaml
from tqdm.auto import tqdm

from jaknet._version import __version__
from jaknet.data.registry import bundled_path, registry_digest
from jaknet.errors import InputError
from jaknet.plan import Dataset, Study, Treatment, read_study
from jaknet.provenance import file_sha256, make_manifest
from jaknet.tables import write_atomically

if TYPE_CHECKING:
    from jaknet.expression.signature import Signature
    from jaknet.network.network import Network
    from jaknet.ranking.ranking import Ranking
    from jaknet.simulation.response import Response

__all__ = ["EXAMPLE", "Results", "run"]

#: The study behind ``jaknet run --example``; its dataset is the bundled SIMULATED one.
EXAMPLE: dict[str, Any] = {
    "name": "example-on-SIMULATED-data",
    "drugs": [{"name": "tofacitinib", "dose": "300 nM"}, {"name": "baricitinib", "dose": "100 nM"}],
    "contexts": ["steady_state", "inflammatory"],
}
_ARMS = ["drug", "dose", "context"]


@dataclass(frozen=True)
class Results:
    """What a run wrote: its tables by name, the manifest, and where they are.

    Attributes
    ----------
    out : pathlib.Path
    tables : dict of str to pandas.DataFrame
        ``controls``, ``ranking``, ``net_effects``, ``response``, ``regulators``, ``enrichment`` and, with a
        dataset, ``signature``, ``comparison`` and ``quality``.
    manifest : dict
    """

    out: Path
    tables: dict[str, pd.DataFrame]
    manifest: dict[str, Any]

    def summary(self, top: int = 5) -> str:
        """Return the few lines that a terminal shows."""
        from jaknet.reporting.text import run_text

        return run_text(self, top)

    def __repr__(self) -> str:
        return self.summary()


def run(study: str | Path | Mapping[str, Any] | Study, out: str | Path = "results", progress: bool | None = None) -> Results:
    """Run a study and write its results.

    Each table is written whole or not at all; a second run reuses every file that is complete and
    made from the same inputs, and bad input leaves nothing behind.

    Parameters
    ----------
    study : path, mapping or Study
        A study file (``jaknet run --init study.yaml`` writes a commented one), or the same read.
    out : path
        Folder for ``ranking.tsv``, ``net_effects.tsv``, ``response.tsv``, ``controls.tsv``, ``signature.tsv``, ``regulators.tsv``,
        ``enrichment.tsv``, ``comparison.tsv``, ``quality.tsv``, ``report.html``, ``manifest.json``
        and ``study.yaml``.
    progress : bool, optional
        Show a progress bar; by default where there is a terminal.

    Returns
    -------
    Results

    Raises
    ------
    InputError
        For anything wrong with the study or its files.

    Examples
    --------
    >>> import tempfile
    >>> small = {"drugs": [{"name": "tofacitinib", "dose": "300 nM"}], "settings": {"members": 40, "nulls": 9}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     results = run(small, out=folder, progress=False)
    >>> results.tables["ranking"]["gene"].is_unique
    True
    """
    return _Run(study if isinstance(study, Study) else read_study(study), Path(out), progress).execute()


def example_study() -> Study:
    """Return the bundled example: simulated counts, two drugs, two contexts."""
    study = read_study(EXAMPLE)
    data = Dataset(
        expression=bundled_path("expression/simulated/counts.tsv.gz"),
        samples=bundled_path("expression/simulated/samples.tsv"),
        test="tofacitinib",
        reference="vehicle",
    )
    return replace(study, dataset=data)


class _Run:
    """One study under way. Everything expensive is made on first use, so reused steps cost nothing."""

    def __init__(self, study: Study, out: Path, progress: bool | None) -> None:
        self.study = study
        self.out = out
        self.hidden = None if progress is None else not progress
        self.settings = dict(study.settings)
        self.written: list[Path] = []
        self.dropped: dict[str, Any] = {}

    # --- inputs -------------------------------------------------------------------------------
    @cached_property
    def network(self) -> Network:
        """The network that is perturbed."""
        from jaknet.network.io.read import find_network

        return find_network(self.study.network)

    @cached_property
    def explaining_network(self) -> Network:
        """Where regulators and rivals are looked for."""
        from jaknet.network.io.read import find_network

        given = self.study.regulators["network"]
        return self.network if given is None else find_network(given)

    @cached_property
    def arms(self) -> list[tuple[Treatment, str]]:
        """Every treatment in every context."""
        return [(treatment, context) for treatment in self.study.drugs for context in self.study.contexts]

    @cached_property
    def signature(self) -> Signature:
        """What the dataset says, in the symbols of the network's species."""
        if self.study.dataset is None:
            raise InputError("the study names no dataset; add the block dataset to it.")
        signature, self.quality = _signature(self.study.dataset, self.network.species)
        self.dropped["signature"] = dict(signature.report)
        return signature

    @cached_property
    def responses(self) -> dict[tuple[str, str], Response]:
        """The predicted response of every arm."""
        return self._respond(self.network)

    def _respond(self, network: Network) -> dict[tuple[str, str], Response]:
        from jaknet.simulation.response import perturb

        made = {}
        for treatment, context in tqdm(self.arms, desc="simulate", disable=self.hidden):
            options = {key: self.settings[key] for key in ("engine", "members", "seed")}
            made[treatment.label, context] = perturb(network, treatment.perturbation(), context=context, **options)
        return made

    @cached_property
    def rankings(self) -> dict[tuple[str, str], Ranking]:
        """The ranking of every arm."""
        from jaknet.ranking.ranking import rank

        nulls, seed = self.settings["nulls"], self.settings["seed"]
        arms = tqdm(self.responses.items(), desc="rank", disable=self.hidden)
        signature = self.signature if self.study.dataset is not None else None
        return {arm: rank(response, signature, nulls=nulls, seed=seed) for arm, response in arms}

    # --- tables -------------------------------------------------------------------------------
    def _stack(self, frames: dict[tuple[str, str], pd.DataFrame]) -> pd.DataFrame:
        parts = []
        for treatment, context in self.arms:
            frame = frames[treatment.label, context]
            arm = {"drug": treatment.name, "dose": treatment.described, "context": context}
            parts.append(pd.concat([pd.DataFrame(arm, index=frame.index), frame], axis=1))
        return pd.concat(parts, ignore_index=True)

    def make_signature(self) -> pd.DataFrame:
        """The contrast, in the symbols of the network's species."""
        return self.signature.to_frame()

    def make_quality(self) -> pd.DataFrame:
        """The sample checks."""
        _ = self.signature
        return self.quality

    def make_response(self) -> pd.DataFrame:
        """Activities and transcripts of every arm, told apart by ``quantity``."""
        frames = {}
        for arm, response in self.responses.items():
            both = {"activity": response.to_frame(), "transcript": response.transcripts()}
            frames[arm] = pd.concat([frame.assign(quantity=name) for name, frame in both.items()], ignore_index=True)
        return self._stack(frames)

    def make_regulators(self) -> pd.DataFrame:
        """Upstream regulators of the signature, or of nothing."""
        from jaknet.regulation.regulators import regulators

        options = {key: self.study.regulators[key] for key in ("method", "depth")}
        return regulators(self.signature, self.explaining_network, **options)

    def make_comparison(self) -> pd.DataFrame:
        """Whether the dataset looks like each predicted response."""
        from jaknet.comparison.compare import compare

        frames = {}
        for arm, response in tqdm(self.responses.items(), desc="compare", disable=self.hidden):
            comparison = compare(self.signature, response, rivals=self.explaining_network)
            frames[arm] = comparison.to_frame().assign(verdict=comparison.verdict)
        return self._stack(frames)

    def make_controls(self) -> pd.DataFrame:
        """What the network answers to the textbook controls."""
        from jaknet.validation.controls import REPORT_MEMBERS, check_controls

        members = min(REPORT_MEMBERS, self.settings["members"])
        return check_controls(self.network, members=members, seed=self.settings["seed"], engine=self.settings["engine"]).to_frame()

    def make_net_effects(self) -> pd.DataFrame:
        """The net osteoanabolic effect of every arm, by process; given the source study and without it."""
        from jaknet.ranking.ranking import net_effects

        sides = [self.responses, self._respond(self.network.without_study())] if self.network.given_study else [self.responses]
        frames = {arm: [net_effects(side[arm]).assign(study=side[arm].network.study_condition) for side in sides] for arm in self.responses}
        return self._stack({arm: pd.concat(both, ignore_index=True) for arm, both in frames.items()})

    def make_ranking(self) -> pd.DataFrame:
        """The ranking of every arm."""
        return self._stack({arm: ranking.to_frame() for arm, ranking in self.rankings.items()})

    def make_enrichment(self) -> pd.DataFrame:
        """Enrichment of every ranking."""
        from jaknet.enrichment.enrich import enrich

        options = {"gene_sets": self.study.enrichment["gene_sets"], "method": self.study.enrichment["method"]}
        return self._stack({arm: enrich(ranking, **options).to_frame() for arm, ranking in self.rankings.items()})

    # --- writing ------------------------------------------------------------------------------
    def execute(self) -> Results:
        """Make or reuse every table, then the report and the manifest."""
        self._check_names()
        existed = self.out.exists()
        try:
            return self._execute()
        except InputError:
            for path in self.written:
                path.unlink(missing_ok=True)
            if not existed and self.out.exists() and not any(self.out.iterdir()):
                self.out.rmdir()
            raise

    def _check_names(self) -> None:
        from jaknet.simulation.library import load_context

        for treatment in self.study.drugs:
            treatment.perturbation()
        for context in self.study.contexts:
            load_context(context)
        if self.out.exists() and not self.out.is_dir():
            raise InputError(f"{self.out} is a file; give --out a folder.")

    def _execute(self) -> Results:
        from jaknet.reporting.report import report

        names = ["controls", "response", "ranking", "net_effects", "enrichment"]
        if self.study.dataset is not None:
            checked = ["quality"] if self.study.dataset.expression is not None else []
            names = ["signature", *checked, "regulators", *names, "comparison"]
        makers: dict[str, Callable[[], pd.DataFrame]] = {name: getattr(self, f"make_{name}") for name in names}
        before, steps = _previous(self.out), dict[str, dict[str, str]]()
        done = before.get("steps", {})
        tables = {name: self._table(name, maker, done, steps) for name, maker in makers.items()}
        manifest = self._manifest(steps, before) | {"controls": self._controls(tables["controls"])}
        results = Results(self.out, tables, manifest)
        self._write("study.yaml", yaml.safe_dump(self._as_run(), sort_keys=False, allow_unicode=True))
        report(results, self.out / "report.html")
        self._write("manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False, sort_keys=True) + "\n")
        return results

    def _controls(self, frame: pd.DataFrame) -> str:
        from jaknet.validation.controls import REPORT_MEMBERS, ControlCheck

        return ControlCheck(frame, self.network.label, min(REPORT_MEMBERS, self.settings["members"])).summary()

    def _table(self, name: str, maker: Callable[[], pd.DataFrame], before: Mapping[str, Any], steps: dict[str, Any]) -> pd.DataFrame:
        file = f"{name}.tsv"
        path, key = self.out / file, self._key(name)
        done = before.get(file, {})
        if not (done.get("key") == key and path.is_file() and file_sha256(path) == done.get("sha256")):
            self._write(file, maker().to_csv(sep="\t", index=False, float_format="%.8g", lineterminator="\n"))
        steps[file] = {"key": key, "sha256": file_sha256(path)}
        return pd.read_csv(StringIO(path.read_text(encoding="utf-8")), sep="\t", keep_default_na=True)

    def _write(self, name: str, text: str) -> None:
        path = self.out / name
        self.out.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            self.written.append(path)
        write_atomically(path, text)

    # --- what makes a result the same ----------------------------------------------------------
    @cached_property
    def inputs(self) -> dict[str, str]:
        """SHA-256 of every file read, and of the network's content."""
        data, study = self.study.dataset, self.study
        files = {} if data is None else {name: getattr(data, name) for name in ("expression", "samples", "signature")}
        files |= {"regulators": study.regulators["network"], "gene_sets": study.enrichment["gene_sets"]}
        hashes = {name: file_sha256(path) for name, path in files.items() if path is not None}
        return hashes | {"network": self.network.digest}

    def _key(self, name: str) -> str:
        """Hash of all that can change a table, so that a re-run knows what it may reuse."""
        data = None if self.study.dataset is None else {key: str(value) for key, value in vars(self.study.dataset).items()}
        model: list[Any] = [self.study.raw.get("drugs"), self.arms, self.settings]
        sections: dict[str, list[Any]] = {
            "signature": [data],
            "quality": [data],
            "regulators": [data, self.study.regulators],
            "comparison": [data, model, self.study.regulators],
            "controls": [self.settings],
            "response": model,
            "ranking": [data, model],
            "net_effects": model,
            "enrichment": [data, model, self.study.enrichment],
        }
        content = json.dumps([__version__, registry_digest(), self.inputs, name, sections[name]], default=str, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def _as_run(self) -> dict[str, Any]:
        """The study with every default spelled out."""
        study = self.study
        data = {} if study.dataset is None else {key: value for key, value in vars(study.dataset).items() if value}
        plain = json.loads(json.dumps({"dataset": data} if data else {}, default=str))
        sections = {key: json.loads(json.dumps(getattr(study, key), default=str)) for key in ("regulators", "enrichment", "settings")}
        drugs = [vars(treatment) for treatment in study.drugs]
        return {"name": study.name, "network": study.network, "drugs": drugs, "contexts": list(study.contexts), **plain, **sections}

    def _manifest(self, steps: dict[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
        made = make_manifest("run", self._as_run(), self.inputs, seed=self.settings["seed"])
        return {
            "study": self.study.name,
            "jaknet": f"jaknet {__version__}",
            "network": f"{self.network.label}, {self.network.study_condition}",
            "versions": made.versions,
            "inputs": made.inputs,
            "parameters": made.to_dict()["parameters"],
            "seed": made.seed,
            "notes": list(dict.fromkeys(note for drug in self.study.drugs for note in drug.perturbation().notes)),
            "dropped": self.dropped or before.get("dropped", {}),
            "steps": steps,
        }


def _previous(out: Path) -> dict[str, Any]:
    try:
        found = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _signature(data: Dataset, species: str) -> tuple[Signature, pd.DataFrame]:
    """Read the dataset, contrast it, and bring it to the species of the network."""
    from jaknet.expression.contrast import contrast
    from jaknet.expression.expression import read_expression
    from jaknet.expression.quality import check_quality
    from jaknet.expression.read_signature import read_signature

    if data.signature is not None:
        return read_signature(data.signature, species=data.species).to_species(species), pd.DataFrame()
    expression = read_expression(data.expression, kind=data.kind, species=data.species)
    design: dict[str, Any] = {"factor": data.factor, "test": data.test, "reference": data.reference, "covariates": list(data.covariates)}
    signature = contrast(expression, data.samples, **design, subset=data.subset, species=data.species, orthologs_to=species)
    return signature, check_quality(expression, data.samples, factor=data.factor).to_frame()
