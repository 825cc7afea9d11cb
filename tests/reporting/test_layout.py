"""Labels keep apart, layers follow the edges, the running sum is that of GSEA."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from jaknet.reporting.plot._layout import layer_nodes, order_layers, place_labels, running_sum, spread

NUMBERS = st.lists(st.floats(-50, 50), min_size=1, max_size=12)


@given(NUMBERS, st.floats(0.1, 10))
def test_spread_keeps_order_and_room(values, room):
    found = spread(np.array(values), room)
    order = np.argsort(values, kind="stable")
    assert (np.diff(found[order]) >= room - 1e-9).all()
    assert found.mean() == pytest.approx(np.mean(values), abs=1e-9)


def test_what_has_room_stays():
    assert spread(np.array([3.0, 0.0, 10.0]), 2.0).tolist() == [3.0, 0.0, 10.0]


def test_each_gets_the_room_it_needs():
    assert spread(np.array([0.0, 0.0]), np.array([1.0, 3.0])).tolist() == [-1.0, 1.0]


@given(st.lists(st.tuples(st.floats(20, 180), st.floats(20, 180)), min_size=1, max_size=12, unique=True))
def test_labels_stay_inside_and_apart(points):
    sizes = np.full((len(points), 2), (20.0, 8.0))
    centres = place_labels(np.array(points), sizes, (200.0, 200.0), np.empty((0, 2)))
    assert (centres >= sizes / 2 - 1e-9).all() and (centres <= 200 - sizes / 2 + 1e-9).all()
    apart = np.abs(centres[:, None] - centres[None])
    clash = (apart < np.array([20.0, 8.0]) - 1e-9).all(axis=2)
    assert not (clash & ~np.eye(len(points), dtype=bool)).any()


def test_labels_avoid_other_points():
    crowd = np.array([[x, y] for x in range(52, 90, 2) for y in range(42, 70, 2)], float)
    (centre,) = place_labels(np.array([[50.0, 50.0]]), np.array([[20.0, 8.0]]), (100.0, 100.0), crowd)
    assert centre[0] < 50


def test_a_chain_has_one_layer_a_node():
    assert layer_nodes(4, [(2, 1), (1, 0), (0, 3)], []).tolist() == [2, 1, 0, 3]


def test_a_node_stands_after_its_last_regulator():
    assert layer_nodes(4, [(0, 1), (1, 2), (0, 2), (2, 3)], []).tolist() == [0, 1, 2, 3]


def test_loops_are_cut_where_they_return_to_the_root():
    edges = [(0, 1), (1, 2), (2, 0), (1, 1)]
    assert layer_nodes(3, edges, []).tolist() == [0, 1, 2]
    assert layer_nodes(3, edges, [1]).tolist() == [2, 0, 1]


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=25))
def test_every_edge_joins_different_layers(edges):
    layers = layer_nodes(8, edges, [])
    assert all(layers[source] != layers[target] for source, target in edges if source != target)


def test_layers_are_ordered_so_that_parallel_edges_do_not_cross():
    layers = np.array([0, 0, 1, 1])
    heights = order_layers(layers, [(0, 3), (1, 2)], np.ones(4))
    assert (heights[0] > heights[1]) == (heights[3] > heights[2])
    assert abs(heights[0] - heights[1]) >= 1 and heights.max() == -heights.min()


def test_the_running_sum_counts_values_and_ends_at_zero():
    walk = running_sum(np.array([4.0, 2.0, -1.0, -3.0]), np.array([True, False, False, True]))
    assert walk == pytest.approx([0.0, 4 / 7, 4 / 7 - 1 / 2, 4 / 7 - 1, 0.0])


def test_a_set_without_any_value_counts_each_gene_once():
    walk = running_sum(np.array([2.0, 0.0, 0.0]), np.array([False, True, True]))
    assert walk.tolist() == [0.0, -1.0, -0.5, 0.0]
