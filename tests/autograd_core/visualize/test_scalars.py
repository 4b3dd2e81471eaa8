"""Level "scalars": the same values and gradients as the arrays, entry by entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import Tensor
from autograd_core.graph import Leaf
from autograd_core.visualize import draw
from autograd_core.visualize.extract import order_of, subject_of
from autograd_core.visualize.picture import Box
from autograd_core.visualize.scalars import _Opening, opened

X = np.array([[1.0, -2.0, 0.5], [0.3, 0.0, -1.5]])


def leaf(value: Any, name: str) -> Tensor:
    return Tensor(np.array(value), requires_grad=True, name=name)


class Root(ag.Function):
    """An operation that nothing is known of but its rules."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return np.sqrt(x)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g / (2 * np.sqrt(x))


CASES: dict[str, Callable[[Tensor, Tensor], Any]] = {
    "elementwise": lambda x, w: ag.tanh(x) * ag.exp(x) - x**2 / 3 + ag.maximum(x, 0.1),
    "broadcast": lambda x, w: x * w[:, 0] + 2,
    "matmul": lambda x, w: ag.sigmoid(x @ w + 1.0),
    "vectors": lambda x, w: x[0] @ w @ w.T,
    "einsum": lambda x, w: ag.einsum("bi,ij,kj->bk", x, w, w),
    "outer": lambda x, w: ag.outer(x[0], w[:, 1]),
    "sum": lambda x, w: x.sum(axis=0) * x.mean(axis=0) + x.sum(),
    "cumsum": lambda x, w: ag.cumsum(x, axis=1),
    "moves": lambda x, w: ag.flip(ag.roll(x.T.reshape(2, 3), 1, 0), 1)[:, ::2] * 2,
    "join": lambda x, w: ag.concatenate([x, w.T, np.ones((1, 3))], axis=0) * 3,
    "stack": lambda x, w: ag.stack([x[0], x[1] * 2]).expand_dims(0),
    "pad": lambda x, w: ag.pad(x, 1)[1:, 1:] + 1,
    "where": lambda x, w: ag.where(X > 0, x, 0.5 * x),
    "index": lambda x, w: x[[0, 1, 1], [2, 2, 2]] * 2,
    "scatter": lambda x, w: ag.scatter(x[0], [0, 2, 2], (4,)) * 2,
    "reductions": lambda x, w: ag.logsumexp(x, axis=1) + x.max(axis=1) + ag.std(x, axis=1),
    "norm": lambda x, w: ag.norm(x) * ag.var(x, axis=0, keepdims=True),
    "ties": lambda x, w: ag.max(x * 0 + 1.0, axis=0),
    "log_softmax": lambda x, w: ag.log_softmax(x, axis=1)[:, 1],
    "softmax": lambda x, w: ag.softmax(x @ w, axis=-1),
    "custom": lambda x, w: Root.apply(x * x + 1) * 2,
    "repeat": lambda x, w: ag.tile(x, (2, 1))[::2] * ag.repeat(w.T, 1, axis=0),
    "constant": lambda x, w: ag.matmul(Tensor(X, name="data"), w) + 0 * x[0, 0],
    "array": lambda x, w: X @ w + 0 * x[0, 0],
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_entry_has_the_value_and_the_gradient_of_the_array(name: str, dtype: str) -> None:
    """Each scalar node that stands for an entry agrees with it: values, and gradients too."""
    x, w = leaf(X.astype(dtype), "x"), leaf(np.linspace(-1, 1, 6, dtype=dtype).reshape(3, 2), "w")
    y = CASES[name](x, w)
    weights = np.linspace(1, 2, y.size, dtype=dtype).reshape(y.shape)
    with ag.keep_values():
        y = CASES[name](x, w)
        y.backward(Tensor(weights), retain_graph=True)
    order = order_of(y)
    subject = subject_of(y, order)
    opening = _Opening(subject)
    with ag.keep_values():
        for node in order:
            opening.add(node)
    scalar = opened(subject, 5000)
    near = 1e-12 if dtype == "float64" else 2e-5
    for node in order:
        entries = opening.entries[node].flat
        numbers = [e.item() if isinstance(e, Tensor) else float(e) for e in entries]
        expected = np.asarray(subject.found.values[node]).ravel()
        np.testing.assert_allclose(numbers, expected, rtol=near, atol=near)
    shown = {scalar.names[n]: scalar.found.gradients.get(n, 0.0) for n in scalar.order
             if n in scalar.names and isinstance(n, Leaf)}  # fmt: skip
    for tensor in (x, w):
        if tensor.grad is None:
            continue
        for index in np.ndindex(tensor.shape):
            text = f"{tensor.name}[{index[0]}, {index[1]}]"
            if text in shown:
                np.testing.assert_allclose(
                    float(shown[text]), tensor.grad.data[index], rtol=near, atol=near
                )
            else:  # it is read by nothing
                assert tensor.grad.data[index] == 0


def test_gradients_are_computed_by_the_scalar_graph() -> None:
    """They are not copied: of each named value in between the entries agree as well."""
    x, w = leaf(X, "x"), leaf(np.linspace(-1, 1, 6).reshape(3, 2), "w")
    z = x @ w
    z.name = "z"
    z.retain_grad()
    loss = ag.logsumexp(ag.tanh(z), axis=1).sum()
    loss.backward()
    scalar = opened(subject_of(loss, order_of(loss)))
    named = {scalar.names[n]: n for n in scalar.order if n in scalar.names}
    assert z.grad is not None
    for index in np.ndindex(z.shape):
        node = named[f"z[{index[0]}, {index[1]}]"]
        assert float(scalar.found.values[node]) == pytest.approx(z.data[index], rel=1e-12)
        assert float(scalar.found.gradients[node]) == pytest.approx(z.grad.data[index], rel=1e-12)


def lines(box: Box) -> dict[str, str]:
    return {line.label: line.text for line in box.lines}


def test_a_neuron() -> None:
    """tanh(w·x + b) is two products, their sum, the offset and tanh; with o = 0.7071 by hand."""
    x = Tensor([[2.0, 0.0]], name="x")
    w, b = leaf([[-3.0], [1.0]], "w"), leaf([6.8813735870195432], "b")
    o = ag.tanh(x @ w + b)
    o.name = "o"
    o.backward(Tensor([[1.0]]))
    picture = draw(o, level="scalars").picture
    by_title = {box.title: lines(box) for box in picture.boxes}
    assert [b.title for b in picture.boxes if b.kind == "operation"] == ["×", "×", "Σ", "+"]
    assert by_title["o[0, 0]"] == {"value": "0.7071", "grad": "1"}
    assert by_title["Σ"] == {"value": "-6", "grad": "0.5"}  # 1 − 0.7071²
    assert by_title["w[0, 0]"] == {"value": "-3", "grad": "1"}
    assert by_title["w[1, 0]"] == {"value": "1", "grad": "0"}
    assert by_title["b[0]"]["grad"] == "0.5"
    (total,) = [i for i, box in enumerate(picture.boxes) if box.title == "Σ"]
    assert [e.operand for e in picture.edges if e.head == total] == [0, 1]


def test_closed_again() -> None:
    """Level "operations" of the same tensor is as before."""
    w = leaf([[1.0, 2.0]], "w")
    y = (w @ w.T).sum()
    before = repr(draw(y))
    draw(y, level="scalars")
    assert repr(draw(y, level="operations")) == before
    assert w.grad is None


def test_a_network_of_three_units() -> None:
    """Its three neurons are three sums of two products; their values are NumPy's."""
    net = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh(), nn.Linear(3, 1, rng=1))
    x = np.array([[1.0, -2.0]])
    picture = draw(net, x, loss=nn.MSELoss(), target=[[1.0]], level="scalars").picture
    sums = [box for box in picture.boxes if box.title == "Σ"]
    assert [box.subtitle for box in sums] == [
        "matmul[0, 0]", "matmul[0, 1]", "matmul[0, 2]", "matmul[0, 0]",
    ]  # fmt: skip
    shown = [float(lines(box)["value"]) for box in sums[:3]]
    np.testing.assert_allclose(shown, (x @ net[0].W.data)[0], rtol=1e-3)
    assert [p.grad for p in net.parameters()] == [None] * 4
    assert sum(box.kind == "input" for box in picture.boxes) == 2


def test_a_block_has_ports() -> None:
    """What cannot be opened is one box with its array, and a box for each entry that is used."""
    z = leaf([[1.0, 2.0, 0.5]], "z")
    loss = (ag.log_softmax(z, axis=1) * np.array([[0.0, 1.0, 2.0]])).sum()
    loss.backward()
    picture = draw(loss, level="scalars").picture
    (block,) = [box for box in picture.boxes if box.title == "log_softmax"]
    assert block.shape == "(1, 3)"
    assert lines(block)["grad"] == "[[0, 1, 2]]"
    place = picture.boxes.index(block)
    assert len([e for e in picture.edges if e.head == place]) == 3
    assert len([e for e in picture.edges if e.tail == place]) == 3


def test_a_zero_is_still_an_input() -> None:
    """A product with a constant 0 stays in the picture; a constant has a box if it has a name."""
    w = leaf([[1.0], [2.0]], "w")
    for name, products in (("x", ["×", "×"]), (None, ["0 ×", "3 ×"])):
        y = Tensor([[0.0, 3.0]], name=name) @ w
        titles = [box.title for box in draw(y, level="scalars").picture.boxes]
        assert [title for title in titles if "×" in title] == products
        assert {"x[0, 0]", "x[0, 1]"}.issubset(titles) == (name is not None)


def test_size_is_bounded() -> None:
    """Too many entries are refused, with their number and what to do; the limit can be set."""
    w = leaf(np.ones((60, 60)), "w")
    with pytest.raises(ag.ArgumentError, match=r"about 223,201 nodes .*w of shape \(60, 60\)"):
        draw((w @ w).sum(), level="scalars")
    v = leaf(np.ones(150), "v")
    with pytest.raises(ag.ArgumentError, match=r"451 nodes.*max_nodes=400.*'operations'.* 4"):
        draw((v * v * v).sum(), level="scalars")
    assert len(draw((v * v * v).sum(), level="scalars", max_nodes=451).picture.boxes) == 451
    with pytest.raises(ag.ArgumentError, match="max_nodes=5"):
        draw((v * v).sum(), level="scalars", max_nodes=5)


@pytest.mark.parametrize("level", ["operations", "scalars"])
def test_what_is_too_large_is_refused_before_it_is_computed(level: str) -> None:
    """No value is computed again for a picture that will not be drawn, of tensors or functions."""
    calls = 0

    def forward(x: Any) -> Any:
        nonlocal calls
        calls += 1
        return x + 1.0

    add = ag.custom(lambda g, y, x: g)(forward)

    def many(x: Tensor) -> Tensor:
        for _ in range(1000):
            x = add(x)
        return x

    y = many(leaf(1.0, "x"))
    for drawing in (lambda: draw(y, level=level, max_nodes=100, fold=None),
                    lambda: draw(many, 1.0, level=level, max_nodes=100, fold=None)):  # fmt: skip
        calls = 0
        with pytest.raises(ag.ArgumentError, match="max_nodes=100"):
            drawing()
        assert calls in (0, 1000)  # the run of the function, and no other


def test_before_a_backward_pass() -> None:
    """Without one a gradient is not computed, and never 0."""
    w = leaf([1.0, 2.0], "w")
    for box in draw((w * w).sum(), level="scalars").picture.boxes:
        assert lines(box)["grad"] == "not computed"


def test_accumulated_gradients_of_leaves_are_shown() -> None:
    """A leaf shows what its grad holds, after two passes twice."""
    w = leaf([1.0, 2.0], "w")
    for _ in range(2):
        loss = (w * w).sum()
        loss.backward()
    first = draw(loss, level="scalars").picture.boxes[0]
    assert lines(first) == {"value": "1", "grad": "4"}


def test_a_function_in_scalars() -> None:
    """Its arguments are inputs, entry by entry."""
    view = draw(lambda a, b: (a * b).sum(), [1.0, 2.0], [3.0, 4.0], level="scalars")
    shown = {b.title: lines(b)["grad"] for b in view.picture.boxes if b.kind == "input"}
    assert shown == {"a[0]": "3", "a[1]": "4", "b[0]": "1", "b[1]": "2"}


def test_a_lost_leaf_and_a_plain_tensor() -> None:
    """Without the values of its leaves a graph cannot be opened; a constant is one box."""
    y = (leaf([1.0], "w") * 2).sum()
    with pytest.raises(ag.GraphError, match="keep a reference"):
        draw(y, level="scalars")
    assert len(draw(Tensor([1.0, 2.0]), level="scalars").picture.boxes) == 1


def test_entries_lie_in_the_modules_of_their_arrays() -> None:
    """So an opened network can be closed again, layer by layer: 2 · 3 weights, 3 offsets, …"""
    net = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh(), nn.Linear(3, 1, rng=1))
    pictures = [draw(net, [[1.0, -2.0]], level=v).picture for v in ("operations", "scalars")]
    seen = [{(c.id, c.title, c.path, c.parent) for c in p.clusters} for p in pictures]
    # Tanh is one operation on arrays, which needs no frame, and three on their entries.
    assert seen[1] - seen[0] == {("g3", "Tanh", "1", "g1")}
    assert seen[0] < seen[1]
    opened_one = pictures[1]
    (first,) = [c.id for c in opened_one.clusters if c.path == "0"]
    inside = [b for b in opened_one.boxes if b.cluster == first]
    assert len(inside) == 2 * 3 + 3 + 2 * 3 + 3 + 3  # weights, offsets, products, sums, +
    assert sum(box.kind == "parameter" for box in inside) == 9


def test_an_entry_of_size_zero() -> None:
    """Empty arrays have no entries, and a sum of none is 0."""
    w, v = leaf(np.ones((0, 2)), "w"), leaf(1.0, "v")
    y = w.sum() + v
    assert [b.title for b in draw(y, level="scalars").picture.boxes] == ["v", "0 +"]
    with pytest.raises(ag.ArgumentError, match="depends on no entry"):
        draw(w.sum(), level="scalars")


def test_hostile_names() -> None:
    """Names with markup stay text in every format."""
    w = leaf([1.0, 2.0], "<b>\"'\\&]]>\u202e")
    view = draw((w * w).sum(), level="scalars")
    for text in (view.svg(), view.html(), view.dot):
        assert not [bad for bad in ("<b>", "\u202e") if bad in text]
    assert "\u202e" not in repr(view)
    assert "&lt;b&gt;" in view.svg()
