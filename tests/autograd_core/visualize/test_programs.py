"""`draw` of a compiled function: its lines, its phases, and what it finds and writes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import Tensor
from autograd_core.visualize import draw
from autograd_core.visualize.picture import Box, Picture


def training(optimizer: Any = optim.SGD, lr: float = 0.1, **settings: Any) -> tuple[Any, Any, Any]:
    """A compiled step of a small network after its first call, and its data."""
    net = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh(), nn.Linear(3, 1, rng=1))
    opt = optimizer(net.parameters(), lr, **settings)
    loss = nn.MSELoss()

    @ag.compile
    def step(x: Any, y: Any) -> Any:
        opt.zero_grad()
        error = loss(net(x), y)
        error.backward()
        opt.step()
        return error

    x = np.random.default_rng(0).normal(size=(4, 2))
    y = x.sum(axis=1, keepdims=True)
    step(x, y)
    return step, x, y


def titles(picture: Picture, kind: str) -> list[str]:
    return [box.title for box in picture.boxes if box.kind == kind]


def lines(box: Box) -> dict[str, str]:
    return {line.label: line.text for line in box.lines}


def test_every_line_of_the_program_is_a_box() -> None:
    """The code in the boxes is the source of the program, line by line and in its order."""
    step, _, _ = training()
    picture = draw(step).picture
    code = [lines(box)["code"] for box in picture.boxes if "code" in lines(box)]
    places = [step.source.index(f"{text}  #") for text in code if f"{text}  #" in step.source]
    assert places == sorted(places)
    body = step.source.partition("def run")[2]
    written = [text.partition("  #")[0].strip() for text in body.splitlines() if "  #" in text]
    assert set(written) <= set(code)
    assert len(step.program.tape.calls) == len(code)


@pytest.mark.parametrize(
    ("optimizer", "settings", "state"),
    [(optim.SGD, {}, ()), (optim.SGD, {"momentum": 0.9}, ("V",)), (optim.Adam, {}, ("m", "v"))],
)
def test_forward_backward_and_update_are_told_apart(
    optimizer: Any, settings: Any, state: Any
) -> None:
    """The products are: two forward, and three backward, as x needs no gradient; W ← is last.

    What the optimizer keeps for a weight is named after it, and is written before the weight is.
    """
    step, _, _ = training(optimizer, **settings)
    picture = draw(step, fold=None).picture
    sums = ("(3,)", "(1,)")  # over the batch: products with ones
    products = [b.kind for b in picture.boxes if b.op == "matmul" and b.shape not in sums]
    assert products == ["operation"] * 2 + ["backward"] * 3
    written = [title for title in titles(picture, "update") if "←" in title]
    weights = ["0.W", "0.W0", "2.W", "2.W0"]
    assert [title for title in written if "_" not in title] == [f"{w} ←" for w in weights]
    kept = {w: {f"{w}_{letter}" for letter in state} for w in weights}
    assert sorted(written) == sorted(f"{n} ←" for w in weights for n in (w, *kept[w]))
    for w in weights:
        before = written[: written.index(f"{w} ←")]
        assert {f"{name} ←" for name in kept[w]} <= set(before)
    found = {b.title: b.subtitle for b in picture.boxes if b.kind == "parameter" and b.title}
    assert {name for name, words in found.items() if words == "parameter"} == set(weights)
    assert {n for n, words in found.items() if words == "state"} == set().union(*kept.values())
    assert [t for t in titles(picture, "backward") if "∂" in t] == [
        "∂/∂2.W0", "∂/∂2.W", "∂/∂0.W0", "∂/∂0.W",
    ]  # fmt: skip
    assert titles(picture, "output") == ["result"]
    assert titles(picture, "input") == ["x", "y"]
    order = [box.kind for box in picture.boxes if box.kind in ("operation", "backward", "update")]
    assert order.index("backward") < order.index("update")


def test_edges_lead_from_what_is_read() -> None:
    """The first product reads x and the weights; the weights' update reads weights and gradient."""
    step, _, _ = training()
    picture = draw(step).picture
    tails: dict[str, list[str]] = {}
    for edge in picture.edges:
        tails.setdefault(picture.boxes[edge.head].id, []).append(picture.boxes[edge.tail].title)
    first = next(box for box in picture.boxes if box.op == "matmul")
    last = next(box for box in picture.boxes if box.title == "0.W ←")
    assert tails[first.id] == ["x", "0.W"]
    assert tails[last.id][0] == "0.W"


def test_drawing_runs_nothing() -> None:
    """Weights, gradients and the number of traces are what they were."""
    step, x, y = training()
    weights = [p for _, p in sorted(step.program.tape.cells.items())]
    before = [w.copy() for w in weights]
    draw(step).svg()
    for now, then in zip(weights, before, strict=True):
        np.testing.assert_array_equal(now, then)
    assert step.traces == 1
    step(x, y)


def test_values_of_what_it_finds() -> None:
    """Arguments show those of the first call, and cells what they hold now."""
    step, x, _ = training()
    shown = {box.title: lines(box).get("value", "") for box in draw(step).picture.boxes}
    low, middle, high = (f"{v:.4g}" for v in (x.min(), x.mean(), x.max()))
    assert shown["x"] == f"min {low}  mean {middle}  max {high}"
    assert all("value" not in lines(box) for box in draw(step, values=False).picture.boxes)


def test_blocks() -> None:
    """Lines that are walked in pieces are boxes like others."""

    @ag.compile
    def f(a: Any) -> Any:
        return ag.tanh(a * 2 + 1).sum()

    f(np.ones((400, 400)))
    assert "for i," in f.source
    picture = draw(f).picture
    assert titles(picture, "operation") == ["× 2", "+ 1", "tanh"]
    assert titles(picture, "output") == ["result"]
    code = [lines(box).get("code", "") for box in picture.boxes]
    assert code[1:4] == ["multiply(a_i, c_2, s_i)", "add(s_i, c_1, s_i)", "tanh(s_i, t_i)"]


def scalar_step(n: int) -> tuple[Any, list[Tensor]]:
    weights = [Tensor(0.1 * i, requires_grad=True, name=f"w{i}") for i in range(n)]

    @ag.compile
    def step(x: Any) -> Any:
        for w in weights:
            w.grad = None
        total = x
        for w in weights:
            total = ag.tanh(total * w + 1.0)
        total.backward()
        for w in weights:
            w.data = w.data - 0.1 * w.grad.data  # type: ignore[union-attr]
        return total

    step(Tensor(1.0))
    return step, weights


def test_a_program_of_numbers() -> None:
    """Operations on Python floats have their symbols, names, phases and lines."""
    step, _ = scalar_step(2)
    picture = draw(step).picture
    assert titles(picture, "operation") == ["×", "+ 1", "tanh", "×", "+ 1"]
    assert titles(picture, "output") == ["result"]
    assert sorted(titles(picture, "parameter")) == ["w0", "w1"]
    assert [t for t in titles(picture, "update") if "←" in t] == ["w0 ←", "w1 ←"]
    assert {t for t in titles(picture, "backward") if "∂" in t} == {"∂/∂w0", "∂/∂w1"}
    assert all("test_programs.py:" in lines(b)["line"] for b in picture.boxes if "line" in lines(b))


def test_a_long_program_of_numbers_is_one_block() -> None:
    """Thousands of operations on floats, done on vectors or in loops, are one box."""
    step, _ = scalar_step(1500)
    assert len(draw(step).picture.boxes) < 1510
    assert draw(step).dot.startswith("digraph")


def test_a_function_with_its_gradient() -> None:
    """In a compiled value_and_grad the backward pass is told apart too."""
    f = ag.compile(ag.value_and_grad(lambda x: (x * x).sum()))
    f(np.array([1.0, 2.0]))
    picture = draw(f).picture
    assert titles(picture, "backward")
    assert titles(picture, "input") == ["x"]


def test_errors() -> None:
    """A program is drawn alone, at its one level, and after it was called."""
    step, x, y = training()
    with pytest.raises(ag.ArgumentError, match=r"drawn as its last call left it.*step\.function"):
        draw(step, x, y)
    with pytest.raises(ag.ArgumentError, match="has lines instead"):
        draw(step, level="modules")
    with pytest.raises(ag.ArgumentError, match=r"draw\(step\.function, x, level='scalars'\)"):
        draw(step, level="scalars")
    with pytest.raises(ag.ArgumentError, match="max_nodes=3"):
        draw(step, max_nodes=3)
    with pytest.raises(ag.TraceError, match="call it once first"):
        draw(ag.compile(lambda x: x))


def holds(box: Box) -> set[str]:
    return set(box.holds)


def test_a_large_update_is_folded_by_parameter() -> None:
    """Each weight's update is one box: what leads to its ``←``, and to no other, with its state.

    It reads the weight, its gradient, and what all have in common; fold=None opens everything.
    """
    step, _, _ = training(optim.Adam)
    whole, picture = draw(step, fold=None).picture, draw(step).picture
    assert len(whole.boxes) > 80 >= 2 * len(picture.boxes)
    weights = ["0.W", "0.W0", "2.W", "2.W0"]
    updates = {b.subtitle: b for b in picture.boxes if b.kind == "update"}
    assert sorted(updates) == sorted([*weights, "shared by all"])
    assert {b.title for b in updates.values()} == {"Adam"}
    ids = {b.title: b.id for b in whole.boxes}
    for w in weights:
        names = {ids[f"{n}{kind}"] for n in (f"{w}_m", f"{w}_v") for kind in ("", " ←")}
        assert names | {ids[f"{w} ←"]} <= holds(updates[w])
        place = picture.boxes.index(updates[w])
        read = {picture.boxes[e.tail].title for e in picture.edges if e.head == place}
        assert read == {w, f"∂/∂{w}", "Adam"}
    held = [name for box in updates.values() for name in box.holds]
    assert len(held) == len(set(held))
    of_update = {b.id for b in whole.boxes if b.kind == "update" or b.subtitle == "state"}
    assert set(held) == of_update
    assert all(edge.tail < edge.head for edge in picture.edges)


@pytest.mark.parametrize("layers", [6, 12])
def test_the_picture_of_a_deep_network_does_not_grow(layers: int) -> None:
    """Equal layers and their updates are drawn once, with all that they stand for."""
    parts = [part for i in range(layers) for part in (nn.Linear(3, 3, rng=i), nn.Tanh())]
    net = nn.Sequential(*parts, nn.Linear(3, 1, rng=0))
    opt = optim.Adam(net.parameters(), 0.1)
    loss = nn.MSELoss()

    @ag.compile
    def step(x: Any, y: Any) -> Any:
        opt.zero_grad()
        error = loss(net(x), y)
        error.backward()
        opt.step()
        return error

    step(np.ones((2, 3)), np.ones((2, 1)))
    whole, picture = draw(step, fold=None).picture, draw(step).picture
    assert len(whole.boxes) > 40 * layers
    assert len(picture.boxes) < 50
    shown = [name for box in picture.boxes for name in (box.holds or (box.id,))]
    assert sorted(shown) == sorted([box.id for box in whole.boxes])
    weights = [b for b in picture.boxes if b.kind == "parameter" and b.count > 1]
    assert sorted([b.count for b in weights]) == [layers - 1, layers]  # x @ W needs no ∂/∂x
    assert all(edge.tail < edge.head for edge in picture.edges)
    whole_edges = {(whole.boxes[e.tail].id, whole.boxes[e.head].id) for e in whole.edges}
    place = {name: i for i, b in enumerate(picture.boxes) for name in (b.holds or (b.id,))}
    drawn = {(e.tail, e.head) for e in picture.edges}
    kept = {(place[a], place[b]) for a, b in whole_edges if place[a] != place[b]}
    assert drawn <= kept


def test_an_update_is_folded_by_name() -> None:
    """Of one parameter, or of an optimizer as a whole; small programs stay open unless asked."""
    step, _, _ = training(optim.SGD, momentum=0.9)
    assert not [b for b in draw(step).picture.boxes if b.folded]
    one = [b for b in draw(step, fold="0.W").picture.boxes if b.folded]
    assert [(b.title, b.subtitle, b.kind) for b in one] == [("SGD", "0.W", "update")]
    everything = [b for b in draw(step, fold=0).picture.boxes if b.kind == "update"]
    assert len(everything) == 1
    assert everything[0].folded


def test_an_update_in_the_middle_of_a_program() -> None:
    """Where weights are used after they were changed no folded box leads to itself."""
    u, v = (Tensor(np.ones(3), requires_grad=True, name=n) for n in "uv")
    first, second = optim.Adam([u], 0.1), optim.Adam([v], 0.1)

    @ag.compile
    def step(x: Any) -> Any:
        first.zero_grad()
        a = (ag.tanh(x * u) * v).sum()
        a.backward()
        first.step()
        second.zero_grad()
        b = (ag.tanh(x * u) * v).sum()
        b.backward()
        second.step()
        return b

    step(np.ones(3))
    for fold in ("auto", 0, "Adam"):
        picture = draw(step, fold=fold).picture
        assert all(edge.tail < edge.head for edge in picture.edges)


def test_a_program_in_words() -> None:
    """One program is no "1 programs"."""
    step, x, y = training()
    assert repr(step) == "<compiled step, 1 program, 1 trace>"
    step(x[:2], y[:2])
    assert repr(step) == "<compiled step, 2 programs, 2 traces>"


def test_hostile_names() -> None:
    """Names of functions, arguments and weights stay text in every format."""
    w = Tensor(np.ones(2), requires_grad=True, name="<script>evil\"'&]]>\u202e")

    def f(x: Any) -> Any:
        return (x * w).sum()

    f.__name__ = "<img src=x>"
    compiled = ag.compile(f)
    compiled(np.ones(2))
    view = draw(compiled)
    for text in (view.svg(), view.html(), view.dot):
        assert not [bad for bad in ("<script>evil", "<img src=x>", "\u202e") if bad in text]
    assert "\u202e" not in repr(view)
