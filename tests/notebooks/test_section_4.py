"""Section 4's exercises know their slips, and its helpers compute what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn

pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")

from lab import Exercise, section_4

EXERCISES = {
    "weight_gradient": section_4.weight_gradient,
    "offset_gradient": section_4.offset_gradient,
    "pass_blame": section_4.pass_blame,
    "last_blame": section_4.last_blame,
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
    ("wrong", "words"),
    [
        (lambda A, dZ: dZ.T @ A, "transposed"),
        (lambda A, dZ: -A.T @ dZ, "wrong sign"),
        (lambda A, dZ: A.T @ dZ / len(A), "1/6"),
        (lambda A, dZ: A[:, :, None] * dZ[:, None, :], "sum over the batch"),
        (lambda A, dZ: np.outer(A[-1], dZ[-1]), "last example"),
    ],
)
def test_general_slips_of_the_weight_gradient(wrong: Callable[..., Any], words: str) -> None:
    """Transpose, sign, 1/n, the missing sum and the forgotten accumulation are named."""
    verdict = section_4.weight_gradient(wrong)
    assert verdict.right is False
    assert words in verdict.text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda A, dZ: dZ, "sum over the batch"),
        (lambda A, dZ: -dZ.sum(axis=0), "wrong sign"),
        (lambda A, dZ: dZ.mean(axis=0), "1/6"),
        (lambda A, dZ: dZ[-1], "last example"),
    ],
)
def test_general_slips_of_the_offset_gradient(wrong: Callable[..., Any], words: str) -> None:
    """The missing sum, sign, 1/n and the forgotten accumulation are named."""
    verdict = section_4.offset_gradient(wrong)
    assert verdict.right is False
    assert words in verdict.text


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


def test_written_modules_are_right() -> None:
    """The modules that the notebook shows as a solution pass the check."""
    assert nn.check_module(section_4.WrittenReLU(), like=nn.ReLU())
    assert nn.check_module(section_4.WrittenLinear(4, 3), like=nn.Linear(4, 3))
    page = section_4.source(section_4.WrittenReLU)
    assert page.text.startswith("class WrittenReLU")
    assert page.markdown.startswith("```python")


def test_wines() -> None:
    """The measurements are standardized, and each wine has one grower."""
    X, Y = section_4.wines()
    assert X.shape == (178, 13)
    assert Y.sum(axis=0).tolist() == [59, 71, 48]
    np.testing.assert_allclose(X.std(0), 1, rtol=1e-12)


def test_multiplications() -> None:
    """Counted by hand for Z² and Z³: W² is 3 × 4, W³ is 4 × 5, the blame has 5 entries."""
    assert section_4.multiplications((2, 3, 4, 5)) == (3 * 4 * 5 + 3 * 5, 4 * 5 + 3 * 4)


def test_gradients_along_the_layers() -> None:
    """The sizes are those of the gradients of a plain backward pass, and of the slopes."""
    net = section_4.deep(nn.Tanh, 1.0, L=3, width=5)
    X, y = section_4.digits()
    W, Z, slopes = section_4.gradients(net, X[:20], y[:20])
    net.zero_grad()
    nn.CrossEntropyLoss("sum")(net(X[:20]), y[:20]).backward()
    by_hand = [np.linalg.norm(block.W.grad.data) for block in net[::2]]
    np.testing.assert_allclose(W, by_hand, rtol=1e-12)
    a = np.tanh(X[:20] @ net[0].W.numpy())
    np.testing.assert_allclose(slopes[0], np.sqrt(np.mean((1 - a**2) ** 2)), rtol=1e-12)
    p = nn.Softmax()(net(X[:20])).data
    np.testing.assert_allclose(Z[3], np.linalg.norm(p - np.eye(10)[y[:20]]), rtol=1e-12)


def test_passed_back_is_the_engines_gradient() -> None:
    """The blame that goes from module to module is the gradient of each value."""
    net = section_4.deep(nn.Tanh, 1.0, L=2, width=5)
    X, y = section_4.digits()
    inside, on_input = section_4.passed_back(net, nn.CrossEntropyLoss(), X[:1], y[:1])
    Z, A = section_4.recorded(net, X[:1])
    nn.CrossEntropyLoss()(A[3], y[:1]).backward()
    for ell in (1, 2, 3):
        np.testing.assert_allclose(inside[f"$Z^{ell}$"], Z[ell].grad.data[0], rtol=1e-12)
        np.testing.assert_allclose(inside[f"$A^{ell}$"], A[ell].grad.data[0], rtol=1e-12)
    np.testing.assert_allclose(on_input, A[0].grad.data[0], rtol=1e-12)


def test_factor_table_tells_a_wrong_factor() -> None:
    """The differences of right factors are zero, that of a wrong one is not."""
    net = nn.Sequential(nn.Linear(3, 2, rng=0), nn.Tanh())
    W, A = {1: net[0].W.numpy()}, {0: np.array([[1.0], [0.5], [-1.0]])}
    Z = {1: W[1].T @ A[0]}
    slope = {1: np.diagflat(1 - np.tanh(Z[1]) ** 2)}
    right = section_4.factor_table(net, Z, A, slope, W).text.splitlines()
    wrong = section_4.factor_table(net, Z, A, {1: slope[1] + 1.0}, W).text.splitlines()
    assert float(right[1].split()[-1]) < 1e-15
    assert right[2].endswith("0.0e+00")
    assert wrong[1].endswith("1.0e+00")


def test_far_refuses_shapes_that_only_broadcast() -> None:
    """A column and a row are not compared entry by entry."""
    assert section_4.far([1.0, 2.0], [1.0, 2.5]) == "5.0e-01"
    with pytest.raises(ValueError, match="differ"):
        section_4.far(np.zeros((2, 1)), np.zeros(2))
