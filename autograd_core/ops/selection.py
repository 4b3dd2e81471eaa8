"""Choosing between values: maximum, minimum, relu, clip, where."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import UnsupportedError
from ..primitive import Sample, public
from ..rules import Linear, Partial, elementwise, linear
from ..tensor import Tensor
from ..tracing import as_array
from .comparison import equal, greater, less, logical_not

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..rules._types import Binary

_TIES = "At a tie each argument receives half; where either is NaN, each receives all of it."


def _larger(a: float, b: float) -> float:
    return float(a if a >= b else b if b > a else math.nan)


def _smaller(a: float, b: float) -> float:
    return float(a if a <= b else b if b < a else math.nan)


maximum: Binary = elementwise(
    np.maximum,
    (
        Partial("[a > b]", lambda t, y, a, b: _share(t, a, b, less), saves="a b"),
        Partial("[b > a]", lambda t, y, a, b: _share(t, b, a, less), saves="a b"),
    ),
    scalar=_larger,
    symbol="max",
    latex=r"\max({0}, {1})",
    doc="The larger of two values; NaN if either is.",
    convention=_TIES,
)

minimum: Binary = elementwise(
    np.minimum,
    (
        Partial("[a < b]", lambda t, y, a, b: _share(t, a, b, greater), saves="a b"),
        Partial("[b < a]", lambda t, y, a, b: _share(t, b, a, greater), saves="a b"),
    ),
    scalar=_smaller,
    symbol="min",
    latex=r"\min({0}, {1})",
    doc="The smaller of two values; NaN if either is.",
    convention=_TIES,
)


def _share(t: Any, chosen: Any, other: Any, loses: Any) -> Any:
    """t where `chosen` does not lose, also because of a NaN; half of it at a tie."""
    share = logical_not(loses(chosen, other)) - 0.5 * equal(chosen, other)
    return t * share.astype(t.dtype) if hasattr(t, "dtype") else t * share


@lru_cache(maxsize=8)
def _zeros(shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    return np.zeros(shape, dtype)


def _relu(x: Any) -> Any:
    # NumPy has vector instructions for two arrays, and none for an array and a number: a third
    # of the time. Beyond the cache's size reading the zeros would cost more.
    if type(x) is np.ndarray and x.size <= 2**16 and x.dtype.char in "fd":
        return np.maximum(x, _zeros(x.shape, x.dtype))
    return np.maximum(x, 0)


def _relu_scalar(x: float) -> float:
    return 0.0 if x <= 0 else x


relu = elementwise(
    _relu,
    (Partial("[x > 0]", lambda t, y, x: t * (y != 0), saves="y"),),
    name="relu",
    scalar=_relu_scalar,
    symbol="ReLU",
    latex=r"\max(0, {0})",
    doc="The rectified linear unit max(0, x) (chapter, section 3).",
    # Not maximum(x, 0), which shares the tie at 0 and takes three passes.
    convention="The derivative at 0 is 0 and at NaN 1, as PyTorch's.",
)


def _clip(x: Any, low: Any, high: Any) -> Any:
    return np.minimum(np.maximum(x, low), high)


_clip_primitive = elementwise(
    _clip,
    (
        Partial(r"[a \in [b, c]]", lambda t, y, a, b, c: t * ((a >= b) & (a <= c)), saves="a b c"),
        Partial(r"[a < b \le c]", lambda t, y, a, b, c: t * ((a < b) & (b <= c)), saves="a b c"),
        Partial(r"[c < \max(a, b)]", lambda t, y, a, b, c: t * ((a > c) | (b > c)), saves="a b c"),
    ),
    name="clip",
    latex=r"\operatorname{{clip}}({0}, {1}, {2})",
    methods=(),
    samples=lambda rng: [Sample((rng.normal(size=(3, 4)), np.float64(-0.6), np.float64(0.7)))],
    convention="The derivative by a is 1 at both bounds, and 0 at NaN.",
)


@public(np.clip, methods="clip", name="clip")
def clip(a: Any, a_min: Any = None, a_max: Any = None, **kwargs: Any) -> Any:
    """Limit values to an interval.

    Parameters
    ----------
    a : Tensor or array_like
    a_min, a_max : Tensor, array_like or None
        The bounds, broadcast against `a`; None for no bound. Also ``min`` and ``max``.

    Returns
    -------
    Tensor

    Notes
    -----
    The derivative by `a` is 1 inside and at the bounds, 0 outside, as PyTorch's ``clamp``.

    Examples
    --------
    >>> import autograd_core as ag
    >>> ag.clip(ag.Tensor([-2.0, 0.5, 2.0]), 0, 1)
    Tensor([0. , 0.5, 1. ], shape=(3,), dtype=float64)
    """
    low = kwargs.pop("min", a_min)
    high = kwargs.pop("max", a_max)
    if kwargs:
        raise UnsupportedError(
            f"clip: the argument {sorted(kwargs)[0]}= is not supported; the bounds are a_min and "
            f"a_max, or min and max"
        )
    least, most = _extremes(a)
    return _clip_primitive(a, least if low is None else low, most if high is None else high)


def _extremes(a: Any) -> tuple[Any, Any]:
    """Bounds that bind nothing, of a kind that leaves the dtype of `a` as it is."""
    dtype = a.dtype if hasattr(a, "dtype") else as_array(a).dtype
    if dtype.kind in "iu":
        return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    return (False, True) if dtype.kind == "b" else (-np.inf, np.inf)


_where: Linear = linear(
    np.where,
    (
        None,
        lambda g, cond, a, b: _where(cond, g, 0),
        lambda g, cond, a, b: _where(cond, 0, g),
    ),
    name="where",
    latex=r"({0})\;?\;{1} : {2}",
    samples=lambda rng: [
        Sample((rng.normal(size=(2, 3)) > 0, rng.normal(size=(2, 3)), rng.normal(size=(2, 3)))),
        Sample((rng.normal(size=(2, 3)) > 0, rng.normal(size=(3,)), rng.normal(size=(2, 1)))),
    ],
)


@public(np.where, methods=())
def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """Choose from `x` where `condition` is true, else from `y`.

    Parameters
    ----------
    condition : array_like or Tensor of bool
        A constant of the graph.
    x, y : Tensor or array_like
        Broadcast against `condition` and each other.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import autograd_core as ag
    >>> x = ag.Tensor([-1.0, 2.0], requires_grad=True)
    >>> ag.where(x > 0, x, 0.1 * x).sum().backward()
    >>> x.grad
    Tensor([0.1, 1. ], shape=(2,), dtype=float64)
    """
    if x is None or y is None:
        raise UnsupportedError(
            "where: give all of where(condition, x, y); for indices use "
            "np.nonzero(condition.numpy())"
        )
    if isinstance(condition, Tensor):
        condition = condition.detach()
    return _where(condition, x, y)
