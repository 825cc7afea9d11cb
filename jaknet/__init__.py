"""jaknet: from JAK inhibition in osteoblasts to ranked osteoanabolic genes.

``import jaknet as jn`` gives the names below; each is loaded when it is first used, so that the
import itself stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from jaknet._version import __version__

#: Public name -> the module that holds it.
_HOMES = {
    "jaknet.genes.tables": ("load_osteoanabolic",),
    "jaknet.simulation.library": ("list_contexts", "list_drugs", "load_context", "load_drug"),
    "jaknet.network.network": ("Network",),
    "jaknet.network.io.read": ("list_networks", "load_network", "read_network"),
    "jaknet.network.build": ("build_network",),
    "jaknet.network.io.fetch": ("fetch_collectri", "fetch_omnipath", "fetch_progeny", "fetch_signor"),
    "jaknet.netflux.workbook": ("read_netflux",),
    "jaknet.netflux.model": ("LogicModel",),
    "jaknet.simulation.drugs": ("Drug", "combine_doses"),
    "jaknet.simulation.potency": ("Target",),
    "jaknet.simulation.perturbations": ("Context", "Perturbation", "activate", "combine", "inhibit", "knockout"),
    "jaknet.simulation.response": ("Response", "perturb"),
    "jaknet.simulation.settings": ("EnsembleSettings",),
    "jaknet.simulation.dosing": ("concentration_course", "dosing_day"),
    "jaknet.simulation.selectivity": ("selectivity", "signal_ic50"),
    "jaknet.simulation.scans": ("dose_response", "screen", "time_course"),
    "jaknet.simulation.sensitivity": ("leave_one_out", "sensitivity"),
    "jaknet.expression.expression": ("Expression", "load_example", "read_expression"),
    "jaknet.expression.contrast": ("contrast",),
    "jaknet.expression.signature": ("Signature",),
    "jaknet.expression.read_signature": ("read_signature",),
    "jaknet.expression.quality": ("check_quality",),
    "jaknet.regulation.regulators": ("regulator_scores", "regulators"),
    "jaknet.regulation.rotation": ("rotation_test",),
    "jaknet.regulation.regulons": ("footprint_network",),
    "jaknet.simulation.contrasts": ("contrast_responses", "target_effects"),
    "jaknet.comparison.compare": ("compare", "compare_responses"),
    "jaknet.ranking.ranking": ("Ranking", "rank"),
    "jaknet.enrichment.enrich": ("Enrichment", "enrich"),
    "jaknet.enrichment.gene_sets": ("load_gene_sets",),
    "jaknet.validation.controls": ("ControlCheck", "check_controls", "load_controls"),
    "jaknet.validation.facts": ("load_facts", "read_facts"),
    "jaknet.validation.selectivity": ("SelectivityCheck", "check_selectivity"),
    "jaknet.validation.score": ("Validation", "validate"),
    "jaknet.validation.claims": ("reproduce",),
    "jaknet.reporting.report": ("report",),
    "jaknet.pipeline": ("run",),
    "jaknet.errors": ("InputError", "JaknetError", "OfflineError", "OverlapError", "SpeciesError", "UnknownNameError"),
}
_WHERE = {name: module for module, names in _HOMES.items() for name in names}

#: Public name of a module of its own -> where it is.
_MODULES = {"plot": "jaknet.reporting.plots"}

__all__ = ["__version__", *sorted({*_WHERE, *_MODULES})]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        value: Any = import_module(_MODULES[name])
    elif name in _WHERE:
        value = getattr(import_module(_WHERE[name]), name)
    else:
        message = f"module 'jaknet' has no attribute {name!r}"
        raise AttributeError(message)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
