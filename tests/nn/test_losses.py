"""Losses: values by hand, precision, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from sklearn import metrics

import nn
from autograd_core import (
    ArgumentError,
    AutogradError,
    DTypeError,
    IndexingError,
    ShapeError,
    Tensor,
)
from nn import functional as F

LOSSES = [
    nn.SquaredLoss,
    nn.HingeLoss,
    nn.NLL,
    nn.NLLM,
    nn.CrossEntropyLoss,
    nn.BCEWithLogitsLoss,
    nn.ZeroOneLoss,
]


def slope(f: Callable[[Tensor], Any], x: Any) -> Any:
    """The gradient of f at x."""
    t = Tensor(x, requires_grad=True)
    f(t).sum().backward()
    return t.grad.numpy()


# -- values by the chapter's formulas ------------------------------------------------------------


def test_squared_is_the_chapters(rng: np.random.Generator) -> None:
    """(guess − actual)², with the mean over all elements and the sum for J."""
    g, a = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    np.testing.assert_allclose(F.squared(Tensor(g), a, "none").numpy(), (g - a) ** 2)
    assert F.squared(Tensor(g), a).item() == pytest.approx(((g - a) ** 2).mean())
    assert F.squared(Tensor(g), a, "sum").item() == pytest.approx(((g - a) ** 2).sum())
    assert nn.MSELoss is nn.SquaredLoss


def test_hinge_is_the_chapters() -> None:
    """max(1 − guess·actual, 0): 0 from a margin of 1 on, and its derivative too."""
    g, y = np.array([0.5, 2.0, 1.0, -1.0, -1.0, 0.0]), np.array([1, 1, 1, -1, 1, -1])
    loss = F.hinge(Tensor(g), y, "none")
    assert loss.tolist() == [0.5, 0, 0, 0, 2, 1]
    assert slope(lambda t: F.hinge(t, y, "sum"), g).tolist() == [-1, 0, 0, 0, -1, 1]


def test_nll_is_the_chapters(rng: np.random.Generator) -> None:
    """−(y log a + (1 − y) log(1 − a))."""
    a, y = rng.uniform(0.01, 0.99, 20), rng.integers(0, 2, 20)
    wanted = -(y * np.log(a) + (1 - y) * np.log(1 - a))
    np.testing.assert_allclose(F.nll(Tensor(a), y, "none").numpy(), wanted, rtol=1e-14)


def test_nllm_is_the_chapters(rng: np.random.Generator) -> None:
    """−Σ y log a, by one-hot rows and by class numbers alike."""
    a = rng.dirichlet(np.ones(4), size=6)
    labels = rng.integers(0, 4, 6)
    hot = np.eye(4)[labels]
    wanted = -(hot * np.log(a)).sum(1)
    for given in (labels, hot, hot.astype(int), hot.astype(bool), labels.tolist(), Tensor(labels)):
        np.testing.assert_allclose(F.nllm(Tensor(a), given, "none").numpy(), wanted, rtol=1e-14)
    assert F.nllm(Tensor(a), labels).item() == pytest.approx(wanted.mean())
    assert F.nllm(Tensor(a), labels, "sum").item() == pytest.approx(wanted.sum())


def test_nllm_of_two_classes_is_nll(rng: np.random.Generator) -> None:
    """The study question of section 6.2: for K = 2 both losses are the same."""
    p, y = rng.uniform(0.1, 0.9, 8), rng.integers(0, 2, 8)
    both = F.nllm(Tensor(np.stack([1 - p, p], axis=1)), y, "none").numpy()
    np.testing.assert_allclose(both, F.nll(Tensor(p), y, "none").numpy(), rtol=1e-14)


def test_losses_from_logits_equal_those_of_probabilities(rng: np.random.Generator) -> None:
    """CrossEntropy is NLLM of the softmax, BCEWithLogits is NLL of the sigmoid."""
    z, labels = rng.normal(size=(5, 3)), rng.integers(0, 3, 5)
    mine, theirs = F.cross_entropy(Tensor(z), labels), F.nllm(F.softmax(Tensor(z)), labels)
    assert mine.item() == pytest.approx(theirs.item(), rel=1e-13)
    y = rng.integers(0, 2, (5, 3))
    mine, theirs = F.bce_with_logits(Tensor(z), y), F.nll(F.sigmoid(Tensor(z)), y)
    assert mine.item() == pytest.approx(theirs.item(), rel=1e-13)


def test_values_are_scikit_learns(rng: np.random.Generator) -> None:
    """log_loss, hinge_loss, mean squared error, zero-one loss."""
    a = rng.dirichlet(np.ones(3), size=30)
    labels = rng.integers(0, 3, 30)
    assert F.nllm(Tensor(a), labels).item() == pytest.approx(
        metrics.log_loss(labels, a, labels=[0, 1, 2])
    )
    assert F.zero_one(Tensor(a), labels).item() == pytest.approx(
        metrics.zero_one_loss(labels, a.argmax(1))
    )
    scores, signs = rng.normal(size=30), rng.choice([-1, 1], 30)
    assert F.hinge(Tensor(scores), signs).item() == pytest.approx(metrics.hinge_loss(signs, scores))
    assert F.squared(Tensor(scores), signs).item() == pytest.approx(
        metrics.mean_squared_error(signs, scores)
    )


def test_gradient_from_logits_is_a_minus_y(rng: np.random.Generator) -> None:
    """softmax(z) − y and σ(z) − y fall out of the chain rule."""
    z, labels = rng.normal(size=(5, 3)), rng.integers(0, 3, 5)
    a = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    got = slope(lambda t: F.cross_entropy(t, labels, "sum"), z)
    np.testing.assert_allclose(got, a - np.eye(3)[labels], rtol=1e-12, atol=1e-15)
    y = rng.integers(0, 2, (5, 3))
    got = slope(lambda t: F.bce_with_logits(t, y, "sum"), z)
    np.testing.assert_allclose(got, 1 / (1 + np.exp(-z)) - y, rtol=1e-12, atol=1e-15)


def test_one_example_needs_no_batch() -> None:
    """(K,) with a class number or a one-hot vector; a mean of one is itself."""
    z = Tensor([1.0, 2.0, 3.0])
    wanted = float(np.log(np.exp([1, 2, 3]).sum()) - 2)
    for label in (1, np.int64(1), [0, 1, 0], Tensor([0.0, 1.0, 0.0])):
        assert F.cross_entropy(z, label).item() == pytest.approx(wanted)
    assert F.squared(Tensor(2.0), 1.0).item() == 1
    assert F.hinge(Tensor(0.0), 1).item() == 1
    assert F.bce_with_logits(Tensor(0.0), 1).item() == pytest.approx(np.log(2))


def test_more_axes_than_two(rng: np.random.Generator) -> None:
    """Scores (…, K) take labels (…); the values are those of the flattened batch."""
    z, labels = rng.normal(size=(2, 3, 4)), rng.integers(0, 4, (2, 3))
    got = F.cross_entropy(Tensor(z), labels, "none")
    flat = F.cross_entropy(Tensor(z.reshape(6, 4)), labels.ravel(), "none")
    assert got.shape == (2, 3)
    np.testing.assert_allclose(got.numpy().ravel(), flat.numpy(), rtol=1e-15)


# -- precision -----------------------------------------------------------------------------------


def test_losses_from_logits_are_exact_at_any_size() -> None:
    """Against 50 digits at ±10⁴ and where probabilities round to 0 and 1; no warning."""
    points = [-1e4, -700.0, -40.0, -1e-9, 0.0, 3.0, 40.0, 1e4]
    with mpmath.workdps(50):
        for label in (0, 1):
            sign = 1 - 2 * label
            wanted = [float(mpmath.log1p(mpmath.exp(mpmath.mpf(sign * z)))) for z in points]
            z = Tensor(points)
            y = np.full(len(points), label)
            got = F.bce_with_logits(z, y, "none").numpy()
            np.testing.assert_allclose(got, wanted, rtol=1e-14)
            two = Tensor(np.stack([np.zeros(len(points)), points], axis=1))
            got = F.cross_entropy(two, y, "none").numpy()
            np.testing.assert_allclose(got, wanted, rtol=1e-14, atol=1e-15)


def test_gradients_are_finite_at_any_size() -> None:
    """At ±10⁴ the gradients of the losses from logits are 0 or ±1, never NaN."""
    z = np.array([1e4, -1e4, 1e4, -1e4])
    assert slope(lambda t: F.bce_with_logits(t, [1, 1, 0, 0], "sum"), z).tolist() == [0, -1, 1, 0]
    rows = np.array([[1e4, -1e4], [-1e4, 1e4]])
    got = slope(lambda t: F.cross_entropy(t, [0, 0], "sum"), rows)
    assert got.tolist() == [[0, 0], [-1, 1]]


def test_minus_infinity_marks_a_class_as_impossible() -> None:
    """Logits of −∞ for classes that are not the true one cost nothing and give no NaN."""
    z = np.array([[0.0, 0.0, -np.inf]])
    assert F.cross_entropy(Tensor(z), [1]).item() == pytest.approx(np.log(2))
    assert slope(lambda t: F.cross_entropy(t, [1]), z).tolist() == [[0.5, -0.5, 0.0]]


def test_probability_zero_where_the_label_is_zero_is_finite() -> None:
    """NLL and NLLM take no logarithm of a probability that does not count."""
    assert F.nll(Tensor([0.0, 1.0]), [0, 1], "none").tolist() == [0, 0]
    assert slope(lambda t: F.nll(t, [0, 1], "sum"), [0.0, 1.0]).tolist() == [1, -1]
    a, hot = [[1.0, 0.0], [0.5, 0.5]], [[1, 0], [0, 1]]
    np.testing.assert_allclose(F.nllm(Tensor(a), hot, "none").numpy(), [0, np.log(2)])
    assert slope(lambda t: F.nllm(t, hot, "sum"), a).tolist() == [[-1, 0], [0, -2]]


def test_probability_zero_of_the_true_class_costs_infinity() -> None:
    """The loss of an impossible truth is infinite, and NumPy warns."""
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert F.nllm(Tensor([[1.0, 0.0]]), [1]).item() == np.inf


def test_nan_in_a_guess_shows_in_the_loss() -> None:
    """A diverged network gives a NaN loss, which training looks for, and not another error."""
    for f, y in (
        (F.squared, [1.0, 1.0]),
        (F.hinge, [1, 1]),
        (F.nll, [1, 1]),
        (F.bce_with_logits, [1, 1]),
    ):
        with np.errstate(invalid="ignore"):
            assert np.isnan(f(Tensor([np.nan, 0.5]), y).item())
    for f in (F.nllm, F.cross_entropy):
        assert np.isnan(f(Tensor([[np.nan, 0.5]]), [0]).item())


@pytest.mark.parametrize("make", LOSSES)
@pytest.mark.parametrize("how", ["mean", "sum", "none"])
def test_float32_stays_float32(make: Any, how: str, rng: np.random.Generator) -> None:
    """Labels of float64 or int64 do not widen a loss or its gradient."""
    guess = Tensor(rng.uniform(0.1, 0.9, (4, 3)).astype(np.float32), requires_grad=True)
    labels: Any = {
        "SquaredLoss": rng.normal(size=(4, 3)),
        "HingeLoss": rng.choice([-1.0, 1.0], (4, 3)),
        "NLL": rng.choice([0.0, 1.0], (4, 3)),
        "BCEWithLogitsLoss": rng.choice([0, 1], (4, 3)),
    }.get(make.__name__, np.eye(3)[[0, 1, 2, 1]])
    loss = make(how)(guess, labels)
    assert loss.dtype == np.float32
    if loss.requires_grad:
        loss.backward(np.ones(loss.shape))
        assert guess.grad.dtype == np.float32


def test_target_on_the_graph_gets_a_gradient() -> None:
    """The truth of the squared loss may be a tensor that requires a gradient, of any float."""
    g = Tensor(np.array([1.0], np.float32), requires_grad=True)
    a = Tensor([3.0], requires_grad=True)
    loss = F.squared(g, a)
    loss.backward()
    assert loss.dtype == np.float32
    assert (g.grad.tolist(), a.grad.tolist()) == ([-4], [4])
    assert a.grad.dtype == np.float64


# -- 0-1 loss ------------------------------------------------------------------------------------


def test_zero_one_counts_errors() -> None:
    """By the largest score, by a threshold, or by labels."""
    scores = Tensor([[0.1, 0.9], [0.8, 0.2], [0.4, 0.6]])
    assert F.zero_one(scores, [1, 1, 1], "none").tolist() == [0, 1, 0]
    assert F.zero_one(scores, np.eye(2)[[1, 1, 1]], "sum").item() == 1
    assert F.zero_one(Tensor([0.2, 0.7]), [0, 0], threshold=0.5).item() == 0.5
    assert F.zero_one(Tensor([-0.2, 0.7]), [-1, 1], threshold=0).item() == 0
    assert F.zero_one(np.array([1, 2, 3]), np.array([1, 2, 4])) == pytest.approx(1 / 3)
    assert not nn.ZeroOneLoss()(scores, [1, 1, 1]).requires_grad
    assert nn.ZeroOneLoss(threshold=0.5)([0.2, 0.7], [0, 1]).item() == 0
    assert F.zero_one(Tensor([1.0, -1.0]), [1, 1]).item() == 0.5
    assert F.zero_one(Tensor([0.2, 0.7, 0.1]), 1).item() == 0


def test_zero_one_of_scores_needs_a_threshold() -> None:
    """Single scores are not compared with labels: an error asks for the threshold."""
    with pytest.raises(ArgumentError, match=r"\(2,\) are scores.*threshold: 0.5"):
        F.zero_one(Tensor([0.2, 0.7]), [0, 1])
    with pytest.raises(ShapeError, match=r"\(2, 1\).*labels.reshape\(2, 1\)"):
        F.zero_one(Tensor([[0.2], [0.7]]), [0, 1])
    with pytest.raises(ShapeError, match=r"\(2, 1\)"):
        F.zero_one(Tensor([[0.2], [0.7]]), [0, 1], threshold=0.5)
    with pytest.raises(ArgumentError, match="must be 0 or 1, and 2"):
        F.zero_one(Tensor([0.2, 0.7]), [0, 2], threshold=0.5)


# -- refusals ------------------------------------------------------------------------------------

Z = np.zeros((4, 3))
BAD_CLASSES: list[tuple[Any, type[AutogradError], str]] = [
    ([0, 1, 2, -1], IndexingError, "label -1 is out of range for 3 classes"),
    ([0, 1, 2, 3], IndexingError, "label 3 is out of range"),
    (np.array([0, 1, 2, 255], np.uint8), IndexingError, "label 255"),
    (np.array([0, 1, 2, -128], np.int8), IndexingError, "label -128"),
    ([0.0, 1.0, 2.0, 1.0], DTypeError, "must be integers, not float64"),
    ([np.nan] * 4, DTypeError, "must be integers, not float64"),
    ([True, False, True, True], DTypeError, "must be integers, not bool"),
    (["a", "b", "c", "a"], DTypeError, "must be integers, not <U1"),
    ([[0], [1], [2], [1]], ShapeError, "labels.reshape(-1)"),
    ([0, 1, 2], ShapeError, "of shape (3,)"),
    (0, ShapeError, "of shape ()"),
    (np.eye(3), ShapeError, "of shape (3, 3)"),
    (np.full((4, 3), 1 / 3), ArgumentError, "must be one-hot"),
    (np.zeros((4, 3)), ArgumentError, "must be one-hot"),
    (2 * np.eye(3)[[0, 1, 2, 1]], ArgumentError, "[2. 0. 0.]"),
    (np.ones((4, 3)), ArgumentError, "[1. 1. 1.]"),
    (np.where(np.eye(3)[[0, 1, 2, 1]] > 0, np.nan, 0), ArgumentError, "must be one-hot"),
    ([[1, 0, 0], [1, 1, -1], [0, 0, 1], [0, 1, 0]], ArgumentError, "[ 1  1 -1]"),
]


@pytest.mark.parametrize("f", [F.cross_entropy, F.nllm, F.zero_one])
@pytest.mark.parametrize(("labels", "kind", "words"), BAD_CLASSES)
def test_labels_of_classes_are_checked(
    f: Any, labels: Any, kind: type[AutogradError], words: str
) -> None:
    """Out of range, negative, not integer, not one-hot, or of another shape: refused by name."""
    with pytest.raises(kind) as caught:
        f(Tensor(Z), labels)
    assert words in str(caught.value)
    assert f.__name__ in str(caught.value)


TWO_SIDED = [
    (F.squared, [1.0, 2.0, 3.0, 4.0]),
    (F.hinge, [1, -1, 1, 1]),
    (F.nll, [1, 0, 1, 1]),
    (F.bce_with_logits, [1, 0, 1, 1]),
]


@pytest.mark.parametrize(("f", "labels"), TWO_SIDED)
def test_column_against_row_is_never_broadcast(f: Any, labels: Any) -> None:
    """(N, 1) against (N,) is an error that shows both shapes and the way out."""
    with pytest.raises(ShapeError, match=r"\(4, 1\).*\(4,\).*labels.reshape\(4, 1\)"):
        f(Tensor(np.full((4, 1), 0.5)), labels)
    with pytest.raises(ShapeError, match=r"\(4,\).*\(4, 1\)"):
        f(Tensor(np.full(4, 0.5)), np.reshape(labels, (4, 1)))
    with pytest.raises(ShapeError, match="one label for each guess"):
        f(Tensor(np.full(3, 0.5)), labels)
    with pytest.raises(ShapeError):
        f(Tensor(np.full(4, 0.5)), labels[0])


@pytest.mark.parametrize(
    ("f", "labels", "words"),
    [
        (F.hinge, [0, 1], "must be -1 or 1, and 0 is among"),
        (F.hinge, [1.0, np.nan], "nan is among"),
        (F.hinge, [True, False], "must be -1 or 1"),
        (F.nll, [-1, 1], "must be 0 or 1, and -1 is among"),
        (F.nll, [0.5, 1], "0.5 is among"),
        (F.nll, [np.nan, 1], "nan is among"),
        (F.bce_with_logits, [2, 1], "2 is among"),
        (F.squared, [np.nan, 1.0], "1 of the 2 true values are NaN"),
    ],
)
def test_labels_of_two_classes_are_checked(f: Any, labels: Any, words: str) -> None:
    """Labels that are none of the two, and NaN, are refused."""
    with pytest.raises(ArgumentError) as caught:
        f(Tensor([0.5, 0.5]), labels)
    assert words in str(caught.value)
    assert f.__name__ in str(caught.value)


@pytest.mark.parametrize(("f", "labels"), [(F.nll, [0, 1]), (F.nllm, 0)])
@pytest.mark.parametrize("a", [[-0.1, 0.5], [0.5, 1.5], [2.0, -3.0], [np.inf, 0.0]])
def test_guesses_that_are_no_probabilities_are_refused(f: Any, labels: Any, a: Any) -> None:
    """Outside of [0, 1] the error points to the losses from logits."""
    with pytest.raises(ArgumentError, match=r"probabilities in \[0, 1\].*BCEWithLogitsLoss"):
        f(Tensor(a), labels)


@pytest.mark.parametrize("f", [F.squared, F.hinge, F.nll, F.bce_with_logits])
def test_integer_guesses_are_refused(f: Any) -> None:
    """A guess of integers is most often labels in the wrong place."""
    for guess in (Tensor([1, 0]), np.array([1, 0]), [1, 0], Tensor([True, False])):
        with pytest.raises(DTypeError, match=r"needs floats.*wrong way round"):
            f(guess, [1, 1])
    with pytest.raises(DTypeError, match="logits of dtype int64"):
        nn.CrossEntropyLoss()([[1, 2]], [0])


def test_text_as_truth_is_refused() -> None:
    """Values that are no numbers are named."""
    with pytest.raises(DTypeError, match="true values of dtype <U1"):
        F.squared([1.0], ["a"])


@pytest.mark.parametrize("make", LOSSES)
def test_unknown_reduction_is_refused(make: Any) -> None:
    """Both the module, when it is made, and the function say what there is."""
    with pytest.raises(ArgumentError, match=r"reduction='average' is not one of .*'mean'"):
        make("average")


@pytest.mark.parametrize(
    ("f", "guess", "labels"),
    [
        (F.squared, np.zeros((0, 2)), np.zeros((0, 2))),
        (F.hinge, np.zeros(0), []),
        (F.nll, np.zeros(0), []),
        (F.nllm, np.zeros((0, 3)), np.zeros(0, int)),
        (F.cross_entropy, np.zeros((0, 3)), np.zeros(0, int)),
    ],
)
def test_empty_batch_has_no_mean(f: Any, guess: Any, labels: Any) -> None:
    """The mean over nothing is an error, the sum is 0."""
    with pytest.raises(ShapeError, match="an empty batch has no mean"):
        f(Tensor(guess), labels)
    assert f(Tensor(guess), labels, "sum").item() == 0


def test_scalar_scores_have_no_classes() -> None:
    """A guess of shape () cannot be over classes."""
    with pytest.raises(ShapeError, match="no axis of classes"):
        F.cross_entropy(Tensor(1.0), 0)


def test_arrays_in_array_out(rng: np.random.Generator) -> None:
    """Without a tensor the functions compute plain NumPy; the modules always give tensors."""
    z = rng.normal(size=(3, 2))
    assert not isinstance(F.cross_entropy(z, [0, 1, 1]), Tensor)
    assert isinstance(nn.CrossEntropyLoss()(z, [0, 1, 1]), Tensor)
    assert F.cross_entropy(z, [0, 1, 1]) == nn.CrossEntropyLoss()(z, [0, 1, 1]).item()
    assert isinstance(F.squared(z, z, "none"), np.ndarray)


def test_labels_may_change_after_the_loss(rng: np.random.Generator) -> None:
    """Class numbers are copied: what the caller does to them later does not reach the graph."""
    z, labels = Tensor(rng.normal(size=(2, 3)), requires_grad=True), np.array([0, 1])
    loss = F.cross_entropy(z, labels, "sum")
    labels[:] = 2
    loss.backward()
    assert (z.grad.numpy()[:, 2] > 0).all()
