"""Papers under their several identifiers."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from jaknet.data.registry import read_table
from jaknet.network.papers import citing, identifiers_of, normalise_reference


@pytest.mark.parametrize(
    ("spelled", "expected"),
    [
        ("pmid: 123", "PMID:123"),
        ("PubMed:123", "PMID:123"),
        ("123", "PMID:123"),
        ("10.1000/ABC", "DOI:10.1000/abc"),
        ("doi:10.1000/ABC", "DOI:10.1000/abc"),
        ("https://doi.org/10.1000/ABC", "DOI:10.1000/abc"),
        ("pmc99", "PMCID:PMC99"),
        ("PMCID:99", "PMCID:PMC99"),
        ("PMC:PMC99", "PMCID:PMC99"),
        ("title:Stat1 in bone: IL-6, IFN-\N{GREEK SMALL LETTER GAMMA}.", "title:stat1inboneil6ifn\N{GREEK SMALL LETTER GAMMA}"),
        ("Title: stat1-in-bone", "title:stat1inbone"),
        (" A title: of a paper ", "A title: of a paper"),
    ],
)
def test_one_spelling(spelled, expected):
    assert normalise_reference(spelled) == expected


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=20))
def test_normalising_twice_changes_nothing(text):
    once = normalise_reference(text)
    assert normalise_reference(once) == once


def test_the_study_is_one_paper_under_every_identifier():
    names = identifiers_of("PMID:32051226")
    assert len(names) > 1
    assert all(identifiers_of(name) == names for name in names)


def test_every_row_of_the_crosswalk_is_one_group():
    for row in read_table("networks/osteoblast/crosswalk.tsv").itertuples():
        kinds = (("PMID", row.pmid), ("DOI", row.doi), ("PMCID", row.pmcid), ("title", row.title))
        cells = {f"{kind}:{value}" for kind, value in kinds if value}
        assert len(cells) > 1
        for cell in cells:
            assert {normalise_reference(other) for other in cells} <= identifiers_of(cell)


def test_a_title_names_the_paper_that_the_crosswalk_gives_it():
    known = read_table("networks/osteoblast/crosswalk.tsv")
    row = known[(known["title"] != "") & (known["pmid"] != "")].iloc[0]
    spaced = "Title: " + row["title"].replace("-", " ").upper() + "."
    assert f"PMID:{row['pmid']}" in identifiers_of(spaced)
    assert citing(pd.Series([f"PMID:{row['pmid']}", "PMID:1"]), spaced).tolist() == [True, False]


def test_citing_looks_into_lists_and_through_aliases():
    cells = pd.Series(["PMID:1;PMID:2", "", "pmid:2", "DOI:10.1/X", "PMID:22"])
    assert citing(cells, "PMID:2").tolist() == [True, False, True, False, False]
    assert citing(cells, "PMID:2", ["https://doi.org/10.1/x"]).tolist() == [True, False, True, True, False]
