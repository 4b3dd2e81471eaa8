"""Section 8's exercises know their slips, and its runs are what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
import optim

pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")

from lab import Exercise, section_8

EXERCISES = {
    "penalized_gradient": section_8.penalized_gradient,
    "dropout_gradient": section_8.dropout_gradient,
    "gain_gradient": section_8.gain_gradient,
    "through_batch_norm": section_8.through_batch_norm,
}
SLIPS = [(name, slip) for name, exercise in EXERCISES.items() for slip in exercise.slips]
MATRICES = {name: EXERCISES[name] for name in ("penalized_gradient", "dropout_gradient")}
BATCHED = {**MATRICES, "gain_gradient": section_8.gain_gradient}


def raises(**_: Any) -> None:
    raise ValueError("oops")


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_the_solution_passes(exercise: Exercise) -> None:
    """The solution by hand agrees with the engine, and can be shown."""
    assert exercise.solution is not None
    assert exercise(exercise.solution).right is True
    assert "return" in exercise.show_solution().text
    assert len(exercise.hint().text) > 20


@pytest.mark.parametrize(("name", "slip"), SLIPS)
def test_slips_are_told(name: str, slip: str) -> None:
    """Each slip that the exercise lists is answered by its own words."""
    verdict = EXERCISES[name](EXERCISES[name].slips[slip])
    assert verdict.right is False
    assert slip in verdict.text


def changed(exercise: Exercise, change: Callable[[Any], Any]) -> str:
    """What the check says to the changed shares of the examples."""
    shares = exercise.per_example
    assert shares is not None
    verdict = exercise(lambda **given: change(shares(**given)))
    assert verdict.right is False
    return verdict.text


@pytest.mark.parametrize("exercise", BATCHED.values(), ids=BATCHED)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda shares: -shares.sum(0), "wrong sign"),
        (lambda shares: shares.mean(0), "one over the size of the batch"),
        (lambda shares: shares, "sum over the batch"),
        (lambda shares: shares[-1], "last example"),
    ],
)
def test_general_slips_are_named(
    exercise: Exercise, change: Callable[[Any], Any], words: str
) -> None:
    """Sign, 1/n, the missing sum over the batch and the forgotten accumulation are named."""
    assert words in changed(exercise, change)


@pytest.mark.parametrize("exercise", MATRICES.values(), ids=MATRICES)
def test_a_transpose_is_named(exercise: Exercise) -> None:
    """The gradient of a matrix, transposed, is told."""
    assert "transposed" in changed(exercise, lambda shares: shares.sum(0).T)


@pytest.mark.parametrize(
    ("change", "words"),
    [(lambda dZ: -dZ, "wrong sign"), (lambda dZ: dZ.T, "transposed"), (lambda dZ: dZ / 7, "1/7")],
)
def test_general_slips_of_the_long_formula(change: Callable[[Any], Any], words: str) -> None:
    """Sign, transpose and a factor of 1/K are told."""
    solution = section_8.through_batch_norm.solution
    assert solution is not None
    verdict = section_8.through_batch_norm(lambda **given: change(solution(**given)))
    assert verdict.right is False
    assert words in verdict.text


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
@pytest.mark.parametrize(
    "answer", [raises, lambda **_: "no", lambda **_: np.zeros((9, 9)), lambda: 1, 3.0, "text"]
)
def test_wrong_answers_never_raise(exercise: Exercise, answer: Any) -> None:
    """Whatever is handed in, the check says that it is wrong."""
    assert exercise(answer).right is False


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
@pytest.mark.parametrize("answer", [None, ..., lambda **_: None])
def test_no_answer_yet(exercise: Exercise, answer: Any) -> None:
    """Dots are not a wrong answer."""
    assert exercise(answer).right is None


def test_decay_leaves_what_ridge_regression_leaves() -> None:
    """Decay of 2λ on the summed squared loss ends at scikit-learn's ridge regression."""
    from sklearn.linear_model import Ridge

    X, y, _ = section_8.diabetes()
    ridge = Ridge(alpha=300.0, fit_intercept=False).fit(X, y[:, 0]).coef_
    found = section_8.descended(300, 1e-4, decay=600.0)[:, 0]
    np.testing.assert_allclose(found, ridge, atol=1e-6)


def test_directions_hold_the_least_squares_weights() -> None:
    """In each direction the normal equations hold: curvature times weight is Xᵀy."""
    X, y, _ = section_8.diabetes()
    at = section_8.directions()
    rotated = at.axes.T @ at.weights
    np.testing.assert_allclose(at.curvature[:, None] * rotated, at.axes.T @ X.T @ y, atol=1e-9)


def test_taking_no_units_out_changes_nothing() -> None:
    """The accuracy with a share of 0 is that of the network."""
    _, held = section_8.digits()
    net = section_8.reader(hidden=10)
    share = optim.evaluate(net, nn.CrossEntropyLoss(), *held)[1]
    assert section_8.without_units(net, held, (0.0,), draws=2) == pytest.approx([share])


def test_one_step_on_one_digit_tells_the_moves() -> None:
    """The moves are −η times the gradients, and a dropped unit has none."""
    (X, y), _ = section_8.digits()
    net = section_8.reader(hidden=6, p=0.5)
    moved = section_8.one_digit_updates(net, X[:1], y[:1], optim.SGD(net.parameters(), lr=0.1))
    for move, p in zip(moved.values(), net.parameters(), strict=True):
        assert p.grad is not None
        np.testing.assert_allclose(move, -0.1 * p.grad.numpy(), atol=1e-15)
    W1, _, W2, _ = moved.values()
    still = ~W2.any(axis=1)
    assert 0 < still.sum() < 6
    assert not W1[:, still].any()


def test_growing_inputs_do_not_matter_to_a_normalized_layer() -> None:
    """From the same start, only the plain network saturates."""
    plain, normed = section_8.growing(False, 60), section_8.growing(True, 60)
    assert plain["factor"][[0, -1]] == pytest.approx([1.0, 1000.0])
    assert plain["saturated"][-1] > 0.9
    assert normed["saturated"][-1] < 0.1
