"""The checks of the op table: each takes one case and raises if the row is wrong.

`test_op_table` runs them over the registry, `test_checker` over rows that are wrong on purpose.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.graph import Node, Spec, StandIn
from autograd_core.primitive import Primitive
from autograd_core.rules import Custom, Elementwise, Linear, Multilinear, Reduction
from autograd_core.walks import replay

from .references import reference
from .table import Case, tensors
from .tolerances import DIFFERENCES, close

STEP = 1e-5


def data(x: Any) -> Any:
    """The value as a plain array or scalar."""
    return x.data if isinstance(x, Tensor) else x


def draws(case: Case, seed: int = 1) -> list[Any]:
    """A random array of the shape of each operand that moves."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=p.shape)[()] for p in case.points]


def weights(case: Case, seed: int = 2) -> Any:
    """A random array of the shape of the output."""
    shape = np.shape(data(case.call(*case.args)))
    return np.random.default_rng(seed).normal(size=shape)[()]


def inner(a: Any, b: Any) -> float:
    """⟨a, b⟩ over all elements."""
    return float(np.sum(np.asarray(data(a)) * np.asarray(data(b))))


def difference(f: Any, points: Sequence[Any], directions: Sequence[Any]) -> Any:
    """The derivative of an array-valued function along `directions`, by central differences."""
    ahead = f(*[p + STEP * d for p, d in zip(points, directions, strict=True)])
    behind = f(*[p - STEP * d for p, d in zip(points, directions, strict=True)])
    return (np.asarray(data(ahead)) - np.asarray(data(behind))) / (2 * STEP)


def gradients(case: Case, seed: Any, **options: Any) -> list[Any]:
    """The gradients of ⟨output, seed⟩ by every operand that moves."""
    args = tensors(case)
    y = case.call(*args)
    y.backward(seed, **options)
    return [args[i].grad for i in case.moving]


# -- values -------------------------------------------------------------------------------------


def check_forward(case: Case) -> None:
    """The value is that of NumPy (SciPy, where NumPy has none), in the same shape and dtype."""
    expected = reference(case.primitive.name)(*case.args, **case.params)
    for got in (case.call(*case.args), data(case.call(*tensors(case, requires_grad=False)))):
        close(got, expected, "value")
    if any(np.size(a) for a in case.args):
        got = case.call(*[Tensor(a) for a in case.args])
        assert isinstance(got, Tensor)
        assert got.dtype == np.asarray(expected).dtype, f"{got.dtype} is not NumPy's dtype"


def check_unmutated(case: Case) -> None:
    """Neither the forward nor the backward pass writes into an operand or into the seed."""
    before = [np.array(a) for a in case.args]
    seed = np.asarray(weights(case))
    kept = seed.copy()
    args = [
        Tensor(a, requires_grad=True, copy=False) if i in case.moving else a
        for i, a in enumerate(case.args)
    ]
    case.call(*args).backward(Tensor(seed, copy=False))
    for a, b in zip(case.args, before, strict=True):
        np.testing.assert_array_equal(a, b, "an operand was changed")
    np.testing.assert_array_equal(seed, kept, "the seed was changed")


def check_layouts(case: Case) -> None:
    """Strided, reversed and read-only operands give what contiguous ones give."""
    seed = weights(case)
    expected = gradients(case, seed)
    value = case.call(*case.args)

    def strided(a: Any) -> Any:
        a = np.asarray(a)
        return np.repeat(a, 2, axis=-1)[..., ::2] if a.ndim else a

    def backward_order(a: Any) -> Any:
        a = np.asarray(a)
        return np.ascontiguousarray(a[::-1])[::-1] if a.ndim else a

    def column_order(a: Any) -> Any:
        return np.asarray(a, order="F")

    def read_only(a: Any) -> Any:
        made = np.array(a)
        made.flags.writeable = False
        return made

    for layout in (strided, backward_order, column_order, read_only):
        args = tuple(layout(a) if isinstance(a, np.ndarray) else a for a in case.args)
        other = Case(case.primitive, args, case.params)
        close(data(other.call(*args)), value, layout.__name__)
        shared = [
            Tensor(a, requires_grad=True, copy=False) if i in case.moving else a
            for i, a in enumerate(args)
        ]
        other.call(*shared).backward(seed)
        for i, g in zip(case.moving, expected, strict=True):
            close(shared[i].grad.data, g.data, f"gradient, {layout.__name__}")


def check_dtype(case: Case) -> None:
    """float32 in, float32 out: value as NumPy's, gradients and tangents of their own operand's."""
    small = case.in_dtype(np.float32)
    expected = np.asarray(reference(case.primitive.name)(*small.args, **small.params)).dtype
    args = tensors(small)
    y = small.call(*args)
    assert y.dtype == expected, f"the value is {y.dtype}, NumPy's is {expected}"
    for create_graph in (False, True):
        for grad in gradients(small, weights(small), create_graph=create_graph):
            assert grad.dtype == np.float32, f"a gradient is {grad.dtype}"
    directions = tuple(np.asarray(d, np.float32) for d in draws(small))
    tangent = ag.jvp(small.of, small.points, directions)[1]
    assert tangent.dtype == y.dtype, f"the tangent is {tangent.dtype}, the value {y.dtype}"
    g64 = gradients(case, np.asarray(weights(small), float))
    g32 = gradients(small, np.asarray(weights(small), np.float32))
    for a, b in zip(g32, g64, strict=True):
        np.testing.assert_allclose(a.data, b.data, rtol=2e-4, atol=2e-4)


# -- derivatives --------------------------------------------------------------------------------


def check_forward_mode(case: Case) -> None:
    """The jvp is the slope that central differences measure, together and operand by operand."""
    directions = draws(case)
    still = [np.zeros(d.shape)[()] if np.ndim(d) else 0.0 for d in directions]
    choices = [directions]
    if len(directions) > 1:
        choices += [
            [d if i == k else z for i, (d, z) in enumerate(zip(directions, still, strict=True))]
            for k in range(len(directions))
        ]
    for moves in choices:
        expected = difference(case.of, case.points, moves)
        value, tangent = ag.jvp(case.of, case.points, tuple(moves))
        close(value.data, data(case.call(*case.args)), "value of jvp")
        close(tangent.data, expected, "jvp", DIFFERENCES)
    if len(directions) == 1:  # the primitive's own rule, on plain arrays
        (t,) = directions
        values = [np.asarray(a)[()] for a in case.args]
        y = case.primitive.forward(*values, **case.params)
        tangents = [t if i in case.moving else None for i in range(len(values))]
        raw = case.primitive.jvp(tangents, y, values, case.params)
        close(np.broadcast_to(data(raw), np.shape(y)), tangent.data, "jvp on arrays")


def check_transpose(case: Case) -> None:
    """⟨g, J t⟩ = ⟨Jᵀ g, t⟩ to near machine precision, for every set of operands that move."""
    g = weights(case)
    directions = draws(case)
    total = 0.0
    for k, (i, t) in enumerate(zip(case.moving, directions, strict=True)):

        def alone(x: Any, i: int = i) -> Any:
            return case.call(*case.args[:i], x, *case.args[i + 1 :])

        tangent = ag.jvp(alone, (case.points[k],), (t,))[1]
        pulled = ag.vjp(alone, case.points[k])[1](g)
        assert pulled.shape == np.shape(t), "a gradient has not the shape of its operand"
        left, right = inner(g, tangent), inner(pulled, t)
        bound = 1e-12 * (1 + np.abs(np.asarray(g)).sum() * max(1.0, np.abs(data(tangent)).sum()))
        assert abs(left - right) <= bound, f"⟨g, J t⟩ = {left!r}, ⟨Jᵀ g, t⟩ = {right!r}"
        total += left
    together = sum(inner(c, t) for c, t in zip(gradients(case, g), directions, strict=True))
    assert abs(together - total) <= 1e-11 * (1 + abs(total)), (together, total)


def check_second_order(case: Case) -> None:
    """The second derivative: reverse over reverse, forward over reverse, reverse over forward."""
    w = weights(case)
    u, v = draws(case, 3), draws(case, 4)
    numbers = tuple(range(len(u)))

    def value(*xs: Any) -> Any:
        return (case.of(*xs) * w).sum()

    def slope(*xs: Any) -> Any:
        """⟨∇value, u⟩."""
        total: Any = 0.0
        for g, d in zip(ag.grad(value, numbers)(*xs), u, strict=True):
            total = total + (g * d).sum()
        return total

    def pushed(*xs: Any) -> Any:
        """The same by the forward mode."""
        return ag.jvp(value, xs, tuple(u))[1]

    expected = difference(slope, case.points, v)
    reverse = sum(
        inner(g, d) for g, d in zip(ag.grad(slope, numbers)(*case.points), v, strict=True)
    )
    forward = data(ag.jvp(slope, case.points, tuple(v))[1])
    mixed = sum(inner(g, d) for g, d in zip(ag.grad(pushed, numbers)(*case.points), v, strict=True))
    close(reverse, expected, "reverse over reverse", DIFFERENCES, 10)
    close(forward, expected, "forward over reverse", DIFFERENCES, 10)
    close(mixed, expected, "reverse over forward", DIFFERENCES, 10)
    close(forward, reverse, "forward against reverse", scale=1e3)
    close(mixed, reverse, "reverse over forward against reverse", scale=1e3)


def check_modes(case: Case) -> None:
    """The gradient is the same in every mode of recording and of walking."""
    seed = weights(case)
    expected = [g.data for g in gradients(case, seed)]

    def same(got: list[Any], mode: str) -> None:
        for a, b in zip(got, expected, strict=True):
            close(a.data, b, mode)

    same(gradients(case, seed, create_graph=True), "create_graph")
    same(gradients(case, seed, retain_graph=True), "retain_graph")
    with ag.keep_values():
        same(gradients(case, seed), "keep_values")
    with ag.detect_anomaly():
        same(gradients(case, seed), "detect_anomaly")
    args = tensors(case)
    case.call(*args).backward(seed, inputs=[args[i] for i in case.moving])
    same([args[i].grad for i in case.moving], "inputs")
    with ag.no_grad():
        y = case.call(*tensors(case))
    assert not y.requires_grad
    assert y.node is None


def check_replay(case: Case) -> None:
    """Replayed from its leaves, before and after a backward pass, the graph has the same value."""
    args = tensors(case)
    y = case.call(*args)
    for again_after_backward in (False, True):
        again = replay(y.node)[y.node]
        np.testing.assert_allclose(again.data, y.data, rtol=0 if y.ndim else 4e-16, atol=0)
        assert again.dtype == y.dtype
        if not again_after_backward:
            y.backward(weights(case))


# -- saves --------------------------------------------------------------------------------------


class Poison(StandIn):
    """Has the shape and dtype of a value, and fails on any other use."""

    def __init__(self, value: Any) -> None:
        array = np.asarray(value)
        self.shape, self.dtype, self.ndim, self.size = (
            array.shape,
            array.dtype,
            array.ndim,
            array.size,
        )

    def _refuse(self, *_: Any) -> Any:
        raise TypeError("poison was read")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __hash__ = object.__hash__
    __bool__ = __float__ = __len__ = __iter__ = __getitem__ = __neg__ = __abs__ = _refuse


def declared(primitive: Primitive, i: int, n: int) -> tuple[bool, ...]:
    """Which of (y, *operands) the rule of operand `i` of `n` declares that it reads."""
    if isinstance(primitive, Elementwise):
        letters = "x" if n == 1 else "abc"[:n]
        saves = primitive.partials[i].saves.split()
        return ("y" in saves, *[letter in saves for letter in letters])
    if isinstance(primitive, Reduction):
        saves = primitive.partial.saves.split()
        return ("y" in saves, "x" in saves)
    if isinstance(primitive, Multilinear):
        return (False, *[k != i for k in range(n)])
    if isinstance(primitive, Custom):
        if primitive.saves is None:
            return (True,) * (n + 1)
        letters = "x" if n == 1 else "abcdefgh"[:n]
        saves = primitive.saves.split()
        return ("y" in saves, *[letter in saves for letter in letters])
    assert isinstance(primitive, Linear)
    constants = () if callable(primitive.transposes) else primitive.transposes
    return (False, *[k < len(constants) and constants[k] is None for k in range(n)])


def pull_one(case: Case, i: int, g: Any, kept: Sequence[bool]) -> Any:
    """The cotangent of operand `i` where all that is not `kept` is poison."""
    primitive = case.primitive
    values = [np.asarray(a)[()] for a in case.args]
    y = primitive.forward(*values, **case.params)
    saved: list[Any] = [
        v if keep else Poison(v) for v, keep in zip((y, *values), kept, strict=True)
    ]
    if isinstance(primitive, (Linear, Multilinear)):
        saved = saved[1:]
    parents = [True if k == i else None for k in range(len(values))]
    if isinstance(primitive, Reduction):  # its vjp shapes g and y, which poison cannot be
        axes, rest = primitive._axes(case.params, np.ndim(values[0]))
        shape = np.sum(values[0], axis=axes, keepdims=True).shape
        spread = np.broadcast_to(np.reshape(g, shape), np.shape(values[0]))
        kept_y = np.reshape(y, shape) if kept[0] else Poison(y)
        return primitive.partial.action(spread, kept_y, saved[1], axis=axes, **rest)
    return primitive.vjp(g, tuple(saved), parents, case.params)[i]


def check_saves(case: Case) -> None:
    """A rule reads nothing but what it declares, and a node keeps nothing else."""
    g = weights(case)
    n = len(case.args)
    for i in case.moving:
        kept = declared(case.primitive, i, n)
        pull_one(case, i, g, kept)
        args = [Tensor(a, requires_grad=True) if k == i else a for k, a in enumerate(case.args)]
        node = case.call(*args).node
        if np.ndim(case.args[i]) == 0 or node.primitive is not case.primitive:
            continue  # a graph of floats keeps them all: they cost nothing
        saved = node.saved if len(node.saved) == n + 1 else (None, *node.saved)
        for keep, value in zip(kept, saved, strict=True):
            held = not (value is None or isinstance(value, (Node, Spec)))
            assert held == keep, f"declared {kept}, saved {saved}"


def check_saves_needed(case: Case) -> None:
    """Without any one of the values that it declares, a rule fails."""
    g = weights(case)
    n = len(case.args)
    if not np.size(g):
        return
    for i in case.moving:
        kept = declared(case.primitive, i, n)
        for k, keep in enumerate(kept):
            if keep and not isinstance(case.primitive, Multilinear):
                fewer = [*kept[:k], False, *kept[k + 1 :]]
                try:
                    pull_one(case, i, g, fewer)
                except (TypeError, AttributeError):
                    continue
                raise AssertionError(f"operand {i} declares value {k} and does not read it")


# -- elementwise rows ---------------------------------------------------------------------------

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, np.inf, -np.inf, np.nan, 1e-300, 1e300, 1e4, -1e4, 30.0]


def check_special_values(case: Case) -> None:
    """At zeros, infinities, NaN and huge arguments the value is NumPy's, as array and as number."""
    primitive = case.primitive
    n = len(case.args)
    grid = np.meshgrid(*[SPECIAL] * n) if n < 3 else [np.array(SPECIAL)] * n
    points = [a.ravel() for a in grid]
    with np.errstate(all="ignore"):
        expected = reference(primitive.name)(*points)
        got = case.call(*[Tensor(p, requires_grad=True) for p in points]).data
        np.testing.assert_allclose(got, expected, rtol=3e-16, atol=0)
        single = [data(case.call(*[Tensor(x) for x in row])) for row in zip(*points, strict=True)]
    np.testing.assert_allclose(single, expected, rtol=1e-13, atol=0)


def check_scalars(case: Case) -> None:
    """On numbers the value and the gradients are those on arrays of one element."""
    if any(np.ndim(a) for a in case.args):
        return
    arrays = Case(case.primitive, tuple(np.array([a]) for a in case.args), case.params)
    close(data(case.call(*tensors(case))), data(arrays.call(*tensors(arrays)))[0], "value")
    for a, b in zip(gradients(case, 1.7), gradients(arrays, [1.7]), strict=True):
        assert type(a._value) is float
        close(a.data, b.data[0], "gradient")
