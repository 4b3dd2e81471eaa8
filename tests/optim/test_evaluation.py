"""predict and evaluate: no graph, evaluation mode, and bounded memory."""

from __future__ import annotations

import numpy as np
import pytest

import nn
import optim
from autograd_core import ArgumentError, Tensor


@pytest.fixture
def model() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 6, rng=0), nn.Dropout(0.5, rng=0), nn.Linear(6, 3, rng=1))


def test_predict_is_the_model_in_parts(model: nn.Sequential, rng: np.random.Generator) -> None:
    """In evaluation mode, in parts of the batch size, and the mode is as before."""
    X = rng.standard_normal((25, 4))
    model[1].eval()
    found = optim.predict(model, X, batch_size=10)
    assert model.training
    assert not model[1].training
    model.eval()
    np.testing.assert_allclose(found, model(X).numpy(), rtol=1e-12)
    assert isinstance(found, np.ndarray)
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("size", [7, 25, 1000])
def test_evaluate_is_the_mean_over_the_points(
    model: nn.Sequential, rng: np.random.Generator, reduction: str, size: int
) -> None:
    """Whatever the batch size and the reduction of the loss."""
    X, y = rng.standard_normal((25, 4)), rng.integers(0, 3, 25)
    loss, share = optim.evaluate(model, nn.CrossEntropyLoss(reduction), X, y, batch_size=size)
    logits = optim.predict(model, X)
    wanted = np.log(np.exp(logits).sum(1)) - logits[np.arange(25), y]
    assert loss == pytest.approx(wanted.mean())
    assert share == pytest.approx(np.mean(logits.argmax(1) == y))


def test_evaluate_without_classes_has_no_accuracy() -> None:
    """NaN for regression, or what a function says."""
    X = np.eye(3)
    model = nn.Linear(3, 1, rng=0)
    assert np.isnan(optim.evaluate(model, nn.SquaredLoss(), X, X[:, :1])[1])
    within = optim.evaluate(model, nn.SquaredLoss(), X, X[:, :1], accuracy=lambda a, y: 0.5)
    assert within[1] == 0.5


def test_a_float32_model_gets_float32() -> None:
    """Data is converted to the model's dtype; a plain function gets it as it is."""
    model = nn.Linear(3, 2, rng=0).astype("float32")
    assert optim.predict(model, np.eye(3)).dtype == np.float32
    assert optim.predict(lambda x: x * 2.0, np.eye(3, dtype=np.float32)).dtype == np.float32
    assert optim.predict(model, Tensor(np.eye(3))).shape == (3, 2)


def test_empty_data_and_bad_sizes_are_refused(model: nn.Sequential) -> None:
    """By name."""
    with pytest.raises(ArgumentError, match="predict: the data set is empty"):
        optim.predict(model, np.zeros((0, 4)))
    with pytest.raises(ArgumentError, match="predict: batch_size is 0"):
        optim.predict(model, np.zeros((1, 4)), batch_size=0)
    with pytest.raises(ArgumentError, match="evaluate: X has 2 points"):
        optim.evaluate(model, nn.CrossEntropyLoss(), np.zeros((2, 4)), np.zeros(3, int))
