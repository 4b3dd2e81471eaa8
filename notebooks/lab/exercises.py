"""Exercises that check an answer and say in words which slip was made."""

from __future__ import annotations

import ast
import copy
import inspect
import linecache
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd_core import Tensor
from nn import slips

from .page import Page

TRIALS = 3


class Verdict(Page):
    """What the check says; `right` is None while there is no answer yet."""

    def __init__(self, right: bool | None, words: str) -> None:
        mark = {True: "✓", False: "✗", None: "○"}[right]
        super().__init__(f"{mark} {words}", f"**{mark}** {words}")
        self.right = right

    def __bool__(self) -> bool:
        return bool(self.right)


class Exercise:
    """A question, answered by a function, or by a value if it has no inputs.

    Parameters
    ----------
    question : str
        In words; LaTeX between dollars.
    correct : callable
        The truth, best got from the engine.
    inputs : callable, optional
        ``inputs(rng)`` draws a dict of arguments by name; the answer is a function of these.
    solution : callable, optional
        The formula by hand; `show_solution` prints its source.
    slips : mapping, optional
        From the words that name a slip to the function that makes it.
    per_example : callable, optional
        Of the inputs: the correct answer before its sum over the batch, an example a row.
    hint : str, optional

    Notes
    -----
    The check never raises, whatever the answer is or does. An answer of None or ``...`` counts as
    not given yet. A Tensor or a list of numbers will do for an array, and the parameters may have
    other names if they are in the order of the question's.

    Examples
    --------
    >>> import numpy as np
    >>> double = Exercise(
    ...     "Twice $x$?", correct=lambda x: 2 * x, inputs=lambda rng: {"x": rng.normal(size=3)}
    ... )
    >>> double(lambda x: x + x)
    ✓ right, on 3 random inputs
    >>> print(double(lambda x: -2 * x).right)
    False
    """

    def __init__(
        self,
        question: str,
        *,
        correct: Callable[..., Any],
        inputs: Callable[[np.random.Generator], dict[str, Any]] | None = None,
        solution: Callable[..., Any] | None = None,
        slips: Mapping[str, Callable[..., Any]] | None = None,
        per_example: Callable[..., Any] | None = None,
        hint: str = "",
    ) -> None:
        self.question = question
        self.correct = correct
        self.inputs = inputs
        self.solution = solution
        self.slips = dict(slips or {})
        self.per_example = per_example
        self._hint = hint

    def __call__(self, answer: Any) -> Verdict:
        """Check an answer."""
        if answer is None or answer is ...:
            return _unanswered()
        if self.inputs is None:
            verdict = self._judged(answer, {})
            return Verdict(True, "right") if verdict is None else verdict
        if not callable(answer):
            return Verdict(False, f"the answer is to be a function, and is {_a(answer)}")
        for seed in range(TRIALS):
            arguments = self.inputs(np.random.default_rng(seed))
            verdict = self._tried(answer, arguments)
            if verdict is not None:
                return verdict
        return Verdict(True, f"right, on {TRIALS} random inputs")

    def _tried(self, answer: Callable[..., Any], arguments: dict[str, Any]) -> Verdict | None:
        """The verdict on one set of inputs, None if the answer is right."""
        given = copy.deepcopy(arguments)
        in_order = _in_order(answer, given)
        if isinstance(in_order, str):
            return Verdict(False, in_order)
        try:
            with np.errstate(all="ignore"):
                found = answer(*given.values()) if in_order else answer(**given)
        except (Exception, SystemExit) as error:  # an interrupt comes through
            return Verdict(False, _raised(error, answer, arguments))
        if found is None or found is ...:
            return _unanswered()
        verdict = self._judged(found, arguments)
        if verdict is None and not _equal(given, arguments):
            return Verdict(
                False, "the result is right, but the function changes its inputs; work on copies"
            )
        return verdict

    def _judged(self, found: Any, arguments: dict[str, Any]) -> Verdict | None:
        found = _plain(found)
        correct = np.asarray(self.correct(**arguments))
        per_example = self.per_example(**arguments) if self.per_example else None
        words = slips.explain_difference(found, correct, per_example=per_example)
        if words is None:
            return None
        for slip, wrong in self.slips.items():
            with np.errstate(all="ignore"):
                if slips.explain_difference(found, np.asarray(wrong(**arguments))) is None:
                    return Verdict(False, slip)
        return Verdict(False, words)

    def hint(self) -> Page:
        """A nudge, without the answer."""
        return Page(self._hint or "there is no hint for this one")

    def show_solution(self) -> Page:
        """The formula by hand, as code."""
        if self.solution is None:
            return Page(f"the answer is {self.correct()}")
        source = _bare(inspect.getsource(self.solution))
        return Page(source, f"```python\n{source}\n```")

    def __repr__(self) -> str:
        return self.question

    def _repr_markdown_(self) -> str:
        return f"**Exercise.** {self.question}"


def _bare(source: str) -> str:
    """The source of a function without types, under the name that an answer would have."""
    tree = ast.parse(textwrap.dedent(source))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns, node.name = None, "answer"
        elif isinstance(node, ast.arg):
            node.annotation = None
    return ast.unparse(tree)


def _unanswered() -> Verdict:
    return Verdict(None, "not answered yet: write your answer in place of the dots")


def _a(value: Any) -> str:
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return all(_equal(a[key], b[key]) for key in b)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(_equal, a, b))
    return not isinstance(a, np.ndarray) or np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def _in_order(answer: Callable[..., Any], given: dict[str, Any]) -> bool | str:
    """Whether to call with the arguments in their order, as the answer has other names for them.

    Words if it cannot be called either way.
    """
    try:
        signature = inspect.signature(answer)
    except Exception:  # one that cannot be read
        return False
    by_name, in_order = _binds(signature, **given), _binds(signature, *given.values())
    moved = any(
        name in given and name != own
        for name, own in zip(signature.parameters, given, strict=False)
    )
    if by_name or (in_order and not moved):
        return not by_name
    taken = ", ".join(map(str, signature.parameters.values()))
    return f"the function takes ({taken}), and is called with ({', '.join(given)})"


def _binds(signature: inspect.Signature, *arguments: Any, **named: Any) -> bool:
    try:
        signature.bind(*arguments, **named)
    except TypeError:
        return False
    return True


def _plain(found: Any) -> Any:
    """A Tensor's array; an array for a list or tuple of numbers."""
    try:
        if isinstance(found, (list, tuple)):
            array = np.array([_plain(x) for x in found])
            return array if array.dtype.kind in "fiu" and array.size else found
        return found.data if isinstance(found, Tensor) else found
    except Exception:  # whatever a strange object does when it is looked at
        return found


def _raised(error: BaseException, answer: Any, arguments: dict[str, Any]) -> str:
    """What went wrong inside the answer: the error, its line, and the shapes that came in."""
    code = getattr(answer, "__code__", None) if inspect.isroutine(answer) else None
    line, trace = "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is code:
            source = linecache.getline(code.co_filename, trace.tb_lineno).strip()
            line = f" at its line `{source}`" if source else f" at line {trace.tb_lineno}"
        trace = trace.tb_next
    shapes = ", ".join([f"{k} {np.shape(v)}" for k, v in arguments.items() if np.ndim(v)])
    given = f"; it was called with {shapes}" if shapes else ""
    try:
        message = f": {error}" if str(error) else ""
    except Exception:
        message = ""
    return f"the function raised {type(error).__name__}{line}{message}{given}"
