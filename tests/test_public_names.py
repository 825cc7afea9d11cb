"""The public face is a promise: these names and arguments may grow but not change."""

from __future__ import annotations

import inspect
import subprocess
import sys

import jaknet as jn

PROMISED = {
    "load_network": ["name"],
    "read_network": ["path", "format"],
    "build_network": ["resources", "seeds", "targets", "expressed", "max_depth", "on_conflict"],
    "read_netflux": ["path"],
    "load_drug": ["name"],
    "load_context": ["name"],
    "inhibit": ["node", "fraction"],
    "knockout": ["node"],
    "activate": ["node"],
    "perturb": ["network", "perturbations", "context", "background", "engine", "members", "seed"],
    "dose_response": ["network", "drug", "doses"],
    "time_course": ["network"],
    "screen": ["network", "drugs", "doses", "contexts"],
    "read_expression": ["path"],
    "contrast": ["expression", "samples", "factor", "test", "reference", "covariates", "species"],
    "read_signature": ["path"],
    "regulators": ["sig", "net", "method", "depth"],
    "rank": ["resp", "signature", "nulls", "seed"],
    "compare": ["sig", "resp"],
    "enrich": ["gene_sets", "method", "universe"],
    "validate": ["network", "facts", "engine", "leave_out_reference"],
    "check_controls": ["network", "controls", "members", "seed", "settings", "engine"],
    "reproduce": ["network", "members", "seed", "dose", "contexts"],
    "sensitivity": [],
    "leave_one_out": [],
    "load_controls": [],
    "report": ["results", "path"],
    "run": ["study", "out"],
    "list_networks": [],
    "list_drugs": [],
    "list_contexts": [],
    "fetch_collectri": [],
    "fetch_omnipath": [],
    "fetch_signor": [],
    "fetch_progeny": [],
}


def test_promised_functions_take_the_promised_arguments():
    for name, arguments in PROMISED.items():
        found = inspect.signature(getattr(jn, name)).parameters
        assert set(arguments) <= set(found), name


def test_every_listed_name_exists():
    for name in jn.__all__:
        assert getattr(jn, name) is not None


def test_network_has_its_methods():
    for method in ("audit", "without_reference", "without_study", "reliability", "subnetwork", "paths", "rewire", "to_networkx", "write"):
        assert callable(getattr(jn.Network, method))


def test_what_is_gone_is_not_promised():
    for name in ("LinearSystem", "fact_weights", "cross_validate"):
        assert name not in jn.__all__ and not hasattr(jn, name)


def test_no_module_shadows_a_function():
    for name in PROMISED:
        assert not inspect.ismodule(getattr(jn, name)), name


def test_import_stays_light():
    code = "import sys, jaknet; print(sorted({'pandas', 'numba', 'scipy', 'matplotlib', 'gseapy', 'pydeseq2'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
