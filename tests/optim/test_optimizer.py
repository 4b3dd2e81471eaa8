"""How optimizers step: memory, dtypes, blocks, and rules of one's own."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import ArgumentError, GraphError, Tensor
from optim import _blocks
from optim.groups import Rule

from .optimizers import ALL, Make, every, params, same, train

# -- memory ---------------------------------------------------------------------------------------


@every
def test_weights_change_in_their_own_memory(make: Make, rng: np.random.Generator) -> None:
    """The array of a parameter stays the same object, and a view of it sees the update."""
    w = Tensor(rng.standard_normal((5, 3)), requires_grad=True)
    array, before = w.data, w.numpy().copy()
    train(make([w]), [w], 1, 2)
    assert w.data is array
    assert not np.array_equal(array, before)


@every
def test_large_arrays_in_blocks_are_the_same_bit_for_bit(
    make: Make, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Updating piece by piece changes nothing in the result, weights and state."""
    start = rng.standard_normal((37, 29))
    found = []
    for block in (10**9, 64):
        monkeypatch.setattr(_blocks, "BLOCK", block)
        w = Tensor(start, requires_grad=True)
        optimizer = make([w])
        train(optimizer, [w], 5, 4)
        found.append([w.numpy(), *[v for k, v in sorted(optimizer.state[w].items()) if k != "t"]])
    assert same(*found)


def test_blocks_take_gradients_and_weights_of_any_layout(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Transposed memory, of the gradient or the weight, gives the same update."""
    monkeypatch.setattr(_blocks, "BLOCK", 16)
    start, g = rng.standard_normal((7, 9)), rng.standard_normal((7, 9))
    plain = Tensor(start, requires_grad=True)
    turned_g = Tensor(start, requires_grad=True)
    turned_w = Tensor(start.T.copy().T, requires_grad=True, copy=False)
    assert not turned_w.data.flags.c_contiguous
    plain.grad = Tensor(g)
    turned_g.grad = Tensor(g.T.copy().T, copy=False)
    turned_w.grad = Tensor(g)
    optim.Adam([plain, turned_g, turned_w]).step()
    assert np.array_equal(plain.numpy(), turned_g.numpy())
    assert np.array_equal(plain.numpy(), turned_w.numpy())


@every
def test_float32_stays_float32(make: Make, rng: np.random.Generator) -> None:
    """Weights and state of float32 parameters are float32, scalars included."""
    tensors = params(rng, np.float32)
    optimizer = make(tensors)
    train(optimizer, tensors, 1, 3)
    for p in tensors:
        assert p.dtype == np.float32
        for name, value in optimizer.state[p].items():
            assert name == "t" or (value.dtype == np.float32 and value.shape == p.shape)


def test_state_of_any_layout_is_written(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also state that was loaded, or set, in transposed memory."""
    monkeypatch.setattr(_blocks, "BLOCK", 16)
    start = rng.standard_normal((7, 9))
    ends = []
    for turned in (False, True):
        w = Tensor(start, requires_grad=True)
        optimizer = optim.Adam([w])
        train(optimizer, [w], 1, 1)
        if turned:
            state = optimizer.state_dict()
            state["state"]["0"]["m"] = np.asfortranarray(state["state"]["0"]["m"])
            optimizer.load_state_dict(state)
            optimizer.state[w]["v"] = np.asfortranarray(optimizer.state[w]["v"])
        train(optimizer, [w], 2, 3)
        ends.append(w.numpy())
    assert np.array_equal(*ends)


def test_a_schedule_of_numpy_numbers_keeps_float32() -> None:
    """A rate that is a NumPy float64 scalar does not promote the weights."""
    w = Tensor(np.ones(3, np.float32), requires_grad=True)
    optimizer = optim.Adam([w], lr=lambda t: np.float64(0.1))
    train(optimizer, [w], 1, 2)
    assert w.dtype == optimizer.state[w]["m"].dtype == np.float32


def test_the_state_follows_a_model_to_another_dtype(rng: np.random.Generator) -> None:
    """After model.astype the optimizer goes on in the new dtype."""
    model = nn.Linear(3, 2, rng=rng)
    optimizer = optim.Adam(model.parameters())
    train(optimizer, list(model.parameters()), 1, 2)
    model.astype("float32")
    train(optimizer, list(model.parameters()), 2, 1)
    assert model.W.dtype == optimizer.state[model.W]["v"].dtype == np.float32


@every
def test_state_shares_no_memory_with_gradients(make: Make, rng: np.random.Generator) -> None:
    """Writing into a gradient after a step does not reach the optimizer's state."""
    w = Tensor(rng.standard_normal(8), requires_grad=True)
    optimizer = make([w])
    train(optimizer, [w], 1, 1)
    for name, value in optimizer.state[w].items():
        assert name == "t" or not np.may_share_memory(value, w.grad.data)


def test_a_step_between_forward_and_backward_is_noticed() -> None:
    """backward needs the weights of the forward pass; the error names the step and the tensor."""
    w = Tensor([1.0, 2.0], requires_grad=True, name="W")
    loss = (w * w).sum()
    w.grad = Tensor([1.0, 1.0])
    optim.Adam([w]).step()
    with pytest.raises(GraphError, match=r"Adam\.step.*'W'"):
        loss.backward()


def test_the_optimizer_leaves_no_cycles() -> None:
    """Parameters, gradients and state go when the last reference goes, without the collector."""
    gc.collect()
    gc.disable()
    try:
        w = Tensor(np.ones(10), requires_grad=True)
        optimizer = optim.Adam([w])
        train(optimizer, [w], 1, 2)
        del optimizer, w
        assert gc.collect() == 0
    finally:
        gc.enable()


# -- steps ----------------------------------------------------------------------------------------


def test_parameters_without_a_gradient_are_passed_over() -> None:
    """A parameter that took no part keeps its weight, its state and its own count of updates."""
    a, b = (Tensor([1.0], requires_grad=True) for _ in range(2))
    optimizer = optim.Adam([a, b], lr=0.1)
    for i in range(3):
        optimizer.zero_grad()
        a.grad = Tensor([1.0])
        if i == 2:
            b.grad = Tensor([1.0])
        optimizer.step()
    assert optimizer.t == 3
    assert (optimizer.state[a]["t"], optimizer.state[b]["t"]) == (3, 1)
    # b's first update has the size of a first update.
    assert b.item() == pytest.approx(0.9)


def test_a_step_without_any_gradient_changes_no_weight() -> None:
    """As in PyTorch, it is no error."""
    w = Tensor([1.0], requires_grad=True)
    optim.SGD([w], lr=0.1).step()
    assert w.item() == 1.0


def test_zero_grad_sets_none() -> None:
    """The gradients are gone, not zero."""
    w = Tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)
    (w * 2).sum().backward()
    optimizer.zero_grad()
    assert w.grad is None


def test_scalars_are_trained() -> None:
    """A parameter that is a Python float or a float32 scalar moves like any other."""
    a = Tensor(2.0, requires_grad=True)
    b = Tensor(2.0, dtype=np.float32, requires_grad=True)
    optimizer = optim.SGD([a, b], lr=0.25, momentum=0.5)
    for _ in range(2):
        optimizer.zero_grad()
        (a * a + b.astype(np.float64) * 4.0).backward()
        optimizer.step()
    assert a.item() == 2 - 1 - (0.5 * 1 + 0.25 * 2)
    assert b.item() == 2 - 1 - 1.5
    assert b.dtype == np.float32


def test_momentum_may_be_switched_on_later() -> None:
    """State that a changed setting needs is made when it is needed."""
    w = Tensor([0.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=1.0)
    train_one = [Tensor([1.0])] * 3
    for i, g in enumerate(train_one):
        if i == 1:
            optimizer.param_groups[0]["momentum"] = 0.5
        w.grad = g
        optimizer.step()
    assert w.item() == -1 - 1 - 1.5


def test_a_rule_runs_on_tensors_too() -> None:
    """Rules are pure and polymorphic: an unrolled step can be differentiated by the rate."""
    for make in ALL.values():
        w = Tensor([1.0, -2.0], requires_grad=True)
        group = make([w]).param_groups[0]
        state = [Tensor([start, start]) for start in group.rule.state.values()]
        lr = Tensor(0.1, requires_grad=True)
        g = Tensor([0.5, 0.25])
        step, new = group.apply(w.detach(), g, *state, t=Tensor(3.0), lr=lr)
        assert isinstance(step, Tensor)
        assert len(new) == len(state)
        plain, _ = group.apply(w.data, g.data, *[s.data for s in state], t=3, lr=0.1)
        np.testing.assert_allclose(step.numpy(), plain, rtol=1e-14)
        step.sum().backward()
        assert lr.grad is not None
        np.testing.assert_allclose(lr.grad.item(), plain.sum() / 0.1, rtol=1e-9)


def test_an_optimizer_of_ones_own() -> None:
    """A subclass gives checks and a rule, and has all the rest."""

    class Sign(optim.Optimizer):
        def __init__(self, params: Any, lr: float) -> None:
            super().__init__(params, {"lr": lr})

        @classmethod
        def rule(cls, settings: dict[str, Any]) -> Rule:
            return Rule(lambda w, g, *, t, lr: (lr * ag.sign(g), ()), {}, {})

    w = Tensor([1.0, -1.0], requires_grad=True)
    optimizer = Sign([w], lr=0.5)
    w.grad = Tensor([3.0, -0.1])
    optimizer.step()
    assert w.tolist() == [0.5, -0.5]
    with pytest.raises(ArgumentError, match="Sign: lr is -1"):
        Sign([w], lr=-1)
    with pytest.raises(NotImplementedError, match="no update rule"):
        optim.Optimizer([w], {"lr": 0.1})


def test_repr_shows_the_settings() -> None:
    """Names or shapes of the parameters, and all settings."""
    model = nn.Linear(2, 3, rng=0)
    shown = repr(optim.SGD(model.parameters(), lr=0.1))
    assert "SGD(t=0" in shown
    assert "[W, W0], lr=0.1, momentum=0.0" in shown
