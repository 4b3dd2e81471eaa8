"""Section 6's exercises know their slips, and its table and its separator are right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")

from lab import Exercise, section_6

import nn

EXERCISES = {
    "hinge_gradient": section_6.hinge_gradient,
    "nllm_gradient": section_6.nllm_gradient,
    "one_of_two": section_6.one_of_two,
    "margin_of": section_6.margin_of,
}
SLIPS = [(name, slip) for name, exercise in EXERCISES.items() for slip in exercise.slips]
BATCHED = {name: EXERCISES[name] for name in ("hinge_gradient", "nllm_gradient")}


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


@pytest.mark.parametrize("exercise", BATCHED.values(), ids=BATCHED)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda shares: shares.sum(0).T, "transposed"),
        (lambda shares: -shares.sum(0), "wrong sign"),
        (lambda shares: shares.mean(0), "one over the size of the batch"),
        (lambda shares: shares, "sum over the batch"),
    ],
)
def test_general_slips_are_named(
    exercise: Exercise, change: Callable[[Any], Any], words: str
) -> None:
    """Transpose, sign, 1/n and the missing sum over the batch are named."""
    assert exercise.per_example is not None
    shares = exercise.per_example
    verdict = exercise(lambda **given: change(shares(**given)))
    assert verdict.right is False
    assert words in verdict.text


@pytest.mark.parametrize("which", [0, -1])
def test_forgotten_accumulation_is_named(which: int) -> None:
    """The share of the first or last example in place of the sum is told."""
    shares = section_6.nllm_gradient.per_example
    assert shares is not None
    verdict = section_6.nllm_gradient(lambda **given: shares(**given)[which])
    assert verdict.right is False
    assert "example alone" in verdict.text


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


def test_the_table_compares_engine_and_formula() -> None:
    """A right formula differs by rounding, a wrong one by what it is wrong."""

    def pair(by_hand: Callable[[Any, Any], Any]) -> section_6.Pair:
        z, y = np.array([[0.5]]), np.array([[2.0]])
        loss = nn.SquaredLoss("sum")
        return section_6.Pair("squared", loss, nn.Identity(), z, y, "2(a - y)", by_hand)

    right, wrong = (
        section_6.table([pair(by_hand)]).text
        for by_hand in (lambda a, y: 2 * (a - y), lambda a, y: a - y)
    )
    assert right.endswith("0e+00")
    assert wrong.endswith("2e+00")


def test_hinge_and_norm_find_the_widest_street() -> None:
    """On two species of iris the unit ends at scikit-learn's hard margin."""
    from sklearn.svm import SVC

    X, y, _ = section_6.two_species()
    hard = SVC(kernel="linear", C=1e6, tol=1e-8).fit(X, y[:, 0])
    best = section_6.margin(X, y, hard.coef_.T, hard.intercept_)
    unit, margins = section_6.descent(X, y, decay=0.5)
    assert margins[-1] == pytest.approx(best, rel=2e-3)
    np.testing.assert_allclose(unit.W.numpy()[:, 0], hard.coef_[0], rtol=5e-3)
