"""What every module does: contents, names, modes, copies, conversion, texts."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import (
    ArgumentError,
    DTypeError,
    GraphError,
    ShapeError,
    Tensor,
    UnsupportedError,
)


class Net(nn.Module):
    """A network as a user writes it."""

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__()
        self.hidden = nn.Linear(3, 4, rng=rng)
        self.scale = nn.Parameter(np.ones(4))
        self.out = nn.Linear(4, 2, rng=rng)
        self.register_buffer("calls", 0)

    def forward(self, x: Tensor) -> Any:
        return self.out(ag.tanh(self.hidden(x)) * self.scale)


@pytest.fixture
def net(rng: np.random.Generator) -> Net:
    return Net(rng)


def small(rng: np.random.Generator) -> nn.Sequential:
    """One of each kind that has state or draws."""
    return nn.Sequential(
        nn.Linear(3, 4, rng=rng),
        nn.BatchNorm(4),
        nn.ReLU(),
        nn.Dropout(0.5, rng=rng),
        nn.Linear(4, 2, rng=rng),
    )


# -- parameters, buffers, children ---------------------------------------------------------------


def test_attributes_are_registered_by_assignment(net: Net) -> None:
    """Parameters come in the order of assignment, own ones before those of children."""
    names = [name for name, _ in net.named_parameters()]
    assert names == ["scale", "hidden.W", "hidden.W0", "out.W", "out.W0"]
    assert [n for n, _ in net.named_buffers()] == ["calls"]
    assert [n for n, _ in net.named_children()] == ["hidden", "out"]
    assert [n for n, _ in net.named_modules()] == ["", "hidden", "out"]
    assert list(net.children()) == [net.hidden, net.out]
    assert list(net.modules()) == [net, net.hidden, net.out]
    assert [p.size for p in net.parameters()] == [4, 12, 4, 8, 2]
    assert [b.item() for b in net.buffers()] == [0]


def test_init_of_module_need_not_be_called() -> None:
    """A subclass that forgets super().__init__() works."""

    class Forgetful(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Linear(2, 1, rng=0)

        def forward(self, x: Tensor) -> Any:
            return self.layer(x)

    module = Forgetful()
    assert module([[1.0, 2.0]]).shape == (1, 1)
    assert len(list(module.parameters())) == 2
    assert module.eval().layer.training is False


def test_missing_attribute_of_a_forgetful_layer_says_why() -> None:
    """A subclass of a layer that forgot its __init__ is told so when an attribute is missing."""

    class Forgetful(nn.Linear):
        def __init__(self) -> None:
            self.other = 1

    with pytest.raises(AttributeError, match=r"no attribute 'W'.*super\(\).__init__"):
        Forgetful()([[1.0]])
    assert not hasattr(Forgetful(), "W")


def test_missing_attribute_lists_what_there_is() -> None:
    """A name of PyTorch's that is not here is answered with those that are."""
    with pytest.raises(AttributeError, match="no attribute 'weight'; it holds W, W0"):
        _ = nn.Linear(2, 3).weight


def test_shared_parameters_appear_once(rng: np.random.Generator) -> None:
    """A layer used twice, and a parameter in two layers, count once, under their first name."""
    layer = nn.Linear(3, 3, rng=rng)
    tied = nn.Linear(3, 3, rng=rng)
    tied.W = layer.W
    net = nn.Sequential(layer, nn.ReLU(), layer, tied)
    assert [n for n, _ in net.named_parameters()] == ["0.W", "0.W0", "3.W0"]
    assert list(net.state_dict()) == ["0.W", "0.W0", "3.W0"]
    assert net.summary().total == 15
    copied = copy.deepcopy(net)
    assert copied[0] is copied[2]
    assert copied[3].W is copied[0].W


def test_both_uses_of_a_shared_layer_reach_its_gradient(rng: np.random.Generator) -> None:
    """The gradient of a tied weight is the sum over its uses."""
    layer = nn.Linear(2, 2, bias=False, rng=rng)
    W = layer.W.numpy().copy()
    x = rng.normal(size=(1, 2))
    nn.Sequential(layer, layer)(x).sum().backward()
    one = np.ones((1, 2))
    expected = x.T @ (one @ W.T) + (x @ W).T @ one
    np.testing.assert_allclose(layer.W.grad.numpy(), expected, rtol=1e-14)


def test_list_of_modules_is_refused(rng: np.random.Generator) -> None:
    """Modules in a plain list, dict or tuple would not be trained: an error says so."""
    for held in ([nn.Linear(2, 2)], {"a": nn.Linear(2, 2)}, (nn.Parameter([1.0]),)):
        module = nn.Module()
        module.layers = held
        with pytest.raises(ArgumentError, match=r"Module.layers .*neither trained.*ModuleList"):
            list(module.parameters())


def test_lists_that_hide_nothing_are_fine(rng: np.random.Generator) -> None:
    """A list of modules that are attributes too, a private list, and plain data are accepted."""
    module = nn.Module()
    module.first = nn.Linear(2, 2)
    module.layers = [module.first]
    module.sizes = [1, 2, 3]
    module._hidden = [nn.Linear(2, 2)]
    assert len(list(module.parameters())) == 2


def test_parameter_is_replaced_by_a_parameter_only(net: Net) -> None:
    """A bare array in the place of a parameter is refused, and nothing is changed."""
    before = net.scale
    for value in (np.ones(4), Tensor(np.ones(4)), 3.0):
        with pytest.raises(DTypeError, match=r"scale is a parameter.*assign.*Parameter\(value\)"):
            net.scale = value
    assert net.scale is before
    net.scale = nn.Parameter(np.zeros(4))
    assert net.scale.numpy().tolist() == [0, 0, 0, 0]
    net.scale = None
    assert "scale" not in dict(net.named_parameters())


def test_module_is_replaced_by_a_module_only(net: Net) -> None:
    """So for children."""
    with pytest.raises(DTypeError, match="hidden is a module"):
        net.hidden = np.ones(3)
    net.hidden = nn.Identity()
    assert isinstance(net.hidden, nn.Identity)
    del net.out
    assert [n for n, _ in net.named_children()] == ["hidden"]


def test_names_of_modules_own_attributes_are_refused() -> None:
    """A child or parameter cannot hide a method that every module has."""
    module = nn.Module()
    for name in ("forward", "backward", "apply", "training", "parameters"):
        with pytest.raises(ArgumentError, match=f"Module.{name}: every module has"):
            setattr(module, name, nn.ReLU())
        with pytest.raises(ArgumentError, match="cannot be the name"):
            module.register_buffer(name, 0.0)


def test_buffers_take_arrays_and_refuse_graphs() -> None:
    """A buffer's successor is wrapped if it is an array, and refused if it is on a graph."""
    module = nn.Module()
    module.register_buffer("mean", np.zeros(2))
    module.mean = np.ones(2)
    assert isinstance(module.mean, Tensor)
    assert module.mean.tolist() == [1, 1]
    with pytest.raises(DTypeError, match=r"mean is a buffer.*detach"):
        module.mean = nn.Parameter(np.ones(2)) * 2
    with pytest.raises(DTypeError, match="other is a buffer"):
        module.register_buffer("other", nn.Parameter(np.ones(2)))
    assert [n for n, _ in module.named_buffers()] == ["mean"]
    del module.mean
    assert not list(module.named_buffers())


def test_parameter_requires_a_gradient_unless_told() -> None:
    """Parameters are float tensors that require gradients; frozen ones do not."""
    assert nn.Parameter([1.0]).requires_grad
    assert not nn.Parameter([1.0], requires_grad=False).requires_grad
    with pytest.raises(DTypeError, match="int64 cannot require"):
        nn.Parameter([1, 2])
    assert isinstance(pickle.loads(pickle.dumps(nn.Parameter([1.0]))), nn.Parameter)
    assert not copy.deepcopy(nn.Parameter([1.0], requires_grad=False)).requires_grad


# -- names ---------------------------------------------------------------------------------------


def test_parameters_are_named_by_their_path(net: Net) -> None:
    """Drawings and messages show the path, whatever the order of assembly."""
    assert net.hidden.W.name == "hidden.W"
    outer = nn.Sequential(nn.Sequential(nn.ReLU(), nn.BatchNorm(2)), net)
    assert net.hidden.W.name == "1.hidden.W"
    assert outer[0][1].G.name == "0.1.G"
    assert outer[0][1].running_mean.name == "0.1.running_mean"
    assert [p.name for p in outer.parameters()] == [n for n, _ in outer.named_parameters()]


def test_names_that_the_user_gave_stay() -> None:
    """A name of the user's own is kept through assembly."""
    layer = nn.Linear(2, 2)
    layer.W = nn.Parameter(np.ones((2, 2)), name="my weights")
    assert nn.Sequential(layer)[0].W.name == "my weights"


def test_first_parent_names() -> None:
    """A layer in two networks keeps the names of the first; a slice renames nothing."""
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    part = net[1:]
    assert part[0] is net[1]
    assert net[1].W.name == "1.W"
    assert [n for n, _ in part.named_parameters()] == ["0.W", "0.W0"]
    nn.Sequential(nn.ReLU(), nn.ReLU(), net[0])
    assert net[0].W.name == "0.W"


def test_errors_show_the_path(net: Net) -> None:
    """The message of a layer deep inside says which one it is."""
    outer = nn.Sequential(nn.Identity(), net)
    with pytest.raises(ShapeError, match=r"Linear\(3, 4\) at '1.hidden': .*\(5, 7\).*3 inputs"):
        outer(np.zeros((5, 7)))


# -- calls ---------------------------------------------------------------------------------------


def test_call_on_arrays_gives_a_tensor_of_the_modules_dtype(rng: np.random.Generator) -> None:
    """Arrays, lists, integers and float64 become tensors of the module's dtype."""
    layer = nn.Linear(2, 3, rng=rng, dtype=np.float32)
    for x in ([[1, 2]], np.array([[1, 2]]), np.array([[1.0, 2.0]]), np.array([[True, False]])):
        y = layer(x)
        assert isinstance(y, Tensor)
        assert y.dtype == np.float32
    assert nn.ReLU()(np.array([1, 2])).dtype == np.float64
    assert nn.ReLU()(np.array([1.0], np.float32)).dtype == np.float32
    assert nn.Sequential(nn.ReLU(), layer)(np.zeros((1, 2))).dtype == np.float32


def test_call_copies_the_array(rng: np.random.Generator) -> None:
    """An array that is changed after the call does not change the gradient."""
    layer = nn.Linear(2, 1, bias=False, rng=rng)
    x = np.ones((1, 2))
    y = layer(x)
    x[:] = 100
    y.sum().backward()
    assert layer.W.grad.numpy().tolist() == [[1], [1]]


@pytest.mark.parametrize(
    "x", [np.ma.masked_array([[1.0, 2.0]]), np.zeros((1, 2), complex), "ab", [[1.0], [1.0, 2.0]]]
)
def test_call_refuses_what_is_no_array_of_numbers(x: Any) -> None:
    """Masked, complex, text and ragged inputs are refused by name."""
    with pytest.raises((DTypeError, ShapeError)):
        nn.Linear(2, 1)(x)


def test_module_without_forward_says_so() -> None:
    """Calling a module whose class defines no forward is a clear error."""
    with pytest.raises(UnsupportedError, match=r"Module: the class defines no forward"):
        nn.Module()([1.0])
    with pytest.raises(UnsupportedError, match=r"ModuleList: the class defines no forward"):
        nn.ModuleList([nn.ReLU()])([1.0])


def test_forward_of_a_parent_and_of_a_mixin() -> None:
    """super().forward(x) and a forward that comes from a mixin work in calls."""

    class Doubled(nn.Tanh):
        def forward(self, z: Tensor) -> Any:
            return super().forward(z) * 2

    class Mixin:
        def forward(self, z: Tensor) -> Any:
            return z + 1

    class Mixed(Mixin, nn.Module):
        pass

    np.testing.assert_allclose(Doubled()([0.3]).numpy(), 2 * np.tanh([0.3]))
    assert Mixed()([1.0]).tolist() == [2]
    assert isinstance(Mixed().forward(np.ones(1)), np.ndarray)
    np.testing.assert_allclose(Doubled().forward(np.array([0.3])), 2 * np.tanh([0.3]))


def test_several_inputs_and_options_are_passed_on() -> None:
    """Modules of several inputs get each; arrays of floats among them become tensors."""

    class Weighted(nn.Module):
        def forward(self, a: Tensor, b: Tensor, *, power: int = 1) -> Any:
            assert isinstance(b, Tensor)
            return a * b**power

    assert Weighted()(np.array([2.0]), np.array([3.0]), power=2).tolist() == [18]


# -- modes and freezing --------------------------------------------------------------------------


def test_train_and_eval_reach_everything_inside(rng: np.random.Generator) -> None:
    """Both return the module, and set `training` in all modules inside."""
    net = small(rng)
    assert all(m.training for m in net.modules())
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    assert net.train() is net
    assert all(m.training for m in net.modules())
    with pytest.raises(ArgumentError, match="train: 3"):
        net.train(3)


def test_zero_grad_forgets(net: Net) -> None:
    """After zero_grad no parameter has a gradient."""
    net(np.ones((2, 3))).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_frozen_parameters_get_no_gradient(net: Net) -> None:
    """requires_grad_(False) freezes a part; the rest is trained."""
    net.hidden.requires_grad_(False)
    net(np.ones((2, 3))).sum().backward()
    assert net.hidden.W.grad is None
    assert net.out.W.grad is not None
    assert "W (3, 4) frozen" in repr(net)
    assert net.summary().trainable == 14
    net.requires_grad_()
    assert net.hidden.W.requires_grad
    assert net.hidden.W.name == "hidden.W"


def test_apply_visits_innermost_first(net: Net) -> None:
    """apply calls the function with each module, the outermost last."""
    seen: list[nn.Module] = []
    assert net.apply(seen.append) is net
    assert seen[-1] is net
    assert set(map(id, seen)) == set(map(id, net.modules()))


# -- copies and conversion -----------------------------------------------------------------------


@pytest.mark.parametrize("how", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_compute_the_same_and_share_nothing(how: Any, rng: np.random.Generator) -> None:
    """Deep copies and pickles have equal state, names, modes and draws, and no common memory."""
    net = small(rng)
    x = rng.normal(size=(6, 3))
    net(x)
    net[4].requires_grad_(False)
    net.forward(x)  # a kept record is not copied
    twin = how(net)
    assert repr(twin) == repr(net)
    assert [p.name for p in twin.parameters()] == [p.name for p in net.parameters()]
    np.testing.assert_array_equal(net(x).numpy(), twin(x).numpy())
    for a, b in zip(net.state_dict().items(), twin.state_dict().items(), strict=True):
        assert a[0] == b[0]
        np.testing.assert_array_equal(a[1], b[1])
    for a, b in zip(net.parameters(), twin.parameters(), strict=True):
        assert not np.shares_memory(a.numpy(), b.numpy())


def test_astype_converts_in_place(rng: np.random.Generator) -> None:
    """Parameters and floating buffers change dtype and stay the same objects."""
    net = small(rng)
    before = list(net.parameters())
    x = rng.normal(size=(4, 3))
    net(x).sum().backward()
    assert net.astype("float32") is net
    assert net.dtype == np.float32
    assert all(a is b for a, b in zip(before, net.parameters(), strict=True))
    assert {t.dtype for t in [*net.parameters(), *net.buffers()]} == {np.dtype(np.float32)}
    assert all(p.grad is None and p.requires_grad for p in net.parameters())
    assert net[0].W.name == "0.W"
    net(x).sum().backward()
    assert net[0].W.grad.dtype == np.float32
    assert net.to(np.float64).dtype == np.float64


@pytest.mark.parametrize("dtype", [int, "float16", "nonsense", complex])
def test_astype_refuses_other_dtypes(dtype: Any) -> None:
    """Weights are float32 or float64."""
    with pytest.raises(DTypeError, match=r"astype of Linear: .*float32 or float64"):
        nn.Linear(2, 2).astype(dtype)


def test_module_dies_by_reference_count(rng: np.random.Generator) -> None:
    """A module with a recorded pass is freed without the cycle collector."""
    gc.collect()
    gc.disable()
    try:
        net = small(rng)
        x = rng.normal(size=(4, 3))
        v = net.forward(x)
        net.backward(x, v, v)
        ref = weakref.ref(net)
        del net
        assert ref() is None
    finally:
        gc.enable()


def test_changing_a_weight_between_forward_and_backward_is_noticed(net: Net) -> None:
    """assign stamps the change, so that a backward pass that needs the old value raises."""
    y = net(np.ones((2, 3))).sum()
    net.out.W.assign(np.zeros((4, 2)), "my update")
    with pytest.raises(GraphError, match=r"my update of tensor 'out.W'"):
        y.backward()


# -- texts ---------------------------------------------------------------------------------------


def test_repr_shows_shapes_and_counts(rng: np.random.Generator) -> None:
    """One line a module, with its settings, its own weights and the number of parameters."""
    assert repr(small(rng)) == "\n".join(
        [
            "Sequential: 34 parameters",
            "  0: Linear(3, 4), W (3, 4), W0 (4,), 16 parameters",
            "  1: BatchNorm(4), G (4,), B (4,), 8 parameters",
            "  2: ReLU()",
            "  3: Dropout(0.5)",
            "  4: Linear(4, 2), W (4, 2), W0 (2,), 10 parameters",
        ]
    )
    assert repr(nn.Linear(2, 1, bias=False)) == "Linear(2, 1, bias=False), W (2, 1), 2 parameters"
    assert repr(nn.Identity()) == "Identity()"
    assert repr(nn.GELU("tanh")) == "GELU('tanh')"


def test_module_cannot_be_inside_itself() -> None:
    """A cycle of modules is refused where it would close."""
    module, row = nn.Module(), nn.Sequential(nn.ReLU())
    module.row = row
    for close in (lambda: setattr(module, "me", module), lambda: row.append(module)):
        with pytest.raises(GraphError, match=r"cannot be inside itself.*weakref"):
            close()
    assert list(module.modules()) == [module, row, row[0]]


def test_summary_has_shapes_and_leaves_no_trace(rng: np.random.Generator) -> None:
    """The run on a sample is in evaluation mode and changes no state, mode or generator."""
    net = small(rng)
    before = net.state_dict()
    draws = net[3].rng.bit_generator.state
    summary = net.summary(np.zeros((7, 3)))
    assert [row.output for row in summary.rows] == ["(7, 2)", *["(7, 4)"] * 4, "(7, 2)"]
    assert [row.parameters for row in summary.rows] == [-1, 16, 8, 0, 0, 10]
    assert summary.total == summary.trainable == 34
    assert net.training
    assert net[3].rng.bit_generator.state == draws
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    assert "_nn_forward" not in vars(net)
    assert "34 parameters, 0.3 kB of float64" in repr(summary)
    assert "<pre>" in summary._repr_html_()
    assert "output" not in repr(net.summary())


def test_summary_of_an_impossible_sample_restores_the_module(rng: np.random.Generator) -> None:
    """If the sample does not fit, the layer's error comes through and nothing stays changed."""
    net = small(rng)
    with pytest.raises(ShapeError, match="at '0'"):
        net.summary(np.zeros((7, 5)))
    assert net.training
    assert all("_nn_forward" not in vars(m) for m in net.modules())


def test_summary_of_several_inputs() -> None:
    """A tuple is several inputs."""
    net = nn.Graph({"sum": (nn.Add(), "a", "b")}, inputs=("a", "b"))
    assert net.summary((np.zeros(3), np.zeros(3))).rows[0].output == "(3,)"
