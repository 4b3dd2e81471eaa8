"""Gradient clipping, by hand and against PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd_core import AnomalyError, ArgumentError, DTypeError, Tensor
from optim import clip_grad_norm_, clip_grad_value_


def leaves(*gradients: Any, dtype: Any = np.float64) -> list[Tensor]:
    made = []
    for g in gradients:
        p = Tensor(np.zeros(np.shape(g)), dtype=dtype, requires_grad=True)
        p.grad = Tensor(g, dtype=dtype)
        made.append(p)
    return made


def test_the_norm_is_over_all_gradients() -> None:
    """Returned is the norm before clipping; all shrink by one factor."""
    a, b, c = leaves([3.0, 0.0], [[4.0]], 12.0)
    assert clip_grad_norm_([a, b, c], 6.5) == pytest.approx(13.0)
    np.testing.assert_allclose(a.grad.numpy(), [1.5, 0.0])
    np.testing.assert_allclose(b.grad.numpy(), [[2.0]])
    assert c.grad.item() == pytest.approx(6.0)


def test_small_gradients_stay_as_they_are() -> None:
    """Below the limit nothing changes, and at 0 nothing divides."""
    (a,) = leaves([0.3, 0.4])
    assert clip_grad_norm_([a], 0.5) == pytest.approx(0.5)
    assert a.grad.tolist() == [0.3, 0.4]
    (zero,) = leaves([0.0, 0.0])
    assert clip_grad_norm_([zero], 1.0) == 0.0
    untouched = Tensor([1.0], requires_grad=True)
    assert clip_grad_norm_([untouched], 1.0) == 0.0


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("limit", [0.1, 2.0, 1e3])
def test_as_pytorch(dtype: Any, limit: float, rng: np.random.Generator) -> None:
    """Norms and clipped gradients are PyTorch's, but for its 10⁻⁶ in the denominator."""
    torch = pytest.importorskip("torch")
    shapes = [(5, 3), (3,), (2, 2, 2)]
    gradients = [rng.standard_normal(s).astype(dtype) for s in shapes]
    for ours, theirs in (
        (clip_grad_norm_, torch.nn.utils.clip_grad_norm_),
        (clip_grad_value_, torch.nn.utils.clip_grad_value_),
    ):
        mine = leaves(*gradients, dtype=dtype)
        other = [torch.zeros(s, requires_grad=True) for s in shapes]
        for p, g in zip(other, gradients, strict=True):
            p.data = p.data.to(torch.from_numpy(g).dtype)
            p.grad = torch.from_numpy(g.copy())
        got, wanted = ours(mine, limit), theirs(other, limit)
        if wanted is not None:
            assert got == pytest.approx(wanted.item(), rel=1e-6)
        for p, q in zip(mine, other, strict=True):
            assert p.grad.dtype == dtype
            np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=2e-5)


def test_by_value() -> None:
    """Each element is brought into [−limit, limit]; one tensor may be given alone."""
    (a,) = leaves([-5.0, 0.5, 5.0])
    clip_grad_value_(a, 1.0)
    assert a.grad.tolist() == [-1.0, 0.5, 1.0]
    (scalar,) = leaves(-7.0)
    clip_grad_value_([scalar], 2.0)
    assert scalar.grad.item() == -2.0


def test_squares_that_leave_the_range_do_not_spoil_the_norm() -> None:
    """Very large and very small float32 gradients have their true norm."""
    for size in (1e30, 1e-30):
        (a,) = leaves([3 * size, 4 * size], dtype=np.float32)
        assert clip_grad_norm_([a], size) == pytest.approx(5 * size, rel=1e-6)
        np.testing.assert_allclose(a.grad.numpy(), [0.6 * size, 0.8 * size], rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_names_its_parameter(bad: float) -> None:
    """Nothing is clipped then."""
    a, b = leaves([30.0], [[1.0, bad]])
    with pytest.raises(AnomalyError, match=r"parameter 1 of shape \(1, 2\) holds (nan|inf)"):
        clip_grad_norm_([a, b], 1.0)
    assert a.grad.item() == 30.0
    b.name = "hidden.W"
    with pytest.raises(AnomalyError, match=r"'hidden\.W'"):
        clip_grad_norm_([a, b], 1.0)


@pytest.mark.parametrize("clip", [clip_grad_norm_, clip_grad_value_])
@pytest.mark.parametrize("limit", [0.0, -1.0, float("nan"), "1"])
def test_limits_out_of_range_are_refused(clip: Any, limit: Any) -> None:
    """A limit is above 0."""
    with pytest.raises(ArgumentError, match="it must be a number"):
        clip(leaves([1.0]), limit)


def test_what_is_no_list_of_tensors_is_refused() -> None:
    """The error says what to give."""
    with pytest.raises(DTypeError, match="clip_grad_norm_: params is of type ndarray"):
        clip_grad_norm_(np.ones(3), 1.0)  # type: ignore[arg-type]
    with pytest.raises(DTypeError, match="entry 0"):
        clip_grad_norm_([np.ones(3)], 1.0)  # type: ignore[list-item]
