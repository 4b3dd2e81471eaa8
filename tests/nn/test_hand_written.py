"""`nn.HandWritten`: a student's module among ours, trained with its own gradients."""

from __future__ import annotations

import copy
import gc
import pickle
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core import (
    ArgumentError,
    DTypeError,
    GraphError,
    ShapeError,
    Tensor,
    UnsupportedError,
)

RNG = np.random.default_rng(11)
U = RNG.standard_normal((6, 2))
TARGET = RNG.standard_normal((6, 1))


class Linear:
    def __init__(self, m: int, n: int, dtype: Any = float) -> None:
        self.W = np.random.default_rng(m).standard_normal((m, n)).astype(dtype)
        self.W0 = np.zeros(n, dtype)

    def forward(self, u: Any) -> Any:
        return u @ self.W + self.W0

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return dL_dv @ self.W.T

    def weight_grad(self, u: Any, dL_dv: Any) -> Any:
        return {"W": u.T @ dL_dv, "W0": dL_dv.sum(axis=0)}


class ReLU:
    def forward(self, u: Any) -> Any:
        return np.maximum(u, 0)

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return dL_dv * (u > 0)


class Tanh:
    training = True

    def forward(self, u: Any) -> Any:
        self.mode = self.training
        return np.tanh(u)

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return dL_dv * (1 - v**2)


class Doubled(Linear):
    """Its gradients are twice the right ones, on purpose."""

    def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
        return 2 * super().backward(u, v, dL_dv)

    def weight_grad(self, u: Any, dL_dv: Any) -> Any:
        return {name: 2 * g for name, g in super().weight_grad(u, dL_dv).items()}


def pair(dtype: Any = float) -> tuple[nn.Sequential, nn.Sequential, list[Linear]]:
    """A network by hand, and the same of ours with equal weights."""
    hands = [Linear(2, 3, dtype), Linear(3, 1, dtype)]
    by_hand = nn.Sequential(hands[0], ReLU(), hands[1])
    ours = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)).astype(dtype)
    ours.load_state_dict(by_hand.state_dict())
    return by_hand, ours, hands


def trained(net: Any, optimizer: Any, steps: int = 20) -> list[float]:
    losses = []
    u, target = U.astype(net.dtype), TARGET.astype(net.dtype)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((net(u) - target) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("make", [lambda p: optim.SGD(p, lr=0.1), lambda p: optim.Adam(p, lr=0.05)])
def test_trained_like_our_own_layers(dtype: Any, make: Any) -> None:
    """Linear and ReLU by hand learn, step for step, what ours learn from equal weights."""
    by_hand, ours, hands = pair(dtype)
    assert by_hand.dtype == dtype
    losses = trained(by_hand, make(by_hand.parameters()))
    expected = trained(ours, make(ours.parameters()))
    tolerance = 1e-12 if dtype is np.float64 else 1e-5
    np.testing.assert_allclose(losses, expected, rtol=tolerance)
    assert losses[-1] < losses[0]
    for name, value in ours.state_dict().items():
        mine = by_hand.state_dict()[name]
        assert mine.dtype == dtype
        np.testing.assert_allclose(mine, value, rtol=tolerance, atol=tolerance)
    assert hands[0].W is by_hand[0].W.data
    assert np.array_equal(hands[1].W0, by_hand.state_dict()["2.W0"])


def test_trained_like_pytorch() -> None:
    """The network by hand follows PyTorch's from equal weights."""
    torch = pytest.importorskip("torch")
    by_hand, _, _ = pair()
    theirs = torch.nn.Sequential(
        torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1)
    ).double()
    with torch.no_grad():
        for i in (0, 2):
            theirs[i].weight.copy_(torch.tensor(by_hand[i].W.data.T))
            theirs[i].bias.copy_(torch.tensor(by_hand[i].W0.data))
    losses = trained(by_hand, optim.SGD(by_hand.parameters(), lr=0.1))
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1)
    for expected in losses:
        optimizer.zero_grad()
        loss = ((theirs(torch.tensor(U)) - torch.tensor(TARGET)) ** 2).mean()
        loss.backward()
        optimizer.step()
        assert loss.item() == pytest.approx(expected, rel=1e-12)


def test_the_gradient_is_the_users() -> None:
    """What trains the network is what the object's methods return, right or wrong."""
    hand = nn.HandWritten(Doubled(2, 3))
    u = Tensor(U, requires_grad=True)
    hand(u).sum().backward()
    ones = np.ones((6, 3))
    np.testing.assert_allclose(u.grad.data, 2 * ones @ hand.W.data.T)
    np.testing.assert_allclose(hand.W.grad.data, 2 * U.T @ ones)
    np.testing.assert_allclose(hand.W0.grad.data, [12.0, 12.0, 12.0])


@pytest.mark.parametrize(
    "make",
    [
        lambda hand: nn.Sequential(nn.Linear(2, 3, rng=0), hand, nn.Linear(3, 1, rng=0)),
        lambda hand: nn.Sequential(first=nn.Linear(2, 3, rng=0), hand=hand),
        lambda hand: nn.Sequential({"a": nn.Linear(2, 3, rng=0), "b": hand}),
        lambda hand: nn.Sequential(nn.Linear(2, 3, rng=0)).append(hand),
        lambda hand: nn.Parallel(hand, nn.Identity()),
        lambda hand: nn.Residual(hand),
        lambda hand: nn.Graph({"a": (hand, "x")}),
    ],
)
def test_containers_take_it(make: Any) -> None:
    """Every container wraps an object with forward and backward, and the gradient is the right one.

    The oracle is our own tanh in its place.
    """
    mine, ours = make(Tanh()), make(nn.Tanh())
    u, w = Tensor(U, requires_grad=True), Tensor(U, requires_grad=True)
    y, z = mine(u), ours(w)
    np.testing.assert_allclose(y.data, z.data, rtol=1e-12)
    y.sum().backward()
    z.sum().backward()
    np.testing.assert_allclose(u.grad.data, w.grad.data, rtol=1e-12)


def test_lists_and_dicts_take_it() -> None:
    """ModuleList and ModuleDict find its weights."""
    layers = nn.ModuleList([Linear(2, 3), Tanh()])
    heads = nn.ModuleDict({"a": Linear(2, 3)})
    assert [n for n, _ in layers.named_parameters()] == ["0.W", "0.W0"]
    assert [n for n, _ in heads.named_parameters()] == ["a.W", "a.W0"]


def test_texts() -> None:
    """The repr and the summary name the class and count its weights."""
    net, _, _ = pair()
    assert "0: HandWritten(Linear), W (2, 3), W0 (3,), 9 parameters" in repr(net)
    assert "1: HandWritten(ReLU)" in repr(net)
    summary = net.summary(U)
    assert summary.total == 13
    assert summary.rows[1].output == "(6, 3)"


def test_the_chapters_interface() -> None:
    """On arrays the adapter has forward, backward and weight_grad like every module."""
    hand = nn.HandWritten(Linear(2, 3))
    v = hand.forward(U)
    g = RNG.standard_normal(v.shape)
    np.testing.assert_allclose(v, U @ hand.W.data)
    np.testing.assert_allclose(hand.backward(U, v, g), g @ hand.W.data.T)
    np.testing.assert_allclose(hand.weight_grad(U, g)["W"], U.T @ g)


# -- the attribute and the parameter in step ---------------------------------------------------


def test_loading_reaches_the_object() -> None:
    """load_state_dict and assign change the object's own array."""
    layer = Linear(2, 3)
    net = nn.Sequential(layer)
    net.load_state_dict({"0.W": np.ones((2, 3)), "0.W0": np.full(3, 5.0)})
    assert np.array_equal(layer.W, np.ones((2, 3)))
    assert np.array_equal(net(np.zeros((1, 2))).data, [[5.0, 5.0, 5.0]])


def test_an_assigned_array_becomes_the_parameter() -> None:
    """The object's attribute can be set, or written into; the network computes with it."""
    layer = Linear(2, 3)
    net = nn.Sequential(layer)
    layer.W = np.ones((2, 3))
    net(U)
    assert np.array_equal(net[0].W.data, np.ones((2, 3)))
    assert layer.W is net[0].W.data
    layer.W[...] = 2.0
    assert np.array_equal(net[0].W.data, np.full((2, 3), 2.0))
    layer.W = np.ones((3, 3))
    with pytest.raises(ShapeError, match=r"Linear\.W = …"):
        net(U)


def test_a_new_parameter_reaches_the_object() -> None:
    """So does a Parameter that is put in place of the old one."""
    layer = Linear(2, 3)
    hand = nn.HandWritten(layer)
    hand.W = nn.Parameter(np.ones((2, 3)))
    assert layer.W is hand.W.data


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_are_independent(copied: Any) -> None:
    """A copy has an object of its own, in step with its own parameters."""
    net, _, hands = pair()
    other = copied(net)
    before = hands[0].W.copy()
    inner = other[0].hand
    assert inner is not hands[0]
    trained(other, optim.SGD(other.parameters(), lr=0.1), 3)
    assert np.array_equal(hands[0].W, before)
    assert np.array_equal(net[0].W.data, before)
    assert inner.W is other[0].W.data
    assert not np.array_equal(inner.W, before)


def test_astype() -> None:
    """Converted to float32 it computes, and is trained, in float32; the object follows."""
    layer = Linear(2, 3)
    net = nn.Sequential(layer).astype(np.float32)
    y = net(U.astype(np.float32))
    assert y.dtype == np.float32
    y.sum().backward()
    assert net[0].W.grad.dtype == np.float32
    assert layer.W.dtype == np.float32
    net.load_state_dict({"0.W": np.ones((2, 3), np.float32), "0.W0": np.zeros(3, np.float32)})
    assert np.array_equal(layer.W, np.ones((2, 3)))


def test_float32_stays_float32() -> None:
    """An object that computes in float64 inside gives float32 for float32."""

    class Careless(Tanh):
        def forward(self, u: Any) -> Any:
            v = np.zeros(u.shape)
            v[...] = np.tanh(u)
            return v

    net = nn.Sequential(Careless())
    u = Tensor(U.astype(np.float32), requires_grad=True)
    y = net(u)
    assert y.dtype == np.float32
    y.sum().backward()
    assert u.grad.dtype == np.float32


def test_one_object_at_two_places_is_one_module() -> None:
    """Its weights are shared, and counted once; gradients add up."""
    layer = Linear(2, 2)
    net = nn.Sequential(layer, Tanh(), layer)
    assert net[0] is net[2]
    assert [name for name, _ in net.named_parameters()] == ["0.W", "0.W0"]
    ours = nn.Linear(2, 2)
    ours.load_state_dict({"W": layer.W, "W0": layer.W0})
    reference = nn.Sequential(ours, nn.Tanh(), ours)
    net(U).sum().backward()
    reference(U).sum().backward()
    np.testing.assert_allclose(net[0].W.grad.data, ours.W.grad.data, rtol=1e-12)


def test_an_object_lives_no_longer_than_its_network() -> None:
    """The adapters are found by the object, but not kept alive."""
    import weakref

    net = nn.Sequential(Linear(2, 2))
    ref = weakref.ref(net[0].hand)
    del net
    gc.collect()
    assert ref() is None


def test_an_array_under_two_names_is_one_weight() -> None:
    """The shares of both uses add up."""

    class Tied:
        def __init__(self) -> None:
            self.A = self.B = np.array([2.0, 3.0])

        def forward(self, u: Any) -> Any:
            return u * self.A * self.B

        def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
            return dL_dv * self.A * self.B

        def weight_grad(self, u: Any, dL_dv: Any) -> Any:
            return {
                "A": (dL_dv * u * self.B).sum(axis=0),
                "B": (dL_dv * u * self.A).sum(axis=0),
            }

    hand = nn.HandWritten(Tied())
    assert [name for name, _ in hand.named_parameters()] == ["A"]
    hand([[1.0, 1.0]]).sum().backward()
    assert np.array_equal(hand.A.grad.data, [4.0, 6.0])


def test_frozen_weights_and_inputs() -> None:
    """Methods whose answers nobody needs are not called."""

    class NoBackward(Linear):
        def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
            raise AssertionError

    class NoWeights(Linear):
        def weight_grad(self, u: Any, dL_dv: Any) -> Any:
            raise AssertionError

    first = nn.HandWritten(NoBackward(2, 3))
    first(U).sum().backward()
    assert first.W.grad is not None
    frozen = nn.HandWritten(NoWeights(2, 3)).requires_grad_(False)
    u = Tensor(U, requires_grad=True)
    frozen(u).sum().backward()
    assert u.grad is not None


def test_buffers_are_no_weights() -> None:
    """Arrays that weight_grad does not name are left alone, and those with names that begin _."""

    class Normalized(Linear):
        def __init__(self) -> None:
            super().__init__(2, 3)
            self.mean = np.zeros(2)
            self._scale = np.ones(2)

        def forward(self, u: Any) -> Any:
            self.mean = 0.9 * self.mean + 0.1 * u.mean(axis=0)
            return super().forward(u)

    layer = Normalized()
    layer.forward(U)
    hand = nn.HandWritten(layer)
    assert [name for name, _ in hand.named_parameters()] == ["W", "W0"]
    kept = layer.mean
    hand(U)
    assert np.array_equal(layer.mean, 0.9 * kept + 0.1 * U.mean(axis=0))


def test_weights_can_be_told() -> None:
    """A method weights() decides."""

    class Told(Linear):
        def weights(self) -> list[str]:
            return ["W"]

        def weight_grad(self, u: Any, dL_dv: Any) -> Any:
            return u.T @ dL_dv  # one weight: the array will do

    hand = nn.HandWritten(Told(2, 3))
    assert [name for name, _ in hand.named_parameters()] == ["W"]
    hand(U).sum().backward()
    np.testing.assert_allclose(hand.W.grad.data, U.T @ np.ones((6, 3)))


def test_modes() -> None:
    """train and eval reach an attribute training of the object."""
    tanh = Tanh()
    net = nn.Sequential(tanh)
    net.eval()
    assert tanh.training is False
    net(U)
    assert tanh.mode is False
    net.train()
    assert tanh.training is True
    relu = ReLU()
    nn.Sequential(relu).eval()
    assert not hasattr(relu, "training")


def test_methods_cannot_harm_the_network() -> None:
    """What they do to their arguments, or to arrays that they returned, has no effect."""

    class Rude:
        def forward(self, u: Any) -> Any:
            u[u < 0] = 0
            self.kept = u
            return u

        def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
            self.kept[...] = 0
            dL_dv *= u > 0
            u[...] = v[...] = 7
            return dL_dv

    u = Tensor(U, requires_grad=True)
    y = nn.Sequential(Rude())(u)
    z = y * y
    z.sum().backward()
    assert np.array_equal(u.data, U)
    np.testing.assert_allclose(y.data, np.maximum(U, 0))
    np.testing.assert_allclose(u.grad.data, 2 * np.maximum(U, 0))


def test_changed_weights_are_noticed() -> None:
    """A weight that an optimizer changed between the passes raises, as with our own layers."""
    hand = nn.HandWritten(Linear(2, 3))
    y = hand(U).sum()
    hand.W.assign(np.zeros((2, 3)))
    with pytest.raises(GraphError, match="assign"):
        y.backward()


def test_replays_use_the_weights_of_the_replay() -> None:
    """A graph that is computed again with other values leaves the object with its own weights."""
    layer = Linear(2, 3)
    hand = nn.HandWritten(layer)
    gradient = ag.grad(lambda x: (hand(x) ** 2).sum())(U)
    np.testing.assert_allclose(gradient.numpy(), 2 * (U @ layer.W) @ layer.W.T, rtol=1e-12)
    other = np.ones((2, 3))
    with hand._holding([other, layer.W0]):
        assert np.array_equal(layer.forward(U), U @ other)
    assert layer.W is hand.W.data
    value, pull = ag.vjp(hand, U)
    np.testing.assert_allclose(value.numpy(), U @ layer.W)
    np.testing.assert_allclose(pull(np.ones((6, 3))).numpy(), np.ones((6, 3)) @ layer.W.T)


def test_higher_order_is_refused() -> None:
    """A second derivative, and the forward mode, are refused with the reason."""
    u = Tensor(U, requires_grad=True)
    net = nn.Sequential(Tanh())
    net(u).sum().backward(create_graph=True)
    np.testing.assert_allclose(u.grad.data, 1 - np.tanh(U) ** 2)
    with pytest.raises(GraphError, match="Tanh: its backward is written by hand"):
        u.grad.sum().backward()
    with pytest.raises(GraphError, match="Tanh: its backward is written by hand"):
        ag.hessian(lambda x: net(x).sum())(U)
    with pytest.raises(GraphError, match="Tanh: its backward is written by hand"):
        ag.jvp(net, U, np.ones_like(U))


# -- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "value", "error", "words"),
    [
        ("backward", np.ones((6, 3)), ShapeError, r"Bad: .*backward.* \(6, 3\), and u has shape"),
        ("backward", None, DTypeError, r"Bad: what backward.* is None"),
        ("backward", [1.0], DTypeError, r"Bad: what backward.* list"),
        ("weight_grad", None, DTypeError, r"Bad: weight_grad.* NoneType"),
        ("weight_grad", {"W": np.ones((2, 3))}, ArgumentError, r"Bad: weight_grad.*\['W', 'W0'\]"),
        (
            "weight_grad",
            {"W": np.ones((3, 2)), "W0": np.ones(3)},
            ShapeError,
            r"Bad: .*weight_grad\(u, dL_dv\)\['W'\] returns has shape \(3, 2\)",
        ),
        ("weight_grad", {"V": 1.0, "W": 1.0, "W0": 1.0}, ArgumentError, r"keys \['V', 'W', 'W0'\]"),
        ("forward", None, DTypeError, r"Bad: what forward\(u\) returns is None"),
        ("forward", np.ones(3, int), DTypeError, r"Bad: forward\(u\) returns int64"),
        ("forward", "v", DTypeError, "str"),
    ],
)
def test_wrong_answers_are_refused(method: str, value: Any, error: Any, words: str) -> None:
    """The error names the class, the method and the shapes."""

    class Bad(Linear):
        broken = False

        def weights(self) -> list[str]:
            return ["W", "W0"]

        def __getattribute__(self, name: str) -> Any:
            if name == method and object.__getattribute__(self, "broken"):
                return lambda *arguments: value
            return object.__getattribute__(self, name)

    layer = Bad(2, 3)
    net = nn.Sequential(layer)
    layer.broken = True
    u = Tensor(U, requires_grad=True)
    with pytest.raises(error, match=words):
        net(u).sum().backward()


def test_errors_of_the_methods_come_through() -> None:
    """An exception inside a method is the user's own, with a note that says where."""

    class Broken(Tanh):
        def backward(self, u: Any, v: Any, dL_dv: Any) -> Any:
            return dL_dv @ u

    u = Tensor(U, requires_grad=True)
    with pytest.raises(ValueError, match="matmul") as caught:
        nn.Sequential(Broken())(u).sum().backward()
    assert caught.value.__notes__ == [
        "in Broken.backward, called with u (6, 2), v (6, 2), dL_dv (6, 2)"
    ]


@pytest.mark.parametrize("value", [0.25, np.float64(0.25), [0.25]])
def test_a_weight_that_is_no_array_is_refused(value: Any) -> None:
    """It would never learn, as no optimizer can change it in its place."""

    class Scale(Tanh):
        def __init__(self) -> None:
            self.a = value

        def forward(self, u: Any) -> Any:
            return u * self.a

        def weight_grad(self, u: Any, dL_dv: Any) -> Any:
            return {"a": (u * dL_dv).sum()}

    with pytest.raises(DTypeError, match=r"Scale.a is a \w+, which no optimizer can change"):
        nn.Sequential(Scale())


def test_drawn_by_the_name_of_its_class() -> None:
    """A box says Tanh, and not HandWritten."""
    page = repr(ag.draw(nn.Sequential(nn.Linear(2, 3, rng=0), Tanh()), U))
    assert " Tanh " in page
    assert "HandWritten" not in page


def test_what_is_no_module() -> None:
    """Classes, objects without the methods, our own modules, and integer weights are refused."""
    with pytest.raises(DTypeError, match=r"Tanh is a class; make an instance, Tanh\(\)"):
        nn.Sequential(Tanh)
    with pytest.raises(UnsupportedError, match="is a class"):
        nn.HandWritten(Tanh)
    with pytest.raises(UnsupportedError, match="no method backward"):
        nn.HandWritten(type("Half", (), {"forward": lambda self, u: u})())
    with pytest.raises(UnsupportedError, match="no method forward"):
        nn.HandWritten(5)
    with pytest.raises(UnsupportedError, match="a module of ours already"):
        nn.HandWritten(nn.Tanh())
    layer = Linear(2, 3)
    layer.W = np.ones((2, 3), int)
    with pytest.raises(DTypeError, match=r"Linear\.W is an array of int64"):
        nn.HandWritten(layer)
    with pytest.raises(DTypeError, match=r"neither a module nor a function$"):
        nn.Sequential(5)
    with pytest.raises(DTypeError, match=r"a module written by hand has forward\(u\) and backward"):
        nn.Sequential(type("Half", (), {"forward": lambda self, u: u})())
