"""Calls of every public function: its arguments, and NumPy's (or SciPy's) function for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy.special

from autograd_core.primitive import FUNCTIONS

from .references import REFERENCES
from .table import table

_rng = np.random.default_rng(7)
V = _rng.normal(size=5)
M = _rng.normal(size=(2, 3))
N = _rng.normal(size=(3, 4))
S = _rng.normal(size=(3, 3))
T = _rng.normal(size=(2, 3, 4))
ONE = _rng.normal(size=(1, 3, 1))
POSITIVE = _rng.uniform(0.5, 2.0, size=(2, 3))
NUMBER = np.float64(0.7)
PLACES = np.array([[0, 2, 1], [1, 1, 0]])


class Call(NamedTuple):
    """One call; the first argument, and further arrays of floats, are differentiated."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = {}  # noqa: RUF012  (never written to)


def call(*args: Any, **kwargs: Any) -> Call:
    return Call(args, kwargs)


REDUCED = [call(M), call(M, axis=0), call(T, axis=(0, 2)), call(T, axis=-1, keepdims=True)]
STATISTICS = [*REDUCED, call(V, ddof=1), call(T, axis=1, ddof=1)]

#: By public name. Elementwise functions take theirs from the op table.
CALLS: dict[str, list[Call]] = {
    "round": [call(M), call(10 * M, 1), call(100 * M, -1)],
    "reshape": [call(M, (3, 2)), call(M, -1), call(T, (4, -1, 2)), call(V, (5, 1))],
    "ravel": [call(M)],
    "flatten": [call(M)],
    "transpose": [call(M), call(T, (2, 0, 1)), call(T, (-1, 0, 1)), call(V)],
    "swapaxes": [call(T, 0, 2), call(T, -1, 1)],
    "matrix_transpose": [call(T)],
    "moveaxis": [call(T, 0, -1), call(T, (0, 1), (2, 0))],
    "squeeze": [call(ONE), call(ONE, 0), call(ONE, axis=(0, 2))],
    "expand_dims": [call(M, 0), call(M, -1), call(M, (0, 2)), call(NUMBER, 0)],
    "atleast_1d": [call(NUMBER), call(M)],
    "atleast_2d": [call(NUMBER), call(V), call(M)],
    "broadcast_to": [call(V, (2, 5)), call(ONE, (4, 3, 2)), call(NUMBER, (2, 2)), call(M, (2, 3))],
    "astype": [call(M, np.float64)],
    "clone": [call(M), call(NUMBER)],
    "concatenate": [call([M, 2 * M]), call([M, M], axis=1), call([M, V], axis=None)],
    "stack": [call([M, 2 * M]), call([M, 2 * M], axis=-1), call([NUMBER, 2 * NUMBER])],
    "vstack": [call([M, 2 * M]), call([V, 2 * V])],
    "hstack": [call([M, 2 * M]), call([V, 2 * V]), call([NUMBER, NUMBER])],
    "column_stack": [call([V, 2 * V]), call([M, 2 * M])],
    "array_split": [call(V, 3), call(V, [1, 3]), call(M, 2, axis=1)],
    "split": [call(T, 2, axis=2), call(V, [2, 4]), call(V, 5)],
    "pad": [
        call(M, 1),
        call(M, ((1, 0), (0, 2))),
        call(M, 1, constant_values=2.5),
        call(M, 1, constant_values=((1, 2), (3, 4))),
        call(M, (1, 2), mode="edge"),
        call(M, 1, "reflect"),
        call(M, 1, "symmetric"),
        call(M, 4, mode="wrap"),
    ],
    "flip": [call(M), call(T, 1), call(T, (0, 2))],
    "roll": [call(M, 1), call(M, -2, 1), call(T, (1, 2), (0, 2)), call(M, (1, 1), 1)],
    "tile": [call(M, 2), call(M, (2, 1)), call(V, (2, 1, 3)), call(M, (0, 1))],
    "repeat": [call(M, 2), call(M, 2, axis=1), call(M, [1, 2], axis=0), call(NUMBER, 3)],
    "clip": [
        call(M, -0.5, 0.5),
        call(M, None, 0.2),
        call(M, a_min=0.1, a_max=None),
        call(M, np.zeros(3), 1),
    ],
    "where": [call(M > 0, M, 2 * M), call(PLACES, M, 1.0), call(True, V, 2 * V)],
    "sum": [*REDUCED, call(NUMBER), call(T, axis=())],
    "mean": REDUCED,
    "average": [
        call(M),
        call(M, axis=1),
        call(M, axis=1, weights=np.array([1.0, 2.0, 3.0])),
        call(M, weights=POSITIVE),
        call(T, axis=(2, 0), weights=np.arange(1.0, 9.0).reshape(4, 2)),
    ],
    "var": STATISTICS,
    "std": STATISTICS,
    "max": REDUCED,
    "min": REDUCED,
    "ptp": REDUCED,
    "prod": [*REDUCED, call(V), call(np.array([2.0, 0.0, 3.0])), call(np.zeros((0, 2)), axis=0)],
    "cumsum": [call(M), call(M, 1), call(T, axis=0)],
    "logsumexp": REDUCED,
    "log_softmax": [call(M), call(T, axis=1)],
    "softmax": [call(M), call(T, axis=0), call(M, axis=(0, 1))],
    "norm": [
        call(M),
        call(V),
        call(V, 1),
        call(V, 3),
        call(M, axis=1),
        call(M, np.inf, axis=0),
        call(M, -np.inf, axis=0, keepdims=True),
        call(V, 0),
        call(M, "fro"),
        call(M, 2, axis=1),
    ],
    "getitem": [call(M, 1), call(M, (slice(None), 0)), call(M, M > 0), call(V, [0, 0, 3])],
    "scatter": [call(V, np.array([0, 1, 1, 3, 0]), (4,)), call(M, slice(1, 3), (4, 3))],
    "take_along_axis": [call(M, PLACES, axis=1), call(M, np.array([0, 5]), axis=None)],
    "take": [call(V, [0, 4, 4]), call(M, np.array([[1, 0]]), axis=0), call(M, 2, axis=1)],
    "sort": [call(M), call(T, axis=0), call(M, axis=None)],
    "diagonal": [call(S), call(N, 1), call(T, 0, 1, 2)],
    "diag": [call(V), call(V, 1), call(V, -2), call(S), call(N, -1)],
    "trace": [call(S), call(N, 1), call(T, 0, 2, 0)],
    "tril": [call(S), call(N, -1), call(T, 1)],
    "triu": [call(S), call(N, 1), call(T, -1)],
    "diff": [call(V), call(M, 2, axis=1), call(M, axis=0)],
    "matmul": [call(M, N), call(V, V), call(M, V[:3]), call(V[:2], M), call(T, np.ones((2, 4, 3)))],
    "dot": [call(M, N), call(V, V), call(T, V[:4]), call(M, 2.5), call(M, np.ones((2, 3, 2)))],
    "vdot": [call(M, 2 * M), call(V, V)],
    "inner": [call(V, V), call(M, S), call(M, 2.5)],
    "outer": [call(V, M), call(NUMBER, V)],
    "tensordot": [call(M, N, 1), call(T, M, ((0, 1), (0, 1))), call(V, V, 0), call(M, M, (1, 1))],
    "einsum": [
        call("ij,jk->ik", M, N),
        call("ij,jk", M, N),
        call("ij->", M),
        call("ii->i", S),
        call("ii", S),
        call("...ij,...j->...i", T, np.ones((2, 4))),
        call("i,j,k->ijk", V, V, V),
        call("ij,ij->j", M, M),
        call("...i,...->...", T[:1], M),
    ],
    "any": [call(M > 0), call(M > 0, axis=1), call(M, keepdims=True)],
    "all": [call(M > 0), call(M > 0, axis=1)],
    "argmax": [call(M), call(M, axis=1)],
    "argmin": [call(M), call(M, axis=1)],
    "argsort": [call(V), call(M, axis=0)],
    "count_nonzero": [call(PLACES), call(M > 0, axis=0)],
    "array_equal": [call(M, M), call(M, N)],
    "allclose": [call(M, M + 1e-9), call(M, 2 * M)],
    "isclose": [call(M, M + 1e-9), call(M, 2 * M, rtol=2.0)],
}

OTHERS: dict[str, Callable[..., Any]] = {
    "flatten": np.ravel,
    "clone": np.copy,
    "softmax": lambda x, axis=-1: scipy.special.softmax(x, axis),
    "logsumexp": lambda x, axis=None, keepdims=False: scipy.special.logsumexp(
        x, axis, keepdims=keepdims
    ),
    "log_softmax": lambda x, axis=-1: scipy.special.log_softmax(x, axis),
    "norm": np.linalg.norm,
    "getitem": lambda x, index: x[index],
}


def calls_of(name: str) -> list[Call]:
    """The calls of a public function."""
    if name in CALLS:
        return CALLS[name]
    return [Call(case.args, case.params) for case in table()[name]]


def oracle(name: str) -> Callable[..., Any]:
    """The function that says what the public function of this name computes."""
    if name in OTHERS:
        return OTHERS[name]
    numpys: tuple[Any, ...] = FUNCTIONS[name].numpy
    return numpys[0] if numpys else REFERENCES[name]
