"""Odd graphs: what is derived and explained is ``w.grad``, and nothing fails on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import Tensor

X = np.random.default_rng(1).normal(size=(4, 3))


class Cube(ag.Function):
    """Its rule is the user's."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * 3 * x**2


def deep(w: Any) -> Any:
    for _ in range(15):
        w = ag.sin(w) + ag.cos(w) * w
    return w.sum()


def recurrent(w: Any) -> Any:
    h: Any = np.zeros((1, 3))
    for row in X:
        h = ag.tanh(row + h @ w)
    return (h**2).sum()


def of_gradient(w: Any) -> Any:
    y = (w**3).sum()
    y.backward(create_graph=True)
    g, w.grad = w.grad, None
    return (g**2).sum() + y


def freed(w: Any) -> Any:
    y = (ag.exp(w) * ag.cos(w)).sum()
    y.backward()
    w.grad = None
    return y


#: Functions of w, the shape of w, and whether backward can run once more.
GRAPHS: dict[str, tuple[Callable[[Any], Any], tuple[int, ...]]] = {
    "shared weights": (lambda w: ag.tanh(ag.tanh(X @ w) @ w).sum(), (3, 3)),
    "a skip connection": (lambda w: (X + ag.tanh(X @ w) + X @ w @ w).mean(), (3, 3)),
    "a row to all": (lambda w: ((X * w) ** 2).mean(), (3,)),
    "a column to all": (lambda w: ag.exp(X * w).sum(), (4, 1)),
    "both": (lambda w: (w * w.T + w - w.T / (1 + w * w)).sum(), (4, 1)),
    "three axes": (lambda w: ag.sin(X * w).sum(), (2, 1, 3)),
    "a batch of one": (lambda w: nn.CrossEntropyLoss()(X[:1] @ w, [1]), (3, 3)),
    "no batch": (lambda w: nn.CrossEntropyLoss("sum")(X[0] @ w, 1), (3, 3)),
    "no axes": (lambda w: ag.sin(w) * w / ag.exp(w) + w**3, ()),
    "where": (lambda w: ag.where(w > 0, w**2, -w * 3).sum(), (5,)),
    "clip": (lambda w: (ag.clip(w, -0.5, 0.5) * np.arange(5.0)).sum(), (5,)),
    "max, ties": (lambda w: ag.max(ag.concatenate([w, w])) * 3, (4,)),
    "maximum, ties": (lambda w: ag.maximum(w, w * 1.0).sum() + ag.abs(w).sum(), (4,)),
    "concatenate": (lambda w: (ag.concatenate([w, X, w * 2]) ** 2).sum(), (2, 3)),
    "stack, split": (lambda w: ag.stack([a * 2 + 1 for a in ag.split(w, 2)]).prod(), (4,)),
    "einsum": (lambda w: ag.tanh(ag.einsum("ij,jk->ik", X, w)).sum(), (3, 4)),
    "trace": (lambda w: ag.einsum("ii->", w) ** 2, (3, 3)),
    "custom": (lambda w: Cube.apply(w).sum(), (3,)),
    "create_graph": (of_gradient, (3,)),
    "freed": (freed, (3,)),
    "itself": (lambda w: w, ()),
    "indices": (lambda w: (w[[0, 0, 3]] * w[1:4]).sum() + w[-1] ** 2, (5,)),
    "mask": (lambda w: (w[w.data > 0] ** 2).sum(), (5,)),
    "cumsum, prod": (lambda w: ag.prod(ag.cumsum(w) + 5.0), (4,)),
    "statistics": (lambda w: ag.norm(w) + ag.std(w) + ag.var(w), (4,)),
    "logsumexp": (lambda w: ag.logsumexp(w, axis=1).sum() + ag.softmax(w, axis=0)[0, 0], (3, 4)),
    "one element": (lambda w: (w * 3.0) ** 2, (1, 1)),
    "empty": (lambda w: (w * 2).sum(), (0, 3)),
    "two to the 15": (deep, (2,)),
    "recurrent": (recurrent, (3, 3)),
    "reshaped": (lambda w: w.T.reshape(6) @ np.arange(6.0) + (w.reshape(3, 2) @ w).sum(), (2, 3)),
    "vectors": (lambda w: ag.dot(w, w) + ag.outer(w, w).sum(), (3,)),
    "a constant of itself": (lambda w: (w * w.detach()).sum(), (3,)),
    "picked": (lambda w: ag.sum_at(w**2, (np.arange(4), [0, 1, 2, 0]), over=3), (4, 3)),
    "infinite": (lambda w: ag.log(1 + ag.exp(w * 1e4)).sum(), (3,)),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", GRAPHS)
def test_numbers_are_those_of_the_engine(name: str, dtype: Any) -> None:
    """At both levels and in all formats, before backward and after it."""
    function, shape = GRAPHS[name]
    value = np.random.default_rng(0).normal(size=shape).astype(dtype)
    w = Tensor(value, requires_grad=True, name="w")
    with np.errstate(all="ignore"):
        loss = function(w)
        found = [ag.derive(loss, w), ag.derive(loss, w, level="operations", layout="rows")]
        why = [ag.explain(loss, w)]
        assert w.grad is None
        (loss if name != "freed" else (ag.exp(w) * ag.cos(w)).sum()).backward()
        found.append(ag.derive(loss, w))
        why.append(ag.explain(loss, w))
    assert w.grad is not None
    near = {"rtol": 2e-5, "atol": 1e-6} if dtype == np.float32 else {"rtol": 1e-9, "atol": 1e-12}
    for made in (*[d.result for d in found], *[e.gradient for e in why]):
        assert np.shape(made) == shape
        np.testing.assert_allclose(made, w.grad.data, **near)
    for derivation in found:
        assert derivation.text()
        assert derivation.latex().startswith(r"\begin{aligned}")
        assert "<math" in derivation.html()
    assert all(str(e) for e in why)
