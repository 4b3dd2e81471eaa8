"""Data, tables and exercises of section 2, networks. Its pictures: ``section_2_pictures``."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_core as ag
import nn
import optim

from .exercises import Exercise
from .page import Page
from .section_2_pictures import features as features
from .section_2_pictures import moving as moving
from .section_2_pictures import regions as regions

Array = NDArray[Any]

SPECIES = ("setosa", "versicolor", "virginica")


def iris(columns: slice = slice(None)) -> tuple[Array, Array]:
    """Four measurements of 150 irises, standardized, and the species as 0, 1, 2.

    Parameters
    ----------
    columns : slice, optional
        Of the measurements: sepal length, sepal width, petal length, petal width.

    Returns
    -------
    X : ndarray of shape (150, number of columns)
    species : ndarray of shape (150,)
    """
    from sklearn.datasets import load_iris

    data = load_iris()
    X = data.data[:, columns]
    return optim.standardize(X)(X), data.target


def petals() -> tuple[Array, Array]:
    """Length and width of the petals, standardized, and 1 for the species in the middle."""
    X, species = iris(slice(2, 4))
    return X, (species == 1).astype(float)[:, None]


def shapes(layer: nn.Linear, x: Any) -> Page:
    """What a layer holds and makes, with its shape in the chapter and in the code.

    Parameters
    ----------
    layer : Linear
        With offsets.
    x : array_like of shape (batch, m)
    """
    z = layer(x)
    m, n = layer.W.shape
    rows = [
        ("W", (m, n), "layer.W", layer.W.shape),
        ("W_0", (n, 1), "layer.W0", layer.W0.shape if layer.W0 is not None else ()),
        ("X", (m, 1), "x", np.shape(x)),
        ("Z", (n, 1), "layer(x)", z.shape),
        ("A", (n, 1), "f(layer(x))", z.shape),
    ]
    head = ["| | in the chapter | in the code | of shape |", "|---|---|---|---|"]
    lines = [f"| ${s}$ | {b[0]} × {b[1]} | `{code}` | {h} |" for s, b, code, h in rows]
    text = [f"{s:4} {b[0]} × {b[1]}   {code:12} {h}" for s, b, code, h in rows]
    return Page("\n".join(text), "\n".join([*head, *lines]))


def trained(model: nn.Module, X: Array, y: Array, epochs: list[int]) -> list[tuple[int, nn.Module]]:
    """Train on NLL by Adam, with copies of the model after some of the epochs.

    Parameters
    ----------
    model : Module
        With a sigmoid at its end; it is trained on the spot.
    X, y : ndarray of shape (n, m) and (n, 1)
    epochs : list of int
        When to copy, ascending; 0 is before the training.
    """
    kept = [(0, copy.deepcopy(model))] if 0 in epochs else []

    def keep(training: Any) -> None:
        if training.epoch in epochs:
            kept.append((training.epoch, copy.deepcopy(model)))

    optim.fit(
        model,
        nn.NLL(),
        optim.Adam(model.parameters(), lr=0.02),
        X,
        y,
        epochs=epochs[-1],
        batch_size=16,
        callbacks=[keep],
        rng=0,
        progress=False,
    )
    return kept


def _layer(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "X": rng.normal(size=(5, 3)),
        "W": rng.normal(size=(3, 3)),
        "W0": rng.normal(size=3),
    }


def _layer_by_engine(X: Any, W: Any, W0: Any) -> Any:
    layer = nn.Linear(*W.shape)
    for parameter, value in zip(layer.parameters(), (W, W0), strict=True):
        parameter.data = value
    return nn.ReLU()(layer(X)).data


def _layer_by_hand(X: Any, W: Any, W0: Any) -> Any:
    return np.maximum(X @ W + W0, 0)


layer_outputs = Exercise(
    r"A fully connected layer of ReLU units, on a batch. `X` has shape (batch, m), an example a "
    r"row; `W` has shape (m, n), here 3 × 3; `W0` has shape (n,). Write the activations $A$, of "
    r"shape (batch, n).",
    inputs=_layer,
    correct=_layer_by_engine,
    solution=_layer_by_hand,
    slips={
        "transposed the wrong way: the weights of unit j are *column* j of $W$, so a row of "
        "inputs is multiplied by $W$ itself": lambda X, W, W0: np.maximum(X @ W.T + W0, 0),
        "these are the pre-activations $Z$: $f$ is missing": lambda X, W, W0: X @ W + W0,
        "the offsets $W_0$ are missing": lambda X, W, W0: np.maximum(X @ W, 0),
        "the offsets belong inside $f$": lambda X, W, W0: np.maximum(X @ W, 0) + W0,
        "the largest number of each row is not ReLU; compare each number with 0": (
            lambda X, W, W0: np.max(X @ W + W0, axis=1)
        ),
    },
    hint="The chapter's $W^T X + W_0$ with every column laid down as a row: transpose the product.",
)


def _sizes() -> int:
    return sum(p.size for p in _three_layers().parameters())


def _three_layers() -> nn.Sequential:
    layers = nn.Linear(13, 8, rng=0), nn.Linear(8, 8, rng=0), nn.Linear(8, 3, rng=0)
    return nn.Sequential(layers[0], nn.Tanh(), layers[1], nn.Tanh(), layers[2], nn.Softmax())


parameters = Exercise(
    r"A network takes the 13 measurements of a wine, has two hidden layers of 8 units each, and "
    r"3 output units. How many numbers are there to learn, weights and offsets together?",
    correct=_sizes,
    slips={
        "that is the weights; every unit also has an offset": lambda: 13 * 8 + 8 * 8 + 8 * 3,
        "the inputs are no units and have no offsets": lambda: _sizes() + 13,
        "that is a network with one hidden layer": lambda: 13 * 8 + 8 + 8 * 3 + 3,
        "that is the number of units": lambda: 8 + 8 + 3,
        "that is the offsets only for the hidden layers": lambda: _sizes() - 3,
    },
    hint="Layer $l$ has $m^l \\times n^l$ weights and $n^l$ offsets.",
)


def _regression(rng: np.random.Generator) -> dict[str, Any]:
    drawn = _layer(rng)
    return {
        "X": drawn["X"],
        "W": drawn["W"][:, :2],
        "W0": drawn["W0"][:2],
        "Y": rng.normal(size=(5, 2)),
    }


def _J(W: Any, X: Any, W0: Any, Y: Any) -> Any:
    return ag.sum((X @ W + W0 - Y) ** 2)


def _weight_gradient(X: Any, W: Any, W0: Any, Y: Any) -> Any:
    dZ = 2 * (X @ W + W0 - Y)
    return X.T @ dZ


def _dZ(X: Any, W: Any, W0: Any, Y: Any) -> Any:
    return 2 * (X @ W + W0 - Y)


weight_gradient = Exercise(
    r"A layer of linear units with squared loss, summed over the units and over the batch: "
    r"$J = \sum_i \|W^T x^{(i)} + W_0 - y^{(i)}\|^2$. Write $\partial J/\partial W$. `X` has "
    r"shape (batch, m), `W` shape (m, n), `W0` shape (n,), `Y` shape (batch, n).",
    inputs=_regression,
    correct=lambda X, W, W0, Y: ag.grad(_J)(W, X, W0, Y),
    per_example=lambda X, W, W0, Y: np.einsum("bi,bj->bij", X, _dZ(X, W, W0, Y)),
    solution=_weight_gradient,
    slips={
        "the 2 of the square's derivative is missing": (
            lambda X, W, W0, Y: X.T @ _dZ(X, W, W0, Y) / 2
        ),
        "the offsets $W_0$ are missing in the guess": (
            lambda X, W, W0, Y: X.T @ _dZ(X, W, 0 * W0, Y)
        ),
        "this is the gradient of $W_0$; that of $W$ has the inputs in it": (
            lambda X, W, W0, Y: _dZ(X, W, W0, Y).sum(0)
        ),
    },
    hint="Column j of the answer is the gradient of neuron j on its own. Find what all columns "
    "have in common, and one product of matrices is left.",
)


def _around(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "X": rng.normal(size=(4, 3)),
        "W": rng.normal(size=(3, 3)),
        "G": rng.normal(size=(4, 3)),
    }


def _skip(X: Any, W: Any) -> Any:
    return X + ag.tanh(X @ W)


def _through(X: Any, W: Any, G: Any) -> Any:
    return (G * (1 - np.tanh(X @ W) ** 2)) @ W.T


def _skip_gradient(X: Any, W: Any, G: Any) -> Any:
    slope = 1 - np.tanh(X @ W) ** 2
    return G + (G * slope) @ W.T


skip_gradient = Exercise(
    r"A layer with a way around it: $v = x + \tanh(W^T x)$. Given `G`, the gradient "
    r"$\partial L/\partial v$ of each example as a row, write $\partial L/\partial x$, of the "
    r"same shape (batch, m). `W` has shape (m, m).",
    inputs=_around,
    correct=lambda X, W, G: ag.vjp(lambda x: _skip(x, W), X)[1](G),
    solution=_skip_gradient,
    slips={
        "forgotten accumulation: $x$ is used twice, and what comes back around the layer has to be "
        "added": _through,
        "forgotten accumulation: $x$ is used twice, and what comes back through the layer has to "
        "be added": lambda X, W, G: G,
        "missing transpose: going back, a row is multiplied by $W^T$": (
            lambda X, W, G: G + (G * (1 - np.tanh(X @ W) ** 2)) @ W
        ),
        "the slope of tanh is missing": lambda X, W, G: G + G @ W.T,
        "tanh itself is not its slope, which is $1 - \\tanh^2 z$": (
            lambda X, W, G: G + (G * np.tanh(X @ W)) @ W.T
        ),
        "the slope belongs at the units, before the multiplication by $W^T$": (
            lambda X, W, G: G + (G @ W.T) * (1 - np.tanh(X @ W) ** 2)
        ),
    },
    hint="There are two ways from $x$ to $v$. Each brings a gradient back; they are added.",
)
