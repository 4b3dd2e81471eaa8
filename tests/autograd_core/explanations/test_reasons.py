"""Why a gradient is zero, in part or everywhere, vanishes or explodes, or does not exist."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import Tensor


def kinds(why: ag.Explanation) -> list[str]:
    return [r.kind for r in why.reasons]


def leaf(value, name="w") -> Tensor:
    return Tensor(value, requires_grad=True, name=name)


def test_dead_units_are_counted_and_named() -> None:
    """Units closed for the whole batch, and the columns of W.grad that are zero for it."""
    net = nn.Sequential(nn.Linear(3, 4, rng=0), nn.ReLU(), nn.Linear(4, 1, rng=1))
    net[0].W0.data = np.array([0.0, -100.0, 50.0, -100.0])
    x = np.random.default_rng(0).normal(size=(8, 3))
    loss = net(x).sum()
    loss.backward()
    why = ag.explain(loss, net[0].W)
    dead = next(r for r in why.reasons if r.kind == "dead")
    assert why.verdict == "partly zero"
    assert dead.units == (1, 3)
    assert "2 of 4 units (1 and 3)" in dead.text
    assert "all 8 examples" in dead.text
    assert "1 (ReLU)" in dead.text
    assert "columns 1 and 3" in why.summary
    assert (net[0].W.grad.data[:, [1, 3]] == 0).all()


def test_a_wholly_dead_layer() -> None:
    """Every unit is closed, and the gradient is zero everywhere."""
    w = leaf(-np.ones((2, 3)))
    why = ag.explain(ag.relu(np.ones((4, 2)) @ w).sum(), w)
    assert why.verdict == "zero"
    assert kinds(why)[0] == "dead"
    assert "all 3 units" in why.reasons[0].text
    assert "-2" in why.reasons[0].text


ZEROS = {
    "saturated sigmoid": (lambda w: ag.sigmoid(w).sum(), [800.0, 900.0], "saturated", "sigmoid"),
    "saturated tanh": (lambda w: ag.tanh(w).sum(), [40.0, -50.0], "saturated", "tanh"),
    "saturated softmax": (lambda w: ag.softmax(w)[0], [2000.0, 0.0], "saturated", None),
    "sign": (lambda w: ag.sign(w).sum(), [2.0, 3.0], "step", "sign"),
    "floor": (lambda w: ag.floor(w).sum(), [2.5, 3.0], "step", "floor"),
    "round": (lambda w: w.round().sum(), [2.5, 3.0], "step", "rint"),
    "clip": (lambda w: ag.clip(w, 0, 1).sum(), [2.5, -3.0], "clipped", "clip"),
    "times zero": (lambda w: (w * 0.0).sum(), [2.5, 3.0], "times zero", "multiply"),
    "zero weights": (lambda w: (w * np.zeros(2)).sum(), [2.5, 3.0], "times zero", "multiply"),
    "where": (lambda w: ag.where(w > 5, w, 0.0).sum(), [1.0, 2.0], "not taken", "where"),
    "maximum": (lambda w: ag.maximum(w, 9.0).sum(), [1.0, 2.0], "not taken", "maximum"),
    "relu by maximum": (lambda w: ag.maximum(w, 0).sum(), [-1.0, -2.0], "dead", "maximum"),
    "max": (lambda w: ag.max(ag.concatenate([w, [9.0]])), [1.0, 2.0], "not taken", None),
    "index": (lambda w: ag.concatenate([w, [9.0]])[2] * 1.0, [1.0, 2.0], "not taken", None),
    "cancels": (lambda w: (w - w).sum(), [1.0, 2.0], "cancels", None),
    "mean removed": (lambda w: (w - w.mean()).sum(), [1.0, 2.0], "cancels", None),
    "at the minimum": (lambda w: ((w - [1.0, 2.0]) ** 2).sum(), [1.0, 2.0], "stationary", None),
    "square at 0": (lambda w: ag.square(w).sum(), [0.0, 0.0], "stationary", "square"),
    "underflow": (lambda w: (ag.exp(w) * 1e-300 * 1e-300).sum(), [-5.0, 0.0], "vanishing", None),
}


@pytest.mark.parametrize("name", ZEROS)
def test_why_a_gradient_is_zero(name: str) -> None:
    """The first reason is the right one, with the operation and the line of code."""
    f, at, kind, operation = ZEROS[name]
    why = ag.explain(f, leaf(at))
    assert why.verdict == "zero", str(why)
    assert not np.any(why.gradient)
    assert kinds(why)[0] == kind, str(why)
    if operation:
        assert why.reasons[0].operation == operation
        assert "test_reasons.py:" in why.reasons[0].line


def test_dropout_is_told_from_a_zero_factor() -> None:
    """A mask of zeros inside of nn.Dropout is named as dropout."""
    w = leaf(np.ones((2, 3)))
    drop = nn.Dropout(1.0, rng=0)
    why = ag.explain(drop(w).sum(), w)
    assert kinds(why)[0] == "dropped"


def test_zero_weights_stop_the_gradient_of_what_is_in_front() -> None:
    """x @ W with W = 0: the gradient of x is zero, and so are initial weights blamed."""
    w = leaf(np.ones((2, 3)))
    W = leaf(np.zeros((3, 2)))
    why = ag.explain((w @ W).sum(), w)
    assert kinds(why)[0] == "times zero"
    assert "start at 0" in why.reasons[0].cure


def test_inputs_that_are_always_zero() -> None:
    """Pixels that no example uses: rows of W.grad are zero, and the inputs are named."""
    x = np.ones((5, 3))
    x[:, 1] = 0
    W = leaf(np.ones((3, 2)), "W")
    why = ag.explain(ag.tanh(x @ W).sum(), W)
    found = next(r for r in why.reasons if r.kind == "zero input")
    assert found.units == (1,)
    assert "row 1" in why.summary


def test_no_path() -> None:
    """Each way of having no gradient is told apart."""
    w = leaf([1.0, 2.0])
    v = leaf([3.0, 4.0], "v")
    assert kinds(ag.explain((v * 2).sum(), w)) == ["no path"]
    assert kinds(ag.explain((v * w.detach()).sum(), w)) == ["detached"]
    assert kinds(ag.explain((v * w.data).sum(), w)) == ["detached"]
    assert kinds(ag.explain((v * 2).sum(), Tensor([1.0])))[0] == "requires_grad"
    assert kinds(ag.explain((v * 2).sum(), Tensor([1])))[0] == "requires_grad"
    assert kinds(ag.explain(2.0, w)) == ["detached"]
    assert kinds(ag.explain(w.data.sum(), w)) == ["detached"]
    assert kinds(ag.explain((w > 0).sum(), w)) == ["step"]
    with ag.no_grad():
        assert kinds(ag.explain((w * 2).sum(), w)) == ["detached"]


def test_computed_from_the_loss_is_the_wrong_way_round() -> None:
    """w that was computed from the loss has no path to it."""
    x = leaf([1.0])
    loss = (x * 2).sum()
    later = loss * 3
    assert "not the loss from w" in str(ag.explain(loss, later))


def test_frozen_after_recording() -> None:
    """requires_grad set to False later is told as such."""
    w = leaf([1.0, 2.0])
    loss = (w * 2).sum()
    w.requires_grad = False
    assert "after this graph was recorded" in str(ag.explain(loss, w))


def test_a_parameter_that_was_replaced() -> None:
    """w = w - η·grad makes another tensor; the loss belongs to the old one."""
    w = leaf([1.0, 2.0])
    loss = (w * w).sum()
    w2 = leaf([0.9, 1.9])
    why = ag.explain(loss, w2)
    assert "replaced" in why.reasons[0].text


CUT = {
    "detach": lambda w: (w.detach() * Tensor([1.0, 1.0], requires_grad=True)).sum(),
    "data": lambda w: (Tensor([1.0, 1.0], requires_grad=True) * w.data).sum(),
    "a tensor made anew": lambda w: (Tensor(w.data * 2, requires_grad=True) * [1.0, 2.0]).sum(),
    "numpy": lambda w: ag.sum(np.tanh(w.detach().numpy()) * Tensor([1.0, 1.0], requires_grad=True)),
    "item": lambda w: Tensor([1.0, 2.0], requires_grad=True).sum() * w[0].item(),
}


@pytest.mark.parametrize("name", CUT)
def test_a_function_is_run_again_to_find_where_the_graph_is_cut(name: str) -> None:
    """The operation that receives the value without its place in the graph, and its line."""
    why = ag.explain(CUT[name], leaf([1.0, 2.0]))
    assert why.verdict == "no path"
    assert why.reasons[0].kind == "detached"
    if name != "a tensor made anew":
        assert "depends on w, and is not on the graph" in why.reasons[0].text
        assert "test_reasons.py:" in why.reasons[0].line


def test_a_function_that_is_cut_by_no_grad_or_a_comparison() -> None:
    """The first operation inside no_grad, and the comparison, are named."""

    def inside(w):
        with ag.no_grad():
            h = ag.tanh(w)
        return (h * 2).sum()

    why = ag.explain(inside, leaf([1.0, 2.0]))
    assert why.reasons[0].kind == "detached"
    why = ag.explain(lambda w: ag.argmax(w), leaf([1.0, 2.0]))
    assert why.reasons[0].kind == "step"
    assert why.reasons[0].operation == "argmax"


def deep(activation, factor: float, layers: int = 12) -> tuple[nn.Module, Tensor]:
    modules = []
    for k in range(layers):
        modules += [nn.Linear(6, 6, rng=k), activation()]
        modules[-2].W.data = modules[-2].W.data * factor
    net = nn.Sequential(*modules)
    return net, net(np.random.default_rng(0).normal(size=(4, 6))).sum()


def test_vanishing_by_layer() -> None:
    """Twelve layers of sigmoids: factors by layer, whose product is the whole."""
    net, loss = deep(nn.Sigmoid, 1.0)
    why = ag.explain(loss, net[0].W)
    assert why.verdict == "vanishing"
    assert len(why.layers) >= 24
    names = [layer.name for layer in why.layers]
    assert "23 (Sigmoid)" in names
    assert "0 (Linear)" in names
    sizes = [layer.size for layer in why.layers]
    product = np.prod([layer.factor for layer in why.layers])
    loss.backward()
    end = float(np.linalg.norm(net[0].W.grad.data))
    assert sizes[0] * product == pytest.approx(end, rel=1e-9)


def test_exploding_by_layer() -> None:
    """Large weights: the gradient grows at each layer."""
    _net, loss = deep(nn.Identity, 20.0)
    why = ag.explain(loss, "0.W")
    assert why.verdict == "exploding"
    assert "layer" in why.reasons[0].text


def test_a_huge_step_is_named() -> None:
    """A division by 1e-9 makes the gradient huge: the division is named."""
    w = leaf([1.0, 2.0])
    why = ag.explain((w / 1e-9).sum(), w)
    assert why.verdict == "exploding"
    assert "divide" in why.reasons[0].text


def fit_of_a_line(w: Tensor) -> Tensor:
    return ag.sum((w * np.array([1.0, 2, 3]) - np.array([2.0, 3, 7])) ** 2)


def test_a_loss_at_its_minimum_cancels_over_the_batch() -> None:
    """The gradient of least squares at 29/14 is rounding: its rows cancel, no data is to scale."""
    w = Tensor(29 / 14, requires_grad=True, name="w")
    why = ag.explain(fit_of_a_line(w), w)
    x, y = np.array([1.0, 2, 3]), np.array([2.0, 3, 7])
    rows = 2 * (29 / 14 * x - y) * x  # by hand: three contributions, whose sum is nothing
    assert np.abs(rows).max() > 1
    assert abs(rows.sum()) < 1e-13
    assert [r.kind for r in why.reasons] == ["cancels"]
    assert "sum over the 3 rows of the batch" in why.reasons[0].text
    assert "Scale the data" not in str(why)


def test_several_weights_at_a_minimum_cancel_over_the_batch(rng: np.random.Generator) -> None:
    """So it is through a product of matrices, at NumPy's least squares."""
    x, y = rng.normal(size=(20, 3)), rng.normal(size=(20, 1))
    w = Tensor(np.linalg.lstsq(x, y, rcond=None)[0], requires_grad=True, name="w")
    why = ag.explain(ag.mean((Tensor(x) @ w - y) ** 2), w)
    assert [r.kind for r in why.reasons] == ["cancels"]
    assert "sum over the 20 rows of the batch" in why.reasons[0].text


@pytest.mark.filterwarnings("error")
def test_an_offset_in_front_of_batch_normalization_cancels(rng: np.random.Generator) -> None:
    """The mean takes it away: contributions cancel, and no scale would change that."""
    net = nn.Sequential(nn.Linear(2, 3, rng=0), nn.BatchNorm(3), nn.Tanh(), nn.Linear(3, 1, rng=1))
    loss_module = nn.BCEWithLogitsLoss()
    loss = loss_module(net(rng.normal(size=(8, 2))), [[0.0], [1], [1], [0], [1], [0], [1], [1]])
    why = ag.explain(loss, "0.W0")
    assert np.abs(why.gradient).max() < 1e-14
    assert why.reasons
    assert {r.kind for r in why.reasons} == {"cancels"}
    assert "Scale the data" not in str(why)
    assert "normalization" in why.reasons[0].cure
    assert ag.explain(loss, "1.B").reasons == ()


def test_scalar_paths_that_cancel_are_not_called_tiny() -> None:
    """With paths of scalars that cancel there is nothing to scale either."""
    w = Tensor(0.7, requires_grad=True, name="w")
    why = ag.explain(ag.sin(w) * 3.0 - w * (3.0 * np.cos(0.7) * (1 + 1e-13)), w)
    assert [r.kind for r in why.reasons] == ["cancels"]


def test_what_is_tiny_by_itself_is_still_called_tiny() -> None:
    """Small factors are no cancellation."""
    w = Tensor([1.0, 2.0], requires_grad=True, name="w")
    why = ag.explain(ag.sum(w * np.array([1e-12, 3e-12])), w)
    assert [r.kind for r in why.reasons] == ["vanishing"]


def test_names_with_dots_read_as_names() -> None:
    """∂loss/∂(0.W) is no number."""
    net = nn.Sequential(nn.Linear(2, 1, rng=0))
    loss = net([[1.0, 2.0]]).sum()
    assert ag.explain(loss, "0.W").summary.startswith("∂loss/∂(0.W) of shape")
    w = Tensor(1.0, requires_grad=True, name="w")
    assert ag.explain(w * 2, w).summary == "∂loss/∂w is 2."


def test_a_net_that_is_gone_is_told() -> None:
    """By name, the leaf of a freed net: to keep the net is said."""

    def loss_of_a_net() -> Tensor:
        net = nn.Sequential(nn.Linear(2, 1, rng=0), nn.Tanh())
        return net([[1.0, 2.0]]).sum()

    loss = loss_of_a_net()
    with pytest.raises(ag.ArgumentError, match=r"'0.W0'.*net that held them is gone.*variable"):
        ag.explain(loss, "0.W0")
    net = nn.Sequential(nn.Linear(2, 1, rng=0))
    with pytest.raises(ag.ArgumentError, match=r"the names are '0\.W', '0\.W0'"):
        ag.explain(net([[1.0, 2.0]]).sum(), "0.V")


def test_a_softmax_that_is_not_certain_is_not_called_saturated() -> None:
    """The sum of its probabilities is 1 whatever they are: that cancels, and says so."""
    w = Tensor([1.0, 2.0], requires_grad=True, name="w")
    told = str(ag.explain(lambda: ag.softmax(w).sum(), w))
    assert "Saturated" not in told
    assert "Cancels" in told
    sure = Tensor([0.0, 800.0], requires_grad=True, name="sure")
    assert "Saturated" in str(ag.explain(lambda: (ag.softmax(sure) * [1.0, 2.0]).sum(), sure))
