"""Exponentials, logarithms, trigonometry, and the functions that need care at large arguments."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..rules import Partial, elementwise
from ..tracing import Symbol, as_array, whole
from .arithmetic import sqrt, zeros_like
from .selection import where

if TYPE_CHECKING:
    from ..rules._types import Unary

exp = elementwise(
    np.exp,
    (Partial("y", lambda t, y, x: t * y, saves="y"),),
    scalar=math.exp,
    latex=r"e^{{{0}}}",
    doc="The exponential function.",
)

exp2 = elementwise(
    np.exp2,
    (Partial(r"y \ln 2", lambda t, y, x: t * (y * math.log(2.0)), saves="y"),),
    latex=r"2^{{{0}}}",
    doc="2 to the power of x.",
)

expm1 = elementwise(
    np.expm1,
    (Partial("y + 1", lambda t, y, x: t * (y + 1), saves="y"),),
    scalar=math.expm1,
    latex=r"e^{{{0}}} - 1",
    doc="exp(x) − 1, exact near 0.",
)

log = elementwise(
    np.log,
    (Partial(r"\frac{1}{x}", lambda t, y, x: t / x, saves="x"),),
    scalar=math.log,
    latex=r"\ln {0}",
    domain=(0.3, 3.0),
    doc="The natural logarithm.",
)

log2 = elementwise(
    np.log2,
    (Partial(r"\frac{1}{x \ln 2}", lambda t, y, x: t / (x * math.log(2.0)), saves="x"),),
    scalar=math.log2,
    latex=r"\log_2 {0}",
    domain=(0.3, 3.0),
    doc="The logarithm to base 2.",
)

log10 = elementwise(
    np.log10,
    (Partial(r"\frac{1}{x \ln 10}", lambda t, y, x: t / (x * math.log(10.0)), saves="x"),),
    scalar=math.log10,
    latex=r"\log_{{10}} {0}",
    domain=(0.3, 3.0),
    doc="The logarithm to base 10.",
)

log1p = elementwise(
    np.log1p,
    (Partial(r"\frac{1}{1 + x}", lambda t, y, x: t / (1 + x), saves="x"),),
    scalar=math.log1p,
    latex=r"\ln(1 + {0})",
    domain=(-0.6, 2.0),
    doc="log(1 + x), exact near 0.",
)


def _power(a: float, b: float) -> float:
    y = a**b
    if type(y) is not float:
        raise ValueError("a fractional power of a negative number is not real")
    return y


def _by_base(t: Any, y: Any, a: Any, b: Any) -> Any:
    # b·a^(b−1) would be 0·inf at a = 0, b = 0, where the partial is 0.
    if type(b) is int or type(b) is float:
        return t * (b * a ** (b - 1)) if b else zeros_like(t)
    return t * (b * a ** where(b == 0, 1.0, b - 1))


def _by_exponent(t: Any, y: Any, a: Any, b: Any) -> Any:
    # y·log a, continued by 0 at a = 0 as y log a → 0 for b > 0; at a < 0 it is not real: NaN.
    return t * (y * log(where(a == 0, 1.0, a)))


def _raised(a: Any, b: Any) -> Any:
    if (type(b) is int or type(b) is float) and b == 2 and _is_array(a):
        return np.square(a)  # the same bits in a quarter of the time
    return np.power(a, b)


def _is_array(a: Any) -> bool:
    return isinstance(a, (np.ndarray, Symbol)) and a.dtype.kind == "f"


power = elementwise(
    _raised,
    (
        Partial("b a^{b - 1}", _by_base, saves="a b"),
        Partial(r"y \ln a", _by_exponent, saves="y a"),
    ),
    name="power",
    numpy=(np.power,),
    scalar=_power,
    symbol="^",
    latex="{{{0}}}^{{{1}}}",
    doc="a to the power of b.",
    domain=(0.5, 2.0),
    convention=(
        "At a = 0 the partial by b is 0 for b ≥ 0 and NaN for b < 0, where the power is infinite; "
        "at a = b = 0 the partial by a is 0."
    ),
)

sin: Unary = elementwise(
    np.sin,
    (Partial(r"\cos x", lambda t, y, x: t * cos(x), saves="x"),),
    scalar=math.sin,
    latex=r"\sin {0}",
    doc="The sine; x in radians.",
)

cos: Unary = elementwise(
    np.cos,
    (Partial(r"-\sin x", lambda t, y, x: -t * sin(x), saves="x"),),
    scalar=math.cos,
    latex=r"\cos {0}",
    doc="The cosine; x in radians.",
)

tan = elementwise(
    np.tan,
    (Partial("1 + y^2", lambda t, y, x: t * (1 + y * y), saves="y"),),
    scalar=math.tan,
    latex=r"\tan {0}",
    domain=(-1.2, 1.2),
    doc="The tangent; x in radians.",
)

arcsin = elementwise(
    np.arcsin,
    (Partial(r"\frac{1}{\sqrt{1 - x^2}}", lambda t, y, x: t / sqrt(1 - x * x), saves="x"),),
    scalar=math.asin,
    latex=r"\arcsin {0}",
    domain=(-0.9, 0.9),
    doc="The inverse sine, in radians.",
)

arccos = elementwise(
    np.arccos,
    (Partial(r"\frac{-1}{\sqrt{1 - x^2}}", lambda t, y, x: -t / sqrt(1 - x * x), saves="x"),),
    scalar=math.acos,
    latex=r"\arccos {0}",
    domain=(-0.9, 0.9),
    doc="The inverse cosine, in radians.",
)

arctan = elementwise(
    np.arctan,
    (Partial(r"\frac{1}{1 + x^2}", lambda t, y, x: t / (1 + x * x), saves="x"),),
    scalar=math.atan,
    latex=r"\arctan {0}",
    doc="The inverse tangent, in radians.",
)

arctan2 = elementwise(
    np.arctan2,
    (
        Partial(r"\frac{b}{a^2 + b^2}", lambda t, y, a, b: t * b / (a * a + b * b), saves="a b"),
        Partial(r"\frac{-a}{a^2 + b^2}", lambda t, y, a, b: -t * a / (a * a + b * b), saves="a b"),
    ),
    scalar=math.atan2,
    latex=r"\operatorname{{arctan2}}({0}, {1})",
    doc="The angle of the point (b, a), in radians: arctan(a / b) in the right quadrant.",
)

hypot = elementwise(
    np.hypot,
    (
        Partial(r"\frac{a}{y}", lambda t, y, a, b: t * (a / y), saves="y a"),
        Partial(r"\frac{b}{y}", lambda t, y, a, b: t * (b / y), saves="y b"),
    ),
    scalar=math.hypot,
    latex=r"\sqrt{{{0}^2 + {1}^2}}",
    domain=(0.3, 2.0),
    doc="The length of (a, b), without overflow.",
)

sinh: Unary = elementwise(
    np.sinh,
    (Partial(r"\cosh x", lambda t, y, x: t * cosh(x), saves="x"),),
    scalar=math.sinh,
    latex=r"\sinh {0}",
    doc="The hyperbolic sine.",
)

cosh: Unary = elementwise(
    np.cosh,
    (Partial(r"\sinh x", lambda t, y, x: t * sinh(x), saves="x"),),
    scalar=math.cosh,
    latex=r"\cosh {0}",
    doc="The hyperbolic cosine.",
)

tanh = elementwise(
    np.tanh,
    (Partial("1 - y^2", lambda t, y, x: t * (1 - y * y), saves="y"),),
    scalar=math.tanh,
    latex=r"\tanh {0}",
    doc="The hyperbolic tangent (chapter, section 3).",
)

arcsinh = elementwise(
    np.arcsinh,
    (Partial(r"\frac{1}{\sqrt{1 + x^2}}", lambda t, y, x: t / hypot(x, 1.0), saves="x"),),
    scalar=math.asinh,
    latex=r"\operatorname{{arsinh}} {0}",
    doc="The inverse hyperbolic sine.",
)

arccosh = elementwise(
    np.arccosh,
    (
        Partial(
            r"\frac{1}{\sqrt{x - 1}\sqrt{x + 1}}",
            lambda t, y, x: t / (sqrt(x - 1) * sqrt(x + 1)),
            saves="x",
        ),
    ),
    scalar=math.acosh,
    latex=r"\operatorname{{arcosh}} {0}",
    domain=(1.3, 3.0),
    doc="The inverse hyperbolic cosine.",
)

arctanh = elementwise(
    np.arctanh,
    (Partial(r"\frac{1}{1 - x^2}", lambda t, y, x: t / (1 - x * x), saves="x"),),
    scalar=math.atanh,
    latex=r"\operatorname{{artanh}} {0}",
    domain=(-0.9, 0.9),
    doc="The inverse hyperbolic tangent.",
)


def _sigmoid(x: Any) -> Any:
    # e = exp(−|x|) never overflows, and keeps every digit of the small values on the left.
    e = np.exp(-np.abs(x))
    return np.where(as_array(x) >= 0, 1.0, e).astype(e.dtype, copy=False) / (1 + e)


def _sigmoid_scalar(x: float) -> float:
    e = math.exp(-abs(x))
    return (1.0 if x >= 0 else e) / (1.0 + e)


sigmoid = elementwise(
    _sigmoid,
    (Partial("y (1 - y)", lambda t, y, x: t * (y * (1 - y)), saves="y"),),
    name="sigmoid",
    scalar=_sigmoid_scalar,
    symbol="σ",
    latex=r"\sigma({0})",
    doc="The logistic function 1 / (1 + exp(−x)), exact at any x (chapter, section 3).",
)

logaddexp = elementwise(
    np.logaddexp,
    (
        Partial(r"\sigma(a - b)", lambda t, y, a, b: t * sigmoid(a - b), saves="a b"),
        Partial(r"\sigma(b - a)", lambda t, y, a, b: t * sigmoid(b - a), saves="a b"),
    ),
    convention="Where both are the same infinity the derivatives are NaN, as PyTorch's.",
    latex=r"\ln(e^{{{0}}} + e^{{{1}}})",
    doc="log(exp(a) + exp(b)) without overflow.",
)

_erf = np.frompyfunc(math.erf, 1, 1)


@whole
def _erf_forward(x: Any) -> Any:
    array = as_array(x)
    return np.asarray(_erf(array), dtype=np.result_type(array, np.float32))[()]


erf = elementwise(
    _erf_forward,
    (
        Partial(
            r"\frac{2}{\sqrt{\pi}} e^{-x^2}",
            lambda t, y, x: t * (2 / math.sqrt(math.pi) * exp(-x * x)),
            saves="x",
        ),
    ),
    name="erf",
    scalar=math.erf,
    latex=r"\operatorname{{erf}} {0}",
    doc="The error function, by the C library's ``erf`` for each element.",
)

__all__ = [
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "cos",
    "cosh",
    "erf",
    "exp",
    "exp2",
    "expm1",
    "hypot",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "power",
    "sigmoid",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
]
