"""Slices of a loss through the weights of a model, and the ways of optimizers on them."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd_core import ArgumentError, ShapeError
from optim import TrainingRecord
from optim.plots import LossSlice, loss_slice, plot_loss_slice
from optim.recording.weight_path import flat_weights

from .fitting import blobs, equal, network, run, state
from .recorded import by_hand, deep

pytest.importorskip("matplotlib")

X, Y = blobs()
CE = nn.CrossEntropyLoss()


def at(model: nn.Module, flat: Any) -> float:
    """The loss of a network of the same kind with other weights, in NumPy."""
    W, b, V, c = (p.numpy() for p in model.parameters())
    parts, start = [], 0
    for p in (W, b, V, c):
        parts.append(flat[start : start + p.size].reshape(p.shape))
        start += p.size
    W, b, V, c = parts
    z = np.maximum(X @ W + b, 0) @ V + c
    return float((np.log(np.exp(z).sum(axis=1)) - z[np.arange(60), Y]).mean())


def test_values_are_losses_of_moved_weights() -> None:
    """Over two given directions, against NumPy."""
    model = network()
    rng = np.random.default_rng(0)
    w = flat_weights("", model)
    d = rng.standard_normal((2, w.size))
    found = loss_slice(model, CE, X, Y, directions=d, span=((-1, 1), (0, 2)), points=4)
    expected = [[at(model, w + a * d[0] + b * d[1]) for a in found.axes[0]] for b in found.axes[1]]
    np.testing.assert_allclose(found.values, expected, rtol=1e-12)
    assert found.axes[1].tolist() == [0, 2 / 3, 4 / 3, 2]


def test_random_directions_are_as_long_as_the_weights() -> None:
    """Each column of each matrix; offsets stay. The recipe of Li and others, by hand."""
    from optim.plots.directions import directions_of
    from optim.recording.weight_path import parameters_of

    model = network()
    named = parameters_of("", model)
    found = directions_of("random", 2, named, flat_weights("", model), {}, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    for vector in found.vectors:
        start = 0
        for _, p in named:
            part = vector[start : start + p.size].reshape(p.shape)
            start += p.size
            d = rng.standard_normal(p.shape)
            if p.ndim < 2:
                assert not part.any()
                continue
            lengths = np.linalg.norm(part, axis=0)
            np.testing.assert_allclose(lengths, np.linalg.norm(p.numpy(), axis=0), rtol=1e-12)
            np.testing.assert_allclose(part / lengths, d / np.linalg.norm(d, axis=0), rtol=1e-12)


def test_the_middle_is_the_trained_loss() -> None:
    """At 0 the loss is that which `evaluate` finds, in evaluation mode."""
    model = deep()
    run(model, epochs=5)
    found = loss_slice(model, CE, X, Y, dimensions=1, points=3)
    assert found.values[1] == optim.evaluate(model, CE, X, Y)[0]
    assert found.values.shape == (3,)
    assert "1 direction" not in repr(found)
    assert "3 places along random direction 1" in repr(found)


def test_principal_directions_by_scikit_learn() -> None:
    """Of a path that ends in the model; its coordinates, and how much of it is seen."""
    decomposition = pytest.importorskip("sklearn.decomposition")
    record = TrainingRecord(every=1, keep_weights=True)
    model, _ = by_hand(record, 30)
    found = loss_slice(model, CE, X, Y, directions="path", paths={"SGD": record}, points=3)
    rows = record.path - flat_weights("", model)
    theirs = decomposition.TruncatedSVD(2, algorithm="arpack").fit(rows)
    places = theirs.transform(rows)
    np.testing.assert_allclose(np.abs(found.paths["SGD"]), np.abs(places), atol=1e-8)
    share = (places**2).sum() / (rows**2).sum()
    assert found.inside["SGD"] == pytest.approx(share, rel=1e-9)
    assert share > 0.9
    np.testing.assert_allclose(found.paths["SGD"][-1], 0, atol=1e-12)


def test_two_weights_and_a_path_that_lies_in_their_plane() -> None:
    """Axes are the weights themselves; the loss under the way is that of the training."""
    x, y = X[:, :1], (Y == 1)[:, None] * 1.0
    unit = nn.Linear(1, 1, rng=0)
    record = TrainingRecord(every=1, keep_weights=True)
    history = run(unit, (x, y), loss=nn.BCEWithLogitsLoss(), mode="batch", epochs=12,
                  optimizer=optim.SGD(unit.parameters(), lr=0.5), callbacks=[record])  # fmt: skip
    found = loss_slice(unit, nn.BCEWithLogitsLoss(), x, y, directions=("W[0, 0]", "W0[0]"),
                       paths={"SGD": record}, points=5)  # fmt: skip
    np.testing.assert_allclose(found.paths["SGD"], record.path, atol=1e-12)
    assert found.inside == {"SGD": pytest.approx(1.0)}
    assert found.labels == ("W[0, 0]", "W0[0]")
    np.testing.assert_array_equal(found.centre, [unit.W.item(), unit.W0.item()])
    z = x * found.axes[0][3] + found.axes[1][1]
    expected = (np.logaddexp(0, z) - y * z).mean()
    assert found.values[1, 3] == pytest.approx(expected, rel=1e-12)
    w, w0 = record.path[4]
    z = x * w + w0
    assert history.train_loss[4] == pytest.approx((np.logaddexp(0, z) - y * z).mean(), rel=1e-12)


def test_a_loss_of_the_model_itself() -> None:
    """Without data any function of the model will do, and the original's weights stand still."""
    model = nn.Linear(2, 2, rng=0)
    found = loss_slice(model, lambda m: (m.W**2).sum(), directions="W[1, 0]", span=(-1, 1),
                       points=3)  # fmt: skip
    rest = (model.W.numpy() ** 2).sum() - model.W.numpy()[1, 0] ** 2
    np.testing.assert_allclose(found.values, [rest + 1, rest, rest + 1], rtol=1e-12)


def test_the_model_is_as_it_was() -> None:
    """Weights, versions, modes, buffers, generators and gradients, also after an error."""
    model = deep()
    loss = CE(model(X), Y)
    before, modes = state(model), [m.training for m in model.modules()]
    draws = model[3].__dict__
    generator = next(v for v in draws.values() if isinstance(v, np.random.Generator))
    kept = generator.bit_generator.state
    plot_loss_slice(model, CE, X, Y, points=3)
    calls = []

    def fails(m: Any) -> Any:
        calls.append(m)
        if len(calls) == 4:
            raise RuntimeError("at the fourth place")
        return (m(X) ** 2).sum()

    with pytest.raises(RuntimeError, match="fourth"):
        loss_slice(model, fails, points=3)
    with pytest.raises(KeyboardInterrupt):
        loss_slice(model, lambda m: (_ for _ in ()).throw(KeyboardInterrupt), points=3)
    assert equal(state(model), before)
    assert [m.training for m in model.modules()] == modes
    assert generator.bit_generator.state == kept
    assert all(p.grad is None for p in model.parameters())
    loss.backward()  # nothing that it saved was changed


def test_float32_stays() -> None:
    """The copy computes in the model's dtype."""
    model = network(dtype="float32")
    found = loss_slice(model, CE, X, Y, points=3)
    assert found.values[1, 1] == pytest.approx(optim.evaluate(model, CE, X, Y)[0], rel=1e-6)


# -- pictures ------------------------------------------------------------------------------------


def test_the_picture_of_a_plane() -> None:
    """Lines of equal loss, a cross at the model, ways from an open dot to a full one."""
    records = {}
    for name, lr in (("slow", 0.02), ("$fast$", 0.5)):
        model = network()
        records[name] = TrainingRecord(every=1, keep_weights=True)
        run(model, optimizer=optim.SGD(model.parameters(), lr=lr), epochs=6,
            callbacks=[records[name]])  # fmt: skip
    ax = plot_loss_slice(model, CE, X, Y, directions="path", paths=records, points=9)
    assert {"slow", r"\$fast\$"} <= {text.get_text() for text in ax.texts}
    assert "principal direction 1" in ax.get_xlabel()
    ways = [line for line in ax.lines if line.get_label() in ("slow", r"\$fast\$")]
    found = loss_slice(model, CE, X, Y, directions="path", paths=records, points=3)
    np.testing.assert_allclose(ways[0].get_xydata(), found.paths["slow"], atol=1e-12)
    assert any("this slice holds" in text.get_text() for text in ax.texts) == (
        min(found.inside.values()) < 0.99
    )
    ax.figure.canvas.draw()


def test_the_picture_of_a_line() -> None:
    """The loss along it, the ways as dots on it."""
    record = TrainingRecord(every=1, keep_weights=True)
    model, _ = by_hand(record, 10)
    ax = plot_loss_slice(model, CE, X, Y, directions="path", dimensions=1, points=11,
                         paths={"SGD": record})  # fmt: skip
    assert ax.get_ylabel() == "loss"
    assert len(ax.lines[0].get_xdata()) == 11
    assert ax.lines[2].get_xdata()[-1] == pytest.approx(0)
    ax.figure.canvas.draw()


@pytest.mark.parametrize("shape", [(5,), (5, 4)])
@pytest.mark.parametrize("fill", [np.nan, 1.0, 0.0])
def test_losses_without_a_number_or_without_a_slope(shape: tuple[int, ...], fill: float) -> None:
    """Are drawn and said."""
    values = np.full(shape, fill)
    values.flat[3] = np.inf
    axes = tuple(np.linspace(0, 1, n) for n in reversed(shape))
    ax = LossSlice(axes, values, ("a", "b")[: len(shape)], np.zeros(len(shape))).plot()
    bad = values.size if np.isnan(fill) else 1
    assert f"not finite at {bad} of {values.size} places" in [t.get_text() for t in ax.texts]
    ax.figure.canvas.draw()


# -- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "kind", "match"),
    [
        ({"directions": "best"}, ArgumentError, "no parameter 'best'; there are '0.W', '0.W0'"),
        ({"directions": "0.W[9, 0]"}, ArgumentError, r"no single weight; '0.W' has shape \(2, 8\)"),
        ({"directions": "0.W"}, ArgumentError, "no single weight"),
        ({"directions": ("0.W[0, 0]", "0.W[0,0]")}, ArgumentError, "same weight"),
        ({"directions": ()}, ArgumentError, "0 directions"),
        ({"directions": [np.ones(3)]}, ShapeError, "a direction has 3 numbers"),
        ({"directions": [np.ones(51), -np.ones(51)]}, ArgumentError, "parallel"),
        ({"directions": [np.zeros(51)]}, ArgumentError, "zero or not finite"),
        ({"directions": "path"}, ArgumentError, "needs paths="),
        ({"directions": "path", "paths": {"a": np.ones((2, 51))}}, ArgumentError, "2 directions"),
        ({"dimensions": 3}, ArgumentError, "must be 1 or 2"),
        ({"span": (1, 0)}, ArgumentError, "span is"),
        ({"span": "far"}, ArgumentError, "span is"),
        ({"points": 1}, ArgumentError, "points is 1"),
        ({"paths": [1]}, ArgumentError, "give a dict"),
        ({"paths": {"a": np.ones((2, 3))}}, ShapeError, r"must be \(n, 51\)"),
        ({"paths": {"a": np.full((2, 51), np.nan)}}, ArgumentError, "holds NaN"),
        ({"paths": {"a": TrainingRecord()}}, ArgumentError, "keep_weights=True"),
    ],
)
def test_what_cannot_be_sliced(options: dict[str, Any], kind: type[Exception], match: str) -> None:
    """Said before anything is computed."""
    with pytest.raises(kind, match=match):
        loss_slice(network(), CE, X, Y, **options)


def test_models_that_cannot() -> None:
    """No module, no weights, NaN in them, not to be copied, half of the data."""
    nan = network()
    nan[0].W.data = np.full((2, 8), np.nan)
    locked = network()
    locked.lock = threading.Lock()
    for model, match in (
        (lambda x: x, "give a Module"),
        (nn.ReLU(), "no parameters"),
        (nan, "NaN or infinite"),
        (locked, "cannot be copied"),
        (nn.Linear, "class Linear"),
    ):
        with pytest.raises(ArgumentError, match=match):
            loss_slice(model, CE, X, Y, points=2)
    with pytest.raises(ArgumentError, match="X and y, or neither"):
        loss_slice(network(), CE, X)
