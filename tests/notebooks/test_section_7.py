"""Section 7's exercises know their slips, and its runs are what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import optim

pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")

from lab import Exercise, section_7

EXERCISES = {
    "batch_gradient": section_7.batch_gradient,
    "average_weights": section_7.average_weights,
    "momentum_move": section_7.momentum_move,
    "adam_step": section_7.adam_step,
}
SLIPS = [(name, slip) for name, exercise in EXERCISES.items() for slip in exercise.slips]


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


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda shares: shares.sum(0).T, "transposed"),
        (lambda shares: -shares.sum(0), "wrong sign"),
        (lambda shares: shares.mean(0), "one over the size of the batch"),
        (lambda shares: shares, "sum over the batch"),
        (lambda shares: shares[-1], "last example"),
        (lambda shares: shares.sum(0) / 2, "factor 1/2"),
    ],
)
def test_general_slips_are_named(change: Callable[[Any], Any], words: str) -> None:
    """Transpose, sign, 1/n, the missing sum and the forgotten accumulation are named."""
    shares = section_7.batch_gradient.per_example
    assert shares is not None
    verdict = section_7.batch_gradient(lambda **given: change(shares(**given)))
    assert verdict.right is False
    assert words in verdict.text


@pytest.mark.parametrize("name", ["momentum_move", "adam_step"])
def test_steps_uphill_are_told(name: str) -> None:
    """A step with the gradient has the wrong sign."""
    solution = EXERCISES[name].solution
    assert solution is not None
    verdict = EXERCISES[name](lambda **given: -solution(**given))
    assert "wrong sign" in verdict.text


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


def test_the_lowest_point_is_that_of_logistic_regression() -> None:
    """Newton's method on the surface ends where scikit-learn's unpenalized regression does."""
    from sklearn.linear_model import LogisticRegression

    X, y = section_7.tumours()
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(X, y[:, 0])
    np.testing.assert_allclose(
        section_7.lowest(), [model.coef_[0, 0], model.intercept_[0]], rtol=1e-4
    )
    assert section_7.surface(*section_7.lowest()) == pytest.approx(
        section_7.objective(ag.tensor(section_7.lowest())).item(), rel=1e-12
    )


def test_gradients_of_mini_batches_scatter_about_the_full_one() -> None:
    """All points give the full gradient; single ones have it as their mean."""
    place = (0.5, -1.0)
    full = ag.grad(section_7.objective)(np.array(place)).data
    np.testing.assert_allclose(section_7.estimates(place, 569, 1)[0], full, rtol=1e-12)
    np.testing.assert_allclose(section_7.single(place).mean(0), full, rtol=1e-12)


def test_a_way_is_that_of_descent_by_hand() -> None:
    """Batch descent on the surface follows the gradient of J."""
    way = section_7.path(lambda p: optim.SGD(p, lr=0.5), 569, 5)
    place = np.array(section_7.START)
    for each in way[1:]:
        place = place - 0.5 * ag.grad(section_7.objective)(place).data
        np.testing.assert_allclose(each, place, rtol=1e-12)


def test_recorded_gradients_lead_the_same_way() -> None:
    """Fed back to the optimizer, they make the path that they were recorded on."""
    way = section_7.path(lambda p: optim.SGD(p, lr=0.3), 16, 20)
    again = section_7.fed(
        lambda p: optim.SGD(p, lr=0.3), section_7.recorded(20), np.array(section_7.START)
    )
    np.testing.assert_allclose(again, way, rtol=1e-12)


def test_wandering_with_one_over_t_is_the_running_mean() -> None:
    """With η = 1/t the weight is the mean of the points drawn so far."""
    x = section_7.tumours()[0][:, 0] * 2 + 10
    draws = np.random.default_rng(0).choice(x, (50, 3))
    error = section_7.wandering({"1/t": optim.InverseTime(1.0)}, 50, runs=3)["1/t"]
    means = draws.cumsum(0) / np.arange(1, 51)[:, None]
    np.testing.assert_allclose(error, np.sqrt(((means - x.mean()) ** 2).mean(1)), rtol=1e-10)
