"""Clusters within clusters: nothing overlaps, frames hold what is theirs, edges are whole."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core.visualize.folding import prepared
from autograd_core.visualize.graphviz_layout import has_dot, has_pygraphviz
from autograd_core.visualize.layout import Placement
from autograd_core.visualize.measure import size_of
from autograd_core.visualize.nesting import chains_of, in_cycles, levels_in
from autograd_core.visualize.picture import Box, Cluster, Edge, Line, Picture
from autograd_core.visualize.writers import placed

ENGINES = [
    "builtin",
    pytest.param("dot", marks=pytest.mark.skipif(not has_dot(), reason="no dot")),
    pytest.param("pygraphviz", marks=pytest.mark.skipif(not has_pygraphviz(), reason="no library")),
]


@st.composite
def nested_pictures(draw: st.DrawFn) -> Picture:
    """Boxes in clusters that are intervals of their order, so that no level has a cycle."""
    count = draw(st.integers(1, 18))
    clusters: list[Cluster] = []
    homes = [""] * count
    spans = [("", 0, count)]
    for i in range(draw(st.integers(0, 5))):
        parent, start, stop = draw(st.sampled_from(spans))
        if stop - start < 2:
            continue
        a = draw(st.integers(start, stop - 1))
        b = draw(st.integers(a + 1, stop))
        if any(homes[k] != parent for k in range(a, b)):
            continue
        clusters.append(Cluster(f"g{i + 1}", "module", "T" * draw(st.integers(1, 40)), "p", parent))
        homes[a:b] = [f"g{i + 1}"] * (b - a)
        spans.append((f"g{i + 1}", a, b))
    boxes = tuple(
        Box(f"n{i + 1}", "operation", "t" * draw(st.integers(1, 20)), "", "(2,)",
            (Line("value", "1" * draw(st.integers(1, 30))),), cluster=homes[i])
        for i in range(count)
    )  # fmt: skip
    number = st.integers(0, count - 1)
    pairs = draw(st.lists(st.tuples(number, number), max_size=40))
    pairs = [(min(p), max(p)) for p in pairs if p[0] != p[1]]
    edges = tuple(Edge(f"e{i}", a, b, i) for i, (a, b) in enumerate(pairs))
    used = {c for chain in chains_of(homes, {c.id: c.parent for c in clusters}) for c in chain}
    return Picture("p", boxes, edges, (), tuple(c for c in clusters if c.id in used))


def check(picture: Picture, placement: Placement) -> None:
    """Boxes and frames are apart or one within the other, as the clusters are."""
    sizes = [size_of(box) for box in picture.boxes]
    parents = {c.id: c.parent for c in picture.clusters}
    chains = chains_of([box.cluster for box in picture.boxes], parents)
    things = [((*corner, *size), chain, f"box {box.id}") for corner, size, chain, box in
              zip(placement.corners, sizes, chains, picture.boxes, strict=True)]  # fmt: skip
    for cluster in picture.clusters:
        (around,) = chains_of([cluster.parent], parents)
        things.append((placement.frames[cluster.id], around, cluster.id))
    for i, (one, around, name) in enumerate(things):
        x, y, w, h = one
        assert x >= -0.1
        assert y >= -0.1
        assert x + w <= placement.width + 0.1
        assert y + h <= placement.height + 0.1
        for cluster in around:
            fx, fy, fw, fh = placement.frames[cluster]
            assert min(x - fx, fx + fw - x - w) >= -0.1, f"{name} leaves {cluster}"
            assert min(y - fy, fy + fh - y - h) >= -0.1, f"{name} leaves {cluster}"
        for (x1, y1, w1, h1), other, called in things[:i]:
            if name in other or called in around:
                continue
            apart = x + w <= x1 + 0.1 or x1 + w1 <= x + 0.1 or y + h <= y1 + 0.1 or y1 + h1 <= y
            assert apart, f"{name} and {called} overlap"
    for edge, curve in zip(picture.edges, placement.curves, strict=True):
        assert len(curve) % 3 == 1
        for box, (px, py) in ((edge.tail, curve[0]), (edge.head, curve[-1])):
            x, y, w, h = things[box][0]
            assert x - 2 <= px <= x + w + 2
            assert y - 2 <= py <= y + h + 2


@given(nested_pictures())
def test_nothing_overlaps_with_clusters(picture: Picture) -> None:
    """On any nested picture boxes and frames are apart, and edges run down from box to box."""
    placement = placed(picture, "builtin")
    check(picture, placement)
    for curve in placement.curves:
        assert all(below[1] >= above[1] - 1e-6 for above, below in pairwise(curve))


@given(nested_pictures())
def test_levels_have_no_cycles(picture: Picture) -> None:
    """What the tests draw has an order at every level, and the layout is deterministic."""
    assert not any(in_cycles(level) for level in levels_in(picture).values())
    assert placed(picture, "builtin") == placed(picture, "builtin")


def chain() -> Picture:
    """Three clusters in a row, of which the second holds one more."""
    clusters = (
        Cluster("g1", "module", "A", "a"),
        Cluster("g2", "module", "B", "b"),
        Cluster("g3", "module", "C", "c", "g2"),
    )
    homes = ["", "g1", "g1", "g2", "g3", "g3", "g2", ""]
    boxes = tuple(
        Box(f"n{i + 1}", "operation", "box" * (i + 1), "", "()", cluster=home)
        for i, home in enumerate(homes)
    )
    edges = tuple(Edge(f"e{i}", i, i + 1, 0) for i in range(7))
    return Picture("chain", boxes, edges, (), clusters)


@pytest.mark.parametrize("engine", ENGINES)
def test_frames_hold_their_boxes_whatever_engine(engine: str) -> None:
    """Each engine places all frames, around their boxes and apart from the others."""
    picture = prepared(chain(), None)
    placement = placed(picture, engine)
    assert set(placement.frames) == {"g1", "g2", "g3"}
    check(picture, placement)


def test_a_chain_through_clusters_is_straight() -> None:
    """The way through nested clusters is one vertical line."""
    placement = placed(chain(), "builtin")
    assert len({round(x, 3) for curve in placement.curves for x, _ in curve}) == 1
