"""The pass over minus signs: fewer calls, the same bits."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core.program.passes import drop_dead, merge_equal
from autograd_core.program.signs import settled

sys.path.append(str(Path(__file__).parent))

from drafts import Draft, interpreted

ODD = np.array([0.0, -0.0, 1.5, -2.25, np.inf, -np.inf, np.nan, 1e-308, 5e-324, -1e308, 0.1])
RNG = np.random.default_rng(0)


def names(tape: Any) -> Counter[str]:
    """How often each function is called."""
    return Counter([call.function.__name__ for call in tape.calls])


def same_bits(a: Any, b: Any) -> None:
    """Equal to the last bit, signs of zeros included; any NaN is like any other."""
    a, b = np.asarray(a), np.asarray(b)
    nan = np.isnan(a)
    np.testing.assert_array_equal(nan, np.isnan(b))
    assert a[~nan].tobytes() == b[~nan].tobytes()


def random_tape(draw: Any, values: list[Any]) -> tuple[Any, list[Any]]:
    """A tape of sums, differences, products and minus signs of some arguments."""
    draft = Draft()
    refs = [draft.argument(v) for v in values]
    with np.errstate(all="ignore"):
        for _ in range(draw(st.integers(1, 14))):
            f = draw(st.sampled_from([np.add, np.subtract, np.multiply, np.negative, np.negative]))
            args = [draw(st.sampled_from(refs)) for _ in range(f.nin)]
            if f is not np.negative and draw(st.booleans()):
                args[draw(st.integers(0, 1))] = np.float64(
                    draw(st.sampled_from([2.0, -1.0, np.nan]))
                )
            refs.append(draft.call(f, *args))
    ends = draw(st.lists(st.sampled_from(refs[len(values) :]), min_size=1, max_size=3))
    return draft.results(*ends), values


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_random_formulas_give_the_same_bits(data: Any) -> None:
    """Zeros with signs, infinities and NaN included; also with calls merged and dropped after."""
    shuffled = [ODD, ODD[::-1].copy(), np.roll(ODD, 3)]
    tape, values = random_tape(data.draw, shuffled)
    with np.errstate(all="ignore"):
        before = interpreted(tape, *values)
        count = len(tape.calls)
        settled(tape)
        for a, b in zip(before, interpreted(tape, *values), strict=True):
            same_bits(a, b)
        merge_equal(tape)
        drop_dead(tape)
        for a, b in zip(before, interpreted(tape, *values), strict=True):
            same_bits(a, b)
    assert len(tape.calls) <= count


@pytest.mark.parametrize(
    ("formula", "left"),
    [
        (lambda d, a, b: d.call(np.add, a, d.call(np.negative, b)), {"subtract": 1}),
        (lambda d, a, b: d.call(np.add, d.call(np.negative, b), a), {"subtract": 1}),
        (lambda d, a, b: d.call(np.subtract, a, d.call(np.negative, b)), {"add": 1}),
        (
            lambda d, a, b: d.call(np.negative, d.call(np.negative, d.call(np.add, a, b))),
            {"add": 1},
        ),
        (
            lambda d, a, b: d.call(np.add, a, d.call(np.multiply, d.call(np.negative, b), a)),
            {"multiply": 1, "subtract": 1},
        ),
        (
            lambda d, a, b: d.call(
                np.add, d.call(np.multiply, a, b), d.call(np.multiply, d.call(np.negative, a), b)
            ),
            {"multiply": 1, "subtract": 1},
        ),
        (lambda d, a, b: d.call(np.exp, d.call(np.negative, a)), {"exp": 1, "negative": 1}),
        (
            lambda d, a, b: d.call(np.subtract, d.call(np.negative, a), b),
            {"subtract": 1, "negative": 1},
        ),
    ],
    ids=["a+(-b)", "(-b)+a", "a-(-b)", "-(-x)", "a+(-b)a", "ab+(-a)b", "exp(-a)", "(-a)-b"],
)
def test_what_is_left_of_a_formula(formula: Any, left: dict[str, int]) -> None:
    """No call for a sign that a sum can take, nor for a product that is there already."""
    draft = Draft()
    a, b = draft.argument(RNG.normal(size=5)), draft.argument(RNG.normal(size=5))
    tape = draft.results(formula(draft, a, b))
    before = interpreted(tape, draft.held[0], draft.held[1])
    settled(tape)
    merge_equal(tape)
    drop_dead(tape)
    assert names(tape) == left
    same_bits(before[0], interpreted(tape, draft.held[0], draft.held[1])[0])


def test_integers_are_left_alone() -> None:
    """The pass is about binary fractions."""
    draft = Draft()
    a = draft.argument(np.arange(5))
    tape = draft.results(draft.call(np.add, a, draft.call(np.negative, a)))
    settled(tape)
    assert names(tape) == {"add": 1, "negative": 1}


def test_a_gradient_loses_its_minus_signs() -> None:
    """tanh(x)·exp(−x²) and its gradient: one minus sign is left, that in the exponent."""
    f = ag.compile(ag.value_and_grad(lambda x: (np.tanh(x) * np.exp(-x * x)).sum()))
    x = RNG.normal(size=20)
    for _ in range(2):
        value, gradient = f(x)
    t, e = np.tanh(x), np.exp(-x * x)
    np.testing.assert_allclose(value.data, (t * e).sum(), rtol=1e-12)
    np.testing.assert_allclose(gradient.data, e * (1 - t * t) - 2 * x * t * e, rtol=1e-11)
    assert f.source.count("negative(") == 1
