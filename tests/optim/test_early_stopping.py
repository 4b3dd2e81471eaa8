"""When `fit` ends before its time, and which weights it leaves behind."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import AnomalyError, ArgumentError, Tensor
from optim import EarlyStopping, History

from .fitting import Keep, blobs, equal, network, run, state


def overfitting(**settings: Any) -> tuple[nn.Module, History, Keep]:
    """A run whose validation loss soon rises: its labels are random."""
    rng = np.random.default_rng(0)
    model, keep, history = network(1), Keep(), History()
    train, validation = ((rng.standard_normal((40, 2)), rng.integers(0, 3, 40)) for _ in range(2))
    hooks = [keep, *settings.pop("callbacks", ())]
    # The errors that callbacks raise here; what they leave behind is looked at.
    with contextlib.suppress(KeyboardInterrupt, ZeroDivisionError):
        run(
            model,
            train,
            lr=0.05,
            epochs=40,
            validation=validation,
            history=history,
            callbacks=hooks,
            **settings,
        )
    return model, history, keep


def test_it_stops_when_patience_is_over_and_gives_the_best_weights_back() -> None:
    """`patience` epochs after the lowest validation loss."""
    model, history, keep = overfitting(early_stopping=EarlyStopping(patience=4))
    best = int(np.argmin(history.validation_loss)) + 1
    assert history.best_epoch == best
    assert len(history) == best + 4 < 40
    assert history.stopped_early
    assert equal(state(model), keep.states[best - 1])
    assert not equal(state(model), keep.states[-1])


def test_the_best_weights_come_back_after_the_last_epoch_too() -> None:
    """Also when patience was never over."""
    model, history, keep = overfitting(early_stopping=EarlyStopping(patience=1000))
    assert len(history) == 40
    assert not history.stopped_early
    assert equal(state(model), keep.states[history.best_epoch - 1])


def test_without_early_stopping_the_last_weights_stay() -> None:
    """The best epoch is in the history all the same."""
    model, history, keep = overfitting()
    assert history.best_epoch == int(np.argmin(history.validation_loss)) + 1 < 40
    assert equal(state(model), keep.states[-1])


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_an_interrupt_or_an_error_leaves_the_best_weights(error: type[BaseException]) -> None:
    """The exception goes on, and the history that was given keeps what was measured."""
    raised = []

    def fail(training: optim.Training) -> None:
        if training.epoch == 15:
            raised.append(training.epoch)
            raise error

    model, history, keep = overfitting(early_stopping=EarlyStopping(patience=100), callbacks=[fail])
    assert raised == [15]
    assert len(history) == 15
    assert history.best_epoch < 15
    assert equal(state(model), keep.states[history.best_epoch - 1])
    with pytest.raises(error):
        run(network(), callbacks=[lambda t: fail(t)], epochs=15)


def test_min_delta_counts_for_patience_only() -> None:
    """Small gains do not keep it going, and still the very best weights come back."""
    model, keep = network(), Keep()
    early = EarlyStopping(patience=4, min_delta=10.0)
    history = run(model, epochs=20, validation=blobs(9), callbacks=[keep], early_stopping=early)
    # The first epoch is better than none; no later one is better by 10, though each is better.
    assert len(history) == history.best_epoch == 5
    assert equal(state(model), keep.states[4])


def test_an_accuracy_can_be_watched() -> None:
    """It is the largest that is best, the first of equals."""
    model, history, keep = overfitting(
        early_stopping=EarlyStopping(patience=6, monitor="validation_accuracy")
    )
    assert history.best_epoch == int(np.argmax(history.validation_accuracy)) + 1
    assert len(history) == min(40, history.best_epoch + 6)
    assert equal(state(model), keep.states[history.best_epoch - 1])


def test_the_training_loss_can_be_watched_without_validation_data() -> None:
    """It stops when that no longer falls."""
    early = EarlyStopping(patience=3, monitor="train_loss")
    assert len(run(network(), lr=0.0, epochs=9, shuffle=False, early_stopping=early)) == 4


def test_buffers_belong_to_the_best_weights() -> None:
    """Running statistics of batch normalization come back with the weights."""
    model = nn.Sequential(nn.Linear(2, 4, rng=0), nn.BatchNorm(4), nn.Linear(4, 3, rng=0))
    keep = Keep()
    history = run(
        model,
        lr=0.3,
        epochs=30,
        validation=blobs(30, 1),
        callbacks=[keep],
        early_stopping=EarlyStopping(patience=5),
    )
    assert equal(state(model), keep.states[history.best_epoch - 1])


def test_an_early_stopping_can_be_used_again() -> None:
    """It holds settings, no memory of a run."""
    early = EarlyStopping(patience=4)
    first, second = overfitting(early_stopping=early)[1], overfitting(early_stopping=early)[1]
    assert first.validation_loss == second.validation_loss


def test_a_history_can_be_continued() -> None:
    """Epochs are counted on."""
    model = network()
    history = run(model, epochs=2)
    assert run(model, epochs=3, history=history) is history
    assert len(history) == 5


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: EarlyStopping(patience=0), "patience is 0"),
        (lambda: EarlyStopping(min_delta=-1.0), "min_delta is -1"),
        (lambda: EarlyStopping(monitor="f1"), "monitor is 'f1'"),
    ],
)
def test_early_stopping_out_of_range(make: Any, words: str) -> None:
    """The error names the setting."""
    with pytest.raises(ArgumentError, match=words):
        make()


def test_watching_an_accuracy_that_does_not_exist_is_refused() -> None:
    """In regression there is none."""
    X, _ = blobs()
    data = X, X[:, :1]
    early = EarlyStopping(monitor="validation_accuracy")
    with pytest.raises(ArgumentError, match="no accuracy"):
        run(
            nn.Linear(2, 1, rng=0),
            data,
            loss=nn.SquaredLoss(),
            validation=data,
            early_stopping=early,
        )


# -- values that are not finite -------------------------------------------------------------------


def test_a_loss_that_runs_away_stops_with_step_and_parameter() -> None:
    """The parameter that holds the bad value is named; the weights are those of the best epoch."""
    X, y = blobs()
    model = nn.Sequential(nn.Linear(2, 8, rng=0), nn.Linear(8, 3, rng=1))
    keep, history = Keep(), History()

    def grow(training: optim.Training) -> None:
        if training.epoch == 3:
            training.optimizer.lr = 1e200

    message = r"(loss is (nan|inf) at step \d+ \(epoch 4\)|after step \d+).*'0\.W'"
    with pytest.raises(AnomalyError, match=message):
        run(
            model,
            (X, optim.one_hot(y)),
            loss=nn.SquaredLoss(),
            optimizer=optim.SGD(model.parameters(), lr=0.01),
            epochs=10,
            callbacks=[keep, grow],
            history=history,
        )
    assert len(history) == 3
    assert equal(state(model), keep.states[history.best_epoch - 1])


def test_before_the_first_epoch_the_weights_at_the_start_come_back() -> None:
    """NaN in the first steps does not cost the model."""
    X, y = blobs()
    model = network()
    before = state(model)
    optimizer = optim.SGD(model.parameters(), lr=1e200)
    with pytest.raises(AnomalyError, match="fit:"):
        run(model, (X, optim.one_hot(y)), loss=nn.SquaredLoss(), optimizer=optimizer)
    assert equal(state(model), before)


def test_a_weight_that_is_nan_is_named() -> None:
    """The first of the model's parameters that holds a NaN."""
    model = network()
    W = model[2].W.numpy().copy()
    W[0, 0] = np.nan
    model[2].W.assign(W)
    with pytest.raises(AnomalyError, match=r"nan at step 1 \(epoch 1\): .*'2\.W' holds nan"):
        run(model)


@pytest.mark.parametrize(("place", "words"), [(0, "inputs"), (1, "labels")])
def test_data_that_is_nan_is_named(place: int, words: str) -> None:
    """The error tells data from weights, and names the parameter that receives a NaN."""
    X, y = blobs()
    data = X, optim.one_hot(y)
    data[place][7, 0] = np.nan
    message = rf"the {words} of this batch hold nan, and the parameter '.*' receives nan"
    with pytest.raises(AnomalyError, match=message):
        run(network(), data, loss=lambda a, b: ((a - b) ** 2).mean(), mode="batch")


def test_a_gradient_that_is_nan_is_found_in_the_last_step_too() -> None:
    """√0 has a finite value and no finite derivative: the weights are looked at after the epoch."""
    w = Tensor([0.0, 1.0], requires_grad=True, name="w")
    with pytest.raises(AnomalyError, match="after step 1 the parameter 'w' holds nan"):
        run(
            lambda x: x * ag.sqrt(w * 0.0),
            (np.ones((1, 2)), np.ones(1)),
            loss=lambda a, y: a.sum(),
            optimizer=optim.SGD([w], lr=0.1),
            epochs=1,
        )
    assert w.tolist() == [0.0, 1.0]


def test_a_gradient_that_is_nan_is_named_by_clipping_with_the_step() -> None:
    """Before it can reach a weight."""
    w = Tensor([0.0, 1.0], requires_grad=True, name="w")
    with pytest.raises(AnomalyError, match="gradient of 'w' holds") as caught:
        run(
            lambda x: x * ag.sqrt(w * 0.0),
            (np.ones((1, 2)), np.ones(1)),
            loss=lambda a, y: a.sum(),
            optimizer=optim.SGD([w], lr=0.1),
            clip_norm=1.0,
        )
    assert caught.value.__notes__ == ["in fit, at step 1 (epoch 1)"]


def test_a_validation_loss_that_is_nan_stops_too() -> None:
    """Naming the validation data."""
    X, y = blobs(9)
    X[0, 0] = np.nan
    with pytest.raises(AnomalyError, match=r"validation loss is nan .*inputs hold nan"):
        run(network(), validation=(X, y))
