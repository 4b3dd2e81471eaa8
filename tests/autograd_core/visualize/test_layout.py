"""The built-in layout: nothing overlaps, everything runs downward, the same input the same way."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core.visualize.layers import ranks
from autograd_core.visualize.layout import MARGIN, Placement, layered
from autograd_core.visualize.ordering import crossings, reduce_crossings

Sizes = list[tuple[float, float]]
Edges = list[tuple[int, int]]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Sizes, Edges]:
    """Boxes of all sizes, with edges from lower to higher numbers, some of them doubled."""
    count = draw(st.integers(1, 25))
    side = st.floats(20, 300)
    sizes = draw(st.lists(st.tuples(side, side), min_size=count, max_size=count))
    numbers = st.integers(0, count - 1)
    pairs = draw(st.lists(st.tuples(numbers, numbers), max_size=60))
    return sizes, [(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]]


def check(sizes: Sizes, edges: Edges, placed: Placement) -> None:
    """No two boxes touch, all lie within the drawing, edges join their boxes and run downward."""
    boxes = sorted(
        (y, x, x + w, y + h) for (x, y), (w, h) in zip(placed.corners, sizes, strict=True)
    )
    open_boxes: list[tuple[float, float, float, float]] = []
    for box in boxes:
        open_boxes = [other for other in open_boxes if other[3] > box[0]]
        for other in open_boxes:
            assert other[2] + 1 < box[1] or box[2] + 1 < other[1], "two boxes overlap"
        open_boxes.append(box)
        assert box[0] >= MARGIN - 1e-6
        assert box[1] >= MARGIN - 1e-6
        assert box[2] <= placed.width + 1e-6
        assert box[3] <= placed.height + 1e-6
    for (tail, head), curve in zip(edges, placed.curves, strict=True):
        assert len(curve) % 3 == 1
        assert all(below[1] >= above[1] - 1e-6 for above, below in pairwise(curve))
        for box, (x, y), edge_y in ((tail, curve[0], sizes[tail][1]), (head, curve[-1], 0.0)):
            left, top = placed.corners[box]
            assert left <= x <= left + sizes[box][0]
            assert y == pytest.approx(top + edge_y, abs=0.01)


@given(graphs())
def test_boxes_never_overlap_and_edges_run_down(graph: tuple[Sizes, Edges]) -> None:
    """On any graph no two boxes overlap, and every edge runs from its tail down to its head."""
    sizes, edges = graph
    check(sizes, edges, layered(sizes, edges))


@given(graphs())
def test_layout_is_deterministic(graph: tuple[Sizes, Edges]) -> None:
    """The same graph is placed in the same way again."""
    assert layered(*graph) == layered(*graph)


@given(graphs())
def test_every_input_is_in_a_layer_above(graph: tuple[Sizes, Edges]) -> None:
    """Layers respect every edge, also after boxes have sunk towards their users."""
    sizes, edges = graph
    rank = ranks(len(sizes), edges)
    assert all(rank[tail] < rank[head] for tail, head in edges)
    assert min(rank) >= 0


def test_chain_of_two_thousand_is_a_straight_column() -> None:
    """A chain of 2,000 boxes is one column, and does not recurse."""
    sizes = [(100.0 + i % 7, 40.0) for i in range(2000)]
    edges = [(i, i + 1) for i in range(1999)]
    placed = layered(sizes, edges)
    check(sizes, edges, placed)
    middles = {round(x + w / 2, 6) for (x, _), (w, _) in zip(placed.corners, sizes, strict=True)}
    assert len(middles) == 1
    assert all(len(curve) == 4 for curve in placed.curves)


def test_wide_graph() -> None:
    """A thousand inputs of one box stand side by side."""
    sizes = [(80.0, 40.0)] * 1001
    edges = [(i, 1000) for i in range(1000)]
    placed = layered(sizes, edges)
    check(sizes, edges, placed)
    assert len({y for _, y in placed.corners[:1000]}) == 1


def test_random_graph_of_two_thousand() -> None:
    """2,000 boxes with long edges in all directions are placed without an overlap."""
    rng = random.Random(0)
    sizes = [(rng.uniform(60, 250), rng.uniform(24, 70)) for _ in range(2000)]
    edges = [
        (rng.randrange(max(0, head - 300), head), head) for head in range(1, 2000) for _ in (0, 1)
    ]
    check(sizes, edges, layered(sizes, edges))


def test_a_parameter_used_in_every_step_costs_one_trunk() -> None:
    """A box with a thousand users, one a layer, leaves the chain of them straight."""
    steps = 1000
    sizes = [(100.0, 40.0)] * (steps + 1)
    edges = [(0, i) for i in range(1, steps + 1)] + [(i, i + 1) for i in range(1, steps)]
    placed = layered(sizes, edges)
    check(sizes, edges, placed)
    assert placed.width < 600
    assert sum(len(curve) for curve in placed.curves) < 20 * steps


def test_layers_of_a_network_are_one_column() -> None:
    """Operations in a row are aligned; the parameters beside them do not push them aside."""
    # x, then three times (weight, matmul).
    edges = [(0, 2), (1, 2), (2, 4), (3, 4), (4, 6), (5, 6)]
    placed = layered([(100.0, 40.0)] * 7, edges)
    assert placed.corners[2][0] == placed.corners[4][0] == placed.corners[6][0]
    rank = ranks(7, edges)
    assert [rank[i] for i in (1, 3, 5)] == [0, 1, 2]


def test_skip_connection_goes_around() -> None:
    """A shortcut past a chain crosses none of its boxes."""
    sizes = [(120.0, 50.0)] * 6
    edges = [(i, i + 1) for i in range(5)] + [(0, 5)]
    placed = layered(sizes, edges)
    check(sizes, edges, placed)
    for x, y in placed.curves[-1]:
        for (left, top), (w, h) in list(zip(placed.corners, sizes, strict=True))[1:5]:
            assert not (left < x < left + w and top < y < top + h)


def test_parallel_edges_are_apart() -> None:
    """The two edges of x * x are two lines."""
    placed = layered([(100.0, 40.0)] * 2, [(0, 1), (0, 1)])
    first, second = placed.curves
    assert abs(first[0][0] - second[0][0]) >= 10
    assert abs(first[-1][0] - second[-1][0]) >= 10


def test_crossings_are_counted_and_removed() -> None:
    """Two crossed edges are counted as one crossing, and uncrossed."""
    up = [[], [], [1], [0]]
    down = [[3], [2], [], []]
    layers = [[0, 1], [2, 3]]
    assert crossings(layers, down) == 1
    assert crossings(reduce_crossings(layers, up, down), down) == 0


@given(graphs())
def test_crossings_agree_with_counting_pairs(graph: tuple[Sizes, Edges]) -> None:
    """The fast count equals the number of pairs of edges that cross, pair by pair."""
    sizes, edges = graph
    half = (len(sizes) + 1) // 2
    between = [(a, b) for a, b in edges if a < half <= b]
    down: list[list[int]] = [[] for _ in sizes]
    for a, b in between:
        down[a].append(b)
    pairs = sum((a - c) * (b - d) < 0 for i, (a, b) in enumerate(between) for c, d in between[:i])
    assert crossings([list(range(half)), list(range(half, len(sizes)))], down) == pairs


@pytest.mark.parametrize("steps", [10, 100])
def test_a_trunk_is_straight(steps: int) -> None:
    """A parameter that each step reads runs straight past them: the width is that of one step."""
    # Box 0 is the parameter; each step has a factor of it, and a sum with the step before.
    edges = [(0, 1)]
    for step in range(steps):
        last, factor, total = 2 * step + 1, 2 * step + 2, 2 * step + 3
        edges += [(0, factor), (last, total), (factor, total)]
    sizes = [(100.0, 40.0)] * (2 * steps + 2)
    placed = layered(sizes, edges)
    check(sizes, edges, placed)
    assert placed.width < 5 * 100
    assert len(placed.curves[edges.index((0, 2 * steps))]) <= 10  # aside, down, and in


def test_cycle_is_refused() -> None:
    """A cycle, which no computation has, is an error and not an endless loop."""
    with pytest.raises(ValueError, match="cycle"):
        layered([(10.0, 10.0)] * 2, [(0, 1), (1, 0)])


def test_empty_and_single() -> None:
    """No box and one box have their place too."""
    assert layered([], []).corners == []
    assert layered([(50.0, 20.0)], []).corners == [(MARGIN, MARGIN)]
