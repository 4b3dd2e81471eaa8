"""What every exercise does with an answer: right in any style, or told what it is instead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from lab import Exercise
from lab.page import _constant

from autograd_core import Tensor

TWICE = Exercise("Twice?", correct=lambda x, y: 2 * x + y, inputs=lambda rng: _drawn(rng))


def _drawn(rng: np.random.Generator) -> dict[str, Any]:
    return {"x": rng.normal(size=3), "y": rng.normal(size=3)}


class Unprintable(Exception):
    def __str__(self) -> str:
        raise ValueError


class Secretive:
    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __call__(self, **_: Any) -> Any:
        raise Unprintable


class Classless:
    @property
    def __class__(self) -> Any:  # type: ignore[override]
        raise RuntimeError


def raising(error: BaseException) -> Any:
    def answer(x: Any, y: Any) -> Any:
        raise error

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        lambda x, y: 2 * x + y,
        lambda x, y: (2 * x + y).astype(np.float32),
        lambda x, y: Tensor(2 * x + y),
        lambda x, y: (2 * x + y).tolist(),
        lambda x, y: [2 * a + b for a, b in zip(x, y, strict=True)],
        lambda x, y: tuple(Tensor(2 * a + b) for a, b in zip(x, y, strict=True)),
        lambda a, b: 2 * a + b,
        lambda **given: 2 * given["x"] + given["y"],
        lambda *given: 2 * given[0] + given[1],
        lambda y, x, unused=0: 2 * x + y,
    ],
)
def test_right_in_any_style(answer: Any) -> None:
    """Lists, tensors and other names of the parameters do not make an answer wrong."""
    assert TWICE(answer).right is True


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda: 1, "the function takes (), and is called with (x, y)"),
        (lambda x: x, "the function takes (x), and is called with (x, y)"),
        (lambda y, z: z, "the function takes (y, z), and is called with (x, y)"),
        (raising(Unprintable()), "raised Unprintable"),
        (raising(SystemExit(1)), "raised SystemExit"),
        (raising(KeyError()), "raised KeyError"),
        (max, "the function raised"),
        (lambda x, y: Classless(), "cannot be read as an array"),
        (lambda x, y: [[1.0, 2.0], [3.0]], "is a list"),
        (lambda x, y: (2 * x + y) * (1 + 1e-5), "nearly right: off by 1e−05"),
    ],
)
def test_no_answer_makes_it_raise(answer: Any, words: str) -> None:
    """Whatever an answer does, it is told what it does."""
    verdict = TWICE(answer)
    assert verdict.right is False
    assert words in verdict.text


def test_an_answer_that_hides_what_it_is() -> None:
    """Not even its name is asked for."""
    assert "raised Unprintable" in TWICE(Secretive()).text


def test_an_interrupt_comes_through() -> None:
    """An answer that never ends can be stopped."""
    with pytest.raises(KeyboardInterrupt):
        TWICE(raising(KeyboardInterrupt()))


@pytest.mark.parametrize(
    ("value", "latex"),
    [
        (0.1, "0.1"),
        (3, "3"),
        (1e-6, "10^{-6}"),
        (-2.5e-7, r"-2.5 \cdot 10^{-7}"),
        (-np.inf, r"-\infty"),
    ],
)
def test_numbers_in_formulas(value: float, latex: str) -> None:
    """A power of ten is printed as one: 1e-06 would be read as 1 times e minus 6."""
    assert _constant(value) == latex


def test_points_drawn_anew() -> None:
    """The notebook of section 7 says how many are met exactly five times."""
    met = np.bincount(np.random.default_rng(0).integers(60, size=5 * 60), minlength=60)
    assert np.count_nonzero(met == 5) == 13
