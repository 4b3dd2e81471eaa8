"""The op table: every primitive of the registry, and the arguments on which the tests call it.

A row of the registry brings its own samples; an elementwise row also gets arguments drawn from
its domain, in every pair of shapes in which broadcasting has gone wrong somewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

import autograd_core  # noqa: F401  (fills the registry)
from autograd_core import Tensor
from autograd_core.primitive import FUNCTIONS, PRIMITIVES, Primitive
from autograd_core.rules import Custom, Elementwise, Linear, Multilinear, Reduction

UNARY_SHAPES: list[tuple[tuple[int, ...], ...]] = [((2, 3),), ((),), ((1,),), ((0, 3),)]
BINARY_SHAPES: list[tuple[tuple[int, ...], ...]] = [
    ((2, 3), (2, 3)),
    ((2, 3), (3,)),
    ((2, 1), (1, 3)),
    ((2, 3), ()),
    ((), (3,)),
    ((1,), (2, 2)),
    ((0, 3), (3,)),
    ((0,), (1,)),
    ((0, 2), ()),
    ((), ()),
]
TERNARY_SHAPES: list[tuple[tuple[int, ...], ...]] = [
    ((2, 3), (2, 3), (2, 3)),
    ((2, 3), (), (3,)),
    ((3,), (2, 1), ()),
    ((), (), ()),
    ((0,), (1,), ()),
]
SHAPES = {1: UNARY_SHAPES, 2: BINARY_SHAPES, 3: TERNARY_SHAPES}


@dataclass(frozen=True)
class Case:
    """One call of one primitive."""

    primitive: Primitive
    args: tuple[Any, ...]
    params: dict[str, Any]

    def __str__(self) -> str:
        shapes = ", ".join(str(np.shape(a)) for a in self.args)
        return f"{self.primitive.name}({shapes}, {self.params})"

    @property
    def moving(self) -> tuple[int, ...]:
        """The operands by which the primitive has a derivative."""
        return tuple(
            i
            for i, a in enumerate(self.args)
            if np.asarray(a).dtype.kind == "f" and has_rule(self.primitive, i)
        )

    @property
    def points(self) -> tuple[Any, ...]:
        """The values of the operands that move."""
        return tuple(np.asarray(self.args[i]) for i in self.moving)

    def call(self, *args: Any) -> Any:
        """The primitive as users call it, on these operands."""
        function = fast_function(self.primitive)
        return function(*args, **self.params)

    def of(self, *moving: Any) -> Any:
        """The primitive as a function of the operands that move."""
        args = list(self.args)
        for i, x in zip(self.moving, moving, strict=True):
            args[i] = x
        return self.call(*args)

    def in_dtype(self, dtype: Any) -> Case:
        """The case with its operands of floats converted."""
        args = tuple(
            np.asarray(a, dtype)[()] if np.asarray(a).dtype.kind == "f" else a for a in self.args
        )
        return Case(self.primitive, args, self.params)


def has_rule(primitive: Primitive, i: int) -> bool:
    """Whether the primitive declares a derivative by operand `i`."""
    if isinstance(primitive, Linear):
        return callable(primitive.transposes) or primitive.transposes[i] is not None
    return isinstance(primitive, (Elementwise, Multilinear, Reduction, Custom))


def fast_function(primitive: Primitive) -> Callable[..., Any]:
    """The public function of an elementwise primitive, which has a path of its own."""
    public = FUNCTIONS.get(primitive.name)
    if public is not None and getattr(public.function, "primitive", None) is primitive:
        return public.function
    return primitive


@contextmanager
def noted(case: Any) -> Iterator[None]:
    """Say in a failure which case it was."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"in {case}")
        raise


def cases_of(primitive: Primitive, seed: int = 0) -> list[Case]:
    """The cases of a row: its own samples, and for elementwise rows those of its domain."""
    rng = np.random.default_rng(seed)
    made = []
    if primitive.samples is not None:
        made += [Case(primitive, s.args, dict(s.params)) for s in primitive.samples(rng)]
    if isinstance(primitive, Elementwise):
        low, high = primitive.domain
        for shapes in SHAPES[len(primitive.partials)]:
            args = tuple(rng.uniform(low, high, size=s)[()] for s in shapes)
            made.append(Case(primitive, args, {}))
    return made


@cache
def table() -> dict[str, list[Case]]:
    """Every row of the registry with its cases."""
    return {name: cases_of(primitive) for name, primitive in PRIMITIVES.items()}


#: The rows that have a derivative.
DIFFERENTIABLE = [
    name
    for name, primitive in PRIMITIVES.items()
    if isinstance(primitive, (Elementwise, Linear, Multilinear, Reduction, Custom))
]


def tensors(case: Case, requires_grad: bool = True) -> list[Any]:
    """The operands, those that move as leaves."""
    return [
        Tensor(a, requires_grad=requires_grad) if i in case.moving else a
        for i, a in enumerate(case.args)
    ]
