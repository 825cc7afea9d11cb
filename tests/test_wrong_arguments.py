"""Every door answers something of the wrong type with one sentence, never with a fault from inside."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import jaknet as jn

NET = jn.load_network("osteoblast")
LOSS = jn.knockout("JAK1")
RESPONSE = jn.perturb(NET, LOSS, members=3)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (lambda: jn.perturb(123, LOSS), "a network is a Network or the name of a bundled one"),
        (lambda: jn.perturb(NET, 5), "expected a perturbation or a list of them, got int"),
        (lambda: jn.perturb(NET, jn.load_drug("tofacitinib")), "tofacitinib without a dose is no perturbation. Give drug.at"),
        (lambda: jn.perturb(NET, ["tofacitinib"]), "'tofacitinib' is not a drug at a dose"),
        (lambda: jn.perturb(NET, LOSS, 5), "a context is a Context, the name of a bundled one"),
        (lambda: jn.perturb(NET, LOSS, members="many"), "members = 'many'; give at least 1"),
        (lambda: jn.perturb(NET, LOSS, members=5.5), "members = 5.5; give at least 1"),
        (lambda: jn.perturb(NET, LOSS, members=0), "members = 0; give at least 1"),
        (lambda: jn.perturb(NET, LOSS, members=5, seed=-1), "seed = -1; give at least 0"),
        (lambda: jn.perturb(NET, LOSS, members=5, seed="x"), "seed = 'x'; give at least 0"),
        (lambda: jn.perturb(NET, LOSS, members=5, settings=5), "settings must be an EnsembleSettings; got 5 (int)"),
        (lambda: jn.regulators("x", NET), "signature must be a Signature"),
        (lambda: jn.rank("x"), "response must be a Response (jaknet.perturb); got 'x' (str)"),
        (lambda: jn.rank(RESPONSE, "x"), "signature must be a Signature"),
        (lambda: jn.rank(RESPONSE, nulls=-1), "nulls = -1; give at least 0"),
        (lambda: jn.compare("x", RESPONSE), "signature must be a Signature"),
        (lambda: jn.compare(RESPONSE, RESPONSE), "signature must be a Signature"),
        (lambda: jn.compare("x", "y"), "response must be a Response"),
        (lambda: jn.compare_responses("x", [RESPONSE]), "responses must be a mapping of label to Response"),
        (lambda: jn.compare_responses("x", {"tofacitinib": RESPONSE}), "signature must be a Signature"),
        (lambda: jn.rotation_test("x", {}), "signature must be a Signature"),
        (lambda: jn.enrich(5), "cannot rank a int; give a Ranking (jaknet.rank), a Signature"),
        (lambda: jn.enrich("BGLAP"), "cannot rank a str; give a Ranking"),
        (lambda: jn.enrich(RESPONSE), "cannot rank a Response; give a Ranking"),
        (lambda: jn.contrast(None), "cannot read a NoneType"),
        (lambda: jn.read_signature(3), "path must be the path of a table, or a pandas.DataFrame; got 3 (int)"),
        (lambda: jn.validate(NET, 5), "facts must be the path of a table"),
        (lambda: jn.validate(NET, jn.load_facts(), members="x"), "members = 'x'; give at least 1"),
        (lambda: jn.read_facts(5), "facts must be the path of a table"),
        (lambda: jn.load_drug(5), "a drug must be the name of a bundled one"),
        (lambda: jn.load_context(3), "a context must be the name of a bundled one"),
        (lambda: jn.load_network(3), "a network must be the name of a bundled one"),
        (lambda: jn.read_network(5), "path must be the path of a table, SIF, GraphML or workbook"),
        (lambda: jn.read_netflux(5), "path must be the path of a workbook; got 5 (int)"),
        (lambda: NET.resolve(3), "a node must be the name of a node or gene; got 3 (int)"),
        (lambda: NET.without_reference(5), "reference must be a paper"),
        (lambda: NET.paths("OSM", "SOST", max_length="x"), "max_length = 'x'; give at least 1"),
        (lambda: jn.run(5), "a plan must be the path of a YAML file, a mapping or a Plan; got 5 (int)"),
        (lambda: jn.sensitivity(5), "response must be a Response"),
        (lambda: jn.selectivity(5), "drugs must be"),
        (lambda: jn.combine_doses(5), "doses must be pairs of a drug and a dose; got 5 (int)"),
        (lambda: jn.Network(5), "edges must be a pandas.DataFrame; got 5 (int)"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(asked: Callable[[], object], words: str) -> None:
    with pytest.raises(jn.InputError) as refused:
        asked()
    assert words in str(refused.value) and "\n" not in str(refused.value)
