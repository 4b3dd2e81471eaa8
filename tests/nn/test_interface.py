"""The chapter's section-4 interface on every module: forward, backward, weight_grad on arrays."""

from __future__ import annotations

import copy
import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import ArgumentError, GraphError, ShapeError, Tensor, UnsupportedError


class Own(nn.Module):
    """A user's module: a scaled skip connection with a counter."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.inner = nn.Linear(4, 4, rng=rng)
        self.gain = nn.Parameter(2.0)
        self.calls = 0

    def forward(self, x: Tensor) -> Any:
        self.calls += 1
        return x + ag.sigmoid(self.inner(x)) * self.gain


def modules() -> dict[str, Callable[[np.random.Generator], nn.Module]]:
    """One of each, for inputs of shape (5, 4)."""
    return {
        "Linear": lambda rng: nn.Linear(4, 3, rng=rng),
        "Linear without offset": lambda rng: nn.Linear(4, 3, bias=False, rng=rng),
        "Identity": lambda rng: nn.Identity(),
        "ReLU": lambda rng: nn.ReLU(),
        "Sigmoid": lambda rng: nn.Sigmoid(),
        "Tanh": lambda rng: nn.Tanh(),
        "Softmax": lambda rng: nn.Softmax(),
        "LogSoftmax": lambda rng: nn.LogSoftmax(),
        "LeakyReLU": lambda rng: nn.LeakyReLU(),
        "Softplus": lambda rng: nn.Softplus(),
        "GELU": lambda rng: nn.GELU(),
        "GELU tanh": lambda rng: nn.GELU("tanh"),
        "ELU": lambda rng: nn.ELU(),
        "SiLU": lambda rng: nn.SiLU(),
        "Dropout": lambda rng: nn.Dropout(0.4, rng=rng),
        "BatchNorm": lambda rng: nn.BatchNorm(4),
        "BatchNorm as PyTorch": lambda rng: nn.BatchNorm(4, eps_inside_sqrt=True, momentum=None),
        "LayerNorm": lambda rng: nn.LayerNorm(4),
        "Sequential": lambda rng: nn.Sequential(
            nn.Linear(4, 6, rng=rng), nn.BatchNorm(6), nn.Tanh(), nn.Dropout(0.3, rng=rng), np.cos
        ),
        "Parallel": lambda rng: nn.Parallel(nn.Linear(4, 2, rng=rng), nn.Sigmoid()),
        "Residual": lambda rng: nn.Residual(nn.Linear(4, 4, rng=rng), nn.Tanh()),
        "UnitGroups": lambda rng: nn.UnitGroups((nn.ReLU(), 1), (nn.Tanh(), 3)),
        "Graph": lambda rng: nn.Graph(
            {
                "h": (nn.Linear(4, 3, rng=rng), "x"),
                "a": (nn.Tanh(), "h"),
                "both": (nn.Concat(), "a", "x"),
            }
        ),
        "Select": lambda rng: nn.Select([0, 2, 2]),
        "a user's own": Own,
    }


def differences(f: Callable[[np.ndarray[Any, Any]], float], x: np.ndarray[Any, Any]) -> Any:
    """The gradient of f at x by central differences."""
    out = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[index] = 1e-6
        out[index] = (f(x + step) - f(x - step)) / 2e-6
    return out


@pytest.mark.parametrize("name", modules())
@pytest.mark.parametrize("training", [True, False])
def test_gradients_are_those_of_finite_differences(
    name: str, training: bool, rng: np.random.Generator
) -> None:
    """∂L/∂u and ∂L/∂W are the slopes of L = ⟨g, v⟩, with the mask of the forward pass."""
    module = modules()[name](rng).train(training)
    u = rng.normal(size=(5, 4))
    start = copy.deepcopy(module)  # generators and buffers as they are before the pass
    v = module.forward(u)
    assert type(v) is np.ndarray
    g = rng.normal(size=v.shape)

    def loss(x: Any, change: Callable[[nn.Module], None] = lambda m: None) -> float:
        fresh = copy.deepcopy(start)
        change(fresh)
        return float(np.sum(g * fresh(x).numpy()))

    got = module.backward(u, v, g)
    assert got.shape == u.shape
    np.testing.assert_allclose(got, differences(loss, u), rtol=1e-6, atol=1e-8)
    grads = module.weight_grad(u, g)
    assert list(grads) == [n for n, _ in module.named_parameters()]
    for path, parameter in module.named_parameters():

        def changed(value: Any, path: str = path) -> float:
            return loss(u, lambda m: dict(m.named_parameters())[path].assign(value))

        assert type(grads[path]) is np.ndarray
        expected = differences(changed, parameter.numpy().astype(float))
        np.testing.assert_allclose(grads[path], expected, rtol=1e-6, atol=1e-8, err_msg=path)


@pytest.mark.parametrize("name", modules())
def test_results_equal_those_of_backward_on_the_graph(name: str, rng: np.random.Generator) -> None:
    """The interface gives what calling with tensors and loss.backward() gives."""
    module = modules()[name](rng)
    u = rng.normal(size=(5, 4))
    twin = copy.deepcopy(module)
    v = module.forward(u)
    g = rng.normal(size=v.shape)
    x = Tensor(u, requires_grad=True)
    y = twin(x)
    y.backward(g)
    np.testing.assert_array_equal(v, y.numpy())
    np.testing.assert_array_equal(module.backward(u, v, g), x.grad.numpy())
    for path, grad in module.weight_grad(u, g).items():
        np.testing.assert_array_equal(grad, dict(twin.named_parameters())[path].grad.numpy())


def test_linear_by_the_chapters_formulas(rng: np.random.Generator) -> None:
    """Equations 8.1 and 8.3: ∂L/∂W = uᵀ g, ∂L/∂W0 = Σ g, ∂L/∂u = g Wᵀ."""
    layer = nn.Linear(4, 3, rng=rng)
    u, g = rng.normal(size=(5, 4)), rng.normal(size=(5, 3))
    v = layer.forward(u)
    np.testing.assert_allclose(v, u @ layer.W.numpy() + layer.W0.numpy())
    np.testing.assert_allclose(layer.backward(u, v, g), g @ layer.W.numpy().T)
    grads = layer.weight_grad(u, g)
    np.testing.assert_allclose(grads["W"], u.T @ g)
    np.testing.assert_allclose(grads["W0"], g.sum(0))


def test_a_single_example_is_a_vector(rng: np.random.Generator) -> None:
    """u and v may be vectors, as in the chapter: ∂L/∂W = A (∂L/∂Z)ᵀ is an outer product."""
    layer = nn.Linear(4, 3, rng=rng)
    u, g = rng.normal(size=4), rng.normal(size=3)
    v = layer.forward(u)
    assert v.shape == (3,)
    np.testing.assert_allclose(layer.weight_grad(u, g)["W"], np.outer(u, g))
    np.testing.assert_allclose(layer.backward(u, v, g), layer.W.numpy() @ g)


def test_blame_goes_back_through_a_row_of_modules(rng: np.random.Generator) -> None:
    """Section 4's algorithm, module by module, gives the gradients of the whole network."""
    layers = [nn.Linear(4, 5, rng=rng), nn.ReLU(), nn.Linear(5, 3, rng=rng), nn.Softmax()]
    loss, labels = nn.NLLM(), np.array([0, 2, 1])
    us = [rng.normal(size=(3, 4))]
    for layer in layers:
        us.append(layer.forward(us[-1]))
    value = loss.forward(us[-1], labels)
    blame, none = loss.backward((us[-1], labels), value, 1.0)
    assert none is None
    grads = []
    for layer, u, v in zip(layers[::-1], us[-2::-1], us[:0:-1], strict=True):
        grads.append(layer.weight_grad(u, blame))
        blame = layer.backward(u, v, blame)
    whole = nn.Sequential(*layers)
    x = Tensor(us[0], requires_grad=True)
    nn.CrossEntropyLoss()(whole[:3](x), labels).backward()
    np.testing.assert_allclose(blame, x.grad.numpy(), rtol=1e-12)
    np.testing.assert_allclose(grads[1]["W"], layers[2].W.grad.numpy(), rtol=1e-12)
    np.testing.assert_allclose(grads[3]["W0"], layers[0].W0.grad.numpy(), rtol=1e-12)


def test_softmax_with_nllm_gives_a_minus_y(rng: np.random.Generator) -> None:
    """The loss from logits provides ∂loss/∂Z directly: softmax(z) − y over the batch size."""
    z, labels = rng.normal(size=(4, 3)), np.array([0, 2, 1, 1])
    loss = nn.CrossEntropyLoss()
    v = loss.forward(z, labels)
    assert v.shape == ()
    got, _ = loss.backward((z, labels), v, 1.0)
    a = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    np.testing.assert_allclose(got, (a - np.eye(3)[labels]) / 4, rtol=1e-12)


# -- records -------------------------------------------------------------------------------------


def test_each_v_has_the_mask_of_its_own_pass(rng: np.random.Generator) -> None:
    """Two passes on one u draw two masks; backward uses that of the v that it is given."""
    drop = nn.Dropout(0.5, rng=1)
    u, g = np.ones((4, 50)), rng.normal(size=(4, 50))
    first, second = drop.forward(u), drop.forward(u)
    assert (first != second).any()
    np.testing.assert_allclose(drop.backward(u, first, g), g * first)
    np.testing.assert_allclose(drop.backward(u, second, g), g * second)
    np.testing.assert_allclose(drop.backward(u, first.copy(), g), g * first)
    np.testing.assert_allclose(drop.backward(u, first.tolist(), g.tolist()), g * first)
    np.testing.assert_allclose(drop.backward(u, None, g), g * second)


def test_record_lives_as_long_as_v_and_the_last_one_stays() -> None:
    """When v is gone its record goes, unless it is the last one."""
    gc.disable()
    try:
        module = nn.ReLU()
        vs = [module.forward(np.ones(3) * i) for i in range(3)]
        records = vars(module)["_records"]
        refs = [weakref.ref(record) for _, record in records.live.values()]
        assert len(refs) == 3
        del vs[0]
        assert refs[0]() is None
        del vs
        assert refs[1]() is None
        assert refs[2]() is records.last
        assert not records.live
    finally:
        gc.enable()


def test_results_do_not_touch_grad_and_repeat(rng: np.random.Generator) -> None:
    """Neither pull accumulates into the parameters, and each can be repeated."""
    layer = nn.Linear(4, 3, rng=rng)
    layer.W.grad = np.full((4, 3), 7.0)
    u, g = rng.normal(size=(5, 4)), rng.normal(size=(5, 3))
    v = layer.forward(u)
    once = layer.backward(u, v, g), layer.weight_grad(u, g)["W"]
    again = layer.backward(u, v, g), layer.weight_grad(u, g)["W"]
    np.testing.assert_array_equal(once[0], again[0])
    np.testing.assert_array_equal(once[1], again[1])
    assert (layer.W.grad.numpy() == 7).all()
    assert layer.W0.grad is None
    once[1][:] = 0
    np.testing.assert_array_equal(layer.weight_grad(u, g)["W"], again[1])


def test_v_may_be_changed_without_harm(rng: np.random.Generator) -> None:
    """v is the caller's own array: writing to it does not reach into the record."""
    sigmoid = nn.Sigmoid()
    u = rng.normal(size=4)
    v = sigmoid.forward(u)
    a = v.copy()
    v[:] = 0
    with pytest.raises(ArgumentError, match="v is not what forward makes of u"):
        sigmoid.backward(u, v, np.ones(4))
    np.testing.assert_allclose(sigmoid.backward(u, a, np.ones(4)), a * (1 - a))


def test_u_may_be_changed_without_harm(rng: np.random.Generator) -> None:
    """The record has the u of the pass, whatever the caller's array holds now."""
    layer = nn.Linear(3, 2, rng=rng)
    u = rng.normal(size=(1, 3))
    before = u.copy()
    v = layer.forward(u)
    u[:] = 0
    np.testing.assert_allclose(layer.weight_grad(before, np.ones((1, 2)))["W"][:, 0], before[0])
    np.testing.assert_allclose(layer.backward(before, v, v), v @ layer.W.numpy().T)


def test_unknown_pair_is_computed_again_without_a_trace(rng: np.random.Generator) -> None:
    """Another copy's v is accepted; buffers, generators and attributes stay as they were."""
    net = nn.Sequential(nn.BatchNorm(4), nn.Dropout(0.5, rng=3), nn.Linear(4, 2, rng=rng))
    twin = copy.deepcopy(net)
    u, g = rng.normal(size=(5, 4)), rng.normal(size=(5, 2))
    v = net.forward(u)
    state, draws = twin.state_dict(), twin[1].rng.bit_generator.state
    memory = twin[0].running_mean
    np.testing.assert_array_equal(twin.backward(u, v, g), net.backward(u, v, g))
    np.testing.assert_array_equal(twin.weight_grad(u, g)["2.W"], net.weight_grad(u, g)["2.W"])
    assert twin[1].rng.bit_generator.state == draws
    assert twin[0].running_mean is memory
    assert twin[0].running_mean.name == "0.running_mean"
    for name, value in twin.state_dict().items():
        np.testing.assert_array_equal(value, state[name])
    own = Own(rng)
    own.backward(u, None, u)
    assert own.calls == 0


def test_replay_leaves_pending_graphs_alone(rng: np.random.Generator) -> None:
    """A replay does not count as a change of the buffers that another graph needs."""
    norm = nn.BatchNorm(4)
    x = Tensor(rng.normal(size=(5, 4)), requires_grad=True)
    loss = norm.eval()(x).sum()
    norm.train().backward(rng.normal(size=(5, 4)), None, np.ones((5, 4)))
    loss.backward()
    assert np.isfinite(x.grad.numpy()).all()


def test_v_of_another_mask_is_refused() -> None:
    """If a dropout pass has no record, and another mask would be drawn, an error says so."""
    drop = nn.Dropout(0.5, rng=0)
    u = np.ones(100)
    v = drop(u).numpy()
    with pytest.raises(ArgumentError, match=r"Dropout\(0.5\).backward: v is not .*another mask"):
        drop.backward(u, v, v)


def test_mode_is_that_of_the_forward_pass(rng: np.random.Generator) -> None:
    """Switching to evaluation after the pass does not change what its record gives."""
    norm = nn.BatchNorm(3)
    u, g = rng.normal(size=(6, 3)), rng.normal(size=(6, 3))
    v = norm.forward(u)
    trained = norm.backward(u, v, g)
    norm.eval()
    np.testing.assert_array_equal(norm.backward(u, v, g), trained)
    assert abs(trained.sum()) < 1e-12  # batch statistics: moving all inputs changes nothing


def test_weights_changed_since_the_pass_are_noticed(rng: np.random.Generator) -> None:
    """backward after an update of W raises; a new pass makes it good."""
    layer = nn.Linear(3, 2, rng=rng)
    u = rng.normal(size=(1, 3))
    v = layer.forward(u)
    layer.W.assign(layer.W.numpy() * 2, "an update")
    with pytest.raises(GraphError, match=r"an update of tensor 'W'"):
        layer.backward(u, v, v)
    v = layer.forward(u)
    np.testing.assert_allclose(layer.backward(u, v, v), v @ layer.W.numpy().T)


def test_no_grad_keeps_no_record(rng: np.random.Generator) -> None:
    """Inside no_grad forward only computes; a later backward computes the pass again."""
    layer = nn.Linear(3, 2, rng=rng)
    u = rng.normal(size=(1, 3))
    with ag.no_grad():
        v = layer.forward(u)
    assert type(v) is np.ndarray
    assert "_records" not in vars(layer)
    with ag.no_grad():
        np.testing.assert_allclose(layer.backward(u, v, v), v @ layer.W.numpy().T)


# -- shapes, dtypes, several inputs --------------------------------------------------------------


def test_wrong_shapes_are_named(rng: np.random.Generator) -> None:
    """dL_dv must have the shape of v, v that of forward(u), u that of the layer."""
    layer = nn.Linear(3, 2, rng=rng)
    u = rng.normal(size=(5, 3))
    v = layer.forward(u)
    with pytest.raises(ShapeError, match=r"backward: dL_dv has shape \(2,\).*\(5, 2\)"):
        layer.backward(u, v, v[0])
    with pytest.raises(ShapeError, match=r"weight_grad: dL_dv has shape \(5, 3\)"):
        layer.weight_grad(u, u)
    with pytest.raises(ShapeError, match=r"v has shape \(2,\)"):
        layer.backward(u, v[0], v[0])
    with pytest.raises(ShapeError, match="3 inputs"):
        layer.backward(v, v, v)


def test_float32_in_float32_out(rng: np.random.Generator) -> None:
    """Arrays are converted to the module's dtype, and all results have it."""
    layer = nn.Linear(3, 2, rng=rng, dtype=np.float32)
    u = rng.normal(size=(5, 3))
    v = layer.forward(u)
    assert v.dtype == np.float32
    assert layer.backward(u, v, v.astype(float)).dtype == np.float32
    assert {a.dtype for a in layer.weight_grad(u, v).values()} == {np.dtype(np.float32)}


def test_step_has_gradient_zero() -> None:
    """A module whose output is constant has ∂L/∂u = 0."""
    step = nn.Step()
    u = np.array([-1.0, 0.0, 2.0])
    v = step.forward(u)
    assert v.tolist() == [0, 1, 1]
    assert step.backward(u, v, v).tolist() == [0, 0, 0]


def test_frozen_weights_are_left_out(rng: np.random.Generator) -> None:
    """weight_grad has the parameters that require a gradient."""
    net = nn.Sequential(nn.Linear(3, 2, rng=rng).requires_grad_(False), nn.Linear(2, 1, rng=rng))
    u = rng.normal(size=(4, 3))
    net.forward(u)
    assert list(net.weight_grad(u, np.ones((4, 1)))) == ["1.W", "1.W0"]
    assert nn.ReLU().weight_grad(u, u) == {}


def test_several_inputs_are_a_tuple(rng: np.random.Generator) -> None:
    """u is a tuple for a module of several inputs, and so is ∂L/∂u."""
    a, b = rng.normal(size=3), rng.normal(size=3)

    class Product(nn.Module):
        def forward(self, x: Tensor, y: Tensor) -> Any:
            return x * y

    module = Product()
    v = module.forward(a, b)
    da, db = module.backward((a, b), v, np.ones(3))
    np.testing.assert_array_equal(da, b)
    np.testing.assert_array_equal(db, a)


def test_every_loss_has_the_interface(rng: np.random.Generator) -> None:
    """Losses take (guess, actual) and give the gradient by the guess."""
    guess, target = rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
    loss = nn.SquaredLoss("sum")
    v = loss.forward(guess, target)
    dg, dt = loss.backward((guess, target), v, 1.0)
    np.testing.assert_allclose(dg, 2 * (guess - target))
    np.testing.assert_allclose(dt, -2 * (guess - target))
    assert loss.weight_grad((guess, target), 1.0) == {}
    wrong = nn.ZeroOneLoss()
    v = wrong.forward(guess, np.array([0, 1, 1]))
    assert wrong.backward((guess, np.array([0, 1, 1])), v, 1.0)[0].tolist() == [[0, 0]] * 3


def test_several_outputs_are_refused() -> None:
    """A module that returns a tuple cannot take part, and says so."""
    net = nn.Graph({"a": (nn.ReLU(), "x"), "b": (nn.Tanh(), "x")}, output=("a", "b"))
    with pytest.raises(UnsupportedError, match="returns one tensor, not a tuple"):
        net.forward(np.ones(3))
    assert len(net(np.ones(3))) == 2
