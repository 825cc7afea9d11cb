"""`enrich` against bare gseapy and scipy where the input is clean, and against gseapy's traps where it is not."""

from __future__ import annotations

from dataclasses import replace

import gseapy
import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from scipy.stats import hypergeom, norm

import jaknet as jn
from jaknet.enrichment.enrich import ENRICHMENT_COLUMNS, P_FLOOR, enrich
from jaknet.errors import InputError, OverlapError
from jaknet.expression.signature import Signature, signature_table
from jaknet.stats import benjamini_hochberg


def make_ranking(seed: int = 0, n_genes: int = 800) -> pd.Series:
    generator = np.random.default_rng(seed)
    values = pd.Series(generator.standard_normal(n_genes), index=[f"G{number:04d}" for number in range(n_genes)])
    values.iloc[:30] += 1.5
    return values


def make_sets(seed: int = 1, n_sets: int = 12, n_genes: int = 800) -> dict[str, list[str]]:
    generator = np.random.default_rng(seed)
    sets = {"PLANTED": [f"G{number:04d}" for number in range(30)]}
    for number in range(n_sets):
        chosen = generator.choice(n_genes, generator.integers(10, 60), replace=False)
        sets[f"SET{number:02d}"] = [f"G{gene:04d}" for gene in chosen]
    return sets


def bare(values: pd.Series, sets: dict[str, list[str]], seed: int = 0) -> pd.DataFrame:
    options = {"min_size": 5, "max_size": 500, "outdir": None, "no_plot": True, "seed": seed, "threads": 1}
    done = gseapy.prerank(rnk=values.sort_values(ascending=False), gene_sets=sets, method="multilevel", **options)
    return done.res2d.set_index("Term")


@pytest.mark.parametrize("seed", [0, 7])
def test_prerank_equals_gseapy_on_clean_input(seed: int) -> None:
    values, sets = make_ranking(seed), make_sets()
    ours = enrich(values, sets, seed=seed).to_frame().set_index("term")
    theirs = bare(values, sets, seed).loc[ours.index]
    assert (ours["score"] == theirs["ES"].astype(float)).all()
    assert (ours["normalized_score"] == theirs["NES"].astype(float)).all()
    assert (ours["p_value"] == theirs["NOM p-val"].astype(float)).all()
    assert (ours["leading_edge"] == theirs["Lead_genes"]).all()
    assert ours.index[0] == "PLANTED" and ours.loc["PLANTED", "direction"] == "up" and ours.loc["PLANTED", "q_value"] < 1e-3


def test_ora_equals_gseapy_and_the_hypergeometric_tail() -> None:
    sets = make_sets()
    universe = sorted({gene for genes in sets.values() for gene in genes})
    chosen = [*sets["PLANTED"][:12], *sets["SET00"][:5], *sets["SET03"][:4]]
    ours = enrich(chosen, sets, method="ora", universe=universe).to_frame().set_index("term")
    theirs = gseapy.enrich(gene_list=chosen, gene_sets=sets, background=universe, outdir=None, no_plot=True, cutoff=1.0).res2d
    theirs = theirs.set_index("Term")
    shared = theirs.index
    assert np.allclose(ours.loc[shared, "p_value"], theirs["P-value"].astype(float), rtol=1e-9)
    size, drawn = len(sets["SET03"]), len(set(chosen))
    hits = len(set(chosen) & set(sets["SET03"]))
    assert ours.loc["SET03", "p_value"] == pytest.approx(hypergeom.sf(hits - 1, len(universe), size, drawn))
    assert ours.loc["SET03", "normalized_score"] == pytest.approx(hits * len(universe) / size / drawn)


def test_ora_counts_sets_without_a_hit_as_tested() -> None:
    # gseapy adjusts over the sets that were hit only.
    sets = make_sets()
    universe = [f"G{number:04d}" for number in range(800)]
    chosen = sets["SET00"][:6]
    ours = enrich(chosen, sets, method="ora", universe=universe).to_frame()
    assert (ours["score"] == 0).any()
    assert len(ours) == len(sets)
    assert np.allclose(ours["q_value"], benjamini_hochberg(ours["p_value"]))


def test_row_order_changes_nothing_even_with_ties(capfd: pytest.CaptureFixture[str]) -> None:
    values = make_ranking().round(1)
    assert values.duplicated().any()
    sets = make_sets()
    frames = [enrich(values.sample(frac=1, random_state=state), sets).to_frame() for state in range(3)]
    assert enrich(values, sets).report["n_tied"] == values.duplicated(keep=False).sum()
    for frame in frames[1:]:
        pd.testing.assert_frame_equal(frames[0], frame, check_exact=True)
    assert "arbitrary" not in capfd.readouterr().err


def test_set_order_seed_and_workers() -> None:
    values, sets = make_ranking(), make_sets()
    with parallel_config(n_jobs=1):
        one = enrich(values, sets).to_frame()
    with parallel_config(n_jobs=2):
        two = enrich(values, dict(reversed(list(sets.items())))).to_frame()
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_a_generator_gives_the_seed_that_is_recorded() -> None:
    values, sets = make_ranking(), make_sets()
    drawn = enrich(values, sets, seed=np.random.default_rng(3))
    pd.testing.assert_frame_equal(drawn.to_frame(), enrich(values, sets, seed=drawn.provenance.seed).to_frame())


def test_case_is_never_guessed() -> None:
    # gseapy itself would map these mouse symbols onto the human sets by turning them to upper case.
    values = make_ranking().rename(lambda gene: gene.lower())
    with pytest.raises(OverlapError, match="species"):
        enrich(values, make_sets())
    mixed = values.rename({gene.lower(): gene for gene in make_sets()["PLANTED"][:10]})
    table = enrich(mixed, {"PLANTED": make_sets()["PLANTED"]}).to_frame()
    assert table["n_genes"].tolist() == [10]
    assert set(table["leading_edge"].item().split(";")) <= set(make_sets()["PLANTED"][:10])


@pytest.mark.parametrize("share", [0.6, 1.0])
def test_a_constant_or_mostly_tied_ranking_is_refused(share: float) -> None:
    values = make_ranking()
    values.iloc[: int(share * len(values))] = 0.0
    with pytest.raises(InputError, match="mostly tied"):
        enrich(values, make_sets())


def test_duplicates_are_averaged_and_missing_values_dropped_and_both_counted() -> None:
    values, sets = make_ranking(), make_sets()
    doubled = pd.concat([values, values.iloc[:5] + 2.0, pd.Series([np.nan, np.inf], ["X1", "X2"])])
    result = enrich(doubled, sets)
    assert result.report["n_duplicates_averaged"] == 5 and result.report["n_not_finite"] == 2
    merged = values.copy()
    merged.iloc[:5] += 1.0
    pd.testing.assert_frame_equal(result.to_frame(), enrich(merged, sets).to_frame())


def test_no_p_is_zero() -> None:
    values = pd.Series(np.linspace(5, -5, 800), index=[f"G{number:04d}" for number in range(800)])
    table = enrich(values, {"TOP": list(values.index[:80]), "MIXED": list(values.index[::10])}).to_frame().set_index("term")
    assert P_FLOOR <= table.loc["TOP", "p_value"] < 1e-20
    assert (table["q_value"] > 0).all()


def test_the_leading_edge_is_signed_by_osteoanabolic_polarity() -> None:
    marked = jn.load_osteoanabolic().set_index("gene")["polarity"]
    builders = list(marked.index[marked > 0])[:15]
    values = make_ranking()
    for gene in builders:
        values[gene] = 0.003 * len(values)
    sets = {"BUILD": builders, "PLAIN": [f"G{number:04d}" for number in range(100, 140)]}
    up = enrich(values, sets).to_frame().set_index("term")
    down = enrich(-values, sets).to_frame().set_index("term")
    assert up.loc["BUILD", "osteoanabolic"] == len(builders) and down.loc["BUILD", "osteoanabolic"] == -len(builders)
    assert np.isnan(up.loc["PLAIN", "osteoanabolic"])


@pytest.fixture(scope="module")
def ranking() -> jn.Ranking:
    resp = jn.perturb(jn.load_network("osteoblast"), jn.inhibit("JAK1"), context="inflammatory", members=30)
    genes = sorted({*resp.network.transcripts, *(f"G{number:04d}" for number in range(400))})
    z = np.random.default_rng(0).standard_normal(len(genes)) * 3
    # The data moves JAK-STAT's targets the other way: a cytokine, not a drug.
    targets = set(jn.load_gene_sets()["JAK_STAT_TARGETS"])
    z[[gene in targets for gene in genes]] = 9.0
    signature = Signature(signature_table(genes, z, z, 2 * norm.sf(np.abs(z))), label="IL22 vs Mock")
    return jn.rank(resp, signature, nulls=20)


def test_enrichment_says_what_it_ranked(ranking: jn.Ranking) -> None:
    predicted, observed, combined = (enrich(ranking, by=by) for by in ("predicted", "observed", "combined"))
    for found, by in ((predicted, "predicted"), (observed, "observed"), (combined, "combined")):
        assert list(found.table.columns) == ENRICHMENT_COLUMNS
        assert found.by == by and set(found.table["by"]) == {by}
    assert predicted.about == "inhibit JAK1 90% in inflammatory" and observed.about == "IL22 vs Mock"
    assert "IL22" not in repr(predicted) and "JAK1" not in repr(observed)
    row = {found.by: found.to_frame().set_index("term").loc["JAK_STAT_TARGETS"] for found in (predicted, observed, combined)}
    assert [row[by]["direction"] for by in ("predicted", "observed", "combined")] == ["down", "up", "up"]
    assert row["predicted"]["p_value"] < 0.05
    # By default a ranking, which is about a perturbation, is ranked by what it predicts.
    pd.testing.assert_frame_equal(enrich(ranking).to_frame(), predicted.to_frame())


def test_a_combined_score_says_how_much_of_it_is_data(ranking: jn.Ranking) -> None:
    assert f"{ranking.prior.trust:.0%} of it is the observation" in repr(enrich(ranking, by="combined"))


def test_what_a_source_does_not_hold_is_refused(ranking: jn.Ranking) -> None:
    signature = Signature(
        ranking.table.dropna(subset=["observed"])[["gene"]].assign(log2_fold_change=1.0, statistic=1.0, p_value=1.0, q_value=1.0)
    )
    with pytest.raises(InputError, match="by='predicted' needs a ranking"):
        enrich(signature, by="predicted")
    with pytest.raises(InputError, match="choose observed, predicted or combined"):
        enrich(ranking, by="fold")
    with pytest.raises(InputError, match="needs a ranking or a signature"):
        enrich(make_ranking(), make_sets(), by="observed")
    with pytest.raises(InputError, match="no tested data"):
        enrich(jn.rank(ranking.response, nulls=0), by="observed")


def test_ora_of_a_prediction_selects_what_surely_moves(ranking: jn.Ranking) -> None:
    table = ranking.table.assign(p_direction=np.nan)
    table.loc[:59, ["p_direction", "direction"]] = [0.5, "up"]
    table.loc[:19, "p_direction"] = 0.95
    table.loc[10:14, "direction"], table.loc[15:19, "direction"] = "none", "unsure"
    genes = table["gene"].tolist()
    result = enrich(replace(ranking, table=table), {"FIRST": genes[:10], "LAST": genes[50:60]}, method="ora")
    assert result.report["n_selected"] == 10 and result.report["n_universe"] == 60
    observed = enrich(ranking, {"FIRST": genes[:10]}, method="ora", by="observed")
    assert observed.report["n_selected"] == int((ranking.table["observed_q_value"] <= 0.05).sum())


def test_ora_of_a_signature_selects_by_q() -> None:
    z = np.where(np.arange(100) < 10, 6.0, 0.1)
    genes = [f"G{number:04d}" for number in range(100)]
    signature = Signature(signature_table(genes, z, z, np.where(z > 1, 1e-9, 0.9)))
    table = enrich(signature, {"HIT": genes[:10], "MISS": genes[50:60]}, method="ora").to_frame().set_index("term")
    assert table.loc["HIT", "leading_edge"] == ";".join(genes[:10])
    assert table.loc["HIT", "p_value"] < 1e-3 and table.loc["MISS", "p_value"] == 1.0


def test_what_cannot_be_tested_is_refused() -> None:
    values, sets = make_ranking(), make_sets()
    with pytest.raises(InputError, match="universe"):
        enrich(["G0001", "G0002"], sets, method="ora")
    with pytest.raises(InputError, match="outside the universe"):
        enrich(["G0001", "MISSING"], sets, method="ora", universe=values.index)
    with pytest.raises(InputError, match="needs a number"):
        enrich(["G0001"], sets)
    with pytest.raises(InputError, match="choose prerank or ora"):
        enrich(values, sets, method="gsva")
    with pytest.raises(OverlapError, match="at least 5 genes"):
        enrich(values, {"ELSEWHERE": ["A", "B", "C", "D", "E"]})
    with pytest.raises(InputError, match="no gene was selected"):
        enrich(Signature(signature_table(values.index, values, values, np.full(len(values), 0.5))), sets, method="ora")


def test_small_and_large_sets_are_left_out_and_counted() -> None:
    values, sets = make_ranking(), make_sets()
    result = enrich(values, {**sets, "TINY": ["G0001", "G0002"], "HUGE": list(values.index)}, max_size=100)
    assert result.report["n_sets"] == len(sets) + 2 and result.report["n_sets_not_tested"] == 2
    assert {"TINY", "HUGE"}.isdisjoint(result.table["term"])
    assert "sets tested" in repr(result) and "<table" in result._repr_html_()
