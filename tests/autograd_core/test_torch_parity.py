"""PyTorch's values and derivatives: frozen ones always, live ones where it is installed."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor

from .parity import EXPRESSIONS, arguments, direction, weights

GOLDENS = Path(__file__).parent.parent / "goldens"


@cache
def goldens() -> dict[str, Any]:
    """The frozen arrays, by ``expression/which``."""
    shapes = about()["shapes"]
    with np.load(GOLDENS / "ops.npz") as file:
        numbers = file["numbers"]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes.values()])
    parts = np.split(numbers, ends[:-1])
    return {
        key: part.reshape(shape) for (key, shape), part in zip(shapes.items(), parts, strict=True)
    }


def about() -> Any:
    return json.loads((GOLDENS / "ops.json").read_text(encoding="utf-8"))


def ours(name: str) -> dict[str, Any]:
    """Our arrays for one expression, under the names of the goldens."""
    f = EXPRESSIONS[name].ours
    arrays = arguments(name)
    numbers = tuple(range(len(arrays)))
    y = f(ag, *[Tensor(a) for a in arrays])

    def loss(*xs: Any) -> Any:
        return (f(ag, *xs) * weights(y.shape)).sum()

    def slope(*xs: Any) -> Any:
        total: Any = 0.0
        for g, a in zip(ag.grad(loss, numbers)(*xs), arrays, strict=True):
            total = total + (g * direction(a)).sum()
        return total

    made = {"value": y.data}
    for order, function in (("gradient", loss), ("second", slope)):
        for i, g in enumerate(ag.grad(function, numbers)(*arrays)):
            made[f"{order} {i}"] = g.data
    return made


def compare(mine: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert mine.keys() == theirs.keys()
    for key, value in theirs.items():
        scale = max(1.0, float(np.abs(value).max(initial=0.0)))
        np.testing.assert_allclose(
            np.asarray(mine[key]), value, rtol=1e-11, atol=1e-12 * scale, err_msg=key
        )
        assert np.shape(mine[key]) == np.shape(value)


def test_goldens_are_complete() -> None:
    """The frozen file holds every expression, and says which PyTorch made it."""
    assert about()["torch"]
    assert {key.partition("/")[0] for key in goldens()} == set(EXPRESSIONS)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_frozen(name: str) -> None:
    """Value, gradient and second derivative are PyTorch's, as they were frozen."""
    theirs = {
        key.partition("/")[2]: value
        for key, value in goldens().items()
        if key.partition("/")[0] == name
    }
    compare(ours(name), theirs)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_live(name: str) -> None:
    """Value, gradient and second derivative are those of the PyTorch that is installed."""
    pytest.importorskip("torch")
    from tests.goldens.make_ops import frozen

    compare(ours(name), frozen(name))


def test_conventions_at_kinks_and_ties() -> None:
    """At kinks and ties the derivatives are those that PyTorch chose."""
    torch: Any = pytest.importorskip("torch")
    points = [-1.0, 0.0, 0.5, 1.0]
    other = [-1.0, 1.0, 0.5, 0.0]
    cases: list[tuple[Any, Any]] = [
        (lambda x: ag.relu(x), torch.relu),
        (lambda x: ag.absolute(x), torch.abs),
        (lambda x: ag.sign(x), torch.sign),
        (lambda x: ag.clip(x, 0, 1), lambda x: torch.clip(x, 0, 1)),
        (lambda x: ag.clip(x, 0, None), lambda x: torch.clip(x, min=0)),
        (lambda x: ag.maximum(x, other), lambda x: torch.maximum(x, torch.tensor(other))),
        (lambda x: ag.minimum(x, other), lambda x: torch.minimum(x, torch.tensor(other))),
        (lambda x: ag.max(ag.where(x > 0, 1.0, 0.0) * x**0), lambda x: torch.amax((x > 0) * x**0)),
        (lambda x: ag.norm(x * 0.0), lambda x: torch.linalg.vector_norm(x * 0.0)),
        (lambda x: ag.norm(x * 0.0, 3), lambda x: torch.linalg.vector_norm(x * 0.0, 3)),
        (lambda x: x**0, lambda x: x**0),
        (lambda x: x**1, lambda x: x**1),
        (lambda x: x**2, lambda x: x**2),
        (lambda x: ag.prod(x), torch.prod),
        (lambda x: ag.floor(x), torch.floor),
        (lambda x: ag.logsumexp(x * 1e4), lambda x: torch.logsumexp(x * 1e4, 0)),
        (lambda x: ag.softmax(x * 1e4), lambda x: torch.softmax(x * 1e4, 0)),
        (lambda x: ag.sigmoid(x * 1e4), lambda x: torch.sigmoid(x * 1e4)),
    ]
    for k, (mine, theirs) in enumerate(cases):
        x = Tensor(points, requires_grad=True)
        z = torch.tensor(points, dtype=torch.float64, requires_grad=True)
        mine(x).sum().backward()
        theirs(z).sum().backward()
        np.testing.assert_allclose(x.grad.data, z.grad.numpy(), err_msg=f"case {k}")
