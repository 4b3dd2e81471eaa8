"""Checking the rule of each recorded operation against differences of its own forward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..graph import Node
from ..primitive import PRIMITIVES
from .differences import Slope, slope, step_for
from .local import Local
from .numbers import error_words
from .places import Places, code_of, line_of, operation_of
from .slips import shape_slip, slip

_ALL = 100  # elements that are all checked
_SOME = 40  # of larger operands
_FULL = 2000  # elements computed to tell the kind of slip
RTOL = 1e-5


@dataclass(frozen=True)
class Disagreement:
    """An operation whose rule is wrong.

    Attributes
    ----------
    operation : str
    place : str
        The operation, its module and its line, in words.
    line : str or None
        ``file.py:12``.
    code : str
        The text of the line, where it is known.
    module : str or None
    operand : int
        Which operand's gradient, from 0.
    index : tuple of int
        The element with the largest disagreement; the flat direction ``()`` of a scalar.
    got, expected : float
        What the rule says there, and what differences say: of the sum of the operation's elements,
        or, if that is right, of a sum with random weights.
    error : float
        Their largest difference.
    slip : str
        What it looks like; "" if that cannot be told.
    node : Node
    """

    operation: str
    place: str
    line: str | None
    code: str
    module: str | None
    operand: int
    index: tuple[int, ...]
    got: float
    expected: float
    error: float
    slip: str
    node: Node

    def __str__(self) -> str:
        at = f" at {list(self.index)}" if self.index else ""
        many = "" if len(self.node.parents) == 1 else f" by operand {self.operand + 1}"
        text = f"{self.place}: its derivative{many} is wrong"
        if np.isfinite(self.expected) or np.isfinite(self.got):
            text += f"{at}: it gives {self.got:.8g} where {self.expected:.8g} is right"
        return text + (f". It looks as if {self.slip}" if self.slip else "") + "."


def first_wrong(
    order: Sequence[Node], places: Places, kinks: list[str], seed: int
) -> list[Disagreement]:
    """The operations whose rules are wrong, in the order in which they ran."""
    nodes = [n for n in order if n.primitive is not None]
    if len(nodes) > 2000:  # a user's own rules are the usual suspects
        own = [n for n in nodes if PRIMITIVES.get(operation_of(n)) is not n.primitive]
        found = _all_wrong(own, places, kinks, seed)
        if found:
            return found
    return _all_wrong(nodes, places, kinks, seed)


def _all_wrong(
    nodes: Sequence[Node], places: Places, kinks: list[str], seed: int
) -> list[Disagreement]:
    found = []
    for node in nodes:
        wrong = check(node, places, kinks, seed)
        if wrong is not None:
            found.append(wrong)
            if len(found) >= 20:
                break
    return found


def check(node: Node, places: Places, kinks: list[str], seed: int) -> Disagreement | None:
    """The largest disagreement of one operation; kinks are added to `kinks`."""
    try:
        local = Local(node)
    except Exception:  # its forward refuses float64: it cannot be checked on its own
        return None
    if not local.moving or not local.y.size or local.y.dtype.kind != "f":
        return None
    rng = np.random.default_rng(seed)
    g = rng.uniform(0.5, 1.5, local.y.shape) * rng.choice([-1.0, 1.0], local.y.shape)
    try:
        answers = local.rule(g)
    except Exception as error:  # a user's rule may raise anything
        words = error_words(error)
        slipped = shape_slip(words) or f"it cannot be computed: {words}"
        nan = float("nan")
        return _told(places, node, local.moving[0], (), (nan, nan, nan), slipped)
    worst = None
    for i in local.moving:
        wrong = _compare(local, i, g, answers[i], rng, kinks, places)
        if wrong is not None and (worst is None or wrong[0] > worst[1][0]):
            worst = (i, wrong)
    if worst is None:
        return None
    i, (error_size, index, got, expected) = _plainer(local, worst, rng, places)
    return _told(
        places, node, i, index, (got, expected, error_size), _slip_of(local, i, g, answers)
    )


def _plainer(
    local: Local, worst: tuple[int, Any], rng: np.random.Generator, places: Places
) -> tuple[int, Any]:
    """The disagreement for a gradient of ones, whose numbers a reader can check, if it shows."""
    i = worst[0]
    ones = np.ones(local.y.shape)
    try:
        found = _compare(local, i, ones, local.rule(ones)[i], rng, [], places)
    except Exception:  # a user's rule may raise anything
        found = None
    return worst if found is None else (i, found)


def _told(
    places: Places,
    node: Node,
    i: int,
    index: tuple[int, ...],
    numbers: tuple[float, float, float],
    slipped: str,
) -> Disagreement:
    line = line_of(node)
    return Disagreement(
        operation_of(node),
        places.long(node),
        line,
        code_of(line),
        places.module(node),
        i,
        index,
        *numbers,
        slipped,
        node,
    )


def _compare(
    local: Local,
    i: int,
    g: Any,
    answer: Any,
    rng: np.random.Generator,
    kinks: list[str],
    places: Places,
) -> tuple[float, tuple[int, ...], float, float] | None:
    x = local.values[i]
    answer = np.zeros(x.shape) if answer is None else answer
    if not x.size:
        return None
    scale = float(np.abs(answer[np.isfinite(answer)]).max(initial=0.0))
    indices = np.arange(x.size)
    if x.size > _ALL:
        indices = rng.choice(x.size, _SOME, replace=False)
    worst: tuple[float, tuple[int, ...], float, float] | None = None
    for k in indices:
        index = tuple(int(n) for n in np.unravel_index(k, x.shape))
        worst = _worse(worst, _element(local, i, index, g, answer, scale, kinks, places))
    if worst is None and x.size > _ALL:
        worst = _halved(local, i, g, answer, scale, kinks, places, rng)
    return worst


def _worse(a: Any, b: Any) -> Any:
    return b if a is None or (b is not None and b[0] > a[0]) else a


def _element(
    local: Local,
    i: int,
    index: tuple[int, ...],
    g: Any,
    answer: Any,
    scale: float,
    kinks: list[str],
    places: Places,
) -> tuple[float, tuple[int, ...], float, float] | None:
    direction = np.zeros(local.values[i].shape)
    direction[index] = 1.0
    found = _slope(local, i, direction, float(local.values[i][index]), g)
    got = float(answer[index])
    if found.kind in ("kink", "jump") and len(kinks) < 5:
        at = f" at {list(index)}" if index else ""
        kinks.append(f"{places.long(local.node)} is at a {found.kind}{at}")
    rtol = RTOL if local.eps < 1e-12 else 1e-2
    if found.agrees(got, rtol, 1e-3 * scale):
        return None
    error = abs(got - found.value)
    return (error if np.isfinite(error) else np.inf, index, got, found.value)


def _slope(local: Local, i: int, direction: Any, size: float, g: Any) -> Slope:
    h = step_for(size, np.dtype(np.float64 if local.eps < 1e-12 else np.float32))
    return slope(local.along(i, direction, g), h, local.eps)


def _halved(
    local: Local,
    i: int,
    g: Any,
    answer: Any,
    scale: float,
    kinks: list[str],
    places: Places,
    rng: np.random.Generator,
) -> tuple[float, tuple[int, ...], float, float] | None:
    """A large operand as a whole, along random directions; halved down to the wrong element."""
    x = local.values[i]
    size = float(np.abs(x).max())
    inside = np.arange(x.size)
    while True:
        direction = np.zeros(x.size)
        direction[inside] = rng.uniform(0.5, 1.5, inside.size)
        direction = direction.reshape(x.shape)
        found = _slope(local, i, direction, size, g)
        got = float(np.sum(answer * direction))
        room = 1e-2 * scale if len(inside) > 1 else 0.0
        wrong = not found.agrees(got, RTOL if local.eps < 1e-12 else 1e-2, room)
        if len(inside) == x.size and not wrong:
            return None
        if len(inside) == 1:
            index = tuple(int(n) for n in np.unravel_index(inside[0], x.shape))
            return _element(local, i, index, g, answer, scale, kinks, places)
        half = len(inside) // 2
        first, second = inside[:half], inside[half:]
        direction = np.zeros(x.size)
        direction[first] = 1.0
        direction = direction.reshape(x.shape)
        found = _slope(local, i, direction, size, g)
        here = found.agrees(float(np.sum(answer * direction)), RTOL, 0.0)
        inside = second if here else first


def all_slopes(local: Local, i: int, g: Any) -> Any:
    """The right gradient of one operand, element by element."""
    x = local.values[i]
    made = np.zeros(x.shape)
    for index in np.ndindex(*x.shape):
        direction = np.zeros(x.shape)
        direction[index] = 1.0
        phi = local.along(i, direction, g)
        h = step_for(float(x[index]), np.dtype(np.float64))
        made[index] = (phi(h) - phi(-h)) / (2 * h)
    return made


def _slip_of(local: Local, i: int, g: Any, answers: list[Any]) -> str:
    if local.values[i].size > _FULL:
        return ""
    if answers[i] is None:
        return "it is None: is the derivative by this operand missing?"
    others = {
        j: all_slopes(local, j, g)
        for j in local.moving
        if j == i or local.values[j].shape == local.values[i].shape
    }
    return slip(local, i, g, answers[i], others.pop(i), others)
