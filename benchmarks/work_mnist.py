"""Epochs of MNIST: 784-128-10, batch 128, Adam; seconds an epoch, and accuracy after the last.

Without MNIST the digits that come with ``optim`` stand in, at their size.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.mlp_numpy import NumpyMlp
from benchmarks.results import Table
from benchmarks.timing import the_clock
from benchmarks.work_mlp import Array, Engine, Labels, disagreement, make_problem
from benchmarks.works import WORKS, factory, reason

HIDDEN, BATCH, RATE, EPOCHS = 128, 128, 0.001, 3
ENGINES = ("numpy", "compiled", "ours", "torch", "torch-fused", "torch-compile", "jax", "tinygrad")


def load() -> tuple[str, tuple[Array, Labels], tuple[Array, Labels]]:
    """A title, images and labels to train on, and those to test on."""
    import optim
    from optim.datasets.mnist import MissingDataError

    try:
        x, labels, x_test, y_test = optim.load_mnist()
        name, brightest = "MNIST", 255
    except MissingDataError:
        x, labels = optim.load_digits()
        x, labels, x_test, y_test = x[:1500], labels[:1500], x[1500:], labels[1500:]
        name, brightest = "the small digits (`make data` fetches MNIST)", 16
    x, x_test = [np.float32(a.reshape(len(a), -1)) / np.float32(brightest) for a in (x, x_test)]
    title = f"epochs of {name}, {x.shape[1]}-{HIDDEN}-10, batch {BATCH}, Adam, {EPOCHS} epochs"
    return title, (x, labels.astype(np.int64)), (x_test, y_test)


def measure_here(engines: list[str]) -> dict[str, Any]:
    """In the child: a table as a dict."""
    title, (x, labels), test = load()
    base = make_problem((x.shape[1], HIDDEN, 10), BATCH, "adam", RATE)
    problem = replace(base, batches=((x[:BATCH], labels[:BATCH]),))
    made: dict[str, Engine] = {}
    left_out = {}
    for name in ENGINES:
        if name != "numpy" and name not in engines:
            continue
        try:
            make = factory(WORKS["b"], name)
            if wrong := disagreement(make, NumpyMlp, problem):
                left_out[name] = f"disagrees, not timed: {wrong}"
            else:
                made[name] = make(problem)
        except Exception as error:
            left_out[name] = reason(error)
    clock = the_clock()
    taken: dict[str, list[float]] = {name: [] for name in made}
    rng = np.random.default_rng(0)
    for _ in range(EPOCHS):
        order = rng.permutation(len(x))
        for name, engine in made.items():
            start = clock()
            epoch(engine, x, labels, order)
            taken[name].append(clock() - start)
    notes = {
        name: f"{100 * accuracy(one.weights(), *test):.2f} % right" for name, one in made.items()
    }
    rounds = {name: tuple(values) for name, values in taken.items()}
    return Table("mnist", f"(mnist) {title}", "numpy", rounds, left_out, notes=notes).__dict__


def epoch(engine: Engine, x: Array, labels: Labels, order: Any) -> None:
    """One pass over the data; the last, short batch is left out."""
    for i in range(0, len(x) - BATCH + 1, BATCH):
        picked = order[i : i + BATCH]
        engine.step(*engine.own(x[picked], labels[picked]))


def accuracy(weights: list[Array], x: Array, labels: Any) -> float:
    """The share of the test images that the network reads."""
    W, W0, V, V0 = weights
    guesses = (np.maximum(x @ W + W0, 0) @ V + V0).argmax(axis=1)
    return float(np.mean(guesses == labels))
