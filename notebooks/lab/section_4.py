"""Exercises of section 4, error back-propagation; its networks and pictures are beside it."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_core as ag
import nn

from .exercises import Exercise
from .section_3_networks import table as table
from .section_4_networks import WrittenLinear as WrittenLinear
from .section_4_networks import WrittenReLU as WrittenReLU
from .section_4_networks import deep as deep
from .section_4_networks import digits as digits
from .section_4_networks import factor_table as factor_table
from .section_4_networks import far as far
from .section_4_networks import gradients as gradients
from .section_4_networks import multiplications as multiplications
from .section_4_networks import norm as norm
from .section_4_networks import passed_back as passed_back
from .section_4_networks import predicted_right as predicted_right
from .section_4_networks import recorded as recorded
from .section_4_networks import source as source
from .section_4_networks import wines as wines
from .section_4_pictures import blame as blame
from .section_4_pictures import by_layer as by_layer
from .section_4_pictures import factors as factors
from .section_4_pictures import learning as learning


def _layer(rng: np.random.Generator) -> dict[str, Any]:
    return {"A": rng.normal(size=(6, 4)), "dZ": rng.normal(size=(6, 3))}


def _pulled(A: Any, dZ: Any, name: str) -> Any:
    """What the engine gives for a linear layer with input A, when Z gets the blame dZ."""
    return nn.Linear(4, 3, rng=0).weight_grad(A, dZ)[name]


def _weight_gradient(A: Any, dZ: Any) -> Any:
    return A.T @ dZ


weight_gradient = Exercise(
    r"Equation (8.1) for a batch. For one example, in columns, it is "
    r"$\partial\,\text{loss}/\partial W^l = A^{l-1} (\partial\,\text{loss}/\partial Z^l)^T$. Now "
    r"`A` holds $A^{l-1}$ and `dZ` holds $\partial J/\partial Z^l$ with an example a row: shapes "
    r"(batch, m) and (batch, n). $J$ is the sum over the batch. Write $\partial J/\partial W^l$, "
    r"of shape (m, n).",
    inputs=_layer,
    correct=lambda A, dZ: _pulled(A, dZ, "W"),
    per_example=lambda A, dZ: A[:, :, None] * dZ[:, None, :],
    solution=_weight_gradient,
    slips={
        "this is the gradient of the offset $W_0^l$": lambda A, dZ: dZ.sum(axis=0),
        "the inputs and the blame were summed over the batch before they were multiplied; each "
        "example's blame belongs to its own input": (
            lambda A, dZ: np.outer(A.sum(axis=0), dZ.sum(axis=0))
        ),
        "the slope is 1 here: between $W$ and $Z$ there is no $f$": (
            lambda A, dZ: (1 - A**2).T @ dZ
        ),
    },
    hint="One product of matrices does it. Its inner axis, which is summed over, is the batch.",
)


def _offset_gradient(A: Any, dZ: Any) -> Any:
    return dZ.sum(axis=0)


offset_gradient = Exercise(
    r"And the offsets, for the same batch: write $\partial J/\partial W_0^l$, of shape (n,). "
    r"`A` and `dZ` are as before.",
    inputs=_layer,
    correct=lambda A, dZ: _pulled(A, dZ, "W0"),
    per_example=lambda A, dZ: dZ,
    solution=_offset_gradient,
    slips={
        "this is the gradient of $W^l$": lambda A, dZ: A.T @ dZ,
        "the sum runs over the units; it belongs over the examples, `axis=0`": (
            lambda A, dZ: dZ.sum(axis=1)
        ),
    },
    hint=r"$W_0^l$ is added to every row of $Z^l$. Whoever is used six times collects the blame "
    "six times.",
)


def _between(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "Z": rng.normal(size=(5, 4)),
        "W_next": rng.normal(size=(4, 4)),
        "dZ_next": rng.normal(size=(5, 4)),
    }


def _through(Z: Any, W_next: Any, dZ_next: Any) -> Any:
    z = ag.Tensor(Z, requires_grad=True)
    (ag.tanh(z) @ W_next).backward(dZ_next)
    assert z.grad is not None
    return z.grad.data


def _pass_blame(Z: Any, W_next: Any, dZ_next: Any) -> Any:
    return (dZ_next @ W_next.T) * (1 - np.tanh(Z) ** 2)


pass_blame = Exercise(
    r"One link of (8.3): from the blame for $Z^{l+1}$ to the blame for $Z^l$, with $f^l = \tanh$. "
    r"In columns, $\partial\,\text{loss}/\partial Z^l = \partial A^l/\partial Z^l \cdot W^{l+1} "
    r"\cdot \partial\,\text{loss}/\partial Z^{l+1}$. Write it for a batch in rows. `Z` is $Z^l$ "
    r"and `dZ_next` is $\partial J/\partial Z^{l+1}$; both are (batch, 4) here, and `W_next` is "
    r"$W^{l+1}$, of shape (4, 4).",
    inputs=_between,
    correct=_through,
    solution=_pass_blame,
    slips={
        "$W^{l+1}$ must be transposed: forward it is `A @ W`, and so backward `dZ @ W.T`": (
            lambda Z, W_next, dZ_next: (dZ_next @ W_next) * (1 - np.tanh(Z) ** 2)
        ),
        "the slope of tanh is missing: this is the blame for $A^l$, and $Z^l$ was asked for": (
            lambda Z, W_next, dZ_next: dZ_next @ W_next.T
        ),
        r"the slope is $1 - \tanh^2 Z$; here $Z$ itself is squared, not $A = \tanh Z$": (
            lambda Z, W_next, dZ_next: (dZ_next @ W_next.T) * (1 - Z**2)
        ),
        "this multiplies by tanh itself and not by its slope": (
            lambda Z, W_next, dZ_next: (dZ_next @ W_next.T) * np.tanh(Z)
        ),
        "the slope comes too early: it belongs to $Z^l$, so it is multiplied after $W^{l+1}$": (
            lambda Z, W_next, dZ_next: (dZ_next * (1 - np.tanh(Z) ** 2)) @ W_next.T
        ),
    },
    hint=r"Against the arrows: first through $W^{l+1}$, then through tanh.",
)


def _guesses(rng: np.random.Generator) -> dict[str, Any]:
    return {"Z": rng.normal(size=(5, 3)), "Y": np.eye(3)[rng.integers(3, size=5)]}


def _softmax(Z: Any) -> Any:
    e = np.exp(Z - Z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _mean_loss(Z: Any, Y: Any) -> Any:
    return nn.CrossEntropyLoss("mean")(Z, Y)


def _last_blame(Z: Any, Y: Any) -> Any:
    e = np.exp(Z - Z.max(axis=1, keepdims=True))
    A = e / e.sum(axis=1, keepdims=True)
    return (A - Y) / len(Z)


last_blame = Exercise(
    r"The end of a classifier: softmax and NLLM, and $J$ is the *mean* over the batch. Write "
    r"$\partial J/\partial Z^L$ directly. `Z` has shape (batch, K), `Y` holds one-hot rows.",
    inputs=_guesses,
    correct=lambda Z, Y: ag.grad(_mean_loss)(Z, Y),
    solution=_last_blame,
    slips={
        "the $1/n$ of the mean is missing": lambda Z, Y: _softmax(Z) - Y,
        "the sign is wrong: blame is guess minus truth": lambda Z, Y: (Y - _softmax(Z)) / len(Z),
        "softmax is missing: the guess is $A$, not $Z$": lambda Z, Y: (Z - Y) / len(Z),
        r"this is $\partial J/\partial A^L$; it still has to go back through softmax": (
            lambda Z, Y: -Y / _softmax(Z) / len(Z)
        ),
        "the mean is over the examples, so divide by the batch size and not by the number of all "
        "entries": lambda Z, Y: (_softmax(Z) - Y) / Z.size,
        "softmax is over the classes of each example, `axis=1`": (
            lambda Z, Y: (np.exp(Z) / np.exp(Z).sum(axis=0) - Y) / len(Z)
        ),
    },
    hint="Multiply the Jacobian of softmax with $-Y/A$ on paper: nearly everything cancels.",
)
