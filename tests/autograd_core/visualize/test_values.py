"""What the boxes say: values, gradients, names, against NumPy and formulas by hand."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.visualize import GraphView, draw
from autograd_core.visualize.picture import Box
from autograd_core.visualize.wording import value_text


def box(view: GraphView, title: str) -> Box:
    """The only box of that title."""
    (found,) = [box for box in view.picture.boxes if box.title == title]
    return found


def shown(view: GraphView, title: str) -> dict[str, str]:
    """The lines of that box, by label."""
    return {line.label: line.text for line in box(view, title).lines}


def inputs(view: GraphView, title: str) -> list[str]:
    """The titles of the boxes that lead to that box, in the order of the operands."""
    boxes = view.picture.boxes
    head = boxes.index(box(view, title))
    edges = [edge for edge in view.picture.edges if edge.head == head]
    return [boxes[edge.tail].title for edge in sorted(edges, key=lambda edge: edge.operand)]


def network(rng: np.random.Generator) -> tuple[Tensor, dict[str, Tensor], dict[str, Any]]:
    """softmax(relu(X W + b)) with NLL of the classes, and its arrays."""
    arrays = {
        "X": rng.normal(size=(5, 4)),
        "W": rng.normal(size=(4, 3)),
        "b": rng.normal(size=3),
        "Y": np.eye(3)[[0, 1, 2, 0, 1]],
    }
    tensors = {name: Tensor(arrays[name], requires_grad=True, name=name) for name in ("W", "b")}
    tensors["X"] = Tensor(arrays["X"], name="X")
    z = tensors["X"] @ tensors["W"] + tensors["b"]
    z.name = "z"
    a = ag.relu(z)
    a.name = "a"
    loss = -(ag.log_softmax(a, axis=1) * arrays["Y"]).sum()
    loss.name = "loss"
    return loss, tensors, arrays


def test_values_and_gradients_of_a_scalar_expression() -> None:
    """Values and gradients of (a b + c) f are those found by hand."""
    a, b, c, f = (Tensor(v, requires_grad=True, name=n) for n, v in zip("abcf", (2.0, -3.0, 10.0,
                  -2.0), strict=True))  # fmt: skip
    e = a * b
    e.name = "e"
    d = e + c
    d.name = "d"
    loss = d * f
    loss.name = "L"
    loss.backward()
    view = draw(loss)
    expected = {
        "a": (2, (-2) * (-3)),
        "b": (-3, (-2) * 2),
        "c": (10, -2),
        "f": (-2, 4),
        "e": (-6, -2),
        "d": (4, -2),
        "L": (-8, 1),
    }
    assert {title: shown(view, title) for title in expected} == {
        title: {"value": str(value), "grad": str(gradient)}
        for title, (value, gradient) in expected.items()
    }
    assert inputs(view, "L") == ["d", "f"]
    assert box(view, "L").kind == "output"
    assert box(view, "e").kind == "operation"
    assert box(view, "a").kind == "parameter"


def test_values_and_gradients_of_a_network_equal_numpys(rng: np.random.Generator) -> None:
    """In a layer with softmax and NLL they are those of the closed formulas."""
    loss, _tensors, arrays = network(rng)
    loss.backward()
    view = draw(loss)
    z = arrays["X"] @ arrays["W"] + arrays["b"]
    a = np.maximum(z, 0)
    p = np.exp(a) / np.exp(a).sum(axis=1, keepdims=True)
    da = p - arrays["Y"]
    dz = da * (z > 0)
    expected = {
        "z": (z, dz),
        "a": (a, da),
        "W": (arrays["W"], arrays["X"].T @ dz),
        "b": (arrays["b"], dz.sum(axis=0)),
        "loss": (-np.log(p[arrays["Y"] == 1]).sum(), 1.0),
    }
    for title, (value, gradient) in expected.items():
        assert shown(view, title) == {"value": value_text(value), "grad": value_text(gradient)}
    assert shown(view, "X") == {"value": value_text(arrays["X"])}
    assert shown(view, "constant") == {"value": value_text(arrays["Y"])}
    assert inputs(view, "@") == ["X", "W"]


def test_before_backward_a_gradient_is_not_computed(rng: np.random.Generator) -> None:
    """No box shows a gradient, least of all 0, before a backward pass."""
    loss, _tensors, _ = network(rng)
    view = draw(loss)
    for found in view.picture.boxes:
        lines = {line.label: line for line in found.lines}
        if found.kind != "constant":
            assert lines["grad"].text == "not computed"
            assert lines["grad"].absent
            assert not lines["value"].absent


def test_a_gradient_that_never_arrives_is_not_zero() -> None:
    """After a backward pass from elsewhere only the leaves have one, and it is theirs."""
    x = Tensor(2.0, requires_grad=True, name="x")
    y = x * 3.0
    y.name = "y"
    loss = y * y
    loss.backward()
    view = draw(y)
    assert shown(view, "x") == {"value": "2", "grad": "36"}
    assert shown(view, "y") == {"value": "6", "grad": "not computed"}


def test_leaves_show_what_grad_really_holds() -> None:
    """Two backward passes accumulate in a leaf, and the picture shows the sum."""
    x = Tensor(2.0, requires_grad=True, name="x")
    for _ in range(2):
        y = x * x
        y.name = "y"
        y.backward()
    view = draw(y)
    assert shown(view, "x")["grad"] == "8"
    assert shown(view, "y")["grad"] == "1"


def test_seed_of_the_backward_pass_is_used() -> None:
    """The gradients in between are those of the gradient that backward was given."""
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    y = x * 3.0
    y.name = "y"
    z = y * y
    z.name = "z"
    z.backward(np.array([1.0, 10.0]))
    view = draw(z)
    assert shown(view, "z")["grad"] == "[1, 10]"
    assert shown(view, "y")["grad"] == "[6, 120]"
    assert shown(view, "x")["grad"] == "[18, 360]"


def test_values_kept_are_not_computed_again() -> None:
    """Under keep_values the picture shows the recorded values and runs no operation."""
    calls = []

    class Twice(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            calls.append(1)
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    with ag.keep_values():
        y = Twice.apply(x)
        y.name = "y"
        loss = y.sum()
        loss.backward()
    before = len(calls)
    view = draw(loss)
    assert len(calls) == before
    assert shown(view, "y") == {
        "value": "[2, 4]",
        "grad": "[1, 1]",
        "code": "y = Twice.apply(x)",
    }
    assert any("test_values.py" in line for line in box(view, "y").tooltip)


def test_users_functions_are_drawn() -> None:
    """A Function of the user is replayed and shows value and gradient."""

    class Cube(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * 3 * x**2

    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    y = Cube.apply(x)
    y.name = "y"
    assert shown(draw(y), "y") == {"value": "[1, 8]", "grad": "not computed"}
    loss = (y * 2.0).sum()
    loss.backward()
    view = draw(loss)
    assert shown(view, "y") == {"value": "[1, 8]", "grad": "[2, 2]"}
    assert shown(view, "x")["grad"] == "[6, 24]"
    assert box(view, "y").subtitle == "Cube"


def test_changed_leaf_is_said_so(rng: np.random.Generator) -> None:
    """After an optimizer's step the picture says which leaf no longer is what was used."""
    loss, tensors, arrays = network(rng)
    loss.backward()
    recorded = loss.item()
    gradient = tensors["W"].grad.numpy().copy()
    tensors["W"].assign(arrays["W"] * 2, "a step")
    view = draw(loss)
    (note,) = view.picture.notes
    assert note.startswith("Changed after the graph was recorded: W.")
    assert value_text(recorded) in note
    assert [line.text for line in box(view, "W").lines][-1] == "changed since it was used"
    assert any("by a step" in line for line in box(view, "W").tooltip)
    assert shown(view, "W")["grad"] == value_text(gradient)
    assert note in view.svg().replace("\n", " ")


def test_changed_scalar_leaf_is_said_so() -> None:
    """A Python float that was replaced is noticed as well."""
    x = Tensor(2.0, requires_grad=True, name="x")
    y = x * 3.0 + 1.0
    y.backward()
    x.assign(5.0)
    assert "x" in draw(y).picture.notes[0]


def test_changed_constant_is_said_so() -> None:
    """A constant tensor that was changed after its use is named too."""
    x = Tensor([1.0, 2.0], requires_grad=True)
    data = Tensor([3.0, 4.0], name="data")
    y = x * data
    data.assign([5.0, 6.0])
    assert "data" in draw(y).picture.notes[0]


def test_leaf_changed_before_its_use_is_not_mentioned() -> None:
    """An initialization in place, before the forward pass, is no change of the graph."""
    x = Tensor([1.0, 2.0], requires_grad=True)
    x.assign([3.0, 4.0])
    assert draw((x * x).sum()).picture.notes == ()


def test_a_lost_leaf_makes_no_error() -> None:
    """If the tensor of a leaf is gone, values are "not kept", and the result's own is shown."""

    def make() -> Tensor:
        w = Tensor([1.0, 2.0], requires_grad=True, name="w")
        y = w * w
        y.name = "y"
        loss = y.sum()
        loss.backward()
        return loss

    loss = make()
    loss.name = "loss"
    gc.collect()
    view = draw(loss)
    assert shown(view, "w") == {"value": "not kept", "grad": "not kept"}
    assert shown(view, "y") == {"value": "not kept", "grad": "not kept"}
    assert shown(view, "loss")["value"] == "5"
    assert "could not be computed again" in view.picture.notes[0]


def test_an_operation_that_fails_on_replay_makes_no_error() -> None:
    """A user's operation that raises the second time leaves a note, not a traceback."""
    calls = []

    @ag.custom(lambda g, y, x: g * 2)
    def once(x: Any) -> Any:
        calls.append(1)
        if len(calls) > 1:
            raise KeyError("only once")
        return x * 2

    x = Tensor([1.0], requires_grad=True, name="x")
    view = draw(once(x) + 1.0)
    assert "only once" in view.picture.notes[0]
    assert shown(view, "x")["value"] == "[1]"


def test_numbers_stand_in_the_title_and_arrays_in_boxes() -> None:
    """Python numbers are part of the operation's title; other constants have a box, once."""
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    array = np.array([1.0, 3.0])
    y = (x * 0.5 + array) / array
    z = 1.0 - ag.maximum(y**2, 0.0)
    view = draw(z)
    titles = [found.title for found in view.picture.boxes]
    for title in ("× 0.5", "^ 2", "max(·, 0)", "1 −"):
        assert titles.count(title) == 1, titles
    assert titles.count("constant") == 1
    assert inputs(view, "÷") == ["+", "constant"]


def test_axis_and_index_are_shown() -> None:
    """Static parameters are told beside the name."""
    x = Tensor(np.ones((3, 4)), requires_grad=True)
    view = draw(x[1:, 0].sum(axis=0, keepdims=True))
    words = [found.subtitle for found in view.picture.boxes]
    assert "getitem index=(1:, 0)" in words
    assert "sum axis=0 keepdims=True" in words


def test_a_shared_leaf_is_one_box_with_two_edges() -> None:
    """x * x is one box for x and two edges, for the two operands."""
    x = Tensor(3.0, requires_grad=True, name="x")
    view = draw(x * x)
    assert len(view.picture.boxes) == 2
    assert [(edge.tail, edge.head, edge.operand) for edge in view.picture.edges] == [
        (0, 1, 0),
        (0, 1, 1),
    ]


def test_tensor_without_a_graph_is_a_single_box() -> None:
    """A constant, and a leaf, are drawn as one box each."""
    constant = draw(Tensor([1.0, 2.0], name="data"))
    assert [found.kind for found in constant.picture.boxes] == ["constant"]
    assert shown(constant, "data") == {"value": "[1, 2]"}
    leaf = draw(Tensor([1.0, 2.0], requires_grad=True))
    assert [found.title for found in leaf.picture.boxes] == ["parameter"]
    assert shown(leaf, "parameter") == {"value": "[1, 2]", "grad": "not computed"}
    assert "<svg" in constant.svg()


def test_nonfinite_values_draw_without_a_warning() -> None:
    """NaN and infinity are shown, under detect_anomaly too, and nothing is raised."""
    x = Tensor(np.r_[np.zeros(7), -1.0], requires_grad=True, name="x")
    with np.errstate(all="ignore"):
        y = ag.log(x)
        y.name = "y"
        y.sum().backward()
    with ag.detect_anomaly():
        view = draw(y)
    assert shown(view, "y")["value"] == "1 NaN  7 -inf"


def test_draw_works_inside_no_grad() -> None:
    """Recomputation does not depend on the caller's mode."""
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    y = (x * x).sum()
    y.name = "y"
    y.backward()
    with ag.no_grad():
        assert shown(draw(y), "y") == {"value": "5", "grad": "1"}


def test_drawing_disturbs_nothing(rng: np.random.Generator) -> None:
    """Backward after draw, and draw after backward, leave the gradients that they find."""
    loss, tensors, _ = network(rng)
    draw(loss).svg()
    assert tensors["W"].grad is None
    loss.backward(retain_graph=True)
    first = tensors["W"].grad.numpy().copy()
    draw(loss).svg()
    np.testing.assert_array_equal(tensors["W"].grad.numpy(), first)
    loss.backward()
    np.testing.assert_allclose(tensors["W"].grad.numpy(), 2 * first)
    with pytest.raises(ag.GraphError, match="freed"):
        loss.backward()


def test_the_view_holds_its_numbers() -> None:
    """A view shows the time of drawing, whatever happens to the tensors afterwards."""
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    view = draw((x * x).sum())
    x.assign([7.0, 7.0])
    assert shown(view, "x")["value"] == "[1, 2]"
    assert "7" not in shown(view, "x")["value"]


def test_hooks_are_not_called_and_that_is_said() -> None:
    """Drawing does not run a user's hooks a second time."""
    calls = []
    x = Tensor(2.0, requires_grad=True, name="x")
    y = x * 3.0
    y.register_hook(lambda g: calls.append(g))
    loss = y * y
    loss.backward()
    assert len(calls) == 1
    view = draw(loss)
    assert len(calls) == 1
    assert "Hooks" in view.picture.notes[0]


def test_retained_gradient_is_the_real_one() -> None:
    """retain_grad's gradient, which a hook may have changed, is shown as it is."""
    x = Tensor(2.0, requires_grad=True, name="x")
    y = x * 3.0
    y.name = "y"
    y.retain_grad()
    y.register_hook(lambda g: g * 100.0)
    (y * y).backward()
    assert y.grad is not None
    view = draw(y)
    assert shown(view, "y")["grad"] == value_text(y.grad.data) == "1200"


def test_only_what_is_asked_for() -> None:
    """values=False and gradients=False leave those lines out."""
    x = Tensor(2.0, requires_grad=True, name="x")
    y = x * 3.0
    y.name = "y"
    y.backward()
    assert shown(draw(y, values=False), "y") == {"grad": "1"}
    assert shown(draw(y, gradients=False), "y") == {"value": "6"}
    assert shown(draw(y, values=False, gradients=False), "y") == {}


def test_float32_is_said_so() -> None:
    """A dtype other than float64 stands with the shape."""
    x = Tensor(np.ones(2, np.float32), requires_grad=True, name="x")
    assert box(draw(x * 2.0), "x").shape == "(2,) float32"


def test_second_order_graph_is_drawn() -> None:
    """A loss made of a gradient, recorded with create_graph, has a picture as well."""
    x = Tensor(3.0, requires_grad=True, name="x")
    y = x * x * x
    y.backward(create_graph=True)
    slope = x.grad
    assert slope is not None
    slope.name = "slope"
    view = draw(slope)
    assert shown(view, "slope")["value"] == "27"
