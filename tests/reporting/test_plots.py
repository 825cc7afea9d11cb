"""Figures show what the table says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jaknet.errors import InputError
from jaknet.reporting import plots


@pytest.fixture
def ranking() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    effect = rng.normal(size=12)
    return pd.DataFrame(
        {
            "gene": [f"G{i}" for i in range(12)],
            "polarity": [1, -1, 1, -1, 1, 1, 0, 0, 0, 0, 0, 0],
            "predicted_effect": effect,
            "effect_low": effect - 0.2,
            "effect_high": effect + 0.2,
            "p_direction": np.linspace(1, 0.5, 12),
            "rank": np.arange(1, 13),
        }
    )


def _labels(figure) -> list[str]:
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def test_effects_show_the_osteoanabolic_genes_best_on_top(ranking):
    figure = plots.plot_effects(ranking)
    assert _labels(figure) == ["G5 (+)", "G4 (+)", "G3 (−)", "G2 (+)", "G1 (−)", "G0 (+)"]
    points = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert [line.get_xdata()[0] for line in points] == pytest.approx(ranking["predicted_effect"][5::-1].tolist())


def test_effects_fall_back_to_all_genes(ranking):
    assert len(_labels(plots.plot_effects(ranking.assign(polarity=0), top=7))) == 7


def test_signature_names_the_strongest():
    table = pd.DataFrame({"gene": ["A", "B", "C"], "log2_fold_change": [1, -2, 0.1], "statistic": [5, -9, 0.2]})
    figure = plots.plot_signature(table.assign(p_value=[1e-4, 1e-9, 0.8], q_value=[1e-3, 1e-8, 0.9]), label=1)
    assert [text.get_text() for text in figure.axes[0].texts] == ["B"]
    assert "2 of 3" in figure.axes[0].get_title()


def test_regulators_are_ordered_by_p():
    table = pd.DataFrame({"regulator": ["X", "Y"], "statistic": [2.0, -4.0], "p_value": [0.04, 1e-4]})
    figure = plots.plot_regulators(table)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["Y", "X"]
    assert [bar.get_width() for bar in figure.axes[0].patches] == [-4.0, 2.0]


def test_heatmap_places_values_by_arm():
    table = pd.DataFrame({"gene": ["A", "A", "B", "B"], "drug": ["d", "e", "d", "e"], "effect": [1.0, 2.0, -1.0, -2.0]})
    figure = plots.plot_drug_heatmap(table, value="effect")
    assert figure.axes[0].images[0].get_array().tolist() == [[1.0, 2.0], [-1.0, -2.0]]


@pytest.mark.parametrize("draw", [plots.plot_effects, plots.plot_signature, plots.plot_regulators, plots.plot_enrichment])
def test_nothing_to_draw_is_said(draw):
    with pytest.raises(InputError, match="nothing to draw"):
        draw(pd.DataFrame({"other": [1]}))
