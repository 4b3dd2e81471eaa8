"""The fully connected layer, and how its weights start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

import autograd_core as ag
import nn
from autograd_core import ArgumentError, ShapeError
from nn import init

M, N = 200, 300


def test_linear_is_the_transpose_of_the_chapters_formula(rng: np.random.Generator) -> None:
    """For each row x of a batch, z is Wᵀx + W0 (section 2.1)."""
    layer = nn.Linear(4, 3, init_offset="normal", rng=rng)
    x = rng.normal(size=(5, 4))
    z = layer(x).numpy()
    for row, out in zip(x, z, strict=True):
        np.testing.assert_allclose(out, layer.W.numpy().T @ row + layer.W0.numpy())


def test_shapes_are_the_chapters() -> None:
    """W is (m, n) and W0 has n elements; without offset there is only W."""
    layer = nn.Linear(4, 3)
    assert layer.W.shape == (4, 3)
    assert layer.W0.shape == (3,)
    assert layer.W0.tolist() == [0, 0, 0]
    bare = nn.Linear(4, 3, bias=False)
    assert bare.W0 is None
    assert [n for n, _ in bare.named_parameters()] == ["W"]


@pytest.mark.parametrize("shape", [(4,), (0, 4), (2, 5, 4)])
def test_last_axis_holds_the_inputs(shape: tuple[int, ...]) -> None:
    """An input (…, m) gives (…, n), also for one example, none, and stacks."""
    assert nn.Linear(4, 3)(np.zeros(shape)).shape == (*shape[:-1], 3)


@pytest.mark.parametrize("shape", [(), (3,), (5, 3), (4, 5)])
def test_wrong_width_is_named(shape: tuple[int, ...]) -> None:
    """An input whose last axis is not m is a ShapeError with both numbers."""
    with pytest.raises(ShapeError, match=r"Linear\(4, 3\): the input has shape .* 4 inputs"):
        nn.Linear(4, 3)(np.zeros(shape))


NORMAL = {
    "chapter": 1 / M,
    "chapter_std": 1 / M**2,
    "lecun_normal": 1 / M,
    "xavier_normal": 2 / (M + N),
    "glorot_normal": 2 / (M + N),
    "kaiming_normal": 2 / M,
    "he_normal": 2 / M,
    "normal": 1.0,
}
UNIFORM = {
    "xavier_uniform": 6 / (M + N),
    "glorot_uniform": 6 / (M + N),
    "kaiming_uniform": 6 / M,
    "he_uniform": 6 / M,
    "lecun_uniform": 3 / M,
    "torch": 1 / M,
}


@pytest.mark.parametrize("name", NORMAL)
def test_gaussian_rules(name: str, rng: np.random.Generator) -> None:
    """The draws are Gaussian with the variance of the rule (Kolmogorov-Smirnov)."""
    W = nn.Linear(M, N, init=name, rng=rng).W.numpy()
    assert stats.kstest(W.ravel() / NORMAL[name] ** 0.5, "norm").pvalue > 0.01


@pytest.mark.parametrize("name", UNIFORM)
def test_uniform_rules(name: str, rng: np.random.Generator) -> None:
    """The draws are uniform up to the bound of the rule."""
    W = nn.Linear(M, N, init=name, rng=rng).W.numpy()
    bound = UNIFORM[name] ** 0.5
    assert stats.kstest((W.ravel() / bound + 1) / 2, "uniform").pvalue > 0.01


def test_every_named_rule_is_tested() -> None:
    """The table of rules and the tests have the same names."""
    assert set(init.INITS) == {*NORMAL, *UNIFORM, "zeros", "ones"}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("xavier_uniform", lambda t, w: t.xavier_uniform_(w)),
        ("xavier_normal", lambda t, w: t.xavier_normal_(w)),
        ("kaiming_uniform", lambda t, w: t.kaiming_uniform_(w, nonlinearity="relu")),
        ("kaiming_normal", lambda t, w: t.kaiming_normal_(w, nonlinearity="relu")),
    ],
)
def test_spread_is_that_of_pytorch(ours: str, theirs: Any, rng: np.random.Generator) -> None:
    """PyTorch's rule of the same name has the same standard deviation (to 2 %)."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    weight = torch.empty(N, M)
    theirs(torch.nn.init, weight)
    drawn = init.INITS[ours]((M, N), rng, np.float64)
    assert abs(drawn.std() / weight.std().item() - 1) < 0.02


def test_torch_rule_is_pytorchs_default(rng: np.random.Generator) -> None:
    """W and W0 are uniform on ±1/√m, as torch.nn.Linear starts."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    theirs = torch.nn.Linear(M, 2000)
    layer = nn.Linear(M, 2000, init="torch", rng=rng)
    for mine, other in ((layer.W, theirs.weight), (layer.W0, theirs.bias)):
        a, b = np.abs(mine.numpy()), other.detach().abs().numpy()
        assert a.max() <= 1 / M**0.5
        assert abs(a.max() / b.max() - 1) < 0.01
        assert abs(a.mean() / b.mean() - 1) < 0.05


def test_offsets_of_the_pseudo_code(rng: np.random.Generator) -> None:
    """init_offset="normal" draws W0 from Gaussian(0, 1), line 3 of SGD-NEURAL-NET."""
    W0 = nn.Linear(2, 5000, init_offset="normal", rng=rng).W0.numpy()
    assert stats.kstest(W0, "norm").pvalue > 0.01


def test_one_seed_one_network() -> None:
    """A seed makes the same weights again; a generator goes on."""
    same = [nn.Linear(3, 2, rng=5).W.tolist() for _ in range(2)]
    assert same[0] == same[1]
    rng = np.random.default_rng(5)
    different = [nn.Linear(3, 2, rng=rng).W.tolist() for _ in range(2)]
    assert different[0] == same[0]
    assert different[1] != same[0]


def test_float32_starts_as_the_rounded_float64() -> None:
    """The same seed gives the same weights, rounded."""
    wide, narrow = nn.Linear(3, 2, rng=5), nn.Linear(3, 2, rng=5, dtype=np.float32)
    assert narrow.W.dtype == narrow.W0.dtype == np.float32
    np.testing.assert_array_equal(narrow.W.numpy(), wide.W.numpy().astype(np.float32))


def test_default_dtype_is_used() -> None:
    """Without a dtype the default dtype holds."""
    ag.set_default_dtype("float32")
    try:
        assert nn.Linear(2, 2).W.dtype == np.float32
        assert nn.BatchNorm(2).running_var.dtype == np.float32
    finally:
        ag.set_default_dtype("float64")


def test_rule_of_ones_own(rng: np.random.Generator) -> None:
    """A function of (shape, rng, dtype) is a rule; its values are copied and checked."""
    mine = np.arange(6.0).reshape(3, 2)
    layer = nn.Linear(3, 2, init=lambda shape, rng, dtype: mine, init_offset=init.ones)
    mine[:] = 0
    assert layer.W.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert layer.W0.tolist() == [1, 1]
    with pytest.raises(ShapeError, match=r"init: .*\(2,\) for shape \(3, 2\)"):
        nn.Linear(3, 2, init=lambda *_: np.zeros(2))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.Linear(0, 3), "m, the number of inputs, is 0"),
        (lambda: nn.Linear(3, -1), "n, the number of units, is -1"),
        (lambda: nn.Linear(2.5, 3), "is 2.5"),
        (lambda: nn.Linear(True, 3), "is True"),
        (lambda: nn.Linear(2, 3, init="gaussian"), "'gaussian' is not a rule"),
        (lambda: nn.Linear(2, 3, init=7), "7 is neither a name"),
        (lambda: nn.Linear(2, 3, init_offset="chapter"), "for offsets use"),
        (lambda: nn.Linear(2, 3, rng="seed"), "rng: 'seed'"),
        (lambda: nn.Linear(2, 3, rng=-1), "rng: -1"),
    ],
)
def test_bad_settings_are_named(make: Callable[[], Any], words: str) -> None:
    """Sizes, rules and seeds that are none are refused with their name and value."""
    with pytest.raises((ArgumentError, ShapeError)) as caught:
        make()
    assert words in str(caught.value)
