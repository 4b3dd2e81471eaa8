"""Every primitive of the registry against every check."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import numpy as np
import pytest

from autograd_core.primitive import FUNCTIONS, PRIMITIVES
from autograd_core.rules import Elementwise

from . import checks
from .table import DIFFERENTIABLE, Case, noted, table

ELEMENTWISE = [name for name, p in PRIMITIVES.items() if isinstance(p, Elementwise)]
#: Those whose public function is made from the row; `clip` wraps it.
GENERATED = [n for n in ELEMENTWISE if hasattr(FUNCTIONS[n].function, "primitive")]


def run(check: Callable[[Case], None], name: str) -> None:
    for case in table()[name]:
        with noted(case):
            check(case)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_row_is_complete(name: str) -> None:
    """A row has samples, a formula that LaTeX can fill in, and a symbol."""
    primitive = PRIMITIVES[name]
    assert table()[name], f"{name} has no samples"
    assert primitive.symbol
    most = max(len(case.args) for case in table()[name])
    formula = primitive.latex.format(*[f"x_{i}" for i in range(most)])
    assert "x_0" in formula
    assert formula.count("{") == formula.count("}")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_is_documented(name: str) -> None:
    """A public function has a docstring and is a name of the package."""
    import autograd_core

    function = FUNCTIONS[name].function
    assert (function.__doc__ or "").strip()
    assert inspect.unwrap(getattr(autograd_core, name)) is function


@pytest.mark.parametrize("name", GENERATED)
def test_elementwise_docstring_shows_the_derivative(name: str) -> None:
    """The docstring of an elementwise function shows each partial, and the convention at kinks."""
    primitive = PRIMITIVES[name]
    assert isinstance(primitive, Elementwise)
    text = FUNCTIONS[name].function.__doc__ or ""
    for partial in primitive.partials:
        assert partial.formula in text
    assert primitive.convention in text


@pytest.mark.parametrize("name", PRIMITIVES)
def test_forward(name: str) -> None:
    """The value is NumPy's."""
    run(checks.check_forward, name)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_forward_mode(name: str) -> None:
    """The jvp agrees with central differences."""
    run(checks.check_forward_mode, name)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_transpose(name: str) -> None:
    """The vjp is the transpose of the jvp."""
    run(checks.check_transpose, name)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_second_order(name: str) -> None:
    """Second derivatives by three routes agree with central differences of the first."""
    run(checks.check_second_order, name)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_dtype(name: str) -> None:
    """float32 stays float32."""
    run(checks.check_dtype, name)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_layouts(name: str) -> None:
    """Non-contiguous and read-only operands are as good as any."""
    run(checks.check_layouts, name)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_unmutated(name: str) -> None:
    """Operands and seeds are left as they were."""
    run(checks.check_unmutated, name)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_saves(name: str) -> None:
    """Rules read what they declare, and nodes keep no more."""
    run(checks.check_saves, name)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_saves_needed(name: str) -> None:
    """Nothing that is declared is superfluous."""
    run(checks.check_saves_needed, name)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_modes(name: str) -> None:
    """Every mode gives the same gradient."""
    run(checks.check_modes, name)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_replay(name: str) -> None:
    """A replayed graph has the values of the eager one."""
    run(checks.check_replay, name)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_special_values(name: str) -> None:
    """Zeros, infinities, NaN and huge arguments give what NumPy gives."""
    checks.check_special_values(table()[name][-1])


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_scalars(name: str) -> None:
    """Numbers give what arrays of one element give."""
    run(checks.check_scalars, name)


def test_the_table_is_the_registry() -> None:
    """No row is left out, and those that have a derivative all have one to check."""
    assert set(table()) == set(PRIMITIVES)
    for name in DIFFERENTIABLE:
        assert any(case.moving for case in table()[name]), name
    assert sum(len(cases) for cases in table().values()) > 350
    assert np.all([case.primitive.name == name for name, c in table().items() for case in c])
