"""What a record sees of the activations, and what it does when it cannot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
from optim import TrainingRecord
from optim.recording.activity import activities

from .fitting import blobs, network, run

X, Y = blobs()


def test_numbers_of_each_layer_by_hand() -> None:
    """Mean, standard deviation, dead units and saturated values."""
    W = np.array([[1.0, -1.0, 0.0], [3.0, 0.5, 0.0]])
    net = nn.Sequential(nn.Linear(2, 3, rng=0), nn.ReLU(), nn.Tanh(), nn.Sigmoid())
    net[0].W.data, net[0].W0.data = W, np.array([0.0, 0.0, -1.0])
    a = np.maximum(X @ W + [0, 0, -1], 0)
    t = np.tanh(a)
    s = 1 / (1 + np.exp(-t))
    found = activities(net, X)
    assert list(found) == ["0", "1", "2", "3"]
    for name, values in (("1", a), ("2", t), ("3", s)):
        assert found[name].mean == pytest.approx(values.mean(), rel=1e-12)
        assert found[name].spread == pytest.approx(values.std(), rel=1e-12)
    assert found["1"].dead == 1 / 3
    assert np.isnan(found["2"].dead)
    assert found["2"].saturated == (1 - t * t < 0.04).mean() > 0
    assert found["3"].saturated == (4 * s * (1 - s) < 0.04).mean()
    assert np.isnan(found["0"].saturated)


def test_functions_without_a_module() -> None:
    """A tanh in a forward, named by the layer before it; each call of a module by itself."""

    class Net(nn.Module):
        def __init__(self) -> None:
            self.hidden = nn.Linear(2, 2, rng=0)
            self.out = nn.Linear(2, 3, rng=1)

        def forward(self, x: Any) -> Any:
            x = nn.functional.tanh(self.hidden(x))
            x = nn.functional.relu(self.hidden(x))
            return self.out(x)

    net = Net()
    found = activities(net, X)
    assert set(found) == {"hidden", "hidden (2)", "out", "hidden → tanh", "hidden (2) → relu"}
    h = np.tanh(X @ net.hidden.W.numpy() + net.hidden.W0.numpy())
    assert found["hidden → tanh"].mean == pytest.approx(h.mean(), rel=1e-12)
    assert not np.isnan(found["hidden (2) → relu"].dead)


def test_the_probe_and_the_mode() -> None:
    """Other points than those of the batch, and the mode in which the model is."""
    probe = X[:7] * 3
    model = nn.Sequential(nn.Linear(2, 4, rng=0), nn.Dropout(0.5, rng=0))
    record = TrainingRecord(every=1, probe=probe)
    model.eval()
    record.step(1.0, model)
    z = probe @ model[0].W.numpy() + model[0].W0.numpy()
    assert record.history["spread/1"][0] == pytest.approx(z.std(), rel=1e-12)
    model.train()
    record.step(1.0, model)
    assert record.history["spread/1"][1] != pytest.approx(z.std(), rel=1e-3)


def test_integers_that_are_looked_up() -> None:
    """A model of integers is watched too."""

    class Embedding(nn.Module):
        integer_inputs = True

        def __init__(self) -> None:
            self.W = nn.Parameter(np.arange(6.0).reshape(3, 2))

        def forward(self, i: Any) -> Any:
            return self.W[i]

    found = activities(nn.Sequential(Embedding(), nn.Tanh()), np.array([0, 2]))
    assert found["0"].mean == 2.5


def test_none_where_none_are_wanted_or_known() -> None:
    """activations=False, and a loop that gives no inputs."""
    off = TrainingRecord(every=1, activations=False)
    run(network(), callbacks=[off])
    assert off.watched == []
    blind = TrainingRecord(every=1)
    blind.step(1.0, network())
    assert blind.watched == []
    assert blind.layers == ["0", "2"]


def test_a_model_that_cannot_be_run_once_more() -> None:
    """The training goes on, and the record says what it does not see."""

    class Once(nn.Module):
        def __init__(self) -> None:
            self.inner = network()
            self.calls: list[Any] = []

        def forward(self, x: Any) -> Any:
            raise_now = self.calls and self.calls[0][0]
            if raise_now:
                raise RuntimeError("once only")
            return self.inner(x)

    model = Once()
    record = TrainingRecord(every=1)
    record.step(1.0, model, None, X)
    model.calls = [[True]]
    record.step(1.0, model, None, X)
    record.step(1.0, model, None, X)
    assert record.steps == 3
    assert len(record.notes) == 1
    assert "not seen from step 2 on" in repr(record)
    assert "once only" in record.notes[0]
    assert np.isnan(record.history["mean/inner.0"]).tolist() == [False, True, True]
