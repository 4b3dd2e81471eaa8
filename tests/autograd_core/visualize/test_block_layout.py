"""Block diagrams as pictures: nothing overlaps, in every engine, and every format has it all."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import GraphView, draw
from autograd_core.visualize import graphviz_layout
from autograd_core.visualize.block_layout import Arranged
from autograd_core.visualize.block_measure import CARD_GAP, block_size, card_size, extents
from autograd_core.visualize.block_paths import beside
from autograd_core.visualize.block_rows import MAX_WIDTH
from autograd_core.visualize.diagram import Diagram
from autograd_core.visualize.graphviz_layout import has_dot, has_pygraphviz
from autograd_core.visualize.writers import rows

SVG = "{http://www.w3.org/2000/svg}"
Rect = tuple[float, float, float, float]
RNG = np.random.default_rng(0)

needs_dot = pytest.mark.skipif(not has_dot(), reason="the program dot is not installed")
needs_pygraphviz = pytest.mark.skipif(not has_pygraphviz(), reason="pygraphviz is not installed")
engines = pytest.mark.parametrize(
    "engine",
    [
        "builtin",
        pytest.param("dot", marks=needs_dot),
        pytest.param("pygraphviz", marks=needs_pygraphviz),
    ],
)


class TwoInputs(nn.Module):
    """Branches, operations, shared weights and an input that goes far."""

    def __init__(self) -> None:
        self.a, self.b = nn.Linear(4, 3, rng=0), nn.Linear(2, 3, rng=1)
        self.both, self.gain = nn.Linear(3, 3, rng=2), nn.Parameter(np.ones(3))

    def forward(self, image: Any, text: Any) -> Any:
        h = self.both(ag.relu(self.a(image))) + self.both(self.b(text)) * self.gain
        return ag.concatenate([ag.tanh(h), image], axis=1)


def row(layers: int) -> nn.Module:
    return nn.Sequential(
        *[part for i in range(layers) for part in (nn.Linear(4, 4, rng=i), nn.Tanh())]
    )


MODELS: dict[str, tuple[Any, tuple[int, ...]]] = {
    "row": (row(2), (4,)),
    "long": (row(9), (4,)),
    "normalized": (
        nn.Sequential(nn.Linear(4, 6), nn.BatchNorm(6), nn.ReLU(), nn.Dropout(0.5, rng=0)),
        (4,),
    ),
    "residual": (
        nn.Sequential(
            *[nn.Residual(nn.LayerNorm(4), nn.Linear(4, 4, rng=i), nn.ReLU()) for i in range(4)]
        ),
        (4,),
    ),
    "parallel": (
        nn.Parallel(
            nn.Linear(4, 2), nn.Sequential(nn.Linear(4, 3), nn.ReLU()), nn.Identity(), nn.Tanh()
        ),
        (4,),
    ),
    "two": (TwoInputs(), (4, 2)),
}
models = pytest.mark.parametrize("name", MODELS)


def view(name: str, engine: str = "builtin", loss: bool = True) -> GraphView:
    model, widths = MODELS[name]
    inputs = [RNG.normal(size=(3, width)) for width in widths]
    options: dict[str, Any] = {}
    if loss:
        shape = model(*inputs).shape
        options = {"loss": nn.SquaredLoss(), "target": np.zeros(shape)}
    return draw(model, *inputs, engine=engine, **options)


def rectangles(diagram: Diagram, placed: Arranged) -> list[tuple[int, Rect]]:
    """Blocks, cards and labels: the vertex, and left, top, right, bottom."""
    found: list[tuple[int, Rect]] = []
    sizes = extents(diagram)
    for i, (x, y) in enumerate(placed.centers):
        if i >= len(diagram.blocks):
            size = sizes[i]
            found.append((i, (x - size.width / 2, y - size.above, x + size.width / 2,
                              y + size.below)))  # fmt: skip
            continue
        block = diagram.blocks[i]
        width, height = block_size(block, len(diagram.inputs_of(i)))
        found.append((i, (x - width / 2, y - height / 2, x + width / 2, y + height / 2)))
        if block.weights:
            wide, tall = card_size(block)
            top = y + height / 2 + CARD_GAP
            found.append((i, (x - wide / 2, top, x + wide / 2, top + tall)))
    return found


@engines
@models
def test_nothing_overlaps(name: str, engine: str) -> None:
    """Neither blocks, nor cards of weights, nor labels; and all lie within the picture."""
    diagram = view(name, engine).picture
    placed = rows(diagram, engine)
    found = rectangles(diagram, placed)
    for i, (_, (l0, t0, r0, b0)) in enumerate(found):
        assert l0 >= 0
        assert t0 >= 0
        assert r0 <= placed.width
        assert b0 <= placed.height
        for _, (l1, t1, r1, b1) in found[:i]:
            assert r0 <= l1 or r1 <= l0 or b0 <= t1 or b1 <= t0


@models
def test_arrows_pass_by_what_they_do_not_touch(name: str) -> None:
    """In the built-in layout no arrow runs through another block, card or label."""
    diagram = view(name).picture
    placed = rows(diagram, "builtin")
    boxes = rectangles(diagram, placed)
    for link, curve in zip(diagram.links, placed.curves, strict=True):
        for aside in (-7.0, 7.0):
            points = beside(curve, aside)[1]
            for (x0, y0), (x1, y1) in pairwise(points):
                for step in range(11):
                    x, y = x0 + (x1 - x0) * step / 10, y0 + (y1 - y0) * step / 10
                    for vertex, (left, top, right, bottom) in boxes:
                        if vertex not in (link.tail, link.head):
                            assert not (left < x < right and top < y < bottom)


@engines
@models
def test_arrows_end_where_they_belong(name: str, engine: str) -> None:
    """Forward links start and end at the sides of their blocks and labels."""
    diagram = view(name, engine).picture
    placed = rows(diagram, engine)
    boxes = dict(reversed(rectangles(diagram, placed)))  # blocks before cards
    for link, curve in zip(diagram.links, placed.curves, strict=True):
        ends = [(link.head, curve[-1], 0)]
        if link.tail not in placed.turns:
            ends.append((link.tail, curve[0], 2))
        for vertex, (x, y), side in ends:
            assert x == pytest.approx(boxes[vertex][side], abs=0.6)
            assert boxes[vertex][1] <= y <= boxes[vertex][3]


def test_a_row_is_a_row() -> None:
    """A stack of layers lies on one line, from left to right."""
    diagram = view("row", loss=False).picture
    placed = rows(diagram, "builtin")
    assert len({round(y, 3) for _, y in placed.centers}) == 1
    order = [i for pair in zip(range(5), range(5, 10), strict=True) for i in pair]
    assert [placed.centers[i][0] for i in order] == sorted(x for x, _ in placed.centers)


def test_a_long_network_goes_on_in_further_rows() -> None:
    """No row is wider than a page, and each way on begins at a label and ends left of a row."""
    diagram = view("long").picture
    placed = rows(diagram, "builtin")
    lines = sorted({round(y) for (_, y), block in zip(placed.centers, diagram.blocks, strict=False)
                    if block.kind == "module"})  # fmt: skip
    assert len(lines) >= 3
    assert len(placed.turns) == len(lines) - 1
    assert placed.width <= MAX_WIDTH + 120
    for vertex, turn in placed.turns.items():
        assert vertex >= len(diagram.blocks)
        assert turn.start[1] < turn.middle < turn.end[1]
        assert turn.left < turn.end[0]
        assert turn.right > turn.start[0]


def content(svg: str) -> list[tuple[str | None, str | None, str]]:
    return [
        (e.get("id"), e.get("class"), (e.text or "").strip()) for e in ET.fromstring(svg).iter()
    ]


@models
def test_every_engine_gives_the_same_ids_classes_and_text(name: str) -> None:
    """Only positions differ; ids are unique; forward and backward arrows tell themselves apart."""
    model, widths = MODELS[name]
    inputs = [np.ones((3, width)) for width in widths]
    picture = draw(model.eval(), *inputs, loss=lambda a: (a * a).sum()).picture
    model.train()
    reference = content(GraphView(picture, "builtin").svg())
    ids = [id for id, _, _ in reference if id]
    assert len(ids) == len(set(ids)) > 8
    assert {"ag-forward", "ag-backward", "ag-card"} <= {kind for _, kind, _ in reference}
    for engine, there in (("dot", has_dot()), ("pygraphviz", has_pygraphviz())):
        if there:
            assert content(GraphView(picture, engine).svg()) == reference
    dot = GraphView(picture).dot
    for id in ids:
        assert re.search(rf"\[id={id} ", dot), id


def test_backward_arrows_point_the_other_way() -> None:
    """The forward arrowhead is at the right end, that of the backward one at the left."""
    root = ET.fromstring(view("row").svg())
    paths = {e.get("id"): e.get("d", "") for e in root.iter(f"{SVG}path")}
    diagram = view("row").picture
    into_block = next(link for link in diagram.links if link.head == 1)
    out_of_block = next(link for link in diagram.links if link.tail == 1)

    def numbers(path: str) -> list[float]:
        return [float(n) for n in re.findall(r"-?[\d.]+", path)]

    start, _, end, *head = numbers(paths[into_block.id])
    assert head[2] == end > start  # the tip of the arrowhead
    assert "L" not in paths[f"{into_block.id}b"]
    start, _, end, *head = numbers(paths[f"{out_of_block.id}b"])
    assert head[2] == start < end
    assert "L" not in paths[out_of_block.id]


def test_svg_is_readable_light_and_dark() -> None:
    """Letters of 9 px and more, two themes, words for screen readers, and no address."""
    svg = view("normalized").svg()
    assert min(float(size) for size in re.findall(r"font-size:([\d.]+)px", svg)) >= 9
    assert "prefers-color-scheme:dark" in svg
    assert set(re.findall(r"https?://[^\"' )]+", svg)) == {"http://www.w3.org/2000/svg"}
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert root[0].text == "Block diagram of Sequential"
    assert "Linear with W¹ (4, 6), W₀¹ (6,) makes Z¹ (3, 6) from A⁰ = X (3, 4)" in (
        root[1].text or ""
    )
    boxes = [e for e in root.iter() if "ag-box" in e.get("class", "").split()]
    assert all(box[0].tag == f"{SVG}title" and box[0].text for box in boxes)


def test_text() -> None:
    """The repr has a line for each block: what it reads, puts out and holds, and the blame."""
    model = nn.Sequential(nn.Linear(2, 1, rng=0), nn.Identity())
    model[0].W.assign([[1.0], [2.0]])
    shown = draw(model, [[1.0, 1.0]], loss=nn.SquaredLoss(), target=[[1.0]])
    assert repr(shown).splitlines() == [
        "Block diagram of Sequential: 2 modules, 2 weights, loss",
        "  b1  X                   A⁰ = X (1, 2)                       ∂loss/∂A⁰ norm 8.944",
        "  b2  Linear       A⁰     → Z¹ (1, 1)    W¹ (2, 1), W₀¹ (1,)  "
        "∂loss/∂Z¹ 4  ∂loss/∂W¹ norm 5.657  ∂loss/∂W₀¹ 4",
        "  b3  Identity     Z¹     → A¹ (1, 1)                         ∂loss/∂A¹ 4",
        "  b4  y                   (1, 1)",
        "  b5  SquaredLoss  A¹, y  → loss 4",
    ]
    assert len(repr(draw(row(60), np.ones((1, 4)))).splitlines()) < 50


def test_formats(tmp_path: Path) -> None:
    """SVG, HTML and DOT are files as for graphs; notebooks get text, SVG and an image."""
    shown = view("two")
    for suffix, text in (("svg", shown.svg()), ("html", shown.html()), ("dot", shown.dot)):
        assert shown.save(tmp_path / f"d.{suffix}").read_text("utf-8") == text
    bundle = shown._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "image/svg+xml", "text/html"}
    assert '<img alt="Block diagram of TwoInputs: ' in bundle["text/html"]


@needs_dot
def test_hostile_names_stay_text(tmp_path: Path) -> None:
    """Names of classes and parameters with markup are text in SVG and DOT."""

    class Bad(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Linear(4, 2)
            self.p = nn.Parameter(np.ones(2))

        def forward(self, x: Any) -> Any:
            return self.layer(x) * self.p

    Bad.__name__ = '<script>&"\\N\x07'
    nn.Linear.__name__, kept = "]]><b>\\G", nn.Linear.__name__
    try:
        shown = draw(Bad(), np.ones((1, 4)), loss=lambda a: a.sum())
        root = ET.fromstring(shown.svg())
        rendered = graphviz_layout.render(shown.dot, "svg", "dot").decode()
        text = repr(shown)
    finally:
        nn.Linear.__name__ = kept
    allowed = {"svg", "title", "desc", "style", "rect", "g", "path", "text", "tspan"}
    assert {e.tag.removeprefix(SVG) for e in root.iter()} == allowed
    assert "]]><b>\\G" in [e.text for e in root.iter(f"{SVG}text")]
    assert "]]><b>\\G" in [e.text for e in ET.fromstring(rendered).iter(f"{SVG}text")]
    assert "\x07" not in text + shown.html()
