"""Level "units": a small network opened into its neurons and weights."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import draw
from autograd_core.visualize import graphviz_layout
from autograd_core.visualize.graphviz_layout import has_dot
from autograd_core.visualize.units import Units

SVG = "{http://www.w3.org/2000/svg}"


def units(*args: Any, **options: Any) -> Units:
    picture = draw(*args, level="units", **options).picture
    assert isinstance(picture, Units)
    return picture


def neuron() -> nn.Sequential:
    """a = σ(0.5 x₁ − 2 x₂ + 1)."""
    model = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())
    model[0].W.assign([[0.5], [-2.0]])
    model[0].W0.assign([1.0])
    return model


def test_a_neuron() -> None:
    """The chapter's first figure: x₁ … x_m with w₁ … w_m, Σ with w₀, z, f, a."""
    found = units(neuron())
    (layer,) = found.layers
    assert [u.symbol for u in found.inputs] == ["x₁", "x₂"]
    assert [(w.symbol, w.tail, w.head, w.weight) for w in layer.wires] == [
        ("w₁", 0, 0, 0.5),
        ("w₂", 1, 0, -2.0),
    ]
    assert [(w.symbol, w.weight) for w in layer.offsets] == [("w₀", 1.0)]
    assert (layer.sums[0].symbol, layer.outputs[0].symbol, layer.function) == ("z", "a", "Sigmoid")
    assert layer.labelled
    assert not any(u.value for u in (*found.inputs, *layer.sums, *layer.outputs))


def test_values_of_an_example() -> None:
    """With a sample x, z and a are what the chapter's formula gives, in the text as well."""
    shown = draw(neuron(), [3.0, 0.25], level="units")
    z = 0.5 * 3.0 - 2.0 * 0.25 + 1.0
    assert repr(shown).splitlines() == [
        "Units of Sequential: 2 inputs, 1 unit, 3 weights",
        "  x₁ = 3, x₂ = 0.25",
        f"  z = 0.5 x₁ − 2 x₂ + 1 = {z:.4g},  a = Sigmoid(z) = {1 / (1 + np.exp(-z)):.4g}",
    ]
    assert repr(draw(neuron(), np.array([[3.0, 0.25]]), level="units")) == repr(shown)


def test_a_layer() -> None:
    """The chapter's second figure: each input to each unit, w_ij from input i to unit j."""
    model = nn.Sequential(nn.Linear(3, 2, rng=0, init_offset="normal"), nn.Tanh())
    x = np.array([1.0, -1.0, 0.5])
    found = units(model, x)
    (layer,) = found.layers
    w = model[0].W.data
    assert {(u.symbol, u.tail, u.head) for u in layer.wires} == {
        ("w₁₁", 0, 0), ("w₁₂", 0, 1), ("w₂₁", 1, 0), ("w₂₂", 1, 1), ("w₃₁", 2, 0), ("w₃₂", 2, 1)
    }  # fmt: skip
    assert all(u.weight == w[u.tail, u.head] for u in layer.wires)
    z = x @ w + model[0].W0.data
    assert [u.value for u in layer.sums] == [f"{value:.4g}" for value in z]
    assert [u.value for u in layer.outputs] == [f"{value:.4g}" for value in np.tanh(z)]


def test_several_layers() -> None:
    """Layers are numbered; softmax is one box for all sums of its layer."""
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2), nn.Softmax())
    first, second = units(model).layers
    assert [u.symbol for u in first.sums] == ["z₁¹", "z₂¹", "z₃¹"]
    assert [u.symbol for u in second.outputs] == ["a₁²", "a₂²"]
    assert not first.joint
    assert second.joint
    assert "a₂² = Softmax(z₁², z₂²)₂" in repr(draw(model, level="units"))


def test_one_linear_alone() -> None:
    """Without an activation a is z; without offsets there is no w₀."""
    (layer,) = units(nn.Linear(2, 1, bias=False)).layers
    assert (layer.function, layer.offsets) == ("", ())
    assert repr(draw(nn.Linear(2, 1), level="units")).endswith("a = z")


def test_lines_are_as_wide_as_their_weights() -> None:
    """The width grows with |w| and the colour tells the sign; few weights are written down."""
    root = ET.fromstring(draw(neuron(), level="units").svg())
    wires = {e.get("id"): e for e in root.iter(f"{SVG}path") if e.get("id")}
    assert set(wires) == {"w1_1_1", "w1_2_1"}
    widths = [float(wires[f"w1_{i}_1"].get("stroke-width", "0")) for i in (1, 2)]
    assert widths[0] < widths[1]
    assert [wires[f"w1_{i}_1"].get("class") for i in (1, 2)] == [
        "ag-wire ag-plus",
        "ag-wire ag-minus",
    ]
    labels = ["".join(e.itertext()) for e in root.iter(f"{SVG}text")]
    assert {"w₁ = 0.5", "w₂ = −2", "w₀ = 1", "Σ", "Sigmoid"} <= set(labels)


def test_many_weights_are_lines_only() -> None:
    """Beyond a few the numbers are in the tooltips."""
    root = ET.fromstring(draw(nn.Linear(10, 12, rng=0), level="units").svg())
    labels = ["".join(e.itertext()) for e in root.iter(f"{SVG}text")]
    assert not any("=" in label for label in labels)
    assert any("w₁₁ = " in (e.text or "") for e in root.iter(f"{SVG}title"))


def test_svg_is_readable_light_and_dark() -> None:
    """Letters of 9 px and more, two themes, words for screen readers; circles do not overlap."""
    model = nn.Sequential(nn.Linear(4, 3, rng=0), nn.Tanh(), nn.Linear(3, 12, rng=0))
    svg = draw(model, level="units").svg()
    assert min(float(size) for size in re.findall(r"font-size:([\d.]+)px", svg)) >= 9
    assert "prefers-color-scheme:dark" in svg
    root = ET.fromstring(svg)
    assert root[0].text == "Units of Sequential"
    assert "z₁¹ = " in (root[1].text or "")
    circles = [
        (float(c.get("cx", "0")), float(c.get("cy", "0"))) for c in root.iter(f"{SVG}circle")
    ]
    assert len(circles) == 4 + 3 + 12
    for i, (x0, y0) in enumerate(circles):
        for x1, y1 in circles[:i]:
            assert np.hypot(x1 - x0, y1 - y0) > 36
    width, height = (float(root.get(side, "0")) for side in ("width", "height"))
    assert all(17 < x < width - 17 and 17 < y < height - 17 for x, y in circles)


def test_every_engine_gives_the_same_picture() -> None:
    """Columns are columns; DOT has the same ids and classes."""
    shown = draw(neuron(), level="units")
    for engine, there in (("dot", has_dot()), ("builtin", True)):
        if there:
            assert draw(neuron(), level="units", engine=engine).svg() == shown.svg()
    ids = {e.get("id") for e in ET.fromstring(shown.svg()).iter() if e.get("id")}
    assert ids == set(re.findall(r"\[id=(\w+) ", shown.dot))


@pytest.mark.skipif(not has_dot(), reason="the program dot is not installed")
def test_graphviz_reads_the_dot() -> None:
    """Its program draws it."""
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2), nn.Softmax())
    dot = draw(model, [1.0, 2.0], level="units").dot
    assert graphviz_layout.render(dot, "svg", "dot").count(b"<ellipse") == 2 + 3 + 2


def test_values_false_tells_no_numbers() -> None:
    """Neither weights nor values are written."""
    root = ET.fromstring(draw(neuron(), [1.0, 2.0], level="units", values=False).svg())
    labels = ["".join(e.itertext()) for e in root.iter(f"{SVG}text")]
    assert not any(re.search(r"= |\d\.\d", label) for label in labels)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (nn.Linear(13, 2), r"\(13, 2\).*level='modules'"),
        (nn.Sequential(*[nn.Linear(2, 2) for _ in range(5)]), "4 layers.*level='modules'"),
        (nn.Sequential(nn.Linear(2, 2), nn.BatchNorm(2)).eval(), "BatchNorm is no part"),
        (nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Tanh()), "Tanh is no part"),
        (nn.Residual(nn.Linear(2, 2)), r"\+ is no part"),
        (nn.Tanh(), "does not begin with a matrix"),
    ],
)
def test_what_cannot_be_opened(model: Any, words: str) -> None:
    """Too many units or layers, and what is no row of layers: the error says what to use."""
    with pytest.raises(ag.ArgumentError, match=words):
        draw(model, level="units")


def test_bad_samples() -> None:
    """Several examples, a wrong number of inputs, and a loss are refused."""
    with pytest.raises(ag.ArgumentError, match="give one row"):
        draw(neuron(), np.zeros((3, 2)), level="units")
    with pytest.raises(ag.ShapeError, match="2 inputs"):
        draw(neuron(), [1.0, 2.0, 3.0], level="units")
    with pytest.raises(ag.ArgumentError, match="no loss"):
        draw(neuron(), [1.0, 2.0], loss=nn.SquaredLoss(), target=[1.0], level="units")
