"""Marks, heat maps and widths of lines, against what NumPy computes from the same values."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.visualize import GraphView, draw
from autograd_core.visualize.heat import LEVELS, MAX_CELLS, NOT_FINITE, heat_of
from autograd_core.visualize.picture import Box
from autograd_core.visualize.stats import stats_of, together
from autograd_core.visualize.svg_style import heat_class

FLOATS = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=1, max_dims=3, max_side=40),
    elements=st.floats(-1e6, 1e6) | st.just(float("nan")) | st.just(float("inf")),
)


def named(view: GraphView, name: str) -> Box:
    (box,) = [box for box in view.picture.boxes if box.name == name]
    return box


def marks(view: GraphView, name: str) -> dict[str, str]:
    return {mark.kind: mark.text for mark in named(view, name).marks}


# -- marks ---------------------------------------------------------------------------------------


def test_dead_units_are_counted() -> None:
    """A unit that is 0 in every row is dead; the number is NumPy's."""
    rng = np.random.default_rng(0)
    z = Tensor(rng.normal(size=(6, 40)) - 1.0, requires_grad=True, name="z")
    a = ag.relu(z)
    a.name = "a"
    a.sum().backward()
    dead = int((z.numpy() <= 0).all(axis=0).sum())
    assert 0 < dead < 40
    assert marks(draw(a), "a") == {"dead": f"{dead} of 40 units dead"}
    b = ag.maximum(z, 0.0)
    b.name = "b"
    assert marks(draw(b), "b") == {"dead": f"{dead} of 40 units dead"}


def test_one_example_tells_of_no_dead_units() -> None:
    """Zeros of a single row, or of a vector, are no dead units; nor is maximum(z, 1)."""
    for value in (-np.ones((1, 8)), -np.ones(8), np.float64(-1.0)):
        a = ag.relu(Tensor(value, requires_grad=True))
        a.name = "a"
        assert marks(draw(a), "a") == {}
    b = ag.maximum(Tensor(-np.ones((3, 8)), requires_grad=True), 1.0)
    b.name = "b"
    assert marks(draw(b), "b") == {}


@pytest.mark.parametrize(
    ("f", "slope"),
    [(ag.sigmoid, lambda y: 4 * y * (1 - y)), (ag.tanh, lambda y: 1 - y * y)],
)
def test_saturation_is_counted(f: Any, slope: Any) -> None:
    """Elements whose slope is below 4 % of the largest, from a tenth of all on."""
    z = Tensor(np.random.default_rng(0).normal(size=(8, 9)) * 8, requires_grad=True)
    a = f(z)
    a.name = "a"
    flat = int((slope(a.numpy()) < 0.04).sum())
    assert 8 < flat < 72
    assert marks(draw(a), "a") == {"saturated": f"{flat} of 72 saturated"}
    few = f(Tensor(np.r_[9.0, np.zeros(19)], requires_grad=True))
    few.name = "few"
    assert marks(draw(few), "few") == {}


def test_an_operation_of_the_user_is_no_sigmoid() -> None:
    """Whatever it is called, nothing is said of its slope."""

    @ag.custom(lambda g, y, x: g)
    def sigmoid(x: Any) -> Any:
        return np.ones_like(x)

    a = sigmoid(Tensor(np.zeros(8), requires_grad=True))
    a.name = "a"
    assert marks(draw(a), "a") == {}


def deep(scale: float, layers: int = 5) -> tuple[Tensor, list[Tensor], list[float]]:
    """Products with W₁ … of one scale, and the norms of ∂loss/∂Zₗ by NumPy."""
    rng = np.random.default_rng(0)
    ws = [Tensor(np.linalg.qr(rng.normal(size=(4, 4)))[0] * scale, requires_grad=True)
          for _ in range(layers)]  # fmt: skip
    h: Tensor = Tensor(rng.normal(size=(3, 4)), name="x")
    for i, w in enumerate(ws):
        h = h @ w
        h.name = f"z{i + 1}"
    loss = h.sum()
    loss.backward()
    g = np.ones((3, 4))
    norms = [np.linalg.norm(g)]
    for w in reversed(ws[1:]):
        g = g @ w.numpy().T
        norms.append(np.linalg.norm(g))
    return loss, ws, norms[::-1]


@pytest.mark.parametrize(("scale", "kind"), [(0.05, "vanishing"), (20.0, "exploding")])
def test_layers_whose_gradient_vanishes_or_explodes(scale: float, kind: str) -> None:
    """A layer is marked with the ratio of its gradient's norm to that of the next layer."""
    loss, ws, norms = deep(scale)
    view = draw(loss)
    for i in range(len(ws) - 1):
        ratio = norms[i] / norms[i + 1]
        assert marks(view, f"z{i + 1}") == {kind: f"gradient {ratio:.4g} × that of the next layer"}
    assert marks(view, f"z{len(ws)}") == {}


def test_a_gradient_that_vanishes_slowly_is_marked_far_from_the_end() -> None:
    """A factor of 5 a layer is marked once it makes more than 1000, against the last layer."""
    loss, _ws, norms = deep(0.2, 7)
    view = draw(loss)
    for i, norm in enumerate(norms):
        ratio = norm / norms[-1]
        expected = {"vanishing": f"gradient {ratio:.4g} × that of the last layer"}
        assert marks(view, f"z{i + 1}") == (expected if ratio < 1e-3 else {})
    assert marks(view, "z1")
    assert not marks(view, "z3")


def test_a_healthy_network_has_no_marks() -> None:
    """Nor does the legend explain any."""
    loss, _ws, _norms = deep(1.0)
    view = draw(loss)
    assert not any(box.marks for box in view.picture.boxes)
    assert "ag-mark" not in view.svg()
    assert "vanishing" not in view.svg()


def test_nan_is_marked_where_it_begins() -> None:
    """The first operation is told from those that only pass it on."""
    x = Tensor([1.0, -1.0, 0.0], requires_grad=True, name="x")
    with np.errstate(all="ignore"):
        y = ag.log(x)
        y.name = "y"
        z = y * 2.0
        z.name = "z"
        loss = z.sum()
        loss.backward()
    view = draw(loss)
    assert marks(view, "y")["nonfinite"] == "1 NaN and 1 inf in the value; it begins here"
    assert marks(view, "z")["nonfinite"] == "1 NaN and 1 inf in the value"
    assert marks(view, "x")["nonfinite"] == "1 inf in the gradient"
    root = ET.fromstring(view.svg())
    classes = [
        e.get("class") or "" for e in root.iter() if "ag-nonfinite" in (e.get("class") or "")
    ]
    assert len([c for c in classes if "ag-box" in c]) == 4


def test_marks_are_said_in_every_format() -> None:
    """In the text, in DOT, in the words for screen readers, and in a legend."""
    a = ag.relu(Tensor(-np.ones((3, 8)), requires_grad=True))
    view = draw(a)
    for text in (repr(view), view.dot, view.svg()):
        assert "8 of 8 units dead" in text
    root = ET.fromstring(view.svg())
    assert "dead, 8 of 8 units dead" in (root[1].text or "")
    assert "dead ReLU: 0 for every row" in view.svg()
    assert "saturated" not in view.svg().replace(".ag-mark-saturated", "")


def test_what_is_not_shown_is_not_marked() -> None:
    """Without values there are no dead units, without gradients no vanishing ones."""
    a = ag.relu(Tensor(-np.ones((3, 8)), requires_grad=True))
    assert not any(box.marks for box in draw(a, values=False).picture.boxes)
    loss, _ws, _ = deep(0.01)
    assert not any(box.marks for box in draw(loss, gradients=False).picture.boxes)


# -- widths --------------------------------------------------------------------------------------


def test_lines_are_thicker_where_the_gradient_is_larger() -> None:
    """Widths never fall as norms rise, and the norms are those of the gradients by NumPy."""
    loss, ws, norms = deep(0.3, 6)
    picture = draw(loss).picture
    known = sorted((e.norm, e.width) for e in picture.edges if e.norm is not None)
    assert len(known) >= 11
    widths = [width for _, width in known]
    assert widths == sorted(widths)
    assert widths[0] == 1.0
    assert 1.4 < widths[-1] <= 5.0
    for edge in picture.edges:
        tail = picture.boxes[edge.tail]
        if tail.name.startswith("z"):
            assert edge.norm == pytest.approx(norms[int(tail.name[1:]) - 1])
        elif tail.kind == "constant":
            assert edge.norm is None
    assert len(ws) == 6


def test_equal_gradients_make_equal_lines() -> None:
    """Where all norms are the same, no line stands out, and the legend does not speak of width."""
    x = Tensor(3.0, requires_grad=True, name="x")
    loss = (x + 1.0) + 2.0
    loss.backward()
    view = draw(loss)
    assert {edge.width for edge in view.picture.edges} == {1.4}
    assert "line width" not in view.svg()


def test_zero_and_infinite_gradients_have_lines_of_their_own() -> None:
    """A gradient of exactly 0 is dashed and explained; one that is not finite is red."""
    x = Tensor([0.0, -1.0], requires_grad=True, name="x")
    with np.errstate(all="ignore"):
        loss = (ag.sqrt(ag.relu(x)) * 1.0).sum()
        loss.backward()
    svg = draw(loss).svg()
    assert 'class="ag-edge ag-infinite"' in svg
    y = Tensor([1.0, 2.0], requires_grad=True, name="y")
    loss = (y * 0.0).sum()
    loss.backward()
    svg = draw(loss).svg()
    assert 'class="ag-edge ag-zero"' in svg
    assert "exactly 0" in svg


# -- heat maps -----------------------------------------------------------------------------------


@given(FLOATS)
def test_heat_maps_are_small_and_honest(array: Any) -> None:
    """At most 16 × 16 cells; for few elements each cell has the sign and order of its element."""
    heat = heat_of(array)
    if array.size <= 6 or array.min() == array.max():
        assert heat is None
        return
    assert heat is not None
    cells = np.array(heat.rows)
    assert cells.shape[0] <= MAX_CELLS
    assert cells.shape[1] <= MAX_CELLS
    assert cells.min() >= -LEVELS
    assert cells.max() <= NOT_FINITE
    grid = array.reshape(-1, array.shape[-1])
    assert (cells == NOT_FINITE).any() == (not np.isfinite(array).all())
    if max(grid.shape) <= MAX_CELLS:
        finite = np.isfinite(grid)
        assert (np.sign(cells[finite]) == np.sign(grid[finite])).all()
        assert ((cells == NOT_FINITE) == ~finite).all()
        order = np.argsort(grid[finite])
        assert (np.diff(cells[finite][order]) >= 0).all()


def test_a_heat_map_shows_the_means_of_parts() -> None:
    """Of a large array each cell is the mean of its part."""
    array = np.zeros((64, 32))
    array[:4, :2] = 1.0
    array[60:, 30:] = -2.0
    heat = heat_of(array)
    assert heat is not None
    expected = np.zeros((16, 16), dtype=int)
    expected[0, 0], expected[15, 15] = LEVELS // 2, -LEVELS
    np.testing.assert_array_equal(heat.rows, expected)
    assert np.array(heat.smaller(8).rows).shape == (8, 8)


def test_heat_maps_are_drawn_in_every_format() -> None:
    """As cells in SVG, as a table in DOT, in words in the text; small values have none."""
    x = Tensor(np.linspace(-1, 1, 12).reshape(3, 4), requires_grad=True, name="x")
    small = Tensor([1.0, 2.0], name="small", requires_grad=True)
    view = draw((x * 2.0).sum() + small.sum())
    groups = [e for e in ET.fromstring(view.svg()).iter() if e.get("class") == "ag-heat"]
    assert len(groups) == 3  # two boxes and the legend
    for cell in groups[0]:
        assert re.fullmatch(r"ag-h\d+", cell.get("class") or "")
    assert (groups[0].get("transform") or "").endswith("scale(7)")
    cells = [re.findall(r"M(\d+) (\d+)h(\d+)", path.get("d") or "") for path in groups[0]]
    drawn = [(int(x) + k, int(y)) for path in cells for x, y, w in path for k in range(int(w))]
    assert sorted(drawn) == [(x, y) for x in range(4) for y in range(3)]
    assert heat_class(-LEVELS) in view.svg()
    assert view.dot.count("<td fixedsize") == 24
    assert "50 % positive, largest at [0, 0]" in repr(view)
    assert named(view, "small").heat is None


# -- statistics ----------------------------------------------------------------------------------


@given(FLOATS)
def test_statistics_are_numpys(array: Any) -> None:
    """Extremes, sum, norm and counts of the finite elements."""
    stats = stats_of(array)
    assert stats is not None
    finite = array[np.isfinite(array)]
    assert (stats.nan, stats.infinite) == (np.isnan(array).sum(), np.isinf(array).sum())
    assert stats.finite == finite.size
    if finite.size:
        assert (stats.low, stats.high) == (finite.min(), finite.max())
        assert stats.total == pytest.approx(finite.sum(), abs=1e-6)
        assert stats.norm == pytest.approx(np.linalg.norm(finite))


def test_norms_neither_overflow_nor_underflow() -> None:
    """Of numbers whose squares are no floats, alone and together."""
    for scale in (1e300, 1e-300):
        stats = stats_of(np.full(4, scale))
        assert stats is not None
        assert stats.norm == pytest.approx(2 * scale)
        both = together([stats, stats, stats, stats])
        assert both is not None
        assert both.norm == pytest.approx(4 * scale)


def test_the_line_of_code_stands_at_its_result() -> None:
    """Under keep_values the last operation of a line shows it, and each tells its place."""
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    with ag.keep_values():
        y = ag.sin(x) * 2.0 + x
        loss = y.sum()
    boxes = {box.op: box for box in draw(loss).picture.boxes}
    code = {op: [line.text for line in box.lines if line.label == "code"]
            for op, box in boxes.items()}  # fmt: skip
    assert code["add"] == ["y = ag.sin(x) * 2.0 + x"]
    assert code["sum"] == ["loss = y.sum()"]
    assert code["sin"] == code["multiply"] == []
    assert all(re.search(r"test_marks\.py:\d+$", boxes[op].line) for op in ("sin", "add", "sum"))
