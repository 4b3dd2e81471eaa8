"""Arithmetic: + − × ÷ **, negation, absolute value, square, square root, rounding."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError, DTypeError
from ..primitive import Sample, as_scalar, public
from ..rules import Partial, elementwise
from ..tensor import Tensor, wrap

if TYPE_CHECKING:
    from ..rules._types import Unary


def zeros_like(t: Any) -> Any:
    """Zeros of the shape and dtype of a cotangent or tangent; a constant."""
    return np.zeros(t.shape, t.dtype) if hasattr(t, "shape") else 0.0


ZERO = Partial("0", lambda t, y, x: zeros_like(t))

add = elementwise(
    np.add,
    (Partial("1", lambda t, y, a, b: t), Partial("1", lambda t, y, a, b: t)),
    scalar=operator.add,
    symbol="+",
    latex="{0} + {1}",
    methods=("add",),
    doc="Sum of two arrays.",
)

subtract = elementwise(
    np.subtract,
    (Partial("1", lambda t, y, a, b: t), Partial("-1", lambda t, y, a, b: -t)),
    scalar=operator.sub,
    symbol="−",
    latex="{0} - {1}",
    doc="Difference of two arrays.",
)

multiply = elementwise(
    np.multiply,
    (
        Partial("b", lambda t, y, a, b: t * b, saves="b"),
        Partial("a", lambda t, y, a, b: t * a, saves="a"),
    ),
    scalar=operator.mul,
    symbol="×",
    latex=r"{0} \cdot {1}",
    doc="Product of two arrays, element by element.",
)

divide = elementwise(
    np.divide,
    (
        Partial(r"\frac{1}{b}", lambda t, y, a, b: t / b, saves="b"),
        Partial(r"-\frac{y}{b}", lambda t, y, a, b: -(t * y) / b, saves="y b"),
    ),
    scalar=operator.truediv,
    name="divide",
    symbol="÷",
    latex=r"\frac{{{0}}}{{{1}}}",
    doc="Quotient of two arrays.",
    samples=lambda rng: [Sample((rng.normal(size=(2, 3)), rng.uniform(0.5, 2, size=(2, 3))))],
    domain=(0.5, 2.0),
)


negative = elementwise(
    np.negative,
    (Partial("-1", lambda t, y, x: -t),),
    scalar=operator.neg,
    symbol="−",
    latex="-{0}",
    doc="The negative, −x.",
)

positive = elementwise(
    np.positive,
    (Partial("1", lambda t, y, x: t),),
    scalar=operator.pos,
    symbol="+",
    latex="+{0}",
    doc="A copy of x.",
)

absolute: Unary = elementwise(
    np.absolute,
    (Partial(r"\operatorname{sign} x", lambda t, y, x: t * sign(x), saves="x"),),
    scalar=abs,
    symbol="|·|",
    latex=r"\left|{0}\right|",
    methods=("abs", "absolute"),
    doc="The absolute value.",
    convention="The derivative at 0 is 0.",
)


def _sign(x: float) -> float:
    return x if x != x else math.copysign(1.0, x) if x else 0.0


sign: Unary = elementwise(
    np.sign,
    (ZERO,),
    scalar=_sign,
    latex=r"\operatorname{{sign}} {0}",
    smooth=False,
    doc="The sign: −1, 0 or 1.",
    convention="Piecewise constant: the derivative is 0 everywhere.",
)


def _square(x: float) -> float:
    return x * x


def _reciprocal(x: float) -> float:
    return 1.0 / x


square = elementwise(
    np.square,
    (Partial("2x", lambda t, y, x: t * (x + x), saves="x"),),
    scalar=_square,
    symbol="x²",
    latex="{0}^2",
    doc="The square, x².",
)

sqrt = elementwise(
    np.sqrt,
    (Partial(r"\frac{1}{2y}", lambda t, y, x: t / (y + y), saves="y"),),
    scalar=math.sqrt,
    symbol="√",
    latex=r"\sqrt{{{0}}}",
    domain=(0.3, 3.0),
    doc="The square root.",
    convention="The derivative at 0 is infinite.",
)

reciprocal = elementwise(
    np.reciprocal,
    (Partial("-y^2", lambda t, y, x: -t * (y * y), saves="y"),),
    scalar=_reciprocal,
    symbol="1/x",
    latex=r"\frac{{1}}{{{0}}}",
    domain=(0.5, 2.0),
    doc="The reciprocal, 1/x.",
)

_STEPS = "Piecewise constant: the derivative is 0 wherever it exists, and 0 is used at the jumps."

floor = elementwise(
    np.floor,
    (ZERO,),
    latex=r"\lfloor {0} \rfloor",
    smooth=False,
    convention=_STEPS,
    doc="The largest integer that is not larger, as a float.",
)
ceil = elementwise(
    np.ceil,
    (ZERO,),
    latex=r"\lceil {0} \rceil",
    smooth=False,
    convention=_STEPS,
    doc="The smallest integer that is not smaller, as a float.",
)
trunc = elementwise(
    np.trunc,
    (ZERO,),
    latex=r"\operatorname{{trunc}} {0}",
    smooth=False,
    convention=_STEPS,
    numpy=(np.trunc, np.fix),
    doc="The integer nearest to zero that is not farther from x than 1, as a float.",
)
rint = elementwise(
    np.rint,
    (ZERO,),
    latex=r"\operatorname{{round}} {0}",
    smooth=False,
    convention=_STEPS,
    doc="The nearest integer as a float, ties to even.",
)


@public(np.round, np.around, methods="round", name="round")
def round_(a: Any, decimals: int = 0) -> Any:
    """Round to a number of decimals, ties to even; the derivative is 0."""
    try:
        decimals = operator.index(decimals)
    except TypeError:
        raise DTypeError(f"round: decimals {decimals!r} is not an integer") from None
    if not isinstance(a, Tensor):
        return np.round(a, decimals)
    if a.dtype.kind != "f":  # integers have no decimals
        return wrap(as_scalar(np.round(a.data, decimals)), None)
    if not decimals:
        return rint(a)
    if abs(decimals) > 300:
        raise ArgumentError(f"round: decimals {decimals} is out of range; floats have -300 to 300")
    scale = 10.0 ** abs(decimals)
    return rint(a * scale) / scale if decimals > 0 else rint(a / scale) * scale


floor_divide = elementwise(
    np.floor_divide,
    (
        Partial("0", lambda t, y, a, b: zeros_like(t)),
        Partial("0", lambda t, y, a, b: zeros_like(t)),
    ),
    symbol="⌊÷⌋",
    latex=r"\lfloor {0} / {1} \rfloor",
    smooth=False,
    convention=_STEPS,
    methods=(),
    domain=(0.5, 2.0),
    doc="The quotient rounded down; integers stay integers.",
)

remainder = elementwise(
    np.remainder,
    (
        Partial("1", lambda t, y, a, b: t),
        Partial(r"-\lfloor a / b \rfloor", lambda t, y, a, b: -t * floor_divide(a, b), saves="a b"),
    ),
    symbol="mod",
    latex=r"{0} \bmod {1}",
    convention="At the jumps, where b divides a, the derivative is that to the right.",
    methods=(),
    domain=(0.5, 2.0),
    doc="What division leaves, of the sign of b. A primitive: composed it would not be exact.",
)


__all__ = [
    "absolute",
    "add",
    "ceil",
    "divide",
    "floor",
    "floor_divide",
    "multiply",
    "negative",
    "positive",
    "reciprocal",
    "remainder",
    "rint",
    "round_",
    "sign",
    "sqrt",
    "square",
    "subtract",
    "trunc",
    "zeros_like",
]
