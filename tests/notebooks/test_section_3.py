"""Section 3's exercises know their slips, and its helpers compute what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn

pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")

from lab import Exercise, section_3

EXERCISES = {
    "offset_total": section_3.offset_total,
    "beta_gradient": section_3.beta_gradient,
    "relu_backward": section_3.relu_backward,
    "softmax_backward": section_3.softmax_backward,
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


def _terms(z: Any, y: Any, beta: Any) -> Any:
    a = 1 / (1 + np.exp(-beta * z))
    return 2 * (a - y) * a * (1 - a) * z


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda z, y, beta: -_terms(z, y, beta).sum(), "wrong sign"),
        (lambda z, y, beta: _terms(z, y, beta).mean(), "1/6"),
        (_terms, "sum over the batch"),
        (lambda z, y, beta: _terms(z, y, beta)[-1], "last example"),
    ],
)
def test_general_slips_of_the_gradient_of_beta(wrong: Callable[..., Any], words: str) -> None:
    """Sign, 1/n, the missing sum and the forgotten accumulation are named."""
    verdict = section_3.beta_gradient(wrong)
    assert verdict.right is False
    assert words in verdict.text


def test_general_slips_of_the_backward_passes() -> None:
    """Sign and transpose are named."""
    minus = section_3.relu_backward(lambda z, g: -g * (z > 0))
    turned = section_3.relu_backward(lambda z, g: (g * (z > 0)).T)
    assert "wrong sign" in minus.text
    assert "transposed" in turned.text


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
@pytest.mark.parametrize(
    "answer", [raises, lambda **_: "no", lambda **_: np.zeros((7, 7)), lambda: 1, 3.0, "text"]
)
def test_wrong_answers_never_raise(exercise: Exercise, answer: Any) -> None:
    """Whatever is handed in, the check says that it is wrong."""
    assert exercise(answer).right is False


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
@pytest.mark.parametrize("answer", [None, ..., lambda **_: None])
def test_no_answer_yet(exercise: Exercise, answer: Any) -> None:
    """Dots are not a wrong answer."""
    assert exercise(answer).right is None


def test_table() -> None:
    """A table is aligned as text, and is Markdown in a notebook."""
    page = section_3.table(["name", "value"], [("a", 0.5), ("bc", -1234.0), ("d", 1797)])
    assert page.text.splitlines()[1:] == ["a     0.5", "bc    −1234", "d     1,797"]
    assert page.markdown.splitlines()[1] == "| --- | --- |"


def test_versicolor() -> None:
    """The petals are standardized, and a third of the flowers is versicolor."""
    X, y = section_3.versicolor()
    assert X.shape == (150, 2)
    assert y.shape == (150, 1)
    assert y.sum() == 50
    np.testing.assert_allclose(X.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(X.std(0), 1, rtol=1e-12)


def test_one_weight_leaves_the_network_as_it_was() -> None:
    """The weight that the picture varies has its value again afterwards."""
    net = section_3.stack((2, 3, 1), nn.Sigmoid)
    before = net[0].W.numpy().copy()
    X, y = section_3.versicolor()
    section_3.one_weight(lambda name: net, X, y, [-1.0, 1.0])
    np.testing.assert_array_equal(net[0].W.numpy(), before)
