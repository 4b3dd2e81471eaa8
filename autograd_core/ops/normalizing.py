"""What normalizes: log-sum-exp, softmax and its logarithm, norms."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..broadcasting import Axis, normalize_axis, row_max, row_sums
from ..errors import UnsupportedError
from ..primitive import Sample, public
from ..rules import Partial, custom, reduction
from ..tensor import Tensor
from ..tracing import as_array, whole
from .arithmetic import absolute
from .comparison import equal
from .reduction import as_flag, filled, plain_axis, samples_of_axes, sum
from .selection import where
from .shape import astype
from .statistics import max, min
from .transcendental import exp


@whole
def _logsumexp_forward(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    top = np.maximum.reduce(x, axis=axis, keepdims=True)
    infinite = not np.isfinite(top).all()
    shift = np.where(np.isfinite(top), top, 0).astype(top.dtype) if infinite else top
    with np.errstate(divide="ignore", over="ignore"):
        y = np.log(np.add.reduce(np.exp(x - shift), axis=axis, keepdims=True)) + shift
    return y if keepdims else np.squeeze(y, axis=axis)


_logsumexp = reduction(
    _logsumexp_forward,
    Partial(
        "e^{x - y}",
        lambda t, y, x, axis: t * exp(x - where(equal(y, -np.inf), 0, y)),
        saves="y x",
    ),
    name="logsumexp",
    latex=r"\ln \sum e^{{{0}}}",
    samples=samples_of_axes,
)


@public(methods="logsumexp")
def logsumexp(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """log Σ exp(a), without overflow.

    A primitive, because the composition overflows above 709.

    Parameters
    ----------
    a : Tensor or array_like
    axis : int or tuple of int, optional
        All axes by default.
    keepdims : bool
        Keep the reduced axes at size 1.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import autograd_core as ag
    >>> ag.logsumexp(ag.Tensor([1e4, 1e4]))
    Tensor(10000.69314718056, shape=(), dtype=float64)
    """
    axis = plain_axis(a, axis, "logsumexp")
    filled(a, axis, "logsumexp")
    return _logsumexp(a, axis=axis, keepdims=as_flag(keepdims, "logsumexp"))


def _kept_sum(x: Any, axis: int) -> Any:
    """``sum(x, axis, keepdims=True)``."""
    if not isinstance(x, Tensor) and axis in (-1, x.ndim - 1):
        return row_sums(x)
    return sum(x, axis=axis, keepdims=True)


def _log_softmax_forward(x: Any, axis: Any) -> Any:
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    last = axis in (-1, x.ndim - 1)
    z = x - (row_max(x) if last else np.maximum.reduce(x, axis=axis, keepdims=True))
    e = np.exp(z)
    z -= np.log(row_sums(e) if last else np.add.reduce(e, axis=axis, keepdims=True))
    return z


_log_softmax = custom(
    _log_softmax_forward,
    lambda g, y, x, axis: g - exp(y) * _kept_sum(g, axis),
    name="log_softmax",
    latex=r"\ln \operatorname{{softmax}} {0}",
    saves="y",
    samples=lambda rng: [
        Sample((rng.normal(size=(3, 4)),), {"axis": -1}),
        Sample((rng.normal(size=(3, 4)),), {"axis": 0}),
    ],
)


@public(methods="log_softmax")
def log_softmax(a: Any, axis: int = -1) -> Any:
    """The logarithm of `softmax`, exact where the softmax underflows.

    A primitive, because composed it would take twice the passes over the array.

    Parameters
    ----------
    a : Tensor or array_like
    axis : int
        The axis of the classes.

    Returns
    -------
    Tensor
        Of the shape of `a`.
    """
    if not isinstance(a, Tensor):
        a = as_array(a)
    axis = plain_axis(a, axis, "log_softmax")
    filled(a, axis, "log_softmax")
    return _log_softmax(a, axis=axis)


@public(methods="softmax")
def softmax(a: Any, axis: int = -1) -> Any:
    """exp(aᵢ) / Σ exp(aⱼ) along an axis, without overflow (chapter, section 3).

    Parameters
    ----------
    a : Tensor or array_like
    axis : int
        The axis that sums to 1.

    Returns
    -------
    Tensor
        Of the shape of `a`, in [0, 1].
    """
    if not isinstance(a, Tensor):
        a = as_array(a)
    axis = plain_axis(a, axis, "softmax")
    filled(a, axis, "softmax")
    value = a.detach() if isinstance(a, Tensor) else a
    e = exp(a - max(value, axis=axis, keepdims=True))  # a shift changes nothing, so: a constant
    return e / sum(e, axis=axis, keepdims=True)


_norm = reduction(
    lambda x, axis=None, keepdims=False: np.sqrt(
        np.add.reduce(x * x, axis=axis, keepdims=keepdims)
    ),
    Partial(
        r"\frac{x}{y}",
        lambda t, y, x, axis: t * (x / where(equal(y, 0), np.inf, y)),
        saves="y x",
    ),
    name="norm",
    symbol="‖·‖",
    latex=r"\left\|{0}\right\|",
    samples=samples_of_axes,
    convention="At 0 the derivatives of every order are 0.",
)


@public(np.linalg.norm, methods="norm")
def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """Vector norm over axes; of a matrix the Frobenius norm.

    Parameters
    ----------
    x : Tensor or array_like
    ord : None, 'fro', or number
        None, 2 and 'fro' are the square root of the sum of squares, whose derivative at 0 is 0
        here; p is (Σ|x|ᵖ)^(1/p); inf and -inf are the largest and smallest absolute value.
        Over two axes only None and 'fro' are supported.
    axis : int or tuple of int, optional
        All axes by default.
    keepdims : bool
        Keep the reduced axes at size 1.

    Returns
    -------
    Tensor
    """
    if not isinstance(x, Tensor):
        x = as_array(x)
    if x.dtype.kind != "f":
        x = astype(x, np.float64)  # squares of small integers would overflow
    axis = plain_axis(x, axis, "norm")
    keepdims = as_flag(keepdims, "norm")
    axes = len(normalize_axis(axis, x.ndim, "norm"))
    if ord in (None, "fro") or (ord == 2 and axes < 2):
        return _norm(x, axis=axis, keepdims=keepdims)
    if isinstance(ord, str) and ord != "nuc":
        raise UnsupportedError(f"norm: ord={ord!r} is not known; use None, 'fro' or a number")
    if isinstance(ord, str) or axes > 1:
        raise UnsupportedError(
            f"norm: ord={ord!r} of a matrix is not supported; use ord=None for the Frobenius "
            f"norm, or name a single axis"
        )
    size = absolute(x)
    if ord == np.inf:
        return max(size, axis, keepdims)
    if ord == -np.inf:
        return min(size, axis, keepdims)
    if ord == 1:
        return sum(size, axis, keepdims)
    if ord == 0:
        return sum(size > 0, axis, keepdims).astype(size.dtype)
    total = sum(size**ord, axis, keepdims)
    zero = equal(total, 0)  # where the root has an infinite slope and the norm, here, slope 0
    return where(zero, 0, where(zero, 1, total) ** (1 / ord))
