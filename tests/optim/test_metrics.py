"""Accuracy and the confusion matrix, against scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd_core import ArgumentError, DTypeError, ShapeError, Tensor
from optim import accuracy, confusion_matrix, confusion_table, one_hot


@pytest.fixture
def scores(rng: np.random.Generator) -> Any:
    return rng.standard_normal((200, 4))


def test_as_scikit_learn(scores: Any, rng: np.random.Generator) -> None:
    """From scores or classes, with class indices or one-hot rows."""
    metrics = pytest.importorskip("sklearn.metrics")
    y = rng.integers(0, 4, 200)
    guess = scores.argmax(1)
    wanted = metrics.accuracy_score(y, guess)
    table = metrics.confusion_matrix(y, guess)
    for given in (scores, guess, Tensor(scores, requires_grad=True), one_hot(guess)):
        for labels in (y, one_hot(y, 4), y.tolist(), y.astype(np.uint8)):
            assert accuracy(given, labels) == pytest.approx(wanted)
            assert np.array_equal(confusion_matrix(given, labels), table)


def test_absent_classes_have_rows_and_columns() -> None:
    """The size is that of the scores, or as asked."""
    assert confusion_matrix(np.eye(4)[:2], [0, 0]).shape == (4, 4)
    assert confusion_matrix([0, 1], [0, 0], n_classes=3).shape == (3, 3)


def test_the_first_of_equal_scores_wins() -> None:
    """As numpy.argmax."""
    assert accuracy([[1.0, 1.0]], [0]) == 1.0


@pytest.mark.parametrize("measure", [accuracy, confusion_matrix])
@pytest.mark.parametrize(
    ("guess", "actual", "kind", "words"),
    [
        (np.zeros((3, 2)), [0, 1], ShapeError, "3 guesses .* 2 labels"),
        ([0, 1], [0, -1], ArgumentError, "label -1 at place 1 is below 0"),
        (np.zeros((2, 3)), [0, 3], ArgumentError, "label 3 .* too large; labels are 0 to 2"),
        ([0.2, 0.9], [0, 1], DTypeError, r"guess > 0\.5"),
        (np.zeros((2, 3)), [0.0, 1.0], DTypeError, "float64"),
        (np.zeros((2, 2)), [[1, 1], [0, 1]], ArgumentError, "not one-hot"),
        ([[np.nan, 1.0]], [0], ArgumentError, "NaN"),
        (np.zeros((0, 3)), np.zeros(0, int), ArgumentError, "no points"),
        (np.zeros((2, 3)), one_hot([0, 1], 2), ShapeError, "2 classes for 3"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    measure: Any, guess: Any, actual: Any, kind: type[Exception], words: str
) -> None:
    """The error names the lengths, the labels or the dtype."""
    with pytest.raises(kind, match=words):
        measure(guess, actual)


def test_a_guess_beyond_the_classes_is_refused() -> None:
    """n_classes binds the guesses as well."""
    with pytest.raises(ArgumentError, match="guess 5"):
        confusion_matrix([5, 0], [0, 0], n_classes=3)


def test_the_table_lines_up() -> None:
    """Every line is as long as the columns need; an absent class has no percentage."""
    lines = confusion_table([[100, 3, 0], [0, 0, 0], [1, 0, 12345]]).split("\n")
    assert lines[1].split() == ["0", "1", "2"]
    assert lines[2].split() == ["0", "100", "3", ".", "97.1", "%"]
    assert lines[3].split() == ["1", ".", ".", "."]
    assert len(lines[2]) == len(lines[4])


def test_a_table_that_cannot_be_is_refused() -> None:
    """Square, and with a name for each class."""
    with pytest.raises(ShapeError, match=r"\(2, 3\)"):
        confusion_table(np.zeros((2, 3), int))
    with pytest.raises(ShapeError, match="1 names for 2"):
        confusion_table(np.eye(2, dtype=int), ["a"])
