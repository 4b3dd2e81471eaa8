"""Accuracy of two classes from one score for each point, against scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd_core import ArgumentError, DTypeError, ShapeError
from optim import EarlyStopping, accuracy

from .fitting import equal, run, state


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
@pytest.mark.parametrize(("threshold", "low"), [(0.5, 0), (0.0, 0), (0.0, -1)])
def test_as_scikit_learn(shape: Any, threshold: float, low: int, rng: np.random.Generator) -> None:
    """The positive class is guessed above the threshold, for labels 0 and 1 or ±1."""
    metrics = pytest.importorskip("sklearn.metrics")
    scores, right = rng.standard_normal(50), rng.integers(0, 2, 50).astype(bool)
    y = np.where(right, 1, low)
    wanted = metrics.accuracy_score(right, scores > threshold)
    for labels in (y, y.astype(float)):
        got = accuracy(scores.reshape(shape), labels.reshape(shape), threshold)
        assert got == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("guess", "actual", "threshold", "kind", "words"),
    [
        ([[0.9], [0.8]], [0, 0], None, ShapeError, r"\(2, 1\).*threshold=0.5"),
        ([[1], [0]], [0, 0], None, ShapeError, r"guess.reshape\(-1\)"),
        ([[True], [False]], [0, 0], None, ShapeError, r"reshape\(-1\)"),
        ([1, 1, 1], [[1], [1], [1]], None, ShapeError, r"labels.reshape\(-1\)"),
        ([[0.9], [0.8]], [0, 0], 0.5, ShapeError, r"same shape.*\(2, 1\) and \(2,\)"),
        (np.eye(2), np.eye(2), 0.5, ShapeError, "same shape"),
        ([0.9], [2], 0.5, ArgumentError, "0 and 1, or -1 and 1"),
        ([0.9, 0.1, 0.2], [0, 1, -1], 0.5, ArgumentError, "0 and 1, or -1 and 1"),
        ([np.nan], [1], 0.5, ArgumentError, "NaN"),
        ([], [], 0.5, ArgumentError, "no points"),
        ([], [], None, ArgumentError, "no points"),
        ([0.9], ["cat"], 0.5, DTypeError, "np.unique"),
        ([0.9], [1], "half", ArgumentError, "threshold is 'half'"),
    ],
)
def test_what_does_not_say_two_classes_is_refused(
    guess: Any, actual: Any, threshold: Any, kind: type[Exception], words: str
) -> None:
    """One column is not one class; the error says what to write."""
    with pytest.raises(kind, match=words):
        accuracy(guess, actual, threshold)


@pytest.mark.parametrize(
    ("loss", "last", "threshold", "low"),
    [
        (nn.NLL(), nn.Sigmoid, 0.5, 0),
        (nn.BCEWithLogitsLoss(), nn.Identity, 0.0, 0),
        (nn.HingeLoss(), nn.Identity, 0.0, -1),
    ],
    ids=["sigmoid", "logits", "hinge"],
)
def test_fit_watches_the_accuracy_of_two_classes(
    loss: Any, last: Any, threshold: float, low: int, rng: np.random.Generator
) -> None:
    """In training, in validation, and for early stopping."""
    X = rng.standard_normal((80, 2))
    right = X[:, :1] + X[:, 1:] > 0
    y = np.where(right, 1, low)
    model = nn.Sequential(nn.Linear(2, 1, rng=0), last())
    history = run(
        model,
        (X, y),
        loss=loss,
        lr=0.1,
        epochs=30,
        threshold=threshold,
        validation=(X, y),
        early_stopping=EarlyStopping(patience=30, monitor="validation_accuracy"),
    )
    share = np.mean((optim.predict(model, X) > threshold) == right)
    assert share == max(history.validation_accuracy) > 0.9
    assert optim.evaluate(model, loss, X, y, threshold=threshold)[1] == pytest.approx(share)


def test_an_accuracy_that_is_not_there_is_refused_before_training() -> None:
    """Nothing was trained then."""
    X = np.ones((8, 2))
    model = nn.Sequential(nn.Linear(2, 1, rng=0), nn.Sigmoid())
    before, data = state(model), (X, np.ones((8, 1)))
    early = EarlyStopping(monitor="validation_accuracy")
    history = optim.History()
    with pytest.raises(ArgumentError, match=r"no accuracy.*threshold="):
        run(model, data, loss=nn.NLL(), validation=data, early_stopping=early, history=history)
    assert equal(state(model), before)
    assert len(history) == 0


def test_a_threshold_beside_an_accuracy_is_refused() -> None:
    """Only one of them can count."""
    model = nn.Linear(2, 1, rng=0)
    with pytest.raises(ArgumentError, match="not both"):
        run(model, threshold=0.5, accuracy=False)
    with pytest.raises(ArgumentError, match="threshold is nan"):
        run(model, threshold=float("nan"))
