"""The checks are checked: each fails on a row that is wrong in the way that it looks for."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_core import Tensor, cos, exp, tanh
from autograd_core.primitive import Primitive, Sample
from autograd_core.rules import Custom, Elementwise, Linear, Multilinear, Partial, Reduction

from . import checks
from .table import Case, cases_of

Check = Callable[[Case], None]


def elementwise(
    name: str, forward: Callable[..., Any], action: Callable[..., Any], saves: str, **row: Any
) -> Elementwise:
    return Elementwise(
        name=name,
        forward=forward,
        partials=(Partial("", action, saves),),
        latex="{0}",
        registered=False,
        **row,
    )


def fails(check: Check, primitive: Primitive) -> bool:
    """Whether the check finds the row wrong."""
    for case in cases_of(primitive):
        try:
            check(case)
        except (AssertionError, TypeError):
            return True
    return False


def on_matrix(rng: np.random.Generator) -> list[Sample]:
    return [Sample((rng.normal(size=(2, 3)),), {"axis": 1, "keepdims": False})]


CALLS = itertools.count()

right = elementwise("tanh", np.tanh, lambda t, y, x: t * (1 - y * y), "y")

#: Each with the check that has to find it.
WRONG: dict[str, tuple[Check, Primitive]] = {
    "a value": (
        checks.check_forward,
        elementwise("tanh", lambda x: np.tanh(x) * (1 + 1e-9), lambda t, y, x: t, ""),
    ),
    "a sign in a partial": (
        checks.check_forward_mode,
        elementwise("tanh", np.tanh, lambda t, y, x: t * (1 + y * y), "y"),
    ),
    "a partial wrong by 10⁻⁵": (
        checks.check_forward_mode,
        elementwise("tanh", np.tanh, lambda t, y, x: t * (1 - y * y) * (1 + 1e-5), "y"),
    ),
    "an action that is not linear": (
        checks.check_transpose,
        elementwise("tanh", np.tanh, lambda t, y, x: t * t * (1 - y * y), "y"),
    ),
    "a transpose": (
        checks.check_transpose,
        Linear(
            name="flip",
            forward=lambda x: np.flip(x, 0),
            transposes=(lambda g, x: g,),
            latex="{0}",
            samples=lambda rng: [Sample((rng.normal(size=3),))],
            registered=False,
        ),
    ),
    "a transpose of a product": (
        checks.check_transpose,
        Multilinear(
            name="matmul",
            forward=np.matmul,
            transposes=(lambda g, a, b: g @ b, lambda g, a, b: a.T @ g),
            latex="{0}",
            samples=lambda rng: [Sample((rng.normal(size=(2, 2)), rng.normal(size=(2, 2))))],
            registered=False,
        ),
    ),
    "a pullback": (
        checks.check_forward_mode,
        Custom(
            name="sin",
            forward=np.sin,
            pullback=lambda g, y, x: g * y,
            latex="{0}",
            samples=lambda rng: [Sample((rng.normal(size=3),))],
            registered=False,
        ),
    ),
    "a partial of a reduction": (
        checks.check_forward_mode,
        Reduction(
            name="var",
            forward=lambda x, axis, keepdims: np.var(x, axis, keepdims=keepdims),
            partial=Partial("", lambda t, y, x, axis: t * x, "x"),
            latex="{0}",
            samples=on_matrix,
            registered=False,
        ),
    ),
    "a gradient without a gradient": (
        checks.check_second_order,
        elementwise(
            "sin", np.sin, lambda t, y, x: t * np.cos(x.data if isinstance(x, Tensor) else x), "x"
        ),
    ),
    "an undeclared operand": (
        checks.check_saves,
        elementwise("sin", np.sin, lambda t, y, x: t * cos(x), ""),
    ),
    "an undeclared output": (
        checks.check_saves,
        elementwise("exp", np.exp, lambda t, y, x: t * y, "x"),
    ),
    "a comparison with an undeclared output": (
        checks.check_saves,
        elementwise("relu", lambda x: np.maximum(x, 0), lambda t, y, x: t * (y > 0), ""),
    ),
    "a superfluous declaration": (
        checks.check_saves_needed,
        elementwise("exp", np.exp, lambda t, y, x: t * y, "y x"),
    ),
    "a value in double precision": (
        checks.check_dtype,
        elementwise("tanh", lambda x: np.tanh(x) + np.zeros(()), lambda t, y, x: t, ""),
    ),
    "an operand that is changed": (
        checks.check_unmutated,
        elementwise("exp", lambda x: np.exp(x, out=x if x.ndim else None), lambda t, y, x: t, ""),
    ),
    "a cotangent that is changed": (
        checks.check_unmutated,
        elementwise(
            "negative", np.negative, lambda t, y, x: np.negative(t, out=t) if t.ndim else -t, ""
        ),
    ),
    "a value that depends on the layout": (
        checks.check_layouts,
        elementwise(
            "tanh", lambda x: np.tanh(x).ravel("K").reshape(x.shape), lambda t, y, x: t, ""
        ),
    ),
    "a rule for arrays only": (
        checks.check_modes,
        elementwise(
            "exp", np.exp, lambda t, y, x: t * (1 if isinstance(t, Tensor) else exp(x)), "x"
        ),
    ),
    "a value that changes from call to call": (
        checks.check_replay,
        elementwise(
            "positive",
            lambda x: x + next(CALLS),
            lambda t, y, x: t,
            "",
        ),
    ),
    "an overflow": (
        checks.check_special_values,
        elementwise("log1p", lambda x: np.log(np.exp(np.log1p(x) * 2)) / 2, lambda t, y, x: t, ""),
    ),
    "a gradient of numbers": (
        checks.check_scalars,
        elementwise(
            "tanh", np.tanh, lambda t, y, x: t if type(t) is float else t * (1 - y * y), "y"
        ),
    ),
}


@pytest.mark.filterwarnings("ignore:.* encountered in:RuntimeWarning")
@pytest.mark.parametrize("what", WRONG)
def test_wrong_row_is_found(what: str) -> None:
    """A row with this mistake fails the check that is there for it."""
    check, primitive = WRONG[what]
    assert fails(check, primitive)


@pytest.mark.parametrize(
    "check",
    [value for name, value in vars(checks).items() if name.startswith("check_")],
    ids=lambda check: check.__name__,
)
def test_right_row_passes(check: Check) -> None:
    """A right row passes every check, so that the failures above are due to the mistakes."""
    assert not fails(check, right)


def test_every_check_is_tested() -> None:
    """Each check of the op table has a planted mistake that it finds."""
    tested = {check.__name__ for check, _ in WRONG.values()}
    assert tested == {name for name in vars(checks) if name.startswith("check_")}


def test_row_without_samples_has_no_cases() -> None:
    """A row that is not elementwise and brings no samples is seen to be incomplete."""
    row = Linear(
        name="nothing", forward=np.flip, transposes=(lambda g, x: g,), latex="{0}", registered=False
    )
    assert not cases_of(row)


def test_elementwise_row_gets_samples_from_its_domain() -> None:
    """An elementwise row needs no samples of its own."""
    cases = cases_of(right)
    assert {np.shape(case.args[0]) for case in cases} == {(2, 3), (), (1,), (0, 3)}
    assert tanh.primitive.name == right.name  # type: ignore[attr-defined]
