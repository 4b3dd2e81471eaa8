"""Backward graphs: gradients by their names, and the way back told from the way forward."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.visualize import draw
from autograd_core.visualize.picture import Box


def lines(box: Box) -> dict[str, str]:
    return {line.label: line.text for line in box.lines}


def derived(y: Tensor, x: Tensor) -> Tensor:
    """∂y/∂x, on the graph."""
    x.grad = None
    y.backward(create_graph=True)
    assert x.grad is not None
    return x.grad


def kinds(view: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for box in view.picture.boxes:
        found.setdefault(box.kind, []).append(box.op or box.title)
    return found


def test_a_product_and_its_gradient() -> None:
    """For loss = tanh(wx): ∂loss/∂w = x (1 − tanh²(wx)); wx and tanh are the way forward."""
    w, x = Tensor(0.5, requires_grad=True, name="w"), Tensor(2.0, requires_grad=True, name="x")
    z = w * x
    z.name = "z"
    loss = ag.tanh(z)
    loss.name = "loss"
    view = draw(derived(loss, w))
    assert view.picture.title == "Backward graph of ∂loss/∂w"
    boxes = {box.title: box for box in view.picture.boxes}
    assert boxes["z"].kind == boxes["loss"].kind == "operation"
    assert boxes["∂loss/∂z"].kind == "backward"
    assert boxes["∂loss/∂w"].kind == "output"
    slope = 1 - np.tanh(1.0) ** 2
    assert lines(boxes["∂loss/∂z"])["value"] == f"{slope:.4g}"
    assert lines(boxes["∂loss/∂w"])["value"] == f"{2 * slope:.4g}"
    assert all(box.kind == "backward" for box in view.picture.boxes if "square" in box.subtitle)
    assert all("grad" not in lines(box) for box in view.picture.boxes)


def test_higher_orders() -> None:
    """Of y = x⁴ the derivatives are 4x³, 12x² and 24x, and each is called by its order."""
    x = Tensor(2.0, requires_grad=True, name="x")
    gradient = y = x * x * x * x
    y.name = "y"
    for name, value in (("∂y/∂x", "32"), ("∂²y/∂x²", "48"), ("∂³y/∂x³", "48")):
        gradient = derived(gradient, x)
        picture = draw(gradient).picture
        (root,) = [box for box in picture.boxes if box.kind == "output"]
        assert (root.title, lines(root)["value"]) == (name, value)
        assert picture.title == f"Backward graph of {name}"


def test_mixed_derivatives() -> None:
    """∂²y/∂x∂w of x² w² is 4xw."""
    x, w = Tensor(3.0, requires_grad=True, name="x"), Tensor(5.0, requires_grad=True, name="w")
    y = x * x * w * w
    y.name = "y"
    mixed = derived(derived(y, x), w)
    (root,) = [box for box in draw(mixed).picture.boxes if box.kind == "output"]
    assert root.title == "∂²y/∂x∂w"
    assert lines(root)["value"] == "60"


def test_without_names() -> None:
    """A gradient of what has no name is told in words; a result without a name is left out."""
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    z = x * x
    view = draw(derived(ag.exp(z).sum(), x))
    assert view.picture.title == "Backward graph of ∂/∂x"
    tips = [text for box in view.picture.boxes for text in box.tooltip]
    assert any("gradient by the value of multiply, of shape (2,)" in text for text in tips)
    unnamed = Tensor(2.0, requires_grad=True)
    assert draw(derived(unnamed * unnamed, unnamed)).picture.title == "Backward graph of a gradient"


def test_a_gradient_that_was_differentiated_shows_its_gradients() -> None:
    """After a backward pass from a gradient, its graph has gradients: of ∂x³/∂x = 3x² it is 6x."""
    x = Tensor(2.0, requires_grad=True, name="x")
    first = derived(x * x * x, x)
    x.grad = None
    first.backward(retain_graph=True)
    box = draw(first).picture.boxes[0]
    assert (box.title, lines(box)["grad"]) == ("x", "12")


def test_the_graph_of_a_loss_is_as_before() -> None:
    """A graph without gradients in it has no such colours; nor has one of plain backward."""
    x = Tensor(2.0, requires_grad=True, name="x")
    y = x * x
    y.backward(create_graph=True)
    assert "backward" not in kinds(draw(y))
    assert draw(y).picture.title == "Computation graph of a tensor"


def test_names_hold_nothing_alive() -> None:
    """A gradient on the graph keeps no result alive, and makes no cycle of its own."""
    x = Tensor(np.ones(3), requires_grad=True, name="x")
    y = ag.exp(x).sum()
    gradient = derived(y, x)
    node = weakref.ref(y.node)
    gc.disable()
    try:
        del y
        assert node() is None
        assert draw(gradient).picture.title.startswith("Backward graph")
    finally:
        gc.enable()


def test_by_the_transforms() -> None:
    """`grad` inside a function makes the same kinds."""
    view = draw(lambda x: ag.grad(lambda v: ag.tanh(v) * v)(x), 0.5)
    value = np.tanh(0.5) + 0.5 * (1 - np.tanh(0.5) ** 2)
    (root,) = [box for box in view.picture.boxes if box.kind == "output"]
    assert float(lines(root)["value"]) == pytest.approx(value, rel=1e-3)


def test_in_scalars() -> None:
    """A backward graph can be opened too, and keeps its colours and names."""
    w = Tensor([1.0, 2.0], requires_grad=True, name="w")
    loss = (w * w * w).sum()
    loss.name = "loss"
    picture = draw(derived(loss, w), level="scalars").picture
    shown = {box.title: lines(box)["value"] for box in picture.boxes}
    assert (shown["∂loss/∂w[0]"], shown["∂loss/∂w[1]"]) == ("3", "12")
    assert any(box.kind == "backward" for box in picture.boxes)


def test_hostile_names() -> None:
    """Names inside of ∂…/∂… stay text."""
    w = Tensor(1.0, requires_grad=True, name='<b>\u202e&"')
    loss = w * w
    loss.name = "</title><script>evil"
    view = draw(derived(loss, w))
    for text in (view.svg(), view.html(), view.dot):
        assert not [bad for bad in ("<script>evil", "<b>\u202e", "\u202e") if bad in text]
