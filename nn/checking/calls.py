"""Calls of a student's methods; what goes wrong in them is told in words, without traceback."""

from __future__ import annotations

import inspect
import os
import re
import traceback
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from .report import Finding
from .student import ARGUMENTS, Array, accepts, has

_ABOUT_SHAPES = re.compile(r"matmul|shape|broadcast|aligned|dimension|size|axis|axes", re.I)


class Outcome(NamedTuple):
    """What a call gave: its value, or the finding that it failed; and the arguments it changed."""

    value: Any
    failure: Finding | None
    changed: tuple[str, ...] = ()


def call(student: Any, method: str, given: Mapping[str, Array], shapes: str) -> Outcome:
    """Call a method with copies of the arrays in `given`.

    Parameters
    ----------
    student : object
    method : str
    given : mapping of str to ndarray
        The arguments in their order, by the names that words about them use.
    shapes : str
        The shapes of all that is around, for a hint.
    """
    signature = f"{method}({', '.join(ARGUMENTS[method])})"
    if not has(student, method):
        return Outcome(
            None, Finding(method, f"There is no method {method}.", f"Define {signature}.")
        )
    bound = getattr(student, method)
    if not accepts(bound, len(given)):
        return Outcome(None, _wrong_signature(bound, method, signature))
    arguments = [np.array(x) for x in given.values()]
    try:
        value = _kept(bound(*arguments))
    except (Exception, SystemExit) as error:
        what = f"{signature} raises {kind_and_message(error)}{_place(error, bound)}"
        return Outcome(None, Finding(method, what, _hint(error, shapes)))
    changed = tuple(
        name
        for (name, before), after in zip(given.items(), arguments, strict=True)
        if not np.array_equal(before, after, equal_nan=True)
    )
    return Outcome(value, None, changed)


def _kept(value: Any) -> Any:
    """A copy, as a later call may write into the same arrays."""
    if isinstance(value, np.ndarray):
        return np.array(value, subok=True)
    if isinstance(value, dict):
        return {k: np.array(x) if type(x) is np.ndarray else x for k, x in value.items()}
    return value


def _wrong_signature(bound: Any, method: str, signature: str) -> Finding:
    taken = ", ".join(parameters(bound))
    if inspect.ismethod(bound):
        first = next(iter(inspect.signature(bound.__func__).parameters), None)
        if first in (None, "u"):
            return Finding(
                method,
                f"{method} has no parameter self.",
                f"Write def {signature.replace('(', '(self, ')}.",
            )
    return Finding(
        method,
        f"{method} takes ({taken}), and is called as {signature}.",
        f"Give it these parameters: def {signature.replace('(', '(self, ')}.",
    )


def parameters(bound: Any) -> list[str]:
    """The names of a method's parameters, without self."""
    try:
        return list(inspect.signature(bound).parameters)
    except (ValueError, TypeError):
        return []


def kind_and_message(error: BaseException) -> str:
    """An exception in a line."""
    try:
        message = " ".join(str(error).split())
    except Exception:
        message = ""
    sizes = re.search(r"matmul: .*\(size (\d+) is different from (\d+)\)", message)
    if sizes is not None:
        message = (
            f"the matrix product A @ B needs as many columns of A as rows of B, and A has "
            f"{sizes[2]} columns, B has {sizes[1]} rows"
        )
    message = message if len(message) <= 200 else f"{message[:197]}..."
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _place(error: BaseException, bound: Any) -> str:
    """The line of the student's code where it happened, with its text."""
    code = getattr(getattr(bound, "__func__", bound), "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    mine = [f for f in frames if code is not None and f.filename == code.co_filename]
    if not mine:
        return "."
    frame = mine[-1]
    name = os.path.basename(frame.filename)
    where = f"line {frame.lineno}"
    if frame.filename.startswith("<") or "ipykernel" in frame.filename:
        where += " of the cell"
    else:
        where += f" of {name}"
    return f" ({where}: {frame.line})." if frame.line else f" ({where})."


def _hint(error: BaseException, shapes: str) -> str:
    if isinstance(error, NotImplementedError):
        return "It is still to be written."
    if isinstance(error, NameError):
        return "Is the name spelled right, and set before this line? An attribute needs self."
    if isinstance(error, AttributeError):
        return "Is it spelled right, and set in __init__? Arrays have no methods but NumPy's."
    if isinstance(error, KeyError):
        return "There is no such key; look at where the dict is made."
    if _ABOUT_SHAPES.search(kind_and_message(error)):
        return (
            f"The shapes are {shapes}. In A @ B the last axis of A must be as long as the first "
            f"of B: transpose one with .T, or exchange them. In A * B equal axes meet, counted "
            f"from the last one."
        )
    return f"The shapes are {shapes}."
