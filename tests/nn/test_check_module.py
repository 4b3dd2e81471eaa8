"""`nn.check_module`: right modules pass, and every usual slip is named in words."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import nn
from autograd_core import ArgumentError, DTypeError, UnsupportedError

# -- right modules, by the chapter's formulas ----------------------------------------------------


class Linear:
    def __init__(self, m: int = 3, n: int = 2, seed: int = 0) -> None:
        self.W = np.random.default_rng(seed).standard_normal((m, n))
        self.W0 = np.zeros(n)

    def forward(self, u: Any) -> Any:
        return u @ self.W + self.W0

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return dL_dv @ self.W.T

    def weight_grad(self, u: Any, dL_dv: Any) -> Any:
        return {"W": u.T @ dL_dv, "W0": dL_dv.sum(axis=0)}


class Square(Linear):
    def __init__(self, seed: int = 0) -> None:
        super().__init__(3, 3, seed)


class Columns:
    """Examples are columns, as in the chapter's section 2."""

    def __init__(self, m: int = 3, n: int = 2, seed: int = 0) -> None:
        self.W = np.random.default_rng(seed).standard_normal((m, n))
        self.W0 = np.zeros((n, 1))

    def forward(self, u: Any) -> Any:
        return self.W.T @ u + self.W0

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return self.W @ dL_dv

    def weight_grad(self, u: Any, dL_dv: Any) -> Any:
        return {"W": u @ dL_dv.T, "W0": dL_dv.sum(axis=1, keepdims=True)}


class SquareColumns(Columns):
    def __init__(self, seed: int = 0) -> None:
        super().__init__(3, 3, seed)


class OtherWay(Linear):
    """W of shape (units, inputs)."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(2, 3, seed)
        self.W0 = np.zeros(2)

    def forward(self, u: Any) -> Any:
        return u @ self.W.T + self.W0

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return dL_dv @ self.W

    def weight_grad(self, u: Any, dL_dv: Any) -> Any:
        return {"W": dL_dv.T @ u, "W0": dL_dv.sum(axis=0)}


class SingleExample(Linear):
    def forward(self, u: Any) -> Any:
        assert u.ndim == 1
        return self.W.T @ u + self.W0

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return self.W @ dL_dv

    def weight_grad(self, u: Any, dL_dv: Any) -> Any:
        return {"W": np.outer(u, dL_dv), "W0": dL_dv}


class OneWeight(Linear):
    """A bare array in place of the dict."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed=seed)
        del self.W0

    def forward(self, u: Any) -> Any:
        return u @ self.W

    def weight_grad(self, u: Any, dL_dv: Any) -> Any:
        return u.T @ dL_dv


class ReLU:
    def forward(self, u: Any) -> Any:
        return np.maximum(u, 0)

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return dL_dv * (u > 0)


class Loops(ReLU):
    """The engine cannot follow this forward."""

    def forward(self, u: Any) -> Any:
        v = np.empty(u.shape)
        for i, x in enumerate(u.flat):
            v.flat[i] = max(x, 0.0)
        return v


class MathExp:
    def forward(self, u: Any) -> Any:
        return np.array([[math.exp(x) for x in row] for row in u])

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return dL_dv * v


class Sigmoid:
    def forward(self, u: Any) -> Any:
        return 1 / (1 + np.exp(-u))

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return dL_dv * v * (1 - v)


class Tanh:
    def forward(self, u: Any) -> Any:
        return np.tanh(u)

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return dL_dv * (1 - v**2)


class Squared:
    def forward(self, u: Any) -> Any:
        return u**2

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return dL_dv * 2 * u


class Log:
    def forward(self, u: Any) -> Any:
        return np.log(u)

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return dL_dv / u


class Softmax:
    axis = 1

    def forward(self, u: Any) -> Any:
        e = np.exp(u - u.max(axis=self.axis, keepdims=True))
        return e / e.sum(axis=self.axis, keepdims=True)

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return v * (dL_dv - (dL_dv * v).sum(axis=self.axis, keepdims=True))


class SoftmaxColumns(Softmax):
    axis = 0


class BatchNorm:
    def __init__(self, seed: int = 0) -> None:
        self.gamma = np.ones(4)
        self.beta = np.zeros(4)
        self.mean = np.zeros(4)

    def parts(self, u: Any) -> Any:
        deviation = np.sqrt(u.var(axis=0) + 1e-5)
        return (u - u.mean(axis=0)) / deviation, deviation

    def forward(self, u: Any) -> Any:
        self.mean = 0.9 * self.mean + 0.1 * u.mean(axis=0)
        return self.parts(u)[0] * self.gamma + self.beta

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        x, deviation = self.parts(u)
        g = dL_dv * self.gamma
        return (g - g.mean(axis=0) - x * (g * x).mean(axis=0)) / deviation

    def weight_grad(self, u: Any, dL_dv: Any) -> Any:
        return {"gamma": (dL_dv * self.parts(u)[0]).sum(axis=0), "beta": dL_dv.sum(axis=0)}


class Dropout:
    def __init__(self, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)

    def forward(self, u: Any) -> Any:
        self.mask = (self.rng.random(u.shape) < 0.5) / 0.5
        return u * self.mask

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return dL_dv * self.mask


class GlobalDropout(Dropout):
    def forward(self, u: Any) -> Any:
        self.mask = (np.random.rand(*u.shape) < 0.5) / 0.5  # noqa: NPY002 — as students do
        return u * self.mask


class Slots:
    __slots__ = ("W",)

    def __init__(self, seed: int = 0) -> None:
        self.W = np.full(3, 2.0)

    def forward(self, u: Any) -> Any:
        return u * self.W

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return dL_dv * self.W

    def weight_grad(self, u: Any, dL_dv: Any) -> Any:
        return {"W": (u * dL_dv).sum(axis=0)}


@dataclass(frozen=True)
class Frozen:
    W: Any = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "W", np.arange(1.0, 4.0))

    forward, backward, weight_grad = Slots.forward, Slots.backward, Slots.weight_grad


class Alias(Linear):
    """Forward reads its weights from a list of the same arrays."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed=seed)
        self.all = [self.W, self.W0]

    def forward(self, u: Any) -> Any:
        return u @ self.all[0] + self.all[1]


class KeptGradient(Linear):
    """Keeps its gradient in self, as many do; it is no weight."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed=seed)
        self.dW = np.zeros_like(self.W)

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        self.dW = u.T @ dL_dv
        return super().backward(u, v, dL_dv)

    def weight_grad(self, u: Any, dL_dv: Any) -> Any:
        self.dW = u.T @ dL_dv
        return {"W": self.dW, "W0": dL_dv.sum(axis=0)}


class ThreeIndices:
    """A weight with three axes."""

    def __init__(self) -> None:
        self.W = np.random.default_rng(0).standard_normal((3, 4, 2))

    def forward(self, u: Any) -> Any:
        return np.einsum("bi,ijk->bjk", u, self.W)

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return np.einsum("bjk,ijk->bi", dL_dv, self.W)

    def weight_grad(self, u: Any, dL_dv: Any) -> Any:
        return {"W": np.einsum("bi,bjk->ijk", u, dL_dv)}


class SingleInside(Columns):
    """Casts its input to float32, in columns."""

    def forward(self, u: Any) -> Any:
        return super().forward(u.astype(np.float32))

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return super().backward(u, v, dL_dv.astype(np.float32))


RIGHT: list[Callable[..., Any]] = [
    Linear, Square, Columns, SquareColumns, OtherWay, SingleExample, OneWeight, ReLU, Loops,
    MathExp, Sigmoid, Tanh, Squared, Log, Softmax, SoftmaxColumns, BatchNorm, Dropout,
    GlobalDropout, Slots, Frozen, Alias, KeptGradient, ThreeIndices, SingleInside,
]  # fmt: skip


@pytest.mark.parametrize("make", RIGHT)
@pytest.mark.parametrize("seed", range(8))
def test_right_modules_pass(make: Any, seed: int) -> None:
    """Nothing is found in a right module, whatever is drawn, and the module stays as it was."""
    module = make()
    before = repr(sorted(vars(module).items())) if hasattr(module, "__dict__") else ""
    state = np.random.get_state()[1].copy()  # noqa: NPY002 — students draw from it
    report = nn.check_module(module, rng=seed)
    assert report.ok, report
    assert report
    assert report.findings == ()
    assert "all is right" in text(report)
    assert before == (repr(sorted(vars(module).items())) if before else "")
    assert np.array_equal(state, np.random.get_state()[1])  # noqa: NPY002


class Embedding:
    """Rows of a table, by numbers; v jumps with u, and has slope 0 wherever it has one."""

    def __init__(self) -> None:
        self.E = np.random.default_rng(0).standard_normal((3, 2))

    def forward(self, u: Any) -> Any:
        return self.E[u.astype(int)]

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return np.zeros(u.shape)

    def weight_grad(self, u: Any, dL_dv: Any) -> Any:
        made = np.zeros_like(self.E)
        np.add.at(made, u.astype(int), dL_dv)
        return {"E": made}


def test_jumps_have_no_slope() -> None:
    """A right embedding is not blamed for a step of astype(int), and a wrong one is."""
    report = nn.check_module(Embedding(), [0, 2, 2, 1])
    assert report.ok, report
    assert "Where forward jumps, 0 was taken" in text(report)
    wrong = planted(Embedding, backward=lambda s, u, v, g: g.sum(axis=1))
    assert not nn.check_module(wrong, [0, 2, 2, 1]).ok


@pytest.mark.parametrize(("m", "n"), [(1, 1), (3, 1), (1, 4), (5, 3), (4, 5), (6, 6), (2, 6)])
@pytest.mark.parametrize("make", [Linear, Columns])
def test_any_number_of_units(make: Any, m: int, n: int) -> None:
    """Also one, and as many as there are examples; a missing sum is still told from the rest."""
    assert nn.check_module(make(m, n))
    wrong = type("Wrong", (make,), {"weight_grad": answering(W0=lambda s, u, g, x: g)})(m, n)
    assert "sum" in text(nn.check_module(wrong))


@pytest.mark.parametrize("batch", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("make", [Linear, Columns, ReLU, Softmax, OneWeight])
def test_any_batch(make: Any, batch: int) -> None:
    """Also of as many examples as there are units."""
    assert nn.check_module(make(), batch=batch)


@pytest.mark.parametrize(
    ("module", "u"),
    [
        (nn.Linear(3, 2, rng=0), None),
        (nn.Linear(3, 2, rng=0, dtype=np.float32), None),
        (nn.Tanh(), None),
        (nn.Softmax(), np.random.default_rng(0).standard_normal((5, 3))),
        (nn.Dropout(0.5), None),
        (nn.BatchNorm(4), np.random.default_rng(0).standard_normal((6, 4))),
        (nn.Sequential(nn.Linear(3, 4, rng=0), nn.Tanh(), nn.Linear(4, 2, rng=0)), None),
        (nn.Sequential(nn.Linear(3, 2, rng=0), Sigmoid()), None),
        (nn.HandWritten(Columns()), None),
    ],
)
def test_our_own_modules_pass(module: Any, u: Any) -> None:
    """Modules of ours have the same three methods, and they are right."""
    report = nn.check_module(module, u)
    assert report, report


class Overridden(nn.Linear):
    """A module of ours with a backward by hand."""

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return np.asarray(dL_dv) @ self.W.numpy().T

    def weight_grad(self, u: Any, dL_dv: Any) -> Any:
        return {"W": u.T @ dL_dv, "W0": dL_dv.sum(axis=0)}


class OverriddenWrong(Overridden):
    def weight_grad(self, u: Any, dL_dv: Any) -> Any:
        return {"W": u.T @ dL_dv, "W0": dL_dv}


def text(report: Any) -> str:
    """The page without its line breaks."""
    return " ".join(repr(report).split())


def test_methods_overridden_by_hand() -> None:
    """In a subclass of Module the methods by hand are what is checked."""
    assert nn.check_module(Overridden(3, 2, rng=0))
    report = nn.check_module(OverriddenWrong(3, 2, rng=0))
    assert "sum over the batch of 5 is missing" in text(report)


def test_wrong_gradients_inside_a_network_are_found() -> None:
    """A network that holds a wrong module by hand is measured, not trusted."""

    class Wrong(Tanh):
        def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
            return dL_dv * (1 - u**2)

    report = nn.check_module(nn.Sequential(nn.Linear(3, 2, rng=0), Wrong()))
    assert {f.method for f in report.findings} == {"backward", "weight_grad"}
    assert "central differences" in text(report)


# -- planted slips -------------------------------------------------------------------------------


def planted(base: Any, **methods: Any) -> Any:
    """An otherwise right module with some methods replaced."""
    return type(base.__name__, (base,), methods)()


def answering(**changed: Any) -> Any:
    """A weight_grad whose entries are functions of the right ones, u and dL_dv."""

    def weight_grad(self: Any, u: Any, g: Any) -> Any:
        right = super(type(self), self).weight_grad(u, g)
        return {n: changed[n](self, u, g, x) if n in changed else x for n, x in right.items()}

    return weight_grad


def in_place_forward(self: Any, u: Any) -> Any:
    u[u < 0] = 0
    return u


def in_place_backward(self: Any, u: Any, v: Any, g: Any) -> Any:
    g *= u > 0
    return g


def in_place_weights(self: Any, u: Any, g: Any) -> Any:
    g /= 2
    return {"W": 2 * u.T @ g, "W0": 2 * g.sum(axis=0)}


def stepping(self: Any, u: Any, g: Any) -> Any:
    right = Linear.weight_grad(self, u, g)
    self.W -= 0.1 * right["W"]
    return right


def accumulating(self: Any, u: Any, g: Any) -> Any:
    self.dW = getattr(self, "dW", 0) + u.T @ g
    return {"W": self.dW, "W0": g.sum(axis=0)}


def keeping(self: Any, u: Any, v: Any, g: Any) -> Any:
    self.dW = u.T @ g
    return g @ self.W.T


class Unprintable(Exception):
    def __str__(self) -> str:
        raise ValueError


def fail(error: Exception) -> Any:
    raise error


class Scaled:
    """A weight that is a plain number."""

    def __init__(self) -> None:
        self.a = 0.25

    def forward(self, u: Any) -> Any:
        return u * self.a

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return dL_dv * self.a

    def weight_grad(self, u: Any, dL_dv: Any) -> Any:
        return {"a": (u * dL_dv).sum()}


class Around:
    """A way around tanh."""

    def forward(self, u: Any) -> Any:
        return u + np.tanh(u)

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return dL_dv * (2 - (v - u) ** 2)


def last_only(self: Any, u: Any, g: Any, right: Any) -> Any:
    for i in range(len(u)):
        made = np.outer(u[i], g[i])
    return made


def remembering(self: Any, u: Any) -> Any:
    self.u = u
    return u @ self.W + self.W0


def counting(self: Any, u: Any) -> Any:
    self.calls = getattr(self, "calls", 0) + 1
    return u * self.calls


def absolute(self: Any, u: Any) -> Any:
    if isinstance(self.W, np.ndarray) and (self.W < 0).any():
        self.signs = np.sign(self.W)
    self.W = np.abs(self.W)
    return u @ self.W + self.W0


def moving(self: Any, u: Any) -> Any:
    self.W *= 1.01
    return u @ self.W + self.W0


SLIPS: list[tuple[Any, str, str]] = [
    # the module, the method that is to blame, words
    # backward of layers
    (planted(Linear, backward=lambda s, u, v, g: g @ s.W), "backward", "A has 2 columns, B has 3"),
    (planted(Linear, backward=lambda s, u, v, g: g @ s.W), "backward", "dL_dv (5, 2), W (3, 2)"),
    (planted(Linear, backward=lambda s, u, v, g: g * s.W), "backward", "could not be broadcast"),
    (planted(Square, backward=lambda s, u, v, g: g @ s.W), "backward", "W must be transposed"),
    (planted(Columns, backward=lambda s, u, v, g: s.W.T @ g), "backward", "columns"),
    (
        planted(SquareColumns, backward=lambda s, u, v, g: s.W.T @ g),
        "backward",
        "W must not be transposed",
    ),
    (planted(Linear, backward=lambda s, u, v, g: s.W @ g.T), "backward", "transposed"),
    (planted(Linear, backward=lambda s, u, v, g: -g @ s.W.T), "backward", "wrong sign"),
    (planted(Linear, backward=lambda s, u, v, g: g @ s.W.T / len(u)), "backward", "factor 1/5"),
    (planted(Linear, backward=lambda s, u, v, g: 2 * g @ s.W.T), "backward", "factor 2"),
    (planted(Linear, backward=lambda s, u, v, g: (g @ s.W.T).sum(0)), "backward", "summed over ax"),
    (planted(Linear, backward=lambda s, u, v, g: (g @ s.W.T).sum()), "backward", "summed too far"),
    (planted(Linear, backward=lambda s, u, v, g: np.zeros_like(u)), "backward", "zero everywhere"),
    (planted(Linear, backward=lambda s, u, v, g: u * np.nan), "backward", "NaN"),
    (planted(Linear, backward=lambda s, u, v, g: None), "backward", "dL_du is None"),
    (planted(Linear, backward=lambda s, u, v, g: [g]), "backward", "a list"),
    (planted(Linear, backward=lambda s, u, v, g: np.sum), "backward", "a function"),
    (
        planted(Linear, backward=lambda s, u, v, g: np.ones_like(g) @ s.W.T),
        "backward",
        "dL_dv is not in it",
    ),
    # weight_grad
    (planted(Linear, weight_grad=answering(W=lambda s, u, g, x: x.T)), "weight_grad", "transposed"),
    (planted(Square, weight_grad=answering(W=lambda s, u, g, x: x.T)), "weight_grad", "is square"),
    (planted(Linear, weight_grad=answering(W=lambda s, u, g, x: -x)), "weight_grad", "wrong sign"),
    (planted(Linear, weight_grad=answering(W=lambda s, u, g, x: x / 5)), "weight_grad", "1/5"),
    (planted(Linear, weight_grad=answering(W0=lambda s, u, g, x: -x)), "weight_grad", "wrong sign"),
    (
        planted(Linear, weight_grad=answering(W0=lambda s, u, g, x: g)),
        "weight_grad",
        "dL_dW0 has shape (5, 2) and must have shape (2,): the sum over the batch of 5 is missing",
    ),
    (
        planted(Columns, weight_grad=answering(W0=lambda s, u, g, x: g)),
        "weight_grad",
        "dL_dW0 has shape (2, 5) and must have shape (2, 1): a sum is missing, over axis 1",
    ),
    (
        planted(Linear, weight_grad=answering(W0=lambda s, u, g, x: x[None])),
        "weight_grad",
        "length 1 was kept",
    ),
    (
        planted(Columns, weight_grad=answering(W0=lambda s, u, g, x: x[:, 0])),
        "weight_grad",
        "length 1 was lost",
    ),
    (
        planted(Linear, weight_grad=answering(W0=lambda s, u, g, x: g.sum())),
        "weight_grad",
        "summed too far",
    ),
    (
        planted(Linear, weight_grad=answering(W0=lambda s, u, g, x: g.sum(axis=1))),
        "weight_grad",
        "summed over the units",
    ),
    (
        planted(Linear, weight_grad=answering(W=lambda s, u, g, x: s.W - 0.1 * x)),
        "weight_grad",
        "dL_dW is the updated weight, W minus 0.1 times the gradient",
    ),
    (
        planted(Linear, weight_grad=answering(W0=lambda s, u, g, x: s.W0 - 0.1 * x)),
        "weight_grad",
        "dL_dW0 is the updated weight",
    ),
    (
        planted(Linear, weight_grad=answering(W=lambda s, u, g, x: s.W + 0.1 * x)),
        "weight_grad",
        "the weight plus a multiple",
    ),
    (planted(Linear, weight_grad=answering(W=lambda s, u, g, x: s.W)), "weight_grad", "W itself"),
    (
        planted(Linear, weight_grad=answering(W=lambda s, u, g, x: u.T @ np.ones_like(g))),
        "weight_grad",
        "dL_dv is not in it",
    ),
    (
        planted(Linear, weight_grad=answering(W=lambda s, u, g, x: np.outer(u, g))),
        "weight_grad",
        "np.outer of the whole batch",
    ),
    (
        planted(Square, weight_grad=answering(W=lambda s, u, g, x: s.forward(u).T @ g)),
        "weight_grad",
        "computed from v, the output",
    ),
    (
        planted(Square, weight_grad=answering(W=lambda s, u, g, x: u * g)),
        "weight_grad",
        "entry by entry",
    ),
    (planted(Linear, weight_grad=answering(W=last_only)), "weight_grad", "last example alone"),
    (
        planted(Linear, weight_grad=answering(W=lambda s, u, g, x: np.outer(u[0], g[0]))),
        "weight_grad",
        "first example alone",
    ),
    (
        planted(Linear, weight_grad=lambda s, u, g: {"W": u.T @ g}),
        "weight_grad",
        "no entry 'W0', though v depends on W0",
    ),
    (
        planted(Linear, weight_grad=lambda s, u, g: {"W": u.T @ g, "b": g.sum(0)}),
        "weight_grad",
        "an entry 'b', and the module has no weight of this name",
    ),
    (
        planted(Linear, weight_grad=lambda s, u, g: {"W": g.sum(0), "W0": u.T @ g}),
        "weight_grad",
        "dL_dW is the gradient of W0",
    ),
    (planted(Linear, weight_grad=lambda s, u, g: (u.T @ g, g.sum(0))), "weight_grad", "a tuple"),
    (planted(Linear, weight_grad=lambda s, u, g: u.T @ g), "weight_grad", "ndarray, and must"),
    (planted(Linear, weight_grad=lambda s, u, g: None), "weight_grad", "None, and must return"),
    (planted(Linear, weight_grad=None), "weight_grad", "There is no method weight_grad, though"),
    (planted(Linear, weight_grad=in_place_weights), "weight_grad", "argument dL_dv in place"),
    (planted(Linear, weight_grad=stepping), "weight_grad", "changes the weight W itself"),
    (planted(Linear, weight_grad=accumulating), "weight_grad", "adds to what the call before left"),
    (
        planted(Linear, backward=keeping, weight_grad=lambda s, u, g: {
            "W": s.dW, "W0": g.sum(axis=0)
        }),
        "weight_grad",
        "right only behind backward",
    ),
    (planted(Scaled), "weight_grad", "is a plain number, which no optimizer can change"),
    (
        planted(Linear, forward=lambda s, u: u @ s.W),
        "weight_grad",
        "dL_dW0 must be zero, as v does not change with W0",
    ),
    (planted(Linear, backward=lambda s, u, v, g: exit()), "backward", "raises SystemExit"),
    (planted(Linear, backward=lambda s, u, v, g: fail(Unprintable())), "backward", "Unprintable"),
    (
        planted(Around, backward=lambda s, u, v, g: g * (1 - (v - u) ** 2)),
        "backward",
        "lacks dL_dv itself",
    ),
    (
        planted(Linear, forward=remembering, weight_grad=lambda s, u, g: {
            "W": s.u.T @ g, "W0": g.sum(axis=0)
        }),
        "weight_grad",
        "right only directly behind the forward of the same u",
    ),
    (
        planted(BatchNorm, weight_grad=answering(gamma=lambda s, u, g, x: g * s.parts(u)[0])),
        "weight_grad",
        "sum over the batch of 5 is missing",
    ),
    # backward of functions
    (planted(ReLU, backward=lambda s, u, v, g: g), "backward", "dL_dv unchanged"),
    (planted(ReLU, backward=lambda s, u, v, g: (u > 0) * 1.0), "backward", "dL_dv is not in it"),
    (planted(ReLU, backward=lambda s, u, v, g: u > 0), "backward", "dL_dv is not in it"),
    (planted(ReLU, backward=lambda s, u, v, g: g * (u < 0)), "backward", "the wrong way round"),
    (planted(ReLU, backward=lambda s, u, v, g: np.maximum(g, 0)), "backward", "forward applied to"),
    (planted(ReLU, backward=lambda s, u, v, g: g * u), "backward", "dL_dv times u, not"),
    (planted(ReLU, backward=lambda s, u, v, g: -g * (u > 0)), "backward", "wrong sign"),
    (planted(ReLU, backward=in_place_backward), "backward", "changes its argument dL_dv in place"),
    (
        planted(ReLU, backward=lambda s, u, v, g: (g * (u > 0)).astype(int)),
        "backward",
        "digits behind the point were cut off",
    ),
    (
        planted(Sigmoid, backward=lambda s, u, v, g: g * u * (1 - u)),
        "backward",
        "has u in a formula that is meant for v",
    ),
    (
        planted(Tanh, backward=lambda s, u, v, g: g * (1 - u**2)),
        "backward",
        "has u in a formula that is meant for v",
    ),
    (
        planted(Sigmoid, backward=lambda s, u, v, g: g * s.forward(v) * (1 - s.forward(v))),
        "backward",
        "the derivative at v, the output, in place of u",
    ),
    (
        planted(Tanh, backward=lambda s, u, v, g: g * (1 - np.tanh(v) ** 2)),
        "backward",
        "the derivative at v, the output, in place of u",
    ),
    (
        planted(Squared, backward=lambda s, u, v, g: g * 2 * v),
        "backward",
        "the derivative at v, the output, in place of u",
    ),
    (
        planted(Tanh, backward=lambda s, v, u, g: g * (1 - v**2)),
        "backward",
        "has its parameters u and v exchanged",
    ),
    (planted(Sigmoid, backward=lambda s, u, v, g: v * (1 - v)), "backward", "dL_dv is not in it"),
    (planted(Sigmoid, backward=lambda s, u, v, g: g @ (v * (1 - v))), "backward", "columns"),
    (
        planted(Sigmoid, backward=lambda s, u, v, g: (v * (1 - v)).T @ g),
        "backward",
        "use * in place of @",
    ),
    (planted(Squared, backward=lambda s, u, v, g: g * u), "backward", "dL_dv times u"),
    (planted(Tanh, backward=lambda s, u, v, g: g * v), "backward", "dL_dv times v"),
    (planted(Tanh, backward=lambda s, u, v, g: g), "backward", "unchanged"),
    (
        planted(Softmax, backward=lambda s, u, v, g: g * v * (1 - v)),
        "backward",
        "only the diagonal of the Jacobian",
    ),
    (
        planted(SoftmaxColumns, backward=lambda s, u, v, g: g * v * (1 - v)),
        "backward",
        "only the diagonal of the Jacobian",
    ),
    (
        planted(Softmax, backward=lambda s, u, v, g: v * (g - (g * v).sum())),
        "backward",
        "right for a batch of one example, and wrong for several",
    ),
    (
        planted(BatchNorm, backward=lambda s, u, v, g: g * s.gamma / s.parts(u)[1]),
        "backward",
        "are treated as constants",
    ),
    (
        planted(
            Dropout, backward=lambda s, u, v, g: g * (s.rng.random(u.shape) < 0.5) / 0.5
        ),
        "backward",
        "backward has to use what forward drew",
    ),
    # forward
    (planted(ReLU, forward=in_place_forward), "forward", "changes its argument u in place"),
    (planted(ReLU, forward=counting), "forward", "called a second time with the same u"),
    (planted(Linear, forward=moving), "forward", "self.W, which it changes"),
    (
        planted(
            Linear,
            forward=absolute,
            backward=lambda s, u, v, g: g @ np.abs(s.W).T,
            weight_grad=lambda s, u, g: {"W": u.T @ g * s.signs, "W0": g.sum(axis=0)},
        ),
        "forward",
        "forward changes the weight W",
    ),
    (planted(ReLU, forward=lambda s, u: None), "forward", "What forward returns is None"),
    (planted(ReLU, forward=lambda s, u: u.tolist()), "forward", "a list"),
    (planted(ReLU, forward=lambda s, u: 1.0), "forward", "a float, not a NumPy array"),
    (planted(ReLU, forward=lambda s, u: u > 0), "forward", "dtype bool"),
    (planted(ReLU, forward=lambda s, u: u.astype(int)), "forward", "dtype int64"),
    (planted(ReLU, forward=lambda s, u: u.astype(object)), "forward", "dtype object"),
    (planted(ReLU, forward=lambda s, u: u / 0), "forward", "NaN or infinity"),
    (planted(ReLU, forward=lambda s, u: np.maximum(u.squeeze(), 0)), "forward", "gives shape (4,)"),
    (planted(Linear, forward=lambda s, u: u @ s.V), "forward", "no attribute 'V'"),
    (
        planted(Dropout, forward=lambda s, u: u * np.random.default_rng().random(u.shape)),
        "forward",
        "forward is not deterministic",
    ),
    # what does not run
    (planted(ReLU, backward=lambda s, u, v: v), "backward", "takes (u, v), and is called as"),
    (planted(ReLU, backward=lambda u, v, g: g), "backward", "no parameter self"),
    (planted(ReLU, backward=lambda s, u, v, g: g * zz), "backward", "NameError"),  # noqa: F821
    (planted(ReLU, backward=lambda s, u, v, g: s.z), "backward", "AttributeError"),
    (planted(ReLU, backward=lambda s, u, v, g: 1 / 0), "backward", "ZeroDivisionError"),
    (planted(ReLU, backward=lambda s, u, v, g: {}["a"]), "backward", "KeyError: 'a'"),
    (planted(ReLU, backward=None), "backward", "There is no method backward"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "method", "words"), SLIPS)
@pytest.mark.parametrize("seed", [0, 1])
def test_slips_are_named(module: Any, method: str, words: str, seed: int) -> None:
    """The finding blames the right method, and its words name the slip."""
    report = nn.check_module(module, rng=seed)
    assert not report.ok
    assert not report
    assert {f.method for f in report.findings} == {method}, report
    said = " ".join(f"{f.what} {f.hint}" for f in report.findings)
    assert words in said
    mark = "○" if words.endswith(" is None") else "✗"
    assert f"{mark} {method}" in repr(report)
    assert "Traceback" not in repr(report)
    assert all(len(line) <= 100 for line in repr(report).splitlines())


def test_without_the_engine_slips_are_named_too() -> None:
    """Central differences are exact enough to name them, and the page says that they are used."""
    report = nn.check_module(planted(Loops, backward=lambda s, u, v, g: g))
    assert "dL_dv unchanged" in text(report)
    assert "central differences of your forward" in text(report)
    report = nn.check_module(planted(MathExp, backward=lambda s, u, v, g: g * u))
    assert "has u in a formula that is meant for v" in text(report)


def test_the_place_of_an_error_is_told() -> None:
    """The line of the student's code is named, with its text."""

    class Broken(Tanh):
        def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
            return dL_dv @ u  # here

    (finding,) = nn.check_module(Broken()).findings
    assert "ValueError" in finding.what
    assert "of test_check_module.py: return dL_dv @ u" in finding.what


def test_code_of_a_cell() -> None:
    """So it is for code without a file."""
    source = "class Cell:\n def forward(self, u):\n  return u.nothing\n backward = forward\n"
    names: dict[str, Any] = {}
    exec(compile(source, "<ipython-input-1-abc>", "exec"), names)
    (finding,) = nn.check_module(names["Cell"]()).findings
    assert "(line 3 of the cell)" in finding.what


def test_notes_are_no_findings() -> None:
    """Batch normalization mixes examples, and dropout draws: both are told, neither is wrong."""
    report = nn.check_module(BatchNorm())
    assert report.ok
    assert any("mixes the examples" in note for note in report.notes)
    report = nn.check_module(Dropout())
    assert any("draws random numbers" in note for note in report.notes)
    for make in (Softmax, SoftmaxColumns, Linear, Columns, ReLU):
        assert len(nn.check_module(make()).notes) == 1


def test_the_page() -> None:
    """The report reads as a page: a line for each method, words below, how it was found."""
    page = repr(nn.check_module(planted(Linear, weight_grad=answering(W0=lambda s, u, g, x: g))))
    assert page.splitlines() == [
        "Linear: not right yet",
        "✓ forward",
        "✓ backward",
        "✗ weight_grad",
        "    dL_dW0 has shape (5, 2) and must have shape (2,): the sum over the batch of 5 is",
        "    missing, it holds the share of each example.",
        "    → Sum over the axis of the examples: .sum(axis=0).",
        "The right gradients are the engine's, which differentiated your forward.",
    ]


# -- like, u, weights ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "like"),
    [
        (Linear(), nn.Linear(3, 2)),
        (Columns(), nn.Linear(3, 2)),
        (OtherWay(), nn.Linear(3, 2)),
        (Tanh(), nn.Tanh()),
        (Softmax(), nn.Softmax()),
        (Loops(), nn.ReLU()),
    ],
)
def test_like(module: Any, like: Any) -> None:
    """A right forward equals our module with the same weights."""
    report = nn.check_module(module, like=like)
    assert report, report
    assert any("compared with" in note for note in report.notes)


def test_like_that_takes_no_input_that_could_be_guessed() -> None:
    """Nothing was checked then, so nothing is called right."""

    class Seven(nn.Module):
        def forward(self, u: Any) -> Any:
            if u.shape[-1] != 7:
                raise ValueError(u.shape)
            return u * 2

    with pytest.raises(ArgumentError, match="takes no input that could be guessed; give one"):
        nn.check_module(ReLU(), like=Seven())
    assert not nn.check_module(ReLU(), np.ones((2, 7)), like=Seven())


def test_an_input_that_cannot_be_guessed() -> None:
    """A forward that takes none of the inputs that were drawn may want another one."""
    report = nn.check_module(planted(ReLU, forward=lambda s, u: u[:, :, 0]))
    assert "give one: check_module(module, u)" in text(report)


def test_like_finds_a_wrong_forward() -> None:
    """Consistent gradients of a wrong forward are right, so only the comparison finds it."""

    class Negative(Tanh):
        def forward(self, u: Any) -> Any:
            return -np.tanh(u)

        def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
            return -dL_dv * (1 - v**2)

    class NoOffset(Linear):
        def forward(self, u: Any) -> Any:
            return u @ self.W

    assert nn.check_module(Negative())
    report = nn.check_module(Negative(), like=nn.Tanh())
    assert [f.method for f in report.findings] == ["forward"]
    assert "v has the wrong sign" in text(report)
    assert "forward" in [
        f.method for f in nn.check_module(NoOffset(), like=nn.Linear(3, 2)).findings
    ]
    report = nn.check_module(Linear(), like=nn.LayerNorm(3))
    assert "cannot be compared" in text(report)


def test_given_inputs() -> None:
    """The user's u is used, lists and integers too."""
    assert nn.check_module(Linear(), [[1, 2, 3], [4, 5, 6]])
    assert nn.check_module(SingleExample(), [1, 2, 3])
    assert "u (2, 4)" in text(nn.check_module(Linear(), np.ones((2, 4))))
    with pytest.raises(ArgumentError, match="no array of floats"):
        nn.check_module(Linear(), "u")
    with pytest.raises(ArgumentError, match="NaN"):
        nn.check_module(Linear(), [[np.nan] * 3])


def test_integer_weights() -> None:
    """A weight of integers is told, and its gradient is checked all the same."""
    layer = Linear()
    layer.W = np.array([[1, 2], [3, 4], [5, 7]])
    (finding,) = nn.check_module(layer).findings
    assert "The weight W holds integers" in finding.what
    assert finding.method == "weight_grad"


def test_single_precision_inside() -> None:
    """A forward that computes in float32 is measured more coarsely."""

    class Single(Tanh):
        def forward(self, u: Any) -> Any:
            return np.tanh(np.asarray(u).astype(np.float32))

    assert nn.check_module(Single())
    assert "unchanged" in text(nn.check_module(planted(Single, backward=lambda s, u, v, g: g)))


def test_weights_can_be_told() -> None:
    """A method weights() says which arrays are weights; names that begin with _ are none."""

    class Scaled(ReLU):
        def __init__(self) -> None:
            self.scale = np.array([1.0, 2.0, 3.0, 4.0])

        def forward(self, u: Any) -> Any:
            return u * self.scale

        def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
            return dL_dv * self.scale

    assert "no method weight_grad" in text(nn.check_module(Scaled()))
    assert nn.check_module(planted(Scaled, weights=lambda self: []))
    report = nn.check_module(planted(Scaled, weights=lambda self: ["nothing"]))
    assert "names 'nothing'" in text(report)
    report = nn.check_module(planted(Scaled, weights=lambda self: 1 / 0))
    assert "ZeroDivisionError" in text(report)


def test_large_modules() -> None:
    """A large layer is checked by the engine; one that the engine cannot follow is refused."""
    assert nn.check_module(Linear(300, 20))

    class Opaque(Linear):
        def forward(self, u: Any) -> Any:
            v = np.zeros((len(u), 20))
            v[...] = u @ self.W + self.W0
            return v

    assert "too many to vary" in text(nn.check_module(Opaque(300, 20)))


class Hostile:
    """Fails in whatever way it is looked at."""

    def __array__(self, *args: Any, **options: Any) -> Any:
        raise RuntimeError("no")

    def __repr__(self) -> str:
        raise RuntimeError("no")

    @property
    def __class__(self) -> Any:  # type: ignore[override]
        raise RuntimeError("no")


@pytest.mark.parametrize("method", ["forward", "backward", "weight_grad"])
@pytest.mark.parametrize(
    "answer",
    [
        Hostile,
        object,
        lambda: {"W": Hostile(), "W0": None},
        lambda: {1: 2},
        lambda: np.array(["a"]),
        lambda: np.ma.masked_array([1.0]),
        lambda: np.zeros((0, 3)),
        lambda: float("nan"),
        lambda: 10**400,
        lambda: (i for i in ()),
        lambda: nn.Linear(1, 1),
    ],
)
def test_nothing_that_a_method_returns_raises(method: str, answer: Any) -> None:
    """Whatever a method returns gets words."""
    report = nn.check_module(planted(Linear, **{method: lambda self, *arguments: answer()}))
    assert not report
    assert f"✗ {method}" in repr(report)


def test_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """A print in a method is seen, but not once for each of the many runs."""

    class Talking(Loops):
        def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
            print("backward")
            return super().backward(u, v, dL_dv)

        def forward(self, u: Any) -> Any:
            print("forward")
            return super().forward(u)

    nn.check_module(Talking())
    out = capsys.readouterr().out
    assert out.count("backward") == 1
    assert 1 <= out.count("forward") <= 2


def test_what_is_no_module() -> None:
    """Other objects are refused with a clear error."""
    with pytest.raises(
        UnsupportedError, match="check_module: an object of class int has no method"
    ):
        nn.check_module(5)
    with pytest.raises(UnsupportedError, match=r"Tanh is a class; give an instance of it"):
        nn.check_module(Tanh)
    with pytest.raises(UnsupportedError, match="no method forward"):
        nn.check_module(object())
    with pytest.raises(UnsupportedError, match="NoneType"):
        nn.check_module(None)
    with pytest.raises(DTypeError, match="like=3"):
        nn.check_module(Tanh(), like=3)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="batch is 0"):
        nn.check_module(Tanh(), batch=0)


def test_agrees_with_pytorch() -> None:
    """What passes here has PyTorch's gradients, and what PyTorch contradicts does not pass."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    u, g = rng.standard_normal((5, 4)), rng.standard_normal((5, 4))
    theirs = {Tanh: torch.tanh, Sigmoid: torch.sigmoid, ReLU: torch.relu}
    theirs[Softmax] = lambda x: torch.softmax(x, dim=1)
    for make, function in theirs.items():
        x = torch.tensor(u, requires_grad=True)
        function(x).backward(torch.tensor(g))
        right = make()
        np.testing.assert_allclose(right.backward(u, right.forward(u), g), x.grad.numpy())
        assert nn.check_module(right, u)
        wrong = planted(make, backward=lambda s, u, v, g: np.cos(u) * g)
        assert not nn.check_module(wrong, u)


def test_what_is_not_written_yet_is_not_called_wrong() -> None:
    """Methods that return None, as their bodies are still dots, are told apart from wrong ones."""

    class Open:
        def forward(self, u: Any) -> Any: ...

        def backward(self, u: Any, v: Any, dL_dv: Any) -> Any: ...

    class Half:
        def forward(self, u: Any) -> Any:
            return np.tanh(u)

        def backward(self, u: Any, v: Any, dL_dv: Any) -> Any: ...

    assert repr(nn.check_module(Open())).startswith("Open: not written yet\n○ forward")
    assert "✓ forward\n○ backward" in repr(nn.check_module(Half()))
    assert not nn.check_module(Half())
