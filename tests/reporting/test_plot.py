"""Figures show what the table says."""

from __future__ import annotations

import matplotlib.colors as colors
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from jaknet.errors import InputError
from jaknet.reporting import plot
from jaknet.simulation.drugs import Drug, Target


@pytest.fixture
def ranking() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    effect = rng.normal(size=12)
    return pd.DataFrame(
        {
            "gene": [f"G{i}" for i in range(12)],
            "polarity": [1, -1, 1, -1, 1, 1, 0, 0, 0, 0, 0, 0],
            "predicted": effect,
            "predicted_low": effect - 0.2,
            "predicted_high": effect + 0.2,
            "direction": [*np.where(effect[:8] > 0, "up", "down"), "none", "unsure", "none", "unsure"],
            "p_direction": np.linspace(1, 0.5, 12),
            "rank": np.arange(1, 13),
        }
    )


def _labels(figure) -> list[str]:
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def test_effects_show_the_osteoanabolic_genes_best_on_top(ranking):
    figure = plot.plot_effects(ranking)
    assert _labels(figure) == ["G5 (+)", "G4 (+)", "G3 (−)", "G2 (+)", "G1 (−)", "G0 (+)"]
    points = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert [line.get_xdata()[0] for line in points] == pytest.approx(ranking["predicted"][5::-1].tolist())


def test_effects_fall_back_to_all_genes(ranking):
    assert len(_labels(plot.plot_effects(ranking.assign(polarity=0), top=7))) == 7


def test_signature_names_the_strongest():
    table = pd.DataFrame({"gene": ["A", "B", "C"], "log2_fold_change": [1, -2, 0.1], "statistic": [5, -9, 0.2]})
    figure = plot.plot_signature(table.assign(p_value=[1e-4, 1e-9, 0.8], q_value=[1e-3, 1e-8, 0.9]), label=1)
    assert [text.get_text() for text in figure.axes[0].texts] == ["B"]
    assert "2 of 3" in figure.axes[0].get_title()


def test_regulators_are_ordered_by_p():
    table = pd.DataFrame({"regulator": ["X", "Y"], "statistic": [2.0, -4.0], "p_value": [0.04, 1e-4]})
    figure = plot.plot_regulators(table)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["Y", "X"]
    assert [bar.get_width() for bar in figure.axes[0].patches] == [-4.0, 2.0]


def test_heatmap_places_values_by_arm():
    table = pd.DataFrame({"gene": ["A", "A", "B", "B"], "drug": ["d", "e", "d", "e"], "effect": [1.0, 2.0, -1.0, -2.0]})
    figure = plot.plot_drug_heatmap(table, value="effect")
    assert figure.axes[0].images[0].get_array().tolist() == [[1.0, 2.0], [-1.0, -2.0]]


@pytest.mark.parametrize("draw", [plot.plot_effects, plot.plot_signature, plot.plot_regulators, plot.plot_enrichment])
def test_nothing_to_draw_is_said(draw):
    with pytest.raises(InputError, match="nothing to draw"):
        draw(pd.DataFrame({"other": [1]}))


def _is(color: object, name: str) -> bool:
    return np.allclose(colors.to_rgb(color), colors.to_rgb(name))


def test_effects_are_coloured_by_direction_and_faint_where_uncertain(ranking):
    figure = plot.plot_effects(ranking.assign(polarity=0), top=12)
    points = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    rows = ranking.iloc[::-1]
    wanted = [{"up": plot.UP, "down": plot.DOWN}.get(direction, plot.PALE) for direction in rows["direction"]]
    assert {*wanted} == {plot.UP, plot.DOWN, plot.PALE}
    assert all(_is(point.get_color(), color) for point, color in zip(points, wanted, strict=True))
    expected = np.clip(2 * rows["p_direction"] - 1, 0.15, 1)
    assert [point.get_alpha() for point in points] == pytest.approx(expected.tolist())


def test_intervals_lie_behind_their_point(ranking):
    axes = plot.plot_effects(ranking).axes[0]
    spans = [line for line in axes.lines if line.get_marker() == "None" and len(set(line.get_ydata())) == 1]
    shown = ranking.iloc[5::-1]
    assert [list(span.get_xdata()) for span in spans] == shown[["predicted_low", "predicted_high"]].to_numpy().tolist()
    assert [span.get_ydata()[0] for span in spans] == list(range(6))


def test_effects_without_a_prediction_are_left_out_and_the_best_ranks_shown(ranking):
    ranking.loc[0, "predicted"] = np.nan
    figure = plot.plot_effects(ranking.assign(polarity=0).sample(frac=1, random_state=0), top=3, title="mine")
    assert _labels(figure) == ["G3", "G2", "G1"]
    assert figure.axes[0].get_title() == "mine"


@pytest.mark.parametrize("marked", [4, 5])
def test_five_osteoanabolic_genes_are_enough_to_stand_alone(ranking, marked):
    ranking["polarity"] = [1] * marked + [0] * (12 - marked)
    assert len(_labels(plot.plot_effects(ranking))) == (5 if marked == 5 else 12)


def test_signature_points_are_where_the_numbers_say_and_coloured_by_significance():
    table = pd.DataFrame({"gene": list("ABCD"), "log2_fold_change": [1.0, -2.0, 0.1, np.nan], "statistic": [5, -9, 0.2, 1.0]})
    table = table.assign(p_value=[1e-4, 0.0, 0.8, 0.1], q_value=[0.05, 1e-8, 0.9, 0.2])
    axes = plot.plot_signature(table).axes[0]
    (dots,) = axes.collections
    assert dots.get_offsets()[:, 0].tolist() == [1.0, -2.0, 0.1]
    assert dots.get_offsets()[:, 1].tolist() == pytest.approx([4.0, 300.0, -np.log10(0.8)])
    assert [_is(face, c) for face, c in zip(dots.get_facecolors()[:, :3], (plot.UP, plot.DOWN, plot.PALE), strict=True)] == [True] * 3
    assert [text.get_text() for text in axes.texts] == ["B", "A", "C"]
    assert axes.get_title() == "2 of 3 genes with q ≤ 0.05"


def test_regulators_break_ties_by_name_and_long_names_are_cut():
    table = pd.DataFrame({"regulator": ["Z" * 46, "B", "A", "Y" * 45], "statistic": [1.0, 2.0, -3.0, 4.0], "p_value": [0.2, 0.1, 0.1, 0.3]})
    axes = plot.plot_regulators(table, top=4).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["A", "B", "Z" * 44 + "…", "Y" * 45]
    assert [bar.get_y() + bar.get_height() / 2 for bar in axes.patches] == pytest.approx([3, 2, 1, 0])
    wanted = (plot.DOWN, plot.UP, plot.UP, plot.UP)
    assert all(_is(bar.get_facecolor(), color) for bar, color in zip(axes.patches, wanted, strict=True))
    assert [label.get_text() for label in plot.plot_regulators(table, top=1).axes[0].get_yticklabels()] == ["A"]


def test_enrichment_shows_the_smallest_p_and_skips_what_has_no_score():
    table = pd.DataFrame({"term": list("abc"), "normalized_score": [1.0, np.nan, -2.0], "p_value": [0.2, 0.001, 0.1]})
    axes = plot.plot_enrichment(table).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["c", "a"]
    assert [bar.get_width() for bar in axes.patches] == [-2.0, 1.0]


def test_heatmap_is_symmetric_about_zero_sorted_by_mean_and_labelled():
    table = pd.DataFrame(
        {"node": list("ABAB"), "drug": list("ddee"), "dose": "1 nM", "context": list("xxyy"), "effect": [-3.0, 1.0, 1.0, np.nan]}
    )
    axes, bar = plot.plot_drug_heatmap(table, "title").axes
    (image,) = axes.images
    assert [label.get_text() for label in axes.get_xticklabels()] == ["d 1 nM x", "e 1 nM y"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["B", "A"]
    assert image.get_clim() == (-3.0, 3.0)
    assert bar.get_ylabel() == "effect" and axes.get_title() == "title"


def test_heatmap_of_nothing_but_zeros_has_a_scale():
    table = pd.DataFrame({"gene": ["A"], "drug": ["d"], "effect": [0.0]})
    assert plot.plot_drug_heatmap(table, value="effect").axes[0].images[0].get_clim() == (-1.0, 1.0)


def test_lacking_columns_and_rows_are_named(ranking):
    with pytest.raises(InputError, match="the table lacks predicted_low, rank"):
        plot.plot_effects(ranking.drop(columns=["rank", "predicted_low"]))
    with pytest.raises(InputError, match="the table lacks rows"):
        plot.plot_effects(ranking.iloc[:0])
    with pytest.raises(InputError, match="the table lacks effect"):
        plot.plot_drug_heatmap(pd.DataFrame({"gene": ["A"], "drug": ["d"]}))


def test_drawing_changes_no_table_and_leaves_no_global_figure(ranking):
    import matplotlib.pyplot as plt

    kept, before = ranking.copy(), plt.get_fignums()
    plot.plot_effects(ranking)
    pd.testing.assert_frame_equal(ranking, kept)
    assert plt.get_fignums() == before


def test_axes_say_what_they_show(ranking):
    sets = pd.DataFrame({"term": ["a"], "normalized_score": [1.0], "p_value": [0.1]})
    best = pd.DataFrame({"regulator": ["X"], "statistic": [2.0], "p_value": [0.04]})
    genes = pd.DataFrame({"gene": ["A"], "log2_fold_change": [1.0], "statistic": [1.0], "p_value": [0.1], "q_value": [0.1]})
    for figure, label, title in (
        (plot.plot_effects(ranking), "predicted log2 fold change", "(+) builds bone"),
        (plot.plot_signature(genes), "log2 fold change", "0 of 1 genes"),
        (plot.plot_regulators(best), "statistic", "upstream regulators, best first"),
        (plot.plot_enrichment(sets), "normalised enrichment score", "gene sets"),
    ):
        assert figure.axes[0].get_xlabel().startswith(label)
        assert title in figure.axes[0].get_title()
    assert plot.plot_signature(genes).axes[0].get_ylabel() == "−log10 p"


def test_selectivity_puts_each_share_in_its_cell_and_tells_measured_from_predicted():
    drug = Drug("own", (Target("JAK1", 10.0), Target("IL6ST", 50.0, receptor=True, signal="IL6 > pSTAT3")))
    table = drug.selectivity(["50 nM", "5 nM"])
    axes = plot.selectivity(table)
    rows = [label.get_text() for label in axes.get_yticklabels()]
    columns = [label.get_text() for label in axes.get_xticklabels()]
    assert rows == ["own 50 nM", "own 5 nM"] and len(columns) == table["receptor"].nunique()
    cells = {text.get_position(): text for text in axes.texts}
    gp130, epo = columns.index("gp130, 6 cytokines (JAK1)"), columns.index("EPO (JAK2)")
    assert cells[gp130, 0].get_text() == "50%" and cells[gp130, 0].get_fontweight() == "bold"
    assert cells[epo, 0].get_text() == "?" and cells[epo, 0].get_fontstyle() == "italic"
    # What is blocked most stands first.
    shares = [float(cells[place, 0].get_text().rstrip("%")) for place in range(len(columns)) if cells[place, 0].get_text() != "?"]
    assert shares[0] == max(shares)
    given = Figure().subplots()
    assert plot.selectivity(table, ax=given) is given
    with pytest.raises(InputError, match="lacks"):
        plot.selectivity(table.drop(columns="basis"))


def test_reliability_shows_what_was_seen_the_band_and_how_many():
    bins = {
        "n": [30, 0, 12],
        "p_mean": [0.55, np.nan, 0.83],
        "accuracy": [0.5, np.nan, 0.9],
        "low": [0.3, np.nan, 0.7],
        "high": [0.7, np.nan, 1.0],
    }
    table = pd.DataFrame(bins | {"band_low": [0.4, np.nan, 0.7], "band_high": [0.7, np.nan, 0.95]})
    axes = plot.reliability(table)
    (points,) = [line for line in axes.lines if line.get_marker() == "o"]
    assert points.get_xdata().tolist() == [0.55, 0.83] and points.get_ydata().tolist() == [0.5, 0.9]
    assert [text.get_text() for text in axes.texts] == ["30", "12"]
    (band,) = axes.collections[:1]
    assert {(0.55, 0.4), (0.83, 0.95)} <= {tuple(corner) for corner in band.get_paths()[0].vertices.round(2)}
    assert axes.get_ylim()[0] < 0.3
    with pytest.raises(InputError, match="lacks rows"):
        plot.reliability(table.assign(n=0))
    with pytest.raises(InputError, match="lacks band_low"):
        plot.reliability(table.drop(columns="band_low"))
