"""Comparisons, logic, predicates and places of extremes: constants of the graph."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ShapeError
from ..primitive import Function, Sample, public
from ..rules import nondifferentiable
from ..tracing import as_array
from .shape import raw

_COMPARISON = "Comparison, element by element."


def _ties(rng: np.random.Generator) -> list[Sample]:
    return [
        Sample((np.array([[1.0, 2.0, 3.0]]), np.array([[1.0], [2.5]]))),
        Sample((rng.integers(0, 3, size=(2, 3)), 1)),
        Sample((np.float64(0.5), np.array([0.5, np.nan]))),
    ]


def _truths(rng: np.random.Generator) -> list[Sample]:
    return [Sample((rng.normal(size=(2, 3)) > 0, rng.normal(size=(3,)) > 0))]


def _one_truth(rng: np.random.Generator) -> list[Sample]:
    return [Sample((rng.normal(size=(2, 3)) > 0,))]


def _with_odd_ones(rng: np.random.Generator) -> list[Sample]:
    return [Sample((np.array([0.0, 1.5, np.nan, np.inf, -np.inf]),)), Sample((np.float64(2.0),))]


def _along_axes(rng: np.random.Generator) -> list[Sample]:
    x = rng.integers(0, 3, size=(3, 4)).astype(float)
    return [Sample((x,)), Sample((x,), {"axis": 0}), Sample((x > 1,), {"axis": 1})]


equal: Function = nondifferentiable(
    np.equal, latex="{0} = {1}", symbol="=", doc=_COMPARISON, samples=_ties
)
not_equal = nondifferentiable(
    np.not_equal, latex=r"{0} \ne {1}", symbol="≠", doc=_COMPARISON, samples=_ties
)
less: Function = nondifferentiable(
    np.less, latex="{0} < {1}", symbol="<", doc=_COMPARISON, samples=_ties
)
less_equal = nondifferentiable(
    np.less_equal, latex=r"{0} \le {1}", symbol="≤", doc=_COMPARISON, samples=_ties
)
greater: Function = nondifferentiable(
    np.greater, latex="{0} > {1}", symbol=">", doc=_COMPARISON, samples=_ties
)
greater_equal = nondifferentiable(
    np.greater_equal,
    latex=r"{0} \ge {1}",
    symbol="≥",
    doc=_COMPARISON,
    samples=_ties,
)
logical_not = nondifferentiable(
    np.logical_not, latex=r"\lnot {0}", doc="Logical not.", samples=_one_truth
)
logical_and = nondifferentiable(
    np.logical_and, latex=r"{0} \land {1}", doc="Logical and.", samples=_truths
)
logical_or = nondifferentiable(
    np.logical_or, latex=r"{0} \lor {1}", doc="Logical or.", samples=_truths
)
logical_xor = nondifferentiable(
    np.logical_xor, latex=r"{0} \oplus {1}", doc="Exclusive or.", samples=_truths
)
bitwise_and = nondifferentiable(
    np.bitwise_and, latex=r"{0} \land {1}", doc="Bitwise and.", samples=_truths
)
bitwise_or = nondifferentiable(
    np.bitwise_or, latex=r"{0} \lor {1}", doc="Bitwise or.", samples=_truths
)
bitwise_xor = nondifferentiable(
    np.bitwise_xor, latex=r"{0} \oplus {1}", doc="Bitwise xor.", samples=_truths
)
invert = nondifferentiable(np.invert, latex=r"\lnot {0}", doc="Bitwise not.", samples=_one_truth)
isnan = nondifferentiable(
    np.isnan, latex=r"\operatorname{{isnan}} {0}", doc="Where NaN.", samples=_with_odd_ones
)
isinf = nondifferentiable(
    np.isinf, latex=r"\operatorname{{isinf}} {0}", doc="Where infinite.", samples=_with_odd_ones
)
isfinite = nondifferentiable(
    np.isfinite,
    latex=r"\operatorname{{isfinite}} {0}",
    doc="Where finite.",
    samples=_with_odd_ones,
)
any_ = nondifferentiable(
    np.any,
    name="any",
    latex=r"\bigvee {0}",
    methods=("any",),
    doc="Whether any is true.",
    samples=_along_axes,
)
all_ = nondifferentiable(
    np.all,
    name="all",
    latex=r"\bigwedge {0}",
    methods=("all",),
    doc="Whether all are true.",
    samples=_along_axes,
)


def _of_something(place: Function) -> Function:
    """`place`, with our refusal of an array without elements."""

    def forward(x: Any, axis: Any = None, **params: Any) -> Any:
        try:
            return place(x, axis, **params)
        except ValueError:
            shape = np.shape(x)
            if 0 not in shape or isinstance(axis, str):
                raise
            raise ShapeError(
                f"{place.__name__}: shape {shape} has no elements to choose from"
            ) from None

    return forward


argmax = nondifferentiable(
    _of_something(np.argmax),
    name="argmax",
    numpy=(np.argmax,),
    latex=r"\operatorname{{argmax}} {0}",
    methods=("argmax",),
    doc="Index of the first largest element.",
    samples=_along_axes,
)
argmin = nondifferentiable(
    _of_something(np.argmin),
    name="argmin",
    numpy=(np.argmin,),
    latex=r"\operatorname{{argmin}} {0}",
    methods=("argmin",),
    doc="Index of the first smallest element.",
    samples=_along_axes,
)
argsort = nondifferentiable(
    np.argsort,
    latex=r"\operatorname{{argsort}} {0}",
    methods=("argsort",),
    doc="The indices that sort.",
    samples=_along_axes,
)
count_nonzero = nondifferentiable(
    lambda x, **params: as_array(np.count_nonzero(x, **params))[()],
    name="count_nonzero",
    numpy=(np.count_nonzero,),
    latex=r"\#\{{ {0} \ne 0 \}}",
    doc="How many elements are not 0.",
    samples=_along_axes,
)
isclose = nondifferentiable(
    np.isclose,
    latex=r"{0} \approx {1}",
    doc="Where elements are equal to a tolerance.",
    samples=_ties,
)


@public(np.array_equal, methods=())
def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    """Whether shapes and all elements are equal; a plain bool."""
    return np.array_equal(raw(a1), raw(a2), equal_nan=equal_nan)


@public(np.allclose, methods=())
def allclose(
    a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:
    """Whether all elements are equal to a tolerance, atol + rtol·|b|; a plain bool."""
    return np.allclose(raw(a), raw(b), rtol=rtol, atol=atol, equal_nan=equal_nan)
