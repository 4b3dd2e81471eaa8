"""Modules that fold, repeats drawn once, what is hidden, and what is refused."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import Tensor
from autograd_core.visualize import draw
from autograd_core.visualize.graphviz_layout import has_dot, has_pygraphviz, render
from autograd_core.visualize.limits import MAX_READ
from autograd_core.visualize.measure import size_of
from autograd_core.visualize.picture import FOLDED, Box, Picture

SVG = "{http://www.w3.org/2000/svg}"


class Block(nn.Module):
    """A residual block."""

    def __init__(self, width: int, rng: Any) -> None:
        self.inner = nn.Sequential(nn.Linear(width, width, rng=rng), nn.Tanh())

    def forward(self, x: Any) -> Any:
        return x + self.inner(x)


class Recurrent(nn.Module):
    """A cell that is called at every step."""

    def __init__(self, rng: Any) -> None:
        self.cell = nn.Linear(4, 4, rng=rng)

    def forward(self, x: Any) -> Any:
        h = x[:, 0]
        for t in range(1, x.shape[1]):
            h = ag.tanh(self.cell(h) + x[:, t])
        return h


def stack(blocks: int) -> tuple[Tensor, nn.Module]:
    """Equal blocks, one after the other, and the sum of what comes out."""
    rng = np.random.default_rng(0)
    net = nn.Sequential(nn.Linear(3, 4, rng=rng), *[Block(4, rng) for _ in range(blocks)])
    loss = (net(Tensor(rng.normal(size=(5, 3)), name="X")) ** 2).sum()
    loss.backward()
    return loss, net


def recurrence(steps: int) -> tuple[Tensor, list[Tensor], list[Any]]:
    """h ← tanh(h W + x_t), and the hidden states as NumPy finds them."""
    rng = np.random.default_rng(1)
    w = Tensor(rng.normal(size=(4, 4)), requires_grad=True, name="W")
    xs = rng.normal(size=(steps, 2, 4))
    h: Tensor = Tensor(rng.normal(size=(2, 4)), requires_grad=True, name="h0")
    states, leaves = [h.numpy()], [w, h]
    for x in xs:
        h = ag.tanh(h @ w + x)
        states.append(np.tanh(states[-1] @ w.numpy() + x))
    loss = h.sum()
    loss.backward()
    return loss, leaves, states


def by_title(picture: Picture, title: str) -> Box:
    (found,) = [box for box in picture.boxes if box.title == title]
    return found


def held(picture: Picture) -> list[str]:
    """All boxes that are drawn or that a drawn one stands for."""
    return sorted([name for box in picture.boxes for name in (box.holds or (box.id,))])


# -- clusters ------------------------------------------------------------------------------------


def test_calls_of_modules_are_clusters() -> None:
    """Each call has a cluster with type and path, around what it computed and its weights."""
    loss, _net = stack(2)
    picture = draw(loss, engine="builtin").picture
    found = {c.id: (c.title, c.path, c.parent) for c in picture.clusters}
    assert found["g1"] == ("Sequential", "", "")
    assert ("Linear", "0", "g1") in found.values()
    assert ("Block", "2", "g1") in found.values()
    inner = next(name for name, what in found.items() if what[1] == "1.inner.0")
    assert sorted(b.title for b in picture.boxes if b.cluster == inner) == [
        "+", "1.inner.0.W", "1.inner.0.W0", "@",
    ]  # fmt: skip
    assert by_title(picture, "X").cluster == ""


def test_a_module_that_is_gone_has_its_cluster() -> None:
    """A loss or an activation that was written inline is called what it is, by its class."""
    net = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh())
    loss, softplus = nn.CrossEntropyLoss(), nn.Softplus()
    kept = draw(loss(softplus(net(np.ones((2, 2)))), [0, 1]), engine="builtin").picture
    root = nn.CrossEntropyLoss()(nn.Softplus()(net(np.ones((2, 2)))), [0, 1])
    inline = draw(root, engine="builtin").picture
    assert inline.clusters == kept.clusters
    assert "CrossEntropyLoss" in [c.title for c in inline.clusters]


def test_a_module_called_twice_has_two_clusters() -> None:
    """They are told apart by their numbers; the weights, which both read, lie outside of them."""
    net = Recurrent(np.random.default_rng(0))
    loss = net(np.random.default_rng(1).normal(size=(2, 3, 4))).sum()
    picture = draw(loss, engine="builtin").picture
    calls = sorted((c.path, c.call, c.id) for c in picture.clusters if c.path == "cell")
    assert [call for _, call, _ in calls] == [1, 2]
    assert by_title(picture, "cell.W").cluster not in {name for _, _, name in calls}


def test_what_a_module_only_read_is_not_its_own() -> None:
    """An earlier result that a module reads besides its input stays outside of it."""
    side = Tensor([1.0, 2.0], requires_grad=True, name="side")
    early = side * side
    early.name = "early"

    class Reads(nn.Module):
        def forward(self, x: Any) -> Any:
            return ag.tanh(x * 2.0) + early

    module = Reads()
    picture = draw(module(ag.exp(early)).sum(), engine="builtin").picture
    (cluster,) = picture.clusters
    inside = {box.op for box in picture.boxes if box.cluster == cluster.id}
    assert inside == {"multiply", "tanh", "add"}
    assert by_title(picture, "early").cluster == ""


# -- folding -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fold", [0, 1, 2, "Block", ("1", "Linear"), "repeats", "auto", None])
def test_folding_loses_nothing(fold: Any) -> None:
    """Every box of the whole picture is drawn, or held by one that is, once."""
    loss, _net = stack(12)
    whole = draw(loss, fold=None, engine="builtin").picture
    picture = draw(loss, fold=fold, engine="builtin").picture
    assert held(picture) == sorted(box.id for box in whole.boxes)
    assert all(edge.tail < edge.head for edge in picture.edges)
    assert picture.summary() == whole.summary()
    names = [box.id for box in picture.boxes]
    assert len(set(names)) == len(names)


def test_a_folded_module_says_what_it_holds() -> None:
    """Type, path, shapes, operations, parameters, and the norm of their gradients by NumPy."""
    loss, net = stack(2)
    picture = draw(loss, fold=1, engine="builtin").picture
    box = next(b for b in picture.boxes if b.path == "1")
    assert (box.kind, box.title, box.shape) == (FOLDED, "Block", "(5, 4) → (5, 4)")
    lines = {line.label: line.text for line in box.lines}
    assert lines["holds"] == "4 operations, 2 parameters"
    grads = [p.grad.numpy() for name, p in net.named_parameters() if name.startswith("1.")]
    norm = np.sqrt(sum([(g**2).sum() for g in grads]))
    assert lines["weights"] == f"20 numbers, ‖grad‖ {norm:.4g}"
    assert next(b for b in picture.boxes if b.path == "0").shape == "(5, 3) → (5, 4)"


def test_edges_of_folded_modules() -> None:
    """Modules in a row are boxes in a row; edges are called after their ends."""
    loss, _net = stack(3)
    picture = draw(loss, fold=1, engine="builtin").picture
    ids = [b.id for b in picture.boxes if b.kind == FOLDED]
    assert len(ids) == 4
    edges = {edge.id for edge in picture.edges}
    assert {f"{a}-{b}" for a, b in pairwise(ids)} <= edges


def test_ids_do_not_change_when_something_is_folded() -> None:
    """n7 is the same operation, and n3-n7 the same edge, whatever is folded around them."""
    loss, _net = stack(3)
    whole = {b.id: (b.title, b.op, b.shape) for b in draw(loss, fold=None).picture.boxes}
    for fold in (0, 1, "repeats"):
        for box in draw(loss, fold=fold).picture.boxes:
            if box.kind != FOLDED and box.count == 1:
                assert whole[box.id] == (box.title, box.op, box.shape)


# -- repeats -------------------------------------------------------------------------------------


def test_equal_blocks_are_drawn_once() -> None:
    """Twelve blocks become one with ×12, named from the first to the last."""
    loss, _net = stack(12)
    picture = draw(loss, fold="repeats", engine="builtin").picture
    (repeat,) = [c for c in picture.clusters if c.kind == "repeat"]
    assert (repeat.count, repeat.title) == (12, "Block")
    assert repeat.words == "1 … 12, each from the one before"
    blocks = [b for b in picture.boxes if b.count > 1]
    assert {b.count for b in blocks} == {12}
    assert len(blocks) == 6


def test_an_unrolled_recurrence_is_drawn_once() -> None:
    """Fifty steps become one; its values are those of all states together, by NumPy."""
    loss, leaves, states = recurrence(50)
    view = draw(loss, engine="builtin")
    picture = view.picture
    assert len(picture.boxes) == 7
    (repeat,) = [c for c in picture.clusters if c.kind == "repeat"]
    assert repeat.count == 50
    box = by_title(picture, "tanh")
    assert box.count == 50
    assert box.value is not None
    together = np.array(states[1:])
    assert box.value.size == together.size
    assert box.value.low == together.min()
    assert box.value.high == together.max()
    assert box.value.total == pytest.approx(together.sum())
    assert box.value.norm == pytest.approx(np.linalg.norm(together))
    assert "×50" in repr(view)
    assert "×50" in view.svg()
    assert len(leaves) == 2


def test_what_differs_is_summarized() -> None:
    """The norms of the gradients of the first and the last step are those of the whole picture."""
    loss, _leaves, _states = recurrence(50)
    whole = draw(loss, fold=None, engine="builtin").picture
    norms = [b.grad.norm for b in whole.boxes if b.op == "tanh" and b.grad is not None]
    box = by_title(draw(loss, engine="builtin").picture, "tanh")
    (line,) = [line.text for line in box.lines if line.label == "‖grad‖"]
    assert line == f"{norms[0]:.4g} → {norms[-1]:.4g}, first to last"


def test_branches_side_by_side_are_drawn_once() -> None:
    """Nine slices that are joined again are one slice with ×9."""
    x = Tensor(np.arange(36.0).reshape(6, 6), requires_grad=True, name="x")
    parts = [ag.sin(x[i : i + 4, j : j + 4] * 2.0) for i in range(3) for j in range(3)]
    picture = draw(ag.stack(parts).sum(), fold="repeats", engine="builtin").picture
    (repeat,) = [c for c in picture.clusters if c.kind == "repeat"]
    assert (repeat.count, repeat.words) == (9, "side by side")
    (edge,) = [e for e in picture.edges if picture.boxes[e.head].op == "concatenate"]
    assert edge.count == 9


def test_what_leads_out_and_back_in_is_not_folded() -> None:
    """A picture of what is folded has no cycle, even where steps read one another."""
    rng = np.random.default_rng(0)
    x: Any = Tensor(rng.normal(size=(3, 3)), requires_grad=True)
    values = [x]
    for _ in range(300):
        a, b = (values[int(i)] for i in rng.integers(max(0, len(values) - 30), len(values), 2))
        values.append(ag.tanh(a + b) if rng.random() < 0.7 else a * b)
    loss = ag.stack(values[-20:]).sum()
    picture = draw(loss, engine="builtin").picture
    assert all(edge.tail < edge.head for edge in picture.edges)
    draw(loss, engine="builtin").svg()


def test_small_graphs_are_not_folded() -> None:
    """Up to eighty boxes everything is drawn, unless something else is asked for."""
    loss, _leaves, _ = recurrence(10)
    assert not [b for b in draw(loss, engine="builtin").picture.boxes if b.count > 1]
    assert [b for b in draw(loss, fold="repeats").picture.boxes if b.count == 10]


# -- hiding --------------------------------------------------------------------------------------


def test_constants_and_views_are_hidden() -> None:
    """What read a view reads what was viewed; the counts still tell of all."""
    x = Tensor(np.ones((2, 3)), requires_grad=True, name="x")
    loss = (ag.reshape(ag.transpose(x), (6,)) * np.arange(6.0)).sum()
    picture = draw(loss, hide=("constants", "views")).picture
    assert [b.op for b in picture.boxes] == ["", "multiply", "sum"]
    assert [e.id for e in picture.edges] == ["n1-n5", "n5-n6"]
    assert picture.summary() == "4 operations, 1 parameter, 1 constant"
    assert len(draw(loss).picture.boxes) == 6


# -- engines -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fold", [None, 1, "repeats"])
def test_every_engine_gives_the_same_clusters(fold: Any) -> None:
    """Ids, classes, data and text are the same from each; only positions differ."""
    loss, _net = stack(3)

    def content(engine: str) -> list[Any]:
        root = ET.fromstring(draw(loss, fold=fold, engine=engine).svg())
        return [
            (e.get("id"), e.get("class"), (e.text or "").strip(),
             {k: v for k, v in e.attrib.items() if k.startswith("data-")})
            for e in root.iter()
        ]  # fmt: skip

    reference = content("builtin")
    for engine, there in (("dot", has_dot()), ("pygraphviz", has_pygraphviz())):
        if there:
            assert content(engine) == reference


def test_a_script_finds_what_it_is_promised() -> None:
    """Clusters by path, boxes by id, edges by their ends, and what each holds."""
    loss, _net = stack(3)
    picture = draw(loss, engine="builtin").picture
    root = ET.fromstring(draw(loss, engine="builtin").svg())
    by_id = {e.get("id"): e for e in root.iter() if e.get("id")}
    for cluster in picture.clusters:
        group = by_id[cluster.id]
        assert "ag-cluster" in (group.get("class") or "").split()
        assert group.get("data-path") == cluster.path
        assert group.get("data-type") == cluster.title
        holds = (group.get("data-holds") or "").split()
        assert set(holds) >= {b.id for b in picture.boxes if b.cluster == cluster.id}
    for box in picture.boxes:
        group = by_id[box.id]
        assert {"ag-box", "ag-node", f"ag-{box.kind}"} <= set((group.get("class") or "").split())
        if box.op:
            assert f"ag-{box.op}" in (group.get("class") or "")
    for edge in picture.edges:
        path = by_id[edge.id]
        ends = [path.get("data-tail"), path.get("data-head")]
        assert ends == [picture.boxes[edge.tail].id, picture.boxes[edge.head].id]


@pytest.mark.skipif(not has_dot(), reason="the program dot is not installed")
@pytest.mark.parametrize("fold", [None, 1, "repeats"])
def test_graphviz_reads_the_clusters(fold: Any) -> None:
    """The DOT source holds them with their ids, and Graphviz draws them."""
    loss, _net = stack(3)
    view = draw(loss, fold=fold)
    root = ET.fromstring(render(view.dot, "svg", "dot"))
    groups = {e.get("id") for e in root.iter(f"{SVG}g")}
    assert {c.id for c in view.picture.clusters} <= groups
    assert {b.id for b in view.picture.boxes} <= groups
    assert {e.id for e in view.picture.edges} <= groups


def test_hostile_types_and_paths_stay_text() -> None:
    """A module whose class is called like markup is drawn as text in every format."""
    name = "<b onload='x'>\"&\\N{ü}]]>\u202e"
    hostile = type(name, (nn.Module,), {"forward": lambda self, x: ag.tanh(x) + x})
    net = nn.Sequential(hostile(), hostile())
    loss = net(Tensor([[1.0, 2.0]], requires_grad=True)).sum()
    for fold in (None, 1):
        view = draw(loss, fold=fold, engine="builtin")
        tags = {e.tag.removeprefix(SVG) for e in ET.fromstring(view.svg()).iter()}
        assert tags <= {"svg", "title", "desc", "style", "rect", "g", "path", "text", "tspan"}
        assert "\u202e" not in view.svg() + repr(view) + view.dot
        if has_dot():
            ET.fromstring(render(view.dot, "svg", "dot"))


# -- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize("fold", [-1, 1.5, True, 3j, [1]])
def test_bad_fold(fold: Any) -> None:
    """What is no way to fold is refused, with those that are."""
    with pytest.raises(ag.ArgumentError, match=r"'auto'.*depth"):
        draw(Tensor(1.0), fold=fold)


def test_unknown_module() -> None:
    """A module that is not there is named, with those that are."""
    loss, _net = stack(2)
    with pytest.raises(ag.ArgumentError, match=r"no module 'Blok'; there are Sequential, 0, 1"):
        draw(loss, fold="Blok")
    with pytest.raises(ag.ArgumentError, match="there are none"):
        draw(Tensor(1.0, requires_grad=True) * 2.0, fold="Block")


@pytest.mark.parametrize("hide", ["constants", ("leaves",), 3])
def test_bad_hide(hide: Any) -> None:
    """What cannot be hidden is refused."""
    with pytest.raises(ag.ArgumentError, match="hide"):
        draw(Tensor(1.0), hide=hide)


def test_a_huge_graph_is_refused_with_what_to_fold() -> None:
    """The error counts the nodes, and says what they are and what can be folded."""
    x = Tensor([1.0], requires_grad=True)
    y = x
    for _ in range(MAX_READ):
        y = y * 1.0
    with pytest.raises(ag.ArgumentError, match=r"20,001 nodes.*20,000 × multiply"):
        draw(y)
    loss, _net = stack(12)
    with pytest.raises(ag.ArgumentError, match=r"fold='auto', or the modules 'Linear' with 13 c"):
        draw(loss, fold=None, max_nodes=50)
    with pytest.raises(ag.ArgumentError, match=r"still \d+ boxes.*max_nodes=10; fold more"):
        draw(loss, fold=2, max_nodes=10)


def test_a_graph_beyond_the_limit_is_drawn_folded() -> None:
    """What counts is what is drawn."""
    loss, _leaves, _ = recurrence(1500)
    assert len(draw(loss).picture.boxes) == 7


def test_boxes_have_room_for_all_that_they_show() -> None:
    """A heat map stands beside the values, and marks below them."""
    loss, _leaves, _ = recurrence(50)
    for box in draw(loss, engine="builtin").picture.boxes:
        _, height = size_of(box)
        assert height >= 24 + 16 * (len(box.lines) + len(box.marks))
