"""Train a network of 784, 128 and 10 units on the whole of MNIST.

Run ``make data`` once, which brings the files into the cache, then ``python examples/mnist.py``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

import nn
import optim
from optim.datasets.mnist import MissingDataError


def main(arguments: list[str] | None = None) -> float:
    """Train and test; returns the test accuracy."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, help="folder of the four unpacked IDX files")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    begun = time.perf_counter()
    try:
        x_train, y_train, x_test, y_test = optim.load_mnist(options.data)
    except MissingDataError as error:
        raise SystemExit(f"{error}") from None

    rng = np.random.default_rng(options.seed)
    model = nn.Sequential(
        nn.Linear(784, 128, rng=rng), nn.ReLU(), nn.Linear(128, 10, rng=rng)
    ).astype("float32")
    batch_size = 128
    steps = options.epochs * -(-len(x_train) // batch_size)
    history = optim.fit(
        model,
        nn.CrossEntropyLoss(),
        optim.Adam(model.parameters(), lr=optim.Cosine(0.003, steps, final=1e-4)),
        x_train / 255,
        y_train,
        epochs=options.epochs,
        batch_size=batch_size,
        validation=(x_test / 255, y_test),
        rng=rng,
    )
    for epoch in range(len(history)):
        print(
            f"epoch {epoch + 1}: training loss {history.train_loss[epoch]:.4f}, "
            f"test accuracy {100 * history.validation_accuracy[epoch]:.2f} % "
            f"({history.seconds[epoch]:.1f} s)"
        )
    guesses = optim.predict(model, x_test / 255)
    share = optim.accuracy(guesses, y_test)
    print()
    print(optim.confusion_table(optim.confusion_matrix(guesses, y_test)))
    print(
        f"\n{100 * share:.2f} % of {len(y_test)} test digits read correctly after "
        f"{options.epochs} epochs, {time.perf_counter() - begun:.0f} s"
    )
    return share


if __name__ == "__main__":
    main()
