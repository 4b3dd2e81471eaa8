"""Expressions that this library and PyTorch both compute, each written for the names of either.

`f(ag, *xs)` and `f(torch, *xs)` get the arrays as tensors. The results, and the gradients of
⟨result, weights⟩ of first and second order, are frozen in ``tests/goldens/ops.npz`` by
``tests/goldens/make_ops.py``, so that they can be compared without PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Parity(NamedTuple):
    """An expression in both libraries, and the shapes and interval of its arguments."""

    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    shapes: tuple[tuple[int, ...], ...]
    low: float = -2.0
    high: float = 2.0


def same(f: Callable[..., Any], *shapes: tuple[int, ...], **interval: float) -> Parity:
    """An expression that is written alike for both: ``f(library, *tensors)``."""
    return Parity(f, f, shapes, **interval)


def _unary(name: str, **interval: float) -> Parity:
    theirs = {"absolute": "abs", "arcsinh": "arcsinh"}.get(name, name)
    return Parity(
        lambda ag, x: getattr(ag, name)(x),
        lambda torch, x: getattr(torch, theirs)(x),
        ((2, 3),),
        **interval,
    )


UNARY = {
    **{n: {} for n in ("exp", "exp2", "expm1", "sin", "cos", "sinh", "cosh", "tanh", "arctan")},
    **{n: {} for n in ("arcsinh", "sigmoid", "erf", "absolute", "square", "sign", "negative")},
    **{n: {} for n in ("floor", "ceil", "trunc", "relu", "reciprocal")},
    **{n: {"low": 0.3, "high": 3.0} for n in ("log", "log2", "log10", "sqrt")},
    "log1p": {"low": -0.6, "high": 2.0},
    "tan": {"low": -1.2, "high": 1.2},
    **{n: {"low": -0.9, "high": 0.9} for n in ("arcsin", "arccos", "arctanh")},
    "arccosh": {"low": 1.3, "high": 3.0},
}

EXPRESSIONS: dict[str, Parity] = {
    **{name: _unary(name, **interval) for name, interval in UNARY.items()},
    "arithmetic": same(lambda _, a, b: (a + b) * a - b / (a * a + 1), (2, 3), (3,)),
    "broadcast": same(lambda _, a, b: a * b + b, (2, 1, 3), (4, 1)),
    "power": same(lambda _, a, b: a**b, (2, 3), (3,), low=0.5, high=2.0),
    "power of a number": same(lambda _, a: a**3 + 2.0**a, (2, 3)),
    "remainder": same(lambda _, a, b: a % b, (2, 3), (3,), low=0.5, high=2.0),
    "maximum": same(lambda lib, a, b: lib.maximum(a, b) * lib.minimum(a, b), (2, 3), (2, 3)),
    "arctan2": same(lambda lib, a, b: lib.arctan2(a, b), (2, 3), (3,)),
    "hypot": same(lambda lib, a, b: lib.hypot(a, b), (2, 3), (2, 3), low=0.3, high=2.0),
    "logaddexp": same(lambda lib, a, b: lib.logaddexp(a, b), (2, 3), (3,)),
    "where": same(lambda lib, a, b: lib.where(a > b, a * b, b), (2, 3), (3,)),
    "clip": same(lambda lib, a: lib.clip(a, -0.5, 0.7), (3, 4)),
    "sum": same(lambda lib, a: lib.sum(a, 1) * lib.sum(a), (2, 3)),
    "mean": same(lambda lib, a: lib.mean(a, 0) * lib.mean(a), (2, 3)),
    "var": Parity(
        lambda ag, a: ag.var(a, 1, ddof=1) + ag.var(a, ddof=0),
        lambda torch, a: torch.var(a, 1, correction=1) + torch.var(a, correction=0),
        ((3, 4),),
    ),
    "std": Parity(
        lambda ag, a: ag.std(a, 1, ddof=1) * ag.std(a, ddof=0),
        lambda torch, a: torch.std(a, 1, correction=1) * torch.std(a, correction=0),
        ((3, 4),),
    ),
    "max": Parity(
        lambda ag, a: ag.max(a, 1) * ag.min(a),
        lambda torch, a: torch.amax(a, 1) * torch.amin(a),
        ((3, 4),),
    ),
    "max with ties": Parity(
        lambda ag, a: ag.max(ag.round(a)),
        lambda torch, a: torch.amax(torch.round(a)),
        ((3, 4),),
    ),
    "prod": same(lambda lib, a: lib.prod(a, 1), (2, 5)),
    "prod with a zero": same(lambda lib, a: lib.prod(a * (a > -1.0), 0), (4, 3)),
    "cumsum": same(lambda lib, a: lib.cumsum(a, 1) ** 2, (2, 4)),
    "logsumexp": same(lambda lib, a: lib.logsumexp(a, 1), (3, 4)),
    "softmax": same(lambda lib, a: lib.softmax(a, 1), (3, 4)),
    "log_softmax": same(lambda lib, a: lib.log_softmax(a, 0), (3, 4)),
    "norm": Parity(
        lambda ag, a: ag.norm(a, axis=1) + ag.norm(a),
        lambda torch, a: torch.linalg.vector_norm(a, dim=1) + torch.linalg.vector_norm(a),
        ((3, 4),),
    ),
    "norm of order 3": Parity(
        lambda ag, a: ag.norm(a, 3, axis=1),
        lambda torch, a: torch.linalg.vector_norm(a, 3, dim=1),
        ((3, 4),),
    ),
    "matmul": same(lambda _, a, b: a @ b, (2, 3), (3, 4)),
    "matmul of stacks": same(lambda _, a, b: a @ b, (5, 2, 3), (3, 4)),
    "matmul of vectors": same(lambda _, a, b, c: (a @ b) @ c, (3,), (3, 4), (4,)),
    "einsum": same(lambda lib, a, b: lib.einsum("bij,bj->bi", a, b), (2, 3, 4), (2, 4)),
    "einsum of three": same(
        lambda lib, a, b, c: lib.einsum("i,ij,j->", a, b, c), (2,), (2, 3), (3,)
    ),
    "outer": same(lambda lib, a, b: lib.outer(a, b), (3,), (4,)),
    "tensordot": Parity(
        lambda ag, a, b: ag.tensordot(a, b, ((1, 2), (0, 1))),
        lambda torch, a, b: torch.tensordot(a, b, dims=([1, 2], [0, 1])),
        ((2, 3, 4), (3, 4, 2)),
    ),
    "reshape": same(lambda _, a: a.reshape(3, 2) @ a, (2, 3)),
    "transpose": Parity(
        lambda _, a: a.transpose(2, 0, 1) ** 2,
        lambda _, a: a.permute(2, 0, 1) ** 2,
        ((2, 3, 4),),
    ),
    "squeeze": same(lambda _, a: a.squeeze() * 2 * a, (1, 3)),
    "broadcast_to": same(lambda lib, a: lib.broadcast_to(a, (4, 2, 3)) ** 2, (2, 1)),
    "concatenate": same(lambda lib, a, b: lib.concatenate([a, a * b]) ** 2, (2, 3), (2, 3)),
    "stack": Parity(
        lambda ag, a, b: ag.stack([a, a * b], axis=1),
        lambda torch, a, b: torch.stack([a, a * b], dim=1),
        ((2, 3), (2, 3)),
    ),
    "split": Parity(
        lambda ag, a: ag.split(a, 2, axis=1)[0] * ag.split(a, 2, axis=1)[1],
        lambda torch, a: torch.split(a, 2, dim=1)[0] * torch.split(a, 2, dim=1)[1],
        ((3, 4),),
    ),
    "pad": Parity(
        lambda ag, a: ag.pad(a, ((1, 0), (2, 1)), constant_values=1.5) ** 2,
        lambda torch, a: torch.nn.functional.pad(a, (2, 1, 1, 0), value=1.5) ** 2,
        ((2, 3),),
    ),
    "pad by reflection": Parity(
        lambda ag, a: ag.pad(a, ((0, 0), (2, 2)), mode="reflect") ** 2,
        lambda torch, a: torch.nn.functional.pad(a, (2, 2), mode="reflect") ** 2,
        ((2, 3),),
    ),
    "flip": Parity(
        lambda ag, a: ag.flip(a, 1) * a, lambda torch, a: torch.flip(a, [1]) * a, ((2, 3),)
    ),
    "roll": Parity(
        lambda ag, a: ag.roll(a, (1, 2), (0, 1)) * a,
        lambda torch, a: torch.roll(a, (1, 2), (0, 1)) * a,
        ((2, 3),),
    ),
    "tile": same(lambda lib, a: lib.tile(a, (2, 3)) ** 2, (2, 3)),
    "repeat": Parity(
        lambda ag, a: ag.repeat(a, [1, 0, 2], axis=1) ** 2,
        lambda torch, a: torch.repeat_interleave(a, torch.tensor([1, 0, 2]), dim=1) ** 2,
        ((2, 3),),
    ),
    "diagonal": same(lambda lib, a: lib.diagonal(a, 1) * lib.diag(a)[:2], (3, 3)),
    "diag": same(lambda lib, a: lib.diag(a * a, 1), (3,)),
    "trace": same(lambda lib, a: lib.trace(a @ a), (3, 3)),
    "tril": same(lambda lib, a: lib.tril(a) @ lib.triu(a, 1), (3, 3)),
    "diff": same(lambda lib, a: lib.diff(a, 2) ** 2, (2, 5)),
    "sort": Parity(
        lambda ag, a: ag.sort(a, 1) * ag.sort(-a, 1),
        lambda torch, a: torch.sort(a, 1).values * torch.sort(-a, 1).values,
        ((3, 4),),
    ),
    "indexing": same(lambda _, a: a[[0, 2, 2], 1:] * a[1, None, :-1], (3, 4)),
    "indexing by a mask": same(lambda _, a: a[a > 0] ** 2, (3, 4)),
    "take_along_axis": Parity(
        lambda ag, a: ag.take_along_axis(a, np.array([[0, 0], [2, 1]]), 1) ** 2,
        lambda torch, a: torch.take_along_dim(a, torch.tensor([[0, 0], [2, 1]]), 1) ** 2,
        ((2, 3),),
    ),
    "a network": same(
        lambda lib, x, w, v: lib.log_softmax(lib.tanh(x @ w) @ v, 1), (4, 3), (3, 5), (5, 2)
    ),
}


def arguments(name: str) -> list[np.ndarray[Any, Any]]:
    """The arrays on which an expression is compared; the same on every machine."""
    spec = EXPRESSIONS[name]
    # The legacy generator's stream of doubles is frozen for ever.
    rng = np.random.RandomState(sum(name.encode()) % 2**31)
    return [rng.uniform(spec.low, spec.high, size=shape) for shape in spec.shapes]


def weights(shape: tuple[int, ...]) -> Any:
    """The cotangent of the output."""
    return np.cos(np.arange(1.0, 1.0 + int(np.prod(shape)))).reshape(shape)


def direction(a: np.ndarray[Any, Any]) -> Any:
    """The direction along which the gradient is differentiated again."""
    return np.sin(np.arange(1.0, 1.0 + a.size)).reshape(a.shape)
