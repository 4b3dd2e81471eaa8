"""What a row of the table of cures is, and the patterns of code that rows look for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .trouble import Trouble


class Cure(NamedTuple):
    """One row: the first whose `when` holds is told.

    Attributes
    ----------
    name : str
    operations : tuple of str
        At which operations it is looked for; empty for all.
    when : callable
        Of a `Trouble`.
    says : str
        What went wrong.
    rewrite : str
        What to write in its place.
    bad, good : str
        An example in ``x`` and ``ag``, and its cure.
    at : tuple of float
        Values of x at which `bad` fails.
    """

    name: str
    operations: tuple[str, ...]
    when: Callable[[Trouble], bool]
    says: str
    rewrite: str
    bad: str = ""
    good: str = ""
    at: tuple[Any, ...] = ()


LOGS = ("log", "log2", "log10")
OVERFLOWS = ("exp", "exp2", "expm1")


def log_zero(t: Trouble) -> bool:
    return t.operation in LOGS and t.some(t.x() == 0)


def softmax_behind(t: Trouble) -> bool:
    """Whether the operand is exp / Σ exp."""
    for node in t.behind():
        if node.primitive is not None and node.primitive.name == "divide":
            top = node.parents[0]
            if top is not None and top.primitive is not None and top.primitive.name == "exp":
                return True
    return False


def too_large(t: Trouble) -> bool:
    """Whether finite operands gave an infinity."""
    return not t.backward and all(np.isfinite(np.asarray(x, float)).all() for x in t.xs)


def exp_overflow(t: Trouble) -> bool:
    return t.operation in OVERFLOWS and t.some(np.isinf(t.at(t.y)))


def normalized(t: Trouble) -> bool:
    """Whether exponentials are divided by a sum."""
    quotients = t.read_by("divide") + [
        d for total in t.read_by("sum") for d in t.read_by("divide", node=total)
    ]
    return any(
        [getattr(getattr(p, "primitive", None), "name", "") for p in d.parents] == ["exp", "sum"]
        for d in quotients
    )


def is_one(node: Any) -> bool:
    return any(np.ndim(c) == 0 and c == 1 for c in node.constants if c is not None)


def squares(t: Trouble) -> bool:
    """Whether the operand is a sum of squares."""
    for node in t.behind():
        if node.primitive is not None and node.primitive.name in ("sum", "add"):
            inner = [p for p in node.parents if p is not None]
            if inner and all(
                p.primitive is not None and p.primitive.name in ("square", "multiply", "power")
                for p in inner
            ):
                return True
    return False


def times_itself(t: Trouble) -> bool:
    """Whether log(x) is multiplied by x."""
    return any(t.node.parents[0] in reader.parents for reader in t.read_by("multiply"))
