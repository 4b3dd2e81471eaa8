"""Slips that show in the numbers of an answer."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .arrays import Array, Words, close, described, number, place


def explain(
    array: Array,
    right: Array,
    shares: Array | None,
    earlier: list[Array],
    name: str,
    tolerance: float,
) -> Words:
    """What is wrong with the numbers of `array`, which has the shape of `right`."""
    x = array.astype(float)
    finders = (
        _zeros(x, name),
        _one_contribution(x, right, earlier, name, tolerance),
        _one_share(x, shares, name, tolerance),
        _near(x, right, name),
        _multiple(x, right, shares, name, tolerance),
        _rearranged(x, right, name, tolerance),
        _cut_off(array, right, name),
        _offset(x, right, name, tolerance),
        _partly(x, right, name, tolerance),
    )
    return next((words for finder in finders for words in finder), None) or _unnamed(x, right, name)


def truths(array: Array, name: str) -> Words | None:
    """Objects to a right answer made of truth values."""
    if array.dtype.kind != "b":
        return None
    return f"{name} holds True and False where numbers are due.", "Convert it: .astype(float)."


def _zeros(x: Array, name: str) -> Iterator[Words]:
    if x.size and not x.any():
        yield (
            f"{name} is zero{' everywhere' if x.ndim else ''}, and must not be.",
            "Is it computed at all, or only made with np.zeros?",
        )


def not_finite(array: Array, name: str) -> Words:
    """Tells of NaN or infinity in `array`."""
    bad = ~np.isfinite(array)
    word = "NaN" if np.isnan(array).any() else "infinite"
    hint = "Look for 0/0, or the logarithm or root of a negative number"
    if word == "infinite":
        hint = "Look for a division by zero, or an exponential of a large number"
    hint += "; what np.empty makes holds anything until it is filled."
    if array.ndim == 0:
        return f"{name} is {word}.", hint
    many = described(int(bad.sum()), array.size)
    return f"{name} is {word} in {many}, first at {place(np.argwhere(bad)[0])}.", hint


def _one_contribution(
    x: Array, right: Array, earlier: list[Array], name: str, tolerance: float
) -> Iterator[Words]:
    """One of several contributions in place of their sum."""
    if len(earlier) < 2:
        return
    if close(x, earlier[-1], tolerance):
        yield (
            f"{name} holds only the last of {len(earlier)} contributions: the earlier ones were "
            f"overwritten.",
            "Add to what is there, with += in place of =.",
        )
    elif close(x, earlier[0], tolerance):
        yield (
            f"{name} holds only the first of {len(earlier)} contributions.",
            "Add the later ones to it, with +=.",
        )
    elif close(x, right + earlier[-1], tolerance):
        yield (f"{name} counts the last contribution twice.", "Add each one once.")


def _one_share(x: Array, shares: Array | None, name: str, tolerance: float) -> Iterator[Words]:
    """The share of a single example in place of the sum over the batch."""
    if shares is None or shares.shape[1:] != x.shape or len(shares) < 2:
        return
    for i, share in enumerate(shares):
        if close(x, share, tolerance):
            which = {0: "the first example", len(shares) - 1: "the last example"}
            yield (
                f"{name} is the share of {which.get(i, f'example number {i + 1}')} alone, and "
                f"{len(shares)} examples count.",
                "Sum over the batch; in a loop, add with += and return behind the loop.",
            )
            return


def _near(x: Array, right: Array, name: str) -> Iterator[Words]:
    """Nearly the right numbers."""
    if close(x, right, 1e-3):
        off = float(np.abs(x - right).max()) / (float(np.abs(right).max()) or 1.0)
        yield (
            f"{name} is nearly right: off by {number(off)} of the largest entry at most."
            if right.ndim
            else f"{name} is nearly right: off by {number(off)} of itself.",
            "Is it a difference quotient, or rounded on the way? Is a small number such as ε left "
            "out? The exact formula is asked for.",
        )


def _multiple(
    x: Array, right: Array, shares: Array | None, name: str, tolerance: float
) -> Iterator[Words]:
    """Every entry a number times the right one."""
    norm = float((right * right).sum())
    if norm == 0:
        return
    factor = float((x * right).sum()) / norm
    if not np.isfinite(factor) or factor == 0 or not close(x, factor * right, tolerance):
        return
    n = 0 if shares is None or shares.ndim == 0 else len(shares)
    known = _factor_words(factor, n, tolerance, "every entry" if right.ndim else "it")
    if known is not None:
        yield (f"{name} {known[0]}", known[1])
    elif right.size > 1 and factor > 0:
        length = float(np.sqrt((x * x).sum()))
        unit = " It has length 1: was it normalized?" if abs(length - 1) < tolerance else ""
        yield (
            f"{name} has the right direction but not the right length: every entry is "
            f"{number(factor)} times what it must be.{unit}",
            "Look for a factor that is missing, or one too many.",
        )
    elif right.size > 1:
        yield (
            f"{name} has the wrong sign, and the wrong length too: every entry is "
            f"{number(factor)} times what it must be.",
            "Look for a minus sign, and for a factor that is missing or one too many.",
        )


def _factor_words(factor: float, n: int, tolerance: float, each: str) -> tuple[str, str] | None:
    """A factor that means something, in words; `n` is the size of the batch, or 0."""

    def near(value: float) -> bool:
        return abs(factor - value) <= tolerance * abs(value)

    if near(-1):
        return (
            f"has the wrong sign: {each} is −1 times what it must be.",
            "Look for a minus sign that is missing, or one too many.",
        )
    sign = " and has the wrong sign" if factor < 0 else ""
    if n > 1 and (near(1 / n) or near(-1 / n)):
        return (
            f"is too small by the factor 1/{n}, one over the size of the batch{sign}.",
            "Take the sum over the batch, not the mean: whoever divides by n does it in the loss.",
        )
    if n > 1 and (near(n) or near(-n)):
        return (
            f"is too large by the factor {n}, the size of the batch{sign}.",
            "Look for a sum that is taken twice, or for a division by n that is missing.",
        )
    fraction = Fraction(factor).limit_denominator(12)
    if 0 < abs(fraction) <= 12 and near(float(fraction)):
        text = str(abs(fraction))
        size = "large" if abs(fraction) > 1 else "small"
        return (
            f"is too {size} by the factor {text}{sign}: {each} is "
            f"{number(float(fraction))} times what it must be.",
            f"Look for a factor {abs(1 / fraction)} that is missing, or a factor {text} too many.",
        )
    return None


def _rearranged(x: Array, right: Array, name: str, tolerance: float) -> Iterator[Words]:
    """The right numbers at other places."""
    if right.ndim == 2 and right.shape[0] == right.shape[1]:
        for sign, word in ((1.0, ""), (-1.0, " and has the wrong sign")):
            if close(sign * x, right.T, tolerance):
                yield (
                    f"{name} is transposed{word}: it has the right shape only because that is "
                    f"square.",
                    "Write .T behind it, or exchange the two factors of the product.",
                )
    for axis in range(right.ndim):
        if right.shape[axis] > 1 and close(x, np.flip(right, axis), tolerance):
            yield (
                f"{name} holds the right numbers in reverse order along axis {axis}.",
                "Turn the order around.",
            )


def _cut_off(array: Array, right: Array, name: str) -> Iterator[Words]:
    """Integers in place of the numbers."""
    if array.dtype.kind not in "iu":
        return
    if any(np.array_equal(array, cut(right)) for cut in (np.trunc, np.rint, np.floor)):
        yield (
            f"{name} holds integers ({array.dtype}): the digits behind the point were cut off.",
            "Make the array one of floats: np.zeros(shape), or .astype(float) before computing.",
        )


def _offset(x: Array, right: Array, name: str, tolerance: float) -> Iterator[Words]:
    difference = x - right
    word = "more" if difference.size and difference.mean() > 0 else "less"
    if right.size > 1 and close(difference, np.full_like(right, difference.mean()), tolerance):
        yield (
            f"{name} is off by the same number everywhere: every entry is "
            f"{number(abs(float(difference.mean())))} {word} than it must be.",
            "Look for a term that is added, or left out.",
        )


def _partly(x: Array, right: Array, name: str, tolerance: float) -> Iterator[Words]:
    """Some entries right and some wrong."""
    scale = float(np.abs(right).max()) or 1.0
    wrong: NDArray[np.bool_] = np.abs(x - right) > tolerance * scale
    if right.size < 2:
        return
    places = [place(index) for index in np.argwhere(wrong)]
    shown = ", ".join(places[:4]) + (", …" if len(places) > 4 else "")
    if close(np.abs(x), np.abs(right), tolerance):
        yield (
            f"{name} has the wrong sign in {described(len(places), right.size)}: at {shown}.",
            "Their sizes are right; look at what decides the sign there.",
        )
        return
    gone = not x[wrong].any() and len(places) < right.size
    if gone or len(places) <= max(1, right.size // 2):
        first = tuple(np.argwhere(wrong)[0])
        zeros = " They are zero." if gone and len(places) > 1 else ""
        yield (
            f"{name} is right except in {described(len(places), right.size)}: at {shown}. The "
            f"first of them is {number(float(x[first]))} and must be "
            f"{number(float(right[first]))}.{zeros}",
            "What is special about these?",
        )


def _unnamed(x: Array, right: Array, name: str) -> Words:
    if right.size == 0:
        return (f"{name} is wrong.", "")
    worst = np.unravel_index(int(np.argmax(np.abs(x - right))), right.shape)
    where = f"; the entry at {place(worst)}" if right.ndim else ": it"
    return (
        f"{name} {'has the right shape but wrong numbers' if right.ndim else 'is wrong'}{where} "
        f"is {number(float(x[worst]))} and must be {number(float(right[worst]))}.",
        "Go through the formula with one example and one unit by hand.",
    )
