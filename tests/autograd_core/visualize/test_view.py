"""`GraphView`: formats, files, engines, hostile names, and errors."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import Tensor
from autograd_core.visualize import GraphView, draw, graphviz_layout
from autograd_core.visualize.graphviz_layout import LayoutError, has_dot, has_pygraphviz
from autograd_core.visualize.view import PictureFileError

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "<script>alert('x')</script>",
    "]]></svg>&lt;&amp;\"'",
    "a\\",
    '\\" ] ; evil -> node [label="',
    "\\N\\G\\l\n\r\t\x00\x07\x1b[31m",
    "{a|b}<f0>",
    "\ud800\uffff\u202e\u2028",
    "权重 σ² 👩‍🔬 " * 20,
    "%s {title} {0} ${x}",
    "-->",
    "",
    " ",
]

needs_dot = pytest.mark.skipif(not has_dot(), reason="the program dot is not installed")
needs_pygraphviz = pytest.mark.skipif(not has_pygraphviz(), reason="pygraphviz is not installed")
engines = pytest.mark.parametrize(
    "engine",
    [
        "builtin",
        pytest.param("dot", marks=needs_dot),
        pytest.param("pygraphviz", marks=needs_pygraphviz),
    ],
)


def hostile() -> tuple[Tensor, list[Tensor]]:
    """A loss of tensors with names that try to break out."""
    tensors = [Tensor([1.0, 2.0], requires_grad=True, name=name) for name in HOSTILE]
    total = tensors[0]
    for i, tensor in enumerate(tensors[1:]):
        total = total + tensor * Tensor([1.0, float(i)], name=HOSTILE[i])
        total.name = HOSTILE[i]
    loss = total.sum()
    loss.backward()
    return loss, tensors


@pytest.fixture
def view() -> GraphView:
    """A small picture."""
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    loss = (x * x).sum()
    loss.name = "loss"
    loss.backward()
    return draw(loss, engine="builtin")


def elements(svg: str, name: str) -> list[ET.Element]:
    """The elements of a class."""
    root = ET.fromstring(svg)
    return [e for e in root.iter() if name in e.get("class", "").split()]


@engines
def test_hostile_names_stay_text(engine: str) -> None:
    """Names with markup, quotes and control characters give well-formed XML and no new element."""
    loss, _tensors = hostile()
    root = ET.fromstring(draw(loss, engine=engine).svg())
    allowed = {"svg", "title", "desc", "style", "rect", "g", "path", "text", "tspan"}
    assert {e.tag.removeprefix(SVG) for e in root.iter()} == allowed
    titles = [e.text or "" for e in root.iter(f"{SVG}title")]
    assert any("<script>alert('x')</script>: parameter" in title for title in titles)


def test_hostile_names_in_html_and_text() -> None:
    """The page has one image and two scripts, ours; the text has no control characters."""
    loss, _tensors = hostile()
    loss.name = HOSTILE[0]
    view = draw(loss, engine="builtin")
    page = view.html()
    assert page.count("<script") == page.count("</script") == 2
    assert page.count("<img") == 1
    assert "<script>alert" not in page
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", repr(view))


@needs_dot
def test_hostile_names_in_dot() -> None:
    """Graphviz reads the DOT source, and shows each name as it is."""
    loss, tensors = hostile()
    view = draw(loss)
    rendered = graphviz_layout.render(view.dot, "svg", "dot").decode()
    root = ET.fromstring(rendered)
    nodes = [e for e in root.iter(f"{SVG}g") if "node" in e.get("class", "").split()]
    assert len(nodes) == len(view.picture.boxes)
    texts = [e.text or "" for e in root.iter(f"{SVG}text")]
    assert any("a\\  parameter" in text.replace("\xa0", " ") for text in texts)
    assert any("{a|b}<f0>" in text for text in texts)
    assert len(tensors) == len(HOSTILE)


def test_svg_has_what_each_box_says(view: GraphView) -> None:
    """Title, operation, shape, value and gradient of every box are text in the SVG."""
    words = " ".join(e.text or "" for e in ET.fromstring(view.svg()).iter() if e.text)
    for word in ("x", "parameter", "(2,)", "[1, 2]", "[2, 4]", "×", "multiply", "loss", "5"):
        assert word in words


def test_svg_is_readable_by_screen_readers(view: GraphView) -> None:
    """It has a role, a title and a description, as first children; so have its boxes."""
    root = ET.fromstring(view.svg())
    assert root.get("role") == "img"
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert root[0].text == "Computation graph of loss"
    assert "2 operations, 1 parameter" in (root[1].text or "")
    assert all(box[0].tag == f"{SVG}title" for box in elements(view.svg(), "ag-box"))


def test_letters_are_nine_pixels_or_more(view: GraphView) -> None:
    """No font in the picture is smaller than 9 px, and the picture is drawn in its own size."""
    sizes = [float(size) for size in re.findall(r"font-size:([\d.]+)px", view.svg())]
    assert len(sizes) >= 3
    assert min(sizes) >= 9
    root = ET.fromstring(view.svg())
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"


def test_svg_is_light_and_dark_and_asks_for_nothing(view: GraphView) -> None:
    """Dark colours are in the style sheet; no address but that of SVG itself occurs."""
    assert "prefers-color-scheme:dark" in view.svg()
    assert set(re.findall(r"https?://[^\"' )]+", view.svg())) == {"http://www.w3.org/2000/svg"}
    assert "url(" not in view.svg()


def test_every_engine_gives_the_same_ids_classes_and_text() -> None:
    """Only positions differ between engines."""
    rng = np.random.default_rng(0)
    w = [Tensor(rng.normal(size=(4, 4)), requires_grad=True, name=f"w{i}") for i in range(4)]
    h: Tensor = Tensor(rng.normal(size=(2, 4)), name="x")
    for weight in w:
        h = ag.tanh(h @ weight) + h * 0.5
    loss = (h * h).mean()
    loss.backward()

    def content(engine: str) -> list[tuple[str | None, str | None, str]]:
        root = ET.fromstring(draw(loss, engine=engine).svg())
        return [(e.get("id"), e.get("class"), (e.text or "").strip()) for e in root.iter()]

    reference = content("builtin")
    ids = [id for id, _, _ in reference if id]
    assert len(ids) == len(set(ids)) > 10
    for engine, there in (("dot", has_dot()), ("pygraphviz", has_pygraphviz())):
        if there:
            assert content(engine) == reference


@engines
def test_no_boxes_overlap_whatever_engine(engine: str) -> None:
    """Positions of Graphviz are read rightly: no overlap, and edges end at their boxes."""
    rng = np.random.default_rng(1)
    x = Tensor(rng.normal(size=(3, 3)), requires_grad=True, name="x")
    y = x
    for _ in range(6):
        y = ag.tanh(y @ x) + y * x
    view = draw(y.sum(), engine=engine)
    placed = view._placement()
    from autograd_core.visualize.measure import size_of

    sizes = [size_of(box) for box in view.picture.boxes]
    frames = [(*corner, *size) for corner, size in zip(placed.corners, sizes, strict=True)]
    for i, (x0, y0, w0, h0) in enumerate(frames):
        for x1, y1, w1, h1 in frames[:i]:
            assert x0 + w0 <= x1 or x1 + w1 <= x0 or y0 + h0 <= y1 or y1 + h1 <= y0
    for edge, curve in zip(view.picture.edges, placed.curves, strict=True):
        for box, (px, py) in ((edge.tail, curve[0]), (edge.head, curve[-1])):
            x0, y0, w, h = frames[box]
            assert x0 - 2 <= px <= x0 + w + 2
            assert y0 - 2 <= py <= y0 + h + 2


def image_in(html: str) -> str:
    """The SVG of the image in a page."""
    source = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', html)
    assert source is not None
    return base64.b64decode(source[1]).decode()


def test_mimebundle(view: GraphView) -> None:
    """Notebooks receive text, SVG, and an image that needs no trust."""
    bundle = view._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "image/svg+xml", "text/html"}
    assert bundle["image/svg+xml"] == view.svg()
    assert '<img alt="Computation graph of loss' in bundle["text/html"]
    assert image_in(view.image()) == view.svg()
    shown = image_in(bundle["text/html"])  # without what the script knows
    assert len(elements(shown, "ag-box")) == len(elements(view.svg(), "ag-box"))
    texts = ["".join(e.itertext()) for e in ET.fromstring(shown).iter(f"{SVG}text")]
    assert texts == ["".join(e.itertext()) for e in ET.fromstring(view.svg()).iter(f"{SVG}text")]
    assert set(view._repr_mimebundle_(include=["text/plain"])) == {"text/plain"}
    assert "text/html" not in view._repr_mimebundle_(exclude=["text/html"])


def test_text(view: GraphView) -> None:
    """The repr lists boxes with their inputs, shapes, values and gradients."""
    assert repr(view).splitlines() == [
        "Computation graph of loss: 2 operations, 1 parameter",
        "  n1  x parameter            (2,)  value [1, 2]  grad [2, 4]",
        "  n2  × multiply   (n1, n1)  (2,)  value [1, 4]  grad [1, 1]",
        "  n3  loss Σ sum   (n2)      ()    value 5  grad 1",
    ]


def test_long_text_is_cut_in_the_middle() -> None:
    """A long graph is shown by its ends."""
    x = Tensor([1.0], requires_grad=True)
    y = x
    for _ in range(100):
        y = ag.sin(y)
    text = repr(draw(y, fold=None))
    assert len(text.splitlines()) < 50
    assert "61 more" in text


def test_save_svg_html_dot(view: GraphView, tmp_path: Path) -> None:
    """These three are always possible, and the path is given back."""
    for suffix, content in (("svg", view.svg()), ("html", view.html()), ("dot", view.dot)):
        path = view.save(tmp_path / f"graph.{suffix}")
        assert path == tmp_path / f"graph.{suffix}"
        assert path.read_bytes().decode() == content
    view.save(str(tmp_path / "UPPER.SVG"))
    assert {p.name for p in tmp_path.iterdir()} == {"graph.svg", "graph.html", "graph.dot",
                                                   "UPPER.SVG"}  # fmt: skip


def test_html_is_one_complete_page(view: GraphView) -> None:
    """It has a title, and requests nothing."""
    page = view.html()
    assert page.startswith("<!DOCTYPE html>")
    assert "<title>Computation graph of loss</title>" in page
    addresses = set(re.findall(r"\w+://[^\s\"'`]+", page))
    assert addresses == {"http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML"}


@needs_dot
@pytest.mark.parametrize(("suffix", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_save_png_and_pdf_with_dot(
    view: GraphView, tmp_path: Path, suffix: str, magic: bytes
) -> None:
    """PNG and PDF are rendered by Graphviz."""
    assert view.save(tmp_path / f"graph.{suffix}").read_bytes().startswith(magic)


@needs_pygraphviz
def test_save_png_with_pygraphviz(view: GraphView, tmp_path: Path) -> None:
    """pygraphviz renders where it was asked for."""
    drawn = GraphView(view.picture, "pygraphviz")
    assert drawn.save(tmp_path / "graph.png").read_bytes().startswith(b"\x89PNG")


def without_graphviz(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphviz_layout, "has_dot", lambda: False)
    monkeypatch.setattr(graphviz_layout, "has_pygraphviz", lambda: False)


def test_without_graphviz_there_is_a_picture(
    view: GraphView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without dot and pygraphviz "auto" draws, and PNG says what to install."""
    without_graphviz(monkeypatch)
    assert GraphView(view.picture, "auto").svg() == view.svg()
    with pytest.raises(ag.MissingExtraError, match=r"\.svg and \.html need nothing"):
        view.save(tmp_path / "graph.png")
    for engine in ("dot", "pygraphviz"):
        with pytest.raises(ag.MissingExtraError, match="not installed"):
            GraphView(view.picture, engine)
    assert not list(tmp_path.iterdir())


def test_broken_graphviz_is_no_reason_for_no_picture(
    view: GraphView, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With "auto" a dot that fails is replaced by the built-in layout."""

    def fail(*_: object) -> None:
        raise LayoutError("draw: the program dot failed")

    monkeypatch.setattr(graphviz_layout, "has_dot", lambda: True)
    monkeypatch.setattr(graphviz_layout, "placed_by_dot", fail)
    assert GraphView(view.picture, "auto").svg() == view.svg()
    with pytest.raises(LayoutError):
        GraphView(view.picture, "dot").svg()


@needs_dot
def test_dot_that_fails_is_a_clear_error() -> None:
    """An error of the program becomes one of ours, and says what else to use."""
    with pytest.raises(LayoutError, match="builtin"):
        graphviz_layout.render("this is no graph", "plain", "dot")


def test_unknown_format(view: GraphView, tmp_path: Path) -> None:
    """A format that is not there is named, with those that are."""
    for name in ("graph.jpeg", "graph"):
        with pytest.raises(ag.ArgumentError, match=r"'\.svg'.*'\.pdf'"):
            view.save(tmp_path / name)


def test_unwritable_path(view: GraphView, tmp_path: Path) -> None:
    """A folder that is not there is a clear error, and an OSError."""
    with pytest.raises(PictureFileError, match="cannot write"):
        view.save(tmp_path / "no" / "graph.svg")
    with pytest.raises(OSError, match="folder that you may write to"):
        view.save(tmp_path / "no" / "graph.svg")
    with pytest.raises(PictureFileError, match="null byte"):
        view.save(tmp_path / "a\0.svg")


def test_an_older_file_survives_an_error(
    view: GraphView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If writing fails, the file is as it was and nothing lies beside it."""
    path = tmp_path / "graph.svg"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(PictureFileError, match="No space left"):
        view.save(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_unknown_engine() -> None:
    """An engine that is not there is named, with those that are."""
    with pytest.raises(ag.ArgumentError, match=r"'neato'.*'builtin'"):
        draw(Tensor(1.0), engine="neato")


@pytest.mark.parametrize("thing", [1.0, np.ones(2), None, "loss"])
def test_not_a_tensor(thing: object) -> None:
    """What is no Tensor is refused by type."""
    with pytest.raises(ag.DTypeError, match=type(thing).__name__):
        draw(thing)  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [0, -1, 2.5, True])
def test_bad_limit(limit: object) -> None:
    """max_nodes is a positive integer."""
    with pytest.raises(ag.ArgumentError, match="max_nodes"):
        draw(Tensor(1.0), max_nodes=limit)  # type: ignore[arg-type]


def test_too_large_a_graph_is_refused() -> None:
    """The error says how many nodes there are and what to do; the limit itself is allowed."""
    x = Tensor([1.0], requires_grad=True)
    y = x
    for _ in range(3000):
        y = y + 1.0
    with pytest.raises(ag.ArgumentError, match=r"3,001 nodes.*max_nodes=3001"):
        draw(y, fold=None)
    assert len(draw(y, fold=None, max_nodes=3001).picture.boxes) == 3001


@pytest.mark.parametrize("fold", [None, "auto", "repeats"])
def test_more_than_can_be_laid_out(fold: Any) -> None:
    """However many nodes are asked for, there is a limit, and the error says so."""
    y = Tensor(0.5, requires_grad=True)
    for _ in range(20_000):
        y = ag.tanh(y)
    with pytest.raises(ag.ArgumentError, match=r"20,001 nodes, more than the 20,000 that") as error:
        draw(y, fold=fold, max_nodes=10**7)
    assert "max_nodes=20001" not in str(error.value)


def test_a_graph_too_large_to_fold_is_not_said_to_fold() -> None:
    """What is advised helps: no folding beyond what is read, but the modules that were called."""
    x = Tensor([1.0], requires_grad=True)
    y = x
    for _ in range(20_001):
        y = y + 1.0
    with pytest.raises(ag.ArgumentError, match="20,001 × add") as caught:
        draw(y, fold=None)
    assert "fold='auto'" not in str(caught.value)
    assert "up to 20,000 nodes it can be folded" in str(caught.value)
    y = nn.Sequential(*[nn.Tanh() for _ in range(20_001)])(x)
    with pytest.raises(ag.ArgumentError, match=r"20,001 calls.*draw\(module, x\)"):
        draw(y, fold=None)


@pytest.mark.parametrize("level", ["neurons", ["scalars"], 3])
def test_unknown_level(level: object) -> None:
    """A level that is not there, of whatever type, is named, with those that are."""
    with pytest.raises(ag.ArgumentError, match=r"no level.*'operations', 'scalars'"):
        draw(Tensor(1.0), level=level)  # type: ignore[arg-type]


def test_deep_chain_of_two_thousand() -> None:
    """2,000 operations in a row have a picture, in every format."""
    x = Tensor(np.ones(8), requires_grad=True, name="x")
    y = x
    for _ in range(1998):
        y = ag.sin(y)
    loss = y.sum()
    loss.backward()
    view = draw(loss, fold=None)
    assert len(elements(view.svg(), "ag-box")) == 2000
    assert len(elements(view.svg(), "ag-edge")) == 1999
    assert view.dot.count("->") == 1999


def test_wide_graph() -> None:
    """Six hundred inputs of one operation have a picture."""
    leaves = [Tensor(float(i), requires_grad=True) for i in range(600)]
    view = draw(ag.stack(leaves).sum(), fold=None)
    boxes = elements(view.svg(), "ag-box")
    assert len([box for box in boxes if "ag-parameter" in box.get("class", "")]) == 600


def test_text_stays_in_its_box() -> None:
    """The estimated width of every text, from where it starts, is within its box."""
    from autograd_core.visualize.measure import LINE_SIZE, mono_width

    loss, _tensors = hostile()
    for box in elements(draw(loss, engine="builtin").svg(), "ag-box"):
        width = float(box.findall(f"{SVG}rect")[0].get("width", "0"))
        for text in box.findall(f"{SVG}text"):
            if "ag-line" in text.get("class", ""):
                end = float(text.get("x", "0")) + mono_width(text.text or "", LINE_SIZE)
                assert end <= width


def test_import_is_light() -> None:
    """Importing the package loads neither graphviz nor the layout of the Python package."""
    code = "import sys, autograd_core.visualize; print('graphviz' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(ag.__file__).parent.parent,
    )
    assert done.stdout.strip() == "False"
