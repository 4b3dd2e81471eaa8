"""`nn.slips`: wrong answers are recognized by the slip that made them, and told in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from autograd_core import Tensor
from nn.slips import explain_difference

RNG = np.random.default_rng(7)
SHARES = RNG.standard_normal((5, 3, 2))
RIGHT = SHARES.sum(axis=0)
SQUARE = RNG.standard_normal((3, 3))
OFFSETS = RNG.standard_normal((5, 4))
EARLIER = list(RNG.standard_normal((3, 3, 2)))


def explain(given: Any, correct: Any = RIGHT, **options: Any) -> str | None:
    return explain_difference(given, correct, name="dL_dW", **options)


def with_entry(array: Any, index: Any, value: float) -> Any:
    changed = np.array(array)
    changed[index] = value
    return changed


@pytest.mark.parametrize(
    ("given", "correct"),
    [
        (RIGHT, RIGHT),
        (RIGHT.astype(np.float32), RIGHT),
        (np.array([1, -2]), np.array([1.0, -2.0])),
        (Tensor(RIGHT), RIGHT),
        (np.asfortranarray(RIGHT), RIGHT),
        (2.5, 2.5),
        (np.float32(2.5), np.array(2.5)),
        (3, 3.0),
        (RIGHT * (1 + 1e-9), RIGHT),
        (np.zeros((0, 2)), np.zeros((0, 2))),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan])),
    ],
)
def test_right_answers_pass(given: Any, correct: Any) -> None:
    """Equal to tolerance, whatever kind of number it is written in, is right."""
    assert explain(given, correct) is None


CASES = [
    # what is given, the right answer, words, options
    (RIGHT.T, RIGHT, "transposed", {}),
    (SQUARE.T, SQUARE, "transposed: it has the right shape only because that is square", {}),
    (-SQUARE.T, SQUARE, "transposed and has the wrong sign", {}),
    (SHARES, RIGHT, "the sum over the batch of 5 is missing", {"per_example": SHARES}),
    (OFFSETS, OFFSETS.sum(0), "a sum is missing, over axis 0", {}),
    (OFFSETS, OFFSETS.sum(0, keepdims=True), ".sum(axis=0, keepdims=True)", {}),
    (OFFSETS.T, OFFSETS.sum(0), "a sum is missing, over axis 1", {}),
    (2 * OFFSETS.T, OFFSETS.sum(0), "sum over the batch of 5 is missing", {"per_example": OFFSETS}),
    (SHARES[0], RIGHT, "the first example alone", {"per_example": SHARES}),
    (SHARES[-1], RIGHT, "the last example alone", {"per_example": SHARES}),
    (SHARES[2], RIGHT, "example number 3 alone", {"per_example": SHARES}),
    (
        OFFSETS.sum(0, keepdims=True),
        OFFSETS.sum(0),
        "length 1 was kept (the numbers are right)",
        {},
    ),
    (OFFSETS.sum(0)[:, None] * 2, OFFSETS.sum(0), "kept (and the numbers are wrong too)", {}),
    (OFFSETS.sum(0), OFFSETS.sum(0)[:, None], "an axis of length 1 was lost", {}),
    (OFFSETS.sum(0)[None], OFFSETS.sum(0)[:, None], "transposed (the numbers are right)", {}),
    (RIGHT.sum(), RIGHT, "the sum of all entries, summed too far", {}),
    (RIGHT.mean(), RIGHT, "the mean of all entries, summed too far", {}),
    (7.0, RIGHT, "a single number", {}),
    (RIGHT.sum(0), RIGHT, "summed over axis 0, which must stay", {}),
    (RIGHT.mean(1), RIGHT, "averaged over axis 1, which must stay", {}),
    (np.ones((4, 4)), np.ones(4), "broadcasting paired every entry", {}),
    (RIGHT.ravel(), RIGHT, "the numbers are right", {}),
    (np.ones((4, 7)), RIGHT, "has shape (4, 7) and must have shape (3, 2).", {}),
    (-RIGHT, RIGHT, "wrong sign", {}),
    (RIGHT / 5, RIGHT, "factor 1/5, one over the size of the batch", {"per_example": SHARES}),
    (RIGHT * 5, RIGHT, "too large by the factor 5, the size of the batch", {"per_example": SHARES}),
    (
        -RIGHT / 5,
        RIGHT,
        "one over the size of the batch and has the wrong",
        {"per_example": SHARES},
    ),
    (RIGHT * 2, RIGHT, "too large by the factor 2", {}),
    (RIGHT / 2, RIGHT, "too small by the factor 1/2", {}),
    (RIGHT / 2, RIGHT, "Look for a factor 2 that is missing", {}),
    (-RIGHT * 2, RIGHT, "factor 2 and has the wrong sign", {}),
    (RIGHT * 0.7312345, RIGHT, "the right direction but not the right length", {}),
    (RIGHT / np.linalg.norm(RIGHT), RIGHT, "was it normalized?", {}),
    (RIGHT * -0.7312345, RIGHT, "wrong sign, and the wrong length too", {}),
    (EARLIER[-1], sum(EARLIER), "only the last of 3 contributions", {"earlier": EARLIER}),
    (EARLIER[0], sum(EARLIER), "only the first of 3 contributions", {"earlier": EARLIER}),
    (sum(EARLIER) + EARLIER[-1], sum(EARLIER), "last contribution twice", {"earlier": EARLIER}),
    (np.zeros((3, 2)), RIGHT, "zero everywhere", {}),
    (0.0, 2.0, "is zero, and must not be", {}),
    (with_entry(RIGHT, (1, 1), np.nan), RIGHT, "NaN in 1 of 6 entries, first at [1, 1]", {}),
    (with_entry(RIGHT, (0, 1), np.inf), RIGHT, "infinite in 1 of 6 entries, first at [0, 1]", {}),
    (np.nan, 2.0, "is NaN.", {}),
    (np.full((7,), np.nan), RIGHT, "NaN", {}),
    (None, RIGHT, "is None", {}),
    (..., RIGHT, "nothing is filled in yet", {}),
    (RIGHT.tolist(), RIGHT, "a list of numbers", {}),
    ((RIGHT, RIGHT), RIGHT, "a tuple of several arrays", {}),
    ({"W": RIGHT}, RIGHT, "a dict", {}),
    ("1.0", RIGHT, "a str", {}),
    (RIGHT.astype(object), RIGHT, "dtype object", {}),
    (RIGHT.astype(str), RIGHT, "not numbers", {}),
    (RIGHT.astype(complex), RIGHT, "complex", {}),
    (np.ma.masked_array(RIGHT), RIGHT, "masked", {}),
    (np.array([True, False]), np.array([1.0, 0.0]), "True and False", {}),
    (True, 1.0, "must be a number", {}),
    (lambda: RIGHT, RIGHT, "is a function", {}),
    (np.ndarray, RIGHT, "is the class ndarray", {}),
    (np.trunc(RIGHT * 10).astype(int), RIGHT * 10, "digits behind the point were cut off", {}),
    (RIGHT + 0.25, RIGHT, "the same number everywhere: every entry is 0.25 more", {}),
    (RIGHT - 1, RIGHT, "every entry is 1 less", {}),
    (RIGHT[::-1], RIGHT, "in reverse order along axis 0", {}),
    (with_entry(RIGHT, (2, 0), 9.0), RIGHT, "right except in 1 of 6 entries: at [2, 0]", {}),
    (with_entry(RIGHT, 0, 0.0), RIGHT, "They are zero", {}),
    (np.abs(OFFSETS), OFFSETS, "wrong sign in", {}),
    (RIGHT**3 + 1, RIGHT, "right shape but wrong numbers", {}),
    (1.234, 2.0, "it is 1.234 and must be 2", {}),
    (-2.0, 2.0, "wrong sign: it is −1 times", {}),
    (RIGHT * (1 + 1e-5), RIGHT, "nearly right: off by 1e−05 of the largest entry", {}),
    (2.0 + 2e-5, 2.0, "nearly right: off by 1e−05 of itself", {}),
    (np.where(np.arange(6).reshape(3, 2) == 1, RIGHT, 0.0), RIGHT, "5 of 6 entries", {}),
    (np.zeros((0,)), RIGHT, "has shape (0,)", {}),
]


@pytest.mark.parametrize(("given", "correct", "words", "options"), CASES)
def test_the_slip_is_named(given: Any, correct: Any, words: str, options: Any) -> None:
    """Each usual slip has its own words, which name the answer."""
    text = explain(given, correct, **options)
    assert text is not None
    assert words in text
    assert text.startswith("dL_dW ")


class Hostile:
    """Fails in whatever way it is looked at."""

    def __array__(self, *args: Any, **options: Any) -> Any:
        raise RuntimeError("no")

    def __repr__(self) -> str:
        raise RuntimeError("no")

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("no")

    def __len__(self) -> int:
        raise RuntimeError("no")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no")

    __hash__ = None  # type: ignore[assignment]


class Liar:
    """Claims to be an array, and is of another class each time."""

    @property
    def __class__(self) -> Any:  # type: ignore[override]
        raise RuntimeError("no")


@pytest.mark.parametrize(
    "given",
    [
        Hostile,
        Liar,
        [1, [2, 3]],
        [Hostile()],
        object(),
        np.array([Exception, None], object),
        np.array("text"),
        np.zeros(2, "datetime64[s]"),
        np.zeros(2, [("a", float)]),
        np.str_("x"),
        range(3),
        (x for x in ()),
        10**400,
        b"",
        np,
        Exception("x"),
        np.array(1e308) * np.ones((3, 2)),
        np.finfo(np.longdouble).max * np.ones((3, 2), np.longdouble),
        np.full((3, 2), 2**64 - 1, np.uint64),
    ],
    ids=lambda given: "strange",
)
@pytest.mark.parametrize("correct", [RIGHT, 1.0, np.zeros((0, 3)), np.zeros((3, 2))], ids=np.shape)
def test_strange_objects_get_words_too(given: Any, correct: Any) -> None:
    """Nothing that is given raises an error or a warning."""
    if given is Hostile or given is Liar:
        given = given()
    text = explain(given, correct)
    assert text is not None
    assert text.startswith("dL_dW ")


@settings(max_examples=60, deadline=None)
@drawn(st.integers(0, 2**32 - 1), st.data())
def test_any_shapes_can_be_compared(seed: int, data: Any) -> None:
    """For any two shapes and numbers there is a sentence or None, and None for equals only."""
    rng = np.random.default_rng(seed)
    shapes = st.lists(st.integers(0, 3), max_size=3).map(tuple)
    shape, other = data.draw(shapes), data.draw(shapes)
    correct, given = rng.standard_normal(shape), rng.standard_normal(other)
    shares = rng.standard_normal((3, *shape))
    text = explain(given, correct, per_example=shares, earlier=[given, correct])
    assert (text is None) == (shape == other and correct.size == 0)
    assert explain(correct, correct, per_example=shares) is None


def test_nothing_that_is_given_is_changed() -> None:
    """The answer and the right one stay what they were."""
    given, correct = RIGHT * 3, RIGHT.copy()
    explain(given, correct, per_example=SHARES, earlier=EARLIER)
    assert np.array_equal(given, RIGHT * 3)
    assert np.array_equal(correct, RIGHT)
