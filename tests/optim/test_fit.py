"""The training loop: what it computes, when it stops, and what it leaves behind."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import AnomalyError, ArgumentError, MissingExtraError, Tensor
from optim import Callback, EarlyStopping, History, fit


def blobs(n: int = 60, seed: int = 0) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    return rng.standard_normal((n, 2)) * 0.5 + np.array([[0, 2], [2, 0], [-2, -2]])[y], y


def network(seed: int = 0, *, dtype: str = "float64") -> nn.Sequential:
    rng = np.random.default_rng(seed)
    return nn.Sequential(nn.Linear(2, 8, rng=rng), nn.ReLU(), nn.Linear(8, 3, rng=rng)).astype(
        dtype
    )


def run(model: Any, *, lr: float = 0.01, epochs: int = 3, **settings: Any) -> History:
    X, y = blobs()
    optimizer = optim.Adam(model.parameters(), lr=lr)
    return fit(
        model,
        nn.CrossEntropyLoss(),
        optimizer,
        X,
        y,
        epochs=epochs,
        rng=0,
        progress=False,
        **settings,
    )


def state(model: nn.Module) -> dict[str, Any]:
    return {name: np.array(value) for name, value in model.state_dict().items()}


def equal(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return all(np.array_equal(a[name], b[name], equal_nan=True) for name in a)


class Keep(Callback):
    """Keeps the weights that each epoch ended with."""

    def __init__(self) -> None:
        self.states: list[dict[str, Any]] = []

    def on_epoch_end(self, training: optim.Training) -> None:
        self.states.append(state(training.model))


# -- what it computes -----------------------------------------------------------------------------


def test_a_fit_is_the_loop_that_one_would_write() -> None:
    """Batches of MiniBatches, zero_grad, backward, step; the history has means over the points."""
    X, y = blobs(50)
    model, other = network(), network()
    history = fit(
        model,
        nn.CrossEntropyLoss(),
        optim.SGD(model.parameters(), lr=0.1, momentum=0.9),
        X,
        y,
        epochs=3,
        batch_size=16,
        rng=5,
        progress=False,
    )
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
    fit(
        model,
        nn.CrossEntropyLoss(),
        optimizer,
        X,
        y,
        epochs=1,
        mode="batch",
        shuffle=False,
        progress=False,
    )
    nn.CrossEntropyLoss()(other(X), y).backward()
    for p, q in zip(model.parameters(), other.parameters(), strict=True):
        np.testing.assert_allclose(p.numpy(), q.numpy() - 0.5 * q.grad.numpy(), rtol=1e-12)


def test_a_summed_loss_is_reported_by_point() -> None:
    """The history is comparable whatever the reduction."""
    X, y = blobs(50)
    reported = []
    for reduction in ("mean", "sum"):
        model = network()
        optimizer = optim.SGD(model.parameters(), lr=0.0)
        reported.append(
            fit(
                model,
                nn.CrossEntropyLoss(reduction),
                optimizer,
                X,
                y,
                epochs=1,
                batch_size=16,
                validation=(X, y),
                progress=False,
            )
        )
    assert reported[0].train_loss == pytest.approx(reported[1].train_loss)
    assert reported[0].validation_loss == pytest.approx(reported[1].validation_loss)
    assert reported[0].validation_loss == pytest.approx(reported[0].train_loss)


def test_it_learns_and_tells_so() -> None:
    """Loss falls, accuracy rises, on training and validation data."""
    history = run(network(), epochs=40, validation=blobs(30, seed=1))
    assert history.train_loss[-1] < 0.1 * history.train_loss[0]
    assert history.validation_accuracy[-1] == 1.0
    arrays = history.arrays()
    assert arrays["epoch"].tolist() == list(range(1, 41))
    assert all(len(values) == 40 for values in arrays.values())
    assert "best_epoch=" in repr(history)


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
    assert seen == {np.dtype(np.float32)}
    assert all(p.dtype == np.float32 for p in model.parameters())


def test_one_hot_labels_and_regression() -> None:
    """One-hot rows count as classes; for other targets the accuracy is NaN."""
    X, y = blobs()
    model = network()
    history = fit(
        model,
        nn.CrossEntropyLoss(),
        optim.Adam(model.parameters(), lr=0.02),
        X,
        optim.one_hot(y),
        epochs=30,
        rng=0,
        progress=False,
    )
    assert history.train_accuracy[-1] == 1.0
    history = fit(
        model,
        nn.SquaredLoss(),
        optim.Adam(model.parameters()),
        X,
        X @ np.ones((2, 3)),
        epochs=1,
        progress=False,
    )
    assert np.isnan(history.train_accuracy).all()


def test_an_accuracy_of_ones_own() -> None:
    """Any function of outputs and labels; False for none."""
    history = run(network(), accuracy=lambda output, y: 0.25, validation=blobs(9))
    assert history.train_accuracy == history.validation_accuracy == [0.25] * 3
    assert np.isnan(run(network(), accuracy=False).train_accuracy).all()


def test_plain_tensors_can_be_trained() -> None:
    """The model may be any function, the parameters any leaves."""
    X, y = blobs()
    W = Tensor(np.zeros((2, 3)), requires_grad=True)
    history = fit(
        lambda x: x @ W,
        nn.CrossEntropyLoss(),
        optim.Adam([W], lr=0.1),
        X,
        y,
        epochs=20,
        rng=0,
        progress=False,
    )
    assert history.train_accuracy[-1] > 0.9


def test_the_same_seed_gives_the_same_run() -> None:
    """Shuffles and noise come from rng alone."""
    models = [network(), network(), network()]
    for model, seed in zip(models, (1, 1, 2), strict=True):
        X, y = blobs()
        fit(
            model,
            nn.CrossEntropyLoss(),
            optim.Adam(model.parameters()),
            X,
            y,
            epochs=2,
            rng=seed,
            input_noise=0.3,
            progress=False,
        )
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
    fit(
        model,
        nn.SquaredLoss(),
        optim.SGD([W], lr=0.0),
        X,
        X,
        epochs=2,
        mode="batch",
        rng=0,
        validation=(X, X),
        input_noise=0.5,
        progress=False,
    )
    trained = [x for x in inputs if len(x) == 20000 and x.any()]
    assert len(trained) == 2
    assert not np.array_equal(*trained)
    assert np.std(trained[0]) == pytest.approx(0.5, rel=0.03)
    assert np.mean(trained[0]) == pytest.approx(0.0, abs=0.02)
    assert sum(not x.any() for x in inputs) == 2 * 20  # validation, in parts of 1,024


@pytest.mark.parametrize(
    ("settings", "bound"),
    [({"clip_norm": 1e-3}, 1e-3), ({"clip_value": 1e-4}, 1e-4 * np.sqrt(51))],
)
def test_gradients_are_clipped(settings: dict[str, Any], bound: float) -> None:
    """SGD's step is then at most the rate times the limit."""
    X, y = blobs()
    model = network()
    before = state(model)
    fit(
        model,
        nn.CrossEntropyLoss(),
        optim.SGD(model.parameters(), lr=1.0),
        X,
        y,
        epochs=1,
        mode="batch",
        progress=False,
        **settings,
    )
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


def test_dropout_is_off_in_validation() -> None:
    """The validation loss of unchanged weights does not vary."""
    model = nn.Sequential(nn.Linear(2, 50, rng=0), nn.Dropout(0.5, rng=0), nn.Linear(50, 3, rng=0))
    history = run(model, lr=0.0, epochs=3, validation=blobs(30))
    assert len(set(history.validation_loss)) == 1
    assert len(set(history.train_loss)) == 3


# -- early stopping -------------------------------------------------------------------------------


def overfitting(**settings: Any) -> tuple[nn.Module, History, Keep]:
    """A run whose validation loss soon rises: the labels of the training data are random."""
    rng = np.random.default_rng(0)
    model = network(1)
    keep = Keep()
    history = fit(
        model,
        nn.CrossEntropyLoss(),
        optim.Adam(model.parameters(), lr=0.05),
        rng.standard_normal((40, 2)),
        rng.integers(0, 3, 40),
        validation=(rng.standard_normal((40, 2)), rng.integers(0, 3, 40)),
        rng=0,
        progress=False,
        **{"epochs": 40, "callbacks": [keep], **settings},
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
def test_an_interrupt_or_a_failing_callback_leaves_the_best_weights(
    error: type[BaseException],
) -> None:
    """The exception goes on, the history that was given keeps what was measured."""
    history = History()
    keep = Keep()
    model = network(1)

    def fail(training: optim.Training) -> None:
        if training.epoch == 15:
            raise error

    rng = np.random.default_rng(0)
    with pytest.raises(error):
        fit(
            model,
            nn.CrossEntropyLoss(),
            optim.Adam(model.parameters(), lr=0.05),
            rng.standard_normal((40, 2)),
            rng.integers(0, 3, 40),
            validation=(rng.standard_normal((40, 2)), rng.integers(0, 3, 40)),
            early_stopping=EarlyStopping(patience=100),
            callbacks=[keep, fail],
            epochs=40,
            rng=0,
            progress=False,
            history=history,
        )
    assert len(history) == 15
    assert history.best_epoch < 15
    assert equal(state(model), keep.states[history.best_epoch - 1])


def test_min_delta_counts_for_patience_only() -> None:
    """Small gains do not keep it going, and still the very best weights come back."""
    model, history, keep = overfitting(early_stopping=EarlyStopping(patience=2, min_delta=10.0))
    # The first epoch is better than none; no later one is better by 10.
    assert len(history) == 3
    best = int(np.argmin(history.validation_loss))
    assert equal(state(model), keep.states[best])


def test_an_accuracy_can_be_watched() -> None:
    """It is the largest that is best, the first of equals."""
    model, history, keep = overfitting(
        early_stopping=EarlyStopping(patience=6, monitor="validation_accuracy")
    )
    assert history.best_epoch == int(np.argmax(history.validation_accuracy)) + 1
    assert len(history) == min(40, history.best_epoch + 6)
    assert equal(state(model), keep.states[history.best_epoch - 1])


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


# -- values that are not finite -------------------------------------------------------------------


def test_a_loss_that_runs_away_stops_with_step_and_parameter() -> None:
    """The parameter that holds the bad value is named; the weights are those of the best epoch."""
    X, y = blobs()
    model = nn.Sequential(nn.Linear(2, 8, rng=0), nn.Linear(8, 3, rng=1))
    keep = Keep()
    history = History()

    def grow(training: optim.Training) -> None:
        if training.epoch == 3:
            training.optimizer.lr = 1e200

    with pytest.raises(
        AnomalyError, match=r"(loss is (nan|inf) at step \d+ \(epoch 4\)|after step \d+).*'0\.W'"
    ):
        fit(
            model,
            nn.SquaredLoss(),
            optim.SGD(model.parameters(), lr=0.01),
            X,
            optim.one_hot(y),
            epochs=10,
            rng=0,
            progress=False,
            callbacks=[keep, grow],
            history=history,
        )
    assert len(history) == 3
    assert equal(state(model), keep.states[history.best_epoch - 1])


def test_before_the_first_epoch_the_weights_at_the_start_come_back() -> None:
    """NaN in the first steps does not cost the model."""
    model = network()
    before = state(model)
    with pytest.raises(AnomalyError, match="fit:"):
        X, y = blobs()
        fit(
            model,
            nn.SquaredLoss(),
            optim.SGD(model.parameters(), lr=1e200),
            X,
            optim.one_hot(y),
            epochs=2,
            progress=False,
        )
    assert equal(state(model), before)


def test_a_weight_that_is_nan_is_named() -> None:
    """The first of the model's parameters that holds a NaN."""
    model = network()
    W = model[2].W.numpy().copy()
    W[0, 0] = np.nan
    model[2].W.assign(W)
    with pytest.raises(
        AnomalyError, match=r"loss is nan at step 1 \(epoch 1\): .*'2\.W' holds nan"
    ):
        run(model)


@pytest.mark.parametrize(("where", "words"), [("X", "inputs"), ("y", "labels")])
def test_data_that_is_nan_is_named(where: str, words: str) -> None:
    """The error tells data from weights, and names the parameter that receives a NaN."""
    X, y = blobs()
    y = optim.one_hot(y)
    (X if where == "X" else y)[7, 0] = np.nan
    model = network()
    with pytest.raises(
        AnomalyError, match=rf"the {words} of this batch hold nan.*'.*' receives nan"
    ):
        fit(
            model,
            nn.SquaredLoss(),
            optim.Adam(model.parameters()),
            X,
            y,
            epochs=1,
            mode="batch",
            progress=False,
        )


def test_a_gradient_that_is_nan_is_found_in_the_last_step_too() -> None:
    """√0 has a finite value and no finite derivative: the weights are looked at after the epoch."""
    w = Tensor([0.0, 1.0], requires_grad=True, name="w")
    with pytest.raises(AnomalyError, match="after step 1 the parameter 'w' holds nan"):
        fit(
            lambda x: x * ag.sqrt(w * 0.0),
            lambda a, y: a.sum(),
            optim.SGD([w], lr=0.1),
            np.ones((1, 2)),
            np.ones(1),
            epochs=1,
            progress=False,
        )
    assert w.tolist() == [0.0, 1.0]


def test_a_validation_loss_that_is_nan_stops_too() -> None:
    """Naming the validation data."""
    X, y = blobs(9)
    X[0, 0] = np.nan
    with pytest.raises(AnomalyError, match="validation loss is nan .*inputs hold nan"):
        run(network(), validation=(X, y))


# -- callbacks ------------------------------------------------------------------------------------


def test_callbacks_are_called_in_their_order() -> None:
    """Start, then epochs with their batches, then the end; functions at the end of epochs."""
    calls: list[str] = []

    class Log(Callback):
        def __getattribute__(self, name: str) -> Any:
            if name.startswith("on_"):
                return lambda training: calls.append(f"{name} {training.epoch} {training.step}")
            return super().__getattribute__(name)

    run(network(), epochs=2, batch_size=30, callbacks=[Log(), lambda t: calls.append("function")])
    assert calls == [
        "on_fit_start 0 0",
        "on_epoch_start 1 0",
        "on_batch_end 1 1",
        "on_batch_end 1 2",
        "on_epoch_end 1 2",
        "function",
        "on_epoch_start 2 2",
        "on_batch_end 2 3",
        "on_batch_end 2 4",
        "on_epoch_end 2 4",
        "function",
        "on_fit_end 2 4",
    ]


def test_a_callback_can_stop_the_training() -> None:
    """After the present epoch."""

    class Stop(Callback):
        def on_batch_end(self, training: optim.Training) -> None:
            if training.step == 3:
                training.stop()

    history = run(network(), epochs=9, batch_size=30, callbacks=[Stop()])
    assert len(history) == 2
    assert history.stopped_early


def test_on_fit_end_is_called_whatever_happens() -> None:
    """Files and bars get closed."""
    ended = []

    class End(Callback):
        def on_fit_end(self, training: optim.Training) -> None:
            ended.append(training.epoch)

    def fail(training: optim.Training) -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        run(network(), callbacks=[End(), End(), fail])
    assert ended == [1, 1]


# -- progress -------------------------------------------------------------------------------------


def test_the_bar_shows_losses_and_closes(capsys: pytest.CaptureFixture[str]) -> None:
    """Asked for, it is drawn anywhere, on standard error."""
    pytest.importorskip("tqdm")
    X, y = blobs()
    model = network()
    fit(
        model,
        nn.CrossEntropyLoss(),
        optim.Adam(model.parameters()),
        X,
        y,
        epochs=2,
        validation=(X, y),
        progress=True,
    )
    shown = capsys.readouterr().err
    assert "epoch 2" in shown
    assert "4/4" in shown
    assert "train loss" in shown
    assert "validation loss" in shown


def test_no_bar_outside_of_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """By default nothing is drawn into a file or a pipe."""
    X, y = blobs()
    model = network()
    fit(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters()), X, y, epochs=1)
    assert capsys.readouterr().err == ""


def test_a_bar_without_tqdm_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for it is an error; by default it is left out, in a terminal too."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"autograd-core\[progress\]"):
        X, y = blobs()
        model = network()
        fit(
            model,
            nn.CrossEntropyLoss(),
            optim.Adam(model.parameters()),
            X,
            y,
            epochs=1,
            progress=True,
        )
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert optim.callbacks.wants_progress(None) is False


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
    ],
)
def test_arguments_out_of_range_are_refused(settings: dict[str, Any], words: str) -> None:
    """The error names the argument; the model is as before."""
    model = network()
    before = state(model)
    X, y = blobs()
    with pytest.raises(ArgumentError, match=words):
        fit(
            model,
            nn.CrossEntropyLoss(),
            optim.Adam(model.parameters()),
            X,
            y,
            **{"epochs": 1, "progress": False, **settings},
        )
    if "accuracy" not in settings:
        assert equal(state(model), before)


def test_data_that_does_not_fit_is_refused() -> None:
    """Empty, or of different lengths."""
    model = network()
    optimizer = optim.Adam(model.parameters())
    for X, y, words in (
        (np.zeros((0, 2)), np.zeros(0, int), "empty"),
        (np.zeros((4, 2)), np.zeros(3, int), "X has 4 points"),
    ):
        with pytest.raises(ArgumentError, match=words):
            fit(model, nn.CrossEntropyLoss(), optimizer, X, y, epochs=1)


def test_an_optimizer_of_another_model_is_refused() -> None:
    """It would train nothing, without a word."""
    X, y = blobs()
    optimizer = optim.Adam(network().parameters())
    with pytest.raises(ArgumentError, match="no parameter of the model"):
        fit(network(), nn.CrossEntropyLoss(), optimizer, X, y, epochs=1)
    with pytest.raises(ArgumentError, match="the optimizer is a str"):
        fit(network(), nn.CrossEntropyLoss(), "adam", X, y, epochs=1)  # type: ignore[arg-type]


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
    model = nn.Linear(2, 1, rng=0)
    with pytest.raises(ArgumentError, match="no accuracy"):
        fit(
            model,
            nn.SquaredLoss(),
            optim.Adam(model.parameters()),
            X,
            X[:, :1],
            epochs=1,
            validation=(X, X[:, :1]),
            progress=False,
            early_stopping=EarlyStopping(monitor="validation_accuracy"),
        )
