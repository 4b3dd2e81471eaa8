"""Callbacks of `fit`, and its progress bar."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

import pytest

import nn
import optim
from autograd_core import MissingExtraError
from optim import Callback
from optim.callbacks import wants_progress

from .fitting import blobs, network, run


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


def test_a_callback_sees_the_run() -> None:
    """Model, optimizer, history, and the loss of the last mini-batch."""
    seen: list[Any] = []

    class Look(Callback):
        def on_batch_end(self, training: optim.Training) -> None:
            seen.append((training.batch_loss, training.steps_per_epoch, len(training.history)))

    history = run(network(), epochs=2, mode="batch", callbacks=[Look()])
    assert seen == [(history.train_loss[0], 1, 0), (history.train_loss[1], 1, 1)]


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
    """Files and bars get closed, each of them."""
    ended = []

    class End(Callback):
        def on_fit_end(self, training: optim.Training) -> None:
            ended.append(training.epoch)
            raise RuntimeError("one that fails keeps no other from its end")

    def fail(training: optim.Training) -> None:
        raise ValueError("no")

    with pytest.raises(RuntimeError):
        run(network(), callbacks=[End(), End(), fail])
    assert ended == [1, 1]


def test_the_bar_shows_losses_and_closes(capsys: pytest.CaptureFixture[str]) -> None:
    """Asked for, it is drawn anywhere, on standard error."""
    pytest.importorskip("tqdm")
    run(network(), epochs=2, validation=blobs(), progress=True)
    shown = capsys.readouterr().err
    for words in ("epoch 2", "4/4", "train loss", "validation loss", " %)"):
        assert words in shown


def test_the_bar_leaves_out_what_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    """No validation, no accuracy."""
    pytest.importorskip("tqdm")
    X, _ = blobs()
    run(nn.Linear(2, 1, rng=0), (X, X[:, :1]), loss=nn.SquaredLoss(), progress=True)
    shown = capsys.readouterr().err
    assert "train loss" in shown
    assert "validation" not in shown
    assert "nan" not in shown


def test_no_bar_outside_of_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """By default nothing is drawn into a file or a pipe."""
    run(network(), progress=None)
    assert capsys.readouterr().err == ""


def test_a_bar_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """By default it is there, if tqdm is."""
    pytest.importorskip("tqdm")
    assert wants_progress(None) is False
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert wants_progress(None) is True
    assert wants_progress(False) is False
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert wants_progress(None) is False


def test_a_bar_without_tqdm_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for, it is an error that says what to install."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"autograd-core\[progress\]"):
        run(network(), progress=True)
