"""Data and exercises of section 1, the neuron. Its pictures are in ``section_1_pictures``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_core as ag
import nn
import optim

from .exercises import Exercise
from .section_1_pictures import along_one_weight as along_one_weight
from .section_1_pictures import arriving as arriving
from .section_1_pictures import bent as bent
from .section_1_pictures import curve_and_line as curve_and_line
from .section_1_pictures import separators as separators

Array = NDArray[Any]


def tumours(*names: str) -> tuple[Array, Array]:
    """Measurements of 569 breast tumours, standardized, and 1 for those that are malignant.

    Parameters
    ----------
    *names : str
        Of the measurements; all 30 without any.

    Returns
    -------
    X : ndarray of shape (569, number of names)
    y : ndarray of shape (569, 1)
    """
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    known = list(data.feature_names)
    X = data.data[:, [known.index(name) for name in names]] if names else data.data
    return optim.standardize(X)(X), 1.0 - data.target[:, None]


def patients() -> tuple[Array, Array, list[str]]:
    """Ten measurements of 442 diabetes patients, standardized; how the disease went on; names.

    Returns
    -------
    X : ndarray of shape (442, 10)
    y : ndarray of shape (442, 1)
        A score from 25 to 346.
    names : list of str
    """
    from sklearn.datasets import load_diabetes

    data = load_diabetes(scaled=False)
    return optim.standardize(data.data)(data.data), data.target[:, None], data.feature_names


def body_mass() -> Array:
    """The body mass index of the patients in kg/m², of shape (442, 1)."""
    from sklearn.datasets import load_diabetes

    return np.asarray(load_diabetes(scaled=False).data[:, 2:3])


def _batch(rng: np.random.Generator) -> dict[str, Any]:
    return {"X": rng.normal(size=(5, 3)), "w": rng.normal(size=3), "w0": rng.normal()}


def _tanh_unit(X: Any, w: Any, w0: Any) -> Any:
    unit = nn.Linear(len(w), 1)
    for parameter, value in zip(unit.parameters(), (w[:, None], np.reshape(w0, 1)), strict=True):
        parameter.data = value
    return nn.Tanh()(unit(X)).data[:, 0]


def _outputs(X: Any, w: Any, w0: Any) -> Any:
    return np.tanh(X @ w + w0)


outputs = Exercise(
    r"A neuron has weights $w$ and offset $w_0$, and $f = \tanh$. Write its outputs "
    r"$a = f(w^T x + w_0)$ for a batch: `X` has shape (batch, m), an example a row; `w` has shape "
    r"(m,), `w0` is a number; the answer has shape (batch,).",
    inputs=_batch,
    correct=_tanh_unit,
    solution=_outputs,
    slips={
        "these are the pre-activations $z$: $f$ is missing": lambda X, w, w0: X @ w + w0,
        "the offset $w_0$ is missing": lambda X, w, w0: np.tanh(X @ w),
        "the offset belongs inside: $f(w^T x + w_0)$, not $f(w^T x) + w_0$": (
            lambda X, w, w0: np.tanh(X @ w) + w0
        ),
        "the sum over the inputs is missing: each product $x_j w_j$ went through $f$ alone": (
            lambda X, w, w0: np.tanh(X * w + w0)
        ),
    },
    hint="With examples as rows, `X @ w` holds every $w^T x$ at once.",
)


def _one_point(rng: np.random.Generator) -> dict[str, Any]:
    w, x = rng.normal(size=3) / 2, rng.normal(size=3)
    return {"w": w, "w0": rng.normal() / 2, "x": x, "y": 1.0 + rng.random(), "eta": 0.1}


def _exponential_loss(w: Any, w0: Any, x: Any, y: Any) -> Any:
    return (ag.exp(ag.sum(w * x) + w0) - y) ** 2


def _exponential_update(w: Any, w0: Any, x: Any, y: Any, eta: Any) -> Any:
    a = np.exp(w @ x + w0)
    return w - eta * 2 * (a - y) * a * x


def _slope(w: Any, w0: Any, x: Any, y: Any) -> Any:
    return ag.grad(_exponential_loss)(w, w0, x, y)


def _a(w: Any, w0: Any, x: Any) -> Any:
    return np.exp(w @ x + w0)


exponential_update = Exercise(
    r"A neuron has $f(z) = e^z$ and the loss is $L(g, a) = (g - a)^2$. Write the weights $w$ "
    r"after one step of gradient descent of size $\eta$ on the one example $(x, y)$. `w` and `x` "
    r"have shape (m,); `w0`, `y` and `eta` are numbers; the answer has shape (m,).",
    inputs=_one_point,
    correct=lambda w, w0, x, y, eta: w - eta * _slope(w, w0, x, y),
    solution=_exponential_update,
    slips={
        "this goes uphill: a step is $w - \\eta\\,\\partial L/\\partial w$, against the gradient": (
            lambda w, w0, x, y, eta: w + eta * _slope(w, w0, x, y)
        ),
        "this is the gradient; the weights after the step are asked for": (
            lambda w, w0, x, y, eta: _slope(w, w0, x, y)
        ),
        "this is the step; subtract it from $w$": lambda w, w0, x, y, eta: (
            eta * _slope(w, w0, x, y)
        ),
        "the step size $\\eta$ is missing": lambda w, w0, x, y, eta: w - _slope(w, w0, x, y),
        "the factor $f'(z) = e^z = a$ is missing": (
            lambda w, w0, x, y, eta: w - eta * 2 * (_a(w, w0, x) - y) * x
        ),
        "the 2 of the square's derivative is missing": (
            lambda w, w0, x, y, eta: w - eta * (_a(w, w0, x) - y) * _a(w, w0, x) * x
        ),
        "the factor $x = \\partial z/\\partial w$ is missing": (
            lambda w, w0, x, y, eta: w - eta * 2 * (_a(w, w0, x) - y) * _a(w, w0, x)
        ),
        "the offset $w_0$ is missing in $z$": (
            lambda w, w0, x, y, eta: _exponential_update(w, 0.0, x, y, eta)
        ),
    },
    hint="Three links: $\\partial L/\\partial a$, then $\\partial a/\\partial z$, which is $a$ "
    "itself, then $\\partial z/\\partial w$.",
)


def _labelled(rng: np.random.Generator) -> dict[str, Any]:
    labels = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    return {**_batch(rng), "y": labels}


def _llc_loss(w: Any, X: Any, w0: Any, y: Any) -> Any:
    return nn.functional.nll(ag.sigmoid(X @ w + w0), y, "sum")


def _sigmoid_errors(X: Any, w: Any, w0: Any, y: Any) -> Any:
    return ag.sigmoid(X @ w + w0) - y


def _llc_gradient(X: Any, w: Any, w0: Any, y: Any) -> Any:
    a = 1 / (1 + np.exp(-(X @ w + w0)))
    return X.T @ (a - y)


def _twice_bent(X: Any, w: Any, w0: Any, y: Any) -> Any:
    a = ag.sigmoid(X @ w + w0)
    return X.T @ ((a - y) * a * (1 - a))


llc_gradient = Exercise(
    r"A linear logistic classifier: $a = \sigma(w^T x + w_0)$ with NLL, and "
    r"$J = \sum_i L(a^{(i)}, y^{(i)})$ over the batch. Write $\partial J/\partial w$, of shape "
    r"(m,). `X` has shape (batch, m), `y` shape (batch,) with labels 0 and 1.",
    inputs=_labelled,
    correct=lambda X, w, w0, y: ag.grad(_llc_loss)(w, X, w0, y),
    per_example=lambda X, w, w0, y: _sigmoid_errors(X, w, w0, y)[:, None] * X,
    solution=_llc_gradient,
    slips={
        r"the factor $\sigma'(z) = a(1-a)$ is there once too often: it cancels against the "
        r"denominator of $\partial L/\partial a = (a-y)/(a(1-a))$": _twice_bent,
        "this is the gradient of the offset: the inputs $x$ are missing": (
            lambda X, w, w0, y: np.sum(_sigmoid_errors(X, w, w0, y))
        ),
        r"$\sigma$ is missing: the guess is $a$, not $z$": (
            lambda X, w, w0, y: X.T @ (X @ w + w0 - y)
        ),
    },
    hint=r"Find $\partial L/\partial z$ first; it comes out very short. Then one product of "
    r"matrices does both the multiplication by $x$ and the sum over the examples.",
)


def _targets(rng: np.random.Generator) -> dict[str, Any]:
    drawn = _batch(rng)
    return {**drawn, "w": drawn["w"] / 2, "y": 1.0 + rng.random(5)}


def _exponential_J(w0: Any, X: Any, w: Any, y: Any) -> Any:
    return ag.sum((ag.exp(X @ w + w0) - y) ** 2)


def _exponential_terms(X: Any, w: Any, w0: Any, y: Any) -> Any:
    a = np.exp(X @ w + w0)
    return 2 * (a - y) * a


def _exponential_offset(X: Any, w: Any, w0: Any, y: Any) -> Any:
    a = np.exp(X @ w + w0)
    return np.sum(2 * (a - y) * a)


exponential_offset = Exercise(
    r"The neuron with $f(z) = e^z$ and squared loss again, now on a batch: "
    r"$J = \sum_i (a^{(i)} - y^{(i)})^2$. Write $\partial J/\partial w_0$, one number. `X` has "
    r"shape (batch, m), `y` shape (batch,).",
    inputs=_targets,
    correct=lambda X, w, w0, y: ag.grad(_exponential_J)(w0, X, w, y),
    per_example=_exponential_terms,
    solution=_exponential_offset,
    slips={
        "this is the gradient of $w$; the offset's input is 1, not $x$": (
            lambda X, w, w0, y: X.T @ _exponential_terms(X, w, w0, y)
        ),
        "the factor $f'(z) = e^z = a$ is missing": (
            lambda X, w, w0, y: np.sum(2 * (np.exp(X @ w + w0) - y))
        ),
        "the 2 of the square's derivative is missing": (
            lambda X, w, w0, y: np.sum(_exponential_terms(X, w, w0, y)) / 2
        ),
    },
    hint="As for $w$, but $\\partial z/\\partial w_0 = 1$. Every example adds its share.",
)
