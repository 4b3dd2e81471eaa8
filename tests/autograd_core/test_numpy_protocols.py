"""NumPy's and Python's protocols: what is asked of a Tensor stays on the graph or is refused."""

from __future__ import annotations

import builtins
import copy
import math
import pickle
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import (
    AutogradError,
    DTypeError,
    GraphError,
    ShapeError,
    UnsupportedError,
)

A = np.array([1.0, 2.0])
MASKED = np.ma.array([1.0, 2.0], mask=[False, True])


def leaf(value: Any = A) -> Tensor:
    return Tensor(value, requires_grad=True)


# -- what stays on the graph --------------------------------------------------------------------

STAYS: dict[str, tuple[Callable[[Tensor], Any], Any]] = {
    "ndarray * t": (lambda t: A * t, A * A),
    "ndarray @ t": (lambda t: A @ t, A @ A),
    "ndarray / t": (lambda t: A / t, A / A),
    "ndarray of no dimension": (lambda t: np.array(2.0) * t, 2.0 * A),
    "NumPy scalar": (lambda t: np.float64(2.0) * t, 2.0 * A),
    "NumPy integer": (lambda t: np.int64(3) - t, 3 - A),
    "number ** t": (lambda t: 2**t, 2**A),
    "list - t": (lambda t: [1, 2] - t, [1, 2] - A),
    "t - tuple": (lambda t: t - (1, 2), A - (1, 2)),
    "np.tanh": (np.tanh, np.tanh(A)),
    "np.add": (lambda t: np.add(A, t), A + A),
    "np.matmul": (lambda t: np.matmul(np.ones((3, 2)), t), np.ones((3, 2)) @ A),
    "np.where": (lambda t: np.where(t > 1.5, t, 0), np.where(A > 1.5, A, 0)),
    "np.linalg.norm": (np.linalg.norm, np.linalg.norm(A)),
    "np.add.reduce": (np.add.reduce, np.add.reduce(A)),
    "np.multiply.reduce": (np.multiply.reduce, 2.0),
    "np.maximum.reduce": (lambda t: np.maximum.reduce(t, axis=None), 2.0),
    "np.minimum.reduce": (lambda t: np.minimum.reduce(t, keepdims=True), [1.0]),
    "np.concatenate": (lambda t: np.concatenate([A, t]), [1.0, 2.0, 1.0, 2.0]),
    "np.stack": (lambda t: np.stack([t, t]), [A, A]),
    "np.einsum": (lambda t: np.einsum("i,i->", t, A, optimize=True), 5.0),
    "np.divmod": (lambda t: np.divmod(t, 0.75)[1], A % 0.75),
    "np.clip": (lambda t: np.clip(t, 1.5, None), [1.5, 2.0]),
    "np.copy": (np.copy, A),
    "builtin sum": (lambda t: builtins.sum([t, t]), 2 * A),
    "builtin max": (lambda t: builtins.max(t), 2.0),
    "math.prod": (math.prod, 2.0),
    "generator": (lambda t: builtins.sum(x * x for x in t), 5.0),
    "sorted": (lambda t: ag.stack(sorted(t, reverse=True)), [2.0, 1.0]),
    "reversed": (lambda t: ag.stack(list(reversed(t))), [2.0, 1.0]),
}


@pytest.mark.parametrize("what", STAYS)
def test_stays_on_the_graph(what: str) -> None:
    """The result is a Tensor of NumPy's value, and its gradient arrives."""
    f, expected = STAYS[what]
    t = leaf()
    y = f(t)
    assert isinstance(y, Tensor)
    assert y.requires_grad
    np.testing.assert_allclose(y.data, expected)
    y.sum().backward()
    assert t.grad is not None
    eps = 1e-6
    for i in range(2):
        step = np.eye(2)[i] * eps
        slope = (f(Tensor(A + step)).sum().item() - f(Tensor(A - step)).sum().item()) / (2 * eps)
        assert t.grad.data[i] == pytest.approx(slope, abs=1e-6)


# -- what is refused ----------------------------------------------------------------------------


def assign(array: Any, index: Any, value: Any) -> None:
    array[index] = value


REFUSED: dict[str, tuple[Callable[[Tensor], Any], type[Exception], str]] = {
    "np.array": (np.array, GraphError, "stack"),
    "np.asarray": (np.asarray, GraphError, "detach"),
    "np.array([t, t])": (lambda t: np.array([t, t]), GraphError, "stack"),
    "np.array of objects": (lambda t: np.array([t, None], object), GraphError, "detach"),
    "Tensor(t)": (Tensor, GraphError, "clone"),
    "Tensor([t, t])": (lambda t: Tensor([t, t]), GraphError, "stack"),
    "Tensor([[t[0]]])": (lambda t: Tensor([[t[0]]]), GraphError, "stack"),
    "ndarray.dot": (lambda t: A.dot(t), GraphError, "detach"),
    "ndarray.searchsorted": (lambda t: A.searchsorted(t), GraphError, "detach"),
    "np.float64": (np.float64, GraphError, "detach"),
    "float": (lambda t: float(t[0]), GraphError, "item"),
    "int": (lambda t: int(t[0]), GraphError, "item"),
    "complex": (lambda t: complex(t[0]), GraphError, "item"),
    "math.exp": (lambda t: math.exp(t[0]), GraphError, "exp"),
    "math.floor": (lambda t: math.floor(t[0]), GraphError, "item"),
    "math.fsum": (math.fsum, GraphError, "item"),
    "masked * t": (lambda t: MASKED * t, GraphError, "graph"),
    "t * masked": (lambda t: t * MASKED, DTypeError, "mask"),
    "np.add(masked, t)": (lambda t: np.add(MASKED, t), DTypeError, "mask"),
    "np.where(masked, t)": (lambda t: np.where(MASKED > 1, t, 0), DTypeError, "mask"),
    "masked @ t": (lambda t: MASKED @ t, DTypeError, "mask"),
    "t * [masked]": (lambda t: t * [np.ma.masked, 1.0], DTypeError, "mask"),
    "np.ma.add": (lambda t: np.ma.add(MASKED, t), GraphError, "graph"),
    "stack([masked, t])": (lambda t: ag.stack([MASKED, t]), DTypeError, "mask"),
    "out=array": (lambda t: np.exp(t, out=np.zeros(2)), UnsupportedError, "out="),
    "out=t": (lambda t: np.exp(A, out=t), UnsupportedError, "assign"),
    "ndarray += t": (lambda t: A.copy().__iadd__(t), UnsupportedError, "out="),
    "array[:] = t": (lambda t: assign(A.copy(), slice(None), t), GraphError, "detach"),
    "np.sum out": (lambda t: np.sum(t, out=np.zeros(())), UnsupportedError, "out="),
    "np.copyto": (lambda t: np.copyto(A.copy(), t), UnsupportedError, "assign"),
    "np.add.at": (lambda t: np.add.at(A.copy(), [0, 1], t), UnsupportedError, "at"),
    "np.add.accumulate": (np.add.accumulate, UnsupportedError, "accumulate"),
    "np.add.outer": (lambda t: np.add.outer(t, t), UnsupportedError, "outer"),
    "np.add.reduce initial": (lambda t: np.add.reduce(t, initial=1.0), UnsupportedError, "initial"),
    "np.exp where": (lambda t: np.exp(t, where=A > 1), UnsupportedError, "where"),
    "np.exp dtype": (lambda t: np.exp(t, dtype=np.float32), UnsupportedError, "dtype"),
    "np.where of one": (lambda t: np.where(t > 0), UnsupportedError, "nonzero"),
    "np.median": (np.median, UnsupportedError, "sort"),
    "np.nan_to_num": (np.nan_to_num, UnsupportedError, "isnan"),
    "np.fmax": (lambda t: np.fmax(t, t), UnsupportedError, "maximum"),
    "np.linalg.solve": (lambda t: np.linalg.solve(np.eye(2), t), UnsupportedError, "linalg.solve"),
    "np.fft.fft": (np.fft.fft, UnsupportedError, "numpy.fft.fft"),
    "np.save": (lambda t: np.save("x.npy", t), UnsupportedError, "numpy()"),
    "np.bincount": (lambda t: np.bincount([0, 1], weights=t), UnsupportedError, "bincount"),
    "np.vectorize": (lambda t: np.vectorize(abs)(t), GraphError, "detach"),
    "choice": (lambda t: np.random.default_rng(0).choice(t), GraphError, "detach"),
    "choice p": (lambda t: np.random.default_rng(0).choice(2, p=t / 3), GraphError, "detach"),
    "normal": (lambda t: np.random.default_rng(0).normal(t), GraphError, "detach"),
    "t + None": (lambda t: t + None, DTypeError, "NoneType"),
    "t + str": (lambda t: t + "a", DTypeError, "str"),
    "t < None": (lambda t: t < None, DTypeError, "NoneType"),
    "t * Decimal": (lambda t: t * Decimal(2), DTypeError, "object"),
    "t * complex": (lambda t: t * 1j, DTypeError, "complex"),
    "t * float16": (lambda t: t * np.float16(1), DTypeError, "float16"),
    "t * longdouble": (lambda t: t * np.longdouble(1), DTypeError, "float64"),
    "t * objects": (lambda t: t * np.array([1, None]), DTypeError, "object"),
    "t * strings": (lambda t: t * np.array(["a", "b"]), DTypeError, "U"),
    "t * ragged": (lambda t: t * [[1], [1, 2]], ShapeError, "ragged"),
    "t * big-endian": (lambda t: t * A.astype(">f8"), DTypeError, "byte order"),
    "bool": (bool, ShapeError, "ambiguous"),
    "len": (lambda t: len(t[0]), DTypeError, "len"),
    "iter": (lambda t: iter(t[0]), DTypeError, "iter"),
    "item": (lambda t: t.item(), ShapeError, "2 elements"),
    "format": (lambda t: f"{t:.2f}", ShapeError, "format"),
    "index": (lambda t: [1, 2][t[0]], DTypeError, "integer"),
    "deepcopy": (lambda t: copy.deepcopy(t * 2), GraphError, "detach"),
    "pickle": (lambda t: pickle.dumps(t * 2), GraphError, "detach"),
    "an unknown argument": (lambda t: np.sum(t, axis=0, dtype=int), UnsupportedError, "dtype"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what: str) -> None:
    """What cannot stay on the graph raises an error that names a way; the tensor is unharmed."""
    f, kind, words = REFUSED[what]
    t = leaf()
    with pytest.raises(kind, match=words) as caught:
        f(t)
    assert isinstance(caught.value, AutogradError)
    assert t.tolist() == [1.0, 2.0]


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_matrix_is_refused() -> None:
    """A ``numpy.matrix``, whose product is another, is refused on either side."""
    matrix = np.asmatrix(np.eye(2))
    for f in (lambda t: t * matrix, lambda t: matrix * t, lambda t: t @ matrix):
        with pytest.raises(DTypeError, match="asarray"):
            f(leaf())


def test_refusal_inside_numpys_own_error() -> None:
    """Where NumPy raises in our place, our error is its cause."""
    with pytest.raises(ValueError, match="sequence") as caught:
        assign(A.copy(), 0, leaf(2.0))
    assert isinstance(caught.value.__cause__, GraphError)


# -- constants ----------------------------------------------------------------------------------


def test_a_constant_is_an_array_to_numpy() -> None:
    """A tensor outside of the graph converts, without a copy and read-only."""
    c = Tensor(A)
    for made in (np.asarray(c), np.array([c, c]), np.array(c), A.dot(c), np.float64(Tensor(2.0))):
        assert isinstance(made, (np.ndarray, np.float64))
    view = np.asarray(c)
    assert np.shares_memory(view, c.data)
    assert not view.flags.writeable
    np.testing.assert_allclose(c, A)
    assert np.asarray(c, dtype=np.float32).dtype == np.float32
    copied = np.array(c)
    copied[0] = 9.0
    assert c.tolist() == [1.0, 2.0]
    assert A[c > 1].tolist() == [2.0]
    assert math.exp(Tensor(0.0)) == 1.0
    assert int(Tensor(3)) == 3
    assert complex(Tensor(1.5)) == 1.5
    assert [10, 20][Tensor(1)] == 20
    assert list(range(Tensor(2))) == [0, 1]


def test_a_masked_array_keeps_its_mask_with_a_constant() -> None:
    """With a constant tensor NumPy's masked arrays go on masking; ours refuse them."""
    product = MASKED * Tensor([3.0, 4.0])
    assert isinstance(product, np.ma.MaskedArray)
    assert product.mask.tolist() == [False, True]
    with pytest.raises(DTypeError, match="mask"):
        Tensor([3.0, 4.0]) * MASKED


def test_like_constructors() -> None:
    """``np.zeros_like(t)`` and its kin give constant tensors of the shape and dtype."""
    t = leaf(np.ones((2, 3), np.float32))
    for made, value in (
        (np.zeros_like(t), 0.0),
        (np.ones_like(t), 1.0),
        (np.full_like(t, 2.5), 2.5),
    ):
        assert isinstance(made, Tensor)
        assert not made.requires_grad
        assert (made.shape, made.dtype) == ((2, 3), np.float32)
        assert made.data[0, 0] == value
    assert np.empty_like(t).shape == (2, 3)
    assert np.ones_like(t, dtype=int).dtype == np.int64


def test_questions_about_shape_and_type() -> None:
    """NumPy's functions that only ask get their answers, as plain values."""
    t = leaf(np.ones((2, 3), np.float32))
    assert np.shape(t) == (2, 3)
    assert np.ndim(t) == 2
    assert np.size(t) == 6
    assert np.size(t, 0) == 2
    assert np.result_type(t, np.float64) == np.float64
    assert not np.iscomplexobj(t)
    assert np.may_share_memory(t, t)
    assert np.array_repr(t).startswith("array(")
    assert np.array_equal(t, t) is True
    assert np.allclose(t, t + 1e-9) is True
    assert np.iterable(t)


# -- Python -------------------------------------------------------------------------------------


def test_identity_hash_and_membership() -> None:
    """Tensors are keys by identity; ``in`` finds them in lists; None is never equal."""
    s, t = leaf(2.0), leaf()
    assert {s: 1, t: 2}[t] == 2
    assert len({s, s, t}) == 2
    assert t in [None, "a", t]
    assert s in [1.0, 2.0]
    assert None not in [t]
    assert 2.0 in t
    assert 3.0 not in t
    assert [None, t].index(t) == 1
    assert (t == None) is False  # noqa: E711
    assert (t != None) is True  # noqa: E711
    assert (t == "a") is False
    with pytest.raises(ShapeError, match="ambiguous"):
        assert t in [leaf()]


def test_equality_answers_with_tensors() -> None:
    """``==`` compares elements, with arrays and lists too, and its result is a constant."""
    t = leaf()
    for other in (A, [1.0, 2.0], leaf()):
        same = t == other
        assert isinstance(same, Tensor)
        assert same.tolist() == [True, True]
        assert not same.requires_grad
    assert bool((t == A).all())


def test_copies() -> None:
    """Leaves copy, deeply copy and pickle with value, name, gradient's flag; nothing is shared."""
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    (x * 3.0).sum().backward()
    for made in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert made.tolist() == [1.0, 2.0]
        assert made.requires_grad
        assert made.is_leaf
        assert made.name == "x"
        assert not np.shares_memory(made.data, x.data)
        (made * 2.0).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    assert copy.deepcopy(x).grad.tolist() == [3.0, 3.0]
    twice = copy.deepcopy([x, x])
    assert twice[0] is twice[1]
    constant = pickle.loads(pickle.dumps(Tensor(np.float32(1.5))))
    assert constant.dtype == np.float32
    detached = copy.deepcopy((x * 2).detach())
    assert detached.tolist() == [2.0, 4.0]


def test_format_and_repr() -> None:
    """A number formats as one; a repr shows value, shape, dtype, operation and name."""
    s = leaf(1.23456)
    assert f"{s:.2f}" == "1.23"
    assert f"{s}" == repr(s)
    assert repr(s) == "Tensor(1.23456, shape=(), dtype=float64, requires_grad=True)"
    assert repr(s * 2) == "Tensor(2.46912, shape=(), dtype=float64, op=multiply)"
    assert repr(Tensor([1, 2])) == "Tensor([1, 2], shape=(2,), dtype=int64)"
    assert repr(Tensor(np.float32(1.5))) == "Tensor(1.5, shape=(), dtype=float32)"
    assert "name='w'" in repr(Tensor(1.0, name="w"))
    assert "shape=(0, 3)" in repr(Tensor(np.zeros((0, 3))))
    assert "shape=(100, 100)" in repr(Tensor(np.zeros((100, 100))))
    assert len(repr(Tensor(np.zeros((100, 100))))) < 1000


def test_truth_of_one_element() -> None:
    """A tensor of one element is true or false, whatever its shape."""
    assert leaf(1.0)
    assert not leaf(0.0)
    assert Tensor([[2.0]])
    assert (leaf() > 0).all()


def test_plot() -> None:
    """Matplotlib draws a constant tensor as it draws an array, and refuses one on the graph."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    figure, axes = pyplot.subplots()
    (line,) = axes.plot(Tensor([0.0, 1.0, 2.0]), Tensor([1.0, 4.0, 9.0]))
    np.testing.assert_array_equal(line.get_xydata(), [[0, 1], [1, 4], [2, 9]])
    axes.scatter(Tensor([0.0, 1.0]), Tensor([1.0, 2.0]))
    axes.hist(Tensor([0.0, 1.0, 1.0]))
    axes.imshow(Tensor(np.eye(2)))
    with pytest.raises(GraphError, match="leave the graph"):
        axes.plot(leaf())
    pyplot.close(figure)
