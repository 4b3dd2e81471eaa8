"""Parts of a module that are replaced after it was made or has computed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
from autograd_core import Tensor

U = np.array([[1.0, -2.0], [0.5, 3.0]])
G = np.array([[1.0, 2.0], [3.0, 4.0]])


def network() -> nn.Sequential:
    return nn.Sequential(nn.Identity(), nn.Linear(2, 2, rng=0))


def new_weight(net: nn.Sequential) -> None:
    net[1].W = nn.Parameter([[1.0, 2.0], [3.0, 4.0]])


def new_module(net: nn.Sequential) -> None:
    net[0] = nn.Tanh()


def inserted(net: nn.Sequential) -> None:
    net.insert(1, nn.Tanh())


def new_forward(net: nn.Sequential) -> None:
    net[0].forward = np.tanh


@pytest.mark.parametrize("change", [new_weight, new_module, inserted, new_forward])
def test_a_record_of_another_network_is_not_used(change: Callable[[Any], None]) -> None:
    """After a part is replaced, gradients are those of the network as it is now."""
    net = network()
    net.forward(U)
    change(net)
    W = np.array(net[-1].W.data)
    a = U if change is new_weight else np.tanh(U)
    slope = 1 if change is new_weight else 1 - a**2
    found = net.weight_grad(U, G)
    np.testing.assert_allclose(found[f"{len(net) - 1}.W"], a.T @ G)
    np.testing.assert_allclose(net.backward(U, None, G), slope * (G @ W.T))
    assert net[-1].W.grad is None


def test_freezing_and_thawing_count_as_they_are_now() -> None:
    """A weight that is frozen since the pass is left out, one that was thawed is there."""
    net = network()
    net.forward(U)
    net[1].W0.requires_grad = False
    assert list(net.weight_grad(U, G)) == ["1.W"]
    net.forward(U)
    net[1].W0.requires_grad = True
    np.testing.assert_allclose(net.weight_grad(U, G)["1.W0"], G.sum(0))


class Scaled(nn.Module):
    """A module whose forward tests replace."""

    def forward(self, x: Tensor) -> Any:
        return x


def test_a_forward_of_an_instance_is_called() -> None:
    """Alone and in a network, until it is deleted; other instances keep theirs."""
    module = Scaled()
    net = nn.Sequential(module)
    module.forward = lambda x: x * 5
    assert module([1.0]).tolist() == net([1.0]).tolist() == [5.0]
    assert net.forward(np.ones(1)).tolist() == [5.0]
    assert net.backward(np.ones(1), None, [1.0]).tolist() == [5.0]
    assert copy.deepcopy(module)([1.0]).tolist() == [5.0]
    assert Scaled()([1.0]).tolist() == [1.0]
    del module.forward
    assert module([1.0]).tolist() == net([1.0]).tolist() == [1.0]


def test_a_forward_of_a_class_is_called() -> None:
    """By instances that exist, by subclasses without their own, and with the section-4 meaning."""

    class Base(nn.Module):
        def forward(self, x: Tensor) -> Any:
            return x

    class Child(Base):
        pass

    base, child = Base(), Child()
    old = Base.forward
    Base.forward = lambda self, x: x * 7
    assert base([1.0]).tolist() == child([1.0]).tolist() == [7.0]
    v = child.forward(np.ones(1))
    assert type(v) is np.ndarray
    assert child.backward(np.ones(1), v, np.ones(1)).tolist() == [7.0]
    Base.forward = old
    assert base([1.0]).tolist() == child([1.0]).tolist() == [1.0]


def test_a_forward_of_a_loss_class_is_called() -> None:
    """Losses look as well."""

    class Distance(nn.Loss):
        def forward(self, guess: Tensor, actual: Any) -> Any:
            return guess

    loss = Distance()
    Distance.forward = lambda self, guess, actual: guess * 3
    assert loss([1.0], [0.0]).tolist() == [3.0]


def test_a_pass_made_again_leaves_generators_in_lists_alone() -> None:
    """Lists, dicts, arrays and old and new generators are as they were."""

    class Noisy(nn.Module):
        def __init__(self) -> None:
            self.generators = [np.random.default_rng(0), {"old": np.random.RandomState(0)}]
            self.count = np.zeros(1)
            self.seen: list[Any] = []

        def forward(self, x: Tensor) -> Any:
            first, others = self.generators
            self.count += 1
            self.seen.append(len(self.seen))
            return x * (first.random(x.shape) + others["old"].random_sample(x.shape))  # type: ignore

    module, twin = Noisy(), Noisy()
    module.weight_grad(np.ones(2), np.ones(2))
    module.backward(np.ones(2), None, np.ones(2))
    assert module.count.tolist() == [0.0]
    assert module.seen == []
    np.testing.assert_array_equal(module(np.ones(2)).data, twin(np.ones(2)).data)
