"""The graph knows the calls of modules that it was recorded in, and holds no module alive."""

import gc
import weakref

import numpy as np

import nn
from autograd_core import Tensor
from autograd_core.scopes import scopes


def test_the_last_operation_of_a_call_names_the_module_and_what_it_got() -> None:
    """Of nested calls that end in one node, the outermost comes first."""
    net = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh())
    x = Tensor(np.ones((1, 2)), requires_grad=True)
    y = net(x)
    outer, inner = scopes(y.node)
    assert outer.module is net
    assert outer.inputs == (x.node,)
    assert inner.module is net[1]
    (linear,) = scopes(inner.inputs[0])
    assert linear.module is net[0]


def test_a_loss_is_a_call_too() -> None:
    """Its inputs are the guess and, where that requires a gradient, the truth."""
    guess = Tensor(np.ones((4, 3)), requires_grad=True)
    loss = nn.CrossEntropyLoss()
    (scope,) = scopes(loss(guess, [0, 1, 2, 0]).node)
    assert scope.module is loss
    assert scope.inputs == (guess.node,)


def test_what_is_handed_through_is_not_marked_again() -> None:
    """A dropout in evaluation returns what it got, and the call before keeps its mark."""
    linear, dropout = nn.Linear(2, 3, rng=0), nn.Dropout(0.5).eval()
    y = linear(Tensor(np.ones((1, 2))))
    assert [scope.module for scope in scopes(dropout(y).node)] == [linear]


def test_a_graph_keeps_no_module_alive_and_makes_no_cycle() -> None:
    """A step dies by reference count alone, create_graph included; a dead module has a name."""
    gc.disable()
    try:
        linear = nn.Linear(2, 1, rng=0)
        loss = (linear(Tensor(np.ones((1, 2)))) ** 2).sum()
        loss.backward(create_graph=True)
        module, node = weakref.ref(linear), weakref.ref(loss.node)
        kept = loss
        del linear
        assert module() is None
        (scope,) = scopes(kept.node.parents[0].parents[0])
        assert type(scope.module).__name__ == "Linear"
        del scope
        del loss, kept
        assert node() is None
    finally:
        gc.enable()


def test_calls_of_one_dead_module_are_known_to_be_its() -> None:
    """What stands for it is one for all of its calls, and another for another module's."""
    x = Tensor(np.ones((1, 2)), requires_grad=True)
    tanh, other = nn.Tanh(), nn.Tanh()
    first = tanh(x)
    second = tanh(first * 2)
    third = other(second * 2)
    del tanh, other
    gone = [scopes(y.node)[0].module for y in (first, second, third)]
    assert gone[0] is gone[1]
    assert gone[1] is not gone[2]
    assert [type(m).__name__ for m in gone] == ["Tanh"] * 3
    assert gone[0] is scopes(first.node)[0].module
