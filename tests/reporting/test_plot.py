"""Figures show what the result says: values where they belong, directions in shape and colour, one error for what cannot be drawn."""

from __future__ import annotations

import re
from io import BytesIO
from types import SimpleNamespace

import matplotlib.colors as colors
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.text import Text

import jaknet as jn
from jaknet.errors import InputError, UnknownNameError
from jaknet.network.network import Network
from jaknet.reporting import plot
from jaknet.reporting.plot.canvas import DOWN, PALE, SERIES, UP
from jaknet.simulation.drugs import Drug, Target

EDGES = pd.DataFrame(
    {
        "source": ["OSM", "JAK1", "STAT3", "STAT3", "SOCS3"],
        "target": ["JAK1", "STAT3", "SOST", "SOCS3", "JAK1"],
        "sign": [1, 1, -1, 1, -1],
        "layer": ["signaling", "signaling", "transcription", "transcription", "signaling"],
        "tier": "A",
        "canonical": 1,
    }
)


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


@pytest.fixture(scope="module")
def response() -> jn.Response:
    return jn.perturb(Network(EDGES), jn.inhibit("JAK1", 0.9), background=jn.activate("OSM"), members=20)


@pytest.fixture(scope="module")
def simulated() -> SimpleNamespace:
    example = jn.load_example("simulated")
    signature = jn.contrast(example.expression, **example.contrast)
    response = jn.perturb("osteoblast", "tofacitinib 300 nM", "inflammatory", members=20)
    return SimpleNamespace(signature=signature, response=response, ranking=jn.rank(response, signature, nulls=0))


def _labels(axes) -> list[str]:
    return [label.get_text() for label in axes.get_yticklabels()]


def _texts(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def _is(color: object, name: str) -> bool:
    return np.allclose(colors.to_rgb(color), colors.to_rgb(name))


def _marks(axes) -> dict[tuple[float, float], tuple[str, str, str]]:
    """Return marker, colour and face of every point."""
    lines = [line for line in axes.lines if line.get_marker() != "None"]
    return {
        (float(x), float(y)): (line.get_marker(), line.get_color(), line.get_markerfacecolor())
        for line in lines
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    }


# --- effects --------------------------------------------------------------------------------------
def test_effects_show_the_osteoanabolic_genes_best_on_top(ranking):
    axes = plot.effects(ranking)
    assert _labels(axes) == ["G5 (+)", "G4 (+)", "G3 (−)", "G2 (+)", "G1 (−)", "G0 (+)"]
    points = {y: x for x, y in _marks(axes)}
    assert [points[height] for height in range(6)] == pytest.approx(ranking["predicted"][5::-1].tolist())
    assert _texts(axes)[:6] == [f"{p:.2f}" for p in ranking["p_direction"][5::-1]]


@pytest.mark.parametrize("marked", [4, 5])
def test_five_osteoanabolic_genes_are_enough_to_stand_alone(ranking, marked):
    ranking["polarity"] = [1] * marked + [0] * (12 - marked)
    assert len(_labels(plot.effects(ranking))) == (5 if marked == 5 else 12)


def test_directions_differ_in_shape_as_well_as_in_colour(ranking):
    marks = _marks(plot.effects(ranking.assign(polarity=0)))
    rows = ranking.iloc[::-1].reset_index(drop=True)
    wanted = {"up": ("^", UP, UP), "down": ("v", DOWN, DOWN), "none": ("o", PALE, PALE), "unsure": ("o", PALE, "white")}
    assert set(rows["direction"]) == set(wanted)
    for height, row in rows.iterrows():
        marker, color, face = marks[row["predicted"], float(height)]
        assert marker == wanted[row["direction"]][0]
        assert _is(color, wanted[row["direction"]][1]) and _is(face, wanted[row["direction"]][2])


def test_intervals_run_from_low_to_high(ranking):
    axes = plot.effects(ranking)
    ends = {tuple(np.ravel(segment).round(6)) for lines in axes.collections for segment in lines.get_segments()}
    shown = ranking.iloc[5::-1]
    wanted = zip(shown["predicted_low"], range(6), shown["predicted_high"], range(6), strict=True)
    assert ends == {tuple(np.round(one, 6)) for one in wanted}


def test_effects_without_a_prediction_are_left_out_and_the_best_ranks_shown(ranking):
    ranking.loc[0, "predicted"] = np.nan
    axes = plot.effects(ranking.assign(polarity=0).sample(frac=1, random_state=0), top=3)
    assert _labels(axes) == ["G3", "G2", "G1"]


def test_effects_of_a_response_are_those_of_its_transcripts(response):
    axes = response.plot()
    table = response.transcripts().set_index("gene")
    # The largest on top; SOST opposes bone formation, SOCS3 does neither.
    order = table["effect"].abs().sort_values().index
    assert [label.split(" ")[0] for label in _labels(axes)] == list(order)
    assert "SOST (−)" in _labels(axes) and "SOCS3" in _labels(axes)
    assert sorted(x for x, _ in _marks(axes)) == sorted(table["effect"])
    assert axes.get_title(loc="left").startswith(f"{response.label} in the resting state")


# --- heat map and concordance ---------------------------------------------------------------------
def _screen() -> pd.DataFrame:
    rows = {"node": list("ABAB"), "drug": list("ddee"), "dose": "1 nM", "context": "x", "measure": "transcript"}
    return pd.DataFrame(rows | {"effect": [-3.0, 1.0, 1.0, np.nan], "direction": ["down", "up", "unsure", ""]})


def test_heatmap_is_symmetric_about_zero_sorted_by_mean_and_names_what_differs():
    axes = plot.heatmap(_screen())
    (image,) = axes.images
    assert [label.get_text() for label in axes.get_xticklabels()] == ["d", "e"]
    assert _labels(axes) == ["B", "A"]
    assert image.get_array().filled(np.nan).tolist()[1] == [-3.0, 1.0] and image.get_clim() == (-3.0, 3.0)
    assert {text.get_position(): text.get_text() for text in axes.texts} == {(0, 0): "+", (1, 0): "", (0, 1): "−", (1, 1): "?"}


def test_heatmap_of_nothing_but_zeros_has_a_scale():
    assert plot.heatmap(_screen().assign(effect=0.0)).images[0].get_clim() == (-1.0, 1.0)


def test_heatmap_keeps_the_genes_that_move_most():
    assert _labels(plot.heatmap(_screen(), top=1)) == ["A"]


def test_heatmap_takes_named_predictions(response):
    axes = plot.heatmap({"one": response, "two": response})
    assert [label.get_text() for label in axes.get_xticklabels()] == ["one", "two"]
    with pytest.raises(InputError, match="a name of its own"):
        plot.heatmap([response, response])
    with pytest.raises(InputError, match="several rows of one gene"):
        plot.heatmap(pd.concat([_screen(), _screen()]))
    with pytest.raises(InputError, match="nothing to draw"):
        plot.heatmap({})


def test_concordance_puts_each_gene_where_both_numbers_say(simulated):
    axes = plot.concordance(simulated.ranking, label=3)
    table = simulated.ranking.to_frame()
    shown = table[table["agreement"] != ""]
    marks = _marks(axes)
    assert len(shown) > 20 and len(marks) == len(shown)
    for row in shown.itertuples():
        assert marks[row.predicted, row.observed][0] == {"agrees": "o", "disagrees": "X", "unclear": "."}[row.agreement]
    surest = shown[shown["agreement"] != "unclear"].sort_values(["observed_q_value", "gene"]).head(3)
    assert _texts(axes) == surest["gene"].tolist()


def test_concordance_of_a_comparison_counts_both_sides(simulated):
    comparison = jn.compare(simulated.signature, simulated.response)
    axes = comparison.plot(label=5)
    largest = comparison.genes.reindex(comparison.genes["statistic"].abs().sort_values(ascending=False).index).head(5)
    assert [label.split(" ")[0] for label in _labels(axes)] == largest["gene"].tolist()[::-1]
    told = " ".join(text.get_text() for text in axes.get_legend().get_texts())
    hits = int(comparison.genes["agrees"].sum())
    assert f"as predicted ({hits})" in told and f"against the prediction ({len(comparison.genes) - hits})" in told


def test_concordance_needs_data(simulated):
    with pytest.raises(InputError, match="give rank\\(\\) a signature"):
        plot.concordance(jn.rank(simulated.response, nulls=0))
    with pytest.raises(InputError, match="cannot draw a DataFrame"):
        plot.concordance(simulated.ranking.to_frame())


# --- data -----------------------------------------------------------------------------------------
def test_volcano_points_are_where_the_numbers_say_and_told_apart_by_shape():
    table = pd.DataFrame({"gene": list("ABCD"), "log2_fold_change": [1.0, -2.0, 0.1, np.nan], "statistic": [5, -9, 0.2, 1.0]})
    axes = plot.volcano(table.assign(p_value=[1e-4, 0.0, 0.8, 0.1], q_value=[0.05, 1e-8, 0.9, 0.2]))
    pale, up, down = axes.collections
    for dots, color, x, y in ((pale, PALE, 0.1, -np.log10(0.8)), (up, UP, 1.0, 4.0), (down, DOWN, -2.0, 300.0)):
        assert dots.get_offsets().tolist() == [pytest.approx([x, y])]
        assert _is(dots.get_facecolor()[0][:3], color)
    assert len({dots.get_paths()[0].vertices.tobytes() for dots in (pale, up, down)}) == 3
    assert _texts(axes) == ["B", "A", "C"]
    assert axes.get_ylabel() == "−log10 p-value (1 beyond 300 are drawn there)"
    assert axes.get_title(loc="left") == "2 of 3 genes with q ≤ .05"


def test_a_signature_without_p_values_has_no_volcano():
    table = pd.DataFrame({"gene": ["A"], "log2_fold_change": [1.0], "statistic": [1.0], "p_value": [np.nan], "q_value": [np.nan]})
    with pytest.raises(InputError, match="with p-values"):
        plot.volcano(table)


def test_labels_of_a_volcano_do_not_collide(simulated):
    axes = simulated.signature.plot(label=20)
    axes.figure.draw_without_rendering()
    # Of the label itself, without its line.
    boxes = [Text.get_window_extent(text) for text in axes.texts]
    clashes = [(one, other) for place, one in enumerate(boxes) for other in boxes[:place] if one.overlaps(other)]
    assert len(boxes) == 20 and clashes == []
    frame = axes.get_window_extent()
    assert all(frame.x0 - 1 <= box.x0 and box.x1 <= frame.x1 + 1 for box in boxes)


def test_regulators_stand_in_order_filled_where_clear():
    table = pd.DataFrame({"regulator": ["Z" * 41, "B", "A"], "n_targets": [7, 8, 9], "statistic": [1.0, 2.0, -3.0]})
    table = table.assign(p_value=[0.2, 0.01, 0.01], q_value=[0.3, 0.06, 0.05])
    axes = plot.regulators(table)
    assert _labels(axes) == ["A", "B", "Z" * 39 + "…"]
    assert axes.get_yticks().tolist() == [2, 1, 0]
    marks = _marks(axes)
    assert {place: mark[0] for place, mark in marks.items()} == {(-3.0, 2.0): "v", (2.0, 1.0): "^", (1.0, 0.0): "^"}
    assert _is(marks[-3.0, 2.0][2], DOWN) and _is(marks[2.0, 1.0][2], "white")
    assert _texts(axes)[:3] == ["9", "8", "7"]
    assert _labels(plot.regulators(table, top=1)) == ["A"]


def test_enrichment_shows_the_smallest_p_and_skips_what_has_no_score():
    table = pd.DataFrame({"term": list("abc"), "n_genes": 5, "normalized_score": [1.0, np.nan, -2.0], "direction": ["up", "", "down"]})
    axes = plot.enrichment(table.assign(p_value=[0.2, 0.001, 0.1], q_value=0.2))
    assert _labels(axes) == ["c", "a"]
    assert set(_marks(axes)) == {(-2.0, 1.0), (1.0, 0.0)}
    selected = plot.enrichment(table.assign(p_value=0.1, q_value=0.2, direction="selected"))
    assert selected.get_xlabel() == "selected genes over those expected"


def test_the_running_sum_peaks_at_the_score_of_the_table():
    rng = np.random.default_rng(1)
    ranked = pd.Series(rng.normal(size=300), [f"G{i}" for i in range(300)])
    sets = {"UP": ranked.nlargest(40).index[::2].tolist() + ["G0", "G1"], "DOWN": ranked.nsmallest(30).index[::3].tolist()}
    result = jn.enrich(ranked, sets)
    for row in result.to_frame().itertuples():
        axes = plot.running_score(result, row.term)
        walk = axes.lines[0].get_ydata()
        assert walk[np.abs(walk).argmax()] == pytest.approx(row.score)
        assert walk[0] == 0.0 and walk[-1] == pytest.approx(0.0, abs=1e-12)
        ticks = sorted(segment[0][0] - 1 for segment in axes.collections[0].get_segments())
        order = ranked.sort_values(ascending=False).index
        assert ticks == sorted(order.get_loc(gene) for gene in set(sets[row.term]))
    with pytest.raises(UnknownNameError, match="UPP"):
        plot.running_score(result, "UPP")
    selected = jn.enrich(list(ranked.index[:30]), {"SET": list(ranked.index[:10])}, method="ora", universe=ranked.index)
    with pytest.raises(InputError, match="method='prerank'"):
        plot.running_score(selected, "SET")


def test_quality_names_every_sample_and_crosses_the_flagged():
    table = pd.DataFrame({"sample": ["a", "b", "c"], "pc1": [0.0, 1.0, 2.0], "pc2": [1.0, 0.0, 5.0], "flags": ["", "outlier", ""]})
    axes = plot.quality(table)
    assert sorted(_texts(axes)) == ["a", "b (outlier)", "c"]
    assert {place: mark[0] for place, mark in _marks(axes).items()} == {(0.0, 1.0): "o", (1.0, 0.0): "X", (2.0, 5.0): "o"}


# --- scans ----------------------------------------------------------------------------------------
def _doses(nodes: int = 3, **columns: object) -> pd.DataFrame:
    rows = [
        {"drug": "d", "context": "x", "concentration_nM": dose, "node": f"N{n}", "measure": "transcript", "effect": n * dose / 100}
        for n in range(nodes)
        for dose in (100.0, 1.0, 10.0)
    ]
    table = pd.DataFrame(rows).assign(**columns)
    return table.assign(effect_low=table["effect"] - 0.1, effect_high=table["effect"] + 0.3)


def test_dose_response_draws_medians_in_order_of_dose_with_their_intervals():
    axes = plot.dose_response(_doses(), ["N2", "N1"])
    first, second = axes.lines[:2]
    assert first.get_ydata().tolist() == [0.02, 0.2, 2.0] and second.get_ydata().tolist() == [0.01, 0.1, 1.0]
    assert axes.get_xscale() == "log"
    assert first.get_xdata() == pytest.approx([1.0, 10.0, 100.0], rel=0.03)
    bars = axes.collections[0].get_segments()
    assert [tuple(bar[:, 1].round(6)) for bar in bars] == [(-0.08, 0.32), (0.1, 0.5), (1.9, 2.3)]
    assert _texts(axes) == ["N2", "N1"]
    looks = {(line.get_color(), line.get_marker(), line.get_linestyle()) for line in axes.lines[:2]}
    assert len({look[0] for look in looks}) == len({look[1] for look in looks}) == 2


def test_as_many_lines_as_can_be_told_apart_are_drawn_by_default():
    axes = plot.dose_response(_doses(nodes=20))
    assert _texts(axes) == [f"N{n}" for n in range(19, 19 - len(SERIES), -1)]
    assert f"the {len(SERIES)} of 20 nodes that change most" in axes.get_title(loc="left")
    two = pd.concat([_doses(6), _doses(6, drug="e")])
    assert _texts(plot.dose_response(two))[:2] == ["N5, d", "N5, e"] and len(_texts(plot.dose_response(two))) == 8
    assert _texts(plot.dose_response(two, "N3")) == ["d", "e"]


def test_what_a_scan_cannot_show_is_said():
    with pytest.raises(InputError, match="9 lines are more than the 8"):
        plot.dose_response(_doses(9), [f"N{n}" for n in range(9)])
    with pytest.raises(UnknownNameError, match="N9"):
        plot.dose_response(_doses(), ["N9"])
    with pytest.raises(InputError, match="choose transcript or activity"):
        plot.dose_response(_doses(), measure="protein")
    with pytest.raises(InputError, match="the others are of transcript"):
        plot.dose_response(_doses(), measure="activity")
    with pytest.raises(InputError, match="a dose of 0 has no place"):
        plot.dose_response(_doses().assign(concentration_nM=0.0))
    many = pd.concat([_doses(1, drug=f"d{place}") for place in range(9)])
    with pytest.raises(InputError, match="9 conditions are more lines"):
        plot.dose_response(many)


def test_time_course_shows_the_change_of_each_node(response):
    table = jn.time_course(Network(EDGES), jn.activate("OSM"), [0, 1, 4], members=10, progress=False)
    axes = plot.time_course(table, ["STAT3"])
    rows = table[(table["node"] == "STAT3") & (table["measure"] == "activity")]
    assert axes.lines[0].get_xdata().tolist() == [0.0, 1.0, 4.0]
    assert axes.lines[0].get_ydata().tolist() == rows["effect"].tolist()
    assert axes.get_xlabel() == "time since the perturbation (mean time constants)"


# --- networks -------------------------------------------------------------------------------------
def _boxes(axes) -> dict[str, tuple[float, float]]:
    return {text.get_text(): text.get_position() for text in axes.texts}


def test_a_network_is_drawn_in_layers_with_arrows_and_bars():
    axes = Network(EDGES).plot()
    boxes = _boxes(axes)
    assert {name: x for name, (x, _) in boxes.items()} == {"OSM": 0, "JAK1": 1, "STAT3": 2, "SOST": 3, "SOCS3": 3}
    assert len([patch for patch in axes.patches if isinstance(patch, FancyBboxPatch)]) == 5
    assert len([patch for patch in axes.patches if isinstance(patch, PathPatch)]) == 5
    ends = sorted(line.get_marker() for line in axes.lines)
    # Two activations and one inhibition to the right, one activation more, and the feedback, a bar at the right side of JAK1.
    assert ends == [">", ">", ">", "|", "|"]
    bars = sorted(float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() == "|")
    assert 1 < bars[0] < 1.5 and 2.5 < bars[1] < 3


def test_boxes_of_a_network_do_not_cover_each_other():
    net = jn.load_network("osteoblast")
    axes = plot.network(net.subnetwork(sources=["JAK1"], targets=["SOST"], max_depth=5).subnetwork(tiers=["A"]))
    boxes = [patch.get_bbox() for patch in axes.patches if isinstance(patch, FancyBboxPatch)]
    assert len(boxes) > 5
    assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])


def test_nodes_of_a_response_carry_their_direction(response):
    moved = response.to_frame().set_index("node")["direction"]
    shown = {"up": " ▲", "down": " ▼", "none": "", "unsure": " ?"}
    assert set(_boxes(plot.network(response))) == {name + shown[direction] for name, direction in moved.items()}
    bold = [text.get_text().split(" ")[0] for text in plot.network(response).texts if text.get_fontweight() == "bold"]
    assert bold == ["JAK1"]


def test_a_route_leads_from_the_drug_to_the_gene(response):
    axes = plot.route(response, "SOST")
    names = sorted(_boxes(axes).items(), key=lambda item: item[1])
    assert [name for name, _ in names] == ["JAK1 ▼", "STAT3 ▼", "SOST ▲"]
    assert [line.get_marker() for line in axes.lines] == [">", "|"]
    both = plot.route(response, ["SOST", "SOCS3"])
    assert {"SOST ▲", "SOCS3 ▼"} <= set(_boxes(both))


def test_what_has_no_route_is_said(response):
    with pytest.raises(UnknownNameError, match="NOGENE"):
        plot.route(response, "NOGENE")
    with pytest.raises(InputError, match="explains no transcript of STAT3"):
        plot.route(response, "STAT3")
    still = jn.perturb(Network(EDGES), jn.inhibit("SOST", 0.9), members=10)
    with pytest.raises(InputError, match="does not move SOST"):
        plot.route(still, "SOST")
    with pytest.raises(InputError, match="no gene given"):
        plot.route(response, [])


def test_a_network_too_large_to_read_is_refused_with_the_remedy():
    net = jn.load_network("osteoblast")
    with pytest.raises(InputError, match=re.escape(f"cannot draw {net.n_nodes} nodes, only 1 to 60; name some with nodes=")):
        plot.network(net)
    with pytest.raises(InputError, match="cannot draw a str"):
        plot.network("osteoblast")


# --- all of them ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "draw", [plot.effects, plot.volcano, plot.regulators, plot.enrichment, plot.heatmap, plot.dose_response, plot.time_course]
)
def test_nothing_to_draw_is_said(draw):
    with pytest.raises(InputError, match=r"nothing to draw: the table lacks columns .*; give "):
        draw(pd.DataFrame({"other": [1]}))


@pytest.mark.parametrize("draw", [plot.effects, plot.volcano, plot.regulators, plot.enrichment, plot.quality, plot.reliability])
def test_what_is_no_result_is_refused(draw):
    with pytest.raises(InputError, match="cannot draw a list; give"):
        draw([1, 2])


def test_lacking_columns_and_rows_are_named(ranking):
    with pytest.raises(InputError, match="lacks columns predicted_low, p_direction"):
        plot.effects(ranking.drop(columns=["p_direction", "predicted_low"]))
    with pytest.raises(InputError, match="lacks rows"):
        plot.effects(ranking.iloc[:0])


def test_drawing_changes_no_table_and_leaves_no_global_figure(ranking):
    import matplotlib.pyplot as plt

    kept, before = ranking.copy(), plt.get_fignums()
    plot.effects(ranking)
    pd.testing.assert_frame_equal(ranking, kept)
    assert plt.get_fignums() == before


def test_every_figure_draws_on_the_axes_given(ranking, response, simulated):
    draws = {
        "effects": lambda ax: plot.effects(ranking, ax=ax),
        "heatmap": lambda ax: plot.heatmap(_screen(), ax=ax),
        "concordance": lambda ax: plot.concordance(simulated.ranking, ax=ax),
        "volcano": lambda ax: simulated.signature.plot(ax=ax),
        "dose_response": lambda ax: plot.dose_response(_doses(), ax=ax),
        "route": lambda ax: plot.route(response, "SOST", ax=ax),
        "network": lambda ax: plot.network(response, ax=ax),
    }
    for name, draw in draws.items():
        given = Figure(layout="constrained").subplots(1, 2)[1]
        assert draw(given) is given, name


def test_the_same_input_gives_the_same_bytes(ranking, response, simulated):
    for draw in (lambda: plot.effects(ranking), lambda: plot.network(response), lambda: simulated.signature.plot()):
        drawn = []
        for _ in range(2):
            drawn.append(BytesIO())
            draw().figure.savefig(drawn[-1], format="png", dpi=60)
        assert drawn[0].getvalue() == drawn[1].getvalue()


# --- drugs and trust ------------------------------------------------------------------------------
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
    with pytest.raises(InputError, match="lacks columns band_low"):
        plot.reliability(table.drop(columns="band_low"))
