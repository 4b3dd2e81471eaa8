"""Changes in place: what backward still needs may not change unseen."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import DTypeError, GraphError, ShapeError


def leaf(value: Any = (1.0, 2.0), **options: Any) -> Tensor:
    return Tensor(np.asarray(value), requires_grad=True, **options)


def by_item(x: Tensor) -> None:
    with ag.no_grad():
        x[0] = 9.0


def by_data(x: Tensor) -> None:
    x.data = np.full(x.shape, 9.0)


def by_assign(x: Tensor) -> None:
    x.assign(Tensor(np.full(x.shape, 9.0)), "load_state_dict")


def by_fill(x: Tensor) -> None:
    with ag.no_grad():
        x.fill(9.0)


def by_touched(x: Tensor) -> None:
    x.data[...] = 9.0
    x.touched("my optimizer")


def by_view(x: Tensor) -> None:
    x.detach().reshape(-1)[0:1][0] = 9.0


CHANGES: dict[str, Callable[[Tensor], None]] = {
    "item assignment": by_item,
    "data": by_data,
    "load_state_dict": by_assign,
    "fill": by_fill,
    "my optimizer": by_touched,
    "a view": by_view,
}


@pytest.mark.parametrize("how", CHANGES)
def test_change_of_what_is_needed(how: str) -> None:
    """Each way of changing a value that backward needs makes it raise, and no gradient changes."""
    x, w = leaf(name="x"), leaf([3.0, 4.0])
    y = (x * w).sum()
    CHANGES[how](x)
    with pytest.raises(GraphError, match="changed in place") as caught:
        y.backward()
    message = str(caught.value)
    for word in ("multiply", "(2,)", "float64", "clone"):
        assert word in message
    if how in ("item assignment", "data", "load_state_dict", "my optimizer"):
        assert how in message
        assert "'x'" in message
    assert x.grad is None
    assert w.grad is None


@pytest.mark.parametrize("how", CHANGES)
def test_change_of_what_is_not_needed(how: str) -> None:
    """A change of what no rule reads is no obstacle: sums need no values."""
    x, w = leaf(), leaf()
    y = (x + w * 2.0).sum()
    CHANGES[how](x)
    CHANGES[how](w)
    y.backward()
    assert x.grad.tolist() == [1.0, 1.0]
    assert w.grad.tolist() == [2.0, 2.0]


def test_change_before_recording_and_after_backward() -> None:
    """Only a change between recording and backward matters, so training in a loop is free."""
    x = leaf()
    for _ in range(3):
        x.grad = None
        (x * x).sum().backward()
        x.data = x.data - 0.1 * x.grad.data
    np.testing.assert_allclose(x.data, np.array([1.0, 2.0]) * 0.8**3)


def test_change_of_an_output() -> None:
    """An operation that reads its output sees the output's change; so does one behind a view."""
    x = leaf()
    for f in (ag.exp, lambda x: ag.exp(x).reshape(2, 1), lambda x: ag.exp(x)[::-1]):
        y = f(x)
        y.data = np.zeros(y.shape)
        with pytest.raises(GraphError, match="exp"):
            y.sum().backward()


def test_change_of_a_constant() -> None:
    """Constant tensors are watched as leaves are."""
    x, c = leaf(), Tensor([3.0, 4.0], name="c")
    y = (x * c).sum()
    c[0] = 0.0
    with pytest.raises(GraphError, match="'c'"):
        y.backward()


def test_change_under_create_graph_and_in_transforms() -> None:
    """The other walks look too."""
    x = leaf()
    y = (x * x).sum()
    by_item(x)
    with pytest.raises(GraphError, match="changed in place"):
        y.backward(create_graph=True)
    c = Tensor([1.0, 2.0])
    _, pullback = ag.vjp(lambda v: v * c, [1.0, 2.0])
    c[0] = 5.0
    with pytest.raises(GraphError, match="changed in place"):
        pullback([1.0, 1.0])


def test_change_between_passes() -> None:
    """After a first pass over a retained graph, a change makes the second raise."""
    x = leaf()
    y = (x * x).sum()
    y.backward(retain_graph=True)
    by_data(x)
    with pytest.raises(GraphError, match="changed in place"):
        y.backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_accumulation_is_a_change_too() -> None:
    """A gradient that a graph reads may not grow under it."""
    x, w = leaf(), leaf()
    (x * 1.0).sum().backward()
    penalty = (w * x.grad).sum()
    (x * 1.0).sum().backward()
    with pytest.raises(GraphError, match="backward"):
        penalty.backward()


def test_numbers_cannot_change_under_a_graph() -> None:
    """A number is immutable: assigning to its tensor leaves recorded graphs with the old one."""
    x = leaf(3.0)
    y = x * x
    x.data = 100.0
    y.backward()
    assert x.grad.item() == 6.0
    assert x.item() == 100.0
    z = leaf(np.float32(3.0))
    y = z * z
    z.data = 5.0
    y.backward()
    assert (z.grad.item(), z.item(), z.dtype) == (6.0, 5.0, np.float32)


def test_operators_in_place_rebind() -> None:
    """``t += 1`` changes no memory, on the graph or off it."""
    x = leaf()
    before = x.data
    y = x * x
    old = x
    x += 1.0
    assert old.data is before
    y.sum().backward()
    assert old.grad.tolist() == [2.0, 4.0]
    assert x.tolist() == [2.0, 3.0]


def test_data_is_shared_and_numpy_is_read_only() -> None:
    """``data`` is the array itself; ``numpy()`` is a view that cannot be written to."""
    a = np.array([1.0, 2.0])
    x = Tensor(a)
    a[0] = 9.0
    assert x.tolist() == [1.0, 2.0]
    shared = Tensor(a, copy=False)
    a[0] = 7.0
    assert shared.tolist() == [7.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        x.numpy()[0] = 1.0
    x.data[0] = 5.0
    assert x.numpy()[0] == 5.0


def test_every_kind_of_buffer_is_copied() -> None:
    """The caller's memory is copied, whatever holds it."""
    import array

    raw = array.array("d", [1.0, 2.0])
    view = memoryview(bytearray(np.array([1.0, 2.0]).tobytes())).cast("d")
    matrix = np.array([[1.0, 2.0]])
    sources: list[Any] = [raw, view, matrix[0], matrix.T]
    made = [Tensor(s) for s in sources]
    raw[0] = view[0] = 9.0
    matrix[...] = 9.0
    for t in made:
        assert t.data.ravel().tolist() == [1.0, 2.0]


def test_assign_checks_before_it_changes() -> None:
    """A value of another shape or of a kind that does not fit is refused and nothing changes."""
    x = Tensor([1.0, 2.0], name="x")
    n = Tensor([1, 2])
    for value, kind, words in (
        ([1.0], ShapeError, r"\(1,\).*\(2,\) of tensor 'x'"),
        (3.0, ShapeError, r"\(\)"),
        ([1j, 2j], DTypeError, "complex"),
        (["a", "b"], DTypeError, "U"),
        (np.ma.array([1.0, 2.0], mask=[0, 1]), DTypeError, "mask"),
    ):
        with pytest.raises(kind, match=words):
            x.data = value
    with pytest.raises(DTypeError, match=r"float64 cannot replace .* int64"):
        n.data = [0.5, 1.5]
    assert x.tolist() == [1.0, 2.0]
    assert n.tolist() == [1, 2]
    small = Tensor(np.zeros(2, np.float32))
    small.data = [0.5, 1.5]
    assert small.dtype == np.float32
    assert small.tolist() == [0.5, 1.5]
    small.data = small.data


def test_a_raw_write_to_an_operand() -> None:
    """An array operand is not copied: `detect_anomaly` finds the write, a Tensor would raise."""
    x, a = leaf(), np.array([3.0, 4.0])
    y = (x * a).sum()
    a[:] = 0.0
    y.backward()
    assert x.grad.tolist() == [0.0, 0.0]
    with ag.detect_anomaly():
        y = (x * a).sum()
        a[:] = 1.0
        with pytest.raises(GraphError, match="alias"):
            y.backward()


def test_detached_arrays_are_shared_and_numbers_are_not() -> None:
    """detach() shares an array; a number is immutable and changes alone."""
    x, s = leaf(), leaf(3.0)
    x.detach()[0] = 9.0
    assert x.tolist() == [9.0, 2.0]
    s.detach().assign(9.0)
    assert s.item() == 3.0


def test_frozen_after_recording() -> None:
    """As in PyTorch, a leaf that was frozen since gets no gradient from an earlier graph."""
    torch = pytest.importorskip("torch")
    for make in (leaf, lambda: torch.tensor([1.0, 2.0], requires_grad=True)):
        x, w = make(), make()
        y = (x * w).sum()
        x.requires_grad = False
        y.backward()
        assert x.grad is None
        assert w.grad.tolist() == [1.0, 2.0]


class Labelled(Tensor):
    """A subclass with attributes."""


def test_copies_of_a_subclass() -> None:
    """Copies and pickles keep a subclass's attributes; hooks stay behind."""
    x = Labelled([1.0, 2.0], requires_grad=True, name="x")
    x.labels = ["a"]
    x.itself = x
    x.register_hook(lambda g: g * 10.0)
    (x * 1.0).sum().backward()
    for made in (copy.deepcopy(x), copy.copy(x), pickle.loads(pickle.dumps(x))):
        assert type(made) is Labelled
        assert (made.name, made.requires_grad, made.labels) == ("x", True, ["a"])
        assert made.itself is made
        assert made.labels is not x.labels
        made.grad = None
        (made * 1.0).sum().backward()
        assert made.grad.tolist() == [1.0, 1.0]


def test_a_raw_write_is_documented_as_unseen() -> None:
    """A write through ``.data`` without a word is not seen, except by `detect_anomaly`."""
    x = leaf()
    y = (x * x).sum()
    x.data[0] = 100.0
    y.backward()
    assert x.grad.tolist() == [200.0, 4.0]
