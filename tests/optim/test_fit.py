"""The training loop: what it computes, in which modes, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import ArgumentError, DTypeError, Tensor
from optim import Callback, EarlyStopping

from .fitting import blobs, equal, network, run, state


def test_a_fit_is_the_loop_that_one_would_write() -> None:
    """Batches of MiniBatches, zero_grad, backward, step; the history has means over the points."""
    X, y = blobs(50)
    model, other = network(), network()
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    history = run(model, (X, y), optimizer=optimizer, batch_size=16, rng=5)

    optimizer = optim.SGD(other.parameters(), lr=0.1, momentum=0.9)
    batches = optim.MiniBatches(X, y, 16, rng=5)
    losses, shares = [], []
    for _ in range(3):
        total = right = 0.0
        for x, labels in batches:
            z = other(Tensor(x))
            loss = nn.CrossEntropyLoss()(z, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
            right += np.sum(z.numpy().argmax(1) == labels)
        losses.append(total / 50)
        shares.append(right / 50)
    assert equal(state(model), state(other))
    np.testing.assert_allclose(history.train_loss, losses)
    np.testing.assert_allclose(history.train_accuracy, shares)
    assert history.lr == [0.1] * 3
    assert len(history.seconds) == 3
    assert history.validation_loss == []


@pytest.mark.parametrize(
    ("settings", "steps"),
    [
        ({"mode": "batch"}, 1),
        ({"mode": "stochastic"}, 60),
        ({"mode": "mini-batch", "batch_size": 16}, 4),
        ({"batch_size": 16, "drop_last": True}, 3),
        ({"batch_size": 1000}, 1),
    ],
)
def test_modes_differ_in_the_points_of_a_step(settings: dict[str, Any], steps: int) -> None:
    """Batch takes all points at once, stochastic one, mini-batch k."""
    seen: list[int] = []

    class Count(Callback):
        def on_batch_end(self, training: optim.Training) -> None:
            seen.append(training.step)

    run(network(), epochs=2, callbacks=[Count()], **settings)
    assert seen == list(range(1, 2 * steps + 1))


def test_batch_mode_takes_the_gradient_of_all_points() -> None:
    """One step of SGD on the mean loss over the whole set."""
    X, y = blobs()
    model, other = network(), network()
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    run(model, optimizer=optimizer, epochs=1, mode="batch", shuffle=False)
    nn.CrossEntropyLoss()(other(X), y).backward()
    for p, q in zip(model.parameters(), other.parameters(), strict=True):
        np.testing.assert_allclose(p.numpy(), q.numpy() - 0.5 * q.grad.numpy(), rtol=1e-12)


def test_a_summed_loss_is_reported_by_point() -> None:
    """The history is comparable whatever the reduction."""
    mean, total = (
        run(
            model := network(),
            blobs(50),
            loss=nn.CrossEntropyLoss(reduction),
            optimizer=optim.SGD(model.parameters(), lr=0.0),
            validation=blobs(50),
        )
        for reduction in ("mean", "sum")
    )
    assert mean.train_loss == pytest.approx(total.train_loss)
    assert mean.validation_loss == pytest.approx(total.validation_loss)
    assert mean.validation_loss == pytest.approx(mean.train_loss)


def test_it_learns_and_tells_so() -> None:
    """Loss falls, accuracy rises, on training and validation data."""
    history = run(network(), epochs=40, validation=blobs(30, seed=1))
    assert history.train_loss[-1] < 0.1 * history.train_loss[0]
    assert history.validation_accuracy[-1] == 1.0
    arrays = history.arrays()
    assert arrays["epoch"].tolist() == list(range(1, 41))
    assert all(len(values) == 40 for values in arrays.values())
    assert "best_epoch=" in repr(history)


def test_the_rate_of_each_epoch_is_in_the_history() -> None:
    """That of its last step."""
    model = network()
    schedule = optim.InverseTime(0.1)
    history = run(model, optimizer=optim.SGD(model.parameters(), lr=schedule), batch_size=30)
    assert history.lr == [schedule(2), schedule(4), schedule(6)]


def test_float32_data_and_weights_stay_float32() -> None:
    """float64 data is converted to the model's dtype, for training and validation."""
    seen = set()

    class Watch(nn.Module):
        def __init__(self) -> None:
            self.inner = network(dtype="float32")

        def forward(self, x: Tensor) -> Any:
            z = self.inner(x)
            seen.update({x.dtype, z.dtype})
            return z

    model = Watch()
    run(model, validation=blobs(9), input_noise=0.1)
    run(model, (blobs()[0], optim.one_hot(blobs()[1])), loss=nn.SquaredLoss())
    assert seen == {np.dtype(np.float32)}
    assert all(p.dtype == np.float32 for p in model.parameters())


def test_one_hot_labels_and_regression() -> None:
    """One-hot rows count as classes; for other targets the accuracy is NaN."""
    X, y = blobs()
    assert run(network(), (X, optim.one_hot(y)), lr=0.02, epochs=30).train_accuracy[-1] == 1.0
    history = run(network(), (X, X @ np.ones((2, 3))), loss=nn.SquaredLoss())
    assert np.isnan(history.train_accuracy).all()


def test_an_accuracy_of_ones_own() -> None:
    """Any function of outputs and labels; False for none."""
    history = run(network(), accuracy=lambda output, y: 0.25, validation=blobs(9))
    assert history.train_accuracy == history.validation_accuracy == [0.25] * 3
    assert np.isnan(run(network(), accuracy=False).train_accuracy).all()
    assert run(network(), accuracy=True).train_accuracy == run(network()).train_accuracy


def test_plain_tensors_can_be_trained() -> None:
    """The model may be any function, the parameters any leaves."""
    W = Tensor(np.zeros((2, 3)), requires_grad=True)
    history = run(lambda x: x @ W, optimizer=optim.Adam([W], lr=0.1), epochs=20)
    assert history.train_accuracy[-1] > 0.9


def test_the_same_seed_gives_the_same_run() -> None:
    """Shuffles and noise come from rng alone."""
    models = [network(), network(), network()]
    for model, seed in zip(models, (1, 1, 2), strict=True):
        run(model, rng=seed, input_noise=0.3)
    assert equal(state(models[0]), state(models[1]))
    assert not equal(state(models[0]), state(models[2]))


def test_input_noise_is_normal_and_new_at_each_step() -> None:
    """Its standard deviation is as asked; validation data gets none."""
    inputs: list[Any] = []
    W = Tensor(np.zeros((1, 1)), requires_grad=True)

    def model(x: Tensor) -> Tensor:
        inputs.append(x.numpy().copy())
        return x @ W

    X = np.zeros((20000, 1))
    run(
        model,
        (X, X),
        loss=nn.SquaredLoss(),
        optimizer=optim.SGD([W], lr=0.0),
        epochs=2,
        mode="batch",
        validation=(X, X),
        input_noise=0.5,
    )
    noisy = [x for x in inputs if x.any()]
    assert [len(x) for x in noisy] == [20000, 20000]
    assert sum(len(x) for x in inputs if not x.any()) == 40000
    assert not np.array_equal(*noisy)
    assert np.std(noisy[0]) == pytest.approx(0.5, rel=0.03)
    assert np.mean(noisy[0]) == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize(
    ("settings", "bound"),
    [({"clip_norm": 1e-3}, 1e-3), ({"clip_value": 1e-4}, 1e-4 * np.sqrt(51))],
)
def test_gradients_are_clipped(settings: dict[str, Any], bound: float) -> None:
    """SGD's step is then at most the rate times the limit."""
    model = network()
    before = state(model)
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    run(model, optimizer=optimizer, epochs=1, mode="batch", **settings)
    moved = np.sqrt(sum(np.sum((state(model)[k] - before[k]) ** 2) for k in before))
    assert 0 < moved <= bound * (1 + 1e-9)


# -- modes of the model ---------------------------------------------------------------------------


def test_training_and_evaluation_mode_are_set_and_restored() -> None:
    """Train for steps, eval for validation, and afterwards each module as it was."""
    seen: list[tuple[bool, bool]] = []

    class Spy(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            seen.append((self.training, ag.is_grad_enabled()))
            return x

    model = nn.Sequential(Spy(), network())
    model.eval()
    model[0].train()
    run(model, epochs=1, batch_size=60, validation=blobs(9))
    assert seen == [(True, True), (False, False)]
    assert model[0].training
    assert not model[1].training
    assert not model.training


def test_a_part_in_evaluation_mode_is_trained_like_the_others() -> None:
    """As after ``model.train()``; afterwards it is in evaluation mode again."""
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.BatchNorm(3))
    model[1].eval()
    before = state(model)
    run(model, epochs=1)
    changed = state(model)
    assert all(not np.array_equal(changed[name], before[name]) for name in before)
    assert model.training
    assert not model[1].training


def test_dropout_is_off_in_validation() -> None:
    """The validation loss of unchanged weights does not vary."""
    model = nn.Sequential(nn.Linear(2, 50, rng=0), nn.Dropout(0.5, rng=0), nn.Linear(50, 3, rng=0))
    history = run(model, lr=0.0, validation=blobs(30))
    assert len(set(history.validation_loss)) == 1
    assert len(set(history.train_loss)) == 3


# -- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"epochs": 0}, "epochs is 0"),
        ({"epochs": 2.5}, "epochs is 2.5"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"batch_size": 0, "mode": "batch"}, "batch_size is 0"),
        ({"mode": "online"}, "'mini-batch', 'batch', 'stochastic'"),
        ({"input_noise": -0.1}, "input_noise is -0.1"),
        ({"input_noise": float("nan")}, "input_noise is nan"),
        ({"clip_norm": 0.0}, "clip_norm is 0"),
        ({"clip_value": float("nan")}, "clip_value is nan"),
        ({"validation": blobs(9)[0]}, "a pair"),
        ({"validation": (np.zeros((0, 2)), np.zeros(0, int))}, "validation: the data set is empty"),
        ({"validation": (np.zeros((3, 2)), np.zeros(2, int))}, "validation: X has 3 points"),
        ({"early_stopping": EarlyStopping()}, "give validation data"),
        ({"early_stopping": 5}, "EarlyStopping"),
        ({"callbacks": [3]}, "a callback is 3"),
        ({"progress": "yes"}, "progress is 'yes'"),
        ({"accuracy": "top5"}, "accuracy is 'top5'"),
        ({"rng": "seed"}, "rng"),
        ({"optimizer": "adam"}, "the optimizer is a str"),
        ({"data": (np.zeros((0, 2)), np.zeros(0, int))}, "the data set is empty"),
        ({"data": (np.zeros((4, 2)), np.zeros(3, int))}, "X has 4 points"),
    ],
)
def test_arguments_out_of_range_are_refused(settings: dict[str, Any], words: str) -> None:
    """The error names the argument; the model is as before."""
    model = network()
    before = state(model)
    with pytest.raises(ArgumentError, match=words):
        run(model, **settings)
    assert equal(state(model), before)


def test_a_loss_that_is_no_tensor_is_refused() -> None:
    """It could not be differentiated."""
    with pytest.raises(DTypeError, match="the loss is of type float"):
        run(network(), loss=lambda a, y: 1.0)


def test_an_optimizer_of_another_model_is_refused() -> None:
    """It would train nothing, without a word."""
    with pytest.raises(ArgumentError, match="no parameter of the model"):
        run(network(), optimizer=optim.Adam(network().parameters()))
