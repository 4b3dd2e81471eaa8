"""Square brackets: every form of NumPy's, in value, in gradient and in what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import (
    AutogradError,
    AxisError,
    DTypeError,
    GraphError,
    IndexingError,
    ShapeError,
)

A = np.arange(24.0).reshape(2, 3, 4) - 7


def scattered(shape: tuple[int, ...], index: Any, w: Any) -> Any:
    """The gradient of Σ w·x[index]: each element receives the weights of where it was read."""
    size = int(np.prod(shape))
    places = np.arange(size).reshape(shape)[index]
    sums = np.bincount(np.ravel(places), np.ravel(w), minlength=size)
    return sums.reshape(shape).astype(float)


def check(a: Any, index: Any, plain: Any = None) -> None:
    """The value and the gradient of ``Tensor(a)[index]`` are NumPy's."""
    plain = index if plain is None else plain
    expected = a[plain]
    x = Tensor(a, requires_grad=True)
    y = x[index]
    assert y.shape == np.shape(expected)
    np.testing.assert_array_equal(y.data, expected)
    w = np.cos(np.arange(1.0, 1.0 + y.size)).reshape(y.shape)
    (y * w).sum().backward()
    np.testing.assert_allclose(x.grad.data, scattered(a.shape, plain, w), atol=1e-14)
    second = Tensor(a, requires_grad=True)
    (second[index] ** 2 * w).sum().backward(create_graph=True)
    np.testing.assert_allclose(
        second.grad.data, scattered(a.shape, plain, 2 * w * expected), atol=1e-13
    )


FORMS: dict[str, Any] = {
    "integer": 1,
    "negative integer": -1,
    "NumPy integer": np.int32(1),
    "array of no dimension": np.array(1),
    "all integers": (1, 2, 3),
    "slice": slice(0, 1),
    "slice with a step": (slice(None), slice(None, None, 2)),
    "reversed": (slice(None, None, -1), slice(2, 0, -1)),
    "empty slice": slice(1, 1),
    "ellipsis": Ellipsis,
    "ellipsis and integer": (Ellipsis, 0),
    "new axis": (None, 0, None, Ellipsis, None),
    "empty tuple": (),
    "list": [1, 0, 0],
    "list of lists": [[0, 1], [1, 1]],
    "tuple of tuples": ((0, 0, 1), (1, 1, 2)),
    "tuple of lists": ([0, 1], [1, 1], [2, 2]),
    "range": range(-1, 1),
    "empty list": [],
    "array": np.array([0, 1, 1, 0]),
    "unsigned array": np.array([1, 1], np.uint8),
    "matrix of integers": np.array([[0, 1], [1, 1]]),
    "integers that broadcast": (np.array([[0], [1]]), np.array([0, 2, 2])),
    "array and slice": (np.array([0, 1, 1]), slice(1, 3)),
    "slice and array": (slice(None), np.array([0, 0, 2])),
    "arrays apart": (np.array([0, 1, 1]), slice(None), np.array([3, 3, 3])),
    "integer and array": (0, np.array([1, 1])),
    "array and new axis": (np.array([1, 1]), None, np.array([0, 0])),
    "mask": A > 0,
    "mask of the first axis": np.array([False, True]),
    "mask of two axes": A.sum(-1) > 0,
    "empty mask": np.zeros((2, 3, 4), bool),
    "mask as a list": [True, False],
    "mask and integer": (np.array([True, True]), 0),
    "mask and array": (np.array([True, True]), np.array([2, 2])),
    "slice and mask": (slice(None), np.array([True, False, True])),
    "true": True,
    "false": np.False_,
    "true and array": (True, np.array([0, 0])),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms(form: str) -> None:
    """Every form of index reads what NumPy reads, and elements read twice are owed twice."""
    check(A, FORMS[form])


@pytest.mark.parametrize(
    ("index", "plain"),
    [
        (Tensor([0, 1, 1]), np.array([0, 1, 1])),
        (Tensor(1), 1),
        ((slice(None), Tensor([2, 2])), (slice(None), np.array([2, 2]))),
        (Tensor(A > 0), A > 0),
        ([Tensor(1), 0], [1, 0]),
        (slice(Tensor(0), Tensor(1)), slice(0, 1)),
    ],
)
def test_tensors_as_indices(index: Any, plain: Any) -> None:
    """Tensors of integers and of truths are indices."""
    check(A, index, plain)


def test_index_of_a_scalar() -> None:
    """A tensor of no dimension takes an empty tuple, an ellipsis, a new axis."""
    for index in ((), Ellipsis, None, (None, None), True):
        check(np.array(2.5), index)


def basic(shape: tuple[int, ...]) -> st.SearchStrategy[Any]:
    return hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True)


@st.composite
def mixed(draw: st.DrawFn, shape: tuple[int, ...]) -> Any:
    """A part for each of some leading axes: a slice, an integer, integers, a mask, or new axes."""
    parts: list[Any] = []
    length = draw(st.integers(0, 3))
    for n in shape[: draw(st.integers(1, len(shape)))]:
        options = [st.slices(n), st.none()]
        if n:
            number = st.integers(-n, n - 1)
            options += [number, st.lists(number, min_size=length, max_size=length).map(np.intp)]
        part = draw(st.one_of(options))
        if part is None:
            parts.append(None)
            part = slice(None)
        parts.append(part)
    return tuple(np.asarray(p, np.intp) if isinstance(p, np.ndarray) else p for p in parts)


@settings(max_examples=150)
@given(st.data())
def test_any_basic_index(data: st.DataObject) -> None:
    """Integers, slices, ellipses and new axes in any mix."""
    shape = data.draw(hnp.array_shapes(max_dims=4, max_side=4))
    index = data.draw(basic(shape))
    check(np.random.default_rng(0).normal(size=shape), index)


@settings(max_examples=150)
@given(st.data())
def test_any_array_of_integers(data: st.DataObject) -> None:
    """Arrays of integers that broadcast against each other."""
    shape = data.draw(hnp.array_shapes(max_dims=3, max_side=4))
    index = data.draw(hnp.integer_array_indices(shape))
    check(np.random.default_rng(0).normal(size=shape), index)


@settings(max_examples=150)
@given(st.data())
def test_any_mixed_index(data: st.DataObject) -> None:
    """Arrays, slices, integers and new axes in one index."""
    shape = data.draw(hnp.array_shapes(max_dims=4, max_side=4))
    check(np.random.default_rng(0).normal(size=shape), data.draw(mixed(shape)))


@settings(max_examples=60)
@given(st.data())
def test_any_mask(data: st.DataObject) -> None:
    """A mask of some leading axes."""
    shape = data.draw(hnp.array_shapes(max_dims=3, max_side=4))
    dims = data.draw(st.integers(1, len(shape)))
    check(np.random.default_rng(0).normal(size=shape), data.draw(hnp.arrays(bool, shape[:dims])))


def test_the_index_may_be_reused() -> None:
    """An array or list that was an index may be changed afterwards; backward does not see it."""
    rows = np.array([0, 0, 1])
    x = Tensor(A, requires_grad=True)
    y = x[rows]
    mask = A > 0
    z = x[mask]
    rows[:] = 1
    mask[:] = False
    (y.sum() + z.sum()).backward()
    expected = np.where(A > 0, 1.0, 0.0)
    expected[0] += 2
    expected[1] += 1
    np.testing.assert_array_equal(x.grad.data, expected)


BAD: dict[str, tuple[Any, type[AutogradError], str]] = {
    "out of range": (5, IndexingError, "out of bounds"),
    "array out of range": ([0, 9], IndexingError, "out of bounds"),
    "float": (1.0, IndexingError, "integers"),
    "floats": (np.array([0.0, 1.0]), IndexingError, "integer"),
    "tensor of floats": (Tensor([0.5], requires_grad=True), IndexingError, "integer"),
    "too many": ((0, 0, 0, 0), IndexingError, "too many"),
    "string": ("a", IndexingError, "integers"),
    "mask of the wrong shape": (np.array([True, False, True]), IndexingError, "boolean index"),
    "do not broadcast": (([0, 1], [0, 1, 2]), IndexingError, "broadcast"),
    "two ellipses": ((..., ...), IndexingError, "ellipsis"),
    "ragged": ([[0], [0, 1]], IndexingError, "ragged"),
    "masked array": (np.ma.array([0, 1], mask=[0, 1]), DTypeError, "mask"),
}


@pytest.mark.parametrize("what", BAD)
def test_refused(what: str) -> None:
    """A bad index raises an error that says what the tensor is and what is wrong."""
    index, kind, words = BAD[what]
    for x in (Tensor(A, requires_grad=True), Tensor(A)):
        with pytest.raises(kind, match=words):
            x[index]


def test_refusals_name_shape_and_index() -> None:
    """The message holds the operation, the shape, the dtype and the index."""
    with pytest.raises(IndexingError) as caught:
        Tensor(A)[7]
    for word in ("getitem", "(2, 3, 4)", "float64", "7"):
        assert word in str(caught.value)


# -- what is built on indexing ------------------------------------------------------------------


def test_iteration_and_unpacking() -> None:
    """Iterating gives the rows, on the graph."""
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    a, b = x
    (a * 1.0 + b * 10.0).sum().backward()
    np.testing.assert_array_equal(x.grad.data, [[1.0, 1.0], [10.0, 10.0]])
    assert [row.tolist() for row in x] == [[1.0, 2.0], [3.0, 4.0]]
    with pytest.raises(DTypeError, match="iter"):
        iter(Tensor(1.0))


@settings(max_examples=60)
@given(st.data())
def test_take_along_axis_and_sort(data: st.DataObject) -> None:
    """Sorting and reading along an axis give NumPy's values, and gradients to where they were."""
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    a = data.draw(hnp.arrays(float, shape, elements=st.integers(-3, 3)))
    order = np.argsort(a, axis=axis, kind="stable")
    x = Tensor(a, requires_grad=True)
    y = ag.sort(x, axis)
    np.testing.assert_array_equal(y.data, np.sort(a, axis=axis))
    w = np.arange(1.0, 1.0 + a.size).reshape(shape)
    (y * w).sum().backward()
    expected = np.zeros(shape)
    np.put_along_axis(expected, order, w, axis)
    np.testing.assert_array_equal(x.grad.data, expected)
    np.testing.assert_array_equal(
        ag.take_along_axis(x, order, axis).data, np.take_along_axis(a, order, axis)
    )


def test_take_reads_truths_as_numbers() -> None:
    """In `take`, as NumPy's, True is the index 1; it is no mask."""
    x = Tensor([10.0, 20.0, 30.0])
    np.testing.assert_array_equal(x.take([True, False, True]).data, [20.0, 10.0, 20.0])


def test_scatter_is_the_transpose_of_indexing() -> None:
    """⟨scatter(v), x⟩ = ⟨v, x[index]⟩ for every form of index."""
    rng = np.random.default_rng(1)
    for index in FORMS.values():
        v = rng.normal(size=np.shape(A[index]))
        left = (ag.scatter(Tensor(v), index, A.shape) * A).sum().item()
        assert left == pytest.approx(float((v * A[index]).sum()), rel=1e-12)


def test_absent_axes_and_shapes_are_refused() -> None:
    """An axis that is absent and indices of another number of dimensions raise."""
    x = Tensor(A)
    with pytest.raises(AxisError, match="axis 3 is absent"):
        x.take([0], axis=3)
    with pytest.raises(AxisError, match="sort"):
        ag.sort(Tensor(1.0))
    with pytest.raises(ShapeError, match="dimensions"):
        ag.take_along_axis(x, np.array([0]), 0)
    with pytest.raises(IndexingError, match="out of bounds"):
        x.take([9], axis=0)


# -- assignment ---------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_assignment_forms(form: str) -> None:
    """Outside of the graph an item is assigned as NumPy assigns it."""
    index = FORMS[form]
    expected = A.copy()
    value = np.arange(1.0, 1.0 + A[index].size).reshape(np.shape(A[index]))
    expected[index] = value
    x = Tensor(A)
    x[index] = value
    np.testing.assert_array_equal(x.data, expected)
    y = Tensor(A, requires_grad=True)
    with ag.no_grad():
        y[index] = Tensor(value)
    np.testing.assert_array_equal(y.data, expected)


def test_assignment_on_the_graph_is_refused() -> None:
    """Assigning into, or from, what is on the graph raises and changes nothing."""
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * 2.0
    constant = Tensor([1.0, 2.0])
    for target, value in ((x, 5.0), (y, 5.0), (constant, y[0])):
        before = np.array(target.data)
        with pytest.raises(GraphError, match="not recorded"):
            target[0] = value
        np.testing.assert_array_equal(target.data, before)
    with ag.no_grad(), pytest.raises(GraphError, match="not recorded"):
        y[0] = 5.0


@pytest.mark.parametrize(
    ("index", "value", "kind", "words"),
    [
        (5, 1.0, IndexingError, "out of bounds"),
        (0, [1.0, 2.0], ShapeError, r"shape \(2,\)"),
        (0, "1.5", DTypeError, "dtype <U3"),
        (0, None, DTypeError, "dtype object"),
        (0, 1j, DTypeError, "complex"),
        (0, np.ma.array(1.0, mask=True), DTypeError, "mask"),
        (0, [np.ma.masked], DTypeError, "mask"),
        (0.5, 1.0, IndexingError, "integers"),
    ],
)
def test_bad_assignment(index: Any, value: Any, kind: type[AutogradError], words: str) -> None:
    """A bad index or value raises and leaves the tensor as it was."""
    x = Tensor([1.0, 2.0])
    with pytest.raises(kind, match=words):
        x[index] = value
    np.testing.assert_array_equal(x.data, [1.0, 2.0])


def test_assignment_to_a_scalar_and_fill() -> None:
    """A tensor of no dimension and `fill` change in place, keeping the dtype."""
    x = Tensor(1.0)
    x[()] = 2
    assert x.item() == 2.0
    assert x.dtype == np.float64
    y = Tensor(np.float32(1.0))
    y[...] = 3.5
    assert (y.item(), y.dtype) == (3.5, np.float32)
    z = Tensor(np.zeros(3, np.float32))
    z.fill(2)
    np.testing.assert_array_equal(z.data, np.full(3, 2, np.float32))
    assert z.dtype == np.float32
