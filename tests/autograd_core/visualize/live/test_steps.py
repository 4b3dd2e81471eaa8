"""The steps of the live page: every number is the engine's, and right by NumPy and by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import Tensor
from autograd_core.graph import topological
from autograd_core.visualize import draw
from autograd_core.visualize.live.differences import MAX_OPERATIONS, Differences
from autograd_core.visualize.live.record import remembered, run_again, walked
from autograd_core.visualize.live.words import shown
from autograd_core.visualize.wording import number, value_text
from autograd_core.walks import pull


def data_of(tensor: Tensor, **options: object) -> dict:
    """What the page of a tensor is told."""
    data = draw(tensor, engine="builtin", **options)._live.data
    assert data is not None
    return json.loads(json.dumps(data))


def tiny() -> tuple[Tensor, dict[str, Tensor]]:
    """h = tanh(x w); loss = h h + x/2: paths meet in h and in x."""
    x = Tensor(0.5, requires_grad=True, name="x")
    w = Tensor(-1.0, requires_grad=True, name="w")
    h = ag.tanh(x * w)
    h.name = "h"
    loss = h * h + 0.5 * x
    loss.name = "loss"
    return loss, {"x": x, "w": w, "h": h}


def backward_of(data: dict, name: str) -> dict:
    """The step backward at a node."""
    (i,) = [i for i, node in enumerate(data["nodes"]) if node.get("name") == name]
    return next(s for s in data["steps"] if s["phase"] == "backward" and s["node"] == i)


def flat(tree: list) -> str:
    """The text of a formula; places are shown as y, a, b."""
    if isinstance(tree[-1], str) and len(tree) <= 3 and not isinstance(tree[1], list):
        code = ord(tree[-1][0]) if tree[-1] else 0
        return "yabcde"[code - 0x10600] if 0x10600 <= code < 0x10606 else tree[-1]
    return "".join([flat(part) for part in tree if isinstance(part, list)])


def test_the_example_by_hand() -> None:
    """Blame, local derivatives, products and sums of a graph whose derivatives are known."""
    loss, parts = tiny()
    loss.backward()
    data = data_of(loss)
    h = np.tanh(-0.5)
    by_h = 2 * h
    by_z = by_h * (1 - h * h)
    step = backward_of(data, "h")
    assert step["blame"] == number(by_h)
    assert [part["blame"] for part in step["parts"]] == [number(h), number(h)]
    assert [part["operand"] for part in step["parts"]] == [0, 1]
    (hand,) = step["hands"]
    assert hand["local"] == {"kind": "number", "value": number(1 - h * h)}
    assert hand["factors"] == [f"({number(by_h)})".replace("-", "−"), number(1 - h * h)]
    assert hand["blame"] == number(by_z)
    assert flat(data["formulas"][hand["partial"]]) == "1−y2"
    step = backward_of(data, "x")
    assert [part["blame"] for part in step["parts"]] == [number(by_z * -1.0), "0.5"]
    assert step["blame"] == number(by_z * -1.0 + 0.5) == number(parts["x"].grad.item())


def test_parts_so_far() -> None:
    """Where paths meet, each part says which it is, and what the parts make so far."""
    x = Tensor(3.0, requires_grad=True, name="x")
    loss = x * 2.0 + x * 5.0 + x * 7.0
    loss.backward()
    data = data_of(loss)
    hands = [h for s in data["steps"] for h in s.get("hands", ()) if h["to"] == 0]
    assert [h.get("place", 1) for h in hands] == [1, 2, 3]
    sums = np.cumsum([float(h["blame"]) for h in hands])
    assert [float(h.get("total", h["blame"])) for h in hands] == list(sums)
    assert backward_of(data, "x")["blame"] == "14"


def test_order_is_that_of_the_walk() -> None:
    """Backward, a node comes when every node that reads it has been visited; forward, after all
    that it reads."""
    loss, _model = network()
    data = data_of(loss)
    seen: set[int] = set()
    for step in [s for s in data["steps"] if s["phase"] == "backward"]:
        readers = {
            i
            for i, node in enumerate(data["nodes"])
            if any(given.get("node") == step["node"] for given in node.get("inputs", ()))
        }
        assert readers <= seen
        seen.add(step["node"])
    assert len(seen) == len(data["nodes"])
    known = {i for i, node in enumerate(data["nodes"]) if "op" not in node}
    for step in [s for s in data["steps"] if s["phase"] == "forward"]:
        inputs = data["nodes"][step["node"]]["inputs"]
        assert {given["node"] for given in inputs if "node" in given} <= known
        known.add(step["node"])


def network() -> tuple[Tensor, nn.Module]:
    """A small network with a loss, after its backward pass."""
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.Tanh(), nn.Linear(4, 2, rng=1))
    loss = nn.CrossEntropyLoss()(model(rng.normal(size=(5, 3))), np.array([0, 1, 1, 0, 1]))
    loss.backward()
    return loss, model


def test_leaves_get_what_backward_gave_them() -> None:
    """The blame of each parameter is its ``grad``, and each finite difference agrees with it."""
    loss, model = network()
    data = data_of(loss)
    for name, parameter in model.named_parameters():
        step = backward_of(data, name)
        assert step["blame"] == shown(parameter.grad.data)
        largest = np.max(np.abs(parameter.grad.data))
        assert abs(float(step["check"]["derivative"])) == pytest.approx(largest, rel=1e-7)
        assert float(step["check"]["difference"]) == pytest.approx(
            float(step["check"]["derivative"]), rel=1e-5
        )
        assert "held" not in step
    assert {s["check"]["verdict"] for s in data["steps"] if "check" in s} == {"agrees"}


def test_intermediate_blame_is_what_retain_grad_keeps() -> None:
    """The steps show the gradients that the engine hands to `retain_grad`."""
    x = Tensor(np.linspace(-1, 1, 6).reshape(2, 3), requires_grad=True, name="x")
    kept = [ag.exp(x), ag.sin(x)]
    kept.append(kept[0] * kept[1])
    for i, t in enumerate(kept):
        t.name = f"k{i}"
        t.retain_grad()
    loss = (kept[2] + kept[0]).sum()
    loss.backward()
    data = data_of(loss)
    for t in kept:
        assert t.grad is not None
        assert backward_of(data, t.name)["blame"] == shown(t.grad.data)


def test_local_derivatives_of_arrays() -> None:
    """Of what acts on each entry, the entries' derivatives; of a matrix product, its Jacobian."""
    a = Tensor(np.arange(6.0).reshape(2, 3) / 5, requires_grad=True, name="a")
    b = Tensor(np.arange(3.0).reshape(3, 1) - 1, requires_grad=True, name="b")
    t = ag.tanh(a)
    t.name = "t"
    p = t @ b
    p.name = "p"
    p.sum().backward()
    data = data_of(p.sum())
    local = backward_of(data, "t")["hands"][0]["local"]
    assert local["value"] == shown(1 - np.tanh(a.data) ** 2)
    first, second = backward_of(data, "p")["hands"]
    assert first["local"]["shape"] == "(2, 6)"
    assert first["local"]["value"] == shown(np.kron(np.eye(2), b.data.T))
    assert second["local"]["value"] == shown(np.tanh(a.data))
    assert "∑" not in flat(data["formulas"][first["rule"]])


def test_what_was_broadcast_is_summed() -> None:
    """Blame of a broadcast operand says from which shape it was summed."""
    b = Tensor([1.0, 2.0], requires_grad=True, name="b")
    ones = Tensor(np.ones((3, 2)), requires_grad=True)
    y = ones + b
    y.name = "y"
    loss = y.sum()
    loss.backward()
    second = backward_of(data_of(loss), "y")["hands"][1]
    assert second["summed"] == ["(3, 2)", "(2,)"]
    assert second["blame"] == "[3, 3]"


def test_nothing_is_changed() -> None:
    """Gradients, values and the graph stay as they are; the page can be made twice."""
    loss, parts = tiny()
    loss.backward(retain_graph=True)
    before = [t.grad.item() for t in (parts["x"], parts["w"])]
    view = draw(loss)
    assert view.html() == view.html()
    assert [t.grad.item() for t in (parts["x"], parts["w"])] == before
    loss.backward()
    assert parts["x"].grad.item() == 2 * before[0]


def test_numbers_are_those_at_the_time_of_drawing() -> None:
    """A leaf that is changed, or gone, before the page is made does not matter."""
    loss, parts = tiny()
    loss.backward()
    expected = data_of(loss)
    view = draw(loss, engine="builtin")
    parts["x"].data = 100.0
    parts.clear()
    assert json.loads(json.dumps(view._live.data)) == expected


def test_without_a_backward_pass_the_blame_starts_at_one() -> None:
    """A scalar can be stepped through before backward() was called, and no grad appears."""
    loss, parts = tiny()
    assert backward_of(data_of(loss), "loss")["blame"] == "1"
    assert parts["x"].grad is None


def test_seed_of_the_pass_that_was_run() -> None:
    """The blame starts with the gradient that backward() was given."""
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    y = x * 3.0
    y.name = "y"
    y.backward([10.0, 20.0])
    data = data_of(y)
    assert backward_of(data, "y")["blame"] == "[10, 20]"
    assert backward_of(data, "x")["blame"] == "[30, 60]"
    assert backward_of(data, "x")["check"]["verdict"] == "agrees"


def test_an_array_without_a_seed_has_forward_steps_only() -> None:
    """What is no single number cannot be stepped backward, which is said."""
    x = Tensor([1.0, 2.0], requires_grad=True)
    data = data_of(x * 3.0)
    assert [s["phase"] for s in data["steps"]] == ["whole", "forward"]
    assert "not one number" in data["notes"][0]


def test_why_one_number_has_no_backward_pass() -> None:
    """A gradient that is one number is not said to be more than one."""
    w = Tensor(2.0, requires_grad=True, name="w")
    (w * w * w).backward(create_graph=True)
    assert w.grad is not None
    for data in (data_of(w.grad), data_of(w * w, gradients=False)):
        assert {s["phase"] for s in data["steps"]} == {"whole", "forward"}
        (note,) = data["notes"]
        assert "backward() was not called" in note
        assert "not one number" not in note
    grad = w.grad
    grad.backward()
    assert data_of(grad)["notes"] == []


def test_what_the_leaf_held_before_is_told() -> None:
    """After two passes ``grad`` is not the blame of one, and both are shown."""
    x = Tensor(3.0, requires_grad=True, name="x")
    loss = x * x
    loss.backward(retain_graph=True)
    loss.backward()
    step = backward_of(data_of(loss), "x")
    assert (step["blame"], step["held"]) == ("6", "12")


def test_a_kink_is_told_from_an_error() -> None:
    """Beside the convention at a kink the two slopes are found to differ."""
    x = Tensor(0.0, requires_grad=True, name="x")
    loss = ag.relu(x) * 2.0
    step = backward_of(data_of(loss), "x")
    assert step["check"]["verdict"] == "kink"


def test_a_wrong_rule_is_seen() -> None:
    """A rule that is wrong disagrees with the finite difference."""

    @ag.custom(lambda g, y, x: g * 4 * x**2)
    def cube(x: object) -> object:
        return x**3

    x = Tensor(2.0, requires_grad=True, name="x")
    step = backward_of(data_of(cube(x) * 1.0), "x")
    assert step["check"]["verdict"] == "differs"
    assert float(step["check"]["difference"]) == pytest.approx(12, rel=1e-6)


def test_single_precision_is_checked_in_double() -> None:
    """The differences of a float32 graph are computed in float64, and agree."""
    x = Tensor(np.array([0.3, 0.7], np.float32), requires_grad=True, name="x")
    step = backward_of(data_of(ag.exp(x).sum()), "x")
    assert step["check"]["verdict"] == "agrees"
    assert float(step["check"]["difference"]) == pytest.approx(np.exp(np.float32(0.7)), rel=1e-8)


def test_checks_are_bounded() -> None:
    """Once the budget is used up, checks are left out and say so."""
    x = Tensor(0.5, requires_grad=True, name="x")
    y = x
    for _ in range(300):
        y = y * 1.001
    data = data_of(y)
    verdicts = [s["check"]["verdict"] for s in data["steps"] if "check" in s]
    assert verdicts[0] == "agrees"
    assert verdicts[-1] == "large"
    done = verdicts.count("agrees")
    assert 3 * sum(range(done)) <= MAX_OPERATIONS < 3 * sum(range(done + 2))


def test_the_walk_is_pull() -> None:
    """The walk that is written down finds what the engine's walk finds, bit by bit."""
    loss, model = network()
    kept = remembered(topological((loss.node,)), [loss.node], {}, {}, {}, {})
    copies = run_again(kept)
    end = copies[loss.node].node
    order = topological((end,))
    visits = walked(order, [(end, 1.0)])
    found = pull(order, [(end, 1.0)], retain_graph=True)
    blames = {v.node: v.blame for v in visits}
    assert len(found) == len(list(model.parameters()))
    assert all(np.array_equal(blames[leaf], g) for leaf, g in found.items())


def test_differences_by_numpy() -> None:
    """A central difference in the middle of a graph is that of NumPy."""
    x = Tensor([0.2, 0.4], requires_grad=True)
    y = ag.sin(x)
    loss = (y * y).sum()
    kept = remembered(topological((loss.node,)), [loss.node], {}, {}, {}, {})
    copies = run_again(kept)
    end = copies[loss.node].node
    order = topological((end,))
    values = {node: node.extra.value for node in order}
    node = copies[y.node].node
    check = Differences(order, values, [(end, 1.0)]).check(node, 2 * np.sin([0.2, 0.4]))
    h = 6e-6
    at, moved = np.sin([0.2, 0.4]), np.array([0, h])
    expected = (np.sum((at + moved) ** 2) - np.sum((at - moved) ** 2)) / (2 * h)
    assert check.entry == (1,)
    assert check.difference == pytest.approx(expected, rel=1e-8)


def test_code() -> None:
    """Inside keep_values the lines are known, with their text and what they recorded."""
    with ag.keep_values():
        x = Tensor(0.5, requires_grad=True, name="x")
        y = ag.exp(x) * x  # the line of two nodes
    data = data_of(y)
    (file,) = data["code"]
    assert file["name"] == "test_steps.py"
    places = [node["line"] for node in data["nodes"] if "line" in node]
    assert places[0] == places[1]
    (text,) = [text for number, text in file["lines"] if number == places[0][1]]
    assert text == "    y = ag.exp(x) * x  # the line of two nodes"


def test_scalars() -> None:
    """The level of scalars is stepped through too, in single numbers."""
    w = Tensor([[1.0, 2.0]], requires_grad=True, name="w")
    v = Tensor([[3.0], [4.0]], requires_grad=True, name="v")
    loss = (w @ v).sum()
    loss.backward()
    data = data_of(loss, level="scalars")
    steps = [s for s in data["steps"] if s["phase"] == "backward"]
    assert {s["check"]["verdict"] for s in steps} == {"agrees"}
    assert backward_of(data, "w[0, 1]")["blame"] == "4"


def test_a_rule_that_fails_leaves_a_note() -> None:
    """Without values or with a rule that raises, the page still comes, and says why."""

    @ag.custom(lambda g, y, x: 1 / 0)
    def broken(x: object) -> object:
        return x

    x = Tensor(2.0, requires_grad=True)
    data = data_of(broken(x) * 1.0)
    assert "division by zero" in data["notes"][0]
    assert data_of(x * 1.0, values=False).get("steps") is None


def test_small_values_in_full_and_large_ones_with_a_norm() -> None:
    """Six numbers are written down; of more, the extremes, the mean and the norm."""
    assert shown(np.arange(3.0)) == "[0, 1, 2]"
    value = np.arange(10.0)
    assert shown(value) == f"{value_text(value)}  ‖·‖ {number(np.linalg.norm(value))}"
    assert shown(np.array([np.nan] * 9)) == "9 NaN"
