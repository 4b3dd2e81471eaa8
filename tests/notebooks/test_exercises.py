"""What every exercise does with an answer: right in any style, or told what it is instead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from lab import Exercise, equations

from autograd_core import Tensor
from optim import SGD

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


def test_equations_side_by_side() -> None:
    """Each writes its own equation into a row of one line, and a bar does not end its cell."""
    w = Tensor(1.0, requires_grad=True)
    page = equations({"SGD": SGD([w], lr=0.1, momentum=0.9), "by hand": r"\|w|"}, numbers=True)
    first, second = page.markdown.splitlines()[2:]
    assert first == (
        r"| SGD | $\displaystyle \begin{aligned} V_t &= 0.9 \, V_{t-1} + 0.1 \, g_t \\"
        r" W_t &= W_{t-1} - V_t \end{aligned}$ |"
    )
    assert second.count("|") == 3
    assert "by hand: " in page.text


def test_points_drawn_anew() -> None:
    """The notebook of section 7 says how many are met exactly five times."""
    met = np.bincount(np.random.default_rng(0).integers(60, size=5 * 60), minlength=60)
    assert np.count_nonzero(met == 5) == 13
