"""What kind of slip a wrong rule looks like, told from its answer and the right one."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from .findings import listing, number


def close(a: Any, b: Any, tolerance: float = 1e-4) -> bool:
    x, z = np.asarray(a, float), np.asarray(b, float)
    if x.shape != z.shape or not np.isfinite(x).all() or not np.isfinite(z).all():
        return False
    return bool(np.abs(x - z).max(initial=0.0) <= tolerance * (np.abs(z).max(initial=0.0) or 1.0))


def slip(local: Any, i: int, g: Any, got: Any, right: Any, others: dict[int, Any]) -> str:
    """In words, what the rule did; "" if that cannot be told.

    Parameters
    ----------
    local : Local
    i : int
        The operand.
    g : array
        The cotangent that was given.
    got, right : array
        The rule's answer, and the right one.
    others : dict of int to array
        The right answers for other operands.
    """
    with np.errstate(all="ignore"):
        return next(_slips(local, i, g, got, right, others), "")


def _slips(
    local: Any, i: int, g: Any, got: Any, right: Any, others: dict[int, Any]
) -> Iterator[str]:
    if not np.any(got):
        yield "it is 0: is the derivative by this operand missing?"
    if not np.isfinite(got).all():
        yield "it is not finite: does the rule divide by 0, or take the logarithm of 0?"
    for j, other in others.items():
        if j != i and close(got, other) and not close(other, right):
            yield f"it is the gradient of operand {j + 1}: two of the answers are exchanged"
    twice = _again(local, i, 2 * g)
    if twice is not None and close(twice, got) and not close(2 * got, got):
        yield "it does not depend on the gradient that arrives: multiply by g (chain rule)"
    yield from _factors(local, got, right, g)
    yield from _rearranged(got, right)
    yield from _one_example(local, i, g, got, right)
    yield from _missing_factor(local, i, g, got, right)
    yield from _partly(got, right)


def _again(local: Any, i: int, g: Any) -> Any:
    try:
        return local.rule(g)[i]
    except Exception:  # a user's rule may raise anything
        return None


def _factors(local: Any, got: Any, right: Any, g: Any) -> Iterator[str]:
    """Every entry a number times the right one."""
    norm = float((right * right).sum())
    factor = float((got * right).sum()) / norm if norm else 0.0
    if not factor or not close(got, factor * right):
        return
    if abs(factor + 1) < 1e-4:
        yield "it has the wrong sign: a minus is missing, or one too many"
        return
    sign = " and it has the wrong sign" if factor < 0 else ""
    for n, what in _counts(np.shape(g), right.shape):
        if n > 2 and abs(abs(factor) * n - 1) < 1e-4:
            yield f"a factor {n} is missing{sign}; {n} is {what}: a mean in place of a sum?"
            return
        if n > 2 and abs(abs(factor) / n - 1) < 1e-4:
            yield f"a factor {n} is too many{sign}; {n} is {what}: is a mean missing?"
            return
    known = Fraction(1 / factor).limit_denominator(12)
    text = str(abs(known)) if abs(float(known) * factor - 1) < 1e-4 else number(abs(1 / factor))
    yield f"a factor {text} is missing{sign}: it is {number(factor)} times what it must be"


def _counts(shape: tuple[int, ...], operand: tuple[int, ...]) -> list[tuple[int, str]]:
    """The numbers that a mean would divide by, of an operation that is not element by element."""
    if shape == operand and len(shape) < 2:
        return []
    made = [(shape[0], "the size of the batch")] if shape else []
    made += [(operand[0], "the length of the first axis")] if operand else []
    return [*made, (math.prod(operand), "the number of elements")]


def _rearranged(got: Any, right: Any) -> Iterator[str]:
    if right.ndim == 2 and right.shape[0] == right.shape[1] and close(got, right.T):
        yield "it is transposed: exchange the factors of the product, or write .T behind it"
    for axis in range(right.ndim):
        if right.shape[axis] > 1 and close(got, np.flip(right, axis)):
            yield f"its entries are in reverse order along axis {axis}"


def _one_example(local: Any, i: int, g: Any, got: Any, right: Any) -> Iterator[str]:
    """The share of one example in place of the sum over the batch."""
    if np.ndim(g) < 2 or np.shape(g)[0] < 2:
        return
    from .operations import all_slopes

    for k, word in ((0, "first"), (len(g) - 1, "last")):
        part = np.zeros_like(g)
        part[k] = g[k]
        if close(got, all_slopes(local, i, part)):
            yield f"it counts only the {word} of {len(g)} examples: sum over the batch"


def _missing_factor(local: Any, i: int, g: Any, got: Any, right: Any) -> Iterator[str]:
    """A value of the operation that is missing as a factor, or one too many."""
    if np.shape(g) == np.shape(got) and close(got, g):
        yield "it hands on the gradient that arrives as it is: the local derivative is missing"
    if np.shape(g) == np.shape(got) and close(got * g, right):
        yield "the gradient that arrives is missing as a factor: multiply by g (chain rule)"
    one = len(local.values) == 1
    named = [("y", local.y)]
    named += [("x" if one else f"operand {k + 1}", v) for k, v in enumerate(local.values)]
    floats = [(n, v) for n, v in named if np.asarray(v).dtype.kind == "f"]
    named += [(f"(1 − {n})", 1 - v) for n, v in floats]
    named += [(f"(1 + {n})", 1 + v) for n, v in floats]
    for name, value in named:
        try:
            factor = np.broadcast_to(value, right.shape)
        except ValueError:
            continue
        for power, word in ((1, name), (2, f"{name}²")):
            if close(got * factor**power, right):
                yield f"a factor {word} is missing"
            if close(got, right * factor**power):
                yield f"a factor {word} is too many"
        if close(-got * factor, right):
            yield f"a factor −{name} is missing"


def _partly(got: Any, right: Any) -> Iterator[str]:
    """Right but for some entries."""
    scale = float(np.abs(right).max(initial=0.0)) or 1.0
    wrong = np.abs(got - right) > 1e-4 * scale
    count = int(wrong.sum())
    if right.size > 1 and close(np.abs(got), np.abs(right)):
        yield f"it has the wrong sign in {count:,} of {right.size:,} entries"
    if 0 < count <= right.size // 2:
        places = [str([int(k) for k in place]) for place in np.argwhere(wrong)]
        yield f"it is right but for {count:,} of {right.size:,} entries: at {listing(places, 4)}"


_SHAPE = re.compile(r"\((?:\d+(?:, ?\d+)*,?)?\)")


def shape_slip(words: str) -> str:
    """What an error about shapes looks like: a sum that is missing, a transpose."""
    shapes = [tuple(int(n) for n in re.findall(r"\d+", s)) for s in _SHAPE.findall(words)]
    if len(shapes) < 2:
        return ""
    got, right = shapes[0], shapes[1]
    if len(got) > len(right) and got[len(got) - len(right) :] == right:
        return f"it is not summed over the first axis, of length {got[0]} (the batch?)"
    if len(got) > 1 and got == right[::-1]:
        return "it is transposed"
    return ""
