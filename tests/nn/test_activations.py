"""Activations: exact at any argument, in float32 too."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

import nn
from autograd_core import ArgumentError, AxisError, Tensor
from nn import functional as F

#: f with mpmath's arithmetic, of one number.
EXACT = {
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "tanh": mpmath.tanh,
    "softplus": lambda z: mpmath.log(1 + mpmath.exp(z)),
    "silu": lambda z: z / (1 + mpmath.exp(-z)),
    "elu": lambda z: z if z > 0 else mpmath.exp(z) - 1,
    "relu": lambda z: max(z, 0),
    "leaky_relu": lambda z: z if z > 0 else z * mpmath.mpf(0.01),
    "step": lambda z: 1 if z >= 0 else 0,
    "identity": lambda z: z,
    "gelu": lambda z: z * mpmath.ncdf(z),
}
POINTS = [-1e4, -700.0, -30.0, -2.5, -1e-8, 0.0, 1e-8, 0.7, 5.0, 40.0, 1e4]
MODULES = [
    nn.Identity(),
    nn.Step(),
    nn.ReLU(),
    nn.Sigmoid(),
    nn.Tanh(),
    nn.Softmax(),
    nn.LogSoftmax(),
    nn.LeakyReLU(),
    nn.Softplus(),
    nn.GELU(),
    nn.GELU("tanh"),
    nn.ELU(),
    nn.SiLU(),
]


@pytest.mark.parametrize("name", EXACT)
def test_values_are_exact_to_rounding(name: str) -> None:
    """Against 50 digits, and without a warning, from −10⁴ to 10⁴."""
    got = getattr(F, name)(Tensor(POINTS)).numpy()
    with mpmath.workdps(50):
        wanted = [float(EXACT[name](mpmath.mpf(z))) for z in POINTS]
    # 1 + erf cancels on the far left of GELU, as it does in PyTorch.
    np.testing.assert_allclose(got, wanted, rtol=1e-14, atol=1e-15 if name == "gelu" else 1e-300)


@pytest.mark.parametrize("name", EXACT)
def test_slopes_are_finite_and_right(name: str) -> None:
    """The derivative at each point is mpmath's, also where f is flat."""
    z = Tensor([x for x in POINTS if x], requires_grad=True)
    y = getattr(F, name)(z)
    if name == "step":
        assert not y.requires_grad
        return
    y.sum().backward()
    with mpmath.workdps(50):
        wanted = [float(mpmath.diff(EXACT[name], mpmath.mpf(x), h=1e-20)) for x in POINTS if x]
    np.testing.assert_allclose(z.grad.numpy(), wanted, rtol=1e-10, atol=1e-14)


def test_softmax_is_exact_at_any_size() -> None:
    """Softmax and its logarithm against 50 digits, at ±10⁴."""
    rows = np.array([[1e4, -1e4, 0.0], [1e4, 1e4, 1e4 - 1], [-1e4, -1e4 - 2, -1e4 - 40]])
    with mpmath.workdps(60):
        for row, a, log_a in zip(
            rows, F.softmax(Tensor(rows)).numpy(), F.log_softmax(Tensor(rows)).numpy(), strict=True
        ):
            powers = [mpmath.exp(mpmath.mpf(z)) for z in row]
            wanted = [p / sum(powers) for p in powers]
            np.testing.assert_allclose(a, [float(w) for w in wanted], rtol=1e-13, atol=1e-300)
            logs = [float(mpmath.log(w)) for w in wanted]
            np.testing.assert_allclose(log_a, logs, rtol=1e-13)


@pytest.mark.parametrize("module", MODULES, ids=repr)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_and_shape_are_kept(module: nn.Module, dtype: Any) -> None:
    """float32 stays float32 through f and its gradient, at ±10⁴ too."""
    for shape in ((3,), (2, 3), (0, 3)):
        z = Tensor(np.resize([1e4, -1e4, 0.5], shape).astype(dtype), requires_grad=True)
        a = module(z)
        assert a.dtype == dtype
        assert a.shape == shape
        if a.requires_grad:
            a.sum().backward()
            assert z.grad.dtype == dtype
            assert np.isfinite(z.grad.numpy()).all()


@pytest.mark.parametrize("module", [m for m in MODULES if not isinstance(m, nn.Identity)], ids=repr)
def test_functions_of_arrays_give_arrays(module: nn.Module) -> None:
    """Without a tensor among the arguments a function returns a plain array of the same values."""
    z = np.array([[0.5, -1.0, 2.0]])
    name = {
        "ReLU": "relu",
        "LeakyReLU": "leaky_relu",
        "LogSoftmax": "log_softmax",
    }.get(type(module).__name__, type(module).__name__.lower())
    more = ("tanh",) if repr(module) == "GELU('tanh')" else ()
    a = getattr(F, name)(z, *more)
    assert type(a) is np.ndarray
    np.testing.assert_array_equal(a, module(z).numpy())


def test_slopes_at_the_kinks_are_pytorchs() -> None:
    """At 0: ReLU 0, leaky ReLU its slope, ELU alpha."""
    for f, slope in (
        (F.relu, 0.0),
        (F.leaky_relu, 0.01),
        (F.elu, 1.0),
        (lambda z: F.elu(z, 0.7), 0.7),
    ):
        z = Tensor([0.0], requires_grad=True)
        f(z).sum().backward()
        assert z.grad.tolist() == [slope]


def test_step_is_a_constant_of_the_graph() -> None:
    """The step is 1 at 0, of the dtype of z, and nothing behind it gets a gradient."""
    z = Tensor(np.array([-0.5, 0.0, 2.0], np.float32), requires_grad=True)
    y = nn.Step()(z)
    assert y.tolist() == [0, 1, 1]
    assert not y.requires_grad


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.GELU("sigmoid"), "approximate='sigmoid'"),
        (lambda: F.gelu(Tensor([1.0]), "x"), "approximate='x'"),
        (lambda: nn.LeakyReLU("a"), "slope is 'a'"),
        (lambda: nn.ELU(float("nan")), "alpha is nan"),
        (lambda: nn.ELU(float("inf")), "alpha is inf"),
        (lambda: nn.Softmax(1.5), "axis=1.5"),
    ],
)
def test_bad_settings_are_named(make: Any, words: str) -> None:
    """What is no number, axis or name is refused with its value."""
    with pytest.raises(ArgumentError) as caught:
        make()
    assert words in str(caught.value)


def test_absent_axis_is_named() -> None:
    """The softmax along an axis that is not there is an AxisError."""
    with pytest.raises(AxisError, match="axis 2"):
        nn.Softmax(axis=2)(np.zeros((2, 3)))
