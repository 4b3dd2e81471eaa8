"""Charts of lines as SVG."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from autograd_core import ArgumentError, Curve, Panel, ShapeError, charts
from autograd_core.visualize.curve_scales import scale_of, tick_text

SVG = "{http://www.w3.org/2000/svg}"


def elements(svg: str, kind: str, name: str = "") -> list[Any]:
    return [e for e in ElementTree.fromstring(svg).iter(SVG + kind)
            if name in e.get("class", "")]  # fmt: skip


def test_points_are_where_the_numbers_are() -> None:
    """The path of a line, in proportion to its numbers."""
    svg = charts([Panel("y", [Curve("a", [0, 1, 2], [0.0, 1.0, 4.0])])], "t")
    (path,) = elements(svg, "path", "ag-curve")
    points = np.array([p.split() for p in path.get("d")[1:].split("L")], float)
    assert np.diff(points[:, 0]) == pytest.approx([np.diff(points[:, 0])[0]] * 2, abs=0.11)
    low, middle, high = points[:, 1]
    assert (low - middle) / (low - high) == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(
    "values",
    [
        [1.0, 1.0],
        [0.0, 0.0],
        [1e300, -1e300],
        [1e-320, 1.0],
        [np.inf, np.nan],
        [],
        [5.0],
        [-1.0, -2.0],
        [1e-12, 1e12],
        [0.0, 1e-9],
        [1e17, 1e17 + 64],
    ],
)
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("percent", [False, True])
def test_any_numbers_make_a_chart(values: list[float], log: bool, percent: bool) -> None:
    """Well-formed, without NaN in it, whatever the numbers."""
    curve = Curve("a", np.arange(len(values)), values)
    svg = charts([Panel("y", [curve], log=log, percent=percent)], "t")
    for element in ElementTree.fromstring(svg).iter():
        for value in element.attrib.values():
            assert "nan" not in value
            assert "inf" not in value


@pytest.mark.parametrize(
    ("low", "high", "log", "expected"),
    [
        (0.0, 1.0, False, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0.0, 50.0, False, [0, 10, 20, 30, 40, 50]),
        (0.001, 10.0, True, [0.001, 0.01, 0.1, 1, 10]),
        (0.5, 8.0, True, [0.5, 1, 2, 5]),
    ],
)
def test_ticks_are_round(low: float, high: float, log: bool, expected: list[float]) -> None:
    """Tenths, fifths and halves; powers of ten."""
    from autograd_core.visualize.curve_scales import Scale

    np.testing.assert_allclose(Scale(low, high, 100, log).ticks(5), expected, atol=1e-15)


def test_numbers_in_words() -> None:
    """Powers, percentages, thousands."""
    assert [tick_text(v) for v in (0, 0.25, 1e-4, 2e-5, 1e6, 20000)] == [
        "0", "0.25", "10⁻⁴", "2·10⁻⁵", "10⁶", "20,000"]  # fmt: skip
    assert tick_text(0.125, percent=True) == "12.5 %"
    assert scale_of([np.array([0.0, 2.0])], 10.0).low == 0


def test_gaps_and_lone_points() -> None:
    """NaN and infinities part a line; a point without neighbours is a dot."""
    y = [1, 2, np.nan, 3, np.inf, 4, 5]
    svg = charts([Panel("y", [Curve("a", np.arange(7), y)])], "t")
    (path,) = elements(svg, "path", "ag-curve")
    assert path.get("d").count("M") == 2
    assert len(elements(svg, "circle")) == 1
    (words,) = elements(svg, "desc")
    assert "2 not finite" in words.text


def test_a_long_line_is_thinned() -> None:
    """At most 240 points, the last among them."""
    n = 100_000
    svg = charts([Panel("y", [Curve("a", np.arange(n), np.arange(n))])], "t")
    (path,) = elements(svg, "path", "ag-curve")
    assert path.get("d").count("L") == 239
    assert len(svg) < 20_000


def test_names_stand_apart() -> None:
    """Those of lines that end together; of very many lines some."""
    curves = [Curve(f"line {i}", [0, 1], [i, 1.0], depth=i / 49) for i in range(50)]
    svg = charts([Panel("y", curves[:6])], "t")
    heights = sorted(float(t.get("y")) for t in elements(svg, "text", "ag-s"))
    assert len(heights) == 6
    assert np.diff(heights).min() > 12
    heights = [
        float(t.get("y")) for t in elements(charts([Panel("y", curves)], "t"), "text", "ag-s")
    ]
    assert 8 <= len(heights) < 20
    assert np.diff(sorted(heights)).min() > 12


def test_hostile_words() -> None:
    """Titles, names, axes, tags and notes are text and nothing else."""
    bad = "</svg><script>alert(1)</script>&\x00\u202e\ud800" + "w" * 300
    panel = Panel(bad, [Curve(bad, [0, 1], [1, 2])], bad, levels=[(1.5, bad)], marks=[(0.5, bad)])
    svg = charts([panel, panel], bad, notes=[bad], columns=3)
    ElementTree.fromstring(svg.encode())
    assert "<script" not in svg


def test_what_is_no_chart() -> None:
    """Shapes, kinds and columns are checked."""
    with pytest.raises(ShapeError, match=r"x has shape \(2,\) and y \(3,\)"):
        Curve("a", [1, 2], [1, 2, 3])
    with pytest.raises(ArgumentError, match="kind is 'bar'"):
        Curve("a", [1], [1], "bar")
    with pytest.raises(ArgumentError, match="columns is 0"):
        charts([], "t", columns=0)
    ElementTree.fromstring(charts([], "nothing"))
