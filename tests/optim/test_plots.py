"""Pictures of records and of decision boundaries with matplotlib."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import pytest

import nn
from autograd_core import ArgumentError, MissingExtraError, ShapeError
from optim import History, TrainingRecord, plots

from .fitting import blobs, equal, network, run, state
from .recorded import recorded

pytest.importorskip("matplotlib")
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

X, Y = blobs()


def words(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.texts]


def two_axes() -> Any:
    return Figure().subplots(1, 2)


# -- records -------------------------------------------------------------------------------------


def test_all_charts_of_a_record() -> None:
    """Each with the recorded numbers, and the names at the ends of the lines."""
    record = recorded(every=1)
    axes = record.plot()
    assert [ax.get_title(loc="left") for ax in axes] == [
        "Loss", "Accuracy", "Gradient norm by layer", "Update / weight by layer",
        "Spread of activations", "Dead units, saturated values"]  # fmt: skip
    found = record.history
    loss, _, gradients, updates, spread, units = axes
    np.testing.assert_array_equal(loss.lines[1].get_ydata(), found["train_loss"])
    np.testing.assert_array_equal(loss.lines[2].get_ydata(), found["validation_loss"])
    np.testing.assert_array_equal(gradients.lines[2].get_ydata(), found["gradient_norm/4"])
    np.testing.assert_array_equal(updates.lines[0].get_xdata(), found["step"])
    np.testing.assert_array_equal(spread.lines[5].get_ydata(), found["spread/5"])
    np.testing.assert_array_equal(units.lines[1].get_ydata(), found["saturated/5"])
    assert {"training", "validation"} <= set(words(loss))
    assert {"0 Linear", "2 BatchNorm"} <= set(words(gradients))
    assert gradients.get_yscale() == "log"
    axes[0].figure.canvas.draw()


def test_one_chart_on_given_axes() -> None:
    """Some layers only; the axes are those that were given, and nothing else is touched."""
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    record = recorded(every=1)
    first, second = two_axes()
    assert record.plot("gradients", ax=first, layers=["0", "6"]) is first
    assert set(words(first)) == {"0 Linear", "6 Linear"}
    pair = record.plot("loss", "units", ax=[first, second])
    assert pair == [first, second]
    assert dict(mpl.rcParams) == before


def test_names_stay_with_their_lines() -> None:
    """Whatever limits and scale the axes get afterwards."""
    record = TrainingRecord(every=1)
    for i in range(3):
        record.step(1.0 + i)
        record.epoch(validation_loss=10.0)
    ax = record.plot("loss")
    ax.set(yscale="linear", ylim=(0, 100))
    ax.figure.canvas.draw()
    ends = {text.get_text(): text.xy[1] for text in ax.texts}
    assert ends == {"training": 3.0, "validation": 10.0}


def test_the_best_epoch_is_marked() -> None:
    """In both learning curves."""
    record = recorded()
    for ax in record.plot("loss", "accuracy"):
        assert f"best: epoch {record.best_epoch}" in words(ax)


def test_gaps_and_lone_points() -> None:
    """What is not finite is a gap; a point alone is a dot."""
    record = TrainingRecord(every=1)
    for value in (np.nan, 2.0, np.inf, 1.5, 1.25):
        record.step(value)
    (line,) = record.plot("loss").lines
    np.testing.assert_array_equal(line.get_ydata(), [np.nan, 2, np.nan, 1.5, 1.25])
    assert line.get_marker() == "."


def test_learning_curves_of_a_history() -> None:
    """Of `fit`, with or without accuracies, and of a record."""
    record = TrainingRecord()
    history = run(network(), validation=blobs(30, 1), callbacks=[record])
    loss, share = plots.plot_learning_curves(history)
    np.testing.assert_array_equal(loss.lines[0].get_ydata(), history.train_loss)
    np.testing.assert_array_equal(share.lines[1].get_ydata(), history.validation_accuracy)
    assert len(plots.plot_learning_curves(record)) == 2
    regression = run(nn.Linear(2, 1, rng=0), (X, X[:, :1]), loss=nn.SquaredLoss())
    assert len(plots.plot_learning_curves(regression)) == 1


def test_what_cannot_be_plotted() -> None:
    """Errors that name what there is."""
    record = recorded(activations=False)
    with pytest.raises(ArgumentError, match="one of 'loss', 'accuracy', 'gradients'"):
        record.plot("weights")
    with pytest.raises(ArgumentError, match="nothing was recorded of 'units' yet; there are loss"):
        record.plot("units")
    with pytest.raises(ArgumentError, match="no layer 'x'; there are '0', '2'"):
        record.plot(layers=["x"])
    with pytest.raises(ArgumentError, match="2 things; 1 Axes are needed"):
        record.plot("loss", ax=two_axes())
    with pytest.raises(ArgumentError, match="1 Axes are needed"):
        record.plot("loss", ax="here")
    with pytest.raises(ArgumentError, match="nothing was recorded of anything"):
        TrainingRecord().plot()
    with pytest.raises(ArgumentError, match="there is no epoch"):
        plots.plot_learning_curves(History())
    with pytest.raises(ArgumentError, match="neither a History"):
        plots.plot_learning_curves([1.0])  # type: ignore[arg-type]


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """For each picture; the charts as SVG need nothing."""
    plain = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return plain(name, *rest)

    record = recorded()
    monkeypatch.setattr(builtins, "__import__", without)
    for draw in (
        record.plot,
        lambda: plots.plot_decision_boundary(network(), X, Y),
        lambda: plots.plot_loss_slice(network(), nn.CrossEntropyLoss(), X, Y),
    ):
        with pytest.raises(MissingExtraError, match=r"autograd-core\[plot\]"):
            draw()
    assert record.svg().startswith("<svg")


# -- decision boundaries -------------------------------------------------------------------------


def test_the_shades_are_the_probabilities() -> None:
    """At each place the colour of the most probable class, as deep as it is sure."""
    model = network()
    run(model, epochs=40, lr=0.05)
    ax = plots.plot_decision_boundary(model, X, Y, resolution=20, classes=["a", "b", "$c$"])
    image = ax.images[0].get_array()
    across = np.linspace(*ax.get_xlim(), 20)
    upright = np.linspace(*ax.get_ylim(), 20)
    place = np.array([[across[4], upright[13]]])
    z = model(place).numpy()[0]
    p = np.exp(z) / np.exp(z).sum()
    k = int(p.argmax())
    tint = np.array([(0, 0x72, 0xB2), (0xD5, 0x5E, 0), (0, 0x9E, 0x73)][k]) / 255
    depth = 0.08 + 0.47 * (p[k] - 1 / 3) / (2 / 3)
    np.testing.assert_allclose(image[13, 4], 1 - depth * (1 - tint), atol=1e-9)
    assert words(ax) == ["a", "b", r"\$c\$"]
    black = [c for c in ax.collections if len(c.get_edgecolors())
             and to_hex(c.get_edgecolors()[0]) == "#000000"]  # fmt: skip
    wrong = sum(len(c.get_offsets()) for c in black)
    assert wrong == (model(X).numpy().argmax(axis=1) != Y).sum()
    ax.figure.canvas.draw()


@pytest.mark.parametrize("labels", [(0, 1), (-1, 1)])
@pytest.mark.parametrize("column", [True, False])
def test_two_classes_and_one_score(labels: tuple[int, int], column: bool) -> None:
    """Logits or probabilities, and labels 0 and 1 or −1 and 1."""
    y = np.where(Y == 0, *labels)
    y = y[:, None] if column else y
    line = nn.Linear(2, 1, rng=0)
    images = [
        np.array(plots.plot_decision_boundary(model, X, y, resolution=8, outputs=how)
                 .images[0].get_array())
        for model, how in (
            (line, "logits"),
            (nn.Sequential(line, nn.Sigmoid()), "probabilities"),
            (nn.Sequential(line, nn.Sigmoid()), "auto"),
        )
    ]  # fmt: skip
    np.testing.assert_allclose(images[0], images[1], atol=1e-12)
    np.testing.assert_allclose(images[1], images[2], atol=0)


def test_the_model_is_left_as_it_was() -> None:
    """Modes, buffers, generators and weights, also after an error."""
    model = nn.Sequential(nn.Linear(2, 6, rng=0), nn.BatchNorm(6), nn.Dropout(0.5, rng=0),
                          nn.Linear(6, 3, rng=1))  # fmt: skip
    model[1].training = False
    before = state(model)
    plots.plot_decision_boundary(model, X, np.eye(3)[Y], resolution=5)

    class Broken(nn.Module):
        def __init__(self) -> None:
            self.inner = model

        def forward(self, x: Any) -> Any:
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        plots.plot_decision_boundary(Broken(), X, Y)
    assert equal(state(model), before)
    assert [m.training for m in model] == [True, False, True, True]
    twin = nn.Dropout(0.5, rng=0)
    np.testing.assert_array_equal(model[2](np.ones((3, 6))).numpy(), twin(np.ones((3, 6))).numpy())


@pytest.mark.parametrize(
    ("change", "kind", "match"),
    [
        ({"X": np.ones((60, 3))}, ShapeError, r"\(60, 3\); it must be \(n, 2\)"),
        ({"X": np.full((60, 2), np.nan)}, ArgumentError, "finite"),
        ({"y": Y[:7]}, ShapeError, "a label for each of the 60 points"),
        ({"y": Y + 0.5}, ArgumentError, "class indices"),
        ({"y": Y - 1}, ArgumentError, "other classes than −1 and 1"),
        ({"y": Y * 3}, ShapeError, "gives 3 scores, and y has the class 6"),
        ({"outputs": "scores"}, ArgumentError, "one of 'auto'"),
        ({"classes": ["a"]}, ArgumentError, "1 names for 3 classes"),
        ({"resolution": 1}, ArgumentError, "resolution is 1"),
        ({"model": lambda x: x / 0.0}, ArgumentError, "NaN or infinity on the plane"),
        ({"model": lambda x: x.sum()}, ShapeError, "a row for each"),
        ({"model": lambda x: x[:3]}, ShapeError, "a row for each"),
        ({"model": lambda x: x.reshape(-1, 2, 1)}, ShapeError, r"\(n, K\), a score"),
    ],
)
def test_boundaries_that_cannot_be_drawn(
    change: dict[str, Any], kind: type[Exception], match: str
) -> None:
    """Shapes, labels and settings."""
    given = {"model": network(), "X": X, "y": Y, **change}
    with np.errstate(all="ignore"), pytest.raises(kind, match=match):
        plots.plot_decision_boundary(given.pop("model"), given.pop("X"), given.pop("y"), **given)


def test_a_constant_model_and_a_constant_feature() -> None:
    """No line, no range: still a picture."""
    flat = np.stack([X[:, 0], np.ones(60)], axis=1)
    ax = plots.plot_decision_boundary(lambda x: x * 0.0, flat, Y * 0, resolution=4)
    ax.figure.canvas.draw()
