"""The paths from a tensor to a loss: their products, shares and number, against enumeration."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor


def enumerated(root, w) -> list[float]:
    """The products of all paths, by walking each one."""
    if root is w:
        return [1.0]
    products = []
    if root.primitive is None:
        return products
    local = root.primitive.vjp(1.0, root.saved, root.parents, root.params)
    for parent, d in zip(root.parents, local, strict=True):
        if parent is not None:
            products += [float(d) * p for p in enumerated(parent, w)]
    return products


def tangled(x: Tensor, rng: np.random.Generator, size: int) -> Tensor:
    """A random graph of scalars in which much is used several times."""
    values = [x, x * 0.5, ag.sin(x)]
    for _ in range(size):
        a, b = (values[int(k)] for k in rng.integers(max(0, len(values) - 4), len(values), 2))
        values.append([a + b, a * b, a - b, ag.tanh(a) * b][int(rng.integers(4))])
    return values[-1] + values[-2]


@pytest.mark.parametrize("seed", range(12))
def test_products_and_shares_of_scalars_are_those_of_enumeration(seed: int) -> None:
    """The ten weightiest, their number, Σ|product| and what is left are those of all paths."""
    x = Tensor(0.7, requires_grad=True)
    y = tangled(x, np.random.default_rng(seed), 9)
    products = enumerated(y.node, x.node)
    why = ag.explain(y, x)
    best = sorted(products, key=abs, reverse=True)[:10]
    total = sum(abs(p) for p in products)
    assert why.scalars
    assert why.path_count == len(products)
    np.testing.assert_allclose([abs(p.product) for p in why.paths], np.abs(best), rtol=1e-12)
    np.testing.assert_allclose([p.share for p in why.paths], np.abs(best) / total, rtol=1e-10)
    np.testing.assert_allclose(why.total, total, rtol=1e-12)
    np.testing.assert_allclose(why.remaining, abs(sum(products)) / total, rtol=1e-9, atol=1e-15)
    y.backward()
    np.testing.assert_allclose(sum(products), x.grad.item(), rtol=1e-12, atol=1e-14)
    assert why.gradient == pytest.approx(x.grad.item(), rel=1e-12, abs=1e-14)


def test_by_hand_x_squared_plus_2x() -> None:
    """y = x·x + 2x at 3: the factors x each give a path of product 3, the other one of 2."""
    x = Tensor(3.0, requires_grad=True, name="x")
    why = ag.explain(x * x + 2 * x, x)
    assert [p.product for p in why.paths] == [3.0, 3.0, 2.0]
    assert [p.share for p in why.paths] == pytest.approx([3 / 8, 3 / 8, 2 / 8])
    assert why.gradient == 8.0
    assert [p.operands for p in why.paths][:2] != [(0, 0), (0, 0)]


def test_2_to_the_1000_paths() -> None:
    """A graph that doubles its paths a thousand times: exact count, exact largest product."""
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(1000):
        y = y + y * 0.5
    why = ag.explain(y, x)
    assert why.path_count == 2**1000
    assert [p.product for p in why.paths] == [1.0] + [0.5] * 9
    assert why.total == pytest.approx(1.5**1000)
    assert why.paths[0].share == pytest.approx(1.5**-1000, rel=1e-9)
    assert "about 1e+301 paths" in str(why)


def test_join_of_tensors_by_hand() -> None:
    """Two uses whose cotangents have norms 3·√2 and 4·√2: shares 3/7 and 4/7."""
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = (x * 3.0 - x * 4.0).sum()
    why = ag.explain(y, x)
    assert [p.share for p in why.paths] == pytest.approx([4 / 7, 3 / 7])
    assert [p.product for p in why.paths] == pytest.approx([4 * 2**0.5, 3 * 2**0.5])
    assert why.remaining == pytest.approx(1 / 7)


def test_shares_of_tensors_multiply_along_a_path_and_add_up_to_one() -> None:
    """Two joins in a row, by hand: 3/4·1/3, 3/4·2/3, 1/4·1/3, 1/4·2/3."""
    x = Tensor([1.0, 1.0], requires_grad=True)
    a = x * 3.0 + x * 1.0
    y = (a * 1.0 + a * 2.0).sum()
    why = ag.explain(y, x)
    expected = sorted([p * q for p, q in itertools.product((3 / 4, 1 / 4), (1 / 3, 2 / 3))])[::-1]
    assert [p.share for p in why.paths] == pytest.approx(expected)
    assert sum(p.share for p in why.paths) == pytest.approx(1)


def test_contributions_of_all_paths_add_up_to_the_gradient(rng: np.random.Generator) -> None:
    """What arrives along each path alone, summed over all of them, is w.grad."""
    W = Tensor(rng.normal(size=(3, 3)), requires_grad=True)
    x = rng.normal(size=(4, 3))
    h = ag.tanh(x @ W)
    loss = ((h @ W + h) ** 2).mean()
    why = ag.explain(loss, W, most=50)
    loss.backward()
    assert why.path_count == len(why.paths) == 3
    np.testing.assert_allclose(sum(p.contribution for p in why.paths), W.grad.data, rtol=1e-10)
    np.testing.assert_allclose(why.gradient, W.grad.data, rtol=1e-12)


def test_gradient_after_backward_is_torchs(rng: np.random.Generator) -> None:
    """A freed graph is computed again: the gradient is PyTorch's, and nothing is touched."""
    torch = pytest.importorskip("torch")
    a, x = rng.normal(size=(3, 2)), rng.normal(size=(5, 3))
    W = Tensor(a, requires_grad=True, name="W")
    loss = ag.log_softmax(ag.sigmoid(x @ W)).sum()
    loss.backward()
    before = W.grad.data.copy()
    why = ag.explain(loss, W)
    t = torch.tensor(a, requires_grad=True)
    torch.log_softmax(torch.sigmoid(torch.tensor(x) @ t), -1).sum().backward()
    np.testing.assert_allclose(why.gradient, t.grad.numpy(), rtol=1e-10)
    np.testing.assert_array_equal(W.grad.data, before)
    assert why.verdict == "fine"


def test_paths_that_cancel_are_told() -> None:
    """x·100 − x·99.9 leaves 0.05 % of the sum of sizes."""
    x = Tensor(2.0, requires_grad=True)
    why = ag.explain(x * 100.0 - x * 99.9, x)
    assert why.reasons[0].kind == "cancels"
    assert why.remaining == pytest.approx(0.1 / 199.9)
    v = Tensor([2.0, 1.0], requires_grad=True)
    why = ag.explain((v * 100.0 - v * 99.9).sum(), v)
    assert why.reasons[0].kind == "cancels"
    assert why.remaining == pytest.approx(0.1 / 199.9)


def test_a_long_chain() -> None:
    """30,000 nodes in a row: one path, in words of a line."""
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(30_000):
        y = y * 1.00001
    why = ag.explain(y, x)
    assert why.path_count == 1
    assert len(why.paths[0].nodes) == 30_001
    assert why.gradient == pytest.approx(1.00001**30_000, rel=1e-9)
    assert len(why.paths[0].words) < 300


def test_paths_that_read_alike_are_told_apart() -> None:
    """The two factors of x·x have paths that differ by the operand only."""
    x = Tensor(3.0, requires_grad=True, name="x")
    words = [p.words for p in ag.explain(x * x, x).paths]
    assert len(set(words)) == 2
