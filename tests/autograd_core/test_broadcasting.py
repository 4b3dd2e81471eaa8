"""Shapes that broadcast, products and sums over named axes: any of them, by hypothesis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.broadcasting import normalize_axis, sum_to
from autograd_core.errors import AxisError, DTypeError, ShapeError


def leaf(shape: tuple[int, ...], seed: int) -> Tensor:
    return Tensor(np.random.default_rng(seed).normal(size=shape), requires_grad=True)


def summed(g: Any, shape: tuple[int, ...]) -> Any:
    """The gradient of an operand of `shape` that was repeated to the shape of `g`, element-wise."""
    places = np.broadcast_to(np.arange(int(np.prod(shape))).reshape(shape), g.shape)
    sums = np.bincount(places.ravel(), np.ravel(g), minlength=int(np.prod(shape)))
    return sums.reshape(shape)


SHAPES = hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3, min_side=0)


@settings(max_examples=150)
@given(SHAPES)
def test_any_two_shapes(shapes: hnp.BroadcastableShapes) -> None:
    """Whatever broadcasts, each gradient is the sum over the places to which an element went."""
    (left, right), result = shapes.input_shapes, shapes.result_shape
    a, b = leaf(left, 1), leaf(right, 2)
    w = np.random.default_rng(3).normal(size=result)
    for f, by_a, by_b in (
        (ag.add, np.ones(result), np.ones(result)),
        (ag.multiply, b.data + np.zeros(result), a.data + np.zeros(result)),
        (lambda x, y: ag.where(w > 0, x, y), w > 0, w <= 0),
    ):
        a.grad = b.grad = None
        y = f(a, b)
        assert y.shape == result
        y.backward(w)
        np.testing.assert_allclose(a.grad.data, summed(w * by_a, left), atol=1e-12)
        np.testing.assert_allclose(b.grad.data, summed(w * by_b, right), atol=1e-12)
        assert a.grad.shape == left
        assert b.grad.shape == right


@settings(max_examples=60)
@given(SHAPES)
def test_broadcast_to_and_sum_to(shapes: hnp.BroadcastableShapes) -> None:
    """`sum_to` is the transpose of broadcasting, on arrays and on tensors."""
    (left, _), result = shapes.input_shapes, shapes.result_shape
    g = np.random.default_rng(4).normal(size=result)
    x = leaf(left, 5)
    ag.broadcast_to(x, result).backward(g)
    np.testing.assert_allclose(x.grad.data, summed(g, left), atol=1e-12)
    np.testing.assert_allclose(sum_to(g, left), summed(g, left), atol=1e-12)
    np.testing.assert_allclose(sum_to(Tensor(g), left).data, summed(g, left), atol=1e-12)


def test_sum_to_refuses_what_never_broadcast() -> None:
    """A gradient that no broadcasting can have made is refused."""
    for shape, target in (((3,), (2, 3)), ((2, 3), (3, 2)), ((4,), (3,))):
        with pytest.raises(ShapeError, match="gradient of shape"):
            sum_to(np.ones(shape), target)


@settings(max_examples=80)
@given(st.data())
def test_matmul_of_any_shapes(data: st.DataObject) -> None:
    """Matrices, stacks that broadcast, vectors on either side: value, shapes and gradients."""
    spec = data.draw(
        hnp.mutually_broadcastable_shapes(
            signature="(n?,k),(k,m?)->(n?,m?)", max_dims=2, max_side=3
        )
    )
    (left, right), result = spec.input_shapes, spec.result_shape
    a, b = leaf(left, 1), leaf(right, 2)
    y = a @ b
    np.testing.assert_allclose(y.data, a.data @ b.data, atol=1e-12)
    assert y.shape == result
    w = np.random.default_rng(3).normal(size=result)
    y.backward(w)
    eps = 1e-6
    for x, other in ((a, lambda d: (a.data + d) @ b.data), (b, lambda d: a.data @ (b.data + d))):
        direction = np.random.default_rng(4).normal(size=x.shape)
        slope = ((other(eps * direction) - other(-eps * direction)) * w).sum() / (2 * eps)
        assert float((x.grad.data * direction).sum()) == pytest.approx(slope, abs=1e-7)


@st.composite
def subscripts(draw: st.DrawFn) -> tuple[str, list[tuple[int, ...]]]:
    """An einsum of one to three operands, with repeated labels, over axes of sizes 1 to 3."""
    sizes = {c: draw(st.integers(1, 3)) for c in "abcd"}
    terms = [
        "".join(draw(st.lists(st.sampled_from("abcd"), max_size=3)))
        for _ in range(draw(st.integers(1, 3)))
    ]
    used = sorted(set("".join(terms)))
    output = "".join(draw(st.permutations(used)))[: draw(st.integers(0, len(used)))]
    return f"{','.join(terms)}->{output}", [tuple(sizes[c] for c in t) for t in terms]


@settings(max_examples=150)
@given(subscripts())
def test_any_einsum(case: tuple[str, list[tuple[int, ...]]]) -> None:
    """Any subscripts, diagonals too, give NumPy's value, and gradients that are its transposes."""
    text, shapes = case
    xs = [leaf(shape, i) for i, shape in enumerate(shapes)]
    y = ag.einsum(text, *xs)
    arrays = [x.data for x in xs]
    np.testing.assert_allclose(y.data, np.einsum(text, *arrays), atol=1e-12)
    w = np.random.default_rng(9).normal(size=y.shape)
    y.backward(w)
    for i, x in enumerate(xs):
        direction = np.random.default_rng(10 + i).normal(size=x.shape)
        moved = [direction if k == i else a for k, a in enumerate(arrays)]
        expected = float((np.einsum(text, *moved) * w).sum())  # linear in each operand
        assert float((x.grad.data * direction).sum()) == pytest.approx(expected, abs=1e-10)


@settings(max_examples=60)
@given(st.data())
def test_any_reduction(data: st.DataObject) -> None:
    """Any axes, with and without keepdims, of any shape: NumPy's values and shapes."""
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=4, max_side=3))
    axis = data.draw(st.none() | hnp.valid_tuple_axes(len(shape)))
    keepdims = data.draw(st.booleans())
    a = np.random.default_rng(0).normal(size=shape)
    for name in ("sum", "mean", "var", "std", "max", "min", "prod"):
        x = Tensor(a, requires_grad=True)
        y = getattr(ag, name)(x, axis=axis, keepdims=keepdims)
        expected = getattr(np, name)(a, axis=axis, keepdims=keepdims)
        np.testing.assert_allclose(y.data, expected, rtol=1e-12, atol=1e-14)
        assert y.shape == np.shape(expected)
        y.sum().backward()
        assert x.grad.shape == shape


@settings(max_examples=60)
@given(st.data())
def test_any_reshape(data: st.DataObject) -> None:
    """Shapes of the same size, one size open or none, and permutations, keep every element."""
    shape = data.draw(hnp.array_shapes(max_dims=4, max_side=4))
    order = data.draw(st.permutations(range(len(shape))))
    x = leaf(shape, 0)
    y = x.transpose(order).reshape(-1, shape[0])
    np.testing.assert_array_equal(y.data, x.data.transpose(order).reshape(-1, shape[0]))
    assume(y.size)
    w = np.random.default_rng(1).normal(size=y.shape)
    y.backward(w)
    back = w.reshape([shape[i] for i in order]).transpose(np.argsort(order))
    np.testing.assert_array_equal(x.grad.data, back)


def test_normalize_axis() -> None:
    """Axes become distinct non-negative integers, or an error of NumPy's kind."""
    assert normalize_axis(None, 3, "f") == (0, 1, 2)
    assert normalize_axis(-1, 3, "f") == (2,)
    assert normalize_axis([0, -1], 3, "f") == (0, 2)
    assert normalize_axis(np.int64(1), 3, "f") == (1,)
    assert normalize_axis((), 3, "f") == ()
    for bad, kind in ((3, AxisError), ((0, -3), AxisError), (1.0, DTypeError), ("a", DTypeError)):
        with pytest.raises(kind, match="f: axis"):
            normalize_axis(bad, 3, "f")  # type: ignore[arg-type]
