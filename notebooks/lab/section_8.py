"""Exercises of section 8, regularization; its runs and pictures are beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_core as ag
import nn

from .exercises import Exercise
from .section_8_pictures import across_the_batch as across_the_batch
from .section_8_pictures import decays as decays
from .section_8_pictures import dropped_activations as dropped_activations
from .section_8_pictures import features as features
from .section_8_pictures import growth as growth
from .section_8_pictures import layers as layers
from .section_8_pictures import left_over as left_over
from .section_8_pictures import ridge_paths as ridge_paths
from .section_8_pictures import robust as robust
from .section_8_pictures import together as together
from .section_8_pictures import trained as trained
from .section_8_pictures import updates as updates
from .section_8_runs import by_layer as by_layer
from .section_8_runs import deep as deep
from .section_8_runs import descended as descended
from .section_8_runs import diabetes as diabetes
from .section_8_runs import digits as digits
from .section_8_runs import directions as directions
from .section_8_runs import growing as growing
from .section_8_runs import learnt as learnt
from .section_8_runs import matrices as matrices
from .section_8_runs import noisy_digits as noisy_digits
from .section_8_runs import one_digit_updates as one_digit_updates
from .section_8_runs import reader as reader
from .section_8_runs import without_units as without_units

Array = np.ndarray[Any, Any]

# -- the gradient with a penalty -------------------------------------------------------------


def _with_penalty(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "X": rng.normal(size=(6, 3)),
        "Y": rng.normal(size=(6, 2)),
        "W": rng.normal(size=(3, 2)),
        "lam": 0.7,
    }


def _penalized(X: Array, Y: Array, W: Array, lam: float) -> Any:
    return ag.grad(lambda W: nn.SquaredLoss("sum")(X @ W, Y) + lam * (W**2).sum())(W).data


def _penalized_by_hand(X: Any, Y: Any, W: Any, lam: Any) -> Any:
    return 2 * X.T @ (X @ W - Y) + 2 * lam * W


def _penalty_shares(X: Any, Y: Any, W: Any, lam: Any) -> Any:
    return X[:, :, None] * (2 * (X @ W - Y))[:, None, :] + 2 * lam * W / len(X)


def _penalty_slip(penalty: Callable[[Any, Any], Any], factor: float = 2) -> Callable[..., Any]:
    return lambda X, Y, W, lam: factor * X.T @ (X @ W - Y) + penalty(lam, W)


penalized_gradient = Exercise(
    r"Linear units and ridge: $J(W) = \sum_i \|W^T x^{(i)} - y^{(i)}\|^2 + \lambda \|W\|^2$. The "
    r"points are the rows of `X` (6 × 3) and `Y` (6 × 2). Return $\nabla_W J$, 3 × 2; `lam` is λ.",
    inputs=_with_penalty,
    correct=_penalized,
    solution=_penalized_by_hand,
    per_example=_penalty_shares,
    slips={
        "the penalty is λ‖W‖², so its slope is 2λW; λW belongs to half of it": (
            _penalty_slip(lambda lam, W: lam * W)
        ),
        "the penalty is missing": _penalty_slip(lambda lam, W: 0 * W),
        "the penalty has the wrong sign: it is added to J": (
            _penalty_slip(lambda lam, W: -2 * lam * W)
        ),
        "that adds the penalty itself, a number; its gradient is needed": (
            _penalty_slip(lambda lam, W: lam * np.sum(W**2))
        ),
        "the penalty stands once in J, not once for each point": (
            _penalty_slip(lambda lam, W: 12 * lam * W)
        ),
        "the losses lack the factor 2 of the square": (
            _penalty_slip(lambda lam, W: 2 * lam * W, factor=1)
        ),
    },
    hint="Two terms. The first is the gradient of section 4 for linear units and squared loss.",
)

# -- dropout ---------------------------------------------------------------------------------


def _masked(rng: np.random.Generator) -> dict[str, Any]:
    mask = (rng.random((6, 4)) < 0.5).astype(float)
    mask[0, :2] = 0.0, 1.0
    return {
        "X": rng.normal(size=(6, 3)),
        "W": rng.normal(size=(3, 4)) / 2,
        "d": mask,
        "dL_dA": rng.normal(size=(6, 4)),
    }


def _through_dropout(X: Array, W: Array, d: Array, dL_dA: Array) -> Any:
    return ag.grad(lambda W: (ag.tanh(X @ W) * d * dL_dA).sum())(W).data


def _dropout_by_hand(X: Any, W: Any, d: Any, dL_dA: Any) -> Any:
    dZ = dL_dA * d * (1 - np.tanh(X @ W) ** 2)
    return X.T @ dZ


def _dropout_shares(X: Any, W: Any, d: Any, dL_dA: Any) -> Any:
    return X[:, :, None] * (dL_dA * d * (1 - np.tanh(X @ W) ** 2))[:, None, :]


dropout_gradient = Exercise(
    r"Dropout with the textbook's mask of zeros and ones: $A = \tanh(XW) * D$ for a batch of six "
    r"points, `X` 6 × 3, `W` 3 × 4, `d` 6 × 4. Given `dL_dA` (6 × 4), return "
    r"$\partial L/\partial W$, 3 × 4.",
    inputs=_masked,
    correct=_through_dropout,
    solution=_dropout_by_hand,
    per_example=_dropout_shares,
    slips={
        "the mask is missing: a dropped unit passes no blame on": (
            lambda X, W, d, dL_dA: X.T @ (dL_dA * (1 - np.tanh(X @ W) ** 2))
        ),
        "the slope is taken from the masked activation: tanh has 1 − a² = 1 at a = 0, so dropped "
        "units get an update": (
            lambda X, W, d, dL_dA: X.T @ (dL_dA * (1 - (np.tanh(X @ W) * d) ** 2))
        ),
        "the slope of tanh is missing": lambda X, W, d, dL_dA: X.T @ (dL_dA * d),
        "the units that stay and those that are dropped are mixed up": (
            lambda X, W, d, dL_dA: X.T @ (dL_dA * (1 - d) * (1 - np.tanh(X @ W) ** 2))
        ),
        "a unit is dropped for some points only: each point has a mask of its own": (
            lambda X, W, d, dL_dA: X.T @ (dL_dA * (1 - np.tanh(X @ W) ** 2)) * d[0]
        ),
    },
    hint=r"What is $\partial a/\partial z$ of $a = \tanh(z)\, d$? Then line 17 of section 5.",
)

# -- batch normalization ---------------------------------------------------------------------


def _normalized(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "Z": rng.normal(size=(7, 3)) * [1.0, 3.0, 0.5] + [0.0, 2.0, -1.0],
        "dL_dZhat": rng.normal(size=(7, 3)),
    }


def _bar(Z: Any) -> Any:
    return (Z - Z.mean(axis=0)) / Z.std(axis=0)


def _dG(Z: Array, dL_dZhat: Array) -> Any:
    layer = nn.BatchNorm(3, eps=0.0)
    (layer(Z) * dL_dZhat).sum().backward()
    assert layer.G is not None
    assert layer.G.grad is not None
    return layer.G.grad.data


def _dG_by_hand(Z: Any, dL_dZhat: Any) -> Any:
    Z_bar = (Z - Z.mean(axis=0)) / Z.std(axis=0)
    return np.sum(dL_dZhat * Z_bar, axis=0)


gain_gradient = Exercise(
    r"Batch normalization with ε = 0. `Z` (7 × 3) holds a mini-batch of seven points for three "
    r"units, points in rows; `dL_dZhat` (7 × 3) is $\partial L/\partial \hat Z$. Return "
    r"$\partial L/\partial G$, three numbers.",
    inputs=_normalized,
    correct=_dG,
    solution=_dG_by_hand,
    per_example=lambda Z, dL_dZhat: dL_dZhat * _bar(Z),
    slips={
        "that is ∂L/∂B; for G each term is multiplied by the normalized Z": (
            lambda Z, dL_dZhat: dL_dZhat.sum(axis=0)
        ),
        "Z itself stands where the normalized Z belongs": (
            lambda Z, dL_dZhat: (dL_dZhat * Z).sum(axis=0)
        ),
        "Z is centred, but not divided by its standard deviation": (
            lambda Z, dL_dZhat: (dL_dZhat * (Z - Z.mean(axis=0))).sum(axis=0)
        ),
        "Z is divided by its variance, and not by the root of it": (
            lambda Z, dL_dZhat: (dL_dZhat * (Z - Z.mean(axis=0)) / Z.var(axis=0)).sum(axis=0)
        ),
        "the variance is divided by K − 1; the textbook's has K": (
            lambda Z, dL_dZhat: (dL_dZhat * _bar(Z)).sum(axis=0) * np.sqrt(6 / 7)
        ),
    },
    hint=r"$G_i$ enters $\hat Z_{ij}$ of every point $j$, multiplied by $\bar Z_{ij}$.",
)


def _dZ(Z: Array, dL_dZhat: Array, G: Array) -> Any:
    z = ag.Tensor(Z, requires_grad=True)
    (G * (z - ag.mean(z, axis=0)) / ag.std(z, axis=0) * dL_dZhat).sum().backward()
    assert z.grad is not None
    return z.grad.data


def _dZ_by_hand(Z: Any, dL_dZhat: Any, G: Any) -> Any:
    K = len(Z)
    centred, sigma = Z - Z.mean(axis=0), Z.std(axis=0)
    through_mean = dL_dZhat.sum(axis=0)
    through_sigma = centred * (dL_dZhat * centred).sum(axis=0) / sigma**2
    return G / (K * sigma) * (K * dL_dZhat - through_mean - through_sigma)


def _dZ_slip(mean: float, sigma: float, gain: bool = True) -> Callable[..., Any]:
    def wrong(Z: Any, dL_dZhat: Any, G: Any) -> Any:
        bar, g = _bar(Z), dL_dZhat
        inner = g - mean * g.mean(axis=0) - sigma * bar * (g * bar).mean(axis=0)
        return (G if gain else 1.0) / Z.std(axis=0) * inner

    return wrong


through_batch_norm = Exercise(
    r"The long one: back through batch normalization, ε = 0. `Z` and `dL_dZhat` as before, `G` "
    r"(3 numbers) is the gain. Return $\partial L/\partial Z$, 7 × 3.",
    inputs=lambda rng: {**_normalized(rng), "G": rng.uniform(0.5, 2.0, size=3)},
    correct=_dZ,
    solution=_dZ_by_hand,
    slips={
        "μ and σ are treated as constants; they depend on every Z of the batch": (
            _dZ_slip(0.0, 0.0)
        ),
        "the way through σ is missing": _dZ_slip(1.0, 0.0),
        "the way through μ is missing": _dZ_slip(0.0, 1.0),
        "the way through σ has the wrong sign": _dZ_slip(1.0, -1.0),
        "the gain G is missing": _dZ_slip(1.0, 1.0, gain=False),
        "the sums over the batch lack the factor 1/K": _dZ_slip(7.0, 7.0),
    },
    hint="Three ways lead from Z to Ẑ: directly, through μ, and through σ. The textbook's last "
    "formula has a term for each; write its sum over k as sums along axis 0.",
)
