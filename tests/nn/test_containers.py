"""Sequential, ModuleList, ModuleDict."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import ArgumentError, DTypeError, IndexingError


@pytest.fixture
def net(rng: np.random.Generator) -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 4, rng=rng), nn.Tanh(), nn.Linear(4, 2, rng=rng))


def test_sequential_composes(net: nn.Sequential, rng: np.random.Generator) -> None:
    """The output of each layer is the input of the next."""
    x = rng.normal(size=(5, 3))
    W, W0, V, V0 = (p.numpy() for p in net.parameters())
    np.testing.assert_allclose(net(x).numpy(), np.tanh(x @ W + W0) @ V + V0, rtol=1e-13)


def test_empty_sequential_is_the_identity() -> None:
    """No layers change nothing."""
    assert nn.Sequential()([1.0, 2.0]).tolist() == [1, 2]
    assert len(nn.Sequential()) == 0
    assert bool(nn.Sequential())


def test_layers_by_number_name_and_slice(net: nn.Sequential) -> None:
    """Indexing finds layers, slicing makes a Sequential of the same layers."""
    first, f, last = net
    assert (net[0], net[-1], net["1"]) == (first, last, f)
    part = net[:2]
    assert isinstance(part, nn.Sequential)
    assert list(part) == [first, f]
    assert list(net[::-1]) == [last, f, first]
    assert first in net
    assert "2" in net
    assert nn.ReLU() not in net


def test_names(rng: np.random.Generator) -> None:
    """Names come from a dict or from keywords, and are attributes too."""
    layers = OrderedDict(hidden=nn.Linear(3, 4, rng=rng), f=nn.ReLU())
    for net in (nn.Sequential(layers), nn.Sequential(**layers)):
        assert net.hidden is layers["hidden"]
        assert net["f"] is layers["f"]
        assert [n for n, _ in net.named_parameters()] == ["hidden.W", "hidden.W0"]
    net.f = nn.Tanh()
    assert isinstance(net[1], nn.Tanh)
    with pytest.raises(AttributeError, match="no attribute 'out'"):
        _ = net.out


def test_layers_are_added_and_taken_away(net: nn.Sequential) -> None:
    """append, extend, insert, assignment and deletion; numbers and names of weights follow."""
    first, f, last = net
    assert net.append(nn.Softmax()) is net
    net.extend([nn.Identity(), nn.Identity()])
    assert len(net) == 6
    net.insert(1, nn.BatchNorm(4))
    assert net[1].G.name == "1.G"
    assert net[3] is last
    assert last.W.name == "3.W"
    assert [n for n, _ in net.named_parameters()][2:4] == ["1.G", "1.B"]
    del net[4:]
    del net[1]
    assert list(net) == [first, f, last]
    assert last.W.name == "2.W"
    net[1] = nn.ReLU()
    assert isinstance(net[1], nn.ReLU)


def test_functions_may_stand_among_layers(rng: np.random.Generator) -> None:
    """A function of tensors, NumPy's too, is a layer."""
    net = nn.Sequential(nn.Linear(3, 2, rng=rng), np.cos, ag.exp)
    x = rng.normal(size=(4, 3))
    wanted = np.exp(np.cos(net[0](x).numpy()))
    np.testing.assert_allclose(net(x).numpy(), wanted, rtol=1e-14)
    assert "Lambda(cos)" in repr(net)


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda: nn.Sequential(nn.ReLU), DTypeError, "ReLU is a class; make an instance"),
        (lambda: nn.Sequential(3), DTypeError, "3 is neither a module nor a function"),
        (lambda: nn.Sequential([nn.ReLU()]), DTypeError, "neither a module nor a function"),
        (lambda: nn.Sequential(train=nn.ReLU()), ArgumentError, "has an attribute 'train'"),
        (lambda: nn.Sequential({"a.b": nn.ReLU()}), ArgumentError, "have no dot"),
        (lambda: nn.Sequential({"": nn.ReLU()}), ArgumentError, "not empty"),
        (lambda: nn.Sequential(nn.ReLU())[1], IndexingError, "module 1 of 1"),
        (lambda: nn.Sequential(nn.ReLU())["a"], IndexingError, "no module 'a'"),
        (lambda: nn.Sequential(nn.ReLU())[0.5], IndexingError, "0.5 is no number"),
        (lambda: nn.ModuleList(nn.ReLU()), DTypeError, "ModuleList([module])"),
    ],
)
def test_what_cannot_be_a_layer_is_named(make: Any, kind: Any, words: str) -> None:
    """Classes, numbers, lists, bad names and absent layers are refused."""
    with pytest.raises(kind) as caught:
        make()
    assert words in str(caught.value)


def test_nothing_is_half_added(net: nn.Sequential) -> None:
    """If one of several modules cannot be added, none is."""
    with pytest.raises(DTypeError):
        net.extend([nn.ReLU(), 3])
    assert len(net) == 3
    heads = nn.ModuleDict()
    with pytest.raises(ArgumentError):
        heads.update({"a": nn.ReLU(), "b.c": nn.ReLU()})
    assert not list(heads)
    net.hidden = nn.ReLU()
    del net.hidden
    named = nn.Sequential(a=nn.ReLU(), b=nn.Tanh())
    del named.a
    assert [type(m) for m in named] == [nn.Tanh]


def test_module_list_is_a_list(rng: np.random.Generator) -> None:
    """ModuleList holds, finds and saves modules; a forward uses them as it likes."""

    class Stack(nn.Module):
        def __init__(self) -> None:
            self.layers = nn.ModuleList(nn.Linear(2, 2, rng=rng) for _ in range(3))

        def forward(self, x: Any) -> Any:
            for layer in self.layers:
                x = ag.tanh(layer(x))
            return x

    net = Stack()
    assert len(net.layers) == 3
    assert [n for n, _ in net.named_parameters()][-1] == "layers.2.W0"
    net.layers.append(nn.Linear(2, 1, rng=rng))
    assert net.layers[-1].W.name == "layers.3.W"
    assert net(np.ones((4, 2))).shape == (4, 1)
    assert isinstance(net.layers[1:], nn.ModuleList)


def test_module_dict_is_a_dict(rng: np.random.Generator) -> None:
    """ModuleDict iterates over names, and adds, replaces and takes out."""
    heads = nn.ModuleDict({"a": nn.Linear(2, 1, rng=rng)})
    heads["keys of b"] = nn.ReLU()
    heads.update({"a": nn.Tanh()})
    assert list(heads) == list(heads.keys()) == ["a", "keys of b"]
    assert [type(m) for m in heads.values()] == [nn.Tanh, nn.ReLU]
    assert dict(heads.items())["a"] is heads["a"]
    assert isinstance(heads.pop("a"), nn.Tanh)
    assert "a" not in heads
    with pytest.raises(IndexingError, match="no module 'a'"):
        heads["a"]


def test_copies_have_layers_of_their_own(net: nn.Sequential) -> None:
    """Deep copies and pickles of containers share no layer."""
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert twin[0] is not net[0]
        assert twin[0].W is not net[0].W
        assert list(twin.state_dict()) == list(net.state_dict())


def test_containers_extend(rng: np.random.Generator) -> None:
    """A subclass of Sequential may hold further modules, which are found too."""

    class Scored(nn.Sequential):
        def __init__(self) -> None:
            super().__init__(nn.Linear(2, 2, rng=rng))
            self.head = nn.Linear(2, 1, rng=rng)

        def forward(self, x: Any) -> Any:
            return self.head(super().forward(x))

    net = Scored()
    assert {n for n, _ in net.named_parameters()} == {"0.W", "0.W0", "head.W", "head.W0"}
    assert net(np.ones((1, 2))).shape == (1, 1)
    assert net.forward(np.ones((1, 2))).shape == (1, 1)
