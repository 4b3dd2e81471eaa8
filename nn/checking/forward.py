"""The check of ``forward``: an input that fits, and what the method owes to its caller."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from autograd_core import ArgumentError

from ..module import Module
from ..slips import arrays
from .calls import call
from .report import Finding
from .student import Array, draw, input_shapes
from .subject import Subject


class Input(NamedTuple):
    """An input, and which of its axes counts the examples (None if no one knows)."""

    u: Array
    axis: int | None
    drawn: bool


_ANOTHER = "If forward is for inputs of another shape, give one: check_module(module, u)."


def shapes_of(named: dict[str, Array]) -> str:
    """The shapes in words: ``u (5, 3), W (3, 2)``."""
    return ", ".join(f"{name} {np.shape(x)}" for name, x in named.items())


def inputs(
    subject: Subject, given: Any, batch: int, rng: np.random.Generator, like: Module | None
) -> Iterator[Input]:
    """Inputs to try, one after the other.

    Raises
    ------
    ArgumentError
        If there is none that `like` takes.
    """
    if given is not None:
        u = np.array(given, float)
        yield Input(u, 0 if u.ndim > 1 else None, False)
        return
    weights = {**subject.weights, **subject.numeric()}
    lengths = {n for w in weights.values() for n in w.shape}
    if like is not None:
        lengths |= {n for p in like.parameters() for n in p.shape}
    while batch in lengths or (not lengths and batch == 4):
        batch += 1  # the axis of the examples is to be told from the others
    if like is not None and any(True for _ in like.parameters()):
        weights = {name: p.numpy() for name, p in like.named_parameters()}
    none = True
    for positive in (False, True):
        for shape, axis in input_shapes(weights, batch):
            u = draw(shape, rng, positive)
            if like is None or _fits(like, u) or (u.ndim == 2 and _fits(like, u.T)):
                none = False
                yield Input(u, axis, True)
    if none:
        raise ArgumentError(
            f"check_module: like={like!r} takes no input that could be guessed; give one: "
            f"check_module(module, u, like=…)"
        )


def _fits(like: Module, u: Array) -> bool:
    try:
        copy.deepcopy(like)(u)
    except Exception:
        return False
    return True


class Forward(NamedTuple):
    """The first pass that worked; or the findings that none did.

    ``steady`` says that it gives the same v again, ``replayed`` that it drew random numbers, and
    ``moved`` which attributes it changed among those that may be weights.
    """

    given: Input | None
    v: Array
    findings: list[Finding]
    notes: list[str]
    steady: bool = False
    replayed: bool = False
    moved: tuple[str, ...] = ()


def check(subject: Subject, candidates: Iterator[Input]) -> Forward:
    """Run forward on the first input that it takes, and look at what it gives and does."""
    failures: list[Finding] = []
    drawn = False
    for given in candidates:
        drawn = given.drawn
        arrays_held = {n: w for n, w in subject.numeric().items() if w.ndim}
        shapes = shapes_of({"u": given.u, **arrays_held})
        with subject.trial(quiet=bool(failures)) as made:
            outcome = call(made, "forward", {"u": given.u}, shapes)
        finding = outcome.failure or _value(outcome.value)
        if finding is None:
            return _kept(subject, given, outcome.value, outcome.changed)
        failures.append(finding)
    # The failure on the likeliest input is told; but NaN is told only if nothing else went wrong.
    told = failures[:1]
    if drawn and told and " raises " in told[0].what:
        told = [told[0]._replace(hint=f"{told[0].hint} {_ANOTHER}")]
    return Forward(None, np.zeros(0), told, [])


def _value(v: Any) -> Finding | None:
    """Whether forward returned an array of finite floats."""
    parsed = arrays.parsed(v, "what forward returns")
    if isinstance(parsed, tuple):
        return Finding("forward", parsed[0][0].upper() + parsed[0][1:], parsed[1])
    if not isinstance(v, (np.ndarray, np.generic)):
        what = f"What forward returns is a {type(v).__name__}, not a NumPy array."
        return Finding("forward", what, "Return an array of floats.")
    if parsed.dtype.kind != "f":
        what = f"What forward returns has dtype {parsed.dtype}, where floats are due."
        hint = "Compute with arrays of floats; in one of integers, digits are cut off."
        return Finding("forward", what, hint)
    if not parsed.size:
        what = f"What forward returns is empty, of shape {parsed.shape}."
        return Finding("forward", what, "Return an output for each example.")
    if not np.isfinite(parsed).all():
        what = "What forward returns holds NaN or infinity for ordinary inputs."
        return Finding("forward", what, "Look for 0/0, log or sqrt of negative numbers, np.empty.")
    return None


def _kept(subject: Subject, given: Input, v: Any, changed: tuple[str, ...]) -> Forward:
    """What forward owes beside its value: no side effects, and the same answer again."""
    findings: list[Finding] = []
    notes: list[str] = []
    if changed:
        findings.append(
            Finding(
                "forward",
                "forward changes its argument u in place, and the caller still needs it.",
                "Work on a copy: u = u.copy(), or use np.where or np.maximum.",
            )
        )
    array = np.asarray(v)
    steady, replayed, moved = _repeated(subject, given, array, findings, notes)
    if given.drawn and given.axis is not None and steady:
        findings += _single(subject, given, array, notes)
    return Forward(given, array, findings, notes, steady, replayed, moved)


def _same(a: Any, b: Any) -> bool:
    return np.shape(a) == np.shape(b) and bool(np.allclose(a, b, 1e-12, 1e-14, equal_nan=True))


def _repeated(
    subject: Subject, given: Input, v: Array, findings: list[Finding], notes: list[str]
) -> tuple[bool, bool, tuple[str, ...]]:
    """Whether forward is steady, whether it draws random numbers, and what it changed."""
    with subject.trial() as made:
        before = subject.held(made)
        random = _random_state(made)
        first = call(made, "forward", {"u": given.u}, "").value
        after = subject.held(made)
        drew = _random_state(made) != random
        second = call(made, "forward", {"u": given.u}, "").value
    moved = tuple(n for n, x in before.items() if not np.array_equal(x, after[n], equal_nan=True))
    if not _same(first, v):
        findings.append(
            Finding(
                "forward",
                "forward is not deterministic: the same u gives another v each time, so there is "
                "no gradient to compare with.",
                "A module that draws random numbers can be checked if it draws them from a "
                "generator that is its attribute (self.rng), and keeps what it drew (self.mask) "
                "for backward.",
            )
        )
    elif drew:
        notes.append(
            "forward draws random numbers. It was run again with the same ones, and the methods "
            "were checked right behind it, so that what it keeps of them is the right one."
        )
    elif not _same(first, second):
        findings.append(
            Finding(
                "forward",
                f"forward gives another v when it is called a second time with the same u: "
                f"{' and '.join(f'self.{name}' for name in moved) or 'something in self'}, which "
                f"it changes, has an effect on the next call.",
                "Let v depend on u and the weights alone.",
            )
        )
    steady = _same(first, v) and (drew or _same(first, second))
    return steady, drew, moved


def _random_state(made: Any) -> str:
    """The states of the generators that a module can draw from, as text."""
    held = list(vars(made).values()) if hasattr(made, "__dict__") else []
    if isinstance(made, Module):
        held = [x for m in made.modules() for x in vars(m).values()]
    states = [x.bit_generator.state for x in held if isinstance(x, np.random.Generator)]
    states += [x.get_state() for x in held if isinstance(x, np.random.RandomState)]
    _, key, where, *_ = np.random.get_state(legacy=True)  # noqa: NPY002 — students use it
    return repr([states, hash(np.asarray(key).tobytes()), where])


def _single(subject: Subject, given: Input, v: Array, notes: list[str]) -> list[Finding]:
    """A batch of one example."""
    axis = given.axis or 0
    with subject.trial() as made:
        part = {"u": np.take(given.u, [0], axis)}
        outcome = call(made, "forward", part, shapes_of({**part, **subject.weights}))
    if outcome.failure is not None:
        what = f"With a batch of one example: {outcome.failure.what}"
        return [Finding("forward", what, outcome.failure.hint)]
    one = np.asarray(outcome.value)
    if v.ndim <= axis or v.shape[axis] != given.u.shape[axis]:
        return []
    whole = np.take(v, [0], axis)
    if one.shape != whole.shape:
        return [
            Finding(
                "forward",
                f"A batch of one example of shape {part['u'].shape} gives shape {one.shape}, and "
                f"must give {whole.shape}.",
                "Look for squeeze, or for a number that is the size of the batch.",
            )
        ]
    others = v.ndim == 2 and not subject.weights and _columns_apart(subject, given, v)
    if not np.allclose(one, whole, 1e-9, 1e-12, equal_nan=True) and not others:
        notes.append(
            "forward mixes the examples of a batch: v of one depends on the others, as in batch "
            "normalization. If that is not meant, look at axis= in its sums."
        )
    return []


def _columns_apart(subject: Subject, given: Input, v: Array) -> bool:
    """Whether each column of v comes from its own column of u; then those are the examples."""
    with subject.trial() as made:
        outcome = call(made, "forward", {"u": given.u[:, :1]}, "")
    return outcome.failure is None and _same(outcome.value, v[:, :1])
