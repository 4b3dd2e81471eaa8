"""Bad input: a mistake raises our own error, which names the operation, its operands, the way out.

Every class is also the built-in that NumPy or PyTorch would raise in its place.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.errors import (
    ArgumentError,
    AutogradError,
    AxisError,
    DTypeError,
    GradcheckError,
    GraphError,
    IndexingError,
    MissingExtraError,
    ShapeError,
    UnsupportedError,
)


def leaf(*shape: int) -> Tensor:
    return Tensor(np.ones(shape), requires_grad=True)


M = leaf(2, 3)
V = leaf(3)
S = leaf()
READ_ONLY = Tensor(np.broadcast_to(1.0, (2,)), copy=False)
MASKED = np.ma.array([1.0, 2.0], mask=[False, True])


class Bad(NamedTuple):
    """A call, the class of its error, and words that the message must hold."""

    call: Callable[[], Any]
    kind: type[AutogradError]
    words: tuple[str, ...]


def bad(call: Callable[[], Any], kind: type[AutogradError], *words: str) -> Bad:
    return Bad(call, kind, words)


def freed() -> None:
    y = ag.exp(leaf(2)).sum()
    y.backward()
    y.backward()


def changed() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True, name="weights")
    y = (x * x).sum()
    x.data = [3.0, 4.0]
    y.backward()


MISTAKES: dict[str, Bad] = {
    # shapes that do not broadcast or multiply
    "add": bad(lambda: M + leaf(2), ShapeError, "add", "(2, 3)", "(2,)", "broadcast", "reshape"),
    "add an array": bad(lambda: M * np.ones(2), ShapeError, "multiply", "(2, 3)", "(2,)"),
    "maximum": bad(lambda: ag.maximum(M, leaf(4)), ShapeError, "maximum", "(4,)"),
    "where": bad(lambda: ag.where(np.ones(4, bool), M, 0), ShapeError, "where", "(4,)", "(2, 3)"),
    "clip": bad(lambda: M.clip(np.zeros(2), 1), ShapeError, "clip", "(2, 3)", "(2,)"),
    "compare": bad(lambda: leaf(2) < V, ShapeError, "less", "(2,)", "(3,)"),
    "matmul": bad(lambda: M @ leaf(2, 3), ShapeError, "matmul", "(2, 3)", ".T"),
    "matmul of vectors": bad(lambda: V @ leaf(2), ShapeError, "matmul", "(3,)", "(2,)"),
    "matmul of stacks": bad(
        lambda: leaf(4, 2, 3) @ leaf(5, 3, 2), ShapeError, "matmul", "(4, 2, 3)", "(5, 3, 2)"
    ),
    "matmul with a number": bad(lambda: M @ 2.0, ShapeError, "matmul", "()", "*"),
    "dot": bad(lambda: M.dot(M), ShapeError, "(2, 3)"),
    "tensordot": bad(lambda: ag.tensordot(M, V, 1 + 1), AutogradError, "tensordot"),
    "tensordot sizes": bad(lambda: ag.tensordot(M, M, 1), ShapeError, "tensordot", "agree"),
    "einsum sizes": bad(lambda: ag.einsum("ij,jk->ik", M, M), ShapeError, "einsum", "(2, 3)"),
    "einsum terms": bad(lambda: ag.einsum("ij,jk->ik", M), ShapeError, "einsum", "2 operands"),
    "einsum axes": bad(lambda: ag.einsum("i->i", M), ShapeError, "einsum", "2 axes"),
    "einsum output": bad(lambda: ag.einsum("ij->k", M), ShapeError, "einsum", "output"),
    "einsum diagonal": bad(lambda: ag.einsum("ii->i", M), ShapeError, "einsum", "equal sizes"),
    "concatenate": bad(
        lambda: ag.concatenate([M, leaf(2, 4)]), ShapeError, "concatenate", "(2, 4)"
    ),
    "concatenate nothing": bad(
        lambda: ag.concatenate([]), ShapeError, "concatenate", "at least one"
    ),
    "concatenate a number": bad(lambda: ag.concatenate(3), DTypeError, "concatenate", "list"),
    "stack": bad(lambda: ag.stack([M, V]), ShapeError, "stack", "(2, 3)", "(3,)"),
    "broadcast_to": bad(lambda: M.broadcast_to((3, 2)), ShapeError, "broadcast_to", "(2, 3)"),
    # reshape and axes
    "reshape twice open": bad(lambda: M.reshape(-1, -1), ShapeError, "reshape", "-1"),
    "reshape": bad(lambda: M.reshape(4, 2), ShapeError, "reshape", "(2, 3)", "6", "(4, 2)"),
    "reshape open": bad(lambda: M.reshape(-1, 4), ShapeError, "reshape", "6", "(-1, 4)"),
    "reshape negative": bad(lambda: M.reshape(-2, 3), ShapeError, "reshape", "(-2, 3)"),
    "reshape to floats": bad(lambda: M.reshape(2.0, 3), DTypeError, "reshape", "integer"),
    "reshape order": bad(
        lambda: ag.reshape(M, 6, order="F"), UnsupportedError, "order", "transpose"
    ),
    "absent axis": bad(lambda: M.sum(axis=2), AxisError, "sum", "axis 2", "-2", "1"),
    "absent axis of a number": bad(lambda: S.sum(axis=0), AxisError, "sum", "scalar"),
    "absent negative axis": bad(lambda: M.mean(axis=-3), AxisError, "mean", "-3"),
    "repeated axis": bad(lambda: M.max(axis=(0, 0)), AxisError, "max", "twice"),
    "repeated axis by sign": bad(lambda: M.var(axis=(1, -1)), AxisError, "var", "twice"),
    "axis of floats": bad(lambda: M.sum(axis=0.0), DTypeError, "sum", "integer"),
    "transpose": bad(lambda: M.transpose(0, 0), AxisError, "transpose", "twice"),
    "transpose too few": bad(
        lambda: leaf(2, 3, 4).transpose(0, 1), ShapeError, "transpose", "3 axes"
    ),
    "softmax axis": bad(lambda: M.softmax(axis=5), AxisError, "softmax", "5"),
    "cumsum axes": bad(lambda: M.cumsum(axis=(0, 1)), AxisError, "cumsum", "single"),
    "squeeze": bad(lambda: M.squeeze(0), ShapeError, "squeeze", "(2, 3)", "size 2"),
    "expand_dims": bad(lambda: M.expand_dims(5), AxisError, "expand_dims", "5"),
    "swapaxes": bad(lambda: M.swapaxes(0, 2), AxisError, "swapaxes", "2"),
    "split": bad(lambda: ag.split(M, 2, axis=1), ShapeError, "split", "(2, 3)", "array_split"),
    "split to none": bad(lambda: ag.split(M, 0), ShapeError, "split", "at least one"),
    "split by floats": bad(lambda: ag.split(M, 1.5), DTypeError, "split", "1.5"),
    "pad": bad(lambda: ag.pad(M, -1), ShapeError, "pad", "negative"),
    "pad mode": bad(lambda: ag.pad(M, 1, "linear_ramp"), UnsupportedError, "pad", "reflect"),
    "repeat": bad(lambda: M.repeat([1, 2, 3], axis=0), ShapeError, "repeat", "(2, 3)"),
    "diag": bad(lambda: ag.diag(leaf(2, 2, 2)), ShapeError, "diag", "(2, 2, 2)"),
    "trace": bad(V.trace, ShapeError, "(3,)"),
    "mean of nothing": bad(leaf(0).mean, ShapeError, "mean", "(0,)"),
    "max of nothing": bad(lambda: leaf(2, 0).max(axis=1), ShapeError, "max", "(2, 0)"),
    "variance of one": bad(lambda: leaf(1).var(ddof=1), ShapeError, "var", "ddof=1"),
    "norm of a matrix": bad(lambda: ag.norm(M, 1), UnsupportedError, "norm", "Frobenius"),
    "average": bad(lambda: ag.average(M, weights=np.ones(3)), ShapeError, "average", "axis"),
    # indices
    "index out of range": bad(lambda: M[2], IndexingError, "getitem", "(2, 3)", "2"),
    "index of floats": bad(lambda: M[0.5], IndexingError, "getitem", "integers"),
    "too many indices": bad(lambda: M[0, 0, 0], IndexingError, "getitem", "too many"),
    "take": bad(lambda: M.take([7], axis=1), IndexingError, "7"),
    "take a number": bad(lambda: M.take(7, 1), IndexingError, "take", "7", "axis 1", "(2, 3)"),
    "take_along_axis": bad(
        lambda: ag.take_along_axis(M, np.array([[-5]]), 0), IndexingError, "take_along_axis", "-5"
    ),
    "take by floats": bad(lambda: M.take(np.ones(1)), IndexingError, "take", "float64", "integers"),
    # what NumPy or PyTorch have and these do not
    "einsum label": bad(lambda: ag.einsum("ij,jk", M, M), ShapeError, "'j'", "3 and 2"),
    "concatenate along": bad(
        lambda: ag.concatenate([M, leaf(3, 2)]), ShapeError, "concatenate", "(3, 2)", "axis 0"
    ),
    "norm of a word": bad(lambda: ag.norm(M, "foo", axis=0), UnsupportedError, "norm", "'foo'"),
    "clip by other names": bad(lambda: M.clip(lo=1), UnsupportedError, "clip", "lo=", "a_min"),
    "argmax of nothing": bad(lambda: leaf(0, 2).argmax(0), ShapeError, "argmax", "(0, 2)"),
    "diff": bad(lambda: ag.diff(M, 1.5), DTypeError, "diff", "1.5", "integer"),
    "ddof": bad(lambda: M.var(ddof="a"), DTypeError, "var", "ddof", "'a'"),
    "flatten order": bad(lambda: M.flatten("F"), UnsupportedError, "flatten", "'F'", "transpose"),
    "round": bad(lambda: round(M, 400), ArgumentError, "round", "400"),
    "where=": bad(
        lambda: np.sum(M, where=np.ones((2, 3), bool)),  # type: ignore[call-overload]
        UnsupportedError,
        "numpy.sum",
        "where=",
        "where(mask, x, value)",
    ),
    "initial=": bad(
        lambda: np.add.reduce(M, initial=3),  # type: ignore[call-overload]
        UnsupportedError,
        "numpy.add",
        "initial=",
    ),
    "dtype=": bad(
        lambda: np.add(M, 1, dtype=float),  # type: ignore[call-overload]
        UnsupportedError,
        "dtype=",
        "astype",
    ),
    "dim=": bad(lambda: M.sum(dim=0), UnsupportedError, "sum", "dim=", "axis="),  # type: ignore[call-arg]
    "keepdim=": bad(
        lambda: ag.mean(M, 0, keepdim=True),  # type: ignore[call-arg]
        UnsupportedError,
        "mean",
        "keepdims=",
    ),
    "dim= of argmax": bad(lambda: M.argmax(dim=0), UnsupportedError, "argmax", "axis="),  # type: ignore[call-arg]
    "dim= of softmax": bad(lambda: ag.softmax(M, dim=0), UnsupportedError, "softmax", "axis="),  # type: ignore[call-arg]
    "out= of argmax": bad(lambda: M.argmax(0, np.zeros(3)), UnsupportedError, "argmax", "out="),  # type: ignore[call-arg,arg-type]
    # operands and data
    "masked operand": bad(lambda: leaf(2) * MASKED, DTypeError, "multiply", "mask", "filled"),
    "complex operand": bad(lambda: M * 1j, DTypeError, "multiply", "complex128"),
    "string operand": bad(lambda: M + "a", DTypeError, "add", "str"),
    "None operand": bad(lambda: M + None, DTypeError, "add", "NoneType"),
    "ragged operand": bad(lambda: V * [[1], [1, 2]], ShapeError, "multiply", "ragged"),
    "a fraction": bad(lambda: V + Fraction(1, 2), DTypeError, "add", "Fraction", "float("),
    "a generator": bad(lambda: V + (i for i in "ab"), DTypeError, "add", "generator", "list("),
    "None as data": bad(lambda: Tensor(None), DTypeError, "NoneType", "nan"),  # type: ignore[arg-type]
    "a dict as data": bad(lambda: Tensor({1: 2}), DTypeError, "dict", "list(d.values())"),  # type: ignore[arg-type]
    "a set as data": bad(lambda: Tensor({1, 2}), DTypeError, "set", "list("),  # type: ignore[arg-type]
    "an iterator as data": bad(lambda: Tensor(map(float, "1")), DTypeError, "map", "list("),  # type: ignore[arg-type]
    "a long integer": bad(lambda: Tensor([2**100]), DTypeError, "64 bits", "float(n)"),
    "rows of lists": bad(
        lambda: Tensor(np.array([[1], [1, 2]], object)), DTypeError, "list", "equal length"
    ),
    "another object": bad(lambda: Tensor(object()), DTypeError, "type object", "floats"),  # type: ignore[arg-type]
    "integers that require": bad(
        lambda: Tensor([1, 2], requires_grad=True), DTypeError, "int64", "dtype=float"
    ),
    "truths that require": bad(
        lambda: Tensor([True], requires_grad=True), DTypeError, "bool", "dtype=float"
    ),
    "objects": bad(lambda: Tensor([None, 1.0], requires_grad=True), DTypeError, "object"),
    "strings": bad(lambda: Tensor(["a"], requires_grad=True), DTypeError, "<U1", "convert"),
    "ragged": bad(lambda: Tensor([[1.0], [1.0, 2.0]]), ShapeError, "ragged", "equal length"),
    "masked": bad(lambda: Tensor(MASKED), DTypeError, "mask", "filled", "where"),
    "tensors in a list": bad(lambda: Tensor([S, S]), GraphError, "stack"),
    "tensor of a tensor": bad(lambda: Tensor(S), GraphError, "detach", "clone"),
    "name": bad(lambda: Tensor(1.0, name=3), ArgumentError, "name", "3"),  # type: ignore[arg-type]
    "power of integers": bad(
        lambda: Tensor([1, 2]) ** -1, ArgumentError, "power", "negative", "float"
    ),
    "logic on floats": bad(lambda: M & M, DTypeError, "bitwise_and"),
    "keepdims": bad(lambda: M.sum(0, 1), ArgumentError, "sum", "keepdims"),
    "where of one": bad(lambda: ag.where(M > 0), UnsupportedError, "where", "nonzero"),
    # constructors
    "zeros": bad(lambda: ag.zeros(2, -1), ArgumentError, "negative"),
    "zeros of floats": bad(lambda: ag.zeros(2.5), ArgumentError, "integers"),
    "zeros of a kind": bad(lambda: ag.zeros(2, dtype="foo"), DTypeError, "zeros", "'foo'"),
    "default of a kind": bad(
        lambda: ag.set_default_dtype("foo"), DTypeError, "set_default_dtype", "'foo'"
    ),
    "eye": bad(lambda: ag.eye(-1), ArgumentError, "negative"),
    "linspace": bad(lambda: ag.linspace(0, 1, -1), ArgumentError, "negative"),
    "linspace of words": bad(lambda: ag.linspace("a", 1, 3), ArgumentError, "linspace('a', 1, 3)"),  # type: ignore[arg-type]
    "arange": bad(lambda: ag.arange("a"), ArgumentError, "arange('a')"),  # type: ignore[arg-type]
    "arange in no steps": bad(lambda: ag.arange(0, 1, 0), ArgumentError, "arange(0, 1, 0)"),
    "full of words": bad(lambda: ag.full((2,), "a"), DTypeError, "full", "convert to numbers"),
    "full of too many": bad(lambda: ag.full(2, [1, 2, 3]), ShapeError, "full", "(3,)", "(2,)"),
    "full of a tensor": bad(lambda: ag.full(2, S), GraphError, "full", "detach"),
    "full beyond": bad(lambda: ag.full(2, 300, dtype="u1"), ArgumentError, "full", "300", "uint8"),
    "full_like": bad(lambda: ag.full_like(V, [1, 2]), ShapeError, "full_like", "(2,)", "(3,)"),
    "rng": bad(lambda: ag.randn(2, rng="seed"), ArgumentError, "rng", "Generator"),
    "negative seed": bad(lambda: ag.randn(2, rng=-1), ArgumentError, "rng", "-1"),
    # backward
    "backward of an array": bad(M.backward, GraphError, "(2, 3)", "scalar", "sum()"),
    "seed of another shape": bad(lambda: M.backward(np.ones(3)), ShapeError, "(3,)", "(2, 3)"),
    "backward of a constant": bad(
        Tensor(1.0).backward, GraphError, "requires_grad=True", "no_grad"
    ),
    "freed graph": bad(freed, GraphError, "freed", "retain_graph=True"),
    "changed in place": bad(
        changed, GraphError, "multiply", "(2,)", "float64", "data", "'weights'", "clone"
    ),
    "assignment": bad(lambda: M.__setitem__(0, 1.0), GraphError, "where", "no_grad"),
    "assignment of a shape": bad(
        lambda: ag.zeros(2, 3).__setitem__((0, 0), [1, 2]), ShapeError, "(2,)", "place of shape ()"
    ),
    "assignment of ragged rows": bad(
        lambda: ag.zeros(2, 3).__setitem__(0, [[1], [1, 2]]), ShapeError, "ragged", "equal length"
    ),
    "assignment of floats": bad(
        lambda: Tensor([1, 2]).__setitem__(0, 2.7), DTypeError, "float", "int64", "astype"
    ),
    "assignment beyond": bad(
        lambda: ag.zeros(2, dtype="u1").__setitem__(0, 300), ArgumentError, "300", "uint8"
    ),
    "read-only assignment": bad(
        lambda: READ_ONLY.__setitem__(0, 1.0), ArgumentError, "setitem", "read-only", "copy"
    ),
    "read-only data": bad(
        lambda: READ_ONLY.assign(np.ones(2)), ArgumentError, "assign", "read-only", "copy"
    ),
    "ragged data": bad(lambda: M.assign([[1], [1, 2]]), ShapeError, "assign", "ragged"),
    "a gradient that does not fit": bad(
        lambda: setattr(M, "grad", np.ones(2)), ShapeError, "(2,)", "does not fit a tensor of shape"
    ),
    "float": bad(lambda: float(S), GraphError, "float", "item"),
    "trunc": bad(lambda: math.trunc(S), GraphError, "trunc", "item"),
    "floor": bad(lambda: math.floor(S), GraphError, "floor", "item"),
    "ceil": bad(lambda: math.ceil(S), GraphError, "ceil", "item"),
    "item out of range": bad(lambda: M.item(6), IndexingError, "item", "(6,)", "(2, 3)"),
    "items": bad(lambda: M.item(0, 0, 0), IndexingError, "item", "(0, 0, 0)", "(2, 3)"),
    "item": bad(M.item, ShapeError, "item", "(2, 3)", "6 elements", "tolist"),
    "truth": bad(lambda: bool(M), ShapeError, "(2, 3)", "any"),
    # transforms
    "grad of an array": bad(
        lambda: ag.grad(lambda x: x * 2)(np.ones(2)), GraphError, "grad", "(2,)"
    ),
    "argnums": bad(lambda: ag.grad(lambda x: x, 1)(1.0), ArgumentError, "argnums", "1"),
    "result": bad(lambda: ag.grad(lambda x: (x, x))(1.0), ArgumentError, "tuple"),
    "integers to grad": bad(lambda: ag.grad(lambda x: x * 1.0)(1), DTypeError, "int64"),
    "jvp tangent": bad(
        lambda: ag.jvp(lambda x: x, (np.ones(2),), (np.ones(3),)), ShapeError, "jvp", "(3,)", "(2,)"
    ),
    "jvp tangents": bad(lambda: ag.jvp(lambda x: x, (1.0,), (1.0, 2.0)), ArgumentError, "jvp"),
    "jacobian mode": bad(lambda: ag.jacobian(lambda x: x, mode="x"), ArgumentError, "reverse"),
    "hvp": bad(
        lambda: ag.hvp(lambda x: (x**2).sum(), np.ones(2), np.ones(3)), ShapeError, "hvp", "(3,)"
    ),
    "vjp seed": bad(
        lambda: ag.vjp(lambda x: x, np.ones(2))[1](np.ones(3)), ShapeError, "(3,)", "(2,)"
    ),
    "gradcheck float32": bad(
        lambda: ag.gradcheck(lambda x: x, np.ones(2, np.float32)), DTypeError, "float64"
    ),
    "gradcheck nothing": bad(lambda: ag.gradcheck(lambda x: x, [1]), ArgumentError, "floats"),
    "gradcheck": bad(
        lambda: ag.gradcheck(ag.custom(lambda g, y, x: g)(np.square), [1.5]),
        GradcheckError,
        "reverse mode",
        "input 0",
        "3",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake(mistake: str) -> None:
    """The error is of this class, ours, and its message holds these words."""
    call, kind, words = MISTAKES[mistake]
    with pytest.raises(kind) as caught:
        call()
    message = str(caught.value)
    for word in words:
        assert word in message, message
    assert 20 < len(message) < 500, message
    assert message == message.strip()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (ShapeError, ValueError),
        (AxisError, ValueError),
        (AxisError, IndexError),
        (IndexingError, IndexError),
        (DTypeError, TypeError),
        (ArgumentError, ValueError),
        (GraphError, RuntimeError),
        (UnsupportedError, TypeError),
        (ag.AnomalyError, FloatingPointError),
        (GradcheckError, AssertionError),
        (ag.CheckpointError, ValueError),
        (MissingExtraError, ImportError),
        (ag.MissingAttributeError, AttributeError),
    ],
)
def test_classes(ours: type[Exception], theirs: type[Exception]) -> None:
    """Each error is ours and the built-in that stands in its place elsewhere."""
    assert issubclass(ours, AutogradError)
    assert issubclass(ours, theirs)


def test_missing_extra_names_the_command() -> None:
    """A missing optional package is named with the command that installs it."""
    error = MissingExtraError("tqdm", "progress", "a progress bar")
    assert "pip install 'autograd-core[progress]'" in str(error)
    assert "a progress bar needs tqdm" in str(error)


def test_assignment_inside_no_grad_to_what_was_recorded() -> None:
    """Who is inside no_grad() already is not sent there."""
    y = leaf(2) * 2.0
    with ag.no_grad(), pytest.raises(GraphError, match="detach") as caught:
        y[0] = 1.0
    assert "inside no_grad" not in str(caught.value)
    assert y.tolist() == [2.0, 2.0]


def test_a_graph_error_is_the_cause_of_numpys() -> None:
    """NumPy words its own refusal to put a tensor into an array; ours stands behind it."""
    a = np.zeros(2)
    with pytest.raises(ValueError, match="sequence") as caught:
        a[0] = S
    assert isinstance(caught.value.__cause__, GraphError)
    assert a.tolist() == [0.0, 0.0]


def test_items_and_whole_numbers() -> None:
    """item takes NumPy's indices; outside of the graph Python's roundings work."""
    a = np.arange(6.0).reshape(2, 3)
    for index in ((4,), (-1,), (1, 2), ((0, 1),)):
        assert Tensor(a).item(*index) == a.item(*index)
        assert type(Tensor(a).item(*index)) is float
    assert Tensor(2.5).item(0) == 2.5
    for f in (math.trunc, math.floor, math.ceil):
        for number in (2.5, -2.5):
            assert f(Tensor(number)) == f(number)
            assert f(Tensor([number], dtype="float32")) == f(number)


def test_operands_survive_errors() -> None:
    """After a refused operation its operands are what they were."""
    x = Tensor([1.0, 2.0], requires_grad=True)
    for call in (lambda: x + np.ones(3), lambda: x.reshape(3), lambda: x @ np.ones(3)):
        with pytest.raises(ShapeError):
            call()
    (x * 2.0).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_errors_of_users_functions_pass_through() -> None:
    """An error inside a user's own function, rule or hook is not dressed up as ours."""

    def fail(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("mine")

    x = leaf(2)
    with pytest.raises(ZeroDivisionError, match="mine"):
        ag.grad(fail)(1.0)
    with pytest.raises(ZeroDivisionError, match="mine"):
        ag.custom(lambda g, y, x: g)(fail)(x)
    y = ag.custom(fail)(lambda x: x)(x)
    with pytest.raises(ZeroDivisionError, match="mine"):
        y.sum().backward()


@pytest.mark.parametrize(
    ("rule", "kind", "words"),
    [
        (lambda g, y, x: g.sum(), ShapeError, "shape"),
        (lambda g, y, x: (g, g), GraphError, "2 gradients"),
        (lambda g, y, x: np.ones((2, 2)), ShapeError, "shape"),
        (lambda g, y, x: 0.0, ShapeError, "shape"),
        (lambda g, y, x: "no", DTypeError, "'no'"),
    ],
)
def test_users_rules_that_are_wrong(rule: Any, kind: type[Exception], words: str) -> None:
    """A user's rule that answers the wrong shape or number of gradients is refused."""
    x = leaf(3)
    y = ag.custom(rule)(lambda x: x * 1.0)(x)
    with pytest.raises(kind, match=words):
        y.sum().backward()
    assert x.grad is None


def test_users_rule_may_answer_what_it_was_given() -> None:
    """A rule that hands back an operand or the cotangent gives no one's memory away."""
    a = np.array([1.0, 2.0])
    x = Tensor(a, requires_grad=True, copy=False)
    half = ag.custom(lambda g, y, x: x)(lambda x: x * x / 2)
    for _ in range(2):
        half(x).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]
    assert a.tolist() == [1.0, 2.0]
