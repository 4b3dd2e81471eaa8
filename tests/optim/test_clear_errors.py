"""Arguments of the wrong kind: an error of ours that says what to write."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import (
    AnomalyError,
    ArgumentError,
    CheckpointError,
    DTypeError,
    ShapeError,
    Tensor,
)

from .fitting import blobs, equal, network, run, state

X, Y = blobs()
WORDS = np.array(["a", "b"] * 30)
MASKED = np.ma.masked_array(np.ones((60, 2)), mask=np.eye(60, 2))


@pytest.mark.parametrize(
    ("settings", "kind", "words"),
    [
        ({"callbacks": lambda t: None}, ArgumentError, r"give a list: \[callback\]"),
        ({"callbacks": optim.Callback()}, ArgumentError, r"give a list: \[callback\]"),
        ({"callbacks": [optim.ProgressBar]}, ArgumentError, "class ProgressBar.*make an object"),
        ({"loss": nn.NLL}, ArgumentError, "loss is the class NLL"),
        ({"loss": 3}, ArgumentError, "loss is 3"),
        ({"optimizer": optim.Adam}, ArgumentError, "optimizer is the class Adam"),
        ({"optimizer": "adam"}, ArgumentError, r"optim.Adam\(model.parameters"),
        ({"history": []}, ArgumentError, "give a History"),
        ({"loss": lambda a, y: np.float64(1.0)}, DTypeError, "of type float64"),
        ({"loss": nn.CrossEntropyLoss("none")}, ShapeError, r"shape \(32,\).*reduction='mean'"),
        ({"data": (np.full((60, 2), "1"), Y)}, DTypeError, "fit: X is of dtype <U1.*astype"),
        ({"data": (X.astype(object), Y)}, DTypeError, "fit: X is of dtype object"),
        ({"data": (X, WORDS)}, DTypeError, "np.unique"),
        ({"data": (MASKED, Y)}, DTypeError, "masked"),
        ({"data": (X, np.ma.masked_array(Y, mask=Y == 0))}, DTypeError, "masked"),
        ({"validation": (X, WORDS)}, DTypeError, "validation: labels"),
    ],
)
def test_fit(settings: dict[str, Any], kind: type[Exception], words: str) -> None:
    """The model is as before."""
    model = network()
    before = state(model)
    with pytest.raises(kind, match=words):
        run(model, **settings)
    assert equal(state(model), before)


def test_models_that_are_classes_or_no_functions() -> None:
    """In every function that takes a model."""
    w = Tensor(np.ones(2), requires_grad=True)
    optimizer, loss = optim.SGD([w], lr=0.1), nn.SquaredLoss()
    for call in (
        lambda m: optim.fit(m, loss, optimizer, X, Y, epochs=1),
        lambda m: optim.evaluate(m, loss, X, Y),
        lambda m: optim.predict(m, X),
        lambda m: optim.find_learning_rate(m, loss, optimizer, X, Y),
    ):
        with pytest.raises(ArgumentError, match="model is the class Linear"):
            call(nn.Linear)
        with pytest.raises(ArgumentError, match="model is 3"):
            call(3)


def test_losses_of_evaluate_and_of_the_search() -> None:
    """No Tensor, or not one number."""
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for call in (
        lambda loss: optim.evaluate(model, loss, X, Y),
        lambda loss: optim.find_learning_rate(model, loss, optimizer, X, Y),
    ):
        with pytest.raises(DTypeError, match="the loss is of type float"):
            call(lambda a, y: 1.0)
        with pytest.raises(ShapeError, match="reduction='mean'"):
            call(nn.CrossEntropyLoss("none"))


def test_a_last_batch_of_one_is_refused_before_training() -> None:
    """Batch normalization cannot train on it; a model without it can."""
    model = nn.Sequential(nn.Linear(2, 4, rng=0), nn.BatchNorm(4), nn.Linear(4, 3, rng=0))
    before = state(model)
    with pytest.raises(ShapeError, match=r"61 points, batch_size 20.*drop_last=True"):
        run(model, blobs(61), batch_size=20)
    assert equal(state(model), before)
    assert len(run(model, blobs(61), batch_size=20, drop_last=True, epochs=1)) == 1
    assert len(run(network(), blobs(61), batch_size=20, epochs=1)) == 1


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"state": None}, CheckpointError, "state is of type NoneType"),
        ({"state": {"0": None}}, CheckpointError, "state of parameter 0 is of type NoneType"),
        ({"param_groups": None}, CheckpointError, "param_groups is of type NoneType"),
        ({"param_groups": [1]}, CheckpointError, "group 0 is of type int"),
        ({"param_groups": [{"lr": 0.1}]}, CheckpointError, "'params' of group 0"),
        ({"state": {"0": {"t": 1, "V": [[1.0], [1.0, 2.0]]}}}, CheckpointError, "'V'.*ragged"),
        ({"state": {"0": {"t": 1, "V": np.ma.ones(2)}}}, DTypeError, "'V'.*mask"),
    ],
)
def test_a_state_dict_of_another_form(
    change: dict[str, Any], kind: type[Exception], words: str
) -> None:
    """The error says where it is wrong; the optimizer is as before."""
    w = Tensor(np.ones(2), requires_grad=True)
    optimizer = optim.SGD([w], 0.1, momentum=0.9)
    w.grad = Tensor(np.ones(2))
    optimizer.step()
    before = optimizer.state[w]["V"].tolist()
    with pytest.raises(kind, match=words):
        optimizer.load_state_dict(optimizer.state_dict() | change)
    assert optimizer.t == 1
    assert optimizer.state[w]["V"].tolist() == before


def test_optimizers() -> None:
    """A schedule that is a class; groups and tensors side by side."""
    W, W0 = (Tensor(np.ones(2), requires_grad=True) for _ in range(2))
    with pytest.raises(ArgumentError, match=r"lr is the class Cosine.*Cosine\("):
        optim.SGD([W], lr=optim.Cosine)
    with pytest.raises(DTypeError, match=r"side by side.*\{'params': \[tensor\]\}"):
        optim.SGD([{"params": [W]}, W0], 0.1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"m": 3}, "m is 3; give"),
        ({"f": ag.relu}, "give a function for each layer"),
        ({"f": "relu"}, "give a function for each layer"),
        ({"f": ("relu",)}, r"f\[0\] is 'relu'"),
        ({"f": (nn.ReLU,)}, r"f\[0\] is the class ReLU"),
        ({"D_n": 3}, r"give the pair \(X, Y\)"),
        ({"D_n": [1, 2, 3]}, r"give the pair \(X, Y\)"),
    ],
)
def test_sgd_neural_net(change: dict[str, Any], words: str) -> None:
    """The error has the chapter's names."""
    given = {"D_n": (np.ones((4, 3)), np.ones((4, 1))), "m": (3,), "f": (ag.relu,)} | change
    with pytest.raises(ArgumentError, match=f"sgd_neural_net: .*{words}"):
        optim.sgd_neural_net(T=1, L=1, Loss=lambda a, y: ((a - y) ** 2).sum(), eta=0.1, **given)


def test_mini_batch_sgd_needs_a_network_with_parameters() -> None:
    """A function has none."""
    with pytest.raises(ArgumentError, match=r"must have parameters\(\)"):
        optim.mini_batch_sgd(lambda x: x, (X, Y), 5, Loss=nn.SquaredLoss(), eta=0.1, epochs=1)


@pytest.mark.parametrize(
    "call",
    [
        lambda data: optim.one_hot(data[:, 0]),
        lambda data: optim.accuracy(data, Y),
        lambda data: optim.MiniBatches(data, Y),
        lambda data: optim.MiniBatches(list(data), Y),
        lambda data: optim.standardize(data),
        lambda data: optim.train_validation_split(data, Y),
        lambda data: optim.predict(network(), data),
        lambda data: optim.confusion_table(data[:2]),
        lambda data: optim.RunningAverage().update(data),
    ],
)
def test_no_mask_is_lost(call: Any) -> None:
    """Masked arrays are refused."""
    with pytest.raises(DTypeError, match="mask"):
        call(MASKED)


def test_words_and_lists_where_numbers_are_needed() -> None:
    """And ragged labels."""
    with pytest.raises(DTypeError, match=r"standardize: .*<U1"):
        optim.standardize(WORDS)
    with pytest.raises(DTypeError, match=r"np\.unique"):
        optim.one_hot(["cat", "dog"])
    with pytest.raises(DTypeError, match=r"update: got list"):
        optim.RunningAverage().update([1, 2])
    with pytest.raises(ShapeError, match="ragged"):
        optim.accuracy([0, 1], [[0], [1, 2]])


def test_clipping_by_value_does_not_let_a_nan_pass() -> None:
    """As by norm; nothing is clipped then."""
    a, b = (Tensor(np.zeros(2), requires_grad=True) for _ in range(2))
    a.grad, b.grad = Tensor([9.0, 9.0]), Tensor([np.nan, 1.0])
    with pytest.raises(AnomalyError, match=r"parameter 1 .* holds nan"):
        optim.clip_grad_value_([a, b], 1.0)
    assert a.grad.tolist() == [9.0, 9.0]
    assert optim.clip_grad_norm_([a], float("inf")) == pytest.approx(9 * 2**0.5)
    assert a.grad.tolist() == [9.0, 9.0]


def test_a_batch_is_a_copy() -> None:
    """Noise that a loop adds to it in place does not reach the data."""
    data = np.zeros((4, 1))
    for x, y in optim.MiniBatches(data, data, 2, shuffle=False):
        x += 1.0
        y += 1.0
    assert not data.any()


def test_large_numbers_are_standardized() -> None:
    """Squares that leave the range spoil nothing."""
    data = np.array([[1e200, 1.0], [3e200, 3.0]])
    np.testing.assert_allclose(optim.standardize(data)(data), [[-1, -1], [1, 1]])
