"""The checks of ``backward`` and ``weight_grad`` against the right gradients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..slips import arrays, find_slip
from . import mistakes
from .calls import Outcome, call
from .forward import shapes_of
from .mistakes import Point
from .report import Finding
from .student import Array
from .subject import Subject
from .truth import Truth


class Answers:
    """What the student's methods answer at a point, in a fresh copy.

    Attributes
    ----------
    backward, weight_grad : Outcome
    again : Outcome
        Of a second call of ``weight_grad`` with the same arguments.
    alone : Outcome
        Of ``weight_grad`` directly behind forward, without a call of ``backward``.
    moved, changed : list of str
        The weights that ``backward`` and ``weight_grad`` changed.
    """

    def __init__(
        self,
        subject: Subject,
        u: Array,
        v: Array,
        g: Array,
        with_weights: bool,
        between: Array | None = None,
    ) -> None:
        shapes = shapes_of({"u": u, "v": v, "dL_dv": g, **subject.weights})
        quiet = between is not None
        with subject.trial(quiet=quiet) as made:
            call(made, "forward", {"u": u}, shapes)
            if between is not None:
                call(made, "forward", {"u": between}, shapes)
            before = subject.held(made)
            self.backward = call(made, "backward", {"u": u, "v": v, "dL_dv": g}, shapes)
            self.moved = _changed(before, subject.held(made))
            self.changed: list[str] = []
            self.weight_grad = self.again = self.alone = Outcome(None, None)
            if with_weights:
                arguments = {"u": u, "dL_dv": g}
                before = subject.held(made)
                self.weight_grad = call(made, "weight_grad", arguments, shapes)
                self.changed = _changed(before, subject.held(made))
                self.again = call(made, "weight_grad", arguments, shapes)
        if with_weights:
            with subject.trial() as made:
                call(made, "forward", {"u": u}, shapes)
                self.alone = call(made, "weight_grad", {"u": u, "dL_dv": g}, shapes)


def _changed(before: dict[str, Array], after: dict[str, Array]) -> list[str]:
    return [n for n, x in before.items() if not np.array_equal(x, after[n], equal_nan=True)]


def in_place(outcome: Outcome, method: str) -> Iterator[Finding]:
    """Arguments that a method wrote into."""
    for name in outcome.changed:
        yield Finding(
            method,
            f"{method} changes its argument {name} in place, and the caller still needs it.",
            f"Work on a copy ({name}.copy()), or make a new array: a * b in place of a *= b.",
        )


def shares(truth: Truth, g: Array, axis: int | None) -> list[Array] | None:
    """For everything varied, the share of each example in its gradient, along a first axis."""
    if axis is None or g.ndim <= axis or g.shape[axis] > 64:
        return None
    parts = []
    for i in range(g.shape[axis]):
        alone = np.zeros_like(g)
        place = tuple(i if k == axis else slice(None) for k in range(g.ndim))
        alone[place] = g[place]
        parts.append(truth.pull(alone))
    return [np.stack(column) for column in zip(*parts, strict=True)]


class Gradients:
    """Compares answers with the truth."""

    def __init__(self, at: Point, truth: Truth, axis: int | None) -> None:
        self.at = at
        self.axis = axis
        self.tolerance = truth.tolerance
        self.right = truth.pull(at.g)
        self.shares = shares(truth, at.g, axis)

    def slip(self, value: Any, index: int, method: str, shown: str) -> Finding | None:
        """What is wrong with one gradient; `index` counts the input, then the weights."""
        share = None if self.shares is None else self.shares[index]
        options: dict[str, Any] = {
            "per_example": share,
            "name": shown,
            "tolerance": self.tolerance,
        }
        slip = find_slip(value, self.right[index], **options)
        given = arrays.parsed(value, shown)
        if slip is None or isinstance(given, tuple) or not np.isfinite(given).all():
            return None if slip is None else Finding(method, slip.what, slip.hint)
        given = given.astype(float)
        if index == 0:
            found = mistakes.of_backward(self.at, given)
        else:
            found = mistakes.of_weight(self.at, list(self.at.weights)[index - 1], index, given)
        slip = find_slip(value, self.right[index], mistaken=mistakes.usable(found), **options)
        return None if slip is None else Finding(method, slip.what, slip.hint)

    def unnamed(self, found: Finding) -> bool:
        """Whether a finding names no slip."""
        return "wrong numbers" in found.what or "right except" in found.what

    def weights(self, answer: Any) -> Iterator[Finding]:
        """What is wrong with the answer of ``weight_grad``."""
        names = list(self.at.weights)
        if isinstance(answer, np.ndarray) and len(names) == 1:
            answer = {names[0]: answer}
        if not isinstance(answer, dict):
            yield _no_dict(answer, names)
            return
        for key in answer:
            if key not in names:
                yield Finding(
                    "weight_grad",
                    f"weight_grad has an entry {key!r}, and the module has no weight of this "
                    f"name, no array of floats as an attribute; its weights are "
                    f"{', '.join(names) or 'none'}.",
                    "Weights are attributes, as in self.W = …, and their names are the keys.",
                )
        for i, name in enumerate(names, 1):
            if name in answer:
                found = self.slip(answer[name], i, "weight_grad", f"dL_d{name}")
                if found is not None and self.unnamed(found) and not self.right[i].any():
                    found = Finding(
                        "weight_grad",
                        f"dL_d{name} must be zero, as v does not change with {name}.",
                        "Is it left out in forward, or does it act on no entry of v?",
                    )
                if found is not None:
                    yield found
            else:
                yield Finding(
                    "weight_grad",
                    f"weight_grad has no entry {name!r}, though v depends on {name}.",
                    f"Add it to the dict. If {name} is no weight, let its name begin with _, or "
                    f"define weights(self), which returns the names of the weights.",
                )

    def same_weights(self, one: Any, other: Any) -> bool:
        """Whether two answers of ``weight_grad`` are equal."""
        if isinstance(one, dict) and isinstance(other, dict):
            return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
        return same(one, other)


def same(one: Any, other: Any) -> bool:
    """Whether two answers are equal numbers."""
    a, b = arrays.parsed(one, ""), arrays.parsed(other, "")
    if isinstance(a, tuple) or isinstance(b, tuple):
        return isinstance(a, tuple) and isinstance(b, tuple)
    return a.shape == b.shape and bool(np.allclose(a, b, 1e-9, 1e-12, equal_nan=True))


def _no_dict(answer: Any, names: list[str]) -> Finding:
    wanted = ", ".join(f"{name!r}: …" for name in names)
    kind = "None" if answer is None else f"a {type(answer).__name__}"
    hint = f"Return a dict by the names of the weights: {{{wanted}}}."
    if answer is None:
        hint += " Is a return missing?"
    return Finding("weight_grad", f"weight_grad returns {kind}, and must return a dict.", hint)
