"""Parameter groups and settings: what can be changed, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import ArgumentError, DTypeError, Tensor

from .optimizers import Make, params, same, train, values


def test_groups_have_settings_of_their_own() -> None:
    """A group takes what it does not give from the optimizer."""
    a, b = Tensor([1.0], requires_grad=True), Tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([{"params": [a], "lr": 0.5}, {"params": [b]}], lr=0.1)
    a.grad = b.grad = Tensor([1.0])
    optimizer.step()
    assert (a.item(), b.item()) == (0.5, 0.9)
    assert optimizer.rates() == [0.5, 0.1]


def test_a_group_can_be_added_later() -> None:
    """add_param_group trains further parameters; a single tensor will do."""
    a, b = Tensor([1.0], requires_grad=True), Tensor([1.0], requires_grad=True)
    optimizer = optim.Adam([a], lr=0.1)
    optimizer.add_param_group({"params": b, "lr": 0.01})
    assert optimizer.param_groups[1].params == (b,)
    assert optimizer.param_groups[1]["betas"] == (0.9, 0.999)


def test_offsets_without_decay(rng: np.random.Generator) -> None:
    """decay_groups decays matrices and leaves vectors alone."""
    model = nn.Sequential(nn.Linear(3, 4, rng=rng), nn.Linear(4, 2, rng=rng))
    W, W0 = model[0].W.numpy().copy(), model[0].W0.numpy() + 1
    model[0].W0.assign(W0)
    optimizer = optim.SGD(optim.decay_groups(model.parameters(), 0.5), lr=0.1)
    for p in model.parameters():
        p.grad = ag.zeros_like(p)
    optimizer.step()
    np.testing.assert_allclose(model[0].W.numpy(), W * (1 - 0.1 * 0.5))
    assert np.array_equal(model[0].W0.numpy(), W0)


def test_lr_can_be_changed_and_is_checked() -> None:
    """opt.lr sets all groups; a wrong value changes nothing."""
    a, b = Tensor([1.0], requires_grad=True), Tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([{"params": [a]}, {"params": [b], "lr": 0.5}], lr=0.1)
    optimizer.lr = 0.2
    assert optimizer.rates() == [0.2, 0.2]
    for bad in (-1.0, float("nan"), float("inf"), "0.1", None, True):
        with pytest.raises(ArgumentError, match="lr"):
            optimizer.lr = bad  # type: ignore[assignment]
        with pytest.raises(ArgumentError, match="lr"):
            optimizer.param_groups[1]["lr"] = bad
    assert optimizer.rates() == [0.2, 0.2]


def test_groups_are_mappings_that_check() -> None:
    """Settings are read and changed like a dict's; unknown ones and deletion are refused."""
    w = Tensor([1.0], requires_grad=True)
    group = optim.SGD([w], lr=0.1).param_groups[0]
    assert set(group) >= {"params", "lr", "momentum", "weight_decay"}
    group.update(momentum=0.9, nesterov=True)
    assert dict(group)["nesterov"] is True
    with pytest.raises(ArgumentError, match="nesterov needs momentum"):
        group["momentum"] = 0.0
    assert group["momentum"] == 0.9
    with pytest.raises(ArgumentError, match="no setting 'momentun'"):
        group["momentun"] = 0.5
    with pytest.raises(ArgumentError, match="deleted"):
        del group["lr"]
    with pytest.raises(ArgumentError, match="add_param_group"):
        group["params"] = []


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: optim.SGD(p, lr=-0.1), "SGD: lr is -0.1"),
        (lambda p: optim.SGD(p, lr=float("nan")), "lr is nan"),
        (lambda p: optim.SGD(p, lr=0.1, momentum=1.0), r"momentum is 1; .*\[0, 1\)"),
        (lambda p: optim.SGD(p, lr=0.1, momentum=float("nan")), "momentum is nan"),
        (lambda p: optim.SGD(p, lr=0.1, momentum_form="heavy"), "'chapter', 'average', 'torch'"),
        (lambda p: optim.SGD(p, lr=0.1, nesterov=True), "nesterov needs momentum"),
        (lambda p: optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.1), "dampening belongs to"),
        (lambda p: optim.SGD(p, lr=0.1, weight_decay=-1), "weight_decay is -1"),
        (lambda p: optim.Adam(p, betas=(0.9, 1.0)), r"betas\[1\] is 1"),
        (lambda p: optim.Adam(p, betas=(-0.1, 0.9)), r"betas\[0\] is -0.1"),
        (lambda p: optim.Adam(p, betas=0.9), "two numbers"),
        (lambda p: optim.Adam(p, eps=-1e-8), "eps is -1e-08"),
        (lambda p: optim.Adam(p, eps=float("inf")), "eps is inf"),
        (lambda p: optim.Adam(p, eps_inside_sqrt=1), "True or False"),
        (lambda p: optim.AdamW(p, weight_decay=float("nan")), "AdamW: weight_decay is nan"),
        (lambda p: optim.Adagrad(p, initial_accumulator_value=-1), "initial_accumulator_value"),
        (lambda p: optim.RMSprop(p, alpha=1.5), "alpha is 1.5"),
        (lambda p: optim.Adadelta(p, rho=1.0), "rho is 1"),
        (lambda p: optim.Adadelta(p, variant="matlab"), "'chapter', 'zeiler'"),
    ],
)
def test_settings_out_of_range_are_refused(make: Make, words: str) -> None:
    """The error names the optimizer, the setting, its value and its range."""
    with pytest.raises(ArgumentError, match=words):
        make([Tensor([1.0], requires_grad=True)])


@pytest.mark.parametrize(
    ("params", "kind", "words"),
    [
        ([], ArgumentError, "no parameters"),
        (iter(()), ArgumentError, "no parameters"),
        ([{"params": []}], ArgumentError, "no parameters"),
        (Tensor([1.0], requires_grad=True), DTypeError, r"give a list: \[tensor\]"),
        (np.ones(3), DTypeError, "list of Tensors"),
        ([np.ones(3)], DTypeError, "entry 0 of params is of type ndarray"),
        ({"params": []}, DTypeError, "list of groups"),
        ([{"lr": 0.1}], ArgumentError, "no 'params'"),
        (3, DTypeError, "type int"),
        ([Tensor([1.0])], ArgumentError, "does not require a gradient"),
        ([Tensor([1.0], requires_grad=True) * 2], ArgumentError, "no leaf.*multiply"),
    ],
)
def test_what_cannot_be_trained_is_refused(params: Any, kind: type[Exception], words: str) -> None:
    """An optimizer over nothing, a bare tensor, constants or results says what to give."""
    with pytest.raises(kind, match=words):
        optim.Adam(params)


def test_modules_pairs_duplicates_and_read_only_memory_are_refused() -> None:
    """Each with the advice that fits."""
    model = nn.Linear(2, 2, rng=0)
    with pytest.raises(DTypeError, match=r"model\.parameters\(\)"):
        optim.SGD(model, lr=0.1)  # type: ignore[arg-type]
    with pytest.raises(DTypeError, match="named_parameters"):
        optim.SGD(model.named_parameters(), lr=0.1)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"'W'.*comes twice"):
        optim.SGD([model.W, model.W0, model.W], lr=0.1)
    with pytest.raises(ArgumentError, match="comes twice"):
        optim.SGD([{"params": [model.W]}, {"params": [model.W]}], lr=0.1)
    array = np.ones(3)
    array.flags.writeable = False
    with pytest.raises(ArgumentError, match="read-only"):
        optim.SGD([Tensor(array, requires_grad=True, copy=False)], lr=0.1)


def test_a_refused_group_is_not_added() -> None:
    """After an error the groups are as before."""
    a, b = Tensor([1.0], requires_grad=True), Tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([a], lr=0.1)
    for group in ({"params": [a]}, {"params": [b], "lr": -1}, {"params": [b], "speed": 1}):
        with pytest.raises(ArgumentError):
            optimizer.add_param_group(group)
    assert len(optimizer.param_groups) == 1


def test_a_schedule_that_fails_changes_nothing(rng: np.random.Generator) -> None:
    """η(t) is asked, for all groups, before the first weight moves."""
    tensors = params(rng)
    optimizer = optim.SGD(
        [{"params": tensors[:1]}, {"params": tensors[1:], "lr": lambda t: 0.1 if t < 3 else -1.0}],
        lr=0.1,
    )
    train(optimizer, tensors, 1, 2)
    before = values(tensors)
    with pytest.raises(ArgumentError, match=r"lr at step 3.*-1"):
        train(optimizer, tensors, 2, 1)
    assert same(values(tensors), before)
    assert optimizer.t == 2
