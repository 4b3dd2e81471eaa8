"""Section 1's exercises know their slips, and its data are what it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag

pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")

from lab import Exercise, section_1

EXERCISES: dict[str, Exercise] = {
    "outputs": section_1.outputs,
    "exponential_update": section_1.exponential_update,
    "exponential_offset": section_1.exponential_offset,
    "llc_gradient": section_1.llc_gradient,
}
SLIPS = [(name, slip) for name, exercise in EXERCISES.items() for slip in exercise.slips]


def _raises(**_: Any) -> None:
    raise ValueError("oops")


def _changes(**given: Any) -> Any:
    given["X"] += 1
    return given["X"][:, 0]


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_the_solution_passes(exercise: Exercise) -> None:
    """The formula by hand agrees with the engine, and can be shown after a hint."""
    assert exercise(exercise.solution).right is True
    assert "return" in exercise.show_solution().text
    assert len(exercise.hint().text) > 20


@pytest.mark.parametrize(("name", "slip"), SLIPS)
def test_slips_are_told(name: str, slip: str) -> None:
    """Each slip that the exercise lists is answered by its own words."""
    verdict = EXERCISES[name](EXERCISES[name].slips[slip])
    assert verdict.right is False
    assert slip in verdict.text


def _sigma(X: Any, w: Any, w0: Any) -> Any:
    return 1 / (1 + np.exp(-(X @ w + w0)))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda X, w, w0, y: X.T @ (y - _sigma(X, w, w0)), "wrong sign"),
        (lambda X, w, w0, y: X.T @ (_sigma(X, w, w0) - y) / len(X), "1/5"),
        (lambda X, w, w0, y: (_sigma(X, w, w0) - y)[:, None] * X, "sum over the batch"),
        (lambda X, w, w0, y: X[-1] * (_sigma(X, w, w0) - y)[-1], "last example"),
        (lambda X, w, w0, y: (X.T @ (_sigma(X, w, w0) - y))[:, None], "shape (3, 1)"),
    ],
)
def test_general_slips_of_the_classifier(wrong: Callable[..., Any], words: str) -> None:
    """Sign, 1/n, the missing sum and the share of one example are named."""
    verdict = section_1.llc_gradient(wrong)
    assert verdict.right is False
    assert words in verdict.text


def _terms(X: Any, w: Any, w0: Any, y: Any) -> Any:
    a = np.exp(X @ w + w0)
    return 2 * (a - y) * a


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda X, w, w0, y: -_terms(X, w, w0, y).sum(), "wrong sign"),
        (lambda X, w, w0, y: _terms(X, w, w0, y).mean(), "1/5"),
        (lambda X, w, w0, y: _terms(X, w, w0, y), "sum over the batch"),
    ],
)
def test_general_slips_of_the_exponential_offset(wrong: Callable[..., Any], words: str) -> None:
    """Sign, 1/n and the missing sum are named."""
    verdict = section_1.exponential_offset(wrong)
    assert verdict.right is False
    assert words in verdict.text


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
@pytest.mark.parametrize(
    "answer",
    [_raises, _changes, lambda **_: "no", lambda **_: np.zeros((7, 7)), lambda: 1, 3.0, "text", []],
)
def test_wrong_answers_never_raise(exercise: Exercise, answer: Any) -> None:
    """Whatever is given is answered in words."""
    verdict = exercise(answer)
    assert verdict.right is False
    assert verdict.text.startswith("✗ ")


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
@pytest.mark.parametrize("answer", [None, ..., lambda **_: None, lambda **_: ...])
def test_no_answer_is_no_mistake(exercise: Exercise, answer: Any) -> None:
    """A function that is still empty counts as not answered."""
    assert exercise(answer).right is None


def test_the_data_are_standardized() -> None:
    """Columns have mean 0 and standard deviation 1, and the labels are those of scikit-learn."""
    for X in (section_1.tumours()[0], section_1.patients()[0]):
        np.testing.assert_allclose(X.mean(0), 0, atol=1e-12)
        np.testing.assert_allclose(X.std(0), 1, rtol=1e-12)
    X, y = section_1.tumours("mean texture", "worst area")
    assert X.shape == (569, 2)
    assert y.sum() == 212
    assert section_1.body_mass().shape == section_1.patients()[1].shape == (442, 1)


def test_pictures_are_closed() -> None:
    """A picture is returned and not left open, so that a cell shows it once."""
    import matplotlib.pyplot as plt

    X, y = section_1.tumours("mean radius", "mean texture")

    def unit(points: Any) -> Any:
        return ag.sigmoid(ag.tensor(points) @ [[1.0], [0.5]])

    figures = [
        section_1.bent({"sigmoid": unit, "again": unit}, X, ["a", "b"]),
        section_1.separators({"now": unit, "later": unit}, X, y, ["0", "1"], ["a", "b"]),
        section_1.along_one_weight(lambda w: (w * w, 2 * w), [-1.0, 1.0]),
        section_1.arriving(np.ones((9, 2)), np.array([1.0, 2.0]), ["p", "q"]),
    ]
    assert plt.get_fignums() == []
    assert all(figure.axes for figure in figures)
