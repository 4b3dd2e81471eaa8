"""A partial derivative, declared by its action on a vector."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..primitive import Function


class Partial(NamedTuple):
    """One partial derivative, by its action on a vector.

    Attributes
    ----------
    formula : str
        LaTeX of the partial, in y, x (or a, b).
    action : callable
        ``action(t, y, *xs, **params)``: the partial times t; linear in t.
    saves : str
        The letters of what it reads, separated by blanks: of "y", and "x" or "a", "b", "c".
    """

    formula: str
    action: Function
    saves: str = ""


def total(terms: Any) -> Any:
    """The sum of at least one term."""
    first, *rest = terms
    for term in rest:
        first = first + term
    return first
