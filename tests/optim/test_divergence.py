"""What is left after training went astray: weights, the optimizer's memory, the message."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd_core import AnomalyError, Tensor
from optim import EarlyStopping, History

from .fitting import blobs, equal, network, run, state


def test_an_infinite_loss_of_finite_weights_names_the_largest() -> None:
    """With the step, the parameter and the figure."""
    w = Tensor([1.0, 1e200], requires_grad=True, name="w")
    with pytest.raises(AnomalyError, match=r"inf at step 1 .*weight is 1e\+200, .*'w'"):
        run(
            lambda x: x * w,
            (np.ones((2, 2)), np.ones((2, 2))),
            loss=nn.SquaredLoss(),
            optimizer=optim.SGD([w], lr=0.1),
        )


def test_an_infinite_validation_loss_names_the_largest_weight() -> None:
    """The inputs are finite, and so are the weights."""
    model = nn.Linear(2, 1, rng=0)
    X = np.full((2, 2), 1e200)
    with pytest.raises(AnomalyError, match=r"validation loss is inf .*largest weight .*'W"):
        run(
            model,
            (np.ones((2, 2)), np.ones((2, 1))),
            loss=nn.SquaredLoss(),
            validation=(X, np.ones((2, 1))),
        )


@pytest.mark.parametrize(
    "make",
    [lambda p: optim.Adam(p, lr=0.01), lambda p: optim.SGD(p, lr=0.01, momentum=0.9)],
    ids=["Adam", "momentum"],
)
def test_the_memory_of_the_optimizer_comes_back_with_the_weights(make: Any) -> None:
    """Training can go on as it would have from the best epoch."""
    X, y = blobs()
    data = X, optim.one_hot(y)
    model, twin = network(), network()
    optimizer, other = make(model.parameters()), make(twin.parameters())

    def spoil(training: optim.Training) -> None:
        if training.epoch == 2:
            training.optimizer.lr = 1e200

    settings = {"loss": nn.SquaredLoss(), "shuffle": False}
    with pytest.raises(AnomalyError):
        run(model, data, optimizer=optimizer, epochs=9, callbacks=[spoil], **settings)
    run(twin, data, optimizer=other, epochs=2, **settings)
    assert optimizer.t == other.t == 4
    optimizer.lr = 0.01
    run(model, data, optimizer=optimizer, epochs=1, **settings)
    run(twin, data, optimizer=other, epochs=1, **settings)
    assert equal(state(model), state(twin))


def test_a_run_that_diverges_never_leaves_worse_weights_than_it_found() -> None:
    """The epoch whose last step went astray has a low training loss and bad weights."""
    X = np.ones((4, 1))
    model = nn.Linear(1, 1, rng=0)
    before = state(model)
    optimizer = optim.SGD(model.parameters(), lr=lambda t: 1e-3 if t < 3 else 1e200)
    with pytest.raises(AnomalyError):
        run(model, (X, X), loss=nn.SquaredLoss(), optimizer=optimizer, mode="batch", epochs=9)
    loss = optim.evaluate(model, nn.SquaredLoss(), X, X)[0]
    model.load_state_dict(before)
    assert loss <= optim.evaluate(model, nn.SquaredLoss(), X, X)[0]


@pytest.mark.parametrize("monitor", ["validation_loss", "train_loss"])
def test_the_weights_at_the_start_compete(monitor: str) -> None:
    """Early stopping gives them back where no epoch was better."""
    X, y = blobs()
    data = X, optim.one_hot(y)
    model = nn.Linear(2, 3, rng=0)
    run(model, data, loss=nn.SquaredLoss(), lr=0.05, epochs=60)
    before = state(model)
    history = run(
        model,
        data,
        loss=nn.SquaredLoss(),
        optimizer=optim.SGD(model.parameters(), lr=3.0),
        validation=data,
        early_stopping=EarlyStopping(patience=2, monitor=monitor),
    )
    assert history.best_epoch == 0
    assert equal(state(model), before)


def test_the_best_epoch_of_a_continued_history_is_that_of_all() -> None:
    """An epoch of an earlier call can remain the best."""
    model, history = network(), History()
    settings: dict[str, Any] = {"history": history, "validation": blobs(30, 1)}
    run(model, lr=0.01, epochs=4, **settings)
    run(model, optimizer=optim.SGD(model.parameters(), lr=20.0), epochs=2, **settings)
    run(model, lr=0.01, epochs=4, **settings)
    assert history.best_epoch == int(np.argmin(history.validation_loss)) + 1
    early = EarlyStopping(patience=3)
    run(model, lr=0.05, epochs=2, early_stopping=early, **settings)
    assert history.best_epoch == int(np.argmin(history.validation_loss)) + 1
    assert len(history) == 12
