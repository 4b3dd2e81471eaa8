"""A program gives what the function gives: the op table, transforms, arguments, results."""

from __future__ import annotations

import sys
from collections import OrderedDict, namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor

sys.path += [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

from both import assert_same, run_both
from table import noted, table

SINGLE_OFF = {"erf", "erfc"}  # SciPy-like functions that are computed in float64


def others(case: Any, rng: np.random.Generator) -> tuple[Any, ...]:
    """Operands of the same shapes, permuted, so that they stay in the domain."""
    made = []
    for i, a in enumerate(case.args):
        array = np.asarray(a)
        if i in case.moving and array.ndim and case.primitive.name not in ("inv", "solve", "det"):
            made.append(rng.permutation(array.ravel()).reshape(array.shape))
        else:
            made.append(a)
    return tuple(made)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", table())
def test_every_primitive_forward_and_backward(name: str, dtype: Any) -> None:
    """A program of an operation and its gradient gives eager's bits, also for other values."""
    rng = np.random.default_rng(0)
    for given in table()[name]:
        case = given.in_dtype(dtype)
        for places in {case.moving, case.moving[:1], case.moving[1:2], ()}:
            check(case, places, rng)


def check(case: Any, places: tuple[int, ...], rng: np.random.Generator) -> None:
    """Compare with the operands at `places` as leaves, and the others as plain arrays."""

    def function(*args: Any) -> Any:
        moved = [Tensor(x, requires_grad=True) if i in places else x for i, x in enumerate(args)]
        y = case.call(*moved)
        if not isinstance(y, Tensor) or not y.requires_grad:
            return y
        weight = np.arange(1, y.size + 1, dtype=y.dtype).reshape(y.shape)
        (y * weight).sum().backward()
        return y.detach(), [moved[i].grad for i in places]

    with noted((case, places)), np.errstate(all="ignore"):
        compiled = ag.compile(function)
        for args in (case.args, others(case, rng), others(case, rng), case.args):
            exact = case.primitive.name not in ("einsum",)
            assert_same(function(*args), compiled(*args), exact)


def test_transforms() -> None:
    """value_and_grad, grad, vjp, jvp, jacobian, hessian and hvp are compiled as wholes."""
    rng = np.random.default_rng(1)
    A = rng.normal(size=(4, 4))

    def f(x: Any) -> Any:
        return (ag.tanh(x @ A) * ag.exp(-(x**2))).sum()

    def column(x: Any) -> Any:
        return ag.sin(x) * x[0]

    calls = [(rng.normal(size=4),) for _ in range(4)]
    for make in (
        lambda: (ag.value_and_grad(f),),
        lambda: (ag.grad(f),),
        lambda: (ag.value_and_grad(lambda x: (f(x), {"kept": x * 2}), has_aux=True),),
        lambda: (lambda x: ag.vjp(column, x)[1](np.ones(4)),),
        lambda: (lambda x: ag.jvp(column, (x,), (np.ones(4),)),),
        lambda: (ag.jacobian(column),),
        lambda: (ag.jacobian(column, mode="forward"),),
        lambda: (ag.hessian(f),),
        lambda: (lambda x: ag.hvp(f, x, np.arange(4.0)),),
        lambda: (ag.grad(lambda x: (ag.grad(f)(x) ** 2).sum()),),
    ):
        run_both(make, calls)


def test_several_arguments_of_a_gradient() -> None:
    """argnums, keyword arguments and functions of several arrays go through."""
    rng = np.random.default_rng(2)

    def loss(W: Any, b: Any, x: Any, *, scale: float = 1.0) -> Any:
        return ((x @ W + b) ** 2).sum() * scale

    calls = [(rng.normal(size=(3, 2)), rng.normal(size=2), rng.normal(size=(5, 3)))] * 3
    run_both(lambda: (ag.value_and_grad(loss, argnums=(0, 1)),), calls)
    compiled = ag.compile(ag.grad(loss))
    for scale in (1.0, 2.0, 0.5):
        expected = ag.grad(loss)(*calls[0], scale=scale)
        assert_same(expected, compiled(*calls[0], scale=scale))
    assert compiled.traces == 1


def test_gradient_penalty_with_create_graph() -> None:
    """A gradient that was taken with create_graph can be differentiated inside of a program."""

    def make() -> Any:
        W = Tensor(np.linspace(-1, 1, 6).reshape(3, 2), requires_grad=True, name="W")

        def f(x: Any) -> Any:
            W.grad = None
            loss = ag.tanh(x @ W).sum()
            loss.backward(create_graph=True)
            g = W.grad
            W.grad = None
            total = loss + (g * g).sum()
            total.backward()
            return total.detach()

        return f, W

    rng = np.random.default_rng(0)
    run_both(make, [(rng.normal(size=(4, 3)),) for _ in range(3)])


def test_plain_numpy_inside() -> None:
    """Functions of plain arrays may call NumPy as they like."""

    def f(x: Any, y: Any) -> Any:
        a = np.where(x > y, x, -y)
        b = np.concatenate([a, np.maximum(x, 0)], axis=1).T
        c = np.einsum("ij,kj->ik", b, b)
        d = (c - c.mean(axis=0)) / (c.std(axis=0) + 1e-3)
        e = np.linalg.norm(d, axis=1, keepdims=True)
        total = np.zeros(d.shape[1])
        total += d.sum(axis=0)
        total[0] = 7.0
        d[:, 1:2] *= 2
        return d / e, total, np.argsort(x, axis=1), float(3), np.clip(x, -1, 1).max(), x[1, 2]

    rng = np.random.default_rng(0)
    calls = [(rng.normal(size=(3, 4)), rng.normal(size=(3, 4))) for _ in range(4)]
    run_both(lambda: (f,), calls)


def test_nested_arguments_and_results() -> None:
    """Dicts, lists, tuples and named tuples of arrays go in and come out in their forms."""
    Pair = namedtuple("Pair", "a b")

    def f(tree: Any, items: Any, *more: Any, key: Any, scale: float = 2.0) -> Any:
        first = tree["x"] * scale + items[0]
        return {
            "sum": first.sum(),
            "pair": Pair(items[1] * 2, key["deep"][0] + 1),
            "list": [first, (more[0], None, "text", 3)],
            "ordered": OrderedDict(z=first * 2),
        }

    compiled = ag.compile(f)
    rng = np.random.default_rng(0)
    for _ in range(3):
        x, y, z = rng.normal(size=(3, 5))
        args = ({"x": x, "n": 3}, [y, Tensor(z)], z)
        expected = f(*args, key={"deep": (y,)})
        found = compiled(*args, key={"deep": (y,)})
        assert_same(expected, found)
    assert compiled.traces == 1


def test_defaults_and_keyword_only_arguments() -> None:
    """Arguments that are left out have their defaults."""

    def f(x: Any, y: Any = 2.0, /, *, z: Any = np.ones(3), w: int = 1) -> Any:  # noqa: B008
        return x * y + z * w

    compiled = ag.compile(f)
    x = np.arange(3.0)
    for _ in range(3):
        assert_same(f(x), compiled(x))
        assert_same(f(x, 5.0), compiled(x, 5.0))
        assert_same(f(x, w=3), compiled(x, w=3))
        assert_same(f(x, z=x), compiled(x, z=x))
    assert compiled.traces == 4


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.int32, np.uint8, np.bool_])
def test_dtypes_of_arguments(dtype: Any) -> None:
    """Integers and truths are computed with as NumPy does."""

    def f(x: Any) -> Any:
        t = Tensor(x)
        return x + x, x * 2, (x > 0) & (x < 2), t + t, t.sum(), t.astype(np.float32) / 2, x.mean()

    rng = np.random.default_rng(0)
    run_both(lambda: (f,), [(rng.integers(0, 3, (2, 3)).astype(dtype),) for _ in range(3)])


def test_numbers_as_arguments() -> None:
    """Python floats, NumPy's scalars, arrays and tensors of no dimension keep their promotion."""

    def f(x: Any, s: Any) -> Any:
        return x * s, s * 2, s**2, Tensor(x) * s, np.multiply(s, 2), abs(s) * x, -s, x**s, 1 / s

    rng = np.random.default_rng(0)
    for kind in (float, np.float32, np.float64, np.array, Tensor, np.int64):
        for dtype in (np.float32, np.float64):
            make = lambda: (f,)  # noqa: E731
            x = np.abs(rng.normal(size=3)).astype(dtype)
            run_both(make, [(x, kind(s)) for s in (2.0, 3.0, 1.0, 2.0)])


def test_operators_between_python_numbers() -> None:
    """What Python numbers make of one another stays a Python number, and weak."""

    def f(x: Any, s: float) -> Any:
        t = s
        t *= 2
        u = (s // 2, s % 2, s**2, -s, +s, abs(s), s > 0, s == 1.0, 2 - s, 2 / s, t, s)
        return [x * v for v in u], u[0], u[6]

    x = np.arange(3, dtype=np.float32)
    compiled = run_both(lambda: (f,), [(x, s) for s in (1.0, 2.5, -3.0, 7.25)])
    assert type(compiled(x, 2.0)[1]) is float


def test_arrays_of_size_zero() -> None:
    """Nothing is computed with as well."""

    def f(x: Any) -> Any:
        t = Tensor(x, requires_grad=True)
        y = (t * 2 + 1).sum()
        y.backward()
        return y.detach(), t.grad, x @ x.T, x.T @ x, x.reshape(4, 0)

    run_both(lambda: (f,), [(np.zeros((0, 4)),)] * 3)


@pytest.mark.parametrize("lie", ["C", "F", "strided", "negative", "read-only", "broadcast"])
def test_how_arguments_lie_in_memory(lie: str) -> None:
    """A program is for one layout, as bits and views depend on it; there is one for each."""
    rng = np.random.default_rng(0)

    def laid(a: Any, how: str) -> Any:
        if how == "F":
            return np.asfortranarray(a)
        if how == "strided":
            return np.repeat(a, 2, axis=1)[:, ::2]
        if how == "negative":
            return a[::-1, ::-1]
        if how == "broadcast":
            return np.broadcast_to(a[:1], a.shape)
        a = a.copy()
        a.flags.writeable = how != "read-only"
        return a

    def f(x: Any) -> Any:
        t = Tensor(x, requires_grad=True)
        y = (t.T.reshape(-1) * np.arange(12.0)).reshape(3, 4) @ t
        y.sum().backward()
        return y.detach(), t.grad, x.ravel() + 1, x.T.reshape(2, 6)

    for first, then in ((lie, "C"), ("C", lie)):
        compiled = ag.compile(f)
        for how in (first, then, then, first):
            x = laid(rng.normal(size=(4, 3)), how)
            assert_same(f(x), compiled(x))
        assert compiled.traces == 1 + (lie not in ("C", "read-only"))


@pytest.mark.parametrize("exponent", [2, 2.0, 0.5, -1, 1, 3, True, 1.7])
def test_powers_are_those_of_the_operator(exponent: Any) -> None:
    """NumPy takes another function for some exponents, and its numbers have their own."""
    rng = np.random.default_rng(0)

    def f(x: Any) -> Any:
        y = x**exponent
        x **= exponent
        return y, np.sum(np.abs(x)) ** exponent, exponent ** np.abs(x), np.sum(x) ** np.float64(3)

    with np.errstate(all="ignore"):
        run_both(lambda: (f,), [(rng.lognormal(size=50),) for _ in range(60)])
        run_both(lambda: (f,), [(np.array([-np.inf, -0.0, 0.0, np.inf, np.nan]),)] * 3)
        run_both(lambda: (f,), [(rng.lognormal(size=9).astype(np.float32),) for _ in range(60)])
    if exponent == 2 and type(exponent) is int:
        run_both(lambda: (lambda x: (x > 0) ** exponent,), [(rng.normal(size=9),)] * 3)


def test_arrays_of_no_dimension_stay_arrays() -> None:
    """They are changed in place, where numbers are not; `where` gives one, a ufunc a number."""

    def f(x: Any, y: Any) -> Any:
        x *= 0.5
        alias = x
        x -= y
        chosen = np.where(x > y, x, y)
        same = chosen
        chosen += 1.0
        return x, alias + 0.0, same, x[()], x[...], np.add(x, y)

    calls = [(np.array(float(n)), np.array(3.0)) for n in range(4)]
    run_both(lambda: (f,), calls)


def test_views_of_what_the_program_computes() -> None:
    """Transposes, reshapes that copy and those that do not, elements and slices are up to date."""

    def f(x: Any) -> Any:
        y = x * 2
        z = y.T.reshape(-1) + 1
        w = np.ravel(y.T) * y[1, 2] + y[0].sum() + y[:, 1:].T[0, 0]
        v = np.flip(y, 0) + np.rot90(y @ y.T)[:, :1]
        u = np.diagonal(y @ y.T) + 1
        q, r = np.split(y + 1, 2, axis=1)
        s = np.swapaxes(y, 0, 1).reshape(2, 6) * 3
        return z, w, v, u, q * r, s, np.broadcast_to(y[0], (2, 4)) * 2, np.squeeze(y[None]) + 1

    rng = np.random.default_rng(0)
    run_both(lambda: (f,), [(rng.normal(size=(3, 4)),) for _ in range(4)])


def test_tensor_arguments() -> None:
    """A tensor among the arguments gets its gradient, and its changes in place."""

    def make() -> Any:
        def f(W: Any, x: Any, b: Any) -> Any:
            loss = ((x @ W - b) ** 2).sum()
            loss.backward()
            W.data -= 0.1 * W.grad.data
            b.data = b.data + 1.0
            return loss.detach()

        return (f,)

    rng = np.random.default_rng(0)
    f, compiled = make()[0], ag.compile(make()[0])
    W1, b1 = Tensor(rng.normal(size=(3, 2)), requires_grad=True), Tensor(1.0)
    W2, b2 = Tensor(W1.data, requires_grad=True), Tensor(1.0)
    for i in range(6):
        x = rng.normal(size=(4, 3))
        if i == 4:
            W1.grad = W2.grad = None
        assert_same(f(W1, x, b1), compiled(W2, x, b2))
        assert_same((W1, W1.grad, b1), (W2, W2.grad, b2))
        assert W1.grad is not W2.grad
    assert compiled.traces == 2  # without a gradient before, and with one


def test_tensor_arguments_of_no_dimension() -> None:
    """Their numbers and gradients are set as eager sets them."""

    def f(s: Any, x: Any) -> Any:
        (s * s * x).sum().backward()
        s.data = s.data * 0.5

    compiled = ag.compile(f)
    a, b = Tensor(3.0, requires_grad=True), Tensor(3.0, requires_grad=True)
    for x in np.random.default_rng(0).normal(size=(4, 2)):
        f(a, x)
        compiled(b, x)
        assert_same((a, a.grad), (b, b.grad))


def test_the_same_tensor_twice() -> None:
    """One tensor at two places is one leaf."""

    def f(a: Any, b: Any) -> Any:
        (a * a * b).sum().backward()

    compiled = ag.compile(f)
    V, W = Tensor([1.0, 2.0], requires_grad=True), Tensor([1.0, 2.0], requires_grad=True)
    U = Tensor([3.0, 1.0], requires_grad=True)
    for a, b in ((V, V), (V, U), (V, V)):
        V.grad = U.grad = None
        f(a, b)
        expected = [None if t.grad is None else t.grad.data.copy() for t in (V, U)]
        V.grad = U.grad = None
        compiled(a, b)
        assert_same(expected, [None if t.grad is None else t.grad.data for t in (V, U)])
    del W


def test_arrays_that_are_changed_in_place() -> None:
    """An argument that the function changes is changed for the caller, as by NumPy."""

    def f(x: Any, y: Any) -> Any:
        x += y
        x[0] = 5.0
        np.multiply(x, 2, out=x)
        x[1:3, :2] = y[1:3, :2]
        np.copyto(x, -x, where=y > 0)
        return x.sum(), x * 1

    rng = np.random.default_rng(0)
    calls = [(rng.normal(size=(4, 3)), rng.normal(size=(4, 3))) for _ in range(4)]
    run_both(lambda: (f,), calls)


def test_compiled_inside_of_compiled() -> None:
    """A compiled function that is called in another one becomes part of it."""
    inner = ag.compile(lambda x: x * 2 + 1)
    rng = np.random.default_rng(0)
    run_both(lambda: (lambda x: inner(x) * inner(x[::-1]),), [(rng.normal(size=3),)] * 3)
    assert inner.traces == 1  # by the eager side


def test_a_tensor_on_a_graph_is_computed_with_eagerly() -> None:
    """An argument that was computed from others keeps its graph: the function then runs itself."""
    W = Tensor([1.0, 2.0], requires_grad=True)
    compiled = ag.compile(lambda x: (x * x).sum())
    for _ in range(3):
        W.grad = None
        compiled(W * 3.0).backward()
        assert_same(np.array([18.0, 36.0]), W.grad.data)
    assert compiled.traces == 0


def test_gradients_do_not_end_at_a_compiled_function_without_a_word() -> None:
    """What a program returned cannot be differentiated from outside, and says so."""
    W = Tensor([1.0, 2.0], requires_grad=True)
    compiled = ag.compile(lambda x: (W * x).sum())
    for _ in range(3):
        with pytest.raises(ag.GraphError, match="differentiate inside"):
            compiled(np.ones(2)).backward()
        with pytest.raises(ag.GraphError, match="differentiate inside"):
            ag.grad(compiled)(np.ones(2))
    with ag.no_grad():
        assert not compiled(np.ones(2)).requires_grad


def test_draws() -> None:
    """randn with a generator or fresh entropy draws at every run, as_one too; a seed repeats."""

    def make() -> Any:
        rng = np.random.default_rng(0)

        def f(x: Any) -> Any:
            noise = ag.as_one(rng.normal, 0.0, 1.0, x.shape)
            same = ag.randn(3, rng=5)
            return x + noise, x * ag.randn(3, rng=rng), ag.randn_like(Tensor(x), rng=rng) + same

        return f, rng

    run_both(make, [(np.arange(3.0),)] * 4)
    fresh = ag.compile(lambda x: x + ag.randn(3))
    drawn = [fresh(np.zeros(3)).data.tobytes() for _ in range(4)]
    assert len(set(drawn)) == 4


def test_in_place_changes_of_tensors() -> None:
    """Item assignment, fill, data and assign of captured and of new tensors are done each time."""

    def make() -> Any:
        state = Tensor(np.arange(4.0))
        count = Tensor(0.0)

        def f(x: Any) -> Any:
            state[1:3] = x[:2]
            state[0] = 9.0
            count.data = count.data + 1.0
            count.assign(count * 2)
            made = ag.zeros(3)
            made[0] = x[0]
            made.data += x
            number = ag.tensor(1.0)
            number.data = number.data + x.sum()
            old = state * 1.0
            state.data = state.data[::-1] * 1.0
            return made, number, old, state, count

        return f, state, count

    rng = np.random.default_rng(0)
    run_both(make, [(rng.normal(size=3),) for _ in range(4)])


def test_swapped_states() -> None:
    """Arrays that take one another's values take the old ones."""

    def make() -> Any:
        a, b, c = Tensor([1.0, 2.0]), Tensor([3.0, 4.0]), Tensor([[1.0, 2.0], [3.0, 4.0]])

        def f(x: Any) -> Any:
            old = a.data * 1.0
            a.data = b.data
            b.data = old
            c.data = c.data.T
            before = a.data
            a.data = a.data + x
            return before, c

        return f, a, b, c

    rng = np.random.default_rng(0)
    eager, *mine = make()
    function, *theirs = make()
    compiled = ag.compile(function)
    for _ in range(4):
        x = rng.normal(size=2)
        try:
            found = compiled(x)
        except ag.TraceError:  # `before` shows what was changed then
            break
        assert_same(eager(x), found)
        assert_same(mine, theirs)
