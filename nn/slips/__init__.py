"""The usual slips of a gradient written by hand, told in words.

The numbers are only compared: each slip, such as a forgotten transpose or a sum that became a
mean, is a simple change of the right answer, and the answer given is recognized by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from . import shapes, values
from .arrays import Array, Words, close, parsed

#: How far two floats of a kind may be apart, relative to the largest entry.
TOLERANCE = {"d": 1e-6, "f": 1e-4, "e": 1e-2}


class Slip(NamedTuple):
    """What is wrong with an answer, and what to do about it; both are sentences."""

    what: str
    hint: str

    def __str__(self) -> str:
        return f"{self.what} {self.hint}".strip()


class Mistaken(NamedTuple):
    """The answer that a certain slip gives, which is looked for by name."""

    value: Any
    what: str
    hint: str


def explain_difference(
    given: Any,
    correct: Any,
    *,
    per_example: Any = None,
    earlier: Sequence[Any] | None = None,
    name: str = "the result",
) -> str | None:
    """Name the usual slip that leads from the right answer to the one given.

    Parameters
    ----------
    given : object
        The answer. Anything at all may be given, and nothing is ever raised because of it.
    correct : array_like
        The right answer.
    per_example : array_like, optional
        The share of each example, along a first axis; `correct` is their sum. Lets a missing sum
        over the batch, the share of a single example, and a factor of the batch size be named.
    earlier : sequence of array_like, optional
        The contributions that add up to `correct`, the latest one last. Lets a value be named
        that was overwritten where it should have been added to.
    name : str, default "the result"
        What the answer is called in the sentence.

    Returns
    -------
    str or None
        One or two sentences; None if `given` is right. Right means: the same shape, numbers, and
        no entry farther off than 1e-6 of the largest one (1e-4 for float32).

    Examples
    --------
    >>> import numpy as np
    >>> from nn.slips import explain_difference
    >>> correct = np.array([1.0, 2.0, -3.0])
    >>> print(explain_difference(correct, correct))
    None
    >>> print(explain_difference(-correct, correct, name="dL_du"))
    dL_du has the wrong sign: every entry is −1 times what it must be. Look for a minus sign that
    is missing, or one too many.
    >>> print(explain_difference(np.ones((3, 2)), np.ones((2, 3)), name="dL_dW"))
    dL_dW has shape (3, 2) and must have shape (2, 3): it is transposed. Write .T behind it, or
    exchange the two factors of the product.
    """
    slip = find_slip(given, correct, per_example=per_example, earlier=earlier, name=name)
    return None if slip is None else str(slip)


def find_slip(
    given: Any,
    correct: Any,
    *,
    per_example: Any = None,
    earlier: Sequence[Any] | None = None,
    name: str = "the result",
    mistaken: Sequence[Mistaken] = (),
    tolerance: float = 0.0,
) -> Slip | None:
    """What `explain_difference` says, in two parts.

    Parameters
    ----------
    given, correct, per_example, earlier, name
        As there.
    mistaken : sequence of Mistaken
        Wrong answers to look for before those that any gradient can have.
    tolerance : float, optional
        At least this relative difference is allowed, for a right answer that is not exact.

    Returns
    -------
    Slip or None
    """
    right = np.asarray(correct, float)
    array = parsed(given, name)
    if isinstance(array, tuple):
        return Slip(*array)
    kind = array.dtype.char if array.dtype.kind == "f" else "d"
    tolerance = max(tolerance, TOLERANCE.get(kind, TOLERANCE["d"]))
    with np.errstate(all="ignore"):
        words = _words(array, right, per_example, earlier, name, mistaken, tolerance)
    return None if words is None else Slip(*words)


def _words(
    array: Array,
    right: Array,
    per_example: Any,
    earlier: Sequence[Any] | None,
    name: str,
    mistaken: Sequence[Mistaken],
    tolerance: float,
) -> Words | None:
    if array.shape == right.shape and close(array, right, tolerance):
        return values.truths(array, name)
    if np.isfinite(right).all() and not np.isfinite(array).all():
        return values.not_finite(array, name)
    x = array.astype(float)
    for m in mistaken:
        if x.shape == np.shape(m.value) and close(x, np.asarray(m.value, float), tolerance):
            return m.what, m.hint
    shares = None if per_example is None else np.asarray(per_example, float)
    if x.shape != right.shape:
        return shapes.explain(x, right, shares, name, tolerance)
    contributions = [np.asarray(e, float) for e in earlier or ()]
    if any(e.shape != right.shape for e in contributions):
        contributions = []
    return values.explain(array, right, shares, contributions, name, tolerance)
