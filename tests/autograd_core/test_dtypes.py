"""Dtypes: NumPy's promotion, gradients of their tensor's own, and what is refused by name."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import DTypeError, ShapeError

FLOATS = [np.float32, np.float64]
HELD = [*FLOATS, np.bool_, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint64]


@pytest.fixture
def default_dtype() -> Iterator[None]:
    """Puts the default dtype back."""
    yield
    ag.set_default_dtype(np.float64)


def test_dtype_of_data() -> None:
    """Arrays and NumPy scalars keep their dtype; Python's numbers become NumPy's defaults."""
    for kind in HELD:
        assert Tensor(np.ones(2, kind)).dtype == kind
        assert Tensor(kind(1)).dtype == kind
        assert Tensor([1, 0], dtype=kind).dtype == kind
    assert Tensor([1.0]).dtype == np.float64
    assert Tensor(1.0).dtype == np.float64
    assert Tensor([1, 2]).dtype == np.int64
    assert Tensor([True]).dtype == np.bool_
    assert Tensor([]).dtype == np.float64
    assert Tensor([np.float32(1)]).dtype == np.float64
    assert Tensor(range(3)).dtype == np.int64


@pytest.mark.parametrize(("left", "right"), list(itertools.product(HELD, FLOATS)))
def test_promotion_is_numpys(left: Any, right: Any) -> None:
    """Array with array, array with scalar, scalar with scalar: as NumPy 2 promotes."""
    for a, b in itertools.product((left(1), np.ones(2, left)), (right(1), np.ones(2, right))):
        for x, y in (
            (Tensor(a), Tensor(b, requires_grad=True)),
            (a, Tensor(b, requires_grad=True)),
        ):
            for f in (ag.add, ag.multiply, ag.maximum, ag.divide):
                made = f(x, y)
                assert made.dtype == f(a, b).dtype
                made.sum().backward()
                assert y.grad.dtype == right
                assert y.grad.shape == y.shape
                y.grad = None


@pytest.mark.parametrize("kind", FLOATS)
@pytest.mark.parametrize("number", [2, 2.0, True, -3])
def test_python_numbers_are_weak(kind: Any, number: Any) -> None:
    """Python's numbers take the dtype of the tensor, in every operation."""
    for shape in ((), (2,), (0,)):
        x = Tensor(np.ones(shape, kind), requires_grad=True)
        for y in (
            x + number,
            number - x,
            x * number,
            number / (x + 1),
            x**number,
            ag.maximum(x, number),
            ag.where(x > 0, x, number),
            ag.where(x > 0, number, x),
            ag.clip(x, number, None),
            ag.clip(x, None, number),
            ag.pad(x, 1, constant_values=number) if shape else x,
            ag.logaddexp(x, number),
            x % 2,
        ):
            assert y.dtype == kind
            y.sum().backward(create_graph=True)
            assert x.grad.dtype == kind
            x.grad = None


@pytest.mark.parametrize(
    "name",
    [
        "sum",
        "mean",
        "var",
        "std",
        "max",
        "min",
        "prod",
        "norm",
        "logsumexp",
        "cumsum",
        "softmax",
        "log_softmax",
        "sort",
    ],
)
def test_reductions_keep_float32(name: str) -> None:
    """Reductions of float32, whole and along an axis, are float32, gradients too."""
    for kwargs in ({}, {"axis": 1}):
        x = Tensor(np.arange(1, 7, dtype=np.float32).reshape(2, 3), requires_grad=True)
        y = getattr(ag, name)(x, **kwargs)
        assert y.dtype == np.float32
        y.sum().backward(create_graph=True)
        assert x.grad.dtype == np.float32
        tangent = ag.jvp(lambda v, k=kwargs: getattr(ag, name)(v, **k), x.data, x.data)[1]
        assert tangent.dtype == np.float32


def test_reductions_of_integers_and_truths() -> None:
    """Integers and truths reduce to what NumPy reduces them to."""
    for a in (np.array([[1, 2], [3, 4]], np.int32), np.array([[True, False], [True, True]])):
        for name in ("sum", "mean", "prod", "max", "min", "var", "std", "cumsum"):
            got = getattr(ag, name)(Tensor(a))
            want = getattr(np, name)(a)
            assert got.dtype == want.dtype, name
            np.testing.assert_array_equal(got.data, want)
    x = Tensor([1, 2, 3])
    assert x.softmax().dtype == np.float64
    assert x.log_softmax().dtype == np.float64
    assert x.logsumexp().dtype == np.float64


def test_integers_keep_to_integers() -> None:
    """Operations on integers give the dtypes of NumPy's."""
    a = np.array([7, -7, 2])
    x = Tensor(a)
    for got, want in (
        (x // 2, a // 2),
        (x % 3, a % 3),
        (x + 1, a + 1),
        (x / 2, a / 2),
        (x**2, a**2),
        (-x, -a),
        (abs(x), abs(a)),
        (x.clip(0, None), a.clip(0, None)),
        (x.clip(None, 3), a.clip(None, 3)),
        (round(x, 1), a.round(1)),
        (ag.sign(x), np.sign(a)),
        (ag.sqrt(x * x), np.sqrt(a * a)),
        (ag.relu(x), np.maximum(a, 0)),
        (ag.where(x > 0, x, 0), np.where(a > 0, a, 0)),
        (ag.sigmoid(x) > 0.5, a > 0),
    ):
        np.testing.assert_array_equal(got.data, want)
        assert got.dtype == np.asarray(want).dtype


@pytest.mark.parametrize("mixed", [np.float64, np.int64, np.bool_])
def test_gradients_have_their_tensors_dtype(mixed: Any) -> None:
    """In operations of mixed precision each gradient has the dtype of its own tensor."""
    a = Tensor(np.ones((2, 3), np.float32), requires_grad=True)
    for f in (
        lambda c: a * c,
        lambda c: a @ c.T,
        lambda c: ag.concatenate([a, c]),
        lambda c: ag.stack([a, c]),
        lambda c: ag.where(c > 0, a, c),
        lambda c: ag.einsum("ij,ij->i", a, c),
        lambda c: ag.arctan2(a, c) + ag.hypot(a, c),
        lambda c: a**c,
        lambda c: ag.astype(a, np.float64) * c,
    ):
        a.grad = None
        f(Tensor(np.ones((2, 3), mixed))).sum().backward()
        assert a.grad.dtype == np.float32


def test_astype() -> None:
    """Between floats a conversion stays on the graph; to integers and truths it leaves it."""
    x = Tensor([1.5, 2.5], requires_grad=True)
    y = x.astype(np.float32)
    assert y.dtype == np.float32
    (y * 2).sum().backward()
    assert x.grad.dtype == np.float64
    assert x.grad.tolist() == [2.0, 2.0]
    for kind in (int, bool, np.uint8):
        z = x.astype(kind)
        assert not z.requires_grad
        assert z.dtype == np.dtype(kind)
    assert x.astype("float64", copy=False) is x
    assert x.astype(float) is not x
    n = Tensor([1, 2]).astype(float)
    assert not n.requires_grad
    assert n.dtype == np.float64


def test_default_dtype(default_dtype: None) -> None:
    """Python's floats, and constructors, take the default dtype; arrays keep theirs."""
    ag.set_default_dtype("float32")
    assert ag.get_default_dtype() == np.float32
    for x in (
        Tensor(0.5),
        Tensor([0.5]),
        ag.zeros(2),
        ag.ones((2,)),
        ag.eye(2),
        ag.full(2, 1.0),
        ag.linspace(0, 1, 3),
        ag.randn(2, rng=0),
        ag.tensor([[0.5]]),
    ):
        assert x.dtype == np.float32
        assert (Tensor(x, requires_grad=True) * 2.0).dtype == np.float32
    assert Tensor(np.zeros(2)).dtype == np.float64
    assert Tensor(np.float64(1)).dtype == np.float64
    assert Tensor([1, 2]).dtype == np.int64
    x = Tensor(2.0, requires_grad=True)
    (x * x).backward()
    assert x.grad.dtype == np.float32
    ag.set_default_dtype(np.float64)
    assert Tensor(0.5).dtype == np.float64


@pytest.mark.parametrize("bad", [np.float16, np.int64, complex, "longdouble", bool])
def test_default_dtype_is_a_float(bad: Any, default_dtype: None) -> None:
    """Only float32 and float64 may be the default."""
    with pytest.raises(DTypeError, match="float32 or float64"):
        ag.set_default_dtype(bad)


REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "float16": (np.ones(2, np.float16), DTypeError, "float32"),
    "longdouble": (np.ones(2, np.longdouble), DTypeError, "float64"),
    "complex": (np.ones(2, complex), DTypeError, "real and imaginary"),
    "complex number": (1j, DTypeError, "real and imaginary"),
    "objects": (np.array([1, None]), DTypeError, "object"),
    "strings": (["a", "b"], DTypeError, "convert to numbers"),
    "bytes": ([b"a"], DTypeError, "convert to numbers"),
    "None": (None, DTypeError, "object"),
    "set": ({1.0}, DTypeError, "object"),
    "generator": ((i for i in range(3)), DTypeError, "object"),
    "dates": (np.array(["2020-01-01"], "datetime64[D]"), DTypeError, "datetime64"),
    "records": (np.zeros(2, [("a", float)]), DTypeError, "use float64"),
    "masked": (np.ma.array([1.0, 2.0], mask=[0, 1]), DTypeError, "filled"),
    "masked in a list": ([np.ma.array([1.0], mask=[True])], DTypeError, "filled"),
    "the masked constant": ([1.0, np.ma.masked], DTypeError, "filled"),
    "big-endian": (np.ones(2, ">f8"), DTypeError, "byte order"),
    "ragged": ([[1.0], [1.0, 2.0]], ShapeError, "ragged"),
    "huge integer": (10**400, DTypeError, "object"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused_as_data(what: str) -> None:
    """What a Tensor does not hold is refused by name, with a way out."""
    value, kind, words = REFUSED[what]
    for requires_grad in (False, True):
        with pytest.raises(kind, match=words):
            Tensor(value, requires_grad=requires_grad)


@pytest.mark.parametrize("what", [w for w in REFUSED if w not in ("None", "set", "generator")])
def test_refused_as_operand(what: str) -> None:
    """As an operand it is refused too, with the operation's name."""
    value, kind, words = REFUSED[what]
    words = words if what != "huge integer" else "too large"
    kinds = kind if what != "huge integer" else ag.errors.ArgumentError
    for x in (Tensor([1.0, 2.0], requires_grad=True), Tensor([1.0, 2.0])):
        with pytest.raises(kinds, match=f"multiply.*{words}"):
            x * value
        with pytest.raises(kinds):
            ag.multiply(value, x)


@pytest.mark.parametrize("kind", [int, bool, np.uint8, np.int32])
def test_only_floats_require_gradients(kind: Any) -> None:
    """Integers and truths cannot require a gradient, and the error offers the way out."""
    with pytest.raises(DTypeError, match="dtype=float") as caught:
        Tensor(np.ones(2, kind), requires_grad=True)
    assert str(np.dtype(kind)) in str(caught.value)
    x = Tensor(np.ones(2, kind))
    with pytest.raises(DTypeError):
        x.requires_grad = True
    assert not x.requires_grad
    assert Tensor(np.ones(2, kind), dtype=float, requires_grad=True).dtype == np.float64


@pytest.mark.parametrize("bad", ["foo", np.float16, complex, object, "U3", np.longdouble])
def test_bad_dtype_argument(bad: Any) -> None:
    """A dtype that is unknown or not held is refused where it is given."""
    for call in (
        lambda: Tensor([1.0], dtype=bad),
        lambda: Tensor([1.0]).astype(bad),
        lambda: ag.astype(Tensor([1.0], requires_grad=True), bad),
    ):
        with pytest.raises(DTypeError):
            call()


def test_comparisons_and_logic() -> None:
    """Comparisons give truths, and truths combine; none of it is on the graph."""
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    both = (x > 1) & ~(x == 3) | (x < 0)
    assert both.tolist() == [False, True, False]
    assert both.dtype == np.bool_
    assert not both.requires_grad
    assert (x * both).sum().item() == 2.0
    assert x[both].tolist() == [2.0]
    with pytest.raises(DTypeError, match="bitwise_and"):
        x & 1


def test_empty_arrays() -> None:
    """Arrays without elements keep shape and dtype through operations and gradients."""
    x = Tensor(np.zeros((0, 3), np.float32), requires_grad=True)
    y = (ag.exp(x) * 2 + 1).sum(axis=0) @ np.ones(3, np.float32)
    assert y.dtype == np.float32
    y.backward()
    assert x.grad.shape == (0, 3)
    assert x.grad.dtype == np.float32
    assert (x @ np.ones((3, 2), np.float32)).shape == (0, 2)
    assert ag.concatenate([x, x]).shape == (0, 3)
    assert ag.softmax(x).shape == (0, 3)
