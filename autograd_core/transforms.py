"""Transforms of functions: grad, value_and_grad, vjp, jvp, jacobian, hessian, hvp.

Each gives its function aliases of the arguments, nodes that nobody else has, and walks from the
result to those and no further. So nested transforms do not confuse whose derivative is whose::

    grad(lambda x: x * grad(lambda y: x * y)(x))(3.0)      # 6

The results are Tensors. They are themselves on the graph if the function used anything that is:
an argument of an enclosing transform, or a tensor with ``requires_grad``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .errors import ArgumentError, GraphError, ShapeError
from .modes import keep_values
from .tensor import Tensor
from .traced import Argnums, Fn, Traced, by_columns, by_rows, detached, pushed
from .walks import nothing, seed_for


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
        traced = Traced(f, args, kwargs, argnums, "grad", has_aux)
        if traced.output.size != 1:
            raise GraphError(
                f"grad: the function returned shape {traced.output.shape}, not a scalar; reduce "
                f"it with sum() or mean(), or use jacobian or vjp"
            )
        gradient = traced.unpack(traced.pull(seed_for(traced.output, None)))
        value = traced.value()
        aux = traced.aux if traced.nested else detached(traced.aux)
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
    traced = Traced(f, args, {}, 0 if len(args) == 1 else range(len(args)), "vjp")

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
        traced = Traced(f, args, {}, range(len(args)), "jvp")
    return pushed(traced, tangents)


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
            traced = Traced(f, args, kwargs, argnums, "jacobian")
        if mode == "auto":
            forward = traced.output.size > max(1, sum(x.size for x in traced.inputs))
        return traced.unpack(by_columns(traced) if forward else by_rows(traced))

    return wrapper


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
