"""Train the chapter's network on real handwritten digits, and see what it learned.

Run ``make demo``, or ``python examples/digits.py``. It prints the accuracies and a confusion table,
and writes the learning curves, some wrongly read digits, the computation graph, and the trained
model to the folder ``out``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import autograd_core as ag
import nn
import optim


class Data(NamedTuple):
    """The digits in three parts, each a pair of images and labels."""

    train: tuple[Any, Any]
    validation: tuple[Any, Any]
    test: tuple[Any, Any]


def load(rng: np.random.Generator) -> Data:
    """64 % to train on, 16 % to decide when to stop, 20 % to test; each with all the classes."""
    X, y = optim.load_digits()
    rest, test = optim.train_validation_split(X / 16, y, 0.2, rng=rng, stratify=True)
    train, validation = optim.train_validation_split(*rest, 0.2, rng=rng, stratify=True)
    return Data(train, validation, test)


def network(rng: np.random.Generator) -> nn.Sequential:
    """64 pixels, 100 ReLU units, 10 digits; the softmax is in the loss, where it is stable."""
    return nn.Sequential(nn.Linear(64, 100, rng=rng), nn.ReLU(), nn.Linear(100, 10, rng=rng))


def train(model: nn.Module, data: Data, epochs: int, rng: np.random.Generator) -> Any:
    """Mini-batches of 32, Adam, and the weights of the best epoch on the validation set."""
    optimizer = optim.Adam(model.parameters(), lr=0.003)
    history = optim.fit(
        model,
        nn.CrossEntropyLoss(),
        optimizer,
        *data.train,
        epochs=epochs,
        batch_size=32,
        validation=data.validation,
        early_stopping=optim.EarlyStopping(patience=20),
        input_noise=0.1,
        rng=rng,
        progress=True,
    )
    return optimizer, history


def report(model: nn.Module, data: Data) -> dict[str, float]:
    """Print how well the model reads each part of the data."""
    shares = {}
    for name, (X, y) in data._asdict().items():
        shares[name] = optim.accuracy(optim.predict(model, X), y)
        print(f"{name:<10} {len(y):5} digits  {100 * shares[name]:6.2f} % read correctly")
    X, y = data.test
    print("\nTest digits, by what they are and what they were read as:\n")
    print(optim.confusion_table(optim.confusion_matrix(optim.predict(model, X), y)))
    return shares


def save_and_read_back(path: Path, model: nn.Module, optimizer: Any, X: Any) -> None:
    """Store model and optimizer, load them into new ones, and make sure that nothing changed."""
    ag.save(path, {"model": model.state_dict(), "optimizer": optimizer.state_dict()})
    stored = ag.load(path)
    again = network(np.random.default_rng())
    again.load_state_dict(stored["model"])
    optim.Adam(again.parameters()).load_state_dict(stored["optimizer"])
    if not np.array_equal(optim.predict(again, X), optim.predict(model, X)):
        raise RuntimeError(f"the model that was read back from {path} predicts otherwise")


def draw_graph(path: Path, model: nn.Module, data: Data) -> None:
    """The computation graph of the loss of four digits, after its backward pass."""
    X, y = data.test
    loss = nn.CrossEntropyLoss()(model(ag.Tensor(X[:4], name="x")), y[:4])
    model.zero_grad()
    loss.backward()
    loss.name = "loss"
    ag.draw(loss).save(path)


def plot_curves(path: Path, history: optim.History) -> None:
    """Losses and accuracies by epoch."""
    figure = new_figure(9, 3.6)
    axes = optim.plots.plot_learning_curves(history, ax=figure.subplots(1, 2))
    axes[0].set_xlabel("epoch (dashed: the best one, whose weights are kept)")
    figure.savefig(path)


def plot_mistakes(path: Path, model: nn.Module, data: Data, count: int = 12) -> None:
    """Test digits that were read wrongly, or the least certain ones if there are too few."""
    X, y = data.test
    logits = optim.predict(model, X)
    sure = ag.softmax(logits, axis=1)[np.arange(len(y)), y]
    figure = new_figure(9, 3.6)
    for place, i in enumerate(np.argsort(sure)[:count], start=1):
        axes = figure.add_subplot(2, count // 2, place)
        axes.imshow(X[i].reshape(8, 8), cmap="gray_r")
        axes.set_axis_off()
        guess = int(np.argmax(logits[i]))
        color = "black" if guess == y[i] else "firebrick"
        axes.set_title(f"{y[i]} read as {guess}", fontsize=9, color=color)
    figure.savefig(path)


def new_figure(width: float, height: float) -> Any:
    """An empty figure of matplotlib that needs no screen."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ag.MissingExtraError("matplotlib", "demo", "the pictures of the demo") from None
    return Figure(figsize=(width, height), layout="constrained", dpi=120)


def main(arguments: list[str] | None = None) -> dict[str, float]:
    """Load, train, report, store, draw; returns the accuracies."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder of the results")
    parser.add_argument("--epochs", type=int, default=100, help="epochs at most")
    parser.add_argument("--seed", type=int, default=0, help="of every random draw")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    begun = time.perf_counter()

    rng = np.random.default_rng(options.seed)
    data = load(rng)
    model = network(rng)
    print(f"{model}\n")
    optimizer, history = train(model, data, options.epochs, rng)
    print(f"\n{len(history)} epochs; the weights of epoch {history.best_epoch} are kept\n")
    shares = report(model, data)

    files = {
        "learning curves": options.out / "learning_curves.png",
        "digits hard to read": options.out / "mistakes.png",
        "computation graph": options.out / "graph.svg",
        "model and optimizer": options.out / "digits.agc",
    }
    plot_curves(files["learning curves"], history)
    plot_mistakes(files["digits hard to read"], model, data)
    draw_graph(files["computation graph"], model, data)
    save_and_read_back(files["model and optimizer"], model, optimizer, data.test[0])
    print()
    for what, path in files.items():
        print(f"{what:<20} {path.resolve()}")
    seconds = time.perf_counter() - begun
    print(f"\nThe stored model was read back and predicts the same. All took {seconds:.1f} s.")
    return shares


if __name__ == "__main__":
    main()
