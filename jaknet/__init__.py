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
    "jaknet.data.load": (
        "list_contexts",
        "list_drugs",
        "list_networks",
        "load_context",
        "load_controls",
        "load_drug",
        "load_example",
        "load_facts",
        "load_gene_sets",
        "load_network",
        "load_osteoanabolic",
    ),
    "jaknet.network.model": ("Network",),
    "jaknet.network.reading": ("read_network",),
    "jaknet.network.building": ("build_network",),
    "jaknet.network.fetching": ("fetch_collectri", "fetch_omnipath", "fetch_progeny", "fetch_signor"),
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
    "jaknet.expression.reading": ("Expression", "read_expression"),
    "jaknet.expression.contrasts": ("contrast",),
    "jaknet.expression.signature": ("Signature",),
    "jaknet.expression.signature_reading": ("read_signature",),
    "jaknet.expression.quality": ("check_quality",),
    "jaknet.inference.upstream": ("regulator_scores", "regulators"),
    "jaknet.inference.rotation": ("rotation_test",),
    "jaknet.inference.footprints": ("footprint_network",),
    "jaknet.inference.drug_contrasts": ("contrast_responses", "target_effects"),
    "jaknet.inference.comparison": ("compare", "compare_responses"),
    "jaknet.inference.ranking": ("Ranking", "rank"),
    "jaknet.enrichment.enriching": ("Enrichment", "enrich"),
    "jaknet.validation.controls": ("ControlCheck", "check_controls"),
    "jaknet.validation.facts": ("read_facts",),
    "jaknet.validation.selectivity": ("SelectivityCheck", "check_selectivity"),
    "jaknet.validation.scoring": ("Validation", "validate"),
    "jaknet.validation.reproduction": ("reproduce",),
    "jaknet.reporting.html": ("report",),
    "jaknet.workflow": ("run",),
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
