"""The public checker: derivatives against central differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .errors import ArgumentError, DTypeError, GradcheckError
from .modes import enable_grad
from .tensor import Tensor
from .transforms import grad, jvp, vjp


def _plain(x: Any) -> np.ndarray[Any, Any]:
    array = np.array(x.data if isinstance(x, Tensor) else x)
    if array.dtype.kind == "f" and array.dtype != np.float64:
        raise DTypeError(
            f"gradcheck: an input of dtype {array.dtype}; finite differences need float64: "
            f"x.astype(np.float64)"
        )
    return array


def numerical_jacobian(
    f: Callable[..., Any], inputs: Sequence[np.ndarray[Any, Any]], i: int, eps: float
) -> np.ndarray[Any, Any]:
    """∂f/∂inputs[i] by central differences, of shape (outputs, inputs[i].size)."""
    columns = []
    flat = inputs[i].ravel()
    for k in range(flat.size):
        sides = []
        for sign in (1, -1):
            moved = flat.copy()
            moved[k] += sign * eps
            args = [*inputs[:i], moved.reshape(inputs[i].shape), *inputs[i + 1 :]]
            sides.append(np.asarray(f(*[Tensor(a) for a in args]).detach().data, float).ravel())
        columns.append((sides[0] - sides[1]) / (2 * eps))
    return np.stack(columns, axis=1) if columns else np.zeros((0, 0))


def gradcheck(
    f: Callable[..., Tensor],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-6,
    rtol: float = 1e-5,
    second_order: bool = False,
    raise_exception: bool = True,
    seed: int = 0,
) -> bool:
    """Compare the derivatives of a function with central differences.

    The reverse mode is compared entry by entry, the forward mode along a random direction; with
    `second_order` the gradient's own derivatives are checked likewise.

    Parameters
    ----------
    f : callable
        Of tensors; returns one Tensor.
    inputs : tuple of Tensor or array_like
        float64 inputs are differentiated; others are passed on as they are.
    eps : float
        Step of the differences.
    atol, rtol : float
        Agreement: ``|a − b| ≤ atol + rtol·|b|``.
    second_order : bool
    raise_exception : bool
        Raise instead of returning False.
    seed : int
        Of the random directions.

    Returns
    -------
    bool
        Whether all derivatives agree.

    Raises
    ------
    GradcheckError
        Naming the input, the element, both values and the largest error.

    Examples
    --------
    >>> import autograd_core as ag
    >>> ag.gradcheck(lambda x: ag.sin(x) * x, [0.5, 1.0])
    True
    """
    items = inputs if isinstance(inputs, tuple) else (inputs,)
    arrays = [_plain(x) for x in items]
    moving = [i for i, a in enumerate(arrays) if a.dtype.kind == "f"]
    if not moving:
        raise ArgumentError("gradcheck: none of the inputs is an array of floats")
    try:
        with enable_grad():
            _first_order(f, arrays, moving, eps, atol, rtol, np.random.default_rng(seed))
            if second_order:
                _second_order(f, arrays, moving, eps, atol, rtol, np.random.default_rng(seed))
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _close(name: str, got: Any, expected: Any, shape: Any, atol: float, rtol: float) -> None:
    error = np.abs(got - expected)
    bad = ~(error <= atol + rtol * np.abs(expected))
    if bad.any():
        error = np.where(np.isnan(error), np.inf, error)
        worst = np.unravel_index(np.argmax(error), error.shape)
        raise GradcheckError(
            f"gradcheck: {name} disagrees with central differences in {int(bad.sum())} of "
            f"{bad.size} entries; the worst, at {tuple(int(i) for i in worst)} (output, input "
            f"element, shape {shape}), is {got[worst]:.8g} where {expected[worst]:.8g} is expected"
        )


def _first_order(
    f: Callable[..., Any],
    arrays: list[np.ndarray[Any, Any]],
    moving: list[int],
    eps: float,
    atol: float,
    rtol: float,
    rng: np.random.Generator,
) -> None:
    def of_moving(*xs: Any) -> Any:
        args: list[Any] = [Tensor(a) for a in arrays]
        for i, x in zip(moving, xs, strict=True):
            args[i] = x
        return f(*args)

    points = [arrays[i] for i in moving]
    y, pullback = vjp(of_moving, *points)
    jacobians = [numerical_jacobian(f, arrays, i, eps) for i in moving]
    rows: list[list[Any]] = [[] for _ in moving]
    for k in range(y.size):
        g = np.zeros(y.size)
        g[k] = 1
        answer = pullback(g.reshape(y.shape))
        for row, c in zip(rows, answer if len(moving) > 1 else (answer,), strict=True):
            row.append(np.asarray(c.data).ravel())
    for i, row, expected in zip(moving, rows, jacobians, strict=True):
        if expected.size:
            _close(
                f"the reverse mode by input {i}",
                np.stack(row),
                expected,
                arrays[i].shape,
                atol,
                rtol,
            )
    directions = [rng.standard_normal(p.shape) for p in points]
    _, tangent = jvp(of_moving, tuple(points), tuple(directions))
    expected = np.zeros(y.size)
    for jac, d in zip(jacobians, directions, strict=True):
        if jac.size:
            expected = expected + jac @ d.ravel()
    got = np.asarray(tangent.data).reshape(-1, 1)
    _close("the forward mode", got, expected.reshape(-1, 1), y.shape, atol, rtol)


def _second_order(
    f: Callable[..., Any],
    arrays: list[np.ndarray[Any, Any]],
    moving: list[int],
    eps: float,
    atol: float,
    rtol: float,
    rng: np.random.Generator,
) -> None:
    shape = f(*[Tensor(a) for a in arrays]).shape
    weight = rng.standard_normal(shape)
    directions = [rng.standard_normal(arrays[i].shape) for i in moving]

    def slope(*xs: Any) -> Any:
        """⟨∇⟨f, weight⟩, directions⟩: a scalar whose gradient is a product with the Hessian."""
        gradients = grad(lambda *zs: (f(*zs) * weight).sum(), moving)(*xs)
        total: Any = 0.0
        for g, d in zip(gradients, directions, strict=True):
            total = total + (g * d).sum()
        return total

    _first_order(slope, arrays, moving, eps, atol * 10, rtol * 10, rng)
