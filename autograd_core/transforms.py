"""Transforms of functions: grad, value_and_grad, vjp, jvp, jacobian, hessian, hvp.

Each gives its function aliases of the arguments, nodes that nobody else has, and walks from the
result to those and no further. So nested transforms do not confuse whose derivative is whose::

    grad(lambda x: x * grad(lambda y: x * y)(x))(3.0)      # 6

The results are Tensors. They are themselves on the graph if the function used anything that is:
an argument of an enclosing transform, or a tensor with ``requires_grad``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from operator import index
from typing import Any

import numpy as np

from .errors import ArgumentError, DTypeError, GraphError, ShapeError
from .graph import Leaf, Node, topological
from .modes import enable_grad, is_grad_enabled, keep_values
from .ops.shape import alias_primitive
from .tensor import Tensor, wrap
from .walks import nothing, pull, push, seed_for

Fn = Callable[..., Any]
Argnums = int | Sequence[int]


def _alias(x: Any, n: int, what: str) -> Tensor:
    """A tensor with the value of `x` and a node of its own, linked to that of `x` if it has one."""
    if isinstance(x, Tensor) and x._node is not None:
        return alias_primitive(x)  # type: ignore[no-any-return]
    value = x._value if isinstance(x, Tensor) else x
    alias = Tensor(value, copy=not isinstance(value, np.ndarray))
    if alias.dtype.kind != "f":
        raise DTypeError(
            f"{what}: argument {n} is of dtype {alias.dtype}, and only floats have derivatives; "
            f"give {value}.0 instead of {value}"
            if np.ndim(value) == 0 and alias.dtype.kind in "iu"
            else f"{what}: argument {n} is of dtype {alias.dtype}, and only floats have "
            f"derivatives; convert it with astype(float)"
        )
    return alias.requires_grad_()


def _positions(argnums: Argnums, count: int, what: str) -> list[int]:
    """The positions that `argnums` names, each once."""
    named = argnums if isinstance(argnums, Sequence) else (argnums,)
    try:
        numbers = [index(n) for n in named]
    except TypeError:
        raise ArgumentError(
            f"{what}: argnums {argnums!r} is not an integer or a sequence of them"
        ) from None
    if not all([-count <= n < count for n in numbers]):
        raise ArgumentError(
            f"{what}: argnums {argnums!r} does not name one of the {count} positional arguments"
        )
    numbers = [n % count for n in numbers]
    if len(set(numbers)) < len(numbers):
        raise ArgumentError(f"{what}: argnums {argnums!r} names an argument twice")
    return numbers


def _detached(x: Any) -> Any:
    """`x` with the tensors in it, and in its tuples, lists and dicts, off the graph."""
    if isinstance(x, Tensor):
        return x.detach()
    if isinstance(x, (list, tuple)) and type(x) in (list, tuple):
        return type(x)([_detached(item) for item in x])
    if type(x) is dict:
        return {key: _detached(item) for key, item in x.items()}
    return x


class _Traced:
    """A function run once on aliases of some of its arguments."""

    def __init__(
        self,
        f: Fn,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        argnums: Argnums,
        what: str,
        has_aux: bool = False,
    ) -> None:
        self.what = what
        self.single = not isinstance(argnums, Sequence)
        numbers = _positions(argnums, len(args), what)
        recording = is_grad_enabled()
        moved = list(args)
        with enable_grad():
            self.inputs: list[Tensor] = []
            for n in numbers:
                moved[n] = _alias(args[n], n, what)
                self.inputs.append(moved[n])
            result = f(*moved, **kwargs)
        self.aux: Any = None
        if has_aux:
            if not isinstance(result, tuple) or len(result) != 2:
                raise ArgumentError(
                    f"{what}: with has_aux=True the function returns a pair (value, aux)"
                )
            result, self.aux = result
        if not isinstance(result, Tensor):
            if isinstance(result, (tuple, list, dict)) or result is None:
                raise ArgumentError(
                    f"{what}: the function returned a {type(result).__name__}; it must return one "
                    f"tensor (stack several, or use has_aux=True)"
                )
            result = Tensor(result)
        self.output: Tensor = result
        self.nodes: list[Node] = [t._node for t in self.inputs if t._node is not None]
        root = self.output._node
        self.order = [] if root is None else topological((root,), stop=set(self.nodes))
        mine = set(self.nodes)
        self.nested = recording and any(
            [
                bool(node.parents)
                if node in mine
                else isinstance(node, Leaf) and node.owner() is not None
                for node in self.order
            ]
        )

    def value(self) -> Tensor:
        """The output, as outer transforms see it: on their graph, or a constant."""
        if self.nested:
            return self.output
        value = self.output._value
        given = any([value is x._value for x in self.inputs])  # not to share the caller's memory
        return wrap(np.array(value) if given and type(value) is np.ndarray else value, None)

    def pull(self, g: Any) -> tuple[Tensor, ...]:
        """The cotangents of the inputs."""
        found: dict[Node, Any] = {}
        root = self.output._node
        if root is not None:
            if self.nested and not isinstance(g, Tensor):
                g = wrap(g, None)
            elif not self.nested and isinstance(g, Tensor):
                g = g._value
            with enable_grad() if self.nested else nothing:
                found = pull(
                    self.order,
                    [(root, g)],
                    self.nodes,
                    retain_graph=True,
                    create_graph=self.nested,
                )
        return tuple(
            [self._result(t, found.get(n)) for t, n in zip(self.inputs, self.nodes, strict=True)]
        )

    def _result(self, x: Tensor, g: Any) -> Tensor:
        if g is None:
            return Tensor(np.zeros(x.shape, x.dtype))
        if isinstance(g, Tensor):
            return g
        # A rule may hand on the seed, a view of it or of an argument: the caller gets a copy.
        return wrap(np.array(g) if type(g) is np.ndarray else g, None)

    def unpack(self, results: Sequence[Any]) -> Any:
        return results[0] if self.single else tuple(results)


def value_and_grad(f: Fn, argnums: Argnums = 0, has_aux: bool = False) -> Fn:
    """The function that returns the value of `f` and its gradient.

    Parameters
    ----------
    f : callable
        Returns a scalar Tensor, or with `has_aux` a pair of it and anything.
    argnums : int or sequence of int
        The positional arguments by which to differentiate; with a sequence the gradient is a
        tuple.
    has_aux : bool
        Whether `f` returns ``(value, aux)``; the result is then ``((value, aux), gradient)``.

    Returns
    -------
    callable
        Of the arguments of `f`.

    Raises
    ------
    GraphError
        If the value is not a scalar.

    Examples
    --------
    >>> import autograd_core as ag
    >>> ag.value_and_grad(lambda w: (w * w).sum())([1.0, 2.0])
    (Tensor(5.0, shape=(), dtype=float64), Tensor([2., 4.], shape=(2,), dtype=float64))
    """

    @functools.wraps(f)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        traced = _Traced(f, args, kwargs, argnums, "grad", has_aux)
        if traced.output.size != 1:
            raise GraphError(
                f"grad: the function returned shape {traced.output.shape}, not a scalar; reduce "
                f"it with sum() or mean(), or use jacobian or vjp"
            )
        gradient = traced.unpack(traced.pull(seed_for(traced.output, None)))
        value = traced.value()
        aux = traced.aux if traced.nested else _detached(traced.aux)
        return ((value, aux) if has_aux else value), gradient

    return wrapper


def grad(f: Fn, argnums: Argnums = 0, has_aux: bool = False) -> Fn:
    """The gradient of a function with a scalar value, as a function.

    Parameters
    ----------
    f : callable
        Returns a scalar Tensor, or with `has_aux` a pair of it and anything.
    argnums : int or sequence of int
        The positional arguments by which to differentiate; with a sequence the gradient is a
        tuple.
    has_aux : bool
        Whether `f` returns ``(value, aux)``; the result is then ``(gradient, aux)``.

    Returns
    -------
    callable
        Of the arguments of `f`; zeros where the value does not depend on the argument.

    Examples
    --------
    >>> import autograd_core as ag
    >>> cube = lambda x: x**3
    >>> ag.grad(cube)(2.0), ag.grad(ag.grad(cube))(2.0)
    (Tensor(12.0, shape=(), dtype=float64), Tensor(12.0, shape=(), dtype=float64))
    """
    both = value_and_grad(f, argnums, has_aux)

    @functools.wraps(f)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        value, gradient = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return wrapper


def vjp(f: Fn, *args: Any) -> tuple[Tensor, Callable[[Any], Any]]:
    """The value of `f`, and the function that pulls a cotangent back: ``g ↦ Jᵀ g``.

    Parameters
    ----------
    f : callable
        Returns one Tensor, of any shape.
    *args : Tensor or array_like
        Of floats.

    Returns
    -------
    value : Tensor
    pullback : callable
        Takes a cotangent of the shape of the value; returns that of the argument, or a tuple
        for several arguments. It may be called many times.

    Examples
    --------
    >>> import autograd_core as ag
    >>> y, pullback = ag.vjp(ag.square, ag.Tensor([1.0, 2.0]))
    >>> pullback([1.0, 10.0])
    Tensor([ 2., 40.], shape=(2,), dtype=float64)
    """
    traced = _Traced(f, args, {}, 0 if len(args) == 1 else range(len(args)), "vjp")

    def pullback(g: Any) -> Any:
        if g is None:
            raise GraphError("vjp: the pullback needs a cotangent of the shape of the value")
        return traced.unpack(traced.pull(seed_for(traced.output, g, "vjp")))

    return traced.value(), pullback


def jvp(f: Fn, args: Any, tangents: Any) -> tuple[Tensor, Tensor]:
    """The value of `f` and its derivative along `tangents`: ``J t``, by the forward mode.

    Parameters
    ----------
    f : callable
        Returns one Tensor, of any shape.
    args, tangents : tuples of Tensor or array_like
        Of equal shapes; a bare array stands for a tuple of one.

    Returns
    -------
    value, tangent : Tensor

    Examples
    --------
    >>> import autograd_core as ag
    >>> ag.jvp(ag.sin, (0.0,), (2.0,))
    (Tensor(0.0, shape=(), dtype=float64), Tensor(2.0, shape=(), dtype=float64))
    """
    args = args if isinstance(args, tuple) else (args,)
    tangents = tangents if isinstance(tangents, tuple) else (tangents,)
    if len(args) != len(tangents):
        raise ArgumentError(
            f"jvp: {len(args)} arguments and {len(tangents)} tangents; give equal numbers"
        )
    with keep_values():
        traced = _Traced(f, args, {}, range(len(args)), "jvp")
    return _pushed(traced, tangents)


def _pushed(traced: _Traced, tangents: Sequence[Any]) -> tuple[Tensor, Tensor]:
    moving: dict[Node, Any] = {}
    recording = is_grad_enabled()
    for x, node, t in zip(traced.inputs, traced.nodes, tangents, strict=True):
        given = t if isinstance(t, Tensor) else Tensor(t, dtype=x.dtype)
        if given.shape != x.shape:
            raise ShapeError(
                f"jvp: a tangent of shape {given.shape} for an argument of shape {x.shape}; they "
                f"must be equal"
            )
        traced.nested |= recording and given._node is not None
        moving[node] = given.astype(x.dtype, copy=False)
    root = traced.output._node
    result = None
    if root is not None:
        # Leaves of outer graphs are values that do not move; the aliases' own are at hand.
        result = push(traced.order, moving, create_graph=traced.nested).get(root)
    if result is None:
        result = Tensor(np.zeros(traced.output.shape, traced.output.dtype))
    return traced.value(), result


def jacobian(f: Fn, argnums: Argnums = 0, mode: str = "auto") -> Fn:
    """The matrix of partial derivatives of a function, as a function.

    Parameters
    ----------
    f : callable
        Returns one Tensor, of any shape.
    argnums : int or sequence of int
        The positional arguments by which to differentiate; with a sequence the result is a
        tuple.
    mode : {'auto', 'reverse', 'forward'}
        A pass for each output or for each input; 'auto' takes the fewer.

    Returns
    -------
    callable
        Its result has the shape of the output followed by that of the argument.

    Examples
    --------
    >>> import autograd_core as ag
    >>> ag.jacobian(lambda x: x[:2] * x[2])(ag.Tensor([1.0, 2.0, 3.0]))
    Tensor([[3., 0., 1.],
            [0., 3., 2.]], shape=(2, 3), dtype=float64)
    """
    if mode not in ("auto", "reverse", "forward"):
        raise ArgumentError(f"jacobian: mode {mode!r} is not 'auto', 'reverse' or 'forward'")

    @functools.wraps(f)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        forward = mode == "forward"
        with keep_values() if mode != "reverse" else nothing:
            traced = _Traced(f, args, kwargs, argnums, "jacobian")
        if mode == "auto":
            forward = traced.output.size > max(1, sum(x.size for x in traced.inputs))
        return traced.unpack(_by_columns(traced) if forward else _by_rows(traced))

    return wrapper


def _by_rows(traced: _Traced) -> list[Tensor]:
    from .ops.joining import stack
    from .ops.shape import reshape

    shape, dtype = traced.output.shape, traced.output.dtype
    rows = []
    for i in range(traced.output.size):
        seed = np.zeros(traced.output.size, dtype)
        seed[i] = 1
        rows.append(traced.pull(seed.reshape(shape) if shape else seed[0]))
    if not rows:
        return [Tensor(np.zeros((*shape, *x.shape), x.dtype)) for x in traced.inputs]
    return [
        reshape(stack(column), (*shape, *x.shape))
        for column, x in zip(zip(*rows, strict=True), traced.inputs, strict=True)
    ]


def _by_columns(traced: _Traced) -> list[Tensor]:
    from .ops.joining import stack
    from .ops.shape import reshape

    shape = traced.output.shape
    results = []
    for k, x in enumerate(traced.inputs):
        columns = []
        for i in range(x.size):
            moves = [np.zeros(z.size, z.dtype) for z in traced.inputs]
            moves[k][i] = 1
            tangents = [m.reshape(z.shape) for m, z in zip(moves, traced.inputs, strict=True)]
            columns.append(_pushed(traced, tangents)[1])
        if not columns:
            results.append(Tensor(np.zeros((*shape, *x.shape), x.dtype)))
        else:
            results.append(reshape(stack(columns, axis=len(shape)), (*shape, *x.shape)))
    return results


def hessian(f: Fn, argnums: Argnums = 0) -> Fn:
    """The matrix of second derivatives of a function with a scalar value, as a function.

    Parameters
    ----------
    f : callable
        Returns a scalar Tensor.
    argnums : int or sequence of int
        The positional arguments; with a sequence the result is a tuple of tuples.

    Returns
    -------
    callable
        Its result has the shape of the argument twice.

    Examples
    --------
    >>> import autograd_core as ag
    >>> ag.hessian(lambda x: x[0] ** 2 * x[1])(ag.Tensor([1.0, 2.0]))
    Tensor([[4., 2.],
            [2., 0.]], shape=(2, 2), dtype=float64)
    """
    if isinstance(argnums, int):
        return jacobian(grad(f, argnums), argnums, mode="reverse")
    numbers = tuple(argnums)

    @functools.wraps(f)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return tuple(
            jacobian(grad(f, i), numbers, mode="reverse")(*args, **kwargs) for i in numbers
        )

    return wrapper


def hvp(f: Fn, x: Any, v: Any) -> Tensor:
    """The Hessian of `f` at `x` times a vector, without forming the Hessian.

    Parameters
    ----------
    f : callable
        Of one argument; returns a scalar Tensor.
    x : Tensor or array_like
    v : Tensor or array_like
        Of the shape of `x`.

    Returns
    -------
    Tensor
        Of the shape of `x`. Two passes backward: the gradient of ⟨∇f(x), v⟩.

    Examples
    --------
    >>> import autograd_core as ag
    >>> ag.hvp(lambda x: (x**3).sum(), ag.Tensor([1.0, 2.0]), [1.0, 1.0])
    Tensor([ 6., 12.], shape=(2,), dtype=float64)
    """
    shapes = [np.shape(t.data if isinstance(t, Tensor) else t) for t in (v, x)]
    if shapes[0] != shapes[1]:
        raise ShapeError(
            f"hvp: the vector has shape {shapes[0]}, the argument has shape {shapes[1]}; they must "
            f"be equal"
        )
    first = grad(f)
    return grad(lambda z: (first(z) * v).sum())(x)  # type: ignore[no-any-return]


__all__ = ["grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]
