"""`draw` of a function, and of a module at level "operations": what is run, and left alone."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import Tensor
from autograd_core.visualize import draw
from autograd_core.visualize.picture import Box

A = np.array([1.0, 2.0])
B = np.array([0.5, -1.0])


def blend(a: Any, b: Any) -> Any:
    """tanh(a b) + b, summed."""
    return (ag.tanh(a * b) + b).sum()


def lines(box: Box) -> dict[str, str]:
    return {line.label: line.text for line in box.lines}


def boxes(view: Any, **wanted: str) -> list[Box]:
    return [b for b in view.picture.boxes if all(getattr(b, k) == v for k, v in wanted.items())]


def array(text: str) -> np.ndarray:
    return np.array([float(x) for x in text.strip("[]").split(",")])


def test_values_and_gradients_are_those_of_the_formula() -> None:
    """∂/∂a = b (1 − tanh²(ab)) and ∂/∂b = a (1 − tanh²(ab)) + 1; boxes are named as arguments."""
    view = draw(blend, A, B)
    a, b = boxes(view, kind="input")
    slope = 1 - np.tanh(A * B) ** 2
    assert (a.title, b.title) == ("a", "b")
    np.testing.assert_allclose(array(lines(a)["grad"]), B * slope, rtol=1e-3)
    np.testing.assert_allclose(array(lines(b)["grad"]), A * slope + 1, rtol=1e-3)
    (result,) = boxes(view, kind="output")
    assert float(lines(result)["value"]) == pytest.approx((np.tanh(A * B) + B).sum(), rel=1e-3)
    assert view.picture.title == "Computation graph of blend(a, b)"


@pytest.mark.parametrize(
    ("f", "sample", "names"),
    [
        (lambda x, *more: x + more[0] + more[1], (1.0, 2.0, 3.0), ["x", "more[0]", "more[1]"]),
        (lambda p, x: p["w"] * x + p["b"][0], ({"w": 2.0, "b": [Tensor(1.0)]}, 3.0),
         ["p['w']", "p['b'][0]", "x"]),
        (functools.partial(blend, b=2.0), (1.0,), ["a"]),
        (lambda x, y: x * y, (Tensor(1.0, name="mine"), [1.0, 2.0]), ["mine", "y"]),
        (np.tanh, (Tensor(1.0),), ["x"]),
    ],
)  # fmt: skip
def test_names_of_arguments(f: Any, sample: Any, names: list[str]) -> None:
    """Arguments are named by the signature, by their place in what holds them, or as they are."""
    assert sorted(b.title for b in boxes(draw(f, *sample), kind="input")) == sorted(names)


def test_what_is_no_float_is_handed_on() -> None:
    """Integers, flags and words reach the function as they are."""
    seen: list[Any] = []

    def f(x: Any, n: int, flag: bool, how: str, labels: Any) -> Any:
        seen.extend([n, flag, how, labels])
        return x**n

    labels = np.array([1, 2])
    assert len(draw(f, 2.0, 3, True, "mean", labels).picture.boxes) == 2
    assert seen == [3, True, "mean", labels]


def test_nothing_of_the_caller_is_changed() -> None:
    """Arguments, their gradients, and buffers, generators and gradients of modules stay."""
    x = Tensor(A, requires_grad=True)
    (x * x).sum().backward()
    kept = x.grad
    w = Tensor(2.0, requires_grad=True)
    (w * w).backward()
    net = nn.Sequential(nn.BatchNorm(2), nn.Dropout(0.5, rng=0))
    other = nn.Sequential(nn.BatchNorm(2), nn.Dropout(0.5, rng=0))
    raw = np.ones((4, 2))

    def f(x: Any, raw: Any) -> Any:
        with ag.no_grad():
            x[0] = raw[1] = 7.0
        y = (net(raw) * x * w).sum()
        y.backward(retain_graph=True)
        return y

    for _ in range(2):
        with ag.no_grad():
            view = draw(f, x, raw)
    assert len(boxes(view, kind="input")) == 2
    assert x.grad is kept
    assert w.grad is not None
    np.testing.assert_array_equal(x.data, A)
    np.testing.assert_array_equal(kept.data, 2 * A)  # type: ignore[union-attr]
    assert w.grad.item() == 4.0
    assert all(p.grad is None for p in net.parameters())
    np.testing.assert_array_equal(raw, np.ones((4, 2)))
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value, other.state_dict()[name])
    data = np.arange(8.0).reshape(4, 2)
    np.testing.assert_array_equal(net(data).data, other(data).data)


def test_an_error_of_the_function_is_its_own() -> None:
    """What a function raises comes through, with a note, and nothing of the caller is changed."""
    w = Tensor(2.0, requires_grad=True)

    def f(x: Any) -> Any:
        (x * w).sum().backward()
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine") as caught:
        draw(f, 1.0)
    assert w.grad is None
    assert caught.value.__notes__ == ["while draw called f on its sample"]
    assert (w * w).node is not None


def test_errors() -> None:
    """Wrong arguments, and results that are no tensors, are refused with what to give."""
    with pytest.raises(ag.ArgumentError, match=r"blend\(a.*got 1 argument .*'b'"):
        draw(blend, 1.0)
    with pytest.raises(ag.ArgumentError, match="got 0 arguments"):
        draw(lambda x: x)
    with pytest.raises(ag.DTypeError, match="returned an int"):
        draw(lambda x: 3, 1.0)
    with pytest.raises(ag.ArgumentError, match="let the function compute its loss"):
        draw(blend, A, B, loss=nn.MSELoss(), target=B)
    for level in ("modules", "units"):
        with pytest.raises(ag.ArgumentError, match="is for modules"):
            draw(blend, A, B, level=level)
    with pytest.raises(ag.ArgumentError, match="max_nodes=6"):
        draw(blend, A, B, max_nodes=5)


def test_several_results_have_values_and_no_gradients() -> None:
    """A function of several results ends in several boxes; gradients start from one number."""
    view = draw(lambda x: {"double": 2 * x, "square": [x * x]}, A)
    assert [lines(b)["value"] for b in boxes(view, kind="output")] == ["[2, 4]", "[1, 4]"]
    assert all("grad" not in lines(b) for b in view.picture.boxes)


def test_a_constant_function() -> None:
    """What does not depend on the arguments is a single box."""
    assert len(draw(lambda x: Tensor([1.0, 2.0]), 1.0).picture.boxes) == 1


def test_the_line_of_code_is_known() -> None:
    """Each operation tells where the function computed it."""
    product = boxes(draw(blend, A, B), subtitle="multiply")[0]
    assert any("test_functions.py:" in text for text in product.tooltip)


def test_hooks_are_not_called() -> None:
    """Gradients are computed on a copy."""
    w = Tensor(2.0, requires_grad=True)
    w.register_hook(lambda g: pytest.fail("called"))
    assert len(draw(lambda x: x * w, 1.0).picture.boxes) == 3


def test_a_module_at_level_operations() -> None:
    """It is the graph of the loss, with gradients by hand: ∂loss/∂W = 2 (xW − y) x."""
    layer = nn.Linear(2, 1, rng=0)
    x, y = np.array([[1.0, -2.0]]), np.array([[0.5]])
    view = draw(layer, x, loss=nn.MSELoss(), target=y, level="operations")
    (weight,) = [b for b in boxes(view, kind="parameter") if b.shape == "(2, 1)"]
    W = layer.W.data
    expected = 2 * (x @ W + layer.W0.data - y) * x.T
    shown = lines(weight)["grad"].replace("[", "").replace("]", "")
    np.testing.assert_allclose(array(shown), expected.ravel(), rtol=1e-3)
    assert layer.W.grad is None
    assert [b.title for b in boxes(view, kind="input")] == ["x"]
