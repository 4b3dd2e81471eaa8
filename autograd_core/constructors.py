"""Tensors from nothing: zeros, ones, ranges, random draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .dtypes import as_dtype, get_default_dtype
from .errors import ArgumentError, AutogradError, ShapeError
from .tensor import Tensor, as_data
from .tracing import TRACES, as_array, as_one, current

Sizes = int | tuple[int, ...] | list[int]
if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

    # naming numpy.random at run time would import it, for tens of milliseconds
    Rng = np.random.Generator | int | None


def generator(rng: Rng) -> np.random.Generator:
    """A generator from a generator, a seed, or None for fresh entropy.

    Raises
    ------
    ArgumentError
        For anything else.
    """
    if isinstance(rng, np.random.Generator):
        return rng
    if rng is None or (
        isinstance(rng, (int, np.integer)) and not isinstance(rng, bool) and rng >= 0
    ):
        return np.random.default_rng(rng)
    raise ArgumentError(f"rng: {rng!r} is not a numpy.random.Generator or a seed (an integer >= 0)")


def tensor(
    data: ArrayLike | Tensor,
    *,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    name: str | None = None,
) -> Tensor:
    """A Tensor with a copy of `data`; see `Tensor`.

    Examples
    --------
    >>> import autograd_core as ag
    >>> ag.tensor([1.0, 2.0], requires_grad=True)
    Tensor([1., 2.], shape=(2,), dtype=float64, requires_grad=True)
    """
    return Tensor(data, dtype=dtype, requires_grad=requires_grad, name=name)


def _sizes(shape: tuple[Any, ...]) -> tuple[int, ...]:
    wanted = shape[0] if len(shape) == 1 and not hasattr(shape[0], "__index__") else shape
    try:
        sizes = tuple(int(n.__index__()) for n in wanted)
    except (AttributeError, TypeError):
        raise ArgumentError(f"shape: {wanted!r} is not a tuple of integers") from None
    if any(n < 0 for n in sizes):
        raise ArgumentError(f"shape: {sizes} has a negative size")
    return sizes


def _kind(dtype: DTypeLike | None, where: str) -> np.dtype[Any]:
    return get_default_dtype() if dtype is None else as_dtype(dtype, where)


def _filled(shape: tuple[int, ...], value: Any, kind: np.dtype[Any], where: str) -> Any:
    if not isinstance(value, (int, float)):
        value = as_data(value, kind, False, where)
    try:
        return np.full(shape, np.asarray(value, kind))  # asarray refuses what does not fit
    except (ValueError, OverflowError) as error:
        if np.shape(value):
            raise ShapeError(
                f"{where}: a value of shape {np.shape(value)} does not fill shape {shape}"
            ) from None
        raise ArgumentError(f"{where}: shape {shape} of {kind}: {error}") from None


def _range(make: Callable[..., Any], *bounds: Any, **options: Any) -> Any:
    name = make.__name__
    try:
        return make(*bounds, **options)
    except AutogradError:
        raise
    except (TypeError, ValueError, ArithmeticError) as error:
        given = ", ".join(map(repr, bounds))
        why = "" if isinstance(error, TypeError) else f" ({error})"
        raise ArgumentError(
            f"{name}({given}): the bounds are not real numbers that make a range{why}"
        ) from None


def _made(array: Any, requires_grad: bool, name: str | None) -> Tensor:
    if TRACES and (trace := current()) is not None:
        array = trace.made(array)
    return Tensor(array, requires_grad=requires_grad, name=name, copy=not np.ndim(array))


def full(
    shape: Sizes,
    fill_value: Any,
    *,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    name: str | None = None,
) -> Tensor:
    """A tensor with every element `fill_value`; of the default dtype unless `dtype` is given."""
    array = _filled(_sizes((shape,)), fill_value, _kind(dtype, "full"), "full")
    return _made(array, requires_grad, name)


def zeros(
    *shape: Any,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    name: str | None = None,
) -> Tensor:
    """Zeros of a shape, given as one tuple or as sizes; of the default dtype.

    Examples
    --------
    >>> import autograd_core as ag
    >>> ag.zeros(2, 3).shape
    (2, 3)
    """
    return _made(np.zeros(_sizes(shape), _kind(dtype, "zeros")), requires_grad, name)


def ones(
    *shape: Any,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    name: str | None = None,
) -> Tensor:
    """Ones of a shape, given as one tuple or as sizes; of the default dtype."""
    return _made(np.ones(_sizes(shape), _kind(dtype, "ones")), requires_grad, name)


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    name: str | None = None,
) -> Tensor:
    """The n × n (or n × m) identity matrix."""
    rows, columns = _sizes((n, n if m is None else m))
    return _made(np.eye(rows, columns, dtype=_kind(dtype, "eye")), requires_grad, name)


def arange(
    *bounds: float,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    name: str | None = None,
) -> Tensor:
    """``[start,] stop[, step]`` as ``numpy.arange``: integers from integers.

    With ``requires_grad`` the default dtype is used.
    """
    kind = None if dtype is None and not requires_grad else _kind(dtype, "arange")
    return _made(_range(np.arange, *bounds, dtype=kind), requires_grad, name)


def linspace(
    start: float,
    stop: float,
    num: int = 50,
    *,
    endpoint: bool = True,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    name: str | None = None,
) -> Tensor:
    """`num` evenly spaced numbers from `start` to `stop`."""
    (count,) = _sizes((num,))
    kind = _kind(dtype, "linspace")
    array = _range(np.linspace, start, stop, count, endpoint=endpoint, dtype=kind)
    return _made(array, requires_grad, name)


def randn(
    *shape: Any,
    rng: Rng = None,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    name: str | None = None,
) -> Tensor:
    """Draws from the standard normal distribution.

    Parameters
    ----------
    *shape : int or tuple of int
    rng : numpy.random.Generator or int, optional
        A generator, which is advanced, or a seed. None draws fresh entropy.
    dtype : dtype_like, optional
    requires_grad : bool
    name : str, optional

    Examples
    --------
    >>> import autograd_core as ag
    >>> ag.randn(2, 3, rng=0).shape
    (2, 3)
    """
    draw = as_one(_normal, rng, _sizes(shape), _kind(dtype, "randn"))
    return _made(draw, requires_grad, name)


def _normal(rng: Rng, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    return np.asarray(generator(rng).standard_normal(shape)).astype(dtype)


def _like(x: Any) -> tuple[Any, Any]:
    array = as_array(x.data if isinstance(x, Tensor) else x)
    return array.shape, array.dtype


def full_like(
    x: Any, fill_value: Any, *, dtype: DTypeLike | None = None, requires_grad: bool = False
) -> Tensor:
    """`fill_value` in the shape and dtype of `x`."""
    shape, kind = _like(x)
    wanted = kind if dtype is None else as_dtype(dtype, "full_like")
    return _made(_filled(shape, fill_value, wanted, "full_like"), requires_grad, None)


def zeros_like(x: Any, *, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Zeros in the shape and dtype of `x`."""
    return full_like(x, 0, dtype=dtype, requires_grad=requires_grad)


def ones_like(x: Any, *, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Ones in the shape and dtype of `x`."""
    return full_like(x, 1, dtype=dtype, requires_grad=requires_grad)


def randn_like(x: Any, *, rng: Rng = None, requires_grad: bool = False) -> Tensor:
    """Draws from the standard normal distribution in the shape and dtype of `x`."""
    shape, kind = _like(x)
    return randn(shape, rng=rng, dtype=kind, requires_grad=requires_grad)
