"""Slips that show in the shape of an answer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .arrays import Array, Words, close


def explain(x: Array, right: Array, shares: Array | None, name: str, tolerance: float) -> Words:
    """What is wrong with `x`, which does not have the shape of `right`, and what to do."""
    shapes = f"{name} has shape {x.shape} and must have shape {right.shape}"
    finders = (
        _not_summed(x, right, shares, tolerance),
        _kept_axis(x, right, tolerance),
        _transposed(x, right),
        _summed_too_far(x, right, tolerance),
        _spread(x, right),
        _reshaped(x, right, tolerance),
    )
    for finder in finders if x.size and right.size else ():
        for words, hint in finder:
            return f"{shapes}: {words}.", hint
    return (
        f"{shapes}.",
        "A gradient has the shape of what it belongs to; write the shapes under each factor.",
    )


def _not_summed(x: Array, right: Array, shares: Array | None, tolerance: float) -> Iterator[Words]:
    """The share of every example where the sum over the batch is due."""
    if shares is not None and x.shape == shares.shape and len(shares) > 1:
        yield (
            f"the sum over the batch of {len(shares)} is missing, it holds the share of each "
            f"example",
            "Sum over the axis of the examples: .sum(axis=0).",
        )
        return
    if shares is not None and shares.ndim > 1 and x.size == len(shares) > 1:
        wrong = shares.reshape(len(shares), -1).sum(axis=1)
        if close(x.ravel(), wrong, tolerance):
            yield (
                f"it is summed over the units, and has one entry for each of {len(shares)} "
                f"examples",
                "Sum over the other axis, that of the examples.",
            )
            return
    if x.ndim < right.ndim or x.ndim > right.ndim + 1:
        return
    keep = x.ndim == right.ndim
    for axis in range(x.ndim):
        summed = x.sum(axis=axis, keepdims=keep)
        if x.shape[axis] > 1 and summed.shape == right.shape and close(summed, right, tolerance):
            keepdims = ", keepdims=True" if keep else ""
            yield (
                f"a sum is missing, over axis {axis} (of length {x.shape[axis]}; is this the "
                f"batch?)",
                f"Sum over it: .sum(axis={axis}{keepdims}).",
            )
            return
    for axis in range(x.ndim):
        lengths = x.shape[:axis] + x.shape[axis + 1 :]
        if shares is not None and lengths == right.shape and x.shape[axis] == len(shares) > 1:
            yield (
                f"the sum over the batch of {len(shares)} is missing",
                f"Sum over the axis of the examples: .sum(axis={axis}).",
            )
            return


def _kept_axis(x: Array, right: Array, tolerance: float) -> Iterator[Words]:
    """The same but for axes of length 1."""
    if x.size != right.size or [n for n in x.shape if n > 1] != [n for n in right.shape if n > 1]:
        return
    same = close(x.reshape(right.shape), right, tolerance)
    also = "the numbers are right" if same else "and the numbers are wrong too"
    if x.ndim > right.ndim:
        axis = next((i for i, n in enumerate(x.shape) if n == 1), 0)
        yield (
            f"an axis of length 1 was kept ({also})",
            f"Leave keepdims=True out, or remove the axis: .squeeze(axis={axis}).",
        )
    elif x.ndim < right.ndim:
        yield (
            f"an axis of length 1 was lost ({also})",
            f"Sum with keepdims=True, or reshape: .reshape{right.shape}.",
        )
    else:
        yield f"it is transposed ({also})", f"Write .T behind it, or .reshape{right.shape}."


def _transposed(x: Array, right: Array) -> Iterator[Words]:
    if x.ndim > 1 and x.shape == right.shape[::-1]:
        yield "it is transposed", "Write .T behind it, or exchange the two factors of the product."


def _summed_too_far(x: Array, right: Array, tolerance: float) -> Iterator[Words]:
    """A sum or mean over axes that must stay."""
    if x.size == 1 and right.size > 1:
        total = close(x.reshape(()), np.asarray(right.sum()), tolerance)
        mean = close(x.reshape(()), np.asarray(right.mean()), tolerance)
        how = "the sum of all entries, summed too far" if total else "a single number"
        how = "the mean of all entries, summed too far" if mean else how
        yield (
            f"it is {how}",
            "Sum over the axis of the examples only, .sum(axis=0), or over none.",
        )
        return
    for axis in range(right.ndim):
        for keep in (False, True):
            for what, value in (
                ("summed", right.sum(axis=axis, keepdims=keep)),
                ("averaged", right.mean(axis=axis, keepdims=keep)),
            ):
                if value.shape == x.shape and close(x, value, tolerance):
                    yield (
                        f"it is {what} over axis {axis}, which must stay",
                        f"Leave out the {'sum' if what == 'summed' else 'mean'} over axis {axis}.",
                    )
                    return


def _spread(x: Array, right: Array) -> Iterator[Words]:
    """(n, 1) with (n,) makes (n, n)."""
    n = max(right.shape, default=0)
    if right.size == n > 1 and x.shape == (n, n):
        yield (
            f"an array of shape ({n},) met one of shape ({n}, 1), and broadcasting paired every "
            f"entry with every other",
            f"Give both the same shape, here {right.shape}.",
        )


def _reshaped(x: Array, right: Array, tolerance: float) -> Iterator[Words]:
    if x.size == right.size and close(x.ravel(), right.ravel(), tolerance):
        yield "the numbers are right", f"Give it the right shape: .reshape{right.shape}."
